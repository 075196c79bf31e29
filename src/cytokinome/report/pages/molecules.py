"""The pages of cytokines and receptors, and what is said of mediators and binding proteins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.catalogue.lists import lists
from cytokinome.catalogue.records import Assay, BindingProtein, Disease, Standard, Therapy
from cytokinome.catalogue.views import diseases_of, producers, regulated, regulators, responders
from cytokinome.report.pages.families import family_link
from cytokinome.report.pages.frame import above, page
from cytokinome.report.pages.neighbours import makers_and_answering
from cytokinome.report.pages.numbers import taken_elsewhere
from cytokinome.report.pages.sources import cited, said
from cytokinome.report.pages.statements import evidence, interaction_list, label_table, role_list
from cytokinome.report.pages.text import counted, plain, pretty, section, table, unbroken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.catalogue.records import Binding, Chain, Cytokine, Receptor, Record, Source, Subunit
    from cytokinome.report.pages.writer import Numbers, Writer


def cytokine_page(cytokine: Cytokine, writer: Writer, numbers: Numbers) -> str:
    """Return the page of a cytokine."""
    known, id = writer.known, cytokine.id
    made, heard = producers(known, id), responders(known, id)
    on, by = regulated(known, id), regulators(known, id)
    drugs = drugs_on((id, *(r.id for r in known.bound_by(id))), writer)
    body = (
        _summary(cytokine, writer),
        section("What it does", [*label_table(cytokine, writer), *role_list(cytokine, writer)]),
        section("Who makes it", [*_absent(cytokine.no_producer), *interaction_list(made, writer, id)]),
        section("Who answers", [*_absent(cytokine.no_responder), *interaction_list(heard, writer, id)]),
        section("What raises and lowers it", interaction_list(by, writer, id)),
        section("What it raises and lowers", interaction_list(on, writer, id)),
        section("Receptors", [*_absent(cytokine.no_receptor), *_receptors(cytokine, writer)]),
        section("Drugs that act on it", drug_list(drugs, writer)),
        section("Diseases", shift_list(diseases_of(known, id), id, writer)),
    )
    behind = (
        section("Numbers of its receptors and cells", taken_elsewhere(numbers.about(id), writer)),
        section("How it is measured", _measured_by(id, writer)),
        section("Chains", _chains(cytokine.chains)),
    )
    lists = above("cytokine", writer, family_link(cytokine, writer))
    return page(cytokine, lists, body, [*made, *heard, *on, *by], writer, behind)


def _summary(cytokine: Cytokine, writer: Writer) -> list[str]:
    """How much is known, in a sentence."""
    makers, answering = makers_and_answering(cytokine.id, writer.known)
    receptors = [writer.link(r.id) for r in writer.known.receptors_of(cytokine.id)]
    chains = [
        f"{chain.copies} × {_gene(chain)}" if (chain.copies or 1) > 1 else _gene(chain) for chain in cytokine.chains
    ]
    made = f"{counted(len(makers), 'kind')} of cell {'makes' if len(makers) == 1 else 'make'} it"
    heard = f"{counted(len(answering), 'kind')} of cell {'answers' if len(answering) == 1 else 'answer'} it"
    said = (
        f"In this catalogue {made} and {heard}." if makers or answering else "Its cells are not in this catalogue yet."
    )
    through = f" It acts through {', '.join(receptors)}." if receptors else ""
    return [f"It consists of {plain(', '.join(chains))}.{through} {said}", ""]


def _absent(source: Source | None) -> list[str]:
    """Why there is nothing to list, in the words of the record."""
    return [f"- None is known: {said(source)}"] if source else []


def _gene(chain: Chain | Subunit) -> str:
    gene = lists().genes.get(chain.hgnc)
    return gene.symbol if gene else chain.hgnc


def _chains(chains: Iterable[Chain]) -> list[str]:
    rows = [
        (
            plain(_gene(chain)),
            str(chain.copies or "not stated"),
            chain.mature or "not stated",
            f"{cited(f'uniprot:{chain.uniprot}')}, {cited(chain.hgnc.replace('HGNC', 'hgnc'))}",
        )
        for chain in chains
    ]
    return table(("Gene", "Copies", "Residues of the mature chain", "In databases"), rows)


def _receptors(cytokine: Cytokine, writer: Writer) -> list[str]:
    rows: list[tuple[str, ...]] = []
    for receptor in writer.known.bound_by(cytokine.id):
        bindings = [b for b in (*receptor.ligands, *receptor.antagonists) if b.molecule == cytokine.id]
        how = "blocks it" if all(b in receptor.antagonists for b in bindings) else ""
        subunits = plain(", ".join(_gene(unit) for unit in receptor.assembly.subunits))
        pathway = plain(receptor.signals.pathway) if receptor.signals else ""
        rows.append((writer.link(receptor.id), subunits, "; ".join(map(_affinity, bindings)) or how, pathway))
    return table(("Receptor", "Chains", "Kd", "Pathway"), rows)


_LIMITS = {"upper": "at most ", "lower": "at least "}


def _affinity(binding: Binding) -> str:
    limit = _LIMITS[binding.Kd.bound] if binding.Kd and binding.Kd.bound else ""
    value = f"{limit}**{plain(unbroken(pretty(binding.Kd.value)))}**" if binding.Kd else "not measured"
    return f"{value} {plain(binding.form)}".strip()


def drugs_on(ids: Iterable[str], writer: Writer) -> tuple[Therapy, ...]:
    """Return the drugs that are aimed at any of these records."""
    wanted = set(ids)
    drugs = (record for record in writer.known.records("therapy") if isinstance(record, Therapy))
    return tuple(drug for drug in drugs if wanted & set(drug.target))


# How a drug acts, by its mode, before the name of what it acts on.
_ACTS = {
    "neutralises ligand": "neutralises",
    "blocks receptor": "blocks",
    "decoy": "is a decoy for",
    "replaces": "replaces",
    "activates receptor": "activates",
    "engages cells": "brings cells together through",
    "inhibits signalling": "inhibits the signals of",
    "inhibits enzyme": "inhibits",
}


def acts(drug: Therapy, writer: Writer) -> str:
    """Return how a drug acts on what; the mode alone where it has no target of its own."""
    targets = ", ".join(writer.link(id) for id in drug.target)
    return f"{_ACTS[drug.mode]} {targets}" if targets else plain(drug.mode)


def drug_list(drugs: Iterable[Therapy], writer: Writer) -> list[str]:
    """Return drugs with how they act and what they are given for."""
    rows = [
        (
            writer.link(drug.id),
            plain(drug.drug_class or ""),
            acts(drug, writer),
            ", ".join(writer.link(use.disease) for use in drug.indications),
        )
        for drug in drugs
    ]
    return table(("Drug", "Class", "How it acts", "Tried for"), rows)


def shift_list(diseases: Iterable[Disease], molecule: str, writer: Writer) -> list[str]:
    """Return the diseases in which a molecule is raised or lowered, with the evidence."""
    lines: list[str] = []
    for disease in diseases:
        for shift in (one for one in disease.involves if one.molecule == molecule):
            where = f" in {shift.matrix}" if shift.matrix else ""
            direction = "raised" if shift.direction == "up" else "lowered"
            lines += [f"- **{writer.link(disease.id)}**: {direction}{where}", *evidence(shift.evidence)]
    return lines


def _measured_by(id: str, writer: Writer) -> list[str]:
    """Assays and standards of a molecule."""
    records = (*writer.known.records("assay"), *writer.known.records("standard"))
    named = [
        one
        for one in records
        if (isinstance(one, Assay) and id in one.measures) or (isinstance(one, Standard) and one.molecule == id)
    ]
    return [f"- {writer.link(one.id)}" for one in named]


# ------------------------------------------------------------------------------------------------------- receptors
def receptor_page(receptor: Receptor, writer: Writer) -> str:
    """Return the page of a receptor."""
    on_cells = tuple(it for it in writer.known.interactions if it.receptor == receptor.id)
    body = (
        section("Chains", _subunits(receptor)),
        section("What binds it", _bindings(receptor, writer)),
        section("What follows", _pathway(receptor)),
        section("Which cells answer through it", interaction_list(on_cells, writer, receptor.id)),
        section("Drugs that act on it", drug_list(drugs_on([receptor.id], writer), writer)),
        section("Forms", _forms(receptor)),
        section("Held back by", _binders(receptor, writer)),
    )
    return page(receptor, above("receptor", writer), body, on_cells, writer)


def _subunits(receptor: Receptor) -> list[str]:
    rows = [
        (
            plain(_gene(unit)),
            str(unit.copies or "not stated"),
            unit.role or "not stated",
            f"{cited(f'uniprot:{unit.uniprot}')}, {cited(unit.hgnc.replace('HGNC', 'hgnc'))}",
        )
        for unit in receptor.assembly.subunits
    ]
    sources = [unit.source for unit in receptor.assembly.subunits if unit.source]
    listed = [f"- {said(source)}" for source in (receptor.assembly.source, *sources)]
    return [*table(("Gene", "Copies", "Role", "In databases"), rows), *listed]


def _bindings(receptor: Receptor, writer: Writer) -> list[str]:
    lines: list[str] = []
    for bindings, words in ((receptor.ligands, ""), (receptor.antagonists, ", which blocks it")):
        for binding in bindings:
            lines.append(f"- **{writer.link(binding.molecule)}**{words}: Kd {_affinity(binding)}")
            lines += evidence([binding.source] if binding.source else [])
    return lines


def _pathway(receptor: Receptor) -> list[str]:
    signals = receptor.signals
    return [f"- {plain(signals.pathway)}", *evidence([signals.source])] if signals else []


def _forms(receptor: Receptor) -> list[str]:
    lines: list[str] = []
    for one in receptor.forms:
        lines += [f"- {one.form}" + (f", {plain(one.how)}" if one.how else ""), *evidence(one.evidence)]
    return lines


def _binders(receptor: Receptor, writer: Writer) -> list[str]:
    """Binding proteins that catch a ligand of this receptor."""
    ligands = {binding.molecule for binding in receptor.ligands}
    return [
        f"- {writer.link(protein.id)} binds {', '.join(writer.link(id) for id in shared)}"
        for protein in writer.known.records("binding-protein")
        if isinstance(protein, BindingProtein) and (shared := _shared(protein, ligands))
    ]


def _shared(protein: BindingProtein, ligands: set[str]) -> list[str]:
    return list(dict.fromkeys(b.molecule for b in protein.binds if b.molecule in ligands))


def mentions(record: Record, writer: Writer) -> list[str]:
    """Return what the interactions say of a record without a page of its own."""
    found = [it for it in writer.known.interactions if record.id in (it.by, it.object)]
    return interaction_list(found, writer, record.id)
