"""The public functions of fits: parameters from measured data, and what the data do not know of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cytokinome import api, library
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.errors import ExperimentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytokinome.experiments.fit.estimate import Estimate
    from cytokinome.experiments.fit.load import Posed


def load_fit(name: str | Path, *, starts: int | None = None, seed: int | None = None) -> Posed:
    """Return a fit with its experiments, models and data, checked.

    Parameters
    ----------
    name : str or Path
        Id of a shipped scenario, a folder with ``fit.yaml``, or the path of a fit file.
    starts, seed : int, optional
        In place of those of the file.

    Raises
    ------
    ExperimentError
        With every fault of its files.
    """
    from cytokinome.experiments.fit.load import load

    shipped = library.find(str(name))
    path = shipped.fit if shipped else Path(name)
    path = path / "fit.yaml" if path.is_dir() else path
    if not path.exists():
        raise _nothing_to_fit(str(name), has_scenario=shipped is not None)
    return load(path, api.check_experiment, starts=starts, seed=seed)


def _nothing_to_fit(name: str, *, has_scenario: bool) -> ExperimentError:
    """What to say of a name that leads to no fit file."""
    known = [one.id for one in library.scenarios() if one.fit.exists()]
    found = Collector()
    message = f"{name} calibrates nothing: it has no fit.yaml" if has_scenario else f"there is no fit {name!r}"
    message += "" if has_scenario else ": no such file, no folder with fit.yaml, and no shipped scenario"
    found.error("FILE_UNREADABLE", message, hint=did_you_mean(name, known))
    return ExperimentError(found.report().render(), found.report())


def fit(
    what: Posed | str | Path,
    *,
    quick: bool = False,
    bootstraps: int = 0,
    workers: int = 1,
    on_progress: Callable[[str], None] | None = None,
) -> Estimate:
    """Estimate parameters from measured data.

    Parameters
    ----------
    what : Posed, id or path
        From `load_fit`, or what that takes.
    quick : bool
        Whether intervals and draws come from curvature alone, without profiles.
    bootstraps : int
        Fits to as many tables that the model could have given take the place of draws from the posterior.
    workers : int
        Threads; no number depends on it.
    on_progress : callable, optional
        Told in words how far it is.

    Raises
    ------
    ExperimentError
        With every fault of its files.
    SimulationError
        The model could not be simulated at any start.
    """
    from cytokinome.experiments.fit.estimate import estimate

    posed = load_fit(what) if isinstance(what, str | Path) else what
    return estimate(posed.problem, workers=workers, is_quick=quick, bootstraps=bootstraps, on_progress=on_progress)


def write_fit(estimate: Estimate, folder: str | Path) -> list[Path]:
    """Write the report on a fit and the sets of parameters that the data allow into a folder; return the paths.

    Raises
    ------
    StoreError
        The folder cannot be made, or a file in it not written.
    """
    from cytokinome.experiments.disk import writing
    from cytokinome.report.fits import write_fit as write_into

    path = Path(folder)
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
    return write_into(estimate, path)


def write_estimates(posed: Posed, estimate: Estimate) -> list[Path]:
    """Put the estimates of a fit into its model files, and the sets that it leaves possible beside them.

    Values change with their sources and uncertainty; ``draws.csv`` in the folder of the fit, or ``draws-NAME.csv`` for
    a fit file ``fit-NAME.yaml``, is what `verify` draws ensembles from. Returns the paths.

    Raises
    ------
    ExperimentError
        What was known before the fit stands only in the model; nothing is written then.
    StoreError
        A file cannot be written.
    """
    from cytokinome.experiments.fit import summary
    from cytokinome.experiments.fit.axes import Kind
    from cytokinome.experiments.fit.edit import check_priors, with_estimates
    from cytokinome.experiments.fit.ensemble import file_of
    from cytokinome.report.files import write

    check_priors(estimate)
    named = {
        (study.experiment.model, folder) for study, folder in zip(estimate.problem.studies, posed.folders, strict=True)
    }
    paths = sorted({path for name, folder in named if (path := api.model_file(name, folder)) is not None})
    texts = {path: with_estimates(path.read_text("utf-8"), str(path), estimate, posed.path.name) for path in paths}
    texts[file_of(posed.path)] = summary.draws_table(estimate, Kind.PARAMETER)
    return [write(path, text.encode("utf-8")) for path, text in texts.items()]
