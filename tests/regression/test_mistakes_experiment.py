"""Mistakes that people make in experiment files, data tables and run directories: each has a code, a place and help."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cytokinome import api
from cytokinome.cli.scaffold import model_text
from cytokinome.errors import ExperimentError, ResourceLimit, StoreError

if TYPE_CHECKING:
    from cytokinome.diagnostics import Report

DATA = Path(__file__).parent / "data"
EXPERIMENT, TABLE = "culture.yaml", "table.csv"


@dataclass(frozen=True)
class Mistake:
    """`new` stands for `old`; the finding has this code, stands where `at` stands in `new`, and says `said`."""

    old: str
    new: str
    code: str
    at: str
    said: str


def place(text: str, at: str, new: str) -> tuple[int, int]:
    """Return line and column of `at` inside `new`, which stands once in the text."""
    begin = text.rindex(new) + new.index(at)
    before = text[:begin]
    return before.count("\n") + 1, begin - before.rfind("\n")


def check(folder: Path, file: str, old: str, new: str) -> Report:
    """Write model, experiment and table into a folder, one of them with a mistake, and return what is found."""
    (folder / "model.yaml").write_text(model_text("culture"), encoding="utf-8")
    for name in (EXPERIMENT, TABLE):
        text = (DATA / name).read_text(encoding="utf-8")
        if name == file:
            assert text.count(old) >= 1, old
            text = text.replace(old, new, 1)
        (folder / name).write_text(text, encoding="utf-8")
    return api.check_experiment(folder / EXPERIMENT).report


DOSE = "{of: LPS, amount: 10 ng, into: well, at: 2 h}"
RATE = "{of: TNF, rate: 1 ng/h, at: 0 h, for: 4 h}"
BLOCK = "{what: IL10, from: 6 h, until: 12 h, fraction: 95 %}"
AREA = "value: auc(treated.TNF) / auc(control.TNF)"
LIMIT = "expect: {above: 1.2}"
TIME = "time: 0 to 24 h, every 30 min"
PEOPLE = "patients: {count: 10, seed: 1}"
MEASURE = "measure: {TNF: pg/mL, IL10: pg/mL}"
SIZE = "size: [200 um, 100 um]"

MISTAKES = [
    # names
    Mistake("model: model.yaml", "model: modell.yaml", "FILE_UNREADABLE", "modell", "no model"),
    Mistake("experiment: culture", "experiment: a b/c", "BAD_NAME", "a b/c", "words"),
    Mistake(DOSE, DOSE.replace("LPS", "LSP"), "UNKNOWN_NAME", "LSP", "did you mean LPS"),
    Mistake(DOSE, DOSE.replace("well", "wel"), "UNKNOWN_NAME", "LPS", "LPS lives in well"),
    Mistake("{q_TNF: 2", "{q_TFN: 2", "UNKNOWN_NAME", "q_TFN", "did you mean q_TNF"),
    Mistake("knock-out: [IL10R]", "knock-out: [IL1OR]", "UNKNOWN_NAME", "IL1OR", "did you mean IL10R"),
    Mistake("{what: IL10,", "{what: IL11,", "UNKNOWN_NAME", "IL11", "did you mean IL10"),
    Mistake("parameter: q_TNF, to", "parameter: q_IL6, to", "UNKNOWN_NAME", "q_IL6", "q_TNF"),
    Mistake("of: [LPS]", "of: [LPX]", "UNKNOWN_NAME", "LPX", "did you mean LPS"),
    Mistake("of: active macrophage", "of: activ macrophage", "UNKNOWN_NAME", "activ", "did you mean active"),
    Mistake("of: active macrophage", "of: active monocyte", "UNKNOWN_NAME", "active monocyte", "macrophage"),
    Mistake(MEASURE, "measure: {TNFa: pg/mL, IL10: pg/mL}", "UNKNOWN_NAME", "TNFa", "did you mean TNF"),
    Mistake("  infused:\n", "  in fused:\n", "BAD_NAME", "in fused", "letter"),
    Mistake("  infused:\n", "  treated:\n", "YAML_DUPLICATE_KEY", "treated", "twice"),
    # doses
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: 25 h"), "OUTSIDE_TIME", "25 h", "0 to 24 h"),
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: -1 h"), "OUTSIDE_TIME", "-1 h", "0 to 24 h"),
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: 2"), "MISSING_UNIT", "2}", "write 2 h"),
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: 2 ng"), "DIMENSION_MISMATCH", "2 ng", "time"),
    Mistake(DOSE, DOSE.replace(", at: 2 h", ""), "MISSING_KEY", "{of", "at"),
    Mistake(DOSE, DOSE.replace("10 ng", "-10 ng"), "NEGATIVE_VALUE", "-10", "negative"),
    Mistake(DOSE, DOSE.replace("10 ng", "10"), "MISSING_UNIT", "10", "2 ng/kg"),
    Mistake(DOSE, DOSE.replace("10 ng", "10 h"), "DIMENSION_MISMATCH", "10 h", "2 ng/kg"),
    Mistake(DOSE, DOSE.replace("10 ng", "10 nng"), "BAD_UNIT", "nng", "nng"),
    Mistake(DOSE, DOSE.replace("10 ng", "1e999 ng"), "BAD_NUMBER", "1e999", "1e999"),
    Mistake(DOSE, DOSE.replace("10 ng", "10 ng^99999"), "BAD_UNIT", "^99999", "exponent"),
    Mistake(DOSE, DOSE.replace(", amount: 10 ng", ""), "MISSING_KEY", "{of", "neither an amount nor a rate"),
    Mistake(DOSE, DOSE.replace("amount", "ammount"), "UNKNOWN_KEY", "ammount", "did you mean amount"),
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: 2 h, times: 3"), "MISSING_KEY", "3", "every: 24 h"),
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: 2 h, every: 0 h"), "BAD_TIME", "0 h", "longer than 0"),
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: 2 h, every: 1 s"), "TOO_LARGE", "1 s", "infusion"),
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: 2 h, every: 10 h, times: 4"), "OUTSIDE_TIME", "4}", "0 to 24 h"),
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: 2 h, route: oral"), "BAD_VALUE", "oral", "bolus"),
    Mistake(DOSE, DOSE.replace("at: 2 h", "at: 2 h, route: infusion"), "BAD_INTERVENTION", "infusion", "for: 4 h"),
    Mistake(RATE, RATE.replace(", for: 4 h", ""), "MISSING_KEY", "1 ng/h", "for: 4 h"),
    Mistake(RATE, RATE.replace("for: 4 h", "for: -4 h"), "NEGATIVE_VALUE", "-4 h", "longer than 0"),
    Mistake(RATE, RATE.replace("rate: 1 ng/h", "rate: 1 ng"), "DIMENSION_MISMATCH", "1 ng", "0.5 ng/kg/h"),
    Mistake(RATE, RATE.replace("at: 0 h", "at: 0 h, amount: 1 ng"), "BAD_INTERVENTION", "1 ng/h", "both"),
    # other interventions
    Mistake(BLOCK, BLOCK.replace("95 %", "150 %"), "BAD_VALUE", "150 %", "between 0 and 1"),
    Mistake(BLOCK, BLOCK.replace("12 h", "5 h"), "BAD_INTERVENTION", "5 h", "later"),
    Mistake(BLOCK, BLOCK.replace("12 h", "48 h"), "OUTSIDE_TIME", "48 h", "0 to 24 h"),
    Mistake("{q_TNF: 2 molecules/cell/s}", "{q_TNF: 2 /h}", "DIMENSION_MISMATCH", "2 /h", "q_TNF"),
    Mistake("to: 3 molecules/cell/s", "to: TNF", "UNKNOWN_NAME", "TNF", "parameter"),
    Mistake("fraction: 50 %, at: 3 h", "at: 3 h", "MISSING_KEY", "", "fraction: 50 %"),
    Mistake("remove-cells: [{of: active", "add-cells: [{of: active", "BAD_INTERVENTION", "", "amount"),
    Mistake("wash-out: [{", "washout: [{", "UNKNOWN_KEY", "washout", "did you mean wash-out"),
    # time, people, what is measured
    Mistake(TIME, "time: 24 to 0 h, every 30 min", "BAD_TIME", "0 h", "later"),
    Mistake(TIME, "time: 0 to 24 h", "BAD_TIME", "0 to", "every 5 min"),
    Mistake(TIME, "time: 0 to 24 h, every 0 min", "BAD_TIME", "0 min", "every 5 min"),
    Mistake(TIME, "time: 0 to 1e12 h, every 1 h", "TOO_LARGE", "1 h", "longer steps"),
    Mistake(TIME, "time: 0 to 24 h, every 30", "MISSING_UNIT", "30", "write 30 h"),
    Mistake(PEOPLE, "patients: {count: 1000000000, seed: 1}", "BAD_NUMBER", "1000000000", "1 to 1000000"),
    Mistake(PEOPLE, "patients: {count: 1e9, seed: 1}", "BAD_NUMBER", "1e9", "plain digits"),
    Mistake(PEOPLE, "patients: {count: 0, seed: 1}", "BAD_NUMBER", "0", "from 1"),
    Mistake(PEOPLE, "patients: {count: 10, seed: -1}", "BAD_NUMBER", "-1", "from 0"),
    Mistake(PEOPLE, "patients: {count: 10, weight: 70}", "MISSING_UNIT", "70", "70 kg"),
    Mistake(PEOPLE, "patients: {count: 10, weight: -70 kg}", "NEGATIVE_VALUE", "-70", "negative"),
    Mistake(MEASURE, "measure: {TNF: pg/ml/h, IL10: pg/mL}", "DIMENSION_MISMATCH", "TNF", "TNF"),
    Mistake(MEASURE, "measure: {TNF: pgg/mL, IL10: pg/mL}", "BAD_UNIT", "pgg", "pgg"),
    Mistake(MEASURE, "measure: [TNF, IL10]", "WRONG_SHAPE", "[TNF", "pg/mL"),
    Mistake(MEASURE, MEASURE + "\nsample: 1 pM", "BAD_NUMBER", "1 pM", "sample"),
    Mistake("compare: {data: table.csv}", "compare: {data: ../table.csv}", "BAD_VALUE", "../table", "folder"),
    Mistake(
        "compare: {data: table.csv}", "compare: {data: tabel.csv}", "FILE_UNREADABLE", "tabel.csv", "does not exist"
    ),
    # tissue
    Mistake(SIZE, "size: [200 um, 105 um]", "BAD_VALUE", "105 um", "a spacing of 5 um"),
    Mistake(SIZE, "size: [200 um, 100 um, 50 um]", "BAD_VALUE", "", "no thickness"),
    Mistake(SIZE, "size: 200 um", "WRONG_SHAPE", "200 um", "two with a thickness, or three"),
    Mistake(SIZE, "size: [200 um, -5 um]", "BAD_VALUE", "-5 um", "more than zero"),
    Mistake(SIZE, "size: [200 um, 100 pL]", "DIMENSION_MISMATCH", "100 pL", "write 200 um"),
    Mistake("  thickness: 10 um\n", "", "MISSING_KEY", "", "add `thickness: 10 um`"),
    Mistake("  spacing: 10 um\n", "", "MISSING_KEY", "", "add `spacing:`"),
    Mistake("step: 2 min", "step: 0 min", "BAD_VALUE", "0 min", "more than zero"),
    Mistake("step: 2 min", "step: 0.01 s", "TOO_LARGE", "0.01 s", "more than 1,000,000 steps"),
    Mistake("rtol: 1e-3", "rtol: 2", "BAD_VALUE", "2", "below 1"),
    Mistake("resting macrophage: {cl", "restin macrophage: {cl", "UNKNOWN_NAME", "restin", "did you mean resting"),
    Mistake("cluster: 40 um", "cluster: 60 um", "BAD_VALUE", "", "outside the box of 200 x 100 um"),
    Mistake("number: 20", "number: -1", "BAD_NUMBER", "-1", "0 to 100000"),
    Mistake("cluster: 40 um, centre: [100 um, 50 um], number: 20", "lattice: 1 nm", "TOO_LARGE", "", "at most 100,000"),
    Mistake("cluster: 40 um", "cluster: 40 um, ring: 20 um", "BAD_VALUE", "", "several ways"),
    Mistake("cluster: 40 um", "clustr: 40 um", "UNKNOWN_KEY", "clustr", "known here"),
    Mistake("[20 um, 50 um]", "[20 um, 150 um]", "BAD_VALUE", "", "outside the box"),
    Mistake("[20 um, 50 um]", "[20 um, 50 um, 5 um]", "WRONG_SHAPE", "[20", "one length per side"),
    Mistake("[20 um, 50 um]", "[20, 50 um]", "MISSING_UNIT", "20", "write a length"),
    Mistake("{at: [[20 um, 50 um], [180 um, 50 um]]}", "middle", "BAD_VALUE", "middle", "anywhere, or one of"),
    Mistake("{macrophage: {radius", "{macrofage: {radius", "UNKNOWN_NAME", "macrofage", "did you mean macrophage"),
    Mistake("radius: 5 um", "radius: -5 um", "BAD_VALUE", "-5 um", "more than zero"),
    Mistake("radius: 5 um", "radiuss: 5 um", "UNKNOWN_KEY", "radiuss", "did you mean radius"),
    Mistake("IL10: 90 um^2/s", "IL11: 90 um^2/s", "UNKNOWN_NAME", "IL11", "did you mean IL10"),
    Mistake("IL10: 90 um^2/s", "IL10: 90 um/s", "DIMENSION_MISMATCH", "90 um/s", "write 100 um^2/s"),
    Mistake("{LPS: {x", "{LPX: {x", "UNKNOWN_NAME", "LPX", "did you mean LPS"),
    Mistake("x: [no flux, 10 ng/mL]", "z: [no flux, 10 ng/mL]", "UNKNOWN_KEY", "z", "known here: x, y"),
    Mistake("x: [no flux, 10 ng/mL]", "x: [no flux]", "WRONG_SHAPE", "[no", "the low and the high wall"),
    Mistake("x: [no flux, 10 ng/mL]", "x: [no flux, 10 ng]", "DIMENSION_MISMATCH", "10 ng", "concentration"),
    Mistake("x: [no flux, 10 ng/mL]", "x: [no flux, -1 ng/mL]", "NEGATIVE_VALUE", "[no", "negative"),
    Mistake("every 12 h", "12 h", "BAD_TIME", "12 h", "every 1 h"),
    Mistake("every 12 h", "every 10 s", "BAD_TIME", "10 s", "steps of 2 min"),
    Mistake("every 12 h", "every 12 h\n  vessels: [[5 um, 500 um]]", "BAD_VALUE", "[5", "a vessel lies outside"),
    Mistake(MEASURE, MEASURE + "\nsample: 1 uL", "BAD_VALUE", "1 uL", "the box is the sample"),
    # claims
    Mistake(AREA, "value: auc(treted.TNF)", "UNKNOWN_NAME", "treted", "did you mean treated"),
    Mistake(AREA, "value: auc(treated.TFN)", "UNKNOWN_NAME", "treated.TFN", "did you mean TNF"),
    Mistake(AREA, "value: area(treated.TNF)", "UNKNOWN_NAME", "area", "known here"),
    Mistake(AREA, "value: auc(treated.TNF", "BAD_CLAIM", "", "to close auc("),
    Mistake(AREA, "value: auc(treated.TNF) + peak(control.TNF)", "DIMENSION_MISMATCH", "auc", "do not agree"),
    Mistake(AREA, "value: at(treated.TNF, 48 h)", "OUTSIDE_TIME", "48 h", "0 to 24 h"),
    Mistake(AREA, "value: auc(treated.TNF, 12 h, 6 h)", "BAD_CLAIM", "auc", "earlier"),
    Mistake(AREA, "value: 1 + 1", "BAD_CLAIM", "1 + 1", "peak(arm.X)"),
    Mistake(AREA, "value: peak(treated.TNF) > 5 pg/mL", "BAD_CLAIM", "peak", "fraction"),
    Mistake(LIMIT, "expect: {above: 1.2, below: 3}", "BAD_CLAIM", "{above", "exactly one"),
    Mistake(LIMIT, "expect: {abov: 1.2}", "BAD_CLAIM", "{abov", "did you mean above"),
    Mistake(LIMIT, "expect: {within: [3, 1]}", "BAD_CLAIM", "{within", "smaller bound first"),
    Mistake(LIMIT, "expect: {above: 1.2 pg/mL}", "BAD_CLAIM", "1.2 pg/mL", "unit"),
    Mistake("kind: constructed", "kind: proves", "BAD_VALUE", "proves", "predicts"),
    Mistake("of: median", "of: average", "BAD_VALUE", "average", "median"),
    Mistake("- id: peak", "- id: more-tnf", "DUPLICATE_NAME", "more-tnf", "two claims"),
    Mistake("    source: assumed\n", "", "MISSING_SOURCE", "", "source"),
    Mistake("kind: constructed", "kind: constructed\n    because: [no-rule]", "UNKNOWN_NAME", "", "no-rule"),
    # tricks of YAML
    Mistake("  control: {}", "  control: &a {}", "YAML_FEATURE", "&a", "anchor"),
    Mistake("  control: {}", "  control: !!python/none {}", "YAML_FEATURE", "!!python", "tag"),
    Mistake("  control: {}", "  control: {<<: {}}", "YAML_FEATURE", "<<", "merge"),
    Mistake("  control: {}", "  control:", "YAML_NULL", "control", "value"),
    Mistake("  control: {}", "\tcontrol: {}", "YAML_SYNTAX", "\t", "tab"),
    Mistake("  control: {}", "  control: {" + "a: {" * 100 + "}" * 101, "FILE_TOO_LARGE", "", "deep"),
]

DATA_MISTAKES = [
    Mistake("control,2,", "contrl,2,", "UNKNOWN_NAME", "contrl", "did you mean control"),
    Mistake("control,2,TNF", "control,2,TNFa", "UNKNOWN_NAME", "TNFa", "did you mean TNF"),
    Mistake("control,2,TNF,100", "control,2,TNF,1O0", "BAD_DATA", "1O0", "1O0"),
    Mistake("control,2,TNF,100", "control,2,TNF,nan", "BAD_DATA", "nan", "nan"),
    Mistake("control,2,TNF,100,", "control,2,TNF,,", "BAD_DATA", "", "fill it in"),
    Mistake("control,2,TNF,100,pg/mL", "control,2,TNF,100,pg/h", "DIMENSION_MISMATCH", "pg/h", "pg/h"),
    Mistake("control,2,TNF,100,pg/mL", "control,2,TNF,100,pgg", "BAD_UNIT", "pgg", "pgg"),
    Mistake("pg/mL,20,6", "pg/mL,-20,6", "BAD_DATA", "-20", "sign"),
    Mistake("pg/mL,20,6", "pg/mL,20,6.5", "BAD_DATA", "6.5", "number of people"),
    Mistake("pg/mL,20,6", "pg/mL,20", "BAD_DATA", "20", "the header 7"),
    Mistake("pg/mL,20,6", 'pg/mL,"20,6', "BAD_DATA", '"20', "quote"),
    Mistake("arm,time_h", "arm,hour", "BAD_DATA", "hour", "unknown column"),
    Mistake("time_h,analyte", "arm,analyte", "BAD_DATA", "arm", "twice"),
    Mistake(",value,", ",val,", "BAD_DATA", "val", "did you mean value"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.new.strip().splitlines()[0][:60] if m.new else m.old)
def test_mistakes_in_experiments(mistake: Mistake, tmp_path: Path) -> None:
    """Each mistake is found before the run, with its code, its place and what to do."""
    _is_explained(mistake, EXPERIMENT, tmp_path)


@pytest.mark.parametrize("mistake", DATA_MISTAKES, ids=lambda m: m.new)
def test_mistakes_in_data(mistake: Mistake, tmp_path: Path) -> None:
    """Each mistake in the table of measured values is found with line and column."""
    _is_explained(mistake, TABLE, tmp_path)


def _is_explained(mistake: Mistake, file: str, folder: Path) -> None:
    report = check(folder, file, mistake.old, mistake.new)
    text = (folder / file).read_text(encoding="utf-8")
    found = [e for e in report.errors if e.code == mistake.code and mistake.said in f"{e.message} {e.hint}"]
    assert found, report.render()
    assert all(e.where is not None for e in report.errors), report.render()
    assert all(e.hint for e in report.errors), report.render()
    if mistake.at:
        places = [(e.where.line, e.where.column) for e in found if e.where]
        assert place(text, mistake.at, mistake.new) in places, report.render()


def test_there_is_nothing_to_find(tmp_path: Path) -> None:
    """The files that the mistakes are put into have none."""
    assert check(tmp_path, "", "", "").diagnostics == ()


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """Faults of different parts of a file, of its model's names and of its data come in one report."""
    check(tmp_path, TABLE, "control,2,", "contrl,2,")
    file = tmp_path / EXPERIMENT
    text = file.read_text(encoding="utf-8").replace("of: LPS", "of: LSP").replace("95 %", "150 %")
    file.write_text(text.replace("peak_time(control.TNF)", "peak_time(control.TFN)"), encoding="utf-8")
    said = api.check_experiment(file).report.render()
    assert all(word in said for word in ("LSP", "150 %", "TFN", "contrl"))


def test_a_dose_is_told_once(tmp_path: Path) -> None:
    """A dose outside the time span, and one without a unit, are one finding each."""
    report = check(tmp_path, EXPERIMENT, DOSE, DOSE.replace("10 ng", "10").replace("at: 2 h", "at: 25 h"))
    assert sorted(e.code for e in report.errors) == ["MISSING_UNIT", "OUTSIDE_TIME"]


def test_same_fault_in_many_lines_of_data(tmp_path: Path) -> None:
    """An analyte that is not measured is told once, however many lines name it."""
    report = check(tmp_path, EXPERIMENT, MEASURE, "measure: {IL6: pg/mL, IL10: pg/mL}")
    assert sum("TNF is not measured" in e.message for e in report.errors) == 1


def test_links_out_of_the_folder(tmp_path: Path) -> None:
    """A data table that is a link to a file elsewhere is refused."""
    inside = tmp_path / "inside"
    inside.mkdir()
    check(inside, "", "", "")
    (tmp_path / "secret.csv").write_text((inside / TABLE).read_text(encoding="utf-8"), encoding="utf-8")
    (inside / TABLE).unlink()
    (inside / TABLE).symlink_to(tmp_path / "secret.csv")
    errors = api.check_experiment(inside / EXPERIMENT).report.errors
    assert [(e.code, e.where is not None) for e in errors] == [("BAD_VALUE", True)]


def test_too_much_memory(tmp_path: Path) -> None:
    """A run that would not fit in memory is refused before it begins."""
    check(tmp_path, EXPERIMENT, PEOPLE, "patients: {count: 1000000}")
    with pytest.raises(ResourceLimit, match=r"TOO_LARGE: the trajectories need [0-9.]+ GB"):
        api.run(tmp_path / EXPERIMENT)


# ------------------------------------------------------------------------------------------------------ run directories
@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory."""
    folder = tmp_path_factory.mktemp("files")
    check(folder, EXPERIMENT, PEOPLE, "patients: {count: 1}")
    directory = api.run(folder / EXPERIMENT, out=folder / "runs").directory
    assert directory is not None
    return directory


def _manifest(path: Path, **changes: object) -> None:
    content = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    (path / "manifest.json").write_text(json.dumps({**content, **changes}), encoding="utf-8")


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES = {
    "missing": (lambda d: shutil.rmtree(d), "does not exist"),
    "a file": (lambda d: (shutil.rmtree(d), d.write_text("x")), "is not a directory"),
    "no manifest": (lambda d: (d / "manifest.json").unlink(), "holds no manifest.json"),
    "half a manifest": (lambda d: _truncate(d / "manifest.json"), "is not JSON"),
    "empty manifest": (lambda d: (d / "manifest.json").write_text(""), "is not JSON"),
    "another manifest": (lambda d: (d / "manifest.json").write_text("[1]"), "not the manifest of a run"),
    "newer version": (lambda d: _manifest(d, schema=99), "version 99"),
    "unfinished": (lambda d: _manifest(d, status="running"), "has not been finished"),
    "odd status": (lambda d: _manifest(d, status="done"), "no known status"),
    "no texts": (lambda d: _manifest(d, texts={}), "damaged"),
    "wrong arms": (lambda d: _manifest(d, arms=3), "damaged"),
    "missing arm": (lambda d: shutil.rmtree(d / "arrays" / "control"), "damaged"),
    "missing array": (lambda d: shutil.rmtree(d / "arrays" / "control" / "values"), "damaged"),
    "no arrays": (lambda d: shutil.rmtree(d / "arrays"), "damaged"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_run_directories(damage: str, stored: Path, tmp_path: Path) -> None:
    """A run directory that cannot be read says which way, and what to do."""
    copy = tmp_path / "run"
    shutil.copytree(stored, copy)
    spoil, said = DAMAGES[damage]
    spoil(copy)
    with pytest.raises(StoreError, match=said) as caught:
        api.open(copy)
    assert caught.value.report is not None
    assert [(d.code, bool(d.hint)) for d in caught.value.report.diagnostics] == [("STORE_UNREADABLE", True)]


def test_changed_numbers_are_noticed(stored: Path, tmp_path: Path) -> None:
    """An array whose bytes have changed since the run is not shown."""
    copy = tmp_path / "run"
    shutil.copytree(stored, copy)
    chunk = next(
        p
        for p in sorted((copy / "arrays" / "control" / "values").rglob("*"))
        if p.parent.name != "values" and p.is_file()
    )
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 0xFF
    chunk.write_bytes(bytes(data))
    with pytest.raises(StoreError, match="damaged"):
        api.open(copy)


def test_intact_run_directory(stored: Path) -> None:
    """The directory that the damages are done to can be read."""
    assert api.open(stored).manifest.status == "complete"


def test_runs_of_faulty_experiments(tmp_path: Path) -> None:
    """A faulty experiment is not run, and the error carries all findings."""
    check(tmp_path, EXPERIMENT, DOSE, DOSE.replace("LPS", "LSP"))
    with pytest.raises(ExperimentError, match="UNKNOWN_NAME") as caught:
        api.run(tmp_path / EXPERIMENT, out=tmp_path / "runs")
    assert caught.value.report is not None
    assert not (tmp_path / "runs").exists()
