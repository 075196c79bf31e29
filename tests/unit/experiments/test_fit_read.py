"""The file of a fit: what it says becomes values, and every fault is found at its place."""

import re
from pathlib import Path

import pytest

from cytokinome.diagnostics import Collector
from cytokinome.experiments.fit.protocol import By, Chosen, Error, Scale, Space, Spread
from cytokinome.experiments.fit.read import read_fit

GOOD = """fit: endotoxin
experiments: [one, {experiment: two, arms: [bolus], analytes: [TNF], studies: [X], until: 90 min}]
parameters: {k: {prior: 1 /h, fold: 10}, q: {between: [0.1 /h, 10 /h]}, z: {}}
scales: [{analytes: [TNF, IL6], study: X, fold: 3}]
error: {in: log, from: se, sd: 0.1}
starts: 8
seed: 3
"""


def read(text: str):
    """The fit of a text, and the codes of what was found with the text under each caret."""
    found = Collector({"fit.yaml": text})
    fit = read_fit(text, "fit.yaml", found)
    lines = text.splitlines()

    def at(d):
        return lines[d.where.line - 1][d.where.column - 1 :][: d.where.length] if d.where else ""

    return fit, [(d.code, at(d)) for d in found.report().diagnostics]


def test_everything_is_read():
    """Each key has its value, times are hours, and numbers stay as written."""
    fit, found = read(GOOD)
    assert found == []
    assert fit is not None
    assert fit.experiments == (Chosen("one"), Chosen("two", ("bolus",), ("TNF",), ("X",), 1.5))
    assert [p.id for p in fit.parameters] == ["k", "q", "z"]
    assert (str(fit.parameters[0].prior), fit.parameters[0].fold) == ("1 /h", 10)
    assert [str(e) for e in fit.parameters[1].between or ()] == ["0.1 /h", "10 /h"]
    assert fit.scales == (Scale(("TNF", "IL6"), "X", None, 3),)
    assert (fit.error.space, fit.error.spread, str(fit.error.sd)) == (Space.LOG, Spread.SE, "0.1")
    assert (fit.starts, fit.seed) == (8, 3)


def test_what_is_left_out_has_its_default():
    """Names alone are enough; the error is the standard error of the table, in log space."""
    fit, found = read("fit: a\nexperiments: one\nparameters: [k, q]\n")
    assert found == []
    assert fit is not None
    assert [p.id for p in fit.parameters] == ["k", "q"]
    assert fit.error == Error(Space.LOG, Spread.SE, None, False, By.ANALYTE)
    assert (fit.starts, fit.seed, fit.scales) == (32, 1, ())


def test_an_estimated_error_replaces_the_table():
    """`sd: estimated` takes nothing from the table unless that is said too."""
    fit, found = read("fit: a\nexperiments: one\nparameters: [k]\nerror: {in: linear, sd: estimated, by: all}\n")
    assert found == []
    assert fit is not None
    assert fit.error == Error(Space.LINEAR, Spread.NONE, None, True, By.ALL)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("fit: endotoxin", "fit: endo toxin", ("BAD_NAME", "endo toxin")),
        ("fold: 10", "fold: 1", ("BAD_VALUE", "1")),
        ("{prior: 1 /h, fold: 10}", "{prior: 1 /h}", ("MISSING_KEY", "{prior: 1 /h}")),
        ("[0.1 /h, 10 /h]", "[0.1 /h]", ("BAD_VALUE", "0.1 /h")),
        ("[0.1 /h, 10 /h]", "[0.1 /h, 10 10]", ("BAD_EXPRESSION", "10")),
        ("sd: 0.1", "sd: 0.1 pM", ("DIMENSION_MISMATCH", "0.1 pM")),
        ("sd: 0.1", "sd: -0.1", ("BAD_VALUE", "-0.1")),
        ("error: {in: log, from: se, sd: 0.1}", "error: {from: none}", ("MISSING_KEY", "{from: none}")),
        ("in: log", "in: log10", ("BAD_VALUE", "log10")),
        ("until: 90 min", "until: 90", ("MISSING_UNIT", "90")),
        ("starts: 8", "starts: 0", ("BAD_NUMBER", "0")),
        ("seed: 3", "sed: 3", ("UNKNOWN_KEY", "sed")),
        ("analytes: [TNF, IL6], ", "", ("MISSING_KEY", "{study: X, fold: 3}")),
    ],
)
def test_a_fault_is_told_at_its_place(before, after, expected):
    """One fault, one finding, under the text that is wrong."""
    assert read(GOOD.replace(before, after))[1] == [expected]


def test_a_fit_needs_data_and_parameters():
    """Both are required; what is empty is as good as missing."""
    for text in (
        "fit: a\nparameters: [k]\n",
        "fit: a\nexperiments: [x]\n",
        "fit: a\nexperiments: []\nparameters: {}\n",
    ):
        fit, found = read(text)
        assert fit is None
        assert {code for code, _ in found} == {"MISSING_KEY"}


def test_the_example_of_the_page_is_read():
    """The fit file of the page has no fault."""
    page = (Path(__file__).parents[3] / "docs" / "how-to-fit.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    fit, found = read(example)
    assert found == []
    assert fit is not None
    assert [p.id for p in fit.parameters] == ["k_TNF", "q_TNF", "k_loss"]
