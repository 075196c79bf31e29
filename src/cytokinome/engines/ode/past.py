"""What the reference engine remembers of a patient, for models in which something follows what was (`delayed`).

The past is made of the steps of the solver with their dense output, and of the start, as which it was before. A step
is no longer than the shortest delay, so that nothing within it is asked for; where a delay is too short for that, the
way to where the solver is stands for it. What jumps or bends at one time does so again a delay later, weaker by one
derivative: steps end there. At such a place a step that ends sees what was before the jump, all others what came of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.kernel import Moment
from cytokinome.engines.base import Failure, Outcome, slack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.ode.segment import Piece

    Array = NDArray[np.float64]

SMOOTH = 5  # derivatives behind which a jump no longer ends a step
SHORTEST = 1e-6  # of the time that is simulated: how short a delay may be before a step goes beyond it
_ROUNDING = 8 * float(np.finfo(float).eps)


class Ahead(Exception):
    """The solver asked for what lies within the step it is making."""


class Past:
    """The past of one patient, who is at the start and will be followed to `end` [h]; `kernel` remembers it."""

    def __init__(self, kernel: Kernel, t: float, y: Array, p: Array, end: float) -> None:
        self.kernel = kernel.remembering(self)
        self.shortest = SHORTEST * (end - t)
        self._start = Moment(t, y.copy(), p.copy(), is_before=True)
        self._here = Moment(t, y, p)
        self._pieces: list[tuple[Piece, Array]] = []
        self._begins: list[float] = []
        self._ends: list[float] = []
        self._cuts: list[tuple[float, int]] = []  # when, and how often what jumps there has been integrated
        self.ending = np.inf  # when the stretch ends that the solver works on
        self.may_guess = False  # whether what lies within a step may be asked for

    # ------------------------------------------------------------------------------------------------- writing
    def begin(self, t: float, y: Array, p: Array, end: float) -> float:
        """Take note that a stretch begins, before which states or parameters may have jumped; return where it ends.

        Raises
        ------
        Failure
            How long ago something is taken from is negative or no number.
        """
        self._here = Moment(t, y, p.copy())
        if not (self._pieces and np.array_equal(y, self._last.y) and np.array_equal(p, self._last.p)):
            self._cut_behind(t, 0)
        for time, level in [cut for cut in self._cuts if cut[0] <= t + slack(t)]:
            self._cuts.remove((time, level))
            self._cut_behind(t, level)
        lags = zip(self._lags(), self.kernel.steady_lags, strict=True)
        moving = [t + max(lag, self.shortest) for lag, is_steady in lags if lag > 0 and not is_steady]
        until = min([end, *(time for time, _ in self._cuts), *moving])
        return until if until < end - slack(end) else end

    def open(self, t: float, end: float) -> None:
        """Let the solver work on the stretch that ends there."""
        self.ending, self.may_guess = end, end - t < 2 * self.shortest

    def add(self, piece: Piece) -> None:
        """Remember a step; what is asked next, nobody asks who works on it."""
        self.ending = np.inf
        self._pieces.append((piece, self._here.p))
        self._begins.append(piece.start)
        self._ends.append(piece.end)
        self._here = Moment(piece.end, piece.state, self._here.p)

    def shorten(self, piece: Piece) -> None:
        """Remember of the last step only this part, behind which a condition has switched."""
        del self._pieces[-1], self._begins[-1], self._ends[-1]
        self.add(piece)
        self._cut_behind(piece.end, 1)

    @property
    def _last(self) -> Moment:
        return Moment(self._ends[-1], self._pieces[-1][0].state, self._pieces[-1][1]) if self._pieces else self._start

    def _cut_behind(self, t: float, level: int) -> None:
        """End steps where what jumps or bends here is seen again."""
        if level >= SMOOTH:
            return
        for lag, is_steady in zip(self._lags(), self.kernel.steady_lags, strict=True):
            if is_steady and lag > 0 and not any(abs(t + lag - cut) <= slack(cut) for cut, _ in self._cuts):
                insort(self._cuts, (t + lag, level + 1))

    def longest(self) -> float:
        """Return how long steps may be from here."""
        lags = self._lags()
        return max(min(lags[lags > 0], default=np.inf), self.shortest)

    def _lags(self) -> Array:
        """How long ago each delayed value is taken from now.

        Raises
        ------
        Failure
            One of them is negative or no number.
        """
        lags = np.asarray(self.kernel.lags(*self._here[:3]))
        if not np.all(lags >= 0):
            raise Failure(Outcome.BAD_LAG.of(self._here.t))
        return lags

    # ------------------------------------------------------------------------------------------------- reading
    def moment(self, t: float, y: Array, ago: float) -> Moment:
        """Return where the patient, who is at `y` now, was `ago` [h] before `t`.

        Raises
        ------
        Failure
            `ago` is negative or no number.
        Ahead
            That lies within the step which is being made.
        """
        if not ago >= 0:
            raise Failure(Outcome.BAD_LAG.of(t))
        then, off = t - ago, _ROUNDING * max(abs(t), ago)
        is_end = t >= self.ending - off
        if then < self._start.t - off or (is_end and then <= self._start.t + off):
            return self._start._replace(t=then)
        if then > self._here.t + off:
            return self._guess(then, t, y)
        index = bisect_left(self._ends, then - off) if is_end else bisect_right(self._begins, then + off) - 1
        if not 0 <= index < len(self._pieces):
            return self._here._replace(t=then)
        piece, p = self._pieces[index]
        then = min(max(then, piece.start), piece.end)
        return Moment(then, piece.at(then), p)

    def _guess(self, then: float, t: float, y: Array) -> Moment:
        """A point on the straight way from the last step to where the solver is."""
        if not self.may_guess:
            raise Ahead
        begun, part = self._here, (then - self._here.t) / (t - self._here.t)
        return Moment(then, begun.y + part * (y - begun.y), begun.p)
