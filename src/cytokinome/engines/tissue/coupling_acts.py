"""What happens to cells in a step: each event has its hazard h, and happens with 1 - exp(-h dt).

A cell does one thing in a step at most; which of several is drawn in proportion to their hazards. All draws are keyed
by the cell and the step.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cytokinome import rng
from cytokinome.engines.base import Failure, Outcome
from cytokinome.engines.tissue.cells_motion import isotropic
from cytokinome.engines.tissue.cells_neighbours import pairs_within
from cytokinome.engines.tissue.coupling_deviates import with_deviates
from cytokinome.engines.tissue.coupling_geometry import MOST_CELLS
from cytokinome.units import LITRES_PER_CUBIC_MICROMETRE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.tissue import Act, Agents
    from cytokinome.engines.tissue.cells import Body, Cells
    from cytokinome.engines.tissue.coupling_geometry import Geometry
    from cytokinome.engines.tissue.coupling_rates import Around, Programs

    Array = NDArray[np.float64]
    Indices = NDArray[np.intp]

POISSON_PART = 100.0


class Moment(NamedTuple):
    """A step of a run: its time [h], its length [h], and the key of its random numbers."""

    time: float
    span: float
    seed: int
    run: int
    step: int


class Happened(NamedTuple):
    """The cells after a step, and what deaths released: field, index of the cell before, amount [pmol]."""

    cells: Cells
    releases: tuple[tuple[int, Indices, Array], ...]


def bodies_of(agents: Agents, geometry: Geometry) -> list[Body]:
    """Return the body of each population."""
    return [geometry.body(p.kind.cell) for p in agents.populations]


def contact_volume(killer: Body, victim: Body, thickness: float | None) -> tuple[float, float]:
    """Return how far apart centres may be [µm], and the volume [L] in which they touch the other then.

    4π/3·(r_reach³ - (r_killer + r_victim)³), in a layer the ring times its thickness (language.md §3, kills).
    """
    touching = killer.radius + victim.radius
    far = touching + killer.reach
    if thickness is None:
        volume = 4.0 / 3.0 * np.pi * (far**3 - touching**3)
    else:
        volume = np.pi * (far**2 - touching**2) * thickness
    return far, float(volume) * LITRES_PER_CUBIC_MICROMETRE


def killing(around: Around, act: int, geometry: Geometry, t: float, felt: Array, inside: Array, volume: float) -> Array:
    """Return the hazard [1/h] of every cell to be killed by this act: Σ over killers in reach of k/V_contact."""
    agents, cells = around.agents, around.cells
    bodies, victim = bodies_of(agents, geometry), agents.acts[act].population
    hazard = np.zeros(len(cells))
    for (killer, _), program in zip(agents.acts[act].killers, around.programs.clearing[act], strict=True):
        members = around.members[killer]
        if victim is None or not len(members) or not len(around.members[victim]):
            continue
        y = around.values(killer, felt[:, members], around.rows(killer, inside))
        cleared = np.zeros(len(cells))
        cleared[members] = around.evaluate(program, t, y)[0] * volume  # L/h
        far, contact = contact_volume(bodies[killer], bodies[victim], geometry.thickness)
        pairs = pairs_within(cells.places, far, geometry.size)
        for one, other in ((pairs.first, pairs.second), (pairs.second, pairs.first)):
            meets = (cells.populations[one] == victim) & (cells.populations[other] == killer)
            hazard += np.bincount(one[meets], weights=cleared[other[meets]], minlength=len(cells)) / contact
    return hazard


def hazards(around: Around, geometry: Geometry, t: float, felt: Array, inside: Array, volume: float) -> Array:
    """Return [act, cell] the hazards [1/h] of all that can happen to cells; zero rows for those that enter.

    Raises
    ------
    Failure
        One is negative or no number.
    """
    agents = around.agents
    table = np.zeros((len(agents.acts), len(around.cells)))
    for i, act in enumerate(agents.acts):
        if act.killers:
            table[i] = killing(around, i, geometry, t, felt, inside, volume)
        elif act.population is not None and len(around.members[act.population]):
            members = around.members[act.population]
            y = around.values(act.population, felt[:, members], around.rows(act.population, inside))
            table[i, members] = around.evaluate(around.programs.hazards[i], t, y)[0]
        if not np.all(table[i] >= 0.0):
            raise Failure(Outcome.NEGATIVE_HAZARD.of(t, act.id))
    return table


def happen(around: Around, geometry: Geometry, moment: Moment, felt: Array, inside: Array, volume: float) -> Happened:
    """Let a step's events happen.

    Parameters
    ----------
    around : Around
        The cells at the end of the step.
    geometry : Geometry
    moment : Moment
    felt : array [field, cell]
    inside : array
        What cells carry, as `Around.inside`.
    volume : float
        Of the whole [L].
    """
    cells = replace(around.cells, inside=around.carried(inside))
    table = hazards(around, geometry, moment.time, felt, inside, volume)
    total = np.sum(table, axis=0)
    key = {"run": moment.run, "entity": cells.ids, "step": moment.step, "purpose": "tissue:act"}
    struck = rng.uniform(moment.seed, **key, lane=0) < -np.expm1(-total * moment.span)
    which = rng.uniform(moment.seed, **key, lane=1) * total
    act_of = np.sum(np.cumsum(table, axis=0) <= which, axis=0)
    releases: list[tuple[int, Indices, Array]] = []
    born: list[_Born] = []
    result, gone = cells, np.zeros(len(cells), dtype=bool)
    for i, act in enumerate(around.agents.acts):
        members = np.flatnonzero(struck & (act_of == i))
        if not len(members) or act.population is None:
            continue
        position = np.searchsorted(around.members[act.population], members)
        y = around.values(act.population, felt[:, members], around.rows(act.population, inside)[:, position])
        amounts = around.evaluate(around.programs.releases[i], moment.time, y)
        releases += [(f, members, a) for (f, _), a in zip(act.releases, amounts, strict=True)]
        for target, _ in act.arrivals:
            y = with_deviates(around.agents, y, target, cells.ids[members], (moment.seed, moment.run), moment.step)
        brought = around.evaluate(around.programs.arriving[i], moment.time, y)
        result = _changed(result, act, members, brought)
        gone[members] |= not act.arrivals
        born += _born(act, members, brought)
    return Happened(_settled(result, gone, born, geometry, around.agents, moment), tuple(releases))


class _Born(NamedTuple):
    """New cells of one population beside their mothers."""

    population: int
    mothers: Indices
    inside: dict[str, Array]


def _changed(cells: Cells, act: Act, members: Indices, brought: Array) -> Cells:
    """Return the cells with those of `members` become the first arrival of the act."""
    if not act.arrivals:
        return cells
    target = act.arrivals[0][0]
    populations = cells.populations.copy()
    populations[members] = target
    inside = {name: values.copy() for name, values in cells.inside.items()}
    for name in inside:
        inside[name][members] = np.nan  # what the new population does not carry is lost
    for (population, name, _), values in zip(act.inside, brought, strict=True):
        if population == target:
            inside[name][members] = values
    return replace(cells, populations=populations, inside=inside)


def _born(act: Act, members: Indices, brought: Array) -> list[_Born]:
    """Return the further cells of an act: all but the first of its arrivals."""
    found = list[_Born]()
    for i, (population, n) in enumerate(act.arrivals):
        carried = {name: v for (p, name, _), v in zip(act.inside, brought, strict=True) if p == population}
        found += [_Born(population, members, carried)] * (n - (i == 0))
    return found


def _settled(
    cells: Cells, gone: NDArray[np.bool_], born: list[_Born], geometry: Geometry, agents: Agents, moment: Moment
) -> Cells:
    """Return the cells without the dead, with daughters half a radius to either side of where their mother was."""
    radii, dimensions = np.array([b.radius for b in bodies_of(agents, geometry)]), len(geometry.size)
    for daughters in born:
        ids = cells.ids[daughters.mothers]
        aside = isotropic(moment.seed, moment.run, ids, moment.step, "tissue:division", dimensions)
        shift = 0.5 * radii[daughters.population] * aside
        places = cells.places.copy()
        centre = places[daughters.mothers]
        places[daughters.mothers] = np.clip(centre - shift, 0.0, geometry.size)
        n = len(daughters.mothers)
        new = np.full(n, daughters.population, dtype=np.intp)
        cells = replace(cells, places=places).add(
            new, np.clip(centre + shift, 0.0, geometry.size), aside, daughters.inside
        )
        gone = np.concatenate([gone, np.zeros(n, dtype=bool)])
    return cells.keep(~gone) if np.any(gone) else cells


# ------------------------------------------------------------------------------------------------- entering
def entered(
    around: Around, programs: Programs, geometry: Geometry, moment: Moment, cells: Cells, fields: Array, share: float
) -> Cells:
    """Return the cells with those that enter in a step, at walls or vessels.

    `share` is the part of the whole that the box is. The rate is that at the mean concentrations where cells enter.

    Raises
    ------
    Failure
        The rate is negative or no number, or more cells enter than can be simulated.
    """
    for i, act in enumerate(around.agents.acts):
        if act.population is not None:
            continue
        y = around.values(None, _at_entry(fields, geometry)[:, None])
        rate = float(around.evaluate(programs.hazards[i], moment.time, y)[0, 0])
        ((target, _),) = act.arrivals
        if not rate >= 0.0:
            raise Failure(Outcome.NEGATIVE_HAZARD.of(moment.time, act.id))
        expected = rate * share * moment.span
        if expected > MOST_CELLS:
            raise Failure(Outcome.TOO_MANY_CELLS.of(moment.time, act.id, MOST_CELLS))
        n = poisson(expected, moment, i)
        if not n:
            continue
        ids = np.arange(cells.next_id, cells.next_id + n)
        arriving = with_deviates(
            around.agents, np.repeat(y, n, axis=1), target, ids, (moment.seed, moment.run), moment.step
        )
        values = around.evaluate(programs.arriving[i], moment.time, arriving)
        inside = {name: v for (_, name, _), v in zip(act.inside, values, strict=True)}
        places = _doors(geometry, moment, ids)
        headings = isotropic(moment.seed, moment.run, ids, moment.step, "tissue:heading", len(geometry.size))
        cells = cells.add(np.full(n, target, dtype=np.intp), places, headings, inside)
    return cells


def poisson(mean: float, moment: Moment, act: int) -> int:
    """Return a Poisson number by inversion of its distribution function, in parts whose e^(-mean) does not vanish."""
    parts = max(1, int(np.ceil(mean / POISSON_PART)))
    key = {"run": moment.run, "entity": act, "step": moment.step, "purpose": "tissue:enter"}
    total = 0
    for part in range(parts):
        left = float(rng.uniform(moment.seed, **key, lane=part))
        n, probability = 0, float(np.exp(-mean / parts))
        while left > probability and probability > 0.0:
            left -= probability
            n += 1
            probability *= mean / parts / n
        total += n
    return total


def _at_entry(fields: Array, geometry: Geometry) -> Array:
    """Return [field] the mean concentrations at vessels, or along the walls."""
    grid = geometry.grid
    if geometry.vessels is not None:
        at = np.minimum((np.asarray(geometry.vessels) / grid.spacing).astype(np.intp), np.asarray(grid.shape) - 1)
        return np.mean(fields[(slice(None), *at.T)], axis=1)
    outer = np.ones(grid.shape, dtype=bool)
    outer[tuple(slice(1, -1) for _ in grid.shape)] = False
    return np.mean(fields[:, outer], axis=1)


def _doors(geometry: Geometry, moment: Moment, ids: NDArray[np.int64]) -> Array:
    """Return where new cells appear: at a vessel, or on a wall with the chance of its area."""

    def draw(lane: int) -> Array:
        key = {"run": moment.run, "entity": ids, "step": moment.step, "purpose": "tissue:door"}
        return rng.uniform(moment.seed, **key, lane=lane)

    if geometry.vessels is not None:
        sites = np.asarray(geometry.vessels, dtype=float)
        return sites[np.minimum((draw(0) * len(sites)).astype(np.intp), len(sites) - 1)]
    size = np.asarray(geometry.size)
    areas = np.repeat(np.prod(size) / size, 2)
    wall = np.searchsorted(np.cumsum(areas) / np.sum(areas), draw(0))
    places = np.stack([draw(1 + axis) for axis in range(len(size))], axis=1) * size
    axis, high = np.divmod(wall, 2)
    places[np.arange(len(ids)), axis] = np.where(high, size[axis], 0.0)
    return places
