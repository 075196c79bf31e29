"""Expressions as published models have them: sums of thousands of terms, conditions within conditions, any number."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytokinome.compiler.latex import latex
from cytokinome.compiler.lower import lower
from cytokinome.model.expressions import (
    MAX_DEPTH,
    MAX_TERMS,
    Binary,
    Expression,
    Fault,
    Name,
    Number,
    Unary,
    chain,
    height,
    parse,
    walk,
)
from cytokinome.model.load import check_text
from cytokinome.model.serialise import print_model

SPARE = 60  # frames of the stack that whoever calls may need besides those of a test
R = TypeVar("R")


def below(frames: int, what: Callable[[], R]) -> R:
    """What a function gives where the stack is deeper."""
    return what() if frames == 0 else below(frames - 1, what)


def sums(count: int) -> str:
    """The terms 1 + 2 − 3 + 4 − 5 …: every third is taken away."""
    return "1" + "".join(f" {'-' if i % 3 == 0 else '+'} {i}" for i in range(2, count + 1))


def chosen(levels: int) -> str:
    """Conditions within conditions: the number of the first that holds."""
    text = "-1"
    for level in range(levels, 0, -1):
        text = f"if(x < {level}, {level}, {text})"
    return text


LARGE = {
    "sum": sums(5000),
    "product": "2" + "".join(f" {'/' if i % 2 else '*'} {1 + i % 7}" for i in range(3000)),
    "conjunction": " and ".join(f"x > {i}" for i in range(1000)),
    "disjunction": " or ".join(f"not x > {i} and y < {i}" for i in range(1000)),
    "choices": chosen(MAX_DEPTH - 2),
    "brackets": "1 - (" * (MAX_DEPTH - 2) + "x" + ")" * (MAX_DEPTH - 2),
    "powers": "x^" * (MAX_DEPTH - 2) + "2",
    "signs": "-" * (MAX_DEPTH - 2) + "x",
    "functions": "min(2, sin(" * (MAX_DEPTH // 2 - 1) + "x" + "))" * (MAX_DEPTH // 2 - 1),
    "sum in sums": " + ".join(f"({sums(150)})" for _ in range(40)),
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_what_is_large_is_read_printed_and_compared(text: str) -> None:
    """Nothing exhausts the stack, and the printed text gives the same tree."""
    tree = parse(text)
    assert height(tree) <= MAX_DEPTH
    again = below(SPARE, lambda: parse(str(tree)))
    assert below(SPARE, lambda: again == tree and hash(again) == hash(tree))


MODEL = """
cytokinome: 1
model: large
compartments: {{well: {{kind: culture, volume: 1 mL}}}}
molecules: {{X: {{initial: 100 pM}}, Y: {{initial: 0 pM}}}}
parameters: {{x: {{value: 17.5, source: assumed}}}}
reactions:
  - {{equation: X -> Y, rate: "1 pM/h * ({formula})", source: assumed}}
"""


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (sums(700), float(sum(-i if i % 3 == 0 else i for i in range(1, 701)))),
        (chosen(200), 18.0),
        (f"if({' and '.join(f'x < {i}' for i in range(700, 18, -1))}, 1, 2)", 1.0),
        ("1 - (" * 199 + "x" + ")" * 199, -16.5),
        ("min(30, abs(" * 100 + "x" + "))" * 100, 17.5),
    ],
    ids=["sum", "choices", "conditions", "brackets", "functions"],
)
def test_large_expressions_are_compiled_and_shown(formula: str, value: float) -> None:
    """From text to number, to mathematics and back to text."""
    model = below(SPARE, lambda: check_text(MODEL.format(formula=formula), "large.yaml").require())
    stages = below(SPARE, lambda: lower(model))
    p = stages.kernel.defaults()
    assert stages.kernel.rhs(0.0, stages.kernel.initial(p), p)[1] == value
    assert "frac" in below(SPARE, lambda: latex(stages.network))
    assert "d[Y]/dt" in below(SPARE, lambda: stages.network.equation("Y"))
    assert check_text(below(SPARE, lambda: print_model(model)), "large.yaml").require() == model


def test_observables_of_each_other_do_not_add_up() -> None:
    """What is defined by what is defined is lowered however long that goes on."""
    names = [f"o{i}" for i in range(18)]
    lines = [f"  o0: {{value: '{chosen(40)}'}}"]
    lines += [f"  {b}: {{value: '1 - (1 - ({a}))'}}" for a, b in itertools.pairwise(names)]
    model = check_text(MODEL.format(formula="o17") + "observables:\n" + "\n".join(lines), "large.yaml").require()
    kernel = lower(model).kernel
    p = kernel.defaults()
    assert kernel.rhs(0.0, kernel.initial(p), p)[1] == 18.0


# --------------------------------------------------------------------------------------------------- chains
def value(expression: Expression) -> float:
    """The value of a sum or product of numbers."""
    match expression:
        case Number():
            return expression.value
        case Binary("+", left, right):
            return value(left) + value(right)
        case Binary("-", left, right):
            return value(left) - value(right)
        case Binary("*", left, right):
            return value(left) * value(right)
        case Binary("/", left, right):
            return value(left) / value(right)
        case _:
            raise TypeError(expression)


@given(st.lists(st.tuples(st.sampled_from("+-"), st.integers(0, 9)), min_size=1, max_size=400))
def test_halved_sums_have_the_same_value(steps: list[tuple[str, int]]) -> None:
    """Whole numbers add up to the same in any order, so the signs within the halves are right."""
    tree = chain(Number("5"), [(sign, Number(str(n))) for sign, n in steps])
    assert value(tree) == 5 + sum(n if sign == "+" else -n for sign, n in steps)
    assert parse(str(tree)) == tree
    assert [n.text for n in walk(tree) if isinstance(n, Number)] == ["5", *(str(n) for _, n in steps)]


@given(st.lists(st.tuples(st.sampled_from("*/"), st.sampled_from([1, 2, 4])), min_size=100, max_size=300))
def test_halved_products_have_the_same_value(steps: list[tuple[str, int]]) -> None:
    """Powers of two multiply exactly."""
    tree = chain(Number("1"), [(sign, Number(str(n))) for sign, n in steps])
    exponent = sum(int(math.log2(n)) * (1 if sign == "*" else -1) for sign, n in steps)
    assert value(tree) == 2.0**exponent


def test_short_chains_go_from_left_to_right() -> None:
    """What can stand one below the other does: no bit of a sum changes for being read."""
    tree = parse(" + ".join("a" * 100))
    for _ in range(99):
        assert isinstance(tree, Binary)
        assert tree.right == Name("a")
        tree = tree.left
    assert height(parse(" + ".join("a" * 101))) < 60


def test_hostile_sizes_are_refused_with_a_place() -> None:
    """Chains without end, and nesting beyond what anyone reads."""
    with pytest.raises(Fault, match=f"more than {MAX_TERMS} terms") as caught:
        parse("+".join(["a"] * (MAX_TERMS + 2)))
    assert caught.value.start == 2 * MAX_TERMS - 1
    for text in (chosen(MAX_DEPTH), "1 - (" * MAX_DEPTH + "x" + ")" * MAX_DEPTH, "(" * 10_000):
        with pytest.raises(Fault, match="nested too deeply"):
            parse(text)


# -------------------------------------------------------------------------------------------------- numbers
EXTREMES = [1e-320, 5e-324, 1.7e308, 1.7976931348623157e308, 2.2250738585072014e-308, 1e300, 0.1, 1e16, 123456789.125]


@given(st.floats(0, allow_nan=False, allow_infinity=False) | st.sampled_from(EXTREMES))
def test_every_number_survives_printing(number: float) -> None:
    """As a term, behind every operator, and negative."""
    literal = Number(repr(number + 0.0))
    assert parse(str(literal)) == literal
    assert struct.pack("d", literal.value) == struct.pack("d", number)
    negative = Unary("-", literal)
    for operator in ("+", "-", "*", "/", "^", "<", "=="):
        for tree in (
            Binary(operator, Name("a"), literal), Binary(operator, literal, Name("a")),
            Binary(operator, Name("a"), negative), Binary(operator, negative, Name("a")),
            Unary("-", negative), Unary("-", Binary(operator, literal, negative)),
        ):  # fmt: skip
            assert parse(str(tree)) == tree


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (Binary("^", Number("2"), Unary("-", Number("3"))), "2 ^ (-3)"),
        (Binary("^", Unary("-", Number("2")), Number("3")), "(-2) ^ 3"),
        (Binary("-", Name("a"), Unary("-", Name("b"))), "a - -b"),
        (Unary("-", Number("1e5")), "-1e5"),
        (Binary("^", Number("-2.0"), Number("2")), "(-2.0) ^ 2"),  # a canonical number carries its sign
        (Binary("-", Name("a"), Number("-2.0")), "a - -2.0"),
    ],
)
def test_signs(tree: Expression, text: str) -> None:
    """A sign belongs to what stands behind it, and no further."""
    assert str(tree) == text
    assert str(parse(text)) == text


@pytest.mark.parametrize("text", ["1e309", "1e999", "2e-324", "0.0001e-322", "1e301 pM", "1e-320 pM"])
def test_numbers_that_no_float_has_are_refused(text: str) -> None:
    """What would be infinite or nothing, or cannot be converted, is a slip."""
    with pytest.raises(Fault, match="absurdly large or small"):
        parse(text)
