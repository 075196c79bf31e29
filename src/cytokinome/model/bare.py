"""What names and numbers mean within `equations`: every name is the bare number of its quantity.

Dimensions are not checked there: published models count in units that nobody stated. Units stand at the quantities,
and convert what goes in (doses) and comes out (observables, measurements).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.diagnostics import did_you_mean
from cytokinome.model import quantities, scope
from cytokinome.model.dimensions import Resolver, Typed, constant, describe
from cytokinome.model.expressions import (
    Binary,
    Call,
    Expression,
    Mean,
    Name,
    Number,
    Population,
    Ref,
    Unary,
    place,
    rebuilt,
)
from cytokinome.units import DIMENSIONLESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.diagnostics import Collector
    from cytokinome.model.components import Equations, Model, Quantity


class BareScope:
    """Names within the equations of a model, now or `at_start`."""

    def __init__(self, model: Model, found: Collector, *, at_start: bool = False) -> None:
        if model.equations is None:
            raise ValueError("the model has no equations")
        self.model, self.found, self.at_start = model, found, at_start
        self.equations: Equations = model.equations
        # Looked up once: a model has thousands of names, and finding its parts anew for each takes long.
        self._quantities = {q.id: q for q in model.equations.quantities}
        self._processes = frozenset(p.id for p in model.equations.processes)
        self._moving = quantities.states(model.equations)
        self._parameters = {p.id for p in model.parameters}
        self._dimensions = scope.parameter_dimensions(model)

    def resolve(self, expression: Expression) -> Expression | None:
        """Return the expression in symbols of the network; None after a diagnostic."""
        typed = _Bare(self, self.found).typed(expression)
        return typed.expression if typed else None

    # --------------------------------------------------------------- Scope
    def name(self, name: Name) -> Typed | None:
        """Resolve a quantity, the rate of a process, a parameter that is a plain number, or time."""
        if name.compartment is None:
            if name.id == "time":
                return Typed(self._time(), DIMENSIONLESS)
            quantity = self._quantities.get(name.id)
            if quantity is not None:
                now = quantities.symbol(quantity, self._moving)
                return Typed(quantities.at_start(name.id) if self.at_start else now, DIMENSIONLESS)
            if name.id in self._processes:
                now = Ref("definition", name.id)
                return Typed(quantities.at_start(name.id) if self.at_start else now, DIMENSIONLESS)
            if name.id in self._parameters:
                return self._parameter(name)
        known = [*self._quantities, *self._processes, *self._parameters]
        message = f"{str(name)!r} is no quantity, process or parameter"
        self.found.error("UNKNOWN_NAME", message, name.where, hint=did_you_mean(name.id, known))
        return None

    def quantity(self, expression: Expression) -> Quantity | None:
        """Return the quantity that an expression is the name of."""
        if isinstance(expression, Name) and expression.compartment is None:
            return self._quantities.get(expression.id)
        return None

    def _time(self) -> Expression:
        unit, time = quantities.unit_of_time(self.equations), Ref("time", "time")
        return time if unit == 1.0 else Binary("/", time, constant(unit))

    def _parameter(self, name: Name) -> Typed | None:
        dimension = self._dimensions.get(name.id)
        if dimension is None:
            return None  # what is wrong with it is reported where it stands
        if dimension == DIMENSIONLESS:
            return Typed(Ref("parameter", name.id), DIMENSIONLESS)
        message = f"equations are of bare numbers, and {name.id} is {describe(dimension)}"
        hint = f"state the value of {name.id} as a plain number, in the units that the equations count in"
        self.found.error("DIMENSION_MISMATCH", message, name.where, hint=hint)
        return None

    def population(self, population: Population) -> Typed | None:
        """Equations know no cells."""
        return self._no_cells(population)

    def mean(self, mean: Mean) -> Typed | None:
        """Equations know no cells."""
        return self._no_cells(mean)

    def _no_cells(self, node: Population | Mean) -> None:
        message = f"equations cannot depend on cells: `{node}`"
        self.found.error("BAD_EXPRESSION", message, node.where, hint="state a quantity instead")


class _Bare(Resolver):
    """The walk over one expression of bare numbers."""

    def __init__(self, where: BareScope, found: Collector) -> None:
        super().__init__(where, found)
        self.where = where

    def combined(self, expression: Expression, operands: Sequence[Typed | None]) -> Typed | None:
        """Return the expression in symbols of the network."""
        inner = [operand.expression for operand in operands if operand is not None]
        if len(inner) < len(operands):
            return None
        match expression:
            case Number():
                return self._bare_number(expression)
            case Call(function="delayed"):
                return self._delayed(expression, inner[1])
            case Call(function="rate_of"):
                return self._rate_of(expression)
            case Unary() | Binary() | Call():
                return _plain(rebuilt(expression, inner))
            case _:
                return super().combined(expression, operands)

    def _bare_number(self, number: Number) -> Typed | None:
        if number.unit:
            message = f"equations are of bare numbers, and {number} has a unit"
            self.found.error("BAD_VALUE", message, number.where, hint=f"write {number.text}")
            return None
        return _plain(constant(number.value))

    def _delayed(self, call: Call, ago: Expression) -> Typed | None:
        """``delayed(x, T)``: what x was T ago, T in the unit of time of the equations."""
        now = BareScope(self.where.model, self.where.found) if self.where.at_start else self.where
        what = now.resolve(call.arguments[0])
        if what is None:
            return None
        hours = Binary("*", ago, constant(quantities.unit_of_time(self.where.equations)))
        return _plain(Call("earlier" if self.where.at_start else "delayed", (what, hours)))

    def _rate_of(self, call: Call) -> Typed | None:
        name = call.arguments[0]
        quantity = self.where.quantity(name)
        if quantity is not None and not quantities.follows(quantity):
            return _plain(quantities.rate_of(quantity.id, start=self.where.at_start))
        message = f"rate_of() is the derivative of a quantity that moves by rates or processes, not of `{name}`"
        self.found.error("BAD_EXPRESSION", message, place(call), hint="differentiate its `value:` by hand")
        return None


def _plain(expression: Expression) -> Typed:
    return Typed(expression, DIMENSIONLESS)
