"""Events and constraints. A concentration in a size that moves is set through its amount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.interchange.sbml import algebra as a
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.model.components import Demand, Event, Manner
from cytokinome.model.expressions import Expression, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytokinome.interchange.sbml import document as sbml
    from cytokinome.interchange.sbml.translate import Translation


def add_events(made: Translation) -> None:
    """Add every event of the document that can happen and changes something.

    Raises
    ------
    Refused
        Where an event does what the language cannot say.
    """
    for number, event in enumerate(made.document.events, 1):
        owner, line = event.id or f"event_{number}", event.line
        values = {x.target: made.number(x.math, owner, x.line) for x in event.assignments if x.math is not None}
        if event.trigger is None or not values:
            continue  # mathematics that are left out change nothing (level 3 version 2)
        delay = None if event.delay is None else made.number(event.delay, owner, line)
        made.events.append(
            Event(
                event.id or f"event-{len(made.events) + 1}",
                made.condition(event.trigger, owner, line),
                _assignments(made, event, values, has_delay=delay is not None),
                delay,
                None if event.priority is None else made.number(event.priority, owner, line),
                Manner(not event.is_true_before, not event.is_persistent, event.uses_trigger_values),
                made.where(line),
            )
        )


def _assignments(
    made: Translation, event: sbml.Event, values: dict[str, Expression], *, has_delay: bool
) -> tuple[tuple[Name, Expression], ...]:
    """What an event sets, all at once; amounts are those of the new concentration in the new size."""
    own = {made.names.of[id]: value for id, value in values.items()}
    found: list[tuple[Name, Expression]] = []
    for id, value in values.items():
        if id not in made.amounts:
            found.append((made.name(id), value))
            continue
        if has_delay and event.uses_trigger_values:
            message = (
                f"{event.id or 'an event'} sets the concentration {id}, computed before a delay while its size moves"
            )
            raise Refused("SBML_UNSUPPORTED", message, event.line, "set useValuesFromTriggerTime to false")
        size = _afterwards(made, made.size(made.species[id]), own)
        found.append((Name(made.amounts[id]), a.times([value, size])))
    return tuple(found)


def _afterwards(made: Translation, expression: Expression, own: Mapping[str, Expression]) -> Expression:
    """Return what an expression is once an event has set `own`, in terms of what is there before."""
    changed = dict(own)
    for name in a.names(expression) - own.keys():
        quantity = made.quantities.get(name)
        value = quantity.value if quantity is not None else made.math.parts.get(name)
        if value is not None and (after := _afterwards(made, value, own)) != value:
            changed[name] = after
    return a.substituted(expression, changed)


def add_demands(made: Translation) -> None:
    """Add every constraint of the document."""
    for constraint in made.document.constraints:
        if constraint.math is not None:
            holds = made.condition(constraint.math, "constraint", constraint.line)
            made.demands.append(Demand(holds, constraint.message[:200], made.where(constraint.line)))
