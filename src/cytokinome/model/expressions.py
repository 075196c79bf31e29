"""Expressions: our own parser, a small frozen tree, and its printer.

Nothing a user writes is ever evaluated by Python: text becomes this tree or a `Fault`. ``parse(str(e)) == e``.

Grammar, loosest first::

    condition   = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation    = [ "not" ] comparison
    comparison  = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
    sum         = product { ("+" | "-") product }
    product     = signed { ("*" | "/") signed }
    signed      = [ "-" | "+" ] power
    power       = atom [ "^" signed ]
    atom        = number [unit] | name | function "(" arguments ")" | "(" condition ")"

A unit stands directly behind its number and has no inner spaces: ``10 pg/mL``, ``0.5 /h``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.model.tokens import Cursor, Fault, Token, describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytokinome.diagnostics import Span

MAX_DEPTH = 100  # height of a tree and length of a chain, so that no walk of a tree can exhaust the stack

# Functions of a fixed number of arguments; min, max and xor take two or more.
# Those of `PLAIN` take a plain number and give one; angles are in radians, and x! is Γ(x + 1).
PLAIN = (
    "exp", "log", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "floor", "ceil",
    "factorial",
)  # fmt: skip
IN_EQUATIONS = {"delayed": 2, "rate_of": 1}
_MANY = {"if": 3, "min": -1, "max": -1, "xor": -1, "hill": 3}
FUNCTIONS = {**_MANY, **dict.fromkeys(("abs", "sqrt", *PLAIN), 1), **IN_EQUATIONS}
POPULATIONS = ("count", "density")
RESERVED = frozenset({*FUNCTIONS, *POPULATIONS, "mean", "time", "and", "or", "not", "at", "with"})
COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")


@dataclass(frozen=True, slots=True)
class Number:
    """A literal as written: the digits and the unit, which may be empty."""

    text: str
    unit: str = ""
    where: Span | None = field(default=None, compare=False)

    @property
    def value(self) -> float:
        """The number in the unit as written."""
        return units.parse_number(self.text)

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

    def __str__(self) -> str:
        space = " " if self.operator == "not" else ""
        return f"{self.operator}{space}{_inside(self.operand, _PRECEDENCE['not' if space else '-1'])}"


@dataclass(frozen=True, slots=True)
class Binary:
    """``a + b`` and the like, comparisons, ``and``, ``or``."""

    operator: str
    left: Expression
    right: Expression
    where: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        own = _PRECEDENCE[self.operator]
        # + and * chain to the left; ^ takes only an atom on its left; comparisons do not chain.
        left = _inside(self.left, own + (self.operator == "^" or self.operator in COMPARISONS))
        right = _inside(self.right, own + (self.operator != "^"))
        return f"{left} {self.operator} {right}"


@dataclass(frozen=True, slots=True)
class Call:
    """``f(a, …)`` for one of `FUNCTIONS`."""

    function: str
    arguments: tuple[Expression, ...]
    where: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


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


def _inside(expression: Expression, least: int) -> str:
    """Print an operand, in parentheses when it binds looser than `least`."""
    if isinstance(expression, Binary):
        own = _PRECEDENCE[expression.operator]
    elif isinstance(expression, Unary):
        own = _PRECEDENCE["not" if expression.operator == "not" else "-1"]
    else:
        own = _ATOM
    return f"({expression})" if own < least else str(expression)


class Reader(Cursor):
    """Reads expressions from one line of text."""

    def condition(self) -> Expression:
        """Read a condition or expression."""
        return self._low_tree(self._chain(self._conjunction, ("or",)))

    def _conjunction(self) -> Expression:
        return self._chain(self._negation, ("and",))

    def _negation(self) -> Expression:
        token = self.accept("not")
        if token:
            self._enter(token.start)
            operand = self._negation()
            self._depth -= 1
            return Unary("not", operand, self.span(token.start))
        start = self.peek().start
        left = self.sum()
        operator = self.accept(*COMPARISONS)
        return Binary(operator.text, left, self.sum(), self.span(start)) if operator else left

    def sum(self) -> Expression:
        """Read an arithmetic expression: no comparison, ``and`` or ``or`` outside parentheses."""
        return self._low_tree(self._chain(self._product, ("+", "-")))

    def _low_tree(self, expression: Expression) -> Expression:
        """Return a whole expression unless its tree is too high for what walks it."""
        if self._depth == 0 and height(expression) > MAX_DEPTH:
            start = self.text.find("(") if "(" in self.text else 0
            raise Fault("nested too deeply", start, hint="split the expression with parameters")
        return expression

    def _product(self) -> Expression:
        return self._chain(self._signed, ("*", "/"))

    def _chain(self, part: Callable[[], Expression], operators: tuple[str, ...]) -> Expression:
        start = self.peek().start
        self._enter(start)
        left = part()
        count = 0
        while operator := self.accept(*operators):
            count += 1
            if count > MAX_DEPTH:
                raise Fault(
                    f"more than {MAX_DEPTH} terms in one chain", operator.start, hint="split it with parameters"
                )
            left = Binary(operator.text, left, part(), self.span(start))
        self._depth -= 1
        return left

    def _signed(self) -> Expression:
        sign = self.accept("-", "+")
        if sign is None:
            return self._power()
        self._enter(sign.start)
        operand = self._signed()
        self._depth -= 1
        return Unary("-", operand, self.span(sign.start)) if sign.text == "-" else operand

    def _power(self) -> Expression:
        start = self.peek().start
        base = self.atom()
        if self.accept("^"):
            self._enter(start)
            exponent = self._signed()
            self._depth -= 1
            return Binary("^", base, exponent, self.span(start))
        return base

    def atom(self) -> Expression:
        """Read a number, a name, a function or a parenthesis."""
        token = self.take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            return self._name(token)
        if token.text == "(":
            self._enter(token.start)
            inner = self.condition()
            self.expect(")", "to close the parenthesis")
            self._depth -= 1
            return inner
        hint = "a power is written with ^" if token.text == "*" else "write for example 10 pg/mL, or k1 * X / (K + X)"
        raise Fault(f"expected a number, a name or '(', found {describe(token)}", token.start, token.length, hint)

    def _enter(self, start: int) -> None:
        self._depth += 1
        # Each parenthesis passes five levels of the grammar.
        if self._depth > 5 * MAX_DEPTH // 2:
            raise Fault("nested too deeply", start, hint="split the expression with parameters")

    def _number(self, token: Token) -> Number:
        check_number(token)
        return Number(token.text, self._unit(), self.span(token.start))

    def _unit(self) -> str:
        """Read the unit behind a number, if one stands there."""
        start = self.position
        while self.text.startswith(" ", start):
            start += 1
        end = units.scan_unit(self.text, start)
        if end > start:
            unit = self.text[start:end]
            try:
                units.parse_unit(unit, per_body_weight="/kg" in unit)
            except units.UnitError as error:
                raise Fault(error.message, start + error.start, error.length, error.hint, error.code) from None
            self.position = end
            return unit
        token = self.peek()
        if token.kind == "name" and token.text not in KEYWORDS:
            raise Fault(
                f"unknown unit {token.text!r}", token.start, token.length,
                "write a unit such as pM, pg/mL, /h or molecules/cell/s", "BAD_UNIT",
            )  # fmt: skip
        return ""

    def _name(self, token: Token) -> Expression:
        if self.peek().text == "(" and (token.text in FUNCTIONS or token.text in (*POPULATIONS, "mean")):
            self.take()
            if token.text in POPULATIONS:
                return self._population(token)
            return self._mean(token) if token.text == "mean" else self._call(token)
        if token.text in RESERVED and token.text != "time":
            raise Fault(f"{token.text!r} is a word of the language and cannot stand here", token.start, token.length)
        name, _, compartment = token.text.partition("@")
        return Name(name, compartment or None, self.span(token.start))

    def _call(self, token: Token) -> Expression:
        arguments = [self.condition()]
        while self.accept(","):
            arguments.append(self.condition())
        self.expect(")", f"to close {token.text}(")
        wanted = FUNCTIONS[token.text]
        if (len(arguments) != wanted and wanted > 0) or (wanted < 0 and len(arguments) < 2):
            need = f"{wanted} arguments" if wanted > 0 else "at least 2 arguments"
            raise Fault(f"{token.text} takes {need}, found {len(arguments)}", token.start, self.position - token.start)
        return Call(token.text, tuple(arguments), self.span(token.start))

    def _words(self, token: Token) -> tuple[list[str], str | None]:
        words: list[str] = []
        while self.peek().kind == "name":
            words.append(self.take().text)
        self.expect(")", f"to close {token.text}(")
        if not words:
            raise Fault(f"{token.text}() needs a cell", token.start, self.position - token.start)
        words[-1], _, compartment = words[-1].partition("@")
        return words, compartment or None

    def _population(self, token: Token) -> Population:
        words, compartment = self._words(token)
        return Population(token.text, tuple(words[:-1]), words[-1], compartment, self.span(token.start))

    def _mean(self, token: Token) -> Mean:
        words, compartment = self._words(token)
        cell, dot, variable = words[-1].partition(".")
        if not dot:
            raise Fault("mean() needs cell.variable", token.start, self.position - token.start)
        return Mean(tuple(words[:-1]), cell, variable, compartment, self.span(token.start))


# Words that may follow a number in a sentence without being its unit.
KEYWORDS = frozenset(
    {"or", "and", "with", "driven", "increased", "decreased", "only", "up", "down", "hill", "half", "stages", "stage"}
    | {"resetting", "saturating", "through", "at", "by", "after", "also", "to"}
)


def check_number(token: Token) -> None:
    """Raise a fault when a number token is not a finite number of a sane size."""
    try:
        units.parse_number(token.text)
    except units.UnitError as error:
        raise Fault(error.message, token.start, token.length, error.hint, error.code) from None


def parse(text: str, where: Span | None = None) -> Expression:
    """Read one expression or condition.

    Raises
    ------
    Fault
        Where the text is no expression.

    Examples
    --------
    >>> str(parse("k1 * X / (K + X)"))
    'k1 * X / (K + X)'
    """
    reader = Reader(text, where)
    expression = reader.condition()
    reader.expect_end()
    return expression


def place(expression: Expression) -> Span | None:
    """Return where an expression was written, None where it was not."""
    return None if isinstance(expression, Ref) else expression.where


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
