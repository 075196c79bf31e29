"""One run of the compiled loop: patients who stand somewhere are carried along a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.engines.ode.lane_agenda import agenda_of
from cytokinome.engines.ode.lane_memory import allocate, functions_of, shape_of, tables_of

if TYPE_CHECKING:
    from cytokinome.engines.ode.lane_memory import Keeper, LaneKernel
    from cytokinome.engines.ode.lane_plan import Integers, Limits, Patients, Plan
    from cytokinome.engines.ode.methods import Method


def carry(
    lanes: LaneKernel,
    method: Method,
    plan: Plan,
    patients: Patients,
    limits: Limits,
    stop: Integers,
    keeper: Keeper,
) -> None:
    """Simulate the patients who wait, in place, until all have left or `stop` is set; `keeper` holds the plan."""
    from cytokinome.engines.ode.lane_driver import run  # numba is slow to load, and only a simulation needs it

    addresses, control = allocate(lanes, method, keeper)
    tables, shape, agenda = tables_of(method, keeper), shape_of(lanes), agenda_of(lanes, keeper)
    block = patients.addresses(stop)
    tuples = (functions_of(lanes), addresses, control, tables, shape, plan, block, agenda, limits)
    run(*(keeper.frame(numbers) for numbers in tuples))
