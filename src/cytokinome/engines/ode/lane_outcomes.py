"""What became of a patient on a lane, in the words of the reference engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import Outcome, PatientOutcome
from cytokinome.engines.firings import MAX_CASCADE
from cytokinome.engines.ode import segment
from cytokinome.engines.ode.lane_agenda import PENDING
from cytokinome.engines.ode.lane_plan import (
    BROKEN,
    CASCADE,
    CROWDED,
    DELAY,
    NOT_FINITE,
    PIVOT,
    SWITCHES,
    TOO_MANY,
    UNDERFLOW,
    WAITING,
)

if TYPE_CHECKING:
    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.ode.lane_plan import Patients

_FALLBACKS = {
    UNDERFLOW: "no step was small enough for the lanes",
    PIVOT: "a pivot was too small for the lanes",
    CROWDED: f"more than {PENDING} events were waiting for the end of their delays",
}


def outcome_of(kernel: Kernel, block: Patients, i: int) -> tuple[PatientOutcome | None, str]:
    """Return the outcome of a patient who did not arrive, or None and why another solver should try."""
    status, t, y = int(block.status[i]), float(block.t[i]), block.y[i]
    if status == WAITING:
        return Outcome.INTERRUPTED.of(), ""
    if status == CROWDED:
        return None, _FALLBACKS[status]
    if status >= DELAY:
        return Outcome.BAD_DELAY.of(t, kernel.events[status - DELAY]), ""
    system = segment.System(kernel, block.p[i], block.scale[i], block.rates[i])
    with np.errstate(all="ignore"):
        if status == TOO_MANY:
            return system.fail(Outcome.TOO_MANY_STEPS, t, y, segment.most_steps(kernel)).outcome, ""
        if status == SWITCHES:
            return system.fail(Outcome.TOO_MANY_SWITCHES, t, y, segment.most_switches(kernel)).outcome, ""
        if status == CASCADE:
            return system.fail(Outcome.TOO_MANY_SWITCHES, t, y, MAX_CASCADE).outcome, ""
        if status == NOT_FINITE:
            return system.fail(Outcome.NOT_FINITE, t, y).outcome, ""
        if system.has_blown_up(y):
            return system.fail(Outcome.BLOWN_UP, t, y).outcome, ""
        if status == BROKEN:
            return system.fail(Outcome.NOT_FINITE, t, _just_beyond(system, t, y)).outcome, ""
    return None, _FALLBACKS[status]


def _just_beyond(system: segment.System, t: float, y: np.ndarray) -> np.ndarray:
    """The nearest point along the derivative where it is no longer finite; `y` itself if there is none."""
    slope = system.rhs(t, y)
    step = 1e-16 * max(abs(t), 1e-6)
    for _ in range(60):
        further = y + step * slope
        if not np.all(np.isfinite(system.rhs(t + step, further))):
            # What the derivative makes of it blames the state, also where that is still a number.
            return further
        step *= 2.0
    return y
