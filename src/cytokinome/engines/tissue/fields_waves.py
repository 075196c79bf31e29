"""Fields as sums of standing waves, in which diffusion and loss are numbers: exact in time.

The waves of a grid of cell centres are those of the four discrete cosine and sine transforms: an axis without flux
through both ends has the cosines of type II, one held at both ends the sines of type II, one of each kind the cosines
or sines of type IV (Strang 1999, doi:10.1137/S0036144598336745). Along an axis, wave θ is an eigenvector of the
second difference with the value -(4/h²)·sin²(θ/2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytokinome.engines.tissue.fields import Field, Grid, Wall

    Array = NDArray[np.float64]


class Axis(NamedTuple):
    """How one axis is transformed: cosines or sines, the type, and where the angles π(k + offset)/n start."""

    is_cosine: bool
    kind: int
    offset: float


def axis_of(low: Wall, high: Wall) -> Axis:
    """Return the transform of an axis with these walls."""
    if low is None:
        return Axis(True, 2, 0.0) if high is None else Axis(True, 4, 0.5)
    return Axis(False, 4, 0.5) if high is None else Axis(False, 2, 1.0)


@dataclass(frozen=True, slots=True)
class Waves:
    """The transform of one field on one grid, and `decay` [1/h], how fast each wave fades by itself."""

    axes: tuple[Axis, ...]
    decay: Array

    @classmethod
    def of(cls, field: Field, grid: Grid) -> Waves:
        """Return the waves of a field."""
        axes = tuple(axis_of(*pair) for pair in field.pairs(grid))
        decay = np.full(grid.shape, field.loss)
        for i, (axis, n) in enumerate(zip(axes, grid.shape, strict=True)):
            angle = np.pi * (np.arange(n) + axis.offset) / n
            fading = field.diffusion * 4.0 / grid.spacing**2 * np.sin(0.5 * angle) ** 2
            decay += fading.reshape([-1 if a == i else 1 for a in range(grid.dimensions)])
        return cls(axes, decay)

    def forward(self, values: Array) -> Array:
        """Return the amplitudes of the waves that make up a field."""
        return self._through(values, inverse=False)

    def backward(self, amplitudes: Array) -> Array:
        """Return the field that these waves make up."""
        return self._through(amplitudes, inverse=True)

    def _through(self, values: Array, inverse: bool) -> Array:
        from scipy import fft  # pyright: ignore[reportMissingTypeStubs]  # slow to load, and only a simulation needs it

        for i, axis in enumerate(self.axes):
            there, back = (fft.dct, fft.idct) if axis.is_cosine else (fft.dst, fft.idst)
            transform: Callable[..., Any] = back if inverse else there
            # one worker: the bits of a result must not depend on the machine
            values = np.asarray(transform(values, type=axis.kind, axis=i, norm="ortho", workers=1))
        return values
