"""Every sentence of the language, on every target, against its law written by hand."""

import numpy as np
import pytest

from tests.conformance.harness import (
    TARGETS,
    Case,
    by_hand,
    cases_of,
    kernel_of,
    parameters,
    random_states,
    slopes_by_hand,
)
from tests.conformance.sentences import chemistry, events, exchange, fates, modifiers

CASES = cases_of(exchange, fates, events, chemistry, modifiers)


@pytest.fixture(params=TARGETS)
def target(request):
    """A target of the compiler."""
    return request.param


@pytest.fixture(params=CASES, ids=lambda case: case.id)
def case(request) -> Case:
    """A sentence with its law."""
    return request.param


def test_right_hand_side_is_the_law(case, target):
    """At random states the kernel's derivative is the one that the contract gives, to twelve digits."""
    kernel = kernel_of(target, case.text, case.blockable)
    p = parameters(kernel, case.slots)
    for t, y in random_states(kernel, p):
        np.testing.assert_allclose(
            kernel.rhs(t, y, p), by_hand(case, kernel, t, y), rtol=1e-12, err_msg=str(kernel.states)
        )


def test_jacobian_is_the_slope_of_the_law(case, target):
    """The kernel's Jacobian is the complex-step derivative of the law."""
    kernel = kernel_of(target, case.text, case.blockable)
    p = parameters(kernel, case.slots)
    for t, y in random_states(kernel, p, count=3):
        expected = slopes_by_hand(case, kernel, t, y)
        found = kernel.jacobian(t, y, p)
        # An entry that is a difference of large terms is good to the rounding of those terms.
        atol = 1e-13 * np.abs(expected).max(initial=0.0)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=atol, err_msg=str(kernel.states))


def test_nothing_breaks_at_zero(case, target):
    """With nothing there, derivative and Jacobian are finite, and no state that is zero falls."""
    kernel = kernel_of(target, case.text, case.blockable)
    p, y = parameters(kernel, case.slots), np.zeros(len(kernel.states))
    assert np.isfinite(kernel.jacobian(0.0, y, p)).all()
    assert (kernel.rhs(0.0, y, p) >= 0).all()
