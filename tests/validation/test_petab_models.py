"""The published models that benchmarks run, as their files in SBML mean them.

``CYTOKINOME_SUITES`` names the folder that holds `petab`; without it these tests are skipped. Expected values are those
of libRoadRunner 2.10.0 at rtol 1e-12 on the same files, with the nominal parameters of the collection.
"""

import numpy as np
import pytest

from benchmarks import problems
from benchmarks.collection import suites
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import reference

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
            "pApB": (6.756329887, 1.445317686),
            "nucpApA": (117.2308257, 65.94697782),
            "nucpApB": (86.81563688, 108.1158329),
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
            "pSTAT5": (7.394078735, 7.955106412),
            "npSTAT5": (3.965762215, 4.160564473),
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
N_STATES = {"perelson": 4, "crauste": 5, "boehm": 8, "raia": 14, "bachmann": 25}


def load(name):
    """The problem of a name; skips the test without the collection."""
    collection = suites()
    if collection is None:
        pytest.skip("CYTOKINOME_SUITES names no folder with petab")
    return problems.load(name, collection)


@pytest.fixture(scope="module", params=sorted(problems.PUBLISHED))
def solved(request):
    """A problem and the solution [time, state] of its typical patient."""
    problem = load(request.param)
    kernel = problem.stages.kernel
    found = reference.solve(
        kernel, problem.patients(1), Schedule(), problem.times, select=problem.select, rtol=1e-9, atol_factor=1e-11
    )
    return problem, found.values[0]


@pytest.mark.parametrize("name", sorted(problems.PUBLISHED))
def test_all_that_moves_is_a_species_of_the_file(name):
    """Every model has the states of its file and the numbers of its tables, and one of the file is its scale."""
    problem = load(name)
    kernel = problem.stages.kernel
    assert len(problem.species) == N_STATES[name]
    (p,) = problem.patients(1)
    values = dict(zip((slot.name for slot in kernel.parameters), p, strict=True))
    assert {id: values[id] for id in problem.settings} == problem.settings
    assert (kernel.scale(p) == 1.0).all()


def test_solutions_are_the_published_ones(solved):
    """States at two times meet those of another tool on the original file."""
    problem, values = solved
    index, expected = EXPECTED[problem.name]
    states = problem.species
    for state, (early, late) in expected.items():
        course = values[:, states.index(state)]
        assert course[index] == pytest.approx(early, rel=1e-6), state
        assert course[-1] == pytest.approx(late, rel=TOLERANCE.get(problem.name, 1e-6)), state


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("boehm", {"STAT5A": 1.4, "pApB": 1.4, "pApA": 2.8, "nucpApB": 0.45, "nucpApA": 0.9}),
        ("boehm", {"STAT5B": 1.4, "pApB": 1.4, "pBpB": 2.8, "nucpApB": 0.45, "nucpBpB": 0.9}),
        ("raia", {"STAT5": 1.0, "pSTAT5": 1.0}),
        ("raia", {"JAK2": 1.0, "pJAK2": 1.0}),
        ("bachmann", {"STAT5": 0.4, "pSTAT5": 0.4, "npSTAT5": 0.275}),
        ("bachmann", {"SHP1": 1.0, "SHP1Act": 1.0}),
    ],
)
def test_amounts_are_conserved(name, weights):
    """The volumes of the compartments are honoured: amounts of a protein over all its forms do not change."""
    problem = load(name)
    kernel = problem.stages.kernel
    p, total = kernel.defaults(), np.zeros(len(kernel.states))
    for state, weight in weights.items():
        total[problem.species.index(state)] = weight
    y = np.linspace(1.0, 2.0, len(total))
    derivative = kernel.rhs(0.5, y, p)
    assert abs(total @ derivative) <= 1e-14 * (np.abs(total) @ np.abs(derivative))


def test_patients_are_reproducible():
    """The first patient is typical, only estimated parameters vary, and a larger cohort begins with the smaller one."""
    problem = load("boehm")
    few, many = problem.patients(3), problem.patients(5)
    np.testing.assert_array_equal(few, many[:3])
    columns = zip(problem.stages.kernel.parameters, few.T, strict=True)
    different = [slot.name for slot, column in columns if np.ptp(column)]
    assert set(different) == set(problem.varied_names)
