"""What every check of a model uses: places of words, unknown names, quantities that fit and have the right sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.model import scope
from cytokinome.model.expressions import COMPARISONS, UNREADABLE, Binary, Call, Expression, Name, Number, Unary, place
from cytokinome.model.places import at_word
from cytokinome.units import Dimension

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.diagnostics import Span
    from cytokinome.model.components import Event, Model
    from cytokinome.model.scope import ModelScope


def unknown(
    message: str, name: str, known: Iterable[str], where: Span | None, found: Collector, *, after: str = ""
) -> None:
    """Report a name that nothing declares, at its place in the line."""
    found.error("UNKNOWN_NAME", message, at_word(name, where, found, after=after), hint=did_you_mean(name, known))


def quantity(
    where: ModelScope,
    expression: Expression,
    expect: Dimension,
    what: str,
    agent: str | None = None,
    bare: units.Unit | None = None,
) -> bool:
    """Check that an expression resolves to a dimension and is not a negative number."""
    substance = scope.substance(where.model, agent) if agent else None
    resolved = where.resolver(bare).resolve(expression, expect, substance, what)
    return resolved is not None and not_negative(where.model, expression, where.found, what)


def not_negative(model: Model, expression: Expression, found: Collector, what: str) -> bool:
    """Check that a number, or the parameter named, is not negative."""
    written = as_written(model, expression)
    if isinstance(written, Unary) and written.operator == "-" and isinstance(written.operand, Number):
        value = f"{expression}" if written is expression else f"{expression} = {written}"
        found.error("NEGATIVE_VALUE", f"{what} is negative: {value}", place(expression), hint="remove the minus sign")
        return False
    return True


def is_condition(expression: Expression) -> bool:
    """Whether an expression is true or false rather than a number."""
    match expression:
        case Unary() | Binary():
            return expression.operator in (*COMPARISONS, "and", "or", "not")
        case _:
            return isinstance(expression, Call) and expression.function == "xor"


def needs_condition(event: Event, found: Collector) -> None:
    """Report an event that waits for a number; what could not be read has been reported there."""
    if event.condition is not UNREADABLE and not is_condition(event.condition):
        hint = f"compare it: `when: {event.condition} > …`"
        found.error("BAD_VALUE", f"`when:` of {event.id} needs a condition", place(event.condition), hint=hint)


def positive(model: Model, expression: Expression, found: Collector, what: str) -> bool:
    """Check that a number, or the parameter named, is not zero; `not_negative` looks for the sign."""
    written = as_written(model, expression)
    if isinstance(written, Number) and written.value <= 0:
        value = f"{expression}" if written is expression else f"{expression} = {written}"
        hint = "remove what has no effect, or state a number above zero"
        found.error("BAD_VALUE", f"{what} must be above zero; it is {value}", place(expression), hint=hint)
        return False
    return True


def as_written(model: Model, expression: Expression) -> Expression:
    """Return the value of the parameter that an expression names, else the expression."""
    parameter = model.parameter(expression.id) if isinstance(expression, Name) else None
    return parameter.value if parameter is not None else expression
