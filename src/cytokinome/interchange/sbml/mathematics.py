"""MathML as expressions of the language: every operator is one of the language's, or composed of them.

SBML lets numbers stand for conditions and conditions for numbers; here each stands in its own place, `number` and
`condition`, with 1 for true. Functions of the file are written out; what would stand twice becomes a quantity of its
own (a *part*), so that expressions never grow beyond what the file says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise

from cytokinome.interchange.sbml import algebra as a
from cytokinome.interchange.sbml.document import FunctionDefinition, Math
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.model.expressions import FUNCTIONS, Binary, Call, Expression, Name, Number, Unary, parts, rebuilt, walk

MAX_NODES = 200_000  # of one file, functions written out
MAX_LEVELS = 240
MAX_HEIGHT = 40  # of an expression; what is higher is split into parts
ATOMIC = 4  # nodes of an expression that may stand twice

_COMPARISONS = {"eq": "==", "neq": "!=", "lt": "<", "leq": "<=", "gt": ">", "geq": ">="}
_CONDITIONS = frozenset({*_COMPARISONS, "and", "or", "not", "xor", "implies", "true", "false"})
_NAMED = {
    "abs": "abs", "exp": "exp", "ln": "log", "floor": "floor", "ceiling": "ceil", "factorial": "factorial",
    "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Argument:
    """What a function was called with: an expression as a number and as a condition."""

    number: Expression
    condition: Expression


@dataclass(frozen=True, slots=True)
class Frame:
    """What names mean in one piece of mathematics: constants of a reaction, arguments of a function.

    `owner` begins the names of parts, `line` is where it stands.
    """

    owner: str
    line: int
    local: Mapping[str, str] = field(default_factory=dict[str, str])
    arguments: Mapping[str, Argument] | None = None
    level: int = 0


class Mathematics:
    """Translates the mathematics of one file.

    Parameters
    ----------
    names : mapping
        Ids of the file as names of the language.
    functions : sequence of FunctionDefinition
    fresh : callable
        Gives a new name.
    rate_of : callable
        Gives the derivative of an id.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        functions: tuple[FunctionDefinition, ...],
        fresh: Callable[[str], str],
        rate_of: Callable[[str, Frame], Expression],
    ) -> None:
        self.names, self._fresh, self._rate_of = names, fresh, rate_of
        self._functions = {f.id: f for f in functions}
        self._nodes = 0
        self.parts: dict[str, Expression] = {}
        self._known: dict[Expression, str] = {}

    # ----------------------------------------------------------------------------------------------- entry points
    def number(self, tree: Math, frame: Frame) -> Expression:
        """Return mathematics as a number.

        Raises
        ------
        Refused
            Where it has an operator that the language cannot say, or grows too large.
        """
        return self._low(self._number(tree, frame), frame)

    def condition(self, tree: Math, frame: Frame) -> Expression:
        """Return mathematics as a condition: a comparison, or conditions joined.

        Raises
        ------
        Refused
            As `number` does.
        """
        return self._low(self._condition(tree, frame), frame)

    # ------------------------------------------------------------------------------------------------------ parts
    def _part(self, expression: Expression, frame: Frame) -> Expression:
        """Return the name of a quantity that always equals the expression."""
        if expression not in self._known:
            name = self._fresh(f"{frame.owner}_part")
            self._known[expression] = name
            self.parts[name] = expression
        return Name(self._known[expression])

    def _once(self, expression: Expression, frame: Frame) -> Expression:
        """Return something short that may stand in several places."""
        return expression if len(walk(expression)) <= ATOMIC else self._part(self._low(expression, frame), frame)

    def _low(self, expression: Expression, frame: Frame) -> Expression:
        """Return the expression with parts in the place of what makes it too high."""
        return self._lowered(expression, frame)[0]

    def _lowered(self, expression: Expression, frame: Frame) -> tuple[Expression, int]:
        inner = [self._lowered(part, frame) for part in parts(expression)]
        if not inner:
            return expression, 1
        new = [self._cut(part, frame) if height >= MAX_HEIGHT else part for part, height in inner]
        return rebuilt(expression, new), 1 + max(h if h < MAX_HEIGHT else 1 for _, h in inner)

    def _cut(self, expression: Expression, frame: Frame) -> Expression:
        if is_condition(expression):
            return Binary("!=", self._part(_counted(expression), frame), a.ZERO)
        return self._part(expression, frame)

    # -------------------------------------------------------------------------------------------------- the walk
    def _deeper(self, frame: Frame) -> Frame:
        self._nodes += 1
        if self._nodes > MAX_NODES or frame.level > MAX_LEVELS:
            message = f"the mathematics of {frame.owner} are too large once its functions are written out"
            hint = f"at most {MAX_NODES} operators and numbers in a file, {MAX_LEVELS} inside each other"
            raise Refused("TOO_LARGE", message, frame.line, hint)
        return Frame(frame.owner, frame.line, frame.local, frame.arguments, frame.level + 1)

    def _number(self, tree: Math, frame: Frame) -> Expression:
        frame = self._deeper(frame)
        match tree.kind:
            case "number":
                return a.number(float(tree.text))
            case "name":
                return self._name(tree.text, frame).number
            case "call":
                return self._inlined(tree, frame, self._number)
            case "piecewise":
                return self._piecewise(tree, frame)
            case "rate_of":
                return self._rate(tree, frame)
            case kind if kind in _CONDITIONS:
                return _counted(self._condition(tree, frame))
            case _:
                return self._operation(tree, frame)

    def _rate(self, tree: Math, frame: Frame) -> Expression:
        """The derivative of what a name, or an argument that is a name, stands for."""
        meant = self._name(tree.parts[0].text, frame).number if len(tree.parts) == 1 else None
        ids = {name: id for id, name in self.names.items()}
        if not isinstance(meant, Name) or tree.parts[0].kind != "name":
            raise Refused("SBML_INVALID", f"{frame.owner} asks for the rate of what is no name", frame.line)
        return self._rate_of(ids[meant.id], frame) if meant.id in ids else a.ZERO

    def _condition(self, tree: Math, frame: Frame) -> Expression:
        if tree.kind == "name":
            return self._name(tree.text, frame).condition
        if tree.kind == "call":
            return self._inlined(tree, self._deeper(frame), self._condition)
        if tree.kind not in _CONDITIONS:
            return _is_true(self._number(tree, frame))
        frame = self._deeper(frame)
        if tree.kind in _COMPARISONS:
            return self._comparison(tree, frame)
        inner = [self._condition(part, frame) for part in tree.parts]
        match tree.kind, len(inner):
            case "true", _:
                return a.TRUE
            case "false", _:
                return a.FALSE
            case "not", 1:
                return Unary("not", inner[0])
            case "implies", 2:
                return a.joined("or", (Unary("not", inner[0]), inner[1]))
            case "not" | "implies", count:
                message = f"{tree.kind!r}, which {frame.owner} uses, has {count} operands"
                raise Refused("SBML_INVALID", message, frame.line)
            case "xor", _:
                counts = [_counted(c) for c in inner] or [a.ZERO]
                return _is_true(reduce(lambda x, y: _counted(a.compared("!=", x, y)), counts))
            case _:
                return a.joined(tree.kind, inner)

    def _name(self, id: str, frame: Frame) -> Argument:
        if frame.arguments is not None:
            if id not in frame.arguments:
                raise Refused("SBML_INVALID", f"{id!r} is no argument of the function that uses it", frame.line)
            return frame.arguments[id]
        name = frame.local.get(id) or self.names.get(id)
        if name is None:
            raise Refused("SBML_INVALID", f"{id!r}, which {frame.owner} uses, is nowhere declared", frame.line)
        return Argument(Name(name), a.compared("!=", Name(name), a.ZERO))

    def _comparison(self, tree: Math, frame: Frame) -> Expression:
        values = [self._number(part, frame) for part in tree.parts]
        if len(values) > 2:
            values = [values[0], *(self._once(v, frame) for v in values[1:-1]), values[-1]]
        operator = _COMPARISONS[tree.kind]
        return a.joined("and", [a.compared(operator, *pair) for pair in pairwise(values)])

    def _piecewise(self, tree: Math, frame: Frame) -> Expression:
        """Nested choices; without `otherwise` the value is none at all where no condition holds."""
        pieces, rest = divmod(len(tree.parts), 2)
        if pieces > MAX_LEVELS:  # each is a level of the choice
            message, hint = f"{frame.owner} has a choice of {pieces} pieces", f"at most {MAX_LEVELS}"
            raise Refused("TOO_LARGE", message, frame.line, hint)
        result = self._number(tree.parts[-1], frame) if rest else a.NAN
        for i in reversed(range(pieces)):
            value, condition = self._number(tree.parts[2 * i], frame), self._condition(tree.parts[2 * i + 1], frame)
            result = a.choice(condition, value, result)
        return result

    def _inlined(self, tree: Math, frame: Frame, meaning: Callable[[Math, Frame], Expression]) -> Expression:
        function = self._functions.get(tree.text)
        if function is None or function.body is None:
            message = f"{tree.text!r}, which {frame.owner} calls, has no definition"
            raise Refused("SBML_INVALID", message, frame.line)
        if len(function.arguments) != len(tree.parts):
            wanted, given = len(function.arguments), len(tree.parts)
            message = f"{tree.text} takes {wanted} arguments, and {frame.owner} gives {given}"
            raise Refused("SBML_INVALID", message, frame.line)
        uses = _uses(function.body)
        arguments = {
            name: self._argument(part, frame, uses.get(name, 0))
            for name, part in zip(function.arguments, tree.parts, strict=True)
        }
        return meaning(function.body, Frame(frame.owner, frame.line, frame.local, arguments, frame.level))

    def _argument(self, tree: Math, frame: Frame, uses: int) -> Argument:
        if tree.kind in _CONDITIONS:
            condition = self._condition(tree, frame)
            if uses <= 1:
                return Argument(_counted(condition), condition)
            return _argument(self._once(_counted(condition), frame))
        value = self._number(tree, frame)
        return _argument(value if uses <= 1 else self._once(value, frame))

    # ------------------------------------------------------------------------------------------------ operations
    def _operation(self, tree: Math, frame: Frame) -> Expression:
        x = [self._number(part, frame) for part in tree.parts]
        if tree.kind in _NAMED and len(x) == 1:
            return self._call(_NAMED[tree.kind], x, frame)
        if tree.kind in _COMPOSED and len(x) == 1:
            twice = self._once(x[0], frame)
            composed = _COMPOSED[tree.kind](twice)
            for node in walk(composed):
                if isinstance(node, Call):
                    self._call(node.function, list(node.arguments), frame)
            return composed
        match tree.kind, len(x):
            case ("plus", _):
                return a.plus(x)
            case ("times", _):
                return a.times(x)
            case ("minus", 1):
                return a.negative(x[0])
            case ("minus", 2):
                return a.minus(x[0], x[1])
            case ("divide", 2):
                return a.over(x[0], x[1])
            case ("power", 2):
                return Binary("^", x[0], x[1])
            case ("root", 1 | 2):
                return _root(x)
            case ("log", 1 | 2):
                return _logarithm(x)
            case ("min" | "max", 1):
                return x[0]
            case ("min" | "max", count) if count:
                return a.call(tree.kind, *x)
            case ("quotient" | "rem", 2):
                return self._division(tree.kind, x, frame)
            case ("time", 0):
                return Name("time")
            case ("pi", 0):
                return Number(repr(math.pi))
            case ("e", 0):
                return Number(repr(math.e))
            case ("delay", 2):
                return self._call("delayed", x, frame)
            case _:
                raise _unsaid(tree.kind, frame)

    def _call(self, function: str, x: list[Expression], frame: Frame) -> Expression:
        if function not in FUNCTIONS:
            raise _unsaid(function, frame)
        return Call(function, tuple(x))

    def _division(self, kind: str, x: list[Expression], frame: Frame) -> Expression:
        """Whole division: the quotient is cut towards zero, the remainder has the sign of the first number."""
        first, second = (self._once(value, frame) for value in x)
        ratio = a.over(first, second)
        down, up = (self._call(f, [ratio], frame) for f in ("floor", "ceil"))
        whole = a.choice(a.compared(">=", ratio, a.ZERO), down, up)
        return whole if kind == "quotient" else a.minus(first, a.times([second, whole]))


def _root(x: list[Expression]) -> Expression:
    degree, radicand = (Number("2"), x[0]) if len(x) == 1 else x
    if degree == Number("2"):
        return a.call("sqrt", radicand)
    return Binary("^", radicand, a.over(a.ONE, degree))


def _logarithm(x: list[Expression]) -> Expression:
    base, value = (Number("10"), x[0]) if len(x) == 1 else x
    if base == Number("10"):
        return a.call("log10", value)
    return a.over(a.call("log", value), a.call("log", base))


def _unsaid(what: str, frame: Frame) -> Refused:
    return Refused("SBML_UNSUPPORTED", f"{what!r}, which {frame.owner} uses, has no counterpart here", frame.line)


def is_condition(expression: Expression) -> bool:
    """Whether an expression made here is true or false rather than a number."""
    match expression:
        case Unary() | Binary():
            return expression.operator in ("not", "and", "or", *_COMPARISONS.values())
        case _:
            return False


def _is_true(number: Expression) -> Expression:
    """Return whether a number stands for true; undone where it was counted from a condition."""
    match number:
        case Call("if", (condition, true, false)) if true == a.ONE and false == a.ZERO:
            return condition
        case _:
            return a.compared("!=", number, a.ZERO)


def _counted(condition: Expression) -> Expression:
    return a.choice(condition, a.ONE, a.ZERO)


def _argument(number: Expression) -> Argument:
    return Argument(number, _is_true(number))


def _uses(tree: Math) -> dict[str, int]:
    """Return how often each name stands in a tree."""
    found: dict[str, int] = {}
    pending = [tree]
    while pending:
        node = pending.pop()
        if node.kind == "name":
            found[node.text] = found.get(node.text, 0) + 1
        pending += node.parts
    return found


def _square(x: Expression) -> Expression:
    return a.times([x, x])


def _inverse(x: Expression) -> Expression:
    return Binary("/", a.ONE, x)


def _area_sine(x: Expression) -> Expression:
    """Of the absolute value, with the sign of x: no digits cancel."""
    size = a.call("abs", x)
    value = a.call("log", a.plus([size, a.call("sqrt", a.plus([_square(x), a.ONE]))]))
    return a.choice(a.compared("<", x, a.ZERO), a.negative(value), value)


def _area_cosine(x: Expression) -> Expression:
    root = a.times([a.call("sqrt", a.minus(x, a.ONE)), a.call("sqrt", a.plus([x, a.ONE]))])
    return a.call("log", a.plus([x, root]))


def _area_tangent(above: Expression, below: Expression) -> Expression:
    return a.over(a.call("log", a.over(above, below)), Number("2"))


def _of(function: str) -> Callable[[Expression], Expression]:
    return lambda x: _inverse(a.call(function, x))


def _of_inverse(function: str) -> Callable[[Expression], Expression]:
    return lambda x: a.call(function, _inverse(x))


_COMPOSED: dict[str, Callable[[Expression], Expression]] = {
    "sec": _of("cos"), "csc": _of("sin"), "cot": _of("tan"),
    "sech": _of("cosh"), "csch": _of("sinh"), "coth": _of("tanh"),
    "arcsec": _of_inverse("acos"), "arccsc": _of_inverse("asin"), "arccot": _of_inverse("atan"),
    "arcsinh": _area_sine, "arccosh": _area_cosine,
    "arctanh": lambda x: _area_tangent(a.plus([a.ONE, x]), a.minus(a.ONE, x)),
    "arcsech": lambda x: _area_cosine(_inverse(x)), "arccsch": lambda x: _area_sine(_inverse(x)),
    "arccoth": lambda x: _area_tangent(a.plus([x, a.ONE]), a.minus(x, a.ONE)),
}  # fmt: skip
