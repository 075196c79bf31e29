"""Where cells stand at the start: every shape keeps to its extent, and fills it evenly."""

import numpy as np
import pytest

from cytokinome.engines.tissue.coupling_geometry import Geometry, is_inside
from cytokinome.engines.tissue.coupling_places import Anywhere, Cluster, Lattice, Points, Ring

PLANE, BOX = (200.0, 100.0), (200.0, 100.0, 60.0)


def centres(shape, size, n=4000):
    """Centres from random numbers, as many as the shape holds or `n`."""
    number = shape.number(size)
    parts = np.random.default_rng(1).random((n if number is None else number, len(size)))
    return shape.centres(parts, size)


@pytest.mark.parametrize("size", [PLANE, BOX])
@pytest.mark.parametrize(
    "shape",
    [Anywhere(), Anywhere(7), Cluster(30.0, (100.0, 50.0, 30.0)), Ring(40.0, (100.0, 50.0, 30.0), 6), Lattice(12.0)],
)
def test_shapes_stay_within_their_extent(shape, size):
    """What `is_inside` says of the extent holds for all centres."""
    if hasattr(shape, "centre"):
        shape = type(shape)(shape.radius, shape.centre[: len(size)], shape.count)
    places, extent = centres(shape, size), shape.extent(size)
    assert places.shape[1] == len(size)
    assert np.all((places >= extent[0] - 1e-9) & (places <= extent[1] + 1e-9))
    assert is_inside(shape, size)


@pytest.mark.parametrize("size", [PLANE, BOX])
def test_clusters_are_even(size):
    """A quarter of the area, or an eighth of the volume, within half of the radius."""
    middle = tuple(0.5 * side for side in size)
    far = np.linalg.norm(centres(Cluster(30.0, middle), size) - middle, axis=1)
    expected = 0.5 ** len(size)
    assert np.max(far) <= 30.0
    assert np.mean(far < 15.0) == pytest.approx(expected, abs=4 * np.sqrt(expected / 4000))


def test_rings_are_regular():
    """Six cells on a circle are as far from their neighbours as from the centre."""
    places = centres(Ring(40.0, (100.0, 50.0), 6), PLANE)
    assert np.linalg.norm(places - (100.0, 50.0), axis=1) == pytest.approx([40.0] * 6)
    assert np.linalg.norm(places - np.roll(places, 1, axis=0), axis=1) == pytest.approx([40.0] * 6)


@pytest.mark.parametrize("size", [PLANE, BOX, (203.0, 97.0), (21.0, 19.0)])
def test_lattices_fill_the_box(size):
    """The nearest neighbour is a spacing away, walls half of it or more, and there is no room for another row."""
    shape = Lattice(10.0)
    places = centres(shape, size)
    assert len(places) == shape.number(size)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    assert np.min(distance, axis=1) == pytest.approx(np.full(len(places), 10.0))
    gaps = np.concatenate([places.min(axis=0), np.asarray(size) - places.max(axis=0)])
    assert np.all(gaps >= 5.0 - 1e-9)
    assert np.all(gaps < 10.0)


def test_layers_are_flat():
    """A layer has one height, in which a lattice is the hexagonal one of the plane."""
    flat = centres(Lattice(10.0, 5.0), BOX)
    assert set(flat[:, 2]) == {5.0}
    assert np.array_equal(flat[:, :2], centres(Lattice(10.0), PLANE))
    assert set(centres(Anywhere(9, 5.0), BOX)[:, 2]) == {5.0}


def test_what_reaches_outside_is_refused():
    """A geometry knows its box."""
    for shape in (Cluster(60.0, (100.0, 50.0)), Ring(60.0, (100.0, 50.0)), Points(((1.0, 101.0),))):
        with pytest.raises(ValueError, match="outside the box"):
            Geometry(PLANE, 10.0, 10.0, place={"a": shape})
    with pytest.raises(ValueError, match="must be"):
        Geometry(PLANE, 10.0, 10.0, place={"a": np.zeros((2, 3))})
    assert not is_inside(Anywhere(layer=61.0), BOX)
    assert is_inside(Points(()), BOX)
