"""Runs that are written as they go: begun in a new directory, or continued where they were stopped."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import fields
from typing import TYPE_CHECKING

from cytokinome.experiments import store, study
from cytokinome.experiments.disk import store_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cytokinome.experiments.checkpoint import Checkpoint
    from cytokinome.experiments.execute import Progress
    from cytokinome.experiments.result import Manifest, Result
    from cytokinome.experiments.study import Study
    from cytokinome.model.components import Model


def run_into(
    chosen: Study,
    parent: Path,
    *,
    options: study.Options,
    csv_too: bool = False,
    on_progress: Progress | None = None,
    command: str = "",
) -> Result:
    """Run a study into a new directory under `parent`, which is made once it is known that the study can run.

    Parameters are those of `study.simulate` and `store.save`; the errors too.
    """
    with ExitStack() as held:
        writers: list[store.RunWriter] = []

        def begin(manifest: Manifest) -> Checkpoint:
            experiment = chosen.experiment
            writers.append(store.RunWriter(parent, experiment.id, experiment, chosen.model, manifest))
            return held.enter_context(writers[0]).checkpoint

        result = study.simulate(chosen, options=options, on_progress=on_progress, command=command, begin=begin)
        return _finished(writers[0], result, csv_too=csv_too)


def resume(
    directory: Path,
    read_model: Callable[[str], Model],
    *,
    workers: int = 1,
    max_memory: float = study.MAX_MEMORY,
    on_progress: Progress | None = None,
    csv_too: bool = False,
) -> Result:
    """Continue a run that was interrupted or killed, or return the result of one that is complete.

    Raises
    ------
    StoreError
        ``RESUME_REFUSED``: it was begun by other versions or on another kind of machine, its manifest has been altered,
        or another process runs it. ``STORE_UNREADABLE``: it is no run directory.
    """
    begun = store.read_stopped(directory)
    if begun is None:
        return store.open_run(directory, read_model)
    if begun.options is None:
        raise ValueError("a manifest without options is not resumed")
    chosen = study.from_texts(begun.texts, read_model, count=begun.options.patients, seed=begun.seed)
    asked = begun.options
    options = study.Options(asked.rtol, asked.target, asked.stream, asked.engine, workers, max_memory)
    with ExitStack() as held:
        writers: list[store.RunWriter] = []

        def begin(manifest: Manifest) -> Checkpoint:
            _check_same(begun, manifest, directory)
            experiment, model = chosen.experiment, chosen.model
            writers.append(store.RunWriter(directory, "", experiment, model, manifest, resumed=directory))
            return held.enter_context(writers[0]).checkpoint

        result = study.simulate(chosen, options=options, on_progress=on_progress, command=begun.command, begin=begin)
        return _finished(writers[0], result, csv_too=csv_too)


def _finished(writer: store.RunWriter, result: Result, *, csv_too: bool) -> Result:
    for arm in result.arms.values():
        writer.add(arm)
    if csv_too:
        store.write_csv(result, writer.directory / "values.csv")
    return writer.finish(result)


def _check_same(begun: Manifest, now: Manifest, directory: Path) -> None:
    """Refuse to go on with anything else than the run was begun with: half of its numbers could differ."""
    if store.identity(begun) == store.identity(now):
        return
    differs = [
        f"{field.name} {getattr(begun.provenance, field.name)}, here {getattr(now.provenance, field.name)}"
        for field in fields(begun.provenance)
        if field.name not in ("created", "texts")
        and getattr(begun.provenance, field.name) != getattr(now.provenance, field.name)
    ]
    if begun.engine != now.engine:
        differs.append(f"engine {begun.engine}, here {now.engine}")
    what = "; ".join(differs) or "this version compiles the model in another way"
    hint = "continue it with what it was begun with, or repeat the run"
    raise store_error("RESUME_REFUSED", f"{directory} was begun by another version: {what}", hint)
