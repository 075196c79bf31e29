"""What all records are made of: frozen blocks that refuse unknown keys, the forms of identifiers, and the walk.

Keys are words joined by ``-``; a field `molar_mass` is the key ``molar-mass``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

if TYPE_CHECKING:
    from collections.abc import Iterator

# Context of validation for what was validated before: quantities are not read again, which needs the table of units.
READ_BEFORE = "read before"

Path = tuple[str | int, ...]

Text = Annotated[str, StringConstraints(min_length=1)]
RecordId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
HgncId = Annotated[str, StringConstraints(pattern=r"^HGNC:[0-9]{1,6}$")]
# The pattern that UniProt states for its accession numbers.
UniProtId = Annotated[
    str,
    StringConstraints(pattern=r"^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})$"),
]


@dataclass(frozen=True, slots=True)
class Refers:
    """Mark of a field that holds the ids of other records.

    `kinds` are those that it may name, `words` what else may stand there; with `or_words` anything that is no name.
    """

    kinds: tuple[str, ...]
    words: tuple[str, ...] = ()
    or_words: bool = False


CellId = Annotated[RecordId, Refers(("cell",))]
CytokineId = Annotated[RecordId, Refers(("cytokine",))]
DiseaseId = Annotated[RecordId, Refers(("disease",))]
ReceptorId = Annotated[RecordId, Refers(("receptor",))]
TissueId = Annotated[RecordId, Refers(("tissue",))]
SolubleId = Annotated[RecordId, Refers(("cytokine", "mediator", "therapy"))]
MoleculeId = Annotated[RecordId, Refers(("cytokine", "mediator", "receptor", "binding-protein"))]
HealthId = Annotated[RecordId, Refers(("disease",), words=("healthy",))]
StimulusName = Annotated[Text, Refers(("cytokine", "mediator", "therapy", "binding-protein", "cell"), or_words=True)]
TissueName = Annotated[Text, Refers(("tissue",), or_words=True)]
AssayName = Annotated[Text, Refers(("assay",), or_words=True)]

_Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,8}$")]


class Block(BaseModel):
    """Base of all that a record is made of."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-")
    )


class Identifiers(Block):
    """Names of the same thing in public databases."""

    hgnc: HgncId | None = None
    uniprot: UniProtId | None = None
    chebi: Annotated[str, StringConstraints(pattern=r"^CHEBI:[0-9]{1,7}$")] | None = None
    cl: Annotated[str, StringConstraints(pattern=r"^CL:[0-9]{7}$")] | None = None
    go: Annotated[str, StringConstraints(pattern=r"^GO:[0-9]{7}$")] | None = None
    mondo: Annotated[str, StringConstraints(pattern=r"^MONDO:[0-9]{7}$")] | None = None
    uberon: Annotated[str, StringConstraints(pattern=r"^UBERON:[0-9]{7}$")] | None = None
    atc: Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}$")] | None = None
    rxnorm: _Number | None = None
    drugbank: Annotated[str, StringConstraints(pattern=r"^DB[0-9]{5}$")] | None = None
    gtopdb_ligand: _Number | None = None
    complexportal: Annotated[str, StringConstraints(pattern=r"^CPX-[0-9]{1,6}$")] | None = None
    cellphonedb: Text | None = None


class Chain(Block):
    """One protein chain of a molecule: `mature` are the first and last residue of what is secreted.

    What no source that was opened says of it is left out.
    """

    hgnc: HgncId
    uniprot: UniProtId
    copies: int | None = Field(default=None, ge=1, le=12)
    mature: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,4}-[1-9][0-9]{0,4}$")] | None = None

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.residues is not None and self.residues < 1:
            raise ValueError(f"mature: {self.mature} does not ascend")
        return self

    @property
    def residues(self) -> int | None:
        """Number of residues of the mature chain, where its ends are known."""
        if self.mature is None:
            return None
        first, _, last = self.mature.partition("-")
        return int(last) - int(first) + 1


@cache
def reference_fields(kind: type[Block]) -> dict[str, Refers]:
    """Return the fields of a block that name other records, and what they may name."""
    return {
        name: mark
        for name, field in kind.model_fields.items()
        for mark in (*field.metadata, *_marks(field.annotation))
        if isinstance(mark, Refers)
    }


def references(block: Block, path: Path = ()) -> Iterator[tuple[Path, str, Refers]]:
    """Iterate over the names of other records in a block itself, with their paths and what they may name."""
    for name, refers in reference_fields(type(block)).items():
        value: str | tuple[str, ...] | None = getattr(block, name)
        here = (*path, type(block).model_fields[name].alias or name)
        if isinstance(value, tuple):
            yield from (((*here, index), id, refers) for index, id in enumerate(value))
        elif value:
            yield here, value, refers


def _marks(annotation: object) -> Iterator[object]:
    """What is annotated anywhere inside a type."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _marks(part)


@cache
def inner_block(kind: type[Block], key: str) -> type[Block] | None:
    """Return the block that stands under a key of a block, itself or as the items of a list; None where none does."""
    named = (field for name, field in kind.model_fields.items() if (field.alias or name) == key)
    return next((part for field in named for part in _parts(field.annotation, kind)), None)


def _parts(annotation: object, kind: type[Block]) -> Iterator[type[Block]]:
    """The blocks anywhere inside a type; `Self` is the block that it stands in."""
    if annotation is Self:
        yield kind
    elif isinstance(annotation, type) and issubclass(annotation, Block):
        yield annotation
    for part in get_args(annotation):
        yield from _parts(part, kind)


def blocks(block: Block, path: Path = ()) -> Iterator[tuple[Path, Block]]:
    """Iterate over `block` and everything in it, with the path of keys and indices that leads there in the file."""
    yield path, block
    for name, field in type(block).model_fields.items():
        value: object = getattr(block, name)
        here = (*path, field.alias or name)
        if isinstance(value, Block):
            yield from blocks(value, here)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                if isinstance(item, Block):
                    yield from blocks(item, (*here, index))
