"""What compiled loops see: addresses, shapes and tables, laid out by Python so that compiled code allocates nothing.

All are named tuples of numbers; arrays are given by their addresses, and a `Keeper` keeps them alive. Arrays of lanes
are [row, lane] and begin at a multiple of 64 bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, get_type_hints

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytokinome.compiler.kernel import Chance, Manner
    from cytokinome.engines.ode.methods import Method

W = 4  # lanes, as in lane_vectors, which imports numba


class LaneKernel(Protocol):
    """A model compiled for lanes and one selection of outputs.

    Every array is float64 [row, lane], contiguous. The functions, by their addresses, take pointers and return
    nothing: ``prepare(p, q)``, ``rates(t, y, p, q, f)``, ``factor(t, y, p, q, 1/(hγ), lu, info)``, ``solve(lu, b)``,
    ``timeslope(t, y, p, q, ∂f/∂t)``, ``switches(t, y, p, q, g)``, ``observe(t, y, p, q, out)``,
    ``triggers(t, y, p, q, on)``, ``assignments(t, y, p, q, values)``; where they exist, ``initial(p, q, y)`` and
    ``scales(p, q, scale)`` too. `info` is the smallest pivot over the sum of the sizes of its terms. `on` is not 0
    where the condition of an event is true; `values` are, of each event in turn, its delay, its priority and what it
    assigns.
    """

    @property
    def n(self) -> int:
        """The number of states."""
        ...

    @property
    def np(self) -> int:
        """The number of parameters."""
        ...

    @property
    def nq(self) -> int:
        """The number of values that depend on parameters alone."""
        ...

    @property
    def nlu(self) -> int:
        """The number of entries of the factors."""
        ...

    @property
    def ns(self) -> int:
        """The number of switches."""
        ...

    @property
    def nsel(self) -> int:
        """The number of outputs."""
        ...

    @property
    def assigned(self) -> Sequence[Sequence[tuple[bool, int]]]:
        """What each event sets, in the order of its values: whether it is a parameter, and its index."""
        ...

    @property
    def manners(self) -> Sequence[Manner]:
        """How each event goes about it."""
        ...

    @property
    def chance(self) -> Chance | None:
        """The event that happens by chance, where there is one."""
        ...

    @property
    def has_time(self) -> bool:
        """Whether ∂f/∂t is ever other than 0."""
        ...

    @property
    def addresses(self) -> Mapping[str, int]:
        """Name of a function → where its machine code is."""
        ...


class Functions(NamedTuple):
    """Addresses of a model's functions."""

    prepare: int
    rates: int
    factor: int
    solve: int
    timeslope: int
    switches: int
    observe: int
    triggers: int
    assignments: int


class Shape(NamedTuple):
    """The size of a model."""

    states: int
    parameters: int
    switches: int
    outputs: int
    has_time: bool


class Tables(NamedTuple):
    """A method as the loops read it.

    From stage `chained` on, a stage's state is the last one plus the last k; `first_error` is the first stage that the
    error estimate needs.
    """

    implicit: bool
    stages: int
    chained: int
    first_error: int
    exponent: float  # of the error, when a step is chosen
    gamma: float
    a: int
    c_matrix: int
    c: int
    d: int
    e: int
    dense: int


class Addresses(NamedTuple):
    """The numbers of four patients under way, [row, lane]."""

    t: int
    h: int
    stage_time: int
    inverse: int
    per_h: int
    theta: int
    mask: int
    norm: int
    factor: int  # by which the controller would change the step
    info: int
    y: int
    y1: int
    u: int
    w: int
    f: int
    f0: int
    r: int
    atol: int
    slope: int
    p: int
    q: int
    k: int
    lu: int
    g: int
    side: int
    out: int


class Control(NamedTuple):
    """What each lane is doing, [lane]; integers, and rows of real numbers from `active` on."""

    attention: int  # one number: something else than a step may be due on a lane
    patient: int  # −1: idle
    group: int  # the next entry of the schedule, or the end
    row: int  # the next output
    arrived: int  # something is to be done at the time reached
    fresh: int  # the step before says nothing about the next one
    ending: int
    dirty: int  # a parameter has changed
    switched: int
    starts: int
    flips: int
    active: int  # 1, or 0: idle
    accepted: int  # 1 or 0
    rejections: int  # since the last accepted step
    troubles: int  # of them, those for a pivot
    steps: int
    attempts: int
    t1: int
    boundary: int  # when something is to happen next
    due: int  # when the next event that has fired is carried out
    wanted: int  # the step that the controller would like
    longest: int
    low: int
    high: int


_REAL = Control._fields[Control._fields.index("active") :]


def functions_of(kernel: LaneKernel) -> Functions:
    """Return the addresses that the driver calls."""
    return Functions(*(int(kernel.addresses[name]) for name in Functions._fields))


def shape_of(kernel: LaneKernel) -> Shape:
    """Return the size of a model."""
    return Shape(kernel.n, kernel.np, kernel.ns, kernel.nsel, bool(kernel.has_time))


class Keeper:
    """Keeps arrays alive whose addresses were given away."""

    def __init__(self) -> None:
        self._arrays: list[NDArray[Any]] = []

    def real(self, array: NDArray[Any]) -> int:
        """Return the address of an array as float64."""
        return self._address(np.ascontiguousarray(array, dtype=np.float64))

    def whole(self, array: NDArray[Any]) -> int:
        """Return the address of an array as int64."""
        return self._address(np.ascontiguousarray(array, dtype=np.int64))

    def rows(self, count: int) -> int:
        """Return the address of zeros [count, lane], a multiple of 64."""
        size = max(count, 1) * W
        raw = np.zeros(size + 8)
        skip = (-raw.ctypes.data % 64) // 8
        return self._address(raw[skip : skip + size])

    def frame(self, numbers: NamedTuple) -> int:
        """Return the address of a named tuple, for `lane_frames`."""
        hints = get_type_hints(type(numbers))
        fields = np.zeros(len(numbers), dtype=np.int64)
        for i, (name, value) in enumerate(zip(hints, numbers, strict=True)):
            place = fields[i : i + 1]
            (place.view(np.float64) if hints[name] is float else place)[0] = value
        return self._address(fields)

    def _address(self, array: NDArray[Any]) -> int:
        self._arrays.append(array)
        return int(array.ctypes.data)


def tables_of(method: Method, keeper: Keeper) -> Tables:
    """Return a method as the loops read it."""
    return Tables(
        implicit=method.is_implicit,
        stages=method.stages,
        chained=method.chained,
        first_error=int(np.flatnonzero(method.e)[0]),
        exponent=1.0 / (method.error_order + 1),
        gamma=method.gamma,
        a=keeper.real(method.a),
        c_matrix=keeper.real(method.c_matrix),
        c=keeper.real(method.c),
        d=keeper.real(method.d),
        e=keeper.real(method.e),
        dense=keeper.real(method.dense),
    )


def allocate(kernel: LaneKernel, method: Method, keeper: Keeper) -> tuple[Addresses, Control]:
    """Return memory for four lanes that are idle."""
    n = kernel.n
    rows = dict.fromkeys(("t", "h", "stage_time", "inverse", "per_h", "theta", "mask", "norm", "factor", "info"), 1)
    rows |= dict.fromkeys(("y", "y1", "u", "w", "f", "f0", "r", "atol", "slope"), n)
    rows |= {"p": kernel.np, "q": kernel.nq, "k": method.stages * n, "lu": kernel.nlu}
    rows |= {"g": kernel.ns, "side": kernel.ns, "out": kernel.nsel}
    control = {name: keeper.rows(1) for name in _REAL}
    control |= {name: keeper.whole(np.zeros(W)) for name in Control._fields if name not in _REAL}
    control["patient"] = keeper.whole(np.full(W, -1))
    return Addresses(**{name: keeper.rows(count) for name, count in rows.items()}), Control(**control)
