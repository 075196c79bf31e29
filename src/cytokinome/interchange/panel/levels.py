"""The catalogue's levels of a molecule in one body fluid, healthy and ill, in the unit of a panel.

Levels of another fluid are never taken: what platelets release as blood clots is ten times higher in serum than in
plasma for some cytokines, and joint fluid is no blood. The value of several is the one that the rule of selection
takes (`catalogue.selection`); the others are counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from cytokinome import units
from cytokinome.catalogue.registry import catalogue
from cytokinome.catalogue.selection import choices
from cytokinome.units import UnitError

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Level, Record
    from cytokinome.catalogue.selection import Candidate, Choice
    from cytokinome.interchange.panel.naming import Analyte

HEALTHY = "healthy"
OF_PEOPLE = ("range", "IQR", "P5-P95")  # spreads that say where people lie; a confidence interval does not
OF_MOST = ("range", "P5-P95")  # of these, those that hold nine of ten healthy people or more; outside is then unusual


@dataclass(frozen=True, slots=True)
class Reference:
    """A published level: what it is of whom, and who says so.

    `value`, `low`, `high` and `sd` are in the unit of the panel, NaN where not stated; `others` counts further
    published values of the same state, which run from `least` to `most`. `clots`: the level is one in serum of what
    platelets release, and says how much blood released as it clotted. `bound` is `upper` or `lower` where only a limit
    is known.
    """

    state: str
    context: str
    matrix: str
    value: float
    low: float
    high: float
    spread: str
    sd: float
    statistic: str
    n: int
    tier: str
    source: str
    locator: str
    says: str
    others: int
    least: float
    most: float
    clots: bool
    bound: str = ""

    @property
    def holds_most(self) -> bool:
        """Whether at least nine of ten healthy people lie between `low` and `high`."""
        return self._has_ends and self.spread in OF_MOST

    @property
    def _has_ends(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def band(self) -> tuple[float, float] | None:
        """From where to where most people lie, as published: an interval of people, else mean ± SD; None of neither."""
        if self._has_ends and self.spread in OF_PEOPLE:
            return self.low, self.high
        return (max(self.value - self.sd, 0.0), self.value + self.sd) if math.isfinite(self.sd) else None


def references(analyte: Analyte, matrix: str, unit: str) -> tuple[Reference, ...]:
    """Return the levels of a molecule in a body fluid, healthy people first; empty where none is known.

    Levels in a unit that the molecule's record cannot convert are left out.
    """
    record = catalogue().find(analyte.id) if analyte.is_known else None
    if record is None or not matrix:
        return ()
    levels = _levels(record)
    found: list[Reference] = []
    for choice in choices(record, "levels", catalogue()):
        level = levels[cast("int", choice.candidates[0].path[1])]
        if level.matrix == matrix and (level.context.species or "human") == "human":
            made = _reference(choice, level, analyte, unit)
            found += [made] if made is not None else []
    return tuple(sorted(found, key=lambda one: (one.state != HEALTHY, bool(one.context), one.state)))


def other_matrices(analyte: Analyte, matrix: str) -> tuple[str, ...]:
    """Return the body fluids other than this one in which healthy levels are known."""
    record = catalogue().find(analyte.id) if analyte.is_known else None
    known = [one.matrix for one in _levels(record) if one.state == HEALTHY] if record is not None else []
    return tuple(dict.fromkeys(m for m in known if m != matrix))


def _levels(record: Record) -> tuple[Level, ...]:
    return cast("tuple[Level, ...]", getattr(record, "levels", ()))


def _reference(choice: Choice, level: Level, analyte: Analyte, unit: str) -> Reference | None:
    human = [c for c in choice.candidates if (c.measured.species or c.measured.source.species or "human") == "human"]
    convertible = [c for c in human if _converted(c, analyte, unit) is not None]
    usable = [c for c in convertible if c.measured.bound is None] or convertible
    taken = choice.default if choice.default in usable else next(iter(usable), None)
    if taken is None:
        return None
    measured = taken.measured
    value = _converted(taken, analyte, unit) or math.nan
    values = [v for c in usable if (v := _converted(c, analyte, unit)) is not None]

    def number(text: str | None) -> float:
        quantity = measured.quantity.read(text) if text else None
        return quantity.canonical * value / measured.canonical if quantity and measured.canonical else math.nan

    return Reference(
        state=level.state,
        context=str(level.context),
        matrix=level.matrix,
        value=value,
        low=number(measured.low),
        high=number(measured.high),
        spread=measured.spread or "",
        sd=number(measured.sd),
        statistic=measured.statistic or "",
        n=measured.n or 0,
        tier=measured.source.tier,
        source=measured.source.id,
        locator=measured.source.locator,
        says=measured.source.says,
        others=len(usable) - 1,
        least=min(values),
        most=max(values),
        clots=choice.clots,
        bound=measured.bound or "",
    )


def _converted(candidate: Candidate, analyte: Analyte, unit: str) -> float | None:
    """The value of a candidate in the unit of the panel; None where there is no way."""
    quantity = candidate.measured.quantity.read(candidate.measured.value)
    try:
        wanted = units.parse_unit(unit)
        return units.to_unit(quantity.canonical, quantity.dimension, wanted, analyte.substance)
    except UnitError:
        return None
