"""From the text of a model file to a checked, frozen model: the one door into the language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector, Report
from cytokinome.errors import ModelError
from cytokinome.model import rules
from cytokinome.model.complete import Entry, Lookup, complete
from cytokinome.model.parse import read_model
from cytokinome.text import Mapping, parse_text, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from cytokinome.model.components import Model


@dataclass(frozen=True, slots=True)
class Checked:
    """A model with everything that was found; `model` is None when an error stops its use."""

    model: Model | None
    report: Report
    text: str = ""

    def require(self) -> Model:
        """Return the model.

        Raises
        ------
        ModelError
            With every fault, when there is any.
        """
        self.report.raise_errors(ModelError, "the model cannot be used")
        if self.model is None:
            raise ModelError("the model cannot be used", self.report)
        return self.model


def no_catalogue(name: str) -> Entry | None:
    """Look nothing up: the language on its own."""
    del name


def check_tree(tree: Mapping, found: Collector, lookup: Lookup = no_catalogue) -> Model | None:
    """Return the checked model of a tree; None when an error stops its use."""
    model = read_model(tree, found)
    if model is None or found.has_errors:
        return None
    model = complete(model, lookup, found)
    rules.check(model, found)
    return None if found.has_errors else model


def check_text(text: str, file: str, lookup: Lookup = no_catalogue) -> Checked:
    """Read and check the text of a model file; never raises for a fault of the text."""
    found = Collector({file: text})
    tree = parse_text(text, file, found)
    model = check_tree(tree, found, lookup) if tree is not None else None
    return Checked(model, found.report(), text)


def check_file(path: Path, lookup: Lookup = no_catalogue) -> Checked:
    """Read and check a model file; never raises for a fault of the file."""
    found = Collector()
    text = read_file(path, found)
    if text is None:
        return Checked(None, found.report())
    return check_text(text, str(path), lookup)
