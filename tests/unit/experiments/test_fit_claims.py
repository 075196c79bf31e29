"""Fits that aim at calibrated claims: closed forms, cohorts, and what may not be aimed at."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cytokinome import api, fitting
from cytokinome.errors import ExperimentError
from cytokinome.experiments.fit import summary
from cytokinome.report.fits import render
from tests.unit.experiments.fits import EXPERIMENT, FIT, MODEL, decay, write

if TYPE_CHECKING:
    from pathlib import Path

VARYING = MODEL.replace("k: {value: 0.2 /h,", "k: {value: 0.2 /h, varies: {lognormal: {cv: 0.5}},")
HALF = EXPERIMENT.replace("arms: {control: {}}", "arms: {control: {}, slow: {parameters: {k: 0.1 /h}}}")


def claim(id: str, value: str, expect: str, *, of: str = "typical", kind: str = "calibrated") -> str:
    """A claim as a line of an experiment file."""
    return (
        f'  - {{id: {id}, says: what is said, value: "{value}", expect: {expect}, of: {of}, kind: {kind}, '
        'source: "assumed: test"}\n'
    )


START = claim("start", "at(control.X, 0 h)", "{within: [9, 11]}")
LATER = claim("later", "at(control.X, 4 h) / at(control.X, 0 h)", "{within: [0.25, 0.36]}")


def aiming(
    folder: Path, claims: str, *chosen: str, model: str = MODEL, error: str = "{in: linear}", more: str = ""
) -> fitting.Posed:
    """A fit of a decay to claims."""
    known = "{X0: {prior: 5 ng/mL, fold: 100}, k: {prior: 0.2 /h, fold: 100}}"
    fit = (
        f"fit: decay\nexperiments: [{{experiment: decay, claims: [{', '.join(chosen)}]}}]\n"
        f"parameters: {known}\nerror: {error}\nstarts: 3\n{more}"
    )
    people = "patients: {count: 80, seed: 3}\n"
    return fitting.load_fit(
        write(folder, data=decay(), model=model, experiment=f"{HALF}{people}claims:\n{claims}", fit=fit)
    )


def test_two_numbers_meet_two_claims(tmp_path):
    """The optimum is where both expectations have their middle, but for the prior, with their widths as errors."""
    posed = aiming(tmp_path, START + LATER, "start", "later")
    assert [value.sd for value in posed.problem.taken] == pytest.approx([1 / 1.959964, 0.055 / 1.959964])
    assert posed.problem.left_out == 13
    found = fitting.fit(posed, quick=True)
    x0, k = (row.value for row in summary.rows(found))
    assert x0 == pytest.approx(10.0, rel=2e-3)
    assert k == pytest.approx(-math.log(0.305) / 4, rel=5e-3)
    assert [aim.found for aim in summary.aims(found)] == pytest.approx([10.0, 0.305], rel=5e-3)
    assert all(aim.is_met for aim in summary.aims(found))
    deviation = 0.055 / 1.959964 / 0.305 / (4 * k)  # of log k, by the slope of exp(-4 k)
    assert found.deviations[1] == pytest.approx(deviation, rel=0.05)
    assert "The claims that the fit aimed at" in render(found)


def test_logarithms_have_the_middle_of_the_factors(tmp_path):
    """In log space the value is the geometric middle."""
    posed = aiming(tmp_path, START + LATER, "start", "later", error="{in: log}")
    first = posed.problem.taken[0]
    assert (first.value, first.sd) == pytest.approx((math.sqrt(99), math.log(11 / 9) / 2 / 1.959964))


@pytest.mark.parametrize(
    ("expect", "sign", "limits"), [("{below: 5}", -1, (5, math.inf)), ("{above: 5}", 1, (-math.inf, 5))]
)
def test_a_bound_is_a_limit(tmp_path, expect, sign, limits):
    """A claim with one bound only counts where it is not met."""
    posed = aiming(tmp_path, START + claim("late", "final(control.X)", expect), "start", "late")
    late = posed.problem.taken[1]
    assert (late.value, late.sign, late.limits, late.sd) == (5, sign, limits, 0.5)


def test_bounds_alone_move_one_end_of_what_was_known(tmp_path):
    """A bound far from what a prior says leaves its middle and other end; without a prior nothing says how high."""
    low = claim("low", "at(control.X, 0 h)", "{above: 0.5}")
    known = "parameters: {X0: {prior: 5 ng/mL, fold: 100}, k: {prior: 0.2 /h, fold: 100}}"
    posed = aiming(tmp_path, low, "low")
    x0 = summary.rows(fitting.fit(posed))[0]
    assert x0.value == pytest.approx(5, rel=0.05)
    assert x0.low is not None
    known_before = (math.log(x0.low / 5) / (math.log(100) / 1.959964)) ** 2
    bound = -2 * math.log(NormalDist(0.5, 0.05).cdf(x0.low))  # the error of a bound is a tenth
    assert known_before + bound == pytest.approx(3.84, abs=0.25)  # read between points of the profile
    assert x0.high == pytest.approx(500, rel=0.05)
    path = tmp_path / "fit.yaml"
    path.write_text(path.read_text("utf-8").replace(known, "parameters: {X0: {between: [0.1 ng/mL, 90 ng/mL]}}"))
    with pytest.raises(ExperimentError, match="nothing says how high"):
        fitting.load_fit(path)


@pytest.mark.parametrize(
    ("of", "value", "expect"),
    [
        ("median", "at(control.X, 4 h) / at(control.X, 0 h)", "{within: [0.25, 0.36]}"),
        ("mean", "at(control.X, 4 h) / at(control.X, 0 h)", "{within: [0.25, 0.36]}"),
        ("fraction", "at(control.X, 4 h) < 0.2 * at(control.X, 0 h)", "{within: [0.2, 0.3]}"),
    ],
)
def test_people_are_those_of_a_run(tmp_path, of, value, expect):
    """A claim about people is met by a cohort that has the estimates for its middle, in a run as in the fit."""
    claims = START + claim("people", value, expect, of=of)
    posed = aiming(tmp_path, claims, "start", "people", model=VARYING)
    assert posed.problem.is_about_people
    found = fitting.fit(posed, quick=True)
    assert found.draws.origin == "curvature"
    fitting.write_estimates(posed, found)
    study = {result.id: result for result in api.run(tmp_path / "experiment.yaml").claims}
    assert study["people"].passed
    assert study["people"].found == pytest.approx(summary.aims(found)[1].found, rel=1e-2)


def test_an_arm_keeps_what_it_sets(tmp_path):
    """Claims about an arm that sets a parameter do not feel the fit of it."""
    slow = claim("slow", "at(slow.X, 4 h) / at(slow.X, 0 h)", "{within: [0.1, 0.2]}", of="median")
    people = "patients: 21\n"
    problem = aiming(tmp_path, START + LATER + slow, "start", "later", "slow", model=VARYING, more=people).problem
    x = np.array([problem.stands, problem.stands + math.log(2)])
    values = [trial.values(x) for trial in problem.trials]
    assert [trial.experiment.patients.count for trial in problem.trials] == [1, 21]
    assert values[1][0, 0] == values[1][1, 0] == pytest.approx(math.exp(-0.4), rel=0.1)
    assert values[0][:, 1] == pytest.approx([math.exp(-0.8), math.exp(-1.6)], rel=1e-5)


@pytest.mark.parametrize(
    ("claims", "chosen", "code", "message"),
    [
        (START.replace("calibrated", "predicts"), "start", "BAD_FIT", "predicts nothing"),
        (START, "strat", "UNKNOWN_NAME", "has no claim strat"),
        (claim("zero", "final(control.X)", "{above: 0}"), "zero", "BAD_FIT", "no error follows"),
    ],
)
def test_what_cannot_be_aimed_at_is_refused(tmp_path, claims, chosen, code, message):
    """Predictions, names that nobody has, and expectations without an error."""
    with pytest.raises(ExperimentError) as caught:
        aiming(tmp_path, claims, chosen)
    assert caught.value.report is not None
    assert [fault.code for fault in caught.value.report.errors] == [code]
    assert message in str(caught.value)


def test_an_entry_chooses_claims_or_data(tmp_path):
    """Claims beside arms of a table are two entries."""
    fit = FIT.replace("[decay]", "[{experiment: decay, claims: [start], arms: [control]}]", 1)
    with pytest.raises(ExperimentError, match="chooses claims or data"):
        fitting.load_fit(write(tmp_path, data=decay(), experiment=f"{EXPERIMENT}claims:\n{START}", fit=fit))


def test_claims_and_data_together(tmp_path):
    """Values of a table and claims can be in one fit, each with its own error."""
    fit = FIT.replace("[decay]", "[decay, {experiment: decay, claims: [later]}]", 1)
    posed = fitting.load_fit(write(tmp_path, data=decay(), experiment=f"{EXPERIMENT}claims:\n{LATER}", fit=fit))
    assert len(posed.problem.taken) == 14
    assert len(posed.problem.curves) == 1
    found = fitting.fit(posed, quick=True)
    assert [row.value for row in summary.rows(found)] == pytest.approx([10.0, 0.3], rel=0.02)
