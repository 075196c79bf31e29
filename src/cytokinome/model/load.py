"""From the text of a model file to a checked, frozen model: the one door into the language."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector, Diagnostic, Report
from cytokinome.errors import ModelError
from cytokinome.model import rules
from cytokinome.model.complete import Lookup, complete
from cytokinome.model.parse import read_model
from cytokinome.text import Mapping, parse_text, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from cytokinome.model.components import Model


no_catalogue = Lookup(entry=lambda name: None, figures=lambda address: None)  # the language on its own


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
    """Add what `later` found, but for what only follows from a fault that is told already."""
    report, told, new = found.report(), set[str](), later.report().diagnostics
    lost = _words_at_fault(report)
    lines = Counter(word for words in lost.values() for word in words)
    misspelt = {(d.message.partition(" is no key of ")[2], d.hint) for d in new if d.code == "UNKNOWN_KEY"}
    for diagnostic in new:
        once = diagnostic.code in ("MISSING_MOLAR_MASS", "MISSING_ACTIVITY")
        idle = diagnostic.code == "UNUSED_DECLARATION" and bool(report.errors)
        if not (idle or (once and diagnostic.hint in told) or _is_echo(diagnostic, lost, lines, misspelt)):
            found.add(diagnostic)
        told.add(diagnostic.hint)


def _words_at_fault(report: Report) -> dict[tuple[str, int], set[str]]:
    """Return the words of every line with an error, and of the section below an unknown key of a model."""
    words: dict[tuple[str, int], set[str]] = {}
    texts = {file: text.splitlines() for file, text in report.texts.items()}
    for where, code in ((d.where, d.code) for d in report.errors if d.where):
        lines = texts.get(where.file, [])
        section = code == "UNKNOWN_KEY" and where.column == 1
        rest = islice(lines, where.line, None) if section else ()
        below = takewhile(lambda line: not line.strip() or line[0] in " #", rest)
        words[where.file, where.line] = set(_WORD.findall(" ".join((*lines[where.line - 1 : where.line], *below))))
    return words


def _is_echo(
    diagnostic: Diagnostic,
    lost: dict[tuple[str, int], set[str]],
    lines: Counter[str],
    misspelt: set[tuple[str, str]],
) -> bool:
    """Whether a diagnostic misses a name that stands in a line at fault, or a key that is misspelt beside it.

    `lost` are the words of each line at fault, `lines` in how many of them each word stands.

    A line does not declare what it uses, so an unknown name in a line at fault is a fault of its own.
    """
    named, where = _QUOTED.search(diagnostic.message), diagnostic.where
    if named is None or diagnostic.code not in _ECHOES:
        return False
    wanted = _WORD.findall(named[1])
    if diagnostic.code == "MISSING_KEY":
        owner = diagnostic.message.partition(" needs ")[0]
        if any(owner == what and wanted and wanted[0] in _WORD.findall(hint) for what, hint in misspelt):
            return True
    own = (where.file, where.line) if where and diagnostic.code == "UNKNOWN_NAME" else ("", 0)
    beside = lost.get(own, set[str]())
    return bool(wanted) and all(lines[word] > (word in beside) for word in wanted)


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
