"""A moment of a tissue as other programs want it: every cell with its size, and units that people read."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.units import AVOGADRO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cytokinome.engines.tissue.coupling import Snapshot
    from cytokinome.engines.tissue.fields import Grid

    Array = NDArray[np.float64]

MOLECULES_PER_PICOMOLE = AVOGADRO / 1e12


@dataclass(frozen=True, slots=True)
class Scene:
    """A snapshot, and what of the geometry and the model is needed to show it.

    Parameters
    ----------
    snapshot : Snapshot
    grid : Grid
    radii : tuple of float
        By population [µm].
    intensives : mapping of str to str
        Names that cells carry which are not amounts, with their unit. All others are amounts.
    diffusion : mapping of str to float
        By molecule [µm²/h], where it is known.
    loss : mapping of str to float
        By molecule the first-order loss [1/h], where it is known.
    """

    snapshot: Snapshot
    grid: Grid
    radii: tuple[float, ...]
    intensives: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    diffusion: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    loss: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        snapshot = self.snapshot
        if len(self.radii) != len(snapshot.populations):
            raise ValueError(f"there are {len(self.radii)} radii for {len(snapshot.populations)} populations")
        expected = (len(snapshot.molecules), *self.grid.shape)
        if snapshot.fields.shape != expected:
            raise ValueError(f"the fields have the shape {snapshot.fields.shape}; the grid and molecules: {expected}")

    @property
    def radius(self) -> Array:
        """Return the radius of each cell [µm]."""
        return np.array(self.radii, dtype=float)[self.snapshot.cells.populations]

    @property
    def depth(self) -> float:
        """Return the size of a voxel along the third axis [µm]: in a layer its thickness."""
        return self.grid.spacing if self.grid.thickness is None else self.grid.thickness

    def in_space(self, vectors: Array) -> Array:
        """Return [cell, 3] places or directions [cell, axis]; a layer lies in the plane z = 0."""
        return np.pad(vectors, [(0, 0), (0, 3 - vectors.shape[1])])

    def contents(self) -> dict[str, tuple[str, Array]]:
        """Return by name the unit and the value per cell of what cells carry; NaN where a cell does not carry it."""
        return {
            name: (self.intensives[name], values)
            if name in self.intensives
            else ("molecules", values * MOLECULES_PER_PICOMOLE)
            for name, values in self.snapshot.cells.inside.items()
        }
