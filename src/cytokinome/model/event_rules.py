"""What makes events meaningful: a condition, and assignments to molecules or parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.model import scope
from cytokinome.model.checks import is_condition, needs_condition, not_negative, unknown
from cytokinome.model.expressions import Name, walk
from cytokinome.model.scope import ModelScope
from cytokinome.units import CONCENTRATION, DIMENSIONLESS, TIME

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector
    from cytokinome.model.components import Event, Model
    from cytokinome.model.expressions import Expression


def check_events(model: Model, found: Collector) -> None:
    """Add every fault of the events."""
    seen: set[str] = set()
    for event in model.events:
        if event.id in seen:
            hint = "give one of them another `id:`"
            found.error("DUPLICATE_NAME", f"two events have the id {event.id!r}", event.where, hint=hint)
        seen.add(event.id)
        _check_event(model, event, found)


def _check_event(model: Model, event: Event, found: Collector) -> None:
    here = ModelScope(model, found)
    needs_condition(event, found)
    if is_condition(event.condition):
        here.resolver().typed(event.condition)
    if event.delay is not None:
        here.resolver().resolve(event.delay, TIME, what=f"the delay of {event.id}")
        not_negative(model, event.delay, found, f"the delay of {event.id}")
    if event.priority is not None:
        here.resolver().resolve(event.priority, DIMENSIONLESS, what=f"the priority of {event.id}")
    for target, value in event.assignments:
        _check_assignment(model, event, target, value, found)


def _check_assignment(model: Model, event: Event, target: Name, value: Expression, found: Collector) -> None:
    here, what = ModelScope(model, found), f"the new value of {target}"
    if model.molecule(target.id) is not None:
        if here.molecule(target.id, target.compartment, target.where) is None:
            return
        if any(r.is_quasi_equilibrium and target.id in _partners(r.reactants, r.products) for r in model.reactions):
            hint = "state the binding with kon and koff"
            message = f"{target.id} takes part in a quasi-equilibrium, which an event cannot set"
            found.error("UNSUPPORTED_FEATURE", message, target.where, hint=hint)
        here.resolver().resolve(value, CONCENTRATION, scope.substance(model, target.id), what)
        not_negative(model, value, found, what)
    elif model.parameter(target.id) is not None and target.compartment is None:
        here.resolver().resolve(value, scope.parameter_dimension(model, target.id), what=what)
        readers = [p.id for p in model.parameters if target.id in _names(p.value)]
        if readers:
            hint = f"let the event set {', '.join(readers)} as well, as numbers of their own"
            message = f"{target.id} is set by {event.id}, and {', '.join(readers)} is computed from it"
            found.error("UNSUPPORTED_FEATURE", message, target.where, hint=hint)
    else:
        known = [*(m.id for m in model.molecules), *(p.id for p in model.parameters)]
        message = f"{target.id!r} is no molecule or parameter that an event can set"
        unknown(message, target.id, known, target.where, found)


def _names(expression: Expression) -> set[str]:
    return {node.id for node in walk(expression) if isinstance(node, Name)}


def _partners(*sides: tuple[tuple[str, int], ...]) -> set[str]:
    return {name for side in sides for name, _ in side}
