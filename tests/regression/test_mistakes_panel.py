"""Mistakes in exports of laboratories: each has a code, a place and help, and no panel comes of it in silence."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cytokinome.interchange.panel.reading import Options, check_text

LONG = """\
sample,subject,time,time unit,analyte,value,unit,lloq,uloq,matrix
s1,A,0,h,IL-6,3.1,pg/mL,0.5,2000,plasma
s2,A,2,h,IL-6,820,pg/mL,0.5,2000,plasma
s1,A,0,h,CXCL8,12,pg/mL,0.8,3000,plasma
s2,A,2,h,IL8,1240,pg/mL,0.8,3000,plasma
"""
WIDE = """\
Sample,Group,IL-6 (pg/mL),TNF-a (pg/mL)
s1,a,3.1,12
s2,b,8.2,9
"""


@dataclass(frozen=True)
class Mistake:
    """`new` stands for the first `old`; the finding has this code, stands in this line at `at`, and says `said`."""

    old: str
    new: str
    code: str
    line: int
    at: str
    said: str


IN_LONG = [
    Mistake("0.5,2000", "2000,0.5", "BAD_DATA", 2, "0.5", "not above"),
    Mistake(",3.1,", ",-3.1,", "NEGATIVE_VALUE", 2, "-3.1", "negative"),
    Mistake(",3.1,", ",<-3.1,", "NEGATIVE_VALUE", 2, "<-3.1", "negative"),
    Mistake(",3.1,", ",3.1 pg/mL,", "BAD_NUMBER", 2, "3.1 pg/mL", "not a number"),
    Mistake(",3.1,", ",ND,", "PANEL_AMBIGUOUS", 2, "ND", "not detected, or not determined"),
    Mistake(",3.1,", ",OOR,", "PANEL_AMBIGUOUS", 2, "OOR", "below or above"),
    Mistake(",3.1,", ',"3,1",', "PANEL_AMBIGUOUS", 2, "3,1", "decimal comma"),
    Mistake(",3.1,", ",1e999,", "BAD_NUMBER", 2, "1e999", "absurdly"),
    Mistake("3.1,pg/mL", "3.1,pg/mm", "BAD_UNIT", 2, "pg/mm", "is no concentration"),
    Mistake("3.1,pg/mL", "3.1,pgmL", "BAD_UNIT", 2, "pgmL", "pgmL"),
    Mistake("3.1,pg/mL", "3.1,MFI", "BAD_UNIT", 2, "MFI", "MFI"),
    Mistake("3.1,pg/mL", "3.1,U/mL", "BAD_UNIT", 2, "U/mL", "U is not a unit"),
    Mistake("3.1,pg/mL", "3.1,", "MISSING_UNIT", 2, "IL-6", "no unit for IL-6"),
    Mistake("820,pg/mL", "820,IU/mL", "MISSING_ACTIVITY", 3, "IU/mL", "specific activity"),
    Mistake("0.5,2000", "<0.5,2000", "BAD_NUMBER", 2, "<0.5", "LLOQ"),
    Mistake("0.5,2000", "half,2000", "BAD_NUMBER", 2, "half", "LLOQ"),
    Mistake(",0,h,", ",zero,h,", "BAD_DATA", 2, "zero", "is no number"),
    Mistake(",0,h,", ",0,,", "MISSING_UNIT", 2, "0", "time 0 has no unit"),
    Mistake(",0,h,", ",0,mL,", "BAD_UNIT", 2, "0", "not a unit of time"),
    Mistake("s2,A,2,h,IL-6", "s1,A,0,h,IL-6", "DUPLICATE_NAME", 3, "820", "stands twice"),
    Mistake("IL8,1240", "IL-6,1240", "DUPLICATE_NAME", 5, "1240", "stands twice"),
    Mistake("2000,plasma", "2000,serum", "BAD_DATA", 3, "plasma", "mixes body fluids"),
    Mistake("2000,plasma", "2000,lymphe", "BAD_VALUE", 2, "lymphe", "no body fluid"),
    Mistake("s1,A,0,h,IL-6,3.1", "s1,A,0,h,,3.1", "BAD_DATA", 2, ",3.1", "no analyte"),
    Mistake("s1,A,0,h,IL-6,3.1", "s1,A,0,h,Mouse IL-6,3.1", "UNKNOWN_NAME", 2, "Mouse IL-6", "another species"),
    Mistake("0.5,2000,plasma", "0.5,plasma", "BAD_DATA", 2, "plasma", "9 cells"),
    Mistake("s1,A,0", '"s1,A,0', "BAD_DATA", 2, '"s1', "quote"),
    Mistake("analyte,value", "value,value", "BAD_DATA", 1, "sample", "no line names"),
    Mistake("lloq,uloq", "lloq,lloq", "BAD_DATA", 1, "lloq,matrix", "two columns are called"),
]
IN_WIDE = [
    Mistake("IL-6 (pg/mL)", "IL-6", "MISSING_UNIT", 1, "IL-6", "no unit for IL-6"),
    Mistake("IL-6 (pg/mL)", "IL-6 (pg/mLL)", "BAD_UNIT", 1, "IL-6", "mLL"),
    Mistake("TNF-a (pg/mL)", "IL6 (pg/mL)", "DUPLICATE_NAME", 2, "12", "IL-6 and IL6"),
    Mistake("s2,b,8.2", "s1,a,8.2", "DUPLICATE_NAME", 3, "8.2", "of s1 stands twice"),
    Mistake("3.1,12", "3.1;12", "BAD_DATA", 2, "3.1;12", "3 cells"),
    Mistake("3.1", "high", "BAD_NUMBER", 2, "high", "not a number"),
]


def check(text: str, mistake: Mistake) -> None:
    """The mistake is found at its place, with help."""
    assert mistake.old in text
    wrong = text.replace(mistake.old, mistake.new, 1)
    checked = check_text(wrong, "panel.csv", Options())
    assert checked.panel is None
    hits = [d for d in checked.report.errors if d.code == mistake.code and mistake.said in d.message]
    assert hits, checked.report.render()
    assert all(d.hint for d in hits)
    places = [d.where for d in hits if d.where is not None]
    found = [(p.line, wrong.splitlines()[p.line - 1][p.column - 1 :]) for p in places]
    assert any(line == mistake.line and rest.startswith(mistake.at) for line, rest in found), found


@pytest.mark.parametrize("mistake", IN_LONG, ids=lambda m: m.new)
def test_mistakes_in_a_long_table(mistake: Mistake):
    """One slip in a table of a line per reading."""
    check(LONG, mistake)


@pytest.mark.parametrize("mistake", IN_WIDE, ids=lambda m: m.new)
def test_mistakes_in_a_wide_table(mistake: Mistake):
    """One slip in a table of a column per analyte."""
    check(WIDE, mistake)


def test_the_tables_are_right():
    """Without a mistake nothing stops their use."""
    for text in (LONG, WIDE):
        assert check_text(text, "panel.csv").panel is not None


def test_all_faults_at_once():
    """Three slips, three findings."""
    text = LONG.replace(",3.1,", ",-3.1,").replace("820,pg/mL", "820,pgmL").replace("1240", "ND")
    found = {d.code for d in check_text(text, "panel.csv").report.errors}
    assert found == {"NEGATIVE_VALUE", "BAD_UNIT", "PANEL_AMBIGUOUS"}


def test_many_faults_are_counted():
    """A column that was misread does not bury the reader."""
    lines = "".join(f"s{i},ND\n" for i in range(500))
    errors = check_text(f"Sample,IL-6 (pg/mL)\n{lines}", "panel.csv").report.errors
    assert len(errors) == 21
    assert any("480 more" in d.message for d in errors)


def test_decimal_commas_between_semicolons():
    """3,1 beside 8.2 is refused; all with commas is read, and told."""
    text = WIDE.replace(",", ";").replace("3.1", "3,1")
    assert [d.code for d in check_text(text, "panel.csv").report.errors] == ["PANEL_AMBIGUOUS"]
    checked = check_text(text.replace("8.2", "8,2"), "panel.csv")
    assert [r.value for r in checked.require().of("IL6")] == [3.1, 8.2]
    assert any("decimal commas" in d.message for d in checked.report.diagnostics)


def test_thousands_that_look_like_decimals():
    """1,234 alone can be either, and is refused."""
    text = WIDE.replace(",", ";").replace("3.1", "1,234").replace("8.2", "8")
    (fault,) = check_text(text, "panel.csv").report.errors
    assert (fault.code, "1.234 or 1234" in fault.message) == ("PANEL_AMBIGUOUS", True)
