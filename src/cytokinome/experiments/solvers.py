"""Which engine carries out a kernel: patients as curves, counted one event after the other, or cells in a box."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.lower import compile_model
from cytokinome.engines.ode import choose
from cytokinome.experiments.counted import Counted
from cytokinome.experiments.protocol import ENGINES
from cytokinome.experiments.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.base import Schedule, Solution
    from cytokinome.engines.tissue.space import Frame
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]
    Compile = Callable[[Model], Kernel]

ONE_BY_ONE = "ONE_BY_ONE"  # the code of what is told of a run that is not compiled
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
    if engine == "tissue":
        return partial(Spatial, experiment=experiment)  # type: ignore[return-value]  # passes all on
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
    seed: int,
    should_stop: Callable[[], bool] | None = None,
) -> Solution:
    """Simulate patients [patient, slot], numbered from `first` on; see `engines.ode.reference.solve`."""
    if isinstance(kernel, Counted):
        return kernel.solve(
            parameters, schedule, times, select=select, rtol=rtol, productions=productions, first=first,
            should_stop=should_stop,
        )  # fmt: skip
    if isinstance(kernel, Spatial):
        return kernel.solve(parameters, schedule, times, select=select, productions=productions, first=first)
    keys = None
    if any(manner.draws_ties for manner in kernel.manners):
        keys = np.array([(seed, 0, first + i) for i in range(len(parameters))], dtype=np.uint64)
    engine = choose.solver(kernel)
    return engine(
        kernel, parameters, schedule, times, select=select, rtol=rtol, productions=productions, keys=keys,
        should_stop=should_stop,
    )  # fmt: skip


def is_compiled(kernel: Kernel) -> bool:
    """Whether blocks of many patients run on threads."""
    return kernel.is_compiled if isinstance(kernel, Counted | Spatial) else choose.has_lanes(kernel)


def is_long(kernel: Kernel) -> bool:
    """Whether a single run takes so long that it is a unit of work."""
    return isinstance(kernel, Spatial)


def frame(kernel: Kernel) -> Frame | None:
    """Return what the snapshots of all runs of a kernel have in common; None where runs leave no snapshots."""
    return kernel.frame if isinstance(kernel, Spatial) else None


def method(kernel: Kernel) -> str:
    """Return the name of the method that a kernel is run with."""
    if isinstance(kernel, Spatial):
        return kernel.method
    if isinstance(kernel, Counted):
        return "direct" if kernel.method == "direct" else method(kernel.flowing)
    return choose.method(kernel).method.name.value if choose.has_lanes(kernel) else "LSODA"


def told(kernel: Kernel, target: str) -> tuple[str, ...]:
    """Return what a reader must know of the solver: why a run is not compiled, where that was asked for."""
    if target == "reference" or isinstance(kernel, Counted | Spatial) or choose.has_lanes(kernel):
        return ()
    return (
        f"ONE_BY_ONE: patients are simulated one after the other, by the reference engine: {choose.why_not(kernel)}",
    )
