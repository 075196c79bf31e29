"""The lanes against the reference on generated events: every manner, delays, priorities and cascades at once.

Two molecules fall at rates without a common measure, so that events meet at one time only where the text makes them:
by the same condition and the same delay. ``HYPOTHESIS_PROFILE=thorough`` looks at thousands instead of forty.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from cytokinome import cache
from cytokinome.compiler.lower import lower
from cytokinome.compiler.targets.llvm import LlvmKernel
from cytokinome.engines.base import Action, Entry, Schedule, Solution
from cytokinome.engines.ode import lanes, reference
from cytokinome.engines.ode.methods import RODAS5P, TSIT5
from cytokinome.model.load import check_text

MODEL = """
cytokinome: 1
model: generated
compartments: {{well: {{kind: culture, volume: 1 mL}}}}
molecules:
  A: {{initial: 8.3 pM, degrades: {{rate: a, source: assumed}}}}
  B: {{initial: 0.4 pM, degrades: {{rate: 0.7320508 /h, source: assumed}}}}
  C: {{initial: 1 pM}}
parameters: {{a: {{value: 1.1180340 /h, source: assumed}}}}
events:
{events}
"""
TIMES = np.linspace(0.0, 6.0, 25)
PEOPLE = 6

# No value that is set is a level that is asked for, so that nothing begins on an edge.
conditions = st.one_of(
    st.builds("{} {} {} pM".format, st.sampled_from("AB"), st.sampled_from("<>"), st.sampled_from([1.3, 2.9, 5.1])),
    st.builds("C {} {} pM".format, st.sampled_from("<>"), st.sampled_from([0.6, 2.5])),
    st.builds("time > {} h".format, st.sampled_from([0.917, 2.231, 3.713])),
    st.builds("A > {} pM and A < {} pM".format, st.sampled_from([0.8, 2.1]), st.sampled_from([3.7, 6.1])),
    st.builds("B > {} pM or time > {} h".format, st.sampled_from([1.7, 4.3]), st.sampled_from([1.449, 4.789])),
)
targets = {
    "A": ["9.1 pM", "A + 1.9 pM", "3.3 pM", "B + 4.7 pM"],
    "B": ["7.7 pM", "A", "B + 2.3 pM", "0.2 pM"],
    "C": ["C + 1 pM", "2 * C", "0.3 pM", "A", "time * 1 pM/h", "if(B > A, C, 1.7 pM)"],
    "a": ["0.6708204 /h", "a / 1.7", "2.2360680 /h"],
}
delays = st.sampled_from(["", "", "0.3571 h", "1.277 h", "A / (4.4 pM) * 1 h"])
priorities = st.sampled_from(["", "", "2", "-1", "C / (1 pM)", "B / (1 pM)"])
manners = st.tuples(
    st.sampled_from(["", "from-start: fires"]), st.sampled_from(["", "once-fired: lapses"]),
    st.sampled_from(["", "values: when fired"]), st.sampled_from(["", "ties: drawn"]),
)  # fmt: skip


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Models with two to five events; some have the condition and the delay of the one before."""
    lines, when, delay = list[str](), "", ""
    for _ in range(draw(st.integers(2, 5))):
        if not when or draw(st.integers(0, 2)):
            when, delay = draw(conditions), draw(delays)
        chosen = draw(st.lists(st.sampled_from(sorted(targets)), min_size=1, max_size=2, unique=True))
        sets = ", ".join(f"{name}: '{draw(st.sampled_from(targets[name]))}'" for name in chosen)
        urgency = draw(priorities)
        keys = [f"when: {when}", f"do: {{{sets}}}", *(key for key in draw(manners) if key)]
        keys += [f"delay: {delay}"] * bool(delay) + [f"priority: '{urgency}'"] * bool(urgency)
        lines.append(f"  - {{{', '.join(keys)}}}")
    return MODEL.format(events="\n".join(lines))


def solutions(text: str) -> tuple[Solution, list[Solution]]:
    """What the reference and the lanes by either method make of a model, for people who decay at different rates."""
    stages = lower.__wrapped__(check_text(text, "generated.yaml").require())
    kernel = stages.kernel
    people = np.repeat(kernel.defaults()[None], PEOPLE, axis=0)
    people[:, [slot.name for slot in kernel.parameters].index("a")] *= np.linspace(0.31, 2.3, PEOPLE)
    dose = Entry(1.93, Action.ADD, 0, np.linspace(0.0, 5.9, PEOPLE))
    keys = np.array([(3, 0, patient) for patient in range(PEOPLE)], dtype=np.uint64)
    every = range(len(kernel.outputs))
    asked = {"select": every, "rtol": 1e-9, "atol_factor": 1e-11, "keys": keys}
    solve = partial(lanes.solve, LlvmKernel(stages.system, kernel), people, Schedule.of([dose]), TIMES, **asked)
    judged = reference.solve(kernel, people, Schedule.of([dose]), TIMES, **asked)
    return judged, [solve(method=method) for method in (RODAS5P, TSIT5)]


@settings(
    max_examples=max(40, settings().max_examples // 10), deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(texts())
def test_generated_events_are_those_of_the_reference(monkeypatch: pytest.MonkeyPatch, text: str):
    """The same outcomes at the same times, the same values."""
    monkeypatch.setenv(cache.ENVIRONMENT, "off")
    judged, found = solutions(text)
    for outcome in judged.outcomes:
        event(outcome.sentence.partition(" by ")[0])
    for solution in found:
        assert [o.sentence for o in solution.outcomes] == [o.sentence for o in judged.outcomes]
        np.testing.assert_allclose(solution.values, judged.values, rtol=1e-6, atol=1e-7)
