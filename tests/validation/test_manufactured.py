"""Fields against solutions that are made up, with the sources that make them true; and amid cells, against the step."""

from itertools import pairwise

import numpy as np
import pytest

from cytokinome.engines.base import Schedule
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.engines.tissue.fields import Field, Grid
from cytokinome.engines.tissue.fields_steps import State, Stepper
from cytokinome.engines.tissue.fields_waves import Waves
from cytokinome.model.load import check_text
from cytokinome.units import AVOGADRO

NOTHING = np.zeros(0)
PMOL = 1e12 / AVOGADRO  # of one molecule
D, LOSS, SIZE = 3.6e3, 0.7, (240.0, 160.0, 120.0)
CLOSED = (None, None)


class Made:
    """c = lift + e^(-t)·Σ waves: the lift holds the walls, waves are level at closed walls and zero at held ones.

    Its source is c' - D ∇²c + loss·c, evaluated at the centres of voxels.
    """

    def __init__(self, grid, walls):
        self.walls = walls
        x = np.meshgrid(*((np.arange(n) + 0.5) * grid.spacing for n in grid.shape), indexing="ij")
        held = [(i, pair) for i, pair in enumerate(walls) if pair != CLOSED]
        self.lift = np.full(grid.shape, 50.0)
        for i, (low, high) in held:
            ends = (high if low is None else low, low if high is None else high)
            self.lift = ends[0] + (ends[1] - ends[0]) * x[i] / SIZE[i]
        self.waves = []
        for size, number in ((20.0, 1), (8.0, 2)):
            wave, fading = np.full(grid.shape, size), 0.0
            for i, (low, high) in enumerate(walls):
                quarters = 2 * number if (low is None) == (high is None) else 2 * number - 1
                k = 0.5 * np.pi * quarters / SIZE[i]
                wave = wave * (np.cos(k * x[i]) if low is None else np.sin(k * x[i]))
                fading += D * k**2
            self.waves.append((wave, fading))

    def at(self, t):
        """The solution."""
        return self.lift + np.exp(-t) * sum(wave for wave, _ in self.waves)

    def rates(self, t, state):
        """The source."""
        moving = sum((fading + LOSS - 1.0) * wave for wave, fading in self.waves)
        return State((LOSS * self.lift + np.exp(-t) * moving)[None], NOTHING)

    def slopes(self, t, state):
        """A source does not depend on the concentration."""
        return State(np.zeros_like(state.fields), NOTHING)


class Quiet:
    """Nothing but diffusion."""

    def rates(self, t, state):
        """None."""
        return State(np.zeros_like(state.fields), NOTHING)

    def slopes(self, t, state):
        """None."""
        return self.rates(t, state)


BOXES = [
    (CLOSED, CLOSED),
    ((30.0, 70.0), CLOSED),
    ((50.0, 50.0), (50.0, 50.0)),
    ((None, 40.0), CLOSED),
    (CLOSED, CLOSED, CLOSED),
    ((30.0, 70.0), CLOSED, CLOSED),
    (CLOSED, (50.0, 50.0), (50.0, 50.0)),
    ((40.0, None), CLOSED, CLOSED),
]


def end_of(walls, spacing, steps, span=1.0):
    """The field at the end, from the made-up one at the start, and the one it should be."""
    dimensions = len(walls)
    grid = Grid.of(SIZE[:dimensions], spacing, 10.0 if dimensions == 2 else None)
    field, made = Field("X", D, LOSS, walls), Made(grid, walls)
    stepper = Stepper([Waves.of(field, grid)], field.from_walls(grid)[None])
    state, still = State(made.at(0.0)[None], NOTHING), State(np.zeros(1), NOTHING)
    for i in range(steps):
        state, _ = stepper.step(i * span / steps, state, made, still, span / steps)
    return state.fields[0], made.at(span)


def orders(errors):
    """The rate between neighbours of a series with halved steps."""
    return [float(np.log2(a / b)) for a, b in pairwise(errors)]


@pytest.mark.parametrize("walls", BOXES, ids=str)
def test_second_order_in_space(walls):
    """Half the spacing, a quarter of the largest error, with sources, in two dimensions and three, at all walls."""
    errors = [float(np.max(np.abs(np.subtract(*end_of(walls, spacing, 100))))) for spacing in (20.0, 10.0, 5.0)]
    assert errors[-1] < 0.05
    assert orders(errors) == pytest.approx([2.0, 2.0], abs=0.25)
    assert orders(errors)[-1] == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("walls", [BOXES[1], BOXES[6]], ids=str)
def test_second_order_in_time(walls):
    """Half the step, a quarter of the error, on one grid."""
    fine = end_of(walls, 10.0, 1024)[0]
    errors = [float(np.max(np.abs(end_of(walls, 10.0, steps)[0] - fine))) for steps in (8, 16, 32, 64)]
    assert orders(errors)[-2:] == pytest.approx([2.0, 2.0], abs=0.15)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_steady_field_between_two_walls_is_a_line(dimensions):
    """Without loss and sources, at any spacing, to 10⁻⁶."""
    for spacing in (40.0, 8.0):
        grid = Grid.of(SIZE[:dimensions], spacing, 10.0 if dimensions == 2 else None)
        field = Field("X", D, 0.0, ((30.0, 70.0), *[CLOSED] * (dimensions - 1)))
        stepper = Stepper([Waves.of(field, grid)], field.from_walls(grid)[None])
        start = State(np.full((1, *grid.shape), 10.0), NOTHING)
        end, _ = stepper.step(0.0, start, Quiet(), State(np.zeros(1), NOTHING), 1e3)
        line = 30.0 + 40.0 * (np.arange(grid.shape[0]) + 0.5) / grid.shape[0]
        assert end.fields[0] == pytest.approx(
            np.broadcast_to(line.reshape([-1] + [1] * (dimensions - 1)), grid.shape), rel=1e-6
        )


AMID = """\
cytokinome: 1
model: amid
compartments: {site: {kind: tissue, volume: 8e-9 L}}
molecules:
  X: {in: site, initial: 5 pM, degrades: {rate: 0.5 /h, source: assumed}}
  Y: {in: site}
receptors: {R: {ligands: {X: {kon: 30 /(nM*h), koff: 2 /h}}, source: assumed}}
cells:
  giver: {in: site, initial: 20}
  taker: {in: site, initial: 30}
  holder: {in: site, initial: 20}
rules:
  - giver secretes X at 100 molecules/cell/s, decreased by Y (half 30 pM)
  - taker takes up X through R at 2000 receptors/cell with internalisation 3 /h
  - taker secretes Y at 5 molecules/cell/s, driven by X (half 10 pM, hill 2)
  - holder binds X through R at 2000 receptors/cell with internalisation 1 /h
"""


def places(size):
    """Cells too far apart to push, off the centres of voxels; each kind in its part of a shuffled lattice."""
    along = [np.arange(17.0, side - 10.0, 29.0) for side in size]
    sites = np.stack([x.ravel() for x in np.meshgrid(*along, indexing="ij")], axis=1)
    sites = np.random.default_rng(8).permutation(sites)
    return {"giver": sites[:20], "taker": sites[20:50], "holder": sites[50:70]}


@pytest.mark.parametrize("size", [(200.0,) * 3, (400.0, 200.0)], ids=["box", "layer"])
def test_second_order_in_time_amid_cells(size):
    """Secretion, saturating uptake, binding and signals at the cells: half the step, a quarter of the error."""
    model, found = check_text(AMID, "amid.yaml").require(), []
    for steps in (16, 32, 64, 256):  # of 6 to 23 s: the fastest uptake of a cell takes a minute
        geometry = Geometry(
            size, 20.0, 25.0 if len(size) == 2 else None, diffusion={"X": 3.6e4, "Y": 3.6e4},
            place=places(size), step=0.1 / steps, rtol=1e9,
        )  # fmt: skip
        end = simulate(model, geometry, Schedule(), np.array([0.0, 0.1]), seed=2, snapshots=(0.1,)).snapshots[0]
        bound = end.cells.inside["X.R"]
        found.append(np.concatenate([end.fields.ravel(), bound[np.isfinite(bound)] / PMOL]))
    errors = [float(np.max(np.abs(one - found[-1]) / (1.0 + found[-1]))) for one in found[:-1]]
    assert errors[0] > errors[1] > errors[2]
    assert orders(errors)[-1] == pytest.approx(2.0, abs=0.35)
    assert errors[-1] < 1e-3
