"""Small algebra on expressions: numbers whose text reads back to the same bits, tidy sums and quotients."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cytokinome.model.expressions import Binary, Call, Expression, Name, Number, Unary, walk

_LARGEST, _SMALLEST = 1e300, 1e-300  # what the language takes as a number
CHAIN = 24  # terms of a sum or factors of a product that are written side by side


def number(value: float) -> Expression:
    """Return a number of any size; infinities and NaN are quotients, as the language has no word for them."""
    if math.isnan(value):
        return Binary("/", Number("0"), Number("0"))
    if value < 0 or (value == 0 and math.copysign(1.0, value) < 0):
        return Unary("-", number(-value)) if value else Number("0")
    if math.isinf(value):
        return Binary("/", Number("1"), Number("0"))
    if value > _LARGEST:
        return Binary("*", Number("1e100"), number(value / 1e100))
    if 0 < value < _SMALLEST:
        return Binary("*", Number("1e-100"), number(value / 1e-100))
    return Number(str(int(value)) if value == int(value) and value < 1e15 else repr(value))


NAN, ZERO, ONE = number(math.nan), number(0.0), number(1.0)


def plus(terms: Sequence[Expression]) -> Expression:
    """Return a sum, in halves where it is long, so that its tree stays low."""
    kept = [term for term in terms if term != ZERO]
    if len(kept) > CHAIN:
        middle = len(kept) // 2
        return Binary("+", plus(kept[:middle]), plus(kept[middle:]))
    if not kept:
        return ZERO
    result = kept[0]
    for term in kept[1:]:
        match term:
            case Unary("-", taken):
                result = Binary("-", result, taken)
            case _:
                result = Binary("+", result, term)
    return result


def times(factors: Sequence[Expression]) -> Expression:
    """Return a product without factors of one, in halves where it is long."""
    kept = [factor for factor in factors if factor != ONE]
    if len(kept) > CHAIN:
        middle = len(kept) // 2
        return Binary("*", times(kept[:middle]), times(kept[middle:]))
    if not kept:
        return ONE
    if kept[0] == Unary("-", ONE) and len(kept) > 1:
        return negative(times(kept[1:]))
    result = kept[0]
    for factor in kept[1:]:
        result = Binary("*", result, factor)
    return result


def minus(left: Expression, right: Expression) -> Expression:
    """Return a difference."""
    return left if right == ZERO else Binary("-", left, right)


def over(left: Expression, right: Expression) -> Expression:
    """Return a quotient."""
    return left if right == ONE else Binary("/", left, right)


def negative(expression: Expression) -> Expression:
    """Return the negative."""
    if isinstance(expression, Unary) and expression.operator == "-":
        return expression.operand
    return expression if expression == ZERO else Unary("-", expression)


def call(function: str, *arguments: Expression) -> Expression:
    """Return a function of expressions."""
    return Call(function, arguments)


def choice(condition: Expression, true: Expression, false: Expression) -> Expression:
    """Return one of two numbers, by a condition."""
    return Call("if", (condition, true, false))


def compared(operator: str, left: Expression, right: Expression) -> Expression:
    """Return a comparison."""
    return Binary(operator, left, right)


TRUE, FALSE = compared("==", ONE, ONE), compared("==", ONE, ZERO)


def joined(operator: str, conditions: Sequence[Expression]) -> Expression:
    """Return conditions joined by ``and`` or ``or``, in halves where there are many."""
    neutral = TRUE if operator == "and" else FALSE
    kept = [condition for condition in conditions if condition != neutral]
    if len(kept) > CHAIN:
        middle = len(kept) // 2
        return Binary(operator, joined(operator, kept[:middle]), joined(operator, kept[middle:]))
    if not kept:
        return neutral
    result = kept[0]
    for condition in kept[1:]:
        result = Binary(operator, result, condition)
    return result


def names(expression: Expression) -> set[str]:
    """Return the names in an expression."""
    return {node.id for node in walk(expression) if isinstance(node, Name)}


def substituted(expression: Expression, values: dict[str, Expression]) -> Expression:
    """Return the expression with values in the place of names."""
    match expression:
        case Name() if expression.id in values:
            return values[expression.id]
        case Unary():
            return Unary(expression.operator, substituted(expression.operand, values))
        case Binary():
            left, right = substituted(expression.left, values), substituted(expression.right, values)
            return Binary(expression.operator, left, right)
        case Call():
            return Call(expression.function, tuple(substituted(a, values) for a in expression.arguments))
        case _:
            return expression
