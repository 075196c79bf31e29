"""Claims: reading values, checking them before the run, and verdicts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from cytokinome.diagnostics import Collector
from cytokinome.experiments.claim_values import evaluate, parse_value
from cytokinome.experiments.claims import ClaimResult, check_claims, judge
from cytokinome.experiments.study import Options, check_text, simulate
from cytokinome.model.expressions import Fault
from cytokinome.model.load import check_text as check_model
from tests.unit.experiments.samples import TEXT, arm, good, model

NAN = float("nan")
ARMS = {"bolus": arm("bolus", (100, 200, 300, 400)), "anti-TNF": arm("anti-TNF", (50, 50, NAN, 50), when=3.0)}


def text(value: str, expect: str = "above: 0", extra: str = "") -> str:
    """Return an experiment with one claim, whose value is in line 12."""
    lines = [
        "  - id: c",
        "    says: it is so",
        "    kind: predicts",
        f"    value: {value}",
        f"    expect: {{{expect}}}",
    ]
    return TEXT + "\n".join(["claims:", *lines, "    source: assumed", extra, ""])


def verdict(value: str, expect: str = "above: 0", extra: str = "") -> ClaimResult:
    """Judge one claim on `ARMS`."""
    (found,) = judge(good(text(value, expect, extra)), ARMS)
    return found


def faults(value: str, extra: str = "") -> list[str]:
    """Return the codes of all faults of one claim."""
    found = Collector()
    check_claims(good(text(value, extra=extra)), model(), found)
    return [d.code for d in found.report().errors]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("peak(bolus.TNF)", 250),
        ("peak(bolus.TNF@blood)", 250),
        ("peak(bolus.IL8) / peak(bolus.TNF)", 2),
        ("peak(bolus.TNF) / peak(anti-TNF.TNF)", 4),
        ("peak_time(bolus.TNF)", 1.7),
        ("peak_time(bolus.TNF, 1 h, 3 h)", 1.7),
        ("peak_time(bolus.TNF, 3 h, 6 h)", 3),
        ("peak(bolus.TNF, 3 h, 24 h)", 250 * 3 / 1.7 * math.exp(1 - 3 / 1.7)),
        ("trough(bolus.TNF, 1 h, 1.7 h) / at(bolus.TNF, 1 h)", 1),
        ("peak_time(anti-TNF.TNF) - peak_time(bolus.TNF)", 1.3),
        ("at(bolus.TNF, 102 min)", 250),
        ("fold(bolus.TNF, 1.7 h, 3.4 h)", 2 / math.e),
        ("auc(bolus.TNF, 0 h, 24 h)", 250 * 1.7 * math.e),
        ("average(bolus.TNF, 0 h, 24 h) * 24 h / auc(bolus.TNF)", 1),
        ("initial(bolus.TNF)", 0),
        ("trough(bolus.TNF) + peak(bolus.TNF)", 250),
        ("log10(10 * peak(bolus.TNF) / peak(bolus.TNF))", 1),
        ("min(peak(bolus.TNF), 0.1 ng/mL)", 100),
        ("if(peak(bolus.TNF) > 250 pg/mL, 1, 3)", 2),
        ("-peak(bolus.TNF) + 2 * peak(bolus.TNF)", 250),
        ("sqrt((peak(bolus.TNF) / 1 pg/mL)^2)", 250),
        ("exp(log(abs(peak(bolus.TNF) / 1 pg/mL)))", 250),
        ("time_above(bolus.TNF, 0.5 * peak(bolus.TNF))", 1.7 * (2.678347 - 0.231961)),
    ],
)
def test_values(value: str, expected: float) -> None:
    """Each function gives what it says, as the median over patients, in the unit measured."""
    assert verdict(value).found == pytest.approx(expected, rel=2e-3, abs=1e-9)
    assert faults(value) == []


@pytest.mark.parametrize(("of", "expected"), [("typical", 100), ("median", 250), ("mean", 250)])
def test_of(of: str, expected: float) -> None:
    """A claim is about the typical person, the median or the mean over patients."""
    assert verdict("peak(bolus.TNF)", extra=f"    of: {of}").found == pytest.approx(expected, rel=1e-4)


def test_fraction() -> None:
    """The fraction of patients for whom a condition holds; those without a value do not count."""
    found = verdict("peak(bolus.TNF) > 150 pg/mL and peak(anti-TNF.TNF) > 1 pg/mL", extra="    of: fraction")
    assert found.found == pytest.approx(2 / 3)
    assert found.note == "1 of 4 patients have no value and do not count"


def test_units() -> None:
    """A value is shown in the unit of the claim, else in its own; expectations are in it."""
    plain = verdict("peak(bolus.TNF)", "near: 250, tolerance: 1 %")
    assert (plain.unit, plain.expected, plain.passed) == ("pg/mL", "near 250 ± 1 % pg/mL", True)
    stated = verdict("peak(bolus.TNF)", "near: 0.25, tolerance: 1 %", "    unit: ng/mL")
    assert (stated.unit, stated.passed) == ("ng/mL", True)
    assert stated.found == pytest.approx(0.25, rel=1e-4)
    assert verdict("peak_time(bolus.TNF)").unit == "h"
    assert verdict("auc(bolus.TNF)").unit == "h*pg/mL"


def test_no_number_is_a_failed_claim() -> None:
    """A value that does not exist fails, whatever is expected, and says so."""
    for value, expect in [
        ("fold(bolus.TNF, 0 h, 1 h)", "above: -1e300"),
        ("1 / initial(bolus.TNF) * 1 pg/mL", "above: 0"),
    ]:
        found = verdict(value, expect)
        assert not found.passed
        assert math.isnan(found.found)
        assert found.note == "no patient has a value: what is divided by is not there, as far as the solver can tell"
        assert found.as_dict()["found"] is None


def test_steady_state_must_be_steady() -> None:
    """A curve that has not settled has no steady state."""
    assert math.isnan(verdict("steady(anti-TNF.TNF)").found)


def test_missing_arm_is_a_failed_claim() -> None:
    """A claim about an arm that did not run is failed with a note."""
    (found,) = judge(good(text("peak(anti-TNF.TNF)")), {"bolus": ARMS["bolus"]})
    assert not found.passed
    assert "anti-TNF.TNF" in found.note


def test_as_dict() -> None:
    """The keys that outside checks read are there."""
    keys = {"id", "experiment", "says", "kind", "found", "expected", "source", "pass"}
    assert keys <= verdict("peak(bolus.TNF)").as_dict().keys()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("peak(bolus.TFN)", "UNKNOWN_NAME"),
        ("peak(bolos.TNF)", "UNKNOWN_NAME"),
        ("peak(TNF)", "UNKNOWN_NAME"),
        ("peek(bolus.TNF)", "UNKNOWN_NAME"),
        ("peak(bolus.TNF", "BAD_CLAIM"),
        ("peak(bolus.TNF) +", "BAD_CLAIM"),
        ("peak(bolus.TNF, 3 h)", "BAD_CLAIM"),
        ("at(bolus.TNF)", "BAD_CLAIM"),
        ("peak(bolus.TNF + bolus.IL8)", "BAD_CLAIM"),
        ("at(bolus.TNF, peak_time(bolus.TNF))", "BAD_CLAIM"),
        ("auc(bolus.TNF, 6 h, 2 h)", "BAD_CLAIM"),
        ("peak(bolus.TNF, 6 h, 2 h)", "BAD_CLAIM"),
        ("3", "BAD_CLAIM"),
        ("peak(bolus.TNF) > 3 pg/mL", "BAD_CLAIM"),
        ("at(bolus.TNF, 48 h)", "OUTSIDE_TIME"),
        ("at(bolus.TNF, 6 pM)", "DIMENSION_MISMATCH"),
        ("bolus.TNF", "DIMENSION_MISMATCH"),
        ("peak(bolus.TNF) - 5", "DIMENSION_MISMATCH"),
        ("peak(bolus.TNF) + peak_time(bolus.TNF)", "DIMENSION_MISMATCH"),
        ("exp(peak(bolus.TNF))", "DIMENSION_MISMATCH"),
        ("time_above(bolus.TNF, 500)", "DIMENSION_MISMATCH"),
        ("peak(bolus.TNF) ^ 0.3", "DIMENSION_MISMATCH"),
        ("peak(bolus.TNF) * peak(bolus.IL8)", "MISSING_UNIT"),
        ("peak(bolus.TNF) / 2 hh", "BAD_UNIT"),
    ],
)
def test_faults_before_the_run(value: str, code: str) -> None:
    """Each fault of a value is found before anything runs."""
    assert code in faults(value)


def test_other_faults_before_the_run() -> None:
    """Unknown rules, units that do not fit, and fractions of no condition are found."""
    assert faults("peak(bolus.TNF)", "    because: [macrophage-secretes]") == ["UNKNOWN_NAME"]
    assert faults("peak(bolus.TNF)", "    because: [active-macrophage-secretes-TNF]") == []
    assert faults("peak(bolus.TNF)", "    unit: h") == ["DIMENSION_MISMATCH"]
    assert faults("peak(bolus.TNF)", "    of: fraction") == ["BAD_CLAIM"]


def test_faults_point_into_the_value() -> None:
    """The caret stands under the name at fault."""
    found = Collector()
    check_claims(good(text("peak(bolus.TNF) / peak(bolus.TFN)")), model(), found)
    (fault,) = found.report().errors
    assert fault.where is not None
    assert (fault.where.line, fault.where.column, fault.where.length) == (13, 35, 9)
    assert "TNF" in fault.hint


def test_unmeasured_names() -> None:
    """Molecules, observables and populations that are not measured may be used too."""
    assert faults("peak(bolus.total) / peak(bolus.density(active macrophage))") == []


@pytest.mark.parametrize("value", ["(" * 500 + "1" + ")" * 500, "min(" * 300 + "1, 2" + ")" * 300, "1" + "+1" * 20_000])
def test_hostile_values(value: str) -> None:
    """Deep and long values end in a fault."""
    with pytest.raises(Fault, match=r"deeply|chain|arguments|bracket|close"):
        parse_value(value, ("a",))


def test_printing() -> None:
    """A value reads as it prints."""
    arms = ("a", "anti-TNF")
    for value in ("peak(anti-TNF.X@blood) / (1 - at(a.X, 6 h))", "not (peak(a.X) > 2) or peak(a.X) < 1"):
        tree = parse_value(value, arms)
        assert parse_value(str(tree), arms) == tree


def test_conditions_without_a_value() -> None:
    """Who has no value is neither a responder nor none."""
    value = parse_value("not (peak(anti-TNF.TNF) > 1 ng/mL) or peak(anti-TNF.TNF) < 0 pg/mL", ("anti-TNF",))
    assert np.array_equal(evaluate(value, ARMS), [1, 1, NAN, 1], equal_nan=True)


NOBODY = """
cytokinome: 1
model: dish
compartments: {well: {kind: culture, volume: 1 mL}}
molecules:
  LPS: {in: well, initial: 10 ng/mL, molar-mass: 10 kDa, degrades: {half-life: 24 h, source: assumed}}
  TNF: {in: well, molar-mass: 52 kDa, degrades: {half-life: 6 h, source: assumed}}
  IL6: {in: well, initial: 1 pg/mL, molar-mass: 21 kDa}
cells: {macrophage: {in: well, states: {life: {resting: 1e6 /mL, active: 0}}}}
parameters: {q: {value: 1 molecules/cell/s, source: assumed}}
rules:
  - {rule: macrophage secretes TNF at q, source: assumed}
  - {rule: 'resting macrophage becomes active at 0.5 /h, driven by LPS (half 1 ng/mL)', source: assumed}
  - {rule: active macrophage dies at 0.1 /h, source: assumed}
observables: {both: {value: 2 * TNF + LPS / 5, unit: pM}, share: {value: TNF / (TNF + IL6)}}
start: steady state
"""


@pytest.mark.parametrize(
    ("value", "note"),
    [
        ("final(b.TNF) / final(a.TNF)", "not there"),
        ("final(b.TNF) / (peak(a.TNF) - trough(a.TNF))", "not there"),
        ("final(b.IL6) / (2 * final(a.TNF))", "not there"),
        ("final(b.both) / auc(a.both) * 1 h", "not there"),
        ("fold(b.TNF, 0 h, 2 h)", "not there"),
        ("final(b.density(macrophage)) / final(a.density(macrophage))", "not there"),
        ("final(b.TNF) / final(a.IL6)", ""),  # next to nothing of something is a number
        ("final(b.IL6) / final(a.IL6)", ""),
        ("final(b.share) / final(a.share)", ""),  # of shares nobody knows what is little
    ],
)
def test_what_rest_left_of_nothing_is_no_divisor(value: str, note: str) -> None:
    """Cells that all died, and what they made, end as rounding; a ratio of that is no value, and the note says why."""
    stated = f"""
experiment: dish
model: dish
time: 0 to 6 h, every 1 h
arms: {{a: {{}}, b: {{parameters: {{q: 2 molecules/cell/s}}}}}}
patients: {{count: 3, seed: 1}}
measure: {{TNF: pg/mL}}
claims: [{{id: ratio, says: so, value: "{value}", expect: {{above: -1}}, kind: predicts, source: assumed}}]
"""
    model = check_model(NOBODY, "model.yaml")
    study = check_text(stated, "e.yaml", Path(), lambda _name, _folder: model).require()
    (claim,) = simulate(study, options=Options(rules=False)).claims
    assert claim.passed is not bool(note)
    assert note in claim.note
    (streamed,) = simulate(study, options=Options(rules=False, stream=True)).claims
    assert streamed.passed is claim.passed
