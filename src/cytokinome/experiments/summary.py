"""What is left of the curves of a cohort when its trajectories are not kept: moments and quantiles at each time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.experiments.histogram import Histogram
from cytokinome.experiments.outcomes import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cytokinome.engines.base import PatientOutcome

    Array = NDArray[np.float64]

QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}
STATISTICS = ("count", "mean", "sd", "min", "max", *QUANTILES)
_CHUNK = 256  # cells at a time: what is computed on the way stays small
NAMED = 100  # patients who did not come to the end and are told one by one


@dataclass(frozen=True, slots=True)
class Fates:
    """How the patients of an arm ended: how many in each way, and the first of those who did not come to the end.

    Parameters
    ----------
    counts : mapping of status to number
    codes : mapping of diagnostic code to number
        Of the patients who failed.
    others : tuple of (patient from 1, outcome)
        The first of those who did not come to the end.
    """

    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    codes: Mapping[str, int] = field(default_factory=dict[str, int])
    others: tuple[tuple[int, PatientOutcome], ...] = ()

    @classmethod
    def of(cls, outcomes: Sequence[PatientOutcome], first: int = 0, most: int | None = NAMED) -> Fates:
        """Return the fates of the patients `first` …, counted from 0; at most `most` of them are named."""
        others = ((i, o) for i, o in enumerate(outcomes, first + 1) if o.status != "completed")
        codes = Counter(code_of(o) for o in outcomes if o.status == "failed")
        return cls(dict(Counter(o.status for o in outcomes)), dict(codes), tuple(islice(others, most)))

    def merged(self, other: Fates) -> Fates:
        """Return the fates of both, those of `other` behind."""
        counts, codes = (
            {k: a.get(k, 0) + b.get(k, 0) for k in (*a, *b)}
            for a, b in ((self.counts, other.counts), (self.codes, other.codes))
        )
        return Fates(counts, codes, (*self.others, *other.others)[:NAMED])

    @property
    def patients(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Number, mean, sum of squared differences from it, least and largest of the numbers in each cell, [5, cell]."""

    rows: Array

    @classmethod
    def of(cls, values: Array) -> Moments:
        """Return the moments of values [number, cell]; NaN does not count."""
        parts = [_moments(values[:, i : i + _CHUNK]) for i in range(0, values.shape[1], _CHUNK)]
        return cls(np.concatenate(parts, axis=1) if parts else np.empty((5, 0)))

    def merged(self, other: Moments) -> Moments:
        """Return the moments of all numbers of both.

        Notes
        -----
        Chan, Golub and LeVeque (1983), Am. Stat. 37:242, equations 2.1.
        """
        (n, mean, squares, low, high), (m, other_mean, other_squares, other_low, other_high) = self.rows, other.rows
        total = n + m
        share = np.divide(m, total, out=np.zeros_like(m), where=total > 0)
        apart = other_mean - mean
        rows = [total, mean + share * apart, squares + other_squares + apart * apart * n * share]
        return Moments(np.stack([*rows, np.minimum(low, other_low), np.maximum(high, other_high)]))


def _moments(values: Array) -> Array:
    """The rows of `Moments` of a few cells."""
    counted = np.isfinite(values)
    if counted.all():
        mean = values.sum(axis=0) / len(values)
        apart = values - mean
        number = np.full(values.shape[1], float(len(values)))
        return np.stack([number, mean, (apart * apart).sum(axis=0), values.min(axis=0), values.max(axis=0)])
    number = counted.sum(axis=0).astype(float)
    mean = np.where(counted, values, 0.0).sum(axis=0) / np.maximum(number, 1.0)
    apart = np.where(counted, values - mean, 0.0)
    low, high = np.where(counted, values, np.inf).min(axis=0), np.where(counted, values, -np.inf).max(axis=0)
    return np.stack([number, mean, (apart * apart).sum(axis=0), low, high])


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Moments of consecutive blocks, merged in a tree that depends on the number of blocks alone.

    Two neighbours are merged when each stands for the same power of two of blocks, so that sums have the same bits
    however the blocks were computed, and errors grow with the logarithm of their number.
    """

    levels: tuple[int, ...] = ()
    nodes: tuple[Moments, ...] = ()

    def with_next(self, block: Moments) -> Tree:
        """Return the tree with one block more."""
        levels, nodes = [*self.levels, 0], [*self.nodes, block]
        while len(levels) > 1 and levels[-1] == levels[-2]:
            last = nodes.pop()
            nodes[-1] = nodes[-1].merged(last)
            levels.pop()
            levels[-1] += 1
        return Tree(tuple(levels), tuple(nodes))

    def whole(self) -> Moments | None:
        """Return the moments of all blocks."""
        merged: Moments | None = None
        for node in reversed(self.nodes):
            merged = node if merged is None else node.merged(merged)
        return merged


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """The curves of a cohort without its patients: `statistics` [statistic, time, name], as in `STATISTICS`.

    A patient counts for a curve where all of it is finite. Means and deviations are exact but for rounding, quantiles
    lie within 0.8 % (`histogram.ACCURACY`) of the exact ones.
    """

    statistics: Array
    fates: Fates

    @classmethod
    def of(cls, moments: Moments, histogram: Histogram, shape: tuple[int, int], fates: Fates) -> Summary:
        """Return the summary of cells that are the times and names of `shape`."""
        number, mean, squares, low, high = moments.rows
        bare = number == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            deviation = np.sqrt(squares / (number - 1))  # of one patient there is none
        quantiles = np.clip(histogram.quantiles(tuple(QUANTILES.values())), low, high)
        rows = np.stack([mean, np.where(number > 1, deviation, np.nan), low, high, *quantiles])
        rows[:, bare] = np.nan
        return cls(np.concatenate([number[None], rows]).reshape(len(STATISTICS), *shape), fates)

    def on(self, keep: NDArray[np.bool_]) -> Summary:
        """Return the summary at some of the times only."""
        return replace(self, statistics=self.statistics[:, keep])

    def curve(self, statistic: str, column: int) -> Array:
        """Return one statistic of one curve, [time]."""
        return self.statistics[STATISTICS.index(statistic), :, column]

    def rows(self) -> Iterator[tuple[str, Array]]:
        """Yield each statistic with its numbers [time, name]."""
        yield from zip(STATISTICS, self.statistics, strict=True)


def statistic_of(curves: Array, statistic: str) -> Array:
    """Return one of `STATISTICS` of curves [patient, time] at each time; NaN where there is nobody."""
    if statistic == "count":
        return np.full(np.shape(curves)[1:], float(len(curves)))
    if not len(curves) or (statistic == "sd" and len(curves) < 2):
        return np.full(np.shape(curves)[1:], np.nan)
    match statistic:
        case "mean":
            return curves.mean(axis=0)
        case "sd":
            return curves.std(axis=0, ddof=1)
        case "min":
            return curves.min(axis=0)
        case "max":
            return curves.max(axis=0)
        case "median":
            middle: Array = np.median(curves, axis=0)
            return middle
        case _:
            found: Array = np.percentile(curves, 100 * QUANTILES[statistic], axis=0)
            return found
