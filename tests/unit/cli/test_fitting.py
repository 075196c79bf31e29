"""The command fit: what it answers, where it writes, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.test_commands import call
from tests.unit.experiments.fits import FIT, decay, write

STATED = FIT.replace("[X0, k]", "{X0: {prior: 5 ng/mL, fold: 100}, k: {prior: 0.2 /h, fold: 100}}") + "starts: 4\n"
NOISE = [0.1, -0.05, 0.02, -0.1, 0.08, 0.0, -0.07]


def test_fit_answers(tmp_path: Path) -> None:
    """Estimates and what stands go to standard output, progress to standard error, everything to JSON."""
    folder = write(tmp_path, data=decay(noise=NOISE), fit=STATED)
    result = call("fit", folder, "--workers", "1", "--json", tmp_path / "fit.json", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "decay: 2 free numbers, 13 values, 4 starts" in result.stderr
    assert "4 of 4 starts came to this optimum." in result.stdout
    assert "The models do not have what the fit finds" in result.stdout
    found = json.loads((tmp_path / "fit.json").read_text("utf-8"))
    assert [row["name"] for row in found["parameters"]] == ["X0", "k"]
    k = found["parameters"][1]
    assert k["low"] < k["value"] < k["high"]
    assert (k["unit"], k["stands"], k["contains"], found["stands"]) == ("/h", 0.2, False, False)
    assert (found["values"], found["censored"], found["left_out"], found["agreeing_starts"]) == (13, 0, 0, 4)
    draws = (tmp_path / "out/draws.csv").read_text("utf-8").splitlines()
    assert draws[0] == "X0 (ng/mL),k (/h)"
    assert len(draws) == 201
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert page.count("<svg") == 3
    assert "The models do not have what the fit finds" in page


def test_check_and_write(tmp_path: Path) -> None:
    """`--check` fails until `--write` has put the estimates into the model; the model then is valid and stands."""
    folder = write(tmp_path, data=decay(noise=NOISE), fit=STATED)
    options = ("fit", folder, "--quick", "--workers", "1")
    assert call(*options, "--check").exit_code == 1
    result = call(*options, "--write")
    assert result.exit_code == 0, result.output
    assert f"{folder / 'model.yaml'} is written" in result.stdout
    assert call("validate", folder / "model.yaml").stdout.endswith("fine\n")
    result = call(*options, "--check")
    assert result.exit_code == 0, result.output
    assert "The models have what the fit finds" in result.stdout


def test_faults_have_the_status_of_files(tmp_path: Path) -> None:
    """A fault of a file, or no file at all, is the user's: exit status 2 and a place."""
    folder = write(tmp_path, data=decay(), fit=STATED.replace("k:", "kk:"))
    result = call("fit", folder)
    assert result.exit_code == 2
    assert "UNKNOWN_NAME" in result.stderr
    assert "fit.yaml:3" in result.stderr
    assert call("fit", tmp_path / "nothing.yaml").exit_code == 2
