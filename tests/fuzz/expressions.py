"""Expressions: parse, print, check; and both targets have the same values."""

from __future__ import annotations

import math
from contextlib import suppress
from random import Random
from time import process_time

import numpy as np

from cytokinome.compiler.lower import lower
from cytokinome.compiler.targets.llvm import LlvmKernel
from cytokinome.diagnostics import Collector
from cytokinome.evidence import Source
from cytokinome.model import rules
from cytokinome.model.bare import BareScope
from cytokinome.model.components import Equations, Model, Parameter, Quantity
from cytokinome.model.expressions import FUNCTIONS, IN_EQUATIONS, Call, Expression, Fault, Number, parse, walk
from cytokinome.text.nodes import MAX_SCALAR
from tests.fuzz.running import defect, mutated

SLOW, PER_CHARACTER = 0.1, 5e-5  # s of processor time for one expression, and for each character of a long one
VALUED = 200  # one in so many of the valid ones is evaluated
BATCH = 25
STATES, PARAMETERS = ("a", "b", "c"), ("k", "m")
_NUMBERS = ("0", "1", "2", "0.5", "3.", ".25", "1e3", "1e-7", "1e300", "1e-300", "12345678901234567890")
_ODD = (
    "1e999", "9^9^9^9", "@", "a@", "a.b.c", "$", "\0", "µ", "−", "‘", "10 pM", "5 /h", "2/h", "e5", "0x10", "1_000",
    "count(a)", "mean(a.b)", "density()", "if", "time", "not", "and", "or", "true", "__class__", "lambda", "a()", "()",
    "(" * 90, "-" * 120, "^" * 3, "==", "->", "<->", "%", ",", "\t", "\n", "1" * 400, "x" * 400, "9 9", "\u202e",
)  # fmt: skip
_OPERATORS = ("+", "-", "*", "/", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or", "not", "(", ")", ",", "=", "%")
_SOUP = (*_NUMBERS, *_ODD, *_OPERATORS, *_OPERATORS, *STATES, *PARAMETERS, *FUNCTIONS, "hill", "delayed", "xor")


def model_of(values: list[Expression]) -> Model:
    """Return a model with three states, two parameters, and a quantity for each expression."""
    states = tuple(Quantity(id, initial=Number("1"), rate=Number("0")) for id in STATES)
    asked = tuple(Quantity(f"q{i}", value=value) for i, value in enumerate(values))
    numbers = tuple(Parameter(id, Number("2"), source=Source("assumed")) for id in PARAMETERS)
    return Model("fuzz", "", Source("assumed"), parameters=numbers, equations=Equations("h", (*states, *asked)))


class Expressions:
    """The fuzzer of expressions."""

    def __init__(self) -> None:
        self._scope = BareScope(model_of([]), Collector())
        self._waiting: list[Expression] = []
        self._valid = 0
        self.evaluated = self.undecided = 0
        self._wrong = ""

    def make(self, rng: Random) -> str:
        """Return an expression that is right, one with edits, a soup of words, or a deep nest."""
        return self._made(rng)[:MAX_SCALAR]

    def _made(self, rng: Random) -> str:
        match rng.randrange(10):
            case 0 | 1 | 2:
                return number(rng, rng.randint(0, 6))
            case 3 | 4 | 5 | 6:
                return mutated(number(rng, rng.randint(1, 5)), rng, _SOUP)
            case 7 | 8:
                return rng.choice(("", " ")).join(rng.choices(_SOUP, k=rng.randint(0, 30)))
            case _:
                return _nest(rng)

    def judge(self, text: str) -> str:
        """Parse, print, parse again and check a text."""
        try:
            begun = process_time()
            verdict, parsed = self._judged(text)
            taken = parsed - begun
            most = max(SLOW, PER_CHARACTER * len(text))
            if taken > most:  # once more: the first time may have been that of something else
                taken = min(taken, _seconds(text))
            return f"!slow: {taken:.2f} s" if taken > most else verdict
        except Exception as error:
            return defect(error)

    def _judged(self, text: str) -> tuple[str, float]:
        """Return the verdict, and when the text was parsed."""
        try:
            expression = parse(text)
        except Fault as fault:
            inside = 0 <= fault.start <= len(text)
            return "fault" if inside else f"!fault outside the text: at {fault.start} of {len(text)}", process_time()
        parsed = process_time()
        return self._checked(expression), parsed

    def _checked(self, expression: Expression) -> str:
        if parse(str(expression)) != expression:
            return f"!printed otherwise: {expression}"
        found = Collector()
        self._scope.found = found
        resolved = self._scope.resolve(expression)
        if (resolved is None) != found.has_errors:
            return "!refused without a finding, or taken with one:"
        if resolved is not None and is_number(expression) and not _is_special(expression):
            self._valid += 1
            if self._valid % VALUED == 0:
                self._evaluate(expression)
        return "valid" if resolved is not None else "refused"

    def _evaluate(self, expression: Expression) -> None:
        self._waiting.append(expression)
        if len(self._waiting) == BATCH:
            values, self._waiting = self._waiting, []
            self._wrong = self._wrong or self._compared(values)

    def _compared(self, values: list[Expression]) -> str:
        """Return which of the expressions has another value in machine code than on the graph."""
        found = Collector()
        model = model_of(values)
        rules.check(model, found)
        if found.has_errors:
            return f"!a model of valid expressions is refused: {found.report().render()[:500]}"
        stages = lower(model)
        judge, compiled = stages.kernel, LlvmKernel(stages.system, stages.kernel)
        p = judge.defaults()
        select = [[o.name for o in judge.outputs].index(f"q{i}") for i in range(len(values))]
        rng = np.random.default_rng(len(values[0].__str__()))
        for _ in range(4):
            y = rng.choice((0.3, 1.0, 2.0, 40.0), len(judge.states)) * rng.uniform(0.5, 1.5, len(judge.states))
            at, near = np.array([1.0]), y * (1 + 1e-13)
            with np.errstate(all="ignore"):
                first, second, moved = (
                    kernel.observe(at, state[:, None], p, select)[:, 0]
                    for kernel, state in ((judge, y), (compiled, y), (judge, near))
                )
            for value, one, other, beside in zip(values, first, second, moved, strict=True):
                self.evaluated += 1
                if not _agree(one, other):
                    if not _agree(one, beside):
                        self.undecided += 1  # it depends on the last bits of what goes in
                    else:
                        return f"!values differ: {value} is {one!r} on the graph, {other!r} in machine code at {y}"
        return ""

    def close(self) -> str:
        """Evaluate what is waiting."""
        if self._waiting and not self._wrong:
            self._wrong = self._compared(self._waiting)
        return self._wrong


def _seconds(text: str) -> float:
    """Return the processor time that parsing takes."""
    begun = process_time()
    with suppress(Fault):
        parse(text)
    return process_time() - begun


def _agree(one: float, other: float) -> bool:
    if not (math.isfinite(one) and math.isfinite(other)):
        return not (math.isfinite(one) or math.isfinite(other))  # a run ends at either, infinite or none
    return abs(one - other) <= 1e-10 * max(abs(one), abs(other), 1e-290)


def is_number(expression: Expression) -> bool:
    """Whether an expression is a number rather than a condition."""
    operator = getattr(expression, "operator", "")
    return operator not in ("and", "or", "not", "<", "<=", ">", ">=", "==", "!=")


def _is_special(expression: Expression) -> bool:
    return any(isinstance(node, Call) and node.function in IN_EQUATIONS for node in walk(expression))


# ----------------------------------------------------------------------------------------------------- right ones
def number(rng: Random, depth: int) -> str:
    """Return a number that the language can say."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice((*STATES, *STATES, *PARAMETERS, *_NUMBERS, "time"))
    one, other = (number(rng, depth - 1) for _ in range(2))
    match rng.randrange(8):
        case 0 | 1 | 2 | 3:
            return f"({one} {rng.choice('+-*/')} {other})"
        case 4:
            return f"({one})^{rng.choice(('2', '3', '0.5', '(-1)', 'k'))}"
        case 5:
            return f"if({condition(rng, depth - 1)}, {one}, {other})"
        case 6:
            name = rng.choice([f for f, count in FUNCTIONS.items() if count == 1 and f not in IN_EQUATIONS])
            return f"{name}({one})"
        case _:
            return rng.choice((f"min({one}, {other})", f"max({one}, {other}, 1)", f"hill({one}, k, 2)", f"-({one})"))


def condition(rng: Random, depth: int) -> str:
    """Return a condition that the language can say."""
    if depth <= 0 or rng.random() < 0.5:
        operator = rng.choice(("<", "<=", ">", ">=", "==", "!="))
        return f"{number(rng, max(depth - 1, 0))} {operator} {number(rng, max(depth - 1, 0))}"
    one, other = (condition(rng, depth - 1) for _ in range(2))
    return rng.choice((f"({one}) and ({other})", f"({one}) or ({other})", f"not ({one})", f"xor({one}, {other})"))


def _nest(rng: Random) -> str:
    """Return something deep, long or high."""
    size = rng.choice((5, 40, 99, 100, 101, 130, 250, 1000, 5000))
    inner = rng.choice(("a", "1", "", "a + b", "(", "1 pM"))
    one, other = rng.choice(
        (
            ("(", ")"),
            ("-", ""),
            ("not ", ""),
            ("exp(", ")"),
            ("a + ", ""),
            ("a^", ""),
            ("2 * (", ")"),
            ("if(a < b, ", ", c)"),
        )
    )
    text = one * size + inner + other * size
    return text if rng.random() < 0.7 else rng.choice((f"max({', '.join(['a'] * size)})", f"({text}", text * 2))
