"""Pieces of MyST text: what records say is escaped, values and units are written as people write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARKS = re.compile(r"([\\`*_{}\[\]<>|#$~^])")
_SPACE = re.compile(r"[ \t\r\n]+")
_BLOCK_START = re.compile(r"^(\s*)([-+=:]|\d+[.)])(?=\s|$)")
_POWER = re.compile(r"(?<![\w.])([0-9.]+)[eE]([+-]?[0-9]+)")
_EXPONENT = re.compile(r"\^(-?[0-9]+)")
_MICRO = re.compile(r"(?<![A-Za-z])u(?=(?:g|m|M|L|l|mol)(?![A-Za-z]))")
_TIMES = re.compile(r"(?<![\w.])([0-9.]+) (day|week|year)(?![\w/])")
_SUPERSCRIPT = str.maketrans("+-0123456789", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(text: str) -> str:
    r"""Return words as MyST text that shows just them.

    Examples
    --------
    >>> plain("5 * 3 [mg]_a")
    '5 \\* 3 \\[mg\\]\\_a'
    """
    escaped = _MARKS.sub(r"\\\1", _SPACE.sub(" ", text).strip(" "))
    return _BLOCK_START.sub(lambda found: f"{found[1]}{_escaped_start(found[2])}", escaped)


def _escaped_start(mark: str) -> str:
    return f"{mark[:-1]}\\{mark[-1]}"


def pretty(text: str) -> str:
    """Return values with their units as people write them.

    Examples
    --------
    >>> pretty("7.7e-4 /s"), pretty("1e6 /M/s"), pretty("100 um^2/s"), pretty("8 week")
    ('7.7 × 10⁻⁴ /s', '10⁶ /M/s', '100 µm²/s', '8 weeks')
    """
    text = _POWER.sub(_power, text)
    text = _TIMES.sub(lambda found: found[0] if found[1] == "1" else f"{found[0]}s", text)
    text = _EXPONENT.sub(lambda found: found[1].translate(_SUPERSCRIPT), text)
    return _MICRO.sub("µ", text)


def unbroken(text: str) -> str:
    """Return a value that stands on one line."""
    return text.replace(" ", "\u00a0")


def _power(found: re.Match[str]) -> str:
    power = f"10{str(int(found[2])).translate(_SUPERSCRIPT)}"
    return power if float(found[1]) == 1 else f"{found[1]} × {power}"


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return the key by which names are sorted as people do it: IL2 before IL10.

    Examples
    --------
    >>> sorted(["IL10", "IL2", "il1B"], key=natural)
    ['il1B', 'IL2', 'IL10']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", text.casefold())
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


def link(words: str, target: str) -> str:
    """Return a link; the words are MyST text already."""
    return f"[{words}](<{target}>)"


def badge(tier: str) -> str:
    """Return the tier of a source as a coloured letter."""
    return f"[{tier}]{{.tier .tier-{tier.lower()}}}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, stacked: bool = False) -> list[str]:
    """Return a table, nothing where it has no rows. The cells are MyST text already; empty columns are left out.

    On a narrow screen the cells of a `stacked` table stand below each other.
    """
    kept = list(rows)
    filled = [index for index in range(len(head)) if any(row[index] for row in kept)]
    lines = [_row([row[index] for index in filled]) for row in (head, ["---"] * len(head), *kept)]
    return [*(["{.stacked}"] if stacked else []), *lines, ""] if kept else []


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace(chr(10), ' ') or ' ' for cell in cells)} |"


def section(title: str, lines: Sequence[str], level: int = 2) -> list[str]:
    """Return lines under a heading, nothing where there are no lines."""
    return [f"{'#' * level} {title}", "", *lines, *([] if lines[-1] == "" else [""])] if lines else []


def folded(summary: str, lines: Sequence[str]) -> list[str]:
    """Return lines that unfold on demand; the summary is plain text."""
    from html import escape

    return [f"<details><summary>{escape(summary)}</summary>", "", *lines, "", "</details>", ""]


def counted(count: int, what: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "source"), counted(3, "therapy"), counted(0, "cell")
    ('1 source', '3 therapies', 'no cells')
    """
    if count == 1:
        return f"1 {what}"
    plural = what[:-1] + "ies" if what.endswith("y") and what[-2:-1] not in "aeiou" else f"{what}s"
    return f"{count or 'no'} {plural}"
