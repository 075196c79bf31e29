"""Steady states of many patients: settling on lanes, then the same last steps as in `start`.

Who grows without bound, or still moves after the last horizon, has no steady state. Whom the lanes cannot carry is
left to `start.initialise`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeGuard

import numpy as np

from cytokinome.compiler.kernel import Kernel
from cytokinome.engines.base import Failure, PatientOutcome, Schedule
from cytokinome.engines.ode import start
from cytokinome.engines.ode.lane_memory import Keeper
from cytokinome.engines.ode.lane_plan import DONE, WAITING, Limits, Patients, plan_of
from cytokinome.engines.ode.lane_run import carry
from cytokinome.engines.ode.methods import RODAS5P
from cytokinome.engines.ode.segment import MAX_SWITCHES, System

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.engines.ode.lane_memory import LaneKernel
    from cytokinome.engines.ode.lane_plan import Integers

    Array = NDArray[np.float64]


class RestingKernel(Kernel, Protocol):
    """A kernel that can also be compiled for lanes with some states held and the clock standing still."""

    def resting(self, held: tuple[int, ...]) -> LaneKernel:
        """Return the functions for lanes, without outputs."""
        ...


def can_rest(kernel: Kernel) -> TypeGuard[RestingKernel]:
    """Whether the steady states of a kernel can be found on lanes."""
    return hasattr(kernel, "resting")


def settle(
    kernel: Kernel,
    lanes: LaneKernel,
    people: Sequence[int],
    p: Array,
    y: Array,
    held: tuple[int, ...],
    stop: Integers,
) -> tuple[dict[int, Array], dict[int, PatientOutcome]]:
    """Return the steady states of patients, and the outcomes of those who have none.

    Parameters
    ----------
    kernel : Kernel
    lanes : LaneKernel
        The same model at rest, compiled for lanes.
    people : sequence of int
        Rows of `p` and `y`: who is to settle.
    p, y : array [patient, parameter], [patient, state]
        Where the patients begin; not changed.
    held : tuple of int
        States that keep their values.
    stop : array of one integer
        Once it is not 0, the patients not finished are in neither result.

    Returns
    -------
    states, outcomes : dict
        By row. A patient in neither is one whom the lanes could not carry.
    """
    systems = {i: start.resting(kernel, p[i], held) for i in people}
    under_way = {i: y[i] for i in people}
    states, outcomes, t = dict[int, "Array"](), dict[int, PatientOutcome](), 0.0
    for horizon in start.HORIZONS:
        reached = _towards(lanes, systems, under_way, t, horizon, stop)
        under_way, t = dict[int, "Array"](), horizon
        for i, (status, when, where) in reached.items():
            found = start.newton(systems[i], where) if status == DONE and not stop[0] else None
            if found is not None:
                states[i] = found
            elif status == DONE:
                under_way[i] = where
            elif status != WAITING and systems[i].has_blown_up(where):
                outcomes[i] = _restless(systems[i], when, where)
        if not under_way or stop[0]:
            return states, outcomes
    return states, outcomes | {i: _restless(systems[i], t, where) for i, where in under_way.items()}


def _restless(system: System, t: float, y: Array) -> PatientOutcome:
    failure: Failure = start.unsettled(system, t, y)
    return failure.outcome


def _towards(
    lanes: LaneKernel, systems: dict[int, System], states: dict[int, Array], t: float, end: float, stop: Integers
) -> dict[int, tuple[int, float, Array]]:
    """Carry patients from `t` to `end`; return status, time and state of each."""
    if not states:
        return {}
    people, keeper = list(states), Keeper()
    plan, doses = plan_of(Schedule(), np.array([t, end]), keeper)
    patients = Patients(
        p=np.array([systems[i].parameters for i in people]),
        y=np.array([states[i] for i in people]),
        scale=np.array([systems[i].scale for i in people]),
        atol=np.array([start.FACTOR * systems[i].scale for i in people]),
        doses=doses,
        values=np.empty((len(people), 2, 0)),
        status=np.full(len(people), WAITING, dtype=np.int64),
        t=np.full(len(people), t),
        rates=np.zeros((len(people), len(states[people[0]]))),
        keys=np.zeros((0, 3), dtype=np.int64),
        work=np.zeros((len(people), 4), dtype=np.int64),
    )
    carry(lanes, RODAS5P, plan, patients, Limits(start.RTOL, start.MAX_STEPS, MAX_SWITCHES), stop, keeper)
    return {
        i: (int(status), float(when), where)
        for i, status, when, where in zip(people, patients.status, patients.t, patients.y, strict=True)
    }
