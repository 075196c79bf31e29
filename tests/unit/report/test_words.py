"""Numbers and parts of experiments and models in words."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from cytokinome.experiments.protocol import Arm, Block, CellAction, CellChange, Change, Dose, Route, WashOut
from cytokinome.model.components import CellGroup
from cytokinome.model.expressions import parse
from cytokinome.report import words
from tests.unit.report.sample import sample_model


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (365.66, "366"),
        (99999.0, "1 × 10⁵"),
        (12345.0, "12300"),
        (0.00012, "1.2 × 10⁻⁴"),
        (-2.5, "−2.50"),
        (9.996, "10.0"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_number(value, text):
    """Three significant digits, powers of ten outside 0.001 … 100 000, a dash for nothing."""
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.981, "98 %"), (0.05, "5 %"), (0.0042, "0.42 %"), (0.0, "0 %"), (1e-9, "< 0.001 %"), (math.nan, "–")],
)
def test_percent(value, text):
    """Small fractions keep their digits."""
    assert words.percent(value).replace("\u00a0", " ") == text


def test_percent_signed():
    """A change carries its sign."""
    assert words.percent(0.27, signed=True).startswith("+27")
    assert words.percent(-0.27, signed=True).startswith("−27")


def test_arm_phrases():
    """Every kind of intervention is told, each in one phrase."""
    group = CellGroup(("active",), "macrophage")
    arm = Arm(
        "a",
        doses=(
            Dose("LPS", "blood", 0.0, amount=parse("2 ng/kg")),
            Dose("LPS", "blood", 1.0, rate=parse("0.5 ng/kg/h"), duration=4.0),
            Dose("drug", None, 0.0, amount=parse("40 mg"), route=Route.SUBCUTANEOUS, every=336.0, times=6),
        ),
        parameters=(("k", parse("1 /h")),),
        knock_out=("IL10", "IL6"),
        block=(Block("IL10R", 6.0, 24.0, 0.95), Block("TNF")),
        change=(Change("k", parse("2 /h"), 6.0),),
        wash_out=(WashOut(("LPS",), 6.0),),
        cells=(
            CellChange(group, CellAction.ADD, 3.0, amount=parse("1e5 /mL")),
            CellChange(group, CellAction.REMOVE, 4.0, fraction=0.5),
        ),
    )
    assert [p.replace("\u00a0", " ") for p in words.arm_phrases(arm)] == [
        "LPS 2 ng/kg into blood at 0 h",
        "LPS 0.5 ng/kg/h into blood at 1 h for 4 h",
        "drug 40 mg under the skin at 0 h, 6 times, every 336 h",
        "without IL10 and IL6",
        "95 % IL10R blocked from 6 h until 24 h".replace("95 % IL10R", "IL10R 95 %"),
        "TNF blocked",
        "k becomes 2 /h at 6 h",
        "LPS washed out at 6 h",
        "1e5 /mL active macrophage added at 3 h",
        "50 % of active macrophage removed at 4 h",
        "k = 1 /h",
    ]
    many = Arm("b", parameters=tuple((f"k{i}", parse("1 /h")) for i in range(5)))
    assert words.arm_phrases(many) == ("5 values of its own (see the table of values)",)
    assert words.arm_phrases(Arm("control")) == ()


def test_value_and_unit():
    """A literal is split, a formula stays whole."""
    assert words.value_and_unit(parse("0.50 /h")) == ("0.50", "/h")
    assert words.value_and_unit(parse("2 * k")) == ("2 * k", "")


def test_distribution():
    """A log-normal spread tells its CV in per cent."""
    spread = sample_model().parameters[0].varies
    assert words.distribution(spread).replace("\u00a0", " ") == "lognormal, CV 40 %"
    assert words.distribution(None) == ""


def test_rule_and_reaction():
    """Rules and reactions read as they were written; a formula stands behind its sentence."""
    model = sample_model()
    assert words.rule_text(model.rules[1]) == "active monocyte becomes resting at 0.4 /h"
    long = replace(model.rules[1], is_long=True, rate=parse("k_on * 2"))
    assert words.rule_text(long) == "active monocyte becomes resting; rate: k_on * 2"
    plain = replace(model.rules[1], is_long=True, rate=parse("k_on"))
    assert words.rule_text(plain) == "active monocyte becomes resting at k_on"
    text = words.reaction_text(model.reactions[0])
    assert text == "TNF + infliximab ⇌ TNF_infliximab, kon 1e6 /M/s, koff 4.2e-6 /s"
