"""How compiled functions look from outside: their arguments, the sizes of their arrays, and a call from Python.

Every argument is a pointer to an array [index][4] of doubles, the lane last; nothing is returned.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH = 4  # lanes: one register of AVX2; more of them spill
PREFIX = "cytokinome_"  # of every symbol: none may hide one of the platform's

LANES: dict[str, tuple[str, ...]] = {
    "initial": ("p", "q", "y"),
    "scales": ("p", "q", "scale"),
    "volumes": ("p", "q", "volume"),
    "prepare": ("p", "q"),
    "rates": ("t", "y", "p", "q", "f"),
    "factor": ("t", "y", "p", "q", "inv_hg", "lu", "info"),
    "solve": ("lu", "b"),
    "timeslope": ("t", "y", "p", "q", "dfdt"),
    "switches": ("t", "y", "p", "q", "g"),
    "triggers": ("t", "y", "p", "q", "on"),
    "assignments": ("t", "y", "p", "q", "values"),
    "observe": ("t", "y", "p", "q", "out"),
}
JACOBIAN: dict[str, tuple[str, ...]] = {"jacobian": ("t", "y", "p", "q", "j")}
MATHEMATICS: dict[str, tuple[str, ...]] = {"exp": ("x", "out"), "log": ("x", "out"), "pow": ("x", "y", "out")}
SIGNATURES = LANES | JACOBIAN | MATHEMATICS


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of the arrays of a kernel, and whether its rates depend on time."""

    n: int
    np: int
    nq: int
    nlu: int
    ns: int
    nsel: int
    ne: int  # events
    na: int  # of each event in turn: delay, priority, and its assigned values
    has_time: bool


def invoke(address: int, *arrays: NDArray[np.float64]) -> None:
    """Call a compiled function from Python.

    Raises
    ------
    ValueError
        If an array is not what compiled code can read: contiguous doubles, the lane last.
    """
    for array in arrays:
        if array.dtype != np.float64 or not array.flags.c_contiguous or array.shape[-1:] != (WIDTH,):
            raise ValueError("compiled functions need contiguous arrays [index, lane] of doubles")
    prototype = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays))
    prototype(address)(*(array.ctypes.data for array in arrays))
