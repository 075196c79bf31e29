"""What was where: the fields and the cells of some runs at some times, as plain arrays that can be kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from cytokinome.engines.tissue.coupling import Snapshot

    Array = NDArray[np.float64]

TYPICAL = 0  # the number of the typical person; patients count from 1
AXES = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class Frame:
    """What all runs of one arm have in common.

    Parameters
    ----------
    molecules, populations : tuple of str
        The fields, and what cells can be.
    carried : tuple of str
        What cells can carry.
    shape : tuple of int
        Voxels along x, y and z.
    spacing : float
        Side of a voxel [µm].
    thickness : float, optional
        Of a box with two axes [µm].
    """

    molecules: tuple[str, ...]
    populations: tuple[str, ...]
    carried: tuple[str, ...]
    shape: tuple[int, ...]
    spacing: float
    thickness: float | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the table of cells.

        They are patient, time [h], id, population (its place in `populations`), x, y and z where there are three axes
        [µm], radius [µm], and what cells carry (canonical; NaN where a cell does not).
        """
        own = ("patient", "time", "id", "population", *AXES[: len(self.shape)], "radius")
        return (*own, *(f"{name} inside" if name in own else name for name in self.carried))


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What one run left at one time.

    Attributes
    ----------
    time : float
        [h].
    fields : array [molecule, z, y, x]
        [pM], without z where there are two axes.
    ids, populations : array of int [cell]
        The number of a cell, the same at all times, and its place in `Frame.populations`.
    places : array [cell, axis]
        [µm].
    radii : array [cell]
        [µm].
    carried : dict of str to array [cell]
        By the names of `Frame.carried`, canonical; NaN where a cell does not carry it.
    """

    time: float
    fields: Array
    ids: NDArray[np.int64]
    populations: NDArray[np.int64]
    places: Array
    radii: Array
    carried: dict[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """The snapshots of some runs of one arm.

    Parameters
    ----------
    frame : Frame
    patients : array [patient]
        Their numbers: `TYPICAL`, and from 1.
    times : array [time]
        [h] at which snapshots were asked for; each is taken at the end of the step that reaches the time.
    fields : array [patient, time, molecule, z, y, x]
        [pM], without z where there are two axes; NaN where a run failed before.
    cells : array [row, column]
        One row per cell, patient and time.
    """

    ARRAYS: ClassVar[tuple[str, ...]] = ("patients", "times", "fields", "cells")

    frame: Frame
    patients: Array
    times: Array
    fields: Array
    cells: Array

    @classmethod
    def none(cls, frame: Frame, times: Array) -> Space:
        """Return what there is before anything was simulated."""
        shape = (0, len(times), len(frame.molecules), *frame.shape[::-1])
        return cls(
            frame, np.zeros(0), np.asarray(times, dtype=float), np.zeros(shape), np.zeros((0, len(frame.columns)))
        )

    def with_run(self, patient: int, snapshots: Sequence[Snapshot], radii: Array) -> Space:
        """Return these snapshots with those of one run more, whose populations have these `radii` [µm]."""
        fields = np.full((1, *self.fields.shape[1:]), np.nan)
        tables = [self.cells]
        for row, snapshot in enumerate(snapshots):
            fields[0, row] = snapshot.fields.swapaxes(1, -1)  # x, y, z become z, y, x
            tables.append(self._table(patient, float(self.times[row]), snapshot, radii))
        return replace(
            self,
            patients=np.append(self.patients, float(patient)),
            fields=np.concatenate([self.fields, fields]),
            cells=np.concatenate(tables),
        )

    def _table(self, patient: int, time: float, snapshot: Snapshot, radii: Array) -> Array:
        cells, n = snapshot.cells, len(snapshot.cells)
        head = [np.full(n, float(patient)), np.full(n, time), cells.ids.astype(float), cells.populations.astype(float)]
        carried = (cells.inside[name] for name in self.frame.carried)
        return np.column_stack([*head, cells.places, radii[cells.populations], *carried])

    def joined(self, *others: Space) -> Space:
        """Return the snapshots of these runs and of others of the same arm."""
        every = (self, *others)
        return replace(
            self,
            patients=np.concatenate([s.patients for s in every]),
            fields=np.concatenate([s.fields for s in every]),
            cells=np.concatenate([s.cells for s in every]),
        )

    def moments(self, patient: int) -> Iterator[Moment]:
        """Yield what a run whose snapshots were kept left, in the order of time, up to where it failed."""
        (row,), axes = np.flatnonzero(self.patients == patient), len(self.frame.shape)
        own = self.cells[self.cells[:, 0] == patient]
        for time, fields in zip(self.times.tolist(), self.fields[row], strict=True):
            if np.isnan(fields).any():
                continue
            table = own[own[:, 1] == time].T
            ids, kinds, places, radii = table[2], table[3], table[4 : 4 + axes], table[4 + axes]
            carried = dict(zip(self.frame.carried, table[5 + axes :], strict=True))
            yield Moment(time, fields, ids.astype(np.int64), kinds.astype(np.int64), places.T, radii, carried)

    def arrays(self) -> dict[str, Array]:
        """Return all that is not the same for every run, by the names `ARRAYS`."""
        return {"patients": self.patients, "times": self.times, "fields": self.fields, "cells": self.cells}
