"""The published models that benchmarks run are the published models.

Expected values are those of libRoadRunner 2.10.0 at rtol 1e-12 on the authors' equations, as the PEtab collection holds
them, with its nominal parameters; in the units published there.
"""

import math

import numpy as np
import pytest

from benchmarks import problems, tables
from benchmarks.measure import Measured, Run
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import reference
from cytokinome.model.load import check_text

# model: index of the first of two output points, and the values of states there and at the end
EXPECTED = {
    "perelson": (
        50,
        {
            "Tstar": (3168.481142, 496.3184629),
            "Vin": (1374.832309, 1.016217212),
            "Vni": (521554.1447, 82518.66668),
        },
    ),
    "boehm": (
        50,
        {
            "STAT5A": (33.84276849, 65.27547859),
            "pApB@cyt": (6.756329887, 1.445317686),
            "pApA@nuc": (117.2308257, 65.94697782),
            "pApB@nuc": (86.81563688, 108.1158329),
        },
    ),
    "raia": (
        50,
        {
            "Rec": (1.072713921, 1.042121966),
            "p_IL13_Rec": (0.1893047913, 0.1839062119),
            "pJAK2": (1.843036162, 1.25410887),
            "pSTAT5": (98.92939347, 85.96134731),
            "SOCS3mRNA": (627.6653497, 1426.34673),
            "SOCS3": (142.0469209, 252.3148907),
        },
    ),
    "bachmann": (
        50,
        {
            "EpoRpJAK2": (0.1221791848, 0.1236454293),
            "p12EpoRpJAK2": (0.02057684068, 0.021728452),
            "SHP1Act": (0.1673236738, 0.1784193198),
            "pSTAT5@cyt": (7.394078735, 7.955106412),
            "pSTAT5@nuc": (3.965762215, 4.160564473),
            "CISnRNA5": (396.2816304, 356.0918528),
            "CIS": (23.77083966, 16.95026373),
            "SOCS3": (8.803934471, 6.662883215),
        },
    ),
    "crauste": (
        20,
        {
            "Naive": (114.5244967, 1.396924722e-06),
            "EarlyEffector": (915.8828456, 1.844853414),
            "LateEffector": (646.8120825, 6074.656922),
            "Memory": (22.82265336, 19813.66734),
            "Pathogen": (3.22851486, 1.812692307e-06),
        },
    ),
}
# A typical patient of Crauste's just escapes growth without bound: at the end an error is a million times larger.
TOLERANCE = {"crauste": 3e-2}
N_STATES = {"perelson": 3, "crauste": 5, "boehm": 8, "raia": 14, "bachmann": 25}


@pytest.fixture(scope="module", params=sorted(problems.PUBLISHED))
def solved(request):
    """A problem and the solution [time, state] of its typical patient, in published units."""
    problem = problems.load(request.param)
    kernel = problem.stages.kernel
    found = reference.solve(
        kernel, problem.patients(1), Schedule(), problem.times, select=problem.select, rtol=1e-9, atol_factor=1e-11
    )
    return problem, found.values[0] / problem.scale()


def test_models_have_no_fault():
    """Every model is accepted without an error, and has the states of the publication."""
    for name, n_states in N_STATES.items():
        problem = problems.load(name)
        report = check_text(problem.text, f"{name}.yaml").report
        assert report.errors == (), report.render()
        assert len(problem.stages.kernel.states) == n_states


def test_solutions_are_the_published_ones(solved):
    """States at two times meet those of another tool on the original file."""
    problem, values = solved
    index, expected = EXPECTED[problem.name]
    states = problem.stages.kernel.states
    for state, (early, late) in expected.items():
        course = values[:, states.index(state)]
        assert course[index] == pytest.approx(early, rel=1e-6), state
        assert course[-1] == pytest.approx(late, rel=TOLERANCE.get(problem.name, 1e-6)), state


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("boehm", {"STAT5A": 1.4, "pApB@cyt": 1.4, "pApA@cyt": 2.8, "pApB@nuc": 0.45, "pApA@nuc": 0.9}),
        ("boehm", {"STAT5B": 1.4, "pApB@cyt": 1.4, "pBpB@cyt": 2.8, "pApB@nuc": 0.45, "pBpB@nuc": 0.9}),
        ("raia", {"STAT5": 1.0, "pSTAT5": 1.0}),
        ("raia", {"JAK2": 1.0, "pJAK2": 1.0}),
        ("bachmann", {"STAT5": 0.4, "pSTAT5@cyt": 0.4, "pSTAT5@nuc": 0.275}),
        ("bachmann", {"SHP1": 1.0, "SHP1Act": 1.0}),
    ],
)
def test_amounts_are_conserved(name, weights):
    """The volumes of the compartments are honoured: amounts of a protein over all its forms do not change."""
    problem = problems.load(name)
    kernel = problem.stages.kernel
    p, total = kernel.defaults(), np.zeros(len(kernel.states))
    for state, weight in weights.items():
        total[kernel.states.index(state)] = weight
    y = problem.scale() * np.linspace(1.0, 2.0, len(total))
    derivative = kernel.rhs(0.5, y, p)
    assert abs(total @ derivative) <= 1e-14 * (np.abs(total) @ np.abs(derivative))


def test_patients_are_reproducible():
    """The first patient is typical, only marked parameters vary, and a larger cohort begins with the smaller one."""
    problem = problems.load("boehm")
    few, many = problem.patients(3), problem.patients(5)
    np.testing.assert_array_equal(few, many[:3])
    np.testing.assert_array_equal(few[0], problem.stages.kernel.defaults())
    columns = zip(problem.stages.kernel.parameters, few.T, strict=True)
    different = [slot.name for slot, column in columns if np.ptp(column)]
    assert set(different) == set(problem.varied_names)


def test_error_is_relative_to_the_largest_value():
    """|y − ref| / (|ref| + 1e-3·max|ref| + 1e-8), the largest over times and states; not finite is infinite."""
    exact = np.array([[1.0, 0.0], [1e-9, 0.0]])
    found = exact + np.array([[0.0, 0.0], [1e-6, 0.0]])
    assert problems.error(found, exact) == pytest.approx(1e-6 / (1e-9 + 1e-3 + 1e-8))
    assert problems.error(np.full((2, 2), np.nan), exact) == math.inf


def test_ratios_compare_at_equal_tolerance_and_at_equal_error():
    """At equal error our cheapest run counts that is at least as exact as the peer's."""
    peer = tables.Row("m", "peer", 1.0, Measured(1.0, 1.0, (Run(1e-6, 1000.0, 1e-4, 20),)))
    ours = tables.Row("m", "ours", 1.0, Measured(1.0, 1.0, (Run(1e-5, 10.0, 5e-5, 20), Run(1e-6, 20.0, 1e-6, 20))))
    lines = list(tables.ratios([ours, peer], "ours"))
    found = [line.split()[1:] for line in lines if line.startswith("peer  ")]
    assert found == [["50", "50"], ["100", "100"]]


def test_tables_say_why_a_tool_is_missing():
    """A tool that is not installed is a line of the table."""
    lines = list(tables.table([tables.Row("m", "peer", why_not="not installed")]))
    assert lines[1].split() == ["peer", "not", "installed"]
