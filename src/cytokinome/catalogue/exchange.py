"""Networks and pairs as texts that other programs read: GraphML, CX2, node-link JSON, CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytokinome.catalogue.graph import Edge, Network

_EDGE_KEYS = ("verb", "sign", "on", "label", "record", "sources")
_NODE_KEYS = ("kind", "name")


def graphml(network: Network) -> str:
    """Return a network as GraphML: a directed graph with attributes of type string."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
    for owner, keys in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        lines += [f'  <key id="{key}" for="{owner}" attr.name="{key}" attr.type="string"/>' for key in keys]
    lines.append('  <graph id="catalogue" edgedefault="directed">')
    for node in network.nodes:
        lines.append(f"    <node id={quoteattr(node.id)}>")
        lines += [_data("      ", key, getattr(node, key)) for key in _NODE_KEYS]
        lines.append("    </node>")
    for edge in network.edges:
        lines.append(f"    <edge source={quoteattr(edge.source)} target={quoteattr(edge.target)}>")
        lines += [_data("      ", key, text) for key, text in _plain(edge).items()]
        lines.append("    </edge>")
    return "\n".join([*lines, "  </graph>", "</graphml>", ""])


def _data(space: str, key: str, text: str) -> str:
    return f'{space}<data key="{key}">{escape(text)}</data>'


def _plain(edge: Edge) -> dict[str, str]:
    """What an edge says besides its two ends, as text."""
    return {**{key: getattr(edge, key) for key in _EDGE_KEYS}, "sources": " ".join(edge.sources)}


def node_link(network: Network) -> dict[str, object]:
    """Return a network as plain data in the node-link form: ``networkx.node_link_graph(data)`` reads it (from 3.4)."""
    return {
        "directed": True,
        "multigraph": True,
        "graph": {"title": network.title},
        "nodes": [{"id": node.id, "kind": node.kind, "name": node.name} for node in network.nodes],
        "edges": [{"source": e.source, "target": e.target, **_plain(e)} for e in network.edges],
    }


def json_text(network: Network) -> str:
    """Return the node-link form as the text of a JSON file."""
    return json.dumps(node_link(network), indent=1, ensure_ascii=False) + "\n"


def cx2(network: Network) -> list[dict[str, object]]:
    """Return a network as plain data in CX2, the format of Cytoscape and NDEx.

    As the specification of 22 July 2025 has it (cytoscape.org/cx): descriptor, metadata, declarations, network, nodes,
    edges, status, in this order; nodes and edges have whole numbers as ids; what is empty is left out.
    """
    numbers = {node.id: number for number, node in enumerate(network.nodes)}
    aspects: dict[str, list[dict[str, object]]] = {
        "attributeDeclarations": [{aspect: {k: {"d": d} for k, d in keys.items()} for aspect, keys in _CX2.items()}],
        "networkAttributes": [{"name": network.title}],
        "nodes": [
            {"id": numbers[node.id], "v": {"name": node.id, "kind": node.kind, "title": node.name}}
            for node in network.nodes
        ],
        "edges": [
            {"id": number, "s": numbers[edge.source], "t": numbers[edge.target], "v": _stated(edge)}
            for number, edge in enumerate(network.edges)
        ],
    }
    sizes = [{"name": name, "elementCount": len(elements)} for name, elements in aspects.items()]
    return [
        {"CXVersion": "2.0", "hasFragments": False},
        {"metaData": sizes},
        *({name: elements} for name, elements in aspects.items()),
        {"status": [{"error": "", "success": True}]},
    ]


# The attributes of each part of a network, with their types.
_CX2 = {
    "networkAttributes": {"name": "string"},
    "nodes": {"name": "string", "kind": "string", "title": "string"},
    "edges": {
        "interaction": "string",
        "sign": "string",
        "on": "string",
        "label": "string",
        "record": "string",
        "sources": "list_of_string",
    },
}


def _stated(edge: Edge) -> dict[str, object]:
    said = {"interaction": edge.verb, "sign": edge.sign, "on": edge.on, "label": edge.label, "record": edge.record}
    return {key: value for key, value in {**said, "sources": list(edge.sources)}.items() if value}


def cx2_text(network: Network) -> str:
    """Return the CX2 form as the text of a file."""
    return json.dumps(cx2(network), indent=1, ensure_ascii=False) + "\n"


def table(rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows with the same keys as CSV with a head."""
    kept = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(kept[0]) if kept else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept)
    return text.getvalue()


def edges_table(network: Network) -> str:
    """Return the edges of a network as CSV."""
    return table({"source": e.source, "target": e.target, **_plain(e)} for e in network.edges)


# The makers of files by how their names end.
FORMS = {"graphml": graphml, "cx2": cx2_text, "json": json_text, "csv": edges_table}
