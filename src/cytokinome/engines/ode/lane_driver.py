"""The loop that carries the patients of a block through time, four at a time.

Every lane has its own time, step, next output and next entry of the schedule; a lane that is done takes the next
patient. What a lane computes depends on its patient alone: whether anything is computed may depend on the other
lanes, what comes out never does. The loop is compiled once, for all models and methods.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import njit

from cytokinome.engines.ode.lane_agenda import Agenda
from cytokinome.engines.ode.lane_events import emit, finish, leave, locate
from cytokinome.engines.ode.lane_frames import frame_of
from cytokinome.engines.ode.lane_happenings import happen
from cytokinome.engines.ode.lane_memory import Addresses, Control, Functions, Shape, Tables
from cytokinome.engines.ode.lane_plan import (
    ARRIVED,
    BROKEN,
    PIVOT,
    TOO_MANY,
    UNDERFLOW,
    Block,
    Limits,
    Plan,
    Starts,
)
from cytokinome.engines.ode.lane_start import at_rest, begin, choose, refill
from cytokinome.engines.ode.lane_steps import attempt, blend
from cytokinome.engines.ode.lane_vectors import compiled, real, set_real, set_whole, whole

_W = 4
_LESS, _SMALLEST = 0.7, 0.2  # of a rejected step: at most, and where nothing is known
_SMALLEST_PIVOT = 1e-9  # of the terms that it is the sum of: seven digits are left
_REJECTIONS = 1000  # in a row
_TROUBLES = 12  # attempts in a row that fail for a pivot


_FUNCTIONS, _ADDRESSES, _CONTROL, _TABLES, _SHAPE, _PLAN, _BLOCK, _AGENDA, _LIMITS, _STARTS = (
    frame_of(kind) for kind in (Functions, Addresses, Control, Tables, Shape, Plan, Block, Agenda, Limits, Starts)
)


@compiled
def _run(
    functions: Functions,
    at: Addresses,
    control: Control,
    tables: Tables,
    shape: Shape,
    plan: Plan,
    block: Block,
    agenda: Agenda,
    limits: Limits,
) -> None:
    """Simulate the patients of a block whose status is `WAITING`, until `block.stop` is set."""
    waiting = 0
    while whole(block.stop, 0) == 0:
        waiting = refill(at, control, shape, plan, block, waiting)
        if happen(functions, at, control, shape, plan, block, agenda, limits):
            continue
        if finish(functions, at, control, shape, plan, block):
            continue
        if not _busy(control):
            return
        if begin(functions, at, control, tables, shape, plan, block, limits.rtol):
            continue
        choose(at, control, plan)
        attempt(functions, at, tables, shape, limits.rtol)
        if not _judge(at, control, tables, shape, block):
            continue
        if shape.switches > 0:
            locate(functions, at, control, tables, shape)
        emit(functions, at, control, tables, shape, plan, block)
        _advance(at, control, tables, shape, block, limits)


@compiled
def _busy(control: Control) -> bool:
    for lane in range(_W):  # noqa: SIM110 - compiled
        if whole(control.patient, lane) >= 0:
            return True
    return False


@compiled
def _judge(at: Addresses, control: Control, tables: Tables, shape: Shape, block: Block) -> bool:
    """Accept or reject every lane's step and want the next; return whether any was accepted."""
    found = False
    for lane in range(_W):
        set_whole(control.accepted, lane, 0)
        if whole(control.patient, lane) < 0:
            continue
        set_whole(control.attempts, lane, whole(control.attempts, lane) + 1)
        # The comparisons are false for what is not a number.
        pivots = not tables.implicit or real(at.info, lane) > _SMALLEST_PIVOT
        if pivots and real(at.norm, lane) <= 1.0:
            set_whole(control.accepted, lane, 1)
            _accept(at, control, lane)
            found = True
        else:
            _reject(at, control, shape, block, lane, pivots)
    return found


@compiled
def _accept(at: Addresses, control: Control, lane: int) -> None:
    factor = real(at.factor, lane)
    if whole(control.rejections, lane) > 0:
        factor = min(factor, 1.0)
    set_real(control.wanted, lane, real(at.h, lane) * factor)
    set_whole(control.rejections, lane, 0)
    set_whole(control.troubles, lane, 0)
    set_whole(control.steps, lane, whole(control.steps, lane) + 1)


@compiled
def _reject(at: Addresses, control: Control, shape: Shape, block: Block, lane: int, pivots: bool) -> None:
    finite = pivots and real(at.norm, lane) < 1e300
    h = real(at.h, lane) * (min(real(at.factor, lane), _LESS) if finite else _SMALLEST)
    set_real(control.wanted, lane, h)
    set_whole(control.rejections, lane, whole(control.rejections, lane) + 1)
    set_whole(control.troubles, lane, 0 if pivots else whole(control.troubles, lane) + 1)
    if whole(control.troubles, lane) >= _TROUBLES:
        leave(at, control, shape, block, lane, PIVOT)
    elif h <= 2e-16 * abs(real(at.t, lane)) or h < 1e-100 or whole(control.rejections, lane) > _REJECTIONS:
        leave(at, control, shape, block, lane, UNDERFLOW if finite else BROKEN)


@compiled
def _advance(
    at: Addresses,
    control: Control,
    tables: Tables,
    shape: Shape,
    block: Block,
    limits: Limits,
) -> None:
    """Go to the end of the accepted steps."""
    for lane in range(_W):
        set_real(at.mask, lane, float(whole(control.accepted, lane)))
    blend(at, at.y1, at.y, shape.states)
    if not tables.implicit:
        blend(at, at.f, at.f0, shape.states)
    for lane in range(_W):
        if whole(control.accepted, lane) == 0:
            continue
        set_real(at.t, lane, real(control.t1, lane))
        if whole(control.switched, lane) != 0:
            set_whole(control.fresh, lane, 1)
        set_whole(control.arrived, lane, ARRIVED)
        if whole(control.steps, lane) >= limits.steps:
            leave(at, control, shape, block, lane, TOO_MANY)


def _stamp() -> int:
    """A number made of everything that is compiled into the loop."""
    files = sorted(Path(__file__).parent.glob("lane_*.py"))
    return int.from_bytes(sha256(b"".join(file.read_bytes() for file in files)).digest()[:6], "big")


def _cached(stamp: int) -> tuple[Any, Any]:
    """The loop and what comes before it, from the cache on disk where it is current.

    Left alone, numba would compare one file only; a captured variable is part of its key.
    """
    keep = njit(cache=True, nogil=True, error_model="numpy")

    def run(functions, at, control, tables, shape, plan, block, agenda, limits):  # noqa: ANN001, ANN202
        if stamp >= 0:
            _run(
                _FUNCTIONS(functions), _ADDRESSES(at), _CONTROL(control), _TABLES(tables), _SHAPE(shape), _PLAN(plan),
                _BLOCK(block), _AGENDA(agenda), _LIMITS(limits),
            )  # fmt: skip

    def rest(initial, scales, functions, at, shape, starts):  # noqa: ANN001, ANN202
        if stamp >= 0:
            at_rest(initial, scales, _FUNCTIONS(functions), _ADDRESSES(at), _SHAPE(shape), _STARTS(starts))

    return keep(run), keep(rest)


run, rest = _cached(_stamp())
