"""Processes of `equations`: what does not move along a trajectory is computed once per patient."""

import numpy as np
import pytest

from cytokinome.compiler.lower import lower
from cytokinome.model.load import check_text

MODEL = """
cytokinome: 1
model: volumes
parameters:
  V: {value: 2, source: assumed}
  k: {value: 3, source: assumed}
  K: {value: 5, source: assumed}
equations:
  time: min
  source: assumed
  quantities:
    A: {initial: 7}
    B: {initial: 11}
    C: {initial: 13}
  processes:
    binding: {rate: "LAW", changes: {A: -1 / V, B: -2 / V, C: 1 / V}}
"""


def lowered(law):
    """All stages of the model with one process of this law."""
    return lower(check_text(MODEL.replace("LAW", law), "volumes.yaml").require())


def products(system):
    """The operations of the right-hand side that are carried out at every step, sums apart."""
    graph = system.graph
    moving = graph.depends_on_state_or_time()
    return [graph.operation[n] for n in graph.needed(system.rates) if moving[n] and graph.arguments[n]]


@pytest.mark.parametrize(
    ("law", "value"),
    [
        ("V * k * A * B", 2 * 3 * 7 * 11),
        ("V * (A * k * B / K)", 2 * 7 * 3 * 11 / 5),
        ("k * A / (K + B)", 3 * 7 / (5 + 11)),
        ("k / (A / B)", 3 / (7 / 11)),
        ("V * k", 2 * 3),
        ("-k * A", -3 * 7),
        ("A", 7),
        ("k * delayed(A, K)", 3 * 7),
        ("k * exp(-K * time) * B", 3 * 11),
    ],
)
def test_factors_of_a_law_are_kept(law, value):
    """However a law is written, it changes each quantity per hour by its value times what one unit of it does."""
    kernel = lowered(law).kernel
    p = kernel.defaults()
    rates = kernel.rhs(0.0, kernel.initial(p), p)
    np.testing.assert_allclose(rates, np.array([-1 / 2, -2 / 2, 1 / 2]) * value * 60, rtol=1e-14)


def test_volumes_cost_nothing_at_a_step():
    """A·B once, times one number for A and C and one for B; without volumes and units it is no less."""
    assert sorted(products(lowered("V * k * A * B").system)) == ["mul", "mul", "mul", "neg", "neg"]
