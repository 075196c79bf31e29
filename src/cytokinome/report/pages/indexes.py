"""The first page and the lists: by family and group, by label, by cell, by disease, and kinds that share a page."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cytokinome.catalogue.folders import FOLDERS
from cytokinome.catalogue.records import Disease, Measured, Receptor, Therapy, blocks
from cytokinome.catalogue.views import LABELS, labelled, therapies_of
from cytokinome.report.pages.families import FAMILIES, GROUPS, family_page
from cytokinome.report.pages.frame import PLURALS, identity, names_line, sources_section
from cytokinome.report.pages.molecules import acts, mentions
from cytokinome.report.pages.neighbours import makes_and_answers
from cytokinome.report.pages.numbers import number_table
from cytokinome.report.pages.sources import TIERS, sources_of
from cytokinome.report.pages.statements import count_words, counts_and_contexts, label_anchor, told
from cytokinome.report.pages.text import badge, link, natural, plain, section, table
from cytokinome.report.pages.writer import LISTED, PAGED, anchor, heading, label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cytokinome.catalogue.records import Cytokine, Interaction, Record
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.report.pages.writer import Writer

_WELCOME = """\
Cells of the body talk to each other by proteins that they release. Those that carry this talk are called **cytokines**:
one cell makes one, others that have its receptor hear it, and do something. A piece of such talk, from the records:"""
# Statements that follow each other as a talk does: alarm, relay, arrival, brake, drug.
_TALK = (
    "monocyte_secretes_TNF_on_LPS",
    "TNF_raises_CXCL8_in_fibroblast",
    "neutrophil_responds_CXCL8_chemotaxis",
    "monocyte_secretes_IL10_on_LPS",
    "IL10_lowers_TNF_in_monocyte",
)
_HOLDS = """\
This site holds what is known of them as *records*: which cell makes a cytokine and on what, which receptor hears it,
what the cell then does, how fast it is lost, how much of it is found in healthy people and in patients, and what drugs
do about it. **Each statement and each number stands beside the place where it was read**, and so do those that
contradict it. The same records feed models that run: a model written in the [language](language.md) takes its numbers
from here."""
_EXAMPLES = ("TNF", "IL6", "IL2", "IL10", "IFNG")


def first_page(writer: Writer) -> str:
    """Return the first page: what this is, where to begin, how much there is."""
    known = writer.known
    examples = ", ".join(f"{writer.link(id)} ({plain(known.get(id).title)})" for id in _EXAMPLES if known.find(id))
    begin = [
        f"- A cytokine that much is known of: {examples}.",
        f"- {link('All cytokines by family', 'cytokines/index.md')}, and {link('by what they do', 'labels.md')}: "
        "which drive inflammation, which restrain it, which call cells.",
        f"- {link('Diseases', 'diseases/index.md')}, with what is raised in them, and the "
        f"{link('therapies', 'therapies/index.md')} that act on it.",
        f"- {link('Cells', 'cells/index.md')} and {link('receptors', 'receptors/index.md')}: who makes and who hears.",
    ]
    lines = [
        "# cytokinome",
        "",
        *_WELCOME.splitlines(),
        "",
        *(f"1. {told(it, writer)}" for it in _talk(known)),
        "",
        *_HOLDS.splitlines(),
        "",
        *section("Where to begin", begin),
        *section("How much there is", how_much(known)),
        *section("How to read a page", _reading()),
        *_menus(),
    ]
    return "\n".join(lines)


def _talk(known: Catalogue) -> list[Interaction]:
    by_id = {it.id: it for it in known.interactions}
    return [by_id[id] for id in _TALK if id in by_id]


def how_much(known: Catalogue) -> list[str]:
    """Return the counts of records per kind, and of numbers and sources per tier."""
    kinds = Counter(record.kind for record in known.records())
    rows = [(_kind_link(kind), str(kinds[kind])) for kind in FOLDERS if kinds[kind]]
    records = known.records()
    sources = sources_of(records)
    numbers = Counter(block.source.tier for r in records for _, block in blocks(r) if isinstance(block, Measured))
    said = Counter(source.tier for source in sources)
    tiers = [(badge(tier), meaning, str(numbers[tier]), str(said[tier])) for tier, meaning in TIERS.items()]
    opened = len({source.id for source in sources if source.read == "primary"})
    distinct = len({source.id for source in sources if not source.is_assumed})
    return [
        *table(("Kind of record", "Records"), rows),
        *table(("Tier", "What was read", "Numbers", "Statements"), tiers),
        f"{len(records)} records rest on {distinct} distinct sources, of which {opened} were opened themselves.",
        "",
    ]


def _kind_link(kind: str) -> str:
    if kind in PAGED:
        return link(PLURALS[kind], f"{FOLDERS[kind]}/index.md")
    return (
        link(PLURALS[kind], f"{FOLDERS[kind]}.md")
        if kind in LISTED
        else f"{PLURALS[kind]}, on the pages of those that take part"
    )


def _reading() -> list[str]:
    return [
        f"- A letter such as {badge('A')} tells how close to its origin a statement was read: see the table above.",
        "- A label such as *pro-inflammatory* is nobody's verdict: it is a count of sources that say so and of those "
        "that say otherwise, each with its context.",
        "- Of several published values one is the default of models, by a written rule or by hand with the reason; the "
        "others unfold below it. Nothing is averaged.",
        "- Models calculate in hours, litres and picomoles; so each value is shown as published and in those units.",
        "",
    ]


def _menus() -> list[str]:
    lists = [
        "cytokines/index",
        *(family_page(family).removesuffix(".md") for family in FAMILIES),
        "labels",
        *(f"{FOLDERS[kind]}/index" for kind in PAGED if kind != "cytokine"),
        *(FOLDERS[kind] for kind in LISTED),
    ]
    return [
        *_menu("Catalogue", lists),
        *_menu("Models and runs", ["language", "runs", "how-to-claim", "how-to-fit", "how-to-panel"]),
        *_menu("Models of others", ["how-to-import", "interchange", "features", "conformance"]),
        *_menu("Records", ["catalogue", "codes"]),
    ]


def _menu(caption: str, pages: Iterable[str]) -> list[str]:
    return ["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""]


# ------------------------------------------------------------------------------------------------------- cytokines
def cytokine_index(writer: Writer) -> str:
    """Return the list of all cytokines, the families first."""
    count = Counter(one.family for one in writer.known.cytokines)
    families = [
        (link(title, writer.to(family_page(family))), str(count[family]), plain(meaning))
        for family, (title, meaning) in FAMILIES.items()
        if count[family]
    ]
    rows = [
        (writer.link(one.id), plain(one.title), link(FAMILIES[one.family][0], writer.to(family_page(one.family))))
        for one in sorted(writer.known.cytokines, key=lambda one: natural(one.id))
    ]
    lines = [
        "# Cytokines",
        "",
        *section("Families", table(("Family", "Members", "What the name says"), families)),
        *section("All, by symbol", table(("Symbol", "Name", "Family"), rows)),
    ]
    return "\n".join(lines)


def family_index(family: str, writer: Writer) -> str:
    """Return the members of a family, group by group."""
    title, meaning = FAMILIES[family]
    members = [one for one in writer.known.cytokines if one.family == family]
    groups: dict[str, list[Cytokine]] = {}
    for one in members:
        groups.setdefault(GROUPS[one.group] if one.group else "", []).append(one)
    lines = [f"# {title}", "", plain(meaning), ""]
    for group in sorted(groups, key=lambda group: (not group, natural(group))):
        rest = "Without a group" if len(groups) > 1 else "Members"
        lines += section(plain(group or rest), _members(groups[group], writer))
    return "\n".join(lines)


def _members(members: Iterable[Cytokine], writer: Writer) -> list[str]:
    rows = [
        (
            writer.link(one.id),
            plain(one.title),
            ", ".join(_receptor(receptor, one, writer) for receptor in writer.known.bound_by(one.id)),
            plain(count_words(one)),
        )
        for one in sorted(members, key=lambda one: natural(one.id))
    ]
    return table(("Symbol", "Name", "Receptors", "Called"), rows)


def _receptor(receptor: Receptor, cytokine: Cytokine, writer: Writer) -> str:
    drives = any(binding.molecule == cytokine.id for binding in receptor.ligands)
    return writer.link(receptor.id) + ("" if drives else " (blocks it)")


def label_index(writer: Writer) -> str:
    """Return all labels with the cytokines that some source gives them to."""
    lines = [
        "# Cytokines by what they do",
        "",
        "Each label is counted from roles in the records: how many sources speak for it, how many against it, how many",
        "only under a condition. A cytokine may stand under opposite labels; the contexts tell when.",
        "",
    ]
    for name in LABELS:
        found = labelled(writer.known, name)
        rows = [(writer.link(cytokine.id), *counts_and_contexts(held, writer)) for cytokine, held in found]
        shown = table(("Cytokine", "Sources for", "against", "under a condition", "In"), rows)
        lines += [f"(label-{label_anchor(name)})=", "", *section(name[0].upper() + name[1:], shown)]
    return "\n".join(lines)


# ----------------------------------------------------------------------------------------------------- other lists
def receptor_index(writer: Writer) -> str:
    """Return the list of receptors."""
    receptors = [one for one in writer.known.records("receptor") if isinstance(one, Receptor)]
    receptors.sort(key=lambda one: natural(one.id))
    rows = [
        (
            writer.link(one.id),
            plain(one.title),
            ", ".join(writer.link(id) for id in dict.fromkeys(binding.molecule for binding in one.ligands)),
        )
        for one in receptors
    ]
    return "\n".join(["# Receptors", "", *table(("Receptor", "Name", "What binds it"), rows)])


def cell_index(writer: Writer) -> str:
    """Return the list of cells with what they make and answer."""
    cells = sorted(writer.known.records("cell"), key=lambda one: natural(label(one)))
    rows = [
        (writer.link(one.id), *(_links(ids, writer) for ids in makes_and_answers(one.id, writer.known)))
        for one in cells
    ]
    return "\n".join(["# Cells", "", *table(("Cell", "Makes", "Answers"), rows)])


def therapy_index(writer: Writer) -> str:
    """Return the list of therapies with their targets and diseases."""
    drugs = [one for one in writer.known.records("therapy") if isinstance(one, Therapy)]
    rows = [
        (
            writer.link(one.id),
            plain(one.drug_class or ""),
            acts(one, writer),
            _links((use.disease for use in one.indications), writer),
        )
        for one in drugs
    ]
    return "\n".join(["# Therapies", "", *table(("Drug", "Class", "How it acts", "Tried for"), rows)])


def disease_index(writer: Writer) -> str:
    """Return the list of diseases with what is raised and lowered in them, and their drugs."""
    diseases = [one for one in writer.known.records("disease") if isinstance(one, Disease)]
    diseases.sort(key=lambda one: natural(one.name))
    rows = [
        (
            writer.link(one.id),
            _links((shift.molecule for shift in one.involves if shift.direction == "up"), writer),
            _links((shift.molecule for shift in one.involves if shift.direction == "down"), writer),
            _links((drug.id for drug in therapies_of(writer.known, one.id)), writer),
        )
        for one in diseases
    ]
    return "\n".join(["# Diseases", "", *table(("Disease", "Raised", "Lowered", "Drugs"), rows)])


def _links(ids: Iterable[str], writer: Writer) -> str:
    return ", ".join(writer.link(id) for id in dict.fromkeys(ids))


def kind_page(kind: str, writer: Writer) -> str:
    """Return the page on which all records of a kind stand."""
    records = writer.known.records(kind)
    lines = [f"# {PLURALS[kind]}", ""]
    for record in records:
        lines += _on_shared_page(record, writer)
    return "\n".join([*lines, *sources_section(records)])


def _on_shared_page(record: Record, writer: Writer) -> list[str]:
    facts = _facts(record, writer)
    return [
        f"({anchor(record)})=",
        "",
        f"## {plain(heading(record))}",
        "",
        *names_line(record),
        *facts,
        *([""] if facts else []),
        *_part("Who talks about it", mentions(record, writer)),
        *_part("Numbers", number_table(record, writer)),
        *_part("What it is", identity(record, writer)),
    ]


def _part(title: str, lines: list[str]) -> list[str]:
    """Lines under a title that no table of contents lists."""
    return [f"**{title}**", "", *lines, ""] if lines else []


# Keys that a page shows in other ways.
_SHOWN = {"id", "kind", "name", "synonyms", "identifiers", "evidence", "chains"}


def _facts(record: Record, writer: Writer) -> list[str]:
    """The keys of a record whose values are words or names of other records."""
    lines: list[str] = []
    for key, field in type(record).model_fields.items():
        value = getattr(record, key)
        words = _words(value, writer)
        if key not in _SHOWN and words:
            lines.append(f"- {(field.alias or key).replace('-', ' ')}: {words}")
    return lines


def _words(value: object, writer: Writer) -> str:
    """Words, a name, several of them, or what molecules are bound."""
    if isinstance(value, str | int):
        return writer.link(str(value)) if value else ""
    if isinstance(value, tuple):
        ids: Sequence[object] = value
        named = [one if isinstance(one, str) else getattr(one, "molecule", None) for one in ids]
        return _links((one for one in named if isinstance(one, str)), writer)
    return ""
