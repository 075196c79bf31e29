"""Every shipped calibration is repeated: a descent from where the models stand goes nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from cytokinome import fitting, library
from cytokinome.experiments.fit import summary

FITTED = [path for scenario in library.scenarios() for path in scenario.fits]


def _name(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", FITTED, ids=_name)
def test_the_models_have_what_the_fit_finds(path: Path) -> None:
    """What stands in the model files is an optimum of the data that the fit file names, and lies in its intervals."""
    posed = fitting.load_fit(path, starts=1)
    found = fitting.fit(posed, quick=True, workers=2)
    assert summary.distance(found) >= -1e-6
    assert summary.stands(found), (summary.distance(found), [r for r in summary.rows(found) if not r.contains])


@pytest.mark.parametrize("path", FITTED, ids=_name)
def test_the_draws_are_those_of_the_models(path: Path) -> None:
    """Where sets of parameters lie beside a model, its own values are among them."""
    problem = fitting.load_fit(path).problem
    for study in problem.studies:
        assert [name for name, values in study.fitted.items() if not min(values) < 1 < max(values)] == []
