"""Lint of what records are: identifiers that exist and belong together, evidence, receptors, subunits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.catalogue.lists import lists
from cytokinome.catalogue.records import Chain, Identifiers, Subunit, blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.catalogue.load import Sheet
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.diagnostics import Collector

LISTS_HINT = "correct it, or let tools/identifiers.py add the row"


def identifiers_exist(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Every HGNC id, UniProt accession and Cell Ontology id of a record and its chains is in the lists."""
    for path, block in blocks(sheet.record):
        if not isinstance(block, Identifiers | Chain):
            continue
        for key, all_known in _lists_of(block):
            got = getattr(block, key)
            if got is not None and got not in all_known:
                message = f"{sheet.record.id}: no list has the {key} id {got}"
                found.error("IDENTIFIER_UNKNOWN", message, sheet.place((*path, key)), hint=_hint(block))


def subunits_exist(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Every subunit of a receptor is a gene and a protein of the lists."""
    for path, block in blocks(sheet.record):
        if not isinstance(block, Subunit):
            continue
        for key, all_known in _lists_of(block):
            got = getattr(block, key)
            if got not in all_known:
                message = f"{sheet.record.id}: the subunit {got} is in no list"
                found.error("SUBUNIT_UNKNOWN", message, sheet.place((*path, key)), hint=_hint(block))


def _lists_of(block: Identifiers | Chain | Subunit) -> Iterable[tuple[str, Iterable[str]]]:
    yield "hgnc", lists().genes
    yield "uniprot", lists().proteins
    if isinstance(block, Identifiers):
        yield "cl", lists().cells


def _hint(block: Identifiers | Chain | Subunit) -> str:
    """What the other id of the block says, where it is known."""
    gene = lists().genes.get(block.hgnc or "") or lists().protein(block.uniprot or "")
    return f"{gene}; or {LISTS_HINT}" if gene else LISTS_HINT


def identifiers_agree(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """HGNC id and UniProt accession are of one gene, and a record named by a symbol has the id of that symbol."""
    for path, block in blocks(sheet.record):
        if not isinstance(block, Identifiers | Chain | Subunit) or block.hgnc is None or block.uniprot is None:
            continue
        gene, other = lists().genes.get(block.hgnc), lists().protein(block.uniprot)
        if gene and other and block.uniprot not in gene.proteins:
            message = f"{sheet.record.id}: {block.hgnc} and {block.uniprot} are two genes"
            found.error("IDENTIFIER_MISMATCH", message, sheet.place((*path, "uniprot")), hint=f"{gene}; {other}")
    record = sheet.record
    gene = lists().symbol(record.id)
    if gene and record.identifiers.hgnc not in (None, gene.hgnc):
        message = f"{record.id} has the id of another gene, {record.identifiers.hgnc}"
        found.error("IDENTIFIER_MISMATCH", message, sheet.place(("identifiers", "hgnc")), hint=str(gene))


IDENTITY_RULES = (identifiers_exist, subunits_exist, identifiers_agree)
