"""Files in SBML that are refused: with a code, a line, a sentence; and none that harms the process that asks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("libsbml")

from cytokinome.diagnostics import CODES
from cytokinome.errors import CytokinomeError, ModelError, ResourceLimit, UnsupportedFeature
from cytokinome.interchange.sbml import guard
from cytokinome.interchange.sbml.importing import import_file
from cytokinome.interchange.sbml.refusal import Refused
from tests.unit.interchange.sbml_files import (
    HEAD,
    compartment,
    courses,
    document,
    listed,
    parameter,
    reaction,
    rule,
    species,
    written,
)

if TYPE_CHECKING:
    from cytokinome.diagnostics import Diagnostic

GOOD = listed("Parameters", parameter("k", 2.0))
COMP = (
    ' xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true"',
    '<comp:listOfSubmodels><comp:submodel comp:id="A" comp:modelRef="E"/></comp:listOfSubmodels>',
)


def refusal(folder: Path, text: str, error: type[CytokinomeError] = CytokinomeError) -> Diagnostic:
    """Import a text that is refused; return the one finding."""
    path = written(folder, text)
    with pytest.raises(error) as caught:
        import_file(path)
    report = caught.value.report
    assert report is not None
    assert len(report.errors) == 1
    assert report.errors[0].where is not None
    assert report.errors[0].where.file == "model.xml"
    return report.errors[0]


def _line(finding: Diagnostic) -> int:
    return finding.where.line if finding.where else 0


# ---------------------------------------------------------------------------------------------------- no honest file
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not well-formed"),
        ("cytokinome: 1\nmodel: x\n", "not well-formed"),
        ("<html><body/></html>", "begins with <html>"),
        (document(GOOD)[:-20], "not well-formed"),
        (HEAD + '<!DOCTYPE sbml [<!ENTITY a "aaaa">]>\n' + document(GOOD).partition("\n")[2], "document type"),
    ],
)
def test_what_is_no_sbml(tmp_path: Path, text: str, says: str) -> None:
    """Other XML, broken XML, and XML with a document type (the one door to entities) never reach libSBML."""
    finding = refusal(tmp_path, text, ModelError)
    assert finding.code == "SBML_INVALID"
    assert says in finding.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    with pytest.raises(ModelError, match="FILE_UNREADABLE"):
        import_file(tmp_path / "nothing.xml")


def test_deep_files(tmp_path: Path) -> None:
    """Deep mathematics are refused at the line where they become too deep."""
    deep = "<apply><minus/>" * 7000 + "<cn>1</cn>" + "</apply>" * 7000
    finding = refusal(tmp_path, document(GOOD + f"<listOfRules>\n{deep}</listOfRules>"), ResourceLimit)
    assert (finding.code, _line(finding)) == ("TOO_LARGE", 7)


def test_large_files(tmp_path: Path) -> None:
    """A file of more than 64 MB is refused unread."""
    path = tmp_path / "model.xml"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 65 * 2**20)
    with pytest.raises(ResourceLimit, match="FILE_TOO_LARGE"):
        import_file(path)


def _functions(*definitions: tuple[str, str]) -> str:
    space = 'xmlns="http://www.w3.org/1998/Math/MathML"'
    made = [
        f'<functionDefinition id="{id}"><math {space}><lambda><bvar><ci>x</ci></bvar>{body}</lambda></math>'
        "</functionDefinition>"
        for id, body in definitions
    ]
    return listed("FunctionDefinitions", *made)


def _call(name: str, inner: str) -> str:
    return f"<apply><ci> {name} </ci>{inner}</apply>"


def test_functions_that_call_themselves(tmp_path: Path) -> None:
    """A circle of functions is printed, and refused before libSBML sees it."""
    body = _functions(("f", _call("g", "<ci>x</ci>")), ("g", _call("f", "<ci>x</ci>")))
    finding = refusal(tmp_path, document(body))
    assert finding.code == "CYCLIC_DEFINITION"
    assert "f → g → f" in finding.message


def test_functions_that_double(tmp_path: Path) -> None:
    """Thirty functions, each the sum of two calls of the one before, would be 10⁹ terms."""
    twice = [(f"f{i}", f"<apply><plus/>{_call(f'f{i - 1}', '<ci>x</ci>') * 2}</apply>") for i in range(1, 31)]
    finding = refusal(tmp_path, document(_functions(("f0", "<ci>x</ci>"), *twice)), ResourceLimit)
    assert finding.code == "TOO_LARGE"


def test_arguments_that_double(tmp_path: Path) -> None:
    """Functions that each use their argument twice are counted, and stay small by parts; too many are refused."""
    plus = "<apply><plus/><ci>x</ci><ci>x</ci></apply>"
    chain = [(f"f{i}", _call(f"f{i - 1}", plus)) for i in range(1, 40)]
    body = _functions(("f0", plus), *chain) + listed(
        "Parameters", parameter("x", 1.0), parameter("o", 1.0, constant=False)
    )
    used = listed("Rules", '<assignmentRule variable="o"><math xmlns="http://www.w3.org/1998/Math/MathML">'
                  + _call("f39", "<ci>x</ci>") + "</math></assignmentRule>")  # fmt: skip
    made = import_file(written(tmp_path, document(body + used)))
    assert courses(made, ["o"], [1.0])[0, 0] == 2.0**40


# ------------------------------------------------------------------------------------------------ the reading process
def test_a_reader_that_breaks(tmp_path: Path) -> None:
    """A process that runs out of memory or time is a refusal, and the next file is read as if nothing had been."""
    path = written(tmp_path, document(GOOD))
    with pytest.raises(Refused, match="libSBML crashed"):
        guard.read(path, megabytes=40)
    with pytest.raises(Refused, match="libSBML crashed"):
        guard.read(path, seconds=0)
    assert guard.read(path).document is not None


def test_one_process_reads_many_files(tmp_path: Path) -> None:
    """Files are read one after the other by the same process."""
    path = written(tmp_path, document(GOOD))
    guard.read(path)
    first = guard._Reader.process
    guard.read(path)
    assert guard._Reader.process is first


# ----------------------------------------------------------------------------------------------- models of other files
@pytest.mark.parametrize(
    "source",
    ["../other.xml", "/etc/passwd", "http://example.org/model.xml", "file:other.xml", "missing.xml", "a//b.xml"],
)
def test_models_from_elsewhere(tmp_path: Path, source: str) -> None:
    """A model is taken from a file in the same folder alone: no address, no path that leads out."""
    (tmp_path / "inner").mkdir()
    written(tmp_path, document(GOOD), "other.xml")
    external = (
        "<comp:listOfExternalModelDefinitions>"
        f'<comp:externalModelDefinition comp:id="E" comp:source="{source}"/></comp:listOfExternalModelDefinitions>'
    )
    text = document(COMP[1], more=COMP[0]).replace("</model>", f"</model>\n{external}")
    finding = refusal(tmp_path / "inner", text, ModelError)
    assert (finding.code, _line(finding)) == ("SBML_EXTERNAL", 6)


def test_a_link_that_leads_out(tmp_path: Path) -> None:
    """A link in the folder to a file outside of it leads out, too."""
    (tmp_path / "inner").mkdir()
    written(tmp_path, document(GOOD), "other.xml")
    (tmp_path / "inner" / "link.xml").symlink_to(tmp_path / "other.xml")
    external = (
        "<comp:listOfExternalModelDefinitions>"
        '<comp:externalModelDefinition comp:id="E" comp:source="link.xml"/></comp:listOfExternalModelDefinitions>'
    )
    text = document(COMP[1], more=COMP[0]).replace("</model>", f"</model>\n{external}")
    assert refusal(tmp_path / "inner", text).code == "SBML_EXTERNAL"


def test_models_from_beside(tmp_path: Path) -> None:
    """A model from a file beside this one becomes part of it, and so does one that it takes from a third."""
    external = (
        "<comp:listOfExternalModelDefinitions>"
        '<comp:externalModelDefinition comp:id="E" comp:source="{}"/></comp:listOfExternalModelDefinitions>'
    )
    for name, source in (("model.xml", "second.xml"), ("second.xml", "third.xml")):
        text = document(COMP[1], more=COMP[0]).replace("</model>", f"</model>\n{external.format(source)}")
        written(tmp_path, text, name)
    written(tmp_path, document(GOOD), "third.xml")
    assert courses(import_file(tmp_path / "model.xml"), ["A__A__k"], [1.0])[0, 0] == 2.0


# -------------------------------------------------------------------------------------------- what cannot be said here
@pytest.mark.parametrize("package", ["fbc", "qual", "multi"])
def test_packages_of_other_mathematics(tmp_path: Path, package: str) -> None:
    """Flux balance, logical and rule-based models are no equations in time."""
    required = "false" if package == "fbc" else "true"
    more = f' xmlns:p="http://www.sbml.org/sbml/level3/version1/{package}/version1" p:required="{required}"'
    finding = refusal(tmp_path, document(GOOD, more=more), UnsupportedFeature)
    assert finding.code == "SBML_PACKAGE"
    assert package in finding.message


def test_unknown_packages(tmp_path: Path) -> None:
    """A package that nobody knows is refused where it says that it is required."""
    more = ' xmlns:p="http://www.sbml.org/sbml/level3/version1/unheard/version1" p:required="true"'
    assert refusal(tmp_path, document(GOOD, more=more), UnsupportedFeature).code == "SBML_PACKAGE"


def test_level_1(tmp_path: Path) -> None:
    """Level 1 is named as such."""
    head = '<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2">'
    body = '<listOfCompartments><compartment name="C"/></listOfCompartments>'
    text = f'{HEAD}{head}<model name="m">{body}</model></sbml>'
    finding = refusal(tmp_path, text, UnsupportedFeature)
    assert (finding.code, "level 1" in finding.message) == ("SBML_UNSUPPORTED", True)


def test_what_libsbml_finds(tmp_path: Path) -> None:
    """A file that breaks a rule of the specification is refused with the rule, libSBML's words and the line."""
    finding = refusal(tmp_path, document("\n\n" + listed("Rules", rule("assignment", "nobody", "1"))), ModelError)
    assert (finding.code, _line(finding)) == ("SBML_INVALID", 7)
    assert "rule 20901" in finding.message


MISSING = {
    "species": (listed("Compartments", compartment("C"))
                + listed("Species", species("S", "C", ""))
                + listed("Reactions", reaction("J", "S", "", "S")), "S"),
    "compartment": (listed("Compartments", compartment("C", None))
                    + listed("Species", species("S", "C", 'initialAmount="1"'))
                    + listed("Reactions", reaction("J", "S", "", "S")), "C"),
    "parameter": (listed("Parameters", parameter("p", None), parameter("q", None, constant=False))
                  + listed("Rules", rule("assignment", "q", "2 * p")), "p"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISSING)
def test_missing_numbers(tmp_path: Path, what: str) -> None:
    """A number that is needed and not there is named, with its line."""
    body, name = MISSING[what]
    finding = refusal(tmp_path, document(body), ModelError)
    assert finding.code == "SBML_MISSING_VALUE"
    assert finding.message.startswith(f"{name} has no value")
    assert f'id="{name}"' in document(body).splitlines()[_line(finding) - 1]


def test_rules_that_follow_from_each_other(tmp_path: Path) -> None:
    """Assignment rules in a circle are refused, by libSBML or here."""
    parameters = listed("Parameters", *(parameter(id, None, constant=False) for id in "xy"))
    rules = listed("Rules", rule("assignment", "x", "y + 1"), rule("assignment", "y", "x + 1"))
    assert refusal(tmp_path, document(parameters + rules), ModelError).code in ("SBML_INVALID", "CYCLIC_DEFINITION")


def test_too_many_equations(tmp_path: Path) -> None:
    """Two algebraic rules for one symbol determine too much."""
    parameters = listed("Parameters", parameter("x", 1.0, constant=False))
    rules = listed("Rules", rule("algebraic", "", "x - 1"), rule("algebraic", "", "x - 2"))
    assert refusal(tmp_path, document(parameters + rules), ModelError).code == "SBML_INVALID"


def test_the_rate_of_what_follows(tmp_path: Path) -> None:
    """The rate of a symbol that follows from others is refused where it is asked for."""
    parameters = listed("Parameters", *(parameter(id, None, constant=False) for id in "xy"))
    rules = listed("Rules", rule("assignment", "x", "sin(time)"), rule("assignment", "y", "rateOf(x)"))
    assert refusal(tmp_path, document(parameters + rules)).code in ("SBML_INVALID", "SBML_UNSUPPORTED")


def test_fuzzed_files_are_read_or_refused(tmp_path: Path) -> None:
    """Files with a piece cut out, or doubled, are read or refused; nothing else is raised, nobody dies."""
    body = (
        listed("Compartments", compartment("C"))
        + listed("Species", species("S", "C", 'initialAmount="1"'))
        + listed("Reactions", reaction("J", "S", "", "C * S * 2"))
    )
    text, codes = document(body), set[str]()
    for start in range(0, len(text), 23):
        for broken in (text[:start] + text[start + 11 :], text[:start] + text[start : start + 11] + text[start:]):
            codes |= _codes(written(tmp_path, broken))
    assert {"", "SBML_INVALID"} <= codes
    assert codes <= {"", *CODES}


def _codes(path: Path) -> set[str]:
    """The codes with which a file is refused; an empty one where it is read."""
    try:
        import_file(path)
    except CytokinomeError as error:
        return {finding.code for finding in error.report.errors} if error.report else {"without a code"}
    return {""}


def test_only_the_reader_knows_libsbml() -> None:
    """No other file of the package imports libSBML."""
    package = Path(guard.__file__).parents[2]
    files = [p for p in package.rglob("*.py") if "import libsbml" in p.read_text("utf-8")]
    assert [p.name for p in files] == ["reader.py"]
