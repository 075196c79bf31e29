"""One question to every engine: the courses of named outputs of one model text, run after run.

A model is stated in one compartment. `size` says how many times the volume that is stated is simulated where single
cells and molecules are counted: concentrations and densities stay, numbers grow. In the tissue a cube has this volume,
and molecules diffuse at `diffusion` µm²/h.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cytokinome import load_model
from cytokinome.compiler.hybrid import compile_hybrid
from cytokinome.compiler.jumps import jumps_of
from cytokinome.compiler.kernel import Kernel
from cytokinome.compiler.lower import compile_model
from cytokinome.compiler.tissue import agents_of
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.ode import choose
from cytokinome.engines.ode import reference as ode
from cytokinome.engines.ode.start import initialise
from cytokinome.engines.stochastic import lanes
from cytokinome.engines.stochastic.runs import Runs
from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.model.components import Model
from cytokinome.model.load import check_text

Array = NDArray[np.float64]

ENGINES = ["ode", "stochastic", "hybrid", "tissue"]
FAST = 1e9  # µm²/h: what a cell gives is everywhere at once


@dataclass(frozen=True)
class Question:
    """A model, as text or as the id of a shipped one, and what of it is asked."""

    text: str
    outputs: tuple[str, ...]
    times: tuple[float, ...]
    dose: tuple[str, float] | None = None  # a molecule, and what is added at the start [pM]

    @property
    def model(self) -> Model:
        """The checked model."""
        return _model(self.text)

    @property
    def kernel(self) -> Kernel:
        """Its kernel."""
        return compile_model(self.model)

    @property
    def select(self) -> tuple[int, ...]:
        """The outputs as indices."""
        names = [output.name for output in self.kernel.outputs]
        return tuple(names.index(name) for name in self.outputs)

    def schedule(self, patients: int = 1) -> Schedule:
        """The dose, the same for so many patients."""
        if self.dose is None:
            return Schedule()
        name, level = self.dose
        return Schedule.of([Entry(self.times[0], Action.ADD, self.kernel.states.index(name), np.full(patients, level))])

    def ask(self, engine: str, *, size: float = 1.0, runs: int = 1, seed: int = 0, **tissue) -> Array:
        """The courses [run, time, output]; every run must be completed."""
        if engine == "tissue":
            return np.stack([self._tissue(size, run, seed, **tissue) for run in range(runs)])
        times, kernel = np.array(self.times), self.kernel
        start, p = initialise(kernel, kernel.defaults(), None)
        if engine == "ode":
            asked = kernel, p[None], self.schedule(), times
            solution = ode.solve(*asked, select=self.select, rtol=1e-9, atol_factor=1e-11)
        elif engine == "stochastic":
            jumps = jumps_of(self.model, sample=size)
            runs_of = Runs(
                jumps, kernel, p[None], self.schedule(), times, self.select, count=runs, seed=seed, starts=start[None]
            )
            solution = lanes.solve(runs_of).solution
        else:
            flowing = compile_hybrid(self.model, size, "llvm")
            given = np.tile(np.concatenate([p, start, np.zeros(3)]), (runs, 1))  # the last are drawn
            keys = np.array([(seed, 0, run) for run in range(runs)], dtype=np.uint64)
            solution = choose.solver(flowing)(flowing, given, self.schedule(runs), times, select=self.select, keys=keys)
        assert {o.status for o in solution.outcomes} == {"completed"}, solution.outcomes[0]
        return solution.values

    def _tissue(self, size: float, run: int, seed: int, *, diffusion=FAST, step=1 / 60, voxels=4, rtol=1e-3):
        side = (size * volume_of(self.text) * 1e15) ** (1 / 3)  # µm
        molecules = [self.kernel.states[i] for i in agents_of(self.model).fields]
        bodies = {c.id: Body(radius=1.0) for c in self.model.cells}
        geometry = Geometry(
            (side,) * 3, side / voxels, bodies=bodies, diffusion=dict.fromkeys(molecules, diffusion), step=step,
            rtol=rtol,
        )  # fmt: skip
        solution = simulate(self.model, geometry, self.schedule(), np.array(self.times), seed=seed, run=run)
        assert solution.outcome.status == "completed", solution.outcome
        return np.stack([solution.of(name) for name in self.outputs], axis=1)


@cache
def _model(text: str) -> Model:
    return check_text(text, "law.yaml").require() if "\n" in text else load_model(text)


@cache
def volume_of(text: str) -> float:
    """The volume of the only compartment [L]."""
    model = _model(text)
    kernel = compile_model(model)
    return float(kernel.volume(0, kernel.defaults()))
