"""Measures against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytokinome.experiments import measures
from tests.unit.experiments.samples import bump

GRID = np.linspace(0, 24, 289)  # every 5 min


@given(when=st.floats(0.8, 12), height=st.floats(1e-3, 1e6))
def test_smooth_peak(when: float, height: float) -> None:
    """On a grid of 5 min, height and time of a smooth peak are found to far below 1 %."""
    curve = bump(GRID, height, when)
    assert measures.peak(GRID, curve) == pytest.approx(height, rel=2e-4)
    assert measures.peak_time(GRID, curve) == pytest.approx(when, rel=3e-3)


@given(when=st.floats(0.8, 12))
def test_peak_is_refined(when: float) -> None:
    """The refined time is closer to the truth than the grid point wherever that is off by a tenth of a step."""
    curve = bump(GRID, 1, when)
    off = abs(GRID[np.argmax(curve)] - when)
    assert off < 1 / 120 or abs(measures.peak_time(GRID, curve) - when) < off


def test_bolus_is_not_refined() -> None:
    """The jump of a bolus is no parabola: its peak is the value at the dose."""
    curve = np.where(GRID >= 2, 10 * np.exp(-(GRID - 2)), 0.0)
    assert measures.peak(GRID, curve) == 10
    assert measures.peak_time(GRID, curve) == 2


def test_end_of_infusion_is_not_refined() -> None:
    """The kink at the end of an infusion is no parabola either."""
    curve = np.where(GRID <= 4, GRID, 4 * np.exp(-0.2 * (GRID - 4)))
    assert measures.peak(GRID, curve) == pytest.approx(4, rel=1e-12)
    assert measures.peak_time(GRID, curve) == pytest.approx(4, rel=1e-12)


@pytest.mark.parametrize("curve", [GRID, -GRID, np.zeros_like(GRID)])
def test_peak_at_the_edge(curve: np.ndarray) -> None:
    """A peak at the first or last point stays there."""
    assert measures.peak(GRID, curve) == curve.max()
    assert measures.peak_time(GRID, curve) == GRID[np.argmax(curve)]


def test_trough() -> None:
    """A trough is a peak upside down."""
    assert measures.trough(GRID, 5 - bump(GRID, 3, 1.7)) == pytest.approx(2, rel=1e-4)
    assert measures.trough_time(GRID, 5 - bump(GRID, 3, 1.7)) == pytest.approx(1.7, rel=1e-3)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_points(n: int) -> None:
    """Curves of one to three points have a peak."""
    times = np.arange(float(n))
    assert measures.peak(times, times) == n - 1
    assert measures.auc(times, times) == pytest.approx((n - 1) ** 2 / 2)


def test_area() -> None:
    """Areas of exp(-t) between any two times."""
    curve = np.exp(-GRID)
    assert measures.auc(GRID, curve) == pytest.approx(1, rel=1e-3)
    assert measures.auc(GRID, curve, 0.51, 1.77) == pytest.approx(math.exp(-0.51) - math.exp(-1.77), rel=1e-3)
    assert math.isnan(measures.auc(GRID, curve, 1, 25))
    assert measures.average(GRID, curve, 0.51, 1.77) == pytest.approx(measures.auc(GRID, curve, 0.51, 1.77) / 1.26)


@given(split=st.floats(0, 24))
def test_areas_add_up(split: float) -> None:
    """The area of a line is the sum of its parts at any cut."""
    line = 3 * GRID + 1
    parts = measures.auc(GRID, line, 0, split) + measures.auc(GRID, line, split, 24)
    assert parts == pytest.approx(measures.auc(GRID, line), rel=1e-12)


@given(time=st.floats(0, 24))
def test_value_at_a_time(time: float) -> None:
    """Interpolation between output times is good to 1e-4 of the peak."""
    assert measures.at(GRID, bump(GRID, 1, 1.7), time) == pytest.approx(bump(np.array([time]), 1, 1.7)[0], abs=1e-4)


def test_value_does_not_overshoot() -> None:
    """Next to a jump the interpolant stays between the points."""
    curve = np.where(GRID >= 2, 10.0, 0.0)
    between = [float(measures.at(GRID, curve, t)) for t in np.linspace(1.5, 2.5, 101)]
    assert min(between) >= 0
    assert max(between) <= 10


def test_window_is_enough() -> None:
    """The value from the points near by is that from all points."""
    from scipy.interpolate import PchipInterpolator

    rng = np.random.default_rng(1)
    curves = rng.normal(size=(3, 20))
    times = np.cumsum(rng.uniform(0.1, 1, size=20))
    for time in rng.uniform(times[0], times[-1], size=40):
        assert measures.at(times, curves, time) == pytest.approx(PchipInterpolator(times, curves, axis=1)(time))


def test_outside_there_is_nothing() -> None:
    """Before and after the span there is no value."""
    assert math.isnan(measures.at(GRID, GRID, -0.1))
    assert math.isnan(measures.at(GRID, GRID, 24.1))


def test_fold_change() -> None:
    """A fold change is a ratio, and nothing where it starts from zero."""
    assert measures.fold_change(GRID, np.exp(GRID), 1, 2) == pytest.approx(math.e, rel=1e-6)
    assert math.isnan(measures.fold_change(GRID, GRID, 0, 2))


def test_steady_state() -> None:
    """A curve that has settled is steady, one that still rises is not; both give their last mean."""
    mean, is_steady = measures.steady(GRID, np.stack([1 - np.exp(-GRID), GRID, np.zeros_like(GRID)]))
    assert is_steady.tolist() == [True, False, True]
    assert mean == pytest.approx([1, 22.8, 0], rel=1e-3)


def test_time_above() -> None:
    """The time above a threshold is exact for lines, also between points."""
    triangle = 12 - np.abs(GRID - 12)
    assert measures.time_above(GRID, triangle, 5.03) == pytest.approx(2 * (12 - 5.03))
    assert measures.time_above(GRID, triangle, 12) == pytest.approx(0)
    thresholds = np.array([5.0, 8.0])
    assert measures.time_above(GRID, np.stack([triangle] * 2), thresholds) == pytest.approx([14, 8])


def test_ends() -> None:
    """Initial and final are the first and last value."""
    assert (measures.initial(GRID, GRID + 1), measures.final(GRID, GRID + 1)) == (1, 25)


@pytest.mark.parametrize(
    "measure",
    [
        measures.peak,
        measures.peak_time,
        measures.trough,
        measures.auc,
        measures.average,
        measures.initial,
        measures.final,
        lambda t, c: measures.at(t, c, 3.3),
        lambda t, c: measures.time_above(t, c, 0.5),
        lambda t, c: measures.steady(t, c)[0],
    ],
)
def test_failed_patients_stay_failed(measure) -> None:
    """A row of NaN gives NaN and does not touch the others."""
    good = bump(GRID, 1, 3)
    found = measure(GRID, np.stack([good, np.full_like(good, np.nan), good]))
    assert np.isnan(found[1])
    assert found[0] == found[2] == measure(GRID, good)


def test_responders() -> None:
    """Responders are counted among those with an answer."""
    assert measures.responder_fraction(np.array([1, 0, 1, np.nan])) == (pytest.approx(2 / 3), 1)
    share, without = measures.responder_fraction(np.array([np.nan]))
    assert math.isnan(share)
    assert without == 1
