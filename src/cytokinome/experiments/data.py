"""Tables of measured values: CSV text → points in hours and published units, every fault with line and column.

Columns: ``arm``, ``analyte``, ``value``, ``unit``, and ``time_h`` or ``time`` with ``time_unit`` are required; ``sd``,
``se``, ``n``, ``lloq``, ``uloq``, ``matrix``, ``study``, ``source`` and ``note`` may follow in any order. A value below
or above the limits of its assay is written ``<5`` or ``>5000``. Lines that begin with ``#`` are remarks.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from cytokinome import text, units
from cytokinome.diagnostics import Span, did_you_mean
from cytokinome.units import TIME, UnitError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cytokinome.diagnostics import Collector
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.units import Substance

MAX_ROWS = 100_000
REQUIRED = ("arm", "analyte", "value", "unit")
COLUMNS = (
    *REQUIRED,
    "time",
    "time_h",
    "time_unit",
    "sd",
    "se",
    "n",
    "lloq",
    "uloq",
    "matrix",
    "study",
    "source",
    "note",
)

# The csv module tells no columns, and a finding needs one; a field is quoted, or runs to the next comma.
_FIELD = re.compile(r'[ \t]*(?:"(?P<quoted>(?:[^"]|"")*)"[ \t]*|(?P<plain>[^",]*))(?P<end>,|$)')


class Censoring(StrEnum):
    """Whether a value is a number or only a bound."""

    NONE = ""
    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Point:
    """One measured mean.

    `time` is in hours; `value`, `sd`, `se`, `lloq` and `uloq` in `unit`. The value of a censored point is the bound.
    Numbers that are not stated are NaN, `n` is 0.
    """

    arm: str
    time: float
    analyte: str
    value: float
    unit: str
    sd: float = math.nan
    se: float = math.nan
    n: int = 0
    lloq: float = math.nan
    uloq: float = math.nan
    matrix: str = ""
    study: str = ""
    source: str = ""
    note: str = ""
    censoring: Censoring = Censoring.NONE
    where: Span | None = field(default=None, compare=False)
    places: Mapping[str, Span] = field(default_factory=dict[str, Span], compare=False)

    def place(self, column: str) -> Span | None:
        """Return where the value of a column is written; else the place of the line."""
        return self.places.get(column, self.where)

    @property
    def spread(self) -> float:
        """The standard deviation between people: `sd`, else ``se · √n``, else NaN."""
        if math.isfinite(self.sd):
            return self.sd
        return self.se * math.sqrt(self.n) if self.n else math.nan


@dataclass(frozen=True, slots=True)
class Table:
    """All points of one file, in its order."""

    file: str
    points: tuple[Point, ...]

    def of(self, arm: str, analyte: str) -> tuple[Point, ...]:
        """Return the points of one arm and analyte in the order of time."""
        chosen = [p for p in self.points if p.arm == arm and p.analyte == analyte]
        return tuple(sorted(chosen, key=lambda p: p.time))


@dataclass(frozen=True, slots=True)
class _Cell:
    """One field of a line."""

    text: str
    where: Span


def read_table(path: Path, found: Collector) -> Table | None:
    """Read a CSV file; None after findings when nothing of it can be used."""
    content = text.read_file(path, found)
    return parse_table(content, str(path), found) if content is not None else None


def parse_table(content: str, file: str, found: Collector) -> Table | None:
    """Read the text of a CSV table.

    Parameters
    ----------
    content : str
        With or without a byte-order mark.
    file : str
        Name that findings carry.
    found : Collector
        Takes every fault (``BAD_DATA``, or the code of a bad number or unit).
    """
    content = content.removeprefix("\ufeff")
    found.add_text(file, content)
    lines = [(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]
    lines = [(number, line) for number, line in lines if not line.lstrip().startswith("#")]
    start = Span(file, 1, 1)
    if len(lines) < 2:
        hint = f"the first line names the columns ({', '.join(REQUIRED)}, time_h), the others hold the values"
        found.error("BAD_DATA", "the table is empty", start, hint=hint)
        return None
    if len(lines) > MAX_ROWS:
        found.error("TOO_LARGE", f"the table has more than {MAX_ROWS} lines", start, hint="split it")
        return None
    header = _cells(lines[0][1], Span(file, lines[0][0], 1), found)
    if header is None or not _check_header(header, found):
        return None
    points = [_row(header, line, Span(file, number, 1), found) for number, line in lines[1:]]
    return Table(file, tuple(p for p in points if p is not None))


def _cells(line: str, where: Span, found: Collector) -> list[_Cell] | None:
    """Split one line at its commas."""
    cells: list[_Cell] = []
    position = 0
    while True:
        match = _FIELD.match(line, position)
        if match is None:
            message = "a quote is not closed, or stands inside a value"
            found.error("BAD_DATA", message, where.part(position, 1), hint='write "a, b", and a quote inside as ""')
            return None
        group = "quoted" if match["quoted"] is not None else "plain"
        raw = match[group]
        content = raw.replace('""', '"') if group == "quoted" else raw
        begin = match.start(group) + len(raw) - len(raw.lstrip())
        cells.append(_Cell(content.strip(), where.part(begin, len(raw.strip()))))
        position = match.end()
        if match["end"] == "":
            return cells


def _check_header(header: list[_Cell], found: Collector) -> bool:
    names = [cell.text for cell in header]
    good = True
    for index, cell in enumerate(header):
        if cell.text not in COLUMNS:
            message = f"unknown column {cell.text!r}" if cell.text else "a column has no name"
            found.error("BAD_DATA", message, cell.where, hint=did_you_mean(cell.text, COLUMNS))
            good = False
        elif cell.text in names[:index]:
            found.error("BAD_DATA", f"the column {cell.text} stands twice", cell.where, hint="keep one")
            good = False
    where = header[0].where
    for name in REQUIRED:
        if name not in names:
            found.error("BAD_DATA", f"the column {name} is missing", where, hint=f"columns are {', '.join(COLUMNS)}")
            good = False
    if ("time_h" in names) == ("time" in names) or ("time" in names) != ("time_unit" in names):
        message = "the time is stated either as time_h, or as time and time_unit"
        found.error("BAD_DATA", message, where, hint="use the column time_h for hours")
        good = False
    return good


def _row(header: list[_Cell], line: str, where: Span, found: Collector) -> Point | None:
    cells = _cells(line, where, found)
    if cells is None:
        return None
    if len(cells) != len(header):
        message = f"this line has {len(cells)} values, the header {len(header)} columns"
        hint = "leave a value empty between two commas; a text with a comma stands in quotes"
        found.error("BAD_DATA", message, cells[-1].where, hint=hint)
        return None
    return _Row({head.text: cell for head, cell in zip(header, cells, strict=True)}, where, found).point()


class _Row:
    """Reads the fields of one line and remembers whether all were good."""

    def __init__(self, cells: dict[str, _Cell], where: Span, found: Collector) -> None:
        self.cells = cells
        self.where = where
        self.found = found
        self.good = True

    def point(self) -> Point | None:
        """Return the point, None after a finding."""
        unit = self.required("unit")
        if unit:
            self._unit(self.cells["unit"])
        value, censoring = self._value()
        point = Point(
            arm=self.required("arm"),
            time=self._time(),
            analyte=self.required("analyte"),
            value=value,
            unit=unit,
            sd=self.number("sd", low=0),
            se=self.number("se", low=0),
            n=self._count(),
            lloq=self.number("lloq", low=0),
            uloq=self.number("uloq", low=0),
            matrix=self.text("matrix"),
            study=self.text("study"),
            source=self.text("source"),
            note=self.text("note"),
            censoring=censoring,
            where=self.where,
            places={column: cell.where for column, cell in self.cells.items()},
        )
        if point.lloq >= point.uloq:
            self.bad("uloq", f"the upper limit {point.uloq:g} is not above the lower limit {point.lloq:g}", "swap them")
        return point if self.good else None

    def bad(self, column: str, message: str, hint: str) -> None:
        """Report a fault in one column."""
        self.good = False
        self.found.error("BAD_DATA", message, self.cells[column].where, hint=hint)

    def text(self, column: str) -> str:
        """Return the text of a column, empty where it does not exist."""
        return self.cells[column].text if column in self.cells else ""

    def required(self, column: str) -> str:
        """Return the text of a column that may not be empty."""
        if not self.text(column):
            self.bad(column, f"{column} is missing", "fill it in, or remove the line")
        return self.text(column)

    def number(self, column: str, *, low: float = -math.inf) -> float:
        """Return a number of at least `low`; NaN where nothing is stated or after a finding."""
        written = self.text(column)
        if not written:
            return math.nan
        return self._number(column, written, low)

    def _number(self, column: str, written: str, low: float) -> float:
        try:
            value = units.parse_number(written)
        except UnitError as error:
            self.bad(column, f"{column}: {error.message}", error.hint)
            return math.nan
        if value < low:
            self.bad(column, f"{column} is {written}; it cannot be below {low:g}", "check the sign")
        return value

    def _value(self) -> tuple[float, Censoring]:
        written = self.required("value")
        if not written:
            return math.nan, Censoring.NONE
        sign = {"<": Censoring.BELOW, ">": Censoring.ABOVE}.get(written[0], Censoring.NONE)
        value = self._number("value", written[1:].strip() if sign else written, -math.inf)
        lower, upper = self.number("lloq"), self.number("uloq")
        if not sign and value < lower:
            return lower, Censoring.BELOW
        if not sign and value > upper:
            return upper, Censoring.ABOVE
        return value, sign

    def _count(self) -> int:
        number = self.number("n", low=1)
        if math.isfinite(number) and (number != int(number) or number > 1e9):
            self.bad("n", f"n is {self.text('n')}; a whole number is expected", "state the number of people")
        return int(number) if math.isfinite(number) else 0

    def _time(self) -> float:
        column = "time_h" if "time_h" in self.cells else "time"
        if not self.required(column):
            return math.nan
        time = self.number(column)
        if column == "time_h":
            return time
        unit = self._unit(self.cells["time_unit"])
        if unit is None:
            return math.nan
        if unit.dimension != TIME:
            self.bad("time_unit", f"{unit.text or 'nothing'} is not a unit of time", "write h, min or day")
        return time * unit.factor

    def _unit(self, cell: _Cell) -> units.Unit | None:
        try:
            return units.parse_unit(cell.text)
        except UnitError as error:
            self.good = False
            self.found.error(error.code, error.message, cell.where.part(error.start, error.length), hint=error.hint)
            return None


def check_table(
    table: Table, experiment: Experiment, found: Collector, substances: Mapping[str, Substance] | None = None
) -> None:
    """Hold a table against its experiment: arms, analytes and units must fit; times outside the span are a warning.

    Parameters
    ----------
    table : Table
    experiment : Experiment
    found : Collector
    substances : mapping of analyte to Substance, optional
        Molar masses, for data in mass units of what is measured in molar ones or the other way round.
    """
    arms = [arm.id for arm in experiment.arms]
    measured = {m.name: m.unit for m in experiment.measure}
    told: set[tuple[str, ...]] = set()  # the same fault in many lines is one finding, at the first of them

    def is_new(*fault: str) -> bool:
        known = fault in told
        told.add(fault)
        return not known

    for point in table.points:
        if point.arm not in arms and is_new("arm", point.arm):
            hint = did_you_mean(point.arm, arms)
            found.error("UNKNOWN_NAME", f"{point.arm} is not an arm of the experiment", point.place("arm"), hint=hint)
        if point.analyte not in measured:
            message = f"{point.analyte} is not measured in the experiment"
            hint = f"{did_you_mean(point.analyte, measured)} Else add it to `measure:`."
            if measured and is_new("analyte", point.analyte):  # without any, `measure:` itself is at fault
                found.error("UNKNOWN_NAME", message, point.place("analyte"), hint=hint)
            continue
        if not experiment.times.start <= point.time <= experiment.times.end:
            message = f"a value at {point.time:g} h lies outside the experiment and is not compared"
            found.warning("OUTSIDE_TIME", message, point.where, hint="change `time:`")
        try:
            unit_factor(point.unit, measured[point.analyte], (substances or {}).get(point.analyte))
        except UnitError as error:
            message = (
                f"{point.analyte} in {point.unit} cannot be compared in {measured[point.analyte]}: {error.message}"
            )
            if is_new("unit", point.analyte, point.unit):
                found.error(error.code, message, point.place("unit"), hint=error.hint)


def unit_factor(have: str, want: str, substance: Substance | None = None) -> float:
    """Return the factor from numbers in the unit `have` to numbers in the unit `want`.

    Raises
    ------
    UnitError
        Where the two do not measure the same.

    Examples
    --------
    >>> unit_factor("ng/mL", "pg/mL")
    1000.0
    """
    if have == want:
        return 1.0
    a, b = units.parse_unit(have), units.parse_unit(want)
    return a.factor * units.conversion(a.dimension, b.dimension, substance) / b.factor
