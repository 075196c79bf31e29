"""The command panel: what it says, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cytokinome.cli.main import app
from cytokinome.diagnostics import Collector
from cytokinome.experiments.data import parse_table

ARMS = "Group=LPS bolus:bolus,LPS infusion:infusion"
LAB = "Sample,Group,IL-6 (pg/mL),<b>x</b> (pg/mL)\ns1,a,3,4\ns2,b,<2,OOR >\n"


def call(*arguments: str) -> Result:
    """Run the command line with these arguments."""
    return CliRunner().invoke(app, ["panel", *arguments])


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A small file of a laboratory."""
    path = tmp_path / "lab.csv"
    path.write_text(LAB, encoding="utf-8")
    return path


def test_json_has_everything(tmp_path: Path):
    """Analytes with counts, medians, levels with sources, courses; findings."""
    path = tmp_path / "answer.json"
    result = call("endotoxemia-panel", "--json", str(path))
    assert result.exit_code == 0, result.stderr
    told = json.loads(path.read_text("utf-8"))
    assert (told["matrix"], told["samples"], told["group"]) == ("plasma", 128, "Group")
    row = next(r for r in told["analytes"] if r["analyte"] == "IL6" and r["group"] == "LPS bolus")
    assert (row["n"], row["below"], row["unit"]) == (64, 8, "pg/mL")
    assert row["healthy"]["matrix"] == "plasma"
    assert row["healthy"]["tier"] in "ABSCV"
    assert row["healthy"]["source"]
    assert row["course"][0]["median"] == {"value": 1.3, "censoring": "below"}
    assert told["findings"] == []


def test_pages_hold_what_the_file_says(lab: Path, tmp_path: Path):
    """Figure and page; what a user wrote is text, never markup."""
    result = call(str(lab), "--matrix", "plasma", "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.stderr
    page = (tmp_path / "out" / "panel.html").read_text("utf-8")
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>x</b>" not in page
    assert "<script" not in page
    assert (tmp_path / "out" / "figure.png").stat().st_size > 10_000
    assert "Each analyte beside healthy people" in page


def test_data_for_an_experiment(tmp_path: Path):
    """The names of the experiment, a mean for each arm and time, and as many people as there were."""
    path = tmp_path / "data.csv"
    result = call("endotoxemia-panel", "--write", str(path), "--arm", ARMS, "--for", "human-endotoxemia-published")
    assert result.exit_code == 0, result.stderr
    found = Collector()
    table = parse_table(path.read_text("utf-8"), "data.csv", found)
    assert found.report().diagnostics == ()
    assert table is not None
    assert {p.analyte for p in table.points} == {"TNF", "IL6", "IL8", "IL10"}
    assert {p.n for p in table.points} == {8}
    assert len(table.points) == 2 * 4 * 8
    assert call("endotoxemia-panel", "--write", str(path), "--arm", ARMS).exit_code == 2  # exists already


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--arm", "Grp"], "did you mean Group"),
        (["--arm", "Group=LPS bolus:bolus"], "no arm is known for Group 'LPS infusion'"),
        (["--arm", "=both", "--for", "human-endotoxemia-published"], "both is not an arm of the experiment"),
        (["--arm", ARMS, "--for", "human-endotoxemia-publishd"], "did you mean human-endotoxemia-published"),
    ],
)
def test_data_that_fit_nothing(options: list[str], said: str, tmp_path: Path):
    """What keeps a panel from being data is told, and nothing is written."""
    path = tmp_path / "data.csv"
    result = call("endotoxemia-panel", "--write", str(path), *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not path.exists()


def test_times_are_needed_for_data(lab: Path, tmp_path: Path):
    """A panel without times has no points; a limit that nobody stated is no number."""
    result = call(str(lab), "--write", str(tmp_path / "d.csv"), "--arm", "Group")
    assert result.exit_code == 2
    assert "a sample has no time" in result.stderr
    assert "above a limit that the file does not state" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["endotoxemia-pannel"], "did you mean endotoxemia-panel"),
        (["endotoxemia-panel", "--matrix", "serum"], "but the file says plasma"),
        (["endotoxemia-panel", "--to", "IU/mL"], "specific activity"),
        (["endotoxemia-panel", "--to", "h"], "is no concentration"),
        (["endotoxemia-panel", "--matrix", "blod"], "did you mean"),
    ],
)
def test_refusals(arguments: list[str], said: str):
    """Each says what to do, with the status of a fault of the user's."""
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_shipped_panel_is_what_the_tool_makes():
    """Synthetic, and made by the command that its first lines name."""
    from cytokinome import library
    from tools.panel import panel_text

    shipped = (library.ROOT / "panels" / "endotoxemia-panel.csv").read_text("utf-8")
    assert panel_text() == shipped


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "human-endotoxemia-publishd"], "did you mean human-endotoxemia-published"),
        (["compare", "human-endotoxemia-publishd"], "did you mean human-endotoxemia-published"),
        (["verify", "human-endotoxemia-publishd"], "did you mean human-endotoxemia-published"),
        (["fit", "human-endotoxemi"], "no such file, no folder with fit.yaml, and no shipped scenario"),
        (["fit", "il2-niche"], "il2-niche calibrates nothing"),
    ],
)
def test_names_of_nothing(arguments: list[str], said: str):
    """A slip in the name of a scenario is told by every command that takes one."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert said in result.stderr
