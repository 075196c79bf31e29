"""The geometry of an experiment: the box, its walls, and where cells stand. A model says nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.coupling_places import Points
from cytokinome.engines.tissue.fields import Grid, Wall
from cytokinome.engines.tissue.fields_steps import RTOL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cytokinome.engines.tissue.coupling_places import Shape

    Array = NDArray[np.float64]

STEP = 1.0 / 60.0  # h
MOST_CELLS = 100_000  # at once: beyond it a run of this engine would take days


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
    place : mapping of str to Shape or array [cell, axis]
        By the name of a cell type or of cells in a state (``active macrophage``): where the cells are that are there
        at the start; an array holds their centres [µm]. Where a shape leaves the number to the model, and for cells
        that are not named, it is that of the model in this volume; the latter stand anywhere.
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
    bodies: Mapping[str, Body] = field(default_factory=dict[str, "Body"])
    place: Mapping[str, Shape | Array] = field(default_factory=dict[str, "Shape | Array"])
    diffusion: Mapping[str, float] = field(default_factory=dict[str, float])
    walls: Mapping[str, tuple[tuple[Wall, Wall], ...]] = field(
        default_factory=dict[str, "tuple[tuple[Wall, Wall], ...]"]
    )
    vessels: Array | tuple[tuple[float, ...], ...] | None = None
    step: float = STEP
    rtol: float = RTOL

    def __post_init__(self) -> None:
        for name in ("step", "rtol"):
            if not (getattr(self, name) > 0 and np.isfinite(getattr(self, name))):
                raise ValueError(f"the {name} is {getattr(self, name)}; it must be positive")
        for name, shape in (*((name, self.shape(name)) for name in self.place), ("vessels", self._doors())):
            if shape is not None and not is_inside(shape, self.size):
                raise ValueError(f"{name} reaches outside the box of {self.size} µm")

    def shape(self, name: str) -> Shape | None:
        """Return where the cells of this name stand; None: it is not stated.

        Raises
        ------
        ValueError
            Centres have another number of axes than the box.
        """
        placed = self.place.get(name)
        return self._points(name, placed) if isinstance(placed, np.ndarray | list | tuple) else placed

    def _doors(self) -> Points | None:
        return None if self.vessels is None else self._points("vessels", self.vessels)

    def _points(self, what: str, centres: object) -> Points:
        array = np.asarray(centres, dtype=float)
        if array.ndim != 2 or array.shape[1] != len(self.size):
            raise ValueError(f"{what} has the shape {array.shape}; it must be (number, {len(self.size)})")
        return Points.of(array)

    @property
    def grid(self) -> Grid:
        """Return the voxels."""
        return Grid.of(self.size, self.spacing, self.thickness)

    def body(self, cell: str) -> Body:
        """Return the geometry of a cell type."""
        return self.bodies.get(cell, Body())


def is_inside(shape: Shape, size: tuple[float, ...]) -> bool:
    """Whether every centre of a shape lies in a box of this size [µm]."""
    extent = shape.extent(size)
    return bool(np.all((extent >= 0.0) & (extent <= np.asarray(size))))
