"""The pages of the catalogue: what stands on them, that links lead somewhere, that the examples of codes are true."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest

from cytokinome.catalogue import catalogue
from cytokinome.catalogue.records import Cytokine, Receptor
from cytokinome.catalogue.selection import choices
from cytokinome.catalogue.views import LABELS, labels
from cytokinome.diagnostics import CODES
from cytokinome.report.pages.codes import codes_page
from cytokinome.report.pages.faults import FAULTS, Fault, diagnosis
from cytokinome.report.pages.picture import Entry, Group, Tie, svg
from cytokinome.report.pages.site import site
from cytokinome.report.pages.writer import Writer, page_of

ROOT = Path(__file__).parents[3]
BY_HAND = {page.name for page in (ROOT / "docs").glob("*.md")}
SOURCE = ROOT / "src" / "cytokinome" / "catalogue"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """All pages, made once."""
    return site(catalogue())


def test_every_record_has_a_place(pages: dict[str, str]):
    """A page, or a place on the page of its kind; interactions stand on the pages of those that take part."""
    for record in catalogue().records():
        path, _, place = page_of(record).partition("#")
        if record.kind == "interaction":
            assert path == ""
        else:
            assert f"({place})=" in pages[path] if place else path in pages


def test_links_between_pages_resolve(pages: dict[str, str]):
    """Every link to another page, in words, in pictures and in menus, leads to a page and a place that exist."""
    places = {path: set(re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE)) for path, text in pages.items()}
    broken: list[tuple[str, str]] = []
    for path, text in pages.items():
        linked = re.findall(r"\]\(<?((?!<?https?:)[^)>\s]+\.md[^)>\s]*)>?\)", text)
        drawn = [link.replace(".html", ".md") for link in re.findall(r'href="([^"]+)"', text)]
        for target in [*linked, *drawn]:
            to, _, place = target.partition("#")
            whole = posixpath.normpath(posixpath.join(posixpath.dirname(path), to))
            if (whole not in pages and whole not in BY_HAND) or (place and place not in places[whole]):
                broken.append((path, target))
    menu = re.findall(r"^([a-z/-]+)$", pages["index.md"].split("```{toctree}", 1)[1], re.MULTILINE)
    broken += [("index.md", name) for name in menu if f"{name}.md" not in {*pages, *BY_HAND}]
    assert len(menu) > 15
    assert {name.removesuffix(".md") for name in BY_HAND} <= set(menu)
    assert broken == []


def test_pages_in_no_menu_say_so(pages: dict[str, str]):
    """A page of a record is an orphan on purpose, and only such a page."""
    own = {page_of(record) for record in catalogue().records() if "#" not in page_of(record)}
    assert {path for path, text in pages.items() if text.startswith("---\norphan: true\n---")} == own - {""}


def test_a_cytokine(pages: dict[str, str]):
    """TNF: labels with counts, who makes it, its numbers with the default and the others, its sources."""
    record, text = catalogue().get("TNF"), pages["cytokines/TNF.md"]
    assert isinstance(record, Cytokine)
    assert text.count("# TNF: tumor necrosis factor") == 1
    for label in labels(record):
        assert f"[{label.name}](<../labels.md#label-{label.name}>)" in text
    assert "**[monocyte](<../cells/monocyte.md>)** secretes TNF, more on [lipopolysaccharide]" in text
    assert "[infliximab](<../therapies/infliximab.md>)" in text
    serum = next(one for one in choices(record) if one.title == "concentration in serum, healthy")
    assert f"{len(serum.candidates)} published values; models take 2.6 pg/mL (chosen by hand" in text
    assert text.count("➜ **2.6\u00a0pg/mL**") == 1
    conditions = sum(source.verdict == "qualifies" for role in record.roles for source in role.evidence)
    assert conditions > 0
    assert text.count("**Only under a condition:**") >= conditions


def test_a_therapy(pages: dict[str, str]):
    """Infliximab: how it acts, what for, how it is given; the numbers of one study stand together."""
    text = pages["therapies/infliximab.md"]
    assert "A monoclonal antibody that neutralises [TNF](<../cytokines/TNF.md>)." in text
    assert "- **[rheumatoid arthritis](<../diseases/rheumatoid_arthritis.md>)**" in text
    assert "every 8 weeks" in text
    study = text.partition("**Intravenous, two compartments")[2].partition("\n\n**")[0]
    assert re.findall(r"^\| (clearance|volume|peripheral volume|exchange) ", study, re.MULTILINE) == [
        "clearance",
        "volume",
        "peripheral volume",
        "exchange",
    ]


def test_makers_are_the_same_everywhere(pages: dict[str, str]):
    """A cell in which a production is raised makes the molecule: in the list of cells and in the picture."""
    fibroblast = next(line for line in pages["cells/index.md"].splitlines() if line.startswith("| [fibroblast]"))
    assert "cytokines/IL6.md" in fibroblast
    made_by = pages["cytokines/IL6.md"].partition(">made by<")[2].partition("<rect")[0]
    assert ">fibroblast<" in made_by


def test_a_receptor(pages: dict[str, str]):
    """IL-2R: every subunit with its gene, the ligand with its number, the cells that answer through it."""
    record, text = catalogue().get("IL2R"), pages["receptors/IL2R.md"]
    assert isinstance(record, Receptor)
    for unit in record.assembly.subunits:
        assert f"https://www.uniprot.org/uniprotkb/{unit.uniprot}" in text
    assert "| IL2RA |" in text
    assert "- **[IL2](<../cytokines/IL2.md>)**: Kd" in text


def test_a_limit_is_no_value(pages: dict[str, str]):
    """Of CCL21 only a limit was read, which the pages of both say in words."""
    assert "**[CCL21](<../cytokines/CCL21.md>)**: Kd at most **0.5" in pages["receptors/CCR7.md"]
    assert "at most **0.5" in pages["cytokines/CCL21.md"]


def test_a_disease(pages: dict[str, str]):
    """Rheumatoid arthritis: what is raised, drugs, and levels beside those of the healthy, without ids in words."""
    text = pages["diseases/rheumatoid_arthritis.md"]
    assert "- **[TNF](<../cytokines/TNF.md>)**: raised in synovial fluid" in text
    assert "neutralises [TNF](<../cytokines/TNF.md>)" in text
    words = re.sub(r"<[^<>]*>", "", text)  # without addresses
    assert "rheumatoid_arthritis" not in words
    assert r"rheumatoid\_arthritis" not in words


def test_every_label_is_listed(pages: dict[str, str]):
    """The page of labels has each label, with the cytokines that it is counted for."""
    for name in LABELS:
        assert f"(label-{name})=" in pages["labels.md"]
    for cytokine in catalogue().cytokines:
        if labels(cytokine):
            assert f"| [{cytokine.id}](<cytokines/{cytokine.id}.md>) |" in pages["labels.md"]


def test_the_first_page_counts(pages: dict[str, str]):
    """Counts are those of the records, and the talk that it tells is there."""
    text, known = pages["index.md"], catalogue()
    assert f"| [Cytokines](<cytokines/index.md>) | {len(known.cytokines)} |" in text
    assert f"{len(known.records())} records rest on " in text
    assert len(re.findall(r"^1\. \*\*", text, re.MULTILINE)) == 5


def test_nothing_is_loaded_from_elsewhere(pages: dict[str, str]):
    """Pages link to other places, and load nothing from there."""
    assert [
        path for path, text in pages.items() if re.search(r"(?:src|@import|url)\s*[=(]\s*[\"']?https?:", text)
    ] == []


# ----------------------------------------------------------------------------------------------------------- codes
def _catalogue_codes() -> set[str]:
    """The codes that the source of the catalogue names."""
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")]
    return {code for text in texts for code in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', text)} & set(CODES)


def test_codes_of_the_catalogue_are_explained():
    """Each code of the catalogue has an example, but for a name that is looked up, and units that break the schema."""
    assert sorted(_catalogue_codes() - set(FAULTS)) == ["CATALOGUE_MISSING"]
    assert set(FAULTS) <= set(CODES)


def test_examples_of_codes_are_true(pages: dict[str, str]):
    """Every example has its fault, and the page shows what the check says, without a path of this machine."""
    for code in FAULTS:
        assert f"### `{code}`" in pages["codes.md"]
        assert re.search(rf"^(error|warning) {code}: ", pages["codes.md"], re.MULTILINE)
    assert str(SOURCE) not in pages["codes.md"]


def test_an_example_without_its_fault_is_refused():
    """An example that the check passes cannot be shown."""
    with pytest.raises(ValueError, match="does not have this fault"):
        diagnosis("SIGN_CONFLICT", Fault("nothing", 'name: "fine"'), catalogue())


def test_all_other_codes_are_listed():
    """Every code of the table stands on the page."""
    page = codes_page(catalogue())
    assert [code for code in CODES if f"`{code}`" not in page] == []


# -------------------------------------------------------------------------------------------------------- pictures
def test_a_picture():
    """Names are escaped and linked, arrows carry their sign, what lowers ends in a bar."""
    left = [Group("made by", (Entry("a", "A & B", "a.html"), Entry("b", "<b>")), "+")]
    drawn = svg(
        [left, [Group("", (Entry("c", "C"),))]], [Tie((0, "made by"), (1, "c"), "-"), Tie((0, "a"), (1, "c"))], "it"
    )
    assert '<a href="a.html"><text' in drawn
    assert "A &amp; B" in drawn
    assert "&lt;b&gt;" in drawn
    assert drawn.count('class="tie down bar"') == 1
    assert drawn.count('class="head"') == 1
    assert "\n\n" not in drawn  # an empty line would end it inside a page


def test_pictures_are_small(pages: dict[str, str]):
    """The picture of a page is a few kilobytes."""
    drawn = [found for text in pages.values() for found in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]
    assert len(drawn) > 250
    assert max(map(len, drawn)) < 40_000


def test_names_instead_of_ids():
    """Ids of diseases and ids of several words become names, symbols stay."""
    writer = Writer(catalogue(), "cells/macrophage.md")
    assert writer.named("TNF in CD4_T_cell, COVID19") == "TNF in CD4-positive, alpha-beta T cell, COVID-19"
    assert writer.link("contact with T cells") == "contact with T cells"
    assert writer.link("TNF") == "[TNF](<../cytokines/TNF.md>)"
    assert writer.href("LPS") == "../mediators.html#mediator-lps"
