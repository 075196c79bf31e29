"""How the cells of a model move in a step: who walks how fast and whither, who sticks to whom, and who makes room."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.tissue import cells_motion
from cytokinome.engines.tissue.coupling_acts import bodies_of
from cytokinome.engines.tissue.fields_exchange import slope_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.tissue import Agents
    from cytokinome.engines.tissue.cells import Cells
    from cytokinome.engines.tissue.coupling_acts import Moment
    from cytokinome.engines.tissue.coupling_geometry import Geometry
    from cytokinome.engines.tissue.coupling_rates import Around

    Array = NDArray[np.float64]


def adhesion_of(agents: Agents, p: Array) -> Array | None:
    """Return the speeds [µm/h] at which populations stick, symmetric: the faster of the two; None where none does."""
    if not agents.adhesion:
        return None
    nodes = Program(agents.graph, [node for _, _, node in agents.adhesion])
    speeds = nodes.at(0.0, np.zeros(len(agents.states)), p)
    matrix = np.zeros((len(agents.populations),) * 2)
    for (i, j, _), speed in zip(agents.adhesion, speeds, strict=True):
        matrix[i, j] = matrix[j, i] = max(matrix[i, j], speed)
    return matrix


def walks(
    around: Around, geometry: Geometry, moment: Moment, felt: Array, inside: Array, fields: Array
) -> tuple[Array, Array]:
    """Return headings, and velocities [µm/h]: zero where a cell does not walk."""
    agents, cells = around.agents, around.cells
    velocity, headings = np.zeros_like(cells.places), cells.headings.copy()
    for population, (motion, body) in enumerate(zip(agents.motions, bodies_of(agents, geometry), strict=True)):
        members, program = around.members[population], around.programs.motions[population]
        if motion is None or program is None or not len(members):
            continue
        y = around.values(population, felt[:, members], around.rows(population, inside))
        found = around.evaluate(program, moment.time, y)
        # the occupancy's slope along each axis, over the diameter of a cell
        steep = np.zeros((len(members), len(geometry.size)))
        for (field, _), slope in zip(motion.slopes, found[1:], strict=True):
            steep += slope[:, None] * slope_at(fields[field], around.sites)[members]
        steep *= 2.0 * body.radius
        difference = np.sqrt(np.sum(steep**2, axis=1))
        up = np.where(difference[:, None] > 0, steep / np.where(difference > 0, difference, 1.0)[:, None], 0.0)
        bias = np.minimum(body.gain * difference, 1.0)
        chance = np.full(len(members), -np.expm1(-moment.span / body.persistence))
        headings[members] = cells_motion.turned(
            headings[members], up, bias, chance, moment.seed, moment.run, cells.ids[members], moment.step
        )
        velocity[members] = found[0][:, None] * headings[members]
    return headings, velocity


def moved(
    around: Around,
    geometry: Geometry,
    moment: Moment,
    felt: Array,
    inside: Array,
    fields: Array,
    adhesion: Array | None,
) -> Cells:
    """Return the cells a step later.

    Raises
    ------
    Failure
        The box is too full.
    """
    cells = around.cells
    headings, velocity = walks(around, geometry, moment, felt, inside, fields)
    radii = np.array([b.radius for b in bodies_of(around.agents, geometry)])[cells.populations]
    places = cells_motion.moved(cells.places, velocity, radii, adhesion, cells.populations, geometry.size, moment.span)
    headings = cells_motion.turned_back(headings, places, radii, geometry.size)
    return replace(cells, places=places, headings=headings)
