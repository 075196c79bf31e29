"""Records of the catalogue as parts of a model."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from cytokinome import units
from cytokinome.catalogue import Catalogue, catalogue
from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.records import KINDS, Measured, Source, blocks
from cytokinome.diagnostics import Collector
from cytokinome.model.assemble import catalogue_lookup, entry, source
from cytokinome.model.complete import complete
from cytokinome.model.expressions import Expression, Number
from cytokinome.model.parse import read_model
from cytokinome.text import parse_text

EACH_KIND = pytest.mark.parametrize("kind", KINDS)
IN_MODELS = ("cytokine", "receptor", "mediator", "therapy", "binding-protein")

MODEL = """\
cytokinome: 1
model: one-well
compartments: {{place: {{kind: {kind}, volume: 1 mL}}}}
molecules:
  IL10:       {{in: place, from: catalogue, molar-mass: 37 kDa, degrades: {{half-life: 24 h, source: assumed}}}}
  infliximab: {{in: place, from: catalogue}}
  IL8:        {{in: place, from: catalogue}}
receptors:
  TNFR1: {{ligands: {{TNF: 19 pM}}, source: assumed}}
  TNFR2: {{from: catalogue}}
"""

LOSSES = """\
id: X
kind: mediator
name: example
molar-mass: {{value: 10 kDa, source: {{id: assumed, says: an example, tier: C}}}}
losses:
{losses}
"""


def loss(text: str = "", value: str = "value: 3 h", kind: str = "degrades", place: str = "culture") -> str:
    """One loss of a record."""
    reason = "source: {id: doi:10.1000/example, locator: abstract, says: an example, read: primary, tier: A}"
    context = f"context: {{compartment: {place}, species: human}}"
    return f"  - kind: {kind}\n    half-life: {{{value}, {reason}}}\n    {context}\n{text}"


def losses_of(*losses: str) -> list[tuple[str, str, str]]:
    """What is filled for a record with these losses: kind of compartment, kind of loss, value."""
    found = Collector()
    sheet = load_text(LOSSES.format(losses="".join(losses)), "X.yaml", found)
    assert found.report().render() == ""
    assert sheet is not None
    filled = catalogue_lookup(Catalogue.build([sheet], found))("X")
    assert filled is not None
    return [(place, part.kind, str(part.value)) for place, part in filled.losses]


def of_kind(kind: str) -> tuple[Any, ...]:
    """The records of a kind, whose keys are those of that kind."""
    return catalogue().records(kind)


def canonical(expression: Expression | None) -> float:
    """A literal in canonical units."""
    assert isinstance(expression, Number)
    return expression.value * units.parse_unit(expression.unit).factor


@EACH_KIND
def test_every_record_is_assembled(kind):
    """Masses, constants and rates keep their values as expressions; a limit and what is not measured are left out."""
    for record in of_kind(kind):
        found = catalogue_lookup()(record.id)
        assert (found is None) == (
            record.kind not in ("cytokine", "receptor", "mediator", "therapy", "binding-protein")
        )
        if record.kind == "receptor":
            parts = entry(record)
            assert parts
            measured = [binding for binding in record.ligands if binding.is_measured]
            for binding, ligand in zip(measured, parts.ligands, strict=True):
                assert ligand.molecule == binding.molecule
                assert canonical(ligand.Kd) == binding.Kd.canonical
        elif found is not None and record.molar_mass is None:
            assert found.molar_mass is None
        elif found is not None:
            assert canonical(found.molar_mass) == record.molar_mass.canonical


@EACH_KIND
def test_sources_keep_identifier_and_locator(kind):
    """Each source becomes evidence whose text has the identifier and the locator, or the word assumed."""
    for record in of_kind(kind):
        sources = [block for _, block in blocks(record) if isinstance(block, Source)]
        assert sources or not any(isinstance(block, Measured) for _, block in blocks(record))
        for block in sources:
            evidence = source(block)
            assert str(evidence).startswith(block.id)
            assert " ".join(block.locator.split()) in str(evidence)
            assert evidence.is_assumed == (block.id == "assumed")
            assert (evidence.tier, evidence.read) == (block.tier, block.read or "")
            if block.id.startswith(("doi:", "pubmed:", "biomodels:")):
                assert evidence.url


def test_names_and_synonyms():
    """A synonym leads to the entry of its record; an unknown name to nothing."""
    lookup = catalogue_lookup()
    assert lookup("IL8") == lookup("CXCL8") is not None
    assert lookup("nothing") is None


@pytest.mark.parametrize("kind", ["culture", "plasma", "tissue", "lymph"])
def test_model_is_filled(kind):
    """Molar masses are filled, what the model states is kept, and a loss only where the record's context matches."""
    found = Collector()
    tree = parse_text(MODEL.format(kind=kind), "m.yaml", found)
    assert tree is not None
    model = read_model(tree, found)
    assert model is not None
    model = complete(model, catalogue_lookup(), found)
    assert found.report().errors == ()
    il10, infliximab, il8 = model.molecules
    assert (str(il10.molar_mass), [x.kind for x in il10.losses]) == ("37 kDa", ["degrades"])
    assert str(infliximab.molar_mass) == "149.1 kDa"
    assert [str(x.value) for x in infliximab.losses] == (["14 day"] if kind == "plasma" else [])
    assert (il8.id, str(il8.molar_mass), il8.losses) == ("IL8", "8.4 kDa", ())
    stated, filled = model.receptors
    assert (str(stated.ligands[0].Kd), stated.ligands[0].kon, stated.internalisation) == ("19 pM", None, None)
    assert (str(filled.ligands[0].Kd), str(filled.internalisation)) == ("420 pM", "2.4e-4 /s")


def test_clearance_of_pk_is_the_whole_loss():
    """A molecule whose `pk:` states its clearance is not cleared once more by what the catalogue knows."""
    pk = "pk: {compartments: 1, CL: 1 L/h, V1: 3 L, source: assumed}"
    found = Collector()
    text = MODEL.format(kind="plasma").replace("infliximab: {in: place, ", f"infliximab: {{in: place, {pk}, ")
    tree = parse_text(text, "m.yaml", found)
    assert tree is not None
    model = read_model(tree, found)
    assert model is not None
    model = complete(model, catalogue_lookup(), found)
    assert found.report().errors == ()
    infliximab = model.molecules[1]
    assert (str(infliximab.molar_mass), infliximab.losses) == ("149.1 kDa", ())


def test_no_shipped_loss_in_culture():
    """No record fills a loss in a culture: none was measured there."""
    filled = {place for s in catalogue().sheets if (e := catalogue_lookup()(s.record.id)) for place, _ in e.losses}
    assert filled == {"plasma"}


def test_choice_of_losses():
    """The preferred loss, else the first by the rule; never limits, single phases, other species, or assumed ones."""
    assert losses_of(loss()) == [("culture", "degrades", "3 h")]
    assert losses_of(loss(), loss(value="value: 5 h")) == [("culture", "degrades", "3 h")]
    assert losses_of(loss(value="value: 5 h, bound: upper"), loss()) == [("culture", "degrades", "3 h")]
    assert losses_of(loss(), loss("    preferred: true\n", "value: 5 h")) == [("culture", "degrades", "5 h")]
    assert losses_of(loss(), loss(place="tissue")) == [("culture", "degrades", "3 h"), ("tissue", "degrades", "3 h")]
    assert losses_of(loss(value="value: 3 h, bound: upper")) == []
    assert losses_of(loss("    phase: beta\n", kind="cleared", place="plasma")) == []
    assert losses_of(loss().replace("human", "mouse")) == []
    assert losses_of(loss().replace("read: primary, tier: A", "tier: C")) == []


def test_door_is_light():
    """The catalogue and its libraries are loaded with the first look-up, not before."""
    script = (
        "import sys; from cytokinome.model.assemble import catalogue_lookup\n"
        "lookup = catalogue_lookup(); assert 'pydantic' not in sys.modules\n"
        "assert lookup('TNF').molar_mass is not None; assert 'pydantic' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
