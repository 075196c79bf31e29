"""What a fit asks, as frozen values: which data, which parameters, which scales, which error. No model is known here.

Numbers with units stay the expressions that were written, because only the model says what they are converted to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytokinome.diagnostics import Span
    from cytokinome.model.expressions import Expression

MAX_STARTS = 4096
STARTS = 32


class Space(StrEnum):
    """Where errors are added: to the logarithm of a concentration, or to the concentration."""

    LOG = "log"
    LINEAR = "linear"


class Spread(StrEnum):
    """Which spread of a table is the error of its values."""

    NONE = "none"
    SE = "se"
    SD = "sd"


class By(StrEnum):
    """What has an error of its own, where the error is estimated."""

    ALL = "all"
    ANALYTE = "analyte"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The data of one experiment that count; empty tuples mean all. With `claims`, these count and no data."""

    experiment: str
    arms: tuple[str, ...] = ()
    analytes: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()
    until: float | None = None  # h
    claims: tuple[str, ...] = ()
    where: Span | None = field(default=None, compare=False)
    places: dict[tuple[str, str], Span] = field(default_factory=dict[tuple[str, str], "Span"], compare=False)


@dataclass(frozen=True, slots=True)
class Free:
    """A parameter that is estimated, on a logarithmic axis.

    `prior` is the median of a log-normal distribution with 95 % inside prior/fold … prior·fold; without it the model's
    `value:` and `uncertain:` say what was known, unless there are bounds: between them all is equally likely.
    """

    id: str
    prior: Expression | None = None
    fold: float | None = None
    between: tuple[Expression, Expression] | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Scale:
    """Measured numbers are this factor times what the model has: one factor for each of `analytes`.

    `fold` is the prior, log-normal around 1 with 95 % inside 1/fold … fold; None: nothing is known.
    """

    analytes: tuple[str, ...]
    study: str | None = None
    experiment: str | None = None
    fold: float | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Error:
    """How far a measured value may lie from the curve.

    `spread` names the column of the table; `sd` is added to it in quadrature: a plain number in log space, a quantity
    in linear space, or None with `is_estimated`: then it is a parameter of the fit.
    """

    space: Space = Space.LOG
    spread: Spread = Spread.SE
    sd: Expression | None = None
    is_estimated: bool = False
    by: By = By.ANALYTE
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Fit:
    """A question to data: the numbers of a model, and what remains unknown of them."""

    id: str
    experiments: tuple[Chosen, ...]
    parameters: tuple[Free, ...]
    title: str = ""
    scales: tuple[Scale, ...] = ()
    error: Error = Error()
    starts: int = STARTS
    seed: int = 1
    patients: int | None = None  # of whom claims about people are made; None: those of the experiment
    where: Span | None = field(default=None, compare=False)
