"""What readers ask for, computed from records: labels with the evidence for and against, and who acts on whom.

A label such as pro-inflammatory is stored nowhere. It is a count over the roles of a cytokine, shown with its contexts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.catalogue.records import Cytokine, Disease, Interaction, Therapy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.catalogue.records import Context, Role, Source
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
        return f"{self.name} ({len(self.supporting)} for, {len(self.opposing)} against)"

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts in which it holds, in words, each once."""
        return tuple(dict.fromkeys(words for piece in self.supporting if (words := str(piece.context))))


def labels(cytokine: Cytokine) -> tuple[Label, ...]:
    """Return the labels that some evidence speaks for, in the order of `LABELS`."""
    made = (_label(name, cytokine) for name in LABELS)
    return tuple(label for label in made if label.supporting)


def labelled(known: Catalogue, name: str) -> tuple[tuple[Cytokine, Label], ...]:
    """Return the cytokines that a label is claimed of, those with most evidence for it first.

    Raises
    ------
    KeyError
        When `LABELS` has no such label.
    """
    made = ((cytokine, _label(name, cytokine)) for cytokine in known.cytokines)
    found = [(cytokine, label) for cytokine, label in made if label.supporting]
    return tuple(sorted(found, key=lambda one: (len(one[1].opposing) - len(one[1].supporting), one[0].id)))


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
    """Return the drugs that are given for a disease."""
    drugs = (r for r in known.records("therapy") if isinstance(r, Therapy))
    return tuple(drug for drug in drugs if any(use.disease == disease for use in drug.indications))


def diseases_of(known: Catalogue, molecule: str) -> tuple[Disease, ...]:
    """Return the diseases in which a molecule is raised or lowered."""
    all_diseases = (r for r in known.records("disease") if isinstance(r, Disease))
    return tuple(one for one in all_diseases if any(shift.molecule == molecule for shift in one.involves))
