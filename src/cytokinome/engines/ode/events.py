"""Events of one patient: which have fired, which are due, and carrying them out.

An event fires when its condition turns from false to true; after its delay it is carried out, the highest priority
first among those due at one time, then in the order written. What it does can make further events fire. What is due
at another time by rounding only is due at that time: 0.2 h + 0.1 h must meet a dose at 0.3 h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import Outcome, slack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.engines.ode.segment import System

    Array = NDArray[np.float64]

MAX_CASCADE = 1_000  # events at one time: beyond it they keep each other going


class Events:
    """The state of all events of one patient."""

    def __init__(self, system: System, t: float, y: Array) -> None:
        self._system = system
        self._kernel = system.kernel
        # what is true from the start does not fire
        self._true = self._conditions(t, y)
        self._pending: list[tuple[float, float, int]] = []  # time, minus priority, index

    def until(self, end: float) -> float:
        """Return when [h] the next event that has fired is carried out, or `end` if none is due before."""
        first = min((time for time, _, _ in self._pending), default=np.inf)
        return first if first < end - slack(end) else end

    def notice(self, t: float, y: Array) -> None:
        """Let events fire whose condition has come true since last time."""
        now = self._conditions(t, y)
        for index in np.flatnonzero(now & ~self._true):
            delay, priority = self._kernel.plan(int(index), t, y, self._system.parameters)
            self._pending.append((t + max(delay, 0.0), -priority, int(index)))
        self._true = now

    def carry_out(self, t: float, y: Array) -> Array:
        """Carry out everything that is due, and what that sets off; return the new states.

        Raises
        ------
        Failure
            More than `MAX_CASCADE` events at one time.
        """
        for _ in range(MAX_CASCADE):
            due = [item for item in self._pending if item[0] <= t + slack(t)]
            if not due:
                return y
            first = min(due, key=lambda item: item[1:])
            self._pending.remove(first)
            y, self._system.parameters = self._kernel.carry_out(first[2], t, y, self._system.parameters)
            self._draw(first[2])
            self.notice(t, y)
        raise self._system.fail(Outcome.TOO_MANY_SWITCHES, t, y, MAX_CASCADE)

    def _draw(self, event: int) -> None:
        """Draw anew what an event that happens by chance has used up."""
        chance = self._kernel.chance
        if chance is not None and chance.event == event and self._system.draws is not None:
            self._system.parameters[[chance.wait, chance.uniform]] = self._system.draws.next()

    def _conditions(self, t: float, y: Array) -> NDArray[np.bool_]:
        return self._kernel.triggers(t, y, self._system.parameters)
