"""Cases that break solvers, as sentence models on both targets, against closed forms and published values."""

from __future__ import annotations

from typing import cast

import mpmath
import numpy as np
import pytest

from cytokinome.compiler.kernel import Kernel
from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Action, Entry, Schedule, Solution
from cytokinome.engines.ode import lanes, reference
from cytokinome.engines.ode.methods import RODAS4, RODAS5P, TSIT5
from cytokinome.model.load import check_text

HEADER = "cytokinome: 1\nmodel: hard\ncompartments: {well: {kind: culture, volume: 1 mL}}\n"
SOLVERS = {"reference": None, "Rodas5P": RODAS5P, "Rodas4": RODAS4, "Tsit5": TSIT5}
EVERY = pytest.mark.parametrize("solver", SOLVERS)
STIFF = pytest.mark.parametrize("solver", ["reference", "Rodas5P", "Rodas4"])


def run(solver: str, text: str, times, doses=(), *, rtol=1e-6, atol_factor=1e-8) -> Solution:
    """The states of one patient that are outputs too; a dose is (time, action, state, value)."""
    model = check_text(HEADER + text, "hard.yaml").require()
    kernel = compile_model(model, "reference" if solver == "reference" else "llvm")
    names = [output.name for output in kernel.outputs]
    schedule = Schedule.of([Entry(t, a, kernel.states.index(s), np.array([float(v)])) for t, a, s, v in doses])
    options = {
        "select": [names.index(s) for s in kernel.states if s in names],
        "rtol": rtol,
        "atol_factor": atol_factor,
    }
    return solve(solver, kernel, kernel.defaults()[None], schedule, np.asarray(times, dtype=float), **options)


def solve(solver: str, kernel: Kernel, people: np.ndarray, schedule: Schedule, times, **options) -> Solution:
    """A cohort by the reference engine, or on lanes by a method."""
    method = SOLVERS[solver]
    if method is None:
        return reference.solve(kernel, people, schedule, times, **options)
    return lanes.solve(cast("lanes.CohortKernel", kernel), people, schedule, times, **options, method=method)


def curve(solution: Solution, state: str) -> np.ndarray:
    """One state of the one patient."""
    return solution.values[0, :, solution.outputs.index(state)]


# ------------------------------------------------------------------------------------------------------------- doses
DECAY = "molecules: {X: {initial: 8 pM, degrades: {rate: 0.5 /h, source: assumed}}}\n"


@EVERY
@pytest.mark.parametrize("at", [0.0, 3.0, 3.3, 12.0], ids=["at zero", "on a point", "between two", "at the end"])
def test_a_dose_at_any_time(solver, at):
    """The output at the time of a dose is the value after it; elsewhere nothing is felt of it before."""
    times = np.linspace(0.0, 12.0, 25)
    found = curve(run(solver, DECAY, times, [(at, Action.ADD, "X", 5.0)], rtol=1e-9), "X")
    expected = 8 * np.exp(-0.5 * times) + np.where(times >= at, 5 * np.exp(-0.5 * (times - at)), 0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7)


@EVERY
@pytest.mark.parametrize("scaled_first", [True, False])
def test_two_doses_at_one_time_act_in_the_order_written(solver, scaled_first):
    """To add and then to halve is not to halve and then to add."""
    both = [(2.0, Action.ADD, "X", 6.0), (2.0, Action.SCALE, "X", 0.5)]
    found = curve(run(solver, DECAY, [0.0, 2.0, 4.0], both[::-1] if scaled_first else both, rtol=1e-9), "X")
    left = 8 * np.exp(-1.0)
    after = left / 2 + 6 if scaled_first else (left + 6) / 2
    np.testing.assert_allclose(found[1:], [after, after * np.exp(-1.0)], rtol=1e-7)


@EVERY
def test_overlapping_infusions_add_up(solver):
    """One from zero to 4, one from 2 to 6, against the closed form of each."""
    times = np.linspace(0.0, 8.0, 33)
    spans = ((0.0, 4.0, 3.0), (2.0, 6.0, 7.0))
    doses = [entry for a, b, r in spans for entry in ((a, Action.RATE_ON, "X", r), (b, Action.RATE_OFF, "X", r))]
    expected = 8 * np.exp(-0.5 * times)
    for a, b, r in spans:
        during = np.clip(times - a, 0, b - a)
        expected += r / 0.5 * (1 - np.exp(-0.5 * during)) * np.exp(-0.5 * np.clip(times - b, 0, None))
    np.testing.assert_allclose(curve(run(solver, DECAY, times, doses, rtol=1e-9), "X"), expected, rtol=1e-7)


# --------------------------------------------------------------------------------------------------------- stiffness
RATES = [1e6, 1e4, 1e2, 1.0, 1e-2, 1e-4, 1e-6]  # /h


def bateman(times: np.ndarray) -> np.ndarray:
    """[state, time] of X0 → X1 → … → X7 from 1 pM of X0: Bateman 1910, in sixty digits."""
    with mpmath.workdps(60):
        k = [mpmath.mpf(repr(rate)) for rate in RATES]
        rows = []
        for n in range(len(k)):
            flow = mpmath.fprod(k[:n])
            weights = [flow / mpmath.fprod(k[j] - k[i] for j in range(n + 1) if j != i) for i in range(n + 1)]
            rows.append([float(sum(w * mpmath.exp(-k[i] * t) for i, w in enumerate(weights))) for t in times])
        rows.append([float(1 - sum(mpmath.mpf(row[column]) for row in rows)) for column in range(len(times))])
    return np.array(rows)


@STIFF
def test_a_chain_over_twelve_decades(solver):
    """Rates from 1e6 to 1e-6 per hour, from a millionth of an hour to a million hours."""
    last = len(RATES)
    molecules = "".join(f"  X{i}: {{initial: {1 if i == 0 else 0} pM}}\n" for i in range(last + 1))
    steps = "".join(f"  - {{equation: X{i} -> X{i + 1}, k: {k!r} /h, source: assumed}}\n" for i, k in enumerate(RATES))
    times = np.concatenate([[0.0], np.logspace(-6, 6, 49)])
    solution = run(solver, f"molecules:\n{molecules}reactions:\n{steps}", times, rtol=1e-8, atol_factor=1e-11)
    expected = bateman(times)
    for i in range(last + 1):
        np.testing.assert_allclose(curve(solution, f"X{i}"), expected[i], atol=1e-6, err_msg=f"X{i}")


ROBERTSON = """
molecules: {A: {initial: 1 pM}, B: {initial: 0 pM}, C: {initial: 0 pM}}
reactions:
  - {equation: A -> B, k: 0.04 /h, source: assumed}
  - {equation: 2 B -> B + C, k: 3e7 /pM/h, source: assumed}
  - {equation: B + C -> A + C, k: 1e4 /pM/h, source: assumed}
"""


@STIFF
def test_robertson(solver):
    """Eleven decades of time; values at 1e11 of ROBER in the Test Set for IVP Solvers (unige.ch/~hairer/testset)."""
    solution = run(solver, ROBERTSON, [0.0, 0.4, 4e5, 1e11], rtol=1e-9, atol_factor=1e-17)
    end = [curve(solution, state)[-1] for state in "ABC"]
    np.testing.assert_allclose(end, [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050], rtol=1e-5)
    total = sum(curve(solution, state) for state in "ABC")
    np.testing.assert_allclose(total, 1.0, rtol=1e-9)


# ------------------------------------------------------------------------------------------------------ conservation
@EVERY
def test_bound_and_free_amounts_are_conserved(solver):
    """A + AB and B + AB keep their value to rounding, far below the tolerance: methods keep linear sums."""
    text = """
molecules: {A: {initial: 100 pM}, B: {initial: 30 pM}, AB: {initial: 0 pM}, AAB: {initial: 0 pM}}
reactions:
  - {equation: A + B <-> AB, kon: 0.03 /pM/h, koff: 0.7 /h, source: assumed}
  - {equation: A + AB <-> AAB, kon: 0.001 /pM/h, koff: 2 /h, source: assumed}
"""
    solution = run(solver, text, np.linspace(0.0, 48.0, 97))
    A, B, AB, AAB = (curve(solution, name) for name in ("A", "B", "AB", "AAB"))
    assert B[-1] < 15  # much has happened
    np.testing.assert_allclose(A + AB + 2 * AAB, 100.0, rtol=1e-12)
    np.testing.assert_allclose(B + AB + AAB, 30.0, rtol=1e-12)


# ------------------------------------------------------------------------------------------- growth and extinction
@EVERY
def test_growth_without_bound(solver):
    """X' = X² from 1 leaves every bound at 1 h: the patient is NaN, and the outcome says what, where and when."""
    text = """
molecules: {X: {initial: 1 pM}, Y: {initial: 1 pM, degrades: {rate: 1 /h, source: assumed}}}
reactions: [{equation: 2 X -> 3 X, k: 1 /pM/h, source: assumed}]
"""
    solution = run(solver, text, np.linspace(0.0, 3.0, 7))
    (outcome,) = solution.outcomes
    assert outcome.status == "failed"
    assert "X grows without bound" in outcome.sentence
    assert outcome.state == "X"
    assert outcome.time == pytest.approx(1.0, abs=1e-4)
    assert np.isnan(solution.values).all()
    before = curve(run(solver, text, [0.0, 0.5, 0.9], rtol=1e-9), "X")
    np.testing.assert_allclose(before, [1.0, 2.0, 10.0], rtol=1e-6)


@STIFF
def test_extinction(solver):
    """Down to nothing and past the smallest double: no NaN, and no farther from zero than the tolerance allows."""
    text = """
molecules: {X: {initial: 1e-3 pM, degrades: {rate: 40 /h, source: assumed}}, Y: {initial: 0 pM}, Z: {initial: 1e6 pM}}
cells: {cell: {initial: 1e6 /mL}}
reactions: [{equation: Z -> X, k: 30 /h, source: assumed}]
rules:
  - cell secretes Y at 1 molecules/cell/s, driven by X (half 1 pM, hill 1.7)
"""
    solution = run(solver, text, [0.0, 0.2, *np.linspace(1.0, 100.0, 199)])
    assert solution.outcomes[0].status == "completed"
    for state in "XZ":
        values = curve(solution, state)
        assert np.isfinite(values).all()
        assert np.abs(values[2:]).max() <= 2e-2  # twice the absolute tolerance of Z, which feeds X
    np.testing.assert_allclose(curve(solution, "Z")[1], 1e6 * np.exp(-6.0), rtol=1e-4)
    assert np.isfinite(curve(solution, "Y")).all()


@EVERY
def test_decay_through_the_smallest_doubles(solver):
    """With no absolute tolerance to speak of, relative accuracy is kept down to 1e-300 pM; no step is refused there."""
    times = np.linspace(0.0, 1380.0, 11)  # e^-690 is 1e-300
    found = curve(run(solver, DECAY.replace("8 pM", "1 pM"), times, rtol=1e-9, atol_factor=1e-320), "X")
    np.testing.assert_allclose(found, np.exp(-0.5 * times), rtol=2e-6)


@EVERY
def test_nothing_at_all(solver):
    """A model in which every number is zero stays there."""
    text = "molecules: {X: {initial: 0 pM, degrades: {rate: 1 /h, source: assumed}}, Y: {initial: 0 pM}}\n"
    solution = run(solver, text, [0.0, 1.0, 1e6])
    np.testing.assert_array_equal(solution.values, 0.0)


# ------------------------------------------------------------------------------------------ kinks and bare edges
def falling(solver: str, rate: str, times, **options) -> Solution:
    """X falls from 4 pM at a rate in which k is 1 /h and s is 1 pM."""
    text = f"""
molecules: {{X: {{initial: 4 pM}}, Y: {{initial: 0 pM}}}}
parameters: {{k: {{value: 1 /h, source: assumed}}, s: {{value: 1 pM, source: assumed}}}}
reactions: [{{equation: X -> Y, rate: "{rate}", source: assumed}}]
"""
    return run(solver, text, times, **options)


def first_linear_then_exponential(t):
    """X' = −min(X, 1)."""
    return np.where(t < 3, 4 - t, np.exp(3 - np.maximum(t, 3)))


@EVERY
@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("k * abs(X - s)", lambda t: 1 + 3 * np.exp(-t)),
        ("k * max(X - s, 0 pM)", lambda t: 1 + 3 * np.exp(-t)),
        ("k * min(X, s)", first_linear_then_exponential),
        ("if(X < s, k * X, k * s)", first_linear_then_exponential),
        ("if(time < 3 h, k * s, k * X)", first_linear_then_exponential),
    ],
)
def test_kinks(solver, rate, expected):
    """Where a rate has no derivative, or jumps, the one of a side is taken, and the error is kept all the same."""
    times = np.linspace(0.0, 8.0, 33)
    found = curve(falling(solver, rate, times, rtol=1e-8, atol_factor=1e-10), "X")
    np.testing.assert_allclose(found, expected(times), atol=1e-6)


@EVERY
@pytest.mark.parametrize("rate", ["k * s * sqrt(X / s)", "k * s * (X / s)^0.5", "k * s * s / X"])
def test_a_rate_that_ends_at_zero(solver, rate):
    """X reaches zero with a slope that is infinite or undefined behind it: an outcome there, and good values before."""
    root = "X / s" in rate
    end = 4.0 if root else 8.0
    solution = falling(solver, rate, np.linspace(0.0, 2 * end, 9))
    (outcome,) = solution.outcomes
    assert outcome.status == "failed"
    assert outcome.time == pytest.approx(end, rel=1e-3)
    assert np.isnan(solution.values).all()
    times = np.linspace(0.0, 0.9 * end, 10)
    expected = (2 - times / 2) ** 2 if root else np.sqrt(16 - 2 * times)
    np.testing.assert_allclose(curve(falling(solver, rate, times, rtol=1e-8), "X"), expected, rtol=1e-5)


@EVERY
def test_one_without_a_number_fails_alone(solver):
    """A parameter that is NaN ends its patient; the others have the bits they have without that patient."""
    text = DECAY.replace("rate: 0.5 /h", "rate: k") + "parameters: {k: {value: 0.5 /h, source: assumed}}\n"
    model = check_text(HEADER + text, "hard.yaml").require()
    kernel = compile_model(model, "reference" if solver == "reference" else "llvm")
    p = np.repeat(kernel.defaults()[None], 6, axis=0)
    p[:, [slot.name for slot in kernel.parameters].index("k")] = [0.1, 0.2, np.nan, 0.4, np.inf, 0.6]
    times = np.linspace(0.0, 5.0, 11)

    everyone = solve(solver, kernel, p, Schedule(), times, select=[0])
    healthy = np.isfinite(p).all(axis=1)
    others = solve(solver, kernel, p[healthy], Schedule(), times, select=[0])
    assert [o.status == "completed" for o in everyone.outcomes] == healthy.tolist()
    assert np.isnan(everyone.values[~healthy]).all()
    np.testing.assert_array_equal(everyone.values[healthy], others.values)
