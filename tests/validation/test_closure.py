"""Cells that differ, against their exact averages: the mean field, and representatives (language.md §4)."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode.reference import solve
from cytokinome.model.load import check_text

HEAD = """\
cytokinome: 1
model: cells-that-differ
compartments: {well: {kind: culture, volume: 1 mL}}
molecules: {X: {initial: 0 pM}}
"""
SPREAD = "between-cells: {lognormal: {cv: 0.5}}"
CELLS = f"cells: {{c: {{initial: 1e5, inside: {{Y: {{initial: 100, {SPREAD}}}}}}}}}\n"
FADING = CELLS.replace("initial: 100,", "initial: 100, degrades: {rate: 0.2 /h, source: assumed},")
SECRETION = "c secretes X at 1 molecules/cell/s, driven by Y (half 100, hill 4)"
MOLECULE = 1e12 / 6.02214076e23  # pmol
FULL = 1e5 * 3600 * MOLECULE / 1e-3  # pM/h, of all cells at H = 1
SIGMA = np.sqrt(np.log(1.25))
HOURS = np.linspace(0.0, 12.0, 7)


def model_of(cells, *rules, representatives=None):
    """A model of these cells and rules."""
    lines = ["rules:", *(f"  - {rule}" for rule in rules)] if rules else []
    text = HEAD + cells + "\n".join([*lines, ""])
    return replace(check_text(text, "differ.yaml").require(), representatives=representatives)


def curves(model, *names):
    """Outputs [name][time] of the typical person, means in molecules/cell."""
    kernel = compile_model(model)
    select = [[o.name for o in kernel.outputs].index(name) for name in names]
    solution = solve(kernel, kernel.defaults()[None], Schedule(), HOURS, select=select, rtol=1e-9)
    assert solution.outcomes[0].status == "completed"
    return [v / MOLECULE if n.startswith("mean") else v for n, v in zip(names, solution.values[0].T, strict=True)]


def average(function):
    """The exact mean over cells of a function of Y, log-normal with the mean 100 and the CV 0.5.

    The trapezoidal rule is exact to rounding where all derivatives vanish at both ends.
    """
    z = np.linspace(-12.0, 12.0, 1001)
    return np.trapezoid(function(100 * np.exp(SIGMA * z - SIGMA**2 / 2)) * norm.pdf(z), z)


def hill(y):
    """H of Y with half 100 and hill 4."""
    return y**4 / (100**4 + y**4)


# Of 8 representatives, the error is 0.11 %: that of the quantiles (i − ½)/8 themselves. It falls as their number grows.
@pytest.mark.parametrize(("number", "error"), [(8, 1.1e-3), (16, 3.2e-4), (64, 3e-5)])
def test_the_reference_case(number, error):
    """Exact mean H 0.4305, mean field 0.5, and what representatives make of it."""
    exact = average(hill)
    assert exact == pytest.approx(0.4305, abs=5e-5)
    mean_field = curves(model_of(CELLS, SECRETION), "X")[0]
    assert mean_field == pytest.approx(0.5 * FULL * HOURS, rel=1e-6)
    found = curves(model_of(CELLS, SECRETION, representatives=number), "X")[0]
    assert found[1:] == pytest.approx(exact * FULL * HOURS[1:], rel=error)


def test_what_moves_moves_in_each_representative():
    """Y fades in every cell: the secretion is the integral of the mean over cells, not that of the mean cell."""
    exact = [quad(lambda t: average(lambda y: hill(y * np.exp(-0.2 * t))), 0.0, end, epsrel=1e-6)[0] for end in HOURS]
    found = curves(model_of(FADING, SECRETION, representatives=100), "X")[0]
    assert found[1:] == pytest.approx(FULL * np.array(exact[1:]), rel=3e-3)
    mean_field = curves(model_of(FADING, SECRETION), "X")[0]
    assert abs(mean_field[-1] / (FULL * exact[-1]) - 1) > 0.05


def test_a_hazard_that_depends_on_it_selects():
    """Cells with much Y die first: the number left, and what they carry, follow the exact averages."""
    model = model_of(CELLS, '{rule: c dies, at: "0.3 /h * hill(Y, 100 molecules/cell, 4)"}', representatives=200)
    left, mean = curves(model, "count(c)", "mean(c.Y)")
    exact = [average(lambda y, t=t: np.exp(-0.3 * hill(y) * t)) for t in HOURS]
    carried = [average(lambda y, t=t: y * np.exp(-0.3 * hill(y) * t)) for t in HOURS]
    assert left == pytest.approx(1e5 * np.array(exact), rel=2e-3)
    assert mean == pytest.approx(np.array(carried) / np.array(exact), rel=2e-3)
    plain, alike = curves(replace(model, representatives=None), "count(c)", "mean(c.Y)")
    assert plain == pytest.approx(1e5 * np.exp(-0.15 * HOURS), rel=1e-6)
    assert alike == pytest.approx(100, rel=1e-6)


def test_states_carry_their_representative_over():
    """Cells that become another state keep their Y, and secrete by it there."""
    cells = f"cells: {{c: {{states: {{a: {{off: 1e5, on: 0}}}}, inside: {{Y: {{initial: 100, {SPREAD}}}}}}}}}\n"
    rules = ("off c becomes on at 0.1 /h", "on " + SECRETION)
    found = curves(model_of(cells, *rules, representatives=8), "X", "mean(on c.Y)", "count(on c)")
    on = 1e5 * -np.expm1(-0.1 * HOURS)
    assert found[2] == pytest.approx(on, rel=1e-6, abs=1e-2)
    share = HOURS - -np.expm1(-0.1 * HOURS) / 0.1  # ∫ of the part that is on
    assert found[0][1:] == pytest.approx(average(hill) * FULL * share[1:], rel=1.1e-3)
    assert found[1][1:] == pytest.approx(curves(model_of(CELLS, representatives=8), "mean(c.Y)")[0][1:], rel=1e-6)


def test_division_halves_in_each_representative():
    """The number doubles, the amount stays, and every representative has as many cells as any other."""
    model = model_of(CELLS, "c divides at 0.1 /h", representatives=5)
    number, mean = curves(model, "count(c)", "mean(c.Y)")
    assert number == pytest.approx(1e5 * np.exp(0.1 * HOURS), rel=1e-6)
    assert number * mean == pytest.approx(number[0] * mean[0], rel=1e-6)


def test_those_who_enter_join_all_representatives():
    """New cells differ like those who were there at first."""
    rules = ("c enters at 1e4 cells/h", "c dies at 0.1 /h", SECRETION)
    number, mean, x = curves(model_of(CELLS, *rules, representatives=8), "count(c)", "mean(c.Y)", "X")
    assert number == pytest.approx(1e5, rel=1e-6)
    assert mean == pytest.approx(mean[0], rel=1e-6)
    assert x[1:] == pytest.approx(average(hill) * FULL * HOURS[1:], rel=1.1e-3)


def test_two_variables_are_independent():
    """The mean of a product of two variables is the product of their means."""
    cells = CELLS.replace(f"{SPREAD}}}", f"{SPREAD}}}, W: {{initial: 10, {SPREAD}}}")
    rule = "{rule: c secretes X, at: 0.001 cell/molecule/s * Y * W}"
    found = curves(model_of(cells, rule, representatives=64), "X", "mean(c.Y)", "mean(c.W)")
    assert found[0][-1] == pytest.approx(FULL * 12 * 0.001 * found[1][0] * found[2][0], rel=5e-3)
