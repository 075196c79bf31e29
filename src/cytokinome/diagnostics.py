"""Diagnostics: what is wrong, where, what was got and expected, and what to do.

A check never raises and never prints: it adds to a `Collector`. The edge asks for the frozen `Report`, shows it,
and raises once, with every fault of the file in it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytokinome.errors import CytokinomeError


class Severity(StrEnum):
    """How much a diagnostic matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one line of a text: 1-based line and column, length in characters."""

    file: str
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def part(self, start: int, length: int) -> Span:
        """Return the sub-span that begins `start` characters into this one."""
        return Span(self.file, self.line, self.column + start, max(length, 1))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Parameters
    ----------
    code : str
        Key of `CODES`, stable and searchable.
    message : str
        What is wrong, in the user's words; got and expected belong here.
    severity : Severity
    where : Span, optional
    hint : str
        What to do.
    also : tuple of Span
        Further places that belong to the finding (the other of two conflicting lines).
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    where: Span | None = None
    hint: str = ""
    also: tuple[Span, ...] = ()

    def render(self, texts: Mapping[str, str] | None = None) -> str:
        """Return the finding as text with the line, a caret and the hint.

        Parameters
        ----------
        texts : mapping of file name to its text, optional
            Without the text of the file no line and caret are shown.
        """
        lines = [f"{self.severity.value} {self.code}: {self.message}"]
        for place, mark in [(self.where, "-->"), *((s, "and") for s in self.also)]:
            if place is not None:
                lines += [f"  {mark} {place}", *_excerpt(place, texts or {})]
        if self.hint:
            lines.append(f"  help: {self.hint}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, object]:
        """Return plain data for ``--json``."""
        where = self.where
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "file": where.file if where else None,
            "line": where.line if where else None,
            "column": where.column if where else None,
            "length": where.length if where else None,
            "hint": self.hint,
            "also": [str(s) for s in self.also],
        }


@lru_cache(maxsize=4)
def _lines(text: str) -> tuple[str, ...]:
    """The lines of a text, which every finding in it asks for."""
    return tuple(text.splitlines())


def _excerpt(place: Span, texts: Mapping[str, str]) -> list[str]:
    """The line of `place` and a caret under it; long lines are cut around the caret."""
    lines = _lines(texts.get(place.file, ""))
    if not 1 <= place.line <= len(lines):
        return []
    text = lines[place.line - 1].replace("\t", " ")
    start = max(0, place.column - 1 - 60)
    shown = text[start : start + 120]
    width = max(1, min(place.length, len(shown) - (place.column - 1 - start)))
    number = f"{place.line:>5} | "
    return [number + shown, " " * (len(number) + place.column - 1 - start) + "^" * width]


@dataclass(frozen=True, slots=True)
class Report:
    """All diagnostics of one check, in the order of their places, and the texts they point into."""

    diagnostics: tuple[Diagnostic, ...] = ()
    texts: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that stop a run."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The findings that do not stop a run."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.WARNING)

    def render(self) -> str:
        """Return all findings as text, one blank line between two."""
        return "\n\n".join(d.render(self.texts) for d in self.diagnostics)

    def __add__(self, other: Report) -> Report:
        return Report(self.diagnostics + other.diagnostics, {**self.texts, **other.texts})

    def raise_errors(self, error: type[CytokinomeError], what: str) -> None:
        """Raise `error` with the rendered errors when there are any.

        Parameters
        ----------
        error : type
            The class to raise.
        what : str
            What was checked, for the first line ("model.yaml").

        Raises
        ------
        CytokinomeError
            `error`, carrying this report.
        """
        if self.errors:
            count = len(self.errors)
            faults = "1 fault" if count == 1 else f"{count} faults"
            rendered = "\n\n".join(d.render(self.texts) for d in self.errors)
            raise error(f"{what}: {faults}\n\n{rendered}", self)


class Collector:
    """Where checks put what they find."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._found: dict[Diagnostic, None] = {}  # in the order in which they were found
        self._texts = dict(texts or {})

    def error(
        self, code: str, message: str, where: Span | None = None, *, hint: str = "", also: Iterable[Span] = ()
    ) -> None:
        """Add a finding that stops the run."""
        self.add(Diagnostic(code, message, Severity.ERROR, where, hint, tuple(also)))

    def warning(
        self, code: str, message: str, where: Span | None = None, *, hint: str = "", also: Iterable[Span] = ()
    ) -> None:
        """Add a finding that does not stop the run."""
        self.add(Diagnostic(code, message, Severity.WARNING, where, hint, tuple(also)))

    def note(self, code: str, message: str, where: Span | None = None, *, hint: str = "") -> None:
        """Add a remark."""
        self.add(Diagnostic(code, message, Severity.NOTE, where, hint))

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a finding once; an unregistered code is a defect of this package."""
        if diagnostic.code not in CODES:
            raise KeyError(f"diagnostic code {diagnostic.code} is not in diagnostics.CODES")
        self._found.setdefault(diagnostic)

    def add_text(self, file: str, text: str) -> None:
        """Remember the text of `file`, so that its lines can be shown."""
        self._texts[file] = text

    def extend(self, report: Report) -> None:
        """Add everything another check found."""
        self._texts.update(report.texts)
        for diagnostic in report.diagnostics:
            self.add(diagnostic)

    @property
    def has_errors(self) -> bool:
        """Whether anything found so far stops the run."""
        return any(d.severity is Severity.ERROR for d in self._found)

    def report(self) -> Report:
        """Return everything found, ordered by place."""
        ordered = sorted(
            self._found,
            key=lambda d: (d.where.file, d.where.line, d.where.column) if d.where else ("", 0, 0),
        )
        return Report(tuple(ordered), dict(self._texts))


_MOST_COMPARED = 2000  # names: comparing many unknown ones with more would take minutes


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean …?`` with the nearest known names, or the known names when there are few.

    Examples
    --------
    >>> did_you_mean("IL01", ["IL10", "TNF"])
    'did you mean IL10?'
    """
    names = sorted(set(known))
    if len(names) > _MOST_COMPARED:
        return "check how it is spelt where it is declared"
    folded = {n.casefold(): n for n in names}
    close = difflib.get_close_matches(name.casefold(), list(folded), n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(folded[c] for c in close)}?"
    if not names:
        return "nothing of this kind is declared"
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"known here: {listed}"


# One line per code: what it means.
CODES: dict[str, str] = {
    # text
    "FILE_UNREADABLE": "a file does not exist, cannot be read, or is not UTF-8 text",
    "FILE_TOO_LARGE": "a file exceeds the limit on size, depth or number of nodes",
    "YAML_SYNTAX": "the text is not YAML",
    "YAML_FEATURE": "anchors, aliases, tags, merge keys, several documents and block scalars are refused",
    "YAML_DUPLICATE_KEY": "a key stands twice in one mapping",
    "YAML_NULL": "a value is missing",
    "WRONG_SHAPE": "a mapping, list or single value stands where another is expected",
    "UNKNOWN_KEY": "a key is not known at this place",
    "MISSING_KEY": "a required key is missing",
    "BAD_VALUE": "a value is not one of those allowed",
    "BAD_NAME": "a name does not follow the rules for names",
    "LANGUAGE_VERSION": "the file is written for another version of the language",
    # numbers and units
    "BAD_NUMBER": "a number is malformed, not finite, or absurdly large or small",
    "BAD_UNIT": "a unit is unknown, malformed or hostile",
    "MISSING_UNIT": "a number needs a unit",
    "NEGATIVE_VALUE": "a value that must not be negative is",
    "DIMENSION_MISMATCH": "two dimensions do not agree",
    "MISSING_MOLAR_MASS": "mass and amount cannot be converted without a molar mass",
    "MISSING_ACTIVITY": "units of activity cannot be converted without a specific activity",
    # names
    "UNKNOWN_NAME": "a name is not declared",
    "DUPLICATE_NAME": "a name is declared twice",
    "AMBIGUOUS_NAME": "a name can mean two things here",
    "CYCLIC_DEFINITION": "definitions depend on each other in a circle",
    "NOT_DETERMINED": "conditions do not determine the quantities that they are stated for",
    # expressions and sentences
    "BAD_EXPRESSION": "an expression cannot be read",
    "BAD_SENTENCE": "a sentence cannot be read",
    "BAD_MODIFIER": "a modifier is wrong or not allowed at this verb",
    "BAD_REACTION": "a reaction equation cannot be read",
    "DUPLICATE_RULE": "two rules have the same id, or state the same for one cell",
    "MISSING_CONSTANT": "a law needs a constant that neither the rule nor the receptor's record gives",
    "UNREACHABLE_STATE": "no cell can ever be in a state that a rule names",
    "UNEQUAL_RECEPTORS": "receptor numbers differ between states that cells move between",
    "UNUSED_DECLARATION": "something is declared and nothing uses it",
    # biology
    "MISSING_SOURCE": "a number carries neither a source nor the word assumed",
    "DOUBLE_LOSS": "a clearance that includes receptor uptake stands beside takes up of the same molecule",
    "NEGATIVE_PRODUCTION": "a baseline would need a negative production",
    "BOUND_ELSEWHERE": "a bare signal ignores molecules that bind its receptor",
    "LIGAND_DEPLETION": "uptake without stored ligand is inaccurate at this number of receptors",
    "GEOMETRY_ONLY": "a sentence has an effect only in engines with space",
    "MEAN_FIELD_CLOSURE": "a sentence needs more than the average cell that the mean field takes",
    "NO_EFFECT": "a rule or modifier changes nothing here",
    "CATALOGUE_MISSING": "the catalogue has no such record or value",
    "CITATION_DIFFERS": "a number is not the one of the catalogue that it cites",
    "CITATION_UNCLEAR": "a citation of the catalogue names no value, or several",
    "CATALOGUE_INVALID": "a catalogue record breaks its schema or a convention",
    "IDENTIFIER_UNKNOWN": "an identifier is in no list of the catalogue",
    "IDENTIFIER_MISMATCH": "an identifier belongs to another gene, or to something of another name",
    "SUBUNIT_UNKNOWN": "a subunit of a receptor is in no list of the catalogue",
    "NO_EVIDENCE": "a catalogue record states something without a source",
    "NO_RECEPTOR": "a cytokine has no receptor and does not say why, or says so and has one",
    "SUBUNITS_DIFFER": "a receptor and the table of complexes disagree, and no exception says why",
    "COMPLEX_MISSING": "a receptor of the table of complexes has no record, and no exception says why",
    "SOURCE_INCOMPLETE": "a source lacks its place or what was read of it, or an assumption its form",
    "LICENCE_NOT_OPEN": "a data file names no licence, or rows were imported under one that is not open",
    "NUMBER_OUT_OF_BOUNDS": "a number lies outside what is physically sane for its kind",
    "RATES_DISAGREE": "Kd is not koff/kon",
    "ESTIMATE_DIFFERS": "an estimated number is not what it was estimated from gives",
    "MASS_MISFIT": "a molar mass or an id does not fit the chains of a molecule",
    "PREFERRED_TWICE": "several losses for one compartment are preferred",
    "REFERENCE_UNKNOWN": "a record names another that does not exist, or of the wrong kind, or not by its id",
    "SITES_MISFIT": "binding sites were counted with a ligand that their receptor does not have",
    "LEVEL_BARE": "a level does not say what of its people it is",
    "LEVEL_TWICE": "two levels of the same people stand side by side, not as a conflict",
    "MASS_UNNAMED": "a level in moles does not name the molar mass behind it",
    "SERUM_FOR_PLASMA": "a level in plasma of what platelets release was read in serum",
    "SPECIES_MIXED": "what is said of one species was read in another, or no record says that a drug acts in it",
    "SIGN_CONFLICT": "two statements have opposite signs in the same context",
    "DUPLICATE_STATEMENT": "a statement stands in two places",
    "NOT_MISSING": "a record says that a number was not found, and has it",
    "PARENT_CYCLE": "a record is its own parent by some steps",
    "NO_PRODUCER": "a cytokine that no cell of the catalogue secretes",
    "NO_RESPONDER": "a cytokine that no cell of the catalogue responds to",
    "SELECTION_UNEXPLAINED": "the value that stands first is not what the rule of selection ranks first",
    "WEAK_EVIDENCE": "a value rests on assumed, fitted or unnamed evidence alone",
    # experiments
    "OUTSIDE_TIME": "a time lies outside the span of the experiment",
    "BAD_TIME": "a time grid is wrong",
    "BAD_DATA": "a data table is wrong",
    "BAD_CLAIM": "a claim is wrong",
    "BAD_INTERVENTION": "an intervention is wrong",
    "DOSE_UNTESTED": "a dose lies outside those that a scenario's own experiments hold against claims or data",
    "CLAIM_FAILED": "a claim is not met",
    "CLAIM_UNLOCKED": "a claim of a shipped scenario is not in its lock",
    "CLAIM_REMOVED": "a claim that was locked is gone",
    "CLAIM_CHANGED": "a claim looks at something else than when it was locked, or has another kind or source",
    "CLAIM_LOOSENED": "a claim expects less than when it was locked",
    "CLAIM_VACUOUS": "a claim holds without any of the rules that it names",
    "CLAIM_RESTATES": "a claim restates one sentence of the model and is not called constructed",
    "BAD_FIT": "a fit asks for what its models or data cannot give",
    # panels
    "PANEL_ASSUMED": "something that an export of a laboratory leaves open was assumed, or left out",
    "PANEL_AMBIGUOUS": "a cell of a panel can be read in two ways",
    "PANEL_MATRIX": "nobody said which body fluid a panel was measured in, or it is not that of a known level",
    # compile and run
    "UNSUPPORTED_FEATURE": "the chosen engine refuses this construct",
    "STEADY_STATE_FAILED": "no steady state was found",
    "DEMAND_BROKEN": "a condition that the model demands to hold did not hold all the time",
    "ONE_BY_ONE": "the reference engine runs what compiled lanes do not know, one patient after the other",
    "PATIENT_FAILED": "patients could not be simulated to the end",
    "TOO_LARGE": "the request needs more memory or time than allowed",
    # other formats
    "ANTIMONY_INVALID": "a text in Antimony cannot be read, or a model not be written as one",
    "ANTIMONY_IMPORT": "a text in Antimony imports another file",
    "SBML_INVALID": "a file is not valid SBML, or determines too much or too little",
    "SBML_EXTERNAL": "a file in SBML takes a model from a file that is not beside it",
    "SBML_READER": "the process that reads SBML and Antimony broke on a file, or reached its limits of memory or time",
    "SBML_UNSUPPORTED": "a file in SBML says what this language cannot",
    "SBML_PACKAGE": "a file in SBML needs a package that is not supported",
    "SBML_MISSING_VALUE": "a file in SBML needs a number that it does not give",
    "SBML_ASSUMED": "something that a file in SBML leaves open was assumed",
    "SBML_RENAMED": "an id of a file in SBML is a word of the language and has another name here",
    "SBML_UNITS": "the units of a file in SBML do not agree with each other",
    "SBML_WARNING": "libSBML warns of something in a file",
    # store
    "STORE_UNREADABLE": "a run directory cannot be read",
    "STORE_UNWRITABLE": "a run directory cannot be written",
    "RESUME_REFUSED": "a run that was stopped cannot be continued here and now",
}
