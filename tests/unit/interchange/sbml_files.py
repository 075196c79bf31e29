"""Small files in SBML for tests, and the courses of what they are imported as."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libsbml
import numpy as np

from cytokinome.interchange.sbml.importing import Imported, import_file
from tests.conformance.foreign.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

LEVEL_3 = '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"{more}>'
LEVEL_2 = '<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"{more}>'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def math(formula: str) -> str:
    """Return a formula in libSBML's notation as a MathML element."""
    tree = libsbml.parseL3Formula(formula)
    assert tree is not None, libsbml.getLastParseL3Error()
    text = libsbml.writeMathMLToString(tree)
    return text.partition("?>")[2].strip()


def document(body: str, *, head: str = LEVEL_3, attributes: str = "", more: str = "") -> str:
    """Return the text of a file with one model."""
    return f'{HEAD}{head.format(more=more)}\n<model id="m" {attributes}>\n{body}\n</model>\n</sbml>\n'


def written(folder: Path, text: str, name: str = "model.xml") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def imported(folder: Path, body: str, **how: str) -> Imported:
    """Import a file with this model."""
    return import_file(written(folder, document(body, **how)))


def courses(
    made: Imported, ids: Sequence[str], times: Sequence[float], as_: str = "symbol", target: str = "reference"
) -> NDArray[np.float64]:
    """Return [id, time] of what ids of the file are, at times in the unit of the file."""
    readings = [made.reading(id, as_) for id in ids]
    grid = np.array([0.0, *times]) if times[0] > 0 else np.array(times)  # a run begins at its first time
    return simulate(made, readings, grid, rtol=1e-9, atol=1e-12, target=target)[-len(times) :].T


# ------------------------------------------------------------------------------------------------------- elements
def listed(what: str, *items: str) -> str:
    """Return a list of elements."""
    return f"<listOf{what}>\n" + "\n".join(items) + f"\n</listOf{what}>"


def compartment(id: str, size: float | None = 1.0, *, constant: bool = True, dimensions: int = 3) -> str:
    """Return a compartment."""
    stated = "" if size is None else f'size="{size!r}"'
    return f'<compartment id="{id}" spatialDimensions="{dimensions}" {stated} constant="{_yes(constant)}"/>'


def species(id: str, place: str, value: str, *, amounts: bool = False, boundary: bool = False, more: str = "") -> str:
    """Return a species; `value` is an attribute such as ``initialAmount="2"``."""
    return (
        f'<species id="{id}" compartment="{place}" {value} hasOnlySubstanceUnits="{_yes(amounts)}" '
        f'boundaryCondition="{_yes(boundary)}" constant="false" {more}/>'
    )


def parameter(id: str, value: float | None, *, constant: bool = True) -> str:
    """Return a parameter."""
    stated = "" if value is None else f'value="{value!r}"'
    return f'<parameter id="{id}" {stated} constant="{_yes(constant)}"/>'


def reaction(id: str, takes: str, gives: str, law: str, *, more: str = "", constants: str = "") -> str:
    """Return a reaction; sides are ``2 A + B``, the law a formula."""
    sides = "".join(
        f"<listOf{side}>{inner}</listOf{side}>" if (inner := _side(text)) else ""
        for side, text in (("Reactants", takes), ("Products", gives))
    )
    law = f"<kineticLaw>{math(law)}{constants}</kineticLaw>"
    return f'<reaction id="{id}" reversible="false" {more}>{sides}{law}</reaction>'


def _side(text: str) -> str:
    found: list[str] = []
    for term in filter(None, (t.strip() for t in text.split("+"))):
        count, _, name = term.rpartition(" ")
        found.append(f'<speciesReference species="{name}" stoichiometry="{count or 1}" constant="true"/>')
    return "".join(found)


def rule(kind: str, target: str, formula: str) -> str:
    """Return a rule; `kind` is assignment, rate or algebraic."""
    variable = f'variable="{target}"' if target else ""
    return f"<{kind}Rule {variable}>{math(formula)}</{kind}Rule>"


def event(trigger: str, sets: dict[str, str], *, late: bool = False, delay: str = "", now: bool = True) -> str:
    """Return an event; `now` says whether the condition counts as true before the start."""
    assignments = "".join(f'<eventAssignment variable="{id}">{math(f)}</eventAssignment>' for id, f in sets.items())
    wait = f"<delay>{math(delay)}</delay>" if delay else ""
    return (
        f'<event useValuesFromTriggerTime="{_yes(late)}"><trigger initialValue="{_yes(now)}" persistent="true">'
        f"{math(trigger)}</trigger>{wait}<listOfEventAssignments>{assignments}</listOfEventAssignments></event>"
    )


def _yes(value: bool) -> str:
    return "true" if value else "false"
