"""How benchmarks compare tools: errors, ratios, tables, and what is printed where something is missing."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import problems, tables
from benchmarks.collection import WHERE
from benchmarks.measure import Measured, Run


def test_error_is_relative_to_the_largest_value():
    """|y − ref| / (|ref| + 1e-3·max|ref| + 1e-8), the largest over times and states; not finite is infinite."""
    exact = np.array([[1.0, 0.0], [1e-9, 0.0]])
    found = exact + np.array([[0.0, 0.0], [1e-6, 0.0]])
    assert problems.error(found, exact) == pytest.approx(1e-6 / (1e-9 + 1e-3 + 1e-8))
    assert problems.error(np.full((2, 2), np.nan), exact) == math.inf


def test_ratios_compare_at_equal_tolerance_and_at_equal_error():
    """At equal error our cheapest run counts that is at least as exact as the peer's."""
    peer = tables.Row("m", "peer", 1.0, Measured(1.0, 1.0, (Run(1e-6, 1000.0, 1e-4, 20),)))
    ours = tables.Row("m", "ours", 1.0, Measured(1.0, 1.0, (Run(1e-5, 10.0, 5e-5, 20), Run(1e-6, 20.0, 1e-6, 20))))
    lines = list(tables.ratios([ours, peer], "ours"))
    found = [line.split()[1:] for line in lines if line.startswith("peer  ")]
    assert found == [["50", "50"], ["100", "100"]]


def test_tables_say_why_a_tool_is_missing():
    """A tool that is not installed is a line of the table."""
    lines = list(tables.table([tables.Row("m", "peer", why_not="not installed")]))
    assert lines[1].split() == ["peer", "not", "installed"]


@pytest.mark.parametrize("command", ["cohorts", "steps", "petab", "fitting"])
def test_commands_say_where_the_collection_is(command):
    """Without the folder of the PEtab collection, or with one that is none."""
    if command == "steps":
        pytest.importorskip("numba")
    for arguments in ([], ["no such folder"] if command == "petab" else ["--petab", "no such folder"]):
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{command}", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        assert done.returncode == 2
        assert WHERE in done.stderr
