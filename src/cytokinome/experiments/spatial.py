"""Patients whose cells have places: an experiment on the tissue engine.

A patient is one run in the box of the experiment, keyed by the seed of the cohort and the number of the patient. The
box is the sample: counts are reported of the whole compartment, of which it is a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cytokinome.compiler.lower import lower
from cytokinome.compiler.targets.reference import Program
from cytokinome.compiler.tissue import agents_of
from cytokinome.diagnostics import Collector, Diagnostic, Report
from cytokinome.engines.base import PatientOutcome, Solution, Statistics
from cytokinome.engines.tissue.cells_motion import filling
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_acts import bodies_of
from cytokinome.engines.tissue.coupling_geometry import MOST_CELLS
from cytokinome.engines.tissue.coupling_start import first_cells, without_diffusion
from cytokinome.engines.tissue.space import TYPICAL, Frame, Space
from cytokinome.errors import ExperimentError, ResourceLimit
from cytokinome.experiments import counted
from cytokinome.experiments.read_tissue import EXAMPLE
from cytokinome.experiments.tissue import check_names, geometry_of
from cytokinome.model import populations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.engines.base import Schedule
    from cytokinome.experiments.protocol import Experiment, Tissue
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]

KEPT = 3  # patients of an arm whose snapshots are kept, beside the typical person
GROWTH = 2  # for the estimate of memory: how many times more cells there may be than at the start


class Spatial:
    """A kernel that is carried out in a box: the reference kernel of a model, with its agents.

    Parameters
    ----------
    model : Model
    experiment : Experiment
        Says what the box is, and the seed.

    Raises
    ------
    UnsupportedFeature
        The model has what has no place in a box.
    ExperimentError
        The experiment states no box, or not enough of it for this model.
    """

    method = "ETD2RK"
    is_compiled = False

    def __init__(self, model: Model, experiment: Experiment) -> None:
        self._model, self._agents = model, agents_of(model)  # what has no place in a box is refused first
        tissue = self._tissue = _tissue_of(experiment)
        self._kernel: Kernel = lower(model).kernel
        self.geometry, self.seed = geometry_of(model, tissue), experiment.patients.seed
        molecules = tuple(self._kernel.states[i] for i in self._agents.fields)
        found = Collector()
        check_names(model, tissue, found, ("place", "cells"))
        for name in without_diffusion(self._agents, self.geometry, molecules):
            hint = f"add `diffusion: {{{name}: 100 um^2/s}}` to `tissue:`, or `diffusion:` to the molecule"
            found.error("MISSING_KEY", f"nothing says how fast {name} diffuses", tissue.where, hint=hint)
        found.report().raise_errors(ExperimentError, experiment.id)
        grid = self.geometry.grid
        self.times = tissue.snapshot_times(experiment.times)
        self.frame = Frame(
            molecules,
            tuple(populations.label(model, p) for p in self._agents.populations),
            tuple(dict.fromkeys(name for carried in self._agents.carried for name, _ in carried)),
            grid.shape,
            grid.spacing,
            grid.thickness,
        )
        self._radii = np.array([body.radius for body in bodies_of(self._agents, self.geometry)])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)

    def solve(
        self,
        parameters: Array,
        schedule: Schedule,
        times: Array,
        *,
        select: Sequence[int],
        productions: Array | None,
        first: int,
    ) -> Solution:
        """Simulate patients with these parameters [patient, slot], numbered from `first` on; one run each."""
        times, select = np.asarray(times, dtype=float), list(select)
        values = np.empty((len(parameters), len(times), len(select)))
        space, outcomes, statistics = Space.none(self.frame, self.times), list[PatientOutcome](), Statistics()
        for i, own in enumerate(parameters):
            patient = TYPICAL if first == counted.TYPICAL else first + i + 1
            run = simulate(
                self._model, self.geometry, schedule.for_patients(i, i + 1), times, self.seed, first + i,
                parameters=own, productions=None if productions is None else productions[i], select=select,
                snapshots=self.times.tolist() if patient <= KEPT else (), max_memory=np.inf,
            )  # fmt: skip
            values[i] = run.values
            outcomes.append(run.outcome)
            statistics += run.statistics
            if patient <= KEPT:
                space = space.with_run(patient, run.snapshots, self._radii)
        names = tuple(self._kernel.outputs[i].name for i in select)
        return Solution(times, names, values, tuple(outcomes), statistics, space)

    # --------------------------------------------------------------------------------------------- before the run
    def require_room(self, parameters: Array, experiment: Experiment) -> None:
        """Refuse a box that has no room for the cells of the typical person, or more of them than can be simulated.

        Raises
        ------
        ExperimentError
            There is no room.
        ResourceLimit
            ``TOO_LARGE``.
        """
        cells, tissue, found = self._first_cells(parameters), self._tissue, Collector()
        if len(cells) > MOST_CELLS:
            message = f"there would be more than {MOST_CELLS:,} cells in the box, the most that the tissue engine takes"
            found.error("TOO_LARGE", message, tissue.where, hint="make the box smaller, or place fewer cells")
            found.report().raise_errors(ResourceLimit, experiment.id)
        full = filling(self._radii[cells], self.geometry.size)
        if full > 1.0:
            message = f"{len(cells):,} cells take {full:.3g} times the room that the box has, however they stand"
            found.error("BAD_VALUE", message, tissue.where, hint="make the box larger, or place fewer or smaller cells")
            found.report().raise_errors(ExperimentError, experiment.id)

    def affordable(self, parameters: Array, experiment: Experiment, runs: int, workers: int, max_memory: float) -> int:
        """Return how many runs, at most `workers`, can go on at once in `max_memory` bytes.

        `runs` is the number of those, over all arms, whose snapshots are kept.

        Raises
        ------
        ResourceLimit
            ``TOO_LARGE``: not even one. The snapshots take as much on disk as in memory, but for their compression.
        """
        grid, molecules = self.geometry.grid, len(self.frame.molecules)
        table = GROWTH * len(self._first_cells(parameters)) * len(self.frame.columns)
        kept = 8.0 * runs * len(self.times) * (molecules * grid.voxels + table)
        one = float(grid.memory(molecules))
        if one + kept > max_memory:
            message = (
                f"{grid.voxels:,} voxels x {molecules} molecules need {one / 1e9:.3g} GB, and {len(self.times)} "
                f"snapshots of {runs} runs {kept / 1e9:.3g} GB in memory and on disk, more than the "
                f"{max_memory / 1e9:.3g} GB allowed"
            )
            hint, found = "take a smaller box, larger voxels or fewer snapshots, or allow more memory", Collector()
            found.error("TOO_LARGE", message, self._tissue.where, hint=hint)
            found.report().raise_errors(ResourceLimit, experiment.id)
        return max(1, min(workers, int((max_memory - kept) // one)))

    def _first_cells(self, p: Array) -> NDArray[np.intp]:
        """The population of each cell that there is at the start."""
        volume = Program(self._agents.graph, [self._agents.volume]).at(0.0, np.zeros(len(self._agents.states)), p)[0]
        y = np.asarray(self._kernel.initial(p))
        placed = first_cells(self._model, self._agents, self.geometry, self._kernel, y, float(volume))
        numbers = [n for _, n, _ in placed]
        return np.repeat(np.arange(len(numbers)), numbers)


def _tissue_of(experiment: Experiment) -> Tissue:
    """The box that an experiment states.

    Raises
    ------
    ExperimentError
        It states none.
    """
    if experiment.tissue is not None:
        return experiment.tissue
    message = "the tissue engine needs `tissue:`, the box that the model is put into"
    hint = f"add `{EXAMPLE}` to the experiment"
    report = Report((Diagnostic("MISSING_KEY", message, where=experiment.where, hint=hint),))
    raise ExperimentError(f"{experiment.id}: 1 fault\n\n{report.render()}", report)
