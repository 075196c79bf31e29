"""The lint of statements: each seeded mistake is found with its code and place, and what is right passes."""

from __future__ import annotations

import pytest

from cytokinome.catalogue import Catalogue, catalogue
from cytokinome.catalogue.load import Sheet, load_text
from cytokinome.catalogue.rules import RULES
from cytokinome.catalogue.selection import why
from cytokinome.catalogue.statements import WHOLE_RULES
from cytokinome.diagnostics import Collector, Diagnostic

EVIDENCE = "evidence: [{id: pubmed:1, locator: abstract, says: so, read: primary, tier: A}]"
SOURCE = "source: {id: pubmed:1, locator: abstract, says: so, read: primary, tier: A}"


def sheets(*texts: str) -> list[Sheet]:
    """Records from texts, each of which the schema takes."""
    made: list[Sheet] = []
    for number, text in enumerate(texts):
        found = Collector()
        sheet = load_text(text, f"{number}.yaml", found)
        assert found.report().render() == ""
        assert sheet
        made.append(sheet)
    return made


def findings(*texts: str) -> list[Diagnostic]:
    """What the rules find in these records beside the shipped ones, errors only, with a hint and a place each."""
    added = sheets(*texts)
    ids = {sheet.record.id for sheet in added}
    found = Collector()
    known = Catalogue.build([*(s for s in catalogue().sheets if s.record.id not in ids), *added], found)
    for sheet in added:
        for rule in RULES:
            rule(sheet, known, found)
    for rule in WHOLE_RULES:
        rule(known, found)
    errors = list(found.report().errors)
    assert all(d.hint and d.where for d in errors)
    return errors


def acts(id: str, **changes: str) -> str:
    """An interaction: IL-10 lowers the production of TNF in macrophages."""
    keys = {
        "verb": "regulates",
        "by": "IL10",
        "object": "TNF",
        "effect": "production",
        "cell": "macrophage",
        "sign": '"-"',
        **changes,
    }
    return "\n".join([f"id: {id}", "kind: interaction", *(f"{k}: {v}" for k, v in keys.items() if v), EVIDENCE])


def cell(id: str, rest: str = "") -> str:
    """A cell."""
    said = f"evidence: [{{about: [name, parent], {SOURCE}}}]"
    return f"id: {id}\nkind: cell\nname: {id} cells\n{said}\n{rest}"


def cytokine(rest: str) -> str:
    """A cytokine with one chain."""
    head = "id: IL99\nkind: cytokine\nname: interleukin 99\nfamily: interleukin\n"
    chains = "chains: [{hgnc: HGNC:5962, uniprot: P22301}]\n"
    none = SOURCE.removeprefix("source: ")
    why = "".join(f"{key}: {none}\n" for key in ("no-receptor", "no-producer", "no-responder"))
    said = f"evidence: [{{about: [name, family, chains], {SOURCE}}}]\n"
    return head + chains + why + said + rest


def level(value: str, matrix: str = "serum", state: str = "healthy", rest: str = "") -> str:
    """One level, as an item of a list."""
    return f"  - {{matrix: {matrix}, state: {state}, concentration: {{value: {value}, {SOURCE}}}{rest}}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (acts("a", by="IL-10"), "IL-10 is no id of a cytokine"),
        (acts("a", by="LPS"), ""),
        (acts("a", by="contact with T cells"), ""),
        (acts("a", object="TNFX"), "TNFX is no id"),
        (acts("a", object="macrophage"), "macrophage is no id"),
        (acts("a", cell="macrophages"), "macrophages is no id of a cell"),
        (acts("a", receptor="IL10RX"), "IL10RX is no id of a receptor"),
        (acts("a", context="{disease: rheumatoid_arthritis_x}"), "is no id of a disease"),
        (acts("a", context="{co-stimuli: [lipopolysaccharide]}"), "write its id, LPS"),
        (acts("a", context="{co-stimuli: [LPS, cold]}"), ""),
        (cell("A", "parent: TNF"), "TNF is no id of a cell"),
        (cytokine("levels:\n" + level("1 pg/mL, statistic: mean", state="dengue")), "dengue is no id of a disease"),
    ],
)
def test_names_resolve(text: str, message: str):
    """Ids name records of the right kind; words may stand where they mean no record."""
    found = findings(text)
    if not message:
        assert found == []
        return
    (one,) = found
    assert one.code == "REFERENCE_UNKNOWN"
    assert message in f"{one.message}; {one.hint}"


def test_signs_that_conflict():
    """Opposite signs need contexts that differ; the same twice is one too many."""
    (conflict,) = findings(acts("a"), acts("b", sign="+"))
    assert conflict.code == "SIGN_CONFLICT"
    assert conflict.also
    assert findings(acts("a"), acts("b", sign="+", context="{phase: late}")) == []
    assert findings(acts("a"), acts("b", sign="+", effect="release")) == []
    (twice,) = findings(acts("a"), acts("b"))
    assert twice.code == "DUPLICATE_STATEMENT"


def test_roles_that_conflict():
    """As for interactions; both is no conflict."""

    def roles(*said: str) -> list[str]:
        items = "".join(f"  - {{axis: inflammation, {one}, {EVIDENCE}}}\n" for one in said)
        return [d.code for d in findings(cytokine(f"roles:\n{items}"))]

    assert roles("sign: +", 'sign: "-"') == ["SIGN_CONFLICT"]
    assert roles("sign: +", 'sign: "-", context: {mode: cis}') == []
    assert roles("sign: +", "sign: both") == []
    assert roles("sign: +", "sign: +") == ["DUPLICATE_STATEMENT"]


def test_parents_in_a_circle():
    """Each record of a circle is told of; a chain that ends is not."""
    found = findings(cell("cell_1", "parent: cell_2"), cell("cell_2", "parent: cell_1"))
    assert [d.code for d in found] == ["PARENT_CYCLE"] * 2
    assert "cell_1 > cell_2 > cell_1" in found[0].message
    assert findings(cell("cell_1", "parent: cell_2"), cell("cell_2", "parent: macrophage")) == []
    assert [d.code for d in findings(cell("cell_1", "parent: cell_1"))] == ["PARENT_CYCLE"]


def test_levels_say_what_they_are():
    """Healthy levels differ a hundredfold between assays: a bare number, or two at once, are refused."""
    described = "1 pg/mL, statistic: median, n: 20"
    assert findings(cytokine("levels:\n" + level(described))) == []
    (bare,) = findings(cytokine("levels:\n" + level("1 pg/mL")))
    assert bare.code == "LEVEL_BARE"
    (twice,) = findings(cytokine("levels:\n" + level(described) + level("650 pg/mL, statistic: mean")))
    assert twice.code == "LEVEL_TWICE"
    other = level("650 pg/mL, statistic: mean", rest=", context: {phase: acute}")
    assert findings(cytokine("levels:\n" + level(described) + other)) == []


def test_moles_name_their_mass():
    """A level in moles is worth nothing without the molar mass it was made with."""

    def warned(value: str) -> list[str]:
        found, added = Collector(), sheets(cytokine("levels:\n" + level(f"{value}, statistic: mean")))
        known = Catalogue.build([*catalogue().sheets, *added], found)
        for rule in RULES:
            rule(added[0], known, found)
        return [d.code for d in found.report().warnings]

    assert warned("2 pM") == ["MASS_UNNAMED"]
    assert warned("2 pM, mass-used: 17 kDa") == warned("2 pg/mL") == warned("2 IU/mL") == []


def test_cytokines_without_cells_are_found():
    """A cytokine that no cell makes or answers is an error, until an interaction names it or the record says why."""

    def lacking(keys: str, *texts: str) -> set[str]:
        said = "".join(
            line for line in cytokine("").splitlines(keepends=True) if not line.startswith(tuple(keys.split()))
        )
        found = Collector()
        known = Catalogue.build([*catalogue().sheets, *sheets(said, *texts)], found)
        for rule in WHOLE_RULES:
            rule(known, found)
        assert all(d.hint and d.where for d in found.report().errors)
        return {d.code for d in found.report().errors if "IL99" in d.message}

    secretes = acts("a", verb="secretes", object="IL99", by="", effect="", sign="+")
    responds = acts("b", verb="responds", by="IL99", object="", effect="chemotaxis", sign="+")
    assert lacking("no-producer no-responder") == {"NO_PRODUCER", "NO_RESPONDER"}
    assert lacking("no-producer no-responder", secretes) == lacking("no-responder") == {"NO_RESPONDER"}
    assert lacking("no-producer no-responder", secretes, responds) == set()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"effect": ""}, "needs `effect:`"),
        ({"effect": "apoptosis"}, "changes one of production"),
        ({"verb": "secretes"}, "has no `effect:`"),
        ({"verb": "responds"}, "has no `object:`"),
        ({"verb": "responds", "object": "", "by": ""}, "needs `by:`"),
        ({"sign": "both"}, "sign: got 'both'"),
        ({"context": "{dose: 3 parsecs}"}, "parsecs"),
        ({"context": "{time: 24 h to 1 h}"}, "is no range"),
        ({"verb": "binds"}, "verb: got 'binds'"),
    ],
)
def test_keys_of_a_verb(changes: dict[str, str], message: str):
    """What a verb needs, and what it has no use for, is said with the line."""
    found = Collector()
    assert load_text(acts("a", **changes), "a.yaml", found) is None
    (error,) = found.report().errors
    assert message in error.message
    assert error.where


def test_titles_are_sentences():
    """An interaction is read as a sentence."""
    made = sheets(
        acts("a"),
        acts("b", verb="secretes", by="LPS", effect="", sign="+"),
        acts("c", verb="responds", object="", effect="chemotaxis", sign="+"),
    )
    assert [sheet.record.title for sheet in made] == [
        "IL10 lowers production of TNF in macrophage",
        "macrophage secretes TNF (more on LPS)",
        "macrophage responds to IL10: more chemotaxis",
    ]


@pytest.mark.parametrize(
    ("matrix", "form", "code"),
    [
        ("plasma", "serum of donors", ["SERUM_FOR_PLASMA"]),
        ("plasma", "plasma; serum holds more", []),
        ("plasma", "citrate", []),
        ("serum", "serum of donors", []),
    ],
)
def test_serum_is_not_plasma(matrix: str, form: str, code: list[str]):
    """What platelets release has no level in plasma that was read in serum; other cytokines may have one."""
    text = "levels:\n" + level(f"2 pg/mL, form: {form}", matrix)
    head = cytokine(text).replace("IL99", "VEGFA")
    assert [d.code for d in findings(head) if d.code == "SERUM_FOR_PLASMA"] == code
    assert not [d.code for d in findings(cytokine(text)) if d.code == "SERUM_FOR_PLASMA"]


def test_no_level_in_serum_of_what_platelets_release_is_taken():
    """Such levels are shown, and none is the default; one in plasma is."""
    _, found = why(catalogue(), "CD40LG.levels")
    taken = {choice.title.split(",")[0]: choice.default for choice in found}
    assert taken["concentration in serum"] is None
    assert taken["concentration in plasma"] is not None
    assert any("platelets release it" in choice.reason for choice in found)
    by_records = acts("x", verb="secretes", by="", effect="", cell="platelet", object="IL99", sign="+")
    assert "IL99" in Catalogue.build(sheets(cytokine(""), by_records), Collector()).clotting


@pytest.mark.parametrize(
    ("stated", "read", "found"),
    [
        ("mouse", "human", ["SPECIES_MIXED"]),
        ("human", "mouse and rat", ["SPECIES_MIXED"]),
        ("mouse", "mouse and human", []),
        ("mouse and human", "human", []),
        ("mouse", "", []),
        ("", "human", []),
    ],
)
def test_what_is_said_of_a_species_was_read_in_it(stated: str, read: str, found: list[str]):
    """An interaction about cells of one species rests on a source that saw them, as far as both are stated."""
    text = acts("x", context=f"{{species: {stated}}}" if stated else "")
    text = text.replace("tier: A", f"tier: A, species: {read}") if read else text
    assert [d.code for d in findings(text) if d.code == "SPECIES_MIXED"] == found


def test_the_spread_is_of_what_describes_the_whole():
    """Single phases of a loss and limits do not count as published values that differ."""
    (cleared,) = why(catalogue(), "TNF.half-life")[1]
    values = {one.measured.value for one in cleared.candidates if one.is_partial}
    assert {"5.1 min", "49 min", "30 min"} <= values
    assert cleared.spread == pytest.approx(66 / 18.2, rel=0.01)
