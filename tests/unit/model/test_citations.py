"""Numbers that cite the catalogue: held against the record, and shown with what that was read in."""

from __future__ import annotations

import pytest

from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.records import KINDS
from cytokinome.catalogue.registry import Catalogue, catalogue
from cytokinome.catalogue.selection import choices, citation
from cytokinome.diagnostics import Collector
from cytokinome.model.assemble import catalogue_lookup
from cytokinome.model.assemble.entries import figures, number_name
from cytokinome.model.load import Checked, check_text, no_catalogue
from cytokinome.model.serialise import print_model

SOURCE = "{{id: pubmed:{number}, locator: abstract, says: it, read: primary, tier: {tier}}}"
FIRST, SECOND, THIRD = (SOURCE.format(number=n, tier=t) for n, t in ((1, "A"), (2, "B"), (3, "A")))
MEDIATOR = f"""
id: X
kind: mediator
name: x of this page
synonyms: [X-1]
molar-mass: {{value: 50 kDa, source: {FIRST}}}
losses:
  - kind: cleared
    half-life:
      value: 20 min
      source: {FIRST}
      conflicts: [{{value: 1.1 h, source: {SECOND}}}, {{value: 2 h, bound: upper, source: {THIRD}}}]
    context: {{compartment: plasma, species: human}}
evidence: [{{about: [name], source: {FIRST}}}]
"""
RECEPTOR = f"""
id: R
kind: receptor
name: r of this page
assembly: {{subunits: [{{hgnc: HGNC:11916, uniprot: P19438, copies: 1, role: signalling}}], source: {FIRST}}}
ligands:
  - {{molecule: X, Kd: {{value: 10 pM, source: {FIRST}}}}}
  - {{molecule: Y, Kd: {{value: 2 nM, source: {SECOND}}}}}
evidence: [{{about: [name], source: {FIRST}}}]
"""
MODEL = """
cytokinome: 1
model: m
compartments: {{blood: {{kind: plasma, volume: 3 L, source: assumed}}}}
molecules:
  X: {{in: blood, from: catalogue, initial: 1 pM, cleared: {{{loss}}}}}
receptors:
  R: {{ligands: {{X: {Kd}}}, source: "{binding}"}}
cells: {{cell: {{in: blood, initial: 1e6 /mL}}}}
parameters:
  q: {{value: {value}, source: "{source}"}}
rules:
  - cell secretes X at 1 molecules/cell/s
"""
GIVEN = {
    "loss": 'half-life: 20 min, source: "catalogue:X.half-life"',
    "Kd": "500 pg/mL",
    "binding": "catalogue:R.Kd.X",
    "value": "0.5 /h",
    "source": "assumed",
}


def known() -> Catalogue:
    """A catalogue of one molecule and one receptor."""
    found = Collector()
    sheets = [load_text(text, f"{n}.yaml", found) for n, text in enumerate((MEDIATOR, RECEPTOR))]
    assert found.report().render() == ""
    return Catalogue.build([sheet for sheet in sheets if sheet is not None], found)


LOOKUP = catalogue_lookup(known())


def checked(**changed: str) -> Checked:
    """The model with some of its texts changed."""
    return check_text(MODEL.format(**{**GIVEN, **changed}), "m.yaml", LOOKUP)


def faults(**changed: str) -> list[tuple[str, str, str]]:
    """Code, message and hint of every error of the changed model."""
    report = checked(**changed).report
    assert all(d.where for d in report.errors)
    return [(d.code, d.message, d.hint) for d in report.errors]


def test_the_primary_takes_the_place_of_the_citation():
    """Identifier, locator, tier and the number itself come from the record; print gives the citation back."""
    model = checked().require()
    loss, receptor = model.molecules[0].losses[0].source, model.receptors[0].source
    assert loss is not None
    assert receptor is not None
    assert (loss.pubmed, loss.locator, loss.tier, loss.read) == ("1", "abstract", "A", "primary")
    assert loss.numbers == ("X losses[0].half-life",)
    assert receptor.numbers == ("R ligands[0].Kd",)  # 10 pM at 50 kDa
    printed = print_model(model)
    assert "catalogue:X.half-life" in printed
    assert check_text(printed, "printed.yaml", LOOKUP).require() == model


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("0.333 h", "catalogue:X.half-life"),
        ("1200 s", "catalogue:x-1.half_life.plasma"),
        ("2.08 /h", "catalogue:X.half-life"),
        ("1.1 h", "catalogue:X.half-life pubmed:2"),
        ("2 nM", "catalogue:R.Kd.Y"),
        ("10 pM", "catalogue:R.Kd.X"),
        ("0.05 ng/fmol", "catalogue:X.molar-mass"),
        ("2 * 20 min", "catalogue:X.half-life, twice"),
    ],
)
def test_one_number_in_any_form(value: str, source: str):
    """Units, digits, rates and half-lives, and products with other numbers are the same number."""
    assert faults(value=value, source=source) == []


def test_another_number():
    """It is told at its place, with the value that was expected, and with the source that has the one got."""
    report = checked(Kd="11 pM").report
    assert [(d.code, str(d.where)) for d in report.errors] == [("CITATION_DIFFERS", "m.yaml:8:20")]
    assert report.errors[0].message == "the catalogue has 10 pM as `R.Kd.X`; got 11 pM"
    assert report.errors[0].hint == "write 10 pM, or cite what 11 pM was read in"
    ((code, _, hint),) = faults(value="1.1 h", source="catalogue:X.half-life")
    assert (code, hint) == ("CITATION_DIFFERS", "that is the value of another source: catalogue:X.half-life pubmed:2")
    assert [code for code, _, _ in faults(value="21 min", source="catalogue:X.half-life")] == ["CITATION_DIFFERS"]
    assert [code for code, _, _ in faults(value="20 min", source="catalogue:X.half-life pubmed:2")] == [code]


def test_no_number_of_that_kind():
    """A citation beside a number of another kind, or beside a name only, is a mistake."""
    ((code, message, _),) = faults(value="3 pM", source="catalogue:X.half-life")
    assert (code, message.rpartition("; ")[2]) == ("CITATION_DIFFERS", "no number here is of that kind")
    text = MODEL.format(**GIVEN).replace("model: m\n", "model: m\nsource: catalogue:X.half-life\n")
    report = check_text(text, "m.yaml", LOOKUP).report
    assert [(d.code, d.where and d.where.line) for d in report.errors] == [("CITATION_DIFFERS", 4)]


@pytest.mark.parametrize(
    ("source", "code", "hint"),
    [
        ("catalogue:Z.Kd", "CATALOGUE_MISSING", "cytokinome catalogue search"),
        ("catalogue:X.half-lief", "CATALOGUE_MISSING", "did you mean half-life?"),
        ("catalogue:R.Kd.Z", "CATALOGUE_MISSING", "there are Kd of X, or Kd of Y"),
        ("catalogue:R.Kd", "CITATION_UNCLEAR", "R.Kd.WORD"),
        ("catalogue:X.half-life pubmed:9", "CITATION_UNCLEAR", "pubmed:1 (20 min), pubmed:2 (1.1 h)"),
        ("catalogue: X.half-life", "CITATION_UNCLEAR", "catalogue:NAME.KEY"),
        ("catalogue:X.half-life pubmed:1 abstract", "CITATION_UNCLEAR", "catalogue:NAME.KEY"),
    ],
)
def test_citations_that_lead_nowhere(source: str, code: str, hint: str):
    """Unknown records, keys and words, several quantities, and sources that a record does not have."""
    ((got, _, help),) = faults(value="20 min", source=source)
    assert got == code
    assert hint in help


def test_thousands_of_citations():
    """The catalogue is asked for each thing once, and a hundred different faults are enough."""
    assert len(faults(value="20 min", source="catalogue:nobody.Kd;" * 3000)) == 1
    assert len(faults(value="20 min", source=";".join(f"catalogue:X{n}.Kd" for n in range(150)))) == 100


def test_a_limit_is_no_value():
    """What is only a limit cannot be cited as the number."""
    ((code, message, _),) = faults(value="2 h", source="catalogue:X.half-life pubmed:3")
    assert (code, message) == ("CITATION_UNCLEAR", "`X.half-life` has no value from pubmed:3")


def test_notes_and_several_citations():
    """What stands beside a citation stays with the locator; each number that is cited is counted."""
    source = "catalogue:X.half-life, of whole blood; spread: pubmed:7, Table 1; catalogue:R.Kd.Y"
    model = checked(value="20 min * (2 nM / 2 nM)", source=source).require()
    evidence = model.parameters[0].source
    assert evidence
    assert evidence.locator == "abstract, of whole blood; spread: pubmed:7, Table 1; pubmed:2, abstract"
    assert evidence.numbers == ("X losses[0].half-life", "R ligands[1].Kd")
    assert evidence.cited == source
    source = "pubmed:7, Table 1; half: catalogue:R.Kd.Y; catalogue:R.Kd.Y"
    model = checked(value="2 nM", source=source).require()
    evidence = model.parameters[0].source
    assert evidence
    assert (evidence.pubmed, evidence.locator) == ("7", "Table 1; half: catalogue:R.Kd.Y; pubmed:2, abstract")
    assert evidence.tier == ""


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_can_be_cited(kind: str):
    """The citation of every published number, as `why` prints it, leads to that number."""
    known = catalogue()
    for record in known.records(kind):
        for choice in choices(record, known=known):
            for one in choice.candidates:
                address, _, by = citation(known, record, choice, one).removeprefix("catalogue:").partition(" ")
                if one.measured.bound is not None:
                    assert not address
                    continue
                there = [f for f in figures(known, address) if (f.source.text.startswith(by) if by else f.is_taken)]
                assert number_name(record, one.measured) in [f.source.numbers[0] for f in there]
                assert by or len({f.title for f in there}) == 1


def test_a_model_of_an_old_result():
    """What was loaded with another catalogue is read again, and keeps the citation that fits no more."""
    old = catalogue_lookup(known(), is_past=True)
    model = check_text(MODEL.format(**{**GIVEN, "Kd": "11 pM"}), "m.yaml", old).require()
    assert [one.source and one.source.text for one in model.receptors] == ["catalogue:R.Kd.X"]
    assert [one.source and one.source.text for one in model.molecules[0].losses] == ["pubmed:1"]


def test_the_language_alone():
    """Without a catalogue the citation stays what it is: the number stands in the model."""
    text = MODEL.format(**GIVEN).replace("from: catalogue, ", "molar-mass: 50 kDa, ")
    model = check_text(text, "m.yaml", no_catalogue).require()
    assert model.receptors[0].source is not None
    assert str(model.receptors[0].source) == "catalogue:R.Kd.X"
