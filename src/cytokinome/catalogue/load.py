"""Text → records. Every fault, of the text or of the schema, becomes a diagnostic with file, line and column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from cytokinome.catalogue.records import FOLDERS, KINDS, Path, Record
from cytokinome.diagnostics import did_you_mean
from cytokinome.text import Mapping, Node, Scalar, Sequence, parse_text, plain_data, read_file

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from pydantic_core import ErrorDetails

    from cytokinome.diagnostics import Collector, Span


@dataclass(frozen=True, slots=True)
class Sheet:
    """A record and the text it was read from."""

    record: Record
    tree: Mapping

    def place(self, path: Path = ()) -> Span:
        """Return where the value at `path` stands; where the deepest known part of the path does when it does not."""
        return _reached(self.tree, path)[0].where


def load_folder(folder: Traversable, found: Collector) -> tuple[Sheet, ...]:
    """Read all records of a data folder: one folder per kind, one file per record, named after its id."""
    sheets: list[Sheet] = []
    for kind, name in FOLDERS.items():
        place = folder / name
        if place.is_dir():
            sheets += _load_kind(place, kind, found)
    return tuple(sheets)


def _load_kind(folder: Traversable, kind: str, found: Collector) -> list[Sheet]:
    from importlib.resources import as_file

    sheets: list[Sheet] = []
    for item in sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name):
        with as_file(item) as path:
            text = read_file(path, found)
        sheet = load_text(text, str(path), found) if text is not None else None
        if sheet is None:
            continue
        record = sheet.record
        if record.kind != kind or f"{record.id}.yaml" != item.name:
            message = f"the {record.kind} {record.id} stands in {folder.name}/{item.name}"
            hint = f"its place is {FOLDERS[record.kind]}/{record.id}.yaml"
            found.error("CATALOGUE_INVALID", message, sheet.place(("id",)), hint=hint)
        sheets.append(sheet)
    return sheets


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
        return Sheet(model.model_validate(plain_data(tree)), tree)
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
