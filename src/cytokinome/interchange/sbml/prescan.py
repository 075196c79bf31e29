"""A first look at a file before libSBML sees it: what no honest model has, and what makes libSBML crash or hang.

Expat reads the file once. A document type is refused, as only it can declare entities; so are deep nesting, rules and
functions in circles, what is small to write and endless to write out, and more elements than libSBML has room for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from cytokinome.interchange.sbml.decoding import decoded
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.model.definitions import ordered

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 256
MAX_ELEMENTS = 500_000  # libSBML takes up to 20 kB for each
MAX_ATTRIBUTES = 64  # of one element
MAX_ATTRIBUTE = 20_000  # characters
MAX_CALLS = 100_000  # parts of a function with the functions in it written out
MAX_MODELS = 10_000  # that one is composed of, all written out
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
    scan = _Scan()
    text = decoded(_content(path)).encode("utf-8")
    try:
        for start in range(0, len(text), _CHUNK):
            scan.parser.Parse(text[start : start + _CHUNK], False)
        scan.parser.Parse(b"", True)
    except expat.ExpatError as error:
        message = f"the file is not well-formed XML: {expat.ErrorString(error.code)}"
        raise Refused("SBML_INVALID", message, error.lineno, "a download may have been cut short") from None
    for kind, definitions in scan.definitions.items():
        _check_circles(kind, definitions)
    return scan


def _content(path: Path) -> bytes:
    """Return the bytes of an ordinary file; others may never end."""
    if not path.is_file():
        what = "is a directory" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
        raise Refused("FILE_UNREADABLE", f"the file {what}", 1, "give the path of a file in SBML")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 2**20} MB"
        raise Refused("FILE_TOO_LARGE", message, 1, "no model that a person wrote is as large")
    return content


@dataclass(slots=True)
class _Definition:
    """What one definition is made of, and the line where it begins."""

    line: int
    names: list[str] = field(default_factory=list[str])


class _Scan:
    """The state of one reading by expat."""

    def __init__(self) -> None:
        # By kind (function, rule, model), then by model and id: names in different models differ.
        self.definitions: dict[str, dict[tuple[int, str], _Definition]] = {kind: {} for kind in _CIRCLES}
        self.sources: list[tuple[str, int]] = []  # the files that models are taken from, and where that is said
        self._open: list[str] = []
        self._aside = 0  # levels inside notes and annotations, which hold anything
        self._elements, self._models = 0, 0
        self._model = self._current = _Definition(1)
        self._text: list[str] | None = None
        self.parser = parser = expat.ParserCreate("utf-8", " ")
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
        self._elements += 1
        self._check_size(attributes, line)
        if self._aside or name in ("notes", "annotation"):
            self._aside += 1
            return
        if name in ("model", "modelDefinition"):
            self._models += 1
            self._model = self._define("model", 0, attributes.get("id", ""))
        elif name in _DEFINED:
            kind, key = _DEFINED[name]
            self._current = self._define(kind, self._models, attributes.get(key, ""))
        elif name == "submodel":
            self._model.names += _values(attributes, "modelRef")
        elif name == "externalModelDefinition":
            self.sources += [(source, line) for source in _values(attributes, "source") or [""]]
        elif name == "csymbol" and attributes.get("definitionURL", "").endswith("delay"):
            self._current.names.append(_DELAY)
        self._text = [] if name == "ci" else None

    def _check_size(self, attributes: dict[str, str], line: int) -> None:
        if len(self._open) > MAX_DEPTH:
            message = f"elements are nested deeper than {MAX_DEPTH}"
            raise Refused("TOO_LARGE", message, line, "split the mathematics with assignment rules")
        if self._elements > MAX_ELEMENTS:
            raise Refused("TOO_LARGE", f"the file has more than {MAX_ELEMENTS} elements", line, "split the model")
        if len(attributes) > MAX_ATTRIBUTES:
            raise Refused("TOO_LARGE", f"an element has more than {MAX_ATTRIBUTES} attributes", line)
        if not self._aside and any(len(value) > MAX_ATTRIBUTE for value in attributes.values()):
            raise Refused("TOO_LARGE", f"an attribute is longer than {MAX_ATTRIBUTE} characters", line)

    def _define(self, kind: str, model: int, id: str) -> _Definition:
        # What is defined twice is invalid, and libSBML says so; until then both count.
        return self.definitions[kind].setdefault((model, id), _Definition(self.parser.CurrentLineNumber))

    def _end(self, tag: str) -> None:
        del tag
        name = self._open.pop()
        self._aside = max(self._aside - 1, 0)
        if self._text is not None:
            self._current.names.append("".join(self._text).strip())
            self._text = None
        if name in _DEFINED:
            self._current = _Definition(1)

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


_DEFINED = {
    "functionDefinition": ("function", "id"),
    "assignmentRule": ("rule", "variable"),
    "initialAssignment": ("rule", "symbol"),
}
_DELAY = "delay()"  # what depends on the past alone is in no circle
_CIRCLES = {
    "function": "functions of SBML cannot be recursive",
    "rule": "rules and initial assignments cannot depend on each other in a circle",
    "model": "a model cannot be a part of itself",
}


def _values(attributes: dict[str, str], name: str) -> list[str]:
    """Return the attributes of that name in whatever namespace: which of them counts is for libSBML to say."""
    return [value for key, value in attributes.items() if key.rpartition(" ")[2] == name]


def _check_circles(kind: str, definitions: dict[tuple[int, str], _Definition]) -> None:
    """Refuse what is defined by itself, and what grows without bound once it is written out."""
    own = {key: [(key[0], name) for name in d.names] for key, d in definitions.items() if _DELAY not in d.names}
    uses = {key: tuple(used for used in names if used in own) for key, names in own.items()}
    order, circles = ordered(uses)
    if circles:
        names = [id for _, id in circles[0]]
        shown = " → ".join(names if len(names) < 9 else (*names[:8], "…", names[0]))
        line = definitions[circles[0][0]].line
        raise Refused("CYCLIC_DEFINITION", f"the {kind} {names[0]} depends on itself: {shown}", line, _CIRCLES[kind])
    if kind == "rule":
        return  # they stand for themselves wherever they are used
    largest, size = (MAX_CALLS if kind == "function" else MAX_MODELS), dict[tuple[int, str], int]()
    for key in order:
        size[key] = 1 + len(own[key]) + sum(size[used] for used in uses[key])
        if size[key] > largest:
            message = f"the {kind} {key[1]} has more than {largest} parts once what it uses is written out"
            raise Refused("TOO_LARGE", message, definitions[key].line, "each use doubles where two stand in each other")
