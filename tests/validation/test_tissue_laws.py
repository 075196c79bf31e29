"""The tissue engine against the mean field where both must agree, and against closed forms where only cells count."""

import numpy as np
import pytest

from cytokinome import load_model
from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode.reference import solve
from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.model.load import check_text
from cytokinome.units import AVOGADRO

PMOL = 1e12 / AVOGADRO  # of one molecule


def test_well_mixed_cells_follow_the_mean_field():
    """The shipped culture, 1 000 cells in 1 mm³ with fast diffusion: the ODE within what 1 000 cells allow."""
    model = load_model("tnf-il10-culture")
    kernel = compile_model(model)
    molecules = ("LPS", "TNF", "IL10", "infliximab", "TNF_infliximab")
    geometry = Geometry((1000.0,) * 3, 100.0, diffusion=dict.fromkeys(molecules, 1e8), step=0.1)
    times = np.linspace(0.0, 24.0, 9)
    solution = simulate(model, geometry, Schedule(), times, seed=3)
    names = [o.name for o in kernel.outputs]
    select = [names.index(n) for n in solution.outputs]
    mean = solve(kernel, kernel.defaults()[None], Schedule(), times, select=select).values[0]
    column = solution.outputs.index
    assert solution.values[:, column("LPS")] == pytest.approx(mean[:, column("LPS")], rel=1e-6)
    active, expected = (v[:, column("count(active macrophage)")] / 1e6 for v in (solution.values, mean))
    # 3.5 standard deviations of 1 000 cells at each of eight times
    assert active == pytest.approx(expected, abs=3.5 * 0.5 / np.sqrt(1000))
    for name in ("TNF", "IL10"):
        assert solution.of(name)[2:] == pytest.approx(mean[2:, column(name)], rel=0.05)


BINDING = """\
cytokinome: 1
model: binding
title: Binding
compartments:
  site: {kind: tissue, volume: 8e-9 L}
molecules:
  X: {in: site, initial: 40 pM, degrades: {rate: 0.5 /h, source: assumed}}
  Y: {in: site}
  XY: {in: site}
receptors:
  R: {ligands: {X: {kon: 30 /(nM*h), koff: 2 /h}}, internalisation: 1 /h, source: assumed}
cells:
  a: {in: site, initial: 64, inside: {Z: {initial: 10}}}
rules:
  - a secretes X at 10 molecules/cell/s
  - a secretes Y at 3 molecules/cell/s
  - a binds X through R at 8000 receptors/cell
  - a produces Z inside at 100 molecules/cell/h, driven by X at R (half 50 pM)
reactions:
  - {equation: X + Y <-> XY, kon: 0.02 /(pM*h), koff: 1 /h, source: assumed}
"""


def test_binding_and_reactions_follow_the_mean_field():
    """Without events nothing is left to chance: bound receptors, what cells carry and reactions within 0.2 %."""
    model = check_text(BINDING, "binding.yaml").require()
    kernel, times = compile_model(model), np.linspace(0.0, 4.0, 9)
    errors = []
    for rtol in (1e-2, 1e-3, 1e-4):
        geometry = Geometry((200.0,) * 3, 50.0, diffusion=dict.fromkeys(("X", "Y", "XY"), 1e9), step=0.5, rtol=rtol)
        solution = simulate(model, geometry, Schedule(), times)
        names = [o.name for o in kernel.outputs]
        select = [names.index(n) for n in solution.outputs]
        mean = solve(kernel, kernel.defaults()[None], Schedule(), times, select=select).values[0]
        assert {"X", "Y", "XY", "mean(a.Z)"} <= set(solution.outputs)
        errors.append(np.max(np.abs(solution.values - mean) / np.max(np.abs(mean), axis=0, initial=1e-30)))
    assert errors[0] > errors[1] > errors[2]
    assert errors[1] < 2e-3


BLOCKADE = """\
cytokinome: 1
model: blockade
title: Blockade
compartments:
  site: {kind: tissue, volume: 8e-9 L}
molecules:
  X: {in: site}
  Y: {in: site}
  B: {in: site, initial: LEVEL}
receptors:
  R: {ligands: {X: 100 pM}, antagonists: {B: 10 pM}, source: assumed}
cells:
  a: {in: site, initial: 40}
rules:
  - a secretes X at 10 molecules/cell/s
  - a takes up X through R at 5000 receptors/cell with internalisation 0.1 /min
  - a secretes Y at 10 molecules/cell/s, driven by X at R (half 50 pM)
"""


def test_a_blocked_receptor_neither_signals_nor_takes_up():
    """As the antagonist grows the signal falls to nothing, and at equal secretion the free ligand does not fall."""
    X, Y = [], []
    for level in ("0 pM", "1 nM", "1 mM"):
        model = check_text(BLOCKADE.replace("LEVEL", level), "blockade.yaml").require()
        geometry = Geometry((200.0,) * 3, 20.0, diffusion=dict.fromkeys("XYB", 3.6e4))
        solution = simulate(model, geometry, Schedule(), np.array([0.0, 1.0, 2.0]), seed=5)
        X.append(solution.of("X")[-1])
        Y.append(solution.of("Y")[-1])
    secreted = 40 * 10 * 7200 * PMOL / 8e-9
    assert np.all(np.diff(X) > 0)
    assert X[0] < 0.7 * secreted
    assert X[2] == pytest.approx(secreted, rel=1e-4)
    assert np.all(np.diff(Y) < 0)
    assert Y[2] < 1e-4 * Y[0]


NICHE = """\
cytokinome: 1
model: niche
title: Niche
compartments:
  site: {kind: tissue, volume: 1e-7 L}
molecules:
  IL2: {in: site, diffusion: 10 um^2/s, degrades: {rate: 16 /h, source: assumed}}
  seen: {in: site, diffusion: 10 um^2/s}
receptors:
  IL2R: {ligands: {IL2: {kon: 111.6 /(nM*h), koff: 0.83 /h}}, internalisation: 6 /h, source: assumed}
cells:
  source: {in: site, initial: 0}
  treg: {in: site, initial: 0}
  effector: {in: site, initial: 0, inside: {E: {initial: 0}}}
rules:
  - source secretes IL2 at 10 molecules/cell/s
  - treg takes up IL2 through IL2R at RECEPTORS receptors/cell
  - rule: effector produces E inside
    at: 1 molecules/cell/h * IL2 / 1 pM
"""


def spheres(distances, secreted, uptake, D, radius, length):
    """Concentrations at the surfaces of spheres that give and take: each in the field of all others (Foldy 1945)."""
    n = len(distances)
    far = distances + radius * np.eye(n)
    green = np.exp(-(far - radius) / length) / (4 * np.pi * D * far * (1 + radius / length)) / 1e-15
    return np.linalg.solve(np.eye(n) + green * uptake[None, :], green @ secreted)


@pytest.mark.parametrize("receptors", [1e3, 1e4, 4e4])
def test_regulatory_cells_take_what_an_effector_would_feel(receptors):
    """A ring of consumers between a secretor and an effector, cell by cell, against spheres in each other's field."""
    model = check_text(NICHE.replace("RECEPTORS", f"{receptors:g}"), "niche.yaml").require()
    D, radius, length = 3.6e4, 5.0, np.sqrt(3.6e4 / 16)
    centre = np.full(3, 203.0)
    ring = [centre + 18.0 * np.array([np.cos(a), np.sin(a), 0.0]) for a in np.arange(6) * np.pi / 3]
    effector = centre + np.array([36.0, 0.0, 0.0])
    felt = []
    for tregs in ([], ring):
        place = {"source": centre[None], "treg": np.reshape(tregs, (-1, 3)), "effector": effector[None]}
        geometry = Geometry(
            (400.0,) * 3, 10.0, place=place, bodies=dict.fromkeys(("source", "treg", "effector"), Body(radius)),
            walls={"IL2": ((0.0, 0.0),) * 3}, step=0.25,
        )  # fmt: skip
        solution = simulate(model, geometry, Schedule(), np.array([0.0, 0.5, 0.75]), snapshots=(0.5, 0.75))
        assert solution.outcome.status == "completed"
        early, late = (s.cells.inside["E"][-1] / PMOL for s in solution.snapshots)
        felt.append((late - early) / 0.25)
    places = np.array([centre, *ring, effector])
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    # uptake far from saturation: ρ kint/K, K = (koff + kint)/kon
    cleared = receptors / AVOGADRO * 1e12 * 6.0 / ((0.83 + 6.0) / (111.6e-3))
    uptake = np.array([0.0, *[cleared] * 6, 0.0])
    secreted = np.array([36000 * PMOL, *[0.0] * 7])
    exact = spheres(distances, secreted, uptake, D, radius, length)[-1]
    alone = spheres(distances, secreted, 0 * uptake, D, radius, length)[-1]
    assert felt[0] == pytest.approx(alone, rel=0.05)
    assert felt[1] / felt[0] == pytest.approx(exact / alone, rel=0.06)
