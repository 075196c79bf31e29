"""Snapshots of an arm as labelled arrays, with places in µm and times in hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.tissue.space import AXES

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from cytokinome.engines.tissue.space import Space

    Array = NDArray[np.float64]

PATIENTS = "0: the typical person; patients count from 1"


def fields(space: Space) -> xr.Dataset:
    """Return the variable ``concentration`` [pM] with the axes patient, time, molecule, z, y and x.

    Coordinates are hours and the centres of voxels in µm; the box begins at 0. A box with two sides has no z. What a
    run did not reach is NaN.
    """
    import xarray as xr

    frame = space.frame
    axes = AXES[: len(frame.shape)]
    centres = {axis: (np.arange(n) + 0.5) * frame.spacing for axis, n in zip(axes, frame.shape, strict=True)}
    coordinates: dict[str, object] = {
        "patient": ("patient", space.patients.astype(int), {"about": PATIENTS}),
        "time": ("time", space.times, {"units": "h"}),
        "molecule": list(frame.molecules),
        **{axis: (axis, values, {"units": "um"}) for axis, values in centres.items()},
    }
    dimensions = ("patient", "time", "molecule", *axes[::-1])
    variables = {"concentration": (dimensions, space.fields, {"units": "pM"})}
    attributes = {"spacing": frame.spacing, **({"thickness": frame.thickness} if frame.thickness else {})}
    return xr.Dataset(variables, coords=coordinates, attrs=attributes)


def cells(space: Space) -> xr.Dataset:
    """Return one row per cell, patient and time.

    The variables are patient, time [h], id (the same cell at another time has the same), population, x, y and z [µm],
    radius [µm], and what cells carry in canonical units, NaN where a cell does not.
    """
    import xarray as xr

    columns = dict(zip(space.frame.columns, space.cells.T, strict=True))
    names = np.array([*space.frame.populations, ""], dtype=object)
    units = {"time": "h", "radius": "um", **dict.fromkeys(AXES, "um")}
    variables: dict[str, object] = {
        name: ("row", values, {"units": units[name]} if name in units else {}) for name, values in columns.items()
    }
    for name in ("patient", "id"):
        variables[name] = ("row", columns[name].astype(np.int64), {"about": PATIENTS} if name == "patient" else {})
    variables["population"] = ("row", names[columns["population"].astype(np.intp)])
    return xr.Dataset(variables)
