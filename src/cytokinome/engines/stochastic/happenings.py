"""The events that a model states: when their condition comes true they are due after a delay, then carried out.

As in the ODE engines: what is true from the start does not fire; the highest priority goes first among those due at one
time; what one does can make others fire. Conditions are judged at every jump and wherever one on time flips.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import Failure, Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.stochastic.course import Course, Stretch

    Array = NDArray[np.float64]

MAX_CASCADE = 1_000  # events at one time: beyond it they keep each other going


class Happenings:
    """The stated events of one run."""

    def __init__(self, kernel: Kernel, stretch: Stretch, counts: Array) -> None:
        self._kernel = kernel
        self._true = self._conditions(counts, stretch, stretch.parameters)
        self._pending: list[tuple[float, float, int]] = []  # time, minus priority, index

    def next_time(self) -> float:
        """Return when the next one that has fired is carried out [h]; infinite without one."""
        return min((time for time, _, _ in self._pending), default=np.inf)

    def notice(self, t: float, counts: Array, stretch: Stretch) -> None:
        """Let those fire whose condition has come true since last time."""
        if self._kernel.events:
            self._notice(t, counts, stretch, stretch.parameters)

    def carry_out(self, t: float, counts: Array, stretch: Stretch, course: Course) -> Array:
        """Carry out all that is due, and what that sets off; return the new counts, rounded to whole numbers.

        Raises
        ------
        Failure
            More than `MAX_CASCADE` at one time, or a count that is negative or no number.
        """
        if not self._kernel.events:
            return counts
        self._notice(t, counts, stretch, course.parameters)
        for _ in range(MAX_CASCADE):
            due = [item for item in self._pending if item[0] <= t]
            if not due:
                return counts
            first = min(due, key=lambda item: item[1:])
            self._pending.remove(first)
            y, p = self._kernel.carry_out(first[2], t, counts * stretch.grains, course.parameters)
            counts, course.parameters = np.rint(y / stretch.grains), p
            if not np.all(counts >= 0):
                bad = self._kernel.states[int(np.flatnonzero(~(counts >= 0))[0])]
                raise Failure(Outcome.NEGATIVE_COUNT.of(t, f"{self._kernel.events[first[2]]}: {bad}"))
            self._notice(t, counts, stretch, p)
        raise Failure(Outcome.TOO_MANY_SWITCHES.of(t, limit=MAX_CASCADE))

    def _notice(self, t: float, counts: Array, stretch: Stretch, p: Array) -> None:
        now = self._conditions(counts, stretch, p)
        for index in np.flatnonzero(now & ~self._true):
            delay, priority = self._kernel.plan(int(index), t, counts * stretch.grains, p)
            self._pending.append((t + max(delay, 0.0), -priority, int(index)))
        self._true = now

    def _conditions(self, counts: Array, stretch: Stretch, p: Array) -> NDArray[np.bool_]:
        return self._kernel.triggers(stretch.clock, counts * stretch.grains, p)
