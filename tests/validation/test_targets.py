"""Machine code and lanes against the reference: the same experiment, the same numbers to tolerance."""

import numpy as np
import pytest

import cytokinome

SHIPPED = [scenario.id for scenario in cytokinome.scenarios()]
SCENARIOS = [id for id in SHIPPED if cytokinome.load_experiment(id).experiment.engine == "ode"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_compiled_cohorts_equal_the_reference(scenario: str):
    """Every curve of every patient, doses and knock-outs included, within a hundred times the solvers' tolerance."""
    judge = cytokinome.run(scenario, patients=5, rtol=1e-8)
    found = cytokinome.run(scenario, patients=5, rtol=1e-8, target="llvm")
    assert [c.passed for c in found.claims] == [c.passed for c in judge.claims]
    for id, arm in judge.arms.items():
        other = found.arm(id)
        assert other.names == arm.names
        assert [o.status for o in other.outcomes] == [o.status for o in arm.outcomes]
        np.testing.assert_array_equal(other.parameters, arm.parameters)
        scale = np.abs(arm.values).max(axis=(0, 1))
        np.testing.assert_allclose(other.values / (scale + 1e-300), arm.values / (scale + 1e-300), atol=1e-6)


def test_a_patient_does_not_depend_on_the_cohort():
    """Patient 3 has the same bits among 4 and among 9."""
    few = cytokinome.run("tnf-il10-culture", patients=4, target="llvm").arm("anti_TNF")
    many = cytokinome.run("tnf-il10-culture", patients=9, target="llvm").arm("anti_TNF")
    np.testing.assert_array_equal(few.values[3], many.values[3])
