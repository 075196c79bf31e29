"""What makes sentences meaningful: who does what to what, in which unit, under which signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.model import populations, scope
from cytokinome.model.components import Alternatives, CellGroup, Model, Rule, Signal, Verb
from cytokinome.model.expressions import COMPARISONS, Binary, Expression, Name, Number, Unary
from cytokinome.model.expressions import Population as PopulationNode
from cytokinome.model.scope import ModelScope
from cytokinome.units import CONCENTRATION, DENSITY, DIMENSIONLESS, PER_CELL, RATE, TIME, Dimension

if TYPE_CHECKING:
    from cytokinome.diagnostics import Span

_SECRETION = Dimension.of(substance=1, cell=-1, time=-1)
_KILLING = Dimension.of(volume=1, cell=-1, time=-1)
_ENTRY = Dimension.of(cell=1, time=-1)
_SPEED = Dimension.of(length=1, time=-1)
_UNITS = {
    Verb.SECRETES: _SECRETION,
    Verb.TAKES_UP: PER_CELL,
    Verb.BINDS: PER_CELL,
    Verb.KILLS: _KILLING,
    Verb.ENGULFS: _KILLING,
    Verb.RELEASES: PER_CELL,
    Verb.MOVES: _SPEED,
    Verb.ADHERES: _SPEED,
}
_MOLECULE_VERBS = (Verb.SECRETES, Verb.TAKES_UP, Verb.BINDS, Verb.RELEASES)
_GROUP_VERBS = (Verb.KILLS, Verb.ENGULFS, Verb.DIFFERENTIATES, Verb.ADHERES)
_RESETTING_VERBS = (Verb.BECOMES, Verb.DIFFERENTIATES)


def check_sentences(model: Model, found: Collector) -> None:
    """Add every fault of the rules of a model whose declarations are sound."""
    for rule in model.rules:
        if scope.check_group(model, rule.subject, found):
            _check_rule(model, rule, found)
    _check_overlaps(model, found)
    _check_equal_receptors(model, found)
    _warn_bare_signals(model, found)
    _warn_depletion(model, found)


def _check_rule(model: Model, rule: Rule, found: Collector) -> None:
    cells = [p for p in scope.all_populations(model) if populations.matches(rule.subject, p.kind)]
    if not cells and rule.verb is not Verb.ENTERS:
        found.error("UNREACHABLE_STATE", f"no cell is ever a {rule.subject}", rule.subject.where or rule.where)
        return
    if not _check_object(model, rule, cells, found):
        return
    where = ModelScope(model, found, cells[0].kind.compartment, cells[0]) if cells else ModelScope(model, found)
    _check_rate(model, rule, where, found)
    _check_receptor_constants(model, rule, found)
    _check_modifiers(model, rule, where, found)


# ---------------------------------------------------------------------------------------------- objects
def _check_object(model: Model, rule: Rule, cells: list[populations.Population], found: Collector) -> bool:
    if rule.verb in _MOLECULE_VERBS:
        return _is_molecule_here(model, rule.object, cells, rule.where, found)
    if rule.verb is Verb.BECOMES:
        return _is_state(model, rule, found)
    if rule.verb is Verb.PRODUCES:
        known = [v.name for v in scope.inside_variables(model, rule.subject.cell)]
        if rule.object not in known:
            hint = did_you_mean(rule.object, known)
            found.error(
                "UNKNOWN_NAME", f"{rule.subject.cell} has no inside variable {rule.object!r}", rule.where, hint=hint
            )
        return rule.object in known
    if rule.verb in _GROUP_VERBS and rule.target:
        return scope.check_group(model, rule.target, found) and _meets(model, rule, cells, found)
    if rule.place:
        return _is_place_of_cell(model, rule, found)
    return True


def _is_molecule_here(
    model: Model, name: str, cells: list[populations.Population], where: Span | None, found: Collector
) -> bool:
    molecule = model.molecule(name)
    if molecule is None:
        hint = did_you_mean(name, [m.id for m in model.molecules])
        found.error("UNKNOWN_NAME", f"{name!r} is no declared molecule", where, hint=hint)
        return False
    for population in cells:
        if population.kind.compartment not in molecule.compartments:
            found.error(
                "UNKNOWN_NAME", f"there is no {name} in {population.kind.compartment}", where,
                hint=f"{name} lives in {', '.join(molecule.compartments)}; say `in {molecule.compartments[0]}` behind the cell",
            )  # fmt: skip
            return False
    return True


def _is_state(model: Model, rule: Rule, found: Collector) -> bool:
    cell = model.cell(rule.subject.cell)
    if cell is None or populations.axis_of(cell, rule.object) is not None:
        if rule.object in rule.subject.states:
            found.error("BAD_SENTENCE", f"a {rule.subject} is {rule.object} already", rule.where)
            return False
        return cell is not None
    states = [s for axis in cell.axes for s in axis.states]
    hint = did_you_mean(rule.object, states)
    found.error("UNKNOWN_NAME", f"{cell.id} has no state {rule.object!r}", rule.where, hint=hint)
    return False


def _meets(model: Model, rule: Rule, cells: list[populations.Population], found: Collector) -> bool:
    """Whether subject and target share a compartment."""
    target = model.cell(rule.target.cell) if rule.target else None
    if target is None or any(p.kind.compartment in target.compartments for p in cells):
        return True
    message = f"{rule.subject.cell} and {target.id} share no compartment"
    found.error("BAD_SENTENCE", message, rule.where)
    return False


def _is_place_of_cell(model: Model, rule: Rule, found: Collector) -> bool:
    cell = model.cell(rule.subject.cell)
    if cell is None:
        return False
    if rule.place not in cell.compartments:
        known = [c.id for c in model.compartments]
        hint = f"write `in: [{', '.join((*cell.compartments, str(rule.place)))}]` for {cell.id}"
        if rule.place not in known:
            hint = did_you_mean(str(rule.place), known)
        found.error("UNKNOWN_NAME", f"there is no {cell.id} in {rule.place!r}", rule.where, hint=hint)
        return False
    return True


# ------------------------------------------------------------------------------------------------ rates
def rate_dimension(model: Model, rule: Rule) -> Dimension:
    """Return the dimension of the number after `at`."""
    if rule.verb in _UNITS:
        return _UNITS[rule.verb]
    if rule.verb is Verb.ENTERS and not rule.place:
        return _ENTRY
    if rule.verb is Verb.PRODUCES:
        variable = next(v for v in scope.inside_variables(model, rule.subject.cell) if v.name == rule.object)
        return scope.inside_dimension(variable) * RATE
    return RATE


def _check_rate(model: Model, rule: Rule, where: ModelScope, found: Collector) -> None:
    what = f"the rate of `{rule.verb.value}`"
    agent = scope.substance(model, rule.object) if model.molecule(rule.object) else None
    resolver = where.resolver()
    if rule.after is not None:
        if resolver.resolve(rule.after, TIME, what="the time after `after`") and _is_zero(rule.after):
            found.error("BAD_VALUE", "the time after `after` must be above zero", rule.where)
        _not_negative(rule.after, found, "the time after `after`")
    if rule.rate is not None:
        resolver.resolve(rule.rate, rate_dimension(model, rule), agent, what)
        _not_negative(rule.rate, found, what)
    for name, value in rule.constants:
        second_order = Dimension.of(substance=-1, volume=1, time=-1)
        resolver.resolve(value, second_order if name == "kon" else RATE, what=name)
        _not_negative(value, found, name)
    if rule.resetting and rule.verb not in _RESETTING_VERBS:
        found.error("BAD_MODIFIER", f"`resetting` does not fit `{rule.verb.value}`", rule.where)
    for name in rule.resetting:
        cell = rule.target.cell if rule.target else rule.subject.cell
        known = [v.name for v in scope.inside_variables(model, cell)]
        if name not in known:
            found.error(
                "UNKNOWN_NAME", f"{cell} has no inside variable {name!r}", rule.where, hint=did_you_mean(name, known)
            )


def _is_zero(expression: Expression) -> bool:
    return isinstance(expression, Number) and expression.value == 0


def _not_negative(expression: Expression, found: Collector, what: str) -> None:
    if isinstance(expression, Unary) and isinstance(expression.operand, Number):
        found.error("NEGATIVE_VALUE", f"{what} is negative: {expression}", expression.where)


def _check_receptor_constants(model: Model, rule: Rule, found: Collector) -> None:
    """Uptake and binding need constants from the rule or the receptor's record."""
    if rule.receptor is None or not _is_receptor(model, rule.receptor, rule.where, found):
        return
    record, given = model.receptor(rule.receptor), dict(rule.constants)
    if record is None:
        return
    binder = record.binder(rule.object)
    kon = given.get("kon") or (binder.kon if binder else None)
    koff = given.get("koff") or (binder.koff if binder else None)
    Kd = binder.Kd if binder else None
    if binder is None and (kon is None or koff is None):
        known = [b.molecule for b in (*record.ligands, *record.antagonists)]
        hint = did_you_mean(rule.object, known)
        found.error("MISSING_CONSTANT", f"{rule.object} is no ligand of {rule.receptor}", rule.where, hint=hint)
        return
    rates = sum(v is not None for v in (kon, koff, Kd)) >= 2
    if rule.verb is Verb.BINDS and not rates:
        message = f"`binds` needs kon and koff of {rule.object} at {rule.receptor}, or one of them and Kd"
        hint = f"write `ligands: {{{rule.object}: {{Kd: …, kon: …}}}}`, or `with kon … and koff …` behind the number"
        found.error("MISSING_CONSTANT", message, rule.where, hint=hint)
    if given.get("internalisation") is None and record.internalisation is None:
        found.error(
            "MISSING_CONSTANT", f"`{rule.verb.value}` needs an internalisation rate", rule.where,
            hint="write `with internalisation 0.1 /min` behind the number, or `internalisation:` at the receptor",
        )  # fmt: skip


def _is_receptor(model: Model, name: str, where: Span | None, found: Collector) -> bool:
    if model.receptor(name) is None:
        hint = did_you_mean(name, [r.id for r in model.receptors])
        found.error("UNKNOWN_NAME", f"{name!r} is no declared receptor", where, hint=hint)
        return False
    return True


# -------------------------------------------------------------------------------------------- modifiers
def _check_modifiers(model: Model, rule: Rule, where: ModelScope, found: Collector) -> None:
    for alternatives in lists(rule):
        for group in alternatives:
            for signal in group:
                _check_signal(model, signal, where, found)
        _check_pools(alternatives, found)
    for signal in rule.toward:
        _check_signal(model, signal, where, found)
    if rule.increased:
        typed = where.resolver().typed(rule.increased.up_to)
        expect = rate_dimension(model, rule) if rule.after is None else RATE
        if typed and typed.dimension not in (None, DIMENSIONLESS):
            agent = scope.substance(model, rule.object) if model.molecule(rule.object) else None
            where.resolver().resolve(rule.increased.up_to, expect, agent, "the rate after `up to`")
    if rule.decreased and rule.decreased.down_to is not None:
        where.resolver().resolve(rule.decreased.down_to, DIMENSIONLESS, what="the floor after `down to`")
        floor = rule.decreased.down_to
        if isinstance(floor, Number) and not 0 <= floor.value * units.parse_unit(floor.unit).factor <= 1:
            found.error("BAD_VALUE", f"the floor after `down to` lies between 0 and 100 %; it is {floor}", floor.where)
    if rule.switch is not None:
        _check_condition(rule, where, found)
    if rule.saturating:
        if rule.verb is not Verb.KILLS and rule.verb is not Verb.ENGULFS:
            found.error("BAD_MODIFIER", f"`saturating` does not fit `{rule.verb.value}`", rule.where)
        _check_signal(model, rule.saturating, where, found)


def lists(rule: Rule) -> list[Alternatives]:
    """Return the lists of alternatives of a rule."""
    found = [rule.driven] if rule.driven else []
    if rule.increased:
        found.append(rule.increased.alternatives)
    return [*found, rule.decreased.alternatives] if rule.decreased else found


def _check_condition(rule: Rule, where: ModelScope, found: Collector) -> None:
    condition = rule.switch
    is_condition = isinstance(condition, Binary) and condition.operator in (*COMPARISONS, "and", "or")
    is_condition = is_condition or (isinstance(condition, Unary) and condition.operator == "not")
    if condition is None or not is_condition:
        found.error("BAD_MODIFIER", "`only when` needs a condition such as `TNF > 10 pM`", rule.where)
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
    typed = where.name(Name(signal.name, None, signal.where))
    if typed is None:
        return
    if typed.dimension == CONCENTRATION:
        _half(signal, where, CONCENTRATION, what, bare=None, agent=signal.name)
    elif typed.dimension is not None:
        bare = scope.MOLECULES_PER_CELL if typed.dimension == PER_CELL else units.Unit("", typed.dimension, 1.0)
        _half(signal, where, typed.dimension, what, bare=bare)
    if model.parameter(signal.name) is not None:
        found.error("BAD_MODIFIER", f"{signal.name} is a parameter, not a signal", signal.where)


def _check_felt(model: Model, signal: Signal, where: ModelScope, found: Collector) -> None:
    name = str(signal.receptor)
    if not _is_receptor(model, name, signal.where, found):
        return
    if where.molecule(signal.name, None, signal.where) is None:
        return
    record = model.receptor(name)
    if record and record.binder(signal.name) is None:
        known = [b.molecule for b in (*record.ligands, *record.antagonists)]
        hint = did_you_mean(signal.name, known)
        found.error("UNKNOWN_NAME", f"{signal.name} is no ligand of {name}", signal.where, hint=hint)
    _half(signal, where, CONCENTRATION, f"the half of {signal.name}", bare=None, agent=signal.name)


def _half(
    signal: Signal, where: ModelScope, expect: Dimension, what: str, *, bare: units.Unit | None, agent: str = ""
) -> None:
    if signal.half is None:
        return
    substance = scope.substance(where.model, agent) if agent else None
    if where.resolver(bare).resolve(signal.half, expect, substance, what) and isinstance(signal.half, Number):
        if signal.half.value <= 0:
            where.found.error("BAD_VALUE", f"{what} must be above zero; it is {signal.half}", signal.half.where)
    _not_negative(signal.half, where.found, what)
    if signal.hill is not None:
        where.resolver().resolve(signal.hill, DIMENSIONLESS, what="a Hill coefficient")
        if isinstance(signal.hill, Number) and not 0 < signal.hill.value <= 20:
            message = f"a Hill coefficient lies between 0 and 20; it is {signal.hill}"
            where.found.error("BAD_VALUE", message, signal.hill.where)


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
                found.error("BAD_MODIFIER", message, signal.where, also=[twin.where] if twin.where else [])
            if len(group) > 1:
                message = f"two ligands of {signal.receptor} cannot stand in a joint need: they pool"
                found.error("BAD_MODIFIER", message, signal.where, hint="join them by `or`")


# ------------------------------------------------------------------------------------- rules side by side
def _check_overlaps(model: Model, found: Collector) -> None:
    """The same verb and object, stated for a cell and for one of its states, adds only if the second says `also`."""
    for i, rule in enumerate(model.rules):
        for earlier in model.rules[:i]:
            if (
                _same_statement(earlier, rule)
                and not rule.is_additional
                and _overlap(model, earlier.subject, rule.subject)
            ):
                found.error(
                    "DUPLICATE_RULE", f"`{rule.id}` states again what `{earlier.id}` states for the same cells", rule.where,
                    also=[earlier.where] if earlier.where else [], hint=f"write `{rule.subject} also …` if the rates add",
                )  # fmt: skip


def _same_statement(a: Rule, b: Rule) -> bool:
    same = (a.verb, a.object, a.target, a.place, a.receptor) == (b.verb, b.object, b.target, b.place, b.receptor)
    return same and a.id != b.id


def _overlap(model: Model, a: CellGroup, b: CellGroup) -> bool:
    kinds = {p.kind for p in scope.all_populations(model)}
    return any(populations.matches(a, k) and populations.matches(b, k) for k in kinds)


def _check_equal_receptors(model: Model, found: Collector) -> None:
    """Receptor numbers of `binds` are equal in states that cells move between."""
    binds = [r for r in model.rules if r.verb is Verb.BINDS]
    for rule in binds:
        for kind in {p.kind for p in scope.all_populations(model) if populations.matches(rule.subject, p.kind)}:
            for step in (r for r in model.rules if r.verb is Verb.BECOMES):
                for reached in populations.successors(model, step, kind):
                    other = [r for r in binds if (r.object, r.receptor) == (rule.object, rule.receptor)]
                    other = [r for r in other if populations.matches(r.subject, reached)]
                    if not other or any(r.rate != rule.rate for r in other):
                        message = f"{rule.receptor} numbers change as {step.subject} becomes {step.object}"
                        hint = f"state `{rule.subject.cell} binds …` for all its states, or let cells produce {rule.receptor}"
                        found.error("UNEQUAL_RECEPTORS", message, rule.where, hint=hint)


def _warn_bare_signals(model: Model, found: Collector) -> None:
    """A bare signal ignores what else binds a receptor of the molecule."""
    for rule in model.rules:
        for signal in (s for a in lists(rule) for g in a for s in g if s.receptor is None and s.name):
            for receptor in model.receptors:
                if not any(b.molecule == signal.name for b in receptor.ligands):
                    continue
                rivals = [b.molecule for b in (*receptor.antagonists, *receptor.ligands) if b.molecule != signal.name]
                rivals = [r for r in rivals if model.molecule(r)]
                if rivals:
                    found.warning(
                        "BOUND_ELSEWHERE", f"{signal.name} acts bare, but {', '.join(rivals)} binds {receptor.id} too",
                        signal.where, hint=f"write `{signal.name} at {receptor.id}`",
                    )  # fmt: skip


def _warn_depletion(model: Model, found: Collector) -> None:
    """Warn when receptors outnumber a tenth of the ligand's scale: uptake stores no bound ligand."""
    for rule in model.rules:
        if rule.verb is not Verb.TAKES_UP or not isinstance(rule.rate, Number):
            continue
        level = _receptor_concentration(model, rule)
        scale = _scale(model, rule.object)
        if level is not None and scale is not None and level > 0.1 * scale:
            found.warning(
                "LIGAND_DEPLETION",
                f"{rule.receptor} amounts to {level:.3g} pM, above 10 % of the scale of {rule.object} ({scale:.3g} pM)",
                rule.where, hint="`binds` keeps account of bound ligand; `takes up` does not",
            )  # fmt: skip


def _receptor_concentration(model: Model, rule: Rule) -> float | None:
    """Return n·ρ/V [pM] of the subject at the start, where all of it is written as numbers."""
    cell = model.cell(rule.subject.cell)
    if cell is None or not isinstance(rule.rate, Number):
        return None
    written = [*(e for a in cell.axes for _, e in a.numbers), *(e for _, e in cell.initial)]
    total = 0.0
    for value in written:
        if not isinstance(value, Number):
            return None
        unit = units.parse_unit(value.unit)
        if unit.dimension in (DENSITY, DENSITY / units.CELL):
            total += value.value * unit.factor
    return total * rule.rate.value * units.parse_unit(rule.rate.unit).factor or None


def _scale(model: Model, molecule: str) -> float | None:
    record = model.molecule(molecule)
    levels: list[Expression] = [v for _, v in (*record.initial, *record.baseline)] if record else []
    halves = [b.Kd for r in model.receptors for b in r.ligands if b.molecule == molecule and b.Kd is not None]
    halves += [s.half for r in model.rules for a in lists(r) for g in a for s in g if s.name == molecule and s.half]
    where = ModelScope(model, Collector())
    agent = scope.substance(model, molecule)
    numbers = [_number(where, e, agent) for e in levels], [_number(where, e, agent) for e in halves]
    known = [v for v in numbers[0] if v], [v for v in numbers[1] if v]
    candidates = [*known[0], *([min(known[1])] if known[1] else [])]
    return max(candidates) if candidates else None


def _number(where: ModelScope, expression: Expression, agent: units.Substance) -> float | None:
    if not isinstance(expression, Number):
        return None
    resolved = where.resolver().resolve(expression, CONCENTRATION, agent)
    return resolved.value if isinstance(resolved, Number) else None
