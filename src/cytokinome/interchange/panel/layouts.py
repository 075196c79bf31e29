"""Which table a file holds, and its cells as raw readings: one analyte of one sample each, still as text.

=========== ==============================================================================================
long        a line per sample and analyte: MSD Discovery Workbench, Bio-Plex Manager with a column Analyte
wide        a line per sample, a column per analyte, units in the names of columns or in a line under them
blocks      as long, one table per analyte, each under a line such as ``Unknown: IL-6 (Human)``: older MSD Workbench
xPONENT     blocks that begin with ``DataType:``; of these ``Result`` or ``Avg Result``, and ``Units``
=========== ==============================================================================================

Lines above the names of columns, and single cells below the table, are what programs print around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.interchange.panel import columns
from cytokinome.interchange.panel.flags import Decimals, read_value
from cytokinome.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cytokinome.diagnostics import Collector
    from cytokinome.interchange.panel.columns import Head
    from cytokinome.interchange.panel.sheet import Cell, Sheet

    Row = Sequence[Cell]

RESULTS = ("Result", "Avg Result")  # blocks of xPONENT that hold concentrations, the better first
HEAD_WITHIN = 200  # lines: where the names of columns are looked for
# Wells that are no samples: of MSD and xPONENT by the names that these programs give them, of Bio-Plex Manager by their
# type. A person of a control group may be called `Control 1`, so only xPONENT's own `Control1` is left out.
_STANDARD = re.compile(
    r"(?:s|std|cal|blank|background|standard|calibrator|qc)[\s_-]*\d+|blank|background", re.IGNORECASE
)
_TITLE = re.compile(r"(?:unknowns?|samples?|standards?|controls?|calibrators?)\s*:\s*(?P<name>.+)", re.IGNORECASE)
_KIT_CONTROL = re.compile(r"Control\d+")
_SAMPLE_TYPE = re.compile(r"(?:X|U|unknown|sample)\d*", re.IGNORECASE)
_STANDARD_TYPE = re.compile(r"(?:E?S|B|C)\d*|(?:blank|standard|calibrator|background)[\s_-]*\d*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Raw:
    """One analyte of one sample as it is written.

    `labels` are the other columns that say something of the sample, `well` where on the plate it was.
    """

    analyte: Cell
    value: Cell
    unit: Cell | None = None
    sample: str = ""
    subject: str = ""
    time: Cell | None = None
    time_unit: Cell | str = ""
    labels: tuple[tuple[str, str], ...] = ()
    lloq: Cell | None = None
    uloq: Cell | None = None
    flag: str = ""
    matrix: Cell | None = None
    well: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The raw readings of a file, the kind of file, and the wells left out because they are no samples."""

    kind: str
    raws: tuple[Raw, ...]
    left_out: tuple[str, ...] = ()


def find_table(sheet: Sheet, is_analyte: Callable[[str], bool], found: Collector) -> Table | None:
    """Return the raw readings of a file; None after findings where there is no table.

    Parameters
    ----------
    sheet : Sheet
    is_analyte : callable
        Whether a name is that of a molecule; tells the columns of a wide table from others.
    found : Collector
    """
    if any(columns.loosened(row[0].text) == "datatype" for row in sheet.rows):
        return _xponent(sheet, found)
    titles = [i for i, row in enumerate(sheet.rows) if _title(row) is not None]
    if titles and any(h.role == "value" for i in titles for h in _heads(sheet.rows, i + 1)):
        return _per_assay(sheet, titles, found)
    for index, row in enumerate(sheet.rows[:HEAD_WITHIN]):
        heads = [columns.read_head(cell.text) for cell in row]
        roles = {head.role for head in heads}
        if {"analyte", "value"} <= roles:
            return _long(sheet.rows[index:], heads, found)
        if any(is_analyte(head.name) or (head.unit and not head.role) for head in heads) and not _has_number(row):
            return _wide(sheet, index, is_analyte, found)
    _no_table(sheet, found)
    return None


def _has_number(row: Row) -> bool:
    """Whether a line holds numbers, which the names of columns are not."""
    return any(_is_number(cell.text) for cell in row)


def _no_table(sheet: Sheet, found: Collector) -> None:
    """Say which columns are missing, by the line that names most."""
    named = [{columns.read_head(cell.text).role for cell in row} - {""} for row in sheet.rows[:HEAD_WITHIN]]
    best = max(range(len(named)), key=lambda i: len(named[i]))
    seen = ", ".join(sorted(named[best]))
    missing = " and ".join(f"`{role}`" for role in ("analyte", "value") if role not in named[best])
    message = f"no line names the columns of a panel: {seen} stand here, {missing} do not" if seen else ""
    hint = "name them in one line: `sample, analyte, value, unit`, or a column for each analyte, as `IL-6 (pg/mL)`"
    where = sheet.rows[best if seen else 0][0].where
    found.error("BAD_DATA", message or "no line names the columns of a panel", where, hint=hint)


# ------------------------------------------------------------------------------------------------------------- columns
class _Columns:
    """The columns of a table by role, and by name those that only label a sample."""

    def __init__(self, row: Row, heads: Sequence[Head], analytes: frozenset[int], found: Collector) -> None:
        self.row = row
        self.heads = heads
        self.index: dict[str, int] = {}
        for role, names in columns.ROLES.items():
            mine = [i for i, head in enumerate(heads) if head.role == role and i not in analytes]
            best = sorted(mine, key=lambda i: names.index(columns.loosened(heads[i].name)))
            if best:
                self.index[role] = best[0]
            for other in best[1:]:
                if columns.loosened(heads[other].name) == columns.loosened(heads[best[0]].name):
                    message = f"two columns are called {row[other].text}"
                    found.error("BAD_DATA", message, row[other].where, hint="keep one", also=[row[best[0]].where])
        used = {*self.index.values(), *analytes}
        loose = [columns.loosened(head.name) for head in heads]
        others = [i for i in range(len(heads)) if i not in used and loose[i]]
        self.wells = [i for i in others if loose[i] in columns.WELLS]
        about = columns.ABOUT_WELLS - (columns.LABELS if analytes else columns.LABELS - columns.OF_READINGS)
        self.labels = [
            i
            for i in others
            if loose[i] not in about and not heads[i].role and not loose[i].startswith(columns.OF_CURVES)
        ]

    def cell(self, row: Row, role: str) -> Cell | None:
        """Return the cell of a role in a line, None where there is no such column."""
        return row[self.index[role]] if role in self.index else None

    def text(self, row: Row, role: str) -> str:
        """Return the text of a role in a line."""
        cell = self.cell(row, role)
        return cell.text if cell else ""

    def has_types(self, rows: Sequence[Row]) -> bool:
        """Whether the column of types tells samples from standards, as Bio-Plex Manager's does: some line is a sample.

        Else it is a column of the reader's own, in which `C` may mean people of a control group.
        """
        return any(_SAMPLE_TYPE.fullmatch(self.text(row, "type")) for row in rows)

    def about(self, row: Row) -> dict[str, object]:
        """Return what a line says of its sample."""
        time_unit = self.cell(row, "time-unit")
        time = self.index.get("time")
        return {
            "sample": self.text(row, "sample"),
            "subject": self.text(row, "subject"),
            "time": self.cell(row, "time"),
            "time_unit": time_unit or (self.heads[time].unit if time is not None else ""),
            "labels": tuple((self.row[i].text, row[i].text) for i in self.labels),
            "flag": self.text(row, "flag"),
            "matrix": self.cell(row, "matrix"),
            "well": " ".join(row[i].text for i in self.wells),
        }


def _whole(rows: Sequence[Row], head: Row, found: Collector) -> Iterator[Row]:
    """The lines of a table as long as its head; single cells below it are left out, other lines are faults."""
    for row in rows:
        filled = [cell for cell in row if cell.text]
        if [c.text for c in row] == [c.text for c in head]:
            continue  # a program repeats the names of columns
        if len(row) < len(head) and len(filled) <= 1:
            continue
        if len(filled) == 1 and filled[0] is row[0] and len(head) > 2:
            continue
        if len(row) > len(head) and not any(cell.text for cell in row[len(head) :]):
            yield row[: len(head)]
        elif len(row) != len(head):
            message = f"this line has {len(row)} cells, the names of columns are {len(head)}"
            hint = "leave a cell empty between two separators; a text with a separator in it stands in quotes"
            found.error("BAD_DATA", message, row[-1].where, hint=hint)
        else:
            yield row


# ---------------------------------------------------------------------------------------------------------------- long
def _long(rows: Sequence[Row], heads: Sequence[Head], found: Collector) -> Table:
    names = _Columns(rows[0], heads, frozenset(), found)
    standard = next((i for i, h in enumerate(heads) if columns.loosened(h.name) == "standardconcentration"), None)
    is_msd = names.index.get("value") is not None and columns.loosened(heads[names.index["value"]].name).startswith(
        "calcconc"
    )
    if standard is None and is_msd:  # MSD: what a standard holds stands in `Concentration`
        standard = next((i for i, h in enumerate(heads) if columns.loosened(h.name) == "concentration"), None)
    raws: list[Raw] = []
    left_out: dict[str, None] = {}
    lines = list(_whole(rows[1:], rows[0], found))
    has_types = names.has_types(lines)
    _tell_means(names, lines, found)
    for row in lines:
        sample, kind = names.text(row, "sample"), names.text(row, "type")
        holds = row[standard].text if standard is not None else ""
        is_standard = (has_types and _STANDARD_TYPE.fullmatch(kind)) or (is_msd and _STANDARD.fullmatch(sample))
        if is_standard or (is_msd and holds.casefold() not in ("", "nan", "0")):
            left_out.setdefault(sample or kind)
            continue
        analyte, value = names.cell(row, "analyte"), names.cell(row, "value")
        if analyte is None or value is None:
            continue  # cannot be: the line of names has both
        unit = names.cell(row, "unit")
        head = heads[names.index["value"]]
        if unit is None and head.unit:
            where = names.row[names.index["value"]]
            unit = type(where)(head.unit, where.where)
        limits = {"lloq": names.cell(row, "lloq"), "uloq": names.cell(row, "uloq")}
        raws.append(Raw(analyte, value, unit, **limits, **names.about(row)))  # type: ignore[arg-type]
    return Table("MSD Discovery Workbench" if is_msd else "long table", tuple(raws), tuple(left_out))


def _tell_means(names: _Columns, lines: Sequence[Row], found: Collector) -> None:
    """Warn where values are means of several people, as in the tables that experiments are compared with."""
    counts = [i for i, head in enumerate(names.heads) if columns.loosened(head.name) == "n"]
    several = [row[i] for i in counts for row in lines if row[i].text not in ("", "0", "1")]
    if several:
        message = "values are means of several people (column n); each counts as one sample here"
        found.warning("PANEL_ASSUMED", message, several[0].where, hint="give single samples where there are any")


def _title(row: Row) -> Cell | None:
    """The cell that names the analyte of the table below it, where a line holds nothing else."""
    filled = [cell for cell in row if cell.text]
    match = _TITLE.fullmatch(filled[0].text) if len(filled) == 1 else None
    if match is None:
        return None
    where = filled[0].where
    return type(filled[0])(match["name"].strip(), where.part(match.start("name"), len(match["name"])))


def _heads(rows: Sequence[Row], index: int) -> list[Head]:
    return [columns.read_head(cell.text) for cell in rows[index]] if index < len(rows) else []


def _per_assay(sheet: Sheet, titles: Sequence[int], found: Collector) -> Table:
    """Tables of one analyte each, their titles put into a column; those of standards are left out."""
    raws: list[Raw] = []
    left_out: dict[str, None] = {}
    for start, end in zip(titles, [*titles[1:], len(sheet.rows)], strict=True):
        title, rows = _title(sheet.rows[start]), sheet.rows[start + 1 : end]
        if title is None or not rows:
            continue
        if not sheet.rows[start][0].text.casefold().startswith(("unknown", "sample")):
            left_out.setdefault(sheet.rows[start][0].text)
            continue
        head = type(title)("Assay", title.where)
        named = [(head if i == 0 else title, *row) for i, row in enumerate(rows)]
        table = _long(named, [columns.read_head(cell.text) for cell in named[0]], found)
        raws += table.raws
        left_out |= dict.fromkeys(table.left_out)
    return Table("MSD Discovery Workbench", tuple(raws), tuple(left_out))


# ---------------------------------------------------------------------------------------------------------------- wide
def _wide(sheet: Sheet, index: int, is_analyte: Callable[[str], bool], found: Collector) -> Table:
    head = sheet.rows[index]
    heads = [columns.read_head(cell.text) for cell in head]
    body = sheet.rows[index + 1 :]
    units_row = body[0] if body and _is_units(body[0], heads) else None
    body = body[1:] if units_row is not None else body
    lines = list(_whole(body, head, found))
    analytes = _analyte_columns(head, heads, lines, is_analyte, found)
    names = _Columns(head, heads, frozenset(analytes), found)
    raws: list[Raw] = []
    left_out: dict[str, None] = {}
    has_types = names.has_types(lines)
    for row in lines:
        kind = names.text(row, "type")
        if has_types and _STANDARD_TYPE.fullmatch(kind):
            left_out.setdefault(names.text(row, "sample") or kind)
            continue
        about = names.about(row)
        for i in analytes:
            cell = type(head[i])(heads[i].name, head[i].where)
            unit = units_row[i] if units_row is not None and i < len(units_row) and units_row[i].text else None
            if unit is None and heads[i].unit:
                unit = type(head[i])(heads[i].unit, head[i].where)
            raws.append(Raw(cell, row[i], unit, **about))  # type: ignore[arg-type]
    return Table("wide table", tuple(raws), tuple(left_out))


def _is_units(row: Row, heads: Sequence[Head]) -> bool:
    """Whether a line under the names of columns holds their units."""
    if columns.loosened(row[0].text) in ("unit", "units"):
        return True
    texts = [cell.text for cell, head in zip(row, heads, strict=False) if not head.role and cell.text]
    return bool(texts) and all(columns.is_unit(text) for text in texts)


def _analyte_columns(
    head: Row, heads: Sequence[Head], lines: Sequence[Row], is_analyte: Callable[[str], bool], found: Collector
) -> list[int]:
    """Which columns of a wide table hold analytes; a column of numbers that nobody knows is told of."""
    chosen: list[int] = []
    for i, one in enumerate(heads):
        if is_analyte(one.name) and not (one.role and not one.unit):
            chosen.append(i)
        elif one.role or columns.loosened(one.name) in columns.ABOUT_WELLS or not one.name:
            continue
        elif one.unit:
            chosen.append(i)
        elif lines and any(_is_number(row[i].text) for row in lines) and "flag" not in one.name.casefold():
            if all(_is_entry(row[i].text) for row in lines) and _looks_like_cytokine(one.name):
                chosen.append(i)
            else:
                message = f"the column {one.name} holds numbers, and was taken for a label of the sample"
                hint = "if it is an analyte, write its unit behind its name, as in `IL-6 (pg/mL)`"
                found.note("PANEL_ASSUMED", f"{message}: {hint}", head[i].where)
    return chosen


def _looks_like_cytokine(name: str) -> bool:
    """Whether an unknown name without a unit still means a cytokine: `IL-66` is a slip, `Age` is none."""
    return bool(re.match(r"s?(?:IL|IFN|TNF|TGF|CCL|CXCL|MIP|MCP|VEGF|PDGF|FGF|GRO|CSF)[\s_-]?\w", name))


def _is_number(text: str) -> bool:
    return any(character.isdigit() for character in text) and _is_entry(text)


def _is_entry(text: str) -> bool:
    try:
        read_value(text, Decimals(True, False, ";"))
    except UnitError:
        return False
    return True


# ------------------------------------------------------------------------------------------------------------- xPONENT
def _xponent(sheet: Sheet, found: Collector) -> Table | None:
    blocks = _blocks(sheet)
    kind = next((name for name in RESULTS if name in blocks), None)
    where = sheet.rows[0][0].where
    if kind is None or len(blocks[kind]) < 2:
        seen = ", ".join(blocks) or "nothing"
        message = f"the file of xPONENT has no concentrations, only {seen}"
        hint = "analyse the batch against its standards, and export with Result: fluorescence is no concentration"
        found.error("BAD_DATA", message, where, hint=hint)
        return None
    head, *rows = blocks[kind]
    unit_cells = _xponent_units(blocks.get("Units", []))
    names = [columns.loosened(cell.text) for cell in head]
    skipped = {i for i, name in enumerate(names) if name in ("location", "sample", "totalevents", "notes", "")}
    sample = names.index("sample") if "sample" in names else 0
    raws: list[Raw] = []
    left_out: dict[str, None] = {}
    for row in _whole(rows, head, found):
        name = row[sample].text
        if _STANDARD.fullmatch(name) or _KIT_CONTROL.fullmatch(name):
            left_out.setdefault(name)
            continue
        well = row[names.index("location")].text if "location" in names else ""
        raws += [
            Raw(head[i], row[i], unit_cells.get(head[i].text), sample=name, well=well)
            for i in range(len(head))
            if i not in skipped
        ]
    return Table("xPONENT", tuple(raws), tuple(left_out))


def _blocks(sheet: Sheet) -> dict[str, list[Row]]:
    """The blocks of an xPONENT file by the name of their data."""
    blocks: dict[str, list[Row]] = {}
    current: list[Row] | None = None
    for row in sheet.rows:
        if columns.loosened(row[0].text) == "datatype":
            current = blocks.setdefault(row[1].text if len(row) > 1 else "", [])
        elif current is not None:
            current.append(row)
    return blocks


def _xponent_units(rows: Sequence[Row]) -> dict[str, Cell]:
    """The unit of each analyte, where the file states it."""
    lines = {columns.loosened(row[0].text): row for row in rows}
    names, stated = lines.get("analyte", ()), lines.get("units", ())
    pairs = zip(names[1:], stated[1:], strict=False)
    return {name.text: unit for name, unit in pairs if unit.text and unit.text.casefold() != "bead"}
