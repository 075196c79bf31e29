"""What makes a model meaningful: names, dimensions, signs. Finds every fault at once, before anything runs.

`check` is the only entry; each check is one small function. Sentences have their own file, `sentence_rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.model import scope
from cytokinome.model.components import Cell, Distribution, InsideVariable, Loss, Model, Molecule, Parameter, Reaction
from cytokinome.model.expressions import Expression, Name, Number, Ref, Unary, walk
from cytokinome.model.scope import ModelScope, ParameterScope
from cytokinome.model.sentence_rules import check_sentences
from cytokinome.units import (
    CELL,
    CLEARANCE,
    CONCENTRATION,
    DENSITY,
    DIMENSIONLESS,
    MOLAR_MASS,
    RATE,
    TIME,
    VOLUME,
    Dimension,
)

if TYPE_CHECKING:
    from cytokinome.diagnostics import Span

SECOND_ORDER = Dimension.of(substance=-1, volume=1, time=-1)
PRODUCTION = Dimension.of(substance=1, volume=-1, time=-1)
_PK = {"CL": CLEARANCE, "Q": CLEARANCE, "Q2": CLEARANCE, "V1": VOLUME, "V2": VOLUME, "V3": VOLUME}
_PK |= {"ka": RATE, "F": DIMENSIONLESS, "lag": TIME}
_PK_NEEDS = {"Q": "V2", "V2": "Q", "Q2": "V3", "V3": "Q2", "F": "ka", "lag": "ka"}
MAX_POPULATIONS = 2000


def check(model: Model, found: Collector) -> None:
    """Add every fault of a completed model to `found`."""
    _check_names(model, found)
    for compartment in model.compartments:
        if quantity(ModelScope(model, found), compartment.volume, VOLUME, f"the volume of {compartment.id}"):
            positive(compartment.volume, found, f"the volume of {compartment.id}")
    for molecule in model.molecules:
        _check_molecule(model, molecule, found)
    _check_receptors(model, found)
    for cell in model.cells:
        _check_cell(model, cell, found)
    for parameter in model.parameters:
        _check_parameter(model, parameter, found)
    if found.has_errors:
        return  # sentences lean on declarations; their faults would only repeat those above
    if len(scope.all_populations(model)) > MAX_POPULATIONS:
        count = len(scope.all_populations(model))
        found.error("TOO_LARGE", f"states and stages make {count} populations; at most {MAX_POPULATIONS}")
        return
    check_sentences(model, found)
    for reaction in model.reactions:
        _check_reaction(model, reaction, found)
    _check_transports(model, found)
    _check_observables(model, found)
    _check_unused(model, found)


# -------------------------------------------------------------------------------------------- building blocks
def quantity(
    where: ModelScope,
    expression: Expression,
    expect: Dimension,
    what: str,
    agent: str | None = None,
    bare: units.Unit | None = None,
) -> bool:
    """Check that an expression resolves to a dimension and is not a negative number."""
    substance = scope.substance(where.model, agent) if agent else None
    resolved = where.resolver(bare).resolve(expression, expect, substance, what)
    if resolved is None:
        return False
    if isinstance(expression, Unary) and expression.operator == "-" and isinstance(expression.operand, Number):
        where.found.error("NEGATIVE_VALUE", f"{what} is negative: {expression}", expression.where)
        return False
    return True


def positive(expression: Expression, found: Collector, what: str) -> bool:
    """Check that a literal is above zero."""
    if isinstance(expression, Number) and expression.value <= 0:
        found.error("BAD_VALUE", f"{what} must be above zero; it is {expression}", expression.where)
        return False
    return True


def known_places(model: Model, places: tuple[str, ...], what: str, where: Span | None, found: Collector) -> bool:
    """Check that compartments are declared."""
    known = [c.id for c in model.compartments]
    for place in places:
        if place not in known:
            hint = did_you_mean(place, known)
            found.error("UNKNOWN_NAME", f"{what} is in {place!r}, which is no compartment", where, hint=hint)
            return False
    return True


def _check_names(model: Model, found: Collector) -> None:
    """Names that expressions can use stand once."""
    if not model.compartments:
        found.error(
            "MISSING_KEY", "a model needs `compartments:`", hint="for example {well: {kind: culture, volume: 1 mL}}"
        )
    seen: dict[str, tuple[str, Span | None]] = {}
    groups = {
        "compartment": model.compartments, "molecule": model.molecules, "parameter": model.parameters,
        "observable": model.observables, "cell": model.cells,
    }  # fmt: skip
    for what, items in groups.items():
        for item in items:
            if item.id in seen:
                other, place = seen[item.id]
                also = [place] if place else []
                found.error("DUPLICATE_NAME", f"{item.id} is a {other} and a {what}", item.where, also=also)
            seen[item.id] = (what, item.where)


# --------------------------------------------------------------------------------------------- molecules
def _check_molecule(model: Model, molecule: Molecule, found: Collector) -> None:
    what, here = molecule.id, ModelScope(model, found)
    if not known_places(model, molecule.compartments, what, molecule.where, found):
        return
    if molecule.molar_mass is not None and _literal(molecule.molar_mass, found, f"the molar mass of {what}"):
        if quantity(here, molecule.molar_mass, MOLAR_MASS, f"the molar mass of {what}"):
            positive(molecule.molar_mass, found, f"the molar mass of {what}")
    for place, value in molecule.initial:
        quantity(here, value, CONCENTRATION, f"the initial concentration of {what}", what)
        if dict(molecule.baseline).get(place) is not None:
            found.error("BAD_VALUE", f"{what} has `initial:` and `baseline:`", molecule.where, hint="keep one of them")
    for _, value in molecule.baseline:
        quantity(here, value, CONCENTRATION, f"the baseline of {what}", what)
    for loss in molecule.losses:
        _check_loss(model, loss, what, found)
        _check_clearance(model, molecule, loss, found)
    if molecule.scale is not None:
        quantity(here, molecule.scale, CONCENTRATION, f"the scale of {what}", what)
    _check_pk(model, molecule, found)


def _literal(expression: Expression, found: Collector, what: str) -> bool:
    if isinstance(expression, Number):
        return True
    found.error("BAD_VALUE", f"{what} is a number with a unit, not `{expression}`", _where(expression))
    return False


def _where(expression: Expression) -> Span | None:
    return None if isinstance(expression, Ref) else expression.where


def _check_loss(model: Model, loss: Loss, what: str, found: Collector) -> None:
    dimension = {"rate": RATE, "half-life": TIME, "clearance": CLEARANCE}[loss.form]
    named = f"the {loss.form} of {what}"
    if quantity(ModelScope(model, found), loss.value, dimension, named) and loss.form == "half-life":
        positive(loss.value, found, named)


def _check_clearance(model: Model, molecule: Molecule, loss: Loss, found: Collector) -> None:
    if loss.kind != "cleared":
        return
    kinds = [c.kind for c in model.compartments if c.id in molecule.compartments]
    if "plasma" not in kinds:
        found.error(
            "BAD_VALUE", f"{molecule.id} is `cleared` but lives in no plasma compartment", loss.where,
            hint="use `degrades:` for losses elsewhere",
        )  # fmt: skip
    for part in loss.includes:
        if part not in ("renal", "receptor", "hepatic"):
            hint = did_you_mean(part, ["renal", "receptor", "hepatic"])
            found.error("BAD_VALUE", f"`includes: [{part}]` is unknown", loss.where, hint=hint)
    takers = [r for r in model.rules if r.verb.value == "takes up" and r.object == molecule.id]
    if "receptor" in loss.includes and takers:
        found.error(
            "DOUBLE_LOSS", f"the clearance of {molecule.id} includes receptor uptake, and `{takers[0].id}` takes it up too",
            loss.where, also=[takers[0].where] if takers[0].where else [],
            hint="remove the sentence, or state a clearance without receptor uptake",
        )  # fmt: skip


def _check_pk(model: Model, molecule: Molecule, found: Collector) -> None:
    pk, here = molecule.pk, ModelScope(model, found)
    if pk is None:
        return
    given = dict(pk.constants)
    for key, value in pk.constants:
        what = f"{key} of {molecule.id}"
        if quantity(here, value, _PK[key], what) and key.startswith("V"):
            positive(value, found, what)
        if key in _PK_NEEDS and _PK_NEEDS[key] not in given:
            found.error("MISSING_KEY", f"{what} needs {_PK_NEEDS[key]} beside it", pk.where)
    wanted = [("Q", 2), ("Q2", 3)]
    for key, count in wanted:
        if (key in given) != (pk.compartments >= count):
            message = f"`pk:` of {molecule.id} has {pk.compartments} compartments and {'no ' if key not in given else ''}{key}"
            found.error("BAD_VALUE", message, pk.where)


# --------------------------------------------------------------------------------------------- receptors
def _check_receptors(model: Model, found: Collector) -> None:
    here, molecules = ModelScope(model, found), [m.id for m in model.molecules]
    for receptor in model.receptors:
        binders = (*receptor.ligands, *receptor.antagonists)
        if receptor.internalisation is not None:
            quantity(here, receptor.internalisation, RATE, f"the internalisation of {receptor.id}")
        for binder in binders:
            what = f"{binder.molecule} at {receptor.id}"
            if binder.molecule not in molecules and not receptor.from_catalogue:
                hint = did_you_mean(binder.molecule, molecules)
                found.error(
                    "UNKNOWN_NAME", f"{binder.molecule!r} of {receptor.id} is no molecule", binder.where, hint=hint
                )
            if sum(b.molecule == binder.molecule for b in binders) > 1:
                message = f"{binder.molecule} stands twice at {receptor.id}: one molecule has one Kd there"
                found.error("DUPLICATE_NAME", message, binder.where)
            if binder.Kd is not None and quantity(here, binder.Kd, CONCENTRATION, f"the Kd of {what}", binder.molecule):
                positive(binder.Kd, found, f"the Kd of {what}")
            if binder.kon is not None:
                quantity(here, binder.kon, SECOND_ORDER, f"kon of {what}")
            if binder.koff is not None:
                quantity(here, binder.koff, RATE, f"koff of {what}")
            if binder.Kd is None and (binder.kon is None or binder.koff is None):
                found.error("MISSING_CONSTANT", f"{what} needs Kd, or kon and koff", binder.where)


# ------------------------------------------------------------------------------------------------- cells
def _check_cell(model: Model, cell: Cell, found: Collector) -> None:
    if not known_places(model, cell.compartments, cell.id, cell.where, found):
        return
    states = [s for axis in cell.axes for s in axis.states]
    for state in {s for s in states if states.count(s) > 1}:
        found.error("DUPLICATE_NAME", f"state {state!r} of {cell.id} stands on two axes", cell.where)
    counted = [a for a in cell.axes if a.numbers]
    if len(counted) > 1:
        names = " and ".join(a.name for a in counted)
        found.error(
            "BAD_VALUE", f"{cell.id} states numbers on several axes: {names}", counted[1].where,
            hint="one axis carries the numbers; every other names its initial state (infection: clean)",
        )  # fmt: skip
    if counted and cell.initial:
        found.error(
            "BAD_VALUE", f"{cell.id} has `initial:` beside numbers on an axis", cell.where, hint="keep one of them"
        )
    if (
        not counted
        and not cell.initial
        and not any(r.verb.value in ("enters", "differentiates into") for r in model.rules)
    ):
        hint = "write `initial: 1e6 /mL`, or numbers for the states of one axis"
        found.error("MISSING_KEY", f"{cell.id} has no initial number", cell.where, hint=hint)
    for name, value in (*((s, v) for a in counted for s, v in a.numbers), *cell.initial):
        _check_number_of_cells(model, cell, name, value, found)
    for variable in cell.inside:
        _check_inside(model, cell, variable, found)
    if cell.scale is not None:
        quantity(ModelScope(model, found), cell.scale, CELL, f"the scale of {cell.id}", bare=units.parse_unit("cell"))


def _check_number_of_cells(model: Model, cell: Cell, name: str, value: Expression, found: Collector) -> None:
    what = f"the number of {name} {cell.id}" if name not in cell.compartments else f"the number of {cell.id}"
    typed = ModelScope(model, found).resolver().typed(value)
    if typed is None:
        return
    if typed.dimension not in (None, DIMENSIONLESS, CELL, DENSITY, DENSITY / CELL):
        found.error(
            "DIMENSION_MISMATCH", f"{what} needs cells or cells/volume; `{value}` is {typed.dimension}", _where(value)
        )
    if isinstance(value, Unary):
        found.error("NEGATIVE_VALUE", f"{what} is negative: {value}", value.where)


def _check_inside(model: Model, cell: Cell, variable: InsideVariable, found: Collector) -> None:
    what, here = f"{variable.name} of {cell.id}", ModelScope(model, found)
    try:
        dimension, bare = scope.inside_dimension(variable), scope.bare_unit(variable)
    except units.UnitError as error:
        found.error(error.code, f"the unit of {what}: {error.message}", variable.where, hint=error.hint)
        return
    if variable.kind == "amount" and variable.unit:
        message = f"{what} is an amount, counted in molecules/cell; only intensive variables have a `unit:`"
        found.error("BAD_VALUE", message, variable.where)
    agent = variable.name if model.molecule(variable.name) else None
    quantity(here, variable.initial, dimension, f"the initial value of {what}", agent, bare)
    for loss in variable.losses:
        _check_loss(model, loss, what, found)
    if variable.between_cells:
        _check_distribution(model, variable.between_cells, dimension, what, found, bare)


# -------------------------------------------------------------------------------------------- parameters
def _check_parameter(model: Model, parameter: Parameter, found: Collector) -> None:
    here = ParameterScope(model, found, (parameter.id,))
    typed = here.resolver().typed(parameter.value)
    if parameter.of and model.molecule(parameter.of) is None:
        hint = did_you_mean(parameter.of, [m.id for m in model.molecules])
        found.error("UNKNOWN_NAME", f"`as: {parameter.of}` names no molecule", parameter.where, hint=hint)
    if typed is None:
        return
    if parameter.varies:
        _check_distribution(model, parameter.varies, typed.dimension or DIMENSIONLESS, parameter.id, found)
        if parameter.varies.kind == "lognormal":
            positive(parameter.value, found, f"{parameter.id}, the median of a lognormal,")
    if parameter.id in units_as_names():
        found.warning(
            "AMBIGUOUS_NAME", f"{parameter.id} is also a unit: `2 {parameter.id}` and `2/{parameter.id}` mean the unit",
            parameter.where, hint=f"write `2 * {parameter.id}` and `2 / {parameter.id}`, or choose a longer name",
        )  # fmt: skip


def units_as_names() -> frozenset[str]:
    """Return one-letter and other names that read as units behind a number."""
    return frozenset(w for w in ("h", "d", "s", "g", "m", "M", "K", "L", "l", "min", "cell") if units.is_unit_word(w))


def _check_distribution(
    model: Model, d: Distribution, dimension: Dimension, what: str, found: Collector, bare: units.Unit | None = None
) -> None:
    here = ModelScope(model, found)
    for name, value in d.numbers:
        expect = DIMENSIONLESS if name == "cv" else dimension
        if quantity(here, value, expect, f"`{name}` of {what}", bare=None if name == "cv" else bare):
            _not_a_name(value, found, f"`{name}` of {what}")
            if name in ("cv", "sd"):
                positive(value, found, f"`{name}` of {what}")
    limits = [*(v for n, v in d.numbers if n in ("low", "high")), *(d.within or ())]
    for value in d.within or ():
        quantity(here, value, dimension, f"`within` of {what}", bare=bare)
    ordered = limits[:2], limits[2:]
    for pair in ordered:
        numbers = [v.value for v in pair if isinstance(v, Number)]
        if len(numbers) == 2 and numbers[0] >= numbers[1] and len({v.unit for v in pair if isinstance(v, Number)}) == 1:
            found.error("BAD_VALUE", f"the bounds of {what} are out of order: {pair[0]} and {pair[1]}", d.where)


def _not_a_name(value: Expression, found: Collector, what: str) -> None:
    if any(isinstance(e, Name) for e in walk(value)):
        found.error("BAD_VALUE", f"{what} is a number, not `{value}`", _where(value))


# --------------------------------------------------------------------------------------------- reactions
def _check_reaction(model: Model, reaction: Reaction, found: Collector) -> None:
    names = [n for n, _ in (*reaction.reactants, *reaction.products)]
    missing = [n for n in names if model.molecule(n) is None]
    for name in missing:
        hint = did_you_mean(name, [m.id for m in model.molecules])
        found.error("UNKNOWN_NAME", f"{name!r} in {reaction.id} is no molecule", reaction.where, hint=hint)
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
        found.error("UNKNOWN_NAME", f"no compartment holds all of {', '.join(names)}", reaction.where)
        return
    here = ModelScope(model, found, places[0])
    orders = {"kon": sum(c for _, c in reaction.reactants), "koff": sum(c for _, c in reaction.products)}
    orders["k"] = orders["kon"]
    for key, value in reaction.constants:
        agent = reaction.reactants[0][0] if reaction.reactants else None
        if key in orders:
            quantity(here, value, CONCENTRATION ** (1 - orders[key]) * RATE, f"{key} of {reaction.id}")
        else:
            expect = CONCENTRATION if key == "Kd" else PRODUCTION
            if quantity(here, value, expect, f"{key} of {reaction.id}", agent) and key == "Kd":
                positive(value, found, f"Kd of {reaction.id}")
    if reaction.is_quasi_equilibrium:
        _check_quasi_equilibrium(model, reaction, found)


def _check_quasi_equilibrium(model: Model, reaction: Reaction, found: Collector) -> None:
    shape = [c for _, c in reaction.reactants] == [1, 1] and [c for _, c in reaction.products] == [1]
    if not shape or not reaction.is_reversible:
        found.error("BAD_REACTION", "a quasi-equilibrium reads X + D <-> C", reaction.where)
    names = {n for n, _ in (*reaction.reactants, *reaction.products)}
    for other in model.reactions:
        if other is not reaction and other.is_quasi_equilibrium:
            shared = names & {n for n, _ in (*other.reactants, *other.products)}
            if shared:
                found.error(
                    "UNSUPPORTED_FEATURE", f"two quasi-equilibria share {', '.join(sorted(shared))}", reaction.where,
                    hint="state the binding with kon and koff instead",
                )  # fmt: skip


def _check_transports(model: Model, found: Collector) -> None:
    for transport in model.transports:
        quantity(ModelScope(model, found), transport.clearance, CLEARANCE, f"the clearance of {transport.id}")
        if transport.origin == transport.destination:
            found.error("BAD_VALUE", "a transport leads to where it begins", transport.where)
        for id in transport.molecules:
            molecule = model.molecule(id)
            if molecule is None:
                hint = did_you_mean(id, [m.id for m in model.molecules])
                found.error("UNKNOWN_NAME", f"{id!r} is no molecule", transport.where, hint=hint)
                continue
            for place in (transport.origin, transport.destination):
                if place not in molecule.compartments:
                    hint = f"{id} lives in {', '.join(molecule.compartments)}: write `in: [{', '.join((*molecule.compartments, place))}]`"
                    found.error("UNKNOWN_NAME", f"there is no {id} in {place!r}", transport.where, hint=hint)


def _check_observables(model: Model, found: Collector) -> None:
    for observable in model.observables:
        if any(isinstance(e, Name) and e.id == observable.id for e in walk(observable.value)):
            found.error("CYCLIC_DEFINITION", f"{observable.id} is defined by itself", observable.where)
            continue
        if observable.of and model.molecule(observable.of) is None:
            hint = did_you_mean(observable.of, [m.id for m in model.molecules])
            found.error("UNKNOWN_NAME", f"`as: {observable.of}` names no molecule", observable.where, hint=hint)
            continue
        try:
            unit = units.parse_unit(observable.unit)
        except units.UnitError as error:
            found.error(error.code, f"the unit of {observable.id}: {error.message}", observable.where, hint=error.hint)
            continue
        quantity(ModelScope(model, found), observable.value, unit.dimension, observable.id, observable.of)


def _check_unused(model: Model, found: Collector) -> None:
    used = {name for text in _texts(model) for name in text}
    for parameter in model.parameters:
        if parameter.id not in used:
            found.warning("UNUSED_DECLARATION", f"nothing uses the parameter {parameter.id}", parameter.where)


def _texts(model: Model) -> list[set[str]]:
    """Return the names that each part of a model mentions: walk every dataclass field once."""
    from dataclasses import fields, is_dataclass

    names: list[set[str]] = []
    pending: list[object] = [model]
    while pending:
        item = pending.pop()
        if isinstance(item, Name):
            names.append({item.id})
        elif isinstance(item, tuple):
            pending.extend(item)  # pyright: ignore[reportUnknownArgumentType]
        elif is_dataclass(item):
            pending.extend(getattr(item, f.name) for f in fields(item))
    return names
