"""Agents: where cells are, which way they go, and what they carry, as a structure of arrays in the order of their ids.

The order is part of the meaning: sums over cells are taken in it, and random numbers are keyed by the id of a cell, so
that neither depends on how cells came to be stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Body:
    """The geometry of a cell type.

    Parameters
    ----------
    radius : float
        [µm].
    persistence : float
        Mean time between turns of a moving cell [h].
    reach : float
        How far beyond touching a killer reaches [µm].
    gain : float
        Of a cell that moves toward a signal: the part of its turns that go up the gradient, per difference of receptor
        occupancy between its two ends; at most all of them.
    """

    radius: float = 5.0
    persistence: float = 1.0 / 12.0
    reach: float = 1.0
    gain: float = 10.0

    def __post_init__(self) -> None:
        for name in ("radius", "persistence", "reach"):
            value = getattr(self, name)
            if not (value > 0 and np.isfinite(value)):
                raise ValueError(f"the {name} of a cell is {value}; it must be positive")
        if not (self.gain >= 0 and np.isfinite(self.gain)):
            raise ValueError(f"the gain of a cell is {self.gain}; it must be zero or more")


@dataclass(frozen=True, slots=True)
class Cells:
    """Every living cell.

    Attributes
    ----------
    ids : array [cell]
        Increasing; never used again after a death.
    populations : array [cell]
        Index of the population.
    places, headings : array [cell, axis]
        Centre [µm], and the unit vector along which a moving cell goes.
    inside : dict of str to array [cell]
        What cells carry; NaN where a cell does not carry it.
    next_id : int
        The id that the next new cell gets.
    """

    ids: NDArray[np.int64]
    populations: Indices
    places: Array
    headings: Array
    inside: Mapping[str, Array]
    next_id: int

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def none(cls, dimensions: int, names: tuple[str, ...]) -> Cells:
        """Return no cells, that could carry these names."""
        nowhere = np.zeros((0, dimensions))
        carried = {name: np.zeros(0) for name in names}
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.intp), nowhere, nowhere, carried, 0)

    def keep(self, chosen: NDArray[np.bool_]) -> Cells:
        """Return the cells that are chosen."""
        return replace(
            self,
            ids=self.ids[chosen],
            populations=self.populations[chosen],
            places=self.places[chosen],
            headings=self.headings[chosen],
            inside={name: values[chosen] for name, values in self.inside.items()},
        )

    def add(self, populations: Indices, places: Array, headings: Array, inside: Mapping[str, Array]) -> Cells:
        """Return these cells and new ones, which get the next ids in the order given."""
        n = len(populations)
        missing = np.full(n, np.nan)
        return Cells(
            np.concatenate([self.ids, np.arange(self.next_id, self.next_id + n)]),
            np.concatenate([self.populations, populations]),
            np.concatenate([self.places, places]),
            np.concatenate([self.headings, headings]),
            {name: np.concatenate([old, inside.get(name, missing)]) for name, old in self.inside.items()},
            self.next_id + n,
        )
