"""What makes the modifiers of a sentence meaningful: signals, their half-maximal levels, folds and floors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import did_you_mean
from cytokinome.model import scope
from cytokinome.model.checks import as_written, is_condition, not_negative, positive, quantity, unknown
from cytokinome.model.components import Alternatives, Model, Rule, Signal, Verb
from cytokinome.model.expressions import Name, Number, Unary, place
from cytokinome.model.expressions import Population as PopulationNode
from cytokinome.model.places import at_word
from cytokinome.units import CONCENTRATION, DENSITY, DIMENSIONLESS, PER_CELL, Dimension

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector, Span
    from cytokinome.model.scope import ModelScope


def check_modifiers(model: Model, rule: Rule, where: ModelScope, expect: Dimension) -> None:
    """Add every fault of the modifiers of a rule whose rate has the dimension `expect`."""
    found = where.found
    for alternatives in lists(rule):
        for group in alternatives:
            for signal in group:
                _check_signal(model, signal, where, found)
        _check_pools(alternatives, found)
    for signal in rule.toward:
        _check_signal(model, signal, where, found)
    _check_ceiling(model, rule, where, expect)
    _check_floor(rule, where)
    if rule.switch is not None:
        _check_condition(rule, where, found)
    if rule.saturating:
        if rule.verb is not Verb.KILLS and rule.verb is not Verb.ENGULFS:
            hint = "it belongs to `kills` and `engulfs`"
            message = f"`saturating` does not fit `{rule.verb.value}`"
            found.error("BAD_MODIFIER", message, at_word("saturating", rule.where, found), hint=hint)
        _check_signal(model, rule.saturating, where, found)


def _check_ceiling(model: Model, rule: Rule, where: ModelScope, expect: Dimension) -> None:
    """The number after `up to` is a fold of at least one, or a rate."""
    if rule.increased is None:
        return
    top, found = rule.increased.up_to, where.found
    typed = where.resolver().typed(top)
    if typed is None or not not_negative(model, top, found, "the level after `up to`"):
        return
    if rule.increased.is_fold:
        if isinstance(top, Number) and top.value < 1:
            hint = "say `decreased by … down to` for less than the rate itself"
            found.error("BAD_VALUE", f"`up to {top}-fold` increases nothing", top.where, hint=hint)
    elif typed.dimension == DIMENSIONLESS and isinstance(top, Number):
        message = f"`up to {top}` is neither a fold nor a rate"
        found.error("MISSING_UNIT", message, top.where, hint=f"write `up to {top}-fold`, or a rate with its unit")
    elif typed.dimension != DIMENSIONLESS:
        agent = scope.substance(model, rule.object) if model.molecule(rule.object) else None
        where.resolver().resolve(top, expect, agent, "the rate after `up to`")


def _check_floor(rule: Rule, where: ModelScope) -> None:
    """The number after `down to` is a fraction."""
    floor = rule.decreased.down_to if rule.decreased else None
    if floor is None or where.resolver().resolve(floor, DIMENSIONLESS, what="the floor after `down to`") is None:
        return
    outside = isinstance(floor, Number) and not 0 <= floor.value * units.parse_unit(floor.unit).factor <= 1
    if outside or (isinstance(floor, Unary) and floor.operator == "-"):
        message = f"the floor after `down to` lies between 0 and 100 %; it is {floor}"
        hint = "write what is left of the rate, for example 5 %"
        where.found.error("BAD_VALUE", message, place(floor), hint=hint)


def lists(rule: Rule) -> list[Alternatives]:
    """Return the lists of alternatives of a rule."""
    found = [rule.driven] if rule.driven else []
    if rule.increased:
        found.append(rule.increased.alternatives)
    return [*found, rule.decreased.alternatives] if rule.decreased else found


def _check_condition(rule: Rule, where: ModelScope, found: Collector) -> None:
    condition = rule.switch
    if condition is None or not is_condition(condition):
        spot = place(condition) if condition is not None else rule.where
        hint = f"compare it: `only when {condition} > …`"
        found.error("BAD_MODIFIER", "`only when` needs a condition such as `TNF > 10 pM`", spot, hint=hint)
        return
    where.resolver().typed(condition)


def _check_signal(model: Model, signal: Signal, where: ModelScope, found: Collector) -> None:
    what = f"the half of {signal.name or 'the density'}"
    if signal.density is not None:
        if scope.check_group(model, signal.density, found):
            node = PopulationNode("density", signal.density.states, signal.density.cell, None, signal.where)
            where.population(node)
            _half(signal, where, DENSITY, what, bare=None)
        return
    if signal.receptor is not None:
        _check_felt(model, signal, where, found)
        return
    if model.parameter(signal.name) is not None:
        message = f"{signal.name} is a parameter, not a signal"
        found.error("BAD_MODIFIER", message, signal.where, hint="a signal is a molecule, or a variable inside the cell")
        return
    typed = where.name(Name(signal.name, None, at_word(signal.name, signal.where, found)))
    if typed is None:
        return
    if typed.dimension == CONCENTRATION:
        _half(signal, where, CONCENTRATION, what, bare=None, agent=signal.name)
    elif typed.dimension is not None:
        bare = scope.MOLECULES_PER_CELL if typed.dimension == PER_CELL else units.Unit("", typed.dimension, 1.0)
        _half(signal, where, typed.dimension, what, bare=bare)


def _check_felt(model: Model, signal: Signal, where: ModelScope, found: Collector) -> None:
    name = str(signal.receptor)
    is_known = is_receptor(model, name, signal.where, found, after="at")
    if where.molecule(signal.name, None, at_word(signal.name, signal.where, found)) is None:
        return
    if is_known:
        is_ligand(model, signal.name, name, signal.where, found)
    _half(signal, where, CONCENTRATION, f"the half of {signal.name}", bare=None, agent=signal.name)


def is_receptor(model: Model, name: str, where: Span | None, found: Collector, *, after: str) -> bool:
    """Check that a receptor is declared."""
    if model.receptor(name) is None:
        known = [r.id for r in model.receptors]
        unknown(f"{name!r} is no declared receptor", name, known, where, found, after=after)
        return False
    return True


def is_ligand(model: Model, name: str, receptor: str, where: Span | None, found: Collector) -> bool:
    """Check that a molecule signals through a receptor: an antagonist only blocks it."""
    record = model.receptor(receptor)
    if record and any(b.molecule == name for b in record.antagonists):
        hint = f"list it under `ligands:` of {receptor} if it signals"
        message = f"{name} is an antagonist of {receptor} and gives no signal there"
        found.error("BAD_MODIFIER", message, at_word(name, where, found), hint=hint)
        return False
    return is_binder(model, name, receptor, where, found)


def is_binder(model: Model, name: str, receptor: str, where: Span | None, found: Collector) -> bool:
    """Check that a molecule binds a receptor; silent where the receptor names a molecule that does not exist."""
    record = model.receptor(receptor)
    known = [b.molecule for b in (*record.ligands, *record.antagonists)] if record else []
    if name in known:
        return True
    if all(model.molecule(k) is not None for k in known):
        hint = f"state its Kd under `ligands:` of {receptor}"
        if known:
            hint = f"{did_you_mean(name, known)} Or {hint}"
        found.error("MISSING_CONSTANT", f"{name!r} is no ligand of {receptor}", at_word(name, where, found), hint=hint)
    return False


def _half(
    signal: Signal, where: ModelScope, expect: Dimension, what: str, *, bare: units.Unit | None, agent: str = ""
) -> None:
    if signal.half is None:
        return
    if quantity(where, signal.half, expect, what, agent or None, bare):
        positive(where.model, signal.half, where.found, what)
    if signal.hill is not None:
        where.resolver().resolve(signal.hill, DIMENSIONLESS, what="a Hill coefficient")
        hill = as_written(where.model, signal.hill)
        if isinstance(hill, Number) and not 0 < hill.value <= 20:
            message = f"a Hill coefficient lies between 0 and 20; it is {hill}"
            hint = "1 is a plain saturation, 2 to 4 are steep"
            where.found.error("BAD_VALUE", message, place(signal.hill), hint=hint)


def _check_pools(alternatives: Alternatives, found: Collector) -> None:
    """Ligands of one receptor in one list pool, so they share one hill and stand in no joint group."""
    first: dict[str, Signal] = {}
    for group in alternatives:
        for signal in group:
            if signal.receptor is None:
                continue
            twin = first.setdefault(signal.receptor, signal)
            if twin is signal:
                continue
            if str(twin.hill or 1) != str(signal.hill or 1):
                message = (
                    f"ligands of {signal.receptor} in one list share one hill: {twin.hill or 1} and {signal.hill or 1}"
                )
                also, hint = [twin.where] if twin.where else [], "write the same `hill` at both"
                found.error("BAD_MODIFIER", message, signal.where, also=also, hint=hint)
            if len(group) > 1:
                message = f"two ligands of {signal.receptor} cannot stand in a joint need: they pool"
                found.error("BAD_MODIFIER", message, signal.where, hint="join them by `or`")
