"""What a cell of a panel says: a number, a limit, or nothing; and which sign stands before its decimals.

Flags, as the programs of the platforms write them:

=============== =====================================================================================
``3.2``         a number
``<3.2 >9000``  below or above a limit
``OOR < OOR >`` Bio-Plex Manager: out of range; the limit is that of the assay, where the file states it
``*3.1``        Bio-Plex Manager: extrapolated, barely out of range
``***``         Bio-Plex Manager: the instrument failed; ``---``: the investigator marked it as an outlier
``NaN``, empty  nothing
=============== =====================================================================================

The meaning of Bio-Plex Manager's flags is that of https://www.labkey.org/Documentation/wiki-page.view?name=luminexImportFlags.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.experiments.data import Censoring
from cytokinome.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Iterable

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "***", "---", "-", ".", "missing", "no data"})
_BELOW = frozenset({"oor <", "oor<", "<lod", "<llod", "<lloq", "<loq", "bloq", "blq", "bql", "bdl", "blod"})
_ABOVE = frozenset({"oor >", "oor>", ">uloq", "aloq", "alq", "aql"})
_TIGHT_BELOW, _TIGHT_ABOVE = (frozenset(word.replace(" ", "") for word in words) for words in (_BELOW, _ABOVE))
# MSD: Below Fit Curve Range, Above Detection Range; others: below LLOQ. `Above normal` says nothing of the assay.
_SIDE = re.compile(r"\b(below|above)\b.*(?:curve|detect|quant|limit|loq|lod)")
_TWO_MEANINGS = {
    "nd": "not detected, or not determined",
    "n.d.": "not detected, or not determined",
    "oor": "out of range, below or above",
    "0*": "zero, or extrapolated",
}
_SIGN = {"<": Censoring.BELOW, ">": Censoring.ABOVE}
_COMMA = re.compile(r"[<>*≤≥\s]*-?(\d+),(\d+)(?:[eE][-+]?\d+)?")
_POINT = re.compile(r"[<>*≤≥\s]*-?\d*\.\d+(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell says. `number` is the value or the limit, NaN where nothing, or no limit, is stated."""

    number: float = math.nan
    censoring: Censoring = Censoring.NONE
    is_extrapolated: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether nothing was measured."""
        return math.isnan(self.number) and self.censoring is Censoring.NONE


class Ambiguous(UnitError):
    """A cell can be read in two ways; the sentence says which."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, code="PANEL_AMBIGUOUS", hint=hint)


@dataclass(frozen=True, slots=True)
class Decimals:
    """How decimals are written in a file: with points, with commas, or in a way that cannot be told.

    `commas` and `points`: whether some number can only be read with a decimal comma, or point; `delimiter`: what stands
    between cells.
    """

    commas: bool
    points: bool
    delimiter: str

    @classmethod
    def of(cls, texts: Iterable[str], delimiter: str) -> Decimals:
        """Return what the numbers of a file show of its decimal sign."""
        kept = list(texts)
        found = [m for t in kept if (m := _COMMA.fullmatch(t))]
        sure = any(m[1] == "0" or len(m[2]) != 3 or len(m[1]) > 3 for m in found)
        return cls(sure, any(_POINT.fullmatch(t) for t in kept), delimiter)

    def number(self, text: str) -> float:
        """Read a number.

        Raises
        ------
        UnitError
            ``BAD_NUMBER`` for what is no number, ``PANEL_AMBIGUOUS`` where a comma can mean two things.
        """
        if "," not in text:
            return units.parse_number(text)
        if not _COMMA.fullmatch(text):
            raise Ambiguous(f"{text[:24]!a} has a comma that cannot be understood", "write 1234.5")
        if self.commas and not self.points and self.delimiter != ",":
            return units.parse_number(text.replace(",", "."))
        shown = text[:24]
        if self.commas and self.points:
            message = f"{shown} has a decimal comma, and other numbers of the file have points"
            raise Ambiguous(message, "write all decimals with a point")
        message = f"{shown} can be {text.replace(',', '.')[:24]} or {text.replace(',', '')[:24]}"
        raise Ambiguous(message, "write decimals with a point, and thousands without a comma")


def flagged(text: str) -> Censoring:
    """Return on which side of the range of its assay a flag in a column of its own says that a value lies.

    Examples
    --------
    >>> flagged("Below Fit Curve Range"), flagged("BLQ"), flagged("above normal")
    (<Censoring.BELOW: 'below'>, <Censoring.BELOW: 'below'>, <Censoring.NONE: ''>)
    """
    plain = " ".join(text.casefold().split())
    if match := _SIDE.search(plain):
        return Censoring.BELOW if match[1] == "below" else Censoring.ABOVE
    tight = plain.replace(" ", "")
    return Censoring.BELOW if tight in _TIGHT_BELOW else Censoring.ABOVE if tight in _TIGHT_ABOVE else Censoring.NONE


def read_value(text: str, decimals: Decimals) -> Value:
    """Read one cell.

    Raises
    ------
    UnitError
        ``BAD_NUMBER``, ``NEGATIVE_VALUE`` for a concentration below zero, ``PANEL_AMBIGUOUS``.

    Examples
    --------
    >>> read_value("*3.1", Decimals.of([], ","))
    Value(number=3.1, censoring=<Censoring.NONE: ''>, is_extrapolated=True)
    """
    plain = " ".join(text.casefold().replace("≤", "<").replace("≥", ">").split())
    if plain in MISSING:
        return Value()
    if plain in _BELOW or plain.replace(" ", "") in _BELOW:
        return Value(censoring=Censoring.BELOW)
    if plain in _ABOVE or plain.replace(" ", "") in _ABOVE:
        return Value(censoring=Censoring.ABOVE)
    if plain in _TWO_MEANINGS:
        hint = "write `<` and the limit, or leave the cell empty"
        raise Ambiguous(f"{text[:24]!a} can mean {_TWO_MEANINGS[plain]}", hint)
    censoring = _SIGN.get(plain[0], Censoring.NONE)
    is_extrapolated = plain[0] == "*" or (plain[-1] == "*" and not censoring)
    stripped = plain.strip("*").strip() if is_extrapolated else plain[1:].strip() if censoring else plain
    number = decimals.number(stripped.removeprefix("+"))
    if number < 0:
        hint = "a concentration cannot be negative: write `<` and the limit of the assay, or leave the cell empty"
        raise UnitError(f"{text[:24]!a} is negative", code="NEGATIVE_VALUE", hint=hint)
    return Value(number, censoring, is_extrapolated)
