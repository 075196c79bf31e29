"""A cast of records → the texts of a model and of an experiment that run at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.catalogue.records import Receptor
from cytokinome.catalogue.selection import default_losses
from cytokinome.model.assemble.gather import gather
from cytokinome.model.assemble.sentences import (
    ANTIBODY_MASS,
    HALF_LIFE,
    MASS,
    Desk,
    blocked,
    cited,
    drug_reactions,
    fate_rules,
    secretion_rules,
    stimulus,
)
from cytokinome.text import node_from_data
from cytokinome.text.layout import print_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.catalogue.records import Cell, Cytokine, Measured, Mediator, Regimen, Therapy
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.model.assemble.gather import Cast, Place
    from cytokinome.model.assemble.sentences import Entry

_ROOMS = {"culture": ("well", "1 mL"), "plasma": ("blood", "5 L")}
_NUMBER = {"culture": ("1e6 /mL", "cells of a dish"), "plasma": ("1e5 /mL", "no number in blood was read")}
_DOSE = ("1 ug", "no concentration or regimen that fits was read")
_NO_DOSE = ("IU", "cell", "m^2", "/day", "/h")  # units of what is no single dose by mass
_SPARK = "10 pM"  # of each cytokine, where nothing else would set a model going


@dataclass(frozen=True)
class Draft:
    """The texts of a model and an experiment, what was assumed in them, and what the records say beyond them."""

    model: str
    experiment: str
    assumed: tuple[str, ...]
    left_out: tuple[str, ...]


def draft(known: Catalogue, name: str, records: Iterable[str], place: Place | None = None) -> Draft:
    """Return a first model of some records: what they say of each other as sentences, gaps filled by assumptions.

    Parameters
    ----------
    known : Catalogue
    name : str
        Of the model and the experiment.
    records : iterable of str
        Cytokines, mediators, cells, therapies, or a disease, by any of their names.
    place : str, optional
        ``culture`` or ``plasma``; by default plasma for a disease, else culture.

    Raises
    ------
    CatalogueError
        As `gather`.
    """
    cast = gather(known, records, place)
    desk = Desk(cast)
    secretion_rules(desk)
    fate_rules(desk)
    drugs = drug_reactions(desk)
    _name_the_idle(desk)
    room, volume = _ROOMS[cast.place]
    drugs_used = [drug for drug in cast.therapies if drug.id in drugs]
    model: Entry = {
        "cytokinome": "1",
        "model": name,
        "title": _title(cast),
        "compartments": {room: {"kind": cast.place, "volume": volume, "source": "assumed: a usual size"}},
        "molecules": _molecules(desk, drugs_used, room),
    }
    if receptors := _receptors(cast):
        model["receptors"] = receptors
    model |= {"cells": {cell.id: _cell(desk, cell, room) for cell in cast.cells}}
    model |= {"parameters": desk.parameters, "rules": desk.rules}
    if desk.reactions:
        model["reactions"] = desk.reactions
    experiment = _experiment(desk, name, drugs_used, room)
    return Draft(_text(model), _text(experiment), tuple(desk.assumed), tuple(dict.fromkeys(desk.left_out)))


def _name_the_idle(desk: Desk) -> None:
    """Say which cells do nothing here, and which molecules nobody makes."""
    sentences = [str(rule["rule"]).split() for rule in desk.rules]
    busy = {words[0] for words in sentences}
    made = {words[2] for words in sentences if words[1] == "secretes"}
    desk.left_out += [f"{c.id} does nothing here: no record says what" for c in desk.cast.cells if c.id not in busy]
    idle = [c.id for c in desk.cast.cytokines if c.id not in made]
    desk.left_out += [f"no cell of the model secretes {molecule}" for molecule in idle]


def _text(content: Entry) -> str:
    return print_tree(node_from_data(content))


def _title(cast: Cast) -> str:
    if cast.disease is not None:
        return f"Cytokines of {cast.disease.name}, as the catalogue states them"
    ids = [r.id for r in (*cast.cells, *cast.cytokines, *cast.therapies)]
    return f"{', '.join(ids)}, as the catalogue states them"


def _molecules(desk: Desk, drugs: list[Therapy], room: str) -> Entry:
    cast = desk.cast
    is_driven = bool(cast.mediators) or any("driven by" not in str(rule["rule"]) for rule in desk.rules)
    found: Entry = {}
    for cytokine in cast.cytokines:
        entry = _molecule(desk, cytokine, room)
        if not is_driven:
            entry["initial"] = _SPARK
            desk.assumed.append(f"{cytokine.id} begins at {_SPARK}: nothing else sets the model going")
        found[cytokine.id] = entry
    for mediator in cast.mediators:
        level = stimulus(mediator)
        desk.assumed.append(f"{mediator.id} begins at {level}: a usual stimulus")
        found[mediator.id] = {**_molecule(desk, mediator, room), "initial": level}
    return found | {drug.id: _molecule(desk, drug, room) for drug in drugs}


def _molecule(desk: Desk, record: Cytokine | Mediator | Therapy, room: str) -> Entry:
    """A molecule with its loss and molar mass, from the catalogue where that has them."""
    entry: Entry = {"in": room, "from": "catalogue"}
    known = {loss.place for loss in default_losses(record.losses)}
    if read := _half_life_in_blood(desk, record):
        half_life = desk.take(f"t_{record.id}", read)
        entry["cleared"] = {"half-life": half_life, "source": cited(read.source)}
    elif desk.cast.place not in known:
        is_drug = record.kind == "therapy"
        reason = "stable for the time of an experiment" if is_drug else HALF_LIFE[1]
        half_life = desk.assume(f"t_{record.id}", ("14 day" if is_drug else HALF_LIFE[0], reason))
        entry["degrades"] = {"half-life": half_life, "source": f"assumed: {reason}"}
    if record.molar_mass is None or record.molar_mass.bound is not None:
        mass, reason = ANTIBODY_MASS if record.kind == "therapy" else MASS
        entry["molar-mass"] = mass
        desk.assumed.append(f"molar mass of {record.id} = {mass}: {reason}")
    return entry


def _half_life_in_blood(desk: Desk, record: Cytokine | Mediator | Therapy) -> Measured | None:
    """The half-life among the pharmacokinetics of a drug, for a model of blood."""
    if record.kind != "therapy" or desk.cast.place != "plasma" or default_losses(record.losses):
        return None
    read = (numbers.half_life for numbers in record.pk)
    return next((value for value in read if value is not None and value.bound is None), None)


def _receptors(cast: Cast) -> Entry:
    """The receptors that drugs of the model occupy, with what binds them there."""
    found: Entry = {}
    for id, drugs in blocked(cast).items():
        receptor = cast.known.find(id)
        known = receptor.ligands if isinstance(receptor, Receptor) else ()
        ligands = {b.molecule: b.Kd.value for b in known if b.molecule in cast.molecules and b.Kd}
        if not ligands:
            continue
        antagonists = {drug.id: binding.Kd.value for drug, binding in drugs if binding.Kd}
        source = f"catalogue records of {id} and {', '.join(antagonists)}"
        found[id] = {"ligands": ligands, "antagonists": antagonists, "source": source}
    return found


def _cell(desk: Desk, cell: Cell, room: str) -> Entry:
    """A cell with its number: of blood, as counted; else assumed."""
    name = f"n_{cell.id}"
    counted = [a.density for a in cell.abundance if a.matrix == "whole blood" and a.state == "healthy"]
    if desk.cast.place == "plasma" and counted:
        desk.take(name, counted[0])
    else:
        desk.assume(name, _NUMBER[desk.cast.place])
    return {"in": room, "initial": name}


def _experiment(desk: Desk, name: str, drugs: list[Therapy], room: str) -> Entry:
    arms: Entry = {"untreated": {}}
    for drug in drugs:
        arms[drug.id] = {"doses": [{"of": drug.id, "into": room, "at": "0 h", "amount": _amount(desk, drug)}]}
    span = "0 to 48 h, every 30 min" if desk.cast.place == "culture" else "0 to 14 day, every 2 h"
    measure = {c.id: "pM" for c in desk.cast.cytokines}
    return {"experiment": name, "model": "model.yaml", "time": span, "arms": arms, "measure": measure}


def _amount(desk: Desk, drug: Therapy) -> str:
    """What is given: into blood as the regimen says, into a dish the concentration that was used in one."""
    if desk.cast.place == "plasma":
        regimen = _regimen(desk, drug)
        if regimen is not None:
            desk.left_out.append(f"{drug.id}: one dose into the blood, whatever the route and interval of the regimen")
            return regimen.dose.value
    else:
        used = [u.concentration.value for u in drug.used if u.context.compartment == "culture"]
        per_mL = [value for value in used if value.endswith("/mL")]
        if per_mL:
            return per_mL[0].removesuffix("/mL")
    desk.assumed.append(f"dose of {drug.id} = {_DOSE[0]}: {_DOSE[1]}")
    return _DOSE[0]


def _regimen(desk: Desk, drug: Therapy) -> Regimen | None:
    """The first regimen by mass, for the disease of the model where there is one."""
    by_mass = [r for r in drug.regimens if not any(word in r.dose.value for word in _NO_DOSE)]
    disease = desk.cast.disease.id if desk.cast.disease else None
    return next((r for r in by_mass if r.indication == disease), by_mass[0] if by_mass else None)
