"""From canonical solutions to results in the units that the experiment measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome import units
from cytokinome.engines.base import ABSOLUTE
from cytokinome.experiments.names import is_cell_unit
from cytokinome.experiments.result import ArmResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Output
    from cytokinome.engines.tissue.space import Space
    from cytokinome.experiments.execute import ArmRun, Execution
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.experiments.result import ModifierUse
    from cytokinome.units import Substance

    Array = NDArray[np.float64]

_ALIKE = 1e-6  # relative: two numbers that differ by rounding alone


def arm_result(run: ArmRun, experiment: Experiment, usage: tuple[ModifierUse, ...] = ()) -> ArmResult:
    """Return one arm with what is measured first, in its unit, then all other outputs in the units they suggest.

    Something measured that this arm does not have (it is knocked out) is NaN.

    Raises
    ------
    UnitError
        Where a unit cannot show its output; `names.check_measured` finds this before the run.
    """
    known = {output.name: output for output in run.kernel.outputs}
    have = [name for name in run.solution.outputs if name in known]
    wanted = {m.name: (output_name(m.name, have), m.unit) for m in experiment.measure}
    taken = {output for output, _ in wanted.values()}
    rest = {name: (name, known[name].unit) for name in have if name not in taken}
    columns = {**wanted, **rest}
    floors = dict(zip(have, _floors(run, have), strict=True))
    places = [run.solution.outputs.index(o) if o is not None else None for o, _ in columns.values()]
    factors = [factor_of(known[o], unit) if o is not None else np.nan for o, unit in columns.values()]
    return ArmResult(
        id=run.arm.id,
        times=run.solution.times,
        names=tuple(columns),
        units=tuple(unit for _, unit in columns.values()),
        values=_columns(run.solution.values, places, factors),
        typical=_columns(run.typical.values, places, factors)[0],
        outcomes=run.solution.outcomes,
        parameter_names=tuple(slot.name for slot in run.kernel.parameters),
        parameters=run.parameters,
        usage=usage,
        space=_space(run),
        floors=tuple(floors.get(o or "", 0.0) * f for (o, _), f in zip(columns.values(), factors, strict=True)),
    )


def _floors(run: ArmRun, names: list[str]) -> list[float]:
    """What outputs come to where every state is as small as its absolute tolerance, canonical.

    That is known of outputs which are proportional to the states; of all others, such as means and shares, it is 0.
    """
    kernel, known = run.kernel, [output.name for output in run.kernel.outputs]
    parameters = run.parameters[0] if len(run.parameters) else kernel.complete(kernel.defaults())
    scale = np.asarray(kernel.scale(parameters), dtype=float)
    states = np.stack([0 * scale, ABSOLUTE * scale, scale], axis=1)
    with np.errstate(all="ignore"):
        found = kernel.observe(np.zeros(3), states, parameters, [known.index(name) for name in names])
        nothing, least, much = np.asarray(found, dtype=float).reshape(len(names), 3).T
        is_proportional = (nothing == 0) & (np.abs(least - ABSOLUTE * much) <= _ALIKE * np.abs(least))
    return np.where(is_proportional & np.isfinite(least), np.abs(least), 0.0).tolist()


def arm_results(execution: Execution, experiment: Experiment) -> dict[str, ArmResult]:
    """Return all arms of an execution, by their ids."""
    return {run.arm.id: arm_result(run, experiment) for run in execution.arms}


def _space(run: ArmRun) -> Space | None:
    """The snapshots of the typical person, then those of patients."""
    found = [space for space in (run.typical.space, run.solution.space) if space is not None]
    return found[0].joined(*found[1:]) if found else None


def substances(run: ArmRun, names: Iterable[str]) -> dict[str, Substance]:
    """Return the substance of each of `names` that has one, for conversions between mass and amount."""
    known = {output.name: output.substance for output in run.kernel.outputs}
    found = {name: known.get(output_name(name, list(known)) or "") for name in names}
    return {name: substance for name, substance in found.items() if substance is not None}


def output_name(name: str, have: list[str]) -> str | None:
    """Return the output that `name` means, if any; ``X@blood`` is ``X`` where that is the only compartment of X."""
    if name in have:
        return name
    base = name.partition("@")[0]
    return base if base in have and not any(other.startswith(f"{base}@") for other in have) else None


def factor_of(output: Output, unit: str) -> float:
    """Return the factor from canonical numbers of an output to numbers in `unit`.

    Raises
    ------
    UnitError
        Where the unit cannot show the output.
    """
    parsed = units.parse_unit(unit)
    if is_cell_unit(output.dimension, parsed.dimension):
        return 1.0 / parsed.factor
    return units.to_unit(1.0, output.dimension, parsed, output.substance)


def _columns(values: Array, places: list[int | None], factors: list[float]) -> Array:
    """Choose and scale the last axis."""
    chosen = [np.full(values.shape[:2], np.nan) if p is None else values[:, :, p] for p in places]
    return np.stack(chosen, axis=-1) * np.asarray(factors) if chosen else np.empty((*values.shape[:2], 0))
