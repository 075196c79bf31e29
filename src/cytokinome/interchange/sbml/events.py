"""Events: conditions, and what they set. A concentration in a size that moves is set through its amount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.interchange.sbml import algebra as a
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.model.components import Demand
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
        assignments = _assignments(made, event)
        if event.trigger is None or not assignments:
            continue
        owner = event.id or f"event_{number}"
        raise Refused("SBML_UNSUPPORTED", f"{owner} is an event", event.line)


def _assignments(made: Translation, event: sbml.Event) -> tuple[tuple[Name, Expression], ...]:
    del made
    return tuple((Name(x.target), a.ZERO) for x in event.assignments if x.math is not None)


def add_demands(made: Translation) -> None:
    """Add every constraint of the document."""
    for constraint in made.document.constraints:
        if constraint.math is not None:
            holds = made.condition(constraint.math, "constraint", constraint.line)
            made.demands.append(Demand(holds, constraint.message[:200], made.where(constraint.line)))
