"""Sets of parameters that the data allow, each as probable as its share of draws: importance resampling.

Proposals come from a t distribution at the optimum, as wide as the curvature says; each is weighed by what its cost
says instead. Where few of them carry all the weight, the next proposals have the mean and the covariance of the
weighed ones.
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

PROPOSALS = 1024
DRAWS = 200
ENOUGH = 200.0  # proposals that carry weight
ROUNDS = 4
BATCHES = 64  # of as many proposals, until enough of them lie inside the bounds
FREEDOM = 5  # of the t distribution: its tails are heavier than those of what it stands for


@dataclass(frozen=True, slots=True)
class Draws:
    """Sets `x` [draw, axis]; `effective` is how many proposals carried weight (Kish), of `PROPOSALS`."""

    x: Array
    effective: float


def draw(objective: Objective, x: Array, covariance: Array, seed: int, *, count: int = DRAWS) -> Draws:
    """Return sets of parameters in proportion to their probability.

    Parameters
    ----------
    objective : Objective
    x, covariance
        Optimum [axis] and what curvature says of it.
    seed : int
    count : int
        How many sets.
    """
    best: Draws | None = None
    centre, spread = x, covariance
    for attempt in range(ROUNDS):
        proposals, log_density = _proposals(objective, centre, spread, seed, attempt)
        if not len(proposals):
            break
        weights = _weights(-objective.cost(proposals, objective.curves(proposals)) - log_density)
        effective = 1.0 / float(np.sum(weights**2)) if weights.any() else 0.0
        if weights.any() and (best is None or effective > best.effective):
            best = Draws(_resampled(proposals, weights, seed, count), effective)
        if effective >= ENOUGH or not weights.any():
            break
        centre = weights @ proposals
        away = proposals - centre
        spread = (away * weights[:, None]).T @ away + 0.05 * spread
    return best or Draws(np.repeat(x[None], count, axis=0), 1.0)


def _proposals(objective: Objective, centre: Array, spread: Array, seed: int, attempt: int) -> tuple[Array, Array]:
    """Proposals inside the bounds, and the logarithm of their density up to a constant.

    Those outside are passed over, which changes the density by a constant only.
    """
    low = np.array([axis.low for axis in objective.problem.axes])
    high = np.array([axis.high for axis in objective.problem.axes])
    values, vectors = np.linalg.eigh(spread)
    root = vectors * np.sqrt(np.maximum(values, 1e-16))
    kept, found = [np.empty((0, len(centre)))], 0
    for batch in range(BATCHES):
        z = _tailed(len(centre), seed, attempt * BATCHES + batch)
        proposals = centre + z @ root.T
        z = z[((proposals >= low) & (proposals <= high)).all(axis=1)]
        kept.append(z)
        found += len(z)
        if found >= PROPOSALS:
            break
    z = np.concatenate(kept)[:PROPOSALS]
    density = -0.5 * (FREEDOM + len(centre)) * np.log1p((z**2).sum(axis=1) / FREEDOM)
    return centre + z @ root.T, density


def _tailed(axes: int, seed: int, run: int) -> Array:
    """Numbers [proposal, axis] from a t distribution."""

    def normal(step: int, purpose: str) -> Array:
        return rng.normal(seed, run=run, entity=np.arange(PROPOSALS), step=step, purpose=purpose)

    squares = np.sum([normal(i, "fit:tails") ** 2 for i in range(FREEDOM)], axis=0)
    z = np.stack([normal(i, "fit:draw") for i in range(axes)], axis=1)
    return z * np.sqrt(FREEDOM / squares)[:, None]


def _weights(logs: Array) -> Array:
    """Weights that add up to 1; all zero where no proposal is possible."""
    finite = np.isfinite(logs)
    if not finite.any():
        return np.zeros(len(logs))
    weights = np.where(finite, np.exp(np.where(finite, logs, 0.0) - logs[finite].max()), 0.0)
    return weights / weights.sum()


def _resampled(proposals: Array, weights: Array, seed: int, count: int) -> Array:
    """Systematic resampling."""
    first = float(rng.uniform(seed, entity=0, purpose="fit:resampling"))
    places = (np.arange(count) + first) / count
    chosen = np.searchsorted(np.cumsum(weights), places).clip(max=len(weights) - 1)
    return proposals[chosen]
