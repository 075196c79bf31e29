"""Cells that differ, in experiments: the key `closure:`, its notes, cells that are added, and every engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import cytokinome
from cytokinome import api
from cytokinome.cli.main import app
from cytokinome.errors import ExperimentError
from cytokinome.experiments.store import save

MODEL = """
cytokinome: 1
model: dish
compartments: {dish: {kind: culture, volume: 1 mL}}
molecules: {X: {}}
cells: {c: {initial: 10, inside: {Y: {initial: 100, between-cells: {lognormal: {cv: 0.5}}}}}}
rules:
  - c secretes X at 0.02 molecules/cell/s, driven by Y (half 100, hill 4)
  - c dies at 1e-4 /h
"""
EXPERIMENT = """
experiment: dish
model: model.yaml
time: 0 to 10 h, every 1 h
arms:
  control: {}
  more: {add-cells: [{of: c, amount: 10 cells, at: 5 h}]}
measure: {X: pM, count(c): cells, mean(c.Y): molecules/cell}
"""
CLOSURE = "closure: {representatives: 8}\n"
MOLECULE = 1e12 / 6.02214076e23 * 1e3  # pM in the dish


MORE = "  more: {add-cells: [{of: c, amount: 10 cells, at: 5 h}]}\n"


def written(folder: Path, *, model: str = "", experiment: str = "", rules: str = "", more: str = MORE) -> Path:
    """The path of an experiment."""
    (folder / "model.yaml").write_text(MODEL + rules + model, encoding="utf-8")
    (folder / "experiment.yaml").write_text(EXPERIMENT.replace(MORE, more) + experiment, encoding="utf-8")
    return folder / "experiment.yaml"


def curve(result: cytokinome.Result, arm: str, name: str) -> np.ndarray:
    """One curve of the first patient."""
    return result.arm(arm).curves(name)[0]


def test_an_experiment_replaces_the_closure_of_its_model(tmp_path: Path):
    """Its number of representatives goes before that of the model; without one the model's counts."""
    study = api.load_experiment(written(tmp_path, model="closure: {representatives: 3}\n", experiment=CLOSURE))
    assert study.model.representatives == 8
    assert api.load_experiment(written(tmp_path, model=CLOSURE)).model.representatives == 8
    assert api.load_experiment(written(tmp_path)).model.representatives is None


def test_faults_of_the_key_are_found(tmp_path: Path):
    """As in a model: with its place, and what is expected."""
    report = api.check_experiment(written(tmp_path, experiment="closure: {representatives: lots}\n")).report
    assert [d.code for d in report.errors] == ["BAD_NUMBER"]
    with pytest.raises(ExperimentError, match="a whole number from 1 to 200"):
        api.load_experiment(tmp_path / "experiment.yaml")


def test_the_note_is_told_everywhere(tmp_path: Path):
    """Of the mean field: in validate, at the end of a run, in the manifest and, read back, in the report."""
    path = written(tmp_path)
    assert "MEAN_FIELD_CLOSURE" in [d.code for d in api.check_experiment(path).report.diagnostics]
    assert "MEAN_FIELD_CLOSURE" in [d.code for d in api.check_model(tmp_path / "model.yaml").report.diagnostics]
    called = CliRunner().invoke(app, ["run", str(path), "--out", str(tmp_path / "runs"), "--workers", "1"])
    assert called.exit_code == 0, called.output
    assert "note MEAN_FIELD_CLOSURE: `c-secretes-X`" in called.stderr
    result = cytokinome.open(tmp_path / "runs/dish")
    (note,) = result.manifest.notes
    assert note.startswith("MEAN_FIELD_CLOSURE: `c-secretes-X` has a rate that is not affine in Y of c")
    assert "MEAN_FIELD_CLOSURE" in (tmp_path / "runs/dish/report.html").read_text(encoding="utf-8")
    assert result.to_json()["notes"] == [note]


def test_no_note_where_cells_are_known(tmp_path: Path):
    """With representatives, and on an engine that carries each cell, there is nothing to tell."""
    path = written(tmp_path, experiment=CLOSURE)
    assert not api.check_experiment(path).report.diagnostics
    assert cytokinome.run(path).manifest.notes == ()
    path = written(tmp_path, experiment="sample: 1 mL\n")
    assert cytokinome.run(path, engine="stochastic").manifest.notes == ()


def test_cells_that_are_added_differ_too(tmp_path: Path):
    """They join all representatives in equal parts, with the values of each."""
    result = cytokinome.run(written(tmp_path, experiment=CLOSURE))
    count, mean = (curve(result, "more", name) for name in ("count(c)", "mean(c.Y)"))
    assert count[5] - curve(result, "control", "count(c)")[5] == pytest.approx(10, rel=1e-6)
    assert mean == pytest.approx(mean[0], rel=1e-9)


def test_cells_that_are_added_have_another_history(tmp_path: Path):
    """Where Y moves, those who come later have another Y than those who are there; without them all have one."""
    moving = "  - c produces Y inside at 5 molecules/cell/h\n"
    path = written(tmp_path, rules=moving, experiment=CLOSURE)
    assert [d.code for d in api.check_experiment(path).report.diagnostics] == ["MEAN_FIELD_CLOSURE"]
    path = written(tmp_path, rules=moving, experiment=CLOSURE, more="")
    assert not api.check_experiment(path).report.diagnostics


def test_engines_with_single_cells_need_no_representatives(tmp_path: Path):
    """The exact engine draws each cell, whatever the closure says: the same run."""
    first = cytokinome.run(written(tmp_path, experiment="sample: 1 mL\n" + CLOSURE), engine="stochastic")
    again = cytokinome.run(written(tmp_path, experiment="sample: 1 mL\n"), engine="stochastic")
    np.testing.assert_array_equal(first.arm("control").values, again.arm("control").values)
    assert [curve(first, "more", "count(c)")[i] for i in (4, 5)] == [10, 20]
    x = curve(first, "control", "X") / MOLECULE
    np.testing.assert_allclose(x, np.rint(x), rtol=1e-9)


def test_the_hybrid_shares_whole_cells_out(tmp_path: Path):
    """Ten cells stay ten with eight representatives, each of one or two; they secrete as the mean field has it."""
    path = written(tmp_path, experiment="sample: 1 mL\n" + CLOSURE)
    result = cytokinome.run(path, engine="hybrid", patients=3)
    assert (result.arm("control").curves("count(c)")[:, 0] == 10).all()
    mean = result.arm("control").curves("mean(c.Y)")[0, 0]
    assert mean == pytest.approx(curve(cytokinome.run(path), "control", "mean(c.Y)")[0], rel=0.1)
    assert result.manifest.notes == ()


def test_a_stored_run_keeps_the_closure_of_its_experiment(tmp_path: Path):
    """The model of a result that is read back is the one that was run."""
    result = cytokinome.run(written(tmp_path, experiment=CLOSURE))
    stored = save(result, tmp_path / "runs")
    assert cytokinome.open(stored.directory or tmp_path).model == result.model
    assert result.model.representatives == 8
    assert replace(result.model, representatives=None) == api.load_model(tmp_path / "model.yaml")
