"""The first page of the README: its Python runs, its model file is the demo's."""

import re
from pathlib import Path

import pytest

import cytokinome
from cytokinome import library

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_model_file_is_that_of_the_demo():
    """`python tools/readme.py` puts it there again."""
    demo = library.find(library.DEMO)
    assert demo is not None
    assert blocks("yaml") == [demo.model.read_text(encoding="utf-8")]


def test_the_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """All lines of the example, with fewer people; it writes its two files and prints its claims."""
    (program,) = blocks("python")
    assert len([line for line in program.splitlines() if line.strip()]) <= 10
    monkeypatch.chdir(tmp_path)
    whole = cytokinome.run
    monkeypatch.setattr(cytokinome, "run", lambda name, patients: whole(name, patients=min(patients, 2)))
    exec(compile(program, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed.count("met   ") == 16
    assert "FAILED" not in printed
    assert (tmp_path / "endotoxemia.html").stat().st_size > 10_000
    assert (tmp_path / "endotoxemia.png").stat().st_size > 10_000


def test_every_command_of_the_table_exists():
    """`cytokinome WORD` in the README names a command."""
    from typer.main import get_command

    from cytokinome.cli.main import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"`cytokinome ([a-z]+)", README))
    assert named
    assert named <= known
