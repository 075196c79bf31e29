"""Data folders → records, of which those that were read before come from the cache."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
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
# What a record read before depends on besides its text: the schema, and what reads the quantities in it.
_SCHEMA = ("catalogue/records", "catalogue/quantities.py", "units.py", "unit_grammar.py")


@dataclass(frozen=True, slots=True)
class _File:
    kind: str
    name: str
    path: str
    text: str


def load_folder(folder: Traversable, found: Collector) -> tuple[Sheet, ...]:
    """Read all records of a data folder: one folder per kind, one file per record, named after its id.

    Reading YAML strictly and building records takes most of the time, so what was read without fault is kept in the
    user's cache, under the hash of all texts and of the schema.
    """
    before = len(found.report().errors)
    files = [file for kind, name in FOLDERS.items() for file in _files(folder / name, kind, found)]
    texts = [(file.kind, file.name, text_digest(file.text)) for file in files]
    entry = cache.key("records", __version__, _schema(), texts)
    if kept := _kept(cache.read(entry), files):
        for file in files:
            found.add_text(file.path, file.text)
        return kept
    sheets = [sheet for file in files if (sheet := _load_file(file, found))]
    if len(found.report().errors) == before:
        cache.write(entry, json.dumps([_row(sheet) for sheet in sheets]).encode())
    return tuple(sheets)


@lru_cache(maxsize=1)
def _schema() -> str:
    """The hash of the files that read records: a change of them must not meet what was kept before."""
    from importlib.resources import files

    named = [files("cytokinome").joinpath(place) for place in _SCHEMA]
    each = [item for part in named for item in (part.iterdir() if part.is_dir() else (part,))]
    return cache.key(*sorted(item.read_bytes() for item in each if item.name.endswith(".py")))


def _files(folder: Traversable, kind: str, found: Collector) -> Iterator[_File]:
    from importlib.resources import as_file

    if not folder.is_dir():
        return
    for item in sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name):
        with as_file(item) as path:
            text = read_file(path, found)
            if text is not None:
                yield _File(kind, item.name, str(path), text)


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


def _load_file(file: _File, found: Collector) -> Sheet | None:
    """Read a record, and check that it stands in its place."""
    from cytokinome.catalogue.load import load_text  # the schema is heavy

    sheet = load_text(file.text, file.path, found)
    if sheet and (sheet.kind != file.kind or f"{sheet.id}.yaml" != file.name):
        message = f"the {sheet.kind} {sheet.id} stands in {FOLDERS[file.kind]}/{file.name}"
        hint = f"its place is {FOLDERS[sheet.kind]}/{sheet.id}.yaml"
        found.error("CATALOGUE_INVALID", message, sheet.place(("id",)), hint=hint)
    return sheet
