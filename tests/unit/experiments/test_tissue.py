"""Experiments on the tissue engine: patients are runs in a box, and some of what was where is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cytokinome
from cytokinome.errors import CytokinomeError, ExperimentError, ResourceLimit, StoreError, UnsupportedFeature
from cytokinome.experiments.result import Result

MODEL = """
cytokinome: 1
model: dish
source: assumed
compartments: {{dish: {{kind: culture, volume: 1 uL, source: assumed}}{places}}}
molecules:
  IL2: {{in: dish, degrades: {{rate: 0.5 /h, source: assumed}}, diffusion: 100 um^2/s}}
cells:
  Tcell: {{in: dish, states: {{activation: {{resting: 10000, active: 0}}}}{inside}}}
parameters:
  q: {{value: 20 molecules/cell/h, varies: {{lognormal: {{cv: 0.3}}}}, source: assumed}}
rules:
  - {{rule: resting Tcell becomes active, at: {rate}, source: assumed}}
  - {{rule: active Tcell secretes IL2, at: q, source: assumed}}
  - {{rule: Tcell divides, at: {division}, source: assumed}}
{more}
"""
EXPERIMENT = """
experiment: dish
model: model.yaml
time: 0 to 1 h, every 30 min
{top}
arms:
  none: {{}}
  bolus: {{doses: [{{of: IL2, amount: 0.02 fmol, into: dish, at: 30 min}}]}}
patients: {{count: 5, seed: 1}}
measure: {{IL2: pM, count(Tcell): cells}}
{tissue}
"""
SIZE = "size: [100 um, 100 um, 100 um], spacing: 25 um, step: 5 min"
DIMERS = "reactions: [{equation: IL2 + IL2 -> IL2, k: 1 /(pM*h), source: assumed}]"
TISSUE = "tissue: {" + SIZE + ", snapshots: every 30 min}"


def written(folder: Path, *, tissue: str = TISSUE, top: str = "", **of_model: str) -> Path:
    """The path of an experiment."""
    usual = {"places": "", "inside": "", "rate": "0.5 /h", "division": "0.1 /h", "more": ""}
    (folder / "model.yaml").write_text(MODEL.format(**{**usual, **of_model}), encoding="utf-8")
    path = folder / "experiment.yaml"
    path.write_text(EXPERIMENT.format(tissue=tissue, top=top), encoding="utf-8")
    return path


def spatial(path: Path, **options) -> Result:
    """The result on the tissue engine."""
    return cytokinome.run(path, engine="tissue", **options)


def test_patients_are_runs_with_their_own_numbers(tmp_path: Path):
    """Ten cells, each for a thousand; parameters and chance differ, doses arrive, and the engine is named."""
    result = spatial(written(tmp_path))
    assert result.manifest.engine == "tissue/reference/ETD2RK"
    none, bolus = result.arm("none"), result.arm("bolus")
    assert [o.status for o in none.outcomes] == ["completed"] * 5
    assert none.curves("count(Tcell)")[:, 0].tolist() == [10_000.0] * 5
    active = none.curves("count(active Tcell)") / 1000
    np.testing.assert_allclose(active, np.rint(active))
    assert len(set(none.curves("IL2")[:, -1])) == 5
    # both arms have the same people and chances: 20 pM more from the dose on, which decays
    np.testing.assert_array_equal(bolus.curves("IL2")[:, 0], none.curves("IL2")[:, 0])
    more = bolus.curves("IL2") - none.curves("IL2")
    np.testing.assert_allclose(more[:, 1:], np.tile([20.0, 20.0 * np.exp(-0.25)], (5, 1)), rtol=1e-3)


def test_a_patient_is_the_same_in_every_cohort(tmp_path: Path):
    """Neither the number of patients nor that of processes enters a run, nor the number of snapshots."""
    many = spatial(written(tmp_path), workers=2)
    seldom = spatial(written(tmp_path, tissue="tissue: {" + SIZE + "}"), patients=1)
    np.testing.assert_array_equal(seldom.arm("bolus").values, many.arm("bolus").values[:1])
    assert seldom.fields("none").time.values.tolist() == [0.0, 1.0]
    few = spatial(written(tmp_path), patients=2)
    for id, arm in few.arms.items():
        np.testing.assert_array_equal(arm.values, many.arms[id].values[:2])
        np.testing.assert_array_equal(arm.typical, many.arms[id].typical)
        fields = (r.fields(id).concentration for r in (few, many))
        np.testing.assert_array_equal(next(fields), next(fields)[:3])


def test_snapshots_are_kept(tmp_path: Path):
    """Those of the typical person and of three patients come back from the disk, with places in µm and hours."""
    made = spatial(written(tmp_path), out=tmp_path / "runs")
    assert made.directory is not None
    result = cytokinome.open(made.directory)
    for arm in ("none", "bolus"):
        fields, cells = result.fields(arm), result.cells(arm)
        assert fields.concentration.dims == ("patient", "time", "molecule", "z", "y", "x")
        assert fields.patient.values.tolist() == [0, 1, 2, 3]
        assert fields.time.values.tolist() == [0.0, 0.5, 1.0]
        assert fields.x.values.tolist() == [12.5, 37.5, 62.5, 87.5]
        np.testing.assert_array_equal(fields.concentration, made.fields(arm).concentration)
        means = fields.concentration.sel(molecule="IL2").mean(dim=("x", "y", "z"))
        np.testing.assert_allclose(means[1:], result.arm(arm).curves("IL2")[:3])
        table = cells.to_dataframe()
        counts = table.groupby(["patient", "time"]).size().unstack()
        np.testing.assert_allclose(counts.loc[1:] * 1000, result.arm(arm).curves("count(Tcell)")[:3])
        assert set(table.population) == {"resting Tcell", "active Tcell"}
        assert table[["x", "y", "z"]].stack().between(0, 100).all()
        assert set(table.radius) == {5.0}


def test_damaged_snapshots_are_told(tmp_path: Path):
    """Numbers that are not those that were written, and a table that is gone."""
    made = spatial(written(tmp_path), patients=1, out=tmp_path / "runs")
    assert made.directory is not None
    space = made.directory / "arrays/none/space"
    chunk = max((space / "fields").rglob("c/**/*"), key=lambda path: path.is_file())
    whole = chunk.read_bytes()
    chunk.unlink()
    with pytest.raises(StoreError, match="fields are not those that were written"):
        cytokinome.open(made.directory)
    chunk.write_bytes(whole)
    (space / "cells/zarr.json").unlink()
    with pytest.raises(StoreError, match="cells is missing"):
        cytokinome.open(made.directory)


def test_axes_have_their_names(tmp_path: Path):
    """A wall that holds a molecule at high x makes a gradient along x alone; one cell stands where it was put."""
    tissue = """tissue:
  size: [100 um, 60 um]
  thickness: 20 um
  spacing: 20 um
  step: 5 min
  place: {resting Tcell: {at: [[70 um, 20 um]]}}
  cells: {Tcell: {radius: 4 um}}
  walls: {IL2: {x: [no flux, 1 nM]}}
"""
    result = spatial(written(tmp_path, tissue=tissue), patients=1)
    final = result.fields("none").concentration.sel(molecule="IL2", patient=0).isel(time=-1)
    assert final.dims == ("y", "x")
    assert (final.diff("x") > 0).all()
    assert abs(final.diff("y")).max() < 1e-3 * final.max()
    table = result.cells("none").to_dataframe().query("time == 0 and patient == 0")
    assert table[["x", "y", "radius"]].values.tolist() == [[70.0, 20.0, 4.0]]
    assert "z" not in table


def test_cells_enter_at_vessels(tmp_path: Path):
    """Nobody is there at the start; after the first hour all that came are near the vessel."""
    tissue = "tissue: {" + SIZE + ", place: {Tcell: {number: 0}}, vessels: [[80 um, 20 um, 50 um]]}"
    entering = "  - {rule: resting Tcell enters, at: 3e4 cells/h, source: assumed}"
    result = spatial(written(tmp_path, tissue=tissue, more=entering, division="0 /h"), patients=1)
    table = result.cells("none").to_dataframe().query("patient == 1")
    assert len(table.query("time == 0")) == 0
    last = table.query("time == 1")
    assert len(last) * 1000 == result.arm("none").curves("count(Tcell)")[0, -1]
    assert 15 <= len(last) <= 45  # a Poisson number of mean 30
    assert np.max(np.linalg.norm(last[["x", "y", "z"]].to_numpy() - [80.0, 20.0, 50.0], axis=1)) < 40


def test_a_streamed_run_keeps_the_typical_person(tmp_path: Path):
    """Statistics are those of the ordinary run."""
    path = written(tmp_path)
    whole, streamed = spatial(path), spatial(path, stream=True)
    np.testing.assert_allclose(
        streamed.arm("none").statistic("IL2", "mean"), whole.arm("none").statistic("IL2", "mean")
    )
    assert streamed.fields("none").patient.values.tolist() == [0]


def test_a_run_that_was_stopped_is_continued(tmp_path: Path):
    """With the digest of one that was not."""
    path = written(tmp_path)
    whole = spatial(path, out=tmp_path / "whole")

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    stopped = spatial(path, out=tmp_path / "stopped", on_progress=stop)
    assert stopped.manifest.status == "interrupted"
    assert stopped.directory is not None
    resumed = cytokinome.resume(stopped.directory)
    assert resumed.manifest.engine == "tissue/reference/ETD2RK"
    assert resumed.manifest.results == whole.manifest.results


def test_other_engines_ignore_the_box(tmp_path: Path):
    """The same file runs on the ODE, and has no places then."""
    result = cytokinome.run(written(tmp_path), patients=1)
    with pytest.raises(ExperimentError, match="no places: it was run on ode"):
        result.fields("none")


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"tissue": ""}, ExperimentError, r"add `tissue: \{size"),
        ({"top": "sample: 1 uL"}, ExperimentError, "the box is the sample"),
        ({"places": ", joint: {kind: tissue, volume: 1 mL}"}, UnsupportedFeature, "compartment joint"),
        ({"more": "events: [{when: IL2 > 1 pM, do: {IL2: 0 pM}}]"}, UnsupportedFeature, "events"),
        ({"tissue": TISSUE.replace("25 um", "0.1 um")}, ResourceLimit, "1,000,000,000 voxels"),
        ({"tissue": "tissue: {size: [10 mm, 10 mm, 10 mm], spacing: 1 mm}"}, ResourceLimit, "more than 100,000 cells"),
        ({"tissue": TISSUE[:-1] + ", cells: {Tcell: {radius: 60 um}}}"}, ExperimentError, "times the room"),
        ({"more": "reactions: [{equation: IL2 -> X, k: 1 /h, source: assumed}]"}, ExperimentError, "how fast X diff"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, change: dict[str, str], error: type[CytokinomeError], says: str):
    """Before the run, with the reason, and nothing is written."""
    with pytest.raises(error, match=says):
        spatial(written(tmp_path, **change), patients=1, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_snapshots_take_memory(tmp_path: Path):
    """Three of two runs in two arms, at 8 bytes a voxel, beside the run itself."""
    path = written(tmp_path, tissue=TISSUE.replace("25 um", "2 um"))
    with pytest.raises(ResourceLimit, match=r"3 snapshots of 4 runs 0\.012 GB"):
        spatial(path, patients=1, max_memory=2e7)


def test_the_tolerance_is_the_experiments(tmp_path: Path):
    """That of other engines has no meaning here, and is refused rather than ignored."""
    with pytest.raises(ExperimentError, match="rtol"):
        spatial(written(tmp_path), rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tissue": TISSUE[:-1] + ", rtol: 1e-300}", "more": DIMERS}, "no step is small enough"),
        ({"more": "  - {rule: resting Tcell enters, at: 1e12 cells/h, source: assumed}"}, "more than 100000 cells"),
        ({"division": "1000 /h", "tissue": TISSUE[:-1] + ", cells: {Tcell: {radius: 16 um}}}"}, "find no places"),
        ({"rate": "0.1 /h - 0.2 /h"}, "is negative or no number"),
    ],
)
def test_patients_that_fail_are_outcomes(tmp_path: Path, change: dict[str, str], says: str):
    """They stop nobody: curves are NaN, and snapshots before the failure are there."""
    result = spatial(written(tmp_path, **change), patients=1)
    (outcome,) = result.arm("none").outcomes
    assert outcome.status == "failed"
    assert says in outcome.sentence
    assert np.isnan(result.arm("none").values).all()
    fields = result.fields("none").concentration
    assert np.isfinite(fields.isel(time=0)).all()
    assert np.isnan(fields.isel(time=-1)).all()
