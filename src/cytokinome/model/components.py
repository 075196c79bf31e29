"""The frozen values a model is made of: what the user declared, nothing computed.

Numbers are kept as the expressions that were written, with their units; conversion to canonical units happens in
`dimensions`, equations in the compiler. Places in the text (`where`) never count when two models are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytokinome.diagnostics import Span
    from cytokinome.evidence import Source
    from cytokinome.model.expressions import Expression, Name


@dataclass(frozen=True, slots=True)
class Compartment:
    """A well-mixed volume. `kind` is culture, plasma, tissue or lymph; `volume` may be per body weight."""

    id: str
    kind: str
    volume: Expression
    source: Source | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Loss:
    """First-order loss of a molecule or an inside variable.

    `kind` is degrades or cleared; `form` says what `value` is: rate [1/time], half-life [time] or
    clearance [volume/time]. `includes` lists what a clearance contains (renal, receptor).
    """

    kind: str
    form: str
    value: Expression
    includes: tuple[str, ...] = ()
    source: Source | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pharmacokinetics:
    """Compartmental drug kinetics; expands into molecules and transport. Keys CL V1 Q V2 Q2 V3 ka F lag."""

    compartments: int
    constants: tuple[tuple[str, Expression], ...]
    source: Source | None = None
    where: Span | None = field(default=None, compare=False)

    def get(self, key: str) -> Expression | None:
        """Return the constant of this name."""
        return dict(self.constants).get(key)


@dataclass(frozen=True, slots=True)
class Molecule:
    """A soluble molecule in one or more compartments; its state is the free concentration.

    `initial` has one entry per compartment that states a value; `baseline` likewise. `filled` names the fields
    that came from the catalogue and are therefore not printed, `sources` says where the catalogue has them from.
    `composition` is set for molecules that reactions declare implicitly: the molecules they are made of.
    """

    id: str
    compartments: tuple[str, ...]
    initial: tuple[tuple[str, Expression], ...] = ()
    baseline: tuple[tuple[str, Expression], ...] = ()
    losses: tuple[Loss, ...] = ()
    molar_mass: Expression | None = None
    specific_activity: Expression | None = None
    diffusion: Expression | None = None
    scale: Expression | None = None
    pk: Pharmacokinetics | None = None
    from_catalogue: bool = False
    filled: frozenset[str] = frozenset()
    sources: tuple[tuple[str, Source], ...] = ()
    synonyms: tuple[str, ...] = ()
    composition: tuple[str, ...] = ()
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ligand:
    """What binds a receptor: dissociation constant and, where known, the rate constants."""

    molecule: str
    Kd: Expression | None
    kon: Expression | None = None
    koff: Expression | None = None
    source: Source | None = None  # of a ligand from the catalogue; otherwise the receptor has one
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Receptor:
    """A receptor with the molecules that signal through it and those that only block it."""

    id: str
    ligands: tuple[Ligand, ...]
    antagonists: tuple[Ligand, ...] = ()
    internalisation: Expression | None = None
    source: Source | None = None
    from_catalogue: bool = False
    filled: frozenset[str] = frozenset()
    where: Span | None = field(default=None, compare=False)

    def binder(self, molecule: str) -> Ligand | None:
        """Return the record of `molecule` among ligands and antagonists."""
        return next((b for b in (*self.ligands, *self.antagonists) if b.molecule == molecule), None)


@dataclass(frozen=True, slots=True)
class Axis:
    """One state axis of a cell. `numbers` has an entry per state on the one axis that carries the numbers."""

    name: str
    states: tuple[str, ...]
    initial: str
    numbers: tuple[tuple[str, Expression], ...] = ()
    is_open: bool = False  # written as one initial state: further states come from the sentences
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a value differs: `kind` lognormal, normal or uniform, its numbers, and optional truncation bounds."""

    kind: str
    numbers: tuple[tuple[str, Expression], ...]
    within: tuple[Expression, Expression] | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class InsideVariable:
    """A number that each cell carries: an `amount` (molecules per cell) or an `intensive` quantity."""

    name: str
    kind: str
    initial: Expression
    unit: str = ""
    losses: tuple[Loss, ...] = ()
    between_cells: Distribution | None = None
    is_implied: bool = False  # the free amount of a receptor that is produced: not written, so not printed
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell type. Without axes `initial` holds the number or density per compartment."""

    id: str
    compartments: tuple[str, ...]
    axes: tuple[Axis, ...] = ()
    initial: tuple[tuple[str, Expression], ...] = ()
    inside: tuple[InsideVariable, ...] = ()
    scale: Expression | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named number. `varies` is between people, `uncertain_fold` is what we do not know."""

    id: str
    value: Expression
    varies: Distribution | None = None
    uncertain_fold: float | None = None
    source: Source | None = None
    of: str | None = None  # the molecule whose molar mass converts a mass unit (key `as`)
    note: str = ""
    where: Span | None = field(default=None, compare=False)


class Verb(StrEnum):
    """What a cell can do."""

    SECRETES = "secretes"
    TAKES_UP = "takes up"
    BINDS = "binds"
    BECOMES = "becomes"
    DIFFERENTIATES = "differentiates into"
    DIVIDES = "divides"
    DIES = "dies"
    LEAVES = "leaves"
    ENTERS = "enters"
    KILLS = "kills"
    ENGULFS = "engulfs"
    PRODUCES = "produces"
    RELEASES = "releases"
    MOVES = "moves"
    ADHERES = "adheres to"


@dataclass(frozen=True, slots=True)
class CellGroup:
    """`[state …] cell`: all cells of a type that are in the named states."""

    states: tuple[str, ...]
    cell: str
    compartment: str | None = None
    where: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        place = f" in {self.compartment}" if self.compartment else ""
        return " ".join((*self.states, self.cell)) + place


@dataclass(frozen=True, slots=True)
class Signal:
    """`X (half …, hill …)`, `X at R (…)`, an inside variable, or `density(cells)`.

    Exactly one of `name` and `density` is set; `receptor` only with `name`. Without `half` only after `moves toward`.
    """

    name: str
    half: Expression | None
    hill: Expression | None = None
    receptor: str | None = None
    density: CellGroup | None = None
    where: Span | None = field(default=None, compare=False)


# Alternatives joined by `or`; each is a group of signals joined by `with`.
Alternatives = tuple[tuple[Signal, ...], ...]


@dataclass(frozen=True, slots=True)
class Increase:
    """`increased by … up to f-fold` (is_fold) or up to a rate."""

    alternatives: Alternatives
    up_to: Expression
    is_fold: bool


@dataclass(frozen=True, slots=True)
class Decrease:
    """`decreased by … [down to 5 %]`."""

    alternatives: Alternatives
    down_to: Expression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence.

    Which of the optional parts are set depends on the verb: `object` is a molecule, inside variable or state;
    `target` a group of cells (kills, engulfs, differentiates, adheres); `place` a compartment (leaves, enters).
    `rate` is what stands after `at`; `after` and `stages` the dwell time.
    """

    id: str
    subject: CellGroup
    verb: Verb
    object: str = ""
    target: CellGroup | None = None
    place: str | None = None
    receptor: str | None = None
    rate: Expression | None = None
    after: Expression | None = None
    stages: int = 1
    constants: tuple[tuple[str, Expression], ...] = ()  # internalisation, kon, koff
    driven: Alternatives = ()
    increased: Increase | None = None
    decreased: Decrease | None = None
    switch: Expression | None = None
    saturating: Signal | None = None
    resetting: tuple[str, ...] = ()
    is_additional: bool = False  # `also`
    is_necrosis: bool = False  # `by necrosis`
    toward: tuple[Signal, ...] = ()
    source: Source | None = None
    is_long: bool = field(default=False, compare=False)  # written as {id, rule, at}
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Reaction:
    """`A + B <-> C`: mass action with kon, koff or Kd; `k` for one direction; or any `rate` expression."""

    id: str
    reactants: tuple[tuple[str, int], ...]
    products: tuple[tuple[str, int], ...]
    is_reversible: bool
    constants: tuple[tuple[str, Expression], ...]  # of kon koff Kd k rate
    compartment: str | None = None
    is_quasi_equilibrium: bool = False
    source: Source | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Transport:
    """Movement of molecules from one compartment to another at a clearance; conserves amount."""

    id: str
    molecules: tuple[str, ...]
    origin: str
    destination: str
    clearance: Expression
    source: Source | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Observable:
    """A named output; `of` is the molecule whose molar mass converts it (key `as`)."""

    id: str
    value: Expression
    unit: str
    of: str | None = None
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Manner:
    """How an event goes about it.

    Attributes
    ----------
    fires_from_start : bool
        Whether a condition that is true at the start fires there; else it fires once it has been false.
    lapses : bool
        Whether an event that has fired is dropped as soon as its condition is false again; else it is carried out
        whatever has become of its condition.
    values_when_fired : bool
        Whether the new values are those of the moment when it fired; else of the moment when it is carried out.
    draws_ties : bool
        Whether chance decides between it and others of its priority that are due at once; else the order written.
    """

    fires_from_start: bool = False
    lapses: bool = False
    values_when_fired: bool = False
    draws_ties: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """When `condition` comes true, and `delay` later, `assignments` are carried out, the highest `priority` first.

    Each assignment is a molecule (``X`` or ``X@blood``) or a parameter, and its new value. The delay is that of the
    moment when the event fires. Priorities are compared when events are due, anew after each that is carried out.
    """

    id: str
    condition: Expression
    assignments: tuple[tuple[Name, Expression], ...]
    delay: Expression | None = None
    priority: Expression | None = None
    manner: Manner = field(default_factory=Manner)
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of `equations`, counted in its own `unit`; every expression about it is of bare numbers.

    At most one of three says how it moves: `rate` (its derivative), `value` (what it always equals) and `such_that`
    (what is always zero, and thereby determines it). Without any, processes change it, or it is constant.
    """

    id: str
    initial: Expression | None = None
    unit: str = ""
    rate: Expression | None = None
    value: Expression | None = None
    such_that: Expression | None = None
    scale: Expression | None = None
    note: str = ""
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A process of `equations`: its `rate`, and what one unit of it adds to each quantity."""

    id: str
    rate: Expression
    changes: tuple[tuple[str, Expression], ...]
    note: str = ""
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Demand:
    """A condition that has to hold all the time, and what it means when it does not."""

    holds: Expression
    otherwise: str = ""
    where: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Equations:
    """What is stated as equations of bare numbers instead of sentences; `time` is the unit that time is counted in."""

    time: str = "h"
    quantities: tuple[Quantity, ...] = ()
    processes: tuple[Change, ...] = ()
    events: tuple[Event, ...] = ()
    demands: tuple[Demand, ...] = ()
    source: Source | None = None
    where: Span | None = field(default=None, compare=False)

    def quantity(self, id: str) -> Quantity | None:
        """Return the quantity of this id."""
        return next((q for q in self.quantities if q.id == id), None)

    def process(self, id: str) -> Change | None:
        """Return the process of this id."""
        return next((p for p in self.processes if p.id == id), None)


@dataclass(frozen=True, slots=True)
class Model:
    """A model: what is claimed.

    `blockable` names the molecules, receptors and rules that an experiment may block for a time: each becomes a
    slot ``block(name)`` of the kernel, the fraction of it that is blocked (0 at first). `representatives` is the number
    of cells that stand for all others of a type whose cells differ (key ``closure``); None: the average cell does.
    """

    id: str
    title: str = ""
    source: Source | None = None
    compartments: tuple[Compartment, ...] = ()
    molecules: tuple[Molecule, ...] = ()
    receptors: tuple[Receptor, ...] = ()
    cells: tuple[Cell, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    transports: tuple[Transport, ...] = ()
    observables: tuple[Observable, ...] = ()
    events: tuple[Event, ...] = ()
    equations: Equations | None = None
    start: str = "given"  # or "steady state"
    representatives: int | None = None
    blockable: tuple[str, ...] = ()
    knocked_out: tuple[str, ...] = ()  # ids of molecules, receptors and rules that are absent

    def molecule(self, id: str) -> Molecule | None:
        """Return the molecule of this id."""
        return next((m for m in self.molecules if m.id == id), None)

    def receptor(self, id: str) -> Receptor | None:
        """Return the receptor of this id."""
        return next((r for r in self.receptors if r.id == id), None)

    def cell(self, id: str) -> Cell | None:
        """Return the cell type of this id."""
        return next((c for c in self.cells if c.id == id), None)

    def parameter(self, id: str) -> Parameter | None:
        """Return the parameter of this id."""
        return next((p for p in self.parameters if p.id == id), None)

    def rule(self, id: str) -> Rule | None:
        """Return the rule of this id."""
        return next((r for r in self.rules if r.id == id), None)

    def compartment(self, id: str) -> Compartment | None:
        """Return the compartment of this id."""
        return next((c for c in self.compartments if c.id == id), None)

    def quantity(self, id: str) -> Quantity | None:
        """Return the quantity of the equations of this id."""
        return self.equations.quantity(id) if self.equations else None

    def observable(self, id: str) -> Observable | None:
        """Return the observable of this id."""
        return next((o for o in self.observables if o.id == id), None)
