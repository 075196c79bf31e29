"""Events on every engine: exact times, their order among doses and outputs, and the same bits in any company."""

import numpy as np
import pytest

from cytokinome.compiler.kernel import Manner
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.ode import lanes
from cytokinome.engines.ode.lane_agenda import PENDING
from cytokinome.engines.ode.methods import RODAS5P, TSIT5
from tests.unit.engines.kernels import Fake, Happening
from tests.unit.engines.lane_kernels import on_lanes

X, Y, K = (False, 0), (False, 1), (True, 0)


def steady(*happenings, conditions=lambda t, y, p: [], x0=8.0, k=0.0):
    """X falls at rate k, Y stays, until something happens."""
    return Fake(
        ("X", "Y"), {"k": k, "x0": x0}, lambda t, y, p: [-p["k"] * y[0], 0.0], lambda p: [p["x0"], 0.0],
        conditions=conditions, happenings=happenings,
    )  # fmt: skip


def when_above(level, *values, sets=(X,), **options):
    """An event of X above a level."""
    return Happening(lambda t, y, p: y[0] > level, lambda t, y, p: [v(y) for v in values], sets, **options)


def test_a_dose_makes_an_event_fire_at_once(run):
    """The output at the time of the dose shows what both have done."""
    kernel = steady(when_above(10.0, lambda y: y[0] / 2), conditions=lambda t, y, p: [y[0] - 10.0])
    solution = run(kernel, [(3.0, Action.ADD, 0, 4.0)], times=[0.0, 2.9, 3.0, 5.0])
    assert solution.values[0, :, 0] == pytest.approx([8, 8, 6, 6])


def test_what_is_due_at_a_dose_time_is_done_before_the_dose(run):
    """A dose at 2 fires an event that is due at 3, exactly where another dose is given: (8 + 4)/2 + 1."""
    kernel = steady(when_above(10.0, lambda y: y[0] / 2, delay=1.0), conditions=lambda t, y, p: [y[0] - 10.0])
    doses = [(2.0, Action.ADD, 0, 4.0), (3.0, Action.ADD, 0, 1.0)]
    solution = run(kernel, doses, times=[0.0, 2.0, 2.5, 3.0, 5.0])
    assert solution.values[0, :, 0] == pytest.approx([8, 12, 12, 7, 7])


def test_output_at_the_time_of_an_event_shows_the_value_after_it(run):
    """Within the schedule, at its last time, and when the event falls on the end."""
    kernel = steady(when_above(10.0, lambda y: y[0] / 2, delay=1.0), conditions=lambda t, y, p: [y[0] - 10.0])
    doses = [(2.0, Action.ADD, 0, 4.0)]
    for times, expected in (([0.0, 3.0, 4.0], [8, 6, 6]), ([0.0, 2.0, 3.0], [8, 12, 6])):
        assert run(kernel, doses, times=times).values[0, :, 0] == pytest.approx(expected)


def test_doses_at_one_clamped_time_and_the_events_between_them(run):
    """Entries before the start act at the start, each group followed by its events: ((8 + 4)/2 + 5)/2."""
    kernel = steady(when_above(10.0, lambda y: y[0] / 2), conditions=lambda t, y, p: [y[0] - 10.0])
    doses = [(-2.0, Action.ADD, 0, 4.0), (-1.0, Action.ADD, 0, 5.0)]
    assert run(kernel, doses, times=[0.0, 1.0]).values[0, :, 0] == pytest.approx([5.5, 5.5])


def test_priorities_cascades_and_delays_at_one_time(run):
    """Both fire at the dose; the later written one goes first by its priority, and what it does sets off a third."""
    both = (lambda t, y, p: y[0] > 10.0, lambda t, y, p: y[1] == 1.0)
    kernel = steady(
        Happening(both[0], lambda t, y, p: [10 * y[1]], (Y,), priority=1.0),
        Happening(both[0], lambda t, y, p: [y[1] + 1], (Y,), priority=2.0),
        Happening(both[1], lambda t, y, p: [y[1] + 6], (Y,), priority=3.0),
        Happening(both[0], lambda t, y, p: [y[1] - 1], (Y,), priority=9.0, delay=0.5),
        conditions=lambda t, y, p: [y[0] - 10.0, y[1] - 1.0],
    )
    solution = run(kernel, [(3.0, Action.ADD, 0, 4.0)], times=[0.0, 3.0, 3.4, 3.5, 4.0])
    assert solution.values[0, :, 1] == pytest.approx([0, 70, 70, 69, 69])


def test_a_parameter_and_a_state_change_places(run):
    """All values of an event are computed before any is set, also across states and parameters."""
    swap = Happening(lambda t, y, p: y[0] > 10.0, lambda t, y, p: [0.0 * t + 0.5, p["k"] + y[0]], (K, Y))
    solution = run(
        steady(swap, conditions=lambda t, y, p: [y[0] - 10.0]), [(3.0, Action.ADD, 0, 4.0)], times=[0.0, 3.0, 5.0],
        rtol=1e-9,
    )  # fmt: skip
    assert solution.values[0, :, 0] == pytest.approx([8, 12, 12 * np.exp(-1)], rel=1e-7)
    assert solution.values[0, :, 1] == pytest.approx([0, 12, 12])


def test_what_an_event_undoes_is_no_switching_back_and_forth(run, monkeypatch):
    """A sawtooth may have as many teeth as it likes."""
    monkeypatch.setattr("cytokinome.engines.ode.segment.MAX_SWITCHES", 3)
    refill = Happening(lambda t, y, p: y[0] < 4.0, lambda t, y, p: [8.0], (X,))
    solution = run(steady(refill, k=1.0, conditions=lambda t, y, p: [y[0] - 4.0]), times=[0.0, 3.0])
    assert solution.outcomes[0].status == "completed"
    assert solution.values[0, -1, 0] == pytest.approx(8 * np.exp(-np.fmod(3.0, np.log(2))), rel=1e-4)


def test_events_that_keep_each_other_going_fail_one_patient(run):
    """The neighbours, who never reach the level, have the values of a patient without events."""
    there = Happening(lambda t, y, p: y[0] < 4.0 and y[1] < 0.5, lambda t, y, p: [1.0], (Y,))
    back = Happening(lambda t, y, p: y[1] > 0.5, lambda t, y, p: [0.0], (Y,))
    kernel = steady(there, back, conditions=lambda t, y, p: [y[0] - 4.0, y[1] - 0.5])
    people = np.array([[0.0, 8.0], [1.0, 8.0], [0.01, 8.0]])
    solution = run(kernel, parameters=people, times=[0.0, 1.0])
    assert [o.status for o in solution.outcomes] == ["completed", "failed", "completed"]
    assert "more than 1000 times by 0.693147 h" in solution.outcomes[1].sentence
    assert solution.values[[0, 2], -1, 0] == pytest.approx([8.0, 8 * np.exp(-0.01)], rel=1e-6)


def test_more_waiting_events_than_there_is_room_for(run):
    """One firing per period of a cosine, all with a long delay: the values are right on every engine."""
    count = PENDING + 6
    tick = Happening(lambda t, y, p: np.cos(20 * t) > 0, lambda t, y, p: [y[1] + 1], (Y,), delay=100.0)
    kernel = steady(tick, conditions=lambda t, y, p: [np.cos(20 * t)])
    end = 2 * np.pi / 20 * count
    solution = run(kernel, times=[0.0, end, end + 100.0])
    assert solution.values[0, 1, 1] == 0.0
    assert solution.values[0, 2, 1] == count


def test_more_waiting_events_than_there_is_room_for_keep_their_values(run):
    """As above, each with the time at which it fired: their sum tells that none is lost or has another's value."""
    count, period = PENDING + 6, 2 * np.pi / 20
    tick = Happening(
        lambda t, y, p: np.cos(20 * t) < 0,
        lambda t, y, p: [t],
        (X,),
        delay=100.0,
        manner=Manner(values_when_fired=True),
    )
    add = Happening(lambda t, y, p: y[0] != p["x0"], lambda t, y, p: [y[1] + y[0], p["x0"]], (Y, X), priority=1.0)
    kernel = steady(tick, add, conditions=lambda t, y, p: [np.cos(20 * t)])
    fired = period * (np.arange(count) + 0.25)
    values = run(kernel, times=[0.0, 100 + fired[-1] + 0.1]).values[0, -1]
    assert values == pytest.approx([8.0, fired.sum()])


def test_what_fires_from_the_start_is_carried_out_before_a_dose_there(run):
    """X is doubled, then the dose is added: 2 · 8 + 4; the dose alone would not make it fire."""
    early = when_above(7.0, lambda y: 2 * y[0], manner=Manner(fires_from_start=True))
    kernel = steady(early, conditions=lambda t, y, p: [y[0] - 7.0])
    solution = run(kernel, [(0.0, Action.ADD, 0, 4.0)], times=[0.0, 1.0])
    assert solution.values[0, :, 0] == pytest.approx([20, 20])


def test_a_dose_makes_an_event_lapse(run):
    """X falls below 4 at ln 2, and a dose lifts it again before the event is due."""
    low = Happening(lambda t, y, p: y[0] < 4.0, lambda t, y, p: [1.0], (Y,), delay=0.5, manner=Manner(lapses=True))
    kernel = steady(low, k=1.0, conditions=lambda t, y, p: [y[0] - 4.0])
    assert run(kernel, [(1.0, Action.ADD, 0, 4.0)], times=[0.0, 1.4]).values[0, -1, 1] == 0
    assert run(kernel, [(1.3, Action.ADD, 0, 4.0)], times=[0.0, 1.4]).values[0, -1, 1] == 1


def test_a_delay_that_cannot_be_ends_one_patient_alone(run):
    """The event after the first is named, at the time at which it fired; the neighbour goes on."""
    fine = when_above(10.0, lambda y: y[0], delay=1.0)
    late = Happening(lambda t, y, p: y[0] > 11.0, lambda t, y, p: [1.0], (Y,), delay=lambda t, y, p: p["x0"] - 9.0)
    kernel = steady(fine, late, conditions=lambda t, y, p: [y[0] - 10.0, y[0] - 11.0])
    people = np.array([[0.0, 8.0], [0.0, 9.5]])
    solution = run(kernel, [(0.5, Action.ADD, 0, 4.0)], parameters=people, times=[0.0, 2.0])
    assert [o.status for o in solution.outcomes] == ["failed", "completed"]
    assert solution.outcomes[0].sentence == "the delay of the event event 1 is negative or no number at 0.5 h"
    assert solution.values[1, -1] == pytest.approx([13.5, 1.0])


@pytest.mark.parametrize("second", [0.3, 0.2 + 0.1, 0.3 - 1e-15])
def test_an_event_and_a_dose_whose_times_differ_by_rounding(run, second):
    """The event is carried out first, whichever of the two rounding puts before the other."""
    kernel = steady(when_above(10.0, lambda y: y[0] / 2, delay=0.1), conditions=lambda t, y, p: [y[0] - 10.0])
    solution = run(kernel, [(0.2, Action.ADD, 0, 4.0), (second, Action.ADD, 0, 1.0)], times=[0.0, 0.25, 0.3, 0.5])
    assert solution.outcomes[0].sentence == "simulated to the end"
    assert solution.values[0, :, 0] == pytest.approx([8, 12, 7, 7])


def sawtooth():
    """X is filled up when it is low; a delayed event slows it down, two of every manner tie; a dose sets off all."""
    every = Manner(fires_from_start=True, lapses=True, values_when_fired=True, draws_ties=True)
    tied = (
        Happening(
            lambda t, y, p: 2.0 < y[0] < 5.0,
            lambda t, y, p, share=share: [y[1] + share * y[0]],
            (Y,),
            delay=0.2,
            manner=every,
        )
        for share in (0.01, 0.03)
    )
    return on_lanes(
        steady(
            Happening(lambda t, y, p: y[0] < 1.0, lambda t, y, p: [y[0] + p["x0"], y[1] + 1], (X, Y)),
            Happening(lambda t, y, p: y[0] > 6.0, lambda t, y, p: [0.8 * p["k"]], (K,), delay=0.7),
            *tied,
            conditions=lambda t, y, p: [y[0] - 1.0, y[0] - 2.0, y[0] - 5.0, y[0] - 6.0],
        )
    )


@pytest.mark.parametrize("method", [RODAS5P, TSIT5], ids=lambda m: m.name)
def test_bits_do_not_depend_on_threads_blocks_company_or_grid(method, monkeypatch):
    """Patients with none to dozens of events: alone, in blocks, on threads, on a finer grid, the same bits."""
    draw, count = np.random.default_rng(11), 11
    people = np.stack([10 ** draw.uniform(-2, 1, count), draw.uniform(2, 9, count)], axis=1)
    schedule = Schedule.of([Entry(1.5, Action.ADD, 0, draw.uniform(0, 9, count))])
    kernel, fine, coarse = sawtooth(), np.linspace(0, 3, 31), np.linspace(0, 3, 7)

    def solve(start, stop, times, **options):
        part = schedule.for_patients(start, stop)
        return lanes.solve(kernel, people[start:stop], part, times, select=[0, 1], method=method, **options)

    whole = solve(0, count, coarse)
    assert {o.sentence for o in whole.outcomes} == {"simulated to the end"}
    assert whole.values[:, -1, 1].max() > 5
    assert np.array_equal(solve(0, count, fine).values[:, ::5], whole.values)
    assert np.array_equal(solve(7, 8, coarse).values[0], whole.values[7])
    monkeypatch.setattr(lanes, "BLOCK", 5)
    assert np.array_equal(solve(0, count, coarse, threads=3).values, whole.values)
