"""A panel as the table that ``compare: {data: …}`` and a fit read (see `experiments.data`).

A point is the mean of the samples of one arm and time, with SD and n, or each sample for itself. Of a group in which
only some readings are limits the mean is taken with the limits in their place; the note of the line says so, and on
which side the mean errs. A group of limits alone is a limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.errors import UserFileError
from cytokinome.experiments.data import Censoring, check_table, parse_table
from cytokinome.interchange.panel import naming
from cytokinome.model.scope import substance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytokinome.diagnostics import Report
    from cytokinome.experiments.study import Study
    from cytokinome.interchange.panel.reading import Panel, Reading

TINY = 1e-290  # below this tables have no numbers
HEAD = ("arm", "time_h", "analyte", "value", "unit", "sd", "n", "lloq", "uloq", "matrix", "study", "source", "note")


@dataclass(frozen=True, slots=True)
class Arms:
    """How samples are given to arms: by the texts of a `column`, renamed by `names`, or all to `constant`."""

    column: str = ""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    constant: str = ""

    @classmethod
    def parse(cls, text: str) -> Arms:
        """Read ``COLUMN``, ``COLUMN=TEXT:ARM,TEXT:ARM`` or ``=ARM``.

        Examples
        --------
        >>> Arms.parse("Group=LPS at once:bolus,LPS slowly:infusion").names
        {'LPS at once': 'bolus', 'LPS slowly': 'infusion'}
        """
        column, equals, rest = text.partition("=")
        if not column.strip():
            return cls(constant=rest.strip())
        pairs = (part.rpartition(":") for part in rest.split(",") if part.strip()) if equals else ()
        return cls(column.strip(), {old.strip(): new.strip() for old, _, new in pairs})


def measured_names(names: Iterable[str]) -> dict[str, str]:
    """Return the name in an experiment of each molecule that it measures, by the id of the catalogue.

    Examples
    --------
    >>> measured_names(["IL8", "TNF@blood"])
    {'CXCL8': 'IL8', 'TNF': 'TNF@blood'}
    """
    found: dict[str, str] = {}
    for name in names:
        analyte = naming.find(name.partition("@")[0])
        found.setdefault(analyte.id, name)
    return found


def table_text(panel: Panel, arms: Arms, *, names: Mapping[str, str] | None = None, is_individual: bool = False) -> str:
    """Return a panel as CSV text.

    Parameters
    ----------
    panel : Panel
    arms : Arms
    names : mapping, optional
        What the analytes are called in an experiment, by their ids; others are then left out.
    is_individual : bool
        Whether each sample is a line of its own, with n = 1.

    Raises
    ------
    UserFileError
        ``BAD_DATA`` where samples have no time, no arm, or a limit that is not stated; with every fault.
    """
    found = Collector({panel.file: panel.text})
    kept = [r for r in panel.readings if not r.is_missing and (names is None or r.analyte in names)]
    _check(panel, kept, arms, found)
    found.report().raise_errors(UserFileError, "the panel cannot be written as data")
    groups: dict[tuple[object, ...], list[Reading]] = {}
    for index, reading in enumerate(kept):
        key = (_arm(reading, arms), reading.time, reading.analyte)
        groups.setdefault((*key, index) if is_individual else key, []).append(reading)
    if not groups:
        raise UserFileError("the panel has no reading of what the experiment measures")
    lines = [",".join(HEAD)]
    for (arm, time, analyte, *_), group in groups.items():
        name = (names or {}).get(str(analyte), str(analyte))
        lines.append(",".join(map(_quoted, [str(arm), _number(float(str(time))), name, *_numbers(panel, group)])))
    return "\n".join(lines) + "\n"


def _arm(reading: Reading, arms: Arms) -> str:
    if arms.constant:
        return arms.constant
    text = reading.label(arms.column)
    return arms.names.get(text, "" if arms.names else text)


def _check(panel: Panel, kept: Sequence[Reading], arms: Arms, found: Collector) -> None:
    """Report what keeps readings from being points: each kind of fault once, at the first of them."""
    columns = [c.casefold() for c in panel.columns]
    if not arms.constant and arms.column.casefold() not in columns:
        asked = (
            f"the panel has no column {arms.column!r}" if arms.column else "it is not said which column names the arm"
        )
        hint = f"`--arm COLUMN`, or `--arm =NAME` for one arm; {did_you_mean(arms.column, panel.columns)}"
        found.error("BAD_DATA", asked, hint=hint)
        return
    told: set[str] = set()

    def tell(reading: Reading, kind: str, message: str, hint: str) -> None:
        if kind not in told:
            told.add(kind)
            found.error("BAD_DATA", message, reading.where, hint=hint)

    for reading in kept:
        if math.isnan(reading.time):
            tell(reading, "time", "a sample has no time", "add a column such as `time (h)`")
        if not _arm(reading, arms):
            text = reading.label(arms.column)
            hint = "name it behind `--arm COLUMN=TEXT:ARM,…`" if arms.names else "fill the column in"
            tell(reading, text, f"no arm is known for {arms.column} {text!r}", hint)
        if math.isnan(reading.value):
            side = "below" if reading.censoring is Censoring.BELOW else "above"
            message = f"{reading.written} is {side} a limit that the file does not state"
            tell(reading, f"limit {reading.analyte}", message, "add columns LLOQ and ULOQ, or write `<3.2`")


def _numbers(panel: Panel, group: Sequence[Reading]) -> list[str]:
    """The fields of a line behind the analyte."""
    below = [r for r in group if r.censoring is Censoring.BELOW]
    above = [r for r in group if r.censoring is Censoring.ABOVE]
    values = [r.value for r in group]
    n, sign, notes = len(group), "", list[str]()
    low = min((r.lloq for r in group if math.isfinite(r.lloq)), default=math.nan)
    high = max((r.uloq for r in group if math.isfinite(r.uloq)), default=math.nan)
    if len(below) == n or len(above) == n:
        sign, value, sd = ("<", max(values), math.nan) if below else (">", min(values), math.nan)
        low, high = (value, high) if below else (low, value)
    else:
        value = math.fsum(values) / n
        sd = math.sqrt(math.fsum((v - value) ** 2 for v in values) / (n - 1)) if n > 1 else math.nan
        for side, some in (("below", below), ("above", above)):
            bound = "an upper bound" if side == "below" else "a lower bound"
            bound = "uncertain on both sides" if below and above else bound
            notes += [f"{len(some)} of {n} {side} the limit and taken at it: the mean is {bound}"] if some else []
    extrapolated = sum(r.is_extrapolated for r in group)
    notes += [f"{extrapolated} of {n} extrapolated"] if extrapolated else []
    study = group[0].subject or group[0].sample if n == 1 else ""
    fields = [f"{sign}{_number(value)}", group[0].unit, _number(sd), str(n), _number(low), _number(high)]
    return [*fields, panel.matrix, study, Path(panel.file).name, "; ".join(notes)]


def _number(value: float) -> str:
    value = 0.0 if abs(value) < TINY else value
    return repr(float(f"{value:.10g}")).removesuffix(".0") if math.isfinite(value) else ""


def _quoted(text: str) -> str:
    needs = any(mark in text for mark in ',"') or text.startswith(("#", " ")) or text != text.strip()
    return '"' + text.replace('"', '""') + '"' if needs else text


def checked(text: str, study: Study) -> Report:
    """Return what is wrong with a table for the experiment that it shall be compared with."""
    found = Collector()
    table = parse_table(text, "the table", found)
    if table is not None:
        substances = {m.name: substance(study.model, m.name.partition("@")[0]) for m in study.experiment.measure}
        check_table(table, study.experiment, found, substances)
    return found.report()
