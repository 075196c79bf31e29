"""Where molecules, cells and arrows of the network picture go: molecules on the left, cells on the right.

Pure arithmetic in inches, y downward; knows no drawing library::

    molecules            cells
    ( TNF )  <───────┐   ┌ active macrophage ┐
    ( IL10 ) ──────┤ └── │ secretes TNF      │ ──┐
    ( LPS )  ────────┐   └───────────────────┘   │ becomes
                     └──> resting macrophage  <──┘

Each sentence is a row of its cell's box, so every arrow begins or ends at the sentence that it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cytokinome.model.components import Verb
from cytokinome.model.expressions import Name, Population, walk
from cytokinome.model.sentences import head
from cytokinome.report import equations
from cytokinome.report.signs import influence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cytokinome.model.components import Alternatives, Model, Reaction, Rule
    from cytokinome.model.expressions import Expression

CHARACTER = 0.068  # mean width of a letter of the picture's font
ROW, PORT, HEADER, GAP = 0.23, 0.085, 0.27, 0.22
PILL, PILL_GAP = 0.27, 0.17
CHANNEL = 1.9  # between the two columns, where the arrows run
MARGIN = 0.12


class Sign(StrEnum):
    """What an arrow says."""

    MAKES = "makes"  # secretes, releases
    REMOVES = "removes"  # takes up, binds
    RAISES = "raises"
    LOWERS = "lowers"
    ENTERS = "enters"  # stands in a rate or condition whose form does not tell the sign
    CHANGES = "changes"  # a cell becomes another
    HARMS = "harms"  # kills, engulfs
    REACTS = "reacts"


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence in the box of its cells; `y` is the upper edge."""

    rule: str
    label: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Box:
    """A molecule, or a group of cells with a title and its sentences. `y` is the upper edge."""

    name: str
    x: float
    y: float
    width: float
    height: float
    rows: tuple[Row, ...] = ()
    title: str = ""

    @property
    def middle(self) -> float:
        """Height of the middle of a molecule, or of the header of a group of cells."""
        return self.y + (HEADER if self.rows else self.height) / 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one point to another; `side` says where it runs: channel, right of the cells, or left of the molecules.

    `bend` is how far an arrow at a side bulges out.
    """

    sign: Sign
    start: tuple[float, float]
    end: tuple[float, float]
    side: str = "channel"
    bend: float = 0.0


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture in inches."""

    width: float
    height: float
    molecules: tuple[Box, ...]
    cells: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow before it has a place: `rule` is its row, `other` a molecule or a group of cells.

    An output goes from the row to the other, else it comes from there.
    """

    rule: str
    other: str
    sign: Sign
    is_output: bool


def place(model: Model) -> Layout:
    """Return the places of everything in the network picture of a model."""
    molecules = [m.id for m in model.molecules]
    groups = _groups(model)
    links = [link for rule in model.rules for link in _links(rule, set(molecules), set(groups))]
    titles = {c.id: f"{c.id}, any state" for c in model.cells if c.axes and c.id in groups}
    rows = {group: [(r.id, _label(r)) for r in model.rules if _subject(r) == group] for group in groups}
    if model.equations is not None:
        molecules += [q.id for q in model.equations.quantities]
        rows |= equations.boxes(model.equations)
        links += [_link(i) for i in equations.influences(model.equations)]
    return arrange(molecules, rows, links, titles, model.reactions)


def arrange(
    molecules: Sequence[str],
    rows: Mapping[str, Sequence[tuple[str, str]]],
    links: Sequence[Link],
    titles: Mapping[str, str] | None = None,
    reactions: Sequence[Reaction] = (),
) -> Layout:
    """Return the places of molecules, of boxes with their rows, and of the arrows between them.

    Parameters
    ----------
    molecules : sequence of str
    rows : mapping
        From the name of a box to its rows: an id, which links name, and a label.
    links : sequence of Link
    titles : mapping, optional
        What stands above a box, where that is not its name.
    reactions : sequence of Reaction
        Drawn left of the molecules.
    """
    sideways = [k for k in links if k.other in rows]
    across = [k for k in links if k.other not in rows]
    left = MARGIN + 0.22 * bool(reactions) + 0.1 * min(len(reactions), 8)
    width = max([_width(m, 0.3) for m in molecules], default=0.0)
    x = left + width + CHANNEL + min(0.012 * len(across), 1.5) if molecules else left
    cells = _cell_boxes(rows, across, x, titles or {})
    order = _order(molecules, across, cells)
    bottom = max([b.y + b.height for b in cells], default=0.0)
    pills = _pills(order, left, width, max(bottom - MARGIN, 0.0))
    arrows = (*_across(across, pills, cells), *_sideways(sideways, cells), *_reactions(reactions, pills))
    right = max([b.x + b.width for b in (*cells, *pills)], default=1.0)
    bends = [a.bend for a in arrows if a.side == "right"]
    height = max(bottom, max([p.y + p.height for p in pills], default=0.5))
    return Layout(right + max(bends, default=0.0) + MARGIN, height + MARGIN, pills, cells, arrows)


def _link(arrow: equations.Influence) -> Link:
    ways = (Sign.MAKES, Sign.REMOVES) if arrow.is_output else (Sign.RAISES, Sign.LOWERS)
    sign = Sign.ENTERS if arrow.direction == 0 else ways[arrow.direction < 0]
    # What is used up is drawn as an arrow from it, as cells take molecules up.
    return Link(arrow.row, arrow.quantity, sign, arrow.is_output and sign is not Sign.REMOVES)


def _width(text: str, extra: float) -> float:
    return CHARACTER * len(text) + extra


# --------------------------------------------------------------------------------------------------- what there is
def _groups(model: Model) -> list[str]:
    """The groups of cells in the order of the model: every state, and every group that a sentence names."""
    named = [g for r in model.rules for g in (r.subject, r.target) if g is not None]
    found: list[str] = []
    for cell in model.cells:
        states = [f"{s} {cell.id}" for axis in cell.axes for s in axis.states] or [cell.id]
        found += [*states, *(" ".join((*g.states, g.cell)) for g in named if g.cell == cell.id)]
    return list(dict.fromkeys(found))


def _subject(rule: Rule) -> str:
    return " ".join((*rule.subject.states, rule.subject.cell))


def _links(rule: Rule, molecules: set[str], groups: set[str]) -> Iterator[Link]:
    """All arrows of one sentence, each once."""
    seen: set[tuple[str, Sign]] = set()
    for other, sign, is_output in _meant(rule):
        known = other if other in molecules or other in groups else other.partition(".")[0]
        if (known in molecules or known in groups) and known != _subject(rule) and (known, sign) not in seen:
            seen.add((known, sign))
            yield Link(rule.id, known, sign, is_output)


def _meant(rule: Rule) -> Iterator[tuple[str, Sign, bool]]:
    target = " ".join((*rule.target.states, rule.target.cell)) if rule.target else ""
    match rule.verb:
        case Verb.SECRETES | Verb.RELEASES:
            yield rule.object, Sign.MAKES, True
        case Verb.TAKES_UP | Verb.BINDS:
            yield rule.object, Sign.REMOVES, False
        case Verb.BECOMES:
            yield f"{rule.object} {rule.subject.cell}", Sign.CHANGES, True
        case Verb.DIFFERENTIATES:
            yield target, Sign.CHANGES, True
        case Verb.KILLS | Verb.ENGULFS:
            yield target, Sign.HARMS, True
        case _:
            pass
    yield from ((name, Sign.RAISES, False) for name in _signals(rule.driven))
    if rule.increased:
        yield from ((name, Sign.RAISES, False) for name in _signals(rule.increased.alternatives))
    if rule.decreased:
        yield from ((name, Sign.LOWERS, False) for name in _signals(rule.decreased.alternatives))
    yield from ((s.name, Sign.RAISES, False) for s in rule.toward if s.name)
    for expression, direction in ((rule.rate, 1), (rule.after, -1), (rule.switch, 0)):
        yield from ((name, sign, False) for name, sign in _in_formula(expression, direction))


def _signals(alternatives: Alternatives) -> Iterator[str]:
    for group in alternatives:
        for signal in group:
            yield " ".join((*signal.density.states, signal.density.cell)) if signal.density else signal.name


def _in_formula(expression: Expression | None, direction: int) -> Iterator[tuple[str, Sign]]:
    """The names in a formula and how the rate moves with each; `direction` is 0 where the formula is no rate."""
    for node in walk(expression) if expression is not None else ():
        if isinstance(node, Name | Population):
            moves = direction * (influence(expression, node) or 0)  # type: ignore[arg-type]
            name = node.id if isinstance(node, Name) else " ".join((*node.states, node.cell))
            yield name, Sign.RAISES if moves > 0 else Sign.LOWERS if moves < 0 else Sign.ENTERS


# ---------------------------------------------------------------------------------------------------------- places
def _label(rule: Rule) -> str:
    """The sentence without its subject: ``secretes TNF``."""
    return head(rule).removeprefix(str(rule.subject)).strip()


def _cell_boxes(
    rows: Mapping[str, Sequence[tuple[str, str]]], across: Sequence[Link], x: float, titles: Mapping[str, str]
) -> tuple[Box, ...]:
    ports = {id: max(sum(k.rule == id for k in across), 1) for group in rows.values() for id, _ in group}
    texts = [*(titles.get(g, g) for g in rows), *(label for group in rows.values() for _, label in group)]
    width = max([_width(t, 0.34) for t in texts], default=1.0)
    boxes: list[Box] = []
    y = MARGIN
    for group, lines in rows.items():
        top, placed = y + HEADER, list[Row]()
        for id, label in lines:
            height = max(ROW, PORT * (ports[id] + 1))
            placed.append(Row(id, label, top, height))
            top += height
        bottom = top + (0.05 if placed else 0.0)
        boxes.append(Box(group, x, y, width, bottom - y, tuple(placed), titles.get(group, group)))
        y = bottom + GAP
    return tuple(boxes)


def _order(molecules: Sequence[str], across: Sequence[Link], cells: Sequence[Box]) -> list[str]:
    """Molecules by the mean height of the sentences they meet, which keeps crossings few."""
    heights = {row.rule: row.y + row.height / 2 for box in cells for row in box.rows}
    middle = max([b.y + b.height for b in cells], default=0.0) / 2

    def mean(molecule: str) -> float:
        met = [heights[k.rule] for k in across if k.other == molecule and k.rule in heights]
        return sum(met) / len(met) if met else 2 * middle + 1.0  # those without a sentence stand below

    return sorted(molecules, key=mean)


def _pills(order: Sequence[str], x: float, width: float, height: float) -> tuple[Box, ...]:
    """Molecules spread evenly over the height of the cells."""
    step = max(PILL + PILL_GAP, height / len(order)) if order else 0.0
    step = min(step, 3 * PILL)
    top = MARGIN + max(height - step * len(order), 0.0) / 2 + (step - PILL) / 2
    return tuple(Box(name, x, top + i * step, width, PILL) for i, name in enumerate(order))


def _spread(index: int, count: int, middle: float, height: float) -> float:
    """Height of the port `index` of `count` on an edge of this height."""
    return middle + (index - (count - 1) / 2) * min(PORT, 0.8 * height / max(count, 1))


# ---------------------------------------------------------------------------------------------------------- arrows
def _across(links: Sequence[Link], pills: Sequence[Box], cells: Sequence[Box]) -> Iterator[Arrow]:
    """Arrows in the channel; ports on both sides are sorted by where the arrows come from."""
    molecule = {p.name: p for p in pills}
    rows = {row.rule: (box, row) for box in cells for row in box.rows}
    known = [k for k in links if k.rule in rows and k.other in molecule]
    for link in known:
        pill, (box, row) = molecule[link.other], rows[link.rule]
        at_pill = sorted((k for k in known if k.other == link.other), key=lambda k: rows[k.rule][1].y)
        at_row = sorted((k for k in known if k.rule == link.rule), key=lambda k: molecule[k.other].y)
        y_pill = _spread(at_pill.index(link), len(at_pill), pill.middle, PILL)
        y_row = _spread(at_row.index(link), len(at_row), row.y + row.height / 2, row.height)
        a, b = (pill.x + pill.width, y_pill), (box.x, y_row)
        yield Arrow(link.sign, b, a) if link.is_output else Arrow(link.sign, a, b)


def _sideways(links: Sequence[Link], cells: Sequence[Box]) -> Iterator[Arrow]:
    """Arrows between cells, right of their boxes; long ones bulge further, so that they nest."""
    boxes = {b.name: b for b in cells}
    rows = {row.rule: (box, row) for box in cells for row in box.rows}
    count: dict[str, int] = {}
    for link in links:
        if link.rule not in rows:
            continue
        box, row = rows[link.rule]
        other = boxes[link.other]
        index = count[other.name] = count.get(other.name, -1) + 1
        shift = (0.0, -0.07, 0.07)[index % 3]
        a, b = (box.x + box.width, row.y + row.height / 2), (other.x + other.width, other.middle + shift)
        bend = min(0.3 + 0.13 * abs(a[1] - b[1]) + 0.04 * index, 1.3)
        yield Arrow(link.sign, a, b, "right", bend) if link.is_output else Arrow(link.sign, b, a, "right", bend)


def _reactions(reactions: Iterable[Reaction], pills: Sequence[Box]) -> Iterator[Arrow]:
    """Arrows left of the molecules, from each reactant to each product; a pure loss or source has none."""
    molecule = {p.name: p for p in pills}
    for index, reaction in enumerate(reactions):
        bend = 0.22 + 0.1 * min(index, 8)
        for reactant, _ in reaction.reactants:
            for product, _ in reaction.products:
                if reactant in molecule and product in molecule and reactant != product:
                    a, b = molecule[reactant], molecule[product]
                    yield Arrow(Sign.REACTS, (a.x, a.middle), (b.x, b.middle), "left", bend)
