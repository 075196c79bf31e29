"""What records say in words: roles for and against, and who does what to whom, each with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.catalogue.views import labels
from cytokinome.report.pages.sources import said
from cytokinome.report.pages.text import counted, link, natural, plain, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.catalogue.records import Context, Cytokine, Interaction, Role, Source
    from cytokinome.catalogue.views import Label
    from cytokinome.report.pages.writer import Writer

_ROLE = {"+": "drives", "-": "restrains", "both": "drives and restrains"}


def evidence(sources: Iterable[Source]) -> list[str]:
    """Return sources as the inner list under a statement."""
    return [f"  - {said(source)}" for source in sources]


def statement(words: str, context: Context, sources: Iterable[Source], writer: Writer) -> list[str]:
    """Return one statement as an item of a list: the words, where they hold, and under it who says so."""
    where = writer.context(context)
    return [f"- {words}" + (f" *({plain(where)})*" if where else ""), *evidence(sources)]


def label_table(cytokine: Cytokine, writer: Writer) -> list[str]:
    """Return the labels of a cytokine with the count of sources for and against."""
    rows = [label_row(label, writer) for label in labels(cytokine)]
    return table(("Called", "Sources for", "against", "under a condition", "In"), rows)


def label_row(label: Label, writer: Writer) -> tuple[str, ...]:
    """Return a label, its counts, and the contexts in which it holds."""
    return label_link(label.name, writer), *counts_and_contexts(label, writer)


def counts_and_contexts(label: Label, writer: Writer) -> tuple[str, ...]:
    """Return how many sources speak for a label, against it, and under a condition; and where it holds."""
    conditions = len({piece.source.id for piece in label.qualifying})
    counts = (str(count or "–") for count in (label.count_for, label.count_against, conditions))
    contexts = (writer.context(piece.context) for piece in label.supporting)
    return *counts, plain("; ".join(dict.fromkeys(words for words in contexts if words)))


def label_link(name: str, writer: Writer) -> str:
    """Return a label as a link to those that have it."""
    return link(plain(name), writer.to(f"labels.md#label-{label_anchor(name)}"))


def label_anchor(name: str) -> str:
    """Return the name of the place of a label."""
    return name.replace(" ", "-")


def role_list(cytokine: Cytokine, writer: Writer) -> list[str]:
    """Return what a cytokine drives or restrains, with the evidence for and against."""
    return [line for role in cytokine.roles for line in _role(role, writer)]


def _role(role: Role, writer: Writer) -> list[str]:
    return statement(f"It **{_ROLE[role.sign]}** {plain(role.axis)}", role.context, role.evidence, writer)


def interaction_list(interactions: Iterable[Interaction], writer: Writer, of: str) -> list[str]:
    """Return interactions as a list, told from the side of one record, whose id is `of`."""
    ordered = sorted(interactions, key=lambda it: natural(writer.named(it.title)))
    return [line for it in ordered for line in statement(told(it, writer, of), it.context, it.evidence, writer)]


def told(it: Interaction, writer: Writer, of: str = "") -> str:
    """Return an interaction as a sentence; the record `of` stands in it without a link to its own page."""

    def of_whom(id: str) -> str:
        return plain(writer.name(id)) if id == of else writer.link(id)

    cell = of_whom(it.cell) if it.cell else ""
    state = f" ({plain(it.state)})" if it.state else ""
    through = f" through {writer.link(it.receptor)}" if it.receptor and it.receptor != of else ""
    more = "more" if it.sign == "+" else "less"
    if it.verb == "secretes" and it.object:
        on = f", {more} on {of_whom(it.by)}" if it.by else ""
        return f"**{cell}**{state} secretes {of_whom(it.object)}{on}"
    if it.verb == "responds" and it.by:
        return f"**{cell}**{state} answers {of_whom(it.by)}{through} with {more} {plain(it.effect or '')}"
    verb = "raises" if it.sign == "+" else "lowers"
    where = f" in {cell}{state}" if cell else ""
    by, object = of_whom(it.by or ""), of_whom(it.object or "")
    return f"**{by}** {verb} the {plain(it.effect or '')} of **{object}**{where}{through}"


def count_words(cytokine: Cytokine) -> str:
    """Return the labels of a cytokine on one line, each with its counts."""
    return ", ".join(
        f"{label.name} ({counted(label.count_for, 'source')} for, {label.count_against} against)"
        for label in labels(cytokine)
    )
