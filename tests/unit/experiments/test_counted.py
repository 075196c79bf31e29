"""Experiments on the engine that counts cells and molecules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cytokinome
from cytokinome.errors import CytokinomeError, ExperimentError, ResourceLimit, UnsupportedFeature
from cytokinome.experiments.result import Result

MODEL = """
cytokinome: 1
model: dish
source: assumed
compartments: {{dish: {{kind: culture, volume: 1 mL, source: assumed}}{places}}}
molecules:
  IL2: {{in: dish, degrades: {{rate: 0.5 /h, source: assumed}}}}{molecules}
cells:
  Tcell: {{in: dish, initial: 1e6}}
rules:
  - {{rule: Tcell divides, at: 0.03 /h, source: assumed}}
  - {{rule: Tcell dies, at: 0.02 /h, source: assumed}}
  - {{rule: Tcell secretes IL2, at: 20 molecules/cell/h, source: assumed}}
{more}
"""
EXPERIMENT = """
experiment: dish
model: model.yaml
time: 0 to 12 h, every 1 h
{sample}
arms:
  none: {{}}
  bolus: {{doses: [{{of: IL2, amount: 0.02 fmol, into: dish, at: 6 h}}]}}
  infusion: {{doses: [{{of: IL2, rate: 0.005 fmol/h, into: dish, at: 2 h, for: 4 h}}]}}
patients: {{count: 60, seed: 1}}
measure: {{IL2: pM, count(Tcell): cells}}
"""


def written(folder: Path, *, sample: str = "sample: 20 nL", places: str = "", molecules: str = "", more: str = ""):
    """The path of an experiment."""
    model = MODEL.format(places=places, molecules=molecules, more=more)
    (folder / "model.yaml").write_text(model, encoding="utf-8")
    path = folder / "experiment.yaml"
    path.write_text(EXPERIMENT.format(sample=sample), encoding="utf-8")
    return path


def counted(path: Path, **options) -> Result:
    """The result on the stochastic engine."""
    return cytokinome.run(path, engine="stochastic", **options)


def test_the_mean_is_that_of_the_mean_field(tmp_path: Path):
    """The model is linear, so the mean of runs is exactly the curve of the ODE, with doses and infusions."""
    path = written(tmp_path)
    found, expected = counted(path, patients=300), cytokinome.run(path, patients=1)
    assert found.manifest.engine == "stochastic/llvm/direct"
    for id, arm in found.arms.items():
        mean, curve = arm.values.mean(axis=0), expected.arms[id].values[0]
        error = arm.values.std(axis=0, ddof=1) / np.sqrt(len(arm.values))
        # 3 arms, 13 times, 2 curves; z of 5 has a chance of 5e-5 in all
        assert (np.abs(mean - curve) <= 5 * error + 1e-9 * np.abs(curve)).all()


def test_cells_are_whole_and_fluctuate(tmp_path: Path):
    """20 of a million in 1 mL are in 20 nL; each stands for 50 000."""
    arm = counted(written(tmp_path)).arms["none"]
    cells = arm.values[:, :, list(arm.names).index("count(Tcell)")] / 50_000
    whole = np.rint(cells)
    np.testing.assert_allclose(cells, whole, rtol=1e-12)
    assert (whole[:, 0] == 20).all()
    assert len(np.unique(whole[:, -1])) > 5


def test_a_patient_is_the_same_in_every_cohort(tmp_path: Path):
    """Neither the number of patients nor that of threads enters a run."""
    path = written(tmp_path)
    many, few = counted(path, workers=2), counted(path, patients=18)
    for id, arm in few.arms.items():
        np.testing.assert_array_equal(arm.values[17], many.arms[id].values[17])


@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_both_targets_and_models_with_events(tmp_path: Path, target: str):
    """Events go to the reference; where there are none, both targets give the same digits."""
    more = "events: [{when: IL2 > 0.01 pM, do: {IL2: 0 pM}}]"
    for text in ("", more):
        path = written(tmp_path, more=text)
        result = counted(path, patients=1, target=target)
        assert all(o.status == "completed" for arm in result.arms.values() for o in arm.outcomes)
        if not text:
            other = counted(path, patients=1, target="llvm")
            np.testing.assert_array_equal(result.arms["bolus"].values, other.arms["bolus"].values)


def test_a_stopped_run_knows_its_engine(tmp_path: Path):
    """What a run was asked for stands in its directory."""
    result = counted(written(tmp_path), patients=2, out=tmp_path / "runs")
    assert result.directory is not None
    again = cytokinome.open(result.directory)
    assert again.manifest.options is not None
    assert again.manifest.options.engine == "stochastic"
    assert again.manifest.engine == "stochastic/llvm/direct"


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"sample": "sample: 3 pM"}, ExperimentError, "a volume above zero is expected"),
        ({"sample": "sample: 0 uL"}, ExperimentError, "a volume above zero is expected"),
        ({"sample": "", "more": "reactions: [{equation: IL2 -> IL2 + IL2, k: 1e3 /h, source: assumed}]",
          "molecules": "\n  X: {in: dish, initial: 1 mM, degrades: {rate: 1 /h, source: assumed}}"},
         ResourceLimit, "events an hour"),
        ({"molecules": "\n  D: {in: dish, initial: 1 pM}",
          "more": "reactions: [{equation: IL2 + D <-> C, quasi-equilibrium: true, Kd: 1 pM, source: assumed}]"},
         UnsupportedFeature, "quasi-equilibrium"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, change: dict[str, str], error: type[CytokinomeError], says: str):
    """Before the run, with the reason."""
    with pytest.raises(error, match=says):
        counted(written(tmp_path, **change), patients=1)


def test_the_hybrid_counts_cells_alone(tmp_path: Path):
    """Cells are whole, molecules are not; its mean is that of the mean field too."""
    path = written(tmp_path)
    found, expected = cytokinome.run(path, engine="hybrid", patients=40), cytokinome.run(path, patients=1)
    assert found.manifest.engine == "hybrid/llvm/Tsit5"
    arm, curve = found.arms["bolus"], expected.arms["bolus"].values[0]
    cells = arm.values[:, :, list(arm.names).index("count(Tcell)")] / 50_000
    np.testing.assert_allclose(cells, np.rint(cells), rtol=1e-9)
    error = arm.values.std(axis=0, ddof=1) / np.sqrt(len(arm.values))
    assert (np.abs(arm.values.mean(axis=0) - curve) <= 5 * error + 1e-4 * np.abs(curve)).all()


def test_cells_that_carry_something_run_on_the_reference(tmp_path: Path):
    """Where an event takes along what a single cell holds, the compiled lanes have no place for it."""
    text = """
cytokinome: 1
model: carried
source: assumed
compartments: {dish: {kind: culture, volume: 1 mL, source: assumed}}
molecules: {IL1B: {in: dish, degrades: {rate: 0.5 /h, source: assumed}}}
cells: {Cell: {in: dish, initial: 10, inside: {IL1B: {initial: 5 molecules/cell}}}}
rules:
  - {rule: Cell dies by necrosis, at: 0.5 /h, source: assumed}
"""
    (tmp_path / "model.yaml").write_text(text, encoding="utf-8")
    path = tmp_path / "experiment.yaml"
    path.write_text(
        "experiment: carried\nmodel: model.yaml\ntime: 0 to 2 h, every 1 h\narms: {a: {}}\n"
        "patients: {count: 2, seed: 1}\nmeasure: {count(Cell): cells}\n",
        encoding="utf-8",
    )
    result = counted(path)
    assert result.manifest.engine == "stochastic/reference/direct"
    assert [outcome.status for outcome in result.arms["a"].outcomes] == ["completed"] * 2
