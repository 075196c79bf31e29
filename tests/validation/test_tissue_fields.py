"""The niche of a cytokine: a point secretor among consumers that take up all alike, against its closed form.

Steady field c(r) = q·exp(−(r − ρ)/λ)/(4πDr(1 + ρ/λ)) with λ = √(D/(k_eff n)) and k_eff limited by diffusion.
"""

import numpy as np
import pytest

from cytokinome.engines.tissue.fields import Field, Grid
from cytokinome.engines.tissue.fields_exchange import diffusion_limited
from cytokinome.engines.tissue.fields_steps import State, Stepper
from cytokinome.engines.tissue.fields_waves import Waves
from cytokinome.units import AVOGADRO

D = 10.0 * 3600.0  # µm²/h
KON = 111.6e9 / AVOGADRO  # L/h per receptor: 111.6 /(nM h)
NOTHING = np.zeros(0)


class Secretor:
    """A constant source in the corner voxel, which is an eighth of a box around it."""

    def __init__(self, grid):
        self.source = np.zeros((1, *grid.shape))
        self.source[0, 0, 0, 0] = 1.0 / grid.voxel_volume

    def rates(self, t, state):
        """The same at all times."""
        return State(self.source, NOTHING)

    def slopes(self, t, state):
        """It does not depend on the concentration."""
        return State(np.zeros_like(self.source), NOTHING)


@pytest.mark.parametrize(
    ("receptors", "distance", "stated"),
    [(1e2, 20.0, 125.0), (1e3, 20.0, 41.0), (1e4, 20.0, 16.8), (1e5, 20.0, 12.0), (1e4, 12.0, 7.8)],
)
def test_uptake_sets_the_length_of_decay(receptors, distance, stated):
    """λ read from the field within 2 % of the stated one, and of √(D/(k_eff n)), from 100 to 100 000 receptors."""
    density = 1.0 / (distance**3 * 1e-15)  # cells/L
    loss = float(density * diffusion_limited(KON * receptors, D, 5.0))
    length = np.sqrt(D / loss)
    assert length == pytest.approx(stated, rel=0.01)
    grid = Grid((64, 64, 64), length / 6.0)
    field = Field("IL2", D, loss)
    start = State(np.zeros((1, *grid.shape)), NOTHING)
    stepper = Stepper([Waves.of(field, grid)], np.zeros_like(start.fields))
    end, _ = stepper.step(0.0, start, Secretor(grid), State(np.zeros(1), NOTHING), 100.0 / loss)
    along = end.fields[0, :, 0, 0]
    # distances from the source, whose mirror images make it a cube of eight voxels around the corner
    r = np.hypot(np.hypot((np.arange(64) + 0.5), 0.5), 0.5) * grid.spacing
    near = slice(12, 36)  # 2 to 6 λ: far from the source and from the walls
    read = -1.0 / np.polyfit(r[near], np.log(along[near] * r[near]), 1)[0]
    assert read == pytest.approx(stated, rel=0.02)
    assert read == pytest.approx(length, rel=0.02)
    level = 8.0 / (4 * np.pi * D * r[near] * 1e-15) * np.exp(-r[near] / length)
    assert along[near] == pytest.approx(level, rel=0.05)
