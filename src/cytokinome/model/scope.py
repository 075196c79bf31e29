"""What names mean: in a compartment, and for a sentence in a population of cells.

State ids are those of the network: ``TNF`` (``TNF@blood`` where a molecule lives in several compartments) and the
labels of populations.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.model import populations, quantities
from cytokinome.model.components import CellGroup, Compartment, InsideVariable, Model, Molecule
from cytokinome.model.definitions import observable_order, parameter_order, towers
from cytokinome.model.dimensions import Resolver, Typed, constant
from cytokinome.model.expressions import Binary, Call, Expression, Mean, Name, Number, Population, Ref
from cytokinome.model.places import at_word
from cytokinome.units import CELL, CONCENTRATION, DENSITY, DIMENSIONLESS, PER_CELL, TIME, VOLUME, Dimension, Substance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.diagnostics import Diagnostic, Span
    from cytokinome.model.populations import Kind

# What a molar mass [g/pmol] and a specific activity [IU/g] can sensibly be, and what stands for one that is at fault,
# so that its fault is not repeated at every use.
MIN_MOLAR_MASS, MAX_MOLAR_MASS, _ANY_MOLAR_MASS = 1e-12, 1.0, 2e-8
MIN_ACTIVITY, MAX_ACTIVITY, _ANY_ACTIVITY = 1e-6, 1e20, 1e10
_UNITS = ("pM", "nM", "uM", "mM", "pg", "ng", "ug", "mg", "mL", "uL", "L", "kDa", "min", "cell", "cells", "molecules")
MOLECULES_PER_CELL = units.parse_unit("molecules/cell")


# ------------------------------------------------------------------------------------------- ids and numbers
def molecule_state(model: Model, molecule: str, compartment: str) -> str:
    """Return the id of the concentration of a molecule in a compartment."""
    record = model.molecule(molecule)
    return f"{molecule}@{compartment}" if record and len(record.compartments) > 1 else molecule


def inside_definition(variable: str, population: str) -> str:
    """Return the id of the value per cell of an inside variable."""
    return f"{variable} per {population}"


def complex_name(molecule: str, receptor: str) -> str:
    """Return the name of the inside variable that holds bound receptors."""
    return f"{molecule}.{receptor}"


@lru_cache(maxsize=4096)
def substance(model: Model, molecule: str) -> Substance:
    """Return molar mass [g/pmol] and specific activity [IU/g] of a molecule, as far as they are known."""
    record = model.molecule(molecule)
    if record is None:
        return Substance(molecule)
    activity = _literal(record.specific_activity)
    if record.specific_activity is not None and (activity is None or not MIN_ACTIVITY <= activity <= MAX_ACTIVITY):
        activity = _ANY_ACTIVITY
    return Substance(molecule, _molar_mass(model, record), activity)


def _molar_mass(model: Model, record: Molecule) -> float | None:
    if record.molar_mass is not None:
        mass = _literal(record.molar_mass)
        return mass if mass is not None and MIN_MOLAR_MASS <= mass <= MAX_MOLAR_MASS else _ANY_MOLAR_MASS
    parts = [model.molecule(m) for m in record.composition if m != record.id]
    masses = [_molar_mass(model, p) for p in parts if p is not None]
    known = [m for m in masses if m is not None]
    return sum(known) if known and len(known) == len(record.composition) else None


def _literal(expression: Expression | None) -> float | None:
    if not isinstance(expression, Number):
        return None
    try:
        return expression.value * units.parse_unit(expression.unit).factor
    except units.UnitError:
        return None


def inside_variables(model: Model, cell_id: str) -> tuple[InsideVariable, ...]:
    """Return the declared inside variables of a cell type."""
    cell = model.cell(cell_id)
    return cell.inside if cell else ()


def inside_dimension(variable: InsideVariable) -> Dimension:
    """Return the dimension of an inside variable: substance per cell, or that of its unit."""
    return PER_CELL if variable.kind == "amount" and not variable.unit else units.parse_unit(variable.unit).dimension


def bare_unit(variable: InsideVariable) -> units.Unit:
    """Return what a bare number means for an inside variable."""
    return MOLECULES_PER_CELL if variable.kind == "amount" and not variable.unit else units.parse_unit(variable.unit)


def bound_complexes(model: Model, kind: Kind) -> tuple[tuple[str, str], ...]:
    """Return (molecule, receptor) of every `binds` rule that speaks of cells of this kind."""
    rules = (r for r in model.rules if r.verb.value == "binds" and populations.matches(r.subject, kind))
    return tuple(dict.fromkeys((r.object, r.receptor or "") for r in rules))


# ----------------------------------------------------------------------------------------------------- scope
class ModelScope:
    """Names at one place: `compartment` where the process runs, `population` whose inside variables it reads."""

    def __init__(
        self,
        model: Model,
        found: Collector,
        compartment: str | None = None,
        population: populations.Population | None = None,
    ) -> None:
        self.model, self.found = model, found
        self.compartment, self.cells = compartment, population

    def resolver(self, bare: units.Unit | None = None) -> Resolver:
        """Return a resolver of expressions at this place."""
        return Resolver(self, self.found, bare)

    # --------------------------------------------------------------- Scope
    def name(self, name: Name) -> Typed | None:
        """Resolve a name: inside variable, molecule, parameter, compartment (its volume), or time."""
        if name.id == "time" and not name.compartment:
            return Typed(Ref("time", "time"), TIME)
        inside = self._inside(name)
        if inside:
            return inside
        if self.model.molecule(name.id):
            return self.molecule(name.id, name.compartment, name.where)
        parameter = self.model.parameter(name.id)
        if parameter is not None and not name.compartment:
            agent = substance(self.model, parameter.of) if parameter.of else None
            dimension = parameter_dimensions(self.model).get(name.id)
            return None if dimension is None else Typed(Ref("parameter", name.id), dimension, agent)
        compartment = self.model.compartment(name.id)
        if compartment is not None and not name.compartment:
            volume = volume_of(self.model, compartment, Collector())  # whose faults are reported where it stands
            return Typed(volume, VOLUME) if volume is not None else None
        quantity = self.model.quantity(name.id)
        if quantity is not None and self.model.equations is not None and not name.compartment:
            unit, moving = quantities.unit(quantity), quantities.states(self.model.equations)
            return Typed(_scaled(quantities.symbol(quantity, moving), unit.factor), unit.dimension)
        observable = self.model.observable(name.id)
        if observable is not None and not name.compartment:
            typed, faults = _observable(self.model, name.id, self.compartment, self.cells)
            for fault in faults:
                self.found.add(fault)
            return typed
        self.unknown(name.id, name.where)
        return None

    def _inside(self, name: Name) -> Typed | None:
        if self.cells is None or name.compartment:
            return None
        label = populations.label(self.model, self.cells)
        for variable in inside_variables(self.model, self.cells.kind.cell):
            if variable.name == name.id:
                ref = Ref("definition", inside_definition(name.id, label))
                agent = substance(self.model, name.id) if self.model.molecule(name.id) else None
                return Typed(ref, inside_dimension(variable), agent)
        for molecule, receptor in bound_complexes(self.model, self.cells.kind):
            if complex_name(molecule, receptor) == name.id:
                return Typed(
                    Ref("definition", inside_definition(name.id, label)), PER_CELL, substance(self.model, molecule)
                )
        return None

    def molecule(self, id: str, compartment: str | None, where: Span | None) -> Typed | None:
        """Resolve the free concentration of a molecule."""
        record = self.model.molecule(id)
        if record is None:
            self.unknown(id, where)
            return None
        place = compartment or (self.compartment if self.compartment in record.compartments else None)
        if place is None and len(record.compartments) == 1 and self.compartment is None:
            place = record.compartments[0]
        if place is None and self.compartment is None:
            choices = ", ".join(f"{id}@{c}" for c in record.compartments)
            self.found.error("AMBIGUOUS_NAME", f"{id} lives in several compartments", where, hint=f"write {choices}")
            return None
        if place is None or place not in record.compartments:
            self.found.error(
                "UNKNOWN_NAME", f"there is no {id!r} in {place or self.compartment}", where,
                hint=f"{id} lives in {', '.join(record.compartments)}",
            )  # fmt: skip
            return None
        ref = Ref("molecule", molecule_state(self.model, id, place))
        return Typed(ref, CONCENTRATION, substance(self.model, id))

    def population(self, population: Population) -> Typed | None:
        """Resolve ``count`` and ``density`` to sums over populations."""
        group = CellGroup(population.states, population.cell, population.compartment, population.where)
        members = self.members(group, population.where)
        if members is None:
            return None
        total = sum_of([Ref("state", populations.label(self.model, p)) for p in members])
        if population.function == "count":
            return Typed(total, CELL)
        places = {p.kind.compartment for p in members} or {self.compartment}
        if len(places) > 1:
            cells = " and ".join(sorted(str(p) for p in places))
            self.found.error(
                "AMBIGUOUS_NAME", f"{population.cell} lives in {cells}", population.where,
                hint=f"write density({population.cell}@compartment)",
            )  # fmt: skip
            return None
        compartment = self.model.compartment(next(iter(places)) or "")
        volume = volume_of(self.model, compartment, Collector()) if compartment else None
        return Typed(Binary("/", total, volume), DENSITY) if volume is not None else None

    def mean(self, mean: Mean) -> Typed | None:
        """Resolve the mean of an inside variable: total over number, the initial value where there are no cells."""
        group = CellGroup(mean.states, mean.cell, mean.compartment, mean.where)
        members = self.members(group, mean.where)
        if members is None:
            return None
        values = [ModelScope(self.model, Collector(), p.kind.compartment, p).name(Name(mean.variable)) for p in members]
        if not values or any(
            v is None or not (isinstance(v.expression, Ref) and v.expression.kind == "definition") for v in values
        ):
            known = [v.name for v in inside_variables(self.model, mean.cell)]
            self.found.error(
                "UNKNOWN_NAME", f"{mean.cell} has no inside variable {mean.variable}", mean.where,
                hint=did_you_mean(mean.variable, known),
            )  # fmt: skip
            return None
        typed = [
            replace(v, expression=Ref("mean", v.expression.id)) for v in values if v and isinstance(v.expression, Ref)
        ]
        counts = [Ref("state", populations.label(self.model, p)) for p in members]
        if len(typed) == 1:
            return typed[0]
        total = sum_of([Binary("*", n, v.expression) for n, v in zip(counts, typed, strict=True)])
        number = Call("max", (sum_of(list(counts)), constant(1e-30)))  # no cells: 0/1e-30, not 0/0
        return Typed(Binary("/", total, number), typed[0].dimension, typed[0].agent)

    # ------------------------------------------------------------- helpers
    def members(self, group: CellGroup, where: Span | None) -> tuple[populations.Population, ...] | None:
        """Return the populations of a group of cells here; None after a diagnostic for an unknown cell or state."""
        if not check_group(self.model, group, self.found):
            return None
        del where
        here = [p for p in all_populations(self.model) if populations.matches(group, p.kind)]
        local = [p for p in here if p.kind.compartment == self.compartment]
        return tuple(local if self.compartment and not group.compartment else here)

    def unknown(self, id: str, where: Span | None) -> None:
        """Report a name that nothing declares."""
        base = id.partition(".")[0]
        known = [c.id for c in (*self.model.molecules, *self.model.parameters, *self.model.observables)]
        known += [q.id for q in self.model.equations.quantities] if self.model.equations else []
        if self.cells is not None:
            known += [v.name for v in inside_variables(self.model, self.cells.kind.cell)]
        hint = did_you_mean(base, known)
        unit = did_you_mean(base, _UNITS)
        if not hint.startswith("did you mean") and unit.startswith("did you mean"):
            hint = unit.replace("did you mean", "did you mean the unit")
        self.found.error("UNKNOWN_NAME", f"{id!r} is not declared", where, hint=hint)


def _scaled(expression: Expression, factor: float) -> Expression:
    return expression if factor == 1.0 else Binary("*", constant(factor), expression)


def sum_of(terms: Sequence[Expression]) -> Expression:
    """Return the sum of expressions; zero when there are none. Long sums are halved so that trees stay shallow."""
    if not terms:
        return constant(0.0)
    if len(terms) > 8:
        middle = len(terms) // 2
        return Binary("+", sum_of(terms[:middle]), sum_of(terms[middle:]))
    total = terms[0]
    for term in terms[1:]:
        total = Binary("+", total, term)
    return total


@lru_cache(maxsize=64)
def all_populations(model: Model) -> tuple[populations.Population, ...]:
    """Return all populations of a model, computed once."""
    return populations.populations(model)


def check_group(model: Model, group: CellGroup, found: Collector) -> bool:
    """Check that cell, states and compartment of a group are declared."""
    cell = model.cell(group.cell)
    if cell is None:
        hint = did_you_mean(group.cell, [c.id for c in model.cells])
        message, where = f"{group.cell!r} is no declared cell", at_word(group.cell, group.where, found)
        found.error("UNKNOWN_NAME", message, where, hint=hint)
        return False
    states = [s for axis in cell.axes for s in axis.states]
    for state in group.states:
        if state not in states:
            hint = did_you_mean(state, states)
            found.error(
                "UNKNOWN_NAME", f"{cell.id} has no state {state!r}", at_word(state, group.where, found), hint=hint
            )
            return False
    if group.compartment and group.compartment not in cell.compartments:
        hint = f"{cell.id} lives in {', '.join(cell.compartments)}"
        found.error("UNKNOWN_NAME", f"there is no {cell.id} in {group.compartment!r}", group.where, hint=hint)
        return False
    return True


def volume_of(model: Model, compartment: Compartment, found: Collector) -> Expression | None:
    """Return the volume of a compartment in litres; a volume per body weight is multiplied by the weight."""
    resolver = ParameterScope(model, found, ()).resolver()
    return resolver.resolve(compartment.volume, VOLUME, what=f"the volume of {compartment.id}")


@lru_cache(maxsize=64)
def parameter_dimensions(model: Model) -> dict[str, Dimension]:
    """Return the dimensions of the parameters as written, without those that cannot be read or stand in a circle."""
    known: dict[str, Dimension] = {}
    for id in parameter_order(model)[0]:
        parameter = model.parameter(id)
        scope = ParameterScope(model, Collector(), (id,), known)
        typed = scope.resolver().typed(parameter.value) if parameter else None
        if typed is not None:
            known[id] = typed.dimension or DIMENSIONLESS
    return known


def parameter_dimension(model: Model, id: str) -> Dimension:
    """Return the dimension of a parameter's value as written."""
    return parameter_dimensions(model).get(id, DIMENSIONLESS)


@lru_cache(maxsize=4096)
def _observable(
    model: Model, id: str, compartment: str | None, cells: populations.Population | None
) -> tuple[Typed | None, tuple[Diagnostic, ...]]:
    """Return an observable as it reads in one place, and what is wrong with it there."""
    observable, found = model.observable(id), Collector()
    if observable is None or any(id in circle for circle in observable_order(model)[1]) or id in towers(model):
        return None, ()
    typed = ModelScope(model, found, compartment, cells).resolver().typed(observable.value)
    return typed, found.report().diagnostics


class ParameterScope(ModelScope):
    """Names inside the value of a parameter: other parameters, without circles, and body weight."""

    def __init__(
        self, model: Model, found: Collector, trail: tuple[str, ...], known: dict[str, Dimension] | None = None
    ) -> None:
        super().__init__(model, found)
        self.trail, self.known = trail, known

    def name(self, name: Name) -> Typed | None:
        """Resolve another parameter; None without a word where that parameter is itself at fault."""
        parameter = self.model.parameter(name.id)
        if parameter is None or name.compartment:
            known = [p.id for p in self.model.parameters]
            message = f"{str(name)!r} is no parameter, and a parameter can only be computed from parameters"
            self.found.error("UNKNOWN_NAME", message, name.where, hint=did_you_mean(name.id, known))
            return None
        dimension = (parameter_dimensions(self.model) if self.known is None else self.known).get(name.id)
        agent = substance(self.model, parameter.of) if parameter.of else None
        return None if dimension is None else Typed(Ref("parameter", name.id), dimension, agent)

    def population(self, population: Population) -> Typed | None:
        """Parameters know no cells."""
        self._no_cells(population)
        return None

    def mean(self, mean: Mean) -> Typed | None:
        """Parameters know no cells."""
        self._no_cells(mean)
        return None

    def _no_cells(self, node: Population | Mean) -> None:
        message = f"a parameter cannot depend on cells: `{node}`"
        self.found.error("BAD_EXPRESSION", message, node.where, hint="make it an observable")
