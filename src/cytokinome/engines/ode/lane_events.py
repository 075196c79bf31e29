"""What happens to patients on lanes besides steps: outputs, entries of the schedule, switches, the end."""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import SAME_TIME
from cytokinome.engines.ode.lane_plan import ADD, DONE, PARAMETER, RATE_OFF, RATE_ON, SCALE, SET
from cytokinome.engines.ode.lane_steps import blend, within
from cytokinome.engines.ode.lane_vectors import (
    call,
    clamp,
    compiled,
    load,
    real,
    set_real,
    set_whole,
    store,
    together,
    whole,
)

if TYPE_CHECKING:
    from cytokinome.engines.ode.lane_memory import Addresses, Control, Functions, Shape, Tables
    from cytokinome.engines.ode.lane_plan import Block, Plan

_W = 4
_LOCATED = 1e-22  # as `segment.LOCATED`
_SAMPLES = 4  # where within a step a switch is looked for


@compiled
def slack(time: float) -> float:
    """Return how far from a time another one may be that differs from it by rounding only; as `base.slack`."""
    return SAME_TIME * max(1.0, abs(time))


@compiled
def leave(at: Addresses, control: Control, shape: Shape, block: Block, lane: int, status: int) -> None:
    """Record how a patient ended, and where; the lane is idle then."""
    patient = whole(control.patient, lane)
    set_whole(block.status, patient, status)
    set_real(block.t, patient, real(at.t, lane))
    set_whole(block.work, 4 * patient, int(real(control.steps, lane)))
    set_whole(block.work, 4 * patient + 1, int(real(control.attempts, lane)))
    set_whole(block.work, 4 * patient + 2, whole(control.starts, lane))
    set_whole(block.work, 4 * patient + 3, whole(control.flips, lane))
    for i in range(shape.states):
        set_real(block.y, shape.states * patient + i, real(at.y, _W * i + lane))
    if status != DONE:
        for i in range(shape.states):
            set_real(block.rates, shape.states * patient + i, real(at.r, _W * i + lane))
        for i in range(shape.parameters):
            set_real(block.p, shape.parameters * patient + i, real(at.p, _W * i + lane))
    set_whole(control.patient, lane, -1)
    set_whole(control.arrived, lane, 0)
    set_real(control.active, lane, 0.0)
    set_whole(control.attention, 0, 1)


@compiled
def enter(at: Addresses, control: Control, plan: Plan, block: Block, lane: int) -> None:
    """Carry out the next entries of the schedule; the lane then starts afresh, or is at its end."""
    group = whole(control.group, lane)
    for entry in range(whole(plan.first, group), whole(plan.first, group + 1)):
        _apply(at, control, plan, block, entry, lane)
    set_whole(control.row, lane, max(whole(control.row, lane), whole(plan.rows, group)))
    set_whole(control.group, lane, group + 1)
    set_whole(control.fresh, lane, 1)
    if group + 1 == plan.groups:
        set_whole(control.ending, lane, 1)
        set_whole(control.fresh, lane, 0)


@compiled
def _apply(at: Addresses, control: Control, plan: Plan, block: Block, entry: int, lane: int) -> None:
    action, slot = whole(plan.actions, entry), whole(plan.slots, entry)
    value = real(block.doses, plan.entries * whole(control.patient, lane) + entry)
    if action == ADD:
        added = real(at.y, _W * slot + lane) + value
        set_real(at.y, _W * slot + lane, added if value >= 0 else max(added, 0.0))
    elif action == SET:
        set_real(at.y, _W * slot + lane, value)
    elif action == SCALE:
        set_real(at.y, _W * slot + lane, real(at.y, _W * slot + lane) * value)
    elif action == RATE_ON:
        set_real(at.r, _W * slot + lane, real(at.r, _W * slot + lane) + value)
    elif action == RATE_OFF:
        left = real(at.r, _W * slot + lane) - value
        # What rounding leaves behind is no infusion.
        set_real(at.r, _W * slot + lane, left if abs(left) > 1e-12 * abs(value) else 0.0)
    elif action == PARAMETER:
        set_real(at.p, _W * slot + lane, value)
        set_whole(control.dirty, lane, 1)


@compiled
def finish(functions: Functions, at: Addresses, control: Control, shape: Shape, plan: Plan, block: Block) -> bool:
    """Write the last outputs of patients at their end; return whether there were any."""
    found = False
    for lane in range(_W):
        found = found or (whole(control.patient, lane) >= 0 and whole(control.ending, lane) != 0)
    if not found:
        return False
    call(functions.observe, (at.t, at.y, at.p, at.q, at.out))
    for lane in range(_W):
        if whole(control.patient, lane) >= 0 and whole(control.ending, lane) != 0:
            while whole(control.row, lane) < plan.outputs:
                _write(at, control, shape, plan, block, lane)
            leave(at, control, shape, block, lane, DONE)
    return True


@compiled
def _write(at: Addresses, control: Control, shape: Shape, plan: Plan, block: Block, lane: int) -> None:
    patient, row = whole(control.patient, lane), whole(control.row, lane)
    for s in range(shape.outputs):
        set_real(block.values, (patient * plan.outputs + row) * shape.outputs + s, real(at.out, _W * s + lane))
    set_whole(control.row, lane, row + 1)


@compiled
def emit(
    functions: Functions,
    at: Addresses,
    control: Control,
    tables: Tables,
    shape: Shape,
    plan: Plan,
    block: Block,
) -> None:
    """Write the outputs that lie within the accepted steps, before `t1`."""
    t, h = load(at.t, 0), load(at.h, 0)
    while True:
        due = (
            _due(at, control, plan, 0),
            _due(at, control, plan, 1),
            _due(at, control, plan, 2),
            _due(at, control, plan, 3),
        )
        if min(due) == np.inf:
            return
        time = clamp(together(due), t, t + h)
        store(at.stage_time, 0, time)
        store(at.theta, 0, (time - t) / h)
        within(at, tables, shape.states)
        call(functions.observe, (at.stage_time, at.u, at.p, at.q, at.out))
        for lane in range(_W):
            if due[lane] < np.inf:
                _write(at, control, shape, plan, block, lane)


@compiled
def _due(at: Addresses, control: Control, plan: Plan, lane: int) -> float:
    """The time of a lane's next output within its accepted step; infinite where there is none."""
    row = whole(control.row, lane)
    if real(control.accepted, lane) == 0.0 or row >= whole(plan.rows, whole(control.group, lane)):
        return np.inf
    time = max(real(plan.times, row), real(at.t, lane))
    return time if time < real(control.t1, lane) else np.inf


@compiled
def locate(functions: Functions, at: Addresses, control: Control, tables: Tables, shape: Shape) -> None:
    """End the accepted steps just behind their first switch, if they have one.

    Samples, then bisection on the values within the step; every lane has its own bracket.
    """
    for lane in range(_W):
        set_real(control.low, lane, real(at.t, lane))
        set_real(control.high, lane, real(at.t, lane))
        set_whole(control.switched, lane, 0)
    for sample in range(1, _SAMPLES + 1):
        for lane in range(_W):
            if whole(control.switched, lane) == 0:
                set_real(control.low, lane, real(control.high, lane))
                set_real(control.high, lane, real(at.t, lane) + (sample / _SAMPLES) * real(at.h, lane))
            set_real(at.stage_time, lane, real(control.high, lane))
        _look(functions, at, tables, shape)
        for lane in range(_W):
            if real(control.accepted, lane) != 0.0 and _flipped(at, shape.switches, lane):
                set_whole(control.switched, lane, 1)
    while _halve(at, control):
        _look(functions, at, tables, shape)
        for lane in range(_W):
            if real(at.mask, lane) == 0.0:
                continue
            if _flipped(at, shape.switches, lane):
                set_real(control.high, lane, real(at.stage_time, lane))
            else:
                set_real(control.low, lane, real(at.stage_time, lane))
    _cut(at, control, tables, shape)


@compiled
def _look(functions: Functions, at: Addresses, tables: Tables, shape: Shape) -> None:
    """The switches within the step, at `stage_time`."""
    for lane in range(_W):
        set_real(at.theta, lane, (real(at.stage_time, lane) - real(at.t, lane)) / real(at.h, lane))
    within(at, tables, shape.states)
    call(functions.switches, (at.stage_time, at.u, at.p, at.q, at.g))


@compiled
def _flipped(at: Addresses, count: int, lane: int) -> bool:
    for s in range(count):  # noqa: SIM110 - compiled
        if (real(at.g, _W * s + lane) > 0.0) != (real(at.side, _W * s + lane) > 0.0):
            return True
    return False


@compiled
def _halve(at: Addresses, control: Control) -> bool:
    """Set `stage_time` to the middle of the brackets that are still too wide; return whether there are any."""
    found = False
    for lane in range(_W):
        low, high = real(control.low, lane), real(control.high, lane)
        middle = 0.5 * (low + high)
        set_real(at.mask, lane, 0.0)
        set_real(at.stage_time, lane, high)
        wide = high - low > _LOCATED and middle != low and middle != high
        if whole(control.switched, lane) != 0 and wide:
            set_real(at.mask, lane, 1.0)
            set_real(at.stage_time, lane, middle)
            found = True
    return found


@compiled
def _cut(at: Addresses, control: Control, tables: Tables, shape: Shape) -> None:
    found = False
    for lane in range(_W):
        set_real(at.mask, lane, float(whole(control.switched, lane)))
        set_real(at.theta, lane, (real(control.high, lane) - real(at.t, lane)) / real(at.h, lane))
        if whole(control.switched, lane) != 0:
            set_real(control.t1, lane, real(control.high, lane))
            found = True
    if found:
        within(at, tables, shape.states)
        blend(at, at.u, at.y1, shape.states)
