"""A record and the text it was read from: its names are known without a schema, it is built when it is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector, Span
from cytokinome.text import Mapping, Scalar, Sequence, parse_text

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Block, Path, Record, Refers
    from cytokinome.text import Node


_ID = re.compile(r"[A-Za-z]\w*", re.ASCII)


@dataclass(frozen=True)
class Sheet:
    """A record, what it is called, and the text it was read from.

    `kept` is the record as JSON where it was read before: it is built when it is first asked for. A sheet that is not
    whole has faults of the schema: there is no record of it, only those of its blocks that are right.
    """

    id: str
    kind: str
    title: str
    names: tuple[str, ...]
    text: str
    file: str
    kept: str = field(default="", repr=False, compare=False)
    is_whole: bool = True

    @classmethod
    def of(cls, record: Record, tree: Mapping, text: str, file: str) -> Sheet:
        """Return the sheet of a record that was read just now."""
        sheet = cls(record.id, record.kind, record.title, record.names, text, file)
        vars(sheet).update(record=record, tree=tree)  # spares building them again
        return sheet

    @classmethod
    def half(
        cls,
        tree: Mapping,
        text: str,
        file: str,
        blocks: tuple[tuple[Path, Block], ...],
        references: tuple[tuple[Path, str, Refers], ...],
    ) -> Sheet:
        """Return the sheet of a text that is no record, with what of it could be read, and what it names."""
        head = {key: node.text if isinstance(node := tree.get(key), Scalar) else "" for key in ("id", "kind", "name")}
        head["id"] = head["id"] if _ID.fullmatch(head["id"]) else ""
        more = tree.get("synonyms")
        names = [item.text for item in more.items if isinstance(item, Scalar)] if isinstance(more, Sequence) else []
        known = tuple(dict.fromkeys(name for name in (head["id"], head["name"], *names) if name))
        sheet = cls(head["id"], head["kind"], head["name"], known, text, file, is_whole=False)
        vars(sheet).update(blocks=blocks, references=references, tree=tree)
        return sheet

    @classmethod
    def unread(cls, id: str, kind: str, text: str, file: str) -> Sheet:
        """Return the sheet of a text of which nothing could be read, so that those who name it are not at fault."""
        sheet = cls(id, kind, "", (), text, file, is_whole=False)
        vars(sheet).update(blocks=(), references=(), tree=Mapping((), Span(file, 1, 1)))
        return sheet

    @cached_property
    def record(self) -> Record:
        """The record."""
        from cytokinome.catalogue.records import KINDS, READ_BEFORE

        return KINDS[self.kind].model_validate_json(self.kept, context=READ_BEFORE)

    @cached_property
    def tree(self) -> Mapping:
        """The text as a tree that knows its places."""
        tree = parse_text(self.text, self.file, Collector())
        if tree is None:
            raise ValueError(f"{self.file} is no mapping")  # a record was read from it
        return tree

    @cached_property
    def blocks(self) -> tuple[tuple[Path, Block], ...]:
        """The record and all blocks in it, each with the path that leads there."""
        from cytokinome.catalogue.records import blocks

        return tuple(blocks(self.record))

    @cached_property
    def references(self) -> tuple[tuple[Path, str, Refers], ...]:
        """The names of other records, each with its path and what it may name."""
        from cytokinome.catalogue.records import references

        return tuple(reference for path, block in self.blocks for reference in references(block, path))

    def place(self, path: Path = ()) -> Span:
        """Return where the value at `path` stands; where the deepest known part of the path does when it does not."""
        return reached(self.tree, path)[0].where

    def where_named(self, name: str) -> Span:
        """Return where the text gives the record this name, in whatever case; where its id stands, else."""
        keyed = self.tree.get("identifiers")
        listed = self.tree.get("synonyms")
        nodes = (
            *(self.tree.get(key) for key in ("id", "name")),
            *(listed.items if isinstance(listed, Sequence) else ()),
            *(node for _, node in (keyed.entries if isinstance(keyed, Mapping) else ())),
        )
        named = (node for node in nodes if isinstance(node, Scalar) and node.text.casefold() == name.casefold())
        return next((node.where for node in named), self.place(("id",)))

    def wrong(self, found: Collector, code: str, path: Path, message: str, hint: str, *also: Span) -> None:
        """Report an error at `path` of this record."""
        found.error(code, f"{self.id or self.kind}: {message}", self.place(path), hint=hint, also=also)


def reached(tree: Mapping, path: Path) -> tuple[Node, Path]:
    """Return the deepest node on `path`, and what of the path is left."""
    node: Node = tree
    for depth, step in enumerate(path):
        if isinstance(node, Sequence) and isinstance(step, int):
            below = node.items[step] if step < len(node.items) else None
        else:
            below = node.get(str(step)) if isinstance(node, Mapping) else None
        if below is None:
            return node, path[depth:]
        node = below
    return node, ()


_GREEK = str.maketrans(
    {
        "α": "alpha",
        "β": "beta",
        "γ": "gamma",
        "δ": "delta",
        "ε": "epsilon",
        "κ": "kappa",
        "λ": "lambda",
        "ω": "omega",
    }
)
_NO_LETTER = re.compile(r"[\W_]+")


def loosened(name: str) -> str:
    """Return a name without what is written differently from text to text."""
    return _NO_LETTER.sub("", name.casefold().translate(_GREEK))
