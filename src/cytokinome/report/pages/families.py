"""The families of cytokines and their groups in words, and the page on which a family stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.report.pages.text import link

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Cytokine
    from cytokinome.report.pages.writer import Writer

# Family → title, and what its members have in common by name.
FAMILIES: dict[str, tuple[str, str]] = {
    "interleukin": (
        "Interleukins",
        "Cytokines with a number: the name says that leukocytes talk to each other by them.",
    ),
    "interferon": ("Interferons", "Named after interference: cells warned by them resist viruses."),
    "TNFSF": ("Tumor necrosis factors", "The superfamily of TNF, whose receptors form a superfamily too."),
    "chemokine": ("Chemokines", "Cytokines that cells move towards, grouped by the pattern of their cysteines."),
    "CSF": ("Colony-stimulating factors", "Named after colonies of blood cells that they make grow."),
    "TGFB": ("Transforming growth factors beta", "Three relatives with receptors of their own."),
    "growth factor": (
        "Growth factors",
        "Signals to grow and divide, among them those of blood vessels and blood cells.",
    ),
    "other": ("Other cytokines", "Those whose name follows none of the families."),
}
# Groups that have no name beyond the key of the schema are shown as that.
GROUPS = {
    "gamma-c": "Common gamma chain",
    "beta-c": "Common beta chain",
    "IL-1": "IL-1 family",
    "IL-6": "IL-6 family",
    "IL-10": "IL-10 family",
    "IL-12": "IL-12 family",
    "IL-17": "IL-17 family",
    "type I": "Type I",
    "type II": "Type II",
    "type III": "Type III",
    "CC": "CC chemokines",
    "CXC": "CXC chemokines",
    "C": "C chemokines",
    "CX3C": "CX3C chemokines",
    "EGF": "EGF family",
    "PDGF": "PDGF family",
    "VEGF": "VEGF family",
}


def family_page(family: str) -> str:
    """Return the page of a family.

    Examples
    --------
    >>> family_page("growth factor")
    'cytokines/family-growth-factor.md'
    """
    return f"cytokines/family-{family.lower().replace(' ', '-')}.md"


def family_link(cytokine: Cytokine, writer: Writer) -> str:
    """Return the link to the family of a cytokine, with its group."""
    title = FAMILIES[cytokine.family][0]
    words = link(title, writer.to(family_page(cytokine.family)))
    return f"{words} › {GROUPS[cytokine.group]}" if cytokine.group else words
