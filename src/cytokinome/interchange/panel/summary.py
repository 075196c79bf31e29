"""What a panel says of each analyte: how many samples, their median and range, and how that stands to known levels."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cytokinome.experiments.data import Censoring
from cytokinome.interchange.panel.levels import HEALTHY, other_matrices, references

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.interchange.panel.levels import Reference
    from cytokinome.interchange.panel.reading import Panel, Reading


GROUPS = ("arm", "group", "treatment", "condition", "cohort", "time", "visit")  # columns to tell samples apart by


@dataclass(frozen=True, slots=True)
class Middle:
    """A median, or the bound that is known of it: half of the samples may lie below the limit of the assay."""

    value: float
    censoring: Censoring = Censoring.NONE


@dataclass(frozen=True, slots=True)
class Moment:
    """The samples of one time [h]: how many, their median, and that over the healthy level."""

    time: float
    n: int
    median: Middle
    fold: Middle | None


@dataclass(frozen=True, slots=True)
class Row:
    """One analyte in one group of samples. Numbers are in `unit`, NaN where there are none.

    `n` counts samples with a value or a limit; of these `below`, `above` and `extrapolated`; `missing` have neither.
    `over` and `under` count samples outside an interval that holds most healthy people. `course` has the times, where
    there are two or more. `remarks`: what to keep in mind.
    """

    analyte: str
    title: str
    group: str
    written: tuple[str, ...]
    unit: str
    n: int
    below: int
    above: int
    extrapolated: int
    missing: int
    median: Middle
    least: float
    most: float
    healthy: Reference | None
    fold: Middle | None
    over: int
    under: int
    ill: tuple[Reference, ...]
    course: tuple[Moment, ...]
    remarks: tuple[str, ...]

    @property
    def first(self) -> Moment | None:
        """The first time; None where there are not two."""
        return self.course[0] if self.course else None

    @property
    def highest(self) -> Moment | None:
        """The time of the highest median that is a number or a lower bound; None where there are not two."""
        known = [m for m in self.course if math.isfinite(m.median.value)]
        return max(known, key=lambda m: m.median.value, default=None)


def grouping(panel: Panel, asked: str = "") -> str:
    """Return the column by which samples are told apart: the one asked for, else the first of `GROUPS`, else none."""
    columns = {c.casefold(): c for c in panel.columns}
    if asked:
        return columns.get(asked.casefold(), "")
    return next((columns[name] for name in GROUPS if name in columns), "")


def rows(panel: Panel, group: str = "") -> tuple[Row, ...]:
    """Return what a panel says of each analyte, in the order of the file.

    Parameters
    ----------
    panel : Panel
    group : str
        A column: one row for each of its texts and each analyte, in place of one for all samples.
    """
    texts = dict.fromkeys(r.label(group) for r in panel.readings) if group else {"": None}
    found: list[Row] = []
    for id in panel.analytes:
        parts: dict[str, list[Reading]] = {text: [] for text in texts}
        for reading in panel.by_analyte.get(id, ()):
            parts[reading.label(group) if group else ""].append(reading)
        found += [_row(panel, id, text, part) for text, part in parts.items()]
    return tuple(found)


def median(readings: Sequence[Reading]) -> Middle:
    """Return the median of readings of which some are limits.

    A limit below counts as less than every number, one above as more. Where the middle itself is a limit, the median is
    known only to lie beyond it; it is NaN where the limit is not stated.
    """
    ordered = sorted(readings, key=_order)
    if not ordered:
        return Middle(math.nan)
    middle = [ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]]
    sides = {r.censoring for r in middle} - {Censoring.NONE}
    if not sides:
        return Middle((middle[0].value + middle[1].value) / 2)
    if len(sides) > 1:
        return Middle(math.nan)
    # One of the two may be a number: the mean of both then lies beyond that of the number and the limit.
    return Middle((middle[0].value + middle[1].value) / 2, sides.pop())


def _order(reading: Reading) -> tuple[int, float]:
    side = {Censoring.BELOW: -1, Censoring.NONE: 0, Censoring.ABOVE: 1}[reading.censoring]
    return side, reading.value if math.isfinite(reading.value) else 0.0


def _row(panel: Panel, id: str, group: str, every: Sequence[Reading]) -> Row:
    analyte = panel.analytes[id]
    kept = [r for r in every if not r.is_missing]
    unit = panel.units[id]
    known = references(analyte, panel.matrix, unit)
    healthy = next((one for one in known if one.state == HEALTHY), None)
    middle = median(kept)
    numbers = [r.value for r in kept if r.censoring is Censoring.NONE]
    band = (healthy.low, healthy.high) if healthy is not None and healthy.holds_most else None
    return Row(
        analyte=id,
        title=analyte.title,
        group=group,
        written=tuple(dict.fromkeys(r.written for r in every)),
        unit=unit,
        n=len(kept),
        below=sum(r.censoring is Censoring.BELOW for r in kept),
        above=sum(r.censoring is Censoring.ABOVE for r in kept),
        extrapolated=sum(r.is_extrapolated for r in kept),
        missing=len(every) - len(kept),
        median=middle,
        least=min(numbers, default=math.nan),
        most=max(numbers, default=math.nan),
        healthy=healthy,
        fold=_fold(middle, healthy),
        over=sum(r.censoring is not Censoring.BELOW and r.value > band[1] for r in kept) if band else 0,
        under=sum(r.censoring is not Censoring.ABOVE and r.value < band[0] for r in kept) if band else 0,
        ill=tuple(one for one in known if one.state != HEALTHY),
        course=_course(kept, healthy),
        remarks=_remarks(panel, id, healthy),
    )


def _course(kept: Sequence[Reading], healthy: Reference | None) -> tuple[Moment, ...]:
    times = sorted({r.time for r in kept if math.isfinite(r.time)})
    if len(times) < 2:
        return ()
    found: list[Moment] = []
    for time in times:
        mine = [r for r in kept if r.time == time]
        middle = median(mine)
        found.append(Moment(time, len(mine), middle, _fold(middle, healthy)))
    return tuple(found)


def _fold(middle: Middle, healthy: Reference | None) -> Middle | None:
    """The median over the healthy level; of a level that is only a limit no more than a bound is known."""
    if healthy is None or healthy.value <= 0:
        return None
    sides = {middle.censoring, {"upper": Censoring.ABOVE, "lower": Censoring.BELOW}.get(healthy.bound, Censoring.NONE)}
    sides -= {Censoring.NONE}
    return Middle(math.nan) if len(sides) > 1 else Middle(middle.value / healthy.value, *sides)


def _remarks(panel: Panel, id: str, healthy: Reference | None) -> tuple[str, ...]:
    analyte, matrix = panel.analytes[id], panel.matrix
    said: list[str] = []
    if not analyte.is_known:
        return ("not in the catalogue: shown under its own name",)
    if analyte.is_soluble_form:
        said.append("the record is of the receptor on cells; blood holds what they shed")
    if analyte.clots and matrix == "serum":
        said.append("platelets release it as blood clots: in serum it says how blood clotted, not what plasma held")
    if healthy is None and matrix:
        others = other_matrices(analyte, matrix)
        elsewhere = f"; there is one in {', '.join(others)}, which is not comparable" if others else ""
        said.append(f"no healthy level in {matrix} in the catalogue{elsewhere}")
    if healthy is not None and healthy.others and healthy.least > 0 and healthy.most / healthy.least > 5:
        ratio = healthy.most / healthy.least
        said.append(f"{healthy.others + 1} published healthy levels differ {ratio:.3g}-fold between assays and people")
    if any(math.isnan(r.value) for r in panel.of(id)):
        said.append("out of range without a stated limit: add columns LLOQ and ULOQ")
    return tuple(said)


def as_data(panel: Panel, group: str = "") -> dict[str, object]:
    """Return plain data for ``panel --json``; a number that is not finite becomes None."""
    content: dict[str, object] = {
        "file": panel.file,
        "format": panel.kind,
        "matrix": panel.matrix or None,
        "samples": panel.samples,
        "group": group or None,
        "analytes": [asdict(row) for row in rows(panel, group)],
    }
    return {key: _plain(value) for key, value in content.items()}


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return float(f"{value:.12g}") if math.isfinite(value) else None
    return str(value) if isinstance(value, Censoring) else value
