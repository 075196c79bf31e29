"""The tables of the one-step methods: order conditions, observed order, stability, values within a step."""

from __future__ import annotations

import numpy as np
import pytest

from cytokinome.engines.ode.methods import RODAS4, RODAS5P, TSIT5, Method, method_of

METHODS = pytest.mark.parametrize("method", [RODAS5P, RODAS4, TSIT5], ids=lambda m: m.name)
ROSENBROCK = pytest.mark.parametrize("method", [RODAS5P, RODAS4], ids=lambda m: m.name)


def f(t, y):
    """A nonlinear system that depends on time."""
    return np.array([-y[0] * y[1] + np.cos(t), y[0] - 0.5 * y[1] ** 2 + np.sin(2 * t)])


def jacobian(t, y):
    """Its derivative by y."""
    return np.array([[-y[1], -y[0]], [1.0, -y[1]]])


def slope(t, y):
    """Its derivative by t."""
    return np.array([-np.sin(t), 2 * np.cos(2 * t)])


def step(method: Method, t, y, h):
    """The k of one step, as the top of the module states them."""
    k = np.zeros((method.stages, len(y)))
    for i in range(method.stages):
        right = f(t + method.c[i] * h, y + method.a[i] @ k)
        if method.is_implicit:
            matrix = np.eye(len(y)) / (h * method.gamma) - jacobian(t, y)
            k[i] = np.linalg.solve(matrix, right + method.c_matrix[i] @ k / h + h * method.d[i] * slope(t, y))
        else:
            k[i] = h * right
    return k


def integrate(method: Method, steps: int, weights=None):
    """The state at t = 2 after equal steps; `weights` replace b."""
    t, y, h = 0.0, np.array([1.0, 0.5]), 2.0 / steps
    for _ in range(steps):
        y = y + (method.b if weights is None else weights) @ step(method, t, y, h)
        t += h
    return y


def exact(end=2.0):
    """The solution to rounding."""
    from scipy.integrate import solve_ivp

    return solve_ivp(f, (0, end), [1.0, 0.5], method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]


def observed(errors, counts):
    """The slope of the error in the number of steps."""
    return -np.polyfit(np.log(counts), np.log(errors), 1)[0]


@METHODS
def test_observed_order_is_the_stated_one(method):
    """On a nonlinear system that depends on time, for y1 and for the embedded method."""
    counts, end = np.array([20, 30, 40, 60]) * (4 if method is TSIT5 else 2), exact()
    order = observed([np.abs(integrate(method, n) - end).max() for n in counts], counts)
    embedded = observed([np.abs(integrate(method, n, method.b - method.e) - end).max() for n in counts], counts)
    assert order == pytest.approx(method.order, abs=0.35)
    assert embedded == pytest.approx(method.error_order, abs=0.35)


@METHODS
def test_values_within_a_step_have_the_order_of_the_embedded_method(method):
    """One step's continuous extension at a third of it, against the solution: error h^(q + 1)."""
    sizes, errors = 0.2 / np.array([1, 2, 4, 8]), []
    y = np.array([1.0, 0.5])
    for h in sizes:
        powers = (1 / 3) ** np.arange(1, 5)
        errors.append(np.abs(y + powers @ method.dense @ step(method, 0.0, y, h) - exact(h / 3)).max())
    assert -observed(errors, sizes) > method.error_order + 0.8


@METHODS
def test_extension_meets_the_step_at_its_end(method):
    """At θ = 1 the extension is y1."""
    assert method.dense.sum(axis=0) == pytest.approx(method.b, abs=1e-12)


@ROSENBROCK
def test_order_conditions_of_rosenbrock_methods(method):
    """Row sums, and the conditions to third order (Hairer & Wanner II, table IV.7.1), in untransformed coefficients."""
    gammas = np.linalg.inv(np.eye(method.stages) / method.gamma - method.c_matrix)
    alphas, b = method.a @ gammas, method.b @ gammas
    betas = alphas + gammas
    assert alphas.sum(axis=1) == pytest.approx(method.c, abs=1e-12)
    assert gammas.sum(axis=1) == pytest.approx(method.d, abs=1e-12)
    conditions = [b.sum(), b @ betas.sum(axis=1), b @ alphas.sum(axis=1) ** 2, b @ betas @ betas.sum(axis=1)]
    assert conditions == pytest.approx([1, 1 / 2, 1 / 3, 1 / 6], abs=1e-12)
    assert b @ alphas.sum(axis=1) ** 3 == pytest.approx(1 / 4, abs=1e-12)


def test_order_conditions_of_tsit5():
    """All conditions of pure quadrature to fifth order, row sums, and one tall tree."""
    a, b, c = TSIT5.a, TSIT5.b, TSIT5.c
    assert a.sum(axis=1) == pytest.approx(c, abs=1e-14)
    assert [b @ c**m for m in range(5)] == pytest.approx([1 / (m + 1) for m in range(5)], abs=1e-13)
    assert b @ a @ a @ a @ c == pytest.approx(1 / 120, abs=1e-13)


@ROSENBROCK
def test_stiff_methods_are_l_stable(method):
    """On y' = λ·y the amplification is at most 1 along the imaginary axis and vanishes far to the left."""

    def amplification(z):
        k = np.zeros(method.stages, complex)
        for i in range(method.stages):
            k[i] = (z * (1 + method.a[i] @ k) + method.c_matrix[i] @ k) / (1 / method.gamma - z)
        return abs(1 + method.b @ k)

    assert max(amplification(1j * x) for x in np.logspace(-2, 4, 200)) <= 1 + 1e-9
    assert amplification(-1e9) < 1e-6


def test_method_of_knows_names():
    """By name; another name is an error."""
    assert method_of("Rodas4") is RODAS4
    with pytest.raises(ValueError, match="Euler"):
        method_of("Euler")
