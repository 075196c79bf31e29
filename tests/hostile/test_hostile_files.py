"""Hostile and broken files are refused with a code and a place, soon, and nothing else happens."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.hostile import antimony_cases, own_cases, sbml_cases
from tests.hostile.attempts import Attempts
from tests.hostile.cases import TAKEN, Case

LIMIT = 30.0  # s of processor time, on a busy machine
FOREIGN = (("libsbml", sbml_cases.CASES), ("antimony", antimony_cases.CASES))
EVERY = [*own_cases.CASES, *(case for _, cases in FOREIGN for case in cases)]
CASES = [*own_cases.CASES, *(case for library, cases in FOREIGN if find_spec(library) for case in cases)]


@pytest.fixture(scope="module")
def attempts() -> Iterator[Attempts]:
    """One process that takes all files in turn: what breaks it breaks the tests behind."""
    asked = Attempts()
    yield asked
    asked.stop()
    own_cases.discard()


def test_there_are_many_cases() -> None:
    """At least 150 files, each with a name of its own."""
    assert len(EVERY) >= 150
    assert len({case.name for case in EVERY}) == len(EVERY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile_files(case: Case, attempts: Attempts, tmp_path: Path) -> None:
    """Each ends as it must, within limits; the process lives, and writes nothing outside the folder."""
    path = case.make(tmp_path)
    before = _listed(tmp_path)
    ending = attempts.attempt(case.action, path, tmp_path)
    assert ending.defect == ""
    assert ending.outside == ()
    assert _listed(tmp_path) == before
    assert ending.seconds < LIMIT
    if ending.taken:
        assert TAKEN in case.codes
    else:
        assert {code for code, _ in ending.codes} & set(case.codes), ending
        assert not case.placed or any(line > 0 for _, line in ending.codes), ending


def _listed(folder: Path) -> set[str]:
    return {os.fspath(path.relative_to(folder)) for path in folder.rglob("*")}


COMMANDS = {
    "yaml-laughs": ["validate"], "yaml-depth": ["validate"], "yaml-nul": ["explain"],
    "claim-of-code": ["run"], "table-with-nul": ["verify"], "arm-named-as-a-path": ["run"],
    "arm-with-a-path": ["open"], "manifest-of-depth": ["open"],
    "billion-laughs": ["import"], "recursive-function": ["import"], "directory": ["import"],
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(name: str, tmp_path: Path) -> None:
    """The command line says what is wrong, with a code, and ends with its status: no traceback, no defect."""
    case = next(c for c in EVERY if c.name == name)
    command, *rest = COMMANDS[name]
    target = ["made"] if command == "import" else []
    asked = [sys.executable, "-m", "cytokinome", command, os.fspath(case.make(tmp_path)), *rest, *target]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        asked, capture_output=True, text=True, errors="replace", env=environment, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode in (2, 3, 5), done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert any(code in done.stderr for code in case.codes), done.stderr
    assert not (tmp_path / "made").exists()
