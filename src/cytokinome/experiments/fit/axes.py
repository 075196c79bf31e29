"""The axes that a fit searches, all logarithmic: parameters of models, scales between assays, errors of analytes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from cytokinome.diagnostics import did_you_mean
from cytokinome.experiments.cohort import NORMAL_97_5
from cytokinome.experiments.fit.protocol import By, Space
from cytokinome.experiments.quantities import Quantities, plain_value
from cytokinome.model.expressions import Number, place
from cytokinome.model.scope import parameter_dimension

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.diagnostics import Collector, Span
    from cytokinome.experiments.fit.protocol import Fit, Free, Scale
    from cytokinome.experiments.fit.taken import Taken
    from cytokinome.experiments.study import Study
    from cytokinome.model.components import Model, Parameter
    from cytokinome.model.expressions import Expression

FIRST_ERROR = 0.3  # where an error that is estimated begins, as a share of the largest value in linear space
WIDE = math.log(1e6)  # how far a scale or an error of which nothing is known may be from where it begins
FITTED = "fitted"  # how the source of a parameter begins whose number is the result of a fit


class Kind(StrEnum):
    """What an axis is; only parameters of models need a simulation."""

    PARAMETER = "parameter"
    SCALE = "scale"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Axis:
    """One coordinate x = log(canonical value).

    Parameters
    ----------
    name : str
    kind : Kind
    stands : float
        Where the model file, or the prior, has it now.
    centre, sd : float
        Of the normal prior of x; sd is infinite where all between `low` and `high` is equally likely.
    low, high : float
        Bounds.
    unit : str
        In which it is shown.
    factor : float
        Canonical number of one `unit`.
    """

    name: str
    kind: Kind
    stands: float
    centre: float
    sd: float = math.inf
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    factor: float = 1.0
    where: Span | None = field(default=None, compare=False)

    def shown(self, x: float) -> float:
        """Return the number in `unit`."""
        return math.exp(x) / self.factor if math.isfinite(x) else math.inf if x > 0 else 0.0


def parameter_axes(fit: Fit, studies: Sequence[Study], found: Collector) -> tuple[Axis, ...]:
    """Return an axis for each free parameter, with every fault that the models show."""
    seen: set[str] = set()
    axes: list[Axis] = []
    for free in fit.parameters:
        if free.id in seen:
            found.error("DUPLICATE_NAME", f"{free.id} stands twice", free.where, hint="keep one")
        seen.add(free.id)
        models = [study.model for study in studies if study.model.parameter(free.id)]
        axis = _parameter_axis(free, models, found) if models else _unknown(free, studies, found)
        if axis is not None:
            axes.append(axis)
    return tuple(axes)


def _unknown(free: Free, studies: Sequence[Study], found: Collector) -> None:
    known = [p.id for study in studies for p in study.model.parameters]
    names = ", ".join(dict.fromkeys(study.model.id for study in studies))
    hint = did_you_mean(free.id, known) or "name a parameter under `parameters:` of the model"
    found.error("UNKNOWN_NAME", f"{free.id} is no parameter of {names}", free.where, hint=hint)


def _parameter_axis(free: Free, models: Sequence[Model], found: Collector) -> Axis | None:
    model = models[0]
    parameter = model.parameter(free.id)
    value = parameter.value if parameter else None
    if parameter is None or not isinstance(value, Number):
        message = f"{free.id} follows from other parameters and cannot be free"
        hint = f"free what it is made of: {free.id} is {parameter.value}" if parameter else ""
        found.error("BAD_FIT", message, free.where, hint=hint)
        return None
    if len({parameter_dimension(other, free.id) for other in models}) > 1:
        message = f"{free.id} is not the same kind of number in all models of the fit"
        found.error("DIMENSION_MISMATCH", message, free.where, hint="give one of them another name")
    stands = _log(model, free, value, f"the value of {free.id} in {model.id}", found)
    bounds = [_log(model, free, bound, f"a bound of {free.id}", found) for bound in free.between or ()]
    prior = _prior(model, free, parameter, stands, found)
    if stands is None or prior is None or None in bounds:
        return None
    low, high = [bound for bound in bounds if bound is not None] or (-math.inf, math.inf)
    if low >= high:
        hint = "state the lower bound first"
        found.error("BAD_VALUE", f"`between:` of {free.id} leaves nothing between its bounds", free.where, hint=hint)
        return None
    centre, sd = prior if math.isfinite(prior[1]) else ((low + high) / 2, math.inf)
    factor = math.exp(stands) / value.value
    return Axis(free.id, Kind.PARAMETER, stands, centre, sd, low, high, value.unit, factor, free.where)


def _prior(
    model: Model, free: Free, parameter: Parameter, stands: float | None, found: Collector
) -> tuple[float, float] | None:
    """Centre and log-SD of what is known before; the SD is infinite where there are only bounds."""
    if free.prior is not None:
        centre = _log(model, free, free.prior, f"`prior:` of {free.id}", found)
        return None if centre is None else (centre, _sd(free.fold or math.inf))
    if free.fold is None and free.between is not None:
        return 0.0, math.inf
    fold = free.fold or parameter.uncertain_fold
    if fold is None:
        message = f"nothing says what is known of {free.id} before the fit: the model has no `uncertain:`"
        found.error("BAD_FIT", message, free.where, hint=f"write {free.id}: {{prior: {parameter.value}, fold: 10}}")
        return None
    if parameter.source is not None and parameter.source.text.startswith(FITTED):
        message = f"the value of {free.id} in {model.id} is the result of a fit, and no prior for one: data count twice"
        found.error("BAD_FIT", message, free.where, hint="state `prior:` and `fold:`, or `between:`")
        return None
    return None if stands is None else (stands, _sd(fold))


def _sd(fold: float) -> float:
    return math.log(fold) / NORMAL_97_5


def _log(model: Model, free: Free, expression: Expression, what: str, found: Collector) -> float | None:
    """The logarithm of a stated number of a parameter."""
    resolved = Quantities(model, found).parameter(free.id, expression, what)
    value = None if resolved is None else plain_value(resolved)
    if resolved is not None and not (value is not None and value > 0 and math.isfinite(value)):
        message = f"{what} is {expression}; a number above 0 is expected, which does not depend on body weight"
        found.error("BAD_FIT", message, place(expression) or free.where, hint="only such numbers have a logarithm")
        return None
    return math.log(value) if value is not None else None


# ------------------------------------------------------------------------------------------------- scales and errors
def scale_axes(fit: Fit, taken: Sequence[Taken], found: Collector) -> list[tuple[Axis, list[int]]]:
    """Return an axis for each scale and analyte, with the indices of the values that it acts on."""
    axes: list[tuple[Axis, list[int]]] = []
    scaled: set[int] = set()
    for scale in fit.scales:
        for analyte in scale.analytes:
            rows = [i for i, value in enumerate(taken) if _is_scaled(value, scale, analyte)]
            name = f"scale of {analyte}" + (
                f" in {scale.study or scale.experiment}" * bool(scale.study or scale.experiment)
            )
            if not rows:
                message = f"no value of {analyte} is left for this scale"
                found.error("BAD_FIT", message, scale.where, hint="name a study and an analyte of the table")
            elif scaled & set(rows):
                found.error("BAD_FIT", f"two scales act on {analyte}", scale.where, hint="keep one")
            else:
                sd = _sd(scale.fold) if scale.fold else math.inf
                axes.append((Axis(name, Kind.SCALE, 0.0, 0.0, sd, -WIDE, WIDE, where=scale.where), rows))
            scaled.update(rows)
    return axes


def _is_scaled(value: Taken, scale: Scale, analyte: str) -> bool:
    return (
        value.analyte == analyte
        and value.claim is None
        and scale.study in (None, value.study)
        and scale.experiment in (None, value.experiment)
    )


def error_axes(fit: Fit, taken: Sequence[Taken]) -> list[tuple[Axis, list[int]]]:
    """Return an axis for each error that is estimated, with the indices of its values."""
    if not fit.error.is_estimated:
        return []
    groups: dict[str, list[int]] = {}
    for i, value in ((i, value) for i, value in enumerate(taken) if value.claim is None):
        groups.setdefault(value.analyte if fit.error.by is By.ANALYTE else "", []).append(i)
    axes: list[tuple[Axis, list[int]]] = []
    for group, rows in groups.items():
        typical, unit = 1.0, ""
        if fit.error.space is Space.LINEAR:
            typical = max(abs(taken[i].value) for i in rows) or 1.0
            unit = taken[rows[0]].unit
        start = math.log(FIRST_ERROR * typical)
        name = f"error of {group}" if group else "error"
        axes.append((Axis(name, Kind.ERROR, start, start, math.inf, start - WIDE, start + WIDE, unit), rows))
    return axes
