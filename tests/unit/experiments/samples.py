"""Small experiments and results that the tests of this folder share."""

from __future__ import annotations

import numpy as np

from cytokinome.diagnostics import Collector, Report
from cytokinome.engines.base import PatientOutcome
from cytokinome.evidence import Provenance
from cytokinome.experiments.claims import judge
from cytokinome.experiments.compare import compare
from cytokinome.experiments.protocol import Experiment
from cytokinome.experiments.read import read_experiment
from cytokinome.experiments.result import ArmResult, Manifest, ModifierUse, Result, RuleEffect
from cytokinome.model.components import (
    Axis,
    Cell,
    CellGroup,
    Compartment,
    Model,
    Molecule,
    Observable,
    Parameter,
    Receptor,
    Rule,
    Verb,
)
from cytokinome.model.expressions import parse

DONE = PatientOutcome("completed", "simulated to the end")
FAILED = PatientOutcome("failed", "TNF grows without bound at 2 h", 2.0, "TNF")

TEXT = """experiment: two-arms
model: cells
time: 0 to 24 h, every 5 min
arms:
  bolus: {doses: [{of: LPS, amount: 2 ng/kg, at: 0 h}]}
  anti-TNF: {}
patients: {count: 4, seed: 1}
measure: {TNF: pg/mL, IL8: pg/mL}
"""


def read(text: str) -> tuple[Experiment | None, Report]:
    """Read an experiment and everything found."""
    found = Collector()
    experiment = read_experiment(text, "e.yaml", found)
    return experiment, found.report()


def good(text: str = TEXT) -> Experiment:
    """Read an experiment that must be free of findings."""
    experiment, report = read(text)
    assert report.diagnostics == (), report.render()
    assert experiment is not None
    return experiment


def model() -> Model:
    """Return a model with one of everything that an experiment can name."""
    return Model(
        id="cells",
        compartments=(Compartment("blood", "plasma", parse("3 L")), Compartment("joint", "tissue", parse("1 mL"))),
        molecules=(
            Molecule("LPS", ("blood",), molar_mass=parse("10 kDa")),
            Molecule("TNF", ("blood",), molar_mass=parse("52 kDa")),
            Molecule("IL8", ("blood",), molar_mass=parse("8 kDa")),
            Molecule("IL6", ("blood", "joint"), molar_mass=parse("21 kDa")),
            Molecule("drug", ("blood",)),
        ),
        receptors=(Receptor("TNFR1", ()),),
        cells=(Cell("macrophage", ("blood",), (Axis("activation", ("resting", "active"), "resting"),)),),
        parameters=(Parameter("k", parse("1 /h")),),
        rules=(Rule("active-macrophage-secretes-TNF", CellGroup(("active",), "macrophage"), Verb.SECRETES, "TNF"),),
        observables=(Observable("total", parse("TNF"), "pg/mL"),),
    )


def bump(times: np.ndarray, height: float, when: float) -> np.ndarray:
    """Return a curve with its peak of `height` at the time `when`."""
    return height * times / when * np.exp(1 - times / when)


def arm(id: str, heights: tuple[float, ...], *, when: float = 1.7, end: float = 24.0) -> ArmResult:
    """Return an arm with TNF of these peaks (NaN: failed) and IL8 twice as high, on a grid of 5 min."""
    times = np.linspace(0, end, round(end * 12) + 1)
    curves = np.stack([np.stack([bump(times, h, when), bump(times, 2 * h, when)], axis=1) for h in heights])
    known = [h for h in heights if np.isfinite(h)]
    typical = np.stack([bump(times, known[0], when), bump(times, 2 * known[0], when)], axis=1)
    return ArmResult(
        id=id,
        times=times,
        names=("TNF", "IL8"),
        units=("pg/mL", "pg/mL"),
        values=curves,
        typical=typical,
        outcomes=tuple(DONE if np.isfinite(h) else FAILED for h in heights),
        parameter_names=("k", "body-weight"),
        parameters=np.arange(2.0 * len(heights)).reshape(-1, 2),
        usage=(ModifierUse("active-macrophage-secretes-TNF", "driven", 0.0, 0.8),),
    )


def result(text: str = TEXT) -> Result:
    """Return a whole result with two arms and four patients, of whom one failed in one arm."""
    experiment = good(text)
    arms = {a.id: a for a in (arm("bolus", (100, 200, 300, 400)), arm("anti-TNF", (50, 50, float("nan"), 50)))}
    texts = {"experiment": text, "model": "model: cells\n"}
    provenance = Provenance.collect(created="2026-01-02T03:04:05Z", texts=texts)
    return Result(
        experiment=experiment,
        model=model(),
        arms=arms,
        claims=judge(experiment, arms),
        comparison=compare(experiment, arms),
        manifest=Manifest(provenance, texts, seed=1, engine="reference", command="cytokinome run e.yaml"),
        effects=(RuleEffect("active-macrophage-secretes-TNF", "TNF", "bolus", 0.5),),
    )
