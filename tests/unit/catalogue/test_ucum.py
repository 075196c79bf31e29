"""Units of records as UCUM writes them: every unit has a code, and the code means the same."""

from __future__ import annotations

import re

import pytest

from cytokinome.catalogue import catalogue
from cytokinome.catalogue.records import Measured
from cytokinome.catalogue.ucum import code_of, ucum, with_codes
from cytokinome.unit_grammar import DEFINITIONS
from cytokinome.units import UnitError, parse_unit

# Symbols of ucum-essence.xml, version 2.2 (github.com/ucum-org/ucum at d060c6d): isMetric="yes" takes prefixes.
METRIC = {"m", "s", "g", "mol", "L", "u", "[IU]"}
OTHERS = {"min", "h", "d", "wk", "K", "%"}
PREFIXES = {"k": 1e3, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18}
# What our words make of a symbol without a prefix, in canonical units.
OURS = {"m": "m", "s": "s", "g": "g", "mol": "mol", "L": "L", "u": "Da", "[IU]": "IU"}
OURS |= {"min": "min", "h": "h", "d": "day", "wk": "week", "K": "K", "%": "%"}
WORDS = [word for words, _ in DEFINITIONS for word in words.split() if word != "body_kg"]
COUNTS = ("molecule", "receptor", "cell")


def meaning(code: str) -> float:
    """The factor of a code, read by its symbols and prefixes alone; annotations are the unit 1."""
    factor = 1.0
    for mark, symbol, power in re.findall(r"(^|[./])((?:\[IU\]|%|[A-Za-z])*(?:\{[^{}]*\})?)([0-9]*)", code):
        bare = re.sub(r"\{.*\}", "", symbol)
        sign = -1 if mark == "/" else 1
        if bare:
            factor *= known(bare) ** (sign * int(power or 1))
    return factor


def known(symbol: str) -> float:
    """The factor of one symbol with or without a prefix."""
    if symbol in METRIC | OTHERS:
        return parse_unit(OURS[symbol]).factor
    assert symbol[1:] in METRIC, symbol
    return PREFIXES[symbol[0]] * parse_unit(OURS[symbol[1:]]).factor


@pytest.mark.parametrize("word", [word for word in WORDS if not word.startswith(COUNTS)])
def test_every_word_has_a_code_of_the_same_size(word: str):
    """The code of a word is made of symbols of UCUM, and means what the word means here, whatever its exponent."""
    assert meaning(ucum(word)) == pytest.approx(parse_unit(word).factor, rel=1e-12)
    assert meaning(ucum(f"h/{word}^2")) == pytest.approx(parse_unit(f"h/{word}^2").factor, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("", "1"),
        ("pg/mL", "pg/mL"),
        ("µg/mL", "ug/mL"),
        ("um^2/s", "um2/s"),
        ("/M/s", "L/mol/s"),
        ("1/(pM*h)", "L/pmol/h"),
        ("molecules/cell/s", "{molecules}/{cell}/s"),
        ("cells/uL", "{cells}/uL"),
        ("/day", "/d"),
        ("mL/min/kg", "mL/min/kg"),
        ("IU[IL2]/mL", "[IU]{IL2}/mL"),
        ("mg/m^2/week", "mg/m2/wk"),
        ("kDa", "ku"),
        ("%", "%"),
    ],
)
def test_codes(unit: str, code: str):
    """What is counted is an annotation, concentrations are amounts per litre."""
    assert ucum(unit) == code


def test_every_value_of_the_catalogue_has_a_code():
    """No unit of a record is without a code, and the code has the letters that UCUM allows."""
    codes = {code_of(block) for sheet in catalogue().sheets for _, block in sheet.blocks if isinstance(block, Measured)}
    assert {"pg/mL", "{receptors}/{cell}", "ku", "L/mol/s"} <= codes
    assert all(re.fullmatch(r"[\x21-\x7e]+", code) for code in codes)
    assert all(meaning(code) > 0 for code in codes)


def test_codes_stand_beside_values():
    """The exported record has the code of each value, at any depth, and nothing else changes."""
    record = catalogue().get("TNFR1")
    plain = with_codes(record)
    text = str(plain)
    assert "'value': '19 pM'" in text
    assert "'ucum': 'pmol/L'" in text
    numbers = [block for sheet in catalogue().sheets if sheet.id == "TNFR1" for _, block in sheet.blocks]
    assert text.count("'ucum'") == sum(isinstance(block, Measured) for block in numbers)


def test_what_is_no_unit_has_no_code():
    """A laboratory unit is refused as everywhere."""
    with pytest.raises(UnitError, match="U is not a unit here"):
        ucum("U/mL")
