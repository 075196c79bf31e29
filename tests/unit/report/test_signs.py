"""Signs read from formulas: right where they are told, and not told where the form does not decide."""

from __future__ import annotations

import pytest

from cytokinome.model.expressions import parse
from cytokinome.report.signs import influence


@pytest.mark.parametrize(
    ("formula", "sign"),
    [
        ("X", 1),
        ("k * 2 /h", 0),
        ("-X", -1),
        ("k * X / (X + K)", 1),
        ("X * k * X / (X + K)", None),
        ("k * (X / (X + K))", 1),
        ("X / (K + X)", 1),
        ("X^2 / (K^2 + X^2)", 1),
        ("k / (K + X)", -1),
        ("X / K", 1),
        ("k * hill(X, K, 2)", 1),
        ("k * (1 - hill(X, K, 2))", -1),
        ("(a + b * hill(X, K, 2)) * (1 - hill(Y, K, 1))", 1),
        ("hill(X, K, 2) * (1 - hill(X, K, 1))", None),
        ("hill(K, X, 2)", None),
        ("k * (1 - X / M)", -1),
        ("k - X", -1),
        ("(k - Y) * X", None),
        ("X - X", None),
        ("k^X", None),
        ("exp(X)", 1),
        ("exp(-X)", -1),
        ("min(X, k)", 1),
        ("max(X, -X)", None),
        ("abs(X)", None),
        ("if(Y > 2, X, k)", 1),
        ("if(X > 2, a, b)", None),
        ("if(X > 2 and Y > 1, a, b)", None),
        ("if(not X > 2, a, b)", None),
    ],
)
def test_influence(formula, sign):
    """The sign that the form of a formula tells."""
    assert influence(parse(formula), parse("X")) == sign


def test_populations():
    """A number of cells in a formula is followed as a name is."""
    assert influence(parse("k * density(Treg) / K"), parse("density(Treg)")) == 1
