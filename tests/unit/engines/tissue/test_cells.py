"""Agents: neighbours, walks, pushes, and that none of it depends on the order in which cells are stored."""

import numpy as np
import pytest

from cytokinome.engines.base import Failure
from cytokinome.engines.tissue import cells_motion as motion
from cytokinome.engines.tissue.cells import Body, Cells
from cytokinome.engines.tissue.cells_neighbours import pairs_within


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("reach", [3.0, 12.5, 40.0, 500.0])
def test_neighbours_are_those_of_a_search_of_all_pairs(dimensions, reach):
    """Also at walls, and where one bin holds the box."""
    size = (100.0, 70.0, 90.0)[:dimensions]
    places = np.random.default_rng(4).uniform(0, size, (300, dimensions))
    places[:3] = np.array([[0.0] * dimensions, size, size])
    pairs = pairs_within(places, reach, size)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    i, j = np.nonzero(np.triu(distance < reach, 1))
    assert pairs.first.tolist() == i.tolist()
    assert pairs.second.tolist() == j.tolist()
    assert pairs.distance == pytest.approx(distance[i, j], rel=1e-14)
    assert np.linalg.norm(pairs.direction, axis=1) == pytest.approx(np.ones(len(i)))


def walk(dimensions, n, steps, dt, persistence, *, speed=600.0, bias=0.0):
    """Places of free cells after every step."""
    ids, up = np.arange(n), np.eye(dimensions)[[0] * n]
    heading = motion.isotropic(1, 0, ids, 0, "test", dimensions)
    places = np.zeros((steps + 1, n, dimensions))
    chance = np.full(n, -np.expm1(-dt / persistence))
    for step in range(steps):
        places[step + 1] = places[step] + speed * dt * heading
        heading = motion.turned(heading, up, np.full(n, bias), chance, 1, 0, ids, step + 1)
    return places


@pytest.mark.parametrize("dimensions", [2, 3])
def test_an_unbiased_walk_diffuses(dimensions):
    """MSD = 2 v² τ [t − τ (1 − e^(−t/τ))] at all times, and D = v² τ/d within 3 %."""
    tau, dt, v = 0.1, 0.01, 600.0
    places = walk(dimensions, 10_000, 300, dt, tau, speed=v)
    msd = np.mean(np.sum(places**2, axis=2), axis=1)
    t = dt * np.arange(301)
    expected = 2 * v**2 * tau * (t - tau * -np.expm1(-t / tau))
    # a turn happens at the end of a step, so the walk is straight for half a step longer
    assert msd[30:] == pytest.approx(expected[30:], rel=0.06)
    slope = (msd[300] - msd[150]) / (t[300] - t[150])
    assert slope == pytest.approx(2 * dimensions * (v**2 * tau / dimensions), rel=0.03)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_biased_walk_drifts(dimensions):
    """The drift is b·v along the gradient, and none across."""
    places = walk(dimensions, 10_000, 300, 0.01, 0.1, bias=0.2)
    drift = np.mean(places[300] - places[100], axis=0) / 2.0
    assert drift[0] == pytest.approx(0.2 * 600.0, rel=0.03)
    assert drift[1:] == pytest.approx(np.zeros(dimensions - 1), abs=6.0)


def test_headings_are_uniform_on_the_sphere():
    """Unit vectors whose components have mean 0 and variance 1/3."""
    heading = motion.isotropic(5, 2, np.arange(40_000), 7, "test", 3)
    assert np.linalg.norm(heading, axis=1) == pytest.approx(np.ones(40_000))
    assert np.mean(heading, axis=0) == pytest.approx(np.zeros(3), abs=0.01)
    assert np.mean(heading**2, axis=0) == pytest.approx(np.full(3, 1 / 3), abs=0.01)


def pushed(places, adhesion=0.0, hours=1.0, size=(200.0, 200.0, 200.0), radius=5.0):
    """Places of resting cells after a time."""
    n = len(places)
    sticky = np.full((1, 1), adhesion)
    still = np.zeros_like(places)
    return motion.moved(places, still, np.full(n, radius), sticky, np.zeros(n, dtype=np.intp), size, hours)


def test_two_cells_part_at_the_speed_of_the_potential():
    """Without adhesion r' = 2·600·(1 − r/10)² µm/h: 1/(1 − r/10) grows by 120 per hour."""
    start = np.array([[96.0, 100.0, 100.0], [104.9, 100.0, 100.0]])
    for minutes in (1.0, 3.0):
        end = pushed(start, hours=minutes / 60)
        gap = 1 / (1 - np.linalg.norm(end[1] - end[0]) / 10.0) - 1 / (1 - 8.9 / 10.0)
        # the first step already sets them apart to nine tenths
        assert gap == pytest.approx(120.0 * minutes / 60 + (1 / 0.1 - 1 / 0.11), rel=0.05)
    assert np.mean(end, axis=0) == pytest.approx(np.mean(start, axis=0), abs=1e-9)


def test_sticky_cells_settle_where_forces_balance():
    """10·(1 − r/R)² = 0.4·(1 − r/1.25R)² [µm/min] at r = R(1 − a)/(1 − a/1.25), a = √0.04."""
    end = pushed(np.array([[94.8, 100.0, 100.0], [105.2, 100.0, 100.0]]), adhesion=24.0, hours=6.0)
    balance = 10.0 * (1 - 0.2) / (1 - 0.2 / 1.25)
    assert np.linalg.norm(end[1] - end[0]) == pytest.approx(balance, rel=1e-3)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_crowded_cells_hardly_overlap(dimensions):
    """A heap of cells spreads until no two overlap by more than a tenth, and nobody leaves the box."""
    size = (150.0,) * dimensions
    places = np.random.default_rng(6).uniform(60, 90, (60, dimensions))
    end = pushed(places, hours=1 / 60, size=size)
    pairs = pairs_within(end, 20.0, size)
    assert pairs.distance.min() >= 10.0 * (1 - motion.OVERLAP) * (1 - 2e-4)
    assert end.min() >= 5.0
    assert end.max() <= 145.0


def test_a_box_that_is_too_full_is_an_outcome():
    """More cells than the box can hold."""
    places = np.random.default_rng(7).uniform(0, 30, (60, 2))
    with pytest.raises(Failure, match="60 cells find no places"):
        pushed(places, size=(30.0, 30.0))


def test_the_order_of_storage_does_not_count():
    """Cells stored in another order go to the same places, to the last bit, when they are put in the order of ids."""
    rng, n = np.random.default_rng(8), 200
    places, ids = rng.uniform(0, 120, (n, 3)), np.arange(n)
    other = rng.permutation(n)
    one = motion.isotropic(1, 0, ids, 3, "test", 3)
    assert np.array_equal(motion.isotropic(1, 0, ids[other], 3, "test", 3), one[other])
    a = pushed(places, size=(120.0,) * 3)
    assert np.array_equal(a, pushed(places[other][np.argsort(other)], size=(120.0,) * 3))


def test_cells_turn_back_at_walls():
    """The part of a heading that leads out of the box is turned round."""
    heading = np.array([[-1.0, 0.0], [0.6, 0.8], [0.0, -1.0]])
    places = np.array([[5.0, 50.0], [50.0, 95.0], [50.0, 50.0]])
    back = motion.turned_back(heading, places, np.full(3, 5.0), (100.0, 100.0))
    assert back.tolist() == [[1.0, 0.0], [0.6, -0.8], [0.0, -1.0]]


def test_new_cells_get_new_ids():
    """Ids increase and are not used again."""
    cells = Cells.none(2, ("Y",))
    zero = np.zeros((3, 2))
    cells = cells.add(np.zeros(3, dtype=np.intp), zero, zero, {"Y": np.arange(3.0)})
    cells = cells.keep(np.array([True, False, False])).add(np.ones(1, dtype=np.intp), zero[:1], zero[:1], {})
    assert cells.ids.tolist() == [0, 3]
    assert cells.next_id == 4
    assert np.array_equal(cells.inside["Y"], [0.0, np.nan], equal_nan=True)


@pytest.mark.parametrize(("name", "value"), [("radius", 0.0), ("persistence", -1.0), ("reach", np.inf), ("gain", -0.1)])
def test_what_is_no_body_is_refused(name, value):
    """With the number that is wrong."""
    with pytest.raises(ValueError, match=name):
        Body(**{name: value})
