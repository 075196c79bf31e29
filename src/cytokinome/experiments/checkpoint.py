"""Finished work of a run that goes on: arrays in files with a checksum, so that a killed run can be continued.

A file carries a hash of its content and of the run that it belongs to. One that is damaged, cut short or of another
run counts as absent: its work is done again.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import PatientOutcome, Solution, Statistics
from cytokinome.engines.tissue.space import Space
from cytokinome.experiments import solvers
from cytokinome.experiments.disk import write_atomically, writing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from cytokinome.experiments.execute import Block, Job, Part

    Arrays = Mapping[str, NDArray[Any]]

_MARK = b"cytokinome block 1\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder of named arrays that belong to the run `identity`."""

    folder: Path
    identity: str

    def read(self, name: str) -> dict[str, NDArray[Any]] | None:
        """Return what was written under a name; None where there is nothing whole of this run."""
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return None
        head = len(_MARK) + hashlib.sha256().digest_size
        content = data[head:]
        if data[:head] != _MARK + self._digest(content):
            return None
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return dict(arrays)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def write(self, name: str, arrays: Arrays) -> None:
        """Keep arrays under a name.

        Raises
        ------
        StoreError
            ``STORE_UNWRITABLE``.
        """
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        content = buffer.getvalue()
        with writing(self.folder):
            self.folder.mkdir(exist_ok=True)
            data = _MARK + self._digest(content) + content
            write_atomically(self.folder / name, data, is_durable=False)

    def remove(self) -> None:
        """Forget everything: the run is complete."""
        with writing(self.folder):
            if self.folder.is_dir():
                shutil.rmtree(self.folder)

    def _digest(self, content: bytes) -> bytes:
        return hashlib.sha256(self.identity.encode() + content).digest()


@dataclass(frozen=True, slots=True)
class KeptBlocks:
    """The blocks of a job that keeps all trajectories (see `execute.Keeper`)."""

    checkpoint: Checkpoint
    job: Job

    def read(self, block: Block) -> Part | None:
        """Return a block that is there and whole."""
        found = self.checkpoint.read(_name(block))
        if found is None:
            return None
        statistics = Statistics(*(int(n) for n in found["work"][:3]), seconds=float(found["work"][3]))
        outcomes, frame = outcomes_of(found["outcomes"]), solvers.frame(self.job.prepared[block[0]].kernel)
        space = None if frame is None else Space(frame, *(found[f"space.{name}"] for name in Space.ARRAYS))
        solution = Solution(self.job.times, self.job.names, found["values"], outcomes, statistics, space)
        return solution, found["parameters"]

    def write(self, block: Block, part: Part) -> None:
        """Keep a block."""
        solution, parameters = part
        work = solution.statistics
        arrays = {
            "values": solution.values,
            "parameters": parameters,
            "outcomes": packed_outcomes(solution.outcomes),
            "work": np.array([work.steps, work.rhs_evaluations, work.jacobians, work.seconds]),
            **({f"space.{name}": a for name, a in solution.space.arrays().items()} if solution.space else {}),
        }
        self.checkpoint.write(_name(block), arrays)


def _name(block: Block) -> str:
    arm, first, count = block
    return f"{arm}-{first}-{count}.npz"


def packed(content: object) -> NDArray[np.uint8]:
    """Return plain data as an array of bytes; numbers come back to the last bit."""
    return np.frombuffer(json.dumps(content).encode(), dtype=np.uint8)


def unpacked(array: NDArray[Any]) -> Any:
    """Return what `packed` was given."""
    return json.loads(array.astype(np.uint8).tobytes())


def packed_outcomes(outcomes: tuple[PatientOutcome, ...]) -> NDArray[np.uint8]:
    """Return outcomes as an array of bytes; equal ones are written once."""
    kinds = {outcome: place for place, outcome in enumerate(dict.fromkeys(outcomes))}
    return packed({"kinds": [asdict(kind) for kind in kinds], "patients": [kinds[o] for o in outcomes]})


def outcomes_of(array: NDArray[Any]) -> tuple[PatientOutcome, ...]:
    """Return what `packed_outcomes` was given."""
    content = unpacked(array)
    kinds = [PatientOutcome(**kind) for kind in content["kinds"]]
    places: list[int] = content["patients"]
    return tuple(kinds[place] for place in places)
