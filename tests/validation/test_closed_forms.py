"""Trajectories against closed forms: at the engine with kernels written by hand, and through the whole house."""

import numpy as np
import pytest

from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.ode.reference import solve
from cytokinome.experiments import execute
from cytokinome.experiments.prepare import prepare
from cytokinome.experiments.protocol import Arm, Block, CellAction, CellChange, Change, Dose, Route, WashOut
from cytokinome.model.components import (
    Cell,
    CellGroup,
    Compartment,
    Loss,
    Model,
    Molecule,
    Parameter,
    Pharmacokinetics,
    Reaction,
    Rule,
    Verb,
)
from cytokinome.model.expressions import parse
from tests.unit.engines.kernels import Fake, decay
from tests.unit.experiments.models import experiment

TIMES = np.linspace(0.0, 12.0, 49)


def solved(kernel, *entries, rtol=1e-9):
    """The first state of one patient."""
    schedule = Schedule.of([Entry(t, a, s, np.array([v])) for t, a, s, v in entries])
    return solve(kernel, kernel.defaults()[None], schedule, TIMES, select=[0], rtol=rtol).values[0, :, 0]


# ---------------------------------------------------------------------------------------------------- engine alone
def test_repeated_bolus_accumulates_geometrically():
    """After dose n the level is (1 - r^n)/(1 - r) with r = e^(-k tau)."""
    level = solved(decay(x0=0.0), *((2.0 * i, Action.ADD, 0, 1.0) for i in range(6)))
    r = np.exp(-0.5 * 2.0)
    assert level[::8][:6] == pytest.approx([(1 - r ** (n + 1)) / (1 - r) for n in range(6)], rel=1e-7)


def test_infusion_rises_and_falls():
    """R/k (1 - e^(-kt)) while it runs, then decay."""
    level = solved(decay(x0=0.0), (1.0, Action.RATE_ON, 0, 2.0), (5.0, Action.RATE_OFF, 0, 2.0))
    rise = 4 * (1 - np.exp(-0.5 * np.clip(TIMES - 1, 0, 4)))
    assert level == pytest.approx(rise * np.exp(-0.5 * np.clip(TIMES - 5, 0, None)), rel=1e-6, abs=1e-9)


def test_logistic_growth():
    """X' = X (1 - X/K)."""
    kernel = Fake(("X",), {}, lambda t, y, p: [y[0] * (1 - y[0] / 50)], lambda p: [1.0])
    assert solved(kernel) == pytest.approx(50 / (1 + 49 * np.exp(-TIMES)), rel=1e-6)


def test_error_falls_with_the_tolerance():
    """Three decades of tolerance gain at least two of accuracy, and the error stays near the tolerance."""
    kernel = Fake(("X", "Y"), {}, lambda t, y, p: [y[1], -y[0]], lambda p: [1.0, 0.0])
    errors = [np.abs(solved(kernel, rtol=rtol) - np.cos(TIMES)).max() for rtol in (1e-4, 1e-7)]
    assert errors[1] < errors[0] / 100
    assert errors[1] < 1e-5


# ----------------------------------------------------------------------------------------------- the whole house
def culture(**parts):
    """TNF (52 kDa, k = 0.5 /h) in 2 L with 1e6 resting cells that do what the rules say."""
    tnf = Molecule(
        "TNF", ("well",), initial=(("well", parse("4 pM")),), molar_mass=parse("52 kDa"),
        losses=(Loss("degrades", "rate", parse("k")),),
    )  # fmt: skip
    empty = {
        "compartments": (Compartment("well", "culture", parse("2 L")),),
        "molecules": (tnf,),
        "cells": (Cell("macrophage", ("well",), initial=(("well", parse("1e6 cells")),)),),
        "parameters": (Parameter("k", parse("0.5 /h")),),
    }
    return Model("culture", **(empty | parts))


def curve(model, arm, name, end=10.0):
    """Times and one curve of the typical person."""
    (run,) = execute.run(model, experiment(arm, every=0.25, end=end), rtol=1e-9).arms
    assert run.typical.outcomes[0].status == "completed", run.typical.outcomes[0].sentence
    return run.typical.times, run.typical.values[0, :, run.typical.outputs.index(name)]


MACROPHAGE = CellGroup((), "macrophage")


def test_first_order_loss():
    """4 pM · e^(-kt)."""
    times, level = curve(culture(), Arm("a"), "TNF")
    assert level == pytest.approx(4 * np.exp(-0.5 * times), rel=1e-6)


def test_bolus_by_mass():
    """104 ng of a 52 kDa molecule in 2 L add 1e6 pM."""
    dose = Dose("TNF", None, 0.0, parse("104 ug"))
    times, level = curve(culture(), Arm("a", doses=(dose,)), "TNF")
    assert level == pytest.approx((4 + 1e3) * np.exp(-0.5 * times), rel=1e-6)


def test_wash_out_and_change():
    """Zero after a wash-out; a dose at the same time stays; a changed k applies at once."""
    arm = Arm(
        "a", doses=(Dose("TNF", None, 2.0, parse("6 pM")),), wash_out=(WashOut(("TNF",), 2.0),),
        change=(Change("k", parse("1 /h"), 4.0),),
    )  # fmt: skip
    times, level = curve(culture(), arm, "TNF")
    expected = np.where(times < 2, 4 * np.exp(-0.5 * times), 6 * np.exp(-0.5 * np.clip(times - 2, 0, 2)))
    # what is left at the end is below the absolute tolerance, 1e-8 of the scale of TNF
    assert level == pytest.approx(expected * np.exp(-np.clip(times - 4, 0, None)), rel=1e-6, abs=4e-8)


def test_secretion_reaches_its_plateau_and_can_be_blocked():
    """The plateau is n q/(V k) with n = 1e6, q = 1e-6 pmol/cell/h; half of it with half the rule blocked."""
    rule = Rule("secretion", MACROPHAGE, Verb.SECRETES, "TNF", rate=parse("1e-6 pmol/cell/h"))
    _, level = curve(culture(rules=(rule,)), Arm("a"), "TNF", end=60.0)
    assert level[-1] == pytest.approx(1.0, rel=1e-7)
    _, half = curve(culture(rules=(rule,)), Arm("a", block=(Block("secretion", fraction=0.5),)), "TNF", end=60.0)
    assert half[-1] == pytest.approx(0.5, rel=1e-7)


def test_cells_die_and_are_added_and_removed():
    """e^(-dt) of 1e6; 5e5 more at 2 h; half of them gone at 4 h."""
    rule = Rule("death", MACROPHAGE, Verb.DIES, rate=parse("0.1 /h"))
    cells = (
        CellChange(MACROPHAGE, CellAction.ADD, 2.0, amount=parse("250 /mL")),
        CellChange(MACROPHAGE, CellAction.REMOVE, 4.0, fraction=0.5),
    )
    times, number = curve(culture(rules=(rule,)), Arm("a", cells=cells), "count(macrophage)")
    expected = 1e6 * np.exp(-0.1 * times) + np.where(times >= 2, 5e5 * np.exp(-0.1 * (times - 2)), 0)
    assert number == pytest.approx(expected * np.where(times >= 4, 0.5, 1.0), rel=1e-7)


def test_reversible_binding_reaches_equilibrium():
    """4 pM of each partner with Kd = 1 pM: bound = (9 - sqrt(17))/2."""
    binding = Reaction("b", (("TNF", 1), ("drug", 1)), (("bound", 1),), True, (
        ("kon", parse("1 /(pM*h)")), ("koff", parse("1 /h"))))  # fmt: skip
    base = culture(parameters=(Parameter("k", parse("0 /h")),))
    drug = Molecule("drug", ("well",), initial=(("well", parse("4 pM")),))
    bound = Molecule("bound", ("well",), composition=("TNF", "drug"))
    model = culture(parameters=base.parameters, molecules=(*base.molecules, drug, bound), reactions=(binding,))
    _, level = curve(model, Arm("a"), "bound", end=50.0)
    assert level[-1] == pytest.approx((9 - np.sqrt(17)) / 2, rel=1e-7)


def test_bateman_curve_of_a_subcutaneous_dose():
    """F·D/V · ka/(ka - k) (e^(-kt) - e^(-ka t)), 1 h late."""
    dose = Dose("TNF", None, 0.0, parse("8 pmol"), route=Route.SUBCUTANEOUS, ka=parse("2 /h"), F=parse("50 %"), lag=1.0)
    times, level = curve(culture(), Arm("a", doses=(dose,)), "TNF")
    late = np.clip(times - 1, 0, None)
    absorbed = 2 * 2 / 1.5 * (np.exp(-0.5 * late) - np.exp(-2 * late))
    assert level == pytest.approx(4 * np.exp(-0.5 * times) + absorbed, rel=1e-6)


def test_two_compartment_kinetics_of_a_drug():
    """Central volume 2 L with CL 1 L/h, and Q 0.5 L/h to V2 4 L: the biexponential of the textbook."""
    constants = (("CL", "1 L/h"), ("V1", "2 L"), ("Q", "0.5 L/h"), ("V2", "4 L"))
    pk = Pharmacokinetics(2, tuple((key, parse(value)) for key, value in constants))
    drug = Molecule("drug", ("well",), molar_mass=parse("150 kDa"), pk=pk)
    arm = Arm("a", doses=(Dose("drug", None, 0.0, parse("20 pmol")),))
    times, level = curve(culture(molecules=(*culture().molecules, drug)), arm, "drug")
    matrix = np.array([[-0.75, 0.25], [0.125, -0.125]])
    values, vectors = np.linalg.eig(matrix)
    weights = np.linalg.solve(vectors, [10.0, 0.0])
    expected = (vectors[0] * weights) @ np.exp(np.outer(values, times))
    assert level == pytest.approx(expected, rel=1e-6)


def test_amounts_are_conserved_by_the_compiled_kernel():
    """Binding without loss keeps the total of each partner to rounding."""
    binding = Reaction("b", (("TNF", 1), ("drug", 1)), (("bound", 1),), True, (
        ("kon", parse("3 /(pM*h)")), ("koff", parse("1 /h"))))  # fmt: skip
    model = culture(
        parameters=(Parameter("k", parse("0 /h")),),
        molecules=(
            *culture().molecules, Molecule("drug", ("well",), initial=(("well", parse("9 pM")),)),
            Molecule("bound", ("well",)),
        ),
        reactions=(binding,),
    )  # fmt: skip
    (run,) = execute.run(model, experiment(Arm("a"), every=0.25)).arms
    free, bound = (run.typical.values[0, :, run.typical.outputs.index(n)] for n in ("TNF", "bound"))
    assert free + bound == pytest.approx(4.0, rel=1e-12)


def test_kernel_digest_is_that_of_the_model():
    """Arms of one structure run on one kernel."""
    arms = prepare(culture(), experiment(Arm("a"), Arm("b", doses=(Dose("TNF", None, 0.0, parse("1 pM")),))))
    assert arms[0].kernel is arms[1].kernel
    assert arms[0].kernel.digest == compile_model(culture()).digest
