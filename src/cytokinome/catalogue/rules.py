"""The lint: what a record must keep beyond its schema. Each rule is a function; all findings come in one report."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cytokinome.catalogue.identity import IDENTITY_RULES, complexes_have_records
from cytokinome.catalogue.records import (
    Binding,
    Cell,
    Cytokine,
    Loss,
    Measured,
    Receptor,
    Refers,
    Source,
    blocks,
    reference_fields,
)
from cytokinome.diagnostics import Collector

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytokinome.catalogue.load import Sheet
    from cytokinome.catalogue.records import Path
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.diagnostics import Report

# Licences under which rows or text may be copied into CC BY 4.0 data; a single number is a fact and needs none.
OPEN_LICENCES = frozenset({"CC0-1.0", "CC-BY-4.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"})
DATA_FILES = ("github:", "biomodels:")

# Mean mass of an amino-acid residue in proteins, g/pmol; sugars make a chain up to 1.6 times heavier.
RESIDUE_MASS = 110.5e-12
LIGHTEST, HEAVIEST = 0.85, 1.6

KD_TOLERANCE = 0.05  # rounding of published constants


def lint(known: Catalogue, found: Collector | None = None) -> Report:
    """Check all records against all rules.

    Parameters
    ----------
    known : Catalogue
    found : Collector, optional
        Takes the findings; a new one if nothing is given.

    Returns
    -------
    Report
        Errors for what breaks a rule, warnings for defaults that rest on weak evidence alone.
    """
    found = Collector() if found is None else found
    for sheet in known.sheets:
        for rule in RULES:
            rule(sheet, known, found)
    complexes_have_records(known, found)
    return found.report()


def _wrong(found: Collector, message: str, sheet: Sheet, path: Path, hint: str) -> None:
    found.error("CATALOGUE_INVALID", f"{sheet.record.id}: {message}", sheet.place(path), hint=hint)


def sources_are_complete(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """A source names the place and what was read of it; an assumption gives its reason and is tier C."""
    for path, block in blocks(sheet.record):
        if not isinstance(block, Source):
            continue
        if block.is_assumed and (block.tier != "C" or block.read):
            _wrong(found, "an assumption is tier C and nothing was read for it", sheet, path, "write tier: C, no read")
        if not block.is_assumed and not (block.locator and block.read):
            hint = "write `locator: Table 2` and `read: primary`, `secondary` or `cited_only`"
            _wrong(found, "a source needs a locator and what was read", sheet, path, hint)


def licences_allow(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """A data file names its licence, and what was copied from it is open."""
    for path, block in blocks(sheet.record):
        if not isinstance(block, Source):
            continue
        if block.id.startswith(DATA_FILES) and not block.licence:
            _wrong(found, "a data file needs its licence", sheet, path, "write its SPDX name, or `licence: none found`")
        if block.imported and block.licence not in OPEN_LICENCES:
            message = f"rows may not be imported under {block.licence or 'an unnamed licence'}"
            hint = f"allowed are {', '.join(sorted(OPEN_LICENCES))}"
            _wrong(found, message, sheet, (*path, "licence"), hint)


def numbers_are_sane(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """No number lies outside the range of its kind."""
    for path, block in blocks(sheet.record):
        if not isinstance(block, Measured):
            continue
        for key in ("value", "low", "high"):
            text = getattr(block, key)
            limits = block.quantity.outside(text) if text else ""
            if limits:
                message = f"{text} is no sane {block.quantity.name}, which is {limits}"
                _wrong(found, message, sheet, (*path, key), "check the unit and the power of ten in the source")


def evidence_is_strong(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Warn where a value rests on tier C or V alone."""
    for path, block in blocks(sheet.record):
        if isinstance(block, Measured) and "conflicts" not in path:
            tiers = {block.source.tier, *(other.source.tier for other in block.conflicts)}
            if tiers <= {"C", "V"}:
                message = (
                    f"{sheet.record.id}: {block.quantity.name} {block.value} rests on tier {block.source.tier} alone"
                )
                found.warning("WEAK_EVIDENCE", message, sheet.place(path), hint="look for a measured value")


def rates_agree(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Kd = koff/kon where all three are stated."""
    for path, block in blocks(sheet.record):
        if isinstance(block, Binding) and block.Kd and block.kon and block.koff:
            implied = block.koff.canonical / block.kon.canonical
            if abs(implied / block.Kd.canonical - 1) > KD_TOLERANCE:
                message = f"koff/kon is {implied:.3g} pM and Kd is {block.Kd.canonical:.3g} pM"
                _wrong(found, message, sheet, path, "take all three from one source, or leave out kon and koff")


def masses_fit_chains(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """The molar mass is that of all mature chains together: not of a monomer, nor of a precursor."""
    record = sheet.record
    if not isinstance(record, Cytokine):
        return
    if len({chain.hgnc for chain in record.chains}) < len(record.chains):
        _wrong(found, "a chain is listed twice", sheet, ("chains",), "state `copies:` instead")
    if len(record.chains) == 1 and record.identifiers.hgnc not in (None, record.chains[0].hgnc):
        _wrong(found, "the only chain is another gene than the record", sheet, ("chains",), "compare the HGNC ids")
    residues = [chain.residues * chain.copies for chain in record.chains if chain.residues and chain.copies]
    if record.molar_mass is None or len(residues) < len(record.chains):
        return
    bare = RESIDUE_MASS * sum(residues)
    if not LIGHTEST <= record.molar_mass.canonical / bare <= HEAVIEST:
        message = f"{record.molar_mass.value} is not the mass of these chains, about {bare / 1e-9:.3g} kDa"
        _wrong(found, message, sheet, ("molar-mass", "value"), "state the mass of the active form, all copies together")


def losses_are_chosen_once(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Of the losses for one compartment and kind at most one is preferred."""
    losses = [block for _, block in blocks(sheet.record) if isinstance(block, Loss) and block.preferred]
    for (kind, place), count in Counter((loss.kind, loss.place) for loss in losses).items():
        if count > 1:
            hint = "one loss per kind and compartment can be preferred"
            _wrong(found, f"{count} losses ({kind}, {place}) are preferred", sheet, ("losses",), hint)


def references_resolve(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Every record that a record names exists, under its id, and is of the right kind."""
    for path, block in blocks(sheet.record):
        for name, refers in reference_fields(type(block)).items():
            key = type(block).model_fields[name].alias or name
            value: str | tuple[str, ...] | None = getattr(block, name)
            for index, id in enumerate(value if isinstance(value, tuple) else (value,) if value else ()):
                if fault := _misnamed(id, refers, known):
                    at = (*path, key, index) if isinstance(value, tuple) else (*path, key)
                    _wrong(found, fault[0], sheet, at, fault[1])


def _misnamed(id: str, refers: Refers, known: Catalogue) -> tuple[str, str] | None:
    """What is wrong with a name, and what to do, if anything; words are wrong only where they mean a record."""
    record = known.find(id)
    fits = record is not None and record.kind in refers.kinds
    if id in refers.words or (record and fits and record.id == id) or (refers.or_words and not fits):
        return None
    message = f"{id} is no id of a {' or '.join(refers.kinds)}"
    return message, f"write its id, {record.id}" if record and fits else known.suggest(id)


def sites_fit_receptors(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """The receptors of binding sites have the ligand that was used to count them."""
    if not isinstance(sheet.record, Cell):
        return
    for i, site in enumerate(sheet.record.sites):
        for j, id in enumerate(site.receptors):
            receptor = known.find(id)
            if isinstance(receptor, Receptor) and site.ligand not in [b.molecule for b in receptor.ligands]:
                message = f"{id} has no ligand {site.ligand}"
                _wrong(found, message, sheet, ("sites", i, "receptors", j), "compare the receptor's own record")


RULES: tuple[Callable[[Sheet, Catalogue, Collector], None], ...] = (
    sources_are_complete,
    licences_allow,
    numbers_are_sane,
    evidence_is_strong,
    rates_agree,
    masses_fit_chains,
    losses_are_chosen_once,
    references_resolve,
    sites_fit_receptors,
    *IDENTITY_RULES,
)
