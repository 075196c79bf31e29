"""The curves that the draws of a fit allow: what is not known of the typical person, not how people differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.experiments.fit.problem import NOTHING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.experiments.fit.estimate import Estimate
    from cytokinome.experiments.fit.taken import Taken

    Array = NDArray[np.float64]

POINTS = 160
RTOL = 1e-6  # for pictures
QUANTILES = (0.025, 0.5, 0.975)


@dataclass(frozen=True, slots=True)
class Mark:
    """A measured value brought to the scale of the model, with one error to either side."""

    time: float
    value: float
    low: float
    high: float
    sign: int  # as `Taken.sign`


@dataclass(frozen=True, slots=True)
class Band:
    """One analyte of one arm: the curve of the optimum, the 95 % band of the draws, and what was measured."""

    experiment: str
    arm: str
    analyte: str
    unit: str
    times: Array
    best: Array
    low: Array
    high: Array
    marks: tuple[Mark, ...]


def bands(estimate: Estimate) -> tuple[Band, ...]:
    """Return a band for each arm and analyte that have values."""
    found: list[Band] = []
    taken = estimate.problem.taken
    scale, sigma = _scales(estimate), _errors(estimate)
    first = 0
    for trial in estimate.problem.curves:
        own = range(first, first + len(trial.at))
        first += len(trial.at)
        fine = np.linspace(float(trial.times[0]), float(trial.times[-1]), POINTS)
        times = np.unique(np.concatenate([fine, trial.times]))
        sets = np.concatenate([estimate.x[None], estimate.draws.x])
        curves = trial.curves(sets, times, rtol=RTOL)
        units = {m.name: m.unit for m in trial.experiment.measure}
        for column, name in enumerate(trial.names):
            marks = [_mark(taken[i], scale[i], sigma[i], estimate) for i in own if taken[i].analyte == name]
            if not marks:
                continue
            low, _, high = np.nanquantile(curves[1:, :, column], QUANTILES, axis=0)
            best = curves[0, :, column]
            where = trial.experiment.id, trial.item.arm.id, name, units[name]
            found.append(Band(*where, times, best, low, high, tuple(marks)))
    return tuple(found)


def _scales(estimate: Estimate) -> Array:
    axes = estimate.problem.scale
    return np.exp(np.where(axes == NOTHING, 0.0, estimate.x[np.maximum(axes, 0)]))


def _errors(estimate: Estimate) -> Array:
    axes = estimate.problem.error
    estimated = np.where(axes == NOTHING, 0.0, np.exp(estimate.x[np.maximum(axes, 0)]))
    return np.hypot([value.sd for value in estimate.problem.taken], estimated)


def _mark(value: Taken, scale: float, sigma: float, estimate: Estimate) -> Mark:
    if estimate.problem.is_log:
        low, high = value.value * np.exp(-sigma), value.value * np.exp(sigma)
    else:
        low, high = value.value - sigma, value.value + sigma
    return Mark(value.time, value.value / scale, float(low / scale), float(high / scale), value.sign)
