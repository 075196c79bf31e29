"""Every sentence in the hybrid: what flows and what jumps add up to its law."""

import numpy as np
import pytest

from cytokinome.compiler.hybrid import hybrid_of
from cytokinome.compiler.targets.reference import Program
from tests.conformance.harness import by_hand, parameters, random_states, stages_of
from tests.conformance.test_sentences import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@pytest.mark.parametrize("sample", [1.0, 1e-3])
def test_flows_and_jumps_are_the_law(case, sample):
    """Derivatives between jumps, and hazards times changes, give the law's derivative; no flow moves a cell."""
    stages = stages_of(case.text, case.blockable)
    hybrid, kernel = hybrid_of(stages.model, sample=sample), stages.kernel
    p = parameters(kernel, case.slots)
    graph, cells = hybrid.system.graph, list(hybrid.counted)
    flows, hazards = Program(graph, hybrid.system.rates), Program(graph, [j.hazard for j in hybrid.jumps])
    changes = [Program(graph, [node for _, node in jump.changes]) for jump in hybrid.jumps]
    for t, y in random_states(kernel, p):
        y[cells] = np.rint(y[cells] / hybrid.grain) * hybrid.grain
        drift = np.array(flows.at(t, y, p))
        assert (drift[cells] == 0).all()
        assert drift[-1] == pytest.approx(sum(hazards.at(t, y, p)), rel=1e-12)
        for jump, hazard, program in zip(hybrid.jumps, hazards.at(t, y, p), changes, strict=True):
            for (state, _), change in zip(jump.changes, program.at(t, y, p), strict=True):
                drift[state] += hazard * change
        expected = by_hand(case, kernel, t, y)
        loss = 1e-12 * np.abs(expected).max(initial=0.0)
        np.testing.assert_allclose(drift[:-1], expected, rtol=1e-11, atol=loss, err_msg=str(kernel.states))
