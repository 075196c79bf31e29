"""Four lanes in one register, inside compiled loops: the only file that writes instructions.

`Lanes4` is a number per lane. It lives in compiled code alone; memory holds rows of four float64, and a row is named
by the address of its array and its index: compiled code that passes arrays about takes minutes to compile, numbers
do not. `call` reaches the functions of a compiled model by their addresses, so
the loops that use them are compiled once for all models.

Nothing here mixes lanes, and no product is fused with a sum but by `fma`: a lane's numbers do not depend on the
others, on the optimiser, or on the processor.
"""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

__all__ = [
    "at_most", "call", "clamp", "compiled", "fma", "larger_size", "load", "power", "real", "set_real", "set_whole",
    "some", "splat", "spread", "store", "together", "where", "whole",
]  # fmt: skip

W = 4  # lanes: one register of 256 bits
ROW = 8 * W  # bytes

# Plain IEEE arithmetic: nothing reordered, no exception where a divisor is 0, no lock of the interpreter.
compiled = njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)

_VECTOR = ir.VectorType(ir.DoubleType(), W)


class Lanes4(types.Type):
    """The type of one number per lane, known to numba."""

    def __init__(self) -> None:
        super().__init__(name="Lanes4")


lanes4 = Lanes4()


@register_model(Lanes4)
class _Lanes4Model(models.PrimitiveModel):
    def __init__(self, manager: Any, frontend: Any) -> None:
        super().__init__(manager, frontend, _VECTOR)


def _row(builder: Any, address: Any, index: Any) -> Any:
    return builder.gep(builder.inttoptr(address, _VECTOR.as_pointer()), [index])


def _repeat(builder: Any, number: Any) -> Any:
    vector = ir.Constant(_VECTOR, ir.Undefined)
    for lane in range(W):
        vector = builder.insert_element(vector, number, ir.Constant(ir.IntType(32), lane))
    return vector


def _element(builder: Any, address: Any, index: Any, kind: Any) -> Any:
    return builder.gep(builder.inttoptr(address, kind.as_pointer()), [index])


def _access(kind: Any, number: Any) -> tuple[Any, Any]:
    """How one number of an array is read, and written."""

    @intrinsic
    def read(_context, address, index):  # noqa: ANN001, ANN202
        def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
            return builder.load(_element(builder, *args, kind))

        return number(types.int64, types.int64), emit

    @intrinsic
    def write(_context, address, index, value):  # noqa: ANN001, ANN202
        def emit(context, builder, _signature, args):  # noqa: ANN001, ANN202
            builder.store(args[2], _element(builder, args[0], args[1], kind))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, number), emit

    return read, write


# real(address, index), set_real(address, index, value), and the same for integers: one number in memory.
real, set_real = _access(ir.DoubleType(), types.float64)
whole, set_whole = _access(ir.IntType(64), types.int64)


def _function(builder: Any, name: str, arguments: int) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * arguments)
    return cgutils.get_or_insert_function(builder.module, kind, name)


@intrinsic
def load(_context, address, index):  # noqa: ANN001, ANN201
    """Return row `index` of the array at `address`."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        return builder.load(_row(builder, args[0], args[1]), align=ROW)

    return lanes4(types.int64, types.int64), emit


@intrinsic
def store(_context, address, index, value):  # noqa: ANN001, ANN201
    """Write row `index` of the array at `address`."""

    def emit(context, builder, _signature, args):  # noqa: ANN001, ANN202
        builder.store(args[2], _row(builder, args[0], args[1]), align=ROW)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, lanes4), emit


@intrinsic
def spread(_context, address, index):  # noqa: ANN001, ANN201
    """Return number `index` of the table at `address`, which nothing writes to, the same in all lanes."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        number = builder.load(_element(builder, *args, ir.DoubleType()))
        number.set_metadata("invariant.load", builder.module.add_metadata([]))
        return _repeat(builder, number)

    return lanes4(types.int64, types.int64), emit


@intrinsic
def splat(_context, number):  # noqa: ANN001, ANN201
    """Return the same number in all lanes."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        return _repeat(builder, args[0])

    return lanes4(types.float64), emit


@intrinsic
def together(_context, numbers):  # noqa: ANN001, ANN201
    """Return the numbers of a tuple, one per lane."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        vector = ir.Constant(_VECTOR, ir.Undefined)
        for lane in range(W):
            number = builder.extract_value(args[0], lane)
            vector = builder.insert_element(vector, number, ir.Constant(ir.IntType(32), lane))
        return vector

    return lanes4(types.UniTuple(types.float64, W)), emit


@intrinsic
def fma(_context, a, b, c):  # noqa: ANN001, ANN201
    """Return a·b + c, rounded once."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        return builder.call(_function(builder, "llvm.fma.v4f64", 3), args)

    return lanes4(lanes4, lanes4, lanes4), emit


@intrinsic
def larger_size(_context, a, b):  # noqa: ANN001, ANN201
    """Return max(|a|, |b|); what is not a number in `b` stays."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        size = _function(builder, "llvm.fabs.v4f64", 1)
        a, b = (builder.call(size, [x]) for x in args)
        return builder.select(builder.fcmp_ordered(">", a, b), a, b)

    return lanes4(lanes4, lanes4), emit


@intrinsic
def at_most(_context, a, b):  # noqa: ANN001, ANN201
    """Return 1 where a ≤ b, 0 elsewhere and where one is not a number."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        one, zero = (ir.Constant(_VECTOR, [value] * W) for value in (1.0, 0.0))
        return builder.select(builder.fcmp_ordered("<=", *args), one, zero)

    return lanes4(lanes4, lanes4), emit


@intrinsic
def some(_context, mask):  # noqa: ANN001, ANN201
    """Return whether the mask is not 0 on any lane."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        bits = builder.fcmp_unordered("!=", args[0], ir.Constant(_VECTOR, [0.0] * W))
        return builder.icmp_unsigned("!=", builder.bitcast(bits, ir.IntType(W)), ir.Constant(ir.IntType(W), 0))

    return types.boolean(lanes4), emit


@intrinsic
def where(_context, mask, a, b):  # noqa: ANN001, ANN201
    """Return `a` where the mask is not 0, else `b`."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        zero = ir.Constant(_VECTOR, [0.0] * W)
        return builder.select(builder.fcmp_ordered("!=", args[0], zero), args[1], args[2])

    return lanes4(lanes4, lanes4, lanes4), emit


def _instruction(name: str) -> Any:
    @intrinsic
    def operation(_context, a, b):  # noqa: ANN001, ANN202
        def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
            return getattr(builder, name)(*args)

        return lanes4(lanes4, lanes4), emit

    return operation


_add, _subtract, _multiply, _divide = (_instruction(name) for name in ("fadd", "fsub", "fmul", "fdiv"))


def _both(a: object, b: object) -> bool:
    return isinstance(a, Lanes4) and isinstance(b, Lanes4)


@overload(operator.add)
def _operator_add(a, b):  # noqa: ANN001, ANN202
    return (lambda a, b: _add(a, b)) if _both(a, b) else None


@overload(operator.sub)
def _operator_sub(a, b):  # noqa: ANN001, ANN202
    return (lambda a, b: _subtract(a, b)) if _both(a, b) else None


@overload(operator.mul)
def _operator_mul(a, b):  # noqa: ANN001, ANN202
    return (lambda a, b: _multiply(a, b)) if _both(a, b) else None


@overload(operator.truediv)
def _operator_div(a, b):  # noqa: ANN001, ANN202
    return (lambda a, b: _divide(a, b)) if _both(a, b) else None


@intrinsic
def call(_context, function, arrays):  # noqa: ANN001, ANN201
    """Call the function at an address with the addresses of arrays, a tuple; it returns nothing."""

    def emit(context, builder, _signature, args):  # noqa: ANN001, ANN202
        pointer = ir.DoubleType().as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer] * len(arrays))
        given = [builder.inttoptr(builder.extract_value(args[1], i), pointer) for i in range(len(arrays))]
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), given)
        return context.get_dummy_value()

    return types.void(types.int64, types.UniTuple(types.int64, len(arrays))), emit


@intrinsic
def _parts(_context, x):  # noqa: ANN001, ANN202
    """Exponent and mantissa, within [1, 2), of normal positive numbers."""
    whole = ir.VectorType(ir.IntType(64), W)

    def constant(value: int) -> Any:
        return ir.Constant(whole, [value] * W)

    def emit(context, builder, signature, args):  # noqa: ANN001, ANN202
        bits = builder.bitcast(args[0], whole)
        # The exponent as the low bits of 2^52 is a number when 2^52 is taken away: there is no conversion in AVX2.
        shifted = builder.or_(builder.lshr(bits, constant(52)), constant(0x4330000000000000))
        exponent = builder.fsub(
            builder.bitcast(shifted, _VECTOR), ir.Constant(_VECTOR, [4503599627370496.0 + 1023] * W)
        )
        mantissa = builder.or_(builder.and_(bits, constant(0xFFFFFFFFFFFFF)), constant(0x3FF0000000000000))
        return context.make_tuple(builder, signature.return_type, (exponent, builder.bitcast(mantissa, _VECTOR)))

    return types.UniTuple(lanes4, 2)(lanes4), emit


@intrinsic
def _two_to(_context, x):  # noqa: ANN001, ANN202
    """2^x for integers x, |x| < 1000."""
    whole = ir.VectorType(ir.IntType(64), W)

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        # Added to 1.5·2^52 an integer is in the low bits.
        biased = builder.fadd(args[0], ir.Constant(_VECTOR, [6755399441055744.0 + 1023] * W))
        return builder.bitcast(builder.shl(builder.bitcast(biased, whole), ir.Constant(whole, [52] * W)), _VECTOR)

    return lanes4(lanes4), emit


@intrinsic
def _rounded(_context, x):  # noqa: ANN001, ANN202
    """The nearest integer, |x| < 2^51."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        magic = ir.Constant(_VECTOR, [6755399441055744.0] * W)
        return builder.fsub(builder.fadd(args[0], magic), magic)

    return lanes4(lanes4), emit


@intrinsic
def clamp(_context, x, low, high):  # noqa: ANN001, ANN201
    """Return x within [low, high]; `high` for what is not a number."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        x, low, high = args
        x = builder.select(builder.fcmp_ordered("<", x, high), x, high)
        return builder.select(builder.fcmp_ordered(">", x, low), x, low)

    return lanes4(lanes4, lanes4, lanes4), emit


@compiled
def power(x: Any, exponent: float) -> Any:
    """Return x^exponent to 1e-7 for 1e-300 < x < 1e300, where the result is within these bounds too.

    Steps are chosen with it: sums and products alone, so the same bits everywhere, which a library's does not promise.
    The logarithm is a series of (m − 1)/(m + 1), the exponential one of Taylor's.
    """
    whole, m = _parts(x)
    half = splat(0.7071067811865476) * m  # within [0.7, 1.42)
    z = (half - splat(1.0)) / (half + splat(1.0))
    zz = z * z
    series = fma(zz, splat(1 / 11), splat(1 / 9))
    for coefficient in (1 / 7, 1 / 5, 1 / 3, 1.0):
        series = fma(zz, series, splat(coefficient))
    binary = (whole + splat(0.5)) + splat(2.8853900817779268) * (z * series)
    wanted = binary * splat(exponent)
    nearest = _rounded(wanted)
    f = (wanted - nearest) * splat(0.6931471805599453)
    result = fma(f, splat(1 / 5040), splat(1 / 720))
    for coefficient in (1 / 120, 1 / 24, 1 / 6, 1 / 2, 1.0, 1.0):
        result = fma(f, result, splat(coefficient))
    return result * _two_to(nearest)
