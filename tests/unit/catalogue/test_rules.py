"""The lint: each rule refuses what it is there for, among it the errors found in published model files."""

from __future__ import annotations

import pytest

from cytokinome.catalogue import Catalogue, catalogue, lint
from cytokinome.catalogue import quantities as kinds
from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.rules import RULES, evidence_is_strong, selections_are_explained
from cytokinome.catalogue.sheets import Sheet
from cytokinome.diagnostics import Collector
from cytokinome.text.layout import print_tree
from cytokinome.units import UnitError

# Changing an id makes others of its kind stray too; those are tested on their own.
IDENTITY_CODES = {"IDENTIFIER_UNKNOWN", "IDENTIFIER_MISMATCH", "SUBUNIT_UNKNOWN", "NO_RECEPTOR", "SUBUNITS_DIFFER"}


def changed(id: str, *changes: tuple[str, str]) -> list[str]:
    """The errors of the shipped catalogue with changes made to the text of one record."""
    sheets: list[Sheet] = []
    for sheet in catalogue().sheets:
        if sheet.record.id == id:
            text = print_tree(sheet.tree)
            for old, new in changes:
                assert old in text
                text = text.replace(old, new, 1)
            found = Collector()
            again = load_text(text, f"{id}.yaml", found)
            assert found.report().render() == ""
            assert again is not None
            sheets.append(again)
        else:
            sheets.append(sheet)
    found = Collector()
    known = Catalogue.build(sheets, found)
    for rule in RULES:
        rule(next(s for s in sheets if s.record.id == id), known, found)
    report = found.report()
    assert all(d.hint and d.where for d in report.errors)
    return [d.message for d in report.errors if d.code not in IDENTITY_CODES]


def test_every_rule_says_what_it_keeps():
    """Each rule has a docstring, and the list has each once."""
    assert len(RULES) == len(set(RULES)) > 5
    assert all(rule.__doc__ for rule in RULES)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        # secretion entered per cell without the factor that makes it one cell's: 5e6 molecules/cell/s
        (kinds.SECRETION, "3.0e-5 nmol/cell/h"),
        (kinds.SECRETION, "1e6 molecules/cell/s"),
        (kinds.SECRETION, "240 molecules/cell/day"),
        (kinds.HALF_MAXIMUM, "0.0027 pM"),
        (kinds.RECEPTORS, "2e6 receptors/cell"),
        (kinds.RECEPTORS, "0.5 receptors/cell"),
        (kinds.ASSOCIATION_RATE, "1e11 /M/s"),
        (kinds.DIFFUSION, "1000 um^2/s"),
        (kinds.DIFFUSION, "0.05 um^2/s"),
        (kinds.MOLAR_MASS, "52 Da"),
    ],
)
def test_absurd_numbers_are_outside(kind, text):
    """Numbers that slipped by powers of ten, as found in published files, lie outside the range of their kind."""
    assert kind.outside(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kinds.LOSS_RATE, "0.5 pM/h"),  # a production rate in the column of a loss rate
        (kinds.SECRETION, "0.5 /h"),  # and the other way round
        (kinds.HALF_MAXIMUM, "3 h"),
        (kinds.MOLAR_MASS, "17 kg"),
    ],
)
def test_swapped_units_are_refused(kind, text):
    """Units that were swapped between two columns are another dimension."""
    with pytest.raises(UnitError, match="has the dimension"):
        kind.read(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kinds.SECRETION, "7.5 molecules/cell/s"),
        (kinds.HALF_MAXIMUM, "0.1 ng/mL"),
        (kinds.ASSOCIATION_RATE, "1e9 /M/s"),
        (kinds.DIFFUSION, "100 um^2/s"),
        (kinds.RECEPTORS, "12000 receptors/cell"),
    ],
)
def test_measured_numbers_are_inside(kind, text):
    """Numbers that were measured pass."""
    assert kind.outside(text) == ""


@pytest.mark.parametrize(
    ("id", "right", "wrong"),
    [
        ("TNF", "52 kDa", "25.6 kDa"),
        ("TNF", "52 kDa", "17.3 kDa"),
        ("IL10", "37.3 kDa", "20.5 kDa"),
        ("IL1B", "17.5 kDa", "30.7 kDa"),
    ],
)
def test_masses_of_monomers_and_precursors(id, right, wrong):
    """The mass of a monomer in place of the active multimer, or of a precursor, is refused."""
    messages = changed(id, (f"value: {right}", f"value: {wrong}"))
    assert any("is not the mass of these chains" in message for message in messages)


@pytest.mark.parametrize(
    ("id", "old", "new", "message"),
    [
        ("macrophage", "1.5 molecules/cell/s", "3.0e-5 nmol/cell/h", "is no sane secretion rate"),
        ("macrophage", "0.445 ng/mL", "0.0027 pM", "is no sane half-maximal concentration"),
        ("macrophage", "receptors: [TNFR1]", "receptors: [IL10R]", "IL10R has no ligand TNF"),
        ("macrophage", "receptors: [TNFR1]", "receptors: [TNFR9]", "TNFR9 is no id of a receptor"),
        ("macrophage", "cytokine: TNF", "cytokine: LPS", "LPS is no id of a cytokine"),
        ("TNFR1", "molecule: TNF", "molecule: TNFX", "TNFX is no id of a cytokine or mediator or therapy"),
        ("TNFR1", "molecule: TNF", "molecule: TNFa", "TNFa is no id"),
        ("TNFR1", "19 pM", "19 nM", "koff/kon is"),
        ("TNFR1", "2.8e7 /M/s", "2.8e11 /M/s", "is no sane association rate constant"),
        ("TNFR1", "licence: none found", "licence: GPL-3.0-only\n        imported: true", "under GPL-3.0-only"),
        ("TNFR1", "licence: none found", "licence: none found\n        imported: true", "under none found"),
        ("TNFR1", "        licence: none found\n", "", "a data file needs its licence"),
        ("TNFR1", "        locator: abstract\n", "", "a source needs a locator"),
        ("LPS", "id: doi:10.1002/elps.200600744", "id: assumed", "an assumption is tier C"),
        ("infliximab", "target: TNF", "target: macrophage", "macrophage is no id"),
        ("IL10", "copies: 2", "copies: 1", "is not the mass of these chains"),
        ("IL10", "  mass-used: 37.3 kDa", "  mass-used: 18.6 kDa", "was estimated from 18.6 kDa"),
        ("IL12", "  value: 91 um^2/s", "  value: 94 um^2/s", "94 um^2/s was estimated from 70 kDa"),
        ("IL12", "  mass-used: 70 kDa\n", "", "was estimated from an unnamed molar mass"),
        ("IL10", "identifiers: {hgnc: HGNC:5962", "identifiers: {hgnc: HGNC:5963", "another gene than the record"),
        ("TNFR1", "    id: doi:10.1038/srep32747\n", "    id: doi:10.1038/srep32747\n    imported: true\n", "unnamed"),
    ],
)
def test_rules_refuse(id, old, new, message):
    """Each seeded mistake in a shipped record is found."""
    messages = changed(id, (old, new))
    assert any(message in m for m in messages), messages


def test_two_preferred_losses():
    """At most one loss per kind and compartment can be preferred."""
    second = ("    includes: [receptor]", "    preferred: true\n    includes: [receptor]")
    assert changed("TNF", ("preferred: true", "preferred: false")) == []
    assert any("are preferred" in m for m in changed("TNF", second))


def test_weak_evidence_is_a_warning():
    """A value of tier C alone is warned of, unless a measured one was looked for or stands beside it."""
    text = print_tree(next(s for s in catalogue().sheets if s.record.id == "macrophage").tree)
    found = Collector()
    silent = load_text(text.replace("what: kinetics", "what: affinity"), "macrophage.yaml", found)
    assert silent
    evidence_is_strong(silent, catalogue(), found)
    assert any("macrophage: secretion rate" in d.message for d in found.report().warnings)
    assert not [d for d in lint(catalogue()).warnings if d.code == "WEAK_EVIDENCE"]


def test_a_selection_against_the_rule_says_why():
    """Where the value that stands first is not the one that the rule ranks first, silence is warned of."""
    text = print_tree(next(s for s in catalogue().sheets if s.record.id == "TNFR1").tree)
    said = [line for line in text.splitlines() if not line.strip().startswith("chosen:")]
    assert len(said) == len(text.splitlines()) - 2
    found = Collector()
    silent = load_text("\n".join(said), "TNFR1.yaml", found)
    assert silent
    selections_are_explained(silent, catalogue(), found)
    warnings = found.report().warnings
    assert [d.code for d in warnings] == ["SELECTION_UNEXPLAINED"] * 2
    assert "kon of TNF is 2.8e7 /M/s, the rule ranks 5.01e5 /M/s first" in warnings[0].message


@pytest.mark.parametrize(
    ("what", "messages"),
    [
        ("{what: level, matrix: plasma, state: healthy", ["the record has what it says was not found"]),
        ("{what: level, matrix: plasma, state: sepsis", []),
        ("{what: level, matrix: plasma, state: healthy, species: mouse", []),
    ],
)
def test_what_is_missing_is_not_there(what, messages):
    """A record does not say that it lacks a number that it has; of another state or species it may."""
    line = f"not-found:\n  - {what}, searched: abstracts, on: 2026-11-23}}\nlevels:\n"
    found = changed("CSF2", ("levels:\n", line))
    assert [message.split(": ")[1] for message in found] == messages
