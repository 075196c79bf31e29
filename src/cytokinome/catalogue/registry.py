"""All records, found by id, symbol or synonym."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, cast

from cytokinome.catalogue.folders import FOLDERS, load_folder
from cytokinome.catalogue.sheets import Sheet, loosened
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
    """The records, in the order of kind and id. Built by `build`, which reports names that mean two records.

    `faulty` are the sheets of texts that are no records, so that who names one of them is not told that it is unknown.
    """

    sheets: tuple[Sheet, ...]
    _exact: dict[str, Sheet] = field(repr=False, compare=False)
    faulty: tuple[Sheet, ...] = ()

    @classmethod
    def build(cls, sheets: Iterable[Sheet], found: Collector) -> Catalogue:
        """Return the catalogue of these sheets.

        Names that mean two records are reported where they stand last; only the first that has one as its id is found
        by it.
        """
        read = tuple(sheets)
        kept = tuple(sheet for sheet in read if sheet.is_whole)
        faulty = tuple(sheet for sheet in read if not sheet.is_whole)
        names: dict[str, Sheet] = {}
        for folded, owners in _owners(kept, faulty).items():
            _report_clash(folded, owners, found)
            named = [sheet for sheet in owners if sheet.id.casefold() == folded] if len(owners) > 1 else owners
            if named and named[0].is_whole:
                names.update((name, named[0]) for name in named[0].names if name.casefold() == folded)
        return cls(kept, names, faulty)

    @cached_property
    def _folded(self) -> dict[str, Sheet]:
        return {name.casefold(): sheet for name, sheet in self._exact.items()}

    @cached_property
    def _loose(self) -> dict[str, Sheet]:
        owners: dict[str, dict[str, Sheet]] = {}
        for name, sheet in self._exact.items():
            owners.setdefault(loosened(name), {})[sheet.id] = sheet
        return {name: sheet for name, sheets in owners.items() if len(sheets) == 1 for sheet in sheets.values()}

    def find(self, name: str) -> Record | None:
        """Return the record of an id, symbol, synonym, HGNC id or UniProt accession.

        Exactly, else whatever the case, else with hyphens and spaces left out and Greek letters spelled, else without
        the s of a plural: what that could mean twice is not found.

        Examples
        --------
        >>> record = catalogue().find("IL-8")
        >>> record.id if record else None
        'CXCL8'
        """
        loose = loosened(name)
        found = self._exact.get(name) or self._folded.get(name.casefold()) or self._loose.get(loose)
        sheet = found or self._loose.get(loose.removesuffix("s"))
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
            raise missing(f"the catalogue has no {name}" if name.strip() else "no name was given", self.suggest(name))
        return record

    def search(self, text: str, kind: str | None = None) -> tuple[tuple[Sheet, str], ...]:
        """Return the records with a name that contains `text`, as loosely as `find`, and that name; the best first.

        Best is a name that is the text, then one that begins with it, then the shortest. Records are not built for it.

        Raises
        ------
        CatalogueError
            ``CATALOGUE_MISSING`` when there is no such kind.
        """
        wanted, best = loosened(text), dict[str, tuple[tuple[int, int, str], Sheet, str]]()
        of_kind = {sheet.id for sheet in self.of_kind(kind)}
        for name, sheet in self._exact.items() if wanted else ():
            loose = loosened(name)
            where = loose.find(wanted)
            if where >= 0 and sheet.id in of_kind:
                rank = (min(where, 1) + (len(loose) > len(wanted)), len(name), name)
                best[sheet.id] = min(best.get(sheet.id, (rank, sheet, name)), (rank, sheet, name), key=_first)
        return tuple((sheet, name) for _, sheet, name in sorted(best.values(), key=_first))

    def suggest(self, name: str, kinds: Iterable[str] = ()) -> str:
        """Return ``did you mean …?`` with the nearest names of records of these kinds, or else how to search.

        Where no kind is given, what is stated between records is none of them.
        """
        wanted = frozenset(kinds)
        sheets = [s for s in self.sheets if (s.kind in wanted if wanted else s.kind != "interaction")]
        begins = loosened(name)[:2]  # of all names only those that begin as this one does are compared
        alike = dict.fromkeys(n for s in sheets for n in s.names if n in self._exact and loosened(n)[:2] == begins)
        for names in (alike, [s.id for s in sheets]):
            near = did_you_mean(name, names)
            if near.startswith("did you mean"):
                return near
        of_kind = f" --kind {min(wanted)}" if len(wanted) == 1 else ""
        return f"look for a part of its name: `cytokinome catalogue search PART{of_kind}`"

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


def _owners(kept: Iterable[Sheet], faulty: Iterable[Sheet]) -> dict[str, list[Sheet]]:
    """Who has each name, whatever its case; a faulty record is not another one than that of its kind and id."""
    there = {(sheet.kind, sheet.id) for sheet in kept}
    owners: dict[str, list[Sheet]] = {}
    for sheet in (*kept, *(half for half in faulty if (half.kind, half.id) not in there)):
        for folded in dict.fromkeys(name.casefold() for name in sheet.names):
            owners.setdefault(folded, []).append(sheet)
    return owners


def _report_clash(folded: str, owners: list[Sheet], found: Collector) -> None:
    """Report a name of several records, at the last of them."""
    if len(owners) < 2:
        return
    *others, last = owners
    also = [other.where_named(folded) for other in others]
    if any(other.id == last.id for other in others):
        message, hint = f"two records have the id {last.id}", "give one of them an id of its own, or join them in one"
        found.error("DUPLICATE_NAME", message, last.place(("id",)), hint=hint, also=also)
    else:
        message = f"{folded!r} could mean {' or '.join(sheet.id for sheet in owners)}"
        hint = "leave the name to the one that people mean by it"
        found.error("AMBIGUOUS_NAME", message, last.where_named(folded), hint=hint, also=also)


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
    """Return the catalogue of the package with the records of further data folders.

    These replace those of their kind and id. Faulty records are reported and left out.
    """
    from importlib.resources import files

    sheets = load_folder(files("cytokinome.catalogue") / "data", found)
    for folder in folders:
        added = load_folder(folder, found)
        replaced = {(sheet.kind, sheet.id) for sheet in added if sheet.is_whole}
        sheets = (*(sheet for sheet in sheets if (sheet.kind, sheet.id) not in replaced), *added)
    return Catalogue.build(sheets, found)
