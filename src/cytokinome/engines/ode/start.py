"""Where a patient stands before anything is done: initial states, steady states and baseline productions.

A molecule with a baseline is produced at the constant rate p = -(all other terms of its derivative) at rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import Failure, Outcome
from cytokinome.engines.ode.segment import System, pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel

    Array = NDArray[np.float64]

HORIZONS = (1e2, 1e3, 1e4, 1e5, 1e6)  # hours of settling, after each of which Newton's method is tried
RTOL, FACTOR = 1e-8, 1e-10  # tolerances of settling; absolute ones in scales
MAX_STEPS = 50_000
ROUNDING = 1e-9  # a production that is negative by less than this part of its terms is zero


def initialise(
    kernel: Kernel,
    parameters: Array,
    productions: Array | None = None,
    *,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Array, Array]:
    """Return the states and the parameters, with productions, of a patient at rest.

    Parameters
    ----------
    kernel : Kernel
    parameters : array [parameter]
        Canonical; production slots are ignored.
    productions : array [baseline], optional
        Baseline productions [pM/h] in the order of ``kernel.baselines``, known from the model without its structural
        intervention. Without them they follow from the baselines. With them and ``start: steady state`` no state is
        held at its baseline: a knock-out is at rest when it rests with the productions of the intact person.

    Returns
    -------
    states : array [state]
    parameters : array [parameter]

    Raises
    ------
    Failure
        A start that is not finite, no steady state, or a negative production.
    """
    p = np.array(parameters, dtype=float)
    slots = [slot for slot, _ in kernel.baselines]
    pinned = tuple(state for _, state in kernel.baselines)
    p[slots] = 0.0 if productions is None else productions
    y = np.array(kernel.initial(p), dtype=float)
    bad = np.flatnonzero(~np.isfinite(y))
    if bad.size and int(bad[0]) in kernel.determined:
        raise Failure(Outcome.UNDETERMINED.of(0.0, kernel.states[int(bad[0])]))
    if bad.size:
        raise Failure(Outcome.BAD_START.of(None, kernel.states[int(bad[0])]))
    if kernel.start == "steady state":
        y = _settle(kernel, p, y, pinned if productions is None else (), should_stop)
    if productions is None:
        p[slots] = balancing(kernel, p, y, pinned)
    return y, p


def balancing(kernel: Kernel, p: Array, y: Array, pinned: tuple[int, ...]) -> Array:
    """Return the production of each baseline molecule that balances its other terms at rest.

    Raises
    ------
    Failure
        A derivative that is not finite, or a negative production.
    """
    needed = -np.asarray(kernel.rhs(0.0, y, p))[list(pinned)]
    if not pinned:
        return needed
    gross = _gross(np.asarray(kernel.jacobian(0.0, y, p)), y)[list(pinned)]
    for value, size, state in zip(needed, gross, pinned, strict=True):
        if not np.isfinite(value):
            raise Failure(Outcome.NOT_FINITE.of(0.0, kernel.states[state]))
        if value < -ROUNDING * max(size, abs(value)):
            raise Failure(Outcome.NEGATIVE_PRODUCTION.of(None, kernel.states[state]))
    return np.maximum(needed, 0.0)


def _gross(jacobian: Array, y: Array) -> Array:
    """Size of the single terms of each derivative, to first order; their sum may be far smaller."""
    return np.abs(jacobian) @ np.abs(y)


def _settle(
    kernel: Kernel, p: Array, y: Array, pinned: tuple[int, ...], should_stop: Callable[[], bool] | None
) -> Array:
    """The steady state that the system runs into from `y` while the pinned states are held."""
    system, t = resting(kernel, p, pinned, should_stop), 0.0
    for horizon in HORIZONS:
        try:
            for piece in pieces(system, t, y, horizon, rtol=RTOL, atol=FACTOR * system.scale):
                t, y = piece.end, piece.state
        except Failure as failure:
            raise unsettled(system, t, y) from failure
        found = newton(system, y)
        if found is not None:
            return found
    raise unsettled(system, t, y)


def resting(kernel: Kernel, p: Array, held: tuple[int, ...], should_stop: Callable[[], bool] | None = None) -> System:
    """Return the system that settles: the states `held` do not move, the clock stands still at 0 h."""
    scale = positive(kernel.scale(p))
    return System(
        kernel, p, scale, np.zeros(len(scale)), held, frozen_time=0.0, should_stop=should_stop, max_steps=MAX_STEPS
    )


def unsettled(system: System, t: float, y: Array) -> Failure:
    """Return why there is no steady state: what still changes at `t` [h]."""
    return system.fail(Outcome.NO_STEADY_STATE, t, y)


def newton(system: System, start: Array) -> Array | None:
    """Return a steady state by Newton's method, in units of the scale; None if it leaves `start` or does not converge.

    Conserved totals make the Jacobian singular: its left null vectors are added as equations, so they keep their value.
    """
    scale = system.scale
    free = np.setdiff1d(np.arange(len(start)), system.pinned)
    if not free.size:
        return start
    y = start.copy()
    for _ in range(20):
        derivative, jacobian = system.rhs(0.0, y), system.jacobian(0.0, y)
        if not (np.all(np.isfinite(derivative)) and np.all(np.isfinite(jacobian))):
            return None
        matrix = (jacobian * scale / scale[:, None])[np.ix_(free, free)]
        left, singular, _ = np.linalg.svd(matrix)
        conserved = left[:, singular <= 1e-13 * max(float(singular[0]), 1e-300)].T
        target = np.concatenate([-(derivative / scale)[free], np.zeros(len(conserved))])
        change = np.linalg.lstsq(np.vstack([matrix, conserved]), target, rcond=None)[0]
        y[free] += change * scale[free]
        if np.max(np.abs(change) / (np.abs(y[free]) / scale[free] + 1.0)) < 1e-11:
            return _accepted(system, start, y)
    return None


def _accepted(system: System, start: Array, y: Array) -> Array | None:
    """The steady state if it balances, is not negative, and is where the integration went."""
    size = np.abs(start) + system.scale
    if np.max(np.abs(y - start) / size) > 1e-3 or np.min(y / system.scale) < -1e-9:
        return None
    y = np.maximum(y, 0.0)
    left_over = np.abs(system.rhs(0.0, y))
    gross = _gross(system.jacobian(0.0, y), y)
    return y if np.all(left_over <= ROUNDING * gross + 1e-12 * system.scale) else None


def positive(scale: Array) -> Array:
    """Return the scale with 1 in place of what is not a positive number."""
    scale = np.asarray(scale, dtype=float)
    return np.where(np.isfinite(scale) & (scale > 0), scale, 1.0)
