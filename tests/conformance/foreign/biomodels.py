"""One published model against libRoadRunner, which runs here as a judge only.

Equal is |a − b| ≤ 1e-4·max(|b|, 1e-3·max over t of |b|, 1e-9·largest species) at 101 times from 0 to 100 units of the
model's time, b by the judge at rtol 1e-10 and atol 1e-14. Where the judge at 1e-12 differs from itself by that rule, or
cannot run the model, nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from cytokinome.api import import_model
from tests.conformance.foreign.simulate import simulate
from tests.conformance.foreign.verdicts import Judgement, Verdict, within_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.conformance.foreign.cases import Case

    Array = NDArray[np.float64]

TIMES = np.linspace(0.0, 100.0, 101)
EQUAL, OF_PEAK, OF_LARGEST = 1e-4, 1e-3, 1e-9
_RTOL, _FINER, _ATOL = 1e-10, 1e-12, 1e-14


@dataclass(frozen=True, slots=True)
class Curves:
    """What the judge found: species as amounts [time, species]."""

    names: tuple[str, ...]
    values: Array


def bounds(expected: Array) -> Array:
    """Return how far values [time, name] may be off."""
    size = np.abs(expected)
    peaks = np.nanmax(size, axis=0, initial=0.0)
    return EQUAL * np.maximum(size, np.maximum(OF_PEAK * peaks, OF_LARGEST * np.max(peaks, initial=0.0)))


def judge(case: Case, target: str) -> Judgement:
    """Run one model and its judge; what cannot be imported or run raises."""
    imported = import_model(case.model)
    if find_spec("roadrunner") is None:
        return Judgement(Verdict.UNDECIDED, "libRoadRunner is not installed: nothing to compare with")
    expected = _judged(case, _RTOL)
    if isinstance(expected, str):
        return Judgement(Verdict.UNDECIDED, expected)
    readings = [imported.reading(name, as_="amount") for name in expected.names]
    found = simulate(imported, readings, TIMES, rtol=_RTOL, atol=_ATOL, target=target)
    verdict = within_bounds(expected.names, TIMES, found, expected.values, bounds(expected.values))
    return verdict if verdict.verdict is Verdict.PASS else _doubted(case, expected, verdict)


def _doubted(case: Case, expected: Curves, verdict: Judgement) -> Judgement:
    """A difference counts only where the judge agrees with itself at a finer tolerance."""
    finer = _judged(case, _FINER)
    if isinstance(finer, str):
        return Judgement(Verdict.UNDECIDED, f"the judge at {_FINER:g}: {finer}")
    own = within_bounds(expected.names, TIMES, finer.values, expected.values, bounds(expected.values))
    if own.verdict is Verdict.PASS:
        return verdict
    return Judgement(Verdict.UNDECIDED, f"the judge differs from itself: {own.reason}")


def _judged(case: Case, rtol: float) -> Curves | str:
    """Return what libRoadRunner finds, or why it finds nothing."""
    roadrunner: Any = import_module("roadrunner")
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    try:
        runner: Any = roadrunner.RoadRunner(str(case.model))
        runner.integrator.setValue("relative_tolerance", rtol)
        runner.integrator.setValue("absolute_tolerance", _ATOL)
        runner.integrator.setValue("maximum_num_steps", 1_000_000)
        names = (*runner.model.getFloatingSpeciesIds(), *runner.model.getBoundarySpeciesIds())
        runner.timeCourseSelections = ["time", *names]
        table = np.array(runner.simulate(TIMES[0], TIMES[-1], len(TIMES)), dtype=float)
    except RuntimeError as error:
        return f"libRoadRunner does not run it: {str(error).strip().splitlines()[0][:120]}"
    return Curves(tuple(names), table[:, 1:])
