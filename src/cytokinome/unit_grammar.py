"""The text of numbers and units: which words there are, how they are joined, and what is refused.

Text is tokenised here and refused here: `cytokinome.units` multiplies only words of the table below, with
exponents between -9 and 9. Everyone imports these names from `cytokinome.units`.

Grammar::

    unit   = "" | "1" | ["1"] "/" part {"/" part} | term {("*" | "/") part}
    part   = term | "(" term {("*" | "/") term} ")"        the bracket only after "/"
    term   = word ["^" integer | "²" | "³"]
    word   = a word of the table | "%" | "IU[" name "]"

After a ``/`` outside brackets no ``*`` may follow: ``1/pM*h`` is read in two ways by two readers, so it is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from cytokinome.diagnostics import did_you_mean

MAX_LENGTH = 64
MAX_EXPONENT = 9
MAX_NUMBER = 1e300


class UnitError(ValueError):
    """A unit, a number or a conversion is wrong.

    Parameters
    ----------
    message : str
        What is wrong.
    code : str
        ``BAD_UNIT``, ``BAD_NUMBER``, ``MISSING_MOLAR_MASS``, ``MISSING_ACTIVITY`` or ``DIMENSION_MISMATCH``.
    hint : str
        What to do.
    start, length : int
        The place inside the parsed text, in characters.
    """

    def __init__(
        self, message: str, *, code: str = "BAD_UNIT", hint: str = "", start: int = 0, length: int = 1
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.start = start
        self.length = max(length, 1)

    def shifted(self, by: int) -> UnitError:
        """Return the same fault for a text in which the parsed one starts `by` characters later."""
        return UnitError(self.message, code=self.code, hint=self.hint, start=self.start + by, length=self.length)


# --- words ------------------------------------------------------------------------------------------------------------

# Words that mean the same, and what they are; a bracket names a base dimension; numbers are exact fractions.
DEFINITIONS: tuple[tuple[str, str], ...] = (
    ("h hour hours", "[time]"),
    ("s second seconds", "h / 3600"),
    ("min minute minutes", "h / 60"),
    ("d day days", "24 * h"),
    ("week weeks", "168 * h"),
    ("L l", "[volume]"),
    ("dL", "L / 10"),
    ("mL ml", "L / 1000"),
    ("uL", "1e-6 * L"),
    ("nL", "1e-9 * L"),
    ("pL", "1e-12 * L"),
    ("fL", "1e-15 * L"),
    ("um", "[length]"),
    ("nm", "um / 1000"),
    ("mm", "1000 * um"),
    ("cm", "10000 * um"),
    ("m", "1000000 * um"),
    ("pmol", "[substance]"),
    ("amol", "1e-6 * pmol"),
    ("fmol", "1e-3 * pmol"),
    ("nmol", "1000 * pmol"),
    ("umol", "1e6 * pmol"),
    ("mmol", "1e9 * pmol"),
    ("mol", "1e12 * pmol"),
    # 1/N_A mol, with N_A = 6.02214076e23 exactly
    ("molecule molecules receptor receptors", "pmol / 602214076000"),
    ("pM", "pmol / L"),
    ("fM", "1e-3 * pM"),
    ("nM", "1000 * pM"),
    ("uM", "1e6 * pM"),
    ("mM", "1e9 * pM"),
    ("M", "1e12 * pM"),
    ("g", "[mass]"),
    ("kg", "1000 * g"),
    ("mg", "1e-3 * g"),
    ("ug", "1e-6 * g"),
    ("ng", "1e-9 * g"),
    ("pg", "1e-12 * g"),
    ("fg", "1e-15 * g"),
    # a dalton and 1 g/mol differ by less than 1e-9, far below any published molar mass
    ("Da", "1e-12 * g / pmol"),
    ("kDa", "1e-9 * g / pmol"),
    ("cell cells", "[cell]"),
    ("K", "[temperature]"),
    ("IU", "[activity]"),
    ("body_kg", "[body_weight]"),  # never written by a user: `kg` below the line, where a dose allows it
)
_WORDS = frozenset(word for words, _ in DEFINITIONS for word in words.split()) - {"body_kg"}
MASS_WORDS = frozenset(words for words, how in DEFINITIONS if words == "g" or how.endswith("* g"))

_CELSIUS = "temperatures are in kelvin: write K (37 degrees Celsius are 310.15 K)"
_LABORATORY = "a laboratory unit is not an IU: write IU where the source states IU, else convert to mass"
_REFUSED = {"U": _LABORATORY, "units": _LABORATORY, "C": _CELSIUS, "degC": _CELSIUS, "celsius": _CELSIUS}

_WORD = r"(?:%|[A-Za-zµμ][A-Za-z0-9_µμ]*+(?:\[[A-Za-z][A-Za-z0-9_-]{0,31}\])?+)"
_POWER = r"(?:\^[-+]?[0-9]++|[²³])"
NAMED = re.compile(r"IU\[([A-Za-z][A-Za-z0-9_-]{0,31})\]")
_TOKEN = re.compile(rf"(?P<word>{_WORD})|(?P<power>{_POWER})|(?P<mark>[*/()])|(?P<one>1(?![0-9.]))")
# A word that continues as a name (`h.x`, `h@blood`) or calls a function (`min(a, b)`) is not a unit.
_TERM = re.compile(rf"({_WORD}){_POWER}?+(?![\wµμ]|[.@]\w|\()")
_STRANGE = re.compile(r"[^A-Za-z0-9_%^*/()\[\]+. µμ²³-]")


def plain_word(word: str) -> str:
    """The word as the table spells it: both micro signs (U+00B5, U+03BC) are `u` where they stand first."""
    return "u" + word[1:] if word[:1] in ("µ", "μ") else word


def is_unit_word(word: str) -> bool:
    """Return whether `word` is a unit by itself: ``mL``, ``µM``, ``%``, ``IU[IL2]``."""
    return word == "%" or plain_word(word) in _WORDS or (len(word) <= MAX_LENGTH and bool(NAMED.fullmatch(word)))


# --- units ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a unit with its exponent, negative below the line."""

    word: str
    power: int
    start: int
    length: int


def read_terms(text: str) -> tuple[Term, ...]:
    """Return the words of a unit with their exponents, or refuse the text.

    Raises
    ------
    UnitError
        ``BAD_UNIT`` with the place inside `text`.
    """
    _refuse_strange(text)
    return tuple(_Reader(text).terms())


def _refuse_strange(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise UnitError(
            f"a unit of {len(text)} characters; at most {MAX_LENGTH} are read",
            hint="write a plain unit such as pg/mL",
            length=MAX_LENGTH,
        )
    if "°" in text:
        raise UnitError("degrees are not a unit here", hint=_CELSIUS, start=text.index("°"))
    if "**" in text:
        raise UnitError("** is not an exponent here", hint="write um^2 or um²", start=text.index("**"), length=2)
    if strange := _STRANGE.search(text):
        character = strange.group()
        raise UnitError(
            f"the character {character!a} (U+{ord(character):04X}) cannot stand in a unit",
            hint="units are written in plain letters, with µ, ², ³, ^, *, / and one pair of brackets",
            start=strange.start(),
        )


class _Reader:
    """Reads the terms of one unit from left to right; the grammar stands at the top of this file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.found: list[Term] = []

    def terms(self) -> list[Term]:
        mark = "1" if self._take("one") else ""
        if not mark and not self._done() and self._peek("mark") != "/":
            self._term(1)
            mark = "*"
        while not self._done():
            mark = self._operator(mark)
            if mark == "/" and self._peek("mark") == "(":
                self._group()
            else:
                self._term(1 if mark == "*" else -1)
        return self.found

    def _group(self) -> None:
        self._take("mark")
        self._term(-1)
        while self._peek("mark") in ("*", "/"):
            self._term(-1 if self._take("mark") == "*" else 1)
        if self._take("mark") != ")":
            self._fail("the bracket is not closed", "brackets hold words joined by * or /, and no other bracket")

    def _operator(self, before: str) -> str:
        mark = self._peek("mark")
        if mark == "*" and before == "/":
            self._fail("* after / can be read in two ways", "put what is below the line in brackets: 1/(pM*h)")
        if mark == "*" and before == "1":
            self._fail("1 * is not needed", "write the unit alone")
        if mark not in ("*", "/"):
            self._fail("an operator is missing or misplaced", "join words by * or /; one pair of brackets after / only")
        return self._take("mark")

    def _term(self, sign: int) -> None:
        self._skip()
        start = self.position
        word = self._take("word")
        if not word:
            self._fail("a unit is missing", "write a plain unit such as pg/mL")
        if not is_unit_word(word):
            _unknown(word, start)
        self.found.append(Term(word, sign * self._power(), start, len(word)))

    def _power(self) -> int:
        start = self.position
        text = self._take("power")
        if not text:
            return 1
        power = {"²": 2, "³": 3}.get(text) or int(text[1:])
        if power == 0 or abs(power) > MAX_EXPONENT:
            raise UnitError(
                f"the exponent {text[1:]} is not allowed",
                hint="exponents are whole numbers from -9 to 9, without 0",
                start=start,
                length=len(text),
            )
        return power

    def _skip(self) -> None:
        while self.text[self.position : self.position + 1] == " ":
            self.position += 1

    def _done(self) -> bool:
        self._skip()
        return self.position >= len(self.text)

    def _peek(self, kind: str) -> str:
        self._skip()
        match = _TOKEN.match(self.text, self.position)
        return match[kind] or "" if match else ""

    def _take(self, kind: str) -> str:
        token = self._peek(kind)
        self.position += len(token)
        return token

    def _fail(self, message: str, hint: str) -> NoReturn:
        start = min(self.position, max(len(self.text) - 1, 0))
        raise UnitError(f"{message} in the unit {self.text.strip()!r}", hint=hint, start=start)


def _unknown(word: str, start: int) -> NoReturn:
    if word in _REFUSED:
        raise UnitError(f"{word} is not a unit here", hint=_REFUSED[word], start=start, length=len(word))
    named = "only IU carries a name in brackets: IU[IL2]"
    hint = named if "[" in word else did_you_mean(plain_word(word), _WORDS)
    raise UnitError(f"unknown unit {word}", hint=hint, start=start, length=len(word))


# --- the unit after a number in an expression -------------------------------------------------------------------------


def scan_unit(text: str, start: int) -> int:
    """Return where the longest unit that stands at ``text[start:]`` without inner spaces ends.

    Parameters
    ----------
    text : str
        An expression.
    start : int
        The place after a number and its spaces.

    Returns
    -------
    int
        `start` itself when no unit stands there. An operator before something that is no unit is left alone.

    Examples
    --------
    >>> scan_unit("10 pg/mL * k", 3), scan_unit("2 h/k", 2), scan_unit("0.5 /k", 4)
    (8, 3, 4)
    """
    end = start
    position = start + text.startswith("1/", start)
    if not text.startswith("/", position):
        end = position = _scan_term(text, position, leading=True)
        if end == start:
            return start
    while text[position : position + 1] in ("*", "/"):
        after = position + 1
        group = text.startswith("/(", position)
        position = _scan_group(text, after) if group else _scan_term(text, after)
        if position == after:
            break
        end = position
    return end


def _scan_term(text: str, start: int, *, leading: bool = False) -> int:
    """End of the term at `start`, or `start`. A refused word right after a number is taken, to be explained later."""
    match = _TERM.match(text, start)
    if match is None or not (is_unit_word(match[1]) or (leading and match[1] in _REFUSED)):
        return start
    return match.end()


def _scan_group(text: str, start: int) -> int:
    position = start
    while position == start or text[position : position + 1] in ("*", "/"):
        after = position + 1
        position = _scan_term(text, after)
        if position == after:
            return start
    return position + 1 if text.startswith(")", position) else start


# --- numbers ----------------------------------------------------------------------------------------------------------

NUMBER = re.compile(r"-?(?:[0-9]++(?:\.[0-9]++)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?")


def parse_number(text: str) -> float:
    """Read a plain decimal number: ``1``, ``1.5``, ``.5``, ``1e6``, ``-3``.

    Raises
    ------
    UnitError
        ``BAD_NUMBER`` for anything else: nan, inf, hexadecimal, underscores, other scripts' digits, a magnitude over
        1e300, or one under 1e-300 that is not zero.
    """
    shown = text if len(text) <= 24 else text[:24] + "…"
    if len(text) > MAX_LENGTH or not NUMBER.fullmatch(text.strip(" ")):
        hint = "write a decimal point" if "," in text[:MAX_LENGTH] else "write a number such as 1, 0.5 or 1e6"
        raise UnitError(f"{shown!a} is not a number", code="BAD_NUMBER", hint=hint, length=min(len(text), MAX_LENGTH))
    value = float(text)
    vanished = abs(value) < 1 / MAX_NUMBER and re.search("[1-9]", re.split("[eE]", text)[0])
    if abs(value) > MAX_NUMBER or vanished:
        raise UnitError(
            f"{shown!a} is absurdly large or small",
            code="BAD_NUMBER",
            hint="numbers go up to 1e300 and, other than 0, down to 1e-300",
            length=len(text),
        )
    return value
