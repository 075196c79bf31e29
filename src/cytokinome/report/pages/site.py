"""All pages of the site: path → MyST text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.catalogue.folders import FOLDERS
from cytokinome.catalogue.records import Cell, Cytokine, Disease, Receptor, Therapy
from cytokinome.report.pages import indexes
from cytokinome.report.pages.codes import codes_page
from cytokinome.report.pages.families import FAMILIES, family_page
from cytokinome.report.pages.features import features_page
from cytokinome.report.pages.molecules import cytokine_page, receptor_page
from cytokinome.report.pages.people import cell_page, disease_page, therapy_page
from cytokinome.report.pages.writer import LISTED, PAGED, Numbers, Writer, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.catalogue.records import Record
    from cytokinome.catalogue.registry import Catalogue

_INDEXES = {
    "index.md": indexes.first_page,
    "cytokines/index.md": indexes.cytokine_index,
    "labels.md": indexes.label_index,
    "receptors/index.md": indexes.receptor_index,
    "cells/index.md": indexes.cell_index,
    "therapies/index.md": indexes.therapy_index,
    "diseases/index.md": indexes.disease_index,
}


def site(known: Catalogue) -> dict[str, str]:
    """Return all pages that are made from the records and the table of codes, by their paths.

    The pages written by hand, `docs/*.md`, belong beside them.
    """
    return dict(_pages(known))


def _pages(known: Catalogue) -> Iterator[tuple[str, str]]:
    numbers = Numbers(known)
    for path, written in _INDEXES.items():
        yield path, written(Writer(known, path))
    for family in FAMILIES:
        yield family_page(family), indexes.family_index(family, Writer(known, family_page(family)))
    for kind in LISTED:
        path = f"{FOLDERS[kind]}.md"
        yield path, indexes.kind_page(kind, Writer(known, path))
    for kind in PAGED:
        for record in known.records(kind):
            yield page_of(record), record_page(record, Writer(known, page_of(record)), numbers)
    yield "codes.md", codes_page(known)
    yield "features.md", features_page()


def record_page(record: Record, writer: Writer, numbers: Numbers) -> str:
    """Return the page of a record.

    Raises
    ------
    ValueError
        For a kind whose records share a page.
    """
    match record:
        case Cytokine():
            return cytokine_page(record, writer, numbers)
        case Receptor():
            return receptor_page(record, writer)
        case Cell():
            return cell_page(record, writer)
        case Therapy():
            return therapy_page(record, writer)
        case Disease():
            return disease_page(record, writer)
        case _:
            raise ValueError(f"a {record.kind} has no page of its own")
