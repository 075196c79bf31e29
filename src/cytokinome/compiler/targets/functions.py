"""System → the functions of a kernel in LLVM's text form.

Every array is [index][4] with the lane last. What depends on parameters alone is computed once, by `prepare`, into q.
Inputs are read where they are used: a register would only be spilled to come back from memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.compiler import elimination as lu
from cytokinome.compiler.dag import LIBRARY
from cytokinome.compiler.targets import library, linear, vectors
from cytokinome.compiler.targets.abi import JACOBIAN, LANES, MATHEMATICS, PREFIX, SIGNATURES, Sizes
from cytokinome.compiler.targets.vectors import VECTOR, Block, splat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cytokinome.compiler.dag import Graph
    from cytokinome.compiler.system import EventNodes, System

_INLINE = 12  # uses of exp, log or pow up to which each is written out in place
_BINARY = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARISON = {"lt": "olt", "le": "ole", "eq": "oeq"}
_LN10 = 2.302585092994046


class Values:
    """The values of nodes in one function, each computed where it is first needed."""

    def __init__(self, graph: Graph, code: Block, kept: dict[int, int], inverses: dict[int, int]) -> None:
        self.graph, self.code, self.kept, self.inverses = graph, code, kept, inverses
        self.known: dict[int, str] = {}
        self.masks: dict[int, str] = {}  # of what is true or false
        self._truths: dict[int, str] = {}  # whether numbers differ from zero

    def __call__(self, node: int) -> str:
        """Return the value of a node as a vector."""
        pending = [node]
        while pending:
            top = pending[-1]
            missing = [a for a in self._arguments(top) if not self._is_at_hand(a)]
            if missing:
                pending.extend(reversed(missing))
                continue
            pending.pop()
            if not self._is_at_hand(top):
                self._compute(top)
        return self._vector(node)

    def _is_at_hand(self, node: int) -> bool:
        return node in self.known or node in self.masks or node in self.kept or not self.graph.arguments[node]

    def _arguments(self, node: int) -> tuple[int, ...]:
        """Return what is needed to compute a node; of a quotient it may be the inverse of the denominator."""
        if self._is_at_hand(node):
            return ()
        args = self.graph.arguments[node]
        return (args[0], self.inverses[node]) if node in self.inverses else args

    def _vector(self, node: int) -> str:
        if node in self.known:
            return self.known[node]
        if node in self.masks:
            self.known[node] = self.code.select(self.masks[node], splat(1.0), splat(0.0))
            return self.known[node]
        if node in self.kept:
            return self.code.load("q", self.kept[node])
        kind, value = self.graph.operation[node], self.graph.value[node]
        if kind == "constant":
            return splat(value)
        return self.code.load({"state": "y", "parameter": "p", "time": "t"}[kind], int(value))

    def _mask(self, node: int) -> str:
        """Return whether a value is true: anything but zero."""
        if node in self.masks:
            return self.masks[node]
        if node not in self._truths:
            self._truths[node] = self.code.compare("une", self._vector(node), splat(0.0))
        return self._truths[node]

    def _compute(self, node: int) -> None:
        operation, args = self.graph.operation[node], self._arguments(node)
        if node in self.inverses:
            operation = "mul"
        if operation in _COMPARISON:
            left, right = (self._vector(a) for a in args)
            self.masks[node] = self.code.compare(_COMPARISON[operation], left, right)
        elif operation in ("and", "or"):
            self.masks[node] = self.code.logic(operation, self._mask(args[0]), self._mask(args[1]))
        elif operation == "not":
            self.masks[node] = self.code.invert(self._mask(args[0]))
        elif operation == "select":
            mask = self._mask(args[0])
            self.known[node] = self.code.select(mask, self._vector(args[1]), self._vector(args[2]))
        else:
            self.known[node] = self._arithmetic(operation, [self._vector(a) for a in args])

    def _arithmetic(self, operation: str, args: list[str]) -> str:
        code = self.code
        match operation:
            case "add" | "sub" | "mul" | "div":
                return code.binary(_BINARY[operation], *args)
            case "neg":
                return code.negative(*args)
            case "abs":
                return code.call("fabs", *args)
            case "sqrt" | "floor" | "ceil":
                return code.call(operation, *args)
            case "min":  # as Python's: the first unless the second is smaller
                return code.select(code.compare("olt", args[1], args[0]), args[1], args[0])
            case "max":
                return code.select(code.compare("ogt", args[1], args[0]), args[1], args[0])
            case "log10":
                return code.binary("fdiv", self._transcendental("log", args), splat(_LN10))
            case "exp" | "log" | "pow":
                return self._transcendental(operation, args)
            case _ if operation in LIBRARY:
                return self._transcendental(operation, args)
            case _:
                raise TypeError(f"no code for the operation {operation}")

    def _transcendental(self, operation: str, args: list[str]) -> str:
        listed = ", ".join(f"{VECTOR} {a}" for a in args)
        return self.code.put(f"call {VECTOR} @vector_{operation}({listed})")


class Module:
    """The functions of one system, written one after the other."""

    def __init__(self, system: System, select: Sequence[int]) -> None:
        self.system = system
        self.graph = graph = system.graph.copy()  # derivatives by time grow it
        self.slopes = graph.derivatives(list(system.rates), 0, "time")
        self.outputs = {
            "rates": list(system.rates),
            "factor": [node for _, _, node in system.jacobian],
            "timeslope": [self.slopes.get(rate, graph.constant(0.0)) for rate in system.rates],
            "switches": list(system.switches),
            "triggers": [event.condition for event in system.events],
            "assignments": [node for event in system.events for node in _happening(event)],
            "observe": [system.observed[i] for i in select],
        }
        self.once = {"initial": system.initial, "scales": system.scales, "volumes": system.volumes}
        everything = [node for nodes in self.outputs.values() for node in nodes]
        self.inverses = _inverses(graph, everything, of_moving=False)
        self.slope_inverses = self.inverses | _inverses(graph, self.outputs["factor"], of_moving=True)
        self.kept = _kept(graph, everything, self.inverses)
        self.elimination = lu.eliminate(len(system.states), [(row, column) for row, column, _ in system.jacobian])
        self.is_straight = self.elimination.operations + 2 * len(self.elimination.slots) <= linear.STRAIGHT

    @property
    def sizes(self) -> Sizes:
        """The sizes of the arrays."""
        count = {name: len(nodes) for name, nodes in self.outputs.items()}
        return Sizes(
            n=len(self.system.states),
            np=len(self.system.slots),
            nq=len(self.kept),
            nlu=len(self.elimination.slots),
            ns=count["switches"],
            nsel=count["observe"],
            ne=count["triggers"],
            na=count["assignments"],
            has_time=bool(self.slopes),
        )

    def text(self) -> str:
        """Return the module that holds the functions of `abi.LANES`."""
        special = {"prepare": self._prepare, "factor": self._factor, "solve": self._solve}
        writers = {name: special.get(name) or self._plain(name) for name in LANES}
        tables = [] if self.is_straight else [linear.tables(self.elimination)]
        return "\n".join([*tables, *self._text(writers)])

    def jacobian_text(self) -> str:
        """Return the module that holds `jacobian`: the entries in the order of ``system.jacobian``."""
        nodes = self.outputs["factor"]

        def write(code: Block) -> None:
            _store(code, Values(self.graph, code, self.kept, self.slope_inverses), nodes, "j")

        return "\n".join(self._text({name: write for name in JACOBIAN}))

    def _text(self, writers: dict[str, Callable[[Block], None]]) -> list[str]:
        """Return functions with what they call; exp, log and pow stand in place unless there are many."""
        parts = [function(name, write) for name, write in writers.items()]
        uses = sum(part.count(f"call {VECTOR} @vector_{name}(") for part in parts for name in _MATHEMATICS)
        inner = inner_functions("alwaysinline" if uses <= _INLINE else "noinline") if uses else []
        return [vectors.INTRINSICS, *inner, *library.needed(parts), *parts]

    # ------------------------------------------------------------------------------------------ functions
    def _values(self, code: Block) -> Values:
        return Values(self.graph, code, self.kept, self.inverses)

    def _write(self, code: Block, nodes: Sequence[int], array: str) -> None:
        _store(code, self._values(code), nodes, array)

    def _plain(self, name: str) -> Callable[[Block], None]:
        array = SIGNATURES[name][-1]
        if name in self.once:
            nodes = self.once[name]
            return lambda code: _store(code, Values(self.graph, code, {}, {}), nodes, array)
        return lambda code: self._write(code, self.outputs[name], array)

    def _prepare(self, code: Block) -> None:
        values = Values(self.graph, code, {}, {})
        for node, slot in self.kept.items():
            code.store(values(node), "q", slot)

    def _factor(self, code: Block) -> None:
        values, slots = Values(self.graph, code, self.kept, self.slope_inverses), self.elimination.slots
        nodes = {slots[row, column]: node for row, column, node in self.system.jacobian}
        diagonal = {row.diagonal for row in self.elimination.rows}

        def entry(slot: int) -> str:
            value = values(nodes[slot]) if slot in nodes else splat(0.0)
            return code.sub(value, code.load("inv_hg", 0)) if slot in diagonal else value

        write = linear.factor_straight if self.is_straight else linear.factor_loops
        write(code, self.elimination, entry)

    def _solve(self, code: Block) -> None:
        write = linear.solve_straight if self.is_straight else linear.solve_loops
        write(code, self.elimination)


def _store(code: Block, values: Values, nodes: Iterable[int], array: str) -> None:
    for i, node in enumerate(nodes):
        code.store(values(node), array, i)


def _happening(event: EventNodes) -> list[int]:
    return [event.delay, event.priority, *(node for _, _, node in event.assignments)]


_MATHEMATICS = {"exp": vectors.exp, "log": vectors.log, "pow": vectors.power}


def mathematics_text() -> str:
    """Return the module that holds the functions of `abi.MATHEMATICS`, each for one vector."""
    doors = [function(name, _door(name, arguments[:-1])) for name, arguments in MATHEMATICS.items()]
    return "\n".join([vectors.INTRINSICS, *inner_functions("alwaysinline"), *doors])


def inner_functions(attribute: str) -> list[str]:
    """Return exp, log and pow as functions that the others call."""
    parts = list[str]()
    for name, write in _MATHEMATICS.items():
        arguments = MATHEMATICS[name][:-1]
        code = Block()
        result = write(code, *(f"%{a}" for a in arguments))
        head = f"define internal {VECTOR} @vector_{name}({', '.join(f'{VECTOR} %{a}' for a in arguments)}) {attribute}"
        parts.append("\n".join([f"{head} {{", "entry:", *code.lines, f"  ret {VECTOR} {result}", "}"]))
    return parts


def _door(name: str, arguments: tuple[str, ...]) -> Callable[[Block], None]:
    def write(code: Block) -> None:
        listed = ", ".join(f"{VECTOR} {code.load(a, 0)}" for a in arguments)
        code.store(code.put(f"call {VECTOR} @vector_{name}({listed})"), "out", 0)

    return write


def function(name: str, write: Callable[[Block], None]) -> str:
    """Return a function that other code can call; its arrays do not overlap."""
    code = Block()
    write(code)
    arguments = ", ".join(f"ptr noalias %{a}" for a in SIGNATURES[name])
    return "\n".join(
        [f"define void @{PREFIX}{name}({arguments}) nounwind {{", "entry:", *code.lines, "  ret void", "}"]
    )


def _inverses(graph: Graph, outputs: list[int], *, of_moving: bool) -> dict[int, int]:
    """Return quotients that become products, with the node of the inverse of their denominator.

    A division takes as long as ten products. What divides by something that does not move is multiplied by its
    inverse, which `prepare` keeps, wherever it occurs: two functions never disagree on a value. Slopes also share the
    inverses of what moves, since all slopes of a quotient have its denominator.
    """
    moving = graph.depends_on_state_or_time()
    found: dict[int, int] = {}
    one = graph.constant(1.0)
    for node in graph.needed(outputs):
        if graph.operation[node] != "div" or not moving[node]:
            continue
        numerator, denominator = graph.arguments[node]
        if moving[denominator] != of_moving or numerator == one:
            continue
        inverse = graph.apply("div", one, denominator)
        if graph.operation[inverse] != "constant" or _is_safe(graph.value[inverse]):
            found[node] = inverse
    return found


def _is_safe(inverse: float) -> bool:
    return 2.0**-1022 <= abs(inverse) < float("inf")


def _kept(graph: Graph, outputs: Iterable[int], inverses: dict[int, int]) -> dict[int, int]:
    """Return the slots in q of the values that do not move but are wanted by those that do, or as outputs."""
    moving = graph.depends_on_state_or_time()
    wanted = list(outputs)
    for node in graph.needed(wanted):
        if moving[node]:
            args = graph.arguments[node]
            wanted.extend((args[0], inverses[node]) if node in inverses else args)
    still = {node for node in wanted if not moving[node] and graph.arguments[node]}
    return {node: slot for slot, node in enumerate(sorted(still))}
