"""Which solver and which method a kernel gets.

Lanes of compiled patients where the kernel offers them, else one patient after the other. On lanes, steps are made by
a method that fits the model; it is the same for all patients, arms, doses and times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from cytokinome.engines.base import Failure, PatientOutcome
from cytokinome.engines.ode import reference, stiffness
from cytokinome.engines.ode.methods import RODAS5P, TSIT5, Method
from cytokinome.engines.ode.start import initialise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        atol: Array | None = None,
        productions: Array | None = None,
        keys: NDArray[np.uint64] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Solution:
        """Simulate a cohort."""
        ...


def has_lanes(kernel: Kernel) -> bool:
    """Whether a kernel is compiled for several patients at a time."""
    return hasattr(kernel, "compiled")


def why_not(kernel: Kernel) -> str:
    """Return what a kernel has that lanes do not know."""
    reasons = {
        "what is delayed is looked up in the past": bool(kernel.steady_lags),
        "some conditions `such-that:` are not linear": bool(kernel.determined),
    }
    return " and ".join(why for why, is_so in reasons.items() if is_so) or "it is not compiled"


@dataclass(frozen=True, slots=True)
class Choice:
    """A method, and why it was chosen, as words that follow its name and a colon."""

    method: Method
    why: str

    def __str__(self) -> str:
        return f"{self.method.name}: {self.why}"


@lru_cache(maxsize=64)
def method(kernel: Kernel) -> Choice:
    """Return how steps are to be made for a model: Tsit5 where it is mild, Rodas5P where it is stiff or in doubt.

    See `stiffness`. The answer follows from the model alone.
    """
    is_mild, why = stiffness.examine(getattr(kernel, "once", kernel))
    return Choice(TSIT5 if is_mild else RODAS5P, why)


def solver(kernel: Kernel, *, anywhere: bool = False) -> Solve:
    """Return the solver for a kernel, with the method for it.

    Parameters
    ----------
    kernel : Kernel
    anywhere : bool
        Whether parameters may be far from those of the model, so that one that is mild may become stiff.
    """
    if not has_lanes(kernel):
        return reference.solve
    from cytokinome.engines.ode import lanes  # loads numba: only for those who ask

    return partial(lanes.solve, method=RODAS5P if anywhere else method(kernel).method)  # type: ignore[arg-type]  # `has_lanes` is its need


def at_rest(kernel: Kernel, parameters: Array) -> tuple[Array, dict[int, PatientOutcome]]:
    """Return the parameters of patients [patient, parameter] with productions, and who finds no rest, by row.

    On lanes where there are any: the steady states of a cohort take as long there as a few do one after the other.
    """
    if has_lanes(kernel):
        from cytokinome.engines.ode.lane_seats import seats  # loads numba: only for those who ask

        known = kernel.compiled(())  # type: ignore[attr-defined]  # `has_lanes` is its need
        taken = seats(kernel, known, parameters, None, np.empty(0), np.zeros(1, dtype=np.int64))
        return taken.p, taken.refused
    found, failed = np.array(parameters, dtype=float), dict[int, PatientOutcome]()
    for row, own in enumerate(parameters):
        try:
            found[row] = initialise(kernel, own)[1]
        except Failure as failure:
            failed[row] = failure.outcome
    return found, failed
