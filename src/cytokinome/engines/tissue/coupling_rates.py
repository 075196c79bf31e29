"""What cells do to molecules and to what they carry, with the cells where they are.

The rates are the model's own, evaluated for all cells of a population at once, each at the concentrations of its
surface. A surface has what the grid shows plus b·F, F what the cell gives in net (see `fields_exchange`): F depends on
the surface in turn, which Newton's method solves for each cell.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.base import Failure, PatientOutcome
from cytokinome.engines.tissue.fields_steps import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cytokinome.compiler.tissue import Agents
    from cytokinome.engines.tissue.cells import Cells
    from cytokinome.engines.tissue.fields_exchange import Sites

    Array = NDArray[np.float64]

ITERATIONS = 60
CLOSE = 1e-12  # of the largest concentration: a surface that changes by less is found


class Programs:
    """The nodes of a model that the engine evaluates, made once per run."""

    def __init__(self, agents: Agents) -> None:
        self.agents = agents
        graph = agents.graph
        together = zip(agents.exchange, agents.exchange_slopes, strict=True)
        self.exchange = [Program(graph, [n for _, n in (*given, *slopes)]) for given, slopes in together]
        self.inner = [Program(graph, (*r, *s)) for r, s in zip(agents.inner, agents.inner_slopes, strict=True)]
        self.between = Program(graph, (*agents.sources, *agents.source_slopes))
        self.hazards = [Program(graph, [a.hazard] if a.hazard is not None else []) for a in agents.acts]
        self.clearing = [[Program(graph, [node]) for _, node in a.killers] for a in agents.acts]
        self.arriving = [Program(graph, [n for _, _, n in a.inside]) for a in agents.acts]
        self.releases = [Program(graph, [n for _, n in a.releases]) for a in agents.acts]
        self.motions = [Program(graph, [m.speed, *(n for _, n in m.slopes)]) if m else None for m in agents.motions]


class Around:
    """The cells of one moment, and what is around each: all that their rates need."""

    def __init__(
        self, programs: Programs, p: Array, whole: Array, cells: Cells, sites: Sites, resistance: Array, rates_on: Array
    ) -> None:
        """Take the moment.

        Parameters
        ----------
        programs : Programs
        p : array [parameter]
        whole : array [state of the kernel]
            Counts and totals of the whole; its concentrations are not used.
        cells : Cells
        sites : Sites
        resistance : array [field, cell]
            b [h/L].
        rates_on : array [field]
            Infusions [pM/h], the same everywhere.
        """
        self.programs, self.agents, self.p, self.whole = programs, programs.agents, p, whole
        self.cells, self.sites, self.resistance, self.rates_on = cells, sites, resistance, rates_on
        self.members = [np.flatnonzero(cells.populations == i) for i in range(len(self.agents.populations))]
        ends = np.cumsum([0, *(len(m) * len(c) for m, c in zip(self.members, self.agents.carried, strict=True))])
        self.spans = [slice(a, b) for a, b in pairwise(ends)]
        self._fields = list(self.agents.fields)

    # ---------------------------------------------------------------------------------- what cells carry
    def inside(self) -> Array:
        """Return what cells carry as one vector: by population, name, cell."""
        parts = [
            self.cells.inside[name][members]
            for members, carried in zip(self.members, self.agents.carried, strict=True)
            for name, _ in carried
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def carried(self, inside: Array) -> dict[str, Array]:
        """Return what cells carry by name, from the vector."""
        result = {name: values.copy() for name, values in self.cells.inside.items()}
        for population, members in enumerate(self.members):
            rows = self.rows(population, inside)
            for (name, _), row in zip(self.agents.carried[population], rows, strict=True):
                result[name][members] = row
        return result

    def rows(self, population: int, inside: Array) -> Array:
        """Return [name, cell]: what the cells of a population carry."""
        return inside[self.spans[population]].reshape(
            len(self.agents.carried[population]), len(self.members[population])
        )

    def groups(self, sizes: Mapping[str, float]) -> tuple[tuple[slice, float], ...]:
        """Return where the vector holds the same name of the same population, with the size of each name."""
        found: list[tuple[slice, float]] = []
        for span, members, carried in zip(self.spans, self.members, self.agents.carried, strict=True):
            starts = (span.start + i * len(members) for i in range(len(carried)))
            names = (name for name, _ in carried)
            found += [(slice(s, s + len(members)), sizes[name]) for s, name in zip(starts, names, strict=True)]
        return tuple(found)

    # ------------------------------------------------------------------------------------------ evaluating
    def values(self, population: int | None, around: Array, rows: Array | None = None) -> Array:
        """Return [state, point] for cells of a population (None: for points without cells) amid concentrations."""
        y = np.zeros((len(self.agents.states), around.shape[1]))
        y[: len(self.whole)] = self.whole[:, None]
        y[self._fields] = around
        if population is not None and rows is not None:
            y[self.agents.ones[population]] = 1.0
            for (_, state), row in zip(self.agents.carried[population], rows, strict=True):
                y[state] = row
        return y

    def evaluate(self, program: Program, t: float, y: Array) -> Array:
        """Return [output, point]."""
        return program.along(np.full(y.shape[1], t), y, self.p)

    def read(self, fields: Array) -> Array:
        """Return [field, cell]: what the grid shows at each cell, at least zero."""
        return np.maximum(np.reshape([self.sites.read(field) for field in fields], (len(fields), len(self.cells))), 0.0)

    def surface(self, t: float, population: int, read: Array, rows: Array) -> tuple[Array, Array, Array]:
        """Return [field, cell]: what the surface of each cell feels, what it gives, and its slope in what is read.

        Raises
        ------
        Failure
            No surface concentration was found.
        """
        members, given = self.members[population], [f for f, _ in self.agents.exchange[population]]
        here, b = read[:, members], self.resistance[:, members]
        flow, slope = np.zeros_like(here), np.zeros_like(here)
        if not given or not len(members):
            return here, flow, slope
        felt = here.copy()
        limit = CLOSE * max(float(np.max(np.abs(here))), 1e-300)
        for _ in range(ITERATIONS):
            found = self.evaluate(self.programs.exchange[population], t, self.values(population, felt, rows))
            flow[given], slope[given] = found[: len(given)], found[len(given) :]
            gap = felt - here - b * flow
            steepness = np.maximum(1.0 - b * slope, 0.5)
            if not np.any(b) or not np.any(np.abs(gap) > limit * steepness):
                return felt, flow, slope / steepness
            felt = np.maximum(felt - gap / steepness, 0.0)
            limit = CLOSE * max(float(np.max(np.abs(felt))), 1e-300)
        sentence = f"the concentrations at the surface of cells were not found at {t:.6g} h"
        raise Failure(PatientOutcome("failed", sentence, t, "cells"))

    # ------------------------------------------------------------------------------- Rest, for the stepper
    def rates(self, t: float, state: State) -> State:
        """Return what cells and reactions change [per h]."""
        return self._both(t, state)[0]

    def slopes(self, t: float, state: State) -> State:
        """Return how fast each value is taken away in proportion to itself [1/h]."""
        return self._both(t, state)[1]

    def _both(self, t: float, state: State) -> tuple[State, State]:
        fields, n = state.fields, len(state.fields)
        between = self._between(t, fields)
        rate, taken = between[:n] + self.rates_on.reshape([-1] + [1] * (fields.ndim - 1)), -between[n:]
        inner, inner_taken = np.zeros_like(state.inside), np.zeros_like(state.inside)
        read = self.read(fields) if len(self.cells) else np.zeros((n, 0))
        flow, slope = np.zeros_like(read), np.zeros_like(read)
        for population, members in enumerate(self.members):
            if not len(members):
                continue
            rows = self.rows(population, state.inside)
            felt, flow[:, members], slope[:, members] = self.surface(t, population, read, rows)
            if len(rows):
                found = self.evaluate(self.programs.inner[population], t, self.values(population, felt, rows))
                inner[self.spans[population]] = found[: len(rows)].ravel()
                inner_taken[self.spans[population]] = -found[len(rows) :].ravel()
        for f in range(n):
            if np.any(flow[f]) or np.any(slope[f]):
                rate[f] += self.sites.give(flow[f])
                taken[f] -= self.sites.give(slope[f])
        return State(rate, inner), State(taken, inner_taken)

    def _between(self, t: float, fields: Array) -> Array:
        """Return [2·field, *shape]: reactions between molecules, and their slopes."""
        shape = fields.shape[1:]
        zero = [self.agents.graph.is_constant(n, 0.0) for n in self.programs.between.outputs]
        if all(zero):
            return np.zeros((2 * len(fields), *shape))
        y = self.values(None, fields.reshape(len(fields), -1))
        return self.evaluate(self.programs.between, t, y).reshape(2 * len(fields), *shape)


def felt_by_all(around: Around, t: float, fields: Array, inside: Array) -> Array:
    """Return [field, cell]: the concentration at the surface of every cell."""
    if not len(around.cells):
        return np.zeros((len(fields), 0))
    read = around.read(fields)
    felt = read.copy()
    for population, members in enumerate(around.members):
        if len(members):
            felt[:, members] = around.surface(t, population, read, around.rows(population, inside))[0]
    return felt
