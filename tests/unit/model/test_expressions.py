"""Expressions: what the grammar reads, what it refuses and where, and how a tree is printed."""

from __future__ import annotations

import pytest

from cytokinome.diagnostics import Span
from cytokinome.model.expressions import (
    Binary,
    Call,
    Expression,
    Fault,
    Mean,
    Name,
    Number,
    Population,
    Unary,
    parse,
    place,
    walk,
)

A, K, H, ONE = Name("a"), Name("k"), Number("2", "h"), Number("1")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("10 pg/mL", Number("10", "pg/mL")),
        ("10pg/mL", Number("10", "pg/mL")),
        ("0.5 /h", Number("0.5", "/h")),
        ("5 %", Number("5", "%")),
        ("1 molecules/cell/s", Number("1", "molecules/cell/s")),
        ("1e6 /M/s", Number("1e6", "/M/s")),
        ("2 h/k", Binary("/", H, K)),
        ("2 h / k", Binary("/", H, K)),
        ("2/k", Binary("/", Number("2"), K)),
        ("0.5 /k", Binary("/", Number("0.5"), K)),
        ("2 * h", Binary("*", Number("2"), Name("h"))),
        ("2 pM * k", Binary("*", Number("2", "pM"), K)),
        ("2 min + k", Binary("+", Number("2", "min"), K)),
        ("-k^2", Unary("-", Binary("^", K, Number("2")))),
        ("k^-2", Binary("^", K, Unary("-", Number("2")))),
        ("k^2^3", Binary("^", K, Binary("^", Number("2"), Number("3")))),
        ("a - b - k", Binary("-", Binary("-", Name("a"), Name("b")), K)),
        ("a - (b - k)", Binary("-", Name("a"), Binary("-", Name("b"), K))),
        ("a < 1 and not k > 1", Binary("and", Binary("<", A, ONE), Unary("not", Binary(">", K, ONE)))),
        ("X@blood", Name("X", "blood")),
        ("X.R", Name("X.R")),
        ("count(active T_cell@joint)", Population("count", ("active",), "T_cell", "joint")),
        ("mean(active T_cell.Y)", Mean(("active",), "T_cell", "Y")),
        ("if(a > 1, 1, min(a, k))", Call("if", (Binary(">", A, ONE), ONE, Call("min", (A, K))))),
    ],
)  # fmt: skip
def test_trees(text: str, tree: Expression) -> None:
    """Each text gives this tree, and the tree prints as a text that gives it again."""
    assert parse(text) == tree
    assert parse(str(tree)) == tree


@pytest.mark.parametrize(
    ("text", "start", "says"),
    [
        ("", 0, "found the end"),
        ("1 +", 3, "found the end"),
        ("1 + * 2", 4, "found '*'"),
        ("9**9**9", 2, "found '*'"),
        ("(1 + 2", 6, "to close the parenthesis"),
        ("1 2", 2, "unexpected '2'"),
        ("10 pgg/mL", 3, "unknown unit 'pgg'"),
        ("1 h^10", 3, "the exponent 10"),
        ("1e999", 0, "absurdly large"),
        ("sqrt(1, 2)", 0, "sqrt takes 1 arguments"),
        ("min(1)", 0, "min takes at least 2"),
        ("mean(T_cell)", 0, "needs cell.variable"),
        ("count()", 0, "count() needs a cell"),
        ("a ? b", 2, "unexpected character '?'"),
        ("and", 0, "a word of the language"),
        ("a < b < c", 6, "unexpected '<'"),
        ("__import__('os')", 10, "unexpected"),
    ],
)
def test_faults(text: str, start: int, says: str) -> None:
    """What is no expression raises a fault at its place."""
    with pytest.raises(Fault) as caught:
        parse(text)
    assert caught.value.start == start
    assert says in caught.value.message


@pytest.mark.parametrize(
    "text", ["(" * 300 + "1" + ")" * 300, "2^" * 2000 + "2", "not " * 2000 + "a", "-" * 2000 + "1"]
)
def test_depth_is_limited(text: str) -> None:
    """No nesting reaches the limit of the stack."""
    with pytest.raises(Fault, match="nested too deeply"):
        parse(text)


def test_places() -> None:
    """Every node knows where it was written."""
    tree = parse("k + 2 pM", Span("f", 3, 11))
    spans = [(type(n).__name__, place(n)) for n in walk(tree)]
    assert spans == [("Binary", Span("f", 3, 11, 8)), ("Name", Span("f", 3, 11, 1)), ("Number", Span("f", 3, 15, 4))]
