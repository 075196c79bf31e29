"""How long a user waits before anything happens: ``python -m benchmarks.startup`` or ``make benchmark``.

Every measurement is the median of five fresh interpreters.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import cytokinome

REPEATS = 5
DEMO = "human?endotoxemia?published"
IMPORT = "import time; start = time.perf_counter(); import cytokinome; print(time.perf_counter() - start)"
CATALOGUE = (
    "import time; start = time.perf_counter(); from cytokinome.catalogue import catalogue; catalogue(){then};"
    "print(time.perf_counter() - start)"
)
SEARCH = '; start = time.perf_counter(); catalogue().search("interleukin")'
MAIN = "import sys; from cytokinome.cli.main import main; sys.exit(main())"


def _import_time() -> float:
    """Seconds of ``import cytokinome``, measured inside a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _catalogue_time(then: str) -> float:
    """Seconds until the catalogue is read, or of what follows, measured inside a fresh interpreter."""
    program = CATALOGUE.format(then=then)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _command_time(*arguments: str) -> float:
    """Seconds from the start to the end of a ``cytokinome`` command, interpreter included."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", MAIN, *arguments], capture_output=True, check=True)
    return time.perf_counter() - start


def _demo_model() -> Path:
    """The model file of the demo.

    Raises
    ------
    FileNotFoundError
        If the library does not hold it.
    """
    library = Path(cytokinome.__file__).parent / "library"
    for path in sorted(library.rglob("*.yaml"), key=lambda p: ("model" not in p.name, p)):
        if path.match(f"{DEMO}/*.yaml") or path.match(f"{DEMO}.yaml"):
            return path
    raise FileNotFoundError(f"no model {DEMO} under {library}")


def main() -> None:
    """Print the table."""
    model = str(_demo_model())
    rows = [
        ("import cytokinome", 0.3, _import_time),
        ("cytokinome --help", 0.5, lambda: _command_time("--help")),
        ("cytokinome validate (demo model)", 0.5, lambda: _command_time("validate", model)),
        ("cytokinome catalogue search TNF", 0.5, lambda: _command_time("catalogue", "search", "TNF")),
        ("cytokinome catalogue check", 1.5, lambda: _command_time("catalogue", "check")),
        ("catalogue, import and cached", 0.5, lambda: _catalogue_time("")),
        ("catalogue, first search", 0.05, lambda: _catalogue_time(SEARCH)),
    ]
    print(f"{'':34}{'median':>9}{'goal':>9}")
    for name, goal, measure in rows:
        seconds = statistics.median(measure() for _ in range(REPEATS))
        verdict = "" if seconds <= goal else "  over the goal"
        print(f"{name:34}{seconds:7.3f} s{goal:7.2f} s{verdict}")


if __name__ == "__main__":
    main()
