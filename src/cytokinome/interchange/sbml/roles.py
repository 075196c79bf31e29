"""What determines each symbol of a file: rules, reactions, events, initial assignments, or a number alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cytokinome.interchange.sbml.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cytokinome.interchange.sbml.document import (
        Assignment,
        Document,
        Event,
        Math,
        Reaction,
        Rule,
        SpeciesReference,
    )


class Form(StrEnum):
    """How a species becomes quantities."""

    AMOUNT = "amount"  # the symbol means the amount, and that is the quantity
    CONCENTRATION = "concentration"  # the symbol means the concentration, in a size that never changes
    CARRIED = "carried"  # the same in a size that moves: what dilutes it is stated, and what a jump of the size does
    DIVIDED = "divided"  # the symbol means the concentration: an amount over a size that moves


@dataclass(frozen=True, slots=True)
class Roles:
    """By id: what determines a symbol. `solved` are the symbols that algebraic rules determine.

    `reacting` are species that reactions change, `varying` are compartments whose size moves or jumps.
    """

    assigned: Mapping[str, Rule]
    rated: Mapping[str, Rule]
    solved: Mapping[str, Rule]
    initial: Mapping[str, Assignment]
    set_by_events: frozenset[str]
    reacting: frozenset[str]
    varying: frozenset[str]
    forms: Mapping[str, Form]

    def is_touched(self, id: str) -> bool:
        """Whether anything but its own number determines a symbol."""
        return any(id in group for group in (self.assigned, self.rated, self.solved, self.initial, self.set_by_events))


def roles_of(document: Document) -> Roles:
    """Return what determines each symbol.

    Raises
    ------
    Refused
        Where two things do, or an algebraic rule has nothing left to determine.
    """
    assigned = _by_target(document, "assignment")
    rated = _by_target(document, "rate")
    set_by_events = frozenset(a.target for event in document.events for a in event.assignments if a.math is not None)
    reacting = frozenset(_reacting(document))
    solved = _matched(document, assigned, rated, reacting, set_by_events)
    varying = frozenset(
        c.id for c in document.compartments if any(c.id in g for g in (assigned, rated, solved, set_by_events))
    )
    return Roles(
        assigned=assigned,
        rated=rated,
        solved=solved,
        initial={a.target: a for a in document.initial if a.math is not None},
        set_by_events=set_by_events,
        reacting=reacting,
        varying=varying,
        forms=_forms(document, assigned, rated, solved, varying),
    )


def _by_target(document: Document, kind: str) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in document.rules:
        if rule.kind == kind and rule.math is not None:
            if rule.target in found:
                raise Refused("SBML_INVALID", f"two rules determine {rule.target}", rule.line)
            found[rule.target] = rule
    return found


def _reacting(document: Document) -> Iterable[str]:
    free = {s.id for s in document.species if not s.is_boundary and not s.is_constant}
    for reaction in document.reactions:
        for reference in (*reaction.reactants, *reaction.products):
            if reference.species in free and reaction.law is not None:
                yield reference.species


def _forms(
    document: Document,
    assigned: Mapping[str, Rule],
    rated: Mapping[str, Rule],
    solved: Mapping[str, Rule],
    varying: frozenset[str],
) -> dict[str, Form]:
    """An amount is the state where a size moves, but where a concentration has a rate or is set late: then it is that.

    What an event sets after a delay, to a value from before, is a concentration whatever the size has become; and a
    rate rule speaks of the concentration alone. Jumps of a size that no event sets itself leave amounts only.
    """
    sizeless = {c.id for c in document.compartments if c.dimensions == 0}
    late = {a.target for e in document.events for a in e.assignments if e.delay is not None and e.uses_trigger_values}
    forms: dict[str, Form] = {}
    for species in document.species:
        place = species.compartment
        can_carry = place in varying and not any(place in group for group in (assigned, solved, late))
        can_carry = can_carry and not _is_contested(document, place, species.id)
        if species.only_amounts or species.compartment in sizeless:
            forms[species.id] = Form.AMOUNT
        elif can_carry and (species.id in rated or species.id in late):
            forms[species.id] = Form.CARRIED
        elif species.compartment in varying and species.id not in assigned and species.id not in solved:
            forms[species.id] = Form.DIVIDED
        else:
            forms[species.id] = Form.CONCENTRATION
    return forms


def _is_contested(document: Document, place: str, species: str) -> bool:
    """Whether a size may jump to a value from before another event that happens at the same time."""
    setting = [e for e in document.events if {place, species} & sets_of(e)]
    early = [place in sets_of(e) for e in document.events if e.uses_trigger_values]
    return len(setting) > 1 and any(early)


def sets_of(event: Event) -> set[str]:
    """Return the ids that an event sets."""
    return {a.target for a in event.assignments if a.math is not None}


# ------------------------------------------------------------------------------------------------ algebraic rules
def _matched(
    document: Document,
    assigned: Mapping[str, Rule],
    rated: Mapping[str, Rule],
    reacting: frozenset[str],
    set_by_events: frozenset[str],
) -> dict[str, Rule]:
    """Give every algebraic rule one symbol that nothing else determines: a maximum matching, by augmenting paths."""
    rules = [rule for rule in document.rules if rule.kind == "algebraic" and rule.math is not None]
    if not rules:
        return {}
    taken = {*assigned, *rated, *reacting}
    free = {id for id in _variables(document) if id not in taken}
    used = _reached(document, assigned)
    order = {id: n for n, id in enumerate(sorted(free, key=lambda id: (id in set_by_events, id)))}
    choices = [sorted(used(rule.math) & free, key=order.__getitem__) for rule in rules]
    owner: dict[str, int] = {}

    def placed(number: int, seen: set[str]) -> bool:
        for id in choices[number]:
            if id not in seen:
                seen.add(id)
                if id not in owner or placed(owner[id], seen):
                    owner[id] = number
                    return True
        return False

    for number, rule in enumerate(rules):
        if not placed(number, set()):
            message = "an algebraic rule has no symbol left to determine: the equations determine too much"
            raise Refused("SBML_INVALID", message, rule.line)
    return {id: rules[number] for id, number in owner.items()}


def _variables(document: Document) -> list[str]:
    """Return the symbols that may change."""
    references = [r for reaction in document.reactions for r in references_of(reaction) if r.id]
    items = (*document.compartments, *document.species, *document.parameters, *references)
    return [item.id for item in items if not item.is_constant]


def references_of(reaction: Reaction) -> tuple[SpeciesReference, ...]:
    """Return the reactants and products of a reaction."""
    return (*reaction.reactants, *reaction.products)


def _reached(document: Document, assigned: Mapping[str, Rule]) -> Callable[[Math | None], set[str]]:
    """Return a function from mathematics to the symbols it depends on, through rules and reactions."""
    laws = {r.id: r.law for r in document.reactions if r.law is not None}

    def reached(tree: Math | None) -> set[str]:
        found, pending = set[str](), [tree]
        while pending:
            node = pending.pop()
            if node is None:
                continue
            if node.kind == "name" and node.text not in found:
                found.add(node.text)
                rule = assigned.get(node.text)
                pending += [rule.math if rule else None, laws.get(node.text)]
            pending += node.parts
        return found

    return reached
