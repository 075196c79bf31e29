"""The schema of the records: frozen pydantic models, one per kind, unknown keys refused.

Every number stands in a `Measured` block beside its own source, with the unit it was published in. Keys are words
joined by ``-``; a field `molar_mass` is the key ``molar-mass``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from cytokinome.catalogue import quantities
from cytokinome.catalogue.quantities import QuantityKind
from cytokinome.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Iterator

Text = Annotated[str, StringConstraints(min_length=1)]
RecordId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
HgncId = Annotated[str, StringConstraints(pattern=r"^HGNC:[0-9]{1,6}$")]
# The pattern that UniProt states for its accession numbers.
UniProtId = Annotated[
    str,
    StringConstraints(pattern=r"^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})$"),
]
SourceId = Annotated[
    str,
    StringConstraints(
        pattern=r"^(assumed|doi:10\.[0-9]{4,9}/\S+|pubmed:[0-9]{1,9}|arXiv:\S+|biomodels:(BIOMD|MODEL)[0-9]{10}"
        r"|uniprot:[A-Z0-9]+|hgnc:[0-9]{1,6}|reactome:R-HSA-[0-9]+|github:[\w.-]+/[\w.-]+(@[0-9a-f]{7,40})?:\S+|url:[\w.-]+\.[a-z]+(/\S*)?)$"
    ),
]
# Context of validation for what was validated before: quantities are not read again, which needs the table of units.
READ_BEFORE = "read before"
Compartment = Literal["culture", "plasma", "tissue", "lymph"]
Family = Literal["interleukin", "interferon", "TNFSF", "chemokine", "CSF", "TGFB", "growth factor", "other"]
Group = Literal[
    "gamma-c", "beta-c", "IL-1", "IL-6", "IL-10", "IL-12", "IL-17", "type I", "type II", "type III",
    "CC", "CXC", "C", "CX3C", "EGF", "PDGF", "VEGF",
]  # fmt: skip


class Block(BaseModel):
    """Base of all that a record is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"))


class Source(Block):
    """Where a statement comes from, what the place says, and how much of it was read.

    `tier`: A primary abstract, table or text; B published model or data file that names its primary; S secondary
    text; C no named primary, fitted or assumed; V a vendor's page. `licence` is the SPDX name, or ``none``, of a
    data file; `imported` marks rows or text copied from it, as against a single number cited as a fact.
    """

    id: SourceId
    tier: Literal["A", "B", "C", "S", "V"]
    says: Text
    locator: str = ""
    read: Literal["primary", "secondary", "cited_only"] | None = None
    via: str = ""
    licence: str = ""
    imported: bool = False

    @property
    def is_assumed(self) -> bool:
        """Whether the number is an assumption, for the reason that `says` gives."""
        return self.id == "assumed"


class Measured(Block):
    """A published value with its unit; `low` and `high` span a range, `bound` says that it is only a limit.

    `form` names what was measured where that matters: form of the molecule, medium, step. `conflicts` are other
    published values of the same quantity: they are kept, never averaged.
    """

    quantity: ClassVar[QuantityKind]

    value: Text
    low: Text | None = None
    high: Text | None = None
    sd: Text | None = None
    bound: Literal["upper", "lower"] | None = None
    form: str = ""
    source: Source
    conflicts: tuple[Self, ...] = ()

    @field_validator("value", "low", "high", "sd")
    @classmethod
    def _readable(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None and info.context != READ_BEFORE:
            try:
                cls.quantity.read(text)
            except UnitError as fault:
                context = {"reason": fault.message, "hint": fault.hint, "start": fault.start, "length": fault.length}
                raise PydanticCustomError("quantity", "{reason}", context) from None
        return text

    @model_validator(mode="after")
    def _ordered(self, info: ValidationInfo) -> Self:
        if info.context == READ_BEFORE:
            return self
        read = self.quantity.read
        known = [read(text).canonical for text in (self.low, self.value, self.high) if text is not None]
        if known != sorted(known):
            raise ValueError("low, value and high do not ascend")
        return self

    @property
    def canonical(self) -> float:
        """The value in canonical units."""
        return self.quantity.read(self.value).canonical


class MolarMass(Measured):
    """Mass per amount of the active form."""

    quantity: ClassVar = quantities.MOLAR_MASS


class Diffusion(Measured):
    """Diffusion coefficient; `form` names the medium."""

    quantity: ClassVar = quantities.DIFFUSION


class Dissociation(Measured):
    """Dissociation constant."""

    quantity: ClassVar = quantities.DISSOCIATION


class AssociationRate(Measured):
    """Second-order rate constant of binding."""

    quantity: ClassVar = quantities.ASSOCIATION_RATE


class DissociationRate(Measured):
    """First-order rate constant of unbinding."""

    quantity: ClassVar = quantities.DISSOCIATION_RATE


class Internalisation(Measured):
    """Rate at which bound receptors are taken into the cell."""

    quantity: ClassVar = quantities.INTERNALISATION


class HalfLife(Measured):
    """Half-life of a first-order loss."""

    quantity: ClassVar = quantities.HALF_LIFE


class LossRate(Measured):
    """Rate of a first-order loss."""

    quantity: ClassVar = quantities.LOSS_RATE


class Clearance(Measured):
    """Volume cleared per time."""

    quantity: ClassVar = quantities.CLEARANCE


class ReceptorNumber(Measured):
    """Binding sites of one cell."""

    quantity: ClassVar = quantities.RECEPTORS


class SecretionRate(Measured):
    """What one cell secretes per time."""

    quantity: ClassVar = quantities.SECRETION


class HalfMaximum(Measured):
    """Concentration of half the effect."""

    quantity: ClassVar = quantities.HALF_MAXIMUM


class Concentration(Measured):
    """A concentration, by mass or by amount."""

    quantity: ClassVar = quantities.CONCENTRATION


class Context(Block):
    """Where and in whom something was measured; `form` names preparation and route."""

    compartment: Compartment
    species: Text
    form: str = ""


class Loss(Block):
    """A first-order loss: exactly one of half-life, rate and clearance.

    `phase` marks one exponential of several. Of several losses for one compartment the `preferred` one is used.
    """

    kind: Literal["degrades", "cleared"]
    context: Context
    half_life: HalfLife | None = None
    rate: LossRate | None = None
    clearance: Clearance | None = None
    includes: tuple[Literal["renal", "receptor"], ...] = ()
    phase: Literal["alpha", "beta"] | None = None
    preferred: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum(m is not None for m in (self.half_life, self.rate, self.clearance)) != 1:
            raise ValueError("a loss has exactly one of half-life, rate and clearance")
        if self.kind == "cleared" and self.context.compartment != "plasma":
            raise ValueError("cleared is a loss from plasma; elsewhere write `kind: degrades`")
        if self.kind == "degrades" and (self.clearance or self.includes):
            raise ValueError("clearance and includes belong to `kind: cleared`")
        return self

    @property
    def measured(self) -> tuple[Literal["half-life", "rate", "clearance"], Measured]:
        """The form of the loss and its value."""
        if self.half_life is not None:
            return "half-life", self.half_life
        if self.rate is not None:
            return "rate", self.rate
        if self.clearance is not None:
            return "clearance", self.clearance
        raise ValueError("a loss without a value")  # cannot be built


class Binding(Block):
    """That a molecule binds, and how strongly and how fast. `form` names the step where there are several.

    Numbers carry their own sources; `source` says who states that it binds, and may stand without numbers.
    """

    molecule: RecordId
    source: Source | None = None
    Kd: Dissociation | None = None
    kon: AssociationRate | None = None
    koff: DissociationRate | None = None
    form: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        numbers = (self.Kd, self.kon, self.koff)
        if not self.is_measured and (self.source is None or any(numbers)):
            raise ValueError("a binding needs Kd, or kon and koff, or only a source that says so")
        return self

    @property
    def is_measured(self) -> bool:
        """Whether its dissociation constant is known."""
        return self.Kd is not None or (self.kon is not None and self.koff is not None)


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


class Subunit(Block):
    """One protein of a receptor.

    `shared` is a chain of several receptors of this catalogue; a `decoy` binds and does not signal. A role that no
    source that was opened gives is left out.
    """

    hgnc: HgncId
    uniprot: UniProtId
    copies: int | None = Field(default=None, ge=1, le=12)
    role: Literal["binding", "signalling", "shared", "accessory", "decoy"] | None = None
    source: Source | None = None


class Assembly(Block):
    """The subunits of a receptor and who says so; the source of a subunit adds to that of all."""

    subunits: tuple[Subunit, ...] = Field(min_length=1)
    source: Source


class Signalling(Block):
    """The pathway behind a receptor."""

    pathway: Text
    source: Source


class Identifiers(Block):
    """Names of the same thing in public databases."""

    hgnc: HgncId | None = None
    uniprot: UniProtId | None = None
    chebi: Annotated[str, StringConstraints(pattern=r"^CHEBI:[0-9]{1,7}$")] | None = None
    cl: Annotated[str, StringConstraints(pattern=r"^CL:[0-9]{7}$")] | None = None
    drugbank: Annotated[str, StringConstraints(pattern=r"^DB[0-9]{5}$")] | None = None
    gtopdb_ligand: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}$")] | None = None
    cellphonedb: Text | None = None


class Statement(Block):
    """Who says what stands under the keys `about`."""

    about: tuple[Literal["name", "synonyms", "family", "group", "chains"], ...] = Field(min_length=1)
    source: Source


class _Record(Block):
    """What all records share."""

    id: RecordId
    name: Text
    synonyms: tuple[Text, ...] = ()
    identifiers: Identifiers = Identifiers()

    @property
    def names(self) -> tuple[str, ...]:
        """All names the record is found by, its id first."""
        ids = (self.identifiers.hgnc, self.identifiers.uniprot)
        return tuple(dict.fromkeys((self.id, self.name, *self.synonyms, *(i for i in ids if i))))


class Cytokine(_Record):
    """A secreted signalling protein.

    `family` is the nomenclature, not the structure; `group` is what it shares with others: a receptor chain, the type
    of interferon, the pattern of cysteines. Its receptors are those whose records have it as ligand; `no_receptor`
    says why there is none.
    """

    kind: Literal["cytokine"]
    family: Family
    group: Group | None = None
    chains: tuple[Chain, ...] = Field(min_length=1)
    evidence: tuple[Statement, ...] = ()
    no_receptor: Source | None = None
    molar_mass: MolarMass | None = None
    diffusion: Diffusion | None = None
    losses: tuple[Loss, ...] = ()


class Receptor(_Record):
    """A receptor complex and what signals through it."""

    kind: Literal["receptor"]
    assembly: Assembly
    ligands: tuple[Binding, ...] = Field(min_length=1)
    evidence: tuple[Statement, ...] = ()
    antagonists: tuple[Binding, ...] = ()
    internalisation: Internalisation | None = None
    signals: Signalling | None = None


class SiteCount(Block):
    """Binding sites for `ligand` on one cell; `receptors` that the measurement did not tell apart stand together."""

    ligand: RecordId
    receptors: tuple[RecordId, ...] = ()
    number: ReceptorNumber


class Secretion(Block):
    """What a cell secretes after `stimulus`."""

    cytokine: RecordId
    stimulus: Text
    rate: SecretionRate


class Response(Block):
    """The concentration of `signal` at which half of `effect` is reached."""

    signal: RecordId
    effect: Text
    half: HalfMaximum


class Cell(_Record):
    """A cell type."""

    kind: Literal["cell"]
    sites: tuple[SiteCount, ...] = ()
    secretes: tuple[Secretion, ...] = ()
    responds: tuple[Response, ...] = ()


class Use(Block):
    """A concentration that was used in an experiment."""

    context: Context
    concentration: Concentration


class Therapy(_Record):
    """A drug: its target, how it acts, how it binds."""

    kind: Literal["therapy"]
    target: RecordId
    mode: Literal["neutralises ligand", "blocks receptor", "decoy", "replaces", "inhibits signalling"]
    molar_mass: MolarMass
    affinity: tuple[Binding, ...] = ()
    losses: tuple[Loss, ...] = ()
    used: tuple[Use, ...] = ()


class Mediator(_Record):
    """A signal that is no cytokine and no drug."""

    kind: Literal["mediator"]
    molar_mass: MolarMass
    losses: tuple[Loss, ...] = ()


Record = Cytokine | Receptor | Cell | Therapy | Mediator

KINDS: dict[str, type[Record]] = {
    "cytokine": Cytokine,
    "receptor": Receptor,
    "cell": Cell,
    "therapy": Therapy,
    "mediator": Mediator,
}
FOLDERS = {
    "cytokine": "cytokines",
    "receptor": "receptors",
    "cell": "cells",
    "therapy": "therapies",
    "mediator": "mediators",
}

Path = tuple[str | int, ...]


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
