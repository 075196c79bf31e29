"""Events of a lane that have fired and wait, in the order in which they fired; as `firings.Firings`."""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.lane_draws import TIES, unit, words_of
from cytokinome.engines.ode.lane_agenda import PENDING
from cytokinome.engines.ode.lane_events import slack
from cytokinome.engines.ode.lane_plan import CROWDED, DELAY, WAITING
from cytokinome.engines.ode.lane_vectors import compiled, real, set_real, set_whole, whole

if TYPE_CHECKING:
    from cytokinome.engines.ode.lane_agenda import Agenda
    from cytokinome.engines.ode.lane_memory import Addresses, Control
    from cytokinome.engines.ode.lane_plan import Block

_W = 4


@compiled
def put_off(at: Addresses, control: Control, agenda: Agenda, event: int, lane: int) -> int:
    """Let an event that fires wait for its time; return what its patient must leave with, `WAITING` if nothing."""
    place, first, t = whole(agenda.pending, lane), whole(agenda.first, event), real(at.t, lane)
    delay = real(agenda.values, _W * first + lane)
    if not delay >= -slack(t):
        return DELAY + event
    if place == PENDING:
        return CROWDED
    when = t + max(delay, 0.0)
    set_real(agenda.when, _W * place + lane, when)
    set_whole(agenda.which, _W * place + lane, event)
    if whole(agenda.keeps, event) != 0:
        for row in range(first + 2, whole(agenda.first, event + 1)):
            kept = agenda.width * place + row - first - 2
            set_real(agenda.kept, _W * kept + lane, real(agenda.values, _W * row + lane))
    set_whole(agenda.pending, lane, place + 1)
    if when < real(control.due, lane):
        set_real(control.due, lane, when)
    return WAITING


@compiled
def drop_lapsed(control: Control, agenda: Agenda, lane: int) -> None:
    """Strike events that lapse and whose condition is false."""
    place = 0
    while place < whole(agenda.pending, lane):
        event = _event(agenda, place, lane)
        if whole(agenda.lapses, event) != 0 and real(agenda.on, _W * event + lane) == 0.0:
            strike(control, agenda, place, lane)
        else:
            place += 1


@compiled
def is_due(at: Addresses, control: Control, lane: int) -> bool:
    """Whether an event is to be carried out now on a lane that has arrived somewhere."""
    t = real(at.t, lane)
    return whole(control.arrived, lane) != 0 and real(control.due, lane) <= t + slack(t)


@compiled
def first_due(at: Addresses, agenda: Agenda, lane: int) -> int:
    """The row of the event to carry out: of those due the highest priority, then the first written, then fired."""
    best, now = -1, real(at.t, lane) + slack(real(at.t, lane))
    for place in range(whole(agenda.pending, lane)):
        if not real(agenda.when, _W * place + lane) <= now:
            continue
        if best < 0:
            best = place
            continue
        event, first = _event(agenda, place, lane), _event(agenda, best, lane)
        priority, highest = _priority(agenda, event, lane), _priority(agenda, first, lane)
        if priority > highest or (priority == highest and event < first):
            best = place
    return best


@compiled
def drawn(at: Addresses, control: Control, agenda: Agenda, block: Block, first: int, lane: int) -> int:
    """The row of the event to carry out where chance may decide between the first that is due and its equals."""
    now, highest = real(at.t, lane) + slack(real(at.t, lane)), _priority(agenda, _event(agenda, first, lane), lane)
    tied, decides = 0, False
    for place in range(whole(agenda.pending, lane)):
        event = _event(agenda, place, lane)
        if real(agenda.when, _W * place + lane) <= now and _priority(agenda, event, lane) == highest:
            tied += 1
            decides = decides or whole(agenda.draws, event) != 0
    if tied < 2 or not decides:
        return first
    left = int(_uniform(control, agenda, block, lane) * tied)
    for place in range(whole(agenda.pending, lane)):
        event = _event(agenda, place, lane)
        if real(agenda.when, _W * place + lane) <= now and _priority(agenda, event, lane) == highest:
            if left == 0:
                return place
            left -= 1
    return first


@compiled
def _uniform(control: Control, agenda: Agenda, block: Block, lane: int) -> float:
    """The uniform number that decides the next tie of a lane; as `draws.tie`."""
    key, number = 3 * whole(control.patient, lane), whole(agenda.ties, lane)
    set_whole(agenda.ties, lane, number + 1)
    seed, run, patient = whole(block.keys, key), whole(block.keys, key + 1), whole(block.keys, key + 2)
    return unit(words_of(np.uint64(seed), TIES, np.uint64(patient), np.uint64(run), np.uint64(number))[0])


@compiled
def _event(agenda: Agenda, place: int, lane: int) -> int:
    return whole(agenda.which, _W * place + lane)


@compiled
def _priority(agenda: Agenda, event: int, lane: int) -> float:
    return real(agenda.values, _W * (whole(agenda.first, event) + 1) + lane)


@compiled
def new_value(agenda: Agenda, place: int, row: int, lane: int) -> float:
    """What the event that waits in a place sets by a row of `values`: as of now, or as of when it fired."""
    event = _event(agenda, place, lane)
    if whole(agenda.keeps, event) == 0:
        return real(agenda.values, _W * row + lane)
    kept = agenda.width * place + row - whole(agenda.first, event) - 2
    return real(agenda.kept, _W * kept + lane)


@compiled
def strike(control: Control, agenda: Agenda, place: int, lane: int) -> None:
    """Take an event from those that wait; the later ones move up."""
    left = whole(agenda.pending, lane) - 1
    due = np.inf
    for row in range(left):
        if row >= place:
            set_real(agenda.when, _W * row + lane, real(agenda.when, _W * (row + 1) + lane))
            set_whole(agenda.which, _W * row + lane, whole(agenda.which, _W * (row + 1) + lane))
            for i in range(agenda.width * row, agenda.width * (row + 1)):
                set_real(agenda.kept, _W * i + lane, real(agenda.kept, _W * (i + agenda.width) + lane))
        when = real(agenda.when, _W * row + lane)
        due = when if when < due else due
    set_whole(agenda.pending, lane, left)
    set_real(control.due, lane, due)
