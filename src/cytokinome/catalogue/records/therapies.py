"""Drugs: their targets, how they bind, what the body does to them, how they are given."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from cytokinome.catalogue import quantities
from cytokinome.catalogue.records.base import Block, DiseaseId, MoleculeId, Text
from cytokinome.catalogue.records.evidence import Context, Evidence
from cytokinome.catalogue.records.measured import (
    AbsorptionRate,
    Clearance,
    ClearanceCapacity,
    Concentration,
    Dose,
    Duration,
    Fraction,
    HalfLife,
    Measured,
    MolarMass,
    Volume,
    readable,
)
from cytokinome.catalogue.records.shared import Affinity, Loss, Named

Route = Literal["intravenous", "subcutaneous", "intramuscular", "oral", "inhaled", "topical", "intra-articular"]


class Use(Block):
    """A concentration that was used in an experiment; the context names compartment and species."""

    context: Context
    concentration: Concentration

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.context.compartment is None or self.context.species is None:
            raise ValueError("the context of a use names `compartment:` and `species:`")
        return self


class Pharmacokinetics(Block):
    """Numbers that belong together: of one study, population and route, which `context` names.

    `structure` is the model they are of, in words: ``two compartments, first-order absorption``. `volume` is that of
    the central compartment.
    """

    structure: str = ""
    route: Route | None = None
    context: Context = Context()
    clearance: Clearance | None = None
    volume: Volume | None = None
    peripheral_volume: Volume | None = None
    steady_state_volume: Volume | None = None
    exchange: Clearance | None = None
    half_life: HalfLife | None = None
    distribution_half_life: HalfLife | None = None
    bioavailability: Fraction | None = None
    absorption: AbsorptionRate | None = None
    absorption_half_life: HalfLife | None = None
    lag: Duration | None = None
    time_of_peak: Duration | None = None
    peak: Concentration | None = None
    trough: Concentration | None = None
    capacity: ClearanceCapacity | None = None
    half_capacity: Concentration | None = None
    unbound: Fraction | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.numbers:
            raise ValueError("`pk:` states at least one number")
        return self

    @property
    def numbers(self) -> tuple[tuple[str, Measured], ...]:
        """The keys and values that are stated."""
        stated = ((field.alias or name, getattr(self, name)) for name, field in type(self).model_fields.items())
        return tuple((key, value) for key, value in stated if isinstance(value, Measured))


class Regimen(Block):
    """How a drug is given: one dose, once or `every` so often, for a time; `then` says in words how it goes on."""

    dose: Dose
    route: Route
    every: Text | None = None
    lasting: Text | None = None
    indication: DiseaseId | None = None
    then: str = ""

    @field_validator("every", "lasting")
    @classmethod
    def _time(cls, text: str | None, info: ValidationInfo) -> str | None:
        return readable(quantities.DURATION, text, info)


class Indication(Block):
    """A disease that a drug is given for; trials that failed are evidence that refutes."""

    disease: DiseaseId
    evidence: Evidence

    @property
    def is_supported(self) -> bool:
        """Whether some evidence speaks for it, so that the drug did not only fail."""
        return any(source.verdict == "supports" for source in self.evidence)


class Therapy(Named):
    """A drug: its targets, how it acts, how it binds, where it goes.

    `target` is one record or several; where it has none, `mechanism` says in words how it acts.
    """

    kind: Literal["therapy"]
    drug_class: (
        Literal[
            "monoclonal antibody",
            "antibody fragment",
            "bispecific antibody",
            "fusion protein",
            "cytokine",
            "receptor antagonist",
            "receptor agonist",
            "small molecule",
            "glucocorticoid",
            "cell therapy",
        ]
        | None
    ) = Field(default=None, alias="class")
    target: tuple[MoleculeId, ...] = ()
    mechanism: str = ""
    mode: Literal[
        "neutralises ligand",
        "blocks receptor",
        "decoy",
        "replaces",
        "activates receptor",
        "engages cells",
        "inhibits signalling",
        "inhibits enzyme",
    ]
    molar_mass: MolarMass | None = None
    affinity: tuple[Affinity, ...] = ()
    losses: tuple[Loss, ...] = ()
    pk: tuple[Pharmacokinetics, ...] = ()
    regimens: tuple[Regimen, ...] = ()
    indications: tuple[Indication, ...] = ()
    used: tuple[Use, ...] = ()

    @field_validator("target", mode="before")
    @classmethod
    def _one_or_several(cls, target: object) -> object:
        return (target,) if isinstance(target, str) else target

    @model_validator(mode="after")
    def _acts(self) -> Self:
        if not self.target and not self.mechanism:
            raise ValueError("a therapy has `target:`, or `mechanism:` in words")
        return self
