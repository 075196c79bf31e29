"""The door of the engine: the target it takes, and runs in blocks."""

from dataclasses import replace

import numpy as np
import pytest

from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.stochastic import choose, lanes, reference
from cytokinome.experiments.histogram import ACCURACY, Histogram
from cytokinome.experiments.summary import Moments, Tree
from tests.unit.engines.stochastic.models import runs_of, state

DECAY = "molecules: {A: {in: well, initial: 0.2 pM, degrades: {rate: 0.5 /h, source: assumed}}}\n"
STATED = DECAY + "events:\n  - {when: A < 0.1 pM, do: {A: 0.2 pM}}\n"


def test_models_that_state_events_run_on_the_reference():
    """Others are compiled; the rows are those of either target."""
    for text, target in ((STATED, reference.solve), (DECAY, lanes.solve)):
        runs = runs_of(text, ["A"], [0, 1, 4], count=5, seed=3)
        np.testing.assert_array_equal(choose.solve(runs, threads=2).solution.values, target(runs).solution.values)


def _cohort():
    """Two patients with different doses and starts, 1 500 runs each."""
    runs = runs_of(DECAY, ["A"], [0, 1, 4], count=1500, seed=3)
    dose = Entry(0.5, Action.ADD, state(DECAY, "A"), np.array([0.05, 0.1]))
    both = np.repeat(runs.parameters, 2, axis=0)
    return replace(runs, parameters=both, schedule=Schedule.of([dose]), starts=np.array([[0.2], [0.3]]))


def test_blocks_are_the_rows_of_the_whole():
    """In order, with doses, starts and keys of their patients."""
    runs = _cohort()
    parts = [part.solution.values for part in choose.stream(runs, block=400)]
    assert [len(part) for part in parts] == [400, 400, 400, 300] * 2
    np.testing.assert_array_equal(np.concatenate(parts), lanes.solve(runs).solution.values)


def test_moments_and_quantiles_of_blocks_are_those_of_all_runs():
    """What the streamed summaries of experiments keep of a cohort serves runs as well."""
    runs = replace(_cohort(), parameters=_cohort().parameters[:1], schedule=Schedule(), starts=None)
    tree, histogram = Tree(), None
    for part in choose.stream(runs, block=256):
        cells = part.solution.values[:, :, 0]
        tree = tree.with_next(Moments.of(cells))
        histogram = Histogram.of(cells) if histogram is None else histogram.merged(Histogram.of(cells))
    values = lanes.solve(runs).solution.values[:, :, 0]
    moments = tree.whole()
    assert moments is not None
    assert histogram is not None
    np.testing.assert_allclose(moments.rows[1], values.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(moments.rows[2] / 1499, values.var(axis=0, ddof=1), rtol=1e-10, atol=1e-15)
    found = histogram.quantiles((0.25, 0.5))
    np.testing.assert_allclose(found, np.quantile(values, (0.25, 0.5), axis=0), rtol=2 * ACCURACY)


def test_streaming_stops_when_asked():
    """Blocks that were not begun are not yielded."""
    assert list(choose.stream(_cohort(), should_stop=lambda: True)) == []
    with pytest.raises(ValueError, match="at least one"):
        list(choose.stream(_cohort(), block=0))
