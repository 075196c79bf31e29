"""The page of a part of the catalogue: the picture of who talks to whom, and each statement with where it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome._version import __version__
from cytokinome.report.page import POLICY, environment, inline
from cytokinome.report.pages.sources import address, short
from cytokinome.report.talk import talk_figure

if TYPE_CHECKING:
    from cytokinome.catalogue.graph import Edge, Network


@dataclass(frozen=True, slots=True)
class _Place:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class _Row:
    source: str
    does: str
    target: str
    how: str
    read: tuple[_Place, ...]


def talk_page(network: Network) -> str:
    """Return a network of the catalogue as one self-contained HTML page.

    Parameters
    ----------
    network : Network
    """
    names = {node.id: node.name for node in network.nodes}
    figure = inline(talk_figure(network), "talk", f"Who talks to whom around {network.title}")
    return (
        environment()
        .get_template("talk.html")
        .render(
            policy=POLICY,
            network=network,
            rows=[_row(edge, names) for edge in network.edges],
            figure=figure,
            version=__version__,
        )
    )


def _row(edge: Edge, names: dict[str, str]) -> _Row:
    less = "less: " if edge.sign == "-" and edge.verb in ("secretes", "acts on") else ""
    how = f"{less}{edge.label.replace('_', ' ')}".removesuffix(": ")
    places = tuple(_Place(short(id), address(id)) for id in dict.fromkeys(edge.sources))
    return _Row(names.get(edge.source, edge.source), edge.verb, names.get(edge.target, edge.target), how, places)
