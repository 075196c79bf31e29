"""The geometry of an experiment: the box, its walls, and where cells stand. A model says nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.fields import Grid, Wall
from cytokinome.engines.tissue.fields_steps import RTOL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STEP = 1.0 / 60.0  # h


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where a model is put.

    Parameters
    ----------
    size : tuple of float
        Sides of the box [µm], two or three.
    spacing : float
        Side of a voxel [µm].
    thickness : float, optional
        Of a layer with two sides [µm].
    bodies : mapping of str to Body
        By cell type; others are `Body()`.
    place : mapping of str to array [cell, axis]
        By the name of a cell type or of cells in a state (``active macrophage``): centres of the cells that are there
        at the start [µm]. Cells that are not named are as many as the model says for this volume, anywhere.
    diffusion : mapping of str to float
        By molecule [µm²/h]; others have that of the model.
    walls : mapping of str to tuple of (Wall, Wall)
        By molecule, low and high wall per axis; others pass no wall.
    vessels : array [site, axis], optional
        Where cells enter [µm]; None: at the walls.
    step : float
        Time between what cells do [h]; molecules move in smaller steps where they must.
    rtol : float
        Of each step of the molecules.
    """

    size: tuple[float, ...]
    spacing: float
    thickness: float | None = None
    bodies: Mapping[str, Body] = field(default_factory=lambda: MappingProxyType({}))
    place: Mapping[str, Array] = field(default_factory=lambda: MappingProxyType({}))
    diffusion: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    walls: Mapping[str, tuple[tuple[Wall, Wall], ...]] = field(default_factory=lambda: MappingProxyType({}))
    vessels: Array | None = None
    step: float = STEP
    rtol: float = RTOL

    def __post_init__(self) -> None:
        for name in ("step", "rtol"):
            if not (getattr(self, name) > 0 and np.isfinite(getattr(self, name))):
                raise ValueError(f"the {name} is {getattr(self, name)}; it must be positive")
        inside = (("place", self.place), ("vessels", {"vessels": self.vessels} if self.vessels is not None else {}))
        for what, places in inside:
            for name, centres in places.items():
                array = np.asarray(centres, dtype=float)
                if array.ndim != 2 or array.shape[1] != len(self.size):
                    raise ValueError(
                        f"{what} of {name} has the shape {array.shape}; it must be (number, {len(self.size)})"
                    )
                if array.size and not np.all((array >= 0) & (array <= np.asarray(self.size))):
                    raise ValueError(f"{what} of {name} has a point outside the box of {self.size} µm")

    @property
    def grid(self) -> Grid:
        """Return the voxels."""
        return Grid.of(self.size, self.spacing, self.thickness)

    def body(self, cell: str) -> Body:
        """Return the geometry of a cell type."""
        return self.bodies.get(cell, Body())
