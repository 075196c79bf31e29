"""Which records a new model is made of: those that were named, and what they cannot be without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from cytokinome.catalogue.graph import network
from cytokinome.catalogue.records import Cell, Cytokine, Disease, Mediator, Therapy
from cytokinome.catalogue.registry import missing
from cytokinome.catalogue.views import therapies_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.catalogue.records import Interaction, Record
    from cytokinome.catalogue.registry import Catalogue

R = TypeVar("R", Cytokine, Mediator, Cell, Therapy)
Place = Literal["culture", "plasma"]
# A cell that nobody named takes part in a disease when it makes at least so many of its molecules.
MANY = 2


@dataclass(frozen=True)
class Cast:
    """Who takes part in a new model, each kind in the order of their ids; `disease` where one was named."""

    known: Catalogue
    place: Place
    cytokines: tuple[Cytokine, ...]
    mediators: tuple[Mediator, ...]
    cells: tuple[Cell, ...]
    therapies: tuple[Therapy, ...]
    disease: Disease | None

    @property
    def molecules(self) -> frozenset[str]:
        """Ids of all molecules but drugs."""
        return frozenset(m.id for m in (*self.cytokines, *self.mediators))


def gather(known: Catalogue, names: Iterable[str], place: Place | None = None) -> Cast:
    """Return who takes part in a model of the named records.

    A disease brings the molecules that it raises, its cells, or the cells that make several of those molecules, and its
    drugs. A secretion that nothing in the model would drive brings the mediator that drives it.

    Parameters
    ----------
    known : Catalogue
    names : iterable of str
        Cytokines, mediators, cells, therapies, or one disease, by any of their names.
    place : str, optional
        ``culture`` or ``plasma``; by default plasma for a disease, else culture.

    Raises
    ------
    CatalogueError
        ``CATALOGUE_MISSING``: a name that is no record, or nothing to make a model of.
    """
    named = dict.fromkeys(known.get(name).id for name in names)
    records = [known.get(id) for id in named]
    disease = next((r for r in records if isinstance(r, Disease)), None)
    if disease is not None:
        records += _of_disease(known, disease)
    cells = tuple(_of_kind(Cell, records))
    cytokines = _of_kind(Cytokine, records)
    if not cells or not cytokines:
        have = f"{len(cells)} cells and {len(cytokines)} cytokines"
        hint = "name more of them, such as TNF, IL10, macrophage and infliximab"
        raise missing(f"a model needs at least one cell and one cytokine; of these records it has {have}", hint)
    mediators = _of_kind(Mediator, records)
    mediators += _drivers(known, cells, cytokines, mediators)
    where: Place = place or ("plasma" if disease else "culture")
    drugs = _of_kind(Therapy, records)
    return Cast(known, where, tuple(cytokines), tuple(_of_kind(Mediator, mediators)), cells, tuple(drugs), disease)


def _of_kind(kind: type[R], records: Iterable[Record]) -> list[R]:
    found = {r.id: r for r in records if isinstance(r, kind)}
    return [found[id] for id in sorted(found)]


def _of_disease(known: Catalogue, disease: Disease) -> list[Record]:
    molecules = [known.get(shift.molecule) for shift in disease.involves if shift.direction == "up"]
    cells = [known.get(player.cell) for player in disease.cells]
    if not cells:
        made: dict[str, set[str]] = {}
        for edge in network(known, disease).edges:
            if edge.verb == "secretes" and edge.sign == "+":
                made.setdefault(edge.source, set()).add(edge.target)
        cells = [known.get(cell) for cell, products in made.items() if len(products) >= MANY]
    return [*molecules, *cells, *therapies_of(known, disease.id)]


def _drivers(
    known: Catalogue, cells: Iterable[Cell], cytokines: Iterable[Cytokine], mediators: Iterable[Mediator]
) -> list[Mediator]:
    """The mediators that drive what nothing else in the model would; the first of each secretion."""
    have = {m.id for m in (*cytokines, *mediators)}
    brought: dict[str, Mediator] = {}
    for cell in cells:
        for cytokine in cytokines:
            said = secretions(known, cell.id, cytokine.id)
            if said and not any(i.by is None or i.by in have or i.by in brought for i in said):
                found = [r for i in said if i.by and isinstance(r := known.find(i.by), Mediator)]
                brought |= {r.id: r for r in found[:1]}
    return list(brought.values())


def secretions(known: Catalogue, cell: str, molecule: str) -> list[Interaction]:
    """Return what makes a cell secrete a molecule."""
    return [
        i
        for i in known.interactions
        if i.verb == "secretes" and i.sign == "+" and (i.cell, i.object) == (cell, molecule)
    ]
