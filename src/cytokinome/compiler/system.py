"""The system: the network arranged into dy/dt = f(t, y, p), as one expression graph with its analytic Jacobian."""

from __future__ import annotations

import hashlib
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from cytokinome.compiler import implicit
from cytokinome.compiler.dag import Graph
from cytokinome.compiler.network import show
from cytokinome.diagnostics import Collector
from cytokinome.errors import ModelError
from cytokinome.model import quantities
from cytokinome.model.components import Manner
from cytokinome.model.expressions import COMPARISONS, Binary, Call, Expression, Number, Ref, Unary, descend, parts

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from cytokinome.compiler.network import Happening, Network, Output, Slot

    Nodes = Generator[Any, Any, int]

SAME_NUMBER = 1e-12  # relative difference of two moving numbers that are equal
_BINARY = {"+": "add", "-": "sub", "*": "mul", "/": "div", "and": "and", "or": "or"}


@dataclass(frozen=True, slots=True)
class EventNodes:
    """Nodes of one event; `assignments` are (is_parameter, index, node)."""

    id: str
    condition: int
    delay: int
    priority: int
    assignments: tuple[tuple[bool, int, int], ...]
    manner: Manner = field(default_factory=Manner)


@dataclass(frozen=True, slots=True)
class DelayNodes:
    """Nodes of one ``delayed(x, T)``: x, what x was before the start, and T [h].

    Before the start nothing moved but what starts as a function of time: that was this function already.
    """

    value: int
    before: int
    ago: int


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
    switches: tuple[int, ...]  # what turns positive, or ceases to be, where the rates or a condition of an event jump
    events: tuple[EventNodes, ...]
    baselines: tuple[tuple[int, int], ...]
    start: str
    digest: str
    chance: Chance | None = None
    delays: tuple[DelayNodes, ...] = ()  # of input k of kind "delayed"; T reads only those before k
    determined: tuple[int, ...] = ()  # states that conditions determine, which are no less exact for being states
    residuals: tuple[int, ...] = ()  # what is zero, one for each of these
    residual_slopes: tuple[tuple[int, int, int], ...] = ()  # residual, state, node


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
        self.delays: dict[Call, int] = {}  # the input that stands for each
        self._rates_of = frozenset(quantities.rate_of(v.id).id for v in network.variables)
        self._is_before = self._is_start = False
        self.turns: dict[int, int] = {}  # node of what jumps, a comparison or floor → node whose sign turns with it
        self._implicit = {entry.id: i for i, entry in enumerate(network.implicit)}
        self._solved: dict[str, int] = {}

    def node(self, expression: Expression) -> int:
        """Return the node of an expression."""
        return descend(self._node(expression))

    def _node(self, expression: Expression) -> Nodes:
        match expression:
            case Number():
                return self.graph.constant(expression.value)
            case Ref():
                return (yield self._ref(expression))
            case Call("delayed"):
                return self._delayed(expression)
            case Call("earlier"):  # than the start, for what starts as that
                return self.before(Call("delayed", expression.arguments), is_start=True)
            case Unary() | Binary() | Call():
                arguments: list[int] = []
                for part in parts(expression):
                    arguments.append((yield self._node(part)))
                return self._applied(expression, arguments)
            case _:
                raise TypeError(f"{expression} is not canonical")

    def _applied(self, expression: Unary | Binary | Call, arguments: list[int]) -> int:
        """Return the node of an operator or a function on nodes."""
        if isinstance(expression, Call):
            return self._call(expression.function, arguments)
        operator = expression.operator
        if isinstance(expression, Unary):
            return self.graph.apply("not" if operator == "not" else "neg", *arguments)
        if operator in COMPARISONS:
            return self._comparison(operator, *arguments)
        return self.graph.power(*arguments) if operator == "^" else self.graph.apply(_BINARY[operator], *arguments)

    def _ref(self, ref: Ref) -> Nodes:
        if self._is_before and ref.kind in ("state", "parameter"):
            return self._started(ref)
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
        if ref.kind == "definition" and ref.id in self._implicit:
            solved = self._solved.get(ref.id)
            return self.graph.input(implicit.UNKNOWN, self._implicit[ref.id]) if solved is None else solved
        if self._is_before and ref.kind == "definition" and ref.id in self._rates_of:
            return self.graph.constant(0.0)
        key = (ref.kind, ref.id)
        if key in self._open:
            circle = " → ".join(name for _, name in [*self._open, key])
            raise ValueError(f"definitions depend on each other: {circle}")
        if key not in self._lowered:
            self._open.append(key)
            self._lowered[key] = yield self._node(self._named[ref.kind][ref.id])
            self._open.pop()
        return self._lowered[key]

    def before(self, expression: Expression, *, is_start: bool = False) -> int:
        """Return the node of what an expression was before the start, from states and parameters at the start.

        Where the start itself is asked for (`is_start`), there are no states yet.
        """
        other = copy(self)
        other._is_before, other._is_start, other._lowered, other._open = True, is_start, {}, []
        return other.node(expression)

    def _started(self, ref: Ref) -> int:
        """Return the node of a state or parameter before the start: how it is stated, where that tells its past."""
        is_state = ref.kind == "state"
        index = (self.states if is_state else self.slots)[ref.id]
        start = self.network.variables[index].initial if is_state else self.network.slots[index].value
        known, node = self.graph.input(ref.kind, index), None if start is None else self.node(start)
        if node is None:
            return known
        return node if self.graph.reads_time(node) or (is_state and self._is_start) else known

    def settle(self, values: Mapping[str, int], by: Mapping[int, int]) -> None:
        """Take what conditions determine from now on as these nodes; `by` are the same, for the unknowns so far."""
        self._solved = dict(values)
        self._lowered.clear()  # what was lowered may speak of unknowns
        turning = implicit.replaced(self.graph, list(self.turns), by)
        differences = implicit.replaced(self.graph, list(self.turns.values()), by)
        self.turns = dict(zip(turning, differences, strict=True))

    def state(self, index: int) -> int:
        """Return the node of a state's value."""
        return self.graph.input("state", index)

    def one(self, index: int) -> int:
        """Return the node of a single cell or molecule of a state: nothing, where many stand for all."""
        del index
        return self.graph.constant(0.0)

    def _comparison(self, operator: str, left: int, right: int) -> int:
        graph = self.graph
        moving = graph.depends_on_state_or_time()
        if operator in ("==", "!=") and (moving[left] or moving[right]):
            return self._meeting(operator, left, right)
        first, second = (right, left) if operator in (">", ">=") else (left, right)
        operation = {"<": "lt", ">": "lt", "<=": "le", ">=": "le"}.get(operator, "eq")
        result = graph.apply(operation, first, second)
        if operator == "!=":
            result = graph.apply("not", result)
        if graph.operation[result] != "constant":
            # It is above 0 where a strict comparison is true, and where one that is not strict is false.
            ends = (first, second) if operation == "le" else (second, first)
            self.turns[result] = graph.apply("sub", *ends)
        return result

    def _meeting(self, operator: str, left: int, right: int) -> int:
        """Equality of numbers that move: within rounding, for they are never seen at the instant when they meet."""
        graph = self.graph
        size = graph.apply("max", graph.apply("abs", left), graph.apply("abs", right))
        margin = graph.apply("mul", graph.constant(SAME_NUMBER), size)
        above, below = (graph.apply("add", number, margin) for number in (left, right))
        result = graph.apply("and", self._comparison("<=", right, above), self._comparison("<=", left, below))
        return graph.apply("not", result) if operator == "!=" else result

    def _delayed(self, call: Call) -> int:
        """What an expression was some hours ago: an input that the engine finds in its past."""
        what, ago = call.arguments
        hours = self.node(ago)
        if self._is_before:  # long before the start it is no less known than shortly before
            time = self.graph.input("time")
            return implicit.replaced(self.graph, [self.node(what)], {time: self.graph.apply("sub", time, hours)})[0]
        if self.graph.is_constant(hours, 0.0):
            return self.node(what)
        return self.graph.input("delayed", self.delays.setdefault(call, len(self.delays)))

    def _rounded(self, operation: str, argument: int) -> int:
        """Return floor or ceil; where it jumps, what is even becomes odd.

        floor(x) is even where x/2 has a fractional part below ½, and ceil(x) is −floor(−x). These operations are exact:
        the sign turns where the value jumps and nowhere else.
        """
        graph = self.graph
        result = graph.apply(operation, argument)
        if graph.operation[result] != "constant":
            x = argument if operation == "floor" else graph.apply("neg", argument)
            half = graph.apply("mul", x, graph.constant(0.5))
            fraction = graph.apply("sub", half, graph.apply("floor", half))
            self.turns[result] = graph.apply("sub", graph.constant(0.5), fraction)
        return result

    def _either(self, first: int, second: int) -> int:
        """Return whether exactly one of two conditions is true."""
        graph = self.graph
        only = (graph.apply("and", a, graph.apply("not", b)) for a, b in ((first, second), (second, first)))
        return graph.apply("or", *only)

    def _call(self, function: str, args: list[int]) -> int:
        graph = self.graph
        if function == "if":
            return graph.apply("select", *args)
        if function in ("min", "max"):
            return reduce(partial(graph.apply, function), args)
        if function == "xor":
            return reduce(self._either, args)
        if function in ("floor", "ceil"):
            return self._rounded(function, *args)
        if function == "hill":
            one = graph.constant(1.0)
            ratio = graph.apply("max", graph.apply("div", args[0], args[1]), graph.constant(0.0))
            power = graph.power(ratio, args[2])
            return graph.apply("sub", one, graph.apply("div", one, graph.apply("add", one, power)))
        return graph.apply(function, *args)

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
    solved = implicit.settle(lowering)
    if solved.left:
        implicit.check_starts(lowering, solved.left)
        return arrange(implicit.with_states(network, solved.left))
    rates, residuals = _rates(network, lowering), [lowering.node(e) for _, e in network.conditions]
    states = [lowering.states[id] for id, _ in network.conditions]
    for state, rate in zip(states, implicit.tangents(lowering.graph, residuals, states, rates), strict=True):
        rates[state] = rate
    return with_digest(_with_conditions(system_of(lowering, rates, residuals), states, residuals))


def _with_conditions(system: System, states: Sequence[int], residuals: Sequence[int]) -> System:
    """Return the system with what determines some of its states."""
    graph, slopes = system.graph, list[tuple[int, int, int]]()
    for column in range(len(system.states)) if residuals else ():
        found = graph.derivatives(list(residuals), column)
        slopes += [(row, column, found[residual]) for row, residual in enumerate(residuals) if residual in found]
    return replace(system, determined=tuple(states), residuals=tuple(residuals), residual_slopes=tuple(sorted(slopes)))


def system_of(lowering: Lowering, rates: Sequence[int], residuals: Sequence[int] = ()) -> System:
    """Return the system with these derivatives [state]; its digest is yet to be made.

    What is zero (`residuals`) switches where its conditions do, like the derivatives.
    """
    network, graph = lowering.network, lowering.graph
    events = tuple(_event_nodes(lowering, event) for event in network.events)
    observed = tuple(lowering.node(e) for _, e in network.outputs)
    scales = tuple(lowering.scale(i) for i in range(len(network.variables)))
    defaults = [None if s.value is None else lowering.node(s.value) for s in network.slots]
    delays = _delays(lowering)  # behind all that may read them
    read = [n for d in delays for n in (d.value, d.ago)]
    switches = _switches(lowering, [*rates, *residuals, *read, *(e.condition for e in events)])
    return System(
        graph=graph,
        states=tuple(v.id for v in network.variables),
        slots=network.slots,
        outputs=tuple(o for o, _ in network.outputs),
        rates=tuple(rates),
        jacobian=jacobian_of(graph, rates),
        observed=observed,
        initial=_at_zero(graph, [lowering.node(v.initial) for v in network.variables]),
        scales=_at_zero(graph, scales),
        volumes=tuple(lowering.node(v.volume) for v in network.variables),
        defaults=tuple(None if n is None else _at_zero(graph, [n])[0] for n in defaults),
        switches=switches,
        events=events,
        baselines=tuple((lowering.slots[slot], lowering.states[state]) for slot, state, _ in network.baselines),
        start=network.start,
        digest="",
        delays=delays,
    )


def _at_zero(graph: Graph, nodes: Sequence[int]) -> tuple[int, ...]:
    """Return the nodes of the same values at time 0."""
    if not graph.reads_time(*nodes):
        return tuple(nodes)
    return tuple(implicit.replaced(graph, nodes, {graph.input("time"): graph.constant(0.0)}))


def _delays(lowering: Lowering) -> tuple[DelayNodes, ...]:
    """Return the nodes of everything that is delayed, and of what that is delayed from.

    Raises
    ------
    ModelError
        How long ago something was depends on it.
    """
    graph, found = lowering.graph, list[DelayNodes]()
    while len(found) < len(lowering.delays):
        call = list(lowering.delays)[len(found)]
        what, ago = call.arguments
        nodes = DelayNodes(lowering.node(what), lowering.before(what), lowering.node(ago))
        reads = [int(graph.value[n]) for n in graph.needed([nodes.ago]) if graph.operation[n] == "delayed"]
        if any(k >= len(found) for k in reads):
            problems = Collector()
            message = f"how long ago it was depends on itself: {show(call)}"
            problems.error("NOT_DETERMINED", message, hint="state the delay by numbers that do not depend on it")
            problems.report().raise_errors(ModelError, lowering.network.model_id)
        found.append(nodes)
    return tuple(found)


def _rates(network: Network, lowering: Lowering) -> list[int]:
    graph = lowering.graph
    rates = [graph.constant(0.0)] * len(network.variables)
    for process in network.processes:
        rate = lowering.node(Ref("process", process.id))
        for target, coefficient in process.changes:
            index = lowering.states[target]
            if isinstance(coefficient, Unary):
                change = _scaled(graph, lowering.node(coefficient.operand), rate)
                rates[index] = (
                    graph.apply("neg", change)
                    if graph.is_constant(rates[index], 0.0)
                    else graph.apply("sub", rates[index], change)
                )
            else:
                rates[index] = graph.apply("add", rates[index], _scaled(graph, lowering.node(coefficient), rate))
    return rates


def _scaled(graph: Graph, factor: int, rate: int) -> int:
    """Return factor·rate; of three factors, two that do not move along a trajectory are multiplied first."""
    moving = graph.depends_on_state_or_time()
    if graph.operation[rate] == "mul" and not moving[factor] and not graph.is_constant(factor, 1.0):
        first, second = graph.arguments[rate]
        if moving[first] and not moving[second]:
            return graph.apply("mul", first, graph.apply("mul", factor, second))
    return graph.apply("mul", factor, rate)


def jacobian_of(graph: Graph, rates: Sequence[int]) -> tuple[tuple[int, int, int], ...]:
    """Row, column and node of every entry of the Jacobian that is not zero throughout.

    The slopes of a rate are those of its terms, added up here: through the running sum of thousands of terms, each
    column would otherwise be carried to its end.
    """
    places: dict[int, list[tuple[int, int, str]]] = {}  # of a term: row, number, and whether it is added or subtracted
    for row, rate in enumerate(rates):
        for number, (sign, term) in enumerate(_terms(graph, rate)):
            places.setdefault(term, []).append((row, number, sign))
    entries: list[tuple[int, int, int]] = []
    among = frozenset(graph.needed(places))
    for column in range(len(rates)):
        slopes = graph.derivatives(places.keys(), column, among=among)
        own = sorted((row, number, sign, slope) for term, slope in slopes.items() for row, number, sign in places[term])
        sums: dict[int, int] = {}
        for row, _, sign, slope in own:
            before = sums.pop(row, None)
            if before is not None:
                slope = graph.apply(sign, before, slope)
            elif sign == "sub":
                slope = graph.apply("neg", slope)
            if not graph.is_constant(slope, 0.0):
                sums[row] = slope
        entries += [(row, column, total) for row, total in sums.items()]
    return tuple(sorted(entries))


def _terms(graph: Graph, total: int) -> list[tuple[str, int]]:
    """Return the terms of a sum in their order, each with ``add`` or ``sub``."""
    terms: list[tuple[str, int]] = []
    while graph.operation[total] in ("add", "sub"):
        first, second = graph.arguments[total]
        terms.append((graph.operation[total], second))
        total = first
    return [("add", total), *reversed(terms)]


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
    found = {sign: None for node, sign in lowering.turns.items() if node in needed and moving[sign]}
    return tuple(found)


def with_digest(system: System) -> System:
    """Return the system with the hash of everything that the equations are made of."""
    graph = system.graph
    nodes = (graph.operation, graph.arguments, [v.hex() for v in graph.value])
    names = (system.states, [s.name for s in system.slots], [o.name for o in system.outputs])
    parts = (system.rates, system.jacobian, system.observed, system.initial, system.scales, system.volumes)
    rest = (system.defaults, system.switches, system.baselines, system.start, system.events, system.chance)
    rest = (*rest, system.delays) if system.delays else rest
    rest = (*rest, system.determined, system.residuals, system.residual_slopes) if system.determined else rest
    return replace(system, digest=hashlib.sha256(repr((nodes, names, parts, rest)).encode()).hexdigest())
