"""Where a new model happens: in a dish, in blood, or in the tissues of a disease beside blood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.catalogue.records import Tissue
from cytokinome.model.assemble.sentences import cited

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Cell, Measured
    from cytokinome.model.assemble.gather import Cast
    from cytokinome.model.assemble.sentences import Desk, Entry

WELL, BLOOD, PLASMA = "well", "blood", "blood_plasma"
_WELL = ("1 mL", "assumed: a usual size")
_NO_VOLUME = ("1 L", "no volume of it was read")
_DISH = ("1e6 /mL", "cells of a dish")
_UNCOUNTED = ("1e5 /mL", "no number there was read")
_EXCHANGE = ("0.1 /h", "how much of its volume a tissue exchanges with blood was not read")


@dataclass(frozen=True, slots=True)
class Room:
    """A compartment of a new model; `tissue` is the record that it is made of, where there is one."""

    id: str
    kind: str
    volume: str
    source: str
    tissue: Tissue | None = None

    @property
    def entry(self) -> Entry:
        """The compartment as the language writes it."""
        return {"kind": self.kind, "volume": self.volume, "source": self.source}


@dataclass(frozen=True, slots=True)
class Rooms:
    """The compartments of a new model: where its cells live, and the blood beside it, where there is one."""

    home: tuple[Room, ...]
    blood: Room | None

    @property
    def all(self) -> tuple[Room, ...]:
        """All compartments, those of the cells first; blood that is the home stands once."""
        return tuple(dict.fromkeys((*self.home, *((self.blood,) if self.blood else ()))))

    @property
    def has_transport(self) -> bool:
        """Whether cells live elsewhere than drugs are given."""
        return self.blood is not None and self.blood not in self.home

    def names(self, *, from_blood: bool = False) -> str | list[str]:
        """Return where a molecule lives, as the language writes it: `from_blood` what is given there."""
        ids = [room.id for room in (reversed(self.all) if from_blood else self.all)]
        return ids[0] if len(ids) == 1 else ids

    def measured(self, molecule: str) -> list[str]:
        """Return the names of a molecule in all compartments."""
        return [molecule] if len(self.all) == 1 else [f"{molecule}@{room.id}" for room in self.all]


def rooms(cast: Cast) -> Rooms:
    """Return the compartments for a cast: a dish, blood, or the tissues of its disease beside blood."""
    if cast.place == "culture":
        return Rooms((Room(WELL, "culture", *_WELL),), None)
    blood = _room(BLOOD, "plasma", cast.known.find(PLASMA))
    if cast.place == "plasma":
        return Rooms((blood,), blood)
    return Rooms(tuple(_room(tissue.id, "tissue", tissue) for tissue in cast.tissues), blood)


def _room(id: str, kind: str, record: object) -> Room:
    tissue = record if isinstance(record, Tissue) else None
    if tissue is not None and tissue.volume is not None and tissue.volume.is_own:
        return Room(id, kind, tissue.volume.value, cited(tissue.volume.source), tissue)
    volume, reason = _NO_VOLUME
    return Room(id, kind, volume, f"assumed: {reason}", tissue)


def compartments(desk: Desk, where: Rooms) -> Entry:
    """Return the compartments as the language writes them, and list the volumes that are assumed."""
    for room in where.all:
        if room.kind != "culture" and room.source.startswith("assumed: "):
            desk.assumed.append(f"volume of {room.id} = {room.volume}: {room.source.removeprefix('assumed: ')}")
    return {room.id: room.entry for room in where.all}


def transport(desk: Desk, where: Rooms, molecules: list[str]) -> list[Entry]:
    """Return the ways of molecules between blood and the tissues beside it, as much one way as the other."""
    blood = where.blood
    if blood is None or not where.has_transport:
        return []
    rate, source = desk.assume("exchange", _EXCHANGE), f"assumed: {_EXCHANGE[1]}"
    return [
        {"of": molecules, "from": origin, "to": destination, "clearance": f"{rate} * {room.id}", "source": source}
        for room in where.home
        for origin, destination in ((blood.id, room.id), (room.id, blood.id))
    ]


def cells(desk: Desk, where: Rooms) -> Entry:
    """Return the cells with their numbers: as counted in the disease or in health, else assumed."""
    names = [room.id for room in where.home]
    place = names[0] if len(names) == 1 else names
    return {cell.id: {"in": place, "initial": _numbers(desk, cell, where)} for cell in desk.cast.cells}


def _numbers(desk: Desk, cell: Cell, where: Rooms) -> str | Entry:
    """How many cells there are, in each compartment where they live."""
    several = len(where.home) > 1
    found: Entry = {}
    for room in where.home:
        name = f"n_{cell.id}_{room.id}" if several else f"n_{cell.id}"
        counted = _counted(desk.cast, cell, room)
        found[room.id] = desk.take(name, counted) if counted else desk.assume(name, _guess(room))
    return found if several else str(next(iter(found.values())))


def _counted(cast: Cast, cell: Cell, room: Room) -> Measured | None:
    """The number of a cell in a compartment: in the disease of the model before in health."""
    if room.kind == "culture":
        return None
    matrices = {"whole blood"} if room.id == BLOOD else set(room.tissue.names if room.tissue else ())
    read = {a.state: a.density for a in cell.abundance if a.matrix in matrices and a.density.is_own}
    return read.get(cast.disease.id if cast.disease else "healthy") or read.get("healthy")


def _guess(room: Room) -> tuple[str, str]:
    return _DISH if room.kind == "culture" else _UNCOUNTED
