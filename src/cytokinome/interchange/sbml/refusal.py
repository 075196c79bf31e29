"""Why a file cannot be taken: one exception, with the code of a diagnostic and the line of the XML."""

from __future__ import annotations


class Refused(Exception):
    """A construct that cannot become part of a model."""

    def __init__(self, code: str, message: str, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.line, self.hint = code, message, line, hint
