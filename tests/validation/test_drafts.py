"""Every disease and every drug of the catalogue makes a model that validates and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cytokinome import api
from cytokinome.catalogue import catalogue
from cytokinome.model.assemble.draft import draft

if TYPE_CHECKING:
    from pathlib import Path

DISEASES = [record.id for record in catalogue().records("disease")]
DRUGS = [record.id for record in catalogue().records("therapy")]


@pytest.mark.parametrize("name", [*DISEASES, *DRUGS])
def test_a_draft_runs(name: str, tmp_path: Path):
    """It has no fault and no warning, all curves are finite and none is negative, and each drug does something."""
    made = draft(catalogue(), "first-draft", [name])
    (tmp_path / "model.yaml").write_text(made.model, encoding="utf-8")
    (tmp_path / "experiment.yaml").write_text(made.experiment, encoding="utf-8")
    assert api.check_experiment(tmp_path / "experiment.yaml").report.render() == ""
    result = api.run(tmp_path / "experiment.yaml")
    untreated, *treated = result.arms.values()
    assert treated or name not in DRUGS
    for arm in (untreated, *treated):
        assert np.all(np.isfinite(arm.values))
        assert arm.values.min() >= -1e-6 * np.abs(arm.values).max()
    for arm in treated:
        assert not np.allclose(arm.values, untreated.values, rtol=1e-6, atol=0), arm.id
