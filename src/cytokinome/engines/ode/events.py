"""Events of one patient as the reference engine has them: `firings` along a solution of the equations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import Outcome, slack
from cytokinome.engines.firings import MAX_CASCADE, Firings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.engines.ode.segment import System

    Array = NDArray[np.float64]


class Events:
    """The state of all events of one patient, who is at the start; `key` as in `Firings`."""

    def __init__(self, system: System, t: float, y: Array, key: tuple[int, int, int]) -> None:
        self._system = system
        self._firings = Firings(system.kernel, key)
        self.notice(t, y)

    def until(self, end: float) -> float:
        """Return when [h] the next event that has fired is carried out, or `end` if none is due before."""
        first = self._firings.next_time()
        return first if first < end - slack(end) else end

    def notice(self, t: float, y: Array) -> None:
        """Let events fire whose condition has come true since last time, and drop those that have lapsed.

        Raises
        ------
        Failure
            A delay is negative or no number.
        """
        p = self._system.parameters
        self._firings.notice(self._system.kernel.triggers(t, y, p), t, y, p)

    def carry_out(self, t: float, y: Array) -> Array:
        """Carry out everything that is due, and what that sets off; return the new states.

        Raises
        ------
        Failure
            More than `MAX_CASCADE` events at one time, or a delay that is negative or no number.
        """
        system = self._system
        for _ in range(MAX_CASCADE):
            firing = self._firings.take(t, y, system.parameters)
            if firing is None:
                return y
            y, system.parameters = self._firings.carried_out(firing, t, y, system.parameters)
            self._draw(firing.event)
            self.notice(t, y)
        raise system.fail(Outcome.TOO_MANY_SWITCHES, t, y, MAX_CASCADE)

    def _draw(self, event: int) -> None:
        """Draw anew what an event that happens by chance has used up."""
        chance = self._system.kernel.chance
        if chance is not None and chance.event == event and self._system.draws is not None:
            self._system.parameters[[chance.wait, chance.uniform]] = self._system.draws.next()
