"""Which events of a model have fired and wait to be carried out: what engines share that follow one run at a time.

An event fires when its condition turns from false to true; all that do so at one instant fire from the state of that
instant. After its delay it is due. Among those that are due at one time the highest priority is carried out first,
then the first in the order written, then the first that fired; where it is said, chance decides between those of one
priority. Priorities are compared anew each time. An event may fire again while an earlier firing of it waits. What is
due at another time by rounding only is due at that time: 0.2 h + 0.1 h must meet a dose at 0.3 h.

The rules are those of events in SBML Level 3 (libSBML 5, documentation of ``Trigger`` and ``Priority``), where the
order of equal priorities is always drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines import draws
from cytokinome.engines.base import Failure, Outcome, slack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel

    Array = NDArray[np.float64]

MAX_CASCADE = 1_000  # events at one time: beyond it they keep each other going


@dataclass(frozen=True, slots=True, eq=False)
class Firing:
    """An event that has fired: when it is due [h], and its new values [assignment] where those of then count."""

    event: int
    due: float
    values: Array | None


class Firings:
    """The events of one run that have fired and are not carried out.

    Nothing has been noticed yet: before the start a condition counts as true, so that it cannot come true there,
    unless its event fires from the start. `key` is seed, run and patient of what is drawn.
    """

    def __init__(self, kernel: Kernel, key: tuple[int, int, int]) -> None:
        self._kernel, self._key, self._ties = kernel, key, 0
        self._true = np.array([not manner.fires_from_start for manner in kernel.manners], dtype=bool)
        self._waiting: list[Firing] = []

    def next_time(self) -> float:
        """Return when the next one is due [h]; infinite without one."""
        return min((firing.due for firing in self._waiting), default=np.inf)

    def notice(self, now: NDArray[np.bool_], t: float, y: Array, p: Array) -> None:
        """Let events fire whose condition [event] has come true since last time, and drop those that have lapsed.

        Raises
        ------
        Failure
            A delay is negative by more than rounding, or no number.
        """
        manners, came = self._kernel.manners, np.flatnonzero(now & ~self._true)
        self._waiting = [f for f in self._waiting if now[f.event] or not manners[f.event].lapses]
        self._true = now
        if came.size:
            delays = self._kernel.delays(t, y, p)
            self._waiting += [self._fired(int(event), float(delays[event]), t, y, p) for event in came]

    def _fired(self, event: int, delay: float, t: float, y: Array, p: Array) -> Firing:
        if not delay >= -slack(t):
            raise Failure(Outcome.BAD_DELAY.of(t, self._kernel.events[event]))
        keeps = self._kernel.manners[event].values_when_fired
        return Firing(event, t + max(delay, 0.0), self._kernel.new_values(event, t, y, p) if keeps else None)

    def take(self, t: float, y: Array, p: Array) -> Firing | None:
        """Return the one to carry out now, which waits no longer; None where nothing is due."""
        due = [firing for firing in self._waiting if firing.due <= t + slack(t)]
        if not due:
            return None
        priorities = self._kernel.priorities(t, y, p)
        first = min(due, key=lambda firing: (-priorities[firing.event], firing.event))
        tied = [firing for firing in due if priorities[firing.event] == priorities[first.event]]
        if len(tied) > 1 and any(self._kernel.manners[firing.event].draws_ties for firing in tied):
            first = tied[int(draws.tie(self._key, self._ties) * len(tied))]
            self._ties += 1
        self._waiting.remove(first)
        return first

    def carried_out(self, firing: Firing, t: float, y: Array, p: Array) -> tuple[Array, Array]:
        """Return [state] and [parameter] after an event that was taken."""
        values = self._kernel.new_values(firing.event, t, y, p) if firing.values is None else firing.values
        return self._kernel.carry_out(firing.event, values, y, p)
