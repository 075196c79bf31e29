"""Functions that the platform's C library computes, one lane after the other, in LLVM's text form.

exp, log and pow occur in most models and are written out in `vectors`. These are rare, and a call for every lane will
do. Their last digits are those of the platform's library, so they may differ between platforms; on one machine the
reference target calls the same library.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytokinome.compiler.dag import LARGEST_FACTORIAL, LIBRARY
from cytokinome.compiler.targets.abi import WIDTH
from cytokinome.compiler.targets.vectors import VECTOR, literal

if TYPE_CHECKING:
    from collections.abc import Sequence

_FACTORIAL = "@factorial"


def symbol(operation: str) -> str:
    """Return the name of the function of one number that computes an operation."""
    return _FACTORIAL if operation == "factorial" else f"@{LIBRARY[operation]}"


def needed(parts: Sequence[str]) -> list[str]:
    """Return the declarations and functions that parts of a module call and lack."""
    text = "\n".join(parts)
    on_vectors = [name for name in LIBRARY if f"@vector_{name}(" in text]
    used = [name for name in LIBRARY if name in on_vectors or f" {symbol(name)}(" in text]
    declared = [f"declare double @{LIBRARY[name]}(double)" for name in used]
    own = [_factorial()] if "factorial" in used else []
    return [*declared, *own, *(_on_vectors(name) for name in on_vectors)]


def _on_vectors(operation: str) -> str:
    """A function of four numbers that calls the one of one number four times."""
    lines, result = list[str](), "poison"
    for lane in range(WIDTH):
        lines += [
            f"%x{lane} = extractelement {VECTOR} %x, i64 {lane}",
            f"%y{lane} = call double {symbol(operation)}(double %x{lane})",
            f"%r{lane} = insertelement {VECTOR} {result}, double %y{lane}, i64 {lane}",
        ]
        result = f"%r{lane}"
    head = f"define internal {VECTOR} @vector_{operation}({VECTOR} %x) noinline"
    return "\n".join([f"{head} {{", *(f"  {line}" for line in lines), f"  ret {VECTOR} {result}", "}"])


def _factorial() -> str:
    """x!: of whole numbers from a table, as `dag` rounds them; of others Γ(x + 1), without its pole at zero."""
    count = LARGEST_FACTORIAL + 1
    table = ", ".join(f"double {literal(float(math.factorial(n)))}" for n in range(count))
    return f"""\
@factorials = private constant [{count} x double] [{table}]
define internal double {_FACTORIAL}(double %x) noinline {{
entry:
  %above = fcmp oge double %x, 0.0
  %below = fcmp ole double %x, {literal(LARGEST_FACTORIAL)}
  %inside = and i1 %above, %below
  %bounded = select i1 %inside, double %x, double 0.0
  %index = fptoui double %bounded to i64
  %back = uitofp i64 %index to double
  %whole = fcmp oeq double %back, %x
  br i1 %whole, label %known, label %between
known:
  %place = getelementptr [{count} x double], ptr @factorials, i64 0, i64 %index
  %value = load double, ptr %place
  ret double %value
between:
  %next = fadd double %x, 1.0
  %gamma = call double @tgamma(double %next)
  %pole = fcmp oeq double %next, 0.0
  %result = select i1 %pole, double {literal(math.nan)}, double %gamma
  ret double %result
}}"""
