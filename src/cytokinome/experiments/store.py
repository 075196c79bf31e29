"""Run directories: a result on disk that survives a full disk, Ctrl-C and a later version.

::

    endotoxemia/
      manifest.json        texts, versions, seed, verdicts, outcomes; names and digests of the arrays
      arrays/<arm>/        Zarr v3 groups of float64: times, typical, and values with parameters, or statistics
      blocks/              finished work of a run that goes on or was stopped; gone once it is complete
      values.csv           on request

The manifest is first written with the status ``running`` and last, through a temporary file, with the final one; so a
directory without a final manifest is known to be unfinished, and each array is held against its digest when it is
read. An existing directory is never written into, but by the run that it belongs to when that is continued; a lock
keeps two from doing so at once. Nothing read here is executed: arrays are numbers by their metadata,
texts go through our own parsers.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cytokinome.diagnostics import Collector
from cytokinome.errors import StoreError
from cytokinome.evidence import text_digest
from cytokinome.experiments import arrays, records
from cytokinome.experiments.checkpoint import Checkpoint
from cytokinome.experiments.disk import locked, store_error, write_atomically, writing
from cytokinome.experiments.read import read_experiment
from cytokinome.experiments.result import ArmResult, Manifest, Result
from cytokinome.model.spreads import with_representatives

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from cytokinome.experiments.protocol import Experiment
    from cytokinome.model.components import Model

SCHEMA = 2
MANIFEST = "manifest.json"
ARRAYS = "arrays"
BLOCKS = "blocks"
LOCK = ".lock"
MAX_MANIFEST = 200_000_000  # bytes
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
_STATUSES = ("running", "complete", "interrupted")


def is_run(path: Path) -> bool:
    """Whether a directory is one that a run was written into, finished or not."""
    return (path / MANIFEST).is_file()


# ---- writing


class RunWriter:
    """Writes a result arm by arm into a new directory.

    Used as a context manager; when the block ends without `finish`, by Ctrl-C or by an error, the arms added so far are
    kept as an interrupted run.

    Parameters
    ----------
    parent : Path
        Folder to create the directory in; made when it does not exist.
    name : str
        Name of the directory; ``name-2``, ``name-3``, … where it exists already.
    experiment : Experiment
    model : Model
    manifest : Manifest
        Its texts ``experiment`` and ``model`` must read as these two.
    resumed : Path, optional
        The directory of the same run, stopped before; nothing new is made then.

    Raises
    ------
    StoreError
        ``STORE_UNWRITABLE``: no rights, a full disk, a file in the way. ``RESUME_REFUSED``: another process writes
        into `resumed`.
    """

    def __init__(
        self,
        parent: Path,
        name: str,
        experiment: Experiment,
        model: Model,
        manifest: Manifest,
        *,
        resumed: Path | None = None,
    ) -> None:
        self._result = Result(experiment, model, {}, (), (), manifest)
        self._digests: dict[str, dict[str, str]] = {}
        self._finished = False
        self.directory = resumed or _new_directory(parent, name)
        self._held = ExitStack()
        try:
            _hold(self.directory, self._held)
            self._write_manifest("running")
        except StoreError:
            self._held.close()
            if resumed is None:
                with suppress(OSError):
                    self.directory.rmdir()  # empty: nothing of the run is in it
            raise

    @property
    def checkpoint(self) -> Checkpoint:
        """Where finished work of the run is kept until it is complete."""
        return Checkpoint(self.directory / BLOCKS, identity(self._result.manifest))

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._held:
            if not self._finished:
                try:
                    self._write_manifest("interrupted")
                except StoreError:
                    if error is None:
                        raise  # else the first error says more

    def add(self, arm: ArmResult) -> None:
        """Write the arrays of one arm; the manifest names it from `finish` or the end of the block on."""
        with writing(self.directory):
            shutil.rmtree(self.directory / ARRAYS / arm.id, ignore_errors=True)  # of a run that was interrupted
            digests = arrays.write(self.directory / ARRAYS / arm.id, arm)
        self._digests[arm.id] = digests
        self._result = replace(self._result, arms={**self._result.arms, arm.id: arm})

    def finish(self, result: Result) -> Result:
        """Write the final manifest and return `result` with its directory.

        Arms that have not been added are written first; finished work of a complete run is not needed any more.
        """
        for arm in result.arms.values():
            if arm.id not in self._digests:
                self.add(arm)
        manifest = replace(result.manifest, results=_results_digest(result, self._digests))
        self._result = replace(result, directory=self.directory, manifest=manifest)
        is_whole = manifest.status != "interrupted"
        self._write_manifest("complete" if is_whole else "interrupted")
        self._finished = True
        if is_whole:
            self.checkpoint.remove()
        return self._result

    def _write_manifest(self, status: str) -> None:
        own = identity(self._result.manifest)
        head = {"schema": SCHEMA, "status": status, "identity": own}
        content = {**head, **records.from_result(self._result, self._digests)}
        text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
        with writing(self.directory):
            write_atomically(self.directory / MANIFEST, text.encode("utf-8"))


def identity(manifest: Manifest) -> str:
    """Return the hash of all that the numbers of a run follow from: texts, options, kernel and versions."""
    provenance = replace(manifest.provenance, created="")
    options = asdict(manifest.options) if manifest.options else None
    parts = [manifest.texts, manifest.seed, manifest.engine, manifest.digest, options, asdict(provenance)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _results_digest(result: Result, digests: Mapping[str, Mapping[str, str]]) -> str:
    """The hash of all arrays and of how the patients ended."""
    fates = {arm.id: asdict(arm.fates) for arm in result.arms.values()}
    return hashlib.sha256(json.dumps([digests, fates], sort_keys=True).encode()).hexdigest()


def _hold(directory: Path, held: ExitStack) -> None:
    """Lock a run directory."""
    try:
        with writing(directory):
            held.enter_context(locked(directory / LOCK))
    except StoreError as error:
        if not isinstance(error.__cause__, BlockingIOError):
            raise
        message = f"{directory} is being written by another process"
        raise store_error("RESUME_REFUSED", message, "wait until it has finished") from None


def _new_directory(parent: Path, name: str) -> Path:
    """Create and return a directory that did not exist."""
    if not _NAME.fullmatch(name):
        raise store_error("STORE_UNWRITABLE", f"{name[:60]!r} cannot name a directory", "use letters, digits, - and _")
    with writing(parent):
        parent.mkdir(parents=True, exist_ok=True)
        for counter in range(1, 100_000):
            path = parent / (name if counter == 1 else f"{name}-{counter}")
            try:
                path.mkdir()
            except FileExistsError:
                continue
            return path
    raise store_error("STORE_UNWRITABLE", f"{parent} holds too many runs called {name}", "choose another name")


def save(result: Result, parent: Path, name: str | None = None, *, csv_too: bool = False) -> Result:
    """Write a whole result into a new directory under `parent` and return it with that directory.

    Parameters
    ----------
    result : Result
    parent : Path
    name : str, optional
        By default the id of the experiment.
    csv_too : bool
        Whether to write ``values.csv`` as well.

    Raises
    ------
    StoreError
        ``STORE_UNWRITABLE``; nothing that existed before is touched.
    """
    chosen = name or result.experiment.id
    with RunWriter(parent, chosen, result.experiment, result.model, result.manifest) as writer:
        for arm in result.arms.values():
            writer.add(arm)
        if csv_too:
            write_csv(result, writer.directory / "values.csv")
        return writer.finish(result)


def write_csv(result: Result, path: Path) -> None:
    """Write all curves as a long CSV table: arm, patient (from 1), time_h, name, value, unit.

    A streamed run has the column statistic in place of patient.

    Raises
    ------
    StoreError
        ``STORE_UNWRITABLE``.
    """
    with writing(path), path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        first = next(iter(result.arms.values()), None)
        table.writerow(["arm", first.labels()[0] if first else "patient", "time_h", "name", "value", "unit"])
        for arm in result.arms.values():
            rows = arm.values if arm.summary is None else arm.summary.statistics
            for patient, curves in zip(arm.labels()[1].tolist(), rows, strict=True):
                for time, row in zip(arm.times.tolist(), curves.tolist(), strict=True):
                    for name, value, unit in zip(arm.names, row, arm.units, strict=True):
                        table.writerow([arm.id, patient, repr(time), name, repr(value), unit])


# ---- reading


def open_run(path: Path, read_model: Callable[[str], Model]) -> Result:
    """Return the result in a run directory.

    Parameters
    ----------
    path : Path
    read_model : callable
        Text of a model file to Model; may raise ``ModelError``.

    Raises
    ------
    StoreError
        ``STORE_UNREADABLE``: not a run directory, not finished, damaged, of another version, or no rights. The sentence
        says which.
    ModelError
        From `read_model`.
    """
    content = _read_manifest(path)
    status = content.get("status")
    if status == "running":
        hint = f"wait until it has finished; if nothing is running any more, `cytokinome run --resume {path}`"
        raise store_error("STORE_UNREADABLE", f"{path} has not been finished", hint)
    stored = _stored(content, path)
    experiment = _experiment(stored.manifest.texts["experiment"], path)
    arms: dict[str, ArmResult] = {}
    for head in stored.arms:
        try:
            arms[head.id] = arrays.read(path / ARRAYS / head.id, head)
        except arrays.BadArray as error:
            raise _damaged(path, str(error)) from error
        except OSError as error:
            raise _damaged(path, f"arm {head.id} cannot be read: {error.strerror or error}") from error
    return Result(
        experiment=experiment,
        model=with_representatives(read_model(stored.manifest.texts["model"]), experiment.representatives),
        arms=arms,
        claims=stored.claims,
        comparison=stored.comparison,
        manifest=replace(stored.manifest, status=str(status)),
        effects=stored.effects,
        directory=path,
    )


def read_stopped(path: Path) -> Manifest | None:
    """Return what a run that has not come to its end was started with; None for one that is complete.

    Raises
    ------
    StoreError
        ``STORE_UNREADABLE``: not a run directory, damaged, or of another version. ``RESUME_REFUSED``: the manifest is
        not the one that the run began with.
    """
    content = _read_manifest(path)
    if content["status"] == "complete":
        return None
    manifest = _stored(content, path).manifest
    if manifest.options is None or content.get("identity") != identity(manifest):
        hint = "restore manifest.json as it was written, or repeat the run"
        raise store_error("RESUME_REFUSED", f"{path / MANIFEST} has been altered since the run began", hint)
    return manifest


def _stored(content: Mapping[str, object], path: Path) -> records.Stored:
    """What a manifest holds, its texts held against their digests."""
    try:
        stored = records.to_stored(content)
    except records.BadRecord as error:
        raise _damaged(path, str(error)) from error
    recorded = dict(stored.manifest.provenance.texts)
    for name, text in stored.manifest.texts.items():
        if recorded.get(name) != text_digest(text):
            raise _damaged(path, f"the text of the {name} is not the one that was run")
    return stored


def _damaged(path: Path, reason: str) -> StoreError:
    return store_error("STORE_UNREADABLE", f"{path} is damaged: {reason}", "restore the directory, or repeat the run")


def _read_manifest(path: Path) -> dict[str, object]:
    hint = "give the path of a directory that `cytokinome run` has written"
    try:
        if not path.is_dir():
            what = "is not a directory" if path.exists() else "does not exist"
            raise store_error("STORE_UNREADABLE", f"{path} {what}", hint)
        file = path / MANIFEST
        if not file.is_file():
            raise store_error("STORE_UNREADABLE", f"{path} holds no {MANIFEST}, so it is not a run directory", hint)
        with file.open("rb") as stream:
            data = stream.read(MAX_MANIFEST + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise store_error(
            "STORE_UNREADABLE", f"{path} cannot be read: {reason}", "check the path and its rights"
        ) from error
    if len(data) > MAX_MANIFEST:
        raise _damaged(path, f"{MANIFEST} is larger than {MAX_MANIFEST // 1_000_000} MB")
    try:
        read: object = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"{MANIFEST} is not JSON") from error
    content = cast("dict[str, object]", read) if isinstance(read, dict) else {}
    if not isinstance(content.get("schema"), int):
        raise _damaged(path, f"{MANIFEST} is not the manifest of a run")
    if content["schema"] != SCHEMA:
        message = (
            f"{path} was written in version {content['schema']} of the format; this software reads version {SCHEMA}"
        )
        raise store_error("STORE_UNREADABLE", message, "open it with the version of cytokinome that wrote it")
    if content.get("status") not in _STATUSES:
        raise _damaged(path, f"{MANIFEST} states no known status")
    return content


def _experiment(text: str, path: Path) -> Experiment:
    found = Collector()
    experiment = read_experiment(text, f"{path.name}/experiment", found)
    if experiment is None or found.has_errors:
        raise _damaged(path, f"its experiment cannot be read:\n{found.report().render()}")
    return experiment
