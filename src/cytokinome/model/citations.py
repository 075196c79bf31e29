"""Numbers whose source is a record of the catalogue: each is held against that record.

::

    source: catalogue:TNFR1.Kd                              the value that models take, as `why TNFR1.Kd` shows
    source: catalogue:CXCR2.Kd.CXCL8                        of several quantities under one key the one of these words
    source: catalogue:TNF.half-life.plasma pubmed:3180146   another published value, named by its source
    source: catalogue:macrophage.rate.TNF; spread assumed   with a note; several citations stand between semicolons

The number stays in the model, where it can be read. What the catalogue says takes the place of the citation: the
identifier of the primary, its locator and its tier.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from cytokinome import units
from cytokinome.diagnostics import Collector, Report
from cytokinome.errors import CatalogueError
from cytokinome.evidence import Source
from cytokinome.model import scope
from cytokinome.model.components import Distribution, Model
from cytokinome.model.expressions import Expression, Number, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cytokinome.diagnostics import Span
    from cytokinome.model.complete import Lookup
    from cytokinome.units import Quantity

_PARTS = ("compartments", "molecules", "receptors", "cells", "parameters", "rules", "reactions", "transports")
_MARK = "catalogue:"
_CITATION = re.compile(r"catalogue:(?P<address>[^\s,]+)(?: +(?P<by>[^\s,]+))?(?:,(?P<note>.*))?\Z")
_MOST_FAULTS = 100  # who is told of a hundred faults need not be told of ten thousand, each with a search of its own
_HOW = "write `catalogue:NAME.KEY`, and behind it the source of the value where there are several"
_COARSEST = 0.025  # the most by which a rounded number may differ from what it was rounded from


@dataclass(frozen=True, slots=True)
class Figure:
    """A published number of a record.

    `title` says what it is a value of, `names` are the ids that occur there and that of the record. `is_taken`: it is
    the value that models take by the rule of selection.
    """

    title: str
    quantity: Quantity
    source: Source
    names: frozenset[str]
    is_taken: bool


def hold(model: Model, lookup: Lookup, found: Collector) -> Model:
    """Return the model with what the catalogue says in the place of every citation, having compared the numbers.

    Parameters
    ----------
    model : Model
        Completed: what is from the catalogue is filled in, molar masses too.
    lookup : Lookup
        Where citations lead to; without a catalogue they stay as they are.
    found : Collector
        Gets ``CATALOGUE_MISSING``, ``CITATION_UNCLEAR`` and ``CITATION_DIFFERS``, each at its place.
    """
    told, asked = Collector(), _asked(lookup)

    def held(part: Any) -> Any:
        """Return a part with its own citations, and those of its parts, replaced; itself where there are none."""
        if isinstance(part, tuple):
            old = cast("tuple[Any, ...]", part)
            new = tuple(held(one) for one in old)
            return old if all(a is b for a, b in zip(old, new, strict=True)) else new
        if not is_dataclass(part) or isinstance(part, (Expression, Source, Distribution)):
            return part
        values = {f.name: getattr(part, f.name) for f in fields(part)}
        changed = {name: new for name, value in values.items() if (new := held(value)) is not value}
        if _cites(source := values.get("source")):
            changed["source"] = _Citing(model, asked, told, source, tuple(_numbers(part))).resolved()
        return replace(cast("Any", part), **changed) if changed else part

    resolved = replace(model, **{name: held(getattr(model, name)) for name in _PARTS})
    for whole in (model.source, model.equations.source if model.equations else None):
        if _cites(whole):  # so of no number in it
            _Citing(model, asked, told, whole, ()).resolved()
    if not lookup.is_past:
        found.extend(told.report())
    return resolved


def _cites(source: Source | None) -> TypeGuard[Source]:
    """Whether a source is yet to be held against the catalogue."""
    return source is not None and not source.cited and _MARK in str(source)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The catalogue, asked for each thing once: a model may cite it ten thousand times."""

    id: Callable[[str], str]
    figures: Callable[[str], tuple[Figure, ...] | Report | None]


def _asked(lookup: Lookup) -> _Asked:
    @cache
    def id_of(name: str) -> str:
        entry = lookup(name)
        return entry.id if entry is not None else name

    @cache
    def figures(address: str) -> tuple[Figure, ...] | Report | None:
        try:
            return lookup.figures(address)
        except CatalogueError as error:
            return error.report

    return _Asked(id_of, figures)


def numbers_taken(model: Model) -> tuple[str, ...]:
    """Return the numbers of the catalogue that a model takes, filled in or cited, each once; none that are assumed."""
    return tuple(dict.fromkeys(name for source in _sources(model) if not source.is_assumed for name in source.numbers))


def _sources(part: Any) -> Iterator[Source]:
    """All sources in a part of a model."""
    if isinstance(part, Source):
        yield part
    elif isinstance(part, tuple):
        for one in cast("tuple[Any, ...]", part):
            yield from _sources(one)
    elif is_dataclass(part) and not isinstance(part, Expression):
        yield from _sources(tuple(getattr(part, f.name) for f in fields(part)))


class _Citing:
    """A source that cites the catalogue, and the numbers that it stands beside."""

    def __init__(
        self, model: Model, asked: _Asked, found: Collector, source: Source, numbers: tuple[Number, ...]
    ) -> None:
        self.model, self.asked, self.found, self.source, self.numbers = model, asked, found, source, numbers

    def resolved(self) -> Source:
        """Return the evidence behind the citations; the source as it is written where none leads anywhere."""
        written = str(self.source)
        pieces = [self._evidence(piece.strip()) for piece in written.split(";")]
        numbers = tuple(number for one in pieces for number in one.numbers)
        if not numbers:
            return self.source
        locator = "; ".join(text for text in (pieces[0].locator, *map(str, pieces[1:])) if text)
        return replace(pieces[0], locator=locator, cited=written, numbers=numbers, where=self.source.where)

    def _evidence(self, piece: str) -> Source:
        """What one piece of a source says: what the catalogue has where it is a citation, else its own words."""
        figure = self._figure(piece) if piece.startswith(_MARK) else None
        if figure is None:
            return Source.parse(piece)
        note = piece.partition(",")[2].strip()
        return replace(figure.source, locator=", ".join(text for text in (figure.source.locator, note) if text))

    def _figure(self, piece: str) -> Figure | None:
        """The figure that a citation names, when a number of the part is its value; else None, after a diagnostic."""
        match = _CITATION.match(piece)
        if match is None:
            return self._report("CITATION_UNCLEAR", f"`{piece}` names no value of the catalogue", _HOW)
        address, by = match["address"], match["by"] or ""
        if len(self.found.report().errors) >= _MOST_FAULTS:
            return None
        figures = self.asked.figures(address)
        if figures is None:
            return None
        if isinstance(figures, Report):
            for fault in figures.errors:
                self._report(fault.code, f"`{piece}`: {fault.message}", fault.hint)
            return None
        wanted = [f for f in figures if (f.source.text.startswith(by) if by else f.is_taken)]
        if not wanted:
            message = f"`{address}` has no value from {by}" if by else f"no value of `{address}` stands for the whole"
            return self._report("CITATION_UNCLEAR", message, f"name the source of one: {_listed(figures)}")
        titles = dict.fromkeys(f.title for f in wanted)
        if len(titles) > 1 and not by:
            hint = f"add a word that only one of them has: {address}.WORD"
            return self._report("CITATION_UNCLEAR", f"`{address}` could be {', or '.join(titles)}", hint)
        return self._compared(address, wanted, figures)

    def _compared(self, address: str, wanted: list[Figure], figures: tuple[Figure, ...]) -> Figure | None:
        """The first of the wanted figures that a number of the part is the value of; else None, after a diagnostic."""
        agreed = self._agreed(wanted)
        if agreed is not None:
            return agreed
        expected = " or ".join(dict.fromkeys(str(f.quantity) for f in wanted))
        alike = [n for n in self.numbers if any(self._in_unit_of(n, f) is not None for f in wanted)]
        if not alike:
            hint = "cite it beside the number that it is the source of, in a unit of its kind"
            message = f"the catalogue has {expected} as `{address}`; no number here is of that kind"
            return self._report("CITATION_DIFFERS", message, hint)
        other = self._agreed(figures)
        hint = f"write {expected}, or cite what {alike[0]} was read in"
        if other is not None:
            hint = f"that is the value of another source: catalogue:{address} {other.source.text.partition(',')[0]}"
        got = ", ".join(map(str, alike))
        message = f"the catalogue has {expected} as `{address}`; got {got}"
        return self._report("CITATION_DIFFERS", message, hint, alike[0].where)

    def _report(self, code: str, message: str, hint: str, where: Span | None = None) -> None:
        self.found.error(code, message, where or self.source.where, hint=hint)

    def _agreed(self, figures: Iterable[Figure]) -> Figure | None:
        """The first figure that is a number of the part, to the digits with which that is written."""
        for figure in figures:
            for number in self.numbers:
                expected = self._in_unit_of(number, figure)
                if expected is not None and abs(number.value - expected) <= _rounding(number.text) * abs(expected):
                    return figure
        return None

    def _in_unit_of(self, number: Number, figure: Figure) -> float | None:
        """The value of a figure in the unit of a number; None where they are of different kinds."""
        try:
            unit = units.parse_unit(number.unit, per_body_weight="/kg" in number.unit)
        except units.UnitError:
            return None
        value, dimension = figure.quantity.canonical, figure.quantity.dimension
        if {dimension, unit.dimension} == {units.TIME, units.RATE}:
            return math.log(2) / value / unit.factor  # the half-life and the rate of one process
        for substance in (None, *self._substances(figure)):
            try:
                return units.to_unit(value, dimension, unit, substance)
            except units.UnitError:
                continue
        return None

    def _substances(self, figure: Figure) -> Iterator[units.Substance]:
        """The molecules that the figure speaks of, whose molar mass may stand between a mass and an amount."""
        for molecule in self.model.molecules:
            if molecule.id in figure.names or self.asked.id(molecule.id) in figure.names:
                yield scope.substance(self.model, molecule.id)


def _numbers(part: Any) -> Iterator[Number]:
    """All numbers that are written in a part of a model, but for spreads and for parts with a source of their own."""
    if isinstance(part, Expression):
        yield from (one for one in walk(part) if isinstance(one, Number))
    elif isinstance(part, tuple):
        for one in cast("tuple[Any, ...]", part):
            yield from _numbers(one) if getattr(one, "source", None) is None else ()
    elif is_dataclass(part) and not isinstance(part, (Source, Distribution)):
        yield from _numbers(tuple(getattr(part, f.name) for f in fields(part)))


def _rounding(text: str) -> float:
    """Half a unit of the last digit of a number, relative to it, and at most a fortieth."""
    digits, _, power = text.casefold().partition("e")
    last = 0.5 * 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
    return min(last / abs(float(text)), _COARSEST) + 1e-9 if float(text) else 0.0


def _listed(figures: Iterable[Figure]) -> str:
    return ", ".join(dict.fromkeys(f"{f.source.text.partition(',')[0]} ({f.quantity})" for f in figures))
