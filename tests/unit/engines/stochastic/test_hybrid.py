"""The hybrid against the exact engine and closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from cytokinome.compiler.hybrid import hybrid_of
from cytokinome.compiler.lower import lower
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.stochastic import reference
from cytokinome.engines.stochastic.hybrid import HybridRuns, solve
from tests.unit.engines.stochastic.models import model_of, runs_of

SHARE = 1e-3 / 10  # the chance that one of ten checks of random numbers fails for an engine that is right


def _runs(text, outputs, times, *, sample=1.0, **options):
    kernel = lower(model_of(text)).kernel
    names = [output.name for output in kernel.outputs]
    given = {"parameters": kernel.defaults()[None], "schedule": Schedule()} | options
    select = tuple(names.index(output) for output in outputs)
    return HybridRuns(hybrid_of(model_of(text), sample=sample), kernel, times=np.array(times), select=select, **given)


def _entry(time, action, slot, value):
    return Entry(time, action, slot, np.array([float(value)]))


CELLS = """
cells: {t: {initial: 20 cell}, k: {initial: 4 cell}}
rules:
  - t divides after 8 h (3 stages)
  - t dies at 0.02 /h, only when time > 5 h
  - k kills t at 1e-11 L/cell/h
  - k kills k at 3e-12 L/cell/h
"""


def test_cells_alone_run_as_in_the_exact_engine():
    """Without molecules the same numbers give the same events at the same times."""
    times = np.linspace(0, 12, 49)
    exact = reference.solve(runs_of(CELLS, ["count(t)", "count(k)"], times, count=3, seed=5)).solution
    np.testing.assert_array_equal(
        solve(_runs(CELLS, ["count(t)", "count(k)"], times, count=3, seed=5)).values, exact.values
    )


FADING = """
molecules: {A: {in: well, initial: 3 pM, degrades: {rate: 0.5 /h, source: assumed}}}
cells: {t: {initial: 1 cell}}
parameters: {k: {value: 0.4 /pM/h, source: assumed}}
rules:
  - {id: death, rule: t dies, at: k * A}
"""


def test_a_hazard_that_fades_is_integrated():
    """The survival of a cell is exp(−∫k·A dt) while A falls exponentially."""
    times = np.array([0.0, 0.3, 1.0, 2.5, 8.0])
    alive = solve(_runs(FADING, ["count(t)"], times, count=600, seed=21)).values[:, :, 0].sum(axis=0)
    for time, number in zip(times[1:], alive[1:], strict=True):
        survival = np.exp(-0.4 * 3 / 0.5 * (1 - np.exp(-0.5 * time)))
        assert stats.binomtest(int(number), 600, survival).pvalue > SHARE


SECRETING = """
molecules: {A: {in: well, degrades: {rate: 0.8 /h, source: assumed}}, H: {in: well}}
cells: {t: {initial: 5 cell, inside: {Y: {initial: 50 molecules/cell}, Z: {kind: intensive, initial: 3}}}}
rules:
  - t enters at 4 cells/h
  - t dies by necrosis at 0.5 /h
  - t secretes A at 60 molecules/cell/h
  - t releases H at 7 molecules/cell
"""


def test_means_of_a_linear_model_are_the_mean_field():
    """Cells that come, go and secrete: the mean of every output is the solution of the ODE."""
    outputs, times = ["count(t)", "A", "H", "mean(t.Y)"], np.array([0.0, 1.0, 3.0])
    found = solve(_runs(SECRETING, outputs, times, count=300, seed=22)).values
    n = 8 + (5 - 8) * np.exp(-0.5 * times)
    one = 1 / 602.214076
    level = 60 * one * (
        8 / 0.8 * (1 - np.exp(-0.8 * times)) - 3 / 0.3 * (np.exp(-0.5 * times) - np.exp(-0.8 * times))
    )  # fmt: skip
    dead = 0.5 * (8 * times - 3 / 0.5 * (1 - np.exp(-0.5 * times)))
    for i, expected in enumerate((n, level, 7 * one * dead)):
        error = found[:, 1:, i].std(axis=0, ddof=1) / np.sqrt(300)
        np.testing.assert_array_less(np.abs(found[:, 1:, i].mean(axis=0) - expected[1:]) / error, stats.norm.isf(1e-5))
    np.testing.assert_allclose(found[:, :, 3], 50 / 6.02214076e11, rtol=1e-5)  # equal in all cells, so it stays


def test_outputs_do_not_enter_a_run():
    """A finer grid shows the same runs at more times."""
    coarse = _runs(SECRETING, ["count(t)", "A"], [0.0, 2.0, 4.0], count=2, seed=3)
    fine = replace(coarse, times=np.linspace(0, 4, 41))
    np.testing.assert_array_equal(solve(fine).values[:, ::20], solve(coarse).values)


def test_doses_and_infusions():
    """Molecules are added in any amount, cells in whole ones; an infusion flows until it is taken away."""
    text = "molecules: {A: {in: well, initial: 1 pM}}\ncells: {t: {initial: 3 cell}}\n"
    a, t = (lower(model_of(text)).kernel.states.index(name) for name in ("A", "t"))
    schedule = Schedule.of([
        _entry(1, Action.ADD, a, 0.123),
        _entry(1, Action.ADD, t, 2.4),
        _entry(2, Action.RATE_ON, a, 0.5),
        _entry(3, Action.RATE_OFF, a, 0.5),
        _entry(4, Action.SCALE, t, 0.4),
    ])  # fmt: skip
    found = solve(_runs(text, ["A", "count(t)"], [0.0, 1.0, 2.5, 3.0, 4.0], schedule=schedule)).values[0]
    np.testing.assert_allclose(found[:, 0], [1, 1.123, 1.373, 1.623, 1.623], rtol=1e-12)
    np.testing.assert_array_equal(found[:, 1], [3, 5, 5, 5, 2])


def test_a_run_that_fails_says_why():
    """Populations that explode and hazards that turn negative end a run, and no other."""
    growing = "cells: {t: {initial: 5 cell}}\nrules:\n  - t divides at 1 /h\n"
    run = solve(_runs(growing, ["count(t)"], [0.0, 50.0], max_events=200))
    assert np.isnan(run.values).all()
    assert run.outcomes[0].sentence.startswith("more than 200 events happened by")
    starts = np.array([[-1.0], [2.0]])
    both = _runs(growing, ["count(t)"], [0.0, 0.1])
    run = solve(replace(both, parameters=np.repeat(both.parameters, 2, axis=0), starts=starts))
    assert [outcome.status for outcome in run.outcomes] == ["failed", "completed"]


def test_a_sample_counts_fewer_cells():
    """A tenth of the cells, each standing for ten: numbers come in tens, molecules as of the whole."""
    runs = _runs(SECRETING, ["count(t)", "A"], [0.0, 2.0], sample=0.1, count=20, seed=4)
    numbers = solve(replace(runs, starts=np.array([[0.0, 0.0, 200.0, 0.0, 0.0]]))).values[:, :, 0]
    np.testing.assert_allclose(numbers / 10, np.rint(numbers / 10), atol=1e-12)
    with pytest.raises(ValueError, match="positive fraction"):
        hybrid_of(model_of(SECRETING), sample=0.0)
