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
    from cytokinome.catalogue.records import Standard
    from cytokinome.catalogue.records.measured import MolarMass

MEASURABLE = ("cytokine", "binding-protein", "mediator", "receptor")
# Vendors write the species and the bead region around a name: `Hu IL-6 (19)`, `IL-6 (Human)`.
_HUMAN = re.compile(r"^(?:hu|human)[\s_-]+|[\s_]*[(\[]?\bhuman\b[)\]]?$", re.IGNORECASE)
_ANIMAL = re.compile(
    r"^(?:mo|ms|mouse|rat|rt|pig|porcine|nhp|monkey|canine|bovine)[\s_-]+\S|\((?:mouse|rat|nhp|pig)\)$", re.I
)
_BEAD = re.compile(r"\s*\(\d{1,3}\)$")


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
    record = known.find(bare(name)) or known.find(name)
    if record is None or record.kind not in MEASURABLE:
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
