"""From an experiment to trajectories: every arm, every patient, and the typical person.

Pure: no files, no claims. Patients go in fixed blocks through one engine; a worker process is given the model and the
experiment, prepares the same arms by itself and is then told only which block to run, so nothing compiled travels and
the results are the same for any number of workers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.diagnostics import Collector, Diagnostic, Report
from cytokinome.engines.base import Failure, PatientOutcome, Schedule, Solution
from cytokinome.engines.ode.choose import has_lanes, solver
from cytokinome.engines.ode.start import initialise
from cytokinome.errors import ExperimentError, ResourceLimit, SimulationError
from cytokinome.experiments import cohort
from cytokinome.experiments.interventions import intervene
from cytokinome.experiments.outcomes import check_rest
from cytokinome.experiments.processes import run_blocks
from cytokinome.experiments.schedule import arm_values, build_schedule, check_arm

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.experiments.protocol import Arm, Experiment, Patients
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]
    Compile = Callable[[Model], Kernel]
    Progress = Callable[[int, int], None]
    _Finished = Generator[tuple[tuple[int, int, int], tuple[Solution, Array]], None, None]

LANE_BLOCK = 1024  # patients of compiled kernels at a time, as engines.ode.lanes cuts them
BLOCK = 8  # patients per task: small enough to stop soon, large enough that a task costs nothing
MAX_MEMORY = 4_000_000_000  # bytes
DIAGNOSTIC = ("H(", "n(", "rate(")  # outputs about rules, which nobody measures


@dataclass(frozen=True, slots=True)
class PreparedArm:
    """An arm with its intervened model, the kernel of that model, and the values that the arm sets.

    `intact` is the kernel of the model without the arm's knock-outs, where there are any: baseline productions are
    those of the intact person.
    """

    arm: Arm
    model: Model
    kernel: Kernel
    overrides: dict[str, float]
    intact: tuple[Model, Kernel] | None


@dataclass(frozen=True, slots=True)
class ArmRun:
    """One arm as simulated: cohort [patient, time, output], typical person (a cohort of one), parameters, kernel."""

    arm: Arm
    model: Model
    kernel: Kernel
    solution: Solution
    typical: Solution
    parameters: Array


@dataclass(frozen=True, slots=True)
class Execution:
    """All arms in the order of the experiment; `is_interrupted` when the user stopped it."""

    arms: tuple[ArmRun, ...]
    is_interrupted: bool = False


def check(model: Model, experiment: Experiment) -> Report:
    """Return every fault of an experiment that its model shows before anything is compiled."""
    found = Collector()
    cohort.check_patients(model, experiment.patients, found)
    for arm, changed in _intervened(model, experiment, found):
        check_arm(changed, arm, experiment.times, found)
    return found.report()


def prepare(model: Model, experiment: Experiment, compile: Compile | None = None) -> tuple[PreparedArm, ...]:
    """Intervene, compile and evaluate the parameters of every arm; arms of one structure share a kernel.

    Raises
    ------
    ExperimentError
        With every fault that can be known before the run.
    SimulationError
        The typical person finds no steady state to start from.
    """
    check(model, experiment).raise_errors(ExperimentError, experiment.id)
    build, found = compile or _compiler(), Collector()
    kernels: dict[Model, Kernel] = {}

    def compiled(changed: Model) -> Kernel:
        if changed not in kernels:
            kernels[changed] = build(changed)
        return kernels[changed]

    prepared: list[PreparedArm] = []
    for arm, changed in _intervened(model, experiment, found):
        kernel = compiled(changed)
        centre = cohort.typical(kernel, changed, experiment.patients, found)
        overrides = arm_values(kernel, changed, arm, centre, found)
        intact = (model, compiled(model)) if arm.knock_out else None
        prepared.append(PreparedArm(arm, changed, kernel, overrides, intact))
    for item in prepared:
        parameters = typical_parameters(item, experiment.patients, found)
        _schedule(item, experiment, parameters, 0, found, is_typical=True)
        everybody = cohort.sample(item.kernel, item.model, experiment.patients, found, overrides=item.overrides)
        if not found.has_errors:
            _schedule(item, experiment, everybody, 0, found)
            if item.intact is None:
                check_rest(item.model, item.kernel, parameters[0], item.arm, found)
    report = found.report()
    is_numerical = bool(report.errors) and all(e.code == "STEADY_STATE_FAILED" for e in report.errors)
    report.raise_errors(SimulationError if is_numerical else ExperimentError, experiment.id)
    return tuple(prepared)


def run(
    model: Model,
    experiment: Experiment,
    *,
    outputs: Sequence[str] | None = None,
    times: Array | None = None,
    rtol: float = 1e-6,
    workers: int = 1,
    max_memory: float = MAX_MEMORY,
    on_progress: Progress | None = None,
    compile: Compile | None = None,
) -> Execution:
    """Simulate every arm for every patient and for the typical person.

    Parameters
    ----------
    model : Model
    experiment : Experiment
    outputs : sequence of str, optional
        Names of kernel outputs; default all but those about single rules. A name that a kernel lacks is NaN.
    times : array [time], optional
        Hours, increasing; default is the grid of the experiment.
    rtol : float
        Relative tolerance of the solver.
    workers : int
        Processes; 1 runs in this one.
    max_memory : float
        Bytes that the trajectories may take.
    on_progress : callable, optional
        (patients done, patients in all), over all arms.
    compile : callable, optional
        Model to kernel; default is the compiler's reference target.

    Returns
    -------
    Execution
        After Ctrl-C the blocks finished so far; other patients are NaN with the outcome "interrupted".

    Raises
    ------
    ExperimentError
        Faults of the experiment, all at once.
    SimulationError
        A worker process died.
    ResourceLimit
        The trajectories would not fit in `max_memory`.
    """
    prepared = prepare(model, experiment, compile)
    names = tuple(outputs) if outputs is not None else _names(prepared)
    _check_memory(experiment, len(names), max_memory, _points(experiment) if times is None else len(times))
    job = _Job(prepared, experiment, names, rtol, experiment.times.grid() if times is None else times)
    is_compiled = all(has_lanes(item.kernel) for item in prepared)
    blocks = _blocks(len(prepared), experiment.patients.count, LANE_BLOCK if is_compiled else BLOCK)
    # the typical person of each arm is a block of its own kind, first because claims and plots need it most
    typical, is_interrupted = _collect(_typical_blocks(job), 0, None)
    parts: dict[_Block, _Part] = {}
    if not is_interrupted:
        if workers > 1 and len(blocks) > 1 and not is_compiled:
            finished = run_blocks(_job, (model, experiment, names, rtol, compile, job.times), blocks, workers)
        else:
            finished = ((block, job.block(*block)) for block in blocks)
        parts, is_interrupted = _collect(finished, len(prepared) * experiment.patients.count, on_progress)
    runs = [_assemble(job, index, typical, blocks, parts) for index in range(len(prepared))]
    return Execution(tuple(runs), is_interrupted)


def estimate_memory(experiment: Experiment, n_outputs: int) -> float:
    """Return the bytes that the trajectories of all arms take."""
    return 8.0 * len(experiment.arms) * (experiment.patients.count + 1) * _points(experiment) * n_outputs


def _points(experiment: Experiment) -> int:
    """How many times there are, without making the grid."""
    return int(min(experiment.times.steps, 1e15)) + 1


def typical_parameters(item: PreparedArm, patients: Patients, found: Collector) -> Array:
    """Return the parameters of the typical person of an arm, [1, slot]."""
    return cohort.typical(item.kernel, item.model, patients, found, overrides=item.overrides)[None]


def solve_typical(
    item: PreparedArm,
    experiment: Experiment,
    select: Sequence[int],
    *,
    rtol: float,
    blocked: str | None = None,
    times: Array | None = None,
) -> Solution:
    """Simulate the typical person of an arm, on request without the rule `blocked`, which must be blockable.

    The missing rule does not change the baseline productions.
    """
    found = Collector()
    parameters = typical_parameters(item, experiment.patients, found)
    schedule = _schedule(item, experiment, parameters, 0, found, is_typical=True)
    productions, failed = _productions(item, experiment.patients, found, 0, 1, is_typical=True)
    if blocked is not None:
        slots = [slot.name for slot in item.kernel.parameters]
        if productions is None and not failed and item.kernel.baselines:
            productions, failed = _rest(item.kernel, parameters, [slot for slot, _ in item.kernel.baselines])
        parameters = parameters.copy()
        parameters[:, slots.index(f"block({blocked})")] = 1.0
    grid = experiment.times.grid() if times is None else times
    solve = solver(item.kernel)
    solution = solve(item.kernel, parameters, schedule, grid, select=select, rtol=rtol, productions=productions)
    return _with_failures(solution, failed)


# ------------------------------------------------------------------------------------------------------------ one block
@dataclass(frozen=True, slots=True)
class _Job:
    """What every block needs; each process has its own."""

    prepared: tuple[PreparedArm, ...]
    experiment: Experiment
    names: tuple[str, ...]
    rtol: float
    times: Array

    def typical(self, index: int) -> Solution:
        """The typical person of one arm."""
        item = self.prepared[index]
        solution = solve_typical(item, self.experiment, self._select(item), rtol=self.rtol, times=self.times)
        return self._named(item, solution)

    def block(
        self, index: int, first: int, count: int, should_stop: Callable[[], bool] | None = None
    ) -> tuple[Solution, Array]:
        """Trajectories and parameters of the patients of one block."""
        item, found, experiment = self.prepared[index], Collector(), self.experiment
        parameters = cohort.sample(
            item.kernel, item.model, experiment.patients, found, overrides=item.overrides, first=first, count=count
        )
        schedule = _schedule(item, experiment, parameters, first, found)
        productions, failed = _productions(item, experiment.patients, found, first, count)
        found.report().raise_errors(ExperimentError, experiment.id)
        solution = solver(item.kernel)(
            item.kernel,
            parameters,
            schedule,
            self.times,
            select=self._select(item),
            rtol=self.rtol,
            productions=productions,
            should_stop=should_stop,
        )
        return self._named(item, _with_failures(solution, failed)), parameters

    def _select(self, item: PreparedArm) -> list[int]:
        known = {output.name: i for i, output in enumerate(item.kernel.outputs)}
        return [known[name] for name in self.names if name in known]

    def _named(self, item: PreparedArm, solution: Solution) -> Solution:
        """Give every arm the same outputs; what a knocked-out model lacks is NaN."""
        if solution.outputs == self.names:
            return solution
        values = np.full((*solution.values.shape[:2], len(self.names)), np.nan)
        for column, name in enumerate(solution.outputs):
            values[:, :, self.names.index(name)] = solution.values[:, :, column]
        return replace(solution, outputs=self.names, values=values)


def _schedule(
    item: PreparedArm,
    experiment: Experiment,
    parameters: Array,
    first: int,
    found: Collector,
    *,
    is_typical: bool = False,
) -> Schedule:
    def redraw(name: str, centre: Array) -> Array:
        return cohort.redraw(item.model, name, centre, experiment.patients, found, first=first, is_typical=is_typical)

    varied = () if is_typical else (p.id for p in item.model.parameters if p.varies is not None)
    return build_schedule(
        item.kernel,
        item.model,
        item.arm,
        experiment.times,
        parameters,
        found,
        fixed=frozenset({*item.overrides, *varied}),
        redraw=redraw,
    )


def _productions(
    item: PreparedArm, patients: Patients, found: Collector, first: int, count: int, *, is_typical: bool = False
) -> tuple[Array | None, dict[int, PatientOutcome]]:
    """Baseline productions of the intact patients for the kernel of a knock-out, and who failed to have any."""
    if item.intact is None:
        return None, {}
    model, kernel = item.intact
    overrides = {k: v for k, v in item.overrides.items() if model.parameter(k)}
    if is_typical:
        parameters = cohort.typical(kernel, model, patients, found, overrides=overrides)[None]
    else:
        parameters = cohort.sample(kernel, model, patients, found, overrides=overrides, first=first, count=count)
    slots = {slot.name: index for index, slot in enumerate(kernel.parameters)}
    wanted = [slots[item.kernel.parameters[slot].name] for slot, _ in item.kernel.baselines]
    return _rest(kernel, parameters, wanted)


def _rest(kernel: Kernel, parameters: Array, wanted: Sequence[int]) -> tuple[Array, dict[int, PatientOutcome]]:
    """The slots `wanted` of patients at rest; zeros and an outcome for those who cannot rest."""
    values = np.zeros((len(parameters), len(wanted)))
    failed: dict[int, PatientOutcome] = {}
    for row, p in enumerate(parameters):
        try:
            values[row] = initialise(kernel, p)[1][list(wanted)]
        except Failure as failure:
            failed[row] = failure.outcome
    return values, failed


def _with_failures(solution: Solution, failed: dict[int, PatientOutcome]) -> Solution:
    """Mark patients whose intact selves could not be started."""
    if not failed:
        return solution
    outcomes = tuple(failed.get(i, outcome) for i, outcome in enumerate(solution.outcomes))
    values = solution.values.copy()
    values[list(failed)] = np.nan
    return replace(solution, values=values, outcomes=outcomes)


# ----------------------------------------------------------------------------------------------------------- all blocks
_Block = tuple[int, int, int]  # arm, first patient, number of patients
_Part = tuple[Solution, "Array"]


def _blocks(n_arms: int, n_patients: int, size: int) -> list[_Block]:
    """Fixed blocks, cut by index only."""
    return [
        (arm, first, min(size, n_patients - first)) for arm in range(n_arms) for first in range(0, n_patients, size)
    ]


def _typical_blocks(job: _Job) -> _Finished:
    for index in range(len(job.prepared)):
        yield (index, 0, 1), (job.typical(index), np.empty((1, 0)))


def _collect(finished: _Finished, total: int, on_progress: Progress | None) -> tuple[dict[_Block, _Part], bool]:
    """Take blocks as they come; after Ctrl-C keep those that came."""
    parts: dict[_Block, _Part] = {}
    done = 0
    try:
        for block, part in finished:
            parts[block] = part
            done += block[2]
            if on_progress is not None:
                on_progress(done, total)
    except KeyboardInterrupt:
        return parts, True
    finally:
        finished.close()  # ends worker processes
    return parts, False


def _assemble(
    job: _Job, index: int, typical: dict[_Block, _Part], blocks: list[_Block], parts: dict[_Block, _Part]
) -> ArmRun:
    """Join the blocks of one arm; what is missing was interrupted."""
    item = job.prepared[index]
    own = [parts.get(block) or _missing(job, item, block[2]) for block in blocks if block[0] == index]
    cohort_solution = Solution.concatenate([solution for solution, _ in own])
    parameters = np.concatenate([values for _, values in own])
    (typical_solution, _) = typical.get((index, 0, 1)) or _missing(job, item, 1)
    return ArmRun(item.arm, item.model, item.kernel, cohort_solution, typical_solution, parameters)


def _missing(job: _Job, item: PreparedArm, count: int) -> _Part:
    """What stands for patients who were not simulated."""
    grid = job.times
    values = np.full((count, len(grid), len(job.names)), np.nan)
    unfinished = replace(Solution.unfinished(item.kernel, grid, (), count), outputs=job.names, values=values)
    return unfinished, np.full((count, len(item.kernel.parameters)), np.nan)


def _job(
    model: Model, experiment: Experiment, names: tuple[str, ...], rtol: float, compile: Compile | None, times: Array
) -> _Job:
    """The job of a worker process, prepared there."""
    return _Job(prepare(model, experiment, compile), experiment, names, rtol, times)


def _names(prepared: tuple[PreparedArm, ...]) -> tuple[str, ...]:
    """All outputs of all arms but those about single rules."""
    every = (output.name for item in prepared for output in item.kernel.outputs)
    return tuple(dict.fromkeys(name for name in every if not name.startswith(DIAGNOSTIC)))


def _intervened(model: Model, experiment: Experiment, found: Collector) -> Iterator[tuple[Arm, Model]]:
    """Each arm with its model. Every arm can block what any arm blocks, so that they share a kernel."""
    blockable = sorted({block.what for arm in experiment.arms for block in arm.block if _exists(model, block.what)})
    for arm in experiment.arms:
        yield arm, intervene(model, arm, found, blockable=blockable)


def _exists(model: Model, name: str) -> bool:
    return bool(model.molecule(name) or model.receptor(name) or model.rule(name))


def _check_memory(experiment: Experiment, n_outputs: int, max_memory: float, points: int) -> None:
    needed = estimate_memory(experiment, n_outputs) * points / _points(experiment)
    if needed > max_memory:
        arms, patients = len(experiment.arms), experiment.patients.count
        message = (
            f"the trajectories need {needed / 1e9:.3g} GB ({arms} arms x {patients} patients x {points} times x "
            f"{n_outputs} outputs), more than the {max_memory / 1e9:.3g} GB allowed"
        )
        hint = "take fewer patients or a coarser time grid, or allow more memory"
        report = Report((Diagnostic("TOO_LARGE", message, where=experiment.patients.where, hint=hint),))
        report.raise_errors(ResourceLimit, experiment.id)


def _compiler() -> Compile:
    from cytokinome.compiler.lower import compile_model

    return compile_model
