"""Which names stand around a record, in groups: what the picture of its page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.catalogue.graph import network
from cytokinome.catalogue.records import Cell, Disease, Receptor, Therapy
from cytokinome.report.pages.picture import Entry, Group, Tie, svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cytokinome.catalogue.graph import Edge
    from cytokinome.catalogue.records import Record
    from cytokinome.report.pages.writer import Writer

# By verb, whether the record in the middle is where the arrow ends, and the sign: the title of the group.
_TITLES: dict[tuple[str, bool, str], str] = {
    ("secretes", True, "+"): "made by",
    ("raises", True, "+"): "raised by",
    ("lowers", True, "-"): "lowered by",
    ("treats", True, "-"): "drugs against it",
    ("treats", True, "+"): "drugs that act for it",
    ("binds", True, "+"): "bound by",
    ("acts on", True, "+"): "driven by",
    ("acts on", True, "-"): "restrained by",
    ("binds", False, "+"): "binds",
    ("acts on", False, "+"): "drives",
    ("acts on", False, "-"): "restrains",
    ("raises", False, "+"): "raises",
    ("lowers", False, "-"): "lowers",
    ("secretes", False, "+"): "secretes",
    ("treats", False, "-"): "acts against",
    ("treats", False, "+"): "acts through",
}
_CENTRE = "centre"


def picture(record: Record, writer: Writer) -> str:
    """Return the picture of who talks to whom around a record as SVG; nothing where nothing is known."""
    if isinstance(record, Disease):
        return _of_disease(record, writer)
    left, right = around(record, writer)
    if not left and not right:
        return ""
    middle = Group("", (Entry(_CENTRE, writer.name(record.id)),), "centre")
    columns = [column for column in (left, [middle], right) if column]
    at = columns.index([middle])
    ties = [Tie((0, group.title), (at, _CENTRE), group.sign) for group in left]
    ties += [Tie((at, _CENTRE), (at + 1, group.title), group.sign) for group in right]
    return svg(columns, ties, f"Who talks to whom around {record.title}")


def around(record: Record, writer: Writer) -> tuple[list[Group], list[Group]]:
    """Return what acts on a record, and what it acts on, in the order of `_TITLES`."""
    found: dict[tuple[str, bool, str], dict[str, Entry]] = {}
    for edge in network(writer.known, record).edges:
        for inward in (True, False):
            if (edge.target if inward else edge.source) == record.id:
                other = edge.source if inward else edge.target
                found.setdefault((edge.verb, inward, edge.sign), {})[other] = _entry(other, writer)
    sides = {
        inward: [
            Group(title, tuple(sorted(found[key].values(), key=lambda one: one.name.casefold())), key[2])
            for key, title in _TITLES.items()
            if key[1] == inward and key in found
        ]
        for inward in (True, False)
    }
    return [*sides[True], *_before(record, writer)], [*sides[False], *_behind(record, writer)]


def _before(record: Record, writer: Writer) -> Iterator[Group]:
    """What changes the molecules that a cell makes, which the network holds as arrows between molecules."""
    if isinstance(record, Cell):
        inside = [it for it in writer.known.interactions if it.verb == "regulates" and it.cell == record.id]
        yield from _group("changes what it makes", (it.by for it in inside if it.by), writer)


def _behind(record: Record, writer: Writer) -> Iterator[Group]:
    """What the network does not hold: what is changed in a cell, cells behind a receptor, uses of a drug."""
    said = writer.known.interactions
    match record:
        case Cell():
            inside = (it.object for it in said if it.verb == "regulates" and it.cell == record.id and it.object)
            yield from _group("changed in it", inside, writer)
        case Receptor():
            cells = (it.cell for it in said if it.receptor == record.id and it.cell)
            yield from _group("heard through it by", cells, writer)
        case Therapy():
            uses = (use for use in record.indications if any(one.verdict == "supports" for one in use.evidence))
            yield from _group("given for", (use.disease for use in uses), writer)
        case _:
            pass


def _group(title: str, ids: Iterable[str], writer: Writer) -> Iterator[Group]:
    entries = tuple(_entry(id, writer) for id in sorted(set(ids)))
    if entries:
        yield Group(title, entries)


def _entry(id: str, writer: Writer) -> Entry:
    return Entry(id, writer.name(id), writer.href(id))


# -------------------------------------------------------------------------------------------------------- diseases
def _of_disease(disease: Disease, writer: Writer) -> str:
    """Makers and drugs on the left, molecules in the middle, cells that answer on the right."""
    moved = {shift.molecule: shift.direction for shift in disease.involves}
    ties = tuple(
        dict.fromkeys(tie for edge in network(writer.known, disease).edges for tie in _ties(edge, moved, writer))
    )
    if not moved:
        return ""
    columns = [_left(ties, writer), _middle(moved, writer), _right(ties, writer)]
    kept = [index for index, column in enumerate(columns) if column]
    renumbered = [Tie((kept.index(t.start[0]), t.start[1]), (kept.index(t.end[0]), t.end[1]), t.sign) for t in ties]
    return svg([columns[index] for index in kept], renumbered, f"Who talks to whom in {disease.title}")


def _ties(edge: Edge, moved: Iterable[str], writer: Writer) -> Iterator[Tie]:
    """The arrows of an edge: from makers and drugs to molecules, from molecules to cells."""
    known = set(moved)
    match edge.verb:
        case "secretes" if edge.target in known and edge.sign == "+":
            yield Tie((0, edge.source), (1, edge.target))
        case "acts on" if edge.source in known:
            yield Tie((1, edge.source), (2, edge.target), edge.sign)
        case "raises" | "lowers":
            yield from _through_cell(edge, known, writer)
        case "treats":
            for molecule in _aimed_at(edge.target, writer):
                if molecule in known:
                    yield Tie((0, edge.source), (1, molecule), edge.sign)
        case _:
            pass


def _through_cell(edge: Edge, known: set[str], writer: Writer) -> Iterator[Tie]:
    it = next(one for one in writer.known.interactions if one.id == edge.record)
    if it.cell is None:
        return
    if edge.source in known:
        yield Tie((1, edge.source), (2, it.cell), edge.sign)
    if edge.target in known and edge.sign == "+":
        yield Tie((0, it.cell), (1, edge.target))


def _aimed_at(target: str, writer: Writer) -> tuple[str, ...]:
    """The molecules that a drug keeps from acting: its target, or the ligands of the receptor that it is aimed at."""
    record = writer.known.find(target)
    return tuple(b.molecule for b in record.ligands) if isinstance(record, Receptor) else (target,)


def _left(ties: Iterable[Tie], writer: Writer) -> list[Group]:
    ids = sorted({tie.start[1] for tie in ties if tie.start[0] == 0})
    cells = [id for id in ids if isinstance(writer.known.find(id), Cell)]
    drugs = [id for id in ids if id not in cells]
    return [*_group("made by", cells, writer), *(_signed("drugs", drugs, "", writer))]


def _middle(moved: dict[str, str], writer: Writer) -> list[Group]:
    raised = [id for id, direction in moved.items() if direction == "up"]
    lowered = [id for id, direction in moved.items() if direction == "down"]
    return [*_signed("raised", raised, "+", writer), *_signed("lowered", lowered, "-", writer)]


def _right(ties: Iterable[Tie], writer: Writer) -> list[Group]:
    return list(_group("heard by", {tie.end[1] for tie in ties if tie.end[0] == 2}, writer))


def _signed(title: str, ids: Iterable[str], sign: str, writer: Writer) -> Iterator[Group]:
    for group in _group(title, ids, writer):
        yield Group(group.title, group.entries, sign)
