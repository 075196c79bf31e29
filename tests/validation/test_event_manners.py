"""How events go about it, against closed forms: from the start, lapsing, values when fired, overlaps, ties."""

import math

import numpy as np
import pytest

from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Schedule
from cytokinome.engines.draws import tie
from cytokinome.engines.ode.choose import solver
from cytokinome.model.load import check_text
from cytokinome.model.serialise import print_model
from cytokinome.model.wording import event_text
from tests.validation.test_events import DECAY, LN2, Run
from tests.validation.test_events import run as run  # the decay of X from 8 pM at 1 /h on both engines; Y stays at 0

PERIOD = math.log(8)
SAWTOOTH = "{when: X < 1 pM, do: {X: 8 pM}}\n"


def levels(run: Run, events: str, *times: float) -> np.ndarray:
    """Y at some times after the start."""
    solution = run(events, np.array([0.0, *times]))
    assert solution.outcomes[0].status == "completed", solution.outcomes[0].sentence
    return solution.values[0, 1:, 1]


# ------------------------------------------------------------------------------------------- from the start
def test_true_at_the_start_fires_there_if_it_is_said(run: Run):
    """Once: the output at the start shows it, and it fires again only after it has been false."""
    events = "{when: X > 4 pM, do: {Y: Y + 1 pM}, from-start: fires}\n" + SAWTOOTH
    values = run(events, np.array([0.0, 1.0, PERIOD - 0.01, PERIOD + 0.01])).values[0, :, 1]
    assert values == pytest.approx([1, 1, 1, 2])


def test_false_at_the_start_fires_when_it_comes_true(run: Run):
    """There is nothing to fire at the start; then it is an event like any other."""
    event = "{when: X < 4 pM, do: {Y: Y + 1 pM}, from-start: fires}"
    assert levels(run, event, 0.1, LN2 - 0.01, LN2 + 0.01) == pytest.approx([0, 0, 1])


def test_the_delay_counts_from_the_start(run: Run):
    """What fires at the start is carried out after its delay."""
    event = "{when: X > 4 pM, do: {Y: X}, from-start: fires, delay: 1.5 h}"
    assert levels(run, event, 1.49, 1.51) == pytest.approx([0, 8 * math.exp(-1.5)], rel=1e-7)


# ------------------------------------------------------------------------------------------------- lapsing
@pytest.mark.parametrize(("manner", "delay", "fires"), [
    ("lapses", 0.6, True), ("lapses", 0.8, False), ("stands", 0.6, True), ("stands", 0.8, True),
])  # fmt: skip
def test_a_window_that_closes_during_the_delay(run: Run, manner: str, delay: float, fires: bool):
    """X is between 4 and 2 for ln 2 = 0.693 h."""
    event = f"{{when: X < 4 pM and X > 2 pM, do: {{Y: 1 pM}}, delay: {delay} h, once-fired: {manner}}}"
    assert levels(run, event, 3.0) == [1.0 if fires else 0.0]


@pytest.mark.parametrize(("delay", "each"), [(1.3, 1), (1.5, 0)])
def test_what_another_event_undoes_lapses_too(run: Run, delay: float, each: int):
    """In each period X is below 4 for ln 4 = 1.386 h, until it is set back to 8."""
    event = f"{{when: X < 4 pM, do: {{Y: Y + 1 pM}}, delay: {delay} h, once-fired: lapses}}"
    assert levels(run, SAWTOOTH + event, 4.5 * PERIOD) == [4 * each]


def test_a_window_that_opens_again_is_a_new_firing(run: Run):
    """X passes from 4 to 2 in ln 2 h, and then, set back to 8 with half the rate, in 2 ln 2 h."""
    events = (
        "{when: X < 1 pM, do: {X: 8 pM, k: k / 2}}\n"
        "{when: X < 4 pM and X > 2 pM, do: {Y: Y + 1 pM}, delay: 0.8 h, once-fired: lapses}"
    )
    again = PERIOD + 2 * LN2 + 0.8
    assert levels(run, events, again - 1e-3, again + 1e-3, again + 3.0) == pytest.approx([0, 1, 1])


@pytest.mark.parametrize(("manner", "priority", "expected"), [
    ("lapses", 1, 0), ("stands", 1, 1), ("lapses", 3, 1), ("stands", 3, 1),
])  # fmt: skip
def test_what_goes_first_may_undo_the_condition_of_the_next(run: Run, manner: str, priority: int, expected: float):
    """Both fire at once; the one with priority 2 sets X above the level."""
    first = "{when: X < 4 pM, do: {X: 5 pM, k: 0 /h}, priority: 2}\n"
    second = f"{{when: X < 4 pM, do: {{Y: 1 pM}}, priority: {priority}, once-fired: {manner}}}"
    assert levels(run, first + second, 2.0) == [expected]


# ----------------------------------------------------------------------------------------- values when fired
@pytest.mark.parametrize(("when", "expected"), [("when fired", 4.0), ("when carried out", 4 * math.exp(-1))])
def test_values_of_the_moment(run: Run, when: str, expected: float):
    """X is 4 when the event fires, and has decayed for an hour when it is carried out."""
    event = f"{{when: X < 4 pM, do: {{Y: X}}, delay: 1 h, values: {when}}}"
    assert levels(run, event, LN2 + 0.99, LN2 + 1.01) == pytest.approx([0, expected], rel=1e-7)


@pytest.mark.parametrize(("when", "expected"), [("when fired", 2), ("when carried out", 3)])
def test_all_that_fire_at_one_instant_read_the_same_state(run: Run, when: str, expected: float):
    """The second reads Y before the first has set it."""
    events = f"{{when: X < 4 pM, do: {{Y: Y + 1 pM}}}}\n{{when: X < 4 pM, do: {{Y: Y + 2 pM}}, values: {when}}}"
    assert levels(run, events, 1.0) == [expected]


def test_what_is_set_off_reads_what_has_been_set(run: Run):
    """A cascade: the third fires when the first has been carried out, before the second."""
    events = (
        "{when: X < 4 pM, do: {Y: 1 pM}, priority: 3}\n"
        "{when: X < 4 pM, do: {Y: 20 pM}, priority: 1}\n"
        "{when: Y > 0.5 pM, do: {k: Y / (1 pM) * 0 /h, X: Y + 6 pM}, priority: 0, values: when fired}"
    )
    values = run(events, np.array([0.0, 2.0])).values[0, -1]
    assert values == pytest.approx([7, 20])


def test_firings_that_overlap_have_values_of_their_own(run: Run):
    """A new one fires every ln 8 = 2.08 h and waits for 5 h: up to three wait at once."""
    event = "{when: X < 4 pM, do: {Y: time * 1 pM/h}, delay: 5 h, values: when fired}"
    times = np.arange(0.25, 14.0, 0.5)
    fired = LN2 + PERIOD * np.arange(8)
    expected = [max((f for f in fired if f + 5 <= t), default=0.0) for t in times]
    assert levels(run, SAWTOOTH + event, *times) == pytest.approx(expected, rel=1e-7)


def test_two_firings_due_at_one_time_are_carried_out_in_the_order_they_fired(run: Run):
    """The delay shrinks as X does, so that both are due at 6 h; the later one has the last word."""
    event = "{when: X < 4 pM, do: {Y: time * 1 pM/h}, delay: 6 h - time, values: when fired}"
    assert levels(run, SAWTOOTH + event, 5.99, 6.01) == pytest.approx([0, LN2 + 2 * PERIOD], rel=1e-7)


# ------------------------------------------------------------------------------------- priorities and delays
def test_priorities_are_compared_anew_each_time(run: Run):
    """The first makes the second less urgent than the third: 1, then 1 + 3, then 2 · 4."""
    events = (
        "{when: X < 4 pM, do: {Y: 1 pM}, priority: 3}\n"
        "{when: X < 4 pM, do: {Y: 2 * Y}, priority: 'if(Y > 0.5 pM, 1, 2)'}\n"
        "{when: X < 4 pM, do: {Y: Y + 3 pM}, priority: 1.5}"
    )
    assert levels(run, events, 1.0) == [8]


def test_priorities_are_those_of_the_time_when_events_are_due(run: Run):
    """The delayed one is below the other when it fires and above it when both are due at 1 h: 1, then 1 + 2."""
    events = (
        "{when: X > 4 pM, do: {Y: Y + 2 pM}, from-start: fires, delay: 1 h, priority: 1}\n"
        "{when: X > 4 pM, do: {Y: 1 pM}, from-start: fires, delay: 1 h, priority: time / (0.9 h)}"
    )
    assert levels(run, events, 1.01) == [3]


def test_the_delay_is_that_of_the_firing(run: Run):
    """One hour per 4 pM of X: an hour, though X goes on falling."""
    event = "{when: X < 4 pM, do: {Y: 1 pM}, delay: X / (4 pM) * 1 h}"
    assert levels(run, event, LN2 + 0.999, LN2 + 1.001) == pytest.approx([0, 1])


@pytest.mark.parametrize("delay", ["(X - 5 pM) / (1 pM) * 1 h", "sqrt(X / (1 pM) - 5) * 1 h"])
def test_a_delay_that_is_negative_or_no_number_ends_in_an_outcome(run: Run, delay: str):
    """The patient is NaN, and the sentence names the event and the time."""
    lines = f"{{when: X < 5 pM, do: {{Y: 1 pM}}}}\n{{id: late, when: X < 4 pM, do: {{Y: 2 pM}}, delay: {delay}}}"
    solution = run(lines, np.array([0.0, 1.0]))
    assert np.isnan(solution.values).all()
    assert solution.outcomes[0].sentence == "the delay of the event late is negative or no number at 0.693147 h"


# ------------------------------------------------------------------------------------------- reading, printing
@pytest.mark.parametrize(("keys", "words"), [
    ("", "when X < 4 pM: Y becomes 1 pM"),
    (", from-start: fires", "when X < 4 pM, also from the start: Y becomes 1 pM"),
    (", delay: 1 h, once-fired: lapses", "when X < 4 pM, after 1 h, unless it is false again by then: Y becomes 1 pM"),
    (", ties: drawn", "when X < 4 pM: Y becomes 1 pM"),
    (", values: when fired", "when X < 4 pM: Y becomes 1 pM, with the values of when it fired"),
])  # fmt: skip
def test_printed_and_read_again(keys: str, words: str):
    """Text → model → text, and the line that a reader sees."""
    text = DECAY.format(events=f"  - {{when: X < 4 pM, do: {{Y: 1 pM}}{keys}}}")
    model = check_text(text, "decay.yaml").require()
    assert check_text(print_model(model), "printed.yaml").require() == model
    assert event_text(model.events[0]) == words


@pytest.mark.parametrize("keys", ["from-start: yes", "once-fired: persistent", "values: fired", "ties: random"])
def test_a_word_that_is_not_known(keys: str):
    """The fault names what is allowed."""
    report = check_text(DECAY.format(events=f"  - {{when: X < 4 pM, do: {{Y: 1 pM}}, {keys}}}"), "decay.yaml").report
    assert [d.code for d in report.errors] == ["BAD_VALUE"]


# ----------------------------------------------------------------------------------------------------- ties
COIN = """
{id: heads, when: X < 4 pM, do: {X: 8 pM, Y: Y + 1 pM}, once-fired: lapses, ties: drawn}
{id: tails, when: X < 4 pM, do: {X: 8 pM, Y: Y - 1 pM}, once-fired: lapses, ties: as written}
"""
TOSSES = 300


def test_chance_decides_ties_where_it_is_said(run: Run):
    """Every ln 2 h a coin is tossed: who goes first undoes the condition of the other; both sides do come up."""
    times = LN2 * (np.arange(TOSSES + 1) + 0.5)
    steps = np.diff(run(COIN, np.array([0.0, *times])).values[0, 1:, 1])
    assert steps == pytest.approx([1 - 2 * int(2 * tie((0, 0, 0), toss)) for toss in range(TOSSES)])
    assert abs(steps.sum()) < 4 * math.sqrt(TOSSES)
    written = run(COIN.replace(", ties: drawn", ""), np.array([0.0, times[-1]]))
    assert written.values[0, 1, 1] == pytest.approx(TOSSES)


def test_priorities_come_before_chance(run: Run):
    """There is no tie where one is more urgent, nor where one is alone."""
    times = np.array([0.0, 10.5 * LN2])
    urgent = COIN.replace("ties: as written", "priority: 1")
    assert run(urgent, times).values[0, 1, 1] == pytest.approx(-10)
    assert run(COIN.strip().splitlines()[0], times).values[0, 1, 1] == pytest.approx(10)


@pytest.mark.parametrize("target", ["reference", "llvm"])
def test_each_patient_draws_ties_of_their_own(target: str):
    """By seed, run and patient, whoever else is in the cohort."""
    lines = "\n".join(f"  - {line}" for line in COIN.strip().splitlines())
    kernel = compile_model(check_text(DECAY.format(events=lines), "decay.yaml").require(), target)
    keys = np.array([(7, 0, patient) for patient in range(5)], dtype=np.uint64)
    times = np.array([0.0, *(LN2 * (np.arange(20) + 0.5))])

    def play(start: int, stop: int) -> np.ndarray:
        p = np.repeat(kernel.defaults()[None], stop - start, axis=0)
        return solver(kernel)(kernel, p, Schedule(()), times, select=[1], keys=keys[start:stop]).values[:, 1:, 0]

    every = play(0, 5)
    expected = [[1 - 2 * int(2 * tie((7, 0, patient), toss)) for toss in range(19)] for patient in range(5)]
    assert np.diff(every, axis=1) == pytest.approx(np.array(expected))
    assert np.array_equal(play(3, 4)[0], every[3])
