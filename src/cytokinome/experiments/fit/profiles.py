"""How far each axis can be moved while all others make up for it: profiles, all of them and all their points at once.

A point of a profile is a descent in which one axis is held. Those of all axes and both directions are one cohort;
where the cost has not risen enough, the next wave goes on from the last point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.experiments.cohort import NORMAL_97_5
from cytokinome.experiments.fit.descent import descend
from cytokinome.experiments.fit.identify import before

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.experiments.fit.likelihood import Objective

    Array = NDArray[np.float64]

FIRST = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)  # standard deviations, by curvature
NEXT = (1.0, 2.0, 3.0, 4.0)  # more of them in the second wave; twice as far in each that follows
WAVES = 4
ROUNDS = 30
TOLERANCE = 1e-4
BETTER = 1e-3  # what a point must lie below the optimum to be a better one


@dataclass(frozen=True, slots=True)
class Profile:
    """The rise of -2 log posterior along one axis, others at their best.

    `low` and `high` are where it reaches 3.84, the ends of the 95 % interval; infinite where it never does.
    """

    axis: int
    x: Array
    rise: Array
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Profiled:
    """All profiles, and the best point that was met on the way if it is better than the optimum."""

    profiles: tuple[Profile, ...]
    better: Array | None


@dataclass(slots=True)
class _Branch:
    """One direction of one axis: points from the optimum outwards."""

    axis: int
    sign: float
    unit: float
    x: list[Array]
    cost: list[float]
    is_open: bool = True


def deviations(objective: Objective, matrix: Array) -> tuple[Array, Array]:
    """Return covariance and standard deviations by curvature; bounds count with the variance between them."""
    known = np.array([before(axis) for axis in objective.problem.axes])
    scale = np.outer(known, known)
    covariance = np.linalg.inv(matrix * scale + np.eye(len(known))).astype(np.float64) * scale
    return covariance, np.sqrt(np.diag(covariance))


def profile(objective: Objective, x: Array, cost: float, matrix: Array) -> Profiled:
    """Return the profiles of all axes around the optimum `x` [axis]."""
    covariance, widths = deviations(objective, matrix)
    branches = [_Branch(axis, sign, widths[axis], [x], [cost]) for axis in range(len(x)) for sign in (-1.0, 1.0)]
    for wave in range(WAVES):
        going = [branch for branch in branches if branch.is_open]
        if going:
            _extend(objective, going, wave, covariance)
    best = min(branches, key=lambda b: min(b.cost))
    at = int(np.argmin(best.cost))
    better = best.x[at] if best.cost[at] < cost - BETTER else None
    return Profiled(tuple(_joined(branches[2 * i], branches[2 * i + 1], cost) for i in range(len(x))), better)


def _extend(objective: Objective, branches: list[_Branch], wave: int, covariance: Array) -> None:
    """Add the points of a wave to each branch."""
    axes = objective.problem.axes
    starts: list[Array] = []
    held: list[NDArray[np.bool_]] = []
    owners: list[_Branch] = []
    for branch in branches:
        axis, i = axes[branch.axis], branch.axis
        for step in FIRST if wave == 0 else [s * 2.0 ** (wave - 1) for s in NEXT]:
            target = float(np.clip(branch.x[-1][i] + branch.sign * step * branch.unit, axis.low, axis.high))
            start = branch.x[-1].copy()
            if wave == 0 and covariance[i, i] > 0:  # others follow as the curvature has them
                start = start + covariance[:, i] / covariance[i, i] * (target - start[i])
            start[i] = target
            starts.append(start)
            held.append(np.arange(len(start)) == i)
            owners.append(branch)
    found = descend(objective, np.array(starts), held=np.array(held), rounds=ROUNDS, tolerance=TOLERANCE)
    for owner, x, cost in zip(owners, found.x, found.cost, strict=True):
        if np.isfinite(cost) and abs(x[owner.axis] - owner.x[-1][owner.axis]) > 1e-12:
            owner.x.append(x)
            owner.cost.append(float(cost))
    for branch in branches:
        axis, last = axes[branch.axis], branch.x[-1][branch.axis]
        has_risen = 2 * (branch.cost[-1] - branch.cost[0]) >= NORMAL_97_5**2
        branch.is_open = not (has_risen or last in (axis.low, axis.high))


def _joined(left: _Branch, right: _Branch, cost: float) -> Profile:
    """The two branches of an axis, from its lowest point to its highest."""
    places = [(x[left.axis], c) for x, c in zip(left.x[:0:-1], left.cost[:0:-1], strict=True)]
    places += [(x[right.axis], c) for x, c in zip(right.x, right.cost, strict=True)]
    x, costs = np.array(places).T
    rise = np.maximum(2 * (costs - cost), 0.0)
    return Profile(left.axis, x, rise, -_end(left, cost), _end(right, cost))


def _end(branch: _Branch, cost: float) -> float:
    """Where the rise reaches 3.84, outwards positive: the square root of the rise is nearly straight."""
    x = branch.sign * np.array([point[branch.axis] for point in branch.x])
    root = np.sqrt(np.maximum(2 * (np.array(branch.cost) - cost), 0.0))
    above = np.flatnonzero(root >= NORMAL_97_5)
    if not len(above):
        return np.inf
    j = int(above[0])
    share = (NORMAL_97_5 - root[j - 1]) / (root[j] - root[j - 1])
    return float(x[j - 1] + share * (x[j] - x[j - 1]))
