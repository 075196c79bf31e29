"""One stretch of time without doses: steps of a stiff solver, cut where a condition switches.

LSODA chooses between a stiff and a non-stiff method; where it gives up, Radau IIA goes on from the last good step.
Both are SciPy's. Steps are chosen by error control alone: the output grid is unknown here.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cytokinome.engines.base import Failure, Outcome
from cytokinome.engines.ode.past import Ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from scipy.integrate import LSODA, Radau

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.draws import Draws
    from cytokinome.engines.ode.past import Past

    Array = NDArray[np.float64]

MAX_STEPS = 200_000  # of one patient; a chain of 100 stages with hourly doses needs a tenth
MAX_SWITCHES = 10_000  # of one patient
MAX_JUMPS = 10_000_000  # steps, and switches, of one patient whose cells jump by chance
LOCATED = 1e-22  # width [h] of the bracket around a switch; from some microseconds on, two neighbouring numbers
_SAMPLES = (0.25, 0.5, 0.75, 1.0)  # where within a step a switch is looked for
_DRIFT = 1e-3  # relative, with the scale of a state added
_WITHOUT_BOUND = 1e10  # times the scale of a state


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How exact a solution shall be: `absolute` [state], in the unit of each, or `factor` times its scale where NaN."""

    relative: float
    factor: float
    absolute: Array | None = None

    def checked(self, n_states: int) -> Tolerances:
        """Return these tolerances.

        Raises
        ------
        ValueError
            `absolute` has not one value per state, or a value that is not positive.
        """
        given = np.zeros(0) if self.absolute is None else np.asarray(self.absolute, dtype=float)
        if self.absolute is not None and given.shape != (n_states,):
            raise ValueError(f"atol needs {n_states} values, one per state, NaN for the default; got {given.shape}")
        for i in np.flatnonzero(~(np.isnan(given) | (np.isfinite(given) & (given > 0)))):
            raise ValueError(f"atol of state {i} is {given[i]:g}; give a positive number, or NaN for the default")
        return self

    def at(self, scale: Array) -> Array:
        """Return the absolute tolerances [..., state] of states with these scales."""
        default = self.factor * scale
        return default if self.absolute is None else np.where(np.isnan(self.absolute), default, self.absolute)


def most_steps(kernel: Kernel) -> int:
    """Return how many steps one patient may take."""
    return MAX_STEPS if kernel.chance is None else MAX_JUMPS


def most_switches(kernel: Kernel) -> int:
    """Return how often conditions may switch in one patient; that an event by chance is due is one."""
    return MAX_SWITCHES if kernel.chance is None else MAX_JUMPS


class Interrupted(Exception):
    """The caller asked to stop."""


@dataclass(slots=True)
class Work:
    """Counters of one patient."""

    steps: int = 0
    rhs_evaluations: int = 0
    jacobians: int = 0
    switches: int = 0


@dataclass(slots=True)
class System:
    """A kernel with one patient's numbers: what the solver sees.

    `rates` [state] is added to the derivative (infusions); the states of `pinned` do not move; `frozen_time`, where
    set, replaces the time in the equations (steady states); `draws` are the numbers of an event that happens by chance;
    `past` is what `kernel` remembers.
    """

    kernel: Kernel
    parameters: Array
    scale: Array
    rates: Array
    pinned: tuple[int, ...] = ()
    frozen_time: float | None = None
    should_stop: Callable[[], bool] | None = None
    max_steps: int = field(default_factory=lambda: MAX_STEPS)
    draws: Draws | None = None
    past: Past | None = None
    work: Work = field(default_factory=Work)

    def rhs(self, t: float, y: Array) -> Array:
        """Return the derivative [state]."""
        self.work.rhs_evaluations += 1
        derivative = self.kernel.rhs(self._time(t), y, self.parameters) + self.rates
        if self.kernel.determined and self.rates.any():
            following = self.kernel.following(self._time(t), y, self.parameters)
            derivative[list(self.kernel.determined)] += following @ self.rates
        derivative[list(self.pinned)] = 0.0
        return derivative

    def jacobian(self, t: float, y: Array) -> Array:
        """Return the derivative of `rhs` by the states [state, state]."""
        self.work.jacobians += 1
        matrix = np.array(self.kernel.jacobian(self._time(t), y, self.parameters), dtype=float)
        matrix[list(self.pinned)] = 0.0
        return matrix

    def switches(self, t: float, y: Array) -> Array:
        """Return what is above 0 on one side of each switch."""
        return np.asarray(self.kernel.switches(self._time(t), y, self.parameters))

    def signs(self, t: float, y: Array) -> NDArray[np.bool_]:
        """Return on which side of each switch the system is."""
        return self.switches(t, y) > 0

    def fail(self, outcome: Outcome, t: float, y: Array, limit: int = 0) -> Failure:
        """Return the failure with the state that is most to blame; a model without states has events alone."""
        if not self.kernel.states:
            return Failure(outcome.of(t, "events", limit))
        worst, chance = int(np.argmax(np.nan_to_num(self._blame(outcome, t, y), nan=np.inf))), self.kernel.chance
        if outcome is Outcome.NOT_FINITE and chance is not None and worst == chance.integral:
            return Failure(Outcome.NEGATIVE_HAZARD.of(t, self.kernel.unsound(self._time(t), y, self.parameters)))
        if outcome in (Outcome.NOT_FINITE, Outcome.STEP_UNDERFLOW) and self.kernel.determined:
            settled = self.kernel.settled(self._time(t), y, self.parameters)
            lost = [i for i in self.kernel.determined if i == worst or np.isnan(settled[i])]
            if lost:
                return Failure(Outcome.UNDETERMINED.of(t, self.kernel.states[lost[0]]))
        return Failure(outcome.of(t, self.kernel.states[worst], limit))

    def has_blown_up(self, y: Array) -> bool:
        """Return whether a state is so large that a step which came to nothing is no surprise."""
        return bool(np.max(np.abs(y) / self.scale, initial=0.0) > _WITHOUT_BOUND)

    def has_drifted(self, t: float, y: Array) -> bool:
        """Return whether what conditions determine is so far from where the solver has it that it may be mistaken."""
        if not self.kernel.determined:
            return False
        off = np.abs(self.kernel.settled(self._time(t), y, self.parameters) - y)
        return bool(np.any(off > _DRIFT * (np.abs(y) + self.scale)))

    def give_up(self, t: float, y: Array) -> Failure:
        """Return why no further step was possible."""
        return self.fail(Outcome.BLOWN_UP if self.has_blown_up(y) else Outcome.STEP_UNDERFLOW, t, y)

    def _blame(self, outcome: Outcome, t: float, y: Array) -> Array:
        """How much each state has to do with an outcome."""
        if outcome is Outcome.BLOWN_UP:
            return np.abs(y) / self.scale
        derivative = self.kernel.rhs(self._time(t), y, self.parameters) + self.rates
        if self.kernel.determined and self.rates.any():
            following = self.kernel.following(self._time(t), y, self.parameters)
            derivative[list(self.kernel.determined)] += following @ self.rates
        if outcome is Outcome.NOT_FINITE:
            return np.where(np.isfinite(derivative) & np.isfinite(y), 0.0, 1.0)
        derivative[list(self.pinned)] = 0.0
        return np.abs(derivative) / (np.abs(y) + self.scale)

    def _time(self, t: float) -> float:
        return t if self.frozen_time is None else self.frozen_time


@dataclass(frozen=True, slots=True)
class Piece:
    """A solver step, or its part before a switch: `at` gives the states at any time within it."""

    start: float
    end: float
    state: Array  # at `end`
    at: Callable[[float], Array]


def pieces(system: System, t: float, y: Array, end: float, *, rtol: float, atol: Array) -> Iterator[Piece]:
    """Integrate from `t` to `end` and yield every step.

    At a switch the integration starts afresh just behind it, and where what conditions determine has drifted away.

    Raises
    ------
    Failure
        The patient cannot be simulated further.
    Interrupted
        `system.should_stop` said so.
    """
    while t < end:
        y = system.kernel.settled(t, y, system.parameters)
        signs = system.signs(t, y)
        # A condition on time may hold so briefly that long steps would not see it.
        longest = (end - t) / 100 if signs.size else np.inf
        for step in _steps(system, t, y, end, rtol=rtol, atol=atol, longest=longest):
            piece = _until_flip(system, step, signs) if signs.size else step
            if piece is not step and system.past is not None:
                system.past.shorten(piece)
            yield piece
            t, y = piece.end, piece.state
            if piece is not step:
                system.work.switches += 1
                if system.work.switches > most_switches(system.kernel):
                    raise system.fail(Outcome.TOO_MANY_SWITCHES, t, y, most_switches(system.kernel))
                break
            if system.has_drifted(t, y):
                break


def _steps(
    system: System, t: float, y: Array, end: float, *, rtol: float, atol: Array, longest: float
) -> Iterator[Piece]:
    """Steps no longer than asked for, and so short that what is delayed lies before them."""
    past = system.past
    if past is None:
        yield from _either(system, t, y, end, rtol=rtol, atol=atol, longest=longest)
        return
    until = past.begin(t, y, system.parameters, end)
    while t < end:
        past.open(t, until)
        try:
            for piece in _either(system, t, y, until, rtol=rtol, atol=atol, longest=min(longest, past.longest())):
                past.add(piece)
                yield piece
                t, y = piece.end, piece.state
                past.open(t, until)
        except Ahead:
            until = min(t + max((until - t) / 8, past.shortest), end)
        else:
            until = past.begin(t, y, system.parameters, end)


def _either(
    system: System, t: float, y: Array, end: float, *, rtol: float, atol: Array, longest: float
) -> Iterator[Piece]:
    """Steps of LSODA; behind the last good one, of Radau."""
    from scipy.integrate import LSODA, Radau  # slow to load, and checking an experiment does not need it

    if not np.all(np.isfinite(system.rhs(t, y))):
        raise system.fail(Outcome.NOT_FINITE, t, y)
    options: dict[str, Any] = {"rtol": rtol, "atol": atol, "max_step": longest}
    try:
        for piece in _run(system, partial(LSODA, _strict(system), t, y, end, jac=system.jacobian, **options)):
            yield piece
            t, y = piece.end, piece.state
    except Failure as failure:
        if system.work.steps >= system.max_steps:
            raise
        first = failure
    else:
        return
    # Radau takes a derivative that is not finite for a reason to take a smaller step.
    options["first_step"] = min((end - t) * 1e-6, longest)
    if t + options["first_step"] == t:
        raise first
    yield from _run(system, partial(Radau, system.rhs, t, y, end, jac=system.jacobian, **options))


def _strict(system: System) -> Callable[[float, Array], Array]:
    """The right-hand side for LSODA, which does not notice numbers that are not finite."""

    def rhs(t: float, y: Array) -> Array:
        derivative = system.rhs(t, y)
        if not np.all(np.isfinite(derivative)):
            raise system.fail(Outcome.NOT_FINITE, t, y)
        return derivative

    return rhs


def _run(system: System, make: Callable[[], LSODA | Radau]) -> Iterator[Piece]:
    """Steps of one solver to its end, as pieces."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the solver complains of becomes an outcome
        solver = make()
    while solver.status == "running":
        if system.should_stop is not None and system.should_stop():
            raise Interrupted
        before, y_before = float(solver.t), np.array(solver.y)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                solver.step()
        except (ValueError, np.linalg.LinAlgError):  # Radau: a Jacobian that is not finite, or singular throughout
            raise system.fail(Outcome.NOT_FINITE, before, y_before) from None
        state = np.array(solver.y)
        if solver.status == "failed" or solver.t <= before:
            raise system.give_up(before, y_before)
        if not np.all(np.isfinite(state)):
            raise system.fail(Outcome.NOT_FINITE, before, state)
        system.work.steps += 1
        yield Piece(before, float(solver.t), state, solver.dense_output())
        if system.work.steps >= system.max_steps:
            raise system.fail(Outcome.TOO_MANY_STEPS, float(solver.t), state, system.max_steps)


def _until_flip(system: System, step: Piece, signs: NDArray[np.bool_]) -> Piece:
    """The part of a step up to just behind its first flip, or the step itself."""
    low = step.start
    for fraction in _SAMPLES:
        high = step.start + fraction * (step.end - step.start)
        if not np.array_equal(system.signs(high, step.at(high)), signs):
            break
        low = high
    else:
        return step
    end = _first_flip(lambda t: system.switches(t, step.at(t)), low, high, signs)
    return Piece(step.start, end, step.at(end), step.at)


def _first_flip(switches: Callable[[float], Array], low: float, high: float, signs: NDArray[np.bool_]) -> float:
    """Return the smallest number between `low` and `high` at which a switch has left its side.

    The secant of the first that does so, kept off the ends by a thousandth, closes in from both sides; every third
    point is the middle.
    """
    below, above = switches(low), switches(high)
    count = 0
    while True:
        count += 1
        width, middle = high - low, 0.5 * (low + high)
        if width <= LOCATED or middle in (low, high):
            return high
        point = middle
        if count % 3 < 2:
            flipped = (above > 0) != signs
            with np.errstate(all="ignore"):
                roots = low + width * (below / (below - above))[flipped]
            first = float(np.min(roots)) if np.all(np.isfinite(roots)) else middle
            point = min(max(first, low + 1e-3 * width), high - 1e-3 * width)
            point = middle if point in (low, high) else point
        values = switches(point)
        if np.array_equal(values > 0, signs):
            low, below = point, values
        else:
            high, above = point, values
