"""Claims under what is not known: in which share of the models that are as good a claim holds, and what moves it.

Every parameter with `uncertain: {fold: F}` is drawn for an ensemble of typical persons, and set alone to the value over
F and times F; parameters that were fitted are drawn together, as the data leave them (`fit.ensemble`). All of these are
patients of one cohort on the lanes: the typical person first, then the draws, then two for each parameter. How people
differ is left out on purpose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.experiments import assemble, claims, cohort, execute, solvers
from cytokinome.experiments.fit import ensemble
from cytokinome.experiments.grid import reading_times
from cytokinome.experiments.protocol import Of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cytokinome.experiments.protocol import Claim
    from cytokinome.experiments.result import ArmResult
    from cytokinome.experiments.study import Options, Study
    from cytokinome.model.components import Parameter

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Influence:
    """What a claim comes to with one parameter at both ends of what is known of it; NaN where there is no value."""

    parameter: str
    is_assumed: bool
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Robustness:
    """A claim under what is not known.

    Parameters
    ----------
    share : float
        Of the draws in which the claim holds; one without a value does not count as holding.
    draws : int
    typical : float
        What the typical person has.
    influence : tuple of Influence
        One per parameter, that which moves the claim most first; those that do not move it are left out.
    """

    share: float
    draws: int
    typical: float
    influence: tuple[Influence, ...]


def robustness(study: Study, options: Options, *, draws: int, only: Iterable[str] = ()) -> dict[str, Robustness]:
    """Return how each claim fares under what is not known of the model.

    Nothing is returned of claims about a fraction of patients, which one person cannot answer, where nothing of the
    model is uncertain, and where the experiment is not meant for the mean field.

    Parameters
    ----------
    study : Study
    options : Options
        Tolerance, target and workers of the runs.
    draws : int
    only : iterable of str
        Ids of claims; all without it.

    Raises
    ------
    ExperimentError, SimulationError, ResourceLimit
        As a run of the experiment.
    """
    chosen = frozenset(only) or frozenset(claim.id for claim in study.experiment.claims)
    asked = [c for c in study.experiment.claims if c.id in chosen and c.of is not Of.FRACTION]
    unknown = [p for p in study.model.parameters if p.uncertain_fold is not None or p.id in study.fitted]
    if not asked or not unknown or not draws or (options.engine or study.experiment.engine) != "ode":
        return {}
    arms = _simulated(study, options, _factors(study, unknown, draws))
    return {claim.id: _read(claim, claims.per_person(claim, study.experiment, arms), unknown, draws) for claim in asked}


def _factors(study: Study, unknown: list[Parameter], draws: int) -> dict[str, tuple[float, ...]]:
    """Factors of all patients of the cohort by parameter: 1, the draws, and both ends of one parameter at a time."""
    seed = study.experiment.patients.seed
    drawn = {**cohort.uncertain_factors(study.model, seed, draws), **ensemble.chosen(study.fitted, seed, draws)}
    ends = np.ones((2 * len(unknown), len(unknown)))
    for i, parameter in enumerate(unknown):
        fold = parameter.uncertain_fold or 1.0
        own = study.fitted.get(parameter.id)
        ends[2 * i : 2 * i + 2, i] = ensemble.ends(own) if own else (1 / fold, fold)
    return {p.id: (1.0, *drawn[p.id], *ends[:, i].tolist()) for i, p in enumerate(unknown)}


def _simulated(study: Study, options: Options, factors: dict[str, tuple[float, ...]]) -> dict[str, ArmResult]:
    count = len(next(iter(factors.values())))
    people = replace(study.experiment.patients, count=count, weight_varies=None, scaled=tuple(factors.items()))
    experiment = replace(study.experiment, patients=people)
    build = solvers.compiler("ode", options.target, experiment)
    job = execute.plan(study.model, experiment, times=reading_times(experiment), rtol=options.rtol, compile=build)
    execute.check_memory(job, options.max_memory)
    return assemble.arm_results(execute.to_the_end(job, workers=options.workers), experiment)


def _read(claim: Claim, values: Array, unknown: list[Parameter], draws: int) -> Robustness:
    """The share and the influences, from the values of one claim for all patients of the cohort."""
    if not len(values):
        return Robustness(0.0, draws, math.nan, ())
    typical, drawn, ends = float(values[0]), values[1 : 1 + draws], values[1 + draws :].reshape(-1, 2)
    found = [
        Influence(p.id, p.source is None or p.source.is_assumed, float(low), float(high))
        for p, (low, high) in zip(unknown, ends, strict=True)
    ]
    moving = [i for i in found if not (i.low == typical == i.high)]
    moving.sort(key=lambda i: -_reach(i, typical))
    share = sum(claim.expect.is_met(float(value)) for value in drawn) / draws
    return Robustness(share, draws, typical, tuple(moving))


def _reach(influence: Influence, typical: float) -> float:
    """How far a parameter moves a claim; where a claim has no value any more, endlessly far."""
    reach = max(abs(influence.low - typical), abs(influence.high - typical))
    return reach if math.isfinite(influence.low) and math.isfinite(influence.high) else math.inf
