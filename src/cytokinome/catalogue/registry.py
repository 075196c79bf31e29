"""All records, found by id, symbol or synonym."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, cast

from cytokinome.catalogue.folders import FOLDERS, load_folder
from cytokinome.catalogue.sheets import Sheet
from cytokinome.diagnostics import Collector, Diagnostic, Report, did_you_mean
from cytokinome.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable

    from cytokinome.catalogue.records import Cytokine, Interaction, Receptor, Record


# Cytokines that blood releases as it clots, so that serum holds more than plasma, and where that was read.
CLOTTING = {
    "CCL5": "platelet_secretes_CCL5_on_activation",
    "CD40LG": "platelet_secretes_CD40LG_on_activation",
    "CXCL8": "doi:10.3389/fimmu.2022.865386, abstract: with thrombin, platelets and leukocytes together",
    "TGFB1": "platelet_secretes_TGFB1_on_thrombin",
    "VEGFA": "pubmed:9640345, abstract: it rises with clotting time, and invalidates the use of serum",
}


@dataclass(frozen=True)
class Catalogue:
    """The records, in the order of kind and id. Built by `build`, which refuses names that mean two records."""

    sheets: tuple[Sheet, ...]
    _exact: dict[str, Sheet] = field(repr=False, compare=False)

    @classmethod
    def build(cls, sheets: Iterable[Sheet], found: Collector) -> Catalogue:
        """Return the catalogue of these sheets; names that mean two records are reported and found by nobody."""
        kept = tuple(sheets)
        owners: dict[str, dict[str, Sheet]] = {}
        for sheet in kept:
            for name in sheet.names:
                first = owners.setdefault(name.casefold(), {}).setdefault(sheet.id, sheet)
                if first is not sheet:
                    message = f"two records have the id {sheet.id}"
                    found.error("DUPLICATE_NAME", message, sheet.place(("id",)), also=[first.place(("id",))])
        clashes = {folded: ids for folded, ids in owners.items() if len(ids) > 1}
        for folded, ids in clashes.items():
            places = [sheet.place(("synonyms",)) for sheet in ids.values()]
            message = f"{folded!r} could mean {' or '.join(ids)}"
            hint = "remove the synonym from all records but one"
            found.error("AMBIGUOUS_NAME", message, places[0], hint=hint, also=places[1:])
        names = {n: s for s in kept for n in s.names if n.casefold() not in clashes}
        return cls(kept, names)

    @cached_property
    def _folded(self) -> dict[str, Sheet]:
        return {name.casefold(): sheet for name, sheet in self._exact.items()}

    @cached_property
    def _loose(self) -> dict[str, Sheet]:
        owners: dict[str, dict[str, Sheet]] = {}
        for name, sheet in self._exact.items():
            owners.setdefault(_loosened(name), {})[sheet.id] = sheet
        return {name: sheet for name, sheets in owners.items() if len(sheets) == 1 for sheet in sheets.values()}

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
        sheet = self._exact.get(name) or self._folded.get(name.casefold()) or self._loose.get(_loosened(name))
        return sheet.record if sheet else None

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

    def search(self, text: str, kind: str | None = None) -> tuple[tuple[Sheet, str], ...]:
        """Return the records with a name that contains `text`, as loosely as `find`, and that name; the best first.

        Best is a name that is the text, then one that begins with it, then the shortest. Records are not built for it.

        Raises
        ------
        CatalogueError
            ``CATALOGUE_MISSING`` when there is no such kind.
        """
        wanted, best = _loosened(text), dict[str, tuple[tuple[int, int, str], Sheet, str]]()
        of_kind = {sheet.id for sheet in self.of_kind(kind)}
        for name, sheet in self._exact.items() if wanted else ():
            loose = _loosened(name)
            where = loose.find(wanted)
            if where >= 0 and sheet.id in of_kind:
                rank = (min(where, 1) + (len(loose) > len(wanted)), len(name), name)
                best[sheet.id] = min(best.get(sheet.id, (rank, sheet, name)), (rank, sheet, name), key=_first)
        return tuple((sheet, name) for _, sheet, name in sorted(best.values(), key=_first))

    def suggest(self, name: str) -> str:
        """Return ``did you mean …?`` with the nearest names, or some of the known ids."""
        near = did_you_mean(name, self._exact)
        return near if near.startswith("did you mean") else did_you_mean(name, [s.id for s in self.sheets])

    def of_kind(self, kind: str | None = None) -> tuple[Sheet, ...]:
        """Return all sheets, or those of one kind.

        Raises
        ------
        CatalogueError
            ``CATALOGUE_MISSING`` when there is no such kind.
        """
        if kind is not None and kind not in FOLDERS:
            raise missing(f"the catalogue has no kind {kind!r}", did_you_mean(kind, FOLDERS))
        return tuple(sheet for sheet in self.sheets if kind in (None, sheet.kind))

    def records(self, kind: str | None = None) -> tuple[Record, ...]:
        """Return all records, or those of one kind, such as cytokine, receptor or cell.

        Raises
        ------
        CatalogueError
            ``CATALOGUE_MISSING`` when there is no such kind.
        """
        return tuple(sheet.record for sheet in self.of_kind(kind))

    @cached_property
    def cytokines(self) -> tuple[Cytokine, ...]:
        """All cytokines."""
        return cast("tuple[Cytokine, ...]", self.records("cytokine"))

    @cached_property
    def interactions(self) -> tuple[Interaction, ...]:
        """All interactions."""
        return cast("tuple[Interaction, ...]", self.records("interaction"))

    @cached_property
    def clotting(self) -> frozenset[str]:
        """Ids of the cytokines that platelets release as blood clots: those of `CLOTTING`, and by the records."""
        by_records = {i.object for i in self.interactions if (i.verb, i.cell, i.sign) == ("secretes", "platelet", "+")}
        return frozenset(CLOTTING) | frozenset(id for id in by_records if id)

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
        for record in cast("tuple[Receptor, ...]", self.records("receptor")):
            for molecule in dict.fromkeys(b.molecule for b in (*record.ligands, *record.antagonists)):
                found.setdefault(molecule, []).append(record)
        return {molecule: tuple(receptors) for molecule, receptors in found.items()}


_GREEK = str.maketrans(
    {
        "α": "alpha",
        "β": "beta",
        "γ": "gamma",
        "δ": "delta",
        "ε": "epsilon",
        "κ": "kappa",
        "λ": "lambda",
        "ω": "omega",
    }
)
_NO_LETTER = re.compile(r"[\W_]+")


def _loosened(name: str) -> str:
    """A name without what is written differently from text to text."""
    return _NO_LETTER.sub("", name.casefold().translate(_GREEK))


def _first(found: tuple[tuple[int, int, str], Sheet, str]) -> tuple[int, int, str]:
    return found[0]


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
        replaced = {sheet.id for sheet in added}
        sheets = (*(sheet for sheet in sheets if sheet.id not in replaced), *added)
    return Catalogue.build(sheets, found)
