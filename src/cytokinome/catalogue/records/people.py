"""What is known of people: diseases, tissues, and how things were measured: assays, studies, standards."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cytokinome.catalogue.records.base import Block, CellId, DiseaseId, MoleculeId, Text, TissueId
from cytokinome.catalogue.records.evidence import Evidence
from cytokinome.catalogue.records.measured import Concentration, Flow, SpecificActivity, Volume
from cytokinome.catalogue.records.shared import Matrix, Named


class Shift(Block):
    """A cytokine or mediator that is raised or lowered in a disease; how much stands under its own `levels:`."""

    molecule: MoleculeId
    direction: Literal["up", "down"]
    matrix: Matrix | None = None
    evidence: Evidence


class Player(Block):
    """A cell that takes part in a disease, and what it does there."""

    cell: CellId
    part: Text
    evidence: Evidence


class Disease(Named):
    """A disease. Its drugs are those whose records have it as indication."""

    kind: Literal["disease"]
    parent: DiseaseId | None = None
    tissues: tuple[TissueId, ...] = ()
    involves: tuple[Shift, ...] = ()
    cells: tuple[Player, ...] = ()


class Tissue(Named):
    """A tissue or body fluid with its size."""

    kind: Literal["tissue"]
    parent: TissueId | None = None
    volume: Volume | None = None
    blood_flow: Flow | None = None
    lymph_flow: Flow | None = None


class Assay(Named):
    """How a molecule is measured: in what, with which kit, and whether what is bound or latent counts too."""

    kind: Literal["assay"]
    measures: tuple[MoleculeId, ...] = Field(min_length=1)
    counts: Literal["free", "total", "latent", "active"] | None = None
    matrices: tuple[Matrix, ...] = ()
    platform: Text
    lowest: Concentration | None = None


class Study(Named):
    """People or animals that were studied: who they are, how many, and where the data lie."""

    kind: Literal["study"]
    species: Text
    population: Text
    disease: DiseaseId | None = None
    n: int | None = Field(default=None, ge=1)
    data: str = ""


class Standard(Named):
    """An international standard: the unit that it defines, and what a mass of it does."""

    kind: Literal["standard"]
    molecule: MoleculeId
    code: Text
    specific_activity: SpecificActivity | None = None
