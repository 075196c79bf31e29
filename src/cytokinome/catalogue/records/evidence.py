"""The two blocks that every statement shares: who says it and how that was read, and in which context it holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from cytokinome.catalogue.records.base import READ_BEFORE, Block, CellId, DiseaseId, StimulusName, Text, TissueName
from cytokinome.units import UnitError, parse_quantity

SourceId = Annotated[
    str,
    StringConstraints(
        pattern=r"^(assumed|doi:10\.[0-9]{4,9}/\S+|pubmed:[0-9]{1,9}|pmc:PMC[0-9]{1,9}|arXiv:\S+|nct:NCT[0-9]{8}"
        r"|biomodels:(BIOMD|MODEL)[0-9]{10}|uniprot:[A-Z0-9]+|hgnc:[0-9]{1,6}|(cl|go|mondo|uberon|sbo):[0-9]{7}"
        r"|chebi:[0-9]{1,7}|gtopdb:[0-9]{1,6}|reactome:R-HSA-[0-9]+"
        r"|github:[\w.-]+/[\w.-]+(@[0-9a-f]{7,40})?:\S+|url:[\w.-]+\.[a-z]+(/\S*)?)$"
    ),
]
Compartment = Literal["culture", "plasma", "tissue", "lymph"]


class Source(Block, defer_build=False):
    """A piece of evidence: where it was read, what the place says in our own words, and how much of it was read.

    `tier`: A primary abstract, table or text; B published model or data file that names its primary; S secondary
    text; C no named primary, fitted or assumed; V a vendor's page. `verdict` says whether it speaks for the statement
    that it stands beside, against it, or only under a condition. `eco` is a term of the Evidence and Conclusion
    Ontology. `licence` is the SPDX name, or ``none found``, of a data file; `imported` marks rows or text copied from
    it, as against a single number cited as a fact.
    """

    id: SourceId
    tier: Literal["A", "B", "C", "S", "V"]
    says: Text
    verdict: Literal["supports", "refutes", "qualifies"] = "supports"
    locator: str = ""
    read: Literal["primary", "secondary", "cited_only"] | None = None
    species: Text | None = None
    system: Literal["in_vivo", "ex_vivo", "in_vitro", "model_fit", "label"] | None = None
    eco: Annotated[str, StringConstraints(pattern=r"^ECO:[0-9]{7}$")] | None = None
    via: str = ""
    licence: str = ""
    imported: bool = False

    @property
    def is_assumed(self) -> bool:
        """Whether the number is an assumption, for the reason that `says` gives."""
        return self.id == "assumed"


Evidence = Annotated[tuple[Source, ...], Field(min_length=1)]


def _extent(text: str, info: ValidationInfo) -> str:
    """What begins with a digit is a quantity, or two that are joined by `to`; all else are words."""
    if info.context == READ_BEFORE or not text[:1].isdigit():
        return text
    try:
        ends = [parse_quantity(end, per_body_weight=True) for end in text.split(" to ")]
    except UnitError as fault:
        raise PydanticCustomError("extent", "{reason}", {"reason": fault.message, "hint": fault.hint}) from None
    if len({end.dimension for end in ends}) > 1 or [e.canonical for e in ends] != sorted(e.canonical for e in ends):
        raise ValueError(f"{text} is no range: write `1 ng/mL to 10 ng/mL`")
    return text


# A dose or a time: `10 ng/mL`, `1 h to 24 h`, or words such as `high`.
Extent = Annotated[str, StringConstraints(min_length=1), AfterValidator(_extent)]


class Context(Block, defer_build=False):
    """Where, in whom and when a statement holds; what is left out was not stated, or does not matter.

    `cell` and `disease` are records; `co_stimuli` and `tissue` are records or plain words. `mode` is how the molecule
    meets its receptor: ``cis`` on the same cell or its membrane receptor, ``trans`` by a soluble receptor or from
    another cell. `form` names preparation and route.
    """

    compartment: Compartment | None = None
    species: Text | None = None
    form: str = ""
    cell: CellId | None = None
    tissue: TissueName | None = None
    disease: DiseaseId | None = None
    mode: Literal["cis", "trans", "cluster", "membrane", "soluble"] | None = None
    receptor_form: Text | None = None
    dose: Extent | None = None
    time: Extent | None = None
    phase: Literal["acute", "chronic", "early", "late"] | None = None
    co_stimuli: tuple[StimulusName, ...] = ()
    readout: Text | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is stated."""
        return self == Context()

    def __str__(self) -> str:
        """The context in words, in the order of its keys; nothing where nothing is stated."""
        said = {
            "": (self.cell, self.tissue, self.disease, self.species, self.compartment, self.phase, self.mode),
            "through ": (self.receptor_form,),
            "at ": (self.dose,),
            "after ": (self.time,),
            "with ": self.co_stimuli,
            "by ": (self.readout,),
            " ": (self.form,),
        }
        return ", ".join(f"{lead}{word}".strip() for lead, words in said.items() for word in words if word)


class Statement(Block):
    """Who says what stands under the keys `about` of the record."""

    about: tuple[Text, ...] = Field(min_length=1)
    source: Source
