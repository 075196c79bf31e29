"""The small kernels of these tests as functions on four lanes: Python called back from the compiled loop."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field

import numpy as np

from cytokinome.compiler.kernel import Chance
from tests.unit.engines.kernels import Fake

W = 4
POINTER = ctypes.POINTER(ctypes.c_double)


@dataclass(eq=False)
class HandLanes:
    """What a compiled model offers to the lanes, from a kernel of plain functions; keeps what it calls alive."""

    kernel: Fake
    select: tuple[int, ...]
    has_time: bool = True
    chance: Chance | None = None
    calls: dict[str, int] = field(default_factory=dict)
    pivots: float = 1.0
    addresses: dict[str, int] = field(default_factory=dict)
    kept: list = field(default_factory=list)

    def __post_init__(self):
        """Sizes, and one C function for each method below."""
        self.n, self.np, self.nq = len(self.kernel.states), len(self.kernel.parameters), 0
        self.nlu, self.nsel = self.n**2, len(self.select)
        self.assigned = tuple(tuple(event.sets) for event in self.kernel.happenings)
        self.manners = self.kernel.manners
        self.ns = len(self.kernel.switches(0.0, np.ones(self.n), self.kernel.defaults()))
        n, m, t = self.n, self.np, 1
        shapes = {
            "prepare": (m, 0),
            "initial": (m, 0, n),
            "scales": (m, 0, n),
            "rates": (t, n, m, 0, n),
            "factor": (t, n, m, 0, t, self.nlu, t),
            "solve": (self.nlu, n),
            "timeslope": (t, n, m, 0, n),
            "switches": (t, n, m, 0, self.ns),
            "observe": (t, n, m, 0, self.nsel),
            "triggers": (t, n, m, 0, len(self.assigned)),
            "assignments": (t, n, m, 0, sum(2 + len(targets) for targets in self.assigned)),
        }
        for name, rows in shapes.items():
            kind = ctypes.CFUNCTYPE(None, *[POINTER] * len(rows))
            function = kind(self._on_arrays(name, rows))
            self.kept.append(function)
            self.addresses[name] = ctypes.cast(function, ctypes.c_void_p).value

    def _on_arrays(self, name, rows):
        method = getattr(self, name)

        def function(*pointers):
            self.calls[name] = self.calls.get(name, 0) + 1
            arrays = [
                np.ctypeslib.as_array(pointer, (count, W)) if count else np.empty((0, W))
                for pointer, count in zip(pointers, rows, strict=True)
            ]
            with np.errstate(all="ignore"):
                method(*arrays)

        return function

    def prepare(self, p, q):
        """Nothing is hoisted."""

    def initial(self, p, q, y):
        """States at the start."""
        for lane in range(W):
            y[:, lane] = self.kernel.initial(p[:, lane])

    def scales(self, p, q, scale):
        """Scale of each state."""
        for lane in range(W):
            scale[:, lane] = self.kernel.scale(p[:, lane])

    def rates(self, t, y, p, q, f):
        """Right-hand side."""
        for lane in range(W):
            f[:, lane] = self.kernel.rhs(t[0, lane], y[:, lane], p[:, lane])

    def factor(self, t, y, p, q, inverse, lu, info):
        """LU without pivots of 1/(hγ) − J."""
        for lane in range(W):
            matrix = inverse[0, lane] * np.eye(self.n) - self.kernel.jacobian(t[0, lane], y[:, lane], p[:, lane])
            for k in range(self.n):
                matrix[k + 1 :, k] /= matrix[k, k]
                matrix[k + 1 :, k + 1 :] -= np.outer(matrix[k + 1 :, k], matrix[k, k + 1 :])
            lu[:, lane] = matrix.ravel()
            info[0, lane] = self.pivots if np.all(np.isfinite(matrix)) else np.nan

    def solve(self, lu, b):
        """Both triangles."""
        for lane in range(W):
            matrix, x = lu[:, lane].reshape(self.n, self.n), b[:, lane].copy()
            for k in range(self.n):
                x[k] -= matrix[k, :k] @ x[:k]
            for k in reversed(range(self.n)):
                x[k] = (x[k] - matrix[k, k + 1 :] @ x[k + 1 :]) / matrix[k, k]
            b[:, lane] = x

    def timeslope(self, t, y, p, q, slope):
        """Derivative by time, a central difference."""
        slope[:] = 0.0
        for lane in range(0 if self.kernel.flat else W):
            h = 1e-6
            up, down = (self.kernel.rhs(t[0, lane] + s * h, y[:, lane], p[:, lane]) for s in (1, -1))
            slope[:, lane] = (up - down) / (2 * h)

    def switches(self, t, y, p, q, g):
        """Conditions."""
        for lane in range(W):
            g[:, lane] = self.kernel.switches(t[0, lane], y[:, lane], p[:, lane])

    def triggers(self, t, y, p, q, on):
        """Conditions of events."""
        for lane in range(W):
            on[:, lane] = self.kernel.triggers(t[0, lane], y[:, lane], p[:, lane])

    def assignments(self, t, y, p, q, values):
        """Delay, priority and values of every event."""
        for lane in range(W):
            at = t[0, lane], y[:, lane], dict(zip(self.kernel.values, p[:, lane], strict=True))
            rows = [[*e.numbers(*at), *e.values(*at)] for e in self.kernel.happenings]
            values[:, lane] = [value for row in rows for value in row]

    def observe(self, t, y, p, q, out):
        """Outputs."""
        for lane in range(W):
            at = np.array([t[0, lane]])
            out[:, lane] = self.kernel.observe(at, y[:, lane : lane + 1], p[:, lane], self.select)[:, 0]


@dataclass(eq=False)
class OnLanes(Fake):
    """A kernel of plain functions that the lanes can carry."""

    has_time: bool = True
    chance: Chance | None = None
    pivots: float = 1.0
    flat: bool = False  # the Jacobian is zero; a difference across a condition would not be
    made: list = field(default_factory=list)

    def jacobian(self, t, y, p):
        """As stated, or a difference."""
        return np.zeros((len(y), len(y))) if self.flat else super().jacobian(t, y, p)

    def compiled(self, select):
        """Functions for lanes."""
        self.made.append(HandLanes(self, tuple(select), self.has_time, pivots=self.pivots))
        return self.made[-1]

    def resting(self, held):
        """Functions for lanes of the same model with states held and the clock standing still."""

        def derivative(t, y, p):
            return [0.0 if i in held else rate for i, rate in enumerate(self.derivative(0.0, y, p))]

        fields = {name: getattr(self, name) for name in OnLanes.__dataclass_fields__}
        still = {"derivative": derivative, "conditions": lambda t, y, p: self.conditions(0.0, y, p), "happenings": ()}
        return OnLanes(**fields | still).compiled(())


def on_lanes(kernel: Fake, **options) -> OnLanes:
    """The same kernel for lanes."""
    fields = {name: getattr(kernel, name) for name in Fake.__dataclass_fields__}
    return OnLanes(**fields, **options)
