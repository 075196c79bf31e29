"""Finding records by their names."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cytokinome.catalogue import Catalogue, catalogue
from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.records import Interaction
from cytokinome.catalogue.records.evidence import Source
from cytokinome.catalogue.registry import CLOTTING
from cytokinome.diagnostics import Collector
from cytokinome.errors import CatalogueError

MEDIATOR = """\
id: {id}
kind: mediator
name: {name}
synonyms: [{synonym}]
molar-mass: {{value: 10 kDa, source: {{id: assumed, says: an example, tier: C}}}}
"""


def build(*records: tuple[str, str, str]) -> tuple[Catalogue, Collector]:
    """A catalogue of mediators: id, name, synonym."""
    found = Collector()
    sheets = [
        load_text(MEDIATOR.format(id=id, name=name, synonym=synonym), f"{name}.yaml", found)
        for id, name, synonym in records
    ]
    assert not found.has_errors
    return Catalogue.build([s for s in sheets if s], found), found


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("CXCL8", "CXCL8"),
        ("IL8", "CXCL8"),
        ("IL-8", "CXCL8"),
        ("il-8", "CXCL8"),
        ("HGNC:6025", "CXCL8"),
        ("TNF-alpha", "TNF"),
        ("TNFα", "TNF"),
        ("P01375", "TNF"),
        ("TNF α", "TNF"),
        ("cachectin", "TNF"),
        ("NAF", "CXCL8"),
        ("IL 12", "IL12"),
        ("IL-1RA", "IL1RN"),
        ("TGF-β1", "TGFB1"),
        ("RANKL", "TNFSF11"),
        ("G-CSF", "CSF3"),
        ("TNFRSF1A", "TNFR1"),
        ("Remicade", "infliximab"),
        ("endotoxin", "LPS"),
        ("monocytes", "monocyte"),
        ("CD8 T cells", "CD8_T_cell"),
        ("plasmacytoid dendritic cells", "plasmacytoid_dendritic_cell"),
    ],
)
def test_synonyms(name, id):
    """Symbols, synonyms and identifiers resolve to the record's id."""
    record = catalogue().find(name)
    assert record is not None
    assert record.id == id
    assert catalogue().get(name) is record


def test_unknown_name():
    """An unknown name is None for `find`, and an error with the nearest names for `get`."""
    assert catalogue().find("CXLC8") is None
    with pytest.raises(CatalogueError, match="did you mean CXCL8") as caught:
        catalogue().get("CXLC8")
    assert caught.value.report is not None
    assert [d.code for d in caught.value.report.errors] == ["CATALOGUE_MISSING"]


def test_unknown_kind():
    """A kind that does not exist is refused with the nearest one."""
    with pytest.raises(CatalogueError, match="did you mean cytokine"):
        catalogue().records("cytokin")


def test_catalogue_is_read_once():
    """The catalogue is the same object every time."""
    assert catalogue() is catalogue()


def test_ambiguous_synonym_is_refused():
    """A synonym of two records, in whatever case, is an error naming both, and finds neither."""
    known, found = build(("A", "first", "X1"), ("B", "second", "x1"))
    (fault,) = found.report().errors
    assert fault.code == "AMBIGUOUS_NAME"
    assert "A or B" in fault.message
    assert (fault.where is not None, len(fault.also)) == (True, 1)
    assert known.find("X1") is None
    assert known.find("A") is not None


def test_duplicate_id_is_refused():
    """Two records of one id are an error with both places."""
    _, found = build(("A", "first", "X1"), ("A", "second", "X2"))
    (fault,) = found.report().errors
    assert fault.code == "DUPLICATE_NAME"
    assert [str(s).split(":")[0] for s in (fault.where, *fault.also)] == ["second.yaml", "first.yaml"]


def test_receptors_of():
    """The receptors of a molecule follow from the receptors' records."""
    assert [r.id for r in catalogue().receptors_of("TNF-alpha")] == ["TNFR1", "TNFR2"]
    assert catalogue().receptors_of("nothing") == ()


def test_search():
    """A part of any name finds its records, the best first; nothing finds nothing."""
    assert [record.id for record, _ in catalogue().search("cachect")] == ["TNF"]
    assert catalogue().search("il 17a")[0][0].id == "IL17A"
    assert catalogue().search("TGF-β")[0][0].id == "TGFB1"
    assert {"IL2R", "IL2R_beta_gamma"} <= {record.id for record, _ in catalogue().search("IL2R")}
    assert catalogue().search("no such thing") == catalogue().search("-") == ()
    assert [sheet.kind for sheet, _ in catalogue().search("synov", "tissue")] == ["tissue"]


def test_a_search_needs_no_schema():
    """What was read before is found by its names; the schema is loaded with the first record."""
    catalogue()  # fills the cache
    script = (
        "import sys; from cytokinome.catalogue import catalogue\n"
        "((sheet, name), *_) = catalogue().search('TNF'); assert 'pydantic' not in sys.modules\n"
        "assert sheet.record.id == 'TNF'; assert 'pydantic' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_platelets_release_says_where_that_was_read():
    """Each such cytokine is in the catalogue, with a record of ours or a source that the schema takes."""
    for id, said in CLOTTING.items():
        assert catalogue().get(id).kind == "cytokine"
        record = catalogue().find(said)
        name, _, locator = said.partition(", ")
        assert record or Source.model_validate({"id": name, "locator": locator, "says": "so", "tier": "A"})
        assert record is None or (isinstance(record, Interaction) and (record.cell, record.object) == ("platelet", id))
    assert set(CLOTTING) <= catalogue().clotting
