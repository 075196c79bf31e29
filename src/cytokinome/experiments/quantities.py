"""Written amounts, rates and values as numbers per patient.

`Quantities` gives a written expression its canonical form (units, molar mass, body weight, names of parameters) and
needs the model only; `evaluate` puts in the parameters of patients.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.targets.reference import ON_ARRAYS
from cytokinome.model.expressions import Binary, Call, Number, Ref, Unary, fold
from cytokinome.model.scope import ParameterScope, parameter_dimension, substance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.diagnostics import Collector
    from cytokinome.model.components import Model
    from cytokinome.model.expressions import Expression
    from cytokinome.units import Dimension, Substance

    Array = NDArray[np.float64]


class Quantities:
    """Resolves written expressions against the parameters of one model; findings go to `found`."""

    def __init__(self, model: Model, found: Collector) -> None:
        self.model, self.found = model, found
        self._resolver = ParameterScope(model, found, ()).resolver()

    def resolve(
        self, expression: Expression, expect: Dimension, what: str, agent: Substance | None = None
    ) -> Expression | None:
        """Return the canonical expression of dimension `expect`; None after a finding."""
        return self._resolver.resolve(expression, expect, agent, what)

    def choose(
        self, expression: Expression, options: Mapping[str, Dimension], what: str, agent: Substance | None = None
    ) -> tuple[Expression, Dimension] | None:
        """Resolve to that of `options` whose volume, time and cell exponents are those written.

        `options` is keyed by the exponents that tell them apart, e.g. {"": SUBSTANCE, "volume": CONCENTRATION}: the
        key names a base dimension that stands below the line.
        """
        typed = self._resolver.typed(expression)
        if typed is None:
            return None
        below = {name for name, power in typed.dimension.exponents if power < 0} if typed.dimension else set[str]()
        key = next((k for k in options if k and k in below), "")
        resolved = self._resolver.convert(typed, options[key], agent or typed.agent, expression, what)
        return (resolved, options[key]) if resolved is not None else None

    def parameter(self, id: str, expression: Expression, what: str) -> Expression | None:
        """Resolve a value for the parameter `id`, which must exist."""
        declared = self.model.parameter(id)
        agent = substance(self.model, declared.of) if declared and declared.of else None
        return self.resolve(expression, parameter_dimension(self.model, id), what, agent)


def named(kernel: Kernel, parameters: Array) -> dict[str, Array]:
    """Return the columns of `parameters` [patient, slot] by the name of their slot."""
    return {slot.name: parameters[:, index] for index, slot in enumerate(kernel.parameters)}


def plain_value(expression: Expression) -> float | None:
    """Return the value of a canonical expression that names no parameter; None for any other."""
    try:
        return float(evaluate(expression, {}))
    except (KeyError, TypeError):
        return None


def evaluate(expression: Expression, values: Mapping[str, Array]) -> Array:
    """Return the value of a canonical expression of parameters, per patient.

    Raises
    ------
    KeyError
        A parameter that `values` lacks.
    TypeError
        The expression holds something other than numbers and parameters.
    """

    def combined(node: Expression, operands: Sequence[Array]) -> Array:
        match node:
            case Number():
                return np.asarray(node.value)
            case Ref(kind="parameter"):
                return values[node.id]
            case Unary("-"):
                return -operands[0]
            case Unary():
                return np.asarray(~(operands[0] != 0), dtype=float)
            case Binary():
                return _binary(node.operator, operands[0], operands[1])
            case Call():
                return _call(node.function, operands)
            case _:
                raise TypeError(f"{node} is no expression of parameters")

    return fold(expression, combined)


def _binary(operator: str, a: Array, b: Array) -> Array:
    with np.errstate(all="ignore"):  # what is not finite is reported by whoever uses the value
        match operator:
            case "+":
                result = a + b
            case "-":
                result = a - b
            case "*":
                result = a * b
            case "/":
                result = np.divide(a, b)
            case "^":
                result = np.power(a, b)
            case "and":
                result = (a != 0) & (b != 0)
            case "or":
                result = (a != 0) | (b != 0)
            case "<":
                result = a < b
            case "<=":
                result = a <= b
            case ">":
                result = a > b
            case ">=":
                result = a >= b
            case "==":
                result = a == b
            case _:
                result = a != b
    return np.asarray(result, dtype=float)


def _call(function: str, arguments: Sequence[Array]) -> Array:
    first = arguments[0]
    with np.errstate(all="ignore"):
        match function:
            case "if":
                result = np.where(first != 0, arguments[1], arguments[2])
            case "min":
                result = reduce(np.minimum, arguments)
            case "max":
                result = reduce(np.maximum, arguments)
            case "xor":
                result = reduce(np.logical_xor, arguments)
            case "hill":
                odds = np.power(np.maximum(first, 0.0) / arguments[1], arguments[2])
                result = 1 - 1 / (1 + odds)
            case _:
                result = ON_ARRAYS[function](first)
    return np.asarray(result, dtype=float)
