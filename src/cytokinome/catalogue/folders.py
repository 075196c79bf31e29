"""Data folders → records, of which those that were read before come from the cache."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file
from typing import TYPE_CHECKING, cast

from cytokinome import cache
from cytokinome._version import __version__
from cytokinome.catalogue.sheets import Sheet
from cytokinome.evidence import text_digest
from cytokinome.text import plain_data, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from cytokinome.diagnostics import Collector

# The kinds of record, and the folders that they lie in.
FOLDERS = {
    "cytokine": "cytokines",
    "receptor": "receptors",
    "cell": "cells",
    "interaction": "interactions",
    "therapy": "therapies",
    "mediator": "mediators",
    "binding-protein": "binding-proteins",
    "disease": "diseases",
    "tissue": "tissues",
    "assay": "assays",
    "study": "studies",
    "standard": "standards",
}
ENDINGS = (".yaml", ".yml")
_KIND = re.compile(r"^kind:", re.MULTILINE)
_DEPTH = 4  # folders in folders that are looked through for files out of place
# What a record read before depends on besides its text: the schema, and what reads the quantities in it.
_SCHEMA = ("catalogue/records", "catalogue/quantities.py", "units.py", "unit_grammar.py")


@dataclass(frozen=True, slots=True)
class _File:
    place: str  # inside the data folder
    path: str
    text: str


def load_folder(folder: Traversable, found: Collector) -> tuple[Sheet, ...]:
    """Read all records of a data folder: one folder per kind, one file per record, named after its id.

    Of a record with faults of the schema comes what could be read of it, as a sheet that is not whole.

    Reading YAML strictly and building records takes most of the time, so what was read without fault is kept in the
    user's cache, under the hash of all texts and of the schema.
    """
    before = len(found.report().errors)
    files = list(_files(folder, found))
    texts = [(file.place, text_digest(file.text)) for file in files]
    entry = cache.key("records", __version__, _schema(), texts)
    if kept := _kept(cache.read(entry), files):
        for file in files:
            found.add_text(file.path, file.text)
        return kept
    sheets = [sheet for file in files if (sheet := _load_file(file, found))]
    if len(found.report().errors) == before:
        cache.write(entry, json.dumps([_row(sheet) for sheet in sheets]).encode())
    return tuple(sheets)


def holds_records(folder: Traversable) -> bool:
    """Return whether a folder has the folder of a kind in it, or a file as records are."""
    return any(item.name in FOLDERS.values() or item.name.casefold().endswith(ENDINGS) for item in folder.iterdir())


@lru_cache(maxsize=1)
def _schema() -> str:
    """The hash of the files that read records: a change of them must not meet what was kept before."""
    from importlib.resources import files

    named = [files("cytokinome").joinpath(place) for place in _SCHEMA]
    each = [item for part in named for item in (part.iterdir() if part.is_dir() else (part,))]
    return cache.key(*sorted(item.read_bytes() for item in each if item.name.endswith(".py")))


def _files(folder: Traversable, found: Collector) -> Iterator[_File]:
    """All files of records: those of the folders of the kinds, then those that lie elsewhere and are out of place.

    Beside the folders of the kinds there may be other files, such as models: what lies there is a record if it has a
    kind.
    """
    ranks = {name: rank for rank, name in enumerate(FOLDERS.values())}
    paths = sorted(_below(folder, ()), key=lambda path: (ranks.get(path[0], len(ranks)), path))
    has_folders = any(path[0] in ranks for path in paths)
    for path in paths:
        with as_file(folder.joinpath(*path)) as item:
            text = read_file(item, found)
            is_record = path[0] in ranks or not has_folders or _KIND.search(text or "kind:")
            if text is not None and is_record:
                yield _File("/".join(path), str(item), text)


def _below(folder: Traversable, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for item in folder.iterdir():
        here = (*above, item.name)
        if item.name.casefold().endswith(ENDINGS):
            yield here
        elif len(here) <= _DEPTH and item.is_dir():
            yield from _below(item, here)


def _row(sheet: Sheet) -> list[object]:
    """What is kept of a sheet."""
    return [sheet.id, sheet.kind, sheet.title, sheet.names, json.dumps(plain_data(sheet.tree))]


def _kept(content: bytes | None, files: list[_File]) -> tuple[Sheet, ...]:
    """The records of the cache; nothing where there are none."""
    try:
        rows = cast("list[tuple[str, str, str, list[str], str]]", json.loads(content)) if content else []
        return tuple(
            Sheet(id, kind, title, tuple(names), file.text, file.path, record)
            for file, (id, kind, title, names, record) in zip(files, rows, strict=True)
        )
    except (TypeError, ValueError):
        return ()


def _unread(file: _File) -> Sheet | None:
    """What the place of a file says of a text that has no tree, or no kind: others may name that record."""
    folder, _, name = file.place.rpartition("/")
    kind = next((kind for kind, place in FOLDERS.items() if place == folder), None)
    return Sheet.unread(name.rpartition(".")[0], kind, file.text, file.path) if kind else None


def _load_file(file: _File, found: Collector) -> Sheet | None:
    """Read a record, and check that it stands in its place; of what cannot be read its place is what is known."""
    from cytokinome.catalogue.load import load_sheet  # the schema is heavy

    sheet = load_sheet(file.text, file.path, found) or _unread(file)
    if sheet and sheet.id and file.place != (right := f"{FOLDERS[sheet.kind]}/{sheet.id}.yaml"):
        message = f"the {sheet.kind} {sheet.id} stands in {file.place}"
        hint = f"its place is {right}"
        found.error("CATALOGUE_INVALID", message, sheet.place(("id",)), hint=hint)
    return sheet
