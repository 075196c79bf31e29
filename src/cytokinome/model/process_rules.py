"""What makes reactions, transports and observables meaningful."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, cast

from cytokinome import units
from cytokinome.model import scope
from cytokinome.model.checks import positive, quantity, unknown
from cytokinome.model.definitions import observable_order, towers
from cytokinome.model.expressions import Name, walk
from cytokinome.model.places import at_word
from cytokinome.model.scope import ModelScope
from cytokinome.units import CLEARANCE, CONCENTRATION, RATE, Dimension

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector
    from cytokinome.model.components import Model, Observable, Reaction, Transport

PRODUCTION = Dimension.of(substance=1, volume=-1, time=-1)


def check_processes(model: Model, found: Collector) -> None:
    """Add every fault of reactions, transports and observables; warn of what nothing uses."""
    for reaction in model.reactions:
        _check_reaction(model, reaction, found)
    for transport in model.transports:
        _check_transport(model, transport, found)
    _check_circles(model, found)
    for observable in model.observables:
        _check_observable(model, observable, found)
    if not found.has_errors:
        _check_unused(model, found)


# --------------------------------------------------------------------------------------------- reactions
def _check_reaction(model: Model, reaction: Reaction, found: Collector) -> None:
    names = [n for n, _ in (*reaction.reactants, *reaction.products)]
    missing = [n for n in names if model.molecule(n) is None]
    for name in missing:
        unknown(f"{name!r} is no molecule", name, [m.id for m in model.molecules], reaction.where, found)
    if missing:
        return
    places = [
        c.id
        for c in model.compartments
        if all(c.id in (m.compartments if (m := model.molecule(n)) else ()) for n in names)
    ]
    if reaction.compartment:
        places = [p for p in places if p == reaction.compartment]
    if not places:
        message = f"no compartment holds all of {', '.join(dict.fromkeys(names))}"
        hint = "let them live in one compartment, or state `transport:`"
        found.error("BAD_REACTION", message, reaction.where, hint=hint)
        return
    here = ModelScope(model, found, places[0])
    orders = {"kon": sum(c for _, c in reaction.reactants), "koff": sum(c for _, c in reaction.products)}
    orders["k"] = orders["kon"]
    for key, value in reaction.constants:
        agent = reaction.reactants[0][0] if reaction.reactants else None
        if key in orders:
            quantity(here, value, CONCENTRATION ** (1 - orders[key]) * RATE, f"`{key}` of {reaction.id}")
        else:
            expect = CONCENTRATION if key == "Kd" else PRODUCTION
            if quantity(here, value, expect, f"`{key}` of {reaction.id}", agent) and key == "Kd":
                positive(model, value, found, f"`Kd` of {reaction.id}")
    if reaction.is_quasi_equilibrium:
        _check_quasi_equilibrium(model, reaction, found)


def _check_quasi_equilibrium(model: Model, reaction: Reaction, found: Collector) -> None:
    shape = [c for _, c in reaction.reactants] == [1, 1] and [c for _, c in reaction.products] == [1]
    if not shape or not reaction.is_reversible:
        hint = "write the equation so, or state kon and koff"
        found.error("BAD_REACTION", "a quasi-equilibrium reads X + D <-> C", reaction.where, hint=hint)
    names = {n for n, _ in (*reaction.reactants, *reaction.products)}
    for molecule in model.molecules:
        if molecule.id in names and molecule.baseline:
            message = f"{molecule.id} has a baseline and takes part in a quasi-equilibrium"
            hint = "state the binding with kon and koff, or an initial level"
            found.error("UNSUPPORTED_FEATURE", message, molecule.where, hint=hint)
    for other in model.reactions:
        if other is not reaction and other.is_quasi_equilibrium:
            shared = names & {n for n, _ in (*other.reactants, *other.products)}
            if shared:
                found.error(
                    "UNSUPPORTED_FEATURE", f"two quasi-equilibria share {', '.join(sorted(shared))}", reaction.where,
                    hint="state the binding with kon and koff instead",
                )  # fmt: skip


# ------------------------------------------------------------------------------- transport, observables
def _check_transport(model: Model, transport: Transport, found: Collector) -> None:
    quantity(ModelScope(model, found), transport.clearance, CLEARANCE, f"the clearance of {transport.id}")
    known = [c.id for c in model.compartments]
    ends = (("from", transport.origin), ("to", transport.destination))
    for word, place in ends:
        if place not in known:
            unknown(f"{place!r} is no compartment", place, known, transport.where, found, after=word)
    if transport.origin == transport.destination:
        where = at_word(transport.destination, transport.where, found, after="to")
        found.error("BAD_VALUE", "a transport leads to where it begins", where, hint="name another compartment")
    for id in transport.molecules:
        molecule = model.molecule(id)
        if molecule is None:
            names = [m.id for m in model.molecules]
            unknown(f"{id!r} is no molecule", id, names, transport.where, found, after="of")
            continue
        for word, place in ends:
            if place in known and place not in molecule.compartments:
                where = at_word(place, transport.where, found, after=word)
                wanted = ", ".join((*molecule.compartments, place))
                hint = f"{id} lives in {', '.join(molecule.compartments)}: write `in: [{wanted}]`"
                found.error("UNKNOWN_NAME", f"there is no {id!r} in {place}", where, hint=hint)


def _check_observable(model: Model, observable: Observable, found: Collector) -> None:
    if observable.of and model.molecule(observable.of) is None:
        message, names = f"`as: {observable.of}` names no molecule", [m.id for m in model.molecules]
        unknown(message, observable.of, names, observable.where, found, after="as")
        return
    here = ModelScope(model, found)
    try:
        unit = units.parse_unit(observable.unit)
    except units.UnitError:  # reported where the unit was read
        here.resolver().typed(observable.value)
        return
    agent = scope.substance(model, observable.of) if observable.of else None
    here.resolver().resolve(observable.value, unit.dimension, agent, f"{observable.id} [{observable.unit or '1'}]")


def _check_circles(model: Model, found: Collector) -> None:
    for circle in observable_order(model)[1]:
        observable = model.observable(circle[0])
        uses = [n for n in walk(observable.value) if isinstance(n, Name) and n.id == circle[1]] if observable else []
        message = f"observables depend on each other: {' → '.join(circle)}"
        hint = "an observable is computed from molecules, cells and other observables"
        found.error("CYCLIC_DEFINITION", message, uses[0].where if uses else None, hint=hint)
    for id in sorted(towers(model)):
        observable = model.observable(id)
        message = f"{id} builds on too many other observables"
        found.error("TOO_LARGE", message, observable.where if observable else None, hint="state it more directly")


def _check_unused(model: Model, found: Collector) -> None:
    used = _names(model)
    for parameter in model.parameters:
        if parameter.id not in used:
            hint = "remove it, or use it in a sentence"
            message = f"nothing uses the parameter {parameter.id}"
            found.warning("UNUSED_DECLARATION", message, parameter.where, hint=hint)


def _names(model: Model) -> set[str]:
    """Return every name that an expression of the model mentions."""
    names: set[str] = set()
    pending: list[Any] = [model]
    while pending:
        item = pending.pop()
        if isinstance(item, Name):
            names.add(item.id)
        elif isinstance(item, tuple):
            pending.extend(cast("tuple[Any, ...]", item))
        elif is_dataclass(item):
            pending.extend(getattr(item, f.name) for f in fields(item))
    return names
