"""Runs that are killed: continued, they end with the digest of a run that was never stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cytokinome import api
from cytokinome.errors import StoreError
from cytokinome.experiments import disk, execute
from cytokinome.experiments.result import Result

SCENARIO = "tnf-il10-culture"
PATIENTS = 96
# Blocks of eight patients, saved at once; when so many are there the run waits, so that a kill meets it at work.
CHILD = """
import sys, time
from pathlib import Path
from cytokinome import api
from cytokinome.experiments import execute, stream
execute.LANE_BLOCK, stream.EVERY, stream._SHARE = 8, 0.0, 0.0
whole = execute.Job.block
def waiting(self, *block, **options):
    if len(list(Path(sys.argv[-2]).glob("**/blocks/*.npz"))) >= int(sys.argv[-1]):
        time.sleep(300)
    return whole(self, *block, **options)
execute.Job.block = waiting
print("ready", flush=True)
if sys.argv[1] == "run":
    options = {"stream": sys.argv[3] == "stream", "target": sys.argv[4]}
    api.run("tnf-il10-culture", patients=int(sys.argv[5]), out=sys.argv[2], workers=2, **options)
else:
    api.resume(sys.argv[2], workers=2)
"""


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of the killed runs."""
    monkeypatch.setattr(execute, "LANE_BLOCK", 8)


def kill_after_blocks(arguments: list[str], folder: Path, files: int) -> None:
    """Start a run or resume in another process; kill it without warning when so many files of blocks are there."""
    words = [sys.executable, "-c", CHILD, *arguments, str(folder), str(files)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        limit = time.monotonic() + 120
        while len(list(folder.glob("**/blocks/*.npz"))) < files and process.poll() is None:
            assert time.monotonic() < limit, "nothing was saved"
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -signal.SIGKILL, "the run ended before it was killed"


def digest_of(tmp_path: Path, mode: str, target: str, patients: int) -> str:
    """Run to the end and return the digest."""
    result = api.run(SCENARIO, patients=patients, stream=mode == "stream", target=target, out=tmp_path / "whole")
    assert len(result.manifest.results) == 64
    return result.manifest.results


@pytest.mark.parametrize(
    ("mode", "target", "patients", "files"),
    [
        ("keep", "llvm", PATIENTS, (3, 11, 20)),
        ("stream", "llvm", PATIENTS, (2, 5, 8)),
        ("keep", "reference", 20, (2, 4)),
    ],
)
def test_a_killed_run_ends_with_the_same_digest(
    tmp_path: Path, mode: str, target: str, patients: int, files: tuple[int, ...]
) -> None:
    """Killed at the start, killed again when continued, at last continued to the end."""
    path = tmp_path / "killed" / SCENARIO
    kill_after_blocks(["run", str(tmp_path / "killed"), mode, target, str(patients)], path, files[0])
    with pytest.raises(StoreError, match="--resume"):
        api.open(path)
    for count in files[1:]:
        kill_after_blocks(["resume", str(path)], path, count)
    result = api.resume(path)
    assert result.manifest.status == "complete"
    assert result.manifest.results == digest_of(tmp_path, mode, target, patients)
    assert api.open(path).manifest == result.manifest
    assert sorted(p.name for p in path.iterdir()) == ["arrays", "manifest.json"]


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A run that was killed after some blocks."""
    path = tmp_path / "killed" / SCENARIO
    kill_after_blocks(["run", str(tmp_path / "killed"), "keep", "llvm", str(PATIENTS)], path, 6)
    return path


def test_blocks_are_used_and_damaged_ones_made_again(
    killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is missing or damaged is simulated."""
    files = sorted((killed / "blocks").glob("*.npz"))
    data = bytearray(files[0].read_bytes())
    data[len(data) // 2] ^= 0xFF
    files[0].write_bytes(data)
    done: list[tuple[int, int, int]] = []
    block = execute.Job.block

    def watched(self: execute.Job, index: int, first: int, count: int, should_stop: object = None) -> object:
        done.append((index, first, count))
        return block(self, index, first, count, should_stop)  # type: ignore[arg-type]

    monkeypatch.setattr(execute.Job, "block", watched)
    result = api.resume(killed)
    kept = {tuple(int(n) for n in file.stem.split("-")) for file in files[1:]}
    assert not kept & set(done)
    assert len(done) == 3 * PATIENTS // 8 - len(kept)
    assert tuple(int(n) for n in files[0].stem.split("-")) in done
    assert result.manifest.results == digest_of(tmp_path, "keep", "llvm", PATIENTS)


def test_a_complete_run_is_opened(tmp_path: Path) -> None:
    """Nothing is simulated, nothing written."""
    before = api.run(SCENARIO, patients=2, out=tmp_path)
    assert before.directory is not None
    text = (before.directory / "manifest.json").read_bytes()
    assert api.resume(before.directory).manifest == before.manifest
    assert (before.directory / "manifest.json").read_bytes() == text


def test_an_interrupted_run_is_continued(tmp_path: Path) -> None:
    """Ctrl-C leaves a readable result and its blocks; continued, the digest is that of a whole run."""

    def press(done: int, total: int) -> None:
        if done >= 80:
            raise KeyboardInterrupt

    stopped = api.run(SCENARIO, patients=PATIENTS, out=tmp_path / "stopped", on_progress=press)
    assert stopped.directory is not None
    assert api.open(stopped.directory).manifest.status == "interrupted"
    result = api.resume(stopped.directory)
    assert result.manifest.results == digest_of(tmp_path, "keep", "llvm", PATIENTS)
    assert {o.status for arm in result.arms.values() for o in arm.outcomes} == {"completed"}


def refusal(path: Path) -> str:
    """What resuming is refused with."""
    with pytest.raises(StoreError) as caught:
        api.resume(path)
    report = caught.value.report
    assert report is not None
    (error,) = report.errors
    assert error.code == "RESUME_REFUSED"
    return error.message


def edit(path: Path, **changes: object) -> None:
    """Change fields of the manifest."""
    content = json.loads((path / "manifest.json").read_text("utf-8"))
    (path / "manifest.json").write_text(json.dumps({**content, **changes}), "utf-8")


def test_an_altered_manifest_is_refused(killed: Path) -> None:
    """Another seed, other options."""
    content = json.loads((killed / "manifest.json").read_text("utf-8"))
    edit(killed, seed=2)
    assert "has been altered" in refusal(killed)
    edit(killed, seed=content["seed"], options={**content["options"], "rtol": 1e-3})
    assert "has been altered" in refusal(killed)
    edit(killed, options=content["options"])
    assert api.resume(killed).manifest.status == "complete"


def test_another_version_is_refused(killed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says which part differs, and nothing of the run is lost."""
    from cytokinome.evidence import Provenance

    collect = Provenance.collect

    def newer(**what: object) -> Provenance:
        from dataclasses import replace

        return replace(collect(**what), numpy="99.0")  # type: ignore[arg-type]

    monkeypatch.setattr(Provenance, "collect", newer)
    assert "here 99.0" in refusal(killed)
    monkeypatch.undo()
    monkeypatch.setattr(execute, "LANE_BLOCK", 8)
    assert api.resume(killed).manifest.status == "complete"


def test_two_at_once_are_refused(killed: Path) -> None:
    """While one process holds the run, another is told so."""
    with disk.locked(killed / ".lock"):
        assert "another process" in refusal(killed)
    assert api.resume(killed).manifest.status == "complete"


def test_digest_does_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    """Nor on whether it is written at once or later."""
    results: list[Result] = [
        api.run(SCENARIO, patients=PATIENTS, out=tmp_path / str(workers), workers=workers) for workers in (1, 4)
    ]
    assert results[0].manifest.results == results[1].manifest.results
    assert results[0].to_json()["digest"] == results[0].manifest.results
