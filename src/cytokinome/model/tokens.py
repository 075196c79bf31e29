"""Tokens: the words and marks of a line, and a cursor over them. What they mean is for those who read on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

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


class Cursor:
    """A place in one line of text, from which tokens are read."""

    def __init__(self, text: str, where: Span | None = None) -> None:
        self.text = text
        self.where = where
        self.position = 0
        self._depth = 0  # of what is being read
        self._ahead, self._ahead_of = Token("end", "", 0), -1  # the token behind that position

    def peek(self) -> Token:
        """Return the next token without taking it."""
        if self._ahead_of != self.position:
            self._ahead, self._ahead_of = self._next(), self.position
        return self._ahead

    def _next(self) -> Token:
        match = _TOKEN.match(self.text, self.position)
        if match is not None and match.lastgroup is not None:
            return Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        start = self.position
        while start < len(self.text) and self.text[start].isspace():
            start += 1
        if start == len(self.text):
            return Token("end", "", len(self.text.rstrip()))
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
