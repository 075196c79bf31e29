"""What ``cytokinome new`` writes: a small model and an experiment to begin with."""

from __future__ import annotations

MODEL = """\
# Macrophages in a dish under LPS: they secrete TNF, and IL-10, which turns TNF down again.
# See what it means:  cytokinome explain model.yaml      Check it:  cytokinome validate model.yaml
cytokinome: 1
model: NAME
title: Macrophages in culture under LPS

# Where things happen. kind: culture, plasma, tissue or lymph
compartments:
  well: {kind: culture, volume: 1 mL}

# What is dissolved there. `from: catalogue` fills in the molar mass; every other number carries a source, or `assumed`.
molecules:
  LPS: {in: well, from: catalogue, initial: 10 ng/mL, degrades: {half-life: 24 h, source: assumed}}
  TNF: {in: well, from: catalogue, degrades: {half-life: 6 h, source: assumed}}
  IL10: {in: well, from: catalogue, degrades: {half-life: 24 h, source: assumed}}

# Receptors with the dissociation constant (Kd) of each ligand.
receptors:
  IL10R: {ligands: {IL10: 100 pM}, source: assumed}
  TNFR1: {ligands: {TNF: 19 pM}, source: "doi:10.1073/pnas.95.2.570, abstract"}

# Cells with their states, and how many there are at the start.
cells:
  macrophage:
    in: well
    states: {activation: {resting: 1e6 /mL, active: 0 /mL}}

# Numbers with a name can differ between people (`varies`), be uncertain, and be changed by an experiment.
parameters:
  q_TNF: {value: 1 molecules/cell/s, varies: {lognormal: {cv: 0.4}}, uncertain: {fold: 10}, source: assumed}

# What one cell does: subject, verb, object, `at` a rate, and what changes that rate.
rules:
  - rule: resting macrophage becomes active at 0.5 /h, driven by LPS (half 1 ng/mL, hill 2)
    source: assumed
  - {rule: active macrophage becomes resting after 24 h (4 stages), source: assumed}
  - rule: active macrophage secretes TNF at q_TNF, decreased by IL10 at IL10R (half 48 pM)
    source: assumed
  - rule: active macrophage secretes IL10 at 0.5 molecules/cell/s, driven by TNF at TNFR1 (half 500 pg/mL)
    source: assumed
  - rule: macrophage takes up TNF through TNFR1 at 500 receptors/cell with internalisation 0.1 /min
    source: assumed
"""

EXPERIMENT = """\
# What is asked of the model in model.yaml.      Run it:  cytokinome run experiment.yaml
experiment: NAME
model: model.yaml
time: 0 to 72 h, every 30 min

# The same dish, treated in different ways.
arms:
  LPS: {title: LPS alone}
  no_IL10R: {title: LPS without the IL-10 receptor, knock-out: [IL10R]}

# Virtual donors: parameters with `varies` differ between them.
patients: {count: 20, seed: 1}
measure: {TNF: pg/mL, IL10: pg/mL}

# What should come out. kind: reproduces, calibrated, constructed or predicts
claims:
  - id: il10-turns-tnf-down
    says: Without the receptor of IL-10 there is more TNF over three days
    value: auc(no_IL10R.TNF) / auc(LPS.TNF)
    expect: {above: 1.2}
    of: median
    kind: constructed
    source: "assumed: it follows from one sentence of the model"
"""


def model_text(name: str) -> str:
    """Return the model file of a new folder."""
    return MODEL.replace("NAME", name)


def experiment_text(name: str) -> str:
    """Return the experiment file of a new folder."""
    return EXPERIMENT.replace("NAME", name)
