"""Quantities of `equations`: which of them move, what a symbol for each is, and what they are counted in."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.model.expressions import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.model.components import Equations, Model, Quantity
    from cytokinome.model.expressions import Expression


@lru_cache(maxsize=64)
def states(equations: Equations) -> frozenset[str]:
    """Return the ids of the quantities that have a derivative: a rate of their own, or processes that change them."""
    changed = {id for process in equations.processes for id, _ in process.changes}
    return frozenset(q.id for q in equations.quantities if q.rate is not None or q.id in changed)


def follows(quantity: Quantity) -> bool:
    """Whether a quantity follows from others at every time."""
    return quantity.value is not None or quantity.such_that is not None


def symbol(quantity: Quantity, moving: frozenset[str]) -> Ref:
    """Return what stands for the bare number of a quantity now; `moving` are the `states` of its equations."""
    if follows(quantity):
        return Ref("definition", quantity.id)
    return Ref("state" if quantity.id in moving else "parameter", quantity.id)


def at_start(id: str) -> Ref:
    """Return what stands for the bare number of a quantity, or the rate of a process, at the start."""
    return Ref("definition", f"initial {id}")


def rate_of(id: str, *, start: bool = False) -> Ref:
    """Return what stands for the derivative of a quantity by the time of the equations."""
    return Ref("definition", f"initial rate of {id}" if start else f"rate of {id}")


def expressions(equations: Equations) -> Iterator[Expression]:
    """Yield every expression of the equations."""
    for quantity in equations.quantities:
        written = quantity.initial, quantity.rate, quantity.value, quantity.such_that, quantity.scale
        yield from (e for e in written if e is not None)
    for process in equations.processes:
        yield process.rate
        yield from (factor for _, factor in process.changes)
    for event in equations.events:
        yield from (e for e in (event.condition, event.delay, event.priority) if e is not None)
        yield from (value for _, value in event.assignments)
    yield from (demand.holds for demand in equations.demands)


def demand_output(index: int) -> str:
    """Return the name of what tells whether a demand of the equations holds."""
    return f"holds({index + 1})"


def unit(quantity: Quantity) -> units.Unit:
    """Return the unit that a quantity is counted in; that of a plain number where none is stated."""
    return units.parse_unit(quantity.unit or "1")


def unit_of_time(equations: Equations) -> float:
    """Return the hours in one unit of time of the equations."""
    return units.parse_unit(equations.time).factor


def moving(model: Model) -> tuple[Quantity, ...]:
    """Return the quantities that have a derivative, which doses can be given into."""
    if model.equations is None:
        return ()
    known = states(model.equations)
    return tuple(q for q in model.equations.quantities if q.id in known)
