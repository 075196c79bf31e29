"""From a run directory to folders that viewers open."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import cytokinome
from cytokinome.cli.main import app
from cytokinome.errors import ExperimentError
from tests.unit.interchange.test_vtk import arrays

EXPERIMENT = """\
experiment: in-a-box
model: tnf-il10-culture
time: 0 to 1 h, every 30 min
tissue:
  size: [200 um, 200 um, 200 um]
  spacing: 50 um
  step: 10 min
  snapshots: every 30 min
  diffusion: {default}
arms:
  control: {}
  treated: {doses: [{of: infliximab, amount: 1 ng, at: 10 min}]}
patients: {count: 1, seed: 1}
measure: {TNF: pg/mL}
"""
MOLECULES = ("LPS", "TNF", "IL10", "infliximab", "TNF_infliximab")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run in a box, with snapshots."""
    folder = tmp_path_factory.mktemp("exported")
    diffusion = "{" + ", ".join(f"{name}: 1000 um^2/s" for name in MOLECULES) + "}"
    (folder / "e.yaml").write_text(EXPERIMENT.replace("{default}", diffusion), encoding="utf-8")
    cytokinome.run(folder / "e.yaml", engine="tissue", out=folder / "runs")
    return folder / "runs" / "in-a-box"


def call(*arguments: object):
    """One call of the command line."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_stored_run_is_exported(stored: Path, tmp_path: Path):
    """One folder for each arm and run; the fields are those of the result."""
    result = call("export", stored, tmp_path / "vtk", "--to", "vtk")
    assert result.exit_code == 0, result.output
    folders = [tmp_path / "vtk" / arm / run for arm in ("control", "treated") for run in ("typical", "patient-1")]
    assert result.stdout.splitlines() == [str(folder) for folder in folders]
    for folder in folders:
        assert len(list(folder.iterdir())) == 2 * 3 + 2
    found = arrays((folders[1] / "fields_0002.vti").read_bytes())["TNF [pM]"]
    expected = cytokinome.open(stored).fields("control")["concentration"].sel(patient=1, time=1.0, molecule="TNF")
    assert found.tolist() == expected.values.ravel().tolist()
    assert found.min() > 0


def test_the_other_format(stored: Path, tmp_path: Path):
    """Seven files for each time, and another export into the same folder replaces them."""
    for _ in range(2):
        assert call("export", stored, tmp_path, "--to", "multicellds").exit_code == 0
    assert len(list((tmp_path / "treated" / "typical").iterdir())) == 3 * 7


def test_what_cannot_be_exported_is_refused(stored: Path, tmp_path: Path):
    """A format that is not there, a result without places, and no format at all."""
    refused = call("export", stored, tmp_path / "x", "--to", "sbml")
    assert refused.exit_code == 3
    assert "known here: vtk, multicellds" in refused.stderr
    assert call("export", stored, tmp_path / "x", "--to", "vtk", "--arm", "control").exit_code == 2
    assert call("export", stored, tmp_path / "x").exit_code == 2
    assert not (tmp_path / "x").exists()
    result = cytokinome.run("tnf-il10-culture", patients=1)
    with pytest.raises(ExperimentError, match="has no snapshots"):
        cytokinome.export(result, tmp_path / "x", to="vtk")
    with pytest.raises(ValueError, match="no format 'gif'"):
        cytokinome.export(result, tmp_path / "x", to="gif")
