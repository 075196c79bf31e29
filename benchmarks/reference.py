"""The patients that every tool simulates, and solutions that are far more exact than any of them is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.generated import functions
from benchmarks.peers import Scipy, solve_ivp_with
from benchmarks.problems import error

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.problems import Problem

    Array = NDArray[np.float64]

N_COMPARED = 20
TIGHT = 1e-12


@dataclass(frozen=True)
class Cohort:
    """Patients [patient, parameter] who live to the end, and the solutions [patient, time, state] of the first."""

    patients: Array
    solutions: Array
    n_left_out: int
    uncertainty: float

    def save(self, path: Path) -> None:
        """Write the cohort to a file."""
        np.savez(path, patients=self.patients, solutions=self.solutions)

    def error(self, found: Array) -> float:
        """Return the median over patients of the error of a tool's solutions."""
        pairs = zip(found, self.solutions, strict=True)
        return float(np.median([error(a, b) for a, b in pairs]))


def saved(path: Path) -> Cohort:
    """Return the cohort of a file."""
    with np.load(path) as arrays:
        return Cohort(arrays["patients"], arrays["solutions"], 0, 0.0)


def draw(problem: Problem, count: int) -> Cohort:
    """Draw patients and solve the first of them.

    Who cannot be simulated to the end at rtol 1e-6 is left out: some equations grow without bound in finite time, and a
    tool that gives up early would look fast. `uncertainty` is the error between two tight solvers on one patient.

    Raises
    ------
    RuntimeError
        If there are fewer than are compared.
    """
    lsoda = Scipy("scipy-lsoda").load(problem)
    drawn = problem.patients(count)
    lives = np.array([bool(np.isfinite(lsoda(p[None], 1e-6)).all()) for p in drawn])
    patients = drawn[lives]
    if len(patients) < N_COMPARED:
        raise RuntimeError(
            f"only {len(patients)} patients of {problem.name} could be simulated; {N_COMPARED} are needed"
        )
    solutions = lsoda(patients[:N_COMPARED], TIGHT)
    return Cohort(patients, solutions, int((~lives).sum()), _uncertainty(problem, patients[1], solutions[1]))


def _uncertainty(problem: Problem, patient: Array, solution: Array) -> float:
    """The error of LSODA's solution against that of Radau IIA."""
    compiled = functions(problem.stages.system)
    other = solve_ivp_with("Radau", compiled, patient, problem.times, TIGHT, 1e-14)
    return error(solution, other)
