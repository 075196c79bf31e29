"""Lint of what records are: identifiers that exist and belong together, evidence, receptors, subunits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cytokinome.catalogue.lists import data_folder, lists
from cytokinome.catalogue.records import (
    KINDS,
    Chain,
    Cytokine,
    Identifiers,
    Named,
    Receptor,
    Statement,
    Subunit,
    Therapy,
)
from cytokinome.diagnostics import Span, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.catalogue.records import Record
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.catalogue.sheets import Sheet
    from cytokinome.diagnostics import Collector

LISTS_HINT = "correct it, or let tools/identifiers.py add the row"

# Identifiers of registries whose tables may not be copied, or were not found under an open licence.
UNLISTED = ("atc", "rxnorm", "gtopdb_ligand", "complexportal")

# The fields, by kind of record, whose content needs a source under `evidence:`.
STATED = {
    "cytokine": ("name", "family", "group", "chains"),
    "cell": ("parent",),
    "therapy": ("drug_class", "target", "mode", "mechanism"),
    "disease": ("parent", "tissues"),
    "tissue": ("parent",),
    "assay": ("platform",),
    "study": ("population", "n"),
    "standard": ("code",),
}


def identifiers_exist(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Every HGNC id, UniProt accession and term of an ontology that a record names is in the lists."""
    for path, block in sheet.blocks:
        if not isinstance(block, Identifiers | Chain):
            continue
        for key, all_known in _lists_of(block):
            got = getattr(block, key)
            if got is not None and got not in all_known:
                hint = _hint(block) if key in ("hgnc", "uniprot") else LISTS_HINT
                sheet.wrong(found, "IDENTIFIER_UNKNOWN", (*path, key), f"no list has the {key} id {got}", hint)


def subunits_exist(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Every subunit of a receptor is a gene and a protein of the lists."""
    for path, block in sheet.blocks:
        if not isinstance(block, Subunit):
            continue
        for key, all_known in _lists_of(block):
            got = getattr(block, key)
            if got not in all_known:
                message = f"the subunit {got} is in no list"
                sheet.wrong(found, "SUBUNIT_UNKNOWN", (*path, key), message, _hint(block))


def _lists_of(block: Identifiers | Chain | Subunit) -> Iterable[tuple[str, Iterable[str]]]:
    yield "hgnc", lists().genes
    yield "uniprot", lists().proteins
    if isinstance(block, Identifiers):
        yield from lists().terms.items()


def _hint(block: Identifiers | Chain | Subunit) -> str:
    """What the other id of the block says, where it is known."""
    gene = lists().genes.get(block.hgnc or "") or lists().proteins.get(block.uniprot or "")
    return f"{gene}; or {LISTS_HINT}" if gene else LISTS_HINT


def ids_are_of_one_gene(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """HGNC id and UniProt accession are of one gene."""
    for path, block in sheet.blocks:
        if not isinstance(block, Identifiers | Chain | Subunit) or block.hgnc is None or block.uniprot is None:
            continue
        gene, other = lists().genes.get(block.hgnc), lists().proteins.get(block.uniprot)
        if gene and other and block.uniprot not in gene.proteins:
            message = f"{block.hgnc} and {block.uniprot} are two genes"
            sheet.wrong(found, "IDENTIFIER_MISMATCH", (*path, "uniprot"), message, f"{gene}; {other}")


def symbols_fit(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """A record named by a symbol has the id of that symbol."""
    record = sheet.record
    gene = lists().symbols.get(record.id)
    if gene and record.identifiers.hgnc not in (None, gene.hgnc):
        message = f"{record.id} has the id of another gene, {record.identifiers.hgnc}"
        found.error("IDENTIFIER_MISMATCH", message, sheet.place(("identifiers", "hgnc")), hint=str(gene))


def labels_are_names(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """What a list calls an identifier is a name of the record, or of what binds where a drug acts.

    The second is the name of a drug that is a cytokine: epoetin alfa is the erythropoietin of DrugBank.
    """
    for key, labels in lists().terms.items():
        label = labels.get(getattr(sheet.record.identifiers, key) or "", "")
        if label and label.casefold() not in _names(sheet.record, known):
            message = f"the {key} id is that of `{label}`, which is none of its names"
            hint = "correct the identifier, or add that name under `synonyms:`"
            sheet.wrong(found, "IDENTIFIER_MISMATCH", ("identifiers", key), message, hint)


def _names(record: Record, known: Catalogue) -> frozenset[str]:
    return frozenset(name.casefold() for one in (record, *_acting_like(record, known)) for name in one.names)


def _acting_like(record: Record, known: Catalogue) -> list[Record]:
    if not isinstance(record, Therapy):
        return []
    receptors = (known.find(target) for target in record.target)
    ligands = (known.find(one.molecule) for r in receptors if isinstance(r, Receptor) for one in r.ligands)
    return [ligand for ligand in ligands if ligand is not None]


def identifiers_are_stated(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """An identifier of a registry that no list here covers stands in a source that was read."""
    record = sheet.record
    if not isinstance(record, Named):
        return
    said = [one.source.says for one in record.evidence if "identifiers" in one.about]
    for name in UNLISTED:
        got = getattr(record.identifiers, name)
        if got is not None and not any(re.search(rf"\b{got}\b", text) for text in said):
            key = Identifiers.model_fields[name].alias or name
            message = f"nobody says that its {key} is {got}, and no list has it"
            hint = f"add `- about: [identifiers]` under `evidence:`, with a source that says {got}"
            sheet.wrong(found, "NO_EVIDENCE", ("identifiers", key), message, hint)


def statements_have_evidence(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Of every key that states something about the world somebody says so: chains, targets, parents, populations."""
    record = sheet.record
    if not isinstance(record, Named):
        return
    said = {key for statement in record.evidence for key in statement.about}
    for name in STATED.get(record.kind, ()):
        key = type(record).model_fields[name].alias or name
        if getattr(record, name) and key not in said:
            hint = f"add `- about: [{key}]` with its source under `evidence:`"
            sheet.wrong(found, "NO_EVIDENCE", (key,), f"nobody says what stands under `{key}:`", hint)


def abouts_are_keys(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Evidence for a record names keys of its kind."""
    keys = {field.alias or name for name, field in KINDS[sheet.kind].model_fields.items()} - {"id", "kind", "evidence"}
    for path, block in sheet.blocks:
        if isinstance(block, Statement):
            for index, key in enumerate(block.about):
                if key not in keys:
                    message, hint = f"`about: {key}` is no key of a {sheet.kind}", did_you_mean(key, keys)
                    sheet.wrong(found, "CATALOGUE_INVALID", (*path, "about", index), message, hint)


def receptors_are_known(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """A cytokine is ligand or antagonist of a receptor, or says why there is none; never both."""
    record = sheet.record
    if not isinstance(record, Cytokine):
        return
    bound = known.bound_by(record.id)
    if not bound and record.no_receptor is None:
        message = f"{record.id} is no ligand of any receptor"
        hint = "add it under `ligands:` of its receptor, or say under `no-receptor:` why there is none"
        found.error("NO_RECEPTOR", message, sheet.place(("id",)), hint=hint)
    elif bound and record.no_receptor is not None:
        message = f"{record.id} says that it has no receptor, and {bound[0].id} has it as ligand"
        found.error("NO_RECEPTOR", message, sheet.place(("no-receptor",)), hint="remove one of the two")


def subunits_agree(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """A receptor has the subunits of the table of complexes; differences stand among the exceptions, with a reason."""
    record = sheet.record
    if not isinstance(record, Receptor) or record.identifiers.cellphonedb is None:
        return
    name, table = record.identifiers.cellphonedb, lists()
    if name not in table.complexes:
        place = sheet.place(("identifiers", "cellphonedb"))
        message = f"{record.id}: the table of complexes has no {name}"
        found.error("SUBUNITS_DIFFER", message, place, hint=did_you_mean(name, table.complexes))
        return
    ours = frozenset(subunit.uniprot for subunit in record.assembly.subunits)
    differing, excepted = ours ^ table.complexes[name], table.exceptions.get(name, frozenset())
    if differing != excepted:
        message = f"{record.id} and {name} of CellPhoneDB differ by {_named(differing)}; expected: {_named(excepted)}"
        hint = "correct the record, or its row with reason and source in data/identifiers/exceptions.csv"
        found.error("SUBUNITS_DIFFER", message, sheet.place(("assembly",)), hint=hint)


def _named(accessions: frozenset[str]) -> str:
    return ", ".join(sorted(accessions)) or "nothing"


def complexes_have_records(known: Catalogue, found: Collector) -> None:
    """Every receptor of the table of complexes is a record, or an exception says why not."""
    ours = {r.identifiers.cellphonedb for r in known.records("receptor")}
    table = str(data_folder() / "complexes.csv")
    for line, name in enumerate(lists().complexes, 2):
        if name not in ours and lists().exceptions.get(name, {name}):
            hint = "add the receptor, or a row without difference in data/identifiers/exceptions.csv"
            message = f"no receptor has the identifier `cellphonedb: {name}`"
            found.error("COMPLEX_MISSING", message, Span(table, line, 1, len(name)), hint=hint)


BLOCK_RULES = (identifiers_exist, subunits_exist, ids_are_of_one_gene, abouts_are_keys)
RECORD_RULES = (
    symbols_fit,
    labels_are_names,
    identifiers_are_stated,
    statements_have_evidence,
    receptors_are_known,
    subunits_agree,
)
