"""Systems written as graphs, without a model: for what no sentence says, and for any size."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from cytokinome.compiler.dag import Graph
from cytokinome.compiler.network import Output, Slot
from cytokinome.compiler.system import System
from cytokinome.units import DIMENSIONLESS


def system_of(
    graph: Graph, rates: Sequence[int], *, n_parameters: int = 0, observed: Sequence[int] = (), switches=()
) -> System:
    """The system of these rates, with its Jacobian; every state starts at one."""
    n, one = len(rates), graph.constant(1.0)
    jacobian = []
    for column in range(n):
        slopes = graph.derivatives(list(rates), column)
        jacobian += [(row, column, slopes[rate]) for row, rate in enumerate(rates) if rate in slopes]
    text = repr((graph.operation, graph.arguments, graph.value, rates, observed, switches))
    return System(
        graph=graph,
        states=tuple(f"x{i}" for i in range(n)),
        slots=tuple(Slot(f"k{i}", DIMENSIONLESS) for i in range(n_parameters)),
        outputs=tuple(Output(f"o{i}", DIMENSIONLESS) for i in range(len(observed))),
        rates=tuple(rates),
        jacobian=tuple(sorted(jacobian)),
        observed=tuple(observed),
        initial=(one,) * n,
        scales=(one,) * n,
        volumes=(one,) * n,
        defaults=(one,) * n_parameters,
        switches=tuple(switches),
        events=(),
        baselines=(),
        start="given",
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def network(n: int, links: int, seed: int = 0) -> System:
    """A chain in which every state is lost at rate k, and driven by its neighbour and by others drawn at random."""
    draw, graph = np.random.default_rng(seed), Graph()
    x = [graph.input("state", i) for i in range(n)]
    k = [graph.input("parameter", i) for i in range(n)]
    one = graph.constant(1.0)
    rates = []
    for i in range(n):
        rate = graph.apply("neg", graph.apply("mul", k[i], x[i]))
        for j in [*range(max(i - 1, 0), i), *draw.integers(0, n, links).tolist()]:
            odds = graph.power(graph.apply("div", x[j], k[j]), graph.constant(2.0))
            hill = graph.apply("sub", one, graph.apply("div", one, graph.apply("add", one, odds)))
            rate = graph.apply("add", rate, hill)
        rates.append(rate)
    return system_of(graph, rates, n_parameters=n)
