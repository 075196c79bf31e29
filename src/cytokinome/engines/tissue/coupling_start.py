"""What a run starts with: parameters, fields, and where the first cells stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng
from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.base import Failure, Outcome
from cytokinome.engines.tissue import cells_motion
from cytokinome.engines.tissue.cells import Cells
from cytokinome.engines.tissue.coupling_acts import bodies_of
from cytokinome.engines.tissue.coupling_deviates import with_deviates
from cytokinome.engines.tissue.fields import Field
from cytokinome.engines.tissue.fields_steps import Stepper
from cytokinome.engines.tissue.fields_waves import Waves
from cytokinome.model import populations
from cytokinome.units import AVOGADRO

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.compiler.tissue import Agents
    from cytokinome.engines.tissue.coupling_geometry import Geometry
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]

MOLECULE = 1e12 / AVOGADRO  # pmol
ROUNDING = 1e-9  # of the level: a production that is negative by less is zero


@dataclass(frozen=True, slots=True)
class Start:
    """A run before it begins, and what stays the same while it goes on."""

    model: Model
    agents: Agents
    geometry: Geometry
    kernel: Kernel
    key: tuple[int, int]
    parameters: Array
    volume: float  # of the whole [L]
    labels: tuple[str, ...]  # of populations
    names: tuple[str, ...]  # of fields
    diffusion: tuple[float, ...]
    scales: Array
    fields: Array
    cells: Cells

    @property
    def sizes(self) -> dict[str, float]:
        """Return by carried name what counts as little: one molecule, one unit of what is no amount."""
        intensive = {v.name for cell in self.model.cells for v in cell.inside if v.kind != "amount"}
        return {name: 1.0 if name in intensive else MOLECULE for name in self.cells.inside}

    def stepping(self, p: Array) -> Stepper:
        """Return what steps the fields with these parameters."""
        return _stepper(self.agents, self.geometry, self.names, self.diffusion, p)

    def whole(self, cells: Cells, fields: Array) -> Array:
        """Return the states of the kernel, of the whole that the box is a part of: means, counts and totals."""
        share = self.geometry.grid.volume / self.volume
        states, index = np.zeros(len(self.kernel.states)), {s: i for i, s in enumerate(self.kernel.states)}
        states[list(self.agents.fields)] = fields.reshape(len(fields), -1).mean(axis=1)
        for population, label in enumerate(self.labels):
            here = cells.populations == population
            states[index[label]] = np.count_nonzero(here) / share
            for name, _ in self.agents.carried[population]:
                states[index[f"{name} in {label}"]] = np.sum(cells.inside[name][here]) / share
        return states

    def scattered(self, cells: Cells, population: int, n: int, step: int) -> Cells:
        """Return the cells with `n` more of a population, anywhere in the box."""
        seed, run = self.key
        ids = np.arange(cells.next_id, cells.next_id + n)
        size = np.asarray(self.geometry.size)
        key = {"run": run, "entity": ids, "step": step, "purpose": "tissue:place"}
        parts = [rng.uniform(seed, **key, lane=axis) for axis in range(len(size))]
        return self.added(cells, population, np.stack(parts, axis=1) * size, step)

    def added(self, cells: Cells, population: int, places: Array, step: int) -> Cells:
        """Return the cells with more of a population at these places, at their initial values."""
        seed, run = self.key
        ids = np.arange(cells.next_id, cells.next_id + len(places))
        headings = cells_motion.isotropic(seed, run, ids, step, "tissue:heading", len(self.geometry.size))
        nodes = Program(self.agents.graph, self.agents.initial_inside[population])
        y = with_deviates(self.agents, np.zeros((len(self.agents.states), len(ids))), population, ids, self.key, step)
        values = nodes.along(np.zeros(len(ids)), y, self.parameters)
        inside = {n: v for (n, _), v in zip(self.agents.carried[population], values, strict=True)}
        return cells.add(np.full(len(ids), population, dtype=np.intp), places, headings, inside)


def begin(
    model: Model,
    agents: Agents,
    geometry: Geometry,
    kernel: Kernel,
    parameters: Array | None,
    key: tuple[int, int],
) -> Start:
    """Return the start of a run.

    Raises
    ------
    ResourceLimit
        The box has too many voxels.
    ValueError
        A molecule has no diffusion coefficient, or the geometry names what the model does not have.
    Failure
        A baseline would need a negative production, or the cells find no places.
    """
    geometry.grid.require_memory(len(agents.fields))
    names = tuple(kernel.states[i] for i in agents.fields)
    labels = tuple(populations.label(model, p) for p in agents.populations)
    _require_known(model, agents, geometry, names)
    p = np.array(kernel.defaults() if parameters is None else parameters, dtype=float)
    y = np.asarray(kernel.initial(p))
    p = _with_productions(kernel, p, y)
    diffusion = _diffusion(agents, geometry, names, p)
    volume = Program(agents.graph, [agents.volume]).at(0.0, np.zeros(len(agents.states)), p)[0]
    shape = geometry.grid.shape
    fields = np.empty((len(names), *shape))
    for field, state in enumerate(agents.fields):
        fields[field] = y[state]
    carried = tuple(dict.fromkeys(n for c in agents.carried for n, _ in c))
    nobody = Cells.none(len(geometry.size), carried)
    scales = np.maximum(np.asarray(kernel.scale(p))[list(agents.fields)], 1e-300)
    empty = Start(model, agents, geometry, kernel, key, p, volume, labels, names, diffusion, scales, fields, nobody)
    cells = _placed(empty, y)
    radii = np.array([b.radius for b in bodies_of(agents, geometry)])[cells.populations]
    apart = cells_motion.separated(cells_motion.inside(cells.places, radii, geometry.size), radii, geometry.size)
    cells = Cells(cells.ids, cells.populations, apart, cells.headings, cells.inside, cells.next_id)
    return Start(model, agents, geometry, kernel, key, p, volume, labels, names, diffusion, scales, fields, cells)


def _require_known(model: Model, agents: Agents, geometry: Geometry, names: tuple[str, ...]) -> None:
    cells = {c.id for c in model.cells}
    kinds = {populations.kind_label(model, p.kind) for p in agents.populations}
    for what, given, known in (
        ("bodies", geometry.bodies, cells),
        ("place", geometry.place, cells | kinds),
        ("diffusion", geometry.diffusion, set(names)),
        ("walls", geometry.walls, set(names)),
    ):
        unknown = sorted(set(given) - known)
        if unknown:
            raise ValueError(
                f"`{what}` of the geometry names {unknown[0]!r}; {model.id} has {', '.join(sorted(known))}"
            )


def _with_productions(kernel: Kernel, p: Array, y: Array) -> Array:
    """Return the parameters with the productions that hold baselines in the well-mixed whole."""
    p = p.copy()
    p[[slot for slot, _ in kernel.baselines]] = 0.0
    needed = -np.asarray(kernel.rhs(0.0, y, p))
    for slot, state in kernel.baselines:
        if not needed[state] >= -ROUNDING * abs(y[state]):
            raise Failure(Outcome.NEGATIVE_PRODUCTION.of(None, kernel.states[state]))
        p[slot] = max(float(needed[state]), 0.0)
    return p


def _diffusion(agents: Agents, geometry: Geometry, names: tuple[str, ...], p: Array) -> tuple[float, ...]:
    missing = [
        n for n, node in zip(names, agents.diffusion, strict=True) if node is None and n not in geometry.diffusion
    ]
    if missing:
        raise ValueError(
            f"no diffusion coefficient is known for {', '.join(missing)}: state `diffusion:` of the molecule, or in "
            "the geometry"
        )
    nodes = Program(agents.graph, [n for n in agents.diffusion if n is not None])
    known = iter(nodes.at(0.0, np.zeros(len(agents.states)), p))
    values = [next(known) if node is not None else 0.0 for node in agents.diffusion]
    return tuple(float(geometry.diffusion.get(n, v)) for n, v in zip(names, values, strict=True))


def _stepper(
    agents: Agents, geometry: Geometry, names: tuple[str, ...], diffusion: tuple[float, ...], p: Array
) -> Stepper:
    losses = Program(agents.graph, agents.loss).at(0.0, np.zeros(len(agents.states)), p)
    fields = [Field(n, d, k, geometry.walls.get(n, ())) for n, d, k in zip(names, diffusion, losses, strict=True)]
    grid = geometry.grid
    return Stepper([Waves.of(f, grid) for f in fields], np.stack([f.from_walls(grid) for f in fields]))


def _placed(start: Start, y: Array) -> Cells:
    """Return the first cells: those that the geometry places, and of others as many as there are in this volume."""
    cells, model = start.cells, start.model
    share = start.geometry.grid.volume / start.volume
    index = {s: i for i, s in enumerate(start.kernel.states)}
    for population, label in enumerate(start.labels):
        kind = start.agents.populations[population].kind
        is_first = all(stage == 1 for _, stage in start.agents.populations[population].stages)
        named = start.geometry.place.get(populations.kind_label(model, kind))
        if named is None and kind.cell in start.geometry.place and _is_usual(start, y, population):
            named = start.geometry.place[kind.cell]
        elif named is None and kind.cell in start.geometry.place:
            continue
        if named is not None:
            cells = start.added(cells, population, np.asarray(named, dtype=float), 0) if is_first else cells
        else:
            cells = start.scattered(cells, population, int(np.rint(y[index[label]] * share)), 0)
    return cells


def _is_usual(start: Start, y: Array, population: int) -> bool:
    """Whether most of the cells of this type begin in this population; the first of several."""
    index = {s: i for i, s in enumerate(start.kernel.states)}
    cell = start.agents.populations[population].kind.cell
    same = [i for i, p in enumerate(start.agents.populations) if p.kind.cell == cell]
    return population == max(same, key=lambda i: y[index[start.labels[i]]])
