"""Sentences: what one cell does, read into a `Rule`; `wording` prints it back. ``read(sentence(r)) == r``.

::

    [state …] cell [in compartment] [also] verb object … at rate, modifier, modifier

One small function reads what follows each verb; modifiers are read the same way for all verbs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cytokinome.diagnostics import did_you_mean
from cytokinome.model.components import Alternatives, CellGroup, Decrease, Increase, Rule, Signal, Verb
from cytokinome.model.expressions import (
    Expression,
    Fault,
    Name,
    Number,
    Population,
    Reader,
    Token,
    Unary,
    check_number,
    describe,
)
from cytokinome.model.wording import head, sentence

if TYPE_CHECKING:
    from cytokinome.diagnostics import Span

__all__ = ["default_id", "head", "quantity", "read", "sentence"]

# First word of each verb, the word that must follow it, and the verb.
_VERBS = {verb.value.split()[0]: (verb.value.partition(" ")[2], verb) for verb in Verb}
_CONSTANTS = {
    "internalisation": "internalisation",
    "kint": "internalisation",
    "kon": "kon",
    "association": "kon",
    "koff": "koff",
    "dissociation": "koff",
}
_STAGES = re.compile(r"([1-9][0-9]?|100)\Z", re.ASCII)
_FOLD = re.compile(r"\s*(?P<number>[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?)-fold\b", re.ASCII)
_EXAMPLES = {
    Verb.SECRETES: "0.5 molecules/cell/s",
    Verb.TAKES_UP: "500 receptors/cell",
    Verb.BINDS: "500 receptors/cell",
    Verb.KILLS: "1e-7 mL/cell/h",
    Verb.ENGULFS: "1e-7 mL/cell/h",
    Verb.PRODUCES: "5 molecules/cell/h",
    Verb.RELEASES: "100 molecules/cell",
}
_PER_TIME_VERBS = frozenset({Verb.BECOMES, Verb.DIFFERENTIATES, Verb.DIVIDES, Verb.DIES, Verb.LEAVES, Verb.ENTERS})


@dataclass(slots=True)
class _Draft:
    """The parts of a rule while its sentence is being read."""

    parts: dict[str, Any] = field(default_factory=dict[str, Any])


def read(text: str, where: Span | None = None, *, at: Expression | None = None, id: str | None = None) -> Rule:
    """Read one sentence.

    Parameters
    ----------
    text : str
        The sentence.
    where : Span, optional
        Its place, for messages.
    at : Expression, optional
        The rate of a rule in the long form; the sentence then has none.
    id : str, optional
        The id of a rule in the long form; otherwise the head of the sentence, joined by ``-``.

    Raises
    ------
    Fault
        Where the text is no sentence.
    """
    reader = Reader(text, where)
    subject, is_additional, verb = _subject(reader)
    draft = _Draft({"is_additional": is_additional})
    _OBJECTS[verb](reader, draft)
    _rate(reader, draft, verb, at)
    _constants(reader, draft)
    while reader.peek().kind != "end":
        reader.accept(",")
        _modifier(reader, draft, verb)
    rule = Rule(id="", subject=subject, verb=verb, where=where, is_long=at is not None, **draft.parts)
    return _named(rule, id)


def _named(rule: Rule, id: str | None) -> Rule:
    return replace(rule, id=id if id is not None else default_id(rule))


def default_id(rule: Rule) -> str:
    """Return the id of a rule that states none: its sentence up to `at`, `after` or `through`, joined by ``-``."""
    return head(rule).replace(" ", "-")


# ---------------------------------------------------------------------------------------------- reading
def _subject(reader: Reader) -> tuple[CellGroup, bool, Verb]:
    tokens: list[Token] = []
    start = reader.peek().start
    while (token := reader.peek()).kind == "name" and token.text not in _VERBS and token.text not in ("in", "also"):
        tokens.append(reader.take())
    words = [t.text for t in tokens]
    end = reader.position
    if not words:
        raise Fault("a sentence begins with a cell", token.start, token.length, _SHAPE)
    place = _place(reader, "in")
    is_additional = reader.accept("also") is not None
    token = reader.take()
    if token.text not in _VERBS:
        hint = f"{did_you_mean(token.text, _VERBS)} {_SHAPE}" if token.kind == "name" else _SHAPE
        token, hint = next(((t, f"{g} {_SHAPE}") for t in tokens[1:] if (g := _guess(t.text))), (token, hint))
        raise Fault(f"expected a verb, found {describe(token)}", token.start, token.length, hint)
    second, verb = _VERBS[token.text]
    if second:
        reader.expect(second, f"after {token.text!r}")
    return CellGroup(tuple(words[:-1]), words[-1], place, reader.span(start, end)), is_additional, verb


_SHAPE = "a sentence reads: [state …] cell verb object at rate, modifiers"


def _guess(word: str) -> str:
    """Return which verb a word may be a misspelling of."""
    guess = did_you_mean(word, _VERBS)
    return guess if guess.startswith("did you mean") else ""


def _place(reader: Reader, word: str) -> str | None:
    return _word(reader, f"a compartment after {word!r}") if reader.accept(word) else None


def _word(reader: Reader, what: str) -> str:
    token = reader.take()
    if token.kind != "name":
        raise Fault(f"expected {what}, found {describe(token)}", token.start, token.length)
    return token.text


def _group(reader: Reader, what: str) -> CellGroup:
    start = reader.peek().start
    words = [_word(reader, what)]
    while (token := reader.peek()).kind == "name" and token.text not in ("at", "after", "by", "in"):
        words.append(reader.take().text)
    return CellGroup(tuple(words[:-1]), words[-1], None, reader.span(start))


def _reads_object(what: str, *, through: bool = False) -> Any:
    def read_object(reader: Reader, draft: _Draft) -> None:
        draft.parts["object"] = _word(reader, what)
        if through:
            reader.expect("through", "and the receptor")
            draft.parts["receptor"] = _word(reader, "a receptor after 'through'")

    return read_object


def _reads_group(what: str, *, necrosis: bool = False) -> Any:
    def read_group(reader: Reader, draft: _Draft) -> None:
        draft.parts["target"] = _group(reader, what)
        if necrosis:
            _necrosis(reader, draft)

    return read_group


def _reads_place(word: str) -> Any:
    def read_place(reader: Reader, draft: _Draft) -> None:
        draft.parts["place"] = _place(reader, word)

    return read_place


def _necrosis(reader: Reader, draft: _Draft) -> None:
    if reader.accept("by"):
        reader.expect("necrosis", "after 'by'")
        draft.parts["is_necrosis"] = True


def _production(reader: Reader, draft: _Draft) -> None:
    draft.parts["object"] = _word(reader, "an inside variable")
    reader.accept("inside")


def _release(reader: Reader, draft: _Draft) -> None:
    draft.parts["object"] = _word(reader, "a molecule")
    if reader.accept("on"):
        reader.expect("death", "after 'on'")


def _movement(reader: Reader, draft: _Draft) -> None:
    if reader.accept("toward"):
        draft.parts["toward"] = (_signal(reader, needs_half=False),)


def _nothing(reader: Reader, draft: _Draft) -> None:
    del reader, draft


_OBJECTS = {
    Verb.SECRETES: _reads_object("a molecule"),
    Verb.TAKES_UP: _reads_object("a molecule", through=True),
    Verb.BINDS: _reads_object("a molecule", through=True),
    Verb.BECOMES: _reads_object("a state"),
    Verb.DIFFERENTIATES: _reads_group("a cell"),
    Verb.DIVIDES: _nothing,
    Verb.DIES: _necrosis,
    Verb.LEAVES: _reads_place("to"),
    Verb.ENTERS: _reads_place("from"),
    Verb.KILLS: _reads_group("the cell that is killed", necrosis=True),
    Verb.ENGULFS: _reads_group("the cell that is engulfed"),
    Verb.PRODUCES: _production,
    Verb.RELEASES: _release,
    Verb.MOVES: _movement,
    Verb.ADHERES: _reads_group("a cell"),
}


def _rate(reader: Reader, draft: _Draft, verb: Verb, given: Expression | None) -> None:
    """Read ``at rate`` or ``after T (k stages)``; `given` is the rate of the long form."""
    if token := reader.accept("after"):
        if verb not in _PER_TIME_VERBS:
            raise Fault(f"{verb.value!r} takes a rate, not a dwell time", token.start, token.length, "write `at …`")
        draft.parts["after"] = quantity(reader, "a time after 'after'")
        _stages(reader, draft)
    elif token := reader.accept("at"):
        if given is not None:
            raise Fault("the rate stands twice", token.start, token.length, "keep either the `at:` key or `at …`")
        draft.parts["rate"] = quantity(reader, "a rate after 'at'")
    elif given is not None:
        draft.parts["rate"] = given
    elif verb not in (Verb.MOVES, Verb.ADHERES):
        token = reader.peek()
        choice = "`at` and a rate, or `after` and a time" if verb in _PER_TIME_VERBS else "`at` and a rate"
        hint = f"for example `at {_EXAMPLES.get(verb, '0.5 /h')}`"
        raise Fault(f"{verb.value!r} needs {choice}; found {describe(token)}", token.start, token.length, hint)


def _stages(reader: Reader, draft: _Draft) -> None:
    if reader.peek().text != "(":
        return
    reader.take()
    token = reader.take()
    if token.kind != "number" or not _STAGES.match(token.text):
        raise Fault(
            f"expected a whole number of stages from 1 to 100, found {describe(token)}",
            token.start,
            token.length,
            "write for example `after 24 h (4 stages)`",
        )
    draft.parts["stages"] = int(token.text)
    if reader.accept("stages", "stage") is None:
        found = reader.peek()
        raise Fault(f"expected 'stages', found {describe(found)}", found.start, found.length)
    reader.expect(")", "to close the stages")


def quantity(reader: Reader, what: str) -> Expression:
    """Read a number with a unit, or a name; longer expressions belong into the long form of a rule."""
    start = reader.peek().start
    expression = reader.sum()
    is_negative = isinstance(expression, Unary) and isinstance(expression.operand, Number)
    if not isinstance(expression, Number | Name) and not is_negative:  # a negative number is refused as such later
        raise Fault(
            f"expected {what}: a number with a unit or the name of a parameter", start, reader.position - start,
            "name it under `parameters:`, or use the long form {id, rule, at} for an expression as a rate",
        )  # fmt: skip
    return expression


def _constants(reader: Reader, draft: _Draft) -> None:
    """Read ``with internalisation 0.1 /min and kon 1e7 /M/s``."""
    found: list[tuple[str, Expression]] = []
    joint = "with"
    while reader.accept(joint):
        token = reader.take()
        if token.text not in _CONSTANTS:
            raise Fault(
                f"expected a constant, found {describe(token)}", token.start, token.length,
                did_you_mean(token.text, _CONSTANTS),
            )  # fmt: skip
        found.append((_CONSTANTS[token.text], quantity(reader, f"a value of {token.text}")))
        joint = "and"
    if found:
        draft.parts["constants"] = tuple(found)


def _modifier(reader: Reader, draft: _Draft, verb: Verb) -> None:
    token = reader.take()
    if token.text not in _MODIFIERS:
        hint = did_you_mean(token.text, _MODIFIERS) if token.kind == "name" else "modifiers are separated by commas"
        raise Fault(f"expected a modifier, found {describe(token)}", token.start, token.length, hint, "BAD_MODIFIER")
    key, read_modifier = _MODIFIERS[token.text]
    if key in draft.parts and key != "constants":
        raise Fault(
            f"`{token.text}` stands twice", token.start, token.length,
            "join alternatives by `or` and joint needs by `with` in one list", "BAD_MODIFIER",
        )  # fmt: skip
    if verb is Verb.BINDS:
        raise Fault(
            "`binds` takes no modifiers", token.start, token.length, "modify production of the receptor instead",
            "BAD_MODIFIER",
        )  # fmt: skip
    draft.parts[key] = read_modifier(reader)


def _driven(reader: Reader) -> Alternatives:
    reader.expect("by", "after 'driven'")
    return _alternatives(reader)


def _increased(reader: Reader) -> Increase:
    reader.expect("by", "after 'increased'")
    alternatives = _alternatives(reader)
    if reader.peek().text != "up":
        token = reader.peek()
        raise Fault(
            f"`increased by` needs `up to`: how far is the rate increased? Found {describe(token)}",
            token.start, token.length, "write `up to 40-fold`, or `up to` and a rate", "BAD_MODIFIER",
        )  # fmt: skip
    reader.take()
    reader.expect("to", "after 'up'")
    fold = _FOLD.match(reader.text, reader.position)
    if fold:
        check_number(Token("number", fold["number"], fold.start("number")))
        number = Number(fold["number"], "", reader.span(fold.start("number"), fold.end()))
        reader.position = fold.end()
        return Increase(alternatives, number, is_fold=True)
    return Increase(alternatives, quantity(reader, "a fold or a rate after 'up to'"), is_fold=False)


def _decreased(reader: Reader) -> Decrease:
    reader.expect("by", "after 'decreased'")
    alternatives = _alternatives(reader)
    if reader.accept("down"):
        reader.expect("to", "after 'down'")
        return Decrease(alternatives, quantity(reader, "a percentage after 'down to'"))
    return Decrease(alternatives)


def _switch(reader: Reader) -> Expression:
    reader.expect("when", "after 'only'")
    return reader.condition()


def _resetting(reader: Reader) -> tuple[str, ...]:
    names = [_word(reader, "an inside variable after 'resetting'")]
    while reader.accept("and"):
        names.append(_word(reader, "an inside variable"))
    return tuple(names)


def _saturating(reader: Reader) -> Signal:
    reader.expect("in", "after 'saturating'")
    start = reader.peek().start
    words = [_word(reader, "a cell")]
    while reader.peek().kind == "name":
        words.append(reader.take().text)
    group = CellGroup(tuple(words[:-1]), words[-1], None, reader.span(start))
    half, hill = _half(reader)
    return Signal("", half, hill, None, group, reader.span(start))


_MODIFIERS = {
    "driven": ("driven", _driven),
    "increased": ("increased", _increased),
    "decreased": ("decreased", _decreased),
    "only": ("switch", _switch),
    "resetting": ("resetting", _resetting),
    "saturating": ("saturating", _saturating),
}


def _alternatives(reader: Reader) -> Alternatives:
    groups = [_joint(reader)]
    while reader.accept("or"):
        groups.append(_joint(reader))
    return tuple(groups)


def _joint(reader: Reader) -> tuple[Signal, ...]:
    signals = [_signal(reader)]
    while reader.accept("with"):
        signals.append(_signal(reader))
    return tuple(signals)


def _signal(reader: Reader, *, needs_half: bool = True) -> Signal:
    start = reader.peek().start
    name, density, receptor = _source_of_signal(reader)
    saved = reader.position
    if reader.accept("at"):
        receptor = _word(reader, "a receptor after 'at'") if reader.peek().kind == "name" else None
        if not needs_half and reader.peek().text != "(":
            reader.position, receptor = saved, None  # `moves toward X at speed`
        elif receptor is None:
            token = reader.peek()
            raise Fault(f"expected a receptor after 'at', found {describe(token)}", token.start, token.length)
    if not needs_half and reader.peek().text != "(":
        return Signal(name, None, None, receptor, density, reader.span(start))
    half, hill = _half(reader)
    return Signal(name, half, hill, receptor, density, reader.span(start))


def _source_of_signal(reader: Reader) -> tuple[str, CellGroup | None, str | None]:
    token = reader.peek()
    if token.text == "density":
        group = reader.atom()  # the grammar of density(…) is that of expressions
        if isinstance(group, Population):
            return "", CellGroup(group.states, group.cell, group.compartment, group.where), None
    if token.kind != "name":
        raise Fault(
            f"expected a signal, found {describe(token)}", token.start, token.length,
            "a signal is a molecule, an inside variable or density(cell), with (half …)", "BAD_MODIFIER",
        )  # fmt: skip
    return reader.take().text, None, None


def _half(reader: Reader) -> tuple[Expression, Expression | None]:
    token = reader.peek()
    if reader.accept("(") is None or reader.accept("half") is None:
        raise Fault(
            "a signal needs its half-maximal level", token.start, token.length,
            "write for example `(half 48 pM)` or `(half 1 ng/mL, hill 2)` behind it", "BAD_MODIFIER",
        )  # fmt: skip
    half = quantity(reader, "a level after 'half'")
    hill = None
    if reader.accept(","):
        reader.expect("hill", "after the comma")
        hill = quantity(reader, "a number after 'hill'")
    reader.expect(")", "to close (half …")
    return half, hill
