"""The table of what is supported, row by row: a small file that is imported, or refused with the code of the row."""

import ast
import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("libsbml")
pytest.importorskip("antimony")

import cytokinome
from cytokinome.compiler.lower import lower
from cytokinome.errors import CytokinomeError
from cytokinome.interchange import antimony, features
from cytokinome.interchange.features import FILES, NOT, PARTS, YES
from cytokinome.interchange.models import written
from cytokinome.interchange.sbml import guard
from cytokinome.interchange.sbml.export import equations_of
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.report.pages.features import features_page
from tests.unit.interchange.sbml_files import (
    HEAD,
    LEVEL_2,
    compartment,
    document,
    event,
    listed,
    math,
    parameter,
    reaction,
    rule,
    species,
)

SOURCES = Path(features.__file__).parent
MATHML = 'xmlns="http://www.w3.org/1998/Math/MathML"'
PLACE = listed("Compartments", compartment("C", 2.0))
MOVING = listed("Compartments", compartment("C", 2.0, constant=False))
ONE = listed("Species", species("S", "C", 'initialConcentration="1"'))
K = listed("Parameters", parameter("k", 0.5))
X = listed("Parameters", parameter("k", 0.5), parameter("x", 1.0, constant=False))
LATE = event("time > 1", {"S": "3"}, late=True, delay="1")
REQUIRED = 'xmlns:p="http://www.sbml.org/sbml/level3/version1/{0}/version1" p:required="true"'


def l3(*parts: str, **how: str) -> str:
    """The text of a file of level 3."""
    return document("\n".join(parts), **how)


def l2(*parts: str) -> str:
    """The text of a file of level 2, which has no `constant` of a stoichiometry."""
    text = document("\n".join(parts), head=LEVEL_2)
    return text.replace(' stoichiometry="1" constant="true"', ' stoichiometry="1"')


def package(name: str, body: str = "", *, is_required: bool = True) -> str:
    """The text of a file that uses a package."""
    more = " " + REQUIRED.format(name).replace('"true"', f'"{str(is_required).lower()}"')
    return l3(K, body, more=more)


def rules(*items: str) -> str:
    """A list of rules."""
    return listed("Rules", *items)


def flow(law: str = "k * S", gives: str = "", **how: str) -> str:
    """A reaction that takes S away."""
    return listed("Reactions", reaction("J", "S", gives, law, **how))


def function(body: str) -> str:
    """A function f of x."""
    return listed(
        "FunctionDefinitions",
        f'<functionDefinition id="f"><math {MATHML}><lambda><bvar><ci>x</ci></bvar>{body}</lambda></math>'
        "</functionDefinition>",
    )


TWICE = "<apply><times/><cn>2</cn><ci>x</ci></apply>"
COMPUTED = f"<stoichiometryMath><math {MATHML}><ci>k</ci></math></stoichiometryMath>"
COMP = ' xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true"'


def composed(inner: str, tag: str, what: str) -> str:
    """A file with one submodel."""
    text = l3('<comp:listOfSubmodels><comp:submodel comp:id="A" comp:modelRef="E"/></comp:listOfSubmodels>', more=COMP)
    return text.replace("</model>\n", f"</model>\n<comp:listOf{tag}>{what}{inner}</comp:listOf{tag}>\n")


READ: dict[str, str] = {
    "amount": l3(PLACE, listed("Species", species("S", "C", 'initialAmount="1"', amounts=True)), K, flow()),
    "concentration": l3(PLACE, ONE, K, flow()),
    "boundary": l3(PLACE, listed("Species", species("S", "C", 'initialAmount="1"', boundary=True)), K, flow()),
    "size": l3(MOVING, ONE, K, rules(rule("rate", "C", "k")), flow()),
    "reaction": l3(PLACE, ONE, K, flow("k * S ^ 2", "2 S")),
    "local": l3(PLACE, ONE, flow(constants=listed("LocalParameters", '<localParameter id="k" value="2"/>'))),
    "stoichiometry": l2(PLACE, ONE, K, flow(gives="S")).replace(
        '<listOfProducts><speciesReference species="S" stoichiometry="1"/>',
        f'<listOfProducts><speciesReference species="S">{COMPUTED}</speciesReference>',
    ),
    "conversion": l3(PLACE, ONE, K, flow(), attributes='conversionFactor="k"'),
    "fast": l2(
        PLACE, listed("Species", *(species(i, "C", 'initialConcentration="1"') for i in "ST")), K,
        flow("k * S - T", "T").replace("<reaction ", '<reaction fast="true" '),
    ),
    "fast-moving": l2(
        PLACE, listed("Species", *(species(i, "C", 'initialConcentration="1"') for i in "ST")), X,
        rules(rule("rate", "x", "1")), flow("k * S - T", "T").replace("<reaction ", '<reaction fast="true" '),
    ).replace(
        '<speciesReference species="T" stoichiometry="1"/>',
        f'<speciesReference species="T">{COMPUTED.replace("<ci>k", "<ci>x")}</speciesReference>',
    ),
    "assignment": l3(X, rules(rule("assignment", "x", "2 * k"))),
    "rate": l3(X, rules(rule("rate", "x", "-k * x"))),
    "algebraic": l3(X, rules(rule("algebraic", "", "x - 2 * k"))),
    "overdetermined": l3(X, rules(rule("algebraic", "", "k - 0.5"), rule("rate", "x", "1"))),
    "initial": l3(X, f'<listOfInitialAssignments><initialAssignment symbol="x">{math("2 * k")}</initialAssignment>'
                  "</listOfInitialAssignments>", rules(rule("rate", "x", "-k * x"))),
    "missing": l3(listed("Parameters", parameter("k", None), parameter("x", 1.0, constant=False)),
                  rules(rule("rate", "x", "k"))),
    "function": l3(function(TWICE), X, rules(rule("rate", "x", "f(k)"))),
    "recursive": l3(function("<apply><ci>f</ci><ci>x</ci></apply>"), X),
    "event": l3(X, rules(rule("rate", "x", "-k")), listed("Events", event("x < 0.5", {"x": "1"}))),
    "event-manner": l3(X, rules(rule("rate", "x", "-k")),
                       listed("Events", event("x < 0.5", {"x": "1"}, late=True, delay="k", now=False))),
    "priority": l3(X, listed("Events", event("time > 1", {"x": "2"}).replace(
        "<listOfEventA", f"<priority>{math('3')}</priority><listOfEventA"))),
    "late-size": l3(MOVING, ONE, K, flow(), rules(rule("assignment", "C", "2 + time")), listed("Events", LATE)),
    "constraint": l3(X, f"<listOfConstraints><constraint>{math('x < 2')}</constraint></listOfConstraints>"),
    "math": l3(X, rules(rule("rate", "x", "sec(k) + quotient(7, 2) + piecewise(1, x > 2, root(3, k))"))),
    "time": l3(X, rules(rule("rate", "x", "time / avogadro"))),
    "delay": l3(X, rules(rule("rate", "x", "-delay(x, 1)"))),
    "rate-of": l3(PLACE, ONE, X, rules(rule("assignment", "x", "rateOf(S)")), flow()),
    "rate-of-assigned": l3(
        listed("Parameters", *(parameter(i, 1.0, constant=False) for i in "xy")),
        rules(rule("assignment", "x", "time"), rule("assignment", "y", "rateOf(x)")),
    ),
    "units": l3(
        '<listOfUnitDefinitions><unitDefinition id="u"><listOfUnits><unit kind="second" exponent="1" scale="0" '
        'multiplier="60"/></listOfUnits></unitDefinition></listOfUnitDefinitions>', X, attributes='timeUnits="u"',
    ),
    "source": l3(X),
    "comp": composed(K, "ModelDefinitions", '<comp:modelDefinition id="E">').replace(
        "</comp:listOfM", "</comp:modelDefinition></comp:listOfM"),
    "external": composed("", "ExternalModelDefinitions",
                         '<comp:externalModelDefinition comp:id="E" comp:source="../other.xml"/>'),
    "layout": package("layout", is_required=False),
    "fbc": package("fbc"),
    "distrib": package("distrib"),
    "level-1": f'{HEAD}<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model><listOfCompartments>'
               '<compartment name="C" volume="1"/></listOfCompartments></model></sbml>',
}  # fmt: skip

TEXTS = {
    "missing": "model m() species A; J: A -> ; k * A; A = 1; end",
    "overdetermined": "model m() const k; k = 0.5; r: 0 = k - 0.5; end",
    "late-size": "model m() compartment C; C := 2 + time; species S in C; S = 1; J: S -> ; 0.5 * S; "
    "at 1 after time > 1: S = 3; end",
    "recursive": "function f(x) f(x); end\nmodel m() y = 1; y := f(2); end",
    "rate-of-assigned": "model m() x := time; y := rateOf(x); end",
    "external": 'import "other.ant"\nmodel m() x = 1; end',
    "not-xml": "model m( x = ; end",
    "deep": "model m() x = " + "(" * 300 + "1" + ")" * 300 + "; end",
    "large": "x = 1;\n" * 700_000,
}


def refused(path: Path) -> str:
    """The code that a file is refused with; `YES` where it is imported."""
    try:
        lower(cytokinome.import_model(path).model)
    except CytokinomeError as error:
        return error.report.errors[0].code if error.report else "without a code"
    return YES


@pytest.mark.parametrize("feature", PARTS, ids=lambda feature: feature.key)
def test_a_construct_in_sbml(feature: features.Feature, tmp_path: Path):
    """Each row has a file; what is read can be written, in Antimony too where the row says so."""
    path = tmp_path / "model.xml"
    path.write_text(READ[feature.key], encoding="utf-8")
    assert refused(path) == feature.read
    if feature.read != YES:
        assert feature.written == NOT
        return
    model = cytokinome.import_model(path).model
    for format, ending in [("sbml", "xml"), ("antimony", "ant")]:
        again = tmp_path / f"again.{ending}"
        again.write_text(written(*equations_of(model), format), encoding="utf-8")
        assert refused(again) == YES


@pytest.mark.parametrize("feature", [f for f in (*PARTS, *FILES) if f.key in TEXTS], ids=lambda feature: feature.key)
def test_a_refusal_of_antimony(feature: features.Feature, tmp_path: Path):
    """Texts that are refused with the code of the row."""
    path = tmp_path / "model.ant"
    path.write_text(TEXTS[feature.key], encoding="utf-8")
    assert refused(path) == feature.antimony


def test_every_refusal_of_antimony_has_a_text():
    """But those that no text can show."""
    shown = {f.key for f in (*PARTS, *FILES) if f.antimony.isupper()}
    assert shown - TEXTS.keys() == {"breaking", "absent", "library"}


def _large(path: Path) -> None:
    with path.open("wb") as file:
        os.truncate(file.fileno(), 65 * 2**20)


MADE: dict[str, Callable[[Path], object]] = {
    "not-xml": lambda path: path.write_text("<html/>", encoding="utf-8"),
    "deep": lambda path: path.write_text(l3("<a>" * 300 + "</a>" * 300), encoding="utf-8"),
    "large": _large,
    "absent": lambda path: None,
}


@pytest.mark.parametrize("key", MADE)
def test_a_file_that_is_refused(key: str, tmp_path: Path):
    """Before any library sees it."""
    path = tmp_path / "model.xml"
    MADE[key](path)
    assert refused(path) == next(row.read for row in FILES if row.key == key)


def test_what_breaks_a_library(tmp_path: Path):
    """Here by a limit of no time at all."""
    path = tmp_path / "model.xml"
    path.write_text(READ["rate"], encoding="utf-8")
    row = next(row for row in FILES if row.key == "breaking")
    for ask in (lambda: guard.read(path, seconds=0), lambda: guard.translate("from antimony", "x = 1;", seconds=0)):
        with pytest.raises(Refused) as caught:
            ask()
        assert caught.value.code == row.read == row.antimony


def test_a_library_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It is named, with the command that installs it."""
    path = tmp_path / "model.xml"
    path.write_text(READ["rate"], encoding="utf-8")
    monkeypatch.setattr(guard, "find_spec", lambda name: None)
    row = next(row for row in FILES if row.key == "library")
    assert refused(path) == row.read
    path = tmp_path / "model.ant"
    path.write_text("x = 1;", encoding="utf-8")
    assert refused(path) == row.antimony


def test_every_row_has_its_file():
    """And every file its row."""
    assert READ.keys() == {row.key for row in PARTS}
    assert {*MADE, "breaking", "library"} == {row.key for row in FILES}


def test_the_codes_of_the_importer_are_those_of_the_table():
    """Every code that a file can be refused with has a row, and no row has another."""
    calls = [
        node
        for source in (*(SOURCES / "sbml").glob("*.py"), Path(antimony.__file__))
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused"
    ]
    codes = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
    assert codes == features.refusals()


def test_the_page_shows_every_row():
    """With the codes as links to what they mean."""
    page = features_page()
    assert [row.key for row in (*PARTS, *FILES) if row.construct.partition("`")[0].strip(" :") not in page] == []
    assert "| [`SBML_PACKAGE`](codes.md) |" in page
