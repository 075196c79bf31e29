"""Every seeded mistake in a model file is told once, at its place, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cytokinome.diagnostics import Report
from cytokinome.model.load import check_text
from tests.regression.mistakes.cases import CASES, Case

FOLDER = Path(__file__).parent / "mistakes"
BASES = {name: (FOLDER / f"{name}.yaml").read_text(encoding="utf-8") for name in ("culture", "body")}
MARK = "¦"


def _report(text: str) -> Report:
    return check_text(text, "model.yaml").report


def _edited(case: Case) -> tuple[str, int, int]:
    """Return the text with the mistake, and the line and column where the caret must stand."""
    base = BASES[case.base]
    assert base.count(case.old) == 1, case.old
    marked = base.replace(case.old, case.new)
    if case.at:
        marked = marked.replace(MARK, "")
        assert marked.count(case.at.replace(MARK, "")) == 1, case.at
        marked = marked.replace(case.at.replace(MARK, ""), case.at)
    before, _, after = marked.partition(MARK)
    return before + after, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def test_there_are_many_cases() -> None:
    """The table covers at least seventy different mistakes of at least twenty-five kinds."""
    assert len(CASES) >= 70
    assert len(set(CASES)) == len(CASES)
    assert len({case.code for case in CASES}) >= 25


@pytest.mark.parametrize("name", BASES)
def test_bases_are_correct(name: str) -> None:
    """The models that the mistakes are put into have none themselves."""
    checked = check_text(BASES[name], "model.yaml")
    assert checked.model is not None
    assert checked.report.diagnostics == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.new[:40]}")
def test_one_mistake_is_told_once(case: Case) -> None:
    """One mistake gives one error: its code, its place, what is wrong and what to do."""
    text, line, column = _edited(case)
    report = _report(text)
    assert len(report.errors) == 1, report.render()
    error = report.errors[0]
    where = error.where
    assert error.code == case.code
    assert where is not None
    assert (where.line, where.column) == (line, column), report.render()
    assert case.says in error.message
    assert error.hint
    assert case.hint in error.hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.new[:40]}")
def test_caret_stands_under_the_place(case: Case) -> None:
    """The rendered error shows the line and puts the caret under the character that the place names."""
    text, line, column = _edited(case)
    rendered = _report(text).errors[0].render({"model.yaml": text})
    shown, caret = rendered.splitlines()[2:4]
    assert shown.startswith(f"{line:>5} | ")
    assert f"--> model.yaml:{line}:{column}" in rendered
    written = text.splitlines()[line - 1][column - 1 : column]
    assert shown[caret.index("^") : caret.index("^") + 1] == written.replace("\t", " ")


TEN = [
    ("well: {kind: culture, volume: 1 mL}", "well: {kind: culture, volume: -1 mL}", "NEGATIVE_VALUE", 5),
    ("initial: 10 ng/mL", "initial: 10 ngg/mL", "BAD_UNIT", 7),
    ("half-life: 6 h", "half-life: 6 pM", "DIMENSION_MISMATCH", 8),
    ("infliximab: {in: well,", "infliximab: {inn: well,", "UNKNOWN_KEY", 10),
    ("IL10: 100 pM", "IL01: 100 pM", "UNKNOWN_NAME", 12),
    ("cv: 0.4", "cv: 0", "BAD_VALUE", 19),
    ("hill 2)", "hill two)", "UNKNOWN_NAME", 21),
    ("becomes resting", "becomes restin", "UNKNOWN_NAME", 22),
    ("decreased by", "decreesed by", "BAD_MODIFIER", 23),
    ("koff: 4.2e-6 /s,", "", "MISSING_CONSTANT", 27),
]  # fmt: skip


def test_ten_mistakes_are_found_at_once() -> None:
    """Ten mistakes of ten kinds in one file give ten errors in one report, and no eleventh."""
    text = BASES["culture"]
    for old, new, _, _ in TEN:
        assert text.count(old) == 1
        text = text.replace(old, new)
    report = _report(text)
    assert [(e.code, e.where.line if e.where else 0) for e in report.errors] == [(c, n) for _, _, c, n in TEN]


TOKENS = [
    "{",
    "}",
    "[",
    ":",
    ",",
    "-",
    "(",
    ")",
    "^",
    "/",
    " h",
    "pM",
    "0",
    "1e999",
    "NaN",
    "TNF",
    "at",
    "null",
    "é",
    "\t",
]


@st.composite
def _fuzzed(draw: st.DrawFn) -> str:
    """A base model with one to four random edits of characters or words."""
    text = draw(st.sampled_from(sorted(BASES.values())))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text) - 1))
        stop = min(start + draw(st.sampled_from([0, 1, 1, 2, 5, 20])), len(text))
        piece = text[start:stop]
        new = draw(st.sampled_from(["", piece * 2, *TOKENS]) | st.text(max_size=3))
        text = text[:start] + new + text[stop:]
    return text


@given(_fuzzed())
@settings(max_examples=150)
def test_random_edits_never_raise(text: str) -> None:
    """Whatever is typed gives a report, whose errors have a place in the text and say something."""
    checked = check_text(text, "model.yaml")
    assert (checked.model is None) == bool(checked.report.errors)
    checked.report.render()
    for diagnostic in checked.report.errors:
        assert diagnostic.message.strip()
        assert diagnostic.where is not None
        assert 1 <= diagnostic.where.line <= len(text.splitlines()) + 1
        assert diagnostic.where.column >= 1


def _tower(count: int, name: str, first: str, step: str) -> str:
    return "\n".join(
        [f"  {name}0: {first}", *(f"  {name}{i}: {step.format(a=f'{name}{i - 1}')}" for i in range(1, count))]
    )


PARAMETERS = _tower(300, "p", "{value: 1, source: assumed}", "{{value: {a} + {a}, source: assumed}}")
OBSERVABLES = _tower(60, "o", "{value: TNF, unit: pM}", "{{value: {a} + {a}, unit: pM}}")
STATES = ", ".join(f"s{i}" for i in range(20_000))
HOSTILE = {
    "parameters that double": ("parameters:\n", f"parameters:\n{PARAMETERS}\n", ""),
    "observables that double": ("observables:\n", f"observables:\n{OBSERVABLES}\n", "TOO_LARGE"),
    "powers of powers": ("volume: 1 mL", "volume: " + "2^" * 3000 + "2", "BAD_EXPRESSION"),
    "not not not": ("(half 48 pM)", "(half 48 pM), only when " + "not " * 2000 + "TNF > 1 pM", "BAD_SENTENCE"),
    "chains in parentheses": ("volume: 1 mL", "volume: " + "(" * 30 + "1" + ("+1" * 90 + ")") * 30, "BAD_EXPRESSION"),
    "many states": ("infection: clean", f"infection: [clean, {STATES}]", "UNKNOWN_NAME"),
    "many digits": ("(4 stages)", "(" + "9" * 5000 + " stages)", "BAD_SENTENCE"),
    "volume of itself": ("volume: 1 mL", "volume: 2 * well", "UNKNOWN_NAME"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused(name: str) -> None:
    """Texts made to exhaust stack, memory or patience are answered like any other."""
    old, new, code = HOSTILE[name]
    base = BASES["culture"] if old in BASES["culture"] else BASES["body"]
    report = _report(base.replace(old, new))
    assert {e.code for e in report.errors} == ({code} if code else set())
