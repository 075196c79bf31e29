"""The box of an experiment held against its model, and as the engine takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.experiments.quantities import Quantities, plain_value
from cytokinome.model import populations, scope
from cytokinome.units import CONCENTRATION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.experiments.protocol import Tissue, Wall
    from cytokinome.model.components import Model
    from cytokinome.model.expressions import Expression

    Held = tuple[float | None, float | None]


def check_tissue(model: Model, tissue: Tissue, found: Collector) -> None:
    """Report names that the model does not have, and walls that hold no concentration."""
    check_names(model, tissue, found, ("place", "cells", "diffusion", "walls"))
    _walls(model, tissue, found)


def check_names(model: Model, tissue: Tissue, found: Collector, keys: Iterable[str]) -> None:
    """Report names under some of the keys that the model does not have."""
    known = _names(model)
    for (key, name), where in tissue.places.items():
        if key in keys and name not in known[key]:
            what = "cells called" if key in ("place", "cells") else "molecule"
            hint = did_you_mean(name, known[key])
            found.error("UNKNOWN_NAME", f"the model has no {what} {name}", where, hint=hint)


def geometry_of(model: Model, tissue: Tissue) -> Geometry:
    """Return the box for a model; names that an intervention has taken away are left out."""
    known = _names(model)
    return Geometry(
        tissue.size,
        tissue.spacing,
        tissue.thickness,
        bodies=dict(tissue.bodies),
        place=dict(tissue.place),
        diffusion={name: value for name, value in tissue.diffusion if name in known["diffusion"]},
        walls=_walls(model, tissue, Collector()),
        vessels=tissue.vessels,
        step=tissue.step,
        rtol=tissue.rtol,
    )


def _names(model: Model) -> dict[str, list[str]]:
    """What may be named under each key."""
    cells = [cell.id for cell in model.cells]
    kinds = [populations.kind_label(model, kind) for kind in populations.reachable_kinds(model)]
    molecules = [scope.molecule_state(model, m.id, place) for m in model.molecules for place in m.compartments]
    return {"place": [*cells, *kinds], "cells": cells, "diffusion": molecules, "walls": molecules}


def _walls(model: Model, tissue: Tissue, found: Collector) -> dict[str, tuple[Held, ...]]:
    """The concentrations [pM] that walls hold, per molecule and axis."""
    known, quantities = _names(model)["walls"], Quantities(model, found)
    held: dict[str, list[Held]] = {}
    for wall in tissue.walls:
        if wall.molecule in known:
            pairs = held.setdefault(wall.molecule, [(None, None)] * (len(tissue.size) or 3))
            low, high = (_concentration(quantities, wall, value) for value in (wall.low, wall.high))
            pairs[wall.axis] = (low, high)
    return {name: tuple(pairs) for name, pairs in held.items()}


def _concentration(quantities: Quantities, wall: Wall, written: Expression | None) -> float | None:
    if written is None:
        return None
    agent = scope.substance(quantities.model, wall.molecule.partition("@")[0])
    what, found = f"what a wall holds of {wall.molecule}", quantities.found
    resolved = quantities.resolve(written, CONCENTRATION, what, agent)
    value = None if resolved is None else plain_value(resolved)
    hint = "write a concentration such as 10 nM, or no flux"
    if resolved is not None and value is None:
        found.error("BAD_VALUE", f"{what} is `{written}`, not a number with a unit", wall.where, hint=hint)
    elif value is not None and value < 0:
        found.error("NEGATIVE_VALUE", f"{what} is negative: {written}", wall.where, hint=hint)
    return value
