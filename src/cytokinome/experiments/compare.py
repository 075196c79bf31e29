"""How well a curve meets measured means: R² in two ways, the share within one SD, peaks, fold errors.

The curve is that of the typical person, the median or the arithmetic mean over patients at each time. Its value at a
sampling time is a monotone cubic between output times (`measures.at`). All numbers are in the unit the analyte is
measured in.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.experiments import measures
from cytokinome.experiments.data import Censoring, Table, unit_factor
from cytokinome.experiments.protocol import Central

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cytokinome.experiments.data import Point
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.experiments.result import ArmResult
    from cytokinome.units import Substance

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One arm and analyte: the peak of the curve, and how it agrees with the data. NaN where there is no number.

    Parameters
    ----------
    arm, analyte, unit : str
    central : Central
        Which curve was used.
    peak, peak_time : float
        Of the curve [unit, h].
    n : int
        Number of data points compared.
    n_censored : int
        Of these, points below or above the limits of the assay. They count as within one SD when the curve is beyond
        the same limit, and do not enter R² and fold error.
    r2 : float
        Squared Pearson correlation of the curve at the sampling times with the measured means: what papers on this
        subject report (definition of doi:10.1113/EP091552). It forgives a wrong scale and offset.
    r2_identity : float
        ``1 - Σ(model - mean)² / Σ(mean - average of the means)²``: agreement with the line of identity, at most 1.
    within_1sd : float
        Share of the points with an SD, and of censored points, where ``|model - mean| <= SD``.
    fold_error : float
        Geometric mean over positive points of max(model/mean, mean/model); infinite when the curve is not positive.
    data_peak, data_peak_time : float
        Largest measured mean and its time [unit, h].
    """

    arm: str
    analyte: str
    unit: str
    central: Central
    peak: float
    peak_time: float
    n: int = 0
    n_censored: int = 0
    r2: float = math.nan
    r2_identity: float = math.nan
    within_1sd: float = math.nan
    fold_error: float = math.nan
    data_peak: float = math.nan
    data_peak_time: float = math.nan

    def as_dict(self) -> dict[str, object]:
        """Return plain data for ``run --json``; a number that is not finite becomes None."""
        values = asdict(self) | {"central": str(self.central)}
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


def central_curve(arm: ArmResult, name: str, central: Central) -> Array:
    """Return the curve [time] that stands for the cohort, in the unit of `name`; failed patients do not count."""
    if central is Central.TYPICAL:
        return arm.typical[:, arm.index(name)]
    return arm.statistic(name, "median" if central is Central.MEDIAN else "mean")


def compare(
    experiment: Experiment,
    arms: Mapping[str, ArmResult],
    table: Table | None = None,
    substances: Mapping[str, Substance] | None = None,
) -> tuple[Agreement, ...]:
    """Return one `Agreement` per arm, measured analyte and kind of central curve, also where there are no data.

    Parameters
    ----------
    experiment : Experiment
    arms : mapping of arm to ArmResult
    table : Table, optional
        Data that `data.check_table` accepts.
    substances : mapping of analyte to Substance, optional
        As in `data.check_table`.

    Raises
    ------
    UnitError
        Where the unit of a data point does not fit; `data.check_table` finds this before the run.
    """
    found: list[Agreement] = []
    for arm in arms.values():
        for measure in experiment.measure:
            if arm.find(measure.name) is None:
                continue
            points = table.of(arm.id, measure.name) if table else ()
            points = tuple(p for p in points if arm.times[0] <= p.time <= arm.times[-1])
            unit = arm.unit(measure.name)
            factors = [unit_factor(p.unit, unit, (substances or {}).get(measure.name)) for p in points]
            for central in Central:
                curve = central_curve(arm, measure.name, central)
                found.append(_agreement(arm, measure.name, central, curve, points, np.asarray(factors, dtype=float)))
    return tuple(found)


def _agreement(
    arm: ArmResult, name: str, central: Central, curve: Array, points: tuple[Point, ...], factors: Array
) -> Agreement:
    times = arm.times
    top = Agreement(
        arm=arm.id,
        analyte=name,
        unit=arm.unit(name),
        central=central,
        peak=float(measures.peak(times, curve)),
        peak_time=float(measures.peak_time(times, curve)),
    )
    if not points:
        return top
    data = factors * np.array([p.value for p in points])
    spread = factors * np.array([p.spread for p in points])
    model = np.array([float(measures.at(times, curve, p.time)) for p in points])
    kinds = np.array([p.censoring.value for p in points])
    sure = kinds == Censoring.NONE.value
    agrees = np.where(sure, np.abs(model - data) <= spread, np.where(kinds == "below", model <= data, model >= data))
    judged = (~sure | np.isfinite(spread)) & np.isfinite(model)
    largest = int(np.argmax(data))
    return Agreement(
        arm=top.arm,
        analyte=top.analyte,
        unit=top.unit,
        central=central,
        peak=top.peak,
        peak_time=top.peak_time,
        n=len(points),
        n_censored=int((~sure).sum()),
        r2=squared_correlation(model[sure], data[sure]),
        r2_identity=identity_r2(model[sure], data[sure]),
        within_1sd=float(agrees[judged].mean()) if judged.any() else math.nan,
        fold_error=fold_error(model[sure], data[sure]),
        data_peak=float(data[largest]),
        data_peak_time=points[largest].time,
    )


def squared_correlation(model: Array, data: Array) -> float:
    """Return the squared Pearson correlation; NaN for fewer than three points or where one side is constant."""
    if len(data) < 3:
        return math.nan
    a, b = model - model.mean(), data - data.mean()
    scale = float(np.sum(a * a) * np.sum(b * b))
    return float(np.sum(a * b)) ** 2 / scale if scale > 0 else math.nan


def identity_r2(model: Array, data: Array) -> float:
    """Return 1 - SSE/SST; NaN for fewer than two points or constant data."""
    total = float(np.sum((data - data.mean()) ** 2)) if len(data) > 1 else 0.0
    return 1 - float(np.sum((model - data) ** 2)) / total if total > 0 else math.nan


def fold_error(model: Array, data: Array) -> float:
    """Return the geometric mean of the fold error over points with positive data; NaN where there are none."""
    positive = data > 0
    if not positive.any() or np.isnan(model[positive]).any():
        return math.nan
    if (model[positive] <= 0).any():
        return math.inf
    return float(np.exp(np.mean(np.abs(np.log(model[positive] / data[positive])))))
