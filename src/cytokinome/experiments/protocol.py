"""What an experiment asks, as frozen values: arms, patients, what is measured, what is claimed.

Nothing is computed here and no model is known. Times are canonical hours, fractions plain numbers between 0 and 1.
Amounts, rates and parameter values stay the expressions that were written, because their conversion needs the
molecule's molar mass, the patient's body weight or the model's parameters. Places (`where`) never count when two
experiments are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cytokinome.diagnostics import Span
    from cytokinome.engines.tissue.cells import Body
    from cytokinome.engines.tissue.coupling_places import Shape
    from cytokinome.evidence import Source
    from cytokinome.model.components import CellGroup, Distribution
    from cytokinome.model.expressions import Expression

MAX_POINTS = 1_000_000  # of one time grid
MAX_DOSES = 10_000  # repetitions of one dose
MAX_PATIENTS = 1_000_000

ENGINES = ("ode", "stochastic", "hybrid", "tissue")


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Output times from `start` to `end` in steps of `every`, all in hours; `end` is always a point."""

    start: float
    end: float
    every: float

    @property
    def steps(self) -> float:
        """Length of the span in steps."""
        return (self.end - self.start) / self.every

    def grid(self) -> NDArray[np.float64]:
        """Return the times [h]; a last shorter step is added when `every` does not divide the span."""
        whole = int(np.floor(self.steps * (1 + 1e-12) + 1e-9))
        times = self.start + self.every * np.arange(whole + 1, dtype=np.float64)
        if abs(times[-1] - self.end) <= 1e-9 * self.every:
            times[-1] = self.end
            return times
        return np.append(times, self.end)


class Route(StrEnum):
    """How a dose gets in."""

    BOLUS = "bolus"
    INFUSION = "infusion"
    SUBCUTANEOUS = "subcutaneous"


@dataclass(frozen=True, slots=True)
class Dose:
    """One line of dosing: an `amount` at once, or a `rate` for a `duration`, repeated `times` times.

    Parameters
    ----------
    of : str
        Molecule.
    into : str or None
        Compartment; None where the molecule has only one.
    at : float
        Time of the first dose [h].
    amount : Expression or None
        Amount (``2 ng/kg`` is per body weight) of each dose; None with `rate`.
    rate : Expression or None
        Amount per time of an infusion; None with `amount`.
    duration : float or None
        Length of an infusion [h] (key ``for``). With `amount` the amount is spread over it.
    route : Route
    every : float or None
        Interval between the starts of two doses [h]; None for a single dose.
    times : int
        Number of doses.
    ka, F : Expression or None
        Rate of absorption and bioavailability, where they differ from the molecule's ``pk``.
    lag : float or None
        Delay before the dose arrives [h], where it differs from the molecule's ``pk``.
    """

    of: str
    into: str | None
    at: float
    amount: Expression | None = None
    rate: Expression | None = None
    duration: float | None = None
    route: Route = Route.BOLUS
    every: float | None = None
    times: int = 1
    ka: Expression | None = None
    F: Expression | None = None
    lag: float | None = None
    where: Span | None = field(default=None, compare=False)

    def starts(self) -> tuple[float, ...]:
        """Return the time [h] at which each repetition starts, without the lag."""
        return tuple(self.at + (self.every or 0.0) * k for k in range(self.times))


@dataclass(frozen=True, slots=True)
class Block:
    """A molecule, receptor or rule `what`, blocked by `fraction` (0..1) between two times [h].

    `from_` None means from the start of the experiment, `until` None to its end.
    """

    what: str
    from_: float | None = None
    until: float | None = None
    fraction: float = 1.0
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A `parameter` that takes the value `to` at the time `at` [h]."""

    parameter: str
    to: Expression
    at: float
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class WashOut:
    """All molecules of `of` are set to zero at the time `at` [h]."""

    of: tuple[str, ...]
    at: float
    where: Span | None = field(default=None, compare=False)


class CellAction(StrEnum):
    """What happens to cells."""

    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class CellChange:
    """Cells of a group added or removed at the time `at` [h]: an `amount` (number or density) or a `fraction`."""

    of: CellGroup
    action: CellAction
    at: float
    amount: Expression | None = None
    fraction: float | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to treat the same patients. `places` says where the names of parameters and knock-outs are written."""

    id: str
    title: str = ""
    doses: tuple[Dose, ...] = ()
    parameters: tuple[tuple[str, Expression], ...] = ()
    knock_out: tuple[str, ...] = ()
    block: tuple[Block, ...] = ()
    change: tuple[Change, ...] = ()
    wash_out: tuple[WashOut, ...] = ()
    cells: tuple[CellChange, ...] = ()
    where: Span | None = field(default=None, compare=False)
    places: Mapping[str, Span] = field(default_factory=dict[str, "Span"], compare=False)

    def place(self, name: str) -> Span | None:
        """Return where a parameter or a knock-out is named; else the place of the arm."""
        return self.places.get(name, self.where)


@dataclass(frozen=True, slots=True)
class Patients:
    """How many virtual people, from which seed, of which body weight (None: the kernel's 70 kg).

    With `scaled`, which no file states, something is not known of them: parameters times factors, of which each stands
    for `each` patients in a row. These are the typical person where it is one, else the same first people of the cohort
    for every factor.
    """

    count: int = 1
    seed: int = 1
    weight: Expression | None = None
    weight_varies: Distribution | None = None
    where: Span | None = field(default=None, compare=False)
    scaled: tuple[tuple[str, tuple[float, ...]], ...] = ()
    each: int = 1


@dataclass(frozen=True, slots=True)
class Wall:
    """What two opposite walls across an `axis` (0 is x) hold of a `molecule`: a concentration, or None: no flux."""

    molecule: str
    axis: int
    low: Expression | None
    high: Expression | None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Tissue:
    """The box that the tissue engine puts a model into; lengths in µm, times in hours.

    Parameters
    ----------
    size : tuple of float
        Two or three sides.
    spacing : float
        Side of a voxel.
    thickness : float or None
        Of a box with two sides.
    step : float
        Time between what cells do.
    rtol : float
        Relative tolerance of each step of the molecules.
    place : tuple of (str, Shape)
        Where cells stand at the start, by the name of a type or of cells in a state.
    bodies : tuple of (str, Body)
        By cell type.
    diffusion : tuple of (str, float)
        By molecule [µm²/h].
    walls : tuple of Wall
    vessels : tuple of point, or None
        Where cells enter; None: at the walls.
    snapshots : float or None
        Time between two snapshots; None: one at the start and one at the end.
    places : mapping
        Where a name is written, by key and name.
    """

    size: tuple[float, ...]
    spacing: float
    thickness: float | None
    step: float
    rtol: float
    place: tuple[tuple[str, Shape], ...] = ()
    bodies: tuple[tuple[str, Body], ...] = ()
    diffusion: tuple[tuple[str, float], ...] = ()
    walls: tuple[Wall, ...] = ()
    vessels: tuple[tuple[float, ...], ...] | None = None
    snapshots: float | None = None
    where: Span | None = field(default=None, compare=False)
    places: Mapping[tuple[str, str], Span] = field(default_factory=dict[tuple[str, str], "Span"], compare=False)

    def snapshot_times(self, times: TimeGrid) -> NDArray[np.float64]:
        """Return the times [h] of the snapshots of an experiment."""
        return TimeGrid(times.start, times.end, self.snapshots or times.end - times.start).grid()


@dataclass(frozen=True, slots=True)
class Measure:
    """A molecule, observable or population and the unit it is reported in."""

    name: str
    unit: str
    where: Span | None = field(default=None, compare=False)


class Central(StrEnum):
    """Which curve stands for the cohort."""

    TYPICAL = "typical"
    MEDIAN = "median"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Measured data to hold the model against; `data` is relative to the experiment file, `source` cites it."""

    data: str
    central: Central = Central.MEAN
    source: Source | None = None
    where: Span | None = field(default=None, compare=False)


class Kind(StrEnum):
    """What a met claim says about the world (language.md §5)."""

    REPRODUCES = "reproduces"
    CALIBRATED = "calibrated"
    CONSTRUCTED = "constructed"
    PREDICTS = "predicts"


class Of(StrEnum):
    """How a claim becomes one number."""

    TYPICAL = "typical"
    MEDIAN = "median"
    MEAN = "mean"
    FRACTION = "fraction"


@dataclass(frozen=True, slots=True)
class Expectation:
    """An interval that a found value must lie in.

    `above` and `below` are strict, ``within`` and ``near`` include their bounds; `text` is what was written.
    """

    low: float
    high: float
    is_strict: bool
    text: str

    def is_met(self, found: float) -> bool:
        """Whether `found` lies in the interval; NaN and infinities never do."""
        if not np.isfinite(found):
            return False
        return self.low < found < self.high if self.is_strict else self.low <= found <= self.high

    def includes(self, other: Expectation) -> bool:
        """Whether all that meets `other` meets this."""
        low, high = self.low <= other.low, other.high <= self.high
        if self.is_strict and not other.is_strict:
            low, high = self.low < other.low, other.high < self.high
        return low and high

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that the model must meet, who measured it, and what it counts for.

    `value` is the text of the claim's language (see `claims`); `unit`, where stated, is the unit the value is
    converted to; `because` lists the rules without which the claim should fail; `amended` says why its arms are
    not what they were when it was locked.
    """

    id: str
    says: str
    value: str
    expect: Expectation
    of: Of
    kind: Kind
    source: Source
    because: tuple[str, ...] = ()
    explanation: str = ""
    amended: str = ""
    unit: str = ""
    where: Span | None = field(default=None, compare=False)
    value_where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question: which model, which arms, which people, what is measured and what should come out."""

    id: str
    model: str
    times: TimeGrid
    arms: tuple[Arm, ...]
    title: str = ""
    patients: Patients = Patients()
    measure: tuple[Measure, ...] = ()
    compare: Comparison | None = None
    claims: tuple[Claim, ...] = ()
    sources: tuple[Source, ...] = ()
    sample: float | None = None  # L
    tissue: Tissue | None = None
    engine: str = "ode"  # that it is meant for
    representatives: int | None = None  # in place of the model's
    where: Span | None = field(default=None, compare=False)
    model_where: Span | None = field(default=None, compare=False)

    def arm(self, id: str) -> Arm | None:
        """Return the arm of this id."""
        return next((a for a in self.arms if a.id == id), None)
