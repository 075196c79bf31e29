"""Cytokines, their receptors, what else binds them, and signals that are no cytokines."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cytokinome.catalogue.records.base import Block, Chain, HgncId, Text, UniProtId
from cytokinome.catalogue.records.evidence import Context, Evidence, Source
from cytokinome.catalogue.records.measured import Diffusion, Internalisation, MolarMass
from cytokinome.catalogue.records.shared import Binding, Level, Loss, Named

Family = Literal["interleukin", "interferon", "TNFSF", "chemokine", "CSF", "TGFB", "growth factor", "other"]
Group = Literal[
    "gamma-c", "beta-c", "IL-1", "IL-6", "IL-10", "IL-12", "IL-17", "type I", "type II", "type III",
    "CC", "CXC", "C", "CX3C", "EGF", "PDGF", "VEGF",
]  # fmt: skip
Sign = Literal["+", "-", "both"]
Axis = Literal[
    "inflammation",
    "type 2 inflammation",
    "immune response",
    "tolerance",
    "chemotaxis",
    "haematopoiesis",
    "antiviral",
    "apoptosis",
    "tumour growth",
    "angiogenesis",
    "immune-cell differentiation",
    "immune-cell growth",
    "acute-phase response",
    "fibrosis",
    "bone resorption",
    "cartilage degradation",
    "tissue repair",
]
# The Gene Ontology terms of an axis: of `+` and of `-`, where there are any.
AXIS_TERMS: dict[str, tuple[str, str]] = {
    "inflammation": ("GO:0050729", "GO:0050728"),
    "type 2 inflammation": ("GO:0002830", ""),
    "immune response": ("GO:0050778", "GO:0050777"),
    "tolerance": ("GO:0002507", "GO:0002644"),
    "chemotaxis": ("GO:0060326", ""),
    "haematopoiesis": ("GO:1903708", "GO:1903707"),
    "antiviral": ("GO:0051607", ""),
    "apoptosis": ("GO:0043065", "GO:0043066"),
    "angiogenesis": ("GO:0045766", "GO:0016525"),
    "immune-cell differentiation": ("GO:1902107", "GO:1902106"),
    "immune-cell growth": ("GO:0070665", "GO:0070664"),
    "acute-phase response": ("GO:0006953", ""),
    "bone resorption": ("GO:0045780", "GO:0045779"),
    "tissue repair": ("GO:0090303", ""),
}


class Role(Block):
    """That a cytokine drives (`+`) or restrains (`-`) an `axis` in a context; ``both`` where one source says both.

    Evidence that refutes stands beside evidence that supports. What is pro- or anti-inflammatory is a view of these.
    """

    axis: Axis
    sign: Sign
    context: Context = Context()
    evidence: Evidence


class Cytokine(Named):
    """A secreted signalling protein.

    `family` is the nomenclature, not the structure; `group` is what it shares with others: a receptor chain, the type
    of interferon, the pattern of cysteines. Its receptors are those whose records have it as ligand; `no_receptor`,
    `no_producer` and `no_responder` say why there is none.
    """

    kind: Literal["cytokine"]
    family: Family
    group: Group | None = None
    chains: tuple[Chain, ...] = Field(min_length=1)
    no_receptor: Source | None = None
    no_producer: Source | None = None
    no_responder: Source | None = None
    molar_mass: MolarMass | None = None
    diffusion: Diffusion | None = None
    losses: tuple[Loss, ...] = ()
    levels: tuple[Level, ...] = ()
    roles: tuple[Role, ...] = ()


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


class Form(Block):
    """A form that a receptor occurs in, and how it comes about: shed, spliced."""

    form: Literal["membrane", "soluble"]
    how: str = ""
    evidence: Evidence


class Receptor(Named):
    """A receptor complex and what signals through it."""

    kind: Literal["receptor"]
    assembly: Assembly
    ligands: tuple[Binding, ...] = Field(min_length=1)
    antagonists: tuple[Binding, ...] = ()
    internalisation: Internalisation | None = None
    signals: Signalling | None = None
    forms: tuple[Form, ...] = ()


class Mediator(Named):
    """A signal that is no cytokine and no drug, or a surface protein that a drug takes hold of."""

    kind: Literal["mediator"]
    nature: (
        Literal[
            "microbial product",
            "microbe",
            "antigen",
            "acute-phase protein",
            "enzyme",
            "metabolite",
            "hormone",
            "antibody",
            "complement",
            "contact",
            "physical",
            "surface protein",
        ]
        | None
    ) = None
    molar_mass: MolarMass | None = None
    losses: tuple[Loss, ...] = ()
    levels: tuple[Level, ...] = ()


class BindingProtein(Named):
    """A soluble protein that binds cytokines and is no signalling receptor: sgp130, IL-18BP, soluble TNF receptors."""

    kind: Literal["binding-protein"]
    chains: tuple[Chain, ...] = ()
    binds: tuple[Binding, ...] = Field(min_length=1)
    molar_mass: MolarMass | None = None
    losses: tuple[Loss, ...] = ()
    levels: tuple[Level, ...] = ()
