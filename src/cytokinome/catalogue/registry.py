"""All records, found by id, symbol or synonym."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

from cytokinome.catalogue.load import Sheet, load_folder
from cytokinome.catalogue.records import KINDS, Cytokine, Interaction, Receptor, Record
from cytokinome.diagnostics import Collector, Diagnostic, Report, did_you_mean
from cytokinome.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Catalogue:
    """The records, in the order of kind and id. Built by `build`, which refuses names that mean two records."""

    sheets: tuple[Sheet, ...]
    _exact: dict[str, Record] = field(repr=False, compare=False)

    @classmethod
    def build(cls, sheets: Iterable[Sheet], found: Collector) -> Catalogue:
        """Return the catalogue of these sheets; names that mean two records are reported and found by nobody."""
        kept = tuple(sheets)
        owners: dict[str, dict[str, Sheet]] = {}
        for sheet in kept:
            for name in sheet.record.names:
                first = owners.setdefault(name.casefold(), {}).setdefault(sheet.record.id, sheet)
                if first is not sheet:
                    message = f"two records have the id {sheet.record.id}"
                    found.error("DUPLICATE_NAME", message, sheet.place(("id",)), also=[first.place(("id",))])
        clashes = {folded: ids for folded, ids in owners.items() if len(ids) > 1}
        for folded, ids in clashes.items():
            places = [sheet.place(("synonyms",)) for sheet in ids.values()]
            message = f"{folded!r} could mean {' or '.join(ids)}"
            hint = "remove the synonym from all records but one"
            found.error("AMBIGUOUS_NAME", message, places[0], hint=hint, also=places[1:])
        names = {n: s.record for s in kept for n in s.record.names if n.casefold() not in clashes}
        return cls(kept, names)

    @cached_property
    def _folded(self) -> dict[str, Record]:
        return {name.casefold(): record for name, record in self._exact.items()}

    @cached_property
    def _loose(self) -> dict[str, Record]:
        owners: dict[str, set[str]] = {}
        for name, record in self._exact.items():
            owners.setdefault(_loosened(name), set()).add(record.id)
        return {key: r for n, r in self._exact.items() if len(owners[key := _loosened(n)]) == 1}

    def find(self, name: str) -> Record | None:
        """Return the record of an id, symbol, synonym, HGNC id or UniProt accession.

        Exactly, else whatever the case, else with hyphens and spaces left out and Greek letters spelled: what that
        could mean twice is not found.

        Examples
        --------
        >>> record = catalogue().find("IL-8")
        >>> record.id if record else None
        'CXCL8'
        """
        return self._exact.get(name) or self._folded.get(name.casefold()) or self._loose.get(_loosened(name))

    def get(self, name: str) -> Record:
        """Return the record of a name, as `find`.

        Raises
        ------
        CatalogueError
            ``CATALOGUE_MISSING`` with the nearest names.
        """
        record = self.find(name)
        if record is None:
            raise missing(f"the catalogue has no {name}", self.suggest(name))
        return record

    def search(self, text: str) -> tuple[tuple[Record, str], ...]:
        """Return the records with a name that contains `text`, as loosely as `find`, and that name; the best first.

        Best is a name that is the text, then one that begins with it, then the shortest.
        """
        wanted, best = _loosened(text), dict[str, tuple[tuple[int, int, str], Record, str]]()
        for name, record in self._exact.items() if wanted else ():
            where = _loosened(name).find(wanted)
            rank = (min(where, 1) + (len(_loosened(name)) > len(wanted)), len(name), name)
            if where >= 0 and (record.id not in best or rank < best[record.id][0]):
                best[record.id] = (rank, record, name)
        return tuple((record, name) for _, record, name in sorted(best.values(), key=lambda found: found[0]))

    def suggest(self, name: str) -> str:
        """Return ``did you mean …?`` with the nearest names, or some of the known ids."""
        near = did_you_mean(name, self._exact)
        return near if near.startswith("did you mean") else did_you_mean(name, [s.record.id for s in self.sheets])

    def records(self, kind: str | None = None) -> tuple[Record, ...]:
        """Return all records, or those of one kind, such as cytokine, receptor or cell.

        Raises
        ------
        CatalogueError
            ``CATALOGUE_MISSING`` when there is no such kind.
        """
        if kind is not None and kind not in KINDS:
            raise missing(f"the catalogue has no kind {kind!r}", did_you_mean(kind, KINDS))
        return tuple(s.record for s in self.sheets if kind in (None, s.record.kind))

    @cached_property
    def cytokines(self) -> tuple[Cytokine, ...]:
        """All cytokines."""
        return tuple(s.record for s in self.sheets if isinstance(s.record, Cytokine))

    @cached_property
    def interactions(self) -> tuple[Interaction, ...]:
        """All interactions."""
        return tuple(s.record for s in self.sheets if isinstance(s.record, Interaction))

    def receptors_of(self, molecule: str) -> tuple[Receptor, ...]:
        """Return the receptors that a molecule, named by any of its names, is a ligand of."""
        known = self._id_of(molecule)
        return tuple(r for r in self.bound_by(known) if any(b.molecule == known for b in r.ligands))

    def bound_by(self, molecule: str) -> tuple[Receptor, ...]:
        """Return the receptors that a molecule is a ligand or an antagonist of."""
        return self._bound.get(self._id_of(molecule), ())

    def _id_of(self, name: str) -> str:
        record = self.find(name)
        return record.id if record else name

    @cached_property
    def _bound(self) -> dict[str, tuple[Receptor, ...]]:
        found: dict[str, list[Receptor]] = {}
        for record in self.records("receptor"):
            if isinstance(record, Receptor):
                for molecule in dict.fromkeys(b.molecule for b in (*record.ligands, *record.antagonists)):
                    found.setdefault(molecule, []).append(record)
        return {molecule: tuple(receptors) for molecule, receptors in found.items()}


_GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "κ": "kappa",
    "λ": "lambda",
    "ω": "omega",
}


def _loosened(name: str) -> str:
    """A name without what is written differently from text to text."""
    spelled = "".join(_GREEK.get(letter, letter) for letter in name.casefold())
    return "".join(letter for letter in spelled if letter.isalnum())


def missing(message: str, hint: str) -> CatalogueError:
    """Return the error that something is not in the catalogue, with what to do."""
    diagnostic = Diagnostic("CATALOGUE_MISSING", message, hint=hint)
    return CatalogueError(diagnostic.render(), Report((diagnostic,)))


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with the package, read once, with the first use.

    Raises
    ------
    CatalogueError
        With all faults, when the data are damaged.
    """
    found = Collector()
    known = gather((), found)
    found.report().raise_errors(CatalogueError, "catalogue")
    return known


def gather(folders: Iterable[Traversable], found: Collector) -> Catalogue:
    """Return the catalogue of the package with the records of further data folders, which replace those of their id.

    Faulty records are reported and left out.
    """
    from importlib.resources import files

    sheets = load_folder(files("cytokinome.catalogue") / "data", found)
    for folder in folders:
        added = load_folder(folder, found)
        replaced = {sheet.record.id for sheet in added}
        sheets = (*(sheet for sheet in sheets if sheet.record.id not in replaced), *added)
    return Catalogue.build(sheets, found)
