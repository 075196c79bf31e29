"""The model that the language contract opens with gives the numbers printed there."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cytokinome.compiler.lower import compile_model
from cytokinome.model.load import check_text
from cytokinome.units import parse_unit, to_unit

MODEL = """\
cytokinome: 1
model: tnf-il10-culture
title: "Macrophages in culture under LPS, with an anti-TNF antibody"
compartments:
  well: {kind: culture, volume: 1 mL}
molecules:
  LPS:        {in: well, initial: 10 ng/mL, molar-mass: 10 kDa, degrades: {half-life: 24 h, source: assumed}}
  TNF:        {in: well, molar-mass: 52 kDa, degrades: {half-life: 6 h, source: assumed}}
  IL10:       {in: well, molar-mass: 37 kDa, degrades: {half-life: 24 h, source: assumed}}
  infliximab: {in: well, molar-mass: 149 kDa}
receptors:
  IL10R: {ligands: {IL10: 100 pM}, source: assumed}
  TNFR1: {ligands: {TNF: 19 pM}, antagonists: {}, source: "doi:10.1073/pnas.95.2.570, abstract"}
cells:
  macrophage:
    in: well
    states: {activation: {resting: 1e6 /mL, active: 0 /mL}}
parameters:
  q_TNF: {value: 1 molecules/cell/s, varies: {lognormal: {cv: 0.4}}, uncertain: {fold: 10}, source: assumed}
rules:
  - resting macrophage becomes active at 0.5 /h, driven by LPS (half 1 ng/mL, hill 2)
  - active macrophage becomes resting after 24 h (4 stages)
  - active macrophage secretes TNF at q_TNF, decreased by IL10 at IL10R (half 48 pM)
  - active macrophage secretes IL10 at 0.5 molecules/cell/s, driven by TNF at TNFR1 (half 500 pg/mL)
  - macrophage takes up TNF through TNFR1 at 500 receptors/cell with internalisation 0.1 /min
reactions:
  - {equation: TNF + infliximab <-> TNF_infliximab, kon: 1e6 /M/s, koff: 4.2e-6 /s, source: assumed}
observables:
  total_TNF: {value: TNF + TNF_infliximab, unit: pg/mL, as: TNF}
start: given
"""
GRID = np.linspace(0.0, 72.0, 7201)  # h
WITHOUT_BRAKE = MODEL.replace(", decreased by IL10 at IL10R (half 48 pM)", "")


def kernel_of(text):
    """The kernel of a model file."""
    return compile_model(check_text(text, "tnf-il10-culture.yaml").require())


def course(text, doses=()):
    """Concentrations [pg/mL] of every molecule on the grid; doses are (time [h], molecule, step [pM])."""
    kernel = kernel_of(text)
    p = kernel.defaults()
    y, parts, start = kernel.initial(p), [], 0.0
    steps = [*((t, kernel.states.index(name), step) for t, name, step in doses), (GRID[-1], 0, 0.0)]
    for end, state, step in steps:
        solved = solve_ivp(
            lambda t, y: kernel.rhs(t, y, p),
            (start, end),
            y,
            method="LSODA",
            jac=lambda t, y: kernel.jacobian(t, y, p),
            rtol=1e-9,
            atol=1e-9 * kernel.scale(p),
            dense_output=True,
        )
        assert solved.success
        inside = (start <= GRID) & ((end > GRID) | (end == GRID[-1]))
        parts.append(solved.sol(GRID[inside]))
        start, y = end, solved.y[:, -1]
        y[state] += step
    return in_pg_per_mL(kernel, np.hstack(parts), p)


def in_pg_per_mL(kernel, y, p):
    """Every output that is a concentration, in pg/mL."""
    found = {}
    for i, output in enumerate(kernel.outputs):
        if output.unit == "pg/mL":
            values = kernel.observe(GRID, y, p, [i])[0]
            found[output.name] = to_unit(values, output.dimension, parse_unit("pg/mL"), output.substance)
    return found


@pytest.fixture(scope="module")
def untreated():
    """The model as printed."""
    return course(MODEL)


@pytest.fixture(scope="module")
def treated():
    """10 µg/mL infliximab, 149 kDa, at 12 h."""
    return course(MODEL, [(12.0, "infliximab", 10e-6 * 1e3 / 149e3 * 1e12)])


def test_tnf_peaks_and_falls(untreated):
    """TNF peak 900 pg/mL at 12.7 h and 503 at 72 h."""
    assert untreated["TNF"].max() == pytest.approx(900, abs=0.5)
    assert GRID[untreated["TNF"].argmax()] == pytest.approx(12.7, abs=0.05)
    assert untreated["TNF"][-1] == pytest.approx(503, abs=0.5)


def test_il10_accumulates(untreated):
    """IL-10 1 621 pg/mL at 72 h."""
    assert untreated["IL10"][-1] == pytest.approx(1621, abs=0.5)


def test_il10_brakes_tnf(untreated):
    """Without the IL10R modifier the TNF AUC(0–72 h) is 1.80 times larger."""
    ratio = np.trapezoid(course(WITHOUT_BRAKE)["TNF"], GRID) / np.trapezoid(untreated["TNF"], GRID)
    assert ratio == pytest.approx(1.80, abs=0.005)


def test_infliximab_takes_free_tnf(treated):
    """10 µg/mL infliximab at 12 h leaves 1.0 pg/mL free TNF at 12.5 h."""
    assert treated["TNF"][1250] == pytest.approx(1.0, abs=0.05)


def test_infliximab_keeps_tnf_bound(treated):
    """15 850 pg/mL of TNF are bound at 72 h, counted by the mass of TNF."""
    bound = treated["total_TNF"] - treated["TNF"]
    assert bound[-1] == pytest.approx(15850, abs=5)


def test_nothing_differs_before_the_dose(treated, untreated):
    """The arms are one until 12 h."""
    np.testing.assert_allclose(treated["TNF"][:1200], untreated["TNF"][:1200], rtol=1e-6, atol=1e-6)


def test_the_example_has_no_fault():
    """The contract's own example is accepted."""
    report = check_text(MODEL, "tnf-il10-culture.yaml").report
    assert report.errors == (), report.render()
