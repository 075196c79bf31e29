"""What an experiment found: curves per patient, verdicts, agreement with data, and what made them.

Results know no plotting and no files; `store` writes and reads them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cytokinome.diagnostics import did_you_mean
from cytokinome.errors import ExperimentError
from cytokinome.experiments import space
from cytokinome.experiments.protocol import Central
from cytokinome.experiments.summary import STATISTICS, Fates, statistic_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd  # pyright: ignore[reportMissingTypeStubs]
    import xarray as xr
    from numpy.typing import NDArray

    from cytokinome.engines.base import PatientOutcome
    from cytokinome.engines.tissue.space import Space
    from cytokinome.evidence import Provenance
    from cytokinome.experiments.claims import ClaimResult
    from cytokinome.experiments.compare import Agreement
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.experiments.summary import Summary
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ModifierUse:
    """The smallest and largest H of one modifier over patients and times, while its subject exists.

    `part` is driven, increased or decreased. A range that is small says that the modifier hardly mattered.
    """

    rule: str
    part: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """The relative change of ∫target dt when a rule is removed, in the arm where that is largest."""

    rule: str
    target: str
    arm: str
    change: float


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run was asked for, as far as its numbers depend on it.

    Parameters
    ----------
    patients : int
    rtol : float
        Relative tolerance of the solver.
    target : str
        What the model was compiled for.
    stream : bool
        Whether statistics were kept in place of trajectories.
    engine : str
        One of `solvers.ENGINES`.
    """

    patients: int
    rtol: float
    target: str
    stream: bool = False
    engine: str = "ode"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a result was made with, enough to make it again.

    Parameters
    ----------
    provenance : Provenance
        Versions, platform, time, and digests of the texts.
    texts : dict of name to text
        ``experiment`` and ``model`` are always there; ``data`` is the table compared with.
    seed : int
    engine : str
        Kind of engine, what the model was compiled for, and by which method: ``ode/llvm/Rodas5P``.
    command : str
        The command that repeats the run.
    digest : str
        Of the compiled kernel.
    status : str
        ``complete``, or ``interrupted`` when only some arms or patients were finished.
    options : RunOptions, optional
        What was asked for beside the texts; None for a result that was put together in another way.
    results : str
        Digest of all arrays and outcomes, set when they are stored: equal for equal results, whenever and by however
        many threads they were made.
    notes : tuple of str
        What a reader must know: what the engine took as an average that the model does not, why a run was not
        compiled, what the model demands and did not hold. Code and sentence.
    """

    provenance: Provenance
    texts: dict[str, str]
    seed: int
    engine: str
    command: str = ""
    digest: str = ""
    status: str = "complete"
    options: RunOptions | None = None
    results: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ArmResult:
    """The curves of one arm.

    Parameters
    ----------
    id : str
    times : array [time]
        Hours.
    names, units : tuple of str
        Measured analytes first, then all molecules, observables and cell densities, and the unit of each.
    values : array [patient, time, name]
        In those units; NaN for a patient who failed. Nobody is there in a streamed run.
    typical : array [time, name]
        The typical person: every parameter at its central value.
    outcomes : tuple of PatientOutcome
        One per patient; none in a streamed run.
    parameter_names, parameters : tuple of str, array [patient, parameter]
        Canonical values that each patient was simulated with.
    usage : tuple of ModifierUse
    summary : Summary, optional
        What a streamed run keeps in place of patients.
    space : Space, optional
        Snapshots of the typical person and of the first patients, from an engine with space.
    floors : tuple of float
        For each name, in its unit, what the solver does not tell from nothing; 0 where that is not known.
    """

    id: str
    times: Array
    names: tuple[str, ...]
    units: tuple[str, ...]
    values: Array
    typical: Array
    outcomes: tuple[PatientOutcome, ...]
    parameter_names: tuple[str, ...] = ()
    parameters: Array = field(default_factory=lambda: np.empty((0, 0)))
    usage: tuple[ModifierUse, ...] = ()
    summary: Summary | None = None
    space: Space | None = None
    floors: tuple[float, ...] = ()

    def on(self, times: Array) -> ArmResult:
        """Return the curves at some of the times only."""
        keep = np.isin(self.times, times)
        summary = self.summary.on(keep) if self.summary else None
        curves = {"values": self.values[:, keep], "typical": self.typical[keep]}
        return replace(self, times=self.times[keep], summary=summary, **curves)

    def only(self, names: Iterable[str]) -> ArmResult:
        """Return some of the curves of the patients; ``X@blood`` in `names` keeps ``X`` as well."""
        wanted = {self.find(name) for name in names}
        keep = [i for i in range(len(self.names)) if i in wanted]
        own = {"names": tuple(self.names[i] for i in keep), "units": tuple(self.units[i] for i in keep)}
        floors = tuple(self.floors[i] for i in keep) if self.floors else ()
        return replace(self, values=self.values[:, :, keep], typical=self.typical[:, keep], floors=floors, **own)

    @property
    def fates(self) -> Fates:
        """How the patients ended; of a streamed run, only the first who did not come to the end are named."""
        return self.summary.fates if self.summary else Fates.of(self.outcomes, most=None)

    def statistic(self, name: str, statistic: str) -> Array:
        """Return the mean, median or another of `summary.STATISTICS` of a curve at each time, [time].

        Only patients for whom all of the curve is finite count; NaN where there is none.
        """
        if self.summary is not None:
            return self.summary.curve(statistic, self.index(name))
        curves = self.curves(name)
        return statistic_of(curves[np.isfinite(curves).all(axis=1)], statistic)

    def find(self, name: str) -> int | None:
        """Return the place of a curve; ``X@blood`` is ``X`` where that is the only compartment of X."""
        if name in self.names:
            return self.names.index(name)
        base, at, _ = name.partition("@")
        is_only = at and base in self.names and not any(n.startswith(f"{base}@") for n in self.names)
        return self.names.index(base) if is_only else None

    def index(self, name: str) -> int:
        """Return the place of a curve, as `find`.

        Raises
        ------
        ExperimentError
            Where there is no such curve.
        """
        place = self.find(name)
        if place is None:
            raise ExperimentError(f"arm {self.id} has no curve {name}: {did_you_mean(name, self.names)}")
        return place

    def unit(self, name: str) -> str:
        """Return the unit of a curve."""
        return self.units[self.index(name)]

    def labels(self) -> tuple[str, NDArray[Any]]:
        """Return what the rows of a table of curves are, patient or statistic, and the label of each."""
        if self.summary is not None:
            return "statistic", np.array(STATISTICS, dtype=object)
        return "patient", np.arange(1, len(self.values) + 1)

    def curves(self, name: str) -> Array:
        """Return one curve per patient [patient, time]."""
        return self.values[:, :, self.index(name)]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """All arms of an experiment, its claims and its comparison with data."""

    experiment: Experiment
    model: Model
    arms: dict[str, ArmResult]
    claims: tuple[ClaimResult, ...]
    comparison: tuple[Agreement, ...]
    manifest: Manifest
    effects: tuple[RuleEffect, ...] = ()
    directory: Path | None = None

    def arm(self, name: str) -> ArmResult:
        """Return one arm.

        Raises
        ------
        ExperimentError
            Where there is no such arm.
        """
        if name not in self.arms:
            raise ExperimentError(f"there is no arm {name}: {did_you_mean(name, self.arms)}")
        return self.arms[name]

    def agreement(self, arm: str, analyte: str, central: Central | None = None) -> Agreement | None:
        """Return the agreement of one arm and analyte for a central curve, by default the experiment's own."""
        chosen = central or self._central
        return next((a for a in self.comparison if (a.arm, a.analyte, a.central) == (arm, analyte, chosen)), None)

    @property
    def _central(self) -> Central:
        return self.experiment.compare.central if self.experiment.compare else Central.MEAN

    @property
    def passed(self) -> bool:
        """Whether every claim is met."""
        return all(c.passed for c in self.claims)

    def to_xarray(self) -> xr.Dataset:
        """Return all curves as a dataset with the variables ``values`` (arm, patient, time, name) and ``typical``.

        The coordinate ``unit`` belongs to `name`; patients are numbered from 1. A curve that an arm does not have (its
        molecule is knocked out) is NaN. A streamed run has ``statistics`` (arm, statistic, time, name) in place of
        ``values``.
        """
        import xarray as xr

        arms = list(self.arms.values())
        if not arms:
            return xr.Dataset()
        unit_of = {name: unit for arm in reversed(arms) for name, unit in zip(arm.names, arm.units, strict=True)}
        names = list(dict.fromkeys(name for arm in arms for name in arm.names))
        times, summaries = arms[0].times, [arm.summary for arm in arms if arm.summary is not None]
        numbers = [s.statistics for s in summaries] if summaries else [arm.values for arm in arms]
        rows, labels = arms[0].labels()
        values = np.full((len(arms), len(numbers[0]), len(times), len(names)), np.nan)
        typical = np.full((len(arms), len(times), len(names)), np.nan)
        for i, arm in enumerate(arms):
            place = [names.index(name) for name in arm.names]
            values[i][:, :, place] = numbers[i]
            typical[i][:, place] = arm.typical
        coordinates: dict[str, object] = {
            "arm": [arm.id for arm in arms],
            rows: labels,
            "time": ("time", times, {"units": "h"}),
            "name": names,
            "unit": ("name", [unit_of[name] for name in names]),
        }
        variables = {
            "statistics" if summaries else "values": (("arm", rows, "time", "name"), values),
            "typical": (("arm", "time", "name"), typical),
        }
        attributes = {"experiment": self.experiment.id, "model": self.model.id, "status": self.manifest.status}
        return xr.Dataset(variables, coords=coordinates, attrs=attributes)

    def fields(self, arm: str) -> xr.Dataset:
        """Return the concentrations of an arm in space: see `space.fields`.

        Raises
        ------
        ExperimentError
            There is no such arm, or it was not run in space.
        """
        return space.fields(self._space(arm))

    def cells(self, arm: str) -> xr.Dataset:
        """Return the cells of an arm, one row per cell, patient and time: see `space.cells`.

        Raises
        ------
        ExperimentError
            There is no such arm, or it was not run in space.
        """
        return space.cells(self._space(arm))

    def _space(self, arm: str) -> Space:
        found = self.arm(arm).space
        if found is None:
            raise ExperimentError(f"arm {arm} has no places: it was run on {self.manifest.engine}, not --engine tissue")
        return found

    def to_pandas(self) -> pd.DataFrame:
        """Return all curves as a long table: arm, patient (from 1), time_h, name, value, unit.

        A streamed run has the column statistic in place of patient.
        """
        import pandas as pd  # pyright: ignore[reportMissingTypeStubs]

        frames = [_frame(arm) for arm in self.arms.values()]
        columns = ["arm", "patient", "time_h", "name", "value", "unit"]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)

    def to_json(self) -> dict[str, object]:
        """Return the answer of ``run --json`` as plain data.

        Returns
        -------
        dict
            experiment, model, status, engine, digest of the results, arms (each with its analytes), claims, outcomes.
            A number that does not exist is None.
        """
        return {
            "experiment": self.experiment.id,
            "model": self.model.id,
            "status": self.manifest.status,
            "engine": self.manifest.engine,
            "digest": self.manifest.results,
            "notes": list(self.manifest.notes),
            "arms": [{"arm": arm, "analytes": self._analytes(arm)} for arm in self.arms],
            "claims": [claim.as_dict() for claim in self.claims],
            "outcomes": [_outcomes(arm) for arm in self.arms.values()],
        }

    def _analytes(self, arm: str) -> list[dict[str, object]]:
        found = [self.agreement(arm, measure.name) for measure in self.experiment.measure]
        return [{k: v for k, v in a.as_dict().items() if k != "arm"} for a in found if a is not None]


def _frame(arm: ArmResult) -> pd.DataFrame:
    import pandas as pd  # pyright: ignore[reportMissingTypeStubs]

    values = arm.values if arm.summary is None else arm.summary.statistics
    count, times, names = values.shape
    what, rows = arm.labels()
    return pd.DataFrame(
        {
            "arm": arm.id,
            what: np.repeat(rows, int(times * names)),
            "time_h": np.tile(np.repeat(arm.times, names), count),
            "name": np.tile(np.asarray(arm.names, dtype=object), count * times),
            "value": values.reshape(-1),
            "unit": np.tile(np.asarray(arm.units, dtype=object), count * times),
        }
    )


def _outcomes(arm: ArmResult) -> dict[str, object]:
    """How many patients of an arm ended how, and those who did not come to the end."""
    fates = arm.fates
    others = [
        {"patient": i, "status": o.status, "sentence": o.sentence, "time": finite(o.time), "state": o.state}
        for i, o in fates.others
    ]
    return {"arm": arm.id, "patients": fates.patients, "counts": dict(fates.counts), "others": others}


def finite(number: float | None) -> float | None:
    """Return a number as plain data has it: what is not finite becomes None."""
    return number if number is not None and math.isfinite(number) else None
