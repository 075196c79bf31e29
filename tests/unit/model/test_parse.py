"""From text to components: the shapes a model file may have, and what stays declared beside a fault."""

from __future__ import annotations

import pytest

from cytokinome.diagnostics import Collector
from cytokinome.errors import ModelError
from cytokinome.model.components import Model
from cytokinome.model.expressions import UNREADABLE, Number
from cytokinome.model.load import check_text
from cytokinome.model.parse import read_model
from cytokinome.text import parse_text

HEAD = "cytokinome: 1\nmodel: m\ncompartments:\n  blood: {kind: plasma, volume: 3 L}\n"


def _read(body: str, head: str = HEAD) -> tuple[Model, list[str]]:
    found = Collector()
    tree = parse_text(head + body, "m.yaml", found)
    assert tree is not None
    return read_model(tree, found), [d.code for d in found.report().errors]


def test_only_compartment_is_the_default() -> None:
    """With one compartment `in:` can be left out; with two it cannot."""
    model, codes = _read("molecules:\n  X: {initial: 1 pM}\n")
    assert codes == []
    assert model.molecules[0].compartments == ("blood",)
    assert model.molecules[0].initial == (("blood", Number("1", "pM")),)
    _, codes = _read("  joint: {kind: tissue, volume: 1 mL}\nmolecules:\n  X: {initial: 1 pM}\n")
    assert codes == ["MISSING_KEY"]


def test_one_value_for_each_compartment() -> None:
    """A value may be stated per compartment, and one value counts in all."""
    body = "  joint: {kind: tissue, volume: 1 mL}\nmolecules:\n  X: {in: [blood, joint], initial: {joint: 1 pM}}\n"
    body += "  Y: {in: [blood, joint], initial: 2 pM}\n"
    model, codes = _read(body)
    assert codes == []
    assert model.molecules[0].initial == (("joint", Number("1", "pM")),)
    assert model.molecules[1].initial == (("blood", Number("2", "pM")), ("joint", Number("2", "pM")))


def test_axes() -> None:
    """An axis is a mapping with numbers, a list whose first state is initial, or one open initial state."""
    model, codes = _read("cells:\n  c: {states: {a: {x: 1 /mL, y: 0}, b: [p, q], d: clean}}\n")
    assert codes == []
    numbers, listed, open_axis = model.cells[0].axes
    assert (numbers.states, numbers.numbers) == (("x", "y"), (("x", Number("1", "/mL")), ("y", Number("0"))))
    assert (listed.states, listed.initial, listed.is_open) == (("p", "q"), "p", False)
    assert (open_axis.states, open_axis.initial, open_axis.is_open) == (("clean",), "clean", True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("parameters:\n  k: {value: 1 hh, source: assumed}\n", "BAD_UNIT"),
        ("parameters:\n  k: {source: assumed}\n", "MISSING_KEY"),
        ("parameters:\n  k: 5 /h\n", "WRONG_SHAPE"),
        ("parameters:\n  k: {value: [1, 2], source: assumed}\n", "WRONG_SHAPE"),
    ],
)
def test_what_cannot_be_read_stays_declared(body: str, code: str) -> None:
    """A parameter at fault is still there, with `UNREADABLE` as its value, so its uses are not reported too."""
    model, codes = _read(body)
    assert codes == [code]
    assert [(p.id, p.value) for p in model.parameters] == [("k", UNREADABLE)]
    use = "molecules:\n  X: {}\ncells:\n  c: {initial: 1 /mL}\nrules:\n  - c secretes X at k\n"
    assert [d.code for d in check_text(HEAD + body + use, "m.yaml").report.errors] == [code]


def test_long_form_of_a_rule() -> None:
    """A rule in the long form has its rate as any expression, its own id, and a source."""
    body = "rules:\n  - {id: mine, rule: c secretes X, at: k * X, source: assumed}\n"
    model, codes = _read(body)
    assert codes == []
    assert (model.rules[0].id, str(model.rules[0].rate), model.rules[0].is_long) == ("mine", "k * X", True)


def test_require_raises_all_faults() -> None:
    """`require` raises once, with every fault and the number of them."""
    checked = check_text(HEAD.replace("3 L", "-3 L").replace("plasma", "plasm"), "m.yaml")
    with pytest.raises(ModelError, match="2 faults") as caught:
        checked.require()
    assert caught.value.report is checked.report
