"""Schedules and solutions."""

import numpy as np
import pytest

from cytokinome.engines.base import Action, Entry, Outcome, Schedule, Solution, Statistics, is_same_time
from tests.unit.engines.kernels import decay

ONE = np.array([1.0])


def test_schedule_keeps_the_order_written_at_one_time():
    """Entries are sorted by time; a tie keeps the order written."""
    entries = [Entry(2.0, Action.ADD, 0, ONE), Entry(1.0, Action.SET, 0, ONE), Entry(1.0, Action.ADD, 0, ONE)]
    assert [e.action for e in Schedule.of(entries).entries] == [Action.SET, Action.ADD, Action.ADD]


def test_groups_join_times_that_differ_by_rounding():
    """0.1 * 3 and 0.3 are one time."""
    schedule = Schedule.of([Entry(0.1 * 3, Action.ADD, 0, ONE), Entry(0.3, Action.ADD, 0, ONE)])
    assert [len(group) for _, group in schedule.groups()] == [2]
    assert is_same_time(0.1 * 120, 12.0)
    assert not is_same_time(12.0, 12.001)


def test_largest_step_counts_an_infusion_with_its_duration():
    """A rate of 2 over 3 h is a dose of 6; a rate that is never taken away lasts to the end."""
    rate, endless = np.array([2.0]), np.array([5.0])
    entries = [Entry(1.0, Action.RATE_ON, 0, rate), Entry(4.0, Action.RATE_OFF, 0, rate)]
    assert Schedule.of(entries).largest_steps(2, 10.0).tolist() == [[6.0, 0.0]]
    entries.append(Entry(8.0, Action.RATE_ON, 1, endless))
    assert Schedule.of(entries).largest_steps(2, 10.0).tolist() == [[6.0, 10.0]]


def test_schedule_for_patients_slices_values():
    """A block of patients sees its own values."""
    schedule = Schedule.of([Entry(0.0, Action.ADD, 0, np.arange(5.0))])
    assert schedule.for_patients(2, 4).entries[0].value.tolist() == [2.0, 3.0]


def test_solutions_concatenate_in_order():
    """Values and outcomes follow each other, statistics add up."""
    part = Solution.unfinished(decay(), np.array([0.0, 1.0]), [0], 2)
    one = Solution(part.times, part.outputs, np.ones((1, 2, 1)), (Outcome.COMPLETED.of(1.0),), Statistics(3, 4, 5, 6.0))
    both = Solution.concatenate([part, one])
    assert both.values.shape == (3, 2, 1)
    assert [o.status for o in both.outcomes] == ["interrupted", "interrupted", "completed"]
    assert both.statistics == Statistics(3, 4, 5, 6.0)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_outcomes_are_whole_sentences(outcome):
    """No placeholder is left in a sentence, and the state is named where it matters."""
    filled = outcome.of(1.5, "TNF", 7)
    assert "{" not in filled.sentence
    assert ("TNF" in filled.sentence) == ("{state}" in outcome.value)
