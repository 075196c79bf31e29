"""Reading a model in SBML: the file, what it says, the model that means the same, and what has to be told of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cytokinome import units
from cytokinome.diagnostics import Collector, Report, Span
from cytokinome.errors import CytokinomeError, ModelError, ResourceLimit, UnsupportedFeature
from cytokinome.evidence import Source
from cytokinome.interchange.sbml import algebra as a
from cytokinome.interchange.sbml import counting, guard
from cytokinome.interchange.sbml.events import add_demands, add_events
from cytokinome.interchange.sbml.fast import separate
from cytokinome.interchange.sbml.reactions import add_reactions
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.interchange.sbml.roles import Form
from cytokinome.interchange.sbml.translate import Translation
from cytokinome.model import rules
from cytokinome.model.components import Equations, Model
from cytokinome.model.expressions import Name

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytokinome.interchange.sbml.document import Document, Reading

_READ = {"comp", "layout", "render", "groups", "l3v2extendedmath"}  # packages that are read, or only draw
_OTHER = {"fbc", "qual", "multi"}  # packages of models that are no equations in time
_UNKNOWN_PACKAGE = 99107  # libSBML's number for a required package that it does not know
_KINDS: dict[str, type[CytokinomeError]] = {
    "SBML_UNSUPPORTED": UnsupportedFeature,
    "UNSUPPORTED_FEATURE": UnsupportedFeature,
    "SBML_PACKAGE": UnsupportedFeature,
    "TOO_LARGE": ResourceLimit,
    "FILE_TOO_LARGE": ResourceLimit,
    "SBML_READER": ResourceLimit,
}


@dataclass(frozen=True, slots=True)
class Symbol:
    """How to read one id of a file, as expressions in the names of the model."""

    symbol: str
    amount: str
    concentration: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What was read and what it became: the format with its level, and how many of each kind of thing."""

    format: str
    read: tuple[tuple[str, int], ...]
    written: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that was read from SBML.

    Attributes
    ----------
    model : Model
        An ordinary, checked model with `equations:`.
    summary : Summary
        What was read, and what it became.
    notes : Report
        What was assumed, renamed, or is not quite as the file has it.
    symbols : tuple of (id, Symbol)
        How to read each id of the file.
    """

    model: Model
    summary: Summary
    notes: Report
    symbols: tuple[tuple[str, Symbol], ...]

    def reading(self, id: str, as_: str = "symbol") -> str:
        """Return an expression of bare numbers, in names of the model, for an id of the file.

        Parameters
        ----------
        id : str
            A compartment, species, parameter, reaction or species reference.
        as_ : str
            ``symbol`` for what the id means in the mathematics of the file; ``amount`` or ``concentration`` of a
            species, whatever its symbol means.

        Raises
        ------
        KeyError
            If the file has no such id.
        ValueError
            If there is no such way to read it.
        """
        if as_ not in ("symbol", "amount", "concentration"):
            raise ValueError(f"no way to read an id {as_!r}: one of symbol, amount, concentration")
        return getattr(dict(self.symbols)[id], as_)


def import_file(path: Path, *, time_unit: str = "", read: Callable[[Path], Reading] = guard.read) -> Imported:
    """Return the model that a file in SBML (level 2 or 3) means.

    Parameters
    ----------
    path : Path
    time_unit : str
        The unit of time where the file states none that the language has a word for.
    read : callable
        From a file to what it says, for files that are not SBML themselves.

    Raises
    ------
    ModelError
        Where the file is not valid SBML, or lacks a number.
    UnsupportedFeature
        Where it holds what the language cannot say.
    ResourceLimit
        Where it is larger than a model may be.
    """
    found = Collector()
    try:
        reading = _read(path, read)
        made = _translated(_document(reading), path.name)
        model = _model(made, path, time_unit, found)
    except Refused as refused:
        raise _error(refused, path) from None
    _checked(model, path)
    _tell(reading, made, found)
    return Imported(model, _summary(made), found.report(), _symbols(made))


def _read(path: Path, read: Callable[[Path], Reading]) -> Reading:
    try:
        return read(path)
    except OSError as error:
        raise Refused("FILE_UNREADABLE", f"the file cannot be read: {error.strerror}", 1, "check its name") from None


def _error(refused: Refused, path: Path) -> CytokinomeError:
    """Return the error that stands for a refusal, with its place."""
    found = Collector()
    found.error(refused.code, refused.message, Span(path.name, max(refused.line, 1), 1), hint=refused.hint)
    report = found.report()
    return _KINDS.get(refused.code, ModelError)(f"{path.name} cannot be imported\n\n{report.render()}", report)


def _document(reading: Reading) -> Document:
    """Return the document of a reading that is valid, and of a level and packages that are read."""
    _check_packages(reading)
    _check_findings(reading)
    document = reading.document
    if document is None:
        raise Refused("SBML_INVALID", "the file holds no model, or one that cannot be put together", 1)
    if document.level not in (2, 3):
        message, hint = "the file is of SBML level 1; levels 2 and 3 are read", "libSBML converts it"
        raise Refused("SBML_UNSUPPORTED", message, 1, hint)
    return document


def _check_packages(reading: Reading) -> None:
    for package in reading.packages:
        if package.name in _OTHER or (package.is_required and package.name not in _READ):
            message = f"the file uses the package {package.name!r} of SBML, which is not supported"
            raise Refused("SBML_PACKAGE", message, 1, "export it without the package, if the program that made it can")


def _check_findings(reading: Reading) -> None:
    errors = [f for f in reading.findings if f.severity == "error"]
    if not errors:
        return
    first = errors[0]
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    message = f"libSBML finds the file invalid (rule {first.number}): {first.message}{more}"
    code = "SBML_PACKAGE" if first.number == _UNKNOWN_PACKAGE else "SBML_INVALID"
    raise Refused(code, message, first.line, "the rule is in the specification of SBML")


def _translated(document: Document, file: str) -> Translation:
    made = Translation(document, file)
    made.add_symbols()
    add_reactions(made)
    add_events(made)
    add_demands(made)
    separate(made)
    made.add_parts()
    made.refuse_missing()
    return made


def _model(made: Translation, path: Path, time_unit: str, found: Collector) -> Model:
    document = made.document
    source = _source(document, path.name)
    equations = Equations(
        time=_time(made, time_unit, found),
        quantities=tuple(made.quantities.values()),
        processes=tuple(made.processes.values()),
        events=tuple(made.events),
        demands=tuple(made.demands),
        source=source,
    )
    title = " ".join("".join(c if c.isprintable() else " " for c in document.name).split())[:200]
    parameters = tuple(made.parameters.values())
    return Model(_id(document, path), title, source, parameters=parameters, equations=equations)


def _id(document: Document, path: Path) -> str:
    """Words joined by hyphens, from the name of the file."""
    words = re.findall(r"[A-Za-z0-9]+", path.stem, re.ASCII) or re.findall(r"[A-Za-z0-9]+", document.id, re.ASCII)
    return "-".join(words)[:60].strip("-") or "model"


_IDENTIFIERS = (
    (re.compile(r"pubmed[:/]([0-9]{1,9})", re.I), "pubmed:{}"),
    (re.compile(r"(?:doi[:/]|doi\.org/)(10\.[0-9]{4,9}/[^\s,;]+)", re.I), "doi:{}"),
    (re.compile(r"((?:BIOMD|MODEL)[0-9]{10})"), "{}"),
)


def _source(document: Document, file: str) -> Source:
    """Return the paper that the file names, else the entry of BioModels, else the file."""
    addresses = [unquote(address) for address in document.sources]
    for pattern, form in _IDENTIFIERS:
        for address in addresses:
            if match := pattern.search(address):
                return Source.parse(form.format(match[1]))
    return Source.parse(file.replace(",", " "))


def _time(made: Translation, stated: str, found: Collector) -> str:
    """Return the unit of time that the file states, else the one `stated` for it, else seconds, and say so."""
    word, written = counting.time_unit(made.document)
    if stated:
        try:
            units.parse_unit(stated)
        except units.UnitError as error:
            raise Refused(error.code, f"the unit of time: {error.message}", 1, error.hint) from None
    if word:
        if stated not in ("", word):
            message = f"the file counts time in {word}, so {stated} is not used"
            found.note("SBML_ASSUMED", message, made.where(1))
        return word
    if not stated:
        message = "the file does not say what unit its time is in; taken as seconds"
        if written:
            message = f"the file counts time in {written}, for which there is no word here; one stands as one second"
        found.note("SBML_ASSUMED", message, made.where(1), hint="state it when importing: --time-unit")
    return stated or "s"


def _checked(model: Model, path: Path) -> None:
    """Check the model as any other. What is wrong with it here is wrong with the file."""
    found = Collector()
    rules.check(model, found)
    found.report().raise_errors(ModelError, f"{path.name} cannot be imported")


def _tell(reading: Reading, made: Translation, found: Collector) -> None:
    for id, name in made.names.changed.items():
        found.note("SBML_RENAMED", f"{id} is a word of the language, and is called {name} here", made.where(1))
    units_found = [f for f in reading.findings if f.category == "units"]
    if units_found:
        message = f"libSBML finds {len(units_found)} inconsistencies of units, first: {units_found[0].message}"
        found.note("SBML_UNITS", message, made.where(units_found[0].line))
    for package in reading.packages:
        if package.name not in _READ:
            message = f"what the package {package.name!r} says is left out; it changes no mathematics"
            found.note("SBML_WARNING", message, made.where(1))
    for finding in reading.findings:
        if finding.category != "units":
            found.note("SBML_WARNING", finding.message, made.where(finding.line))


def _summary(made: Translation) -> Summary:
    document = made.document
    read = {
        "compartments": document.compartments,
        "species": document.species,
        "parameters": document.parameters,
        "reactions": document.reactions,
        "rules": document.rules,
        "events": document.events,
        "functions": document.functions,
    }
    written = {
        "parameters": made.parameters,
        "quantities": made.quantities,
        "processes": made.processes,
        "events": made.events,
        "demands": made.demands,
    }
    counts = (tuple((what, len(items)) for what, items in kinds.items() if items) for kinds in (read, written))
    return Summary(f"SBML level {document.level} version {document.version}", *counts)


def _symbols(made: Translation) -> tuple[tuple[str, Symbol], ...]:
    symbols = {id: Symbol(name, name, name) for id, name in made.names.of.items()}
    for species in made.document.species:
        symbols[species.id] = _species_symbol(made, species.id)
    return tuple(symbols.items())


def _species_symbol(made: Translation, id: str) -> Symbol:
    name, size = made.name(id), made.size(made.species[id])
    form = made.roles.forms[id]
    if form is Form.AMOUNT:
        sizeless = made.compartments[made.species[id].compartment].dimensions == 0
        concentration = name if sizeless else a.over(name, size)
        return Symbol(str(name), str(name), str(concentration))
    amount = Name(made.amounts[id]) if form is Form.DIVIDED else a.times([name, size])
    return Symbol(str(name), str(amount), str(name))
