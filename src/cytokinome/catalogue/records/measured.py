"""Published numbers: each stands in a `Measured` block beside its own source, with the unit it was published in."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from cytokinome.catalogue import quantities
from cytokinome.catalogue.quantities import QuantityKind
from cytokinome.catalogue.records.base import READ_BEFORE, AssayName, Block, Text
from cytokinome.catalogue.records.evidence import Source
from cytokinome.units import UnitError


def readable(kind: QuantityKind, text: str | None, info: ValidationInfo) -> str | None:
    """Return `text` when it is a quantity of this kind.

    Raises
    ------
    PydanticCustomError
        With the place inside the text.
    """
    if text is not None and info.context != READ_BEFORE:
        try:
            kind.read(text)
        except UnitError as fault:
            place = {"start": fault.start, "length": fault.length}
            context = {"reason": fault.message, "hint": fault.hint, "code": fault.code, **place}
            raise PydanticCustomError("quantity", "{reason}", context) from None
    return text


class Measured(Block):
    """A published value with its unit; `bound` says that it is only a limit.

    `statistic` says what the value is of its `n` subjects or repeats, `sd`, `sem` or `cv` (of persons, as a fraction or
    in per cent) how it scatters, `low` and `high` what they are under `spread`. `form` names what was measured where
    that matters: form of the molecule, medium, step. `assay` is a record or plain words; `mass_used` the molar mass
    behind a number of moles, or behind one estimated from it. `stand_in` is another molecule that was measured in place
    of the one of the record: such a value is shown and never taken. `chosen` says why this value stands first where the
    rule of selection ranks another first. `conflicts` are other published values of the same quantity, kept and never
    averaged.
    """

    quantity: ClassVar[QuantityKind]

    value: Text
    low: Text | None = None
    high: Text | None = None
    spread: Literal["range", "IQR", "CI90", "CI95", "P5-P95"] | None = None
    sd: Text | None = None
    sem: Text | None = None
    cv: Text | None = None
    n: int | None = Field(default=None, ge=1)
    statistic: Literal["mean", "median", "geometric mean", "typical", "single"] | None = None
    bound: Literal["upper", "lower"] | None = None
    form: str = ""
    species: Text | None = None
    assay: AssayName | None = None
    mass_used: Text | None = None
    stand_in: Text | None = None
    chosen: str = ""
    source: Source
    conflicts: tuple[Self, ...] = ()

    @field_validator("value", "low", "high", "sd", "sem")
    @classmethod
    def _readable(cls, text: str | None, info: ValidationInfo) -> str | None:
        return readable(cls.quantity, text, info)

    @field_validator("cv")
    @classmethod
    def _fraction(cls, text: str | None, info: ValidationInfo) -> str | None:
        return readable(quantities.VARIATION, text, info)

    @field_validator("mass_used")
    @classmethod
    def _mass(cls, text: str | None, info: ValidationInfo) -> str | None:
        return readable(quantities.MOLAR_MASS, text, info)

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

    @property
    def is_own(self) -> bool:
        """Whether it is a value of the molecule of the record, and no limit."""
        return self.bound is None and self.stand_in is None

    def described(self, assay: str) -> str:
        """Return what the value is of whom, as far as it is stated, in words; `assay` is how the reader calls that."""
        spread = f"{self.low} to {self.high}" if self.low and self.high else ""
        scatter = (("SD", self.sd), ("CV", self.cv), ("SEM", self.sem))
        spread = spread or next((f"{name} {value}" for name, value in scatter if value), "")
        words = (
            f"{self.bound} limit" if self.bound else "",
            self.statistic or "",
            f"{self.spread} {spread}" if self.spread and spread else spread,
            f"n = {self.n}" if self.n else "",
            self.species or self.source.species or "",
            assay,
            self.form,
            f"of {self.stand_in} in its place" if self.stand_in else "",
        )
        return ", ".join(word for word in words if word)


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
    """Half-life of a first-order process."""

    quantity: ClassVar = quantities.HALF_LIFE


class LossRate(Measured):
    """Rate of a first-order loss."""

    quantity: ClassVar = quantities.LOSS_RATE


class TurnoverTime(Measured):
    """Time in which half of some cells are lost, or their number doubles."""

    quantity: ClassVar = quantities.TURNOVER_TIME


class TurnoverRate(Measured):
    """Part of some cells that is lost, or divides, per time."""

    quantity: ClassVar = quantities.TURNOVER_RATE


class Clearance(Measured):
    """Volume cleared per time, of a person, per kg of body weight or per body surface."""

    quantity: ClassVar = quantities.CLEARANCE


class Volume(Measured):
    """A volume of distribution, of a person, per kg of body weight or per body surface; or of a tissue."""

    quantity: ClassVar = quantities.VOLUME


class AbsorptionRate(Measured):
    """First-order rate at which a depot empties into blood."""

    quantity: ClassVar = quantities.ABSORPTION


class Fraction(Measured):
    """A part of a whole, from 0 to 1 or in per cent."""

    quantity: ClassVar = quantities.FRACTION


class Duration(Measured):
    """A time: an infusion, a lag, a dwell time."""

    quantity: ClassVar = quantities.DURATION


class Dose(Measured):
    """What is given at once: mass or activity, of a person, per kg of body weight or per body surface."""

    quantity: ClassVar = quantities.DOSE


class ClearanceCapacity(Measured):
    """The most that a saturable loss takes away per time."""

    quantity: ClassVar = quantities.CAPACITY


class Flow(Measured):
    """Volume that passes per time, of blood or lymph."""

    quantity: ClassVar = quantities.FLOW


class SpecificActivity(Measured):
    """International units per mass."""

    quantity: ClassVar = quantities.SPECIFIC_ACTIVITY


class Speed(Measured):
    """Path per time of a crawling cell."""

    quantity: ClassVar = quantities.SPEED


class CellDensity(Measured):
    """Cells per volume of blood, fluid or tissue."""

    quantity: ClassVar = quantities.CELL_DENSITY


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
    """A concentration, by mass, by amount or by activity."""

    quantity: ClassVar = quantities.CONCENTRATION
