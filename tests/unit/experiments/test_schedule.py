"""Doses and timed changes as schedules."""

import numpy as np
import pytest

from cytokinome.diagnostics import Collector
from cytokinome.engines.base import Action
from cytokinome.experiments.interventions import intervene
from cytokinome.experiments.protocol import Arm, Block, CellAction, CellChange, Change, Dose, Route, TimeGrid, WashOut
from cytokinome.experiments.schedule import arm_values, build_schedule, check_arm
from cytokinome.model.components import CellGroup, Molecule, Reaction
from tests.unit.experiments.models import kernel_of, model, parse, replace

TIMES = TimeGrid(0.0, 10.0, 1.0)


def lines(arm, patients=1, weights=None, **options):
    """The entries of an arm as (time, action, name of the slot, values)."""
    found = Collector()
    changed = intervene(model(), arm, found)
    kernel = kernel_of(changed)
    parameters = np.tile(kernel.defaults(), (patients, 1))
    if weights is not None:
        parameters[:, 3] = weights
    check_arm(changed, arm, TIMES, found)
    schedule = build_schedule(kernel, changed, arm, TIMES, parameters, found, **options)
    assert not found.report().diagnostics, found.report().render()
    names = [slot.name for slot in kernel.parameters]
    return [
        (e.time, str(e.action), (names if e.action is Action.PARAMETER else kernel.states)[e.slot], e.value.tolist())
        for e in schedule.entries
    ]


def dose(amount=None, **keys):
    """An arm with one dose of TNF."""
    of = keys.pop("of", "TNF")
    rate = keys.pop("rate", None)
    keys.setdefault("at", 1.0)
    return Arm("a", doses=(Dose(of, keys.pop("into", None), keys.pop("at"), amount and parse(amount),
                                rate and parse(rate), **keys),))  # fmt: skip


def codes(arm):
    """What is wrong with an arm, before anything is compiled."""
    found = Collector()
    changed = intervene(model(), arm, found)
    check_arm(changed, arm, TIMES, found)
    return [d.code for d in found.report().errors]


@pytest.mark.parametrize(
    ("amount", "step"),
    [
        ("4 pmol", 2.0),
        ("104 ng", 104e-9 / 52e-9 / 2),
        ("602214076000 molecules", 0.5),
        ("5 pM", 5.0),
        ("52 pg/mL", 1.0),
        ("2 pmol/kg", 70.0),
        ("52 ng/kg", 35.0),
        ("4 pmol + 2 * 1 pmol", 3.0),
        ("0 pmol", 0.0),
    ],
)
def test_bolus_is_a_step_of_concentration(amount, step):
    """Amounts go through molar mass, weight and volume (2 L); concentrations are the step itself."""
    ((time, action, state, values),) = lines(dose(amount))
    assert (time, action, state) == (1.0, "add", "TNF")
    assert values == pytest.approx([step])


def test_dose_per_weight_differs_between_patients():
    """A person of twice the weight gets twice the amount."""
    ((*_, values),) = lines(dose("2 pmol/kg"), patients=2, weights=[50.0, 100.0])
    assert values == pytest.approx([50.0, 100.0])


def test_infusion_by_rate_and_by_amount():
    """2 pmol/h for 3 h and 6 pmol over 3 h are the same entries."""
    by_rate = lines(dose(rate="2 pmol/h", duration=3.0, route=Route.INFUSION))
    by_amount = lines(dose("6 pmol", duration=3.0, route=Route.INFUSION))
    assert by_rate == by_amount == [(1.0, "rate-on", "TNF", [1.0]), (4.0, "rate-off", "TNF", [1.0])]


def test_infusion_per_weight_and_hour():
    """52 ng/kg/min are 1 pmol/kg/min: 70 · 60 / 2 L."""
    entries = lines(dose(rate="52 ng/kg/min", duration=1.0, route=Route.INFUSION))
    assert entries[0][3] == pytest.approx([70 * 60 / 2])


def test_repeated_doses_and_lag():
    """Three doses every 2 h, each half an hour late; those after the end never arrive."""
    times = [e[0] for e in lines(dose("4 pmol", every=2.0, times=3, lag=0.5))]
    assert times == [1.5, 3.5, 5.5]
    assert [e[0] for e in lines(dose("4 pmol", at=9.0, lag=2.0))] == []


def test_subcutaneous_dose_goes_into_the_depot_in_full():
    """The kernel applies the bioavailability, so the schedule must not."""
    arm = dose("4 pmol", of="drug", route=Route.SUBCUTANEOUS, ka=parse("1 /h"), F=parse("50 %"))
    assert lines(arm) == [(1.0, "add", "drug depot", [4.0])]


def test_bioavailability_of_other_routes_is_applied():
    """Half of a bolus arrives."""
    assert lines(dose("4 pmol", F=parse("50 %")))[0][3] == pytest.approx([1.0])


def test_blocks_become_parameters_and_overlaps_take_the_larger():
    """Whole-run default, an end, and two overlapping blocks."""
    assert lines(Arm("a", block=(Block("TNF"),))) == [(0.0, "parameter", "block(TNF)", [1.0])]
    arm = Arm("a", block=(Block("TNF", 1.0, 6.0, 0.5), Block("TNF", 2.0, 4.0, 0.9)))
    assert [(e[0], e[3][0]) for e in lines(arm)] == [(1.0, 0.5), (2.0, 0.9), (4.0, 0.5), (6.0, 0.0)]


def test_change_takes_dependent_parameters_along():
    """K from 0.5 to 1 per hour makes kk = 2 k follow, unless kk was set by hand."""
    arm = Arm("a", change=(Change("k", parse("1 /h"), 3.0),))
    assert lines(arm) == [(3.0, "parameter", "kk", [2.0]), (3.0, "parameter", "k", [1.0])]
    assert lines(arm, fixed=frozenset({"kk"})) == [(3.0, "parameter", "k", [1.0])]


def test_change_asks_for_each_patients_own_value():
    """`redraw` turns the new centre into values per patient."""
    arm = Arm("a", change=(Change("q", parse("2e-7 pmol/cell/h"), 3.0),))
    entries = lines(arm, patients=2, redraw=lambda name, centre: centre * np.array([1.0, 3.0]))
    assert entries == [(3.0, "parameter", "q", [2e-7, pytest.approx(6e-7)])]


def test_wash_out_comes_before_a_dose_at_the_same_time():
    """A dose with a wash-out goes into the fresh medium."""
    arm = replace(dose("4 pmol", at=6.0), wash_out=(WashOut(("TNF", "drug"), 6.0),))
    assert [e[1:3] for e in lines(arm)] == [("set", "TNF"), ("set", "drug"), ("add", "TNF")]


def cells(action, **keys):
    """An arm that changes macrophages."""
    states = keys.pop("states", ("active",))
    group = CellGroup(states, "macrophage")
    return Arm("a", cells=(CellChange(group, action, 2.0, **keys),))


@pytest.mark.parametrize(
    ("amount", "number"), [("1e5 cells", 1e5), ("1e5", 1e5), ("1e5 /mL", 2e8), ("1e5 cells/mL", 2e8)]
)
def test_cells_are_added_as_numbers_or_densities(amount, number):
    """A density is multiplied by the volume of 2 L; bare numbers are cells."""
    ((time, action, state, values),) = lines(cells(CellAction.ADD, amount=parse(amount)))
    assert (time, action, state, values) == (2.0, "add", "active macrophage", pytest.approx([number]))


def test_cells_are_removed_as_fraction_or_number():
    """A fraction scales all members of the group; a number is taken from one population."""
    entries = lines(cells(CellAction.REMOVE, states=(), fraction=0.25))
    assert [e[1:] for e in entries] == [("scale", f"{s} macrophage", [0.75]) for s in ("resting", "active")]
    assert lines(cells(CellAction.REMOVE, amount=parse("10 cells")))[0][1:] == ("add", "active macrophage", [-10.0])


def test_parameters_of_an_arm_are_canonical():
    """Per minute becomes per hour; an expression reads the model's values."""
    arm, m = Arm("a", parameters=(("k", parse("1 /min")), ("kk", parse("3 * k")))), model()
    values = arm_values(kernel_of(m), m, arm, kernel_of(m).defaults(), Collector())
    assert values == {"k": pytest.approx(60.0), "kk": pytest.approx(1.5)}


@pytest.mark.parametrize(
    ("arm", "code"),
    [
        (dose("4 pmol", of="TFN"), "UNKNOWN_NAME"),
        (dose("4 pmol", into="bloods"), "UNKNOWN_NAME"),
        (dose("4 h"), "DIMENSION_MISMATCH"),
        (dose("4 pmol/h"), "DIMENSION_MISMATCH"),
        (dose("4"), "MISSING_UNIT"),
        (dose("-4 pmol"), "NEGATIVE_VALUE"),
        (dose("4 pmol", at=11.0), "OUTSIDE_TIME"),
        (dose("4 pmol", at=-1.0), "OUTSIDE_TIME"),
        (dose("4 pmol", at=8.0, every=2.0, times=3), "OUTSIDE_TIME"),
        (dose("4 ng", of="drug"), "MISSING_MOLAR_MASS"),
        (dose("4 IU"), "MISSING_ACTIVITY"),
        (dose("4 pmol", route=Route.SUBCUTANEOUS), "MISSING_CONSTANT"),
        (dose("4 pM", of="drug", route=Route.SUBCUTANEOUS, ka=parse("1 /h")), "BAD_INTERVENTION"),
        (dose("4 pmol", F=parse("2")), "BAD_VALUE"),
        (dose("ten * 4 pmol"), "UNKNOWN_NAME"),
        (dose(), "MISSING_KEY"),
        (Arm("a", parameters=(("kx", parse("1 /h")),)), "UNKNOWN_NAME"),
        (Arm("a", parameters=(("k", parse("1 pM")),)), "DIMENSION_MISMATCH"),
        (Arm("a", change=(Change("k", parse("1 /h"), 12.0),)), "OUTSIDE_TIME"),
        (Arm("a", change=(Change("K", parse("1 /h"), 2.0),)), "UNKNOWN_NAME"),
        (Arm("a", block=(Block("TNFR2"),)), "UNKNOWN_NAME"),
        (Arm("a", block=(Block("TNF", 1.0, 20.0),)), "OUTSIDE_TIME"),
        (Arm("a", wash_out=(WashOut(("TNf",), 2.0),)), "UNKNOWN_NAME"),
        (cells(CellAction.ADD, states=(), amount=parse("10 cells")), "AMBIGUOUS_NAME"),
        (cells(CellAction.ADD, states=("angry",), amount=parse("10 cells")), "UNKNOWN_NAME"),
        (cells(CellAction.ADD, amount=parse("-10 cells")), "NEGATIVE_VALUE"),
        (cells(CellAction.ADD, amount=parse("10 pM")), "DIMENSION_MISMATCH"),
        (cells(CellAction.REMOVE, states=(), amount=parse("10 cells")), "BAD_INTERVENTION"),
    ],
)
def test_faults_are_found_before_anything_is_compiled(arm, code):
    """Each mistake has one finding with its code."""
    assert codes(arm) == [code]


def test_washing_out_half_of_a_quasi_equilibrium_is_refused():
    """What is bound could not be said to stay or go."""
    pair = Reaction(
        "binding", (("TNF", 1), ("drug", 1)), (("bound", 1),), True, (("Kd", parse("1 pM")),), is_quasi_equilibrium=True
    )
    base = replace(model(), reactions=(pair,), molecules=(*model().molecules, Molecule("bound", ("blood",))))
    for names, expected in ((("TNF",), ["UNSUPPORTED_FEATURE"]), (("TNF", "drug", "bound"), [])):
        found = Collector()
        check_arm(base, Arm("a", wash_out=(WashOut(names, 2.0),)), TIMES, found)
        assert [d.code for d in found.report().errors] == expected


def test_dose_that_is_negative_for_one_patient_is_refused_when_built():
    """An expression of parameters is judged with the patients' values."""
    found, m, arm = Collector(), model(), dose("1 pmol * (60 - 1 /h / k)")
    parameters = np.tile(kernel_of(m).defaults(), (2, 1))
    parameters[1, 1] = 0.01
    build_schedule(kernel_of(m), m, arm, TIMES, parameters, found)
    assert [d.code for d in found.report().errors] == ["NEGATIVE_VALUE"]
