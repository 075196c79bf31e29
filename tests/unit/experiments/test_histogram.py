"""Histograms: accuracy of quantiles as stated, exact merging, zeros, negative numbers and wide ranges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cytokinome.experiments.histogram import ACCURACY, MOST, Histogram

FRACTIONS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def same(a: Histogram, b: Histogram) -> bool:
    """Whether two histograms have the same bins and counts."""
    pairs = [(a.zeros, b.zeros)]
    for one, other in ((a.negative, b.negative), (a.positive, b.positive)):
        pairs += [(one.lowest, other.lowest), (one.widths, other.widths), (one.counts, other.counts)]
    return all(np.array_equal(x, y) for x, y in pairs)


@pytest.mark.parametrize("spread", [0.01, 0.5, 3.0, 5.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_quantiles_are_as_accurate_as_stated(spread: float, sign: int) -> None:
    """Log-normal numbers of either sign: every quantile within 1/128 of the exact one."""
    values = sign * np.exp(np.random.default_rng(1).normal(0, spread, (4001, 7))) * np.logspace(-9, 9, 7)
    exact = np.quantile(values, FRACTIONS, axis=0)
    assert Histogram.of(values).quantiles(FRACTIONS) == pytest.approx(exact, rel=ACCURACY)


def test_zeros_and_both_signs_are_in_order() -> None:
    """Half negative, a tenth zero: the quantiles fall where the numbers are."""
    values = np.concatenate([-np.arange(1.0, 51), np.zeros(10), np.arange(1.0, 41)])[:, None]
    found = Histogram.of(values).quantiles((0.0, 0.25, 0.55, 1.0))[:, 0]
    assert found == pytest.approx(np.quantile(values, (0.0, 0.25, 0.55, 1.0)), rel=ACCURACY, abs=1e-12)


def test_what_is_not_finite_does_not_count() -> None:
    """A cell of NaN and infinities is empty; its quantiles do not exist."""
    found = Histogram.of(np.array([[np.nan, 1.0], [np.inf, 1.0], [-np.inf, np.nan]])).quantiles((0.5,))
    assert np.isnan(found[0, 0])
    assert found[0, 1] == pytest.approx(1.0, rel=ACCURACY)


def test_tiny_numbers_share_a_bin() -> None:
    """Numbers over 600 decades take `MOST` bins, and the large ones keep their accuracy."""
    values = np.logspace(-300, 300, 1000)[:, None]
    histogram = Histogram.of(values)
    assert histogram.positive.counts.sum() == 1000
    assert len(histogram.positive.counts) == MOST
    assert histogram.quantiles((0.999, 1.0))[1, 0] == pytest.approx(1e300, rel=ACCURACY)


NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=64) | st.just(0.0) | st.floats(-10, 10)


@given(arrays(np.float64, (24, 3), elements=NUMBERS), st.permutations(range(6)))
def test_merging_is_exact_in_any_order(values: np.ndarray, order: list[int]) -> None:
    """Six pieces merged in any order give the histogram of the whole."""
    pieces = [Histogram.of(values[4 * i : 4 * i + 4]) for i in order]
    merged = pieces[0]
    for piece in pieces[1:]:
        merged = merged.merged(piece)
    assert same(merged, Histogram.of(values))
    left, right = pieces[0].merged(pieces[1]).merged(pieces[2]), pieces[3].merged(pieces[4].merged(pieces[5]))
    assert same(left.merged(right), Histogram.of(values))
