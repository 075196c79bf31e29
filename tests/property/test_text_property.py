"""Any tree survives printing, any text is either read or refused with a finding."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from cytokinome.diagnostics import Collector
from cytokinome.text.layout import format_text, print_tree
from cytokinome.text.reader import node_from_data, parse_document, parse_text, plain_data

WORDS = st.text(st.sampled_from("ab1 -:,#?[]{}'\"\\&*!|>%@`~<.=/\tµ\xa0"), max_size=12) | st.sampled_from(
    ["null", "~", "yes", "12:30", "x" * 60, "active macrophage secretes TNF at q, driven by LPS"]
)
DATA = st.dictionaries(
    WORDS,
    st.recursive(
        WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=12
    ),
    max_size=4,
)  # fmt: skip
PIECES = st.lists(
    st.sampled_from(
        ["a", "b: ", "- ", "c:", "\n", "\n  ", "\n    ", "# x\n", " # y", "{", "}", "[", "]", ", ", '"', "'", "&z ",
         "*z", "!t ", "|", "? ", "---\n", "...\n", "\t", "null", "\r\n", "\\", "%YAML 1.1\n", "<<: ", "\u2028", "\x85"]
    ),
    max_size=25,
).map("".join)  # fmt: skip

ROWS = [
    "k%d: 1", "k%d: 1", "k%d:", "k%d:  # c", "k%d: {a: 1}  # c", "k%d: {a: 1,  # c", "k%d: [x,", "  b: 2}", "  y]",
    "- x", "- x # c", "- k%d: 1", "- k%d: # c", "- - z", "-", "- # c", "# c", "# c", "", "? k%d", ": 3 # c", "v",
]  # fmt: skip


def _joined(rows: list[str]) -> str:
    return "k:\n" + "".join(row.replace("%d", str(i)).replace("# c", f"# {i}") + "\n" for i, row in enumerate(rows))


LINES = st.lists(
    st.builds(str.__add__, st.sampled_from(["", "", "  ", "    "]), st.sampled_from(ROWS)), max_size=7
).map(_joined)


@given(DATA)
@settings(max_examples=300, deadline=None)
def test_parse_of_print_is_the_tree(data: dict[str, object]) -> None:
    """Printing and reading gives the same tree; the printed text is its own canonical form."""
    text = print_tree(node_from_data(data))
    found = Collector()
    root = parse_text(text, "t", found)
    assert root is not None, text
    assert not found.report().diagnostics, found.report().render()
    assert plain_data(root) == data
    assert print_tree(root) == text
    assert format_text(text, "t", Collector()) == text


@given(DATA, st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_format_keeps_comments_wherever_they_stand(data: dict[str, object], seed: int) -> None:
    """Comments and blank lines strewn over a text are all kept in order, and a second pass changes nothing."""
    draw = random.Random(seed)
    lines: list[str] = []
    for number, line in enumerate(print_tree(node_from_data(data)).splitlines()):
        if draw.random() < 0.3:
            lines.append(draw.choice(["", f"# before {number}", f"   #before {number}"]))
        lines.append(line + (f" # on {number}" if draw.random() < 0.3 else ""))
    text = "\n".join(lines) + "\n"
    _check_format(text)


@given(PIECES | LINES)
@settings(max_examples=1500, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text ends in a traceback; what can be formatted keeps its tree and its comments."""
    found = Collector()
    root = parse_text(text, "t", found)
    assert root is not None or found.has_errors
    lines = max(len(text.splitlines()), 1) + 1
    assert all(d.where and 1 <= d.where.line <= lines and d.hint for d in found.report().diagnostics)
    found.report().render()
    if not found.has_errors:
        _check_format(text)


def _check_format(text: str) -> None:
    before = parse_document(text, "t", Collector())
    assert before is not None
    found = Collector()
    result = format_text(text, "t", found)
    if result is None:
        assert all("comment" in d.message for d in found.report().diagnostics)
        return
    after = parse_document(result, "t", Collector())
    assert after is not None, result
    assert plain_data(after.root) == plain_data(before.root)
    assert [c.text for c in after.comments] == [c.text for c in before.comments]
    assert format_text(result, "t", Collector()) == result
