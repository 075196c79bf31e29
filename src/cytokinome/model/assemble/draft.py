"""A cast of records → the texts of a model and of an experiment that run at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.catalogue.records import Receptor
from cytokinome.catalogue.selection import HUMAN, default_losses
from cytokinome.model.assemble import doses
from cytokinome.model.assemble.gather import gather
from cytokinome.model.assemble.rooms import cells, compartments, rooms, transport
from cytokinome.model.assemble.sentences import (
    AFFINITY,
    ANTIBODY_MASS,
    HALF_LIFE,
    MASS,
    Desk,
    blocked,
    capture_reactions,
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

    from cytokinome.catalogue.records import BindingProtein, Cytokine, Loss, Mediator, Therapy
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.model.assemble.doses import Given
    from cytokinome.model.assemble.gather import Cast, Place
    from cytokinome.model.assemble.rooms import Rooms
    from cytokinome.model.assemble.sentences import Entry

_LEVEL = ("100 pM", "no level in these people was read")  # of a binding protein
_SPARK = "10 pM"  # of each cytokine, where nothing else would set a model going


@dataclass(frozen=True)
class Draft:
    """The texts of a model and an experiment, what was assumed in them, and what the records say beyond them."""

    model: str
    experiment: str
    assumed: tuple[str, ...]
    left_out: tuple[str, ...]


def draft(
    known: Catalogue, name: str, records: Iterable[str], place: Place | None = None, species: str = HUMAN
) -> Draft:
    """Return a first model of some records: what they say of each other as sentences, gaps filled by assumptions.

    Parameters
    ----------
    known : Catalogue
    name : str
        Of the model and the experiment.
    records : iterable of str
        Cytokines, mediators, cells, therapies, or a disease, by any of their names.
    place : str, optional
        ``culture``, ``plasma`` or ``tissue``; by default as `gather` says.
    species : str
        Whose cells they are. What was read in another species is taken for it, and listed as assumed.

    Raises
    ------
    CatalogueError
        As `gather`.
    """
    cast = gather(known, records, place, species)
    desk, where = Desk(cast), rooms(cast)
    secretion_rules(desk)
    fate_rules(desk)
    acting = drug_reactions(desk)
    capture_reactions(desk)
    _name_the_idle(desk)
    drugs = doses.given(cast, (drug for drug in cast.therapies if drug.id in acting))
    model: Entry = {
        "cytokinome": "1",
        "model": name,
        "title": _title(cast),
        "compartments": compartments(desk, where),
        "molecules": _molecules(desk, drugs, where),
        "receptors": _receptors(desk),
        "cells": cells(desk, where),
        "transport": transport(
            desk, where, [m.id for m in (*cast.cytokines, *cast.binders, *(one.drug for one in drugs))]
        ),
        "parameters": desk.parameters,
        "rules": desk.rules,
        "reactions": desk.reactions,
    }
    experiment = _experiment(desk, name, drugs, where)
    stated = {key: content for key, content in model.items() if content}
    return Draft(_text(stated), _text(experiment), tuple(desk.assumed), tuple(dict.fromkeys(desk.left_out)))


def _name_the_idle(desk: Desk) -> None:
    """Say which cells do nothing here, and which molecules nobody makes."""
    sentences = [str(rule["rule"]).split() for rule in desk.rules]
    busy = {words[0] for words in sentences}
    made = {words[2] for words in sentences if words[1] == "secretes"}
    desk.left_out += [f"{c.id} does nothing here: no record says what" for c in desk.cast.cells if c.id not in busy]
    idle = [c.id for c in desk.cast.cytokines if c.id not in made]
    desk.left_out += [f"no cell of the model secretes {molecule}" for molecule in idle]
    raised = desk.cast.disease.involves if desk.cast.disease else ()
    cast = desk.cast.molecules | {protein.id for protein in desk.cast.binders}
    others = dict.fromkeys(shift.molecule for shift in raised if shift.direction == "up" and shift.molecule not in cast)
    desk.left_out += [f"{molecule} is raised too, and is no molecule of a first model" for molecule in others]


def _text(content: Entry) -> str:
    return print_tree(node_from_data(content))


def _title(cast: Cast) -> str:
    if cast.disease is not None:
        return f"Cytokines of {cast.disease.name}, as the catalogue states them"
    ids = [r.id for r in (*cast.cells, *cast.cytokines, *cast.therapies)]
    return f"{', '.join(ids)}, as the catalogue states them"


def _molecules(desk: Desk, drugs: tuple[Given, ...], where: Rooms) -> Entry:
    cast = desk.cast
    is_driven = bool(cast.mediators) or any("driven by" not in str(rule["rule"]) for rule in desk.rules)
    found: Entry = {}
    for cytokine in cast.cytokines:
        entry = _molecule(desk, cytokine, where)
        if not is_driven:
            entry["initial"] = desk.assume(f"start_{cytokine.id}", (_SPARK, "nothing else sets the model going"))
        found[cytokine.id] = entry
    for mediator in cast.mediators:
        start = desk.assume(f"start_{mediator.id}", (stimulus(mediator), "a usual stimulus"))
        found[mediator.id] = {**_molecule(desk, mediator, where), "initial": start}
    for protein in cast.binders:
        found[protein.id] = {**_molecule(desk, protein, where), "baseline": _level(desk, protein)}
    for one in drugs:
        entry = {**_molecule(desk, one.drug, where), "in": where.names(from_blood=True)}
        found[one.drug.id] = {**entry, **doses.kinetics(desk, one)}
    return found


def _molecule(desk: Desk, record: Cytokine | Mediator | BindingProtein | Therapy, where: Rooms) -> Entry:
    """A molecule with its loss and molar mass, from the catalogue where that has them."""
    home = where.home[0].id if len(where.home) == 1 else [room.id for room in where.home]
    entry: Entry = {"in": home if record.kind == "mediator" else where.names(), "from": "catalogue"}
    entry |= _loss(desk, record, where)
    if record.molar_mass is None or not record.molar_mass.is_own:
        mass, reason = ANTIBODY_MASS if record.kind == "therapy" else MASS
        entry["molar-mass"] = mass
        desk.assumed.append(f"molar mass of {record.id} = {mass}: {reason}")
    return entry


def _level(desk: Desk, protein: BindingProtein) -> str:
    """The parameter of a protein that nothing makes: its level as read in the disease, else in health, else assumed."""
    states = (desk.cast.disease.id if desk.cast.disease else "healthy", "healthy")
    read = [level for state in states for level in protein.levels if level.state == state]
    usable = next((level for level in read if level.concentration.is_own), None)
    name = f"level_{protein.id}"
    if usable is None:
        return desk.assume(name, _LEVEL)
    whose = " of healthy people" if usable.state == "healthy" else ""
    return desk.take(name, usable.concentration, f"held at what is in {usable.matrix}{whose}")


def _loss(desk: Desk, record: Cytokine | Mediator | BindingProtein | Therapy, where: Rooms) -> Entry:
    """How a molecule is lost: as `from: catalogue` fills in where all its compartments are of one kind, else stated."""
    known = {loss.place: loss for loss in default_losses(record.losses)}
    reaches_blood = where.blood is not None and (record.kind != "mediator" or not where.has_transport)
    here = "plasma" if reaches_blood else desk.cast.place
    if here in known and not where.has_transport:
        return {}
    if reaches_blood and (loss := known.get("plasma")):
        return {"cleared": _stated(desk, record.id, loss)}
    if reaches_blood and record.kind == "therapy" and (read := doses.half_life(record)):
        return {"cleared": {"half-life": desk.take(f"t_{record.id}", read), "source": cited(read.source)}}
    is_drug = record.kind == "therapy"
    reason = "stable for the time of an experiment" if is_drug else HALF_LIFE[1]
    half_life = desk.assume(f"t_{record.id}", ("14 day" if is_drug else HALF_LIFE[0], reason))
    return {"degrades": {"half-life": half_life, "source": f"assumed: {reason}"}}


def _stated(desk: Desk, id: str, loss: Loss) -> Entry:
    """A loss of the catalogue as a model states it."""
    form, measured = loss.measured
    entry: Entry = {form: desk.take(f"{_SHORT[form]}_{id}", measured), "source": cited(measured.source)}
    return {**entry, "includes": list(loss.includes)} if loss.includes else entry


_SHORT = {"half-life": "t", "rate": "k", "clearance": "CL"}


def _receptors(desk: Desk) -> Entry:
    """The receptors that drugs of the model occupy, with what binds them there."""
    found: Entry = {}
    for id, drugs in blocked(desk.cast).items():
        receptor = desk.cast.known.find(id)
        known = receptor.ligands if isinstance(receptor, Receptor) else ()
        present = [b for b in known if b.molecule in desk.cast.molecules]
        if not present:
            continue
        read = {b.molecule: b.Kd.value for b in reversed(present) if b.Kd and b.Kd.is_own}
        unread = {b.molecule for b in present} - set(read)
        ligands = read | {molecule: desk.assume(f"Kd_{molecule}_{id}", AFFINITY) for molecule in sorted(unread)}
        antagonists = {drug.id: Kd.value if Kd else desk.assume(f"Kd_{drug.id}_{id}", AFFINITY) for drug, Kd in drugs}
        source = f"catalogue records of {id} and {', '.join(antagonists)}"
        found[id] = {"ligands": ligands, "antagonists": antagonists, "source": source}
    return found


def _experiment(desk: Desk, name: str, drugs: tuple[Given, ...], where: Rooms) -> Entry:
    measured = [c.id for c in desk.cast.cytokines] or [one.drug.id for one in drugs]
    return {
        "experiment": name,
        "model": "model.yaml",
        "time": doses.span(drugs, where),
        "arms": doses.arms(desk, drugs, where),
        "measure": {place: "pM" for molecule in measured for place in where.measured(molecule)},
    }
