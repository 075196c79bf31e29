"""What is known: records of molecules, cells, drugs and diseases, each statement with its source. No equations."""

from __future__ import annotations

from cytokinome.catalogue.graph import network, pairs
from cytokinome.catalogue.records import Cell, Cytokine, Mediator, Receptor, Record, Therapy
from cytokinome.catalogue.registry import Catalogue, catalogue
from cytokinome.catalogue.rules import lint
from cytokinome.catalogue.selection import why
from cytokinome.catalogue.views import labelled, labels, summary

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
