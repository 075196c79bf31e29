"""The network: variables, and processes that change them. The first stage of the compiler.

A `Process` is one term: a rate and what it does to each variable. Its equation can be read beside the sentence
that it comes from. All expressions are canonical (hour, litre, picomole, cell; so pM).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytokinome.model import scope
from cytokinome.model.components import Manner
from cytokinome.model.expressions import Binary, Expression, Number, Unary, fold, rebuilt
from cytokinome.units import DIMENSIONLESS, Dimension, Substance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.diagnostics import Report, Span


@dataclass(frozen=True, slots=True)
class Variable:
    """A state. `scale` sets its absolute tolerance; `volume` turns an amount that is added into a step of it."""

    id: str
    kind: str  # molecule | cells | inside | amount
    dimension: Dimension
    initial: Expression
    scale: tuple[Expression, ...]  # the largest counts; one of them may be a Call("min", …) of half levels
    volume: Expression
    substance: Substance | None = None
    inside: tuple[str, str] | None = None  # the name and the population of what cells carry


@dataclass(frozen=True, slots=True)
class Process:
    """One process: `rate` and the change of each variable per unit of it. `origin` is the rule, reaction or record.

    The rest is for engines that count. `one_way`, where given, replaces the rate: forward, and back where `rate` is a
    balance, with ``Ref("one", state)``, a single cell or molecule, taken from whoever meets its like. `upon` names the
    process at whose every event this one happens, and how often; `subject` the population of the cell that does it or
    that it happens to.
    """

    id: str
    origin: str
    rate: Expression
    changes: tuple[tuple[str, Expression], ...]
    one_way: tuple[Expression, ...] = ()
    upon: tuple[str, Expression] | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A number that differs between patients or arms."""

    name: str
    dimension: Dimension
    value: Expression | None = None  # None: set by the engine (baseline production)
    substance: Substance | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A named quantity that can be observed, in canonical units; `unit` is what to show it in."""

    name: str
    dimension: Dimension = DIMENSIONLESS
    substance: Substance | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event: when `condition` comes true, each target (kind state or parameter, id) gets its new value."""

    id: str
    condition: Expression
    delay: Expression
    priority: Expression
    assignments: tuple[tuple[str, str, Expression], ...]
    manner: Manner = field(default_factory=Manner)


@dataclass(frozen=True, slots=True)
class Implicit:
    """A definition that only a condition determines: `residual` is zero.

    Where it cannot be solved for, it begins as the `guess`, and moves as the `state`; what is meant at the start alone
    has none.
    """

    id: str
    residual: Expression
    guess: Expression
    state: Variable | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that happens, before it is arranged into equations."""

    model_id: str
    variables: tuple[Variable, ...]
    processes: tuple[Process, ...]
    slots: tuple[Slot, ...]
    definitions: tuple[tuple[str, Expression], ...]
    molecules: tuple[tuple[str, Expression], ...]  # id of a free concentration → a state, or how it follows from states
    outputs: tuple[tuple[Output, Expression], ...]
    baselines: tuple[tuple[str, str, Expression], ...]  # slot of the production, variable, level
    notes: Report
    start: str = "given"
    geometry_only: tuple[str, ...] = field(default=())
    events: tuple[Happening, ...] = field(default=())
    implicit: tuple[Implicit, ...] = field(default=())
    conditions: tuple[tuple[str, Expression], ...] = field(default=())  # a state, and what is zero and determines it
    means: tuple[tuple[str, Expression], ...] = field(default=())  # where definitions speak of a single cell

    def equation(self, variable: str) -> str:
        """Return the right-hand side of one variable as text."""
        terms: list[str] = []
        for process in self.processes:
            for target, coefficient in process.changes:
                if target == variable:
                    terms.append(_term(coefficient, process.rate))
        return f"d[{variable}]/dt = " + (" ".join(terms).removeprefix("+ ") if terms else "0")


def _term(coefficient: Expression, rate: Expression) -> str:
    sign = "+"
    if isinstance(coefficient, Unary):
        sign, coefficient = "-", coefficient.operand
    return f"{sign} {show(rate if coefficient == Number('1.0') else Binary('*', coefficient, rate))}"


def show(expression: Expression) -> str:
    """Print a canonical expression with six digits, for a reader."""
    return str(shortened(expression))


def shortened(expression: Expression) -> Expression:
    """Return the expression with its numbers cut to six digits."""
    return fold(expression, _short)


def _short(node: Expression, operands: Sequence[Expression]) -> Expression:
    return Number(f"{node.value:.6g}") if isinstance(node, Number) else rebuilt(node, operands)


# ------------------------------------------------------------------------------- small algebra for the builders
ONE, ZERO = Number("1.0"), Number("0.0")


def times(*factors: Expression) -> Expression:
    """Return the product, without factors of one."""
    kept = [f for f in factors if f != ONE]
    if not kept:
        return ONE
    result = kept[0]
    for factor in kept[1:]:
        result = Binary("*", result, factor)
    return result


def plus(*terms: Expression) -> Expression:
    """Return the sum, without zeros."""
    return scope.sum_of([t for t in terms if t != ZERO])


def minus(left: Expression, right: Expression) -> Expression:
    """Return the difference."""
    return left if right == ZERO else Binary("-", left, right)


def over(left: Expression, right: Expression) -> Expression:
    """Return the quotient."""
    if isinstance(left, Number) and isinstance(right, Number) and right.value:
        return Number(repr(left.value / right.value))
    return left if right == ONE else Binary("/", left, right)


def negative(expression: Expression) -> Expression:
    """Return the negative."""
    return Unary("-", expression)
