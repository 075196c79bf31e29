"""Single cells in the exact stochastic engine: what each carries goes where the cell goes."""

import numpy as np
import pytest
from scipy import stats

from cytokinome.compiler.jumps import jumps_of
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.draws import Draws
from cytokinome.engines.stochastic import choose, lanes, reference
from cytokinome.engines.stochastic.cells import CellPrograms, Cells
from cytokinome.errors import UnsupportedFeature
from tests.unit.engines.stochastic.models import model_of, runs_of, state

SHARE = 1e-3 / 10  # the chance that one of ten checks of random numbers fails for an engine that is right
ONE = 1 / 602.214076  # pM: one molecule

EQUAL = """
molecules: {Y: {in: well}}
cells: {t: {initial: 12 cell, inside: {Y: {initial: 40 molecules/cell}}}}
rules:
  - t dies by necrosis at 0.4 /h
"""


def test_necrosis_releases_what_the_cell_holds():
    """Of cells that hold 40 molecules each, every death releases 40, and the rest hold 40."""
    found = reference.solve(runs_of(EQUAL, ["count(t)", "Y", "mean(t.Y)"], [0, 1, 3, 30], count=10, seed=1))
    n, released, mean = np.moveaxis(found.solution.values, 2, 0)
    np.testing.assert_allclose(released / ONE, 40 * (12 - n), rtol=1e-12)
    np.testing.assert_allclose(mean[n > 0] * 6.02214076e11, 40, rtol=1e-6)
    assert (n[:, -1] == 0).all()


PRODUCING = """
molecules: {Y: {in: well}}
cells: {t: {initial: 1 cell, inside: {Y: {initial: 0 molecules/cell, degrades: {rate: 0.5 /h, source: assumed}}}}}
rules:
  - t produces Y inside at 20 molecules/cell/h
  - t dies by necrosis at 0.3 /h, only when time > 6 h
"""


def test_the_released_number_is_the_distribution_inside():
    """What a cell holds under production and loss is a Poisson number, and so is what it releases."""
    found = reference.solve(runs_of(PRODUCING, ["count(t)", "Y"], [0, 6.001, 30], count=400, seed=2))
    dead = found.solution.values[:, 2, 0] == 0
    released = np.rint(found.solution.values[dead, 2, 1] / ONE)
    ratio = released.var(ddof=1) / 40 * (len(released) - 1)
    assert abs(released.mean() - 40) < stats.norm.isf(SHARE) * np.sqrt(40 / len(released)) + 40 * np.exp(-3)
    assert SHARE < stats.chi2.cdf(ratio, len(released) - 1) < 1 - SHARE


DIVIDING = """
molecules: {Y: {in: well}}
cells: {t: {initial: 1 cell, inside: {Y: {initial: 64 molecules/cell}}}}
rules:
  - RULE
  - t dies by necrosis at 5 /h, only when time > 2 h
"""


@pytest.mark.parametrize("rule", ["t divides at 2 /h, only when time <= 2 h", "t divides after 0.5 h (2 stages)"])
def test_division_shares_molecules_out(rule):
    """Molecules are shared out and never made: all that die release all that was there."""
    text = DIVIDING.replace("RULE", rule)
    if "stages" in rule:
        text = text.replace("5 /h", "50 /h")
    found = reference.solve(runs_of(text, ["count(t)", "Y"], [0, 1, 2, 60], count=20, seed=3))
    n, released = np.moveaxis(found.solution.values, 2, 0)
    assert n[:, 2].max() > 4
    assert (n[:, -1] == 0).all()
    np.testing.assert_allclose(released[:, -1] / ONE, 64, rtol=1e-12)


def test_daughters_get_half_each_by_chance():
    """The share of a daughter is binomial."""
    draws = Draws(5, 0, 0)
    shares: list[int] = []
    for _ in range(3000):
        draws.next()
        shares.append(draws.half(100))
    assert stats.kstest(np.array(shares) + np.random.default_rng(1).uniform(-0.5, 0.5, 3000), _smooth).pvalue > SHARE


def _smooth(x):
    """The distribution function of a binomial number spread over ±½."""
    below = np.floor(x + 0.5)
    return stats.binom.cdf(below - 1, 100, 0.5) + (x + 0.5 - below) * stats.binom.pmf(below, 100, 0.5)


BINDING = """
molecules: {X: {in: well, initial: 0.3 pM}, W: {in: well}}
receptors: {R: {ligands: {X: {kon: 2e8 /M/s, koff: 1e-4 /s}}, internalisation: 1e-5 /s, source: assumed}}
cells:
  t: {states: {s: {calm: 8 cell, keen: 0 cell}}, inside: {W: {initial: 3 molecules/cell}}}
rules:
  - t binds X through R at 30 receptors/cell
  - calm t becomes keen at 0.3 /h, resetting W
  - keen t dies at 0.1 /h
  - keen t divides at 0.2 /h
"""


def test_sums_over_cells_are_the_totals(monkeypatch):
    """Through binding, change of state, division and death the cells' molecules add up, and none is negative."""
    runs = runs_of(BINDING, ["count(keen t)", "X"], [0, 8], seed=4)
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    event = Cells.event

    def watched(self, index, hazard, counts, stretch, t):
        changes = event(self, index, hazard, counts, stretch, t)
        after = counts.copy()
        for at, step in changes:
            after[at] += step
        for cells, totals in self._totals.items():
            assert len(self.held[cells]) == after[cells]
            seen.append((self.held[cells].sum(axis=0), after[list(totals.values())]))
            assert (self.held[cells] >= 0).all()
        return changes

    monkeypatch.setattr(Cells, "event", watched)
    assert reference.solve(runs).solution.outcomes[0].status == "completed"
    assert len(seen) > 500
    for held, total in seen:
        np.testing.assert_array_equal(held, total)


def test_cells_start_with_whole_molecules():
    """A total that is not a multiple of the number of cells becomes one."""
    text = EQUAL.replace("40 molecules", "2.6 molecules")
    runs = runs_of(text, ["mean(t.Y)"], [0, 1])
    counts = np.array([0.0, 12.0, 31.0])
    cells = Cells(runs.jumps, CellPrograms(runs.jumps), counts, Draws(0, 0, 0), runs.parameters[0])
    np.testing.assert_array_equal(cells.held[state(text, "t")], np.full((12, 1), 3))
    assert counts[2] == 36


SELECTING = """
cells:
  t: {initial: 500 cell, inside: {Y: {initial: 100 molecules/cell, between-cells: {lognormal: {cv: 0.5}}}}}
rules:
  - t dies at 0.4 /h, driven by Y (half 100 molecules/cell, hill 4)
"""


def log_normal(number):
    """Values of Y at evenly spaced quantiles, mean 100 and CV 0.5."""
    sigma = np.sqrt(np.log(1.25))
    return 100 * np.exp(sigma * stats.norm.ppf((np.arange(number) + 0.5) / number) - sigma**2 / 2)


def test_each_cell_has_its_own_hazard():
    """Cells with much Y die first: the number left and what they hold are those of the distribution."""
    times, runs = [0, 2, 6], 4
    found = reference.solve(runs_of(SELECTING, ["count(t)", "mean(t.Y)"], times, count=runs, seed=11))
    y = log_normal(20_000)
    hazard = 0.4 * y**4 / (100**4 + y**4)
    for i, t in enumerate(times):
        weight = np.exp(-hazard * t)
        left, total = found.solution.values[:, i, 0], 500 * runs
        share, spread = weight.mean(), stats.norm.isf(SHARE)
        assert abs(left.sum() / total - share) <= spread * np.sqrt(share * (1 - share) / total)
        mean = (weight * y).mean() / share
        sd = np.sqrt((weight * y**2).mean() / share - mean**2)
        carried = (found.solution.values[:, i, 1] * left).sum() / left.sum() * 6.02214076e11
        assert abs(carried - mean) <= spread * sd / np.sqrt(left.sum())


def test_a_sample_has_the_same_hazard_per_cell():
    """Of a tenth of everything the hazards of the cells are those of the whole, and its doses and volumes a tenth."""
    sampled = reference.solve(runs_of(SELECTING, ["count(t)"], [0, 2], sample=0.1, count=40, seed=12))
    share = np.exp(-0.8 * log_normal(20_000) ** 4 / (100**4 + log_normal(20_000) ** 4)).mean()
    left = sampled.solution.values[:, 1, 0].sum() / (500 * 40)
    assert abs(left - share) <= stats.norm.isf(SHARE) * np.sqrt(share * (1 - share) / 2000)


def test_cells_that_enter_or_are_reset_are_drawn():
    """New values follow the distribution too, whether a cell comes from outside or turns over."""
    between = "{initial: 100 molecules/cell, between-cells: {lognormal: {cv: 0.5}}}"
    text = f"""
cells: {{t: {{states: {{s: {{a: 0 cell, b: 0 cell}}}}, inside: {{Y: {between}}}}}}}
rules:
  - t enters at 2000 cells/h
  - a t becomes b at 1e3 /h, resetting Y
"""
    found = reference.solve(runs_of(text, ["count(b t)", "mean(b t.Y)"], [0, 0.6], seed=13))
    n, mean = found.solution.values[0, 1]
    assert n > 1000
    assert abs(mean * 6.02214076e11 - 100) < stats.norm.isf(SHARE) * 50 / np.sqrt(n)
    assert abs(mean * 6.02214076e11 - 100) > 1e-6


def test_killers_that_differ_are_refused_where_rates_are_not_linear():
    """Who is killed by whom would need every killer; the sentence is named. Linear in what they carry, it need not."""
    between = "{initial: 40 molecules/cell, between-cells: {lognormal: {cv: 0.5}}}"
    text = f"""
cells: {{t: {{initial: 12 cell, inside: {{Y: {between}}}}}, v: {{initial: 5 cell}}}}
rules:
"""
    with pytest.raises(UnsupportedFeature, match="the rate of `t-kills-v` is not linear in what killers carry"):
        jumps_of(model_of(text + "  - t kills v at 1e-9 mL/cell/h, driven by Y (half 10 molecules/cell)\n"))
    jumps_of(model_of(text + '  - {rule: t kills v, at: "1e-11 mL/molecule/h * Y"}\n'))
    with pytest.raises(UnsupportedFeature, match="`t-kills-t` kills cells of its own kind"):
        jumps_of(model_of(text + '  - {rule: t kills t, at: "1e-11 mL/molecule/h * Y"}\n'))


def test_cells_that_differ_begin_as_given():
    """A start at rest is refused: what each cell would have there is not known."""
    text = SELECTING + "start: steady state\n"
    with pytest.raises(UnsupportedFeature, match="draws `between-cells` where it has no `start: steady state`"):
        jumps_of(model_of(text))


def test_lanes_and_schedules_leave_what_single_cells_carry_alone():
    """The compiled engine and doses of such cells are refused; the door takes the reference."""
    runs = runs_of(EQUAL, ["Y"], [0, 1], count=2, seed=1)
    with pytest.raises(UnsupportedFeature, match="single cells carry"):
        lanes.solve(runs)
    np.testing.assert_array_equal(choose.solve(runs).solution.values, reference.solve(runs).solution.values)
    schedule = Schedule.of([Entry(0.5, Action.ADD, state(EQUAL, "Y in t"), np.array([3.0]))])
    with pytest.raises(UnsupportedFeature, match="the schedule changes Y in t and not the number of cells"):
        reference.solve(runs_of(EQUAL, ["Y"], [0, 1], schedule=schedule))


COMING = """
molecules: {Y: {in: well}}
cells: {t: {initial: 500 cell, inside: {Y: {initial: 100 molecules/cell}}}}
rules:
  - t dies by necrosis at 0.4 /h, only when time > 2 h
"""


@pytest.mark.parametrize("spread", [0.0, 50.0])
def test_cells_come_and_go_by_a_schedule(spread):
    """Half of the cells are taken away by chance, with what they hold; others come with what new cells have."""
    between = "{initial: 100 molecules/cell, between-cells: {lognormal: {cv: 0.5}}}"
    text = COMING.replace("{initial: 100 molecules/cell}", between) if spread else COMING
    cells, total = state(text, "t"), state(text, "Y in t")
    gone = [Entry(0.5, Action.SCALE, slot, np.array([0.5])) for slot in (cells, total)]
    brought = {cells: 1000.0, total: 1000.0 * 100 * 1e12 / 6.02214076e23}
    come = [Entry(0.6, Action.ADD, slot, np.array([value])) for slot, value in brought.items()]
    schedule = Schedule.of([*gone, *come])
    found = reference.solve(runs_of(text, ["count(t)", "mean(t.Y)"], [0, 0.55, 1], schedule=schedule, seed=3))
    number, mean = found.solution.values[0].T
    np.testing.assert_array_equal(number, [500, 250, 1250])
    error = np.abs(mean * 6.02214076e11 - 100)
    assert (error <= stats.norm.isf(SHARE) * spread / np.sqrt(number) + 1e-6).all()
    assert (error > 1e-3).all() == (spread > 0)
