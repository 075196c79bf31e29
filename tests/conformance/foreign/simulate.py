"""An imported model as its own file would have it: values of ids, in the model's own units and time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.lower import compile_model
from cytokinome.diagnostics import Collector
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import choose
from cytokinome.errors import ModelError, SimulationError
from cytokinome.model import quantities, rules
from cytokinome.model.components import Quantity
from cytokinome.model.expressions import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.interchange.sbml.importing import Imported
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]

_OUT = "read_out_"


def simulate(
    imported: Imported, readings: Sequence[str], times: Array, *, rtol: float, atol: float, target: str
) -> Array:
    """Return [time, reading]: bare expressions in the model's quantities, at times in the model's unit.

    `atol` is in the model's own numbers; a state that is small from the start has a smaller one.

    Raises
    ------
    ModelError
        A reading is no expression of the model.
    SimulationError
        The run came to nothing; the message is its outcome.
    """
    model = _with_outputs(imported.model, readings)
    kernel = compile_model(model, target)
    names = [output.name for output in kernel.outputs]
    select = [names.index(f"{_OUT}{i}") for i in range(len(readings))]
    parameters = kernel.complete(kernel.defaults())
    hours = quantities.unit_of_time(model.equations) if model.equations else 1.0
    scale = kernel.scale(parameters)
    # Below the rounding of the largest state no step makes a difference, and none is small enough.
    tolerances = np.maximum(np.minimum(atol, 1e-3 * rtol * scale), 1e-16 * np.max(scale, initial=1e-300))
    solution = choose.solver(kernel)(
        kernel, parameters[None], Schedule(()), np.asarray(times) * hours, select=select, rtol=rtol, atol=tolerances
    )
    if solution.outcomes[0].status != "completed":
        raise SimulationError(solution.outcomes[0].sentence)
    return solution.values[0]


def _with_outputs(model: Model, readings: Sequence[str]) -> Model:
    if model.equations is None:
        raise ValueError("the model has no equations")
    wanted = tuple(Quantity(f"{_OUT}{i}", value=parse(text)) for i, text in enumerate(readings))
    equations = replace(model.equations, quantities=(*model.equations.quantities, *wanted))
    out, found = replace(model, equations=equations), Collector()
    rules.check(out, found)
    found.report().raise_errors(ModelError, "the readings do not fit the model")
    return out
