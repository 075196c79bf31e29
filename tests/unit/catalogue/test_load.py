"""Reading records: every fault has a place and a way out, none is a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from cytokinome import cache
from cytokinome.catalogue.folders import load_folder
from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.records import Cytokine, Receptor
from cytokinome.diagnostics import Collector

GOOD = """\
id: IL99
kind: cytokine
name: interleukin 99
synonyms: [IL-99]
identifiers: {hgnc: HGNC:1, uniprot: P12345}
family: interleukin
chains:
  - {hgnc: HGNC:1, uniprot: P12345, copies: 2, mature: 20-179}
molar-mass:
  value: 37 kDa
  source: {id: "doi:10.1000/x", locator: Table 1, says: so, read: primary, tier: A}
  conflicts:
    - {value: 36 kDa, source: {id: assumed, says: an example, tier: C}}
losses:
  - kind: cleared
    half-life: {value: 3 h, low: 2 h, high: 4 h, source: {id: "pubmed:1", locator: abstract, says: so, read: primary, tier: A}}
    includes: [renal, receptor]
    context: {compartment: plasma, species: human}
"""  # noqa: E501


# What is wrong with a quantity has the codes of quantities; the parts are those of the texts below.
OF_QUANTITIES = {
    "37 kDalton": "BAD_UNIT",
    "heavy": "BAD_NUMBER",
    "37 pM": "DIMENSION_MISMATCH",
    "36 pg/mL": "DIMENSION_MISMATCH",
    "rate: {value": "DIMENSION_MISMATCH",
}


def faults(text: str) -> list[tuple[str, str, int, int]]:
    """Code, message, line and column of everything found in a text."""
    found = Collector()
    sheet = load_text(text, "IL99.yaml", found)
    report = found.report()
    assert (sheet is None) == bool(report.errors)
    assert all(d.hint for d in report.errors if d.code == "CATALOGUE_INVALID")
    return [(d.code, d.message, d.where.line, d.where.column) for d in report.errors if d.where]


def test_good_record():
    """A right record is read with its numbers and conflicts."""
    found = Collector()
    sheet = load_text(GOOD, "IL99.yaml", found)
    assert found.report().diagnostics == ()
    assert sheet is not None
    assert isinstance(sheet.record, Cytokine)
    assert sheet.record.molar_mass is not None
    assert sheet.record.molar_mass.canonical == pytest.approx(37e-9)  # g/pmol
    assert [c.value for c in sheet.record.molar_mass.conflicts] == ["36 kDa"]
    assert sheet.record.losses[0].measured[0] == "half-life"


@pytest.mark.parametrize(
    ("old", "new", "message", "line", "column"),
    [
        ("kind: cytokine", "kind: hormone", "a record has one of cytokine", 2, 7),
        ("kind: cytokine\n", "", "got no `kind:`", 1, 1),
        ("family: interleukin", "family: hormone", "family: got 'hormone', expected 'interleukin'", 6, 9),
        ("HGNC:1, uniprot: P12345, copies", "hgnc1, uniprot: P12345, copies", "chains.1.hgnc: 'hgnc1'", 8, 12),
        ("uniprot: P12345, copies", "uniprot: P1234, copies", "chains.1.uniprot: 'P1234'", 8, 29),
        ("copies: 2", "copies: two", "chains.1.copies", 8, 45),
        ("copies: 2", "copies: 0", "chains.1.copies", 8, 45),
        ("20-179", "179-20", "does not ascend", 8, 5),
        ("value: 37 kDa", "value: 37 kDalton", "molar-mass.value: ", 10, 13),
        ("value: 37 kDa", "value: 37 pM", "molar-mass.value: a molar mass has the dimension mass/substance", 10, 10),
        ("value: 37 kDa", "value: heavy", "molar-mass.value: ", 10, 10),
        ("value: 36 kDa", "value: 36 pg/mL", "molar-mass.conflicts.1.value: a molar mass", 13, 15),
        ("  value: 37 kDa\n", "", "molar-mass.value is missing", 10, 3),
        ("name: interleukin 99", "nam: interleukin 99", "`nam:` is no key here", 3, 1),
        ("tier: A}\n  conflicts", "tier: D}\n  conflicts", "molar-mass.source.tier: got 'D'", 11, 82),
        ("doi:10.1000/x", "some paper", "molar-mass.source.id: 'some paper'", 11, 17),
        ("low: 2 h", "low: 5 h", "low, value and high do not ascend", 16, 16),
        ("half-life: {value: 3 h", "rate: {value: 3 h", "a loss rate has the dimension 1/time", 16, 19),
        ("compartment: plasma", "compartment: culture", "cleared is a loss from plasma", 15, 5),
        ("kind: cleared", "kind: degrades", "belong to `kind: cleared`", 15, 5),
        ("compartment: plasma", "compartment: blood", "expected 'culture', 'plasma'", 18, 28),
        ("id: IL99", "id: IL-99", "id: 'IL-99'", 1, 5),
    ],
)
def test_faults_have_places(old, new, message, line, column):
    """Each single mistake is found once or more, the first at the line and column where it stands."""
    assert old in GOOD
    found = faults(GOOD.replace(old, new, 1))
    named = [f for f in found if message in f[1]]
    assert named, found
    assert named[0][0] == next((code for part, code in OF_QUANTITIES.items() if part in new), "CATALOGUE_INVALID")
    assert named[0][2:] == (line, column)


RECEPTOR = """\
id: IL99R
kind: receptor
name: receptor of interleukin 99
assembly:
  subunits: [{{hgnc: HGNC:1, uniprot: P12345, role: binding}}]
  source: {{id: "doi:10.1000/x", locator: abstract, says: so, read: primary, tier: A}}
ligands:
  - {{molecule: IL99{binding}}}
"""
SAID = '{id: "pubmed:1", locator: abstract, says: so, read: primary, tier: A}'


@pytest.mark.parametrize(
    ("binding", "is_right", "is_measured"),
    [
        (f", source: {SAID}", True, False),
        (f", Kd: {{value: 1 nM, source: {SAID}}}", True, True),
        ("", False, False),
        (f", kon: {{value: 1e6 /M/s, source: {SAID}}}", False, False),
        (f", kon: {{value: 1e6 /M/s, source: {SAID}}}, source: {SAID}", False, False),
    ],
)
def test_bindings(binding, is_right, is_measured):
    """That a molecule binds needs its constants, or somebody who says so; half of the constants is a fault."""
    found = Collector()
    sheet = load_text(RECEPTOR.format(binding=binding), "IL99R.yaml", found)
    assert (sheet is not None) == is_right == (not found.has_errors)
    if sheet is not None:
        assert isinstance(sheet.record, Receptor)
        assert sheet.record.ligands[0].is_measured == is_measured


def test_all_faults_at_once():
    """Faults in different places of a file come together."""
    text = GOOD.replace("37 kDa", "37 pM").replace("tier: C", "tier: Z").replace("copies: 2", "copies: x")
    assert [line for _, _, line, _ in faults(text)] == [8, 10, 13]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "id: &a x\nkind: *a\n",
        "kind: [cytokine]\n",
        "kind: cell\n",
        "id: [",
        "kind: cytokine\nid: {a: [1]}\n",
    ],
)
def test_hostile_texts_are_refused(text):
    """What is no record, or not even YAML, is a finding and nothing else."""
    found = Collector()
    assert load_text(text, "x.yaml", found) is None
    assert found.has_errors


def test_misplaced_file(tmp_path: Path):
    """A record in a file of another name, or in the folder of another kind, is refused with its right place."""
    (tmp_path / "receptors").mkdir()
    (tmp_path / "cytokines").mkdir()
    (tmp_path / "receptors" / "IL99.yaml").write_text(GOOD)
    (tmp_path / "cytokines" / "IL98.yaml").write_text(GOOD)
    found = Collector()
    load_folder(tmp_path, found)
    assert [d.hint for d in found.report().errors] == ["its place is cytokines/IL99.yaml"] * 2


def test_what_was_read_is_kept(tmp_path: Path, monkeypatch):
    """A second reading comes from the cache, equal to the first and without YAML; a changed text is read anew."""
    monkeypatch.setenv("CYTOKINOME_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "cytokines" / "IL99.yaml"
    place.parent.mkdir()
    place.write_text(GOOD)
    (first,) = load_folder(tmp_path, Collector())
    with monkeypatch.context() as without_yaml:
        without_yaml.delattr("cytokinome.catalogue.load.load_text")
        (second,) = load_folder(tmp_path, Collector())
    assert (second.record, second.text, second.file) == (first.record, first.text, first.file)
    assert second.place(("chains", 0)) == first.place(("chains", 0))
    place.write_text(GOOD.replace("interleukin 99", "interleukin 100"))
    (third,) = load_folder(tmp_path, Collector())
    assert "interleukin 100" in third.record.names
    place.write_text(GOOD.replace("copies: 2", "copies: two"))
    for _ in range(2):  # a fault is reported each time
        (half,) = load_folder(tmp_path, found := Collector())
        assert found.has_errors
        assert not half.is_whole


def test_damaged_cache_is_read_over(tmp_path: Path, monkeypatch):
    """Entries that are cut, or that another schema wrote, count as absent."""
    monkeypatch.setenv("CYTOKINOME_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cytokines").mkdir()
    (tmp_path / "cytokines" / "IL99.yaml").write_text(GOOD)
    (first,) = load_folder(tmp_path, Collector())
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_bytes(entry.read_bytes()[:-5])
    assert load_folder(tmp_path, Collector())[0].record == first.record
    for content in (b"[]", b"[{}]", b"{", b'[{"id": "IL99", "kind": "cytokine"}]', b"[1, 2]"):
        cache.write(entry.name, content)
        assert load_folder(tmp_path, Collector())[0].record == first.record


def test_a_changed_schema_reads_anew(tmp_path: Path, monkeypatch):
    """What another schema let through is not taken from the cache."""
    monkeypatch.setenv("CYTOKINOME_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cytokines").mkdir()
    (tmp_path / "cytokines" / "IL99.yaml").write_text(GOOD)
    load_folder(tmp_path, Collector())
    monkeypatch.setattr("cytokinome.catalogue.folders._schema", lambda: "another")
    (again,) = load_folder(tmp_path, Collector())
    assert (again.kept, again.record.id) == ("", "IL99")
    assert len(list((tmp_path / "cache").iterdir())) == 2
