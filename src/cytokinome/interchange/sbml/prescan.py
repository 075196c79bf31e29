"""A first look at a file before libSBML sees it: what no honest model has, and what makes libSBML crash or hang.

Expat reads the file once. A document type is refused, as only it can declare entities; so are deep nesting, functions
that call themselves, and functions that are small to write and endless to write out.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.parsers import expat

from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.model.definitions import ordered

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 256
MAX_CALLS = 100_000  # names in a function with the functions in it written out
MAX_FILES = 64  # that one file takes models from
_CHUNK = 2**20
_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*", re.ASCII)


def prescan(path: Path) -> None:
    """Look through a file, and the files beside it that it takes models from.

    Raises
    ------
    Refused
        With the line at which it is not what a model in SBML may be.
    OSError
        If the file cannot be read.
    """
    pending, seen = [path], set[Path]()
    while pending:
        at = pending.pop()
        if at in seen:
            continue
        if len(seen) == MAX_FILES:
            raise Refused("TOO_LARGE", f"the file takes models from more than {MAX_FILES} files", 1)
        seen.add(at)
        pending += [_beside(path, at, source, line) for source, line in _scanned(at).sources]


def _beside(path: Path, origin: Path, source: str, line: int) -> Path:
    """Return the file that a model is taken from; it lies in the folder of the first file, or below."""
    folder = path.resolve().parent
    found = (origin.resolve().parent / source).resolve()
    if not _PLAIN.fullmatch(source) or not found.is_relative_to(folder) or not found.is_file():
        message = f"a model is taken from {source[:80]!r}, which is no file in the folder of this one"
        raise Refused("SBML_EXTERNAL", message, line, "put the file beside this one; nothing is fetched from elsewhere")
    return found


def _scanned(path: Path) -> _Scan:
    if path.stat().st_size > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 2**20} MB"
        raise Refused("FILE_TOO_LARGE", message, 1, "no model that a person wrote is as large")
    scan = _Scan()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                scan.parser.Parse(chunk, False)
            scan.parser.Parse(b"", True)
    except expat.ExpatError as error:
        message = f"the file is not well-formed XML: {expat.ErrorString(error.code)}"
        raise Refused("SBML_INVALID", message, error.lineno, "a download may have been cut short") from None
    _check_functions(scan.functions, scan.lines)
    return scan


class _Scan:
    """The state of one reading by expat."""

    def __init__(self) -> None:
        self.functions: dict[str, list[str]] = {}  # the names in each function
        self.lines: dict[str, int] = {}
        self.sources: list[tuple[str, int]] = []  # the files that models are taken from, and where that is said
        self._open: list[str] = []
        self._function = ""
        self._text: list[str] | None = None
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def _doctype(self, *_: object) -> None:
        message = "the file declares a document type, which no model in SBML has"
        raise Refused("SBML_INVALID", message, self.parser.CurrentLineNumber, "remove the line `<!DOCTYPE …>`")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name, line = tag.rpartition(" ")[2], self.parser.CurrentLineNumber
        if not self._open and name != "sbml":
            hint = "an SBML file begins with <sbml>; other formats are not read here"
            raise Refused("SBML_INVALID", f"the file is XML, but no SBML: it begins with <{name[:40]}>", line, hint)
        self._open.append(name)
        if len(self._open) > MAX_DEPTH:
            message = f"elements are nested deeper than {MAX_DEPTH}"
            raise Refused("TOO_LARGE", message, line, "split the mathematics with assignment rules")
        if name == "functionDefinition":
            self._function = attributes.get("id", "")
            self.functions[self._function], self.lines[self._function] = [], line
        if name == "externalModelDefinition":
            source = next((value for key, value in attributes.items() if key.rpartition(" ")[2] == "source"), "")
            self.sources.append((source, line))
        self._text = [] if name == "ci" and self._function else None

    def _end(self, tag: str) -> None:
        del tag
        name = self._open.pop()
        if self._text is not None:
            self.functions[self._function].append("".join(self._text).strip())
            self._text = None
        if name == "functionDefinition":
            self._function = ""

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


def _check_functions(functions: dict[str, list[str]], lines: dict[str, int]) -> None:
    uses = {id: tuple(name for name in names if name in functions) for id, names in functions.items()}
    order, circles = ordered(uses)
    for circle in circles:
        message = f"the function {circle[0]} calls itself: {' → '.join((*circle, circle[0]))}"
        raise Refused("CYCLIC_DEFINITION", message, lines[circle[0]], "functions of SBML cannot be recursive")
    size: dict[str, int] = {}
    for id in order:
        size[id] = len(functions[id]) + sum(size[name] for name in uses[id])
        if size[id] > MAX_CALLS:
            message = f"the function {id} has more than {MAX_CALLS} names once the functions in it are written out"
            raise Refused("TOO_LARGE", message, lines[id], "functions that call each other twice grow without bound")
