"""Every engine on kernels with closed forms: one body each, the same for all."""

import numpy as np
import pytest

from cytokinome.engines.base import Action
from tests.unit.engines.kernels import Fake, decay, two_compartments


def test_decay_is_exponential(run):
    """X = x0 e^(-kt) to about the tolerance."""
    solution = run(decay(), rtol=1e-9)
    assert solution.values[0, :, 0] == pytest.approx(10 * np.exp(-0.5 * solution.times), rel=1e-7)
    assert solution.outcomes[0].status == "completed"
    assert solution.statistics.steps > 0
    assert solution.statistics.jacobians >= 0


def test_output_at_a_dose_shows_the_value_after_it(run):
    """At t = 0 and at t = 5 the dose is already in, also when the grid misses 5 by rounding."""
    doses = [(0.0, Action.ADD, 0, 1.0), (5.0, Action.ADD, 0, 3.0)]
    solution = run(decay(x0=0.0), doses, times=[0.0, 4.9, 5.0 - 1e-12, 10.0], rtol=1e-9)
    expected = [1.0, np.exp(-2.45), np.exp(-2.5) + 3.0, np.exp(-5) + 3 * np.exp(-2.5)]
    assert solution.values[0, :, 0] == pytest.approx(expected, rel=1e-6)


def test_dose_at_the_last_time_is_shown_and_later_ones_are_not(run):
    """The last output is after a dose at the end; a dose after the end changes nothing."""
    solution = run(decay(k=0.0, x0=1.0), [(10.0, Action.ADD, 0, 2.0), (11.0, Action.ADD, 0, 50.0)])
    assert solution.values[0, -1, 0] == pytest.approx(3.0)
    assert solution.values[0, -2, 0] == pytest.approx(1.0)


def test_no_dose_is_stepped_over(run):
    """Forty doses between two output points all arrive, though nothing else happens."""
    doses = [(1.0 + 0.1 * i, Action.ADD, 0, 1.0) for i in range(40)]
    assert run(decay(k=0.0, x0=0.0), doses, times=[0.0, 1000.0]).values[0, -1, 0] == pytest.approx(40.0)


def test_results_do_not_depend_on_the_output_grid(run):
    """The same times have the same bits in a coarse and in a fine grid."""
    doses = [(2.0, Action.ADD, 0, 5.0), (3.0, Action.RATE_ON, 1, 2.0), (6.0, Action.RATE_OFF, 1, 2.0)]
    fine = run(two_compartments(), doses, times=np.linspace(0, 10, 1001))
    coarse = run(two_compartments(), doses, times=np.linspace(0, 10, 11))
    assert np.array_equal(fine.values[:, ::100], coarse.values)


def test_rates_add_up_and_end(run):
    """Two overlapping infusions without loss accumulate rate · time."""
    on, off = Action.RATE_ON, Action.RATE_OFF
    entries = [(1.0, on, 0, 2.0), (2.0, on, 0, 3.0), (3.0, off, 0, 2.0), (5.0, off, 0, 3.0)]
    solution = run(decay(k=0.0, x0=0.0), entries, times=[0, 1, 2, 3, 4, 5, 10])
    assert solution.values[0, :, 0] == pytest.approx([0, 0, 2, 7, 10, 13, 13], abs=1e-5)


def test_set_scale_parameter_and_negative_add(run):
    """Wash-out, removal of a fraction, a new rate constant, and removal that stops at zero."""
    base = decay(k=0.0, x0=8.0)
    entries = [(1.0, Action.SCALE, 0, 0.5), (2.0, Action.ADD, 0, -1.0), (3.0, Action.ADD, 0, -9.0)]
    entries += [(4.0, Action.SET, 0, 6.0), (5.0, Action.PARAMETER, 0, 1.0)]
    solution = run(base, entries, times=[0, 1, 2, 3, 4, 5, 6], rtol=1e-9)
    assert solution.values[0, :, 0] == pytest.approx([8, 4, 3, 0, 6, 6, 6 * np.exp(-1)], rel=1e-6, abs=1e-9)


def test_two_compartments_meet_the_matrix_exponential(run):
    """A bolus and an infusion into a linear system against the closed form."""
    kernel = two_compartments()
    matrix = np.array([[-1.0, 0.7], [0.7, -0.7]])
    values, vectors = np.linalg.eigh(matrix)
    times = np.linspace(0, 10, 51)
    bolus = np.array([vectors @ (np.exp(values * t) * (vectors.T @ [4.0, 0.0])) for t in times])
    infused = np.array([vectors @ (np.expm1(values * t) / values * (vectors.T @ [2.0, 0.0])) for t in times])
    solution = run(kernel, [(0.0, Action.ADD, 0, 4.0), (0.0, Action.RATE_ON, 0, 2.0)], times=times, rtol=1e-9)
    assert solution.values[0] == pytest.approx(bolus + infused, rel=1e-6, abs=1e-7)


def test_stiff_system_is_cheap(run):
    """A fast variable that follows a slow one (ratio 1e7) needs few steps."""
    kernel = Fake(("slow", "fast"), {}, lambda t, y, p: [-0.1 * y[0], 1e6 * (y[0] - y[1])], lambda p: [1.0, 0.0])
    solution = run(kernel)
    assert solution.values[0, -1] == pytest.approx([np.exp(-1)] * 2, rel=1e-4)
    assert solution.statistics.steps < 1000


def test_switch_is_located(run):
    """Growth at 1 /h until X passes 2, then at 5 /h: exact to far better than a step."""
    kernel = Fake(
        ("X",), {}, lambda t, y, p: [5.0 if y[0] > 2 else 1.0], lambda p: [0.0],
        conditions=lambda t, y, p: [y[0] - 2],
    )  # fmt: skip
    solution = run(kernel, times=[0.0, 1.0, 2.0, 3.0, 10.0])
    assert solution.values[0, :, 0] == pytest.approx([0, 1, 2, 7, 42], rel=1e-6, abs=1e-6)


def test_brief_condition_on_time_is_not_stepped_over(run):
    """A pulse of half an hour in ten days without any other dynamics adds its area."""
    kernel = Fake(
        ("X",), {}, lambda t, y, p: [1.0 if 100.2 < t < 100.7 else 0.0], lambda p: [0.0],
        conditions=lambda t, y, p: [t - 100.2, 100.7 - t],
    )  # fmt: skip
    # The step that is cut where the pulse ends keeps what it interpolated across the end.
    assert run(kernel, times=[0.0, 240.0]).values[0, -1, 0] == pytest.approx(0.5, rel=2e-5)


def test_chattering_condition_becomes_an_outcome(run, monkeypatch):
    """A condition that undoes itself ends in a sentence, not in an endless loop."""
    monkeypatch.setattr("cytokinome.engines.ode.segment.MAX_SWITCHES", 50)
    kernel = Fake(
        ("X",), {}, lambda t, y, p: [-1.0 if y[0] > 2 else 1.0], lambda p: [0.0],
        conditions=lambda t, y, p: [y[0] - 2],
    )  # fmt: skip
    solution = run(kernel)
    assert solution.outcomes[0].status == "failed"
    assert "back and forth" in solution.outcomes[0].sentence


def test_blow_up_names_state_and_time_and_spares_the_others(run):
    """X' = X² ends at t = 1/x0; only that patient is NaN."""
    kernel = Fake(("Y", "X"), {"x0": 0.5}, lambda t, y, p: [0.0, y[1] ** 2], lambda p: [1.0, p["x0"]])
    solution = run(kernel, times=[0.0, 1.0, 4.0], parameters=np.array([[0.1], [0.5], [0.2]]))
    assert [o.status for o in solution.outcomes] == ["completed", "failed", "completed"]
    assert solution.outcomes[1].state == "X"
    assert solution.outcomes[1].time == pytest.approx(2.0, abs=0.01)
    assert np.isnan(solution.values[1]).all()
    assert np.isfinite(solution.values[[0, 2]]).all()


def test_derivative_that_is_not_finite_is_an_outcome(run):
    """√X of a falling X: the state is named, the run goes on."""
    kernel = Fake(("X",), {}, lambda t, y, p: [-1.0 + 0 * np.sqrt(y[0])], lambda p: [1.0])
    solution = run(kernel)
    assert solution.outcomes[0].status == "failed"
    assert solution.outcomes[0].state == "X"
    assert solution.outcomes[0].time == pytest.approx(1.0, abs=0.01)


def test_start_that_is_not_finite_is_an_outcome(run):
    """An initial value of NaN is found before the first step."""
    solution = run(Fake(("X",), {}, lambda t, y, p: [0.0], lambda p: [np.nan]))
    assert "before the start" in solution.outcomes[0].sentence


def test_too_many_steps_becomes_an_outcome(run, monkeypatch):
    """A limit on steps ends a patient who would never finish."""
    kernel = Fake(("X", "V"), {}, lambda t, y, p: [1e4 * y[1], -1e4 * y[0]], lambda p: [1.0, 0.0])
    monkeypatch.setattr("cytokinome.engines.ode.segment.MAX_STEPS", 200)
    solution = run(kernel)
    assert "more than 200 steps" in solution.outcomes[0].sentence


def test_large_dose_keeps_its_relative_accuracy(run):
    """1e6 on a state of scale 1, followed over ten time constants."""
    solution = run(decay(k=1.0, x0=0.0), [(0.0, Action.ADD, 0, 1e6)], rtol=1e-8)
    assert solution.values[0, -1, 0] == pytest.approx(1e6 * np.exp(-10), rel=1e-4)


def test_order_of_patients_does_not_matter(run):
    """Each patient's numbers are the same bits whoever stands beside them."""
    parameters = np.array([[0.1, 3.0], [0.2, 4.0], [5.0, 1.0]])
    forward = run(decay(), parameters=parameters).values
    backward = run(decay(), parameters=parameters[::-1]).values
    assert np.array_equal(forward, backward[::-1])


def slow_and_fast():
    """A falling X of a much too large scale beside a falling Y of its own scale."""
    return Fake(("X", "Y"), {}, lambda t, y, p: [-20 * y[0], -0.3 * y[1]], lambda p: [10.0, 1.0], scales=(1e9, 1.0))


def test_tolerance_of_one_state_replaces_its_default(run):
    """The scale would allow X an error of 10; its own tolerance does not, and NaN leaves Y as it is."""
    times, exact = [0.0, 0.05, 0.15], 10 * np.exp([0.0, -1.0, -3.0])
    loose = run(slow_and_fast(), times=times, rtol=1e-9).values[0, :, 0]
    exactly = run(slow_and_fast(), times=times, rtol=1e-9, atol=np.array([1e-9, np.nan])).values[0, :, 0]
    assert np.abs(exactly - exact).max() < 1e-6
    assert np.abs(loose - exact).max() > 1e-5


def test_tolerances_equal_to_the_defaults_change_no_bit(run):
    """`atol` means what `atol_factor` times the scale means."""
    default = run(slow_and_fast(), rtol=1e-6).values
    assert np.array_equal(run(slow_and_fast(), atol=np.array([10.0, np.nan])).values, default)
    assert np.array_equal(run(slow_and_fast(), atol=np.array([np.nan, 1e-8])).values, default)


@pytest.mark.parametrize("atol", [[1e-8], [1e-8, 0.0], [-1.0, np.nan], [np.inf, 1.0]])
def test_tolerance_that_is_none_is_the_callers_mistake(run, atol):
    """It is refused before anybody is simulated, in words that say which state."""
    with pytest.raises(ValueError, match="atol"):
        run(slow_and_fast(), atol=np.array(atol))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_parameter_that_is_not_finite_fails_its_patient_alone(run, value):
    """A sentence for that patient; the others have the bits that they have without."""
    kernel, healthy = decay(), np.array([[0.1, 3.0], [0.2, 4.0], [0.7, 1.0], [5.0, 1.0], [0.3, 2.0]])
    for slot in (0, 1):
        mixed = healthy.copy()
        mixed[2, slot] = value
        found, without = run(kernel, parameters=mixed), run(kernel, parameters=np.delete(healthy, 2, axis=0))
        assert [o.status for o in found.outcomes] == ["completed", "completed", "failed", "completed", "completed"]
        assert "not a finite number" in found.outcomes[2].sentence
        assert np.isnan(found.values[2]).all()
        assert np.array_equal(np.delete(found.values, 2, axis=0), without.values)


def test_dose_that_is_not_a_number_fails_its_patient_alone(run):
    """The others have the bits that they have without."""
    people = np.array([[0.1, 3.0], [0.2, 4.0], [0.7, 1.0]])
    found = run(decay(), [(2.0, Action.ADD, 0, np.array([1.0, np.nan, 2.0]))], parameters=people)
    alone = run(decay(), [(2.0, Action.ADD, 0, np.array([1.0, 2.0]))], parameters=people[[0, 2]])
    assert [o.status for o in found.outcomes] == ["completed", "failed", "completed"]
    assert np.array_equal(found.values[[0, 2]], alone.values)
