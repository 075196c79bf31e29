"""What pairs of cells do to each other's places, in loops that numba compiles.

A step of a crowd asks for them hundreds of times.

Pairs come ordered by both cells, so that a cell's sum runs over its partners in the order of their ids whatever else
there is: the bits do not depend on how the pairs were found.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Indices = NDArray[np.intp]


def compiled(function: Any) -> Any:
    """Return a function compiled, from the cache on disk where there can be one."""
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # neither beside this file nor in the user's folder
        return njit(nogil=True, error_model="numpy")(function)


@compiled
def apart(one: int, other: int, places: Array, direction: Array) -> float:
    """Return the distance of two cells, and in `direction` the unit vector from the second to the first.

    Cells at exactly the same place part along one axis or another.
    """
    square, axes = 0.0, places.shape[1]
    for axis in range(axes):
        direction[axis] = places[one, axis] - places[other, axis]
        square += direction[axis] * direction[axis]
    distance = sqrt(square)
    for axis in range(axes):
        if distance > 0.0:
            direction[axis] /= distance
        else:
            direction[axis] = 1.0 if axis == (other - one) % axes else 0.0
    return distance


@compiled
def pushes(
    first: Indices, second: Indices, places: Array, radii: Array, adhesion: Array, groups: Indices, repulsion: float,
    reach: float,
) -> tuple[Array, float]:  # fmt: skip
    """Return the velocities [cell, axis] in µm/h that neighbours give each other, and how fast they change [1/h].

    The latter is the largest slope of a pair's velocity in their distance.

    Parameters
    ----------
    first, second : array [pair]
        Which may be near each other.
    places : array [cell, axis]
        [µm].
    radii : array [cell]
        [µm].
    adhesion : array [group, group]
        Speeds [µm/h]; empty where nothing sticks.
    groups : array [cell]
    repulsion : float
        Speed [µm/h] of cells at the same place.
    reach : float
        How far cells stick, in sums of their radii.
    """
    velocity, direction, steepest = np.zeros_like(places), np.zeros(places.shape[1]), 0.0
    for pair in range(len(first)):
        one, other = first[pair], second[pair]
        touching = radii[one] + radii[other]
        distance = apart(one, other, places, direction)
        if distance >= reach * touching:
            continue
        overlap = max(1.0 - distance / touching, 0.0)
        away, slope = repulsion * overlap**2, repulsion * overlap / touching
        if adhesion.size > 0:
            sticks, within = adhesion[groups[one], groups[other]], 1.0 - distance / (reach * touching)
            away -= sticks * within**2
            slope += sticks * within / (reach * touching)
        steepest = max(steepest, 2.0 * slope)
        for axis in range(len(direction)):
            velocity[one, axis] += away * direction[axis]
            velocity[other, axis] -= away * direction[axis]
    return velocity, steepest


@compiled
def parting(
    first: Indices, second: Indices, places: Array, radii: Array, least: float, slack: float, share: float
) -> tuple[bool, Array]:
    """Return whether a pair is nearer than it may be, and how far each cell moves to mend it.

    Parameters
    ----------
    first, second, places, radii
        As for `pushes`.
    least : float
        How near cells may be, in sums of their radii.
    slack : float
        The part of that distance that may be missing.
    share : float
        Of what is missing that each of the two moves.
    """
    is_close, moved, direction = False, np.zeros_like(places), np.zeros(places.shape[1])
    for pair in range(len(first)):
        one, other = first[pair], second[pair]
        wanted = least * (radii[one] + radii[other])
        missing = wanted - apart(one, other, places, direction)
        if missing <= 0.0:
            continue
        is_close = is_close or missing > slack * wanted
        for axis in range(len(direction)):
            moved[one, axis] += share * missing * direction[axis]
            moved[other, axis] -= share * missing * direction[axis]
    return is_close, moved
