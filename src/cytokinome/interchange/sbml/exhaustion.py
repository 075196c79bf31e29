"""Where a fast reaction ends whose rate is a product of amounts: when one of them has run out.

The rate ``c · A · B …`` has the sign of c, so the reaction runs one way until an amount that it takes, and that the
rate names, is zero. Where the rate names amounts that it gives as well, zero is a rest on both sides; then the start
decides which is reached, and nothing else may change those amounts later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.interchange.sbml import algebra as a
from cytokinome.interchange.sbml.slopes import sign
from cytokinome.model.expressions import Binary, Expression, Name, Number, Unary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of a reaction is to a pool.

    Attributes
    ----------
    symbol : str
        What the rate calls the pool.
    slow : str
        The pool without what the reaction has turned over.
    written_out : Expression
        What one turn adds, in terms of what never changes.
    added : Expression
        The same as it stands.
    """

    symbol: str
    slow: str
    written_out: Expression
    added: Expression


def run_out(
    law: Expression, turns: Sequence[Turn], positive: AbstractSet[str], moving: AbstractSet[str], *, is_alone: bool
) -> Expression | None:
    """Return the extent at which a reaction has run out; None where its law is no product that tells.

    Parameters
    ----------
    law : Expression
    turns : sequence of Turn
    positive : set of str
        The names of what is nowhere negative.
    moving : set of str
        The names of what is not the same at all times.
    is_alone : bool
        Whether nothing else changes the pools.
    """
    factors = _factors(law, {t.symbol for t in turns})
    if factors is None:
        return None
    constant = a.times([f for f in factors if not isinstance(f, Name) or f.id not in {t.symbol for t in turns}])
    if a.names(constant) & moving:
        return None
    driving = [t for t in turns if Name(t.symbol) in factors]
    signs = [sign(t.written_out, positive) for t in driving]
    if not driving or any(s not in (1, -1) for s in signs):
        return None
    taken = [a.over(Name(t.slow), a.negative(t.added)) for t, s in zip(driving, signs, strict=True) if s == -1]
    given = [a.over(Name(t.slow), t.added) for t, s in zip(driving, signs, strict=True) if s == 1]
    if taken and given and not is_alone:
        return None
    start = constant if not (taken and given) else a.times([constant, *(Name(t.slow) for t in driving)])
    backward = a.negative(_least(given)) if given else a.NAN  # with nothing to run out it would run for ever
    forward = _least(taken) if taken else a.NAN
    otherwise = a.choice(a.compared("<", start, a.ZERO), backward, a.ZERO)
    return a.choice(a.compared(">", start, a.ZERO), forward, otherwise)


def _least(extents: Sequence[Expression]) -> Expression:
    return extents[0] if len(extents) == 1 else a.call("min", *extents)


def _factors(law: Expression, symbols: AbstractSet[str]) -> list[Expression] | None:
    """Return the factors of a law: pools, and numbers without any; None where pools stand otherwise."""
    if not a.names(law) & symbols:
        return [law]
    match law:
        case Name():
            return [law]
        case Unary("-", operand):
            inner = _factors(operand, symbols)
            return None if inner is None else [Unary("-", a.ONE), *inner]
        case Binary("*", left, right):
            first, second = _factors(left, symbols), _factors(right, symbols)
            return None if first is None or second is None else [*first, *second]
        case Binary("/", left, right) if not a.names(right) & symbols:
            inner = _factors(left, symbols)
            return None if inner is None else [*inner, a.over(a.ONE, right)]
        case Binary("^", base, Number() as power) if power.value > 0:
            return _factors(base, symbols)
        case _:
            return None
