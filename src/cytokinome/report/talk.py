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
LONGEST = 48  # letters of a row


def talk_figure(network: Network) -> Figure:
    """Draw a network of the catalogue: molecules on the left, cells on the right with a row per thing that they do.

    An arrow from a row is what the cell secretes, an arrow to a row what raises it, a blunt end what lowers it. Drugs
    and receptors stand in boxes of their own.

    Parameters
    ----------
    network : Network
    """
    kinds = {node.id: node.kind for node in network.nodes}
    names = {node.id: node.name for node in network.nodes}
    rows: dict[str, dict[str, str]] = {}
    links: dict[Link, None] = {}
    for edge in network.edges:
        box, label = _row(edge, kinds)
        rows.setdefault(box, {})[f"{box}: {label}"] = _short(label)
        links |= dict.fromkeys(_links(f"{box}: {label}", edge, kinds))
    boxes = sorted(rows, key=lambda box: (box in (DRUGS, RECEPTORS, ANY), box))
    molecules = list(dict.fromkeys(link.other for link in links))
    titles = {box: names.get(box, box.replace("_", " ")) for box in boxes}
    ordered = {box: tuple(rows[box].items()) for box in boxes}
    return draw(arrange(molecules, ordered, tuple(links), titles), network.title)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 2].rstrip()} …"


def _row(edge: Edge, kinds: dict[str, str]) -> tuple[str, str]:
    """The box that an edge belongs to, and its line there."""
    match edge.verb:
        case "secretes":
            words = "" if edge.on and _is_molecule(edge.on, kinds) else edge.label
            return edge.source, " ".join(word for word in ("secretes", edge.target, words) if word)
        case "acts on":
            return edge.target, edge.label
        case "raises" | "lowers":
            what, _, cell = edge.label.partition(" in ")
            is_secretion = cell and what == "production"
            return cell or ANY, f"secretes {edge.target}" if is_secretion else f"{what} of {edge.target}"
        case "binds":
            return RECEPTORS, edge.target
        case "treats":
            aim = "" if _is_molecule(edge.target, kinds) else f": {edge.target}"
            return DRUGS, f"{edge.source.replace('_', ' ')} {edge.label}{aim}"


def _links(row: str, edge: Edge, kinds: dict[str, str]) -> Iterator[Link]:
    sign = Sign.RAISES if edge.sign == "+" else Sign.LOWERS
    match edge.verb:
        case "secretes":
            yield Link(row, edge.target, Sign.MAKES, is_output=True)
            if edge.on and _is_molecule(edge.on, kinds):
                yield Link(row, edge.on, sign, is_output=False)
        case "acts on":
            yield Link(row, edge.source, sign, is_output=False)
        case "raises" | "lowers":
            yield Link(row, edge.source, sign, is_output=False)
            if _is_molecule(edge.target, kinds):
                yield Link(row, edge.target, Sign.MAKES, is_output=True)
        case "binds":
            yield Link(row, edge.source, Sign.REACTS, is_output=False)
        case "treats":
            if _is_molecule(edge.target, kinds):
                yield Link(row, edge.target, sign, is_output=True)


def _is_molecule(id: str, kinds: dict[str, str]) -> bool:
    return kinds.get(id) not in ("receptor", "cell")
