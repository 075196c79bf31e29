"""The problems that benchmarks run: published models in SBML, read by every tool from the same file.

Every species counts as one unit of its file, so that 1e-8 of the scale of a state here is an absolute tolerance of 1e-8
elsewhere, and states can be compared as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.collection import tables
from cytokinome import api
from cytokinome.compiler.lower import lower
from cytokinome.model import quantities
from cytokinome.model.expressions import Number

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.collection import Tables
    from cytokinome.compiler.lower import Stages
    from cytokinome.interchange.sbml.importing import Imported
    from cytokinome.model.components import Equations, Model

    Array = NDArray[np.float64]

N_TIMES = 101
SEED = 1
LOG_SD = math.sqrt(math.log(1 + 0.2**2))  # of every parameter that varies: log-normal, cv 20 %


@dataclass(frozen=True)
class Published:
    """Which problem of the collection, under which of its conditions, and how long, in the unit of time of its file."""

    petab: str
    condition: str
    span: float


PUBLISHED = {
    "perelson": Published("Perelson_Science1996", "condition1", 7.0),  # days
    "crauste": Published("Crauste_CellSystems2017", "model1_data1", 28.0),  # days
    "boehm": Published("Boehm_JProteomeRes2014", "model1_data1", 240.0),  # minutes, as below
    "raia": Published("Raia_CancerResearch2011", "model1_data2", 120.0),
    "bachmann": Published("Bachmann_MSB2011", "model1_data1", 360.0),
}


@dataclass(frozen=True)
class Problem:
    """A published model, how long it is simulated, and whose tables say with what numbers."""

    name: str
    published: Published
    tables: Tables

    @cached_property
    def imported(self) -> Imported:
        """The file as a model of ours, and how to read what is in it."""
        return api.import_model(self.tables.sbml)

    @cached_property
    def stages(self) -> Stages:
        """Everything that lowering makes of the model."""
        return lower(_bare(self.imported.model))

    @cached_property
    def times(self) -> Array:
        """The output points [h]."""
        hours = quantities.unit_of_time(_equations(self.imported.model))
        return np.linspace(0.0, self.published.span * hours, N_TIMES)

    @cached_property
    def species(self) -> tuple[str, ...]:
        """The species of the file whose concentrations are our states, in their order.

        Raises
        ------
        ValueError
            If a state is no species of the file.
        """
        named = {symbol.concentration: id for id, symbol in self.imported.symbols}
        states = self.stages.kernel.states
        if missing := [s for s in states if s not in named]:
            raise ValueError(f"{self.name}: {', '.join(missing)} are states here, and no concentrations of the file")
        return tuple(named[s] for s in states)

    @cached_property
    def select(self) -> tuple[int, ...]:
        """The outputs that are the states, in the order of the states."""
        kernel = self.stages.kernel
        outputs = [output.name for output in kernel.outputs]
        return tuple(outputs.index(state) for state in kernel.states)

    @cached_property
    def settings(self) -> dict[str, float]:
        """Parameter of the file → its value of a typical patient, where the tables state it."""
        slots, stated = self._slots, self.tables.settings(self.published.condition)
        return {id: value for id, value in stated.items() if id in slots}

    @cached_property
    def varied_names(self) -> tuple[str, ...]:
        """The parameters of the file that vary between patients: all that were estimated."""
        return tuple(id for id in self.tables.estimated if id in self._slots)

    @cached_property
    def varied(self) -> tuple[int, ...]:
        """Their slots."""
        return tuple(self._slots[id] for id in self.varied_names)

    @cached_property
    def _slots(self) -> dict[str, int]:
        """Parameter of the file → its slot."""
        slots = {slot.name: i for i, slot in enumerate(self.stages.kernel.parameters)}
        return {id: slots[symbol.symbol] for id, symbol in self.imported.symbols if symbol.symbol in slots}

    def patients(self, count: int) -> Array:
        """Return [patient, parameter]: the first is typical, the others vary; more patients keep the earlier ones."""
        kernel, slots = self.stages.kernel, self._slots
        p = np.tile(kernel.defaults(), (count, 1))
        for id, value in self.settings.items():
            p[:, slots[id]] = value
        normal = np.random.default_rng(SEED).standard_normal((count, len(self.varied)))
        normal[:1] = 0.0
        p[:, list(self.varied)] *= np.exp(LOG_SD * normal)
        names = frozenset(kernel.parameters[slots[id]].name for id in self.settings)
        return np.array([kernel.complete(row, names) for row in p])


def load(name: str, collection: Path) -> Problem:
    """Return the problem of a name, from a folder of the PEtab benchmark collection.

    Raises
    ------
    KeyError
        If there is none of that name.
    FileNotFoundError
        If the folder does not hold it.
    """
    published = PUBLISHED[name]
    return Problem(name, published, tables(collection / published.petab))


def _equations(model: Model) -> Equations:
    if model.equations is None:
        raise ValueError(f"{model.id} has no equations")
    return model.equations


def _bare(model: Model) -> Model:
    """The model with every quantity as the number it is in the file, and one of it as its scale."""
    equations = _equations(model)
    states = quantities.states(equations)
    bare = tuple(replace(q, unit="", scale=Number("1") if q.id in states else None) for q in equations.quantities)
    return replace(model, equations=replace(equations, quantities=bare))


def error(found: Array, reference: Array) -> float:
    """Return the largest |y − ref| / (|ref| + 1e-3·max|ref| + 1e-8) over times and states of one patient.

    Both are [time, state] in published units; the largest |ref| is that of the state. Not finite counts as infinite.
    """
    size = np.abs(reference)
    relative = np.abs(found - reference) / (size + 1e-3 * size.max(axis=0) + 1e-8)
    worst = float(relative.max())
    return worst if math.isfinite(worst) else math.inf
