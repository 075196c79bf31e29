"""What only the reference engine promises."""

import numpy as np

from cytokinome.engines.base import Schedule
from cytokinome.engines.ode.reference import solve
from tests.unit.engines.kernels import decay


def test_stop_leaves_the_rest_interrupted():
    """After the caller asks to stop, finished patients stay and the others are NaN."""
    finished = []
    parameters = np.repeat(decay().defaults()[None], 4, axis=0)
    solution = solve(
        decay(),
        parameters,
        Schedule(()),
        np.linspace(0, 10, 101),
        select=[0],
        on_progress=finished.append,
        should_stop=lambda: len(finished) >= 2,
    )
    assert finished == [1, 2]
    assert [o.status for o in solution.outcomes] == ["completed", "completed", "interrupted", "interrupted"]
    assert np.isnan(solution.values[2:]).all()
