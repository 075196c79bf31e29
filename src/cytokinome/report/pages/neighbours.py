"""Which names stand around a record, in groups: what the picture of its page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.catalogue.graph import network
from cytokinome.catalogue.records import Cell, Disease, Receptor, Therapy
from cytokinome.report.pages.picture import Entry, Group, Tie, svg
from cytokinome.report.pages.text import natural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cytokinome.catalogue.graph import Edge
    from cytokinome.catalogue.records import Record
    from cytokinome.catalogue.registry import Catalogue
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
    for maker in makers_and_answering(record.id, writer.known)[0]:
        found.setdefault(("secretes", True, "+"), {})[maker] = _entry(maker, writer)
    sides = {
        inward: [
            Group(title, tuple(sorted(found[key].values(), key=lambda one: natural(one.name))), key[2])
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
            uses = (use for use in record.indications if use.is_supported)
            yield from _group("given for", (use.disease for use in uses), writer)
        case _:
            pass


def _group(title: str, ids: Iterable[str], writer: Writer, sign: str = "") -> Iterator[Group]:
    entries = tuple(_entry(id, writer) for id in sorted(set(ids), key=lambda id: natural(writer.name(id))))
    if entries:
        yield Group(title, entries, sign)


def makes_and_answers(cell: str, known: Catalogue) -> tuple[list[str], list[str]]:
    """Return what a cell makes and what it answers, by id and in the order of names."""
    return _ordered(m for m, c in making(known) if c == cell), _ordered(m for m, c in answering(known) if c == cell)


def makers_and_answering(molecule: str, known: Catalogue) -> tuple[list[str], list[str]]:
    """Return the cells that make a molecule, and those that answer it, by id and in the order of names."""
    return _ordered(c for m, c in making(known) if m == molecule), _ordered(
        c for m, c in answering(known) if m == molecule
    )


def _ordered(ids: Iterable[str]) -> list[str]:
    return sorted(set(ids), key=natural)


def making(known: Catalogue) -> Iterator[tuple[str, str]]:
    """Iterate over pairs of a molecule and a cell that makes it: one whose production can be raised makes it too."""
    for it in known.interactions:
        made = it.verb == "secretes" or (it.verb == "regulates" and it.effect == "production")
        if made and it.sign == "+" and it.cell and it.object:
            yield it.object, it.cell
    for cell in _cells(known):
        yield from ((one.cytokine, cell.id) for one in cell.secretes)


def answering(known: Catalogue) -> Iterator[tuple[str, str]]:
    """Iterate over pairs of a molecule and a cell that answers it: by what it does, or by what it makes."""
    for it in known.interactions:
        if it.verb in ("responds", "regulates") and it.cell and it.by:
            yield it.by, it.cell
    for cell in _cells(known):
        yield from ((one.signal, cell.id) for one in cell.responds)


def _cells(known: Catalogue) -> Iterator[Cell]:
    return (record for record in known.records("cell") if isinstance(record, Cell))


def _entry(id: str, writer: Writer) -> Entry:
    return Entry(id, writer.name(id), writer.href(id))


# -------------------------------------------------------------------------------------------------------- diseases
def _of_disease(disease: Disease, writer: Writer) -> str:
    """Makers and drugs on the left, molecules in the middle, cells that answer on the right."""
    moved = {shift.molecule for shift in disease.involves}
    if not moved:
        return ""
    ties = dict.fromkeys(tie for edge in network(writer.known, disease).edges for tie in _ties(edge, moved, writer))
    columns = [_left(ties, writer), _middle(disease, writer), _right(ties, writer)]
    at = {index: place for place, index in enumerate(index for index, column in enumerate(columns) if column)}
    drawn = [Tie((at[t.start[0]], t.start[1]), (at[t.end[0]], t.end[1]), t.sign) for t in ties]
    return svg([column for column in columns if column], drawn, f"Who talks to whom in {disease.title}")


def _ties(edge: Edge, known: set[str], writer: Writer) -> Iterator[Tie]:
    """The arrows of an edge: from makers and drugs to known molecules, from those to cells."""
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
    return [*_group("made by", cells, writer), *_group("drugs", drugs, writer)]


def _middle(disease: Disease, writer: Writer) -> list[Group]:
    raised = [shift.molecule for shift in disease.involves if shift.direction == "up"]
    lowered = [shift.molecule for shift in disease.involves if shift.direction == "down"]
    return [*_group("raised", raised, writer, "+"), *_group("lowered", lowered, writer, "-")]


def _right(ties: Iterable[Tie], writer: Writer) -> list[Group]:
    return list(_group("heard by", {tie.end[1] for tie in ties if tie.end[0] == 2}, writer))
