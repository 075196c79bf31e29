"""The picture of a part of the catalogue: who secretes what, what acts on whom, what drugs are aimed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.report.layout import Link, Sign, arrange
from cytokinome.report.network import draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from cytokinome.catalogue.graph import Edge, Network

ANY = "some cell"
DRUGS, RECEPTORS = "drugs", "receptors"


def talk_figure(network: Network) -> Figure:
    """Draw a network of the catalogue: molecules on the left, cells on the right with a row per statement.

    An arrow from a row is what the cell secretes, an arrow to a row what raises it, a blunt end what lowers it. Drugs
    and receptors stand in boxes of their own.

    Parameters
    ----------
    network : Network
    """
    kinds = {node.id: node.kind for node in network.nodes}
    rows: dict[str, list[tuple[str, str]]] = {}
    links: list[Link] = []
    for index, edge in enumerate(network.edges):
        id = str(index)
        box, label = _row(edge, kinds)
        rows.setdefault(box, []).append((id, label))
        links += _links(id, edge, kinds)
    ordered = {box: rows[box] for box in sorted(rows, key=lambda box: (box in (DRUGS, RECEPTORS, ANY), box))}
    molecules = list(dict.fromkeys(link.other for link in links))
    return draw(arrange(molecules, ordered, links), network.title)


def _row(edge: Edge, kinds: dict[str, str]) -> tuple[str, str]:
    """The box that an edge belongs to, and its line there."""
    match edge.verb:
        case "secretes":
            return edge.source, " ".join(w for w in ("secretes", edge.target, edge.label) if w)
        case "acts on":
            return edge.target, edge.label
        case "raises" | "lowers":
            what, _, cell = edge.label.partition(" in ")
            return cell or ANY, f"{what} of {edge.target}"
        case "binds":
            return RECEPTORS, edge.target
        case "treats":
            return DRUGS, f"{edge.source} {edge.label}" + (
                "" if _is_molecule(edge.target, kinds) else f": {edge.target}"
            )


def _links(id: str, edge: Edge, kinds: dict[str, str]) -> Iterator[Link]:
    sign = Sign.RAISES if edge.sign == "+" else Sign.LOWERS
    match edge.verb:
        case "secretes":
            yield Link(id, edge.target, Sign.MAKES if edge.sign == "+" else Sign.LOWERS, is_output=True)
        case "acts on":
            yield Link(id, edge.source, sign, is_output=False)
        case "raises" | "lowers":
            yield Link(id, edge.source, sign, is_output=False)
            if _is_molecule(edge.target, kinds):
                yield Link(id, edge.target, Sign.MAKES, is_output=True)
        case "binds":
            yield Link(id, edge.source, Sign.REACTS, is_output=False)
        case "treats":
            if _is_molecule(edge.target, kinds):
                yield Link(id, edge.target, sign, is_output=True)


def _is_molecule(id: str, kinds: dict[str, str]) -> bool:
    return kinds.get(id) not in ("receptor", "cell")
