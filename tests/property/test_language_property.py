"""What is printed is read back: expressions and sentences of every verb and modifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from cytokinome.model.components import Alternatives, CellGroup, Decrease, Increase, Rule, Signal, Verb
from cytokinome.model.expressions import (
    COMPARISONS,
    PLAIN,
    Binary,
    Call,
    Expression,
    Fault,
    Mean,
    Name,
    Number,
    Population,
    Unary,
    parse,
)
from cytokinome.model.sentences import default_id, read, sentence

NAMES = st.sampled_from(["X", "TNF", "k_1", "h", "q_TNF", "L", "X1", "cell"])
WORDS = st.sampled_from(["macrophage", "T_cell", "active", "naive", "S1"])
DIGITS = st.sampled_from(["0", "1", "0.5", "1e6", "4.2e-6", "12", "007", "9e+299", "1e-299"])
UNITS = st.sampled_from(
    ["", "", "h", "/h", "pM", "pg/mL", "molecules/cell/s", "%", "/M/s", "1/(pM*h)", "um^2/s", "IU[IL2]/mL"]
)
NUMBERS = st.builds(Number, DIGITS, UNITS)
PLACES = st.none() | st.sampled_from(["blood", "joint"])
LEAVES = st.one_of(
    NUMBERS,
    st.builds(Name, NAMES, PLACES),
    st.builds(Population, st.sampled_from(["count", "density"]), st.lists(WORDS, max_size=2).map(tuple), WORDS, PLACES),
    st.builds(Mean, st.lists(WORDS, max_size=2).map(tuple), WORDS, NAMES, PLACES),
)


def _branches(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    operators = st.sampled_from(["+", "-", "*", "/", "^", "and", "or", *COMPARISONS])
    return st.one_of(
        st.builds(Binary, operators, inner, inner),
        st.builds(Unary, st.sampled_from(["-", "not"]), inner),
        st.builds(Call, st.sampled_from(["abs", "sqrt", *PLAIN]), st.tuples(inner)),
        st.builds(Call, st.sampled_from(["min", "max", "xor"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Call, st.sampled_from(["if", "hill"]), st.tuples(inner, inner, inner)),
    )


R = TypeVar("R")


def _outcome(function: Callable[[str], R], text: str) -> R | Fault:
    """What a reader gives, or the fault that it raises."""
    try:
        return function(text)
    except Fault as fault:
        return fault


EXPRESSIONS = st.recursive(LEAVES, _branches, max_leaves=12)


@given(EXPRESSIONS)
@settings(max_examples=400)
def test_expressions_survive_printing(expression: Expression) -> None:
    """Reading the printed expression gives the same tree."""
    assert parse(str(expression)) == expression


@given(st.text(st.sampled_from("ab1.5e h/k^*()<>=-+,@ TNFµ"), max_size=30))
@settings(max_examples=300)
def test_any_text_is_read_or_refused(text: str) -> None:
    """A text is an expression, which survives printing, or a fault with a place in it."""
    result = _outcome(parse, text)
    if isinstance(result, Fault):
        assert result.message
        assert 0 <= result.start <= len(text)
    else:
        assert parse(str(result)) == result


VALUES = NUMBERS | st.builds(Name, NAMES)
HILLS = st.none() | st.builds(Number, st.sampled_from(["1", "2", "4"]))
GROUPS = st.builds(
    CellGroup, st.lists(st.sampled_from(["active", "naive"]), max_size=2).map(tuple), st.sampled_from(["T_cell", "c"])
)
SIGNALS = st.one_of(
    st.builds(Signal, NAMES, VALUES, HILLS, st.none() | st.sampled_from(["R", "TNFR1"])),
    st.builds(lambda half, hill, group: Signal("", half, hill, None, group), VALUES, HILLS, GROUPS),
)
LISTS: st.SearchStrategy[Alternatives] = st.lists(
    st.lists(SIGNALS, min_size=1, max_size=2).map(tuple), min_size=1, max_size=3
).map(tuple)
FOLDS = st.builds(Increase, LISTS, st.builds(Number, st.sampled_from(["40", "1.5", "1e3"])), st.just(True))
INCREASES = FOLDS | st.builds(Increase, LISTS, VALUES, st.just(False))
DECREASES = st.builds(
    Decrease, LISTS, st.none() | st.builds(Number, st.just("5"), st.just("%")) | st.builds(Name, NAMES)
)
CONDITIONS = st.builds(Binary, st.sampled_from(COMPARISONS), st.builds(Name, NAMES), VALUES)
CONSTANTS = st.lists(st.tuples(st.sampled_from(["internalisation", "kon", "koff"]), VALUES), max_size=3).map(tuple)
DWELLING = (Verb.BECOMES, Verb.DIFFERENTIATES, Verb.DIVIDES, Verb.DIES, Verb.LEAVES, Verb.ENTERS)


@st.composite
def _rules(draw: st.DrawFn) -> Rule:
    """A rule that a sentence can say."""
    verb = draw(st.sampled_from(Verb))
    rule = Rule("", replace(draw(GROUPS), compartment=draw(PLACES)), verb, is_additional=draw(st.booleans()))
    if verb in (Verb.SECRETES, Verb.TAKES_UP, Verb.BINDS, Verb.BECOMES, Verb.PRODUCES, Verb.RELEASES):
        rule = replace(rule, object=draw(st.sampled_from(["TNF", "X", "active"])))
    if verb in (Verb.TAKES_UP, Verb.BINDS):
        rule = replace(rule, receptor="R", constants=draw(CONSTANTS))
    if verb in (Verb.DIFFERENTIATES, Verb.KILLS, Verb.ENGULFS, Verb.ADHERES):
        rule = replace(rule, target=draw(GROUPS))
    if verb in (Verb.LEAVES, Verb.ENTERS):
        rule = replace(rule, place=draw(PLACES))
    if verb in (Verb.DIES, Verb.KILLS):
        rule = replace(rule, is_necrosis=draw(st.booleans()))
    if verb is Verb.MOVES and draw(st.booleans()):
        rule = replace(rule, toward=(draw(SIGNALS | st.builds(Signal, NAMES, st.none())),))
    if verb in DWELLING and draw(st.booleans()):
        rule = replace(rule, after=draw(VALUES), stages=draw(st.integers(1, 5)))
    else:
        rule = replace(rule, rate=draw(VALUES))
    rule = rule if verb is Verb.BINDS else _modified(draw, rule)
    return replace(rule, id=default_id(rule))


def _modified(draw: st.DrawFn, rule: Rule) -> Rule:
    maybe = st.none()
    saturating = st.builds(lambda half, hill, group: Signal("", half, hill, None, group), VALUES, HILLS, GROUPS)
    return replace(
        rule,
        driven=draw(st.just(()) | LISTS),
        increased=draw(maybe | INCREASES),
        decreased=draw(maybe | DECREASES),
        switch=draw(maybe | CONDITIONS),
        saturating=draw(maybe | saturating),
        resetting=draw(st.lists(st.sampled_from(["Y", "Z"]), max_size=2, unique=True).map(tuple)),
    )


@given(_rules())
@settings(max_examples=500)
def test_sentences_survive_printing(rule: Rule) -> None:
    """Reading the printed sentence gives the same rule."""
    assert read(sentence(rule)) == rule


@given(_rules(), st.data())
@settings(max_examples=200)
def test_any_sentence_is_read_or_refused(rule: Rule, data: st.DataObject) -> None:
    """A sentence with a word taken out or doubled is a rule or a fault with a place in it."""
    words = sentence(rule).split(" ")
    at = data.draw(st.integers(0, len(words) - 1))
    text = " ".join(
        [*words[:at], *data.draw(st.sampled_from([[], [words[at]] * 2, ["at"], ["(", words[at]]])), *words[at + 1 :]]
    )
    result = _outcome(read, text)
    if isinstance(result, Fault):
        assert result.message
        assert 0 <= result.start <= len(text)
    else:
        assert read(sentence(result)) == result
