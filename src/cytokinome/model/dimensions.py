"""From written expressions to canonical ones: names resolved, numbers in canonical units, dimensions checked.

`resolve` walks the tree once. It never raises for a user's mistake: it reports to the collector and returns None.
Mass becomes amount only through the molar mass of the molecule that an expression speaks of (its *agent*).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from cytokinome import units
from cytokinome.model.expressions import (
    COMPARISONS,
    IN_EQUATIONS,
    PLAIN,
    Binary,
    Call,
    Expression,
    Mean,
    Name,
    Number,
    Population,
    Ref,
    Unary,
    fold,
    place,
)
from cytokinome.units import CELL, DENSITY, DIMENSIONLESS, Dimension, Substance, UnitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.diagnostics import Collector

BODY_WEIGHT = Dimension.of(body_weight=1)
MAX_CANONICAL = 1e120  # so that no product of a number and its conversions leaves the floats


@dataclass(frozen=True, slots=True)
class Typed:
    """A canonical expression, its dimension (None for a bare zero, which fits any) and the molecule it speaks of."""

    expression: Expression
    dimension: Dimension | None
    agent: Substance | None = None


class Scope(Protocol):
    """What names mean at one place of a model."""

    def name(self, name: Name) -> Typed | None:
        """Resolve a name; None after a diagnostic."""
        ...

    def population(self, population: Population) -> Typed | None:
        """Resolve ``count(…)`` or ``density(…)``."""
        ...

    def mean(self, mean: Mean) -> Typed | None:
        """Resolve ``mean(cell.variable)``."""
        ...


def constant(value: float) -> Number:
    """Return a canonical number with all its digits."""
    return Number(repr(float(value)))


# What a reader calls the dimensions that models use, and a unit of each.
_WORDS = {
    units.CONCENTRATION: ("a concentration", "pM"),
    units.MASS / units.VOLUME: ("a mass per volume", "pg/mL"),
    units.TIME: ("a time", "h"),
    units.RATE: ("a rate", "/h"),
    units.VOLUME: ("a volume", "mL"),
    units.CLEARANCE: ("a clearance", "mL/h"),
    units.DENSITY: ("a density of cells", "cells/mL"),
    units.CELL: ("a number of cells", "cells"),
    units.CELL / units.TIME: ("cells per time", "cells/h"),
    units.PER_CELL: ("an amount per cell", "molecules/cell"),
    units.PER_CELL / units.TIME: ("an amount per cell and time", "molecules/cell/s"),
    units.VOLUME / units.CELL / units.TIME: ("a volume per cell and time", "mL/cell/h"),
    units.CONCENTRATION / units.TIME: ("a concentration per time", "pM/h"),
    units.RATE / units.CONCENTRATION: ("a rate per concentration", "/M/s"),
    units.MOLAR_MASS: ("a molar mass", "kDa"),
    units.MASS: ("a mass", "ng"),
}


def describe(dimension: Dimension | None, *, example: bool = False) -> str:
    """Name a dimension for a reader, with a unit as an example where that helps."""
    if dimension is None:
        return "a bare zero"
    if dimension.is_dimensionless:
        return "a plain number"
    words, unit = _WORDS.get(dimension, (str(dimension), ""))
    return f"{words} (such as {unit})" if example and unit else words


class Resolver:
    """One walk over one expression. `bare` is the dimension and factor that a number without unit stands for."""

    def __init__(self, scope: Scope, found: Collector, bare: units.Unit | None = None) -> None:
        self.scope, self.found, self.bare = scope, found, bare

    def resolve(
        self, expression: Expression, expect: Dimension, agent: Substance | None = None, what: str = ""
    ) -> Expression | None:
        """Return the expression in canonical units of dimension `expect`; None after a diagnostic."""
        typed = self.typed(expression)
        return self.convert(typed, expect, agent or typed.agent, expression, what) if typed else None

    def convert(
        self, typed: Typed, expect: Dimension, agent: Substance | None, written: Expression, what: str
    ) -> Expression | None:
        """Return the canonical expression in dimension `expect`."""
        if typed.dimension is None or typed.dimension == expect:
            return typed.expression
        if expect in (CELL, DENSITY) and typed.dimension * CELL == expect:
            return typed.expression  # where cells are counted, a bare number counts cells
        have, factors = typed.dimension, typed.expression
        if have * BODY_WEIGHT == expect or _needs_weight(have, expect):
            factors, have = Binary("*", factors, Ref("parameter", "body-weight")), have * BODY_WEIGHT
        try:
            factor = units.conversion(have, expect, agent)
        except UnitError as error:
            name = agent.name if agent else ""
            self._misfit(error, typed.dimension, expect, written, what or "this", name)
            return None
        return _scaled(factors, factor)

    def _misfit(
        self, error: UnitError, have: Dimension, expect: Dimension, written: Expression, what: str, agent: str
    ) -> None:
        """Report that a value has no unit, or the wrong one."""
        code, message, hint = error.code, error.message, error.hint
        need = describe(expect, example=True)
        if code == "DIMENSION_MISMATCH" and isinstance(written, Number) and not written.unit:
            code, message = "MISSING_UNIT", f"{what} needs {need}; `{written}` has no unit"
            hint = f"write `{written} {_WORDS[expect][1]}`, or another unit" if expect in _WORDS else hint
        elif code == "DIMENSION_MISMATCH":
            message = f"{what} needs {need}; `{written}` is {describe(have)}"
            hint = "change the unit" if isinstance(written, Number) else "compare the units of its parts"
            if have * units.CELL == expect:
                hint = "name the cells in the unit: cells/mL"
            elif expect.is_dimensionless and isinstance(written, Number):
                hint = "remove the unit"
        elif code == "MISSING_MOLAR_MASS":
            message = f"{what} needs {need}; `{written}` is a mass, and no molar mass is known to convert it"
            hint = f"state `molar-mass: 17 kDa` at {agent}" if agent else hint
        elif code == "MISSING_ACTIVITY":
            message = f"{what} needs {need}; `{written}` is in IU, and no specific activity is known to convert it"
            hint = f"state `specific-activity: 1.8e7 IU/mg` at {agent}" if agent else hint
        self.found.error(code, message, place(written), hint=hint)

    def typed(self, expression: Expression) -> Typed | None:
        """Return the canonical expression with its dimension; None after a diagnostic."""
        return fold(expression, self.combined)

    def combined(self, expression: Expression, operands: Sequence[Typed | None]) -> Typed | None:
        """Return the canonical expression of a node, of whose operands it is known; None after a diagnostic."""
        typed = [operand for operand in operands if operand is not None]
        if len(typed) < len(operands):
            return None
        match expression:
            case Number():
                return self._number(expression)
            case Name():
                return self.scope.name(expression)
            case Population():
                return self.scope.population(expression)
            case Mean():
                return self.scope.mean(expression)
            case Unary():
                return replace(typed[0], expression=Unary(expression.operator, typed[0].expression))
            case Binary():
                return self._binary(expression, *typed)
            case Call():
                return self._call(expression, typed)
            case Ref():
                if expression.kind != "unreadable":  # whose fault is reported already
                    raise TypeError("a resolved symbol cannot be resolved again")
                return None

    def _number(self, number: Number) -> Typed | None:
        if not number.unit:
            if number.value == 0:
                return Typed(constant(0.0), None)
            if self.bare:
                return Typed(constant(number.value * self.bare.factor), self.bare.dimension)
            return self._sane(number, number.value, DIMENSIONLESS)
        try:
            unit = units.parse_unit(number.unit, per_body_weight="/kg" in number.unit)
        except UnitError as error:
            self.found.error(error.code, error.message, number.where, hint=error.hint)
            return None
        return self._sane(number, number.value * unit.factor, unit.dimension)

    def _sane(self, number: Number, value: float, dimension: Dimension) -> Typed | None:
        """Refuse what only a slip of the keyboard can mean and no float can carry through conversions."""
        if value == 0 or 1 / MAX_CANONICAL < abs(value) < MAX_CANONICAL:
            return Typed(constant(value), dimension)
        self.found.error("BAD_NUMBER", f"{number} is absurdly large or small", number.where, hint="check the exponent")
        return None

    def _binary(self, node: Binary, left: Typed, right: Typed) -> Typed | None:
        if node.operator == "/" and isinstance(node.right, Number) and node.right.value == 0:
            self.found.error("BAD_EXPRESSION", f"`{node}` divides by zero", node.where, hint="write another divisor")
            return None
        if node.operator in ("*", "/"):
            return _product(node.operator, left, right)
        if node.operator == "^":
            return self._power(node, left, right)
        if node.operator in ("and", "or"):
            return Typed(Binary(node.operator, left.expression, right.expression), DIMENSIONLESS)
        pair = self._aligned(left, right, node, f"both sides of `{node.operator}` must agree")
        if pair is None:
            return None
        first, second, dimension, agent = pair
        result = Binary(node.operator, first, second)
        return Typed(result, DIMENSIONLESS) if node.operator in COMPARISONS else Typed(result, dimension, agent)

    def _aligned(
        self, left: Typed, right: Typed, node: Expression, why: str
    ) -> tuple[Expression, Expression, Dimension | None, Substance | None] | None:
        """Bring two operands to one dimension, mass to amount where the other side names a molecule."""
        agent = left.agent or right.agent
        if left.dimension == right.dimension or right.dimension is None:
            return left.expression, right.expression, left.dimension, agent
        if left.dimension is None:
            return left.expression, right.expression, right.dimension, agent
        try:
            if _has_mass(left.dimension) and not _has_mass(right.dimension):
                factor = units.conversion(left.dimension, right.dimension, agent)
                return _scaled(left.expression, factor), right.expression, right.dimension, agent
            factor = units.conversion(right.dimension, left.dimension, agent)
            return left.expression, _scaled(right.expression, factor), left.dimension, agent
        except UnitError as error:
            message, where = error.message, place(node)
            hint = error.hint
            if error.code == "DIMENSION_MISMATCH":
                message = f"{why}: {describe(left.dimension)} and {describe(right.dimension)}"
                hint = "only quantities of one kind can be added or compared"
            self.found.error(error.code, message, where, hint=hint)
            return None

    def _power(self, node: Binary, base: Typed, exponent: Typed) -> Typed | None:
        if exponent.dimension not in (None, DIMENSIONLESS):
            self.found.error(
                "DIMENSION_MISMATCH", f"an exponent is a plain number, not {describe(exponent.dimension)}",
                place(node.right),
            )  # fmt: skip
            return None
        result = Binary("^", base.expression, exponent.expression)
        if base.dimension in (None, DIMENSIONLESS):
            return Typed(result, DIMENSIONLESS)
        power = literal(node.right)
        if power is None or abs(power) > 9:
            message = f"{describe(base.dimension)} can only be raised to a small number that is written out"
            self.found.error("DIMENSION_MISMATCH", message, place(node))
            return None
        return Typed(result, base.dimension ** Fraction(power).limit_denominator(12))

    def _call(self, node: Call, typed: list[Typed]) -> Typed | None:
        if node.function in IN_EQUATIONS:
            message = f"{node.function}() belongs to `equations:`"
            self.found.error("BAD_EXPRESSION", message, place(node), hint="state a quantity there, and name it here")
            return None
        if node.function in PLAIN:
            plain = self._plain(node, typed[0], 0)
            return Typed(Call(node.function, (typed[0].expression,)), DIMENSIONLESS) if plain else None
        if node.function == "sqrt":
            half = typed[0].dimension ** Fraction(1, 2) if typed[0].dimension else None
            return Typed(Call("sqrt", (typed[0].expression,)), half)
        if node.function == "abs":
            return Typed(Call("abs", (typed[0].expression,)), typed[0].dimension, typed[0].agent)
        if node.function == "hill":
            pair = self._aligned(typed[0], typed[1], node, "the level and the half of hill() must agree")
            if pair is None or not self._plain(node, typed[2], 2):
                return None
            return Typed(Call("hill", (pair[0], pair[1], typed[2].expression)), DIMENSIONLESS)
        if node.function == "xor":
            return Typed(Call("xor", tuple(t.expression for t in typed)), DIMENSIONLESS)
        return self._choice(node, typed)

    def _choice(self, node: Call, typed: list[Typed]) -> Typed | None:
        """``if(c, a, b)``, min and max: the alternatives agree."""
        condition = [typed[0].expression] if node.function == "if" else []
        options = typed[len(condition) :]
        chosen = options[0]
        expressions = [chosen.expression]
        for option in options[1:]:
            pair = self._aligned(chosen, option, node, f"the arguments of {node.function}() must agree")
            if pair is None:
                return None
            expressions = [*[e if len(expressions) > 1 else pair[0] for e in expressions], pair[1]]
            chosen = Typed(pair[0], pair[2], pair[3])
        return Typed(Call(node.function, (*condition, *expressions)), chosen.dimension, chosen.agent)

    def _plain(self, node: Call, typed: Typed, index: int) -> bool:
        if typed.dimension in (None, DIMENSIONLESS):
            return True
        self.found.error(
            "DIMENSION_MISMATCH",
            f"argument {index + 1} of {node.function}() is a plain number, not {describe(typed.dimension)}",
            place(node.arguments[index]), hint="divide it by a reference value with the same unit",
        )  # fmt: skip
        return False


def _has_mass(dimension: Dimension) -> bool:
    return any(name in ("mass", "activity") or name.startswith("activity[") for name, _ in dimension.exponents)


def _needs_weight(have: Dimension, expect: Dimension) -> bool:
    """Whether `have` is per body weight and `expect` is not."""
    return dict(have.exponents).get("body_weight") == -1 and "body_weight" not in dict(expect.exponents)


def _product(operator: str, left: Typed, right: Typed) -> Typed:
    result = Binary(operator, left.expression, right.expression)
    if left.dimension is None or right.dimension is None:
        return Typed(result, None)
    dimension = left.dimension * right.dimension if operator == "*" else left.dimension / right.dimension
    agents = {a for a in (left.agent, right.agent) if a is not None}
    return Typed(result, dimension, agents.pop() if len(agents) == 1 else None)


def _scaled(expression: Expression, factor: float) -> Expression:
    if factor == 1.0:
        return expression
    if isinstance(expression, Number):
        return constant(expression.value * factor)
    return Binary("*", expression, constant(factor))


def literal(expression: Expression | None) -> float | None:
    """Return the plain number that an expression writes out, its sign included; None for any other."""
    if isinstance(expression, Number) and not expression.unit:
        return expression.value
    if isinstance(expression, Unary) and expression.operator == "-":
        inner = literal(expression.operand)
        return None if inner is None else -inner
    return None
