"""The engine for cohorts: four patients at a time in one compiled loop, blocks of patients on threads.

It keeps the promises of `reference`, which judges it: the same doses, switches, outcomes. A patient's numbers are
the same bits for any number of threads, whoever else is in the cohort, and on any grid of outputs.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from cytokinome.compiler.kernel import Kernel
from cytokinome.engines.base import ABSOLUTE, BLOCK, Outcome, PatientOutcome, Schedule, Solution, Statistics
from cytokinome.engines.draws import started
from cytokinome.engines.ode import reference, segment
from cytokinome.engines.ode.lane_memory import Keeper, LaneKernel
from cytokinome.engines.ode.lane_outcomes import outcome_of
from cytokinome.engines.ode.lane_plan import (
    BROKEN,
    DONE,
    REFUSED,
    TOO_MANY,
    UNDERFLOW,
    WAITING,
    Limits,
    Patients,
    dose_steps,
    plan_of,
)
from cytokinome.engines.ode.lane_run import carry
from cytokinome.engines.ode.lane_seats import Seats, seats
from cytokinome.engines.ode.methods import RODAS5P, Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Array = NDArray[np.float64]
Keys = NDArray[np.uint64]
Result = TypeVar("Result")

_FALLBACK_STEPS = 20_000  # of a patient left to the reference: a step there costs a thousand times that on lanes
_EXPLICIT_STEPS = 20_000  # of one patient; who needs more is stiff
_STRUGGLING = (TOO_MANY, UNDERFLOW, BROKEN)
_POLL = 0.05  # s between two questions whether to stop


class CohortKernel(Kernel, Protocol):
    """A kernel that can also be compiled for lanes."""

    def compiled(self, select: tuple[int, ...]) -> LaneKernel:
        """Return the functions for lanes, with these outputs."""
        ...


@dataclass(frozen=True, slots=True)
class BlockSolution:
    """The patients `start` … of block `index`: `values` [patient, time, output] and outcomes as in `Solution`."""

    index: int
    start: int
    values: Array
    outcomes: tuple[PatientOutcome, ...]
    statistics: Statistics


def solve(
    kernel: CohortKernel,
    parameters: Array,
    schedule: Schedule,
    times: Array,
    *,
    select: Sequence[int],
    rtol: float = 1e-6,
    atol_factor: float = ABSOLUTE,
    atol: Array | None = None,
    productions: Array | None = None,
    keys: Keys | None = None,
    method: Method = RODAS5P,
    threads: int = 1,
    on_progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Solution:
    """Simulate a cohort; as `reference.solve`, with two parameters more.

    Parameters
    ----------
    method : Method
        How steps are made; chosen per model.
    threads : int
        How many blocks are simulated at once. No number depends on it.

    Returns
    -------
    Solution
        A patient who fails is NaN with an outcome; nobody's failure stops the others. A patient whom the lanes cannot
        carry is simulated by `reference`, in fewer steps at most, and the outcome says so.

    Raises
    ------
    ValueError
        `atol` has not one value per state, or a value that is not positive.
    """
    begun = perf_counter()
    solution = Solution.unfinished(kernel, times, (), len(parameters))
    outcomes, statistics = list(solution.outcomes), Statistics()
    values = np.empty((len(parameters), len(times), len(select)))
    cohort = Cohort(
        kernel,
        parameters,
        schedule,
        solution.times,
        tuple(select),
        rtol,
        atol_factor,
        productions,
        method,
        atol,
        values,
        keys,
    )
    stop = 0
    for block in solve_blocks(cohort, threads=threads, should_stop=should_stop):
        stop = block.start + len(block.values)
        outcomes[block.start : stop] = block.outcomes
        statistics += block.statistics
        if on_progress is not None:
            on_progress(stop)
    values[stop:] = np.nan
    names = tuple(kernel.outputs[i].name for i in select)
    spent = Statistics(statistics.steps, statistics.rhs_evaluations, statistics.jacobians, perf_counter() - begun)
    return Solution(solution.times, names, values, tuple(outcomes), spent)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Whom to simulate and how; the fields are the parameters of `solve`.

    Trajectories go into `values` [patient, time, output] where it is given, else into an array per block.
    """

    kernel: CohortKernel
    parameters: Array
    schedule: Schedule
    times: Array
    select: tuple[int, ...]
    rtol: float = 1e-6
    atol_factor: float = ABSOLUTE
    productions: Array | None = None
    method: Method = RODAS5P
    atol: Array | None = None
    values: Array | None = None
    keys: Keys | None = None

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return -(-len(self.parameters) // BLOCK)


def solve_blocks(
    cohort: Cohort,
    *,
    blocks: Sequence[int] | None = None,
    threads: int = 1,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[BlockSolution]:
    """Simulate block after block; yield them in the order asked for.

    Parameters
    ----------
    cohort : Cohort
    blocks : sequence of int, optional
        Which ones; all by default.
    threads : int
        How many are simulated at once.
    should_stop : callable, optional
        Asked several times a second; once true, patients not finished are NaN with the outcome "interrupted", and
        no further block is begun.
    """
    yield from reduce_blocks(cohort, _as_it_is, blocks=blocks, threads=threads, should_stop=should_stop)


def reduce_blocks(
    cohort: Cohort,
    reduce: Callable[[BlockSolution], Result],
    *,
    blocks: Sequence[int] | None = None,
    threads: int = 1,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[Result]:
    """Simulate block after block and yield what `reduce` makes of each, in the order asked for.

    `reduce` runs on the threads of the blocks, and their trajectories are forgotten then: memory is that of
    `threads` + 1 blocks, however many patients there are. Parameters as in `solve_blocks`.
    """
    simulate = _Simulator(cohort)
    wanted = iter(range(cohort.blocks) if blocks is None else blocks)
    running: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(max_workers=max(1, threads), thread_name_prefix="block") as pool:
        try:
            for index in wanted:
                running.append(pool.submit(lambda i: reduce(simulate.block(i)), index))
                if len(running) > threads:
                    yield _wait(running.popleft(), simulate, should_stop)
                if simulate.stopped:
                    break
            while running:
                yield _wait(running.popleft(), simulate, should_stop)
        finally:
            simulate.stop()


def _as_it_is(block: BlockSolution) -> BlockSolution:
    return block


def _wait(future: Future[Result], simulate: _Simulator, should_stop: Callable[[], bool] | None) -> Result:
    """The result of a block; the loop is told to end as soon as the caller asks for it."""
    while True:
        if should_stop is not None and should_stop():
            simulate.stop()
        try:
            return future.result(timeout=_POLL)
        except NotYet:
            if future.done():  # it came to its end just now, or the block itself raised this
                return future.result()


class _Simulator:
    """What all blocks of a cohort share."""

    def __init__(self, cohort: Cohort) -> None:
        self.cohort = cohort
        self.lanes = cohort.kernel.compiled(cohort.select)
        tolerances = segment.Tolerances(cohort.rtol, cohort.atol_factor, cohort.atol)
        self._tolerances = tolerances.checked(len(cohort.kernel.states))
        self._completed = Outcome.COMPLETED.of(float(cohort.times[-1]))
        self._flag = np.zeros(1, dtype=np.int64)

    @property
    def stopped(self) -> bool:
        """Whether patients are no longer carried on."""
        return bool(self._flag[0])

    def stop(self) -> None:
        """End the loops after the steps they are at."""
        self._flag[0] = 1

    def block(self, index: int) -> BlockSolution:
        """Simulate one block."""
        begun = perf_counter()
        cohort, start = self.cohort, index * BLOCK
        stop = min(start + BLOCK, len(cohort.parameters))
        schedule = cohort.schedule.for_patients(start, stop)
        taken = self._seats(schedule, start, stop)
        block = self._carry(schedule, taken, start, self._room(start, stop - start), cohort.method)
        if not cohort.method.is_implicit:
            self._again(schedule, taken, start, block)
        outcomes = tuple(self._outcome(block, taken, start, i) for i in range(stop - start))
        work = block.work.sum(axis=0)
        evaluations = int(work[1]) * cohort.method.stages + 2 * int(work[2])
        jacobians = int(work[1]) if cohort.method.is_implicit else 0
        statistics = Statistics(int(work[0]), evaluations, jacobians, perf_counter() - begun)
        return BlockSolution(index, start, block.values, outcomes, statistics)

    def _seats(self, schedule: Schedule, start: int, stop: int) -> Seats:
        """Where the patients begin."""
        cohort, kernel = self.cohort, self.cohort.kernel
        produced = None if cohort.productions is None else cohort.productions[start:stop]
        steps = dose_steps(schedule, len(kernel.states), float(cohort.times[-1]))
        parameters, chance = cohort.parameters[start:stop], kernel.chance
        if chance is not None:
            parameters = started(parameters, chance, reference.needed(cohort.keys, chance)[start:stop])
        return seats(kernel, self.lanes, parameters, produced, steps, self._flag)

    def _again(self, schedule: Schedule, taken: Seats, start: int, block: Patients) -> None:
        """Begin again, with the Jacobian, those whom the explicit method did not bring to the end."""
        struggling = np.isin(block.status, _STRUGGLING)
        if not struggling.any():
            return
        waiting = replace(taken, status=np.where(struggling, WAITING, REFUSED))
        again = self._carry(schedule, waiting, start, block.values, RODAS5P)
        for name in ("p", "y", "status", "t", "rates"):
            getattr(block, name)[struggling] = getattr(again, name)[struggling]
        block.work[:] += again.work

    def _carry(self, schedule: Schedule, taken: Seats, start: int, values: Array, method: Method) -> Patients:
        """Run the compiled loop over a block."""
        cohort, count, keeper = self.cohort, len(taken.y), Keeper()
        plan, doses = plan_of(schedule, cohort.times, keeper)
        patients = Patients(
            p=taken.p.copy(),
            y=taken.y.copy(),
            scale=taken.scale,
            atol=self._tolerances.at(taken.scale),
            doses=doses,
            values=values,
            status=taken.status.copy(),
            t=np.full(count, plan.start),
            rates=np.zeros_like(taken.y),
            work=np.zeros((count, 4), dtype=np.int64),
            keys=self._keys(start, count),
        )
        steps, kernel = segment.most_steps(cohort.kernel), cohort.kernel
        if not method.is_implicit and kernel.chance is None:
            steps = _EXPLICIT_STEPS
        limits = Limits(cohort.rtol, steps, segment.most_switches(kernel))
        carry(self.lanes, method, plan, patients, limits, self._flag, keeper)
        return patients

    def _keys(self, start: int, count: int) -> NDArray[np.int64]:
        """The keys of the random numbers of a block."""
        keys = self.cohort.keys
        if keys is None:
            return np.broadcast_to(np.array(reference.NO_KEY, dtype=np.int64), (count, 3)).copy()
        return keys[start : start + count].view(np.int64)

    def _room(self, start: int, count: int) -> Array:
        """Where the trajectories of a block go."""
        cohort = self.cohort
        if cohort.values is not None:
            return cohort.values[start : start + count]
        return np.empty((count, len(cohort.times), len(cohort.select)))

    def _outcome(self, block: Patients, taken: Seats, start: int, i: int) -> PatientOutcome:
        """What became of a patient; of one who failed, the values are NaN."""
        if block.status[i] == DONE:
            return self._completed
        block.values[i] = np.nan
        refused = taken.refused.get(i)
        if refused is not None:
            return refused
        outcome, why = outcome_of(self.cohort.kernel, block, i)
        return self._by_reference(block, start + i, i, why) if outcome is None else outcome

    def _by_reference(self, block: Patients, patient: int, i: int, why: str) -> PatientOutcome:
        """Let the reference engine simulate a patient."""
        cohort = self.cohort
        one = slice(patient, patient + 1)
        solution = reference.solve(
            cohort.kernel,
            cohort.parameters[one],
            cohort.schedule.for_patients(patient, patient + 1),
            cohort.times,
            select=cohort.select,
            rtol=cohort.rtol,
            atol_factor=cohort.atol_factor,
            atol=cohort.atol,
            max_steps=min(segment.MAX_STEPS, _FALLBACK_STEPS),
            productions=None if cohort.productions is None else cohort.productions[one],
            keys=None if cohort.keys is None else cohort.keys[one],
            should_stop=lambda: self.stopped,
        )
        block.values[i] = solution.values[0]
        block.work[i] += (solution.statistics.steps, 0, 0, 0)
        outcome = solution.outcomes[0]
        return replace(outcome, sentence=f"{outcome.sentence} (by the reference engine: {why})")
