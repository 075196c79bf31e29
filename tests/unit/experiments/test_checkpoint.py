"""Checkpoints: what is kept comes back to the bit, what is damaged or foreign counts as absent."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from cytokinome.engines.base import Outcome
from cytokinome.errors import StoreError
from cytokinome.experiments import disk
from cytokinome.experiments.checkpoint import Checkpoint, outcomes_of, packed, packed_outcomes, unpacked

ARRAYS = {"a": np.array([0.1, np.nan, -0.0]), "b": np.arange(6).reshape(2, 3), "c.d": np.empty((0, 4))}


def test_arrays_come_back_to_the_bit(tmp_path: Path) -> None:
    """Types, shapes and signs of zero."""
    checkpoint = Checkpoint(tmp_path / "blocks", "run")
    checkpoint.write("x", ARRAYS)
    found = checkpoint.read("x")
    assert found is not None
    for name, array in ARRAYS.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()
    assert [p.name for p in (tmp_path / "blocks").iterdir()] == ["x"]
    checkpoint.remove()
    assert not (tmp_path / "blocks").exists()
    checkpoint.remove()


@pytest.mark.parametrize("fault", ["absent", "cut", "bit", "empty", "other run", "directory"])
def test_what_is_not_whole_is_absent(tmp_path: Path, fault: str) -> None:
    """A file that was cut, altered, or belongs to another run."""
    checkpoint, path = Checkpoint(tmp_path, "run"), tmp_path / "x"
    checkpoint.write("x", ARRAYS)
    data = bytearray(path.read_bytes())
    if fault in ("absent", "directory"):
        path.unlink()
    if fault == "directory":
        path.mkdir()
    if fault == "cut":
        path.write_bytes(data[:-1])
    if fault == "bit":
        data[-20] ^= 1
        path.write_bytes(data)
    if fault == "empty":
        path.write_bytes(b"")
    reader = Checkpoint(tmp_path, "another") if fault == "other run" else checkpoint
    assert reader.read("x") is None


def test_outcomes_and_plain_data() -> None:
    """Times to the last bit; equal outcomes are equal again."""
    outcomes = (Outcome.COMPLETED.of(0.1 + 0.2), Outcome.BLOWN_UP.of(1 / 3, "TNF"), Outcome.COMPLETED.of(0.1 + 0.2))
    assert outcomes_of(packed_outcomes(outcomes)) == outcomes
    assert unpacked(packed([{"x": 0.1}, None, "µ"])) == [{"x": 0.1}, None, "µ"]


def test_a_full_disk_is_told_with_a_code(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "blocks").write_text("in the way")
    with pytest.raises(StoreError, match="STORE_UNWRITABLE"):
        Checkpoint(tmp_path / "blocks", "run").write("x", ARRAYS)


def _try_to_lock(path: Path, answer: multiprocessing.SimpleQueue) -> None:
    try:
        with disk.locked(path):
            answer.put("held")
    except BlockingIOError:
        answer.put("refused")


def test_a_lock_keeps_another_process_out(tmp_path: Path) -> None:
    """Refused while it is held, given after that; nothing stays behind."""
    context = multiprocessing.get_context("spawn")
    answers = []
    for is_held in (True, False):
        answer = context.SimpleQueue()
        process = context.Process(target=_try_to_lock, args=(tmp_path / ".lock", answer))
        if is_held:
            with disk.locked(tmp_path / ".lock"):
                process.start()
                process.join(60)
        else:
            process.start()
            process.join(60)
        answers.append(answer.get())
    assert answers == ["refused", "held"]
    assert not list(tmp_path.iterdir())
