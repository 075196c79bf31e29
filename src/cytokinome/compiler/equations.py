"""Equations of bare numbers as parts of a network: states, definitions, processes per hour, events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.compiler.network import (
    ONE,
    ZERO,
    Happening,
    Implicit,
    Output,
    Slot,
    Variable,
    negative,
    over,
    plus,
    times,
)
from cytokinome.diagnostics import Collector
from cytokinome.model import quantities
from cytokinome.model.bare import BareScope
from cytokinome.model.dimensions import constant
from cytokinome.model.expressions import Binary, Call, Expression, Name, Number, Ref, Unary, walk
from cytokinome.units import CELL, DIMENSIONLESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.compiler.workshop import Workshop
    from cytokinome.diagnostics import Span
    from cytokinome.model.components import Equations, Event, Model, Quantity

_PAST = ("delayed", "earlier")


def add_equations(shop: Workshop) -> None:
    """Add the equations of a model, where it has any."""
    equations = shop.model.equations
    if equations is None:
        return
    now, then = BareScope(shop.model, shop.found), BareScope(shop.model, shop.found, at_start=True)
    states, sizes = quantities.states(equations), _sizes(equations)
    for quantity in equations.quantities:
        _start(shop, then, quantity)
        _quantity(shop, now, quantity, is_state=quantity.id in states, sizes=sizes)
    _processes(shop, equations, now, then)
    _rates(shop, equations, now, then)
    for quantity in equations.quantities:
        unit = quantities.unit(quantity)
        value = times(constant(unit.factor), quantities.symbol(quantity, states))
        shop.outputs.append((Output(quantity.id, unit.dimension, None, quantity.unit), value))
    for index, demand in enumerate(equations.demands):
        holds = Call("if", (_resolved(now, demand.holds), ONE, ZERO))
        shop.outputs.append((Output(quantities.demand_output(index)), holds))


def _resolved(where: BareScope, expression: Expression) -> Expression:
    resolved = where.resolve(expression)
    if resolved is None:
        raise ValueError(f"unchecked expression reached the compiler: {expression}\n{where.found.report().render()}")
    return resolved


def _start(shop: Workshop, then: BareScope, quantity: Quantity) -> None:
    """What a quantity is at the start: what follows from others follows then, too."""
    id, guess = quantities.at_start(quantity.id).id, constant(0.0)
    written = quantity.value if quantity.value is not None else quantity.initial
    start = guess if written is None else _resolved(then, written)
    if quantity.such_that is None:
        shop.definitions[id] = start
    else:
        shop.implicit.append(Implicit(id, _resolved(then, quantity.such_that), start, None, quantity.where))


def _quantity(shop: Workshop, now: BareScope, quantity: Quantity, *, is_state: bool, sizes: dict[str, float]) -> None:
    start = quantities.at_start(quantity.id)
    if quantity.value is not None:
        shop.definitions[quantity.id] = _resolved(now, quantity.value)
    elif quantity.such_that is not None:
        state = _variable(now, quantity, sizes[quantity.id])
        residual = _resolved(now, quantity.such_that)
        shop.implicit.append(Implicit(quantity.id, residual, start, state, quantity.where))
    elif is_state:
        shop.variables[quantity.id] = _variable(now, quantity, sizes[quantity.id])
    else:
        shop.slots.setdefault(quantity.id, Slot(quantity.id, DIMENSIONLESS, start))


def _variable(now: BareScope, quantity: Quantity, size: float) -> Variable:
    unit, start, stated = quantities.unit(quantity), quantities.at_start(quantity.id), quantity.scale
    scale = (start, constant(size)) if stated is None else (_resolved(now, stated),)
    return Variable(quantity.id, "quantity", unit.dimension, start, scale, constant(unit.factor))


def _processes(shop: Workshop, equations: Equations, now: BareScope, then: BareScope) -> None:
    hours = constant(quantities.unit_of_time(equations))
    for process in equations.processes:
        shop.definitions[process.id] = _resolved(now, process.rate)
        shop.definitions[quantities.at_start(process.id).id] = _resolved(then, process.rate)
        moving, fixed = _parted(shop.definitions[process.id])
        rate = times(moving, over(fixed, hours))
        changes = [(id, _signed(_resolved(now, factor))) for id, factor in process.changes]
        shop.process(process.id, process.id, times(rate, shop.unblocked(process.id)), *changes)
        shop.outputs.append((Output(f"rate({process.id})"), rate))
    for quantity in equations.quantities:
        if quantity.rate is not None:
            rate = over(_resolved(now, quantity.rate), hours)
            shop.process(f"d {quantity.id}", quantity.id, rate, (quantity.id, ONE))


def _parted(law: Expression) -> tuple[Expression, Expression]:
    """Return two factors of a law: what may move along a trajectory, and what is computed once per patient.

    Laws of published models begin with the volume of a compartment, and what they change is divided by it.
    """
    found: dict[tuple[bool, bool], Expression] = {}  # (whether it is fixed, whether it divides) → product
    pending = [(law, False)]
    while pending:
        part, divides = pending.pop()
        if isinstance(part, Binary) and part.operator in ("*", "/"):
            pending += [(part.right, divides != (part.operator == "/")), (part.left, divides)]
        else:
            kind = all(_is_fixed(node) for node in walk(part)), divides
            found[kind] = times(found.get(kind, ONE), part)
    moving, fixed = (over(found.get((kind, False), ONE), found.get((kind, True), ONE)) for kind in (False, True))
    return moving, fixed


def _is_fixed(node: Expression) -> bool:
    """Whether one node of a tree does not move by itself."""
    if isinstance(node, Ref):
        return node.kind == "parameter"
    return not (isinstance(node, Call) and node.function in _PAST)


def _signed(factor: Expression) -> Expression:
    """Return a factor with its sign in front, −(1/V) for (−1)/V: the other side of a process has the same without."""
    if isinstance(factor, Number) and factor.value < 0:
        return negative(constant(-factor.value))
    if isinstance(factor, Binary) and factor.operator == "/":
        above = _signed(factor.left)
        if isinstance(above, Unary) and above.operator == "-":
            return negative(over(above.operand, factor.right))
    return factor


def _rates(shop: Workshop, equations: Equations, now: BareScope, then: BareScope) -> None:
    """Define what ``rate_of`` each quantity is: what its own rate and all processes make of it."""
    for start, where in ((False, now), (True, then)):
        terms: dict[str, list[Expression]] = {q.id: [] for q in equations.quantities if not quantities.follows(q)}
        for quantity in equations.quantities:
            if quantity.rate is not None:
                terms[quantity.id].append(_resolved(where, quantity.rate))
        for process in equations.processes:
            rate = quantities.at_start(process.id) if start else Ref("definition", process.id)
            for id, factor in process.changes:
                terms[id].append(times(_resolved(where, factor), rate))
        for id, parts in terms.items():
            shop.definitions[quantities.rate_of(id, start=start).id] = plus(*parts)


def happenings(shop: Workshop) -> tuple[Happening, ...]:
    """Return the events of the equations of a model."""
    equations = shop.model.equations
    if equations is None or not equations.events:
        return ()
    now, hours = BareScope(shop.model, shop.found), constant(quantities.unit_of_time(equations))
    return tuple(_happening(shop, now, hours, event) for event in equations.events)


def _happening(shop: Workshop, now: BareScope, hours: Expression, event: Event) -> Happening:
    delay = times(_resolved(now, event.delay), hours) if event.delay is not None else constant(0.0)
    return Happening(
        event.id,
        _resolved(now, event.condition),
        delay,
        _resolved(now, event.priority) if event.priority is not None else constant(0.0),
        tuple((*_target(shop, target), _resolved(now, value)) for target, value in event.assignments),
        event.manner,
    )


def _target(shop: Workshop, target: Name) -> tuple[str, str]:
    return ("state" if target.id in shop.variables else "parameter"), target.id


# ---------------------------------------------------------------------------------------- what engines cannot do
def refuse_uncounted(model: Model, engine: str, found: Collector) -> None:
    """Add what equations state that an engine cannot count; `engine` is its name in a sentence."""
    equations = model.equations
    if equations is None:
        return

    def no(what: str, where: Span | None, hint: str = "use the ODE engine") -> None:
        found.error("UNSUPPORTED_FEATURE", f"the {engine} engine refuses {what}", where, hint=hint)

    for quantity in equations.quantities:
        if quantity.such_that is not None:
            no(
                f"`such-that:` of {quantity.id}: what a condition determines does not come by whole numbers",
                quantity.where,
            )
        elif quantity.rate is not None:
            no(f"`rate:` of {quantity.id}: only processes happen one at a time", quantity.where, "state processes")
        elif quantities.unit(quantity).dimension not in (DIMENSIONLESS, CELL) and quantity.id in quantities.states(
            equations
        ):
            hint = "count it, without a unit or in cells, or use the ODE engine"
            no(f"{quantity.id}, which is counted in {quantity.unit}, not one by one", quantity.where, hint)
    refuse_delays(model, engine, found)


def refuse_delays(model: Model, engine: str, found: Collector) -> None:
    """Add what equations read of the past, which an engine does not remember."""
    for part, where in _parts(model.equations) if model.equations else ():
        if any(isinstance(node, Call) and node.function == "delayed" for node in walk(part)):
            message = f"the {engine} engine refuses `{part}`: it remembers no past"
            found.error("UNSUPPORTED_FEATURE", message, where, hint="use the ODE engine")


def refuse_all(model: Model, engine: str, found: Collector) -> None:
    """Add that an engine has no place for equations."""
    if model.equations is not None:
        message = f"the {engine} engine refuses `equations:`, which say nothing of places or single cells"
        found.error("UNSUPPORTED_FEATURE", message, model.equations.where, hint="use the ODE engine")


def _parts(equations: Equations) -> Iterator[tuple[Expression, Span | None]]:
    for quantity in equations.quantities:
        for e in (quantity.initial, quantity.rate, quantity.value, quantity.such_that):
            if e is not None:
                yield e, quantity.where
    for process in equations.processes:
        yield from ((e, process.where) for e in (process.rate, *(factor for _, factor in process.changes)))
    for event in equations.events:
        for e in (event.condition, event.delay, event.priority, *(value for _, value in event.assignments)):
            if e is not None:
                yield e, event.where


# ------------------------------------------------------------------------------------------------ sizes
def _sizes(equations: Equations) -> dict[str, float]:
    """Return how large each quantity is likely to become, as far as numbers that are written out tell.

    A quantity that starts at zero is as large as the largest of those that share a process with it, those that share
    one with them, and so on; it sets what an absolute tolerance means, and models count in mol/L as in molecules.
    """
    sizes = {q.id: abs(q.initial.value) if isinstance(q.initial, Number) else 0.0 for q in equations.quantities}
    groups = [[id for id, _ in process.changes if id in sizes] for process in equations.processes]
    while True:
        found = {id: max(sizes[i] for i in ids) for ids in groups for id in ids if not sizes[id]}
        found = {id: size for id, size in found.items() if size}
        if not found:
            return sizes
        sizes.update(found)
