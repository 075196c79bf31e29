"""Reading and printing `equations`: what is stated as rates and values of bare numbers instead of sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytokinome.model.components import Change, Demand, Equations, Quantity
from cytokinome.model.expressions import UNREADABLE, Expression
from cytokinome.model.fields import Fields, ModelFields, check_id, kept_expression
from cytokinome.model.processes import read_events
from cytokinome.text import Scalar

if TYPE_CHECKING:
    from cytokinome.text import Node

_MOVES = ("rate", "value", "such-that")


def read_equations(top: Fields) -> Equations | None:
    """Read the section `equations`; None where there is none."""
    fields = top.mapping("equations", "`equations:`")
    if not fields:
        return None
    quantities = tuple(
        _quantity(name, ModelFields(node, top.found, f"quantity {name.text}"))
        for name, node in fields.mapping("quantities", "`quantities:`").entries()
    )
    processes = tuple(
        _process(name, ModelFields(node, top.found, f"process {name.text}"))
        for name, node in fields.mapping("processes", "`processes:`").entries()
    )
    equations = Equations(
        time=fields.unit("time") or "h",
        quantities=quantities,
        processes=processes,
        events=read_events(fields),
        demands=tuple(_demand(ModelFields(n, top.found, "a demand")) for n in fields.items("demands", "demands")),
        source=fields.source("the equations"),
        where=fields.where,
    )
    fields.close()
    return equations


def _quantity(key: Scalar, fields: Fields) -> Quantity:
    check_id(key, fields.found, "quantity")
    initial, unit, scale = fields.expression("initial"), fields.unit("unit"), fields.expression("scale")
    moves = {name: e for name in _MOVES if (e := fields.expression(name)) is not None}
    note = fields.text("note")
    fields.close()
    if len(moves) > 1:
        message = f"{fields.what} has {' and '.join(f'`{name}:`' for name in moves)}"
        hint = "`rate:` is its derivative, `value:` what it always equals, `such-that:` what is always zero: keep one"
        fields.found.error("BAD_VALUE", message, key.where, hint=hint)
    if fields and initial is None and not moves.keys() & {"value", "such-that"}:
        fields.found.error("MISSING_KEY", f"{fields.what} needs `initial:`", key.where, hint="state a number")
    rate, value, such_that = (moves.get(name) for name in _MOVES)
    return Quantity(key.text, initial, unit, rate, value, such_that, scale, note, key.where)


def _process(key: Scalar, fields: Fields) -> Change:
    check_id(key, fields.found, "process")
    rate, note = fields.expression("rate", required=True) or UNREADABLE, fields.text("note")
    changes = [(name.text, _number(node, fields)) for name, node in fields.mapping("changes", "`changes:`").entries()]
    fields.close()
    return Change(key.text, rate, tuple(changes), note, key.where)


def _number(node: Node, fields: Fields) -> Expression:
    if isinstance(node, Scalar):
        return kept_expression(node, fields.found)
    message = f"`changes:` of {fields.what} takes a number for each quantity"
    fields.found.error("WRONG_SHAPE", message, node.where, hint="for example `changes: {A: -1, B: 2}`")
    return UNREADABLE


def _demand(fields: Fields) -> Demand:
    holds, otherwise = fields.expression("holds", required=True) or UNREADABLE, fields.text("else")
    fields.close()
    return Demand(holds, otherwise, fields.where)


# ---------------------------------------------------------------------------------------------- printing
def equations_data(equations: Equations, events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the section as plain mappings, lists and strings; empty entries are what was not stated."""
    return {
        "time": equations.time,
        "source": str(equations.source) if equations.source else None,
        "quantities": {q.id: _quantity_data(q) for q in equations.quantities},
        "processes": {p.id: _process_data(p) for p in equations.processes},
        "events": events,
        "demands": [
            {"holds": str(d.holds), **({"else": d.otherwise} if d.otherwise else {})} for d in equations.demands
        ],
    }


def _quantity_data(q: Quantity) -> dict[str, str]:
    written = {
        "initial": q.initial, "rate": q.rate, "value": q.value, "such-that": q.such_that, "scale": q.scale,
        "unit": q.unit or None, "note": q.note or None,
    }  # fmt: skip
    return {key: str(value) for key, value in written.items() if value is not None}


def _process_data(p: Change) -> dict[str, Any]:
    data: dict[str, Any] = {"rate": str(p.rate), "changes": {id: str(factor) for id, factor in p.changes}}
    return {key: value for key, value in {**data, "note": p.note}.items() if value}
