"""What the report shows of a model's `equations`: a row per quantity and process, boxes and arrows of the picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.model.expressions import Name, Number, Unary, walk
from cytokinome.report.signs import influence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.model.components import Change, Equations, Model, Quantity
    from cytokinome.model.expressions import Expression

MOST_DRAWN = 40  # quantities and processes of a picture that can still be read
PROCESSES, RATES, VALUES = "processes", "rates", "what always holds"


@dataclass(frozen=True, slots=True)
class EquationRow:
    """One quantity or process: `text` says how it moves or what it equals."""

    name: str
    unit: str
    start: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Influence:
    """An arrow of the picture: from the row `row` to a quantity (`is_output`), or from it.

    `direction` is 1 where one rises with the other, −1 where it falls, 0 where the form does not tell.
    """

    row: str
    quantity: str
    direction: int
    is_output: bool


def is_drawn(model: Model) -> bool:
    """Whether a picture of the model can be read."""
    equations = model.equations
    return equations is None or len(equations.quantities) + len(equations.processes) <= MOST_DRAWN


def rows(model: Model) -> tuple[EquationRow, ...]:
    """Return a row per quantity, then one per process, in the order of the model."""
    if model.equations is None:
        return ()
    quantities = (EquationRow(q.id, q.unit, *_of_quantity(q), q.note) for q in model.equations.quantities)
    processes = (EquationRow(p.id, "", "", _of_process(p), p.note) for p in model.equations.processes)
    return (*quantities, *processes)


def _of_quantity(quantity: Quantity) -> tuple[str, str]:
    start = str(quantity.initial) if quantity.initial is not None else ""
    if quantity.value is not None:
        return "", f"= {quantity.value}"
    if quantity.such_that is not None:
        return start, f"such that {quantity.such_that} = 0"
    return start, f"d/dt = {quantity.rate}" if quantity.rate is not None else ""


def _of_process(process: Change) -> str:
    changes = ", ".join(f"{id} {_signed(factor)}" for id, factor in process.changes)
    return f"at {process.rate}: {changes}" if changes else f"at {process.rate}"


def _signed(factor: Expression) -> str:
    match factor:
        case Number():
            return f"−{factor.text.removeprefix('-')}" if factor.value < 0 else f"+{factor}"
        case Unary("-", Number() as number):
            return f"−{number}"
        case _:
            return f"+({factor})"


# -------------------------------------------------------------------------------------------------------- picture
def boxes(equations: Equations) -> dict[str, list[tuple[str, str]]]:
    """Return the rows of each box of the picture: an id, and what stands in the row."""
    found = {
        PROCESSES: [(p.id, p.id) for p in equations.processes],
        RATES: [(_row(q), f"rate of {q.id}") for q in equations.quantities if q.rate is not None],
        VALUES: [(_row(q), f"value of {q.id}") for q in equations.quantities if _holds(q) is not None],
    }
    return {title: lines for title, lines in found.items() if lines}


def influences(equations: Equations) -> Iterator[Influence]:
    """Yield the arrows of the picture, each once."""
    known = {q.id for q in equations.quantities}
    for process in equations.processes:
        for id, factor in process.changes:
            yield Influence(process.id, id, _sign(factor), True)
        yield from _read(process.id, process.rate, known)
    for quantity in equations.quantities:
        formula = quantity.rate if quantity.rate is not None else _holds(quantity)
        if formula is not None:
            yield Influence(_row(quantity), quantity.id, 1, True)
            is_condition = quantity.such_that is not None  # which does not tell what raises it
            for arrow in _read(_row(quantity), formula, known - {quantity.id}):
                yield replace(arrow, direction=0) if is_condition else arrow


def _row(quantity: Quantity) -> str:
    return f"d {quantity.id}"  # not the name of a process


def _holds(quantity: Quantity) -> Expression | None:
    return quantity.value if quantity.value is not None else quantity.such_that


def _read(row: str, formula: Expression, known: set[str]) -> Iterator[Influence]:
    named = {node.id: node for node in walk(formula) if isinstance(node, Name) and node.id in known}
    for id, node in named.items():
        yield Influence(row, id, influence(formula, node) or 0, False)


def _sign(factor: Expression) -> int:
    is_negative = isinstance(factor, Unary) or (isinstance(factor, Number) and factor.value < 0)
    return -1 if is_negative else 1
