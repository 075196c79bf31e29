"""Experiments on models of equations: doses in the unit of a quantity, what is blocked, demands, who refuses them."""

from pathlib import Path

import numpy as np
import pytest

import cytokinome
from cytokinome.compiler.hybrid import hybrid_of
from cytokinome.compiler.jumps import jumps_of
from cytokinome.compiler.tissue import agents_of
from cytokinome.errors import ExperimentError, UnsupportedFeature
from cytokinome.experiments.result import Result
from cytokinome.model.load import check_text
from cytokinome.report import equations, layout
from cytokinome.report.page import render

MODEL = """
cytokinome: 1
model: chain
parameters:
  k: {value: 0.5, source: assumed}
equations:
  time: min
  source: assumed
  quantities:
    A: {initial: 8, unit: nM, note: what is given}
    B: {initial: 0, unit: nM}
    c: {initial: 3}
    share: {value: B / (A + B)}
    E: {such-that: E * (1 + A) - k}
    n: {initial: 2, rate: 0}
  processes:
    v: {rate: k * A / 60, changes: {A: -1, B: 1}}
  events:
    - {when: time > 600, do: {c: 4}}
  demands:
    - {holds: A > 4, else: A is used up}
    - {holds: c > 0}
"""
EXPERIMENT = """
experiment: chain
model: model.yaml
time: 0 to 4 h, every 30 min
arms:
  control: {{}}
  arm: {arm}
patients: {{count: 2, seed: 1}}
measure: {{A: nM, B: pM, share: "1", E: "1"}}
claims:
  - id: rises
    says: B rises
    value: final(control.B)
    expect: {{above: 1}}
    kind: constructed
    of: typical
    source: assumed
"""
HOURS = np.arange(0, 4.1, 0.5)


def run(folder: Path, arm: str, **options: object) -> Result:
    """The experiment with this arm beside the control."""
    (folder / "model.yaml").write_text(MODEL, encoding="utf-8")
    (folder / "experiment.yaml").write_text(EXPERIMENT.format(arm=arm), encoding="utf-8")
    return cytokinome.run(folder / "experiment.yaml", **options)


def curve(result: Result, name: str, arm: str = "arm") -> np.ndarray:
    """One curve of the first patient at the times of the grid."""
    found = result.arms[arm]
    return found.curves(name)[0][np.searchsorted(found.times, HOURS - 1e-9)]


def test_a_dose_is_counted_in_the_unit_of_its_quantity(tmp_path: Path):
    """5 nM are 5 of what is counted in nM; a rate constant of 0.5 per hour is stated per minute."""
    result = run(tmp_path, "{doses: [{of: A, amount: 5000 pM, at: 1 h}]}")
    control = 8 * np.exp(-0.5 * HOURS)
    added = np.where(HOURS >= 1, 5 * np.exp(-0.5 * (HOURS - 1)), 0)
    np.testing.assert_allclose(curve(result, "A", "control"), control, rtol=1e-5)
    np.testing.assert_allclose(curve(result, "A"), control + added, rtol=1e-5)
    np.testing.assert_allclose(curve(result, "B", "control"), 1000 * (8 - control), rtol=1e-5)
    np.testing.assert_allclose(curve(result, "E", "control"), 0.5 / (1 + control), rtol=1e-5)
    assert all(claim.passed for claim in result.claims)


def test_a_plain_number_may_be_added_to(tmp_path: Path):
    """Without a unit a quantity is a plain number, and so is its dose."""
    result = run(tmp_path, "{doses: [{of: n, amount: 5, at: 1 h}, {of: n, rate: 2 /h, at: 2 h, for: 1 h}]}")
    found = result.arms["arm"]
    np.testing.assert_allclose(found.curves("n")[0][[0, -1]], [2, 9], rtol=1e-9)


def test_an_infusion_a_wash_out_and_a_block(tmp_path: Path):
    """2 nM/h for an hour while the process is blocked, until A is taken away."""
    arm = (
        "{doses: [{of: A, rate: 2 nM/h, at: 1 h, for: 1 h}], block: [{what: v, from: 0 h, until: 3 h, fraction: 1}], "
        "wash-out: [{at: 3 h, of: [A]}]}"
    )
    A = curve(run(tmp_path, arm), "A")
    np.testing.assert_allclose(A, [8, 8, 8, 9, 10, 10, 0, 0, 0], rtol=1e-5)


@pytest.mark.parametrize(
    ("arm", "code"),
    [
        ("{doses: [{of: c, amount: 5, at: 1 h}]}", "UNKNOWN_NAME"),
        ("{doses: [{of: share, amount: 5, at: 1 h}]}", "UNKNOWN_NAME"),
        ("{doses: [{of: A, amount: 5, at: 1 h}]}", "MISSING_UNIT"),
        ("{doses: [{of: A, amount: 5 ng, at: 1 h}]}", "DIMENSION_MISMATCH"),
        ("{doses: [{of: A, amount: 5 nM, into: blood, at: 1 h}]}", "BAD_INTERVENTION"),
        ("{wash-out: [{at: 1 h, of: [c]}]}", "UNKNOWN_NAME"),
    ],
)
def test_what_cannot_be_dosed_is_refused(tmp_path: Path, arm: str, code: str):
    """What does not move, what follows, another dimension, a place."""
    with pytest.raises(ExperimentError) as caught:
        run(tmp_path, arm)
    assert caught.value.report is not None
    assert [d.code for d in caught.value.report.errors] == [code]


@pytest.mark.parametrize("stream", [False, True])
def test_a_demand_that_does_not_hold_is_told(tmp_path: Path, stream: bool):
    """A falls below 4 nM at 2 ln 2 = 1.39 h in the control, never in the arm that is blocked; c stays."""
    result = run(tmp_path, "{block: [{what: v, from: 0 h, fraction: 1}]}", stream=stream)
    broken = [note for note in result.manifest.notes if note.startswith("DEMAND_BROKEN")]
    assert len(broken) == 1
    assert "`A > 4` does not hold in control at 1.387 h" in broken[0]
    assert broken[0].endswith("2 of 2 patients: A is used up")


def test_engines_that_cannot_count_refuse_by_name():
    """Right or refused: nM are no whole numbers, conditions no events, a past is not remembered."""
    model = check_text(MODEL.replace("k * A / 60", '"k * delayed(A, 1) / 60"'), "chain.yaml").require()
    with pytest.raises(UnsupportedFeature, match=r"refuses A, which is counted in nM(.|\n)*such-that(.|\n)*no past"):
        jumps_of(model)
    for refusing in (hybrid_of, agents_of):
        with pytest.raises(UnsupportedFeature, match="refuses `equations:`"):
            refusing(model)


def test_the_report_shows_the_equations(tmp_path: Path):
    """A row for each quantity and process, the event, the picture with its key, the source."""
    page = render(run(tmp_path, "{}"))
    for text in ("E * (1 + A) - k = 0", "at k * A / 60: A −1, B +1", "what is given", "c becomes 4", "adds to"):
        assert text in page
    assert "no sentences about cells" not in page


def test_the_picture():
    """The process takes from A and adds to B; what a condition reads has no sign; many quantities are not drawn."""
    model = check_text(MODEL, "chain.yaml").require()
    assert model.equations is not None
    found = {(i.row, i.quantity): (i.direction, i.is_output) for i in equations.influences(model.equations)}
    assert found["v", "B"] == (1, True)
    assert found["d E", "A"] == (0, False)
    assert found["d share", "A"] == (-1, False)
    placed = layout.place(model)
    assert {box.name for box in placed.molecules} == {"A", "B", "c", "share", "E", "n"}
    assert [box.name for box in placed.cells] == [equations.PROCESSES, equations.RATES, equations.VALUES]
    assert equations.is_drawn(model)
    many = "".join(f"    q{i}: {{initial: {i}}}\n" for i in range(60))
    large = check_text(MODEL.replace("    c: {initial: 3}\n", "    c: {initial: 3}\n" + many), "chain.yaml").require()
    assert not equations.is_drawn(large)


def test_a_model_alone_measures_what_moves(tmp_path: Path):
    """Without an experiment: a hundred units of the time of the equations."""
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    result = cytokinome.run(tmp_path / "model.yaml")
    assert [m.name for m in result.experiment.measure] == ["A", "B", "n"]
    assert result.experiment.times.end == pytest.approx(100 / 60)
