"""Numbers of records were looked up a second time; who changes one has to read its source again.

`readings.yaml` beside this file holds what was read: the record and the path of the number in it, the source and the
place, the value, the verdict and a note. A number that could not be looked up again has the verdict ``not found``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from cytokinome.catalogue import catalogue
from cytokinome.catalogue.records import Measured, blocks
from cytokinome.diagnostics import Collector
from cytokinome.library.taken import taken
from cytokinome.text import parse_text, plain_data

READINGS = Path(__file__).with_name("readings.yaml")
VERDICTS = {"agrees", "mended", "not found"}
WANTED = 60
NUMBER = re.compile(r"[0-9]+(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
STEP = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True)
class Reading:
    """One number as it was read a second time; `value` is empty where it was not found."""

    record: str
    path: str
    source: str
    locator: str
    verdict: str
    note: str
    value: str = ""

    @property
    def name(self) -> str:
        """The record and the path."""
        return f"{self.record} {self.path}"


@cache
def readings() -> tuple[Reading, ...]:
    """All second readings."""
    found = Collector()
    node = parse_text(READINGS.read_text(encoding="utf-8"), READINGS.name, found)
    assert node is not None, found
    data = plain_data(node)
    assert isinstance(data, dict)
    return tuple(Reading(**entry) for entry in data["readings"])


def number(record: str, path: str) -> Measured | None:
    """Return the number at a path such as ``losses[0].half-life`` of a record, if there is one."""
    steps = tuple(int(step) if step.isdigit() else step for step in STEP.findall(path))
    found = dict(blocks(catalogue().get(record))).get(steps)
    return found if isinstance(found, Measured) else None


def printed(text: str) -> float:
    """Return half a unit of the last digit of a number, relative to its value, and at most one per cent."""
    match = NUMBER.match(text)
    assert match is not None
    digits, power = len(match[1] or ""), int(match[2] or 0)
    return min(0.5 * 10.0 ** (power - digits) / float(match[0]), 0.01) + 1e-9


def agrees(measured: Measured, reading: str) -> bool:
    """Whether a record's number is what was read, to the digits that the record prints and whatever the units."""
    stated, read = measured.quantity.read(measured.value), measured.quantity.read(reading)
    difference = abs(stated.canonical - read.canonical)
    return stated.dimension == read.dimension and difference <= printed(measured.value) * stated.canonical


@pytest.mark.parametrize("reading", readings(), ids=lambda reading: reading.name)
def test_reading(reading: Reading):
    """The number exists, names the source that was opened again, and is what stands there."""
    measured = number(reading.record, reading.path)
    assert measured is not None, f"{reading.name}: no such number; has a value been put before it?"
    assert measured.source.id == reading.source, f"{reading.name}: read again in {reading.source}"
    assert reading.verdict in VERDICTS
    assert bool(reading.value) == (reading.verdict != "not found")
    assert reading.locator
    assert reading.note
    if reading.value:
        found = f"{reading.name}: {measured.value} in the record, {reading.value} in {reading.source}"
        assert agrees(measured, reading.value), f"{found}; read {reading.locator} again and mend one of the two"


def test_each_number_once():
    """No number has two readings."""
    assert [name for name, times in Counter(one.name for one in readings()).items() if times > 1] == []


def test_enough_strong_readings():
    """Sixty numbers or more of tiers A and B were read twice and agree."""
    known = [number(one.record, one.path) for one in readings() if one.value]
    tiers = Counter(one.source.tier for one in known if one is not None)
    assert tiers["A"] + tiers["B"] >= WANTED, f"readings by tier: {dict(sorted(tiers.items()))}"


def test_enough_numbers_of_shipped_models():
    """Models take sixty different numbers of the catalogue or more, each of tier A or B."""
    used = taken()
    assert len(used) >= WANTED
    assert [one.name for one in used if one.measured.source.tier not in "AB"] == []


def test_numbers_of_shipped_models_were_read_twice():
    """The sixty that most models take were looked up a second time, and agree."""
    read = {one.name for one in readings() if one.value}
    assert [one.name for one in taken()[:WANTED] if one.name not in read] == []


def test_a_changed_number_is_noticed():
    """Another unit or fewer digits are the same number; a slip of the last digit is not."""
    measured = number("TNF", "losses[2].half-life")
    assert measured is not None
    assert agrees(measured, "0.333333333 h")
    assert not agrees(measured, "21 min")
    assert not agrees(measured.model_copy(update={"value": "20.3 min"}), "20 min")
    assert not agrees(measured.model_copy(update={"value": "20 h"}), "20 min")
    assert agrees(measured.model_copy(update={"value": "18.2 min"}), "18.21 min")
    assert not agrees(measured.model_copy(update={"value": "18 min"}), "18.2 min")


def test_diffusion_counts_where_something_diffuses():
    """A model that no experiment puts into a box has a coefficient of diffusion and does not take it."""
    by_name = {one.name: one.models for one in taken()}
    assert by_name["CXCL8 diffusion"] == ("neutrophil-chemotaxis",)
    assert "IFNG diffusion" not in by_name
