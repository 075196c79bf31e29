"""Functions of one argument on the graph: their values and slopes against mpmath, and where they jump."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest

from cytokinome.compiler.dag import LIBRARY, OPERATIONS, Graph
from cytokinome.compiler.jumps import jumps_of
from cytokinome.compiler.lower import compile_model, lower
from cytokinome.compiler.targets.counting import compile_jumps
from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode.choose import solver
from cytokinome.errors import UnsupportedFeature
from cytokinome.model.load import check_text

mp: Any = mpmath.mp
JUDGES = {name: getattr(mp, name) for name in LIBRARY}
# Where each has values, away from its poles and from what overflows.
INTERVALS = {
    "asin": (-0.999, 0.999), "acos": (-0.999, 0.999), "tan": (-1.5, 1.5), "sinh": (-30, 30), "cosh": (-30, 30),
    "factorial": (-0.9, 160),
}  # fmt: skip


def points(name: str) -> list[float]:
    """The same numbers in every run."""
    low, high = INTERVALS.get(name, (-20, 20))
    return np.random.default_rng(11).uniform(low, high, 200).tolist()


@pytest.mark.parametrize("name", LIBRARY)
def test_values(name: str) -> None:
    """The platform's library is within two units of the last place, of the gamma function within thirty."""
    with mp.workdps(40):
        for x in points(name):
            exact = JUDGES[name](mp.mpf(x))
            error = abs(mp.mpf(OPERATIONS[name](x)) - exact)
            assert error < (30 if name == "factorial" else 2) * 2.0**-52 * abs(exact), x


@pytest.mark.parametrize("name", LIBRARY)
def test_slopes(name: str) -> None:
    """The slope taken on the graph is that of the function, to the accuracy of its parts."""
    graph = Graph()
    x = graph.input("state", 0)
    node = graph.apply(name, graph.apply("mul", graph.constant(3.0), x))
    slope = Program(graph, [graph.derivatives([node], 0)[node]])
    with mp.workdps(40):
        for at in points(name):
            found = slope.at(0.0, np.array([at / 3.0]), np.empty(0))[0]
            exact = 3.0 * mp.diff(JUDGES[name], mp.mpf(3.0 * (at / 3.0)))
            assert abs(found - exact) < 1e-11 * abs(exact) + 1e-15, at


def test_the_slope_of_the_factorial_between_its_poles() -> None:
    """Left of zero the gamma function is reflected, and its slope with it."""
    graph = Graph()
    node = graph.apply("factorial", graph.input("state", 0))
    slope = Program(graph, [graph.derivatives([node], 0)[node]])
    for at in (-1.5, -2.25, -3.7, -7.1):
        found = slope.at(0.0, np.array([at]), np.empty(0))[0]
        assert found == pytest.approx(float(mp.diff(mp.factorial, at)), rel=1e-10)


@pytest.mark.parametrize(
    ("x", "expected"),
    [(0.0, 1.0), (5.0, 120.0), (170.0, float(math.factorial(170))), (171.0, math.inf), (math.inf, math.inf)]
    + [(x, math.nan) for x in (-1.0, -2.0, -1e3, -math.inf, math.nan)],
)  # fmt: skip
def test_factorials(x: float, expected: float) -> None:
    """Those of whole numbers are correctly rounded, and there are none of negative ones."""
    np.testing.assert_equal(OPERATIONS["factorial"](x), expected)


@pytest.mark.parametrize("name", ["floor", "ceil"])
def test_what_jumps_is_flat(name: str) -> None:
    """There is no slope between whole numbers."""
    graph = Graph()
    node = graph.apply(name, graph.input("state", 0))
    assert graph.derivatives([node], 0) == {}


# ----------------------------------------------------------------------------------------------- in a model
CULTURE = """
cytokinome: 1
model: functions
compartments: {{well: {{kind: culture, volume: 1 mL}}}}
molecules: {{X: {{initial: {initial}}}, Y: {{initial: 0 pM}}}}
reactions:
  - {{equation: X -> Y, rate: "{rate}", source: assumed}}
"""


def culture(rate: str, initial: str = "10 pM"):
    """A checked model in which X becomes Y at a rate."""
    return check_text(CULTURE.format(rate=rate, initial=initial), "functions.yaml").require()


def course(target: str, rate: str, times: np.ndarray) -> np.ndarray:
    """Y [pM] along time."""
    kernel = compile_model(culture(rate), target)
    solution = solver(kernel)(kernel, kernel.defaults()[None], Schedule(()), times, select=[1], rtol=1e-9)
    assert "reference engine" not in solution.outcomes[0].sentence
    return solution.values[0, :, 0]


@pytest.mark.parametrize("target", ["reference", "llvm"])
@pytest.mark.parametrize(("name", "function"), [("floor", math.floor), ("ceil", math.ceil)])
def test_a_switch_turns_where_a_whole_number_changes(target: str, name: str, function: Any) -> None:
    """Its sign says whether the number is even, to the last float on either side of a jump."""
    kernel = compile_model(culture(f"1 pM/h * {name}(X / (1 pM))"), target)
    p = kernel.defaults()
    for whole in (-3.0, -1.0, 0.0, 1.0, 2.0, 7.0, 1e6):
        for x in (whole, np.nextafter(whole, -np.inf) - 1e-300, np.nextafter(whole, np.inf) + 1e-300, whole + 0.3):
            (sign,) = kernel.switches(0.0, np.array([x, 0.0]), p)
            assert (sign > 0) == (function(x) % 2 == 0), x


@pytest.mark.parametrize("target", ["reference", "llvm"])
@pytest.mark.parametrize("period", [1.0, 0.37])
def test_a_rate_that_jumps_with_time_is_located(target: str, period: float) -> None:
    """The integral of floor(t/T), and of ceil, across jumps that no output falls on."""
    times = np.linspace(0, 7, 23)
    whole, part = np.divmod(times, period)
    area = period * whole * (whole - 1) / 2 + whole * part
    found = course(target, f"0.01 pM/h * floor(time / ({period} h))", times)
    np.testing.assert_allclose(found, 0.01 * area, rtol=1e-4, atol=1e-6)
    found = course(target, f"0.01 pM/h * ceil(time / ({period} h))", times)
    np.testing.assert_allclose(found, 0.01 * (area + times), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_many_jumps_between_two_looks_are_noticed(target: str) -> None:
    """A thousand jumps, some of which lie between two looks of an engine, where floor has become even again."""
    times = np.array([0.0, 50.0, 100.0])
    found = course(target, "1e-4 pM/h * floor(10 * time / (1 h))", times)
    np.testing.assert_allclose(found, 1e-4 * (times * (10 * times - 1) / 2), rtol=3e-4)


@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_a_rate_that_jumps_with_a_state_is_located(target: str) -> None:
    """X falls by one step after the other, each slower than the last: a sum of times that is known."""
    # dX/dt = −ceil(X): from 10 pM the first pM takes 1/10 h, the next 1/9 h, and so on.
    times = np.cumsum([0.0] + [1.0 / n for n in range(10, 3, -1)])
    found = course(target, "1 pM/h * ceil(X / (1 pM))", times)
    np.testing.assert_allclose(found, np.arange(8.0), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_a_rate_that_swings(target: str) -> None:
    """The integral of 1 + sin t."""
    times = np.linspace(0, 9, 10)
    found = course(target, "1 pM/h * (1 + sin(time / (1 h)))", times)
    np.testing.assert_allclose(found, times + 1 - np.cos(times), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 3), (3, 1), (3, 3)])
def test_exactly_one_of_two(a: int, b: int) -> None:
    """Xor is true where one condition is and the other is not."""
    kernel = lower(culture(f"if(xor({a} < 2, X > {2 * b} pM), 1 pM/h, 2 pM/h)", "4 pM")).kernel
    rate = kernel.rhs(0.0, kernel.initial(kernel.defaults()), kernel.defaults())[1]
    assert rate == (1.0 if (a < 2) != (2 * b < 4) else 2.0)


def test_functions_of_counts_in_machine_code() -> None:
    """The engine that counts computes what the graph says."""
    terms = " + ".join(f"(2 + {name}(X / (1e4 pM)))" for name in (*LIBRARY, "floor", "ceil"))
    jumps = jumps_of(culture(f"1e-6 pM/h * ({terms})"), sample=1e-6)
    kernel, p = compile_jumps(jumps), lower(culture("1 /h * X")).kernel.defaults()
    program = Program(jumps.graph, [jump.hazard for jump in jumps.jumps])
    for count in (0.0, 1.0, 30.0, 5000.0):
        y = np.array([count, 3.0])
        found = kernel.hazards(y, kernel.kept(p, 0.0))
        np.testing.assert_allclose(found, program.at(0.0, y, p), rtol=1e-15)


def test_a_hazard_that_jumps_with_time_is_refused_where_events_are_counted() -> None:
    """The exact engine knows when a comparison with time turns, and no more."""
    with pytest.raises(UnsupportedFeature, match="not linear in time alone"):
        jumps_of(culture("1e-6 pM/h * (1 + floor(time / (1 h)))"))


@pytest.mark.parametrize("name", ["sin", "floor", "factorial", "tanh"])
def test_arguments_are_plain_numbers(name: str) -> None:
    """A quantity with a unit has no sine."""
    faults = check_text(CULTURE.format(rate=f"1 pM/h * {name}(X)", initial="1 pM"), "functions.yaml").report
    assert [d.code for d in faults.diagnostics if d.severity == "error"] == ["DIMENSION_MISMATCH"]
    assert "is a plain number" in faults.render()
