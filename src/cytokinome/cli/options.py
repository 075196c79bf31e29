"""Options that several commands share, and the reading of their values."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

MOST_WORKERS = 8
TARGET = "llvm"
_MEMORY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(|B|[kKMGT]i?B)\s*", re.ASCII)
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}

Json = Annotated[
    str, typer.Option("--json", metavar="FILE", help="Write the answer as JSON; to standard output with - or nothing.")
]
Patients = Annotated[int | None, typer.Option(min=1, help="Number of virtual people, in place of the experiment's.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the cohort, in place of the experiment's.")]
Workers = Annotated[
    int,
    typer.Option(min=0, max=512, help="Threads at work; 0 for one per core, at most 8."),
]
Rtol = Annotated[float, typer.Option(min=1e-12, max=1e-2, help="Relative tolerance of the solver.")]
Target = Annotated[str, typer.Option(help="What models are compiled for: llvm, or reference, slow and obvious.")]
Engine = Annotated[
    str,
    typer.Option(
        help="ode; stochastic: every cell and molecule is counted; hybrid: cells are; tissue: cells in a box. "
        "By default as the experiment says."
    ),
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Folder in which the run directory is made.")]


def cores() -> int:
    """Return how many processes to use: one per core that this process may use, at most `MOST_WORKERS`."""
    affinity = getattr(os, "sched_getaffinity", None)
    available = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(available, MOST_WORKERS)


def memory(text: str) -> float:
    """Return a size such as ``4GB`` or ``512MiB`` in bytes.

    Raises
    ------
    typer.BadParameter
        For anything else.

    Examples
    --------
    >>> memory("4GB"), memory("1 KiB")
    (4000000000.0, 1024.0)
    """
    match = _MEMORY.fullmatch(text)
    if match is None or float(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is not a size; write for example 4GB or 512MB")
    unit = match[2].removesuffix("B")
    return float(match[1]) * (1024 if unit.endswith("i") else 1000) ** _POWERS[unit.removesuffix("i")]


MaxMemory = Annotated[
    float, typer.Option(parser=memory, metavar="SIZE", help="Memory that a run may take, such as 4GB.")
]
