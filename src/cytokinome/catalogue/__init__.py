"""What is known: records of molecules, receptors, cells and therapies, each number with its source. No equations."""

from __future__ import annotations

from cytokinome.catalogue.records import Cell, Cytokine, Mediator, Receptor, Record, Therapy
from cytokinome.catalogue.registry import Catalogue, catalogue
from cytokinome.catalogue.rules import lint

__all__ = ["Catalogue", "Cell", "Cytokine", "Mediator", "Receptor", "Record", "Therapy", "catalogue", "lint"]
