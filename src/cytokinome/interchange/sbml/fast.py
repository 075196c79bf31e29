"""Fast reactions of level 2: at every time they have run until their rates are zero.

What a species is, is what the slow reactions made of it, and what the fast ones have turned over by now: y = Y + Σ N·ξ.
The extent ξ of a fast reaction is where its rate is zero, so the slow reactions act on the pools: the pseudo-steady
state of the specification (level 2, section Reactions, attribute fast). A rate that falls with every turn is zero once
only. A product of amounts is zero where one of them has run out, in the direction in which the reaction began.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.interchange.sbml import algebra as a
from cytokinome.interchange.sbml.exhaustion import Turn, run_out
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.interchange.sbml.slopes import sign, slope
from cytokinome.model.components import Quantity
from cytokinome.model.expressions import Name, walk

if TYPE_CHECKING:
    from cytokinome.interchange.sbml.translate import Translation
    from cytokinome.model.expressions import Expression


_LARGEST_LAW = 2000  # nodes of a law whose form is looked into


@dataclass(frozen=True, slots=True)
class Fast:
    """A fast reaction: where it stands, its rate, and what one turn adds to each quantity."""

    id: str
    line: int
    rate: Expression
    changes: tuple[tuple[str, Expression], ...]


def separate(made: Translation) -> None:
    """Split what fast reactions change into what the slow ones leave and what the fast ones have turned over.

    Raises
    ------
    Refused
        Where an extent would mean another amount from one time to the next.
    """
    if not made.fast:
        return
    slow = {id: made.names.fresh(f"{id}_slow") for id in dict.fromkeys(id for f in made.fast for id, _ in f.changes)}
    turned = _turned_over(made, slow)
    for id, terms in turned.items():
        whole = made.quantities[id]
        made.put(replace(whole, id=slow[id], note=f"{id}, without what fast reactions have turned over"))
        made.put(Quantity(id, unit=whole.unit, value=a.plus([Name(slow[id]), *terms]), note=whole.note))
    for process in made.processes.values():
        changes = tuple((slow.get(id, id), factor) for id, factor in process.changes)
        made.processes[process.id] = replace(process, changes=changes)
    made.events = [
        replace(event, assignments=tuple(_set(slow, turned, *pair) for pair in event.assignments))
        for event in made.events
    ]


def _turned_over(made: Translation, slow: dict[str, str]) -> dict[str, list[Expression]]:
    """Add the extent of each fast reaction, and return what they add to each quantity."""
    moving = _moving(made)
    found: dict[str, list[Expression]] = {}
    for fast in made.fast:
        for id, factor in fast.changes:
            if made.quantities[id].rate is not None or a.names(factor) & moving:
                message = f"what a turn of the fast reaction {fast.id} is to {id} differs from one time to the next"
                raise Refused("SBML_UNSUPPORTED", message, fast.line, "state the reaction with rates of its own")
    extents = [_extent(made, fast, slow, moving) for fast in made.fast]
    for fast, extent in zip(made.fast, extents, strict=True):
        made.put(extent)
        for id, factor in fast.changes:
            found.setdefault(id, []).append(a.times([factor, Name(extent.id)]))
    return found


def _extent(made: Translation, fast: Fast, slow: dict[str, str], moving: set[str]) -> Quantity:
    """Return the turns of a fast reaction: until something has run out, else such that its rate is zero."""
    name, positive = made.names.fresh(f"{fast.id}_extent"), _positive(made)
    symbols = {amount: made.names.of[id] for id, amount in made.amounts.items()}
    law = _written_out(made, fast.rate, set(symbols.values()))
    note, where = f"turns of the fast reaction {fast.id}", made.where(fast.line)
    changes = [Turn(symbols.get(id, id), slow[id], _written_out(made, f, set()), f) for id, f in fast.changes]
    others = [id for other in made.fast if other is not fast for id, _ in other.changes]
    if not any(id in others for id, _ in fast.changes):
        disturbed = {id for p in made.processes.values() for id, _ in p.changes}
        disturbed |= {target.id for event in made.events for target, _ in event.assignments}
        is_alone = not any(id in disturbed for id, _ in fast.changes)
        until = run_out(law, changes, positive, moving, is_alone=is_alone)
        if until is not None:
            return Quantity(name, value=until, note=note, where=where)
    _check_rest(fast, law, changes, positive)
    return Quantity(name, a.ZERO, such_that=fast.rate, note=note, where=where)


def _positive(made: Translation) -> set[str]:
    """The names of what is nowhere negative: pools, sizes, and constants that are so."""
    pools = {made.names.of[id] for id in (*made.species, *made.compartments)} | set(made.amounts.values())
    return pools | {p.id for p in made.parameters.values() if sign(p.value, set()) in (0, 1)}


def _check_rest(fast: Fast, law: Expression, turns: list[Turn], positive: set[str]) -> None:
    """Refuse a law that may be zero in several places, or nowhere: it must fall with every turn of its reaction.

    Raises
    ------
    Refused
        Where it does not, as far as its form tells.
    """
    effects: list[int | None] = []
    for turn in turns:
        change, driven = sign(turn.written_out, positive), slope(law, turn.symbol, positive)
        effects.append(None if change is None or driven is None else change * driven)
    if all(effect == 0 for effect in effects) or any(effect is None or effect > 0 for effect in effects):
        message = f"the rate of the fast reaction {fast.id} does not clearly fall with each of its turns"
        hint = "so where it comes to rest is open; state the reaction with rates of its own"
        raise Refused("SBML_UNSUPPORTED", message, fast.line, hint)


def _written_out(made: Translation, law: Expression, kept: set[str]) -> Expression:
    """Return a law with what always equals something else in terms of that."""
    values = {q.id: q.value for q in made.quantities.values() if q.value is not None and q.id not in kept}
    values |= made.math.parts
    for _ in values:  # as often as values can follow from values
        used = a.names(law) & values.keys()
        law = a.substituted(law, {name: values[name] for name in used})
        if len(walk(law)) > _LARGEST_LAW:
            return a.NAN
    return law


def _moving(made: Translation) -> set[str]:
    """The names of what is not the same at all times."""
    found = {"time", *(q.id for q in made.quantities.values() if q.rate or q.such_that)}
    found |= {target.id for event in made.events for target, _ in event.assignments}
    found |= {id for process in (*made.processes.values(), *made.fast) for id, _ in process.changes}
    follows = {q.id: a.names(q.value) for q in made.quantities.values() if q.value is not None}
    while more := {id for id, used in follows.items() if id not in found and used & found}:
        found |= more
    return found


def _set(
    slow: dict[str, str], turned: dict[str, list[Expression]], target: Name, value: Expression
) -> tuple[Name, Expression]:
    """Let an event set what is left of a new value once what was turned over is taken off."""
    if target.id not in slow:
        return target, value
    return Name(slow[target.id]), a.minus(value, a.plus(turned[target.id]))
