"""Counter-based random numbers: every number is a pure function of its key.

The contract: the numbers of patient 17 depend on (seed, run, entity 17, step, purpose) and on nothing else: not on
how many patients there are, in which order or chunk they are drawn, on how many threads, or on what else was drawn.

The generator is Philox4x64-10 (Salmon et al., SC'11, doi:10.1145/2063384.2063405). The 128-bit key is
(seed, purpose), the 256-bit counter is (block, entity, step, run), least significant word first; block is 0 for the
first four words of a key. The words equal those of ``numpy.random.Philox`` at the same key and counter, bit for bit;
NumPy advances its counter before the first draw, so start it one below.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Index = int | NDArray[np.integer]

_MASK = (1 << 64) - 1
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS = 10
_LANES = 4


def purpose(name: str) -> int:
    """Return the key word of a named purpose: the first eight bytes of its SHA-256, big-endian."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:8], "big")


def raw(seed: int, run: Index, entity: Index, step: Index, purpose: int, *, block: int = 0) -> NDArray[np.uint64]:
    """Return four random words per key.

    Parameters
    ----------
    seed : int
        0 … 2**64 - 1, as all the others.
    run, entity, step : int or integer array
        Broadcast against each other.
    purpose : int
        From `purpose`.
    block : int
        0 for the first four words of a key, 1 for the next four, and so on.

    Returns
    -------
    array of uint64, shape (…, 4)

    Raises
    ------
    ValueError
        An index is negative, not an integer, or 2**64 or more.
    """
    words = [_words(what, value) for what, value in (("entity", entity), ("step", step), ("run", run))]
    shape = np.broadcast_shapes(*(w.shape for w in words))
    # at least one axis, because NumPy warns of wrap-around on scalars, where it is meant
    flat = [np.broadcast_to(w, shape).reshape(-1) for w in words]
    first = np.full_like(flat[0], _word("block", block))
    mixed = _philox((first, *flat), (_word("seed", seed), _word("purpose", purpose)))
    return np.stack(mixed, axis=-1).reshape(*shape, _LANES)


def uniform(
    seed: int, *, run: Index = 0, entity: Index, step: Index = 0, purpose: str, lane: int = 0
) -> NDArray[np.float64]:
    """Return uniform numbers in the open interval (0, 1), one per key.

    The values are the odd multiples of 2**-53: (word >> 12 + 1/2) * 2**-52. All are exact, none is 0 or 1, and u and
    1 - u are equally likely. (One bit more would round the largest to 1.)

    Parameters
    ----------
    seed, run, entity, step
        As in `raw`.
    purpose : str
        What the numbers are for, e.g. ``"varies:q_TNF"``.
    lane : int
        Independent numbers under one key: 0, 1, 2, …

    Returns
    -------
    array of float64
        Of the broadcast shape of run, entity and step; without axes when all are plain integers.
    """
    block, column = divmod(_word("lane", lane), _LANES)
    words = raw(seed, run, entity, step, _purpose_word(purpose), block=block)[..., column]
    return np.asarray(((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52)


def normal(
    seed: int, *, run: Index = 0, entity: Index, step: Index = 0, purpose: str, lane: int = 0
) -> NDArray[np.float64]:
    """Return standard normal numbers, one per key, by the inverse of the distribution function at `uniform`.

    One uniform number gives one normal number, monotonically, so that truncation and quantiles stay simple.
    Parameters and result are those of `uniform`.
    """
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]  # heavy, so loaded by whoever needs it

    return np.asarray(ndtri(uniform(seed, run=run, entity=entity, step=step, purpose=purpose, lane=lane)))


def _purpose_word(name: str) -> int:
    return purpose(name)


def _word(what: str, value: int) -> int:
    if not 0 <= value <= _MASK:
        raise ValueError(f"{what} is {value}; it must lie in 0 … 2**64 - 1")
    return int(value)


def _words(what: str, value: Index) -> NDArray[np.uint64]:
    if isinstance(value, int):
        return np.asarray(_word(what, value), dtype=np.uint64)
    array = np.asarray(value)
    if array.dtype.kind not in "iu" or (array.dtype.kind == "i" and array.size and int(array.min()) < 0):
        raise ValueError(f"{what} must hold integers in 0 … 2**64 - 1")
    return array.astype(np.uint64)


def _multiply(multiplier: int, words: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """High and low 64 bits of the 128-bit products, by halves of 32 bits."""
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    a1, a0 = np.uint64(multiplier >> 32), np.uint64(multiplier & 0xFFFFFFFF)
    b1, b0 = words >> half, words & low
    # no sum overflows: (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1
    middle = a1 * b0 + (a0 * b0 >> half)
    other = a0 * b1 + (middle & low)
    return a1 * b1 + (middle >> half) + (other >> half), np.uint64(multiplier) * words


def _philox(counter: tuple[NDArray[np.uint64], ...], key: tuple[int, int]) -> tuple[NDArray[np.uint64], ...]:
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        high0, low0 = _multiply(_MULTIPLIERS[0], c0)
        high1, low1 = _multiply(_MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ np.uint64(k0), low1, high0 ^ c3 ^ np.uint64(k1), low0
        k0, k1 = (k0 + _WEYL[0]) & _MASK, (k1 + _WEYL[1]) & _MASK
    return c0, c1, c2, c3
