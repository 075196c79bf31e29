"""Text to tree: what is read, what is refused, and where the findings point."""

from __future__ import annotations

from pathlib import Path

import pytest

from cytokinome.diagnostics import Collector
from cytokinome.errors import ModelError
from cytokinome.text import reader as text_module
from cytokinome.text.nodes import MAX_DEPTH, MAX_SCALAR
from cytokinome.text.reader import (
    MAX_SIZE,
    Mapping,
    Scalar,
    Sequence,
    node_from_data,
    parse_document,
    parse_text,
    plain_data,
    read_file,
)


def findings(text: str) -> list[tuple[str, int, int]]:
    """Code, line and column of everything found in `text`."""
    found = Collector()
    parse_text(text, "m.yaml", found)
    return [(d.code, d.where.line, d.where.column) for d in found.report().diagnostics if d.where]


def hint_of(text: str) -> str:
    """Message and hint of all findings in `text`."""
    found = Collector()
    parse_text(text, "m.yaml", found)
    return " ".join(f"{d.message}; {d.hint}" for d in found.report().diagnostics)


def tree(text: str) -> Mapping:
    """The tree of a text without faults."""
    found = Collector()
    root = parse_text(text, "m.yaml", found)
    assert root is not None
    assert not found.report().diagnostics, found.report().render()
    return root


def test_every_scalar_is_the_text_of_the_author() -> None:
    """Words and numbers that YAML would convert stay as they are."""
    read = plain_data(tree("a: NO\nb: 12:30\nc: 010\nd: 1e6\ne: [yes, 0x1F, 2024-01-01, 1_000]\nf: '~'\n"))
    assert read == {
        "a": "NO", "b": "12:30", "c": "010", "d": "1e6", "e": ["yes", "0x1F", "2024-01-01", "1_000"], "f": "~",
    }  # fmt: skip


def test_spans_begin_at_the_first_character_of_the_value() -> None:
    """Offsets into a scalar's text are columns, with and without quotes."""
    root = tree('rules:\n  - resting cell\n  - "quoted: cell"\nx: {half: 5 pM}\n')
    rules = root.get("rules")
    assert isinstance(rules, Sequence)
    plain, quoted = rules.items
    assert isinstance(plain, Scalar)
    assert isinstance(quoted, Scalar)
    assert (plain.where.line, plain.where.column, plain.where.length, plain.quoted) == (2, 5, 12, False)
    assert (quoted.where.line, quoted.where.column, quoted.where.length, quoted.quoted) == (3, 6, 12, True)
    inner = root.get("x")
    assert isinstance(inner, Mapping)
    assert (inner.where.line, inner.where.column, inner.where.length) == (4, 4, 12)
    value = inner.get("half")
    assert value is not None
    assert value.where.column == 11


def test_mapping_access() -> None:
    """Keys are found with their place, in order; absent ones are None."""
    root = tree("b: 1\na: {}\nc: []\n")
    assert root.keys() == ("b", "a", "c")
    key = root.key("a")
    assert key is not None
    assert key.where.line == 2
    assert root.get("z") is None
    assert root.key("z") is None
    assert plain_data(root) == {"b": "1", "a": {}, "c": []}


def test_windows_line_ends_and_byte_order_mark() -> None:
    """Neither changes the tree or the places."""
    root = tree("\ufeffa: 1\r\nb:\r\n  - x y\r\n")
    assert plain_data(root) == {"a": "1", "b": ["x y"]}
    key = root.key("b")
    assert key is not None
    assert (key.where.line, key.where.column) == (2, 1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: &x 1\n", (1, 4)),
        ("a: 1\nb: *x\n", (2, 4)),
        ("a: !!str 1\n", (1, 4)),
        ("a: !mine {b: 1}\n", (1, 4)),
        ("a: 1\n<<: {b: 2}\n", (2, 1)),
        ("a: 1\n---\nb: 2\n", (2, 1)),
        ("%YAML 1.1\n---\na: 1\n", (1, 1)),
        ("a: |\n  x\nb: 1\n", (1, 4)),
        ("a: >-\n  x\nb: 1\n", (1, 4)),
        ("a: one\n  two\n", (1, 4)),
        ("a: 'one\n  two'\n", (1, 4)),
        ('a: "one\\ntwo"\n', (1, 4)),
        ('a: "\\uD800"\n', (1, 4)),
    ],
)
def test_refused_features(text: str, place: tuple[int, int]) -> None:
    """Each feature that is not part of the language is refused at its place."""
    assert findings(text) == [("YAML_FEATURE", *place)]


def test_all_faults_are_listed_at_once() -> None:
    """Features, a doubled key and a missing value are found together, and the rest is still read."""
    text = "a: &x 1\nb: *x\nc: |\n  t\nd: {of: LPS, at}\na: 2\ne: fine\n"
    assert [code for code, _, _ in findings(text)] == [
        "YAML_FEATURE", "YAML_FEATURE", "YAML_FEATURE", "YAML_NULL", "YAML_DUPLICATE_KEY",
    ]  # fmt: skip
    root = parse_text(text, "m.yaml", Collector())
    assert root is not None
    assert plain_data(root) == {"a": "1", "d": {"of": "LPS"}, "e": "fine"}


def test_duplicate_key_names_both_lines() -> None:
    """The finding stands at the second key and points to the first."""
    found = Collector()
    parse_text("a: 1\nb: 2\na: 3\n", "m.yaml", found)
    (finding,) = found.report().diagnostics
    assert finding.code == "YAML_DUPLICATE_KEY"
    assert finding.where is not None
    assert finding.where.line == 3
    assert [span.line for span in finding.also] == [1]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("d: {of: LPS, at}\n", (1, 14)),
        ("a: 1\nkey:\nb: 2\n", (2, 1)),
        ("a: null\n", (1, 4)),
        ("a: [x, ~]\n", (1, 8)),
        ("null: 1\n", (1, 1)),
        ("a:\n  -\n  - x\n", (2, 4)),
        ("a:\n  ?\n  : x\n", (2, 4)),
    ],
)
def test_missing_values(text: str, place: tuple[int, int]) -> None:
    """A missing value or a word for it is refused where it stands."""
    assert findings(text) == [("YAML_NULL", *place)]


@pytest.mark.parametrize(
    ("text", "code", "place", "said"),
    [
        ("a:\n\tb: 1\n", "YAML_SYNTAX", (2, 1), "tab"),
        ("a: 1\nb:2\n", "YAML_SYNTAX", (2, 1), "space after the colon of `b:`"),
        ("x:\n  a:1\n  b: 2\n", "YAML_SYNTAX", (2, 1), "space after the colon of `a:`"),
        ("x: {half:5, b: 1}\n", "YAML_NULL", (1, 5), "space after the colon of `half:`"),
        ("a:1\n", "WRONG_SHAPE", (1, 1), "space after the colon of `a:`"),
        ("a: 1\nsays: x: y\n", "YAML_SYNTAX", (2, 8), "quotes"),
        ('a: 1\ntitle: "open\nb: 2\n', "YAML_SYNTAX", (2, 8), "close the quote"),
        ("a: {b: 1\n", "YAML_SYNTAX", (1, 4), "never closed"),
        ("a: [b: 1\nc: 2\n", "YAML_SYNTAX", (2, 2), "bracket"),
        ("a: {b: 1 c: 2}\n", "YAML_SYNTAX", (1, 11), "comma"),
        ("a: @x\n", "YAML_SYNTAX", (1, 4), "quotes"),
        ('a: "\\q"\n', "YAML_SYNTAX", (1, 6), "backslash"),
        ("a: - x\n", "YAML_SYNTAX", (1, 4), "line of its own"),
        ("a:\n  b: 1\n c: 2\n", "YAML_SYNTAX", (3, 2), "same column"),
        ("a: [x, , y]\n", "YAML_SYNTAX", (1, 8), "value is missing"),
        ("a: *\n", "YAML_SYNTAX", (1, 4), "quotes"),
        ("a: !e!x 1\n", "YAML_SYNTAX", (1, 4), "!"),
        ("a: 1\nb: x\x01y\n", "YAML_SYNTAX", (2, 5), "U+0001"),
        ('a: "\\UFFFFFFFF"\n', "YAML_SYNTAX", (1, 1), "escape"),
        ("- a\n- b\n", "WRONG_SHAPE", (1, 1), "list"),
        ("", "WRONG_SHAPE", (1, 1), "nothing"),
        ("? [a, b]\n: 1\n", "WRONG_SHAPE", (1, 3), "key"),
    ],
)
def test_mistakes_are_explained(text: str, code: str, place: tuple[int, int], said: str) -> None:
    """Common slips come with their place and with what to do."""
    assert (code, *place) in findings(text)
    assert said in hint_of(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: " + "[" * 100_000, "FILE_TOO_LARGE"),
        ("a: " + "{a: " * 40 + "1" + "}" * 40, "FILE_TOO_LARGE"),
        ("".join(f"{'  ' * i}k:\n" for i in range(MAX_DEPTH + 2)), "FILE_TOO_LARGE"),
        ("a: " + "x" * (MAX_SCALAR + 1), "FILE_TOO_LARGE"),
        ("#" * (MAX_SIZE + 1), "FILE_TOO_LARGE"),
        ("? " + "k" * 300 + "\n: 1\n", "BAD_NAME"),
        ("%YAML 1." + "1" * 5000 + "\n---\na: 1\n", "YAML_SYNTAX"),
    ],
)
def test_limits(text: str, code: str) -> None:
    """Size, depth and lengths are limited, without a RecursionError."""
    assert [c for c, _, _ in findings(text)] == [code]


def test_limit_on_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the largest number of values."""
    monkeypatch.setattr(text_module, "MAX_NODES", 50)
    assert [code for code, _, _ in findings("a: [" + "1, " * 60 + "1]\n")] == ["FILE_TOO_LARGE"]


def test_depth_of_the_limit_is_allowed() -> None:
    """Exactly the largest depth is read."""
    depth = MAX_DEPTH - 1
    tree("a: " + "[" * depth + "1" + "]" * depth)


def test_comments_and_ends_of_collections() -> None:
    """Comments are what stands after # outside of scalars; ends are last lines of flow collections."""
    document = parse_document("# top\na: 'x # y'  # one\nb: c#d\ne: {f: 1, # in\n  g: 2}#end\n", "m.yaml", Collector())
    assert document is not None
    assert [(c.text, c.where.line, c.alone) for c in document.comments] == [
        ("# top", 1, True), ("# one", 2, False), ("# in", 4, False), ("#end", 5, False),
    ]  # fmt: skip
    assert list(document.ends.values()) == [5]


def test_read_file(tmp_path: Path) -> None:
    """A text comes without byte-order mark and is remembered under its name."""
    path = tmp_path / "m.yaml"
    path.write_bytes("\ufeffa: µ\n".encode())
    found = Collector()
    assert read_file(path, found) == "a: µ\n"
    assert found.report().texts == {str(path): "a: µ\n"}


def test_unreadable_files(tmp_path: Path) -> None:
    """Directories, missing, binary, wrongly encoded and too large files are findings."""
    (tmp_path / "latin").write_bytes(b"a: 1\nb: \xe9\n")
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "large").write_bytes(b"x" * (MAX_SIZE + 1))
    expected = {
        ".": "is a directory", "none": "does not exist", "latin": "byte 0xe9", "binary": "binary", "large": "4 MB",
        "nul\0": "does not exist",
    }  # fmt: skip
    for name, said in expected.items():
        found = Collector()
        assert read_file(tmp_path / name, found) is None
        (finding,) = found.report().diagnostics
        assert finding.code == ("FILE_TOO_LARGE" if name == "large" else "FILE_UNREADABLE")
        assert said in finding.message
        assert finding.hint
        assert finding.where is not None
        assert finding.where.line == (2 if name == "latin" else 1)


def test_a_folder_names_its_files(tmp_path: Path) -> None:
    """Who gives a folder where a file was meant reads which files lie in it."""
    for name in ("model.yaml", "experiment.yaml", "data.csv"):
        (tmp_path / name).touch()
    found = Collector()
    assert read_file(tmp_path, found) is None
    (finding,) = found.report().diagnostics
    assert finding.hint == "it is a folder; name one of its files: experiment.yaml, model.yaml"


def test_node_from_data() -> None:
    """Plain data make the tree of the same text; lines count entries."""
    root = node_from_data({"a": 1, "b": [0.5, "x"], "c": {"d": 1e6}, "e": {}})
    assert plain_data(root) == {"a": "1", "b": ["0.5", "x"], "c": {"d": "1000000.0"}, "e": {}}
    value = root.get("a")
    assert value is not None
    assert str(value.where) == "<builder>:2:1"


def test_node_from_data_refuses_everything_else_at_once() -> None:
    """None, bool, nan, infinity, bytes, odd keys and line breaks are named with their path."""
    data: dict[str, object] = {
        "a": None, "b": True, "c": float("nan"), "d": [float("inf")], "e": b"x", "f": {1: "x"}, "g": "x\ny",
        "h": 10**999,
    }  # fmt: skip
    with pytest.raises(ModelError) as caught:
        node_from_data(data)
    report = caught.value.report
    assert report is not None
    assert [d.message.split(":")[0] for d in report.errors] == ["a", "b", "c", "d.1", "e", "f", "g", "h"]


def test_node_from_data_that_contains_itself() -> None:
    """The depth is limited."""
    data: dict[str, object] = {}
    data["a"] = data
    with pytest.raises(ModelError, match="levels"):
        node_from_data(data)
