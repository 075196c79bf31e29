"""What makes a model meaningful: names, dimensions, signs. Finds every fault at once, before anything runs.

`check` is the only entry; each check is one small function. This file checks what is declared; `sentence_rules` and
`process_rules` what happens.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import prod

from cytokinome import units
from cytokinome.diagnostics import Collector, Span, did_you_mean
from cytokinome.model import populations, scope
from cytokinome.model.checks import not_negative, positive, quantity, unknown
from cytokinome.model.components import Cell, Compartment, InsideVariable, Loss, Model, Molecule
from cytokinome.model.dimensions import describe
from cytokinome.model.equation_rules import check_equations
from cytokinome.model.event_rules import check_events
from cytokinome.model.expressions import UNREADABLE, Expression, Number, place
from cytokinome.model.parameter_rules import check_distribution, check_parameters
from cytokinome.model.places import at_word
from cytokinome.model.process_rules import check_processes
from cytokinome.model.scope import (
    MAX_ACTIVITY,
    MAX_MOLAR_MASS,
    MIN_ACTIVITY,
    MIN_MOLAR_MASS,
    ModelScope,
    ParameterScope,
)
from cytokinome.model.sentence_rules import check_sentences
from cytokinome.model.spreads import check_spread
from cytokinome.units import (
    CELL,
    CLEARANCE,
    CONCENTRATION,
    DENSITY,
    DIMENSIONLESS,
    MOLAR_MASS,
    RATE,
    TIME,
    VOLUME,
    Dimension,
)

SECOND_ORDER = Dimension.of(substance=-1, volume=1, time=-1)
_ACTIVITY = Dimension.of(activity=1, mass=-1)
_PK = {
    **dict.fromkeys(("CL", "Q", "Q2"), CLEARANCE),
    **dict.fromkeys(("V1", "V2", "V3"), VOLUME),
    **{"ka": RATE, "F": DIMENSIONLESS, "lag": TIME},
}
_PK_NEEDS = {"Q": "V2", "V2": "Q", "Q2": "V3", "V3": "Q2", "F": "ka", "lag": "ka"}
MAX_POPULATIONS = 2000


def check(model: Model, found: Collector) -> None:
    """Add every fault of a completed model to `found`; each once, and not what only follows from another."""
    _check_names(model, found)
    for compartment in model.compartments:
        if quantity(ParameterScope(model, found, ()), compartment.volume, VOLUME, f"the volume of {compartment.id}"):
            positive(model, compartment.volume, found, f"the volume of {compartment.id}")
    _check_places(model, found)
    model = _everywhere(model)
    if populations.exceeds(model, MAX_POPULATIONS):
        _refuse_size(model, found)
        return
    for molecule in model.molecules:
        _check_molecule(model, molecule, found)
    _check_receptors(model, found)
    for cell in model.cells:
        _check_cell(model, cell, found)
    _check_closure(model, found)
    check_parameters(model, found)
    check_sentences(model, found)
    check_processes(model, found)
    check_events(model, found)
    check_equations(model, found)


def _check_closure(model: Model, found: Collector) -> None:
    if model.representatives and not populations.represented(model):
        message = "`closure:` has nothing to represent: all cells of a type begin equal"
        hint = "state `between-cells:` for an inside variable, or remove `closure:`"
        found.warning("NO_EFFECT", message, _first(model), hint=hint)


def _refuse_size(model: Model, found: Collector) -> None:
    staged = max(model.rules, key=lambda r: r.stages, default=None)
    largest = max(model.cells, key=lambda c: prod(len(a.states) for a in c.axes))
    where = staged.where if staged and staged.stages > 1 else largest.where
    message = f"states and stages make more than {MAX_POPULATIONS} populations of cells"
    found.error("TOO_LARGE", message, where, hint="use fewer states, or fewer stages")


# ------------------------------------------------------------------------------------------ names and places
def _check_names(model: Model, found: Collector) -> None:
    """Names that expressions can use stand once."""
    seen: dict[str, tuple[str, Span | None]] = {}
    groups = {
        "compartment": model.compartments, "molecule": model.molecules, "parameter": model.parameters,
        "observable": model.observables, "cell": model.cells,
        "quantity": model.equations.quantities if model.equations else (),
        "process": model.equations.processes if model.equations else (),
    }  # fmt: skip
    for what, items in groups.items():
        for item in items:
            if item.id in seen:
                other, first = seen[item.id]
                message, hint = f"{item.id} is a {other} and a {what}", "rename one of them"
                found.error("DUPLICATE_NAME", message, item.where, also=[first] if first else [], hint=hint)
            seen[item.id] = (what, item.where)


def _check_places(model: Model, found: Collector) -> None:
    known = [c.id for c in model.compartments]
    if not known and model.equations is None:
        hint = "for example `compartments: {well: {kind: culture, volume: 1 mL}}`"
        found.error("MISSING_KEY", "a model needs `compartments:`", _first(model), hint=hint)
        return
    homeless: dict[str, list[Molecule | Cell]] = {}
    for item in (*(m for m in model.molecules if not m.composition), *model.cells):
        for id in (p for p in item.compartments if p not in known):
            homeless.setdefault(id, []).append(item)
    for id, items in homeless.items():
        first, *others = (at_word(id, item.where, found, after="in") for item in items)
        message = f"{', '.join(i.id for i in items[:5])}{', …' * (len(items) > 5)}: {id!r} is no compartment"
        also, hint = [o for o in others[:4] if o], did_you_mean(id, known)
        found.error("UNKNOWN_NAME", message, first, hint=hint, also=also)


def _first(model: Model) -> Span | None:
    """Return the beginning of the file."""
    spans = [i.where for i in (*model.molecules, *model.cells, *model.parameters, *model.rules) if i.where]
    return Span(spans[0].file, 1, 1) if spans else None


def _everywhere(model: Model) -> Model:
    """Let what has no known place live in every compartment, so that its sentences can be checked all the same."""
    compartments = model.compartments or (Compartment("nowhere", "plasma", UNREADABLE),)
    known = tuple(c.id for c in compartments)

    def places(item: Molecule | Cell) -> tuple[str, ...]:
        return item.compartments if item.compartments and set(item.compartments) <= set(known) else known

    return replace(
        model,
        compartments=compartments,
        molecules=tuple(replace(m, compartments=places(m)) for m in model.molecules),
        cells=tuple(replace(c, compartments=places(c)) for c in model.cells),
    )


# --------------------------------------------------------------------------------------------- molecules
def _check_molecule(model: Model, molecule: Molecule, found: Collector) -> None:
    what, here = molecule.id, ModelScope(model, found)
    _check_conversions(here, molecule, found)
    for where, value in molecule.initial:
        quantity(here, value, CONCENTRATION, f"the initial concentration of {what}", what)
        if dict(molecule.baseline).get(where) is not None:
            hint = "keep one: a baseline also sets the initial value"
            message = f"{what} has `initial:` and `baseline:`"
            found.error("BAD_VALUE", message, at_word("baseline", molecule.where, found), hint=hint)
    for _, value in molecule.baseline:
        quantity(here, value, CONCENTRATION, f"the baseline of {what}", what)
    for loss in molecule.losses:
        _check_loss(model, loss, what, found)
        _check_clearance(model, molecule, loss, found)
    if molecule.scale is not None:
        quantity(here, molecule.scale, CONCENTRATION, f"the scale of {what}", what)
    _check_pk(model, molecule, found)


def _check_conversions(here: ModelScope, molecule: Molecule, found: Collector) -> None:
    """Molar mass and specific activity are literals of a size that molecules can have."""
    mass, activity = molecule.molar_mass, molecule.specific_activity
    what = f"the molar mass of {molecule.id}"
    if mass is not None and _literal(mass, found, what) and quantity(here, mass, MOLAR_MASS, what):
        _within(mass, MIN_MOLAR_MASS, MAX_MOLAR_MASS, found, f"{what} lies between 1 Da and 1e9 kDa")
    what = f"the specific activity of {molecule.id}"
    if activity is not None and _literal(activity, found, what) and quantity(here, activity, _ACTIVITY, what):
        _within(activity, MIN_ACTIVITY, MAX_ACTIVITY, found, f"{what} lies between 1e-6 and 1e20 IU/g")


def _within(value: Expression, low: float, high: float, found: Collector, what: str) -> None:
    if isinstance(value, Number) and not low <= value.value * units.parse_unit(value.unit).factor <= high:
        found.error("BAD_VALUE", f"{what}; it is {value}", value.where, hint="check the number and its unit")


def _literal(expression: Expression, found: Collector, what: str) -> bool:
    if not isinstance(expression, Number) and expression is not UNREADABLE:
        message = f"{what} is a number with a unit, not `{expression}`"
        found.error("BAD_VALUE", message, place(expression), hint="write the number here")
    return isinstance(expression, Number)


def _check_loss(model: Model, loss: Loss, what: str, found: Collector) -> None:
    dimension = {"rate": RATE, "half-life": TIME, "clearance": CLEARANCE}[loss.form]
    named = f"the {loss.form} of {what}"
    if quantity(ModelScope(model, found), loss.value, dimension, named) and loss.form == "half-life":
        positive(model, loss.value, found, named)


def _check_clearance(model: Model, molecule: Molecule, loss: Loss, found: Collector) -> None:
    if loss.kind != "cleared":
        return
    kinds = [c.kind for c in model.compartments if c.id in molecule.compartments]
    if "plasma" not in kinds:
        found.error(
            "BAD_VALUE", f"{molecule.id} is `cleared` but lives in no plasma compartment",
            at_word("cleared", molecule.where, found),
            hint="use `degrades:` for losses elsewhere",
        )  # fmt: skip
    for part in loss.includes:
        if part not in ("renal", "receptor", "hepatic"):
            hint = did_you_mean(part, ["renal", "receptor", "hepatic"])
            where = at_word(part, loss.where, found)
            found.error("BAD_VALUE", f"`includes: [{part}]` is unknown", where, hint=hint)
    takers = [r for r in model.rules if r.verb.value == "takes up" and r.object == molecule.id]
    if "receptor" in loss.includes and takers:
        found.error(
            "DOUBLE_LOSS",
            f"the clearance of {molecule.id} includes receptor uptake, which `{takers[0].id}` states again",
            at_word("receptor", loss.where, found), also=[takers[0].where] if takers[0].where else [],
            hint="remove the sentence, or state a clearance without receptor uptake",
        )  # fmt: skip


def _check_pk(model: Model, molecule: Molecule, found: Collector) -> None:
    pk, here = molecule.pk, ModelScope(model, found)
    if pk is None:
        return
    given = dict(pk.constants)
    for key, value in pk.constants:
        what = f"{key} of {molecule.id}"
        if quantity(here, value, _PK[key], what) and key.startswith("V"):
            positive(model, value, found, what)
        if key in _PK_NEEDS and _PK_NEEDS[key] not in given:
            found.error("MISSING_KEY", f"{what} needs {_PK_NEEDS[key]} beside it", pk.where, hint="state both")
    told = {_PK_NEEDS[k] for k in given if k in _PK_NEEDS}
    for key, count in (("Q", 2), ("Q2", 3)):
        if (key in given or key in told) != (pk.compartments >= count):
            gives = "gives" if key in given else "lacks"
            message = f"`pk:` of {molecule.id} has {pk.compartments} compartments and {gives} {key}"
            found.error("BAD_VALUE", message, pk.where, hint="2 compartments have Q and V2, 3 also Q2 and V3")


# --------------------------------------------------------------------------------------------- receptors
def _check_receptors(model: Model, found: Collector) -> None:
    here, molecules = ModelScope(model, found), [m.id for m in model.molecules]
    for receptor in model.receptors:
        binders = (*receptor.ligands, *receptor.antagonists)
        if receptor.internalisation is not None:
            quantity(here, receptor.internalisation, RATE, f"the internalisation of {receptor.id}")
        for binder in binders:
            what = f"{binder.molecule} at {receptor.id}"
            if binder.molecule not in molecules and not receptor.from_catalogue:
                message = f"{binder.molecule!r}, which binds {receptor.id}, is no molecule of this model"
                unknown(message, binder.molecule, molecules, binder.where, found)
            if sum(b.molecule == binder.molecule for b in binders) > 1:
                message = f"{binder.molecule} stands twice at {receptor.id}: one molecule has one Kd there"
                hint = "state it as a ligand, or as an antagonist"
                found.error("DUPLICATE_NAME", message, binder.where, hint=hint)
            if binder.Kd is not None and quantity(here, binder.Kd, CONCENTRATION, f"the Kd of {what}", binder.molecule):
                positive(model, binder.Kd, found, f"the Kd of {what}")
            if binder.kon is not None:
                quantity(here, binder.kon, SECOND_ORDER, f"kon of {what}")
            if binder.koff is not None:
                quantity(here, binder.koff, RATE, f"koff of {what}")
            if binder.Kd is None and (binder.kon is None or binder.koff is None):
                hint = f"for example `{binder.molecule}: {{Kd: 100 pM}}`"
                found.error("MISSING_CONSTANT", f"{what} needs Kd, or kon and koff", binder.where, hint=hint)


# ------------------------------------------------------------------------------------------------- cells
def _check_cell(model: Model, cell: Cell, found: Collector) -> None:
    counts = Counter(s for axis in cell.axes for s in axis.states)
    for state in (s for s, count in counts.items() if count > 1):
        axes = [axis for axis in cell.axes if state in axis.states]
        message = f"state {state!r} of {cell.id} stands on two axes" if len(axes) > 1 else f"{state!r} stands twice"
        found.error("DUPLICATE_NAME", message, at_word(state, axes[-1].where, found), hint="rename one of the states")
    counted = [a for a in cell.axes if a.numbers]
    if len(counted) > 1:
        names = " and ".join(a.name for a in counted)
        found.error(
            "BAD_VALUE", f"{cell.id} states numbers on several axes: {names}", counted[1].where,
            hint="one axis carries the numbers; every other names its initial state (infection: clean)",
        )  # fmt: skip
    if counted and cell.initial:
        message, where = f"{cell.id} has `initial:` beside numbers on an axis", at_word("initial", cell.where, found)
        found.error("BAD_VALUE", message, where, hint="keep one of them")
    if (
        not counted
        and not cell.initial
        and not any(r.verb.value in ("enters", "differentiates into") for r in model.rules)
    ):
        hint = "write `initial: 1e6 /mL`, or numbers for the states of one axis"
        found.error("MISSING_KEY", f"{cell.id} has no initial number", cell.where, hint=hint)
    for name, value in (*((s, v) for a in counted for s, v in a.numbers), *cell.initial):
        _check_number_of_cells(model, cell, name, value, found)
    for variable in cell.inside:
        _check_inside(model, cell, variable, found)
    if cell.scale is not None:
        quantity(ModelScope(model, found), cell.scale, CELL, f"the scale of {cell.id}", bare=units.parse_unit("cell"))


def _check_number_of_cells(model: Model, cell: Cell, name: str, value: Expression, found: Collector) -> None:
    what = f"the number of {name} {cell.id}" if name not in cell.compartments else f"the number of {cell.id}"
    typed = ModelScope(model, found).resolver().typed(value)
    if typed is None:
        return
    if typed.dimension not in (None, DIMENSIONLESS, CELL, DENSITY, DENSITY / CELL):
        message = f"{what} needs a number or a density of cells; `{value}` is {describe(typed.dimension)}"
        found.error("DIMENSION_MISMATCH", message, place(value), hint="write for example 1e6 /mL, or 1e5 cells")
    not_negative(model, value, found, what)


def _check_inside(model: Model, cell: Cell, variable: InsideVariable, found: Collector) -> None:
    what, here = f"{variable.name} of {cell.id}", ModelScope(model, found)
    dimension, bare = scope.inside_dimension(variable), scope.bare_unit(variable)
    if variable.kind == "amount" and variable.unit:
        message = f"{what} is an amount, counted in molecules/cell; only intensive variables have a `unit:`"
        hint = "remove `unit:`, or write `kind: intensive`"
        found.error("BAD_VALUE", message, at_word("unit", variable.where, found), hint=hint)
    agent = variable.name if model.molecule(variable.name) else None
    quantity(here, variable.initial, dimension, f"the initial value of {what}", agent, bare)
    for loss in variable.losses:
        _check_loss(model, loss, what, found)
    if variable.between_cells:
        check_distribution(model, variable.between_cells, dimension, what, found, bare)
        check_spread(model, cell.id, variable, found)
