"""Canonical values from counts: what every lowering of a network on whole numbers needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.lower import lower
from cytokinome.compiler.system import Lowering
from cytokinome.compiler.targets.reference import Program
from cytokinome.model.scope import inside_definition
from cytokinome.units import AVOGADRO, CELL

if TYPE_CHECKING:
    from cytokinome.compiler.network import Network, Process
    from cytokinome.compiler.system import Nodes
    from cytokinome.model.components import Model
    from cytokinome.model.expressions import Expression, Ref

PER_PMOL = AVOGADRO * 1e-12  # molecules


class Counting(Lowering):
    """Lowers a network on counts, of which a fraction is simulated; values are those of the whole."""

    averages = ("definition", "mean")  # what stands for the average of what cells carry

    def __init__(self, model: Model, network: Network, sample: float) -> None:
        super().__init__(network)
        self.model, self.sample = model, sample
        self._reactions = {r.id for r in model.reactions}
        self.carried = tuple(
            (i, v.inside[0], self.states[v.inside[1]]) for i, v in enumerate(network.variables) if v.inside
        )
        self._per_cell = {inside_definition(name, network.variables[p].id): (i, p) for i, name, p in self.carried}

    def _ref(self, ref: Ref) -> Nodes:
        """Return the node of a symbol; what a cell carries on average is exactly the total over the number."""
        if ref.kind not in self.averages or ref.id not in self._per_cell:
            return (yield super()._ref(ref))
        total, cells = self._per_cell[ref.id]
        number = self.graph.apply("max", self.state(cells), self.one(cells))  # of nobody it is nothing
        return self.graph.apply("div", self.state(total), number)

    def state(self, index: int) -> int:
        """Return the node of a state's canonical value: its count times its grain."""
        return self.graph.apply("mul", self.graph.input("state", index), self.one(index))

    def one(self, index: int) -> int:
        """Return the node of the canonical value of a single cell or molecule, of the whole that it stands for."""
        variable, graph = self.network.variables[index], self.graph
        per_unit = graph.constant(self.sample * (1.0 if variable.dimension == CELL else PER_PMOL))
        if variable.kind == "molecule":
            per_unit = graph.apply("mul", per_unit, self.node(variable.volume))
        return graph.apply("div", graph.constant(1.0), per_unit)

    def is_cells(self, state: str) -> bool:
        """Whether a state is a number of cells."""
        return self.network.variables[self.states[state]].kind == "cells"

    def scaled(self, target: str, coefficient: Expression) -> int:
        """Return the node of a change in counts per unit of the rate."""
        return self.graph.apply("div", self.node(coefficient), self.one(self.states[target]))

    def size(self, process: Process) -> int:
        """Return how many jumps a unit of the rate is: turnovers of a reaction, else the smallest changes."""
        graph = self.graph
        if process.origin in self._reactions:
            return graph.apply("div", graph.constant(1.0), self.one(self.states[process.changes[0][0]]))
        counted = [change for change in process.changes if self.is_cells(change[0])] or process.changes
        sizes = [graph.apply("abs", self.scaled(*change)) for change in counted]
        still = [node for node in sizes if not graph.depends_on_state_or_time()[node]]
        if not still:
            return graph.constant(1.0)
        values = Program(graph, still).at(0.0, np.zeros(len(self.states)), lower(self.model).kernel.defaults())
        return min(((v, node) for v, node in zip(values, still, strict=True) if v > 0), default=(1.0, still[0]))[1]
