"""exp, log and pow on vectors, against 200 digits of mpmath."""

from typing import Any

import mpmath
import numpy as np
import pytest

from cytokinome.compiler.targets import vectors
from cytokinome.compiler.targets.abi import MATHEMATICS, WIDTH, invoke
from cytokinome.compiler.targets.functions import mathematics_text
from cytokinome.compiler.targets.machine import compile_ir, load

mp: Any = mpmath.mp  # its functions are made at run time: a type checker cannot see them
mpf = mp.mpf

SPECIAL = [0.0, 1.0, 2.0, 0.5, 3.0, 2.5, 5e-324, 1e-310, 1e300, np.inf, 1 + 2**-52, 1 - 2**-53, 709.78, 745.2, 1e-20]


@pytest.fixture(scope="module")
def compiled():
    """The functions as this processor runs them."""
    return load(compile_ir(mathematics_text()), MATHEMATICS)


def apply(compiled, name, *arguments):
    """A function on arrays of any length."""
    arguments = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in arguments))
    n = -(-arguments[0].size // WIDTH) * WIDTH
    padded = [np.append(a, np.ones(n - a.size)).reshape(-1, WIDTH) for a in arguments]
    result = np.empty_like(padded[0])
    for i in range(len(result)):
        invoke(compiled.addresses[name], *(a[i : i + 1] for a in padded), result[i : i + 1])
    return result.ravel()[: arguments[0].size]


def worst_ulp(found, exact):
    """The largest error in units of the last place of the exact value."""
    errors = []
    for value, true in zip(found.tolist(), exact, strict=True):
        place = max(mp.frexp(true)[1] - 53, -1074) if true else -1074
        errors.append(float(abs(mpf(value) - true) / mpf(2) ** place))
    return max(errors)


@pytest.fixture(scope="module")
def draw():
    """The same numbers in every run."""
    return np.random.default_rng(7)


def test_exp_is_within_one_ulp(compiled, draw):
    """Over its whole range, the denormals included, and densely around zero."""
    x = np.concatenate([draw.uniform(-745, 709.7, 3000), draw.normal(0, 0.4, 1500), draw.uniform(-1e-8, 1e-8, 300)])
    with mp.workprec(200):
        assert worst_ulp(apply(compiled, "exp", x), [mp.exp(mpf(v)) for v in x.tolist()]) < 1.0


def test_log_is_within_one_ulp(compiled, draw):
    """Over its whole range, the denormals included, and densely around one, where it cancels."""
    x = np.concatenate(
        [np.exp(draw.uniform(-744, 709, 3000)), 1 + draw.normal(0, 0.2, 900), 1 + draw.normal(0, 1e-9, 900)]
    )
    with mp.workprec(200):
        assert worst_ulp(apply(compiled, "log", x), [mp.log(mpf(v)) for v in x.tolist()]) < 1.0


def test_pow_is_within_one_ulp(compiled, draw):
    """Where the result has a large exponent, which magnifies every error of the logarithm, and where it has not."""
    base = np.exp(np.concatenate([draw.uniform(-700, 700, 2000), draw.normal(0, 2, 1500), draw.normal(0, 1e-3, 1000)]))
    exponent = np.concatenate([draw.uniform(-744, 709, 3500) / np.log(base[:3500]), draw.uniform(-3e4, 3e4, 1000)])
    with mp.workprec(200):
        exact = [mp.power(mpf(b), mpf(e)) for b, e in zip(base.tolist(), exponent.tolist(), strict=True)]
        keep = [i for i, v in enumerate(exact) if mpf(2) ** -1074 < v < mpf(2) ** 1023]
        found = apply(compiled, "pow", base, exponent)[keep]
        assert worst_ulp(found, [exact[i] for i in keep]) < 1.0


@pytest.mark.parametrize(("name", "judge"), [("exp", np.exp), ("log", np.log)])
def test_special_values(compiled, name, judge):
    """Zero, infinity, NaN, overflow and what is negative give what IEEE prescribes."""
    x = np.array([*SPECIAL, *(-v for v in SPECIAL), np.nan])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(apply(compiled, name, x), judge(x), rtol=3e-16)


def test_special_values_of_pow(compiled):
    """Every pair of special values gives what C prescribes, with its sign."""
    values = np.array([*SPECIAL, *(-v for v in SPECIAL), np.nan])
    x, y = (a.ravel() for a in np.meshgrid(values, values))
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    found = apply(compiled, "pow", x, y)
    np.testing.assert_allclose(found, expected, rtol=4e-16)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))


def test_a_lane_does_not_know_its_neighbours(compiled, draw):
    """A value has the same bits beside infinities and NaN as alone."""
    x = np.exp(draw.normal(0, 3, 100))
    for name, rest in (("exp", ()), ("log", ()), ("pow", (1.7,))):
        together = apply(compiled, name, x, *rest)
        for position in range(WIDTH):
            beside = np.full((len(x), WIDTH), [np.nan, np.inf, -np.inf, 0.0])
            beside[:, position] = x
            alone = apply(compiled, name, beside.ravel(), *rest).reshape(-1, WIDTH)[:, position]
            np.testing.assert_array_equal(alone, together)


def test_a_narrow_processor_gives_the_same_bits(compiled, draw):
    """Without AVX and fused multiply-adds in hardware the code is slower and nothing else."""
    narrow = load(compile_ir(mathematics_text(), narrow=True), MATHEMATICS)
    x, y = np.exp(draw.normal(0, 20, 500)), draw.normal(0, 10, 500)
    for name, arguments in (("exp", (y,)), ("log", (x,)), ("pow", (x, y))):
        np.testing.assert_array_equal(apply(narrow, name, *arguments), apply(compiled, name, *arguments))


def test_coefficients_are_where_they_are_said_to_be_from():
    """Chebyshev interpolation at 60 digits gives the polynomials again, and their error is below 2^−58."""

    def of_exp(r):
        return (mp.exp(r) - 1 - r) / r**2 if abs(r) > mpf(10) ** -15 else mpf(1) / 2 + r / 6 + r * r / 24

    def of_log(z):
        if z < mpf(10) ** -8:
            return sum(2 * z**i / (2 * i + 5) for i in range(7))
        s = mp.sqrt(z)
        return (2 * mp.atanh(s) / s - 2 - 2 * z / 3) / z**2

    with mp.workdps(60):
        half, top = mp.log(2) / 2, (3 - 2 * mp.sqrt(2)) ** 2 * (1 + mpf(2) ** -30)
        cases = [(of_exp, [-half, half], vectors.EXP), (of_log, [0, top], vectors.LOG)]
        for function, interval, stored in cases:
            coefficients, error = mp.chebyfit(function, interval, len(stored), error=True, asc=True)
            assert tuple(float(c) for c in coefficients) == stored
            assert error < mpf(2) ** -58


def test_parts_of_constants_add_up():
    """Each pair of doubles is a constant to 95 bits or more, and the short logarithm of two has 42."""
    with mp.workprec(200):
        for high, low, exact in (
            (vectors.LN2, vectors.LN2_REST, mp.log(2)),
            (vectors.LN2_SHORT, vectors.LN2_SHORT_REST, mp.log(2)),
            (vectors.TWO_THIRDS, vectors.TWO_THIRDS_REST, mpf(2) / 3),
        ):
            assert abs(mpf(high) + mpf(low) - exact) < mpf(2) ** -95
        assert (vectors.LN2_SHORT * 2**42).is_integer()
