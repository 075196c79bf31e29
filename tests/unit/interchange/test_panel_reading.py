"""Panels as laboratories export them: what each kind of file says, and what is never read wrongly in silence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from cytokinome.experiments.data import Censoring
from cytokinome.interchange.panel.flags import Decimals, read_value
from cytokinome.interchange.panel.levels import references
from cytokinome.interchange.panel.naming import find
from cytokinome.interchange.panel.reading import Options, Panel, check_file, check_text
from cytokinome.interchange.panel.sheet import decoded, parse_sheet
from cytokinome.interchange.panel.summary import grouping, median, rows
from cytokinome.units import UnitError

if TYPE_CHECKING:
    from pathlib import Path

PLASMA = Options(matrix="plasma")
WIDE = """\
Sample,Subject,Time (h),Group,IL-6 (pg/mL),IL-8 (ng/mL),TNF-α (pg/ml)
s1,A,0,bolus,<3.2,OOR <,*3.1
s2,A,2,bolus,700.5,0.72,331
s3,B,0,none,,---,***
s4,B,2,none,>10000,OOR >,3
"""
MSD = """\
Plate_2BO,,,,,,,
Sample,Assay,Well,Dilution,Concentration,Calc. Concentration,Detection Range,Detection Limits: Calc. Low
S001,IL-6,A01,,54.2,53.2,In Detection Range,0.06
STD-08,IL-6,A02,,0,NaN,Below Fit Curve Range,0.06
U001,IL-6,B01,2,,10,In Detection Range,0.06
U001,IL-6,B02,2,,14,In Detection Range,0.06
U002,IL-6,C01,2,NaN,NaN,Below Fit Curve Range,0.06
U002,IL-6,C02,2,NaN,0.01,Below Detection Range,0.06
"""
XPONENT = """\
"Program","xPONENT","","MAGPIX"
"Build","4.2"

"Results"

"DataType:","Net MFI"
"Location","Sample","IL-6","IP-10","Total Events"
"1(1,A1)","Standard1","9000","8000","200"
"2(1,B1)","P7","120","80","210"

"DataType:","Result"
"Location","Sample","IL-6","IP-10","Total Events"
"1(1,A1)","Standard1","9991","8001","200"
"2(1,B1)","P7","12.5","<4.1","210"
"3(1,C1)","P7","13.5","<4.1","190"

"DataType:","Units"
"Analyte:","IL-6","IP-10"
"BeadID:","25","26"
"Units:","pg/mL","pg/mL"
"""
BIOPLEX = """\
Type;Well;Description;Hu IL-6 (19);Hu IFN-g (21)
S1;A1;;4000,0;3000,0
B;A2;;;
X1;B1;donor 1;12,5;OOR <
X2;B2;donor 2;*0,9;1,125
Conc in Range = Unknown sample concentrations within range
"""


def panel_of(text: str, options: Options = PLASMA) -> Panel:
    """The panel in a text without faults."""
    return check_text(text, "panel.csv", options).require()


def values(panel: Panel, analyte: str) -> list[tuple[float, Censoring]]:
    """What the samples of a panel say of one analyte."""
    return [(r.value, r.censoring) for r in panel.readings if r.analyte == analyte]


def test_a_wide_table():
    """Numbers, limits, flags and gaps, each analyte under the catalogue's name in its own unit."""
    panel = panel_of(WIDE)
    assert list(panel.analytes) == ["IL6", "CXCL8", "TNF"]
    il6 = values(panel, "IL6")
    assert il6[:2] == [(3.2, Censoring.BELOW), (700.5, Censoring.NONE)]
    assert math.isnan(il6[2][0])
    assert il6[3] == (10000, Censoring.ABOVE)
    unknown = [r for r in panel.readings if r.analyte == "CXCL8" and r.censoring]
    assert [(math.isnan(r.value), r.censoring) for r in unknown] == [(True, Censoring.BELOW), (True, Censoring.ABOVE)]
    assert [r.is_extrapolated for r in panel.of("TNF")] == [True, False, False]
    assert panel.units == {"IL6": "pg/mL", "CXCL8": "ng/mL", "TNF": "pg/mL"}
    assert {r.time for r in panel.readings} == {0.0, 2.0}
    assert grouping(panel) == "Group"


def test_units_convert_through_the_catalogue():
    """To one unit for all; from mass to moles by the molar mass of the record: IL-6 has 20.9 kDa."""
    panel = panel_of(WIDE, Options(matrix="plasma", to="pM"))
    assert values(panel, "IL6")[1][0] == pytest.approx(700.5 / 20.9)
    assert values(panel, "CXCL8")[1][0] == pytest.approx(720 / 8.4)


def test_international_units_convert_through_a_standard():
    """IL-2 has one standard with an activity, 1.64e7 IU/mg; IL-6 has a standard without one."""
    panel = panel_of("Sample,IL-2 (IU/mL)\ns1,16.4\n", Options(matrix="plasma", to="pg/mL"))
    assert values(panel, "IL2")[0][0] == pytest.approx(1000)
    report = check_text("Sample,IL-6 (IU/mL)\ns1,16.4\n", "p.csv", Options(matrix="plasma", to="pg/mL")).report
    assert [d.code for d in report.errors] == ["MISSING_ACTIVITY"]


def test_msd_discovery_workbench():
    """Standards are left out, wells of a sample averaged, the fit curve's range makes limits of detection."""
    panel = panel_of(MSD, Options(matrix="serum", unit="pg/mL"))
    assert panel.kind == "MSD Discovery Workbench"
    assert [(r.sample, r.value, r.censoring, r.wells) for r in panel.readings] == [
        ("U001", 12, Censoring.NONE, 2),
        ("U002", 0.06, Censoring.BELOW, 2),
    ]


def test_one_table_per_assay():
    """What older versions of MSD's program wrote: a title names the analyte of the table below it."""
    head = "Sample,Well,Signal,Mean,CV,Calc. Concentration,Calc. Conc. Mean,Detection Range,\n"
    text = (
        f"Standard: IL-6 (Human),,,,,,,,\n{head}S001,A01,9,9,1,100,100,In Detection Range,\n\n"
        f"Unknown: IL-6 (Human),,,,,,,,\n{head}U001,C01,612,682,14,97.1,107.4,In Detection Range,\n"
        "U001,C02,752,682,14,117.7,107.4,In Detection Range,\n"
        f"Unknown: TNF-a (Human),,,,,,,,\n{head}U001,C01,3,3,1,NaN,NaN,Below Fit Curve Range,\n"
    )
    panel = panel_of(text, Options(matrix="serum", unit="pg/mL"))
    assert [(r.sample, r.analyte, r.wells) for r in panel.readings] == [("U001", "IL6", 2), ("U001", "TNF", 1)]
    assert panel.readings[0].value == pytest.approx((97.1 + 117.7) / 2)
    assert panel.readings[1].censoring is Censoring.BELOW


def test_xponent():
    """The block of results, not that of fluorescence; units from their own block."""
    panel = panel_of(XPONENT)
    assert panel.kind == "xPONENT"
    assert [(r.analyte, r.value, r.unit, r.censoring) for r in panel.readings] == [
        ("IL6", 13, "pg/mL", Censoring.NONE),
        ("CXCL10", 4.1, "pg/mL", Censoring.BELOW),
    ]


def test_xponent_without_results():
    """Fluorescence is no concentration."""
    report = check_text(XPONENT.replace('"Result"', '"Median"'), "p.csv", PLASMA).report
    assert [d.code for d in report.errors] == ["BAD_DATA"]
    assert "Median" in report.errors[0].message
    assert "fluorescence" in report.errors[0].hint


def test_bio_plex_manager():
    """Semicolons and decimal commas, bead regions behind names, types of wells, a footer."""
    panel = panel_of(BIOPLEX, Options(matrix="plasma", unit="pg/mL"))
    assert [r.sample for r in panel.of("IL6")] == ["donor 1", "donor 2"]
    assert [r.value for r in panel.of("IL6")] == [12.5, 0.9]
    assert values(panel, "IFNG")[1] == (1.125, Censoring.NONE)


def test_the_format_of_comparisons():
    """The table that experiments are compared with is a panel too."""
    text = "arm,time_h,analyte,value,unit,sd,n,lloq,matrix\nbolus,2,IL8,0.5,pg/mL,1,9,0.8,plasma\n"
    (reading,) = panel_of(text, Options()).readings
    assert (reading.analyte, reading.value, reading.censoring, reading.time) == ("CXCL8", 0.8, Censoring.BELOW, 2.0)
    assert reading.label("arm") == "bolus"


@pytest.mark.parametrize(
    "data",
    [
        WIDE.encode("utf-8"),
        WIDE.encode("utf-8-sig"),
        WIDE.replace("\n", "\r\n").encode("utf-8"),
        WIDE.replace("\n", "\r").encode("utf-8"),
        WIDE.encode("utf-16"),
        WIDE.replace(",", ";").encode("utf-8"),
        ("sep=;\n" + WIDE.replace(",", ";")).encode("utf-8"),
        WIDE.replace(",", "\t").encode("utf-8"),
        WIDE.replace("TNF-α", "TNF-alpha").replace("s1,A", "s1,Å").encode("cp1252"),
        ("# a remark, and another\n" + WIDE).encode("utf-8"),
    ],
    ids=["plain", "bom", "crlf", "cr", "utf-16", "semicolon", "sep", "tab", "latin", "remark"],
)
def test_what_programs_save(data: bytes, tmp_path: Path):
    """The same table in each way of saving it says the same."""
    path = tmp_path / "panel.csv"
    path.write_bytes(data)
    panel = check_file(path, PLASMA).require()
    assert values(panel, "IL6")[1] == (700.5, Censoring.NONE)
    assert list(panel.analytes) == ["IL6", "CXCL8", "TNF"]


def test_a_workbook_is_no_text(tmp_path: Path):
    """The bytes of Excel are told by what they are."""
    path = tmp_path / "panel.csv"
    path.write_bytes(b"PK\x03\x04rest")
    (fault,) = check_file(path).report.errors
    assert (fault.code, "Excel" in fault.message) == ("FILE_UNREADABLE", True)


def test_samples_called_by_a_number_sign():
    """`#12` is a sample, not a remark."""
    panel = panel_of("# made up\nSample,IL-6 (pg/mL)\n#12,3\n#13,4\n")
    assert [r.sample for r in panel.readings] == ["#12", "#13"]
    assert panel.remarks == ("made up",)


@pytest.mark.parametrize(
    ("text", "delimiter", "expected"),
    [("3,25", ";", 3.25), ("0,125", ";", 0.125), ("1234", ";", 1234), ("3.25", ",", 3.25), ("1e3", "\t", 1000)],
)
def test_decimal_signs(text: str, delimiter: str, expected: float):
    """A decimal comma is read where nothing else can be meant."""
    assert Decimals.of([text], delimiter).number(text) == expected


@pytest.mark.parametrize(
    ("texts", "delimiter"),
    [
        (["1,234"], ";"),
        (["3,25"], ","),
        (["3,25", "1.5"], ";"),
        (["1.234,5"], ";"),
        (["1,234.5"], ";"),
        (["1,2,3"], ";"),
    ],
)
def test_decimal_signs_that_could_mean_two_things(texts: list[str], delimiter: str):
    """What could be a thousand or a decimal is refused."""
    with pytest.raises(UnitError):
        Decimals.of(texts, delimiter).number(texts[0])


def test_a_sure_comma_decides_the_others():
    """Where one number shows that commas are decimal, 1,234 is 1.234."""
    assert Decimals.of(["3,25", "1,234"], ";").number("1,234") == 1.234


@pytest.mark.parametrize(
    ("text", "number", "censoring"),
    [
        ("< 3.2", 3.2, Censoring.BELOW),
        ("≤3.2", 3.2, Censoring.BELOW),
        (">10000", 10000, Censoring.ABOVE),
        ("OOR<", math.nan, Censoring.BELOW),
        ("< LOD", math.nan, Censoring.BELOW),
        ("BLQ", math.nan, Censoring.BELOW),
        ("OOR >", math.nan, Censoring.ABOVE),
        ("n/a", math.nan, Censoring.NONE),
        ("***", math.nan, Censoring.NONE),
        ("+3", 3, Censoring.NONE),
    ],
)
def test_flags(text: str, number: float, censoring: Censoring):
    """Each flag of the platforms says what it says there."""
    value = read_value(text, Decimals.of([], ","))
    assert value.censoring == censoring
    assert value.number == number or (math.isnan(value.number) and math.isnan(number))


def test_flags_in_a_column_of_their_own():
    """Of the assay's range they make a limit where no number stands, and an extrapolated number; of health nothing."""
    text = (
        "sample,analyte,value,unit,flag,lloq\ns1,IL-6,,pg/mL,BLQ,0.5\ns2,IL-6,0.7,pg/mL,below LLOQ,0.5\n"
        "s3,IL-6,9,pg/mL,above normal,0.5\ns4,IL-6,,pg/mL,above normal,0.5\n"
    )
    found = panel_of(text).readings
    assert [r.censoring for r in found] == [Censoring.BELOW, Censoring.NONE, Censoring.NONE, Censoring.NONE]
    assert [r.is_extrapolated for r in found] == [False, True, False, False]
    assert (found[0].value, found[3].is_missing) == (0.5, True)


def test_medians_count_limits():
    """Half below the limit: the median is below it; one of three below: the median is a number."""
    cells = {"<2": "<2", "5": "5", "9": "9", ">50": ">50"}

    def middle(*texts: str) -> tuple[float, Censoring]:
        lines = "".join(f"s{i},{cells[t]}\n" for i, t in enumerate(texts))
        found = median(panel_of(f"Sample,IL-6 (pg/mL)\n{lines}").of("IL6"))
        return found.value, found.censoring

    assert middle("<2", "5", "9") == (5, Censoring.NONE)
    assert middle("<2", "<2", "9") == (2, Censoring.BELOW)
    assert middle("<2", "5") == (3.5, Censoring.BELOW)
    assert middle("9", ">50", ">50") == (50, Censoring.ABOVE)
    assert math.isnan(middle("<2", ">50")[0])


def test_levels_are_those_of_the_same_fluid():
    """The healthy level of IL-6 in plasma is not that in serum; synovial fluid has none."""
    il6 = find("IL-6")
    plasma, serum = (references(il6, fluid, "pg/mL")[0] for fluid in ("plasma", "serum"))
    assert (plasma.matrix, serum.matrix) == ("plasma", "serum")
    assert plasma.value != serum.value
    assert references(il6, "", "pg/mL") == ()
    assert references(il6, "serum", "pM")[0].value == pytest.approx(serum.value / 20.9)


def test_what_platelets_release_is_told_in_serum():
    """TGF-β1 in serum comes from clotting; in plasma nothing is said."""
    text = "Sample,TGF-b1 (pg/mL)\ns1,30000\n"
    serum, plasma = (rows(panel_of(text, Options(matrix=fluid)))[0] for fluid in ("serum", "plasma"))
    assert any("clots" in remark for remark in serum.remarks)
    assert serum.healthy is not None
    assert serum.healthy.clots
    assert not any("clots" in remark for remark in plasma.remarks)


def test_nothing_is_compared_without_a_fluid():
    """A warning says why."""
    checked = check_text(WIDE, "p.csv")
    assert [d.code for d in checked.report.warnings] == ["PANEL_MATRIX"]
    assert all(row.healthy is None and row.fold is None for row in rows(checked.require()))


def test_unknown_molecules_keep_their_name():
    """Shown, told, compared with nothing; and not taken for a near name."""
    checked = check_text("Sample,IL-6 (pg/mL),IL-66 (pg/mL)\ns1,3,4\n", "p.csv", PLASMA)
    (warning,) = checked.report.warnings
    assert (warning.code, "IL-6" in warning.hint) == ("UNKNOWN_NAME", True)
    assert rows(checked.require())[1].remarks == ("not in the catalogue: shown under its own name",)


def test_groups_and_times():
    """A row for each group; the first and the highest median of a course."""
    panel = panel_of(WIDE)
    il6 = [row for row in rows(panel, "Group") if row.analyte == "IL6"]
    assert [row.group for row in il6] == ["bolus", "none"]
    assert il6[0].first is not None
    assert il6[0].first.median.censoring is Censoring.BELOW
    assert il6[0].highest is not None
    assert (il6[0].highest.time, il6[0].highest.median.value) == (2, 700.5)


def test_cells_know_their_place():
    """Quotes, spaces and a quote inside."""
    from cytokinome.diagnostics import Collector

    sheet = parse_sheet('a, "b, ""c""" ,d\n', "x.csv", Collector())
    assert sheet is not None
    assert [(c.text, c.where.column) for c in sheet.rows[0]] == [("a", 1), ('b, "c"', 5), ("d", 16)]


def test_latin_is_told():
    """What is not UTF-8 is read as Excel saves it, and said so."""
    from cytokinome.diagnostics import Collector

    found = Collector()
    assert decoded("µ".encode("cp1252"), "x.csv", found) == "µ"
    assert [d.code for d in found.report().diagnostics] == ["PANEL_ASSUMED"]


def test_types_that_are_no_wells():
    """`C` is a control of the kit only where other wells are samples (`X1`)."""
    text = "Type,Sample,IL-6 (pg/mL)\nC,s1,3\nP,s2,4\n"
    assert [r.sample for r in panel_of(text).readings] == ["s1", "s2"]
    assert [r.sample for r in panel_of(text.replace("P,", "X1,")).readings] == ["s2"]


def test_notes_of_readings_do_not_make_samples():
    """A long table has two samples, whatever is remarked of their analytes."""
    text = "sample,analyte,value,unit,note\ns1,IL-6,3,pg/mL,ok\ns1,TNF,4,pg/mL,haemolytic\ns2,IL-6,5,pg/mL,\n"
    assert panel_of(text).samples == 2


def test_means_are_told():
    """A table of means says so, and its values count as samples."""
    text = "arm,time_h,analyte,value,unit,n,matrix\na,0,IL6,3,pg/mL,8,plasma\n"
    report = check_text(text, "p.csv").report
    assert [(d.code, "means" in d.message) for d in report.warnings] == [("PANEL_ASSUMED", True)]


def test_outside_means_outside_most_people():
    """Half of healthy people lie outside an IQR: nobody is counted there; outside a range somebody is."""
    text = "Sample,IL-6 (pg/mL),IL-18BP (ng/mL)\ns1,50,9\ns2,60,1\n"
    il6, il18bp = rows(panel_of(text, Options(matrix="serum")))
    assert il6.healthy is not None
    assert (il6.healthy.spread, il6.over) == ("IQR", 0)
    assert il18bp.healthy is not None
    assert il18bp.healthy.high == pytest.approx(7)
    assert (il18bp.healthy.spread, il18bp.over, il18bp.under) == ("range", 1, 0)
