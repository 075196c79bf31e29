"""Vendored lists that records are checked against: genes and proteins, terms of ontologies, drugs, receptor complexes.

They lie in ``data/identifiers``, with licences beside them; ``tools/identifiers.py`` makes them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable


# Ontologies and vocabularies by the key of their identifiers, and the file of their terms.
TERMS = {
    "cl": "cells.csv",
    "go": "processes.csv",
    "mondo": "diseases.csv",
    "uberon": "tissues.csv",
    "chebi": "substances.csv",
    "drugbank": "drugs.csv",
}


@dataclass(frozen=True, slots=True)
class Gene:
    """A gene of the HGNC table and the proteins it makes, as UniProt accessions."""

    hgnc: str
    symbol: str
    proteins: frozenset[str]

    def __str__(self) -> str:
        return f"{self.hgnc} is {self.symbol}, {' or '.join(sorted(self.proteins))}"


@dataclass(frozen=True)
class Lists:
    """All lists: genes by HGNC id, labels by id of each ontology, UniProt accessions by name of the complex.

    `terms` are keyed as identifiers of records are: cl, go, mondo, uberon, chebi, drugbank.
    `exceptions` are the differences from the table of complexes that were looked at: the accessions in which our record
    differs, nothing where there is no record on purpose.
    """

    genes: dict[str, Gene]
    terms: Mapping[str, Mapping[str, str]]
    complexes: Mapping[str, frozenset[str]]
    exceptions: Mapping[str, frozenset[str]]

    @cached_property
    def proteins(self) -> Mapping[str, Gene]:
        """The first gene of each UniProt accession."""
        return {accession: gene for gene in reversed(self.genes.values()) for accession in gene.proteins}

    @cached_property
    def symbols(self) -> Mapping[str, Gene]:
        """The gene of each approved symbol."""
        return {gene.symbol: gene for gene in self.genes.values()}


def data_folder() -> Traversable:
    """Return the folder of the lists."""
    from importlib.resources import files

    return files("cytokinome.catalogue") / "data" / "identifiers"


@cache
def lists() -> Lists:
    """Return the lists that come with the package, read once, with the first use."""
    genes: dict[str, Gene] = {}
    for row in _rows("genes.csv"):
        known = genes.get(row["hgnc"])
        others = known.proteins if known else ()
        genes[row["hgnc"]] = Gene(row["hgnc"], row["symbol"], frozenset({row["uniprot"], *others}))
    return Lists(
        genes=genes,
        terms={key: {row[key]: row["label"] for row in _rows(name)} for key, name in TERMS.items()},
        complexes={row["name"]: frozenset(row["subunits"].split("+")) for row in _rows("complexes.csv")},
        exceptions={row["complex"]: frozenset(row["difference"].split()) for row in _rows("exceptions.csv")},
    )


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((data_folder() / name).read_text(encoding="utf-8").splitlines()))
