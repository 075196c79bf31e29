"""The scenarios in space: what their models say of IL-2 niches, crawling neutrophils and plaques, in small boxes."""

from dataclasses import replace

import numpy as np
import pytest

import cytokinome
from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Schedule
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.engines.tissue.coupling_places import Lattice
from cytokinome.experiments.tissue import geometry_of
from cytokinome.units import AVOGADRO

PMOL = 1e12 / AVOGADRO  # of one molecule


def scenario(id):
    """The model of a scenario, and the box that its experiment puts it into."""
    study = cytokinome.load_experiment(id)
    assert study.experiment.engine == "tissue"
    assert study.experiment.tissue is not None
    return study.model, geometry_of(study.model, study.experiment.tissue)


def run(model, geometry, hours, *, points=2, snapshots=(), seed=1, **parameters):
    """One run with some parameters of its own, in canonical units."""
    kernel = compile_model(model)
    names, values = [s.name for s in kernel.parameters], np.array(kernel.defaults(), dtype=float)
    for name, value in parameters.items():
        values[names.index(name)] = value
    times = np.linspace(0.0, hours, points)
    solution = simulate(model, geometry, Schedule(), times, seed=seed, parameters=values, snapshots=snapshots)
    assert solution.outcome.status == "completed", solution.outcome.sentence
    return solution


# ------------------------------------------------------------------------------------------------------ IL-2 niche
WEAK, STRONG, TREG = 329 * PMOL, 1e4 * PMOL, 3476 * PMOL


def niche(effector, *, near=0.0, remote=0.0):
    """Mean signal and occupied receptors of the effector cells after two hours."""
    model, geometry = scenario("il2-niche")
    geometry = replace(geometry, step=0.1, rtol=1e-2)
    receptors = {"rho_effector": effector, "rho_niche": near, "rho_remote": remote}
    solution = run(model, geometry, 2.0, snapshots=(2.0,), **receptors)
    (snapshot,) = solution.snapshots
    cells = snapshot.cells
    is_effector = cells.populations == snapshot.populations.index("effector")
    return solution.of("signal")[-1], np.mean(cells.inside["IL2.IL2R"][is_effector]) / PMOL


def test_a_treg_takes_il2_from_weakly_activated_cells_only():
    """Far from the secretor it does where the niche is wide, and not where strong consumers keep the niche narrow."""
    none, far, near = niche(WEAK), niche(WEAK, remote=TREG), niche(WEAK, near=TREG)
    for i in (0, 1):  # signal, occupied receptors
        assert near[i] < 0.85 * far[i]
        assert far[i] < 0.88 * none[i]
    spared, untouched = niche(STRONG, remote=TREG), niche(STRONG)
    assert spared == pytest.approx(untouched, rel=0.03)
    assert 20 < none[1] < 329


# ------------------------------------------------------------------------------------------------------ neutrophils
V, TAU = 17.0 * 60.0, 5.0 / 60.0  # µm/h, h


def test_neutrophils_diffuse_without_a_gradient():
    """MSD → 2 d D t with D = v² τ/d within 3 %, at the measured speed of 17 ± 6 µm/min."""
    model, geometry = scenario("neutrophil-chemotaxis")
    side, n = 3000.0, 2000
    start = np.random.default_rng(3).uniform(1000.0, 2000.0, (n, 2))
    body = replace(geometry.body("neutrophil"), radius=0.5)  # so that they do not meet
    wide = Geometry((side, side), 100.0, 20.0, bodies={"neutrophil": body}, place={"neutrophil": start}, step=1 / 60)
    assert body.persistence == TAU
    moments = (0.0, 1 / 60, 0.25, 0.5)
    first, second, middle, last = (s.cells.places for s in run(model, wide, 0.5, snapshots=moments).snapshots)
    speed = np.linalg.norm(second - first, axis=1)  # per minute
    assert np.median(speed) == pytest.approx(17.0, rel=1e-6)
    assert 11.0 < np.mean(speed) < 23.0
    ways = np.concatenate([middle - first, last - middle])  # twice 15 minutes
    msd, D = np.mean(np.sum(ways**2, axis=1)), V**2 * TAU / 2
    # a walk that is straight at first falls behind 2 d D t by τ in time
    assert msd / (2 * 2 * D) == pytest.approx(0.25 - TAU * (1 - np.exp(-0.25 / TAU)), rel=0.03)


def test_drift_follows_the_difference_in_occupancy():
    """b·v with b the gain times the difference over the cell, at four levels of one slope; none in saturation."""
    model, geometry = scenario("neutrophil-chemotaxis")
    width, height, K, rise = 1000.0, 2000.0, 7900.0, 6000.0  # µm, pM
    body = replace(geometry.body("neutrophil"), gain=100.0)
    place = np.random.default_rng(5).uniform((400.0, 20.0), (500.0, height - 20.0), (600, 2))
    drifts, expected = [], []
    for level in (0.5 * K, K, 3.0 * K, 40.0 * K):
        walls = {"CXCL8": ((level - rise / 2, level + rise / 2), (None, None))}
        box = Geometry(
            (width, height), 50.0, 20.0, bodies={"neutrophil": body}, place={"neutrophil": place}, walls=walls,
            diffusion={"CXCL8": 1e8}, step=1 / 60,
        )  # fmt: skip
        early, late = (s.cells.places[:, 0] for s in run(model, box, 0.4, snapshots=(0.2, 0.4)).snapshots)
        drifts.append(np.mean(late - early) / 0.2)
        where = level + rise / width * (0.5 * (early + late) - width / 2)
        occupied = K / (where + K) ** 2 * rise / width * 2 * body.radius
        expected.append(np.mean(body.gain * occupied) * V)
    noise = 3.0 * np.sqrt(2 * (V**2 * TAU / 2) * 0.2 / 600) / 0.2
    assert drifts == pytest.approx(expected, abs=noise)
    assert drifts[0] > drifts[1] + noise > drifts[2] + 2 * noise
    assert drifts[0] > 0.3 * V
    assert abs(drifts[3]) < noise


# ----------------------------------------------------------------------------------------------------------- plaque
def plaque(hours, production, *, side=480.0, seed=1, points=9):
    """The radius of the plaque [µm] over time, at some molecules of interferon per cell and second."""
    model, geometry = scenario("virus-plaque")
    place = {"healthy epithelial": Lattice(20.0), "producing epithelial": np.full((1, 2), side / 2)}
    small = replace(geometry, size=(side, side), place=place)
    solution = run(model, small, hours, points=points, seed=seed, q_IFN=production * 3600 * PMOL)
    share = small.grid.volume / 4.096e-9  # counts are those of the whole layer
    return solution.times, solution.of("radius") * np.sqrt(share)


def test_a_plaque_grows_linearly_without_interferon():
    """A travelling wave: radius against time is a line once some rounds of infection have passed."""
    times, radius = plaque(38.0, 0.0, points=20)
    late = times >= 14.0
    slope, offset = np.polyfit(times[late], radius[late], 1)
    residual = radius[late] - (slope * times[late] + offset)
    assert 1 - np.var(residual) / np.var(radius[late]) > 0.99
    assert 4.0 < slope < 8.0  # µm/h
    # area would grow linearly instead were it not a wave
    assert radius[-1] ** 2 - radius[late][0] ** 2 > 2.2 * (radius[late][len(residual) // 2] ** 2 - radius[late][0] ** 2)


@pytest.mark.parametrize(("production", "grows"), [(0.03, True), (0.3, False)])
def test_interferon_stops_a_plaque_beyond_a_threshold(production, grows):
    """Ten times more than where it still grows it has stopped, whatever the seed."""
    for seed in (2, 3):
        times, radius = plaque(48.0, production, seed=seed)
        last_day = radius[-1] / radius[times.searchsorted(24.0)]
        assert (last_day > 1.3) if grows else (last_day < 1.1)
        assert (radius[-1] > 70.0) if grows else (radius[-1] < 45.0)


# --------------------------------------------------------------------------------------------------------- together
def test_a_scenario_runs_with_its_claims():
    """As `cytokinome run` does it: on the tissue engine, without being told, and with snapshots of each arm."""
    result = cytokinome.run("neutrophil-chemotaxis", patients=1)
    assert result.manifest.engine.startswith("tissue/")
    assert [c.id for c in result.claims if not c.passed] == []
    assert set(result.fields("healthy").sizes) == {"patient", "time", "molecule", "y", "x"}
    assert all(o.status == "completed" for arm in result.arms.values() for o in arm.outcomes)
