"""Model → Network: every variable, every process, and everything that can be observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.compiler import chemistry, equations, laws
from cytokinome.compiler.network import Happening, Network, Output, Variable, negative, over, plus, times
from cytokinome.compiler.workshop import Workshop
from cytokinome.diagnostics import Collector
from cytokinome.model import populations, scope
from cytokinome.model.components import Cell, Model, Verb
from cytokinome.model.dimensions import constant
from cytokinome.model.expressions import Expression, Mean, Population, Ref
from cytokinome.model.scope import ModelScope, ParameterScope
from cytokinome.units import CELL, CONCENTRATION, DENSITY, DIMENSIONLESS, PER_CELL, TIME, Dimension

if TYPE_CHECKING:
    from cytokinome.model.components import Event, Observable, Rule

EPSILON = 1e-9  # of the scale of n, in x = (A + ε·x_initial)/(n + ε) (language.md §3, Inside variables)
BODY_WEIGHT = Dimension.of(body_weight=1)
_LATE = (Verb.RELEASES,)  # needs the deaths that other rules add


def build_network(model: Model) -> Network:
    """Return the network of a checked model.

    Raises
    ------
    ValueError
        If the model has not passed `model.rules.check`.
    """
    shop = Workshop(model)
    _slots(shop)
    chemistry.add_molecules(shop)
    _cells(shop)
    for rule in sorted(model.rules, key=lambda r: r.verb in _LATE):
        laws.add_rule(shop, rule)
    chemistry.add_losses(shop)
    chemistry.add_kinetics(shop)
    for reaction in model.reactions:
        chemistry.add_reaction(shop, reaction)
    for transport in model.transports:
        chemistry.add_transport(shop, transport)
    chemistry.add_baselines(shop)
    equations.add_equations(shop)
    _observe(shop)
    for receptor in shop.model.receptors:
        shop.unblocked(receptor.id)  # one that only guides cells in space has its slot too
    in_space = tuple(rule.id for rule in model.rules if rule.verb in (Verb.MOVES, Verb.ADHERES))
    for rule_id in in_space:
        shop.unblocked(rule_id)
    return Network(
        model_id=model.id,
        variables=tuple(shop.variables.values()),
        processes=tuple(shop.processes),
        slots=tuple(shop.slots.values()),
        definitions=tuple(shop.definitions.items()),
        molecules=tuple(shop.molecules.items()),
        outputs=tuple(shop.outputs),
        baselines=tuple(shop.baselines),
        notes=shop.found.report(),
        start=model.start,
        events=_happenings(shop),
        implicit=tuple(shop.implicit),
        geometry_only=in_space,
    )


def _happenings(shop: Workshop) -> tuple[Happening, ...]:
    return (*(_happening(shop, event) for event in shop.model.events), *equations.happenings(shop))


def _happening(shop: Workshop, event: Event) -> Happening:
    assignments: list[tuple[str, str, Expression]] = []
    for target, value in event.assignments:
        molecule = shop.model.molecule(target.id)
        if molecule is not None:
            state = scope.molecule_state(shop.model, target.id, target.compartment or molecule.compartments[0])
            assignments.append(("state", state, shop.value(value, CONCENTRATION, agent=target.id)))
        else:
            dimension = scope.parameter_dimension(shop.model, target.id)
            assignments.append(("parameter", target.id, shop.value(value, dimension)))
    return Happening(
        event.id,
        shop.typed(event.condition, None, None).expression,
        shop.value(event.delay, TIME) if event.delay is not None else constant(0.0),
        shop.value(event.priority, DIMENSIONLESS) if event.priority is not None else constant(0.0),
        tuple(assignments),
        event.manner,
    )


def _slots(shop: Workshop) -> None:
    """One slot per declared parameter, and body weight (70 kg unless the experiment says otherwise)."""
    shop.slot("body-weight", BODY_WEIGHT, constant(70.0))
    dimensions = scope.parameter_dimensions(shop.model)
    for parameter in shop.model.parameters:
        dimension = dimensions.get(parameter.id, DIMENSIONLESS)
        resolver = ParameterScope(shop.model, Collector(), (parameter.id,)).resolver()
        shop.slot(parameter.id, dimension, resolver.resolve(parameter.value, dimension))


# ----------------------------------------------------------------------------------------------- cells
def _cells(shop: Workshop) -> None:
    for cells in shop.populations:
        label, cell = shop.label(cells), shop.model.cell(cells.kind.cell)
        if cell is None:
            continue
        number = _part(shop, _initial_number(shop, cell, cells), cells)
        scale = (_part(shop, shop.value(cell.scale, CELL), cells),) if cell.scale is not None else (number,)
        shop.variables[label] = Variable(label, "cells", CELL, number, scale, constant(1.0))
        for name in shop.carried(cells):
            _inside(shop, name, cells, number, scale[0])


def _part(shop: Workshop, number: Expression, cells: populations.Population) -> Expression:
    """Return what a population has of a number of cells: representatives have equal parts."""
    parts = len(populations.representatives(shop.model, cells.kind.cell))
    return over(number, constant(float(parts))) if parts > 1 and number != constant(0.0) else number


def _initial_number(shop: Workshop, cell: Cell, cells: populations.Population) -> Expression:
    """Return the number of cells a population starts with: those declared, at stage 1, initial on other axes."""
    if any(stage != 1 for _, stage in cells.stages):
        return constant(0.0)
    axis = populations.number_axis(cell)
    place = cells.kind.compartment
    if axis is None:
        written = dict(cell.initial).get(place) if cells.kind.states == populations.initial_states(cell) else None
    else:
        index = cell.axes.index(axis)
        others = [
            s == a.initial for i, (s, a) in enumerate(zip(cells.kind.states, cell.axes, strict=True)) if i != index
        ]
        written = dict(axis.numbers).get(cells.kind.states[index]) if all(others) else None
    if written is None:
        return constant(0.0)
    return number_of_cells(shop.scope(place), written, shop.volume(place)) or constant(0.0)


def number_of_cells(where: ModelScope, written: Expression, volume: Expression) -> Expression | None:
    """Return a number of cells from a number, or from a density (a bare number per volume counts cells)."""
    resolver = where.resolver()
    typed = resolver.typed(written)
    if typed is None or typed.dimension is None:
        return typed.expression if typed else None
    if typed.dimension in (DIMENSIONLESS, CELL):
        return typed.expression
    if typed.dimension in (DENSITY, DENSITY / CELL):
        return times(typed.expression, volume)
    return resolver.convert(typed, CELL, None, written, "a number of cells")


def _inside(shop: Workshop, name: str, cells: populations.Population, number: Expression, scale: Expression) -> None:
    """Add the total A of an inside variable and its value per cell x = (A + ε·x_initial)/(n + ε)."""
    variable = next((v for v in scope.inside_variables(shop.model, cells.kind.cell) if v.name == name), None)
    dimension = scope.inside_dimension(variable) if variable else PER_CELL
    initial = shop.initial(name, cells)
    # An amount that begins at zero is counted in molecules: a picomole in a cell would hide all of it.
    least = constant(scope.MOLECULES_PER_CELL.factor if dimension == PER_CELL else 0.0)
    id = shop.total(name, cells)
    agent = scope.substance(shop.model, name.partition(".")[0])
    shop.variables[id] = Variable(
        id, "inside", dimension * CELL, times(number, initial), (times(scale, initial), times(scale, least)),
        constant(1.0), agent, (name, shop.label(cells)),
    )  # fmt: skip
    epsilon = times(constant(EPSILON), Ref("scale", shop.label(cells)))
    value = over(plus(Ref("state", id), times(epsilon, initial)), plus(shop.number(cells), epsilon))
    shop.definitions[scope.inside_definition(name, shop.label(cells))] = value
    for loss in variable.losses if variable else ():
        rate = times(chemistry.loss_rate(shop, loss, constant(1.0)), Ref("state", id))
        shop.process(f"{id} {loss.kind}", f"{name} {loss.kind}", rate, (id, negative(constant(1.0))))


# ------------------------------------------------------------------------------------------ observables
def _observe(shop: Workshop) -> None:
    """Free concentrations, observables, cells, inside means; per rule its total flux, subjects and H."""
    for state in shop.molecules:
        name = state.partition("@")[0]
        substance = scope.substance(shop.model, name)
        unit = "pg/mL" if substance.molar_mass else "pM"
        shop.outputs.append((Output(state, CONCENTRATION, substance, unit), Ref("molecule", state)))
    for observable in shop.model.observables:
        _observable(shop, observable)
    for cell in shop.model.cells:
        _cell_outputs(shop, cell)
    for rule in shop.model.rules:
        _rule_outputs(shop, rule)


def _observable(shop: Workshop, observable: Observable) -> None:
    typed = shop.typed(observable.value, None, None)
    agent = scope.substance(shop.model, observable.of) if observable.of else typed.agent
    output = Output(observable.id, typed.dimension or DIMENSIONLESS, agent, observable.unit)
    shop.outputs.append((output, typed.expression))


def _cell_outputs(shop: Workshop, cell: Cell) -> None:
    groups: dict[tuple[tuple[str, ...], str], None] = {}
    for place in cell.compartments:
        groups[(), place] = None
        for population in shop.populations:
            if population.kind.cell == cell.id and population.kind.compartment == place:
                for state in population.kind.states:
                    groups[(state,), place] = None
                groups[population.kind.states, place] = None
    for states, place in groups:
        mark = place if len(cell.compartments) > 1 else None
        for function, dimension, unit in (("count", CELL, "cell"), ("density", DENSITY, "cell/mL")):
            node = Population(function, states, cell.id, mark)
            typed = shop.typed(node, place, None)
            shop.outputs.append((Output(str(node), dimension, None, unit), typed.expression))
        for variable in cell.inside:
            mean = Mean(states, cell.id, variable.name, mark)
            typed = shop.typed(mean, place, None)
            unit = "molecules/cell" if variable.kind == "amount" else variable.unit
            shop.outputs.append((Output(str(mean), scope.inside_dimension(variable), None, unit), typed.expression))


def _rule_outputs(shop: Workshop, rule: Rule) -> None:
    fluxes = [Ref("process", p.id) for p in shop.processes if p.origin == rule.id]
    if fluxes:
        shop.outputs.append((Output(f"rate({rule.id})"), plus(*fluxes)))
        subjects = [shop.number(p) for p in shop.subjects(rule)]
        shop.outputs.append((Output(f"n({rule.id})", CELL), plus(*subjects) if subjects else constant(1.0)))
    for name in shop.definitions:
        if name.startswith(f"H({rule.id}, "):
            shop.outputs.append((Output(name), Ref("definition", name)))
