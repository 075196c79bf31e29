"""Which engine an experiment runs on: its own, unless the one who runs it says otherwise."""

from pathlib import Path

import numpy as np

import cytokinome
from cytokinome.diagnostics import Collector
from cytokinome.experiments.read import read_experiment

MODEL = """\
cytokinome: 1
model: guided
title: Guided
compartments:
  site: {kind: tissue, volume: 1e-9 L}
molecules:
  X: {in: site, initial: 100 pM, diffusion: 100 um^2/s}
receptors:
  R: {ligands: {X: 100 pM}, source: assumed}
cells:
  a: {in: site, initial: 20}
rules:
  - a moves toward X at 5 um/min
"""
EXPERIMENT = """\
experiment: guided
model: model.yaml
engine: tissue
time: 0 to 6 min, every 3 min
arms: {open: {}, blocked: {block: [{what: R, fraction: 1}]}}
tissue:
  size: [100 um, 100 um, 100 um]
  spacing: 20 um
  walls: {X: {x: [0 pM, 200 pM]}}
measure: {X: pM}
"""


def test_the_engine_is_one_of_those_there_are():
    """Without the key it is the mean field; another word is refused with those that are known."""
    text = EXPERIMENT.replace("engine: tissue\n", "")
    assert (read := read_experiment(text, "e.yaml", Collector())) is not None
    assert read.engine == "ode"
    found = Collector()
    read_experiment(EXPERIMENT.replace("engine: tissue", "engine: tisue"), "e.yaml", found)
    (fault,) = found.report().errors
    assert fault.code == "BAD_VALUE"
    assert "tissue" in fault.hint


def test_an_experiment_runs_on_its_engine(tmp_path: Path):
    """Also where a blocked receptor does nothing but guide cells; whoever runs it may choose another."""
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    path = tmp_path / "experiment.yaml"
    path.write_text(EXPERIMENT, encoding="utf-8")
    result = cytokinome.run(path, patients=1)
    assert result.manifest.engine.startswith("tissue/")
    assert "--engine" not in result.manifest.command
    places = {arm: result.cells(arm) for arm in result.arms}
    x = {arm: np.mean(p["x"].to_numpy()[p["time"].to_numpy() > 0]) for arm, p in places.items()}
    assert x["open"] > x["blocked"] + 5.0
    assert cytokinome.run(path, patients=1, engine="ode").manifest.engine.startswith("ode/")
