"""Random models in our language, with doses: what `test_generated_models` runs on two engines.

A `Trial` is text and numbers, so hypothesis can shrink it and a failure can be read. Parameters span several decades;
doses fall on output points, between them and on the first and the last one.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

TIMES = 25  # output points

Draw = st.DrawFn


@dataclass(frozen=True)
class Dose:
    """A timed action: `where` picks a state or parameter that the action can be done to; `size` is in its scale."""

    when: float  # part of the span
    action: str
    where: int
    size: float


@dataclass(frozen=True)
class Trial:
    """A model file, how long it runs [h], what is done to it, and what is different in each patient."""

    text: str
    span: float
    doses: tuple[Dose, ...]
    factors: tuple[tuple[float, ...], ...]  # of the parameters, used in turn; one row per patient


def logs(low: float, high: float) -> st.SearchStrategy[float]:
    """Positive numbers whose logarithm is spread evenly, by exponents of ten."""
    return st.floats(low, high).map(lambda x: float(f"{10**x:.3g}"))


rates = logs(-3, 1)  # /h
levels = logs(-1, 4)  # pM
receptors = logs(2, 5)  # per cell


@dataclass
class Sheet:
    """A model being written."""

    draw: Draw
    molecules: list[str]
    cells: dict[str, tuple[str, ...]]  # states
    inner: dict[str, str]  # cell → inside variable
    parameters: list[str]

    def parameter(self, value: float, unit: str) -> str:
        """A number with its unit, written in place or as a parameter."""
        if self.draw(st.booleans()):
            return f"{value!r} {unit}"
        name = f"k{len(self.parameters)}"
        self.parameters.append(f"  {name}: {{value: {value!r} {unit}, source: assumed}}")
        return name

    def molecule(self) -> str:
        """One of the molecules."""
        return self.draw(st.sampled_from(self.molecules))

    def cell(self) -> str:
        """One of the cell types."""
        return self.draw(st.sampled_from(sorted(self.cells)))


def _signal(s: Sheet, cell: str) -> str:
    """What a sentence depends on, with its half and Hill coefficient."""
    kinds = ["molecule", "molecule", "receptor", "density", *(["inside"] if cell in s.inner else [])]
    hill = s.draw(st.sampled_from(["", ", hill 2", ", hill 3", ", hill 1.6"]))
    match s.draw(st.sampled_from(kinds)):
        case "molecule":
            return f"{s.molecule()} (half {s.parameter(s.draw(levels), 'pM')}{hill})"
        case "receptor":
            return f"{s.draw(st.sampled_from(s.molecules[:2]))} at R (half {s.draw(levels)!r} pM{hill})"
        case "density":
            return f"density({s.cell()}) (half {s.draw(logs(4, 7))!r} cells/mL{hill})"
        case _:
            return f"{s.inner[cell]} (half {s.draw(logs(0, 4))!r}{hill})"


def _modifiers(s: Sheet, cell: str) -> str:
    """Up to one modifier of each kind."""
    parts = list[str]()
    if s.draw(st.integers(0, 2)) == 0:
        second = s.draw(st.sampled_from(["", " or ", " with "]))
        other = f"{s.molecule()} (half {s.draw(levels)!r} pM)"
        parts.append(f"driven by {_signal(s, cell)}" + (second + other if second else ""))
    if s.draw(st.integers(0, 3)) == 0:
        parts.append(f"increased by {_signal(s, cell)} up to {s.draw(logs(0, 2))!r}-fold")
    if s.draw(st.integers(0, 3)) == 0:
        floor = s.draw(st.sampled_from(["", " down to 5 %", " down to 50 %"]))
        parts.append(f"decreased by {_signal(s, cell)}{floor}")
    if s.draw(st.integers(0, 7)) == 0:
        condition = s.draw(st.sampled_from(["{m} > {x!r} pM", "{m} < {x!r} pM", "time > {t!r} h"]))
        text = condition.format(m=s.molecule(), x=s.draw(levels), t=s.draw(logs(-1, 1.5)))
        parts.append(f"only when {text}")
    return "".join(f", {part}" for part in parts)


def _rate(s: Sheet) -> str:
    """A hazard: a rate, or a dwell time in stages."""
    rate = s.draw(rates)
    if s.draw(st.integers(0, 3)) == 0:
        return f"after {1 / rate!r} h ({s.draw(st.integers(1, 3))} stages)"
    return f"at {s.parameter(rate, '/h')}"


def _secretes(s: Sheet, cell: str) -> str:
    q = s.parameter(s.draw(logs(-2, 2)), "molecules/cell/s")
    return f"{cell} secretes {s.molecule()} at {q}{_modifiers(s, cell)}"


def _takes_up(s: Sheet, cell: str) -> str:
    kint = s.parameter(s.draw(rates), "/h")
    return f"{cell} takes up M0 through R at {s.draw(receptors)!r} receptors/cell with internalisation {kint}"


def _binds(s: Sheet, cell: str) -> str:
    kint = s.parameter(s.draw(rates), "/h")
    return f"{cell} binds M0 through B at {s.draw(receptors)!r} receptors/cell with internalisation {kint}"


def _becomes(s: Sheet, cell: str) -> str:
    first, second = s.cells[cell] if s.draw(st.booleans()) else s.cells[cell][::-1]
    return f"{first} {cell} becomes {second} {_rate(s)}{_modifiers(s, cell)}"


def _divides(s: Sheet, cell: str) -> str:
    return f"{cell} divides at {s.parameter(s.draw(logs(-3, -1)), '/h')}{_modifiers(s, cell)}"


def _dies(s: Sheet, cell: str) -> str:
    return f"{cell} dies {_rate(s)}{_modifiers(s, cell)}"


def _kills(s: Sheet, cell: str) -> str:
    verb = s.draw(st.sampled_from(["kills", "engulfs"]))
    return f"{cell} {verb} {s.cell()} at {s.draw(logs(-12, -8))!r} L/cell/h{_modifiers(s, cell)}"


def _enters(s: Sheet, cell: str) -> str:
    return f"{cell} enters at {s.parameter(s.draw(logs(1, 5)), 'cell/h')}"


def _releases(s: Sheet, cell: str) -> str:
    return f"{cell} releases {s.molecule()} on death at {s.draw(logs(1, 5))!r} molecules/cell"


def _produces(s: Sheet, cell: str) -> str:
    rate = s.parameter(s.draw(logs(-1, 4)), "molecules/cell/h")
    return f"{cell} produces {s.inner[cell]} inside at {rate}{_modifiers(s, cell)}"


_ANY = {
    "secretes": _secretes, "takes up": _takes_up, "binds": _binds, "divides": _divides, "dies": _dies, "kills": _kills,
    "enters": _enters, "releases": _releases,
}  # fmt: skip


def _rules(s: Sheet) -> list[str]:
    """Each cell type says each verb at most once."""
    found = list[str]()
    for cell, states in s.cells.items():
        known = _ANY | ({"becomes": _becomes} if states else {}) | ({"produces": _produces} if cell in s.inner else {})
        wanted = s.draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=4, unique=True))
        found += [known[verb](s, cell) for verb in wanted]
    return found


def _molecule(s: Sheet, name: str, where: str) -> str:
    start = f"initial: {s.draw(st.one_of(st.just(0.0), levels))!r} pM"
    if not s.draw(st.integers(0, 3)):
        return f"  {name}: {{{where}{start}}}"
    if not s.draw(st.integers(0, 7)):
        start = f"baseline: {s.draw(levels)!r} pM"
    return (
        f"  {name}: {{{where}{start}, degrades: {{rate: {s.parameter(s.draw(logs(-3, 2)), '/h')}, source: assumed}}}}"
    )


def _event(s: Sheet) -> str:
    name, other = s.molecule(), s.molecule()
    # No level at which a molecule starts: of a condition that comes true at once, engines see the first step's end.
    when = f"{name} {s.draw(st.sampled_from('<>'))} {1.0173 * s.draw(levels)!r} pM"
    delay = s.draw(st.sampled_from(["", f", delay: {s.draw(logs(-1, 1))!r} h"]))
    return f"  - {{when: {when}, do: {{{other}: {other} + {s.draw(levels)!r} pM}}{delay}}}"


def _cell(s: Sheet, name: str) -> str:
    count = s.draw(logs(3, 6))
    states = s.cells[name]
    numbers = f"states: {{axis: {{{states[0]}: {count!r} /mL, {states[1]}: 0 /mL}}}}" if states else ""
    start = numbers or f"initial: {count!r} /mL"
    if name not in s.inner:
        return f"  {name}: {{in: well, {start}}}"
    loss = f"degrades: {{rate: {s.draw(rates)!r} /h, source: assumed}}"
    held = f"{{initial: {s.draw(logs(0, 4))!r} molecules/cell, {loss}}}"
    return f"  {name}: {{in: well, {start}, inside: {{{s.inner[name]}: {held}}}}}"


def _reaction(s: Sheet, product: str) -> str:
    left, right = s.molecule(), s.molecule()
    sides = f"{left} + {right}" if left != right else f"2 {left}"
    kon, koff = s.parameter(s.draw(logs(-6, -1)), "/pM/h"), s.parameter(s.draw(rates), "/h")
    return f"  - {{equation: {sides} <-> {product}, kon: {kon}, koff: {koff}, source: assumed}}"


def _wells(s: Sheet) -> tuple[str, str, list[str]]:
    """One compartment, or two with transport: what they are, where molecules are, and what moves."""
    if s.draw(st.integers(0, 3)):
        return "{well: {kind: culture, volume: 1 mL}}", "in: well, ", []
    moves = [
        f"  - {{of: [{s.molecule()}], from: {a}, to: {b}, clearance: {s.draw(logs(-4, -1))!r} L/h, source: assumed}}"
        for a, b in (("well", "rim"), ("rim", "well"))
    ]
    return "{well: {kind: culture, volume: 1 mL}, rim: {kind: culture, volume: 5 mL}}", "in: [well, rim], ", moves


def _receptors(s: Sheet) -> list[str]:
    ligands = ", ".join(f"{m}: {s.draw(levels)!r} pM" for m in s.molecules[:2])
    pair = f"{{kon: {s.draw(logs(-4, 0))!r} /pM/h, koff: {s.draw(logs(-2, 1))!r} /h}}"
    return [
        f"  R: {{ligands: {{{ligands}}}, source: assumed}}",
        f"  B: {{ligands: {{M0: {pair}}}, source: assumed}}",
    ]


@st.composite
def texts(draw: Draw) -> str:
    """Model files: one to four molecules, up to two types of cells, complexes, sentences with modifiers, events."""
    molecules = [f"M{i}" for i in range(draw(st.integers(1, 4)))]
    cells = {f"cell{i}": draw(st.sampled_from([(), ("calm", "keen")])) for i in range(draw(st.integers(0, 2)))}
    s = Sheet(draw, molecules, cells, {c: f"Y{c[-1]}" for c in cells if draw(st.booleans())}, [])
    wells, where, moves = _wells(s)
    products = [f"C{i}" for i in range(draw(st.integers(0, 2)))]
    sections = {
        "molecules": [
            *(_molecule(s, m, where) for m in molecules),
            *(f"  {c}: {{{where}initial: 0 pM}}" for c in products),
        ],
        "receptors": _receptors(s),
        "cells": [_cell(s, c) for c in cells],
        "rules": [f"  - {rule}" for rule in _rules(s)],
        "reactions": [_reaction(s, product) for product in products],
        "transport": moves,
        "events": [_event(s)] if len(moves) == 0 and draw(st.integers(0, 7)) == 0 else [],
    }
    sections["parameters"] = s.parameters
    # With cells there is often no steady state, and the search for one takes minutes.
    start = "start: steady state\n" if not cells and draw(st.integers(0, 3)) == 0 else ""
    listed = [f"{name}:\n" + "\n".join(lines) for name, lines in sections.items() if lines]
    return f"cytokinome: 1\nmodel: generated\n{start}compartments: {wells}\n" + "\n".join(listed) + "\n"


_whens = st.one_of(
    st.sampled_from([0.0, 1.0]),
    st.integers(0, TIMES - 1).map(lambda i: i / (TIMES - 1)),
    st.floats(0.0, 1.0).map(lambda part: round(part, 6)),
)
_doses = st.builds(
    Dose,
    _whens,
    st.sampled_from(["add", "add", "add", "infuse", "set", "scale", "parameter"]),
    st.integers(0, 50),
    logs(-1, 2),
)
trials = st.builds(
    Trial,
    texts(),
    logs(-0.5, 2),
    st.lists(_doses, max_size=4).map(tuple),
    st.lists(logs(-1, 1), min_size=3, max_size=7).map(lambda factors: (tuple(factors),)),
)
