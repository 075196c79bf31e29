"""The page on panels: every command runs as it stands there, and says what the page says it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cytokinome.cli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "how-to-panel.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(text|yaml)\n(.*?)```", PAGE, flags=re.DOTALL)
COMMANDS = [text.split("\n", 1) for kind, text in BLOCKS if kind == "text" and text.startswith("$ ")]


def squeezed(text: str) -> str:
    """Words with one space between them: the widths of columns do not count, nor do rules."""
    return " ".join(re.sub("─+", " ", text).split())


def holds(said: str, shown: str) -> bool:
    """Whether what the page shows stands in what was said, in this order, with anything for `…`."""
    parts = [squeezed(part) for part in shown.split("…")]
    pattern = ".*".join(re.escape(part) for part in parts if part)
    return re.search(pattern, squeezed(said), flags=re.DOTALL) is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page."""
    folder = tmp_path_factory.mktemp("panel")
    (lab,) = [text for kind, text in BLOCKS if text.startswith("Sample;")]
    (experiment,) = [text for kind, text in BLOCKS if kind == "yaml"]
    (folder / "lab.csv").write_text(lab, encoding="utf-8")
    (folder / "again.yaml").write_text(experiment, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("line", "shown"), COMMANDS, ids=[line[13:50] for line, _ in COMMANDS])
def test_each_command(line: str, shown: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    """In the order of the page, in one folder."""
    monkeypatch.chdir(folder)
    words = shlex.split(line.removeprefix("$ cytokinome "))
    result = CliRunner().invoke(app, words)
    said = result.stdout + result.stderr
    assert result.exit_code == (2 if "error " in shown else 0), said
    assert holds(said, shown), f"{said}\n--- is not\n{shown}"


def test_the_table_of_the_page(folder: Path):
    """The lines of data.csv that the page shows."""
    (shown,) = [text for kind, text in BLOCKS if text.startswith("arm,time_h")]
    assert (folder / "data.csv").read_text("utf-8").startswith(shown)


def test_commands_are_found():
    """The page has its commands."""
    assert len(COMMANDS) == 5
