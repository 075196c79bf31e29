"""Printing a model as text: ``parse(print(m)) = m``; and its stable hash."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cytokinome.model import sentences
from cytokinome.model.components import (
    Axis,
    Cell,
    Distribution,
    Event,
    InsideVariable,
    Ligand,
    Loss,
    Model,
    Molecule,
    Parameter,
    Pharmacokinetics,
    Reaction,
    Receptor,
    Rule,
)
from cytokinome.model.equations import equations_data
from cytokinome.model.expressions import Expression, Name, Number
from cytokinome.text import node_from_data
from cytokinome.text.layout import print_tree

if TYPE_CHECKING:
    from cytokinome.evidence import Source

Data = dict[str, Any]


def print_model(model: Model) -> str:
    """Return the text of a model file in the canonical layout. What the catalogue filled is not printed.

    Blocks and knock-outs of an experiment are no part of the language and are not printed either.
    """
    return print_tree(node_from_data(model_data(model)))


def digest(model: Model) -> str:
    """Return the sha256 of a model: equal for equal models, whatever their layout."""
    parts = (print_model(model), model.blockable, model.knocked_out, tuple(m.filled for m in model.molecules))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def model_data(model: Model) -> Data:
    """Return a model as plain mappings, lists and strings."""
    data: Data = {"cytokinome": "1", "model": model.id, "title": model.title, "source": _source(model.source)}
    data["compartments"] = {
        c.id: _kept({"kind": c.kind, "volume": str(c.volume), "source": _source(c.source)}) for c in model.compartments
    }
    data["molecules"] = {m.id: _molecule(m, model) for m in model.molecules if not m.composition}
    data["receptors"] = {r.id: _receptor(r) for r in model.receptors}
    data["cells"] = {c.id: _cell(c, model) for c in model.cells}
    data["parameters"] = {p.id: _parameter(p) for p in model.parameters}
    data["rules"] = [_rule(r) for r in model.rules]
    data["reactions"] = [_reaction(r) for r in model.reactions]
    data["transport"] = [
        _kept({
            "id": t.id if t.id != f"{'-'.join(t.molecules)}-from-{t.origin}-to-{t.destination}" else None,
            "of": list(t.molecules), "from": t.origin, "to": t.destination, "clearance": str(t.clearance),
            "source": _source(t.source),
        })
        for t in model.transports
    ]  # fmt: skip
    data["observables"] = {o.id: _kept({"value": str(o.value), "unit": o.unit, "as": o.of}) for o in model.observables}
    data["events"] = [_event(e, number) for number, e in enumerate(model.events, 1)]
    if model.equations is not None:
        events = [_event(e, number) for number, e in enumerate(model.equations.events, 1)]
        data["equations"] = _kept(equations_data(model.equations, events))
    data["start"] = model.start if model.start != "given" else None
    data["closure"] = {"representatives": str(model.representatives)} if model.representatives else None
    return _kept(data)


def _kept(data: Data) -> Data:
    """Drop what was not stated."""
    return {k: v for k, v in data.items() if v not in (None, "", [], {}, ())}


def _text(expression: Expression | None) -> str | None:
    return None if expression is None else str(expression)


def _source(source: Source | None) -> str | None:
    return None if source is None else source.cited or str(source)


def _places(places: tuple[str, ...], model: Model) -> str | list[str] | None:
    if len(model.compartments) == 1:
        return None
    return places[0] if len(places) == 1 else list(places)


def _per_place(values: tuple[tuple[str, Expression], ...], places: tuple[str, ...]) -> str | Data | None:
    if not values:
        return None
    texts = {place: str(value) for place, value in values}
    same = len(set(texts.values())) == 1 and len(texts) == len(places)
    return next(iter(texts.values())) if same else dict(texts)


def _molecule(m: Molecule, model: Model) -> Data:
    def stated(field: str) -> Any:
        return None if field in m.filled else getattr(m, field)

    data: Data = {
        "in": _places(m.compartments, model), "from": "catalogue" if m.from_catalogue else None,
        "initial": _per_place(m.initial, m.compartments), "baseline": _per_place(m.baseline, m.compartments),
        "molar-mass": _text(stated("molar_mass")), "specific-activity": _text(stated("specific_activity")),
        "diffusion": _text(stated("diffusion")), "scale": _text(m.scale),
        **_losses(stated("losses") or ()), "pk": _pk(m.pk), "synonyms": list(m.synonyms),
    }  # fmt: skip
    kept = _kept(data)
    # A molecule without anything to say still needs a mapping: name its compartment.
    return kept or {"in": m.compartments[0]}


def _losses(losses: tuple[Loss, ...]) -> Data:
    return {
        loss.kind: _kept({loss.form: str(loss.value), "includes": list(loss.includes), "source": _source(loss.source)})
        for loss in losses
    }


def _pk(pk: Pharmacokinetics | None) -> Data | None:
    if pk is None:
        return None
    return _kept(
        {"compartments": str(pk.compartments), **{k: str(v) for k, v in pk.constants}, "source": _source(pk.source)}
    )


def _receptor(r: Receptor) -> Data:
    def listed(ligands: tuple[Ligand, ...], field: str) -> Data | None:
        return None if field in r.filled else {b.molecule: _ligand(b) for b in ligands}

    data = _kept({
        "from": "catalogue" if r.from_catalogue else None, "ligands": listed(r.ligands, "ligands"),
        "antagonists": listed(r.antagonists, "antagonists"),
        "internalisation": None if "internalisation" in r.filled else _text(r.internalisation),
        "source": _source(r.source),
    })  # fmt: skip
    return data or {"ligands": {}}


def _ligand(b: Ligand) -> str | Data:
    if b.kon is None and b.koff is None:
        return str(b.Kd)
    return _kept({"Kd": _text(b.Kd), "kon": _text(b.kon), "koff": _text(b.koff)})


def _cell(c: Cell, model: Model) -> Data:
    data = _kept({
        "in": _places(c.compartments, model), "states": {a.name: _axis(a) for a in c.axes},
        "initial": _per_place(c.initial, c.compartments),
        "inside": {v.name: _inside(v) for v in c.inside if not v.is_implied},
        "scale": _text(c.scale),
    })  # fmt: skip
    return data or {"in": c.compartments[0]}


def _axis(axis: Axis) -> str | list[str] | Data:
    if axis.numbers:
        return {state: str(number) for state, number in axis.numbers}
    return axis.initial if axis.is_open else list(axis.states)


def _inside(v: InsideVariable) -> Data:
    return {
        "initial": str(v.initial),
        **_kept({
            "kind": v.kind if v.kind != "amount" else None, "unit": v.unit, **_losses(v.losses),
            "between-cells": _distribution(v.between_cells),
        }),
    }  # fmt: skip


def _distribution(d: Distribution | None) -> Data | None:
    if d is None:
        return None
    within = {"within": [str(d.within[0]), str(d.within[1])]} if d.within else {}
    return {d.kind: {**{name: str(value) for name, value in d.numbers}, **within}}


def _parameter(p: Parameter) -> Data:
    uncertain = {"fold": f"{p.uncertain_fold:.17g}"} if p.uncertain_fold is not None else None
    return _kept({
        "value": str(p.value), "as": p.of, "varies": _distribution(p.varies), "uncertain": uncertain,
        "source": _source(p.source), "note": p.note,
    })  # fmt: skip


def _rule(rule: Rule) -> str | Data:
    """A rule is one sentence, or {id, rule, at} where the sentence cannot say it all."""
    is_plain = rule.rate is None or isinstance(rule.rate, Number | Name)
    has_own_id = rule.id != sentences.default_id(rule)
    if is_plain and not has_own_id and rule.source is None and not rule.is_long:
        return sentences.sentence(rule)
    in_sentence = is_plain and not rule.is_long
    return _kept({
        "id": rule.id if has_own_id else None, "rule": sentences.sentence(rule, with_rate=in_sentence),
        "at": None if in_sentence else _text(rule.rate), "source": _source(rule.source),
    })  # fmt: skip


def _event(event: Event, number: int) -> Data:
    return _kept({
        "id": event.id if event.id != f"event-{number}" else None, "when": str(event.condition),
        "do": {str(target): str(value) for target, value in event.assignments},
        "delay": _text(event.delay), "priority": _text(event.priority),
        "from-start": "fires" if event.manner.fires_from_start else None,
        "once-fired": "lapses" if event.manner.lapses else None,
        "values": "when fired" if event.manner.values_when_fired else None,
        "ties": "drawn" if event.manner.draws_ties else None,
    })  # fmt: skip


def _reaction(reaction: Reaction) -> Data:
    def side(terms: tuple[tuple[str, int], ...]) -> str:
        return " + ".join(name if count == 1 else f"{count} {name}" for name, count in terms)

    arrow = "<->" if reaction.is_reversible else "->"
    default = f"{'-'.join(n for n, _ in reaction.reactants)}-to-{'-'.join(n for n, _ in reaction.products)}".strip("-")
    return _kept({
        "id": reaction.id if reaction.id != default else None,
        "equation": f"{side(reaction.reactants)} {arrow} {side(reaction.products)}".strip(),
        "quasi-equilibrium": "true" if reaction.is_quasi_equilibrium else None,
        **{k: str(v) for k, v in reaction.constants}, "in": reaction.compartment, "source": _source(reaction.source),
    })  # fmt: skip
