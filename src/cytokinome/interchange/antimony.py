"""Models in Antimony, the text form of SBML: read as the SBML that libAntimony makes of them, and written from SBML.

A text of others is hostile until shown otherwise: it is looked through before the library sees it, and may not name
other files.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cytokinome.diagnostics import Collector
from cytokinome.errors import UnsupportedFeature
from cytokinome.interchange.sbml import guard, importing
from cytokinome.interchange.sbml.document import Reading, from_plain, to_plain
from cytokinome.interchange.sbml.refusal import Refused
from cytokinome.interchange.sbml.write import sbml_text

if TYPE_CHECKING:
    from cytokinome.interchange.sbml.importing import Imported
    from cytokinome.interchange.sbml.write import Marks
    from cytokinome.model.components import Model

ENDINGS = (".ant", ".txt")
MAX_BYTES = 4 * 2**20
MAX_DEPTH = 256
# In this order: what is skipped, and the words and brackets that are looked at.
_TOKEN = re.compile(
    r'"""(?s:.*?)"""|"[^"\n]*"|//[^\n]*|#[^\n]*|/\*(?s:.*?)\*/|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<open>\()|(?P<close>\))'
)


def import_file(path: Path, *, time_unit: str = "") -> Imported:
    """Return the model that a file in Antimony means.

    Parameters
    ----------
    path : Path
    time_unit : str
        The unit of time where the file states none that the language has a word for.

    Raises
    ------
    ModelError, UnsupportedFeature, ResourceLimit
        As for SBML; where the text is no Antimony, or imports other files.
    """
    return importing.import_file(path, time_unit=time_unit, read=_read)


def _read(path: Path) -> Reading:
    made = guard.translate("from antimony", scanned(path))
    if not made.text:
        raise Refused("ANTIMONY_INVALID", f"libAntimony cannot read the text: {made.message}", made.line)
    with TemporaryDirectory(prefix="cytokinome-") as folder:
        sbml = Path(folder, "model.xml")
        sbml.write_text(made.text, encoding="utf-8")
        try:
            return from_plain(Reading, _without_lines(to_plain(guard.read(sbml))))
        except Refused as refused:
            raise Refused(refused.code, refused.message, 1, refused.hint) from None


def _without_lines(data: Any) -> Any:
    """Return plain data in which every line is the first: those of the SBML are not those of the text."""
    if isinstance(data, dict):
        return {key: 1 if key == "line" else _without_lines(value) for key, value in data.items()}
    return [_without_lines(part) for part in data] if isinstance(data, list) else data


def scanned(path: Path) -> str:
    """Return the text of a file that may be shown to libAntimony.

    Raises
    ------
    Refused
        The file is too large, no text, or wants to read another one; brackets are nested too deep.
    OSError
        The file cannot be read.
    """
    if path.stat().st_size > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 2**20} MB"
        raise Refused("FILE_TOO_LARGE", message, 1, "no model that a person wrote is as large")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("ANTIMONY_INVALID", "the file is not UTF-8 text", 1, "save it as UTF-8") from None
    if "\0" in text:
        raise Refused("ANTIMONY_INVALID", "the file holds a null character, and so is no text", 1)
    depth = 0
    for token in _TOKEN.finditer(text):
        line = text.count("\n", 0, token.start()) + 1 if token["word"] or token["open"] else 0
        if token["word"] and token["word"].casefold() == "import":
            hint = "put the imported model into this file"
            raise Refused("ANTIMONY_IMPORT", "the text imports another file, which is not done here", line, hint)
        depth = max(0, depth + bool(token["open"]) - bool(token["close"]))
        if depth > MAX_DEPTH:
            raise Refused("TOO_LARGE", f"brackets are nested deeper than {MAX_DEPTH}", line, "split the formula")
    return text


def antimony_text(model: Model, marks: Marks | None = None) -> str:
    """Return a model of equations as a text in Antimony; numbers have the 15 digits that libAntimony writes.

    Raises
    ------
    UnsupportedFeature
        The package antimony is not installed, or cannot write this model.
    """
    try:
        made = guard.translate("to antimony", sbml_text(model, marks))
        if not made.text:
            raise Refused("ANTIMONY_INVALID", f"libAntimony cannot write {model.id}: {made.message}", made.line)
    except Refused as refused:
        found = Collector()
        found.error(refused.code, refused.message, hint=refused.hint)
        raise UnsupportedFeature(found.report().render(), found.report()) from None
    return made.text
