"""The public functions: what a user of the package calls, and what the command line calls.

A model or an experiment is named by the id of a shipped scenario or by the path of a file. What only experiments need
is imported where it is used, so that a model is checked and explained without waiting for it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cytokinome import library
from cytokinome.diagnostics import Collector, Report, did_you_mean
from cytokinome.model.assemble import catalogue_lookup
from cytokinome.model.load import Checked
from cytokinome.model.load import check_file as check_model_file
from cytokinome.model.load import check_text as check_model_text
from cytokinome.text import Mapping, Scalar, inside_hint, parse_text, read_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from cytokinome.experiments.execute import Progress
    from cytokinome.experiments.result import Result
    from cytokinome.experiments.study import CheckedStudy, Study
    from cytokinome.interchange.panel.reading import CheckedPanel
    from cytokinome.interchange.sbml.importing import Imported
    from cytokinome.interchange.sbml.write import Marks
    from cytokinome.model.components import Model


MOST_MEASURED = 24  # quantities of equations that an experiment without a file measures


# ---------------------------------------------------------------------------------------------------------- models
def check_model(name: str | Path) -> Checked:
    """Read and check a model without raising.

    Parameters
    ----------
    name : str or Path
        Id of a shipped scenario, or path of a model file.
    """
    checked = _checked_model(name)
    if checked.model is None:
        return checked
    from cytokinome.compiler.closure import closure_report

    return replace(checked, report=checked.report + closure_report(checked.model))


def _checked_model(name: str | Path) -> Checked:
    """A model as its file has it, without what the mean field has to say of it."""
    shipped = library.find(str(name))
    path = shipped.model if shipped else Path(name)
    if shipped is None and not path.exists():
        return Checked(None, _not_found(str(name), "model"))
    return check_model_file(path, catalogue_lookup())


def load_model(name: str | Path) -> Model:
    """Return a checked, frozen model.

    Parameters
    ----------
    name : str or Path
        Id of a shipped scenario, or path of a model file.

    Raises
    ------
    ModelError
        With every fault of the file.
    """
    return _checked_model(name).require()


def import_model(path: str | Path, *, time_unit: str = "") -> Imported:
    """Return the model that a file in SBML or Antimony means, right or not at all; needs the extra ``standards``.

    Parameters
    ----------
    path : str or Path
        A file in SBML, level 2 or 3, or in Antimony (.ant or .txt).
    time_unit : str
        The unit of time, such as ``min``, for a file that states none; seconds unless given.

    Returns
    -------
    Imported
        The model, what was assumed or renamed, and how to read each id of the file.

    Raises
    ------
    ModelError
        Where the file is not valid, or lacks a number that its mathematics need.
    UnsupportedFeature
        Where it says what the language cannot, or libSBML is not installed.
    ResourceLimit
        Where it is larger than a model may be.
    """
    from cytokinome.interchange import antimony
    from cytokinome.interchange.sbml import importing

    is_antimony = Path(path).suffix.lower() in antimony.ENDINGS
    return (antimony if is_antimony else importing).import_file(Path(path), time_unit=time_unit)


def _not_found(name: str, what: str) -> Report:
    found = Collector()
    ids = library.ids() if what == "experiment" else [s.id for s in library.scenarios()]
    hint = inside_hint(Path(name)) or did_you_mean(name, ids)
    message = f"there is no {what} {name!r}: no such file, and no shipped scenario"
    found.error("FILE_UNREADABLE", message, hint=hint)
    return found.report()


def _model_of_experiment(name: str, folder: Path) -> Checked:
    """Find the model that an experiment names."""
    path = model_file(name, folder)
    return check_model_file(path, catalogue_lookup()) if path is not None else _checked_model(name)


def model_file(name: str, folder: Path) -> Path | None:
    """Return the file that `name` means in an experiment of this folder; None where there is none.

    It is model.yaml or NAME.yaml beside the experiment, a relative path, or that of a shipped id.
    """
    for candidate in (folder / name, folder / f"{name}.yaml", folder / "model.yaml"):
        if candidate.is_file() and candidate.suffix in (".yaml", ".yml"):
            is_named = candidate.stem == name or candidate == folder / name
            if is_named or _stated_id(read_file(candidate, Collector()) or "") == name:
                return candidate
    shipped = library.find(name)
    return shipped.model if shipped else None


def _stated_id(text: str) -> str:
    """The id that a model file states, be the rest of it right or wrong."""
    tree = parse_text(text, "", Collector())
    stated = tree.get("model") if tree is not None else None
    return stated.text if isinstance(stated, Scalar) else ""


def explain(model: Model | str | Path, stage: str = "sentences") -> str:
    """Return what a model means as text: each sentence beside its equation, or a stage of the compiler.

    Parameters
    ----------
    model : Model, id or path
    stage : str
        sentences, model, network, system or kernel.

    Raises
    ------
    ModelError
        With every fault of the file.
    ValueError
        If there is no such stage.
    """
    from cytokinome.compiler.explain import explain as explain_model

    return explain_model(load_model(model) if isinstance(model, str | Path) else model, stage)


# ----------------------------------------------------------------------------------------------------- experiments
def check_experiment(name: str | Path) -> CheckedStudy:
    """Read and check an experiment with its model and data, without raising.

    A model stands for the experiment that runs it for 72 h without treatment.

    Parameters
    ----------
    name : str or Path
        Id of a shipped experiment, that of a scenario being its first, or path of an experiment or model file.
    """
    from cytokinome.experiments import study
    from cytokinome.library import doses

    shipped = library.question(str(name))
    path = shipped.path if shipped else Path(name)
    if shipped is None and (path.is_dir() or not path.exists()):
        return study.CheckedStudy(None, _not_found(str(name), "experiment"))
    if is_model_file(path):
        return _default_study(check_model_file(path, catalogue_lookup()), path)
    checked = study.check_file(path, _model_of_experiment)
    return checked if shipped else doses.with_untested(checked)


def is_model_file(path: Path) -> bool:
    """Whether a file is a model (it has the key `cytokinome:`) and not an experiment."""
    quiet = Collector()
    text = read_file(path, quiet)
    tree = parse_text(text, str(path), quiet) if text is not None else None
    return isinstance(tree, Mapping) and tree.get("cytokinome") is not None and tree.get("experiment") is None


def _default_study(checked: Checked, path: Path) -> CheckedStudy:
    from cytokinome.experiments import study
    from cytokinome.model import quantities, scope

    model = checked.model
    if model is None:
        return study.CheckedStudy(None, checked.report)

    def unit(id: str) -> str:
        return "pg/mL" if scope.substance(model, id).molar_mass else "pM"

    names = [m.id if len(m.compartments) == 1 else f"{m.id}@{c}" for m in model.molecules for c in m.compartments]
    shown = [f"{name}: {unit(name.partition('@')[0])}" for name in names]
    shown += [f"{o.id}: {o.unit or 1}" for o in model.observables]
    shown += [f"count({cell.id}): cells" for cell in model.cells]
    moving, equations = quantities.moving(model)[:MOST_MEASURED], model.equations
    shown += [f"{q.id}: {q.unit or 1}" for q in moving]
    measured = ", ".join(shown)
    is_bare = equations is not None and not (model.molecules or model.cells)
    time = (
        f"0 to 100 {equations.time}, every 1 {equations.time}" if equations and is_bare else "0 to 72 h, every 30 min"
    )
    lines = [f"experiment: {model.id}", f"model: {model.id}", f"time: {time}", "arms: {control: {}}"]
    lines += ["patients: {count: 1, seed: 1}", *([f"measure: {{{measured}}}"] if measured else [])]
    text = "\n".join(lines) + "\n"
    result = study.check_text(text, f"{path.name} without treatment", path.parent, lambda _name, _folder: checked)
    return study.CheckedStudy(result.study, result.report)


def load_experiment(name: str | Path) -> Study:
    """Return a checked experiment with its model and data.

    Raises
    ------
    ExperimentError
        With every fault of its files.
    """
    return check_experiment(name).require()


def run(
    experiment: Study | str | Path,
    *,
    patients: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    csv: bool = False,
    workers: int = 1,
    rtol: float = 1e-6,
    max_memory: float = 4e9,
    on_progress: Progress | None = None,
    command: str = "",
    target: str = "llvm",
    stream: bool = False,
    engine: str = "",
) -> Result:
    """Run an experiment and return its result.

    Parameters
    ----------
    experiment : Study, id or path
    patients, seed : int, optional
        In place of those of the experiment.
    out : str or Path, optional
        Folder in which a run directory is made; nothing is written without it. A run that is killed can be continued
        from there with `resume`.
    csv : bool
        Whether the run directory gets a table of all curves too.
    workers : int
        Threads; processes for ``target="reference"``. Results do not depend on it.
    rtol : float
        Relative tolerance of the solver.
    max_memory : float
        Bytes that the run may take.
    on_progress : callable, optional
        (patients done, patients in all).
    command : str, optional
        The command that repeats the run, for the record.
    target : str
        What the model is compiled for: ``llvm``, machine code, or ``reference``, slow and obvious.
    stream : bool
        Whether to keep statistics of the curves in place of the trajectories of patients: memory then does not grow
        with their number. Claims are judged as ever, on every patient.
    engine : str
        That of the experiment by default. ``ode``; ``stochastic``: every cell and molecule is counted; ``hybrid``:
        cells are, and molecules flow; ``tissue``: cells in the box that the experiment states. Of the last three a
        patient is one run; state a `sample:` for those that count, unless there are few cells.

    Raises
    ------
    ExperimentError
        With every fault of its files.
    StoreError
        If `out` cannot be written.
    ResourceLimit
        If the trajectories would not fit in memory.

    Examples
    --------
    >>> result = run("tnf-il10-culture", patients=2)
    >>> [claim.passed for claim in result.claims]
    [True, True, True, True]
    """
    from cytokinome.experiments import runs, study

    chosen = load_experiment(experiment) if isinstance(experiment, str | Path) else experiment
    chosen = study.with_patients(chosen, count=patients, seed=seed)
    options = study.Options(rtol, target, stream, engine, workers, max_memory)
    if out is None:
        return study.simulate(chosen, options=options, on_progress=on_progress, command=command)
    return runs.run_into(chosen, Path(out), options=options, csv_too=csv, on_progress=on_progress, command=command)


def resume(
    path: str | Path,
    *,
    csv: bool = False,
    workers: int = 1,
    max_memory: float = 4e9,
    on_progress: Progress | None = None,
) -> Result:
    """Continue a run that was interrupted or killed; the result is that of a run that was not.

    What it was asked for is in its directory. A run that is complete is opened.

    Parameters
    ----------
    path : str or Path
        The run directory.
    csv, workers, max_memory, on_progress
        As in `run`.

    Raises
    ------
    StoreError
        If it is no run directory, or was begun by another version, or is being run by another process.
    """
    from cytokinome.experiments import runs

    return runs.resume(
        Path(path), _stored_model, workers=workers, max_memory=max_memory, on_progress=on_progress, csv_too=csv
    )


def open(path: str | Path) -> Result:
    """Return the result in a run directory.

    Raises
    ------
    StoreError
        If it is no run directory, unfinished, damaged, or of another version.
    """
    from cytokinome.experiments import store

    return store.open_run(Path(path), _stored_model)


# ---------------------------------------------------------------------------------------------------------- panels
def check_panel(path: str | Path, **stated: str) -> CheckedPanel:
    """Read a panel of cytokines as a laboratory exports it, without raising.

    Parameters
    ----------
    path : str or Path
        A table saved by Excel, xPONENT, Bio-Plex Manager or MSD Discovery Workbench; or the id of a shipped panel.
    **stated
        What the file leaves open: `matrix`, `unit`, `to` and `time_unit` of `interchange.panel.reading.Options`.

    Examples
    --------
    >>> sorted(check_panel("endotoxemia-panel").require().analytes)
    ['CXCL8', 'IL10', 'IL6', 'TNF']
    """
    from cytokinome.interchange.panel import reading

    return reading.check_named(str(path), library.ROOT / "panels", reading.Options(**stated))


def export(result: Result, folder: str | Path, *, to: str) -> list[Path]:
    """Write the snapshots of a result for other viewers, and return the folders: one for each arm and run.

    Parameters
    ----------
    result : Result
        Of the tissue engine, with `snapshots:` under `tissue:` in the experiment.
    folder : str or Path
    to : str
        ``vtk``: ``fields.pvd`` and ``cells.pvd`` are opened by ParaView and PyVista; ``multicellds``: what PhysiCell
        writes, and its loaders read.

    Raises
    ------
    ExperimentError
        The result has no snapshots.
    StoreError
        The folder cannot be written.
    ValueError
        There is no such format.
    """
    from cytokinome.interchange import snapshots

    if to not in snapshots.FORMATS:
        raise ValueError(f"there is no format {to!r}; known here: {', '.join(snapshots.FORMATS)}")
    return snapshots.export(result, to, Path(folder))


def export_model(what: Model | Study | str | Path, path: str | Path, *, to: str = "", arm: str = "") -> Path:
    """Write a model as a file of another program, and return its path.

    The file holds the equations of the typical person, at rest. What differs between people is not in it.

    Parameters
    ----------
    what : Model, Study, id or path
        A model, or an experiment for its model.
    path : str or Path
        The file; one that exists is not overwritten.
    to : str
        ``sbml`` (Level 3 Version 2), ``antimony`` or ``cytokinome``, our own language with equations only; by default
        what the ending of the file says: .xml, .sbml, .ant, .txt, .yaml.
    arm : str
        An arm of the experiment: its doses, infusions, changes and blocks become events.

    Raises
    ------
    ModelError, ExperimentError
        With every fault of the files; there is no such arm.
    UnsupportedFeature
        The arm does what equations cannot say, or the format needs a package that is not installed.
    SimulationError
        The typical person has no start.
    FileExistsError
        The file exists.
    ValueError
        There is no such format.
    """
    from cytokinome.interchange import models

    target = Path(path)
    if target.exists():
        raise FileExistsError(17, "exists already and is not overwritten; choose another name", str(target))
    text = models.written(*_equations(what, arm), to or models.ENDINGS.get(target.suffix.lower(), target.suffix))
    with target.open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
    return target


def _equations(what: Model | Study | str | Path, arm: str) -> tuple[Model, Marks]:
    """The equations that an export writes, and what is known of their parts."""
    from cytokinome.experiments.study import Study
    from cytokinome.interchange.sbml.export import equations_of, equations_of_arm

    if isinstance(what, str | Path):
        path = Path(what) / ("experiment.yaml" if arm else "model.yaml") if Path(what).is_dir() else Path(what)
        is_experiment = path.is_file() and not is_model_file(path)
        what = load_experiment(path) if arm or is_experiment else load_model(path)
    if not arm:
        return equations_of(what.model if isinstance(what, Study) else what)
    if isinstance(what, Study):
        return equations_of_arm(what, arm)
    raise ValueError("only an experiment has arms")


def _stored_model(text: str) -> Model:
    return check_model_text(text, "model.yaml", catalogue_lookup(is_past=True)).require()


def plot(
    result: Result, *, analytes: Sequence[str] | None = None, log: bool = False, path: str | Path | None = None
) -> Figure:
    """Draw median and 90 % band of measured analytes, with the measured points.

    Parameters
    ----------
    result : Result
    analytes : sequence of str, optional
        Which; all that are measured without it.
    log : bool
        Whether concentrations are on a logarithmic scale.
    path : str or Path, optional
        Where to save the figure as well: pdf, png or svg.
    """
    from cytokinome.report.figures import plot as draw

    return draw(result, analytes=analytes, log=log, path=path)


def write_films(result: Result, path: str | Path) -> list[Path]:
    """Write an animated GIF of every arm of a run in space, and return the paths."""
    from cytokinome.report.movie import write_films as write

    return write(result, path)


def write_report(result: Result, path: str | Path) -> Path:
    """Write the report on a result as one self-contained HTML file and return its path."""
    from cytokinome.report.page import write_report as write

    return write(result, path)
