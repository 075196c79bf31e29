"""The random numbers of an event: how long until it happens, which one it is, and which cell it happens to.

Event k of a run uses words of one Philox block with the key (seed, run, patient, k), and what a division shares out
further blocks of that key: a trajectory depends on nothing else. The logarithm is our own, made of sums, products and
quotients: the same bits on every platform. What stands here in plain Python is also compiled.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Chance

PURPOSE = "jumps"
TIES = "ties"
BATCH = 256  # events whose numbers the reference draws at a time
_LN2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476
_SCALE = 2.0**-52


def minus_log(mantissa: float, exponent: float) -> float:
    """Return −log(mantissa·2^exponent) for a mantissa within [½, 1): by log(m) = 2·atanh((m − 1)/(m + 1))."""
    if mantissa < _SQRT_HALF:
        mantissa, exponent = 2.0 * mantissa, exponent - 1.0
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s  # at most (3 − 2√2)², so that eleven terms are enough
    series = z * (1 / 21) + 1 / 19
    series = z * series + 1 / 17
    series = z * series + 1 / 15
    series = z * series + 1 / 13
    series = z * series + 1 / 11
    series = z * series + 1 / 9
    series = z * series + 1 / 7
    series = z * series + 1 / 5
    series = z * series + 1 / 3
    return -(exponent * _LN2 + 2.0 * (s + s * (z * series)))


def started(parameters: NDArray[np.float64], chance: Chance, keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return parameters [patient, slot] with the numbers of the first event by chance.

    Parameters
    ----------
    parameters : array [patient, slot]
    chance : Chance
    keys : array of uint64 [patient, 3]
        Seed, run and patient of the random numbers.
    """
    parameters = np.array(parameters, dtype=float)
    for row, key in zip(parameters, keys.tolist(), strict=True):
        row[[chance.wait, chance.uniform]] = Draws(*key).next()
        row[chance.number] = 0.0
    return parameters


def tie(key: tuple[int, int, int], number: int) -> float:
    """Return the uniform number of a run (seed, run, patient) that decides between events that are due at once."""
    seed, run, patient = key
    return float(rng.uniform(seed, run=run, entity=patient, step=number, purpose=TIES))


class Draws:
    """The numbers of one run, event after event.

    Parameters
    ----------
    seed, run, patient : int
        Their key; 0 … 2**64 - 1.
    """

    def __init__(self, seed: int, run: int, patient: int) -> None:
        self._key = seed, run, patient
        self._next, self._block = 0, 0
        self._batch: NDArray[np.uint64] = np.empty((0, 4), dtype=np.uint64)
        self._cell = 0.0

    def next(self) -> tuple[float, float]:
        """Return an exponential number of mean 1 and a uniform one within (0, 1) for the next event."""
        row = self._next % BATCH
        self._block = 0
        if row == 0:
            seed, run, patient = self._key
            steps = np.arange(self._next, self._next + BATCH, dtype=np.uint64)
            self._batch = rng.raw(seed, run, patient, steps, rng.purpose(PURPOSE))
        self._next += 1
        first, second, self._cell = ((int(word >> np.uint64(12)) + 0.5) * _SCALE for word in self._batch[row, :3])
        mantissa, exponent = math.frexp(first)
        return minus_log(mantissa, float(exponent)), second

    def cell(self) -> float:
        """Return a uniform number that says which cell the event happens to."""
        return self._cell

    def share(self, what: str) -> float:
        """Return a uniform number that says what a cell is like that comes with the event."""
        seed, run, patient = self._key
        return float(rng.uniform(seed, run=run, entity=patient, step=self._next, purpose=what))

    def shares(self, what: str, number: int) -> NDArray[np.float64]:
        """Return uniform numbers for cells that are not those of an event, numbered from 0."""
        seed, run, patient = self._key
        return rng.uniform(seed, run=run, entity=patient, step=np.arange(number), purpose=what)

    def half(self, number: int) -> int:
        """Return how many of a number of things fall on one side, each with probability one half."""
        seed, run, patient = self._key
        found = 0
        while number > 0:
            self._block += 1
            step = self._next - 1
            for word in rng.raw(seed, run, patient, step, rng.purpose(PURPOSE), block=self._block).tolist():
                found += (word & ((1 << min(number, 64)) - 1)).bit_count()
                number = max(number - 64, 0)
        return found
