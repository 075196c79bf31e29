"""What goes wrong becomes a message and an exit status, and the terminal stays safe."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cytokinome import api
from cytokinome.cli import options, progress
from cytokinome.cli.console import Screen, clean
from cytokinome.cli.guard import told
from cytokinome.cli.main import app
from cytokinome.errors import SimulationError, StoreError, UnsupportedFeature

COMMAND = [sys.executable, "-m", "cytokinome"]


def _status(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(typer.Exit) as caught, told():
        raise error
    return caught.value.exit_code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UnsupportedFeature("no"), 3, "no"),
        (SimulationError("a worker died"), 4, "a worker died"),
        (StoreError("damaged"), 2, "damaged"),
        (KeyboardInterrupt(), 130, "stopped"),
        (MemoryError(), 5, "memory"),
        (OSError(errno.ENOSPC, "No space left on device", "a.csv"), 5, "a.csv: No space left"),
        (PermissionError(errno.EACCES, "Permission denied", "a.csv"), 2, "a.csv: Permission denied"),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.csv"), 2, "a.csv: No such file"),
    ],
)
def test_statuses(error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each kind of error has its exit status and a sentence, without a traceback."""
    found, text = _status(error, capsys)
    assert (found, said in text, "Traceback" in text) == (status, True, False)


def test_full_disk_while_storing(capsys: pytest.CaptureFixture[str]) -> None:
    """A run directory that a full disk stopped is a resource limit, not a fault of the user's files."""
    error = StoreError("cannot be written: No space left on device")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert _status(error, capsys)[0] == 5


def test_defects_are_written_to_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is called a defect, and its traceback is in the file that the message names."""

    def break_down(*_: object) -> None:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr(api, "open", break_down)
    result = CliRunner().invoke(app, ["open", "runs/x"])
    assert result.exit_code == 70
    assert "defect of cytokinome" in result.stderr
    assert "Traceback" not in result.output
    named = re.search(r"details are in (\S+);", result.stderr)
    assert named is not None
    path = Path(named[1])
    assert "ZeroDivisionError: deep inside" in path.read_text(encoding="utf-8")
    path.unlink()


def test_reader_who_goes_away() -> None:
    """A closed pipe ends a command quietly."""
    with subprocess.Popen(
        [*COMMAND, "explain", "tnf-il10-culture", "--stage", "network"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")


@pytest.mark.parametrize(
    ("patients", "options"), [(2000, ["--target", "reference"]), (400_000, ["--stream"])], ids=["processes", "threads"]
)
def test_ctrl_c(tmp_path: Path, patients: int, options: list[str]) -> None:
    """Ctrl-C in a run over processes or threads has its own status, keeps what is done and says how to go on."""
    people = ["--patients", str(patients), "--workers", "2", "--out", str(tmp_path)]
    command = [*COMMAND, "run", "tnf-il10-culture", *people, *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_hear_ctrl_c,
    ) as process:
        assert process.stderr is not None
        told = b""
        while f" of {3 * patients} patients".encode() not in told and process.poll() is None:
            told = process.stderr.readline()  # up to the first sign of progress in a log
        os.killpg(process.pid, signal.SIGINT)
        try:
            _, said = process.communicate(timeout=100)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130, said
    assert b"Traceback" not in said
    assert b"cytokinome run --resume" in said
    result = api.open(tmp_path / "tnf-il10-culture")
    assert result.manifest.status == "interrupted"
    assert all(set(arm.fates.counts) <= {"completed", "interrupted"} for arm in result.arms.values())
    assert sum(arm.fates.counts.get("completed", 0) for arm in result.arms.values()) > 0


def _hear_ctrl_c() -> None:
    """Undo what shells do to commands in the background, tests among them: these and their children ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_control_characters_are_shown_harmless() -> None:
    """Text of files cannot steer the terminal."""
    assert clean("a\x1b[31mb\x07\tc\n\u202e") == "a\ufffd[31mb\ufffd\tc\n\ufffd"


def test_tables_keep_brackets_and_colours_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets in a cell are text, and output to a file has no colours."""
    Screen().table(["a", "b"], [["[red]x[/red]", "within [1, 2]"]])
    text = capsys.readouterr().out
    assert "[red]x[/red]" in text
    assert "\x1b" not in text


def test_json_refuses_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON never holds NaN, which other programs cannot read."""
    with pytest.raises(ValueError, match="JSON"):
        Screen("-").data({"a": float("nan")})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("text", "value"), [("4GB", 4e9), ("1.5 MiB", 1.5 * 1024**2), ("10", 10.0), ("2kB", 2000.0)])
def test_sizes_of_memory(text: str, value: float) -> None:
    """Sizes are read with decimal and binary prefixes."""
    assert options.memory(text) == value


@pytest.mark.parametrize("text", ["", "0", "-1GB", "GB", "4 GBs", "1e9", "nan"])
def test_wrong_sizes_of_memory(text: str) -> None:
    """What is no size is refused."""
    with pytest.raises(typer.BadParameter):
        options.memory(text)


def test_cores_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large machine is not taken whole."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert options.cores() == options.MOST_WORKERS


def test_progress_in_a_log(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where standard error is no terminal, a line comes at most every ten seconds."""
    now = iter([0.0, 5.0, 10.0, 12.0, 21.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    with progress.Progress() as shown:
        for done in range(1, 5):
            shown(done, 4)
    assert capsys.readouterr().err == "2 of 4 patients\n4 of 4 patients\n"


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a bar appears after a second and is gone at the end."""
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    now = iter([0.0, 0.5, 1.5])
    with progress.Progress() as shown:
        bar = shown._shown
        assert isinstance(bar, progress._Bar)
        monkeypatch.setattr(progress.time, "monotonic", lambda: next(now, 2.0))
        bar._start = 0.0
        states = []
        for done in (1, 2, 3):
            shown(done, 3)
            states.append(bar._is_shown)
    assert states == [False, False, True]
    assert not bar._bar.live.is_started
