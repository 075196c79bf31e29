"""How probable the measured values are, what the priors add, and how both bend: of many sets at once.

A value m with the error σ lies at r = (η - m)/σ from the curve η; of one below the limit of its assay only that it is
there is known, -log Φ((limit - η)/σ), and likewise above. Both are convex in η, so a Gauss-Newton matrix never points
uphill. For an error that is estimated the matrix has what is expected of it, 2 per value.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.experiments.fit.problem import NOTHING, Claims, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.experiments.fit.trials import Trial

    Array = NDArray[np.float64]

STEP = 1e-3  # of logarithms, to either side
COARSE = 0.05  # the same where claims are aimed at: times of peaks lie on a grid, and shares are counts of people
FLOOR = 1e-6  # of the largest value of an analyte: what a model that has nothing there is taken to have, in log space
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Measured:
    """Values, or their logarithms in log space, and on which side of them the truth lies (`Taken.sign`).

    Both have one row for each set, or one for all.
    """

    values: Array
    signs: NDArray[np.intp]

    def rows(self, which: NDArray[np.intp]) -> Measured:
        """Return those of some sets."""
        return self if len(self.values) == 1 else Measured(self.values[which], self.signs[which])


@dataclass(frozen=True)
class Objective:
    """The function that is made small: ``-log`` of likelihood and prior, for sets `x` [set, axis]."""

    problem: Problem
    workers: int = 1

    @cached_property
    def measured(self) -> Measured:
        """What the tables have."""
        values = np.array([[value.value for value in self.problem.taken]])
        signs = np.array([[value.sign for value in self.problem.taken]], dtype=np.intp)
        return Measured(np.log(values) if self.problem.is_log else values, signs)

    @cached_property
    def _floors(self) -> Array:
        largest: dict[str, float] = {}
        for value in self.problem.taken:
            largest[value.analyte] = max(largest.get(value.analyte, 0.0), value.value)
        return FLOOR * np.array([largest[value.analyte] for value in self.problem.taken])

    # ---------------------------------------------------------------------------------------------------- the curves
    def curves(self, x: Array) -> Array:
        """Return what the model has where something was measured [set, value], unscaled; in log space its logarithm."""
        y = _simulated(self.problem.trials, x, self.workers)
        return np.log(np.maximum(y, 0.0) + self._floors) if self.problem.is_log else y

    def slopes(self, x: Array) -> Array:
        """Return how the curves change with each parameter, [set, value, axis], by central differences."""
        count, dynamic = len(x), self.problem.dynamic
        step = COARSE if len(self.problem.curves) < len(self.problem.trials) else STEP
        moves = np.zeros((2 * dynamic, x.shape[1]))
        moves[np.arange(dynamic), np.arange(dynamic)] = step
        moves[dynamic + np.arange(dynamic), np.arange(dynamic)] = -step
        sets = (x[:, None, :] + moves[None]).reshape(-1, x.shape[1])
        curves = self.curves(sets).reshape(count, 2, dynamic, -1)
        return np.moveaxis(curves[:, 0] - curves[:, 1], 1, 2) / (2 * step)

    def scaled(self, x: Array, curves: Array) -> Array:
        """Return the curves as their assays show them."""
        factors = self._along(self.problem.scale, x)
        return curves + factors if self.problem.is_log else curves * np.exp(factors)

    def errors(self, x: Array) -> Array:
        """Return σ [set, value]."""
        return np.sqrt(self._stated**2 + self._estimated(x) ** 2)

    @cached_property
    def _stated(self) -> Array:
        return np.array([value.sd for value in self.problem.taken])

    def _estimated(self, x: Array) -> Array:
        return np.where(self.problem.error == NOTHING, 0.0, np.exp(self._along(self.problem.error, x)))

    def _along(self, axes: NDArray[np.intp], x: Array) -> Array:
        """The coordinate of each value's own axis, 0 where it has none."""
        return np.where(axes == NOTHING, 0.0, x[:, np.maximum(axes, 0)])

    # ------------------------------------------------------------------------------------------------------- the cost
    def cost(self, x: Array, curves: Array, measured: Measured | None = None) -> Array:
        """Return -log likelihood - log prior [set], infinite where a run failed; of the tables, or other values."""
        return self.misfit(x, curves, measured) + self.surprise(x)

    def misfit(self, x: Array, curves: Array, measured: Measured | None = None) -> Array:
        """Return -log likelihood [set], with all its constants."""
        total = self.losses(x, curves, measured).sum(axis=1)
        return np.where(np.isfinite(total), total, np.inf)

    def losses(self, x: Array, curves: Array, measured: Measured | None = None) -> Array:
        """Return -log of the density of each value, or of the probability that it lies beyond its limit."""
        from scipy.special import log_ndtr  # pyright: ignore[reportMissingTypeStubs]

        there, sigma = measured or self.measured, self.errors(x)
        r = (self.scaled(x, curves) - there.values) / sigma
        jacobian = there.values if self.problem.is_log else 0.0  # the density is that of the value in either space
        known = 0.5 * r**2 + np.log(sigma) + _HALF_LOG_2PI + jacobian
        return np.where(there.signs == 0, known, -log_ndtr(there.signs * r))

    def distances(self, x: Array, curves: Array) -> Array:
        """Return how many errors the curve lies above each value; of a limit, only on its wrong side."""
        there = self.measured
        r = (self.scaled(x, curves) - there.values) / self.errors(x)
        return np.where(there.signs == 0, r, there.signs * np.minimum(there.signs * r, 0.0))

    def surprise(self, x: Array) -> Array:
        """Return -log prior [set] up to a constant."""
        centres, weights = self.prior
        return 0.5 * (((x - centres) ** 2) * weights).sum(axis=1)

    @cached_property
    def prior(self) -> tuple[Array, Array]:
        """Centres and precisions [axis]; a flat prior has no precision."""
        axes = self.problem.axes
        return np.array([axis.centre for axis in axes]), np.array([axis.sd**-2 for axis in axes])

    # ----------------------------------------------------------------------------------------------------- how it bends
    def bend(self, x: Array, curves: Array, measured: Measured | None = None) -> tuple[Array, Array]:
        """Return the gradient [set, axis] and the Gauss-Newton matrix [set, axis, axis] of -log likelihood alone."""
        from scipy.special import log_ndtr  # pyright: ignore[reportMissingTypeStubs]

        there, sigma = measured or self.measured, self.errors(x)
        r = (self.scaled(x, curves) - there.values) / sigma
        z = there.signs * r
        hazard = np.exp(-0.5 * z**2 - _HALF_LOG_2PI - log_ndtr(z))
        known = there.signs == 0
        pull = np.where(known, r, -there.signs * hazard) / sigma
        weight = np.where(known, 1.0, hazard * (hazard + z)) / sigma**2
        jacobian = self._jacobian(x, curves)
        gradient = np.einsum("sv,sva->sa", pull, jacobian)
        matrix = np.einsum("sva,sv,svb->sab", jacobian, weight, jacobian)
        share = self._estimated(x) ** 2 / sigma**2  # d log σ / d log of the estimated error
        own = np.where(known, 1.0 - r**2, hazard * z) * share
        bent = np.where(known, 2.0, hazard * (hazard + z) * z**2) * share**2
        for axis in np.unique(self.problem.error[self.problem.error != NOTHING]):
            mine = self.problem.error == axis
            gradient[:, axis] += own[:, mine].sum(axis=1)
            matrix[:, axis, axis] += bent[:, mine].sum(axis=1)
        return gradient, matrix

    def _jacobian(self, x: Array, curves: Array) -> Array:
        """How each value's η moves with every axis, [set, value, axis]."""
        jacobian = np.zeros((*curves.shape, x.shape[1]))
        slopes = self.slopes(x)
        scale = np.exp(self._along(self.problem.scale, x))
        jacobian[:, :, : self.problem.dynamic] = slopes if self.problem.is_log else slopes * scale[:, :, None]
        scaled = np.flatnonzero(self.problem.scale != NOTHING)
        own = 1.0 if self.problem.is_log else self.scaled(x, curves)[:, scaled]
        jacobian[:, scaled, self.problem.scale[scaled]] = own
        return jacobian


def _simulated(trials: Sequence[Trial | Claims], x: Array, workers: int) -> Array:
    """What the model has where something was measured or claimed, [set, value], for `x` [set, axis].

    Sets go in pieces of fixed size on threads; no number depends on how many there are.
    """
    pieces = [(trial, x[i : i + trial.chunk]) for trial in trials for i in range(0, len(x), trial.chunk)]
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="fit") as pool:
        done = iter(list(pool.map(_values, pieces)))
    return np.concatenate([np.concatenate(list(islice(done, -(-len(x) // t.chunk)))) for t in trials], axis=1)


def _values(piece: tuple[Trial | Claims, Array]) -> Array:
    trial, x = piece
    return trial.values(x)
