"""The hybrid: cells jump, molecules and what cells carry inside flow between the jumps.

A process that changes a number of cells is a jump with a hazard [1/h]; what else it changes, by a release or by what
the cell carries, changes with it. All other processes are terms of the derivative. What a cell carries is the average
over its population, as in the mean field; of representatives each has its own.

That is a system like any other, with one event that happens by chance: the integral of all hazards is one more state,
and where it reaches an exponential number, a jump happens, which one as a second number says. The numbers are those of
the exact engine: without molecules both give the same run. Every engine that integrates systems can carry it out.

With `sample` only that fraction of the cells is counted, each standing for more; all values are those of the whole. A
number of cells is read as the nearest whole number of those that are counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.equations import refuse_all
from cytokinome.compiler.lower import compile_system, lower
from cytokinome.compiler.network import Slot
from cytokinome.compiler.system import Chance, EventNodes, Lowering, System, system_of, with_digest
from cytokinome.compiler.targets.reference import ReferenceKernel
from cytokinome.diagnostics import Collector
from cytokinome.errors import UnsupportedFeature
from cytokinome.model import populations, scope
from cytokinome.model.expressions import Ref
from cytokinome.units import DIMENSIONLESS

if TYPE_CHECKING:
    from cytokinome.compiler.kernel import Kernel
    from cytokinome.compiler.network import Network, Process
    from cytokinome.model.components import Model

JUMP = "a jump of cells"  # the name of the event that happens by chance
INTEGRAL = "hazards since the last jump"
_MAGIC = 1.5 * 2.0**52  # added and taken away again it rounds to the nearest whole number, below 2^51
# Halves are not rounded to even: what is half a cell too much stays so while cells come and go one by one.
_ABOVE_HALF = 2.0**-20


@dataclass(frozen=True, slots=True)
class CellJump:
    """One kind of event: nodes of its hazard [1/h] and of the change of each state that it changes, in their units."""

    id: str
    hazard: int
    changes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Hybrid:
    """A system whose cells jump.

    Attributes
    ----------
    system : System
        Its states are those of the model and behind them the integral of the hazards; behind the model's slots stand
        one per state, its value at the start, and those of `System.chance`.
    jumps : tuple of CellJump
        Nodes of the system's graph.
    counted : tuple of int
        States that are cells, in whole numbers of `grain`.
    grain : float
        How many cells of the whole a counted one stands for.
    """

    system: System
    jumps: tuple[CellJump, ...]
    counted: tuple[int, ...]
    grain: float


@lru_cache(maxsize=16)
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
        The model states equations, in which there are no cells.
    ValueError
        If the sample is not a positive number.
    """
    if not (sample > 0 and np.isfinite(sample)):
        raise ValueError(f"the sample is {sample}; it must be a positive fraction of the whole")
    found = Collector()
    refuse_all(model, "hybrid", found)
    found.report().raise_errors(UnsupportedFeature, model.id)
    return _Splitting(model, lower(model).network, 1.0 / sample).build()


@lru_cache(maxsize=16)
def compile_hybrid(model: Model, sample: float = 1.0, target: str = "reference") -> Kernel:
    """Return the kernel of the hybrid of a checked model; parameters as in `hybrid_of` and `lower.compile_model`."""
    system = hybrid_of(model, sample=sample).system
    return compile_system(system, ReferenceKernel(system), target)


class _Splitting(Lowering):
    """Lowers a network whose cells are counted."""

    def __init__(self, model: Model, network: Network, grain: float) -> None:
        super().__init__(network)
        self.model, self.grain = model, grain
        self.counted = tuple(i for i, v in enumerate(network.variables) if v.kind == "cells")

    def state(self, index: int) -> int:
        """Return the node of a state's value: of cells a whole number of those that are counted."""
        return self._whole(super().state(index)) if index in self.counted else super().state(index)

    def one(self, index: int) -> int:
        """Return the node of a single cell; of a molecule, nothing."""
        return self.graph.constant(self.grain if index in self.counted else 0.0)

    def build(self) -> Hybrid:
        network = self.network
        flows, jumps = self._split()
        total = self._total(jumps)
        plain = system_of(self, (*flows, total))
        n, m = len(plain.states), len(plain.slots)
        chance = Chance(
            len(plain.events), n, m + n, m + n + 1, m + n + 2, tuple((jump.id, jump.hazard) for jump in jumps)
        )
        event, switch = self._event(jumps, total, chance)
        one = self.graph.constant(1.0)
        added = [f"start({v.id})" for v in network.variables] + ["wait", "uniform", "number"]
        system = replace(
            plain,
            states=(*plain.states, INTEGRAL),
            slots=(*plain.slots, *(Slot(name, DIMENSIONLESS) for name in added)),
            jacobian=tuple(entry for entry in plain.jacobian if entry[1] not in self.counted),  # cells do not flow
            initial=(*self._starts([self.graph.input("parameter", m + i) for i in range(n)]), self.graph.constant(0.0)),
            scales=(*plain.scales, one),
            volumes=(*plain.volumes, one),
            defaults=(*plain.defaults, *plain.initial, one, one, self.graph.constant(0.0)),
            switches=(*plain.switches, switch),
            events=(*plain.events, event),
            baselines=(),
            start="given",
            chance=chance,
        )
        return Hybrid(with_digest(system), jumps, self.counted, self.grain)

    def _starts(self, given: list[int]) -> list[int]:
        """The states at the start: representatives share the whole cells of their population, as evenly as they can."""
        graph, starts, zero = self.graph, list(given), self.graph.constant(0.0)
        groups: dict[object, list[str]] = {}
        for population in scope.all_populations(self.model):
            label = populations.label(self.model, population)
            groups.setdefault((population.kind, population.stages), []).append(label)
        for labels in (group for group in groups.values() if len(group) > 1):
            total = before = zero
            for label in labels:
                cells = self.states[label]
                total = graph.apply("add", total, given[cells])
                upto = self._whole(total)
                starts[cells], before = graph.apply("sub", upto, before), upto
                part = graph.apply("div", starts[cells], given[cells])
                part = graph.apply("select", graph.apply("lt", zero, given[cells]), part, zero)
                for i, variable in enumerate(self.network.variables):
                    if variable.inside is not None and variable.inside[1] == label:
                        starts[i] = graph.apply("mul", given[i], part)
        return starts

    # ------------------------------------------------------------------------------------------ flows and jumps
    def _split(self) -> tuple[list[int], tuple[CellJump, ...]]:
        graph = self.graph
        flows, jumps = [graph.constant(0.0)] * len(self.network.variables), list[CellJump]()
        for process in (p for p in self.network.processes if p.upon is None):
            if any(self.states[target] in self.counted for target, _ in process.changes):
                jumps.append(self._jump(process))
                continue
            rate = self.node(Ref("process", process.id))
            for state, change in self._changes(process).items():
                flows[state] = graph.apply("add", flows[state], graph.apply("mul", change, rate))
        return flows, tuple(jumps)

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

    def _total(self, jumps: tuple[CellJump, ...]) -> int:
        """The sum of all hazards, which is no number where one of them is negative."""
        graph = self.graph
        total, zero, nan = graph.constant(0.0), graph.constant(0.0), graph.constant(math.nan)
        for jump in jumps:
            sound = graph.apply("select", graph.apply("le", zero, jump.hazard), jump.hazard, nan)
            total = graph.apply("add", total, sound)
        return total

    # ------------------------------------------------------------------------------------------------ the event
    def _event(self, jumps: tuple[CellJump, ...], total: int, chance: Chance) -> tuple[EventNodes, int]:
        """The event that happens by chance, and the switch that turns with it."""
        graph, zero = self.graph, self.graph.constant(0.0)
        integral, wait = graph.input("state", chance.integral), graph.input("parameter", chance.wait)
        target = graph.apply("mul", graph.input("parameter", chance.uniform), total)
        changes, before = dict[int, int](), zero
        for jump in jumps:  # the target is below the sum of all, which is made in the same order
            upto = graph.apply("add", before, jump.hazard)
            is_it = graph.apply("and", graph.apply("le", before, target), graph.apply("lt", target, upto))
            for state, change in jump.changes:
                own = graph.apply("select", is_it, change, zero)
                changes[state] = graph.apply("add", changes[state], own) if state in changes else own
            before = upto
        assignments = [
            (False, state, graph.apply("add", graph.input("state", state), change)) for state, change in changes.items()
        ]
        counted = graph.apply("add", graph.input("parameter", chance.number), graph.constant(1.0))
        assignments += [(False, chance.integral, zero), (True, chance.number, counted)]
        reached = graph.apply("le", wait, integral)
        return EventNodes(JUMP, reached, zero, zero, tuple(assignments)), graph.apply("sub", wait, integral)

    def _whole(self, cells: int) -> int:
        graph, magic, grain = self.graph, self.graph.constant(_MAGIC), self.graph.constant(self.grain)
        number = graph.apply("add", graph.apply("div", cells, grain), graph.constant(_ABOVE_HALF))
        rounded = graph.apply("sub", graph.apply("add", number, magic), magic)
        return graph.apply("mul", rounded, grain)
