"""Models of our own language: shipped ones, and what edits make of them, through every check."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from time import process_time

from cytokinome import library
from cytokinome.model.assemble import catalogue_lookup
from cytokinome.model.load import check_text
from tests.fuzz.running import defect, mutated

SLOW = 10.0  # s of processor time for one model
_ODD = (
    "&a", "*a", "!!python/object", "<<: *a", "---", "...", "%YAML 1.1", "|", ">", "? ", "{", "}", "[", "]", "- ", ": ",
    "{}", "[]", "~", "null", "yes", "1e999", "nan", "-1", "0", "9^9^9^9", "pM^99", "1e30 L", "-5 pM", "1 furlong",
    "assumed", "source: assumed", "doi:10.1/x", "\0", "\t", "\r", "\u2028", "\ufeff", "µ", '"', "'", "\\", "#",
    "time", "and", "if", "cells: {", "stages: 1000000", "between-cells: 9", "500 stages", "hill 1e9", "per", "<script>",
)  # fmt: skip
_WORD = re.compile(r"[\w.-]+")
_CASES = Path(__file__).parent.parent / "regression" / "mistakes"


class Models:
    """The fuzzer of models."""

    def __init__(self) -> None:
        self._lookup = catalogue_lookup()
        paths = [*(s.model for s in library.scenarios()), *sorted(_CASES.glob("*.yaml"))]
        self._texts = [path.read_text(encoding="utf-8") for path in paths]

    def make(self, rng: Random) -> str:
        """Return a shipped model with edits: of its characters, its lines, or its words."""
        text = rng.choice(self._texts)
        match rng.randrange(4):
            case 0:
                return mutated(text, rng, _ODD)
            case 1:
                return _lines_moved(text, rng, rng.choice(self._texts))
            case _:
                return _words_changed(text, rng)

    def judge(self, text: str) -> str:
        """Check a text; it has findings or is a model."""
        begun = process_time()
        try:
            checked = check_text(text, "model.yaml", self._lookup)
            checked.report.render()
        except Exception as error:
            return defect(error)
        if (checked.model is None) != bool(checked.report.errors):
            return "!refused without a finding, or taken with one:"
        if process_time() - begun > SLOW:
            return f"!slow: {process_time() - begun:.1f} s"
        return "valid" if checked.model is not None else checked.report.errors[0].code

    def close(self) -> str:
        """Nothing was begun."""
        return ""


def _lines_moved(text: str, rng: Random, other: str) -> str:
    """Return lines left out, doubled, moved, indented, and taken from another model."""
    lines, others = text.split("\n"), other.split("\n")
    for _ in range(rng.choice((1, 1, 2, 5))):
        at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(6):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(to, lines[at])
            case 2:
                lines[at], lines[to] = lines[to], lines[at]
            case 3:
                lines[at] = " " * rng.randrange(5) + lines[at]
            case 4:
                lines[at] = lines[at].strip()
            case _:
                lines.insert(to, rng.choice(others))
    return "\n".join(lines)


def _words_changed(text: str, rng: Random) -> str:
    """Return words replaced by other words of the text, or by odd ones."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        words = list(_WORD.finditer(text))
        if not words:
            return text
        word, other = rng.choice(words), rng.choice(words)[0]
        text = text[: word.start()] + rng.choice((other, other, rng.choice(_ODD))) + text[word.end() :]
    return text
