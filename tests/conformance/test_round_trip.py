"""Every model that a file can state: printed and read again it is the same, and a builder gives the same."""

from collections.abc import Mapping
from typing import Any

import pytest

from cytokinome import ModelBuilder, library, print_model
from cytokinome.diagnostics import Collector
from cytokinome.model.assemble import catalogue_lookup
from cytokinome.model.load import check_text
from cytokinome.model.serialise import digest
from cytokinome.text import parse_text, plain_data
from cytokinome.text.layout import format_text
from tests.conformance.harness import whole_text
from tests.conformance.test_sentences import CASES

TEXTS = {case.id: whole_text(case.text) for case in CASES}
TEXTS |= {s.id: s.model.read_text(encoding="utf-8") for s in library.scenarios()}
LOOKUP = catalogue_lookup()


@pytest.fixture(params=TEXTS.values(), ids=list(TEXTS))
def text(request: pytest.FixtureRequest) -> str:
    """The text of a model file."""
    return request.param


def data_of(text: str) -> Mapping[str, Any]:
    """The tree of a text as plain data."""
    found = Collector()
    tree = parse_text(text, "model.yaml", found)
    assert tree is not None
    assert not found.has_errors
    return plain_data(tree)  # type: ignore[return-value]


def test_printing_and_reading_is_nothing(text: str):
    """parse(print(m)) = m, with the same hash; and the second print is the first."""
    model = check_text(text, "model.yaml", LOOKUP).require()
    printed = print_model(model)
    again = check_text(printed, "printed.yaml", LOOKUP).require()
    assert again == model
    assert digest(again) == digest(model)
    assert print_model(again) == printed


def test_formatted_text_is_what_is_printed(text: str):
    """Format changes the layout only: the model stays the same."""
    found = Collector()
    formatted = format_text(text, "model.yaml", found)
    assert formatted is not None, found.report().render()
    assert check_text(formatted, "formatted.yaml", LOOKUP).model == check_text(text, "model.yaml", LOOKUP).model


def test_the_builder_gives_the_same_model(text: str):
    """The same words in Python make the same frozen model."""
    data = data_of(text)
    builder = ModelBuilder(
        data["model"], title=data.get("title", ""), source=data.get("source", ""), start=data.get("start", "given")
    )
    for id, entry in data["compartments"].items():
        builder.compartment(id, **entry)
    for section in ("molecules", "receptors", "cells", "parameters", "observables"):
        for id, entry in data.get(section, {}).items():
            getattr(builder, section.removesuffix("s"))(id, entry)
    builder.rules(*data.get("rules", []))
    builder.reactions(*data.get("reactions", []))
    builder.events(*data.get("events", []))
    builder.transport(*data.get("transport", []))
    assert builder.build(LOOKUP) == check_text(text, "model.yaml", LOOKUP).require()
