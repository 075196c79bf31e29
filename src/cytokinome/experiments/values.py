"""Single values of an experiment file: times, fractions and whole numbers, each with a finding where it is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.model.expressions import Expression, Number, Ref, Unary
from cytokinome.units import TIME, UnitError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.diagnostics import Collector, Span
    from cytokinome.model.fields import Fields
    from cytokinome.text import Scalar
    from cytokinome.units import Dimension, Quantity

_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)


def place_of(expression: Expression | None) -> Span | None:
    """Return where an expression was written."""
    return None if expression is None or isinstance(expression, Ref) else expression.where


def read_quantity(scalar: Scalar, found: Collector) -> Quantity | None:
    """Read a number with its unit; None after a finding."""
    try:
        return units.parse_quantity(scalar.text)
    except UnitError as error:
        found.error(error.code, error.message, scalar.where.part(error.start, error.length), hint=error.hint)
        return None


def check_unit(scalar: Scalar, found: Collector) -> bool:
    """Check that a scalar is a unit."""
    try:
        units.parse_unit(scalar.text)
    except UnitError as error:
        found.error(error.code, error.message, scalar.where.part(error.start, error.length), hint=error.hint)
        return False
    return True


def read_hours(scalar: Scalar, found: Collector, what: str) -> float | None:
    """Read a time as hours; ``0`` needs no unit."""
    quantity = read_quantity(scalar, found)
    if quantity is None:
        return None
    if quantity.dimension == TIME or (quantity.dimension.is_dimensionless and quantity.value == 0):
        return quantity.canonical
    if not quantity.unit:
        found.error("MISSING_UNIT", f"{what} needs a unit of time", scalar.where, hint=f"write {scalar.text} h")
    else:
        message = f"{what} is a time, got {quantity.dimension}"
        found.error("DIMENSION_MISMATCH", message, scalar.where, hint="write a time such as 6 h or 30 min")
    return None


def hours(fields: Fields, key: str, *, required: bool = False) -> float | None:
    """Return the time [h] under `key`."""
    scalar = fields.scalar(key, required=required)
    return read_hours(scalar, fields.found, f"`{key}:` of {fields.what}") if scalar else None


def duration(fields: Fields, key: str) -> float | None:
    """Return the length of time [h] under `key`, which must be above 0."""
    value = hours(fields, key)
    if value is None or value > 0:
        return value
    code = "NEGATIVE_VALUE" if value < 0 else "BAD_TIME"
    message, hint = f"`{key}:` of {fields.what} must be longer than 0", "write a length of time such as 4 h"
    fields.found.error(code, message, _place(fields, key), hint=hint)
    return None


def fraction(fields: Fields, key: str) -> float | None:
    """Return the fraction under `key`, ``0.95`` or ``95 %``, between 0 and 1."""
    scalar = fields.scalar(key)
    quantity = read_quantity(scalar, fields.found) if scalar else None
    if scalar is None or quantity is None:
        return None
    if not quantity.dimension.is_dimensionless:
        message = f"`{key}:` of {fields.what} is a fraction, got {quantity.dimension}"
        fields.found.error("DIMENSION_MISMATCH", message, scalar.where, hint="write 95 % or 0.95")
        return None
    if not 0 <= quantity.canonical <= 1:
        message = f"`{key}:` of {fields.what} is {scalar.text}; it must lie between 0 and 1 (100 %)"
        fields.found.error("BAD_VALUE", message, scalar.where, hint="write 95 % or 0.95")
        return None
    return quantity.value / 100 if quantity.unit == "%" else quantity.canonical


def whole(fields: Fields, key: str, default: int, *, low: int, high: int) -> int:
    """Return the whole number under `key`, between `low` and `high`."""
    scalar = fields.scalar(key)
    if scalar is None:
        return default
    if _WHOLE.fullmatch(scalar.text) and low <= int(scalar.text) <= high:
        return int(scalar.text)
    message = f"`{key}:` of {fields.what} is {scalar.text[:40]!r}; a whole number from {low} to {high} is expected"
    fields.found.error("BAD_NUMBER", message, scalar.where, hint="write it in plain digits")
    return default


def amount(fields: Fields, key: str, allowed: Iterable[Dimension], example: str) -> Expression | None:
    """Return the expression under `key`, refusing a negative number, one without unit, or another dimension.

    Expressions of parameters are not judged here: that needs the model.
    """
    expression = fields.expression(key)
    if expression is None:
        return None
    what, number = f"`{key}:` of {fields.what}", expression
    if isinstance(number, Unary) and isinstance(number.operand, Number) and number.operand.value != 0:
        hint = f"write {example}"
        fields.found.error("NEGATIVE_VALUE", f"{what} is negative: {expression}", _place(fields, key), hint=hint)
        return None
    if not isinstance(number, Number):
        return expression
    dimension = units.parse_unit(number.unit, per_body_weight=True).dimension
    options = tuple(allowed)
    if dimension in options:
        return expression
    if dimension.is_dimensionless and not number.unit:
        fields.found.error("MISSING_UNIT", f"{what} needs a unit", _place(fields, key), hint=f"write {example}")
    else:
        expected = " or ".join(map(str, options)) if len(options) <= 3 else example
        message = f"{what} has the dimension {dimension}; expected {expected}"
        fields.found.error("DIMENSION_MISMATCH", message, _place(fields, key), hint=f"write {example}")
    return None


def _place(fields: Fields, key: str) -> Span | None:
    scalar = fields.scalar(key)
    return scalar.where if scalar else fields.where
