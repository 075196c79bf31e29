"""Units under random input: round trips, rescaling, and nothing but UnitError from hostile text."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cytokinome.units import (
    DEFINITIONS,
    Dimension,
    Substance,
    UnitError,
    conversion,
    is_unit_word,
    parse_number,
    parse_quantity,
    parse_unit,
    scan_unit,
    to_unit,
)

WORDS = sorted(word for words, _ in DEFINITIONS for word in words.split() if word != "body_kg")
BASES = ["time", "volume", "length", "substance", "mass", "cell", "temperature", "body_weight", "activity"]

words = st.sampled_from([*WORDS, "%", "IU[IL2]", "µM"])
terms = st.builds(lambda word, power: word + power, words, st.sampled_from(["", "", "^2", "^-1", "²", "³"]))
units = st.builds(
    lambda first, rest: "/".join([first, *rest]), st.one_of(terms, st.just("")), st.lists(terms, max_size=3)
)
values = st.floats(min_value=1e-100, max_value=1e100) | st.floats(min_value=-1e100, max_value=-1e-100) | st.just(0.0)
dimensions = st.dictionaries(st.sampled_from(BASES), st.integers(-3, 3)).map(lambda powers: Dimension.of(**powers))


def fault_of(read, text):
    """The UnitError that reading the text raises, or None; anything else passes through and fails the test."""
    try:
        read(text)
    except UnitError as fault:
        return fault
    return None


def readable(text):
    """Whether the generated unit is one that the grammar accepts (mass per mass is not)."""
    return fault_of(parse_unit, text) is None


@given(values, units)
def test_quantity_prints_what_it_reads(value, unit):
    """Reading what a quantity prints gives the same quantity."""
    assume(readable(unit))
    quantity = parse_quantity(f"{value!r} {unit}")
    assert quantity.value == value
    assert parse_quantity(str(quantity)) == quantity


@given(values, units)
def test_there_and_back(value, unit):
    """A value in a unit, made canonical and brought back, is the value."""
    assume(readable(unit))
    quantity = parse_quantity(f"{value!r} {unit}")
    back = to_unit(quantity.canonical, quantity.dimension, parse_unit(unit))
    assert math.isclose(back, value, rel_tol=4e-16)


@given(units)
def test_scan_takes_a_whole_unit(unit):
    """The scanner ends exactly where the parser's text ends, and what follows is left alone."""
    assume(readable(unit) and unit)
    assert scan_unit(f"10 {unit} * k", 3) == 3 + len(unit)
    assert scan_unit(f"10 {unit}*k", 3) == 3 + len(unit)


@given(terms, terms)
def test_factors_multiply(left, right):
    """The factor and dimension of a product are the products."""
    assume(readable(f"{left}*{right}"))
    a, b, both = parse_unit(left), parse_unit(right), parse_unit(f"{left}*{right}")
    assert math.isclose(both.factor, a.factor * b.factor, rel_tol=1e-15)
    assert both.dimension == a.dimension * b.dimension


@given(dimensions, dimensions)
def test_dimensions_are_a_group(left, right):
    """Multiplication commutes, division undoes it, and equal dimensions have equal hashes."""
    assert left * right == right * left
    assert left * right / right == left
    assert hash(left * right) == hash(right * left)
    assert (left * left.inverse()).is_dimensionless


@given(st.floats(1e-12, 1e-3), st.floats(1e3, 1e15), st.integers(-2, 2))
def test_conversion_there_and_back(molar_mass, activity, power):
    """Mass, amount and activity to any power convert there and back to 1, and along a path as directly."""
    substance = Substance("X", molar_mass, activity)
    steps = [Dimension.of(**{name: power}) for name in ("mass", "substance", "activity")]
    around = [conversion(a, b, substance) for a, b in zip(steps, [*steps[1:], steps[0]], strict=True)]
    assert math.isclose(math.prod(around), 1, rel_tol=1e-12)


@given(st.text(max_size=80) | st.text(alphabet="1/h()^*%-[]IUkgM² µ9.", max_size=80))
def test_any_text_is_read_or_refused(text):
    """No text raises anything but UnitError; its place lies in the text; the scanner always returns."""
    for read in (parse_unit, parse_number, parse_quantity):
        fault = fault_of(read, text)
        assert fault is None or 0 <= fault.start <= len(text)
    for start in range(len(text) + 1):
        assert start <= scan_unit(text, start) <= len(text)
    is_unit_word(text)


@pytest.mark.parametrize("piece", ["h/", "/(h", "h*h", "1/", "(((", "9**", "IU[", "h^9", "µ", "h ", "²"])
def test_long_repetition_is_read_or_refused(piece):
    """Megabytes of any piece end in UnitError or in a finished scan."""
    text = piece * 300_000
    with pytest.raises(UnitError):
        parse_unit(text)
    with pytest.raises(UnitError):
        parse_quantity("1 " + text)
    assert 0 <= scan_unit(text, 0) <= len(text)
