"""Claims under what is not known: in which share of the models that are as good a claim holds, and what moves it.

Every parameter with `uncertain: {fold: F}` is drawn for an ensemble of typical persons, and set alone to the value over
F and times F; parameters that were fitted are drawn together, as the data leave them (`fit.ensemble`). All of these are
patients of one cohort on the lanes: the typical person first, then the draws, then two for each parameter. Assumed
parameters of which no fold is stated are not drawn, but halved and doubled. How people differ is left out on purpose,
but for claims about a fraction or the mean of them: these are asked of `PEOPLE` people, the same ones in every draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.experiments import assemble, claims, cohort, execute, solvers, stream
from cytokinome.experiments.claim_values import looked_at
from cytokinome.experiments.fit import ensemble
from cytokinome.experiments.grid import reading_times
from cytokinome.experiments.protocol import Of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from cytokinome.experiments.execute import ArmRun
    from cytokinome.experiments.protocol import Claim, Experiment
    from cytokinome.experiments.study import Options, Study
    from cytokinome.model.components import Parameter

    Array = NDArray[np.float64]
    Factors = dict[str, tuple[float, ...]]

PEOPLE = 16  # of whom claims about a cohort are asked in each draw
GUESSED = 2.0  # fold of assumed parameters that state none
SAME = 1e-4  # relative: a claim that moves less stands still; a hundred times what a run may err
OF_A_COHORT = (Of.FRACTION, Of.MEAN)


@dataclass(frozen=True, slots=True)
class Influence:
    """What a claim comes to with one parameter at both ends of what is known of it; NaN where there is no value.

    Parameters
    ----------
    parameter : str
    is_assumed : bool
        Whether its value is.
    low, high : float
    fold : float or None
        Both ends are the value over it and times it; None where they are those of 95 % of the sets of a fit.
    is_guessed : bool
        Whether no fold is stated, and `GUESSED` taken.
    """

    parameter: str
    is_assumed: bool
    low: float
    high: float
    fold: float | None = None
    is_guessed: bool = False


@dataclass(frozen=True, slots=True)
class Robustness:
    """A claim under what is not known.

    Parameters
    ----------
    share : float
        Of the draws in which the claim holds; one without a value does not count as holding.
    draws : int
    typical : float
        What is found where all is as the model states it.
    influence : tuple of Influence
        One per parameter, that which moves the claim most first; those that do not move it are left out.
    people : int
        Who were asked in each draw: the typical person, or so many of a cohort.
    """

    share: float
    draws: int
    typical: float
    influence: tuple[Influence, ...]
    people: int = 1


def robustness(study: Study, options: Options, *, draws: int, only: Iterable[str] = ()) -> dict[str, Robustness]:
    """Return how each claim fares under what is not known of the model.

    Nothing is returned where nothing of the model is uncertain, and where the experiment is not meant for the mean
    field.

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
    asked = [claim for claim in study.experiment.claims if claim.id in chosen]
    unknown = [p for p in study.model.parameters if p.uncertain_fold is not None or p.id in study.fitted]
    if not unknown or not draws or (options.engine or study.experiment.engine) != "ode":
        return {}
    unknown += _guessed(study, unknown)
    factors, found = _factors(study, unknown, draws), dict[str, Robustness]()
    for people in (1, PEOPLE):
        own = [claim for claim in asked if (claim.of in OF_A_COHORT) == (people > 1)]
        values = _answers(study, options, own, factors, people) if own else {}
        for claim in own:
            answers = [claims.summarised(claim.of, row)[0] for row in values[claim.id].reshape(-1, people)]
            found[claim.id] = _read(claim, np.array(answers), study, unknown, draws, people)
    return {claim.id: found[claim.id] for claim in asked}


def _guessed(study: Study, unknown: list[Parameter]) -> list[Parameter]:
    """Parameters that are assumed without saying how far; what arms set is the question, not the model."""
    asked = {name for arm in study.experiment.arms for name, _ in arm.parameters}
    return [p for p in study.model.parameters if _is_assumed(p) and p not in unknown and p.id not in asked]


def _is_assumed(parameter: Parameter) -> bool:
    return parameter.source is None or parameter.source.is_assumed


def _fold(study: Study, parameter: Parameter) -> float | None:
    """How far a parameter may be off, None where a fit says so."""
    return None if parameter.id in study.fitted else parameter.uncertain_fold or GUESSED


def _factors(study: Study, unknown: list[Parameter], draws: int) -> Factors:
    """Factors by parameter: 1, the draws, and both ends of one parameter at a time."""
    seed = study.experiment.patients.seed
    drawn = {**cohort.uncertain_factors(study.model, seed, draws), **ensemble.chosen(study.fitted, seed, draws)}
    ends = np.ones((2 * len(unknown), len(unknown)))
    for i, parameter in enumerate(unknown):
        fold = _fold(study, parameter)
        ends[2 * i : 2 * i + 2, i] = (1 / fold, fold) if fold else ensemble.ends(study.fitted[parameter.id])
    still = (1.0,) * draws
    return {p.id: (1.0, *drawn.get(p.id, still), *ends[:, i].tolist()) for i, p in enumerate(unknown)}


@dataclass(frozen=True, slots=True)
class _Answers:
    """Keeps of a block of patients the values of all claims (see `execute.Reduce`)."""

    experiment: Experiment

    def __call__(self, arms: Iterable[ArmRun], first: int) -> dict[str, Array]:
        """Return the values [patient]; the curves are forgotten."""
        del first
        curves = {run.arm.id: assemble.arm_result(run, self.experiment) for run in arms}
        return {claim.id: claims.per_person(claim, self.experiment, curves) for claim in self.experiment.claims}


def _answers(study: Study, options: Options, asked: Sequence[Claim], factors: Factors, people: int) -> dict[str, Array]:
    """What so many people have for each factor, by claim."""
    experiment = _asking(study.experiment, asked)
    patients = replace(experiment.patients, scaled=tuple(factors.items()), each=people)
    patients = replace(patients, count=people * len(next(iter(factors.values()))))
    experiment = replace(experiment, patients=patients)
    build = solvers.compiler("ode", options.target, experiment)
    job = execute.plan(
        study.model, experiment, times=reading_times(experiment), rtol=options.rtol, compile=build,
        reduce=_Answers(experiment),
    )  # fmt: skip
    job = replace(job, names=stream.kept_names(job))
    workers = stream.affordable(job, options.workers, options.max_memory)
    blocks = dict(execute.finished(job, job.blocks([execute.EVERY_ARM]), workers))
    order = sorted(blocks)
    return {claim.id: np.concatenate([blocks[block][claim.id] for block in order]) for claim in asked}


def _asking(experiment: Experiment, asked: Sequence[Claim]) -> Experiment:
    """The experiment with nothing but these claims and what they look at."""
    every = tuple(arm.id for arm in experiment.arms)
    names = {name for claim in asked for _, name in looked_at(claim.value, every)}
    measure = tuple(measure for measure in experiment.measure if measure.name in names)
    return replace(claims.asking(experiment, asked), measure=measure)


def _read(claim: Claim, values: Array, study: Study, unknown: list[Parameter], draws: int, people: int) -> Robustness:
    """The share and the influences, from what one claim comes to with each of the factors."""
    typical, drawn, ends = float(values[0]), values[1 : 1 + draws], values[1 + draws :].reshape(-1, 2)
    found = [
        Influence(
            p.id, _is_assumed(p), float(low), float(high), _fold(study, p),
            is_guessed=p.uncertain_fold is None and p.id not in study.fitted,
        )
        for p, (low, high) in zip(unknown, ends, strict=True)
    ]  # fmt: skip
    moving = [i for i in found if not _reach(i, typical) <= SAME * abs(typical)]
    moving.sort(key=lambda i: -_reach(i, typical))
    share = sum(claim.expect.is_met(float(value)) for value in drawn) / draws
    return Robustness(share, draws, typical, tuple(moving), people)


def _reach(influence: Influence, typical: float) -> float:
    """How far a parameter moves a claim; where a claim has no value any more, endlessly far."""
    reach = max(abs(influence.low - typical), abs(influence.high - typical))
    return reach if math.isfinite(influence.low) and math.isfinite(influence.high) else math.inf
