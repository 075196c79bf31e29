"""Patients on lanes before a step: their seats, the first step, and the size of the next one."""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.ode.lane_events import leave
from cytokinome.engines.ode.lane_plan import NOT_FINITE, SEATED, WAITING
from cytokinome.engines.ode.lane_steps import blend, change, euler, size, slopes
from cytokinome.engines.ode.lane_vectors import (
    call,
    clamp,
    compiled,
    load,
    power,
    real,
    set_real,
    set_whole,
    splat,
    store,
    whole,
)

if TYPE_CHECKING:
    from cytokinome.engines.ode.lane_memory import Addresses, Control, Functions, Shape, Tables
    from cytokinome.engines.ode.lane_plan import Block, Plan, Starts

_W = 4
_LOOKS = 100.0  # a condition on time may hold so briefly that longer steps between two entries would not see it


@compiled
def at_rest(initial: int, scales: int, functions: Functions, at: Addresses, shape: Shape, starts: Starts) -> None:
    """Fill states and scales of patients, and the productions that hold states at their baselines."""
    n, m = shape.states, shape.parameters
    for first in range(0, starts.patients, _W):
        for lane in range(_W):
            patient = min(first + lane, starts.patients - 1)
            for i in range(m):
                set_real(at.p, _W * i + lane, real(starts.p, m * patient + i))
        call(functions.prepare, (at.p, at.q))
        call(initial, (at.p, at.q, at.y))
        if starts.baselines > 0:
            call(functions.rates, (at.t, at.y, at.p, at.q, at.f))
            for j in range(starts.baselines):
                slot, state = whole(starts.slots, j), whole(starts.held, j)
                for lane in range(_W):
                    set_real(at.p, _W * slot + lane, 0.0 - real(at.f, _W * state + lane))
            call(functions.prepare, (at.p, at.q))
        call(scales, (at.p, at.q, at.atol))
        for lane in range(min(_W, starts.patients - first)):
            patient = first + lane
            for i in range(n):
                set_real(starts.y, n * patient + i, real(at.y, _W * i + lane))
                set_real(starts.scale, n * patient + i, real(at.atol, _W * i + lane))
            for i in range(m):
                set_real(starts.p, m * patient + i, real(at.p, _W * i + lane))


@compiled
def refill(at: Addresses, control: Control, shape: Shape, plan: Plan, block: Block, waiting: int) -> int:
    """Give idle lanes the next patients; return who is next."""
    for lane in range(_W):
        while whole(control.patient, lane) < 0 and waiting < block.patients:
            if whole(block.status, waiting) == WAITING:
                _seat(at, control, shape, plan, block, waiting, lane)
            waiting += 1
    return waiting


@compiled
def _seat(
    at: Addresses,
    control: Control,
    shape: Shape,
    plan: Plan,
    block: Block,
    patient: int,
    lane: int,
) -> None:
    set_real(at.t, lane, plan.start)
    for i in range(shape.states):
        set_real(at.y, _W * i + lane, real(block.y, shape.states * patient + i))
        set_real(at.atol, _W * i + lane, real(block.atol, shape.states * patient + i))
        set_real(at.r, _W * i + lane, 0.0)
    for i in range(shape.parameters):
        set_real(at.p, _W * i + lane, real(block.p, shape.parameters * patient + i))
    set_whole(control.patient, lane, patient)
    set_whole(control.group, lane, 0)
    set_whole(control.row, lane, 0)
    set_whole(control.starts, lane, 0)
    set_whole(control.flips, lane, 0)
    set_whole(control.dirty, lane, 1)
    set_whole(control.ending, lane, 0)
    set_whole(control.switched, lane, 0)
    set_whole(control.fresh, lane, 1)
    set_whole(control.arrived, lane, SEATED)
    set_real(control.due, lane, np.inf)
    set_real(control.steps, lane, 0.0)
    set_real(control.attempts, lane, 0.0)
    set_real(control.active, lane, 1.0)


@compiled
def begin(
    functions: Functions,
    at: Addresses,
    control: Control,
    tables: Tables,
    shape: Shape,
    block: Block,
    rtol: float,
) -> bool:
    """Choose a first step for lanes that start afresh (Hairer, Nørsett & Wanner I, II.4); return whether any failed."""
    any_fresh = False
    for lane in range(_W):
        if whole(control.patient, lane) < 0:
            set_whole(control.fresh, lane, 0)
        any_fresh = any_fresh or whole(control.fresh, lane) != 0
        set_real(at.mask, lane, float(whole(control.fresh, lane)))
    if not any_fresh:
        return False
    n = shape.states
    if shape.switches > 0:
        call(functions.switches, (at.t, at.y, at.p, at.q, at.g))
        blend(at, at.g, at.side, shape.switches)
    slopes(functions, at, n, at.t, at.y)
    if _not_finite(at, control, shape, block):
        return True
    blend(at, at.f, at.f0, n)
    _trial(at, control, shape, rtol)
    slopes(functions, at, n, at.stage_time, at.u)
    change(at, n)
    size(at, at.u, n, rtol)
    for lane in range(_W):
        steepest = max(real(control.high, lane), np.sqrt(real(at.norm, lane) / n) / real(at.h, lane))
        set_real(at.norm, lane, 0.01 / steepest)
    store(at.factor, 0, power(clamp(load(at.norm, 0), splat(1e-290), splat(1e290)), tables.exponent))
    for lane in range(_W):
        if whole(control.fresh, lane) != 0:
            _first_step(at, control, lane)
    return False


@compiled
def _not_finite(at: Addresses, control: Control, shape: Shape, block: Block) -> bool:
    """End fresh lanes whose derivative is not finite; return whether there are any."""
    found = False
    for lane in range(_W):
        bad = False
        for i in range(shape.states):
            bad = bad or not np.isfinite(real(at.f, _W * i + lane))
        if bad and whole(control.fresh, lane) != 0:
            leave(at, control, shape, block, lane, NOT_FINITE)
            found = True
    return found


@compiled
def _trial(at: Addresses, control: Control, shape: Shape, rtol: float) -> None:
    """A step of Euler's method whose change is a hundredth of y; `low` and `high` remember |y| and |f|."""
    n = shape.states
    size(at, at.y, n, rtol)
    for lane in range(_W):
        set_real(control.low, lane, np.sqrt(real(at.norm, lane) / n))
    size(at, at.f, n, rtol)
    for lane in range(_W):
        set_real(control.high, lane, np.sqrt(real(at.norm, lane) / n))
        if whole(control.fresh, lane) == 0:
            continue
        left = real(control.boundary, lane) - real(at.t, lane)
        set_real(control.longest, lane, left / _LOOKS if shape.switches > 0 else left)
        y, f = real(control.low, lane), real(control.high, lane)
        h = 0.01 * (y / f) if y > 1e-5 and f > 1e-5 else 1e-6
        set_real(at.h, lane, min(h, real(control.longest, lane)))
    for lane in range(_W):
        set_real(at.stage_time, lane, real(at.t, lane) + real(at.h, lane))
    euler(at, n)


@compiled
def _first_step(at: Addresses, control: Control, lane: int) -> None:
    h, inverse = real(at.h, lane), real(at.norm, lane)
    # A second derivative that is not finite counts as unknown.
    known = inverse > 1e-290 and inverse < 1e13
    set_real(control.wanted, lane, min(100.0 * h, real(at.factor, lane) if known else max(1e-6, h * 1e-3)))
    set_real(control.rejections, lane, 0.0)
    set_real(control.troubles, lane, 0.0)
    set_whole(control.starts, lane, whole(control.starts, lane) + 1)
    set_whole(control.fresh, lane, 0)
