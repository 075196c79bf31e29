"""The law of every engine: what an antagonist does at its receptor, in the limit."""

import numpy as np
import pytest

from tests.conformance.harness import TARGETS, kernel_of, output, parameters, random_states

MODEL = """
molecules: {{X: {{in: well}}, L: {{in: well, initial: 50 pM}}, M: {{in: well, initial: 20 pM}}, anti: {{in: well}}}}
receptors: {{R: {{ligands: {{L: 30 pM, M: 70 pM}}, antagonists: {{anti: 5 pM}}, source: assumed}}}}
cells: {{cell: {{initial: 1e6 /mL}}}}
rules:
  - {sentence}
"""
SIGNALS = [
    "driven by L at R (half 40 pM)",
    "driven by L at R (half 40 pM, hill 2.5)",
    "driven by L at R (half 40 pM, hill 2) or M at R (half 9 pM, hill 2)",
    "driven by L at R (half 40 pM) with M (half 9 pM)",
    "increased by L at R (half 40 pM) up to 10-fold",
    "decreased by M at R (half 9 pM) down to 5 %",
]


@pytest.fixture(params=TARGETS)
def target(request):
    """A target of the compiler."""
    return request.param


def state_with(kernel, p, anti):
    """A random state with this much antagonist."""
    t, y = random_states(kernel, p, count=1)[0]
    y[kernel.states.index("anti")] = anti
    return t, y


@pytest.mark.parametrize("signal", SIGNALS)
def test_no_signal_at_a_receptor_that_is_full_of_antagonist(target, signal):
    """As an antagonist grows without bound, H of every signal at R falls to zero, monotonically."""
    kernel = kernel_of(target, MODEL.format(sentence=f"cell secretes X at 3 molecules/cell/s, {signal}"))
    p = parameters(kernel, {})
    name = f"H(cell-secretes-X, {signal.split()[0]})"
    levels = [output(kernel, name, *state_with(kernel, p, anti), p) for anti in (0.0, 5.0, 500.0, 5e5, 1e14)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > 0.05
    assert levels[-1] < 1e-9


def test_no_uptake_through_a_receptor_that_is_full_of_antagonist(target):
    """As an antagonist grows without bound, uptake falls to zero, so at equal secretion free ligand does not fall."""
    sentence = "cell takes up L through R at 500 receptors/cell with internalisation 0.1 /min"
    kernel = kernel_of(target, MODEL.format(sentence=sentence))
    p = parameters(kernel, {})
    row = kernel.states.index("L")
    change = [kernel.rhs(*state_with(kernel, p, anti), p)[row] for anti in (0.0, 5.0, 500.0, 5e5, 1e14)]
    assert change == sorted(change)
    assert change[0] < 0
    assert abs(change[-1]) < 1e-9 * abs(change[0])


def test_no_binding_to_a_receptor_that_is_full_of_antagonist(target):
    """Without a `binds` of its own the antagonist keeps ligand from binding."""
    text = MODEL.format(
        sentence="cell binds L through R at 500 receptors/cell with internalisation 0.1 /min and kon 1e6 /M/s"
    )
    kernel = kernel_of(target, text)
    p = parameters(kernel, {})
    row = kernel.states.index("L.R in cell")
    change = []
    for anti in (0.0, 5.0, 500.0, 5e5, 1e14):
        t, y = state_with(kernel, p, anti)
        y[row] = 0.0
        change.append(kernel.rhs(t, y, p)[row])
    assert change == sorted(change, reverse=True)
    assert 0 <= change[-1] < 1e-9 * change[0]


def test_a_clamped_secretion_leaves_more_free_ligand(target):
    """At equal secretion the free ligand at steady state rises with the antagonist and is never lower."""
    text = MODEL.format(
        sentence="cell takes up L through R at 500 receptors/cell with internalisation 0.1 /min\n"
        "  - cell secretes L at 0.1 molecules/cell/s"
    )
    kernel = kernel_of(target, text)
    p = parameters(kernel, {})
    row, rest = kernel.states.index("L"), kernel.initial(p)

    def steady(anti):
        low, high = 0.0, 1e9
        for _ in range(200):  # bisection: secretion is constant, uptake rises with L
            y = rest.copy()
            y[row], y[kernel.states.index("anti")] = (low + high) / 2, anti
            low, high = (y[row], high) if kernel.rhs(0.0, y, p)[row] > 0 else (low, y[row])
        return low

    found = np.array([steady(anti) for anti in (0.0, 1.0, 5.0, 50.0, 5000.0)])
    assert (np.diff(found) > 0).all()
