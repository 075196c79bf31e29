"""The command that shows what is known, with its sources: catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from cytokinome.cli import options
from cytokinome.cli.console import Screen, tell

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Record
    from cytokinome.catalogue.registry import Catalogue

_HEAD = ("id", "kind", "name")


VERBS = ("show", "search", "check")


def catalogue(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VERB] [NAME]", help="show, search or check, and a name, a part of one, or a folder."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only records of this kind, such as cytokine or disease.")] = None,
    json: options.Json = "",
) -> None:
    """List what the catalogue knows, search it by any name, show one record with its sources, or check all of them."""
    from cytokinome.catalogue.registry import catalogue as shipped

    screen = Screen(json)
    verb, name = _asked(words or [])
    if verb == "check":
        _check(name, screen)
        return
    known = shipped()
    if verb == "search":
        _search(name, kind, known, screen)
    elif name:
        _show(known.get(name), known, screen)
    else:
        found = known.records(kind)
        rows = [(r.id, r.kind, r.title, ", ".join(n for n in r.names if n != r.id)) for r in found]
        screen.table(("id", "kind", "name", "also called"), rows)
        screen.data([_plain(record) for record in found])


def _asked(words: list[str]) -> tuple[str, str]:
    """The verb, and the name that the words after it make: ``show`` may be left out."""
    if words and words[0] in VERBS:
        if len(words) == 1 and words[0] != "check":
            raise typer.BadParameter(f"{words[0]} needs a name, such as `cytokinome catalogue {words[0]} TNF`")
        return words[0], " ".join(words[1:])
    return "show", " ".join(words)


def _search(text: str, kind: str | None, known: Catalogue, screen: Screen) -> None:
    of_kind = known.records(kind)
    found = [(record, name) for record, name in known.search(text) if record in of_kind]
    if not found:
        tell(f"nothing is called {text}; {known.suggest(text)}")
    screen.table(("id", "kind", "name", "found as"), [(r.id, r.kind, r.title, name) for r, name in found])
    screen.data([_plain(record) for record, _ in found])


def _show(record: Record, known: Catalogue, screen: Screen) -> None:
    screen.line("\n".join(_lines(record)))
    if receptors := known.bound_by(record.id):
        screen.line(f"  receptors: {', '.join(receptor.id for receptor in receptors)}")
    screen.data(_plain(record))


def _check(folder: str, screen: Screen) -> None:
    """Report what is wrong with the shipped records, and with those of a folder on top of them."""
    from cytokinome.catalogue.registry import gather
    from cytokinome.catalogue.rules import lint
    from cytokinome.diagnostics import Collector
    from cytokinome.errors import CatalogueError

    found = Collector()
    known = gather([_folder(folder)] if folder else [], found)
    lint(known, found)
    report = found.report()
    for finding in report.diagnostics:
        tell(finding.render(report.texts))
    errors, warnings = len(report.errors), len(report.warnings)
    screen.line(f"{len(known.sheets)} records: {errors} errors, {warnings} warnings")
    screen.data([finding.as_dict() for finding in report.diagnostics])
    if errors:
        raise typer.Exit(CatalogueError.exit_status)


def _folder(name: str) -> Path:
    from cytokinome.catalogue.records import FOLDERS

    folder = Path(name)
    if not any((folder / kind).is_dir() for kind in FOLDERS.values()):
        raise typer.BadParameter(f"{name} has none of the folders {', '.join(FOLDERS.values())}")
    return folder


def _plain(record: Record) -> dict[str, object]:
    return record.model_dump(mode="json", by_alias=True, exclude_none=True)


def _lines(record: Record) -> list[str]:
    """One record as text: each value, and under it where it comes from."""
    content = {k: v for k, v in _plain(record).items() if v not in ("", [], {}) and k not in _HEAD}
    return [f"{record.id}: {record.title} ({record.kind})", *_mapping(content, 1)]


def _mapping(content: dict[str, Any], depth: int) -> list[str]:
    lines: list[str] = []
    for key, value in content.items():
        if key == "source":
            lines.append(f"{'  ' * depth}← {_source(value)}")
        elif value not in ("", [], {}, False):
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
    lines = [f"{space}{key}:"]
    for item in items:
        inner = _mapping(cast("dict[str, Any]", item), depth + 2) if isinstance(item, dict) else [f"    {item}"]
        dash = "  " * (depth + 1)
        lines += [f"{dash}- {inner[0].strip()}", *inner[1:]] if inner else []
    return lines


def _source(source: dict[str, Any]) -> str:
    """A source on one line: where, how well read, what it says."""
    place = ", ".join(str(source[key]) for key in ("id", "locator") if source.get(key))
    read = ", ".join([f"tier {source['tier']}", *([str(source["read"])] if source.get("read") else [])])
    return f"{place} ({read}): {source['says']}"
