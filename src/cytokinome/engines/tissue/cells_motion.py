"""How cells move: they walk, push, and stick; inertia plays no part.

**Walk.** A moving cell goes straight at its speed v and turns at random times with the mean interval τ. An unbiased
turn takes any direction; the velocity then forgets itself as e^(-t/τ), so that

    MSD(t) = 2 v² ∫₀ᵗ (t - s) e^(-s/τ) ds = 2 v² τ [t - τ (1 - e^(-t/τ))]  →  2 d D t,   D = v² τ/d

in d dimensions (the persistent random walk of Fürth, 1920). A part b of the turns goes up the gradient, which makes a
drift of b v. b is the gain times the difference of receptor occupancy between the two ends of the cell; the gain is an
assumption.

**Pushing and sticking.** Velocities as in PhysiCell (Ghaffarizadeh et al. 2018, doi:10.1371/journal.pcbi.1005991,
eqs 4 to 6 and its default constants): cells at distance r with radii summing to R part with 10 µm/min·(1 - r/R)² within
R, and with the speed of `adheres to` approach by (1 - r/S)² within S = 1.25 R.

**Overlap.** A soft push gives way to crowding. After every step pairs that overlap by more than a tenth of R are set
apart to that, all at once and repeatedly, until none is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng
from cytokinome.engines.base import Failure, PatientOutcome
from cytokinome.engines.tissue.cells_neighbours import Near

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Indices = NDArray[np.intp]

REPULSION = 10.0 * 60.0  # µm/h
ADHESION_RANGE = 1.25  # of the sum of the radii
OVERLAP = 0.1  # of the sum of the radii: the most that is left after a step
PUSH_STEP = 0.1 / 60.0  # h, that of PhysiCell's mechanics
SETTLING = 0.02  # of the time in which pushes change: far below what six neighbours together would allow
SWEEPS = 2000
STILL = 1e-3  # µm in a step: pushes fade as cells part, and never end
SLACK = 1e-3  # of the overlap: below this sweeps would only creep


def isotropic(seed: int, run: int, ids: NDArray[np.int64], step: int, purpose: str, dimensions: int) -> Array:
    """Return a random unit vector per cell, [cell, axis]."""
    angle = 2.0 * np.pi * rng.uniform(seed, run=run, entity=ids, step=step, purpose=purpose, lane=0)
    flat = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    if dimensions == 2:
        return flat
    height = 2.0 * rng.uniform(seed, run=run, entity=ids, step=step, purpose=purpose, lane=1) - 1.0
    return np.concatenate([flat * np.sqrt(1.0 - height**2)[:, None], height[:, None]], axis=1)


def turned(
    headings: Array, up: Array, bias: Array, chance: Array, seed: int, run: int, ids: NDArray[np.int64], step: int
) -> Array:
    """Return headings after a step, in which each cell turns with its `chance`.

    Parameters
    ----------
    headings, up : array [cell, axis]
        Unit vectors: as they are, and up the gradient.
    bias : array [cell]
        The part of turns that take `up`.
    chance : array [cell]
        1 - e^(-dt/τ).
    seed, run, ids, step
        The key of the random numbers.
    """
    turns = rng.uniform(seed, run=run, entity=ids, step=step, purpose="tissue:turn", lane=0) < chance
    follows = rng.uniform(seed, run=run, entity=ids, step=step, purpose="tissue:turn", lane=1) < bias
    anywhere = isotropic(seed, run, ids, step, "tissue:heading", headings.shape[1])
    new = np.where(follows[:, None], up, anywhere)
    return np.where(turns[:, None], new, headings)


def moved(
    places: Array,
    walking: Array,
    radii: Array,
    adhesion: Array | None,
    groups: Indices,
    size: tuple[float, ...],
    dt: float,
) -> Array:
    """Return the places of cells a time `dt` later.

    Parameters
    ----------
    places, walking : array [cell, axis]
        Centres [µm] and the cells' own velocities [µm/h].
    radii : array [cell]
        [µm].
    adhesion : array [group, group], optional
        Symmetric speeds [µm/h]; None where nothing sticks.
    groups : array [cell]
    size : tuple of float
        Of the box [µm]; centres stay a radius away from its walls where there is room.
    dt : float
        [h].

    Raises
    ------
    Failure
        The box is too full for its cells.
    """
    from cytokinome.engines.tissue import cells_forces  # numba is slow to load, and only a simulation needs it

    steps = max(1, int(np.ceil(dt / PUSH_STEP - 1e-9)))
    largest = float(np.max(radii, initial=0.0))
    near = Near(size, largest)
    sticking = np.zeros((0, 0)) if adhesion is None else adhesion
    done, is_walking = 0 if len(places) else steps, bool(np.any(walking))
    while done < steps:
        first, second = near.candidates(places, 2.0 * ADHESION_RANGE * largest)
        pushed, steep = cells_forces.pushes(first, second, places, radii, sticking, groups, REPULSION, ADHESION_RANGE)
        velocity = walking + pushed
        if float(np.max(np.abs(velocity))) * dt < STILL:
            break  # nobody moves: nor will they later in this step
        # where cells only settle, steps as long as the pushes stay what they are
        taken = 1 if is_walking else int(min(max(SETTLING * steps / (max(steep, 1e-300) * dt), 1.0), steps - done))
        places = inside(places + velocity * (taken * dt / steps), radii, size)
        places, done = separated(places, radii, size, near), done + taken
    return places


def inside(places: Array, radii: Array, size: tuple[float, ...]) -> Array:
    """Return places at least a radius from every wall, or in the middle of a side that is too short for it."""
    low = np.minimum(radii[:, None], 0.5 * np.asarray(size))
    return np.minimum(np.maximum(places, low), np.asarray(size) - low)


def separated(places: Array, radii: Array, size: tuple[float, ...], near: Near | None = None) -> Array:
    """Return places where no two cells overlap by more than `OVERLAP`.

    Raises
    ------
    Failure
        No such places were found: the box is too full.
    """
    from cytokinome.engines.tissue import cells_forces  # numba is slow to load, and only a simulation needs it

    if not len(places):
        return places
    reach = 2.0 * float(np.max(radii))
    near = near or Near(size, 0.5 * reach)
    for _ in range(SWEEPS):
        first, second = near.candidates(places, reach)
        # half of what is missing from each, and a little more: neighbours of neighbours push back
        is_close, moves = cells_forces.parting(first, second, places, radii, 1.0 - OVERLAP, OVERLAP * SLACK, 0.55)
        if not is_close:
            return places
        if filling(radii, size) > 1.0:
            break
        places = inside(places + moves, radii, size)
    sentence = f"{len(places)} cells find no places in the box without overlapping by more than {OVERLAP:.0%}"
    raise Failure(PatientOutcome("failed", sentence, None, "cells"))


def filling(radii: Array, size: tuple[float, ...]) -> float:
    """Return the part of a box that cells take which overlap as much as they may; above 1 there is no room for them.

    Cells that are thicker than the box stand out of it on both sides.
    """
    room = np.prod(np.maximum(size, 2.0 * np.max(radii, initial=0.0)))
    least = (1.0 - OVERLAP) * radii
    taken = np.pi * least**2 if len(size) == 2 else 4.0 / 3.0 * np.pi * least**3
    return float(np.sum(taken) / room)


def turned_back(headings: Array, places: Array, radii: Array, size: tuple[float, ...]) -> Array:
    """Return headings that lead away from the walls at which cells stand."""
    low = np.minimum(radii[:, None], 0.5 * np.asarray(size))
    inward = np.where(places <= low, 1.0, np.where(places >= np.asarray(size) - low, -1.0, 0.0))
    return np.where(inward != 0.0, inward * np.abs(headings), headings)
