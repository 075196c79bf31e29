"""Which event it is: a tree of running sums of the hazards, eight to a row.

Level 0 holds the running sums of eight hazards a row, every further level those of the ends of the rows below; the last
number of the top row is the sum of all. A row is always summed anew from what it is the sum of, so nothing drifts. The
additions stand in a fixed order, pairs, fours, eight: every bit is the same wherever the tree is kept, running sums
never fall, and one with a hazard of zero equals the one before it, so nothing impossible is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

WIDTH = 8
BELOW_ONE = 1.0 - 2.0**-52  # times any number: a smaller one


def rows_of(n_hazards: int) -> tuple[int, ...]:
    """Return how many rows every level of the tree has."""
    rows = [max(1, -(-n_hazards // WIDTH))]
    while rows[-1] > 1:
        rows.append(-(-rows[-1] // WIDTH))
    return tuple(rows)


def sums(hazards: Sequence[float]) -> list[Array]:
    """Return the levels [row, 8] of the tree."""
    levels: list[Array] = []
    values = np.asarray(hazards, dtype=float)
    for rows in rows_of(len(values)):
        padded = np.zeros(rows * WIDTH)
        padded[: len(values)] = values
        levels.append(running(padded.reshape(rows, WIDTH)))
        values = levels[-1][:, -1]
    return levels


def running(numbers: Array) -> Array:
    """Return the running sums of [row, 8]."""
    before = np.zeros_like(numbers)
    before[:, 1::2] = numbers[:, ::2]
    pairs, before = numbers + before, np.zeros_like(numbers)
    before[:, 2:4], before[:, 6:8] = pairs[:, 1:2], pairs[:, 5:6]
    fours, before = pairs + before, np.zeros_like(numbers)
    before[:, 4:] = fours[:, 3:4]
    return fours + before


def choose(levels: Sequence[Array], uniform: float) -> int:
    """Return the event whose part of the sum the uniform number falls into; its hazard is positive."""
    target, row = uniform * float(levels[-1][0, -1]), 0
    for level in reversed(levels):
        own = level[row]
        # rounding may have led beyond the end of the row
        target = min(target, float(own[-1]) * BELOW_ONE)
        place = int(np.count_nonzero(own <= target))
        target -= float(own[place - 1]) if place else 0.0
        row = row * WIDTH + place
    return row
