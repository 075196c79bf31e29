"""Cells that differ, against their exact averages: the mean field, and representatives (language.md §4)."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad, simpson
from scipy.stats import norm

from cytokinome.compiler.closure import closure_report
from cytokinome.compiler.jumps import jumps_of
from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode.reference import solve
from cytokinome.engines.stochastic import reference
from cytokinome.engines.stochastic.runs import Runs
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
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


@pytest.mark.parametrize(("number", "error"), [(8, 5e-4), (16, 2.1e-4), (64, 3e-5)])
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
    assert found[0][1:] == pytest.approx(average(hill) * FULL * share[1:], rel=5e-4)
    assert found[1][1:] == pytest.approx(curves(model_of(CELLS, representatives=8), "mean(c.Y)")[0][1:], rel=1e-6)


def test_cells_that_take_nothing_along_begin_anew():
    """Whoever is reset may be any representative, though those with much Y turn first."""
    cells = f"cells: {{c: {{states: {{a: {{off: 1e5, on: 0}}}}, inside: {{Y: {{initial: 100, {SPREAD}}}}}}}}}\n"
    turn = "off c becomes on at 0.3 /h, driven by Y (half 100, hill 4), resetting Y"
    model = model_of(cells, turn, "on " + SECRETION, representatives=8)
    kept, anew, x, on = curves(model, "mean(off c.Y)", "mean(on c.Y)", "X", "count(on c)")
    assert anew[1:] == pytest.approx(curves(model_of(CELLS, representatives=8), "mean(c.Y)")[0][1:], rel=1e-6)
    assert kept[-1] < 0.9 * kept[0]
    assert x[-1] == pytest.approx(average(hill) * FULL / 1e5 * simpson(on, x=HOURS), rel=5e-3)


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
    assert x[1:] == pytest.approx(average(hill) * FULL * HOURS[1:], rel=5e-4)


def test_two_variables_are_independent():
    """The mean of a product of two variables is the product of their means."""
    cells = CELLS.replace(f"{SPREAD}}}", f"{SPREAD}}}, W: {{initial: 10, {SPREAD}}}")
    rule = "{rule: c secretes X, at: 0.001 cell/molecule/s * Y * W}"
    found = curves(model_of(cells, rule, representatives=64), "X", "mean(c.Y)", "mean(c.W)")
    assert found[0][-1] == pytest.approx(FULL * 12 * 0.001 * found[1][0] * found[2][0], rel=5e-3)


# --------------------------------------------------------------------------------------- engines with single cells
NUMBER = 8000
FEW = f"""\
cytokinome: 1
model: cells-that-differ
compartments: {{box: {{kind: tissue, volume: 1 uL}}}}
molecules: {{X: {{initial: 0 pM, diffusion: 100 um^2/s}}}}
cells: {{c: {{initial: {NUMBER}, inside: {{Y: {{initial: 100, {SPREAD}}}}}}}}}
rules:
  - c secretes X at 1e-3 molecules/cell/s, driven by Y (half 100, hill 4)
"""
SECRETED = NUMBER * 3.6 * MOLECULE / 1e-6  # pM in one hour, at H = 1
BOX = Geometry((1000.0,) * 3, 100.0, diffusion={"X": 1e8}, step=0.25)
SIGMAS = 3.3  # one of a thousand correct engines fails a check


def test_single_cells_meet_the_exact_mean():
    """The reference case on all engines: 0.4305 where each cell counts, 0.5 where the average does, and then a note."""
    model, exact = check_text(FEW, "few.yaml").require(), average(hill)
    spread = np.sqrt(average(lambda y: hill(y) ** 2) - exact**2) / np.sqrt(NUMBER)
    kernel = compile_model(model)
    select = tuple([o.name for o in kernel.outputs].index(name) for name in ("X", "mean(c.Y)"))
    p = kernel.defaults()[None]
    mean_field = solve(kernel, p, Schedule(), np.array([0.0, 1.0]), select=select).values[0, 1, 0] / SECRETED
    assert mean_field == pytest.approx(0.5, rel=1e-6)
    assert [d.code for d in closure_report(model).diagnostics] == ["MEAN_FIELD_CLOSURE"]
    counted = reference.solve(Runs(jumps_of(model), kernel, p, Schedule(), np.array([0.0, 1.0]), select, seed=1))
    x, y = counted.solution.values[0, 1] / (SECRETED, MOLECULE)
    # each event adds one molecule, by chance
    assert abs(x - exact) < SIGMAS * np.hypot(spread, np.sqrt(exact / (NUMBER * 3.6)))
    assert abs(y - 100) < SIGMAS * 50 / np.sqrt(NUMBER)
    tissue = simulate(model, BOX, Schedule(), np.array([0.0, 1.0]), seed=1)
    assert abs(tissue.of("X")[1] / SECRETED - exact) < SIGMAS * spread
    assert abs(tissue.of("mean(c.Y)")[1] / MOLECULE - 100) < SIGMAS * 50 / np.sqrt(NUMBER)
    assert SIGMAS * spread < 0.2 * (mean_field - exact)


def test_agents_that_enter_or_are_reset_are_drawn():
    """New agents, and those that turn over, differ as the first ones do; the same in every run of one seed."""
    cells = f"cells: {{c: {{states: {{a: {{old: {NUMBER}, new: 0}}}}, inside: {{Y: {{initial: 100, {SPREAD}}}}}}}}}\n"
    rules = "rules: ['old c becomes new at 3 /h, resetting Y', old c enters at 4000 cells/h]\n"
    text = FEW.partition("cells:")[0] + cells + rules
    model = check_text(text, "few.yaml").require()
    found = [simulate(model, BOX, Schedule(), np.array([0.0, 1.0]), seed=3, snapshots=(1.0,)) for _ in range(2)]
    last = found[0].snapshots[-1].cells
    assert len(last) > 11_000
    for population in (0, 1):
        y = last.inside["Y"][last.populations == population] / MOLECULE
        assert len(np.unique(y)) == len(y) > 500
        assert abs(y.mean() - 100) < SIGMAS * 50 / np.sqrt(len(y))
        assert abs(np.log(y).std() - SIGMA) < SIGMAS * SIGMA / np.sqrt(2 * len(y))
    np.testing.assert_array_equal(last.inside["Y"], found[1].snapshots[-1].cells.inside["Y"])


def test_agents_read_the_mean_of_all():
    """A rate that names the mean over cells is the same for each agent, and that of the mean field."""
    rule = '{rule: c secretes X, at: "1e-3 molecules/cell/s * hill(mean(c.Y), 100 molecules/cell, 4)"}'
    model = check_text(FEW.rpartition("  - ")[0] + f"  - {rule}\n", "few.yaml").require()
    assert not closure_report(model).diagnostics
    found = simulate(model, BOX, Schedule(), np.array([0.0, 1.0]), seed=1)
    mean = found.of("mean(c.Y)")[1] / MOLECULE
    assert found.of("X")[1] == pytest.approx(hill(mean) * SECRETED, rel=1e-3)


# ------------------------------------------------------------------------------------------------------- history
TURNING = """\
cytokinome: 1
model: cells-with-a-past
compartments: {well: {kind: culture, volume: 1 mL}}
molecules: {X: {initial: 0 pM}}
cells: {c: {states: {a: STATES}, inside: {Y: {initial: 20}}}}
rules:
  - SUBJECT produces Y inside at 20 molecules/cell/h
  - c secretes X at 1 molecules/cell/s, driven by Y (half 100, hill 4)
"""
ONE = ("{off: 1e5, on: 0}", "  - off c becomes on at 0.2 /h\n")
# those who turn in the first three hours, and those who do later, each with an average cell of their own
TWO = (
    "{off: 1e5, early: 0, late: 0}",
    "  - off c becomes early at 0.2 /h, only when time < 3 h\n"
    "  - off c becomes late at 0.2 /h, only when time >= 3 h\n",
)


def past(states, turning, subjects):
    """A model whose cells turn on."""
    head, _, tail = (TURNING.replace("STATES", states) + turning).partition("  - SUBJECT")
    made = "".join(f"  - {subject}{tail.partition(chr(10))[0]}\n" for subject in subjects)
    return check_text(head + made + tail.partition("\n")[2], "past.yaml").require()


def test_the_past_of_cells_matters_where_a_note_says_so():
    """Telling those who turned early from those who did late changes what a noted model secretes, and no other."""
    closed = [past(*ONE, ("c",)), past(*TWO, ("c",))]
    assert not any(closure_report(model).diagnostics for model in closed)
    one, two = (curves(model, "X")[0] for model in closed)
    assert one == pytest.approx(two, rel=1e-6)
    noted = [past(*ONE, ("on c",)), past(*TWO, ("early c", "late c"))]
    assert all(closure_report(model).diagnostics for model in noted)
    one, two = (curves(model, "X")[0] for model in noted)
    assert abs(one[-1] / two[-1] - 1) > 0.01
