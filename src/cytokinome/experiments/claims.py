"""Claims: their check before the run, and the verdict after it. The language of values is in `claim_values`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import units
from cytokinome.diagnostics import did_you_mean
from cytokinome.experiments import measures
from cytokinome.experiments.claim_values import (
    CURVE_FUNCTIONS,
    DimensionFault,
    curves_of,
    dimension_of,
    divides_by_nothing,
    evaluate,
    is_condition,
    looked_at,
    parse_value,
    split_curve,
)
from cytokinome.experiments.names import curve_names
from cytokinome.experiments.protocol import Of
from cytokinome.experiments.values import place_of
from cytokinome.model.expressions import Call, Fault, Number, walk
from cytokinome.model.fields import report_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from cytokinome.diagnostics import Collector
    from cytokinome.experiments.protocol import Claim, Experiment
    from cytokinome.experiments.result import ArmResult
    from cytokinome.model.components import Model
    from cytokinome.model.expressions import Expression
    from cytokinome.units import Dimension

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """The verdict on one claim.

    `found` is in `unit` and NaN where there is no value; `expected` is the expectation as written; `note` says what a
    reader must know (patients without a value, why there is none). `experiment` is the id of that which claims it.
    """

    id: str
    experiment: str
    says: str
    kind: str
    found: float
    expected: str
    source: str
    passed: bool
    note: str = ""
    unit: str = ""
    of: str = ""
    because: tuple[str, ...] = ()
    explanation: str = ""
    amended: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return plain data for ``run --json`` and ``verify --json``; a value that is not finite becomes None."""
        return {
            "id": self.id,
            "experiment": self.experiment,
            "says": self.says,
            "kind": self.kind,
            "found": self.found if math.isfinite(self.found) else None,
            "expected": self.expected,
            "source": self.source,
            "pass": self.passed,
            "note": self.note,
            "unit": self.unit,
            "of": self.of,
            "because": list(self.because),
            "explanation": self.explanation,
            "amended": self.amended,
        }


# ---- before the run


def check_claims(experiment: Experiment, model: Model | None, found: Collector) -> None:
    """Report every fault of the claims that can be known before the run.

    Parameters
    ----------
    experiment : Experiment
    model : Model or None
        Without a model names of molecules and rules are not checked.
    found : Collector
    """
    for claim in experiment.claims:
        expression = _read(claim, experiment, found)
        if expression is None:
            continue
        names_known = _check_curves(claim, expression, experiment, model, found)
        _check_times(expression, experiment, found)
        if names_known:
            _check_dimension(claim, expression, experiment, found)
        if is_condition(expression) != (claim.of is Of.FRACTION):
            message = "a condition needs `of: fraction`, and `of: fraction` needs a condition"
            hint = "write `of: fraction` with a value such as peak(a.X) > 500 pg/mL"
            found.error("BAD_CLAIM", f"claim {claim.id}: {message}", claim.value_where, hint=hint)
        if model is not None:
            _check_reasons(claim, model, found)


def _read(claim: Claim, experiment: Experiment, found: Collector) -> Expression | None:
    try:
        return parse_value(claim.value, tuple(a.id for a in experiment.arms), claim.value_where)
    except Fault as fault:
        if claim.value_where is not None:
            fault.hint = fault.hint or "write a value such as peak(arm.X) or auc(arm.X) / auc(other.X)"
            report_fault(fault, claim.value_where, found, "BAD_CLAIM")
        else:
            found.error(fault.code or "BAD_CLAIM", f"claim {claim.id}: {fault.message}", hint=fault.hint)
        return None


def _check_curves(
    claim: Claim, expression: Expression, experiment: Experiment, model: Model | None, found: Collector
) -> bool:
    """Report unknown arms and names; return whether all are known."""
    arms = [a.id for a in experiment.arms]
    known = {m.name for m in experiment.measure}
    if model is not None:
        known |= curve_names(model)
    curves = curves_of(expression)
    good = True
    if not curves:
        found.error("BAD_CLAIM", f"claim {claim.id} looks at no curve", claim.value_where, hint="write peak(arm.X)")
        return False
    for curve in curves:
        arm, name = split_curve(curve)
        if arm not in arms:
            message = f"{curve} does not begin with an arm of the experiment"
            hint = did_you_mean(arm, arms) if arm else f"write for example {arms[0]}.{name}"
            found.error("UNKNOWN_NAME", message, curve.where or claim.where, hint=hint)
            good = False
        elif model is not None and name not in known:
            message = f"{name} is not a molecule, an observable or anything measured"
            found.error("UNKNOWN_NAME", message, curve.where or claim.where, hint=did_you_mean(name, known))
            good = False
    return good


def _check_times(expression: Expression, experiment: Experiment, found: Collector) -> None:
    """Times in a claim are plain numbers inside the span, in order."""
    for node in walk(expression):
        if not isinstance(node, Call) or CURVE_FUNCTIONS.get(node.function, ((), ""))[1] != "time":
            continue
        times: list[float] = []
        for argument in node.arguments[1:]:
            if not isinstance(argument, Number):
                found.error(
                    "BAD_CLAIM", f"{argument} in {node.function} is not a time", place_of(argument), hint="write 6 h"
                )
                continue
            time = argument.value * (
                units.parse_unit(argument.unit, per_body_weight=True).factor if argument.unit else 1
            )
            times.append(time)
            if not experiment.times.start <= time <= experiment.times.end:
                span = f"{experiment.times.start:g} to {experiment.times.end:g} h"
                message = f"{argument} lies outside the experiment, which runs from {span}"
                found.error("OUTSIDE_TIME", message, argument.where, hint="move it, or change `time:`")
        if node.function != "fold" and len(times) == 2 and times[1] <= times[0]:
            message = f"{node.function} ends at {times[1]:g} h, not after its start at {times[0]:g} h"
            found.error("BAD_CLAIM", message, node.where, hint="write the earlier time first")


def _check_dimension(claim: Claim, expression: Expression, experiment: Experiment, found: Collector) -> None:
    measured = {m.name: m.unit for m in experiment.measure}
    try:
        dimension = dimension_of(expression, lambda _, name: measured.get(name))
    except DimensionFault as fault:
        found.error("DIMENSION_MISMATCH", f"claim {claim.id}: {fault.message}", fault.where, hint=fault.hint)
        return
    if dimension is None:
        return
    curve_units = tuple(measured[n] for c in curves_of(expression) if (n := split_curve(c)[1]) in measured)
    unit = shown_unit(claim, dimension, curve_units)
    if unit is None:
        message = f"claim {claim.id}: its value has the dimension {dimension} and no unit of its own"
        found.error("MISSING_UNIT", message, claim.value_where, hint="add `unit:` to the claim")
    elif units.parse_unit(unit).dimension != dimension:
        message = f"claim {claim.id}: `unit: {unit}` does not fit a value of the dimension {dimension}"
        found.error("DIMENSION_MISMATCH", message, claim.where, hint="state a unit of that dimension, or none")


def _check_reasons(claim: Claim, model: Model, found: Collector) -> None:
    known = [part.id for part in (*model.rules, *model.reactions, *model.transports)]
    for reason in claim.because:
        if reason not in known:
            message = f"claim {claim.id}: `because:` names {reason}, which is no rule, reaction or transport"
            found.error("UNKNOWN_NAME", message, claim.where, hint=did_you_mean(reason, known))


def shown_unit(claim: Claim, dimension: Dimension, curve_units: tuple[str, ...]) -> str | None:
    """Return the unit a value is shown in: the stated one, none, of its first curve, h, or that unit times h."""
    if claim.unit or dimension.is_dimensionless:
        return claim.unit
    options = [*curve_units, "h", *(f"h*{unit}" for unit in curve_units if unit and not unit.startswith(("/", "1/")))]
    return next((unit for unit in options if units.parse_unit(unit).dimension == dimension), None)


def asking(experiment: Experiment, asked: Iterable[Claim]) -> Experiment:
    """Return the experiment with nothing but these claims and the arms that they look at."""
    claims, every = tuple(asked), tuple(arm.id for arm in experiment.arms)
    seen = {arm for claim in claims for arm, _ in looked_at(claim.value, every)}
    return replace(experiment, claims=claims, arms=tuple(arm for arm in experiment.arms if arm.id in seen))


# ---- after the run


def judge(
    experiment: Experiment, arms: Mapping[str, ArmResult], known: Mapping[str, Array] | None = None
) -> tuple[ClaimResult, ...]:
    """Return the verdict on every claim of the experiment.

    A claim whose arms did not run, or whose value does not exist, is failed, with a note.

    Parameters
    ----------
    experiment : Experiment
    arms : mapping of arm to ArmResult
    known : mapping of claim to array [patient], optional
        Values from `values_of` where `arms` hold no patients.
    """
    return tuple(_judge(claim, experiment, arms, known or {}) for claim in experiment.claims)


def values_of(experiment: Experiment, arms: Mapping[str, ArmResult]) -> dict[str, Array]:
    """Return the value [patient] of every claim about patients that has one, in the unit that it is shown in."""
    found: dict[str, Array] = {}
    for claim in experiment.claims:
        reading = _reading(claim, experiment, arms)
        if isinstance(reading, _Reading) and claim.of is not Of.TYPICAL:
            found[claim.id] = _values(reading, claim, arms)
    return found


def per_person(claim: Claim, experiment: Experiment, arms: Mapping[str, ArmResult]) -> Array:
    """Return the value [patient] of one claim in the unit that it is shown in, be it about patients or not.

    Nobody has a value where it cannot be evaluated.
    """
    reading = _reading(claim, experiment, arms)
    if isinstance(reading, _Reading):
        return _values(reading, replace(claim, of=Of.MEDIAN), arms)
    return np.full(max((len(arm.values) for arm in arms.values()), default=0), np.nan)


def _judge(
    claim: Claim, experiment: Experiment, arms: Mapping[str, ArmResult], known: Mapping[str, Array]
) -> ClaimResult:
    number, unit, note = _found(claim, experiment, arms, known)
    return ClaimResult(
        id=claim.id,
        experiment=experiment.id,
        says=claim.says,
        kind=str(claim.kind),
        found=number,
        expected=f"{claim.expect} {unit}".strip(),
        source=str(claim.source),
        passed=claim.expect.is_met(number),
        note=note,
        unit=unit,
        of=str(claim.of),
        because=claim.because,
        explanation=claim.explanation,
        amended=claim.amended,
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a claim is evaluated: its expression, the arms in it, and the unit that its value is shown in."""

    expression: Expression
    arms: tuple[str, ...]
    unit: str


def _reading(claim: Claim, experiment: Experiment, arms: Mapping[str, ArmResult]) -> _Reading | str:
    """Return how a claim is evaluated, or why it cannot be."""
    try:
        expression = parse_value(claim.value, tuple(a.id for a in experiment.arms), claim.value_where)
        curves = [split_curve(c) for c in curves_of(expression)]
        missing = [f"{arm}.{name}" for arm, name in curves if arm not in arms or arms[arm].find(name) is None]
        if missing:
            return f"there is no result for {', '.join(missing)}"
        dimension = dimension_of(expression, lambda arm, name: arms[arm].unit(name))
    except (Fault, DimensionFault) as fault:
        return fault.message
    unit = shown_unit(claim, dimension, tuple(arms[a].unit(n) for a, n in curves)) if dimension is not None else None
    if unit is None or dimension is None or units.parse_unit(unit).dimension != dimension:
        return f"the value has the dimension {dimension}; state a unit of it"
    return _Reading(expression, tuple(dict.fromkeys(a for a, _ in curves)), unit)


def _values(reading: _Reading, claim: Claim, arms: Mapping[str, ArmResult]) -> Array:
    chosen = {arm: arms[arm] for arm in reading.arms}
    values = evaluate(reading.expression, chosen, typical=claim.of is Of.TYPICAL)
    return values / units.parse_unit(reading.unit).factor


def _found(
    claim: Claim, experiment: Experiment, arms: Mapping[str, ArmResult], known: Mapping[str, Array]
) -> tuple[float, str, str]:
    """The number found, its unit, and a note."""
    reading = _reading(claim, experiment, arms)
    if isinstance(reading, str):
        return float("nan"), claim.unit, reading
    values = known[claim.id] if claim.id in known else _values(reading, claim, arms)
    number, without = summarised(claim.of, values)
    note = f"{without} of {len(values)} patients have no value and do not count" if without else ""
    if math.isnan(number):
        note = "no patient has a value" if claim.of is not Of.TYPICAL else "the typical person has no value"
        note += _why_not(reading, claim, arms) if claim.id not in known else ""
    return number, reading.unit, note


def _why_not(reading: _Reading, claim: Claim, arms: Mapping[str, ArmResult]) -> str:
    """What is to be said of a claim that nobody has a value of, empty where nothing is known."""
    chosen = {arm: arms[arm] for arm in reading.arms}
    if not divides_by_nothing(reading.expression, chosen, typical=claim.of is Of.TYPICAL):
        return ""
    return ": what is divided by is not there, as far as the solver can tell"


def summarised(of: Of, values: Array) -> tuple[float, int]:
    """Return one number for the values of all patients, and how many have none."""
    if of is Of.FRACTION:
        return measures.responder_fraction(values)
    known = values[np.isfinite(values)]
    without = len(values) - len(known)
    if not len(known):
        return float("nan"), without
    return float(np.median(known) if of is Of.MEDIAN else known.mean()), without
