"""Who kills whom in space: the hazard of pairs in contact, what is left of the dead, and the mean field's rate."""

import numpy as np
import pytest

from cytokinome.engines.base import Schedule
from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.model.load import check_text
from cytokinome.units import AVOGADRO

PMOL = 1e12 / AVOGADRO  # of one molecule
PAIRS = """\
cytokinome: 1
model: pairs
compartments: {{site: {{kind: tissue, volume: {volume!r} L}}}}
molecules: {{Y: {{in: site, diffusion: 10 um^2/s}}}}
cells:
  k: {{in: site, initial: 0}}
  v: {{in: site, initial: 0, inside: {{Y: {{initial: 1000}}}}}}
rules:
  - k {verb} v{how} at {rate!r} L/cell/h
"""
APART, TOUCHING, REACH = 40.0, 10.0, 11.0


def contact(thickness):
    """The volume in which centres of neighbours in reach are [L]."""
    if thickness is None:
        return 4 / 3 * np.pi * (REACH**3 - TOUCHING**3) * 1e-15
    return np.pi * (REACH**2 - TOUCHING**2) * thickness * 1e-15


def pairs(size):
    """A lattice of killers, each with one victim beside it, in reach of no other."""
    along = [np.arange(APART / 2, side, APART) for side in size]
    killers = np.stack([x.ravel() for x in np.meshgrid(*along, indexing="ij")], axis=1)
    return killers, killers + np.eye(len(size))[0] * 10.5


@pytest.mark.parametrize("size", [(320.0,) * 3, (840.0, 600.0)], ids=["box", "layer"])
@pytest.mark.parametrize("verb", ["kills", "kills by necrosis", "engulfs"])
def test_a_pair_in_contact_has_its_hazard_and_leaves_what_the_verb_says(verb, size):
    """k/V_contact for each; what the dead held goes to the tissue by necrosis, and nowhere when it is engulfed."""
    thickness = 12.0 if len(size) == 2 else None
    volume = float(np.prod(size)) * (thickness or 1.0) * 1e-15
    killers, victims = pairs(size)
    rate = 0.8 * contact(thickness)  # 0.8 /h for a pair
    verb, _, how = verb.partition(" ")
    text = PAIRS.format(verb=verb, volume=volume, rate=rate, how=f" {how}" if how else "")
    geometry = Geometry(size, 20.0, thickness, place={"k": killers, "v": victims}, step=0.25)
    solution = simulate(check_text(text, "pairs.yaml").require(), geometry, Schedule(), np.array([0.0, 1.0]), seed=6)
    assert solution.of("count(k)").tolist() == [len(killers)] * 2
    left, n = solution.of("count(v)")[-1], len(victims)
    expected = np.exp(-0.8)
    assert left / n == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / n))
    released = (n - left) * 1000 * PMOL / volume if how else 0.0
    assert solution.of("Y")[-1] == pytest.approx(released, rel=1e-9, abs=1e-12)


CROWD = """\
cytokinome: 1
model: crowd
compartments: {site: {kind: tissue, volume: 6.4e-8 L}}
cells:
  k: {in: site, initial: 216}
  v: {in: site, initial: 4000}
rules:
  - k engulfs v at 4e-10 L/cell/h
"""


def test_scattered_victims_are_killed_at_the_rate_of_the_mean_field():
    """Small cells anywhere around killers: n·density·k for as long as those in reach last. Without molecules."""
    along = np.arange(50.0, 400.0, 60.0)
    killers = np.stack([x.ravel() for x in np.meshgrid(along, along, along, indexing="ij")], axis=1)
    bodies = {"k": Body(radius=1.0, reach=28.0), "v": Body(radius=0.5)}
    geometry = Geometry((400.0,) * 3, 100.0, place={"k": killers}, bodies=bodies, step=0.05)
    model, gone = check_text(CROWD, "crowd.yaml").require(), 0.0
    for seed in range(4):
        solution = simulate(model, geometry, Schedule(), np.array([0.0, 0.05]), seed=seed)
        gone += 4000 - solution.of("count(v)")[-1]
    near = 4 / 3 * np.pi * (29.5**3 - 1.5**3) * 1e-15
    expected = 4 * 216 * 4000 / 6.4e-8 * near * -np.expm1(-4e-10 / near * 0.05)
    assert expected > 900  # or this would say little
    assert gone == pytest.approx(expected, abs=4 * np.sqrt(expected))
