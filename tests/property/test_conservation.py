"""What no model may break: conservation, positivity, and indifference to order and units.

A `Sketch` is a small model in canonical numbers; it can be written down in any order and in any units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from cytokinome.compiler.kernel import Kernel
from cytokinome.compiler.lower import compile_model
from cytokinome.model.load import check_text

COMPARTMENTS = {"left": 0.25, "right": 4.0}  # L


@dataclass(frozen=True)
class Units:
    """Words for a concentration, a time and a volume, each with how many of it make one canonical unit."""

    concentration: tuple[str, float] = ("pM", 1.0)
    time: tuple[str, float] = ("h", 1.0)
    volume: tuple[str, float] = ("L", 1.0)

    def pM(self, value: float) -> str:
        """A concentration."""
        return f"{value * self.concentration[1]!r} {self.concentration[0]}"

    def litres(self, value: float) -> str:
        """A volume."""
        return f"{value * self.volume[1]!r} {self.volume[0]}"

    def hours(self, value: float) -> str:
        """A time."""
        return f"{value * self.time[1]!r} {self.time[0]}"

    def per_hour(self, value: float) -> str:
        """A rate."""
        return f"{value / self.time[1]!r} /{self.time[0]}"

    def second_order(self, value: float) -> str:
        """A rate constant of association."""
        return f"{value / self.time[1] / self.concentration[1]!r} /{self.concentration[0]}/{self.time[0]}"

    def clearance(self, value: float) -> str:
        """A volume per time."""
        return f"{value * self.volume[1] / self.time[1]!r} {self.volume[0]}/{self.time[0]}"


@dataclass(frozen=True)
class Reaction:
    """`left + right <-> product`; a molecule's composition counts the basic molecules in it."""

    left: str
    right: str
    product: str
    kon: float
    koff: float

    def text(self, u: Units) -> str:
        """The line in a file."""
        sides = f"{self.left} + {self.right}" if self.left != self.right else f"2 {self.left}"
        constants = f"kon: {u.second_order(self.kon)}, koff: {u.per_hour(self.koff)}"
        return f"  - {{equation: {sides} <-> {self.product}, {constants}, source: assumed}}"


@dataclass(frozen=True)
class Change:
    """One state becomes another at a rate, or after a time in stages; `driven` by a molecule or not."""

    origin: str
    target: str
    rate: float
    stages: int
    driven: str
    half: float

    def text(self, u: Units) -> str:
        """The sentence."""
        dwell = f"after {u.hours(1 / self.rate)} ({self.stages} stages)"
        how = dwell if self.stages > 1 else f"at {u.per_hour(self.rate)}"
        by = f", driven by {self.driven} (half {u.pM(self.half)}, hill 2)" if self.driven else ""
        return f"  - {self.origin} cell becomes {self.target} {how}{by}"


@dataclass(frozen=True)
class Sketch:
    """A closed model, but for `losses` and `secretion` where they are not zero."""

    initial: tuple[float, ...]
    reactions: tuple[Reaction, ...]
    moved: tuple[tuple[str, str, str, float], ...]  # molecule, from, to, clearance
    axes: tuple[tuple[str, ...], ...]
    changes: tuple[Change, ...]
    losses: float = 0.0
    secretion: float = 0.0

    @property
    def composition(self) -> dict[str, np.ndarray]:
        """How many of each basic molecule are in each molecule."""
        parts = {f"M{i}": row for i, row in enumerate(np.eye(len(self.initial)))}
        for r in self.reactions:
            parts[r.product] = parts[r.left] + parts[r.right]
        return parts

    def text(self, u: Units, order: np.random.Generator | None = None) -> str:
        """The model file; `order` shuffles what stands in lists and mappings."""

        def arranged(lines: list[str]) -> str:
            return "\n".join(lines if order is None else [lines[i] for i in order.permutation(len(lines))])

        loss = f", degrades: {{rate: {u.per_hour(self.losses)}, source: assumed}}" if self.losses else ""
        start = [*self.initial, *(0.0 for _ in self.reactions)]
        named = zip(self.composition, start, strict=True)
        molecules = [f"  {m}: {{in: [left, right], initial: {u.pM(x)}{loss}}}" for m, x in named]
        rules = [c.text(u) for c in self.changes]
        if self.secretion:
            rate = f"{self.secretion * 6.02214076e5 / u.time[1]!r} molecules/cell/{u.time[0]}"
            rules.append(f"  - cell secretes M0 at {rate}, decreased by M1 at R (half {u.pM(20.0)}) down to 5 %")
            kint = u.per_hour(6.0)
            rules.append(f"  - cell takes up M1 through R at 2000 receptors/cell with internalisation {kint}")
        moves = [
            f"  - {{of: [{m}], from: {a}, to: {b}, clearance: {u.clearance(c)}, source: assumed}}"
            for m, a, b, c in self.moved
        ]
        numbers = ", ".join(f"{s}: {1e3 * (i + 1)}" for i, s in enumerate(self.axes[0]))
        states = ", ".join([f"one: {{{numbers}}}", *(f"two: [{', '.join(axis)}]" for axis in self.axes[1:])])
        places = arranged([f"  {name}: {{kind: culture, volume: {u.litres(v)}}}" for name, v in COMPARTMENTS.items()])
        return "\n".join(
            [
                "cytokinome: 1",
                "model: sketch",
                f"compartments:\n{places}",
                f"molecules:\n{arranged(molecules)}",
                f"receptors: {{R: {{ligands: {{M0: {u.pM(7.0)}, M1: {u.pM(60.0)}}}, source: assumed}}}}",
                f"cells: {{cell: {{in: [left, right], states: {{{states}}}}}}}",
                f"rules:\n{arranged(rules)}" if rules else "",
                f"reactions:\n{arranged([r.text(u) for r in self.reactions])}" if self.reactions else "",
                f"transport:\n{arranged(moves)}" if moves else "",
                "",
            ]
        )


rates = st.floats(1e-3, 5.0)
levels = st.floats(0.1, 200.0)


@st.composite
def reactions(draw: st.DrawFn, basic: int) -> tuple[Reaction, ...]:
    """Complexes of basic molecules and of complexes made before."""
    known, made = [f"M{i}" for i in range(basic)], []
    for i in range(draw(st.integers(0, 3))):
        pair = draw(st.sampled_from(known)), draw(st.sampled_from(known))
        if any({r.left, r.right} == set(pair) for r in made):
            continue
        made.append(Reaction(*pair, f"C{i}", draw(rates) / 10, draw(rates)))
        known.append(f"C{i}")
    return tuple(made)


@st.composite
def cycles(draw: st.DrawFn, axes: tuple[tuple[str, ...], ...]) -> tuple[Change, ...]:
    """On every axis each state becomes the next one, and the last the first."""
    made = []
    for axis in axes:
        for origin, target in pairwise((*axis, axis[0])):
            driven = draw(st.sampled_from(["", "M0", "M1"]))
            made.append(Change(origin, target, draw(rates), draw(st.integers(1, 2)), driven, draw(levels)))
    return tuple(made)


@st.composite
def sketches(draw: st.DrawFn, *, is_open: bool = False) -> Sketch:
    """A binding network in two compartments, transport, and cells that go around their states."""
    initial = tuple(draw(st.lists(levels, min_size=2, max_size=3)))
    made = draw(reactions(len(initial)))
    names = [*(f"M{i}" for i in range(len(initial))), *(r.product for r in made)]
    ways = st.sampled_from([("left", "right"), ("right", "left")])
    moves = draw(st.lists(st.tuples(st.sampled_from(names), ways), max_size=4, unique=True))
    axes = draw(st.sampled_from([(("a", "b"),), (("a", "b", "c"),), (("a", "b"), ("x", "y"))]))
    return Sketch(
        initial,
        made,
        tuple((m, *way, draw(rates)) for m, way in moves),
        axes,
        draw(cycles(axes)),
        draw(rates) if is_open else 0.0,
        draw(rates) if is_open else 0.0,
    )


@cache
def kernel_of(text: str) -> Kernel:
    """The kernel of a file."""
    return compile_model(check_text(text, "sketch.yaml").require())


def state_of(kernel: Kernel, seed: int) -> np.ndarray:
    """A positive random state that depends on the names of states, not on their order."""
    p = kernel.defaults()
    order = np.argsort(kernel.states)
    drawn = np.empty(len(order))
    drawn[order] = np.random.default_rng(seed).lognormal(0.0, 1.5, len(order))
    return drawn * np.maximum(kernel.scale(p), 1.0)


def gross(kernel: Kernel, y: np.ndarray) -> np.ndarray:
    """How large the terms of each derivative are, before they cancel."""
    p = kernel.defaults()
    return np.abs(kernel.jacobian(0.0, y, p)) @ np.abs(y) + np.abs(kernel.rhs(0.0, y, p))


def amounts(sketch: Sketch, kernel: Kernel) -> np.ndarray:
    """[basic molecule, state]: how much of a basic molecule one unit of a state holds, in pmol."""
    parts, weights = sketch.composition, np.zeros((len(sketch.initial), len(kernel.states)))
    for j, state in enumerate(kernel.states):
        molecule, _, place = state.partition("@")
        if molecule in parts:
            weights[:, j] = parts[molecule] * COMPARTMENTS[place]
    return weights


def is_cells(state: str) -> bool:
    """Whether a state is a number of cells."""
    return " cell@" in state


seeds = st.integers(0, 2**32 - 1)


@given(sketches(), seeds)
def test_reactions_and_transport_conserve_amounts(sketch, seed):
    """Of every basic molecule the total over compartments and complexes does not change."""
    kernel = kernel_of(sketch.text(Units()))
    y, weights = state_of(kernel, seed), amounts(sketch, kernel)
    change = weights @ kernel.rhs(0.0, y, kernel.defaults())
    assert (np.abs(change) <= 1e-12 * (weights @ gross(kernel, y))).all()


@given(sketches(), seeds)
def test_becoming_conserves_cells(sketch, seed):
    """Cells that go from state to state neither appear nor vanish, in any compartment and over any stages."""
    kernel = kernel_of(sketch.text(Units()))
    y = state_of(kernel, seed)
    rhs, terms = kernel.rhs(0.0, y, kernel.defaults()), gross(kernel, y)
    for place in COMPARTMENTS:
        rows = [i for i, s in enumerate(kernel.states) if is_cells(s) and f"cell@{place}" in s]
        assert rows
        assert abs(rhs[rows].sum()) <= 1e-12 * terms[rows].sum()


@given(sketches(is_open=True), seeds, st.data())
def test_nothing_falls_below_zero(sketch, seed, data):
    """A state that is zero does not fall, wherever the others are."""
    kernel = kernel_of(sketch.text(Units()))
    y = state_of(kernel, seed)
    empty = data.draw(st.lists(st.integers(0, len(y) - 1), min_size=1, unique=True))
    y[empty] = 0.0
    assert (kernel.rhs(0.0, y, kernel.defaults())[empty] >= 0).all()


@settings(max_examples=max(10, settings().max_examples // 3))
@given(sketches(is_open=True), seeds)
def test_trajectories_stay_positive(sketch, seed):
    """Integrated from a state with zeros, nothing falls below zero by more than the tolerance."""
    kernel = kernel_of(sketch.text(Units()))
    p, y = kernel.defaults(), state_of(kernel, seed)
    y[:: 1 + seed % 3] = 0.0
    scale = np.maximum(kernel.scale(p), y)
    solved = solve_ivp(
        lambda t, y: kernel.rhs(t, y, p), (0.0, 10.0), y, method="LSODA", rtol=1e-8, atol=1e-10 * scale,
        jac=lambda t, y: kernel.jacobian(t, y, p),
    )  # fmt: skip
    assert solved.success
    assert (solved.y >= -1e-7 * scale[:, None]).all()


@given(sketches(is_open=True), seeds)
def test_order_in_the_file_does_not_matter(sketch, seed):
    """Shuffled molecules, rules, reactions and transports give the same derivative of every state."""
    plain = kernel_of(sketch.text(Units()))
    mixed = kernel_of(sketch.text(Units(), np.random.default_rng(seed)))
    assert sorted(plain.states) == sorted(mixed.states)
    y, other = state_of(plain, seed), state_of(mixed, seed)
    place = [mixed.states.index(s) for s in plain.states]
    np.testing.assert_array_equal(other[place], y)
    difference = mixed.rhs(0.0, other, mixed.defaults())[place] - plain.rhs(0.0, y, plain.defaults())
    assert (np.abs(difference) <= 1e-12 * gross(plain, y)).all()


units = st.builds(
    Units,
    st.sampled_from([("nM", 1e-3), ("fM", 1e3), ("uM", 1e-6), ("pM", 1.0)]),
    st.sampled_from([("min", 60.0), ("s", 3600.0), ("day", 1 / 24), ("h", 1.0)]),
    st.sampled_from([("mL", 1e3), ("uL", 1e6), ("dL", 10.0), ("L", 1.0)]),
)


@given(sketches(is_open=True), units, seeds)
def test_units_do_not_matter(sketch, written, seed):
    """The same model written in other units has the same derivative, initial values and Jacobian."""
    plain, other = kernel_of(sketch.text(Units())), kernel_of(sketch.text(written))
    assert plain.states == other.states
    y, p, q = state_of(plain, seed), plain.defaults(), other.defaults()
    terms = gross(plain, y)
    assert (np.abs(other.rhs(0.0, y, q) - plain.rhs(0.0, y, p)) <= 1e-12 * terms).all()
    np.testing.assert_allclose(other.initial(q), plain.initial(p), rtol=1e-13)
    slopes = plain.jacobian(0.0, y, p)
    np.testing.assert_allclose(other.jacobian(0.0, y, q), slopes, rtol=1e-11, atol=1e-12 * np.abs(slopes).max())
