"""Whether a formula rises or falls with a name in it, told from its form alone.

Names, and numbers as written, count as zero or above: concentrations, cells and rate constants are. Where the form does
not decide, the answer is None, never a guess.
"""

from __future__ import annotations

from cytokinome.model.expressions import Binary, Call, Expression, Mean, Name, Number, Population, Unary, height

_HIGHEST = 50  # trees beyond it are not judged: nobody reads a picture off them
_RISING = ("exp", "log", "log10", "sqrt", "asin", "atan", "sinh", "tanh", "floor", "ceil")


def influence(expression: Expression, name: Expression) -> int | None:
    """Return 1 where `expression` rises with `name`, -1 where it falls, 0 where it does not hold it, else None.

    Parameters
    ----------
    expression : Expression
    name : Name, Population or Mean
        As it stands in the formula.

    Examples
    --------
    >>> from cytokinome.model.expressions import parse
    >>> influence(parse("q * (1 - hill(IL6, x, 2))"), parse("IL6"))
    -1
    """
    return _influence(expression, name) if height(expression) <= _HIGHEST else None


def _influence(expression: Expression, name: Expression) -> int | None:
    if expression == name:
        return 1
    match expression:
        case Unary("-", operand):
            return _times(-1, _influence(operand, name))
        case Binary():
            return _of_binary(expression, name)
        case Call():
            return _of_call(expression, name)
        case Unary():
            return None if _influence(expression.operand, name) != 0 else 0
        case _:
            return 0


def _of_binary(expression: Binary, name: Expression) -> int | None:
    left, right = _influence(expression.left, name), _influence(expression.right, name)
    if left == right == 0:
        return 0
    match expression.operator:
        case "+":
            return _together(left, right)
        case "-":
            return _together(left, _times(-1, right))
        case "*":
            return _together(_scaled(left, expression.right), _scaled(right, expression.left))
        case "/":
            if left and _saturates(expression, name):
                return left
            return _together(_scaled(left, expression.right), _times(-1, _scaled(right, expression.left)))
        case "^":
            # x^n of x ≥ 0 rises with x for n ≥ 0; nothing is said of a name in the exponent.
            return left if right == 0 and _is_positive(expression.left) and _is_positive(expression.right) else None
        case _:
            return None  # a comparison


def _of_call(call: Call, name: Expression) -> int | None:
    parts = [_influence(a, name) for a in call.arguments]
    if not any(p != 0 for p in parts):
        return 0
    if call.function in _RISING or (call.function == "hill" and parts[1:] == [0, 0]):
        return parts[0]
    if call.function in ("min", "max"):
        return _together(*parts)
    if call.function == "if":
        return _together(*parts[1:]) if parts[0] == 0 else None
    return None


def _saturates(ratio: Binary, name: Expression) -> bool:
    """Whether it is c·a/(a + k), with nothing of the name in c and k: rises as a does."""
    below, above = ratio.right, ratio.left
    if not isinstance(below, Binary) or below.operator != "+" or not _is_positive(above):
        return False
    while isinstance(above, Binary) and above.operator == "*" and above not in (below.left, below.right):
        if _influence(above.left, name) and _influence(above.right, name):
            return False
        above = above.left if _influence(above.left, name) != 0 else above.right
    rest = [b for a, b in ((below.left, below.right), (below.right, below.left)) if a == above]
    return any(_is_positive(k) and _influence(k, name) == 0 for k in rest)


def _is_positive(expression: Expression) -> bool:
    """Whether the form tells that a value is zero or above."""
    match expression:
        case Number() | Name() | Population() | Mean() | Call("hill" | "exp" | "abs" | "sqrt"):
            return True
        case Binary("+" | "*" | "/" | "^", left, right):
            return _is_positive(left) and _is_positive(right)
        case Binary("-", Number("1", ""), right):
            return isinstance(right, Call) and right.function == "hill"
        case _:
            return False


def _together(*signs: int | None) -> int | None:
    """The sign of a sum: that of its parts where they agree."""
    found = {s for s in signs if s != 0}
    return 0 if not found else found.pop() if len(found) == 1 else None


def _times(factor: int, sign: int | None) -> int | None:
    return None if sign is None else factor * sign


def _scaled(sign: int | None, factor: Expression) -> int | None:
    """The sign of a product in which only the other factor changes."""
    return 0 if sign == 0 else sign if _is_positive(factor) else None
