"""From canonical solutions to measured units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest

from cytokinome.engines.base import Solution
from cytokinome.experiments.assemble import arm_result, substances
from cytokinome.experiments.execute import ArmRun
from cytokinome.experiments.protocol import Arm
from cytokinome.units import CONCENTRATION, DENSITY, RATE, Dimension, Substance
from tests.unit.experiments.samples import DONE, TEXT, good, model


@dataclass
class Named:
    """An output or a parameter slot."""

    name: str
    dimension: Dimension = CONCENTRATION
    substance: Substance | None = None
    unit: str = "pM"


TNF = Substance("TNF", 52e-9)


@dataclass
class FakeKernel:
    """The part of a kernel that results need."""

    outputs: tuple[Named, ...] = (
        Named("LPS"),
        Named("TNF", substance=TNF),
        Named("density(macrophage)", DENSITY, unit="cells/mL"),
    )
    parameters: tuple[Named, ...] = field(default_factory=lambda: (Named("k", RATE),))

    def scale(self, p: Any) -> Any:
        """The scales of two states."""
        del p
        return np.array([100.0, 2.0])

    def observe(self, t: Any, y: Any, p: Any, select: Any) -> Any:
        """The first state, twice the second, and their share of each other."""
        del t, p
        return np.stack([y[0], 2 * y[1], y[0] / (y[0] + y[1])])[list(select)]


def run(*outputs: str) -> ArmRun:
    """Return an arm of two patients whose every canonical value is 10 · output + patient."""
    times = np.array([0.0, 1.0, 2.0])

    def solution(patients: int) -> Solution:
        values = np.stack([np.full((3, len(outputs)), float(p)) for p in range(patients)])
        return Solution(times, outputs, values + np.arange(0.0, 10.0 * len(outputs), 10.0), (DONE,) * patients)

    kernel = cast("Any", FakeKernel())
    return ArmRun(Arm("bolus"), model(), kernel, solution(2), solution(1), np.array([[1.0], [2.0]]))


def test_what_is_next_to_nothing() -> None:
    """It goes with the scales of the states, in the units shown; of what is no multiple of them nothing is known."""
    experiment = good(TEXT.replace("{TNF: pg/mL, IL8: pg/mL}", "{TNF: pg/mL}"))
    found = arm_result(run("LPS", "TNF", "density(macrophage)"), experiment)
    assert dict(zip(found.names, found.floors, strict=True)) == pytest.approx(
        {"TNF": 4e-8 * 52, "LPS": 1e-6, "density(macrophage)": 0.0}
    )
    assert found.only(["LPS"]).floors == pytest.approx((1e-6,))


def test_units_and_order() -> None:
    """What is measured comes first in its unit, the rest follows in units of its own."""
    experiment = good(TEXT.replace("{TNF: pg/mL, IL8: pg/mL}", "{TNF: pg/mL}"))
    found = arm_result(run("LPS", "TNF", "density(macrophage)"), experiment)
    assert found.names == ("TNF", "LPS", "density(macrophage)")
    assert found.units == ("pg/mL", "pM", "cells/mL")
    assert found.values[:, 0] == pytest.approx(np.array([[520, 0, 0.02], [572, 1, 0.021]]))
    assert found.typical[1] == pytest.approx([520, 0, 0.02])
    assert found.parameter_names == ("k",)
    assert found.outcomes == (DONE, DONE)


def test_what_an_arm_lacks() -> None:
    """What is measured and knocked out in this arm is NaN, and keeps its place."""
    found = arm_result(run("LPS", "TNF"), good())
    assert found.names == ("TNF", "IL8", "LPS")
    assert np.isnan(found.curves("IL8")).all()
    assert found.unit("IL8") == "pg/mL"


def test_compartment_of_a_molecule_with_one() -> None:
    """TNF@blood is TNF where TNF is only in the blood."""
    experiment = good(TEXT.replace("TNF: pg/mL", "TNF@blood: pg/mL"))
    found = arm_result(run("TNF"), experiment)
    assert found.curves("TNF@blood")[1, 0] == pytest.approx(52)
    assert substances(run("TNF"), ["TNF@blood", "IL8"]) == {"TNF@blood": TNF}
