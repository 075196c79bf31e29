"""The page that says what of SBML and Antimony is supported, from the table that the tests hold the importer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.interchange.features import FILES, OURS, PARTS, YES
from cytokinome.report.pages.text import plain, section, table

if TYPE_CHECKING:
    from cytokinome.interchange.features import Feature

_HEAD = """\
# What is supported of SBML and Antimony

A file is read as what it means, or refused with a code; there is no third outcome. Each row of the first two tables
stands for a small file among the tests: it is imported, or refused with just the code that stands there."""
_HEADS = ("Construct", "SBML, read", "SBML, written", "Antimony")


def features_page() -> str:
    """Return the page."""
    ours = [(plain(what), _words(how)) for what, how in OURS]
    return "\n".join(
        [
            *_HEAD.splitlines(),
            "",
            *section("Models of others", table(_HEADS, map(_row, PARTS))),
            *section("Files that are refused", table(("What", "SBML", "Antimony"), map(_refused, FILES))),
            *section("Models of ours, written", table(("What the language says", "What the file holds"), ours)),
        ]
    )


def _row(feature: Feature) -> tuple[str, ...]:
    cells = (feature.read, feature.written, feature.antimony)
    note = f" ({feature.note})" if feature.note else ""
    return (_words(feature.construct + note), *map(_cell, cells))


def _refused(feature: Feature) -> tuple[str, str, str]:
    return _words(feature.construct), _cell(feature.read), _cell(feature.antimony)


def _cell(text: str) -> str:
    return f"[`{text}`](codes.md)" if text.isupper() else f"**{text}**" if text == YES else _words(text)


def _words(text: str) -> str:
    """Words as MyST text; what stands between backquotes is code."""
    parts = text.split("`")
    return "".join(f"`{part}`" if index % 2 else plain(part) for index, part in enumerate(parts))
