"""Small runs of a tissue whose every number is known, to write down and read back."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from cytokinome.engines.base import Schedule
from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.engines.tissue.space import Frame, Space
from cytokinome.interchange.scene import Scene, scenes
from cytokinome.model.load import check_text
from cytokinome.units import parse_unit

MODEL = """\
cytokinome: 1
model: shown
title: "Cells & <molecules>"
compartments:
  site: {kind: tissue, volume: 5.76e-10 L}
molecules:
  TNF: {in: site, diffusion: 10 um^2/s}
  IL10: {in: site, initial: 3 pM, diffusion: 10 um^2/s}
cells:
  macrophage: {in: site, states: {activation: {resting: 20, active: 0}}, inside: {Y: {initial: 8}}}
  tcell: {in: site, initial: 12, inside: {Z: {kind: intensive, initial: 2 mM, unit: mM}}}
rules:
  - resting macrophage becomes active at 2 /h
  - macrophage secretes TNF at 50 molecules/cell/s
  - macrophage produces Y inside at 5 molecules/cell/h
  - tcell dies at 0.3 /h
"""
BODIES = {"macrophage": Body(radius=6.0), "tcell": Body(radius=4.0)}


RADII = {"macrophage": 6.0, "tcell": 4.0}


@cache
def space(is_layer: bool = False) -> Space:
    """The snapshots of one run, in a box whose sides all differ or in a layer."""
    size = (120.0, 80.0) if is_layer else (120.0, 80.0, 60.0)
    geometry = Geometry(size, 20.0, 15.0 if is_layer else None, bodies=BODIES, step=0.05)
    model, times = check_text(MODEL, "shown.yaml").require(), (0.0, 0.5, 1.0)
    run = simulate(model, geometry, Schedule(), np.array([0.0, 1.0]), seed=4, snapshots=times)
    first, grid = run.snapshots[0], geometry.grid
    frame = Frame(first.molecules, first.populations, ("Y", "Z"), grid.shape, grid.spacing, grid.thickness)
    radii = np.array([RADII[p.split()[-1]] for p in first.populations])
    return Space.none(frame, np.array(times)).with_run(0, run.snapshots, radii)


@cache
def course(is_layer: bool = False) -> tuple[Scene, ...]:
    """Its three moments."""
    return tuple(scenes(space(is_layer), 0, {"Z": parse_unit("mM")}))


@cache
def empty() -> Scene:
    """A box in which there are no cells any more."""
    whole = space()
    nobody = replace(whole, cells=whole.cells[:0])
    return next(scenes(nobody, 0, {"Z": parse_unit("mM")}))
