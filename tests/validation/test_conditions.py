"""Conditions that are not linear, against their solutions in closed form; what is linear is in the unit tests."""

import numpy as np
import pytest

from cytokinome.compiler.lower import compile_model, lower
from cytokinome.engines.base import Action, Entry, Schedule, Solution
from cytokinome.engines.ode.choose import has_lanes, solver
from cytokinome.model.load import check_text

HEAD = """
cytokinome: 1
model: conditions
parameters:
  K: {value: 2, source: assumed}
equations:
  time: h
  source: assumed
  quantities:
"""
# A and B bind within no time: C is the lower root of (A − C)(B − C) = K C.
BINDING = """
    A: {initial: 10}
    B: {initial: 3}
    C: {such-that: (A - C) * (B - C) - K * C}
  processes:
    lost: {rate: 0.1 * C, changes: {A: -1}}
    made: {rate: 0.5, changes: {B: 1}}
"""
ROOT = "(A + B + K - ((A + B + K) ^ 2 - 4 * A * B) ^ 0.5) / 2"
SOLVED = BINDING.replace("such-that: (A - C) * (B - C) - K * C", f"value: {ROOT}")
NOTHING = Schedule(())
TIMES = [0.0, 0.5, 1.0, 5.0, 20.0]


def solved(equations: str, names: str, times: list[float], schedule: Schedule = NOTHING) -> Solution:
    """The equations as they are run, with these outputs."""
    kernel = compile_model(check_text(HEAD + equations, "conditions.yaml").require(), "llvm")
    p, known = kernel.complete(kernel.defaults())[None], [output.name for output in kernel.outputs]
    select = [known.index(name) for name in names.split()]
    return solver(kernel)(kernel, p, schedule, np.array(times), select=select, rtol=1e-9)


def values(equations: str, names: str, times: list[float], schedule: Schedule = NOTHING) -> np.ndarray:
    """Values [quantity, time]."""
    solution = solved(equations, names, times, schedule)
    assert solution.outcomes[0].status == "completed", solution.outcomes[0].sentence
    return solution.values[0].T


def bound(A: np.ndarray, B: np.ndarray, K: float = 2.0) -> np.ndarray:
    """The complex of A and B in equilibrium."""
    total = A + B + K
    return 2 * A * B / (total + np.sqrt(total**2 - 4 * A * B))


@pytest.mark.parametrize(
    "schedule",
    [
        NOTHING,
        Schedule.of([Entry(0.7, Action.ADD, 0, np.array([200.0]))]),
        Schedule.of(
            [Entry(0.7, Action.RATE_ON, 1, np.array([30.0])), Entry(9.0, Action.RATE_OFF, 1, np.array([30.0]))]
        ),
    ],
    ids=["undisturbed", "dose", "infusion"],
)
def test_an_equilibrium_in_no_time(schedule: Schedule):
    """As with the root written out; the condition holds to rounding, through doses and infusions."""
    A, B, C = values(BINDING, "A B C", TIMES, schedule)
    expected = values(SOLVED, "A B C", TIMES, schedule)
    np.testing.assert_allclose([A, B, C], expected, rtol=1e-6)
    np.testing.assert_allclose(C, bound(A, B), rtol=1e-12)


def test_a_condition_needs_the_reference():
    """Lanes would let it drift; they leave it to the engine that does not."""
    kernel = compile_model(check_text(HEAD + BINDING, "conditions.yaml").require(), "llvm")
    assert not has_lanes(kernel)
    assert [kernel.states[i] for i in kernel.determined] == ["C"]


def test_the_slopes_are_those_of_the_solution():
    """The Jacobian counts what moves through the condition: as that of the root written out."""
    implicit, explicit = (lower(check_text(HEAD + e, "c.yaml").require()).kernel for e in (BINDING, SOLVED))
    y, p = np.array([7.0, 4.0, 3.0]), implicit.defaults()
    J = implicit.jacobian(0.0, y, p)
    np.testing.assert_allclose(J[:2, :2], explicit.jacobian(0.0, y[:2], p), rtol=1e-12, atol=1e-15)
    assert np.all(J[:, 2] == 0)
    np.testing.assert_allclose(implicit.rhs(0.0, y, p)[:2], explicit.rhs(0.0, y[:2], p), rtol=1e-12)


def test_conditions_that_build_on_each_other_and_on_the_past():
    """D follows from C, which follows from A and B; E from what D was."""
    equations = BINDING.replace(
        "  processes:", '    D: {such-that: D ^ 3 + D - C}\n    E: {value: "delayed(D, 2) + 1"}\n  processes:'
    )
    C, D, E = values(equations, "C D E", [0.0, 1.0, 2.5, 4.5])
    np.testing.assert_allclose(D**3 + D, C, rtol=1e-12)
    np.testing.assert_allclose(E[[0, 3]], D[[0, 2]] + 1, rtol=1e-7)


def test_two_unknowns_at_once():
    """A ligand L shared by two receptors: L + L R/(1 + L) + 3 L/(2 + L) = total, and its two complexes."""
    equations = """
    T: {initial: 4, rate: -0.3 * T}
    L: {such-that: L + X + Y - T, initial: 1}
    X: {such-that: L * (1 - X) - X}
    Y: {such-that: L * (3 - Y) - 2 * Y}
"""
    T, L, X, Y = values(equations, "T L X Y", TIMES)
    np.testing.assert_allclose(X, L / (1 + L), rtol=1e-10)
    np.testing.assert_allclose(Y, 3 * L / (2 + L), rtol=1e-10)
    np.testing.assert_allclose(L + X + Y, T, rtol=1e-10)
    np.testing.assert_allclose(T, 4 * np.exp(-0.3 * np.array(TIMES)), rtol=1e-6)


def test_events_see_what_conditions_determine():
    """Where x = t passes 9, z = sqrt(x) passes 3, and the event sets x back to 1, where z is 1."""
    equations = """
    x: {initial: 1, rate: 1}
    z: {such-that: z ^ 2 - x, initial: 1}
    seen: {initial: 0}
  events:
    - {when: z > 3, do: {x: 1, seen: z}}
"""
    x, z, seen = values(equations, "x z seen", [0.0, 7.9, 8.1, 12.0])
    np.testing.assert_allclose(x, [1, 8.9, 1.1, 5.0], rtol=1e-7)
    np.testing.assert_allclose(z**2, x, rtol=1e-12)
    np.testing.assert_allclose(seen, [0, 0, 3, 3], rtol=1e-7)


@pytest.mark.parametrize(
    ("equations", "when"),
    [
        ("    x: {initial: 1, rate: -1}\n    z: {such-that: z ^ 2 - x, initial: 1}\n", "1 h"),
        ("    x: {initial: -1, rate: -1}\n    z: {such-that: z ^ 2 - x, initial: 1}\n", "0 h"),
    ],
)
def test_no_solution_is_an_outcome(equations: str, when: str):
    """Where the root ends the patient fails, with a sentence that names the quantity."""
    solution = solved(equations, "z", [0.0, 0.5, 2.0])
    assert solution.outcomes[0].status == "failed"
    assert f"does not determine z at {when}" in solution.outcomes[0].sentence
    assert np.all(np.isnan(solution.values))


@pytest.mark.parametrize(("law", "rest"), [("(5 - z) * (5 + z)", 5.0), ("(z - 5) * (z + 5)", -5.0)])
def test_without_a_slope_a_condition_runs_to_its_rest(law: str, rest: float):
    """From z = 0, midway between two roots, to the one where z' = law comes to rest."""
    equations = f"    x: {{initial: 1, rate: -x}}\n    z: {{such-that: {law}, initial: 0}}\n"
    (z,) = values(equations, "z", [0.0, 1.0])
    np.testing.assert_allclose(z, rest, rtol=1e-12)
