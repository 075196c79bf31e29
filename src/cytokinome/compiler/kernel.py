"""The kernel: what every target compiles a system to, and all that engines know of a model.

All values are canonical: hour, litre, picomole (so pM), gram, cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from cytokinome.compiler.network import Output, Slot
from cytokinome.compiler.system import Chance
from cytokinome.model.components import Manner

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Chance", "Kernel", "Manner", "Moment", "Output", "Past", "Slot"]


class Moment(NamedTuple):
    """Where a patient was at a time [h]: states and parameters; before the start nothing moved."""

    t: float
    y: Array
    p: Array
    is_before: bool = False


class Past(Protocol):
    """What an engine remembers of one patient."""

    def moment(self, t: float, y: Array, ago: float) -> Moment:
        """Return where the patient, who is at `y` now, was `ago` [h], a positive number, before `t`."""
        ...


class Kernel(Protocol):
    """A compiled model. `states`, `parameters` and `outputs` name the entries of the arrays."""

    states: tuple[str, ...]
    parameters: tuple[Slot, ...]
    outputs: tuple[Output, ...]
    baselines: tuple[tuple[int, int], ...]  # slot of a production, state it holds
    start: str
    events: tuple[str, ...]
    manners: tuple[Manner, ...]  # of each event
    digest: str
    chance: Chance | None  # the event that happens by chance, where there is one
    determined: tuple[int, ...]  # states that conditions determine; what reads them finds them anew
    steady_lags: tuple[bool, ...]  # of each value that is delayed, whether by the same time along a trajectory

    def defaults(self) -> Array:
        """Return [parameter]: the values of a typical person."""
        ...

    def complete(self, p: Array, overridden: frozenset[str] = frozenset()) -> Array:
        """Return [parameter] with parameters that follow from others computed again, except `overridden`."""
        ...

    def initial(self, p: Array) -> Array:
        """Return [state] at the start."""
        ...

    def scale(self, p: Array) -> Array:
        """Return [state]: the scale that absolute tolerances refer to, without doses."""
        ...

    def volume(self, state: int, p: Array) -> float:
        """Return the volume [L] that turns an added amount [pmol] into a step of the state; 1 for amounts."""
        ...

    def rhs(self, t: float, y: Array, p: Array) -> Array:
        """Return [state]: dy/dt."""
        ...

    def jacobian(self, t: float, y: Array, p: Array) -> Array:
        """Return [state, state]: ∂(dy/dt)/∂y."""
        ...

    def switches(self, t: float, y: Array, p: Array) -> Array:
        """Return [switch]: functions that change sign where a condition flips."""
        ...

    def triggers(self, t: float, y: Array, p: Array) -> NDArray[np.bool_]:
        """Return [event]: whether the condition of each event is true."""
        ...

    def delays(self, t: float, y: Array, p: Array) -> Array:
        """Return [event]: how long after it fires now each is carried out [h]."""
        ...

    def priorities(self, t: float, y: Array, p: Array) -> Array:
        """Return [event]: the highest goes first among those that are due now."""
        ...

    def new_values(self, event: int, t: float, y: Array, p: Array) -> Array:
        """Return [assignment]: what an event would set now."""
        ...

    def carry_out(self, event: int, values: Array, y: Array, p: Array) -> tuple[Array, Array]:
        """Return [state] and [parameter] after an event has set these values [assignment]."""
        ...

    def observe(self, t: Array, y: Array, p: Array, select: Sequence[int]) -> Array:
        """Return [output, time] of the selected outputs along y[state, time]."""
        ...

    def settled(self, t: float, y: Array, p: Array) -> Array:
        """Return [state] with those that conditions determine; NaN where these have no solution near `y`, or many."""
        ...

    def following(self, t: float, y: Array, p: Array) -> Array:
        """Return [determined state, state]: how far each of them moves with the others."""
        ...

    def lags(self, t: float, y: Array, p: Array) -> Array:
        """Return [delayed value]: how long ago [h] it is taken from."""
        ...

    def remembering(self, past: Past) -> Kernel:
        """Return this kernel for a patient with a past; without one, what is delayed has always been as it is."""
        ...

    def unsound(self, t: float, y: Array, p: Array) -> str:
        """Return which of the hazards of `chance` is negative or no number; empty where all are sound."""
        ...
