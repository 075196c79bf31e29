"""The equations of a network in LaTeX: one aligned block that can be pasted into a paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cytokinome.compiler.network import ONE
from cytokinome.model.expressions import COMPARISONS, Binary, Call, Expression, Number, Ref, Unary, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    lines += [f"0 &= {_text(entry.residual).text}" for entry in network.implicit if entry.state is not None]
    lines += [f"{_name(name)} &= {_text(value).text}" for name, value in definitions.items()]
    body = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _equation(network: Network, variable: str) -> str:
    terms: list[str] = []
    for process in network.processes:
        for target, coefficient in process.changes:
            if target == variable:
                sign, factor = ("-", coefficient.operand) if isinstance(coefficient, Unary) else ("+", coefficient)
                scaled = process.rate if factor == ONE else Binary("*", factor, process.rate)
                terms.append(f"{sign} {_text(scaled).at_least(_PRODUCT)}")
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


class _Printed(NamedTuple):
    """The text of an expression, and how tightly it binds."""

    text: str
    strength: int

    def at_least(self, least: int) -> str:
        """Return the text, in parentheses where it binds looser."""
        return rf"\left({self.text}\right)" if self.strength < least else self.text


def _text(expression: Expression) -> _Printed:
    return fold(expression, _printed)


def _printed(node: Expression, operands: Sequence[_Printed]) -> _Printed:
    match node:
        case Number():
            return _Printed(_number(node.value), _ATOM if node.value >= 0 else _SUM)
        case Ref():
            return _Printed(_symbol(node), _ATOM)
        case Unary():
            word = r"\lnot " if node.operator == "not" else "-"
            return _Printed(word + operands[0].at_least(_PRODUCT), _SUM)
        case Binary():
            return _Printed(*_binary(node.operator, operands[0], operands[1]))
        case Call():
            return _Printed(_call(node.function, operands), _ATOM)
        case _:
            raise TypeError(f"{node} is not canonical")


def _number(value: float) -> str:
    text = f"{value:.6g}"
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text


def _binary(operator: str, left: _Printed, right: _Printed) -> tuple[str, int]:
    if operator == "/":
        return rf"\frac{{{left.text}}}{{{right.text}}}", _ATOM
    if operator == "^":
        return f"{{{left.at_least(_ATOM)}}}^{{{right.text}}}", _PRODUCT
    if operator == "*":
        return rf"{left.at_least(_PRODUCT)} \, {right.at_least(_PRODUCT)}", _PRODUCT
    if operator in ("+", "-"):
        least = _PRODUCT if operator == "-" else _SUM
        return f"{left.at_least(_SUM)} {operator} {right.at_least(least)}", _SUM
    sign = _SIGNS.get(operator, operator)
    least = _SUM if operator in COMPARISONS else 0
    return f"{left.at_least(least)} {sign} {right.at_least(least)}", 0


def _call(function: str, operands: Sequence[_Printed]) -> str:
    arguments = [operand.text for operand in operands]
    if function == "sqrt":
        return rf"\sqrt{{{arguments[0]}}}"
    if function in _BRACKETS:
        return arguments[0].join(_BRACKETS[function])
    if function in ("delayed", "earlier"):  # some time ago, and that long before the start
        now = "t " if function == "delayed" else ""
        return rf"\left.{operands[0].at_least(_PRODUCT)}\right|_{{{now}- {operands[1].at_least(_PRODUCT)}}}"
    if function == "factorial":
        return f"{operands[0].at_least(_ATOM)}!"
    if function == "xor":
        listed = r" \oplus ".join(operand.at_least(_SUM) for operand in operands)
        return rf"\left({listed}\right)"
    if function == "hill":
        x, half = (f"{{{operand.at_least(_ATOM)}}}^{{{arguments[2]}}}" for operand in operands[:2])
        return rf"\frac{{{x}}}{{{half} + {x}}}"
    if function == "if":
        c, a, b = arguments
        return rf"\begin{{cases}} {a} & \text{{if }} {c} \\ {b} & \text{{otherwise}} \end{{cases}}"
    return rf"{_FUNCTIONS[function]}\left({', '.join(arguments)}\right)"
