"""The expression graph: every distinct value once (CSE), constants folded, derivatives taken on the graph.

Nodes are numbered in order of creation, so a node's arguments always stand before it. Nothing is simplified beyond
neutral elements: expressions stay factored as written.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

Scalar = Callable[..., float]


def _divide(a: float, b: float) -> float:
    """IEEE division: no exception at zero."""
    try:
        return a / b
    except ZeroDivisionError:
        return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _guarded(function: Scalar, at_fault: float) -> Scalar:
    def evaluate(*args: float) -> float:
        try:
            return function(*args)
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return at_fault

    return evaluate


def _power(a: float, b: float) -> float:
    """C's pow: `math.pow`, with an infinity of the right sign at a pole or an overflow."""
    try:
        return math.pow(a, b)
    except (OverflowError, ValueError) as fault:
        if isinstance(fault, ValueError) and a != 0:
            return math.nan
        return math.copysign(math.inf, a) if abs(math.fmod(b, 2.0)) == 1.0 else math.inf


def _log(a: float) -> float:
    return math.log(a) if a > 0 else (-math.inf if a == 0 else math.nan)


def _sinh(a: float) -> float:
    try:
        return math.sinh(a)
    except OverflowError:
        return math.copysign(math.inf, a)


def _stepping(function: Callable[[float], int]) -> Scalar:
    """IEEE's floor or ceil: what is whole already, an infinity and NaN stay, and a zero keeps its sign."""
    return lambda a: math.copysign(float(function(a)), a) if math.isfinite(a) else a


LARGEST_FACTORIAL = 170  # 171! is beyond the largest double


def _factorial(a: float) -> float:
    """Return a!, correctly rounded of a whole number, else Γ(a + 1); NaN at its poles, the negative whole numbers."""
    if a == a and 0 <= a <= LARGEST_FACTORIAL and a == int(a):
        return float(math.factorial(int(a)))
    try:
        return math.gamma(a + 1.0)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


# The value of every operation on plain floats. Comparisons give 1.0 or 0.0.
OPERATIONS: dict[str, Scalar] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": _divide,
    "neg": lambda a: -a,
    "pow": _power,
    "exp": _guarded(math.exp, math.nan),
    "log": _log,
    "log10": lambda a: _log(a) / math.log(10.0),
    "sqrt": _guarded(math.sqrt, math.nan),
    "sin": _guarded(math.sin, math.nan),
    "cos": _guarded(math.cos, math.nan),
    "tan": _guarded(math.tan, math.nan),
    "asin": _guarded(math.asin, math.nan),
    "acos": _guarded(math.acos, math.nan),
    "atan": math.atan,
    "sinh": _sinh,
    "cosh": _guarded(math.cosh, math.nan),
    "tanh": math.tanh,
    "factorial": _factorial,
    "floor": _stepping(math.floor),
    "ceil": _stepping(math.ceil),
    "abs": math.fabs,
    "min": min,
    "max": max,
    "lt": lambda a, b: 1.0 if a < b else 0.0,
    "le": lambda a, b: 1.0 if a <= b else 0.0,
    "eq": lambda a, b: 1.0 if a == b else 0.0,
    "and": lambda a, b: 1.0 if a and b else 0.0,
    "or": lambda a, b: 1.0 if a or b else 0.0,
    "not": lambda a: 0.0 if a else 1.0,
    "select": lambda c, a, b: a if c else b,
}


# What the platform's C library computes on every target, under these names; its last digits are not ours to promise.
LIBRARY = {
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "asin", "acos": "acos", "atan": "atan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "factorial": "tgamma",
}  # fmt: skip


@dataclass(slots=True)
class Graph:
    """A growing graph of values. `operation[i]`, `arguments[i]` and, for constants, `value[i]` describe node i."""

    operation: list[str] = field(default_factory=list[str])
    arguments: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])
    value: list[float] = field(default_factory=list[float])
    _known: dict[tuple[str, tuple[int, ...], str], int] = field(
        default_factory=dict[tuple[str, tuple[int, ...], str], int]
    )
    _moving: list[bool] = field(default_factory=list[bool])  # nodes never change, so this only grows
    _users: list[list[int]] = field(default_factory=list[list[int]])  # the nodes that have a node as an argument

    def __len__(self) -> int:
        return len(self.operation)

    def copy(self) -> Graph:
        """Return a graph that can grow without this one; the nodes that are there keep their numbers."""
        return Graph(
            list(self.operation),
            list(self.arguments),
            list(self.value),
            dict(self._known),
            _users=[list(users) for users in self._users],
        )

    # -------------------------------------------------------------- building
    def constant(self, value: float) -> int:
        """Return the node of a number."""
        return self._node("constant", (), float(value))

    def input(self, kind: str, index: int = 0) -> int:
        """Return the node of a state, parameter, time or what is delayed; `index` is its slot."""
        return self._node(kind, (), float(index))

    def apply(self, operation: str, *args: int) -> int:
        """Return the node of an operation on nodes, folded where it is constant or neutral."""
        if all(self.operation[a] == "constant" for a in args):
            return self.constant(float(OPERATIONS[operation](*(self.value[a] for a in args))))
        neutral = self._neutral(operation, args)
        return self._node(operation, args, 0.0) if neutral is None else neutral

    def power(self, base: int, exponent: int) -> int:
        """Return base^exponent; whole numbers up to 16 become products, so Hill functions never call pow."""
        n = self.value[exponent] if self.operation[exponent] == "constant" else math.nan
        if n == n and n == int(n) and 0 <= n <= 16:
            return self._whole_power(base, int(n))
        return self.apply("pow", base, exponent)

    def _whole_power(self, base: int, n: int) -> int:
        if n == 0:
            return self.constant(1.0)
        half = self._whole_power(base, n // 2) if n > 1 else base
        if n == 1:
            return base
        square = self.apply("mul", half, half)
        return self.apply("mul", square, base) if n % 2 else square

    def _node(self, operation: str, args: tuple[int, ...], value: float) -> int:
        key = (operation, args, value.hex())
        known = self._known.get(key)
        if known is not None:
            return known
        self.operation.append(operation)
        self.arguments.append(args)
        self.value.append(value)
        self._users.append([])
        self._known[key] = len(self.operation) - 1
        for argument in dict.fromkeys(args):
            self._users[argument].append(self._known[key])
        return self._known[key]

    def is_constant(self, node: int, value: float) -> bool:
        """Whether a node is this number."""
        return self.operation[node] == "constant" and self.value[node] == value

    def _neutral(self, operation: str, args: tuple[int, ...]) -> int | None:
        """Return what an operation with a neutral element gives; None where there is none."""
        if operation == "add":
            return args[1] if self.is_constant(args[0], 0) else args[0] if self.is_constant(args[1], 0) else None
        if operation == "sub" and self.is_constant(args[1], 0):
            return args[0]
        if operation == "mul":
            if self.is_constant(args[0], 0) or self.is_constant(args[1], 0):
                return self.constant(0.0)
            return args[1] if self.is_constant(args[0], 1) else args[0] if self.is_constant(args[1], 1) else None
        if operation == "div":
            return (
                self.constant(0.0)
                if self.is_constant(args[0], 0)
                else args[0]
                if self.is_constant(args[1], 1)
                else None
            )
        if operation == "select":
            if self.operation[args[0]] == "constant":
                return args[1] if self.value[args[0]] else args[2]
            return args[1] if args[1] == args[2] else None
        return None

    # ------------------------------------------------------------ inspecting
    def needed(self, outputs: Iterable[int]) -> list[int]:
        """Return every node that the outputs depend on, in order."""
        seen: set[int] = set()
        pending = list(outputs)
        while pending:
            node = pending.pop()
            if node not in seen:
                seen.add(node)
                pending.extend(self.arguments[node])
        return sorted(seen)

    def reads_time(self, *outputs: int) -> bool:
        """Whether any of the outputs depends on the time."""
        return any(self.operation[node] == "time" for node in self.needed(outputs))

    def depends_on_state_or_time(self) -> list[bool]:
        """Return, per node, whether its value changes along a trajectory."""
        for kind, args in zip(self.operation[len(self._moving) :], self.arguments[len(self._moving) :], strict=True):
            self._moving.append(kind in ("state", "time", "delayed") or any(self._moving[a] for a in args))
        return self._moving

    # ---------------------------------------------------------- derivatives
    def derivatives(
        self, outputs: Collection[int], index: int, kind: str = "state", among: AbstractSet[int] | None = None
    ) -> dict[int, int]:
        """Return, for each output that depends on an input, the node of its derivative by that input.

        `among` is the set of what is `needed` for the outputs, for a caller who asks for many derivatives.
        """
        slopes: dict[int, int] = {}
        following = self._following(kind, index, set(self.needed(outputs)) if among is None else among)
        for node in following[:1]:  # the input itself
            slopes[node] = self.constant(1.0)
        for node in following[1:]:
            if any(a in slopes for a in self.arguments[node]):
                slope = self._slope(node, slopes)
                if not self.is_constant(slope, 0):
                    slopes[node] = slope
        wanted = outputs if isinstance(outputs, AbstractSet) else frozenset(outputs)
        return {node: slope for node, slope in slopes.items() if node in wanted}

    def _following(self, kind: str, index: int, among: AbstractSet[int]) -> list[int]:
        """Return an input, if it is among these nodes, and those of them that depend on it, in order."""
        start = self._known.get((kind, (), float(index).hex()))
        if start is None or start not in among:
            return []
        seen, pending = {start}, [start]
        while pending:
            users = [user for user in self._users[pending.pop()] if user in among and user not in seen]
            seen.update(users)
            pending += users
        return sorted(seen)

    def _slope(self, node: int, slopes: dict[int, int]) -> int:
        """Return the derivative of one operation from those of its arguments (the chain rule)."""
        args, zero = self.arguments[node], self.constant(0.0)
        d = [slopes.get(a, zero) for a in args]
        apply = self.apply
        match self.operation[node]:
            case "add" | "sub" as op:
                return apply(op, d[0], d[1]) if op == "add" or not self.is_constant(d[0], 0) else apply("neg", d[1])
            case "mul":
                return apply("add", apply("mul", d[0], args[1]), apply("mul", args[0], d[1]))
            case "div":
                # d(a/b) = (da − (a/b)·db)/b
                return apply("div", apply("sub", d[0], apply("mul", node, d[1])), args[1])
            case "neg":
                return apply("neg", d[0])
            case "exp":
                return apply("mul", node, d[0])
            case "log":
                return apply("div", d[0], args[0])
            case "log10":
                return apply("div", d[0], apply("mul", args[0], self.constant(math.log(10.0))))
            case "sqrt":
                return apply("div", d[0], apply("mul", self.constant(2.0), node))
            case "abs":
                return apply("select", apply("lt", args[0], zero), apply("neg", d[0]), d[0])
            case "max":
                return apply("select", apply("lt", args[0], args[1]), d[1], d[0])
            case "min":
                return apply("select", apply("lt", args[1], args[0]), d[1], d[0])
            case "select":
                return apply("select", args[0], d[1], d[2])
            case "pow":
                return self._slope_of_power(node, d)
            case name if name in LIBRARY:
                return apply("mul", self._steepness(node), d[0])
            case _:  # comparisons, logic, floor and ceil are flat between their switches
                return zero

    def _steepness(self, node: int) -> int:
        """Return the derivative of a function of one argument by this argument."""
        (x,), one, apply = self.arguments[node], self.constant(1.0), self.apply
        match self.operation[node]:
            case "sin":
                return apply("cos", x)
            case "cos":
                return apply("neg", apply("sin", x))
            case "tan":
                return apply("add", one, apply("mul", node, node))
            case "asin" | "acos" as op:
                root = apply("sqrt", apply("mul", apply("sub", one, x), apply("add", one, x)))
                return apply("div", one if op == "asin" else self.constant(-1.0), root)
            case "atan":
                return apply("div", one, apply("add", one, apply("mul", x, x)))
            case "sinh":
                return apply("cosh", x)
            case "cosh":
                return apply("sinh", x)
            case "tanh":
                return apply("mul", apply("sub", one, node), apply("add", one, node))
            case _:  # Γ'(z) = Γ(z)·ψ(z)
                return apply("mul", node, self._digamma(apply("add", x, one)))

    def _digamma(self, z: int) -> int:
        """ψ(z), the logarithmic derivative of the gamma function.

        A negative z by ψ(z) = ψ(1 − z) − π/tan(πz); then by ψ(w) = ψ(w + 1) − 1/w to beyond 10, where the asymptotic
        series in Bernoulli numbers has 13 digits (J. M. Bernardo, Algorithm AS 103, Applied Statistics 25 (1976)
        315-317; S. L. Moshier, Cephes, psi).
        """
        apply, one = self.apply, self.constant(1.0)
        is_negative = apply("lt", z, self.constant(0.0))
        w, shift = apply("select", is_negative, apply("sub", one, z), z), self.constant(0.0)
        for _ in range(10):
            shift = apply("add", shift, apply("div", one, w))
            w = apply("add", w, one)
        v, series = apply("div", one, apply("mul", w, w)), self.constant(0.0)
        for denominator in (132.0, -240.0, 252.0, -120.0, 12.0):
            series = apply("mul", v, apply("add", series, self.constant(1.0 / denominator)))
        value = apply("sub", apply("log", w), apply("add", apply("div", self.constant(0.5), w), series))
        value = apply("sub", value, shift)
        pi = self.constant(math.pi)
        reflected = apply("sub", value, apply("div", pi, apply("tan", apply("mul", pi, z))))
        return apply("select", is_negative, reflected, value)

    def _slope_of_power(self, node: int, d: list[int]) -> int:
        """d(a^b) = a^b·(b·da/a + ln(a)·db), at a ≤ 0 the slope of a^1, or zero: a fractional power has none."""
        base, exponent = self.arguments[node]
        inner = self.apply("div", self.apply("mul", exponent, d[0]), base)
        if not self.is_constant(d[1], 0):
            inner = self.apply("add", inner, self.apply("mul", self.apply("log", base), d[1]))
        zero = self.constant(0.0)
        flat = self.apply("select", self.apply("eq", exponent, self.constant(1.0)), d[0], zero)
        return self.apply("select", self.apply("lt", zero, base), self.apply("mul", node, inner), flat)
