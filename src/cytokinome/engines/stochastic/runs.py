"""What both targets of the stochastic engine are asked, and what they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import Failure, Outcome, Schedule, Solution
from cytokinome.engines.stochastic.course import Course

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.jumps import Jumps
    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.stochastic.passages import Passage

    Array = NDArray[np.float64]

MAX_EVENTS = 1_000_000_000  # of one run
UNBOUNDED = 1e300  # /h: hazards from here on have no finite sum
LARGEST = 2.0**53  # a count beyond it no longer changes by one


def suits_lanes(kernel: Kernel, jumps: Jumps) -> bool:
    """Whether runs can be compiled: no event is stated, and none takes along what single cells carry."""
    return not kernel.events and not jumps.is_marked


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of one or more patients: all that both targets of the engine are asked.

    Attributes
    ----------
    jumps, kernel
        Of the same model; the kernel says how a patient starts and what is observed.
    parameters : array [patient, slot]
        Canonical values, completed, baseline productions included.
    schedule : Schedule
        Its values have one entry per patient. Added amounts are rounded to whole molecules.
    times : array [time]
        Increasing [h].
    select : tuple of int
        Which of ``kernel.outputs`` to return.
    count : int
        Runs per patient.
    seed : int
    first_patient, first_run : int
        Where the numbering of patients and runs begins: a block of a larger cohort says which.
    starts : array [patient, state], optional
        Canonical states at the start, rounded to the nearest whole number; default is ``kernel.initial``.
    watches : tuple of Passage
        First passages to note.
    max_events : int
        Of one run.
    """

    jumps: Jumps
    kernel: Kernel
    parameters: Array
    schedule: Schedule
    times: Array
    select: tuple[int, ...]
    count: int = 1
    seed: int = 0
    first_patient: int = 0
    first_run: int = 0
    starts: Array | None = None
    watches: tuple[Passage, ...] = ()
    max_events: int = MAX_EVENTS

    def __post_init__(self) -> None:
        """Refuse what is no run.

        Raises
        ------
        ValueError
            A count below one, a key outside 0 … 2**64 - 1, or times that do not increase.
        """
        if self.count < 1 or self.max_events < 1:
            raise ValueError(f"{self.count} runs of at most {self.max_events} events: both are at least 1")
        last = max(self.first_patient + len(self.parameters), self.first_run + self.count, self.seed)
        if min(self.seed, self.first_patient, self.first_run) < 0 or last >= 2**64:
            raise ValueError("seed, first patient and first run must lie in 0 … 2**64 - 1")
        if not len(self.times) or not (np.isfinite(self.times).all() and (np.diff(self.times) > 0).all()):
            raise ValueError("times must be finite and increase")

    def course(self, patient: int) -> Course:
        """Return the course of one patient."""
        schedule = self.schedule.for_patients(patient, patient + 1)
        start, end = float(self.times[0]), float(self.times[-1])
        return Course(self.jumps, self.parameters[patient], schedule, start, end)

    def counts(self, patient: int, grains: Array) -> Array:
        """Return the counts a patient starts with, rounded to whole numbers.

        Raises
        ------
        Failure
            A state is negative or no number.
        """
        given = self.kernel.initial(self.parameters[patient]) if self.starts is None else self.starts[patient]
        counts = np.rint(np.asarray(given, dtype=float) / grains)
        bad = np.flatnonzero(~(counts >= 0))
        if bad.size:
            raise Failure(Outcome.NEGATIVE_START.of(None, self.jumps.states[int(bad[0])]))
        return counts


@dataclass(frozen=True, slots=True)
class Trajectories:
    """What runs give: a solution with one row per patient and run (runs of a patient together), and first passages.

    `passages` [row, watch] are times [h]: NaN where a level was not reached, or the run failed. The statistics count
    events as steps.
    """

    solution: Solution
    passages: Array
