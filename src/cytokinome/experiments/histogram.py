"""Histograms with fixed logarithmic bins: quantiles of many patients in little memory, merged exactly.

A bin is given by the exponent and the first six binary digits of a number, so it needs no logarithm and is the same on
every machine; its middle is within 1/128 (0.8 %) of every number in it. Counts are whole numbers: histograms that are
merged in any order and grouping are equal. Zero and negative numbers have bins of their own.

Notes
-----
Masson, Rim and Lee (2019), Proc. VLDB Endow. 12:2195, doi:10.14778/3352063.3352135 (DDSketch): bins of constant
relative width, a separate store for negative numbers and zero, and the lowest bins collapsed where there are too many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

DIGITS = 6  # binary, of the fraction of a number: 64 bins from 1 to 2
ACCURACY = 0.5 / 2**DIGITS  # relative
MOST = 4096  # bins of one sign: what is 2^-64 of the largest and less shares a bin
_SHIFT = 52 - DIGITS  # of the bits of a double
_CHUNK = 256  # cells at a time: what is computed on the way stays small


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Counts of positive numbers in many cells; the bins of cell i are `lowest[i]` … `lowest[i] + widths[i] - 1`.

    `counts` holds the bins of all cells one after the other.
    """

    lowest: Whole
    widths: Whole
    counts: Whole

    @classmethod
    def of(cls, sizes: Array) -> Bins:
        """Return the counts of sizes [number, cell]; what is not a positive finite number does not count."""
        parts = [_chunk_of(sizes[:, i : i + _CHUNK]) for i in range(0, sizes.shape[1], _CHUNK)]
        if not parts:
            return cls(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
        return cls(*(np.concatenate([part[k] for part in parts]) for k in range(3)))

    def merged(self, other: Bins) -> Bins:
        """Return the counts of both."""
        bare = (self.widths == 0, other.widths == 0)
        first = np.where(bare[0], other.lowest, np.where(bare[1], self.lowest, np.minimum(self.lowest, other.lowest)))
        ends = np.maximum(np.where(bare[0], 0, self._ends), np.where(bare[1], 0, other._ends))
        first = np.maximum(first, ends - MOST)
        widths = np.where(bare[0] & bare[1], 0, ends - first)
        counts = np.zeros(int(widths.sum()), dtype=np.int64)
        for part in (self, other):
            if np.array_equal(part.widths, widths) and np.array_equal(part.lowest, first):
                counts += part.counts  # the usual case once many patients have been seen
            else:
                np.add.at(counts, part._places(first, widths), part.counts)
        return Bins(np.where(widths > 0, first, 0), widths, counts)

    @property
    def _ends(self) -> Whole:
        return self.lowest + self.widths

    def _places(self, first: Whole, widths: Whole) -> Whole:
        """Where each of the own bins is in a layout; those below it are in its lowest bin."""
        own = np.repeat(np.arange(len(widths)), self.widths)
        within = np.arange(len(self.counts)) - np.repeat(np.cumsum(self.widths) - self.widths, self.widths)
        bins = np.maximum(self.lowest[own] + within - first[own], 0)
        return (np.cumsum(widths) - widths)[own] + bins


def _chunk_of(sizes: Array) -> tuple[Whole, Whole, Whole]:
    """Lowest bins, widths and counts of a few cells."""
    numbers = np.ascontiguousarray(sizes)
    counted = np.isfinite(numbers) & (numbers > 0)
    if not counted.any():
        nothing = np.zeros(numbers.shape[1], dtype=np.int64)
        return nothing, nothing, nothing[:0]
    bins = numbers.view(np.int64) >> _SHIFT
    ends = np.where(counted, bins, -1).max(axis=0, initial=-1) + 1
    lowest = np.minimum(np.where(counted, bins, np.iinfo(np.int64).max).min(axis=0, initial=2**62), ends)
    lowest = np.maximum(lowest, ends - MOST)
    widths = ends - lowest
    starts = np.cumsum(widths) - widths
    places = (starts - lowest) + np.maximum(bins, lowest)
    counts = np.bincount(places.ravel() if counted.all() else places[counted], minlength=int(widths.sum()))
    return np.where(widths > 0, lowest, 0), widths, counts.astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How often numbers of each size came up in each of many cells, such as the times of a curve."""

    negative: Bins
    zeros: Whole
    positive: Bins

    @classmethod
    def of(cls, values: Array) -> Histogram:
        """Return the histogram of values [number, cell]; NaN and infinities do not count."""
        return cls(Bins.of(-values), np.count_nonzero(values == 0, axis=0).astype(np.int64), Bins.of(values))

    def merged(self, other: Histogram) -> Histogram:
        """Return the histogram of all numbers of both, cell by cell."""
        return Histogram(
            self.negative.merged(other.negative), self.zeros + other.zeros, self.positive.merged(other.positive)
        )

    def quantiles(self, fractions: Sequence[float]) -> Array:
        """Return quantiles [fraction, cell], each within `ACCURACY` of the exact one; NaN for an empty cell.

        Between two numbers the quantile is on the line that joins them, as ``numpy.percentile`` has it.
        """
        found = np.full((len(fractions), len(self.zeros)), np.nan)
        wanted = np.asarray(fractions, dtype=float)
        below, above = (np.cumsum(b.widths) for b in (self.negative, self.positive))
        for cell, zeros in enumerate(self.zeros.tolist()):
            under = self.negative.counts[below[cell] - self.negative.widths[cell] : below[cell]]
            over = self.positive.counts[above[cell] - self.positive.widths[cell] : above[cell]]
            seen = np.cumsum(np.concatenate([under[::-1], [zeros], over]))
            if seen[-1]:
                sizes = [_middles(b.lowest[cell], b.widths[cell]) for b in (self.negative, self.positive)]
                middles = np.concatenate([-sizes[0][::-1], [0.0], sizes[1]])
                ranks = wanted * (seen[-1] - 1)
                low, high = (middles[np.searchsorted(seen, r, "right")] for r in (np.floor(ranks), np.ceil(ranks)))
                found[:, cell] = low + (ranks - np.floor(ranks)) * (high - low)
        return found


def _middles(lowest: int, width: int) -> Array:
    """The middle of each bin."""
    edges = (np.arange(lowest, lowest + width + 1, dtype=np.int64) << _SHIFT).view(np.float64)
    return edges[:-1] + (edges[1:] - edges[:-1]) / 2
