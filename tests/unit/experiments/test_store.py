"""Run directories: what is written is read back; what is damaged, strange or unfinished is refused with a code."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cytokinome.errors import StoreError
from cytokinome.experiments import arrays, disk
from cytokinome.experiments.result import Result
from cytokinome.experiments.store import RunWriter, open_run, save, write_csv
from cytokinome.model.components import Model
from tests.unit.experiments.samples import TEXT, model, result

CLAIMS = """claims:
  - {id: c, says: high, value: peak(bolus.TNF), expect: {above: 1}, kind: predicts, source: assumed, because: [r]}
"""


def reopen(path: Path) -> Result:
    """Open a run with a reader that ignores the text of the model."""
    return open_run(path, lambda _: model())


def code(path: Path) -> str:
    """Return the code with which opening is refused."""
    with pytest.raises(StoreError, match="help: ") as caught:
        reopen(path)
    report = caught.value.report
    assert report is not None
    return report.errors[0].code


def change(path: Path, edit: Callable[[dict], None]) -> None:
    """Edit the manifest."""
    content = json.loads((path / "manifest.json").read_text("utf-8"))
    edit(content)
    (path / "manifest.json").write_text(json.dumps(content), "utf-8")


def saved(folder: Path) -> Path:
    """Save a result and return its directory."""
    directory = save(result(), folder).directory
    assert directory is not None
    return directory


def test_round_trip(tmp_path: Path) -> None:
    """Everything comes back, to the bit."""
    whole = save(result(TEXT + CLAIMS), tmp_path, "run")
    again = reopen(tmp_path / "run")
    assert again.experiment == whole.experiment
    assert again.claims == whole.claims
    assert again.effects == whole.effects
    assert repr(again.comparison) == repr(whole.comparison)
    assert again.manifest == whole.manifest
    assert again.directory == whole.directory == tmp_path / "run"
    for name, arm in whole.arms.items():
        for field in arrays.ARRAYS:
            np.testing.assert_array_equal(getattr(again.arms[name], field), getattr(arm, field))
        rest = ("id", "names", "units", "outcomes", "parameter_names", "usage")
        assert [getattr(again.arms[name], f) for f in rest] == [getattr(arm, f) for f in rest]


def test_model_text_goes_through_the_reader(tmp_path: Path) -> None:
    """The text of the model is what the given reader gets."""
    seen: list[str] = []

    def read_model(text: str) -> Model:
        seen.append(text)
        return model()

    open_run(saved(tmp_path), read_model)
    assert seen == ["model: cells\n"]


def test_many_patients_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of several chunks come back whole, and a missing chunk is noticed."""
    monkeypatch.setattr(arrays, "_CHUNK", 600)
    directory = saved(tmp_path)
    assert reopen(directory).arms["bolus"].values.shape == (4, 289, 2)
    chunks = sorted((directory / "arrays/bolus/values/c").rglob("0"))
    next(c for c in chunks if c.is_file()).unlink()
    assert code(directory) == "STORE_UNREADABLE"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A second run of one name gets a number; a file in the way too."""
    first = saved(tmp_path)
    before = (first / "manifest.json").read_bytes()
    (tmp_path / "two-arms-2").write_text("mine")
    assert saved(tmp_path).name == "two-arms-3"
    assert (first / "manifest.json").read_bytes() == before
    assert (tmp_path / "two-arms-2").read_text() == "mine"


def test_csv(tmp_path: Path) -> None:
    """The CSV holds every number to the last bit."""
    whole = save(result(), tmp_path, csv_too=True)
    assert whole.directory is not None
    lines = (whole.directory / "values.csv").read_text("utf-8").splitlines()
    assert len(lines) == 1 + 2 * 4 * 289 * 2
    assert lines[0] == "arm,patient,time_h,name,value,unit"
    last = lines[-1].split(",")
    assert (last[0], last[1], float(last[4])) == ("anti-TNF", "4", whole.arms["anti-TNF"].values[3, -1, 1])


def test_interrupted_runs_are_readable(tmp_path: Path) -> None:
    """After Ctrl-C the arms that were finished can be opened, and the interruption is not swallowed."""
    whole = result()

    def stopped_run() -> None:
        with RunWriter(tmp_path, "run", whole.experiment, whole.model, whole.manifest) as writer:
            writer.add(whole.arms["bolus"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_run()
    again = reopen(tmp_path / "run")
    assert again.manifest.status == "interrupted"
    assert list(again.arms) == ["bolus"]
    np.testing.assert_array_equal(again.arms["bolus"].values, whole.arms["bolus"].values)


def test_interruption_inside_an_arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while an array is written loses that arm only."""
    whole = result()
    write = arrays.write

    def interrupted(directory: Path, arm: object) -> dict[str, str]:
        write(directory, whole.arms["bolus"])
        if directory.name == "anti-TNF":
            raise KeyboardInterrupt
        return write(directory.with_name("copy"), whole.arms["bolus"])

    monkeypatch.setattr(arrays, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(whole, tmp_path, "run")
    assert list(reopen(tmp_path / "run").arms) == ["bolus"]


def test_unfinished_runs_are_refused(tmp_path: Path) -> None:
    """A directory whose writer was killed says so."""
    whole = result()
    writer = RunWriter(tmp_path, "run", whole.experiment, whole.model, whole.manifest)
    writer.add(whole.arms["bolus"])
    with pytest.raises(StoreError, match="has not been finished"):
        reopen(tmp_path / "run")


@pytest.mark.parametrize("make", ["missing", "file", "empty", "binary", "half", "list", "deep", "version", "status"])
def test_what_is_no_run(tmp_path: Path, make: str) -> None:
    """Paths and manifests that are none are refused."""
    path = tmp_path / "run"
    if make == "file":
        path.write_text("x")
    elif make != "missing":
        saved(tmp_path).rename(path)
        manifest = path / "manifest.json"
        texts = {
            "binary": b"\xff\xfe\x00\x01",
            "half": manifest.read_bytes()[:200],
            "list": b"[]",
            "deep": b"[" * 100_000,
            "version": manifest.read_bytes().replace(b'"schema": 2', b'"schema": 99'),
            "status": manifest.read_bytes().replace(b'"complete"', b'"fine"'),
        }
        if make == "empty":
            manifest.unlink()
        else:
            manifest.write_bytes(texts[make])
    assert code(path) == "STORE_UNREADABLE"


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m.pop("texts"),
        lambda m: m["texts"].pop("model"),
        lambda m: m["texts"].update(experiment="nonsense"),
        lambda m: m["texts"].update(experiment=3),
        lambda m: m.update(seed="one"),
        lambda m: m.update(seed=True),
        lambda m: m["arms"].append(m["arms"][0]),
        lambda m: m["arms"][0].update(id="../../elsewhere"),
        lambda m: m["arms"][0].update(id="nowhere"),
        lambda m: m["arms"][0]["names"].pop(),
        lambda m: m["arms"][0]["outcomes"].pop(),
        lambda m: m["arms"][0].update(n_times=10**12),
        lambda m: m["arms"][0]["digests"].update(values="0" * 64),
        lambda m: m["arms"][0]["digests"].pop("values"),
        lambda m: m["comparison"][0].update(peak="high"),
        lambda m: m["comparison"][0].update(central="mode"),
        lambda m: m["provenance"].update(texts=[["a"]]),
        lambda m: m.update(claims={}),
    ],
)
def test_damaged_manifests(tmp_path: Path, edit: Callable[[dict], None]) -> None:
    """A manifest that lacks something, or lies, is refused."""
    directory = saved(tmp_path)
    change(directory, edit)
    assert code(directory) == "STORE_UNREADABLE"


@pytest.mark.parametrize("damage", ["cut", "flip", "remove", "array", "type", "codec", "shape", "json"])
def test_damaged_arrays(tmp_path: Path, damage: str) -> None:
    """An array that is cut, changed, missing or of another kind is refused before its numbers are used."""
    directory = saved(tmp_path)
    array = directory / "arrays" / "bolus" / "values"
    chunk = next(p for p in (array / "c").rglob("*") if p.is_file())
    data, metadata = chunk.read_bytes(), (array / "zarr.json").read_text("utf-8")
    if damage == "cut":
        chunk.write_bytes(data[: len(data) // 2])
    elif damage == "flip":
        chunk.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    elif damage == "remove":
        chunk.unlink()
    elif damage == "array":
        (array / "zarr.json").unlink()
    else:
        edits = {
            "type": ('"float64"', '"string"'),
            "codec": ('"zstd"', '"numcodecs.pickle"'),
            "shape": ("289", "288"),
            "json": ("{", "{{"),
        }
        assert edits[damage][0] in metadata
        (array / "zarr.json").write_text(metadata.replace(*edits[damage]), "utf-8")
    assert code(directory) == "STORE_UNREADABLE"


@pytest.mark.parametrize("target", ["open", "fsync", "replace"])
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """A full disk is a `StoreError` that says so; what was there before is untouched and nothing half-written opens."""
    before = saved(tmp_path)
    real = json.loads((before / "manifest.json").read_text("utf-8"))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if target == "open":
        monkeypatch.setattr(arrays, "write", full)
    elif target == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError, match="No space left") as caught:
        save(result(), tmp_path)
    assert caught.value.report is not None
    assert caught.value.report.errors[0].code == "STORE_UNWRITABLE"
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == [before.name] or target == "open"
    assert json.loads((before / "manifest.json").read_text("utf-8")) == real
    assert reopen(before).manifest.status == "complete"
    assert not list(tmp_path.rglob("*.tmp"))


def test_old_manifest_survives_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last manifest cannot be written, the first one still stands."""
    whole = result()
    writer = RunWriter(tmp_path, "run", whole.experiment, whole.model, whole.manifest)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        writer.finish(whole)
    assert json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))["status"] == "running"


@pytest.mark.parametrize("name", ["../run", "", "a/b", ".hidden", "x" * 200])
def test_strange_names(tmp_path: Path, name: str) -> None:
    """A run is written into its parent folder, nowhere else."""
    whole = result()
    with pytest.raises(StoreError, match="cannot name a directory"):
        RunWriter(tmp_path, name, whole.experiment, whole.model, whole.manifest)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder should be is a `StoreError`."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        save(result(), tmp_path / "file")
    with pytest.raises(StoreError, match="cannot be written"):
        write_csv(result(), tmp_path / "no" / "values.csv")


def test_no_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest that may not be read is refused with the reason."""
    directory = saved(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StoreError, match="Permission denied"):
        reopen(directory)


def test_no_patients_lost_in_an_interrupted_result(tmp_path: Path) -> None:
    """A result that is itself interrupted is written as such."""
    whole = result()
    whole = replace(whole, manifest=replace(whole.manifest, status="interrupted"))
    directory = save(whole, tmp_path).directory
    assert directory is not None
    assert reopen(directory).manifest.status == "interrupted"
