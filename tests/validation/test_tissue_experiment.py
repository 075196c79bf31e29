"""An experiment of the shipped culture in a box, with every kind of intervention, beside the same on the mean field."""

from pathlib import Path

import numpy as np
import pytest

import cytokinome

EXPERIMENT = """
experiment: culture-in-space
model: tnf-il10-culture
time: 0 to 12 h, every 1 h
arms:
  no_IL10R: {knock-out: [IL10R]}
  many:
    doses:
      - {of: LPS, rate: 5 ng/h, at: 1 h, for: 4 h}
      - {of: infliximab, amount: 1 ug, into: well, at: 11 h}
    parameters: {q_IL10: 1 molecules/cell/s}
    block: [{what: IL10, from: 3 h, until: 9 h, fraction: 95 %}]
    wash-out: [{of: [TNF], at: 6 h}]
    change: [{parameter: q_TNF, to: 3 molecules/cell/s, at: 6 h}]
    remove-cells: [{of: macrophage, fraction: 50 %, at: 9 h}]
    add-cells: [{of: resting macrophage, amount: 2e5 /mL, at: 10 h}]
patients: {count: 1, seed: 1}
measure: {TNF: pg/mL, IL10: pg/mL, bound_TNF: pg/mL, count(macrophage): cells}
sample: 1 uL
tissue:
  size: [1 mm, 1 mm, 1 mm]
  spacing: 100 um
  step: 10 min
  diffusion:  # fast, so that all is mixed
    LPS: 5000 um^2/s
    TNF: 5000 um^2/s
    IL10: 5000 um^2/s
    infliximab: 5000 um^2/s
    TNF_infliximab: 5000 um^2/s
"""


def test_interventions_in_a_box_meet_the_mean_field(tmp_path: Path):
    """Of the typical person, whose thousand cells are a sample of a million: within 6 %, cells to the last one."""
    path = tmp_path / "experiment.yaml"
    path.write_text(EXPERIMENT, encoding="utf-8")
    found, expected = cytokinome.run(path, engine="tissue"), cytokinome.run(path)
    for id, arm in found.arms.items():
        mean = expected.arm(id)
        assert arm.names == mean.names
        for name in ("TNF", "IL10", "bound_TNF"):
            curve, of_mean = (a.typical[:, a.index(name)] for a in (arm, mean))
            assert curve[3:] == pytest.approx(of_mean[3:], rel=0.06, abs=1e-3), (id, name)
        cells, of_mean = (a.typical[:, a.index("count(macrophage)")] for a in (arm, mean))
        assert cells == pytest.approx(of_mean, abs=1001)
    many = found.arm("many")
    counts = many.typical[[8, 9, 10], many.index("count(macrophage)")]
    assert np.diff(counts) == pytest.approx([-500_000, 200_000])
