"""The one layout of model and experiment files: a tree printed, and a text formatted with its comments in place.

Both follow one rule that looks at the tree alone: top-level lists and mappings of collections are blocks, every other
collection stands in ``{}`` or ``[]`` when its line then fits in `WIDTH` characters, and in a block otherwise. Comments
belong to the entry that follows them or on whose line they stand; one inside a collection keeps it a block. Hence
``print_tree(parse_text(t)) == t`` for a formatted text without comments and blank lines. This file does not know YAML's
reader, only how text must be quoted to come back unchanged.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from cytokinome.diagnostics import Collector, Span
from cytokinome.text.nodes import NULL_WORDS, Mapping, Node, Scalar, Sequence
from cytokinome.text.reader import Comment, Document, parse_document

WIDTH = 110
# a cell is read like a small table, one line per key, even where it would fit in one line
_TABLES = frozenset({"cells"})

_NOT_PLAIN = re.compile(r"""^[\s?:,\[\]{}#&*!|>'"%@`]|^-(?:\s|$)|^(?:---|\.\.\.)|^<<$|:\s|:$|\s\#|[\t\xa0\x85]|\s$""")
_NOT_PLAIN_IN_FLOW = re.compile(r"[,?\[\]{}]")


@dataclass(slots=True)
class _Entry:
    """An entry of a mapping (with a key) or of a list (without), and the comments that belong to it."""

    key: str | None
    value: Node
    children: list[_Entry]
    start: int  # first line of the key, or of the value of a list item
    last: int  # last line, for an entry whose value is not a block
    leaf: bool  # the value is a scalar or stands in {} or []
    lead: list[str] = field(default_factory=list[str])
    trail: str = ""


def print_tree(node: Mapping) -> str:
    """Return the tree as text in the canonical layout."""
    return _printed(_children(node, {}), [])


def format_text(text: str, file: str, found: Collector) -> str | None:
    """Return a text in the canonical layout, with its comments.

    Parameters
    ----------
    text : str
    file : str
        Name that findings carry.
    found : Collector
        Takes the faults of the text, and each comment that cannot be kept (one inside ``{}`` or ``[]`` over several
        lines, or between a key and its value).

    Returns
    -------
    str or None
        None when the text is at fault or a comment would be lost.
    """
    checked = Collector()
    document = parse_document(text, file, checked)
    result = None
    if document and not checked.has_errors:
        entries = _children(document.root, document.ends)
        tail = _attach(document, entries, text, checked)
        result = None if checked.has_errors else _printed(entries, tail)
    found.extend(checked.report())
    return result


# ---- entries and their comments


def _children(node: Node, ends: Dict[Span, int]) -> list[_Entry]:
    """The entries inside `node`."""
    match node:
        case Scalar():
            return []
        case Sequence():
            return [_entry(None, item, ends) for item in node.items]
        case Mapping():
            return [_entry(key, value, ends) for key, value in node.entries]


def _entry(key: Scalar | None, value: Node, ends: Dict[Span, int]) -> _Entry:
    children = _children(value, ends)
    leaf = isinstance(value, Scalar) or value.where in ends or not children
    start = key.where.line if key else value.where.line if leaf else children[0].start
    last = ends.get(value.where, value.where.line) if leaf else start
    return _Entry(key.text if key else None, value, children, start, last, leaf)


def _blocks(entries: list[_Entry]) -> Iterator[_Entry]:
    """All entries that have lines of their own in the author's text, in order."""
    for entry in entries:
        yield entry
        if not entry.leaf:
            yield from _blocks(entry.children)


def _attach(document: Document, entries: list[_Entry], text: str, found: Collector) -> list[str]:
    """Give every comment to its entry; return the lines that follow the last one."""
    order = list(_blocks(entries))
    starts = [entry.start for entry in order]
    tops = {id(entry) for entry in entries}
    tail: list[str] = []
    for comment in _margin(document, text):
        line = comment.where.line
        after = bisect_right(starts, line)
        before = order[after - 1] if after else None
        following = order[after] if after < len(order) else None
        if before and before.leaf and line < before.last:
            if comment.text:
                _refuse(comment, "inside a value", found)
        elif comment.text and not comment.alone and before:
            if before.trail:
                _refuse(comment, "beside another one", found)
            before.trail = comment.text
        elif following is None:
            tail.append(comment.text)
        elif comment.text or id(following) in tops:
            following.lead.append(comment.text)
    return tail


def _margin(document: Document, text: str) -> list[Comment]:
    """All comments and, as comments without text, all blank lines, in order."""
    file = document.root.where.file
    lines = text.removeprefix("\ufeff").splitlines()
    blank = [Comment("", Span(file, n, 1), alone=True) for n, line in enumerate(lines, 1) if not line.strip()]
    return sorted([*document.comments, *blank], key=lambda comment: comment.where.line)


def _refuse(comment: Comment, place: str, found: Collector) -> None:
    message = f"a comment {place} cannot be kept"
    hint = "put the comment on a line of its own above the entry"
    found.error("YAML_FEATURE", message, comment.where, hint=hint)


# ---- printing


def _printed(entries: list[_Entry], tail: list[str]) -> str:
    lines = [line for entry in entries for line in _top(entry)] or ["{}"]
    lines += tail
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(kept).strip("\n") + "\n"


def _top(entry: _Entry) -> list[str]:
    """The lines of a top-level entry."""
    table = entry.key in _TABLES
    nested = any(child.children for child in entry.children)
    block = bool(entry.children) and (table or nested or isinstance(entry.value, Sequence))
    return _lines(entry, 0, block=block, table=table)


def _lines(entry: _Entry, indent: int, *, block: bool = False, table: bool = False) -> list[str]:
    """The lines of an entry and the comments before it; `block` forces a block, `table` does so for its children."""
    space = " " * indent
    lead = [space + text if text else "" for text in entry.lead]
    head = space + ("-" if entry.key is None else f"{_quoted(entry.key, in_flow=False)}:")
    if not (block or any(_commented(child) for child in entry.children)):
        line = f"{head} {_flow(entry.value) if entry.children else _alone(entry.value)}"
        if not entry.children or len(line) <= WIDTH:
            return _with_trail([*lead, line], len(lead), entry.trail)
    inner = [
        line for child in entry.children for line in _lines(child, indent + 2, block=table and bool(child.children))
    ]
    if entry.key is None:
        inner[0] = f"{space}- {inner[0][indent + 2 :]}"
        return _with_trail([*lead, *inner], len(lead), entry.trail)
    return _with_trail([*lead, head, *inner], len(lead), entry.trail)


def _with_trail(lines: list[str], at: int, trail: str) -> list[str]:
    if trail:
        lines[at] += f"  {trail}"
    return lines


def _commented(entry: _Entry) -> bool:
    return bool(entry.lead or entry.trail) or any(_commented(child) for child in entry.children)


def _alone(node: Node) -> str:
    """A scalar or an empty collection, as the value of a block entry."""
    return _quoted(node.text, in_flow=False) if isinstance(node, Scalar) else _flow(node)


def _flow(node: Node) -> str:
    """The node on one line."""
    match node:
        case Scalar():
            return _quoted(node.text, in_flow=True)
        case Sequence():
            return f"[{', '.join(map(_flow, node.items))}]"
        case Mapping():
            return f"{{{', '.join(f'{_flow(key)}: {_flow(value)}' for key, value in node.entries)}}}"


def _quoted(text: str, *, in_flow: bool) -> str:
    """The text as YAML reads it back: plain where that is possible, else in double quotes."""
    plain = text and text not in NULL_WORDS and not _NOT_PLAIN.search(text)
    if plain and not (in_flow and _NOT_PLAIN_IN_FLOW.search(text)):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
