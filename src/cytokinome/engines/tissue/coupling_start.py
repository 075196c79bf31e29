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
from cytokinome.engines.tissue.coupling_geometry import MOST_CELLS
from cytokinome.engines.tissue.coupling_places import Anywhere
from cytokinome.engines.tissue.fields import Field
from cytokinome.engines.tissue.fields_steps import Stepper
from cytokinome.engines.tissue.fields_waves import Waves
from cytokinome.model import populations
from cytokinome.units import AVOGADRO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.compiler.tissue import Agents
    from cytokinome.engines.tissue.coupling_geometry import Geometry
    from cytokinome.engines.tissue.coupling_places import Shape
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]

MOLECULE = 1e12 / AVOGADRO  # pmol
ANYWHERE = Anywhere()
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
    scales: Array
    fields: Array
    cells: Cells

    @property
    def sizes(self) -> dict[str, float]:
        """Return by carried name what counts as little: one molecule, one unit of what is no amount."""
        intensive = {v.name for cell in self.model.cells for v in cell.inside if v.kind != "amount"}
        return {name: 1.0 if name in intensive else MOLECULE for name in self.cells.inside}

    def diffusion(self, p: Array) -> tuple[float, ...]:
        """Return the diffusion coefficient [µm²/h] of each field with these parameters."""
        agents, stated = self.agents, self.geometry.diffusion
        nodes = Program(agents.graph, [n for n in agents.diffusion if n is not None])
        known = iter(nodes.at(0.0, np.zeros(len(agents.states)), p))
        values = [next(known) if node is not None else 0.0 for node in agents.diffusion]
        return tuple(float(stated.get(n, v)) for n, v in zip(self.names, values, strict=True))

    def stepping(self, p: Array) -> Stepper:
        """Return what steps the fields with these parameters.

        Raises
        ------
        Failure
            A coefficient of diffusion or a loss is negative or no number.
        """
        agents, grid = self.agents, self.geometry.grid
        losses = Program(agents.graph, agents.loss).at(0.0, np.zeros(len(agents.states)), p)
        fields = list[Field]()
        for name, d, k in zip(self.names, self.diffusion(p), losses, strict=True):
            if not (d >= 0 and k >= 0 and np.isfinite(d + k)):
                raise Failure(Outcome.NEGATIVE_DIFFUSION.of(None, name))
            fields.append(Field(name, d, k, self.geometry.walls.get(name, ())))
        return Stepper(
            [Waves.of(f, grid) for f in fields],
            np.reshape([f.from_walls(grid) for f in fields], (len(fields), *grid.shape)),
        )

    def whole(self, cells: Cells, fields: Array) -> Array:
        """Return the states of the kernel, of the whole that the box is a part of: means, counts and totals."""
        share = self.geometry.grid.volume / self.volume
        states, index = np.zeros(len(self.kernel.states)), {s: i for i, s in enumerate(self.kernel.states)}
        states[list(self.agents.fields)] = fields.reshape(len(fields), self.geometry.grid.voxels).mean(axis=1)
        for population, label in enumerate(self.labels):
            here = cells.populations == population
            states[index[label]] = np.count_nonzero(here) / share
            for name, _ in self.agents.carried[population]:
                states[index[f"{name} in {label}"]] = np.sum(cells.inside[name][here]) / share
        return states

    def settled(
        self, cells: Cells, population: int, n: int, step: int, *, shape: Shape = ANYWHERE, time: float = 0.0
    ) -> Cells:
        """Return the cells with `n` more of a population, in a shape.

        Raises
        ------
        Failure
            There would be more cells than can be simulated.
        """
        if len(cells) + n > MOST_CELLS:
            raise Failure(Outcome.TOO_MANY_CELLS.of(time, self.labels[population], MOST_CELLS))
        seed, run = self.key
        size = self.geometry.size
        ids = np.arange(cells.next_id, cells.next_id + n)
        key = {"run": run, "entity": ids, "step": step, "purpose": "tissue:place"}
        parts = [rng.uniform(seed, **key, lane=axis) for axis in range(len(size))]
        return self.added(cells, population, shape.centres(np.stack(parts, axis=1), size), step)

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
    productions: Array | None = None,
) -> Start:
    """Return the start of a run; baseline `productions` [pM/h] follow from the baselines where they are not given.

    Raises
    ------
    ValueError
        A molecule has no diffusion coefficient, or the geometry names what the model does not have.
    Failure
        A baseline would need a negative production, or the cells find no places.
    """
    names = tuple(kernel.states[i] for i in agents.fields)
    labels = tuple(populations.label(model, p) for p in agents.populations)
    _require_known(model, agents, geometry, names)
    p = np.array(kernel.defaults() if parameters is None else parameters, dtype=float)
    y = np.asarray(kernel.initial(p))
    _require_real(agents, labels, kernel, y)
    p = _with_productions(kernel, p, y, productions)
    _require_diffusion(agents, geometry, names)
    volume = Program(agents.graph, [agents.volume]).at(0.0, np.zeros(len(agents.states)), p)[0]
    shape = geometry.grid.shape
    fields = np.empty((len(names), *shape))
    for field, state in enumerate(agents.fields):
        fields[field] = y[state]
    carried = tuple(dict.fromkeys(n for c in agents.carried for n, _ in c))
    nobody = Cells.none(len(geometry.size), carried)
    scales = np.maximum(np.asarray(kernel.scale(p))[list(agents.fields)], 1e-300)
    empty = Start(model, agents, geometry, kernel, key, p, volume, labels, names, scales, fields, nobody)
    cells = _placed(empty, y)
    radii = np.array([b.radius for b in bodies_of(agents, geometry)])[cells.populations]
    apart = cells_motion.separated(cells_motion.inside(cells.places, radii, geometry.size), radii, geometry.size)
    cells = Cells(cells.ids, cells.populations, apart, cells.headings, cells.inside, cells.next_id)
    return Start(model, agents, geometry, kernel, key, p, volume, labels, names, scales, fields, cells)


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


def _require_real(agents: Agents, labels: tuple[str, ...], kernel: Kernel, y: Array) -> None:
    amounts = {kernel.states[i] for i in agents.fields} | set(labels)
    for state, value in zip(kernel.states, y, strict=True):
        if not np.isfinite(value) or (state in amounts and value < 0):
            raise Failure(Outcome.NEGATIVE_START.of(None, state))


def _with_productions(kernel: Kernel, p: Array, y: Array, productions: Array | None) -> Array:
    """Return the parameters with the productions that hold baselines in the well-mixed whole."""
    p, slots = p.copy(), [slot for slot, _ in kernel.baselines]
    p[slots] = 0.0 if productions is None else productions
    if productions is not None:
        return p
    needed = -np.asarray(kernel.rhs(0.0, y, p))
    for slot, state in kernel.baselines:
        if not needed[state] >= -ROUNDING * abs(y[state]):
            raise Failure(Outcome.NEGATIVE_PRODUCTION.of(None, kernel.states[state]))
        p[slot] = max(float(needed[state]), 0.0)
    return p


def without_diffusion(agents: Agents, geometry: Geometry, names: tuple[str, ...]) -> list[str]:
    """Return the molecules of which neither the model nor the geometry says how they diffuse."""
    known = zip(names, agents.diffusion, strict=True)
    return [name for name, node in known if node is None and name not in geometry.diffusion]


def _require_diffusion(agents: Agents, geometry: Geometry, names: tuple[str, ...]) -> None:
    missing = without_diffusion(agents, geometry, names)
    if missing:
        raise ValueError(
            f"no diffusion coefficient is known for {', '.join(missing)}: state `diffusion:` of the molecule, or in "
            "the geometry"
        )


def _placed(start: Start, y: Array) -> Cells:
    """Return the first cells."""
    cells = start.cells
    for population, n, shape in first_cells(start.model, start.agents, start.geometry, start.kernel, y, start.volume):
        cells = start.settled(cells, population, n, 0, shape=shape)
    return cells


def first_cells(
    model: Model, agents: Agents, geometry: Geometry, kernel: Kernel, y: Array, volume: float
) -> Iterator[tuple[int, int, Shape]]:
    """Yield how many cells of each population there are at the start, and where they stand.

    A stated number is that of the cells of a name. It goes to the first stage of their state, or to the state in which
    most cells of the type begin.

    Parameters
    ----------
    model, agents, geometry, kernel
        That belong together.
    y : array [state]
        At the start of the whole.
    volume : float
        Of the whole [L].
    """
    share, index = geometry.grid.volume / volume, {s: i for i, s in enumerate(kernel.states)}
    counts = [float(y[index[populations.label(model, p)]]) * share for p in agents.populations]
    for population, of in enumerate(agents.populations):
        kind = populations.kind_label(model, of.kind)
        name = kind if kind in geometry.place else of.kind.cell
        shape = geometry.shape(name) or ANYWHERE
        n, stated = whole(counts[population]), shape.number(geometry.size)
        if stated is not None:
            same = [i for i, p in enumerate(agents.populations) if p.kind.cell == of.kind.cell]
            is_usual = population == max(same, key=counts.__getitem__)
            takes_all = all(stage == 1 for _, stage in of.stages) if name == kind else is_usual
            n = stated if takes_all else 0
        yield population, n, shape


def whole(number: float) -> int:
    """Return the nearest whole number of cells, at least none; one too many where there are more than can be."""
    return int(np.rint(min(number, MOST_CELLS + 1))) if number > 0 else 0
