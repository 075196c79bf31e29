"""What a file in SBML means: each construct against a closed form."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("libsbml")

from cytokinome.errors import UnsupportedFeature
from cytokinome.interchange.sbml.importing import import_file
from cytokinome.model.load import check_text
from cytokinome.model.serialise import print_model
from tests.unit.interchange.sbml_files import (
    LEVEL_2,
    compartment,
    courses,
    document,
    event,
    imported,
    listed,
    math,
    parameter,
    reaction,
    rule,
    species,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

TIMES = [0.0, 0.5, 1.0, 2.0]


def _decay(value: str, *, size: float, amounts: bool) -> str:
    return "\n".join((
        listed("Compartments", compartment("C", size)),
        listed("Species", species("S", "C", value, amounts=amounts)),
        listed("Parameters", parameter("k", 0.7)),
        listed("Reactions", reaction("J", "2 S", "", "k * S")),
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("value", "amounts", "start", "rate"),
    [
        ('initialAmount="8"', True, 8.0, 1.4),
        ('initialConcentration="2"', True, 8.0, 1.4),  # the symbol is the amount: 2 · 4
        ('initialAmount="8"', False, 8.0, 1.4 / 4),  # the symbol is the concentration, the law is per time: over 4
        ('initialConcentration="2"', False, 8.0, 1.4 / 4),
    ],
)
def test_amounts_and_concentrations(tmp_path: Path, value: str, amounts: bool, start: float, rate: float) -> None:
    """A reaction takes amounts, whatever a symbol means and however the start is stated."""
    made = imported(tmp_path, _decay(value, size=4.0, amounts=amounts))
    expected = start * np.exp(-rate * np.array(TIMES))
    assert courses(made, ["S"], TIMES, "amount")[0] == pytest.approx(expected, rel=1e-7)
    assert courses(made, ["S"], TIMES, "concentration")[0] == pytest.approx(expected / 4, rel=1e-7)
    assert courses(made, ["S"], TIMES)[0] == pytest.approx(expected if amounts else expected / 4, rel=1e-7)


def test_constants_become_parameters(tmp_path: Path) -> None:
    """What nothing changes can be set by an experiment, with the file as its source; the rest are quantities."""
    made = imported(tmp_path, _decay('initialConcentration="2"', size=4.0, amounts=False))
    assert {p.id: str(p.value) for p in made.model.parameters} == {"C": "4", "k": "0.7"}
    assert {str(p.source) for p in made.model.parameters} == {"model.xml"}
    assert made.model.equations is not None
    assert [(q.id, str(q.initial)) for q in made.model.equations.quantities] == [("S", "2")]
    assert [str(f) for p in made.model.equations.processes for _, f in p.changes] == ["-2 / C"]


def test_the_text_of_an_import_is_the_import(tmp_path: Path) -> None:
    """The model that is written to a file reads back to the same model."""
    made = imported(tmp_path, _decay('initialAmount="8"', size=4.0, amounts=False))
    assert check_text(print_model(made.model), "model.yaml").require() == made.model


def _growing(law: str, rules: list[str], events: list[str] | None = None, concentration: float = 2.0) -> str:
    return "\n".join((
        listed("Compartments", compartment("V", 1.0, constant=False)),
        listed("Species", species("S", "V", f'initialConcentration="{concentration}"', boundary=not law)),
        listed("Rules", *rules) if rules else "",
        listed("Reactions", reaction("J", "S", "", law)) if law else "",
        listed("Events", *events) if events else "",
    ))  # fmt: skip


def test_growth_dilutes(tmp_path: Path) -> None:
    """In a volume that grows with V' = 0.3 V a concentration falls, and the amount falls by its reaction alone."""
    made = imported(tmp_path, _growing("V * 0.5 * S", [rule("rate", "V", "0.3 * V")]))
    assert courses(made, ["S"], TIMES)[0] == pytest.approx([2 * exp(-0.8 * t) for t in TIMES], rel=1e-7)
    assert courses(made, ["S"], TIMES, "amount")[0] == pytest.approx([2 * exp(-0.5 * t) for t in TIMES], rel=1e-7)


def test_a_rate_rule_is_of_the_concentration(tmp_path: Path) -> None:
    """A rate rule on a concentration holds whatever the volume does; the amount follows."""
    made = imported(tmp_path, _growing("", [rule("rate", "V", "0.3 * V"), rule("rate", "S", "-0.5 * S")]))
    assert courses(made, ["S"], TIMES)[0] == pytest.approx([2 * exp(-0.5 * t) for t in TIMES], rel=1e-7)
    assert courses(made, ["S"], TIMES, "amount")[0] == pytest.approx([2 * exp(-0.2 * t) for t in TIMES], rel=1e-7)


@pytest.mark.parametrize("rules", [[], [rule("rate", "S", "0")]])
def test_amounts_stay_when_a_volume_jumps(tmp_path: Path, rules: list[str]) -> None:
    """At an event that sets a volume to 4 the concentration falls to a quarter, whichever is the state."""
    made = imported(tmp_path, _growing("", rules, [event("time > 0.7", {"V": "4"})]))
    assert courses(made, ["S"], [0.0, 0.5, 1.0])[0] == pytest.approx([2.0, 2.0, 0.5], rel=1e-9)
    assert courses(made, ["S"], [0.0, 0.5, 1.0], "amount")[0] == pytest.approx([2.0, 2.0, 2.0], rel=1e-9)


@pytest.mark.parametrize("rules", [[], [rule("rate", "S", "0")]])
def test_an_event_computes_everything_from_before(tmp_path: Path, rules: list[str]) -> None:
    """Volume and concentration set at once: the amount is that of the new concentration in the old volume."""
    made = imported(tmp_path, _growing("", rules, [event("time > 0.7", {"V": "4", "S": "3"})]))
    assert courses(made, ["S"], [1.0], "amount")[0] == pytest.approx([3.0], rel=1e-9)
    assert courses(made, ["S"], [1.0])[0] == pytest.approx([0.75], rel=1e-9)


def test_a_concentration_set_late_is_that_in_the_volume_of_then(tmp_path: Path) -> None:
    """A value from before a delay is set as a concentration, in the volume at the end of the delay."""
    late = event("time > 1", {"S": "3"}, late=True, delay="1")
    made = imported(tmp_path, _growing("", [rule("rate", "V", "0.5")], [late]))
    assert courses(made, ["S"], [1.0, 2.1])[0] == pytest.approx([2 / 1.5, 3 * 2 / 2.05], rel=1e-7)


def test_an_event_at_the_start(tmp_path: Path) -> None:
    """A condition that holds from the start happens there where it counts as false before."""
    for now, expected in ((False, 5.0), (True, 2.0)):
        made = imported(tmp_path, _growing("", [], [event("time >= 0", {"S": "5"}, now=now)]))
        assert courses(made, ["S"], [0.5])[0] == pytest.approx([expected], rel=1e-9)


def test_conversion_factors(tmp_path: Path) -> None:
    """A species changes by its own conversion factor, else by that of the model."""
    body = "\n".join((
        listed("Compartments", compartment("C", 2.0)),
        listed("Species", species("A", "C", 'initialAmount="0"'),
               species("B", "C", 'initialAmount="0"', more='conversionFactor="own"')),
        listed("Parameters", parameter("own", 3.0), parameter("all", 10.0)),
        listed("Reactions", reaction("J", "", "A + B", "1")),
    ))  # fmt: skip
    made = imported(tmp_path, body, attributes='conversionFactor="all"')
    assert courses(made, ["A", "B"], [1.0], "amount")[:, 0] == pytest.approx([10.0, 3.0], rel=1e-9)


def test_local_constants_hide_others(tmp_path: Path) -> None:
    """The constant of a reaction is meant where it has the name of another, and has a name of its own here."""
    local = '<listOfLocalParameters><localParameter id="k" value="2"/></listOfLocalParameters>'
    body = "\n".join((
        listed("Compartments", compartment("C")),
        listed("Species", species("S", "C", 'initialAmount="0"')),
        listed("Parameters", parameter("k", 50.0)),
        listed("Reactions", reaction("J", "", "S", "k", constants=local)),
    ))  # fmt: skip
    made = imported(tmp_path, body)
    assert courses(made, ["S"], [1.0])[0] == pytest.approx([2.0], rel=1e-9)
    assert {p.id: str(p.value) for p in made.model.parameters} == {"C": "1", "k": "50", "J_k": "2"}


def test_a_species_on_both_sides(tmp_path: Path) -> None:
    """What a reaction takes and gives of one species is taken together."""
    body = "\n".join((
        listed("Compartments", compartment("C")),
        listed("Species", species("S", "C", 'initialAmount="1"')),
        listed("Reactions", reaction("J", "S", "3 S", "0.5 * S")),
    ))  # fmt: skip
    made = imported(tmp_path, body)
    assert courses(made, ["S"], TIMES)[0] == pytest.approx([exp(t) for t in TIMES], rel=1e-7)


def test_initial_assignments_and_rules(tmp_path: Path) -> None:
    """Initial assignments win over values, may use each other in any order, and rules hold from the start."""
    starts = [f'<initialAssignment symbol="{id}">{math(f)}</initialAssignment>' for id, f in
              (("a", "2 * b"), ("b", "c + 1"))]  # fmt: skip
    body = "\n".join((
        listed("Parameters", parameter("a", 100.0), parameter("b", None), parameter("c", None, constant=False)),
        listed("InitialAssignments", *starts),
        listed("Rules", rule("assignment", "c", "3 + time")),
    ))  # fmt: skip
    made = imported(tmp_path, body)
    assert courses(made, ["a", "b", "c"], [0.0, 2.0]).tolist() == [[8.0, 8.0], [4.0, 4.0], [3.0, 5.0]]


def test_algebraic_rules_determine_what_nothing_else_does(tmp_path: Path) -> None:
    """Each algebraic rule gets a symbol by a matching, also where the first choice is needed by another."""
    body = "\n".join((
        listed("Parameters", *(parameter(id, 1.0, constant=False) for id in "xyz")),
        listed("Rules", rule("algebraic", "", "x + y - 3"), rule("algebraic", "", "x - 2 * time"),
               rule("rate", "z", "x")),
    ))  # fmt: skip
    made = imported(tmp_path, body)
    assert courses(made, ["x", "y", "z"], [2.0])[:, 0] == pytest.approx([4.0, -1.0, 5.0], rel=1e-7)


def test_fast_reactions_are_at_rest(tmp_path: Path) -> None:
    """Of a pool that decays by its half A, where A and B interconvert fast with an equal constant, half is A."""
    body = "\n".join((
        listed("Compartments", '<compartment id="C" size="1"/>'),
        listed("Species", *(f'<species id="{id}" compartment="C" initialAmount="{n}"/>' for id, n in
                            (("A", 4), ("B", 0)))),
        listed("Reactions", reaction("quick", "A", "B", "A - B", more='fast="true"'), reaction("slow", "A", "", "A")),
    )).replace(' constant="true"/>', "/>")  # fmt: skip
    made = imported(tmp_path, body, head=LEVEL_2)
    assert courses(made, ["A", "B"], TIMES) == pytest.approx(np.array([[2 * exp(-t / 2) for t in TIMES]] * 2), rel=1e-6)


def _fast(law: str, takes: str, gives: str, k: float, slow: str = "") -> str:
    return "\n".join((
        listed("Compartments", '<compartment id="C" size="1"/>'),
        listed("Species", *(f'<species id="{id}" compartment="C" initialAmount="{n}"/>' for id, n in
                            (("A", 6), ("B", 2)))),
        listed("Parameters", f'<parameter id="k" value="{k}"/>'),
        listed("Reactions", reaction("quick", takes, gives, law, more='fast="true"'), slow),
    )).replace(' constant="true"/>', "/>")  # fmt: skip


@pytest.mark.parametrize(
    ("law", "takes", "gives", "k", "amounts"),
    [
        ("k * A", "2 A", "B", 3.0, (0.0, 5.0)),  # until A has run out, three turns later
        ("k * A * B", "A", "B", 3.0, (0.0, 8.0)),  # forward, although B = 0 is a rest as well
        ("k * A * B", "A", "B", -3.0, (8.0, 0.0)),  # backward
        ("k * A * B", "A", "B", 0.0, (6.0, 2.0)),  # not at all
        ("k * A * B^2", "A + B", "", 3.0, (4.0, 0.0)),  # until the lesser has run out
        ("k * (A - B)", "A", "B", 3.0, (4.0, 4.0)),
        ("k * (A - B^2)", "A", "B", 3.0, (8 - (33**0.5 - 1) / 2, (33**0.5 - 1) / 2)),  # B² + B = 8
    ],
)
def test_where_fast_reactions_come_to_rest(
    tmp_path: Path, law: str, takes: str, gives: str, k: float, amounts: tuple[float, float]
) -> None:
    """A fast reaction ends at the rest that it runs to, from the start on."""
    made = imported(tmp_path, _fast(law, takes, gives, k), head=LEVEL_2)
    assert courses(made, ["A", "B"], [0.0, 1.0]) == pytest.approx(np.array([amounts] * 2).T, abs=1e-9)


@pytest.mark.parametrize(
    ("law", "slow"),
    [
        ("k * A * B", reaction("slow", "B", "", "B")),  # which rest it keeps to is open once B is taken away
        ("k * (A * B - 5)", ""),  # two rests
        ("sin(A)", ""),  # many
        ("k * (time - 3) * A", ""),  # first one way, then the other
    ],
)
def test_fast_reactions_without_a_clear_rest(tmp_path: Path, law: str, slow: str) -> None:
    """Where the form of a law does not tell where it comes to rest, the file is refused."""
    with pytest.raises(UnsupportedFeature, match="does not clearly fall"):
        imported(tmp_path, _fast(law, "A", "B", 3.0, slow), head=LEVEL_2)


def test_words_of_the_language_get_other_names(tmp_path: Path) -> None:
    """An id that is a word of the language is told under its new name, and still read by its own id."""
    body = listed("Parameters", parameter("at", 2.0), parameter("mean", 3.0), parameter("mean_", 5.0),
                  parameter("y", None, constant=False))  # fmt: skip
    made = imported(tmp_path, body + listed("Rules", rule("assignment", "y", "at * mean + mean_")))
    assert courses(made, ["y", "at", "mean"], [1.0])[:, 0] == pytest.approx([11.0, 2.0, 3.0])
    assert made.reading("mean") == "mean_2"
    assert [d.code for d in made.notes.diagnostics].count("SBML_RENAMED") == 2


def test_units_that_have_a_word(tmp_path: Path) -> None:
    """A species counted in nanomoles in millilitres is a concentration in micromolar; time in minutes is in minutes."""
    units = [
        f'<unitDefinition id="{id}"><listOfUnits><unit {text}/></listOfUnits></unitDefinition>'
        for id, text in (
            ("nmol", 'kind="mole" exponent="1" scale="-9" multiplier="1"'),
            ("ml", 'kind="metre" exponent="3" scale="-2" multiplier="1"'),
            ("mins", 'kind="second" exponent="1" scale="0" multiplier="60"'),
        )
    ]
    body = listed("UnitDefinitions", *units) + _decay('initialConcentration="2"', size=4.0, amounts=False)
    made = imported(tmp_path, body, attributes='timeUnits="mins" substanceUnits="nmol" volumeUnits="ml"')
    assert made.model.equations is not None
    assert made.model.equations.time == "min"
    assert [q.unit for q in made.model.equations.quantities] == ["uM"]
    assert not [d for d in made.notes.diagnostics if d.code == "SBML_ASSUMED"]


def test_time_without_a_unit_is_told(tmp_path: Path) -> None:
    """Where the file states no unit of time, seconds are assumed, and said to be."""
    made = imported(tmp_path, _decay('initialAmount="8"', size=4.0, amounts=False))
    assert made.model.equations is not None
    assert made.model.equations.time == "s"
    assert "SBML_ASSUMED" in [d.code for d in made.notes.diagnostics]


def test_a_stated_unit_of_time_stands(tmp_path: Path) -> None:
    """The unit of the file wins over the one stated at the import, and that is told."""
    body = listed("Parameters", parameter("k", 1.0))
    made = import_file(written(tmp_path, document(body, attributes='timeUnits="second"')), time_unit="min")
    assert made.model.equations is not None
    assert made.model.equations.time == "s"
    assert any("min is not used" in d.message for d in made.notes.diagnostics)


def test_sources_of_the_model(tmp_path: Path) -> None:
    """The paper that the model says it is described by is its source."""
    annotation = (
        '<annotation><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:bqmodel="http://biomodels.net/model-qualifiers/"><rdf:Description rdf:about="#meta">'
        "<bqmodel:isDescribedBy><rdf:Bag>"
        '<rdf:li rdf:resource="http://identifiers.org/pubmed/12527385"/>'
        "</rdf:Bag></bqmodel:isDescribedBy></rdf:Description></rdf:RDF></annotation>"
    )
    body = annotation + _decay('initialAmount="8"', size=4.0, amounts=False)
    made = imported(tmp_path, body, attributes='metaid="meta" name="A model"')
    assert (str(made.model.source), made.model.title) == ("pubmed:12527385", "A model")


def test_a_constraint_is_a_demand(tmp_path: Path) -> None:
    """A constraint becomes a demand, with its message."""
    message = '<message><p xmlns="http://www.w3.org/1999/xhtml">too <b>much</b></p></message>'
    body = listed("Parameters", parameter("x", 1.0)) + listed(
        "Constraints", f"<constraint>{math('x &lt; 3'.replace('&lt;', '<'))}{message}</constraint>"
    )
    made = imported(tmp_path, body)
    assert made.model.equations is not None
    assert [(str(d.holds), d.otherwise) for d in made.model.equations.demands] == [("x < 3", "too much")]


def test_values_nobody_needs_may_be_missing(tmp_path: Path) -> None:
    """A number that the file does not give, and nothing uses, is no number; it stops nothing."""
    made = imported(tmp_path, listed("Parameters", parameter("x", None), parameter("y", 2.0)))
    assert courses(made, ["y"], [1.0])[0] == pytest.approx([2.0])
    assert np.isnan(courses(made, ["x"], [1.0])[0, 0])
