"""The language page: its model and its experiment run, and its names are those of the language."""

import re
from pathlib import Path

import pytest

import cytokinome
from cytokinome import library
from cytokinome.experiments.claim_values import CURVE_FUNCTIONS
from cytokinome.experiments.claims import ClaimResult
from cytokinome.experiments.protocol import Expectation
from cytokinome.experiments.verdicts import Verdict
from cytokinome.model.components import Verb

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model and the experiment of the page as files."""
    folder = tmp_path_factory.mktemp("page")
    model, equations, experiment = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    (folder / "receptor-turnover.yaml").write_text(equations, encoding="utf-8")
    (folder / "two-signals.yaml").write_text(model, encoding="utf-8")
    (folder / "experiment.yaml").write_text(experiment, encoding="utf-8")
    return folder


def test_the_examples_run(folder: Path):
    """No error, no warning, the note that the page speaks of, and the claim holds."""
    checked = cytokinome.check_experiment(folder / "experiment.yaml")
    assert [d.code for d in checked.report.diagnostics] == ["MEAN_FIELD_CLOSURE"], checked.report.render()
    result = cytokinome.run(folder / "experiment.yaml", patients=3)
    assert [claim.passed for claim in result.claims] == [True]


def test_the_equations_run(folder: Path):
    """No error, no warning; the conditions of the page hold, and so do its demands."""
    checked = cytokinome.check_model(folder / "receptor-turnover.yaml")
    assert [d.code for d in checked.report.diagnostics] == [], checked.report.render()
    result = cytokinome.run(folder / "receptor-turnover.yaml")
    assert [note.partition(":")[0] for note in result.manifest.notes] == ["ONE_BY_ONE"]
    arm = result.arms["control"]
    bound, dimer = arm.curves("bound")[0], arm.curves("dimer")[0]
    assert (bound - 2 * dimer) ** 2 == pytest.approx(3 * dimer, rel=1e-9, abs=1e-12)


def test_every_verb_is_there():
    """A new verb gets a row."""
    assert [verb.value for verb in Verb if verb.value not in PAGE] == []


def test_every_function_of_claims_is_there():
    """A new function of claims is named."""
    line = re.search(r"Claims use `([^`]*)`", PAGE)
    assert line is not None
    assert set(line[1].split(", ")) == set(CURVE_FUNCTIONS)


def test_the_claim_of_the_page_on_claims_is_shipped():
    """The example that shows how to claim is a claim of the library, word for word."""
    page = (Path(__file__).parents[2] / "docs" / "how-to-claim.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\nclaims:\n(.*?)```", page, flags=re.DOTALL)
    shipped = library.find("tnf-il10-culture")
    assert example is not None
    assert shipped is not None
    assert example[1] in shipped.experiment.read_text(encoding="utf-8")


def test_the_page_on_claims_has_every_key_of_the_answer():
    """What `verify --json` says of a claim is named on the page, or is a key of claims."""
    page = (Path(__file__).parents[2] / "docs" / "how-to-claim.md").read_text(encoding="utf-8")
    expect = Expectation(0.0, 1.0, False, "within [0, 1]")
    claim = ClaimResult("a", "b", "c", "predicts", 0.5, "within [0, 1]", "d", True)
    keys = set(Verdict(claim, "b", expect).as_dict()) - {"note", "unit", "of", "because"}
    row = next(line for line in page.splitlines() if "--json" in line)
    assert [key for key in sorted(keys) if key not in row] == []
