"""What is known before the first patient runs: arms with their models, kernels and doses, and typical persons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.diagnostics import Collector, Report
from cytokinome.engines.base import PatientOutcome, Schedule, Solution
from cytokinome.engines.ode import choose
from cytokinome.errors import ExperimentError, SimulationError
from cytokinome.experiments import cohort
from cytokinome.experiments.counted import TYPICAL
from cytokinome.experiments.interventions import intervene, is_blockable
from cytokinome.experiments.outcomes import check_rest
from cytokinome.experiments.schedule import arm_values, build_schedule, check_arm
from cytokinome.experiments.solvers import solve
from cytokinome.experiments.tissue import check_tissue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.experiments.protocol import Arm, Experiment, Patients
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]
    Compile = Callable[[Model], Kernel]

TARGET = "llvm"  # what models are compiled for where nobody says otherwise
CHECKED = 10_000  # patients whose doses are computed before the run; those of the others are when their block begins


@dataclass(frozen=True, slots=True)
class PreparedArm:
    """An arm with its intervened model, the kernel of that model, and the values that the arm sets.

    `intact` is the kernel of the model without the arm's knock-outs, where there are any: baseline productions are
    those of the intact person.
    """

    arm: Arm
    model: Model
    kernel: Kernel
    overrides: dict[str, float]
    intact: tuple[Model, Kernel] | None


def check(model: Model, experiment: Experiment) -> Report:
    """Return every fault of an experiment that its model shows before anything is compiled."""
    found = Collector()
    cohort.check_patients(model, experiment.patients, found)
    if experiment.tissue is not None:
        check_tissue(model, experiment.tissue, found)
    for arm, changed in _intervened(model, experiment, found):
        check_arm(changed, arm, experiment.times, found)
    return found.report()


def prepare(model: Model, experiment: Experiment, compile: Compile | None = None) -> tuple[PreparedArm, ...]:
    """Intervene, compile and evaluate the parameters of every arm; arms of one structure share a kernel.

    Raises
    ------
    ExperimentError
        With every fault that can be known before the run.
    SimulationError
        The typical person finds no steady state to start from.
    """
    check(model, experiment).raise_errors(ExperimentError, experiment.id)
    build, found = compile or _compiler(), Collector()
    kernels: dict[Model, Kernel] = {}

    def compiled(changed: Model) -> Kernel:
        if changed not in kernels:
            kernels[changed] = build(changed)
        return kernels[changed]

    prepared: list[PreparedArm] = []
    for arm, changed in _intervened(model, experiment, found):
        kernel = compiled(changed)
        centre = cohort.typical(kernel, changed, experiment.patients, found)
        overrides = arm_values(kernel, changed, arm, centre, found)
        intact = (model, compiled(model)) if arm.knock_out else None
        prepared.append(PreparedArm(arm, changed, kernel, overrides, intact))
    for item in prepared:
        parameters = typical_parameters(item, experiment.patients, found)
        schedule_of(item, experiment, parameters, 0, found, is_typical=True)
        count = min(experiment.patients.count, CHECKED)
        people = cohort.sample(
            item.kernel, item.model, experiment.patients, found, overrides=item.overrides, count=count
        )
        if not found.has_errors:
            schedule_of(item, experiment, people, 0, found)
            if item.intact is None:
                check_rest(item.model, item.kernel, parameters[0], item.arm, found)
    report = found.report()
    is_numerical = bool(report.errors) and all(e.code == "STEADY_STATE_FAILED" for e in report.errors)
    report.raise_errors(SimulationError if is_numerical else ExperimentError, experiment.id)
    return tuple(prepared)


def _intervened(model: Model, experiment: Experiment, found: Collector) -> Iterator[tuple[Arm, Model]]:
    """Each arm with its model. Every arm can block what any arm blocks, so that they share a kernel."""
    blockable = sorted(
        {block.what for arm in experiment.arms for block in arm.block if is_blockable(model, block.what)}
    )
    for arm in experiment.arms:
        yield arm, intervene(model, arm, found, blockable=blockable)


def _compiler() -> Compile:
    from cytokinome.compiler.lower import compile_model

    return partial(compile_model, target=TARGET)


# -------------------------------------------------------------------------------------------------- what patients need
def typical_parameters(item: PreparedArm, patients: Patients, found: Collector) -> Array:
    """Return the parameters of the typical person of an arm, [1, slot]."""
    return cohort.typical(item.kernel, item.model, patients, found, overrides=item.overrides)[None]


def solve_typical(
    item: PreparedArm,
    experiment: Experiment,
    select: Sequence[int],
    *,
    rtol: float,
    blocked: str | None = None,
    times: Array | None = None,
) -> Solution:
    """Simulate the typical person of an arm, on request without the rule `blocked`, which must be blockable.

    The missing rule does not change the baseline productions.
    """
    found = Collector()
    parameters = typical_parameters(item, experiment.patients, found)
    schedule = schedule_of(item, experiment, parameters, 0, found, is_typical=True)
    productions, failed = productions_of(item, experiment.patients, found, 0, 1, is_typical=True)
    if blocked is not None:
        slots = [slot.name for slot in item.kernel.parameters]
        if productions is None and not failed and item.kernel.baselines:
            productions, failed = rest(item.kernel, parameters, [slot for slot, _ in item.kernel.baselines])
        parameters = parameters.copy()
        parameters[:, slots.index(f"block({blocked})")] = 1.0
    grid = experiment.times.grid() if times is None else times
    solution = solve(
        item.kernel, parameters, schedule, grid, select=select, rtol=rtol, productions=productions, first=TYPICAL,
        seed=experiment.patients.seed,
    )  # fmt: skip
    return with_failures(solution, failed)


def schedule_of(
    item: PreparedArm,
    experiment: Experiment,
    parameters: Array,
    first: int,
    found: Collector,
    *,
    is_typical: bool = False,
) -> Schedule:
    """Return the schedule of an arm for the patients `first` …, who have these `parameters` [patient, slot]."""

    def redraw(name: str, centre: Array) -> Array:
        return cohort.redraw(item.model, name, centre, experiment.patients, found, first=first, is_typical=is_typical)

    varied = frozenset[str]() if is_typical else cohort.drawn(item.model, experiment.patients)
    return build_schedule(
        item.kernel,
        item.model,
        item.arm,
        experiment.times,
        parameters,
        found,
        fixed=varied | item.overrides.keys(),
        redraw=redraw,
    )


def productions_of(
    item: PreparedArm, patients: Patients, found: Collector, first: int, count: int, *, is_typical: bool = False
) -> tuple[Array | None, dict[int, PatientOutcome]]:
    """Return baseline productions of the intact patients for the kernel of a knock-out, and who failed to have any."""
    if item.intact is None:
        return None, {}
    model, kernel = item.intact
    overrides = {k: v for k, v in item.overrides.items() if model.parameter(k)}
    if is_typical:
        parameters = cohort.typical(kernel, model, patients, found, overrides=overrides)[None]
    else:
        parameters = cohort.sample(kernel, model, patients, found, overrides=overrides, first=first, count=count)
    slots = {slot.name: index for index, slot in enumerate(kernel.parameters)}
    wanted = [slots[item.kernel.parameters[slot].name] for slot, _ in item.kernel.baselines]
    return rest(kernel, parameters, wanted)


def rest(kernel: Kernel, parameters: Array, wanted: Sequence[int]) -> tuple[Array, dict[int, PatientOutcome]]:
    """Return the slots `wanted` of patients at rest; zeros and an outcome for those who cannot rest."""
    found, failed = choose.at_rest(kernel, parameters)
    values = found[:, list(wanted)]
    values[list(failed)] = 0.0
    return values, failed


def with_failures(solution: Solution, failed: dict[int, PatientOutcome]) -> Solution:
    """Return a solution in which patients are marked whose intact selves could not be started."""
    if not failed:
        return solution
    outcomes = tuple(failed.get(i, outcome) for i, outcome in enumerate(solution.outcomes))
    values = solution.values.copy()
    values[list(failed)] = np.nan
    return replace(solution, values=values, outcomes=outcomes)
