"""What several kinds of record share: losses, binding, levels in body fluids, and the head of every record."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from cytokinome.catalogue.records.base import Block, HealthId, Identifiers, MoleculeId, RecordId, SolubleId, Text
from cytokinome.catalogue.records.evidence import Compartment, Context, Source, Statement
from cytokinome.catalogue.records.measured import (
    AssociationRate,
    Clearance,
    Concentration,
    Dissociation,
    DissociationRate,
    HalfLife,
    LossRate,
    Measured,
)

Matrix = Literal[
    "serum",
    "plasma",
    "whole blood",
    "synovial fluid",
    "synovial tissue",
    "cerebrospinal fluid",
    "bronchoalveolar lavage",
    "sputum",
    "urine",
    "saliva",
    "tears",
    "ascites",
    "pleural fluid",
    "lymph",
    "bone marrow",
    "skin",
    "lung",
    "gut mucosa",
    "tumour",
    "culture supernatant",
]


class Loss(Block):
    """A first-order loss: exactly one of half-life, rate and clearance.

    `phase` marks one exponential of several. Of several losses for one compartment the `preferred` one is used. The
    context names compartment and species.
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
        if self.context.compartment is None or self.context.species is None:
            raise ValueError("the context of a loss names `compartment:` and `species:`")
        if sum(m is not None for m in (self.half_life, self.rate, self.clearance)) != 1:
            raise ValueError("a loss has exactly one of half-life, rate and clearance")
        if self.kind == "cleared" and self.context.compartment != "plasma":
            raise ValueError("cleared is a loss from plasma; elsewhere write `kind: degrades`")
        if self.kind == "degrades" and (self.clearance or self.includes):
            raise ValueError("clearance and includes belong to `kind: cleared`")
        return self

    @property
    def place(self) -> Compartment:
        """The compartment that it is a loss from."""
        if self.context.compartment is None:
            raise ValueError("a loss without a compartment")  # cannot be built
        return self.context.compartment

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

    molecule: SolubleId
    source: Source | None = None
    Kd: Dissociation | None = None
    kon: AssociationRate | None = None
    koff: DissociationRate | None = None
    form: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        has_rates = self.kon is not None and self.koff is not None
        if self.Kd is None and not has_rates and (self.source is None or self.kon or self.koff):
            raise ValueError("a binding needs Kd, or kon and koff, or only a source that says so")
        return self

    @property
    def is_measured(self) -> bool:
        """Whether its dissociation constant is known: one that is only a limit is not."""
        if self.Kd is not None and self.Kd.is_own:
            return True
        return self.kon is not None and self.koff is not None


class Affinity(Binding):
    """How a drug binds what it is aimed at."""

    molecule: MoleculeId


class Level(Block):
    """A concentration in people: `state` is ``healthy`` or the id of a disease; its numbers tell n and the assay."""

    matrix: Matrix
    state: HealthId
    concentration: Concentration
    context: Context = Context()


class NotFound(Block):
    """A number that was looked for and not found, so that nobody takes its absence for neglect.

    `matrix` is the body fluid of a loss or a level, `state` in whom a level was looked for, `molecule` the partner of
    an affinity, or in a disease that of which a level was looked for; `searched` says where, in which words; `on` is
    the day.
    """

    what: Literal["molar mass", "diffusion", "loss", "level", "affinity", "kinetics"]
    matrix: Matrix | None = None
    state: HealthId | None = None
    species: Text = "human"
    molecule: MoleculeId | None = None
    searched: Text
    on: Annotated[str, StringConstraints(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]

    def __str__(self) -> str:
        """What is missing, in words."""
        if self.what == "level" and self.molecule:
            return f"level of {self.molecule} in {self.species} {self.matrix or 'body fluids'}"
        place = f"in {self.species} {self.matrix}" if self.matrix else f"of {self.species}"
        partner = f"with {self.molecule}" if self.molecule else ""
        return " ".join(word for word in (self.what, partner, place, self.state or "") if word)


class Entity(Block):
    """What all records have: an id, the names they are found by, and what it is called elsewhere."""

    id: RecordId
    identifiers: Identifiers = Identifiers()

    @property
    def names(self) -> tuple[str, ...]:
        """All names the record is found by, its id first."""
        return (self.id,)


class Named(Entity):
    """A thing with a name; `evidence` says who states what stands under which of its keys."""

    name: Text
    synonyms: tuple[Text, ...] = ()
    evidence: tuple[Statement, ...] = ()
    not_found: tuple[NotFound, ...] = ()

    @property
    def title(self) -> str:
        """What it is called in a list."""
        return self.name

    @property
    def names(self) -> tuple[str, ...]:
        """All names the record is found by, its id first."""
        ids = (self.identifiers.hgnc, self.identifiers.uniprot)
        return tuple(dict.fromkeys((self.id, self.name, *self.synonyms, *(i for i in ids if i))))
