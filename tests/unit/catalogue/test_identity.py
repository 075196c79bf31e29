"""The lint of identifiers: each fault that is seeded is found, with its code, place and way out."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from typing import get_args

import pytest

from cytokinome.catalogue import Catalogue, catalogue, identity, lint
from cytokinome.catalogue.lists import TERMS, data_folder, lists
from cytokinome.catalogue.load import Sheet, load_text
from cytokinome.catalogue.records import KINDS
from cytokinome.catalogue.records.molecules import AXIS_TERMS, Axis
from cytokinome.diagnostics import Collector, Diagnostic
from cytokinome.text.layout import print_tree


def findings(id: str, *changes: tuple[str, str]) -> list[Diagnostic]:
    """The errors of the shipped catalogue with changes made to the text of one record."""
    sheets: list[Sheet] = []
    for sheet in catalogue().sheets:
        if sheet.record.id != id:
            sheets.append(sheet)
            continue
        text = print_tree(sheet.tree)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        found = Collector()
        again = load_text(text, f"{id}.yaml", found)
        assert found.report().render() == ""
        assert again is not None
        sheets.append(again)
    found = Collector()
    known = Catalogue.build(sheets, found)
    for sheet in sheets:
        for rule in (*identity.BLOCK_RULES, *identity.RECORD_RULES):
            rule(sheet, known, found)
    identity.complexes_have_records(known, found)
    return list(found.report().errors)


IL6 = "{hgnc: HGNC:6018, uniprot: P05231}"


@pytest.mark.parametrize(
    ("id", "old", "new", "code", "hint"),
    [
        ("IL6", IL6, "{hgnc: HGNC:999999, uniprot: P05231}", "IDENTIFIER_UNKNOWN", ""),
        ("IL6", "uniprot: P05231}", "uniprot: P05230}", "IDENTIFIER_UNKNOWN", "HGNC:6018 is IL6, P05231"),
        ("IL6", IL6, "{hgnc: HGNC:6018, uniprot: P01375}", "IDENTIFIER_MISMATCH", "IL6"),
        ("IL6", IL6, "{hgnc: HGNC:11892, uniprot: P01375}", "IDENTIFIER_MISMATCH", "IL6"),
        ("IL10", "- {hgnc: HGNC:5962", "- {hgnc: HGNC:5963", "IDENTIFIER_UNKNOWN", "HGNC:"),
        ("macrophage", "CL:0000235", "CL:9999999", "IDENTIFIER_UNKNOWN", ""),
        ("methotrexate", "CHEBI:44185", "CHEBI:44186", "IDENTIFIER_UNKNOWN", "tools/identifiers.py"),
        ("adalimumab", "DB00051", "DB99999", "IDENTIFIER_UNKNOWN", "tools/identifiers.py"),
        ("adalimumab", "DB00051", "DB00065", "IDENTIFIER_MISMATCH", "under `synonyms:`"),
        ("macrophage", "CL:0000235", "CL:0000576", "IDENTIFIER_MISMATCH", "under `synonyms:`"),
        ("epoetin_alfa", "DB00016", "DB00012", "IDENTIFIER_MISMATCH", "under `synonyms:`"),
        ("adalimumab", "atc: L04AB04", "atc: L04AB02", "NO_EVIDENCE", "a source that says L04AB02"),
        ("adalimumab", "gtopdb-ligand: 4860", "gtopdb-ligand: 486", "NO_EVIDENCE", "a source that says 486"),
        ("IL2", "gtopdb-ligand: 4985", "gtopdb-ligand: 4998", "NO_EVIDENCE", "a source that says 4998"),
        ("adalimumab", "identifiers: {", "identifiers: {rxnorm: 327361, ", "NO_EVIDENCE", "a source that says 327361"),
        ("IL6R", "P40189", "P40188", "SUBUNIT_UNKNOWN", "HGNC:6021 is IL6ST"),
        ("IL6R", "HGNC:6021", "HGNC:60211", "SUBUNIT_UNKNOWN", ""),
        ("IL6R", "uniprot: P40189", "uniprot: P08887", "IDENTIFIER_MISMATCH", "IL6ST"),
    ],
)  # fmt: skip
def test_faults_of_identifiers(id, old, new, code, hint):
    """Ids that do not exist, or that belong to different genes, are found at their place."""
    found = [d for d in findings(id, (old, new)) if d.code == code]
    assert found
    assert all(d.where is not None and d.where.file == f"{id}.yaml" for d in found)
    assert hint in found[0].hint
    assert found[0].hint


@pytest.mark.parametrize(
    ("id", "old", "new", "code", "message"),
    [
        ("IL7", "about: [group]", "about: [name]", "NO_EVIDENCE", "`group:`"),
        ("IL7", "about: [family]", "about: [name]", "NO_EVIDENCE", "`family:`"),
        ("IL7", "about: [chains]", "about: [name]", "NO_EVIDENCE", "`chains:`"),
        ("IL7", "about: [name, synonyms]", "about: [synonyms]", "NO_EVIDENCE", "`name:`"),
        ("IL7R", "molecule: IL7\n", "molecule: IL2\n", "NO_RECEPTOR", "IL7 is no ligand"),
        ("IL7R", "molecule: IL7\n", "molecule: IL32\n", "NO_RECEPTOR", "IL7R has it as ligand"),
        ("IL15R", "- hgnc: HGNC:6010\n      uniprot: P31785", "- hgnc: HGNC:6008\n      uniprot: P01589",
         "SUBUNITS_DIFFER", "differ by P01589, P31785, Q13261; expected: Q13261"),
        ("IL7R", "- hgnc: HGNC:6010\n      uniprot: P31785", "- hgnc: HGNC:6008\n      uniprot: P01589",
         "SUBUNITS_DIFFER", "differ by P01589, P31785"),
        ("IL7R", "IL7_receptor}", "IL7_receptr}", "SUBUNITS_DIFFER", "has no IL7_receptr"),
        ("IL7R", "identifiers: {cellphonedb: IL7_receptor}\n", "", "COMPLEX_MISSING", "cellphonedb: IL7_receptor"),
    ],
)  # fmt: skip
def test_faults_of_statements(id, old, new, code, message):
    """Statements without source, cytokines without receptor and other subunits than the table's are found."""
    found = [d for d in findings(id, (old, new)) if d.code == code]
    assert any(message in d.message for d in found)
    assert all(d.hint for d in found)


def test_stale_exceptions_are_found(monkeypatch):
    """An exception that is none any more, and exceptions that are missing, are found."""
    known = lists()
    stale = replace(known, exceptions={**known.exceptions, "IL7_receptor": frozenset({"P31785"})})
    missing = replace(known, exceptions={})
    for wrong, expected in ((stale, {"SUBUNITS_DIFFER"}), (missing, {"SUBUNITS_DIFFER", "COMPLEX_MISSING"})):
        monkeypatch.setattr(identity, "lists", lambda wrong=wrong: wrong)
        assert {d.code for d in lint(catalogue()).errors} == expected


def test_exceptions_have_reasons():
    """Each exception names complex, reason and source."""
    rows = list(csv.DictReader((data_folder() / "exceptions.csv").read_text("utf-8").splitlines()))
    assert {row["complex"] for row in rows} <= set(lists().complexes)
    assert all(row["reason"] and row["source"] for row in rows)


def test_lists_are_those_of_the_manifest():
    """Nobody edits a made list by hand: each has the hash and the number of rows that its maker wrote down."""
    manifest = json.loads((data_folder() / "manifest.json").read_text("utf-8"))
    assert set(manifest) == {"genes.csv", "complexes.csv", *TERMS.values()}
    for name, made in manifest.items():
        content = (data_folder() / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == made["sha256"]
        assert content.count(b"\n") == made["rows"] + 1
        assert made["source"]
        assert made["licence"] in {"CC0-1.0", "CC-BY-4.0", "CC-BY-3.0", "MIT"}


def test_known_identifiers_are_there():
    """Symbols, accessions and cells that were looked up elsewhere are in the lists, together."""
    known = lists()
    for symbol, hgnc, accession in (("IL2", "6001", "P60568"), ("TNF", "11892", "P01375"), ("CXCL8", "6025", "P10145")):
        gene = known.symbols[symbol]
        assert gene is not None
        assert (gene.hgnc, gene.proteins) == (f"HGNC:{hgnc}", {accession})
        assert known.proteins[accession] is gene
    assert known.terms["cl"]["CL:0000235"] == "macrophage"
    assert known.terms["cl"]["CL:0000815"] == "regulatory T cell"
    assert known.terms["mondo"]["MONDO:0008383"] == "rheumatoid arthritis"
    assert known.terms["uberon"]["UBERON:0002371"] == "bone marrow"
    assert known.terms["drugbank"]["DB00065"] == "Infliximab"
    assert "NONSENSE" not in known.symbols


def test_axes_have_terms_that_exist():
    """The Gene Ontology terms of the axes of roles are in the list."""
    assert {term for terms in AXIS_TERMS.values() for term in terms if term} <= set(lists().terms["go"])
    assert set(AXIS_TERMS) <= set(get_args(Axis))


def test_every_kind_has_its_evidence():
    """The keys that need a source exist, and a drug whose class nobody states is found at its key."""
    assert all(name in KINDS[kind].model_fields for kind, names in identity.STATED.items() for name in names)
    found = Collector()
    text = (
        "id: drug_x\nkind: therapy\nname: drug x\nclass: cytokine\nmode: replaces\nmechanism: words\n"
        "evidence: [{about: [mode, mechanism], source: {id: pubmed:1, tier: A, says: so}}]\n"
    )
    sheet = load_text(text, "drug_x.yaml", found)
    assert sheet
    identity.statements_have_evidence(sheet, catalogue(), found)
    (error,) = found.report().errors
    assert (error.code, error.where and error.where.line) == ("NO_EVIDENCE", 4)
    assert "`class:`" in error.message
