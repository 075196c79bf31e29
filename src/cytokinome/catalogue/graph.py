"""Who talks to whom: the records as a network of cells, molecules, receptors and drugs, whole or around one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cytokinome.catalogue.lists import lists
from cytokinome.catalogue.records import Cell, Cytokine, Disease, Interaction, Receptor, Therapy
from cytokinome.catalogue.views import therapies_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cytokinome.catalogue.records import Record
    from cytokinome.catalogue.registry import Catalogue

Verb = Literal["secretes", "acts on", "raises", "lowers", "binds", "treats"]
_LOWERING = frozenset({"neutralises ligand", "blocks receptor", "decoy", "inhibits signalling", "inhibits enzyme"})


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow: what it says, its sign (+ or -), and the record that states it.

    A cell *secretes* a molecule, more or less of it `on` another record; a molecule or drug *acts on* a cell; a
    molecule *raises* or *lowers* another; a ligand *binds* a receptor; a drug *treats* what it is aimed at.
    """

    source: str
    target: str
    verb: Verb
    sign: str
    label: str
    record: str
    sources: tuple[str, ...] = ()
    on: str = ""

    @property
    def ends(self) -> tuple[str, ...]:
        """The ids of the records that it joins."""
        return tuple(id for id in (self.source, self.target, self.on) if id)


@dataclass(frozen=True, slots=True)
class Node:
    """A record in the network."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes in the order of their ids, edges in that of the records."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def network(known: Catalogue, center: Record | None = None) -> Network:
    """Return all edges, or those around one record.

    Around a cell, a molecule, a receptor or a drug these are the edges that touch it. Around a disease they are those
    between what takes part: the molecules that it shifts, its drugs, and its cells, or any cell where it names none.

    Parameters
    ----------
    known : Catalogue
    center : Record, optional
    """
    edges = tuple(dict.fromkeys(_edges(known)))
    title = "The catalogue"
    if isinstance(center, Disease):
        edges, title = _within(edges, center, known), center.name
    elif center is not None:
        edges, title = tuple(e for e in edges if center.id in e.ends), center.title
    ids = sorted({id for edge in edges for id in edge.ends})
    found = ((id, known.find(id)) for id in ids)
    nodes = tuple(Node(id, record.kind if record else "words", record.title if record else id) for id, record in found)
    return Network(title, nodes, edges)


def pairs(known: Catalogue) -> tuple[dict[str, str], ...]:
    """Return ligands and receptors as rows of text, as tools for single-cell data take them.

    Complexes are the symbols of their chains joined by ``_``; a Kd stands where one was measured.
    """
    return tuple(_pair(known, receptor, molecule) for receptor, molecule in _bound(known))


def _bound(known: Catalogue) -> Iterator[tuple[Receptor, str]]:
    for receptor in known.records("receptor"):
        if isinstance(receptor, Receptor):
            for molecule in dict.fromkeys(binding.molecule for binding in receptor.ligands):
                yield receptor, molecule


def _pair(known: Catalogue, receptor: Receptor, molecule: str) -> dict[str, str]:
    ligand = known.find(molecule)
    chains = [chain.hgnc for chain in ligand.chains] if isinstance(ligand, Cytokine) else []
    known_Kd = (b.Kd.value for b in receptor.ligands if b.molecule == molecule and b.Kd and b.Kd.is_own)
    return {
        "ligand": _symbols(chains) or molecule,
        "receptor": _symbols(unit.hgnc for unit in receptor.assembly.subunits),
        "ligand_id": molecule,
        "receptor_id": receptor.id,
        "Kd": next(known_Kd, ""),
        "sources": " ".join(_who_says(receptor, molecule)),
    }


def _who_says(receptor: Receptor, molecule: str) -> tuple[str, ...]:
    """The sources of a binding, then that of the chains of its receptor."""
    bindings = [b for b in receptor.ligands if b.molecule == molecule]
    measured = [m.source.id for b in bindings for m in (b.Kd, b.kon, b.koff) if m]
    stated = [b.source.id for b in bindings if b.source]
    return tuple(dict.fromkeys((*measured, *stated, receptor.assembly.source.id)))


def _symbols(hgnc: Iterable[str]) -> str:
    genes = lists().genes
    return "_".join(genes[id].symbol for id in hgnc if id in genes)


def _edges(known: Catalogue) -> Iterator[Edge]:
    for interaction in known.interactions:
        yield from _of_interaction(interaction, known)
    for cell in known.records("cell"):
        if isinstance(cell, Cell):
            yield from _of_cell(cell)
    for receptor, molecule in _bound(known):
        yield Edge(molecule, receptor.id, "binds", "+", "", receptor.id, _who_says(receptor, molecule))
    for drug in known.records("therapy"):
        if isinstance(drug, Therapy):
            sign = "-" if drug.mode in _LOWERING else "+"
            said = tuple(dict.fromkeys(one.source.id for one in drug.evidence if {"target", "mode"} & {*one.about}))
            yield from (Edge(drug.id, target, "treats", sign, drug.mode, drug.id, said) for target in drug.target)


def _of_interaction(it: Interaction, known: Catalogue) -> Iterator[Edge]:
    said = tuple(dict.fromkeys(source.id for source in it.evidence))
    if it.verb == "secretes" and it.cell and it.object:
        label = f"on {it.by}" if it.by else ""
        on = record.id if it.by and (record := known.find(it.by)) else ""
        yield Edge(it.cell, it.object, "secretes", it.sign, label, it.id, said, on)
    elif it.verb == "responds" and it.cell and it.by:
        yield Edge(it.by, it.cell, "acts on", it.sign, it.effect or "", it.id, said)
    elif it.by and it.object:
        where = f" in {it.cell}" if it.cell else ""
        verb: Verb = "raises" if it.sign == "+" else "lowers"
        yield Edge(it.by, it.object, verb, it.sign, f"{it.effect}{where}", it.id, said)


def _of_cell(cell: Cell) -> Iterator[Edge]:
    """What only the numbers of a cell say."""
    for made in cell.secretes:
        yield Edge(cell.id, made.cytokine, "secretes", "+", f"on {made.stimulus}", cell.id, (made.rate.source.id,))
    for heard in cell.responds:
        sign = "-" if heard.effect.startswith(("decrease", "inhibition", "loss")) else "+"
        yield Edge(heard.signal, cell.id, "acts on", sign, heard.effect, cell.id, (heard.half.source.id,))


def _within(edges: Iterable[Edge], disease: Disease, known: Catalogue) -> tuple[Edge, ...]:
    molecules = {shift.molecule for shift in disease.involves}
    drugs = {drug.id for drug in therapies_of(known, disease.id)}
    cells = {player.cell for player in disease.cells}

    def takes_part(id: str) -> bool:
        record = known.find(id)
        is_cell = isinstance(record, Cell)
        return id in molecules or id in drugs or (is_cell and (not cells or id in cells))

    def touches(edge: Edge) -> bool:
        aimed = edge.verb == "treats" and edge.source in drugs
        return aimed or bool({edge.source, edge.target} & molecules)

    def belongs(edge: Edge) -> bool:
        return touches(edge) and takes_part(edge.source) and (takes_part(edge.target) or edge.source in drugs)

    return tuple(filter(belongs, edges))
