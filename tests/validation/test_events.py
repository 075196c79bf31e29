"""Events against closed forms: when they fire, in which order, and what they set."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Schedule, Solution
from cytokinome.engines.ode.choose import solver
from cytokinome.model.load import check_text
from cytokinome.model.serialise import print_model

DECAY = """
cytokinome: 1
model: decay
compartments: {{well: {{kind: culture, volume: 1 mL}}}}
molecules:
  X: {{initial: 8 pM, degrades: {{rate: k, source: assumed}}}}
  Y: {{initial: 0 pM}}
parameters: {{k: {{value: 1 /h, source: assumed}}}}
events:
{events}
"""
LN2 = math.log(2)


Run = Callable[[str, np.ndarray], Solution]


@pytest.fixture(params=["reference", "llvm"])
def run(request: pytest.FixtureRequest) -> Run:
    """The decay of X with events, on either engine."""

    def simulate(events: str, times: np.ndarray) -> Solution:
        lines = "\n".join(f"  - {line}" for line in events.strip().splitlines())
        kernel = compile_model(check_text(DECAY.format(events=lines), "decay.yaml").require(), request.param)
        p = kernel.defaults()[None]
        solution = solver(kernel)(kernel, p, Schedule(()), times, select=[0, 1], rtol=1e-10)
        assert "reference engine" not in solution.outcomes[0].sentence
        return solution

    return simulate


def test_a_level_that_is_topped_up_again_and_again(run: Run):
    """X falls from 8 to 1 in ln 8 h and is set back to 8: a sawtooth of that period."""
    times = np.linspace(0, 20, 401)
    X = run("{when: X < 1 pM, do: {X: 8 pM}}", times).values[0, :, 0]
    period = math.log(8)
    expected = 8 * np.exp(-np.mod(times, period))
    np.testing.assert_allclose(X, expected, rtol=1e-6)


def test_output_before_and_after_is_exact(run: Run):
    """Outputs close around an event show both sides, and do not depend on the rest of the grid."""
    at = math.log(8)
    fine = run("{when: X < 1 pM, do: {X: 8 pM}}", np.array([0, at - 1e-6, at + 1e-6, 3.0]))
    coarse = run("{when: X < 1 pM, do: {X: 8 pM}}", np.array([0, 3.0]))
    assert fine.values[0, 1, 0] == pytest.approx(1, abs=1e-5)
    assert fine.values[0, 2, 0] == pytest.approx(8, abs=1e-4)
    assert fine.values[0, -1, 0] == coarse.values[0, -1, 0]


def test_delay_and_value_at_the_moment(run: Run):
    """The delay counts from the firing; the new value is computed when it is carried out."""
    times = np.array([0, LN2 + 0.49, LN2 + 0.51, 4.0])
    X = run("{when: X < 4 pM, do: {X: X + 1 pM}, delay: 30 min}", times).values[0, :, 0]
    at_event = 4 * math.exp(-0.5)
    assert X[1] == pytest.approx(4 * math.exp(-0.49), rel=1e-7)
    assert X[2] == pytest.approx((at_event + 1) * math.exp(-0.01), rel=1e-7)


def test_priority_and_one_moment(run: Run):
    """Of two events at one time the higher priority goes first; without it the order written counts."""
    times = np.array([0.0, 1.0])
    one, two = "{id: a, when: X < 4 pM, do: {Y: 1 pM}, priority: %s}", "{id: b, when: X < 4 pM, do: {Y: 2 * Y}}"
    for priority, expected in ((1, 2), (-1, 1), (0, 2)):
        assert run(f"{one % priority}\n{two}", times).values[0, -1, 1] == expected


def test_assignments_of_one_event_are_made_together(run: Run):
    """Both sides are read before either is set: X and Y change places."""
    values = run("{when: X < 4 pM, do: {X: Y, Y: X}}", np.array([0, LN2 + 1e-9, 2.0])).values[0]
    assert values[-1] == pytest.approx([0, 4], rel=1e-7)


def test_a_parameter_is_set_from_then_on(run: Run):
    """The decay halves its rate once X has fallen to 4."""
    X = run("{when: X < 4 pM, do: {k: k / 2}}", np.array([0, LN2, LN2 + 2.0])).values[0, :, 0]
    assert X[-1] == pytest.approx(4 * math.exp(-1), rel=1e-7)


def test_one_event_sets_off_another(run: Run):
    """A cascade at one time is carried out at once."""
    values = run("{when: X < 4 pM, do: {Y: 1 pM}}\n{when: Y > 0.5 pM, do: {X: 0 pM}}", np.array([0, 1.0])).values[0]
    assert values[-1] == pytest.approx([0, 1])


def test_true_from_the_start_does_not_fire(run: Run):
    """A condition fires when it comes true."""
    assert run("{when: X < 100 pM, do: {Y: 1 pM}}", np.array([0, 5.0])).values[0, -1, 1] == 0


def test_events_that_keep_each_other_going_end_in_an_outcome(run: Run):
    """A livelock is NaN with a sentence, never a hang."""
    solution = run(
        "{when: X < 4 pM, do: {Y: 1 pM}}\n{when: Y > 0.5 pM, do: {Y: 0 pM}}\n{when: Y < 0.5 pM, do: {Y: 1 pM}}",
        np.array([0, 1.0]),
    )
    assert np.isnan(solution.values).all()
    assert "more than 1000 times" in solution.outcomes[0].sentence


def test_events_on_time(run: Run):
    """`time` is a signal like any other."""
    X = run("{when: time > 2 h, do: {X: 8 pM}}", np.array([0, 2.5])).values[0, :, 0]
    assert X[-1] == pytest.approx(8 * math.exp(-0.5), rel=1e-7)


def test_printed_and_read_again():
    """parse(print(m)) = m for events too."""
    line = "  - {id: top-up, when: X < 1 pM and Y > 0 pM, do: {X: 8 pM, k: 2 * k}, delay: 1 h, priority: 2}"
    model = check_text(DECAY.format(events=line), "decay.yaml").require()
    assert check_text(print_model(model), "printed.yaml").require() == model


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{when: X, do: {X: 1 pM}}", "BAD_VALUE"),
        ("{when: X > 1 pM}", "MISSING_KEY"),
        ("{do: {X: 1 pM}}", "MISSING_KEY"),
        ("{when: X > 1 pM, do: {Z: 1 pM}}", "UNKNOWN_NAME"),
        ("{when: X > 1 h, do: {X: 1 pM}}", "DIMENSION_MISMATCH"),
        ("{when: X > 1 pM, do: {X: 1 h}}", "DIMENSION_MISMATCH"),
        ("{when: X > 1 pM, do: {X: 1 pM}, delay: -1 h}", "NEGATIVE_VALUE"),
        ("{when: X > 1 pM, do: {X: 1 pM}, wait: 1 h}", "UNKNOWN_KEY"),
    ],
)
def test_faults_are_found_before_the_run(line: str, code: str):
    """Each fault has its code and its place."""
    report = check_text(DECAY.format(events=f"  - {line}"), "decay.yaml").report
    assert [d.code for d in report.errors] == [code]
    assert report.errors[0].where is not None
    assert report.errors[0].where.line == 10


def test_a_level_that_is_left_at_once(run: Run):
    """X starts at the level itself: below it is true just after the start, and a dose follows there."""
    times = np.array([0.0, 1e-3, 0.5])
    X = run("{when: X < 8 pM, do: {X: X + 1 pM}}", times).values[0, :, 0]
    jumps = math.log(9 / 8)  # until X is back at 8
    after = 9 * np.exp(-np.mod(times[1:], jumps))
    np.testing.assert_allclose(X, [8.0, *after], rtol=1e-6)


@pytest.mark.parametrize(("condition", "at_two"), [("time >= 2 h", 5.0), ("time == 2 h", 5.0), ("time > 2 h", 1.0)])
@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_an_output_at_the_instant_of_a_condition(condition: str, at_two: float, target: str):
    """What is true at 2 h has happened there; what is true only behind it has not. Equality is met, though briefly."""
    text = f"""
cytokinome: 1
model: instant
compartments: {{well: {{kind: culture, volume: 1 mL}}}}
molecules: {{X: {{initial: 1 pM}}, Y: {{initial: 1 pM, degrades: {{half-life: 1 h, source: assumed}}}}}}
events: [{{when: {condition}, do: {{X: 5 pM}}}}]
"""
    kernel = compile_model(check_text(text, "instant.yaml").require(), target)
    parameters = kernel.complete(kernel.defaults())[None]
    select = [[o.name for o in kernel.outputs].index("X")]
    found = solver(kernel)(kernel, parameters, Schedule(()), np.array([0.0, 1.9, 2.0, 2.1]), select=select)
    assert found.values[0, :, 0].tolist() == [1.0, 1.0, at_two, 5.0]
