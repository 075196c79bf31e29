"""What a fit found as rows and plain data: estimates, agreement by arm and analyte, what goes together, verdicts."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.experiments.cohort import NORMAL_97_5
from cytokinome.experiments.fit.axes import Kind
from cytokinome.experiments.fit.identify import before
from cytokinome.experiments.result import finite

if TYPE_CHECKING:
    from cytokinome.experiments.fit.axes import Axis
    from cytokinome.experiments.fit.estimate import Estimate

TOGETHER = 0.9  # correlation from which on two axes are told to go together
ROUNDED = 0.2  # of -2 log posterior: what a model file may lie above the optimum, by digits that were cut


@dataclass(frozen=True, slots=True)
class Row:
    """One axis: numbers in `unit`; an end of an interval that the data leave open is None.

    `before` is the 95 % interval of the prior, or its bounds; `stands` the number in the model, None for other axes.
    """

    name: str
    kind: str
    unit: str
    value: float
    low: float | None
    high: float | None
    before: tuple[float | None, float | None]
    stands: float | None
    share: float  # of the uncertainty before that is left

    @property
    def contains(self) -> bool:
        """Whether the number in the model lies in the interval."""
        stands = self.value if self.stands is None else self.stands
        return (self.low or 0.0) <= stands <= (self.high or math.inf)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the values of one arm and analyte lie from the curve: the mean square of their distance in errors."""

    experiment: str
    arm: str
    analyte: str
    values: int
    censored: int
    distance: float


@dataclass(frozen=True, slots=True)
class Aim:
    """A claim that the fit aimed at: what the model has at the optimum, in `unit`, and what was to come out."""

    experiment: str
    claim: str
    found: float
    expected: str
    unit: str
    is_met: bool


def rows(estimate: Estimate) -> tuple[Row, ...]:
    """Return a row for each axis."""
    return tuple(_row(estimate, i, axis) for i, axis in enumerate(estimate.problem.axes))


def _row(estimate: Estimate, i: int, axis: Axis) -> Row:
    low, high = (_shown(axis, end) for end in estimate.interval(i))
    half = NORMAL_97_5 * axis.sd
    known = (max(axis.centre - half, axis.low), min(axis.centre + half, axis.high))
    return Row(
        axis.name,
        axis.kind.value,
        axis.unit,
        axis.shown(float(estimate.x[i])),
        low,
        high,
        (_shown(axis, known[0]), _shown(axis, known[1])),
        axis.shown(axis.stands) if axis.kind is Kind.PARAMETER else None,
        float(estimate.deviations[i] / before(axis)),
    )


def _shown(axis: Axis, x: float) -> float | None:
    return axis.shown(x) if math.isfinite(x) else None


def together(estimate: Estimate) -> list[tuple[str, str, float]]:
    """Return pairs of axes that go together after the fit, and their correlation, the closest first."""
    correlation = estimate.covariance / np.outer(estimate.deviations, estimate.deviations)
    names = [axis.name for axis in estimate.problem.axes]
    pairs = [
        (names[i], names[j], float(correlation[i, j]))
        for i in range(len(names))
        for j in range(i)
        if abs(correlation[i, j]) >= TOGETHER
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))


def agreements(estimate: Estimate) -> list[Agreement]:
    """Return how the values of each arm and analyte agree with the curve."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for i, value in ((i, value) for i, value in enumerate(estimate.problem.taken) if value.claim is None):
        groups.setdefault((value.experiment, value.arm, value.analyte), []).append(i)
    return [
        Agreement(
            *key,
            len(own),
            sum(estimate.problem.taken[i].sign != 0 for i in own),
            float(np.mean([estimate.distances[i] ** 2 for i in own])),
        )
        for key, own in groups.items()
    ]


def aims(estimate: Estimate) -> list[Aim]:
    """Return what became of the claims that the fit aimed at."""
    return [
        Aim(v.experiment, v.claim.id, float(found), v.claim.expect.text, v.unit, v.claim.expect.is_met(float(found)))
        for v, found in zip(estimate.problem.taken, estimate.curves, strict=True)
        if v.claim is not None
    ]


def stands(estimate: Estimate) -> bool:
    """Whether the numbers in the model files are those that the fit finds, but for rounding and what the data allow."""
    return distance(estimate) <= ROUNDED and all(row.contains for row in rows(estimate))


def as_dict(estimate: Estimate) -> dict[str, object]:
    """Return everything as plain data for ``--json``."""
    problem = estimate.problem
    return {
        "fit": problem.fit.id,
        "parameters": [_plain(row) for row in rows(estimate)],
        "minus_2_log_likelihood": 2 * estimate.misfit,
        "minus_2_log_prior": 2 * estimate.surprise,
        "aic": estimate.aic,
        "free": len(estimate.x),
        "values": len(problem.taken),
        "censored": sum(value.sign != 0 for value in problem.taken),
        "left_out": problem.left_out,
        "starts": len(estimate.starts),
        "agreeing_starts": estimate.agreeing,
        "stands": stands(estimate),
        "distance_of_model": finite(distance(estimate)),
        "agreement": [asdict(agreement) for agreement in agreements(estimate)],
        "claims": [{**asdict(aim), "found": finite(aim.found)} for aim in aims(estimate)],
        "unknown": list(estimate.unknown()),
        "together": [list(pair) for pair in together(estimate)],
        "profiles": [
            {
                "name": problem.axes[p.axis].name,
                "value": [problem.axes[p.axis].shown(x) for x in p.x],
                "rise": [float(r) for r in p.rise],
            }
            for p in estimate.profiles
        ],
        "draws": {
            "origin": estimate.draws.origin,
            "sets": len(estimate.draws.x),
            "moves": estimate.draws.moves,
        },
    }


def _plain(row: Row) -> dict[str, object]:
    return {**asdict(row), "before": list(row.before), "contains": row.contains}


def distance(estimate: Estimate) -> float:
    """Return how far -2 log posterior lies above the optimum where the model files stand."""
    return 2 * (estimate.stands - estimate.misfit - estimate.surprise)


def draws_table(estimate: Estimate, *kinds: Kind) -> str:
    """Return the draws as CSV: a line for each set, columns named with units; of all axes, or of some kinds."""
    axes = [(i, axis) for i, axis in enumerate(estimate.problem.axes) if axis.kind in (kinds or Kind)]
    head = ",".join(f"{axis.name} ({axis.unit})" if axis.unit else axis.name for _, axis in axes)
    lines = [",".join(f"{axis.shown(float(x[i])):.6g}" for i, axis in axes) for x in estimate.draws.x]
    return "\n".join([head, *lines]) + "\n"
