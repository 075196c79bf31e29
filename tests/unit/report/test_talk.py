"""The picture of a part of the catalogue: a row per statement, arrows with the right ends, nothing outside."""

from __future__ import annotations

from cytokinome.catalogue.graph import Edge, Network, Node
from cytokinome.report.files import svg
from cytokinome.report.talk import talk_figure

NODES = (
    Node("TNF", "cytokine", "tumor necrosis factor"),
    Node("IL10", "cytokine", "interleukin 10"),
    Node("TNFR1", "receptor", "TNF receptor 1"),
    Node("macrophage", "cell", "macrophage"),
    Node("infliximab", "therapy", "infliximab"),
    Node("tocilizumab", "therapy", "tocilizumab"),
    Node("IL6R", "receptor", "IL-6 receptor"),
)
EDGES = (
    Edge("macrophage", "TNF", "secretes", "+", "on activation", "a"),
    Edge("macrophage", "IL10", "secretes", "+", "on TNF", "h", (), "TNF"),
    Edge("IL10", "macrophage", "acts on", "-", "activation", "b"),
    Edge("IL10", "TNF", "lowers", "-", "production in macrophage", "c"),
    Edge("IL10", "TNF", "raises", "+", "loss", "d"),
    Edge("TNF", "TNFR1", "binds", "+", "", "e"),
    Edge("infliximab", "TNF", "treats", "-", "neutralises ligand", "f"),
    Edge("tocilizumab", "IL6R", "treats", "-", "blocks receptor", "g"),
)


def test_every_statement_is_a_row():
    """Cells, drugs and receptors have boxes; a drug that is aimed at a receptor names it."""
    text = svg(talk_figure(Network("a title", NODES, EDGES)))
    assert "on TNF" not in text  # an arrow says it
    cells = ("some cell", ">secretes TNF on activation<", ">secretes TNF<", ">secretes IL10<", "loss of TNF")
    others = ("a title", "TNFR1", "infliximab neutralises ligand", "tocilizumab blocks receptor: IL6R", "decreases")
    assert [words for words in (*cells, *others) if words not in text] == []


def test_equal_networks_are_equal_pictures():
    """The same network gives the same text."""
    one, other = (svg(talk_figure(Network("t", NODES, EDGES))) for _ in range(2))
    assert one == other


def test_a_picture_without_molecules():
    """A drug that is aimed at a receptor alone can be drawn."""
    assert "IL6R" in svg(talk_figure(Network("t", NODES, EDGES[-1:])))
