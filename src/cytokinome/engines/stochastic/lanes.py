"""The compiled stochastic engine: a run is a lane, runs go to threads in blocks, and every bit is the reference's.

A run depends on the key (seed, run, patient) alone, so neither threads nor blocks enter a trajectory.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng
from cytokinome.compiler.jumps import steps
from cytokinome.compiler.targets.counting import JumpKernel, compile_jumps
from cytokinome.engines.base import Action, Failure, Outcome, PatientOutcome, Solution, Statistics
from cytokinome.engines.draws import PURPOSE
from cytokinome.engines.stochastic import lane_runs as lane
from cytokinome.engines.stochastic.runs import Runs, Trajectories
from cytokinome.errors import UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from cytokinome.engines.stochastic.course import Stretch

    Array = NDArray[np.float64]

BLOCK = 2**22  # numbers that the counts of a block may take, so that memory does not grow with the runs
_KINDS = {Action.ADD: lane.ADD, Action.SET: lane.SET, Action.SCALE: lane.SCALE}


def solve(
    runs: Runs,
    *,
    threads: int = 1,
    on_progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Trajectories:
    """Simulate runs on compiled lanes.

    Parameters
    ----------
    runs : Runs
        Of a model without stated events, whose events take nothing along that differs between cells.
    threads : int
        The result does not depend on them.
    on_progress : callable, optional
        Called with the number of runs finished so far.
    should_stop : callable, optional
        Asked after every block of runs; once true, the runs not finished are NaN with the outcome "interrupted".

    Raises
    ------
    UnsupportedFeature
        The model states events, or events take along what single cells carry: the reference runs them.
    """
    if runs.jumps.is_marked:
        raise UnsupportedFeature(
            f"{runs.jumps.model_id}: events take along what single cells carry; the compiled stochastic engine refuses "
            "it, the reference target runs it"
        )
    if runs.kernel.events:
        raise UnsupportedFeature(
            f"{runs.jumps.model_id} states events; the compiled stochastic engine refuses them, the reference target "
            "runs them"
        )
    begun = perf_counter()
    compiled, n = compile_jumps(runs.jumps), len(runs.parameters) * runs.count
    solution = Solution.unfinished(runs.kernel, runs.times, runs.select, n)
    results = _Results(runs, solution.values, list(solution.outcomes), np.full((n, len(runs.watches)), np.nan))
    stop = np.zeros(1, dtype=np.int64)

    def work(block: _Block) -> None:
        if stop[0]:
            return
        done = results.enter(block, _simulate(runs, compiled, block, stop))
        if on_progress is not None:
            on_progress(done)
        if should_stop is not None and should_stop():
            stop[0] = 1

    with ThreadPoolExecutor(threads) as pool:
        try:
            for _ in pool.map(work, _blocks(runs, compiled, results, threads)):
                pass
        except KeyboardInterrupt:
            stop[0] = 1
    statistics = Statistics(steps=results.events, seconds=perf_counter() - begun)
    finished = Solution(solution.times, solution.outputs, results.values, tuple(results.outcomes), statistics)
    return Trajectories(finished, results.passages)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The course of a patient as the loop reads it."""

    stretches: tuple[Stretch, ...]
    start: Array
    tables: tuple[NDArray, ...]

    @classmethod
    def of(cls, runs: Runs, compiled: JumpKernel, patient: int) -> _Plan:
        course, end = runs.course(patient), float(runs.times[-1])
        stretches = [course.next(float(runs.times[0]))]
        start = runs.counts(patient, stretches[0].grains)
        while stretches[-1].start < end:
            stretches.append(course.next(stretches[-1].end))
        moves = [[change for own in steps(runs.jumps, s.parameters) for _, change in own] for s in stretches]
        changes = [change for s in stretches for change in s.changes]
        tables = (
            np.array([s.start for s in stretches]),
            np.array([s.end for s in stretches]),
            np.array([s.visible for s in stretches]),
            np.array([compiled.kept(s.parameters, s.clock) for s in stretches]),
            np.array([[*own, 0.0] for own in moves]),
            np.array([s.grains for s in stretches]),
            np.cumsum([0, *(len(s.changes) for s in stretches)]),
            np.array([_KINDS[change.action] for change in changes], dtype=np.int64),
            np.array([change.state for change in changes], dtype=np.int64),
            np.array([change.value for change in changes], dtype=np.float64),
        )
        return cls(tuple(stretches), start, tables)


@dataclass(frozen=True, slots=True)
class _Block:
    """Runs first … stop - 1 of one patient."""

    patient: int
    first: int
    stop: int
    plan: _Plan


@dataclass(frozen=True, slots=True)
class _Found:
    """Counts [run, time, state], passages [run, watch], (status, who is to blame, events) [run, 3], times [run]."""

    counts: Array
    passages: Array
    status: NDArray[np.int64]
    when: Array


def _blocks(runs: Runs, compiled: JumpKernel, results: _Results, threads: int) -> Iterator[_Block]:
    """Give the blocks of all patients who can start; note the others."""
    shared = runs.count if threads == 1 else -(-runs.count // (4 * threads))
    size = max(1, min(BLOCK // max(1, len(runs.times) * compiled.n_states), shared))
    for patient in range(len(runs.parameters)):
        try:
            plan = _Plan.of(runs, compiled, patient)
        except Failure as failure:
            rows = slice(patient * runs.count, (patient + 1) * runs.count)
            results.outcomes[rows] = [failure.outcome] * runs.count
            continue
        for first in range(0, runs.count, size):
            yield _Block(patient, first, min(first + size, runs.count), plan)


def _simulate(runs: Runs, compiled: JumpKernel, block: _Block, stop: NDArray[np.int64]) -> _Found:
    n = block.stop - block.first
    found = _Found(
        np.empty((n, len(runs.times), compiled.n_states)),
        np.full((n, len(runs.watches)), np.nan),
        np.zeros((n, 3), dtype=np.int64),
        np.zeros(n),
    )
    addresses = compiled.begin, compiled.fire, np.array(compiled.tree.starts)
    tables = compiled.tree.n_hazards, compiled.offsets, compiled.changed
    words = (runs.seed, rng.purpose(PURPOSE), runs.first_patient + block.patient, runs.first_run + block.first)
    key, outer = tuple(np.uint64(word) for word in words), (runs.times, _watches(runs), runs.max_events)
    results = (found.counts, found.passages, found.status, found.when)
    lane.follow(addresses, tables, block.plan.tables, key, outer, stop, block.plan.start, results)
    return found


def _watches(runs: Runs) -> tuple[NDArray, ...]:
    return (
        np.cumsum([0, *(len(w.states) for w in runs.watches)]),
        np.array([state for w in runs.watches for state in w.states], dtype=np.int64),
        np.array([w.level for w in runs.watches], dtype=np.float64),
        np.array([w.upward for w in runs.watches], dtype=np.bool_),
    )


class _Results:
    """What the blocks find, put in its place."""

    def __init__(self, runs: Runs, values: Array, outcomes: list[PatientOutcome], passages: Array) -> None:
        self.values, self.outcomes, self.passages = values, outcomes, passages
        self.events, self._done = 0, 0
        self._runs, self._lock = runs, Lock()

    def enter(self, block: _Block, found: _Found) -> int:
        """Take what a block found; return the number of runs finished so far."""
        first = block.patient * self._runs.count + block.first
        rows = slice(first, first + block.stop - block.first)
        values = self._observed(block, found.counts)
        failed = found.status[:, 0] != lane.DONE
        values[failed], found.passages[failed] = np.nan, np.nan
        self.values[rows], self.passages[rows] = values, found.passages
        self.outcomes[rows] = [self._outcome(*own) for own in zip(*found.status.T, found.when, strict=True)]
        with self._lock:
            self.events += int(found.status[:, 2].sum())
            self._done += int((found.status[:, 0] != lane.WAITING).sum())
            return self._done

    def _observed(self, block: _Block, counts: Array) -> Array:
        """Return the outputs [run, time, output]: those of a stretch with its parameters."""
        runs, stretches = self._runs, block.plan.stretches
        values = np.empty((len(counts), len(runs.times), len(runs.select)))
        visible = [s.visible for s in stretches[:-1]]
        limits = [0, *(int(np.searchsorted(runs.times, v)) for v in visible), len(runs.times)]
        with np.errstate(all="ignore"):
            for stretch, (first, last) in zip(stretches, pairwise(limits), strict=True):
                if last <= first:
                    continue
                y = (counts[:, first:last] * stretch.grains).reshape(-1, counts.shape[2]).T
                t, p = np.tile(runs.times[first:last], len(counts)), stretch.parameters[: runs.jumps.n_slots]
                seen = np.asarray(runs.kernel.observe(t, y, p, runs.select))
                values[:, first:last] = seen.T.reshape(len(counts), last - first, -1)
        return values

    def _outcome(self, status: int, culprit: int, events: int, when: float) -> PatientOutcome:
        jumps, limit = self._runs.jumps, self._runs.max_events
        if status == lane.DONE:
            return Outcome.COMPLETED.of(float(self._runs.times[-1]))
        if status == lane.WAITING:
            return Outcome.INTERRUPTED.of()
        if status == lane.BEYOND:
            return Outcome.BEYOND_COUNTING.of(float(when), jumps.states[culprit])
        kinds = {
            lane.NEGATIVE: Outcome.NEGATIVE_HAZARD, lane.UNBOUNDED: Outcome.UNBOUNDED_HAZARD,
            lane.TAKEN: Outcome.NEGATIVE_COUNT, lane.TOO_MANY: Outcome.TOO_MANY_EVENTS,
        }  # fmt: skip
        return kinds[status].of(float(when), jumps.jumps[culprit].id, limit)
