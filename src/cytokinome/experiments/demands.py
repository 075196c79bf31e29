"""Conditions that a model demands to hold all the time: where they did not, the result says so, and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.model.quantities import demand_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytokinome.experiments.result import ArmResult
    from cytokinome.model.components import Demand, Model

BROKEN = "DEMAND_BROKEN"


def outputs(model: Model) -> tuple[str, ...]:
    """Return the names of the outputs that tell whether each demand holds: 1 where it does, else 0."""
    demands = model.equations.demands if model.equations else ()
    return tuple(demand_output(index) for index in range(len(demands)))


def broken(model: Model, arms: Mapping[str, ArmResult]) -> tuple[str, ...]:
    """Return a sentence for each demand and arm in which it did not hold: from when on, and in how many patients."""
    demands = model.equations.demands if model.equations else ()
    return tuple(
        sentence
        for index, demand in enumerate(demands)
        for arm in arms.values()
        for sentence in _broken(demand, demand_output(index), arm)
    )


def _broken(demand: Demand, name: str, arm: ArmResult) -> Iterable[str]:
    if arm.find(name) is None:
        return
    if arm.summary is None:
        fails = arm.curves(name) < 0.5  # NaN of a patient who failed is neither
        when, who, least = fails.any(axis=0), int(fails.any(axis=1).sum()), ""
    else:
        shares = 1.0 - arm.statistic(name, "mean")
        when, who, least = shares > 0, round(float(np.nanmax(shares, initial=0.0)) * arm.fates.patients), "at least "
    if not np.any(when):
        return
    least = least if who < arm.fates.patients else ""
    first = float(arm.times[int(np.argmax(when))])
    meaning = f": {demand.otherwise}" if demand.otherwise else ""
    patients = f"{least}{who} of {arm.fates.patients} patients"
    yield f"{BROKEN}: `{demand.holds}` does not hold in {arm.id} at {first:.4g} h, in {patients}{meaning}"
