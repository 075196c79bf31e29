"""Between cells and voxels: what a cell gives and takes, and the concentration at its surface.

A cell gives to and reads from the voxels around it with the same weights, a B-spline (Hockney & Eastwood 1988: of the
first order "cloud in cell", of the second "triangular cloud"). The same weights both ways make its own field symmetric:
a cell never pulls itself.

Voxels are coarser than the field around a cell. The grid knows what the cell releases in net, F [pmol/h]; the
concentration at the surface differs from what the weights read by a constant times F,

    c_surface = c_read + b·F,    b = 1/(4πDρ) - G/(D h)

in three dimensions, where the first term is the exact field of a sphere of radius ρ and the second the grid's own
(G, the lattice Green function at the cell, in units of 1/(D h)). This is the well model of Peaceman (1978,
doi:10.2118/6893-PA). For h → ∞ an uptake k·c_surface becomes k·4πDρ/(k + 4πDρ)·c, the diffusion-limited rate of
Berg & Purcell (1977, doi:10.1016/S0006-3495(77)85544-6). In a layer of thickness T the cell is a cylinder through it:
b = ln(r/ρ)/(2πDT), r the radius that the grid gives to a cloud.

A cloud that is smaller than the cell would make b negative: then a spline of higher order is taken, whose cloud is
larger. The third order serves down to voxels of 1.2 radii; below that b is 0, and sinks are somewhat too weak. In a
steep front a cloud takes a little where there is nothing yet; a cell feels no less than zero.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cytokinome.units import LITRES_PER_CUBIC_MICROMETRE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.engines.tissue.fields import Grid

    Array = NDArray[np.float64]
    Indices = NDArray[np.intp]


def diffusion_limited(uptake: float | Array, diffusion: float, radius: float | Array) -> float | Array:
    """Return the rate at which a cell clears its surroundings, limited by what diffusion brings.

    Parameters
    ----------
    uptake : float or array
        What its surface would clear [L/h], receptors times kon.
    diffusion : float
        [µm²/h].
    radius : float or array
        [µm].

    Returns
    -------
    float or array
        k·4πDρ/(k + 4πDρ) [L/h].
    """
    brought = 4.0 * np.pi * diffusion * radius * LITRES_PER_CUBIC_MICROMETRE
    return uptake * brought / (uptake + brought)


def splines(fractions: Array, order: int) -> Array:
    """Return [..., order + 1] the weights of the grid points around a place, by the B-spline of this order.

    `fractions` are distances behind the first of the two nearest points (order 1 and 3), or past the nearest (order 2).
    """
    f = fractions
    if order == 1:
        parts = (1.0 - f, f)
    elif order == 2:
        parts = (0.5 * (0.5 - f) ** 2, 0.75 - f**2, 0.5 * (0.5 + f) ** 2)
    else:
        parts = ((1 - f) ** 3 / 6, 2 / 3 - f**2 + f**3 / 2, 1 / 6 + (f + f**2 - f**3) / 2, f**3 / 6)
    return np.stack(parts, axis=-1)


def order_for(radius: float, grid: Grid) -> int:
    """Return the lowest order of splines whose cloud is nowhere smaller than a cell of this radius [µm]."""
    for order in (1, 2):
        centre = np.zeros((1, grid.dimensions))  # on a grid point a cloud is smallest
        sites = Sites(np.zeros((1, 1), dtype=np.intp), np.ones((1, 1)), splines(centre, order), grid)
        if sites.unbounded(1.0, np.array([radius]))[0] >= 0.0:
            return order
    return 3


class Sites(NamedTuple):
    """Where cells are on a grid: flat voxel indices and weights [cell, point], and `axes` [cell, axis, point]."""

    voxels: Indices
    weights: Array
    axes: Array
    grid: Grid

    @classmethod
    def of(cls, positions: Array, grid: Grid, order: int = 1) -> Sites:
        """Return the sites of cells at these positions [cell, axis] in µm, inside the box.

        At a wall the points beyond are the outermost voxels again: nothing given is lost.
        """
        scaled = np.asarray(positions, dtype=float) / grid.spacing - 0.5
        near = np.floor(scaled + 0.5) if order == 2 else np.floor(scaled)
        axes = splines(scaled - near, order)
        first, top = near.astype(np.intp) - order // 2, np.asarray(grid.shape) - 1
        points: list[Indices] = []
        weights: list[Array] = []
        for point in product(range(order + 1), repeat=grid.dimensions):
            at = np.clip(first + point, 0, top)
            points.append(np.asarray(np.ravel_multi_index(tuple(at.T), grid.shape), dtype=np.intp))
            weights.append(np.prod([axes[:, i, k] for i, k in enumerate(point)], axis=0))
        return cls(np.stack(points, axis=1), np.stack(weights, axis=1), axes, grid)

    def read(self, field: Array) -> Array:
        """Return the value of a field at each cell."""
        return np.sum(self.weights * field.reshape(-1)[self.voxels], axis=1)

    def give(self, amounts: Array) -> Array:
        """Return the field [pM or pM/h] that amounts [pmol or pmol/h] per cell make, summed in the order of cells."""
        shares = self.weights * amounts[:, None]
        total = np.bincount(self.voxels.ravel(), weights=shares.ravel(), minlength=self.grid.voxels)
        return (total / self.grid.voxel_volume).reshape(self.grid.shape)

    def resistance(self, diffusion: float, radius: Array) -> Array:
        """Return b [h/L] of each cell, so that the surface has b·F [pM] more than is read; zero without diffusion."""
        if diffusion == 0.0:
            return np.zeros(len(self.weights))
        return np.maximum(self.unbounded(diffusion, radius), 0.0)

    def unbounded(self, diffusion: float, radius: Array) -> Array:
        """Return b also where it is negative."""
        points = self.axes.shape[2]
        # how often the two ends of a pair of points of one cloud are k apart along an axis
        apart = np.stack(
            [
                (1 + (k > 0)) * np.sum(self.axes[:, :, k:] * self.axes[:, :, : points - k], axis=2)
                for k in range(points)
            ],
            axis=2,
        )
        mass = np.zeros(len(self.axes))
        for k in product(range(points), repeat=self.grid.dimensions):
            mass += np.prod([apart[:, i, n] for i, n in enumerate(k)], axis=0) * lattice_green(tuple(sorted(k)))
        h = self.grid.spacing
        if self.grid.thickness is None:
            b = 1.0 / (4.0 * np.pi * diffusion * radius) - mass / (diffusion * h)
        else:
            # a(r) → (ln(r/h) + γ + ln 8/2)/2π, the potential kernel of the square lattice
            b = (np.log(h / radius) - np.euler_gamma - 1.5 * np.log(2.0)) / (2.0 * np.pi * diffusion) - mass / diffusion
            b /= self.grid.thickness
        return b / LITRES_PER_CUBIC_MICROMETRE


def slope_at(field: Array, sites: Sites) -> Array:
    """Return the gradient [per µm] of a field at each cell: central differences, mirrored at walls."""
    grid = sites.grid
    slopes = [np.zeros(0)] * grid.dimensions
    for axis in range(grid.dimensions):
        ends = [(1, 1) if a == axis else (0, 0) for a in range(grid.dimensions)]
        padded = np.moveaxis(np.pad(field, ends, mode="edge"), axis, 0)
        central = np.moveaxis((padded[2:] - padded[:-2]) / (2.0 * grid.spacing), 0, axis)
        slopes[axis] = sites.read(np.ascontiguousarray(central))
    return np.stack(slopes, axis=1)


@lru_cache(maxsize=16)
def lattice_green(apart: tuple[int, ...]) -> float:
    """Return the Green function of the discrete Laplacian at a point of the unit lattice.

    In three dimensions G(x) = ∫ e^(-6t) Π I_x(2t) dt, which falls as 1/(4πr). In two the integral diverges, and minus
    the potential kernel a(x) = ∫ e^(-4t) (I_0(2t)² - Π I_x(2t)) dt stands for it; a(1, 0) = 1/4, a(1, 1) = 1/π.
    """
    from scipy import integrate, special  # pyright: ignore[reportMissingTypeStubs]  # slow to load

    def density(s: float) -> float:
        t = (s / (1.0 - s)) ** 2  # the half line on [0, 1): a tail of t^(-3/2) becomes finite at 1
        here = float(np.prod([special.ive(x, 2.0 * t) for x in apart]))
        if len(apart) == 2:
            here -= float(special.ive(0, 2.0 * t) ** 2)
        return here * 2.0 * s / (1.0 - s) ** 3

    value, _ = integrate.quad(density, 0.0, 1.0, epsabs=1e-12, epsrel=1e-10, limit=200)
    return float(value)
