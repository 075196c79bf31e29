"""Summaries: moments against NumPy, the tree of blocks, who is counted and who is named."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from cytokinome.engines.base import Outcome
from cytokinome.experiments.histogram import Histogram
from cytokinome.experiments.summary import NAMED, STATISTICS, Fates, Moments, Summary, Tree, statistic_of


def test_moments_of_merged_pieces_are_those_of_the_whole() -> None:
    """Unequal pieces, one of them empty of numbers."""
    values = np.random.default_rng(2).normal(5, 2, (300, 4))
    values[100:150] = np.nan
    values[:, 3] = np.nan
    pieces = [Moments.of(part) for part in np.split(values, [7, 100, 150])]
    merged = pieces[0]
    for piece in pieces[1:]:
        merged = merged.merged(piece)
    known = values[:, :3][np.isfinite(values[:, 0])]
    expected = [
        np.full(3, 250.0),
        known.mean(axis=0),
        ((known - known.mean(axis=0)) ** 2).sum(axis=0),
        known.min(axis=0),
        known.max(axis=0),
    ]
    assert merged.rows[:, :3] == pytest.approx(np.array(expected), rel=1e-13)
    assert merged.rows[:, 3].tolist() == [0.0, 0.0, 0.0, np.inf, -np.inf]


def test_sums_of_squares_do_not_cancel() -> None:
    """A small spread on a large mean, against rational numbers."""
    values = 1e9 + np.random.default_rng(3).integers(0, 3, (512, 1)).astype(float)
    tree = Tree()
    for block in np.split(values, 32):
        tree = tree.with_next(Moments.of(block))
    whole = tree.whole()
    assert whole is not None
    exact = [Fraction(v) for v in values[:, 0].tolist()]
    mean = sum(exact) / len(exact)
    assert whole.rows[2, 0] == pytest.approx(float(sum((v - mean) ** 2 for v in exact)), rel=1e-6)


@pytest.mark.parametrize("blocks", [1, 2, 3, 7, 8, 13])
def test_tree_depends_on_the_number_of_blocks_alone(blocks: int) -> None:
    """Its nodes are the binary digits of the number of blocks, the largest first; nothing is lost."""
    tree = Tree()
    for i in range(blocks):
        tree = tree.with_next(Moments.of(np.full((2, 1), float(i))))
    assert sum(2**level for level in tree.levels) == blocks
    assert list(tree.levels) == sorted(set(tree.levels), reverse=True)
    whole = tree.whole()
    assert whole is not None
    assert whole.rows[:, 0] == pytest.approx([2 * blocks, (blocks - 1) / 2, whole.rows[2, 0], 0, blocks - 1])


def test_summary_has_every_statistic() -> None:
    """As from the patients themselves; quantiles within the accuracy of the histogram."""
    values = np.exp(np.random.default_rng(4).normal(0, 1, (1000, 6)))
    summary = Summary.of(Moments.of(values), Histogram.of(values), (3, 2), Fates({"completed": 1000}))
    for name, found in summary.rows():
        exact = statistic_of(values, name).reshape(3, 2)
        assert found == pytest.approx(exact, rel=0.01 if name in STATISTICS[5:] else 1e-12), name
    assert summary.curve("median", 1).shape == (3,)
    assert summary.on(np.array([True, False, True])).statistics.shape == (len(STATISTICS), 2, 2)


def test_one_patient_has_no_deviation_and_nobody_no_mean() -> None:
    """Numbers that do not exist are NaN."""
    values = np.array([[2.0, np.nan]])
    summary = Summary.of(Moments.of(values), Histogram.of(values), (1, 2), Fates({"completed": 1}))
    found = {name: rows[0] for name, rows in summary.rows()}
    assert found["count"].tolist() == [1, 0]
    assert found["mean"][0] == found["median"][0] == 2.0
    assert np.isnan([found["sd"][0], found["mean"][1], found["q05"][1], found["min"][1]]).all()


def test_fates_count_everybody_and_name_the_first() -> None:
    """Patients are numbered from 1 over all blocks; codes tell the kinds of failure apart."""
    fine, blown = Outcome.COMPLETED.of(1.0), Outcome.BLOWN_UP.of(2.0, "X")
    stuck = Outcome.NO_STEADY_STATE.of(9.0, "X")
    first, second = Fates.of([fine, blown] * 60), Fates.of([stuck, fine], first=120)
    both = first.merged(second)
    assert both.counts == {"completed": 61, "failed": 61}
    assert both.codes == {"PATIENT_FAILED": 60, "STEADY_STATE_FAILED": 1}
    assert both.patients == 122
    assert [patient for patient, _ in both.others] == [*range(2, 121, 2), 121]
    assert len(Fates.of([blown] * 150).merged(both).others) == NAMED
