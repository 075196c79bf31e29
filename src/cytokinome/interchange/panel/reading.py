"""A file of a laboratory as a `Panel`: readings with the catalogue's names and one unit for each analyte.

Every fault of the file is found at once. What had to be assumed is a note; what could be read in two ways is a fault.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import Collector, Report, Span, did_you_mean
from cytokinome.errors import UserFileError
from cytokinome.experiments.data import Censoring
from cytokinome.interchange.panel import matrices, naming
from cytokinome.interchange.panel.flags import Decimals, Value, flagged, read_value
from cytokinome.interchange.panel.layouts import find_table
from cytokinome.interchange.panel.replicates import merged
from cytokinome.interchange.panel.sheet import parse_sheet, read_sheet
from cytokinome.interchange.panel.times import Clock
from cytokinome.units import UnitError

if TYPE_CHECKING:
    from cytokinome.interchange.panel.layouts import Raw, Table
    from cytokinome.interchange.panel.naming import Analyte
    from cytokinome.interchange.panel.sheet import Cell, Sheet

MOST_TOLD = 20  # findings of one code; the others are counted


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who gives the file knows of it.

    `matrix`: the body fluid; `unit`: of values whose unit the file does not state; `to`: in which unit all are wanted;
    `time_unit`: of times without one.
    """

    matrix: str = ""
    unit: str = ""
    to: str = ""
    time_unit: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One analyte of one sample.

    `value`, `lloq` and `uloq` are in `unit`, NaN where nothing is stated; the value of a censored reading is its limit.
    `time` is in hours, NaN where there is none. `wells` were read for it.
    """

    analyte: str
    unit: str
    value: float
    censoring: Censoring = Censoring.NONE
    is_extrapolated: bool = False
    lloq: float = math.nan
    uloq: float = math.nan
    sample: str = ""
    subject: str = ""
    time: float = math.nan
    labels: tuple[tuple[str, str], ...] = ()
    well: str = ""
    wells: int = 1
    written: str = ""
    where: Span | None = field(default=None, compare=False)

    @property
    def is_missing(self) -> bool:
        """Whether nothing was measured."""
        return math.isnan(self.value) and self.censoring is Censoring.NONE

    @property
    def specimen(self) -> tuple[object, ...]:
        """What tells one sample from another."""
        time = None if math.isnan(self.time) else self.time
        return (self.sample, self.subject, time, self.labels)

    def label(self, column: str) -> str:
        """Return what a column says of the sample, empty where there is no such column; case does not matter."""
        stated = {"sample": self.sample, "subject": self.subject}
        stated |= {name.casefold(): text for name, text in self.labels}
        return stated.get(column.casefold(), "")


@dataclass(frozen=True)
class Panel:
    """All readings of a file in its order.

    `kind` is the kind of file, `matrix` the body fluid, empty where nobody said; `text` what was read.
    """

    file: str
    kind: str
    matrix: str
    readings: tuple[Reading, ...]
    analytes: dict[str, Analyte]
    text: str = field(default="", repr=False, compare=False)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that label samples, as they are written."""
        found = {"sample": any(r.sample for r in self.readings), "subject": any(r.subject for r in self.readings)}
        names = dict.fromkeys(name for r in self.readings for name, _ in r.labels)
        return (*(name for name, is_there in found.items() if is_there), *names)

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """The remarks that stand above the table."""
        lines = (line.strip('", ;\t') for line in self.text.splitlines())
        return tuple(
            line.lstrip("# ") for line in takewhile(lambda line: not line or line.startswith("#"), lines) if line
        )

    @cached_property
    def units(self) -> dict[str, str]:
        """The unit of each analyte."""
        return {r.analyte: r.unit for r in reversed(self.readings)}

    @cached_property
    def samples(self) -> int:
        """Number of samples."""
        return len({r.specimen for r in self.readings})

    @cached_property
    def by_analyte(self) -> dict[str, list[Reading]]:
        """The readings of each analyte, those of nothing too."""
        found: dict[str, list[Reading]] = {}
        for reading in self.readings:
            found.setdefault(reading.analyte, []).append(reading)
        return found

    def of(self, analyte: str) -> tuple[Reading, ...]:
        """Return the readings of one analyte, those of nothing left out."""
        return tuple(r for r in self.by_analyte.get(analyte, ()) if not r.is_missing)


@dataclass(frozen=True, slots=True)
class CheckedPanel:
    """A panel with everything that was found; `panel` is None when an error stops its use."""

    panel: Panel | None
    report: Report

    def require(self) -> Panel:
        """Return the panel.

        Raises
        ------
        UserFileError
            With every fault, when there is any.
        """
        self.report.raise_errors(UserFileError, "the panel cannot be read")
        if self.panel is None:
            raise UserFileError("the panel cannot be read", self.report)
        return self.panel


def check_named(name: str, shipped: Path, options: Options | None = None) -> CheckedPanel:
    """Read the file of this path, or the panel of this id in a folder; never raises for a fault of it."""
    known = {path.stem: path for path in sorted(shipped.glob("*.csv"))}
    path = known.get(name, Path(name))
    if path.exists():
        return check_file(path, options)
    found = Collector()
    message = f"there is no panel {name[:200]!r}: no such file, and no shipped panel"
    found.error("FILE_UNREADABLE", message, hint=did_you_mean(name, known))
    return CheckedPanel(None, found.report())


def check_file(path: Path, options: Options | None = None) -> CheckedPanel:
    """Read a file; never raises for a fault of it."""
    found = Collector()
    return _checked(read_sheet(path, found), options or Options(), found)


def check_text(text: str, file: str, options: Options | None = None) -> CheckedPanel:
    """Read the text of a file; never raises for a fault of it."""
    found = Collector()
    return _checked(parse_sheet(text, file, found), options or Options(), found)


def _checked(sheet: Sheet | None, options: Options, found: Collector) -> CheckedPanel:
    panel = None
    if sheet is not None:
        table = find_table(sheet, naming.is_analyte, found)
        panel = _Reader(sheet, table, options, found).panel() if table is not None else None
    return CheckedPanel(None if found.has_errors else panel, found.report())


class _Reader:
    """Reads the raw readings of one table; the same fault in many lines is told once, at the first of them."""

    def __init__(self, sheet: Sheet, table: Table, options: Options, found: Collector) -> None:
        self.sheet, self.table, self.options, self.found = sheet, table, options, found
        cells = [c for raw in table.raws for c in (raw.value, raw.lloq, raw.uloq, raw.time) if c is not None]
        self.decimals = Decimals.of((cell.text for cell in cells), sheet.delimiter)
        self.told: set[tuple[str, ...]] = set()
        self.counts: Counter[str] = Counter()
        self.without_unit: dict[str, Span] = {}
        self.units: dict[str, str] = {}  # analyte → the unit that its readings are in
        self.factors: dict[tuple[str, str, str], float] = {}
        self.analytes: dict[str, Analyte] = {}
        self.start = Span(sheet.file, 1, 1)

    def panel(self) -> Panel | None:
        """Return the panel; what stops its use is among the findings."""
        if not self.table.raws:
            self.tell("BAD_DATA", "the table has no line of a sample", self.start, "lines hold samples, not standards")
            return None
        self._remark()
        clock = Clock(self.table.raws, self.options.time_unit, self.decimals, self.found)
        matrix = matrices.of(self.table.raws, self.options.matrix, self.found)
        readings = [r for raw in self.table.raws if (r := self._reading(raw, clock)) is not None]
        self._finish()
        readings = merged(readings, self.found)
        if not self.found.has_errors and not any(not r.is_missing for r in readings):
            self.tell("BAD_DATA", "no cell of the table holds a value", self.start, "check which columns were exported")
        read = {r.analyte for r in readings}
        kept = {id: a for id, a in self.analytes.items() if id in read}
        return Panel(self.sheet.file, self.table.kind, matrix, tuple(readings), kept, self.sheet.text)

    def tell(self, code: str, message: str, where: Span, hint: str) -> None:
        """Report a fault; beyond `MOST_TOLD` of one code they are counted."""
        self.counts[code] += 1
        if self.counts[code] <= MOST_TOLD:
            self.found.error(code, message, where, hint=hint)

    def is_new(self, *fault: str) -> bool:
        """Whether a fault was not told yet."""
        known = fault in self.told
        self.told.add(fault)
        return not known

    def _remark(self) -> None:
        if self.table.left_out:
            names = ", ".join(self.table.left_out[:8]) + (", …" if len(self.table.left_out) > 8 else "")
            message = f"left out as standards, blanks and controls of the kit: {names}"
            self.found.note("PANEL_ASSUMED", message, self.start)
        if self.decimals.commas and not self.decimals.points and self.sheet.delimiter != ",":
            self.found.note("PANEL_ASSUMED", "numbers are written with decimal commas, and were read so", self.start)

    def _finish(self) -> None:
        for code, count in self.counts.items():
            if count > MOST_TOLD:
                message = f"{count - MOST_TOLD} more faults like the {MOST_TOLD} shown"
                self.found.error(code, message, self.start, hint="mend those first")
        if self.without_unit:
            names = ", ".join(list(self.without_unit)[:8]) + (", …" if len(self.without_unit) > 8 else "")
            hint = "state it behind the name, as in `IL-6 (pg/mL)`, in a column `unit`, or for all with `--unit pg/mL`"
            where = next(iter(self.without_unit.values()))
            unread = next((name for name in self.without_unit if name.endswith(")")), "")
            said = f"; what stands in brackets in {unread} is no unit that is known here" if unread else ""
            self.found.error("MISSING_UNIT", f"the file states no unit for {names}{said}", where, hint=hint)

    # ------------------------------------------------------------------------------------------------------ one cell
    def _reading(self, raw: Raw, clock: Clock) -> Reading | None:
        analyte = self._analyte(raw.analyte)
        value = self._value(raw.value, raw.flag)
        lower, upper = (self._limit(cell, name) for cell, name in ((raw.lloq, "LLOQ"), (raw.uloq, "ULOQ")))
        time, labels = clock.read(raw)
        if analyte is None:
            return None
        factor = self._factor(raw, analyte)
        if value is None or lower is None or upper is None or factor is None:
            return None
        if lower >= upper and raw.uloq is not None:
            hint = "swap them"
            message = (
                f"the upper limit {raw.uloq.text} is not above the lower limit {raw.lloq.text if raw.lloq else ''}"
            )
            self.tell("BAD_DATA", message, raw.uloq.where, hint)
            return None
        value = self._bounded(value, lower, upper, raw)
        return Reading(
            analyte=analyte.id,
            unit=self.units[analyte.id],
            value=value.number * factor,
            censoring=value.censoring,
            is_extrapolated=value.is_extrapolated,
            lloq=lower * factor,
            uloq=upper * factor,
            sample=raw.sample,
            subject=raw.subject,
            time=time,
            labels=labels,
            well=raw.well,
            written=raw.analyte.text,
            where=raw.value.where,
        )

    def _analyte(self, cell: Cell) -> Analyte | None:
        if not cell.text:
            self.tell("BAD_DATA", "a value has no analyte", cell.where, "name the analyte, or remove the line")
            return None
        if naming.is_of_animal(cell.text):
            if self.is_new("species", cell.text):
                message = f"{cell.text} is an assay of another species; the catalogue's levels are those of people"
                self.tell("UNKNOWN_NAME", message, cell.where, "leave this column out")
            return None
        analyte = naming.find(cell.text)
        if not analyte.is_known and self.is_new("analyte", cell.text):
            near = naming.suggestion(cell.text)
            hint = f"{near} It" if near else "it"
            message = f"the catalogue has no {analyte.id}"
            hint = f"{hint} is shown under its own name, and compared with nothing"
            self.found.warning("UNKNOWN_NAME", message, cell.where, hint=hint)
        return self.analytes.setdefault(analyte.id, analyte)

    def _value(self, cell: Cell, flag: str) -> Value | None:
        try:
            value = read_value(cell.text, self.decimals)
        except UnitError as error:
            self.tell(error.code, error.message, cell.where, error.hint)
            return None
        side = flagged(flag)
        if not side or value.censoring:
            return value
        return replace(value, is_extrapolated=True) if math.isfinite(value.number) else Value(censoring=side)

    def _limit(self, cell: Cell | None, name: str) -> float | None:
        """A limit of the assay, NaN where none is stated, None after a finding."""
        if cell is None:
            return math.nan
        try:
            value = read_value(cell.text, self.decimals)
        except UnitError as error:
            self.tell(error.code, f"{name}: {error.message}", cell.where, error.hint)
            return None
        if value.censoring:
            self.tell("BAD_NUMBER", f"{name} is {cell.text}", cell.where, "write the limit as a number")
            return None
        return value.number

    def _bounded(self, value: Value, lower: float, upper: float, raw: Raw) -> Value:
        """A value held against the limits of its assay."""
        if value.censoring:
            limit = lower if value.censoring is Censoring.BELOW else upper
            return replace(value, number=limit) if math.isnan(value.number) else value
        if value.number < lower:
            return Value(lower, Censoring.BELOW)
        if value.number > upper:
            return Value(upper, Censoring.ABOVE)
        if value.number == 0 and self.is_new("zero", raw.analyte.text):
            message = f"{raw.analyte.text} is 0 in some sample; no assay measures that"
            hint = "write `<` and the limit of the assay where it was below"
            self.found.warning("BAD_DATA", message, raw.value.where, hint=hint)
        return value

    def _factor(self, raw: Raw, analyte: Analyte) -> float | None:
        """What numbers of a line are multiplied by, None after a finding."""
        cell = raw.unit if raw.unit is not None and raw.unit.text else None
        stated = cell.text if cell is not None else self.options.unit
        where = cell.where if cell is not None else raw.analyte.where
        if not stated:
            self.without_unit.setdefault(raw.analyte.text, raw.analyte.where)
            return None
        want = self.units.get(analyte.id) or self.options.to or units_word(stated)
        known = self.factors.get((stated, want, analyte.id))
        if known is not None:
            return known
        try:
            for unit in (stated, want):
                if not _is_concentration(units.parse_unit(unit)):
                    raise UnitError(f"{unit} is no concentration", hint="write for example pg/mL, ng/mL, pM or IU/mL")
            factor = naming.factor(stated, want, analyte)
            self.units[analyte.id] = want
            return self.factors.setdefault((stated, want, analyte.id), factor)
        except UnitError as error:
            if self.is_new("unit", stated, want, analyte.id if error.code != "BAD_UNIT" else ""):
                what = f"{raw.analyte.text} in {stated}: " if error.code != "BAD_UNIT" else ""
                self.tell(error.code, what + error.message, where, error.hint)
            return None


def units_word(text: str) -> str:
    """Return a unit with litres as this package writes them: ``pg/mL`` for ``pg/ml``."""
    return text.strip().replace("/ml", "/mL").replace("/ul", "/uL").replace("/dl", "/dL").replace("/l", "/L")


def _is_concentration(unit: units.Unit) -> bool:
    powers = {name.partition("[")[0]: power for name, power in unit.dimension.exponents}
    return any(powers == {what: 1, "volume": -1} for what in ("mass", "substance", "activity"))
