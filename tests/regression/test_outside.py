"""Faults that an outside tester found: each was silently wrong, or crashed, once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import cytokinome
from cytokinome import StoreError
from cytokinome.compiler.explain import explain
from cytokinome.compiler.lower import lower
from cytokinome.model.load import check_text

TWO = """
cytokinome: 1
model: two
compartments: {b: {kind: plasma, volume: 1 L}, t: {kind: tissue, volume: 1 L}}
molecules: {X: {in: t, initial: 3 pM}}
cells: {c: {in: [b, t], initial: {b: 1e6 /mL}}}
rules:
  - c in t enters from b at 2 /h, driven by X (half 1 pM)
"""
CULTURE = """
cytokinome: 1
model: culture
compartments: {w: {kind: culture, volume: V}}
molecules:
  X: {in: w, initial: 10 pM, degrades: {rate: k, source: assumed}}
  Z: {in: w}
receptors: {R: {ligands: {X: 10 pM}, antagonists: {Z: 1 pM}, source: assumed}}
cells: {c: {initial: 1e5 /mL}}
parameters:
  k: {value: 1 /h, source: assumed}
  V: {value: 1 mL, source: assumed}
rules:
  - c dies at 0.1 /h, driven by X at R (half 10 pM)
"""


def files(folder: Path, model: str, experiment: str) -> Path:
    """Write a model and an experiment; return the path of the experiment."""
    (folder / "model.yaml").write_text(model, encoding="utf-8")
    path = folder / "experiment.yaml"
    path.write_text(f"experiment: e\nmodel: model.yaml\ntime: 0 to 4 h, every 1 h\n{experiment}\n", encoding="utf-8")
    return path


def codes(path: Path) -> list[str]:
    """The codes of all errors of an experiment."""
    return [d.code for d in cytokinome.check_experiment(path).report.errors]


def test_what_calls_cells_in_is_felt_where_they_arrive():
    """`c in t enters from b, driven by X` reads X in t: hazard 2·3/(1 + 3) per hour of the cells in b."""
    kernel = lower(check_text(TWO, "two.yaml").require()).kernel
    p = kernel.defaults()
    y = kernel.initial(p)
    change = dict(zip(kernel.states, kernel.rhs(0.0, y, p), strict=True))
    assert change["c@t"] == pytest.approx(1e9 * 2 * 0.75)
    assert change["c@b"] == pytest.approx(-1e9 * 2 * 0.75)


@pytest.mark.parametrize(
    ("arm", "code"),
    [
        ("parameters: {k: -3 /h}", "NEGATIVE_VALUE"),
        ("parameters: {V: 0 mL}", "BAD_VALUE"),
        ("change: [{parameter: k, to: -3 /h, at: 1 h}]", "NEGATIVE_VALUE"),
        ("change: [{parameter: V, to: 2 mL, at: 1 h}]", "BAD_INTERVENTION"),
    ],
)
def test_arms_obey_the_checks_of_the_model(tmp_path: Path, arm: str, code: str):
    """A sign or a zero that the model would refuse is refused in an arm, before the run."""
    assert codes(files(tmp_path, CULTURE, f"arms: {{a: {{{arm}}}}}\nmeasure: {{X: pM}}")) == [code]


def test_an_antagonist_gives_no_signal():
    """Only ligands signal at a receptor."""
    report = check_text(CULTURE.replace("X at R (half", "Z at R (half"), "culture.yaml").report
    assert [d.code for d in report.errors] == ["BAD_MODIFIER"]


def test_densities_may_be_measured_without_the_word_cell(tmp_path: Path):
    """`/mL` shows cells/mL; what a cell does not carry is refused."""
    result = cytokinome.run(files(tmp_path, CULTURE, "measure: {density(c): /mL}"))
    arm = result.arm("control")
    assert arm.typical[0, arm.index("density(c)")] == pytest.approx(1e5)
    assert codes(files(tmp_path, CULTURE, "measure: {mean(c.Y): molecules/cell}")) == ["UNKNOWN_NAME"]


def test_a_model_runs_without_an_experiment(tmp_path: Path):
    """Also one whose complexes have no molar mass, and one with cells alone."""
    shipped = cytokinome.scenarios()
    for scenario in shipped:
        assert cytokinome.run(scenario.model).arms
    path = tmp_path / "cells.yaml"
    path.write_text(
        "cytokinome: 1\nmodel: cells\ncompartments: {w: {kind: culture, volume: 1 mL}}\n"
        "cells: {c: {initial: 100}}\nrules:\n  - c dies at 0.1 /h\n",
        encoding="utf-8",
    )
    arm = cytokinome.run(path).arm("control")
    assert arm.typical[-1, arm.index("count(c)")] == pytest.approx(100 * 2.718281828459045**-7.2, rel=1e-4)


def test_an_altered_text_is_noticed(tmp_path: Path):
    """The recorded hashes are compared when a run is opened."""
    path = files(tmp_path, CULTURE, "measure: {X: pM}")
    directory = cytokinome.run(path, out=tmp_path / "runs").directory
    assert directory is not None
    manifest = directory / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["texts"]["model"] = content["texts"]["model"].replace("10 pM", "20 pM")
    manifest.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(StoreError, match="not the one that was run"):
        cytokinome.open(directory)


def test_output_that_is_not_utf8(tmp_path: Path):
    """A terminal without our signs still gets everything, and the JSON is written."""
    path = files(tmp_path, CULTURE, "measure: {X: pM}")
    environment = {"PYTHONIOENCODING": "latin-1", "PATH": "", "PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-m", "cytokinome", "run", str(path), "--json", str(tmp_path / "out.json")]
    done = subprocess.run(command, capture_output=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["experiment"] == "e"


def test_every_term_of_drug_kinetics_is_explained():
    """Nothing that is no rule is cut short."""
    kinetics = "{compartments: 3, CL: 1 L/h, V1: 1 L, Q: 1 L/h, V2: 2 L, Q2: 1 L/h, V3: 3 L, source: assumed}"
    text = CULTURE.replace("  Z: {in: w}", f"  Z: {{in: w, pk: {kinetics}}}")
    said = explain(check_text(text, "culture.yaml").require())
    assert "d[Z deep]/dt -=" in said
    assert "1 / 0.001" not in said
