"""From what a file says to a model: constants become parameters, everything else equations of bare numbers.

A species is the quantity that its symbol means. Where that is a concentration in a size that moves, the amount is the
state and the symbol an equation; so amounts stay when a size changes, by a rule or at an event, as SBML has it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Span
from cytokinome.evidence import Source
from cytokinome.interchange.sbml import algebra as a
from cytokinome.interchange.sbml import counting
from cytokinome.interchange.sbml.mathematics import Frame, Mathematics
from cytokinome.interchange.sbml.names import Names
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.interchange.sbml.roles import Form, Roles, references_of, roles_of
from cytokinome.model.components import Change, Demand, Event, Parameter, Quantity
from cytokinome.model.expressions import Call, Expression, Name, Number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytokinome.interchange.sbml import document as sbml
    from cytokinome.interchange.sbml.document import Document, Math
    from cytokinome.interchange.sbml.fast import Fast


@dataclass(frozen=True, slots=True)
class Item:
    """A symbol of the file on its way into the model: its number, where it stands, what it is counted in."""

    id: str
    line: int
    value: Expression | None
    unit: str
    note: str


class Translation:
    """The parts of a model as they are made from one document.

    Raises
    ------
    Refused
        Where something cannot be said.
    """

    def __init__(self, document: Document, file: str) -> None:
        self.document, self.file = document, file
        self.roles: Roles = roles_of(document)
        references = [r for reaction in document.reactions for r in references_of(reaction) if r.id]
        items = (*document.compartments, *document.species, *document.parameters, *document.reactions, *references)
        self.names = Names(dict.fromkeys(item.id for item in items))
        self.math = Mathematics(self.names.of, document.functions, self.names.fresh, self.rate_of)
        self.compartments = {c.id: c for c in document.compartments}
        self.species = {s.id: s for s in document.species}
        # Of species whose symbol is a quotient: the name of the amount.
        self.amounts = {
            id: self.names.fresh(f"{id}_amount") for id, form in self.roles.forms.items() if form is Form.DIVIDED
        }
        self.source = Source.parse(file.replace(",", " "))
        self.parameters: dict[str, Parameter] = {}
        self.quantities: dict[str, Quantity] = {}
        self.processes: dict[str, Change] = {}
        self.events: list[Event] = []
        self.demands: list[Demand] = []
        self.fast: list[Fast] = []
        self.missing: dict[str, Span] = {}  # quantities without a value, and where they stand

    # -------------------------------------------------------------------------------------------------- expressions
    def where(self, line: int) -> Span:
        """Return the place of a line of the file."""
        return Span(self.file, max(line, 1), 1)

    def number(self, tree: Math, owner: str, line: int, local: Mapping[str, str] | None = None) -> Expression:
        """Return mathematics as a number; `owner` is what they belong to."""
        return self.math.number(tree, Frame(owner, line, local or {}))

    def condition(self, tree: Math, owner: str, line: int) -> Expression:
        """Return mathematics as a condition."""
        return self.math.condition(tree, Frame(owner, line))

    def name(self, id: str) -> Name:
        """Return what stands for a symbol of the file."""
        return Name(self.names.of[id])

    def size(self, species: sbml.Species) -> Expression:
        """Return the size that a concentration of this species is over."""
        return self.name(species.compartment)

    def rate_of(self, id: str, frame: Frame) -> Expression:
        """Return the derivative of a symbol of the file."""
        roles = self.roles
        if id in roles.assigned or id in roles.solved or id not in {**self.species, **self._stored()}:
            message = f"{frame.owner} asks for the rate of {id}, which moves by no rate of its own"
            raise Refused("SBML_UNSUPPORTED", message, frame.line)
        if roles.forms.get(id) is Form.DIVIDED:
            species = self.species[id]
            own = Call("rate_of", (Name(self.amounts[id]),))
            dilution = a.times([self.name(id), self.drift(species.compartment, frame)])
            return a.over(a.minus(own, dilution) if dilution != a.ZERO else own, self.size(species))
        moves = id in roles.rated or id in roles.reacting
        return Call("rate_of", (self.name(id),)) if moves else a.ZERO

    def _stored(self) -> dict[str, object]:
        references = [r for reaction in self.document.reactions for r in references_of(reaction) if r.id]
        return {i.id: i for i in (*self.document.compartments, *self.document.parameters, *references)}

    def drift(self, compartment: str, frame: Frame) -> Expression:
        """Return the derivative of a size; zero where only events change it."""
        if compartment in self.roles.assigned or compartment in self.roles.solved:
            message = f"{frame.owner} needs the rate of {compartment}, which follows from other symbols"
            raise Refused("SBML_UNSUPPORTED", message, frame.line)
        return Call("rate_of", (self.name(compartment),)) if compartment in self.roles.rated else a.ZERO

    # ---------------------------------------------------------------------------------------- symbols of the file
    def add_symbols(self) -> None:
        """Add compartments, species, parameters, and stoichiometries that something determines or reads."""
        document = self.document
        for compartment in document.compartments:
            unit, note = counting.of_compartment(document, compartment), _note(compartment)
            self._add(Item(compartment.id, compartment.line, _literal(compartment.size), unit, note))
        for species in document.species:
            self._add_species(species)
        for parameter in document.parameters:
            unit, note = counting.of_parameter(document, parameter.units), _note(parameter)
            self._add(Item(parameter.id, parameter.line, _literal(parameter.value), unit, note))
        for reaction in document.reactions:
            for reference in references_of(reaction):
                if reference.id:
                    self._add_reference(reference)

    def _add_reference(self, reference: sbml.SpeciesReference) -> None:
        value = _literal(reference.stoichiometry)
        if reference.math is not None:
            value = self.number(reference.math, reference.id, reference.line)
            self.put(Quantity(self.names.of[reference.id], value=value, where=self.where(reference.line)))
        else:
            self._add(Item(reference.id, reference.line, value, "", f"stoichiometry of {reference.species}"))

    def _add(self, item: Item) -> None:
        """Add a symbol that is not a species: a parameter where it never changes, else a quantity."""
        if not self.roles.is_touched(item.id) and isinstance(item.value, Number):
            where, name = self.where(item.line), self.names.of[item.id]
            self.parameters[name] = Parameter(name, item.value, source=self.source, note=item.note, where=where)
        else:
            self.put(self._quantity(item))

    def _quantity(self, item: Item) -> Quantity:
        """Return the quantity of a symbol that is what its rules say."""
        roles, name, where = self.roles, self.names.of[item.id], self.where(item.line)
        if rule := roles.assigned.get(item.id):
            value = self.number(rule.math, item.id, rule.line) if rule.math else a.NAN
            return Quantity(name, unit=item.unit, value=value, note=item.note, where=where)
        initial = self.initial(item)
        if rule := roles.solved.get(item.id):
            zero = self.number(rule.math, item.id, rule.line) if rule.math else a.NAN
            return Quantity(name, initial or a.ZERO, item.unit, such_that=zero, note=item.note, where=where)
        rate = None
        if rule := roles.rated.get(item.id):
            rate = self.number(rule.math, item.id, rule.line) if rule.math else None
        if initial is None:
            self.missing[name] = where
        return Quantity(name, initial or a.NAN, item.unit, rate, note=item.note, where=where)

    def initial(self, item: Item) -> Expression | None:
        """Return what a symbol is at the start: its initial assignment, else its number, else nothing."""
        assignment = self.roles.initial.get(item.id)
        if assignment is not None and assignment.math is not None:
            return self.number(assignment.math, item.id, assignment.line)
        return item.value

    def put(self, quantity: Quantity) -> None:
        """Add a quantity."""
        self.quantities[quantity.id] = quantity

    # ------------------------------------------------------------------------------------------------- species
    def _add_species(self, species: sbml.Species) -> None:
        if species.compartment not in self.compartments:  # libSBML lets an empty one pass
            message = f"the species {species.id} is in {species.compartment!r}, which is no compartment"
            raise Refused("SBML_INVALID", message, species.line, "name a compartment of the file")
        form, compartment = self.roles.forms[species.id], self.compartments[species.compartment]
        is_amount = form is Form.AMOUNT
        unit = counting.of_species(self.document, species, compartment, is_amount=is_amount)
        amount, concentration = _literal(species.amount), _literal(species.concentration)
        if is_amount:
            value = amount if concentration is None else self._product(concentration, species)
        else:
            value = concentration if amount is None else a.over(amount, self.size(species))
        item = Item(species.id, species.line, value, unit, _note(species))
        if form is Form.DIVIDED:
            self._add_divided(species, item, amount)
        elif form is Form.CARRIED:
            self._add_carried(species, item)
        elif species.id in self.roles.reacting:
            self.put(self._quantity(item))
        else:
            self._add(item)

    def _product(self, concentration: Expression, species: sbml.Species) -> Expression:
        sizeless = self.compartments[species.compartment].dimensions == 0
        return concentration if sizeless else a.times([concentration, self.size(species)])

    def _add_divided(self, species: sbml.Species, item: Item, amount: Expression | None) -> None:
        """The amount as a state, and the symbol as the amount over the size."""
        name, where = self.amounts[species.id], self.where(species.line)
        symbol, size = self.name(species.id), self.size(species)
        initial = self.initial(item)
        if species.id in self.roles.initial or amount is None:
            initial = a.times([initial, size]) if initial is not None else None
        else:
            initial = amount
        rate = None
        if rule := self.roles.rated.get(species.id):  # where the size has no rate of its own
            frame = Frame(species.id, rule.line)
            own = self.math.number(rule.math, frame) if rule.math else a.ZERO
            drift = self.drift(species.compartment, frame)
            rate = a.plus([a.times([size, own]), a.times([symbol, drift]) if drift != a.ZERO else a.ZERO])
        if initial is None:
            self.missing[name] = where
        unit = counting.of_species(self.document, species, self.compartments[species.compartment], is_amount=True)
        self.put(Quantity(name, initial or a.NAN, unit, rate, note=f"amount of {species.id}", where=where))
        self.put(Quantity(symbol.id, unit=item.unit, value=a.over(Name(name), size), note=item.note, where=where))

    def _add_carried(self, species: sbml.Species, item: Item) -> None:
        """The concentration as a state that its own rule moves, or what a growing size leaves of it."""
        quantity = self._quantity(item)
        if species.id not in self.roles.rated:
            drift = self.drift(species.compartment, Frame(species.id, species.line))
            dilution = a.over(a.times([self.name(species.id), drift]), self.size(species))
            quantity = replace(quantity, rate=a.negative(dilution) if drift != a.ZERO else a.ZERO)
        self.put(quantity)

    # ---------------------------------------------------------------------------------------------- what is missing
    def add_parts(self) -> None:
        """Add the parts that large expressions were split into."""
        for name, value in self.math.parts.items():
            self.put(Quantity(name, value=value))

    def refuse_missing(self) -> None:
        """Refuse where something needs a number that the file does not give.

        Raises
        ------
        Refused
            Naming the first such number.
        """
        own = {name: id for id, name in self.amounts.items()}
        lost = dict(self.missing)
        lost |= {self.names.of[own[name]]: where for name, where in self.missing.items() if name in own}
        quotients = {self.names.of[own[name]] for name in self.missing if name in own}
        for user, expression in self._expressions():
            for name in sorted(a.names(expression) & lost.keys()) if user not in quotients else ():
                message = f"{name} has no value, and {user} needs it"
                raise Refused("SBML_MISSING_VALUE", message, lost[name].line, _MISSING_HINT)
        for process in self.processes.values():
            for name, _ in process.changes:
                if name in self.missing:
                    message = f"{name} has no value at the start, and {process.id} changes it"
                    raise Refused("SBML_MISSING_VALUE", message, lost[name].line, _MISSING_HINT)

    def _expressions(self) -> list[tuple[str, Expression]]:
        found = [(q.id, e) for q in self.quantities.values() for e in (q.initial, q.rate, q.value, q.such_that) if e]
        for process in self.processes.values():
            found += [(process.id, process.rate), *((process.id, factor) for _, factor in process.changes)]
        for event in self.events:
            inner = (event.condition, event.delay, event.priority, *(value for _, value in event.assignments))
            found += [(event.id, e) for e in inner if e is not None]
        return [*found, *(("a constraint", d.holds) for d in self.demands)]


_MISSING_HINT = (
    "state its value in the file: initialAmount, initialConcentration, size, value, or an initial assignment"
)


def _literal(value: float | None) -> Expression | None:
    return None if value is None else a.number(value)


def _note(item: sbml.Compartment | sbml.Species | sbml.Parameter) -> str:
    """The name that people read, where it says more than the id."""
    name = " ".join("".join(c if c.isprintable() else " " for c in item.name).split())
    return name[:120] if name != item.id else ""
