"""Jumps → machine code: what is done at every event, one function per kind of event.

``fire_i`` changes the counts, computes the hazards that read them anew, and sums the rows of the tree of running sums
that hold those hazards. What depends on neither counts nor events is computed once per stretch of time, by `prepare`.

Every value is that of the graph's operations in the order of the graph: the bits are those of the reference target,
but for exp, log and powers that are not whole, which are those of the lanes.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

import llvmlite
import numpy as np

from cytokinome import cache
from cytokinome._version import __version__
from cytokinome.compiler.dag import LIBRARY
from cytokinome.compiler.targets import library, vectors
from cytokinome.compiler.targets.abi import PREFIX
from cytokinome.compiler.targets.functions import inner_functions
from cytokinome.compiler.targets.llvm import generator
from cytokinome.compiler.targets.machine import Loaded, compile_ir, host, load
from cytokinome.compiler.targets.vectors import VECTOR, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.dag import Graph
    from cytokinome.compiler.jumps import Jumps

    Array = NDArray[np.float64]

TREE = 8  # running sums in a row: each row of a level sums eight hazards, or the ends of eight rows below
IN_PLACE = 30_000  # operations up to which every event has its hazards written out; beyond, they are called
HALF = TREE // 2  # of a row: one register of AVX2
_ROW = f"<{HALF} x double>"
# What is added to each number of half a row to sum pairs and fours; 4 is zero (`engines.stochastic.choice`).
_BEFORE = ((4, 0, 4, 2), (4, 4, 1, 1))
_BINARY = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARISON = {"lt": "olt", "le": "ole", "eq": "oeq"}
_LN10 = 2.302585092994046
_LARGEST = 2.0**53
_DIVISION = 500  # lines
_ARGUMENTS = ("ptr noalias %y", "ptr noalias %q", "ptr noalias %d", "ptr noalias %a")


@dataclass(frozen=True, slots=True)
class Tree:
    """Where the tree stands in memory: per level the numbers in rows of eight, then their running sums likewise.

    `rows`, `numbers` and `starts` give, per level, how many rows there are and where numbers and running sums begin.
    The numbers of level 0 are the hazards.
    """

    n_hazards: int
    rows: tuple[int, ...]
    numbers: tuple[int, ...]
    starts: tuple[int, ...]

    @classmethod
    def of(cls, n_hazards: int) -> Tree:
        """Return the tree of so many hazards."""
        rows = [max(1, -(-n_hazards // TREE))]
        while rows[-1] > 1:
            rows.append(-(-rows[-1] // TREE))
        first = [0, *accumulate(2 * TREE * count for count in rows)]
        starts = tuple(start + TREE * count for start, count in zip(first, rows, strict=False))
        return cls(n_hazards, tuple(rows), tuple(first[:-1]), starts)


@dataclass(frozen=True, slots=True)
class JumpKernel:
    """Compiled jumps. All arrays are of doubles; the addresses are valid as long as this value lives.

    ========  ====================================================================================
    prepare   p, q: from slots, infusion rates and the clock behind them, what `begin` and `fire` read
    begin     y, q, d, a → 0, or 1 where a hazard is negative: all hazards and their tree
    fire      y, q, d, a → likewise, and 1 where a count is negative or beyond 2^53; one per jump
    ========  ====================================================================================

    `d` holds the changes of all jumps one after the other, of jump i from ``offsets[i]`` on; `changed` says which state
    each is of.
    """

    n_states: int
    n_kept: int
    tree: Tree
    offsets: Array
    changed: NDArray[np.int64]
    prepare: int
    begin: int
    fire: NDArray[np.int64]
    loaded: Loaded = field(repr=False)

    def kept(self, p: Array, clock: float) -> Array:
        """Return q of one stretch."""
        values = np.append(np.asarray(p, dtype=float), clock)
        q = np.zeros(max(self.n_kept, 1))
        prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
        prototype(self.prepare)(values.ctypes.data, q.ctypes.data)
        return q

    def hazards(self, counts: Array, q: Array) -> Array:
        """Return [jump] the hazards at some counts, with q of `kept`; NaN or negative where something is wrong."""
        room = np.zeros(self.tree.starts[-1] + 2 * TREE)
        aligned = room[(-room.ctypes.data & 63) // 8 :]
        pointers = [np.ascontiguousarray(x, dtype=float) for x in (counts, q, np.zeros(1))]
        prototype = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * 4)
        prototype(self.begin)(*(x.ctypes.data for x in pointers), aligned.ctypes.data)
        return aligned[: self.tree.n_hazards].copy()


def compile_jumps(jumps: Jumps) -> JumpKernel:
    """Compile jumps, or load what was compiled before.

    Warns
    -----
    CacheWarning
        The compiled code could not be kept.
    """
    writer = _Writer(jumps)
    key = cache.key("jumps", jumps.digest, writer.is_in_place, generator(), host(), __version__, llvmlite.__version__)
    code = cache.read(key)
    if code is None:
        code = compile_ir(writer.text())
        cache.write(key, code)
    fires = [f"fire_{i}" for i in range(len(jumps.jumps))]
    loaded = load(code, ["prepare", "begin", *fires])
    sizes = [len(jump.changes) for jump in jumps.jumps]
    return JumpKernel(
        n_states=len(jumps.states),
        n_kept=len(writer.kept),
        tree=writer.tree,
        offsets=np.cumsum([0, *sizes]),
        changed=np.array([state for jump in jumps.jumps for state, _ in jump.changes], dtype=np.int64),
        prepare=loaded.addresses["prepare"],
        begin=loaded.addresses["begin"],
        fire=np.array([loaded.addresses[name] for name in fires], dtype=np.int64),
        loaded=loaded,
    )


class _Scalars:
    """The text of one function on single doubles, and the values of nodes in it."""

    def __init__(self, graph: Graph, kept: dict[int, int], clock: int = 0) -> None:
        self.graph, self.kept, self.lines = graph, kept, list[str]()
        self._known: dict[int, str] = {}
        self._masks: dict[int, str] = {}
        self._counts: dict[int, str] = {}
        self._count, self._clock, self._divided = 0, clock, 0

    def put(self, instruction: str) -> str:
        """Add an instruction that has a value and return its name."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def load(self, array: str, index: int, kind: str = "double") -> str:
        """Return a number of an array, or half a row."""
        return self.put(f"load {kind}, ptr {self._at(array, index)}, align {8 if kind == 'double' else 32}")

    def store(self, value: str, array: str, index: int, kind: str = "double") -> None:
        """Set a number of an array, or half a row."""
        at = self._at(array, index)
        self.lines.append(f"  store {kind} {value}, ptr {at}, align {8 if kind == 'double' else 32}")
        if len(self.lines) - self._divided > _DIVISION:  # LLVM orders a long part in more than linear time
            self._count, self._divided = self._count + 1, len(self.lines)
            self.lines += [f"  br label %part{self._count}", f"part{self._count}:"]

    def set_state(self, index: int, value: str) -> None:
        """Say what a count is from here on."""
        self.store(value, "y", index)
        self._counts[index] = value

    def __call__(self, node: int) -> str:
        """Return the value of a node."""
        for needed in sorted(self._missing(node)):
            self._compute(needed)
        return self._value(node)

    def _missing(self, node: int) -> set[int]:
        """Return the nodes to compute first: not what only kept values need."""
        seen, pending = set[int](), [node]
        while pending:
            at = pending.pop()
            if at in seen or at in self._known or at in self._masks:
                continue
            seen.add(at)
            if at not in self.kept:
                pending.extend(self.graph.arguments[at])
        return seen

    def _at(self, array: str, index: int) -> str:
        return self.put(f"getelementptr double, ptr %{array}, i64 {index}") if index else f"%{array}"

    def _value(self, node: int) -> str:
        if node not in self._known:
            self._known[node] = self.put(f"uitofp i1 {self._masks[node]} to double")
        return self._known[node]

    def _mask(self, node: int) -> str:
        if node not in self._masks:
            self._masks[node] = self.put(f"fcmp une double {self._value(node)}, 0.0")
        return self._masks[node]

    def _compute(self, node: int) -> None:
        operation, args = self.graph.operation[node], self.graph.arguments[node]
        if node in self.kept:
            self._known[node] = self.load("q", self.kept[node])
        elif operation == "constant":
            self._known[node] = literal(self.graph.value[node])
        elif operation == "state":
            state = int(self.graph.value[node])
            self._known[node] = self._counts[state] if state in self._counts else self.load("y", state)
        elif operation in ("parameter", "time"):
            self._known[node] = self.load("p", int(self.graph.value[node]) if operation == "parameter" else self._clock)
        elif operation in _COMPARISON:
            left, right = (self._value(a) for a in args)
            self._masks[node] = self.put(f"fcmp {_COMPARISON[operation]} double {left}, {right}")
        elif operation in ("and", "or"):
            self._masks[node] = self.put(f"{operation} i1 {self._mask(args[0])}, {self._mask(args[1])}")
        elif operation == "not":
            self._masks[node] = self.put(f"xor i1 {self._mask(args[0])}, true")
        elif operation == "select":
            first, second = self._value(args[1]), self._value(args[2])
            self._known[node] = self.put(f"select i1 {self._mask(args[0])}, double {first}, double {second}")
        else:
            self._known[node] = self._arithmetic(operation, [self._value(a) for a in args])

    def _arithmetic(self, operation: str, args: list[str]) -> str:
        match operation:
            case "add" | "sub" | "mul" | "div":
                return self.put(f"{_BINARY[operation]} double {args[0]}, {args[1]}")
            case "neg":
                return self.put(f"fneg double {args[0]}")
            case "abs" | "sqrt" | "floor" | "ceil":
                name = "fabs" if operation == "abs" else operation
                return self.put(f"call double @llvm.{name}.f64(double {args[0]})")
            case "min" | "max":  # as Python's: the first unless the second is smaller or larger
                beyond = self.put(f"fcmp {'olt' if operation == 'min' else 'ogt'} double {args[1]}, {args[0]}")
                return self.put(f"select i1 {beyond}, double {args[1]}, double {args[0]}")
            case "log10":
                return self.put(f"fdiv double {self._on_vectors('log', args)}, {literal(_LN10)}")
            case "exp" | "log" | "pow":
                return self._on_vectors(operation, args)
            case _ if operation in LIBRARY:
                return self.put(f"call double {library.symbol(operation)}(double {args[0]})")
            case _:
                raise TypeError(f"no code for the operation {operation}")

    def _on_vectors(self, name: str, args: list[str]) -> str:
        """Call a function of the lanes with one lane in use."""
        ones = vectors.splat(1.0)
        spread = [self.put(f"insertelement {VECTOR} {ones}, double {a}, i64 0") for a in args]
        result = self.put(f"call {VECTOR} @vector_{name}({', '.join(f'{VECTOR} {a}' for a in spread)})")
        return self.put(f"extractelement {VECTOR} {result}, i64 0")


class _Writer:
    """The module of some jumps."""

    def __init__(self, jumps: Jumps) -> None:
        self.jumps, self.graph, self.tree = jumps, jumps.graph, Tree.of(len(jumps.jumps))
        self.hazards = [jump.hazard for jump in jumps.jumps]
        self.dependents = jumps.dependents()
        self._moves = self._moving()
        self.kept = self._kept()
        needed = [sum(self._moves[n] for n in self.graph.needed([h])) for h in self.hazards]
        self.is_in_place = sum(needed[i] for own in self.dependents for i in own) + sum(needed) <= IN_PLACE

    def _moving(self) -> list[bool]:
        """Return, per node, whether it reads a count."""
        found: list[bool] = []
        for kind, args in zip(self.graph.operation, self.graph.arguments, strict=True):
            found.append(kind == "state" or any(found[a] for a in args))
        return found

    def _kept(self) -> dict[int, int]:
        """Return the slots in q of what reads no count but is wanted by what does, or is a hazard.

        Constants too: code that is loaded anywhere reaches them by longer ways.
        """
        wanted = set(self.hazards)
        for node in self.graph.needed(self.hazards):
            if self._moves[node]:
                wanted.update(self.graph.arguments[node])
        return {node: slot for slot, node in enumerate(n for n in sorted(wanted) if not self._moves[n])}

    def text(self) -> str:
        """Return the module."""
        parts = [self._prepare()]
        if not self.is_in_place:
            parts += [self._hazard(i) for i in range(len(self.hazards))]
        everything = range(len(self.hazards))
        parts.append(self._function("begin", (), everything))
        parts += [
            self._function(f"fire_{i}", self.jumps.jumps[i].changes, own) for i, own in enumerate(self.dependents)
        ]
        declared = [f"declare double @llvm.{name}.f64(double)" for name in ("fabs", "sqrt", "floor", "ceil")]
        uses = any("@vector_" in part for part in parts)
        inner = [vectors.INTRINSICS, *inner_functions("noinline")] if uses else []
        return "\n".join([*inner, *declared, *library.needed(parts), *parts])

    def _prepare(self) -> str:
        code = _Scalars(self.graph, {}, clock=self.jumps.n_slots + len(self.jumps.infused))
        for node, slot in self.kept.items():
            code.store(code(node), "q", slot)
        return _function(f"void @{PREFIX}prepare(ptr noalias %p, ptr noalias %q)", code.lines, "void")

    def _hazard(self, jump: int) -> str:
        code = _Scalars(self.graph, self.kept)
        value = code(self.hazards[jump])
        head = f"internal double @hazard_{jump}(ptr noalias %y, ptr noalias %q) noinline"
        return _function(head, code.lines, f"double {value}")

    def _function(self, name: str, changes: Sequence[tuple[int, int]], dependents: Iterable[int]) -> str:
        """Return a function that changes counts and brings hazards and tree up to date."""
        code, hazards = _Scalars(self.graph, self.kept), dict[int, str]()
        faults = self._change(code, name, changes)
        for i in dependents:
            own = code(self.hazards[i]) if self.is_in_place else code.put(f"call double @hazard_{i}(ptr %y, ptr %q)")
            faults.append(code.put(f"fcmp ult double {own}, 0.0"))
            hazards[i] = own
        self._sum(code, hazards)
        fault = "false"
        for other in faults:
            fault = code.put(f"or i1 {fault}, {other}")
        whole = code.put(f"zext i1 {fault} to i64")
        return _function(f"i64 @{PREFIX}{name}({', '.join(_ARGUMENTS)})", code.lines, f"i64 {whole}")

    def _change(self, code: _Scalars, name: str, changes: Sequence[tuple[int, int]]) -> list[str]:
        faults: list[str] = []
        first = sum(len(jump.changes) for jump in self.jumps.jumps[: int(name[5:])]) if changes else 0
        for place, (state, node) in enumerate(changes):
            count = code.put(f"fadd double {code.load('y', state)}, {code.load('d', first + place)}")
            code.set_state(state, count)
            step = self.graph.value[node] if self.graph.operation[node] == "constant" else None
            if step is None or step < 0:
                faults.append(code.put(f"fcmp olt double {count}, 0.0"))
            if step is None or step > 0:
                faults.append(code.put(f"fcmp ogt double {count}, {literal(_LARGEST)}"))
        return faults

    def _sum(self, code: _Scalars, changed: dict[int, str]) -> None:
        """Sum the rows that hold changed numbers, level after level."""
        for level in range(len(self.tree.rows)):
            rows: dict[int, dict[int, str]] = {}
            for number, value in changed.items():
                rows.setdefault(number // TREE, {})[number % TREE] = value
            changed = {row: self._row(code, level, row, values) for row, values in rows.items()}

    def _row(self, code: _Scalars, level: int, row: int, changed: dict[int, str]) -> str:
        """Enter changed numbers into a row, sum it, and return the sum of all.

        Rows are read and written by halves, as the choice reads them: a part of what was just written takes long to
        read. The lower half stays as it is where nothing of it has changed.
        """
        numbers, sums = self.tree.numbers[level] + TREE * row, self.tree.starts[level] + TREE * row
        below = code.load("a", sums + HALF - 1) if min(changed) >= HALF else ""
        for half in (HALF,) if below else (0, HALF):
            values = {place - half: value for place, value in changed.items() if 0 <= place - half < HALF}
            running = self._half(code, numbers + half, values)
            if half:
                running = code.put(f"fadd {_ROW} {running}, {self._spread(code, below)}")
            code.store(running, "a", sums + half, _ROW)
            below = code.put(f"extractelement {_ROW} {running}, i64 {HALF - 1}")
        return below

    def _half(self, code: _Scalars, at: int, changed: dict[int, str]) -> str:
        """Enter changed numbers into half a row and return its own running sums."""
        numbers = code.load("a", at, _ROW)
        for place, value in changed.items():
            numbers = code.put(f"insertelement {_ROW} {numbers}, double {value}, i64 {place}")
        if changed:
            code.store(numbers, "a", at, _ROW)
        for before in _BEFORE:
            mask = ", ".join(f"i32 {i}" for i in before)
            shifted = code.put(f"shufflevector {_ROW} {numbers}, {_ROW} zeroinitializer, <{HALF} x i32> <{mask}>")
            numbers = code.put(f"fadd {_ROW} {numbers}, {shifted}")
        return numbers

    def _spread(self, code: _Scalars, value: str) -> str:
        first = code.put(f"insertelement {_ROW} poison, double {value}, i64 0")
        return code.put(f"shufflevector {_ROW} {first}, {_ROW} poison, <{HALF} x i32> zeroinitializer")


def _function(head: str, lines: list[str], result: str) -> str:
    return "\n".join([f"define {head} {{", "entry:", *lines, f"  ret {result}", "}"])
