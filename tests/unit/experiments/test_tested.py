"""Doses outside those that a shipped scenario was tested with are told; those among them are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cytokinome import api
from cytokinome.experiments.tested import untested_doses

EXPERIMENT = """\
experiment: mine
model: {model}
time: 0 to 8 h, every 30 min
arms:
  mine: {{doses: [{dose}]}}
patients: {{count: 1, seed: 1{weight}}}
measure: {{TNF: pg/mL}}
"""
SCENARIO = "human-endotoxemia-published"


def told(folder: Path, dose: str, weight: str = "") -> list[str]:
    """What is said of one dose of an experiment with the model of the scenario."""
    path = folder / "experiment.yaml"
    path.write_text(EXPERIMENT.format(model=SCENARIO, dose=dose, weight=weight), encoding="utf-8")
    report = api.check_experiment(path).report
    assert report.errors == (), report.render()
    return [d.message for d in report.diagnostics if d.code == "DOSE_UNTESTED"]


@pytest.mark.parametrize(
    ("dose", "weight"),
    [
        ("{of: LPS, amount: 2 ng/kg, into: blood, at: 0 h}", ""),
        ("{of: LPS, rate: 1 ng/kg/h, into: blood, at: 0 h, for: 2 h}", ""),
        ("{of: LPS, amount: 140 ng, into: blood, at: 0 h}", ""),
        ("{of: LPS, amount: 0.16 ug, into: blood, at: 0 h}", ", weight: 80 kg"),
    ],
)
def test_doses_that_were_tested(dose: str, weight: str, tmp_path: Path):
    """2 ng/kg, at once or slowly, in the person of the scenario, who weighs 70 kg."""
    expected = 0 if not weight else 1  # 160 ng is 2 ng/kg at 80 kg, but more than anyone in the scenario was given
    assert len(told(tmp_path, dose, weight)) == expected


@pytest.mark.parametrize(
    ("dose", "said"),
    [
        ("{of: LPS, amount: 20 ng/kg, into: blood, at: 0 h}", "lies above what"),
        ("{of: LPS, amount: 20 ng/kg, into: blood, at: 0 h}", "10-fold: 2 ng/kg"),
        ("{of: LPS, amount: 70 ng, into: blood, at: 0 h}", "lies below what"),
        ("{of: LPS, rate: 0.5 ng/kg/h, into: blood, at: 0 h, for: 8 h}", "2-fold"),
        ("{of: LPS, amount: 2 mg/kg, into: blood, at: 0 h}", "1 000 000-fold: 2 ng/kg (bolus in "),
        ("{of: TNF, amount: 1 ug, into: blood, at: 0 h}", "gives TNF"),
    ],
)
def test_doses_that_were_not(dose: str, said: str, tmp_path: Path):
    """Ten times more, half, longer, or of another molecule."""
    (message,) = told(tmp_path, dose)
    assert said in message


def test_the_scenario_itself_is_not_told():
    """Neither by its id nor by its path."""
    for name in (SCENARIO, "tnf-il10-culture"):
        assert "DOSE_UNTESTED" not in [d.code for d in api.check_experiment(name).report.diagnostics]


def test_a_changed_model_is_not_that_of_the_scenario(tmp_path: Path):
    """A copy of the model beside the experiment was tested by nobody here, and nothing is said."""
    model = api.library.find(SCENARIO)
    assert model is not None
    text = model.model.read_text("utf-8") + "# mine\n"
    (tmp_path / "model.yaml").write_text(text, encoding="utf-8")
    assert told(tmp_path, "{of: LPS, amount: 20 ng/kg, into: blood, at: 0 h}") == []


def test_experiments_without_claims_do_not_count(tmp_path: Path):
    """What is held against nothing was not tested; with a claim it was, unless it asks another model."""
    study = api.load_experiment(SCENARIO)
    dose = "{of: LPS, amount: 9 ng/kg, into: blood, at: 0 h}"
    claim = (
        "claims: [{id: a, says: b, value: peak(mine.TNF), expect: {above: 1}, of: typical, kind: predicts, "
        'because: [], source: "assumed: only for this test"}]\n'
    )

    def told(model: str, claims: str) -> list[str]:
        own = tmp_path / "own.yaml"
        own.write_text(EXPERIMENT.format(model=model, dose=dose, weight="") + claims, encoding="utf-8")
        return [d.message for d in untested_doses(study.experiment, study.model, SCENARIO, [own]).warnings]

    assert all("gives LPS" in message for message in told(SCENARIO, ""))
    assert all("9 ng/kg (mine in mine)" in message for message in told(SCENARIO, claim))
    assert all("gives LPS" in message for message in told("model-other.yaml", claim))
    assert len(told(SCENARIO, claim)) == 2
