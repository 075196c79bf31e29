"""What the data do not know, in words: parameters that only their priors hold, and those known only together.

In units of what was known before, the information of the data is a matrix; a direction in which it is below that of
the prior is one that the data leave open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.experiments.cohort import NORMAL_97_5
from cytokinome.experiments.fit.axes import WIDE, Axis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

OPEN = 1.0  # information of the data, in units of the prior's, below which a direction is open
TAKES_PART = 0.25  # of the largest share in a direction
NOTHING_LEARNT, LITTLE_LEARNT = 0.9, 0.6  # standard deviation after the fit, of that before


@dataclass(frozen=True, slots=True)
class Direction:
    """A direction that the data leave open: axes with their shares, the largest 1."""

    axes: tuple[int, ...]
    shares: tuple[float, ...]


def before(axis: Axis) -> float:
    """Return the standard deviation of an axis before the fit; of equal chances between bounds, theirs."""
    if np.isfinite(axis.sd):
        return axis.sd
    width = axis.high - axis.low
    return width / np.sqrt(12.0) if np.isfinite(width) else WIDE


def open_directions(axes: Sequence[Axis], matrix: Array) -> tuple[Direction, ...]:
    """Return the directions that the data leave open.

    Parameters
    ----------
    axes : sequence of Axis
    matrix : array [axis, axis]
        The information of the data alone.
    """
    known = np.array([before(axis) for axis in axes])
    information, vectors = np.linalg.eigh(matrix * np.outer(known, known))
    found: list[Direction] = []
    for value, vector in zip(information, vectors.T, strict=True):
        if value < OPEN:
            moves = vector * known
            shares = moves / moves[np.abs(moves).argmax()]
            chosen = np.flatnonzero(np.abs(shares) >= TAKES_PART)
            found.append(Direction(tuple(map(int, chosen)), tuple(map(float, shares[chosen]))))
    return tuple(found)


def sentences(axes: Sequence[Axis], matrix: Array, after: Array, ends: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Yield what the data do not know.

    Parameters
    ----------
    axes, matrix
        As in `open_directions`.
    after : array [axis]
        Standard deviations after the fit, by likelihood and prior.
    ends : sequence of (float, float)
        The intervals of all axes; infinite where they are open.
    """
    told: set[int] = set()
    alone: list[list[int]] = []
    for group in _groups(open_directions(axes, matrix)):
        chosen = sorted({axis for direction in group for axis in direction.axes})
        told.update(chosen)
        names = [axes[i].name for i in chosen]
        if len(chosen) == 1:
            alone.append(chosen)
            yield _of_one(axes[chosen[0]], *ends[chosen[0]])
        elif len(chosen) == 2 and len(group) == 1:
            yield _of_two(names, group[0].shares)
        else:
            listed = f"{', '.join(names[:-1])} and {names[-1]}"
            ways = "one way" if len(group) == 1 else f"{len(group)} ways"
            yield f"{listed} can make up for each other in {ways}: each alone is known less than all together."
    for i, axis in enumerate(axes):
        share, sides = after[i] / before(axis), np.isfinite(ends[i])
        if sides.sum() == 1 and not np.isfinite(axis.sd):
            if [i] not in alone:
                yield _of_one(axis, *ends[i])
        elif i not in told and share > LITTLE_LEARNT:
            how = "next to nothing" if share > NOTHING_LEARNT else "little"
            yield f"The data say {how} of {axis.name}: it remains {share:.0%} as uncertain as before."


def surprises(axes: Sequence[Axis], x: Array) -> Iterator[str]:
    """Yield what lies outside the 95 % of what was known before: data and prior disagree there."""
    for axis, value in zip(axes, x, strict=True):
        if abs(value - axis.centre) > NORMAL_97_5 * axis.sd:
            low, high = (axis.shown(axis.centre + sign * NORMAL_97_5 * axis.sd) for sign in (-1, 1))
            yield (
                f"{axis.name} is found at {axis.shown(float(value)):.3g} {axis.unit}".rstrip()
                + f", outside the {low:.3g} to {high:.3g} of before: what was known, the data or the model is wrong."
            )


def _groups(directions: Sequence[Direction]) -> list[list[Direction]]:
    """Directions that share axes, together."""
    groups: list[list[Direction]] = []
    for direction in directions:
        touched = [g for g in groups if any(set(direction.axes) & set(other.axes) for other in g)]
        groups = [g for g in groups if g not in touched] + [[d for g in touched for d in g] + [direction]]
    return groups


def _of_one(axis: Axis, low: float, high: float) -> str:
    """An axis that is flat at the optimum may still rise on one side."""
    if np.isfinite(low) != np.isfinite(high) and not np.isfinite(axis.sd):
        end, side = (low, "above") if np.isfinite(low) else (high, "below")
        return f"Of {axis.name} the data say only that it is {side} {axis.shown(end):.3g} {axis.unit}".rstrip() + "."
    return f"The data say nothing of {axis.name}: what is known of it was known before."


def _of_two(names: Sequence[str], shares: Sequence[float]) -> str:
    """Two axes that move together leave what they do not move: their ratio, or their product."""
    (a, b), (u, v) = names, shares
    if abs(abs(u) - abs(v)) < 0.15:
        what = f"{a}·{b}" if u * v < 0 else f"{a}/{b}"
    else:
        power = -u / v
        what = f"{a}·{b}^{power:.2g}"
    return f"The data know {a} and {b} only together, as {what}: each alone rests on what was known before."
