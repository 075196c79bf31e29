"""What models need most is known in depth: cytokines, drugs, diseases and cells, or what was not found is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cytokinome.catalogue import catalogue
from cytokinome.catalogue.records import BindingProtein, Cell, Cytokine, Disease, Mediator, Receptor, Therapy
from cytokinome.catalogue.views import producers, regulators, responders

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_DEPTH = (
    "TNF", "IL1B", "IL1RN", "IL2", "IL4", "IL6", "IL7", "CXCL8", "IL10", "IL12", "IL13", "IL15", "IL17A", "IFNA2",
    "IFNB1", "IFNG", "TGFB1", "CSF3", "CSF2", "EPO", "THPO", "CCL2", "TNFSF11",
    "IL3", "IL5", "IL9", "IL11", "IL18", "IL21", "IL22", "IL23", "IL27", "IL33", "TSLP", "OSM", "LIF", "TNFSF13B",
    "TNFSF13", "CD40LG", "IFNL1", "IFNL2", "IFNL3", "CSF1", "KITLG", "FLT3LG", "CXCL1", "CXCL9", "CXCL10", "CXCL11",
    "CXCL12", "CXCL13", "CCL3", "CCL4", "CCL5", "CCL19", "CCL20", "CCL21", "CCL22", "MIF", "TNFSF10", "FASLG",
)  # fmt: skip
BLOOD = ("plasma", "serum")


def with_levels() -> Iterator[Cytokine | Mediator | BindingProtein]:
    """All records that can have levels."""
    for record in catalogue().records():
        if isinstance(record, Cytokine | Mediator | BindingProtein):
            yield record


def ids(kind: str) -> list[str]:
    """The ids of all records of a kind."""
    return [record.id for record in catalogue().records(kind)]


def lacking_of_cytokine(id: str) -> list[str]:
    """What a cytokine neither has nor says was not found."""
    known = catalogue()
    record = known.find(id)
    assert isinstance(record, Cytokine)
    told = {(one.what, one.matrix, one.state) for one in record.not_found}
    losses = [x for x in record.losses if (x.context.compartment, x.context.species) == ("plasma", "human")]
    states = {x.state for x in record.levels}
    healthy = {x.state for x in record.levels if x.matrix in BLOOD and x.state == "healthy"}
    bindings = [b for r in known.bound_by(id) for b in (*r.ligands, *r.antagonists) if b.molecule == id]
    there = {
        "producer with a stimulus": any(i.by for i in producers(known, id)) or bool(regulators(known, id)),
        "responder": bool(responders(known, id)),
        "affinity": any(b.is_measured for b in bindings) or ("affinity", None, None) in told,
        "loss from human plasma": bool(losses) or ("loss", "plasma", None) in told,
        "molar mass": record.molar_mass is not None or ("molar mass", None, None) in told,
        "diffusion": record.diffusion is not None or ("diffusion", None, None) in told,
        "level in healthy people": bool(healthy) or bool(told & {("level", m, "healthy") for m in BLOOD}),
        "level in a disease": bool(states - {"healthy"}) or any(w == "level" and s != "healthy" for w, _, s in told),
    }
    return [what for what, is_there in there.items() if not is_there]


def lacking_of_therapy(id: str) -> list[str]:
    """What a drug neither has nor says was not found; a cytokine as a drug binds as its receptors say."""
    known = catalogue()
    drug = known.find(id)
    assert isinstance(drug, Therapy)
    told = {one.what for one in drug.not_found}
    targets = [record for target in drug.target if isinstance(record := known.find(target), Receptor)]
    bindings = [*drug.affinity, *(b for receptor in targets for b in receptor.ligands)]
    numbers = {key for study in drug.pk for key, _ in study.numbers}
    there = {
        "affinity": any(b.is_measured for b in bindings) or "affinity" in told,
        "molar mass": drug.molar_mass is not None or "molar mass" in told,
        "clearance or loss": bool({"clearance", "capacity"} & numbers or drug.losses),
        "volume": bool({"volume", "steady-state-volume"} & numbers),
        "half-life": "half-life" in numbers,
        "regimen": bool(drug.regimens),
        "indication": bool(drug.indications),
    }
    return [what for what, is_there in there.items() if not is_there]


def lacking_of_disease(id: str) -> list[str]:
    """What a disease neither has nor says was not found: levels of what is raised, and drugs, be it one that failed."""
    known = catalogue()
    disease = known.find(id)
    assert isinstance(disease, Disease)
    told = {str(one.molecule) for one in disease.not_found if one.what == "level"}
    tried = {use.disease for drug in known.records("therapy") if isinstance(drug, Therapy) for use in drug.indications}
    raised = dict.fromkeys(shift.molecule for shift in disease.involves if shift.direction == "up")
    measured = {record.id for record in with_levels() for level in record.levels if level.state == id}
    without = [f"level of {molecule}" for molecule in raised if molecule not in measured | told]
    there_after_all = [f"level of {molecule}, which is said not to be found" for molecule in sorted(told & measured)]
    return [
        *without,
        *there_after_all,
        *([] if raised else ["raised molecule"]),
        *([] if id in tried else ["drug"]),
    ]


@pytest.mark.parametrize("id", IN_DEPTH)
def test_cytokine(id: str):
    """Producers, receptors with affinities, responders, losses, mass, diffusion and levels, or the word not found."""
    assert lacking_of_cytokine(id) == []


@pytest.mark.parametrize("id", ids("therapy"))
def test_therapy(id: str):
    """How it binds, where it goes, how it is given and for what, or the word not found."""
    assert lacking_of_therapy(id) == []


@pytest.mark.parametrize("id", ids("disease"))
def test_disease(id: str):
    """What is raised, how much of it there is, and what is given, or the word not found."""
    assert lacking_of_disease(id) == []


@pytest.mark.parametrize("id", ids("cell"))
def test_cell(id: str):
    """What it secretes or answers, in statements of its own."""
    assert isinstance(catalogue().find(id), Cell)
    assert [i for i in catalogue().interactions if i.cell == id and i.verb in ("secretes", "responds")]
