"""From the text of a model file to a checked, frozen model: the one door into the language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector, Diagnostic, Report
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
    """Return the checked model of a tree; None when an error stops its use.

    Form and meaning are checked in one go, so that all faults are found at once. What only echoes a fault of an
    earlier step, because it names what could not be read there, is left out.
    """
    read = Collector(found.report().texts)
    model = read_model(tree, read)
    _add_new(read, found)
    meant = Collector(found.report().texts)
    model = complete(model, lookup, meant)
    rules.check(model, meant)
    _add_new(meant, found)
    return None if found.has_errors else model


_ECHOES = ("UNKNOWN_NAME", "MISSING_KEY", "UNREACHABLE_STATE", "MISSING_CONSTANT")
_QUOTED = re.compile(r"['`]([^'`]+)['`]")
_WORD = re.compile(r"[A-Za-z_][\w.-]*")


def _add_new(later: Collector, found: Collector) -> None:
    """Add what `later` found, but for what is missing because a line that should give it has a fault already."""
    report = found.report()
    lines = {(d.where.file, d.where.line) for d in report.errors if d.where}
    words = {(file, line): set(_WORD.findall(_line(report.texts.get(file, ""), line))) for file, line in lines}
    for diagnostic in later.report().diagnostics:
        if not _is_echo(diagnostic, words):
            found.add(diagnostic)


def _is_echo(diagnostic: Diagnostic, lost: dict[tuple[str, int], set[str]]) -> bool:
    """Whether a diagnostic misses a name that stands in a line at fault; a line does not declare what it uses."""
    named, where = _QUOTED.search(diagnostic.message), diagnostic.where
    if named is None or diagnostic.code not in _ECHOES:
        return False
    own = (where.file, where.line) if where and diagnostic.code == "UNKNOWN_NAME" else None
    given = set[str]().union(*(words for line, words in lost.items() if line != own))
    wanted = _WORD.findall(named[1])
    return bool(wanted) and given.issuperset(wanted)


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1] if number <= len(lines) else ""


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
