"""Steady states found on lanes: those of the reference, patient by patient."""

import numpy as np
import pytest

from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import lane_seats, lanes, reference
from tests.unit.engines.kernels import Fake
from tests.unit.engines.lane_kernels import on_lanes


def cells(start="steady state"):
    """TNF (baseline b) is produced, secreted by M and lost; M is made at 3 /h, lost at 1 /h, and divides at g."""
    values = {"production": 99.0, "secretion": 0.5, "g": 0.2, "b": 6.0}

    def derivative(t, y, p):
        return [p["production"] + p["secretion"] * y[1] - 0.5 * y[0], (3.0 + t) - y[1] + p["g"] * y[1]]

    return Fake(("TNF", "M"), values, derivative, lambda p: [p["b"], 1.0], baselines=((0, 0),), start=start)


PEOPLE = np.array([[99.0, s, g, b] for s in (0.1, 0.5) for g in (0.0, 0.5, 0.999) for b in (3.0, 60.0)])


@pytest.fixture
def alone(monkeypatch):
    """Makes it an error to ask for patients one by one; returns who was asked for."""

    def refuse(*args, **options):
        raise AssertionError("the lanes have left a patient to initialise")

    monkeypatch.setattr(lane_seats, "initialise", refuse)


def both(kernel, people, **options):
    """Solutions of both engines at the start and a little later."""
    times, select = np.array([0.0, 0.5]), range(len(kernel.states))
    return tuple(
        engine.solve(k, people, Schedule(()), times, select=select, **options)
        for engine, k in ((reference, kernel), (lanes, on_lanes(kernel)))
    )


def agree(judge, found):
    """Both have the same outcomes and the same steady states."""
    assert [o.sentence for o in found.outcomes] == [o.sentence for o in judge.outcomes]
    np.testing.assert_allclose(found.values[:, 0], judge.values[:, 0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.values[:, 1], judge.values[:, 1], rtol=1e-5)


@pytest.mark.usefixtures("alone")
def test_a_cohort_settles_where_each_patient_would():
    """Held baselines, a clock that stands still, fast and slow patients, and no negative production."""
    judge, found = both(cells(), PEOPLE)
    agree(judge, found)
    assert {o.status for o in found.outcomes} == {"completed", "failed"}
    assert any("negative production" in o.sentence for o in found.outcomes)


@pytest.mark.usefixtures("alone")
def test_given_productions_hold_nothing():
    """A changed structure rests with the intact person's production."""
    judge, found = both(cells(), PEOPLE, productions=np.full((len(PEOPLE), 1), 2.0))
    agree(judge, found)
    assert found.values[0, 0, 0] == pytest.approx((2.0 + 0.1 * 3.0) / 0.5)


@pytest.mark.usefixtures("alone")
def test_who_grows_without_bound_fails_alone():
    """The sentence blames the state that grows, not the held one whose balance it upsets."""
    kernel = Fake(
        ("TNF", "M"), {"production": 0.0, "g": 0.0}, lambda t, y, p: [9 * y[1] - y[0], 3 - y[1] + p["g"] * y[1] ** 2],
        lambda p: [60.0, 1.0], baselines=((0, 0),), start="steady state",
    )  # fmt: skip
    judge, found = both(kernel, np.array([[0.0, g] for g in (0.0, 1.0, 0.05)]))
    for solution in (judge, found):
        assert [o.status for o in solution.outcomes] == ["completed", "failed", "completed"]
        assert "no steady state was found: M still changes" in solution.outcomes[1].sentence
    assert found.outcomes[1].time == pytest.approx(judge.outcomes[1].time, rel=1e-6)
    np.testing.assert_allclose(found.values[[0, 2], 0], judge.values[[0, 2], 0], rtol=1e-9)


def test_parameters_that_are_not_finite_are_left_to_the_reference():
    """Their outcomes are its own; the neighbours have the bits that they have without them."""
    people = np.array([[99.0, 0.5, 0.1, 60.0], [99.0, 0.5, np.nan, 60.0], [99.0, 0.5, 0.2, 60.0]])
    judge, found = both(cells(), people)
    assert [o.sentence for o in found.outcomes] == [o.sentence for o in judge.outcomes]
    assert found.outcomes[1].status == "failed"
    assert np.array_equal(both(cells(), people[[0, 2]])[1].values, found.values[[0, 2]])


def test_conserved_totals_keep_their_value():
    """Resting <-> active keeps the number of cells, though the Jacobian is singular."""
    kernel = Fake(
        ("resting", "active"), {"on": 0.3}, lambda t, y, p: [0.2 * y[1] - p["on"] * y[0], p["on"] * y[0] - 0.2 * y[1]],
        lambda p: [1e6, 0.0], start="steady state", scales=(1e6, 1e6),
    )  # fmt: skip
    judge, found = both(kernel, np.array([[0.3], [0.01], [7.0]]))
    agree(judge, found)
    assert found.values[0, 0] == pytest.approx([4e5, 6e5], rel=1e-9)


def test_stop_leaves_all_interrupted():
    """Who has not settled when the caller asks to stop says so."""
    kernel = on_lanes(cells())
    found = lanes.solve(kernel, PEOPLE, Schedule(()), np.array([0.0, 1.0]), select=[0], should_stop=lambda: True)
    assert {o.status for o in found.outcomes} <= {"interrupted", "completed", "failed"}
    assert any(o.status == "interrupted" for o in found.outcomes)
