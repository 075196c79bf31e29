"""From models and experiments to files of other programs."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("libsbml")
pytest.importorskip("antimony")

import libsbml

import cytokinome
from cytokinome.cli.main import app
from cytokinome.compiler.lower import lower
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import reference
from cytokinome.errors import ExperimentError, SimulationError, UnsupportedFeature
from cytokinome.model.load import check_text

FLAT = """\
cytokinome: 1
model: bare-numbers
source: pubmed:12626585
parameters:
  k: {value: 0.5, source: assumed}
  q: {value: 3 pM, source: assumed}
equations:
  time: min
  source: assumed
  quantities:
    x: {initial: 1, unit: nM, rate: -k * x}
    z: {initial: 4}
    whole: {value: 2 * x + time}
  processes:
    event_1: {rate: 0.1 * x, changes: {x: -1}}
    idle: {rate: 2 * z, changes: {z: 0, x: 0}}
  events: [{when: x < 0.5, do: {x: 1}}, {when: x < 0.5, do: {x: 2 * x}}]
observables:
  sum: {value: x + q, unit: pM}
"""
EXPERIMENT = """\
experiment: with-arms
model: model.yaml
time: 0 to 3 h, every 30 min
arms:
  control: {}
  changed: {parameters: {q: 5 pM, k: 0.2}, change: [{parameter: k, to: 0.05, at: 1 h}]}
measure: {sum: pM}
"""


def call(*arguments: object):
    """One call of the command line."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model of equations and an experiment on it."""
    (tmp_path / "model.yaml").write_text(FLAT, encoding="utf-8")
    (tmp_path / "experiment.yaml").write_text(EXPERIMENT, encoding="utf-8")
    return tmp_path


def read(path: Path) -> libsbml.Model:
    """The model in a file that libSBML finds without errors."""
    document = libsbml.readSBMLFromFile(str(path))
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    model = document.getModel().clone()
    assert model is not None
    return model


@pytest.mark.parametrize(("ending", "head"), [(".xml", "<?xml"), (".sbml", "<?xml"), (".yaml", "cytokinome: 1")])
def test_the_ending_says_the_format(ending: str, head: str, tmp_path: Path):
    """A shipped model by its id; the path is told."""
    path = tmp_path / f"culture{ending}"
    result = call("export", "tnf-il10-culture", path)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [str(path)]
    assert path.read_text(encoding="utf-8").startswith(head)


def test_a_stated_format_goes_before_the_ending(folder: Path):
    """A folder, a model file and an experiment file all name the model."""
    for number, what in enumerate([folder, folder / "model.yaml", folder / "experiment.yaml"]):
        path = folder / f"{number}.txt"
        assert call("export", what, path, "--to", "cytokinome").exit_code == 0
        assert path.read_text(encoding="utf-8") == (folder / "0.txt").read_text(encoding="utf-8")


def test_what_is_written_is_checked_again(folder: Path):
    """Observables are quantities, and numbers with units are bare, in the file of equations."""
    path = cytokinome.export_model(folder / "model.yaml", folder / "flat.yaml")
    model = check_text(path.read_text(encoding="utf-8"), "flat.yaml").require()
    observable, parameter = model.quantity("sum"), model.parameter("q")
    assert observable is not None
    assert str(observable.value) == "1000.0 * x + q"
    assert parameter is not None
    assert str(parameter.value) == "3.0"
    assert model.observables == ()


def test_nothing_is_overwritten(folder: Path):
    """A file that exists stays as it is."""
    path = folder / "kept.xml"
    path.write_text("mine", encoding="utf-8")
    result = call("export", folder, path)
    assert result.exit_code == 2
    assert "exists already and is not overwritten" in result.stderr
    assert path.read_text(encoding="utf-8") == "mine"


def test_what_cannot_be_written_is_refused(folder: Path):
    """No format, one that is not there, no such model, no such arm: each says so, and nothing is written."""
    path = folder / "out.bin"
    assert "names no format (.xml is sbml" in " ".join(call("export", folder, path).stderr.split())
    refused = call("export", folder, path, "--to", "vtk")
    assert refused.exit_code == 3
    assert "known here: sbml" in refused.stderr
    assert call("export", folder / "none.yaml", path, "--to", "sbml").exit_code == 2
    unknown = call("export", folder, path, "--to", "sbml", "--arm", "change")
    assert (unknown.exit_code, "did you mean changed?" in unknown.stderr) == (2, True)
    assert not path.exists()
    with pytest.raises(ValueError, match="no format 'gif'"):
        cytokinome.export_model(folder, path, to="gif")
    with pytest.raises(ValueError, match="only an experiment has arms"):
        cytokinome.export_model(cytokinome.load_model(folder / "model.yaml"), path, to="sbml", arm="control")
    with pytest.raises(ExperimentError, match="no arm 'x'"):
        cytokinome.export_model(folder, path, to="sbml", arm="x")


def test_an_experiment_in_space_has_no_arm_of_equations(tmp_path: Path):
    """Its model can be exported, what its arms do in space cannot."""
    with pytest.raises(UnsupportedFeature, match="equations know no space"):
        cytokinome.export_model("virus-plaque", tmp_path / "plaque.xml", arm="low")


def test_a_person_without_a_start_is_told(tmp_path: Path):
    """More is secreted at rest than is lost: no production balances that."""
    (tmp_path / "model.yaml").write_text(
        """\
cytokinome: 1
model: unbalanced
compartments: {well: {kind: culture, volume: 1 mL}}
molecules: {A: {in: well, baseline: 1 pM, degrades: {rate: 1 /h}}}
cells: {tcell: {in: well, initial: 1e6 cells}}
rules: ["tcell secretes A at 100 molecules/cell/s"]
""",
        encoding="utf-8",
    )
    with pytest.raises(SimulationError, match="NEGATIVE_PRODUCTION"):
        cytokinome.export_model(tmp_path / "model.yaml", tmp_path / "out.xml")


def test_ids_of_the_file_are_unique(folder: Path):
    """Names of the writer give way to those of the model."""
    model = read(cytokinome.export_model(folder, folder / "out.xml"))
    assert [model.getCompartment(0).getId(), model.getReaction(0).getId()] == ["whole_", "event_1"]
    assert [model.getEvent(i).getId() for i in range(2)] == ["event_1_", "event_2"]


def test_events_at_one_time_keep_their_order(folder: Path):
    """SBML leaves the order of equal priorities to chance; the first that is written has the highest."""
    model = read(cytokinome.export_model(folder, folder / "out.xml"))
    ranks = [model.getEvent(i).getPriority().getMath().getValue() for i in range(2)]
    assert ranks == [2.0, 1.0]


def test_the_file_says_what_it_is_described_by(folder: Path):
    """The source of the model, and it is read again as such."""
    path = cytokinome.export_model(folder, folder / "out.xml")
    assert '<rdf:li rdf:resource="https://identifiers.org/pubmed:12626585"' in path.read_text(encoding="utf-8")
    assert str(cytokinome.import_model(path).model.source) == "pubmed:12626585"


def test_an_arm_of_equations(folder: Path):
    """Parameters from the start and from a time on, against the closed form in pieces."""
    text = FLAT.replace("  events: [{when: x < 0.5, do: {x: 1}}, {when: x < 0.5, do: {x: 2 * x}}]\n", "")
    (folder / "model.yaml").write_text(text, encoding="utf-8")
    path = cytokinome.export_model(folder, folder / "out.xml", arm="changed")
    kernel = lower(cytokinome.import_model(path).model).kernel
    times, outputs = np.array([0.0, 0.5, 1.5, 3.0]), [o.name for o in kernel.outputs]
    solution = reference.solve(
        kernel, kernel.complete(kernel.defaults())[None], Schedule(), times, rtol=1e-9, select=[outputs.index("sum")]
    )
    minutes = 60 * times
    exponent = -(0.3 * np.minimum(minutes, 60.0) + 0.15 * np.maximum(minutes - 60.0, 0.0))
    np.testing.assert_allclose(solution.values[0, :, 0], 1000 * np.exp(exponent) + 5, rtol=1e-7)


def test_time_cannot_begin_elsewhere_where_it_counts(folder: Path):
    """A file begins at zero; what depends on the clock cannot be moved there."""
    late = EXPERIMENT.replace("time: 0 to 3 h", "time: 1 to 4 h").replace("at: 1 h", "at: 2 h")
    (folder / "experiment.yaml").write_text(late, encoding="utf-8")
    with pytest.raises(UnsupportedFeature, match="depends on the time, and the experiment begins at 1 h"):
        cytokinome.export_model(folder, folder / "out.xml", arm="changed")
