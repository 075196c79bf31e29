"""The hybrid against the exact engine and closed forms."""

import numpy as np
import pytest
from scipy import stats

from cytokinome.compiler.hybrid import compile_hybrid, hybrid_of
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.ode import choose
from cytokinome.engines.ode import reference as ode
from cytokinome.engines.stochastic import reference
from tests.unit.engines.stochastic.models import model_of, runs_of

SHARE = 1e-3 / 10  # the chance that one of ten checks of random numbers fails for an engine that is right


def _solve(text, outputs, times, *, sample=1.0, count=1, seed=0, target="llvm", changes=None, schedule=None, **options):
    """Runs of the typical person; `changes` are values of slots."""
    kernel = compile_hybrid(model_of(text), sample, target)
    names, slots = [output.name for output in kernel.outputs], [slot.name for slot in kernel.parameters]
    p = np.repeat(kernel.defaults()[None], count, axis=0)
    for name, value in (changes or {}).items():
        p[:, slots.index(name)] = value
    keys = np.array([(seed, run, 0) for run in range(count)], dtype=np.uint64)
    given = Schedule() if schedule is None else schedule
    select = tuple(names.index(output) for output in outputs)
    return choose.solver(kernel)(kernel, p, given, np.array(times), select=select, keys=keys, **options)


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


@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_cells_alone_run_as_in_the_exact_engine(target):
    """Without molecules the same numbers give the same events at the same times."""
    times, outputs = np.linspace(0, 12, 49), ["count(t)", "count(k)"]
    exact = reference.solve(runs_of(CELLS, outputs, times, count=3, seed=5)).solution
    found = _solve(CELLS, outputs, times, count=3, seed=5, target=target)
    np.testing.assert_array_equal(found.values, exact.values)


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
    alive = _solve(FADING, ["count(t)"], times, count=600, seed=21).values[:, :, 0].sum(axis=0)
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
    found = _solve(SECRETING, outputs, times, count=300, seed=22).values
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


@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_outputs_do_not_enter_a_run(target):
    """A finer grid shows the same runs at more times."""
    outputs, options = ["count(t)", "A"], {"count": 2, "seed": 3, "target": target}
    coarse = _solve(SECRETING, outputs, [0.0, 2.0, 4.0], **options)
    fine = _solve(SECRETING, outputs, np.linspace(0, 4, 41), **options)
    np.testing.assert_array_equal(fine.values[:, ::20], coarse.values)


def test_both_targets_give_the_same_runs():
    """The same numbers, the same jumps; what flows differs by the tolerance."""
    outputs, times = ["count(t)", "A", "H"], np.linspace(0, 4, 9)
    slow, fast = (_solve(SECRETING, outputs, times, count=4, seed=8, target=t) for t in ("reference", "llvm"))
    np.testing.assert_array_equal(fast.values[:, :, 0], slow.values[:, :, 0])
    np.testing.assert_allclose(fast.values, slow.values, rtol=1e-4)


def test_lanes_and_threads_do_not_enter_a_run():
    """A run has the same bits alone, among others, and on several threads."""
    outputs, times = ["count(t)", "A"], np.linspace(0, 3, 4)
    many = _solve(SECRETING, outputs, times, count=9, seed=6)
    np.testing.assert_array_equal(_solve(SECRETING, outputs, times, count=2, seed=6).values, many.values[:2])


@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_doses_and_infusions(target):
    """Molecules are added in any amount, cells in whole ones; an infusion flows until it is taken away."""
    text = "molecules: {A: {in: well, initial: 1 pM}}\ncells: {t: {initial: 3 cell}}\n"
    states = hybrid_of(model_of(text)).system.states
    a, t = states.index("A"), states.index("t")
    schedule = Schedule.of([
        _entry(1, Action.ADD, a, 0.123),
        _entry(1, Action.ADD, t, 2.4),
        _entry(2, Action.RATE_ON, a, 0.5),
        _entry(3, Action.RATE_OFF, a, 0.5),
        _entry(4, Action.SCALE, t, 0.4),
    ])  # fmt: skip
    times = [0.0, 1.0, 2.5, 3.0, 4.0]
    found = _solve(text, ["A", "count(t)"], times, schedule=schedule, target=target).values[0]
    np.testing.assert_allclose(found[:, 0], [1, 1.123, 1.373, 1.623, 1.623], rtol=1e-12)
    np.testing.assert_array_equal(found[:, 1], [3, 5, 5, 5, 2])


def test_half_a_cell_too_much_stays_so():
    """Two and a half cells are three, and they die one by one."""
    text = "cells: {t: {initial: 5 cell}}\nrules:\n  - t dies at 1 /h\n"
    (t,) = (i for i, name in enumerate(hybrid_of(model_of(text)).system.states) if name == "t")
    schedule = Schedule((Entry(0.0, Action.SCALE, t, np.full(5, 0.5)),))
    found = _solve(text, ["count(t)"], np.linspace(0, 20, 2001), schedule=schedule, count=5, seed=2).values[:, :, 0]
    assert (found[:, 0] == 3).all()
    assert (found[:, -1] == 0).all()
    assert (np.diff(found, axis=1) >= -1).all()


@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_a_stated_event_beside_the_jumps(target):
    """What a model states happens too: when fewer than three cells are left, all others are kept from dying."""
    text = """
parameters: {k: {value: 1 /h, source: assumed}}
cells: {t: {initial: 5 cell}}
rules:
  - t dies at k
events:
  - {when: count(t) < 3 cell, do: {k: 0 /h}}
"""
    found = _solve(text, ["count(t)"], [0.0, 1.0, 30.0], count=20, seed=4, target=target).values[:, :, 0]
    assert (found[:, 0] == 5).all()
    assert (found[:, 1] >= 3).any()
    assert (found[:, 2] == 2).all()


def test_a_run_that_fails_says_why():
    """Populations that explode and hazards that turn negative end a run."""
    growing = "cells: {t: {initial: 5 cell}}\nrules:\n  - t divides at 1 /h\n"
    run = _solve(growing, ["count(t)"], [0.0, 50.0], target="reference", max_steps=200)
    assert np.isnan(run.values).all()
    assert run.outcomes[0].sentence.startswith("more than 200 steps were needed by")
    for target in ("reference", "llvm"):
        text = (
            "parameters: {k: {value: 1 /h, source: assumed}}\ncells: {t: {initial: 5 cell}}\nrules:\n  - t dies at k\n"
        )
        run = _solve(text, ["count(t)"], [0.0, 1.0], changes={"k": -1.0}, target=target)
        assert run.outcomes[0].sentence == "the rate of `t-dies: t` is negative or no number at 0 h"


def test_random_numbers_are_needed():
    """Without keys there is nothing to draw from."""
    kernel = compile_hybrid(model_of(CELLS))
    with pytest.raises(ValueError, match="keys"):
        ode.solve(kernel, kernel.defaults()[None], Schedule(), np.array([0.0, 1.0]), select=[0])


def test_a_sample_counts_fewer_cells():
    """A tenth of the cells, each standing for ten: numbers come in tens, molecules as of the whole."""
    start = {"start(t)": 200.0}
    numbers = _solve(SECRETING, ["count(t)"], [0.0, 2.0], sample=0.1, count=20, seed=4, changes=start).values
    np.testing.assert_array_equal(numbers / 10, np.rint(numbers / 10))
    assert len(np.unique(numbers[:, 1])) > 3
    with pytest.raises(ValueError, match="positive fraction"):
        hybrid_of(model_of(SECRETING), sample=0.0)
