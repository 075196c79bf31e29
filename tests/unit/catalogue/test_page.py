"""The page for those who write records: every example on it is a record that the schema takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args, get_origin

import pytest

from cytokinome.catalogue.identity import UNLISTED
from cytokinome.catalogue.lists import TERMS
from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.records import KINDS, Identifiers
from cytokinome.catalogue.records.base import Block
from cytokinome.catalogue.records.evidence import Context, Source
from cytokinome.catalogue.records.measured import Concentration
from cytokinome.diagnostics import CODES, Collector
from cytokinome.text import parse_text, plain_data

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "catalogue.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
RECORDS = [text for text in EXAMPLES if not text.startswith("# block:")]
BLOCKS = {"Source": Source, "Context": Context, "Concentration": Concentration}


def test_every_kind_has_an_example():
    """The page leaves no kind out, and shows each verb of an interaction."""
    assert {match for text in RECORDS for match in re.findall(r"^kind: (\S+)$", text, re.MULTILINE)} == set(KINDS)
    assert set(re.findall(r"^verb: (\S+)$", PAGE, re.MULTILINE)) == {"secretes", "responds", "regulates"}


@pytest.mark.parametrize("text", RECORDS, ids=lambda text: text.split("\n")[0])
def test_examples_are_records(text: str):
    """An example can be copied and loads without a fault."""
    found = Collector()
    sheet = load_text(text, "example.yaml", found)
    assert found.report().render() == ""
    assert sheet


@pytest.mark.parametrize("text", [t for t in EXAMPLES if t not in RECORDS], ids=lambda text: text.split("\n")[0])
def test_shared_blocks_are_valid(text: str):
    """The shared blocks are what their first line calls them, with every key shown."""
    found = Collector()
    tree = parse_text(text, "block.yaml", found)
    assert tree, found.report().render()
    block = BLOCKS[text.partition("\n")[0].removeprefix("# block: ")]
    assert block.model_validate(plain_data(tree))


def test_every_code_of_the_check_is_explained():
    """The table of codes says of each what the table of the source says, and leaves none of the check out."""
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert {code: CODES[code] for code in told} == told
    rooms = [path.read_text("utf-8") for path in (ROOT / "src" / "cytokinome" / "catalogue").rglob("*.py")]
    used = {code for text in rooms for code in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', text) if code in CODES}
    assert used - set(told) == {"CATALOGUE_MISSING"}


def test_the_page_says_which_identifiers_are_looked_up():
    """Each kind of identifier is named as looked up in a list, or as one that a source has to say."""
    told = PAGE.partition("Looked up are ")[2].partition("\n- ")[0]
    looked_up, _, others = told.partition(";")
    keys = {field.alias or name for name, field in Identifiers.model_fields.items()}
    unlisted = {Identifiers.model_fields[name].alias or name for name in UNLISTED}
    assert set(re.findall(r"`([a-z-]+)`", looked_up)) == {"hgnc", "uniprot", "cellphonedb", *TERMS}
    assert set(re.findall(r"`([a-z-]+)`", others)) == unlisted == keys - {"hgnc", "uniprot", "cellphonedb", *TERMS}


def words(annotation: object) -> Iterator[str]:
    """The words that a field may hold, at any depth of its type."""
    for part in get_args(annotation):
        if get_origin(annotation) is Literal:
            yield part
        elif not isinstance(part, str):
            yield from words(part)


def blocks_in(annotation: object) -> Iterator[type[Block]]:
    """The blocks that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Block):
        yield annotation
    for part in get_args(annotation):
        yield from blocks_in(part)


def vocabulary(kind: type[Block], seen: set[type[Block]]) -> Iterator[str]:
    """All keys of a block and of those in it, and all words that may stand there."""
    if kind in seen:
        return
    seen.add(kind)
    for name, field in kind.model_fields.items():
        yield field.alias or name
        yield from words(field.annotation)
        for inner in blocks_in(field.annotation):
            yield from vocabulary(inner, seen)


def test_every_key_and_word_of_the_schema_stands_on_the_page():
    """Who writes a record finds all that may stand in it."""
    text, seen = " ".join(PAGE.split()), set[type[Block]]()
    wanted = {word for kind in KINDS.values() for word in vocabulary(kind, seen)}
    assert len(wanted) > 150
    assert {w for w in wanted if not re.search(rf"(?<![\w-]){re.escape(w)}(?!\w)", text)} == set()
