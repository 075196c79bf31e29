"""What readers ask for, computed from records: labels with the evidence for and against, and who acts on whom.

A label such as pro-inflammatory is stored nowhere. It is a count over the roles of a cytokine, shown with its contexts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.catalogue.records import Cell, Cytokine, Disease, Interaction, Receptor, Therapy
from cytokinome.catalogue.selection import choices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cytokinome.catalogue.records import Chain, Context, Record, Role, Source
    from cytokinome.catalogue.registry import Catalogue

# The axes and signs that a label stands for.
LABELS: dict[str, tuple[tuple[str, str], ...]] = {
    "pro-inflammatory": (("inflammation", "+"), ("type 2 inflammation", "+")),
    "anti-inflammatory": (("inflammation", "-"), ("type 2 inflammation", "-")),
    "immunosuppressive": (("immune response", "-"), ("tolerance", "+")),
    "chemoattractant": (("chemotaxis", "+"),),
    "pro-tumour": (("tumour growth", "+"),),
    "anti-tumour": (("tumour growth", "-"),),
    "haematopoietic": (("haematopoiesis", "+"),),
    "antiviral": (("antiviral", "+"),),
    "apoptosis-inducing": (("apoptosis", "+"),),
    "angiogenic": (("angiogenesis", "+"),),
    "fibrogenic": (("fibrosis", "+"),),
}
_OPPOSITE = {"+": "-", "-": "+"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One source that speaks to a label, and the context of the role that it stands beside."""

    source: Source
    context: Context


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a cytokine: what speaks for it, what against it, and what only under a condition."""

    name: str
    supporting: tuple[Piece, ...]
    opposing: tuple[Piece, ...]
    qualifying: tuple[Piece, ...]

    def __str__(self) -> str:
        """The label with its counts, ``pro-inflammatory (3 for, 1 against)``."""
        return f"{self.name} ({self.count_for} for, {self.count_against} against)"

    @property
    def count_for(self) -> int:
        """How many sources speak for it, each counted once however often it is cited."""
        return len({piece.source.id for piece in self.supporting})

    @property
    def count_against(self) -> int:
        """How many sources speak against it."""
        return len({piece.source.id for piece in self.opposing})

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts in which it holds, in words, each once."""
        return tuple(dict.fromkeys(words for piece in self.supporting if (words := str(piece.context))))


def labels(cytokine: Cytokine) -> tuple[Label, ...]:
    """Return the labels that some evidence speaks for, in the order of `LABELS`."""
    made = (_label(name, cytokine) for name in LABELS)
    return tuple(label for label in made if label.supporting)


def label_named(name: str) -> str | None:
    """Return the label of a name in whatever case and spelling, as ``hematopoietic`` and ``Pro-tumor``."""
    spelled = name.casefold().strip().replace(" ", "-").replace("hemato", "haemato").replace("tumor", "tumour")
    return spelled if spelled in LABELS else None


def labelled(known: Catalogue, name: str) -> tuple[tuple[Cytokine, Label], ...]:
    """Return the cytokines that a label is claimed of, those with most evidence for it first.

    Raises
    ------
    KeyError
        When `LABELS` has no such label.
    """
    made = ((cytokine, _label(name, cytokine)) for cytokine in known.cytokines)
    found = [(cytokine, label) for cytokine, label in made if label.supporting]
    return tuple(sorted(found, key=lambda one: (one[1].count_against - one[1].count_for, one[0].id)))


def _label(name: str, cytokine: Cytokine) -> Label:
    heard: dict[str, list[Piece]] = {"for": [], "against": [], "if": []}
    for role in cytokine.roles:
        for wanted in (sign for axis, sign in LABELS[name] if axis == role.axis):
            for side, source in _sides(role, wanted):
                heard[side].append(Piece(source, role.context))
    return Label(name, tuple(heard["for"]), tuple(heard["against"]), tuple(heard["if"]))


def _sides(role: Role, wanted: str) -> Iterator[tuple[str, Source]]:
    """On which side each source of a role speaks: to refute the opposite speaks for nothing."""
    agrees, opposes = role.sign in (wanted, "both"), role.sign in (_OPPOSITE[wanted], "both")
    for source in role.evidence:
        match source.verdict:
            case "supports":
                yield from ((side, source) for side, is_so in (("for", agrees), ("against", opposes)) if is_so)
            case "refutes" if agrees:
                yield "against", source
            case "qualifies" if agrees:
                yield "if", source
            case _:
                pass


def producers(known: Catalogue, molecule: str) -> tuple[Interaction, ...]:
    """Return who secretes a molecule, and on what."""
    return tuple(i for i in known.interactions if i.verb == "secretes" and i.object == molecule)


def responders(known: Catalogue, molecule: str) -> tuple[Interaction, ...]:
    """Return what cells do when they meet a molecule."""
    return tuple(i for i in known.interactions if i.verb == "responds" and i.by == molecule)


def regulators(known: Catalogue, molecule: str) -> tuple[Interaction, ...]:
    """Return what raises or lowers a molecule."""
    return tuple(i for i in known.interactions if i.verb == "regulates" and i.object == molecule)


def regulated(known: Catalogue, molecule: str) -> tuple[Interaction, ...]:
    """Return what a molecule raises or lowers."""
    return tuple(i for i in known.interactions if i.verb == "regulates" and i.by == molecule)


def therapies_of(known: Catalogue, disease: str) -> tuple[Therapy, ...]:
    """Return the drugs that are given for a disease, without those that only failed in it."""
    drugs = (r for r in known.records("therapy") if isinstance(r, Therapy))
    return tuple(drug for drug in drugs if any(use.disease == disease and use.is_supported for use in drug.indications))


def diseases_of(known: Catalogue, molecule: str) -> tuple[Disease, ...]:
    """Return the diseases in which a molecule is raised or lowered."""
    all_diseases = (r for r in known.records("disease") if isinstance(r, Disease))
    return tuple(one for one in all_diseases if any(shift.molecule == molecule for shift in one.involves))


def facts(known: Catalogue, record: Record) -> dict[str, str]:
    """Return what other records say of one, in words: its receptors, labels, producers, drugs and so on."""
    match record:
        case Cytokine():
            said = _of_molecule(known, record.id) | {"labels": _joined(map(str, labels(record)))}
        case Cell():
            own = [i for i in known.interactions if i.cell == record.id]
            cells = (other for other in known.records("cell") if isinstance(other, Cell))
            said = {
                "secretes": _joined(i.object for i in own if i.verb == "secretes" and i.object),
                "responds to": _joined(i.by for i in own if i.verb == "responds" and i.by),
                "more special": _joined(other.id for other in cells if other.parent == record.id),
            }
        case Disease():
            said = {"drugs": _joined(drug.id for drug in therapies_of(known, record.id))}
        case _:
            said = _of_molecule(known, record.id)
    return {key: words for key, words in said.items() if words}


def _of_molecule(known: Catalogue, id: str) -> dict[str, str]:
    drugs = (drug for drug in known.records("therapy") if isinstance(drug, Therapy))
    return {
        "receptors": _joined(receptor.id for receptor in known.bound_by(id)),
        "secreted by": _joined(i.cell for i in producers(known, id) if i.cell and i.sign == "+"),
        "acts on": _joined(i.cell for i in responders(known, id) if i.cell),
        "raised by": _joined(i.by for i in regulators(known, id) if i.by and i.sign == "+"),
        "lowered by": _joined(i.by for i in regulators(known, id) if i.by and i.sign == "-"),
        "raises": _joined(i.object for i in regulated(known, id) if i.object and i.sign == "+"),
        "lowers": _joined(i.object for i in regulated(known, id) if i.object and i.sign == "-"),
        "diseases": _joined(disease.id for disease in diseases_of(known, id)),
        "drugs": _joined(drug.id for drug in drugs if id in drug.target),
    }


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def summary(known: Catalogue, record: Record) -> dict[str, str]:
    """Return a record on one page, key by key, so that two can stand side by side: the values are those models take."""
    head = {"name": record.title, "kind": record.kind}
    match record:
        case Cytokine():
            head |= {
                "family": record.family,
                "group": record.group or "",
                "chains": _joined(map(_chain, record.chains)),
            }
        case Receptor():
            units = record.assembly.subunits
            head |= {"subunits": _joined(unit.uniprot for unit in units)}
            head |= {"ligands": _joined(binding.molecule for binding in record.ligands)}
            head |= {"pathway": record.signals.pathway if record.signals else ""}
        case Therapy():
            head |= {"class": record.drug_class or "", "target": _joined(record.target), "mode": record.mode}
        case _:
            pass
    taken = {one.title: one.default.measured.value for one in choices(record, known=known) if one.default}
    return {key: words for key, words in {**head, **facts(known, record), **taken}.items() if words}


def _chain(chain: Chain) -> str:
    return f"{chain.copies or ''} {chain.uniprot}".strip()
