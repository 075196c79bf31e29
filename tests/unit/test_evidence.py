"""Evidence: identifiers, addresses, what to cite, provenance."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from cytokinome.evidence import Citation, Provenance, Source, merge, text_digest


@pytest.mark.parametrize(
    ("text", "kind", "key", "locator", "url"),
    [
        (
            "doi:10.1073/pnas.95.2.570, abstract",
            "doi",
            "doi:10.1073/pnas.95.2.570",
            "abstract",
            "https://doi.org/10.1073/pnas.95.2.570",
        ),
        ("https://doi.org/10.1113/EP091552", "doi", "doi:10.1113/ep091552", "", "https://doi.org/10.1113/EP091552"),
        (
            "10.1113/EP091552, Table 2, row 3",
            "doi",
            "doi:10.1113/ep091552",
            "Table 2, row 3",
            "https://doi.org/10.1113/EP091552",
        ),
        (
            "pubmed:12626585, Table 2",
            "pubmed",
            "pubmed:12626585",
            "Table 2",
            "https://pubmed.ncbi.nlm.nih.gov/12626585",
        ),
        ("PMID: 12626585", "pubmed", "pubmed:12626585", "", "https://pubmed.ncbi.nlm.nih.gov/12626585"),
        ("arXiv:2308.01495, abstract", "arxiv", "arxiv:2308.01495", "abstract", "https://arxiv.org/abs/2308.01495"),
        (
            "BIOMD0000000001",
            "biomodels",
            "biomodels:biomd0000000001",
            "",
            "https://www.ebi.ac.uk/biomodels/BIOMD0000000001",
        ),
        ("Fong, J Exp Med 1990, Table 2", "text", "text:fong, j exp med 1990, table 2", "", None),
        ("doi:nonsense, p. 3", "text", "text:doi:nonsense, p. 3", "", None),
        ("pubmed:12x", "text", "text:pubmed:12x", "", None),
        ("assumed", "assumed", "assumed", "", None),
        ("Assumed, as IL10", "assumed", "assumed", "as IL10", None),
        ("assumed: as IL10, because of size", "assumed", "assumed", "", None),
        ("assumedly Fong", "text", "text:assumedly fong", "", None),
    ],
)
def test_parse(text, kind, key, locator, url):
    """Identifiers are recognised, located and turned into addresses; plain words stay whole."""
    source = Source.parse(text)
    assert (source.kind, source.cite_key, source.locator, source.url) == (kind, key, locator, url)
    assert source.is_assumed == (kind == "assumed")


@pytest.mark.parametrize(
    "text",
    ["doi:10.1073/pnas.95.2.570, abstract", "assumed: as IL10, because of size", "Fong 1990, Table 2", "assumed"],
)
def test_parse_and_print(text):
    """A source prints as it was written, and reads again as itself."""
    assert str(Source.parse(text)) == text
    assert Source.parse(str(Source.parse(text))) == Source.parse(text)


def test_identifiers():
    """DOI and PubMed number are given without prefix, and only where they are; an unsplit text is understood too."""
    assert Source("doi:10.1073/pnas.95.2.570, abstract").doi == "10.1073/pnas.95.2.570"
    assert Source("pubmed:12626585").pubmed == "12626585"
    assert Source("pubmed:12626585").doi is None
    assert Source("doi:10.1/x").pubmed is None
    assert Source(" Assumed ").is_assumed


@pytest.mark.parametrize(
    ("text", "estimated"),
    [
        ("fitted: human-endotoxemia (fit.yaml), 95 % interval 1 to 2 /h", True),
        ("calibrated: eightfold Treg after 4 weeks, pmc:PMC6986328, Table 1", True),
        ("Calibrated so that half are infected", True),
        ("doi:10.1113/EP091552, P[3]; fitted for each arm", False),
        ("fittedly", False),
        ("assumed: as fitted", False),
        ("assumed: calibrated to the time that TNF takes", True),
    ],
)
def test_estimates(text, estimated):
    """Only what says so first was fitted or calibrated where it stands."""
    assert Source.parse(text).is_estimated is estimated


def test_address_is_quoted():
    """An identifier cannot break out of an address."""
    assert Source('doi:10.1000/a"><script>').url == "https://doi.org/10.1000/a%22%3E%3Cscript%3E"


def test_merge():
    """One citation per document, however it is spelt, with all locators and reasons; assumptions are not cited."""
    found = merge(
        [
            (Source.parse("doi:10.1113/EP091552, Table 2"), "k_TNF"),
            (Source.parse("assumed"), "k_IL6"),
            Source("pubmed:12626585", read="abstract"),
            (Source.parse("https://doi.org/10.1113/ep091552, Table 3"), "k_IL8"),
            (Source.parse("doi:10.1113/EP091552, Table 2"), "k_TNF"),
        ]
    )
    assert found == (
        Citation(Source("doi:10.1113/EP091552", "Table 2; Table 3"), ("k_TNF", "k_IL8")),
        Citation(Source("pubmed:12626585", read="abstract"), ()),
    )
    assert merge([]) == ()


def test_sources_are_values():
    """Sources are frozen, equal by content and hashable."""
    assert len({Source("a", "b"), Source("a", "b")}) == 1
    with pytest.raises(FrozenInstanceError):
        Source("a").text = "b"  # pyright: ignore[reportAttributeAccessIssue]


def test_provenance():
    """Provenance names versions and the digests of the texts, takes the time from outside, and is reproducible."""
    made = Provenance.collect(created="2030-01-01T00:00:00Z", texts={"b.yaml": "µ", "a.yaml": ""})
    assert made == Provenance.collect(created="2030-01-01T00:00:00Z", texts={"a.yaml": "", "b.yaml": "µ"})
    assert made.texts == (
        ("a.yaml", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("b.yaml", hashlib.sha256("µ".encode()).hexdigest()),
    )
    assert made.created == "2030-01-01T00:00:00Z"
    assert made.python == ".".join(map(str, sys.version_info[:3])) or sys.version_info.releaselevel != "final"
    assert all((made.package, made.numpy, made.scipy, made.platform))
    assert text_digest("abc").startswith("ba7816bf")


def test_provenance_loads_nothing_heavy():
    """Versions are read from metadata, without importing numpy or scipy."""
    program = (
        "import sys; from cytokinome.evidence import Provenance\n"
        "Provenance.collect(created='', texts={})\n"
        "sys.exit(bool({'numpy', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
