"""The lanes against the reference on generated models: every output of every patient, and what became of each.

``HYPOTHESIS_PROFILE=thorough`` looks at thousands instead of two hundred.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings

from cytokinome import cache
from cytokinome.compiler.kernel import Kernel, Output
from cytokinome.compiler.lower import lower
from cytokinome.compiler.system import System
from cytokinome.compiler.targets.llvm import LlvmKernel
from cytokinome.compiler.targets.reference import ReferenceKernel
from cytokinome.engines.base import Action, Entry, Schedule, Solution
from cytokinome.engines.ode import choose, lanes, reference
from cytokinome.engines.ode.methods import RODAS5P, Method
from cytokinome.engines.ode.start import positive
from cytokinome.model.load import check_text
from cytokinome.units import DIMENSIONLESS
from tests.property.generated import TIMES, Dose, Trial, trials

RTOL, ATOL = 1e-8, 1e-10  # the second in the scale of each state
AGREE = 1e-5  # of the size of a curve
FINER = 1e-3
EXAMPLES = max(200, settings().max_examples)


@dataclass(frozen=True)
class Problem:
    """What both engines are asked."""

    judge: Kernel
    compiled: LlvmKernel
    parameters: np.ndarray
    schedule: Schedule
    times: np.ndarray

    def by_reference(self, part: float = 1.0) -> Solution:
        """One patient after the other; `part` makes the tolerances smaller."""
        return reference.solve(self.judge, self.parameters, self.schedule, self.times, **self._options(part))

    def by_lanes(self, part: float = 1.0, method: Method = RODAS5P) -> Solution:
        """Four at a time."""
        arguments = self.compiled, self.parameters, self.schedule, self.times
        return lanes.solve(*arguments, **self._options(part), method=method)

    def _options(self, part: float) -> dict:
        return {"select": range(len(self.judge.outputs)), "rtol": RTOL * part, "atol_factor": ATOL * part}


def problem_of(trial: Trial) -> Problem:
    """Compile a trial for both engines."""
    system = with_states(lower.__wrapped__(check_text(trial.text, "generated.yaml").require()).system)
    kernel = ReferenceKernel(system)
    typical, varied = kernel.defaults(), [i for i, s in enumerate(kernel.parameters) if s.name.startswith("k")]
    people = np.repeat(typical[None], len(trial.factors) + 1, axis=0)
    for row, factors in zip(people[1:], trial.factors, strict=True):
        for place, slot in enumerate(varied):
            row[slot] *= factors[place % len(factors)]
    people = np.array([kernel.complete(row, frozenset(kernel.parameters[i].name for i in varied)) for row in people])
    entries = [entry for dose in trial.doses for entry in entries_of(kernel, trial.span, dose, len(people), varied)]
    times = np.linspace(0.0, trial.span, TIMES)
    return Problem(kernel, LlvmKernel(system, kernel), people, Schedule.of(entries), times)


def with_states(system: System) -> System:
    """The system with its states as the first outputs."""
    outputs = tuple(Output(state, DIMENSIONLESS, None, "1") for state in system.states)
    nodes = tuple(system.graph.input("state", i) for i in range(len(system.states)))
    return replace(system, outputs=outputs + system.outputs, observed=nodes + system.observed)


def entries_of(kernel: Kernel, span: float, dose: Dose, count: int, varied: list[int]) -> list[Entry]:
    """The entries that a dose is, the same for all patients but in size."""
    state = dose.where % len(kernel.states)
    scale = max(float(kernel.scale(kernel.defaults())[state]), 1.0)
    time, size = dose.when * span, dose.size * np.linspace(1.0, 1.5, count)
    match dose.action:
        case "infuse":
            rate = size * scale / span
            return [Entry(time, Action.RATE_ON, state, rate), Entry(time + span / 7, Action.RATE_OFF, state, rate)]
        case "scale":
            return [Entry(time, Action.SCALE, state, 1 / (1 + size))]
        case "parameter":
            slots = varied or [0]
            slot = slots[dose.where % len(slots)]
            return [Entry(time, Action.PARAMETER, slot, float(kernel.defaults()[slot]) * size)] if varied else []
        case _:
            return [Entry(time, Action(dose.action), state, size * scale)]


def distance(problem: Problem, one: Solution, other: Solution, arrived: np.ndarray) -> np.ndarray:
    """[patient]: the largest difference of a state, in the size of its curve.

    A curve that stays below 1e-4 of its scale has that for a size: absolute tolerances know no smaller one.
    """
    states = len(problem.judge.states)
    found, expected = (solution.values[arrived][:, :, :states] for solution in (one, other))
    scale = np.array([positive(problem.judge.scale(p)) for p in problem.parameters[arrived]])
    size = np.maximum(np.abs(expected).max(axis=1), 1e-4 * scale.reshape(-1, states))
    return (np.abs(found - expected) / size[:, None]).max(axis=(1, 2), initial=0.0)


def kinds(solution: Solution) -> list[str]:
    """What became of each patient, without when and which state."""
    return [outcome.status for outcome in solution.outcomes]


def check(trial: Trial) -> None:
    """Both engines agree on a trial, by Rodas5P and by the method that is chosen.

    States are compared. Other outputs may be far more sensitive, such as what a cell holds where hardly a cell is left;
    they must be what the reference target makes of the same states. Where states differ by more, as behind a growth by
    orders of magnitude, the difference must vanish with the tolerances.
    """
    problem = problem_of(trial)
    expected = problem.by_reference()
    arrived = np.array([outcome.status == "completed" for outcome in expected.outcomes])
    for method in {RODAS5P, choose.method.__wrapped__(problem.compiled).method}:
        found = problem.by_lanes(method=method)
        assert kinds(found) == kinds(expected), [o.sentence for o in (*found.outcomes, *expected.outcomes)]
        if not any(dose.action == "parameter" for dose in trial.doses):
            check_outputs(problem, found, arrived)
        gap = distance(problem, found, expected, arrived)
        if (gap > AGREE).any():
            left = distance(problem, problem.by_lanes(FINER, method), problem.by_reference(FINER), arrived)
            assert (left <= AGREE).all(), f"{method.name}: {gap} apart, {left} at the end"


def check_outputs(problem: Problem, found: Solution, arrived: np.ndarray) -> None:
    """Every output is a function of the states."""
    every = range(len(problem.judge.outputs))
    for values, p in zip(found.values[arrived], problem.parameters[arrived], strict=True):
        again = problem.judge.observe(found.times, values[:, : len(problem.judge.states)].T, p, every).T
        np.testing.assert_allclose(values, again, rtol=1e-9, atol=1e-12 * np.abs(again).max(axis=0).max())


@settings(
    max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(trials)
def test_generated_models_are_those_of_the_reference(monkeypatch, trial):
    """Random sentences, modifiers, reactions, doses and patients."""
    monkeypatch.setenv(cache.ENVIRONMENT, "off")
    check(trial)
