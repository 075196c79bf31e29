"""Structural interventions: Model → Model.

What changes the equations themselves is done here, before anything is compiled: knock-outs, what may be blocked,
another depot under the skin. What happens at a time is a `Schedule` (see `schedule`). Every function reports to a
collector and then returns the model as it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome.diagnostics import did_you_mean
from cytokinome.experiments.protocol import Route
from cytokinome.experiments.quantities import Quantities
from cytokinome.model.components import Pharmacokinetics, Verb
from cytokinome.units import DIMENSIONLESS, RATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytokinome.diagnostics import Collector, Span
    from cytokinome.experiments.protocol import Arm, Dose
    from cytokinome.model.components import Model, Reaction, Rule
    from cytokinome.model.expressions import Expression


def intervene(model: Model, arm: Arm, found: Collector, *, blockable: Iterable[str] = ()) -> Model:
    """Return the model of one arm: knocked out, with its own depots, and with `blockable` slots.

    Parameters
    ----------
    model : Model
    arm : Arm
    found : Collector
    blockable : iterable of str
        What any arm blocks. Arms that differ in blocks only then share one kernel.
    """
    for name in arm.knock_out:
        model = knock_out(model, name, found, arm.place(name))
    model = _with_depots(model, arm, found)
    names = {b.what: b.where for b in arm.block} | dict.fromkeys(blockable)
    for what in sorted(names):
        model = with_blockable(model, [what], found, names[what])
    return model


def _with_depots(model: Model, arm: Arm, found: Collector) -> Model:
    """Give each molecule the depot that its doses under the skin bring along; all must bring the same."""
    brought: dict[str, Dose] = {}
    for dose in arm.doses:
        if dose.route is not Route.SUBCUTANEOUS:
            continue
        before = brought.setdefault(dose.of, dose)
        if (before.ka, before.F) != (dose.ka, dose.F):
            message = f"two doses of {dose.of} under the skin differ in `ka:` or `F:`"
            also = (before.where,) if before.where else ()
            found.error("BAD_INTERVENTION", message, dose.where, hint="give them in two arms", also=also)
        elif before is dose and (dose.ka is not None or dose.F is not None):
            model = with_subcutaneous(model, dose.of, dose.ka, dose.F, found, where=dose.where)
    return model


def knock_out(model: Model, name: str, found: Collector, where: Span | None = None) -> Model:
    """Return the model without a molecule, a receptor or a rule.

    A molecule is no longer secreted, released or made, and starts at 0 without a baseline; it may still be dosed.
    A receptor loses its signals, uptake and binding, which the compiler does for every id in ``knocked_out``.
    A rule is removed.
    """
    if name in model.knocked_out:
        return model
    out = replace(model, knocked_out=(*model.knocked_out, name))
    if model.molecule(name):
        return _without_molecule(model, out, name, found, where)
    if model.receptor(name):
        return out
    if model.rule(name):
        return replace(out, rules=tuple(r for r in model.rules if r.id != name))
    _unknown(model, name, "knocked out", found, where)
    return model


def _without_molecule(model: Model, out: Model, name: str, found: Collector, where: Span | None) -> Model:
    record = model.molecule(name)
    if record is None:
        return model
    if record.composition:
        parts = " or ".join(record.composition)
        found.error("BAD_INTERVENTION", f"{name} is made by a reaction", where, hint=f"knock out {parts} instead")
        return model
    made = [r for r in model.reactions if name in dict(r.products)]
    reversible = next((r for r in made if r.is_reversible), None)
    if reversible is not None:
        message = f"{name} is a product of the reversible reaction {reversible.id}, which cannot lose it"
        found.error(
            "BAD_INTERVENTION", message, where, hint=f"knock out what {name} is made of", also=_places(reversible)
        )
        return model
    absent = replace(record, initial=(), baseline=())
    return replace(
        out,
        molecules=tuple(absent if m.id == name else m for m in out.molecules),
        rules=tuple(r for r in out.rules if not _makes(r, name)),
        reactions=tuple(_without_product(r, name) for r in out.reactions),
    )


def _makes(rule: Rule, molecule: str) -> bool:
    return rule.verb in (Verb.SECRETES, Verb.RELEASES) and rule.object == molecule


def _without_product(reaction: Reaction, name: str) -> Reaction:
    if name in dict(reaction.reactants):  # a catalyst: nothing happens without it
        return reaction
    return replace(reaction, products=tuple(p for p in reaction.products if p[0] != name))


def _places(reaction: Reaction) -> tuple[Span, ...]:
    return (reaction.where,) if reaction.where else ()


def with_blockable(model: Model, names: Iterable[str], found: Collector, where: Span | None = None) -> Model:
    """Return the model with a slot ``block(name)`` for each name of `names` that `is_blockable`."""
    added: list[str] = []
    for name in names:
        if is_blockable(model, name) or name in model.knocked_out:
            if name not in (*model.blockable, *added, *model.knocked_out):
                added.append(name)
        else:
            _unknown(model, name, "blocked", found, where)
    return replace(model, blockable=(*model.blockable, *added)) if added else model


def is_blockable(model: Model, name: str) -> bool:
    """Whether a name is a molecule, receptor, rule, transport or process, or a reaction that goes at a rate."""
    process = model.equations.process(name) if model.equations else None
    flows = (*(t.id for t in model.transports), *(r.id for r in model.reactions if not r.is_quasi_equilibrium))
    return bool(model.molecule(name) or model.receptor(name) or model.rule(name) or process) or name in flows


def with_parameters(
    model: Model, values: Mapping[str, Expression], found: Collector, where: Span | None = None
) -> Model:
    """Return the model in which these parameters have other values of the same dimension."""
    quantities = Quantities(model, found)
    changed: dict[str, Expression] = {}
    for name, expression in values.items():
        if model.parameter(name) is None:
            unknown_parameter(model, name, found, where)
        elif quantities.parameter(name, expression, f"parameter {name}") is not None:
            changed[name] = expression
    if not changed:
        return model
    parameters = (replace(p, value=changed[p.id]) if p.id in changed else p for p in model.parameters)
    return replace(model, parameters=tuple(parameters))


def with_subcutaneous(
    model: Model,
    molecule: str,
    ka: Expression | None,
    F: Expression | None,
    found: Collector,
    *,
    lag: Expression | None = None,
    where: Span | None = None,
) -> Model:
    """Return the model in which `molecule` has a depot with absorption `ka` [1/time], and optionally `F` and `lag`.

    Constants that the molecule's ``pk`` states already are replaced; others stay.
    """
    record = model.molecule(molecule)
    if record is None:
        _unknown(model, molecule, "given under the skin", found, where)
        return model
    quantities = Quantities(model, found)
    fits: list[bool] = []
    if ka is not None:
        fits.append(quantities.resolve(ka, RATE, f"`ka:` of {molecule}") is not None)
    if F is not None:
        fits.append(quantities.resolve(F, DIMENSIONLESS, f"`F:` of {molecule}") is not None)
    if not all(fits):
        return model
    own = record.pk or Pharmacokinetics(1, ())
    given = {k: v for k, v in (("ka", ka), ("F", F), ("lag", lag)) if v is not None}
    constants = tuple((dict(own.constants) | given).items())
    changed = replace(record, pk=replace(own, constants=constants))
    return replace(model, molecules=tuple(changed if m.id == molecule else m for m in model.molecules))


def unknown_parameter(model: Model, name: str, found: Collector, where: Span | None) -> None:
    """Report a parameter that the model does not declare."""
    hint = did_you_mean(name, [p.id for p in model.parameters])
    found.error("UNKNOWN_NAME", f"the model has no parameter {name}", where, hint=hint)


def _unknown(model: Model, name: str, done: str, found: Collector, where: Span | None) -> None:
    known = [c.id for c in (*model.molecules, *model.receptors, *model.rules)]
    message = f"{name} cannot be {done}: the model has no molecule, receptor or rule of this name"
    found.error("UNKNOWN_NAME", message, where, hint=did_you_mean(name, known))
