"""From YAML text to a tree of nodes that know their place.

YAML is used as a notation only: every scalar is the text that the author wrote (``NO``, ``12:30`` and ``010`` mean
themselves), and whatever could surprise a reader or exhaust a machine (anchors, aliases, tags, merge keys, several
documents, scalars over several lines, deep nesting) is refused with its place. The tree is built from parser events
with a stack of its own, so no file can end in a RecursionError. This is the only file that imports yaml, and it knows
nothing of models.

::

    text ──events──> Document(root, comments, ends) ──> cytokinome.model.parse      (what it says)
                                                    └─> cytokinome.model.layout     (how it looks)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from cytokinome.diagnostics import Collector, Span
from cytokinome.text.nodes import (
    MAX_DEPTH,
    MAX_KEY,
    MAX_NODES,
    MAX_SCALAR,
    NOT_ON_ONE_LINE,
    NULL_WORDS,
    Mapping,
    Node,
    Scalar,
    Sequence,
    node_from_data,
    plain_data,
    too_large,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MAX_SIZE",
    "Comment",
    "Document",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "node_from_data",
    "parse_document",
    "parse_text",
    "plain_data",
    "read_bytes",
    "read_file",
]

MAX_SIZE = 4_000_000  # bytes of a file, characters of a text
_USUAL_SIZE = 65_536  # bytes; to make room for the largest file costs more than to read a usual one
SHOWN_FILES = 6

_TIGHT_COLON = re.compile(r"^\s*(?:- )?([A-Za-z_][\w.-]*):(?=[^\s:/])")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its ``#``; `alone` when nothing but list dashes stands before it on its line."""

    text: str
    where: Span
    alone: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A tree and what the tree does not hold: the comments, and the last line of each ``{}`` or ``[]`` collection."""

    root: Mapping
    comments: tuple[Comment, ...]
    ends: Dict[Span, int]


# ---- files


def read_file(path: Path, found: Collector) -> str | None:
    """Return the text of a UTF-8 file without its byte-order mark, None (and a finding) where that cannot be done.

    The text is added to `found` under the name ``str(path)``, which is also the `file` to give to `parse_text`.
    """
    data = read_bytes(path, found)
    return None if data is None else _decoded(data, str(path), found)


def read_bytes(path: Path, found: Collector) -> bytes | None:
    """Return the content of a file, None (and a finding) where it cannot be read or is larger than `MAX_SIZE`."""
    file = str(path)
    start = Span(file, 1, 1)
    try:
        if not path.is_file():
            what = "is a directory" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
            hint = inside_hint(path) or "give the path of a text file"
            found.error("FILE_UNREADABLE", f"{file} {what}", start, hint=hint)
            return None
        with path.open("rb") as stream:
            data = stream.read(_USUAL_SIZE)
            if len(data) == _USUAL_SIZE:
                data += stream.read(MAX_SIZE + 1 - _USUAL_SIZE)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        found.error("FILE_UNREADABLE", f"{file} cannot be read: {reason}", start, hint="check the path and its rights")
        return None
    if len(data) > MAX_SIZE:
        too_large(found, f"{file} is larger than {MAX_SIZE // 1_000_000} MB", start)
        return None
    return data


def inside_hint(path: Path) -> str:
    """Return the help for a folder that was given where a file was meant: its first models and experiments."""
    inside = sorted(one.name for one in path.glob("*.yaml"))[:SHOWN_FILES] if path.is_dir() else []
    return f"it is a folder; name one of its files: {', '.join(inside)}" if inside else ""


def _decoded(data: bytes, file: str, found: Collector) -> str | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(data[: error.start].splitlines()) or 1
        message = f"{file} is not UTF-8 text: byte 0x{data[error.start]:02x} cannot be read"
        found.error("FILE_UNREADABLE", message, Span(file, line, 1), hint="save the file as UTF-8 text")
        return None
    if "\0" in text:
        found.error("FILE_UNREADABLE", f"{file} is a binary file", Span(file, 1, 1), hint="give a text file")
        return None
    found.add_text(file, text)
    return text


# ---- text to tree


def parse_text(text: str, file: str, found: Collector) -> Mapping | None:
    """Return the tree of `text`.

    Parameters
    ----------
    text : str
    file : str
        Name that spans carry.
    found : Collector
        Takes every fault; what is at fault (a missing value, an alias) is left out of the tree, so that later checks
        can report the faults of the rest.

    Returns
    -------
    Mapping or None
        None when the text is not YAML, exceeds a limit, or is not a mapping at its top.
    """
    document = parse_document(text, file, found)
    return document.root if document else None


def parse_document(text: str, file: str, found: Collector) -> Document | None:
    """Return the tree of `text` together with its comments; see `parse_text`."""
    text = text.removeprefix("\ufeff")
    found.add_text(file, text)
    if len(text) > MAX_SIZE:
        too_large(found, f"the text is longer than {MAX_SIZE} characters", Span(file, 1, 1))
        return None
    builder = _Builder(file, found)
    try:
        for event in _events(text):
            builder.take(event)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as error:
        _explain(error, text, file, found)
        return None
    except yaml.reader.ReaderError as error:
        _explain_character(error, text, file, found)
        return None
    except (ValueError, OverflowError):
        # PyYAML 6.0 lets Python's own errors through: \UFFFFFFFF in quotes, or a version number of thousands of digits
        message = "an escape or a number here is out of range"
        found.error("YAML_SYNTAX", message, builder.place, hint="write the character itself, without an escape")
        return None
    root = builder.root
    if not isinstance(root, Mapping):
        _not_a_mapping(root, text, file, found)
        return None
    return Document(root, tuple(_comments(text, file, builder.taken)), builder.ends)


def _events(text: str) -> Iterator[yaml.Event]:
    return yaml.parse(text, Loader=yaml.SafeLoader)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _not_a_mapping(root: Node | None, text: str, file: str, found: Collector) -> None:
    where = root.where if root else Span(file, 1, 1)
    got = "nothing" if root is None else "a list" if isinstance(root, Sequence) else "one value"
    hint = _hint_for_colon(text, where.line) or "begin with lines such as `title: my model`"
    found.error(
        "WRONG_SHAPE", f"keys with values were expected at the top of the file, {got} was found", where, hint=hint
    )


def _hint_for_colon(text: str, line: int) -> str:
    """The advice for ``key:value``, where the author forgot the space."""
    lines = text.splitlines()
    match = _TIGHT_COLON.match(lines[line - 1]) if 1 <= line <= len(lines) else None
    return f"write a space after the colon of `{match[1]}:`" if match else ""


def _comments(text: str, file: str, taken: list[tuple[int, int]]) -> Iterator[Comment]:
    """All comments: a ``#`` that is not part of a scalar begins one, which ends with its line."""
    offset = 0
    scalars = iter([*taken, (len(text), len(text))])
    start, end = next(scalars)
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        at = line.find("#")
        while at >= 0:
            while end <= offset + at and end < len(text):
                start, end = next(scalars)
            if offset + at < start or offset + at >= end:
                alone = re.fullmatch(r"(\s*-\s)*\s*", line[:at]) is not None
                body = line[at:].rstrip()
                yield Comment(body, Span(file, number, at + 1, len(body)), alone)
                break
            at = line.find("#", end - offset)
        offset += len(line)


class _Stop(Exception):
    """The rest of the text is not worth reading; the finding is already made."""


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    where: Span
    start: yaml.Mark
    is_mapping: bool
    flow: bool
    children: list[Node] = field(default_factory=list[Node])
    keys: dict[str, Scalar] = field(default_factory=dict[str, Scalar])
    key: Scalar | None = None
    wants_key: bool = True
    skip: bool = False  # the value that follows belongs to a key at fault


class _Builder:
    """Takes parser events and holds the tree, the places of scalars, and the ends of flow collections."""

    def __init__(self, file: str, found: Collector) -> None:
        self._file = file
        self._found = found
        self._open: list[_Open] = []
        self._nodes = 0
        self._documents = 0
        self.root: Node | None = None
        self.taken: list[tuple[int, int]] = []
        self.ends: dict[Span, int] = {}
        self.place = Span(file, 1, 1)

    def take(self, event: yaml.Event) -> None:
        """Add one event to the tree."""
        match event:
            case yaml.DocumentStartEvent():
                self._begin_document(event)
            case yaml.AliasEvent():
                self._refuse("an alias (*)", "write the value out", self._span(event))
                self._add(None, self._span(event))
            case yaml.ScalarEvent():
                self._count(event)
                self._add(self._scalar(event), self._span(event), empty=event.style is None and not event.value)
            case yaml.CollectionStartEvent():
                self._count(event)
                self._begin(event)
            case yaml.CollectionEndEvent():
                self._end(event)
            case _:
                pass

    def _span(self, event: yaml.Event) -> Span:
        start, end = _marks(event)
        length = end.index - start.index if end.line == start.line else 1
        return Span(self._file, start.line + 1, start.column + 1, max(length, 1))

    def _refuse(self, what: str, hint: str, where: Span) -> None:
        self._found.error("YAML_FEATURE", f"{what} is not part of the language", where, hint=hint)

    def _begin_document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse("a second document", "one file holds one document: remove the `---`", self._span(event))
            raise _Stop
        if event.version or event.tags:
            self._refuse("a % directive", "remove the line", self._span(event))

    def _count(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        """Keep the limits, and refuse anchors and tags."""
        self._nodes += 1
        self.place = self._span(event)
        if self._nodes > MAX_NODES:
            too_large(self._found, f"the file has more than {MAX_NODES} values", self.place)
            raise _Stop
        if event.anchor:
            self._refuse(f"an anchor (&{event.anchor})", "write the value out where it is needed", self.place)
        if event.tag:
            hint = "remove the tag; a text that begins with ! stands in quotes"
            self._refuse(f"a tag ({event.tag})", hint, self.place)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar | None:
        """The scalar, or None when it is at fault."""
        start, end = _marks(event)
        self.taken.append((start.index, end.index))
        where = self._span(event)
        if event.style in ("|", ">"):
            self._refuse(f"a block of text ({event.style})", "write the text on one line", where)
            return None
        quoted = event.style is not None
        if end.line != start.line:
            hint = "close the quote on the line where it opens" if quoted else "write the text on one line"
            hint = _hint_for_colon(f"{event.value.split(' ')[0]}", 1) or hint
            self._refuse("a text over several lines", hint, where)
            return None
        if NOT_ON_ONE_LINE.search(event.value):
            self._refuse("a line break or control character in a text", "remove the escape", where)
            return None
        if len(event.value) > MAX_SCALAR:
            too_large(self._found, f"this text is longer than {MAX_SCALAR} characters", where)
            return None
        if quoted:
            where = where.part(1, where.length - 2)
        return Scalar(event.value, where, quoted)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        start, _ = _marks(event)
        where = Span(self._file, start.line + 1, start.column + 1)
        if len(self._open) >= MAX_DEPTH:
            too_large(self._found, f"values are nested deeper than {MAX_DEPTH} levels", where)
            raise _Stop
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(where, start, is_mapping, bool(event.flow_style)))

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        done = self._open.pop()
        _, end = _marks(event)
        where = done.where
        if done.flow:
            if end.line == done.start.line:
                where = Span(where.file, where.line, where.column, max(end.index - done.start.index, 1))
            self.ends[where] = end.line + 1
        children = tuple(done.children)
        if done.is_mapping:
            self._add(Mapping(tuple(zip(done.keys.values(), children, strict=True)), where), where)
        else:
            self._add(Sequence(children, where), where)

    def _add(self, node: Node | None, where: Span, *, empty: bool = False) -> None:
        """Put a finished node (None: at fault) into the collection around it."""
        if not self._open:
            self.root = node
            return
        around = self._open[-1]
        if around.is_mapping and around.wants_key:
            around.wants_key = False
            around.key = self._checked_key(node, where, around)
            around.skip = around.key is None
            return
        around.wants_key = True
        owner = around.key if around.is_mapping else None
        missing = isinstance(node, Scalar) and not node.quoted and (empty or node.text in NULL_WORDS)
        if missing and not around.skip:
            self._report_null(owner, where, empty=empty)
        if node is None or missing or (around.is_mapping and owner is None):
            return
        around.children.append(node)
        if owner is not None:
            around.keys[owner.text] = owner

    def _report_null(self, owner: Scalar | None, where: Span, *, empty: bool) -> None:
        if not empty:
            hint = "write a value, or put the word in quotes if it is a text"
            self._found.error("YAML_NULL", "the word for `no value` stands where a value is expected", where, hint=hint)
        elif owner is None:
            self._found.error("YAML_NULL", "a list item is empty", where, hint="write a value, or remove the dash")
        else:
            hint = "write `key: value`; a text with a comma or colon stands in quotes"
            tight = _hint_for_colon(owner.text, 1)
            self._found.error("YAML_NULL", f"`{owner.text}` has no value", owner.where, hint=tight or hint)

    def _checked_key(self, node: Node | None, where: Span, around: _Open) -> Scalar | None:
        """The key when it may stand here."""
        if node is None:
            return None
        if not isinstance(node, Scalar):
            hint = "a key is one word; write `key: value`"
            self._found.error("WRONG_SHAPE", "a list or mapping stands where a key is expected", where, hint=hint)
            return None
        if node.text == "<<" and not node.quoted:
            self._refuse("a merge key (<<)", "write the entries out", where)
            return None
        if not node.quoted and (not node.text or node.text in NULL_WORDS):
            self._found.error("YAML_NULL", "a key is missing before the colon", where, hint="write it, or quote it")
            return None
        if len(node.text) > MAX_KEY:
            message = f"this key is longer than {MAX_KEY} characters"
            self._found.error("BAD_NAME", message, where, hint="keys are words joined by `-`")
            return None
        first = around.keys.get(node.text)
        if first is not None:
            message = f"`{node.text}` stands twice, first in line {first.where.line}"
            hint = "keep one of the two, or rename one"
            self._found.error("YAML_DUPLICATE_KEY", message, node.where, hint=hint, also=(first.where,))
            return None
        return node


def _marks(event: yaml.Event) -> tuple[yaml.Mark, yaml.Mark]:
    """Begin and end of an event; the parser always sets them."""
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        raise ValueError("a YAML event without a place")
    return start, end


# ---- what PyYAML says, in plain words

# part of PyYAML's problem, whether its context is the place to show, our message, our hint; the first match counts
_PLAIN_WORDS: tuple[tuple[str, bool, str, str], ...] = (
    ("found character '\\t'", False, "a tab stands where spaces are expected", "indent with two spaces per level"),
    ("that cannot start any token", False, "no text can begin with this character", "put the text in quotes"),
    ("mapping values are not allowed", False, "a second colon stands here", "put a text that has `: ` in it in quotes"),
    ("could not find expected ':'", True, "a colon is missing", "write `key: value`, with a space after the colon"),
    ("found unexpected end of stream", True, "a quote is opened here and never closed", "close the quote"),
    ("found unexpected document separator", True, "a quote is opened here and never closed", "close the quote"),
    ("but got '<stream end>'", True, "a bracket is opened here and never closed", "close it with } or ]"),
    ("expected ',' or", False, "a comma or a closing bracket is missing before this",
     "separate entries by commas; a text with a comma, colon, question mark or bracket in it stands in quotes"),
    ("but found '<block end>'", False, "a value is missing before this", "write a value"),
    ("expected <block end>", False, "this does not continue what stands above",
     "entries of one block begin in the same column; a quoted text ends with its quote"),
    ("expected '<document start>'", False, "nothing may follow here", "remove this, or indent it"),
    ("found unknown escape", False, "after a backslash this character means nothing", "write the backslash twice"),
    ("escape sequence of", False, "the escape is not finished", "write the character itself"),
    ("sequence entries are not allowed", False, "a list cannot begin here",
     'begin the list on a line of its own; a minus sign stands in quotes: "-"'),
    ("mapping keys are not allowed", False, "a key cannot begin here", "put a text that begins with ? in quotes"),
    ("expected alphabetic or numeric character", True, "no text can begin with this character",
     "put the text in quotes"),
    ("expected the node content", False, "a value is missing before this", "write a value"),
    ("tag", True, "a text cannot begin with !", "put the text in quotes"),
)  # fmt: skip


def _explain(error: yaml.MarkedYAMLError, text: str, file: str, found: Collector) -> None:
    """Report a syntax error at the place that the author has to change."""
    problem = error.problem or "this cannot be read"
    problem_where = _place(error.problem_mark, file)
    context_where = _place(error.context_mark, file) or problem_where
    other = ("", False, problem, "put a text with special characters in quotes")
    _, at_context, message, hint = next((row for row in _PLAIN_WORDS if row[0] in problem), other)
    where = context_where if at_context else problem_where
    lines = [where.line, where.line - 1] if where else []
    tight = next(((line, advice) for line in lines if (advice := _hint_for_colon(text, line))), None)
    if tight and where and "colon" in message:
        where, message, hint = Span(file, tight[0], 1), "a space is missing after a colon", tight[1]
    found.error("YAML_SYNTAX", message, where, hint=hint)


def _place(mark: yaml.Mark | None, file: str) -> Span | None:
    return Span(file, mark.line + 1, mark.column + 1) if mark else None


def _explain_character(error: yaml.reader.ReaderError, text: str, file: str, found: Collector) -> None:
    at = text.find(chr(error.character)) if isinstance(error.character, int) else 0
    before = text[: max(at, 0)]
    where = Span(file, len(f"{before}x".splitlines()) or 1, len(before) - (before.rfind("\n") + 1) + 1)
    message = f"the control character U+{ord(text[at]):04X} stands here"
    found.error("YAML_SYNTAX", message, where, hint="remove it")
