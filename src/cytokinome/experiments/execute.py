"""From an experiment to trajectories: every arm, every patient, and the typical person.

Pure: no files, no claims. Patients go in fixed blocks through one engine: on threads where the kernel is machine code,
else in worker processes. Such a process is given the model and the experiment, prepares the same arms by itself and is
then told only which block to run, so nothing compiled travels. The results are the same for any number of either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cytokinome.diagnostics import Collector, Diagnostic, Report
from cytokinome.engines.base import BLOCK as LANE_BLOCK
from cytokinome.engines.base import Solution
from cytokinome.errors import ExperimentError, ResourceLimit
from cytokinome.experiments import cohort, processes, threads
from cytokinome.experiments.prepare import (
    PreparedArm,
    prepare,
    productions_of,
    schedule_of,
    solve_typical,
    with_failures,
)
from cytokinome.experiments.solvers import is_compiled, is_long, method, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.diagnostics import Span
    from cytokinome.experiments.prepare import Compile
    from cytokinome.experiments.protocol import Arm, Experiment
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]
    Progress = Callable[[int, int], None]

BLOCK = 8  # patients of other kernels per task: small enough to stop soon, large enough that a task costs nothing
MAX_MEMORY = 4_000_000_000  # bytes
EVERY_ARM = -1  # of a block: the same patients in all arms
DIAGNOSTIC = ("H(", "n(", "rate(")  # outputs about rules, which nobody measures

Block = tuple[int, int, int]  # arm, first patient, number of patients
Part = tuple[Solution, "Array"]  # trajectories and parameters of a block of one arm


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


class Reduce(Protocol):
    """What is kept of a block of patients when their trajectories are not; runs where the block ran."""

    def __call__(self, arms: Iterable[ArmRun], first: int, /) -> Any:
        """Return what is kept of the patients `first` …; arm after arm is simulated as it is asked for.

        The typical person of these runs is missing.
        """
        ...


class Keeper(Protocol):
    """Where finished blocks are kept against an interruption."""

    def read(self, block: Block) -> Part | None:
        """Return a block that is there and whole."""
        ...

    def write(self, block: Block, part: Part) -> None:
        """Keep a block."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """What every block needs, made by `plan`; each process has its own."""

    model: Model
    experiment: Experiment
    prepared: tuple[PreparedArm, ...]
    names: tuple[str, ...]
    times: Array
    rtol: float
    compile: Compile | None = None
    reduce: Reduce | None = None

    @property
    def is_compiled(self) -> bool:
        """Whether all kernels are machine code on lanes."""
        return all(is_compiled(item.kernel) for item in self.prepared)

    @property
    def is_long(self) -> bool:
        """Whether an arm is more than one block of patients."""
        return self.experiment.patients.count > self.size

    @property
    def method(self) -> str:
        """How steps are made, by name; arms of different structure may differ."""
        kernels = dict.fromkeys(item.kernel for item in self.prepared)
        return "+".join(dict.fromkeys(map(method, kernels)))

    @property
    def size(self) -> int:
        """Patients per block."""
        if self.is_compiled:
            return LANE_BLOCK
        return 1 if any(is_long(item.kernel) for item in self.prepared) else BLOCK

    def blocks(self, arms: Iterable[int]) -> list[Block]:
        """Fixed blocks of patients, cut by index only."""
        count, size = self.experiment.patients.count, self.size
        return [(arm, first, min(size, count - first)) for arm in arms for first in range(0, count, size)]

    def typical(self, index: int) -> Solution:
        """The typical person of one arm."""
        item = self.prepared[index]
        solution = solve_typical(item, self.experiment, self._select(item), rtol=self.rtol, times=self.times)
        return self._named(item, solution)

    def block(self, index: int, first: int, count: int, should_stop: Callable[[], bool] | None = None) -> Any:
        """Trajectories and parameters of the patients of one block; of `EVERY_ARM`, what `reduce` makes of them."""
        if index != EVERY_ARM:
            return self._simulated(index, first, count, should_stop)
        if self.reduce is None:
            raise ValueError("a job without `reduce` runs one arm at a time")
        return self.reduce(self._arms(first, count, should_stop), first)

    def _arms(self, first: int, count: int, should_stop: Callable[[], bool] | None) -> Iterator[ArmRun]:
        for arm, item in enumerate(self.prepared):
            solution, parameters = self._simulated(arm, first, count, should_stop)
            yield ArmRun(item.arm, item.model, item.kernel, solution, self.missing(item, 1)[0], parameters)

    def missing(self, item: PreparedArm, count: int) -> Part:
        """What stands for patients who were not simulated."""
        values = np.full((count, len(self.times), len(self.names)), np.nan)
        nobody = replace(Solution.unfinished(item.kernel, self.times, (), count), outputs=self.names, values=values)
        return nobody, np.full((count, len(item.kernel.parameters)), np.nan)

    def _simulated(self, index: int, first: int, count: int, should_stop: Callable[[], bool] | None) -> Part:
        item, found, experiment = self.prepared[index], Collector(), self.experiment
        parameters = cohort.sample(
            item.kernel, item.model, experiment.patients, found, overrides=item.overrides, first=first, count=count
        )
        schedule = schedule_of(item, experiment, parameters, first, found)
        productions, failed = productions_of(item, experiment.patients, found, first, count)
        found.report().raise_errors(ExperimentError, experiment.id)
        solution = solve(
            item.kernel,
            parameters,
            schedule,
            self.times,
            select=self._select(item),
            rtol=self.rtol,
            productions=productions,
            first=first,
            seed=experiment.patients.seed,
            should_stop=should_stop,
        )
        return self._named(item, with_failures(solution, failed)), parameters

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


def plan(
    model: Model,
    experiment: Experiment,
    *,
    outputs: Sequence[str] | None = None,
    times: Array | None = None,
    rtol: float = 1e-6,
    compile: Compile | None = None,
    reduce: Reduce | None = None,
) -> Job:
    """Prepare every arm; parameters and errors as in `run`.

    Parameters
    ----------
    reduce : callable, optional
        What to keep of a block of patients; it must be picklable for kernels that run in processes.
    """
    prepared = prepare(model, experiment, compile)
    names = tuple(outputs) if outputs is not None else _names(prepared)
    grid = experiment.times.grid() if times is None else times
    return Job(model, experiment, prepared, names, grid, rtol, compile, reduce)


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
        Threads for machine code, else processes; no number depends on it.
    max_memory : float
        Bytes that the trajectories may take.
    on_progress : callable, optional
        (patients done, patients in all), over all arms.
    compile : callable, optional
        Model to kernel; default is the compiler with `prepare.TARGET`.

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
    job = plan(model, experiment, outputs=outputs, times=times, rtol=rtol, compile=compile)
    check_memory(job, max_memory)
    return carry_out(job, workers=workers, on_progress=on_progress)


def carry_out(
    job: Job,
    *,
    workers: int = 1,
    on_progress: Progress | None = None,
    keeper: Keeper | None = None,
    with_typical: bool = True,
) -> Execution:
    """Run a job that keeps all trajectories; as `run`, with blocks that `keeper` has taken from there.

    Parameters
    ----------
    with_typical : bool
        Whether the typical persons are simulated, too; where not, they are NaN.
    """
    # the typical persons first, because claims and plots need them most
    typical, is_interrupted = typical_persons(job) if with_typical else (_nobody(job), False)
    parts: dict[Block, Part] = {}
    if not is_interrupted:
        blocks = job.blocks(range(len(job.prepared)))
        is_interrupted = _collect(job, blocks, parts, workers, on_progress, keeper)
    runs = [_assemble(job, index, typical, parts) for index in range(len(job.prepared))]
    return Execution(tuple(runs), is_interrupted)


def to_the_end(job: Job, *, workers: int = 1, with_typical: bool = True) -> Execution:
    """Run a job of which a part would be of no use; as `carry_out`.

    Raises
    ------
    KeyboardInterrupt
        The user stopped it.
    """
    execution = carry_out(job, workers=workers, with_typical=with_typical)
    if execution.is_interrupted:
        raise KeyboardInterrupt
    return execution


def typical_persons(job: Job) -> tuple[list[Solution], bool]:
    """Return the typical person of each arm, and whether Ctrl-C came before all were done: the others are NaN."""
    done: list[Solution] = []
    is_interrupted = False
    try:
        for index in range(len(job.prepared)):
            done.append(job.typical(index))
    except KeyboardInterrupt:
        is_interrupted = True
    return [*done, *_nobody(job)[len(done) :]], is_interrupted


def _nobody(job: Job) -> list[Solution]:
    return [job.missing(item, 1)[0] for item in job.prepared]


def finished(job: Job, blocks: Sequence[Block], workers: int) -> Generator[tuple[Block, Any], None, None]:
    """Yield blocks with their results as they come: in order from threads, in any order from processes."""
    if job.is_compiled:
        return threads.run_blocks(job, blocks, max(1, workers))
    if workers > 1 and len(blocks) > 1:
        recipe = (job.model, job.experiment, job.names, job.times, job.rtol, job.compile, job.reduce)
        return processes.run_blocks(_planned, recipe, blocks, workers)
    return ((block, job.block(*block)) for block in blocks)


def _planned(
    model: Model,
    experiment: Experiment,
    names: tuple[str, ...],
    times: Array,
    rtol: float,
    compile: Compile | None,
    reduce: Reduce | None,
) -> Job:
    """The job of a worker process, prepared there."""
    return plan(model, experiment, outputs=names, times=times, rtol=rtol, compile=compile, reduce=reduce)


# ------------------------------------------------------------------------------------------------------------- memory
def estimate_memory(job: Job) -> float:
    """Return the bytes that the trajectories of all arms take."""
    return 8.0 * len(job.prepared) * (job.experiment.patients.count + 1) * len(job.times) * len(job.names)


def check_memory(job: Job, max_memory: float) -> None:
    """Refuse a job whose trajectories do not fit.

    Raises
    ------
    ResourceLimit
        ``TOO_LARGE``.
    """
    needed = estimate_memory(job)
    if needed > max_memory:
        people = job.experiment.patients
        what = (
            f"the trajectories need {needed / 1e9:.3g} GB ({len(job.prepared)} arms x {people.count} patients x "
            f"{len(job.times)} times x {len(job.names)} outputs)"
        )
        hint = "keep statistics instead of trajectories (--stream), take fewer patients, or allow more memory"
        raise too_large(what, max_memory, hint, people.where, job.experiment.id)


def too_large(what: str, allowed: float, hint: str, where: Span | None, id: str) -> ResourceLimit:
    """Return the refusal of a run that needs more memory than allowed."""
    message = f"{what}, more than the {allowed / 1e9:.3g} GB allowed"
    report = Report((Diagnostic("TOO_LARGE", message, where=where, hint=hint),))
    return ResourceLimit(f"{id}: 1 fault\n\n{report.render()}", report)


# ------------------------------------------------------------------------------------------------------------- details
def _collect(
    job: Job,
    blocks: list[Block],
    parts: dict[Block, Part],
    workers: int,
    on_progress: Progress | None,
    keeper: Keeper | None,
) -> bool:
    """Put blocks into `parts` as they come; return whether Ctrl-C came."""
    total = sum(count for _, _, count in blocks)
    coming: Generator[tuple[Block, Any], None, None] | None = None
    try:
        if keeper is not None:
            parts |= _kept(blocks, keeper)
        coming = finished(job, [block for block in blocks if block not in parts], workers)
        for block, part in coming:
            parts[block] = part
            if keeper is not None:
                keeper.write(block, part)
            if on_progress is not None:
                on_progress(sum(count for _, _, count in parts), total)
    except KeyboardInterrupt:
        return True
    finally:
        if coming is not None:
            coming.close()  # ends threads and worker processes
    return False


def _kept(blocks: list[Block], keeper: Keeper) -> dict[Block, Part]:
    found = ((block, keeper.read(block)) for block in blocks)
    return {block: part for block, part in found if part is not None}


def _assemble(job: Job, index: int, typical: list[Solution], parts: dict[Block, Part]) -> ArmRun:
    """Join the blocks of one arm; what is missing was interrupted."""
    item = job.prepared[index]
    own = [parts.get(block) or job.missing(item, block[2]) for block in job.blocks([index])]
    solution = Solution.concatenate([part for part, _ in own])
    parameters = np.concatenate([values for _, values in own])
    return ArmRun(item.arm, item.model, item.kernel, solution, typical[index], parameters)


def _names(prepared: tuple[PreparedArm, ...]) -> tuple[str, ...]:
    """All outputs of all arms but those about single rules."""
    every: Iterator[str] = (output.name for item in prepared for output in item.kernel.outputs)
    return tuple(dict.fromkeys(name for name in every if not name.startswith(DIAGNOSTIC)))
