"""Generated files in SBML against their closed form: first-order networks in places of all kinds."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip("libsbml")

import libsbml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from cytokinome.interchange.sbml.importing import import_file
from cytokinome.model.load import check_text
from cytokinome.model.serialise import print_model
from tests.unit.interchange.sbml_files import courses

TIMES = [0.0, 0.4, 1.7]
AMOUNTS = st.floats(0.0, 10.0).map(lambda x: round(x, 3))
POSITIVE = st.floats(0.1, 10.0).map(lambda x: round(x, 3))


class Pool(NamedTuple):
    """A species: its place, start, what its symbol means, how its start is stated, its own conversion factor."""

    place: int
    amount: float
    is_amount: bool
    states_amount: bool
    factor: float | None


class Step(NamedTuple):
    """``k · S`` turns of S into others, each taking and giving so many; the constant may be local."""

    source: int
    taken: int
    products: tuple[tuple[int, int], ...]
    k: float
    is_local: bool


class Network(NamedTuple):
    """Places by size, some growing exponentially at a rate; pools; steps."""

    sizes: tuple[tuple[float, float], ...]
    pools: tuple[Pool, ...]
    steps: tuple[Step, ...]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw a network of up to three places, four pools and five steps."""
    sizes = draw(st.lists(st.tuples(POSITIVE, st.sampled_from([0.0, 0.0, 0.3, -0.2])), min_size=1, max_size=3))
    pool = st.builds(Pool, st.integers(0, len(sizes) - 1), AMOUNTS, st.booleans(), st.booleans(), st.none() | POSITIVE)
    pools = draw(st.lists(pool, min_size=1, max_size=4))
    any_pool = st.integers(0, len(pools) - 1)
    products = st.lists(st.tuples(any_pool, st.integers(1, 2)), max_size=2).map(tuple)
    rates = st.floats(0.0, 0.6).map(lambda x: round(x, 3))
    steps = draw(st.lists(st.builds(Step, any_pool, st.integers(1, 2), products, rates, st.booleans()), max_size=5))
    return Network(tuple(sizes), tuple(pools), tuple(steps))


def _file(network: Network) -> str:
    """The network as a file, made by libSBML."""
    document = libsbml.SBMLDocument(3, 2)
    model = document.createModel()
    for i, (size, growth) in enumerate(network.sizes):
        place = model.createCompartment()
        place.setId(f"C{i}")
        place.setSpatialDimensions(3)
        place.setSize(size)
        place.setConstant(growth == 0)
        if growth:
            rule = model.createRateRule()
            rule.setVariable(f"C{i}")
            rule.setMath(libsbml.parseL3Formula(f"{growth!r} * C{i}"))
    for i, pool in enumerate(network.pools):
        _add_pool(model, i, pool, network.sizes[pool.place][0])
    for i, step in enumerate(network.steps):
        _add_step(model, i, step, network.pools[step.source])
    return libsbml.writeSBMLToString(document)


def _add_pool(model: libsbml.Model, index: int, pool: Pool, size: float) -> None:
    species = model.createSpecies()
    species.setId(f"S{index}")
    species.setCompartment(f"C{pool.place}")
    species.setHasOnlySubstanceUnits(pool.is_amount)
    species.setBoundaryCondition(False)
    species.setConstant(False)
    if pool.states_amount:
        species.setInitialAmount(pool.amount)
    else:
        species.setInitialConcentration(pool.amount / size)
    if pool.factor is not None:
        _add_parameter(model, f"f{index}", pool.factor)
        species.setConversionFactor(f"f{index}")


def _add_parameter(model: libsbml.Model, id: str, value: float) -> None:
    parameter = model.createParameter()
    parameter.setId(id)
    parameter.setValue(value)
    parameter.setConstant(True)


def _add_step(model: libsbml.Model, index: int, step: Step, source: Pool) -> None:
    reaction = model.createReaction()
    reaction.setId(f"J{index}")
    reaction.setReversible(False)
    for reference, pool, count in [
        (reaction.createReactant(), step.source, step.taken),
        *((reaction.createProduct(), pool, count) for pool, count in step.products),
    ]:
        reference.setSpecies(f"S{pool}")
        reference.setStoichiometry(count)
        reference.setConstant(True)
    law = reaction.createKineticLaw()
    # The rate is in amounts: where the symbol is a concentration it is taken times the size.
    amount = f"S{step.source}" if source.is_amount else f"S{step.source} * C{source.place}"
    if step.is_local:
        constant = law.createLocalParameter()
        constant.setId("k")
        constant.setValue(step.k)
    else:
        _add_parameter(model, f"k{index}", step.k)
    law.setMath(libsbml.parseL3Formula(f"{'k' if step.is_local else f'k{index}'} * {amount}"))


def _amounts(network: Network) -> np.ndarray:
    """Amounts [species, time]: the rates are linear in amounts, and nothing else."""
    count = len(network.pools)
    matrix = np.zeros((count, count))
    for step in network.steps:
        for pool, change in ((step.source, -step.taken), *step.products):
            matrix[pool, step.source] += step.k * change * (network.pools[pool].factor or 1.0)
    start = np.array([p.amount for p in network.pools])
    return np.array([expm(matrix * t) @ start for t in TIMES]).T


@settings(max_examples=40, deadline=None)
@given(networks())
def test_imported_networks_run_as_their_closed_form(network: Network) -> None:
    """Amounts, concentrations and symbols are those of the matrix exponential, whatever a symbol means."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.xml"
        path.write_text(_file(network), encoding="utf-8")
        made = import_file(path)
    assert check_text(print_model(made.model), "model.yaml").require() == made.model
    expected = _amounts(network)
    sizes = np.array([[size * np.exp(growth * t) for t in TIMES] for size, growth in network.sizes])
    local = sizes[[p.place for p in network.pools]]
    means_amount = np.array([[p.is_amount] for p in network.pools])
    ids = [f"S{i}" for i in range(len(network.pools))]
    _assert_close(courses(made, ids, TIMES, "amount"), expected)
    _assert_close(courses(made, ids, TIMES, "concentration"), expected / local)
    _assert_close(courses(made, ids, TIMES), np.where(means_amount, expected, expected / local))


def _assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
