"""Single cells on a grid: conserved, symmetric, and right at the surface whatever the spacing and the place."""

import numpy as np
import pytest

from cytokinome.engines.tissue.fields import Field, Grid
from cytokinome.engines.tissue.fields_exchange import (
    Sites,
    diffusion_limited,
    lattice_green,
    order_for,
    slope_at,
    splines,
)
from cytokinome.engines.tissue.fields_waves import Waves
from cytokinome.units import AVOGADRO

D = 3.6e4  # µm²/h: 10 µm²/s
SECRETION = 10 * 3600 / AVOGADRO * 1e12  # pmol/h: 10 molecules/s
OFF_CENTRE = [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.2, 0.4, 0.1), (0.5, 0.0, 0.25)]


def steady(grid, source, loss):
    """The field that a constant source makes."""
    waves = Waves.of(Field("X", D, loss), grid)
    return waves.backward(waves.forward(source) / waves.decay)


def test_the_lattice_has_its_known_green_function():
    """Watson's integral, its neighbour a sixth below, and the potential kernel of McCrea & Whipple in the plane."""
    assert lattice_green((0, 0, 0)) == pytest.approx(0.2527310098586630, rel=1e-10)
    assert lattice_green((0, 0, 0)) - lattice_green((0, 0, 1)) == pytest.approx(1 / 6, rel=1e-10)
    assert lattice_green((0, 1)) == pytest.approx(-1 / 4, rel=1e-10)
    assert lattice_green((1, 1)) == pytest.approx(-1 / np.pi, rel=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_splines_are_whole_and_keep_places(order):
    """Weights sum to one, and their mean place is the cell's."""
    f = np.linspace(-0.5, 0.5, 11) if order == 2 else np.linspace(0.0, 1.0, 11)
    weights = splines(f, order)
    assert np.sum(weights, axis=1) == pytest.approx(np.ones(11), rel=1e-14)
    assert weights @ (np.arange(order + 1) - order // 2) == pytest.approx(f, abs=1e-14)
    assert weights.min() >= 0.0


@pytest.mark.parametrize("order", [1, 2, 3])
def test_what_cells_give_arrives_in_full(order):
    """Also at walls and in corners."""
    grid = Grid((5, 6, 7), 10.0)
    rng = np.random.default_rng(2)
    sites = Sites.of(np.concatenate([rng.uniform(0, 50, (100, 3)), [[0, 0, 0], [50, 60, 70]]]), grid, order)
    amounts = rng.uniform(size=102)
    assert sites.give(amounts).sum() * grid.voxel_volume == pytest.approx(amounts.sum(), rel=1e-13)
    assert sites.read(np.full(grid.shape, 3.0)) == pytest.approx(np.full(102, 3.0), rel=1e-14)


def test_a_linear_field_is_read_exactly():
    """Its value and its slope, between walls."""
    grid = Grid((12, 12), 10.0, 10.0)
    x, y = np.meshgrid(*[(np.arange(12) + 0.5) * 10.0] * 2, indexing="ij")
    places = np.random.default_rng(3).uniform(30, 90, (50, 2))
    for order in (1, 2, 3):
        sites = Sites.of(places, grid, order)
        assert sites.read(2 * x - y) == pytest.approx(places @ [2.0, -1.0])
        assert slope_at(2 * x - y, sites) == pytest.approx(np.tile([2.0, -1.0], (50, 1)), abs=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("at", OFF_CENTRE)
def test_a_cell_does_not_pull_itself(at, order):
    """The slope of its own field at its own place is zero, wherever in a voxel it stands."""
    grid = Grid((16, 16, 16), 20.0)
    sites = Sites.of((np.array([[7.5, 7.5, 7.5]]) + at) * 20.0, grid, order)
    # odd images of the walls cancel only in the middle, so a fast loss keeps them out of sight
    field = steady(grid, sites.give(np.array([1.0])), 500.0)
    assert np.abs(slope_at(field, sites)) == pytest.approx(np.zeros((1, 3)), abs=1e-6 * field.max() / 20.0)


@pytest.mark.parametrize("spacing", [6.25, 10.0, 20.0])
@pytest.mark.parametrize("at", OFF_CENTRE)
def test_the_surface_of_a_secretor_is_that_of_a_sphere(spacing, at):
    """26 pM at the surface of an isolated cell of 5 µm that secretes 10 molecules/s (here with λ = 50 µm)."""
    assert SECRETION / (4 * np.pi * D * 5.0 * 1e-15) == pytest.approx(26.4, abs=0.05)
    n, loss = int(400 / spacing), D / 50.0**2
    grid = Grid((n, n, n), spacing)
    order = order_for(5.0, grid)
    assert order == {20.0: 1, 10.0: 2, 6.25: 3}[spacing]
    sites = Sites.of((np.array([[n // 2, n // 2, n // 2]]) - 0.5 + at) * spacing, grid, order)
    radius = np.array([5.0])
    read = sites.read(steady(grid, sites.give(np.array([SECRETION])), loss))
    surface = float((read + SECRETION * sites.resistance(D, radius))[0])
    exact = SECRETION / (4 * np.pi * D * 5.0 * 1e-15) / (1 + 5.0 / 50.0)
    assert sites.resistance(D, radius)[0] > 0
    assert surface == pytest.approx(exact, rel=0.04)


@pytest.mark.parametrize("at", OFF_CENTRE)
def test_the_surface_in_a_layer_is_that_of_a_cylinder(at):
    """The field of a line source with loss: K0(r/λ)."""
    from scipy.special import k0, k1

    n, loss = 120, D / 100.0**2
    grid = Grid((n, n), 20.0, 15.0)
    sites = Sites.of((np.array([[60, 60]]) - 0.5 + at[:2]) * 20.0, grid)
    read = sites.read(steady(grid, sites.give(np.array([SECRETION])), loss))
    surface = float((read + SECRETION * sites.resistance(D, np.array([3.0])))[0])
    exact = SECRETION / (2 * np.pi * D * 15.0 * 1e-15) * k0(0.03) / (0.03 * k1(0.03))
    assert surface == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("at", OFF_CENTRE)
def test_uptake_of_one_cell_is_diffusion_limited(at):
    """A perfect sink in a box that is held at 100 pM takes 4πDρ·c, less what the distance to the walls adds."""
    grid = Grid((31, 31, 31), 20.0)
    field = Field("X", D, walls=((100.0, 100.0),) * 3)
    waves = Waves.of(field, grid)
    sites = Sites.of((np.array([[15.0, 15.0, 15.0]]) + 0.5 + at) * 20.0, grid)
    kernel = waves.backward(waves.forward(sites.give(np.ones(1))) / waves.decay)
    b = sites.resistance(D, np.array([5.0]))[0]
    for uptake in (1e-11, 1e-9, 1e-6):  # L/h
        taken = 100.0 / (1 / uptake + b + sites.read(kernel)[0])
        exact = 100.0 * diffusion_limited(uptake, D, 5.0)
        assert taken == pytest.approx(exact, rel=0.03)
