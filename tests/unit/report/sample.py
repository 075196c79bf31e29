"""A small result made by hand: two arms, four analytes, measured points, a failed patient, a failed claim."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cytokinome.diagnostics import Collector
from cytokinome.engines.base import PatientOutcome
from cytokinome.evidence import Provenance, Source
from cytokinome.experiments.claims import ClaimResult
from cytokinome.experiments.compare import compare
from cytokinome.experiments.data import parse_table
from cytokinome.experiments.protocol import (
    Arm,
    Claim,
    Comparison,
    Dose,
    Expectation,
    Experiment,
    Kind,
    Measure,
    Of,
    Patients,
    TimeGrid,
)
from cytokinome.experiments.result import ArmResult, Manifest, ModifierUse, Result, RuleEffect
from cytokinome.model.components import Model
from cytokinome.model.expressions import parse
from cytokinome.model.parse import read_model
from cytokinome.text.reader import parse_text

MODEL = """\
cytokinome: 1
model: endotoxemia
title: "Blood monocytes under endotoxin, and the antibody that binds TNF"
source: "doi:10.1113/EP091552, Table 1"
compartments:
  blood: {kind: plasma, volume: 70 mL/kg, source: assumed}
molecules:
  LPS:        {in: blood, initial: 0 ng/mL, molar-mass: 10 kDa, cleared: {half-life: 1 h, source: assumed}}
  TNF:        {in: blood, baseline: 6.2 pg/mL, molar-mass: 52 kDa, cleared: {half-life: 20 min, source: "pubmed:1, p"}}
  IL6:        {in: blood, baseline: 0.61 pg/mL, molar-mass: 21 kDa, cleared: {half-life: 1 h, source: assumed}}
  IL8:        {in: blood, baseline: 3.0 pg/mL, molar-mass: 8.4 kDa, cleared: {half-life: 1 h, source: assumed}}
  IL10:       {in: blood, baseline: 4.2 pg/mL, molar-mass: 37 kDa, cleared: {half-life: 1 h, source: assumed}}
  infliximab: {in: blood, molar-mass: 149 kDa}
receptors:
  IL10R: {ligands: {IL10: 100 pM}, source: assumed}
  TNFR1: {ligands: {TNF: 19 pM}, source: "doi:10.1073/pnas.95.2.570, abstract"}
cells:
  monocyte: {in: blood, states: {activation: {resting: 4e5 /mL, active: 0 /mL}}}
parameters:
  q_TNF: {value: 12 molecules/cell/s, varies: {lognormal: {cv: 0.4}}, uncertain: {fold: 10}, source: assumed}
  q_IL6: {value: 20 molecules/cell/s, varies: {lognormal: {cv: 0.3}}, source: "doi:10.1113/EP091552, Table 3"}
  k_on:  {value: 0.5 /h, source: "doi:10.1113/EP091552, Table 1"}
rules:
  - resting monocyte becomes active at k_on, driven by LPS (half 1 ng/mL, hill 2)
  - active monocyte becomes resting at 0.4 /h
  - active monocyte secretes TNF at q_TNF, decreased by IL10 at IL10R (half 48 pM)
  - active monocyte secretes IL6 at q_IL6, increased by TNF at TNFR1 (half 500 pg/mL) up to 40-fold
  - active monocyte secretes IL8 at 3 molecules/cell/s
  - active monocyte secretes IL10 at 0.5 molecules/cell/s, driven by TNF at TNFR1 (half 500 pg/mL) or IL6 (half 1 ng/mL)
  - monocyte takes up TNF through TNFR1 at 500 receptors/cell with internalisation 0.1 /min
reactions:
  - {equation: TNF + infliximab <-> TNF_infliximab, kon: 1e6 /M/s, koff: 4.2e-6 /s, source: assumed}
"""

DATA = """\
arm,time_h,analyte,value,unit,sd,n,lloq,study,source
bolus,0,TNF,<10,pg/mL,,10,10,Study A,"doi:10.1113/EP091552, data"
bolus,1,TNF,124,pg/mL,57,10,10,Study A,"doi:10.1113/EP091552, data"
bolus,1.5,TNF,331,pg/mL,216,10,10,Study A,"doi:10.1113/EP091552, data"
bolus,2,TNF,0.289,ng/mL,0.172,10,,Study A,"doi:10.1113/EP091552, data"
bolus,4,TNF,39.6,pg/mL,17,10,10,Study A,"doi:10.1113/EP091552, data"
bolus,6,TNF,19.8,pg/mL,6,10,10,Study A,"doi:10.1113/EP091552, data"
infusion,2,TNF,208,pg/mL,146,9,10,Study B,assumed
infusion,3,TNF,532,pg/mL,376,9,10,Study B,assumed
infusion,4,TNF,362,pg/mL,209,9,10,Study B,assumed
infusion,6,TNF,87.4,pg/mL,34,9,10,Study B,assumed
bolus,2,IL6,702,pg/mL,265,10,,Study A,"doi:10.1113/EP091552, data"
bolus,3,IL6,611,pg/mL,337,10,,Study A,"doi:10.1113/EP091552, data"
bolus,5,IL6,67.1,pg/mL,53,10,,Study A,"doi:10.1113/EP091552, data"
"""

# Heights [pg/mL] and times of the peaks [h].
PEAKS = {
    "bolus": {"TNF": (365, 1.7), "IL6": (749, 2.05), "IL8": (747, 2.1), "IL10": (42, 2.6)},
    "infusion": {"TNF": (490, 2.8), "IL6": (592, 3.4), "IL8": (434, 3.3), "IL10": (134, 4.3)},
}
ANALYTES = ("TNF", "IL6", "IL8", "IL10")
N_PATIENTS = 20


def sample_model(text: str = MODEL) -> Model:
    """The model of `text`; it must be one without faults."""
    found = Collector()
    tree = parse_text(text, "model.yaml", found)
    model = read_model(tree, found) if tree else None
    assert model is not None, found.report().render()
    assert not found.report().errors, found.report().render()
    return model


def sample_experiment() -> Experiment:
    """Two arms with doses, one with a value of its own."""
    bolus = Dose(of="LPS", into="blood", at=0.0, amount=parse("2 ng/kg"))
    infusion = Dose(of="LPS", into="blood", at=0.0, rate=parse("0.5 ng/kg/h"), duration=4.0)
    return Experiment(
        id="endotoxemia-test",
        model="endotoxemia",
        times=TimeGrid(0.0, 8.0, 0.1),
        title="Endotoxin as a bolus and as an infusion",
        arms=(
            Arm("bolus", doses=(bolus,)),
            Arm("infusion", doses=(infusion,), parameters=(("k_on", parse("0.8 /h")),)),
        ),
        patients=Patients(N_PATIENTS, 1, parse("70 kg")),
        measure=tuple(Measure(name, "pg/mL") for name in ANALYTES),
        compare=Comparison("data.csv"),
        claims=tuple(_claim(c) for c in CLAIMS),
    )


def _claim(claim: ClaimResult) -> Claim:
    expect = Expectation(0, 1, False, claim.expected)
    source = Source.parse(claim.source)
    return Claim(claim.id, claim.says, "peak(bolus.TNF)", expect, Of.TYPICAL, Kind(claim.kind), source)


CLAIMS = (
    ClaimResult(
        "tnf-peak", "endotoxemia-test", "TNF peaks at 366 pg/mL after the bolus", "reproduces", 365.66,
        "near 365.7 ± 1 % pg/mL", "doi:10.1113/EP091552, Figure 3", True, unit="pg/mL", of="typical",
    ),
    ClaimResult(
        "il8-ratio", "endotoxemia-test", "IL-8 peaks higher after a bolus than after an infusion", "predicts", 1.02,
        "above 1.2", "arXiv:2308.01495, abstract", False, of="median", explanation="The clearance of LPS is assumed.",
    ),
    ClaimResult(
        "il6-none", "endotoxemia-test", "IL-6 doubles", "calibrated", math.nan, "above 2", "assumed", False,
        note="no patient has a value", of="mean",
    ),
)  # fmt: skip


def sample_arm(arm: str, *, n_patients: int = N_PATIENTS, fails: bool = False) -> ArmResult:
    """Curves that rise and fall; the first patient fails where `fails`."""
    times = TimeGrid(0.0, 8.0, 0.1).grid()
    shape = np.stack([_pulse(times, *PEAKS[arm][name]) for name in ANALYTES], axis=-1)
    between = np.exp(0.35 * np.random.default_rng(1).standard_normal((n_patients, 1, len(ANALYTES))))
    values = shape[None] * between + 3.0
    outcomes = [PatientOutcome("completed", "simulated to the end")] * n_patients
    if fails:
        values[0] = np.nan
        outcomes[0] = PatientOutcome("failed", "TNF grows without bound at 2.5 h", 2.5, "TNF")
    usage = (
        ModifierUse("resting-monocyte-becomes-active", "driven", 0.0, 0.93),
        ModifierUse("active-monocyte-secretes-TNF", "decreased", 0.02, 0.027),
        ModifierUse("active-monocyte-secretes-IL10", "driven", 0.01, 0.61 if arm == "bolus" else 0.74),
    )
    units = ("pg/mL",) * len(ANALYTES)
    return ArmResult(arm, times, ANALYTES, units, values, shape + 3.0, tuple(outcomes), usage=usage)


def _pulse(times: np.ndarray, height: float, peak: float) -> np.ndarray:
    x = times / peak
    return height * (x * np.exp(1 - x)) ** 6


def sample_result(**changes: object) -> Result:
    """The whole result; keywords replace its fields."""
    experiment, model = sample_experiment(), sample_model()
    arms = {"bolus": sample_arm("bolus", fails=True), "infusion": sample_arm("infusion")}
    texts = {"experiment": "experiment: endotoxemia-test\n", "model": MODEL, "data": DATA}
    provenance = Provenance(
        "0.1.0", "3.12.3", "2.3.0", "1.16.0", "Linux x86_64", "2026-01-02T03:04:05Z", (("model", "ab" * 32),)
    )
    manifest = Manifest(provenance, texts, 1, "reference", "cytokinome run endotoxemia-test", "cd" * 32)
    comparison = compare(experiment, arms, parse_table(DATA, "data.csv", Collector()))
    effects = (
        RuleEffect("active-monocyte-secretes-TNF", "TNF", "bolus", -0.981),
        RuleEffect("active-monocyte-secretes-IL8", "IL8", "infusion", -0.004),
        RuleEffect("monocyte-takes-up-TNF", "TNF", "infusion", 0.27),
    )
    result = Result(experiment, model, arms, CLAIMS, comparison, manifest, effects)
    return replace(result, **changes)  # type: ignore[arg-type]
