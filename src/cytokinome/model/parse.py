"""Text of a model file → the components it declares. Checks the form; `rules` checks the meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cytokinome.model.components import (
    Axis,
    Cell,
    Compartment,
    InsideVariable,
    Ligand,
    Loss,
    Model,
    Molecule,
    Parameter,
    Pharmacokinetics,
    Receptor,
)
from cytokinome.model.distributions import read_distribution
from cytokinome.model.equations import read_equations
from cytokinome.model.expressions import UNREADABLE, Expression, Number
from cytokinome.model.fields import Fields, ModelFields, check_id, check_words, kept_expression
from cytokinome.model.processes import read_events, read_observables, read_reactions, read_rules, read_transports
from cytokinome.model.spreads import read_closure
from cytokinome.text import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytokinome.diagnostics import Collector

T = TypeVar("T")
KINDS = ("culture", "plasma", "tissue", "lymph")
PK_KEYS = ("CL", "V1", "Q", "V2", "Q2", "V3", "ka", "F", "lag")
_LOSS_HINT = "write for example `degrades: {half-life: 6 h, source: assumed}`"
_LATER = {"include": "modules"}


def read_model(tree: Mapping, found: Collector) -> Model:
    """Read the tree of a model file.

    What cannot be read is reported and stays declared, with `UNREADABLE` in its place: the checks that follow can
    find all other faults without repeating this one. A model with errors is for those checks only.
    """
    top = ModelFields(tree, found, "a model")
    version = top.scalar("cytokinome", required=True)
    if version and version.text != "1":
        found.error(
            "LANGUAGE_VERSION",
            f"language version {version.text!r}; this software reads version 1",
            version.where,
            hint="write `cytokinome: 1`",
        )
    id = top.scalar("model", required=True)
    if id is not None:
        check_words(id, found, "model")
    for key, what in _LATER.items():
        node = top.get(key)
        if node is not None:
            found.error("UNSUPPORTED_FEATURE", f"{what} (`{key}:`) are not supported yet", node.where, hint="remove it")
    start = top.choice("start", ("given", "steady state"), "given")
    title, source = top.text("title"), top.scalar("source")
    compartments = _named(top, "compartments", "compartment", _compartment)
    only = compartments[0].id if len(compartments) == 1 else None
    model = Model(
        id=id.text if id else "",
        title=title,
        source=ModelFields(tree, found, "a model").source("the model") if source else None,
        compartments=compartments,
        molecules=_named(top, "molecules", "molecule", lambda k, f: _molecule(k, f, only)),
        receptors=_named(top, "receptors", "receptor", _receptor),
        cells=_named(top, "cells", "cell", lambda k, f: _cell(k, f, only)),
        parameters=_named(top, "parameters", "parameter", _parameter),
        rules=read_rules(top),
        reactions=read_reactions(top),
        transports=read_transports(top),
        observables=read_observables(top),
        events=read_events(top),
        equations=read_equations(top),
        start=start,
        representatives=read_closure(top),
    )
    top.close()
    return model


def _named(top: Fields, key: str, what: str, read_one: Callable[[Scalar, Fields], T]) -> tuple[T, ...]:
    found, results = top.found, list[T]()
    for name, node in top.mapping(key, f"`{key}:`").entries():
        fields = ModelFields(node, found, f"{what} {name.text}")
        check_id(name, found, what)
        results.append(read_one(name, fields))
        fields.close()
    return tuple(results)


def _compartment(key: Scalar, fields: Fields) -> Compartment:
    kind = fields.choice("kind", KINDS, "culture", required=True)
    volume = fields.expression("volume", required=True) or UNREADABLE
    text = fields.text("source")
    source = fields.source(fields.what) if text else None
    return Compartment(key.text, kind, volume, source, key.where)


def _places(fields: Fields, only: str | None) -> tuple[str, ...]:
    words = fields.words("in", required=only is None)
    return tuple(w.text for w in words) or ((only,) if only else ())


def _per_compartment(fields: Fields, key: str, places: tuple[str, ...]) -> tuple[tuple[str, Expression], ...]:
    """One value for every compartment, or ``{blood: …, joint: …}``."""
    node = fields.get(key)
    if isinstance(node, Scalar):
        value = kept_expression(node, fields.found)
        return tuple((p, value) for p in places)
    inner = ModelFields(node, fields.found, f"`{key}:` of {fields.what}")
    values: list[tuple[str, Expression]] = []
    for place in places:
        value = inner.expression(place)
        if value:
            values.append((place, value))
    inner.close()
    return tuple(values)


def _losses(fields: Fields, kinds: tuple[str, ...]) -> tuple[Loss, ...]:
    losses: list[Loss] = []
    for kind in kinds:
        inner = fields.mapping(kind, f"`{kind}:` of {fields.what}")
        if not inner:
            continue
        forms = ("rate", "half-life", "clearance") if kind == "cleared" else ("rate", "half-life")
        given = [(f, e) for f in forms if (e := inner.expression(f))]
        includes = tuple(w.text for w in inner.words("includes")) if kind == "cleared" else ()
        source = inner.source(f"`{kind}:` of {fields.what}")
        inner.close()
        if len(given) == 1:
            losses.append(Loss(kind, given[0][0], given[0][1], includes, source, inner.where))
        else:
            inner.found.error(
                "MISSING_KEY", f"{inner.what} needs exactly one of {', '.join(forms)}", inner.where, hint=_LOSS_HINT
            )
    return tuple(losses)


def _molecule(key: Scalar, fields: Fields, only: str | None) -> Molecule:
    places = _places(fields, only)
    origin = fields.choice("from", ("catalogue",))
    return Molecule(
        id=key.text,
        compartments=places,
        initial=_per_compartment(fields, "initial", places),
        baseline=_per_compartment(fields, "baseline", places),
        losses=_losses(fields, ("degrades", "cleared")),
        molar_mass=fields.expression("molar-mass"),
        specific_activity=fields.expression("specific-activity"),
        diffusion=fields.expression("diffusion"),
        scale=fields.expression("scale"),
        pk=_pharmacokinetics(fields),
        from_catalogue=bool(origin),
        synonyms=tuple(w.text for w in fields.words("synonyms")),
        where=key.where,
    )


def _pharmacokinetics(fields: Fields) -> Pharmacokinetics | None:
    inner = fields.mapping("pk", f"`pk:` of {fields.what}")
    if not inner:
        return None
    count = inner.number("compartments")
    if count not in (None, 1.0, 2.0, 3.0):
        inner.found.error("BAD_VALUE", "`pk:` has 1, 2 or 3 compartments", inner.where, hint="state 1, 2 or 3")
        count = 1
    constants = tuple((k, e) for k in PK_KEYS if (e := inner.expression(k)))
    source = inner.source(f"`pk:` of {fields.what}")
    inner.close()
    return Pharmacokinetics(int(count or 1), constants, source, inner.where)


def _receptor(key: Scalar, fields: Fields) -> Receptor:
    origin = fields.choice("from", ("catalogue",))
    ligands, antagonists = _ligands(fields, "ligands"), _ligands(fields, "antagonists")
    internalisation = fields.expression("internalisation")
    needs_source = bool(ligands or antagonists) and not origin
    source = fields.source(fields.what) if needs_source or fields.text("source") else None
    return Receptor(key.text, ligands, antagonists, internalisation, source, bool(origin), where=key.where)


def _ligands(fields: Fields, key: str) -> tuple[Ligand, ...]:
    ligands: list[Ligand] = []
    for name, node in fields.mapping(key, f"`{key}:` of {fields.what}").entries():
        if isinstance(node, Scalar):
            ligands.append(Ligand(name.text, kept_expression(node, fields.found), where=name.where))
            continue
        inner = ModelFields(node, fields.found, f"{name.text} of {fields.what}")
        Kd, kon, koff = (inner.expression(k) for k in ("Kd", "kon", "koff"))
        inner.close()
        ligands.append(Ligand(name.text, Kd if inner else UNREADABLE, kon, koff, where=name.where))
    return tuple(ligands)


def _cell(key: Scalar, fields: Fields, only: str | None) -> Cell:
    places = _places(fields, only)
    axes = [
        _axis(name, node, fields) for name, node in fields.mapping("states", f"`states:` of {fields.what}").entries()
    ]
    inside = [_inside(n, node, fields) for n, node in fields.mapping("inside", f"`inside:` of {fields.what}").entries()]
    return Cell(
        id=key.text,
        compartments=places,
        axes=tuple(a for a in axes if a),
        initial=_per_compartment(fields, "initial", places),
        inside=tuple(inside),
        scale=fields.expression("scale"),
        where=key.where,
    )


def _axis(name: Scalar, node: Node, fields: Fields) -> Axis | None:
    """A mapping of states to numbers; a list of states, the first initial; or one initial state."""
    if isinstance(node, Scalar):
        check_id(node, fields.found, "state")
        return Axis(name.text, (node.text,), node.text, is_open=True, where=name.where)
    if isinstance(node, Sequence):
        listed = tuple(s for s in node.items if isinstance(s, Scalar))
        if len(listed) == len(node.items) > 0:
            for state in listed:
                check_id(state, fields.found, "state")
            states = tuple(s.text for s in listed)
            return Axis(name.text, states, states[0], where=name.where)
        fields.found.error("WRONG_SHAPE", f"axis {name.text} lists the names of its states", node.where)
        return None
    numbers: list[tuple[str, Expression]] = []
    for state, value in node.entries:
        check_id(state, fields.found, "state")
        if isinstance(value, Scalar):
            numbers.append((state.text, kept_expression(value, fields.found)))
            continue
        fields.found.error("WRONG_SHAPE", f"state {state.text} takes a number of cells or a density", value.where)
        numbers.append((state.text, UNREADABLE))
    if not numbers:
        return None
    states = tuple(s for s, _ in numbers)
    return Axis(name.text, states, states[0], tuple(numbers), where=name.where)


def _inside(name: Scalar, node: Node, fields: Fields) -> InsideVariable:
    inner = ModelFields(node, fields.found, f"inside variable {name.text}")
    check_id(name, fields.found, "inside variable")
    variable = InsideVariable(
        name=name.text,
        kind=inner.choice("kind", ("amount", "intensive"), "amount"),
        initial=inner.expression("initial") or Number("0"),
        unit=inner.unit("unit"),
        losses=_losses(inner, ("degrades",)),
        between_cells=read_distribution(inner, "between-cells"),
        where=name.where,
    )
    inner.close()
    return variable


def _parameter(key: Scalar, fields: Fields) -> Parameter:
    value = fields.expression("value", required=True) or UNREADABLE
    uncertain = fields.mapping("uncertain", f"`uncertain:` of {fields.what}")
    fold = uncertain.number("fold") if uncertain else None
    uncertain.close()
    if fold is not None and fold <= 1:
        hint = "write for example `fold: 3`: 95 % lies between a third of the value and three times the value"
        fields.found.error(
            "BAD_VALUE", f"`fold: {fold:g}` of {fields.what} must be above 1", uncertain.where, hint=hint
        )
    return Parameter(
        id=key.text,
        value=value,
        varies=read_distribution(fields, "varies"),
        uncertain_fold=fold,
        source=fields.source(fields.what, required=True),
        of=fields.text("as") or None,
        note=fields.text("note"),
        where=key.where,
    )
