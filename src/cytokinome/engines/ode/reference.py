"""The reference engine: one patient after the other, plain SciPy, the analytic Jacobian, nothing clever.

Time is cut at every entry of the schedule, so no dose is stepped over, and at every switch of a condition. Within a
stretch the solver chooses its steps; the output is read from its dense output afterwards, hence does not depend on
the grid.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import ABSOLUTE, Action, Entry, Failure, Outcome, Schedule, Solution, Statistics, slack
from cytokinome.engines.draws import Draws, started
from cytokinome.engines.ode import segment
from cytokinome.engines.ode.events import Events
from cytokinome.engines.ode.past import Past
from cytokinome.engines.ode.segment import Interrupted, System, Tolerances, pieces
from cytokinome.engines.ode.start import initialise, positive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Chance, Kernel

    Array = NDArray[np.float64]

NO_KEY = (0, 0, 0)


def solve(
    kernel: Kernel,
    parameters: Array,
    schedule: Schedule,
    times: Array,
    *,
    select: Sequence[int],
    rtol: float = 1e-6,
    atol_factor: float = ABSOLUTE,
    atol: Array | None = None,
    productions: Array | None = None,
    keys: NDArray[np.uint64] | None = None,
    max_steps: int | None = None,
    on_progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Solution:
    """Simulate a cohort.

    Parameters
    ----------
    kernel : Kernel
    parameters : array [patient, parameter]
        Canonical values, completed.
    schedule : Schedule
        Its values have one entry per row of `parameters`. Entries after the last time have no effect.
    times : array [time]
        Increasing [h]. At the time of a dose, the first time included, the output shows the value after the dose.
    select : sequence of int
        Which of ``kernel.outputs`` to return.
    rtol, atol_factor : float
        The absolute tolerance of a state is `atol_factor` times its scale or its largest dose step.
    atol : array [state], optional
        The absolute tolerances instead, in the unit of each state; NaN leaves a state its default.
    productions : array [patient, baseline], optional
        As in `start.initialise`.
    keys : array of uint64 [patient, 3], optional
        Seed, run and patient of the random numbers, for a kernel with an event that happens by chance. Where events
        draw ties alone, none are needed: all patients then draw the same.
    max_steps : int, optional
        Of one patient; `segment.most_steps` by default.
    on_progress : callable, optional
        Called with the number of patients finished so far.
    should_stop : callable, optional
        Asked at every step; once true, the patients not finished are NaN with the outcome "interrupted".

    Returns
    -------
    Solution
        A patient who fails is NaN with an outcome; nobody's failure stops the others.

    Raises
    ------
    ValueError
        `atol` has not one value per state, or a value that is not positive, or keys are missing.
    """
    begun = perf_counter()
    solution = Solution.unfinished(kernel, times, select, len(parameters))
    steps = schedule.largest_steps(len(kernel.states), float(times[-1]))
    outcomes, statistics = list(solution.outcomes), Statistics()
    tolerances = Tolerances(rtol, atol_factor, atol).checked(len(kernel.states))
    limit = segment.most_steps(kernel) if max_steps is None else max_steps
    if kernel.chance is not None:
        parameters = started(parameters, kernel.chance, needed(keys, kernel.chance))
    for patient, p in enumerate(parameters):
        alone = schedule.for_patients(patient, patient + 1)
        run = _Run(kernel, alone, solution.times, select, tolerances, limit, should_stop)
        produced = None if productions is None else productions[patient]
        try:
            with np.errstate(all="ignore"):
                key = None if keys is None else keys[patient].tolist()
                solution.values[patient] = run.patient(p, steps[patient] if len(steps) else 0.0, produced, key)
            outcomes[patient] = Outcome.COMPLETED.of(float(times[-1]))
        except Failure as failure:
            outcomes[patient] = failure.outcome
        except Interrupted:
            break
        finally:
            statistics += run.statistics
        if on_progress is not None:
            on_progress(patient + 1)
    statistics += Statistics(seconds=perf_counter() - begun)
    return Solution(solution.times, solution.outputs, solution.values, tuple(outcomes), statistics)


def needed(keys: NDArray[np.uint64] | None, chance: Chance) -> NDArray[np.uint64]:
    """Return the keys.

    Raises
    ------
    ValueError
        There are none.
    """
    if keys is None:
        raise ValueError(f"the event {chance.event} happens by chance: `keys` of the random numbers are needed")
    return keys


class _Run:
    """The simulation of one patient: what stays the same while time goes on."""

    def __init__(
        self,
        kernel: Kernel,
        schedule: Schedule,
        times: Array,
        select: Sequence[int],
        tolerances: Tolerances,
        max_steps: int,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.kernel, self.times, self.select = kernel, times, select
        self.groups = [group for group in schedule.groups() if group[0] <= float(times[-1]) + slack(float(times[-1]))]
        self.tolerances, self.max_steps, self.should_stop = tolerances, max_steps, should_stop
        self.statistics = Statistics()

    def patient(
        self, parameters: Array, dose_steps: Array | float, productions: Array | None, key: list[int] | None
    ) -> Array:
        """Return the outputs [time, output]."""
        y, p = initialise(self.kernel, parameters, productions, should_stop=self.should_stop)
        scale = np.maximum(positive(self.kernel.scale(p)), dose_steps)
        start, end = float(self.times[0]), float(self.times[-1])
        past = Past(self.kernel, start, y, p, end) if self.kernel.steady_lags else None
        kernel = self.kernel if past is None else past.kernel
        system = System(kernel, p, scale, np.zeros(len(y)), should_stop=self.should_stop, max_steps=self.max_steps)
        system.past = past
        if self.kernel.chance is not None and key is not None:
            system.draws = Draws(*key)
            system.draws.next()  # the parameters have the first ones
        try:
            seed, run, who = NO_KEY if key is None else key
            return self._outputs(system, y, (seed, run, who))
        finally:
            work = system.work
            self.statistics = Statistics(work.steps, work.rhs_evaluations, work.jacobians)

    def _outputs(self, system: System, y: Array, key: tuple[int, int, int]) -> Array:
        values = np.empty((len(self.times), len(self.select)))
        start, end = float(self.times[0]), float(self.times[-1])
        t, done, events = start, 0, Events(system, start, y, key)
        for time, entries in [*self.groups, (end, ())]:
            boundary = min(max(time, start), end)
            upto = int(np.searchsorted(self.times, boundary - slack(boundary)))
            y = self._between(system, events, t, y, boundary, values, slice(done, max(upto, done)))
            for entry in entries:
                y = _apply(system, y, entry)
            if entries:
                events.notice(boundary, y)
            t, done = boundary, max(upto, done)
        values[done:] = self._observe(system, np.full(len(self.times) - done, end), y[:, None])
        return values

    def _between(
        self, system: System, events: Events, t: float, y: Array, end: float, values: Array, rows: slice
    ) -> Array:
        """Integrate from `t` to `end`, stopping at every event; fill the rows within and return the last state."""
        done, last = rows.start, rows.stop
        while True:
            y = events.carry_out(t, y)
            until = events.until(end)
            upto = last if until == end else min(done + int(np.searchsorted(self.times[done:last], until)), last)
            t, y, done = self._stretch(system, events, t, y, until, values, slice(done, upto))
            if t >= end:
                return events.carry_out(t, y)

    def _stretch(
        self, system: System, events: Events, t: float, y: Array, end: float, values: Array, rows: slice
    ) -> tuple[float, Array, int]:
        """Integrate from `t` to `end` or to the first event that is due, and fill the rows whose times lie within.

        Returns the time reached, the state there, and the first row not filled.
        """
        wanted = np.maximum(self.times[rows], t)
        states = np.empty((len(y), len(wanted)))
        done = 0
        atol = self.tolerances.at(system.scale)
        for piece in pieces(system, t, y, end, rtol=self.tolerances.relative, atol=atol):
            upto = int(np.searchsorted(wanted, piece.end))
            # One time at a time: a product of matrices rounds differently with the number of its columns.
            for column in range(done, upto):
                states[:, column] = piece.at(wanted[column])
            done = max(done, upto)
            t, y = piece.end, piece.state
            if self.kernel.events:
                events.notice(t, y)
                if events.until(end) < end:  # one has fired that is due before the stretch ends
                    break
        else:
            # a time that rounding puts behind the end takes the last state
            states[:, done:] = y[:, None]
            t, done = max(t, end), len(wanted)
        reached = slice(rows.start, rows.start + done)
        values[reached] = self._observe(system, wanted[:done], states[:, :done])
        return t, y, reached.stop

    def _observe(self, system: System, times: Array, states: Array) -> Array:
        """Outputs [time, output]; one column of states serves all times."""
        if not len(times):
            return np.empty((0, len(self.select)))
        states = np.broadcast_to(states, (len(states), len(times)))
        return np.asarray(system.kernel.observe(times, states, system.parameters, self.select)).T


def _apply(system: System, y: Array, entry: Entry) -> Array:
    """Carry out one entry; return the new state."""
    value = float(entry.value[0])
    y = y.copy()
    match entry.action:
        case Action.ADD:
            y[entry.slot] = y[entry.slot] + value if value >= 0 else max(y[entry.slot] + value, 0.0)
        case Action.SET:
            y[entry.slot] = value
        case Action.SCALE:
            y[entry.slot] *= value
        case Action.RATE_ON:
            system.rates[entry.slot] += value
        case Action.RATE_OFF:
            left = system.rates[entry.slot] - value
            # what rounding leaves behind is no infusion
            system.rates[entry.slot] = left if abs(left) > 1e-12 * abs(value) else 0.0
        case Action.PARAMETER:
            system.parameters[entry.slot] = value
    return y
