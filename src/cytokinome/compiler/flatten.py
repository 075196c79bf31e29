"""Any model as equations of bare numbers: what its sentences, reactions and drugs come to, for one typical person.

The result is an ordinary model whose `equations` count in canonical units (hour, litre, picomole, cell; so pM). It is
what formats that know no cells and no sentences can be written from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import units
from cytokinome.compiler.lower import lower
from cytokinome.compiler.network import ZERO, Happening, Implicit, Output, Process, plus, times
from cytokinome.diagnostics import Collector
from cytokinome.evidence import Source
from cytokinome.model import quantities, scope
from cytokinome.model.bare import BareScope
from cytokinome.model.components import Change, Demand, Equations, Event, Model, Parameter, Quantity
from cytokinome.model.dimensions import constant
from cytokinome.model.expressions import Binary, Expression, Name, Ref, fold, rebuilt
from cytokinome.model.fields import is_word
from cytokinome.units import CELL, CONCENTRATION, DIMENSIONLESS, SUBSTANCE, Dimension

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel

    Array = NDArray[np.float64]

_CANONICAL = {CONCENTRATION: "pM", CELL: "cell", SUBSTANCE: "pmol"}
_NO_NAME = re.compile(r"[^A-Za-z0-9_]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Flat:
    """A model of equations, and the name there of each state, parameter, definition and output of the other model."""

    model: Model
    names: Mapping[str, str]


def is_flat(model: Model) -> bool:
    """Whether a model consists of equations, parameters and observables only."""
    others = (model.molecules, model.cells, model.receptors, model.rules, model.reactions, model.transports)
    return model.equations is not None and not any(others) and not model.events


NOTHING = 1e-14  # of the scale of a state: the rounding of numbers of that size, and so no amount


@dataclass(frozen=True, slots=True)
class Person:
    """Where one person stands at the start: states, parameters and scales of states by name, canonical."""

    states: Mapping[str, float]
    parameters: Mapping[str, float]
    scales: Mapping[str, float]

    @classmethod
    def of(cls, kernel: Kernel, states: Array, parameters: Array) -> Person:
        """Return the person with these states [state] and completed parameters [parameter] of a kernel.

        What rest left of a state that is not there is nothing: others would take it for the scale of that state.
        """
        named = dict(zip((slot.name for slot in kernel.parameters), parameters.tolist(), strict=True))
        scales = np.asarray(kernel.scale(parameters))
        there = np.where(np.abs(states) <= NOTHING * scales, 0.0, states)
        values = (dict(zip(kernel.states, column, strict=True)) for column in (there.tolist(), scales.tolist()))
        return cls(next(values), named, next(values))


def flattened(model: Model, person: Person) -> Flat:
    """Return a model of equations that does the same for one person; `model` has been checked."""
    bench = _Bench(model, person)
    network = bench.network
    moved = {id for event in network.events for kind, id, _ in event.assignments if kind == "parameter"}
    states = [bench.state(v.id, v.dimension, person.states[v.id]) for v in network.variables]
    states += [bench.condition(entry) for entry in network.implicit if entry.state is not None]
    processes = tuple(bench.process(number, p) for number, p in enumerate(network.processes))
    events = tuple(bench.event(e) for e in network.events)
    demands = bench.demands()
    outputs = [bench.output(o, e) for o, e in network.outputs if o.name in bench.observed]
    follow = [*bench.definitions(), *outputs]
    source = model.source or Source.parse("assumed")
    set_later = [Quantity(bench.name(id), constant(person.parameters[id])) for id in sorted(moved)]
    equations = Equations("h", (*states, *set_later, *follow), processes, events, demands, source)
    declared = {p.id: p.source for p in model.parameters}
    kept = tuple(
        Parameter(bench.name(id), constant(value), source=declared.get(id) or source)
        for id, value in person.parameters.items()
        if id not in moved and (id in bench.used or id in declared)
    )
    return Flat(Model(model.id, model.title, model.source, parameters=kept, equations=equations), bench.names)


def made_bare(model: Model) -> Model:
    """Return a flat model that is all bare numbers: observables are quantities, parameters with units canonical."""
    equations = model.equations
    if equations is None:
        raise ValueError(f"{model.id} has no equations")
    kernel, dimensions = lower(model).kernel, scope.parameter_dimensions(model)
    person = Person.of(kernel, np.full(len(kernel.states), np.nan), kernel.complete(kernel.defaults()))
    bench = _Bench(model, person, Binary("*", Name("time"), constant(quantities.unit_of_time(equations))))
    shown = [bench.output(o, e) for o, e in bench.network.outputs if o.name in bench.observed]
    stated = {q.id for q in equations.quantities} | {p.id for p in equations.processes}
    needed = [q for q in bench.definitions() if q.id not in stated]
    parameters = (
        p if dimensions.get(p.id) == DIMENSIONLESS else replace(p, value=constant(person.parameters[p.id]), of=None)
        for p in model.parameters
    )
    whole = replace(equations, quantities=(*equations.quantities, *needed, *shown))
    return replace(model, parameters=tuple(parameters), observables=(), equations=whole)


def _unit_of(model: Model, id: str) -> str:
    """Return the unit that a quantity of equations is counted in; empty for what is none."""
    stated = model.quantity(id)
    return stated.unit if stated else ""


def process_id(number: int, process: Process) -> str:
    """Return what stands for a process among all names."""
    return f"v{number} {process.id}"


class _Bench:
    """Names, and expressions of the network written in them."""

    def __init__(self, model: Model, person: Person, clock: Expression | None = None) -> None:
        self.model, self.person, self.network = model, person, lower(model).network
        self.clock = clock or Name("time")  # [h]
        self.observed = {o.id for o in model.observables}
        self.names: dict[str, str] = {}
        self.used: set[str] = set()  # parameters that something depends on
        self._taken: set[str] = set()
        self._molecules = dict(self.network.molecules)
        self._definitions = dict(self.network.definitions)
        self._means = dict(self.network.means or self.network.definitions)
        self._processes = {p.id: p.rate for p in self.network.processes}
        self._implicit = {entry.id for entry in self.network.implicit if entry.state is not None}
        self._needed: dict[str, Expression] = {}
        for id in (
            *(v.id for v in self.network.variables),
            *sorted(self._implicit),
            *self.observed,
            *(s.name for s in self.network.slots),
        ):
            self.name(id)

    def name(self, id: str) -> str:
        """Return the name of an id, a new one that no other has where it has none yet."""
        if id not in self.names:
            plain = _NO_NAME.sub("_", id).strip("_")
            plain = plain if plain and not plain[0].isdigit() else f"_{plain}"
            while plain in self._taken or is_word(plain):
                plain += "_"
            self._taken.add(plain)
            self.names[id] = plain
        return self.names[id]

    # ------------------------------------------------------------------------------------ parts
    def state(self, id: str, dimension: Dimension, initial: float) -> Quantity:
        """Return a state; one of equations keeps its unit."""
        unit = _unit_of(self.model, id) or _CANONICAL.get(dimension, "")
        return Quantity(self.name(id), constant(initial), unit)

    def process(self, number: int, process: Process) -> Change:
        """Return a process per hour; two that have one id, as the stages of a division, get two names."""
        factors: dict[str, list[Expression]] = {}
        for id, factor in process.changes:
            factors.setdefault(self.name(id), []).append(self.written(factor))
        changes = tuple((name, plus(*each)) for name, each in factors.items())
        return Change(self.name(process_id(number, process)), self.written(process.rate), changes)

    def event(self, event: Happening) -> Event:
        """Return an event."""
        done = tuple((Name(self.name(id)), self.written(value)) for _, id, value in event.assignments)
        delay, priority = (self.written(e) if e != ZERO else None for e in (event.delay, event.priority))
        return Event(event.id, self.written(event.condition), done, delay, priority, event.manner)

    def condition(self, entry: Implicit) -> Quantity:
        """Return what only a condition determines; where that is linear, any guess will do."""
        unit = _unit_of(self.model, entry.id)
        guess = constant(self.person.states.get(entry.id, 0.0))
        return Quantity(self.name(entry.id), guess, unit, such_that=self.written(entry.residual))

    def demands(self) -> tuple[Demand, ...]:
        """Return what the equations of the model demand."""
        if self.model.equations is None:
            return ()
        scope = BareScope(self.model, Collector())
        held = ((scope.resolve(demand.holds), demand.otherwise) for demand in self.model.equations.demands)
        return tuple(Demand(self.written(holds), otherwise) for holds, otherwise in held if holds is not None)

    def output(self, output: Output, value: Expression) -> Quantity:
        """Return an observable in the unit that it is shown in."""
        unit = units.parse_unit(output.unit or "1")
        factor = units.conversion(output.dimension, unit.dimension, output.substance) / unit.factor
        return Quantity(self.name(output.name), unit=output.unit, value=self.written(times(value, constant(factor))))

    def definitions(self) -> list[Quantity]:
        """Return all definitions that something needs, and what they need in turn."""
        done: dict[str, Quantity] = {}
        while len(done) < len(self._needed):
            for id in [i for i in self._needed if i not in done]:
                done[id] = Quantity(self.name(id), value=self.written(self._needed[id]))
        return list(done.values())

    # -------------------------------------------------------------------------------- expressions
    def written(self, expression: Expression) -> Expression:
        """Return an expression of the network in names."""
        return fold(expression, self._named)

    def _named(self, node: Expression, operands: Sequence[Expression]) -> Expression:
        return self._reference(node) if isinstance(node, Ref) else rebuilt(node, operands)

    def _reference(self, ref: Ref) -> Expression:
        match ref.kind:
            case "state" | "parameter":
                self.used.add(ref.id)
                return Name(self.name(ref.id))
            case "time":
                return self.clock
            case "one":  # where many stand for all, a single one is nothing
                return constant(0.0)
            case "scale":
                return constant(self.person.scales[ref.id])
            case "molecule" if isinstance(self._molecules[ref.id], Ref):
                return self.written(self._molecules[ref.id])
            case _:
                return self._defined(ref)

    def _defined(self, ref: Ref) -> Expression:
        """Return the name of a definition, which then is needed."""
        tables = {"molecule": self._molecules, "mean": self._means, "process": self._processes}
        if ref.id in self._implicit and ref.kind == "definition":
            return Name(self.name(ref.id))
        id = ref.id if ref.kind == "definition" else f"{ref.kind} {ref.id}"
        self._needed[id] = tables.get(ref.kind, self._definitions)[ref.id]
        return Name(self.name(id))
