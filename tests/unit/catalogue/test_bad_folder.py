"""A data folder with faults of every kind: all are found in one pass, each at its line, with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from cytokinome.catalogue.folders import FOLDERS
from cytokinome.catalogue.registry import Catalogue, gather
from cytokinome.catalogue.rules import lint
from cytokinome.diagnostics import Collector, Diagnostic, Severity

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "{id: doi:10.1000/example, locator: Table 1, says: so, read: primary, tier: A}"
LOSS = "losses:\n  - kind: cleared\n    context: {compartment: plasma, species: human}\n"
LEVEL = "levels:\n  - matrix: plasma\n    state: healthy\n    concentration:\n      value: "
INVALID, OUTSIDE = "CATALOGUE_INVALID", "NUMBER_OUT_OF_BOUNDS"
FREE = {"NO_PRODUCER", "NO_RESPONDER"}  # of records that stand alone


@dataclass(frozen=True)
class Bad:
    """A file, and what is found in it: code, line, and words of message or help."""

    place: str
    text: str | bytes
    found: tuple[tuple[str, int, str], ...] = ()


def cytokine(id: str, more: str = "", **keys: str) -> str:
    """A cytokine, from the sixth line on with more."""
    head = {
        "id": id,
        "kind": "cytokine",
        "name": f"{id} protein",
        "family": "other",
        "chains": "[{hgnc: HGNC:6596, uniprot: P15018}]",
        **keys,
    }
    said = f"no-receptor: {SOURCE}\nevidence: [{{about: [name, family, chains], source: {SOURCE}}}]\n"
    return "".join(f"{key}: {value}\n" for key, value in head.items() if value) + more + said


def number(key: str, value: str, more: str = "", source: str = SOURCE) -> str:
    """A number on three lines or more."""
    return f"{key}:\n  value: {value}\n{more}  source: {source}\n"


def roles(*items: str) -> str:
    """Roles on three lines each."""
    return "roles:\n" + "".join(f"  - axis: {item}\n    evidence: [{SOURCE}]\n" for item in items)


def cell(id: str, more: str) -> str:
    """A cell, from the fourth line on with more."""
    return f"id: {id}\nkind: cell\nname: {id} cell\n{more}"


def receptor(id: str, binding: str, **keys: str) -> str:
    """A receptor whose ligands begin in line 6."""
    head = f"id: {id}\nkind: receptor\nname: {id} receptor\n" + "".join(f"{k}: {v}\n" for k, v in keys.items())
    subunits = "[{hgnc: HGNC:11916, uniprot: P19438, copies: 3}]"
    return f"{head}assembly: {{subunits: {subunits}, source: {SOURCE}}}\nligands:\n{binding}"


def one(text: str, code: str, line: int, words: str) -> Bad:
    """A record with one fault, in its place."""
    id, kind = (line.partition(": ")[2] for line in text.splitlines()[:2])
    return Bad(f"{FOLDERS[kind]}/{id}.yaml", text, ((code, line, words),))


def broken(number: int, text: str | bytes, code: str, line: int, words: str) -> Bad:
    """A text that is no record of its own."""
    return Bad(f"cytokines/B{number:02}.yaml", text, ((code, line, words),))


def mass(id: str, value: str, code: str, words: str) -> Bad:
    """A cytokine with a molar mass that is wrong in line 7."""
    return one(cytokine(id, number("molar-mass", value)), code, 7, words)


def scatter(id: str, more: str, code: str, words: str, line: int = 8) -> Bad:
    """A cytokine with a molar mass whose third line is wrong."""
    return one(cytokine(id, number("molar-mass", "20 kDa", f"  {more}\n")), code, line, words)


def said(id: str, source: str, code: str, line: int, words: str) -> Bad:
    """A cytokine with a molar mass whose source is wrong."""
    return one(cytokine(id, number("molar-mass", "20 kDa", source=source)), code, line, words)


ROW = "{id: github:a/b:c.csv, locator: row 1, says: so, read: primary, tier: B, licence: CC-BY-NC-4.0, imported: true}"
ABOUT = f"evidence: [{{about: [parent], source: {SOURCE}}}]\n"
SCHEMA = (
    one(cytokine("A01", "colour: red\n"), INVALID, 6, "is no key here"),
    one(cytokine("A02", "loses: []\n"), INVALID, 6, "did you mean losses"),
    one(cytokine("A03", family=""), INVALID, 1, "add `family:`, one of interleukin, interferon"),
    one(cytokine("A04", family="interleukins"), INVALID, 4, "did you mean interleukin"),
    one(cytokine("A05", name="[a, b]"), INVALID, 3, "got a list, expected one text"),
    one(cytokine("A06", chains="[]"), INVALID, 5, "the list is empty"),
    one(cytokine("A07", chains="one"), INVALID, 5, "got 'one', expected a list"),
    one(cytokine("A08", "molar-mass: 20 kDa\n"), INVALID, 6, "below it: value, source"),
    one(cytokine("A09", "molar-mass: {value: 20 kDa}\n"), INVALID, 6, "add `source:` with id, tier"),
    one(cytokine("A10", synonyms="[same, same]"), "DUPLICATE_STATEMENT", 6, "same is listed twice"),
    one(cytokine("A11", f"{LOSS}    half-life: {{value: 2 h}}\n"), INVALID, 9, "source is missing"),
    scatter("A12", "n: few", INVALID, "a whole number", 8),
    scatter("A13", "n: 0", INVALID, "expected at least 1", 8),
    said("A14", SOURCE.replace("doi:10.1000/example", "a paper"), INVALID, 8, "pubmed:1"),
    said("A15", SOURCE.replace(", tier: A", ""), INVALID, 8, "source.tier is missing"),
    one(
        cytokine(
            "A16", f"{LOSS.replace('compartment: plasma, ', '')}    half-life: {{value: 2 h, source: {SOURCE}}}\n"
        ),
        INVALID,
        7,
        "names `compartment:`",
    ),
    one(cytokine("A17").replace("[name,", "[nam,"), INVALID, 7, "did you mean name"),
)
TEXT = (
    broken(1, "id: B01\nkind: cytokine\nname: {open\n", "YAML_SYNTAX", 3, "never closed"),
    broken(2, "id: B02\nkind: cytokine\n\tname: tab\n", "YAML_SYNTAX", 3, "a tab stands"),
    broken(3, "", "WRONG_SHAPE", 1, "nothing was found"),
    broken(4, "- id: B04\n", "WRONG_SHAPE", 1, "a list was found"),
    broken(5, b"id: B05\nname: caf\xe9\n", "FILE_UNREADABLE", 2, "UTF-8"),
    broken(6, b"\x89PNG\r\n\x1a\n\0", "FILE_UNREADABLE", 1, "UTF-8"),
    broken(7, b"\xef\xbb\xbf" + cytokine("B07", "red: 1\n").encode(), INVALID, 6, "`red:`"),
    broken(8, cytokine("B08", "red: 1\n").replace("\n", "\r\n").encode(), INVALID, 6, "`red:`"),
    one(cytokine("B09", "a: &x [1]\nb: [*x, *x]\n"), "YAML_FEATURE", 7, "an alias"),
    one(cytokine("B10", "family: CSF\n"), "YAML_DUPLICATE_KEY", 6, "stands twice"),
    one(cytokine("B11", name="!!python/object/apply:os.system [ls]"), "YAML_FEATURE", 3, "a tag"),
    broken(12, "a: " + "[" * 99 + "]" * 99, "FILE_TOO_LARGE", 1, "nested deeper"),
    broken(13, b"#" * 4_000_001, "FILE_TOO_LARGE", 1, "larger than"),
    one(cytokine("B14", synonyms=" "), "YAML_NULL", 6, "`synonyms` has no value"),
    one(cytokine("B15", roles("inflammation\n    sign: -")), "YAML_SYNTAX", 8, 'quotes: "-"'),
)
PLACES = (
    Bad("cytokines/C01.yaml", cytokine("C02"), ((INVALID, 1, "its place is cytokines/C02.yaml"),)),
    Bad("cells/C03.yaml", cytokine("C03"), ((INVALID, 1, "its place is cytokines/C03.yaml"),)),
    Bad("cytokine/C04.yaml", cytokine("C04"), ((INVALID, 1, "its place is cytokines/C04.yaml"),)),
    Bad("cytokines/C05.yml", cytokine("C05"), ((INVALID, 1, "its place is cytokines/C05.yaml"),)),
    Bad("C06.yaml", cytokine("C06"), ((INVALID, 1, "its place is cytokines/C06.yaml"),)),
    Bad("cytokines/C07.yaml", cytokine("C07", kind="cytokin"), ((INVALID, 2, "did you mean cytokine"),)),
    Bad("cytokines/C08.yaml", cytokine("C-8"), ((INVALID, 1, "letters, digits and _"),)),
)
NAMES = (
    one(cytokine("D01", synonyms="[cachectin]"), "AMBIGUOUS_NAME", 6, "TNF or D01"),
    one(cytokine("D02", name="TNF"), "AMBIGUOUS_NAME", 3, "TNF or D02"),
    one(cytokine("D03", name="TNF  alpha"), "AMBIGUOUS_NAME", 3, "written like TNF"),
    one(cytokine("D04", identifiers="{uniprot: P01375}"), "AMBIGUOUS_NAME", 6, "'p01375'"),
    one("id: IL6\nkind: mediator\nname: another\n", "DUPLICATE_NAME", 1, "two records have the id"),
)
NUMBERS = (
    mass("E01", "20 kg", "DIMENSION_MISMATCH", "got mass"),
    mass("E02", "20", "DIMENSION_MISMATCH", "got 20 without a unit"),
    mass("E03", "NaN kDa", "BAD_NUMBER", "a plain number"),
    mass("E04", "inf kDa", "BAD_NUMBER", "a plain number"),
    mass("E05", "1e400 kDa", "BAD_NUMBER", "absurdly"),
    mass("E06", "-20 kDa", OUTSIDE, "no sane molar mass"),
    mass("E07", "20 kDaltons", "BAD_UNIT", "unknown unit"),
    mass("E08", "52 Da", OUTSIDE, "no sane molar mass"),
    scatter("E09", "cv: 4000 %", OUTSIDE, "coefficient of variation", 8),
    scatter("E10", "sd: -3 kDa", OUTSIDE, "0 to 2000 kDa", 8),
    scatter("E11", "low: 30 kDa", INVALID, "do not ascend", 7),
    one(cytokine("E12", f"{LEVEL}5 pg/mL\n      source: {SOURCE}\n"), "LEVEL_BARE", 10, "nobody knows"),
    one(
        cytokine("E13", f"{LEVEL}5 pM\n      n: 4\n      statistic: mean\n      source: {SOURCE}\n"),
        "MASS_UNNAMED",
        10,
        "molar mass behind it",
    ),
    said("E14", "{id: assumed, tier: C, says: a guess}", "WEAK_EVIDENCE", 7, "tier C alone"),
    one(
        receptor(
            "E15",
            f"  - molecule: TNF\n    Kd: {{value: 1 nM, source: {SOURCE}}}\n"
            f"    kon: {{value: 1e6 /M/s, source: {SOURCE}}}\n    koff: {{value: 1 /s, source: {SOURCE}}}\n",
        ),
        "RATES_DISAGREE",
        6,
        "koff/kon is",
    ),
    one(
        receptor("E16", f"  - {{molecule: TNF, source: {SOURCE}}}\n", identifiers="{cellphonedb: IL7_receptor}"),
        "SUBUNITS_DIFFER",
        5,
        "differ by",
    ),
    one(
        receptor("E17", f"  - {{molecule: TNF, source: {SOURCE}}}\n" * 2),
        "DUPLICATE_STATEMENT",
        7,
        "TNF is listed twice",
    ),
)
SAID = (
    one(
        cytokine("F01", roles("inflammation\n    sign: +", 'inflammation\n    sign: "-"')),
        "SIGN_CONFLICT",
        10,
        "both signs",
    ),
    one(cytokine("F02", roles("inflammation\n    sign: up")), INVALID, 8, "expected '+'"),
    one(cytokine("F03", chains="[{hgnc: HGNC:6596, uniprot: P05231}]"), "IDENTIFIER_MISMATCH", 5, "two genes"),
    one(cell("F04", "identifiers: {cl: CL:9999999}\n"), "IDENTIFIER_UNKNOWN", 4, "CL:9999999"),
    one(cell("F05", f"parent: TNF\n{ABOUT}"), "REFERENCE_UNKNOWN", 4, "it is the cytokine TNF"),
    one(cell("F06", f"parent: F07\n{ABOUT}"), "PARENT_CYCLE", 4, "F06 > F07 > F06"),
    one(cell("F07", f"parent: F06\n{ABOUT}"), "PARENT_CYCLE", 4, "F07 > F06 > F07"),
    one(
        f"id: F08\nkind: interaction\nverb: secretes\ncell: macrophage\nobject: IL8\nsign: +\nevidence: [{SOURCE}]\n",
        "REFERENCE_UNKNOWN",
        5,
        "write its id, CXCL8",
    ),
    one(
        f"id: F09\nkind: interaction\nverb: secretes\ncell: macrophage\nsign: +\nevidence: [{SOURCE}]\n",
        INVALID,
        1,
        "needs `object:`",
    ),
    said("F10", ROW, "LICENCE_NOT_OPEN", 8, "under CC-BY-NC-4.0"),
)
# Several faults in one file, of the schema and beyond it.
MIXED = (
    Bad(
        "cytokines/G01.yaml",
        cytokine(
            "G01",
            "red: 1\n"
            + number("molar-mass", "52 Da")
            + roles("inflammation\n    sign: +\n    context: {cell: macrophag}"),
            chains="[{hgnc: HGNC:999999, uniprot: P15018}]",
        ),
        (
            (INVALID, 6, "`red:`"),
            (OUTSIDE, 8, "52 Da"),
            ("REFERENCE_UNKNOWN", 13, "macrophage"),
            ("IDENTIFIER_UNKNOWN", 5, "HGNC:999999"),
        ),
    ),
    Bad(
        "diseases/G02.yaml",
        "id: G02\nkind: disease\nname: G02\nidentifiers: {mondo: MONDO:9999999}\ntissues: [nowhere]\ninvolves:\n"
        f"  - {{molecule: TNFQ, direction: sideways, evidence: [{SOURCE}]}}\n",
        (
            ("IDENTIFIER_UNKNOWN", 4, "MONDO:9999999"),
            ("REFERENCE_UNKNOWN", 5, "nowhere"),
            (INVALID, 7, "sideways"),
            ("REFERENCE_UNKNOWN", 7, "TNFQ"),
        ),
    ),
    Bad(
        "cells/G03.yaml",
        cell(
            "G03",
            "red: 1\nsecretes:\n  - cytokine: TNF\n    stimulus: LPS\n"
            f"    rate: {{value: 5e6 molecules/cell/s, source: {SOURCE}}}\n",
        ),
        ((INVALID, 4, "`red:`"), (OUTSIDE, 8, "secretion rate")),
    ),
    Bad(
        "cells/G06.yaml",
        cell(
            "G06", f"abundance:\n  - matrix: whole blood\n    state: ill\n    density: {{value: 5, source: {SOURCE}}}\n"
        ),
        (("REFERENCE_UNKNOWN", 6, "ill is no id of a disease"), ("DIMENSION_MISMATCH", 7, "5 without a unit")),
    ),
    Bad(
        "therapies/G07.yaml",
        "id: G07\nkind: therapy\nname: G07\ntarget: TNF\nmode: decoy\nred: 1\nregimens:\n  - route: oral\n"
        f"    every: -8 week\n    dose: {{value: 3 mg/kg, source: {SOURCE}}}\n",
        ((INVALID, 6, "`red:`"), (OUTSIDE, 9, "-8 week is no sane time")),
    ),
    # what has faults is still known to others, also where it cannot be read at all
    Bad("cells/G05.yaml", cell("G05", f"parent: B01_cell\n{ABOUT}"), ()),
    Bad("cells/B01_cell.yaml", "id: B01_cell\nkind: [\n", (("YAML_SYNTAX", 3, "write a value"),)),
    Bad("cells/G04.yaml", cell("G04", f"parent: G03\n{ABOUT}"), ()),
)
BAD = (*SCHEMA, *TEXT, *PLACES, *NAMES, *NUMBERS, *SAID, *MIXED)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Diagnostic]]:
    """The findings of one check of all bad files together, by file."""
    folder = tmp_path_factory.mktemp("bad")
    for bad in BAD:
        file: Path = folder / bad.place
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bad.text if isinstance(bad.text, bytes) else bad.text.encode())
    found = Collector()
    lint(gather([folder], found), found)
    by_file: dict[str, list[Diagnostic]] = {}
    for finding in found.report().diagnostics:
        assert finding.where
        assert finding.hint
        by_file.setdefault(finding.where.file.removeprefix(f"{folder}/"), []).append(finding)
    return by_file


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.place)
def test_all_is_found_in_one_pass(bad: Bad, checked: dict[str, list[Diagnostic]]):
    """Each fault is found at its line, with words that say what is wrong or what to do."""
    got = [(f.code, f.where.line if f.where else 0, f"{f.message} {f.hint}") for f in checked.get(bad.place, [])]
    for code, line, words in bad.found:
        assert any((code, line) == found[:2] and words in found[2] for found in got), got
    assert bool(bad.found) or {code for code, _, _ in got} <= FREE


def test_nothing_is_found_in_what_is_right(checked: dict[str, list[Diagnostic]]):
    """The shipped records are not blamed for the faults of those that stand beside them."""
    assert set(checked) == {bad.place for bad in BAD if bad.found}


def test_two_faulty_folders_are_one_catalogue(tmp_path: Path):
    """A record that has faults replaces none of the package, and one without replaces that of its kind and id."""
    (tmp_path / "cytokines").mkdir()
    shipped = gather((), Collector())
    for text, count in ((cytokine("TNF", "red: 1\n"), 1), (cytokine("IL99"), 0)):
        id = text.splitlines()[0].removeprefix("id: ")
        (tmp_path / "cytokines" / f"{id}.yaml").write_text(text)
        found = Collector()
        known: Catalogue = gather([tmp_path], found)
        assert [sheet.id for sheet in known.faulty] == ["TNF"]
        assert known.get("TNF") == shipped.get("TNF")
        assert len([f for f in found.report().diagnostics if f.severity is Severity.ERROR]) == 1
        assert len(known.sheets) == len(shipped.sheets) + 1 - count


def test_who_names_a_record_that_cannot_be_read_is_not_at_fault(tmp_path: Path):
    """A record whose text is no YAML is one finding, not one more at each place that names it."""
    (tmp_path / "cytokines").mkdir()
    (tmp_path / "cells").mkdir()
    (tmp_path / "cytokines" / "BROKEN.yaml").write_text("id: BROKEN\nkind: cytokine\n<<<<\n", encoding="utf-8")
    rate = f"{{value: 10 molecules/cell/s, source: {SOURCE}}}"
    maker = cell("maker", f"secretes:\n  - {{cytokine: BROKEN, stimulus: LPS, rate: {rate}}}\n")
    (tmp_path / "cells" / "maker.yaml").write_text(maker, encoding="utf-8")
    found = Collector()
    known = gather([tmp_path], found)
    codes = [finding.code for finding in lint(known, found).errors]
    assert codes.count("YAML_SYNTAX") == 1
    assert "REFERENCE_UNKNOWN" not in codes
