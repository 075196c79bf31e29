"""Rules as sentences, the printer of what `sentences` reads; and events as lines."""

from __future__ import annotations

from cytokinome.model.components import Alternatives, Event, Rule, Signal, Verb


def head(rule: Rule) -> str:
    """Return the sentence of a rule up to `at`, `after` or `through`."""
    words = [str(rule.subject), "also" if rule.is_additional else "", rule.verb.value]
    words += [rule.object, str(rule.target or "")]
    if rule.verb is Verb.PRODUCES:
        words.append("inside")
    if rule.verb is Verb.RELEASES:
        words.append("on death")
    if rule.place:
        words.append(f"{'to' if rule.verb is Verb.LEAVES else 'from'} {rule.place}")
    if rule.toward:
        words.append(f"toward {rule.toward[0].name or 'density'}")
    if rule.is_necrosis:
        words.append("by necrosis")
    return " ".join(w for w in words if w)


def sentence(rule: Rule, *, with_rate: bool = True) -> str:
    """Print a rule as its sentence; without its rate for the long form."""
    text = head(rule)
    if rule.toward and (rule.toward[0].half is not None or rule.toward[0].density):
        text = f"{head_before_toward(rule)} toward {_print_signal(rule.toward[0])}"
    if rule.receptor:
        text += f" through {rule.receptor}"
    if rule.after is not None:
        stages = f" ({rule.stages} stages)" if rule.stages > 1 else ""
        text += f" after {rule.after}{stages}"
    elif rule.rate is not None and with_rate:
        text += f" at {rule.rate}"
    for word, (name, value) in zip(["with", *["and"] * 9], rule.constants, strict=False):
        text += f" {word} {name} {value}"
    return ", ".join([text, *_print_modifiers(rule)])


def head_before_toward(rule: Rule) -> str:
    """Return the head of a moving rule without its direction."""
    return head(rule).partition(" toward ")[0]


def _print_modifiers(rule: Rule) -> list[str]:
    parts: list[str] = []
    if rule.driven:
        parts.append(f"driven by {_print_alternatives(rule.driven)}")
    if rule.increased:
        fold = "-fold" if rule.increased.is_fold else ""
        listed = _print_alternatives(rule.increased.alternatives)
        parts.append(f"increased by {listed} up to {rule.increased.up_to}{fold}")
    if rule.decreased:
        floor = "" if rule.decreased.down_to is None else f" down to {rule.decreased.down_to}"
        parts.append(f"decreased by {_print_alternatives(rule.decreased.alternatives)}{floor}")
    if rule.saturating:
        parts.append(f"saturating in {rule.saturating.density} {_print_half(rule.saturating)}")
    if rule.resetting:
        parts.append(f"resetting {' and '.join(rule.resetting)}")
    if rule.switch is not None:
        parts.append(f"only when {rule.switch}")
    return parts


def _print_alternatives(alternatives: Alternatives) -> str:
    return " or ".join(" with ".join(_print_signal(s) for s in group) for group in alternatives)


def _print_signal(signal: Signal) -> str:
    what = f"density({signal.density})" if signal.density else signal.name
    if signal.receptor:
        what += f" at {signal.receptor}"
    return what if signal.half is None else f"{what} {_print_half(signal)}"


def _print_half(signal: Signal) -> str:
    hill = "" if signal.hill is None else f", hill {signal.hill}"
    return f"(half {signal.half}{hill})"


def event_text(event: Event) -> str:
    """Return an event as a line: ``when X > 1 pM, after 2 h: X becomes 8 pM``."""
    start = ", also from the start" if event.manner.fires_from_start else ""
    delay = f", after {event.delay}" if event.delay is not None else ""
    lapse = ", unless it is false again by then" if event.manner.lapses else ""
    done = ", ".join(f"{target} becomes {value}" for target, value in event.assignments)
    as_of = ", with the values of when it fired" if event.manner.values_when_fired else ""
    return f"when {event.condition}{start}{delay}{lapse}: {done}{as_of}"
