"""Places of words in a text, for messages about something whose own place was not kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector, Span


def at_word(word: str, where: Span | None, found: Collector, *, after: str = "") -> Span | None:
    """Return the place of `word` in the line that `where` begins in, behind the word `after`; else `where` itself."""
    lines = found.report().texts.get(where.file, "").splitlines() if where else []
    if where is None or not 1 <= where.line <= len(lines):
        return where
    line, start = lines[where.line - 1], where.column - 1
    if after and (before := re.compile(rf"(?<![\w.]){re.escape(after)}(?![\w.])").search(line, start)):
        start = before.end()
    match = re.compile(rf"(?<![\w.]){re.escape(word)}(?![\w])").search(line, start) if word else None
    return where.part(match.start() - where.column + 1, len(word)) if match else where
