"""The names an experiment uses, held against its model: molecules, compartments, parameters, cells, measured curves.

Needs the declared components only, nothing compiled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.experiments.values import place_of
from cytokinome.model import quantities
from cytokinome.model.dimensions import describe
from cytokinome.model.expressions import Name, parse, walk
from cytokinome.model.scope import ModelScope, substance
from cytokinome.units import CELL, CONCENTRATION, DENSITY, Dimension, UnitError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.diagnostics import Span
    from cytokinome.experiments.protocol import Arm, Dose, Experiment, Measure
    from cytokinome.model.components import CellGroup, Model
    from cytokinome.model.expressions import Expression

_GIVEN = "molecule or quantity that rates or processes change"
_POPULATION = re.compile(r"(?:count|density|mean)\(([A-Za-z0-9_ .@]+)\)", re.ASCII)


def curve_names(model: Model) -> set[str]:
    """Return the names of molecules (``X`` and ``X@compartment``), observables, quantities and populations."""
    names = {m.id for m in model.molecules} | {o.id for o in model.observables}
    names |= {q.id for q in model.equations.quantities} if model.equations else set()
    names |= {f"{m.id}@{place}" for m in model.molecules for place in m.compartments}
    for cell in model.cells:
        groups = [cell.id, *(f"{state} {cell.id}" for axis in cell.axes for state in axis.states)]
        names |= {f"{function}({group})" for function in ("count", "density") for group in groups}
        names |= {f"mean({group}.{v.name})" for v in cell.inside for group in groups}
    return names


def check_names(experiment: Experiment, model: Model, found: Collector) -> None:
    """Report every name of the experiment that the model does not declare, and units that cannot fit.

    Claims are checked by `claims.check_claims`, data by `data.check_table`.
    """
    check_arms(experiment, model, found)
    check_measured(experiment, model, found)


def check_arms(experiment: Experiment, model: Model, found: Collector) -> None:
    """Report every name in the arms that the model does not declare."""
    for arm in experiment.arms:
        _Check(model, found).arm(arm)


def check_measured(experiment: Experiment, model: Model, found: Collector) -> None:
    """Report measured names that the model does not have, and units that cannot fit."""
    known = curve_names(model)
    for measure in experiment.measure:
        if measure.name not in known and not _is_population(measure.name, model):
            message = f"{measure.name} is not a molecule or observable of {model.id}"
            found.error("UNKNOWN_NAME", message, measure.where, hint=did_you_mean(measure.name, known))
        else:
            _check_unit(measure, model, found)


def _is_population(name: str, model: Model) -> bool:
    """Whether `name` is a population over several states, which `curve_names` does not list."""
    match = _POPULATION.fullmatch(name)
    words = match[1].split() if match else []
    return bool(words) and model.cell(re.split("[.@]", words[-1])[0]) is not None


def _check_unit(measure: Measure, model: Model, found: Collector) -> None:
    """What is measured has a dimension, and its unit fits: mass needs a molar mass, cells need not be named."""
    quiet = Collector()
    typed = ModelScope(model, quiet).resolver().typed(parse(measure.name))
    if typed is None:
        for fault in quiet.report().errors:
            found.error(fault.code, fault.message, measure.where, hint=fault.hint)
        return
    observable = model.observable(measure.name)
    agent = substance(model, observable.of) if observable and observable.of else typed.agent
    unit = units.parse_unit(measure.unit)
    if typed.dimension is None or is_cell_unit(typed.dimension, unit.dimension):
        return
    try:
        units.conversion(typed.dimension, unit.dimension, agent)
    except UnitError as error:
        message, hint = f"{measure.name} cannot be measured in {measure.unit}: {error.message}", error.hint
        if error.code == "DIMENSION_MISMATCH":
            message = f"{measure.name} is {describe(typed.dimension)} and cannot be measured in {measure.unit}"
            hint = "write a unit such as pg/mL or pM" if typed.dimension == CONCENTRATION else error.hint
        found.error(error.code, message, measure.where, hint=hint)


def is_cell_unit(dimension: Dimension, unit: Dimension) -> bool:
    """Whether a unit without the word cell, such as /mL, can show a number or density of cells."""
    return dimension in (CELL, DENSITY) and unit * CELL == dimension


class _Check:
    """Checks the names of one arm."""

    def __init__(self, model: Model, found: Collector) -> None:
        self.model = model
        self.found = found
        self.molecules = [m.id for m in model.molecules]
        self.quantities = [q.id for q in quantities.moving(model)]
        self.parameters = [p.id for p in model.parameters]

    def arm(self, arm: Arm) -> None:
        """Report all unknown names of `arm`."""
        parts = [*self.molecules, *(p.id for p in (*self.model.receptors, *self.model.rules))]
        for dose in arm.doses:
            self._dose(dose)
        for name, value in arm.parameters:
            self._name(name, self.parameters, "parameter", place_of(value) or arm.where)
            self._values(value)
        for name in arm.knock_out:
            self._name(name, parts, "molecule, receptor or rule", arm.where)
        processes = [p.id for p in self.model.equations.processes] if self.model.equations else []
        for block in arm.block:
            self._name(block.what, [*parts, *processes], "molecule, receptor, rule or process", block.where)
        for change in arm.change:
            self._name(change.parameter, self.parameters, "parameter", change.where)
            self._values(change.to)
        for wash_out in arm.wash_out:
            for name in wash_out.of:
                self._name(name.partition("@")[0], [*self.molecules, *self.quantities], _GIVEN, wash_out.where)
        for change in arm.cells:
            self._group(change.of)
            self._values(change.amount)

    def _name(self, name: str, known: Iterable[str], what: str, where: Span | None) -> bool:
        names = list(known)
        if name in names:
            return True
        message = f"{name} is not a {what} of the model {self.model.id}"
        self.found.error("UNKNOWN_NAME", message, where, hint=did_you_mean(name, names))
        return False

    def _values(self, *expressions: Expression | None) -> None:
        """Values in an experiment may use parameters of the model, nothing that changes with time."""
        for expression in expressions:
            for node in walk(expression) if expression is not None else []:
                if isinstance(node, Name):
                    self._name(str(node), self.parameters, "parameter", node.where)

    def _dose(self, dose: Dose) -> None:
        self._values(dose.amount, dose.rate, dose.ka, dose.F)
        if not self._name(dose.of, [*self.molecules, *self.quantities], _GIVEN, dose.where):
            return
        if dose.of in self.quantities:
            return
        molecule = self.model.molecule(dose.of)
        places = molecule.compartments if molecule else ()
        if dose.into is not None:
            places = {p.id for p in self.model.compartments} if self.model.compartment(dose.into) is None else places
            if dose.into not in places:
                message = f"{dose.of} cannot be given into {dose.into}"
                self.found.error("UNKNOWN_NAME", message, dose.where, hint=did_you_mean(dose.into, places))
        elif len(places) > 1:
            message = f"{dose.of} is in {', '.join(places)}: the dose does not say into which"
            self.found.error("MISSING_KEY", message, dose.where, hint=f"add `into: {places[0]}`")
        self._amount(dose)

    def _amount(self, dose: Dose) -> None:
        """A dose in grams or units of activity needs the molar mass of what is given."""
        molecule, value = self.model.molecule(dose.of), dose.amount if dose.amount is not None else dose.rate
        unit = getattr(value, "unit", "")
        if molecule is None or not unit or molecule.molar_mass is not None or molecule.from_catalogue:
            return
        exponents = dict(units.parse_unit(unit, per_body_weight=True).dimension.exponents)
        if "substance" not in exponents and exponents.keys() & {"mass", "activity"}:
            message = f"a dose of {dose.of} in {unit} needs its molar mass"
            hint = f"state it in the model: `{dose.of}: {{…, molar-mass: 17 kDa}}`"
            self.found.error("MISSING_MOLAR_MASS", message, dose.where, hint=hint)

    def _group(self, group: CellGroup) -> None:
        cells = [c.id for c in self.model.cells]
        if not self._name(group.cell, cells, "cell", group.where):
            return
        cell = self.model.cell(group.cell)
        states = [s for axis in cell.axes for s in axis.states] if cell else []
        is_open = any(axis.is_open for axis in cell.axes) if cell else False
        for state in group.states:
            if not is_open:
                self._name(state, states, f"state of {group.cell}", group.where)
        if group.compartment is not None and cell is not None:
            self._name(group.compartment, cell.compartments, f"compartment of {group.cell}", group.where)
