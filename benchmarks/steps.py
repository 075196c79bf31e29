"""Where the time of a step goes: ``python -m benchmarks.steps --petab FOLDER [MODEL …]``.

One attempt of a Rodas5P step on four patients, its parts one by one: operations per patient counted in the code that is
compiled, nanoseconds of the fastest of several repeats, and what fraction that is of the most this processor can do,
which is measured in the same run with independent fused multiply-adds in registers.
"""

# numba gives its decorators no types.
# pyright: basic

from __future__ import annotations

import argparse
import ctypes
import re
from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from benchmarks import collection, problems
from benchmarks.peers import LaneReady
from cytokinome.compiler.targets.functions import Module
from cytokinome.engines.ode import lane_driver, lane_steps
from cytokinome.engines.ode.lane_memory import Keeper, allocate, functions_of, shape_of, tables_of
from cytokinome.engines.ode.lane_sums import chained_sums, implicit_sums
from cytokinome.engines.ode.lane_vectors import call, fma, load, splat, store
from cytokinome.engines.ode.methods import RODAS5P

if TYPE_CHECKING:
    from benchmarks.problems import Problem

REPEATS, CALLS = 7, 20_000
CHAINS = 12  # two a cycle, each four or five cycles long
LANES = 4
STEPS = 100  # of a simulation: how long the steps are that are timed
OPERATION = re.compile(r" = (?:fadd|fsub|fmul|fdiv|call <4 x double> @([\w.]+))")
_FUNCTIONS, _ADDRESSES = lane_driver._FUNCTIONS, lane_driver._ADDRESSES
_TABLES, _SHAPE = lane_driver._TABLES, lane_driver._SHAPE


@njit(error_model="numpy")
def _run(part, calls, functions, at, tables, shape):  # noqa: ANN001, ANN202
    """Call one part of a step many times."""
    f, a, m, s = _FUNCTIONS(functions), _ADDRESSES(at), _TABLES(tables), _SHAPE(shape)
    for _ in range(calls):
        if part == 0:
            call(f.rates, (a.t, a.y, a.p, a.q, a.f))
        elif part == 1:
            call(f.factor, (a.t, a.y, a.p, a.q, a.inverse, a.lu, a.info))
        elif part == 2:
            call(f.solve, (a.lu, a.u))
        elif part == 3:
            for stage in range(m.stages):
                if stage < m.chained:
                    implicit_sums(stage, s.states, a, m)
                else:
                    chained_sums(stage, s.states, a, m)
        elif part == 4:
            lane_steps.attempt(f, a, m, s, 1e-6)
        else:
            call(f.prepare, (a.p, a.q))


@njit(error_model="numpy")
def _multiply_add(rows, rounds):  # noqa: ANN001, ANN202
    """Twelve independent chains of fused multiply-adds."""
    x, y = load(rows, 0), load(rows, 1)
    a = b = c = d = e = f = g = h = i = j = k = m = splat(0.0)
    for _ in range(rounds):
        a, b, c, d = fma(x, a, y), fma(x, b, y), fma(x, c, y), fma(x, d, y)
        e, f, g, h = fma(x, e, y), fma(x, f, y), fma(x, g, y), fma(x, h, y)
        i, j, k, m = fma(x, i, y), fma(x, j, y), fma(x, k, y), fma(x, m, y)
    store(rows, 2, (a + b) + (c + d) + ((e + f) + (g + h)) + ((i + j) + (k + m)))


def peak() -> float:
    """Return the operations per nanosecond of one core, on all lanes."""
    keeper, rounds = Keeper(), 2_000_000
    rows = keeper.rows(3)
    _multiply_add(rows, 1)
    return 2 * LANES * CHAINS * rounds / _fastest(lambda: _multiply_add(rows, rounds), 1)


def _fastest(run: Any, calls: int) -> float:
    """Nanoseconds per call, of the fastest repeat."""
    times = []
    for _ in range(REPEATS):
        begun = perf_counter()
        run()
        times.append((perf_counter() - begun) * 1e9 / calls)
    return min(times)


def operations(problem: Problem) -> Counter[str]:
    """Return name of a function → its arithmetic operations per patient; a fused multiply-add counts twice."""
    found: dict[str, Counter[str]] = {}
    name = ""
    for line in Module(problem.stages.system, problem.select).text().splitlines():
        if line.startswith("define"):
            name = re.findall(r"@([\w.]+)", line)[0].removeprefix("cytokinome_")
            found[name] = Counter()
        elif match := OPERATION.search(line):
            found[name][match[1] or "plain"] += 1
    return Counter({name: _flops(name, found) for name in found})


def _flops(name: str, found: dict[str, Counter[str]]) -> int:
    total = 0
    for callee, count in found[name].items():
        if callee == "plain":
            total += count
        elif callee in found:
            total += count * _flops(callee, found)
        elif callee.startswith("llvm.fma"):
            total += 2 * count
    return total


def profile(problem: Problem, most: float) -> list[str]:
    """Return the table of one model."""
    kernel, patients = LaneReady(problem), problem.patients(LANES)
    lanes = kernel.compiled(problem.select)
    keeper = Keeper()
    at, _ = allocate(lanes, RODAS5P, keeper)
    h = problem.times[-1] / STEPS
    start = np.array([kernel.initial(p) for p in patients])
    for address, values in ((at.p, patients.T), (at.y, start.T), (at.atol, np.ones((lanes.n, LANES))),
                            (at.h, np.full((1, LANES), h)), (at.per_h, np.full((1, LANES), 1 / h)),
                            (at.inverse, np.full((1, LANES), 1 / (h * RODAS5P.gamma)))):  # fmt: skip
        _rows(address, len(values))[:] = values
    frames = [keeper.frame(x) for x in (functions_of(lanes), at, tables_of(RODAS5P, keeper), shape_of(lanes))]
    _run(5, 1, *frames)

    def time(part: int) -> float:
        _run(part, 1, *frames)
        return _fastest(lambda: _run(part, CALLS, *frames), CALLS)

    count, n, stages = operations(problem), lanes.n, RODAS5P.stages
    terms = stages * (stages - 1) // 2
    chained = sum(2 * stage - 1 for stage in range(tables_of(RODAS5P, keeper).chained, stages))  # one addition each
    slopes = count["timeslope"] + 2 * n * stages if lanes.has_time else 0
    parts = [
        ("right-hand sides", stages * count["rates"], stages * time(0)),
        ("factorisation", count["factor"], time(1)),
        ("solutions", stages * count["solve"], stages * time(2)),
        ("sums of stages", n * (4 * terms + 2 * stages - chained), time(3)),
    ]
    whole = time(4)
    rest = n * stages + slopes + 8 * n + 60  # f + w, ∂f/∂t, error norm and step size
    parts.append(("the rest", rest, whole - sum(ns for *_, ns in parts)))
    parts.append(("one attempt", sum(flops for _, flops, _ in parts), whole))
    lines = [f"{problem.name}: {n} states, {lanes.nlu} entries in the factors",
             f"{'':20}{'flops/patient':>14}{'ns/4 patients':>15}{'of peak':>9}"]  # fmt: skip
    return lines + [f"{a:20}{b:14d}{ns:15.0f}{LANES * b / ns / most:9.0%}" for a, b, ns in parts]


def _rows(address: int, count: int) -> Any:
    return np.ctypeslib.as_array((ctypes.c_double * (LANES * count)).from_address(address)).reshape(count, LANES)


def main() -> None:
    """Print a table per model."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps", description=__doc__)
    parser.add_argument("models", nargs="*", default=list(problems.PUBLISHED), help="all by default")
    collection.add_option(parser)
    options = parser.parse_args()
    most = peak()
    print(f"peak of one core, fused multiply-adds in registers: {most:.1f} Gflop/s\n")
    for name in options.models:
        print(*profile(problems.load(name, options.petab), most), "", sep="\n", flush=True)


if __name__ == "__main__":
    main()
