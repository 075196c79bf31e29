"""What a file counts in, as units of the language where it has a word for them.

A unit of SBML is a product of base units with factors. Only whole words of the language are looked for: a number whose
unit has no word stays a bare number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cytokinome import units

if TYPE_CHECKING:
    from cytokinome.interchange.sbml.document import Compartment, Document, Species

# Base units of SBML by their dimension, and how many of mol, m, s and g each is.
_BASES: dict[str, tuple[dict[str, float], float]] = {
    "mole": ({"mol": 1}, 1.0),
    "litre": ({"m": 3}, 1e-3),
    "liter": ({"m": 3}, 1e-3),
    "metre": ({"m": 1}, 1.0),
    "meter": ({"m": 1}, 1.0),
    "second": ({"s": 1}, 1.0),
    "gram": ({"g": 1}, 1.0),
    "kilogram": ({"g": 1}, 1e3),
    "dimensionless": ({}, 1.0),
}
_BUILT_IN = {"substance": "mole", "volume": "litre", "time": "second", "area": "", "length": "metre"}  # of level 2


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit: `factor` times a product of powers of mol, m, s and g."""

    powers: tuple[tuple[str, float], ...]
    factor: float

    def over(self, other: Measure) -> Measure:
        """Return the quotient of two units."""
        powers = dict(self.powers)
        for base, power in other.powers:
            powers[base] = powers.get(base, 0.0) - power
        return _measure(powers, self.factor / other.factor)


def _measure(powers: dict[str, float], factor: float) -> Measure:
    return Measure(tuple(sorted((base, power) for base, power in powers.items() if power)), factor)


# The words of the language that are looked for; the first of each line as a product of bases.
_WORDS = (
    (_measure({"mol": 1}, 1.0), ("mol", "mmol", "umol", "nmol", "pmol", "fmol", "amol")),
    (_measure({"m": 3}, 1e-3), ("L", "dL", "mL", "uL", "nL", "pL", "fL")),
    (_measure({"s": 1}, 1.0), ("s", "min", "h", "d", "week")),
    (_measure({"g": 1}, 1.0), ("g", "kg", "mg", "ug", "ng", "pg", "fg")),
    (_measure({"mol": 1, "m": -3}, 1e3), ("M", "mM", "uM", "nM", "pM", "fM")),
    (_measure({"g": 1, "m": -3}, 1e3), ("g/L", "mg/L", "ug/L", "ng/L", "pg/L")),
)


def measure(document: Document, id: str) -> Measure | None:
    """Return the unit of this id; None where it is unknown or of another dimension."""
    definition = next((u for u in document.units if u.id == id), None)
    if definition is None:
        base = _BASES.get(id) or (_BASES.get(_BUILT_IN.get(id, "")) if document.level == 2 else None)
        return _measure(base[0], base[1]) if base else None
    powers, factor = dict[str, float](), 1.0
    for part in definition.parts:
        if part.kind not in _BASES:
            return None
        dimensions, size = _BASES[part.kind]
        try:
            factor *= (part.multiplier * 10.0**part.scale * size) ** part.exponent
        except (OverflowError, ZeroDivisionError):
            return None
        for base, power in dimensions.items():
            powers[base] = powers.get(base, 0.0) + power * part.exponent
    return _measure(powers, factor) if math.isfinite(factor) and factor > 0 else None


def word(measured: Measure | None) -> str:
    """Return the unit of the language that is this one; empty where there is none."""
    if measured is None:
        return ""
    return next((text for text, size in _sizes().items() if _is_same(measured, size)), "")


def _is_same(one: Measure, other: Measure) -> bool:
    return one.powers == other.powers and math.isclose(one.factor, other.factor, rel_tol=1e-9)


@lru_cache(maxsize=1)
def _sizes() -> dict[str, Measure]:
    """The words of the language in the bases of SBML: what each is, by the first of its kind."""
    found: dict[str, Measure] = {}
    for first, words in _WORDS:
        for text in words:
            ratio = units.parse_unit(text).factor / units.parse_unit(words[0]).factor
            found[text] = Measure(first.powers, first.factor * ratio)
    return found


# ------------------------------------------------------------------------------------------------------- of a file
def time_unit(document: Document) -> tuple[str, str]:
    """Return the unit of time, empty where the language has no word for it, and what the file says of it."""
    if document.time_units:
        return word(measure(document, document.time_units)), document.time_units
    if document.level == 2:
        return word(measure(document, "time")), "time"
    return "", ""


def of_compartment(document: Document, compartment: Compartment) -> str:
    """Return the unit of a size that the file states."""
    return word(_size_of(document, compartment))


def of_species(document: Document, species: Species, compartment: Compartment, *, is_amount: bool) -> str:
    """Return the unit of an amount or a concentration that the file states."""
    amount = measure(document, _stated(document, species.units or document.substance_units, "substance"))
    size = _size_of(document, compartment)
    if is_amount or amount is None or size is None:
        return word(amount) if is_amount else ""
    return word(amount.over(size))


def of_parameter(document: Document, stated: str) -> str:
    """Return the unit of a parameter that the file states."""
    return word(measure(document, stated)) if stated else ""


def _size_of(document: Document, compartment: Compartment) -> Measure | None:
    if compartment.dimensions != 3:
        return None
    return measure(document, _stated(document, compartment.units or document.volume_units, "volume"))


def _stated(document: Document, written: str, built_in: str) -> str:
    """Return what was stated; of the units built into level 2 only those that the file defines anew."""
    is_own = any(u.id == built_in for u in document.units)
    return written or (built_in if document.level == 2 and is_own else "")
