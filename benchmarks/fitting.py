"""What a fit costs: ``python -m benchmarks.fitting FOLDER``, with Boehm's model of the PEtab collection.

A gradient for many starts is one cohort here: the central differences of all starts on lanes. It is held against the
same differences one run after the other in the same process, and whole descents of all starts together against
`scipy.optimize.least_squares` from one start after the other with the same cohort as its Jacobian.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import petab
from benchmarks.collection import add_option
from cytokinome.diagnostics import Collector
from cytokinome.experiments import data, study
from cytokinome.experiments.fit import trials
from cytokinome.experiments.fit.descent import descend
from cytokinome.experiments.fit.estimate import starts as places_to_start
from cytokinome.experiments.fit.likelihood import Objective
from cytokinome.experiments.fit.problem import Problem, pose
from cytokinome.experiments.fit.read import read_fit
from cytokinome.experiments.read import read_experiment
from cytokinome.model.expressions import Number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NAME = "Boehm_JProteomeRes2014"
STARTS = 24
ONE_BY_ONE = 8  # runs that are timed one after the other


def posed(problem: petab.Fit, *, starts: int, seed: int = 1) -> Problem:
    """Return a problem of the collection with one condition and normal noise as a fit of ours, between its bounds.

    Raises
    ------
    ValueError
        If our files cannot say what its tables say.
    """
    tables = problem.tables
    symbols = dict(problem.imported.symbols)
    measured = [row["observableId"] for row in tables.observables]
    if len({row["simulationConditionId"] for row in tables.measurements}) > 1:
        raise ValueError(f"{tables.name} has several conditions")
    stated = problem.patient(tables.measurements[0])
    noises = {row["noiseParameters"] for row in tables.measurements}
    free = [symbols[id].symbol if id in symbols else id for id in tables.estimated if id not in noises]
    stated |= dict.fromkeys(free, 1.0)  # nothing begins where the authors ended
    model = replace(
        problem.model,
        parameters=tuple(
            replace(p, value=Number(repr(stated[p.id]))) if p.id in stated else p for p in problem.model.parameters
        ),
    )
    hours = problem.hours
    end = max(float(row["time"]) for row in tables.measurements) * hours
    experiment = (
        f"experiment: petab\nmodel: petab\ntime: 0 to {end!r} h, every {end / 100!r} h\narms: {{all: {{}}}}\n"
        f"measure: {{{', '.join(f'value_of_{id}: 1' for id in measured)}}}\ncompare: {{data: data.csv}}\n"
    )
    lines = ["arm,time_h,analyte,value,unit"]
    lines += [
        f"all,{float(row['time']) * hours!r},value_of_{row['observableId']},{row['measurement']},1"
        for row in tables.measurements
    ]
    between = ", ".join(f"{id}: {{between: [1e-5, 1e5]}}" for id in free)
    fit = f"fit: petab\nexperiments: [petab]\nparameters: {{{between}}}\nstarts: {starts}\nseed: {seed}\n"
    fit += "error: {in: linear, sd: estimated}\n"
    found = Collector()
    asked, chosen = read_experiment(experiment, "experiment", found), read_fit(fit, "fit", found)
    table = data.parse_table("\n".join(lines) + "\n", "data", found)
    if asked is None or chosen is None or table is None or found.has_errors:
        raise ValueError(found.report().render())
    return pose(chosen, [study.Study(asked, model, {}, table)], {})


def main() -> None:
    """Print what gradients and descents cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fitting", description=__doc__)
    add_option(parser, "folder")
    options = parser.parse_args()
    problem = posed(petab.fit(options.folder / NAME), starts=STARTS)
    objective = Objective(problem)
    x = places_to_start(problem)
    objective.slopes(x[:1])  # compiles
    print(f"{NAME}: {problem.dynamic} parameters, {len(problem.axes)} axes, {len(problem.taken)} values")
    together = _seconds(lambda: objective.slopes(x)) / len(x)
    apart = _seconds(lambda: [objective.curves(x[i : i + 1]) for i in range(ONE_BY_ONE)]) / ONE_BY_ONE
    reference = _seconds(lambda: [_by_reference(problem, x[i : i + 1]) for i in range(ONE_BY_ONE)]) / ONE_BY_ONE
    runs = 2 * problem.dynamic
    print(f"a gradient, {len(x)} starts in one cohort   {1e3 * together:10.2f} ms")
    print(f"a gradient, run after run on lanes     {1e3 * runs * apart:10.2f} ms")
    print(f"a gradient, run after run by reference {1e3 * runs * reference:10.2f} ms")
    begun = perf_counter()
    found = descend(objective, x)
    spent = perf_counter() - begun
    costs = np.sort(found.cost)
    print(f"all {len(x)} descents at once {spent:8.2f} s, {found.rounds} rounds: {_told(costs)}")
    begun = perf_counter()
    costs = np.sort([_least_squares(objective, start) for start in x])
    print(f"least_squares, one by one {perf_counter() - begun:8.2f} s: {_told(costs)}")


def _told(costs: Array) -> str:
    return f"best {costs[0]:.4f}, {int((costs <= costs[0] + 0.05).sum())} starts within 0.05"


def _seconds(call: object) -> float:
    begun = perf_counter()
    call()  # type: ignore[operator]
    return perf_counter() - begun


def _by_reference(problem: Problem, x: Array) -> None:
    """One run of each arm with data by SciPy on the compiled right-hand side."""
    from cytokinome.engines.ode import reference
    from cytokinome.experiments.prepare import schedule_of

    for trial in problem.curves:
        rows = trial.people.rows(x)
        schedule = schedule_of(trial.item, trial.experiment, rows, 0, Collector(), is_typical=True)
        select = list(range(len(trial.names)))
        reference.solve(
            trial.item.kernel, rows, schedule, trial.times, select=select, rtol=trials.RTOL, atol_factor=trials.ATOL
        )


def _least_squares(objective: Objective, start: Array) -> float:
    """What SciPy's trust region makes of one start: residuals with the errors as parameters, log σ as √ of itself."""
    from scipy.optimize import least_squares

    axes = objective.problem.axes
    low, high = np.array([axis.low for axis in axes]), np.array([axis.high for axis in axes])
    measured = np.array([value.value for value in objective.problem.taken])
    offset = 2 * math.log(1e8)  # keeps what stands under the root positive

    def residuals(x: Array) -> Array:
        curves = objective.curves(x[None])
        sigma = objective.errors(x[None])[0]
        r = (objective.scaled(x[None], curves)[0] - measured) / sigma
        return np.concatenate([np.where(np.isfinite(r), r, 1e6), np.sqrt(2 * np.log(sigma) + offset)])

    def jacobian(x: Array) -> Array:
        curves = objective.curves(x[None])
        sigma, eta = objective.errors(x[None])[0], objective.scaled(x[None], curves)[0]
        slopes = np.zeros((len(measured), len(x)))
        slopes[:, : objective.problem.dynamic] = objective.slopes(x[None])[0] / sigma[:, None]
        errors = np.zeros_like(slopes)
        at = np.arange(len(measured)), objective.problem.error
        slopes[at] = -(eta - measured) / sigma
        errors[at] = 1 / np.sqrt(2 * np.log(sigma) + offset)
        return np.nan_to_num(np.concatenate([slopes, errors]))

    inside = np.clip(start, low + 1e-6, high - 1e-6)
    x = least_squares(
        residuals,
        inside,
        jac=jacobian,  # type: ignore[arg-type]  # the stubs know of names only
        bounds=(low, high),
        max_nfev=200,
    ).x
    return float(objective.cost(x[None], objective.curves(x[None]))[0])


if __name__ == "__main__":
    main()
