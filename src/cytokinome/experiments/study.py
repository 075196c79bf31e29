"""A study: an experiment with its model, its data and their texts; and the way from there to a result.

::

    texts ──read──> Study ──simulate──> Result      (store writes it, report shows it)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cytokinome.compiler.closure import closure_report
from cytokinome.diagnostics import Collector, Report
from cytokinome.errors import ExperimentError
from cytokinome.evidence import Provenance
from cytokinome.experiments import (
    assemble,
    claims,
    compare,
    data,
    demands,
    effects,
    execute,
    names,
    prepare,
    solvers,
    stream,
)
from cytokinome.experiments.checkpoint import Checkpoint, KeptBlocks
from cytokinome.experiments.counted import Counted
from cytokinome.experiments.execute import MAX_MEMORY
from cytokinome.experiments.fit import ensemble
from cytokinome.experiments.grid import reading_times
from cytokinome.experiments.protocol import CellAction, Comparison, Experiment, Patients
from cytokinome.experiments.read import data_path, read_experiment
from cytokinome.experiments.result import Manifest, Result, RunOptions
from cytokinome.experiments.spatial import KEPT, Spatial
from cytokinome.model import scope
from cytokinome.model.load import Checked
from cytokinome.model.spreads import with_representatives
from cytokinome.text import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from cytokinome.experiments.execute import Progress
    from cytokinome.experiments.result import ArmResult, ModifierUse, RuleEffect
    from cytokinome.model.components import Model
    from cytokinome.units import Substance

    Array = NDArray[np.float64]

RTOL = 1e-6  # of the solver, where nobody says otherwise

# From the model named in an experiment, and the folder of the experiment, to the checked model.
FindModel = Callable[[str, Path], Checked]


@dataclass(frozen=True, slots=True)
class Study:
    """A checked experiment with all that belongs to it. `texts` has experiment, model and, where there is one, data.

    `fitted` are sets of parameters that a fit leaves possible, as factors by parameter (see `fit.ensemble`).
    """

    experiment: Experiment
    model: Model
    texts: Mapping[str, str]
    table: data.Table | None = None
    fitted: Mapping[str, tuple[float, ...]] = field(default_factory=dict[str, tuple[float, ...]])


@dataclass(frozen=True, slots=True)
class CheckedStudy:
    """A study with everything that was found; `study` is None when an error stops its use."""

    study: Study | None
    report: Report

    def require(self) -> Study:
        """Return the study.

        Raises
        ------
        ExperimentError
            With every fault, when there is any.
        """
        self.report.raise_errors(ExperimentError, "the experiment cannot be run")
        if self.study is None:
            raise ExperimentError("the experiment cannot be run", self.report)
        return self.study


# ------------------------------------------------------------------------------------------------------------- reading
def check_file(path: Path, find_model: FindModel) -> CheckedStudy:
    """Read and check an experiment file with its model and data; never raises for a fault of the files."""
    found = Collector()
    text = read_file(path, found)
    return CheckedStudy(None, found.report()) if text is None else check_text(text, str(path), path.parent, find_model)


def check_text(text: str, file: str, folder: Path, find_model: FindModel) -> CheckedStudy:
    """Read and check the text of an experiment file whose model and data are named relative to `folder`."""
    found = Collector({file: text})
    experiment = read_experiment(text, file, found)
    if experiment is None:
        return CheckedStudy(None, found.report())
    is_late = any(d.code == "OUTSIDE_TIME" for d in found.report().errors)
    checked = find_model(experiment.model, folder)
    found.extend(_placed(checked.report, experiment))
    if checked.model is None:
        return CheckedStudy(None, found.report())
    model = with_representatives(checked.model, experiment.representatives)
    texts = {"experiment": text, "model": checked.text}
    names.check_measured(experiment, model, found)
    claims.check_claims(experiment, model, found)
    found.extend(_closure(model, experiment))
    found.extend(_without_times(prepare.check(model, experiment), is_late))
    table = _table(experiment, model, folder, texts, found)
    fitted = ensemble.beside(folder, model, found)
    study = None if found.has_errors else Study(experiment, model, texts, table, fitted)
    return CheckedStudy(study, found.report())


def from_texts(texts: Mapping[str, str], read_model: Callable[[str], Model], *, count: int, seed: int) -> Study:
    """Return the study that a run was made from, as its manifest has it.

    Raises
    ------
    ExperimentError, ModelError
        The texts are not those of a run that was begun.
    """
    found = Collector({"experiment.yaml": texts["experiment"]})
    experiment = read_experiment(texts["experiment"], "experiment.yaml", found)
    table = data.parse_table(texts["data"], "data", found) if "data" in texts else None
    study = None
    if experiment is not None and not found.has_errors:
        model = with_representatives(read_model(texts["model"]), experiment.representatives)
        study = Study(experiment, model, dict(texts), table)
    return with_patients(CheckedStudy(study, found.report()).require(), count=count, seed=seed)


def _closure(model: Model, experiment: Experiment) -> Report:
    """Which sentences the average cell does not answer for, in any arm."""
    changes = (change for arm in experiment.arms for change in arm.cells if change.action is CellAction.ADD)
    return closure_report(model, [change.of for change in changes])


def _placed(report: Report, experiment: Experiment) -> Report:
    """What was found about a model; what has no place of its own, such as a missing file, gets that of `model:`."""
    placed = (d if d.where else replace(d, where=experiment.model_where) for d in report.diagnostics)
    return replace(report, diagnostics=tuple(placed))


def _without_times(report: Report, are_known: bool) -> Report:
    """What the model shows; without times outside the span where the text of the file has shown them already."""
    kept = (d for d in report.diagnostics if not (are_known and d.code == "OUTSIDE_TIME"))
    return replace(report, diagnostics=tuple(kept))


def _table(
    experiment: Experiment, model: Model, folder: Path, texts: dict[str, str], found: Collector
) -> data.Table | None:
    if experiment.compare is None:
        return None
    path = data_path(experiment.compare, folder, found)
    content = _content(path, experiment.compare, found) if path else None
    table = data.parse_table(content, str(path), found) if content is not None else None
    if table is not None and content is not None:
        data.check_table(table, experiment, found, substances(experiment, model))
        texts["data"] = content
    return table


def _content(path: Path, comparison: Comparison, found: Collector) -> str | None:
    """The text of the data table; that it cannot be read is told where the experiment names it."""
    own = Collector()
    content = read_file(path, own)
    report = own.report()
    if content is None:
        report = replace(report, diagnostics=tuple(replace(d, where=comparison.where) for d in report.diagnostics))
    found.extend(report)
    return content


def substances(experiment: Experiment, model: Model) -> dict[str, Substance]:
    """Return the substance of each thing measured, for conversions between mass and amount."""

    def molecule(name: str) -> str:
        observable = model.observable(name)
        return (observable.of or name) if observable else name.partition("@")[0]

    return {m.name: scope.substance(model, molecule(m.name)) for m in experiment.measure}


# ------------------------------------------------------------------------------------------------------------- running
def with_patients(study: Study, *, count: int | None = None, seed: int | None = None) -> Study:
    """Return the study with another number of people or another seed.

    Raises
    ------
    ExperimentError
        If the number is below one, or the seed below zero.
    """
    people: Patients = study.experiment.patients
    if count is not None and count < 1:
        raise ExperimentError(f"a cohort has at least one patient, not {count}")
    if seed is not None and seed < 0:
        raise ExperimentError(f"a seed is zero or above, not {seed}")
    changed = replace(
        people, count=people.count if count is None else count, seed=people.seed if seed is None else seed
    )
    return replace(study, experiment=replace(study.experiment, patients=changed))


@dataclass(frozen=True, slots=True)
class Options:
    """How a study is run.

    Parameters
    ----------
    rtol : float
        Relative tolerance of the solver; the tissue engine reads its own from the experiment.
    target : str
        What the model is compiled for, one of `compiler.lower.TARGETS`.
    stream : bool
        Whether to keep statistics in place of the trajectories of patients.
    engine : str
        One of `protocol.ENGINES`; that of the experiment by default.
    workers : int
        Threads for machine code, else processes. No number depends on it.
    max_memory : float
        Bytes that the run may take.
    rules : bool
        Whether to find out what each rule and modifier does.
    """

    rtol: float = RTOL
    target: str = prepare.TARGET
    stream: bool = False
    engine: str = ""
    workers: int = 1
    max_memory: float = MAX_MEMORY
    rules: bool = True


# Told what a run is made with before its first patient; returns where finished work is kept.
Begin = Callable[[Manifest], Checkpoint]


def simulate(
    study: Study,
    *,
    options: Options = Options(),
    on_progress: Progress | None = None,
    command: str = "",
    begin: Begin | None = None,
) -> Result:
    """Run a study: every arm and patient, its claims, its comparison with data, and what each rule did.

    Parameters
    ----------
    study : Study
    options : Options
    on_progress : callable, optional
        (patients done, patients in all), over all arms.
    command : str
        The command that repeats the run, for the record.
    begin : callable, optional
        Called once everything that can be known before the run is, and nothing speaks against it.

    Raises
    ------
    ExperimentError
        Faults that only the compiled model shows, all at once.
    ResourceLimit
        The run would not fit in `options.max_memory`.
    """
    experiment = study.experiment
    options = replace(options, engine=options.engine or experiment.engine)
    model = solvers.carried_by(options.engine, study.model)
    if options.engine == "tissue" and options.rtol != RTOL:
        raise ExperimentError("the tissue engine reads its tolerance from the experiment: state `tissue: {rtol: 1e-4}`")
    build = solvers.compiler(options.engine, options.target, experiment)
    reduce = stream.Reducer(experiment) if options.stream else None
    times, rtol = reading_times(experiment), options.rtol
    job = execute.plan(model, experiment, times=times, rtol=rtol, compile=build, reduce=reduce)
    if options.stream:
        job = replace(job, names=stream.kept_names(job))
        options = replace(options, workers=stream.affordable(job, options.workers, options.max_memory))
    else:
        execute.check_memory(job, options.max_memory)
    options = _feasible(job, options)
    manifest = _manifest(study, job, options, command)
    checkpoint = begin(manifest) if begin is not None else None
    # claims and peaks read curves that are finer than the grid that was asked for, and see both sides of a dose
    fine, values, is_interrupted = _simulated(job, options, on_progress, checkpoint)
    used, effect, is_whole = (), (), not is_interrupted
    if is_whole and options.rules:
        used, effect, is_whole = _what_rules_did(study, rtol, options.target)
    status, notes = "complete" if is_whole else "interrupted", demands.broken(study.model, fine)
    return Result(
        experiment=experiment,
        model=study.model,
        arms={id: replace(arm.on(experiment.times.grid()), usage=used) for id, arm in fine.items()},
        claims=claims.judge(experiment, fine, values),
        comparison=compare.compare(experiment, fine, study.table, substances(experiment, model)),
        manifest=replace(manifest, status=status, notes=(*manifest.notes, *notes)),
        effects=effect,
    )


def _simulated(
    job: execute.Job, options: Options, on_progress: Progress | None, checkpoint: Checkpoint | None
) -> tuple[dict[str, ArmResult], dict[str, Array], bool]:
    """The arms at all reading times, the values of claims where `arms` hold no patients, and whether Ctrl-C came."""
    if options.stream:
        streamed = stream.run(job, workers=options.workers, on_progress=on_progress, checkpoint=checkpoint)
        return streamed.arms, streamed.claims, streamed.is_interrupted
    keeper = KeptBlocks(checkpoint, job) if checkpoint is not None and job.is_long else None
    execution = execute.carry_out(job, workers=options.workers, on_progress=on_progress, keeper=keeper)
    return assemble.arm_results(execution, job.experiment), {}, execution.is_interrupted


def _manifest(study: Study, job: execute.Job, options: Options, command: str) -> Manifest:
    people = study.experiment.patients
    target = options.target if job.is_compiled else "reference"
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(
        provenance=Provenance.collect(created=created, texts=study.texts),
        texts=dict(study.texts),
        seed=people.seed,
        engine=f"{options.engine}/{target}/{job.method}",
        command=command,
        digest=job.prepared[0].kernel.digest if job.prepared else "",
        options=RunOptions(people.count, options.rtol, options.target, options.stream, options.engine),
        notes=(*_told(job, options.target), *_notes(study, options.engine)),
    )


def _told(job: execute.Job, target: str) -> tuple[str, ...]:
    """What a reader of the result must know of the solver."""
    return solvers.told(job.prepared[0].kernel, target) if job.prepared else ()


def _notes(study: Study, engine: str) -> tuple[str, ...]:
    """What a reader of the result must know of the mean field."""
    if engine not in solvers.AVERAGED:
        return ()
    report = _closure(study.model, study.experiment)
    return tuple(f"{found.code}: {found.message}" for found in report.diagnostics)


def _feasible(job: execute.Job, options: Options) -> Options:
    """Refuse what cannot be waited for or held; return the options with as many workers as memory allows."""
    times, found = job.experiment.times, Collector()
    for item in job.prepared:
        if isinstance(item.kernel, Counted | Spatial):
            typical = prepare.typical_parameters(item, job.experiment.patients, found)[0]
            if isinstance(item.kernel, Counted):
                item.kernel.require_few_events(typical, times.end - times.start, job.experiment)
            else:
                item.kernel.require_room(typical, job.experiment)
                runs = len(job.prepared) * (1 if options.stream else 1 + min(KEPT, job.experiment.patients.count))
                workers = item.kernel.affordable(typical, job.experiment, runs, options.workers, options.max_memory)
                options = replace(options, workers=workers)
    return options


def _what_rules_did(
    study: Study, rtol: float, target: str
) -> tuple[tuple[ModifierUse, ...], tuple[RuleEffect, ...], bool]:
    """Return the use of modifiers, the effects of rules, and whether Ctrl-C left time for both: patients come first.

    Both are those of the mean field, whatever engine the patients run on.
    """
    build = solvers.compiler("ode", target, study.experiment)
    try:
        used = effects.modifier_usage(study.model, study.experiment, rtol=rtol, compile=build)
        return used, effects.rule_effects(study.model, study.experiment, rtol=rtol, compile=build), True
    except KeyboardInterrupt:
        return (), (), False
