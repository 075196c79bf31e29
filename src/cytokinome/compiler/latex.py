"""The equations of a network in LaTeX: one aligned block that can be pasted into a paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cytokinome.compiler.network import ONE
from cytokinome.model.expressions import COMPARISONS, Binary, Call, Expression, Number, Ref, Unary

if TYPE_CHECKING:
    from cytokinome.compiler.network import Network

_SPECIAL = re.compile(r"([#$%&_{}])")
_SIGNS = {"<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne", "and": r"\land", "or": r"\lor"}
_FUNCTIONS = {
    "exp": r"\exp", "log": r"\ln", "log10": r"\log_{10}", "min": r"\min", "max": r"\max", "sin": r"\sin",
    "cos": r"\cos", "tan": r"\tan", "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "sinh": r"\sinh",
    "cosh": r"\cosh", "tanh": r"\tanh",
}  # fmt: skip
_BRACKETS = {"abs": (r"\left|", r"\right|"), "floor": (r"\lfloor ", r" \rfloor"), "ceil": (r"\lceil ", r" \rceil")}
_SUM, _PRODUCT, _ATOM = 1, 2, 3  # how tightly a printed piece binds


def latex(network: Network) -> str:
    """Return the differential equations and the definitions of a network as one ``align*`` block."""
    definitions = dict(network.definitions)
    lines = [_equation(network, v.id) for v in network.variables]
    lines += [f"{_name(name)} &= {_text(value)[0]}" for name, value in definitions.items()]
    body = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _equation(network: Network, variable: str) -> str:
    terms: list[str] = []
    for process in network.processes:
        for target, coefficient in process.changes:
            if target == variable:
                sign, factor = ("-", coefficient.operand) if isinstance(coefficient, Unary) else ("+", coefficient)
                scaled = process.rate if factor == ONE else Binary("*", factor, process.rate)
                terms.append(f"{sign} {_at_least(scaled, _PRODUCT)}")
    right = " ".join(terms).removeprefix("+ ") or "0"
    return rf"\frac{{\mathrm{{d}} {_name(variable)}}}{{\mathrm{{d}} t}} &= {right}"


def _name(id: str) -> str:
    return rf"[\text{{{_escaped(id)}}}]"


def _escaped(id: str) -> str:
    return _SPECIAL.sub(r"\\\1", id)


def _symbol(ref: Ref) -> str:
    if ref.kind == "time":
        return "t"
    return _name(ref.id) if ref.kind != "parameter" else rf"\mathrm{{{_escaped(ref.id)}}}"


def _at_least(expression: Expression, least: int) -> str:
    text, strength = _text(expression)
    return rf"\left({text}\right)" if strength < least else text


def _text(expression: Expression) -> tuple[str, int]:
    """Return an expression with how tightly it binds."""
    match expression:
        case Number():
            return _number(expression.value), _ATOM
        case Ref():
            return _symbol(expression), _ATOM
        case Unary():
            word = r"\lnot " if expression.operator == "not" else "-"
            return word + _at_least(expression.operand, _PRODUCT), _SUM
        case Binary():
            return _binary(expression)
        case Call():
            return _call(expression), _ATOM
        case _:
            raise TypeError(f"{expression} is not canonical")


def _number(value: float) -> str:
    text = f"{value:.6g}"
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text


def _binary(node: Binary) -> tuple[str, int]:
    left, right = node.left, node.right
    if node.operator == "/":
        return rf"\frac{{{_text(left)[0]}}}{{{_text(right)[0]}}}", _ATOM
    if node.operator == "^":
        return f"{{{_at_least(left, _ATOM)}}}^{{{_text(right)[0]}}}", _PRODUCT
    if node.operator == "*":
        return rf"{_at_least(left, _PRODUCT)} \, {_at_least(right, _PRODUCT)}", _PRODUCT
    if node.operator in ("+", "-"):
        least = _PRODUCT if node.operator == "-" else _SUM
        return f"{_at_least(left, _SUM)} {node.operator} {_at_least(right, least)}", _SUM
    sign = _SIGNS.get(node.operator, node.operator)
    least = _SUM if node.operator in COMPARISONS else 0
    return f"{_at_least(left, least)} {sign} {_at_least(right, least)}", 0


def _call(call: Call) -> str:
    arguments = [_text(a)[0] for a in call.arguments]
    if call.function == "sqrt":
        return rf"\sqrt{{{arguments[0]}}}"
    if call.function in _BRACKETS:
        return arguments[0].join(_BRACKETS[call.function])
    if call.function == "factorial":
        return f"{_at_least(call.arguments[0], _ATOM)}!"
    if call.function == "xor":
        listed = r" \oplus ".join(_at_least(a, _SUM) for a in call.arguments)
        return rf"\left({listed}\right)"
    if call.function == "hill":
        x, half = (f"{{{_at_least(a, _ATOM)}}}^{{{arguments[2]}}}" for a in call.arguments[:2])
        return rf"\frac{{{x}}}{{{half} + {x}}}"
    if call.function == "if":
        c, a, b = arguments
        return rf"\begin{{cases}} {a} & \text{{if }} {c} \\ {b} & \text{{otherwise}} \end{{cases}}"
    return rf"{_FUNCTIONS[call.function]}\left({', '.join(arguments)}\right)"
