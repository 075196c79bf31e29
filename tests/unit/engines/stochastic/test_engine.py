"""The exact stochastic engine on both targets: doses, switches, stated events, outcomes, and the same bits."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cytokinome.compiler.explain import explain
from cytokinome.compiler.jumps import jumps_of
from cytokinome.compiler.targets import counting
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.draws import tie
from cytokinome.engines.stochastic import lanes, reference
from cytokinome.engines.stochastic.passages import Passage
from cytokinome.errors import UnsupportedFeature
from tests.unit.engines.stochastic.models import model_of, runs_of, state

DECAY = "molecules: {A: {in: well, initial: 1 pM, degrades: {rate: 0.5 /h, source: assumed}}}\n"
STILL = "molecules: {A: {in: well, initial: 1 pM}}\n"
ONE = 1 / 602.214076  # pM: one molecule in the well of `models`

CELLS = """
molecules: {A: {in: well}, B: {in: well}}
cells: {t: {initial: 30 cell}, k: {initial: 5 cell}}
rules:
  - t divides after 8 h (3 stages), driven by A (half 0.1 pM, hill 2)
  - t dies at 0.02 /h
  - k kills t at 1e-11 L/cell/h, only when time > 6 h
  - t secretes A at 3 molecules/cell/h, decreased by B (half 0.2 pM, hill 1.5)
  - t releases B at 7 molecules/cell
reactions:
  - {equation: 2 A <-> B, kon: 1 /pM/h, koff: 0.3 /h, source: assumed}
"""


def _entry(time, action, slot, value):
    return Entry(time, action, slot, np.array([float(value)]))


@pytest.fixture(params=["reference", "lanes"])
def solve(request):
    """Both targets of the engine."""
    return {"reference": reference.solve, "lanes": lanes.solve}[request.param]


def test_both_targets_give_the_same_bits():
    """Counts, passages, outcomes and numbers of events are equal, with doses, infusions and switches on the way."""
    a = state(CELLS, "A")
    schedule = Schedule.of([
        _entry(2, Action.ADD, a, 0.5),
        _entry(3, Action.RATE_ON, a, 0.2),
        _entry(5, Action.RATE_OFF, a, 0.2),
        _entry(7.5, Action.SCALE, state(CELLS, "t [1/3]"), 0.5),
        _entry(9, Action.SET, state(CELLS, "B"), 0.1),
    ])  # fmt: skip
    t = tuple(state(CELLS, f"t [{i}/3]") for i in (1, 2, 3))
    runs = runs_of(
        CELLS, ["count(t)", "A", "B"], np.linspace(0, 12, 25), infused=["A"], schedule=schedule, count=9, seed=11,
        watches=(Passage(t, 40, True), Passage((a,), 0.3, True)),
    )  # fmt: skip
    slow, fast = reference.solve(runs), lanes.solve(runs)
    assert np.isfinite(slow.solution.values).all()
    assert np.isfinite(slow.passages).any()
    np.testing.assert_array_equal(slow.passages, fast.passages)
    assert slow.solution.outcomes == fast.solution.outcomes
    assert slow.solution.statistics.steps == fast.solution.statistics.steps > 1000
    # The counts, not what is observed of them: one target observes a time, the other a stretch.
    np.testing.assert_allclose(slow.solution.values, fast.solution.values, rtol=1e-14)


@pytest.mark.parametrize("in_place", [0, 30_000])
def test_many_hazards_give_the_same_bits(monkeypatch, in_place):
    """With three levels of sums, and with hazards written out at every event or called."""
    monkeypatch.setattr(counting, "IN_PLACE", in_place)
    names = [f"X{i}" for i in range(75)]
    text = "molecules: {" + ", ".join(f"{n}: {{in: well, initial: 0.02 pM}}" for n in names) + "}\nreactions:\n"
    for left, right in pairwise(names):
        text += f"  - {{equation: {left} <-> {right}, kon: 1 /h, koff: 0.4 /h, source: assumed}}\n"
    runs = runs_of(text, names, [0, 0.5, 1], count=3, seed=5)
    assert len(runs.jumps.jumps) > 64
    np.testing.assert_array_equal(reference.solve(runs).solution.values, lanes.solve(runs).solution.values)


def test_runs_depend_on_nothing_but_their_key():
    """A part of the runs, of the patients, or another number of threads gives the rows of the whole."""
    runs = runs_of(CELLS, ["count(t)", "A"], [0, 3, 6], count=11, seed=4)
    three = replace(runs, parameters=np.repeat(runs.parameters, 3, axis=0))
    whole = lanes.solve(three).solution.values
    np.testing.assert_array_equal(lanes.solve(three, threads=2).solution.values, whole)
    some = lanes.solve(replace(runs, count=4, first_run=5, first_patient=1)).solution.values
    np.testing.assert_array_equal(some, whole[11 + 5 : 11 + 9])
    assert len({row.tobytes() for row in whole}) > 25  # the patients differ in nothing but the key


def test_outputs_do_not_enter_a_trajectory(solve):
    """A finer grid shows the same runs at more times."""
    coarse = runs_of(CELLS, ["count(t)", "A"], [0, 4, 8], count=3, seed=2)
    fine = replace(coarse, times=np.linspace(0, 8, 81))
    np.testing.assert_array_equal(solve(fine).solution.values[:, ::40], solve(coarse).solution.values)


def test_counts_begin_at_the_nearest_whole_number(solve):
    """1 pM is 602.214076 molecules here, which start as 602."""
    values = solve(runs_of(STILL, ["A"], [0, 1])).solution.values
    np.testing.assert_allclose(values.ravel(), 602 * ONE, rtol=1e-14)


def test_a_dose_is_there_at_its_time(solve):
    """At the time of a dose, the last time included, the output shows the value after it; taking away stops at 0."""
    a = state(STILL, "A")
    schedule = Schedule.of([_entry(1, Action.ADD, a, 10.4 * ONE), _entry(3, Action.ADD, a, -2.0)])
    values = solve(runs_of(STILL, ["A"], [0, 0.9, 1, 2, 3], schedule=schedule)).solution.values
    np.testing.assert_allclose(values.ravel() / ONE, [602, 602, 612, 612, 0], rtol=1e-12)


def test_an_infusion_gives_whole_molecules(solve):
    """The number that arrives is a Poisson number of mean rate × duration; nothing arrives before or after."""
    a = state(STILL, "A")
    schedule = Schedule.of([_entry(1, Action.RATE_ON, a, 40 * ONE), _entry(3, Action.RATE_OFF, a, 40 * ONE)])
    runs = runs_of(STILL, ["A"], [1, 3, 9], infused=["A"], schedule=schedule, count=200, seed=8)
    arrived = solve(runs).solution.values[:, :, 0] / ONE - 602
    np.testing.assert_allclose(arrived, np.rint(arrived), atol=1e-9)
    assert (arrived[:, 0] == 0).all()
    np.testing.assert_array_equal(arrived[:, 1], arrived[:, 2])
    assert abs(arrived[:, 1].mean() - 80) < 5 * np.sqrt(80 / 200)


def test_an_infusion_must_be_foreseen(solve):
    """A schedule that infuses a state the jumps do not know is an error that names it."""
    schedule = Schedule.of([_entry(1, Action.RATE_ON, state(STILL, "A"), 1.0)])
    with pytest.raises(ValueError, match="infuses A"):
        solve(runs_of(STILL, ["A"], [0, 2], schedule=schedule))


def test_a_condition_on_time_is_located(solve):
    """Decay starts at 2 h exactly, and stops at 5 h: no molecule is lost outside."""
    text = """
molecules: {A: {in: well, initial: 1 pM}, B: {in: well}}
parameters: {late: {value: 5 h, source: assumed}}
reactions:
  - {equation: A -> B, rate: "if(time > 2 h and not time >= late, 1 /h, 0 /h) * A", source: assumed}
"""
    runs = runs_of(text, ["A"], [0, 2, 2.01, 5, 50], count=50, seed=6)
    left = solve(runs).solution.values[:, :, 0] / ONE
    assert (np.rint(left[:, :2]) == 602).all()
    np.testing.assert_array_equal(left[:, 3], left[:, 4])
    assert abs(left[:, 2].mean() - 602 * np.exp(-0.01)) < 5 * np.sqrt(602 * 0.01 / 50)
    assert abs(left[:, 3].mean() - 602 * np.exp(-3)) < 5 * np.sqrt(602 * np.exp(-3) / 50)


def test_a_parameter_changes_on_time(solve):
    """A hazard that a schedule sets to zero stops there."""
    text = """
molecules: {A: {in: well, initial: 1 pM}}
parameters: {k: {value: 1 /h, source: assumed}, half: {value: "k * 1 h", source: assumed}}
reactions:
  - {equation: A -> B, k: k, source: assumed}
""".replace(', half: {value: "k * 1 h", source: assumed}', "")
    runs = runs_of(text, ["A"], [0, 1, 9], count=5, seed=6)
    slot = [s.name for s in runs.kernel.parameters].index("k")
    values = solve(replace(runs, schedule=Schedule.of([_entry(1, Action.PARAMETER, slot, 0.0)]))).solution.values
    assert (values[:, 1] < values[:, 0]).all()
    np.testing.assert_array_equal(values[:, 1], values[:, 2])


def test_everything_extinct_completes(solve):
    """A run in which nothing is left to happen is simulated to the end."""
    run = solve(runs_of(DECAY, ["A"], [0, 500]))
    assert run.solution.values[0, -1, 0] == 0
    assert run.solution.outcomes[0].status == "completed"
    assert run.solution.statistics.steps == 602


EXPLODING = "cells: {t: {initial: 10 cell}}\nrules:\n  - t divides at 1 /h\n"
EATING = "molecules: {A: {in: well, initial: 1 pM}, B: {in: well}}\nreactions:\n  - {equation: A -> B, rate: 1 pM/h, source: assumed}\n"  # noqa: E501
TURNING = "molecules: {A: {in: well, initial: 1 pM}, B: {in: well}}\nreactions:\n  - {equation: A -> B, rate: 1 /h * (A - 0.5 pM), source: assumed}\n"  # noqa: E501


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        (EXPLODING, {"max_events": 1000}, "more than 1000 events happened by"),
        (EATING, {}, "`A-to-B` takes more than there is at"),
        (TURNING, {}, "the rate of `A-to-B` is negative or no number at"),
    ],
)
def test_a_run_that_fails_says_why(solve, text, options, sentence):
    """What fails is NaN with an outcome that names time and process; the targets agree on it."""
    runs = runs_of(text, ["A"] if "A:" in text else ["count(t)"], [0, 60], count=2, seed=1, **options)
    if text is TURNING:
        runs = replace(runs, times=np.array([0.0, 1e4]))
    run = solve(runs)
    assert np.isnan(run.solution.values).all()
    for outcome in run.solution.outcomes:
        assert outcome.status == "failed"
        assert sentence in outcome.sentence
    assert run.solution.outcomes == reference.solve(runs).solution.outcomes


def test_a_negative_start_fails_alone(solve):
    """One patient's bad start leaves the others alone."""
    runs = runs_of(DECAY, ["A"], [0, 1], count=2)
    starts = np.array([[1.0], [-1.0], [2.0]])
    run = solve(replace(runs, parameters=np.repeat(runs.parameters, 3, axis=0), starts=starts)).solution
    assert np.isnan(run.values[2:4]).all()
    assert np.isfinite(run.values[[0, 1, 4, 5]]).all()
    assert run.outcomes[2].sentence == "A is negative or no number before the start"


def test_stopping_leaves_the_rest_interrupted(solve):
    """Runs that were not finished are NaN and interrupted."""
    runs = runs_of(DECAY, ["A"], [0, 1], count=3)
    many = replace(runs, parameters=np.repeat(runs.parameters, 3, axis=0))
    run = solve(many, should_stop=lambda: True).solution
    assert run.outcomes[-1].status == "interrupted"
    assert np.isnan(run.values[-1]).all()


def test_first_passages(solve):
    """Extinction is noted when the last one goes, and a level that is never reached is NaN."""
    a = state(DECAY, "A")
    watches = (Passage((a,), 0.0, False), Passage((a,), 2.0, True), Passage((a,), 0.1, True))
    run = solve(runs_of(DECAY, ["A"], np.linspace(0, 60, 6001), count=3, seed=9, watches=watches))
    for row in range(3):
        gone = np.flatnonzero(run.solution.values[row, :, 0] == 0)[0]
        assert run.solution.times[gone - 1] <= run.passages[row, 0] <= run.solution.times[gone]
    assert np.isnan(run.passages[:, 1]).all()
    assert (run.passages[:, 2] == 0).all()


STATED = """
molecules: {A: {in: well, initial: 1 pM, degrades: {rate: 1 /h, source: assumed}}, B: {in: well}}
events:
  - {when: A < 0.3 pM, do: {A: 0.6 pM}}
  - {when: time >= 3 h, delay: 0.5 h, do: {B: 0.0501 pM}}
"""


MANNERS = """
molecules: {A: {in: well, initial: 1 pM}, B: {in: well}}
events:
  - {when: A > 0.5 pM, do: {A: 2 * A}, from-start: fires}
  - {when: time > 1 h and time < 2 h, do: {B: B + 1 pM}, delay: 0.9 h, once-fired: lapses}
  - {when: time > 1 h and time < 2 h, do: {B: B + 2 pM}, delay: 1.1 h, once-fired: lapses}
  - {when: time > 3 h, do: {A: A + 5 pM}, priority: 2}
  - {when: time > 3 h, do: {B: B + A}, delay: 1 h, values: when fired}
  - {when: time > 5 h, do: {B: 0 pM}, priority: 'if(B > 3 pM, 1, 3)'}
  - {when: time > 5 h, do: {B: 2 * B}, priority: 2}
"""


def test_stated_events_go_about_it_as_in_the_equations():
    """From the start before a dose there; one that lapses; values when fired (3 of A, not 8); priorities when due."""
    a = state(MANNERS, "A")
    runs = runs_of(MANNERS, ["A", "B"], [0, 2.5, 3.5, 4.5, 6], schedule=Schedule.of([_entry(0, Action.ADD, a, 1)]))
    values = reference.solve(runs).solution.values[0].T
    np.testing.assert_allclose(values[0], [3, 3, 8, 8, 8], atol=2 * ONE)
    np.testing.assert_allclose(values[1], [0, 1, 1, 4, 0], atol=9 * ONE)


COIN = """
molecules: {A: {in: well}, B: {in: well}}
events:
  - {when: time > 1 h and A < 0.5 pM, do: {A: 1 pM}, once-fired: lapses, ties: drawn}
  - {when: time > 1 h and A < 0.5 pM, do: {A: 1 pM, B: 1 pM}, once-fired: lapses}
"""


def test_chance_decides_ties_run_by_run():
    """Each run of each patient draws its own, by `draws.tie`."""
    runs = runs_of(COIN, ["B"], [0, 2], count=20, seed=5)
    second = reference.solve(runs).solution.values[:, -1, 0] > 0.5
    assert second.tolist() == [tie((5, run, 0), 0) > 0.5 for run in range(20)]
    assert second.any()
    assert not second.all()


def test_stated_events_happen_at_jumps_and_times():
    """An event on counts fires at the jump that makes it true, one on time exactly then, after its delay."""
    run = reference.solve(runs_of(STATED, ["A", "B"], np.linspace(0, 6, 601), count=5, seed=3)).solution
    assert np.nanmin(run.values[:, :, 0]) >= 0.3
    np.testing.assert_array_equal((run.values[:, :, 1] > 0).argmax(axis=1), 350)
    np.testing.assert_allclose(run.values[:, -1, 1] / ONE, 30, rtol=1e-12)


def test_lanes_leave_stated_events_to_the_reference():
    """What the compiled engine does not do it refuses before it starts."""
    with pytest.raises(UnsupportedFeature, match="states events"):
        lanes.solve(runs_of(STATED, ["A"], [0, 1]))


@pytest.mark.parametrize("sample", [0.0, -1.0, np.nan, np.inf])
def test_a_sample_is_a_positive_fraction(sample):
    """Anything else is an error."""
    with pytest.raises(ValueError, match="positive fraction"):
        jumps_of(model_of(DECAY), sample=sample)


def test_a_sample_keeps_concentrations(solve):
    """A tenth of the well holds a tenth of the molecules and cells: concentrations and totals of the whole agree."""
    runs = runs_of(CELLS, ["count(t)", "A"], [0, 5], count=300, seed=7)
    part = runs_of(CELLS, ["count(t)", "A"], [0, 5], sample=10.0, count=30, seed=8)
    small, large = solve(runs).solution.values[:, 1], solve(part).solution.values[:, 1]
    np.testing.assert_allclose(large[:, 0] * 10, np.rint(large[:, 0] * 10), rtol=1e-14)  # cells in tenths
    error = np.sqrt(small.var(axis=0) / 300 + large.var(axis=0) / 30)
    np.testing.assert_array_less(np.abs(small.mean(axis=0) - large.mean(axis=0)), 5 * error + 0.02 * small.mean(axis=0))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": 0}, "at least 1"),
        ({"max_events": 0}, "at least 1"),
        ({"seed": -1}, "must lie in"),
        ({"seed": 2**64}, "must lie in"),
        ({"first_run": -3}, "must lie in"),
        ({"times": np.array([0.0, 2.0, 2.0])}, "increase"),
        ({"times": np.array([0.0, np.nan])}, "increase"),
        ({"times": np.array([])}, "increase"),
    ],
)
def test_what_is_no_run_is_refused(wrong, message):
    """Counts, keys and times are checked before anything is simulated."""
    with pytest.raises(ValueError, match=message):
        replace(runs_of(DECAY, ["A"], [0, 1]), **wrong)


def test_the_largest_keys_are_keys(solve):
    """The first and the last seed there is give runs, and different ones."""
    first, last = (solve(runs_of(DECAY, ["A"], [0, 1], seed=seed)).solution.values for seed in (0, 2**64 - 1))
    assert not np.array_equal(first, last)


def test_one_time_shows_the_start(solve):
    """A course without length shows the state after the doses of that time."""
    schedule = Schedule.of([_entry(0, Action.ADD, state(STILL, "A"), 8 * ONE)])
    values = solve(runs_of(STILL, ["A"], [0.0], schedule=schedule, count=2)).solution.values
    np.testing.assert_allclose(values / ONE, 610, rtol=1e-12)


def test_the_events_of_a_model_can_be_read():
    """`explain` shows every event with its changes and its rate, and both directions of a reaction."""
    text = explain(model_of(CELLS), "jumps")
    assert "t-dies: t [2/3]: t [2/3] -1, B +7; " in text
    assert "A-to-B: A -2, B +1; A * (A - one [A])" in text
    assert "A-to-B, back: A +2, B -1; 0.3 * B" in text
    carried = "cells: {t: {initial: 3 cell, inside: {Y: {initial: 5 molecules/cell}}}}\nrules:\n  - t dies at 1 /h\n"
    assert "t-dies: t: t -1, Y in t by what the cell carries; " in explain(model_of(carried), "jumps")
