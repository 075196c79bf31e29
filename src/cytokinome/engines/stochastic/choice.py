"""Which event it is: a tree of running sums of the hazards, eight to a row.

Level 0 holds the running sums of eight hazards a row, every further level those of the ends of the rows below; the last
number of the top row is the sum of all. A row is always summed anew from what it is the sum of, so nothing drifts, and
the order of the additions, hence every bit, is the same wherever the tree is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

WIDTH = 8


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
        levels.append(np.cumsum(padded.reshape(rows, WIDTH), axis=1))
        values = levels[-1][:, -1]
    return levels


def choose(levels: Sequence[Array], uniform: float) -> int:
    """Return the event whose part of the sum the uniform number falls into; its hazard is positive."""
    target, row = uniform * float(levels[-1][0, -1]), 0
    for level in reversed(levels):
        running = level[row]
        place = int(np.count_nonzero(target >= running))
        if place == WIDTH:  # rounding: the last one with a hazard
            place = int(np.flatnonzero(np.diff(running, prepend=0.0) > 0)[-1])
        if place:
            target -= running[place - 1]
        row = row * WIDTH + place
    return row
