"""The system: the network arranged into dy/dt = f(t, y, p), as one expression graph with its analytic Jacobian."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.compiler.dag import Graph
from cytokinome.model.components import Manner
from cytokinome.model.expressions import COMPARISONS, Binary, Call, Expression, Number, Ref, Unary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.compiler.network import Happening, Network, Output, Slot

_BINARY = {"+": "add", "-": "sub", "*": "mul", "/": "div", "and": "and", "or": "or"}


@dataclass(frozen=True, slots=True)
class EventNodes:
    """Nodes of one event; `assignments` are (is_parameter, index, node)."""

    id: str
    condition: int
    delay: int
    priority: int
    assignments: tuple[tuple[bool, int, int], ...]
    manner: Manner = Manner()


@dataclass(frozen=True, slots=True)
class Chance:
    """The event that happens by chance, and the parameters that hold its random numbers.

    It happens where `integral`, a state, reaches the parameter `wait`, an exponential number of mean 1; what it does
    then follows from `uniform`, a number within (0, 1). Once it is carried out, which adds one to `number`, the engine
    draws both anew. `hazards` are names and nodes of the rates [1/h] that are integrated.
    """

    event: int
    integral: int
    wait: int
    uniform: int
    number: int
    hazards: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class System:
    """Nodes of one graph: what to compute for each state, parameter, output and switch."""

    graph: Graph
    states: tuple[str, ...]
    slots: tuple[Slot, ...]
    outputs: tuple[Output, ...]
    rates: tuple[int, ...]
    jacobian: tuple[tuple[int, int, int], ...]  # row, column, node
    observed: tuple[int, ...]
    initial: tuple[int, ...]
    scales: tuple[int, ...]
    volumes: tuple[int, ...]
    defaults: tuple[int | None, ...]  # per slot; None for productions, which the engine sets
    switches: tuple[int, ...]  # differences that turn positive where a comparison of the rates or events turns
    events: tuple[EventNodes, ...]
    baselines: tuple[tuple[int, int], ...]
    start: str
    digest: str
    chance: Chance | None = None


class Lowering:
    """Turns canonical expressions into nodes of one graph."""

    def __init__(self, network: Network) -> None:
        self.graph = Graph()
        self.network = network
        self.states = {v.id: i for i, v in enumerate(network.variables)}
        self.slots = {s.name: i for i, s in enumerate(network.slots)}
        self._named = {
            "definition": dict(network.definitions),
            "mean": dict(network.means or network.definitions),
            "molecule": dict(network.molecules),
            "process": {p.id: p.rate for p in network.processes},
        }
        self._lowered: dict[tuple[str, str], int] = {}
        self._open: list[tuple[str, str]] = []
        self.comparisons: dict[int, int] = {}  # node of a comparison → node of the difference that turns with it

    def node(self, expression: Expression) -> int:
        """Return the node of an expression."""
        graph = self.graph
        match expression:
            case Number():
                return graph.constant(expression.value)
            case Ref():
                return self._ref(expression)
            case Unary():
                return graph.apply("not" if expression.operator == "not" else "neg", self.node(expression.operand))
            case Binary() if expression.operator in COMPARISONS:
                return self._comparison(expression)
            case Binary() if expression.operator == "^":
                return graph.power(self.node(expression.left), self.node(expression.right))
            case Binary():
                return graph.apply(
                    _BINARY[expression.operator], self.node(expression.left), self.node(expression.right)
                )
            case Call():
                return self._call(expression)
            case _:
                raise TypeError(f"{expression} is not canonical")

    def _ref(self, ref: Ref) -> int:
        if ref.kind == "state":
            return self.state(self.states[ref.id])
        if ref.kind == "one":
            return self.one(self.states[ref.id])
        if ref.kind == "parameter":
            return self.graph.input("parameter", self.slots[ref.id])
        if ref.kind == "time":
            return self.graph.input("time")
        if ref.kind == "scale":
            return self.scale(self.states[ref.id])
        key = (ref.kind, ref.id)
        if key in self._open:
            circle = " → ".join(name for _, name in [*self._open, key])
            raise ValueError(f"definitions depend on each other: {circle}")
        if key not in self._lowered:
            self._open.append(key)
            self._lowered[key] = self.node(self._named[ref.kind][ref.id])
            self._open.pop()
        return self._lowered[key]

    def state(self, index: int) -> int:
        """Return the node of a state's value."""
        return self.graph.input("state", index)

    def one(self, index: int) -> int:
        """Return the node of a single cell or molecule of a state: nothing, where many stand for all."""
        del index
        return self.graph.constant(0.0)

    def _comparison(self, node: Binary) -> int:
        left, right = self.node(node.left), self.node(node.right)
        graph = self.graph
        first, second = (right, left) if node.operator in (">", ">=") else (left, right)
        operation = {"<": "lt", ">": "lt", "<=": "le", ">=": "le"}.get(node.operator, "eq")
        result = graph.apply(operation, first, second)
        if node.operator == "!=":
            result = graph.apply("not", result)
        if graph.operation[result] != "constant":
            # It is above 0 where a strict comparison is true, and where one that is not strict is false.
            ends = (first, second) if operation == "le" else (second, first)
            self.comparisons[result] = graph.apply("sub", *ends)
        return result

    def _call(self, call: Call) -> int:
        args = [self.node(a) for a in call.arguments]
        graph = self.graph
        if call.function == "if":
            return graph.apply("select", *args)
        if call.function in ("min", "max"):
            result = args[0]
            for arg in args[1:]:
                result = graph.apply(call.function, result, arg)
            return result
        if call.function == "hill":
            one = graph.constant(1.0)
            ratio = graph.apply("max", graph.apply("div", args[0], args[1]), graph.constant(0.0))
            power = graph.power(ratio, args[2])
            return graph.apply("sub", one, graph.apply("div", one, graph.apply("add", one, power)))
        return graph.apply(call.function, *args)

    def scale(self, index: int) -> int:
        """Return the scale of a state: the largest of its candidates, one where they are all zero."""
        graph = self.graph
        largest = graph.constant(0.0)
        for candidate in self.network.variables[index].scale:
            largest = graph.apply("max", largest, graph.apply("abs", self.node(candidate)))
        return graph.apply("select", graph.apply("lt", graph.constant(0.0), largest), largest, graph.constant(1.0))


def arrange(network: Network) -> System:
    """Return the system of a network."""
    lowering = Lowering(network)
    return with_digest(system_of(lowering, _rates(network, lowering)))


def system_of(lowering: Lowering, rates: Sequence[int]) -> System:
    """Return the system with these derivatives [state]; its digest is yet to be made."""
    network, graph = lowering.network, lowering.graph
    events = tuple(_event_nodes(lowering, event) for event in network.events)
    switches = _switches(lowering, [*rates, *(e.condition for e in events)])
    return System(
        graph=graph,
        states=tuple(v.id for v in network.variables),
        slots=network.slots,
        outputs=tuple(o for o, _ in network.outputs),
        rates=tuple(rates),
        jacobian=_jacobian(graph, rates),
        observed=tuple(lowering.node(e) for _, e in network.outputs),
        initial=tuple(lowering.node(v.initial) for v in network.variables),
        scales=tuple(lowering.scale(i) for i in range(len(network.variables))),
        volumes=tuple(lowering.node(v.volume) for v in network.variables),
        defaults=tuple(None if s.value is None else lowering.node(s.value) for s in network.slots),
        switches=switches,
        events=events,
        baselines=tuple((lowering.slots[slot], lowering.states[state]) for slot, state, _ in network.baselines),
        start=network.start,
        digest="",
    )


def _rates(network: Network, lowering: Lowering) -> list[int]:
    graph = lowering.graph
    rates = [graph.constant(0.0)] * len(network.variables)
    for process in network.processes:
        rate = lowering.node(Ref("process", process.id))
        for target, coefficient in process.changes:
            index = lowering.states[target]
            if isinstance(coefficient, Unary):
                change = graph.apply("mul", lowering.node(coefficient.operand), rate)
                rates[index] = (
                    graph.apply("neg", change)
                    if graph.is_constant(rates[index], 0.0)
                    else graph.apply("sub", rates[index], change)
                )
            else:
                rates[index] = graph.apply("add", rates[index], graph.apply("mul", lowering.node(coefficient), rate))
    return rates


def _jacobian(graph: Graph, rates: Sequence[int]) -> tuple[tuple[int, int, int], ...]:
    """Row, column and node of every entry of the Jacobian that is not zero throughout."""
    entries: list[tuple[int, int, int]] = []
    among = frozenset(graph.needed(rates))
    for column in range(len(rates)):
        slopes = graph.derivatives(list(rates), column, among=among)
        entries += [(row, column, slopes[rate]) for row, rate in enumerate(rates) if rate in slopes]
    return tuple(sorted(entries))


def _event_nodes(lowering: Lowering, event: Happening) -> EventNodes:
    assignments = tuple(
        (kind == "parameter", (lowering.slots if kind == "parameter" else lowering.states)[id], lowering.node(value))
        for kind, id, value in event.assignments
    )
    condition, delay, priority = (lowering.node(e) for e in (event.condition, event.delay, event.priority))
    return EventNodes(event.id, condition, delay, priority, assignments, event.manner)


def _switches(lowering: Lowering, outputs: list[int]) -> tuple[int, ...]:
    moving = lowering.graph.depends_on_state_or_time()
    needed = set(lowering.graph.needed(outputs))
    found = {d: None for c, d in lowering.comparisons.items() if c in needed and moving[d]}
    return tuple(found)


def with_digest(system: System) -> System:
    """Return the system with the hash of everything that the equations are made of."""
    graph = system.graph
    nodes = (graph.operation, graph.arguments, [v.hex() for v in graph.value])
    names = (system.states, [s.name for s in system.slots], [o.name for o in system.outputs])
    parts = (system.rates, system.jacobian, system.observed, system.initial, system.scales, system.volumes)
    rest = (system.defaults, system.switches, system.baselines, system.start, system.events, system.chance)
    return replace(system, digest=hashlib.sha256(repr((nodes, names, parts, rest)).encode()).hexdigest())
