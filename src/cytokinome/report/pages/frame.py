"""What all pages of records share: the head, the picture, the numbers and the sources at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.catalogue.folders import FOLDERS
from cytokinome.report.pages.neighbours import picture
from cytokinome.report.pages.numbers import number_table
from cytokinome.report.pages.sources import identifiers, said, source_list, sources_of, tier_note
from cytokinome.report.pages.text import counted, folded, link, plain, section
from cytokinome.report.pages.writer import heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cytokinome.catalogue.records import NotFound, Record, Statement
    from cytokinome.report.pages.writer import Writer

# Pages that no menu lists: the lists link to them.
_ORPHAN = ["---", "orphan: true", "---", ""]
PLURALS = {
    "cytokine": "Cytokines",
    "receptor": "Receptors",
    "cell": "Cells",
    "therapy": "Therapies",
    "disease": "Diseases",
    "interaction": "Interactions",
    "mediator": "Mediators",
    "binding-protein": "Binding proteins",
    "tissue": "Tissues",
    "standard": "Standards",
    "assay": "Assays",
    "study": "Studies",
}


def page(
    record: Record,
    above: str,
    body: Iterable[Sequence[str]],
    also: Sequence[Record],
    writer: Writer,
    behind: Iterable[Sequence[str]] = (),
) -> str:
    """Return the page of a record.

    Parameters
    ----------
    record : Record
    above : str
        The line of links to the lists that it stands in.
    body, behind : iterable of lists of lines
        Sections between the picture and the numbers, and behind the numbers.
    also : sequence of Record
        Further records whose sources are listed at the end: what others say of it.
    writer : Writer
    """
    lines = [
        *_ORPHAN,
        f"# {plain(heading(record))}",
        "",
        above,
        "",
        *names_line(record),
        *(line for part in body for line in part),
        *section("Numbers", number_table(record, writer)),
        *section("Looked for and not found", _not_found(record)),
        *(line for part in behind for line in part),
        *section("What it is", identity(record, writer)),
        *sources_section([record, *also]),
    ]
    where = next(index for index, line in enumerate(lines) if line.startswith("## "))
    return "\n".join([*lines[:where], *_drawn(record, writer), *lines[where:]])


def _drawn(record: Record, writer: Writer) -> list[str]:
    """The picture with what its colours mean; for a disease, that its cells were seen anywhere."""
    shown = picture(record, writer)
    meaning = "Blue drives or raises, orange restrains or lowers."
    if record.kind == "disease":
        meaning += " What cells make and answer was seen somewhere, not in this disease alone."
    frame = [
        "```{raw} html",
        '<figure class="net-frame">',
        shown,
        f"<figcaption>{meaning}</figcaption>",
        "</figure>",
        "```",
        "",
    ]
    return frame if shown else []


def above(kind: str, writer: Writer, *more: str) -> str:
    """Return the line of links from a record to the lists that it stands in."""
    return " › ".join([link(PLURALS[kind], writer.to(f"{FOLDERS[kind]}/index.md")), *more])


def names_line(record: Record) -> list[str]:
    """Return what else a record is called."""
    others = [name for name in getattr(record, "synonyms", ()) if name not in (record.id, record.title)]
    return [f"*Also called {plain(', '.join(others))}.*", ""] if others else []


def _not_found(record: Record) -> list[str]:
    """The numbers that nobody was found to have measured."""
    missing: tuple[NotFound, ...] = getattr(record, "not_found", ())
    return [f"- {plain(str(one))}: {plain(one.searched)} ({one.on})" for one in missing]


def identity(record: Record, writer: Writer) -> list[str]:
    """Return the identifiers of a record, and who says what it is."""
    ids = identifiers(record.identifiers)
    statements: tuple[Statement, ...] = getattr(record, "evidence", ())
    lines = [f"In other databases: {ids}.", ""] if ids else []
    about = [f"- {plain(', '.join(one.about))}: {said(one.source)}" for one in statements]
    return [*lines, *about]


def sources_section(records: Iterable[Record]) -> list[str]:
    """Return all sources of a page, folded, with what the letters mean."""
    sources = sources_of(records)
    listed = source_list(sources)
    summary = f"{counted(len(listed), 'source')}, {counted(len(sources), 'statement')}"
    return section("Sources", [*tier_note(), *folded(summary, listed)]) if listed else []
