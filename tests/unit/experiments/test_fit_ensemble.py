"""Sets of parameters beside a model: read, chosen, and what they make of claims under what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cytokinome import api
from cytokinome.experiments.fit import ensemble
from cytokinome.experiments.study import Options
from cytokinome.experiments.uncertainty import robustness
from tests.unit.experiments.fits import EXPERIMENT, FIT, MODEL, decay, write

if TYPE_CHECKING:
    from pathlib import Path

PRODUCT = MODEL.replace("initial: X0", "initial: X0 * b").replace(
    "  k: {", '  b: {value: 2, uncertain: {fold: 10}, source: "assumed: test"}\n  k: {'
)
CLAIM = """claims:
  - id: product
    says: only the product is known
    value: at(control.X, 0 h)
    expect: {near: 10, tolerance: 1 %}
    of: typical
    kind: constructed
    source: "assumed: test"
"""
DRAWS = "X0 (pg/mL),b,elsewhere (h)\n" + "".join(f"{1000 * 10 / b},{b},1\n" for b in (0.2, 1, 2, 7, 30))


def study(folder: Path, draws: str = ""):
    """The study of a scenario whose start is a product, with sets of parameters beside it."""
    write(folder, data=decay(), model=PRODUCT, experiment=EXPERIMENT + CLAIM)
    if draws:
        (folder / "draws.csv").write_text(draws, encoding="utf-8")
    return api.check_experiment(folder / "experiment.yaml")


def test_sets_become_factors(tmp_path):
    """Units are converted, columns of other models are passed over, and rows stay together."""
    factors = study(tmp_path, DRAWS).require().fitted
    assert factors["X0"] == pytest.approx((10, 2, 1, 2 / 7, 1 / 15))
    assert factors["b"] == pytest.approx((0.1, 0.5, 1, 3.5, 15))
    assert set(factors) == {"X0", "b"}
    drawn = ensemble.chosen(factors, 1, 50)
    assert [a * b for a, b in zip(drawn["X0"], drawn["b"], strict=True)] == pytest.approx([1.0] * 50)
    assert len(set(drawn["b"])) == 5


def test_what_is_known_together_is_drawn_together(tmp_path):
    """A claim about a product that the data know holds in all sets; drawn apart, the two make it fail."""
    apart = robustness(study(tmp_path).require(), Options(), draws=64)["product"]
    together = robustness(study(tmp_path, DRAWS).require(), Options(), draws=64)["product"]
    assert apart.share < 0.2
    assert together.share == 1.0
    reach = {i.parameter: (i.low, i.high) for i in together.influence}
    assert reach["b"] == pytest.approx([10 * end for end in ensemble.ends((0.1, 0.5, 1, 3.5, 15))], rel=1e-6)


@pytest.mark.parametrize(
    ("draws", "line"),
    [("X0 (ng/mL),b\n5\n", 2), ("X0 (ng/mL),b\n5,2\n5,-2\n", 3), ("b\nmany\n", 2), ("X0 (h)\n5\n", 1)],
)
def test_a_fault_of_the_file_is_told(tmp_path, draws, line):
    """Rows of other lengths, numbers that are none or not above 0, and units that do not fit have their place."""
    (fault,) = study(tmp_path, draws).report.errors
    assert (fault.code, fault.where and fault.where.line) == ("BAD_DATA", line)
    assert fault.where
    assert fault.where.file.endswith("draws.csv")


def test_other_files_of_that_name_are_none_of_ours(tmp_path):
    """Beside an experiment without a fit nothing is read from draws.csv; beside a fit of any name, its sets are."""
    assert study(tmp_path, "patient,drawn at\n1,noon\n").report.errors
    (tmp_path / "fit.yaml").unlink()
    (tmp_path / "notes.yaml").write_text("about: {fit: good}\n", encoding="utf-8")
    checked = api.check_experiment(tmp_path / "experiment.yaml")
    assert (checked.report.errors, checked.require().fitted) == ((), {})
    (tmp_path / "my-fit.yaml").write_text(FIT, encoding="utf-8")
    (fault,) = api.check_experiment(tmp_path / "experiment.yaml").report.errors
    assert "'noon' is no number above 0" in fault.message
    assert "beside a fit" in fault.hint


def test_two_fits_have_two_files(tmp_path):
    """Rows of a file stay together, those of two are paired by lot, and a number stands in one of them."""
    (tmp_path / "fit-more.yaml").write_text("fit: more\n", encoding="utf-8")
    (tmp_path / "draws-more.csv").write_text("k (/h)\n" + "".join(f"{k / 10}\n" for k in range(1, 11)))
    (tmp_path / "draws-none.csv").write_text("no fit of that name\n", encoding="utf-8")
    factors = study(tmp_path, DRAWS).require().fitted
    assert sorted(factors["k"]) == pytest.approx([k / 2 for k in range(1, 11)])
    assert list(factors["k"]) != sorted(factors["k"])
    drawn = ensemble.chosen(factors, 1, 200)
    assert [a * b for a, b in zip(drawn["X0"], drawn["b"], strict=True)] == pytest.approx([1.0] * 200)
    assert len(set(drawn["k"])) == 10
    (tmp_path / "draws-more.csv").write_text("b\n1\n", encoding="utf-8")
    (fault,) = study(tmp_path, DRAWS).report.errors
    assert (fault.code, "b stands in two files" in fault.message) == ("BAD_DATA", True)
