"""Records and choices among values as lines of text, each value with the place where it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.catalogue.records import Record
    from cytokinome.catalogue.selection import Candidate, Choice
    from cytokinome.catalogue.views import Label

NOTICEABLE = 1.05  # a difference that is more than rounding
_HEAD = ("id", "kind", "name")
_EMPTY: tuple[object, ...] = ("", [], {}, False)


def record_lines(record: Record) -> list[str]:
    """Return one record as lines: each value, and under it where it comes from."""
    plain = record.model_dump(mode="json", by_alias=True, exclude_none=True)
    content = {key: value for key, value in plain.items() if key not in _HEAD}
    return [f"{record.id}: {record.title} ({record.kind})", *_mapping(content, 1)]


def choice_lines(choice: Choice, citations: Sequence[str]) -> list[str]:
    """Return a quantity with all its values, the best by the rule first; ``=>`` marks the one that models take.

    `citations` says of each value how a model cites it.
    """
    taken = choice.default.measured.value if choice.default else "none"
    apart = f"; published values differ {choice.spread:.3g}-fold" if choice.spread > NOTICEABLE else ""
    lines = ["", f"{choice.title}: {taken} ({choice.reason}{apart})"]
    for one, cite in zip(choice.candidates, citations, strict=True):
        mark = "=>" if one == choice.default else "  "
        lines.append(f"  {mark} {_value(one)}")
        lines += [f"       source: {cite}"] if cite else []
        lines.append(f"       ← {source_line(one.measured.source.model_dump())}")
    return lines


def label_lines(label: Label) -> list[str]:
    """Return what speaks for a label, what against it and what only under a condition, each with its context."""
    lines: list[str] = []
    for mark, pieces in (("for", label.supporting), ("against", label.opposing), ("if", label.qualifying)):
        for piece in pieces:
            where = f" ({piece.context})" if str(piece.context) else ""
            lines += [f"  {mark}{where}", f"       ← {source_line(piece.source.model_dump())}"]
    return lines


def _value(candidate: Candidate) -> str:
    """A value with what it is of whom."""
    stated = candidate.measured.described(candidate.measured.assay or "")
    return f"{candidate.measured.value} ({stated})" if stated else candidate.measured.value


def source_line(source: dict[str, Any]) -> str:
    """Return a source on one line: where, how well read, what it says."""
    place = ", ".join(str(source[key]) for key in ("id", "locator") if source.get(key))
    against = f"{source['verdict']}, " if source.get("verdict", "supports") != "supports" else ""
    read = ", ".join([f"{against}tier {source['tier']}", *([str(source["read"])] if source.get("read") else [])])
    return f"{place} ({read}): {source['says']}"


def _mapping(content: dict[str, Any], depth: int) -> list[str]:
    lines: list[str] = []
    for key, value in content.items():
        if key == "source":
            lines.append(f"{'  ' * depth}← {source_line(value)}")
        elif value not in _EMPTY:
            lines += _entry(key, value, depth)
    return lines


def _entry(key: str, value: object, depth: int) -> list[str]:
    space = "  " * depth
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        head = f" {inner['value']}" if isinstance(inner.get("value"), str) else ""
        return [f"{space}{key}:{head}", *_mapping({k: v for k, v in inner.items() if k != "value"}, depth + 1)]
    if not isinstance(value, list):
        return [f"{space}{key}: {value}"]
    items = cast("list[object]", value)
    if not any(isinstance(item, dict | list) for item in items):
        return [f"{space}{key}: {', '.join(map(str, items))}"]
    return [f"{space}{key}:", *(line for item in items for line in _item(item, depth))]


def _item(item: object, depth: int) -> list[str]:
    """An item of a list: a source on one line, anything else indented under a dash."""
    if not isinstance(item, dict):
        return [f"{'  ' * (depth + 1)}- {item}"]
    block = cast("dict[str, Any]", item)
    if "tier" in block and "says" in block:
        return [f"{'  ' * (depth + 1)}← {source_line(block)}"]
    inner = _mapping(block, depth + 2)
    return [f"{'  ' * (depth + 1)}- {inner[0].strip()}", *inner[1:]] if inner else []
