"""Which numbers of the catalogue the shipped models take: filled in, or cited and held against the record.

A diffusion coefficient counts where an experiment puts the model into a box; elsewhere no equation reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome import library
from cytokinome.catalogue import catalogue
from cytokinome.model.assemble.entries import catalogue_lookup, published
from cytokinome.model.citations import numbers_taken
from cytokinome.model.load import check_file

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Measured


DIFFUSION = " diffusion"


@dataclass(frozen=True, slots=True)
class Taken:
    """A number of the catalogue and the models that take it.

    `name` is its record and the path in it, such as ``TNFR1 ligands[0].Kd``.
    """

    name: str
    measured: Measured
    models: tuple[str, ...]


def taken() -> tuple[Taken, ...]:
    """Return the numbers that all models of all scenarios take, those of most models first.

    Raises
    ------
    ModelError
        A shipped model has a fault.
    """
    lookup, models = catalogue_lookup(), dict[str, list[str]]()
    for scenario in library.scenarios():
        is_spatial = any(question.is_spatial for question in scenario.experiments)
        for path in scenario.models:
            model = check_file(path, lookup).require()
            for name in numbers_taken(model):
                if is_spatial or not name.endswith(DIFFUSION):
                    models.setdefault(name, []).append(model.id)
    found = (Taken(name, published(catalogue(), name), tuple(by)) for name, by in models.items())
    return tuple(sorted(found, key=lambda one: (-len(one.models), one.name)))
