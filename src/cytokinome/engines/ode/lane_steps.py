"""One attempt of a step on four lanes: stages, error norm, values within the step, and the size of a first step.

Rows are in memory that `lane_memory` lays out; `at` holds the addresses of its arrays. All loops run over the rows of
all lanes; what a lane does with the outcome is decided in `lane_driver`.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.engines.ode.lane_vectors import (
    call,
    compiled,
    fma,
    larger_size,
    load,
    splat,
    spread,
    store,
    where,
    whole,
)

if TYPE_CHECKING:
    from cytokinome.engines.ode.lane_memory import Addresses, Functions, Shape, Tables

_ROW = 32  # bytes


@compiled
def attempt(functions: Functions, at: Addresses, tables: Tables, shape: Shape, rtol: float) -> None:
    """Try a step of `at.h` from (`at.t`, `at.y`): fill `at.k`, `at.y1`, `at.norm`, and `at.info` where implicit."""
    if tables.implicit:
        _factorise(functions, at, tables, shape)
    for stage in range(tables.stages):
        _stage_state(at, tables, shape.states, stage)
        if tables.implicit or stage > 0:
            stage_time = fma(spread(tables.c, stage), load(at.h, 0), load(at.t, 0))
            store(at.stage_time, 0, stage_time)
            call(functions.rates, (at.stage_time, at.u, at.p, at.q, at.f))
        if tables.implicit:
            _implicit_stage(functions, at, tables, shape, stage)
        else:
            _explicit_stage(at, shape.states, stage)
    _finish(at, tables, shape.states, rtol)


@compiled
def _factorise(functions: Functions, at: Addresses, tables: Tables, shape: Shape) -> None:
    inverse = splat(1.0) / (load(at.h, 0) * splat(tables.gamma))
    store(at.inverse, 0, inverse)
    call(functions.factor, (at.t, at.y, at.p, at.q, at.inverse, at.lu, at.info))
    if shape.has_time:
        call(functions.timeslope, (at.t, at.y, at.p, at.q, at.slope))


@compiled
def _stage_state(at: Addresses, tables: Tables, n: int, stage: int) -> None:
    """Fill u: y + Σ a·k, or the last u + the last k where the table says that it is the same."""
    if whole(tables.chained, stage) != 0:
        last = (stage - 1) * n
        for i in range(n):
            store(at.u, i, load(at.u, i) + load(at.k, last + i))
        return
    for i in range(n):
        u = load(at.y, i)
        for j in range(stage):
            u = fma(spread(tables.a, tables.stages * stage + j), load(at.k, j * n + i), u)
        store(at.u, i, u)


@compiled
def _implicit_stage(functions: Functions, at: Addresses, tables: Tables, shape: Shape, stage: int) -> None:
    n, h = shape.states, load(at.h, 0)
    per_h = splat(1.0) / h
    time_weight = spread(tables.d, stage) * h
    target = at.k + stage * n * _ROW
    for i in range(n):
        coupled = splat(0.0)
        for j in range(stage):
            coupled = fma(spread(tables.c_matrix, tables.stages * stage + j), load(at.k, j * n + i), coupled)
        right = fma(coupled, per_h, load(at.f, i) + load(at.r, i))
        if shape.has_time:
            right = fma(time_weight, load(at.slope, i), right)
        store(target, i, right)
    call(functions.solve, (at.lu, target))


@compiled
def _explicit_stage(at: Addresses, n: int, stage: int) -> None:
    """K = h·f; the first stage takes f from the end of the step before."""
    h = load(at.h, 0)
    for i in range(n):
        if stage > 0:
            f = load(at.f, i) + load(at.r, i)
            store(at.f, i, f)
        else:
            f = load(at.f0, i)
        store(at.k, stage * n + i, h * f)


@compiled
def _finish(at: Addresses, tables: Tables, n: int, rtol: float) -> None:
    """y1, and the sum of squares of error over tolerance, per lane."""
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
    store(at.norm, 0, total)


@compiled
def extend(at: Addresses, tables: Tables, n: int) -> None:
    """Coefficients of the powers of θ, for `within`."""
    for power in range(4):
        for i in range(n):
            total = splat(0.0)
            for j in range(tables.stages):
                total = fma(spread(tables.dense, tables.stages * power + j), load(at.k, j * n + i), total)
            store(at.dense, power * n + i, total)


@compiled
def within(at: Addresses, n: int) -> None:
    """Fill u: y(t + θ·h) with θ in `at.theta`, after `extend`."""
    theta = load(at.theta, 0)
    for i in range(n):
        value = fma(theta, load(at.dense, 3 * n + i), load(at.dense, 2 * n + i))
        value = fma(theta, value, load(at.dense, n + i))
        value = fma(theta, value, load(at.dense, i))
        store(at.u, i, fma(theta, value, load(at.y, i)))


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
