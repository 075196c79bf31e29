"""The small language of claims: reading a value, its dimension, and its number for every patient.

A value is an expression (`cytokinome.model.expressions`) over curves named ``arm.X``, which stand only as the first
argument of one of these functions::

    peak(a.X [, t0, t1])  trough(a.X [, t0, t1])                in the unit of X, of the output times from t0 to t1
    peak_time(a.X [, t0, t1])  trough_time(a.X [, t0, t1])      h
    initial(a.X)  final(a.X)                                    in the unit of X
    at(a.X, 6 h)                                                value at a time
    steady(a.X)                                                 mean of the last tenth; no value unless steady to 1 %
    average(a.X [, t0, t1])  auc(a.X [, t0, t1])                mean, and area (unit of X · h)
    fold(a.X, t0, t1)                                           X(t1) / X(t0)
    time_above(a.X, threshold)                                  h

and min, max, abs, exp, log, log10, sqrt, if, arithmetic, comparisons, and, or, not. Inside, all numbers are canonical
(hours, pM, g/L, …), so units are checked and mix freely; the result is shown in ``unit:``, else in the unit of its
first curve, in h, or as a plain number. It is evaluated per patient; the same patient is the same person in each arm.
Nobody has a value who would have to be divided by what the solver does not tell from nothing: such a ratio is rounding.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import units
from cytokinome.diagnostics import did_you_mean
from cytokinome.experiments import measures
from cytokinome.experiments.values import place_of
from cytokinome.model.expressions import COMPARISONS, Binary, Call, Expression, Fault, Name, Number, Reader, Unary, walk
from cytokinome.units import DIMENSIONLESS, TIME, Dimension

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from cytokinome.diagnostics import Span
    from cytokinome.experiments.result import ArmResult
    from cytokinome.model.expressions import Steps, Token

    Array = NDArray[np.float64]
    Curve = Callable[[Array, Array], Array]

# Functions of a curve: how many further arguments they take, and the dimension of those.
CURVE_FUNCTIONS: dict[str, tuple[tuple[int, ...], str]] = {
    "peak": ((0, 2), "time"),
    "trough": ((0, 2), "time"),
    "initial": ((0,), ""),
    "final": ((0,), ""),
    "steady": ((0,), ""),
    "peak_time": ((0, 2), "time"),
    "trough_time": ((0, 2), "time"),
    "at": ((1,), "time"),
    "average": ((0, 2), "time"),
    "auc": ((0, 2), "time"),
    "fold": ((2,), "time"),
    "time_above": ((1,), "curve"),
}
SCALAR_FUNCTIONS = {"abs": 1, "exp": 1, "log": 1, "log10": 1, "sqrt": 1, "min": -1, "max": -1, "if": 3}
_SIMPLE: dict[str, Curve] = {
    "peak": measures.peak,
    "trough": measures.trough,
    "initial": measures.initial,
    "final": measures.final,
    "peak_time": measures.peak_time,
    "trough_time": measures.trough_time,
}
_LEVELS = ("peak", "trough", "initial", "final", "at", "steady", "average")  # in the unit of the curve
_LOGIC = ("and", "or", "not")


# ---- reading


class _ClaimReader(Reader):
    """Reads names as ``arm.X`` (arms may contain ``-``) and calls of the functions above."""

    deepest = 100

    def __init__(self, text: str, where: Span | None, arms: tuple[str, ...]) -> None:
        super().__init__(text, where)
        self._arms = sorted(arms, key=len, reverse=True)

    def _name(self, token: Token) -> Steps:
        arm = next((a for a in self._arms if self.text.startswith(f"{a}.", token.start)), None)
        if arm is not None:
            return self._curve(token, arm)
        if self.peek().text == "(":
            self.take()
            return (yield self._function(token))
        name, _, compartment = token.text.partition("@")
        return Name(name, compartment or None, self.span(token.start))

    def _curve(self, token: Token, arm: str) -> Expression:
        """The name of a curve; behind the arm stands a molecule, an observable, or ``density(…)`` and the like."""
        self.position = token.start + len(arm) + 1
        after = self.take()
        if after.kind != "name":
            raise Fault(f"expected a name behind {arm}.", after.start, after.length, "write arm.X, e.g. bolus.TNF")
        name, _, compartment = after.text.partition("@")
        if self.peek().text == "(":
            closing = self.text.find(")", self.position)
            if closing < 0:
                raise Fault("the bracket is not closed", self.peek().start)
            name, compartment = self.text[after.start : closing + 1], ""
            self.position = closing + 1
        return Name(f"{arm}.{name}", compartment or None, self.span(token.start))

    def _function(self, token: Token) -> Steps:
        name = token.text
        if name not in CURVE_FUNCTIONS and name not in SCALAR_FUNCTIONS:
            hint = did_you_mean(name, [*CURVE_FUNCTIONS, *SCALAR_FUNCTIONS])
            raise Fault(f"unknown function {name}", token.start, token.length, hint, "UNKNOWN_NAME")
        arguments: list[Expression] = yield self._arguments(token)
        length = self.position - token.start
        if name in CURVE_FUNCTIONS:
            counts = CURVE_FUNCTIONS[name][0]
            if not isinstance(arguments[0], Name):
                hint = f"write {name}(arm.X); sums of molecules are declared as an observable of the model"
                raise Fault(f"{name} takes a curve as its first argument", token.start, length, hint)
            if len(arguments) - 1 not in counts:
                need = " or ".join(str(n + 1) for n in counts)
                raise Fault(f"{name} takes {need} arguments, found {len(arguments)}", token.start, length)
        elif len(arguments) != SCALAR_FUNCTIONS[name] and (SCALAR_FUNCTIONS[name] > 0 or len(arguments) < 2):
            need = SCALAR_FUNCTIONS[name] if SCALAR_FUNCTIONS[name] > 0 else "at least 2"
            raise Fault(f"{name} takes {need} arguments, found {len(arguments)}", token.start, length)
        return Call(name, tuple(arguments), self.span(token.start))


def parse_value(text: str, arms: tuple[str, ...], where: Span | None = None) -> Expression:
    """Read the value of a claim.

    Raises
    ------
    Fault
        Where the text is no value.

    Examples
    --------
    >>> str(parse_value("peak(bolus.IL8)/peak(infusion.IL8)", ("bolus", "infusion")))
    'peak(bolus.IL8) / peak(infusion.IL8)'
    """
    reader = _ClaimReader(text, where, arms)
    expression = reader.condition()
    reader.expect_end()
    return expression


def split_curve(name: Name) -> tuple[str, str]:
    """Return arm and name of a curve; the arm is empty where none is named."""
    arm, dot, rest = name.id.partition(".")
    if not dot:
        return "", str(name)
    return arm, f"{rest}@{name.compartment}" if name.compartment else rest


def is_condition(expression: Expression) -> bool:
    """Whether a value is true or false rather than a number."""
    if isinstance(expression, Unary):
        return expression.operator == "not"
    return isinstance(expression, Binary) and expression.operator in (*COMPARISONS, "and", "or")


# ---- dimensions


class DimensionFault(Exception):
    """Two dimensions in a claim do not agree; `where` is the place."""

    def __init__(self, message: str, where: Span | None, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint


def dimension_of(node: Expression, unit_of: Callable[[str, str], str | None]) -> Dimension | None:
    """Return the dimension of a value.

    Parameters
    ----------
    node : Expression
    unit_of : callable
        (arm, name) to the unit of a curve, None where it is not known before the run; then so is the result.

    Raises
    ------
    DimensionFault
        Where dimensions do not agree.
    """
    if isinstance(node, Number):
        return units.parse_unit(node.unit, per_body_weight=True).dimension if node.unit else DIMENSIONLESS
    if isinstance(node, Unary):
        inner = dimension_of(node.operand, unit_of)
        return DIMENSIONLESS if node.operator == "not" else inner
    if isinstance(node, Binary):
        return _dimension_of_binary(node, unit_of)
    if isinstance(node, Call):
        return _dimension_of_call(node, unit_of)
    raise DimensionFault(f"{node} is a curve, not a number", place_of(node), f"write for example peak({node})")


def _same(a: Dimension | None, b: Dimension | None, node: Expression, what: str) -> Dimension | None:
    if a is not None and b is not None and a != b:
        raise DimensionFault(f"{what}: {a} and {b} do not agree", place_of(node), "write numbers with their unit")
    return a if a is not None else b


def _dimension_of_binary(node: Binary, unit_of: Callable[[str, str], str | None]) -> Dimension | None:
    left, right = dimension_of(node.left, unit_of), dimension_of(node.right, unit_of)
    if node.operator in _LOGIC:
        return DIMENSIONLESS
    if node.operator == "^":
        _same(right, DIMENSIONLESS, node.right, "an exponent is a plain number")
        if left is None or left.is_dimensionless:
            return left
        power = node.right.value if isinstance(node.right, Number) else 0.5
        if power != int(power) or abs(power) > 9:
            raise DimensionFault("a quantity with a unit is raised to whole numbers only", node.where)
        return left ** int(power)
    if node.operator in "*/":
        if left is None or right is None:
            return None
        return left * right if node.operator == "*" else left / right
    both = _same(left, right, node, f"the two sides of {node.operator}")
    return DIMENSIONLESS if node.operator in COMPARISONS else both


def _dimension_of_call(node: Call, unit_of: Callable[[str, str], str | None]) -> Dimension | None:
    name, arguments = node.function, node.arguments
    if name in SCALAR_FUNCTIONS:
        inner = [dimension_of(a, unit_of) for a in arguments]
        if name == "abs":
            return inner[0]
        if name == "sqrt":
            return inner[0] ** Fraction(1, 2) if inner[0] is not None else None
        if name in ("min", "max", "if"):
            options = inner[1:] if name == "if" else inner
            result = options[0]
            for other in options[1:]:
                result = _same(result, other, node, f"the arguments of {name}")
            return result
        _same(inner[0], DIMENSIONLESS, node, f"{name} takes a plain number")
        return DIMENSIONLESS
    curve = arguments[0]
    if not isinstance(curve, Name):
        raise DimensionFault(f"{name} takes a curve as its first argument", node.where)
    unit = unit_of(*split_curve(curve))
    own = units.parse_unit(unit).dimension if unit is not None else None
    for argument in arguments[1:]:
        given = dimension_of(argument, unit_of)
        wanted = TIME if CURVE_FUNCTIONS[name][1] == "time" else own
        _same(given, wanted, argument, f"{argument} in {name}")
    if name in ("peak_time", "trough_time", "time_above"):
        return TIME
    if name == "fold":
        return DIMENSIONLESS
    return own if name != "auc" or own is None else own * TIME


def curves_of(expression: Expression) -> tuple[Name, ...]:
    """Return the curves of a value in the order of the text."""
    return tuple(node for node in walk(expression) if isinstance(node, Name))


def looked_at(text: str, arms: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return arm and name of each curve that the value of a claim looks at, in the order of the text.

    Raises
    ------
    Fault
        Where the text is no value.
    """
    return tuple(split_curve(curve) for curve in curves_of(parse_value(text, arms)))


# ---- numbers


def evaluate(expression: Expression, arms: Mapping[str, ArmResult], *, typical: bool = False) -> Array:
    """Return the value for each patient, in canonical units.

    Parameters
    ----------
    expression : Expression
        A value that `dimension_of` accepts with the units of `arms`.
    arms : mapping of arm to ArmResult
        All with the same patients in the same order.
    typical : bool
        Whether to use the typical person: the result then has one entry.

    Returns
    -------
    array [patient]
        NaN for a patient without a value: failed in one of the arms, divided by zero or by what is below the
        tolerance of the solver, or not steady. Conditions give 1 and 0.
    """
    with np.errstate(all="ignore"):
        values = _Evaluation(arms, typical).of(expression)
    return np.where(np.isfinite(values), values, np.nan)


def divides_by_nothing(expression: Expression, arms: Mapping[str, ArmResult], *, typical: bool = False) -> bool:
    """Return whether anybody lacks a value because what it is divided by is not there; parameters as in `evaluate`."""
    evaluation = _Evaluation(arms, typical)
    with np.errstate(all="ignore"):
        evaluation.of(expression)
    return evaluation.met_nothing


class _Evaluation:
    """Walks an expression over the patients of some arms."""

    def __init__(self, arms: Mapping[str, ArmResult], typical: bool) -> None:
        self._arms = arms
        self._typical = typical
        self._patients = 1 if typical else max((len(a.values) for a in arms.values()), default=0)
        self.met_nothing = False

    def of(self, node: Expression) -> Array:
        if isinstance(node, Number):
            factor = units.parse_unit(node.unit, per_body_weight=True).factor if node.unit else 1.0
            return np.full(self._patients, node.value * factor)
        if isinstance(node, Unary):
            inner = self.of(node.operand)
            return 1 - inner if node.operator == "not" else -inner
        if isinstance(node, Binary) and node.operator == "/":
            divisor = self.of(node.right)
            return self.of(node.left) / self._there(divisor, self._floor(node.right))
        if isinstance(node, Binary):
            return _BINARY[node.operator](self.of(node.left), self.of(node.right))
        if isinstance(node, Call) and node.function in CURVE_FUNCTIONS:
            return self._curve(node)
        if isinstance(node, Call):
            return _scalar(node.function, [self.of(a) for a in node.arguments])
        raise TypeError(f"{node} is not a number")  # dimension_of has refused it

    def _there(self, divisor: Array, floor: Array | float) -> Array:
        """A divisor, NaN where it is not told from nothing."""
        is_nothing = np.abs(divisor) <= floor
        self.met_nothing |= bool(is_nothing.any())
        return np.where(is_nothing, np.nan, divisor)

    def _floor(self, node: Expression) -> Array | float:
        """What a value cannot be told from nothing below; 0 where that is not known, as of times and of functions."""
        if isinstance(node, Unary):
            return self._floor(node.operand)
        if isinstance(node, Binary) and node.operator in "+-":
            return self._floor(node.left) + self._floor(node.right)
        if isinstance(node, Binary) and node.operator == "*":
            left, right = np.abs(self.of(node.left)), np.abs(self.of(node.right))
            return self._floor(node.left) * right + left * self._floor(node.right)
        if isinstance(node, Binary) and node.operator == "/":
            return self._floor(node.left) / np.abs(self.of(node.right))
        if isinstance(node, Call) and node.function in (*_LEVELS, "auc"):
            result, index, factor = self._where(node)
            span = float(result.times[-1] - result.times[0]) if node.function == "auc" else 1.0
            return span * factor * _floor_of(result, index)
        return 0.0

    def _where(self, node: Call) -> tuple[ArmResult, int, float]:
        """The arm of a curve, its place there, and the factor to canonical numbers."""
        name = node.arguments[0]
        if not isinstance(name, Name):
            raise TypeError(f"{name} is not a curve")  # the reader has refused it
        arm, what = split_curve(name)
        result = self._arms[arm]
        index = result.index(what)
        return result, index, units.parse_unit(result.units[index]).factor

    def _curve(self, node: Call) -> Array:
        result, index, factor = self._where(node)
        curves = factor * (result.typical[None, :, index] if self._typical else result.values[:, :, index])
        times, function = result.times, node.function
        further = [self.of(a) for a in node.arguments[1:]]
        if function == "time_above":
            return measures.time_above(times, curves, further[0])
        if function == "steady":
            mean, is_steady = measures.steady(times, curves)
            return np.where(is_steady, mean, np.nan)
        when = [float(t[0]) if len(t) else float("nan") for t in further]
        if function in _SIMPLE:
            inside = (times >= when[0]) & (times <= when[1]) if when else np.full(len(times), True)
            if not inside.any():
                return np.full(self._patients, np.nan)
            return _SIMPLE[function](times[inside], curves[:, inside])
        if function == "at":
            return measures.at(times, curves, when[0])
        if function == "fold":
            before = self._there(measures.at(times, curves, when[0]), factor * _floor_of(result, index))
            return np.where(np.isnan(before), np.nan, measures.fold_change(times, curves, when[0], when[1]))
        area = measures.average if function == "average" else measures.auc
        return area(times, curves, *when)


def _floor_of(result: ArmResult, index: int) -> float:
    return result.floors[index] if result.floors else 0.0


def _comparison(compare: Callable[[Array, Array], NDArray[np.bool_]]) -> Callable[[Array, Array], Array]:
    """1 and 0 where both sides have a value, else NaN: who has no value neither responds nor fails to."""

    def function(a: Array, b: Array) -> Array:
        return np.where(np.isnan(a) | np.isnan(b), np.nan, compare(a, b).astype(float))

    return function


_BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "^": lambda a, b: a**b,
    "<": _comparison(lambda a, b: a < b),
    "<=": _comparison(lambda a, b: a <= b),
    ">": _comparison(lambda a, b: a > b),
    ">=": _comparison(lambda a, b: a >= b),
    "==": _comparison(lambda a, b: a == b),
    "!=": _comparison(lambda a, b: a != b),
    "and": np.minimum,  # NaN if either is
    "or": np.maximum,
}
_ONE_ARGUMENT: dict[str, Callable[[Array], Array]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
}


def _scalar(name: str, arguments: list[Array]) -> Array:
    if name == "if":
        condition, yes, no = arguments
        return np.where(np.isnan(condition), np.nan, np.where(condition != 0, yes, no))
    if name in ("min", "max"):
        combine = np.minimum if name == "min" else np.maximum
        result = arguments[0]
        for other in arguments[1:]:
            result = combine(result, other)
        return result
    return _ONE_ARGUMENT[name](arguments[0])
