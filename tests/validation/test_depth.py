"""The cytokines that models need most are known in depth, or say what nobody was found to have measured."""

from __future__ import annotations

import pytest

from cytokinome.catalogue import catalogue
from cytokinome.catalogue.records import Cytokine
from cytokinome.catalogue.views import producers, regulators, responders

IN_DEPTH = (
    "TNF", "IL1B", "IL1RN", "IL2", "IL4", "IL6", "IL7", "CXCL8", "IL10", "IL12", "IL13", "IL15", "IL17A", "IFNA2",
    "IFNB1", "IFNG", "TGFB1", "CSF3", "CSF2", "EPO", "THPO", "CCL2", "TNFSF11",
)  # fmt: skip
BLOOD = ("plasma", "serum")


def lacking(id: str) -> list[str]:
    """What the record of a cytokine neither has nor says was not found."""
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


@pytest.mark.parametrize("id", IN_DEPTH)
def test_known_in_depth(id: str):
    """Producers, receptors with affinities, responders, losses, mass, diffusion and levels, or the word not found."""
    assert lacking(id) == []
