"""Models made of records: they validate at once, numbers keep their sources, and gaps are assumed aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cytokinome import api
from cytokinome.catalogue import Catalogue, catalogue
from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.records import Cell, Indication
from cytokinome.catalogue.sheets import Sheet
from cytokinome.diagnostics import Collector
from cytokinome.errors import CatalogueError
from cytokinome.model.assemble.draft import Draft, draft

if TYPE_CHECKING:
    from pathlib import Path

    from cytokinome.model.components import Model

SAID = "evidence: [{id: pubmed:1, locator: Table 9, says: so, read: primary, tier: A}]"
DISEASE = """id: measles_x
kind: disease
name: measles x
involves:
  - {molecule: TNF, direction: up, SAID}
  - {molecule: IL10, direction: up, SAID}
  - {molecule: IL2, direction: down, SAID}
""".replace("SAID", SAID)
WHERE = {"id": "pubmed:1", "locator": "Table 9", "says": "so", "read": "primary", "tier": "A"}
TREATED = Indication.model_validate({"disease": "measles_x", "evidence": (WHERE,)})


IN_MICE = "context: {species: mouse}"


def sheet(text: str) -> Sheet:
    """A record from text that the schema takes."""
    found = Collector()
    made = load_text(text, "a.yaml", found)
    assert found.report().render() == ""
    assert made
    return made


def acts(id: str, *keys: str) -> Sheet:
    """An interaction."""
    return sheet("\n".join([f"id: {id}", "kind: interaction", *keys, SAID]))


def known(*extra: Sheet) -> Catalogue:
    """The shipped records but for interactions and diseases, and some more."""
    ids = {s.record.id for s in extra}
    kept = [s for s in catalogue().sheets if s.record.kind not in ("interaction", "disease") and s.record.id not in ids]
    return Catalogue.build([*kept, *extra], Collector())


ON_LPS = acts("a", "verb: secretes", "cell: macrophage", "object: TNF", "by: LPS", "sign: +")
BRAKE = acts("b", "verb: regulates", "by: IL10", "object: TNF", "effect: production", 'sign: "-"')
GROWS = acts("c", "verb: responds", "cell: macrophage", "by: IL10", "effect: proliferation", "sign: +")
KILLS = acts("k", "verb: responds", "cell: macrophage", "by: TNF", "effect: killing of tumour cells", "sign: +")
MOVES = acts("d", "verb: responds", "cell: macrophage", "by: TNF", "effect: adhesion", "sign: +")
ON_TNF = acts("e", "verb: secretes", "cell: monocyte", "object: IL10", "by: TNF", "sign: +")


def read(made: Draft, folder: Path) -> Model:
    """The model of a draft, which validates without a fault, as does its experiment."""
    (folder / "model.yaml").write_text(made.model, encoding="utf-8")
    (folder / "experiment.yaml").write_text(made.experiment, encoding="utf-8")
    assert api.check_experiment(folder / "experiment.yaml").report.render() == ""
    return api.load_model(folder / "model.yaml")


def test_records_become_sentences(tmp_path: Path):
    """Stimuli drive, regulators turn down, what grows divides; a mediator that is needed comes along."""
    made = draft(known(ON_LPS, BRAKE, GROWS, MOVES, KILLS), "small", ["TNF", "IL-10", "macrophage"])
    model = read(made, tmp_path)
    assert {m.id for m in model.molecules} == {"TNF", "IL10", "LPS"}
    sentence = next(r["rule"] for r in _rules(made) if "secretes TNF" in r["rule"])
    assert "driven by LPS (half half_LPS_TNF_macrophage)" in sentence
    assert "decreased by IL10 (half half_IL10_TNF_macrophage)" in sentence
    assert any("macrophage divides at" in r["rule"] for r in _rules(made))
    assert [r["rule"] for r in _rules(made) if "dies" in r["rule"]] == ["macrophage dies at k_macrophage_dies"]
    assert any("more adhesion" in line for line in made.left_out)
    assert any("more killing of tumour cells" in line for line in made.left_out)


def _rules(made: Draft) -> list[dict[str, str]]:
    from cytokinome.text import parse_text, plain_data

    tree = parse_text(made.model, "m.yaml", Collector())
    assert tree
    return plain_data(tree)["rules"]  # type: ignore[index, return-value]


def test_numbers_keep_their_sources(tmp_path: Path):
    """A value of the catalogue carries its source and its range; what nobody measured says assumed, and is listed."""
    made = draft(known(ON_LPS, BRAKE), "small", ["TNF", "IL10", "macrophage"])
    model = read(made, tmp_path)
    rate, half, brake = (
        next(p for p in model.parameters if p.id == id)
        for id in ("q_TNF_macrophage", "half_LPS_TNF_macrophage", "half_IL10_TNF_macrophage")
    )
    assert (str(rate.value), "kRNAMac" in str(rate.source)) == ("1.5 molecules/cell/s", True)
    assert (str(brake.value), "A:1011918425629" in str(brake.source)) == ("0.03 ng/mL", True)
    assert half.source is not None
    assert half.source.text.startswith("assumed")
    assert any(line.startswith("half_LPS_TNF_macrophage = ") for line in made.assumed)
    assert any(line.startswith("q_TNF_macrophage = ") and "no measurement" in line for line in made.assumed)
    assumed = {p.id for p in model.parameters if p.source and p.source.text.startswith("assumed")}
    assert assumed == {line.partition(" = ")[0] for line in made.assumed} & {p.id for p in model.parameters}


def test_published_values_that_differ_make_a_number_uncertain():
    """The factor is that between the middle and the ends of all published values."""
    makes_il10 = acts("i", "verb: secretes", "cell: macrophage", "object: IL10", "by: LPS", "sign: +")
    made = draft(known(makes_il10), "small", ["IL10", "macrophage"])
    cell = catalogue().get("macrophage")
    assert isinstance(cell, Cell)
    (rate,) = (s.rate for s in cell.secretes if s.cytokine == "IL10")
    values = [one.canonical for one in (rate, *rate.conflicts)]
    assert len(values) > 1
    assert f"uncertain: {{fold: {(max(values) / min(values)) ** 0.5:.3g}}}" in made.model


def test_cells_become_others(tmp_path: Path):
    """A response that names a cell of the model is a change into it, which other signals turn down."""
    becomes = "effect: differentiation into macrophages"
    on = acts("m", "verb: responds", "cell: monocyte", "by: TNF", becomes, "sign: +")
    off = acts("n", "verb: responds", "cell: monocyte", "by: IL10", becomes, 'sign: "-"')
    names = ["TNF", "IL10", "monocyte"]
    made = draft(known(ON_LPS, on, off), "small", [*names, "macrophage"])
    read(made, tmp_path)
    (sentence,) = (r["rule"] for r in _rules(made) if "differentiates" in r["rule"])
    assert sentence.startswith("monocyte differentiates into macrophage at k_monocyte_")
    assert "driven by TNF" in sentence
    assert "decreased by IL10" in sentence
    alone = draft(known(ON_TNF, on, off), "small", names)
    assert any("differentiation into macrophages" in line for line in alone.left_out)


def test_a_drug_is_an_arm(tmp_path: Path):
    """An antibody binds its target with the constants that were read, and is given in an arm of its own."""
    made = draft(known(ON_LPS), "small", ["TNF", "macrophage", "infliximab"])
    (reaction,) = read(made, tmp_path).reactions
    assert {name for name, _ in reaction.reactants} == {"TNF", "infliximab"}
    assert "infliximab: {doses: [{of: infliximab, into: well, at: 0 h, amount: 10 ug}]}" in made.experiment


def test_a_disease_brings_its_own(tmp_path: Path):
    """Molecules that are raised, cells that make several of them, and its drugs; in blood."""
    shipped = next(s for s in catalogue().sheets if s.record.id == "infliximab")
    record = shipped.record.model_copy(update={"indications": (TREATED,)})
    drug = Sheet.of(record, shipped.tree, shipped.text, shipped.file)
    tnf = acts("f", "verb: secretes", "cell: macrophage", "object: TNF", "sign: +")
    il10 = acts("g", "verb: secretes", "cell: macrophage", "object: IL10", "by: TNF", "sign: +")
    made = draft(known(tnf, il10, ON_TNF, sheet(DISEASE), drug), "ill", ["measles x"])
    model = read(made, tmp_path)
    assert {m.id for m in model.molecules} >= {"TNF", "IL10", "infliximab"}
    assert "IL2" not in {m.id for m in model.molecules}
    assert [c.id for c in model.cells] == ["macrophage"]
    assert [c.kind for c in model.compartments] == ["plasma"]
    assert "dose" in made.experiment


def test_a_drug_in_blood_is_cleared_as_it_was_read():
    """The half-life of its pharmacokinetics carries its source; without one it is assumed."""
    source = str(WHERE).replace("'", "")
    drug = "id: drug_x\nkind: therapy\nname: drug x\ntarget: TNF\nmode: neutralises ligand\n"
    drug += f"molar-mass: {{value: 150 kDa, source: {source}}}\n"
    pk = f"pk: [{{half-life: {{value: 9 day, source: {source}}}}}]"
    names = ["TNF", "macrophage", "drug x"]
    made = draft(known(ON_LPS, sheet(drug + pk)), "x", names, "plasma")
    assert 't_drug_x: {value: 9 day, source: "pubmed:1, Table 9"}' in made.model
    without = draft(known(ON_LPS, sheet(drug)), "x", names, "plasma")
    assert any(line.startswith("t_drug_x = ") for line in without.assumed)


def test_what_nothing_drives_gets_a_spark(tmp_path: Path):
    """Where each molecule waits for another, they begin with some, and that is said."""
    on_il10 = acts("h", "verb: secretes", "cell: monocyte", "object: TNF", "by: IL10", "sign: +")
    made = draft(known(ON_TNF, on_il10), "loop", ["TNF", "IL10", "monocyte"])
    read(made, tmp_path)
    assert any("sets the model going" in line for line in made.assumed)


@pytest.mark.parametrize("names", [["TNF"], ["macrophage"], ["TNX", "macrophage"]])
def test_too_little_is_refused(names: list[str]):
    """A model needs a cell and a cytokine, by names that exist."""
    with pytest.raises(CatalogueError) as error:
        draft(known(), "x", names)
    assert error.value.report is not None


def test_equal_names_give_equal_texts():
    """The texts depend on the records alone, not on the order in which they are named."""
    one = draft(known(ON_LPS, BRAKE), "x", ["TNF", "IL10", "macrophage"])
    other = draft(known(BRAKE, ON_LPS), "x", ["macrophage", "IL10", "TNF"])
    assert one.model == other.model
    assert one.experiment == other.experiment


def test_a_disease_lives_in_its_tissue(tmp_path: Path):
    """Its cells are in the tissue, drugs are given into blood, and molecules go from one to the other."""
    disease = sheet(DISEASE.replace("kind: disease", "kind: disease\ntissues: [synovium]"))
    shipped = next(s for s in catalogue().sheets if s.id == "infliximab")
    record = shipped.record.model_copy(update={"indications": (TREATED,)})
    drug = Sheet.of(record, shipped.tree, shipped.text, shipped.file)
    made = draft(known(ON_LPS, ON_TNF, BRAKE, disease, drug), "ill", ["measles x", "macrophage"])
    model = read(made, tmp_path)
    assert [(c.id, c.kind) for c in model.compartments] == [("synovium", "tissue"), ("blood", "plasma")]
    assert {place for cell in model.cells for place in cell.compartments} == {"synovium"}
    assert {(t.origin, t.destination) for t in model.transports} == {("synovium", "blood"), ("blood", "synovium")}
    places = {m.id: m.compartments for m in model.molecules}
    assert (places["infliximab"], places["LPS"]) == (("blood", "synovium"), ("synovium",))
    assert "synovium: {kind: tissue, volume: 3 mL" in made.model
    assert "TNF@synovium: pM" in made.experiment
    assert any(line.startswith("exchange = 0.1 /h") for line in made.assumed)
    losses = {m.id: [(loss.kind, loss.form) for loss in m.losses] for m in model.molecules}
    assert (losses["IL10"], losses["LPS"]) == ([("cleared", "half-life")], [("degrades", "half-life")])
    in_blood = draft(known(ON_LPS, ON_TNF, BRAKE, disease, drug), "ill", ["measles x", "macrophage"], "plasma")
    assert [c.kind for c in read(in_blood, tmp_path).compartments] == ["plasma"]


def test_tissue_needs_one():
    """A model in tissue is one of a disease that names it."""
    with pytest.raises(CatalogueError, match="needs a disease with one; no disease is named"):
        draft(known(ON_LPS), "x", ["TNF", "macrophage"], "tissue")
    with pytest.raises(CatalogueError, match="measles_x names no tissue"):
        draft(known(ON_LPS, ON_TNF, sheet(DISEASE)), "x", ["measles x", "macrophage"], "tissue")


DRUG = """id: golimumab
kind: therapy
name: golimumab
class: {drug_class}
target: {target}
mode: {mode}
molar-mass: {{value: 150 kDa, source: SOURCE}}
pk: [{{route: subcutaneous, half-life: {{value: 9 day, source: SOURCE}}{more}}}]
regimens: [{{dose: {{value: {dose}, source: SOURCE}}, route: {route}, indication: rheumatoid_arthritis{often}}}]
"""
GIVEN = {"target": "TNF", "mode": "neutralises ligand", "dose": "40 mg", "route": "subcutaneous", "often": ""}
GIVEN |= {"drug_class": "monoclonal antibody", "more": ""}


def given(**changes: str) -> Draft:
    """A draft in blood with a drug that is given so."""
    disease = sheet("id: rheumatoid_arthritis\nkind: disease\nname: arthritis")
    drug = DRUG.format(**{**GIVEN, **changes}).replace("SOURCE", str(WHERE).replace("'", ""))
    records = known(ON_LPS, GROWS, ON_TNF, disease, sheet(drug))
    return draft(records, "x", ["TNF", "IL10", "macrophage", "monocyte", "golimumab"], "plasma")


@pytest.mark.parametrize(
    ("wanted", "time", "changes"),
    [
        ("amount: 40 mg, route: subcutaneous}", "14 day, every 0.5 h", {}),
        ("every: 2 week, times: 3}", "42 day, every 1.5 h", {"often": ", every: 2 week"}),
        ("every: 1 day, times: 5}", "14 day, every 0.5 h", {"often": ", every: 1 day, lasting: 5 day"}),
        ("amount: 3 mg/kg, every: 8 week, times: 3}", "168 day, every 6 h",
         {"dose": "3 mg/kg", "route": "intravenous", "often": ", every: 8 week"}),
        ("rate: 9 ug/day, for: 168 h}", "14 day, every 0.5 h",
         {"dose": "9 ug/day", "route": "intravenous", "often": ", lasting: 7 day"}),
        ("amount: 1 ug}", "14 day, every 0.5 h", {"dose": "2 mg/m^2"}),
        ("amount: 1 ug}", "14 day, every 0.5 h", {"dose": "2000 IU/kg"}),
        ("amount: 40 mg, route: subcutaneous, every: 1 day, times: 14}", "14 day, every 0.5 h",
         {"route": "oral", "often": ", every: 1 day"}),
    ],
)  # fmt: skip
def test_a_regimen_becomes_doses(wanted: str, time: str, changes: dict[str, str], tmp_path: Path):
    """Interval, number and route are those of the record, for some doses at least; what is unknown is assumed."""
    made = given(**changes)
    read(made, tmp_path)
    assert wanted in made.experiment.replace("\n     ", "")
    assert f"time: 0 to {time}" in made.experiment
    assert ("amount: 1 ug" in wanted) == any(line.startswith("dose of golimumab") for line in made.assumed)
    assert ("oral" in changes.values()) == any("as from a depot under the skin" in line for line in made.left_out)


def test_a_depot_empties_as_it_was_read(tmp_path: Path):
    """Absorption and bioavailability are those of the record, in either form; else they are assumed aloud."""
    rate = given(more=", absorption: {value: 0.2 /day, source: SOURCE}")
    half = given(more=", absorption-half-life: {value: 3 day, source: SOURCE}")
    share = given(more=", bioavailability: {value: 60 %, source: SOURCE}")
    assert "ka_golimumab: {value: 0.2 /day" in rate.model
    assert "ka: log(2) / t_absorption_golimumab" in half.model
    assert "F_golimumab: {value: 60 %" in share.model
    for made in (rate, half, share):
        read(made, tmp_path)
        assert any(line.startswith("F_golimumab = 100 %") for line in made.assumed) == (made is not share)
        assert any(line.startswith("ka_golimumab = 0.3 /day") for line in made.assumed) == (made is share)


def test_a_drug_acts_as_its_ligand(tmp_path: Path):
    """What activates a receptor is heard where the ligand is; its units become mass by the standard of the ligand."""
    made = given(target="IL10R", mode="activates receptor", drug_class="cytokine")
    read(made, tmp_path)
    rule = next(r["rule"] for r in _rules(made) if "divides" in r["rule"])
    assert (
        "driven by IL10 (half half_IL10_macrophage_divides) or golimumab (half half_golimumab_macrophage_divides)"
        in rule
    )
    assert any("stands for" in line for line in made.assumed)
    alone = draft(catalogue(), "x", ["aldesleukin"])
    assert "specific-activity: 1.64e7 IU/mg" in alone.model
    assert any("IL2_standard_1" in line for line in alone.assumed)


def test_a_drug_that_nothing_is_known_of_goes_through_blood(tmp_path: Path):
    """A drug whose target takes no part in models, an enzyme inside cells, is a model of where it goes."""
    model = read(draft(catalogue(), "x", ["methotrexate"]), tmp_path)
    assert ([m.id for m in model.molecules], model.cells) == (["methotrexate"], ())


def test_a_drug_for_people_needs_a_record_elsewhere():
    """In mice a drug takes part only where a record says that it acts there."""
    names = ["TNF", "macrophage", "infliximab"]
    with pytest.raises(CatalogueError, match="no record says that infliximab acts in mouse") as error:
        draft(known(ON_LPS), "x", names, species="mouse")
    assert error.value.report
    assert [d.code for d in error.value.report.errors] == ["SPECIES_MIXED"]
    seen = acts("s", "verb: regulates", "by: infliximab", "object: TNF", "effect: activity", 'sign: "-"', IN_MICE)
    assert "infliximab" in draft(known(ON_LPS, seen), "x", names, species="mouse").experiment
    assert "infliximab" in draft(known(ON_LPS), "x", names).experiment


def test_what_was_read_in_another_species_is_assumed():
    """A statement about mice in a model of people is listed as taken from there, and the other way round."""
    keys = ("verb: secretes", "cell: macrophage", "object: TNF", "by: LPS", "sign: +")
    for said, species, words in (
        (IN_MICE, "human", "read in mouse, taken for human"),
        ("context: {species: human}", "mouse", "read in human, taken for mouse"),
    ):
        made = draft(known(acts("a", *keys, said)), "x", ["TNF", "macrophage"], species=species)
        assert any(line.endswith(words) for line in made.assumed)
    own = draft(known(acts("a", *keys, IN_MICE)), "x", ["TNF", "macrophage"], species="mouse")
    assert not any("taken for" in line for line in own.assumed)


def test_what_only_binds_holds_its_cytokine(tmp_path: Path):
    """A binding protein that a disease raises is held at the level read there, or else in health, and binds."""
    raised = f"  - {{molecule: soluble_TNFR1, direction: up, {SAID}}}\n"
    disease = sheet(DISEASE.replace("  - {molecule: IL10", f"{raised}  - {{molecule: IL10"))
    made = draft(known(ON_LPS, ON_TNF, disease), "ill", ["measles x", "macrophage"])
    model = read(made, tmp_path)
    (reaction,) = model.reactions
    assert {name for name, _ in reaction.reactants} == {"TNF", "soluble_TNFR1"}
    assert any(m.id == "soluble_TNFR1" and m.baseline for m in model.molecules)
    (level,) = (p for p in model.parameters if p.id == "level_soluble_TNFR1")
    assert "held at" in str(level.source)
    assert "level_soluble_TNFR1 = 0.79 ng/mL: held at what is in serum of healthy people" in made.assumed
    shipped = draft(catalogue(), "ra", ["rheumatoid arthritis"])
    assert any("held at what is in synovial fluid" in line for line in shipped.assumed)
