"""Texts in Antimony: read as what they mean, never trusted; and written."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

pytest.importorskip("antimony")

import cytokinome
from cytokinome.cli.main import app
from cytokinome.compiler.lower import lower
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import reference
from cytokinome.errors import CytokinomeError, ModelError, ResourceLimit
from cytokinome.interchange import antimony
from cytokinome.interchange.sbml import guard
from cytokinome.interchange.sbml.refusal import Refused

DECAY = """\
// nothing is imported, says this comment, # and so does this
model *decay()  /* import "x.ant" */
  compartment C = 2;
  species A in C = 10, B in C = 0;
  k = 0.5;
  J: A -> B; C * k * A;
  at time >= 3: A = A + 4;
  A is "what is left of import";
  unit time_unit = 60 second;
end
"""


def write(folder: Path, text: str, name: str = "model.ant") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def codes(error: CytokinomeError) -> list[tuple[str, int]]:
    """The codes of an error with their lines."""
    assert error.report is not None
    return [(d.code, d.where.line if d.where else 0) for d in error.report.diagnostics]


def test_a_text_is_read_as_what_it_means(tmp_path: Path):
    """Decay, a dose at 3 min and decay again, in closed form."""
    model = cytokinome.import_model(write(tmp_path, DECAY)).model
    kernel = lower(model).kernel
    select, times = [[o.name for o in kernel.outputs].index("B")], np.array([1.0, 2.5, 5.0]) / 60
    p = kernel.complete(kernel.defaults())[None]
    found = reference.solve(kernel, p, Schedule(), times, select=select, rtol=1e-9).values[0, :, 0]
    # the solution starts at its first time
    elapsed = (times - times[0]) * 60
    late = 10 * math.exp(-1.0) + 4  # of A, 3 min after the start by the clock
    expected = [0.0, 10 - 10 * math.exp(-0.75), 10 - 10 * math.exp(-1.0) + late - late * math.exp(-1.0)]
    assert elapsed.tolist() == pytest.approx([0.0, 1.5, 4.0])
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("statement", ['import "other.ant"', 'IMPORT "other.ant";', 'x = 1; import\\\n"other.ant"'])
def test_no_text_imports_another(statement: str, tmp_path: Path):
    """Whatever its letters and line ends; the other file is there, and is not read."""
    write(tmp_path, "model other() y = 1; end", "other.ant")
    path = write(tmp_path, f"// one line\n{statement}\nmodel m() z = 2; end\n")
    with pytest.raises(ModelError) as caught:
        cytokinome.import_model(path)
    assert codes(caught.value) == [("ANTIMONY_IMPORT", 2)]


def test_the_library_can_open_no_file(tmp_path: Path):
    """Past the look at its words, a text still makes it read nothing."""
    other = write(tmp_path, "model other() y = 1; end", "other.ant")
    made = guard.translate("from antimony", f'import "{other}"\nmodel m() z = 2; end\n')
    assert made.text == ""
    assert "cannot be read from" in made.message


def test_what_is_no_antimony_is_told_with_its_line(tmp_path: Path):
    """The words and the line of the library."""
    with pytest.raises(ModelError, match="syntax error") as caught:
        cytokinome.import_model(write(tmp_path, "model m()\n  y = 1;\n  A - > B;\nend\n"))
    assert codes(caught.value) == [("ANTIMONY_INVALID", 3)]


def test_what_sbml_lacks_is_told_without_a_line(tmp_path: Path):
    """The lines of the SBML are not those of the text, so the first line stands for all."""
    with pytest.raises(ModelError) as caught:
        cytokinome.import_model(write(tmp_path, "model m()\n\n\n  species A; J: A -> ; k * A; A = 1;\nend\n"))
    assert codes(caught.value) == [("SBML_MISSING_VALUE", 1)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x = 1;" * 800_000, "FILE_TOO_LARGE"),
        (b"model m() x = " + b"(" * 300 + b"1" + b")" * 300 + b"; end", "TOO_LARGE"),
        (b"\xff\xfe\x00", "ANTIMONY_INVALID"),
        (b"model m()\0 x = 1; end", "ANTIMONY_INVALID"),
    ],
)
def test_what_no_person_wrote_is_refused_before_the_library_sees_it(data: bytes, code: str, tmp_path: Path):
    """By size, depth and signs."""
    path = tmp_path / "model.ant"
    path.write_bytes(data)
    with pytest.raises(Refused) as caught:
        antimony.scanned(path)
    assert caught.value.code == code


def test_a_text_that_takes_too_long_ends():
    """The process is stopped, and the next text is read by another."""
    sums = " + ".join(["x"] * 200_000)
    with pytest.raises(Refused, match="libAntimony crashed, or needed more than 1 s"):
        guard.translate("from antimony", f"model m() x = 1; y := {sums}; end", seconds=1)
    assert guard.translate("from antimony", "model m() x = 1; end").text


def test_a_file_that_is_not_there(tmp_path: Path):
    """As for every file."""
    with pytest.raises(ModelError) as caught:
        cytokinome.import_model(tmp_path / "none.ant")
    assert codes(caught.value) == [("FILE_UNREADABLE", 1)]


def test_from_the_command_line_and_back(tmp_path: Path):
    """A folder is made of a text, and a text of the folder; both mean the same."""
    runner = CliRunner()
    made = runner.invoke(app, ["import", str(write(tmp_path, DECAY)), str(tmp_path / "decay")])
    assert made.exit_code == 0, made.output
    written = runner.invoke(app, ["export", str(tmp_path / "decay"), str(tmp_path / "model-2.ant")])
    assert written.exit_code == 0, written.output
    before, after = (cytokinome.import_model(tmp_path / f).model for f in ("model.ant", "model-2.ant"))
    first, second = (lower(model).kernel for model in (before, after))
    assert first.states == second.states
    y = np.array([3.0, 7.0])
    slopes = [kernel.rhs(0.0, y, kernel.complete(kernel.defaults())) for kernel in (first, second)]
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=1e-14)
    assert before.equations is not None
    assert after.equations is not None
    assert after.equations.time == before.equations.time == "min"


WORDS = [
    "model", "m()", "end", "species", "A", "B", "in", "C", "compartment", "=", ":=", "'", "1", "2e3", "k", ";", "\n",
    "->", "=>", "-|", "at", "time", ">", ":", "(", ")", "*", "+", "^", "^9999", "delay(", ",", "unit", "has", "is",
    '"x"', "const", "var", "function f(x)", "f(f(", "piecewise(", "$", "-", "/*", "*/", "//", "--", "DNA", "<", "é",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
@settings(max_examples=100)
def test_words_in_any_order_are_read_or_refused(text: str):
    """Nothing but our own errors comes back."""
    try:
        made = guard.translate("from antimony", text)
    except Refused as refused:
        assume(refused.code == "SBML_READER")  # it crashed, in the other process
    else:
        assert bool(made.text) != bool(made.message)


def test_limits_are_told_as_such(tmp_path: Path):
    """A resource, not a fault of the model."""
    with pytest.raises(ResourceLimit):
        cytokinome.import_model(write(tmp_path, "x = 1;\n" * 700_000))
