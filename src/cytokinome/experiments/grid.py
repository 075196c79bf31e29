"""At which times curves are read: areas, peaks and thresholds must not depend on the grid that a user asks to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cytokinome.experiments.protocol import Arm, Experiment

    Array = NDArray[np.float64]

FINE = 600  # points over the span: the trapezoid of a curve that changes within a tenth of it errs by less than 1e-4
JUST_BEFORE = 1e-8  # relative: behind what engines take for the same time, far below what a curve can do


def moments(arm: Arm) -> Iterator[float]:
    """Yield the times [h] at which something is done to the people of an arm."""
    for dose in arm.doses:
        for start in dose.starts():
            begun = start + (dose.lag or 0.0)
            yield begun
            if dose.duration is not None:
                yield begun + dose.duration
    for block in arm.block:
        yield from (t for t in (block.from_, block.until) if t is not None)
    for done in (*arm.change, *arm.wash_out, *arm.cells):
        yield done.at


def reading_times(experiment: Experiment) -> Array:
    """Return the output grid, a fine one, and both sides of every moment at which something is done."""
    times = experiment.times
    grid = times.grid()
    fine = np.linspace(times.start, times.end, FINE + 1)
    done = np.array(sorted({t for arm in experiment.arms for t in moments(arm)}), dtype=float)
    before = done - JUST_BEFORE * np.maximum(1.0, np.abs(done))
    every = np.concatenate([grid, fine, done, before])
    inside = np.unique(every[(every >= times.start) & (every <= times.end)])
    # of times that differ by rounding alone, those of the output grid stay
    near = np.diff(inside, prepend=-np.inf) < 1e-3 * JUST_BEFORE * np.maximum(1.0, np.abs(inside))
    return np.unique(np.concatenate([inside[~near], grid]))
