"""What happens between two steps of a lane: events of the model and entries of the schedule, as `firings` has them.

At a time that a lane has reached, events fire; what is due is carried out, the highest priority first, and may make
more of them fire; then the next group of entries acts, and so on until nothing is left for that time.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.firings import MAX_CASCADE
from cytokinome.engines.lane_draws import PURPOSE, exponential, unit, words_of
from cytokinome.engines.ode.lane_events import enter, leave
from cytokinome.engines.ode.lane_plan import ARRIVED, CASCADE, SEATED, SWITCHES, WAITING
from cytokinome.engines.ode.lane_vectors import call, compiled, real, set_real, set_whole, whole
from cytokinome.engines.ode.lane_waiting import drawn, drop_lapsed, first_due, is_due, new_value, put_off, strike

if TYPE_CHECKING:
    from cytokinome.engines.ode.lane_agenda import Agenda
    from cytokinome.engines.ode.lane_memory import Addresses, Control, Functions, Shape
    from cytokinome.engines.ode.lane_plan import Block, Limits, Plan

_W = 4


@compiled
def happen(
    functions: Functions,
    at: Addresses,
    control: Control,
    shape: Shape,
    plan: Plan,
    block: Block,
    agenda: Agenda,
    limits: Limits,
) -> bool:
    """Do on every lane that has arrived somewhere what is to be done there; return whether a patient has left."""
    left = False
    while _anybody(control):
        refresh(functions, at, control)
        if agenda.events > 0:
            left = _notice(functions, at, control, shape, block, agenda) or left
            left = _carry_out(functions, at, control, shape, block, agenda) or left
        for lane in range(_W):
            if whole(control.arrived, lane) == 0 or whole(agenda.picked, lane) >= 0:
                continue
            set_whole(agenda.carried, lane, 0)
            group = whole(control.group, lane)
            if group < plan.groups and real(plan.boundaries, group) <= real(at.t, lane):
                enter(at, control, plan, block, lane)
                set_whole(control.arrived, lane, ARRIVED)
            else:
                left = _go_on(at, control, shape, block, limits, lane) or left
    return left


@compiled
def _anybody(control: Control) -> bool:
    for lane in range(_W):  # noqa: SIM110 - compiled
        if whole(control.arrived, lane) != 0:
            return True
    return False


@compiled
def refresh(functions: Functions, at: Addresses, control: Control) -> None:
    """Compute what depends on parameters alone, where one has changed."""
    found = False
    for lane in range(_W):
        found = found or whole(control.dirty, lane) != 0
        set_whole(control.dirty, lane, 0)
    if found:
        call(functions.prepare, (at.p, at.q))


@compiled
def _go_on(at: Addresses, control: Control, shape: Shape, block: Block, limits: Limits, lane: int) -> bool:
    """Let a lane leave the time it has reached; return whether its patient has switched too often to go on."""
    set_whole(control.arrived, lane, 0)
    if whole(control.switched, lane) == 0:
        return False
    set_whole(control.switched, lane, 0)
    set_whole(control.flips, lane, whole(control.flips, lane) + 1)
    if whole(control.flips, lane) <= limits.switches:
        return False
    leave(at, control, shape, block, lane, SWITCHES)
    return True


@compiled
def _notice(functions: Functions, at: Addresses, control: Control, shape: Shape, block: Block, agenda: Agenda) -> bool:
    """Let events fire whose condition has come true, and drop the lapsed; return whether a patient has left."""
    call(functions.triggers, (at.t, at.y, at.p, at.q, agenda.on))
    any_fires = False
    for lane in range(_W):
        if whole(control.arrived, lane) == SEATED:
            _clear(agenda, lane)
            set_whole(control.arrived, lane, ARRIVED)
        if agenda.lapsing and whole(control.arrived, lane) != 0:
            drop_lapsed(control, agenda, lane)
        for event in range(agenda.events):
            any_fires = any_fires or (whole(control.arrived, lane) != 0 and _fires(agenda, event, lane))
    if any_fires:
        call(functions.assignments, (at.t, at.y, at.p, at.q, agenda.values))
    left = False
    for lane in range(_W):
        for event in range(agenda.events):
            if whole(control.arrived, lane) == 0 or not _fires(agenda, event, lane):
                continue
            status = put_off(at, control, agenda, event, lane)
            if status != WAITING:
                leave(at, control, shape, block, lane, status)
                left = True
        _remember(agenda, lane)
    return left


@compiled
def _clear(agenda: Agenda, lane: int) -> None:
    """Let a patient who has just begun have no events behind; as `Firings` at first."""
    set_whole(agenda.pending, lane, 0)
    set_whole(agenda.carried, lane, 0)
    set_whole(agenda.ties, lane, 0)
    for event in range(agenda.events):
        set_real(agenda.was, _W * event + lane, 0.0 if whole(agenda.early, event) != 0 else 1.0)


@compiled
def _fires(agenda: Agenda, event: int, lane: int) -> bool:
    return real(agenda.on, _W * event + lane) != 0.0 and real(agenda.was, _W * event + lane) == 0.0


@compiled
def _remember(agenda: Agenda, lane: int) -> None:
    for event in range(agenda.events):
        set_real(agenda.was, _W * event + lane, real(agenda.on, _W * event + lane))


@compiled
def _carry_out(
    functions: Functions, at: Addresses, control: Control, shape: Shape, block: Block, agenda: Agenda
) -> bool:
    """Carry out one event of every lane that has one due; return whether that was too many for a lane."""
    found = False
    for lane in range(_W):
        set_whole(agenda.picked, lane, -1)
        found = found or is_due(at, control, lane)
    if not found:
        return False
    call(functions.assignments, (at.t, at.y, at.p, at.q, agenda.values))
    left = False
    for lane in range(_W):
        if not is_due(at, control, lane):
            continue
        first = first_due(at, agenda, lane)
        set_whole(agenda.picked, lane, drawn(at, control, agenda, block, first, lane) if agenda.drawing else first)
        _assign(at, control, shape, agenda, lane)
        if whole(agenda.which, _W * whole(agenda.picked, lane) + lane) == agenda.chance:
            _draw(at, control, agenda, block, lane)
        strike(control, agenda, whole(agenda.picked, lane), lane)
        # The lane starts afresh; what brought the event about was no switching back and forth.
        set_whole(control.fresh, lane, 1)
        set_whole(control.switched, lane, 0)
        set_whole(agenda.carried, lane, whole(agenda.carried, lane) + 1)
        if whole(agenda.carried, lane) >= MAX_CASCADE:
            leave(at, control, shape, block, lane, CASCADE)
            left = True
    return left


@compiled
def _assign(at: Addresses, control: Control, shape: Shape, agenda: Agenda, lane: int) -> None:
    """Set what the picked event sets, all values computed before."""
    place = whole(agenda.picked, lane)
    event = whole(agenda.which, _W * place + lane)
    for row in range(whole(agenda.first, event) + 2, whole(agenda.first, event + 1)):
        target, value = whole(agenda.targets, row), new_value(agenda, place, row, lane)
        if target < shape.states:
            set_real(at.y, _W * target + lane, value)
        else:
            set_real(at.p, _W * (target - shape.states) + lane, value)
            set_whole(control.dirty, lane, 1)


@compiled
def _draw(at: Addresses, control: Control, agenda: Agenda, block: Block, lane: int) -> None:
    """Draw when the next event by chance happens to a patient, and which it is; as `draws.Draws`."""
    key = 3 * whole(control.patient, lane)
    seed, run, patient = whole(block.keys, key), whole(block.keys, key + 1), whole(block.keys, key + 2)
    event = np.uint64(np.int64(real(at.p, _W * agenda.counter + lane)))
    first, second = words_of(np.uint64(seed), PURPOSE, np.uint64(patient), np.uint64(run), event)
    set_real(at.p, _W * agenda.wait + lane, exponential(first))
    set_real(at.p, _W * agenda.uniform + lane, unit(second))
    set_whole(control.dirty, lane, 1)
