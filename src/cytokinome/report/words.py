"""Numbers, arms, distributions and reactions in words. Knows no page and no drawing library."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytokinome.experiments.protocol import CellAction, Route
from cytokinome.model.expressions import Name, Number
from cytokinome.model.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cytokinome.experiments.protocol import Arm, Block, CellChange, Dose
    from cytokinome.experiments.uncertainty import Influence
    from cytokinome.model.components import Distribution, Reaction, Rule, Transport
    from cytokinome.model.expressions import Expression

NOTHING = "–"
FEW = 4  # values of an arm that are told one by one
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 3) -> str:
    """Return a number with this many significant digits; a dash where there is none.

    Examples
    --------
    >>> number(365.66), number(0.00012), number(1234567.0)
    ('366', '1.2 × 10⁻⁴', '1.23 × 10⁶')
    """
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    mantissa, _, exponent = f"{abs(value):.{digits - 1}e}".partition("e")
    power = int(exponent)
    sign = "−" if value < 0 else ""
    if value == 0:
        return "0"
    if -3 <= power < 5:
        return f"{sign}{float(f'{mantissa}e{power}'):.{max(digits - 1 - power, 0)}f}"
    short = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{sign}{short} × 10{str(power).translate(SUPERSCRIPT)}"


def percent(fraction: float, *, signed: bool = False) -> str:
    """Return a fraction as per cent; values below 1 % keep two digits, because 1 % is where a warning begins."""
    if not math.isfinite(fraction):
        return number(fraction)
    value = 100 * fraction
    text = f"{abs(value):.0f}" if abs(value) >= 9.95 else f"{abs(value):.2g}"
    text = "< 0.001" if 0 < abs(value) < 0.001 else text
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{text}\u00a0%"


def hours(value: float) -> str:
    """Return a time in hours, without needless zeros."""
    return f"{value:.4g}\u00a0h" if math.isfinite(value) else NOTHING


def listed(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def known_within(influence: Influence) -> str:
    """Return how far a parameter may be off, and whether it is assumed.

    That is ``3-fold``, ``assumed, 3-fold``, ``assumed without a range, 2-fold``, or ``95 % of the fit``.
    """
    fold = "95\u00a0% of the fit" if influence.fold is None else f"{influence.fold:g}-fold"
    if influence.is_guessed:
        return f"assumed without a range, {fold}"
    return f"assumed, {fold}" if influence.is_assumed else fold


# ------------------------------------------------------------------------------------------------------------ arms
def arm_phrases(arm: Arm) -> tuple[str, ...]:
    """Return what is done in an arm, one phrase per intervention; empty where nothing is done."""
    return tuple(_phrases(arm))


def _phrases(arm: Arm) -> Iterator[str]:
    yield from (_dose(d) for d in arm.doses)
    if arm.knock_out:
        yield f"without {listed(arm.knock_out)}"
    yield from (_block(b) for b in arm.block)
    yield from (f"{c.parameter} becomes {c.to} at {hours(c.at)}" for c in arm.change)
    yield from (f"{listed(w.of)} washed out at {hours(w.at)}" for w in arm.wash_out)
    yield from (_cells(c) for c in arm.cells)
    if len(arm.parameters) > FEW:
        yield f"{len(arm.parameters)} values of its own (see the table of values)"
    else:
        yield from (f"{name} = {value}" for name, value in arm.parameters)


def _dose(dose: Dose) -> str:
    into = f" into {dose.into}" if dose.into else ""
    how = " under the skin" if dose.route is Route.SUBCUTANEOUS else ""
    size = f"{dose.rate}" if dose.rate is not None else f"{dose.amount}"
    text = f"{dose.of} {size}{into}{how} at {hours(dose.at)}"
    if dose.duration is not None:
        text += f" for {hours(dose.duration)}" if dose.rate is not None else f", spread over {hours(dose.duration)}"
    if dose.every is not None and dose.times > 1:
        text += f", {dose.times} times, every {hours(dose.every)}"
    return text


def _block(block: Block) -> str:
    how = "blocked" if block.fraction >= 1 else f"{percent(block.fraction)} blocked"
    start = f" from {hours(block.from_)}" if block.from_ is not None else ""
    end = f" until {hours(block.until)}" if block.until is not None else ""
    return f"{block.what} {how}{start}{end}"


def _cells(change: CellChange) -> str:
    size = percent(change.fraction) + " of" if change.fraction is not None else str(change.amount)
    verb = "added" if change.action is CellAction.ADD else "removed"
    return f"{size} {change.of} {verb} at {hours(change.at)}"


# ----------------------------------------------------------------------------------------------------------- model
def value_and_unit(expression: Expression) -> tuple[str, str]:
    """Return the digits and the unit of a literal, or the whole expression and no unit."""
    if isinstance(expression, Number):
        return expression.text, expression.unit
    return str(expression), ""


def distribution(spread: Distribution | None) -> str:
    """Return how a value differs between people: ``lognormal, CV 40 %``."""
    if spread is None:
        return ""
    numbers = [_spread_number(name, value) for name, value in spread.numbers]
    within = f", within {spread.within[0]} to {spread.within[1]}" if spread.within else ""
    return ", ".join([spread.kind, *numbers]) + within


def _spread_number(name: str, value: Expression) -> str:
    if name == "cv" and isinstance(value, Number) and not value.unit:
        return f"CV {percent(value.value)}"
    return f"{name.upper() if name in ('cv', 'sd') else name} {value}"


def rule_text(rule: Rule) -> str:
    """Return a rule as a sentence; a rate that is a formula stands behind it."""
    if rule.is_long and rule.rate is not None and not isinstance(rule.rate, Name | Number):
        return f"{sentence(rule, with_rate=False)}; rate: {rule.rate}"
    return sentence(rule)


def reaction_text(reaction: Reaction) -> str:
    """Return a reaction as ``A + B ⇌ C, kon 1e6 /M/s``."""
    left, right = (_side(side) for side in (reaction.reactants, reaction.products))
    place = f" in {reaction.compartment}" if reaction.compartment else ""
    constants = ", ".join(f"{name} {value}" for name, value in reaction.constants)
    return f"{left} {'⇌' if reaction.is_reversible else '→'} {right}{place}" + (f", {constants}" if constants else "")


def _side(side: tuple[tuple[str, int], ...]) -> str:
    return " + ".join(f"{count} {name}" if count > 1 else name for name, count in side) or "nothing"


def transport_text(transport: Transport) -> str:
    """Return a transport as a sentence."""
    what = listed(transport.molecules)
    return f"{what} from {transport.origin} to {transport.destination}, clearance {transport.clearance}"
