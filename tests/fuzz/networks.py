"""Random models that know what they mean: as a file in SBML, and as derivatives that SciPy integrates.

Mathematics are nested tuples of an operator and its operands; a string is a name, a number a number. They are read
twice, as MathML and as their value, and nothing of the package takes part in either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from tests.hostile import sbml_texts as s

Tree = Any  # str | float | tuple of an operator and trees
SIZES = {"c": 1.0, "d": 2.5}
_OPERATORS: dict[str, Callable[..., Any]] = {
    "plus": lambda *x: math.fsum(x), "times": lambda *x: math.prod(x), "minus": lambda x, y: x - y,
    "divide": lambda x, y: x / y, "power": lambda x, y: x**y, "exp": math.exp, "tanh": math.tanh, "abs": abs,
    "sin": math.sin, "arctan": math.atan, "lt": lambda x, y: x < y, "geq": lambda x, y: x >= y,
    "and": lambda *x: all(x), "or": lambda *x: any(x),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A reaction: its rate in amounts per time, and how many of which species one turn takes and gives."""

    law: Tree
    takes: str
    gives: str
    count: int


@dataclass(frozen=True)
class Network:
    """Species with place, amount and whether their symbol is that amount; what else moves; reactions."""

    species: Mapping[str, tuple[str, float, bool]]
    constants: Mapping[str, float]
    functions: Mapping[str, tuple[tuple[str, ...], Tree]]
    assigned: Mapping[str, Tree]
    started: Mapping[str, Tree]
    rated: Mapping[str, tuple[float, Tree]]
    steps: tuple[Step, ...]

    # ------------------------------------------------------------------------------------------------ as a file
    def text(self) -> str:
        """Return the file."""
        places = [s.compartment(id, repr(size)) for id, size in SIZES.items()]
        pools = [_species(id, *pool) for id, pool in self.species.items()]
        numbers = [s.parameter(id, repr(value), constant=True) for id, value in self.constants.items()]
        numbers += [s.parameter(id, None) for id in (*self.assigned, *self.started)]
        numbers += [s.parameter(id, repr(value)) for id, (value, _) in self.rated.items()]
        rules = [s.assignment(id, mathml(tree)) for id, tree in self.assigned.items()]
        rules += [s.rate(id, mathml(tree)) for id, (_, tree) in self.rated.items()]
        steps = [self._reaction(f"r{i}", step) for i, step in enumerate(self.steps)]
        return s.sbml(
            s.listed("FunctionDefinitions", *(s.function(f, a, mathml(b)) for f, (a, b) in self.functions.items())),
            s.listed("Compartments", *places),
            s.listed("Species", *pools),
            s.listed("Parameters", *numbers),
            s.listed("InitialAssignments", *(s.initial(id, mathml(tree)) for id, tree in self.started.items())),
            s.listed("Rules", *rules),
            s.listed("Reactions", *steps),
        )

    def _reaction(self, id: str, step: Step) -> str:
        acts = [name for name in self.species if name in symbols(step.law) and name not in (step.takes, step.gives)]
        law, count = mathml(step.law), str(step.count)
        return s.reaction(id, law, takes=step.takes, gives=step.gives, amount=count, acts=acts)

    # -------------------------------------------------------------------------------------------- as derivatives
    def course(self, times: np.ndarray) -> np.ndarray:
        """Return amounts and moving numbers [name, time] along `times`; NaN where SciPy comes to no end."""
        names = [*self.species, *self.rated]
        start = [self.species[id][1] if id in self.species else self.rated[id][0] for id in names]
        fixed = {**self.constants, **dict.fromkeys(self.started, 0.0)}
        at_start = self._environment(0.0, dict(zip(names, start, strict=True)), fixed)
        fixed |= {id: value(tree, at_start, self.functions) for id, tree in self.started.items()}

        def slopes(t: float, y: np.ndarray) -> list[float]:
            here = self._environment(t, dict(zip(names, y, strict=True)), fixed)
            found = dict.fromkeys(names, 0.0)
            found |= {id: value(tree, here, self.functions) for id, (_, tree) in self.rated.items()}
            for step in self.steps:
                speed = value(step.law, here, self.functions)
                found[step.takes] -= step.count * speed
                found[step.gives] += step.count * speed
            return [found[id] for id in names]

        done = solve_ivp(slopes, (times[0], times[-1]), start, "LSODA", times, rtol=1e-10, atol=1e-12, max_step=0.05)
        return done.y if done.success else np.full((len(names), len(times)), np.nan)

    def _environment(self, t: float, y: dict[str, float], fixed: Mapping[str, float]) -> dict[str, float]:
        """Return what every symbol means."""
        here = {**SIZES, **fixed, "time": t}
        for id, number in y.items():
            place, _, is_amount = self.species.get(id, ("c", 0.0, True))
            here[id] = number if is_amount else number / SIZES[place]
        for id, tree in self.assigned.items():
            here[id] = value(tree, here, self.functions)
        return here


def _species(id: str, place: str, amount: float, is_amount: bool) -> str:
    text = s.species(id, repr(amount), place)
    return text if is_amount else text.replace('hasOnlySubstanceUnits="true"', 'hasOnlySubstanceUnits="false"')


def symbols(tree: Tree) -> set[str]:
    """Return the names in mathematics."""
    if isinstance(tree, str):
        return {tree}
    return set[str]().union(*map(symbols, tree[1:])) if isinstance(tree, tuple) else set()


def mathml(tree: Tree) -> str:
    """Return mathematics as MathML."""
    match tree:
        case "time":
            return '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'
        case str():
            return s.ci(tree)
        case float() | int():
            return s.cn(f"{tree:f}")
        case ("choice", condition, one, other):
            piece = f"<piece>{mathml(one)}{mathml(condition)}</piece>"
            return f"<piecewise>{piece}<otherwise>{mathml(other)}</otherwise></piecewise>"
        case ("call", function, *operands):
            return s.call(function, *map(mathml, operands))
        case (operator, *operands):
            return s.apply(operator, *map(mathml, operands))
    raise TypeError(f"no mathematics: {tree!r}")


def value(tree: Tree, here: Mapping[str, float], functions: Mapping[str, tuple[tuple[str, ...], Tree]]) -> float:
    """Return what mathematics come to."""
    match tree:
        case str():
            return here[tree]
        case float() | int():
            return float(tree)
        case ("choice", condition, one, other):
            return value(one if value(condition, here, functions) else other, here, functions)
        case ("call", function, *operands):
            names, body = functions[function]
            given = [value(operand, here, functions) for operand in operands]
            return value(body, dict(zip(names, given, strict=True)), functions)
        case (operator, *operands):
            return _OPERATORS[operator](*(value(operand, here, functions) for operand in operands))
    raise TypeError(f"no mathematics: {tree!r}")


# ------------------------------------------------------------------------------------------------------------ drawing
def network(rng: Random) -> Network:
    """Draw a network of up to four species, whose rates are mild functions of all symbols."""
    species = {
        f"s{i}": (rng.choice("ccd"), rng.choice((0.0, 0.5, 1.0, 3.25)), rng.random() < 0.5)
        for i in range(rng.randint(1, 4))
    }
    constants = {f"k{i}": rng.choice((0.1, 0.5, 1.0, 2.0, 1e-3)) for i in range(3)}
    functions = {
        "f": (("a", "b"), ("divide", "a", ("plus", 1.5, ("abs", "b")))),
        "g": (("a",), ("exp", ("minus", 0, ("abs", "a")))),
    }
    known = (*species, *constants, "c", "d", "time")
    started = {"i": mild(rng, (*species, *constants, "c"), 2)} if rng.random() < 0.5 else {}
    rated = {"w": (rng.choice((0.0, 1.0)), mild(rng, (*known, *started), 2))} if rng.random() < 0.5 else {}
    known = (*known, *started, *rated)
    assigned = {"q": mild(rng, known, 2)} if rng.random() < 0.5 else {}
    steps = []
    for _ in range(rng.randint(0, 4)):
        source, target = (rng.choice(list(species)) for _ in range(2))
        law = ("times", rng.choice(list(constants)), source, mild(rng, (*known, *assigned), 2))
        steps.append(Step(law, source, target, rng.choice((1, 1, 2))))
    return Network(species, constants, functions, assigned, started, rated, tuple(steps))


def mild(rng: Random, names: tuple[str, ...], depth: int) -> Tree:
    """Draw a function that has values everywhere, from about −2 to 2."""
    if depth == 0 or rng.random() < 0.2:
        return ("tanh", rng.choice(names)) if rng.random() < 0.7 else rng.choice((0.5, 1, 2.0, 0.25))
    one, other = mild(rng, names, depth - 1), mild(rng, names, depth - 1)
    condition = (rng.choice(("lt", "geq")), one, other)
    return rng.choice((
        ("times", one, other), ("arctan", ("plus", one, other, 1)), ("sin", ("minus", one, other)),
        ("call", "f", one, other), ("call", "g", one), ("divide", one, ("plus", 2, ("power", other, 2))),
        ("choice", condition, one, other), ("choice", ("and", condition, ("lt", 0, other)), 0.5, one), ("abs", one),
    ))  # fmt: skip
