"""Runs on lanes: what is done between events, and the loop over the runs of a block. Compiled once for all models.

A lane whose run is over takes the next. What a run gives depends on its key alone: neither on its lane nor on its
neighbours.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from cytokinome.engines import draws, lane_draws
from cytokinome.engines.stochastic import choice, lane_events
from cytokinome.engines.stochastic.lane_events import (
    BATCH,
    CHOICES,
    CLOCK,
    COUNTS,
    END,
    EVENT,
    FLAG,
    KEPT,
    LANE,
    NO_SUM,
    NOW,
    NUMBER,
    SHOWN,
    STEPS,
    TREE,
    WAITS,
    WORDS,
    burst,
    call,
    compiled,
    draw,
)

# What becomes of a run; a row that was never finished stays at WAITING.
WAITING, DONE, NEGATIVE, UNBOUNDED, TAKEN, BEYOND, TOO_MANY = range(7)
ADD, SET, SCALE = range(3)
LANES = 4  # at a time: while one waits for memory and guesses, the others go on
# Further whole numbers of a lane.
_ROW, _STRETCH, _EVENTS, _DONE_ROWS, _ROWS = range(5)
_LARGEST = 2.0**53


@compiled
def _enter(y: Any, course: Any, s: int) -> None:
    """Carry out what the schedule does at the start of a stretch; as `course.changed`."""
    _, _, _, _, _, _, firsts, kinds, states, values = course
    for i in range(firsts[s], firsts[s + 1]):
        at = states[i]
        if kinds[i] == ADD:
            y[at] = max(y[at] + values[i], 0.0)
        elif kinds[i] == SET:
            y[at] = values[i]
        else:
            y[at] = np.rint(y[at] * values[i])


@compiled
def _look(t: float, y: Any, grains: Any, watches: Any, passed: Any) -> None:
    """Note first passages."""
    firsts, states, levels, upward = watches
    for i in range(levels.size):
        if passed[i] == passed[i]:
            continue
        total = 0.0
        for j in range(firsts[i], firsts[i + 1]):
            total += y[states[j]] * grains[states[j]]
        if (upward[i] and total >= levels[i]) or (not upward[i] and total <= levels[i]):
            passed[i] = t


@compiled
def _show(y: Any, times: Any, shown: int, before: float, out: Any) -> int:
    """Write the counts at all times before this one that are not written yet; return how many are."""
    while shown < times.size and times[shown] < before:
        for i in range(y.size):
            out[shown, i] = y[i]
        shown += 1
    return shown


@compiled
def _fault(y: Any, a: Any, tables: Any, event: int, events: int, limit: int) -> Any:
    """Return the status after an event and who is to blame, in the order in which the reference looks."""
    n_hazards, offsets, changed = tables
    if event >= 0:
        for i in range(offsets[event], offsets[event + 1]):
            if y[changed[i]] < 0:
                return TAKEN, event
            if y[changed[i]] > _LARGEST:
                return BEYOND, changed[i]
        if events >= limit:
            return TOO_MANY, event
    largest = 0
    for i in range(n_hazards):
        if not a[i] >= 0:
            return NEGATIVE, i
        if a[i] > a[largest]:
            largest = i
    if a[a.size - 1] >= NO_SUM:
        return UNBOUNDED, largest
    return WAITING, 0


@compiled
def _begin(lane: int, s: int, model: Any, course: Any, arrays: Any, watches: Any, passed: Any) -> bool:
    """Begin a stretch; return whether it was the last, which has no length."""
    begin, _, _, _, _ = model
    begins, ends, _, q, d, grains, _, _, _, _ = course
    lanes, clocks, numbers, y, _ = arrays
    _enter(y[lane], course, s)
    _look(begins[s], y[lane], grains[s], watches, passed)
    lanes[lane, KEPT], lanes[lane, STEPS] = q[s].ctypes.data, d[s].ctypes.data
    clocks[lane, NOW], clocks[lane, END] = begins[s], ends[s]
    numbers[lane, EVENT] = -1
    if s == begins.size - 1:
        return True
    numbers[lane, FLAG] = call(begin, lanes[lane, COUNTS], lanes[lane, KEPT], lanes[lane, STEPS], lanes[lane, TREE])
    return False


@compiled
def _attend(lane: int, slot: int, model: Any, tables: Any, course: Any, outer: Any, arrays: Any, rows: Any) -> Any:
    """Do what is due before the next event of a lane; return the status of its run and who is to blame."""
    _, ends, visible, _, _, _, _, _, _, _ = course
    _, clocks, numbers, y, a = arrays
    state, waits, out, passed = rows
    times, watches, limit, _ = outer
    row = state[lane, _ROW]
    while True:
        s, events, own = state[lane, _STRETCH], state[lane, _EVENTS], y[lane]
        if numbers[lane, FLAG] != 0 or events >= limit or a[lane, a.shape[1] - 1] >= NO_SUM:
            status, culprit = _fault(own, a[lane], tables, numbers[lane, EVENT], events, limit)
            if status != WAITING:
                return status, culprit
        t, total = clocks[lane, NOW], a[lane, a.shape[1] - 1]
        after = t + (waits[lane, slot] / total if total > 0 else np.inf)
        shown = _show(own, times, state[lane, _DONE_ROWS], min(after, ends[s], visible[s]), out[row])
        state[lane, _DONE_ROWS] = shown
        clocks[lane, SHOWN] = times[shown] if shown < times.size and times[shown] < visible[s] else np.inf
        if after < ends[s]:
            return WAITING, 0
        waits[lane, slot] = max(waits[lane, slot] - total * (ends[s] - t), 0.0)
        state[lane, _STRETCH] = s + 1
        if _begin(lane, s + 1, model, course, arrays, watches, passed[row]):
            _show(own, times, shown, np.inf, out[row])
            return DONE, 0


@compiled
def _take(lane: int, row: int, slot: int, model: Any, course: Any, key: Any, outer: Any, arrays: Any, rows: Any) -> Any:
    """Begin the run of a row on a lane; return its status: a course may have no length."""
    lanes, _, numbers, y, _ = arrays
    state, _, out, passed = rows
    times, watches, _, start = outer
    y[lane] = start
    state[lane, _ROW], state[lane, _STRETCH], state[lane, _EVENTS], state[lane, _DONE_ROWS] = row, 0, 0, 0
    numbers[lane, FLAG] = 0
    seed, purpose, patient, first = key
    draw(seed, purpose, patient, first + np.uint64(row), 0, lanes[lane].ctypes.data, slot)
    if _begin(lane, 0, model, course, arrays, watches, passed[row]):
        _show(y[lane], times, 0, np.inf, out[row])
        return DONE
    return WAITING


@compiled
def _swap(lane: int, last: int, arrays: Any, rows: Any, choices: Any) -> None:
    """Let the last lane take the place of one that has no run any more."""
    lanes, clocks, numbers, y, a = arrays
    state, waits, _, _ = rows
    kept, steps = lanes[last, KEPT], lanes[last, STEPS]
    clocks[lane], numbers[lane], state[lane] = clocks[last], numbers[last], state[last]
    lanes[lane, KEPT], lanes[lane, STEPS] = kept, steps
    y[lane], a[lane], waits[lane], choices[lane] = y[last], a[last], waits[last], choices[last]


@compiled
def _aligned(rows: int, columns: int) -> Any:
    """Zeros whose rows begin with a line of the cache: a row of the tree is one line. Columns are a multiple of 8."""
    room = np.zeros(rows * columns + 8)
    shift = (-room.ctypes.data & 63) // 8
    return room[shift : shift + rows * columns].reshape(rows, columns)


@compiled
def _lanes(n_states: int, n_tree: int, choices: Any, waits: Any, words: Any) -> Any:
    """Make the arrays of all lanes."""
    lanes, clocks = np.zeros((LANES, LANE), np.int64), np.zeros((LANES, CLOCK))
    numbers = np.zeros((LANES, NUMBER), np.int64)
    y, a = np.zeros((LANES, n_states)), _aligned(LANES, n_tree)
    for lane in range(LANES):
        lanes[lane, COUNTS], lanes[lane, TREE] = y[lane].ctypes.data, a[lane].ctypes.data
        lanes[lane, WAITS], lanes[lane, CHOICES] = waits[lane].ctypes.data, choices[lane].ctypes.data
        lanes[lane, WORDS] = words[lane].ctypes.data
    return lanes, clocks, numbers, y, a


@compiled
def _fill(count: int, following: int, slot: int, given: Any, found: Any, arrays: Any, rows: Any) -> Any:
    """Attend to every lane and give those that are free the next runs; return how many are busy, and the next row."""
    model, tables, course, key, outer, choices = given
    out, _, status, when = found
    state, lane = rows[0], 0
    while lane < count or (lane < LANES and following < out.shape[0]):
        result, culprit = WAITING, 0
        if lane == count:
            result = _take(lane, following, slot, model, course, key, outer, arrays, rows)
            count, following = count + 1, following + 1
        if result == WAITING:
            result, culprit = _attend(lane, slot, model, tables, course, outer, arrays, rows)
        if result == WAITING:
            lane += 1
            continue
        row = state[lane, _ROW]
        status[row, 0], status[row, 1], status[row, 2] = result, culprit, state[lane, _EVENTS]
        when[row] = arrays[1][lane, NOW]
        count -= 1
        if lane < count:
            _swap(lane, count, arrays, rows, choices)
    return count, following


@compiled
def _follow(addresses: Any, tables: Any, course: Any, key: Any, outer: Any, stop: Any, start: Any, found: Any) -> None:
    """Simulate the runs of a block, a row each, until `stop` is set."""
    begin, fire, starts = addresses
    model = (begin, fire.ctypes.data, starts.ctypes.data, starts.size, starts[-1] + 7)
    waits, choices, words = np.zeros((LANES, BATCH)), np.zeros((LANES, BATCH)), np.zeros((LANES, 2 * BATCH))
    arrays = _lanes(start.size, starts[-1] + 8, choices, waits, words)
    lanes, clocks, numbers, y, _ = arrays
    state = np.zeros((LANES, _ROWS), np.int64)
    rows = (state, waits, found[0], found[1])
    watches, limit = outer[1], outer[2]
    grains, most = course[5], 1 if watches[2].size else BATCH
    given = (model, tables, course, key, (*outer, start), choices)
    following, count, slot, wanted = 0, 0, 0, True
    while stop[0] == 0:
        if slot == BATCH:
            slot = 0
            _draw(count, key, state, lanes)
        if wanted:
            count, following = _fill(count, following, slot, given, found, arrays, rows)
        if count == 0:
            return
        last = min(BATCH, slot + most)
        for lane in range(count):
            last = min(last, slot + limit - state[lane, _EVENTS])
        reached, wanted = burst(model, lanes.ctypes.data, clocks.ctypes.data, numbers.ctypes.data, count, slot, last)
        for lane in range(count):
            state[lane, _EVENTS] += reached - slot
            wanted = wanted or state[lane, _EVENTS] >= limit
            if reached > slot and most == 1:
                _look(clocks[lane, NOW], y[lane], grains[state[lane, _STRETCH]], watches, found[1][state[lane, _ROW]])
        slot = reached


@compiled
def _draw(count: int, key: Any, state: Any, lanes: Any) -> None:
    """Draw the next batch for every lane."""
    seed, purpose, patient, first = key
    for lane in range(count):
        run, address = first + np.uint64(state[lane, _ROW]), lanes[lane].ctypes.data
        draw(seed, purpose, patient, run, state[lane, _EVENTS], address, 0)


def _stamp() -> int:
    """A number made of everything that is compiled into the loop."""
    files = [Path(__file__), *(Path(module.__file__) for module in (choice, draws, lane_draws, lane_events))]
    return int.from_bytes(sha256(b"".join(file.read_bytes() for file in files)).digest()[:6], "big")


def _cached(stamp: int) -> Any:
    """The loop from the cache on disk where it is current: a captured variable is part of its key."""

    def follow(addresses, tables, course, key, outer, stop, start, found):  # noqa: ANN001, ANN202
        if stamp >= 0:
            _follow(addresses, tables, course, key, outer, stop, start, found)

    return njit(cache=True, nogil=True, error_model="numpy")(follow)


follow = _cached(_stamp())
