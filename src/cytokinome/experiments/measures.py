"""What can be read off a curve: peak, trough, area, fold change, value at a time, steady state.

All functions are pure. `times` [time] increases; `curves` is [..., time] with any leading axes (patients), and results
have those axes. A curve with a value that is not finite gives NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STEADY_FRACTION = 0.1  # the last tenth of the span is what "the end" means
STEADY_CHANGE = 0.01  # largest relative change there of a curve that counts as steady
_LIKE = 4.0  # curvatures that differ by more than this factor do not belong to one smooth peak


def _finite(curves: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The curves as rows [row, time], those with NaN or infinity as zeros, and which rows are finite."""
    rows = np.asarray(curves, dtype=float).reshape(-1, np.shape(curves)[-1])
    good: NDArray[np.bool_] = np.all(np.isfinite(rows), axis=1, keepdims=True)[:, 0]
    return np.where(good[:, None], rows, 0.0), good


def _shaped(values: Array, good: NDArray[np.bool_], curves: Array) -> Array:
    """Results per row in the leading axes of `curves`, NaN where a row is not finite."""
    return np.where(good, values, np.nan).reshape(np.shape(curves)[:-1])


def _maximum(times: Array, rows: Array) -> tuple[Array, Array]:
    """Height and time of the maximum of each row.

    Between output times the maximum is that of the parabola through the three points around the largest one, so a grid
    of 5 min gives the time of a peak that is an hour wide well below 1 %. The parabola counts only where the curve is
    smooth there: where the curvature at both neighbours has the same sign and is alike within a factor of 4. A jump
    (bolus) or a kink (end of an infusion) is not, and the point itself is the peak.
    """
    top = np.argmax(rows, axis=1)
    each = np.arange(len(rows))
    height, time = rows[each, top], times[top]
    last = len(times) - 1
    if last < 3:
        return height, time
    steps = np.diff(times)
    slopes = np.diff(rows, axis=1) / steps
    bend = np.zeros_like(rows)  # twice the leading coefficient; 0 at both ends
    bend[:, 1:-1] = np.diff(slopes, axis=1) / (times[2:] - times[:-2])
    inner = (top > 0) & (top < last)
    at = np.clip(top, 1, last - 1)
    here, smooth = bend[each, at], inner & (bend[each, at] < 0)
    for neighbour in (at - 1, at + 1):
        there = bend[each, neighbour]
        known = (neighbour > 0) & (neighbour < last)
        smooth &= ~known | ((there <= here / _LIKE) & (there >= here * _LIKE))
    before, after = steps[at - 1], steps[at]
    slope = (slopes[each, at - 1] * after + slopes[each, at] * before) / (before + after)
    curvature = np.where(smooth, here, -1.0)
    shift = np.where(smooth, -slope / (2 * curvature), 0.0)
    return height + np.where(smooth, -(slope**2) / (4 * curvature), 0.0), time + shift


def peak(times: Array, curves: Array) -> Array:
    """Return the largest value, refined between the output times by a parabola where the curve is smooth."""
    rows, good = _finite(curves)
    return _shaped(_maximum(times, rows)[0], good, curves)


def peak_time(times: Array, curves: Array) -> Array:
    """Return when the (first) largest value is reached [h], refined as in `peak`."""
    rows, good = _finite(curves)
    return _shaped(_maximum(times, rows)[1], good, curves)


def trough(times: Array, curves: Array) -> Array:
    """Return the smallest value, refined as in `peak`."""
    return -peak(times, -np.asarray(curves, dtype=float))


def trough_time(times: Array, curves: Array) -> Array:
    """Return when the (first) smallest value is reached [h]."""
    return peak_time(times, -np.asarray(curves, dtype=float))


def at(times: Array, curves: Array, time: float) -> Array:
    """Return the value at `time` [h] by monotone cubic interpolation (PCHIP), NaN outside the span.

    The interpolant never overshoots the output points, so a jump at a dose does not ring.

    Notes
    -----
    Fritsch and Butland (1984), SIAM J. Sci. Stat. Comput. 5:300, as in ``scipy.interpolate.PchipInterpolator``.
    """
    rows, good = _finite(curves)
    if not times[0] <= time <= times[-1]:
        return _shaped(np.full(len(rows), np.nan), good, curves)
    index = min(int(np.searchsorted(times, time, side="right")), len(times)) - 1
    if times[index] == time or len(times) < 2:
        return _shaped(rows[:, index], good, curves)
    # heavy, and not needed on an output time
    from scipy.interpolate import PchipInterpolator  # pyright: ignore[reportMissingTypeStubs]

    # The interpolant between two points depends on their neighbours only.
    window = slice(max(index - 2, 0), min(index + 4, len(times)))
    near = PchipInterpolator(times[window], rows[:, window], axis=1)
    return _shaped(np.asarray(near(time), dtype=float), good, curves)


def auc(times: Array, curves: Array, start: float | None = None, end: float | None = None) -> Array:
    """Return the area under the curve from `start` to `end` [value·h] by trapezoids; NaN outside the span."""
    first, last = times[0] if start is None else start, times[-1] if end is None else end
    values = np.asarray(curves, dtype=float)
    if not times[0] <= first <= last <= times[-1]:
        return np.full(values.shape[:-1], np.nan)
    inside = (times > first) & (times < last)
    grid = np.concatenate([[first], times[inside], [last]])
    ends = [at(times, values, t)[..., None] for t in (first, last)]
    heights = np.concatenate([ends[0], values[..., inside], ends[1]], axis=-1)
    # Added up in the order of time: a patient's area has the same bits in every cohort.
    return np.cumsum(np.diff(grid) * (heights[..., 1:] + heights[..., :-1]) / 2, axis=-1)[..., -1]


def average(times: Array, curves: Array, start: float | None = None, end: float | None = None) -> Array:
    """Return the mean over time from `start` to `end`; of an empty span the value there."""
    first, last = times[0] if start is None else start, times[-1] if end is None else end
    if first == last:
        return at(times, curves, first)
    return auc(times, curves, first, last) / (last - first)


def fold_change(times: Array, curves: Array, start: float, end: float) -> Array:
    """Return the value at `end` over the value at `start` [h]; NaN where the latter is 0."""
    before, after = at(times, curves, start), at(times, curves, end)
    return np.divide(after, before, out=np.full_like(after, np.nan), where=before != 0)


def steady(times: Array, curves: Array, fraction: float = STEADY_FRACTION) -> tuple[Array, NDArray[np.bool_]]:
    """Return the mean over the last `fraction` of the span, and whether the curve is steady there.

    Steady means that all values there lie within 1 % (of the mean) of each other.
    """
    start = float(times[-1] - fraction * (times[-1] - times[0]))
    mean = average(times, curves, start, float(times[-1]))
    tail = np.asarray(curves, dtype=float)[..., times >= start]
    ends = at(times, curves, start)
    change = np.maximum(tail.max(axis=-1), ends) - np.minimum(tail.min(axis=-1), ends)
    return mean, change <= STEADY_CHANGE * np.abs(mean)


def initial(times: Array, curves: Array) -> Array:
    """Return the first value; a dose at that time is in it."""
    rows, good = _finite(curves)
    return _shaped(rows[:, 0], good, curves)


def final(times: Array, curves: Array) -> Array:
    """Return the last value."""
    rows, good = _finite(curves)
    return _shaped(rows[:, -1], good, curves)


def time_above(times: Array, curves: Array, threshold: Array | float) -> Array:
    """Return for how long [h] each curve, linear between output times, is above its `threshold`."""
    rows, good = _finite(curves)
    above = rows - np.broadcast_to(np.asarray(threshold, dtype=float).reshape(-1, 1), (len(rows), 1))
    left, right = above[:, :-1], above[:, 1:]
    # The part of a step on which a line from `left` to `right` is positive.
    rise = np.maximum(left, 0) + np.maximum(right, 0)
    whole = np.abs(left) + np.abs(right)
    share = np.divide(rise, whole, out=np.zeros_like(rise), where=whole > 0)
    return _shaped(
        np.cumsum(share * np.diff(times), axis=1)[:, -1] + np.where(_finite(above)[1], 0.0, np.nan), good, curves
    )


def responder_fraction(responds: Array) -> tuple[float, int]:
    """Return the fraction of patients who respond (1, not 0), and how many have no answer (NaN) and do not count."""
    answers = np.asarray(responds, dtype=float)
    known = answers[np.isfinite(answers)]
    return (float(known.mean()) if len(known) else float("nan")), int(len(answers) - len(known))
