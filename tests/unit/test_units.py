"""Units: every factor by hand, what is refused and where, and the conversions."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any, cast

import numpy as np
import pint
import pytest

from cytokinome import units
from cytokinome.diagnostics import CODES
from cytokinome.unit_grammar import DEFINITIONS
from cytokinome.units import (
    CONCENTRATION,
    DIMENSIONLESS,
    MASS,
    SUBSTANCE,
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

PMOL_PER_MOLECULE = 1e12 / 6.02214076e23

FACTORS = [
    ("", 1, "1"),
    ("1", 1, "1"),
    ("%", 0.01, "1"),
    ("h", 1, "time"),
    ("hours", 1, "time"),
    ("s", 1 / 3600, "time"),
    ("second", 1 / 3600, "time"),
    ("min", 1 / 60, "time"),
    ("minutes", 1 / 60, "time"),
    ("d", 24, "time"),
    ("day", 24, "time"),
    ("week", 168, "time"),
    ("weeks", 168, "time"),
    ("L", 1, "volume"),
    ("l", 1, "volume"),
    ("dL", 0.1, "volume"),
    ("mL", 1e-3, "volume"),
    ("ml", 1e-3, "volume"),
    ("uL", 1e-6, "volume"),
    ("µL", 1e-6, "volume"),
    ("μL", 1e-6, "volume"),
    ("nL", 1e-9, "volume"),
    ("pL", 1e-12, "volume"),
    ("fL", 1e-15, "volume"),
    ("um", 1, "length"),
    ("µm", 1, "length"),
    ("nm", 1e-3, "length"),
    ("mm", 1e3, "length"),
    ("cm", 1e4, "length"),
    ("m", 1e6, "length"),
    ("mol", 1e12, "substance"),
    ("mmol", 1e9, "substance"),
    ("umol", 1e6, "substance"),
    ("nmol", 1e3, "substance"),
    ("pmol", 1, "substance"),
    ("fmol", 1e-3, "substance"),
    ("amol", 1e-6, "substance"),
    ("molecule", PMOL_PER_MOLECULE, "substance"),
    ("receptors", PMOL_PER_MOLECULE, "substance"),
    ("M", 1e12, "substance/volume"),
    ("mM", 1e9, "substance/volume"),
    ("uM", 1e6, "substance/volume"),
    ("µM", 1e6, "substance/volume"),
    ("nM", 1e3, "substance/volume"),
    ("pM", 1, "substance/volume"),
    ("fM", 1e-3, "substance/volume"),
    ("g", 1, "mass"),
    ("kg", 1e3, "mass"),
    ("mg", 1e-3, "mass"),
    ("ug", 1e-6, "mass"),
    ("µg", 1e-6, "mass"),
    ("ng", 1e-9, "mass"),
    ("pg", 1e-12, "mass"),
    ("fg", 1e-15, "mass"),
    ("Da", 1e-12, "mass/substance"),
    ("kDa", 1e-9, "mass/substance"),
    ("g/mol", 1e-12, "mass/substance"),
    ("cells", 1, "cell"),
    ("K", 1, "temperature"),
    ("IU", 1, "activity"),
    ("IU[IL2]", 1, "activity[IL2]"),
    ("IU[IL2]/mL", 1e3, "activity[IL2]/volume"),
    ("/mL", 1e3, "1/volume"),
    ("1/h", 1, "1/time"),
    ("/M/s", 3600e-12, "volume/substance/time"),
    ("1/(pM*h)", 1, "volume/substance/time"),
    ("1/(nM*min)", 60e-3, "volume/substance/time"),
    ("pg/mL", 1e-9, "mass/volume"),
    ("ng / mL", 1e-6, "mass/volume"),
    ("molecules/cell/s", 3600 / 6.02214076e23 * 1e12, "substance/cell/time"),
    ("um^2/s", 3600, "length^2/time"),
    ("um²/s", 3600, "length^2/time"),
    ("um³", 1, "length^3"),
    ("mol*s^-1", 3600e12, "substance/time"),
    ("cells/uL", 1e6, "cell/volume"),
    ("mL/cell/h", 1e-3, "volume/cell/time"),
    ("m^9", 1e54, "length^9"),
]


@pytest.mark.parametrize(("text", "factor", "dimension"), FACTORS)
def test_factor_by_hand(text, factor, dimension):
    """Every word, and the usual compounds, have the factor and dimension worked out by hand."""
    unit = parse_unit(text)
    assert unit.factor == pytest.approx(factor, rel=1e-15, abs=0)
    assert str(unit.dimension) == dimension


def test_every_word_has_a_factor_by_hand():
    """No word of the table is left unchecked, apart from plain singulars and plurals of a checked one."""
    checked = {text for text, _, _ in FACTORS}
    for words, _ in units.DEFINITIONS:
        assert words == "body_kg" or checked & set(words.split()), words


PER_WEIGHT = [
    ("ng/kg", 1e-9, "mass/body weight"),
    ("ng/kg/h", 1e-9, "mass/body weight/time"),
    ("mL/kg", 1e-3, "volume/body weight"),
    ("L/h/kg", 1, "volume/body weight/time"),
    ("IU/kg", 1, "activity/body weight"),
    ("IU[IL2]/kg", 1, "activity[IL2]/body weight"),
    ("mg/(kg*d)", 1e-3 / 24, "mass/body weight/time"),
    ("kg", 1e3, "mass"),
]


@pytest.mark.parametrize(("text", "factor", "dimension"), PER_WEIGHT)
def test_body_weight_does_not_cancel(text, factor, dimension):
    """Below the line of a dose, kg is body weight, a dimension of its own."""
    unit = parse_unit(text, per_body_weight=True)
    assert unit.factor == pytest.approx(factor, rel=1e-15)
    assert str(unit.dimension) == dimension


def test_dose_per_body_weight_times_weight():
    """2 ng/kg at 70 kg are 140 ng."""
    dose = parse_quantity("2 ng/kg", per_body_weight=True)
    weight = parse_quantity("70 kg")
    kilograms = weight.canonical * conversion(weight.dimension, units.BODY_WEIGHT)
    assert kilograms == pytest.approx(70, rel=1e-15)
    assert dose.dimension * units.BODY_WEIGHT == MASS
    assert dose.canonical * kilograms == pytest.approx(140e-9, rel=1e-15)


REFUSED = [
    ("9**9**9", 1, "um^2"),
    ("h^10", 1, "-9 to 9"),
    ("h^-10", 1, "-9 to 9"),
    ("h^0", 1, "-9 to 9"),
    ("h^99999999999999", 1, "-9 to 9"),
    ("m^9*m", 0, "-9 to 9"),
    ("M^9*mol^9", 0, "-9 to 9"),
    ("1/((h))", 3, "pg/mL"),
    ("(h)", 0, "pg/mL"),
    ("h*(h)", 2, "pg/mL"),
    ("1/(h", 3, "no other bracket"),
    ("1/h)", 3, "join words"),
    ("1/()", 3, "pg/mL"),
    ("1/pM*h", 4, "1/(pM*h)"),
    ("1*h", 1, "unit alone"),
    ("2/h", 0, "pg/mL"),
    ("pg mL", 3, "join words"),
    ("pg//mL", 3, "pg/mL"),
    ("pg/", 2, "pg/mL"),
    ("/", 0, "pg/mL"),
    ("pg/mLl", 3, "did you mean ml"),
    ("U/mL", 0, "IU"),
    ("degC", 0, "K"),
    ("°C", 0, "K"),
    ("ng/kg", 3, "per kg of body weight"),
    ("mg/g", 3, "per kg of body weight"),
    ("IU[]", 2, "join words"),
    ("ng[IL2]", 0, "only IU"),
    ("ng\n", 2, "plain letters"),
    ("ng\t/mL", 2, "plain letters"),
    ("n\u200bg", 1, "plain letters"),  # zero-width space
    ("\uff4dL", 0, "plain letters"),  # full-width m
    ("\u212a", 0, "plain letters"),  # the kelvin sign
    ("\u0440g", 0, "plain letters"),  # Cyrillic er
    ("h^\u0662", 2, "plain letters"),  # Arabic-Indic two
    ("h\u2070", 1, "plain letters"),  # superscript zero
    ("nm\u00b7s", 2, "plain letters"),  # middle dot
    ("__import__('os')", 11, "plain letters"),
    ("body_kg", 0, ""),
    ("um.__class__", 2, "join words"),
    ("h" * 10_000_000, 0, "plain unit"),
    ("(" * 10_000_000, 0, "plain unit"),
    ("h" + "/h" * 31, 0, "-9 to 9"),
]


@pytest.mark.parametrize(("text", "start", "hint"), REFUSED, ids=[ascii(text[:20]) for text, _, _ in REFUSED])
def test_refused_unit(text, start, hint):
    """A wrong or hostile unit is refused at its place with a hint, whatever its size."""
    with pytest.raises(UnitError) as caught:
        parse_unit(text)
    assert caught.value.code == "BAD_UNIT"
    assert caught.value.start == start
    assert caught.value.length >= 1
    assert hint in caught.value.hint
    assert len(caught.value.message) < 200


def test_factor_beyond_floats_is_refused():
    """A product whose factor no float can hold is refused; nothing overflows on it."""
    with pytest.raises(UnitError, match="absurdly"):
        parse_unit("mol^9*mol^9/(amol^9*amol^9)")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e6", 1e6),
        ("-3", -3),
        ("010", 10),
        ("2E-3", 2e-3),
        ("0e-999", 0),
        (" 7 ", 7),
    ],
)
def test_number(text, value):
    """Plain decimal numbers are read."""
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "inf",
        "-inf",
        "0x10",
        "1_000",
        "1,5",
        "1.",
        "+1",
        "1e",
        "e6",
        "--1",
        "1e301",
        "1e-400",
        "1e-301",
        "1e999",
        "\u0661",
        "\uff11",
        "1 2",
        "1\n",
        "9" * 65,
        "9" * 10_000_000,
        "1e9**9",
        "NO",
        "12:30",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_refused_number(text):
    """Anything else is refused as a number."""
    with pytest.raises(UnitError) as caught:
        parse_number(text)
    assert caught.value.code == "BAD_NUMBER"


@pytest.mark.parametrize(
    ("text", "canonical", "dimension", "shown"),
    [
        ("10 ng/mL", 1e-5, "mass/volume", "10 ng/mL"),
        ("1e6 /mL", 1e9, "1/volume", "1000000 /mL"),
        ("1e6/mL", 1e9, "1/volume", "1000000 /mL"),
        ("5 %", 0.05, "1", "5 %"),
        ("5%", 0.05, "1", "5 %"),
        ("3", 3, "1", "3"),
        ("  2.5  h ", 2.5, "time", "2.5 h"),
        ("0.5 1/h", 0.5, "1/time", "0.5 1/h"),
        ("-1 h", -1, "time", "-1 h"),
        ("1 molecules/cell/s", 3600 / 6.02214076e23 * 1e12, "substance/cell/time", "1 molecules/cell/s"),
    ],
)
def test_quantity(text, canonical, dimension, shown):
    """A quantity keeps what was written beside its canonical value."""
    quantity = parse_quantity(text)
    assert quantity.canonical == pytest.approx(canonical, rel=1e-15)
    assert str(quantity.dimension) == dimension
    assert str(quantity) == shown


@pytest.mark.parametrize(
    ("text", "code", "start"),
    [
        ("10 ng/ML^2x", "BAD_UNIT", 6),
        ("  10  pgg", "BAD_UNIT", 6),
        ("ng/mL", "BAD_NUMBER", 0),
        ("  x", "BAD_NUMBER", 2),
        ("1,5 h", "BAD_NUMBER", 0),
        ("1.5.2 h", "BAD_NUMBER", 0),
        ("1_0 h", "BAD_NUMBER", 0),
        ("3 1", "BAD_NUMBER", 2),
        ("3 4", "BAD_UNIT", 2),
        ("1e300 mol", "BAD_NUMBER", 0),
        ("  1e301 h", "BAD_NUMBER", 2),
        ("1e-299 amol^9", "BAD_NUMBER", 0),
        ("1 U/mL", "BAD_UNIT", 2),
        ("1 " + "h" * 10_000_000, "BAD_NUMBER", 0),
    ],
    ids=lambda value: ascii(value[:14]) if isinstance(value, str) else None,
)
def test_refused_quantity(text, code, start):
    """A fault in a quantity is placed in the whole text."""
    with pytest.raises(UnitError) as caught:
        parse_quantity(text)
    assert (caught.value.code, caught.value.start) == (code, start)


@pytest.mark.parametrize(
    ("text", "start", "unit"),
    [
        ("10 pg/mL * k", 3, "pg/mL"),
        ("10 pg/mL*k", 3, "pg/mL"),
        ("2 h/k", 2, "h"),
        ("0.5 /k", 4, ""),
        ("0.5 /h", 4, "/h"),
        ("0.5 / h", 4, ""),
        ("1 /(pM*h) * X", 2, "/(pM*h)"),
        ("1 /(pM*k)", 2, ""),
        ("1 /(pM", 2, ""),
        ("1 /(h)/k", 2, "/(h)"),
        ("1 1/h", 2, "1/h"),
        ("1 1", 2, ""),
        ("3/min(a, b)", 1, ""),
        ("3/min", 1, "/min"),
        ("3 h1", 2, ""),
        ("3/h.x", 1, ""),
        ("3/h@blood", 1, ""),
        ("3 h.", 2, "h"),
        ("3 um^2/s + 1", 2, "um^2/s"),
        ("3 um²/s", 2, "um²/s"),
        ("3 h^10", 2, "h^10"),
        ("3 h^k", 2, "h"),
        ("3 IU[IL2]/mL", 2, "IU[IL2]/mL"),
        ("5 % of", 2, "%"),
        ("5 %x", 2, ""),
        ("2 U/mL", 2, "U/mL"),
        ("2/U", 1, ""),
        ("2 µM", 2, "µM"),
        ("2 and", 2, ""),
        ("2", 1, ""),
        ("2 m*", 2, "m"),
        ("2 m/", 2, "m"),
        ("2 m**2", 2, "m"),
    ],
)
def test_scan(text, start, unit):
    """The unit after a number ends before the first operator that is not its own."""
    assert text[start : scan_unit(text, start)] == unit


def test_unit_words():
    """Words of the table are units; names and refused words are not."""
    assert all(is_unit_word(word) for word in ("mL", "µM", "μm", "%", "IU", "IU[IL2]", "min"))
    assert not any(
        is_unit_word(word) for word in ("k", "TNF", "U", "", "1", "pg/mL", "IU[", "IU[é]", "IU[]", "body_kg", "µ")
    )


LPS = Substance("LPS", molar_mass=1e-8)  # 10 kDa
IL2 = Substance("IL2", molar_mass=15.5e-9, specific_activity=1.8e10)  # 1.8e7 IU/mg


def test_mass_to_molar():
    """10 ng/mL of 10 kDa are 1000 pM, and back."""
    quantity = parse_quantity("10 ng/mL")
    canonical = quantity.canonical * conversion(quantity.dimension, CONCENTRATION, LPS)
    assert canonical == pytest.approx(1000, rel=1e-15)
    assert to_unit(canonical, CONCENTRATION, parse_unit("ng/mL"), LPS) == pytest.approx(10, rel=1e-15)


def test_molar_to_volume_per_amount():
    """1 L/g of 10 kDa is 1e-8 L/pmol: the molar mass enters with the opposite power below the line."""
    assert conversion(units.VOLUME / MASS, CONCENTRATION.inverse(), LPS) == pytest.approx(1e-8, rel=1e-15)


def test_activity_to_mass_and_amount():
    """18 IU of 1.8e7 IU/mg are 1 µg, which are 1000/15.5 pmol of 15.5 kDa."""
    named, plain = Dimension((("activity[IL2]", Fraction(1)),)), Dimension.of(activity=1)
    assert 1.8e4 * conversion(named, MASS, IL2) == pytest.approx(1e-6, rel=1e-14)
    assert 1.8e4 * conversion(plain, SUBSTANCE, IL2) == pytest.approx(1e-6 / 15.5e-9, rel=1e-14)
    assert conversion(SUBSTANCE, named, IL2) * conversion(named, SUBSTANCE, IL2) == pytest.approx(1, rel=1e-14)
    assert conversion(plain, named, IL2) == 1


def test_cubic_length_is_volume():
    """1 mm³ is 1 µL; 1 cell/µm³ is 1e15 cells/L."""
    cubic = parse_quantity("1 mm^3")
    assert cubic.canonical * conversion(cubic.dimension, units.VOLUME) == pytest.approx(1e-6, rel=1e-15)
    per_cubic = units.CELL / units.LENGTH**3
    assert conversion(per_cubic, units.DENSITY) == pytest.approx(1e15, rel=1e-15)


@pytest.mark.parametrize(
    ("have", "want", "substance", "code", "words"),
    [
        (units.TIME, units.VOLUME, None, "DIMENSION_MISMATCH", ["time", "volume"]),
        (units.LENGTH, units.VOLUME, LPS, "DIMENSION_MISMATCH", ["length", "volume", "LPS"]),
        (DIMENSIONLESS, units.CELL, None, "DIMENSION_MISMATCH", ["1", "cell"]),
        (MASS / units.VOLUME, SUBSTANCE, LPS, "DIMENSION_MISMATCH", ["mass/volume", "substance"]),
        (Dimension.of(body_weight=1), MASS, None, "DIMENSION_MISMATCH", ["body weight", "mass"]),
        (MASS, Dimension((("activity[IL2]", Fraction(1)),)), LPS, "DIMENSION_MISMATCH", ["activity[IL2]", "LPS"]),
        (MASS, SUBSTANCE, Substance("TNF"), "MISSING_MOLAR_MASS", ["mass", "substance", "TNF"]),
        (MASS, SUBSTANCE, None, "MISSING_MOLAR_MASS", ["mass", "substance"]),
        (Dimension.of(activity=1), MASS, LPS, "MISSING_ACTIVITY", ["activity", "mass", "LPS"]),
    ],
)
def test_refused_conversion(have, want, substance, code, words):
    """A conversion without a bridge, or without its number, says which two dimensions and which substance."""
    with pytest.raises(UnitError) as caught:
        conversion(have, want, substance)
    assert caught.value.code == code
    assert caught.value.code in CODES
    assert all(word in caught.value.message for word in words)
    assert caught.value.hint


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_substance_needs_positive_numbers(value):
    """A molar mass or specific activity that is not positive and finite is refused."""
    with pytest.raises(UnitError, match="must be positive"):
        Substance("X", molar_mass=value)
    with pytest.raises(UnitError, match="must be positive"):
        Substance("X", specific_activity=value)


def test_to_unit_takes_arrays():
    """An array of canonical values is converted by multiplication."""
    found = to_unit(np.array([0.0, 1.0, np.nan]), CONCENTRATION, parse_unit("pg/mL"), LPS)
    np.testing.assert_allclose(found, [0, 10, np.nan], rtol=1e-15)


def test_dimension_arithmetic_and_words():
    """Dimensions multiply, divide, take powers, hash, and read well."""
    assert SUBSTANCE / SUBSTANCE == DIMENSIONLESS
    assert DIMENSIONLESS.is_dimensionless
    assert not CONCENTRATION.is_dimensionless
    assert CONCENTRATION**2 / CONCENTRATION == CONCENTRATION
    assert CONCENTRATION.inverse() == units.VOLUME / SUBSTANCE
    assert CONCENTRATION**0 == DIMENSIONLESS
    assert (units.TIME**2) ** Fraction(1, 2) == units.TIME
    assert str(units.TIME ** Fraction(1, 2)) == "time^(1/2)"
    assert str(CONCENTRATION / units.TIME) == "substance/volume/time"
    assert str(MASS * units.LENGTH**2 / units.TIME) == "mass*length^2/time"
    assert len({CONCENTRATION, SUBSTANCE / units.VOLUME}) == 1
    assert units.PER_CELL * units.DENSITY == CONCENTRATION
    assert MASS / SUBSTANCE == units.MOLAR_MASS
    assert units.VOLUME * units.RATE == units.CLEARANCE


def test_units_need_no_library():
    """Units are read without NumPy or pint, which loads SciPy."""
    program = (
        "import sys; from cytokinome import units\n"
        "assert units.parse_quantity('3 ng/mL').canonical\n"
        "sys.exit(bool({'pint', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_pint_agrees():
    """Every word, and products of them with exponents, have the factor and the dimension that pint gives them."""
    registry = cast("Any", pint).UnitRegistry(None, non_int_type=Fraction)
    for words, how in DEFINITIONS:
        first, *others = words.split()
        registry.define(" = ".join([first, how, "_", *others]))
    known = [word for words, _ in DEFINITIONS for word in words.split()]
    bases = {words.split()[0]: how.strip("[]") for words, how in DEFINITIONS if how.startswith("[")}
    for index, word in enumerate(known):
        other = known[(index * 7 + 3) % len(known)]
        powers = {word: 2 + index % 3} | ({other: -1 - index % 2} if other != word else {})
        factor, roots = registry.get_root_units(registry.UnitsContainer(powers))
        own, dimension = units._canonical(powers)
        assert own == Fraction(factor)
        assert dict(dimension.exponents) == {bases[str(name)]: power for name, power in dict(roots._units).items()}
