"""The reference: Gillespie's direct method, one run after the other, every hazard anew at every event.

D. T. Gillespie, Journal of Physical Chemistry 81 (1977) 2340-2361. The time of event k is where ∫(sum of hazards) dt
since event k − 1 reaches an exponential number of mean 1, so neither a dose nor a condition on time costs a draw.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.jumps import steps
from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.base import Failure, Outcome, Solution, Statistics
from cytokinome.engines.draws import Draws
from cytokinome.engines.stochastic.cells import CellPrograms, Cells, check_schedule
from cytokinome.engines.stochastic.choice import choose, sums
from cytokinome.engines.stochastic.course import changed
from cytokinome.engines.stochastic.happenings import Happenings
from cytokinome.engines.stochastic.passages import Watch
from cytokinome.engines.stochastic.runs import LARGEST, UNBOUNDED, Runs, Trajectories

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cytokinome.engines.stochastic.course import Stretch

    Array = NDArray[np.float64]


class Interrupted(Exception):
    """The caller asked to stop."""


def solve(
    runs: Runs,
    *,
    on_progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Trajectories:
    """Simulate runs, one after the other.

    Parameters
    ----------
    runs : Runs
    on_progress : callable, optional
        Called with the number of runs finished so far.
    should_stop : callable, optional
        Asked at every event; once true, the runs not finished are NaN with the outcome "interrupted".
    """
    begun, n = perf_counter(), len(runs.parameters) * runs.count
    solution = Solution.unfinished(runs.kernel, runs.times, runs.select, n)
    outcomes, passages = list(solution.outcomes), np.full((n, len(runs.watches)), np.nan)
    statistics = Statistics()
    check_schedule(runs)
    programs = CellPrograms(runs.jumps) if runs.jumps.is_marked else None
    for row in range(n):
        patient, run = divmod(row, runs.count)
        path = _Path(runs, programs, patient, run, should_stop)
        try:
            with np.errstate(all="ignore"):
                solution.values[row] = path.follow()
            passages[row] = path.watch.times
            outcomes[row] = Outcome.COMPLETED.of(float(runs.times[-1]))
        except Failure as failure:
            outcomes[row] = failure.outcome
        except Interrupted:
            break
        finally:
            statistics += Statistics(steps=path.events)
        if on_progress is not None:
            on_progress(row + 1)
    statistics += Statistics(seconds=perf_counter() - begun)
    return Trajectories(
        Solution(solution.times, solution.outputs, solution.values, tuple(outcomes), statistics), passages
    )


class _Path:
    """One run."""

    def __init__(
        self,
        runs: Runs,
        programs: CellPrograms | None,
        patient: int,
        run: int,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.runs, self.patient, self.should_stop = runs, patient, should_stop
        self.events = 0
        self._programs = programs
        self._cells: Cells | None = None
        self._hazards = Program(runs.jumps.graph, [jump.hazard for jump in runs.jumps.jumps])
        self._key = runs.seed, runs.first_run + run, runs.first_patient + patient
        self._draws = Draws(*self._key)
        self._left, self._uniform = self._draws.next()
        self._shown = 0
        self._values = np.empty((len(runs.times), len(runs.select)))
        self.watch = Watch(runs.watches)

    def follow(self) -> Array:
        """Return the outputs [time, output]."""
        course = self.runs.course(self.patient)
        t, end = float(self.runs.times[0]), float(self.runs.times[-1])
        stretch = course.next(t)
        counts = self.runs.counts(self.patient, stretch.grains)
        if self._programs is not None:
            self._cells = Cells(self.runs.jumps, self._programs, counts, self._draws, stretch.parameters)
        happenings, known = Happenings(self.runs.kernel, stretch, counts, self._key), course.parameters
        counts = happenings.carry_out(t, counts, stretch, course)  # what fires from the start, before any dose
        if course.parameters is not known:
            stretch = replace(course.next(t), changes=stretch.changes)
        while True:
            counts = changed(counts, stretch.changes)
            if self._cells is not None and stretch.changes:
                self._cells.obey(counts, stretch.parameters)
            self.watch.look(t, counts, stretch.grains)
            known = course.parameters
            counts = happenings.carry_out(t, counts, stretch, course)
            if course.parameters is not known:  # an event of the model has changed one
                stretch = course.next(t)
            if t >= end:
                self._show(np.inf, counts, stretch)
                return self._values
            t, counts = self._within(stretch, counts, happenings)
            stretch = course.next(t)

    def _within(self, stretch: Stretch, counts: Array, happenings: Happenings) -> tuple[float, Array]:
        """Carry out events up to the end of the stretch or the first event of the model; return time and counts."""
        t, changes = stretch.start, steps(self.runs.jumps, stretch.parameters)
        while True:
            hazards = self._hazards.at(stretch.clock, counts, stretch.parameters)
            if self._cells is not None:
                hazards = self._cells.hazards(hazards, counts, stretch)
            levels = sums(hazards)
            self._check(hazards, levels, t)
            total, end = float(levels[-1][0, -1]), min(stretch.end, happenings.next_time())
            wait = self._left / total if total > 0 else np.inf
            if not t + wait < end:
                self._left = max(self._left - total * (end - t), 0.0)
                self._show(min(end, stretch.visible), counts, stretch)
                return end, counts
            t += wait
            self._show(min(t, stretch.visible), counts, stretch)
            event = choose(levels, self._uniform)
            change = changes[event]
            if self._cells is not None:
                change = self._cells.event(event, hazards[event], counts, stretch, t)
            counts = self._after(event, change, counts, t)
            self.watch.look(t, counts, stretch.grains)
            happenings.notice(t, counts, stretch)

    def _after(self, event: int, change: Sequence[tuple[int, float]], counts: Array, t: float) -> Array:
        name = self.runs.jumps.jumps[event].id
        counts = counts.copy()
        for state, step in change:
            counts[state] += step
            if counts[state] < 0:
                raise Failure(Outcome.NEGATIVE_COUNT.of(t, name))
            if counts[state] > LARGEST:
                raise Failure(Outcome.BEYOND_COUNTING.of(t, self.runs.jumps.states[state]))
        self.events += 1
        if self.events >= self.runs.max_events:
            raise Failure(Outcome.TOO_MANY_EVENTS.of(t, name, self.runs.max_events))
        if self.should_stop is not None and self.should_stop():
            raise Interrupted
        self._left, self._uniform = self._draws.next()
        return counts

    def _check(self, hazards: list[float], levels: list[Array], t: float) -> None:
        for jump, hazard in zip(self.runs.jumps.jumps, hazards, strict=True):
            if not hazard >= 0:
                raise Failure(Outcome.NEGATIVE_HAZARD.of(t, jump.id))
        if levels[-1][0, -1] >= UNBOUNDED:
            fastest = self.runs.jumps.jumps[int(np.argmax(hazards))]
            raise Failure(Outcome.UNBOUNDED_HAZARD.of(t, fastest.id))

    def _show(self, before: float, counts: Array, stretch: Stretch) -> None:
        """Fill the outputs of all times before this one that are not filled yet."""
        times, first = self.runs.times, self._shown
        while self._shown < len(times) and times[self._shown] < before:
            self._shown += 1
        rows = slice(first, self._shown)
        if rows.start == rows.stop:
            return
        y = np.repeat((counts * stretch.grains)[:, None], rows.stop - rows.start, axis=1)
        p = stretch.parameters[: self.runs.jumps.n_slots]
        self._values[rows] = np.asarray(self.runs.kernel.observe(times[rows], y, p, self.runs.select)).T
