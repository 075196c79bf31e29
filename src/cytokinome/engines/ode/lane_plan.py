"""The schedule, the output times and the patients of a block, as arrays that compiled loops read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cytokinome.engines.base import Action, Schedule, slack

if TYPE_CHECKING:
    from cytokinome.engines.base import Entry
    from cytokinome.engines.ode.lane_memory import Keeper

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# What can become of a patient on a lane. From `DELAY` on: the event after so many has a delay that cannot be.
WAITING, DONE, NOT_FINITE, BROKEN, UNDERFLOW, TOO_MANY, SWITCHES, PIVOT, REFUSED, CASCADE, CROWDED, DELAY = range(12)

# Where a lane is that has something to do before its next step.
ARRIVED, SEATED = 1, 2

ADD, SET, SCALE, RATE_ON, RATE_OFF, PARAMETER = range(6)
_CODES = {
    Action.ADD: ADD,
    Action.SET: SET,
    Action.SCALE: SCALE,
    Action.RATE_ON: RATE_ON,
    Action.RATE_OFF: RATE_OFF,
    Action.PARAMETER: PARAMETER,
}


class Plan(NamedTuple):
    """When things happen, the same for all patients: numbers, and addresses of arrays.

    Group g of entries acts at `boundaries[g]`; the last group is the end and has no entries. Outputs before
    `rows[g]` belong to the time before it. The entries of group g begin at `first[g]` of `actions` and `slots`.
    """

    start: float
    outputs: int  # how many times
    groups: int
    entries: int
    times: int
    boundaries: int
    rows: int
    first: int
    actions: int
    slots: int


class Block(NamedTuple):
    """Addresses of the arrays of `Patients`, and of the flag that ends the loop."""

    patients: int
    p: int
    y: int
    atol: int
    doses: int
    values: int
    status: int
    t: int
    rates: int
    work: int
    keys: int
    stop: int


@dataclass(frozen=True, slots=True)
class Patients:
    """Consecutive patients: what they start with and what becomes of them; the first index is the patient.

    `t` and `y` are where they have got to; of those who fail, `p` and `rates` are what held there.
    """

    p: Array
    y: Array
    scale: Array
    atol: Array
    doses: Array  # [patient, entry]
    values: Array  # [patient, time, output]
    status: Integers
    t: Array
    rates: Array
    work: Integers  # accepted steps, attempts, starts, switches
    keys: Integers  # seed, run and patient of the random numbers; the bits of unsigned ones

    def addresses(self, stop: Integers) -> Block:
        """Return where the arrays are; the caller keeps them alive."""
        names = Block._fields[1:-1]
        arrays: list[NDArray[Any]] = [*(getattr(self, name) for name in names), stop]
        if not all(array.flags.c_contiguous for array in arrays):
            raise ValueError("compiled loops need contiguous arrays")
        return Block(len(self.status), *(int(array.ctypes.data) for array in arrays))


class Starts(NamedTuple):
    """Patients to be put where they begin; `held` are the states whose productions are wanted, in `slots`."""

    patients: int
    p: int
    y: int
    scale: int
    baselines: int
    slots: int
    held: int


class Limits(NamedTuple):
    """The relative tolerance, and what ends a patient."""

    rtol: float
    steps: int
    switches: int


def plan_of(schedule: Schedule, times: Array, keeper: Keeper) -> tuple[Plan, Array]:
    """Return the plan, and the values of its entries [patient, entry]."""
    start, end = float(times[0]), float(times[-1])
    groups: list[tuple[float, tuple[Entry, ...]]] = [g for g in schedule.groups() if g[0] <= end + slack(end)]
    boundaries = [min(max(time, start), end) for time, _ in groups] + [end]
    rows = [int(np.searchsorted(times, b - slack(b))) for b in boundaries]
    entries = [entry for _, group in groups for entry in group]
    plan = Plan(
        start=start,
        outputs=len(times),
        groups=len(boundaries),
        entries=len(entries),
        times=keeper.real(times),
        boundaries=keeper.real(np.array(boundaries)),
        rows=keeper.whole(np.array(rows)),
        first=keeper.whole(np.cumsum([0, *(len(group) for _, group in groups), 0])),
        actions=keeper.whole(np.array([_CODES[entry.action] for entry in entries])),
        slots=keeper.whole(np.array([entry.slot for entry in entries])),
    )
    n_patients = len(schedule.entries[0].value) if schedule.entries else 0
    doses = np.empty((n_patients, len(entries)))
    for column, entry in enumerate(entries):
        doses[:, column] = entry.value
    return plan, doses


def dose_steps(schedule: Schedule, n_states: int, end: float) -> Array:
    """Return the largest change that one dose makes to each state, [patient, state].

    As `Schedule.largest_steps`, but every patient for itself: the end of an infusion is found among that patient's
    entries, so nobody's tolerance depends on who else is in the cohort.
    """
    n_patients = len(schedule.entries[0].value) if schedule.entries else 0
    steps = np.zeros((n_patients, n_states))
    for index, entry in enumerate(schedule.entries):
        if entry.action in (Action.ADD, Action.SET):
            size = np.abs(entry.value)
        elif entry.action is Action.RATE_ON:
            size = np.abs(entry.value) * (_ends(schedule, index, end) - entry.time)
        else:
            continue
        np.maximum(steps[:, entry.slot], size, out=steps[:, entry.slot])
    return steps


def _ends(schedule: Schedule, index: int, end: float) -> Array:
    """When the rate that an entry starts is taken away, [patient]."""
    on = schedule.entries[index]
    ends = np.full(len(on.value), np.inf)
    for later in schedule.entries[index + 1 :]:
        if later.action is Action.RATE_OFF and later.slot == on.slot:
            found = np.isinf(ends) & (later.value == on.value)
            ends[found] = later.time
    return np.minimum(ends, max(end, on.time))
