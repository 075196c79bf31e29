"""The tree of an expression: small frozen nodes, their text, and walks that no height of a tree exhausts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from cytokinome.diagnostics import Span

_Result = TypeVar("_Result")
COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")
_SIDE_BY_SIDE = 100  # terms of a chain that are one below the other in its tree; longer chains are halved


@dataclass(frozen=True, slots=True)
class Number:
    """A literal as written: the digits and the unit, which may be empty."""

    text: str
    unit: str = ""
    where: Span | None = field(default=None, compare=False)

    @property
    def value(self) -> float:
        """The number in the unit as written."""
        return float(self.text)

    def __str__(self) -> str:
        return f"{self.text} {self.unit}" if self.unit else self.text


@dataclass(frozen=True, slots=True)
class Name:
    """A declared name: ``X``, ``X@blood``, the complexes ``X.R``, or ``time``."""

    id: str
    compartment: str | None = None
    where: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.id}@{self.compartment}" if self.compartment else self.id


@dataclass(frozen=True, slots=True)
class Population:
    """``count(active macrophage)`` or ``density(macrophage@joint)``."""

    function: str
    states: tuple[str, ...]
    cell: str
    compartment: str | None = None
    where: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        place = f"@{self.compartment}" if self.compartment else ""
        return f"{self.function}({' '.join((*self.states, self.cell))}{place})"


@dataclass(frozen=True, slots=True)
class Mean:
    """``mean(active cell.variable)``: the average of an inside variable over the cells."""

    states: tuple[str, ...]
    cell: str
    variable: str
    compartment: str | None = None
    where: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        place = f"@{self.compartment}" if self.compartment else ""
        return f"mean({' '.join((*self.states, self.cell))}.{self.variable}{place})"


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x`` or ``not c``."""

    operator: str
    operand: Expression
    where: Span | None = field(default=None, compare=False)

    def __eq__(self, other: object) -> bool:
        return _equal(self, other)

    def __str__(self) -> str:
        return fold(self, _printed)


@dataclass(frozen=True, slots=True)
class Binary:
    """``a + b`` and the like, comparisons, ``and``, ``or``."""

    operator: str
    left: Expression
    right: Expression
    where: Span | None = field(default=None, compare=False)

    def __eq__(self, other: object) -> bool:
        return _equal(self, other)

    def __str__(self) -> str:
        return fold(self, _printed)


@dataclass(frozen=True, slots=True)
class Call:
    """``f(a, …)`` for one of `FUNCTIONS`."""

    function: str
    arguments: tuple[Expression, ...]
    where: Span | None = field(default=None, compare=False)

    def __eq__(self, other: object) -> bool:
        return _equal(self, other)

    def __str__(self) -> str:
        return fold(self, _printed)


@dataclass(frozen=True, slots=True)
class Ref:
    """A resolved symbol of the network: `kind` is state, parameter, definition or process. Never written by users.

    `one` is a single cell or molecule of a state: what it adds to the state's value. `mean` is a definition of what
    the cells of a population carry on average, where the definition itself may speak of one of them.

    `UNREADABLE` stands where a text could not be read, so that one mistake is reported once.
    """

    kind: str
    id: str

    def __str__(self) -> str:
        if self.kind == "one":
            return f"one [{self.id}]"
        return f"[{self.id}]" if " " in self.id or self.kind == "state" else self.id


UNREADABLE = Ref("unreadable", "unreadable")

Expression = Number | Name | Population | Mean | Unary | Binary | Call | Ref

_COMPARED = dict.fromkeys(COMPARISONS, 4)
_PRECEDENCE = {"or": 1, "and": 2, "not": 3, **_COMPARED, "+": 5, "-": 5, "*": 6, "/": 6, "-1": 7, "^": 8}
_ATOM = 9


def _equal(one: object, other: object) -> bool:
    """Whether two trees say the same, wherever they stand."""
    pending = [(one, other)]
    while pending:
        pair = pending.pop()
        match pair:
            case Unary() as a, Unary() as b if a.operator == b.operator:
                pending.append((a.operand, b.operand))
            case Binary() as a, Binary() as b if a.operator == b.operator:
                pending += [(a.right, b.right), (a.left, b.left)]
            case Call() as a, Call() as b if a.function == b.function and len(a.arguments) == len(b.arguments):
                pending += zip(a.arguments, b.arguments, strict=True)
            case (Unary() | Binary() | Call(), _) | (_, Unary() | Binary() | Call()):
                return False
            case a, b:
                if a != b:
                    return False
    return True


def _printed(node: Expression, texts: Sequence[str]) -> str:
    """Print a node, of which the operands are printed already."""
    match node:
        case Unary("not"):
            return f"not {_inside(node.operand, texts[0], _PRECEDENCE['not'])}"
        case Unary():
            return f"{node.operator}{_inside(node.operand, texts[0], _PRECEDENCE['-1'])}"
        case Binary():
            own = _PRECEDENCE[node.operator]
            # + and * chain to the left; ^ takes only an atom on its left; comparisons do not chain.
            left = _inside(node.left, texts[0], own + (node.operator == "^" or node.operator in COMPARISONS))
            return f"{left} {node.operator} {_inside(node.right, texts[1], own + (node.operator != '^'))}"
        case Call():
            return f"{node.function}({', '.join(texts)})"
        case _:
            return str(node)


def _inside(operand: Expression, text: str, least: int) -> str:
    """Put a printed operand in parentheses where it binds looser than `least`."""
    match operand:
        case Binary():
            own = _PRECEDENCE[operand.operator]
        case Unary():
            own = _PRECEDENCE["not" if operand.operator == "not" else "-1"]
        case Number() if operand.text.startswith("-"):
            own = _PRECEDENCE["-1"]
        case _:
            own = _ATOM
    return f"({text})" if own < least else text


# ------------------------------------------------------------------------------------------- walks
def place(expression: Expression) -> Span | None:
    """Return where an expression was written, None where it was not."""
    return None if isinstance(expression, Ref) else expression.where


_INVERSE = {"+": "-", "*": "/"}


def descend(walk: Generator[Any, Any, _Result]) -> _Result:
    """Carry out a walk over a tree or a text that yields every walk it waits for: its depth takes no stack."""
    waiting: list[Generator[Any, Any, Any]] = [walk]
    value: Any = None
    while True:
        try:
            waiting.append(waiting[-1].send(value))
            value = None
        except StopIteration as done:
            waiting.pop()
            if not waiting:
                return done.value
            value = done.value


def _nowhere(low: int, high: int) -> None:
    """Say that what is not read from a text stands nowhere."""
    del low, high


def chain(
    first: Expression, rest: Sequence[tuple[str, Expression]], span: Callable[[int, int], Span | None] = _nowhere
) -> Expression:
    """Return ``a + b − c …`` or the like, as reading its text gives it.

    Operators of one precedence go from left to right, each one level of the tree. More than a hundred terms would make
    the tree too high: they are halved, and a half that is taken away or divided by has the inverse operators within.

    Parameters
    ----------
    first : Expression
    rest : sequence of (str, Expression)
        Operators and terms: ``+`` and ``-``, ``*`` and ``/``, ``and``, or ``or``.
    span : callable
        From the numbers of a first and a last term to where they stand.

    Examples
    --------
    >>> str(chain(Name("a"), [("-", Name("b")), ("+", Name("c"))]))
    'a - b + c'
    """
    terms = [first, *(term for _, term in rest)]
    direct = {"-": "+", "/": "*"}.get(rest[0][0], rest[0][0]) if rest else ""
    operators = [direct, *(operator for operator, _ in rest)]

    def between(head: int, term: int) -> str:
        """The operator before a term where the head stands without its own."""
        return direct if operators[head] == operators[term] else _INVERSE[direct]

    def piece(low: int, high: int, most: int) -> Expression:
        if high - low > most:
            middle = (low + high) // 2
            halves = piece(low, middle, most), piece(middle, high, most)
            return Binary(between(low, middle), *halves, span(low, high - 1))
        tree = terms[low]
        for i in range(low + 1, high):
            tree = Binary(between(low, i), tree, terms[i], span(low, i))
        return tree

    # Pieces are shorter than what needs none, so that the text of the tree gives the same tree.
    return piece(0, len(terms), len(terms) if len(terms) <= _SIDE_BY_SIDE else _SIDE_BY_SIDE // 2)


def height(expression: Expression) -> int:
    """Return the number of levels of the tree."""
    levels, row = 0, [expression]
    while row:
        levels += 1
        row = [part for node in row for part in parts(node)]
    return levels


def parts(node: Expression) -> tuple[Expression, ...]:
    """Return the operands of one node, in order."""
    match node:
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Call():
            return node.arguments
        case _:
            return ()


def walk(expression: Expression) -> list[Expression]:
    """Return the expression and everything in it, outermost first."""
    found: list[Expression] = []
    pending: list[Expression] = [expression]
    while pending:
        node = pending.pop()
        found.append(node)
        pending += reversed(parts(node))
    return found


def fold(expression: Expression, combine: Callable[[Expression, Sequence[_Result]], _Result]) -> _Result:
    """Return what comes of a tree from its leaves up; its height takes no stack.

    Parameters
    ----------
    expression : Expression
    combine : callable
        From a node and the results of its operands, in order, to the result of the node.

    Examples
    --------
    >>> fold(Unary("-", Name("a")), lambda node, inner: 1 + sum(inner))
    2
    """
    pending, results = [(expression, False)], list[_Result]()
    while pending:
        node, is_ready = pending.pop()
        inner = parts(node)
        if inner and not is_ready:
            pending.append((node, True))
            pending += [(part, False) for part in reversed(inner)]
            continue
        first = len(results) - len(inner)
        results[first:] = [combine(node, results[first:])]
    return results[0]


def rebuilt(node: Expression, operands: Sequence[Expression]) -> Expression:
    """Return a node with other operands, as many as it has; where they stand is not kept."""
    match node:
        case Unary():
            return Unary(node.operator, operands[0])
        case Binary():
            return Binary(node.operator, operands[0], operands[1])
        case Call():
            return Call(node.function, tuple(operands))
        case _:
            return node
