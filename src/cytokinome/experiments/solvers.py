"""Which engine carries out a kernel: patients as curves, or counted one event after the other."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cytokinome.compiler.lower import compile_model
from cytokinome.engines.ode import choose
from cytokinome.experiments.counted import Counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.base import Schedule, Solution
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]
    Compile = Callable[[Model], Kernel]

ENGINES = ("ode", "stochastic", "hybrid")
AVERAGED = ("ode", "hybrid")  # take the average of what cells carry, or their representatives


def compiler(engine: str, target: str, experiment: Experiment) -> Compile:
    """Return what makes of a model the kernel that an engine runs.

    Raises
    ------
    ValueError
        There is no such engine.
    """
    if engine == "ode":
        return partial(compile_model, target=target)
    if engine in ENGINES:
        method = "direct" if engine == "stochastic" else "hybrid"
        return partial(Counted, experiment=experiment, target=target, method=method)  # type: ignore[return-value]  # passes all on
    raise ValueError(f"no engine {engine!r}: one of {', '.join(ENGINES)}")


def carried_by(engine: str, model: Model) -> Model:
    """Return the model as an engine carries it: those with single cells need no representatives."""
    return model if engine in AVERAGED else replace(model, representatives=None)


def solve(
    kernel: Kernel,
    parameters: Array,
    schedule: Schedule,
    times: Array,
    *,
    select: Sequence[int],
    rtol: float,
    productions: Array | None,
    first: int,
    should_stop: Callable[[], bool] | None = None,
) -> Solution:
    """Simulate patients [patient, slot], numbered from `first` on; see `engines.ode.reference.solve`."""
    if isinstance(kernel, Counted):
        return kernel.solve(
            parameters, schedule, times, select=select, rtol=rtol, productions=productions, first=first,
            should_stop=should_stop,
        )  # fmt: skip
    engine = choose.solver(kernel)
    return engine(
        kernel, parameters, schedule, times, select=select, rtol=rtol, productions=productions, should_stop=should_stop
    )


def is_compiled(kernel: Kernel) -> bool:
    """Whether blocks of many patients run on threads."""
    return kernel.is_compiled if isinstance(kernel, Counted) else choose.has_lanes(kernel)


def method(kernel: Kernel) -> str:
    """Return the name of the method that a kernel is run with."""
    if isinstance(kernel, Counted):
        return "direct" if kernel.method == "direct" else method(kernel.flowing)
    return choose.method(kernel).method.name.value if choose.has_lanes(kernel) else "LSODA"
