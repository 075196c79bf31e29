"""A fit with its models and data: the axes that are searched, the arms that are simulated, the values that count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.diagnostics import Collector
from cytokinome.errors import ExperimentError
from cytokinome.experiments.fit.axes import Axis, Kind, error_axes, parameter_axes, scale_axes
from cytokinome.experiments.fit.judged import CohortClaims, TypicalClaims, judged, taken_claims
from cytokinome.experiments.fit.protocol import Space
from cytokinome.experiments.fit.taken import Taken, taken_points
from cytokinome.experiments.fit.trials import Trial, prepared_trials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cytokinome.experiments.fit.protocol import Fit
    from cytokinome.experiments.study import Study

    Array = NDArray[np.float64]
    Indices = NDArray[np.intp]

Claims = TypicalClaims | CohortClaims
NOTHING = -1  # the axis of a value without scale, or without an error that is estimated


@dataclass(frozen=True, slots=True)
class Problem:
    """What is searched, simulated and compared.

    Parameters
    ----------
    fit : Fit
    studies : tuple of Study
        In the order of `fit.experiments`.
    axes : tuple of Axis
        Parameters of models first, then scales, then errors.
    trials : tuple of Trial or claims
        Arms with data first, then experiments with claims.
    taken : tuple of Taken
        Those of one trial stand together, in the order of trials.
    scale, error : array [value] of int
        The axis of each value's scale and of its estimated error, or `NOTHING`.
    left_out : int
        Values of the tables of its experiments that the fit does not take.
    """

    fit: Fit
    studies: tuple[Study, ...]
    axes: tuple[Axis, ...]
    trials: tuple[Trial | Claims, ...]
    taken: tuple[Taken, ...]
    scale: Indices
    error: Indices
    left_out: int

    @property
    def dynamic(self) -> int:
        """How many axes need a simulation; they stand first."""
        return sum(axis.kind is Kind.PARAMETER for axis in self.axes)

    @property
    def stands(self) -> Array:
        """Where the models have the axes now."""
        return np.array([axis.stands for axis in self.axes])

    @property
    def curves(self) -> tuple[Trial, ...]:
        """What has curves that something was measured of."""
        return tuple(trial for trial in self.trials if isinstance(trial, Trial))

    @property
    def is_about_people(self) -> bool:
        """Whether a set of parameters is a cohort somewhere, which takes long."""
        return any(isinstance(trial, CohortClaims) for trial in self.trials)

    @property
    def is_log(self) -> bool:
        """Whether errors are those of logarithms."""
        return self.fit.error.space is Space.LOG


def pose(fit: Fit, studies: Sequence[Study], texts: Mapping[str, str]) -> Problem:
    """Hold a fit against its models and data.

    Parameters
    ----------
    fit : Fit
    studies : sequence of Study
        The checked experiments, in the order of the file.
    texts : mapping
        Texts that findings point into, by file.

    Raises
    ------
    ExperimentError
        With every fault at once.
    """
    found = Collector(dict(texts))
    parameters = parameter_axes(fit, studies, found)
    taken: list[Taken] = []
    for index, (chosen, study) in enumerate(zip(fit.experiments, studies, strict=True)):
        _check_engine(study, found)
        take = taken_claims if chosen.claims else taken_points
        taken += take(index, chosen, study, fit.error, found)
    _check_enough(fit, taken, found)
    found.report().raise_errors(ExperimentError, fit.id)
    trials, taken = _prepared(fit, studies, parameters, taken, found)
    _check_reached(fit, parameters, trials, found)
    scales, errors = scale_axes(fit, taken, found), error_axes(fit, taken)
    found.report().raise_errors(ExperimentError, fit.id)
    axes = (*parameters, *(axis for axis, _ in scales), *(axis for axis, _ in errors))
    total = sum(len(study.table.points) for study in {s.experiment.id: s for s in studies}.values() if study.table)
    return Problem(
        fit,
        tuple(studies),
        axes,
        trials,
        tuple(taken),
        _places(scales, len(parameters), len(taken)),
        _places(errors, len(parameters) + len(scales), len(taken)),
        total - sum(value.claim is None for value in taken),
    )


def _prepared(
    fit: Fit, studies: Sequence[Study], axes: Sequence[Axis], taken: Sequence[Taken], found: Collector
) -> tuple[tuple[Trial | Claims, ...], list[Taken]]:
    """What is simulated, curves before claims, and the values in the same order."""
    curves, measured = prepared_trials(studies, axes, [v for v in taken if v.claim is None], found)
    claims, expected = judged(studies, axes, [v for v in taken if v.claim is not None], fit.patients, found)
    return (*curves, *claims), [*measured, *expected]


def _places(axes: Sequence[tuple[Axis, list[int]]], first: int, count: int) -> Indices:
    """The axis of each value."""
    places = np.full(count, NOTHING, dtype=np.intp)
    for axis, (_, rows) in enumerate(axes, first):
        places[rows] = axis
    return places


def _check_engine(study: Study, found: Collector) -> None:
    if study.experiment.engine != "ode":
        message = f"{study.experiment.id} is meant for the engine {study.experiment.engine}; a fit needs curves"
        hint = "fit an experiment that says `engine: ode`, or nothing"
        found.error("UNSUPPORTED_FEATURE", message, study.experiment.where, hint=hint)


def _check_enough(fit: Fit, taken: Sequence[Taken], found: Collector) -> None:
    """Refuse data that cannot say anything."""
    if found.has_errors:
        return
    if not taken:
        found.error("BAD_FIT", "no measured value is left", fit.where, hint="choose less narrowly in `experiments:`")
    elif all(value.sign for value in taken) and not _is_bounded_before(fit, taken):
        message = "every value lies beyond the limits of its assay: nothing says how high"
        hint = "add values between the limits; claims with one bound want a `prior:` of each parameter"
        found.error("BAD_FIT", message, fit.where, hint=hint)
    seen: dict[tuple[str, str, str, str, object], Taken] = {}
    for value in taken:
        key = (value.experiment, value.arm, value.analyte, str(value.time), value.where)
        if key in seen:
            what = value.analyte if value.claim else f"the value of {value.analyte} at {value.time:g} h"
            message = f"{what} is taken twice"
            found.error("BAD_FIT", message, value.where, hint="let each experiment stand once, or choose apart")
            return
        seen[key] = value


def _is_bounded_before(fit: Fit, taken: Sequence[Taken]) -> bool:
    """Whether claims move one end of numbers of which both were known: an assay would have measured something."""
    return all(value.claim for value in taken) and all(free.between is None for free in fit.parameters)


def _check_reached(fit: Fit, axes: Sequence[Axis], trials: Sequence[Trial | Claims], found: Collector) -> None:
    """Report parameters that every arm with data sets itself."""
    for i, axis in enumerate(axes):
        if trials and not any(i in trial.acting for trial in trials):
            message = f"{axis.name} acts in no arm that has data: each sets it itself, or its model lacks it"
            found.error("BAD_FIT", message, axis.where, hint="leave it out, or take it out of the arms")
