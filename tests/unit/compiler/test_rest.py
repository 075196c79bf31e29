"""The system at rest: the rates of the model at 0 h, but nothing for what is held."""

from pathlib import Path

import numpy as np

from cytokinome.compiler.lower import lower
from cytokinome.compiler.rest import at_rest
from cytokinome.compiler.targets.llvm import LlvmKernel
from cytokinome.compiler.targets.reference import ReferenceKernel
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import lanes, reference
from cytokinome.model.load import check_text

MODEL = """
cytokinome: 1
model: clock
compartments: {well: {kind: culture, volume: 1 mL}}
molecules:
  X: {initial: 8 pM, degrades: {rate: k * (2 + time / (1 h)), source: assumed}}
  Y: {initial: 2 pM, degrades: {rate: "if(X > 3 pM, k, if(time > 2 h, 2 * k, 3 * k))", source: assumed}}
parameters: {k: {value: 1 /h, source: assumed}}
events:
  - {when: time > 2 h, do: {X: 8 pM}}
"""
CULTURE = Path(__file__).parents[2] / "regression" / "mistakes" / "culture.yaml"


def test_held_states_do_not_move_and_time_stands_still():
    """Rates and slopes are those of 0 h at any time; the row of a held state is empty; no events."""
    system = lower(check_text(MODEL, "clock.yaml").require()).system
    whole, still = ReferenceKernel(system), ReferenceKernel(at_rest(system, [0]))
    y, p = np.array([5.0, 2.0]), whole.defaults()
    assert np.array_equal(still.defaults(), p)
    for t in (0.0, 1.0, 9.0):
        assert still.rhs(t, y, p).tolist() == [0.0, whole.rhs(0.0, y, p)[1]]
        assert still.jacobian(t, y, p)[0].tolist() == [0.0, 0.0]
        assert np.array_equal(still.jacobian(t, y, p)[1], whole.jacobian(0.0, y, p)[1])
    assert still.events == ()
    assert len(whole.switches(0.0, y, p)) == 2
    assert still.switches(0.0, y, p).tolist() == [2.0]
    assert at_rest(system, [0]).digest != at_rest(system, []).digest != system.digest


def test_a_cohort_on_lanes_starts_at_the_steady_states_of_the_reference():
    """Macrophages in culture, every parameter varied: the same rest to rounding, by machine code and by SciPy."""
    text = CULTURE.read_text(encoding="utf-8").replace("start: given", "start: steady state")
    model = check_text(text, "culture.yaml").require()
    stages = lower(model)
    judge, compiled = stages.kernel, LlvmKernel(stages.system, stages.kernel)
    people = judge.defaults() * np.exp(0.3 * np.random.default_rng(5).standard_normal((6, len(judge.parameters))))
    times, select = np.array([0.0, 1.0]), range(len(judge.states))
    expected = reference.solve(judge, people, Schedule(()), times, select=select)
    found = lanes.solve(compiled, people, Schedule(()), times, select=select)
    assert [o.sentence for o in found.outcomes] == [o.sentence for o in expected.outcomes]
    np.testing.assert_allclose(found.values[:, 0], expected.values[:, 0], rtol=1e-9, atol=1e-12)
