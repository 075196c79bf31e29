"""Single cells on counts: what the exact stochastic engine asks where cells differ and rates are not linear in that.

The hazard of an event in or of a cell is then a sum over cells, each with what it carries. It is read off the bench for
single cells (`one_cell`), on which what a cell carries is a state of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.compiler.counting import PER_PMOL, Counting
from cytokinome.compiler.one_cell import OneCell, bench_of, deviate, network_of, one, own
from cytokinome.model import scope
from cytokinome.model.expressions import Ref
from cytokinome.model.spreads import spread_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytokinome.compiler.dag import Graph
    from cytokinome.model.components import Model
    from cytokinome.model.spreads import Spread


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a new cell of a population carries of one variable, where cells differ.

    `value` is the node of the number of molecules, `deviate` the state that it reads beside parameters.
    """

    value: int
    deviate: int
    spread: Spread


@dataclass(frozen=True, slots=True)
class Alone:
    """Nodes of a graph that reads the counts of the jumps, and behind them states of single cells.

    Attributes
    ----------
    n_states : int
        Of the graph.
    hazards : dict of int to int
        Jump and node: its hazard [1/h] for one cell with what it carries.
    own : dict of int to int
        The state of a total, and the state of what a single cell has of it, in molecules.
    fresh : dict of int to Fresh
        By the state of a total, where cells begin with different values.
    """

    graph: Graph
    n_states: int
    hazards: Mapping[int, int]
    own: Mapping[int, int]
    fresh: Mapping[int, Fresh]


def alone_of(model: Model, sample: float, jumps: Iterable[tuple[int, str]]) -> Alone:
    """Return what is asked of single cells: the hazards of some jumps, given by place and id, and fresh values."""
    bench = bench_of(model)
    return _Single(bench, sample).read(dict(jumps))


class _Single(Counting):
    """Lowers the bench for single cells on counts."""

    averages = ("mean",)

    def __init__(self, bench: OneCell, sample: float) -> None:
        super().__init__(bench.model, network_of(bench), sample)
        self.bench = bench
        labels = {bench.label(p): p for p in bench.populations}
        self.owned = {own(n, label): f"{n} in {label}" for label, p in labels.items() for n in bench.carried(p)}
        self.ones = {one(label) for label in labels}
        self.spreads = {
            own(v.name, label): (deviate(v.name, label), spread)
            for label, p in labels.items()
            for v in scope.inside_variables(bench.model, p.kind.cell)
            if bench.deviate(v, p) is not None and (spread := spread_of(bench.model, v)) is not None
        }
        self._told = {told for told, _ in self.spreads.values()}

    def state(self, index: int) -> int:
        """Return the node of a state's canonical value; of a single cell, what that alone has."""
        id, graph = self.network.variables[index].id, self.graph
        if id in self.ones:
            return graph.constant(1.0)
        if id in self._told:
            return graph.input("state", index)
        if id in self.owned:
            return graph.apply("div", graph.input("state", index), graph.constant(PER_PMOL))
        return super().state(index)

    def read(self, jumps: Mapping[int, str]) -> Alone:
        """Return the nodes that are asked for."""
        graph, processes = self.graph, {p.id: p for p in self.network.processes}
        # one cell that is counted stands for 1/sample of the whole
        stands_for, hazards = graph.constant(1.0 / self.sample), dict[int, int]()
        for place, id in jumps.items():
            rate = graph.apply("mul", self.node(Ref("process", id)), stands_for)
            hazards[place] = graph.apply("mul", rate, self.size(processes[id]))
        fresh: dict[int, Fresh] = {}
        for id, (told, spread) in self.spreads.items():
            initial = self.network.variables[self.states[id]].initial
            value = graph.apply("mul", self.node(initial), graph.constant(PER_PMOL))
            fresh[self.states[self.owned[id]]] = Fresh(value, self.states[told], spread)
        return Alone(
            graph=graph,
            n_states=len(self.network.variables),
            hazards=hazards,
            own={self.states[total]: self.states[id] for id, total in self.owned.items()},
            fresh=fresh,
        )
