"""What measured data say of published models: ``python -m benchmarks.petab FOLDER [PROBLEM …]``.

The logarithm of the likelihood of the data at the nominal parameters, for problems of the PEtab benchmark collection.
Every observable and its noise become quantities of the imported model, so that the engines compute them; every row of
the table of measurements asks for a patient with the numbers that it states.
"""

from __future__ import annotations

import argparse
import math
import re
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.collection import add_option, tables
from cytokinome import api
from cytokinome.compiler.lower import compile_model
from cytokinome.diagnostics import Collector
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import choose
from cytokinome.errors import ModelError
from cytokinome.evidence import Source
from cytokinome.model import quantities, rules
from cytokinome.model.components import Parameter, Quantity
from cytokinome.model.expressions import Name, Number, fold, parse, rebuilt, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.collection import Row, Tables
    from cytokinome.interchange.sbml.importing import Imported
    from cytokinome.model.components import Model
    from cytokinome.model.expressions import Expression

    Array = NDArray[np.float64]

RTOL = 1e-10
TOLERANCE = 1e-4
# What follows from solutions by libRoadRunner 2.10.0 at rtol 1e-12 of the same files.
EXPECTED = {
    "Boehm_JProteomeRes2014": -138.221998,
    "Raia_CancerResearch2011": -346.089781,
    "Crauste_CellSystems2017": -190.963978,
    "Bachmann_MSB2011": 418.405721,
    "Perelson_Science1996": -432.038550,
}
# What AMICI holds itself against: tests/benchmark_models/benchmark_models.yaml of github.com/AMICI-dev/AMICI. Errors
# grow a million times in Crauste's model, and its number is not converged: libRoadRunner gives −190.9654 at rtol 1e-8.
PUBLISHED = {
    "Boehm_JProteomeRes2014": -138.22199693517703,
    "Crauste_CellSystems2017": -190.96521897435176,
    "Bachmann_MSB2011": 418.40573341425295,
}
_PLACEHOLDER = re.compile(r"(observable|noise)Parameter(\d+)_(\w+)")


@dataclass(frozen=True)
class Fit:
    """A problem with its observables as quantities of the model.

    Raises
    ------
    ValueError
        If the tables say what is not read here.
    """

    tables: Tables

    @cached_property
    def imported(self) -> Imported:
        """The file as a model of ours, and how to read what is in it."""
        return api.import_model(self.tables.sbml)

    @cached_property
    def model(self) -> Model:
        """The model with two quantities for each observable, and a parameter for each number that only tables have."""
        model, formulas = self.imported.model, {}
        if model.equations is None:
            raise ValueError(f"{model.id} has no equations")
        for row in self.tables.observables:
            id = row["observableId"]
            formulas[_value(id)] = self._read(row["observableFormula"])
            formulas[_noise(id)] = self._read(row["noiseFormula"])
        known = {name for _, symbol in self.imported.symbols for name in _names(parse(symbol.symbol))} | {"time"}
        new = sorted({name for formula in formulas.values() for name in _names(formula)} - known)
        source = Source.parse("assumed")
        extended = replace(
            model,
            parameters=(*model.parameters, *(Parameter(id, self._number(id), source=source) for id in new)),
            equations=replace(
                model.equations,
                quantities=(*model.equations.quantities, *(Quantity(id, value=f) for id, f in formulas.items())),
            ),
        )
        found = Collector()
        rules.check(extended, found)
        found.report().raise_errors(ModelError, f"the observables of {self.tables.name} cannot be read")
        return extended

    def _read(self, formula: str) -> Expression:
        """A formula of the tables in the names of our model."""
        symbols = dict(self.imported.symbols)

        def read(node: Expression, operands: Sequence[Expression]) -> Expression:
            if isinstance(node, Name) and node.id in symbols:
                return parse(symbols[node.id].symbol)
            return rebuilt(node, operands)

        return fold(parse(formula), read)

    def _number(self, id: str) -> Number:
        """What a parameter of the tables is where no row says otherwise."""
        return Number("1" if _PLACEHOLDER.fullmatch(id) else repr(self.tables.number(id)))

    def patient(self, row: Row) -> dict[str, float]:
        """Return parameter of our model → its value for a measurement.

        Raises
        ------
        ValueError
            If something is brought to rest before, or a condition sets what is no constant.
        """
        if row.get("preequilibrationConditionId"):
            raise ValueError(f"{self.tables.name}: conditions before the experiment are not read")
        symbols, names = dict(self.imported.symbols), {p.id for p in self.model.parameters}
        condition = row["simulationConditionId"]
        settings = self.tables.settings(condition)
        named = {symbols[id].symbol if id in symbols else id: value for id, value in settings.items()}
        stated = {symbols[id].symbol if id in symbols else id for id in self.tables.conditions[condition]}
        if not stated <= names:
            raise ValueError(f"{self.tables.name}: {', '.join(stated - names)} is set by a condition and no constant")
        for kind in ("observable", "noise"):
            numbers = row.get(f"{kind}Parameters") or ""
            for i, text in enumerate(numbers.split(";") if numbers else (), 1):
                named[f"{kind}Parameter{i}_{row['observableId']}"] = self.tables.number(text)
        return {id: value for id, value in named.items() if id in names}

    def simulated(self) -> tuple[Array, Array]:
        """Return [measurement]: the observable where it was measured, and its noise; both NaN where a run failed."""
        target = "llvm" if find_spec("numba") and find_spec("llvmlite") else "reference"
        kernel = compile_model(self.model, target)
        slots = {slot.name: i for i, slot in enumerate(kernel.parameters)}
        patients = [self.patient(row) for row in self.tables.measurements]
        p = np.tile(kernel.defaults(), (len(patients), 1))
        for line, patient in zip(p, patients, strict=True):
            line[[slots[id] for id in patient]] = list(patient.values())
            line[:] = kernel.complete(line, frozenset(patient))
        people, which = np.unique(p, axis=0, return_inverse=True)
        measured = np.array([float(row["time"]) for row in self.tables.measurements])
        times, when = np.unique(np.append(measured, 0.0), return_inverse=True)
        outputs, ids = [o.name for o in kernel.outputs], [row["observableId"] for row in self.tables.observables]
        select = [outputs.index(name) for id in ids for name in (_value(id), _noise(id))]
        hours = self.hours
        solve: Any = choose.solver(kernel)  # each of them takes the factor, which runs have no need to set
        found = solve(kernel, people, Schedule(), times * hours, select=select, rtol=RTOL, atol_factor=RTOL)
        column = np.array([2 * ids.index(row["observableId"]) for row in self.tables.measurements])
        rows = which.ravel(), when[:-1]
        return found.values[*rows, column], found.values[*rows, column + 1]

    @property
    def hours(self) -> float:
        """The hours in a unit of time of the file."""
        equations = self.model.equations
        return math.nan if equations is None else quantities.unit_of_time(equations)

    def log_likelihood(self) -> float:
        """Return the logarithm of the likelihood of all measurements at the nominal parameters."""
        of = {row["observableId"]: row for row in self.tables.observables}
        values, noises = self.simulated()
        return math.fsum(
            log_density(float(row["measurement"]), float(y), float(s), of[row["observableId"]])
            for row, y, s in zip(self.tables.measurements, values, noises, strict=True)
        )


def log_density(measured: float, value: float, noise: float, observable: Row) -> float:
    """Return the logarithm of the density of a measurement, by *Noise distributions* of PEtab's data format, version 1.

    Parameters
    ----------
    measured, value : float
        What was measured, and what the model has there; both on the linear scale.
    noise : float
        The standard deviation, or the scale of a Laplace distribution, on the scale of the observable.
    observable : dict
        Its row: the transformation (lin, log or log10) and the distribution (normal or laplace).

    Raises
    ------
    ValueError
        If there is no such transformation or distribution.
    """
    scale = observable.get("observableTransformation") or "lin"
    shape = observable.get("noiseDistribution") or "normal"
    if scale not in _SCALES or shape not in _SHAPES:
        raise ValueError(f"{observable['observableId']}: no noise is {shape} on a {scale} scale")
    if not math.isfinite(value) or not noise > 0.0 or (scale != "lin" and value <= 0.0):
        return math.nan
    base = _SCALES[scale]
    if base is None:
        return _SHAPES[shape]((measured - value) / noise) - math.log(noise)
    deviation = (math.log(measured) - math.log(value)) / base / noise
    return _SHAPES[shape](deviation) - math.log(noise * measured * base)


_SCALES = {"lin": None, "log": 1.0, "log10": math.log(10.0)}
_SHAPES = {
    "normal": lambda x: -0.5 * (math.log(2.0 * math.pi) + x * x),
    "laplace": lambda x: -math.log(2.0) - abs(x),
}


def _names(expression: Expression) -> set[str]:
    return {node.id for node in walk(expression) if isinstance(node, Name)}


def _value(id: str) -> str:
    return f"value_of_{id}"


def _noise(id: str) -> str:
    return f"noise_of_{id}"


def fit(folder: Path) -> Fit:
    """Return the problem in a folder of the collection.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    return Fit(tables(folder))


def main() -> None:
    """Print what is found beside what is expected."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.petab", description=__doc__)
    add_option(parser, "folder")
    parser.add_argument("problems", nargs="*", default=list(EXPECTED), help="all that are known here by default")
    options = parser.parse_args()
    print(f"{'logarithm of the likelihood':28}{'rows':>6}{'found':>14}{'expected':>14}{'published':>14}")
    for name in options.problems:
        problem = fit(options.folder / name)
        found = problem.log_likelihood()
        others = [expected.get(name, math.nan) for expected in (EXPECTED, PUBLISHED)]
        told = "".join(f"{'–' if math.isnan(x) else f'{x:.4f}':>14}" for x in others)
        differs = "  differs from what is expected" if abs(found - others[0]) > TOLERANCE else ""
        print(f"{name:28}{len(problem.tables.measurements):6d}{found:14.6f}{told}{differs}", flush=True)


if __name__ == "__main__":
    main()
