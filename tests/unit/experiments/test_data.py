"""Reading tables of measured values."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from cytokinome.diagnostics import Collector, Diagnostic
from cytokinome.experiments.data import Censoring, Table, check_table, parse_table, read_table, unit_factor
from cytokinome.units import Substance
from tests.unit.experiments.samples import good

HEADER = "arm,time_h,analyte,value,sd,n,unit\n"


def parse(text: str) -> tuple[Table | None, tuple[Diagnostic, ...]]:
    """Read a table and everything found."""
    found = Collector()
    table = parse_table(text, "d.csv", found)
    return table, found.report().diagnostics


def only(text: str) -> Diagnostic:
    """Return the one finding of a table."""
    (fault,) = parse(text)[1]
    return fault


def test_good_table() -> None:
    """Numbers, remarks, quotes, empty optional fields and a byte-order mark."""
    lines = (
        "\ufeff# cited numbers",
        "arm, time_h ,analyte,value,sd,n,unit,study",
        'bolus,1.5,TNF, 331 ,216,8,pg/mL,"A, ""B"""',
        "bolus,1,TNF,10.4,,,pg/mL,",
    )
    text = "\n".join(lines)
    table, faults = parse(text)
    assert faults == ()
    assert table is not None
    first, second = table.points
    assert (first.arm, first.time, first.value, first.sd, first.n, first.study) == ("bolus", 1.5, 331, 216, 8, 'A, "B"')
    assert math.isnan(second.sd)
    assert [p.time for p in table.of("bolus", "TNF")] == [1, 1.5]
    assert table.of("bolus", "IL6") == ()


def test_time_units() -> None:
    """Times in other units become hours."""
    table, faults = parse("arm,time,time_unit,analyte,value,unit\na,90,min,TNF,1,pg/mL\na,2,days,TNF,1,pg/mL\n")
    assert faults == ()
    assert table is not None
    assert [p.time for p in table.points] == pytest.approx([1.5, 48])


def test_standard_error_becomes_sd() -> None:
    """SE and n give the SD; without n there is none."""
    table, _ = parse("arm,time_h,analyte,value,se,n,unit\na,1,TNF,1,2,9,pg/mL\na,1,TNF,1,2,,pg/mL\n")
    assert table is not None
    assert table.points[0].spread == 6
    assert math.isnan(table.points[1].spread)


@pytest.mark.parametrize(
    ("value", "limits", "expected"),
    [
        ("<5", ",", (5, Censoring.BELOW)),
        ("> 5000", ",", (5000, Censoring.ABOVE)),
        ("3", "5,", (5, Censoring.BELOW)),
        ("6000", ",5000", (5000, Censoring.ABOVE)),
        ("7", "5,5000", (7, Censoring.NONE)),
    ],
)
def test_limits_of_the_assay(value: str, limits: str, expected: tuple[float, Censoring]) -> None:
    """A value beyond the limits is the limit, marked as censored."""
    table, faults = parse(f"arm,time_h,analyte,value,unit,lloq,uloq\na,1,TNF,{value},pg/mL,{limits}\n")
    assert faults == ()
    assert table is not None
    assert (table.points[0].value, table.points[0].censoring) == expected


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("a,1,TNF,12x,1,3,pg/mL", 9, "BAD_DATA"),
        ("a,1,TNF,nan,1,3,pg/mL", 9, "BAD_DATA"),
        ("a,1,TNF,,1,3,pg/mL", 9, "BAD_DATA"),
        ("a,1,TNF,12,-1,3,pg/mL", 12, "BAD_DATA"),
        ("a,1,TNF,12,1,0,pg/mL", 14, "BAD_DATA"),
        ("a,1,TNF,12,1,2.5,pg/mL", 14, "BAD_DATA"),
        ("a,1,TNF,12,1,3,pg/mLL", 19, "BAD_UNIT"),
        ("a,1,TNF,12,1,3,", 16, "BAD_DATA"),
        (",1,TNF,12,1,3,pg/mL", 1, "BAD_DATA"),
        ("a,,TNF,12,1,3,pg/mL", 3, "BAD_DATA"),
        ("a,one,TNF,12,1,3,pg/mL", 3, "BAD_DATA"),
        ("a,1,TNF,12,1,3", 14, "BAD_DATA"),
        ('a,1,"TNF,12,1,3,pg/mL', 5, "BAD_DATA"),
        ("a,1,TNF,1e999,1,3,pg/mL", 9, "BAD_DATA"),
        ("a,1,TNF,0x10,1,3,pg/mL", 9, "BAD_DATA"),
    ],
)
def test_bad_rows(row: str, column: int, code: str) -> None:
    """A fault has its code, line and column."""
    fault = only(HEADER + "a,1,TNF,1,1,1,pg/mL\n" + row + "\n")
    assert fault.where is not None
    assert (fault.code, fault.where.line, fault.where.column) == (code, 3, column)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("arm,time_h,analite,value,unit", 12),
        ("arm,time_h,analyte,value,unit,value", 31),
        ("arm,analyte,value,unit", 1),
        ("arm,time,analyte,value,unit", 1),
        ("arm,time_h,time,analyte,value,unit", 1),
        ("arm,time_h,value,unit", 1),
    ],
)
def test_bad_headers(header: str, column: int) -> None:
    """Unknown, double and missing columns are found in the first line."""
    table, faults = parse(header + "\na,1,TNF,1,pg/mL\n")
    assert table is None
    assert (faults[0].code, faults[0].where.line if faults[0].where else 0) == ("BAD_DATA", 1)
    assert column in [f.where.column for f in faults if f.where]


def test_unknown_column_has_a_suggestion() -> None:
    """A misspelt column comes with the right one."""
    assert (
        "analyte"
        in parse("arm,time_h,analite,value,unit\na,1,TNF,1,pM\n")[1][0].hint
        + parse("arm,time_h,analite,value,unit\na,1,TNF,1,pM\n")[1][1].hint
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n", HEADER])
def test_empty_tables(text: str) -> None:
    """A table without rows is refused."""
    assert only(text).code == "BAD_DATA"


def test_all_faults_at_once() -> None:
    """Every faulty row is reported."""
    _, faults = parse(HEADER + "a,x,TNF,y,1,1,pg/mL\nb,1,TNF,1,-1,1,pg/mL\n")
    assert [f.where.line for f in faults if f.where] == [2, 2, 3]


def test_unreadable_files(tmp_path: Path) -> None:
    """Missing files, folders and binary files are findings."""
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing.csv", tmp_path, binary):
        found = Collector()
        assert read_table(path, found) is None
        assert [d.code for d in found.report().errors] == ["FILE_UNREADABLE"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("bolu,1,TNF,1,1,1,pg/mL", "UNKNOWN_NAME"),
        ("bolus,1,TFN,1,1,1,pg/mL", "UNKNOWN_NAME"),
        ("bolus,1,TNF,1,1,1,h", "DIMENSION_MISMATCH"),
        ("bolus,1,TNF,1,1,1,pM", "MISSING_MOLAR_MASS"),
        ("bolus,30,TNF,1,1,1,pg/mL", "OUTSIDE_TIME"),
    ],
)
def test_table_against_experiment(row: str, code: str) -> None:
    """What does not fit the experiment is found, with its line."""
    table, _ = parse(HEADER + row + "\n")
    assert table is not None
    found = Collector()
    check_table(table, good(), found)
    (fault,) = found.report().diagnostics
    assert fault.code == code
    assert fault.where is not None
    assert fault.where.line == 2


def test_conversion() -> None:
    """Data are converted by prefix, and between mass and amount through the molar mass."""
    assert unit_factor("ng/mL", "pg/mL") == pytest.approx(1000)
    assert unit_factor("pM", "pg/mL", Substance("TNF", 52e-9)) == pytest.approx(52)
