"""Events and constraints. A concentration in a size that moves is set through its amount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.interchange.sbml import algebra as a
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.interchange.sbml.roles import Form, sets_of
from cytokinome.model.components import Demand, Event, Manner
from cytokinome.model.expressions import Expression, Name

if TYPE_CHECKING:
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
                _assignments(made, event, values),
                delay,
                None if event.priority is None else made.number(event.priority, owner, line),
                Manner(
                    fires_from_start=not event.is_true_before,
                    lapses=not event.is_persistent,
                    values_when_fired=event.uses_trigger_values,
                    draws_ties=event.priority is not None,
                ),
                made.where(line),
            )
        )


def _assignments(
    made: Translation, event: sbml.Event, values: dict[str, Expression]
) -> tuple[tuple[Name, Expression], ...]:
    """What an event sets, all at once: everything is computed from what was there before, sizes included.

    Where a size jumps, amounts stay: so a concentration that is set together with its size does not end as what it was
    set to (the specification's semantics, as in case 01780 of the SBML Test Suite).
    """
    found: list[tuple[Name, Expression]] = []
    for id, value in values.items():
        if id in made.amounts:
            place = made.species[id].compartment
            jumps = any(place in sets_of(other) for other in made.document.events if other is not event)
            if event.uses_trigger_values and (jumps or event.delay is not None):
                message = f"{event.id or 'an event'} sets {id} to a value from before its size may have moved"
                raise Refused("SBML_UNSUPPORTED", message, event.line, "set useValuesFromTriggerTime to false")
            found.append((Name(made.amounts[id]), a.times([value, made.size(made.species[id])])))
        elif not _is_carried(made, id) or made.species[id].compartment not in values:
            found.append((made.name(id), value))
    for species in made.document.species:
        if _is_carried(made, species.id) and species.compartment in values:
            symbol, size = made.name(species.id), made.size(species)
            kept = a.over(a.times([values.get(species.id, symbol), size]), values[species.compartment])
            found.append((symbol, kept))
    return tuple(found)


def _is_carried(made: Translation, id: str) -> bool:
    return made.roles.forms.get(id) is Form.CARRIED


def add_demands(made: Translation) -> None:
    """Add every constraint of the document."""
    for constraint in made.document.constraints:
        if constraint.math is not None:
            holds = made.condition(constraint.math, "constraint", constraint.line)
            made.demands.append(Demand(holds, constraint.message[:200], made.where(constraint.line)))
