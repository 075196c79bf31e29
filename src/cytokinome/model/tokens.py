"""Tokens: the words, numbers and marks of one line of text, what is wrong in it, and a cursor over it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from cytokinome import units

if TYPE_CHECKING:
    from cytokinome.diagnostics import Span


class Fault(Exception):
    """Why a text is no expression or sentence: message, place in the text, and what to do."""

    def __init__(self, message: str, start: int, length: int = 1, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message, self.start, self.length, self.hint, self.code = message, start, length, hint, code


class Token(NamedTuple):
    """A lexical unit and its place; `kind` is number, name, mark or end."""

    kind: str
    text: str
    start: int

    @property
    def length(self) -> int:
        """Length in the text."""
        return max(len(self.text), 1)


_NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?:@[A-Za-z_][A-Za-z0-9_]*)?"
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>{_NAME})"
    r"|(?P<mark><->|->|<=|>=|==|!=|[-+*/^()<>,%=]))",
    re.ASCII,
)


def describe(token: Token) -> str:
    """Name a token in a message."""
    return "the end" if token.kind == "end" else repr(token.text)


def check_number(token: Token, *, is_bare: bool = True) -> None:
    """Raise a fault when a number token is not a finite number of a sane size; any double is, where it has no unit."""
    value = float(token.text)
    if is_bare and math.isfinite(value) and (value or not re.search("[1-9]", re.split("[eE]", token.text)[0])):
        return
    try:
        units.parse_number(token.text)
    except units.UnitError as error:
        raise Fault(error.message, token.start, token.length, error.hint, error.code) from None


class Tokens:
    """A cursor over one line of text."""

    def __init__(self, text: str, where: Span | None = None) -> None:
        self.text = text
        self.where = where
        self.position = 0
        self._seen = (-1, Token("end", "", 0))  # a place and the token there, which is asked for again and again

    def peek(self) -> Token:
        """Return the next token without taking it."""
        if self._seen[0] != self.position:
            self._seen = (self.position, self._next())
        return self._seen[1]

    def _next(self) -> Token:
        match = _TOKEN.match(self.text, self.position)
        if match is not None and match.lastgroup is not None:
            return Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        if not self.text[self.position :].strip():
            return Token("end", "", len(self.text.rstrip()))
        start = len(self.text) - len(self.text[self.position :].lstrip())
        raise Fault(f"unexpected character {self.text[start]!r}", start)

    def take(self) -> Token:
        """Return the next token and move behind it."""
        token = self.peek()
        self.position = token.start + len(token.text)
        return token

    def accept(self, *texts: str) -> Token | None:
        """Take the next token if it is one of `texts`."""
        token = self.peek()
        return self.take() if token.kind in ("name", "mark") and token.text in texts else None

    def expect(self, text: str, why: str) -> Token:
        """Take `text` or raise a fault that says why it is needed."""
        token = self.accept(text)
        if token is None:
            found = self.peek()
            raise Fault(f"expected {text!r} {why}, found {describe(found)}", found.start, found.length)
        return token

    def span(self, start: int, end: int | None = None) -> Span | None:
        """Return the span of text[start:end]; `end` defaults to the cursor."""
        stop = self.position if end is None else end
        return self.where.part(start, stop - start) if self.where else None

    def expect_end(self) -> None:
        """Raise a fault when text is left over."""
        token = self.peek()
        if token.kind != "end":
            rest = len(self.text.rstrip()) - token.start
            raise Fault(f"unexpected {describe(token)}", token.start, rest)
