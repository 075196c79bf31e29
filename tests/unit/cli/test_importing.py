"""The command import: a file in SBML becomes a folder that runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("libsbml")

from typer.testing import CliRunner, Result

from cytokinome import load_experiment, load_model
from cytokinome.cli.main import app
from tests.unit.interchange.sbml_files import compartment, document, listed, parameter, reaction, species, written

if TYPE_CHECKING:
    from pathlib import Path

BODY = "\n".join((
    listed("Compartments", compartment("C", 2.0)),
    listed("Species", species("S", "C", 'initialAmount="8"'), species("P", "C", 'initialAmount="0"')),
    listed("Parameters", parameter("at", 0.7)),
    listed("Reactions", reaction("J", "S", "P", "at * S * C")),
))  # fmt: skip


def call(*arguments: str) -> Result:
    """Run the command line with these arguments."""
    return CliRunner().invoke(app, list(arguments))


def test_import_writes_a_model_and_an_experiment(tmp_path: Path) -> None:
    """Both files are there, are without faults, and what was renamed or assumed is told."""
    file, folder, answer = written(tmp_path, document(BODY)), tmp_path / "out", tmp_path / "answer.json"
    result = call("import", str(file), str(folder), "--json", str(answer))
    assert result.exit_code == 0, result.stderr
    assert "read:    1 compartment, 2 species, 1 parameter, 1 reaction" in result.stdout
    assert "at is a word of the language, and is called at_ here" in result.stdout
    assert "taken as seconds" in result.stdout
    model = load_model(folder / "model.yaml")
    assert [p.id for p in model.parameters] == ["C", "at_"]
    study = load_experiment(folder / "experiment.yaml")
    assert [m.name for m in study.experiment.measure] == ["S", "P"]
    told = json.loads(answer.read_text("utf-8"))
    assert told["written"] == {"parameters": 2, "quantities": 2, "processes": 1}
    assert {note["code"] for note in told["notes"]} >= {"SBML_RENAMED", "SBML_ASSUMED"}


def test_import_takes_a_unit_of_time(tmp_path: Path) -> None:
    """The unit of time that the file leaves open can be stated."""
    file, folder = written(tmp_path, document(BODY)), tmp_path / "out"
    assert call("import", str(file), str(folder), "--time-unit", "min").exit_code == 0
    model = load_model(folder / "model.yaml")
    assert model.equations is not None
    assert model.equations.time == "min"


@pytest.mark.parametrize("unit", ["fortnight", "mL"])
def test_import_refuses_what_is_no_unit_of_time(tmp_path: Path, unit: str) -> None:
    """A word that is no unit of time is refused, and nothing is written."""
    file, folder = written(tmp_path, document(BODY)), tmp_path / "out"
    result = call("import", str(file), str(folder), "--time-unit", unit)
    assert result.exit_code == 2
    assert "BAD_UNIT" in result.stderr
    assert not folder.exists()


def test_import_overwrites_nothing(tmp_path: Path) -> None:
    """A folder that has a model already is left as it is."""
    file = written(tmp_path, document(BODY))
    written(tmp_path, "mine", "experiment.yaml")
    result = call("import", str(file), str(tmp_path))
    assert result.exit_code == 2
    assert "is not overwritten" in result.stderr
    assert not (tmp_path / "model.yaml").exists()


def test_import_refuses_with_the_status_of_its_reason(tmp_path: Path) -> None:
    """2 for a file that is wrong, 3 for one that says what cannot be said here; with code and line."""
    broken = call("import", str(written(tmp_path, "<sbml")), str(tmp_path / "out"))
    assert (broken.exit_code, "SBML_INVALID" in broken.stderr) == (2, True)
    more = ' xmlns:q="http://www.sbml.org/sbml/level3/version1/qual/version1" q:required="true"'
    logical = call("import", str(written(tmp_path, document(BODY, more=more))), str(tmp_path / "out"))
    assert (logical.exit_code, "SBML_PACKAGE" in logical.stderr) == (3, True)
    assert "model.xml:1:1" in logical.stderr
