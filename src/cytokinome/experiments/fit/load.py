"""From a fit file to a problem: the experiments that it names are found, read and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.errors import ExperimentError
from cytokinome.experiments.fit.problem import Problem, pose
from cytokinome.experiments.fit.read import read_fit
from cytokinome.text import Mapping, Scalar, parse_text, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from cytokinome.experiments.study import CheckedStudy, Study

# From the id of an experiment, or the path of its file, to the checked experiment.
FindStudy = Callable[[str], "CheckedStudy"]


@dataclass(frozen=True, slots=True)
class Posed:
    """A problem with the place of its file, and the folders of its experiments."""

    problem: Problem
    path: Path
    folders: tuple[Path, ...]


def load(path: Path, find: FindStudy, *, starts: int | None = None, seed: int | None = None) -> Posed:
    """Read a fit file and all that it names.

    Parameters
    ----------
    path : Path
    find : callable
        Reads an experiment, by path or id.
    starts, seed : int, optional
        In place of those of the file.

    Raises
    ------
    ExperimentError
        With every fault at once.
    """
    found = Collector()
    text = read_file(path, found)
    fit = read_fit(text, str(path), found) if text is not None else None
    if fit is None or text is None:
        found.report().raise_errors(ExperimentError, str(path))
        raise ExperimentError(f"{path} cannot be used", found.report())
    studies: list[Study] = []
    folders: list[Path] = []
    for chosen in fit.experiments:
        file = experiment_file(chosen.experiment, path.parent)
        folders.append(file.parent if file else path.parent)
        checked = find(str(file or chosen.experiment))
        for fault in checked.report.errors:
            told = fault if fault.where else replace(fault, where=chosen.where)
            found.error(told.code, told.message, told.where, hint=told.hint, also=told.also)
        for file, content in checked.report.texts.items():
            found.add_text(file, content)
        if checked.study is not None:
            studies.append(checked.study)
    found.report().raise_errors(ExperimentError, fit.id)
    fit = replace(fit, starts=starts or fit.starts, seed=fit.seed if seed is None else seed)
    return Posed(pose(fit, studies, found.report().texts), path, tuple(folders))


def experiment_file(name: str, folder: Path) -> Path | None:
    """Return the file of the experiment of this name or id in a folder, if there is one."""
    candidates = (folder / name, folder / f"{name}.yaml", *sorted(folder.glob("*.yaml")))
    for path in candidates:
        if path.is_file() and _states(path, name):
            return path
    return None


def _states(path: Path, name: str) -> bool:
    """Whether a file is the experiment that is meant, by its own name or by its id."""
    quiet = Collector()
    text = read_file(path, quiet)
    tree = parse_text(text, str(path), quiet) if text is not None else None
    stated = tree.get("experiment") if isinstance(tree, Mapping) else None
    return isinstance(stated, Scalar) and name in (stated.text, path.name)
