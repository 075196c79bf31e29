"""What only the lanes promise: the same bits however they are shared out, the fallback, reduction."""

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.ode import lanes
from cytokinome.engines.ode.lanes import Cohort, reduce_blocks, solve
from cytokinome.engines.ode.methods import RODAS4, RODAS5P, TSIT5
from tests.unit.engines.kernels import decay
from tests.unit.engines.lane_kernels import on_lanes


def run(kernel, entries=(), times=None, parameters=None, pivots=1.0, **options):
    """Solve with one patient unless told otherwise."""
    parameters = kernel.defaults()[None] if parameters is None else parameters
    schedule = Schedule.of([Entry(t, a, s, np.full(len(parameters), v)) for t, a, s, v in entries])
    times = np.linspace(0, 10, 101) if times is None else np.asarray(times)
    kernel = on_lanes(kernel, flat=bool(len(kernel.switches(0.0, np.ones(9), kernel.defaults()))), pivots=pivots)
    return solve(kernel, parameters, schedule, times, select=range(len(kernel.outputs)), **options)


def test_stop_leaves_the_rest_interrupted():
    """Who is not finished when the caller asks to stop is NaN and says so."""
    parameters = np.repeat(decay().defaults()[None], 4, axis=0)
    solution = run(decay(), parameters=parameters, should_stop=lambda: True)
    assert {o.status for o in solution.outcomes} <= {"interrupted", "completed"}
    assert all(
        np.isnan(v).all() for v, o in zip(solution.values, solution.outcomes, strict=True) if o.status != "completed"
    )


class JustInTime(Future):
    """A block that comes to its end right after the caller has given up waiting for this once."""

    def __init__(self, work):
        super().__init__()
        self.work = work

    def result(self, timeout=None):
        """Be late once."""
        if not self.done():
            self.set_result(self.work())
            raise TimeoutError
        return super().result(timeout)


def test_a_block_may_end_while_the_wait_for_it_ends(monkeypatch):
    """Waiting in vain for a block that is there a moment later is no fault."""
    monkeypatch.setattr(ThreadPoolExecutor, "submit", lambda self, work, index: JustInTime(lambda: work(index)))
    assert [outcome.status for outcome in run(decay()).outcomes] == ["completed"]


def cohort(count=23):
    """Patients who differ a hundredfold in their rates, with doses that differ too."""
    draw = np.random.default_rng(7)
    parameters = np.stack([10 ** draw.uniform(-1, 1, count), draw.uniform(0, 5, count)], axis=1)
    dose = Entry(2.0, Action.ADD, 0, draw.uniform(0, 9, count))
    pulse = Entry(3.0, Action.RATE_ON, 0, draw.uniform(0, 9, count))
    return parameters, Schedule.of([dose, pulse, Entry(4.5, Action.RATE_OFF, 0, pulse.value)])


@pytest.mark.parametrize("method", [RODAS5P, RODAS4, TSIT5], ids=lambda m: m.name)
def test_bits_do_not_depend_on_threads_blocks_or_company(method, monkeypatch):
    """One thread and three, small blocks and one, alone and among others: the same bits."""
    parameters, schedule = cohort()
    kernel, times = on_lanes(decay()), np.linspace(0, 8, 33)
    whole = solve(kernel, parameters, schedule, times, select=[0], method=method).values
    alone = solve(kernel, parameters[5:6], schedule.for_patients(5, 6), times, select=[0], method=method).values
    monkeypatch.setattr(lanes, "BLOCK", 5)
    split = solve(kernel, parameters, schedule, times, select=[0], method=method, threads=3).values
    assert np.isfinite(whole).all()
    assert np.array_equal(whole, split)
    assert np.array_equal(whole[5], alone[0])


def test_small_pivots_send_a_patient_to_the_reference():
    """The patient is simulated all the same, and the outcome says by whom and why."""
    solution = run(decay(), pivots=1e-12)
    assert solution.values[0, :, 0] == pytest.approx(10 * np.exp(-0.5 * solution.times), rel=1e-4)
    assert solution.outcomes[0].status == "completed"
    assert "pivot" in solution.outcomes[0].sentence


def test_blocks_are_reduced_in_order(monkeypatch):
    """A reducer sees every block once; its results come in the order of the blocks, and only those asked for."""
    monkeypatch.setattr(lanes, "BLOCK", 4)
    parameters, schedule = cohort(10)
    people = Cohort(on_lanes(decay()), parameters, schedule, np.linspace(0, 8, 5), (0,))
    sums = list(reduce_blocks(people, lambda b: (b.index, len(b.values), float(b.values.sum())), threads=2))
    assert [(index, count) for index, count, _ in sums] == [(0, 4), (1, 4), (2, 2)]
    assert list(reduce_blocks(people, lambda b: b.index, blocks=[2, 0])) == [2, 0]


def test_order_of_patients_does_not_matter():
    """Each patient's numbers are the same bits whoever stands beside them."""
    parameters = np.array([[0.1, 3.0], [0.2, 4.0], [5.0, 1.0]])
    forward = run(decay(), parameters=parameters).values
    backward = run(decay(), parameters=parameters[::-1]).values
    assert np.array_equal(forward, backward[::-1])
