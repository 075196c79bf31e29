"""Texts in SBML: an honest skeleton, and the pieces that hostile files are made of."""

from __future__ import annotations

from collections.abc import Iterable

CORE = "http://www.sbml.org/sbml/level3/version2/core"
FIRST = "http://www.sbml.org/sbml/level3/version1/core"
COMP = "http://www.sbml.org/sbml/level3/version1/comp/version1"
MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'


def math(inner: str) -> str:
    """Return MathML around operators, numbers and names."""
    return f"<math {MATH}>{inner}</math>"


def apply(operator: str, *operands: str) -> str:
    """Return one operator with its operands."""
    return f"<apply><{operator}/>{''.join(operands)}</apply>"


def call(function: str, *operands: str) -> str:
    """Return the call of a function of the file."""
    return f"<apply><ci>{function}</ci>{''.join(operands)}</apply>"


def ci(name: str) -> str:
    """Return a name."""
    return f"<ci>{name}</ci>"


def cn(number: str) -> str:
    """Return a number."""
    return f"<cn>{number}</cn>"


def nested(depth: int, inner: str) -> str:
    """Return minus signs in each other."""
    return "<apply><minus/>" * depth + inner + "</apply>" * depth


def listed(name: str, *items: str) -> str:
    """Return a list of things; nothing where there are none."""
    return f"<listOf{name}>{''.join(items)}</listOf{name}>" if items else ""


def function(id: str, arguments: Iterable[str], body: str) -> str:
    """Return the definition of a function."""
    bound = "".join(f"<bvar><ci>{a}</ci></bvar>" for a in arguments)
    return f'<functionDefinition id="{id}">{math(f"<lambda>{bound}{body}</lambda>")}</functionDefinition>'


def parameter(id: str, value: str | None = "1", *, constant: bool = False) -> str:
    """Return a parameter; without a value where that is None."""
    stated = "" if value is None else f' value="{value}"'
    return f'<parameter id="{id}"{stated} constant="{str(constant).lower()}"/>'


def compartment(id: str = "c", size: str = "1") -> str:
    """Return a compartment of constant size."""
    return f'<compartment id="{id}" spatialDimensions="3" size="{size}" constant="true"/>'


def species(id: str, amount: str = "1", place: str = "c") -> str:
    """Return a species that reactions change, whose symbol is an amount."""
    flags = 'hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"'
    return f'<species id="{id}" compartment="{place}" initialAmount="{amount}" {flags}/>'


def rate(id: str, inner: str) -> str:
    """Return a rate rule."""
    return f'<rateRule variable="{id}">{math(inner)}</rateRule>'


def assignment(id: str, inner: str) -> str:
    """Return an assignment rule."""
    return f'<assignmentRule variable="{id}">{math(inner)}</assignmentRule>'


def algebraic(inner: str) -> str:
    """Return an algebraic rule."""
    return f"<algebraicRule>{math(inner)}</algebraicRule>"


def initial(id: str, inner: str) -> str:
    """Return an initial assignment."""
    return f'<initialAssignment symbol="{id}">{math(inner)}</initialAssignment>'


def event(id: str, trigger: str, *assignments: tuple[str, str], delay: str = "", initial: bool = True) -> str:
    """Return an event that computes its values when it is carried out."""
    sets = [f'<eventAssignment variable="{name}">{math(inner)}</eventAssignment>' for name, inner in assignments]
    later = f"<delay>{math(delay)}</delay>" if delay else ""
    when = f'<trigger initialValue="{str(initial).lower()}" persistent="true">{math(trigger)}</trigger>'
    inside = f"{when}{later}{listed('EventAssignments', *sets)}"
    return f'<event id="{id}" useValuesFromTriggerTime="false">{inside}</event>'


def reaction(
    id: str, law: str, *, takes: str = "", gives: str = "", amount: str = "1", local: str = "", acts: Iterable[str] = ()
) -> str:
    """Return a reaction with at most one reactant and one product, and the species that only act in its law."""

    def reference(name: str) -> str:
        return f'<speciesReference species="{name}" stoichiometry="{amount}" constant="true"/>'

    inside = [
        listed("Reactants", reference(takes)) if takes else "",
        listed("Products", reference(gives)) if gives else "",
        listed("Modifiers", *(f'<modifierSpeciesReference species="{name}"/>' for name in acts)),
        f"<kineticLaw>{math(law)}{listed('LocalParameters', local) if local else ''}</kineticLaw>",
    ]
    return f'<reaction id="{id}" reversible="false">{"".join(inside)}</reaction>'


def sbml(
    *lists: str, around: str = "", attributes: str = "", core: str = CORE, level: str = "3", version: str = "2"
) -> str:
    """Return a file: lists in the order of the specification, and what stands beside the model."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    model = f'<model id="m">\n{chr(10).join(piece for piece in lists if piece)}\n</model>'
    return f'{head}<sbml xmlns="{core}" {attributes} level="{level}" version="{version}">\n{model}\n{around}</sbml>\n'


def honest() -> str:
    """Return a small file that is right: x decays, y is what came of it."""
    return sbml(
        listed("Compartments", compartment()),
        listed("Species", species("x"), species("y", "0")),
        listed("Parameters", parameter("k", "0.1", constant=True)),
        listed("Reactions", reaction("r", apply("times", ci("k"), ci("x")), takes="x", gives="y")),
    )


def composed(source: str, *, reference: str = "inner", attributes: str = "") -> str:
    """Return a file that takes a model from another file."""
    taken = f'comp:id="taken" comp:source="{source}" comp:modelRef="{reference}" {attributes}'
    external = f"<comp:externalModelDefinition {taken}/>"
    return sbml(
        '<comp:listOfSubmodels><comp:submodel comp:id="a" comp:modelRef="taken"/></comp:listOfSubmodels>',
        around=f"<comp:listOfExternalModelDefinitions>{external}</comp:listOfExternalModelDefinitions>",
        attributes=f'xmlns:comp="{COMP}" comp:required="true"',
        core=FIRST,
        version="1",
    )
