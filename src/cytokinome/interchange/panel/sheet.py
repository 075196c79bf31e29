"""The bytes of an export as cells that know their place, whatever program saved them.

Read are UTF-8 and UTF-16 with or without their marks, and the Latin alphabet of Windows; commas, semicolons or tabs
between the cells; a first line ``sep=;``; lines that end as on any system. Lines that begin with ``#`` are remarks
above the table, and samples in it.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Span
from cytokinome.text import read_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from cytokinome.diagnostics import Collector

MAX_LINES = 100_000
MAX_CELLS = 2_000  # of one line
DELIMITERS = "\t;,"
# Files of other programs, by their first bytes.
_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or another archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "compressed",
}
_QUOTED = re.compile(r'[ \t]*"((?:[^"]|"")*)"[ \t]*')
_IN_QUOTES = re.compile(r'"(?:[^"]|"")*"')


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a line, without the spaces around it."""

    text: str
    where: Span


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a file that are neither empty nor remarks, each as its cells; `text` is the whole file."""

    file: str
    delimiter: str
    rows: tuple[tuple[Cell, ...], ...]
    text: str = field(repr=False)


def read_sheet(path: Path, found: Collector) -> Sheet | None:
    """Return the cells of a file; None after findings where nothing of it can be used."""
    data = read_bytes(path, found)
    text = None if data is None else decoded(data, str(path), found)
    return None if text is None else parse_sheet(text, str(path), found)


def decoded(data: bytes, file: str, found: Collector) -> str | None:
    """Return the text of a file's bytes; a note tells where they are not UTF-8, None and a finding where no text.

    What is not valid UTF-8 is read as Windows-1252, in which German and French Excel save.
    """
    start = Span(file, 1, 1)
    foreign = next((what for mark, what in _FOREIGN.items() if data.startswith(mark)), "")
    if foreign:
        found.error("FILE_UNREADABLE", f"{file} is {foreign}", start, hint="save the sheet as CSV, and give that file")
        return None
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = data.decode("utf-16")
        else:
            text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        message = f"{file} is not UTF-8 and was read as Windows-1252 (Latin 1): check names with Greek letters or µ"
        found.note("PANEL_ASSUMED", message, start)
    if "\0" in text:
        found.error("FILE_UNREADABLE", f"{file} is a binary file", start, hint="give a table saved as CSV")
        return None
    return text


def parse_sheet(text: str, file: str, found: Collector) -> Sheet | None:
    """Split a text into cells.

    Parameters
    ----------
    text : str
    file : str
        Name that places carry.
    found : Collector
        Takes every fault.
    """
    text = text.removeprefix("\ufeff")
    found.add_text(file, text)
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip(" \t,;")]
    while lines and lines[0][1].lstrip(' "').startswith("#"):
        del lines[0]
    stated = ""
    if lines and (match := re.fullmatch(r'"?sep=(.)"?', lines[0][1].strip(" "))):
        stated, lines = match[1], lines[1:]
    start = Span(file, 1, 1)
    if not lines:
        found.error("BAD_DATA", "the table is empty", start, hint="give an export with a line of column names")
        return None
    if len(lines) > MAX_LINES:
        found.error("TOO_LARGE", f"the table has more than {MAX_LINES} lines", start, hint="split it")
        return None
    if stated and stated not in DELIMITERS:
        found.error("BAD_DATA", f"cells are separated by {stated!r}", start, hint="use commas, semicolons or tabs")
        return None
    delimiter = stated or _delimiter([line for _, line in lines])
    rows = [_cells(line, delimiter, Span(file, n, 1), found) for n, line in lines]
    kept = tuple(row for row in rows if row is not None)
    return Sheet(file, delimiter, kept, text) if kept else None


def _delimiter(lines: list[str]) -> str:
    """What stands between cells: of tab, semicolon and comma the one that stands in most lines equally often."""
    bare = [_IN_QUOTES.sub("", line) for line in lines]

    def evenness(mark: str) -> tuple[int, int]:
        counts = Counter(n for line in bare if (n := line.count(mark)))
        most = max(counts.values(), default=0)
        return most, -DELIMITERS.index(mark)

    return max(DELIMITERS, key=evenness)


def _cells(line: str, delimiter: str, where: Span, found: Collector) -> tuple[Cell, ...] | None:
    cells: list[Cell] = []
    position = 0
    while True:
        if len(cells) >= MAX_CELLS:
            found.error("TOO_LARGE", f"a line has more than {MAX_CELLS} cells", where, hint="split the table")
            return None
        quoted = _QUOTED.match(line, position)
        end = line.find(delimiter, quoted.end() if quoted else position)
        end = len(line) if end < 0 else end
        if quoted and quoted.end() == end:
            raw, begin = quoted[1].replace('""', '"'), quoted.start(1)
        else:
            raw, begin = line[position:end], position
            if '"' in raw:
                message = "a quote is not closed, or stands inside a value"
                hint = "a cell in quotes ends with a quote on its own line; a quote inside is written twice"
                found.error("BAD_DATA", message, where.part(position, len(raw)), hint=hint)
                return None
        inner = raw.strip(" \t\u00a0")
        begin += len(raw) - len(raw.lstrip(" \t\u00a0"))
        cells.append(Cell(inner, where.part(begin, max(len(inner), 1))))
        if end >= len(line):
            return tuple(cells)
        position = end + 1
