"""Labels are counts over roles, values are chosen by the written rule, networks hold what records state."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from cytokinome.catalogue import Catalogue, Cytokine, catalogue, labelled, labels, network, pairs, summary, why
from cytokinome.catalogue.exchange import FORMS
from cytokinome.catalogue.load import Sheet, load_text
from cytokinome.catalogue.records import Record
from cytokinome.catalogue.selection import choices
from cytokinome.catalogue.views import facts, therapies_of
from cytokinome.diagnostics import Collector
from cytokinome.errors import CatalogueError

SAYS = "id: pubmed:1, locator: abstract, says: so"
GOOD = f"{{{SAYS}, read: primary, tier: A}}"
OTHER = GOOD.replace("pubmed:1", "pubmed:2")
WEAK = f"{{{SAYS}, read: primary, tier: C}}"
AGAINST = f"{{{SAYS}, read: primary, tier: A, verdict: refutes}}"
PERHAPS = f"{{{SAYS}, read: primary, tier: A, verdict: qualifies}}"
CHAINS = "chains: [{hgnc: HGNC:1, uniprot: P22301}]"
HEAD = f"id: IL99\nkind: cytokine\nname: interleukin 99\nfamily: interleukin\n{CHAINS}\n"


def sheet(text: str) -> Sheet:
    """A record from text that the schema takes."""
    found = Collector()
    made = load_text(text, "a.yaml", found)
    assert found.report().render() == ""
    assert made
    return made


def cytokine(rest: str) -> Record:
    """A cytokine with further keys."""
    return sheet(HEAD + rest).record


def with_roles(*roles: str) -> Cytokine:
    """A cytokine with roles."""
    made = cytokine("roles:\n" + "".join(f"  - {{{role}}}\n" for role in roles))
    assert isinstance(made, Cytokine)
    return made


def test_labels_count_both_sides():
    """Evidence of the opposite sign, and what refutes the role, count against; what qualifies it counts for neither."""
    made = with_roles(
        f"axis: inflammation, sign: +, context: {{phase: acute}}, evidence: [{GOOD}, {OTHER}, {AGAINST}, {PERHAPS}]",
        f'axis: inflammation, sign: "-", context: {{mode: cis}}, evidence: [{GOOD}, {AGAINST}]',
    )
    drives, restrains = labels(made)
    assert str(drives) == "pro-inflammatory (2 for, 1 against)"  # pubmed:1 speaks against it twice
    assert str(restrains) == "anti-inflammatory (1 for, 2 against)"
    assert (len(drives.opposing), len(restrains.opposing)) == (2, 3)
    assert (len(drives.qualifying), drives.contexts, restrains.contexts) == (1, ("acute",), ("cis",))


def test_both_counts_on_both_sides():
    """A source that says both speaks for and against."""
    for_it, against_it = labels(with_roles(f"axis: tumour growth, sign: both, evidence: [{GOOD}]"))
    assert [str(for_it), str(against_it)] == ["pro-tumour (1 for, 1 against)", "anti-tumour (1 for, 1 against)"]


def test_no_evidence_no_label():
    """A role that is only refuted gives no label, and no opposite one either."""
    assert labels(with_roles(f"axis: antiviral, sign: +, evidence: [{AGAINST}]")) == ()


def test_labels_find_cytokines():
    """A label finds its cytokines in the whole catalogue; to drive tolerance is to suppress."""
    text = HEAD + f"roles:\n  - {{axis: tolerance, sign: +, evidence: [{GOOD}]}}\n"
    known = Catalogue.build([*catalogue().sheets, sheet(text)], Collector())
    assert "IL99" in [one.id for one, _ in labelled(known, "immunosuppressive")]
    with pytest.raises(KeyError):
        labelled(known, "bad")


def loss(value: str, tier: str = "A", rest: str = "", species: str = "human", read: str = "primary") -> str:
    """One loss from plasma, as an item of a list."""
    source = f"source: {{{SAYS}, read: {read}, tier: {tier}}}"
    context = f"context: {{compartment: plasma, species: {species}}}"
    return f"  - {{kind: cleared, {context}, half-life: {{value: {value}, {source}}}{rest}}}\n"


@pytest.mark.parametrize(
    ("items", "taken"),
    [
        (loss("1 h, bound: upper") + loss("2 h", "B"), "2 h"),
        (loss("1 h", rest=", phase: alpha") + loss("2 h", "C"), "2 h"),
        (loss("1 h", species="mouse") + loss("2 h", "S"), "2 h"),
        (loss("1 h", "B") + loss("2 h", "A"), "2 h"),
        (loss("1 h", read="secondary") + loss("2 h"), "2 h"),
        (loss("1 h, n: 3") + loss("2 h, n: 30"), "2 h"),
        (loss("1 h") + loss("2 h", "C", ", preferred: true"), "2 h"),
        (loss("1 h") + loss("2 h"), "1 h"),
        (loss("1 h, bound: upper") + loss("2 h", rest=", phase: beta"), None),
        (loss("1 h", species="mouse"), None),
        (loss("1 h", "C") + loss("2 h", "V"), None),
    ],
)
def test_rule_of_selection(items: str, taken: str | None):
    """Applicability, then people, then the tier, then the most direct; nothing where nothing applies."""
    (choice,) = choices(cytokine("losses:\n" + items), "half_life")
    assert (choice.default.measured.value if choice.default else None) == taken
    assert choice.reason


def test_first_value_is_chosen_by_its_curator():
    """The value at the head is taken; where the rule ranks a conflict first it has to say why."""

    def mass(chosen: str) -> str:
        return (
            f"molar-mass: {{value: 20 kDa, {chosen}source: {WEAK}, conflicts: [{{value: 30 kDa, source: {GOOD}}}]}}\n"
        )

    (silent,) = choices(cytokine(mass("")), "molar-mass")
    (explained,) = choices(cytokine(mass("chosen: it is the active form, ")), "molar-mass")
    assert (silent.default and silent.default.measured.value, silent.is_explained) == ("20 kDa", False)
    assert [one.measured.value for one in silent.candidates] == ["30 kDa", "20 kDa"]
    assert (explained.is_explained, "active form" in explained.reason) == (True, True)


def test_serum_never_stands_for_plasma():
    """Platelets release what they hold when blood clots: a level in serum is another choice than one in plasma."""

    def level(matrix: str, value: str) -> str:
        return f"  - {{matrix: {matrix}, state: healthy, concentration: {{value: {value}, source: {GOOD}}}}}\n"

    made = choices(cytokine("levels:\n" + level("serum", "30 ng/mL") + level("plasma", "2 ng/mL")), "levels")
    assert [(one.title, one.default and one.default.measured.value) for one in made] == [
        ("concentration in serum, healthy", "30 ng/mL"),
        ("concentration in plasma, healthy", "2 ng/mL"),
    ]


def test_why_answers_by_name_and_key():
    """`NAME.KEY` may be any name of a record; what is not there comes with the keys that are."""
    found, (choice, *_) = why(catalogue(), "cachectin.half_life")
    assert (found.id, choice.title) == ("TNF", "cleared from plasma")
    assert len(why(catalogue(), "TNF")[1]) > 1
    with pytest.raises(CatalogueError, match="half-life"):
        why(catalogue(), "TNF.halflife")
    with pytest.raises(CatalogueError):
        why(catalogue(), "TNX.half_life")


def interaction(id: str, *keys: str) -> Sheet:
    """An interaction."""
    return sheet("\n".join([f"id: {id}", "kind: interaction", *keys, f"evidence: [{GOOD}]"]))


def disease(rest: str = "") -> Sheet:
    """A disease that raises CCL1."""
    involved = f"involves: [{{molecule: CCL1, direction: up, evidence: [{GOOD}]}}]"
    return sheet(f"id: measles_x\nkind: disease\nname: measles x\n{involved}\n{rest}")


DRUG = f"""id: drug_x
kind: therapy
name: drug x
target: CCR8
mode: blocks receptor
indications: [{{disease: measles_x, evidence: [{GOOD}]}}]
"""


def small(*extra: Sheet) -> Catalogue:
    """The shipped receptors and cytokines, two cells, and some more records."""
    cells = [sheet(f"id: {id}\nkind: cell\nname: {id} x\n") for id in ("monocyte", "macrophage")]
    kept = [s for s in catalogue().sheets if s.record.kind in ("receptor", "cytokine")]
    return Catalogue.build([*kept, *cells, *extra], Collector())


def test_network_holds_what_is_stated():
    """Secretion, response and regulation are arrows with sign and record; a disease keeps what takes part in it."""
    known = small(
        interaction("a", "verb: secretes", "cell: monocyte", "object: CCL1", "by: LPS", "sign: +"),
        interaction("b", "verb: responds", "cell: macrophage", "by: CCL1", "effect: chemotaxis", "sign: +"),
        interaction("c", "verb: regulates", "by: IL10", "object: CCL1", "effect: production", 'sign: "-"'),
        disease(),
        sheet(DRUG),
    )
    around = network(known, known.get("CCL1"))
    assert {(e.source, e.verb, e.target, e.sign, e.record) for e in around.edges} == {
        ("monocyte", "secretes", "CCL1", "+", "a"),
        ("CCL1", "acts on", "macrophage", "+", "b"),
        ("IL10", "lowers", "CCL1", "-", "c"),
        ("CCL1", "binds", "CCR8", "+", "CCR8"),
    }
    assert {e.record for e in network(known, known.get("measles_x")).edges} == {"a", "b", "drug_x"}
    player = f"cells: [{{cell: monocyte, part: makes it, evidence: [{GOOD}]}}]"
    others = [s for s in known.sheets if s.record.id != "measles_x"]
    fewer = Catalogue.build([*others, disease(player)], Collector())
    assert {e.record for e in network(fewer, fewer.get("measles_x")).edges} == {"a", "drug_x"}
    assert facts(known, known.get("measles_x")) == {"drugs": "drug_x"}
    said = facts(known, known.get("CCL1"))
    assert (said["secreted by"], said["acts on"], said["lowered by"]) == ("monocyte", "macrophage", "IL10")


def test_files_say_the_same():
    """GraphML, JSON and CSV hold the same edges; GraphML is well-formed whatever a label holds."""
    secretes = ("verb: secretes", "cell: monocyte", "object: CCL1", "by: a < b & c", "sign: +")
    known = small(interaction("a", *secretes))
    around = network(known, known.get("CCL1"))
    root = ElementTree.fromstring(FORMS["graphml"](around))
    edges = root.findall(".//{http://graphml.graphdrawing.org/xmlns}edge")
    read = json.loads(FORMS["json"](around))
    assert len(edges) == len(read["edges"]) == len(around.edges) == FORMS["csv"](around).count("\n") - 1
    assert [e.get("source") for e in edges] == [e["source"] for e in read["edges"]]
    assert {n["id"] for n in read["nodes"]} == {n.id for n in around.nodes}
    assert "on a < b & c" in [e["label"] for e in read["edges"]]


def test_pairs_name_complexes_by_symbols():
    """Complexes are symbols joined by underscores, and a measured constant stands beside them."""
    rows = {(row["ligand_id"], row["receptor_id"]): row for row in pairs(catalogue())}
    assert {"IL6R", "IL6ST"} <= set(rows["IL6", "IL6R"]["receptor"].split("_"))
    assert rows["IL12", "IL12R"]["ligand"] == "IL12A_IL12B"
    assert rows["TNF", "TNFR1"]["Kd"] == "19 pM"
    assert rows["CCL21", "CCR7"]["Kd"] == ""  # a limit alone
    assert all(row["sources"] for row in rows.values())


def test_summary_is_of_any_kind():
    """Every record has a summary with its name, and the values that models take."""
    for one in catalogue().records():
        assert summary(catalogue(), one)["name"] == one.title
    assert summary(catalogue(), catalogue().get("TNF"))["molar-mass"] == "52 kDa"


def test_a_drug_that_only_failed_is_not_given():
    """Anakinra did not help in sepsis, and is given for other diseases."""
    assert "anakinra" not in [drug.id for drug in therapies_of(catalogue(), "sepsis")]
    assert "anakinra" in [drug.id for drug in therapies_of(catalogue(), "rheumatoid_arthritis")]
