"""Fits to tables that the model itself could have given: how estimates scatter when only chance differs.

The curves of the optimum get errors as large as those of the tables; what then lies beyond the limits of its assay is
censored. The fits to all such tables are one descent from the optimum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng
from cytokinome.experiments.fit.descent import descend
from cytokinome.experiments.fit.draws import Draws
from cytokinome.experiments.fit.likelihood import Measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.experiments.fit.likelihood import Objective

    Array = NDArray[np.float64]


def tables(objective: Objective, x: Array, seed: int, count: int) -> Measured:
    """Return values [table, value] that the model at `x` [axis] could have given."""
    here = x[None]
    curve, sigma = objective.scaled(here, objective.curves(here)), objective.errors(here)
    entities = np.arange(len(objective.problem.taken))
    noise = rng.normal(seed, run=np.arange(count)[:, None], entity=entities[None], purpose="fit:bootstrap")
    values = curve + sigma * noise
    low, high = np.array([taken.limits for taken in objective.problem.taken]).T
    if objective.problem.is_log:
        low, high = np.log(np.maximum(low, np.finfo(float).tiny)), np.log(high)
    signs = np.where(values < low, -1, np.where(values > high, 1, 0)).astype(np.intp)
    return Measured(np.clip(values, low, high), signs)


def bootstrap(objective: Objective, x: Array, seed: int, count: int) -> Draws:
    """Return the optima of so many tables; those of which nothing can be found are left out."""
    found = descend(objective, np.repeat(x[None], count, axis=0), measured=tables(objective, x, seed, count))
    return Draws(found.x[np.isfinite(found.cost)], origin="bootstrap")
