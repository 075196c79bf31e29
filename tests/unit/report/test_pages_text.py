"""Pieces of the pages: escapes, values and units, links to sources."""

from __future__ import annotations

import pytest

from cytokinome import units
from cytokinome.catalogue import catalogue
from cytokinome.catalogue.records import Source
from cytokinome.catalogue.selection import choices
from cytokinome.report.pages.numbers import canonical, canonical_unit
from cytokinome.report.pages.sources import address, said, short, source_list
from cytokinome.report.pages.text import counted, natural, plain, pretty, section, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b * c", r"a\_b \* c"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("1989 was a year", "1989 was a year"),
        ("x | y [z](u) <b>", r"x \| y \[z\](u) \<b\>"),
        ("two\nlines", "two lines"),
    ],
)
def test_words_stay_words(text: str, shown: str):
    """Nothing that a record says is read as markup."""
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2.5e-3 nM", "2.5 × 10⁻³ nM"),
        ("1e9 cells/L", "10⁹ cells/L"),
        ("3 mg/m^2", "3 mg/m²"),
        ("12 ug/mL", "12 µg/mL"),
        ("5 umol", "5 µmol"),
        ("1 week", "1 week"),
        ("14 day", "14 days"),
        ("16 mL/day/kg", "16 mL/day/kg"),
        ("CXCL8", "CXCL8"),
    ],
)
def test_values_as_people_write_them(text: str, shown: str):
    """Powers, micro and plural."""
    assert pretty(text) == shown


def test_tables():
    """A column without content is left out, a table without rows too, and a section without lines."""
    assert table(("a", "b"), [("1", ""), ("2", "")]) == ["| a |", "| --- |", "| 1 |", "| 2 |", ""]
    assert table(("a", "b"), []) == []
    assert section("Nothing", []) == []
    assert section("Some", ["x"], 3) == ["### Some", "", "x", ""]


def test_names_in_the_order_of_people():
    """Numbers inside names count as numbers."""
    assert sorted(["IL10", "IL1B", "IL2"], key=natural) == ["IL1B", "IL2", "IL10"]
    assert [counted(n, "therapy") for n in (0, 1, 2)] == ["no therapies", "1 therapy", "2 therapies"]


@pytest.mark.parametrize(
    ("id", "where", "words"),
    [
        ("doi:10.1073/pnas.95.2.570", "https://doi.org/10.1073/pnas.95.2.570", "doi:10.1073/pnas.95.2.570"),
        ("pubmed:8324076", "https://pubmed.ncbi.nlm.nih.gov/8324076", "PubMed 8324076"),
        ("pmc:PMC2190822", "https://pmc.ncbi.nlm.nih.gov/articles/PMC2190822", "PMC2190822"),
        ("uniprot:P01375", "https://www.uniprot.org/uniprotkb/P01375", "UniProt P01375"),
        ("cl:0000235", "http://purl.obolibrary.org/obo/CL_0000235", "CL:0000235"),
        ("url:www.example.org/a?b=1", "https://www.example.org/a?b=1", "example.org"),
        ("github:a/b@0123abc:c/d.csv", "https://github.com/a/b/blob/0123abc/c/d.csv", "a/b"),
        ("github:a/b:c/d.csv", "https://github.com/a/b/blob/HEAD/c/d.csv", "a/b"),
        ("assumed", "", "assumed"),
    ],
)
def test_addresses_of_sources(id: str, where: str, words: str):
    """Each form of identifier has its address."""
    assert address(id) == where
    assert short(id) == words


def test_all_sources_have_addresses():
    """No source of the catalogue stays without a link but assumptions."""
    from cytokinome.report.pages.sources import sources_of

    ids = {source.id for source in sources_of(catalogue().records())}
    assert {id for id in ids if not address(id)} <= {"assumed"}


def test_what_a_source_says():
    """Words, link, place, tier; and whether it speaks against."""
    source = Source(id="pubmed:1", tier="S", says="it fell", verdict="refutes", locator="abstract", read="secondary")
    link = "[PubMed 1](<https://pubmed.ncbi.nlm.nih.gov/1>)"
    assert said(source) == f"**Against:** it fell ({link}, abstract, read second-hand) [S]{{.tier .tier-s}}"
    (line,) = source_list([source, source])
    assert line.startswith(f"- {link}: 2 statements")


def test_units_of_models():
    """Canonical units as people read them."""
    assert canonical_unit(units.CLEARANCE) == "L/h"
    assert canonical_unit((units.CONCENTRATION * units.TIME).inverse()) == "/pM/h"
    assert canonical_unit(units.DIMENSIONLESS) == ""


def test_values_in_units_of_models():
    """A mass per volume becomes an amount by the molar mass of its record; what needs no change is not repeated."""
    tnf, receptor = catalogue().get("TNF"), catalogue().get("TNFR1")
    serum = next(one for one in choices(tnf) if one.title == "concentration in serum, healthy")
    assert serum.default is not None
    value = serum.default.measured
    assert value.value == "2.6 pg/mL"
    assert canonical(value, tnf).replace("\u00a0", " ") == "0.0500 pM by 52 kDa"
    assert canonical(value, receptor).replace("\u00a0", " ") == "2.6 × 10⁻⁹ g/L"
    (kd,) = choices(receptor, "Kd")[:1]
    assert kd.default is not None
    assert (kd.default.measured.value, canonical(kd.default.measured, receptor)) == ("19 pM", "")
