"""How long steps are and what becomes of them, on all lanes at once.

What is to be done on one lane alone, because it has arrived somewhere or cannot go on, raises `control.attention`.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.engines.ode.lane_events import leave, slack
from cytokinome.engines.ode.lane_plan import ARRIVED, BROKEN, PIVOT, TOO_MANY, UNDERFLOW
from cytokinome.engines.ode.lane_steps import blend
from cytokinome.engines.ode.lane_vectors import (
    at_most,
    compiled,
    load,
    real,
    set_real,
    set_whole,
    some,
    splat,
    store,
    where,
    whole,
)

if TYPE_CHECKING:
    from cytokinome.engines.ode.lane_memory import Addresses, Control, Shape, Tables
    from cytokinome.engines.ode.lane_plan import Block, Limits, Plan

_W = 4
_LESS, _SMALLEST = 0.7, 0.2  # of a rejected step: at most, and where nothing is known
_SMALLEST_PIVOT = 1e-9  # of the terms that it is the sum of: seven digits are left
_REJECTIONS = 1000  # in a row
_TROUBLES = 12  # attempts in a row that fail for a pivot


@compiled
def look_ahead(control: Control, plan: Plan) -> None:
    """Set when the next entry of the schedule acts or the next event that has fired is carried out."""
    for lane in range(_W):
        if whole(control.patient, lane) < 0:
            continue
        entry, due = real(plan.boundaries, whole(control.group, lane)), real(control.due, lane)
        set_real(control.boundary, lane, due if due < entry - slack(entry) else entry)


@compiled
def choose(at: Addresses, control: Control) -> None:
    """Set the step of every lane: as wanted, but onto what is to happen next, never over it."""
    t, boundary = load(at.t, 0), load(control.boundary, 0)
    left = boundary - t
    h = _smaller(load(control.wanted, 0), load(control.longest, 0))
    lands = at_most(splat(0.999999) * left, h)
    # Two halves are better than a step and a crumb.
    t1 = where(lands, boundary, t + _smaller(h, splat(0.5) * left))
    store(control.t1, 0, t1)
    store(at.h, 0, t1 - t)


@compiled
def _smaller(a, b):  # noqa: ANN001, ANN202
    return where(at_most(a, b), a, b)


@compiled
def judge(at: Addresses, control: Control, tables: Tables, shape: Shape, block: Block) -> bool:
    """Accept or reject every lane's step and want the next; return whether any was accepted."""
    active, one, norm = load(control.active, 0), splat(1.0), load(at.norm, 0)
    # What is not a number is at most nothing.
    sound = at_most(splat(_SMALLEST_PIVOT), load(at.info, 0)) if tables.implicit else one
    accepted = active * sound * at_most(norm, one)
    rejections, factor = load(control.rejections, 0), load(at.factor, 0)
    finite = sound * at_most(norm, splat(1e300))
    after_acceptance = where(rejections, _smaller(factor, one), factor)
    after_rejection = where(finite, _smaller(factor, splat(_LESS)), splat(_SMALLEST))
    store(control.wanted, 0, load(at.h, 0) * where(accepted, after_acceptance, after_rejection))
    store(control.accepted, 0, accepted)
    store(control.rejections, 0, where(accepted, splat(0.0), rejections + one))
    store(control.troubles, 0, where(sound, splat(0.0), load(control.troubles, 0) + one))
    store(control.attempts, 0, load(control.attempts, 0) + active)
    store(control.steps, 0, load(control.steps, 0) + accepted)
    if some(active - accepted):
        for lane in range(_W):
            if real(control.active, lane) != 0.0 and real(control.accepted, lane) == 0.0:
                _give_up(at, control, tables, shape, block, lane)
    return some(accepted)


@compiled
def _give_up(at: Addresses, control: Control, tables: Tables, shape: Shape, block: Block, lane: int) -> None:
    """End a patient whose steps are rejected for good."""
    h = real(control.wanted, lane)
    if real(control.troubles, lane) >= _TROUBLES:
        leave(at, control, shape, block, lane, PIVOT)
    elif h <= 2e-16 * abs(real(at.t, lane)) or h < 1e-100 or real(control.rejections, lane) > _REJECTIONS:
        # The comparison is false for what is not a number.
        finite = real(control.troubles, lane) == 0.0 and real(at.norm, lane) < 1e300
        leave(at, control, shape, block, lane, UNDERFLOW if finite else BROKEN)


@compiled
def advance(
    at: Addresses, control: Control, tables: Tables, shape: Shape, block: Block, limits: Limits, events: int
) -> None:
    """Go to the end of the accepted steps."""
    accepted, t1 = load(control.accepted, 0), load(control.t1, 0)
    store(at.mask, 0, accepted)
    blend(at, at.y1, at.y, shape.states)
    if not tables.implicit:
        blend(at, at.f, at.f0, shape.states)
    store(at.t, 0, where(accepted, t1, load(at.t, 0)))
    there = at_most(load(control.boundary, 0), t1) + at_most(splat(float(limits.steps)), load(control.steps, 0))
    if events == 0 and shape.switches == 0 and not some(accepted * there):
        return
    set_whole(control.attention, 0, 1)
    for lane in range(_W):
        if real(control.accepted, lane) == 0.0:
            continue
        if whole(control.switched, lane) != 0:
            set_whole(control.fresh, lane, 1)
        set_whole(control.arrived, lane, ARRIVED)
        if real(control.steps, lane) >= limits.steps:
            leave(at, control, shape, block, lane, TOO_MANY)
