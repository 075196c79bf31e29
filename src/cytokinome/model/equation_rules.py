"""What makes equations meaningful: names, what may be set or changed, no circles, as many equations as unknowns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.model import quantities
from cytokinome.model.bare import BareScope
from cytokinome.model.checks import needs_condition, unknown
from cytokinome.model.definitions import ordered
from cytokinome.model.expressions import UNREADABLE, Name, walk
from cytokinome.units import TIME

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector
    from cytokinome.model.components import Change, Equations, Event, Model, Quantity
    from cytokinome.model.expressions import Expression


def check_equations(model: Model, found: Collector) -> None:
    """Add every fault of the equations."""
    equations = model.equations
    if equations is None:
        return
    now, then = BareScope(model, found), BareScope(model, found, at_start=True)
    if units.parse_unit(equations.time).dimension != TIME:
        message = f"`time:` of the equations is a unit of time, not {equations.time!r}"
        found.error("BAD_UNIT", message, equations.where, hint="for example `time: s`")
    for quantity in equations.quantities:
        _check_quantity(now, then, quantity)
    for process in equations.processes:
        _check_process(equations, now, process, found)
    for event in equations.events:
        _check_event(model, equations, now, event, found)
    for demand in equations.demands:
        if demand.holds is not UNREADABLE:
            now.resolve(demand.holds)
    _check_circles(equations, found)


def _check_quantity(now: BareScope, then: BareScope, quantity: Quantity) -> None:
    if quantity.initial is not None:
        then.resolve(quantity.initial)
    for expression in (quantity.rate, quantity.value, quantity.such_that, quantity.scale):
        if expression is not None:
            now.resolve(expression)
    if quantity.such_that is not None and quantity.id not in _names(quantity.such_that, through=now.equations):
        message = f"`such-that: {quantity.such_that}` does not depend on {quantity.id}, and so cannot determine it"
        now.found.error("BAD_VALUE", message, quantity.where, hint="state it at a quantity that it depends on")


def _check_process(equations: Equations, now: BareScope, process: Change, found: Collector) -> None:
    now.resolve(process.rate)
    for id, factor in process.changes:
        now.resolve(factor)
        quantity = equations.quantity(id)
        if quantity is None:
            known = [q.id for q in equations.quantities]
            unknown(f"{id!r}, which {process.id} changes, is no quantity", id, known, process.where, found)
        elif quantities.follows(quantity):
            message = f"{process.id} changes {id}, which follows from other quantities"
            found.error("BAD_VALUE", message, process.where, hint=f"remove the `value:` or `such-that:` of {id}")


def _check_event(model: Model, equations: Equations, now: BareScope, event: Event, found: Collector) -> None:
    needs_condition(event, found)
    for expression in (event.condition, event.delay, event.priority, *(value for _, value in event.assignments)):
        if expression is not None:
            now.resolve(expression)
    settable = [q.id for q in equations.quantities if not quantities.follows(q)]
    settable += [p.id for p in model.parameters]
    for target, _ in event.assignments:
        if target.id not in settable or target.compartment:
            message = f"{str(target)!r} is no quantity or parameter that an event can set"
            unknown(message, target.id, settable, target.where, found)


def _check_circles(equations: Equations, found: Collector) -> None:
    """What always equals something cannot follow from itself, now or at the start."""
    now = {q.id: q.value for q in equations.quantities if q.value is not None}
    now |= {p.id: p.rate for p in equations.processes}
    then = {q.id: q.initial for q in equations.quantities if q.value is None and q.initial is not None} | now
    places = {c.id: c.where for c in (*equations.quantities, *equations.processes)}
    circles: set[tuple[str, ...]] = set()
    for items in (now, then):
        uses = {id: tuple(n for n in _names(e) if n in items) for id, e in items.items()}
        circles |= set(ordered(uses)[1])
    for circle in sorted(circles):
        message = f"{circle[0]} depends on itself: {' → '.join((*circle, circle[0]))}"
        hint = "state one of them as `such-that: …` to have them solved together"
        found.error("CYCLIC_DEFINITION", message, places[circle[0]], hint=hint)


def _names(expression: Expression, through: Equations | None = None) -> set[str]:
    """Return the names in an expression, and `through` which values and processes others are in it."""
    names, pending = set[str](), [expression]
    while pending:
        for node in walk(pending.pop()):
            if isinstance(node, Name) and node.id not in names:
                names.add(node.id)
                quantity, process = (through.quantity(node.id), through.process(node.id)) if through else (None, None)
                pending += [e for e in (quantity.value if quantity else None, process.rate if process else None) if e]
    return names
