"""Doses outside anything that a scenario was tested with.

What a scenario's own experiments give, and hold against claims or data, is what its model was tested with. A dose
beyond the smallest and largest of these, or of a molecule that none of them gives, is an extrapolation: allowed, and
told. Compared are single administrations, an amount or a rate times its duration, per kilogram in the person of each
experiment; only amounts that are plain numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.diagnostics import Collector
from cytokinome.experiments.read import read_experiment
from cytokinome.experiments.values import place_of
from cytokinome.model.expressions import Number
from cytokinome.model.scope import substance
from cytokinome.text import read_file
from cytokinome.units import BODY_WEIGHT, SUBSTANCE, TIME, UnitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cytokinome.diagnostics import Report
    from cytokinome.experiments.protocol import Dose, Experiment, Patients
    from cytokinome.model.components import Model
    from cytokinome.units import Dimension

DEFAULT_WEIGHT = 70.0  # kg, where an experiment states none
SLACK = 1e-9  # relative: two ways to write one dose may differ by rounding


@dataclass(frozen=True, slots=True)
class Given:
    """A single administration: how much of which molecule [canonical units], and how it was written and where."""

    of: str
    amount: float
    dimension: Dimension
    text: str
    arm: str
    dose: Dose


def untested_doses(experiment: Experiment, model: Model, scenario: str, files: Iterable[Path]) -> Report:
    """Return a warning for each dose outside those of a scenario's own experiments.

    Parameters
    ----------
    experiment : Experiment
    model : Model
        Its model, which is that of the scenario.
    scenario : str
        Id of the scenario, for the message.
    files : iterable of Path
        Its experiments; those without claims and data count for nothing.
    """
    known = [given for own in _tested(files, scenario) for given in _doses(own, model)]
    found = Collector()
    for mine in _doses(experiment, model):
        same = [other for other in known if (other.of, other.dimension) == (mine.of, mine.dimension)]
        message = _untested(mine, same, scenario)
        if message and (same or not any(other.of == mine.of for other in known)):
            hint = "the answer is an extrapolation of the model; nothing measured stands behind it"
            where = place_of(mine.dose.amount) or place_of(mine.dose.rate) or mine.dose.where
            found.warning("DOSE_UNTESTED", message, where, hint=hint)
    return found.report()


def _tested(files: Iterable[Path], scenario: str) -> Iterator[Experiment]:
    """The experiments of a scenario that ask its first model, and are held against something."""
    for path in files:
        quiet = Collector()
        text = read_file(path, quiet)
        experiment = read_experiment(text, str(path), quiet) if text is not None else None
        asks = experiment is not None and experiment.model in (scenario, "model", "model.yaml")
        if experiment is not None and asks and (experiment.claims or experiment.compare is not None):
            yield experiment


def _untested(mine: Given, same: list[Given], scenario: str) -> str:
    """What is wrong with a dose, empty where it lies among the doses that were tested."""
    if not same:
        return f"no experiment of {scenario} that is held against claims or data gives {mine.of}"
    least, most = (choose(same, key=lambda given: given.amount) for choose in (min, max))
    if least.amount * (1 - SLACK) <= mine.amount <= most.amount * (1 + SLACK):
        return ""
    is_one = least.amount >= most.amount * (1 - SLACK)
    tested = " to ".join(f"{given.text} ({given.arm})" for given in ((least,) if is_one else (least, most)))
    side, fold = (
        ("below", least.amount / mine.amount) if mine.amount < least.amount else ("above", mine.amount / most.amount)
    )
    times = f", {_rounded(fold)}-fold" if mine.amount > 0 else ""
    return f"{mine.of} {mine.text} lies {side} what {scenario} was tested with{times}: {tested}"


def _rounded(fold: float) -> str:
    """Three digits, and no exponent before there are more than nine."""
    return f"{fold:.3g}" if not 1000 <= fold < 1e9 else f"{float(f'{fold:.3g}'):,.0f}".replace(",", " ")


def _doses(experiment: Experiment, model: Model) -> Iterator[Given]:
    """The single administrations of all arms whose size is a plain number."""
    for arm in experiment.arms:
        for dose in arm.doses:
            size = _size(dose, experiment.patients, model)
            if size is not None:
                yield Given(dose.of, *size, _text(dose), f"{arm.id} in {experiment.id}", dose)


def _size(dose: Dose, patients: Patients, model: Model) -> tuple[float, Dimension] | None:
    """The amount of one administration; as substance where the molar mass is known. None where it is no number."""
    written = dose.amount if dose.amount is not None else dose.rate
    if not isinstance(written, Number):
        return None
    unit = units.parse_unit(written.unit, per_body_weight=True)
    amount, dimension = written.value * unit.factor, unit.dimension
    if dose.amount is None:
        amount, dimension = amount * (dose.duration or 0.0), dimension * TIME
    if any(name == "body_weight" for name, _ in dimension.exponents):
        amount, dimension = amount * _weight(patients), dimension * BODY_WEIGHT
    try:
        factor = units.conversion(dimension, SUBSTANCE, substance(model, dose.of))
    except UnitError:
        return amount, dimension
    return amount * factor, SUBSTANCE


def _weight(patients: Patients) -> float:
    """Body weight of the typical person [kg]."""
    stated = patients.weight
    if not isinstance(stated, Number):
        return DEFAULT_WEIGHT
    return stated.value * units.parse_unit(stated.unit).factor / units.parse_unit("kg").factor


def _text(dose: Dose) -> str:
    if dose.amount is not None:
        return str(dose.amount)
    return f"{dose.rate} for {dose.duration:g} h" if dose.duration is not None else str(dose.rate)
