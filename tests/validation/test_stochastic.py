"""The exact stochastic engine against closed forms.

Seeds are fixed in advance, and the chance that any check of this file fails for an engine that is right is at most
`ALPHA`: every check of random numbers takes its share.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm

from cytokinome.compiler.hybrid import compile_hybrid
from cytokinome.compiler.jumps import jumps_of, steps
from cytokinome.compiler.lower import lower
from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import choose
from cytokinome.engines.ode import reference as ode
from cytokinome.engines.stochastic import lanes
from cytokinome.engines.stochastic.passages import Passage
from cytokinome.engines.stochastic.runs import Runs
from cytokinome.model.load import check_text
from tests.unit.engines.stochastic.models import runs_of, state
from tests.validation.test_language_example import MODEL

ALPHA = 1e-3
SHARE = ALPHA / 20  # fewer than twenty checks below
SEED = 20261122
ONE = 1 / 602.214076  # pM: one molecule in the well of these models


def _agrees(counts, probabilities):
    """Whole numbers are a sample of a distribution: χ² over classes of at least ten expected."""
    observed = np.bincount(np.rint(counts).astype(int), minlength=len(probabilities))
    assert len(observed) == len(probabilities), "a number that cannot be"
    expected = probabilities / probabilities.sum() * len(counts)
    classes = np.minimum(np.cumsum(expected) // 10, expected.sum() // 10 - 1).astype(int)
    sums = [np.bincount(classes, weights=x) for x in (observed, expected)]
    kept = sums[1] > 0
    assert kept.sum() > 3
    assert stats.chisquare(sums[0][kept], sums[1][kept]).pvalue > SHARE


def _final(runs, output=0):
    return lanes.solve(runs).solution.values[:, -1, output]


BIRTH_DEATH = """
cells: {t: {initial: 0 cell}}
rules:
  - t enters at 6 cells/h
  - t dies at 0.5 /h
"""


@pytest.mark.parametrize("time", [0.7, 5.0])
def test_immigration_and_death_are_poisson(time):
    """From nothing, the number at any time is a Poisson number of mean λ/μ·(1 − exp(−μt))."""
    counts = _final(runs_of(BIRTH_DEATH, ["count(t)"], [0, time], count=20_000, seed=SEED))
    mean = 12 * (1 - np.exp(-0.5 * time))
    _agrees(counts, stats.poisson.pmf(np.arange(60), mean))


def test_pure_death_is_binomial():
    """Of 40 cells each lives with probability exp(−μt)."""
    text = "cells: {t: {initial: 40 cell}}\nrules:\n  - t dies at 0.5 /h\n"
    counts = _final(runs_of(text, ["count(t)"], [0, 1.3], count=20_000, seed=SEED + 1))
    _agrees(counts, stats.binom.pmf(np.arange(41), 40, np.exp(-0.65)))


def test_extinction_of_a_growing_population():
    """Linear birth and death: extinct by t with ((μ(e − 1))/(λe − μ))^n₀, e = exp((λ − μ)t); at last (μ/λ)^n₀."""
    text = "cells: {t: {initial: 3 cell}}\nrules:\n  - t divides at 1 /h\n  - t dies at 0.6 /h\n"
    watch = (Passage((state(text, "t"),), 0.0, False),)
    run = lanes.solve(runs_of(text, ["count(t)"], [0, 2, 15], count=20_000, seed=SEED + 2, watches=watch))
    for time, extinct in zip([2.0, 15.0], (run.solution.values[:, 1:, 0] == 0).sum(axis=0), strict=True):
        e = np.exp(0.4 * time)
        probability = (0.6 * (e - 1) / (e - 0.6)) ** 3
        assert stats.binomtest(int(extinct), 20_000, probability).pvalue > SHARE
    assert probability == pytest.approx(0.6**3, rel=0.01)
    assert np.isfinite(run.passages[:, 0]).sum() == extinct


def test_stages_make_an_erlang_dwell_time():
    """A dwell of 24 h in 4 stages is Gamma(4, 6 h)."""
    text = """
cells: {t: {states: {s: {young: 1 cell, old: 0 cell}}}}
rules:
  - young t becomes old after 24 h (4 stages)
"""
    watch = (Passage((state(text, "old t"),), 1.0, True),)
    run = lanes.solve(runs_of(text, ["count(t)"], [0, 1000], count=5_000, seed=SEED + 3, watches=watch))
    assert stats.kstest(run.passages[:, 0], stats.gamma(4, scale=6).cdf).pvalue > SHARE


DIMERS = """
molecules: {A: {in: well, initial: AMOUNT pM}, B: {in: well}}
reactions:
  - {equation: 2 A <-> B, kon: 50 /pM/h, koff: 3 /h, source: assumed}
"""


def test_dimers_in_equilibrium():
    """Detailed balance: P(b + 1)/P(b) = (k/Ω)·n(n − 1)/(r·(b + 1)) with n = N − 2b, no molecule meeting itself."""
    text = DIMERS.replace("AMOUNT", repr(13 * ONE))
    counts = _final(runs_of(text, ["B"], [0, 30], count=20_000, seed=SEED + 4)) / ONE
    weights = [1.0]
    for b in range(6):
        n = 13 - 2 * b
        weights.append(weights[-1] * 50 * ONE * n * (n - 1) / (3 * (b + 1)))
    _agrees(counts, np.array(weights))


def _distribution(runs, time, start):
    """The probability of every reachable state, by the exponential of the matrix of hazards."""
    jumps, p = runs.jumps, runs.parameters[0]
    program, changes = Program(jumps.graph, [j.hazard for j in jumps.jumps]), steps(runs.jumps, p)
    index, open_, flows = {start: 0}, [start], []
    while open_:
        at = open_.pop()
        for hazard, change in zip(program.at(0.0, np.array(at, dtype=float), p), changes, strict=True):
            if hazard == 0:
                continue
            to = list(at)
            for i, step in change:
                to[i] += int(step)
            if tuple(to) not in index:
                index[tuple(to)] = len(index)
                open_.append(tuple(to))
            flows.append((index[tuple(to)], index[at], hazard))
    matrix = np.zeros((len(index), len(index)))
    for to, at, hazard in flows:
        matrix[to, at] += hazard
        matrix[at, at] -= hazard
    return list(index), expm(matrix * time)[:, 0]


@cache
def _annihilation(n, kon):
    """2 A -> B with n molecules at the start and a rate constant that falls with n: the same fraction reacts."""
    text = f"""
molecules: {{A: {{in: well, initial: {n * ONE!r} pM}}, B: {{in: well}}}}
reactions:
  - {{equation: 2 A -> B, k: {kon!r} /pM/h, source: assumed}}
"""
    return runs_of(text, ["A"], [0, 1], count=20_000, seed=SEED + 5)


def test_the_mean_meets_the_mean_field_as_counts_grow():
    """The exact mean of 2 A -> B differs from the mean field n/(1 + 2κ) by O(1/n), and runs have the exact mean."""
    loss = []
    for n in (16, 32, 64, 128):
        runs = _annihilation(n, 0.5 / (n * ONE))  # κ = k·[A]₀·t = 0.5
        states, probability = _distribution(runs, 1.0, (n, 0))
        mean = sum(s[0] * q for s, q in zip(states, probability, strict=True))
        loss.append(mean / n - 1 / (1 + 2 * 0.5))
    np.testing.assert_allclose(np.divide(loss[:-1], loss[1:]), 2, rtol=0.05)
    counts = _final(_annihilation(16, 0.5 / (16 * ONE))) / ONE
    states, probability = _distribution(_annihilation(16, 0.5 / (16 * ONE)), 1.0, (16, 0))
    exact = np.zeros(17)
    for (a, _), q in zip(states, probability, strict=True):
        exact[a] += q
    observed = np.bincount(np.rint(counts).astype(int), minlength=17)[::2]
    kept = exact[::2] * len(counts) > 10
    expected = exact[::2][kept] / exact[::2][kept].sum() * observed[kept].sum()
    assert stats.chisquare(observed[kept], expected).pvalue > SHARE


MIXED = """
molecules: {A: {in: well, initial: 0.005 pM}, H: {in: well}}
cells: {t: {initial: 3 cell}, k: {initial: 2 cell}}
rules:
  - t dies at 0.3 /h
  - t kills k at 1e-10 L/cell/h
  - k kills k at 4e-10 L/cell/h
  - t releases H at 2 molecules/cell
  - t takes up A through R at 3 receptors/cell with internalisation 0.1 /h
receptors: {R: {ligands: {A: 0.003 pM}, source: assumed}}
"""


def test_a_model_of_many_sentences_has_the_exact_distribution():
    """Death with its release, killing, killing of one's like, uptake: all states at 2 h by the matrix of hazards."""
    runs = runs_of(MIXED, ["count(t)", "count(k)", "A", "H"], [0, 2], count=40_000, seed=SEED + 6)
    names = runs.jumps.states
    initial = {"A": 3, "H": 0, "t": 3, "k": 2}
    states, probability = _distribution(runs, 2.0, tuple(initial[name] for name in names))
    values = lanes.solve(runs).solution.values[:, 1]
    found = {name: np.rint(values[:, i] / (ONE if name in "AH" else 1)) for i, name in enumerate(["t", "k", "A", "H"])}
    codes = {s: i for i, s in enumerate(states)}
    _agrees(np.array([codes[row] for row in zip(*(found[n].astype(int) for n in names), strict=True)]), probability)
    np.testing.assert_array_equal(found["H"], 2 * (3 - found["t"]))  # what a death releases comes with the death


def test_nobody_kills_itself():
    """Of cells that kill their like, one is left, whatever the time."""
    text = "cells: {k: {initial: 6 cell}}\nrules:\n  - k kills k at 1e-8 L/cell/h\n"
    assert (_final(runs_of(text, ["count(k)"], [0, 1000], count=200, seed=SEED + 7)) == 1).all()


def test_the_smallest_difference_of_seeds_is_another_sample():
    """Neighbouring keys give independent numbers: means over seeds, runs and patients vary as they should."""
    base = runs_of(BIRTH_DEATH, ["count(t)"], [0, 5], count=50)
    means = [_final(replace(base, seed=seed)).mean() for seed in range(100)]
    mean = 12 * (1 - np.exp(-2.5))
    ratio = np.var(means, ddof=1) / (mean / 50) * 99
    assert SHARE / 2 < stats.chi2.cdf(ratio, 99) < 1 - SHARE / 2


@pytest.mark.parametrize("hybrid", [False, True])
def test_macrophages_in_culture_have_the_mean_field_on_average(hybrid):
    """The model that the language contract opens with, in a small sample: the mean differs from the ODE by O(1/n)."""
    model = check_text(MODEL, "model.yaml").require()
    kernel, times = lower(model).kernel, np.array([0.0, 6.0, 12.0, 24.0])
    names = [output.name for output in kernel.outputs]
    select = tuple(names.index(name) for name in ("LPS", "TNF", "IL10", "count(active macrophage)"))
    p = kernel.defaults()[None]
    expected = ode.solve(kernel, p, Schedule(), times, select=select).values[0, 1:]
    if hybrid:
        few, count = compile_hybrid(model, 3e-5, "llvm"), 60  # 30 cells
        keys = np.array([(SEED + 8, run, 0) for run in range(count)], dtype=np.uint64)
        people = np.repeat(few.defaults()[None], count, axis=0)
        runs = choose.solver(few)(few, people, Schedule(), times, select=select, keys=keys)
        found, bias = runs.values[:, 1:], 0.02
    else:
        jumps = jumps_of(model, sample=3e-6)  # 3 cells, 18 000 molecules of LPS
        exact = Runs(jumps, kernel, p, Schedule(), times, select, count=100, seed=SEED + 9)
        found, bias = lanes.solve(exact).solution.values[:, 1:], 0.05
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found)) * stats.t(len(found) - 1).isf(SHARE / 24)
    np.testing.assert_array_less(np.abs(found.mean(axis=0) - expected), error + bias * expected)
    assert (error < 0.4 * expected).all()  # or this would say little
