"""The random numbers of an event, compiled: the twin of `draws`, bit for bit."""

# numba gives its decorators no types; what they wrap is tested instead.
# pyright: basic

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from cytokinome import rng
from cytokinome.engines import draws

PURPOSE = np.uint64(rng.purpose(draws.PURPOSE))
TIES = np.uint64(rng.purpose(draws.TIES))
_M0, _M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_W0, _W1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)

_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
compiled = njit(**_OPTIONS)
_inlined = njit(forceinline=True, **_OPTIONS)  # a call would keep the processor from several events at once
_minus_log = _inlined(draws.minus_log)


@intrinsic
def _product(_context, a, b):  # noqa: ANN001, ANN202
    """The upper and the lower 64 bits of a product."""

    def emit(context, builder, signature, args):  # noqa: ANN001, ANN202
        wide, word = ir.IntType(128), ir.IntType(64)
        product = builder.mul(*(builder.zext(x, wide) for x in args))
        high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), word)
        return context.make_tuple(builder, signature.return_type, (high, builder.trunc(product, word)))

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), emit


def _number(builder: Any, low: Any) -> Any:
    """The double of a whole number below 2^52: as the last bits of 2^52. AVX2 has no instruction for it."""
    word, real = ir.IntType(64), ir.DoubleType()
    raised = builder.bitcast(builder.or_(low, ir.Constant(word, 0x4330000000000000)), real)
    return builder.fsub(raised, ir.Constant(real, 2.0**52))


@intrinsic
def unit(_context, word):  # noqa: ANN001, ANN201
    """The uniform number of a word: (word >> 12 + ½)·2^−52."""

    def emit(_context, builder, _signature, args):  # noqa: ANN001, ANN202
        real = ir.DoubleType()
        whole = _number(builder, builder.lshr(args[0], ir.Constant(ir.IntType(64), 12)))
        return builder.fmul(builder.fadd(whole, ir.Constant(real, 0.5)), ir.Constant(real, 2.0**-52))

    return types.float64(types.uint64), emit


@intrinsic
def _parts(_context, x):  # noqa: ANN001, ANN202
    """Mantissa within [½, 1) and exponent of a normal positive number, as `math.frexp`."""

    def emit(context, builder, signature, args):  # noqa: ANN001, ANN202
        word, real = ir.IntType(64), ir.DoubleType()
        bits = builder.bitcast(args[0], word)
        biased = _number(builder, builder.lshr(bits, ir.Constant(word, 52)))
        kept = builder.and_(bits, ir.Constant(word, (1 << 52) - 1))
        mantissa = builder.bitcast(builder.or_(kept, ir.Constant(word, 1022 << 52)), real)
        values = (mantissa, builder.fsub(biased, ir.Constant(real, 1022.0)))
        return context.make_tuple(builder, signature.return_type, values)

    return types.UniTuple(types.float64, 2)(types.float64), emit


@_inlined
def words_of(seed: Any, purpose: Any, patient: Any, run: Any, event: Any) -> Any:
    """Return the first two words of Philox4x64-10 at (0, patient, event, run), all unsigned."""
    c0, c1, c2, c3 = np.uint64(0), patient, event, run
    k0, k1 = seed, purpose
    for _ in range(10):
        high0, low0 = _product(_M0, c0)
        high1, low1 = _product(_M1, c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + _W0, k1 + _W1
    return c0, c1


@_inlined
def exponential(word: Any) -> float:
    """Return the exponential number of mean 1 that a word makes."""
    mantissa, exponent = _parts(unit(word))
    return _minus_log(mantissa, exponent)
