"""What tells a new cell from others: the deviates of `between-cells`, drawn when a cell begins, enters or is reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.tissue import Agents

    Array = NDArray[np.float64]


def with_deviates(
    agents: Agents, y: Array, population: int, ids: NDArray[np.int64], key: tuple[int, int], step: int
) -> Array:
    """Return states [state, cell] with the deviates of new cells of a population.

    Parameters
    ----------
    agents : Agents
    y : array [state, cell]
    population : int
        That the cells arrive in.
    ids : array [cell]
        Of the cells: with the name of what differs and the step, the key of its random number.
    key : tuple of int
        Seed and run.
    step : int
    """
    if not agents.deviates[population]:
        return y
    seed, run = key
    y = y.copy()
    for state, name, spread in agents.deviates[population]:
        shares = rng.uniform(seed, run=run, entity=ids, step=step, purpose=f"between-cells:{name}")
        y[state] = [spread.deviate(share) for share in shares.tolist()]
    return y
