"""What a cohort costs here and elsewhere: ``python -m benchmarks.cohorts --petab FOLDER``.

Runs every tool that can be imported where it is started (see README.md) on models of the PEtab benchmark collection,
each in a process of its own with one thread, and prints ratios of the same run. Times depend on the machine: quote
ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import collection, problems, tables
from benchmarks.measure import Measured, Run, Task
from benchmarks.peers import TOOLS, Tool, missing
from benchmarks.reference import draw
from cytokinome import __version__

LIMIT = 900  # seconds for one tool on one model; some compile it first
TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "libroadrunner", "python-copasi", "amici")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def main() -> None:
    """Measure and print."""
    options = _options()
    print(f"{_cpu()}; Python {platform.python_version()}; {_versions()}")
    print(f"rtol {tables.STANDARD:g}, atol {tables.STANDARD * 1e-2:g}, {problems.N_TIMES} output points, one thread\n")
    rows: list[tables.Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            rows += _model(model, options, Path(folder))
    ours = "lanes" if any(r.tool == "lanes" and r.measured for r in rows) else "reference"
    if any(r.tool == ours for r in rows):
        print(*tables.ratios(rows, ours), sep="\n")
    if options.json:
        options.json.write_text(json.dumps({"cpu": _cpu(), "rows": [asdict(r) for r in rows]}, indent=1), "utf-8")
    if options.figure:
        tables.draw([r for r in rows if r.measured], options.figure)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cohorts", description=__doc__)
    names = [t.name for t in TOOLS]
    parser.add_argument("--patients", type=int, default=4096, help="patients drawn per model")
    parser.add_argument("--models", nargs="+", choices=list(problems.PUBLISHED), default=list(problems.PUBLISHED))
    parser.add_argument("--tools", nargs="+", choices=names, default=names)
    parser.add_argument("--tolerances", nargs="+", type=float, default=list(TOLERANCES), help="values of rtol")
    parser.add_argument("--budget", type=float, default=0.5, help="seconds that one repeat may take")
    collection.add_option(parser)
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    parser.add_argument("--figure", type=Path, help="draw error against cost into this file")
    return parser.parse_args()


def _model(name: str, options: argparse.Namespace, folder: Path) -> list[tables.Row]:
    """Measure every tool on one model and print its table."""
    problem = problems.load(name, options.petab)
    cohort = draw(problem, options.patients)
    path = folder / f"{name}.npz"
    cohort.save(path)
    rows: list[tables.Row] = []
    for tool in (t for t in TOOLS if t.name in options.tools):
        why_not = missing(tool)
        rows.append(tables.Row(name, tool.name, why_not=why_not) if why_not else _row(name, tool, path, options))
    states = len(problem.stages.kernel.states)
    left_out = f"{cohort.n_left_out} of {options.patients} patients left out"
    print(f"{name}: {states} states; {left_out}; reference exact to {cohort.uncertainty:.0e}")
    print(*tables.table(rows), "", sep="\n", flush=True)
    return rows


def _row(model: str, tool: Tool, cohort: Path, options: argparse.Namespace) -> tables.Row:
    """Measure one tool twice: with empty caches for its first result alone, then with filled ones."""
    petab = str(options.petab.resolve())
    tolerances = tuple(sorted({*options.tolerances, tables.STANDARD}, reverse=True))
    try:
        first = _measured(Task(model, tool.name, str(cohort), petab, (), options.budget), cohort.parent)
        again = _measured(Task(model, tool.name, str(cohort), petab, tolerances, options.budget), cohort.parent)
    except subprocess.TimeoutExpired:
        return tables.Row(model, tool.name, why_not=f"failed: not finished within {LIMIT} s")
    except subprocess.CalledProcessError as failure:
        lines = failure.stderr.strip().splitlines() or [f"ended with status {failure.returncode}"]
        return tables.Row(model, tool.name, why_not=f"failed: {lines[-1]}")
    return tables.Row(model, tool.name, first.first_result, again)


def _measured(task: Task, folder: Path) -> Measured:
    """Carry out a task in a fresh process whose caches lie in the folder of this run."""
    caches = {"CYTOKINOME_CACHE": str(folder / "kernels"), "NUMBA_CACHE_DIR": str(folder / "numba")}
    command = [sys.executable, "-m", "benchmarks.measure", json.dumps(asdict(task))]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        timeout=LIMIT,
        env={**os.environ, **ONE_THREAD, **caches},
    )
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return Measured(found["first_result"], found["memory"], tuple(Run(**r) for r in found["runs"]))


def _cpu() -> str:
    """The name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(named, '') or platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def _versions() -> str:
    found = [f"cytokinome {__version__}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


if __name__ == "__main__":
    main()
