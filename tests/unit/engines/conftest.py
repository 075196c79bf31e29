"""The engines, for bodies of tests that judge all of them."""

import numpy as np
import pytest

from cytokinome.engines.base import Entry, Schedule
from cytokinome.engines.ode import lanes, reference
from tests.unit.engines.lane_kernels import on_lanes


def solve_on_lanes(kernel, *args, **options):
    """The lanes, on a hand-written kernel."""
    has_switches = bool(len(kernel.switches(0.0, np.ones(9), kernel.defaults())))
    return lanes.solve(on_lanes(kernel, flat=has_switches), *args, **options)


@pytest.fixture(params=[reference.solve, solve_on_lanes], ids=["reference", "lanes"])
def run(request):
    """Solve on one engine, with one patient unless told otherwise."""

    def simulate(kernel, entries=(), times=None, parameters=None, **options):
        parameters = kernel.defaults()[None] if parameters is None else parameters
        schedule = Schedule.of([Entry(t, a, s, np.broadcast_to(v, len(parameters))) for t, a, s, v in entries])
        times = np.linspace(0, 10, 101) if times is None else np.asarray(times)
        return request.param(kernel, parameters, schedule, times, select=range(len(kernel.outputs)), **options)

    return simulate
