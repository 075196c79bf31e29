"""Sentences: the tricky corners of the grammar, and the faults that a writer is told."""

from __future__ import annotations

import pytest

from cytokinome.model.components import CellGroup, Decrease, Increase, Signal, Verb
from cytokinome.model.expressions import Fault, Name, Number, parse
from cytokinome.model.sentences import default_id, read, sentence


def test_units_end_where_modifiers_begin() -> None:
    """The unit of a rate ends at the comma, and a name behind `at` is a parameter."""
    rule = read("active macrophage secretes TNF at 0.5 molecules/cell/s, driven by LPS (half 1 ng/mL, hill 2)")
    assert (rule.subject, rule.verb, rule.object) == (CellGroup(("active",), "macrophage"), Verb.SECRETES, "TNF")
    assert rule.rate == Number("0.5", "molecules/cell/s")
    assert rule.driven == ((Signal("LPS", Number("1", "ng/mL"), Number("2")),),)
    assert read("cell secretes TNF at q").rate == Name("q")


def test_dwell_time_and_stages() -> None:
    """`after 24 h (4 stages)` is a time and a number of stages; one stage is the default."""
    rule = read("active macrophage becomes resting after 24 h (4 stages), increased by X (half 1 pM) up to 2-fold")
    assert (rule.after, rule.stages, rule.rate) == (Number("24", "h"), 4, None)
    assert read("cell divides after T (1 stage)").stages == read("cell divides after T").stages == 1


def test_fold_and_rate_after_up_to() -> None:
    """`40-fold` is a fold; a number with a unit, or a name, is a rate."""
    alternatives = ((Signal("X", Number("1", "pM")),),)
    head = "cell dies at 1 /h, increased by X (half 1 pM) up to "
    assert read(head + "40-fold").increased == Increase(alternatives, Number("40"), is_fold=True)
    assert read(head + "1.5e1-fold, only when X > 2 pM").increased == Increase(
        alternatives, Number("1.5e1"), is_fold=True
    )
    assert read(head + "3 /h").increased == Increase(alternatives, Number("3", "/h"), is_fold=False)
    assert read(head + "k").increased == Increase(alternatives, Name("k"), is_fold=False)


def test_floor_belongs_to_its_list() -> None:
    """`down to` ends a list of decreasing signals, and may be left out."""
    rule = read("cell dies at 1 /h, decreased by X at R (half 1 pM) with Y (half 2) or Z (half 3 pM) down to 5 %")
    joint = (Signal("X", Number("1", "pM"), None, "R"), Signal("Y", Number("2")))
    assert rule.decreased == Decrease((joint, (Signal("Z", Number("3", "pM")),)), Number("5", "%"))
    assert read("cell dies at 1 /h, decreased by X (half 1 pM)").decreased == Decrease(
        ((Signal("X", Number("1", "pM")),),)
    )


def test_toward_at_receptor_and_at_speed() -> None:
    """After `toward`, `X at R (half …)` names a receptor and `X at 5 um/min` a speed."""
    plain = read("cell moves toward X at 5 um/min")
    assert (plain.toward, plain.rate) == ((Signal("X", None),), Number("5", "um/min"))
    felt = read("cell moves toward X at R (half 1 nM) at 5 um/min")
    assert (felt.toward, felt.rate) == ((Signal("X", Number("1", "nM"), None, "R"),), Number("5", "um/min"))
    assert read("cell moves toward X").rate is None


def test_constants() -> None:
    """`with internalisation … and kon … and koff …` gives constants under their canonical names."""
    rule = read(
        "cell binds X through R at 1000 receptors/cell with internalisation 0.1 /min and kon 1e6 /M/s and koff k"
    )
    assert rule.receptor == "R"
    assert rule.constants == (
        ("internalisation", Number("0.1", "/min")),
        ("kon", Number("1e6", "/M/s")),
        ("koff", Name("k")),
    )
    assert read("cell takes up X through R at n with kint 1 /h").constants == (("internalisation", Number("1", "/h")),)


def test_density_signals() -> None:
    """A density is a signal, in a driving list and behind `saturating in`."""
    rule = read("T_cell kills target at k, driven by density(naive target) (half 1e3), saturating in target (half 1e6)")
    assert rule.driven[0][0].density == CellGroup(("naive",), "target")
    assert rule.saturating == Signal("", Number("1e6"), None, None, CellGroup((), "target"))


def test_long_form() -> None:
    """The long form has its rate beside the sentence, and an id of its own."""
    rate = parse("k1 * X / (K + X)")
    rule = read("cell secretes X", at=rate, id="mine")
    assert (rule.rate, rule.id, rule.is_long) == (rate, "mine", True)
    with pytest.raises(Fault, match="stands twice"):
        read("cell secretes X at 1 pM", at=rate)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("active macrophage secretes TNF at q", "active-macrophage-secretes-TNF"),
        ("macrophage takes up TNF through TNFR1 at n", "macrophage-takes-up-TNF"),
        ("cell in blood leaves to joint at 1 /h", "cell-in-blood-leaves-to-joint"),
        ("cell also dies by necrosis after 2 h", "cell-also-dies-by-necrosis"),
        ("T_cell produces Y inside at 1 /h", "T_cell-produces-Y-inside"),
        ("cell releases X on death at 100 molecules/cell", "cell-releases-X-on-death"),
    ],
)
def test_default_ids(text: str, id: str) -> None:
    """The id of a sentence is its head, joined by dashes; reading the printed sentence gives the rule again."""
    rule = read(text)
    assert rule.id == default_id(rule) == id
    assert read(sentence(rule)) == rule


@pytest.mark.parametrize(
    ("text", "start", "says", "hint"),
    [
        ("secretes TNF at 1 pM", 0, "begins with a cell", "a sentence reads"),
        ("active macrophage secrets TNF at q", 18, "expected a verb", "did you mean secretes?"),
        ("macrophage takes TNF at q", 17, "expected 'up'", ""),
        ("macrophage takes up TNF at q", 24, "expected 'through'", ""),
        ("macrophage secretes TNF", 23, "needs `at` and a rate", "molecules/cell/s"),
        ("macrophage dies", 15, "`after` and a time", "for example"),
        ("macrophage secretes TNF after 2 h", 24, "a rate, not a dwell time", "`at …`"),
        ("macrophage secretes TNF at 2 * q", 27, "a number with a unit", "long form"),
        ("macrophage dies after 2 h (0 stages)", 27, "from 1 to 100", "4 stages"),
        ("macrophage dies at 1 /h, driven LPS (half 1 pM)", 32, "expected 'by'", ""),
        ("macrophage dies at 1 /h, driven by LPS", 38, "half-maximal level", "half 48 pM"),
        ("macrophage dies at 1 /h, driven by LPS (hill 2)", 39, "half-maximal level", "half 48 pM"),
        ("macrophage dies at 1 /h, driven by 5", 35, "expected a signal", "a molecule"),
        ("macrophage dies at 1 /h, increased by X (half 1 pM)", 51, "needs `up to`", "40-fold"),
        ("macrophage dies at 1 /h, boosted by X (half 1 pM)", 25, "expected a modifier", "known here"),
        ("macrophage binds X through R at rho, driven by X (half 1 pM)", 37, "takes no modifiers", "production"),
        ("macrophage takes up X through R at n with speed 5", 42, "expected a constant", "known here"),
    ],
)  # fmt: skip
def test_faults(text: str, start: int, says: str, hint: str) -> None:
    """A text that is no sentence raises a fault at its place, with what to do."""
    with pytest.raises(Fault) as caught:
        read(text)
    assert caught.value.start == start
    assert says in caught.value.message
    assert hint in caught.value.hint
