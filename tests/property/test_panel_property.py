"""Any text ends in findings, never in a traceback; what is written reads back as it was."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cytokinome.diagnostics import Collector
from cytokinome.experiments.data import Censoring, parse_table
from cytokinome.interchange.panel import sheet
from cytokinome.interchange.panel.naming import find
from cytokinome.interchange.panel.reading import Options, Panel, Reading, check_text
from cytokinome.interchange.panel.summary import as_data, grouping
from cytokinome.interchange.panel.table import Arms, table_text

ANALYTES = ("IL6", "CXCL8", "TNF", "FGF basic")
CELLS = st.one_of(
    st.sampled_from(
        [
            *(
                "Sample",
                "IL-6 (pg/mL)",
                "IL-8",
                "TNF-α [ng/mL]",
                "Time (h)",
                "Analyte",
                "Value",
                "Unit",
                "LLOQ",
                "Type",
            ),
            *("DataType:", "Result", "Units", "Units:", "Analyte:", "Assay", "Calc. Concentration", "Detection Range"),
            *("<3.2", ">1000", "OOR <", "*3.1", "***", "NaN", "3,2", "1,234", "1.5", "0", "-1", "pg/mL", "X1", "S1"),
            *("Below Fit Curve Range", "2 h", "baseline", '"', "#1", "sep=;", "plasma", "Matrix", "Subject", ""),
        ]
    ),
    st.text(max_size=8),
    st.floats(allow_nan=False).map(repr),
)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=8)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=6)
OPTIONS = st.builds(
    Options,
    matrix=st.sampled_from(["", "plasma", "serum", "mud"]),
    unit=st.sampled_from(["", "pg/mL", "pM", "x"]),
    to=st.sampled_from(["", "pM", "ng/mL", "h"]),
    time_unit=st.sampled_from(["", "h", "min", "kg"]),
)


@settings(max_examples=150, deadline=None)
@given(table=TABLES, mark=st.sampled_from([",", ";", "\t"]), options=OPTIONS)
def test_any_table_is_read_or_refused(table: list[list[str]], mark: str, options: Options):
    """Cells that exports have, in any order: a panel without errors, or errors without a panel."""
    checked = check_text("\n".join(mark.join(row) for row in table), "any.csv", options)
    assert (checked.panel is None) == bool(checked.report.errors)
    checked.report.render()
    if checked.panel is not None:
        assert as_data(checked.panel, grouping(checked.panel))["samples"]


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes):
    """Not even bytes of no text break the reader."""
    found = Collector()
    text = sheet.decoded(data, "any.csv", found)
    if text is not None:
        check_text(text, "any.csv").report.render()


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """A reading of a sample of its own."""
    value = draw(st.floats(1e-6, 1e9))
    return Reading(
        analyte=draw(st.sampled_from(ANALYTES)),
        unit=draw(st.sampled_from(["pg/mL"])),
        value=value,
        censoring=draw(st.sampled_from(list(Censoring))),
        subject=draw(WORDS),
        time=draw(st.floats(-100, 1000)),
        labels=(("arm", draw(WORDS)),),
        is_extrapolated=draw(st.booleans()),
    )


def panel_of(found: list[Reading]) -> Panel:
    """A panel of readings, each with the places that a file would give it."""
    return Panel("p.csv", "long table", "plasma", tuple(found), {n: find(n) for n in ANALYTES})


@settings(max_examples=150, deadline=None)
@given(found=st.lists(readings(), min_size=1, max_size=8))
def test_what_is_written_reads_back(found: list[Reading]):
    """A line per sample gives the same points, numbers to ten digits, limits as limits."""
    quiet = Collector()
    table = parse_table(table_text(panel_of(found), Arms("arm"), is_individual=True), "t.csv", quiet)
    assert quiet.report().diagnostics == ()
    assert table is not None
    assert [(p.arm, p.analyte, p.censoring, p.n) for p in table.points] == [
        (r.label("arm"), r.analyte, r.censoring, 1) for r in found
    ]
    for point, reading in zip(table.points, found, strict=True):
        assert math.isclose(point.value, reading.value, rel_tol=1e-9)
        assert math.isclose(point.time, reading.time, rel_tol=1e-9, abs_tol=1e-12)


@settings(max_examples=100, deadline=None)
@given(found=st.lists(readings(), min_size=1, max_size=8))
def test_the_table_is_a_panel_again(found: list[Reading]):
    """The writer's table reads as a panel with the same arms, analytes and limits."""
    distinct = [replace(r, time=float(i)) for i, r in enumerate(found)]
    text = table_text(panel_of(distinct), Arms("arm"), is_individual=True)
    checked = check_text(text, "t.csv")
    assert checked.report.errors == (), checked.report.render()
    back = checked.require().readings
    assert [(r.label("arm"), r.analyte, r.censoring) for r in back] == [
        (r.label("arm"), r.analyte, r.censoring) for r in distinct
    ]


@settings(max_examples=100, deadline=None)
@given(found=st.lists(readings(), min_size=1, max_size=8))
def test_means_lie_within(found: list[Reading]):
    """The mean of a group lies between its smallest and largest reading, and n counts them."""
    same = [replace(r, time=0.0, labels=(("arm", "a"),)) for r in found]
    quiet = Collector()
    table = parse_table(table_text(panel_of(same), Arms("arm")), "t.csv", quiet)
    assert quiet.report().diagnostics == ()
    assert table is not None
    assert sum(p.n for p in table.points) == len(same)
    for point in table.points:
        mine = [r.value for r in same if r.analyte == point.analyte]
        assert min(mine) * (1 - 1e-9) <= point.value <= max(mine) * (1 + 1e-9)
