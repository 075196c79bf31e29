"""Weighted sums of stages on four lanes: start + Σ_j weight_j·k_j.

The sums are unrolled over j, so that weights stay in registers while a loop runs over the states: one loop per number
of terms serves every method.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import Any

from cytokinome.engines.ode.lane_vectors import compiled, fma, load, splat, spread, store

MOST = 8  # stages of a method
_FLOAT = 8  # bytes


def _sum_of(terms: int) -> Any:
    """The function start + Σ_j weights[j]·k[j·n + i] over j < terms."""
    if terms == 0:

        @compiled
        def start_alone(start, weights, k, n, i):  # noqa: ANN001, ANN202
            return start

        return start_alone
    before, j = _sum_of(terms - 1), terms - 1

    @compiled
    def total(start, weights, k, n, i):  # noqa: ANN001, ANN202
        return fma(spread(weights, j), load(k, j * n + i), before(start, weights, k, n, i))

    return total


def _for_any_number(loop_with: Any) -> Any:
    """The loops ``loop_with(sum)(terms, n, at, tables)`` for all numbers of terms, as one function."""
    chosen = loop_with(_sum_of(MOST))
    for terms in reversed(range(MOST)):
        chosen = _either(terms, loop_with(_sum_of(terms)), chosen)
    return chosen


def _either(terms: int, own: Any, more: Any) -> Any:
    @compiled
    def choose(count, n, at, tables):  # noqa: ANN001, ANN202
        if count == terms:
            own(count, n, at, tables)
        else:
            more(count, n, at, tables)

    return choose


def _explicit(total: Any) -> Any:
    @compiled
    def loop(stage, n, at, tables):  # noqa: ANN001, ANN202
        a = tables.a + _FLOAT * tables.stages * stage
        for i in range(n):
            store(at.u, i, total(load(at.y, i), a, at.k, n, i))

    return loop


def _implicit(total: Any) -> Any:
    @compiled
    def loop(stage, n, at, tables):  # noqa: ANN001, ANN202
        row = _FLOAT * tables.stages * stage
        a, c, per_h = tables.a + row, tables.c_matrix + row, load(at.per_h, 0)
        for i in range(n):
            store(at.u, i, total(load(at.y, i), a, at.k, n, i))
            store(at.w, i, fma(total(splat(0.0), c, at.k, n, i), per_h, load(at.r, i)))

    return loop


def _dense(total: Any) -> Any:
    @compiled
    def loop(stages, n, at, tables):  # noqa: ANN001, ANN202
        for power in range(4):
            weights = tables.dense + _FLOAT * stages * power
            for i in range(n):
                store(at.dense, power * n + i, total(splat(0.0), weights, at.k, n, i))

    return loop


# (stage, n, at, tables): fill u = y + Σ a·k, and where the method is implicit w = Σ C·k/h + r
explicit_sums, implicit_sums = _for_any_number(_explicit), _for_any_number(_implicit)
# (stages, n, at, tables): fill the coefficients of the powers of θ
dense_sums = _for_any_number(_dense)
