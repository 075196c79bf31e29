"""Patients whose cells, or cells and molecules, are counted: an experiment on a stochastic engine.

The exact engine counts everything; the hybrid counts cells, and lets molecules flow between their jumps. A patient is
one run, keyed by the seed of the cohort and the number of the patient. Where an experiment states `sample: 1 uL`, that
much of the compartment with the cells is simulated, and its share of all others. Concentrations do not depend on
it, their fluctuations do.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from cytokinome.compiler.hybrid import compile_hybrid, hybrid_of
from cytokinome.compiler.jumps import Jumps, jumps_of
from cytokinome.compiler.lower import lower
from cytokinome.compiler.targets.reference import Program
from cytokinome.diagnostics import Diagnostic, Report
from cytokinome.engines.base import Action, Failure, Solution
from cytokinome.engines.ode import choose
from cytokinome.engines.ode.start import initialise
from cytokinome.engines.stochastic.runs import Runs, suits_lanes
from cytokinome.errors import ExperimentError, ResourceLimit
from cytokinome.model import scope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.base import PatientOutcome, Schedule
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]

TYPICAL = 2**63  # the number of the typical person: no patient's
MOST_EVENTS = 1e10  # of one person, as expected at the start: beyond it a run would take hours


class Counted:
    """A kernel that is carried out by counting: the reference kernel of a model, with its jumps.

    Parameters
    ----------
    model : Model
    experiment : Experiment
        Says what is sampled, and the seed.
    target : str
        One of `compiler.lower.TARGETS`.
    method : str
        ``direct``: one event after the other; ``hybrid``: events of cells alone.

    Raises
    ------
    UnsupportedFeature
        The model has what is not counted.
    ExperimentError
        It is unclear what the sample is taken from.
    """

    def __init__(self, model: Model, experiment: Experiment, target: str, method: str) -> None:
        if method == "direct":
            jumps_of(model)  # what is not counted is refused first
        else:
            hybrid_of(model)
        self.method = method
        self._kernel = lower(model).kernel  # reads all times of a run at once, which suits outputs
        self._target, self._model, self.seed = target, model, experiment.patients.seed
        self.fraction = _fraction(model, self._kernel, experiment)
        self._jumps: dict[tuple[int, ...], Jumps] = {}
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)

    @property
    def is_compiled(self) -> bool:
        """Whether runs are carried out by machine code."""
        if self.method == "hybrid":
            return choose.has_lanes(self.flowing)
        return self._target == "llvm" and suits_lanes(self._kernel, self.jumps(()))

    def jumps(self, infused: tuple[int, ...]) -> Jumps:
        """Return the jumps, with infusions into these states."""
        with self._lock:
            if infused not in self._jumps:
                self._jumps[infused] = jumps_of(self._model, sample=self.fraction, infused=infused)
            return self._jumps[infused]

    def solve(
        self,
        parameters: Array,
        schedule: Schedule,
        times: Array,
        *,
        select: Sequence[int],
        rtol: float,
        productions: Array | None,
        first: int,
        should_stop: Callable[[], bool] | None,
    ) -> Solution:
        """Simulate patients with these parameters [patient, slot], numbered from `first` on; one run each."""
        starts, p, failed = self._starts(parameters, productions)
        times = np.asarray(times, dtype=float)
        if self.method == "hybrid":
            given = np.hstack([p, starts, np.zeros((len(p), 3))])  # the last are drawn
            keys = [(self.seed, 0, first + i) for i in range(len(p))]
            solution = choose.solver(self.flowing)(
                self.flowing, given, schedule, times, select=select, rtol=rtol,
                keys=np.array(keys, dtype=np.uint64), should_stop=should_stop,
            )  # fmt: skip
            return _without(failed, solution)
        infused = tuple(sorted({e.slot for e in schedule.entries if e.action is Action.RATE_ON}))
        runs = Runs(
            self.jumps(infused), self._kernel, p, schedule, times, tuple(select),
            seed=self.seed, first_patient=first, starts=starts,
        )  # fmt: skip
        if self.is_compiled:
            from cytokinome.engines.stochastic import lanes  # loads numba: only for those who ask

            solution = lanes.solve(runs, should_stop=should_stop).solution
        else:
            from cytokinome.engines.stochastic import reference

            solution = reference.solve(runs, should_stop=should_stop).solution
        return _without(failed, solution)

    @cached_property
    def flowing(self) -> Kernel:
        """The kernel of the hybrid."""
        return compile_hybrid(self._model, self.fraction, self._target)

    def _starts(self, parameters: Array, productions: Array | None) -> tuple[Array, Array, dict[int, PatientOutcome]]:
        """Where patients begin [patient, state], their parameters with productions, and who cannot begin, and why."""
        starts, p = np.zeros((len(parameters), len(self._kernel.states))), np.array(parameters)
        failed: dict[int, PatientOutcome] = {}
        for i, own in enumerate(parameters):
            try:
                starts[i], p[i] = initialise(self._kernel, own, None if productions is None else productions[i])
            except Failure as failure:
                failed[i] = failure.outcome
        return starts, p, failed

    def require_few_events(self, parameters: Array, span: float, experiment: Experiment) -> None:
        """Refuse a run of so many hours that would not end.

        Raises
        ------
        ResourceLimit
            ``TOO_LARGE``: at the start the typical person would have more than `MOST_EVENTS`.
        """
        if self.method == "hybrid":
            return
        jumps, (starts, p, failed) = self.jumps(()), self._starts(parameters[None], None)
        if failed:
            return
        counts = np.rint(starts[0] / np.array(Program(jumps.graph, jumps.grains).at(0.0, starts[0], p[0])))
        hazards = Program(jumps.graph, [jump.hazard for jump in jumps.jumps]).at(0.0, counts, p[0])
        events = float(np.nansum(hazards)) * span
        if events > MOST_EVENTS:
            message = f"at the start there would be {events / span:.3g} events an hour, {events:.2g} in {span:g} h"
            hint = "state a small `sample:`, such as 1 nL, or use --engine ode"
            report = Report((Diagnostic("TOO_LARGE", message, where=experiment.where, hint=hint),))
            raise ResourceLimit(f"{experiment.id}: 1 fault\n\n{report.render()}", report)


def _without(failed: dict[int, PatientOutcome], solution: Solution) -> Solution:
    """A solution in which those who could not begin are marked."""
    outcomes = tuple(failed.get(i, outcome) for i, outcome in enumerate(solution.outcomes))
    solution.values[list(failed)] = np.nan
    return replace(solution, outcomes=outcomes)


def _fraction(model: Model, kernel: Kernel, experiment: Experiment) -> float:
    """The part of everything that is simulated: of the compartment that holds the cells, or of the only one."""
    if experiment.sample is None:
        return 1.0
    with_cells = {place for cell in model.cells for place in cell.compartments}
    places = with_cells if len(with_cells) == 1 else {compartment.id for compartment in model.compartments}
    volumes = _volumes(model, kernel)
    place = next(iter(places)) if len(places) == 1 else None
    if place is None or place not in volumes:
        message = "it is unclear which compartment the sample is taken from: cells, and molecules, are in several"
        hint = "the sample needs one compartment with cells, or one compartment, that has molecules"
        report = Report((Diagnostic("UNSUPPORTED_FEATURE", message, where=experiment.where, hint=hint),))
        raise ExperimentError(f"{experiment.id}: 1 fault\n\n{report.render()}", report)
    return experiment.sample / volumes[place]


def _volumes(model: Model, kernel: Kernel) -> dict[str, float]:
    """The volume [L] of compartments that have molecules, for the typical person."""
    p, found = kernel.defaults(), dict[str, float]()
    kinds = {variable.id: variable.kind for variable in lower(model).network.variables}
    for molecule in model.molecules:
        for place in molecule.compartments:
            state = scope.molecule_state(model, molecule.id, place)
            if kinds.get(state) == "molecule":
                found[place] = kernel.volume(kernel.states.index(state), p)
    return found
