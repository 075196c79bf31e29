"""Arms, cohorts, workers, limits."""

import numpy as np
import pytest

from cytokinome.engines.base import Outcome
from cytokinome.errors import ExperimentError, ResourceLimit
from cytokinome.experiments import execute
from cytokinome.experiments.effects import modifier_usage, rule_effects
from cytokinome.experiments.outcomes import outcome_report
from cytokinome.experiments.prepare import prepare
from cytokinome.experiments.protocol import Arm, Block, Change, Dose, Route
from tests.unit.engines.kernels import Output
from tests.unit.experiments.models import experiment, kernel_of, model, parse, replace, varies

K = 0.5
SECRETED = 1e-7 * 1e6 / 2  # pM/h
BOLUS = Arm("bolus", doses=(Dose("TNF", "blood", 2.0, parse("4 pmol")),))
VARIED = {"k": varies("lognormal", cv="0.4"), "q": varies("lognormal", cv="0.3")}


def run(*arms, m=None, people=None, **options):
    """Run with the hand-written kernel."""
    trial = experiment(*arms, **(people or {}))
    return execute.run(m or model(), trial, compile=kernel_of, **options)


def faults(caught):
    """What an error reports."""
    return caught.value.report.errors


def curve(arm, name, patient=None):
    """One curve of an arm; the typical person's without a patient."""
    solution = arm.typical if patient is None else arm.solution
    return solution.values[patient or 0, :, solution.outputs.index(name)]


def test_baseline_rests_and_a_bolus_decays_onto_it():
    """3 pM without a dose; with 4 pmol in 2 L at 2 h, 3 + 2 e^(-k (t - 2))."""
    rest, bolus = run(Arm("rest"), BOLUS, rtol=1e-9).arms
    times = rest.solution.times
    assert curve(rest, "TNF") == pytest.approx(3.0, rel=1e-6)
    expected = 3 + np.where(times >= 2, 2 * np.exp(-K * (times - 2)), 0)
    assert curve(bolus, "TNF") == pytest.approx(expected, rel=1e-6)
    assert [arm.arm.id for arm in (rest, bolus)] == ["rest", "bolus"]


def test_one_patient_without_variation_is_the_typical_person():
    """A cohort of one has the bits of the typical person."""
    (arm,) = run(BOLUS).arms
    assert np.array_equal(arm.solution.values, arm.typical.values)


def test_patients_differ_and_the_typical_person_does_not_vary():
    """Each patient decays with the own k; outcomes and parameters come along."""
    (arm,) = run(BOLUS, m=model(**VARIED), people={"count": 12}, rtol=1e-9).arms
    k = arm.parameters[:, 1]
    assert len(np.unique(k)) == 12
    for patient in range(12):
        assert curve(arm, "TNF", patient)[-1] == pytest.approx(3 + 2 * np.exp(-k[patient] * 8), rel=1e-6)
    assert curve(arm, "TNF")[-1] == pytest.approx(3 + 2 * np.exp(-K * 8), rel=1e-6)
    assert {o.status for o in arm.solution.outcomes} == {"completed"}


@pytest.mark.parametrize("workers", [2, 3])
def test_results_are_the_same_bits_for_any_number_of_workers(workers):
    """One process or several: identical values, parameters and outcomes."""
    people, m = {"count": 20}, model(**VARIED)
    alone, shared = (run(Arm("rest"), BOLUS, m=m, people=people, workers=w) for w in (1, workers))
    for one, other in zip(alone.arms, shared.arms, strict=True):
        assert np.array_equal(one.solution.values, other.solution.values)
        assert np.array_equal(one.parameters, other.parameters)
        assert one.solution.outcomes == other.solution.outcomes


def test_blocks_and_order_of_arms_do_not_reach_the_results(monkeypatch):
    """Another block size and the arms reversed: the same bits."""
    m, people = model(**VARIED), {"count": 10}
    first = run(Arm("rest"), BOLUS, m=m, people=people)
    monkeypatch.setattr(execute, "BLOCK", 3)
    second = run(BOLUS, Arm("rest"), m=m, people=people)
    for one, other in zip(first.arms, reversed(second.arms), strict=True):
        assert np.array_equal(one.solution.values, other.solution.values)


def test_arm_parameters_are_set_before_productions():
    """With twice the loss the baseline still rests: its production is the arm's own."""
    fast = replace(BOLUS, parameters=(("k", parse("1 /h")),))
    (arm,) = run(fast, rtol=1e-9).arms
    assert curve(arm, "TNF")[0] == pytest.approx(3.0)
    assert curve(arm, "TNF")[-1] == pytest.approx(3 + 2 * np.exp(-8), rel=1e-6)


def test_change_in_time_leaves_the_production_alone():
    """Doubling k at 2 h halves the level: production and secretion stay what they were."""
    (arm,) = run(Arm("a", change=(Change("k", parse("1 /h"), 2.0),)), people={"end": 40.0}).arms
    assert curve(arm, "TNF")[-1] == pytest.approx(1.5, rel=1e-4)


def test_knocked_out_rule_keeps_the_intact_production():
    """Without secretion TNF sinks by SECRETED/k; computed afresh it would have stayed at 3."""
    (arm,) = run(Arm("a", knock_out=("secretion",)), people={"end": 60.0}, rtol=1e-9).arms
    assert curve(arm, "TNF")[0] == pytest.approx(3.0)
    assert curve(arm, "TNF")[-1] == pytest.approx(3 - SECRETED / K, rel=1e-6)


def test_knocked_out_molecule_starts_and_stays_at_zero():
    """No baseline, no production, no secretion; the cohort of the same patients."""
    (arm,) = run(Arm("a", knock_out=("TNF",)), m=model(**VARIED), people={"count": 3}).arms
    assert not np.any(arm.solution.values[:, :, arm.solution.outputs.index("TNF")])


def test_block_for_a_time_ends():
    """Secretion blocked from 0 to 5 h: the dip follows the closed form and recovers."""
    (arm,) = run(Arm("a", block=(Block("secretion", 0.0, 5.0),)), people={"end": 30.0}, rtol=1e-9).arms
    times, drop = arm.solution.times, SECRETED / K
    down = 3 - drop * (1 - np.exp(-K * times))
    up = 3 - drop * (1 - np.exp(-K * 5)) * np.exp(-K * (times - 5))
    assert curve(arm, "TNF") == pytest.approx(np.where(times <= 5, down, up), rel=1e-6)


def test_arms_that_differ_in_blocks_share_one_kernel():
    """Two structures among four arms mean two compilations."""
    compiled = []

    def count(m):
        compiled.append(m)
        return kernel_of(m)

    arms = (Arm("rest"), BOLUS, Arm("block", block=(Block("TNF"),)), Arm("out", knock_out=("drug",)))
    prepared = prepare(model(), experiment(*arms), count)
    assert prepared[0].kernel is prepared[1].kernel is prepared[2].kernel
    assert len(compiled) == 3  # shared, knocked out, and the intact one that the knock-out's productions come from


def test_subcutaneous_dose_brings_its_own_depot():
    """Absorption at 1 /h into 2 L against loss at kk = 1 /h: t e^(-t) · dose/V; the other arm has no depot."""
    under = Arm("sc", doses=(Dose("drug", None, 0.0, parse("4 pmol"), route=Route.SUBCUTANEOUS, ka=parse("1 /h")),))
    rest, arm = run(Arm("rest"), under, rtol=1e-9).arms
    times = arm.solution.times
    assert curve(arm, "drug") == pytest.approx(2 * times * np.exp(-times), rel=1e-6, abs=1e-8)
    assert np.isnan(curve(rest, "drug depot")).all()
    assert np.isfinite(curve(rest, "TNF")).all()


def test_failed_patient_is_named_and_spares_the_others():
    """Secretion above the losses at the baseline: that patient has no production, the others run."""
    m = model(q=varies("uniform", low="1e-7 pmol/cell/h", high="6e-6 pmol/cell/h"))
    (arm,) = run(Arm("a"), m=m, people={"count": 10}).arms
    too_much = arm.parameters[:, 2] * 1e6 / 2 > 1.5
    assert 0 < too_much.sum() < 10
    assert [o.status == "failed" for o in arm.solution.outcomes] == too_much.tolist()
    assert np.isnan(arm.solution.values[too_much]).all()
    assert np.isfinite(arm.solution.values[~too_much]).all()
    assert all("TNF" in o.sentence for o in arm.solution.outcomes if o.status == "failed")


def test_patient_who_fails_intact_fails_in_the_knock_out():
    """A knock-out does not hide that the intact person cannot exist."""
    m = model(q=varies("uniform", low="1e-7 pmol/cell/h", high="6e-6 pmol/cell/h"))
    intact, knocked = run(Arm("a"), Arm("b", knock_out=("drug",)), m=m, people={"count": 10}).arms
    assert intact.solution.outcomes == knocked.solution.outcomes


def test_faults_are_all_reported_at_once_before_compiling():
    """Two arms, three faults, no compilation."""
    arms = (
        Arm("a", doses=(Dose("TFN", None, 0.0, parse("1 pmol")), Dose("TNF", None, 99.0, parse("1 pmol")))),
        Arm("b", knock_out=("nothing",)),
    )

    def never(_):
        raise AssertionError("compiled")

    with pytest.raises(ExperimentError) as caught:
        execute.run(model(), experiment(*arms), compile=never)
    assert sorted(d.code for d in faults(caught)) == ["OUTSIDE_TIME", "UNKNOWN_NAME", "UNKNOWN_NAME"]


def test_too_large_a_request_is_refused():
    """The estimate names patients, times and outputs."""
    with pytest.raises(ResourceLimit, match="100 patients x 11 times") as caught:
        run(BOLUS, people={"count": 100}, max_memory=1000)
    assert faults(caught)[0].code == "TOO_LARGE"


def test_progress_counts_patients_of_all_arms():
    """The last call says that everybody is done."""
    seen = []
    run(Arm("rest"), BOLUS, people={"count": 10}, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(8, 20), (10, 20), (18, 20), (20, 20)]


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupt_keeps_what_is_finished(workers):
    """After Ctrl-C finished blocks stay, the others are NaN with an outcome that says so."""

    def press(done, total):
        raise KeyboardInterrupt

    execution = run(Arm("rest"), BOLUS, people={"count": 20}, on_progress=press, workers=workers)
    assert execution.is_interrupted
    outcomes = [o for arm in execution.arms for o in arm.solution.outcomes]
    finished = np.array([o.status == "completed" for o in outcomes])
    assert finished.sum() in (4, 8)
    assert {o.status for o in outcomes} == {"completed", "interrupted"}
    values = np.concatenate([arm.solution.values for arm in execution.arms])
    assert np.isfinite(values[finished]).all()
    assert np.isnan(values[~finished]).all()


def test_outputs_can_be_chosen():
    """Only what is asked for is kept, in that order."""
    (arm,) = run(BOLUS, outputs=["drug", "TNF"]).arms
    assert arm.solution.outputs == ("drug", "TNF")
    assert curve(arm, "TNF")[0] == pytest.approx(3.0)


def test_effect_of_a_rule_is_taken_in_the_arm_where_it_is_largest():
    """Without secretion the area of TNF falls; the bolus hides part of it, so the resting arm is named."""
    (effect,) = rule_effects(model(), experiment(BOLUS, Arm("rest"), every=0.01), compile=kernel_of, rtol=1e-9)
    drop = SECRETED / K * (10 - (1 - np.exp(-K * 10)) / K)
    assert (effect.rule, effect.target, effect.arm) == ("secretion", "TNF", "rest")
    assert effect.change == pytest.approx(-drop / 30, rel=1e-5)


def test_use_of_a_modifier_counts_only_while_cells_exist():
    """H of 0.1 … 0.9 with cells, 1.0 without: the range is 0.1 … 0.9."""

    class Watched(type(kernel_of(model()))):
        def observe(self, t, y, p, select):
            level = np.interp(t, [0, 5, 10], [0.1, 0.9, 0.9])
            rows = [np.where(t < 8, level, 1.0), np.where(t < 8, 1e6, 0.0), np.asarray(y)[0] + 0 * t]
            return np.array([rows[i] for i in select])

    def watched(m):
        kernel = kernel_of(m)
        kernel.__class__ = Watched
        kernel.outputs = (Output("H(secretion, driven)"), Output("n(secretion)"), Output("TNF"))
        return kernel

    (use,) = modifier_usage(model(), experiment(), compile=watched)
    assert (use.rule, use.part, use.low, use.high) == ("secretion", "driven", 0.1, 0.9)


def test_typical_person_who_cannot_rest_stops_the_run_naming_the_sentence():
    """Secretion above all losses is known before the run."""
    arm = Arm("a", parameters=(("q", parse("1e-5 pmol/cell/h")),))
    with pytest.raises(ExperimentError, match="macrophage secretes TNF") as caught:
        run(arm)
    assert [d.code for d in faults(caught)] == ["NEGATIVE_PRODUCTION"]


def test_failed_patients_are_counted_by_arm_and_kind():
    """One warning per arm and code, with the number of patients and a sentence."""
    failed, stuck = Outcome.NEGATIVE_PRODUCTION.of(None, "TNF"), Outcome.NO_STEADY_STATE.of(9.0, "X")
    blown, fine = Outcome.BLOWN_UP.of(2.0, "X"), Outcome.COMPLETED.of(10.0)
    report = outcome_report([(Arm("a"), (fine, failed, failed, stuck, blown)), (Arm("b"), (fine,))])
    assert sorted(d.code for d in report.warnings) == ["NEGATIVE_PRODUCTION", "PATIENT_FAILED", "STEADY_STATE_FAILED"]
    assert any("2 of 5 patients" in d.message for d in report.warnings)
