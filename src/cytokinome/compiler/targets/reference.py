"""The reference target: the graph walked in plain Python and NumPy. Slow and obvious; the judge of all others."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cytokinome.compiler.dag import LIBRARY, OPERATIONS, Graph
from cytokinome.compiler.kernel import Moment
from cytokinome.compiler.targets.conditions import Conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Past
    from cytokinome.compiler.system import System

    Array = NDArray[np.float64]

# The same operations on arrays.
ON_ARRAYS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "pow": np.power,
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "min": lambda a, b: np.where(np.less(b, a), b, a),  # as Python's: the first unless the second is smaller
    "max": lambda a, b: np.where(np.greater(b, a), b, a),
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "select": np.where,
    "floor": np.floor,
    "ceil": np.ceil,
    # number by number: numpy's own need not have the digits of the platform's library
    **{name: np.vectorize(OPERATIONS[name], otypes=[float]) for name in LIBRARY},
}


MAX_RECALLS = 100  # of a delayed value that is built of delayed values
Recall = Callable[[int], float]


def _nothing(index: int) -> Any:
    raise LookupError(f"no past to look up what is delayed ({index})")


class Program:
    """Some nodes of a graph, computed in order. What depends on parameters alone is computed once per patient."""

    def __init__(self, graph: Graph, outputs: Iterable[int]) -> None:
        self.outputs = tuple(outputs)
        self._graph = graph
        needed = graph.needed(self.outputs)
        place = {node: i for i, node in enumerate(needed)}
        moving = graph.depends_on_state_or_time()
        self._inputs = [(place[n], graph.operation[n], int(graph.value[n])) for n in needed if self._is_input(n)]
        self._constants = [(place[n], graph.value[n]) for n in needed if graph.operation[n] == "constant"]
        steps = [
            (place[n], graph.operation[n], tuple(place[a] for a in graph.arguments[n]))
            for n in needed
            if graph.arguments[n]
        ]
        self._fixed = [(i, OPERATIONS[op], args) for i, op, args in steps if not moving[needed[i]]]
        self._moving = [(i, OPERATIONS[op], args) for i, op, args in steps if moving[needed[i]]]
        self._names = [(i, op, args) for i, op, args in steps]
        self._result = [place[o] for o in self.outputs]
        self._size = len(needed)
        self._bound: tuple[bytes, list[float]] = (b"", [])

    def _is_input(self, node: int) -> bool:
        return self._graph.operation[node] in ("state", "parameter", "time", "delayed")

    def at(self, t: float, y: Array, p: Array, recall: Recall = _nothing) -> list[float]:
        """Return the outputs at one point; `recall` gives what is delayed."""
        values = self._bind(p).copy()
        state = y.tolist()
        for i, kind, index in self._inputs:
            if kind == "state":
                values[i] = state[index]
            elif kind == "time":
                values[i] = t
            elif kind == "delayed":
                values[i] = recall(index)
        for i, operation, args in self._moving:
            values[i] = operation(*[values[a] for a in args])
        return [values[i] for i in self._result]

    def _bind(self, p: Array) -> list[float]:
        """Return the values that do not change along a trajectory of this patient."""
        key = p.tobytes()
        if key != self._bound[0] or not self._bound[1]:
            values = [0.0] * self._size
            for i, value in self._constants:
                values[i] = value
            for i, kind, index in self._inputs:
                if kind == "parameter":
                    values[i] = float(p[index])
            for i, operation, args in self._fixed:
                values[i] = float(operation(*[values[a] for a in args]))
            self._bound = (key, values)
        return self._bound[1]

    def along(self, t: Array, y: Array, p: Array, recall: Callable[[int], Array] = _nothing) -> Array:
        """Return [output, time] along a trajectory y[state, time]; `recall` gives [time] of what is delayed."""
        values: list[Any] = [0.0] * self._size
        for i, value in self._constants:
            values[i] = value
        for i, kind, index in self._inputs:
            if kind == "delayed":
                values[i] = recall(index)
            else:
                values[i] = y[index] if kind == "state" else p[index] if kind == "parameter" else t
        with np.errstate(all="ignore"):
            for i, operation, args in self._names:
                values[i] = ON_ARRAYS[operation](*[values[a] for a in args])
        result = np.empty((len(self._result), len(t)))
        for row, i in enumerate(self._result):
            result[row] = values[i]
        return result


class ReferenceKernel:
    """A `Kernel` that walks the graph."""

    def __init__(self, system: System) -> None:
        self.states = system.states
        self.parameters = system.slots
        self.outputs = system.outputs
        self.baselines = system.baselines
        self.start = system.start
        self.digest = system.digest
        self.chance = system.chance
        self._system = system
        graph = system.graph
        self._rates = Program(graph, system.rates)
        self._slopes = Program(graph, [node for _, _, node in system.jacobian])
        self._rows = np.array([r for r, _, _ in system.jacobian], dtype=np.intp)
        self._columns = np.array([c for _, c, _ in system.jacobian], dtype=np.intp)
        self._initial = Program(graph, system.initial)
        self._scale = Program(graph, system.scales)
        self._volumes = Program(graph, system.volumes)
        self._switches = Program(graph, system.switches)
        self.events = tuple(event.id for event in system.events)
        self._conditions = Program(graph, [event.condition for event in system.events])
        self.manners = tuple(event.manner for event in system.events)
        self._delays = Program(graph, [event.delay for event in system.events])
        self._priorities = Program(graph, [event.priority for event in system.events])
        self._assigned = [Program(graph, [node for _, _, node in event.assignments]) for event in system.events]
        self._hazards = Program(graph, [node for _, node in system.chance.hazards] if system.chance else [])
        self._lags = [Program(graph, [d.ago]) for d in system.delays]
        self._delayed = [(Program(graph, [d.value]), Program(graph, [d.before])) for d in system.delays]
        moving = graph.depends_on_state_or_time()
        self.steady_lags = tuple(not moving[d.ago] for d in system.delays)
        self.determined = system.determined
        self._conditions_of = Conditions(system)
        self._conditional = Program(graph, self._conditions_of.nodes)
        self._settled: tuple[object, Array] = (None, np.zeros(0))
        self._past: Past | None = None
        self._depth = 0
        self._selected: dict[tuple[int, ...], Program] = {}
        self._order = _default_order(system)
        self._values = {i: Program(graph, [n]) for i, n in enumerate(system.defaults) if n is not None}
        self._derived = [i for i in self._order if _reads_parameters(system, i)]
        self._nothing = np.zeros(len(system.states))

    def defaults(self) -> Array:
        """Return [parameter]: the values of a typical person."""
        p = np.zeros(len(self.parameters))
        return self._fill(p, range(len(self.parameters)))

    def complete(self, p: Array, overridden: frozenset[str] = frozenset()) -> Array:
        """Return [parameter] with parameters that follow from others computed again, except `overridden`."""
        return self._fill(p.copy(), [i for i in self._derived if self.parameters[i].name not in overridden])

    def _fill(self, p: Array, slots: Iterable[int]) -> Array:
        wanted = set(slots)
        for i in self._order:
            if i in wanted and i in self._values:
                p[i] = self._values[i].at(0.0, self._nothing, p)[0]
        return p

    def initial(self, p: Array) -> Array:
        """Return [state] at the start."""
        return self.settled(0.0, np.array(self._initial.at(0.0, self._nothing, p)), p)

    def scale(self, p: Array) -> Array:
        """Return [state]: the scale that absolute tolerances refer to, without doses."""
        return np.array(self._scale.at(0.0, self._nothing, p))

    def volume(self, state: int, p: Array) -> float:
        """Return the volume [L] that turns an added amount [pmol] into a step of the state; 1 for amounts."""
        return self._volumes.at(0.0, self._nothing, p)[state]

    def rhs(self, t: float, y: Array, p: Array) -> Array:
        """Return [state]: dy/dt."""
        return np.array(self._at(self._rates, t, y, p))

    def jacobian(self, t: float, y: Array, p: Array) -> Array:
        """Return [state, state]: ∂(dy/dt)/∂y."""
        matrix = np.zeros((len(self.states), len(self.states)))
        matrix[self._rows, self._columns] = self._at(self._slopes, t, y, p)
        if not self.determined:
            return matrix
        own = list(self.determined)
        through = matrix[:, own] @ self.following(t, y, p)
        matrix[:, own] = 0.0
        return matrix + through

    def switches(self, t: float, y: Array, p: Array) -> Array:
        """Return [switch]: functions that change sign where a condition flips."""
        return np.array(self._at(self._switches, t, y, p))

    def triggers(self, t: float, y: Array, p: Array) -> NDArray[np.bool_]:
        """Return [event]: whether the condition of each event is true."""
        return np.array([bool(value) for value in self._at(self._conditions, t, y, p)], dtype=bool)

    def delays(self, t: float, y: Array, p: Array) -> Array:
        """Return [event]: how long after it fires now each is carried out [h]."""
        return np.array(self._at(self._delays, t, y, p))

    def priorities(self, t: float, y: Array, p: Array) -> Array:
        """Return [event]: the highest goes first among those that are due now."""
        return np.array(self._at(self._priorities, t, y, p))

    def new_values(self, event: int, t: float, y: Array, p: Array) -> Array:
        """Return [assignment]: what an event would set now."""
        return np.array(self._at(self._assigned[event], t, y, p))

    def carry_out(self, event: int, values: Array, y: Array, p: Array) -> tuple[Array, Array]:
        """Return [state] and [parameter] after an event has set these values [assignment]."""
        y, p = y.copy(), p.copy()
        for (is_parameter, index, _), value in zip(self._system.events[event].assignments, values, strict=True):
            (p if is_parameter else y)[index] = value
        return y, p

    def observe(self, t: Array, y: Array, p: Array, select: Sequence[int]) -> Array:
        """Return [output, time] of the selected outputs along y[state, time]."""
        key = tuple(select)
        if key not in self._selected:
            self._selected[key] = Program(self._system.graph, [self._system.observed[i] for i in key])
        if self.determined:
            y = np.array([self.settled(float(at), y[:, i], p) for i, at in enumerate(t)]).T.reshape(len(y), len(t))
        return self._selected[key].along(t, y, p, partial(self._recall_along, t, y, p))

    # ------------------------------------------------------------------------------------------------ conditions
    def settled(self, t: float, y: Array, p: Array) -> Array:
        """Return [state] with those that conditions determine; NaN where these have no solution near `y`, or many."""
        if not self.determined:
            return y
        key = (t, y.tobytes(), p.tobytes())
        if self._settled[0] != key:
            evaluate = partial(self._raw, self._conditional, t, p=p)
            self._settled = (key, self._conditions_of.solved(y, self.scale(p), evaluate))
        return self._settled[1].copy()

    def following(self, t: float, y: Array, p: Array) -> Array:
        """Return [determined state, state]: how far each of them moves with the others."""
        return self._conditions_of.slopes(self.settled(t, y, p), partial(self._raw, self._conditional, t, p=p))

    # ------------------------------------------------------------------------------------------------ the past
    def lags(self, t: float, y: Array, p: Array) -> Array:
        """Return [delayed value]: how long ago [h] it is taken from."""
        return np.array([self._at(program, t, y, p)[0] for program in self._lags])

    def remembering(self, past: Past) -> ReferenceKernel:
        """Return this kernel for a patient with a past; without one, what is delayed has always been as it is."""
        other = copy(self)
        other._past = past
        return other

    def _at(self, program: Program, t: float, y: Array, p: Array) -> list[float]:
        return self._raw(program, t, self.settled(t, y, p), p)

    def _raw(self, program: Program, t: float, y: Array, p: Array) -> list[float]:
        return program.at(t, y, p, partial(self._recall, t, y, p))

    def _recall(self, t: float, y: Array, p: Array, index: int) -> float:
        """Return a delayed value; NaN where it was built of delayed values, and they of others, too often."""
        if self._depth > MAX_RECALLS:
            return math.nan
        self._depth += 1
        try:
            moment = self._moment(t, y, p, self._at(self._lags[index], t, y, p)[0])
            return self._at(self._delayed[index][moment.is_before], moment.t, moment.y, moment.p)[0]
        finally:
            self._depth -= 1

    def _moment(self, t: float, y: Array, p: Array, ago: float) -> Moment:
        if ago == 0:
            return Moment(t, y, p)
        return Moment(t - ago, y, p, is_before=True) if self._past is None else self._past.moment(t, y, ago)

    def _recall_along(self, t: Array, y: Array, p: Array, index: int) -> Array:
        return np.array([self._recall(float(at), y[:, i], p, index) for i, at in enumerate(t)])

    def unsound(self, t: float, y: Array, p: Array) -> str:
        """Return which of the hazards of `chance` is negative or no number; empty where all are sound."""
        names = [name for name, _ in self.chance.hazards] if self.chance else []
        return next((n for n, v in zip(names, self._at(self._hazards, t, y, p), strict=True) if not v >= 0), "")


def _reads_parameters(system: System, slot: int) -> bool:
    node = system.defaults[slot]
    return node is not None and any(system.graph.operation[n] == "parameter" for n in system.graph.needed([node]))


def _default_order(system: System) -> list[int]:
    """Return the slots so that each stands behind those its value reads."""
    graph, order, open_ = system.graph, list[int](), list(range(len(system.slots)))
    while open_:
        for slot in open_:
            node = system.defaults[slot]
            needed = graph.needed([node]) if node is not None else []
            reads = {int(graph.value[n]) for n in needed if graph.operation[n] == "parameter"}
            if not reads & set(open_) - {slot}:
                order.append(slot)
                open_.remove(slot)
                break
        else:
            raise ValueError("parameters depend on each other in a circle")
    return order
