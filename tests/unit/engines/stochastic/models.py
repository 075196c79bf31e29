"""Small models for the stochastic engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from cytokinome.compiler.jumps import jumps_of
from cytokinome.compiler.lower import lower
from cytokinome.engines.base import Schedule
from cytokinome.engines.stochastic.runs import Runs
from cytokinome.model.components import Model
from cytokinome.model.load import check_text

_HEADER = "cytokinome: 1\nmodel: case\n"
_WELL = "compartments: {well: {kind: culture, volume: 1e-3 uL}}\n"  # 1 pM is 602.214076 molecules


@cache
def model_of(text: str) -> Model:
    """The model of a text without header, in a well where no compartment is stated."""
    return check_text(_HEADER + ("" if "compartments:" in text else _WELL) + text, "case.yaml").require()


def state(text: str, name: str) -> int:
    """The index of a state."""
    return lower(model_of(text)).kernel.states.index(name)


def runs_of(
    text: str,
    outputs: Sequence[str],
    times: Sequence[float] | np.ndarray,
    *,
    sample: float = 1.0,
    infused: Sequence[str] = (),
    **options,
) -> Runs:
    """Runs of the typical person of a model."""
    kernel = lower(model_of(text)).kernel
    jumps = jumps_of(model_of(text), sample=sample, infused=[kernel.states.index(name) for name in infused])
    names = [output.name for output in kernel.outputs]
    given = {"parameters": kernel.defaults()[None], "schedule": Schedule()} | options
    return Runs(jumps, kernel, times=np.array(times, dtype=float), select=tuple(map(names.index, outputs)), **given)
