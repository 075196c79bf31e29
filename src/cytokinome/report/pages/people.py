"""The pages of cells, therapies and diseases, and what is said of records that share a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.catalogue.records import Cell, Disease, Interaction, Level, blocks
from cytokinome.catalogue.selection import choices
from cytokinome.catalogue.views import therapies_of
from cytokinome.report.pages.frame import above, page
from cytokinome.report.pages.molecules import acts, drug_list
from cytokinome.report.pages.numbers import stated
from cytokinome.report.pages.sources import said
from cytokinome.report.pages.statements import evidence, interaction_list
from cytokinome.report.pages.text import plain, pretty, section, table, unbroken

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Record, Therapy
    from cytokinome.report.pages.writer import Writer


def cell_page(cell: Cell, writer: Writer) -> str:
    """Return the page of a cell type."""
    own = [it for it in writer.known.interactions if it.cell == cell.id]
    as_signal = [it for it in writer.known.interactions if it.by == cell.id]
    body = (
        _kin(cell, writer),
        section("What it secretes", _of_verb("secretes", own, cell, writer)),
        section("What it answers", _of_verb("responds", own, cell, writer)),
        section("What is raised and lowered in it", _of_verb("regulates", own, cell, writer)),
        section("What it drives in others", interaction_list(as_signal, writer, cell.id)),
        section("States", _states(cell)),
        section("Diseases", _parts(cell, writer)),
    )
    return page(cell, above("cell", writer), body, [*own, *as_signal], writer)


def _of_verb(verb: str, own: list[Interaction], cell: Cell, writer: Writer) -> list[str]:
    return interaction_list([it for it in own if it.verb == verb], writer, cell.id)


def _kin(cell: Cell, writer: Writer) -> list[str]:
    """The more general cell and the more special ones."""
    special = [one.id for one in writer.known.records("cell") if isinstance(one, Cell) and one.parent == cell.id]
    words = [f"A kind of {writer.link(cell.parent)}."] if cell.parent else []
    words += [f"More special: {', '.join(writer.link(id) for id in special)}."] if special else []
    return [" ".join(words), ""] if words else []


def _states(cell: Cell) -> list[str]:
    lines: list[str] = []
    for state in cell.states:
        also = f", also called {plain(', '.join(state.synonyms))}" if state.synonyms else ""
        lines += [f"- **{plain(state.name)}**{also}", *evidence(state.evidence)]
    return lines


def _parts(cell: Cell, writer: Writer) -> list[str]:
    """What a cell does in diseases."""
    lines: list[str] = []
    for disease in writer.known.records("disease"):
        for player in disease.cells if isinstance(disease, Disease) else ():
            if player.cell == cell.id:
                lines += [f"- **{writer.link(disease.id)}**: {plain(player.part)}", *evidence(player.evidence)]
    return lines


# ------------------------------------------------------------------------------------------------------- therapies
def therapy_page(drug: Therapy, writer: Writer) -> str:
    """Return the page of a therapy."""
    named = [it for it in writer.known.interactions if it.by == drug.id]
    body = (
        _how(drug, writer),
        section("What it is given for", _indications(drug, writer)),
        section("What it does to cells and cytokines", interaction_list(named, writer, drug.id)),
        section("How it is given", _regimens(drug, writer)),
    )
    return page(drug, above("therapy", writer), body, named, writer)


def _how(drug: Therapy, writer: Writer) -> list[str]:
    article = "An" if (drug.drug_class or "").startswith("a") else "A"
    kind = f"{article} {drug.drug_class} that" if drug.drug_class else "It"
    how = f" How: {plain(drug.mechanism)}." if drug.mechanism else ""
    return [f"{kind} {acts(drug, writer)}.{how}", ""]


def _indications(drug: Therapy, writer: Writer) -> list[str]:
    lines: list[str] = []
    for use in drug.indications:
        lines += [f"- **{writer.link(use.disease)}**", *evidence(use.evidence)]
    return lines


def _regimens(drug: Therapy, writer: Writer) -> list[str]:
    rows: list[tuple[str, ...]] = []
    for one in drug.regimens:
        often = f"every {pretty(one.every)}" if one.every else "once"
        lasting = f" for {pretty(one.lasting)}" if one.lasting else ""
        rows.append(
            (
                f"**{plain(pretty(one.dose.value))}** {plain(one.route)}",
                plain(f"{often}{lasting}" + (f"; {one.then}" if one.then else "")),
                writer.link(one.indication) if one.indication else "",
                said(one.dose.source),
            )
        )
    return table(("Dose", "How often", "For", "Where it was read"), rows, stacked=True)


# -------------------------------------------------------------------------------------------------------- diseases
def disease_page(disease: Disease, writer: Writer) -> str:
    """Return the page of a disease."""
    told = [it for it in writer.known.interactions if it.context.disease == disease.id]
    body = (
        _where(disease, writer),
        section("What is raised and lowered", _shifts(disease, writer)),
        section("Cells that take part", _players(disease, writer)),
        section("Drugs", drug_list(therapies_of(writer.known, disease.id), writer)),
        section("Concentrations in patients", _levels(disease, writer)),
        section("What was seen in it", interaction_list(told, writer, disease.id)),
    )
    return page(disease, above("disease", writer), body, told, writer)


def _where(disease: Disease, writer: Writer) -> list[str]:
    words = [f"A kind of {writer.link(disease.parent)}."] if disease.parent else []
    words += [f"It affects {', '.join(writer.link(id) for id in disease.tissues)}."] if disease.tissues else []
    return [" ".join(words), ""] if words else []


def _shifts(disease: Disease, writer: Writer) -> list[str]:
    lines: list[str] = []
    for shift in disease.involves:
        where = f" in {shift.matrix}" if shift.matrix else ""
        direction = "raised" if shift.direction == "up" else "lowered"
        lines += [f"- **{writer.link(shift.molecule)}**: {direction}{where}", *evidence(shift.evidence)]
    return lines


def _players(disease: Disease, writer: Writer) -> list[str]:
    lines: list[str] = []
    for player in disease.cells:
        lines += [f"- **{writer.link(player.cell)}**: {plain(player.part)}", *evidence(player.evidence)]
    return lines


def _levels(disease: Disease, writer: Writer) -> list[str]:
    """Concentrations of all molecules in this disease, beside those of the healthy in the same fluid."""
    rows: list[tuple[str, ...]] = []
    for record in writer.known.records():
        levels = [block for _, block in blocks(record) if isinstance(block, Level)]
        for level in (one for one in levels if one.state == disease.id):
            rows.append(
                (
                    writer.link(record.id),
                    plain(level.matrix),
                    stated(level.concentration, record, writer),
                    _healthy(record, level.matrix),
                    said(level.concentration.source),
                )
            )
    return table(("Molecule", "In", "Patients", "Healthy people", "Where the first was read"), rows, stacked=True)


def _healthy(record: Record, matrix: str) -> str:
    wanted = f"concentration in {matrix}, healthy"
    found = next((one for one in choices(record, "levels") if one.title == wanted and one.default), None)
    return plain(unbroken(pretty(found.default.measured.value))) if found and found.default else "–"
