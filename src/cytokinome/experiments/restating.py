"""Claims that only restate a sentence: they follow from it whatever the numbers are, so they must be `constructed`.

A claim restates a rule when all of this holds: the rule is the only one that it names in `because:`; its expectation
has one side (`above` or `below`), so that it is about a direction; what it looks at is what the rule itself acts on;
and the arms that it compares differ in nothing but that rule: they knock it out or block it, or its receptor or a
molecule that it names, or set a parameter that it names.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from cytokinome.experiments import effects
from cytokinome.experiments.claim_values import looked_at
from cytokinome.experiments.protocol import Kind
from cytokinome.model.expressions import Mean, Name, Population, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cytokinome.experiments.protocol import Arm, Claim, Experiment
    from cytokinome.model.components import Model, Rule, Signal
    from cytokinome.model.expressions import Expression

_PLACE = re.compile(r"@[^()]*")


def restated(claim: Claim, experiment: Experiment, model: Model) -> str:
    """Return the id of the rule that a claim restates without saying so, empty where there is none."""
    rule = model.rule(claim.because[0]) if len(claim.because) == 1 else None
    is_one_sided = math.isinf(claim.expect.low) or math.isinf(claim.expect.high)
    if rule is None or claim.kind is Kind.CONSTRUCTED or not is_one_sided:
        return ""
    curves = looked_at(claim.value, tuple(arm.id for arm in experiment.arms))
    acted_on = {_placeless(name) for name in effects.acted_on(model, rule)}
    arms = [arm for id in dict.fromkeys(id for id, _ in curves) if (arm := experiment.arm(id)) is not None]
    own = _named(rule)
    looks_at_it = all(set[str]() < _what(model, name) <= acted_on for _, name in curves)
    is_only_this = len(arms) > 1 and all(_differences(arms[0], arm) <= own for arm in arms[1:])
    return rule.id if looks_at_it and is_only_this else ""


def _what(model: Model, name: str) -> set[str]:
    """The molecules or cells that a curve shows: of an observable, those that it is made of."""
    observable = model.observable(name)
    if observable is None:
        return {_placeless(name)}
    parts = walk(observable.value)
    return {_placeless(str(part)) for part in parts if isinstance(part, Population | Mean)} | _names(parts)


def _placeless(name: str) -> str:
    """A molecule, ``count(…)``, ``density(…)`` or ``mean(…)`` wherever it is: a rule is the same in all places."""
    return _PLACE.sub("", name)


def _names(parts: Iterable[Expression]) -> set[str]:
    return {part.id for part in parts if isinstance(part, Name)}


def _differences(one: Arm, other: Arm) -> set[str]:
    """What two arms do not have in common, by name; the name of a key for what has none of its own."""
    different = {*one.knock_out} ^ {*other.knock_out}
    different |= {name for name, _ in {*one.parameters} ^ {*other.parameters}}
    different |= {block.what for block in {*one.block} ^ {*other.block}}
    different |= {change.parameter for change in {*one.change} ^ {*other.change}}
    for key in ("doses", "wash_out", "cells"):
        different |= {f"{key}:"} if getattr(one, key) != getattr(other, key) else set()
    return different


def _named(rule: Rule) -> set[str]:
    """The rule and all that it names: parameters, receptors, signals."""
    names = {rule.id, rule.object, rule.receptor or ""}
    for signal in _signals(rule):
        names |= {signal.name, signal.receptor or ""}
    for expression in _numbers(rule):
        names |= _names(walk(expression))
    return names - {""}


def _signals(rule: Rule) -> Iterator[Signal]:
    lists = (
        rule.driven,
        rule.increased.alternatives if rule.increased else (),
        rule.decreased.alternatives if rule.decreased else (),
    )
    for alternatives in lists:
        for group in alternatives:
            yield from group
    if rule.saturating is not None:
        yield rule.saturating


def _numbers(rule: Rule) -> Iterator[Expression]:
    numbers = [rule.rate, rule.after, rule.switch, *(value for _, value in rule.constants)]
    numbers += [rule.increased.up_to if rule.increased else None, rule.decreased.down_to if rule.decreased else None]
    for signal in _signals(rule):
        numbers += [signal.half, signal.hill]
    yield from (number for number in numbers if number is not None)
