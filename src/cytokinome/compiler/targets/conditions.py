"""Finding the states that conditions determine, by Newton's method: where the reference reads them, they are exact.

Where that finds no way from a start, as at x = 0 for x² = 25, a condition is taken for the rate of what it determines,
and that is let run to its rest; then for the negative of it. So a fast reaction comes to rest where it would by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytokinome.compiler.system import System

    Array = NDArray[np.float64]
    Evaluate = Callable[[Array], list[float]]

STEPS = 60  # of Newton's method; more mean that there is nothing to be found
HALVINGS = 30  # of one step
_FOUND = 1e-13  # relative change behind which only rounding is left
_FIRST = 0.01  # of the scale: how far what runs to its rest moves at first
_SMALL = 1e-6  # of the scale of a state: less counts as nothing


class Conditions:
    """The conditions of a system: g(y, z) = 0 for the states z.

    Parameters
    ----------
    system : System
        Its graph holds the residuals g and their slopes.
    """

    def __init__(self, system: System) -> None:
        self.states = np.array(system.determined, dtype=np.intp)
        self.nodes = (*system.residuals, *(node for _, _, node in system.residual_slopes))
        self._rows = np.array([row for row, _, _ in system.residual_slopes], dtype=np.intp)
        self._columns = np.array([column for _, column, _ in system.residual_slopes], dtype=np.intp)
        self._shape = (len(system.residuals), len(system.states))

    def solved(self, y: Array, scale: Array, evaluate: Evaluate) -> Array:
        """Return [state] with what is determined by the others; NaN where that is nothing, or not one value.

        Parameters
        ----------
        y : array [state]
            What is determined begins at the values here, and the nearest solution downhill is found.
        scale : array [state]
            How large the states are likely to be.
        evaluate : callable
            From [state] to the values of `nodes`.
        """
        for start in (y, *(self._at_rest(y, scale, evaluate, sign) for sign in (1.0, -1.0))):
            if start is not None and (found := self._near(start, scale, evaluate)) is not None:
                return found
        y = y.copy()
        y[self.states] = np.nan
        return y

    def _at_rest(self, y: Array, scale: Array, evaluate: Evaluate, sign: float) -> Array | None:
        """Return where z comes to rest that moves at the rate ±g: implicit Euler steps, longer as it slows down.

        Pseudo-transient continuation (Kelley and Keyes, SIAM J. Numer. Anal. 35:508, 1998); steps grow at least twofold
        where the rate does not.
        """
        y, step, before = y.copy(), 0.0, np.inf
        for _ in range(STEPS):
            residuals, slopes = self._linear(y, evaluate)
            size = float(np.linalg.norm(residuals))
            if not np.isfinite(size) or size == 0.0:
                return y if size == 0.0 else None
            step = (
                _FIRST * np.max(np.abs(scale[self.states])) / size
                if step == 0.0
                else step * min(2.0 * before / size, 10.0)
            )
            matrix = np.eye(len(residuals)) / step - sign * slopes[:, self.states]
            change = np.linalg.lstsq(matrix, sign * residuals, rcond=None)[0]
            y[self.states] += change
            if np.all(np.abs(change) <= 1e-6 * np.maximum(np.abs(y[self.states]), np.abs(scale[self.states]) * _SMALL)):
                return y
            before = size
        return None

    def _near(self, y: Array, scale: Array, evaluate: Evaluate) -> Array | None:
        """Return the solution that Newton's method finds from here, if it does."""
        y, least = y.copy(), np.abs(scale[self.states]) * _SMALL
        change = self._step(y, evaluate)
        for _ in range(STEPS):
            if change is None:
                break
            near = _FOUND * np.maximum(np.abs(y[self.states]), least)
            if np.all(np.abs(change) <= near):
                y[self.states] += change
                return y
            taken = self._taken(y, change, near, evaluate)
            if taken is None:
                break
            y, change = taken
        return None

    def _taken(self, y: Array, change: Array, near: Array, evaluate: Evaluate) -> tuple[Array, Array] | None:
        """Take as much of a step as makes the next one shorter; return where that leads, and the next one."""
        size, part = np.abs(change), 1.0
        for _ in range(HALVINGS):
            after = y.copy()
            after[self.states] += part * change
            following = self._step(after, evaluate)
            if following is not None and np.linalg.norm(following) <= (1 - part / 4) * np.linalg.norm(size):
                return after, following
            if np.all(size <= 1e3 * near):  # what is left is rounding
                return after, np.zeros_like(change)
            part /= 2
        return None

    def _step(self, y: Array, evaluate: Evaluate) -> Array | None:
        residuals, slopes = self._linear(y, evaluate)
        try:
            change = np.asarray(-np.linalg.solve(slopes[:, self.states], residuals), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        return change if np.all(np.isfinite(change)) else None

    def slopes(self, y: Array, evaluate: Evaluate) -> Array:
        """Return [determined state, state]: how far each moves with the others, at a solution."""
        slopes = self._linear(y, evaluate)[1]
        inner, slopes[:, self.states] = slopes[:, self.states].copy(), 0.0
        try:
            return np.asarray(-np.linalg.solve(inner, slopes), dtype=np.float64)
        except np.linalg.LinAlgError:
            return np.full(self._shape, np.nan)

    def _linear(self, y: Array, evaluate: Evaluate) -> tuple[Array, Array]:
        values = np.array(evaluate(y))
        slopes = np.zeros(self._shape)
        slopes[self._rows, self._columns] = values[self._shape[0] :]
        return values[: self._shape[0]], slopes
