"""What a picture of a tissue shows: cells in a box and the concentrations around them at one time.

A `Scene` knows no engine and no file; `scenes_of` makes them from the snapshots of an arm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.tissue.space import TYPICAL
from cytokinome.errors import ExperimentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cytokinome.engines.tissue.space import Space

    Array = NDArray[np.float64]


MOLAR = (("fM", 1e3), ("pM", 1.0), ("nM", 1e-3), ("uM", 1e-6))
READABLE = 1000.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A tissue at one time.

    Attributes
    ----------
    time : float
        [h].
    size : tuple of float
        Sides of the box [µm], two or three.
    fields : dict of str to array
        Concentrations per voxel, by molecule.
    units : dict of str to str
        Of the concentrations, by molecule.
    groups : tuple of str
        The kinds of cells that a picture tells apart.
    group_of : array [cell]
        Index of the group.
    places : array [cell, axis]
        Centres [µm].
    radii : array [cell]
        [µm].
    """

    time: float
    size: tuple[float, ...]
    fields: Mapping[str, Array]
    units: Mapping[str, str]
    groups: tuple[str, ...]
    group_of: NDArray[np.intp]
    places: Array
    radii: Array

    @property
    def dimensions(self) -> int:
        """Return how many axes there are."""
        return len(self.size)

    @property
    def cover(self) -> float:
        """Return how much of a view along the last of three axes, or of a layer, the cells would cover."""
        return float(np.sum(np.pi * self.radii**2) / (self.size[0] * self.size[1]))

    def within(self, unit_of: Mapping[str, tuple[str, float]]) -> Scene:
        """Return the scene with other units: by molecule the unit, and the factor that leads to it."""
        fields = {m: f * unit_of[m][1] if m in unit_of else f for m, f in self.fields.items()}
        return replace(self, fields=fields, units={**self.units, **{m: u for m, (u, _) in unit_of.items()}})


def scenes_of(space: Space, patient: int = TYPICAL) -> list[Scene]:
    """Return the scenes of one run in the order of time; times that it did not reach are left out.

    Stages of a dwell time are not told apart.

    Parameters
    ----------
    space : Space
        The snapshots of an arm.
    patient : int
        The typical person by default, or one whose snapshots were kept, from 1.

    Raises
    ------
    ExperimentError
        The snapshots of this patient were not kept.
    """
    if patient not in space.patients:
        kept = ", ".join(f"{p:.0f}" for p in space.patients) or "nobody"
        raise ExperimentError(f"there are no snapshots of patient {patient}: kept are those of {kept} (0: typical)")
    frame = space.frame
    kinds = tuple(label.partition(" [")[0] for label in frame.populations)
    groups = tuple(dict.fromkeys(kinds))
    index = np.array([groups.index(kind) for kind in kinds], dtype=np.intp)
    return [
        Scene(
            time=moment.time,
            size=tuple(n * frame.spacing for n in frame.shape),
            fields=dict(zip(frame.molecules, moment.fields.swapaxes(1, -1), strict=True)),  # z, y, x become x, y, z
            units=dict.fromkeys(frame.molecules, "pM"),
            groups=groups,
            group_of=index[moment.populations],
            places=moment.places,
            radii=moment.radii,
        )
        for moment in space.moments(patient)
    ]


@dataclass(frozen=True, slots=True)
class Section:
    """What is seen of a scene from above: concentrations [x, y], and circles of the cells that are drawn."""

    field: Array | None
    places: Array
    radii: Array
    group_of: NDArray[np.intp]


def layer(scene: Scene, molecule: str | None) -> Section:
    """Return a scene of two axes as it is."""
    field = scene.fields[molecule] if molecule is not None else None
    return Section(field, scene.places, scene.radii, scene.group_of)


def sliced(scene: Scene, molecule: str | None, height: float) -> Section:
    """Return the plane at a height [µm] along the last axis, with the circles in which it cuts cells."""
    above = scene.places[:, 2] - height
    cut = np.abs(above) < scene.radii
    radii = np.sqrt(np.maximum(scene.radii[cut] ** 2 - above[cut] ** 2, 0.0))
    field = None
    if molecule is not None:
        values = scene.fields[molecule]
        voxel = int(height / scene.size[2] * values.shape[2])
        field = values[:, :, min(max(voxel, 0), values.shape[2] - 1)]
    return Section(field, scene.places[cut, :2], radii, scene.group_of[cut])


def projected(scene: Scene, molecule: str | None) -> Section:
    """Return the view along the last axis: the mean concentration on the way, and every cell, the highest on top."""
    order = np.argsort(scene.places[:, 2], kind="stable")
    field = scene.fields[molecule].mean(axis=2) if molecule is not None else None
    return Section(field, scene.places[order, :2], scene.radii[order], scene.group_of[order])


def readable(scenes: Sequence[Scene]) -> list[Scene]:
    """Return the scenes with concentrations in fM, pM, nM or µM, whichever makes the largest a number people read."""
    units: dict[str, tuple[str, float]] = {}
    for name, unit in scenes[0].units.items() if scenes else ():
        top = max(float(np.max(scene.fields[name], initial=0.0)) for scene in scenes)
        if unit == "pM" and np.isfinite(top) and top > 0:
            units[name] = next((u for u in MOLAR if top * u[1] < READABLE), MOLAR[-1])
    return [scene.within(units) for scene in scenes]


def present(scenes: Sequence[Scene]) -> tuple[str, ...]:
    """Return the groups that have a cell in one of the scenes."""
    return tuple(
        name for i, name in enumerate(scenes[0].groups) if any(np.any(scene.group_of == i) for scene in scenes)
    )
