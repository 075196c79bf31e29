"""Initial states, steady states, baseline productions."""

import numpy as np
import pytest

from cytokinome.engines.base import Failure
from cytokinome.engines.ode.start import initialise
from tests.unit.engines.kernels import Fake


def signalling(start="given", loss=0.5, secretion=2.0):
    """TNF (baseline 6) is produced, secreted by M and lost; M is made at 3 /h and lost at 1 /h, from 1."""
    values = {"production": 99.0, "loss": loss, "secretion": secretion}

    def derivative(t, y, p):
        return [p["production"] + p["secretion"] * y[1] - p["loss"] * y[0], 3.0 - y[1]]

    return Fake(("TNF", "M"), values, derivative, lambda p: [6.0, 1.0], baselines=((0, 0),), start=start)


def test_production_balances_the_baseline_at_the_given_start():
    """P = loss · 6 - secretion · 1, whatever the slot held before."""
    y, p = initialise(signalling(), signalling().defaults())
    assert p[0] == pytest.approx(0.5 * 6 - 2.0 * 1)
    assert y.tolist() == [6.0, 1.0]


def test_steady_state_solves_the_others_first():
    """M settles at 3 with TNF held at 6; then p = 3 - 2 · 0.5."""
    kernel = signalling("steady state", secretion=0.5)
    y, p = initialise(kernel, kernel.defaults())
    assert y == pytest.approx([6.0, 3.0], rel=1e-10)
    assert p[0] == pytest.approx(0.5 * 6 - 0.5 * 3, rel=1e-9)
    assert kernel.rhs(0.0, y, p) == pytest.approx([0.0, 0.0], abs=1e-9)


def test_negative_production_is_a_failure_naming_the_molecule():
    """Cells that secrete more than is lost at the baseline cannot be."""
    kernel = signalling(secretion=10.0)
    with pytest.raises(Failure, match="TNF"):
        initialise(kernel, kernel.defaults())


def test_production_that_rounds_to_zero_is_zero():
    """A difference of rounding size is no negative production."""
    kernel = signalling(loss=1.0, secretion=6.0 * (1 + 1e-13))
    assert initialise(kernel, kernel.defaults())[1][0] == 0.0


def test_given_productions_are_kept_and_nothing_is_pinned():
    """A changed structure rests with the intact person's production: TNF = (p + 0.5 · 3)/0.5."""
    kernel = signalling("steady state", secretion=0.5)
    y, p = initialise(kernel, kernel.defaults(), np.array([1.0]))
    assert p[0] == 1.0
    assert y == pytest.approx([(1.0 + 1.5) / 0.5, 3.0], rel=1e-9)


def test_parameters_of_the_caller_are_untouched():
    """Initialise is pure."""
    kernel = signalling()
    before = kernel.defaults()
    initialise(kernel, before)
    assert before[0] == 99.0


def test_conserved_totals_keep_their_value():
    """Resting <-> active keeps the number of cells, though the Jacobian is singular."""
    kernel = Fake(
        ("resting", "active"), {}, lambda t, y, p: [0.2 * y[1] - 0.3 * y[0], 0.3 * y[0] - 0.2 * y[1]],
        lambda p: [1e6, 0.0], start="steady state", scales=(1e6, 1e6),
    )  # fmt: skip
    y, _ = initialise(kernel, kernel.defaults())
    assert y == pytest.approx([4e5, 6e5], rel=1e-9)


def test_slow_relaxation_is_reached():
    """A mode of 1e-4 /h is solved to the end, not only to the first horizon."""
    kernel = Fake(("X",), {}, lambda t, y, p: [1e-4 * (7.0 - y[0])], lambda p: [0.0], start="steady state")
    assert initialise(kernel, kernel.defaults())[0] == pytest.approx([7.0], rel=1e-9)


def test_the_stable_state_is_found_beside_unstable_ones():
    """X' = X (1 - X)(X - 0.2): from 0.5 to 1, from 0.1 to 0."""
    for start, end in ((0.5, 1.0), (0.1, 0.0)):
        kernel = Fake(
            ("X",), {"x0": start}, lambda t, y, p: [y[0] * (1 - y[0]) * (y[0] - 0.2)], lambda p: [p["x0"]],
            start="steady state",
        )  # fmt: skip
        assert initialise(kernel, kernel.defaults())[0] == pytest.approx([end], abs=1e-8)


@pytest.mark.parametrize("rate", [0.0001, 0.1])
def test_unbounded_growth_has_no_steady_state(rate):
    """Cells that divide for ever end in a sentence that names them."""
    kernel = Fake(("cells",), {}, lambda t, y, p: [rate * y[0]], lambda p: [1.0], start="steady state")
    with pytest.raises(Failure, match="no steady state was found: cells"):
        initialise(kernel, kernel.defaults())
