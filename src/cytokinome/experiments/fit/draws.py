"""Sets of parameters that the data allow, each as probable as its share of draws.

Sequential Monte Carlo (Del Moral, Doucet and Jasra 2006, doi:10.1111/j.1467-9868.2006.00553.x): sets from a t
distribution at the optimum, as wide as the curvature says, become sets from the posterior over distributions in
between. Each is so near to the one before that half of the sets would carry all the weight; sets are resampled by it,
and then each moves by Metropolis' steps, whose covariance is that of all sets. All sets move at once, as one cohort.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.experiments.fit.likelihood import Objective

    Array = NDArray[np.float64]

SETS = 512
DRAWS = 200
MOVES, LAST_MOVES = 8, 40  # at each distribution in between, and at the posterior
MOST_STAGES = 40
STEP = 2.38  # over the root of the number of axes: the scale at which Metropolis' steps mix best on normal ones
FREEDOM = 5  # of the t distribution: its tails are heavier than those of what it stands for
BATCHES = 64  # of as many sets, until enough of them lie inside the bounds


@dataclass(frozen=True, slots=True)
class Draws:
    """Sets `x` [draw, axis], and where they are from.

    `moves` is how often each moved on average since it was last resampled; 0 where they are not from the posterior.
    """

    x: Array
    moves: float = 0.0
    origin: str = "posterior"  # or curvature, or bootstrap


@dataclass(slots=True)
class _Sets:
    """The population: places, costs, and logarithms of the density that they began with."""

    x: Array
    cost: Array
    began: Array

    def chosen(self, rows: NDArray[np.intp]) -> _Sets:
        return _Sets(self.x[rows], self.cost[rows], self.began[rows])

    def logs(self, heat: float) -> Array:
        """The logarithm of the density in between: 0 is where they began, 1 the posterior."""
        return heat * -self.cost + (1 - heat) * self.began


def draw(
    objective: Objective, x: Array, covariance: Array, seed: int, *, count: int = DRAWS, by_curvature: bool = False
) -> Draws:
    """Return sets of parameters in proportion to their probability.

    Parameters
    ----------
    objective : Objective
    x, covariance
        Optimum [axis] and what curvature says of it.
    seed : int
    count : int
        How many sets.
    by_curvature : bool
        Whether to stay with what curvature says.
    """
    start = _Start(objective, x, covariance, seed)
    places = start.places()
    if by_curvature or not len(places):
        return Draws(places[:count] if len(places) else np.repeat(x[None], count, axis=0), origin="curvature")
    sets = _Sets(places, objective.cost(places, objective.curves(places)), start.density(places))
    sets.cost[~np.isfinite(sets.cost)] = 1e300
    heat, moved = 0.0, 0.0
    for stage in range(MOST_STAGES):
        step = _warmer(sets, heat) if stage < MOST_STAGES - 1 else 1.0 - heat
        weights = _weights(step * (-sets.cost - sets.began))
        heat = min(heat + step, 1.0)
        centre = weights @ sets.x
        away = sets.x - centre
        spread = (away * weights[:, None]).T @ away
        sets = sets.chosen(_resampled(weights, seed, stage, len(sets.x)))
        moved = 0.0
        for move in range(MOVES if heat < 1.0 else LAST_MOVES):
            moved += _move(objective, start, sets, heat, spread, (stage, move))
        if heat == 1.0:
            break
    rows = np.linspace(0, len(sets.x) - 1, count).astype(np.intp)
    return Draws(sets.x[rows], moved)


@dataclass(frozen=True)
class _Start:
    """The t distribution at the optimum, inside the bounds."""

    objective: Objective
    centre: Array
    spread: Array
    seed: int

    @property
    def bounds(self) -> tuple[Array, Array]:
        axes = self.objective.problem.axes
        return np.array([axis.low for axis in axes]), np.array([axis.high for axis in axes])

    def inside(self, x: Array) -> NDArray[np.bool_]:
        low, high = self.bounds
        return np.all((x >= low) & (x <= high), axis=1)

    def places(self) -> Array:
        """Sets inside the bounds; those outside are passed over, which changes the density by a constant only."""
        root, kept = np.linalg.cholesky(self.spread), [np.empty((0, len(self.centre)))]
        for batch in range(BATCHES):
            x = self.centre + self._tailed(batch) @ root.T
            kept.append(x[self.inside(x)])
            if sum(map(len, kept)) >= SETS:
                break
        return np.concatenate(kept)[:SETS]

    def _tailed(self, batch: int) -> Array:
        n = len(self.centre)
        squares = _normal(self.seed, batch, "fit:tails", FREEDOM, SETS) ** 2
        return _normal(self.seed, batch, "fit:draw", n, SETS) * np.sqrt(FREEDOM / squares.sum(axis=1))[:, None]

    def density(self, x: Array) -> Array:
        """Its logarithm up to a constant."""
        away = x - self.centre
        squares = np.einsum("sa,sa->s", away, np.linalg.solve(self.spread, away.T).T)
        return -0.5 * (FREEDOM + len(self.centre)) * np.log1p(squares / FREEDOM)


def _normal(seed: int, run: int, purpose: str, axes: int, count: int) -> Array:
    """Normal numbers [set, axis]."""
    entities = np.arange(count)
    return np.stack([rng.normal(seed, run=run, entity=entities, step=i, purpose=purpose) for i in range(axes)], axis=1)


def _move(objective: Objective, start: _Start, sets: _Sets, heat: float, spread: Array, when: tuple[int, int]) -> float:
    """One step of Metropolis for each set; return the share of those that moved."""
    count, axes = len(sets.x), len(start.centre)
    values, vectors = np.linalg.eigh(spread)
    root = vectors * np.sqrt(np.maximum(values, 1e-20)) * STEP / np.sqrt(axes)
    run = when[0] * (LAST_MOVES + 1) + when[1]
    low, high = start.bounds
    wanted = sets.x + _normal(start.seed, run, "fit:move", axes, count) @ root.T
    x = np.clip(wanted, low, high)
    cost = objective.cost(x, objective.curves(x))
    new = _Sets(x, np.where(np.isfinite(cost) & start.inside(wanted), cost, 1e300), start.density(x))
    chance = np.log(rng.uniform(start.seed, run=run, entity=np.arange(count), purpose="fit:accept"))
    taken = (new.cost < 1e300) & (chance < new.logs(heat) - sets.logs(heat))
    sets.x[taken], sets.cost[taken], sets.began[taken] = new.x[taken], new.cost[taken], new.began[taken]
    return float(taken.mean())


def _warmer(sets: _Sets, heat: float) -> float:
    """How much further the next distribution may be: half of the sets still carry the weight."""
    low, high = 0.0, 1.0 - heat
    logs = -sets.cost - sets.began

    def is_near(step: float) -> bool:
        return 1.0 / float(np.sum(_weights(step * logs) ** 2)) >= len(logs) / 2

    if is_near(high):
        return high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if is_near(middle) else (low, middle)
    return low


def _weights(logs: Array) -> Array:
    """Weights that add up to 1."""
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


def _resampled(weights: Array, seed: int, stage: int, count: int) -> NDArray[np.intp]:
    """Systematic resampling."""
    first = float(rng.uniform(seed, entity=stage, purpose="fit:resampling"))
    places = (np.arange(count) + first) / count
    return np.searchsorted(np.cumsum(weights), places).clip(max=len(weights) - 1)
