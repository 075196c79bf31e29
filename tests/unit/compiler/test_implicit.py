"""Quantities that conditions determine: what is linear becomes a definition, and is exact on every target."""

import numpy as np
import pytest

from cytokinome.compiler.lower import compile_model, lower
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode.choose import solver
from cytokinome.errors import ModelError, UnsupportedFeature
from cytokinome.model.load import check_text

HEAD = """
cytokinome: 1
model: implicit
parameters:
  k: {value: 0.5, source: assumed}
  K: {value: 4, source: assumed}
equations:
  time: h
  source: assumed
  quantities:
"""
TARGETS = ("reference", "llvm")


def values(equations: str, names: str, times: list[float], target: str = "reference") -> np.ndarray:
    """Values [time, quantity] of the equations on a target."""
    kernel = compile_model(check_text(HEAD + equations, "implicit.yaml").require(), target)
    p, known = kernel.complete(kernel.defaults())[None], [output.name for output in kernel.outputs]
    select = [known.index(name) for name in names.split()]
    solution = solver(kernel)(kernel, p, Schedule(()), np.array(times), select=select, rtol=1e-10)
    assert solution.outcomes[0].status == "completed", solution.outcomes[0].sentence
    return solution.values[0]


COUPLED = """
    A: {initial: 10}
    X: {such-that: X + Y - A}
    S: {value: X - k * time}
    Y: {such-that: S - 2 * Y}
    B: {initial: Y}
  processes:
    v: {rate: k * A, changes: {A: -1}}
"""


@pytest.mark.parametrize("target", TARGETS)
def test_two_conditions_that_depend_on_each_other(target: str):
    """X + Y = A and X − kt = 2Y give Y = (A − kt)/3; a start may build on it."""
    times = [0.0, 1.0, 3.0]
    A, X, Y, B = values(COUPLED, "A X Y B", times, target).T
    np.testing.assert_allclose(A, 10 * np.exp(-0.5 * np.array(times)), rtol=1e-7)
    np.testing.assert_allclose(Y, (A - 0.5 * np.array(times)) / 3, rtol=1e-14)
    np.testing.assert_allclose(X, A - Y, rtol=1e-14)
    np.testing.assert_allclose(B, 10 / 3, rtol=1e-14)


def test_what_is_linear_is_no_state():
    """A definition needs no state, so it cannot drift."""
    system = lower(check_text(HEAD + COUPLED, "implicit.yaml").require()).system
    assert system.states == ("A",)


QUASI_STEADY = """
    S: {initial: 8}
    C: {such-that: (1 - C) * S - (k + K) * C, initial: 99}
    P: {initial: 0}
  processes:
    v: {rate: k * C, changes: {S: -1, P: 1}}
"""


@pytest.mark.parametrize("target", TARGETS)
def test_a_complex_in_quasi_steady_state(target: str):
    """(1 − C) S = (k + K) C is the law of Michaelis and Menten: S + Km ln S falls by k t."""
    times = np.array([0.0, 2.0, 9.0, 30.0])
    S, C, P = values(QUASI_STEADY, "S C P", list(times), target).T
    np.testing.assert_allclose(C, S / (S + 4.5), rtol=1e-14)
    np.testing.assert_allclose(S + P, 8, rtol=1e-9)
    np.testing.assert_allclose(S + 4.5 * np.log(S), 8 + 4.5 * np.log(8) - 0.5 * times, rtol=1e-7)


CHAIN = """
    x1: {such-that: 2 * x1 - x2 - 1}
    x2: {such-that: 2 * x2 - x1 - x3}
    x3: {such-that: "2 * x3 - x2 - if(time > 1, x4, 0)"}
    x4: {such-that: 3 * x3 + k * x5 - x4}
    x5: {such-that: x5 - k}
"""


@pytest.mark.parametrize("time", [0.5, 2.0])
def test_many_conditions_and_one_that_switches(time: float):
    """Five unknowns, the last known beforehand, against NumPy."""
    on = float(time > 1)
    matrix = [[2, -1, 0, 0, 0], [-1, 2, -1, 0, 0], [0, -1, 2, -on, 0], [0, 0, 3, -1, 0.5], [0, 0, 0, 0, 1]]
    expected = np.linalg.solve(np.array(matrix), [1, 0, 0, 0, 0.5])
    np.testing.assert_allclose(values(CHAIN, "x1 x2 x3 x4 x5", [0.0, time])[1], expected, rtol=1e-13)


def test_a_condition_that_switches_is_located():
    """Y is 0 while X stays below 2 and then 1: its integral has the corner where X = exp(t) passes 2."""
    equations = """
    X: {initial: 1, rate: X}
    Y: {such-that: "if(X > 2, 1, 0) - Y"}
    Z: {initial: 0, rate: Y}
"""
    np.testing.assert_allclose(values(equations, "Z", [0.0, 3.0])[1], 3 - np.log(2), rtol=1e-7)


@pytest.mark.parametrize(
    "equations",
    [
        "    x: {such-that: x + y - 1}\n    y: {such-that: 2 * x + 2 * y - k}\n",
        "    x: {such-that: 0 * x + k}\n",
    ],
)
def test_conditions_that_determine_nothing_are_refused(equations: str):
    """The same twice, or nothing at all: an error before the run that names the quantities."""
    model = check_text(HEAD + equations, "implicit.yaml").require()
    with pytest.raises(ModelError) as caught:
        lower(model)
    assert caught.value.report is not None
    assert [d.code for d in caught.value.report.errors] == ["NOT_DETERMINED"]
    assert caught.value.report.errors[0].where is not None


def test_a_start_that_builds_on_an_iteration_is_refused():
    """Only iteration finds x; what starts at twice x would start elsewhere."""
    equations = "    x: {such-that: x ^ 3 + x - K, initial: 1}\n    y: {initial: 2 * x, rate: -y}\n"
    with pytest.raises(UnsupportedFeature, match="the start of y builds on the initial x"):
        lower(check_text(HEAD + equations, "implicit.yaml").require())
