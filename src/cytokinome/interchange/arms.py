"""One arm of an experiment as a model of equations: what is done to the typical person becomes events.

A dose sets a quantity at its time, an infusion switches a flow on and off, a change, a block and a wash-out set what
they set. Whoever runs the equations finds what the arm of the experiment finds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.compiler.flatten import Flat, Person
from cytokinome.compiler.lower import lower
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.engines.base import Action, Failure
from cytokinome.engines.ode.start import initialise
from cytokinome.errors import ExperimentError, SimulationError, UnsupportedFeature
from cytokinome.experiments import prepare
from cytokinome.experiments.outcomes import code_of
from cytokinome.model import quantities
from cytokinome.model.components import Change, Event, Manner, Quantity
from cytokinome.model.dimensions import constant
from cytokinome.model.expressions import Binary, Call, Expression, Name, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.base import Entry, Schedule
    from cytokinome.experiments.protocol import Arm
    from cytokinome.experiments.study import Study
    from cytokinome.model.components import Equations, Model

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Treated:
    """The typical person of an arm, before anything is done, and what will be done.

    `overrides` are the canonical values that the arm gives to parameters; `start` is the time of the first point [h].
    """

    arm: Arm
    model: Model
    kernel: Kernel
    person: Person
    overrides: dict[str, float]
    schedule: Schedule
    start: float


def treated(study: Study, id: str) -> Treated:
    """Return the typical person of an arm of a study.

    Raises
    ------
    ExperimentError
        There is no such arm, or the arm does not fit the model.
    UnsupportedFeature
        The experiment is one in space.
    SimulationError
        The typical person has no start.
    """
    arm, experiment = _arm(study, id), study.experiment
    if experiment.engine == "tissue":
        message = f"{experiment.id} is an experiment in space, and equations know no space"
        raise _refused(message, "export its model without an arm: the mean field of its sentences")
    alone = replace(experiment, arms=(arm,))
    item = prepare.prepare(study.model, alone, lambda model: lower(model).kernel)[0]
    found, kernel = Collector(), item.kernel
    parameters = prepare.typical_parameters(item, experiment.patients, found)
    schedule = prepare.schedule_of(item, alone, parameters, 0, found, is_typical=True)
    productions, _ = prepare.productions_of(item, experiment.patients, found, 0, 1, is_typical=True)
    found.report().raise_errors(ExperimentError, experiment.id)
    person = _at_rest(kernel, parameters[0], None if productions is None else productions[0])
    return Treated(arm, item.model, kernel, person, item.overrides, schedule, experiment.times.start)


def typical(model: Model) -> Person:
    """Return the typical person of a model, at rest.

    Raises
    ------
    SimulationError
        There is no such person.
    """
    kernel = lower(model).kernel
    return _at_rest(kernel, kernel.complete(kernel.defaults()), None)


def _at_rest(kernel: Kernel, parameters: Array, productions: Array | None) -> Person:
    try:
        return Person.of(kernel, *initialise(kernel, parameters, productions))
    except Failure as failure:
        found = Collector()
        found.error(code_of(failure.outcome), f"the typical person has no start: {failure.outcome.sentence}")
        raise SimulationError(found.report().render(), found.report()) from failure


def _arm(study: Study, id: str) -> Arm:
    arm = study.experiment.arm(id)
    if arm is None:
        known, found = [a.id for a in study.experiment.arms], Collector()
        hint = did_you_mean(id, known) or f"its arms: {', '.join(known)}"
        found.error("UNKNOWN_NAME", f"{study.experiment.id} has no arm {id!r}", hint=hint)
        raise ExperimentError(found.report().render(), found.report())
    return arm


def _refused(message: str, hint: str) -> UnsupportedFeature:
    found = Collector()
    found.error("UNSUPPORTED_FEATURE", message, hint=hint)
    return UnsupportedFeature(found.report().render(), found.report())


# -------------------------------------------------------------------------------------------------- as equations
def with_arm(flat: Flat, whom: Treated) -> Flat:
    """Return the equations of a person with what the arm does as events.

    Raises
    ------
    UnsupportedFeature
        The equations look at the clock, and the experiment does not begin at zero.
    """
    equations = flat.model.equations
    if equations is None:
        raise ValueError(f"{flat.model.id} has no equations")
    if whom.start and any(e == Name("time") for written in quantities.expressions(equations) for e in walk(written)):
        message = f"{flat.model.id} depends on the time, and the experiment begins at {whom.start:g} h"
        raise _refused(message, "an exported file begins at zero; state the times of the experiment from there")
    work = _Events(flat, whom, equations)
    for number, (time, entries) in enumerate(whom.schedule.groups(), 1):
        work.happen(number, time, entries)
    given = {flat.names[id]: constant(value) for id, value in whom.overrides.items() if id in flat.names}
    parameters = [replace(p, value=given.get(p.id, p.value)) for p in flat.model.parameters]
    moved = tuple(Quantity(p.id, p.value, note=p.note) for p in parameters if p.id in work.moved)
    changed = replace(
        equations,
        quantities=(*equations.quantities, *moved, *work.flows.values()),
        processes=(*equations.processes, *work.processes),
        events=(*equations.events, *work.events),
    )
    kept = tuple(p for p in parameters if p.id not in work.moved)
    title = f"{flat.model.title or flat.model.id}, arm {whom.arm.id}"
    return replace(flat, model=replace(flat.model, title=title, parameters=kept, equations=changed))


class _Events:
    """The events of a schedule, with the flows that they switch and the parameters that they set."""

    def __init__(self, flat: Flat, whom: Treated, equations: Equations) -> None:
        self.flat, self.whom, self.equations = flat, whom, equations
        self.hours = quantities.unit_of_time(equations)
        self.states = [flat.names[state] for state in whom.kernel.states]
        self.slots = [flat.names.get(slot.name, "") for slot in whom.kernel.parameters]
        self.parameters = {p.id for p in flat.model.parameters}
        self.known = self.parameters | {q.id for q in equations.quantities} | {p.id for p in equations.processes}
        self.moved: set[str] = set()
        self.flows: dict[str, Quantity] = {}  # by the state that they run into
        self.running: dict[str, list[float]] = {}
        self.processes: list[Change] = []
        self.events: list[Event] = []

    def happen(self, number: int, time: float, entries: Iterable[Entry]) -> None:
        """Add the event of one time [h]; what comes later acts on what came before."""
        done: dict[str, Expression] = {}
        for entry in entries:
            value = float(entry.value[0])
            if entry.action is Action.PARAMETER:
                self._set(self.slots[entry.slot], value, done)
            elif entry.action in (Action.RATE_ON, Action.RATE_OFF):
                self._switch(self.states[entry.slot], value, done, is_on=entry.action is Action.RATE_ON)
            else:
                name = self.states[entry.slot]
                done[name] = _after(entry.action, done.get(name, Name(name)), value)
        since = (time - self.whom.start) / self.hours
        if done:
            condition = Binary(">=", Name("time"), constant(since))
            assignments = tuple((Name(name), value) for name, value in done.items())
            manner = Manner(fires_from_start=since <= 0)
            self.events.append(Event(f"{self.whom.arm.id}-{number}", condition, assignments, manner=manner))

    def _set(self, name: str, value: float, done: dict[str, Expression]) -> None:
        """Set a parameter, where anything depends on it."""
        if name in self.parameters:
            self.moved.add(name)
        if name in self.known:
            done[name] = constant(value)

    def _switch(self, state: str, rate: float, done: dict[str, Expression], *, is_on: bool) -> None:
        """Begin or end a flow of so much per hour into a state."""
        running = self.running.setdefault(state, [])
        running.append(rate) if is_on else running.remove(rate)
        flow = self.flows.get(state) or self._flow(state)
        done[flow.id] = constant(sum(running) * self.hours)

    def _flow(self, state: str) -> Quantity:
        record = self.equations.quantity(state)
        unit = f"{record.unit}/{self.equations.time}" if record and record.unit else ""
        flow = Quantity(self._fresh(f"flow_of_{state}"), constant(0.0), unit, note=f"infusion into {state}")
        self.flows[state] = flow
        process = self._fresh(f"infusion_of_{state}")
        self.processes.append(Change(process, Name(flow.id), ((state, constant(1.0)),)))
        return flow

    def _fresh(self, name: str) -> str:
        while name in self.known:
            name += "_"
        self.known.add(name)
        return name


def _after(action: Action, now: Expression, value: float) -> Expression:
    """Return what a state is after an entry of a schedule; what is taken away leaves at least nothing."""
    match action:
        case Action.SET:
            return constant(value)
        case Action.SCALE:
            return Binary("*", constant(value), now)
        case Action.ADD if value >= 0:
            return Binary("+", now, constant(value))
        case Action.ADD:
            return Call("max", (Binary("+", now, constant(value)), constant(0.0)))
        case _:
            raise ValueError(f"{action} does not act on a state at once")
