"""When samples were taken: numbers with a unit become hours, words such as `baseline` stay labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.units import TIME, UnitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.diagnostics import Collector
    from cytokinome.interchange.panel.flags import Decimals
    from cytokinome.interchange.panel.layouts import Raw
    from cytokinome.interchange.panel.sheet import Cell

NONE = frozenset({"", "na", "n/a", "nan", "-"})


class Clock:
    """Reads the times of a table: as hours when one of them is a number, else all as labels of the samples."""

    def __init__(self, raws: Sequence[Raw], unit: str, decimals: Decimals, found: Collector) -> None:
        self.unit, self.decimals, self.found = unit, decimals, found
        cells = [raw.time for raw in raws if raw.time is not None and raw.time.text.casefold() not in NONE]
        self.is_labels = bool(cells) and not any(self._number(cell.text) is not None for cell in cells)
        self.told: set[str] = set()
        self.known: dict[tuple[str, str], float] = {}  # a line has one time, and an analyte in each column
        if self.is_labels:
            message = f"times are words such as {cells[0].text[:40]!r}, and were taken for labels of the samples"
            found.note("PANEL_ASSUMED", message, cells[0].where)

    def read(self, raw: Raw) -> tuple[float, tuple[tuple[str, str], ...]]:
        """Return the time of a reading [h], NaN where it has none, and the labels of its sample."""
        if raw.time is None or raw.time.text.casefold() in NONE:
            return math.nan, raw.labels
        if self.is_labels:
            return math.nan, (("time", raw.time.text), *raw.labels)
        stated = raw.time_unit if isinstance(raw.time_unit, str) else raw.time_unit.text
        return self._hours(raw.time, stated), raw.labels

    def _number(self, text: str) -> tuple[float, str] | None:
        """The number and the unit of a time, None where it is a word."""
        number, _, rest = text.strip().partition(" ")
        try:
            return self.decimals.number(number), rest.strip()
        except UnitError:
            pass
        digits = next((i for i, c in enumerate(text) if c.isalpha()), len(text))
        try:
            return self.decimals.number(text[:digits].strip()), text[digits:].strip()
        except UnitError:
            return None

    def _hours(self, cell: Cell, stated: str) -> float:
        if (cell.text, stated) in self.known:
            return self.known[cell.text, stated]
        read = self._number(cell.text)
        if read is None:
            hint = "write a number, or words for all times"
            self._tell("BAD_DATA", f"the time {cell.text[:40]!r} is no number, and others are", cell, hint)
            return math.nan
        number, own = read
        word = own or stated or self.unit
        if not word:
            hint = "name the column `time (h)` or `time_h`, or give `--time-unit h`"
            self._tell("MISSING_UNIT", f"the time {cell.text} has no unit", cell, hint, once=True)
            return math.nan
        try:
            unit = units.parse_unit(word)
        except UnitError as error:
            self._tell(error.code, error.message, cell, "write h, min or day", once=True)
            return math.nan
        if unit.dimension != TIME:
            self._tell("BAD_UNIT", f"{word} is not a unit of time", cell, "write h, min or day", once=True)
            return math.nan
        return self.known.setdefault((cell.text, stated), number * unit.factor)

    def _tell(self, code: str, message: str, cell: Cell, hint: str, *, once: bool = False) -> None:
        key = code if once else f"{code} {cell.where}"
        if key not in self.told:
            self.told.add(key)
            self.found.error(code, message, cell.where, hint=hint)
