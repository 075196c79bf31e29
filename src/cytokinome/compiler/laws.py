"""The law of every sentence (language.md §3): from a rule to processes, one small function per verb.

Totals of inside variables move with their cells: a flux J of cells carries J·x of every variable x.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome.compiler.modifiers import Modified
from cytokinome.compiler.network import ONE, Process, minus, negative, over, plus, times
from cytokinome.compiler.receptors import dissociation, felt, internalisation, rate_constants
from cytokinome.model import populations, scope
from cytokinome.model.components import Rule, Verb
from cytokinome.model.dimensions import constant
from cytokinome.model.expressions import Expression, Ref
from cytokinome.model.expressions import Population as Density
from cytokinome.units import DENSITY, PER_CELL, RATE, Dimension

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytokinome.compiler.workshop import Workshop
    from cytokinome.model.populations import Population

SECRETION = Dimension.of(substance=1, cell=-1, time=-1)
KILLING = Dimension.of(volume=1, cell=-1, time=-1)
ENTRY = Dimension.of(cell=1, time=-1)
Change = tuple[str, Expression]


def add_rule(shop: Workshop, rule: Rule) -> None:
    """Add the processes of one rule for every population that it speaks of."""
    LAWS[rule.verb](shop, rule)


# ------------------------------------------------------------------------------------------ molecules
def _secretes(shop: Workshop, rule: Rule) -> None:
    """d[X]/dt += n·q/V."""
    for cells in shop.subjects(rule):
        place = cells.kind.compartment
        rate = times(shop.number(cells), Modified(shop, rule, cells).rate(SECRETION, rule.object))
        gain = over(constant(1.0), shop.molecule_volume(rule.object, place))
        shop.process(_id(shop, rule, cells), rule.id, rate, *shop.change(rule.object, place, gain), subject=cells)


def _takes_up(shop: Workshop, rule: Rule) -> None:
    """J = ρ·kint·X_R/(X_R + K), K = (koff + kint)/kon, else Kd; d[X]/dt −= n·J/V."""
    receptor = rule.receptor or ""
    if receptor in shop.model.knocked_out:
        return
    kint, pair = internalisation(shop, rule), rate_constants(shop, rule)
    K = over(plus(pair[1], kint), pair[0]) if pair else dissociation(shop, receptor, rule.object)
    for cells in shop.subjects(rule):
        place = cells.kind.compartment
        modified = Modified(shop, rule, cells)
        density = shop.value(_rate(rule), PER_CELL, place, cells)
        capacity = modified.apply(times(density, kint), SECRETION, rule.object)
        X = felt(shop, rule.object, receptor, place, ())
        rate = times(shop.number(cells), capacity, over(X, plus(X, K)))
        loss = negative(over(constant(1.0), shop.molecule_volume(rule.object, place)))
        shop.process(_id(shop, rule, cells), rule.id, rate, *shop.change(rule.object, place, loss), subject=cells)


def _binds(shop: Workshop, rule: Rule) -> None:
    """Bound receptors X.R per cell: association kon·X_R·R, dissociation koff, internalisation kint.

    R = ρ − Σ X.R, or a free amount of its own where a rule produces R.
    """
    receptor, pair = rule.receptor or "", rate_constants(shop, rule)
    if receptor in shop.model.knocked_out:
        return
    if pair is None:
        raise ValueError(f"{rule.id} has no kon and koff")
    kon, koff, kint = *pair, internalisation(shop, rule)
    name = scope.complex_name(rule.object, receptor)
    for cells in shop.subjects(rule):
        place = cells.kind.compartment
        bound = Ref("state", shop.total(name, cells))
        gain = over(constant(1.0), shop.molecule_volume(rule.object, place))
        # what these cells bind themselves takes receptors, and does not compete a second time
        own = tuple(m for m, r in scope.bound_complexes(shop.model, cells.kind) if r == receptor)
        X = felt(shop, rule.object, receptor, place, own)
        free, free_id = _free_receptors(shop, rule, cells)
        id = _id(shop, rule, cells)
        taken: tuple[Change, ...] = ((free_id, negative(ONE)),) if free_id else ()
        given: tuple[Change, ...] = ((free_id, ONE),) if free_id else ()
        shop.process(
            f"{id}: association", rule.id, times(kon, X, free),
            *shop.change(rule.object, place, negative(gain)), (bound.id, ONE), *taken, subject=cells,
        )  # fmt: skip
        shop.process(
            f"{id}: dissociation", rule.id, times(koff, bound),
            *shop.change(rule.object, place, gain), (bound.id, negative(ONE)), *given, subject=cells,
        )  # fmt: skip
        removed = (bound.id, negative(ONE))
        shop.process(f"{id}: internalisation", rule.id, times(kint, bound), removed, subject=cells)


def _free_receptors(shop: Workshop, rule: Rule, cells: Population) -> tuple[Expression, str | None]:
    """Return the total number of free receptors of a population, and its state where it has one."""
    receptor = rule.receptor or ""
    if any(v.name == receptor for v in scope.inside_variables(shop.model, cells.kind.cell)):
        id = shop.total(receptor, cells)
        return Ref("state", id), id
    density = shop.value(_rate(rule), PER_CELL, cells.kind.compartment, cells)
    bound = [
        Ref("state", shop.total(scope.complex_name(m, r), cells))
        for m, r in scope.bound_complexes(shop.model, cells.kind)
        if r == receptor
    ]
    return minus(times(density, shop.number(cells)), plus(*bound)), None


def _produces(shop: Workshop, rule: Rule) -> None:
    """dA/dt += n·q for the total A of an inside variable."""
    for cells in shop.subjects(rule):
        variable = next((v for v in scope.inside_variables(shop.model, cells.kind.cell) if v.name == rule.object), None)
        if variable is None:
            continue
        dimension = scope.inside_dimension(variable) * RATE
        rate = times(shop.number(cells), Modified(shop, rule, cells).rate(dimension))
        shop.process(_id(shop, rule, cells), rule.id, rate, (shop.total(rule.object, cells), ONE), subject=cells)


def _releases(shop: Workshop, rule: Rule) -> None:
    """d[X]/dt += J·a/V for every flux J of deaths of the subject."""
    for cells, death in shop.deaths:
        if not populations.matches(rule.subject, cells.kind):
            continue
        place = cells.kind.compartment
        amount = Modified(shop, rule, cells).rate(PER_CELL, rule.object)
        gain = over(constant(1.0), shop.molecule_volume(rule.object, place))
        rate = times(Ref("process", death.id), amount)
        changes = shop.change(rule.object, place, gain)
        shop.process(f"{rule.id}: {death.id}", rule.id, rate, *changes, upon=(death.id, amount))


# -------------------------------------------------------------------------------------------- cells
def _event(shop: Workshop, rule: Rule, finish: Callable[[Population, Expression], Process | None]) -> None:
    """Add an event: at once with a hazard, or at the end of a chain of stages."""
    for cells in shop.subjects(rule):
        flux = times(shop.number(cells), Modified(shop, rule, cells).hazard())
        stage = cells.stage(rule.id)
        if stage is not None and stage < rule.stages:
            stages = tuple((r, s + 1 if r == rule.id else s) for r, s in cells.stages)
            following = replace(cells, stages=stages)
            changes = (*_out(shop, cells), *_in(shop, following, cells))
            shop.process(_id(shop, rule, cells), rule.id, flux, *changes, subject=cells)
        else:
            finish(cells, flux)


def _becomes(shop: Workshop, rule: Rule) -> None:
    _event(shop, rule, lambda cells, flux: _changes_kind(shop, rule, cells, flux))


def _changes_kind(shop: Workshop, rule: Rule, cells: Population, flux: Expression) -> None:
    """Move cells with what they carry, but for what is reset or unknown where they arrive."""
    for kind in populations.successors(shop.model, rule, cells.kind):  # none where a new type does not live
        targets = populations.moved(shop.model, cells, kind, completed=rule.id, resetting=rule.resetting)
        for target in targets:
            id = _id(shop, rule, cells) + (f" to {shop.label(target)}" if len(targets) > 1 else "")
            changes = (*_out(shop, cells), *_in(shop, target, cells, resetting=rule.resetting))
            shop.process(id, rule.id, _part(flux, targets), *changes, subject=cells)


def _divides(shop: Workshop, rule: Rule) -> None:
    """Both daughters restart the chain of `divides`; amounts halve, intensives are copied."""

    def finish(cells: Population, flux: Expression) -> Process:
        own = _id(shop, rule, cells)
        (target,) = populations.moved(shop.model, cells, cells.kind, completed=rule.id)
        if target == cells:
            changes = ((shop.label(cells), ONE), *_copies(shop, cells, cells))
            return shop.process(own, rule.id, flux, *changes, subject=cells)
        changes = (
            *_out(shop, cells),
            *_in(shop, target, cells),
            (shop.label(target), ONE),
            *_copies(shop, target, cells),
        )
        return shop.process(own, rule.id, flux, *changes, subject=cells)

    _event(shop, rule, finish)


def _dies(shop: Workshop, rule: Rule) -> None:
    def finish(cells: Population, flux: Expression) -> Process:
        return _death(shop, rule, cells, flux, _id(shop, rule, cells))

    _event(shop, rule, finish)


def _leaves(shop: Workshop, rule: Rule) -> None:
    def finish(cells: Population, flux: Expression) -> Process:
        changes = _out(shop, cells)
        for kind in populations.successors(shop.model, rule, cells.kind):
            (target,) = populations.moved(shop.model, cells, kind, completed=rule.id)
            changes = (*changes, *_in(shop, target, cells))
        return shop.process(_id(shop, rule, cells), rule.id, flux, *changes, subject=cells)

    _event(shop, rule, finish)


def _differentiates(shop: Workshop, rule: Rule) -> None:
    """Inside variables of the same name are carried, others start at their initial value."""
    _event(shop, rule, lambda cells, flux: _changes_kind(shop, rule, cells, flux))


def _enters(shop: Workshop, rule: Rule) -> None:
    """A source of cells at their initial inside values, or a flux from another compartment."""
    cell = shop.model.cell(rule.subject.cell)
    if cell is None:
        return
    if rule.place:
        for cells in shop.populations:
            reached = populations.successors(shop.model, rule, cells.kind)
            for kind in reached:
                # what calls cells in is felt where they arrive: a chemokine of the tissue, not of the blood
                flux = times(shop.number(cells), Modified(shop, rule, cells, kind.compartment).rate(RATE))
                (target,) = populations.moved(shop.model, cells, kind)
                changes = (*_out(shop, cells), *_in(shop, target, cells))
                shop.process(_id(shop, rule, cells), rule.id, flux, *changes, subject=cells)
        return
    for place in populations.entry_places(shop.model, rule):
        states = populations.with_states(cell, populations.initial_states(cell), rule.subject.states)
        targets = populations.entering(shop.model, populations.Kind(cell.id, place, states))
        for target in targets:
            rate = _part(Modified(shop, rule, target).rate(ENTRY), targets)
            shop.process(_id(shop, rule, target), rule.id, rate, (shop.label(target), ONE), *_fresh(shop, target))


def _part(flux: Expression, targets: tuple[Population, ...]) -> Expression:
    """Return what one of the populations gets of a flux that goes to them in equal parts."""
    return over(flux, constant(float(len(targets)))) if len(targets) > 1 else flux


def _kills(shop: Workshop, rule: Rule) -> None:
    """Hazard of a target (k·n_killer/V)/(1 + density(D)/half); one process per target population."""
    if rule.target is None:
        return
    for victims in shop.populations:
        if not populations.matches(rule.target, victims.kind):
            continue
        place = victims.kind.compartment
        killers = [c for c in shop.subjects(rule) if c.kind.compartment == place]
        if not killers:
            continue
        own = f"{rule.id}: {shop.label(victims)}"
        flux = times(shop.number(victims), _hazard(shop, rule, killers, place))
        # no cell kills itself
        others = (times(shop.number(victims), _hazard(shop, rule, killers, place, victims)),)
        one_way = others if victims in killers else ()
        if rule.verb is Verb.ENGULFS:
            shop.process(own, rule.id, flux, *_out(shop, victims), one_way=one_way, subject=victims)
        else:
            _death(shop, rule, victims, flux, own, one_way)


def _hazard(
    shop: Workshop, rule: Rule, killers: list[Population], place: str, spared: Population | None = None
) -> Expression:
    """Return the hazard of a target; of the killers in `spared` one is left out."""
    numbers = {c: shop.number(c) for c in killers}
    if spared in numbers:
        numbers[spared] = minus(numbers[spared], Ref("one", shop.label(spared)))
    power = plus(*(times(number, Modified(shop, rule, c).rate(KILLING)) for c, number in numbers.items()))
    hazard = over(power, shop.volume(place))
    if rule.saturating and rule.saturating.half is not None:
        density = shop.typed(_density(rule), place, killers[0]).expression
        half = shop.value(rule.saturating.half, DENSITY, place, killers[0])
        hazard = over(hazard, plus(constant(1.0), over(density, half)))
    return hazard


def _density(rule: Rule) -> Expression:
    group = rule.saturating.density if rule.saturating else None
    if group is None:
        raise ValueError("saturating needs a group of cells")
    return Density("density", group.states, group.cell, group.compartment)


def _death(
    shop: Workshop, rule: Rule, cells: Population, flux: Expression, id: str, one_way: tuple[Expression, ...] = ()
) -> Process:
    """Remove cells; by necrosis the amounts inside that name a molecule of the compartment are released."""
    changes = list(_out(shop, cells))
    place = cells.kind.compartment
    if rule.is_necrosis:
        for variable in scope.inside_variables(shop.model, cells.kind.cell):
            if variable.kind == "amount" and shop.has(variable.name, place):
                gain = over(shop.per_cell(variable.name, cells), shop.molecule_volume(variable.name, place))
                changes += shop.change(variable.name, place, gain)
    death = shop.process(id, rule.id, flux, *changes, one_way=one_way, subject=cells)
    shop.deaths.append((cells, death))
    return death


def _geometry(shop: Workshop, rule: Rule) -> None:
    shop.found.note("GEOMETRY_ONLY", f"`{rule.id}` has an effect only in engines with space", rule.where)


LAWS: dict[Verb, Callable[[Workshop, Rule], None]] = {
    Verb.SECRETES: _secretes,
    Verb.TAKES_UP: _takes_up,
    Verb.BINDS: _binds,
    Verb.BECOMES: _becomes,
    Verb.DIFFERENTIATES: _differentiates,
    Verb.DIVIDES: _divides,
    Verb.DIES: _dies,
    Verb.LEAVES: _leaves,
    Verb.ENTERS: _enters,
    Verb.KILLS: _kills,
    Verb.ENGULFS: _kills,
    Verb.PRODUCES: _produces,
    Verb.RELEASES: _releases,
    Verb.MOVES: _geometry,
    Verb.ADHERES: _geometry,
}


# ------------------------------------------------------------------------------- cells and what they carry
def _id(shop: Workshop, rule: Rule, cells: Population) -> str:
    return f"{rule.id}: {shop.label(cells)}"


def _rate(rule: Rule) -> Expression:
    if rule.rate is None:
        raise ValueError(f"{rule.id} has no rate")
    return rule.rate


def _out(shop: Workshop, cells: Population) -> tuple[Change, ...]:
    """One cell leaves a population, with everything inside it."""
    carried = [(shop.total(n, cells), negative(shop.per_cell(n, cells))) for n in shop.carried(cells)]
    return ((shop.label(cells), negative(ONE)), *carried)


def _in(shop: Workshop, target: Population, origin: Population, resetting: tuple[str, ...] = ()) -> tuple[Change, ...]:
    """One cell of `origin` arrives in `target`, with everything inside it."""
    changes: list[Change] = [(shop.label(target), ONE)]
    known = shop.carried(origin)
    for name in shop.carried(target):
        fresh = name in resetting or name not in known
        value = shop.initial(name, target) if fresh else shop.per_cell(name, origin)
        changes.append((shop.total(name, target), value))
    return tuple(changes)


def _fresh(shop: Workshop, target: Population) -> tuple[Change, ...]:
    """What a cell that enters brings inside: initial values."""
    return tuple((shop.total(n, target), shop.initial(n, target)) for n in shop.carried(target))


def _copies(shop: Workshop, target: Population, origin: Population) -> tuple[Change, ...]:
    """What a second daughter adds: a copy of every intensive variable; amounts are shared."""
    variables = scope.inside_variables(shop.model, origin.kind.cell)
    return tuple(
        (shop.total(v.name, target), shop.per_cell(v.name, origin)) for v in variables if v.kind == "intensive"
    )
