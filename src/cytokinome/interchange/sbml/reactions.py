"""Reactions as processes: one rate, and what one turn adds to each quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.interchange.sbml import algebra as a
from cytokinome.interchange.sbml.fast import Fast
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.interchange.sbml.roles import Form, references_of
from cytokinome.model.components import Change, Parameter, Quantity
from cytokinome.model.expressions import Name, Number

if TYPE_CHECKING:
    from cytokinome.interchange.sbml.document import Reaction, Species, SpeciesReference
    from cytokinome.interchange.sbml.translate import Translation
    from cytokinome.model.expressions import Expression


def add_reactions(made: Translation) -> None:
    """Add every reaction of the document.

    Raises
    ------
    Refused
        Where a reaction lacks what it needs.
    """
    for reaction in made.document.reactions:
        local = _constants(made, reaction)
        name, where = made.names.of[reaction.id], made.where(reaction.line)
        changes = _changes(made, reaction)
        if reaction.law is None:
            _check_bystander(made, reaction)
        if reaction.law is None or reaction.is_fast:
            made.put(Quantity(name, a.NAN, where=where))
            made.missing[name] = where
        if reaction.law is not None:
            rate = made.number(reaction.law, reaction.id, reaction.line, local)
            if reaction.is_fast:
                made.fast.append(Fast(name, reaction.line, rate, changes))
            else:
                made.processes[name] = Change(name, rate, changes, _note(reaction), where)


def _check_bystander(made: Translation, reaction: Reaction) -> None:
    """Refuse a reaction without a rate that would change something."""
    for reference in references_of(reaction):
        species = made.species[reference.species]
        if not species.is_boundary and not species.is_constant:
            message = f"{reaction.id} would change {species.id}, and has no kinetic law"
            raise Refused("SBML_MISSING_VALUE", message, reaction.line, "state its `kineticLaw`, or remove it")


def _note(reaction: Reaction) -> str:
    name = " ".join("".join(c if c.isprintable() else " " for c in reaction.name).split())
    return name[:120] if name != reaction.id else ""


def _constants(made: Translation, reaction: Reaction) -> dict[str, str]:
    """Add the constants of a reaction as parameters, and return their names by their ids."""
    local: dict[str, str] = {}
    for constant in reaction.constants:
        name = local[constant.id] = made.names.fresh(f"{made.names.of[reaction.id]}_{constant.id}")
        where = made.where(constant.line)
        value = None if constant.value is None else a.number(constant.value)
        if isinstance(value, Number):
            note = constant.name[:120] if constant.name != constant.id else ""
            made.parameters[name] = Parameter(name, value, source=made.source, note=note, where=where)
            continue
        if value is None:
            made.missing[name] = where
        made.put(Quantity(name, value or a.NAN, where=where))
    return local


def _changes(made: Translation, reaction: Reaction) -> tuple[tuple[str, Expression], ...]:
    """What one turn adds to each quantity; a species on both sides has the difference."""
    terms: dict[str, list[Expression]] = {}
    for side, sign in ((reaction.reactants, a.negative), (reaction.products, _same)):
        for reference in side:
            if reference.species in made.roles.reacting:
                factor = sign(_factor(made, reaction, reference))
                terms.setdefault(reference.species, []).append(factor)
    changes: list[tuple[str, Expression]] = []
    for id, factors in terms.items():
        species = made.species[id]
        total = _whole(factors) or a.plus(factors)
        target = made.amounts.get(id, made.names.of[id])
        changes.append((target, _per_size(made, species, a.times([total, _conversion(made, species)]))))
    return tuple(changes)


def _same(factor: Expression) -> Expression:
    return factor


def _factor(made: Translation, reaction: Reaction, reference: SpeciesReference) -> Expression:
    """The stoichiometry of one species reference."""
    if reference.id and (made.roles.is_touched(reference.id) or reference.math is not None):
        return made.name(reference.id)
    if reference.math is not None:
        return made.number(reference.math, reaction.id, reference.line)
    if reference.stoichiometry is None:
        message = f"{reaction.id} does not say how many {reference.species} one turn takes or gives"
        raise Refused("SBML_MISSING_VALUE", message, reference.line, "state its `stoichiometry`")
    return a.number(reference.stoichiometry)


def _whole(factors: list[Expression]) -> Expression | None:
    """Return the sum of factors that are all numbers."""
    values = [_value(f) for f in factors]
    numbers = [v for v in values if v is not None]
    return a.number(sum(numbers)) if len(numbers) == len(values) else None


def _value(factor: Expression) -> float | None:
    if isinstance(factor, Number):
        return factor.value
    inner = a.negative(factor)
    return -inner.value if isinstance(inner, Number) and inner != factor else None


def _conversion(made: Translation, species: Species) -> Expression:
    id = species.conversion or made.document.conversion
    return made.name(id) if id else a.ONE


def _per_size(made: Translation, species: Species, factor: Expression) -> Expression:
    if made.roles.forms[species.id] not in (Form.CONCENTRATION, Form.CARRIED):
        return factor
    return a.over(factor, Name(made.names.of[species.compartment]))
