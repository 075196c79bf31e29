"""Where each record has its page, and the links between pages."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cytokinome.catalogue.folders import FOLDERS
from cytokinome.catalogue.records import Context, blocks
from cytokinome.catalogue.selection import choices
from cytokinome.report.pages.text import link, plain, pretty

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Record
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.catalogue.selection import Choice

# Kinds with a page per record; the others stand together on one page per kind.
PAGED = ("cytokine", "receptor", "cell", "therapy", "disease")
LISTED = ("mediator", "binding-protein", "tissue", "standard", "assay", "study")
_SYMBOLS = ("cytokine", "receptor")  # kinds whose id is what people call it
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OWNERS = ("molecule", "ligand", "signal", "cytokine")  # keys that say of which molecule a number is


def label(record: Record) -> str:
    """Return what people call a record: the symbol of a molecule, the name of all else."""
    return record.id.replace("_", " ") if record.kind in _SYMBOLS else record.title


def heading(record: Record) -> str:
    """Return the title of its page: the symbol before the name."""
    return f"{label(record)}: {record.title}" if label(record) != record.title else record.title


def page_of(record: Record) -> str:
    """Return the page of a record, with the place on it; nothing for an interaction, which stands on several."""
    if record.kind in PAGED:
        return f"{FOLDERS[record.kind]}/{record.id}.md"
    return f"{FOLDERS[record.kind]}.md#{anchor(record)}" if record.kind in LISTED else ""


def anchor(record: Record) -> str:
    """Return the name of the place of a record on the page of its kind."""
    return f"{record.kind}-{record.id.lower().replace('_', '-')}"


@dataclass(frozen=True)
class Writer:
    """The catalogue, and the page that is being written."""

    known: Catalogue
    page: str

    def to(self, page: str) -> str:
        """Return the way from this page to another."""
        path, mark, place = page.partition("#")
        return posixpath.relpath(path, posixpath.dirname(self.page) or ".") + mark + place

    def link(self, id: str, words: str = "") -> str:
        """Return the link to a record, by its id; words that are no id stay words."""
        record = self.known.find(id)
        if record is None or record.id != id or not page_of(record):
            return plain(words or id)
        return link(plain(words or label(record)), self.to(page_of(record)))

    def href(self, id: str) -> str:
        """Return the address of the page of a record in the finished site, for pictures; nothing for words."""
        record = self.known.find(id)
        page = page_of(record) if record is not None and record.id == id else ""
        return self.to(page).replace(".md", ".html") if page else ""

    def name(self, id: str) -> str:
        """Return what people call a record, by its id; words that are no id stay words."""
        record = self.known.find(id)
        return label(record) if record is not None and record.id == id else id

    def named(self, text: str) -> str:
        """Return a text in which ids such as `rheumatoid_arthritis` and `COVID19` have become names."""
        return _WORD.sub(lambda found: self._spoken(found[0]), text)

    def _spoken(self, word: str) -> str:
        record = self.known.find(word)
        is_id = record is not None and record.id == word and ("_" in word or record.kind == "disease")
        return self.name(word) if is_id else word

    def context(self, context: Context) -> str:
        """Return a context in words, with names instead of ids; nothing where nothing is stated."""
        if context.dose and not context.dose[0].isdigit() and "dose" not in context.dose:
            context = context.model_copy(update={"dose": f"{context.dose} dose"})
        return self.named(pretty(str(context)))


@dataclass(frozen=True)
class Numbers:
    """Which records hold numbers about a molecule that are not in its own record: affinities, sites, rates."""

    known: Catalogue

    def about(self, id: str) -> tuple[tuple[Record, Choice], ...]:
        """Return the choices of other records that are about a molecule."""
        return tuple(self._found.get(id, ()))

    @cached_property
    def _found(self) -> dict[str, list[tuple[Record, Choice]]]:
        found: dict[str, list[tuple[Record, Choice]]] = {}
        for kind in ("receptor", "binding-protein", "cell", "standard"):
            for record in self.known.records(kind):
                parts = dict(blocks(record))
                for choice in choices(record):
                    path = choice.candidates[0].path
                    owner = parts[path[: path.index("conflicts")][:-1] if "conflicts" in path else path[:-1]]
                    for key in _OWNERS:
                        if isinstance(molecule := getattr(owner, key, None), str):
                            found.setdefault(molecule, []).append((record, choice))
        return found
