"""Cell types and what happens between them: who secretes, who responds, what changes what."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from cytokinome.catalogue.records.base import (
    Block,
    CellId,
    CytokineId,
    HealthId,
    MoleculeId,
    ReceptorId,
    SolubleId,
    StimulusName,
    Text,
)
from cytokinome.catalogue.records.evidence import Context, Evidence
from cytokinome.catalogue.records.measured import (
    CellDensity,
    HalfMaximum,
    ReceptorNumber,
    SecretionRate,
    Speed,
    TurnoverRate,
    TurnoverTime,
)
from cytokinome.catalogue.records.shared import Entity, Matrix, Named


class SiteCount(Block):
    """Binding sites for `ligand` on one cell; `receptors` that the measurement did not tell apart stand together."""

    ligand: SolubleId
    receptors: tuple[ReceptorId, ...] = ()
    number: ReceptorNumber


class Turnover(Block):
    """How fast cells divide or are lost: the time in which they double or are halved, or the rate. `of` names them."""

    process: Literal["division", "loss"]
    of: Text
    time: TurnoverTime | None = None
    rate: TurnoverRate | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.time is None) == (self.rate is None):
            raise ValueError("a turnover has either a time or a rate")
        return self


class Secretion(Block):
    """What a cell secretes after `stimulus`."""

    cytokine: CytokineId
    stimulus: Text
    rate: SecretionRate


class Response(Block):
    """The concentration of `signal` at which half of `effect` is reached."""

    signal: SolubleId
    effect: Text
    half: HalfMaximum


class State(Block):
    """A state that cells of one type change into and out of, such as M1."""

    name: Text
    synonyms: tuple[Text, ...] = ()
    evidence: Evidence


class Abundance(Block):
    """How many cells there are: `state` is ``healthy`` or the id of a disease."""

    matrix: Matrix
    state: HealthId
    density: CellDensity


class Cell(Named):
    """A cell type; `parent` is the more general type. Its numbers stand here, what it does in interactions."""

    kind: Literal["cell"]
    parent: CellId | None = None
    states: tuple[State, ...] = ()
    abundance: tuple[Abundance, ...] = ()
    speed: Speed | None = None
    turnover: tuple[Turnover, ...] = ()
    sites: tuple[SiteCount, ...] = ()
    secretes: tuple[Secretion, ...] = ()
    responds: tuple[Response, ...] = ()


# What a cytokine can change of another in a cell.
REGULATED = ("production", "release", "activation", "signalling", "receptor", "activity", "loss")
# The keys that a verb needs, and those that it has no use for.
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "secretes": (("cell", "object"), ("receptor", "effect")),
    "responds": (("cell", "by", "effect"), ("object",)),
    "regulates": (("by", "object", "effect"), ()),
}


class Interaction(Entity):
    """Who does what to whom: one statement, its sign, its context and its evidence.

    ::

        secretes   CELL secretes OBJECT, more (+) or less (-) of it on BY; without `by` at rest
        responds   CELL responds to BY, through RECEPTOR where that is known, with more or less of EFFECT
        regulates  BY raises or lowers the EFFECT (production, signalling …) of OBJECT, in CELL

    `by` is a record or plain words; `cell`, `object` and `receptor` are records. Numbers stand with the cell, binding
    with the receptor.
    """

    kind: Literal["interaction"]
    verb: Literal["secretes", "responds", "regulates"]
    cell: CellId | None = None
    state: Text | None = None
    by: StimulusName | None = None
    object: MoleculeId | None = None
    receptor: ReceptorId | None = None
    effect: Text | None = None
    sign: Literal["+", "-"]
    direct: bool | None = None
    context: Context = Context()
    evidence: Evidence

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed, useless = _KEYS[self.verb]
        if missing := [key for key in needed if getattr(self, key) is None]:
            raise ValueError(f"`verb: {self.verb}` needs {', '.join(f'`{key}:`' for key in missing)}")
        if extra := [key for key in useless if getattr(self, key) is not None]:
            raise ValueError(f"`verb: {self.verb}` has no {', '.join(f'`{key}:`' for key in extra)}")
        if self.verb == "regulates" and self.effect not in REGULATED:
            raise ValueError(f"`verb: regulates` changes one of {', '.join(REGULATED)}; got {self.effect!r}")
        return self

    @property
    def title(self) -> str:
        """The statement in words."""
        more = "more" if self.sign == "+" else "less"
        match self.verb:
            case "secretes":
                on = f" ({more} on {self.by})" if self.by else ""
                return f"{self.cell} secretes {self.object}{on}"
            case "responds":
                return f"{self.cell} responds to {self.by}: {more} {self.effect}"
            case "regulates":
                where = f" in {self.cell}" if self.cell else ""
                return f"{self.by} {'raises' if self.sign == '+' else 'lowers'} {self.effect} of {self.object}{where}"
