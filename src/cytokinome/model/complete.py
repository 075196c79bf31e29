"""From what was written to what was meant: facts from the catalogue, molecules that reactions make, open axes.

The catalogue comes through a `Lookup` that the caller passes, so the language stands alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.model.checks import unknown
from cytokinome.model.citations import Figure, hold
from cytokinome.model.components import (
    Axis,
    Cell,
    InsideVariable,
    Ligand,
    Loss,
    Model,
    Molecule,
    Reaction,
    Receptor,
    Verb,
)
from cytokinome.model.populations import axis_of

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector
    from cytokinome.evidence import Source
    from cytokinome.model.expressions import Expression


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue knows of one molecule or receptor. `losses` pairs a kind of compartment and a loss."""

    id: str
    molar_mass: Expression | None = None
    specific_activity: Expression | None = None
    diffusion: Expression | None = None
    losses: tuple[tuple[str, Loss], ...] = ()
    ligands: tuple[Ligand, ...] = ()
    antagonists: tuple[Ligand, ...] = ()
    internalisation: Expression | None = None
    sources: tuple[tuple[str, Source], ...] = ()  # field → where the catalogue has it from


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a model asks the catalogue.

    Called with a name or synonym it gives the entry, or None. `figures` gives the published numbers of an address such
    as ``TNFR1.Kd``, raising `CatalogueError` where there are none; None where there is no catalogue to ask.
    With `is_past` the model was loaded before, perhaps with another catalogue: what fits no more is no fault.
    """

    entry: Callable[[str], Entry | None]
    figures: Callable[[str], tuple[Figure, ...] | None]
    is_past: bool = False

    def __call__(self, name: str) -> Entry | None:
        """Return the entry of a name."""
        return self.entry(name)


def complete(model: Model, lookup: Lookup, found: Collector) -> Model:
    """Return the model with everything that its text implies."""
    model = _open_axes(model, found)
    molecules = tuple(_from_catalogue(m, model, lookup, found) if m.from_catalogue else m for m in model.molecules)
    receptors = tuple(_receptor(r, model, lookup, found) if r.from_catalogue else r for r in model.receptors)
    model = _free_receptors(replace(model, molecules=molecules, receptors=receptors))
    return hold(_with_implied(model), lookup, found)


def _free_receptors(model: Model) -> Model:
    """Give cells that produce a receptor they bind through its free amount, which starts at the ρ of `binds`."""
    produced = {(r.subject.cell, r.object) for r in model.rules if r.verb is Verb.PRODUCES}
    binding = {
        (r.subject.cell, r.receptor): r.rate
        for r in reversed(model.rules)
        if r.verb is Verb.BINDS and r.rate is not None and r.receptor
    }

    def completed(cell: Cell) -> Cell:
        inside = {v.name: v for v in cell.inside}
        for (owner, receptor), rho in binding.items():
            if owner == cell.id and (owner, receptor) in produced:
                known = inside.get(receptor) or InsideVariable(receptor, "amount", rho, is_implied=True)
                inside[receptor] = replace(known, initial=rho)
        return replace(cell, inside=tuple(inside.values()))

    return replace(model, cells=tuple(completed(cell) for cell in model.cells))


def _with_implied(model: Model) -> Model:
    """Declare what reactions make, until a round adds nothing (a product can be another's reactant)."""
    while True:
        before = model.molecules
        for reaction in model.reactions:
            model = replace(model, molecules=model.molecules + _implied(reaction, model))
        if model.molecules == before:
            return _with_orphans(model)


def _with_orphans(model: Model) -> Model:
    """Declare also what reactions of unknown reactants make: those are reported, their products need not be."""
    made = {n: r for r in model.reactions for n, _ in r.products if r.reactants and model.molecule(n) is None}
    places = tuple(c.id for c in model.compartments)
    orphans = tuple(Molecule(n, places, composition=(n,), where=r.where) for n, r in made.items())
    return replace(model, molecules=model.molecules + orphans)


def _from_catalogue(molecule: Molecule, model: Model, lookup: Lookup, found: Collector) -> Molecule:
    entry = lookup(molecule.id)
    if entry is None:
        found.error(
            "CATALOGUE_MISSING", f"the catalogue has no {molecule.id}", molecule.where,
            hint="see `cytokinome catalogue`; or remove `from: catalogue` and state what is needed",
        )  # fmt: skip
        return molecule
    values: dict[str, object] = {}
    for name in ("molar_mass", "specific_activity", "diffusion"):
        if getattr(molecule, name) is None and getattr(entry, name) is not None:
            values[name] = getattr(entry, name)
    kinds = {c.kind for c in model.compartments if c.id in molecule.compartments}
    fitting = tuple(loss for kind, loss in entry.losses if kinds == {kind})
    cleared = molecule.pk is not None and molecule.pk.get("CL") is not None  # its clearance is the whole loss
    if not molecule.losses and fitting and not cleared:
        values["losses"] = fitting
    sources = tuple((name, source) for name, source in entry.sources if name in values)
    return replace(molecule, **values, filled=frozenset(values), sources=sources)  # type: ignore[arg-type]


def _receptor(receptor: Receptor, model: Model, lookup: Lookup, found: Collector) -> Receptor:
    entry = lookup(receptor.id)
    if entry is None:
        found.error("CATALOGUE_MISSING", f"the catalogue has no receptor {receptor.id}", receptor.where)
        return receptor
    values: dict[str, object] = {}
    names = {e.id: m.id for m in model.molecules if (e := lookup(m.id))}  # the model's own names, such as IL8 for CXCL8
    for side in ("ligands", "antagonists"):
        if not getattr(receptor, side) and getattr(entry, side):
            known: tuple[Ligand, ...] = getattr(entry, side)
            values[side] = tuple(replace(b, molecule=names.get(b.molecule, b.molecule)) for b in known)
    if receptor.internalisation is None and entry.internalisation is not None:
        values["internalisation"] = entry.internalisation
    return replace(receptor, **values, filled=frozenset(values))  # type: ignore[arg-type]


def _implied(reaction: Reaction, model: Model) -> tuple[Molecule, ...]:
    """Molecules that a reaction makes and nobody declares: same compartments, initial 0, composition known."""
    known = [m for n, _ in reaction.reactants if (m := model.molecule(n))]
    if len(known) < len(reaction.reactants) or not known:
        return ()
    shared = [c for c in known[0].compartments if all(c in m.compartments for m in known)]
    places = (reaction.compartment,) if reaction.compartment in shared else tuple(shared)
    parts = tuple(n for n, count in reaction.reactants for _ in range(count))
    single = len(reaction.products) == 1 and reaction.products[0][1] == 1
    return tuple(
        Molecule(name, places, composition=parts if single else (name,), where=reaction.where)
        for name, _ in reaction.products
        if model.molecule(name) is None
    )


def _open_axes(model: Model, found: Collector) -> Model:
    """Give an axis written as its initial state the further states that sentences name."""
    for rule in model.rules:
        if rule.verb is not Verb.BECOMES:
            continue
        cell = model.cell(rule.subject.cell)
        if cell is None or axis_of(cell, rule.object) is not None:
            continue
        axis = _axis_for(cell, rule.subject.states)
        if axis is None:
            if sum(bool(a.numbers) for a in cell.axes) > 1:
                continue  # one of these axes is at fault, and should perhaps be open
            states = [s for a in cell.axes for s in a.states]
            message = f"{cell.id} has no state {rule.object!r}"
            unknown(message, rule.object, states, rule.where, found, after="becomes")
            continue
        grown = replace(axis, states=(*axis.states, rule.object))
        axes = tuple(grown if a is axis else a for a in cell.axes)
        cells = tuple(replace(c, axes=axes) if c is cell else c for c in model.cells)
        model = replace(model, cells=cells)
    return model


def _axis_for(cell: Cell, states: tuple[str, ...]) -> Axis | None:
    """The open axis that a new state belongs to: the one the subject names, else the only one."""
    named = [a for a in cell.axes if a.is_open and any(s in a.states for s in states)]
    candidates = named or [a for a in cell.axes if a.is_open]
    return candidates[0] if len(candidates) == 1 else None
