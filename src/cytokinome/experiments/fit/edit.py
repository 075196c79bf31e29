"""Estimates put into the text of a model: numbers, sources and folds change, every other character stays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.errors import ExperimentError
from cytokinome.experiments.fit.axes import FITTED
from cytokinome.experiments.fit.summary import rows
from cytokinome.text import Mapping, Scalar, parse_text
from cytokinome.text.layout import format_text

if TYPE_CHECKING:
    from cytokinome.diagnostics import Span
    from cytokinome.experiments.fit.estimate import Estimate
    from cytokinome.experiments.fit.summary import Row

DIGITS = 4


@dataclass(frozen=True, slots=True)
class _Change:
    """A scalar that is written anew."""

    where: Span
    text: str


def check_priors(estimate: Estimate) -> None:
    """Refuse to write what a second fit would take for its own prior.

    Raises
    ------
    ExperimentError
        A free parameter has its prior from the model.
    """
    found = Collector()
    for free in estimate.problem.fit.parameters:
        if free.prior is None and free.between is None:
            axis = next(a for a in estimate.problem.axes if a.name == free.id)
            median, fold = axis.shown(axis.centre), math.exp(1.96 * axis.sd)
            hint = f"write {free.id}: {{prior: {median:.4g} {axis.unit}, fold: {fold:.3g}}} in the fit file"
            message = f"what was known of {free.id} stands only in the model, where the estimate would replace it"
            found.error("BAD_FIT", message, free.where, hint=hint)
    found.report().raise_errors(ExperimentError, "nothing was written")


def with_estimates(text: str, file: str, estimate: Estimate, fit: str = "fit.yaml") -> str:
    """Return the text of a model with the estimates of those parameters that it states.

    Parameters
    ----------
    text : str
    file : str
        Name that findings carry.
    estimate : Estimate
    fit : str
        Name of the file that says what was fitted, for the source.

    Raises
    ------
    ExperimentError
        A parameter has no source whose place the new one could take.
    """
    found = Collector({file: text})
    tree = parse_text(text, file, found)
    stated = tree.get("parameters") if tree is not None else None
    changes: list[_Change] = []
    for row in rows(estimate):
        node = stated.get(row.name) if isinstance(stated, Mapping) and row.stands is not None else None
        if isinstance(node, Mapping):
            changes += _changes(node, row, f"{estimate.problem.fit.id} ({fit})", found)
    found.report().raise_errors(ExperimentError, "nothing was written")
    was_formatted = format_text(text, file, Collector()) == text
    changed = _applied(text, changes)
    return (format_text(changed, file, Collector()) or changed) if was_formatted else changed


def _changes(node: Mapping, row: Row, fit: str, found: Collector) -> list[_Change]:
    value, source, uncertain = node.get("value"), node.get("source"), node.get("uncertain")
    if not isinstance(value, Scalar) or not isinstance(source, Scalar):
        hint = "write `value:` and `source: assumed`, which the fit will replace"
        found.error("MISSING_SOURCE", f"{row.name} states no value and source to replace", node.where, hint=hint)
        return []
    changes = [_Change(value.where, written(row)), _Change(_whole(source), f'"{told(row, fit)}"')]
    fold = uncertain.get("fold") if isinstance(uncertain, Mapping) else None
    if isinstance(fold, Scalar) and row.low is not None and row.high is not None:
        wide = max(row.high / row.value, row.value / row.low)
        changes.append(_Change(fold.where, f"{max(wide, 1.001):.3g}"))
    return changes


def written(row: Row) -> str:
    """Return an estimate as it stands in a model."""
    return f"{row.value:.{DIGITS}g} {row.unit}".strip()


def told(row: Row, fit: str) -> str:
    """Return the source of an estimate; `fit` is its id with the file in brackets."""
    low = "0" if row.low is None else f"{row.low:.3g}"
    high = "no end" if row.high is None else f"{row.high:.3g}"
    return f"{FITTED}: {fit}, 95 % interval {low} to {high} {row.unit}".strip()


def _whole(scalar: Scalar) -> Span:
    """The place of a scalar with its quotes."""
    return scalar.where.part(-1, scalar.where.length + 2) if scalar.quoted else scalar.where


def _applied(text: str, changes: list[_Change]) -> str:
    lines = text.splitlines(keepends=True)
    for change in sorted(changes, key=lambda c: (c.where.line, c.where.column), reverse=True):
        line, at = lines[change.where.line - 1], change.where.column - 1
        lines[change.where.line - 1] = line[:at] + change.text + line[at + change.where.length :]
    return "".join(lines)
