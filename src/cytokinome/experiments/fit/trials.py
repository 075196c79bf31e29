"""The arms of a fit, each carried out for many sets of parameters at once: a set is a patient on the lanes.

The person is the typical one; what differs between the patients of a cohort is only what the fit searches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cytokinome.diagnostics import Collector
from cytokinome.engines.ode import choose
from cytokinome.errors import ExperimentError
from cytokinome.experiments import cohort
from cytokinome.experiments.assemble import factor_of, output_name
from cytokinome.experiments.prepare import prepare, rest, schedule_of
from cytokinome.experiments.quantities import Quantities, evaluate, named
from cytokinome.experiments.study import with_patients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.experiments.fit.axes import Axis
    from cytokinome.experiments.fit.taken import Taken
    from cytokinome.experiments.prepare import PreparedArm
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.experiments.study import Study
    from cytokinome.model.components import Model
    from cytokinome.model.expressions import Expression

    Array = NDArray[np.float64]

RTOL = 1e-8  # differences between neighbours are taken, so errors must be far below the steps between them
ATOL = 1e-12  # of the scale of a state: logarithms are compared, and small numbers count as much as large ones


@dataclass(frozen=True, slots=True)
class People:
    """How parameters of a fit become those of patients for one kernel: `free` holds pairs of axis and slot."""

    kernel: Kernel
    base: Array  # [slot], the typical person as the model has it
    free: tuple[tuple[int, int], ...]
    set_by_arm: tuple[tuple[int, Expression], ...]

    def rows(self, x: Array) -> Array:
        """Return the parameters [set, slot] for `x` [set, axis]."""
        rows = np.tile(self.base, (len(x), 1))
        for axis, slot in self.free:
            rows[:, slot] = np.exp(x[:, axis])
        fixed = {self.kernel.parameters[slot].name for _, slot in self.free}
        rows = self._completed(rows, frozenset(fixed))
        stated = {slot: evaluate(value, named(self.kernel, rows)) for slot, value in self.set_by_arm}
        for slot, value in stated.items():
            rows[:, slot] = value
        fixed |= {self.kernel.parameters[slot].name for slot in stated}
        return self._completed(rows, frozenset(fixed)) if stated else rows

    def _completed(self, rows: Array, fixed: frozenset[str]) -> Array:
        return np.array([self.kernel.complete(row, fixed) for row in rows], dtype=float).reshape(rows.shape)


@dataclass(frozen=True, slots=True)
class Trial:
    """One arm with what was measured in it.

    Parameters
    ----------
    index : int
        Of the experiment in the fit.
    item : PreparedArm
    experiment : Experiment
    people : People
    intact : People or None
        Those of the model without the arm's knock-outs, whose productions its patients keep.
    names : tuple of str
        What is measured in the experiment, and exists in this arm.
    times : array [time]
        Hours at which something was measured, after the start.
    at : array [value, 2] of int
        Place of each value among `times` and `names`.
    """

    index: int
    item: PreparedArm
    experiment: Experiment
    people: People
    intact: People | None
    names: tuple[str, ...]
    times: Array
    at: NDArray[np.intp]
    chunk: ClassVar[int] = 256  # sets on the lanes at once

    @property
    def acting(self) -> frozenset[int]:
        """The axes that this arm feels."""
        return frozenset(axis for axis, _ in self.people.free)

    def curves(self, x: Array, times: Array | None = None, rtol: float = RTOL) -> Array:
        """Return curves [set, time, name] in the units of the experiment; NaN where a run failed."""
        kernel, found = self.item.kernel, Collector()
        rows = self.people.rows(x)
        schedule = schedule_of(self.item, self.experiment, rows, 0, found, is_typical=True)
        if found.has_errors:  # an expression of a dose, say, is negative for some of the sets
            return np.full((len(x), len(self.times if times is None else times), len(self.names)), np.nan)
        productions = None
        if self.intact is not None:
            slots = [slot.name for slot in self.intact.kernel.parameters]
            wanted = [slots.index(kernel.parameters[slot].name) for slot, _ in kernel.baselines]
            productions, _ = rest(self.intact.kernel, self.intact.rows(x), wanted)
        select, factors = self._outputs()
        solve: Any = choose.solver(
            kernel, anywhere=True
        )  # each of them takes the factor, which runs have no need to set
        grid = self.times if times is None else times
        solution = solve(
            kernel, rows, schedule, grid, select=select, rtol=rtol, atol_factor=ATOL, productions=productions
        )
        return solution.values * factors

    def values(self, x: Array) -> Array:
        """Return what the model has where something was measured, [set, value]."""
        return self.curves(x)[:, self.at[:, 0], self.at[:, 1]]

    def _outputs(self) -> tuple[list[int], Array]:
        units = {m.name: m.unit for m in self.experiment.measure}
        have = [output.name for output in self.item.kernel.outputs]
        select = [have.index(output_name(name, have) or "") for name in self.names]
        pairs = zip(select, self.names, strict=True)
        return select, np.array([factor_of(self.item.kernel.outputs[i], units[name]) for i, name in pairs])


def prepared_trials(
    studies: Sequence[Study], axes: Sequence[Axis], taken: Sequence[Taken], found: Collector
) -> tuple[tuple[Trial, ...], list[Taken]]:
    """Compile the arms that have data; return them, and the values in their order."""
    trials: list[Trial] = []
    ordered: list[Taken] = []
    for index, study in enumerate(studies):
        own = [value for value in taken if value.index == index]
        measured = {value.arm for value in own}
        alone = with_patients(study, count=1)
        arms = tuple(arm for arm in study.experiment.arms if arm.id in measured)
        experiment = replace(alone.experiment, arms=arms)
        for item in prepare(study.model, experiment) if arms else ():
            values = [value for value in own if value.arm == item.arm.id]
            missing = [value for value in values if value.analyte not in _measured(item, experiment)]
            for value in missing[:1]:
                message = f"the arm {item.arm.id} has no {value.analyte}, which was measured in it"
                found.error("BAD_FIT", message, value.where, hint="leave the analyte out with `analytes:`")
            if not missing:
                trials.append(trial_of(index, item, experiment, study.model, axes, values))
                ordered += values
    return tuple(trials), ordered


def trial_of(
    index: int,
    item: PreparedArm,
    experiment: Experiment,
    model: Model,
    axes: Sequence[Axis],
    values: Sequence[Taken] = (),
) -> Trial:
    """Return one arm with what was measured in it, which it must have."""
    names = _measured(item, experiment)
    times = np.unique(np.array([experiment.times.start, *(value.time for value in values)]))
    places = [(np.searchsorted(times, v.time), names.index(v.analyte)) for v in values]
    at = np.array(places, dtype=np.intp).reshape(len(values), 2)
    intact = None
    if item.intact is not None:
        intact = _people(item.intact[1], item.intact[0], item, experiment, axes)
    people = _people(item.kernel, item.model, item, experiment, axes)
    return Trial(index, item, experiment, people, intact, names, times, at)


def _measured(item: PreparedArm, experiment: Experiment) -> tuple[str, ...]:
    """What the experiment measures, and exists in this arm."""
    have = [output.name for output in item.kernel.outputs]
    return tuple(m.name for m in experiment.measure if output_name(m.name, have) is not None)


def _people(kernel: Kernel, model: Model, item: PreparedArm, experiment: Experiment, axes: Sequence[Axis]) -> People:
    found = Collector()
    base = cohort.typical(kernel, model, experiment.patients, found)
    slots = {slot.name: i for i, slot in enumerate(kernel.parameters)}
    quantities = Quantities(model, found)
    own = [(name, quantities.parameter(name, e, name)) for name, e in item.arm.parameters if name in slots]
    found.report().raise_errors(ExperimentError, experiment.id)
    stated = {name for name, _ in own}
    free = [(i, slots[a.name]) for i, a in enumerate(axes) if a.name in slots and a.name not in stated]
    return People(kernel, base, tuple(free), tuple((slots[name], e) for name, e in own if e is not None))
