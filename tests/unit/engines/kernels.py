"""Small kernels written by hand, with closed forms where the tests need them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from cytokinome.compiler.kernel import Chance, Manner, Output, Slot
from cytokinome.units import CONCENTRATION, DIMENSIONLESS


def _never(t, y, p):
    return []


@dataclass(frozen=True)
class Happening:
    """An event: `values` of t, y and the parameters by name go where `sets` says, (is_parameter, index) each.

    Delay and priority are numbers, or functions of the same.
    """

    condition: Callable
    values: Callable
    sets: tuple[tuple[bool, int], ...] = ((False, 0),)
    delay: float | Callable = 0.0
    priority: float | Callable = 0.0
    manner: Manner = field(default_factory=Manner)

    def numbers(self, *at):
        """Delay and priority."""
        return [number(*at) if callable(number) else number for number in (self.delay, self.priority)]


@dataclass(eq=False)
class Fake:
    """A kernel of plain functions; the Jacobian is a central difference; outputs are the states."""

    states: tuple[str, ...]
    values: dict[str, float]
    derivative: Callable
    start_values: Callable
    baselines: tuple[tuple[int, int], ...] = ()
    start: str = "given"
    conditions: Callable = _never
    volumes: tuple[float, ...] = ()
    digest: str = "fake"
    scales: tuple[float, ...] = ()
    parameters: tuple[Slot, ...] = ()
    outputs: tuple[Output, ...] = ()
    happenings: tuple[Happening, ...] = ()
    events: tuple[str, ...] = ()
    manners: tuple[Manner, ...] = ()
    chance: Chance | None = None
    steady_lags: tuple[bool, ...] = ()
    determined: tuple[int, ...] = ()

    def __post_init__(self):
        """Outputs default to the states, slots to the values."""
        self.outputs = self.outputs or tuple(Output(s, CONCENTRATION, None, "pM") for s in self.states)
        self.events = tuple(f"event {i}" for i, _ in enumerate(self.happenings))
        self.manners = tuple(happening.manner for happening in self.happenings)
        self.parameters = self.parameters or tuple(Slot(name, DIMENSIONLESS) for name in self.values)

    def _named(self, p):
        return dict(zip(self.values, p, strict=True))

    def defaults(self):
        """Values of a typical person."""
        return np.array(list(self.values.values()), dtype=float)

    def complete(self, p, overridden=frozenset()):
        """Nothing depends on anything."""
        return np.array(p, dtype=float)

    def settled(self, t, y, p):
        """No conditions determine anything."""
        return y

    def following(self, t, y, p):
        """Nothing follows."""
        return np.zeros((0, len(y)))

    def initial(self, p):
        """States at the start."""
        return np.array(self.start_values(self._named(p)), dtype=float)

    def scale(self, p):
        """Scale of each state."""
        return np.array(self.scales or np.ones(len(self.states)))

    def volume(self, state, p):
        """Litres."""
        return self.volumes[state] if self.volumes else 1.0

    def rhs(self, t, y, p):
        """Derivative."""
        return np.array(self.derivative(t, y, self._named(p)), dtype=float)

    def jacobian(self, t, y, p):
        """Central differences."""
        matrix = np.empty((len(y), len(y)))
        for j in range(len(y)):
            h = 1e-6 * (1 + abs(y[j]))
            up, down = np.array(y), np.array(y)
            up[j] += h
            down[j] -= h
            matrix[:, j] = (self.rhs(t, up, p) - self.rhs(t, down, p)) / (2 * h)
        return matrix

    def switches(self, t, y, p):
        """Conditions."""
        return np.array(self.conditions(t, y, self._named(p)), dtype=float)

    def triggers(self, t, y, p):
        """Conditions of events."""
        return np.array([e.condition(t, y, self._named(p)) for e in self.happenings], dtype=bool)

    def delays(self, t, y, p):
        """How long after firing each event is carried out."""
        return np.array([e.numbers(t, y, self._named(p))[0] for e in self.happenings], dtype=float)

    def priorities(self, t, y, p):
        """Of each event."""
        return np.array([e.numbers(t, y, self._named(p))[1] for e in self.happenings], dtype=float)

    def new_values(self, event, t, y, p):
        """What an event would set."""
        return np.array(self.happenings[event].values(t, y.copy(), self._named(p)), dtype=float)

    def carry_out(self, event, values, y, p):
        """States and parameters after an event."""
        y, p = np.array(y), np.array(p)
        for (is_parameter, index), value in zip(self.happenings[event].sets, values, strict=True):
            (p if is_parameter else y)[index] = value
        return y, p

    def lags(self, t, y, p):
        """Nothing is delayed."""
        return np.empty(0)

    def remembering(self, past):
        """Nothing follows what was."""
        return self

    def unsound(self, t, y, p):
        """Nothing happens by chance."""
        return ""

    def observe(self, t, y, p, select: Sequence[int]):
        """Outputs are states."""
        return np.asarray(y)[list(select)]


def decay(k: float = 0.5, x0: float = 10.0) -> Fake:
    """X falls at rate k."""
    values = {"k": k, "x0": x0}
    return Fake(("X",), values, lambda t, y, p: [-p["k"] * y[0]], lambda p: [p["x0"]])


def two_compartments() -> Fake:
    """Central and peripheral concentration in unit volumes, exchange q and loss k from the central one."""
    values = {"k": 0.3, "q": 0.7}

    def derivative(t, y, p):
        return [-p["k"] * y[0] - p["q"] * (y[0] - y[1]), p["q"] * (y[0] - y[1])]

    return Fake(("A", "B"), values, derivative, lambda p: [0.0, 0.0])
