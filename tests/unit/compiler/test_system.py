"""The system: its Jacobian, and that large ones are made with work that grows with their size."""

from __future__ import annotations

import numpy as np
import pytest

from cytokinome import api
from cytokinome.compiler.build import build_network
from cytokinome.compiler.dag import Graph
from cytokinome.compiler.lower import lower
from cytokinome.compiler.system import arrange, jacobian_of
from cytokinome.model.load import check_text


def equations(n: int, processes: int, divisor: str = "total") -> str:
    """A model of equations in which every process also changes the first quantity."""
    draw = np.random.default_rng(5)
    lines = ["cytokinome: 1", "model: large", "compartments: {well: {kind: culture, volume: 1 mL}}"]
    lines += ["equations:", "  source: assumed", "  quantities:"]
    lines += [f"    x{i}: {{initial: {1 + i % 3}}}" for i in range(n)]
    lines += [f"    total: {{value: {' + '.join(f'x{i}' for i in range(n))}}}", "  processes:"]
    for j in range(processes):
        a, b, c = draw.integers(1, n, 3).tolist()
        rate = (f"0.{1 + j % 9} * x{a} * x{b}", f"x{a} / (1 + x{a})", f"x{a}^2.5 / (1 + {divisor.format(b=b)})")[j % 3]
        changes = {f"x{a}": -1, f"x{c}": 1, "x0": 1}
        listed = ", ".join(f"{name}: {number}" for name, number in changes.items())
        lines.append(f"    p{j}: {{rate: {rate}, changes: {{{listed}}}}}")
    return "\n".join(lines)


def by_rate(graph: Graph, rates: tuple[int, ...]) -> dict[tuple[int, int], int]:
    """The Jacobian by the derivative of each rate as a whole."""
    found: dict[tuple[int, int], int] = {}
    for column in range(len(rates)):
        slopes = graph.derivatives(rates, column)
        found |= {(row, column): slopes[rate] for row, rate in enumerate(rates) if rate in slopes}
    return found


@pytest.mark.parametrize("name", ["human-endotoxemia-published", "tnf-il10-culture", "equations"])
def test_slopes_of_terms_add_up_to_those_of_rates(name: str) -> None:
    """Term by term, the same operations in the same order come out: node for node."""
    model = check_text(equations(20, 60), "large.yaml").require() if name == "equations" else api.load_model(name)
    system = lower(model).system
    nodes = len(system.graph)
    assert {(row, column): node for row, column, node in system.jacobian} == by_rate(system.graph, system.rates)
    assert len(system.graph) >= nodes


def test_terms_that_cancel_leave_no_entry() -> None:
    """k·x − k·x has no slope, and what is taken away first stands alone with its sign."""
    graph = Graph()
    x, y, k = graph.input("state", 0), graph.input("state", 1), graph.input("parameter", 0)
    two = graph.constant(2.0)
    first = graph.apply("sub", graph.apply("add", graph.apply("mul", two, x), y), graph.apply("mul", two, x))
    second = graph.apply("sub", k, graph.apply("mul", k, x))
    rates = (first, second)
    entries = jacobian_of(graph, rates)
    assert {(row, column): node for row, column, node in entries} == by_rate(graph, rates)
    assert [(row, column) for row, column, _ in entries] == [(0, 1), (1, 0)]


def test_twice_as_large_is_about_twice_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quantity that every process changes is no reason for more; through running sums it would be four times."""
    counted: list[int] = []
    apply = Graph.apply

    def counting(self: Graph, operation: str, *args: int) -> int:
        counted[-1] += 1
        return apply(self, operation, *args)

    monkeypatch.setattr(Graph, "apply", counting)
    for n, processes in ((100, 300), (200, 600)):
        network = build_network(check_text(equations(n, processes, "x{b}"), "large.yaml").require())
        counted.append(0)
        arrange(network)
    assert counted[1] < 2.2 * counted[0]
