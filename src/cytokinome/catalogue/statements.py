"""Lint of what records say of each other: names that resolve, signs, levels, parents, who makes and who answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytokinome.catalogue.records import (
    Binding,
    Cell,
    Cytokine,
    Interaction,
    Level,
    Loss,
    Measured,
    NotFound,
    Receptor,
    Refers,
    Role,
)
from cytokinome.catalogue.sheets import loosened

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from cytokinome.catalogue.records import Context, Path
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.catalogue.sheets import Sheet
    from cytokinome.diagnostics import Collector

# What is said, its sign, where it holds, and where it stands.
_Said = tuple[tuple[str | None, ...], str, "Context", "Sheet", "Path"]

# What makes an item of a list the same as another.
_LISTED: dict[str, Callable[[Any], str]] = {
    "synonyms": str,
    **dict.fromkeys(("ligands", "antagonists", "binds", "affinity"), lambda one: f"{one.molecule} {one.form}".strip()),
    "indications": lambda one: one.disease,
    "involves": lambda one: f"{one.molecule} in {one.matrix}" if one.matrix else one.molecule,
    "cells": lambda one: one.cell,
    "states": lambda one: one.name,
}


def references_resolve(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Every record that a record names exists, under its id, and is of the right kind."""
    for path, id, refers in sheet.references:
        if fault := _misnamed(id, refers, known):
            sheet.wrong(found, "REFERENCE_UNKNOWN", path, *fault)


def _misnamed(id: str, refers: Refers, known: Catalogue) -> tuple[str, str] | None:
    """What is wrong with a name, and what to do, if anything; words are wrong only where they mean a record."""
    record = known.find(id)
    fits = record is not None and record.kind in refers.kinds
    if id in refers.words or (record and fits and record.id == id) or (refers.or_words and not fits):
        return None
    if any(sheet.id == id and sheet.kind in refers.kinds for sheet in known.faulty):
        return None
    is_other = f", it is the {record.kind} {record.id}" if record and not fits else ""
    message = f"{id} is no id of a {' or '.join(refers.kinds)}{is_other}"
    return message, f"write its id, {record.id}" if record and fits else known.suggest(id, refers.kinds)


def sites_fit_receptors(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """The receptors of binding sites have the ligand that was used to count them."""
    if not isinstance(sheet.record, Cell):
        return
    for i, site in enumerate(sheet.record.sites):
        for j, id in enumerate(site.receptors):
            receptor = known.find(id)
            if isinstance(receptor, Receptor) and site.ligand not in [b.molecule for b in receptor.ligands]:
                message, hint = f"{id} has no ligand {site.ligand}", "compare the receptor's own record"
                sheet.wrong(found, "SITES_MISFIT", ("sites", i, "receptors", j), message, hint)


def levels_are_described(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """A level says what of its people it is, and one in moles names the molar mass behind it.

    Healthy people differ a hundredfold between assays, so a bare number says nothing.
    """
    for path, block in sheet.blocks:
        if not isinstance(block, Level):
            continue
        for index, measured in enumerate((block.concentration, *block.concentration.conflicts)):
            at = (*path, "concentration", *(("conflicts", index - 1) if index else ()))
            if not (measured.statistic or measured.bound or (measured.low and measured.high)):
                message = f"nobody knows what {measured.value} is of these people"
                sheet.wrong(found, "LEVEL_BARE", at, message, "write `statistic:`, `low:` and `high:`, or `bound:`")
            if "mass" not in str(measured.quantity.read(measured.value).dimension) and not measured.mass_used:
                message = f"{sheet.id}: {measured.value} does not name the molar mass behind it"
                hint = "add `mass-used:` where the source says it; else say in `form:` that it does not"
                if not measured.form and "IU" not in measured.value:
                    found.warning("MASS_UNNAMED", message, sheet.place((*at, "value")), hint=hint)


def levels_stand_together(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Several levels in one matrix of the same people are conflicts of one, not a choice."""
    seen: dict[Hashable, Path] = {}
    for path, block in sheet.blocks:
        if isinstance(block, Level):
            first = seen.setdefault((block.matrix, block.state, str(block.context)), path)
            if first != path:
                message = f"the level in {block.matrix}, {block.state}, is stated twice"
                hint = "put the second under `conflicts:` of the first, or say in `context:` how the people differ"
                sheet.wrong(found, "LEVEL_TWICE", path, message, hint, sheet.place(first))


def serum_is_not_plasma(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """No level in plasma of what platelets release was read in serum, which has more of it the longer blood clots."""
    if sheet.id not in known.clotting:
        return
    for path, block in sheet.blocks:
        if isinstance(block, Level) and block.matrix in ("plasma", "whole blood"):
            for index, measured in enumerate((block.concentration, *block.concentration.conflicts)):
                read = " ".join((measured.form, measured.source.locator, measured.source.says)).casefold()
                if "serum" in read and "plasma" not in read:
                    at = (*path, "concentration", *(("conflicts", index - 1) if index else ()))
                    message = f"{measured.value} was read in serum, into which platelets release it as blood clots"
                    hint = "write `matrix: serum`; models take no such level"
                    sheet.wrong(found, "SERUM_FOR_PLASMA", at, message, hint)


def species_agree(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """What is said of a species was read in it: of a statement some evidence, of a number its source."""
    for path, block in sheet.blocks:
        if isinstance(block, Interaction | Role):
            stated, sources = block.context.species, block.evidence
        elif isinstance(block, Measured):
            stated, sources = block.species, (block.source,)
        else:
            continue
        read = {source.species for source in sources if source.verdict == "supports"}
        if stated and read and None not in read and not any(_includes(other, stated) for other in read if other):
            message = f"it is said of {stated}, and was read in {', '.join(sorted(word for word in read if word))}"
            hint = "correct the species, or add the evidence of this one; what holds in both is two statements"
            sheet.wrong(found, "SPECIES_MIXED", (*path, "species"), message, hint)


def _includes(read: str, stated: str) -> bool:
    """Whether one of the species in words, such as ``mouse and human``, is that which is stated."""
    return bool(set(read.split(" and ")) & set(stated.split(" and ")))


def roles_are_consistent(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """Roles of opposite sign on one axis have contexts that differ, and no role is stated twice."""
    record = sheet.record
    if not isinstance(record, Cytokine):
        return
    said = [((role.axis,), role.sign, role.context, sheet, ("roles", i)) for i, role in enumerate(record.roles)]
    _compare(said, found)


def interactions_are_consistent(known: Catalogue, found: Collector) -> None:
    """Interactions of opposite sign have contexts that differ, and none is stated twice."""
    said: list[_Said] = []
    for sheet in known.sheets:
        it = sheet.record
        if isinstance(it, Interaction):
            said.append((_what(it), it.sign, it.context, sheet, ("sign",)))
    _compare(said, found)


def _what(it: Interaction) -> tuple[str | None, ...]:
    """What an interaction states, without sign and context, in the order of a sentence."""
    at = f"at {it.receptor}" if it.receptor else None
    match it.verb:
        case "secretes":
            return it.state, it.cell, it.verb, it.object, f"on {it.by}" if it.by else None
        case "responds":
            return it.state, it.cell, f"responds to {it.by}", at, f"with {it.effect}"
        case "regulates":
            return it.by, f"changes {it.effect} of {it.object}", at, f"in {it.cell}" if it.cell else None, it.state


def _compare(said: Iterable[_Said], found: Collector) -> None:
    """Report what is said twice in the same context: with one sign, or with opposite ones."""
    seen: dict[Hashable, tuple[str, Sheet, Path]] = {}
    for what, sign, context, sheet, path in said:
        first = seen.setdefault((what, str(context)), (sign, sheet, path))
        if first[1:] == (sheet, path) or "both" in (sign, first[0]):
            continue
        also = first[1].place(first[2])
        words = " ".join(word for word in what if word)
        if first[0] == sign:
            message, hint = f"{words} is stated twice", "put all evidence in one place"
            sheet.wrong(found, "DUPLICATE_STATEMENT", path, message, hint, also)
        else:
            message = f"{words} is said with both signs in the same context"
            hint = "say in `context:` what differs, or put the evidence that refutes beside the other"
            sheet.wrong(found, "SIGN_CONFLICT", path, message, hint, also)


def missing_is_missing(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """What a record says was not found is not in the record."""
    for index, missing in enumerate(getattr(sheet.record, "not_found", ())):
        if any(_is_what_was_missing(block, missing) for _, block in sheet.blocks):
            message = f"the record has what it says was not found: {missing}"
            sheet.wrong(found, "NOT_MISSING", ("not-found", index), message, "remove it from `not-found:`")


def _is_what_was_missing(block: object, missing: NotFound) -> bool:
    if isinstance(block, Loss):
        here = (block.context.compartment, block.context.species)
        return missing.what == "loss" and here == (missing.matrix, missing.species)
    if isinstance(block, Level):
        here = (block.matrix, block.state, block.context.species or "human")
        return missing.what == "level" and here == (missing.matrix, missing.state, missing.species)
    if isinstance(block, Binding):
        return missing.what == "affinity" and block.molecule == missing.molecule and block.is_measured
    return False


def parents_end(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """No record is its own parent, by however many steps."""
    steps = [sheet.id]
    for parent in _parents(sheet, known):
        steps.append(parent)
        if parent == sheet.id:
            message = f"the parents go round in a circle: {' > '.join(steps)}"
            sheet.wrong(found, "PARENT_CYCLE", ("parent",), message, "a parent is the more general record")


def _parents(sheet: Sheet, known: Catalogue) -> Iterator[str]:
    """The parent of a record, its parent, and so on, each once."""
    seen: set[str] = set()
    parent = getattr(sheet.record, "parent", None)
    while parent is not None and parent not in seen:
        seen.add(parent)
        yield parent
        parent = getattr(known.find(parent), "parent", None)


def nothing_is_listed_twice(sheet: Sheet, known: Catalogue, found: Collector) -> None:
    """No synonym, partner, disease, cell or state is listed twice in a record."""
    for key, told in _LISTED.items():
        seen: set[str] = set()
        for index, item in enumerate(getattr(sheet.record, key, ())):
            what = told(item)
            if what in seen:
                message = f"{what} is listed twice under `{key}:`"
                hint = "keep one; where they are two things, say what differs"
                sheet.wrong(found, "DUPLICATE_STATEMENT", (key, index), message, hint)
            seen.add(what)


def names_differ(known: Catalogue, found: Collector) -> None:
    """No name of a record is that of another but for spaces, hyphens, case and Greek letters."""
    owners: dict[str, tuple[str, Sheet]] = {}
    for sheet in known.sheets:
        for name in sheet.names:
            first, owner = owners.setdefault(loosened(name), (name, sheet))
            if owner is not sheet and first.casefold() != name.casefold():
                message = f"{name} of {sheet.id} is written like {first} of {owner.id}"
                hint = "leave the name to the one that people mean by it"
                also = [owner.where_named(first)]
                found.error("AMBIGUOUS_NAME", message, sheet.where_named(name), hint=hint, also=also)


def cytokines_have_producers(known: Catalogue, found: Collector) -> None:
    """Every cytokine is secreted by some cell, or says why nobody knows one."""
    made = {i.object for i in known.interactions if i.verb == "secretes" and i.sign == "+"}
    made |= {s.cytokine for cell in known.records("cell") if isinstance(cell, Cell) for s in cell.secretes}
    lacking = {c.id for c in known.cytokines if c.id not in made and c.no_producer is None}
    _lack("NO_PRODUCER", "no cell secretes it", lacking, known, found)


def cytokines_have_responders(known: Catalogue, found: Collector) -> None:
    """Some cell responds to every cytokine, or it says why nobody knows one."""
    heard = {i.by for i in known.interactions if i.verb in ("responds", "regulates")}
    heard |= {r.signal for cell in known.records("cell") if isinstance(cell, Cell) for r in cell.responds}
    lacking = {c.id for c in known.cytokines if c.id not in heard and c.no_responder is None}
    _lack("NO_RESPONDER", "no cell responds to it", lacking, known, found)


def _lack(code: str, what: str, lacking: set[str], known: Catalogue, found: Collector) -> None:
    key = code.lower().replace("_", "-")
    hint = f"add an interaction, or say under `{key}:` why there is none"
    for sheet in known.of_kind("cytokine"):
        if sheet.id in lacking:
            sheet.wrong(found, code, ("id",), what, hint)


BLOCK_RULES = (references_resolve, levels_are_described, serum_is_not_plasma, species_agree)
RECORD_RULES = (
    sites_fit_receptors,
    levels_stand_together,
    roles_are_consistent,
    missing_is_missing,
    nothing_is_listed_twice,
    parents_end,
)
WHOLE_RULES = (names_differ, interactions_are_consistent, cytokines_have_producers, cytokines_have_responders)
