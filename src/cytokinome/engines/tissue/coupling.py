"""The tissue engine, reference: cells as agents, molecules as fields, one run after the other.

Time goes in steps of the geometry's `step`, cut where the schedule does something; the output grid cuts nothing. In a
step molecules move amid cells that stand still, in as many smaller steps as their error asks for; then events happen,
cells enter, and all move. What lies between two steps is read off the line between them for concentrations, and is
that of the earlier step for cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng
from cytokinome.compiler.lower import compile_model
from cytokinome.compiler.tissue import agents_of
from cytokinome.engines.base import Action, Failure, Outcome, PatientOutcome, Schedule, Statistics, slack
from cytokinome.engines.tissue import coupling_acts as acts
from cytokinome.engines.tissue import coupling_motion as motion
from cytokinome.engines.tissue.coupling_geometry import MOST_CELLS
from cytokinome.engines.tissue.coupling_rates import Around, Programs, felt_by_all
from cytokinome.engines.tissue.coupling_start import Start, begin, whole
from cytokinome.engines.tissue.fields import MEMORY
from cytokinome.engines.tissue.fields_exchange import Sites, order_for
from cytokinome.engines.tissue.fields_steps import State, Tolerance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from cytokinome.engines.base import Entry
    from cytokinome.engines.tissue.cells import Cells
    from cytokinome.engines.tissue.coupling_geometry import Geometry
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]

OF_THE_MEAN_FIELD = ("rate(", "n(", "H(")  # outputs that are functions of means, which single cells do not follow


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at one time: cells, and fields [field, *shape] in pM."""

    time: float
    cells: Cells
    populations: tuple[str, ...]
    molecules: tuple[str, ...]
    fields: Array


@dataclass(frozen=True, slots=True)
class TissueSolution:
    """One run.

    Attributes
    ----------
    times : array [time]
        [h].
    outputs : tuple of str
        The names that the other engines have. Counts are those of the whole, of which the box is a sample.
    values : array [time, output]
        Canonical; NaN throughout after a failure. Concentrations are means over the box.
    outcome : PatientOutcome
    snapshots : tuple of Snapshot
    statistics : Statistics
    """

    times: Array
    outputs: tuple[str, ...]
    values: Array
    outcome: PatientOutcome
    snapshots: tuple[Snapshot, ...] = ()
    statistics: Statistics = field(default_factory=Statistics)

    def of(self, output: str) -> Array:
        """Return the course of one output."""
        return self.values[:, self.outputs.index(output)]


def simulate(
    model: Model,
    geometry: Geometry,
    schedule: Schedule,
    times: Array,
    seed: int = 0,
    run: int = 0,
    *,
    parameters: Array | None = None,
    productions: Array | None = None,
    select: Sequence[int] | None = None,
    snapshots: Sequence[float] = (),
    max_memory: float = MEMORY,
) -> TissueSolution:
    """Simulate one run of a model in space.

    Parameters
    ----------
    model : Model
        Checked.
    geometry : Geometry
    schedule : Schedule
        For one patient. Doses of molecules, infusions, parameters, and cells added or taken away.
    times : array [time]
        Increasing [h].
    seed, run : int
        Which random numbers.
    parameters : array [parameter], optional
        Of the kernel; those of a typical person by default.
    productions : array [baseline], optional
        [pM/h]; by default those that hold the baselines.
    select : sequence of int, optional
        Which outputs of the kernel; by default all that have a meaning for single cells.
    snapshots : sequence of float
        Times [h] of which everything is kept, at the end of the step that reaches them.
    max_memory : float
        Bytes that the fields may take.

    Returns
    -------
    TissueSolution
        A run that fails is NaN throughout, with an outcome; snapshots taken before are kept.

    Raises
    ------
    UnsupportedFeature
        The model has what the tissue cannot honour.
    ResourceLimit
        The box has too many voxels.
    ValueError
        The geometry does not fit the model.
    """
    begun = perf_counter()
    times = np.asarray(times, dtype=float)
    kernel, agents, wanted = compile_model(model), agents_of(model), sorted(snapshots)
    geometry.grid.require_memory(len(agents.fields), max_memory)
    if select is None:
        select = [i for i, o in enumerate(kernel.outputs) if not o.name.startswith(OF_THE_MEAN_FIELD)]
    values, kept, done = np.full((len(times), len(select)), np.nan), list[Snapshot](), 0
    outcome, steps = Outcome.COMPLETED.of(float(times[-1])), 0
    try:
        with np.errstate(all="ignore"):
            start = begin(model, agents, geometry, kernel, parameters, (seed, run), productions)
            course = _Course(start, schedule, float(times[0]), float(times[-1]))
            for moment in course.moments():
                while wanted and wanted[0] <= moment.end + slack(moment.end):
                    kept.append(course.snapshot(moment.end))
                    wanted.pop(0)
                is_last = moment.end >= float(times[-1]) - slack(moment.end)
                upto = len(times) if is_last else int(np.searchsorted(times, moment.end - slack(moment.end)))
                for row in range(done, upto):
                    states, p = moment.at(float(times[row]))
                    values[row] = kernel.observe(times[row : row + 1], states[:, None], p, select)[:, 0]
                done, steps = max(done, upto), course.steps
    except Failure as failure:
        outcome = failure.outcome
        values.fill(np.nan)
    statistics = Statistics(steps=steps, seconds=perf_counter() - begun)
    return TissueSolution(
        times, tuple(kernel.outputs[i].name for i in select), values, outcome, tuple(kept), statistics
    )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One step: the states of the whole before it, where it leads, and after what the schedule does at its end."""

    begin: float
    end: float
    before: Array
    reached: Array
    after: Array
    molecules: list[int]
    parameters: tuple[Array, Array]  # during the step, and at its end

    def at(self, time: float) -> tuple[Array, Array]:
        """Return the states and the parameters at a time within."""
        if time >= self.end - slack(self.end):
            return self.after, self.parameters[1]
        part = (time - self.begin) / (self.end - self.begin)
        states = self.before.copy()
        change = self.reached[self.molecules] - self.before[self.molecules]
        states[self.molecules] += min(max(part, 0.0), 1.0) * change
        return states, self.parameters[0]


class _Course:
    """A run while it goes on."""

    def __init__(self, start: Start, schedule: Schedule, first: float, last: float) -> None:
        self.start, self.agents, self.geometry, self.grid = start, start.agents, start.geometry, start.geometry.grid
        self.first, self.last, (self.seed, self.run) = first, last, start.key
        self.programs = Programs(self.agents)
        self.p, self.cells, self.fields = start.parameters, start.cells, start.fields
        self.adhesion = motion.adhesion_of(self.agents, self.p)
        self.groups = [g for g in schedule.groups() if g[0] <= last + slack(last)]
        largest = max((b.radius for b in acts.bodies_of(self.agents, self.geometry)), default=1.0)
        self.order = order_for(largest, self.grid)
        self.infused = np.zeros(len(self.agents.fields))
        self.stepper, self.diffusion = start.stepping(self.p), start.diffusion(self.p)
        self.steps, self.halvings, self.step = 0, 0, 0

    # ---------------------------------------------------------------------------------------------- time
    def moments(self) -> Iterator[_Stretch]:
        """Yield every step of the run; the first is of no length."""
        self._obey(self.first)
        states = self.whole()
        yield _Stretch(self.first, self.first, states, states, states, list(self.agents.fields), (self.p, self.p))
        for begin_, end in self._steps():
            before, p = self.whole(), self.p
            self._advance(begin_, end - begin_)
            reached = self.whole()
            self._obey(end)
            yield _Stretch(begin_, end, before, reached, self.whole(), list(self.agents.fields), (p, self.p))

    def _steps(self) -> Iterator[tuple[float, float]]:
        dt = self.geometry.step
        count = int(np.ceil((self.last - self.first) / dt - 1e-9))
        ticks = [self.first + i * dt for i in range(1, count + 1)]
        doses = [time for time, _ in self.groups if time > self.first]
        at = self.first
        for time in sorted([*ticks, *doses]):
            if time > at + slack(time):
                yield at, time
                at = time

    def _advance(self, t: float, span: float) -> None:
        """Go on by one step."""
        self.step += 1
        moment = acts.Moment(t + span, span, self.seed, self.run, self.step)
        around = self._around()
        state = State(self.fields, around.inside())
        tolerance = Tolerance(self.start.names, self.start.scales, self.geometry.rtol, around.groups(self.start.sizes))
        state, taken, self.halvings = self.stepper.advance(t, state, around, span, tolerance, self.halvings)
        self.steps += taken
        self.fields = state.fields
        felt = felt_by_all(around, moment.time, state.fields, state.inside)
        happened = acts.happen(around, self.geometry, moment, felt, state.inside, self.start.volume)
        for molecule, members, amounts in happened.releases:
            given = np.zeros(len(around.cells))
            given[members] = amounts
            self.fields[molecule] += around.sites.give(given)
        share = self.grid.volume / self.start.volume
        self.cells = acts.entered(around, self.programs, self.geometry, moment, happened.cells, self.fields, share)
        if len(self.cells) > MOST_CELLS:
            newest = self.start.labels[self.cells.populations[-1]]
            raise Failure(Outcome.TOO_MANY_CELLS.of(moment.time, newest, MOST_CELLS))
        self._move(moment)

    def _move(self, moment: acts.Moment) -> None:
        around = self._around()
        inside = around.inside()
        felt = felt_by_all(around, moment.time, self.fields, inside)
        self.cells = motion.moved(around, self.geometry, moment, felt, inside, self.fields, self.adhesion)

    # --------------------------------------------------------------------------------------------- states
    def _around(self) -> Around:
        sites = Sites.of(self.cells.places, self.grid, self.order)
        radii = np.array([b.radius for b in acts.bodies_of(self.agents, self.geometry)])[self.cells.populations]
        resistance = np.reshape([sites.resistance(d, radii) for d in self.diffusion], (len(self.diffusion), len(radii)))
        return Around(self.programs, self.p, self.whole(), self.cells, sites, resistance, self.infused)

    def whole(self) -> Array:
        """Return the states of the kernel that the box stands for."""
        return self.start.whole(self.cells, self.fields)

    def snapshot(self, time: float) -> Snapshot:
        """Return everything as it is."""
        return Snapshot(time, self.cells, self.start.labels, self.start.names, self.fields.copy())

    # ------------------------------------------------------------------------------------------- schedule
    def _obey(self, time: float) -> None:
        """Carry out what the schedule says by now."""
        while self.groups and self.groups[0][0] <= time + slack(time):
            for number, entry in enumerate(self.groups.pop(0)[1]):
                self._carry_out(entry, number)

    def _carry_out(self, entry: Entry, number: int) -> None:
        value = float(entry.value[0])
        if entry.action is Action.PARAMETER:
            self.p = self.p.copy()
            self.p[entry.slot] = value
            self.stepper, self.diffusion = self.start.stepping(self.p), self.start.diffusion(self.p)
            self.adhesion = motion.adhesion_of(self.agents, self.p)
        elif entry.slot in self.agents.fields:
            self._dose(self.agents.fields.index(entry.slot), entry.action, value)
        elif self.start.kernel.states[entry.slot] in self.start.labels:
            self._recount(self.start.labels.index(self.start.kernel.states[entry.slot]), entry, value, number)
        # totals of what cells carry follow the cells that come and go

    def _dose(self, field: int, action: Action, value: float) -> None:
        """Give a molecule everywhere alike."""
        if action is Action.RATE_ON:
            self.infused[field] += value
        elif action is Action.RATE_OFF:
            self.infused[field] = max(self.infused[field] - value, 0.0)
        elif action is Action.ADD:
            self.fields[field] = np.maximum(self.fields[field] + value, 0.0)
        elif action is Action.SET:
            self.fields[field] = value
        else:
            self.fields[field] *= value

    def _recount(self, population: int, entry: Entry, value: float, number: int) -> None:
        """Add cells anywhere, or take away as many, chosen by chance."""
        here = self.cells.populations == population
        n, share = int(np.count_nonzero(here)), self.grid.volume / self.start.volume
        asked = {Action.ADD: n + value * share, Action.SET: value * share, Action.SCALE: n * value}
        target = whole(asked.get(entry.action, n))
        if target > n:
            self.cells = self.start.settled(self.cells, population, target - n, self.step, time=entry.time)
        elif target < n:
            key = {"run": self.run, "entity": self.cells.ids, "step": self.step, "purpose": "tissue:taken"}
            order = np.where(here, rng.uniform(self.seed, **key, lane=number), 2.0)
            taken = np.zeros(len(here), dtype=bool)
            taken[np.argsort(order, kind="stable")[: n - target]] = True
            self.cells = self.cells.keep(~taken)
