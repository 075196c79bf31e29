"""The events that a model states, on whole numbers: `firings` among the jumps of a run.

Conditions are judged at every jump and wherever one on time flips.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import Failure, Outcome
from cytokinome.engines.firings import MAX_CASCADE, Firings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.stochastic.course import Course, Stretch

    Array = NDArray[np.float64]


class Happenings:
    """The stated events of one run, which is at its start; `key` as in `Firings`."""

    def __init__(self, kernel: Kernel, stretch: Stretch, counts: Array, key: tuple[int, int, int]) -> None:
        self._kernel = kernel
        self._firings = Firings(kernel, key)
        self.notice(stretch.start, counts, stretch)

    def next_time(self) -> float:
        """Return when the next one that has fired is carried out [h]; infinite without one."""
        return self._firings.next_time()

    def notice(self, t: float, counts: Array, stretch: Stretch) -> None:
        """Let those fire whose condition has come true since last time, and drop those that have lapsed."""
        if self._kernel.events:
            self._notice(t, counts, stretch, stretch.parameters)

    def carry_out(self, t: float, counts: Array, stretch: Stretch, course: Course) -> Array:
        """Carry out all that is due, and what that sets off; return the new counts, rounded to whole numbers.

        Raises
        ------
        Failure
            More than `MAX_CASCADE` at one time, a count that is negative or no number, or such a delay.
        """
        if not self._kernel.events:
            return counts
        self._notice(t, counts, stretch, course.parameters)
        for _ in range(MAX_CASCADE):
            y, p = counts * stretch.grains, course.parameters
            firing = self._firings.take(t, y, p)
            if firing is None:
                return counts
            y, course.parameters = self._firings.carried_out(firing, t, y, p)
            counts = np.rint(y / stretch.grains)
            if not np.all(counts >= 0):
                bad = self._kernel.states[int(np.flatnonzero(~(counts >= 0))[0])]
                raise Failure(Outcome.NEGATIVE_COUNT.of(t, f"{self._kernel.events[firing.event]}: {bad}"))
            self._notice(t, counts, stretch, course.parameters)
        raise Failure(Outcome.TOO_MANY_SWITCHES.of(t, limit=MAX_CASCADE))

    def _notice(self, t: float, counts: Array, stretch: Stretch, p: Array) -> None:
        y = counts * stretch.grains
        self._firings.notice(self._kernel.triggers(stretch.clock, y, p), t, y, p)
