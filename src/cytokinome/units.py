"""Units: dimensions, and the conversions between mass, amount, molecules and activity.

Canonical units are hour, litre (volumes), micrometre (lengths), picomole, gram, cell, kelvin, kilogram of body
weight and IU; so a concentration is in pmol/L = pM. Factors are exact fractions until the last step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, overload

from cytokinome.unit_grammar import (
    DEFINITIONS,
    MASS_WORDS,
    MAX_EXPONENT,
    MAX_LENGTH,
    NAMED,
    NUMBER,
    Term,
    UnitError,
    is_unit_word,
    parse_number,
    plain_word,
    read_terms,
    scan_unit,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "AVOGADRO",
    "BODY_WEIGHT",
    "CELL",
    "CLEARANCE",
    "CONCENTRATION",
    "DENSITY",
    "DIMENSIONLESS",
    "LENGTH",
    "MASS",
    "MOLAR_MASS",
    "PER_CELL",
    "RATE",
    "SUBSTANCE",
    "TIME",
    "VOLUME",
    "Dimension",
    "Quantity",
    "Substance",
    "Unit",
    "UnitError",
    "conversion",
    "is_unit_word",
    "parse_number",
    "parse_quantity",
    "parse_unit",
    "scan_unit",
    "to_unit",
]

AVOGADRO = 6.02214076e23
"""Particles per mole; exact by the definition of the SI (2019)."""

LITRES_PER_CUBIC_MICROMETRE = 1e-15


# --- dimensions -------------------------------------------------------------------------------------------------------

# The order in which a reader expects them: "substance/cell/time", "cell/volume", "mass/body weight/time".
_READING_ORDER = ("activity", "mass", "substance", "cell", "length", "volume", "body_weight", "temperature", "time")


def _reading_key(item: tuple[str, Fraction]) -> tuple[int, str]:
    base = item[0].partition("[")[0]
    return (_READING_ORDER.index(base) if base in _READING_ORDER else len(_READING_ORDER), item[0])


@dataclass(frozen=True, slots=True)
class Dimension:
    """Exponents over the base dimensions, sorted by name, without zeros.

    Base dimensions are time, volume, length, substance, mass, cell, temperature, body_weight, activity and, for the
    units of one named substance, ``activity[IL2]``.

    Examples
    --------
    >>> str(SUBSTANCE / VOLUME / TIME)
    'substance/volume/time'
    """

    exponents: tuple[tuple[str, Fraction], ...] = ()

    @classmethod
    def of(cls, **exponents: int) -> Dimension:
        """Return the dimension with these exponents, e.g. ``Dimension.of(substance=1, volume=-1)``."""
        return _dimension({name: Fraction(power) for name, power in exponents.items()})

    @property
    def is_dimensionless(self) -> bool:
        """Whether this is a pure number."""
        return not self.exponents

    def inverse(self) -> Dimension:
        """Return one over this dimension."""
        return self**-1

    def __mul__(self, other: Dimension) -> Dimension:
        total = dict(self.exponents)
        for name, power in other.exponents:
            total[name] = total.get(name, Fraction(0)) + power
        return _dimension(total)

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __pow__(self, power: int | Fraction) -> Dimension:
        return _dimension({name: own * power for name, own in self.exponents})

    def __str__(self) -> str:
        ordered = sorted(self.exponents, key=_reading_key)
        above = [_readable(name, power) for name, power in ordered if power > 0]
        below = [_readable(name, -power) for name, power in ordered if power < 0]
        return "/".join(["*".join(above) or "1", *below])


def _dimension(exponents: dict[str, Fraction]) -> Dimension:
    return Dimension(tuple(sorted((name, power) for name, power in exponents.items() if power)))


def _readable(name: str, power: Fraction) -> str:
    word = name.replace("_", " ")
    if power == 1:
        return word
    return f"{word}^{power}" if power.denominator == 1 else f"{word}^({power})"


DIMENSIONLESS = Dimension()
TIME = Dimension.of(time=1)
VOLUME = Dimension.of(volume=1)
LENGTH = Dimension.of(length=1)
SUBSTANCE = Dimension.of(substance=1)
MASS = Dimension.of(mass=1)
CELL = Dimension.of(cell=1)
BODY_WEIGHT = Dimension.of(body_weight=1)
CONCENTRATION = SUBSTANCE / VOLUME
RATE = TIME.inverse()
DENSITY = CELL / VOLUME
PER_CELL = SUBSTANCE / CELL
MOLAR_MASS = MASS / SUBSTANCE
CLEARANCE = VOLUME / TIME


# --- units ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as written, its dimension, and the factor with canonical = value * factor."""

    text: str
    dimension: Dimension
    factor: float


def parse_unit(text: str, *, per_body_weight: bool = False) -> Unit:
    """Read a unit.

    Parameters
    ----------
    text : str
        ``pg/mL``, ``/mL``, ``1/(pM*h)``, ``molecules/cell/s``, ``um^2/s``, ``%``; empty or ``1`` is a pure number.
    per_body_weight : bool
        Whether ``kg`` below the line means per kg of body weight (doses, volumes, clearances).

    Raises
    ------
    UnitError
        ``BAD_UNIT`` with the place inside `text`.

    Examples
    --------
    >>> parse_unit("ng/mL").factor
    1e-06
    """
    return _parse(text, per_body_weight)


@lru_cache(maxsize=4096)
def _parse(text: str, per_body_weight: bool) -> Unit:
    terms = read_terms(text)
    if not per_body_weight:
        _refuse_mass_per_mass(text, terms)
    dimension, powers, percents = DIMENSIONLESS, dict[str, int](), 0
    for term in terms:
        if named := NAMED.fullmatch(term.word):
            dimension *= Dimension(((f"activity[{named[1]}]", Fraction(term.power)),))
        elif term.word == "%":
            percents += term.power
        else:
            word = "body_kg" if per_body_weight and term.word == "kg" and term.power < 0 else plain_word(term.word)
            powers[word] = powers.get(word, 0) + term.power
    exact, rest = _canonical(powers) if powers else (Fraction(1), DIMENSIONLESS)
    dimension *= rest
    if any(abs(power) > MAX_EXPONENT for _, power in dimension.exponents):
        raise UnitError(f"the exponents add up to {dimension}", hint="exponents go from -9 to 9", length=len(text))
    return Unit(text.strip(), dimension, _as_float(exact * Fraction(1, 100) ** percents, text))


def _as_float(exact: Fraction, text: str) -> float:
    """The nearest float; a factor that no float can hold is no unit anybody meant."""
    if not Fraction(1, 10**300) < exact < 10**300:
        raise UnitError(f"{text} is absurdly large or small", hint="write a plain unit such as pg/mL", length=len(text))
    return float(exact)


def _refuse_mass_per_mass(text: str, terms: tuple[Term, ...]) -> None:
    masses = [term for term in terms if plain_word(term.word) in MASS_WORDS]
    below = next((term for term in masses if term.power < 0), None)
    if below and any(term.power > 0 for term in masses):
        raise UnitError(
            f"{text.strip()} is a mass per mass",
            hint="only doses, volumes and clearances may be per kg of body weight; elsewhere state an amount or a "
            "concentration",
            start=below.start,
            length=below.length,
        )


def _canonical(powers: dict[str, int]) -> tuple[Fraction, Dimension]:
    """Factor to canonical units and dimension of a product of known words."""
    factor, dimension = Fraction(1), DIMENSIONLESS
    for word, power in powers.items():
        own, of = _words()[word]
        factor *= own**power
        dimension *= of**power
    return factor, dimension


@lru_cache(maxsize=1)
def _words() -> dict[str, tuple[Fraction, Dimension]]:
    """Factor to canonical units and dimension of every word of the table; a definition knows the words above it."""
    known: dict[str, tuple[Fraction, Dimension]] = {}
    for words, how in DEFINITIONS:
        base = Fraction(1), Dimension.of(**{how.strip("[]"): 1})
        known |= dict.fromkeys(words.split(), base if how.startswith("[") else _product(how, known))
    return known


def _product(how: str, known: dict[str, tuple[Fraction, Dimension]]) -> tuple[Fraction, Dimension]:
    """What ``1e-12 * g / pmol`` is, from left to right."""
    factor, dimension, sign = Fraction(1), DIMENSIONLESS, 1
    for part in how.split():
        if part in "*/":
            sign = 1 if part == "*" else -1
        else:
            own, of = known.get(part) or (Fraction(part), DIMENSIONLESS)
            factor, dimension = factor * own**sign, dimension * of**sign
    return factor, dimension


# --- quantities -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit as published, and its value in canonical units."""

    value: float
    unit: str
    canonical: float
    dimension: Dimension

    def __str__(self) -> str:
        return f"{repr(self.value).removesuffix('.0')} {self.unit}".rstrip()


def parse_quantity(text: str, *, per_body_weight: bool = False) -> Quantity:
    """Read a number with or without a unit: ``10 ng/mL``, ``1e6 /mL``, ``5 %``, ``3``.

    Parameters
    ----------
    text : str
        The number, and the unit after it.
    per_body_weight : bool
        As in `parse_unit`.

    Raises
    ------
    UnitError
        ``BAD_NUMBER`` or ``BAD_UNIT`` with the place inside `text`.
    """
    body = text[: 3 * MAX_LENGTH]  # what is longer is refused without being read
    start = len(body) - len(body.lstrip(" "))
    match = NUMBER.match(body, start)
    if match is None or len(text) > len(body) or body[match.end() : match.end() + 1] in (".", ",", "_"):
        raise UnitError(
            f"{body[:24].strip()!a} does not start with a plain number",
            code="BAD_NUMBER",
            hint="write a number with a decimal point and a unit: 1.5 ng/mL",
            start=start,
            length=len(body) - start,
        )
    try:
        value = parse_number(match.group())
    except UnitError as fault:
        raise fault.shifted(start) from None
    at = len(body) - len(body[match.end() :].lstrip(" "))
    try:
        unit = parse_unit(body[at:].rstrip(" "), per_body_weight=per_body_weight)
    except UnitError as fault:
        raise fault.shifted(at) from None
    if unit.text == "1":
        raise UnitError("a second number follows the first", code="BAD_NUMBER", hint="state one number", start=at)
    canonical = value * unit.factor
    if not math.isfinite(canonical) or (value and not canonical):
        raise UnitError(f"{body.strip()} is absurdly large or small", code="BAD_NUMBER", length=len(body))
    return Quantity(value, unit.text, canonical, unit.dimension)


# --- conversions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Substance:
    """What a conversion may know of a substance: its molar mass in g/pmol and its specific activity in IU/g."""

    name: str
    molar_mass: float | None = None
    specific_activity: float | None = None

    def __post_init__(self) -> None:
        for what, value in (("molar mass", self.molar_mass), ("specific activity", self.specific_activity)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise UnitError(f"the {what} of {self.name} is {value}; it must be positive", code="BAD_NUMBER")


def conversion(have: Dimension, want: Dimension, substance: Substance | None = None) -> float:
    """Return the factor with canonical in `want` = canonical in `have` * factor.

    Three bridges are known: mass = amount * molar mass, activity = mass * specific activity, and
    1 µm³ = 1e-15 L. A mass becomes a body weight (kg) only when it stands alone.

    Parameters
    ----------
    have, want : Dimension
    substance : Substance, optional
        The record whose molar mass and specific activity may be used.

    Raises
    ------
    UnitError
        ``DIMENSION_MISMATCH`` when no bridge joins the two; ``MISSING_MOLAR_MASS`` or ``MISSING_ACTIVITY`` when one
        would, and its number is not known.

    Examples
    --------
    >>> conversion(MASS / VOLUME, CONCENTRATION, Substance("LPS", molar_mass=1e-8))
    100000000.0
    """
    if have == want:
        return 1.0
    if (have, want) == (MASS, BODY_WEIGHT):
        return 1e-3  # g to kg
    missing = dict((want / have).exponents)
    name = substance.name if substance else ""
    activity = missing.pop("activity", Fraction(0)) + missing.pop(f"activity[{name}]", Fraction(0))
    # powers of the bridges mass/amount, activity/mass and volume/length^3 that lead from `have` to `want`
    amount, volume = missing.pop("substance", Fraction(0)), missing.pop("volume", Fraction(0))
    mass, length = missing.pop("mass", Fraction(0)), missing.pop("length", Fraction(0))
    if missing or mass != -amount - activity or length != -3 * volume:
        raise UnitError(
            f"got {have}, expected {want}" + (f" (of {name})" if name else ""),
            code="DIMENSION_MISMATCH",
            hint=f"state a unit of {want}",
        )
    factor = LITRES_PER_CUBIC_MICROMETRE ** float(volume)
    if amount:
        factor *= _known(substance, "molar mass", have, want) ** float(-amount)
    if activity:
        factor *= _known(substance, "specific activity", have, want) ** float(activity)
    return factor


def _known(substance: Substance | None, what: str, have: Dimension, want: Dimension) -> float:
    """The molar mass or specific activity of `substance`."""
    of_mass = what == "molar mass"
    value = None if substance is None else substance.molar_mass if of_mass else substance.specific_activity
    if value is None:
        example = "molar-mass: 17 kDa" if of_mass else "specific-activity: 1.8e7 IU/mg"
        raise UnitError(
            f"{have} becomes {want} only through the {what} of {substance.name if substance else 'a named substance'}",
            code="MISSING_MOLAR_MASS" if of_mass else "MISSING_ACTIVITY",
            hint=f"state it in the record ({example})" if substance else "name the substance it is of",
        )
    return value


@overload
def to_unit(canonical: float, dimension: Dimension, unit: Unit, substance: Substance | None = None) -> float: ...
@overload
def to_unit(
    canonical: NDArray[np.float64], dimension: Dimension, unit: Unit, substance: Substance | None = None
) -> NDArray[np.float64]: ...
def to_unit(
    canonical: float | NDArray[np.float64], dimension: Dimension, unit: Unit, substance: Substance | None = None
) -> float | NDArray[np.float64]:
    """Return a canonical value, or an array of them, as numbers in `unit`.

    Raises
    ------
    UnitError
        As `conversion`.
    """
    return canonical * conversion(dimension, unit.dimension, substance) / unit.factor
