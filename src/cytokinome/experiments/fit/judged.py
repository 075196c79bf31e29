"""Calibrated claims as values that a fit is held against: shares, times of peaks, means of people.

A claim is evaluated as in a run: for each set of parameters the arms that it looks at are carried out, for the typical
person or for a cohort around the set, with the same random numbers for every set. Its error is that of what it
expects: of a range, that 95 % lie inside; of a bound alone, a tenth of it. Predictions cannot be aimed at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.errors import CytokinomeError
from cytokinome.experiments import assemble, claims, cohort, execute
from cytokinome.experiments.claim_values import looked_at
from cytokinome.experiments.cohort import NORMAL_97_5
from cytokinome.experiments.fit.protocol import Space
from cytokinome.experiments.fit.taken import Taken
from cytokinome.experiments.fit.trials import Trial, trial_of
from cytokinome.experiments.grid import reading_times
from cytokinome.experiments.prepare import prepare
from cytokinome.experiments.protocol import Kind, Of
from cytokinome.experiments.result import ArmResult
from cytokinome.experiments.schedule import arm_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from cytokinome.experiments.execute import Job
    from cytokinome.experiments.fit.axes import Axis
    from cytokinome.experiments.fit.protocol import Chosen, Error
    from cytokinome.experiments.prepare import PreparedArm
    from cytokinome.experiments.protocol import Claim, Experiment
    from cytokinome.experiments.study import Study
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]

RTOL = 1e-6  # as a run; differences are taken over steps that are wide for claims (`likelihood.COARSE`)
VAGUE = 0.1  # the error of an expectation with one bound: of the bound, and of its logarithm


# ------------------------------------------------------------------------------------------------------------- values
def taken_claims(index: int, chosen: Chosen, study: Study, error: Error, found: Collector) -> Iterator[Taken]:
    """Yield what the chosen claims of one experiment expect, with every fault of the choice."""
    known = {claim.id: claim for claim in study.experiment.claims}
    for id in chosen.claims:
        claim, where = known.get(id), chosen.places.get(("claims", id), chosen.where)
        if claim is None:
            hint = did_you_mean(id, known) or f"it has {', '.join(known) or 'none'}"
            found.error("UNKNOWN_NAME", f"{study.experiment.id} has no claim {id}", where, hint=hint)
        elif claim.kind is not Kind.CALIBRATED:
            message = f"{id} is of the kind {claim.kind}: what a fit aims at is calibrated, and predicts nothing"
            found.error(
                "BAD_FIT", message, where, hint="leave it out; a claim that a fit has seen says `kind: calibrated`"
            )
        else:
            value = _value(claim, error.space)
            if value is None:
                message = f"{id} expects {claim.expect}, of which no error follows in {error.space} space"
                hint = "fit with `error: {in: linear, …}`, or let the claim expect a range"
                found.error("BAD_FIT", message, where, hint=hint)
            else:
                number, sd, sign, limits = value
                yield Taken(
                    index, study.experiment.id, id, claim.unit, number, sd, sign, limits, claim=claim, where=where
                )  # fmt: skip


def _value(claim: Claim, space: Space) -> tuple[float, float, int, tuple[float, float]] | None:
    """Value, error, sign and limits as `Taken` has them; None where the space does not fit."""
    low, high = claim.expect.low, claim.expect.high
    if math.isfinite(low) and math.isfinite(high):
        if space is Space.LINEAR:
            middle, sd = (low + high) / 2, (high - low) / 2 / NORMAL_97_5
        elif low > 0:
            middle, sd = math.sqrt(low * high), math.log(high / low) / 2 / NORMAL_97_5
        else:
            return None
        return (middle, sd, 0, (-math.inf, math.inf)) if sd > 0 else None
    bound = low if math.isfinite(low) else high
    if not math.isfinite(bound) or bound == 0 or (space is Space.LOG and bound < 0):
        return None
    sd = VAGUE * (abs(bound) if space is Space.LINEAR else 1.0)
    return (bound, sd, 1, (-math.inf, bound)) if bound == low else (bound, sd, -1, (bound, math.inf))


# --------------------------------------------------------------------------------------------------------- simulations
@dataclass(frozen=True, slots=True)
class TypicalClaims:
    """Claims of one experiment about the typical person: a set of parameters is a patient on the lanes.

    Parameters
    ----------
    experiment : Experiment
        With these claims and the arms that they look at.
    arms : tuple of Trial
        These arms.
    times : array [time]
        Hours at which curves are read.
    """

    experiment: Experiment
    arms: tuple[Trial, ...]
    times: Array
    chunk: ClassVar[int] = Trial.chunk

    @property
    def acting(self) -> frozenset[int]:
        """The axes that an arm feels."""
        return frozenset[int]().union(*(arm.acting for arm in self.arms))

    def values(self, x: Array) -> Array:
        """Return what the claims come to [set, claim], in the units that they are shown in; NaN where there is none."""
        arms = {arm.item.arm.id: self._result(arm, x) for arm in self.arms}
        found = [claims.per_person(claim, self.experiment, arms) for claim in self.experiment.claims]
        return np.stack(found, axis=1)

    def _result(self, arm: Trial, x: Array) -> ArmResult:
        units = {m.name: m.unit for m in self.experiment.measure}
        curves = arm.curves(x, self.times, rtol=RTOL)
        nobody = np.empty((len(x), 0))
        names = tuple(units[name] for name in arm.names)
        return ArmResult(arm.item.arm.id, self.times, arm.names, names, curves, curves[0], (), (), nobody)


@dataclass(frozen=True, slots=True)
class CohortClaims:
    """Claims of one experiment about people, or about what nobody measures: a set of parameters is a cohort.

    Parameters
    ----------
    experiment : Experiment
        With these claims and the arms that they look at.
    job : Job
        At the numbers that the model has now.
    axes : tuple of str
        Names of the parameters that are searched, in the order of coordinates.
    """

    experiment: Experiment
    job: Job
    axes: tuple[str, ...]
    chunk: ClassVar[int] = 1

    @property
    def acting(self) -> frozenset[int]:
        """The axes that an arm feels."""
        return frozenset(axis for item in self.job.prepared for axis, _ in self._free(item))

    def values(self, x: Array) -> Array:
        """Return what the claims come to [set, claim], in the units that they are shown in; NaN where there is none."""
        return np.array([self._found(row) for row in x])

    def _found(self, x: Array) -> list[float]:
        try:
            job = replace(self.job, prepared=tuple(self._moved(item, x) for item in self.job.prepared))
            arms = assemble.arm_results(execute.to_the_end(job), self.experiment)
        except CytokinomeError:  # a dose or a rate that these numbers make impossible, say
            return [math.nan] * len(self.experiment.claims)
        return [result.found for result in claims.judge(self.experiment, arms)]

    def _free(self, item: PreparedArm) -> list[tuple[int, str]]:
        """The axes that an arm feels, with their names: what it sets itself stays."""
        slots = {slot.name for slot in item.kernel.parameters}
        own = {name for name, _ in item.arm.parameters}
        return [(i, name) for i, name in enumerate(self.axes) if name in slots and name not in own]

    def _moved(self, item: PreparedArm, x: Array) -> PreparedArm:
        """The arm at other numbers of the model, which its own expressions read."""
        found, people = Collector(), self.experiment.patients
        free = {name: float(np.exp(x[axis])) for axis, name in self._free(item)}
        centre = cohort.typical(item.kernel, item.model, people, found, overrides=free)
        stated = arm_values(item.kernel, item.model, item.arm, centre, found)
        found.report().raise_errors(CytokinomeError, self.experiment.id)
        return replace(item, overrides={**free, **stated})


def judged(
    studies: Sequence[Study], axes: Sequence[Axis], taken: Sequence[Taken], patients: int | None, found: Collector
) -> tuple[tuple[TypicalClaims | CohortClaims, ...], list[Taken]]:
    """Compile the arms that claims look at; return them, and the values in their order."""
    done: list[TypicalClaims | CohortClaims] = []
    ordered: list[Taken] = []
    for index, study in enumerate(studies):
        own = [value for value in taken if value.index == index]
        for is_typical in (True, False):
            some = [value for value in own if _is_typical(value, study.experiment) == is_typical]
            if some:
                done.append(_prepared(index, study, axes, some, patients, found))
                ordered += some
    return tuple(done), ordered


def _is_typical(value: Taken, experiment: Experiment) -> bool:
    """Whether a claim is about the typical person, and only about what is measured."""
    measured, arms = {m.name for m in experiment.measure}, tuple(arm.id for arm in experiment.arms)
    return (
        value.claim is not None
        and value.claim.of is Of.TYPICAL
        and {name for _, name in looked_at(value.claim.value, arms)} <= measured
    )


def _prepared(
    index: int, study: Study, axes: Sequence[Axis], taken: Sequence[Taken], patients: int | None, found: Collector
) -> TypicalClaims | CohortClaims:
    """Some claims of one experiment with the arms that they look at."""
    asked = claims.asking(study.experiment, (value.claim for value in taken if value.claim is not None))
    is_typical = all(_is_typical(value, asked) for value in taken)
    people = replace(asked.patients, count=1 if is_typical else patients or asked.patients.count)
    experiment = replace(asked, patients=people)
    times = reading_times(experiment)
    if is_typical:
        trials = (trial_of(index, item, experiment, study.model, axes) for item in prepare(study.model, experiment))
        return TypicalClaims(experiment, tuple(trials), times)
    _check_spreads(study.model, axes, found)
    job = execute.plan(study.model, experiment, times=times, rtol=RTOL)
    return CohortClaims(experiment, job, tuple(axis.name for axis in axes))


def _check_spreads(model: Model, axes: Sequence[Axis], found: Collector) -> None:
    """Refuse what has no centre that could move."""
    for axis in axes:
        parameter = model.parameter(axis.name)
        spread = cohort.parameter_spread(model, parameter, found) if parameter else None
        if spread is not None and spread.kind == "uniform":
            message = f"{axis.name} varies uniformly between people and has no centre that a fit could move"
            found.error("BAD_FIT", message, axis.where, hint="let it vary log-normally, or leave it out")
