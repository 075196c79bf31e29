"""The network picture: every sentence has its arrows with the right sign, and nothing overlaps."""

from __future__ import annotations

import itertools

import pytest

from cytokinome.model.components import Model
from cytokinome.report.files import svg
from cytokinome.report.layout import Arrow, Layout, Sign, place
from cytokinome.report.network import network_figure
from tests.unit.report.sample import sample_model

FRAME = """\
cytokinome: 1
model: m
compartments:
  well: {{kind: culture, volume: 1 mL}}
molecules:
  A: {{in: well, initial: 1 pM}}
  B: {{in: well, initial: 1 pM}}
receptors:
  R: {{ligands: {{A: 19 pM}}, source: assumed}}
cells:
  cell: {{in: well, states: {{mood: {{calm: 1e6 /mL, wild: 0 /mL}}}}}}
  target: {{in: well, initial: 1e5 /mL}}
rules:
  - {rule}
"""


def _ends(layout: Layout, arrow: Arrow) -> tuple[str, str]:
    """The names of what an arrow joins: a molecule, a group of cells, or the label of a sentence."""
    return _at(layout, *arrow.start), _at(layout, *arrow.end)


def _at(layout: Layout, x: float, y: float) -> str:
    for box in (*layout.molecules, *layout.cells):
        if box.y <= y <= box.y + box.height and min(abs(x - box.x), abs(x - box.x - box.width)) < 1e-9:
            return next((r.label for r in box.rows if r.y <= y <= r.y + r.height), box.name)
    raise AssertionError(f"nothing at {x}, {y}")


@pytest.mark.parametrize(
    ("rule", "arrows"),
    [
        ("wild cell secretes A at 1 molecules/cell/s", {("makes", "secretes A", "A")}),
        ("cell takes up A through R at 5 receptors/cell", {("removes", "A", "takes up A")}),
        ("calm cell becomes wild at 1 /h", {("changes", "becomes wild", "wild cell")}),
        ("wild cell kills target at 1e-9 mL/cell/h", {("harms", "kills target", "target")}),
        ("cell differentiates into target at 1 /h", {("changes", "differentiates into target", "target")}),
        ("cell dies at 1 /h", set()),
        (
            "cell dies at 1 /h, driven by A (half 1 pM) with B (half 1 pM)",
            {("raises", "A", "dies"), ("raises", "B", "dies")},
        ),
        ("cell dies at 1 /h, decreased by A at R (half 1 pM)", {("lowers", "A", "dies")}),
        ("cell dies at 1 /h, increased by B (half 1 pM) up to 4-fold", {("raises", "B", "dies")}),
        ("cell dies at 1 /h, driven by density(target) (half 1e5 /mL)", {("raises", "target", "dies")}),
        ("cell dies at 1 /h, only when B > 2 pM", {("enters", "B", "dies")}),
        ("{id: x, rule: cell dies, at: 1 /h * A / (A + B)}", {("raises", "A", "dies"), ("lowers", "B", "dies")}),
        ("{id: x, rule: cell dies, at: 1 /h * (A - B) * A}", {("enters", "A", "dies"), ("lowers", "B", "dies")}),
    ],
)
def test_arrows(rule, arrows):
    """Each part of a sentence gives its arrow, once."""
    layout = place(sample_model(FRAME.format(rule=rule)))
    found = [(str(a.sign), *_ends(layout, a)) for a in layout.arrows]
    assert sorted(found) == sorted(arrows)


def test_reaction():
    """A reaction joins its molecules on their left."""
    text = FRAME.format(rule="cell dies at 1 /h") + 'reactions:\n  - {equation: "A -> B", k: 1 /h, source: assumed}\n'
    layout = place(sample_model(text))
    assert [(a.sign, a.side, *_ends(layout, a)) for a in layout.arrows] == [(Sign.REACTS, "left", "A", "B")]


def test_nothing_overlaps():
    """Boxes of one column stand apart, rows lie inside their box, and everything is inside the picture."""
    layout = place(sample_model())
    for column in (layout.molecules, layout.cells):
        ordered = sorted(column, key=lambda b: b.y)
        assert all(a.y + a.height < b.y for a, b in itertools.pairwise(ordered))
    for box in (*layout.molecules, *layout.cells):
        assert box.x >= 0
        assert box.x + box.width < layout.width
        assert box.y + box.height < layout.height
        assert all(box.y < r.y and r.y + r.height <= box.y + box.height for r in box.rows)


def test_arrows_have_ports_of_their_own():
    """No two arrows share an end on the side of the sentences, so each can be followed."""
    layout = place(sample_model())
    ends = [p for a in layout.arrows if a.side == "channel" for p in (a.start, a.end)]
    assert len({(round(x, 6), round(y, 6)) for x, y in ends}) == len(ends)


def test_all_names_are_shown():
    """The picture holds every molecule, every state and every verb, and a legend of the signs used."""
    model = sample_model()
    shown = {t.get_text() for t in network_figure(model).axes[0].texts}
    assert {m.id for m in model.molecules} <= shown
    assert {"resting monocyte", "active monocyte", "monocyte, any state", "secretes TNF", "takes up TNF"} <= shown
    assert {"secretes", "decreases", "drives or increases", "taken up", "changes state"} <= shown
    assert "kills" not in shown


def test_names_are_text():
    """The SVG holds names as text, which can be searched and read aloud."""
    assert ">infliximab</text>" in svg(network_figure(sample_model()))


def test_empty_model():
    """A model without molecules or cells still gives a picture."""
    assert svg(network_figure(Model("empty"))).endswith("</svg>\n")
