"""Where the patients of a block stand before anything is done to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cytokinome.engines.base import Failure, Outcome, PatientOutcome
from cytokinome.engines.ode.lane_memory import Keeper, LaneKernel, allocate, functions_of, shape_of
from cytokinome.engines.ode.lane_plan import REFUSED, WAITING, Starts
from cytokinome.engines.ode.methods import RODAS5P
from cytokinome.engines.ode.segment import Interrupted
from cytokinome.engines.ode.settling import can_rest, settle
from cytokinome.engines.ode.start import balancing, initialise, positive

if TYPE_CHECKING:
    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.ode.lane_plan import Integers
    from cytokinome.engines.ode.settling import RestingKernel

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seats:
    """Parameters with productions, states and scales of a block, [patient, …]; who cannot start, and why."""

    p: Array
    y: Array
    scale: Array
    status: NDArray[np.int64]
    refused: dict[int, PatientOutcome]


def seats(
    kernel: Kernel,
    lanes: LaneKernel,
    parameters: Array,
    productions: Array | None,
    dose_steps: Array,
    stop: Integers,
) -> Seats:
    """Return where patients begin, as `start.initialise` would, and the scale of their tolerances.

    Once `stop` is not 0, those not done are refused as interrupted.
    """
    count, n = len(parameters), len(kernel.states)
    p = np.array(parameters, dtype=np.float64, order="C")
    y, scale = np.zeros((count, n)), np.ones((count, n))
    status, refused = np.full(count, WAITING, dtype=np.int64), dict[int, PatientOutcome]()
    one_by_one = np.arange(count)
    if kernel.start == "given" and lanes.addresses.keys() >= {"initial", "scales"}:
        _together(kernel, lanes, p, y, scale, productions)
        negative = p[:, [slot for slot, _ in kernel.baselines]] < 0
        suspicious = negative.any(axis=1) if productions is None else np.zeros(count, dtype=bool)
        one_by_one = np.flatnonzero(suspicious | ~np.isfinite(y).all(axis=1) | ~np.isfinite(p).all(axis=1))
    elif kernel.start == "steady state" and can_rest(kernel):
        one_by_one = _settled(kernel, lanes, p, y, scale, productions, refused, stop)
        status[list(refused)] = REFUSED
    for i in one_by_one:
        produced = None if productions is None else productions[i]
        try:
            with np.errstate(all="ignore"):
                y[i], p[i] = initialise(kernel, parameters[i], produced, should_stop=lambda: bool(stop[0]))
                scale[i] = kernel.scale(p[i])
        except (Failure, Interrupted) as reason:
            refused[int(i)] = reason.outcome if isinstance(reason, Failure) else Outcome.INTERRUPTED.of()
            status[i] = REFUSED
    scale = positive(scale)
    return Seats(p, y, np.maximum(scale, dose_steps) if len(dose_steps) else scale, status, refused)


def _settled(
    kernel: RestingKernel,
    lanes: LaneKernel,
    p: Array,
    y: Array,
    scale: Array,
    productions: Array | None,
    refused: dict[int, PatientOutcome],
    stop: Integers,
) -> NDArray[np.intp]:
    """Fill in the steady states; return whom that leaves to `initialise`, and add who has none to `refused`."""
    slots = [slot for slot, _ in kernel.baselines]
    held = tuple(state for _, state in kernel.baselines) if productions is None else ()
    fixed = np.zeros((len(p), len(slots))) if productions is None else productions
    _together(kernel, lanes, p, y, scale, fixed)
    people = np.flatnonzero(np.isfinite(y).all(axis=1) & np.isfinite(p).all(axis=1))
    with np.errstate(all="ignore"):
        states, restless = settle(kernel, kernel.resting(held), people.tolist(), p, y, held, stop)
        refused.update(restless)
        for i, found in states.items():
            try:
                p[i, slots] = fixed[i] if productions is not None else balancing(kernel, p[i], found, held)
                y[i], scale[i] = found, kernel.scale(p[i])
            except Failure as failure:
                refused[i] = failure.outcome
    return np.setdiff1d(np.arange(len(p)), [*states, *restless])


def _together(kernel: Kernel, lanes: LaneKernel, p: Array, y: Array, scale: Array, productions: Array | None) -> None:
    """Fill states, scales and productions of all patients."""
    from cytokinome.engines.ode.lane_driver import rest  # numba is slow to load, and only a simulation needs it

    slots = np.array([slot for slot, _ in kernel.baselines], dtype=np.int64)
    states = np.array([state for _, state in kernel.baselines], dtype=np.int64)
    p[:, slots] = 0.0 if productions is None else productions
    keeper = Keeper()
    at, _ = allocate(lanes, RODAS5P, keeper)
    starts = Starts(
        patients=len(p),
        p=keeper.real(p),
        y=keeper.real(y),
        scale=keeper.real(scale),
        baselines=len(states) if productions is None else 0,
        slots=keeper.whole(slots),
        held=keeper.whole(states),
    )
    tuples = (functions_of(lanes), at, shape_of(lanes), starts)
    rest(lanes.addresses["initial"], lanes.addresses["scales"], *(keeper.frame(numbers) for numbers in tuples))
