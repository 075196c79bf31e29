"""The hybrid, reference target: molecules follow their derivative, cells jump where the integral of their hazards says.

Event k of a run happens where ∫(sum of hazards) dt since event k − 1 reaches an exponential number of mean 1. The
integral is one more state of the solver, and the time is found on its dense output. Which event it is follows from the
hazards at that time. The numbers are those of the exact engine: without molecules both give the same run.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.base import SAME_TIME, Action, Entry, Failure, Outcome, Schedule, Solution, Statistics
from cytokinome.engines.stochastic.choice import choose, sums
from cytokinome.engines.stochastic.draws import Draws
from cytokinome.engines.stochastic.runs import LARGEST, MAX_EVENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.hybrid import Hybrid
    from cytokinome.compiler.kernel import Kernel

    Array = NDArray[np.float64]

MAX_STEPS = 1_000_000  # of one run
LOCATED = 1e-13  # relative width of the bracket around an event or a switch
_SAMPLES = (0.25, 0.5, 0.75, 1.0)  # where within a step a switch is looked for


@dataclass(frozen=True, slots=True)
class HybridRuns:
    """Runs of one or more patients.

    Attributes
    ----------
    hybrid, kernel
        Of the same model; the kernel says how a patient starts and what is observed.
    parameters : array [patient, slot]
        Canonical values, completed, baseline productions included.
    schedule : Schedule
        Its values have one entry per patient. Added cells are rounded to whole ones, molecules are not.
    times : array [time]
        Increasing [h].
    select : tuple of int
        Which of ``kernel.outputs`` to return.
    count : int
        Runs per patient.
    seed, first_patient, first_run : int
        The key of the random numbers, as in `runs.Runs`.
    starts : array [patient, state], optional
        Canonical states at the start; default is ``kernel.initial``. Cells are rounded to whole ones.
    rtol, atol_factor : float
        Of the solver; the absolute tolerance of a state is `atol_factor` times its scale.
    max_events : int
        Of one run.
    """

    hybrid: Hybrid
    kernel: Kernel
    parameters: Array
    schedule: Schedule
    times: Array
    select: tuple[int, ...]
    count: int = 1
    seed: int = 0
    first_patient: int = 0
    first_run: int = 0
    starts: Array | None = None
    rtol: float = 1e-6
    atol_factor: float = 1e-8
    max_events: int = MAX_EVENTS


def solve(runs: HybridRuns, *, on_progress: Callable[[int], None] | None = None) -> Solution:
    """Simulate runs, one after the other.

    Parameters
    ----------
    runs : HybridRuns
    on_progress : callable, optional
        Called with the number of runs finished so far.

    Returns
    -------
    Solution
        One row per patient and run, runs of a patient together; a run that fails is NaN with an outcome. Statistics
        count steps of the solver.
    """
    begun, n = perf_counter(), len(runs.parameters) * runs.count
    solution = Solution.unfinished(runs.kernel, runs.times, runs.select, n)
    outcomes, statistics, programs = list(solution.outcomes), Statistics(), _Programs(runs.hybrid)
    for row in range(n):
        path = _Path(runs, programs, *divmod(row, runs.count))
        try:
            with np.errstate(all="ignore"):
                solution.values[row] = path.follow()
            outcomes[row] = Outcome.COMPLETED.of(float(runs.times[-1]))
        except Failure as failure:
            outcomes[row] = failure.outcome
        statistics += Statistics(steps=path.steps)
        if on_progress is not None:
            on_progress(row + 1)
    statistics += Statistics(seconds=perf_counter() - begun)
    return Solution(solution.times, solution.outputs, solution.values, tuple(outcomes), statistics)


class _Programs:
    """What is computed of states and parameters."""

    def __init__(self, hybrid: Hybrid) -> None:
        graph = hybrid.graph
        self.flows = Program(graph, hybrid.flows)
        self.hazards = Program(graph, [jump.hazard for jump in hybrid.jumps])
        self.slopes = Program(graph, [node for _, _, node in hybrid.slopes])
        self.rows = [row for row, _, _ in hybrid.slopes]
        self.columns = [column for _, column, _ in hybrid.slopes]
        self.switches = Program(graph, hybrid.switches)
        self.changes = [Program(graph, [node for _, node in jump.changes]) for jump in hybrid.jumps]


class _Path:
    """One run. `y` holds the states and behind them the integral of the hazards since the last event."""

    def __init__(self, runs: HybridRuns, programs: _Programs, patient: int, run: int) -> None:
        self.runs, self.steps, self.events = runs, 0, 0
        self._programs = programs
        self._p = np.array(runs.parameters[patient], dtype=float)
        self._rates = np.zeros(len(runs.hybrid.states))
        self._schedule = runs.schedule.for_patients(patient, patient + 1)
        self._draws = Draws(runs.seed, runs.first_run + run, runs.first_patient + patient)
        self._wait, self._uniform = self._draws.next()
        given = runs.kernel.initial(self._p) if runs.starts is None else runs.starts[patient]
        self._start = self._whole(np.asarray(given, dtype=float))
        scale = np.asarray(runs.kernel.scale(self._p), dtype=float)
        scale = np.where(np.isfinite(scale) & (scale > 0), scale, 1.0)
        self._atol = runs.atol_factor * np.append(scale, 1.0)
        self._shown = 0
        self._values = np.empty((len(runs.times), len(runs.select)))

    def follow(self) -> Array:
        """Return the outputs [time, output]."""
        times = self.runs.times
        t, end = float(times[0]), float(times[-1])
        y = np.append(self._start, 0.0)
        bad = np.flatnonzero(~(y >= 0))
        if bad.size:
            raise Failure(Outcome.NEGATIVE_START.of(None, self.runs.hybrid.states[int(bad[0])]))
        groups = [g for g in self._schedule.groups() if g[0] <= end + SAME_TIME * max(1.0, abs(end))]
        for time, entries in [*groups, (end, ())]:
            until = min(max(time, t), end)
            while t < until:
                t, y = self._stretch(t, y, until)
            for entry in entries:
                y = self._enter(entry, y)
        self._show(np.inf, lambda _: y)
        return self._values

    # ------------------------------------------------------------------------------------------ between events
    def _rhs(self, t: float, y: Array) -> Array:
        derivative = np.array(self._programs.flows.at(t, y[:-1], self._p))
        derivative[:-1] += self._rates
        return derivative

    def _jacobian(self, t: float, y: Array) -> Array:
        matrix = np.zeros((len(y), len(y)))
        matrix[self._programs.rows, self._programs.columns] = self._programs.slopes.at(t, y[:-1], self._p)
        return matrix

    def _signs(self, t: float, y: Array) -> list[bool]:
        return [value > 0 for value in self._programs.switches.at(t, y[:-1], self._p)]

    def _stretch(self, t: float, y: Array, end: float) -> tuple[float, Array]:
        """Integrate to `end`, the next event, which is carried out, or just behind a switch."""
        from scipy.integrate import LSODA  # slow to load

        if not np.all(np.isfinite(self._rhs(t, y))):
            raise self._failure(Outcome.NOT_FINITE, t, y)
        signs = self._signs(t, y)
        longest = (end - t) / 100 if signs else np.inf  # a condition on time may hold briefly
        options: dict[str, Any] = {"rtol": self.runs.rtol, "atol": self._atol, "max_step": longest}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the solver complains of becomes an outcome
            solver = LSODA(self._rhs, t, y, end, jac=self._jacobian, **options)
            while solver.status == "running":
                solver.step()
                self.steps += 1
                if solver.status == "failed" or not np.all(np.isfinite(solver.y)):
                    raise self._failure(Outcome.STEP_UNDERFLOW, float(solver.t), solver.y)
                if self.steps > MAX_STEPS:
                    raise Failure(Outcome.TOO_MANY_STEPS.of(float(solver.t), limit=MAX_STEPS))
                at: Callable[[float], Array] = solver.dense_output()
                before, after = t if solver.t_old is None else float(solver.t_old), float(solver.t)
                stop = self._first(before, after, lambda s, at=at: self._signs(s, at(s)) != signs) if signs else None
                event = self._first(before, stop or after, lambda s, at=at: at(s)[-1] >= self._wait, _SAMPLES[-1:])
                if event is not None:
                    self._show(min(event, _visible(end)), at)
                    return event, self._jump(event, at(event))
                self._show(min(stop or after, _visible(end)), at)
                if stop is not None:
                    return stop, at(stop)
        return end, np.array(solver.y)

    def _first(
        self, low: float, high: float, is_behind: Callable[[float], bool], samples: tuple[float, ...] = _SAMPLES
    ) -> float | None:
        """Return a time within a step just behind the one at which something comes true; None where it does not."""
        start, length = low, high - low
        for fraction in samples:
            high = start + fraction * length
            if is_behind(high):
                break
            low = high
        else:
            return None
        while high - low > LOCATED * max(1.0, abs(high)):
            middle = 0.5 * (low + high)
            if middle in (low, high):
                break
            low, high = (low, middle) if is_behind(middle) else (middle, high)
        return high

    # --------------------------------------------------------------------------------------------------- events
    def _jump(self, t: float, y: Array) -> Array:
        """Carry out the event that is due."""
        hybrid, n = self.runs.hybrid, len(y) - 1
        hazards = self._programs.hazards.at(t, y[:-1], self._p)
        for jump, hazard in zip(hybrid.jumps, hazards, strict=True):
            if not hazard >= 0:
                raise Failure(Outcome.NEGATIVE_HAZARD.of(t, jump.id))
        which = choose(sums(hazards), self._uniform)
        jump = hybrid.jumps[which]
        changes = self._programs.changes[which].at(t, y[:-1], self._p)
        for (state, _), change in zip(jump.changes, changes, strict=True):
            y[state] += change
        y[:n], y[n] = self._whole(y[:n]), 0.0
        for state in hybrid.counted:
            if y[state] < 0:
                raise Failure(Outcome.NEGATIVE_COUNT.of(t, jump.id))
            if y[state] > LARGEST * hybrid.grain:
                raise Failure(Outcome.BEYOND_COUNTING.of(t, hybrid.states[state]))
        self.events += 1
        if self.events >= self.runs.max_events:
            raise Failure(Outcome.TOO_MANY_EVENTS.of(t, jump.id, self.runs.max_events))
        self._wait, self._uniform = self._draws.next()
        return y

    def _whole(self, y: Array) -> Array:
        """Return the states with whole numbers of cells."""
        cells, grain = list(self.runs.hybrid.counted), self.runs.hybrid.grain
        y = y.copy()
        y[cells] = np.rint(y[cells] / grain) * grain
        return y

    def _enter(self, entry: Entry, y: Array) -> Array:
        """Carry out an entry of the schedule."""
        value, y = float(entry.value[0]), y.copy()
        match entry.action:
            case Action.ADD:
                y[entry.slot] = y[entry.slot] + value if value >= 0 else max(y[entry.slot] + value, 0.0)
            case Action.SET:
                y[entry.slot] = value
            case Action.SCALE:
                y[entry.slot] *= value
            case Action.PARAMETER:
                self._p[entry.slot] = value
            case Action.RATE_ON | Action.RATE_OFF:
                if entry.slot in self.runs.hybrid.counted:
                    raise ValueError(
                        f"the hybrid adds whole cells at once; {self.runs.hybrid.states[entry.slot]} flows"
                    )
                rate = self._rates[entry.slot] + (value if entry.action is Action.RATE_ON else -value)
                # what rounding leaves behind is no infusion
                self._rates[entry.slot] = rate if abs(rate) > 1e-12 * abs(value) else 0.0
        y[:-1] = self._whole(y[:-1])
        return y

    def _failure(self, outcome: Outcome, t: float, y: Array) -> Failure:
        derivative = self._rhs(t, y)[:-1]
        size = np.where(np.isfinite(derivative), np.abs(derivative) / (np.abs(y[:-1]) + self._atol[:-1]), np.inf)
        return Failure(outcome.of(t, self.runs.hybrid.states[int(np.argmax(size))]))

    def _show(self, before: float, at: Callable[[float], Array]) -> None:
        """Fill the outputs of all times before this one that are not filled yet."""
        times, first = self.runs.times, self._shown
        while self._shown < len(times) and times[self._shown] < before:
            self._shown += 1
        for i in range(first, self._shown):
            y = at(float(times[i]))[:-1, None]
            self._values[i] = np.asarray(self.runs.kernel.observe(times[i : i + 1], y, self._p, self.runs.select))[:, 0]


def _visible(end: float) -> float:
    """A time that differs from that of a dose by rounding only shows what is there after it."""
    return end - SAME_TIME * max(1.0, abs(end))
