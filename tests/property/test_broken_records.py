"""Records that were broken at random: whatever stands in them is a finding with a place and a way out."""

from __future__ import annotations

import random

import pytest

from cytokinome.catalogue import catalogue
from cytokinome.catalogue.load import load_sheet
from cytokinome.catalogue.rules import BLOCK_RULES, RULES
from cytokinome.diagnostics import Collector

PIECES = (
    "null", "[]", "{}", "[1, 2]", "{a: b}", "-5", "NaN", "''", "1e999 kDa", "TNF", "true", "5 pg/mL", "C", "+", '"-"',
    "&a", "*a", "- x", "? y", "x: y: z", "\t", "\0", "é", "#", "x" * 300,
)  # fmt: skip
EACH = 60


def broken(lines: list[str], draw: random.Random) -> list[str]:
    """The lines with one of them gone, twice, moved, cut, or with something else in it."""
    at = draw.randrange(len(lines))
    line, piece = lines[at], draw.choice(PIECES)
    cut = draw.randrange(len(line) + 1)
    others = (
        [],
        [line, lines[draw.randrange(len(lines))]],
        [f"{line.partition(':')[0]}: {piece}"],
        [f"  {line}"],
        [line[:cut] + piece + line[cut:]],
        [line[:cut]],
    )
    return [*lines[:at], *draw.choice(others), *lines[at + 1 :]] or [""]


@pytest.mark.parametrize("seed", range(8))
def test_a_broken_record_ends_in_findings(seed: int):
    """Nothing is raised, every finding has a place and a way out, and what is no record is at fault."""
    known, draw = catalogue(), random.Random(seed)
    for sheet in draw.sample(known.sheets, EACH):
        lines = sheet.text.split("\n")
        for _ in range(draw.randint(1, 4)):
            lines = broken(lines, draw)
        found = Collector()
        made = load_sheet("\n".join(lines), "broken.yaml", found)
        if made is not None:
            for rule in RULES if made.is_whole else BLOCK_RULES:
                rule(made, known, found)
        report = found.report()
        assert all(finding.where and finding.hint for finding in report.diagnostics)
        assert report.errors or (made is not None and made.is_whole)
        assert report.render() or not report.diagnostics
