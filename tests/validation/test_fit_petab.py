"""A published fit is found again: Boehm's model of STAT5 with its data, from starts all over its bounds.

``CYTOKINOME_SUITES`` names the folder that holds `petab`; without it this test is skipped. The expected optimum is that
at the nominal parameters of the collection, see `benchmarks.petab`.
"""

import pytest

from benchmarks import petab
from benchmarks.collection import suites
from benchmarks.fitting import posed
from cytokinome.experiments.fit import summary
from cytokinome.experiments.fit.estimate import estimate

NAME = "Boehm_JProteomeRes2014"


def test_the_published_optimum_is_found_again():
    """The likelihood is that of the collection, what the data know is met, and what they leave open is told."""
    collection = suites()
    if collection is None:
        pytest.skip("CYTOKINOME_SUITES names no folder with petab")
    problem = petab.fit(collection / NAME)
    found = estimate(posed(problem, starts=30), workers=2)
    assert -found.misfit == pytest.approx(petab.EXPECTED[NAME], abs=1e-3)
    rows = {row.name: row for row in summary.rows(found)}
    nominal = {name: problem.tables.number(name) for name in rows if not name.startswith("error")}
    for name in ("Epo_degradation_BaF3", "k_imp_hetero", "k_phos", "k_exp_homo"):
        row = rows[name]
        assert row.low is not None
        assert row.high is not None
        assert row.low < nominal[name] < row.high
        assert row.value == pytest.approx(nominal[name], rel=0.02)
    assert rows["k_exp_hetero"].low is None
    told = " ".join(found.unknown())
    assert "Of k_exp_hetero the data say only that it is below" in told
    assert "Of k_imp_homo the data say only that it is above" in told
