"""The tree that every file of the user's becomes, and the same tree from plain Python data.

A tree holds texts and their places, nothing else: what a text means is read later. Depth, number and length of what
it holds are limited here for files and data alike.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import cast

from cytokinome.diagnostics import Collector, Span
from cytokinome.errors import ModelError

MAX_DEPTH = 32
MAX_NODES = 200_000
MAX_SCALAR = 100_000  # characters
MAX_KEY = 200  # characters; YAML itself stops reading a key at 1 024

NULL_WORDS = frozenset({"~", "null", "Null", "NULL"})

NOT_ON_ONE_LINE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as the author wrote it; `where` begins after an opening quote, so offsets into `text` are columns."""

    text: str
    where: Span
    quoted: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    where: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the text; a key stands once."""

    entries: tuple[tuple[Scalar, Node], ...]
    where: Span

    def get(self, key: str) -> Node | None:
        """Return the value of `key`, None where there is none."""
        return next((value for name, value in self.entries if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """Return the key itself, with its place."""
        return next((name for name, _ in self.entries if name.text == key), None)

    def keys(self) -> tuple[str, ...]:
        """Return all keys in order."""
        return tuple(name.text for name, _ in self.entries)


Node = Scalar | Sequence | Mapping


def plain_data(node: Node) -> object:
    """Return `node` as dicts, lists and strings, without places: two trees are the same when these are equal."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain_data(item) for item in node.items]
        case Mapping():
            return {key.text: plain_data(value) for key, value in node.entries}


def too_large(found: Collector, message: str, where: Span) -> None:
    """Report that a limit is exceeded."""
    hint = "split the file, or ask whether all of it is meant to be here"
    found.error("FILE_TOO_LARGE", message, where, hint=hint)


# ---- plain data to tree


def node_from_data(data: Dict[str, object], file: str = "<builder>") -> Mapping:
    """Return the tree of plain Python data, the same that `parse_text` makes of a file.

    Parameters
    ----------
    data : mapping
        Text, finite numbers (int, float), and lists, tuples and mappings of these.
    file : str
        Name that spans carry; their line is the running number of the entry.

    Raises
    ------
    ModelError
        With every value that is nothing of this: None, bool, nan, other types, data that contain themselves.
    """
    found = Collector()
    reader = _DataReader(file, found)
    root = reader.node(data, (), 0)
    found.report().raise_errors(ModelError, file)
    if not isinstance(root, Mapping):
        raise ModelError(f"{file}: a mapping was expected at the top, got {type(data).__name__}")
    return root


class _DataReader:
    """Walks plain data; its depth is limited, so that recursion is."""

    def __init__(self, file: str, found: Collector) -> None:
        self._file = file
        self._found = found
        self._count = 0

    def node(self, value: object, path: tuple[str, ...], depth: int) -> Node | None:
        """Return the node of `value`, None (and a finding) when there is none."""
        self._count += 1
        where = Span(self._file, self._count, 1)
        if self._count > MAX_NODES or depth > MAX_DEPTH:
            limit = f"more than {MAX_NODES} values" if self._count > MAX_NODES else f"more than {MAX_DEPTH} levels"
            too_large(self._found, f"{_named(path)}: {limit}", where)
            return None
        if isinstance(value, Dict):
            return self._mapping(cast("Dict[object, object]", value), path, depth, where)
        if isinstance(value, list | tuple):
            nodes = [
                self.node(v, (*path, str(i)), depth + 1)
                for i, v in enumerate(cast("list[object]", value), 1)
                if self._room()
            ]
            return Sequence(tuple(n for n in nodes if n is not None), where)
        text = self._text(value, path, where)
        return None if text is None else Scalar(text, where, quoted=False)

    def _room(self) -> bool:
        return self._count <= MAX_NODES

    def _mapping(self, data: Dict[object, object], path: tuple[str, ...], depth: int, where: Span) -> Mapping:
        entries: list[tuple[Scalar, Node]] = []
        for key, value in data.items():
            if not self._room():
                break
            place = Span(self._file, self._count + 1, 1)
            if not isinstance(key, str) or len(key) > MAX_KEY or NOT_ON_ONE_LINE.search(key):
                self._found.error("BAD_NAME", f"{_named(path)}: {key!r:.80} cannot be a key", place, hint="use a word")
                continue
            node = self.node(value, (*path, key), depth + 1)
            if node is not None:
                entries.append((Scalar(key, place, quoted=False), node))
        return Mapping(tuple(entries), where)

    def _text(self, value: object, path: tuple[str, ...], where: Span) -> str | None:
        if isinstance(value, str):
            if len(value) > MAX_SCALAR:
                too_large(self._found, f"{_named(path)}: text longer than {MAX_SCALAR} characters", where)
            elif NOT_ON_ONE_LINE.search(value):
                message = f"{_named(path)}: a line break or control character stands in a text"
                self._found.error("BAD_VALUE", message, where, hint="write the text on one line")
            else:
                return value
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 1100:
            return repr(int(value))
        if isinstance(value, float) and math.isfinite(value):
            return repr(float(value))  # a NumPy float prints its type in its own repr
        number = isinstance(value, int | float) and not isinstance(value, bool)
        got = "a number that is not finite or too long" if number else f"{value!r:.80}"
        code = "YAML_NULL" if value is None else "BAD_NUMBER" if number else "BAD_VALUE"
        hint = "give text, a finite number, a list or a mapping; leave out what has no value"
        self._found.error(code, f"{_named(path)}: {got} is not a value", where, hint=hint)
        return None


def _named(path: tuple[str, ...]) -> str:
    return ".".join(path) or "the data"
