"""Tests made from the catalogue: adding a record adds its tests."""

from __future__ import annotations

import pytest

from cytokinome.catalogue import Cell, Cytokine, Mediator, Receptor, Therapy, catalogue, lint
from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.records import KINDS, Measured, Source, blocks
from cytokinome.diagnostics import Collector
from cytokinome.text.layout import print_tree
from cytokinome.units import parse_quantity

SHEETS = catalogue().sheets
EACH_KIND = pytest.mark.parametrize("kind", KINDS)  # a test per record would be half of all tests


def test_something_was_generated():
    """The catalogue has records of every kind, so the tests below test something."""
    assert {sheet.record.kind for sheet in SHEETS} <= set(KINDS)
    assert {Cytokine, Receptor, Cell, Therapy, Mediator} <= {type(sheet.record) for sheet in SHEETS}
    assert len(SHEETS) >= 15


@EACH_KIND
def test_second_reading_is_equal(kind: str):
    """The record survives printing and reading again, as an equal and not the same object."""
    for sheet in catalogue().of_kind(kind):
        found = Collector()
        again = load_text(print_tree(sheet.tree), "again.yaml", found)
        assert found.report().render() == ""
        assert again is not None
        assert again.record == sheet.record
        assert again.record is not sheet.record


@EACH_KIND
def test_every_name_finds_it(kind: str):
    """Id, name, synonyms and identifiers lead to the record, in any case."""
    for sheet in catalogue().of_kind(kind):
        for name in sheet.record.names:
            assert catalogue().find(name) is sheet.record
            assert catalogue().find(name.upper()) is sheet.record
        assert sheet.record in catalogue().records(sheet.record.kind)


@EACH_KIND
def test_numbers_keep_unit_and_source(kind: str):
    """Every number reads as a quantity and has a located source, or the word assumed with a reason."""
    for sheet in catalogue().of_kind(kind):
        for _, block in blocks(sheet.record):
            if isinstance(block, Measured):
                read = parse_quantity(block.value, per_body_weight=block.quantity.per_body_weight)
                assert read.canonical == block.canonical > 0
                assert block.source.locator or (block.source.id == "assumed" and block.source.says)


@EACH_KIND
def test_places_are_known(kind: str):
    """Every part of the record knows its line: the place of a block's first key, not of the file."""
    for sheet in catalogue().of_kind(kind):
        for path, block in blocks(sheet.record):
            if isinstance(block, Source):
                assert sheet.place(path).line > 1
                assert sheet.place((*path, "id")).file == sheet.tree.where.file


def test_lint_of_shipped_data_finds_nothing():
    """Nothing in the shipped data breaks a rule, and there is nothing to warn of."""
    report = lint(catalogue())
    assert [d.render(report.texts) for d in report.errors] == []
    assert report.warnings == ()
