"""First passages: when a number of cells or a concentration first reaches a level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Passage:
    """The sum of some states, in canonical values, reaching a level from below (`upward`) or from above.

    A sum that is there at the start has passed at the start. Extinction is the sum of all populations of a cell
    reaching zero from above.
    """

    states: tuple[int, ...]
    level: float
    upward: bool

    def has_passed(self, counts: Array, grains: Array) -> bool:
        """Return whether the level is reached."""
        total = 0.0
        for state in self.states:
            total += counts[state] * grains[state]
        return bool(total >= self.level if self.upward else total <= self.level)


class Watch:
    """Notes the first passages of one run; `times` [watch] are NaN where there was none."""

    def __init__(self, passages: tuple[Passage, ...]) -> None:
        self._passages = passages
        self.times = np.full(len(passages), np.nan)

    def look(self, t: float, counts: Array, grains: Array) -> None:
        """Note the time of what has passed now."""
        for i, passage in enumerate(self._passages):
            if np.isnan(self.times[i]) and passage.has_passed(counts, grains):
                self.times[i] = t
