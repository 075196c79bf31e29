"""Reading what happens: rules, reactions, transport, and what is observed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome.model import sentences
from cytokinome.model.components import Event, Manner, Observable, Reaction, Rule, Transport
from cytokinome.model.expressions import UNREADABLE, Expression, Fault, Name, Reader
from cytokinome.model.fields import Fields, ModelFields, check_id, check_words, report_fault
from cytokinome.text import Mapping, Scalar

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector
    from cytokinome.text import Node

_CONSTANTS = ("kon", "koff", "Kd", "k", "rate")


def read_rules(top: Fields) -> tuple[Rule, ...]:
    """Read the list of sentences."""
    rules: list[Rule] = []
    for node in top.items("rules", "sentences"):
        rule = _rule(node, top.found)
        if rule is None:
            continue
        twin = next((r for r in rules if r.id == rule.id), None)
        if twin is not None and rule.where and twin.where:
            top.found.error(
                "DUPLICATE_RULE", f"two rules have the id {rule.id!r}", rule.where, also=[twin.where],
                hint="state one of them in the long form {id, rule, at} with an id of its own",
            )  # fmt: skip
        rules.append(rule)
    return tuple(rules)


def _rule(node: Node, found: Collector) -> Rule | None:
    if isinstance(node, Scalar):
        try:
            return sentences.read(node.text, node.where)
        except Fault as fault:
            report_fault(fault, node.where, found, "BAD_SENTENCE")
            return None
    fields = ModelFields(node, found, "a rule")
    text, id, rate = fields.scalar("rule", required=True), fields.scalar("id"), fields.expression("at")
    source = fields.source("the rule") if fields.text("source") else None
    fields.close()
    if text is None or (id and not check_words(_as_words(id), found, "rule")):
        return None
    try:
        rule = sentences.read(text.text, text.where, at=rate, id=id.text if id else None)
    except Fault as fault:
        report_fault(fault, text.where, found, "BAD_SENTENCE")
        return None
    return replace(rule, source=source, is_long=True)


def _as_words(id: Scalar) -> Scalar:
    """Rule ids may hold names, and names may have underscores."""
    return Scalar(id.text.replace("_", "-").strip("-"), id.where, id.quoted)


# ------------------------------------------------------------------------------------------- reactions
def read_reactions(top: Fields) -> tuple[Reaction, ...]:
    """Read the list of reactions."""
    reactions: list[Reaction] = []
    for node in top.items("reactions", "reactions"):
        reaction = _reaction(ModelFields(node, top.found, "a reaction")) if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping):
            hint = "write {equation: A + B <-> C, kon: …, koff: …, source: …}"
            top.found.error("WRONG_SHAPE", "a reaction is a mapping", node.where, hint=hint)
        if reaction is None:
            continue
        twin = next((r for r in reactions if r.id == reaction.id), None)
        if twin and twin.where and reaction.where:
            message = f"two reactions have the id {reaction.id!r}"
            top.found.error("DUPLICATE_NAME", message, reaction.where, also=[twin.where], hint="give one an `id:`")
        reactions.append(reaction)
    return tuple(reactions)


def _reaction(fields: Fields) -> Reaction | None:
    equation = fields.scalar("equation", required=True)
    constants = tuple((k, e) for k in _CONSTANTS if (e := fields.expression(k)))
    fast = fields.choice("quasi-equilibrium", ("true", "false"), "false") == "true"
    place, id = fields.text("in") or None, fields.text("id")
    source = fields.source("the reaction")
    fields.close()
    if equation is None:
        return None
    try:
        reactants, products, reversible = read_equation(equation)
    except Fault as fault:
        report_fault(fault, equation.where, fields.found, "BAD_REACTION")
        return None
    names = "-".join(n for n, _ in reactants) + "-to-" + "-".join(n for n, _ in products)
    reaction = Reaction(
        id or names.strip("-"), reactants, products, reversible, constants, place, fast, source, equation.where
    )
    _check_constants(reaction, fields.found)
    return reaction


def _check_constants(reaction: Reaction, found: Collector) -> None:
    given = {k for k, _ in reaction.constants}
    if reaction.is_quasi_equilibrium:
        allowed = [{"Kd"}]
    elif reaction.is_reversible:
        allowed = [{"kon", "koff"}, {"kon", "Kd"}, {"koff", "Kd"}, {"rate"}]
    else:
        allowed = [{"k"}, {"kon"}, {"rate"}]
    if given not in allowed:
        need = ", or ".join(" and ".join(sorted(a)) for a in allowed)
        got = ", ".join(sorted(given)) or "nothing"
        lacks = [" and ".join(sorted(a - given)) for a in allowed if given < a]
        hint = f"add {', or '.join(lacks)}" if lacks else "keep those that belong together"
        found.error("MISSING_CONSTANT", f"this reaction needs {need}; it has {got}", reaction.where, hint=hint)


_COEFFICIENT = re.compile(r"[0-9]+\Z")


def read_equation(scalar: Scalar) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...], bool]:
    """Read ``A + 2 B <-> C``; either side may be empty.

    Raises
    ------
    Fault
        Where the text is no equation.
    """
    reader = Reader(scalar.text, scalar.where)
    left = _side(reader)
    arrow = reader.accept("->", "<->")
    if arrow is None:
        token = reader.peek()
        raise Fault(
            "expected -> or <->", token.start, token.length, "write for example TNF + antibody <-> TNF_antibody"
        )
    right = _side(reader)
    reader.expect_end()
    if not left and not right:
        raise Fault("a reaction needs a molecule", 0, len(scalar.text))
    return left, right, arrow.text == "<->"


def _side(reader: Reader) -> tuple[tuple[str, int], ...]:
    terms: dict[str, int] = {}
    while reader.peek().kind in ("number", "name"):
        token = reader.take()
        count = 1
        if token.kind == "number":
            if len(token.text) > 1 or not _COEFFICIENT.match(token.text) or not 1 <= int(token.text) <= 9:
                raise Fault("a coefficient is a whole number from 1 to 9", token.start, token.length)
            count, token = int(token.text), reader.take()
        if token.kind != "name":
            raise Fault("expected a molecule", token.start, token.length)
        terms[token.text] = terms.get(token.text, 0) + count
        if not reader.accept("+"):
            break
    return tuple(terms.items())


# ------------------------------------------------------------------------------- transport, observables
def read_transports(top: Fields) -> tuple[Transport, ...]:
    """Read the list of transports."""
    transports: list[Transport] = []
    for node in top.items("transport", "transports"):
        fields = ModelFields(node, top.found, "a transport")
        molecules = tuple(w.text for w in fields.words("of", required=True))
        origin, destination = fields.text("from", required=True), fields.text("to", required=True)
        clearance = fields.expression("clearance", required=True) or UNREADABLE
        id = fields.text("id") or f"{'-'.join(molecules)}-from-{origin}-to-{destination}"
        source = fields.source("the transport")
        fields.close()
        if molecules and origin and destination:
            transports.append(Transport(id, molecules, origin, destination, clearance, source, fields.where))
    return tuple(transports)


def read_observables(top: Fields) -> tuple[Observable, ...]:
    """Read the mapping of observables."""
    observables: list[Observable] = []
    for name, node in top.mapping("observables", "`observables:`").entries():
        fields = ModelFields(node, top.found, f"observable {name.text}")
        value = fields.expression("value", required=True) or UNREADABLE
        fields.unit("unit")
        unit, of = fields.text("unit"), fields.text("as")
        fields.close()
        check_id(name, top.found, "observable")
        observables.append(Observable(name.text, value, unit, of or None, name.where))
    return tuple(observables)


# ----------------------------------------------------------------------------------------------- events
def read_events(top: Fields) -> tuple[Event, ...]:
    """Read the list of events."""
    events: list[Event] = []
    for number, node in enumerate(top.items("events", "events"), 1):
        fields = ModelFields(node, top.found, "an event")
        id = fields.text("id") or f"event-{number}"
        condition = fields.expression("when", required=True) or UNREADABLE
        delay, priority = fields.expression("delay"), fields.expression("priority")
        assignments, manner = _assignments(fields), _manner(fields)
        fields.close()
        if fields:
            events.append(Event(id, condition, assignments, delay, priority, manner, fields.where))
    return tuple(events)


def _manner(fields: Fields) -> Manner:
    return Manner(
        fires_from_start=fields.choice("from-start", ("waits", "fires"), "waits") == "fires",
        lapses=fields.choice("once-fired", ("stands", "lapses"), "stands") == "lapses",
        values_when_fired=fields.choice("values", ("when carried out", "when fired"), "when carried out")
        == "when fired",
        draws_ties=fields.choice("ties", ("as written", "drawn"), "as written") == "drawn",
    )


def _assignments(fields: Fields) -> tuple[tuple[Name, Expression], ...]:
    inner = fields.mapping("do", f"`do:` of {fields.what}")
    if fields and not inner:
        message, hint = "an event needs `do: {NAME: new value}`", "for example `do: {drug: drug + 10 pM}`"
        fields.found.error("MISSING_KEY", message, fields.where, hint=hint)
    pairs: list[tuple[Name, Expression]] = []
    for key, node in inner.entries():
        id, _, place = key.text.partition("@")
        value = inner.expression(key.text)
        if isinstance(node, Scalar) and value is not None:
            pairs.append((Name(id, place or None, key.where), value))
    return tuple(pairs)
