"""From the bytes of a file to the text that everything here reads: what is scanned is what libSBML is given.

Only encodings in which every character is itself are taken. Python knows others, such as ``unicode_escape``, in which a
text can hold what its scan has not seen.
"""

from __future__ import annotations

import codecs
import re

from cytokinome.interchange.sbml.refusal import Refused

_ENCODINGS = re.compile(r"utf-8|utf-16(-le|-be)?|ascii|iso8859-[0-9]{1,2}|cp125[0-8]|koi8-[ru]")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,400}\?>")
_STATED = re.compile(rb"""\A\s*<\?xml[^>]{0,400}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def decoded(data: bytes) -> str:
    """Return the text of a file, on the lines of the file, with a declaration that states UTF-8.

    Raises
    ------
    Refused
        Where the file is in another encoding than it states, or in one that is not taken.
    """
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start]
        message = f"the file is not in the encoding {encoding!r} that it has by its beginning: byte 0x{byte:02x}"
        hint = "save it as UTF-8, with `encoding='UTF-8'` on its first line"
        raise Refused("SBML_INVALID", message, line, hint) from None
    declaration = _DECLARATION.match(text)
    end = declaration.end() if declaration else 0
    return '<?xml version="1.0" encoding="UTF-8"?>' + "\n" * text.count("\n", 0, end) + text[end:]


def _encoding(data: bytes) -> str:
    """Return what a file is encoded in: by its first bytes, else by what it states, else UTF-8."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return encoding
    stated = _STATED.match(data[:1000])
    name = stated[1].decode("ascii") if stated else "utf-8"
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    if not _ENCODINGS.fullmatch(encoding):
        message = f"the file states the encoding {name!r}, which is not read here"
        raise Refused("SBML_INVALID", message, 1, "save it as UTF-8")
    return encoding
