"""The verbs of `catalogue` that write: pages of a network, first models; what is told of names that do not exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cytokinome.cli.main import app

PAGE = Path(__file__).parents[3] / "docs" / "catalogue.md"


def call(*arguments: str | Path) -> Result:
    """Run a verb of the catalogue in this process."""
    return CliRunner().invoke(app, ["catalogue", *map(str, arguments)], prog_name="cytokinome")


def test_a_network_is_a_page(tmp_path: Path) -> None:
    """The page holds the picture, every statement with a link to where it was read, and nothing from elsewhere."""
    assert call("graph", "rheumatoid", "arthritis", "--out", tmp_path / "ra.html").exit_code == 0
    text = (tmp_path / "ra.html").read_text(encoding="utf-8")
    rows = json.loads(call("graph", "rheumatoid_arthritis", "--to", "json").stdout)["edges"]
    assert len(re.findall(r"<tr><td>", text)) == len(rows) > 10
    assert text.count('<td class="source"></td>') == 0
    assert "<svg" in text
    assert "<script" not in text
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/' in text


@pytest.mark.parametrize(
    "names", [["TNF,IL10,macrophage"], ["TNF", "IL-10", "macrophage"], ["rheumatoid", "arthritis"]]
)
def test_assemble(names: list[str], tmp_path: Path) -> None:
    """Names of records, or of a disease, make a model and an experiment without fault; gaps are listed."""
    done = call("assemble", *names, "--out", tmp_path / "joint")
    assert done.exit_code == 0, done.stderr
    assert "assumed, because nothing was read" in done.stdout
    files = [str(tmp_path / "joint" / name) for name in ("model.yaml", "experiment.yaml")]
    assert CliRunner().invoke(app, ["validate", *files]).exit_code == 0
    assert call("assemble", *names, "--out", tmp_path / "joint").exit_code == 2  # nothing is overwritten


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "TNFF"], "did you mean TNF"),
        (["show", "interlukin 6"], "did you mean interleukin 6"),
        (["show", ""], "no name was given"),
        (["why", "nobody.Kd"], "catalogue search PART"),
        (["why", "TNF.half_lif"], "did you mean half-life"),
        (["why", "macrophage_secretes_TNF_on_LPS"], "catalogue show macrophage_secretes_TNF_on_LPS"),
        (["labels", "pro-inflamatory"], "did you mean pro-inflammatory"),
        (["labels", "TNFF"], "did you mean TNF"),
        (["graph", "zzzzz"], "catalogue search PART"),
        (["assemble", "TNFF", "--out", "x"], "did you mean TNF"),
    ],
)
def test_names_that_do_not_exist(arguments: list[str], said: str) -> None:
    """The nearest name is told, or how to search for one."""
    result = call(*arguments)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize("name", ["hematopoietic", "Haematopoietic", "pro-tumor", "anti tumour", "antiviral"])
def test_labels_in_any_spelling(name: str) -> None:
    """A label is found however its readers spell it."""
    result = call("labels", name, "--json", "-")
    assert result.exit_code == 0
    assert len({one["label"] for one in json.loads(result.stdout)}) == 1


def test_json_alone_is_standard_output() -> None:
    """`--json` without a file means standard output, wherever it stands."""
    whole = call("why", "TNF.half_life", "--json", "-").stdout
    assert json.loads(whole)
    assert call("why", "TNF.half_life", "--json").stdout == whole
    assert json.loads(call("--json", "--kind", "disease").stdout)


def test_the_page_says_how_it_is_done_in_python() -> None:
    """The lines of Python on the page run as they stand."""
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    known: dict[str, object] = {}
    exec(compile(code, "catalogue.md", "exec"), known)
    assert known["record"]
