"""A moment of a tissue as other programs want it: every cell with its place and size, in units that people read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.tissue.fields import Grid
from cytokinome.units import AVOGADRO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from cytokinome.engines.tissue.space import Space
    from cytokinome.units import Unit

    Array = NDArray[np.float64]

MOLECULES_PER_PICOMOLE = AVOGADRO / 1e12


@dataclass(frozen=True, slots=True)
class Scene:
    """What was where at one time.

    Parameters
    ----------
    time : float
        [h].
    grid : Grid
    molecules, populations : tuple of str
        The fields, and what cells can be.
    fields : array [molecule, z, y, x]
        [pM]; without z in a layer.
    ids, kinds : array [cell]
        The number of a cell, the same at all times, and its place in `populations`.
    places : array [cell, axis]
        Centres [µm].
    radii : array [cell]
        [µm].
    carried : mapping of str to (str, array [cell])
        The unit and the value of what cells carry; NaN where a cell does not carry it.
    """

    time: float
    grid: Grid
    molecules: tuple[str, ...]
    populations: tuple[str, ...]
    fields: Array
    ids: NDArray[np.int64]
    kinds: NDArray[np.int64]
    places: Array
    radii: Array
    carried: Mapping[str, tuple[str, Array]]

    @property
    def depth(self) -> float:
        """Return the size of a voxel along the third axis [µm]: in a layer its thickness."""
        return self.grid.spacing if self.grid.thickness is None else self.grid.thickness

    @property
    def centres(self) -> Array:
        """Return the places [cell, 3]; a layer lies in the plane z = 0."""
        return np.pad(self.places, [(0, 0), (0, 3 - self.places.shape[1])])


def scenes(space: Space, patient: int, intensives: Mapping[str, Unit]) -> Iterator[Scene]:
    """Yield what one run of an arm left, in the order of time; what it did not reach is left out.

    Parameters
    ----------
    space : Space
    patient : int
        Its number; 0 is the typical person.
    intensives : mapping of str to Unit
        Names of what cells carry that are no amounts, with the unit to give them in. Amounts are given as molecules.
    """
    frame = space.frame
    grid = Grid(frame.shape, frame.spacing, frame.thickness)
    for moment in space.moments(patient):
        carried = {
            name: (intensives[name].text, values / intensives[name].factor)
            if name in intensives
            else ("molecules", values * MOLECULES_PER_PICOMOLE)
            for name, values in moment.carried.items()
        }
        yield Scene(
            moment.time, grid, frame.molecules, frame.populations, moment.fields, moment.ids, moment.populations,
            moment.places, moment.radii, carried,
        )  # fmt: skip
