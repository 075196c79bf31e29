"""Units in the Unified Code for Units of Measure (UCUM), case sensitive, as other programs read them.

::

    molecules/cell/s  →  {molecules}/{cell}/s        what is counted is an annotation there, of the unit 1
    /M/s              →  L/mol/s                     concentrations have no symbol of their own there
    kDa               →  ku                          a dalton is the unified atomic mass unit

Symbols and grammar are those of version 2.2, ``ucum-essence.xml`` of github.com/ucum-org/ucum at d060c6d.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cytokinome.catalogue.records import Measured, blocks
from cytokinome.unit_grammar import NAMED, plain_word, read_terms
from cytokinome.units import parse_quantity

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Record

# Words that are spelled otherwise there; the metric ones are the same.
_ATOMS = {
    "hour": "h", "hours": "h", "second": "s", "seconds": "s", "minute": "min", "minutes": "min",
    "day": "d", "days": "d", "week": "wk", "weeks": "wk", "l": "L", "ml": "mL", "Da": "u", "kDa": "ku", "IU": "[IU]",
}  # fmt: skip
_COUNTED = ("molecule", "molecules", "receptor", "receptors", "cell", "cells")
_MOLAR = ("fM", "pM", "nM", "uM", "mM", "M")


def ucum(unit: str) -> str:
    """Return a unit of the language as UCUM writes it; ``1`` for a pure number.

    Raises
    ------
    UnitError
        ``BAD_UNIT`` where it is none of the language.

    Examples
    --------
    >>> ucum("mL/min/kg"), ucum("/M/s"), ucum("receptors/cell"), ucum("")
    ('mL/min/kg', 'L/mol/s', '{receptors}/{cell}', '1')
    """
    powers = [part for term in read_terms(unit) for part in _parts(term.word, term.power)]
    above = ".".join(symbol + _exponent(power) for symbol, power in powers if power > 0)
    below = "".join(f"/{symbol}{_exponent(-power)}" for symbol, power in powers if power < 0)
    return above + below or "1"


def _parts(word: str, power: int) -> list[tuple[str, int]]:
    """The symbols of a word, each with its exponent."""
    plain = plain_word(word)
    if named := NAMED.fullmatch(plain):
        return [(f"[IU]{{{named[1]}}}", power)]
    if plain in _COUNTED:
        return [(f"{{{plain}}}", power)]
    if plain in _MOLAR:
        return [(plain.replace("M", "mol"), power), ("L", -power)]
    return [(_ATOMS.get(plain, plain), power)]


def _exponent(power: int) -> str:
    return "" if power == 1 else str(power)


def with_codes(record: Record) -> dict[str, object]:
    """Return a record as plain data, by the keys of its file, with the UCUM code beside each value."""
    content: dict[str, object] = record.model_dump(mode="json", by_alias=True, exclude_none=True)
    for path, block in blocks(record):
        if isinstance(block, Measured):
            place = cast("Any", content)
            for step in path:
                place = place[step]
            place["ucum"] = code_of(block)
    return content


def code_of(measured: Measured) -> str:
    """Return the UCUM code of the unit of a published value."""
    return ucum(parse_quantity(measured.value, per_body_weight=measured.quantity.per_body_weight).unit)
