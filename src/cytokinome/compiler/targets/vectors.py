"""Vectors of four doubles in LLVM's text form, and exp, log and pow on them, written out so that bits are the same.

A vectorised call of the platform's library would become four scalar calls, with other bits on every platform. Here
each function is a fixed sequence of IEEE operations and explicit fused multiply-adds, without branches and without
an operation across lanes, so that a lane never knows of its neighbours.

The methods are the usual ones: exp(x) = 2^k·exp(r) with |r| ≤ ln 2/2 (P. T. P. Tang, ACM Transactions on Mathematical
Software 15 (1989) 144-157); log(m) = 2·atanh((m − 1)/(m + 1)) on [√½, √2), carried in pairs of doubles (T. J. Dekker,
Numerische Mathematik 18 (1971) 224-242), so that x^y = exp(y·log x) keeps its last digits. The polynomials are our own:
Chebyshev interpolation at 60 digits, coefficients rounded to double (the tests derive them again).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from cytokinome.compiler.targets.abi import WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

VECTOR = f"<{WIDTH} x double>"
_BITS = f"<{WIDTH} x i64>"
_MASK = f"<{WIDTH} x i1>"

# (exp(r) − 1 − r)/r² on |r| ≤ ln 2/2, absolute error 2^−59
EXP = (
    0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326141, 0.0013888888888883752, 0.00019841269874800493,
    2.4801587325533363e-05, 2.7557255425746435e-06, 2.7557273661348637e-07, 2.510520637395701e-08,
    2.0914679376583935e-09,
)  # fmt: skip
# (2·atanh(s)/s − 2 − ⅔·z)/z² with z = s² ≤ (3 − 2√2)², absolute error 2^−58
LOG = (
    0.4, 0.28571428571429364, 0.22222222221656232, 0.18181818335314404, 0.1538459497089538, 0.13334804238229586,
    0.11706248540808757, 0.11723051029286073,
)  # fmt: skip
LN2, LN2_REST = 0.6931471805599453, 2.3190468138462996e-17
LN2_SHORT, LN2_SHORT_REST = 0.6931471805598903, 5.497923018708371e-14  # the first has 42 bits: k·LN2_SHORT is exact
TWO_THIRDS, TWO_THIRDS_REST = 0.6666666666666666, 3.700743415417188e-17
INVERSE_LN2 = 1.4426950408889634

_DIVISION = 500  # lines
_ROUND = 6755399441055744.0  # 1.5·2^52: adding it leaves the nearest whole number in the lowest bits
_WHOLE = 0x4330000000000000  # the bits of 2^52: below it, the last bits of a double are a whole number
_SQRT_HALF = 0x3FE6A09E667F3BCD
_EXPONENT = 0xFFF0000000000000
_SIGN = 0x8000000000000000


def literal(value: float) -> str:
    """Return one double as LLVM writes it exactly: the hexadecimal of its bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def splat(value: float) -> str:
    """Return a constant vector."""
    return f"<{', '.join([f'double {literal(value)}'] * WIDTH)}>"


def _bits(value: int) -> str:
    signed = value - (1 << 64) if value >> 63 else value
    return f"<{', '.join([f'i64 {signed}'] * WIDTH)}>"


class Block:
    """The text of one function under construction. A method adds an instruction and returns the name of its value."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.label = "entry"
        self._count = 0
        self._divided = 0  # where the last part begins

    def name(self, prefix: str = "v") -> str:
        """Return a name that is not taken."""
        self._count += 1
        return f"{prefix}{self._count}"

    def put(self, instruction: str) -> str:
        """Add an instruction that has a value."""
        name = f"%{self.name()}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def run(self, instruction: str) -> None:
        """Add an instruction that has none."""
        self.lines.append(f"  {instruction}")

    def begin(self, label: str) -> None:
        """Begin the part of the function that has this label."""
        self.lines.append(f"{label}:")
        self.label = label
        self._divided = len(self.lines)

    # ---------------------------------------------------------------- memory
    def at(self, array: str, index: int | str) -> str:
        """Return the address of a vector in an array of vectors."""
        return self.put(f"getelementptr {VECTOR}, ptr %{array}, i64 {index}") if index else f"%{array}"

    def load(self, array: str, index: int | str) -> str:
        """Return a vector of an array."""
        return self.put(f"load {VECTOR}, ptr {self.at(array, index)}, align 8")

    def store(self, value: str, array: str, index: int | str) -> None:
        """Set a vector of an array.

        Long code is divided here: LLVM orders the instructions of a division in more than linear time.
        """
        self.run(f"store {VECTOR} {value}, ptr {self.at(array, index)}, align 8")
        if len(self.lines) - self._divided > _DIVISION:
            label = self.name("part")
            self.run(f"br label %{label}")
            self.begin(label)

    # ------------------------------------------------------------ arithmetic
    def binary(self, operation: str, a: str, b: str) -> str:
        """Apply fadd, fsub, fmul or fdiv."""
        return self.put(f"{operation} {VECTOR} {a}, {b}")

    def add(self, a: str, b: str) -> str:
        """Return a + b."""
        return self.binary("fadd", a, b)

    def sub(self, a: str, b: str) -> str:
        """Return a − b."""
        return self.binary("fsub", a, b)

    def mul(self, a: str, b: str) -> str:
        """Return a·b."""
        return self.binary("fmul", a, b)

    def negative(self, a: str) -> str:
        """Return −a."""
        return self.put(f"fneg {VECTOR} {a}")

    def fma(self, a: str, b: str, c: str) -> str:
        """Return a·b + c, rounded once."""
        return self.call("fma", a, b, c)

    def call(self, intrinsic: str, *args: str) -> str:
        """Return an intrinsic function of vectors: fma, fabs, sqrt, trunc, floor, ceil, copysign."""
        listed = ", ".join(f"{VECTOR} {a}" for a in args)
        return self.put(f"call {VECTOR} @llvm.{intrinsic}.v{WIDTH}f64({listed})")

    # ------------------------------------------------------ masks and choice
    def compare(self, predicate: str, a: str, b: str) -> str:
        """Return a mask; `predicate` is one of LLVM's, such as olt."""
        return self.put(f"fcmp {predicate} {VECTOR} {a}, {b}")

    def logic(self, operation: str, a: str, b: str) -> str:
        """Return and, or, xor of two masks."""
        return self.put(f"{operation} {_MASK} {a}, {b}")

    def invert(self, mask: str) -> str:
        """Return not of a mask."""
        return self.logic("xor", mask, f"<{', '.join(['i1 true'] * WIDTH)}>")

    def select(self, mask: str, a: str, b: str) -> str:
        """Return a where the mask is set, else b."""
        return self.put(f"select {_MASK} {mask}, {VECTOR} {a}, {VECTOR} {b}")

    # ------------------------------------------------------------------ bits
    def to_bits(self, a: str) -> str:
        """Return the bits of a vector as whole numbers."""
        return self.put(f"bitcast {VECTOR} {a} to {_BITS}")

    def from_bits(self, a: str) -> str:
        """Return the vector that has these bits."""
        return self.put(f"bitcast {_BITS} {a} to {VECTOR}")

    def whole(self, operation: str, a: str, b: int | str) -> str:
        """Apply an operation on whole numbers, such as add, and, lshr."""
        return self.put(f"{operation} {_BITS} {a}, {b if isinstance(b, str) else _bits(b)}")


INTRINSICS = "\n".join(
    f"declare {VECTOR} @llvm.{name}.v{WIDTH}f64({', '.join([VECTOR] * arity)})"
    for name, arity in (("fma", 3), ("fabs", 1), ("sqrt", 1), ("trunc", 1), ("floor", 1), ("ceil", 1), ("copysign", 2))
)


def polynomial(code: Block, x: str, coefficients: Sequence[float]) -> str:
    """Return Σ c_i·x^i, pairing neighbours (Estrin's scheme) so that fewer steps wait for one another."""
    terms, power = [splat(c) for c in coefficients], x
    while len(terms) > 1:
        paired = [code.fma(terms[i + 1], power, terms[i]) for i in range(0, len(terms) - 1, 2)]
        terms = paired + (terms[-1:] if len(terms) % 2 else [])
        power = code.mul(power, power) if len(terms) > 1 else power
    return terms[0]


def exp(code: Block, x: str, rest: str | None = None) -> str:
    """Return exp(x), or exp(x + rest) for a small rest; within 1 ulp."""
    x = code.select(code.compare("olt", x, splat(-746.0)), splat(-746.0), x)
    x = code.select(code.compare("ogt", x, splat(710.0)), splat(710.0), x)
    k = code.sub(code.fma(x, splat(INVERSE_LN2), splat(_ROUND)), splat(_ROUND))
    minus_k = code.negative(k)
    first = code.fma(minus_k, splat(LN2), x)  # exact
    rest = code.fma(minus_k, splat(LN2_REST), rest) if rest else code.mul(minus_k, splat(LN2_REST))
    r = code.add(first, rest)
    lost = code.sub(rest, code.sub(r, first))
    square = code.mul(r, r)
    tail = code.fma(square, polynomial(code, r, EXP), lost)
    value = code.add(splat(1.0), code.add(r, tail))
    # 2^k in two factors: either alone is a normal number, and the last product rounds once.
    half = code.add(code.mul(k, splat(0.5)), splat(_ROUND))
    other = code.add(code.sub(k, code.sub(half, splat(_ROUND))), splat(_ROUND))
    return code.mul(code.mul(value, _power_of_two(code, half)), _power_of_two(code, other))


def _power_of_two(code: Block, rounded: str) -> str:
    """Return 2^k from k + 1.5·2^52."""
    biased = code.whole("add", code.to_bits(rounded), 1023)
    return code.from_bits(code.whole("shl", biased, 52))


def log_parts(code: Block, x: str) -> tuple[str, str]:
    """Return log(x) as a sum of two doubles with relative error below 2^−64; 0 gives −∞, a negative x NaN."""
    k, m = _split(code, x)
    f, above = code.sub(m, splat(1.0)), code.add(m, splat(1.0))
    below = code.sub(m, code.sub(above, splat(1.0)))  # above + below = m + 1
    inverse = code.binary("fdiv", splat(1.0), above)
    s = code.mul(f, inverse)
    minus_s = code.negative(s)
    s_rest = code.mul(code.fma(minus_s, below, code.fma(minus_s, above, f)), inverse)
    z = code.mul(s, s)
    z_rest = code.fma(code.add(s, s), s_rest, code.fma(s, s, code.negative(z)))
    # c = ⅔ + z·P(z), d = z·c, and log(m) = 2·s + s·d
    w = code.mul(z, polynomial(code, z, LOG))
    c = code.add(splat(TWO_THIRDS), w)
    c_rest = code.add(code.sub(w, code.sub(c, splat(TWO_THIRDS))), splat(TWO_THIRDS_REST))
    d = code.mul(z, c)
    d_rest = code.fma(z_rest, c, code.fma(z, c_rest, code.fma(z, c, code.negative(d))))
    e = code.mul(s, d)
    e_rest = code.fma(s_rest, d, code.fma(s, d_rest, code.fma(s, d, code.negative(e))))
    double = code.add(s, s)
    high = code.add(double, e)
    low = code.add(code.sub(e, code.sub(high, double)), code.add(e_rest, code.add(s_rest, s_rest)))
    # + k·ln 2
    shift = code.mul(k, splat(LN2_SHORT))
    total = code.add(shift, high)
    low = code.fma(k, splat(LN2_SHORT_REST), low)
    low = code.add(code.sub(high, code.sub(total, shift)), low)
    high = code.add(total, low)
    low = code.sub(low, code.sub(high, total))
    return _guarded(code, x, high, low)


def _split(code: Block, x: str) -> tuple[str, str]:
    """Return k and m of a positive x = 2^k·m with m in [√½, √2)."""
    small = code.compare("olt", x, splat(2.0**-1022))
    bits = code.to_bits(code.select(small, code.mul(x, splat(2.0**54)), x))
    shifted = code.whole("sub", bits, _SQRT_HALF)
    m = code.from_bits(code.whole("sub", bits, code.whole("and", shifted, _EXPONENT)))
    raised = code.whole("lshr", code.whole("xor", shifted, _SIGN), 52)  # k + 2048
    k = code.sub(code.from_bits(code.whole("or", raised, _WHOLE)), splat(2.0**52 + 2048))
    return code.sub(k, code.select(small, splat(54.0), splat(0.0))), m


def _guarded(code: Block, x: str, high: str, low: str) -> tuple[str, str]:
    """Return the logarithm with its values at 0, ∞, NaN and below zero."""
    infinity = splat(float("inf"))
    regular = code.logic("and", code.compare("ogt", x, splat(0.0)), code.compare("olt", x, infinity))
    special = code.select(code.compare("oeq", x, infinity), x, splat(float("nan")))
    special = code.select(code.compare("oeq", x, splat(0.0)), splat(float("-inf")), special)
    return code.select(regular, high, special), code.select(regular, low, splat(0.0))


def log(code: Block, x: str) -> str:
    """Return log(x); within 1 ulp."""
    return log_parts(code, x)[0]


def power(code: Block, x: str, y: str) -> str:
    """Return x^y with the special values of C's pow; within 1 ulp.

    A negative x has a power where y is whole, else NaN.
    """
    size, zero, one = code.call("fabs", x), splat(0.0), splat(1.0)
    high, low = log_parts(code, size)
    product = code.mul(y, high)
    rest = code.fma(y, low, code.fma(y, high, code.negative(product)))
    rest = code.select(code.compare("olt", code.call("fabs", product), splat(1100.0)), rest, zero)
    value = exp(code, product, rest)
    value = code.select(code.compare("oeq", size, one), one, value)  # also where y·log(1) = ∞·0
    half = code.mul(y, splat(0.5))
    is_whole = code.compare("oeq", code.call("trunc", y), y)
    is_odd = code.logic("and", is_whole, code.compare("une", code.call("trunc", half), half))
    value = code.select(is_odd, code.call("copysign", value, x), value)
    is_finite = code.compare("ogt", x, splat(float("-inf")))
    is_negative = code.logic("and", code.compare("olt", x, zero), is_finite)
    value = code.select(code.logic("and", is_negative, code.invert(is_whole)), splat(float("nan")), value)
    is_one = code.logic("or", code.compare("oeq", x, one), code.compare("oeq", y, zero))
    return code.select(is_one, one, value)
