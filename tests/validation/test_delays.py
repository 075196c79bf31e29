"""Delays against closed forms: what was before the start, jumps that come back, delays that move."""

import math

import numpy as np
import pytest

from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Action, Entry, Schedule, Solution
from cytokinome.engines.ode.choose import has_lanes, solver
from cytokinome.errors import ModelError
from cytokinome.model.load import check_text

HEAD = """
cytokinome: 1
model: delays
parameters:
  T: {value: 1, source: assumed}
equations:
  time: h
  source: assumed
  quantities:
"""
NOTHING = Schedule(())


def solved(
    equations: str, names: str, times: list[float], schedule: Schedule = NOTHING, **parameters: float
) -> Solution:
    """The equations as they are run, with these outputs and parameters."""
    kernel = compile_model(check_text(HEAD + equations, "delays.yaml").require(), "llvm")
    p, known = kernel.complete(kernel.defaults()), [output.name for output in kernel.outputs]
    for name, value in parameters.items():
        p[[slot.name for slot in kernel.parameters].index(name)] = value
    select = [known.index(name) for name in names.split()]
    return solver(kernel)(kernel, p[None], schedule, np.array(times), select=select, rtol=1e-9)


def values(
    equations: str, names: str, times: list[float], schedule: Schedule = NOTHING, **parameters: float
) -> np.ndarray:
    """Values [quantity, time]."""
    solution = solved(equations, names, times, schedule, **parameters)
    assert solution.outcomes[0].status == "completed", solution.outcomes[0].sentence
    return solution.values[0].T


ECHO = '    x: {initial: 1, rate: "-delayed(x, T)"}\n'


def steps(t: float, T: float) -> float:
    """The solution of x' = −x(t − T) with x = 1 before 0, by the method of steps: Σ (−1)ᵏ (t − (k − 1)T)ᵏ / k!."""
    return sum((-1) ** k * (t - (k - 1) * T) ** k / math.factorial(k) for k in range(int(t / T) + 2))


@pytest.mark.parametrize("T", [0.25, 1.0, 1.7])
def test_the_method_of_steps(T: float):
    """The solution is a polynomial between multiples of the delay."""
    times = [0.0, 0.1, 1.0, 1.3, 2.5, 4.0, 6.1]
    (x,) = values(ECHO, "x", times, T=T)
    np.testing.assert_allclose(x, [steps(t, T) for t in times], atol=2e-7)


def test_the_grid_does_not_matter():
    """Steps know nothing of the times that are asked for."""
    coarse, fine = (values(ECHO, "x", grid)[0] for grid in ([0.0, 3.0, 7.0], list(np.linspace(0, 7, 15))))
    assert coarse.tolist() == fine[[0, 6, 14]].tolist()


def test_a_delay_is_carried_out_by_the_reference():
    """Lanes know no delays; their target gives the kernel that does."""
    kernel = compile_model(check_text(HEAD + ECHO, "delays.yaml").require(), "llvm")
    assert not has_lanes(kernel)


def test_before_the_start_nothing_moves_but_the_clock():
    """States are as at the start, rates are zero, and times count on backwards."""
    equations = """
    u: {initial: 3, rate: 2}
    a: {value: "delayed(u, 1)"}
    b: {value: "delayed(rate_of(u), 1)"}
    v: {value: rate_of(u)}
    c: {value: "delayed(v + time, 1)"}
    s: {initial: "delayed(u * (2 + time), 1.5)"}
"""
    a, b, c, s = values(equations, "a b c s", [0.0, 0.5, 1.0, 1.5])
    assert a.tolist() == [3, 3, 3, 4]
    assert b.tolist() == [0, 0, 2, 2]
    np.testing.assert_allclose(c, [-1, -0.5, 2, 2.5], atol=1e-12)
    np.testing.assert_allclose(s, 3 * 0.5)


def test_what_starts_as_a_function_of_time_was_that_before():
    """A state, a constant, and what builds on them."""
    equations = """
    x: {initial: 3 - 2 * time, rate: 1}
    c: {initial: time ^ 2}
    a: {value: "delayed(x, 1)"}
    b: {value: "delayed(c + x, T)"}
    s: {initial: "delayed(a + 1, 0.5)"}
"""
    a, b, s, c = values(equations, "a b s c", [0.0, 0.5, 1.0, 3.0], T=2)
    np.testing.assert_allclose(a, [5, 4, 3, 5], atol=1e-9)
    np.testing.assert_allclose(b, [4 + 7, 2.25 + 6, 1 + 5, 4], atol=1e-9)
    np.testing.assert_allclose(s, 3 + 3 + 1)
    assert c.tolist() == [0, 0, 0, 0]


def test_delays_of_delays_and_of_values():
    """Each looks back from where the other was."""
    equations = """
    u: {initial: 0, rate: 1}
    v: {value: u + 10}
    w: {value: "delayed(v, 1) + delayed(delayed(u, T), 0.5)"}
"""
    (w,) = values(equations, "w", [0.0, 1.0, 2.0, 3.0], T=0.25)
    np.testing.assert_allclose(w, [10, 10 + 0.25, 11 + 1.25, 12 + 2.25], atol=1e-12)


@pytest.mark.parametrize(("lag", "expected"), [("time / 2", "t / 2"), ("u ^ 2 / 4", "t - t ** 2 / 4"), ("0", "t")])
def test_delays_that_move(lag: str, expected: str):
    """With u = t, what u was T ago is t − T; y integrates it, from a delay of nothing on."""
    equations = f"""
    u: {{initial: 0, rate: 1}}
    T1: {{value: "{lag}"}}
    y: {{value: "delayed(u, T1)"}}
    z: {{initial: 0, rate: "delayed(u, T1)"}}
"""
    times = np.array([0.0, 0.001, 0.5, 1.0, 2.0])
    y, z = values(equations, "y z", list(times))
    past = {"t / 2": times / 2, "t - t ** 2 / 4": times - times**2 / 4, "t": times}[expected]
    integral = {"t / 2": times**2 / 4, "t - t ** 2 / 4": times**2 / 2 - times**3 / 12, "t": times**2 / 2}[expected]
    np.testing.assert_allclose(y, past, atol=1e-9)
    np.testing.assert_allclose(z, integral, atol=5e-7)


def test_a_growing_pantograph():
    """The solution of x' = x(t/2), x(0) = 1, is the power series Σ tᵏ / (k! 2^(k(k−1)/2))."""
    equations = '    x: {initial: 1, rate: "delayed(x, time / 2)"}\n'
    times = [0.0, 0.01, 1.0, 4.0]
    expected = [sum(t**k / (math.factorial(k) * 2 ** (k * (k - 1) / 2)) for k in range(30)) for t in times]
    np.testing.assert_allclose(values(equations, "x", times)[0], expected, rtol=1e-6)


JUMP = """
    A: {initial: 0, rate: 0}
    B: {initial: 0, rate: "delayed(A, T)"}
    C: {value: "delayed(A, T)"}
"""


def test_a_dose_is_seen_again_a_delay_later():
    """A jumps by 5 at 1.3 h: B grows from 1.3 + T on, and the value at that very time is the one after the jump."""
    dose = Schedule.of([Entry(1.3, Action.ADD, 0, np.array([5.0]))])
    times = [1.29, 1.3, 1.55, 1.5999999, 1.6, 1.61, 3.0]
    A, B, C = values(JUMP, "A B C", times, dose, T=0.3)
    assert A.tolist() == [0, 5, 5, 5, 5, 5, 5]
    assert C.tolist() == [0, 0, 0, 0, 5, 5, 5]
    np.testing.assert_allclose(B, [0, 0, 0, 0, 0, 0.05, 7.0], atol=1e-9)


def test_a_dose_at_the_start_is_no_past():
    """Before the start there was no dose."""
    dose = Schedule.of([Entry(0.0, Action.ADD, 0, np.array([5.0]))])
    B, C = values(JUMP, "B C", [0.0, 0.5, 1.0, 2.0], dose)
    assert C.tolist() == [0, 0, 5, 5]
    np.testing.assert_allclose(B, [0, 0, 0, 5], atol=1e-9)


def test_what_an_event_sets_is_seen_again():
    """A constant that an event changes has a past, too; a delayed value can set off an event."""
    equations = """
    u: {initial: 0, rate: 1}
    c: {initial: 1}
    n: {initial: 0}
    y: {initial: 0, rate: "delayed(c, T)"}
  events:
    - {when: u > 2, do: {c: 4}}
    - {when: "delayed(u, 0.5) > 1", do: {n: "n + delayed(u, 1)"}}
"""
    y, n = values(equations, "y n", [0.0, 1.49, 1.51, 2.5, 3.0, 4.0])
    np.testing.assert_allclose(y, [0, 1.49, 1.51, 2.5, 3.0, 7.0], atol=1e-9)
    np.testing.assert_allclose(n, [0, 0, 0.5, 0.5, 0.5, 0.5], atol=1e-9)


def test_a_changed_delay():
    """The delay may be a quantity that an event changes."""
    equations = """
    u: {initial: 0, rate: 1}
    lag: {initial: 1}
    y: {value: "delayed(u, lag)"}
  events:
    - {when: u > 2, do: {lag: 2.5}}
"""
    np.testing.assert_allclose(values(equations, "y", [0.0, 1.0, 1.9, 2.1, 4.0])[0], [0, 0, 0.9, 0, 1.5], atol=1e-9)


@pytest.mark.parametrize("lag", ["1 - time", "(0.5 - time) ^ 0.5"])
def test_a_look_ahead_is_an_outcome(lag: str):
    """A delay that is negative or no number ends the run of this patient, with a sentence."""
    solution = solved(f'    x: {{initial: 1, rate: "-delayed(x, {lag})"}}\n', "x", [0.0, 3.0])
    assert solution.outcomes[0].status == "failed"
    assert "looks back by a time that is negative or no number" in solution.outcomes[0].sentence
    assert np.all(np.isnan(solution.values))


def test_a_delay_that_depends_on_itself_is_refused():
    """How far z looks back follows from z now."""
    equations = '    u: {initial: 0, rate: 1}\n    z: {such-that: "z - delayed(u, z)"}\n'
    with pytest.raises(ModelError, match="how long ago it was depends on itself"):
        values(equations, "z", [0.0, 1.0])


def test_a_condition_on_the_past():
    """What z is, is determined by what u was: linear in z, so a definition."""
    equations = '    u: {initial: 0, rate: 1}\n    z: {such-that: "2 * z - delayed(u, T)"}\n'
    np.testing.assert_allclose(values(equations, "z", [0.0, 1.5, 3.0])[0], [0, 0.25, 1.0], atol=1e-12)
