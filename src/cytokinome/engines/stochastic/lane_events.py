"""Events on lanes, compiled once for all models: their random numbers, which they are, and carrying them out.

A lane is a run. Arrays are addresses here: compiled code that passes arrays about passes seven numbers for each. What
an event changes is a compiled function of the model, reached by its address.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from cytokinome.engines.lane_draws import compiled, exponential, unit, words_of
from cytokinome.engines.stochastic.choice import BELOW_ONE

_TREE = 8
BATCH = 32  # events whose numbers are drawn together: their words do not wait for each other
NO_SUM = 1e300
# What a lane is: addresses of its arrays, times, and whole numbers.
COUNTS, KEPT, STEPS, TREE, WAITS, CHOICES, WORDS, LANE = range(8)
NOW, END, SHOWN, NEXT, CLOCK = range(5)
EVENT, FLAG, NUMBER = range(3)


@intrinsic
def call(_context, function, y, q, d, a):  # noqa: ANN001, ANN201
    """Call a function of `JumpKernel` by its address."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        pointer = ir.DoubleType().as_pointer()
        kind = ir.FunctionType(ir.IntType(64), [pointer] * 4)
        given = [builder.inttoptr(x, pointer) for x in args[1:]]
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), given)

    return types.int64(*[types.int64] * 5), emit


def _access(kind: Any, number: Any) -> tuple[Any, Any]:
    """How one number of an array at an address is read, and written."""

    def place(builder: Any, address: Any, index: Any) -> Any:
        return builder.gep(builder.inttoptr(address, kind.as_pointer()), [index])

    @intrinsic
    def read(_context, address, index):  # noqa: ANN001, ANN202
        def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
            return builder.load(place(builder, *args))

        return number(types.int64, types.int64), emit

    @intrinsic
    def write(_context, address, index, value):  # noqa: ANN001, ANN202
        def emit(context, builder, _signature, args):  # noqa: ANN001, ANN202
            builder.store(args[2], place(builder, args[0], args[1]))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, number), emit

    return read, write


real, set_real = _access(ir.DoubleType(), types.float64)
whole, set_whole = _access(ir.IntType(64), types.int64)


@intrinsic
def _before(_context, row, place):  # noqa: ANN001, ANN202
    """The running sum before a place of a row: 0 before the first, without a branch."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        word = ir.IntType(64)
        numbers = builder.inttoptr(args[0], word.as_pointer())
        bits = builder.load(builder.gep(numbers, [builder.sub(args[1], ir.Constant(word, 1))]))
        kept = builder.select(builder.icmp_signed(">", args[1], ir.Constant(word, 0)), bits, ir.Constant(word, 0))
        return builder.bitcast(kept, ir.DoubleType())

    return types.float64(types.int64, types.int64), emit


@intrinsic
def _count(_context, row, target):  # noqa: ANN001, ANN202
    """How many of the eight numbers at an address are at most the target."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        vector = ir.VectorType(ir.DoubleType(), _TREE)
        numbers = builder.load(builder.inttoptr(args[0], vector.as_pointer()), align=8)
        limits = ir.Constant(vector, ir.Undefined)
        for i in range(_TREE):
            limits = builder.insert_element(limits, args[1], ir.Constant(ir.IntType(32), i))
        mask = builder.bitcast(builder.fcmp_ordered("<=", numbers, limits), ir.IntType(_TREE))
        return builder.zext(builder.ctpop(mask), ir.IntType(64))

    return types.int64(types.int64, types.float64), emit


@compiled
def draw(seed: Any, purpose: Any, patient: Any, run: Any, event: int, lane: int, first: int) -> None:
    """Draw the numbers of events, in a batch from its place `first` on."""
    words, waits, choices = whole(lane, WORDS), whole(lane, WAITS), whole(lane, CHOICES)
    for i in range(first, BATCH):
        c0, c1 = words_of(seed, purpose, patient, run, np.uint64(event + i - first))
        set_whole(words, i, np.int64(c0))
        set_whole(words, BATCH + i, np.int64(c1))
    for i in range(first, BATCH):
        set_real(waits, i, exponential(np.uint64(whole(words, i))))
        set_real(choices, i, unit(np.uint64(whole(words, BATCH + i))))


@compiled
def _choose(tree: int, starts: int, levels: int, target: float) -> int:
    """As `choice.choose`, without a branch that could be guessed wrongly."""
    row = 0
    for level in range(levels - 1, -1, -1):
        base = tree + 8 * (whole(starts, level) + _TREE * row)
        target = min(target, real(base, _TREE - 1) * BELOW_ONE)
        place = _count(base, target)
        target -= _before(base, place)
        row = row * _TREE + place
    return row


@compiled
def burst(model: Any, lanes: int, clocks: int, numbers: int, count: int, first: int, last: int) -> Any:
    """Carry out the events of places `first` to `last` of the batch on the first `count` lanes.

    Return where it ends, and whether a lane wants something else before it goes on.

    It stops where the next event of any lane comes behind the end of its stretch or a time that is to be shown, or
    where something is wrong. The events of all lanes are chosen before any is carried out: the processor cannot
    guess which it will be, and waits for all of them at once.
    """
    _, fire, starts, levels, total_at = model
    for slot in range(first, last):
        for lane in range(count):
            at, clock = lanes + 8 * LANE * lane, clocks + 8 * CLOCK * lane
            total = real(whole(at, TREE), total_at)
            after = real(clock, NOW) + real(whole(at, WAITS), slot) / total
            # false for what is not a number
            if not (after < real(clock, END) and after <= real(clock, SHOWN) and total < NO_SUM):
                return slot, True
            set_real(clock, NEXT, after)
        for lane in range(count):
            at = lanes + 8 * LANE * lane
            tree = whole(at, TREE)
            event = _choose(tree, starts, levels, real(whole(at, CHOICES), slot) * real(tree, total_at))
            set_whole(numbers, NUMBER * lane + EVENT, event)
        wrong = 0
        for lane in range(count):
            at, clock, own = lanes + 8 * LANE * lane, clocks + 8 * CLOCK * lane, NUMBER * lane
            set_real(clock, NOW, real(clock, NEXT))
            flag = call(
                whole(fire, whole(numbers, own + EVENT)),
                whole(at, COUNTS), whole(at, KEPT), whole(at, STEPS), whole(at, TREE),
            )  # fmt: skip
            set_whole(numbers, own + FLAG, flag)
            wrong += flag
        if wrong != 0:
            return slot + 1, True
    return last, False
