"""Which solver a kernel gets: lanes of compiled patients where it offers them, else one patient after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cytokinome.engines.ode import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.base import Schedule, Solution

    Array = NDArray[np.float64]


class Solve(Protocol):
    """What every solver of cohorts is; see `reference.solve`."""

    def __call__(
        self,
        kernel: Kernel,
        parameters: Array,
        schedule: Schedule,
        times: Array,
        *,
        select: Sequence[int],
        rtol: float = 1e-6,
        productions: Array | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Solution:
        """Simulate a cohort."""
        ...


def has_lanes(kernel: Kernel) -> bool:
    """Whether a kernel is compiled for several patients at a time."""
    return hasattr(kernel, "compiled")


def solver(kernel: Kernel) -> Solve:
    """Return the solver for a kernel."""
    if not has_lanes(kernel):
        return reference.solve
    from cytokinome.engines.ode import lanes  # loads numba: only for those who ask

    return lanes.solve  # type: ignore[return-value]  # `has_lanes` is what its kernels need
