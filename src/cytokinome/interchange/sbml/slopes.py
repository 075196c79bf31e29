"""Whether an expression rises or falls with a name, as far as its form tells: signs of values, signs of slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.model.expressions import Binary, Expression, Name, Number, Unary

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

# A sign is 1 for nowhere negative, -1 for nowhere positive, 0 for zero everywhere; None where the form does not tell.
Sign = int | None


def sign(expression: Expression, positive: AbstractSet[str]) -> Sign:
    """Return the sign of an expression in which the names in `positive` are nowhere negative."""
    match expression:
        case Number():
            return 1 if expression.value else 0
        case Name():
            return 1 if expression.id in positive else None
        case Unary("-", operand):
            return _negated(sign(operand, positive))
        case Binary("+" | "-" as operator, left, right):
            return _sum(sign(left, positive), _as_added(operator, sign(right, positive)))
        case Binary("*" | "/", left, right):
            return _product(sign(left, positive), sign(right, positive))
        case Binary("^", base, _):
            return 1 if sign(base, positive) == 1 else None
        case _:
            return None


def slope(expression: Expression, name: str, positive: AbstractSet[str]) -> Sign:
    """Return the sign of the derivative of an expression by a name."""
    match expression:
        case Number():
            return 0
        case Name():
            return int(expression.id == name)
        case Unary("-", operand):
            return _negated(slope(operand, name, positive))
        case Binary("+" | "-" as operator, left, right):
            return _sum(slope(left, name, positive), _as_added(operator, slope(right, name, positive)))
        case Binary("*", left, right):
            first = _product(slope(left, name, positive), sign(right, positive))
            return _sum(first, _product(sign(left, positive), slope(right, name, positive)))
        case Binary("/", left, right):
            above = _product(slope(left, name, positive), sign(right, positive))
            below = _product(sign(left, positive), slope(right, name, positive))
            return _sum(above, _negated(below))
        case Binary("^", base, Number()):
            return slope(base, name, positive) if sign(base, positive) == 1 else None
        case _:
            return None


def _negated(one: Sign) -> Sign:
    return None if one is None else -one


def _as_added(operator: str, one: Sign) -> Sign:
    return _negated(one) if operator == "-" else one


def _product(one: Sign, other: Sign) -> Sign:
    if one == 0 or other == 0:
        return 0
    return None if one is None or other is None else one * other


def _sum(one: Sign, other: Sign) -> Sign:
    if one == 0 or other == 0 or one == other:
        return other if one == 0 else one
    return None
