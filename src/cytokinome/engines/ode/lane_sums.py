"""Weighted sums of stages on four lanes: start + Σ_j weight_j·k_j.

The sums are unrolled over j, so that weights stay in registers while a loop runs over the states. There is one loop for
every number of terms that occurs in a method.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import Any

from cytokinome.engines.ode.lane_vectors import compiled, fma, load, splat, spread, store
from cytokinome.engines.ode.methods import METHODS

_FLOAT = 8  # bytes


def _sum_of(terms: int, weight: Any) -> Any:
    """The function start + Σ_j weight(weights, j)·k[j·n + i] over j < terms."""
    if terms == 0:

        @compiled
        def start_alone(start, weights, k, n, i):  # noqa: ANN001, ANN202
            return start

        return start_alone
    before, j = _sum_of(terms - 1, weight), terms - 1

    @compiled
    def total(start, weights, k, n, i):  # noqa: ANN001, ANN202
        return fma(weight(weights, j), load(k, j * n + i), before(start, weights, k, n, i))

    return total


@compiled
def _of_tuple(weights, j):  # noqa: ANN001, ANN202
    return weights[j]


def _for_numbers(loop_with: Any, numbers: set[int]) -> Any:
    """The loops ``loop_with(terms)(terms, n, at, tables)`` for these numbers of terms, as one function."""
    last, *others = sorted(numbers, reverse=True)
    chosen = loop_with(last)
    for terms in others:
        chosen = _either(terms, loop_with(terms), chosen)
    return chosen


def _either(terms: int, own: Any, more: Any) -> Any:
    @compiled
    def choose(count, n, at, tables):  # noqa: ANN001, ANN202
        if count == terms:
            own(count, n, at, tables)
        else:
            more(count, n, at, tables)

    return choose


def _explicit(terms: int) -> Any:
    """The loop that fills u = y + Σ a·k for the stage `terms`."""
    total = _sum_of(terms, spread)

    @compiled
    def loop(stage, n, at, tables):  # noqa: ANN001, ANN202
        a = tables.a + _FLOAT * tables.stages * stage
        for i in range(n):
            store(at.u, i, total(load(at.y, i), a, at.k, n, i))

    return loop


def _implicit(terms: int) -> Any:
    """The loop that fills u = y + Σ a·k and w = Σ C·k/h + r for the stage `terms`."""
    total = _sum_of(terms, spread)

    @compiled
    def loop(stage, n, at, tables):  # noqa: ANN001, ANN202
        row = _FLOAT * tables.stages * stage
        a, c, per_h = tables.a + row, tables.c_matrix + row, load(at.per_h, 0)
        for i in range(n):
            store(at.u, i, total(load(at.y, i), a, at.k, n, i))
            store(at.w, i, fma(total(splat(0.0), c, at.k, n, i), per_h, load(at.r, i)))

    return loop


def _chained(terms: int) -> Any:
    """As `_implicit`, where u = the last u + the last k."""
    total, last = _sum_of(terms, spread), terms - 1

    @compiled
    def loop(stage, n, at, tables):  # noqa: ANN001, ANN202
        c, per_h = tables.c_matrix + _FLOAT * tables.stages * stage, load(at.per_h, 0)
        for i in range(n):
            store(at.u, i, load(at.u, i) + load(at.k, last * n + i))
            store(at.w, i, fma(total(splat(0.0), c, at.k, n, i), per_h, load(at.r, i)))

    return loop


def _inside(terms: int) -> Any:
    """The loop that fills u = y + Σ b(θ)·k for a method of `terms` stages."""
    weights_at, total = _weights_of(terms), _sum_of(terms, _of_tuple)

    @compiled
    def loop(stages, n, at, tables):  # noqa: ANN001, ANN202
        weights = weights_at(load(at.theta, 0), tables)
        for i in range(n):
            store(at.u, i, total(load(at.y, i), weights, at.k, n, i))

    return loop


def _weights_of(terms: int) -> Any:
    """The function that returns the polynomials b_j(θ), j < terms, as a tuple."""
    j = terms - 1

    @compiled
    def last(theta, tables):  # noqa: ANN001, ANN202
        value = spread(tables.dense, 3 * tables.stages + j)
        for power in (2, 1, 0):
            value = fma(theta, value, spread(tables.dense, power * tables.stages + j))
        return theta * value

    if terms == 1:

        @compiled
        def alone(theta, tables):  # noqa: ANN001, ANN202
            return (last(theta, tables),)

        return alone
    before = _weights_of(terms - 1)

    @compiled
    def weights(theta, tables):  # noqa: ANN001, ANN202
        return before(theta, tables) + (last(theta, tables),)  # noqa: RUF005 - compiled

    return weights


_IMPLICIT = [method for method in METHODS if method.is_implicit]
_EXPLICIT = [method for method in METHODS if not method.is_implicit]

# (stage, n, at, tables): fill u = y + Σ a·k, and where the method is implicit w = Σ C·k/h + r
explicit_sums = _for_numbers(_explicit, {s for m in _EXPLICIT for s in range(1, m.stages)})
implicit_sums = _for_numbers(_implicit, {s for m in _IMPLICIT for s in range(m.chained)})
chained_sums = _for_numbers(_chained, {s for m in _IMPLICIT for s in range(m.chained, m.stages)})
# (stages, n, at, tables): fill u with the states at θ
inside_sums = _for_numbers(_inside, {m.stages for m in METHODS})
