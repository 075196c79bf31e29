"""From SBML to plain data, by libSBML. Runs in a process of its own: hostile files can crash libSBML.

The only file that imports libSBML for reading. Every attribute is taken as libSBML gives it, with the defaults of the
file's level and version; nothing is interpreted here.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import libsbml

from cytokinome.interchange.sbml.decoding import decoded
from cytokinome.interchange.sbml.document import (
    Assignment,
    Compartment,
    Constraint,
    Document,
    Event,
    Finding,
    FunctionDefinition,
    Math,
    Package,
    Parameter,
    Reaction,
    Reading,
    Rule,
    Species,
    SpeciesReference,
    UnitDefinition,
    UnitPart,
)
from cytokinome.interchange.sbml.sizes import written_out

_PREFIX = re.compile(r"AST_(?:FUNCTION_|LOGICAL_|RELATIONAL_|CONSTANT_|NAME_)?")
_KINDS: dict[int, str] = {
    getattr(libsbml, name): _PREFIX.sub("", name, count=1).lower() for name in dir(libsbml) if name.startswith("AST_")
} | {
    libsbml.AST_FUNCTION: "call",
    libsbml.AST_NAME: "name",
    libsbml.AST_CSYMBOL_FUNCTION: "csymbol",
    libsbml.AST_FUNCTION_POWER: "power",
}
_NUMBERS = (libsbml.AST_INTEGER, libsbml.AST_REAL, libsbml.AST_REAL_E, libsbml.AST_RATIONAL, libsbml.AST_NAME_AVOGADRO)
_CHAINS = (
    libsbml.AST_PLUS, libsbml.AST_TIMES, libsbml.AST_LOGICAL_AND, libsbml.AST_LOGICAL_OR, libsbml.AST_LOGICAL_XOR,
)  # fmt: skip
_UNITS = (libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_STRICT_UNITS_CONSISTENCY)
# Rules about which units there are and what they are called: none of them changes a number.
_UNIT_RULES = frozenset({10311, 10313, *range(20401, 20500)})
# Rules about which elements there may be, and how they speak of the packages that only draw.
_SHAPES = frozenset({10102, 10103})
_PICTURES = re.compile(r"Package (?:layout|render) Version|package '(?:layout|render)\w*' cannot be used")
_MAX_FINDINGS = 200
_MOST_CUBED = 10**8  # nodes of formulas, cubed and summed, whose units are checked within seconds


def read(path: Path) -> Reading:
    """Return what a file in SBML says; findings with the severity error where it is not valid."""
    document = libsbml.readSBMLFromString(decoded(path.read_bytes()))
    packages = tuple(
        Package(plugin.getPackageName(), bool(document.getPackageRequired(plugin.getPackageName())))
        for plugin in (document.getPlugin(i) for i in range(document.getNumPlugins()))
    )
    if any(p.name == "comp" for p in packages):
        document.setLocationURI(f"file:{path}")  # what models of other files, all scanned before, are looked for beside
    findings = _findings(document)
    if document.getModel() is None or any(f.severity == "error" for f in findings):
        return Reading(packages, findings, None)
    for category in (libsbml.LIBSBML_CAT_MODELING_PRACTICE, *_UNITS):
        document.setConsistencyChecks(category, False)
    document.checkConsistency()
    is_flat = _flattened(document) if any(p.name == "comp" for p in packages) else True
    findings = _findings(document)
    if any(f.severity == "error" for f in findings) or not is_flat:
        return Reading(packages, findings, None)
    made = _document(document)
    return Reading(packages, tuple(dict.fromkeys((*findings, *_units(document, made)))), made)


def _units(document: Any, made: Document) -> tuple[Finding, ...]:
    """What libSBML says of the units. It takes time with the cube of a formula, and decides nothing: only in bounds."""
    if sum(size**3 for size in written_out(made)) > _MOST_CUBED:
        return (Finding(0, "warning", "units", 1, "the formulas are too large for units to be checked"),)
    document.getErrorLog().clearLog()
    for category in _UNITS:
        document.setConsistencyChecks(category, True)
    document.checkConsistency()
    return tuple(f for f in _findings(document) if f.category == "units")


def _flattened(document: Any) -> bool:
    """Make one model of all that it is composed of; False, with findings, where that cannot be done."""
    if any(_finding(document.getError(i)).severity == "error" for i in range(document.getNumErrors())):
        return False
    wanted = libsbml.ConversionProperties()
    wanted.addOption("flatten comp", True)
    wanted.addOption("performValidation", False)
    if document.convert(wanted) != libsbml.LIBSBML_OPERATION_SUCCESS:
        return False
    document.getErrorLog().clearLog()
    document.checkConsistency()
    return True


def _findings(document: Any) -> tuple[Finding, ...]:
    errors = (document.getError(i) for i in range(min(document.getNumErrors(), _MAX_FINDINGS)))
    return tuple(dict.fromkeys(_finding(error) for error in errors))


def _finding(error: Any) -> Finding:
    is_unit = error.getCategory() in _UNITS or error.getErrorId() in _UNIT_RULES
    is_fatal = error.getSeverity() in (libsbml.LIBSBML_SEV_ERROR, libsbml.LIBSBML_SEV_FATAL) and not is_unit
    message = " ".join(error.getMessage().split())
    is_fatal = is_fatal and not (error.getErrorId() in _SHAPES and _PICTURES.search(message))
    severity = "error" if is_fatal else "warning"
    return Finding(error.getErrorId(), severity, "units" if is_unit else "other", error.getLine(), message)


def _list(count: int, get: Any) -> list[Any]:
    return [get(i) for i in range(count)]


def _document(document: Any) -> Document:
    model = document.getModel()
    lists = {
        "functions": tuple(map(_function, _list(model.getNumFunctionDefinitions(), model.getFunctionDefinition))),
        "units": tuple(map(_unit, _list(model.getNumUnitDefinitions(), model.getUnitDefinition))),
        "compartments": tuple(map(_compartment, _list(model.getNumCompartments(), model.getCompartment))),
        "species": tuple(map(_species, _list(model.getNumSpecies(), model.getSpecies))),
        "parameters": tuple(map(_parameter, _list(model.getNumParameters(), model.getParameter))),
        "initial": tuple(
            Assignment(a.getSymbol(), a.getLine(), _math(a))
            for a in _list(model.getNumInitialAssignments(), model.getInitialAssignment)
        ),
        "rules": tuple(map(_rule, _list(model.getNumRules(), model.getRule))),
        "constraints": tuple(map(_constraint, _list(model.getNumConstraints(), model.getConstraint))),
        "reactions": tuple(map(_reaction, _list(model.getNumReactions(), model.getReaction))),
        "events": tuple(map(_event, _list(model.getNumEvents(), model.getEvent))),
    }
    return Document(
        level=model.getLevel(),
        version=model.getVersion(),
        id=model.getId(),
        name=model.getName(),
        time_units=model.getTimeUnits(),
        substance_units=model.getSubstanceUnits(),
        volume_units=model.getVolumeUnits(),
        area_units=model.getAreaUnits(),
        length_units=model.getLengthUnits(),
        conversion=model.getConversionFactor(),
        sources=_sources(model),
        **lists,
    )


def _sources(model: Any) -> tuple[str, ...]:
    """Return the addresses that the model says it is, or is described by, in the order of the file."""
    found: list[str] = []
    for i in range(model.getNumCVTerms()):
        term = model.getCVTerm(i)
        if term.getQualifierType() == libsbml.MODEL_QUALIFIER:
            found += [term.getResourceURI(j) for j in range(term.getNumResources())]
    return tuple(found)


def _function(item: Any) -> FunctionDefinition:
    names = tuple(item.getArgument(i).getName() for i in range(item.getNumArguments()))
    body = item.getBody() if item.isSetMath() else None
    return FunctionDefinition(item.getId(), item.getLine(), names, _tree(body) if body is not None else None)


def _unit(item: Any) -> UnitDefinition:
    parts = (
        UnitPart(libsbml.UnitKind_toString(u.getKind()), u.getExponentAsDouble(), u.getScale(), u.getMultiplier())
        for u in _list(item.getNumUnits(), item.getUnit)
    )
    return UnitDefinition(item.getId(), tuple(parts))


def _compartment(item: Any) -> Compartment:
    return Compartment(
        item.getId(), item.getName(), item.getLine(), _number(item.isSetSize(), item.getSize()),
        _dimensions(item), item.getConstant(), item.getUnits(),
    )  # fmt: skip


def _dimensions(item: Any) -> float:
    dimensions = item.getSpatialDimensionsAsDouble()
    return 3.0 if math.isnan(dimensions) else dimensions


def _species(item: Any) -> Species:
    return Species(
        id=item.getId(), name=item.getName(), line=item.getLine(), compartment=item.getCompartment(),
        amount=_number(item.isSetInitialAmount(), item.getInitialAmount()),
        concentration=_number(item.isSetInitialConcentration(), item.getInitialConcentration()),
        only_amounts=item.getHasOnlySubstanceUnits(), is_boundary=item.getBoundaryCondition(),
        is_constant=item.getConstant(), units=item.getSubstanceUnits(), conversion=item.getConversionFactor(),
    )  # fmt: skip


def _parameter(item: Any) -> Parameter:
    value = _number(item.isSetValue(), item.getValue())
    is_constant = item.getConstant() if item.getTypeCode() == libsbml.SBML_PARAMETER else True
    return Parameter(item.getId(), item.getName(), item.getLine(), value, is_constant, item.getUnits())


def _number(is_set: bool, value: float) -> float | None:
    return value if is_set and not math.isnan(value) else None


def _rule(item: Any) -> Rule:
    kind = "algebraic" if item.isAlgebraic() else "rate" if item.isRate() else "assignment"
    return Rule(kind, item.getVariable(), item.getLine(), _math(item))


def _constraint(item: Any) -> Constraint:
    message = item.getMessageString() if item.isSetMessage() else ""
    return Constraint(item.getLine(), _math(item), " ".join(re.sub(r"<[^>]*>", " ", message).split()))


def _reaction(item: Any) -> Reaction:
    law = item.getKineticLaw() if item.isSetKineticLaw() else None
    constants: list[Any] = []
    if law is not None:
        constants = _list(law.getNumLocalParameters(), law.getLocalParameter)
        constants = constants or _list(law.getNumParameters(), law.getParameter)
    return Reaction(
        item.getId(), item.getName(), item.getLine(),
        tuple(map(_reference, _list(item.getNumReactants(), item.getReactant))),
        tuple(map(_reference, _list(item.getNumProducts(), item.getProduct))),
        _math(law) if law is not None else None, tuple(map(_parameter, constants)),
        bool(item.isSetFast() and item.getFast()),
    )  # fmt: skip


def _reference(item: Any) -> SpeciesReference:
    is_old = item.getLevel() < 3
    stated = item.getStoichiometryMath() if is_old and item.isSetStoichiometryMath() else None
    number = _number(is_old or item.isSetStoichiometry(), item.getStoichiometry())
    return SpeciesReference(
        item.getId(), item.getSpecies(), item.getLine(), None if stated is not None else number,
        _math(stated) if stated is not None else None, True if is_old else item.getConstant(),
    )  # fmt: skip


def _event(item: Any) -> Event:
    trigger = item.getTrigger() if item.isSetTrigger() else None
    return Event(
        id=item.getId(), name=item.getName(), line=item.getLine(),
        trigger=_math(trigger) if trigger is not None else None,
        delay=_math(item.getDelay()) if item.isSetDelay() else None,
        priority=_math(item.getPriority()) if item.isSetPriority() else None,
        assignments=tuple(
            Assignment(a.getVariable(), a.getLine(), _math(a))
            for a in _list(item.getNumEventAssignments(), item.getEventAssignment)
        ),
        is_true_before=trigger is None or trigger.getInitialValue(),
        is_persistent=trigger is None or trigger.getPersistent(),
        uses_trigger_values=item.getUseValuesFromTriggerTime(),
    )  # fmt: skip


def _math(item: Any) -> Math | None:
    return _tree(item.getMath()) if item.isSetMath() else None


def _tree(node: Any) -> Math:
    kind = node.getType()
    if kind in _NUMBERS:
        return Math("number", _written(node))
    parts = tuple([_tree(operand) for operand in _operands(node)])
    return Math(_KINDS.get(kind, f"node {kind}"), node.getName() or "", parts)


def _operands(node: Any) -> list[Any]:
    """Return the operands of a node; of long sums and the like all that libSBML has nested, first within first."""
    kind, last = node.getType(), list[Any]()
    while kind in _CHAINS and node.getNumChildren() == 2 and node.getChild(0).getType() == kind:
        last.append(node.getChild(1))
        node = node.getChild(0)
    return [*(node.getChild(i) for i in range(node.getNumChildren())), *reversed(last)]


def _written(node: Any) -> str:
    """Return a number as Python reads it, exactly as far as libSBML kept it."""
    match node.getType():
        case libsbml.AST_INTEGER:
            return str(node.getInteger())
        case libsbml.AST_RATIONAL:
            return repr(node.getNumerator() / node.getDenominator()) if node.getDenominator() else "nan"
        case libsbml.AST_REAL_E:
            return repr(float(f"{node.getMantissa()!r}e{node.getExponent()}"))
        case _:
            return repr(node.getReal())
