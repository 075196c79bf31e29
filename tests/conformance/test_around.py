"""What stands around the right-hand side: notes, start, baselines, switches, sample points of the law near zero."""

import numpy as np
import pytest

from tests.conformance.harness import MOLECULE, TARGETS, V, kernel_of, output, parameters, stages_of
from tests.conformance.sentences import chemistry, events, exchange, fates, modifiers


@pytest.fixture(params=TARGETS)
def target(request):
    """A target of the compiler."""
    return request.param


def start_of(target, text):
    """Initial values by state."""
    kernel = kernel_of(target, text)
    return dict(zip(kernel.states, kernel.initial(kernel.defaults()), strict=True))


def test_geometry_is_listed():
    """Sentences about space are named in the notes, each once, and have no process."""
    network = stages_of(events.moves_and_adheres.text).network
    notes = [d for d in network.notes.diagnostics if d.code == "GEOMETRY_ONLY"]
    assert len(notes) == 3
    assert len(network.geometry_only) == 3
    assert network.processes == ()


def test_cells_start_at_stage_one(target):
    """Starting means stage 1; densities count the cells of the volume."""
    start = start_of(target, fates.becomes_after_stages.text)
    assert start["resting macrophage"] == pytest.approx(1e6, rel=1e-14)
    assert [start[f"active macrophage [{i}/4]"] for i in (1, 2, 3, 4)] == pytest.approx([1e5, 0, 0, 0], rel=1e-14)


def test_totals_start_at_number_times_initial(target):
    """A = n·x_initial; R of a cell that produces it starts at ρ, complexes at zero."""
    start = start_of(target, fates.differentiates.text)
    assert start["Y in monocyte"] == pytest.approx(1e6 * 100 * MOLECULE, rel=1e-14)
    assert start["Y in macrophage"] == 0
    start = start_of(target, exchange.binds_what_is_produced.text)
    assert start["IL2R in tcell"] == pytest.approx(1e6 * 1000 * MOLECULE, rel=1e-14)
    assert start["IL2.IL2R in tcell"] == 0


def test_quasi_equilibrium_starts_at_its_totals(target):
    """T_X = X + C: both are declared before the equilibrium is reached."""
    text = chemistry.quasi_equilibrium.text.replace("C: {in: well,", "C: {in: well, initial: 4 pM,")
    start = start_of(target, text)
    assert start == pytest.approx({"total X": 14.0, "total D": 54.0}, rel=1e-14)


def test_free_and_bound_in_quasi_equilibrium(target):
    """X·D = Kd·C holds for the concentrations that are observed, and they add to the totals."""
    kernel = kernel_of(target, chemistry.quasi_equilibrium.text)
    p = kernel.defaults()
    for totals in ([10.0, 50.0], [1e-3, 1e4], [3e4, 2e-2], [5.0, 0.0]):
        y = np.array(totals)
        X, D, C = (output(kernel, name, 0.0, y, p) for name in ("X", "D", "C"))
        assert pytest.approx(20 * C, rel=1e-8) == X * D
        assert pytest.approx(totals, rel=1e-14) == [X + C, D + C]


def test_a_dose_of_a_drug_spreads_in_its_own_volume(target):
    """An amount added to a drug with `pk` is divided by V1; a depot takes the amount itself."""
    kernel = kernel_of(target, chemistry.one_compartment_with_absorption.text)
    p = kernel.defaults()
    volumes = {name: kernel.volume(i, p) for i, name in enumerate(kernel.states)}
    assert volumes == pytest.approx({"drug": 4.0, "drug depot": 1.0}, rel=1e-14)


def test_volumes_scale_with_body_weight(target):
    """A volume per kg is that of the patient."""
    kernel = kernel_of(target, chemistry.per_body_weight.text)
    p = parameters(kernel, {"body-weight": 50.0})
    assert kernel.volume(kernel.states.index("TNF"), p) == pytest.approx(2.0, rel=1e-14)


def test_baseline_names_its_production(target):
    """The production slot that holds a baseline is named with its state, which starts there: 6 pg/mL of 20 kDa."""
    kernel = kernel_of(target, chemistry.baseline.text)
    ((slot, state),) = kernel.baselines
    assert (kernel.parameters[slot].name, kernel.states[state]) == ("production(IL6)", "IL6")
    assert kernel.initial(kernel.defaults())[state] == pytest.approx(0.3, rel=1e-12)


def test_a_condition_is_a_located_switch(target):
    """`only when A > 0.5 pM` gives a function of the state that changes sign exactly there."""
    kernel = kernel_of(target, modifiers.only_when.text)
    p, y = kernel.defaults(), kernel.initial(kernel.defaults())
    signs = []
    for level in (0.4, 0.5 - 1e-9, 0.5 + 1e-9, 0.6):
        y[kernel.states.index("A")] = level
        signs.append(np.sign(kernel.switches(0.0, y, p)))
    signs = np.array(signs)
    assert signs.shape == (4, 1)
    assert signs[0] == signs[1] == -signs[2] == -signs[3] != 0


@pytest.mark.parametrize("name", ["driven", "driven_hill_2", "driven_hill_not_whole"])
def test_a_signal_below_zero_counts_as_zero(target, name):
    """Rounding may put a concentration below zero; the odds are of max(s, 0)."""
    kernel = kernel_of(target, getattr(modifiers, name).text)
    p, y = kernel.defaults(), kernel.initial(kernel.defaults())
    y[kernel.states.index("A")] = -1e-3
    assert kernel.rhs(0.0, y, p)[kernel.states.index("X")] == 0
    assert np.isfinite(kernel.jacobian(0.0, y, p)).all()


def test_outputs_of_a_rule(target):
    """H, the number of subjects and the flux of a rule can be observed."""
    kernel = kernel_of(target, modifiers.driven.text)
    p, y = kernel.defaults(), kernel.initial(kernel.defaults())
    y[kernel.states.index("A")] = 40.0
    values = [output(kernel, f"{what}", 0.0, y, p) for what in ("H(cell-secretes-X, driven)", "n(cell-secretes-X)")]
    assert values == pytest.approx([0.5, 1e6], rel=1e-12)
    rate = output(kernel, "rate(cell-secretes-X)", 0.0, y, p)
    assert rate == pytest.approx(1e6 * 3 * MOLECULE * 3600 * 0.5, rel=1e-12)
    assert kernel.rhs(0.0, y, p)[kernel.states.index("X")] == pytest.approx(rate / V, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count(macrophage)", 1.15e6),
        ("count(active macrophage)", 1.5e5),
        ("density(active macrophage)", 1.5e8),
        ("count(resting macrophage)", 1e6),
    ],
)
def test_populations_are_observed_over_their_stages(target, name, value):
    """A count adds all stages and states that belong to the group."""
    kernel = kernel_of(target, fates.becomes_after_stages.text)
    p, y = kernel.defaults(), kernel.initial(kernel.defaults())
    y[kernel.states.index("active macrophage [3/4]")] = 5e4
    assert output(kernel, name, 0.0, y, p) == pytest.approx(value, rel=1e-14)


def test_the_mean_inside_is_over_all_cells(target):
    """`mean(cell.Y)` weighs states by their numbers."""
    kernel = kernel_of(target, fates.becoming_carries_what_is_inside.text)
    y = np.array([{"resting macrophage": 3e5, "active macrophage": 1e5}.get(s, 0.0) for s in kernel.states])
    y[kernel.states.index("Z in resting macrophage")] = 3e5 * 2.0
    y[kernel.states.index("Z in active macrophage")] = 1e5 * 6.0
    assert output(kernel, "mean(macrophage.Z)", 0.0, y, kernel.defaults()) == pytest.approx(3.0, rel=1e-7)
    assert output(kernel, "mean(active macrophage.Z)", 0.0, y, kernel.defaults()) == pytest.approx(6.0, rel=1e-7)


def test_an_empty_population_has_its_initial_inside(target):
    """With no cells x is x_initial, so nothing is undefined."""
    kernel = kernel_of(target, fates.becoming_carries_what_is_inside.text)
    y = np.zeros(len(kernel.states))
    assert output(kernel, "mean(active macrophage.Z)", 0.0, y, kernel.defaults()) == pytest.approx(3.0, rel=1e-12)
