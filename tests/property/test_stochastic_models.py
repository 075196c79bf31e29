"""The compiled stochastic engine against the reference on generated models: the same events, bit for bit.

A sample is taken so that there are at most a few thousand molecules of each kind; runs end after a number of events.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cytokinome.compiler.jumps import jumps_of
from cytokinome.compiler.lower import lower
from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.stochastic import lanes, reference
from cytokinome.engines.stochastic.passages import Passage
from cytokinome.engines.stochastic.runs import Runs
from cytokinome.errors import UnsupportedFeature
from cytokinome.model.load import check_text
from tests.property.generated import Trial, trials

EXAMPLES = max(60, settings().max_examples // 5)
MOST = 3000  # of a kind at the start
EVENTS = 400


def _countable(text: str) -> str:
    """The model without what is not counted: what cells carry inside, and powers, which differ in the last bit."""
    text = re.sub(r", inside: \{.*\}\}$", "}", text, flags=re.MULTILINE)
    lines = [x for x in text.splitlines() if not re.search(r"\bproduces\b|\bbinds\b|\bY[01]\b", x)]
    text = "\n".join(lines).replace("rules:\nreactions:", "reactions:") + "\n"
    return re.sub(r"hill [0-9.e+-]+", "hill 2", text)


def _runs(trial: Trial, seed: int) -> Runs | None:
    """The runs of a trial, or None where the engine refuses it."""
    checked = check_text(_countable(trial.text), "generated.yaml")
    if checked.report.errors:
        return None
    model = checked.require()
    kernel = lower(model).kernel
    p = np.repeat(kernel.defaults()[None], 2, axis=0)
    try:
        whole = jumps_of(model)
    except UnsupportedFeature:
        return None
    if any(whole.graph.operation[n] in ("pow", "exp", "log", "log10") for n in range(len(whole.graph))):
        return None
    size = np.array(Program(whole.graph, whole.grains).at(0.0, np.zeros(len(kernel.states)), p[0]))
    largest = float((kernel.scale(p[0]) / size).max(initial=1.0))
    infused = [i for i, name in enumerate(kernel.states) if name.startswith("M")][:1]
    jumps = jumps_of(model, sample=min(1.0, MOST / largest), infused=infused)
    scale, schedule = kernel.scale(p[0]), list[Entry]()
    for dose in trial.doses:
        state = dose.where % len(kernel.states)
        value = np.array([0.5, 1.0]) * scale[state] * min(dose.size, 3.0)
        actions = {"add": Action.ADD, "set": Action.SET, "scale": Action.SCALE, "infuse": Action.RATE_ON}
        action = actions.get(dose.action, Action.ADD)
        if action is Action.RATE_ON:
            state = (infused or [state])[0]
            action = action if infused else Action.ADD
        value = np.array([0.3, 0.6]) if action is Action.SCALE else value
        schedule.append(Entry(dose.when * trial.span, action, state, value))
    watches = (Passage((0,), float(scale[0]), True),) if seed % 2 else ()
    times, select = np.linspace(0.0, trial.span, 13), tuple(range(len(kernel.outputs)))
    return Runs(
        jumps, kernel, p, Schedule.of(schedule), times, select, count=3, seed=seed, watches=watches, max_events=EVENTS
    )


def _agree(trial: Trial, seed: int) -> str:
    """Compare outcomes, numbers of events, first passages and every output; return what became of the first run."""
    runs = _runs(trial, seed)
    if runs is None or runs.kernel.events:
        return "refused"
    slow, fast = reference.solve(runs), lanes.solve(runs)
    assert slow.solution.outcomes == fast.solution.outcomes
    assert slow.solution.statistics.steps == fast.solution.statistics.steps
    np.testing.assert_array_equal(slow.passages, fast.passages)
    np.testing.assert_allclose(fast.solution.values, slow.solution.values, rtol=1e-13, atol=1e-300)
    return slow.solution.outcomes[0].status


def test_both_targets_agree_on_generated_models():
    """On every model that the engine runs; a fair part of them is run, and some to the end."""
    seen: Counter[str] = Counter()

    @given(trials, st.integers(0, 2**32))
    @settings(
        deadline=None,
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    def compare(trial: Trial, seed: int) -> None:
        seen[_agree(trial, seed)] += 1

    compare()
    assert seen["completed"] + seen["failed"] > seen.total() / 5, seen
    assert seen["completed"] > 0, seen
