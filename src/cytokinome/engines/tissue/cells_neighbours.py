"""Which cells are near each other: a counting sort into bins at least as wide as the distance asked for."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Indices = NDArray[np.intp]


class Pairs(NamedTuple):
    """Pairs of cells first < second, ordered by both; distance [µm] and the unit vector from second to first."""

    first: Indices
    second: Indices
    distance: Array
    direction: Array


class Near:
    """Finds pairs again and again while cells move little: they are looked up anew only when some have moved far."""

    def __init__(self, size: tuple[float, ...], skin: float) -> None:
        """Take the box and how much farther than asked for candidates are kept, all in µm."""
        self.size, self.skin, self.reach = size, skin, 0.0
        self.anchor = np.zeros((0, len(size)))
        self.first = self.second = np.zeros(0, dtype=np.intp)

    def candidates(self, places: Array, reach: float) -> tuple[Indices, Indices]:
        """Return pairs of cells first < second, ordered by both, among them all that are closer than `reach` [µm]."""
        moved = self.anchor.shape != places.shape or reach > self.reach
        if (
            moved
            or 2.0 * float(np.max(np.abs(places - self.anchor), initial=0.0)) * np.sqrt(len(self.size)) >= self.skin
        ):
            self.anchor, self.reach = places, reach
            self.first, self.second = candidates(places, reach + self.skin, self.size)
        return self.first, self.second


def pairs_within(places: Array, reach: float, size: tuple[float, ...]) -> Pairs:
    """Return the pairs of cells that are closer than `reach`.

    Parameters
    ----------
    places : array [cell, axis]
        In a box from the origin to `size`, all in µm.
    reach : float
        [µm].
    size : tuple of float
    """
    return closer(*candidates(places, reach, size), places, reach)


def closer(first: Indices, second: Indices, places: Array, reach: float) -> Pairs:
    """Return those of some pairs that are closer than `reach`, in the same order."""
    between = places[first] - places[second]
    distance = np.sqrt(np.sum(between**2, axis=1))
    near = distance < reach
    between, distance = between[near], distance[near]
    first, second = first[near], second[near]
    return Pairs(first, second, distance, _unit(between, distance, second - first))


def candidates(places: Array, reach: float, size: tuple[float, ...]) -> tuple[Indices, Indices]:
    """Return the pairs of cells first < second that are closer than `reach`, ordered by both."""
    n, dimensions = places.shape
    # no narrower than the distance asked for, and about one cell in a bin where they are sparse
    width = max(reach, (float(np.prod(size)) / max(n, 1)) ** (1.0 / dimensions))
    shape = np.maximum(np.floor(np.asarray(size) / width).astype(np.intp), 1)
    bins = np.clip((places / (np.asarray(size) / shape)).astype(np.intp), 0, shape - 1)
    # one more row of bins on every side, so that neighbours of the outermost are bins too
    strides = np.concatenate([np.cumprod((shape + 2)[::-1])[-2::-1], [1]]).astype(np.intp)
    flat = (bins + 1) @ strides
    counts = np.bincount(flat, minlength=int(np.prod(shape + 2)))
    starts = np.concatenate([[0], np.cumsum(counts)])
    order = np.argsort(flat, kind="stable")
    firsts: list[Indices] = []
    seconds: list[Indices] = []
    for offset in product((-1, 0, 1), repeat=dimensions):
        step = int(np.asarray(offset) @ strides)
        if step < 0:
            continue  # found from the other side
        there = flat + step
        found = counts[there]
        left = np.repeat(np.arange(n), found)
        within = np.arange(len(left)) - np.repeat(np.cumsum(found) - found, found)
        right = order[np.repeat(starts[there], found) + within]
        kept = left < right if step == 0 else np.ones(len(left), dtype=bool)
        firsts.append(left[kept])
        seconds.append(right[kept])
    one, two = np.concatenate(firsts), np.concatenate(seconds)
    first, second = np.minimum(one, two), np.maximum(one, two)
    near = np.flatnonzero(np.sum((places[first] - places[second]) ** 2, axis=1) < reach**2 * (1.0 + 1e-12))
    near = near[np.lexsort((second[near], first[near]))]
    return first[near], second[near]


def _unit(between: Array, distance: Array, turn: Indices) -> Array:
    """Return unit vectors; cells at exactly the same place part along one axis or another."""
    along = np.eye(between.shape[1])[turn % between.shape[1]]
    apart = distance > 0
    return np.where(apart[:, None], between / np.where(apart, distance, 1.0)[:, None], along)
