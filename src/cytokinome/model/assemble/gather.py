"""Which records a new model is made of: those that were named, and what they cannot be without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from cytokinome.catalogue.graph import network
from cytokinome.catalogue.records import BindingProtein, Cell, Cytokine, Disease, Mediator, Receptor, Therapy, Tissue
from cytokinome.catalogue.registry import missing
from cytokinome.catalogue.selection import HUMAN
from cytokinome.catalogue.views import producers, responders, therapies_of
from cytokinome.diagnostics import Collector
from cytokinome.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cytokinome.catalogue.records import Interaction, Record
    from cytokinome.catalogue.registry import Catalogue

R = TypeVar("R", Cytokine, Mediator, Cell, Therapy, BindingProtein)
Place = Literal["culture", "plasma", "tissue"]
PLACES: tuple[Place, ...] = get_args(Place)
# A cell that nobody named takes part in a disease when it makes at least so many of its molecules.
MANY = 2


@dataclass(frozen=True)
class Cast:
    """Who takes part in a new model, each kind in the order of their ids; a disease that was named, and its tissues."""

    known: Catalogue
    place: Place
    cytokines: tuple[Cytokine, ...]
    mediators: tuple[Mediator, ...]
    cells: tuple[Cell, ...]
    therapies: tuple[Therapy, ...]
    disease: Disease | None
    tissues: tuple[Tissue, ...] = ()
    binders: tuple[BindingProtein, ...] = ()
    species: str = HUMAN

    @property
    def molecules(self) -> frozenset[str]:
        """Ids of all molecules but drugs and what only binds."""
        return frozenset(m.id for m in (*self.cytokines, *self.mediators))


def gather(known: Catalogue, names: Iterable[str], place: Place | None = None, species: str = HUMAN) -> Cast:
    """Return who takes part in a model of the named records.

    A disease brings the molecules that it raises, what only binds among them, its cells, or the cells that make
    several of those molecules, and its drugs. Where molecules or cells are missing, drugs bring what they are aimed
    at, and the cells that make it; drugs at receptors, also the cells that answer. A secretion that nothing in the
    model would drive brings the mediator that drives it.

    Parameters
    ----------
    known : Catalogue
    names : iterable of str
        Cytokines, mediators, cells, therapies, or one disease, by any of their names.
    place : str, optional
        ``culture``, ``plasma``, or ``tissue`` of the disease; by default that tissue for a disease that has one, plasma
        for other diseases and for drugs alone, else culture.
    species : str
        Whose cells they are. Drugs are made for people: of another species only those take part that are recorded to
        act there.

    Raises
    ------
    CatalogueError
        ``CATALOGUE_MISSING``: a name that is no record, or nothing to make a model of. ``SPECIES_MIXED``: a drug was
        named that no record says to act in this species.
    """
    named = dict.fromkeys(known.get(name).id for name in names)
    records = [known.get(id) for id in named]
    disease = next((r for r in records if isinstance(r, Disease)), None)
    _check_species(known, _of_kind(Therapy, records), species)
    if disease is not None:
        records += _of_disease(known, disease)
    drugs = [drug for drug in _of_kind(Therapy, records) if acts_in(known, drug, species)]
    is_of_drugs = not _of_kind(Cytokine, records) and not _of_kind(Cell, records)
    records += _of_drugs(known, drugs, _of_kind(Cytokine, records), _of_kind(Cell, records))
    cells, cytokines = tuple(_of_kind(Cell, records)), _of_kind(Cytokine, records)
    if not (cells and cytokines) and not drugs:
        have = f"{len(cells)} cells and {len(cytokines)} cytokines"
        hint = "name more of them, such as TNF, IL10, macrophage and infliximab"
        raise missing(f"a model needs at least one cell and one cytokine; of these records it has {have}", hint)
    mediators = _of_kind(Mediator, records)
    mediators += _drivers(known, cells, cytokines, mediators)
    tissues = _tissues(known, disease) if place in (None, "tissue") else ()
    where = place or ("tissue" if tissues else "plasma" if disease or is_of_drugs else "culture")
    if where == "tissue" and not tissues:
        named_tissue = f"{disease.id} names no tissue" if disease else "no disease is named"
        raise missing(f"a model in tissue needs a disease with one; {named_tissue}", "write plasma or culture")
    brought = tuple(_of_kind(Mediator, mediators))
    binders = tuple(_of_kind(BindingProtein, records))
    return Cast(known, where, tuple(cytokines), brought, cells, tuple(drugs), disease, tissues, binders, species)


def _check_species(known: Catalogue, drugs: Iterable[Therapy], species: str) -> None:
    """Refuse drugs that were named and are not recorded to act in the species."""
    found = Collector()
    for drug in drugs:
        if not acts_in(known, drug, species):
            message = f"no record says that {drug.id} acts in {species}: it is made for people"
            hint = f"leave it out, or add an interaction with `context: {{species: {species}}}` and who saw it act"
            found.error("SPECIES_MIXED", message, hint=hint)
    found.report().raise_errors(CatalogueError, "records")


def acts_in(known: Catalogue, drug: Therapy, species: str) -> bool:
    """Whether a drug acts on cells of a species: in people; elsewhere where an interaction or an affinity says so."""
    seen = (i.context.species for i in known.interactions if i.by == drug.id)
    bound = (Kd.species or Kd.source.species for binding in drug.affinity for Kd in (binding.Kd, binding.kon) if Kd)
    return any(is_of(words, species) for words in (HUMAN, *seen, *bound))


def is_of(words: str | None, species: str) -> bool:
    """Whether words such as ``mouse and human`` name a species."""
    return words is not None and species in words.split(" and ")


def _of_kind(kind: type[R], records: Iterable[Record]) -> list[R]:
    found = {r.id: r for r in records if isinstance(r, kind)}
    return [found[id] for id in sorted(found)]


def _tissues(known: Catalogue, disease: Disease | None) -> tuple[Tissue, ...]:
    """The tissues that a disease names, but for blood, which is there anyway."""
    records = (known.find(id) for id in (disease.tissues if disease else ()) if id not in ("blood", "blood_plasma"))
    return tuple(record for record in records if isinstance(record, Tissue))


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


def _of_drugs(known: Catalogue, drugs: list[Therapy], cytokines: list[Cytokine], cells: list[Cell]) -> Iterator[Record]:
    """What drugs are aimed at where no molecule is there, and who makes and answers it where no cell is."""
    if not drugs:
        return
    aims = {drug.id: ligands(known, drug) for drug in drugs}
    targets = cytokines or _of_kind(Cytokine, (record for aim in aims.values() for record in aim))
    yield from targets
    if cells:
        return
    for molecule in targets:
        yield from (known.get(i.cell) for i in producers(known, molecule.id) if i.cell and i.sign == "+")
        if any(is_at_receptor(drug) and molecule in aims[drug.id] for drug in drugs):
            yield from (known.get(i.cell) for i in responders(known, molecule.id) if i.cell)


def ligands(known: Catalogue, drug: Therapy) -> list[Cytokine]:
    """Return the cytokines that a drug is aimed at, or that bind the receptors that it is aimed at."""
    records = [known.get(target) for target in drug.target]
    bound = [known.get(b.molecule) for r in records if isinstance(r, Receptor) for b in r.ligands]
    return _of_kind(Cytokine, (*records, *bound))


def is_at_receptor(drug: Therapy) -> bool:
    """Whether a drug changes what those hear who answer, not what is there."""
    return acts_as_ligand(drug) or drug.mode == "blocks receptor"


def acts_as_ligand(drug: Therapy) -> bool:
    """Whether a drug does at a receptor what its ligand does."""
    return drug.mode in ("activates receptor", "replaces")


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
