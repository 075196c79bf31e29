"""The lint: what a record must keep beyond its schema. Each rule is a function; all findings come in one report."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cytokinome.catalogue import quantities
from cytokinome.catalogue.estimates import YOUNG, diffusion_in_water
from cytokinome.catalogue.identity import BLOCK_RULES as IDENTITY_OF_BLOCKS
from cytokinome.catalogue.identity import RECORD_RULES as IDENTITY_OF_RECORDS
from cytokinome.catalogue.identity import complexes_have_records
from cytokinome.catalogue.records import (
    Binding,
    BindingProtein,
    Cytokine,
    Diffusion,
    Loss,
    Measured,
    Regimen,
    Response,
    Secretion,
    Source,
)
from cytokinome.catalogue.selection import WEAK, choices
from cytokinome.catalogue.statements import BLOCK_RULES as STATEMENTS_OF_BLOCKS
from cytokinome.catalogue.statements import RECORD_RULES as STATEMENTS_OF_RECORDS
from cytokinome.catalogue.statements import WHOLE_RULES
from cytokinome.diagnostics import Collector

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytokinome.catalogue.records import Block
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.catalogue.sheets import Sheet
    from cytokinome.diagnostics import Report

# Licences under which rows or text may be copied into CC BY 4.0 data; a single number is a fact and needs none.
OPEN_LICENCES = frozenset({"CC0-1.0", "CC-BY-4.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"})
DATA_FILES = ("github:", "biomodels:")

# Mean mass of an amino-acid residue in proteins, g/pmol; sugars make a chain up to 1.6 times heavier.
RESIDUE_MASS = 110.5e-12
LIGHTEST, HEAVIEST = 0.85, 1.6

GRAM_PER_MOLE = 1e-12  # g/pmol
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
    for sheet in known.faulty:
        for rule in BLOCK_RULES:
            rule(sheet, known, found)
    complexes_have_records(known, found)
    for whole in WHOLE_RULES:
        whole(known, found)
    return found.report()


def sources_are_complete(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """A source names the place and what was read of it; an assumption gives its reason and is tier C."""
    for path, block in sheet.blocks:
        if not isinstance(block, Source):
            continue
        if block.is_assumed and (block.tier != "C" or block.read):
            message, hint = "an assumption is tier C and nothing was read for it", "write tier: C, no read"
            sheet.wrong(found, "SOURCE_INCOMPLETE", path, message, hint)
        if not block.is_assumed and not (block.locator and block.read):
            hint = "write `locator: Table 2` and `read: primary`, `secondary` or `cited_only`"
            sheet.wrong(found, "SOURCE_INCOMPLETE", path, "a source needs a locator and what was read", hint)


def licences_allow(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """A data file names its licence, and what was copied from it is open."""
    for path, block in sheet.blocks:
        if not isinstance(block, Source):
            continue
        if block.id.startswith(DATA_FILES) and not block.licence:
            hint = "write its SPDX name, or `licence: none found`"
            sheet.wrong(found, "LICENCE_NOT_OPEN", path, "a data file needs its licence", hint)
        if block.imported and block.licence not in OPEN_LICENCES:
            message = f"rows may not be imported under {block.licence or 'an unnamed licence'}"
            hint = f"allowed are {', '.join(sorted(OPEN_LICENCES))}"
            sheet.wrong(found, "LICENCE_NOT_OPEN", (*path, "licence"), message, hint)


def numbers_are_sane(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """No number lies outside the range of its kind, and none scatters by more than that or by less than nothing."""
    for path, block in sheet.blocks:
        if not isinstance(block, Measured):
            continue
        kinds = {"cv": quantities.VARIATION, "mass-used": quantities.MOLAR_MASS}
        stated = {"value": block.value, "low": block.low, "high": block.high, "mass-used": block.mass_used}
        scatter = {"sd": block.sd, "sem": block.sem, "cv": block.cv}
        for key, text in (stated | scatter).items():
            kind = kinds.get(key, block.quantity)
            limits = kind.outside(text, down_to_zero=key in scatter) if text else ""
            if limits:
                message = f"{text} is no sane {kind.name}, which is {limits}"
                hint = "check the unit and the power of ten in the source"
                sheet.wrong(found, "NUMBER_OUT_OF_BOUNDS", (*path, key), message, hint)


def times_are_sane(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """What is given every so often, and for so long, is given so in times of people."""
    for path, block in sheet.blocks:
        if isinstance(block, Regimen):
            for key, text in (("every", block.every), ("lasting", block.lasting)):
                if text and (limits := quantities.DURATION.outside(text)):
                    message, hint = f"{text} is no sane time, which is {limits}", "compare it with the source"
                    sheet.wrong(found, "NUMBER_OUT_OF_BOUNDS", (*path, key), message, hint)


def evidence_is_strong(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Warn where a value rests on tier C or V alone, unless the record says that a measured one was looked for."""
    found_at = dict(sheet.blocks)
    missed = {one.molecule for one in getattr(sheet.record, "not_found", ()) if one.what == "kinetics"}
    for path, block in sheet.blocks:
        if isinstance(block, Measured) and "conflicts" not in path:
            tiers = {block.source.tier, *(other.source.tier for other in block.conflicts)}
            if tiers <= set(WEAK) and not _is_of(found_at.get(path[:-1]), missed):
                what = f"{block.quantity.name} {block.value}"
                message = f"{sheet.id}: {what} rests on tier {block.source.tier} alone"
                found.warning("WEAK_EVIDENCE", message, sheet.place(path), hint="look for a measured value")


def _is_of(owner: Block | None, molecules: set[str | None]) -> bool:
    """Whether a number of a cell is how it makes or answers one of these molecules."""
    if isinstance(owner, Secretion):
        return owner.cytokine in molecules
    return isinstance(owner, Response) and owner.signal in molecules


def selections_are_explained(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Warn where the value that stands first is not the one that the rule of selection ranks first, and no word why."""
    for choice in choices(sheet.record):
        if choice.default is not None and not choice.is_explained:
            best, taken = choice.candidates[0].measured, choice.default
            message = f"{sheet.id}: {choice.title} is {taken.measured.value}, the rule ranks {best.value} first"
            hint = "let that value stand first, or say in `chosen:` why not"
            found.warning("SELECTION_UNEXPLAINED", message, sheet.place(taken.path), hint=hint)


def rates_agree(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Kd = koff/kon where all three are stated."""
    for path, block in sheet.blocks:
        if isinstance(block, Binding) and block.Kd and block.kon and block.koff:
            implied = block.koff.canonical / block.kon.canonical
            if abs(implied / block.Kd.canonical - 1) > KD_TOLERANCE:
                message = f"koff/kon is {implied:.3g} pM and Kd is {block.Kd.canonical:.3g} pM"
                hint = "take all three from one source, or leave out kon and koff"
                sheet.wrong(found, "RATES_DISAGREE", path, message, hint)


def masses_fit_chains(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """The molar mass is that of all mature chains together: not of a monomer, nor of a precursor."""
    record = sheet.record
    if not isinstance(record, Cytokine | BindingProtein):
        return
    if len({chain.hgnc for chain in record.chains}) < len(record.chains):
        sheet.wrong(found, "MASS_MISFIT", ("chains",), "a chain is listed twice", "state `copies:` instead")
    if len(record.chains) == 1 and record.identifiers.hgnc not in (None, record.chains[0].hgnc):
        message = "the only chain is another gene than the record"
        sheet.wrong(found, "MASS_MISFIT", ("chains",), message, "compare the HGNC ids")
    residues = [chain.residues * chain.copies for chain in record.chains if chain.residues and chain.copies]
    if record.molar_mass is None or not residues or len(residues) < len(record.chains):
        return
    bare = RESIDUE_MASS * sum(residues)
    if not LIGHTEST <= record.molar_mass.canonical / bare <= HEAVIEST:
        message = f"{record.molar_mass.value} is not the mass of these chains, about {bare / 1e-9:.3g} kDa"
        hint = "state the mass of the active form, all copies together"
        sheet.wrong(found, "MASS_MISFIT", ("molar-mass", "value"), message, hint)


def estimates_follow(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """A diffusion coefficient that was estimated is what the molar mass of its record gives."""
    mass = getattr(sheet.record, "molar_mass", None)
    for path, block in sheet.blocks:
        if isinstance(block, Diffusion) and block.source.id == YOUNG:
            expected = "" if mass is None else f"{diffusion_in_water(mass.canonical / GRAM_PER_MOLE):.3g} um^2/s"
            if mass is None or (block.mass_used, block.value) != (mass.value, expected):
                message = f"{block.value} was estimated from {block.mass_used or 'an unnamed molar mass'}"
                stated = f"{mass.value}, which gives {expected}" if mass else "none"
                hint = f"the molar mass of the record is {stated}; write both"
                sheet.wrong(found, "ESTIMATE_DIFFERS", (*path, "value"), message, hint)


def losses_are_chosen_once(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Of the losses for one compartment and kind at most one is preferred."""
    losses = [block for _, block in sheet.blocks if isinstance(block, Loss) and block.preferred]
    for (kind, place), count in Counter((loss.kind, loss.place) for loss in losses).items():
        if count > 1:
            message = f"{count} losses ({kind}, {place}) are preferred"
            hint = "one loss per kind and compartment can be preferred"
            sheet.wrong(found, "PREFERRED_TWICE", ("losses",), message, hint)


# Rules of single blocks, which hold for what could be read of a faulty record too.
BLOCK_RULES: tuple[Callable[[Sheet, Catalogue, Collector], None], ...] = (
    sources_are_complete,
    licences_allow,
    numbers_are_sane,
    times_are_sane,
    rates_agree,
    *IDENTITY_OF_BLOCKS,
    *STATEMENTS_OF_BLOCKS,
)
RULES: tuple[Callable[[Sheet, Catalogue, Collector], None], ...] = (
    *BLOCK_RULES,
    evidence_is_strong,
    selections_are_explained,
    masses_fit_chains,
    estimates_follow,
    losses_are_chosen_once,
    *IDENTITY_OF_RECORDS,
    *STATEMENTS_OF_RECORDS,
)
