"""Many descents at once: damped Gauss-Newton steps (Levenberg, Marquardt) of all starts in one cohort per step.

Every round has two cohorts: one with the central differences of all that moved, one with the steps of all for several
dampings side by side, of which each takes its best. So a round costs the same time for one start as for as many as
the lanes carry, and no start waits for the others' line searches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytokinome.experiments.fit.likelihood import Measured, Objective

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

ROUNDS = 100
TOLERANCE = 1e-6  # of -log posterior, in a round
CRAWL, CRAWLED = 10, 1e-3  # a start that gains less than this in so many rounds has arrived
LONGEST = 5.0  # step along one axis, in logarithms; shorter ones end in local optima more often
DAMPINGS = (0.01, 0.1, 1.0, 10.0, 100.0)  # side by side, of the last one that helped
LEAST, MOST = 1e-12, 1e10


@dataclass(frozen=True, slots=True)
class Descended:
    """Where each start came to: `x` [start, axis], cost and curves there, how it bends, whether it came to rest."""

    x: Array
    cost: Array
    curves: Array
    gradient: Array
    matrix: Array  # of the likelihood alone
    is_settled: Mask
    rounds: int


def descend(
    objective: Objective,
    x: Array,
    *,
    held: Mask | None = None,
    measured: Measured | None = None,
    rounds: int = ROUNDS,
    tolerance: float = TOLERANCE,
    on_round: Callable[[int, Array], None] | None = None,
) -> Descended:
    """Go down from every start until no step helps.

    Parameters
    ----------
    objective : Objective
    x : array [start, axis]
    held : array [start, axis] of bool, optional
        Axes that stay where they are.
    measured : Measured, optional
        What each start is held against, in place of the tables.
    rounds : int
        Most rounds.
    tolerance : float
        A start rests when a round makes its cost smaller by less than this.
    on_round : callable, optional
        Told the number of the round and the costs.
    """
    low = np.array([axis.low for axis in objective.problem.axes])
    high = np.array([axis.high for axis in objective.problem.axes])
    x = np.clip(x, low, high)
    held = np.zeros(x.shape, dtype=bool) if held is None else held
    curves = objective.curves(x)
    measured = measured or objective.measured
    cost = objective.cost(x, curves, measured)
    gradient, matrix = np.zeros_like(x), np.zeros((*x.shape, x.shape[1]))
    damping, active = np.full(len(x), 1e-2), np.isfinite(cost)
    is_stale = active.copy()  # whose gradient is that of an earlier place
    past = [cost.copy()]
    done = 0
    while active.any() and done < rounds:
        done += 1
        rows = np.flatnonzero(is_stale & active)
        if len(rows):
            gradient[rows], matrix[rows] = objective.bend(x[rows], curves[rows], measured.rows(rows))
            is_stale[rows] = False
        at = np.flatnonzero(active)
        steps, hoped = _steps(objective, x[at], gradient[at], matrix[at], damping[at], held[at], low, high)
        best, new_cost, new_curves, chosen = _tried(objective, measured.rows(at), steps)
        gain = cost[at] - new_cost
        better = gain > 0
        rows = at[better]
        is_stale[rows] = True
        x[rows], cost[rows], curves[rows] = best[better], new_cost[better], new_curves[better]
        factor = np.where(better, np.asarray(DAMPINGS)[chosen], DAMPINGS[-1] * 10)
        damping[at] = np.clip(damping[at] * factor, LEAST, MOST)
        rests = np.where(better, gain < tolerance, (hoped < tolerance) | (damping[at] >= MOST))
        active[at[rests]] = False
        past.append(cost.copy())
        if done >= CRAWL:
            active &= past[-1 - CRAWL] - cost >= CRAWLED
        if on_round is not None:
            on_round(done, cost)
    rows = np.flatnonzero(is_stale)
    if len(rows):
        gradient[rows], matrix[rows] = objective.bend(x[rows], curves[rows], measured.rows(rows))
    return Descended(x, cost, curves, gradient, matrix, np.isfinite(cost) & ~active, done)


def _steps(
    objective: Objective, x: Array, gradient: Array, matrix: Array, damping: Array, held: Mask, low: Array, high: Array
) -> tuple[Array, Array]:
    """The sets that each start tries, [damping, start, axis], and by how much the boldest should lower its cost."""
    centres, weights = objective.prior
    whole = gradient + (x - centres) * weights
    bent = matrix + np.diag(weights)
    free = ~held & ~((x <= low) & (whole > 0)) & ~((x >= high) & (whole < 0))
    diagonal = np.maximum(np.einsum("saa->sa", bent), 1e-6)
    bent = np.where(free[:, :, None] & free[:, None, :], bent, 0.0)
    tried: list[Array] = []
    hoped = np.zeros(0)
    for factor in DAMPINGS:
        damped = bent + np.eye(x.shape[1]) * np.where(free, (factor * damping)[:, None] * diagonal, 1.0)[:, None, :]
        step = -np.linalg.solve(damped, np.where(free, whole, 0.0)[:, :, None])[:, :, 0]
        hoped = hoped if len(hoped) else -0.5 * np.einsum("sa,sa->s", step, whole)
        step /= np.maximum(1.0, np.abs(step).max(axis=1, keepdims=True) / LONGEST)
        tried.append(np.clip(x + step, low, high))
    return np.array(tried), hoped


def _tried(objective: Objective, measured: Measured, steps: Array) -> tuple[Array, Array, Array, NDArray[np.intp]]:
    """The best of the tried sets of each start, its cost and curves, and which damping it had."""
    dampings, count = len(steps), len(steps[0])
    flat = steps.reshape(dampings * count, -1)
    curves = objective.curves(flat)
    cost = objective.cost(flat, curves, measured.rows(np.tile(np.arange(count), dampings)))
    chosen = cost.reshape(dampings, count).argmin(axis=0)
    rows = chosen * count + np.arange(count)
    return flat[rows], cost[rows], curves[rows], chosen
