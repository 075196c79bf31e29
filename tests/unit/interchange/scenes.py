"""Small runs of a tissue whose every number is known, to write down and read back."""

from __future__ import annotations

from functools import cache

import numpy as np

from cytokinome.engines.base import Schedule
from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.interchange.scene import Scene
from cytokinome.model.load import check_text

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
  tcell: {in: site, initial: 12, inside: {Z: {kind: intensive, initial: 2, unit: "1"}}}
rules:
  - resting macrophage becomes active at 2 /h
  - macrophage secretes TNF at 50 molecules/cell/s
  - macrophage produces Y inside at 5 molecules/cell/h
  - tcell dies at 0.3 /h
"""
BODIES = {"macrophage": Body(radius=6.0), "tcell": Body(radius=4.0)}


@cache
def scenes(is_layer: bool = False) -> tuple[Scene, ...]:
    """Three moments of one run, in a box whose sides all differ or in a layer."""
    size = (120.0, 80.0) if is_layer else (120.0, 80.0, 60.0)
    geometry = Geometry(size, 20.0, 15.0 if is_layer else None, bodies=BODIES, step=0.05)
    model = check_text(MODEL, "shown.yaml").require()
    solution = simulate(model, geometry, Schedule(), np.array([0.0, 1.0]), seed=4, snapshots=(0.0, 0.5, 1.0))
    radii = {"macrophage": 6.0, "tcell": 4.0}
    return tuple(
        Scene(
            s, geometry.grid, tuple(radii[p.split()[-1]] for p in s.populations), {"Z": "1"}, {"TNF": 3.6e4},
            {"TNF": 0.6},
        )
        for s in solution.snapshots
    )  # fmt: skip


@cache
def empty() -> Scene:
    """A box in which there are no cells any more."""
    (first, *_), keep = scenes(), np.zeros(32, dtype=bool)
    s = first.snapshot
    nobody = type(s)(s.time, s.cells.keep(keep), s.populations, s.molecules, s.fields)
    return Scene(nobody, first.grid, first.radii, first.intensives)
