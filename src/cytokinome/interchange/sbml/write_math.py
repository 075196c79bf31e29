"""Expressions as MathML, as SBML Level 3 Version 2 reads it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from cytokinome.model.expressions import Binary, Call, Expression, Name, Number, Unary

if TYPE_CHECKING:
    from collections.abc import Sequence

MATHML = "http://www.w3.org/1998/Math/MathML"
_SYMBOLS = "http://www.sbml.org/sbml/symbols/"
_BINARY = {
    "+": "plus", "-": "minus", "*": "times", "/": "divide", "^": "power", "<": "lt", "<=": "leq", ">": "gt",
    ">=": "geq", "==": "eq", "!=": "neq", "and": "and", "or": "or",
}  # fmt: skip
_CALLS = {
    "log": "ln", "sqrt": "root", "ceil": "ceiling", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
_SAME = ("min", "max", "abs", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "floor", "factorial", "xor")


def math_of(expression: Expression) -> Element:
    """Return an expression of bare numbers as a ``math`` element."""
    top = Element(f"{{{MATHML}}}math")
    top.append(_node(expression))
    return top


def _node(expression: Expression) -> Element:
    match expression:
        case Number():
            return _number(expression.value)
        case Name(id="time"):
            return _symbol("time")
        case Name():
            name = Element(f"{{{MATHML}}}ci")
            name.text = expression.id
            return name
        case Unary():
            return _apply("not" if expression.operator == "not" else "minus", expression.operand)
        case Binary():
            return _apply(_BINARY[expression.operator], expression.left, expression.right)
        case Call():
            return _call(expression)
        case _:
            raise TypeError(f"{expression} is no expression of bare numbers")


def _number(value: float) -> Element:
    if not math.isfinite(value):
        return Element(f"{{{MATHML}}}{'notanumber' if value != value else 'infinity'}")
    number = Element(f"{{{MATHML}}}cn")
    mantissa, _, exponent = repr(value).partition("e")
    number.text = mantissa
    if exponent:
        number.set("type", "e-notation")
        SubElement(number, f"{{{MATHML}}}sep").tail = str(int(exponent))
    return number


def _symbol(name: str) -> Element:
    symbol = Element(f"{{{MATHML}}}csymbol", encoding="text", definitionURL=f"{_SYMBOLS}{name}")
    symbol.text = name
    return symbol


def _apply(operator: str | Element, *arguments: Expression) -> Element:
    node = Element(f"{{{MATHML}}}apply")
    node.append(Element(f"{{{MATHML}}}{operator}") if isinstance(operator, str) else operator)
    node.extend(_node(argument) for argument in arguments)
    return node


def _call(call: Call) -> Element:
    arguments = call.arguments
    match call.function:
        case "if":
            return _piecewise(arguments)
        case "delayed":
            return _apply(_symbol("delay"), *arguments)
        case "rate_of":
            return _apply(_symbol("rateOf"), *arguments)
        case "log10":
            node = _apply("log", *arguments)
            base = Element(f"{{{MATHML}}}logbase")
            base.append(_number(10.0))
            node.insert(1, base)
            return node
        case "hill":
            return _node(_hill(*arguments))
        case name if name in _CALLS or name in _SAME:
            return _apply(_CALLS.get(name, name), *arguments)
        case name:
            raise ValueError(f"{name}() has no MathML")


def _piecewise(arguments: Sequence[Expression]) -> Element:
    condition, then, otherwise = arguments
    node = Element(f"{{{MATHML}}}piecewise")
    SubElement(node, f"{{{MATHML}}}piece").extend([_node(then), _node(condition)])
    SubElement(node, f"{{{MATHML}}}otherwise").append(_node(otherwise))
    return node


def _hill(level: Expression, half: Expression, power: Expression) -> Expression:
    """hill(x, half, n) = 1 − 1/(1 + max(x/half, 0)^n), as the compiler has it."""
    one, ratio = Number("1.0"), Call("max", (Binary("/", level, half), Number("0.0")))
    return Binary("-", one, Binary("/", one, Binary("+", one, Binary("^", ratio, power))))
