"""What can be said of one case, and the rules by which numbers count as equal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Verdict(StrEnum):
    """`REFUSED` has a code; `UNDECIDED`: nobody knows the right answer to the accuracy that is asked."""

    PASS = "pass"
    REFUSED = "refused"
    WRONG = "wrong"
    CRASH = "crash"
    HANG = "hang"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and the reason: the code of a refusal, where and by how much a result is off."""

    verdict: Verdict
    reason: str = ""


def within_bounds(names: Sequence[str], times: Array, found: Array, expected: Array, bounds: Array) -> Judgement:
    """Judge values [time, name] that may be off by `bounds`; NaN and infinities have to be met exactly."""
    with np.errstate(invalid="ignore"):
        off = np.abs(found - expected)
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        excess = np.where(same, 0.0, off / np.where(bounds > 0, bounds, 1e-300))
    excess = np.where(np.isnan(excess), np.inf, excess)
    if not excess.size or excess.max() <= 1.0:
        return Judgement(Verdict.PASS)
    row, column = (int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
    reason = (
        f"{names[column]} at {times[row]:g}: {found[row, column]:.8g}, expected {expected[row, column]:.8g},"
        f" {excess[row, column]:.3g} times what is allowed"
    )
    return Judgement(Verdict.WRONG, reason)
