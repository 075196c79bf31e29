"""The bench on which a network is built: what has been added so far, and the lookups that every law needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.compiler.network import ONE, Implicit, Output, Process, Slot, Variable, minus
from cytokinome.diagnostics import Collector
from cytokinome.model import populations, scope, spreads
from cytokinome.model.dimensions import Typed, constant
from cytokinome.model.expressions import Binary, Call, Expression, Number, Ref
from cytokinome.model.scope import ModelScope
from cytokinome.units import VOLUME, Dimension

if TYPE_CHECKING:
    from cytokinome.model.components import InsideVariable, Model, Rule
    from cytokinome.model.populations import Population


class Workshop:
    """A network under construction. Laws read the model and add variables, definitions and processes."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.found = Collector()
        self.variables: dict[str, Variable] = {}
        self.processes: list[Process] = []
        self.slots: dict[str, Slot] = {}
        self.definitions: dict[str, Expression] = {}
        self.molecules: dict[str, Expression] = {}
        # What a change of a free concentration changes: itself, or the totals of a quasi-equilibrium.
        self.targets: dict[str, tuple[str, ...]] = {}
        self.outputs: list[tuple[Output, Expression]] = []
        self.baselines: list[tuple[str, str, Expression]] = []
        self.implicit: list[Implicit] = []
        self.deaths: list[tuple[Population, Process]] = []

    # ----------------------------------------------------------------- names
    def scope(self, compartment: str | None = None, population: Population | None = None) -> ModelScope:
        """Return what names mean there."""
        return ModelScope(self.model, self.found, compartment, population)

    def value(
        self,
        expression: Expression,
        expect: Dimension,
        compartment: str | None = None,
        population: Population | None = None,
        agent: str | None = None,
    ) -> Expression:
        """Return an expression of the model in canonical units; the model has been checked, so it resolves.

        Raises
        ------
        ValueError
            If it does not: a check of `model.rules` is missing.
        """
        substance = scope.substance(self.model, agent) if agent else None
        resolved = self.scope(compartment, population).resolver().resolve(expression, expect, substance)
        if resolved is None:
            raise ValueError(f"unchecked expression reached the compiler: {expression}\n{self.found.report().render()}")
        return resolved

    def typed(self, expression: Expression, compartment: str | None, population: Population | None) -> Typed:
        """Return an expression with its dimension."""
        typed = self.scope(compartment, population).resolver().typed(expression)
        if typed is None:
            raise ValueError(f"unchecked expression reached the compiler: {expression}\n{self.found.report().render()}")
        return typed

    def volume(self, compartment: str) -> Expression:
        """Return the volume of a compartment in litres."""
        record = self.model.compartment(compartment)
        if record is None:
            raise ValueError(f"no compartment {compartment}")
        return self.value(record.volume, VOLUME)

    def molecule_volume(self, molecule: str, compartment: str) -> Expression:
        """Return the volume that a molecule distributes in: V1 of its `pk`, else that of the compartment."""
        record = self.model.molecule(molecule)
        if record and record.pk and record.compartments[0] == compartment and (volume := record.pk.get("V1")):
            return self.value(volume, VOLUME)
        return self.volume(compartment)

    def free(self, molecule: str, compartment: str) -> Expression:
        """Return the free concentration of a molecule."""
        return Ref("molecule", scope.molecule_state(self.model, molecule, compartment))

    def has(self, molecule: str, compartment: str) -> bool:
        """Whether a molecule lives in a compartment."""
        record = self.model.molecule(molecule)
        return record is not None and compartment in record.compartments

    # ----------------------------------------------------------------- cells
    @property
    def populations(self) -> tuple[Population, ...]:
        """All populations of the model."""
        return scope.all_populations(self.model)

    def label(self, population: Population) -> str:
        """Name of a population."""
        return populations.label(self.model, population)

    def number(self, population: Population) -> Expression:
        """Number of cells of a population."""
        return Ref("state", self.label(population))

    def subjects(self, rule: Rule) -> tuple[Population, ...]:
        """Return the populations that a rule speaks of."""
        return tuple(p for p in self.populations if populations.applies(rule, p.kind))

    # ----------------------------------------------------------- what is carried inside
    def carried(self, population: Population) -> tuple[str, ...]:
        """Return the names of inside variables and complexes that cells of a population carry."""
        declared = [v.name for v in scope.inside_variables(self.model, population.kind.cell)]
        bound = [scope.complex_name(*pair) for pair in scope.bound_complexes(self.model, population.kind)]
        return (*declared, *bound)

    def total(self, name: str, population: Population) -> str:
        """Return the id of the total of an inside variable over a population."""
        return f"{name} in {self.label(population)}"

    def per_cell(self, name: str, population: Population) -> Expression:
        """Return the value per cell of an inside variable."""
        return Ref("definition", scope.inside_definition(name, self.label(population)))

    def initial(self, name: str, population: Population) -> Expression:
        """Return the value per cell that new cells carry; no complexes are bound at first."""
        variables = {v.name: v for v in scope.inside_variables(self.model, population.kind.cell)}
        if name not in variables:
            return constant(0.0)
        deviate = self.deviate(variables[name], population)
        value = spreads.initial_inside(self.scope(population.kind.compartment), variables[name], population, deviate)
        if value is None:
            raise ValueError(f"unchecked initial value of {name} reached the compiler")
        return value

    def deviate(self, variable: InsideVariable, population: Population) -> Expression | None:
        """Return what tells a new cell from others of its population; None where all of them are equal."""
        del variable, population

    # ----------------------------------------------------------------- adding
    def slot(self, name: str, dimension: Dimension, value: Expression | None = None) -> Expression:
        """Add a parameter slot once and return a reference to it."""
        self.slots.setdefault(name, Slot(name, dimension, value))
        return Ref("parameter", name)

    def define(self, name: str, expression: Expression) -> Expression:
        """Add a definition and return a reference to it; constants stay as they are."""
        if isinstance(expression, Number):
            return expression
        self.definitions[name] = expression
        return Ref("definition", name)

    def process(
        self,
        id: str,
        origin: str,
        rate: Expression,
        *changes: tuple[str, Expression],
        one_way: tuple[Expression, ...] = (),
        upon: tuple[str, Expression] | None = None,
        subject: Population | None = None,
    ) -> Process:
        """Add a process."""
        whose = None if subject is None else self.label(subject)
        process = Process(id, origin, rate, changes, one_way, upon, whose)
        self.processes.append(process)
        return process

    def change(self, molecule: str, compartment: str, coefficient: Expression) -> tuple[tuple[str, Expression], ...]:
        """Return the changes of variables that a change of a free concentration stands for."""
        state = scope.molecule_state(self.model, molecule, compartment)
        return tuple((target, coefficient) for target in self.targets.get(state, (state,)))

    def unblocked(self, name: str) -> Expression:
        """Return the fraction of a molecule, receptor or rule that is not blocked; one where nothing blocks it."""
        if name not in self.model.blockable:
            return ONE
        return minus(constant(1.0), self.slot(f"block({name})", Dimension(), constant(0.0)))


def hill_power(ratio: Expression, exponent: Expression) -> Expression:
    """Return max(ratio, 0)^exponent; exponent one needs no power."""
    positive = Call("max", (ratio, constant(0.0)))
    return positive if exponent == ONE else Binary("^", positive, exponent)
