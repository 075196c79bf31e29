"""What an entry of a schedule does to states that are real numbers, and where within a step something comes true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.engines.base import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cytokinome.engines.base import Entry

    Array = NDArray[np.float64]

LOCATED = 1e-13  # relative width of the bracket around an event or a switch
SAMPLES = (0.25, 0.5, 0.75, 1.0)  # where within a step a switch is looked for


def carry_out(entry: Entry, y: Array, rates: Array, parameters: Array) -> Array:
    """Return the states [state] after an entry of one patient; `rates` [state] and `parameters` change in place."""
    value, slot = float(entry.value[0]), entry.slot
    y = y.copy()
    match entry.action:
        case Action.ADD:
            y[slot] = y[slot] + value if value >= 0 else max(y[slot] + value, 0.0)
        case Action.SET:
            y[slot] = value
        case Action.SCALE:
            y[slot] *= value
        case Action.PARAMETER:
            parameters[slot] = value
        case Action.RATE_ON | Action.RATE_OFF:
            rates[slot] = infused(float(rates[slot]), entry.action, value)
    return y


def infused(rate: float, action: Action, value: float) -> float:
    """Return the rate after an infusion of `value` begins (`RATE_ON`) or ends."""
    if action is Action.RATE_ON:
        return rate + value
    left = rate - value
    # what rounding leaves behind is no infusion
    return left if abs(left) > 1e-12 * abs(value) else 0.0


def first_within(
    low: float, high: float, is_behind: Callable[[float], bool], samples: Sequence[float] = SAMPLES
) -> float | None:
    """Return a time within [low, high] just behind the one at which something comes true; None where it does not.

    It is looked for at these fractions of the step, then by bisection.
    """
    start, length = low, high - low
    for fraction in samples:
        high = start + fraction * length
        if is_behind(high):
            break
        low = high
    else:
        return None
    while high - low > LOCATED * max(1.0, abs(high)):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (low, middle) if is_behind(middle) else (middle, high)
    return high
