"""The published values of a record: what models take, in which unit, why, and what else was published."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.catalogue.selection import choices
from cytokinome.report.pages.sources import said
from cytokinome.report.pages.text import counted, folded, plain, pretty, table, unbroken
from cytokinome.report.words import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.catalogue.records import Measured, Record
    from cytokinome.catalogue.selection import Candidate, Choice
    from cytokinome.report.pages.writer import Writer
    from cytokinome.units import Dimension

_MASS_CONCENTRATION = units.MASS / units.VOLUME
# Canonical units of base dimensions, in the order in which people read them.
_BASES = (
    ("activity", "IU"),
    ("mass", "g"),
    ("substance", "pmol"),
    ("cell", "cell"),
    ("length", "µm"),
    ("volume", "L"),
    ("body_weight", "kg"),
    ("temperature", "K"),
    ("time", "h"),
)
_SHORT = {"pmol/L": "pM", "/pmol·L/h": "/pM/h", "1/pmol·L/h": "/pM/h", "L/pmol/h": "/pM/h"}
# Keys that only the kind of quantity explains.
_KINDS = ("number", "rate", "half")
_POWERS = {1: "", 2: "²", 3: "³"}


def canonical_unit(dimension: Dimension) -> str:
    """Return the unit that models calculate in, of one dimension.

    Examples
    --------
    >>> canonical_unit(units.CONCENTRATION), canonical_unit(units.RATE)
    ('pM', '/h')
    """
    powers = dict(dimension.exponents)
    above = [f"{word}{_POWERS.get(int(powers[base]), '')}" for base, word in _BASES if powers.get(base, 0) > 0]
    below = [f"/{word}{_POWERS.get(-int(powers[base]), '')}" for base, word in _BASES if powers.get(base, 0) < 0]
    unit = "·".join(above) + "".join(below)
    return _SHORT.get(unit, unit)


def canonical(measured: Measured, record: Record) -> str:
    """Return a value as models take it, nothing where it was published so.

    A mass per volume becomes an amount where the record knows its molar mass.
    """
    quantity = measured.quantity.read(measured.value)
    value, dimension, note = quantity.canonical, quantity.dimension, ""
    mass = getattr(record, "molar_mass", None)
    if dimension == _MASS_CONCENTRATION and mass is not None:
        known = units.Substance(record.id, molar_mass=mass.canonical)
        value *= units.conversion(dimension, units.CONCENTRATION, known)
        dimension, note = units.CONCENTRATION, f" by {pretty(mass.value)}"
    if not note and value == quantity.value:
        return ""
    return unbroken(f"{number(value)} {canonical_unit(dimension)}".strip()) + note


def described(measured: Measured, writer: Writer) -> str:
    """Return what a value is of whom, in words; nothing where nothing is stated."""
    words = measured.described(writer.name(measured.assay) if measured.assay else "")
    return plain(pretty(words.replace("n = ", "n\u00a0=\u00a0")))


def number_table(record: Record, writer: Writer) -> list[str]:
    """Return all numbers of a record: tables of what models take, and under them every value of what has several.

    Numbers of one context, such as those of one study of a drug, stand in a table of their own under its words.
    """
    found = choices(record, known=writer.known)
    count = Counter(_of_what(choice)[1] for choice in found)
    together: dict[str, list[Choice]] = {}
    for choice in found:
        where = _of_what(choice)[1]
        together.setdefault(where if count[where] > 1 else "", []).append(choice)
    lines = [line for where, group in together.items() for line in _group_table(where, group, record, writer)]
    several = [choice for choice in found if len(choice.candidates) > 1 or choice.default is None]
    return [*lines, *(line for choice in several for line in all_values(choice, record, writer))]


def _group_table(where: str, group: list[Choice], record: Record, writer: Writer) -> list[str]:
    rows = [(_of_what(choice)[0] if where else wanted(choice), *_taken(choice, record, writer)) for choice in group]
    named = [(plain(writer.named(pretty(words))), *rest) for words, *rest in rows]
    title = writer.named(pretty(where))
    head = [f"**{plain(title[0].upper() + title[1:])}**", ""] if where else []
    return [*head, *table(("Quantity", "Models take", "Where it was read"), named, stacked=True)]


def _of_what(choice: Choice) -> tuple[str, str]:
    """What a choice is a value of, and the context in brackets behind it, if any."""
    words = wanted(choice)
    what, _, context = words.partition(" (")
    return (what, context.removesuffix(")")) if words.endswith(")") else (words, "")


def taken_elsewhere(found: Iterable[tuple[Record, Choice]], writer: Writer) -> list[str]:
    """Return the numbers that other records hold of a molecule, each with the link to its record."""
    rows = [
        (writer.link(record.id), plain(writer.named(wanted(choice))), *_taken(choice, record, writer))
        for record, choice in found
        if choice.default is not None
    ]
    return table(("Of", "Quantity", "Models take", "Where it was read"), rows, stacked=True)


def _taken(choice: Choice, record: Record, writer: Writer) -> tuple[str, str]:
    if choice.default is None:
        return "none", plain(f"{choice.reason}; see below")
    measured = choice.default.measured
    return stated(measured, record, writer), said(measured.source)


def stated(measured: Measured, record: Record, writer: Writer) -> str:
    """Return a value as published, what it is of whom, and what it is in the units of models."""
    models = plain(canonical(measured, record))
    parts = [f"**{plain(unbroken(pretty(measured.value)))}**", described(measured, writer)]
    parts += [f"[= {models}]{{.canonical}}"] if models else []
    return " ".join(part for part in parts if part)


def wanted(choice: Choice) -> str:
    """Return what a choice is a value of, in words: keys of records as people call them."""
    first = choice.default or choice.candidates[0]
    path = first.path[: first.path.index("conflicts")] if "conflicts" in first.path else first.path
    key = str(path[-1])
    if not choice.title.startswith(key):
        return f"{choice.title}, {key}"
    kind = first.measured.quantity.name
    words = kind if key in _KINDS else key.replace("-", " ").replace("half life", "half-life")
    return words + choice.title.removeprefix(key)


def all_values(choice: Choice, record: Record, writer: Writer) -> list[str]:
    """Return every published value of a quantity, folded, the best by the rule first."""
    shown = choice.default.measured.value if choice.default else "none"
    summary = (
        f"{writer.named(wanted(choice))}: {counted(len(choice.candidates), 'published value')}; "
        f"models take {pretty(shown)} ({writer.named(choice.reason)})"
    )
    rows = [_candidate(one, choice, record, writer) for one in choice.candidates]
    return folded(summary, table(("Published", "Where it was read"), rows, stacked=True))


def _candidate(one: Candidate, choice: Choice, record: Record, writer: Writer) -> tuple[str, str]:
    mark = "➜ " if one == choice.default else ""
    return mark + stated(one.measured, record, writer), said(one.measured.source)
