"""The hybrid: cells jump, molecules and what cells carry inside flow between the jumps.

A process that changes a number of cells is a jump with a hazard [1/h]; what else it changes, by a release or by what
the cell carries, changes with it. All other processes are terms of the derivative. What a cell carries is the average
over its population, as in the mean field.

With `sample` only that fraction of the cells is counted, each standing for more; all values are those of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.lower import lower
from cytokinome.compiler.system import Lowering
from cytokinome.diagnostics import Collector
from cytokinome.errors import UnsupportedFeature
from cytokinome.model.expressions import Ref

if TYPE_CHECKING:
    from cytokinome.compiler.dag import Graph
    from cytokinome.compiler.network import Network, Process
    from cytokinome.model.components import Model


@dataclass(frozen=True, slots=True)
class CellJump:
    """One kind of event: nodes of its hazard [1/h] and of the change of each state that it changes, in their units."""

    id: str
    hazard: int
    changes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Hybrid:
    """Nodes of `graph`, which reads states and parameters as the kernel has them.

    Attributes
    ----------
    flows : tuple of int
        Per state its derivative between jumps; that of cells is zero. Behind them the sum of all hazards.
    slopes : tuple of (int, int, int)
        Row, column and node of the entries of the Jacobian of the flows, by states.
    switches : tuple of int
        Left − right of every comparison that flows or hazards depend on.
    counted : tuple of int
        States that are cells, in whole numbers of `grain`.
    grain : float
        How many cells of the whole a counted one stands for.
    """

    model_id: str
    graph: Graph
    states: tuple[str, ...]
    flows: tuple[int, ...]
    slopes: tuple[tuple[int, int, int], ...]
    jumps: tuple[CellJump, ...]
    switches: tuple[int, ...]
    counted: tuple[int, ...]
    grain: float


def hybrid_of(model: Model, *, sample: float = 1.0) -> Hybrid:
    """Return the hybrid of a checked model.

    Parameters
    ----------
    model : Model
    sample : float
        The fraction of the cells that is counted.

    Raises
    ------
    UnsupportedFeature
        The model states events.
    ValueError
        If the sample is not a positive number.
    """
    if not (sample > 0 and np.isfinite(sample)):
        raise ValueError(f"the sample is {sample}; it must be a positive fraction of the whole")
    found = Collector()
    for event in model.events:
        found.error(
            "UNSUPPORTED_FEATURE",
            f"the hybrid engine refuses the stated event `{event.id}`",
            event.where,
            hint="the ODE engine and the exact stochastic engine carry out stated events",
        )
    found.report().raise_errors(UnsupportedFeature, model.id)
    return _Splitting(lower(model).network, 1.0 / sample).build()


class _Splitting(Lowering):
    """Lowers a network whose cells are counted."""

    def __init__(self, network: Network, grain: float) -> None:
        super().__init__(network)
        self.grain = grain
        self.counted = tuple(i for i, v in enumerate(network.variables) if v.kind == "cells")

    def one(self, index: int) -> int:
        """Return the node of a single cell; of a molecule, nothing."""
        return self.graph.constant(self.grain if index in self.counted else 0.0)

    def build(self) -> Hybrid:
        graph, network = self.graph, self.network
        flows, jumps = [graph.constant(0.0)] * len(network.variables), list[CellJump]()
        for process in (p for p in network.processes if p.upon is None):
            if any(self.states[target] in self.counted for target, _ in process.changes):
                jumps.append(self._jump(process))
                continue
            rate = self.node(Ref("process", process.id))
            for state, change in self._changes(process).items():
                flows[state] = graph.apply("add", flows[state], graph.apply("mul", change, rate))
        total = graph.constant(0.0)
        for jump in jumps:
            total = graph.apply("add", total, jump.hazard)
        flows.append(total)
        slopes = [
            (row, column, found[flow])
            for column in range(len(network.variables))
            for found in (graph.derivatives(flows, column),)
            for row, flow in enumerate(flows)
            if flow in found
        ]
        return Hybrid(
            model_id=network.model_id,
            graph=graph,
            states=tuple(v.id for v in network.variables),
            flows=tuple(flows),
            slopes=tuple(slopes),
            jumps=tuple(jumps),
            switches=self._switches(flows),
            counted=self.counted,
            grain=self.grain,
        )

    def _jump(self, process: Process) -> CellJump:
        """A jump moves one counted cell, and all that goes with it."""
        graph = self.graph
        grain = graph.constant(self.grain)
        (rate,) = process.one_way or (process.rate,)
        changes = self._changes(process)
        for other in self.network.processes:
            if other.upon is not None and other.upon[0] == process.id:
                amount = self.node(other.upon[1])
                for state, change in self._changes(other).items():
                    released = graph.apply("mul", change, amount)
                    changes[state] = graph.apply("add", changes[state], released) if state in changes else released
        scaled = tuple((state, graph.apply("mul", change, grain)) for state, change in changes.items())
        return CellJump(process.id, graph.apply("div", self.node(rate), grain), scaled)

    def _changes(self, process: Process) -> dict[int, int]:
        found: dict[int, int] = {}
        for target, coefficient in process.changes:
            state, change = self.states[target], self.node(coefficient)
            found[state] = self.graph.apply("add", found[state], change) if state in found else change
        return found

    def _switches(self, outputs: list[int]) -> tuple[int, ...]:
        moving, needed = self.graph.depends_on_state_or_time(), set(self.graph.needed(outputs))
        return tuple(dict.fromkeys(d for c, d in self.comparisons.items() if c in needed and moving[d]))
