"""One attempt of a step on four lanes: stages, error norm, values within the step, and the size of a first step.

Rows are in memory that `lane_memory` lays out; `at` holds the addresses of its arrays. All loops run over the rows of
all lanes; what a lane does with the outcome is decided in `lane_driver`.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.engines.ode.lane_sums import chained_sums, explicit_sums, implicit_sums, inside_sums
from cytokinome.engines.ode.lane_vectors import (
    call,
    clamp,
    compiled,
    fma,
    larger_size,
    load,
    power,
    splat,
    spread,
    store,
    where,
)

if TYPE_CHECKING:
    from cytokinome.engines.ode.lane_memory import Addresses, Functions, Shape, Tables

_ROW = 32  # bytes
_SAFETY = 0.9
_MOST = 6.0  # that a step grows or shrinks by at once
_TINY = 1e-30


@compiled
def attempt(functions: Functions, at: Addresses, tables: Tables, shape: Shape, rtol: float) -> None:
    """Try a step of `at.h` from (`at.t`, `at.y`): fill `at.k`, `at.y1`, `at.norm`, and `at.info` where implicit."""
    if tables.implicit:
        _implicit_stages(functions, at, tables, shape)
    else:
        _explicit_stages(functions, at, tables, shape.states)
    _finish(at, tables, shape.states, rtol)


@compiled
def _implicit_stages(functions: Functions, at: Addresses, tables: Tables, shape: Shape) -> None:
    n, h = shape.states, load(at.h, 0)
    store(at.per_h, 0, splat(1.0) / h)
    store(at.inverse, 0, splat(1.0) / (h * splat(tables.gamma)))
    call(functions.factor, (at.t, at.y, at.p, at.q, at.inverse, at.lu, at.info))
    if shape.has_time:
        call(functions.timeslope, (at.t, at.y, at.p, at.q, at.slope))
    for stage in range(tables.stages):
        if stage < tables.chained:
            implicit_sums(stage, n, at, tables)
        else:
            chained_sums(stage, n, at, tables)
        _stage_rates(functions, at, tables, stage)
        k = at.k + stage * n * _ROW
        for i in range(n):
            store(k, i, load(at.f, i) + load(at.w, i))
        if shape.has_time:
            weight = spread(tables.d, stage) * h
            for i in range(n):
                store(k, i, fma(weight, load(at.slope, i), load(k, i)))
        call(functions.solve, (at.lu, k))


@compiled
def _stage_rates(functions: Functions, at: Addresses, tables: Tables, stage: int) -> None:
    store(at.stage_time, 0, fma(spread(tables.c, stage), load(at.h, 0), load(at.t, 0)))
    call(functions.rates, (at.stage_time, at.u, at.p, at.q, at.f))


@compiled
def _explicit_stages(functions: Functions, at: Addresses, tables: Tables, n: int) -> None:
    """K = h·f; the first stage takes f from the end of the step before."""
    h = load(at.h, 0)
    for i in range(n):
        store(at.k, i, h * load(at.f0, i))
    for stage in range(1, tables.stages):
        explicit_sums(stage, n, at, tables)
        _stage_rates(functions, at, tables, stage)
        for i in range(n):
            f = load(at.f, i) + load(at.r, i)
            store(at.f, i, f)
            store(at.k, stage * n + i, h * f)


@compiled
def _finish(at: Addresses, tables: Tables, n: int, rtol: float) -> None:
    """y1, the mean square of error over tolerance, and the factor that it asks for (Hairer & Wanner II, IV.7.28)."""
    last = (tables.stages - 1) * n
    relative = splat(rtol)
    total = splat(0.0)
    for i in range(n):
        y1 = load(at.u, i)
        if tables.implicit:
            y1 = y1 + load(at.k, last + i)
        error = splat(0.0)
        for j in range(tables.first_error, tables.stages):
            error = fma(spread(tables.e, j), load(at.k, j * n + i), error)
        ratio = error / fma(relative, larger_size(load(at.y, i), y1), load(at.atol, i))
        total = fma(ratio, ratio, total)
        store(at.y1, i, y1)
    mean = total * splat(1.0 / n)
    store(at.norm, 0, mean)
    # of squares, whence the half
    factor = splat(_SAFETY) * power(clamp(mean, splat(_TINY), splat(1.0 / _TINY)), -0.5 * tables.exponent)
    store(at.factor, 0, clamp(factor, splat(1.0 / _MOST), splat(_MOST)))


@compiled
def within(at: Addresses, tables: Tables, n: int) -> None:
    """Fill u: y(t + θ·h) with θ in `at.theta`."""
    inside_sums(tables.stages, n, at, tables)


@compiled
def blend(at: Addresses, source: int, target: int, n: int) -> None:
    """Copy the lanes of `at.mask` from one array to another."""
    mask = load(at.mask, 0)
    for i in range(n):
        store(target, i, where(mask, load(source, i), load(target, i)))


@compiled
def slopes(functions: Functions, at: Addresses, n: int, t: int, y: int) -> None:
    """F = dy/dt with infusions, at the addresses of a time and of states."""
    call(functions.rates, (t, y, at.p, at.q, at.f))
    for i in range(n):
        store(at.f, i, load(at.f, i) + load(at.r, i))


@compiled
def size(at: Addresses, array: int, n: int, rtol: float) -> None:
    """Fill `at.norm` with the sum of squares of an array over the tolerance at y."""
    total, relative = splat(0.0), splat(rtol)
    for i in range(n):
        y = load(at.y, i)
        ratio = load(array, i) / fma(relative, larger_size(y, y), load(at.atol, i))
        total = fma(ratio, ratio, total)
    store(at.norm, 0, total)


@compiled
def euler(at: Addresses, n: int) -> None:
    """Fill u = y + h·f: a trial of the first step."""
    h = load(at.h, 0)
    for i in range(n):
        store(at.u, i, fma(h, load(at.f, i), load(at.y, i)))


@compiled
def change(at: Addresses, n: int) -> None:
    """Fill u = f − f0: what f changed by along that trial."""
    for i in range(n):
        store(at.u, i, load(at.f, i) - load(at.f0, i))
