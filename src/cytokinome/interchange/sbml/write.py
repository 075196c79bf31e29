"""A model of equations as SBML Level 3 Version 2.

Quantities that processes change are species, processes are reactions; a concentration stands in its compartment, so
that its reactions are in amounts, as SBML wants them. All else are parameters with rules. The text needs no library.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cytokinome import units
from cytokinome.diagnostics import Collector
from cytokinome.errors import UnsupportedFeature
from cytokinome.interchange.sbml.write_math import MATHML, math_of
from cytokinome.model import quantities
from cytokinome.model.dimensions import constant, literal
from cytokinome.model.expressions import Binary, Expression, Name, walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytokinome.evidence import Source
    from cytokinome.model.components import Change, Demand, Equations, Event, Model

CORE = "http://www.sbml.org/sbml/level3/version2/core"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_BIOLOGY = "http://biomodels.net/biology-qualifiers/"
_MODELS = "http://biomodels.net/model-qualifiers/"
_NO_ID = re.compile(r"[^A-Za-z0-9_]", re.ASCII)
_NO_UNIT = ("dimensionless", 0, 1.0)  # also for international units, which SBML does not have
# The canonical unit of each dimension in SBML's units: kind, scale (power of ten), multiplier.
_UNITS = {
    "time": ("second", 0, 3600.0), "volume": ("litre", 0, 1.0), "length": ("metre", -6, 1.0),
    "substance": ("mole", -12, 1.0), "mass": ("gram", 0, 1.0), "cell": ("item", 0, 1.0),
    "temperature": ("kelvin", 0, 1.0), "body_weight": ("kilogram", 0, 1.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A compartment and its volume [L]."""

    compartment: str
    litres: float


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of a model's parts beyond their equations, by id.

    `places` are those of concentrations in pM; `dimensions` those of canonical numbers; `names` are for readers;
    `terms` of the Systems Biology Ontology; `identities` are addresses at identifiers.org, several of them parts.
    """

    places: Mapping[str, Place] = field(default_factory=dict[str, Place])
    dimensions: Mapping[str, units.Dimension] = field(default_factory=dict[str, units.Dimension])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    terms: Mapping[str, str] = field(default_factory=dict[str, str])
    identities: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def sbml_text(model: Model, marks: Marks | None = None) -> str:
    """Return a model of equations and parameters as the text of an SBML file.

    Raises
    ------
    UnsupportedFeature
        The model says what SBML cannot.
    ValueError
        The model has no equations, or states what is none: see `compiler.flatten`.
    """
    if model.equations is None:
        raise ValueError(f"{model.id} has no equations")
    for prefix, space in (("", CORE), ("math", MATHML), ("rdf", _RDF), ("bqbiol", _BIOLOGY), ("bqmodel", _MODELS)):
        ElementTree.register_namespace(prefix, space)
    root = _Writer(model, model.equations, marks or Marks()).document()
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _core(parent: Element, tag: str, **attributes: str) -> Element:
    return SubElement(parent, f"{{{CORE}}}{tag}", attributes)


class _Writer:
    """One document under construction."""

    def __init__(self, model: Model, equations: Equations, marks: Marks) -> None:
        self.model, self.equations, self.marks = model, equations, marks
        self.changed = {id for process in equations.processes for id, _ in process.changes}
        self.set_later = {target.id for event in equations.events for target, _ in event.assignments}
        self.named = {node.id for e in quantities.expressions(equations) for node in walk(e) if isinstance(node, Name)}
        self._taken = {p.id for p in (*model.parameters, *equations.quantities, *equations.processes)}
        self._taken |= {place.compartment for place in self.marks.places.values()}
        self.whole = self._fresh("whole")  # the compartment of what is counted without a volume
        self.units: dict[str, tuple[str, units.Unit]] = {}  # unit as we write it → id of its definition

    def document(self) -> Element:
        """Return the root of the document; lists stand in the order of the specification (section 4.2)."""
        root = Element(f"{{{CORE}}}sbml", level="3", version="2")
        top = _core(root, "model", id=_plain(self.model.id), timeUnits=self._unit(self.equations.time))
        if self.model.title:
            top.set("name", self.model.title)
        if self.marks.places:
            mole = self._unit("pmol")
            top.set("substanceUnits", mole)
            top.set("extentUnits", mole)
            top.set("volumeUnits", "litre")
        if self.model.source is not None and (address := _address(self.model.source)):
            _annotate(top, f"{{{_MODELS}}}isDescribedBy", (address,))
        definitions = _core(top, "listOfUnitDefinitions")
        for writes in (self._compartments, self._species, self._parameters, self._starts, self._rules):
            writes(top)
        self._demands(top, self.equations.demands)
        self._reactions(top)
        self._events(top, self.equations.events)
        for id, unit in self.units.values():
            _unit_definition(definitions, id, unit)
        for empty in [part for part in top if part.tag.startswith(f"{{{CORE}}}listOf") and not len(part)]:
            top.remove(empty)
        return root

    def _fresh(self, name: str) -> str:
        """Return an id that nothing else has: the name, with underscores where it is taken."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

    # ------------------------------------------------------------------------------------------ units
    def _unit(self, text: str) -> str:
        """Return the id of the definition of a unit."""
        return self._defined(units.parse_unit(text))

    def _defined(self, unit: units.Unit) -> str:
        return self.units.setdefault(unit.text, (f"unit_{len(self.units) + 1}", unit))[0]

    # ------------------------------------------------------------------------------------------ parts
    def _element(self, parent: Element, tag: str, id: str, **attributes: str) -> Element:
        element = _core(parent, tag, id=id, **attributes)
        if id in self.marks.names:
            element.set("name", self.marks.names[id])
        if id in self.marks.terms:
            element.set("sboTerm", self.marks.terms[id])
        self._identities(element, id)
        return element

    def _identities(self, element: Element, id: str) -> None:
        """Annotate with what a part is."""
        known = self.marks.identities.get(id, ())
        if known:
            _annotate(element, f"{{{_BIOLOGY}}}{'is' if len(known) == 1 else 'hasPart'}", known)

    def _compartments(self, top: Element) -> None:
        parts = _core(top, "listOfCompartments")
        for place in {p.compartment: p for p in self.marks.places.values()}.values():
            self._element(
                parts, "compartment", place.compartment, spatialDimensions="3", size=repr(place.litres),
                units="litre", constant="true",
            )  # fmt: skip
        if self.changed - self.marks.places.keys():
            _core(parts, "compartment", id=self.whole, size="1", units="dimensionless", constant="true")

    def _species(self, top: Element) -> None:
        parts = _core(top, "listOfSpecies")
        for quantity in (q for q in self.equations.quantities if q.id in self.changed):
            place = self.marks.places.get(quantity.id)
            counted = {"hasOnlySubstanceUnits": "false" if place else "true", "boundaryCondition": "false"}
            species = self._element(
                parts, "species", quantity.id, compartment=place.compartment if place else self.whole, constant="false",
                **counted,
            )  # fmt: skip
            if not place:
                species.set("substanceUnits", "dimensionless")
            if (value := literal(quantity.initial)) is not None:
                species.set("initialConcentration" if place else "initialAmount", repr(value))

    def _parameters(self, top: Element) -> None:
        parts = _core(top, "listOfParameters")
        for parameter in self.model.parameters:
            moves = "false" if parameter.id in self.set_later else "true"
            element = self._element(parts, "parameter", parameter.id, constant=moves)
            if (dimension := self.marks.dimensions.get(parameter.id)) is not None:
                element.set("units", self._defined(units.Unit(f"canonical {dimension}", dimension, 1.0)))
            if (value := literal(parameter.value)) is not None:
                element.set("value", repr(value))
        for quantity in (q for q in self.equations.quantities if q.id not in self.changed):
            is_fixed = quantity.rate is None and not quantities.follows(quantity) and quantity.id not in self.set_later
            element = self._element(parts, "parameter", quantity.id, constant="true" if is_fixed else "false")
            if quantity.unit:
                element.set("units", self._unit(quantity.unit))
            if (value := literal(quantity.initial)) is not None:
                element.set("value", repr(value))

    def _starts(self, top: Element) -> None:
        parts = _core(top, "listOfInitialAssignments")
        given = [(p.id, p.value) for p in self.model.parameters]
        given += [(q.id, q.initial) for q in self.equations.quantities if q.initial is not None and q.value is None]
        for id, value in given:
            if literal(value) is None:
                _core(parts, "initialAssignment", symbol=id).append(math_of(value))

    def _rules(self, top: Element) -> None:
        parts = _core(top, "listOfRules")
        for quantity in self.equations.quantities:
            if quantity.value is not None:
                _core(parts, "assignmentRule", variable=quantity.id).append(math_of(quantity.value))
            elif quantity.such_that is not None:
                _core(parts, "algebraicRule").append(math_of(quantity.such_that))
            elif quantity.rate is not None and quantity.id not in self.changed:
                _core(parts, "rateRule", variable=quantity.id).append(math_of(quantity.rate))

    def _demands(self, top: Element, demands: tuple[Demand, ...]) -> None:
        parts = _core(top, "listOfConstraints")
        for demand in demands:
            constraint = _core(parts, "constraint")
            constraint.append(math_of(demand.holds))
            if demand.otherwise:
                xhtml = "http://www.w3.org/1999/xhtml"
                SubElement(_core(constraint, "message"), f"{{{xhtml}}}p").text = demand.otherwise

    # -------------------------------------------------------------------------------------- reactions
    def _reactions(self, top: Element) -> None:
        parts = _core(top, "listOfReactions")
        for process in self.equations.processes:
            self._process(parts, process)
        for quantity in self.equations.quantities:
            if quantity.rate is not None and quantity.id in self.changed:
                self._reaction(parts, self._fresh(f"rate_of_{quantity.id}"), quantity.rate, {quantity.id: 1.0})

    def _process(self, parts: Element, process: Change) -> None:
        """Write a process as one reaction, and what it changes by no fixed and short number as one more each."""
        fixed: dict[str, float] = {}
        for id, factor in process.changes:
            number, place = literal(factor), self.marks.places.get(id)
            litres = place.litres if place else 1.0
            if number is None:
                law = Binary("*", Binary("*", factor, constant(litres)), process.rate)
                self._reaction(parts, self._fresh(f"{process.id}_{id}"), law, {id: 1.0})
            else:
                fixed[id] = fixed.get(id, 0.0) + number * litres
        size = abs(next((n for n in fixed.values() if n), 1.0)) if fixed.keys() & self.marks.places.keys() else 1.0
        law = process.rate if size == 1.0 else Binary("*", constant(size), process.rate)
        moved = {id: _whole(n / size) for id, n in fixed.items() if n}
        short = {id: n for id, n in moved.items() if float(f"{n:.6g}") == n}  # as far as tools print stoichiometries
        if short or process.id in self.named:
            self._reaction(parts, process.id, law, short)
        for id in (i for i in moved if i not in short):
            part = Binary("*", constant(abs(moved[id])), law)
            self._reaction(parts, self._fresh(f"{process.id}_{id}"), part, {id: math.copysign(1.0, moved[id])})

    def _reaction(self, parts: Element, id: str, law: Expression, moved: Mapping[str, float]) -> None:
        reaction = self._element(parts, "reaction", id, reversible="false")
        for side, sign in (("listOfReactants", -1.0), ("listOfProducts", 1.0)):
            on_side = {i: n * sign for i, n in moved.items() if n * sign > 0}
            if on_side:
                listed = _core(reaction, side)
                for species, number in on_side.items():
                    _core(listed, "speciesReference", species=species, stoichiometry=repr(number), constant="true")
        acting = {n.id for n in walk(law) if isinstance(n, Name)} & self.changed - moved.keys()
        if acting:
            listed = _core(reaction, "listOfModifiers")
            for species in sorted(acting):
                _core(listed, "modifierSpeciesReference", species=species)
        _core(reaction, "kineticLaw").append(math_of(law))

    # ----------------------------------------------------------------------------------------- events
    def _events(self, top: Element, events: tuple[Event, ...]) -> None:
        parts = _core(top, "listOfEvents")
        for event in _ranked(self.model, events):
            manner = event.manner
            at_firing = "true" if manner.values_when_fired else "false"
            id = self._fresh(_plain(event.id))
            element = _core(parts, "event", id=id, name=event.id, useValuesFromTriggerTime=at_firing)
            starts, stays = _no(manner.fires_from_start), _no(manner.lapses)
            trigger = _core(element, "trigger", initialValue=starts, persistent=stays)
            trigger.append(math_of(event.condition))
            for tag, value in (("priority", event.priority), ("delay", event.delay)):
                if value is not None:
                    _core(element, tag).append(math_of(value))
            assigned = _core(element, "listOfEventAssignments")
            for target, value in event.assignments:
                _core(assigned, "eventAssignment", variable=target.id).append(math_of(value))


def _ranked(model: Model, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Return the events with priorities that keep their order: between equal ones SBML lets chance decide.

    Raises
    ------
    UnsupportedFeature
        A priority is computed, and the order of equal ones is that of the text.
    """
    if len(events) < 2:
        return events
    stated = [literal(event.priority) if event.priority is not None else 0.0 for event in events]
    known = [value for value in stated if value is not None]
    if len(known) == len(events):
        drawn = {value for value, event in zip(known, events, strict=True) if event.manner.draws_ties}
        places = [(value, 0 if value in drawn else -i) for i, value in enumerate(known)]
        ranks = {place: float(rank) for rank, place in enumerate(sorted(set(places)), 1)}
        return tuple(replace(e, priority=constant(ranks[p])) for e, p in zip(events, places, strict=True))
    found = Collector()
    for event in (e for e in events if not e.manner.draws_ties):
        message = f"of events with equal priorities {event.id} of {model.id} goes where it is written; SBML draws"
        found.error("UNSUPPORTED_FEATURE", message, event.where, hint="state `ties: drawn`, or priorities as numbers")
    if found.has_errors:
        raise UnsupportedFeature(found.report().render(), found.report())
    return tuple(replace(e, priority=e.priority or constant(0.0)) for e in events)


def _annotate(element: Element, relation: str, addresses: Sequence[str]) -> None:
    """Say how an element is related to these addresses, by the MIRIAM scheme (section 6 of the specification)."""
    element.set("metaid", f"meta_{element.get('id')}")
    description = SubElement(
        SubElement(_core(element, "annotation"), f"{{{_RDF}}}RDF"),
        f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": f"#meta_{element.get('id')}"},
    )  # fmt: skip
    bag = SubElement(SubElement(description, relation), f"{{{_RDF}}}Bag")
    for address in addresses:
        SubElement(bag, f"{{{_RDF}}}li", {f"{{{_RDF}}}resource": address})


def _address(source: Source) -> str | None:
    """Return the address of a source at identifiers.org; None for words and assumptions."""
    if source.doi or source.pubmed:
        return f"https://identifiers.org/{source.cite_key}"
    collection = {"arxiv": "arxiv", "biomodels": "biomodels.db"}.get(source.kind)
    return f"https://identifiers.org/{collection}:{source.text.rpartition(':')[2].strip()}" if collection else None


def _plain(name: str) -> str:
    """Return a name as an id may be written."""
    plain = _NO_ID.sub("_", name)
    return f"_{plain}" if plain[:1].isdigit() else plain


def _unit_definition(parent: Element, id: str, unit: units.Unit) -> None:
    """Define a unit; its factor goes into the first of its bases, where tools with few digits keep it."""
    parts, factor = _core(_core(parent, "unitDefinition", id=id, name=unit.text), "listOfUnits"), unit.factor
    bases = [(_UNITS.get(base, _NO_UNIT), float(power)) for base, power in unit.dimension.exponents]
    for (kind, scale, multiplier), power in bases or [(_NO_UNIT, 1.0)]:
        shift, size = _power_of_ten(multiplier * factor ** (1 / power))
        numbers = {"exponent": f"{power:g}", "scale": str(scale + shift), "multiplier": repr(size)}
        _core(parts, "unit", kind=kind, **numbers)
        factor = 1.0


def _power_of_ten(number: float) -> tuple[int, float]:
    """Return the power of ten that a number is, and one; else zero, and the number."""
    power = round(math.log10(number))
    return (power, 1.0) if math.isclose(number, 10.0**power, rel_tol=1e-12) else (0, _whole(number))


def _no(flag: bool) -> str:
    return "false" if flag else "true"


def _whole(number: float) -> float:
    """Return the whole number that differs by rounding only, else the number."""
    return float(round(number)) if abs(number - round(number)) <= 1e-12 * max(abs(number), 1.0) else number
