"""The loop that carries the patients of a block through time, four at a time.

Every lane has its own time, step, next output and next entry of the schedule; a lane that is done takes the next
patient. What a lane computes depends on its patient alone: whether anything is computed may depend on the other
lanes, what comes out never does. The loop is compiled once, for all models and methods.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import njit

from cytokinome.cache import CacheWarning
from cytokinome.engines.ode.lane_agenda import Agenda
from cytokinome.engines.ode.lane_control import advance, choose, judge, look_ahead
from cytokinome.engines.ode.lane_events import emit, finish, locate
from cytokinome.engines.ode.lane_frames import frame_of
from cytokinome.engines.ode.lane_happenings import happen
from cytokinome.engines.ode.lane_memory import Addresses, Control, Functions, Shape, Tables
from cytokinome.engines.ode.lane_plan import Block, Limits, Plan, Starts
from cytokinome.engines.ode.lane_start import at_rest, begin, refill
from cytokinome.engines.ode.lane_steps import attempt
from cytokinome.engines.ode.lane_vectors import compiled, set_whole, whole

_W = 4

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
    set_whole(control.attention, 0, 1)
    while whole(block.stop, 0) == 0:
        if whole(control.attention, 0) != 0:
            set_whole(control.attention, 0, 0)
            waiting = refill(at, control, shape, plan, block, waiting)
            if happen(functions, at, control, shape, plan, block, agenda, limits):
                continue
            if finish(functions, at, control, shape, plan, block):
                continue
            if not _busy(control):
                return
            look_ahead(control, plan)
            if begin(functions, at, control, tables, shape, block, limits.rtol):
                continue
        choose(at, control)
        attempt(functions, at, tables, shape, limits.rtol)
        if not judge(at, control, tables, shape, block):
            continue
        if shape.switches > 0:
            locate(functions, at, control, tables, shape)
        emit(functions, at, control, tables, shape, plan, block)
        advance(at, control, tables, shape, block, limits, agenda.events)


@compiled
def _busy(control: Control) -> bool:
    for lane in range(_W):  # noqa: SIM110 - compiled
        if whole(control.patient, lane) >= 0:
            return True
    return False


def _stamp() -> int:
    """A number made of everything that is compiled into the loop."""
    here = Path(__file__).parent
    around = ("base.py", "draws.py", "firings.py", "lane_draws.py")
    # The last ones have numbers, or functions, that are compiled in.
    files = [
        *sorted(here.glob("lane_*.py")),
        here / "methods.py",
        *(here.parent / n for n in around),
    ]
    return int.from_bytes(sha256(b"".join(file.read_bytes() for file in files)).digest()[:6], "big")


def _cached(stamp: int) -> tuple[Any, Any]:
    """The loop and what comes before it, from the cache on disk where it is current.

    Left alone, numba would compare one file only; a captured variable is part of its key.
    """

    def keep(function: Any) -> Any:
        try:
            return njit(cache=True, nogil=True, error_model="numpy")(function)
        except RuntimeError as fault:  # neither beside this file nor in the user's folder
            warnings.warn(f"the engine is compiled again in every process: {fault}", CacheWarning, stacklevel=2)
            return njit(nogil=True, error_model="numpy")(function)

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
