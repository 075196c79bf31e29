"""The canonical layout: what it looks like, and that nothing is lost."""

from __future__ import annotations

import pytest

from cytokinome.diagnostics import Collector
from cytokinome.text.layout import WIDTH, format_text, print_tree
from cytokinome.text.reader import Mapping, node_from_data, parse_document, parse_text, plain_data

MODEL = """\
cytokinome: 1
model: tnf-il10-culture
title: "Macrophages in culture under LPS, with an anti-TNF antibody"
compartments:
  well: {kind: culture, volume: 1 mL}          # kind: culture | plasma | tissue | lymph
molecules:
  LPS:        {in: well, initial: 10 ng/mL, molar-mass: 10 kDa, degrades: {half-life: 24 h, source: assumed}}
  TNF:        {in: well, from: catalogue, molar-mass: 52 kDa, degrades: {half-life: 6 h, source: assumed}}    # trimer
  IL10:       {in: well, from: catalogue, molar-mass: 37 kDa, degrades: {half-life: 24 h, source: assumed}}   # dimer
  infliximab: {in: well, from: catalogue}
receptors:
  IL10R: {ligands: {IL10: 100 pM}, source: assumed}                     # Kd per ligand
  TNFR1: {ligands: {TNF: 19 pM}, antagonists: {}, source: "doi:10.1073/pnas.95.2.570, abstract"}
cells:
  macrophage:
    in: well
    states: {activation: {resting: 1e6 /mL, active: 0 /mL}}             # several independent axes are allowed
parameters:
  q_TNF: {value: 1 molecules/cell/s, varies: {lognormal: {cv: 0.4}}, uncertain: {fold: 10}, source: assumed}
rules:
  - resting macrophage becomes active at 0.5 /h, driven by LPS (half 1 ng/mL, hill 2)
  - active macrophage becomes resting after 24 h (4 stages)
  - active macrophage secretes TNF at q_TNF, decreased by IL10 at IL10R (half 48 pM)
  - active macrophage secretes IL10 at 0.5 molecules/cell/s, driven by TNF at TNFR1 (half 500 pg/mL)
  - macrophage takes up TNF through TNFR1 at 500 receptors/cell with internalisation 0.1 /min
reactions:
  - {equation: TNF + infliximab <-> TNF_infliximab, kon: 1e6 /M/s, koff: 4.2e-6 /s, source: assumed}
observables:
  total_TNF: {value: TNF + TNF_infliximab, unit: pg/mL, as: TNF}
start: given                                   # or: steady state (before doses)
"""

EXPERIMENT = """\
experiment: human-endotoxemia
model: human-endotoxemia
time: 0 to 24 h, every 5 min
arms:
  bolus:    {doses: [{of: LPS, amount: 2 ng/kg, into: blood, at: 0 h}]}
  infusion: {doses: [{of: LPS, rate: 0.5 ng/kg/h, into: blood, at: 0 h, for: 4 h}]}
patients: {count: 100, seed: 1, weight: 70 kg}
measure: {TNF: pg/mL, IL6: pg/mL, IL8: pg/mL, IL10: pg/mL}
compare: {data: endotoxemia.csv}
claims:
  - id: il8-peak-bolus-over-infusion
    says: IL-8 peaks higher after a bolus than after an infusion of the same dose
    value: peak(bolus.IL8) / peak(infusion.IL8)
    expect: {above: 1.2}                        # or {within: [a, b]} or {near: x, tolerance: y}
    of: median                                  # typical | median | mean | fraction
    kind: calibrated                            # reproduces | calibrated | constructed | predicts
    because: [rule ids]
    source: "arXiv:2308.01495, abstract"
"""

AWKWARD = """\
# head


# second
a:   # on a
    # first child
    b: {c: 1}   # on b

    # before d
    d: 2
    # end of a, so before e


e:
- # after a dash
  x: 1
-
  # above y
  y: {z: "~"}
- - p   # on p
  - q
f: [one, {two: 2}, 'three, four']  # on f
#last
"""


def tree(text: str) -> Mapping:
    """The tree of a text without faults."""
    found = Collector()
    root = parse_text(text, "m.yaml", found)
    assert root is not None
    assert not found.has_errors, found.report().render()
    return root


def comments(text: str) -> list[str]:
    """The comments of a text, in order."""
    document = parse_document(text, "m.yaml", Collector())
    assert document is not None
    return [c.text for c in document.comments]


def formatted(text: str) -> str:
    """The canonical layout of a text that has one."""
    found = Collector()
    result = format_text(text, "m.yaml", found)
    assert result is not None, found.report().render()
    return result


def squeezed(text: str) -> str:
    """A text with runs of spaces inside lines made one, and two before a comment."""
    lines = []
    for line in text.splitlines():
        body = line.lstrip()
        lines.append(" " * (len(line) - len(body)) + " ".join(body.split()).replace(" #", "  #"))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "text", [MODEL, EXPERIMENT, AWKWARD, "{}\n", "{a: 1, b: [2]}\n# end\n", "a: 1\r\n# x\r\nb: 2\r\n"]
)
def test_format_keeps_everything_and_is_stable(text: str) -> None:
    """The tree and the comments stay, a second pass changes nothing, and no line end or tab is left over."""
    result = formatted(text)
    assert formatted(result) == result
    assert plain_data(tree(result)) == plain_data(tree(text))
    assert comments(result) == comments(text)
    assert all(line == line.rstrip() for line in result.split("\n"))


@pytest.mark.parametrize("text", [MODEL, EXPERIMENT])
def test_the_examples_of_the_language_are_nearly_canonical(text: str) -> None:
    """Only columns and needless quotes change in the language's own examples."""
    plain = text.replace('title: "', "title: ").replace('antibody"', "antibody")
    plain = plain.replace('"arXiv:2308.01495, abstract"', "arXiv:2308.01495, abstract")
    assert formatted(text) == squeezed(plain)


@pytest.mark.parametrize("text", [MODEL, EXPERIMENT, "a: [x]\nb: {c: {}}\n"])
def test_print_of_parse_is_the_formatted_text(text: str) -> None:
    """A formatted text without comments is what the tree prints."""
    bare = "".join(line.split("  #")[0].rstrip() + "\n" for line in text.splitlines())
    result = formatted(bare)
    assert print_tree(tree(result)) == result


def test_awkward_comments() -> None:
    """Comments stay before the same text, with the indent of what follows; single blank lines stay at the top."""
    assert (
        formatted(AWKWARD)
        == """\
# head

# second
a:  # on a
  # first child
  b: {c: 1}  # on b
  # before d
  d: 2
# end of a, so before e

e:
  # after a dash
  - {x: 1}
  # above y
  - {y: {z: "~"}}
  - - p  # on p
    - q
f:  # on f
  - one
  - {two: 2}
  - three, four
#last
"""
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: {b: 1, # here\n  c: 2}\n", 1),
        ("a: [\n  # here\n  1]\n", 2),
        ("a:\n  # here\n  value\n", 2),
        ("a:  # here\n  value\n", 1),
        ("a: 1  # one\n...  # two\n", 2),
    ],
)
def test_a_comment_that_cannot_be_kept_is_refused(text: str, line: int) -> None:
    """Nothing is formatted when a comment would move past its text."""
    found = Collector()
    assert format_text(text, "m.yaml", found) is None
    (finding,) = found.report().errors
    assert finding.where is not None
    assert finding.where.line == line
    assert "comment" in finding.message


def test_faulty_text_is_not_formatted() -> None:
    """The faults of the text are reported instead, and earlier findings do not matter."""
    found = Collector()
    assert format_text("a: {b}\n", "m.yaml", found) is None
    assert [d.code for d in found.report().errors] == ["YAML_NULL"]
    assert format_text("a:   1\n", "m.yaml", found) == "a: 1\n"


def test_long_collections_become_blocks() -> None:
    """What does not fit in one line is opened, one level at a time; a comment on it stays on its first line."""
    long = "x" * WIDTH
    text = f"a:\n  - {{b: {{c: {long}, d: [1, 2]}}, e: 1}}  # note\n  - [{long}, y]\n"
    result = formatted(text)
    assert result == f"a:\n  - b:  # note\n      c: {long}\n      d: [1, 2]\n    e: 1\n  - - {long}\n    - y\n"
    assert formatted(result) == result


def test_the_width_is_exact() -> None:
    """A line of just the allowed width stays in one line."""
    fits = node_from_data({"a": {"b": {"c": "x" * (WIDTH - len("  b: {c: }"))}}})
    wide = node_from_data({"a": {"b": {"c": "x" * (WIDTH - len("  b: {c: }") + 1)}}})
    assert len(print_tree(fits).splitlines()[1]) == WIDTH
    assert print_tree(wide).splitlines()[1] == "  b:"


@pytest.mark.parametrize(
    "word",
    ["", "~", "null", "<<", "- a", "-", "a: b", "a:", "a #b", "#a", " a", "a ", "a, b", "[a]", "what?", "'", '"q"',
     "\\", "a\\b: ", "%a", "@a", "`a", "!a", "&a", "*a", "|", ">", "? a", ":a", "--- a", "...", "a\tb",
     "NO", "12:30", "-1", "a#b", "a:b", "x=1", "µg/mL", "a\\b", 'say "x"', "a\xa0b", "\xa0a"],
)  # fmt: skip
def test_quotes_bring_every_text_back(word: str) -> None:
    """Keys, block values and flow values come back unchanged."""
    data = {word: word, "in": {word: {word: [word]}}, "list": [word]}
    assert plain_data(tree(print_tree(node_from_data(data)))) == data
