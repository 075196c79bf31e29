"""One tool on one model in a process of its own: ``python -m benchmarks.measure '{…}'`` prints one line of JSON.

A process each, so that peak memory is the tool's, a crash stops nobody, and the first result is really the first.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from benchmarks import problems
from benchmarks.peers import TOOLS
from benchmarks.reference import N_COMPARED, Cohort, saved

if TYPE_CHECKING:
    from benchmarks.peers import Solve

REPEATS = 3
N_TIMED = 4  # patients at least


@dataclass(frozen=True)
class Task:
    """What to measure. `budget` [s] is how long one repeat may take; without tolerances only the first result is."""

    model: str
    tool: str
    cohort: str
    petab: str
    tolerances: tuple[float, ...]
    budget: float


@dataclass(frozen=True)
class Run:
    """The cost [CPU µs per patient] at one tolerance, the error achieved, and how many patients were timed."""

    rtol: float
    cost: float
    error: float
    n_timed: int


@dataclass(frozen=True)
class Measured:
    """What was found: seconds from the SBML file to the first patient's result, peak memory [MB], and the runs."""

    first_result: float
    memory: float
    runs: tuple[Run, ...]


def measure(task: Task) -> Measured:
    """Carry out a task in this process."""
    tool = next(t for t in TOOLS if t.name == task.tool)
    for module in tool.needs:
        importlib.import_module(module)
    cohort = saved(Path(task.cohort))
    problem = problems.load(task.model, Path(task.petab))
    if tool.reads_sbml:
        _ = problem.stages  # which states there are: our import is no part of its first result
    begun = perf_counter()
    solve = tool.load(problem)
    solve(cohort.patients[:1], 1e-6)
    first_result = perf_counter() - begun
    runs = tuple(_run(solve, cohort, rtol, task.budget) for rtol in task.tolerances)
    return Measured(first_result, _peak(), runs)


def _run(solve: Solve, cohort: Cohort, rtol: float, budget: float) -> Run:
    """Median CPU µs per patient of three repeats over as many patients as the budget allows, and the error."""
    begun = process_time()
    achieved = cohort.error(solve(cohort.patients[:N_COMPARED], rtol))
    used = max(process_time() - begun, 1e-9)
    n = max(N_TIMED, min(len(cohort.patients), int(budget / used * N_COMPARED)))
    costs: list[float] = []
    for _ in range(REPEATS):
        begun = process_time()
        solve(cohort.patients[:n], rtol, read=False)
        costs.append((process_time() - begun) / n * 1e6)
    return Run(rtol, statistics.median(costs), achieved, n)


def _peak() -> float:
    """Peak resident memory of this process [MB].

    On Linux from the process itself: what `getrusage` says there begins with the memory of the parent.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text("utf-8").splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1.024e-3
    import resource  # Unix only

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)  # macOS counts bytes


def main() -> None:
    """Read the task from the command line and print what was measured."""
    given = json.loads(sys.argv[1])
    print(json.dumps(asdict(measure(Task(**given | {"tolerances": tuple(given["tolerances"])})))))


if __name__ == "__main__":
    main()
