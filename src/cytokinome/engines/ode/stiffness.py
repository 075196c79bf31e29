"""Whether a model is mild enough for a method that does not use the Jacobian.

Such a method must keep every step below about three times the shortest time scale, 1/|λ| of the largest eigenvalue λ
of the Jacobian, long after what is that fast has died away (Hairer & Wanner II, IV.2). It pays where the slowest time
scale is not much longer: then accuracy asks for steps as small. The typical person is followed through the slowest one
without doses. Of states that only doses can fill it is asked what a very large dose would make as fast.

Neither the time that is simulated nor the doses nor other patients count, so a result does not depend on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cytokinome.engines.base import Failure, Outcome
from cytokinome.engines.ode.segment import System, pieces
from cytokinome.engines.ode.start import initialise, positive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel

    Array = NDArray[np.float64]

MILD = 100.0  # fastest over slowest rate: a method without Jacobian then takes 150 steps in five slow times
STATES = 100  # more are not examined: their eigenvalues cost more than the right method saves
_SLOW_TIMES = 5.0  # followed for so many
_LOOKS = tuple(4.0**-k for k in (5, 4, 3, 2, 1, 0))  # when, as parts of that time
_STEPS = 500
_NOTHING = 1e-11  # of the fastest rate: what conserved totals leave of their zero
_DOSE = 1e6  # of the scale of a state


class Spread(NamedTuple):
    """The largest and the smallest |λ| [1/h] that is not zero; both zero where nothing moves by itself."""

    fastest: float
    slowest: float

    @property
    def ratio(self) -> float:
        """How stiff that is."""
        return self.fastest / self.slowest if self.slowest > 0 else 1.0


def examine(kernel: Kernel) -> tuple[bool, str]:
    """Return whether the model is mild, and the reason in words.

    Parameters
    ----------
    kernel : Kernel
        Any target's; the reference's needs no compiler.
    """
    if len(kernel.states) > STATES:
        return False, f"it has {len(kernel.states)} states, and above {STATES} stiffness is assumed"
    try:
        with np.errstate(all="ignore"):
            return _examine(kernel)
    except Failure as failure:
        return False, f"the typical person cannot be followed: {failure.outcome.sentence}"


def _examine(kernel: Kernel) -> tuple[bool, str]:
    y, p = initialise(kernel, kernel.defaults())
    system = System(kernel, p, positive(kernel.scale(p)), np.zeros(len(y)), max_steps=_STEPS)
    start = _spread(system, 0.0, y)
    if start.ratio > MILD:
        return False, _words(start)
    seen, present = [start], y != 0
    for t, state in _course(system, y, start):
        seen.append(_spread(system, t, state))
        present |= state != 0
    # The median: where growth turns into decay, a rate passes through zero and says nothing.
    whole = Spread(max(s.fastest for s in seen), float(np.median([s.slowest for s in seen])))
    if whole.ratio > MILD:
        return False, _words(whole)
    for absent in np.flatnonzero(~present):
        dosed = y.copy()
        dosed[absent] = _DOSE * system.scale[absent]
        found = _spread(system, 0.0, dosed)
        if found.fastest > MILD * (whole.slowest or found.slowest):
            return False, f"a large dose of {kernel.states[absent]} would make it stiff"
    return True, _words(whole)


def _course(system: System, y: Array, start: Spread) -> Iterator[tuple[float, Array]]:
    """Times and states of the typical person at which to look again."""
    if start.slowest == 0:
        return
    end = _SLOW_TIMES / start.slowest
    looks = [part * end for part in _LOOKS]
    for piece in pieces(system, 0.0, y, end, rtol=1e-3, atol=1e-6 * system.scale):
        if piece.end >= looks[0]:
            looks = [t for t in looks if t > piece.end]
            yield piece.end, piece.state
        if not looks:
            return


def _spread(system: System, t: float, y: Array) -> Spread:
    jacobian = system.jacobian(t, y)
    if not np.all(np.isfinite(jacobian)):
        row = int(np.argmin(np.isfinite(jacobian).all(axis=1)))
        raise Failure(Outcome.NOT_FINITE.of(t, system.kernel.states[row]))
    sizes = np.abs(np.linalg.eigvals(jacobian)) if jacobian.size else np.zeros(0)
    fastest = float(sizes.max(initial=0.0))
    moving = sizes[sizes > _NOTHING * fastest]
    return Spread(fastest, float(moving.min())) if moving.size else Spread(0.0, 0.0)


def _words(spread: Spread) -> str:
    if spread.fastest == 0:
        return "nothing in it moves by itself"
    return (
        f"its rates span {spread.ratio:.2g}-fold for the typical person, "
        f"from {spread.slowest:.2g} to {spread.fastest:.2g} /h"
    )
