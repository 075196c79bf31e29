"""What all engines share: the schedule they obey and the solution they return.

A `Schedule` is the frozen form of doses and timed changes: who writes protocols knows molecules and units, an engine
knows only slots and canonical values (hour, litre, picomole, pM, cell, gram).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.tissue.space import Space

    Array = NDArray[np.float64]

BLOCK = 1024  # patients simulated together on lanes; fixed, so that sums over blocks do not depend on the machine
ABSOLUTE = 1e-8  # absolute tolerance of a state, of its scale

# Times closer than this (relative, and absolute below 1 h) are the same time: 0.1 h * 120 must meet a dose at 12 h.
SAME_TIME = 1e-9


def is_same_time(a: float, b: float) -> bool:
    """Return whether two times [h] differ by rounding only."""
    return abs(a - b) <= SAME_TIME * max(1.0, abs(a), abs(b))


def slack(time: float) -> float:
    """Return how far from a time [h] another one may be that differs from it by rounding only."""
    return SAME_TIME * max(1.0, abs(time))


class Action(StrEnum):
    """What an entry of a schedule does to its slot.

    All but `PARAMETER` act on a state. `ADD` of a negative value stops at 0. `SCALE` multiplies (removal of a fraction
    of cells). `RATE_ON` adds a constant to the derivative until `RATE_OFF` with the same value; rates add up.
    """

    ADD = "add"
    SET = "set"
    SCALE = "scale"
    RATE_ON = "rate-on"
    RATE_OFF = "rate-off"
    PARAMETER = "parameter"


@dataclass(frozen=True, slots=True)
class Entry:
    """One timed action: `slot` is a state, or a parameter for `PARAMETER`; `value` [patient] is canonical."""

    time: float
    action: Action
    slot: int
    value: Array


@dataclass(frozen=True, slots=True)
class Schedule:
    """Timed actions, sorted by time, then in the order written."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Schedule:
        """Return the schedule of these entries, put in order (stable, so the order written decides a tie)."""
        return cls(tuple(sorted(entries, key=lambda e: e.time)))

    def for_patients(self, start: int, stop: int) -> Schedule:
        """Return the schedule of the patients start … stop - 1."""
        return Schedule(tuple(Entry(e.time, e.action, e.slot, e.value[start:stop]) for e in self.entries))

    def groups(self) -> tuple[tuple[float, tuple[Entry, ...]], ...]:
        """Return the entries grouped by time; times that differ by rounding only are one group."""
        found: list[tuple[float, list[Entry]]] = []
        for entry in self.entries:
            if found and is_same_time(found[-1][0], entry.time):
                found[-1][1].append(entry)
            else:
                found.append((entry.time, [entry]))
        return tuple((time, tuple(group)) for time, group in found)

    def largest_steps(self, n_states: int, end: float) -> Array:
        """Return the largest change that one dose makes to each state, [patient, state].

        Used for absolute tolerances. An infusion counts with rate · duration.
        """
        n_patients = len(self.entries[0].value) if self.entries else 0
        steps = np.zeros((n_patients, n_states))
        for index, entry in enumerate(self.entries):
            if entry.action in (Action.ADD, Action.SET):
                size = np.abs(entry.value)
            elif entry.action is Action.RATE_ON:
                size = np.abs(entry.value) * (self._end_of(index, end) - entry.time)
            else:
                continue
            np.maximum(steps[:, entry.slot], size, out=steps[:, entry.slot])
        return steps

    def _end_of(self, index: int, end: float) -> float:
        """The time at which the rate that entry `index` starts is taken away."""
        on = self.entries[index]
        ends = (
            e.time
            for e in self.entries[index + 1 :]
            if e.action is Action.RATE_OFF and e.slot == on.slot and np.array_equal(e.value, on.value)
        )
        return min(next(ends, end), max(end, on.time))


class Outcome(StrEnum):
    """What can happen to a patient: sentences; `of` fills in time and state."""

    COMPLETED = "simulated to the end"
    NOT_FINITE = "the derivative of {state} is not a finite number at {time:.6g} h"
    BLOWN_UP = "{state} grows without bound at {time:.6g} h"
    STEP_UNDERFLOW = "no step is small enough at {time:.6g} h; {state} changes fastest"
    TOO_MANY_STEPS = "more than {limit} steps were needed by {time:.6g} h; {state} changes fastest"
    TOO_MANY_SWITCHES = "a condition switched back and forth more than {limit} times by {time:.6g} h"
    BAD_START = "{state} is not a finite number before the start"
    NO_STEADY_STATE = "no steady state was found: {state} still changes after {time:.6g} h"
    NEGATIVE_PRODUCTION = (
        "the baseline of {state} would need a negative production: its secretion exceeds its losses at rest"
    )
    TOO_MANY_EVENTS = "more than {limit} events happened by {time:.6g} h; `{state}` was the last"
    UNDETERMINED = "its condition `such-that:` does not determine {state} at {time:.6g} h"
    BAD_LAG = "`delayed()` looks back by a time that is negative or no number at {time:.6g} h"
    BAD_DELAY = "the delay of the event {state} is negative or no number at {time:.6g} h"
    BEYOND_COUNTING = "{state} exceeds 2^53 at {time:.6g} h, where single ones are no longer counted"
    NEGATIVE_HAZARD = "the rate of `{state}` is negative or no number at {time:.6g} h"
    UNBOUNDED_HAZARD = "the rate of `{state}` grows without bound at {time:.6g} h"
    NEGATIVE_COUNT = "`{state}` takes more than there is at {time:.6g} h"
    NEGATIVE_START = "{state} is negative or no number before the start"
    TOO_MANY_CELLS = "there are more than {limit} cells at {time:.6g} h; `{state}` was added last"
    NEGATIVE_DIFFUSION = "the diffusion or the loss of {state} is negative or no number"
    INTERRUPTED = "interrupted before this patient was finished"

    @property
    def status(self) -> str:
        """``completed``, ``interrupted`` or ``failed``."""
        return {"COMPLETED": "completed", "INTERRUPTED": "interrupted"}.get(self.name, "failed")

    def of(self, time: float | None = None, state: str | None = None, limit: int = 0) -> PatientOutcome:
        """Return the outcome of one patient with time [h] and state filled in."""
        sentence = self.format(time=time if time is not None else float("nan"), state=state or "a state", limit=limit)
        return PatientOutcome(self.status, sentence, time, state)


@dataclass(frozen=True, slots=True)
class PatientOutcome:
    """What happened to one patient: status (completed | stopped | failed | interrupted), sentence, time [h], state."""

    status: str
    sentence: str
    time: float | None = None
    state: str | None = None


class Failure(Exception):
    """Why a patient cannot be simulated; engines catch it and return it as an outcome."""

    def __init__(self, outcome: PatientOutcome) -> None:
        super().__init__(outcome.sentence)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Statistics:
    """The work done: accepted steps, evaluations of the right-hand side and Jacobian, wall time [s]."""

    steps: int = 0
    rhs_evaluations: int = 0
    jacobians: int = 0
    seconds: float = 0.0

    def __add__(self, other: Statistics) -> Statistics:
        return Statistics(
            self.steps + other.steps,
            self.rhs_evaluations + other.rhs_evaluations,
            self.jacobians + other.jacobians,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Solution:
    """The trajectories of a cohort.

    `values` [patient, time, output] are canonical; a patient who failed is NaN throughout, with an outcome that
    says why. At the time of a dose the value is the one after the dose. `space` holds what an engine with space keeps
    of some of the patients beside their curves.
    """

    times: Array
    outputs: tuple[str, ...]
    values: Array
    outcomes: tuple[PatientOutcome, ...]
    statistics: Statistics = Statistics()
    space: Space | None = None

    @classmethod
    def unfinished(cls, kernel: Kernel, times: Array, select: Sequence[int], n_patients: int) -> Solution:
        """Return a solution in which nobody has been simulated yet: all NaN, all interrupted."""
        values = np.full((n_patients, len(times), len(select)), np.nan)
        names = tuple(kernel.outputs[i].name for i in select)
        return cls(np.asarray(times, dtype=float), names, values, (Outcome.INTERRUPTED.of(),) * n_patients)

    @classmethod
    def concatenate(cls, parts: Sequence[Solution]) -> Solution:
        """Join solutions of consecutive patients on one grid, in the order given."""
        outcomes = tuple(outcome for part in parts for outcome in part.outcomes)
        statistics = sum((part.statistics for part in parts), Statistics())
        values = np.concatenate([part.values for part in parts])
        spaces = [part.space for part in parts if part.space is not None]
        space = spaces[0].joined(*spaces[1:]) if spaces else None
        return cls(parts[0].times, parts[0].outputs, values, outcomes, statistics, space)
