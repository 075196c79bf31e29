"""Text → records. Every fault, of the text or of the schema, becomes a diagnostic with file, line and column."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from cytokinome import cache
from cytokinome._version import __version__
from cytokinome.catalogue.records import FOLDERS, KINDS, READ_BEFORE, Path, Record
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.evidence import text_digest
from cytokinome.text import Mapping, Node, Scalar, Sequence, parse_text, plain_data, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from pydantic_core import ErrorDetails

    from cytokinome.diagnostics import Span


@dataclass(frozen=True)
class Sheet:
    """A record and the text it was read from."""

    record: Record
    text: str
    file: str

    @cached_property
    def tree(self) -> Mapping:
        """The text as a tree that knows its places."""
        tree = parse_text(self.text, self.file, Collector())
        if tree is None:
            raise ValueError(f"{self.file} is no mapping")  # a record was read from it
        return tree

    def place(self, path: Path = ()) -> Span:
        """Return where the value at `path` stands; where the deepest known part of the path does when it does not."""
        return _reached(self.tree, path)[0].where

    def wrong(self, found: Collector, code: str, path: Path, message: str, hint: str, *also: Span) -> None:
        """Report an error at `path` of this record."""
        found.error(code, f"{self.record.id}: {message}", self.place(path), hint=hint, also=also)


@dataclass(frozen=True, slots=True)
class _File:
    kind: str
    name: str
    path: str
    text: str


def load_folder(folder: Traversable, found: Collector) -> tuple[Sheet, ...]:
    """Read all records of a data folder: one folder per kind, one file per record, named after its id.

    Reading YAML strictly takes most of the time, so what was read without fault is kept in the user's cache under the
    hash of all texts; the schema is checked each time, quantities are not.
    """
    before = len(found.report().errors)
    files = [file for kind, name in FOLDERS.items() for file in _files(folder / name, kind, found)]
    entry = cache.key("records", __version__, [(file.kind, file.name, text_digest(file.text)) for file in files])
    if kept := _kept(cache.read(entry), files):
        for file in files:
            found.add_text(file.path, file.text)
        return kept
    sheets = [sheet for file in files if (sheet := _load_file(file, found))]
    if len(found.report().errors) == before:
        cache.write(entry, json.dumps([plain_data(sheet.tree) for sheet in sheets]).encode())
    return tuple(sheets)


def _files(folder: Traversable, kind: str, found: Collector) -> Iterator[_File]:
    from importlib.resources import as_file

    if not folder.is_dir():
        return
    for item in sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name):
        with as_file(item) as path:
            text = read_file(path, found)
            if text is not None:
                yield _File(kind, item.name, str(path), text)


def _kept(content: bytes | None, files: list[_File]) -> tuple[Sheet, ...]:
    """The records of the cache; nothing where there are none, or the schema has become another."""
    try:
        records = cast("list[object]", json.loads(content)) if content else []
        pairs = zip(files, records, strict=True)
        return tuple(Sheet(_again(file, data), file.text, file.path) for file, data in pairs)
    except ValueError:
        return ()


def _again(file: _File, data: object) -> Record:
    return KINDS[file.kind].model_validate(data, context=READ_BEFORE)


def _load_file(file: _File, found: Collector) -> Sheet | None:
    """Read a record, and check that it stands in its place."""
    sheet = load_text(file.text, file.path, found)
    if sheet and (sheet.record.kind != file.kind or f"{sheet.record.id}.yaml" != file.name):
        record = sheet.record
        message = f"the {record.kind} {record.id} stands in {FOLDERS[file.kind]}/{file.name}"
        hint = f"its place is {FOLDERS[record.kind]}/{record.id}.yaml"
        found.error("CATALOGUE_INVALID", message, sheet.place(("id",)), hint=hint)
    return sheet


def load_text(text: str, file: str, found: Collector) -> Sheet | None:
    """Read one record.

    Parameters
    ----------
    text : str
    file : str
        Name that spans carry.
    found : Collector
        Takes every fault at its place.

    Returns
    -------
    Sheet or None
        None when there is any fault.
    """
    found.add_text(file, text)
    tree = parse_text(text, file, found)
    if tree is None:
        return None
    kind = tree.get("kind")
    model = KINDS.get(kind.text) if isinstance(kind, Scalar) else None
    if model is None:
        got = f"`kind: {kind.text}`" if isinstance(kind, Scalar) else "no `kind:`"
        where = (kind or tree).where
        found.error(
            "CATALOGUE_INVALID",
            f"a record has one of {', '.join(KINDS)} as kind, got {got}",
            where,
            hint=did_you_mean(kind.text, KINDS) if isinstance(kind, Scalar) else "add `kind: cytokine`",
        )
        return None
    try:
        sheet = Sheet(model.model_validate(plain_data(tree)), text, file)
        vars(sheet)["tree"] = tree  # spares reading it again
        return sheet
    except ValidationError as faults:
        known = faults.errors(include_url=False)
        for fault in known:
            if not _follows(fault, known):
                _report(fault, tree, found)
        return None


def _reached(tree: Mapping, path: Path) -> tuple[Node, Path]:
    """The deepest node on `path`, and what of the path is left."""
    node: Node = tree
    for depth, step in enumerate(path):
        if isinstance(node, Sequence) and isinstance(step, int):
            below = node.items[step] if step < len(node.items) else None
        else:
            below = node.get(str(step)) if isinstance(node, Mapping) else None
        if below is None:
            return node, path[depth:]
        node = below
    return node, ()


def _follows(fault: ErrorDetails, known: list[ErrorDetails]) -> bool:
    """Whether a list is only too short because of a fault in one of its items."""
    path = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > len(path) and other["loc"][: len(path)] == path for other in known
    )


def _report(fault: ErrorDetails, tree: Mapping, found: Collector) -> None:
    """Turn one fault of the schema into a diagnostic."""
    path = fault["loc"]
    node, left = _reached(tree, path)
    context = fault.get("ctx") or {}
    what = ".".join(str(step + 1) if isinstance(step, int) else step for step in path) or "the record"
    where, hint = node.where, str(context.get("hint", ""))
    message = f"{what}: {fault['msg']}"
    match fault["type"]:
        case "missing":
            message = f"{what} is missing"
            hint = f"add `{left[-1]}:`" if left else ""
        case "extra_forbidden":
            owner, _ = _reached(tree, path[:-1])
            key = owner.key(str(path[-1])) if isinstance(owner, Mapping) else None
            where = key.where if key else where
            message = f"`{path[-1]}:` is no key here"
            hint = "remove it, or look up the keys of this kind of record"
        case "literal_error":
            message = f"{what}: got {_shown(node)}, expected {context.get('expected', 'another word')}"
        case "string_pattern_mismatch":
            message = f"{what}: {_shown(node)} does not have the form of such an identifier"
            hint = f"the form is {context.get('pattern', '')}"
        case "quantity":
            where = where.part(int(context.get("start", 0)), int(context.get("length", 1)))
        case "value_error":
            message = f"{what}: {context.get('error', fault['msg'])}"
        case _:
            pass
    found.error("CATALOGUE_INVALID", message, where, hint=hint or "see the other records of this kind")


def _shown(node: Node) -> str:
    return repr(node.text) if isinstance(node, Scalar) else "a list" if isinstance(node, Sequence) else "a mapping"
