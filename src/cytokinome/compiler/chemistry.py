"""Molecules: initial values, losses, baselines, drug kinetics, reactions and transport."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cytokinome.compiler.network import ONE, Variable, minus, negative, over, plus, times
from cytokinome.model import scope
from cytokinome.model.dimensions import constant
from cytokinome.model.expressions import Binary, Call, Expression, Name, Ref
from cytokinome.units import CLEARANCE, CONCENTRATION, DIMENSIONLESS, RATE, SUBSTANCE, TIME, VOLUME, Dimension

if TYPE_CHECKING:
    from cytokinome.compiler.workshop import Workshop
    from cytokinome.model.components import Loss, Molecule, Reaction, Signal, Transport

LN2 = 0.69314718055994530942  # ln 2, OEIS A002162
PRODUCTION = Dimension.of(substance=1, volume=-1, time=-1)


# ------------------------------------------------------------------------------------------ variables
def add_molecules(shop: Workshop) -> None:
    """Add a variable for every molecule and compartment, or totals for those in quasi-equilibrium."""
    fast = [r for r in shop.model.reactions if r.is_quasi_equilibrium]
    for molecule in shop.model.molecules:
        for place in molecule.compartments:
            state = scope.molecule_state(shop.model, molecule.id, place)
            shop.molecules[state] = Ref("state", state)
            shop.variables[state] = Variable(
                state, "molecule", CONCENTRATION, initial_concentration(shop, molecule, place),
                _scales(shop, molecule, place), shop.molecule_volume(molecule.id, place),
                scope.substance(shop.model, molecule.id),
            )  # fmt: skip
    for reaction in fast:
        for place in reaction_places(shop, reaction):
            _quasi_equilibrium(shop, reaction, place)


def initial_concentration(shop: Workshop, molecule: Molecule, place: str) -> Expression:
    """Return the initial or baseline concentration of a molecule; zero when neither is stated."""
    value = dict(molecule.baseline).get(place) or dict(molecule.initial).get(place)
    if value is None or molecule.id in shop.model.knocked_out:
        return constant(0.0)
    return shop.value(value, CONCENTRATION, None, None, molecule.id)


def _scales(shop: Workshop, molecule: Molecule, place: str) -> tuple[Expression, ...]:
    """Return what the scale of a concentration is the largest of: initial level, and the smallest half or Kd."""
    if molecule.scale is not None:
        return (shop.value(molecule.scale, CONCENTRATION, None, None, molecule.id),)
    halves = [
        shop.value(s.half, CONCENTRATION, None, None, molecule.id)
        for s in _signals(shop, molecule.id)
        if s.half is not None and isinstance(s.half, Name) is False
    ]
    for receptor in shop.model.receptors:
        binder = receptor.binder(molecule.id)
        if binder and binder.Kd is not None:
            halves.append(shop.value(binder.Kd, CONCENTRATION, None, None, molecule.id))
    smallest = [Call("min", tuple(halves))] if len(halves) > 1 else halves
    return (initial_concentration(shop, molecule, place), *smallest)


def _signals(shop: Workshop, molecule: str) -> list[Signal]:
    lists = []
    for rule in shop.model.rules:
        lists += [rule.driven, rule.increased.alternatives if rule.increased else ()]
        lists += [rule.decreased.alternatives if rule.decreased else ()]
    return [s for alternatives in lists for group in alternatives for s in group if s.name == molecule]


def _quasi_equilibrium(shop: Workshop, reaction: Reaction, place: str) -> None:
    """Integrate T_X = X + C and T_D = D + C; C = 2·T_X·T_D/(b + s), s = √(b² − 4·T_X·T_D), b = T_X + T_D + Kd.

    Free X is the positive root of X² + β·X = Kd·T_X, β = T_D − T_X + Kd, written without a difference of large
    numbers: X = max(−β, 0) + 2·Kd·T_X/(|β| + s); likewise D.
    """
    (x, _), (d, _) = reaction.reactants
    ((c, _),) = reaction.products
    X, D, C = (scope.molecule_state(shop.model, m, place) for m in (x, d, c))
    Kd = shop.value(dict(reaction.constants)["Kd"], CONCENTRATION, place, None, x)
    totals = [Ref("state", f"total {X}"), Ref("state", f"total {D}")]
    excess = plus(minus(totals[1], totals[0]), Kd)
    under_root = plus(Binary("*", excess, excess), times(constant(4.0), Kd, totals[0]))  # = b² − 4·T_X·T_D
    root = Call("sqrt", (Call("max", (under_root, constant(0.0))),))
    bound = shop.define(f"bound {C}", over(times(constant(2.0), *totals), plus(*totals, Kd, root)))
    complex_ = shop.variables.pop(C)
    for name, total, other in zip((X, D), totals, reversed(totals), strict=True):
        beta = plus(minus(other, total), Kd)
        small = over(times(constant(2.0), Kd, total), plus(Call("abs", (beta,)), root))
        old = shop.variables.pop(name)
        initial = plus(old.initial, complex_.initial)
        shop.variables[total.id] = Variable(
            total.id, "molecule", CONCENTRATION, initial, (*old.scale, *complex_.scale), old.volume, old.substance
        )
        shop.molecules[name] = shop.define(f"free {name}", plus(Call("max", (negative(beta), constant(0.0))), small))
        shop.targets[name] = (total.id,)
    shop.molecules[C] = bound
    shop.targets[C] = (totals[0].id, totals[1].id)


# --------------------------------------------------------------------------------------------- losses
def loss_rate(shop: Workshop, loss: Loss, volume: Expression) -> Expression:
    """Return the first-order rate constant [1/h] of a loss."""
    if loss.form == "half-life":
        return over(constant(LN2), shop.value(loss.value, TIME))
    if loss.form == "clearance":
        return over(shop.value(loss.value, CLEARANCE), volume)
    return shop.value(loss.value, RATE)


def add_losses(shop: Workshop) -> None:
    """`degrades` acts anywhere, `cleared` in plasma."""
    for molecule in shop.model.molecules:
        for place in molecule.compartments:
            record = shop.model.compartment(place)
            for loss in molecule.losses:
                if loss.kind == "cleared" and record and record.kind != "plasma":
                    continue
                free = shop.free(molecule.id, place)
                rate = times(loss_rate(shop, loss, shop.molecule_volume(molecule.id, place)), free)
                id = f"{molecule.id} {loss.kind} in {place}"
                shop.process(id, id, rate, *shop.change(molecule.id, place, negative(ONE)))


def add_baselines(shop: Workshop) -> None:
    """A constant production that holds each baseline at rest; its value is set per patient by the engine."""
    for molecule in shop.model.molecules:
        for place, level in molecule.baseline:
            if molecule.id in shop.model.knocked_out:
                continue
            state = scope.molecule_state(shop.model, molecule.id, place)
            slot = f"production({state})"
            rate = shop.slot(slot, PRODUCTION)
            shop.process(slot, slot, rate, (state, ONE))
            shop.baselines.append((slot, state, shop.value(level, CONCENTRATION, None, None, molecule.id)))


# ----------------------------------------------------------------------------------------------- drugs
def add_kinetics(shop: Workshop) -> None:
    """`pk` of a molecule: a depot [pmol] with first-order absorption, peripheral compartments, clearance."""
    for molecule in shop.model.molecules:
        if molecule.pk is None:
            continue
        place = molecule.compartments[0]
        central, free = shop.molecule_volume(molecule.id, place), shop.free(molecule.id, place)
        out = shop.change(molecule.id, place, negative(over(constant(1.0), central)))
        into = shop.change(molecule.id, place, over(constant(1.0), central))
        if clearance := molecule.pk.get("CL"):
            id = f"{molecule.id} pk clearance"
            shop.process(id, id, times(shop.value(clearance, CLEARANCE), free), *out)
        for name, flow, volume in (("peripheral", "Q", "V2"), ("deep", "Q2", "V3")):
            if molecule.pk.get(flow) and molecule.pk.get(volume):
                _peripheral(shop, molecule, name, (flow, volume), (out, into), free)
        if molecule.pk.get("ka"):
            _depot(shop, molecule, into)


def _peripheral(
    shop: Workshop,
    molecule: Molecule,
    name: str,
    keys: tuple[str, str],
    changes: tuple[tuple[tuple[str, Expression], ...], tuple[tuple[str, Expression], ...]],
    free: Expression,
) -> None:
    pk = molecule.pk
    flow_text, volume_text = (pk.get(keys[0]), pk.get(keys[1])) if pk else (None, None)
    if flow_text is None or volume_text is None:
        return
    flow, volume = shop.value(flow_text, CLEARANCE), shop.value(volume_text, VOLUME)
    state, substance = f"{molecule.id} {name}", scope.substance(shop.model, molecule.id)
    zero = constant(0.0)
    shop.variables[state] = Variable(state, "molecule", CONCENTRATION, zero, (), volume, substance)
    out, into = changes
    inward, outward = over(constant(1.0), volume), negative(over(constant(1.0), volume))
    shop.process(f"{molecule.id} to {name}", f"{molecule.id} pk", times(flow, free), *out, (state, inward))
    back = times(flow, Ref("state", state))
    shop.process(f"{molecule.id} from {name}", f"{molecule.id} pk", back, *into, (state, outward))


def _depot(shop: Workshop, molecule: Molecule, into: tuple[tuple[str, Expression], ...]) -> None:
    ka, F = (molecule.pk.get("ka"), molecule.pk.get("F")) if molecule.pk else (None, None)
    if ka is None:
        return
    state, substance = f"{molecule.id} depot", scope.substance(shop.model, molecule.id)
    zero = constant(0.0)
    shop.variables[state] = Variable(state, "amount", SUBSTANCE, zero, (), constant(1.0), substance)
    available = shop.value(F, DIMENSIONLESS) if F else ONE
    gains = tuple((s, times(c, available)) for s, c in into)
    rate = times(shop.value(ka, RATE), Ref("state", state))
    shop.process(f"{molecule.id} absorption", f"{molecule.id} pk", rate, (state, negative(ONE)), *gains)


# ------------------------------------------------------------------------------------------- reactions
def reaction_places(shop: Workshop, reaction: Reaction) -> tuple[str, ...]:
    """Return the compartments in which all partners of a reaction live."""
    names = [n for n, _ in (*reaction.reactants, *reaction.products)]
    places = [c.id for c in shop.model.compartments if all(shop.has(n, c.id) for n in names)]
    return tuple(p for p in places if reaction.compartment in (None, p))


def add_reaction(shop: Workshop, reaction: Reaction) -> None:
    """Mass action, or the stated rate [concentration/time]."""
    if reaction.is_quasi_equilibrium:
        return
    for place in reaction_places(shop, reaction):
        rate, *one_way = _reaction_rates(shop, reaction, place)
        changes: list[tuple[str, Expression]] = []
        for sign, side in ((negative, reaction.reactants), (lambda e: e, reaction.products)):
            for name, count in side:
                changes += shop.change(name, place, sign(constant(float(count))))
        id = reaction.id if len(reaction_places(shop, reaction)) == 1 else f"{reaction.id} in {place}"
        unblocked = shop.unblocked(reaction.id)
        singly = tuple(times(r, unblocked) for r in one_way)
        shop.process(id, reaction.id, times(rate, unblocked), *changes, one_way=singly)


def _reaction_rates(shop: Workshop, reaction: Reaction, place: str) -> tuple[Expression, ...]:
    """Return the rate of a reaction, and what it is one way and, if reversible, the other."""
    given = dict(reaction.constants)
    if "rate" in given:
        rate = shop.value(given["rate"], PRODUCTION, place)
        if reaction.is_reversible and isinstance(rate, Binary) and rate.operator == "-":
            return rate, rate.left, rate.right
        return (rate,)
    forward_order = sum(c for _, c in reaction.reactants)
    backward_order = sum(c for _, c in reaction.products)
    written = given.get("kon") or given.get("k")
    forward = shop.value(written, order_dimension(forward_order), place) if written else None
    if not reaction.is_reversible:
        there = forward or constant(0.0), reaction.reactants
        return _mass_action(shop, *there, place), _encounters(shop, *there, place)
    backward = shop.value(given["koff"], order_dimension(backward_order), place) if "koff" in given else None
    if "Kd" in given:
        Kd = shop.value(given["Kd"], CONCENTRATION, place, None, reaction.reactants[0][0])
        forward = forward if forward is not None else over(backward or constant(0.0), Kd)
        backward = backward if backward is not None else times(forward, Kd)
    there, back = (forward or constant(0.0), reaction.reactants), (backward or constant(0.0), reaction.products)
    return (
        minus(_mass_action(shop, *there, place), _mass_action(shop, *back, place)),
        _encounters(shop, *there, place),
        _encounters(shop, *back, place),
    )


def order_dimension(order: int) -> Dimension:
    """Return the dimension of a mass-action constant: concentration^(1 − order)/time."""
    return CONCENTRATION ** (1 - order) * RATE


def _mass_action(shop: Workshop, k: Expression, side: tuple[tuple[str, int], ...], place: str) -> Expression:
    return times(k, *(shop.free(name, place) for name, count in side for _ in range(count)))


def _encounters(shop: Workshop, k: Expression, side: tuple[tuple[str, int], ...], place: str) -> Expression:
    """As `_mass_action` for single molecules: the second of a kind meets one less, X·(X − one)·(X − 2·one) …."""
    factors: list[Expression] = []
    met = Counter[str]()
    for name in (name for name, count in side for _ in range(count)):
        one = Ref("one", scope.molecule_state(shop.model, name, place))
        gone = times(constant(float(met[name])), one) if met[name] else constant(0.0)
        factors.append(minus(shop.free(name, place), gone))
        met[name] += 1
    return times(k, *factors)


def add_transport(shop: Workshop, transport: Transport) -> None:
    """Move amount from one compartment to another: flux = clearance × concentration at the origin."""
    clearance = shop.value(transport.clearance, CLEARANCE)
    for molecule in transport.molecules:
        flux = times(clearance, shop.free(molecule, transport.origin), shop.unblocked(transport.id))
        lost = negative(over(constant(1.0), shop.molecule_volume(molecule, transport.origin)))
        gained = over(constant(1.0), shop.molecule_volume(molecule, transport.destination))
        changes = (
            *shop.change(molecule, transport.origin, lost),
            *shop.change(molecule, transport.destination, gained),
        )
        shop.process(f"{transport.id}: {molecule}", transport.id, flux, *changes)
