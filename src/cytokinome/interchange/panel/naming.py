"""What laboratories call a molecule → its record of the catalogue, and what a conversion of its units may know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from cytokinome import units
from cytokinome.catalogue.registry import catalogue
from cytokinome.diagnostics import did_you_mean
from cytokinome.units import Substance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.catalogue.records import Record, Standard
    from cytokinome.catalogue.records.measured import MolarMass

LETTERS = (("α", "alpha", "a"), ("β", "beta", "b"), ("γ", "gamma", "g"), ("λ", "lambda", "l"), ("ω", "omega", "w"))
MEASURABLE = ("cytokine", "binding-protein", "mediator", "receptor")
# Vendors write the species and the bead region around a name: `Hu IL-6 (19)`, `IL-6 (Human)`.
_HUMAN = re.compile(r"^(?:hu|human)[\s_-]+|[\s_]*[(\[]?\bhuman\b[)\]]?$", re.IGNORECASE)
_ANIMAL = re.compile(
    r"^(?:mo|ms|mouse|rat|rt|pig|porcine|nhp|monkey|canine|bovine)[\s_-]+\S|\((?:mouse|rat|nhp|pig)\)$", re.I
)
# Bead region of Bio-Plex; `HA` marks an assay of MSD for high abundance.
_BEAD = re.compile(r"\s*\((?:\d{1,3}|HA)\)$")
_PARTS = re.compile(r"[/()]+")


@dataclass(frozen=True, slots=True)
class Analyte:
    """A molecule of a panel: `id` is that of its record, or its name as written where the catalogue has none.

    `is_soluble_form`: the record is that of a receptor on cells, and blood holds what they shed of it.
    """

    id: str
    title: str = ""
    is_known: bool = True
    is_soluble_form: bool = False
    substance: Substance | None = None
    clots: bool = False


def bare(name: str) -> str:
    """Return a name without species and bead region.

    Examples
    --------
    >>> bare("Hu IL-12(p70) (75)"), bare("IL-6 (Human)")
    ('IL-12(p70)', 'IL-6')
    """
    return _HUMAN.sub("", _BEAD.sub("", name.strip())).strip()


def is_of_animal(name: str) -> bool:
    """Whether a name says that the assay is one for another species."""
    return bool(_ANIMAL.search(name.strip()))


def is_analyte(name: str) -> bool:
    """Whether a column of this name holds a molecule, even where no unit says so.

    Names of receptors do not: `MET` and `KIT` are words of other sciences too, and have units where they are meant.
    """
    found = find(name)
    return found.is_known and not found.is_soluble_form


@lru_cache(maxsize=4096)
def find(name: str) -> Analyte:
    """Return the molecule that a name means; `is_known` is false where the catalogue has none of that name."""
    known = catalogue()
    record = _record(bare(name)) or _record(name)
    record = _soluble_form(record) or record
    if record is None:
        return Analyte(bare(name) or name, is_known=False)
    mass = cast("MolarMass | None", getattr(record, "molar_mass", None))
    return Analyte(
        id=record.id,
        title=record.title,
        is_soluble_form=record.kind == "receptor",
        substance=Substance(
            record.id,
            mass.canonical if mass is not None and mass.bound is None else None,
            _activity(record.id),
        ),
        clots=record.id in known.clotting,
    )


def _record(name: str) -> Record | None:
    """The molecule of a name, of its other spellings, or of most parts of a name such as ``CXCL8/IL-8``.

    A part that the catalogue does not know changes nothing where two others mean one molecule; of ``IL-12/IL-23p40``
    and ``IL-12(p40)`` one part alone is known, and it is not meant.
    """
    found = next((r for one in _spellings(name) if (r := _measurable(one)) is not None), None)
    parts = [part.strip() for part in _PARTS.split(name) if part.strip()]
    if found is not None or len(parts) < 2:
        return found
    known = [r for part in parts if (r := _record(part)) is not None]
    return known[0] if len(known) > 1 and len({one.id for one in known}) == 1 else None


def _soluble_form(record: Record | None) -> Record | None:
    """The record of what blood holds of a receptor with one kind of chain, where the catalogue has one."""
    if record is None or record.kind != "receptor":
        return None
    chains = {unit.uniprot for unit in record.assembly.subunits}
    shed = [
        r for r in catalogue().records("binding-protein") if {c.uniprot for c in getattr(r, "chains", ())} == chains
    ]
    return shed[0] if len(shed) == 1 else None


def _measurable(name: str) -> Record | None:
    record = catalogue().find(name)
    return record if record is not None and record.kind in MEASURABLE else None


def _spellings(name: str) -> Iterator[str]:
    """A name as written, with its Greek letter written as a Latin one or the other way round, with and without `s`.

    Examples
    --------
    >>> list(_spellings("MIP-1a")), list(_spellings("sCD40L"))
    (['MIP-1a', 'MIP-1alpha', 'sMIP-1a'], ['sCD40L', 'CD40L'])
    """
    yield name
    for greek, word, latin in LETTERS:
        if name.endswith(greek):
            yield name.removesuffix(greek) + latin
        elif name.casefold().endswith(word):
            yield name[: -len(word)] + latin
        elif name.endswith(latin) and (name[-2:-1].isdigit() or name[-2:-1] in ("-", " ")):
            yield name.removesuffix(latin) + word
    yield name[1:] if re.match(r"s[A-Z]", name) else f"s{name}"


def _activity(id: str) -> float | None:
    """IU per gram, where exactly one standard of the catalogue says so."""
    standards = (cast("Standard", r) for r in catalogue().records("standard"))
    found = [s.specific_activity for s in standards if s.molecule == id and s.specific_activity is not None]
    return found[0].canonical if len(found) == 1 and found[0].bound is None else None


def suggestion(name: str) -> str:
    """Return which molecule of the catalogue an unknown name may mean, empty where none is near."""
    known = catalogue()
    names = {n for kind in MEASURABLE for sheet in known.of_kind(kind) for n in sheet.names if not n.startswith("HGNC")}
    near = did_you_mean(bare(name), _shortest(names))
    return near if near.startswith("did you mean") else ""


def _shortest(names: set[str]) -> list[str]:
    """The shorter names, which are those of panels; `did_you_mean` compares with 2 000 at most."""
    return sorted(names, key=lambda n: (len(n), n))[:2000]


def factor(have: str, want: str, analyte: Analyte) -> float:
    """Return the factor from numbers in one unit to numbers in another, for this molecule.

    Raises
    ------
    UnitError
        Where the two do not measure the same, or only through a molar mass or a standard that the catalogue lacks.
    """
    if have == want:
        return 1.0
    a, b = units.parse_unit(have), units.parse_unit(want)
    return a.factor * units.conversion(a.dimension, b.dimension, analyte.substance) / b.factor
