"""Records of the catalogue → parts of a model: the only door between the two rooms.

::

    record "TNF" {molar-mass: 52 kDa, …}  →  Entry("TNF", Number("52", "kDa"), …)  →  molecule TNF {from: catalogue}

The catalogue is read with the first name that is looked up.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome.evidence import Source
from cytokinome.model import expressions
from cytokinome.model.citations import Figure
from cytokinome.model.complete import Entry, Lookup
from cytokinome.model.components import Ligand, Loss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.catalogue import records
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.model.expressions import Expression

    Losses = tuple[tuple[str, Loss], ...]

_ID = re.compile(r"\w+")


def catalogue_lookup(known: Catalogue | None = None, *, is_past: bool = False) -> Lookup:
    """Return the lookup that `complete` takes: from an id, symbol or synonym to what the catalogue knows.

    Parameters
    ----------
    known : Catalogue, optional
        Where to look; the catalogue that comes with the package if nothing is given.
    is_past : bool
        For models that were loaded before, with a result: what they cite may have changed in the catalogue.

    Returns
    -------
    callable
        Cells have no entry: a model states them itself. Raises `CatalogueError` when the data are damaged.
    """

    def opened() -> Catalogue:
        from cytokinome.catalogue.registry import catalogue  # pydantic is heavy: only for models that ask

        return known if known is not None else catalogue()

    def found(name: str) -> Entry | None:
        record = opened().find(name)
        return entry(record) if record is not None else None

    return Lookup(found, lambda address: figures(opened(), address), is_past)


def figures(known: Catalogue, address: str) -> tuple[Figure, ...]:
    """Return the published numbers of an address such as ``TNFR1.Kd``, without those that are only limits.

    Raises
    ------
    CatalogueError
        ``CATALOGUE_MISSING``: there is no such record, or no such number.
    """
    from cytokinome.catalogue.selection import why

    record, choices = why(known, address)
    return tuple(
        Figure(
            choice.title,
            one.measured.quantity.read(one.measured.value),
            source(one.measured.source, number_name(record, one.measured)),
            frozenset({record.id, *_ID.findall(choice.title)}),
            is_taken=one is choice.default,
        )
        for choice in choices
        for one in choice.candidates
        if one.measured.bound is None
    )


def number_name(record: records.Record, measured: records.Measured) -> str:
    """Return what a number of a record is called: the record, and the path of the number in it.

    ::

        TNF losses[2].half-life
    """
    from cytokinome.catalogue.records import blocks

    path = next(path for path, block in blocks(record) if block is measured)
    return f"{record.id} {_steps(path)}"


def published(known: Catalogue, name: str) -> records.Measured:
    """Return the number that `number_name` calls so.

    Raises
    ------
    CatalogueError
        ``CATALOGUE_MISSING``: there is no such record, or no such number in it.
    """
    from cytokinome.catalogue.records import Measured, blocks
    from cytokinome.catalogue.registry import missing

    id, _, path = name.partition(" ")
    found = (block for steps, block in blocks(known.get(id)) if isinstance(block, Measured) and _steps(steps) == path)
    measured = next(found, None)
    if measured is None:
        raise missing(f"{id} has no number at {path}", "it may stand elsewhere in the record now")
    return measured


def _steps(path: records.Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def entry(record: records.Record) -> Entry | None:
    """Return what a model can use of one record; limits and values of one phase are left out, never guessed.

    Nothing of what is neither a molecule nor a receptor.
    """
    if record.kind == "receptor":
        return Entry(
            record.id,
            ligands=tuple(_ligand(record, b) for b in record.ligands if b.is_measured),
            antagonists=tuple(_ligand(record, b) for b in record.antagonists if b.is_measured),
            internalisation=_expression(record.internalisation),
        )
    match record.kind:
        case "cytokine" | "mediator" | "therapy" | "binding-protein":
            return Entry(
                record.id,
                molar_mass=_expression(record.molar_mass),
                diffusion=_expression(record.diffusion) if record.kind == "cytokine" else None,
                losses=_losses(record),
                sources=tuple(_sources(record)),
            )
        case _:
            return None


def _sources(record: records.Record) -> Iterator[tuple[str, Source]]:
    """Where the numbers of a molecule were read."""
    for field in ("molar_mass", "diffusion"):
        measured = getattr(record, field, None)
        if measured is not None:
            yield field, source(measured.source, number_name(record, measured))


def source(record: records.Source, *numbers: str) -> Source:
    """Return the source as evidence: identifier and locator, what was read, the tier, and of which numbers it is."""
    detail = record.says if record.is_assumed else record.locator
    parsed = Source.parse(f"{record.id}, {detail}" if detail else record.id)
    return replace(parsed, read=record.read or "", tier=record.tier, numbers=numbers)


def _expression(measured: records.Measured | None) -> Expression | None:
    """The value as an expression; a value that is only a limit, or of another molecule, is none."""
    return expressions.parse(measured.value) if measured is not None and measured.is_own else None


def _ligand(record: records.Record, binding: records.Binding) -> Ligand:
    known = [m for m in (binding.Kd, binding.kon, binding.koff) if m is not None]
    where_read = source(known[0].source, *(number_name(record, m) for m in known)) if known else None
    numbers = (_expression(m) for m in (binding.Kd, binding.kon, binding.koff))
    return Ligand(binding.molecule, *numbers, source=where_read)


def _losses(record: records.Cytokine | records.Mediator | records.Therapy | records.BindingProtein) -> Losses:
    """At most one loss per kind of loss and compartment, by the rule of selection."""
    from cytokinome.catalogue.selection import default_losses

    return tuple((one.place, part) for one in default_losses(record.losses) if (part := _loss(record, one)))


def _loss(record: records.Record, loss: records.Loss) -> Loss | None:
    form, measured = loss.measured
    value = _expression(measured)
    where_read = source(measured.source, number_name(record, measured))
    return None if value is None else Loss(loss.kind, form, value, loss.includes, where_read)
