"""The network in CX2, held against the rules of its specification (22 July 2025, cytoscape.org/cx)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cytokinome.catalogue import catalogue, network
from cytokinome.catalogue.exchange import FORMS, cx2
from cytokinome.catalogue.graph import Network

TYPES = {"string": str, "list_of_string": list, "boolean": bool, "integer": int}
RESERVED = {"id"}  # no attribute of a node or an edge


def broken(blocks: list[dict[str, Any]]) -> list[str]:
    """The rules that a CX2 document without fragments breaks."""
    found: list[str] = []
    names = [name for block in blocks for name in block]
    head, *_, last = blocks
    parts = {name: content for block in blocks[1:] for name, content in block.items()}
    if head.get("CXVersion") != "2.0" or head.get("hasFragments") is not False:
        found.append("the first element is the descriptor")
    if any(len(block) != 1 for block in blocks[1:]) or len(names) != len(set(names)):
        found.append("each block holds one aspect, and each aspect stands once")
    if set(last) != {"status"} or len(last["status"]) != 1 or last["status"][0].get("success") is not True:
        found.append("it ends with one status")
    if names[2:4] != ["metaData", "attributeDeclarations"] or len(parts["attributeDeclarations"]) != 1:
        found.append("metadata, then one element of declarations, before all other aspects")
    if any(one["elementCount"] != len(parts[one["name"]]) for one in parts["metaData"]):
        found.append("metadata tell the numbers of elements")
    declared = parts["attributeDeclarations"][0]
    ids = [node["id"] for node in parts["nodes"]]
    for aspect in ("nodes", "edges"):
        elements = parts[aspect]
        if len({one["id"] for one in elements}) != len(elements) or any(type(one["id"]) is not int for one in elements):
            found.append(f"{aspect} have whole numbers as ids, each once")
        if any(not _fits(one["v"], declared[aspect]) for one in elements):
            found.append(f"attributes of {aspect} are declared, and of the declared type")
    if not all(_fits(one, declared["networkAttributes"]) for one in parts["networkAttributes"]):
        found.append("attributes of the network are declared")
    if not {end for edge in parts["edges"] for end in (edge["s"], edge["t"])} <= set(ids):
        found.append("edges join nodes")
    return found


def _fits(stated: dict[str, Any], declared: dict[str, dict[str, str]]) -> bool:
    return not RESERVED & set(stated) and all(
        key in declared and isinstance(value, TYPES[declared[key]["d"]]) for key, value in stated.items()
    )


@pytest.mark.parametrize("center", ["rheumatoid_arthritis", "TNF", "macrophage", "infliximab", ""])
def test_cx2_keeps_the_rules(center: str):
    """A network around any kind of record, and the whole, is a CX2 document with all nodes and edges."""
    drawn = network(catalogue(), catalogue().get(center) if center else None)
    blocks = json.loads(FORMS["cx2"](drawn))
    assert broken(blocks) == []
    parts = {name: content for block in blocks for name, content in block.items()}
    assert [node["v"]["name"] for node in parts["nodes"]] == [node.id for node in drawn.nodes]
    names = {node["id"]: node["v"]["name"] for node in parts["nodes"]}
    ends = [(names[edge["s"]], edge["v"]["interaction"], names[edge["t"]]) for edge in parts["edges"]]
    assert ends == [(edge.source, edge.verb, edge.target) for edge in drawn.edges]


def test_an_empty_network_is_one():
    """A network of nothing is a document too."""
    assert broken(cx2(Network("nothing", (), ()))) == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda blocks: blocks.pop(), "it ends with one status"),
        (lambda blocks: blocks[0].update(CXVersion="1.0"), "the first element is the descriptor"),
        (lambda blocks: blocks[4]["nodes"].pop(), "metadata tell the numbers of elements"),
        (lambda blocks: blocks[4]["nodes"][0]["v"].update(age=3), "attributes of nodes are declared"),
        (lambda blocks: blocks[5]["edges"][0].update(s=-1), "edges join nodes"),
        (lambda blocks: blocks[5]["edges"][0]["v"].update(sources="x"), "attributes of edges are declared"),
    ],
)
def test_the_rules_are_held(change: Any, rule: str):
    """What breaks a rule is found, so that the test above means something."""
    blocks = cx2(network(catalogue(), catalogue().get("TNF")))
    change(blocks)
    assert any(rule in one for one in broken(blocks))
