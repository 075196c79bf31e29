"""Run directories: a result on disk that survives a full disk, Ctrl-C and a later version.

::

    endotoxemia/
      manifest.json        texts, versions, seed, verdicts, outcomes; names and digests of the arrays
      arrays/<arm>/        Zarr v3 groups: times, values, typical, parameters (float64, nothing else)
      values.csv           on request

The manifest is first written with the status ``running`` and last, through a temporary file, with the final one; so a
directory without a final manifest is known to be unfinished, and each array is held against its digest when it is
read. An existing directory is never written into. Nothing read here is executed: arrays are numbers by their metadata,
texts go through our own parsers.
"""

from __future__ import annotations

import csv
import errno
import json
import os
import re
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cytokinome.diagnostics import Collector
from cytokinome.errors import StoreError
from cytokinome.evidence import text_digest
from cytokinome.experiments import arrays, records
from cytokinome.experiments.read import read_experiment
from cytokinome.experiments.result import ArmResult, Manifest, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType

    from cytokinome.experiments.protocol import Experiment
    from cytokinome.model.components import Model

SCHEMA = 1
MANIFEST = "manifest.json"
ARRAYS = "arrays"
MAX_MANIFEST = 200_000_000  # bytes
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
_STATUSES = ("running", "complete", "interrupted")


def store_error(code: str, message: str, hint: str) -> StoreError:
    """Return a `StoreError` that carries one diagnostic."""
    found = Collector()
    found.error(code, message, hint=hint)
    return StoreError(f"error {code}: {message}\n  help: {hint}", found.report())


@contextmanager
def _writing(path: Path) -> Generator[None]:
    """Turn what the operating system says into a `StoreError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "free some space, or choose another place" if full else "choose a folder that you may write to"
        raise store_error("STORE_UNWRITABLE", f"{path} cannot be written: {reason}", hint) from error


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

    Raises
    ------
    StoreError
        ``STORE_UNWRITABLE``: no rights, a full disk, a file in the way.
    """

    def __init__(self, parent: Path, name: str, experiment: Experiment, model: Model, manifest: Manifest) -> None:
        self._result = Result(experiment, model, {}, (), (), manifest)
        self._digests: dict[str, dict[str, str]] = {}
        self._finished = False
        self.directory = _new_directory(parent, name)
        try:
            self._write_manifest("running")
        except StoreError:
            with suppress(OSError):
                self.directory.rmdir()  # empty: nothing of the run is in it
            raise

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._finished:
            try:
                self._write_manifest("interrupted")
            except StoreError:
                if error is None:
                    raise  # else the first error says more

    def add(self, arm: ArmResult) -> None:
        """Write the arrays of one arm; the manifest names it from `finish` or the end of the block on."""
        with _writing(self.directory):
            digests = arrays.write(self.directory / ARRAYS / arm.id, arm)
        self._digests[arm.id] = digests
        self._result = replace(self._result, arms={**self._result.arms, arm.id: arm})

    def finish(self, result: Result) -> Result:
        """Write the final manifest and return `result` with its directory.

        Arms that have not been added are written first.
        """
        for arm in result.arms.values():
            if arm.id not in self._digests:
                self.add(arm)
        self._result = replace(result, directory=self.directory)
        self._write_manifest("interrupted" if result.manifest.status == "interrupted" else "complete")
        self._finished = True
        return self._result

    def _write_manifest(self, status: str) -> None:
        content = {"schema": SCHEMA, "status": status, **records.from_result(self._result, self._digests)}
        text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
        with _writing(self.directory):
            _write_atomically(self.directory / MANIFEST, text)


def _new_directory(parent: Path, name: str) -> Path:
    """Create and return a directory that did not exist."""
    if not _NAME.fullmatch(name):
        raise store_error("STORE_UNWRITABLE", f"{name[:60]!r} cannot name a directory", "use letters, digits, - and _")
    with _writing(parent):
        parent.mkdir(parents=True, exist_ok=True)
        for counter in range(1, 100_000):
            path = parent / (name if counter == 1 else f"{name}-{counter}")
            try:
                path.mkdir()
            except FileExistsError:
                continue
            return path
    raise store_error("STORE_UNWRITABLE", f"{parent} holds too many runs called {name}", "choose another name")


def _write_atomically(path: Path, text: str) -> None:
    """Replace `path` by `text` so that a reader, or a crash, sees the old content or the new, never a part."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


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

    Raises
    ------
    StoreError
        ``STORE_UNWRITABLE``.
    """
    with _writing(path), path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["arm", "patient", "time_h", "name", "value", "unit"])
        for arm in result.arms.values():
            for patient, curves in enumerate(arm.values, 1):
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
        hint = "wait until it has finished; if nothing is running any more, repeat the run"
        raise store_error("STORE_UNREADABLE", f"{path} has not been finished", hint)
    try:
        stored = records.to_stored(content)
    except records.BadRecord as error:
        raise _damaged(path, str(error)) from error
    recorded = dict(stored.manifest.provenance.texts)
    for name, text in stored.manifest.texts.items():
        if recorded.get(name) != text_digest(text):
            raise _damaged(path, f"the text of the {name} is not the one that was run")
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
        model=read_model(stored.manifest.texts["model"]),
        arms=arms,
        claims=stored.claims,
        comparison=stored.comparison,
        manifest=replace(stored.manifest, status=str(status)),
        effects=stored.effects,
        directory=path,
    )


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
