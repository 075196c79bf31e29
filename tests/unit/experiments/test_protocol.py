"""Reading experiment files: what is read, and every fault with its code and line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytokinome.diagnostics import Collector
from cytokinome.experiments.names import check_names
from cytokinome.experiments.protocol import Central, Comparison, Kind, Of, Route, TimeGrid
from cytokinome.experiments.read import data_path
from tests.unit.experiments.samples import TEXT, good, model, read

HEAD = "experiment: e\nmodel: m\ntime: 0 to 24 h, every 1 h\nmeasure: {TNF: pg/mL}\n"
CLAIM = """claims:
  - id: one
    says: it is high
    value: peak(control.TNF)
    expect: {above: 1}
    kind: predicts
    source: assumed
"""


def codes(text: str) -> list[tuple[str, int]]:
    """Return code and line of every finding."""
    return [(d.code, d.where.line if d.where else 0) for d in read(text)[1].diagnostics]


def dose(inside: str) -> str:
    """Return an experiment with one dose, in line 5."""
    return HEAD + f"arms: {{a: {{doses: [{{{inside}}}]}}}}\n"


def test_whole_file() -> None:
    """All parts of a file arrive."""
    experiment = good(TEXT + CLAIM.replace("control", "bolus"))
    assert experiment.id == "two-arms"
    assert experiment.model == "cells"
    assert [a.id for a in experiment.arms] == ["bolus", "anti-TNF"]
    assert str(experiment.arms[0].doses[0].amount) == "2 ng/kg"
    assert experiment.patients.count == 4
    assert [(m.name, m.unit) for m in experiment.measure] == [("TNF", "pg/mL"), ("IL8", "pg/mL")]
    claim = experiment.claims[0]
    assert (claim.of, claim.kind, claim.source.is_assumed) == (Of.MEDIAN, Kind.PREDICTS, True)


def test_default_arm() -> None:
    """An experiment without arms has the arm control."""
    assert [a.id for a in good(HEAD).arms] == ["control"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 to 24 h, every 5 min", (0, 24, 1 / 12)),
        ("0 h to 24 h, every 5 min", (0, 24, 1 / 12)),
        ("-2 to 1 day, every 0.5 day", (-48, 24, 12)),
        ("-30 min to 2 h, every 6 min", (-0.5, 2, 0.1)),
    ],
)
def test_time(text: str, expected: tuple[float, float, float]) -> None:
    """Spans are read as hours; a start without unit has that of the end."""
    times = good(HEAD.replace("0 to 24 h, every 1 h", text)).times
    assert (times.start, times.end, times.every) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("24 to 0 h, every 5 min", "BAD_TIME"),
        ("0 to 0 h, every 5 min", "BAD_TIME"),
        ("0 to 24 h, every 0 min", "BAD_TIME"),
        ("0 to 24 h, every -5 min", "BAD_TIME"),
        ("0 to 24 h, every 48 h", "BAD_TIME"),
        ("0 to 24 h", "BAD_TIME"),
        ("0 to 1e6 h, every 1 s", "TOO_LARGE"),
        ("0 to 24, every 5 min", "MISSING_UNIT"),
        ("0 to 24 pg, every 5 min", "DIMENSION_MISMATCH"),
        ("0 to nan h, every 5 min", "BAD_NUMBER"),
        ("0 to 24 hh, every 5 min", "BAD_UNIT"),
    ],
)
def test_bad_time(text: str, code: str) -> None:
    """A span that makes no sense is refused in its line."""
    assert codes(HEAD.replace("0 to 24 h, every 1 h", text)) == [(code, 3)]


@pytest.mark.parametrize("every", [1.0, 0.1, 5 / 60, 7.0, 1 / 3])
def test_grid(every: float) -> None:
    """A grid increases, begins at the start and ends at the end, whatever the step."""
    grid = TimeGrid(-1.0, 24.0, every).grid()
    assert (grid[0], grid[-1]) == (-1.0, 24.0)
    assert (np.diff(grid) > 0).all()
    assert np.diff(grid)[:-1] == pytest.approx(every)


def test_doses() -> None:
    """Route, duration and repetitions follow from the keys."""
    bolus, infusion, repeated = (
        good(dose(text)).arms[0].doses[0]
        for text in (
            "of: X, amount: 1 mg, at: 0 h",
            "of: X, rate: 1 mg/h, at: 30 min, for: 4 h",
            "of: X, amount: 1 mg, at: 0 h, every: 8 h, route: subcutaneous, ka: 0.1 /h, F: 60 %, lag: 1 h",
        )
    )
    assert bolus.route is Route.BOLUS
    assert (infusion.route, infusion.at, infusion.duration) == (Route.INFUSION, 0.5, 4.0)
    assert repeated.starts() == (0.0, 8.0, 16.0)
    assert repeated.lag == 1.0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("of: X, amount: 1 mg, at: 25 h", "OUTSIDE_TIME"),
        ("of: X, amount: 1 mg, at: -1 h", "OUTSIDE_TIME"),
        ("of: X, amount: 1 mg, at: 0 h, every: 8 h, times: 9", "OUTSIDE_TIME"),
        ("of: X, amount: -1 mg, at: 0 h", "NEGATIVE_VALUE"),
        ("of: X, rate: -1 mg/h, at: 0 h, for: 1 h", "NEGATIVE_VALUE"),
        ("of: X, rate: 1 mg/h, at: 0 h, for: -1 h", "NEGATIVE_VALUE"),
        ("of: X, amount: 1 mg", "MISSING_KEY"),
        ("amount: 1 mg, at: 0 h", "MISSING_KEY"),
        ("of: X, at: 0 h", "MISSING_KEY"),
        ("of: X, rate: 1 mg/h, at: 0 h", "MISSING_KEY"),
        ("of: X, amount: 1 mg, at: 0 h, times: 3", "MISSING_KEY"),
        ("of: X, amount: 1 mg, rate: 1 mg/h, for: 1 h, at: 0 h", "BAD_INTERVENTION"),
        ("of: X, amount: 1 mg, at: 0 h, for: 1 h, route: bolus", "BAD_INTERVENTION"),
        ("of: X, amount: 1 mg, at: 0 h, route: infusion", "BAD_INTERVENTION"),
        ("of: X, amount: 1 mg, at: 0 h, ka: 1 /h", "BAD_INTERVENTION"),
        ("of: X, amount: 1 mg, at: 0 h, for: 2 h, every: 1 h", "BAD_INTERVENTION"),
        ("of: X, amount: 1 mg/h, at: 0 h", "DIMENSION_MISMATCH"),
        ("of: X, rate: 1 mg, at: 0 h, for: 1 h", "DIMENSION_MISMATCH"),
        ("of: X, amount: 1 cell/h, at: 0 h", "DIMENSION_MISMATCH"),
        ("of: X, amount: 1 mgg, at: 0 h", "BAD_UNIT"),
        ("of: X, amount: 1e999 mg, at: 0 h", "BAD_NUMBER"),
        ("of: X, amount: 1 mg, at: 0", ""),
        ("of: X, amount: 1 mg, at: 3", "MISSING_UNIT"),
        ("of: X, amount: 1 mg, at: 0 h, every: 1 s", "TOO_LARGE"),
        ("of: X, amount: 1 mg, at: 0 h, route: oral", "BAD_VALUE"),
        ("of: X, amount: 1 mg, at: 0 h, amuont: 2 mg", "UNKNOWN_KEY"),
        ("of: X, amount: 1 mg, at: 0 h, every: 8 h, times: 2.5", "BAD_NUMBER"),
    ],
)
def test_bad_dose(text: str, code: str) -> None:
    """Each fault of a dose has its code, and nothing else is reported."""
    assert codes(dose(text)) == ([(code, 5)] if code else [])


def test_interventions() -> None:
    """Blocks, changes, wash-outs and cells are read with their defaults."""
    arm = good(
        HEAD
        + """arms:
  a:
    title: everything
    parameters: {k: 2 /h}
    knock-out: [IL10R]
    block: [{what: TNF}, {what: TNF, from: 6 h, until: 24 h, fraction: 95 %}]
    change: {parameter: k, to: 2 /h, at: 6 h}
    wash-out: {of: [LPS], at: 6 h}
    add-cells: {of: active macrophage, amount: 1e5 /mL, at: 3 h}
    remove-cells: {of: macrophage@blood, fraction: 50 %, at: 3 h}
"""
    ).arms[0]
    assert (arm.block[0].from_, arm.block[0].fraction, arm.block[1].fraction) == (None, 1.0, 0.95)
    assert arm.knock_out == ("IL10R",)
    assert arm.change[0].at == arm.wash_out[0].at == 6.0
    assert [str(c.action) for c in arm.cells] == ["add", "remove"]
    assert arm.cells[0].of.states == ("active",)
    assert arm.cells[1].of.compartment == "blood"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("block: [{what: X, from: 6 h, until: 2 h}]", "BAD_INTERVENTION"),
        ("block: [{what: X, fraction: 120 %}]", "BAD_VALUE"),
        ("block: [{what: X, from: 48 h}]", "OUTSIDE_TIME"),
        ("block: [{fraction: 50 %}]", "MISSING_KEY"),
        ("change: [{parameter: k, to: 2 /h}]", "MISSING_KEY"),
        ("change: [{parameter: k, to: 2 /h, at: 99 h}]", "OUTSIDE_TIME"),
        ("wash-out: [{of: [X], at: 99 h}]", "OUTSIDE_TIME"),
        ("add-cells: [{of: c, fraction: 50 %, at: 1 h}]", "BAD_INTERVENTION"),
        ("remove-cells: [{of: c, at: 1 h}]", "MISSING_KEY"),
        ("remove-cells: [{of: c, amount: 5 mg, at: 1 h}]", "DIMENSION_MISMATCH"),
        ("doses: 5 mg", "WRONG_SHAPE"),
        ("parameters: {k: 2 hh}", "BAD_UNIT"),
        ("knockout: X", "UNKNOWN_KEY"),
    ],
)
def test_bad_intervention(text: str, code: str) -> None:
    """Each fault of an intervention has its code."""
    assert code in [c for c, _ in codes(HEAD + f"arms: {{a: {{{text}}}}}\n")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("patients: {count: 0}", "BAD_NUMBER"),
        ("patients: {count: 1e9}", "BAD_NUMBER"),
        ("patients: {seed: -1}", "BAD_NUMBER"),
        ("patients: {weight: 70}", "MISSING_UNIT"),
        ("patients: {weight: 0 kg}", "BAD_VALUE"),
        ("patients: {weight: 3 h}", "DIMENSION_MISMATCH"),
        ("patients: {weight: {value: 70 kg, varies: {normal: {cvv: 1}}}}", "UNKNOWN_KEY"),
        ("patients: {weight: {value: 70 kg, varies: {gamma: {cv: 1}}}}", "MISSING_KEY"),
        ("sample: 1 pM", "BAD_NUMBER"),
        ("compare: {data: ../secret.csv}", "BAD_VALUE"),
        ("compare: {data: /etc/passwd}", "BAD_VALUE"),
        ("compare: {data: 'C:\\x.csv'}", "BAD_VALUE"),
        ("compare: {data: a.csv, central: mode}", "BAD_VALUE"),
        ("compare: {central: mean}", "MISSING_KEY"),
        ("pateints: {count: 3}", "UNKNOWN_KEY"),
        ("arms: {1st: {}}", "BAD_NAME"),
        ("arms: {}", "MISSING_KEY"),
        ("arms: [a]", "WRONG_SHAPE"),
        ("cytokinome: 2", "LANGUAGE_VERSION"),
    ],
)
def test_bad_top(text: str, code: str) -> None:
    """Each fault at the top has its code in its line."""
    assert (code, 5) in codes(HEAD + text + "\n")


def test_weight_varies() -> None:
    """Body weights may differ between people."""
    text = "patients: {weight: {value: 70 kg, varies: {normal: {sd: 10 kg, within: [45 kg, 110 kg]}}}}\n"
    patients = good(HEAD + text).patients
    assert str(patients.weight) == "70 kg"
    assert patients.weight_varies is not None
    assert patients.weight_varies.kind == "normal"
    assert patients.weight_varies.within is not None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("above: 1", "above: 1, below: 2", "BAD_CLAIM"),
        ("above: 1", "abvoe: 1", "BAD_CLAIM"),
        ("{above: 1}", "high", "BAD_CLAIM"),
        ("above: 1", "within: [2, 1]", "BAD_CLAIM"),
        ("above: 1", "within: [2]", "BAD_CLAIM"),
        ("above: 1", "near: 1", "MISSING_KEY"),
        ("above: 1", "near: 1, tolerance: -2", "BAD_CLAIM"),
        ("above: 1", "above: 1, tolerance: 2", "BAD_CLAIM"),
        ("above: 1", "above: 1 pg/mL", "BAD_CLAIM"),
        ("above: 1", "above: inf", "BAD_NUMBER"),
        ("predicts", "shows", "BAD_VALUE"),
        ("    source: assumed\n", "", "MISSING_SOURCE"),
        ("    kind: predicts\n", "", "MISSING_KEY"),
        ("    value: peak(control.TNF)\n", "", "MISSING_KEY"),
        ("    kind: predicts\n", "    kind: predicts\n    of: mode\n", "BAD_VALUE"),
        ("    kind: predicts\n", "    kind: predicts\n    unit: pgg\n", "BAD_UNIT"),
        ("    kind: predicts\n", "    kind: predicts\n    becuase: [x]\n", "UNKNOWN_KEY"),
    ],
)
def test_bad_claim(old: str, new: str, code: str) -> None:
    """Each fault of a claim's form has its code."""
    assert old in CLAIM
    assert code in [c for c, _ in codes(HEAD + CLAIM.replace(old, new))]


def test_claim_ids_are_unique() -> None:
    """Two claims of one id are refused, naming both lines."""
    _, report = read(HEAD + CLAIM + CLAIM.removeprefix("claims:\n"))
    (fault,) = report.errors
    assert fault.code == "DUPLICATE_NAME"
    assert [fault.where.line if fault.where else 0, *(s.line for s in fault.also)] == [12, 6]


@pytest.mark.parametrize(
    ("expect", "met", "missed"),
    [
        ("above: 2", 2.01, 2.0),
        ("below: 2", 1.99, 2.0),
        ("'within': [1, 2]", 2.0, 2.001),
        ("near: 5, tolerance: 1 %", 5.05, 5.051),
        ("near: -5, tolerance: 1", -6.0, -6.1),
    ],
)
def test_expectations(expect: str, met: float, missed: float) -> None:
    """Bounds are strict for above and below, included for within and near; no number never meets anything."""
    expectation = good(HEAD + CLAIM.replace("above: 1", expect)).claims[0].expect
    assert expectation.is_met(met)
    assert not expectation.is_met(missed)
    assert not expectation.is_met(float("nan"))
    assert not expectation.is_met(float("inf"))


def test_all_faults_at_once() -> None:
    """One reading reports the faults of all parts."""
    text = "experiment: e\nmodel: m\ntime: 3 to 1 h, every 1 h\n"
    text += "arms: {a: {doses: [{of: X, at: 0 h}]}}\npatients: {count: x}\n"
    assert [c for c, _ in codes(text)] == ["MISSING_KEY", "BAD_TIME", "MISSING_KEY", "BAD_NUMBER"]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("of: LPS", "of: LSP", "LPS"),
        ("at: 0 h}", "at: 0 h, into: bloood}", "blood"),
        ("TNF: pg/mL", "TNFF: pg/mL", "TNF"),
        ("anti-TNF: {}", "anti-TNF: {knock-out: TNFR2}", "TNFR1"),
        ("anti-TNF: {}", "anti-TNF: {parameters: {kk: 1 /h}}", "k"),
        ("anti-TNF: {}", "anti-TNF: {change: {parameter: kk, to: 1 /h, at: 1 h}}", "k"),
        ("anti-TNF: {}", "anti-TNF: {wash-out: {of: LSP, at: 1 h}}", "LPS"),
        ("anti-TNF: {}", "anti-TNF: {block: {what: TFN}}", "TNF"),
        ("anti-TNF: {}", "anti-TNF: {remove-cells: {of: activ macrophage, fraction: 1, at: 1 h}}", "active"),
        ("anti-TNF: {}", "anti-TNF: {remove-cells: {of: macrofage, fraction: 1, at: 1 h}}", "macrophage"),
    ],
)
def test_unknown_names(old: str, new: str, named: str) -> None:
    """A name that the model does not declare comes with the nearest one that it does."""
    found = Collector()
    check_names(good(TEXT.replace(old, new, 1)), model(), found)
    assert [d.code for d in found.report().errors] == ["UNKNOWN_NAME"]
    assert named in found.report().errors[0].hint


def test_known_names() -> None:
    """Names of every kind that exists are accepted."""
    found = Collector()
    measured = '{IL6@joint: pM, total: pg/mL, "density(active macrophage)": cells/mL, TNF: pg/mL, IL8: pg/mL}'
    check_names(good(TEXT.replace("{TNF: pg/mL, IL8: pg/mL}", measured)), model(), found)
    assert found.report().diagnostics == ()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("of: LPS", "of: drug", "MISSING_MOLAR_MASS"),
        ("of: LPS", "of: IL6", "MISSING_KEY"),
        ("IL8: pg/mL", "drug: pg/mL", "MISSING_MOLAR_MASS"),
        ("IL8: pg/mL", "IL8: h", "DIMENSION_MISMATCH"),
    ],
)
def test_names_and_units(old: str, new: str, code: str) -> None:
    """Missing molar masses, ambiguous compartments and impossible units are found before the run."""
    found = Collector()
    check_names(good(TEXT.replace(old, new)), model(), found)
    assert [d.code for d in found.report().errors] == [code]


def test_source_of_the_data() -> None:
    """A comparison may cite its data."""
    compare = good(TEXT + 'compare: {data: d.csv, source: "doi:10.1113/EP091552, data files"}\n').compare
    assert compare is not None
    assert compare.source is not None
    assert (compare.source.text, compare.source.locator) == ("doi:10.1113/EP091552", "data files")


def test_links_out_of_the_folder(tmp_path: Path) -> None:
    """A data file that is a link to somewhere else is refused; one inside is found."""
    folder = tmp_path / "experiment"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("x")
    (folder / "data.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "good.csv").write_text("x")
    found = Collector()
    assert data_path(Comparison("data.csv", Central.MEAN), folder, found) is None
    assert [d.code for d in found.report().errors] == ["BAD_VALUE"]
    assert data_path(Comparison("good.csv", Central.MEAN), folder, found) == folder / "good.csv"


@pytest.mark.parametrize(
    "text", ["", "[1]", "a: [", "experiment: e", "time: {a: b}\nmeasure: 3\nclaims: x\narms: {a: 3}", "a: &x 1"]
)
def test_hopeless_files(text: str) -> None:
    """What is no experiment gives findings, nothing else."""
    experiment, report = read(text)
    assert experiment is None
    assert report.errors


@given(st.text(alphabet="0123456789 to,everyhmin-+.e", max_size=40))
def test_any_time(text: str) -> None:
    """Whatever stands behind `time:` is read or refused, and what is read can be simulated."""
    experiment, report = read(HEAD.replace("0 to 24 h, every 1 h", f"'{text}'"))
    if experiment is None:
        assert report.errors
    else:
        assert len(experiment.times.grid()) <= 1_000_001
