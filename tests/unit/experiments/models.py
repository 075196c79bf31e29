"""A small model and its kernel, both written by hand: no reader and no compiler is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cytokinome.experiments.protocol import Arm, Dose, Experiment, Patients, Route, TimeGrid
from cytokinome.model.components import (
    Axis,
    Cell,
    CellGroup,
    Compartment,
    Distribution,
    Ligand,
    Loss,
    Model,
    Molecule,
    Parameter,
    Receptor,
    Rule,
    Verb,
)
from cytokinome.model.expressions import parse
from cytokinome.units import CONCENTRATION, RATE, SUBSTANCE, TIME, Dimension, Substance
from tests.unit.engines.kernels import Fake, Output, Slot

__all__ = [
    "Arm",
    "Dose",
    "Patients",
    "Route",
    "experiment",
    "kernel_of",
    "model",
    "molecule",
    "parse",
    "replace",
    "varies",
]

TNF = Substance("TNF", 52e-9)


def varies(kind: str, within: tuple[str, str] | None = None, **numbers: str) -> Distribution:
    """Return a distribution from texts."""
    bounds = (parse(within[0]), parse(within[1])) if within else None
    return Distribution(kind, tuple((k, parse(v)) for k, v in numbers.items()), bounds)


def model(**parameters: Distribution | None) -> Model:
    """TNF in 2 L of blood, lost at k, secreted by macrophages at q; kk is twice k."""
    secretes = Rule("secretion", CellGroup((), "macrophage"), Verb.SECRETES, "TNF", rate=parse("q"))
    return Model(
        "small",
        compartments=(Compartment("blood", "plasma", parse("2 L")),),
        molecules=(
            Molecule(
                "TNF", ("blood",), baseline=(("blood", parse("3 pM")),), molar_mass=parse("52 kDa"),
                losses=(Loss("degrades", "rate", parse("k")),),
            ),
            Molecule("drug", ("blood",), initial=(("blood", parse("0 pM")),)),
        ),
        receptors=(Receptor("TNFR1", (Ligand("TNF", parse("19 pM")),)),),
        cells=(
            Cell("macrophage", ("blood",), (Axis("activation", ("resting", "active"), "resting", (
                ("resting", parse("1e6 cells")), ("active", parse("0 cells")))),)),
        ),
        parameters=(
            Parameter("kk", parse("2 * k"), varies=parameters.get("kk")),
            Parameter("k", parse("0.5 /h"), varies=parameters.get("k"), uncertain_fold=3.0),
            Parameter("q", parse("1e-7 pmol/cell/h"), varies=parameters.get("q")),
        ),
        rules=(secretes,),
    )  # fmt: skip


def molecule(model: Model, id: str) -> Molecule:
    """Return a molecule that is there."""
    return next(m for m in model.molecules if m.id == id)


class Small(Fake):
    """The kernel of `model`, with kk = 2 k."""

    def complete(self, p, overridden=frozenset()):
        """Kk follows k."""
        p = np.array(p, dtype=float)
        if "kk" not in overridden:
            p[0] = 2 * p[1]
        return p


def kernel_of(model: Model) -> Small:
    """Compile by hand: TNF' = production + (1 - block)·q·n/V - k·TNF; drug' = -kk·drug + absorption."""
    names = {"kk": 1.0, "k": 0.5, "q": 1e-7, "body-weight": 70.0}
    dimensions = {"kk": RATE, "k": RATE, "q": SUBSTANCE / Dimension.of(cell=1) / TIME}
    has_baseline = bool(molecule(model, "TNF").baseline)
    if has_baseline:
        names["production(TNF)"] = 0.0
    for name in model.blockable:
        names[f"block({name})"] = 0.0
    makes = any(rule.id == "secretion" for rule in model.rules)
    has_depot = molecule(model, "drug").pk is not None
    states = ("TNF", "drug", "resting macrophage", "active macrophage", *(("drug depot",) if has_depot else ()))

    def derivative(t, y, p):
        open_ = 1 - p.get("block(secretion)", 0.0)
        made = open_ * p["q"] * (y[2] + y[3]) / 2.0 if makes else 0.0
        absorbed = y[4] if has_depot else 0.0
        extra = [-absorbed] if has_depot else []
        return [
            p.get("production(TNF)", 0.0) + made - p["k"] * y[0], -p["kk"] * y[1] + absorbed / 2.0, 0.0, 0.0, *extra
        ]  # fmt: skip

    def start(p):
        return [3.0 if has_baseline else 0.0, 0.0, 1e6, 0.0, *([0.0] if has_depot else [])]

    slots = tuple(Slot(name, dimensions.get(name, Dimension())) for name in names)
    volumes = (2.0, 2.0, 1.0, 1.0, 1.0)
    outputs = tuple(Output(s, CONCENTRATION, None, "pM") for s in states)
    baselines = ((4, 0),) if has_baseline else ()
    return Small(
        states, names, derivative, start, baselines, volumes=volumes, parameters=slots, outputs=outputs,
        scales=(1.0, 1.0, 1e6, 1e6, 1.0)[: len(states)],
    )  # fmt: skip


def experiment(*arms: Arm, count: int = 1, end: float = 10.0, every: float = 1.0, **patients) -> Experiment:
    """Return an experiment over `model`."""
    people = Patients(count, patients.pop("seed", 1), **patients)
    return Experiment("trial", "small", TimeGrid(0.0, end, every), arms or (Arm("control"),), patients=people)
