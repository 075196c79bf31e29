"""Records of the catalogue → parts of a model: the only door between the two rooms.

::

    record "TNF" {molar-mass: 52 kDa, …}  →  Entry("TNF", Number("52", "kDa"), …)  →  molecule TNF {from: catalogue}

The catalogue is read with the first name that is looked up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome.evidence import Source
from cytokinome.model import expressions
from cytokinome.model.complete import Entry
from cytokinome.model.components import Ligand, Loss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.catalogue import records
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.model.complete import Lookup
    from cytokinome.model.expressions import Expression


def catalogue_lookup(known: Catalogue | None = None) -> Lookup:
    """Return the lookup that `complete` takes: from an id, symbol or synonym to what the catalogue knows.

    Parameters
    ----------
    known : Catalogue, optional
        Where to look; the catalogue that comes with the package if nothing is given.

    Returns
    -------
    callable
        Cells have no entry: a model states them itself. Raises `CatalogueError` when the data are damaged.
    """

    def lookup(name: str) -> Entry | None:
        from cytokinome.catalogue.registry import catalogue  # pydantic is heavy: only for models that ask

        record = (known if known is not None else catalogue()).find(name)
        return entry(record) if record is not None else None

    return lookup


def entry(record: records.Record) -> Entry | None:
    """Return what a model can use of one record; limits and values of one phase are left out, never guessed.

    Nothing of what is neither a molecule nor a receptor.
    """
    if record.kind == "receptor":
        return Entry(
            record.id,
            ligands=tuple(_ligand(b) for b in record.ligands if b.is_measured),
            antagonists=tuple(_ligand(b) for b in record.antagonists if b.is_measured),
            internalisation=_expression(record.internalisation),
        )
    match record.kind:
        case "cytokine" | "mediator" | "therapy" | "binding-protein":
            return Entry(
                record.id,
                molar_mass=_expression(record.molar_mass),
                diffusion=_expression(record.diffusion) if record.kind == "cytokine" else None,
                losses=_losses(record.losses),
                sources=tuple(_sources(record)),
            )
        case _:
            return None


def _sources(record: records.Record) -> Iterator[tuple[str, Source]]:
    """Where the numbers of a molecule were read."""
    for field in ("molar_mass", "diffusion"):
        measured = getattr(record, field, None)
        if measured is not None:
            yield field, source(measured.source)


def source(record: records.Source) -> Source:
    """Return the source as evidence: identifier and locator, what was read, and the tier."""
    detail = record.says if record.is_assumed else record.locator
    parsed = Source.parse(f"{record.id}, {detail}" if detail else record.id)
    return replace(parsed, read=record.read or "", tier=record.tier)


def _expression(measured: records.Measured | None) -> Expression | None:
    """The value as an expression; a value that is only a limit is none."""
    return expressions.parse(measured.value) if measured is not None and measured.bound is None else None


def _ligand(binding: records.Binding) -> Ligand:
    known = next((m for m in (binding.Kd, binding.kon, binding.koff) if m is not None), None)
    where_read = source(known.source) if known is not None else None
    numbers = (_expression(m) for m in (binding.Kd, binding.kon, binding.koff))
    return Ligand(binding.molecule, *numbers, source=where_read)


def _losses(known: tuple[records.Loss, ...]) -> tuple[tuple[str, Loss], ...]:
    """At most one loss per kind of loss and compartment, by the rule of selection."""
    from cytokinome.catalogue.selection import default_losses

    return tuple((one.place, part) for one in default_losses(known) if (part := _loss(one)))


def _loss(loss: records.Loss) -> Loss | None:
    form, measured = loss.measured
    value = _expression(measured)
    return None if value is None else Loss(loss.kind, form, value, loss.includes, source(measured.source))
