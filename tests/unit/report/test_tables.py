"""The rows of the report: order, warnings, sources."""

from __future__ import annotations

from dataclasses import replace

from cytokinome.engines.base import PatientOutcome
from cytokinome.evidence import Source
from cytokinome.experiments.protocol import Comparison
from cytokinome.experiments.result import RuleEffect
from cytokinome.model.expressions import parse
from cytokinome.report import tables
from tests.unit.report.sample import sample_result


def _rule(text, result=None):
    return next(r for r in tables.rules(result or sample_result()) if text in r.text)


def test_claims_that_count_most_come_first():
    """Predictions stand before what was fitted, and that before what was reproduced."""
    assert [r.claim.kind for r in tables.claims(sample_result())] == ["predicts", "calibrated", "reproduces"]


def test_claim_row():
    """A claim shows what was found with its unit, and its own source; nothing found is said in words."""
    rows = {r.claim.id: r for r in tables.claims(sample_result())}
    assert (rows["tnf-peak"].found, rows["tnf-peak"].verdict) == ("365.7 pg/mL", "met")
    assert rows["tnf-peak"].source.doi == "10.1113/EP091552"
    assert (rows["il6-none"].found, rows["il6-none"].verdict) == ("no value", "not met")


def test_range_used_is_over_all_arms():
    """The range of a modifier runs from its smallest to its largest H in any arm."""
    modifier = _rule("secretes IL10").modifiers[0]
    assert (modifier.part, modifier.low, modifier.high) == ("driven", 0.01, 0.74)
    assert not modifier.is_small


def test_small_range_is_a_warning():
    """A modifier that used less than 1 % of its range is named."""
    row = _rule("secretes TNF")
    assert row.modifiers[0].is_small
    assert row.warnings == ("decreased: less than 1 % of its range was used",)


def test_small_effect_is_a_warning():
    """A rule that changes less than 1 % is named; one that changes more is not."""
    assert _rule("secretes IL8").warnings == ("removing it changes less than 1 %",)
    assert _rule("takes up TNF").warnings == ()
    assert "TNF exposure +27" in _rule("takes up TNF").effect


def test_effect_on_cells():
    """A change in a number of cells is told as such."""
    effect = RuleEffect("active-monocyte-becomes-resting", "count(active monocyte)", "bolus", 0.5)
    text = _rule("becomes resting", sample_result(effects=(effect,))).effect
    assert text.replace("\u00a0", " ") == "without it: number of active monocyte +50 % (bolus)"


def test_large_effect():
    """What grows tenfold and more is told in folds."""
    effect = RuleEffect("active-monocyte-becomes-resting", "TNF", "bolus", 44.85)
    assert (
        _rule("becomes resting", sample_result(effects=(effect,))).effect == "without it: TNF exposure 46-fold (bolus)"
    )


def test_values_made_of_parameters():
    """A value that is only names points to them; one with digits of its own does not."""
    assert tables.ValueRow("a", "k_1 / IL6", "", None).only_names
    assert not tables.ValueRow("a", "100 pg/mL / s_1", "", None).only_names
    assert not tables.ValueRow("a", "5", "/h", None).only_names


def test_unsourced_numbers():
    """A sentence whose numbers are all parameters points to them; one with a number of its own does not."""
    assert not _rule("secretes TNF").only_names
    model = sample_result().model
    rule = replace(model.rules[1], rate=parse("k_on * (1 - q_TNF)"))
    assert tables.rules(sample_result(model=replace(model, rules=(rule,))))[0].only_names


def test_source_of_a_whole_table():
    """Points without a source of their own take that of the comparison."""
    result = sample_result()
    texts = {**result.manifest.texts, "data": "arm,time_h,analyte,value,unit\nbolus,1,TNF,5,pg/mL\n"}
    manifest = replace(result.manifest, texts=texts)
    experiment = replace(result.experiment, compare=Comparison("x.csv", source=Source("a book")))
    assert tables.studies(replace(result, manifest=manifest, experiment=experiment)) == (
        (Source("a book"), "TNF in bolus, 1 point"),
    )


def test_unknown_effect():
    """An effect that was not computed, or has no value, is a dash and no warning."""
    result = sample_result(effects=(RuleEffect("active-monocyte-secretes-IL8", "IL8", "bolus", float("nan")),))
    assert {r.effect for r in tables.rules(result)} == {"–"}
    assert _rule("secretes IL8", result).warnings == ()


def test_parameters():
    """Every parameter has value, unit, spread, uncertainty, source, and the values arms set."""
    rows = {r.name: r for r in tables.parameters(sample_result())}
    assert set(rows) == {"q_TNF", "q_IL6", "k_on", "body weight"}
    assert (rows["q_TNF"].value, rows["q_TNF"].unit, rows["q_TNF"].uncertain) == ("12", "molecules/cell/s", "10-fold")
    assert rows["k_on"].arms == ("infusion: 0.8 /h",)
    assert rows["q_TNF"].source is not None
    assert rows["q_TNF"].source.is_assumed


def test_constants():
    """Numbers outside `parameters` are listed too, with the source of their part."""
    rows = {r.name: r for r in tables.constants(sample_result())}
    for name in (
        "volume of blood",
        "baseline TNF",
        "molar mass of IL8",
        "Kd of TNF at TNFR1",
        "resting monocyte at the start",
    ):
        assert name in rows
    source = rows["TNF cleared, half-life"].source
    assert source is not None
    assert source.pubmed == "1"


def test_studies():
    """Measured data are told per source and study."""
    assert [(str(s), what) for s, what in tables.studies(sample_result())] == [
        ("doi:10.1113/EP091552, data", "Study A: TNF and IL6 in bolus, 9 points"),
        ("assumed", "Study B: TNF in infusion, 4 points"),
    ]


def test_outcomes():
    """Those who failed are told with number and reason, equal reasons once."""
    rows = {r.arm: r for r in tables.outcomes(sample_result())}
    assert (rows["bolus"].patients, rows["bolus"].completed) == (20, 19)
    assert rows["bolus"].others == ("patient 1 failed: TNF grows without bound at 2.5 h",)
    assert rows["infusion"].others == ()
    result = sample_result()
    arm = replace(result.arms["infusion"], outcomes=(PatientOutcome("failed", "why"),) * 20)
    row = tables.outcomes(replace(result, arms={"infusion": arm}))[0]
    assert row.others == ("patients 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 10 more failed: why",)


def test_citations():
    """Each source is cited once with all it supports; assumptions are nothing to cite."""
    cited = tables.citations(sample_result())
    texts = [c.source.text for c in cited]
    assert texts.count("doi:10.1113/EP091552") == 1
    assert "assumed" not in texts
    model = sample_result().model
    derived = replace(model.parameters[0], source=Source("follows from k_on"))
    again = tables.citations(sample_result(model=replace(model, parameters=(derived,))))
    assert not any("follows" in c.source.text or c.source == tables.OWN for c in again)
    first = next(c for c in cited if c.source.doi == "10.1113/EP091552")
    assert {"the model", "measured data", "claims", "q_IL6", "k_on"} <= set(first.supports)
