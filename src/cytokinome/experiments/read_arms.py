"""The arms of an experiment file: doses, parameter values and interventions, checked for form and time."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from cytokinome.experiments import values
from cytokinome.experiments.protocol import (
    MAX_DOSES,
    Arm,
    Block,
    CellAction,
    CellChange,
    Change,
    Dose,
    Route,
    TimeGrid,
    WashOut,
)
from cytokinome.model.components import CellGroup
from cytokinome.model.expressions import UNREADABLE
from cytokinome.model.fields import Fields, read_expression
from cytokinome.text import Mapping, Scalar, Sequence
from cytokinome.units import BODY_WEIGHT, CELL, DENSITY, DIMENSIONLESS, MASS, RATE, SUBSTANCE, TIME, VOLUME, Dimension

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytokinome.diagnostics import Collector, Span
    from cytokinome.model.expressions import Expression

_T = TypeVar("_T")
_ARM = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_ACTIVITY = Dimension.of(activity=1)
# An amount, per kg of body weight, or a concentration to be reached in the volume of the compartment.
_AMOUNTS = tuple(d / per for d in (SUBSTANCE, MASS, _ACTIVITY) for per in (DIMENSIONLESS, BODY_WEIGHT, VOLUME))
_GIVEN = (*_AMOUNTS, DIMENSIONLESS, CELL)  # what quantities of equations may be counted in, too


def read_arms(top: Fields, times: TimeGrid | None) -> tuple[Arm, ...]:
    """Read ``arms:``; an experiment that states none has the arm ``control``, without interventions."""
    inner = top.mapping("arms", "`arms:`")
    if not inner:
        return (Arm("control"),)
    arms: list[Arm] = []
    for key, node in inner.entries():
        if not _ARM.fullmatch(key.text) or len(key.text) > 64:
            hint = "an arm is named by a letter, then letters, digits, _ and -, at most 64 in all"
            top.found.error("BAD_NAME", f"{key.text!r} cannot name an arm", key.where, hint=hint)
        elif isinstance(node, Mapping):
            arms.append(_read_arm(key, Fields(node, top.found, f"arm {key.text}"), times))
        else:
            hint = "write {} for an arm without interventions"
            top.found.error("WRONG_SHAPE", f"arm {key.text} is written as {{key: value}}", node.where, hint=hint)
    if not inner.node or not inner.node.entries:
        top.found.error("MISSING_KEY", "`arms:` names no arm", inner.where, hint="write `control: {}` or remove it")
    return tuple(arms)


def _read_arm(key: Scalar, fields: Fields, times: TimeGrid | None) -> Arm:
    inside = _Span(times, fields.found)
    knocked_out = fields.words("knock-out")
    parameters = _parameters(fields)
    arm = Arm(
        id=key.text,
        title=fields.text("title"),
        doses=_each(fields, "doses", "dose", lambda f: _dose(f, inside)),
        parameters=tuple((key.text, value) for key, value in parameters),
        knock_out=tuple(w.text for w in knocked_out),
        block=_each(fields, "block", "block", lambda f: _block(f, inside)),
        change=_each(fields, "change", "change", lambda f: _change(f, inside)),
        wash_out=_each(fields, "wash-out", "wash-out", lambda f: _wash_out(f, inside)),
        cells=_each(fields, "add-cells", "add-cells", lambda f: _cells(f, CellAction.ADD, inside))
        + _each(fields, "remove-cells", "remove-cells", lambda f: _cells(f, CellAction.REMOVE, inside)),
        where=key.where,
        places={word.text: word.where for word in (*knocked_out, *(key for key, _ in parameters))},
    )
    fields.close()
    return arm


def _each(fields: Fields, key: str, what: str, read_one: Callable[[Fields], _T | None]) -> tuple[_T, ...]:
    """Read a list of mappings; a single mapping counts as a list of one."""
    node = fields.get(key)
    items = node.items if isinstance(node, Sequence) else (node,) if isinstance(node, Mapping) else ()
    if node is not None and not isinstance(node, Sequence | Mapping):
        hint = f"write `{key}: [{{…}}]`"
        fields.found.error("WRONG_SHAPE", f"`{key}:` of {fields.what} is a list", node.where, hint=hint)
    results: list[_T] = []
    for number, item in enumerate(items, 1):
        one = Fields(
            item, fields.found, f"{what} {number} of {fields.what}" if len(items) > 1 else f"{what} of {fields.what}"
        )
        if one:
            result = read_one(one)
            one.close()
            if result is not None:
                results.append(result)
    return tuple(results)


class _Span:
    """The span of the experiment, which interventions may not leave."""

    def __init__(self, times: TimeGrid | None, found: Collector) -> None:
        self.times = times
        self.found = found

    def check(self, time: float | None, what: str, where: Span | None) -> None:
        """Report a time [h] outside the span."""
        if time is None or self.times is None or self.times.start <= time <= self.times.end:
            return
        span = f"{self.times.start:g} to {self.times.end:g} h"
        message = f"{what} at {time:g} h lies outside the experiment, which runs from {span}"
        self.found.error("OUTSIDE_TIME", message, where, hint="move it, or change `time:`")


def _parameters(fields: Fields) -> list[tuple[Scalar, Expression]]:
    inner = fields.mapping("parameters", f"`parameters:` of {fields.what}")
    given: list[tuple[Scalar, Expression]] = []
    for key, node in inner.entries():
        if not isinstance(node, Scalar):
            fields.found.error("WRONG_SHAPE", f"parameter {key.text} takes a single value", node.where)
        elif (value := read_expression(node, fields.found)) is not None:
            given.append((key, value))
    return given


# ---- doses


def _dose(fields: Fields, inside: _Span) -> Dose | None:
    of = fields.scalar("of", required=True)
    at = values.hours(fields, "at", required=True)
    flows = fields.get("rate") is not None or fields.get("for") is not None
    dose = Dose(
        of=of.text if of else "",
        into=fields.text("into") or None,
        at=at if at is not None else 0.0,
        amount=values.amount(fields, "amount", _GIVEN, "an amount such as 2 ng/kg, 5 mg or 10 ng/mL"),
        rate=values.amount(fields, "rate", [a / TIME for a in _GIVEN], "a rate such as 0.5 ng/kg/h"),
        duration=values.duration(fields, "for"),
        route=Route(fields.choice("route", tuple(Route), "infusion" if flows else "bolus")),
        every=values.duration(fields, "every"),
        times=values.whole(fields, "times", 1, low=1, high=MAX_DOSES),
        ka=values.amount(fields, "ka", [RATE], "a rate such as 0.3 /h"),
        F=values.amount(fields, "F", [DIMENSIONLESS], "a fraction such as 60 %"),
        lag=values.hours(fields, "lag"),
        where=of.where if of else fields.where,
    )
    _check_dose(fields, dose)
    if of is None or at is None:
        return None
    if dose.amount is None and dose.rate is None:  # reported; the dose stays, so that its names are checked too
        dose = replace(dose, amount=UNREADABLE)
    dose = _repeated(fields, dose, inside)
    inside.check(dose.at, f"a dose of {of.text}", _where(fields, "at"))
    if len(dose.starts()) > 1:
        inside.check(dose.starts()[-1], f"dose {dose.times} of {of.text}", _where(fields, "times"))
    return dose


def _where(fields: Fields, key: str) -> Span | None:
    scalar = fields.scalar(key)
    return scalar.where if scalar else fields.where


def _repeated(fields: Fields, dose: Dose, inside: _Span) -> Dose:
    """Fill in the number of doses: ``every`` without ``times`` repeats as long as the experiment lasts."""
    if dose.every is None:
        if dose.times > 1:
            message = f"{fields.what} is given {dose.times} times without an interval"
            fields.found.error("MISSING_KEY", message, _where(fields, "times"), hint="add `every: 24 h`")
        return replace(dose, times=1)
    if fields.get("times") is not None or inside.times is None:
        return dose
    count = max(math.ceil((inside.times.end - dose.at) / dose.every * (1 - 1e-12)), 1)
    if count > MAX_DOSES:
        message = f"{fields.what} would be given {count} times; at most {MAX_DOSES} are allowed"
        fields.found.error("TOO_LARGE", message, _where(fields, "every"), hint="use an infusion, or state `times:`")
        return replace(dose, times=1)
    return replace(dose, times=count)


def _check_dose(fields: Fields, dose: Dose) -> None:
    """Report keys that do not go together."""

    def bad(key: str, message: str, hint: str) -> None:
        fields.found.error("BAD_INTERVENTION", f"{fields.what} {message}", _where(fields, key), hint=hint)

    has_amount, has_rate = fields.get("amount") is not None, fields.get("rate") is not None
    has_length = fields.get("for") is not None
    if has_amount and has_rate:
        bad("rate", "states both an amount and a rate", "keep `amount:`, or `rate:` with `for:`")
    elif not has_amount and not has_rate:
        hint = "write `amount: 2 ng/kg`, or `rate: 0.5 ng/kg/h` with `for: 4 h`"
        fields.found.error("MISSING_KEY", f"{fields.what} states neither an amount nor a rate", fields.where, hint=hint)
    if has_rate and not has_length:
        hint = "add `for: 4 h`"
        fields.found.error(
            "MISSING_KEY", f"{fields.what} has a rate and no duration", _where(fields, "rate"), hint=hint
        )
    if dose.route is Route.INFUSION and not has_length and not has_rate:
        bad("route", "is an infusion without a duration", "add `for: 4 h`")
    if dose.route is Route.BOLUS and (has_length or has_rate):
        bad("route", "is a bolus with a rate or a duration", "remove `route: bolus`, or write `route: infusion`")
    if dose.route is Route.SUBCUTANEOUS and (has_length or has_rate):
        bad("route", "is subcutaneous with a rate or a duration", "state `amount:` alone")
    if dose.ka is not None and dose.route is not Route.SUBCUTANEOUS:
        bad("ka", "has a rate of absorption and is not subcutaneous", "write `route: subcutaneous`")
    if dose.lag is not None and dose.lag < 0:
        fields.found.error("NEGATIVE_VALUE", f"`lag:` of {fields.what} is negative", _where(fields, "lag"))
    if dose.every and dose.duration and dose.duration > dose.every * (1 + 1e-12):
        bad("every", "starts again before it has ended", "make `every:` at least as long as `for:`")


# ---- interventions


def _block(fields: Fields, inside: _Span) -> Block | None:
    what = fields.scalar("what", required=True)
    start, end = values.hours(fields, "from"), values.hours(fields, "until")
    share = values.fraction(fields, "fraction")
    inside.check(start, "a block", _where(fields, "from"))
    inside.check(end, "the end of a block", _where(fields, "until"))
    if start is not None and end is not None and end <= start:
        message = f"{fields.what} ends at {end:g} h, not after its start at {start:g} h"
        fields.found.error("BAD_INTERVENTION", message, _where(fields, "until"), hint="`until:` is later than `from:`")
    return Block(what.text, start, end, 1.0 if share is None else share, what.where) if what else None


def _change(fields: Fields, inside: _Span) -> Change | None:
    name, at = fields.scalar("parameter", required=True), values.hours(fields, "at", required=True)
    value = fields.expression("to", required=True)
    inside.check(at, "a change", _where(fields, "at"))
    return Change(name.text, value, at, name.where) if name and value is not None and at is not None else None


def _wash_out(fields: Fields, inside: _Span) -> WashOut | None:
    of, at = fields.words("of", required=True), values.hours(fields, "at", required=True)
    inside.check(at, "a wash-out", _where(fields, "at"))
    return WashOut(tuple(w.text for w in of), at, of[0].where) if of and at is not None else None


def read_group(scalar: Scalar) -> CellGroup:
    """Read ``active macrophage`` or ``macrophage@joint``: states, then the cell type."""
    *states, cell = scalar.text.split() or [""]
    name, _, compartment = cell.partition("@")
    return CellGroup(tuple(states), name, compartment or None, scalar.where)


def _cells(fields: Fields, action: CellAction, inside: _Span) -> CellChange | None:
    of, at = fields.scalar("of", required=True), values.hours(fields, "at", required=True)
    number = values.amount(fields, "amount", [CELL, DENSITY, VOLUME.inverse(), DIMENSIONLESS], "1e5 /mL or 1e6 cells")
    share = values.fraction(fields, "fraction")
    has = [key for key in ("amount", "fraction") if fields.get(key) is not None]
    inside.check(at, f"`{action}-cells:`", _where(fields, "at"))
    if len(has) != 1:
        message = f"{fields.what} needs either `amount:` or `fraction:`"
        code = "BAD_INTERVENTION" if has else "MISSING_KEY"
        fields.found.error(code, message, fields.where, hint="write `amount: 1e5 /mL` or `fraction: 50 %`")
    if action is CellAction.ADD and "fraction" in has:
        hint = "state `amount:`; a fraction can only be removed"
        fields.found.error("BAD_INTERVENTION", f"{fields.what} adds a fraction", _where(fields, "fraction"), hint=hint)
    if of is None or at is None or len(has) != 1:
        return None
    return CellChange(read_group(of), action, at, number, share, of.where)
