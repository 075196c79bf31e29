"""What is known: records of molecules, cells, drugs and diseases, each statement with its source. No equations.

Names load when they are first used: a search needs no schema.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytokinome.catalogue.graph import network, pairs
    from cytokinome.catalogue.records import Cell, Cytokine, Mediator, Receptor, Record, Therapy
    from cytokinome.catalogue.registry import Catalogue, catalogue
    from cytokinome.catalogue.rules import lint
    from cytokinome.catalogue.selection import why
    from cytokinome.catalogue.views import labelled, labels, summary

# Module → the public names that it defines.
_HOMES = {
    "graph": ("network", "pairs"),
    "records": ("Cell", "Cytokine", "Mediator", "Receptor", "Record", "Therapy"),
    "registry": ("Catalogue", "catalogue"),
    "rules": ("lint",),
    "selection": ("why",),
    "views": ("labelled", "labels", "summary"),
}

__all__ = [
    "Catalogue",
    "Cell",
    "Cytokine",
    "Mediator",
    "Receptor",
    "Record",
    "Therapy",
    "catalogue",
    "labelled",
    "labels",
    "lint",
    "network",
    "pairs",
    "summary",
    "why",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
