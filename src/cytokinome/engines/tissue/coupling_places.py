"""Where the first cells stand: shapes in the box, each of which turns uniform numbers into centres.

A shape says how many cells it holds, or leaves that to the model. One uniform number per axis is enough for each of
them, so that the place of a cell is keyed by its id alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Point = tuple[float, ...]


class Shape(Protocol):
    """What `place` of a geometry may hold, beside an array of centres."""

    def number(self, size: Point) -> int | None:
        """Return how many cells it holds in a box of this size [µm]; None: as many as the model says."""
        ...

    def centres(self, parts: Array, size: Point) -> Array:
        """Return [cell, axis] in µm; `parts` [cell, axis] are uniform between 0 and 1."""
        ...

    def extent(self, size: Point) -> Array:
        """Return [2, axis]: the lowest and the highest coordinates of any centre [µm]."""
        ...


@dataclass(frozen=True, slots=True)
class Points:
    """Stated centres [µm]."""

    points: tuple[Point, ...]

    @classmethod
    def of(cls, centres: Array) -> Points:
        """Return an array [cell, axis] as points."""
        return cls(tuple(tuple(float(x) for x in point) for point in centres))

    def number(self, size: Point) -> int | None:
        """Return how many points there are."""
        return len(self.points)

    def centres(self, parts: Array, size: Point) -> Array:
        """Return the points."""
        return np.array(self.points, dtype=float).reshape(-1, len(size))

    def extent(self, size: Point) -> Array:
        """Return the lowest and the highest coordinates."""
        points = self.centres(np.empty((0, len(size))), size)
        return np.stack([points.min(axis=0), points.max(axis=0)]) if len(points) else _whole(size)


@dataclass(frozen=True, slots=True)
class Anywhere:
    """Every place alike: in the whole box, or in the plane at a `layer` [µm] along the last axis."""

    count: int | None = None
    layer: float | None = None

    def number(self, size: Point) -> int | None:
        """Return how many cells were stated."""
        return self.count

    def centres(self, parts: Array, size: Point) -> Array:
        """Return places that are uniform in the box or the plane."""
        return _flat(parts * np.asarray(size), self.layer)

    def extent(self, size: Point) -> Array:
        """Return those of the box or the plane."""
        return _flat(_whole(size), self.layer)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Anywhere within a `radius` of a `centre` [µm]: in a ball, or in a disc where there are two axes."""

    radius: float
    centre: Point
    count: int | None = None

    def number(self, size: Point) -> int | None:
        """Return how many cells were stated."""
        return self.count

    def centres(self, parts: Array, size: Point) -> Array:
        """Return places that are uniform in the ball or disc."""
        angle = 2.0 * np.pi * parts[:, 1]
        away = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        if len(size) == 3:
            height = 2.0 * parts[:, 2] - 1.0
            away = np.concatenate([away * np.sqrt(1.0 - height**2)[:, None], height[:, None]], axis=1)
        return np.asarray(self.centre) + self.radius * parts[:, :1] ** (1.0 / len(size)) * away

    def extent(self, size: Point) -> Array:
        """Return those of the ball or disc."""
        return np.asarray(self.centre) + self.radius * np.array([[-1.0], [1.0]])


@dataclass(frozen=True, slots=True)
class Ring:
    """At equal distances on the circle of a `radius` around a `centre` [µm], across the first two axes."""

    radius: float
    centre: Point
    count: int | None = None

    def number(self, size: Point) -> int | None:
        """Return how many cells were stated."""
        return self.count

    def centres(self, parts: Array, size: Point) -> Array:
        """Return places on the circle, the first of them along the first axis."""
        angle = 2.0 * np.pi * np.arange(len(parts)) / max(len(parts), 1)
        places = np.tile(np.asarray(self.centre, dtype=float), (len(parts), 1))
        places[:, :2] += self.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return places

    def extent(self, size: Point) -> Array:
        """Return those of the circle."""
        reach = np.array([self.radius if axis < 2 else 0.0 for axis in range(len(size))])
        return np.asarray(self.centre) + np.array([[-1.0], [1.0]]) * reach


@dataclass(frozen=True, slots=True)
class Lattice:
    """As many as fill the box at a `spacing` [µm]: hexagonal in a plane, cubic where there are three axes.

    `layer` [µm] is the height of a plane along the last axis, where there are three.
    """

    spacing: float
    layer: float | None = None

    def number(self, size: Point) -> int | None:
        """Return how many cells fit."""
        if len(size) == 3 and self.layer is None:
            return int(np.prod(_fitting(size, self.spacing)))
        along, shifted, rows = self._rows(size)
        return along * (rows - rows // 2) + shifted * (rows // 2)

    def centres(self, parts: Array, size: Point) -> Array:
        """Return the points of the lattice, half a spacing or more away from the walls."""
        if len(size) == 3 and self.layer is None:
            axes = [
                _middling(n, self.spacing, side) for n, side in zip(_fitting(size, self.spacing), size, strict=True)
            ]
            return np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)
        along, shifted, rows = self._rows(size)
        even = _middling(along, self.spacing, size[0]) - (0.25 * self.spacing if shifted == along else 0.0)
        heights = _middling(rows, self.spacing * np.sqrt(0.75), size[1])
        columns = [(even + 0.5 * self.spacing)[:shifted] if row % 2 else even for row in range(rows)]
        plane = [np.stack([c, np.full(len(c), y)], axis=1) for c, y in zip(columns, heights, strict=True)]
        flat = np.concatenate(plane) if plane else np.zeros((0, 2))
        if len(size) == 2:
            return flat
        return np.concatenate([flat, np.full((len(flat), 1), self.layer)], axis=1)

    def extent(self, size: Point) -> Array:
        """Return those of the box or the plane."""
        return _flat(_whole(size), self.layer)

    def _rows(self, size: Point) -> tuple[int, int, int]:
        """How many cells a row has, how many one that is shifted by half a spacing, and how many rows there are."""
        along, _ = _fitting(size[:2], self.spacing)
        left = size[0] - along * self.spacing
        shifted = along if left >= 0.5 * self.spacing * (1 - 1e-9) else along - 1
        rows = int(np.floor((size[1] - self.spacing) / (self.spacing * np.sqrt(0.75)) + 1e-9)) + 1
        return along, max(shifted, 0), max(rows, 0) if along else 0


def _whole(size: Point) -> Array:
    return np.array([[0.0] * len(size), list(size)])


def _flat(places: Array, layer: float | None) -> Array:
    """Return places, moved into the plane where there is one."""
    if layer is None:
        return places
    flat = places.copy()
    flat[:, -1] = layer
    return flat


def _fitting(size: Point, spacing: float) -> list[int]:
    return [int(np.floor(side / spacing + 1e-9)) for side in size]


def _middling(n: int, spacing: float, side: float) -> Array:
    """Return `n` coordinates a spacing apart in the middle of a side."""
    return 0.5 * side + spacing * (np.arange(n, dtype=np.float64) - 0.5 * (n - 1))
