"""Expressions: our own parser, from text to the trees of `tree`.

Nothing a user writes is ever evaluated by Python: text becomes a tree or a `Fault`. ``parse(str(e)) == e``.

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

from typing import TYPE_CHECKING, Any

from cytokinome import units
from cytokinome.model.tokens import Fault, Token, Tokens, check_number, describe
from cytokinome.model.tree import (
    COMPARISONS,
    UNREADABLE,
    Binary,
    Call,
    Expression,
    Mean,
    Name,
    Number,
    Population,
    Ref,
    Unary,
    chain,
    descend,
    fold,
    height,
    parts,
    place,
    rebuilt,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cytokinome.diagnostics import Span

    Steps = Generator[Any, Any, Expression]

__all__ = [
    "COMPARISONS",
    "FUNCTIONS",
    "IN_EQUATIONS",
    "KEYWORDS",
    "MAX_DEPTH",
    "MAX_TERMS",
    "PLAIN",
    "POPULATIONS",
    "RESERVED",
    "UNREADABLE",
    "Binary",
    "Call",
    "Expression",
    "Fault",
    "Mean",
    "Name",
    "Number",
    "Population",
    "Reader",
    "Ref",
    "Token",
    "Unary",
    "chain",
    "check_number",
    "descend",
    "describe",
    "fold",
    "height",
    "parse",
    "parts",
    "place",
    "rebuilt",
    "walk",
]

MAX_DEPTH = 250  # height of a tree, so that nothing that walks, compares or stores one can exhaust the stack
MAX_TERMS = 10_000  # of a chain

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


class Reader(Tokens):
    """A cursor over one line of text that reads tokens and expressions.

    A method with an underscore is a rule of the grammar, carried out by `descend`.
    """

    deepest = MAX_DEPTH

    def __init__(self, text: str, where: Span | None = None) -> None:
        super().__init__(text, where)
        self._depth = 0

    def condition(self) -> Expression:
        """Read a condition or expression."""
        return self._low(descend(self._condition()))

    def sum(self) -> Expression:
        """Read an arithmetic expression: no comparison, ``and`` or ``or`` outside parentheses."""
        return self._low(descend(self._sum()))

    def atom(self) -> Expression:
        """Read a number, a name, a function or a parenthesis."""
        return self._low(descend(self._atom()))

    def _low(self, expression: Expression) -> Expression:
        """Return a whole expression unless its tree is too high for what walks it."""
        if height(expression) > self.deepest:
            start = self.text.find("(") if "(" in self.text else 0
            raise Fault("nested too deeply", start, hint="split the expression with parameters")
        return expression

    def _inside(self, start: int, part: Callable[[], Steps]) -> Steps:
        """Read a part one level deeper."""
        self._depth += 1
        if self._depth > self.deepest:
            raise Fault("nested too deeply", start, hint="split the expression with parameters")
        inner = yield part()
        self._depth -= 1
        return inner

    def _condition(self) -> Steps:
        return self._chain(self._conjunction, "or")

    def _conjunction(self) -> Steps:
        return self._chain(self._negation, "and")

    def _negation(self) -> Steps:
        token = self.accept("not")
        if token:
            operand = yield self._inside(token.start, self._negation)
            return Unary("not", operand, self.span(token.start))
        start = self.peek().start
        left = yield self._sum()
        operator = self.accept(*COMPARISONS)
        return Binary(operator.text, left, (yield self._sum()), self.span(start)) if operator else left

    def _sum(self) -> Steps:
        return self._chain(self._product, "+", "-")

    def _product(self) -> Steps:
        return self._chain(self._signed, "*", "/")

    def _chain(self, part: Callable[[], Steps], *operators: str) -> Steps:
        starts = [self.peek().start]
        first, rest = (yield part()), list[tuple[str, Expression]]()
        ends = [self.position]
        while operator := self.accept(*operators):
            if len(rest) + 2 > MAX_TERMS:
                message = f"more than {MAX_TERMS} terms in one chain"
                raise Fault(message, operator.start, hint="split it with parameters")
            starts.append(self.peek().start)
            rest.append((operator.text, (yield part())))
            ends.append(self.position)
        return chain(first, rest, lambda low, high: self.span(starts[low], ends[high])) if rest else first

    def _signed(self) -> Steps:
        sign = self.accept("-", "+")
        if sign is None:
            return (yield self._power())
        operand = yield self._inside(sign.start, self._signed)
        return Unary("-", operand, self.span(sign.start)) if sign.text == "-" else operand

    def _power(self) -> Steps:
        start = self.peek().start
        base = yield self._atom()
        if not self.accept("^"):
            return base
        exponent = yield self._inside(start, self._signed)
        return Binary("^", base, exponent, self.span(start))

    def _atom(self) -> Steps:
        token = self.take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            return (yield self._name(token))
        if token.text == "(":
            inner = yield self._inside(token.start, self._condition)
            self.expect(")", "to close the parenthesis")
            return inner
        hint = "a power is written with ^" if token.text == "*" else "write for example 10 pg/mL, or k1 * X / (K + X)"
        raise Fault(f"expected a number, a name or '(', found {describe(token)}", token.start, token.length, hint)

    def _number(self, token: Token) -> Number:
        unit = self._unit()
        check_number(token, is_bare=not unit)
        return Number(token.text, unit, self.span(token.start))

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

    def _name(self, token: Token) -> Steps:
        if self.peek().text == "(" and (token.text in FUNCTIONS or token.text in (*POPULATIONS, "mean")):
            self.take()
            if token.text in POPULATIONS:
                return self._population(token)
            return self._mean(token) if token.text == "mean" else (yield self._call(token))
        if token.text in RESERVED and token.text != "time":
            raise Fault(f"{token.text!r} is a word of the language and cannot stand here", token.start, token.length)
        name, _, compartment = token.text.partition("@")
        return Name(name, compartment or None, self.span(token.start))

    def _arguments(self, token: Token) -> Generator[Any, Any, list[Expression]]:
        arguments = [(yield self._inside(token.start, self._condition))]
        while self.accept(","):
            arguments.append((yield self._inside(token.start, self._condition)))
        self.expect(")", f"to close {token.text}(")
        return arguments

    def _call(self, token: Token) -> Steps:
        arguments = yield self._arguments(token)
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
