"""The snapshots of a result as files of another program: one folder for each arm and run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.errors import ExperimentError
from cytokinome.experiments.disk import write_atomically, writing
from cytokinome.interchange import multicellds, vtk
from cytokinome.interchange.scene import scenes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cytokinome.experiments.result import Result
    from cytokinome.interchange.scene import Scene
    from cytokinome.model.components import Model

FORMATS: dict[str, Callable[[Sequence[Scene]], Iterator[tuple[str, bytes]]]] = {
    "vtk": vtk.files,
    "multicellds": multicellds.files,
}


def export(result: Result, kind: str, folder: Path) -> list[Path]:
    """Write the snapshots of all arms and runs that kept some, and return the folders.

    They are FOLDER/ARM/typical, FOLDER/ARM/patient-1 and so on. Files of an earlier export are replaced.

    Parameters
    ----------
    result : Result
    kind : str
        One of `FORMATS`.
    folder : Path

    Raises
    ------
    ExperimentError
        The result has no snapshots.
    StoreError
        The folder cannot be written.
    """
    made: list[Path] = []
    for arm, patient, course in _courses(result):
        place = folder / arm / (f"patient-{patient}" if patient else "typical")
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
            for name, content in FORMATS[kind](course):
                write_atomically(place / name, content, is_durable=False)
        made.append(place)
    if not made:
        raise ExperimentError(
            f"{result.experiment.id} has no snapshots: it was run on {result.manifest.engine}; state "
            "`tissue: {…, snapshots: every 1 h}` in the experiment and run it with --engine tissue"
        )
    return made


def _courses(result: Result) -> Iterator[tuple[str, int, list[Scene]]]:
    """Yield the arm, the number of the patient and what was seen of every run that kept something."""
    intensives = intensives_of(result.model)
    for arm in result.arms.values():
        if arm.space is None:
            continue
        for patient in arm.space.patients.astype(int).tolist():
            course = list(scenes(arm.space, patient, intensives))
            if course:
                yield arm.id, patient, course


def intensives_of(model: Model) -> dict[str, units.Unit]:
    """Return what cells carry that is no amount, with the unit it is written in."""
    variables = (variable for cell in model.cells for variable in cell.inside)
    return {v.name: units.parse_unit(v.unit or "1") for v in variables if v.kind != "amount"}
