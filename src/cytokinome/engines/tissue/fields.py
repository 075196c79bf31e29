"""The box: a regular grid of voxels, and the molecules that diffuse and decay in it.

Concentrations live at the centres of voxels. The discrete Laplacian is that of finite volumes: what leaves a voxel
enters its neighbour, so amounts are conserved to rounding, and concentrations that start positive stay positive, which
a spectral Laplacian does not give near a single cell. It is of second order in the spacing, and exact in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.errors import ResourceLimit
from cytokinome.units import LITRES_PER_CUBIC_MICROMETRE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MEMORY = 4e9  # bytes that the fields of one box may take
COPIES = 16  # arrays of the size of a field that a step holds at once: stages, rates, waves and their factors
WHOLE = 1e-9  # of a voxel: how far a side of the box may be from a whole number of voxels

Wall = float | None  # the concentration [pM] that a wall holds; None: nothing passes


@dataclass(frozen=True, slots=True)
class Grid:
    """Voxels of one size in a box with a corner at the origin.

    Parameters
    ----------
    shape : tuple of int
        Voxels along each of two or three axes.
    spacing : float
        Side of a voxel [µm].
    thickness : float, optional
        Of a layer with two axes [µm].
    """

    shape: tuple[int, ...]
    spacing: float
    thickness: float | None = None

    def __post_init__(self) -> None:
        if len(self.shape) not in (2, 3) or min(self.shape, default=0) < 1:
            raise ValueError(f"a box has two or three sides of at least one voxel, not {self.shape}")
        if not (self.spacing > 0 and np.isfinite(self.spacing)):
            raise ValueError(f"the spacing is {self.spacing} µm; it must be positive")
        if (self.thickness is None) == (len(self.shape) == 2):
            raise ValueError("a layer with two sides has a thickness, a box with three has none")
        if self.thickness is not None and not (self.thickness > 0 and np.isfinite(self.thickness)):
            raise ValueError(f"the thickness is {self.thickness} µm; it must be positive")

    @classmethod
    def of(cls, size: tuple[float, ...], spacing: float, thickness: float | None = None) -> Grid:
        """Return the grid of a box of this size [µm].

        Raises
        ------
        ValueError
            A side that is not a whole number of voxels, or no box.
        """
        if not (spacing > 0 and np.isfinite(spacing)):
            raise ValueError(f"the spacing is {spacing} µm; it must be positive")
        counts = [side / spacing for side in size]
        for side, count in zip(size, counts, strict=True):
            if not np.isfinite(count) or round(count) < 1 or abs(count - round(count)) > WHOLE * count:
                raise ValueError(f"a side of {side:g} µm is {count:g} voxels of {spacing:g} µm; it must be whole")
        return cls(tuple(round(count) for count in counts), float(spacing), thickness)

    @property
    def dimensions(self) -> int:
        """Return how many axes there are."""
        return len(self.shape)

    @property
    def size(self) -> tuple[float, ...]:
        """Return the sides of the box [µm]."""
        return tuple(n * self.spacing for n in self.shape)

    @property
    def voxels(self) -> int:
        """Return the number of voxels."""
        return prod(self.shape)

    @property
    def voxel_volume(self) -> float:
        """Return the volume of one voxel [L]."""
        depth = 1.0 if self.thickness is None else self.thickness
        return self.spacing**self.dimensions * depth * LITRES_PER_CUBIC_MICROMETRE

    @property
    def volume(self) -> float:
        """Return the volume of the box [L]."""
        return self.voxels * self.voxel_volume

    def memory(self, n_fields: int) -> int:
        """Return about how many bytes the fields of a simulation take."""
        return 8 * COPIES * self.voxels * max(n_fields, 1)

    def require_memory(self, n_fields: int, limit: float = MEMORY) -> None:
        """Refuse a box that is too large before anything is allocated.

        Raises
        ------
        ResourceLimit
            With the number of voxels, the memory they need and the spacing that would fit.
        """
        needed = self.memory(n_fields)
        if needed <= limit:
            return
        coarser = self.spacing * (needed / limit) ** (1 / self.dimensions)
        sides = " × ".join(f"{side:g}" for side in self.size)
        raise ResourceLimit(
            f"a box of {sides} µm in voxels of {self.spacing:g} µm has {self.voxels:,} voxels; {max(n_fields, 1)} "
            f"molecules need {needed / 1e9:.3g} GB, more than {limit / 1e9:.3g} GB: make the box smaller, or the "
            f"spacing {coarser:.3g} µm or more"
        )


@dataclass(frozen=True, slots=True)
class Field:
    """A molecule that diffuses and decays.

    Parameters
    ----------
    name : str
    diffusion : float
        [µm²/h].
    loss : float
        First-order loss everywhere [1/h].
    walls : tuple of (Wall, Wall)
        Low and high wall per axis; empty: nothing passes any wall.
    """

    name: str
    diffusion: float
    loss: float = 0.0
    walls: tuple[tuple[Wall, Wall], ...] = ()

    def __post_init__(self) -> None:
        for what, value in (("diffusion", self.diffusion), ("loss", self.loss)):
            if not (value >= 0 and np.isfinite(value)):
                raise ValueError(f"the {what} of {self.name} is {value}; it must be zero or more")

    def pairs(self, grid: Grid) -> tuple[tuple[Wall, Wall], ...]:
        """Return the walls of each axis of a grid.

        Raises
        ------
        ValueError
            Walls are stated for another number of axes.
        """
        if not self.walls:
            return ((None, None),) * grid.dimensions
        if len(self.walls) != grid.dimensions:
            raise ValueError(f"{self.name} has walls along {len(self.walls)} axes, the box has {grid.dimensions}")
        return self.walls

    def from_walls(self, grid: Grid) -> Array:
        """Return the constant inflow [pM/h] per voxel that the concentrations held at walls stand for.

        A wall is half a voxel from the centre next to it: the mirrored value is 2 g - c, so the second difference is
        that of a wall at zero, and 2 g D/h² more.
        """
        inflow = np.zeros(grid.shape)
        for axis, pair in enumerate(self.pairs(grid)):
            for end, held in zip((0, -1), pair, strict=True):
                if held is not None:
                    face = tuple(end if a == axis else slice(None) for a in range(grid.dimensions))
                    inflow[face] += 2.0 * held * self.diffusion / grid.spacing**2
        return inflow
