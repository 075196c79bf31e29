"""Steps in time: diffusion and loss exactly, everything else by exponential Runge-Kutta, not split from them.

With u' = L u + N(t, u) and z = h L, the method ETD2RK (Cox & Matthews 2002, doi:10.1006/jcph.2002.6995) is

    a = e^z u + h φ1(z) N(t, u),    u' = a + h φ2(z) (N(t + h, a) - N(t, u)),

with φ1(z) = (e^z - 1)/z and φ2(z) = (e^z - 1 - z)/z². The difference u' - a is the error of the first-order method in
it and chooses the step, so what is returned is better than asked for.

Sinks are part of N, and cells are many: so the mean over the box of their first-order rates is moved from N to L, which
is exact for a uniform tissue. Where a voxel has less than the mean, L then holds back what N gives, and the second
stage sees a step that is too small by the excess times h: its change counts that much more as an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import frexp, ldexp, prod
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from cytokinome.engines.base import Failure, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.engines.tissue.fields_waves import Waves

    Array = NDArray[np.float64]

RTOL = 1e-3
HALVINGS = 40  # of the interval: a step below 1e-12 of it reaches nothing
SERIES = 1.0  # below this |z| the difference quotients lose digits, and a short series does not
TERMS = 20  # 1/22! < 1e-21
LEAST = 1e-3
KEPT = 16  # factors of recent steps


class State(NamedTuple):
    """Concentrations [field, *shape] in pM, and `inside` [number]: what agents carry."""

    fields: Array
    inside: Array


class Rest(Protocol):
    """All that changes a state but diffusion and first-order loss."""

    def rates(self, t: float, state: State) -> State:
        """Return the rates [per h]."""
        ...

    def slopes(self, t: float, state: State) -> State:
        """Return the first-order rates [1/h] at which each value is taken away: minus its rate's slope in itself."""
        ...


def phi1(z: Array) -> Array:
    """Return (e^z - 1)/z for z ≤ 0, to rounding also near zero."""
    z = np.asarray(z, dtype=float)
    return np.divide(np.expm1(z), z, out=np.ones_like(z), where=z != 0)


def phi2(z: Array) -> Array:
    """Return (e^z - 1 - z)/z² for z ≤ 0, near zero by its series Σ z^k/(k + 2)! (Kassam & Trefethen 2005)."""
    z = np.asarray(z, dtype=float)
    near = np.where(np.abs(z) < SERIES, z, 0.0)
    series = np.zeros_like(z)
    for k in range(TERMS, -1, -1):  # Horner: 1/2·(1 + z/3·(1 + z/4·(…)))
        series = (1.0 + series * near) / (k + 2)
    far = np.where(np.abs(z) < SERIES, -SERIES, z)
    return np.where(np.abs(z) < SERIES, series, (np.expm1(far) - far) / far**2)


class Factors(NamedTuple):
    """e^z, h·φ1(z) and h·φ2(z)."""

    decay: Array
    first: Array
    second: Array

    @classmethod
    def of(cls, rate: Array, h: float) -> Factors:
        """Return the factors of a step of `h` [h] at decay rates `rate` [1/h]."""
        z = -h * rate
        return cls(np.exp(z), h * phi1(z), h * phi2(z))


@dataclass(slots=True)
class Stepper:
    """The steps of one set of fields, with the factors of the latest ones."""

    waves: Sequence[Waves]
    inflow: Array  # [field, *shape] what comes through the walls [pM/h]
    _kept: dict[tuple[int, float, float], Factors] = field(default_factory=dict[tuple[int, float, float], Factors])

    def step(self, t: float, state: State, rest: Rest, shift: State, h: float) -> tuple[State, State]:
        """Return the state a step of `h` [h] later, and the change that the second stage made.

        `shift` holds what is added to the linear part: one rate per field, one per inside value [1/h].
        """
        start = self._nonlinear(t, state, rest, shift)
        inside = Factors.of(shift.inside, h)
        across = [self._factors(i, float(s), h) for i, s in enumerate(shift.fields)]
        ahead = np.empty_like(state.fields)
        for i, (w, f) in enumerate(zip(self.waves, across, strict=True)):
            amplitudes = f.decay * w.forward(state.fields[i]) + f.first * w.forward(start.fields[i])
            ahead[i] = w.backward(amplitudes)
        first = State(ahead, inside.decay * state.inside + inside.first * start.inside)
        end = self._nonlinear(t + h, first, rest, shift)
        change = State(np.empty_like(ahead), inside.second * (end.inside - start.inside))
        for i, (w, f) in enumerate(zip(self.waves, across, strict=True)):
            change.fields[i] = w.backward(f.second * w.forward(end.fields[i] - start.fields[i]))
        return State(first.fields + change.fields, first.inside + change.inside), change

    def _nonlinear(self, t: float, state: State, rest: Rest, shift: State) -> State:
        rates = rest.rates(t, state)
        across = shift.fields.reshape([-1] + [1] * (state.fields.ndim - 1))
        return State(rates.fields + self.inflow + across * state.fields, rates.inside + shift.inside * state.inside)

    def _factors(self, i: int, shift: float, h: float) -> Factors:
        key = (i, shift, h)
        if key not in self._kept:
            while len(self._kept) >= KEPT * len(self.waves):
                del self._kept[next(iter(self._kept))]
            self._kept[key] = Factors.of(self.waves[i].decay + shift, h)
        return self._kept[key]

    def advance(
        self, t: float, state: State, rest: Rest, span: float, tolerance: Tolerance, first: int = 0
    ) -> tuple[State, int, int]:
        """Go on for `span` [h] in steps of span/2^k.

        Returns
        -------
        state : State
        steps : int
            Steps taken, those refused included.
        k : int
            Of the last step, for the next call to begin with.

        Raises
        ------
        Failure
            A value is not finite, or no step reaches the tolerance.
        """
        k, at, taken = first, 0, 0  # `at` counts steps of span/2^k
        while at < 2**k:
            if k > HALVINGS:
                raise Failure(Outcome.STEP_UNDERFLOW.of(t + span * ldexp(at, -k), tolerance.worst(state)))
            h, now = ldexp(span, -k), t + span * ldexp(at, -k)
            shift, excess = moved(rest.slopes(now, state))
            reached, change = self.step(now, state, rest, shift, h)
            taken += 1
            error = (1.0 + h * excess) * tolerance.error(state, reached, change)
            if not error <= 1.0:
                if k == HALVINGS and not np.isfinite(error):
                    raise Failure(Outcome.NOT_FINITE.of(now, tolerance.worst(reached)))
                k, at = k + 1, 2 * at
                continue
            state, at = reached, at + 1
            # twice the step makes four times the error
            if error < 0.2 and k > 0 and at % 2 == 0:
                k, at = k - 1, at // 2
        return state, taken, k


def moved(slopes: State) -> tuple[State, float]:
    """Return what is moved to the linear part, one rate per field and inside value, and the largest excess [1/h]."""
    across = slopes.fields.reshape(len(slopes.fields), prod(slopes.fields.shape[1:]))
    means = np.array([rounded(float(m)) for m in across.mean(axis=1)])
    excess = np.max(means - across.min(axis=1), initial=0.0)
    inside = np.where(np.isfinite(slopes.inside), np.maximum(slopes.inside, 0.0), 0.0)
    return State(means, inside), float(excess) if np.isfinite(excess) else 0.0


def rounded(rate: float) -> float:
    """Return a rate in three binary digits: factors can be used again while cells hardly change."""
    if not (rate > 0 and np.isfinite(rate)):
        return 0.0
    mantissa, exponent = frexp(rate)
    return ldexp(round(mantissa * 8.0), exponent - 3)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What an error is measured in.

    Parameters
    ----------
    names : tuple of str
        Of the fields.
    scale : array [field]
        [pM]. Allowed is `rtol` of the concentration or of this, whichever is more.
    rtol : float
    groups : tuple of (slice, float)
        Inside values of one meaning, and the size below which they do not count: allowed is `rtol` of the value, of a
        part `LEAST` of the largest of its group, or of that size.
    """

    names: tuple[str, ...]
    scale: Array
    rtol: float = RTOL
    groups: tuple[tuple[slice, float], ...] = ()

    def error(self, before: State, after: State, change: State) -> float:
        """Return the largest change in units of what is allowed."""
        worst = 0.0
        for old, new, moved, least in (
            (before.fields, after.fields, change.fields, self._across(after)),
            (before.inside, after.inside, change.inside, self._within_groups(after.inside)),
        ):
            if new.size:
                allowed = self.rtol * np.maximum(np.maximum(np.abs(old), np.abs(new)), least)
                size = float(np.max(np.abs(moved) / allowed))
                worst = size if not size <= worst else worst  # NaN is the worst
        return worst

    def _across(self, state: State) -> Array:
        return self.scale.reshape([-1] + [1] * (state.fields.ndim - 1))

    def _within_groups(self, inside: Array) -> Array:
        least = np.zeros(inside.shape)
        for group, size in self.groups:
            least[group] = max(LEAST * float(np.max(np.abs(inside[group]), initial=0.0)), size)
        return least

    def worst(self, state: State) -> str:
        """Return the name of a field that is not finite, else of the largest in its scale."""
        if not state.fields.size:
            return "what cells carry"
        sizes = np.max(np.abs(state.fields / self._across(state)).reshape(len(state.fields), -1), axis=1)
        return self.names[int(np.argmax(np.where(np.isfinite(sizes), sizes, np.inf)))]
