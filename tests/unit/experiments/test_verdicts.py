"""What a verdict is worth: claims without their rules, under what is not known, and those that restate a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cytokinome.experiments import execute
from cytokinome.experiments.removals import removals
from cytokinome.experiments.restating import restated
from cytokinome.experiments.study import Options, Study, check_text, simulate
from cytokinome.experiments.uncertainty import PEOPLE, robustness
from cytokinome.experiments.verdicts import Verdict
from cytokinome.model.load import check_text as check_model

# At rest: TNF = q n / (V k), with 1 molecule/cell/h, and clearance from blood to urine as a second way out.
MODEL = """
cytokinome: 1
model: dish
compartments: {well: {kind: culture, volume: 1 mL}, waste: {kind: culture, volume: 1 mL}}
molecules:
  TNF: {in: [well, waste], molar-mass: 52 kDa, degrades: {rate: k_loss, source: assumed}}
  IL10: {in: well, molar-mass: 37 kDa, degrades: {rate: 1 /h, source: assumed}}
  drug: {in: well, molar-mass: 150 kDa, degrades: {rate: 0 /h, source: assumed}}
cells: {macrophage: {in: well, states: {life: {alive: 1e6 /mL}}}}
parameters:
  q: {value: 1 molecules/cell/s, varies: {lognormal: {cv: 0.3}}, uncertain: {fold: 4}, source: "assumed: a test"}
  k_loss: {value: 1 /h, uncertain: {fold: 2}, source: "doi:10.1000/1, Table 1"}
  idle: {value: 1 /h, uncertain: {fold: 9}, source: assumed}
rules:
  - {id: makes-TNF, rule: macrophage secretes TNF at q, source: assumed}
  - {id: makes-IL10, rule: macrophage secretes IL10 at 1 molecules/cell/s, source: assumed}
reactions:
  - {equation: TNF + drug <-> bound, kon: 1e7 /M/s, koff: 1e-5 /s, source: assumed}
transport: [{id: drained, of: [TNF], from: well, to: waste, clearance: 1 mL/h, source: assumed}]
observables: {cells: {value: count(macrophage), unit: cells}, seen: {value: 2 * TNF@well, unit: pg/mL}}
start: steady state
"""
EXPERIMENT = """
experiment: dish
model: dish
time: 0 to 12 h, every 1 h
arms:
  a: {}
  more: {parameters: {q: 3 molecules/cell/s}}
  treated: {doses: [{of: drug, amount: 1 ug, into: well, at: 0 h}]}
patients: {count: 5, seed: 1}
measure: {TNF@well: pg/mL, IL10: pg/mL}
claims:
  - id: level
    says: TNF is there
    value: final(a.TNF@well)
    expect: {within: [0.01, 1e9]}
    of: typical
    kind: predicts
    because: [makes-TNF, drained, makes-IL10]
    source: assumed
  - id: bound
    says: the drug takes TNF away
    value: at(treated.TNF@well, 1 h) / at(a.TNF@well, 1 h)
    expect: {below: 0.5}
    kind: predicts
    because: [TNF-drug-to-bound]
    source: assumed
  - id: empty
    says: IL-10 does not fall
    value: final(a.IL10) / initial(a.IL10)
    expect: {above: 0.9}
    kind: predicts
    because: [drained]
    source: assumed
  - id: sign
    says: three times the secretion is more TNF
    value: peak(more.TNF@well) / peak(a.TNF@well)
    expect: {above: 1}
    kind: predicts
    because: [makes-TNF]
    source: assumed
"""


def study_of(text: str = EXPERIMENT) -> Study:
    """The study of a dish."""
    model = check_model(MODEL, "model.yaml")
    return check_text(text, "experiment.yaml", Path(), lambda _name, _folder: model).require()


@pytest.fixture(scope="module")
def study() -> Study:
    """The dish as it stands."""
    return study_of()


@pytest.mark.parametrize("target", ["llvm", "reference"])
def test_claims_without_their_rules(study: Study, target: str) -> None:
    """Each rule, reaction and transport is taken away alone; the state of rest is that without it."""
    found = removals(study, Options(target=target))
    level = simulate(study, options=Options(target=target, rules=False)).claims[0].found
    makes, drained, other = found["level"]
    assert (makes.rule, drained.rule, other.rule) == ("makes-TNF", "drained", "makes-IL10")
    assert (makes.found, makes.passed) == (0.0, False)
    # two ways out of equal size: without one of them the level doubles
    assert (drained.found, drained.passed) == (pytest.approx(2 * level, rel=1e-5), True)
    assert other.found == pytest.approx(level)
    (bound,) = found["bound"]
    assert (bound.found, bound.passed) == (pytest.approx(1), False)
    assert [r.passed for r in found["empty"]] == [True]


def test_only_arms_that_matter_are_run_again(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a rule, those that its claims look at; and typical persons only where a claim is about them."""
    runs: list[tuple[list[str], bool]] = []

    def spied(job: execute.Job, *, workers: int, with_typical: bool) -> execute.Execution:
        runs.append(([item.arm.id for item in job.prepared], with_typical))
        return execute.carry_out(job, workers=workers, with_typical=with_typical)

    monkeypatch.setattr(execute, "to_the_end", spied)
    removals(study, Options(target="reference"), only=["bound", "sign", "level"])
    # makes-TNF (level, sign), drained, makes-IL10 (level), the reaction (bound)
    assert runs == [(["a", "more"], True), (["a"], True), (["a"], True), (["a", "treated"], False)]


def test_only_the_claims_asked_for(study: Study) -> None:
    """Nothing is said of the other claims, and nothing is run for claims that name nothing."""
    assert list(removals(study, Options(), only=["bound"])) == ["bound"]
    nameless = study_of(EXPERIMENT.replace("because:", "explanation: none # "))
    assert removals(nameless, Options()) == {}


def test_vacuous_claims(study: Study) -> None:
    """A claim that no removal makes fail is vacuous; one that fails is not, and neither is one that is not asked."""
    without, result = removals(study, Options()), simulate(study, options=Options(rules=False))
    verdicts = {
        c.id: Verdict(c, "dish", claim.expect, removals=without[c.id])
        for c, claim in zip(result.claims, study.experiment.claims, strict=True)
    }
    assert {id for id, verdict in verdicts.items() if verdict.is_vacuous} == {"empty"}
    assert not replace(verdicts["empty"], removals=None).is_vacuous
    assert not replace(verdicts["empty"], claim=replace(verdicts["empty"].claim, passed=False)).is_vacuous
    assert verdicts["level"].is_settled
    assert not verdicts["empty"].is_settled
    failed = replace(verdicts["level"].claim, passed=False)
    assert not replace(verdicts["level"], claim=failed).is_settled
    assert replace(verdicts["level"], claim=replace(failed, explanation="why")).is_settled
    nameless = replace(verdicts["empty"], claim=replace(verdicts["empty"].claim, because=()), removals=())
    assert nameless.is_vacuous
    assert not replace(nameless, claim=replace(nameless.claim, kind="reproduces")).is_vacuous


def test_what_is_not_known(study: Study) -> None:
    """The level goes with q and against k_loss; the share is that of the drawn levels; idle is still."""
    found = robustness(study, Options(), draws=200)
    level = found["level"]
    low, high = level.typical / 2, level.typical * 2
    near = study_of(EXPERIMENT.replace("within: [0.01, 1e9]", f"within: [{low:.9g}, {high:.9g}]"))
    by_name = {i.parameter: i for i in level.influence}
    assert [i.parameter for i in level.influence] == ["q", "k_loss"]
    assert (by_name["q"].is_assumed, by_name["k_loss"].is_assumed) == (True, False)
    assert (by_name["q"].low, by_name["q"].high) == pytest.approx((level.typical / 4, level.typical * 4), rel=1e-4)
    # both ways out are 1 /h, and one of them is k_loss
    assert by_name["k_loss"].high == pytest.approx(level.typical * 2 / 3, rel=1e-4)
    assert (level.share, level.draws) == (1.0, 200)
    # log-normal: ln 4/1.96 of q and about half of ln 2/1.96 of k_loss, so about 0.65 lie within a factor of two
    share = robustness(near, Options(), draws=200)["level"].share
    assert 0.5 < share < 0.8
    assert robustness(near, Options(), draws=200)["level"].share == share
    ratio = found["bound"]
    assert np.isfinite(ratio.typical)


def test_what_is_assumed_without_a_range(study: Study) -> None:
    """A parameter that is assumed and states no fold is halved and doubled, not drawn; not one that an arm sets."""
    text = MODEL.replace(
        'k_loss: {value: 1 /h, uncertain: {fold: 2}, source: "doi:10.1000/1, Table 1"}',
        "k_loss: {value: 1 /h, source: assumed}",
    )
    assert text != MODEL
    one = check_text(EXPERIMENT, "experiment.yaml", Path(), lambda _name, _folder: check_model(text, "model.yaml"))
    found, before = (robustness(s, Options(), draws=20)["level"] for s in (one.require(), study))
    guessed = next(i for i in found.influence if i.parameter == "k_loss")
    stated = next(i for i in before.influence if i.parameter == "k_loss")
    assert (guessed.fold, guessed.is_guessed, guessed.is_assumed) == (2.0, True, True)
    assert (stated.fold, stated.is_guessed, stated.is_assumed) == (2.0, False, False)
    assert (guessed.low, guessed.high) == (stated.low, stated.high)
    arms = EXPERIMENT.replace("q: 3 molecules/cell/s", "k_loss: 3 /h")
    other = check_text(arms, "experiment.yaml", Path(), lambda _name, _folder: check_model(text, "model.yaml"))
    moving = robustness(other.require(), Options(), draws=2)["level"].influence
    assert [i.parameter for i in moving] == ["q"]


def test_what_is_not_known_of_a_cohort(study: Study) -> None:
    """A claim about a fraction, or the mean, is asked of the same people in every draw, who differ in q."""
    level = robustness(study, Options(), draws=1)["level"].typical
    mean = robustness(study_of(EXPERIMENT.replace("of: typical", "of: mean")), Options(), draws=40)["level"]
    assert (mean.people, mean.draws) == (PEOPLE, 40)
    # of a log-normal with cv 0.3 the mean is √1.09 of the median; sixteen people are not all people
    assert mean.typical == pytest.approx(level * np.sqrt(1.09), rel=0.2)
    q = next(i for i in mean.influence if i.parameter == "q")
    assert (q.low, q.high) == pytest.approx((mean.typical / 4, mean.typical * 4), rel=1e-3)
    condition = f"value: final(a.TNF@well) > {level:.9g} pg/mL"
    text = EXPERIMENT.replace("value: final(a.TNF@well)", condition).replace("of: typical", "of: fraction")
    wide, narrow = (
        robustness(study_of(text.replace("[0.01, 1e9]", expect)), Options(), draws=40)["level"]
        for expect in ("[0, 1]", "[0.3, 0.7]")
    )
    assert (wide.share, wide.people) == (1.0, PEOPLE)
    assert 0.2 < wide.typical < 0.8
    assert 0 < narrow.share < 0.5  # with q fourfold or a fourth nearly all or none are above
    q = next(i for i in wide.influence if i.parameter == "q")
    assert (q.low, q.high) == (0.0, 1.0)
    alone = robustness(study_of(text), Options(workers=2, target="reference"), draws=2, only=["level"])["level"]
    assert alone.typical == wide.typical


def test_what_cannot_be_drawn(study: Study) -> None:
    """No draws, or an engine with single cells: nothing is said."""
    assert robustness(study, Options(), draws=0) == {}
    assert robustness(study, Options(engine="stochastic"), draws=2) == {}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("", "", "makes-TNF"),
        ("{above: 1}", "{within: [2.9, 3.1]}", ""),  # a number is more than a direction
        ("kind: predicts\n    because: [makes-TNF]", "kind: constructed\n    because: [makes-TNF]", ""),
        ("because: [makes-TNF]\n", "because: [makes-TNF, drained]\n", ""),
        ("peak(more.TNF@well) / peak(a.TNF@well)", "peak(more.IL10) / peak(a.IL10)", ""),  # it acts on something else
        ("peak(more.TNF@well) / peak(a.TNF@well)", "peak(more.cells) / peak(a.cells)", ""),
        ("peak(more.TNF@well) / peak(a.TNF@well)", "peak(more.seen) / peak(a.seen)", "makes-TNF"),
        ("more: {param", "more: {doses: [{of: IL10, amount: 1 ug, into: well, at: 0 h}], param", ""),
        ("more: {parameters: {q: 3 molecules/cell/s}}", "more: {knock-out: [makes-TNF]}", "makes-TNF"),
        ("more: {parameters: {q: 3 molecules/cell/s}}", "more: {block: [{what: makes-TNF}]}", "makes-TNF"),
        ("more: {parameters: {q: 3 molecules/cell/s}}", "more: {parameters: {k_loss: 2 /h}}", ""),
    ],
)
def test_claims_that_restate_a_sentence(old: str, new: str, rule: str) -> None:
    """Only the direction of what one rule does to its own target, between arms that differ in this rule alone."""
    assert old in EXPERIMENT
    study = study_of(EXPERIMENT.replace(old, new) if old else EXPERIMENT)
    claim = study.experiment.claims[-1]
    assert restated(claim, study.experiment, study.model) == rule


@pytest.mark.parametrize(
    ("shown", "rule"),
    [
        ("density(awake cell)", "wakes"),
        ("density(awake cell@well)", "wakes"),
        ("2 * density(awake cell@well)", "wakes"),
        ("count(awake cell@well)", "wakes"),
        ("density(asleep cell@well)", ""),  # it loses them; what it makes is another thing
        ("density(awake cell@well) + density(cell)", ""),
    ],
)
def test_cells_that_are_shown_as_densities(shown: str, rule: str) -> None:
    """A rule acts on cells whether they are counted or shown per volume, with or without their place."""
    model = """
cytokinome: 1
model: cells
compartments: {well: {kind: culture, volume: 1 mL}}
cells: {cell: {in: well, states: {life: {asleep: 1e6 /mL, awake: 0}}}}
parameters: {k: {value: 0.1 /h, source: assumed}}
rules: [{id: wakes, rule: asleep cell becomes awake at k, source: assumed}]
observables: {seen: {value: SHOWN, unit: UNIT}}
"""
    unit = "cells" if "count" in shown else "cells/mL"
    model = model.replace("SHOWN", shown).replace("UNIT", unit)
    text = """
experiment: cells
model: cells
time: 0 to 6 h, every 1 h
arms: {a: {}, more: {parameters: {k: 0.2 /h}}}
measure: {seen: UNIT}
claims:
  - id: sign
    says: with twice the rate more of them wake
    value: final(more.seen) / final(a.seen)
    expect: {above: 1}
    kind: predicts
    because: [wakes]
    source: assumed
"""
    study = check_text(
        text.replace("UNIT", unit), "e.yaml", Path(), lambda _name, _folder: check_model(model, "model.yaml")
    ).require()
    assert restated(study.experiment.claims[0], study.experiment, study.model) == rule
