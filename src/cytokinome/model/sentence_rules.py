"""What makes sentences meaningful: who does what to what, in which unit, under which signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.model import populations, scope
from cytokinome.model.checks import not_negative, unknown
from cytokinome.model.components import CellGroup, Model, Rule, Verb
from cytokinome.model.expressions import Expression, Number, place
from cytokinome.model.modifier_rules import check_modifiers, is_binder, is_receptor, lists
from cytokinome.model.places import at_word
from cytokinome.model.scope import ModelScope
from cytokinome.units import CONCENTRATION, DENSITY, PER_CELL, RATE, TIME, Dimension

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
    if not found.has_errors:
        _warn_bare_signals(model, found)
        _warn_depletion(model, found)


def _check_rule(model: Model, rule: Rule, found: Collector) -> None:
    cells = [p for p in scope.all_populations(model) if populations.matches(rule.subject, p.kind)]
    if not cells and rule.verb is not Verb.ENTERS:
        hint = "give this state a number, or write a sentence that leads to it"
        message = f"no cell is ever a {str(rule.subject)!r}"
        found.error("UNREACHABLE_STATE", message, rule.subject.where or rule.where, hint=hint)
        return
    if not _check_object(model, rule, cells, found) or not _enters_one_place(model, rule, found):
        return
    where = ModelScope(model, found, cells[0].kind.compartment, cells[0]) if cells else ModelScope(model, found)
    if rule.verb is Verb.ENTERS:  # what calls cells in is felt where they arrive
        where = ModelScope(model, found, populations.entry_places(model, rule)[0], cells[0] if cells else None)
    _check_rate(model, rule, where, found)
    _check_receptor_constants(model, rule, found)
    check_modifiers(model, rule, where, RATE if rule.after is not None else rate_dimension(model, rule))


def _enters_one_place(model: Model, rule: Rule, found: Collector) -> bool:
    """Whether it is clear where new cells appear: a source is a number of cells, so it has one compartment."""
    places = populations.entry_places(model, rule)
    if rule.verb is not Verb.ENTERS or len(places) == 1:
        return True
    message = f"{rule.subject.cell} can enter {' and '.join(places) or 'nowhere'}"
    hint = f"say where: {rule.subject.cell} in {places[0]} enters …" if places else "name another compartment"
    found.error("AMBIGUOUS_NAME", message, rule.where, hint=hint)
    return False


# ---------------------------------------------------------------------------------------------- objects
def _check_object(model: Model, rule: Rule, cells: list[populations.Population], found: Collector) -> bool:
    if rule.verb in _MOLECULE_VERBS:
        return _is_molecule_here(model, rule.object, cells, rule.where, found)
    if rule.verb is Verb.BECOMES:
        return _is_state(model, rule, found)
    if rule.verb is Verb.PRODUCES:
        known = [v.name for v in scope.inside_variables(model, rule.subject.cell)]
        if rule.object not in known:
            message = f"{rule.subject.cell} has no inside variable {rule.object!r}"
            unknown(message, rule.object, known, rule.where, found, after="produces")
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
        unknown(f"{name!r} is no declared molecule", name, [m.id for m in model.molecules], where, found)
        return False
    for population in cells:
        if population.kind.compartment not in molecule.compartments:
            message = f"there is no {name!r} in {population.kind.compartment}"
            home = molecule.compartments[0]
            hint = f"{name} lives in {', '.join(molecule.compartments)}; say `in {home}` behind the cell"
            found.error("UNKNOWN_NAME", message, at_word(name, where, found), hint=hint)
            return False
    return True


def _is_state(model: Model, rule: Rule, found: Collector) -> bool:
    cell = model.cell(rule.subject.cell)
    if cell is None or populations.axis_of(cell, rule.object) is not None:
        if rule.object in rule.subject.states:
            where = at_word(rule.object, rule.where, found, after="becomes")
            hint = "name the state that it becomes"
            found.error("BAD_SENTENCE", f"a {rule.subject} is {rule.object} already", where, hint=hint)
            return False
        return cell is not None
    return False  # reported when the model was completed


def _meets(model: Model, rule: Rule, cells: list[populations.Population], found: Collector) -> bool:
    """Whether subject and target share a compartment."""
    target = model.cell(rule.target.cell) if rule.target else None
    if target is None or any(p.kind.compartment in target.compartments for p in cells):
        return True
    message = f"{rule.subject.cell} and {target.id} share no compartment"
    hint = f"let {target.id} live where {rule.subject.cell} does"
    found.error("BAD_SENTENCE", message, rule.target.where if rule.target else rule.where, hint=hint)
    return False


def _is_place_of_cell(model: Model, rule: Rule, found: Collector) -> bool:
    cell = model.cell(rule.subject.cell)
    if cell is None:
        return False
    if rule.place not in cell.compartments:
        known, name = [c.id for c in model.compartments], str(rule.place)
        where = at_word(name, rule.where, found, after=rule.verb.value)
        hint = f"write `in: [{', '.join((*cell.compartments, name))}]` for {cell.id}"
        message = f"there is no {cell.id} in {name!r}"
        if name not in known:
            hint, message = did_you_mean(name, known), f"{name!r} is no compartment"
        found.error("UNKNOWN_NAME", message, where, hint=hint)
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
            hint = "state how long it takes"
            found.error("BAD_VALUE", "the time after `after` must be above zero", place(rule.after), hint=hint)
        not_negative(model, rule.after, found, "the time after `after`")
    if rule.rate is not None:
        resolver.resolve(rule.rate, rate_dimension(model, rule), agent, what)
        not_negative(model, rule.rate, found, what)
    for name, value in rule.constants:
        second_order = Dimension.of(substance=-1, volume=1, time=-1)
        resolver.resolve(value, second_order if name == "kon" else RATE, what=f"`{name}`")
        not_negative(model, value, found, f"`{name}`")
    if rule.resetting and rule.verb not in _RESETTING_VERBS:
        where_it_is = at_word("resetting", rule.where, found)
        hint = "it belongs to `becomes` and `differentiates into`"
        found.error("BAD_MODIFIER", f"`resetting` does not fit `{rule.verb.value}`", where_it_is, hint=hint)
    for name in rule.resetting:
        cell = rule.target.cell if rule.target else rule.subject.cell
        known = [v.name for v in scope.inside_variables(model, cell)]
        if name not in known:
            unknown(f"{cell} has no inside variable {name!r}", name, known, rule.where, found, after="resetting")


def _is_zero(expression: Expression) -> bool:
    return isinstance(expression, Number) and expression.value == 0


def _check_receptor_constants(model: Model, rule: Rule, found: Collector) -> None:
    """Uptake and binding need constants from the rule or the receptor's record."""
    if rule.receptor is None or not is_receptor(model, rule.receptor, rule.where, found, after="through"):
        return
    record, given = model.receptor(rule.receptor), dict(rule.constants)
    if record is None:
        return
    binder = record.binder(rule.object)
    kon = given.get("kon") or (binder.kon if binder else None)
    koff = given.get("koff") or (binder.koff if binder else None)
    Kd = binder.Kd if binder else None
    if binder is None and (kon is None or koff is None):
        is_binder(model, rule.object, rule.receptor, rule.where, found)
        return
    rates = sum(v is not None for v in (kon, koff, Kd)) >= 2
    if rule.verb is Verb.BINDS and not rates:
        message = f"`binds` needs kon and koff of {rule.object} at {rule.receptor}, or one of them and Kd"
        hint = f"write `ligands: {{{rule.object}: {{Kd: …, kon: …}}}}`, or `with kon … and koff …` behind the number"
        found.error("MISSING_CONSTANT", message, at_word("binds", rule.where, found), hint=hint)
    if given.get("internalisation") is None and record.internalisation is None:
        found.error(
            "MISSING_CONSTANT", f"`{rule.verb.value}` needs an internalisation rate",
            at_word(rule.verb.value, rule.where, found),
            hint="write `with internalisation 0.1 /min` behind the number, or `internalisation:` at the receptor",
        )  # fmt: skip


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
                message = f"`{rule.id}` states again what `{earlier.id}` states for the same cells"
                also, hint = [earlier.where] if earlier.where else [], f"write `{rule.subject} also …` if the rates add"
                found.error("DUPLICATE_RULE", message, rule.where, also=also, hint=hint)


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
                        cell = rule.subject.cell
                        hint = f"state `{cell} binds …` for all its states, or let cells produce {rule.receptor}"
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
