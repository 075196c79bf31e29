"""How cells differ: distributions between cells, their quantiles, and the cells that stand for all others."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from cytokinome.compiler.lower import compile_model, lower
from cytokinome.diagnostics import Collector
from cytokinome.experiments.quantities import plain_value
from cytokinome.model import populations
from cytokinome.model.builder import ModelBuilder
from cytokinome.model.dimensions import constant
from cytokinome.model.load import check_text
from cytokinome.model.serialise import print_model
from cytokinome.model.spreads import ranks, spread_of
from cytokinome.text.layout import format_text

HEAD = """\
cytokinome: 1
model: tested
compartments:
  well: {kind: culture, volume: 1 mL}
molecules:
  X: {initial: 0 pM}
cells:
"""
NUMBERS = 'inside: {Y: {kind: intensive, unit: "1", initial: 4, between-cells: %s}}'
C = "  c: {initial: 1e5, inside: {Y: {initial: 100, between-cells: {lognormal: {cv: 0.5}}}}}\n"
MOLECULE = 1e12 / 6.02214076e23


def checked(text):
    """What is found in a model whose text begins with the head."""
    return check_text(HEAD + text, "tested.yaml")


def spread(between, initial="4"):
    """The spread of an intensive variable."""
    text = f"  c: {{initial: 10, {(NUMBERS % between).replace('initial: 4', f'initial: {initial}')}}}\n"
    model = checked(text).require()
    return spread_of(model, model.cells[0].inside[0])


def value(spread, mean, share):
    """The value that a share of the cells lies below."""
    return plain_value(spread.deviated(constant(mean), constant(spread.deviate(share))))


# ------------------------------------------------------------------------------------------------ distributions
SIGMA = math.sqrt(math.log(1.25))
KINDS = {
    "{lognormal: {cv: 0.5}}": stats.lognorm(SIGMA, scale=4 * math.exp(-(SIGMA**2) / 2)),
    "{normal: {sd: 3}}": stats.norm(4, 3),
    "{normal: {cv: 0.25}}": stats.norm(4, 1),
    "{uniform: {low: 1, high: 7}}": stats.uniform(1, 6),
}


@pytest.mark.parametrize("between", KINDS)
def test_quantiles_are_those_of_the_distribution(between):
    """The inverse distribution function, with `initial` as the mean."""
    shares = np.array([1e-6, 0.1, 0.5, 0.77, 1 - 1e-6])
    found = [value(spread(between), 4.0, u) for u in shares]
    assert found == pytest.approx(KINDS[between].ppf(shares), rel=1e-12)
    assert KINDS[between].mean() == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("between", "whole"), [("{lognormal: {cv: 0.5, within: [2, 6]}}", 0), ("{normal: {sd: 3, within: [2, 6]}}", 1)]
)
def test_bounds_truncate(between, whole):
    """No value lies outside, and shares within are in the proportions of the whole distribution."""
    law = list(KINDS.values())[whole]
    low, high = law.cdf([2, 6])
    shares = np.array([1e-9, 0.3, 1 - 1e-9])
    found = [value(spread(between), 4.0, u) for u in shares]
    assert found == pytest.approx(law.ppf(low + shares * (high - low)), rel=1e-9)
    assert found[0] == pytest.approx(2)
    assert found[-1] == pytest.approx(6)


def test_amounts_of_a_molecule_may_be_masses():
    """What an inside variable names gives its molar mass; then bounds and mean agree."""
    held = (
        "{initial: 2 pg/cell, between-cells: {lognormal: {cv: 0.5, within: [1 molecules/cell, 1e12 molecules/cell]}}}"
    )
    text = f"  c: {{initial: 10, inside: {{X: {held}}}}}\n"
    model = check_text((HEAD + text).replace("{initial: 0 pM}", "{molar-mass: 20 kDa}"), "tested.yaml").require()
    found = spread_of(model, model.cells[0].inside[0])
    assert found is not None
    assert found.below == 0
    assert found.above == pytest.approx(1)


def test_an_amount_is_never_below_zero():
    """A normal amount below zero is nothing."""
    model = checked("  c: {initial: 10, inside: {Y: {initial: 1, between-cells: {normal: {cv: 2}}}}}\n").require()
    assert value(spread_of(model, model.cells[0].inside[0]), 1.0, 0.01) == 0.0


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("{initial: 4, between-cells: {uniform: {low: 1, high: 3}}}", "BAD_VALUE", "middle"),
        ("{initial: 4, between-cells: {lognormal: {cv: 1 / 2}}}", "BAD_VALUE", "is a number"),
        ("{initial: 0, between-cells: {lognormal: {cv: 0.5, within: [1, 2]}}}", "BAD_VALUE", "whose mean is 0"),
        ("{initial: p, between-cells: {lognormal: {cv: 0.5, within: [1, 2]}}}", "BAD_VALUE", "need a number"),
        ("{initial: 4, between-cells: {lognormal: {cv: 1e-3, within: [100, 200]}}}", "BAD_VALUE", "leaves nothing"),
    ],
)
def test_faults_of_a_distribution_are_found(text, code, word):
    """What cannot be drawn from is an error, with its place and what to do."""
    parameters = "parameters: {p: {value: 4 molecules/cell, source: assumed}}\n"
    report = checked(f"  c: {{initial: 10, inside: {{Y: {text}}}}}\n{parameters}").report
    assert [d.code for d in report.errors] == [code]
    assert word in report.errors[0].message
    assert report.errors[0].where
    assert report.errors[0].hint


# -------------------------------------------------------------------------------------------------- the language
@pytest.mark.parametrize("stated", ["0", "201", "2.5", "many", "-1"])
def test_the_number_of_representatives_is_checked(stated):
    """A whole number from 1 to 200."""
    report = checked(C + f"closure: {{representatives: {stated}}}\n").report
    assert [d.code for d in report.errors] == ["BAD_NUMBER"]


def test_a_closure_needs_representatives_and_nothing_else():
    """Missing and unknown keys are told."""
    assert [d.code for d in checked(C + "closure: {}\n").report.errors] == ["MISSING_KEY"]
    found = checked(C + "closure: {representatives: 4, moments: 2}\n").report.errors
    assert [d.code for d in found] == ["UNKNOWN_KEY"]


def test_a_closure_of_equal_cells_is_a_warning():
    """Nothing differs, so nothing is represented."""
    report = checked("  c: {initial: 1e5}\nclosure: {representatives: 4}\n").report
    assert "NO_EFFECT" in [d.code for d in report.warnings]


def test_text_and_builder_keep_the_closure():
    """parse(print(m)) = m, the layout is stable, and the builder says the same."""
    model = checked(C + "closure: {representatives: 8}\n").require()
    text = print_model(model)
    assert model.representatives == 8
    assert check_text(text, "again").require() == model
    assert format_text(text, "again", Collector()) == text
    builder = ModelBuilder("tested", representatives=8).compartment("well", kind="culture", volume="1 mL")
    spread = {"lognormal": {"cv": "0.5"}}
    cell = {"initial": "1e5", "inside": {"Y": {"initial": "100", "between-cells": spread}}}
    assert builder.molecule("X", {"initial": "0 pM"}).cell("c", cell).build() == model


# --------------------------------------------------------------------------------------------------- populations
def test_every_population_is_m_populations():
    """States and stages each have all representatives; types without differences have none."""
    model = checked(
        "  c: {states: {a: {off: 8e4, on: 0}}, inside: {Y: {initial: 100, between-cells: {lognormal: {cv: 0.5}}}}}\n"
        "  d: {initial: 10}\n"
        "rules: [off c becomes on after 3 h (2 stages)]\nclosure: {representatives: 4}\n"
    ).require()
    kernel = compile_model(model)
    assert [s for s in kernel.states if s.startswith("off c [1/2]")] == [f"off c [1/2] ({i}/4)" for i in range(1, 5)]
    assert len(populations.populations(model)) == 4 * 3 + 1
    y = dict(zip(kernel.states, kernel.initial(kernel.defaults()), strict=True))
    assert [y[f"off c [1/2] ({i}/4)"] for i in range(1, 5)] == [2e4] * 4
    assert y["d"] == 10
    law = stats.lognorm(SIGMA, scale=100 * math.exp(-(SIGMA**2) / 2))
    quantiles = [y[f"Y in off c [1/2] ({i}/4)"] / 2e4 / MOLECULE for i in range(1, 5)]
    # in the logarithm, halfway between the middles of the halves of each quarter
    halves = law.ppf((np.arange(8) + 0.5) / 8).reshape(4, 2)
    assert quantiles == pytest.approx(np.sqrt(halves.prod(axis=1)), rel=1e-12)


def test_two_variables_are_paired_evenly():
    """Each variable has every quantile once, and no two of them go together."""
    for number in (8, 16, 100):
        orders = [ranks(number, variable) for variable in range(4)]
        assert all(sorted(order) == list(range(number)) for order in orders)
        correlations = np.abs(np.asarray(np.corrcoef(orders))[np.triu_indices(4, 1)])
        assert correlations[0] < 0.01
        assert correlations.max() < 0.15


def test_cells_that_differentiate_take_their_representative_along():
    """A type that cells with representatives turn into has them too; one from a type without is shared out."""
    model = checked(
        "  a: {initial: 100}\n"
        "  b: {initial: 0, inside: {Y: {initial: 100, between-cells: {lognormal: {cv: 0.5}}}}}\n"
        "  c: {initial: 0, inside: {Y: {initial: 7}}}\n"
        "  d: {initial: 0, inside: {Z: {initial: 7}}}\n"
        "rules: [a differentiates into b at 1 /h, b differentiates into c at 1 /h, c differentiates into d at 1 /h]\n"
        "closure: {representatives: 2}\n"
    ).require()
    network = lower(model).network
    gains = {
        p.id: [t for t, _ in p.changes if t in ("b (1/2)", "b (2/2)", "c (1/2)", "c (2/2)", "d")]
        for p in network.processes
    }
    assert gains == {
        "a-differentiates-into-b: a to b (1/2)": ["b (1/2)"],
        "a-differentiates-into-b: a to b (2/2)": ["b (2/2)"],
        "b-differentiates-into-c: b (1/2)": ["b (1/2)", "c (1/2)"],
        "b-differentiates-into-c: b (2/2)": ["b (2/2)", "c (2/2)"],
        "c-differentiates-into-d: c (1/2)": ["c (1/2)", "d"],
        "c-differentiates-into-d: c (2/2)": ["c (2/2)", "d"],
    }
    kernel = compile_model(model)
    y = kernel.initial(kernel.defaults())
    rates = dict(zip(kernel.states, kernel.rhs(0.0, y, kernel.defaults()), strict=True))
    assert rates["a"] == -100
    assert rates["b (1/2)"] == rates["b (2/2)"] == 50


def test_outputs_keep_their_names():
    """Counts and means are over all representatives."""
    plain = checked(C).require()
    kernels = [compile_model(replace(plain, representatives=number)) for number in (None, 5)]
    assert kernels[0].outputs == kernels[1].outputs
