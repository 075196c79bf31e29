"""Claims read the same numbers whatever grid the user asks to see."""

from pathlib import Path

import numpy as np
import pytest

import cytokinome
from cytokinome.experiments.grid import FINE, reading_times

MODEL = """
cytokinome: 1
model: decay
compartments: {w: {kind: culture, volume: 1 mL}}
molecules: {X: {degrades: {rate: 0.5 /h, source: assumed}}}
"""
CLAIM = "{id: %s, says: x, value: '%s', expect: {above: 0}, of: typical, kind: constructed, source: assumed}"
EXACT = {
    "auc(late.X)": 200.0 * (1 - np.exp(-11.5)),
    "auc(early.X)": 200.0 * (1 - np.exp(-12.0)),
    "peak(late.X)": 100.0,
    "peak_time(late.X)": 1.0,
    "time_above(late.X, 50 pM)": np.log(2) / 0.5,
    "at(late.X, 3 h)": 100 * np.exp(-1),
}


@pytest.mark.parametrize("every", ["6 h", "1 h", "10 min"])
def test_measures_do_not_depend_on_the_grid(tmp_path: Path, every: str):
    """A bolus within a long step is seen, and areas do not begin before it."""
    claims = "\n".join("  - " + CLAIM % (f"c{i}", value) for i, value in enumerate(EXACT))
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    (tmp_path / "experiment.yaml").write_text(
        f"""
experiment: grid
model: model.yaml
time: 0 to 24 h, every {every}
arms:
  late: {{doses: [{{of: X, amount: 100 fmol, into: w, at: 1 h}}]}}
  early: {{doses: [{{of: X, amount: 100 fmol, into: w, at: 0 h}}]}}
measure: {{X: pM}}
claims:
{claims}
""",
        encoding="utf-8",
    )
    result = cytokinome.run(tmp_path / "experiment.yaml")
    assert [c.found for c in result.claims] == pytest.approx(list(EXACT.values()), rel=5e-4)
    hours = {"6 h": 6.0, "1 h": 1.0, "10 min": 1 / 6}[every]
    np.testing.assert_allclose(np.diff(result.arm("late").times), hours, rtol=1e-9)


def test_reading_times_hold_the_grid_and_both_sides_of_a_dose():
    """The output grid is there exactly; a dose has a time just before it."""
    experiment = cytokinome.load_experiment("tnf-il10-culture").experiment
    times = reading_times(experiment)
    assert np.all(np.diff(times) > 0)
    assert set(experiment.times.grid()) <= set(times)
    before = times[np.searchsorted(times, 12.0) - 1]
    assert 12.0 - 1e-6 < before < 12.0
    assert len(times) >= FINE
