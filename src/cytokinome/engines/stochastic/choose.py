"""The door of the exact stochastic engine: which target runs a model, and runs too many to keep."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome.engines.stochastic import lanes, reference
from cytokinome.engines.stochastic.runs import suits_lanes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cytokinome.engines.stochastic.runs import Runs, Trajectories

BLOCK = 1024  # runs


def solve(
    runs: Runs,
    *,
    threads: int = 1,
    on_progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Trajectories:
    """Simulate runs: compiled, or on the reference where the model states events or single cells matter.

    Parameters
    ----------
    runs : Runs
    threads : int
        The result does not depend on them; the reference uses one.
    on_progress : callable, optional
        Called with the number of runs finished so far.
    should_stop : callable, optional
        Once true, the runs not finished are NaN with the outcome "interrupted".
    """
    if suits_lanes(runs.kernel, runs.jumps):
        return lanes.solve(runs, threads=threads, on_progress=on_progress, should_stop=should_stop)
    return reference.solve(runs, on_progress=on_progress, should_stop=should_stop)


def stream(
    runs: Runs,
    *,
    block: int = BLOCK,
    threads: int = 1,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[Trajectories]:
    """Yield the rows of `solve` in blocks, in order; no more than one block is kept.

    A block holds runs of one patient, at most `block` of them. Moments and quantiles of blocks merge in the order given
    to the same bits wherever the blocks were computed.

    Parameters
    ----------
    runs : Runs
    block : int
        Runs at a time.
    threads : int
    should_stop : callable, optional
        Once true, nothing more is yielded.

    Raises
    ------
    ValueError
        If a block has no runs.
    """
    if block < 1:
        raise ValueError(f"a block of {block} runs; it takes at least one")
    for patient in range(len(runs.parameters)):
        one = replace(
            runs,
            parameters=runs.parameters[patient : patient + 1],
            schedule=runs.schedule.for_patients(patient, patient + 1),
            starts=None if runs.starts is None else runs.starts[patient : patient + 1],
            first_patient=runs.first_patient + patient,
        )
        for first in range(0, runs.count, block):
            if should_stop is not None and should_stop():
                return
            count = min(block, runs.count - first)
            yield solve(replace(one, count=count, first_run=runs.first_run + first), threads=threads)
