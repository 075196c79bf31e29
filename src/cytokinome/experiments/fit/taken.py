"""The measured values that a fit takes from tables, and what calibrated claims expect, each with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import did_you_mean
from cytokinome.experiments.data import Censoring, unit_factor
from cytokinome.experiments.fit.protocol import Space, Spread
from cytokinome.experiments.study import substances
from cytokinome.model.expressions import Number
from cytokinome.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.diagnostics import Collector, Span
    from cytokinome.experiments.data import Point
    from cytokinome.experiments.fit.protocol import Chosen, Error
    from cytokinome.experiments.protocol import Claim
    from cytokinome.experiments.study import Study
    from cytokinome.units import Substance

_SIGNS = {Censoring.BELOW: -1, Censoring.ABOVE: 1}


@dataclass(frozen=True, slots=True)
class Taken:
    """One value in the unit that its experiment measures: `sd` is its error, of its logarithm in log space."""

    index: int  # of the experiment in the fit
    experiment: str
    analyte: str  # or the id of a claim
    unit: str
    value: float
    sd: float
    sign: int = 0  # -1: known to lie below `value`; 1: above; 0: known
    limits: tuple[float, float] = (-math.inf, math.inf)  # of its assay
    arm: str = ""
    time: float = math.nan  # h
    study: str = ""
    claim: Claim | None = None
    where: Span | None = field(default=None, compare=False)


def taken_points(index: int, chosen: Chosen, study: Study, error: Error, found: Collector) -> Iterator[Taken]:
    """Yield the values of one experiment that count, with every fault of them."""
    if study.table is None:
        hint = "add `compare: {data: table.csv}` to it"
        found.error("BAD_FIT", f"{study.experiment.id} has no measured data", chosen.where, hint=hint)
        return
    _check_choice(chosen, study, found)
    measured = {m.name: m.unit for m in study.experiment.measure}
    known, times = substances(study.experiment, study.model), study.experiment.times
    for point in study.table.points:
        if not (_is_chosen(chosen, point) and times.start <= point.time <= times.end):
            continue
        unit, substance = measured[point.analyte], known.get(point.analyte)
        factor = unit_factor(point.unit, unit, substance)
        sd = _sd(point, factor, unit, substance, error, found)
        if error.space is Space.LOG and not point.value > 0:
            message = f"{point.analyte} is {point.value:g} {point.unit}, which has no logarithm"
            hint = "write `<5` for what is below the limit of 5, or fit with `error: {in: linear, …}`"
            found.error("BAD_FIT", message, point.place("value"), hint=hint)
        elif sd is not None:
            yield Taken(
                index,
                study.experiment.id,
                point.analyte,
                unit,
                point.value * factor,
                sd,
                _SIGNS.get(point.censoring, 0),
                _limits(point, factor),
                point.arm,
                point.time,
                point.study,
                where=point.place("analyte"),
            )


def _limits(point: Point, factor: float) -> tuple[float, float]:
    low = point.value if point.censoring is Censoring.BELOW else point.lloq
    high = point.value if point.censoring is Censoring.ABOVE else point.uloq
    return (factor * low if math.isfinite(low) else -math.inf, factor * high if math.isfinite(high) else math.inf)


def _is_chosen(chosen: Chosen, point: Point) -> bool:
    wanted = ((chosen.arms, point.arm), (chosen.analytes, point.analyte), (chosen.studies, point.study))
    return all(not names or name in names for names, name in wanted) and point.time <= (chosen.until or math.inf)


def _check_choice(chosen: Chosen, study: Study, found: Collector) -> None:
    """Report names that no line of the table has."""
    points = study.table.points if study.table else ()
    for key, names, known in (
        ("arms", chosen.arms, {p.arm for p in points}),
        ("analytes", chosen.analytes, {p.analyte for p in points}),
        ("studies", chosen.studies, {p.study for p in points}),
    ):
        for name in names:
            if name not in known:
                message = f"the data of {study.experiment.id} have no {name} among their {key}"
                hint = did_you_mean(name, known) or f"they have {', '.join(sorted(known))}"
                found.error("UNKNOWN_NAME", message, chosen.places.get((key, name), chosen.where), hint=hint)


def _sd(
    point: Point, factor: float, unit: str, substance: Substance | None, error: Error, found: Collector
) -> float | None:
    """The error of a value; 0 where it is estimated alone, None after a finding."""
    spread = 0.0
    if error.spread is not Spread.NONE:
        spread = point.spread if error.spread is Spread.SD else _standard_error(point)
        if not spread >= 0:
            if error.sd is None and not error.is_estimated:
                what = "standard error (se, or sd and n)" if error.spread is Spread.SE else "standard deviation"
                hint = "add the column, or state `error: {from: se, sd: 0.2}` for all"
                found.error("BAD_FIT", f"{point.analyte} has no {what} here", point.where, hint=hint)
                return None
            spread = 0.0
    stated = _stated(error, unit, substance, found)
    if error.space is Space.LINEAR:
        return _positive(math.hypot(spread * factor, stated), point, error, found)
    relative = spread / point.value if point.value > 0 else 0.0
    return _positive(math.hypot(math.sqrt(math.log1p(relative**2)), stated), point, error, found)


def _positive(sd: float, point: Point, error: Error, found: Collector) -> float | None:
    if sd > 0 or error.is_estimated:
        return sd
    message = f"the error of {point.analyte} is 0 here, which no curve can meet"
    found.error("BAD_FIT", message, point.where, hint="add `sd: 0.1` to `error:`")
    return None


def _standard_error(point: Point) -> float:
    if math.isfinite(point.se):
        return point.se
    return point.sd / math.sqrt(point.n) if point.n else math.nan


def _stated(error: Error, unit: str, substance: Substance | None, found: Collector) -> float:
    """What `sd:` of `error:` says, in the unit of the analyte or of logarithms."""
    if not isinstance(error.sd, Number):
        return 0.0
    if error.space is Space.LOG:
        return error.sd.value
    try:
        units.parse_unit(error.sd.unit)
        return error.sd.value * unit_factor(error.sd.unit, unit, substance)
    except UnitError as fault:
        found.error(fault.code, f"`sd:` of `error:`: {fault.message}", error.where, hint=fault.hint)
        return 1.0
