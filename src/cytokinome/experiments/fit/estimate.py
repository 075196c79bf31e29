"""A fit carried out: starts, descents, profiles, draws; and what came out as plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng
from cytokinome.errors import SimulationError
from cytokinome.experiments.cohort import NORMAL_97_5
from cytokinome.experiments.fit.axes import Axis, Kind
from cytokinome.experiments.fit.bootstrap import bootstrap
from cytokinome.experiments.fit.descent import Descended, descend
from cytokinome.experiments.fit.draws import Draws, draw
from cytokinome.experiments.fit.identify import sentences, surprises
from cytokinome.experiments.fit.likelihood import Objective
from cytokinome.experiments.fit.profiles import Profile, deviations, profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytokinome.experiments.fit.problem import Problem

    Array = NDArray[np.float64]

SAME = 0.05  # of -log posterior: starts that end so near the best have found the same
AGAIN = 3  # how often a better point met on a profile is followed
BROADEST = 3.0  # log-SD of starts around a prior that is wider


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a fit found.

    Parameters
    ----------
    problem : Problem
    x : array [axis]
        The optimum.
    curves, distances : array [value]
        Of the model at the optimum, as measured, and how many errors each value lies from it; of a value beyond the
        limits of its assay, how many the curve lies on the wrong side.
    misfit, surprise : float
        -log likelihood there, and what the prior adds.
    starts : array [start]
        -log posterior that each start came to, sorted; infinite where its runs failed.
    covariance : array [axis, axis]
        By curvature.
    matrix : array [axis, axis]
        Information of the data alone.
    profiles : tuple of Profile
        Of all axes; empty where only curvature was asked for.
    draws : Draws
    stands : float
        -log posterior where the model files stand now.
    """

    problem: Problem
    x: Array
    curves: Array
    distances: Array
    misfit: float
    surprise: float
    starts: Array
    covariance: Array
    matrix: Array
    profiles: tuple[Profile, ...]
    draws: Draws
    stands: float

    @property
    def deviations(self) -> Array:
        """Standard deviations after the fit [axis], by curvature."""
        return np.sqrt(np.diag(self.covariance))

    def interval(self, axis: int) -> tuple[float, float]:
        """Return the 95 % interval of an axis: by its profile, else by curvature."""
        if self.profiles:
            return self.profiles[axis].low, self.profiles[axis].high
        half = NORMAL_97_5 * float(self.deviations[axis])
        bounds = self.problem.axes[axis]
        return max(self.x[axis] - half, bounds.low), min(self.x[axis] + half, bounds.high)

    @property
    def agreeing(self) -> int:
        """How many starts came to the optimum."""
        return int((self.starts <= self.starts[0] + SAME).sum())

    @property
    def aic(self) -> float:
        """Akaike's criterion: -2 log likelihood, and 2 for every axis."""
        return 2 * self.misfit + 2 * len(self.x)

    def unknown(self) -> tuple[str, ...]:
        """Return what the data do not know, and where they disagree with what was known before, in words."""
        ends = [self.interval(axis) for axis in range(len(self.x))]
        return (
            *sentences(self.problem.axes, self.matrix, self.deviations, ends),
            *surprises(self.problem.axes, self.x),
        )


def estimate(
    problem: Problem,
    *,
    workers: int = 1,
    is_quick: bool = False,
    bootstraps: int = 0,
    on_progress: Callable[[str], None] | None = None,
) -> Estimate:
    """Carry out a fit.

    Parameters
    ----------
    problem : Problem
    workers : int
        Threads; no number depends on it.
    is_quick : bool
        Whether intervals and draws come from curvature alone, without profiles; where claims about people are aimed
        at they always do, because each set of parameters is a cohort.
    bootstraps : int
        Fits to as many tables that the model could have given take the place of draws from the posterior.
    on_progress : callable, optional
        Told in words how far it is.

    Raises
    ------
    SimulationError
        No start could be simulated.
    """

    def tell(text: str) -> None:
        if on_progress is not None:
            on_progress(text)

    is_quick = is_quick or problem.is_about_people
    objective = Objective(problem, workers)
    costs, at, profiles = _searched(objective, tell, is_quick=is_quick)
    covariance, _ = deviations(objective, at.matrix[0])
    tell("bootstrap" if bootstraps else "draws")
    draws = (
        bootstrap(objective, at.x[0], problem.fit.seed, bootstraps)
        if bootstraps
        else draw(objective, at.x[0], covariance, problem.fit.seed, by_curvature=is_quick)
    )
    here, stands = at.x, problem.stands[None]
    return Estimate(
        problem,
        here[0],
        _shown(objective, here, at.curves),
        objective.distances(here, at.curves)[0],
        float(objective.misfit(here, at.curves)[0]),
        float(objective.surprise(here)[0]),
        np.sort(np.append(costs, at.cost[0])) if at.cost[0] < costs[0] - SAME else costs,
        covariance,
        at.matrix[0],
        profiles,
        draws,
        float(objective.cost(stands, objective.curves(stands))[0]),
    )


def _searched(
    objective: Objective, tell: Callable[[str], None], *, is_quick: bool
) -> tuple[Array, Descended, tuple[Profile, ...]]:
    """What all starts came to, sorted; the optimum; and the profiles through it."""
    found = descend(
        objective,
        starts(objective.problem),
        on_round=lambda done, cost: tell(f"round {done}: -2 log posterior {2 * float(cost.min()):.2f}"),
    )
    if not np.isfinite(found.cost).any():
        id, count = objective.problem.fit.id, len(found.cost)
        raise SimulationError(f"{id}: the model could not be simulated at any of {count} starts")
    at, profiles = _best(found), ()
    for again in range(0 if is_quick else AGAIN):
        tell("profiles" if not again else "profiles, from a better point met on the way")
        profiled = profile(objective, at.x[0], float(at.cost[0]), at.matrix[0])
        profiles = profiled.profiles
        if profiled.better is None:
            break
        at = descend(objective, profiled.better[None])
    return np.sort(found.cost), at, profiles


def _best(found: Descended) -> Descended:
    """The start that came lowest, alone."""
    i = slice(int(found.cost.argmin()), int(found.cost.argmin()) + 1)
    return Descended(
        found.x[i],
        found.cost[i],
        found.curves[i],
        found.gradient[i],
        found.matrix[i],
        found.is_settled[i],
        found.rounds,
    )


def _shown(objective: Objective, x: Array, curves: Array) -> Array:
    """The model's values as their assays show them."""
    scaled = objective.scaled(x, curves)[0]
    return np.exp(scaled) if objective.problem.is_log else scaled


def starts(problem: Problem) -> Array:
    """Return where the descents begin, [start, axis]: the first where the models stand, the others by the priors.

    Along each axis the starts are one to each of as many equally probable layers (a Latin hypercube).
    """
    count, seed = problem.fit.starts, problem.fit.seed
    x = np.tile(problem.stands, (count, 1))
    for i, axis in enumerate(problem.axes):
        if axis.kind is not Kind.PARAMETER or count == 1:
            continue
        entities = np.arange(count - 1)
        order = np.argsort(rng.uniform(seed, entity=entities, purpose=f"fit:layer:{axis.name}"), kind="stable")
        inside = rng.uniform(seed, entity=entities, purpose=f"fit:start:{axis.name}")
        x[1:, i] = _quantile(axis, (order + inside) / (count - 1))
    return x


def _quantile(axis: Axis, share: Array) -> Array:
    """Where a share of the prior lies below."""
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

    if math.isinf(axis.sd):
        return axis.low + share * (axis.high - axis.low)
    return np.clip(axis.centre + min(axis.sd, BROADEST) * ndtri(share), axis.low, axis.high)
