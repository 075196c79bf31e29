"""One case of the semantic suite: run it as its settings say, and hold it against the expected results.

A value passes where it is off by no more than absolute + relative × |expected|, at every point of every variable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.api import import_model
from tests.conformance.foreign.simulate import simulate
from tests.conformance.foreign.verdicts import Judgement, Verdict, within_bounds

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.conformance.foreign.cases import Case

    Array = NDArray[np.float64]

_TIGHTER = 1e-4  # of what is allowed: errors of steps add up
_RTOL = 1e-9


@dataclass(frozen=True, slots=True)
class Settings:
    """What a case asks for."""

    start: float
    duration: float
    steps: int
    variables: tuple[str, ...]
    absolute: float
    relative: float
    amounts: frozenset[str]
    concentrations: frozenset[str]

    @property
    def times(self) -> Array:
        """The times of the results, in the unit of the model."""
        return np.linspace(self.start, self.start + self.duration, self.steps + 1)

    def kind(self, variable: str) -> str:
        """Return what a variable is to be read as: amount, concentration or symbol."""
        if variable in self.amounts:
            return "amount"
        return "concentration" if variable in self.concentrations else "symbol"


def read_settings(path: Path) -> Settings:
    """Read the settings of a case."""
    lines = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines())
    given = {key.strip(): value.strip() for key, _, value in lines if key.strip()}

    def listed(key: str) -> tuple[str, ...]:
        return tuple(v.strip() for v in given.get(key, "").split(",") if v.strip())

    return Settings(
        float(given["start"] or 0), float(given["duration"] or 0), int(given["steps"] or 0), listed("variables"),
        float(given["absolute"] or 0), float(given["relative"] or 0), frozenset(listed("amount")),
        frozenset(listed("concentration")),
    )  # fmt: skip


def read_results(path: Path, variables: tuple[str, ...]) -> Array:
    """Return the expected values [time, variable]."""
    head, *rows = (line.split(",") for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    names = [name.strip() for name in head[1:]]  # the first column is the time, whatever a parameter is called
    columns = [1 + names.index(variable) for variable in variables]
    return np.array([[float(row[column]) for column in columns] for row in rows])


def judge(case: Case, target: str) -> Judgement:
    """Run one case; what cannot be imported or run raises."""
    settings = read_settings(case.model.parent / f"{case.name}-settings.txt")
    imported = import_model(case.model)
    if "FluxBalanceSteadyState" in case.tags:
        return Judgement(Verdict.WRONG, "a flux balance was read as a time course")
    expected = read_results(case.model.parent / f"{case.name}-results.csv", settings.variables)
    readings = [imported.reading(v, as_=settings.kind(v)) for v in settings.variables]
    rtol = min(_RTOL, _TIGHTER * settings.relative)
    found = simulate(
        imported, readings, settings.times, rtol=rtol, atol=_TIGHTER * settings.absolute + 1e-300, target=target
    )
    bounds = settings.absolute + settings.relative * np.abs(expected)
    return within_bounds(settings.variables, settings.times, found, expected, bounds)
