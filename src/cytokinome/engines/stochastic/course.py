"""The course of one patient: stretches of time in which no dose is given and no condition on time flips.

Between its ends the hazards of a stretch change with the counts alone. All runs of a patient share the course.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.base import SAME_TIME, Action, Entry, Schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.jumps import Jumps

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry of the schedule does to a count: `ADD` a whole number, `SET` it, or `SCALE` it and round."""

    action: Action
    state: int
    value: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end` [h]; `clock` is a time within, where conditions on time are judged.

    `parameters` are slots with the infusion rates behind them, `grains` the canonical value of a count of one;
    `changes` are made at the start. Outputs before `visible` are read in this stretch.
    """

    start: float
    end: float
    visible: float
    clock: float
    parameters: Array
    grains: Array
    changes: tuple[Change, ...]


class Course:
    """Gives the stretches of a patient, one after the other.

    Parameters
    ----------
    jumps : Jumps
    parameters : array [slot]
        At the start; `parameters` is where events of a model may change them later.
    schedule : Schedule
        Of this patient alone.
    start, end : float
        Hours. Entries before the start act at the start, those behind the end never.

    Raises
    ------
    ValueError
        If the schedule infuses a state that the jumps do not foresee.
    """

    def __init__(self, jumps: Jumps, parameters: Array, schedule: Schedule, start: float, end: float) -> None:
        unforeseen = {e.slot for e in schedule.entries if e.action is Action.RATE_ON} - set(jumps.infused)
        if unforeseen:
            names = ", ".join(jumps.states[i] for i in sorted(unforeseen))
            raise ValueError(f"the schedule infuses {names}; name them in `infused` when the jumps are made")
        self.parameters = np.array(parameters, dtype=float)
        self._jumps, self._end = jumps, end
        self._infusions = np.zeros(len(jumps.infused))
        self._groups = [
            (min(max(time, start), end), entries)
            for time, entries in schedule.groups()
            if time <= end + SAME_TIME * max(1.0, abs(end))
        ]
        self._grains = Program(jumps.graph, jumps.grains)
        self._clocks = Program(jumps.graph, [node for clock in jumps.clocks for node in clock])
        self._nothing = np.zeros(len(jumps.states))

    def next(self, time: float) -> Stretch:
        """Return the stretch that begins now; entries of the schedule that are due are taken from it."""
        changes = list[Change]()
        while self._groups and self._groups[0][0] <= time:
            for entry in self._groups.pop(0)[1]:
                changes += self._enter(entry)
        end = min((t for t, _ in self._groups), default=self._end)
        p = np.concatenate([self.parameters, self._infusions])
        flip = self._flip(time, end, p)
        # a time that differs from a dose's by rounding only shows what is there after it
        visible = flip if flip < end else end - SAME_TIME * max(1.0, abs(end))
        middle = time + 0.5 * (flip - time)
        return Stretch(time, flip, visible, middle, p, self._grain(p), tuple(changes))

    def _grain(self, p: Array) -> Array:
        return np.array(self._grains.at(0.0, self._nothing, p))

    def _enter(self, entry: Entry) -> list[Change]:
        value = float(entry.value[0])
        match entry.action:
            case Action.PARAMETER:
                self.parameters[entry.slot] = value
            case Action.RATE_ON | Action.RATE_OFF:
                at = self._jumps.infused.index(entry.slot)
                rate = self._infusions[at] + (value if entry.action is Action.RATE_ON else -value)
                # what rounding leaves behind is no infusion
                self._infusions[at] = rate if abs(rate) > 1e-12 * abs(value) else 0.0
            case Action.SCALE:
                return [Change(entry.action, entry.slot, value)]
            case _:
                grains = self._grain(np.concatenate([self.parameters, self._infusions]))
                return [Change(entry.action, entry.slot, float(np.rint(value / grains[entry.slot])))]
        return []

    def _flip(self, time: float, end: float, p: Array) -> float:
        """Return the first time after now and before `end` at which a condition on time flips, else `end`."""
        values = self._clocks.at(time, self._nothing, p)
        first = end
        for difference, slope in zip(values[::2], values[1::2], strict=True):
            at = time - difference / slope if slope else end
            if time < at < first:
                first = at
        return first


def changed(counts: Array, changes: tuple[Change, ...]) -> Array:
    """Return the counts after what a schedule does to them; taking away stops at zero."""
    counts = counts.copy()
    for change in changes:
        match change.action:
            case Action.ADD:
                counts[change.state] = max(counts[change.state] + change.value, 0.0)
            case Action.SET:
                counts[change.state] = change.value
            case _:
                counts[change.state] = np.rint(counts[change.state] * change.value)
    return counts
