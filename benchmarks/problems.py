"""The models that benchmarks run: published equations in our language, and the patients drawn from them.

Every molecule and cell of these models has the scale of one published unit (1 nM, 1 virion/mL, 1 cell). A state divided
by its scale is therefore the number other tools show, and 1e-8 of the scale is their absolute tolerance of 1e-8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.lower import lower
from cytokinome.model.load import check_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.lower import Stages

    Array = NDArray[np.float64]

FOLDER = Path(__file__).parent / "models"
N_TIMES = 101
SEED = 1
LOG_SD = math.sqrt(math.log(1 + 0.2**2))  # of every parameter that varies: log-normal, cv 20 %


@dataclass(frozen=True)
class Published:
    """What a model file cannot say: its time span [h], and where and under what names the original is published."""

    span: float
    petab: str
    sbml_time: float  # hours per unit of time of the original's kinetics
    renamed: tuple[tuple[str, str], ...] = ()  # our state or parameter → theirs
    constants: tuple[tuple[str, float], ...] = ()  # of theirs, where the table of conditions sets them


PUBLISHED = {
    "perelson": Published(7 * 24.0, "Perelson_Science1996", 24.0),
    "crauste": Published(28 * 24.0, "Crauste_CellSystems2017", 24.0),
    "boehm": Published(
        4.0,
        "Boehm_JProteomeRes2014",
        1 / 60,
        tuple((f"{dimer}@{place}", f"{prefix}{dimer}") for dimer in ("pApA", "pApB", "pBpB")
              for place, prefix in (("cyt", ""), ("nuc", "nuc"))),
    ),
    "raia": Published(2.0, "Raia_CancerResearch2011", 1 / 60, constants=(("il13_level", 20.0),)),
    "bachmann": Published(
        6.0,
        "Bachmann_MSB2011",
        1 / 60,
        (("pSTAT5@cyt", "pSTAT5"), ("pSTAT5@nuc", "npSTAT5")),
        (("Epo", 1.25e-7), ("ActD", 1.0), ("CISoe", 0.0), ("SOCS3oe", 0.0), ("init_CIS_multiplier", 0.0),
         ("init_SHP1_multiplier", 0.0), ("init_SOCS3_multiplier", 0.0), ("init_EpoRJAK2_CIS", 0.0)),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A model, the times at which it is read, and where its original is published."""

    name: str
    text: str
    published: Published

    @cached_property
    def stages(self) -> Stages:
        """Everything that lowering makes of the model."""
        return lower(check_text(self.text, f"{self.name}.yaml").require())

    @cached_property
    def times(self) -> Array:
        """The output points [h]."""
        return np.linspace(0.0, self.published.span, N_TIMES)

    @cached_property
    def select(self) -> tuple[int, ...]:
        """The outputs that are the states, in the order of the states."""
        system = self.stages.system
        graph, found = system.graph, dict[int, int]()
        for output, node in enumerate(system.observed):
            if graph.operation[node] == "state":
                found.setdefault(int(graph.value[node]), output)
        return tuple(found[state] for state in range(len(system.states)))

    @cached_property
    def varied(self) -> tuple[int, ...]:
        """The slots of the parameters that vary between patients."""
        names = [slot.name for slot in self.stages.kernel.parameters]
        return tuple(names.index(p.id) for p in self.stages.model.parameters if p.varies is not None)

    def patients(self, count: int) -> Array:
        """Return [patient, parameter]: the first is typical, the others vary; more patients keep the earlier ones."""
        kernel = self.stages.kernel
        p = np.tile(kernel.defaults(), (count, 1))
        normal = np.random.default_rng(SEED).standard_normal((count, len(self.varied)))
        normal[:1] = 0.0
        p[:, list(self.varied)] *= np.exp(LOG_SD * normal)
        return np.array([kernel.complete(row, frozenset(self.varied_names)) for row in p])

    @property
    def varied_names(self) -> tuple[str, ...]:
        """The names of the parameters that vary."""
        return tuple(self.stages.kernel.parameters[slot].name for slot in self.varied)

    def scale(self) -> Array:
        """Return [state]: one published unit of each state, in ours."""
        return self.stages.kernel.scale(self.stages.kernel.defaults())


def load(name: str) -> Problem:
    """Return the problem of a name.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    return Problem(name, (FOLDER / f"{name}.yaml").read_text("utf-8"), PUBLISHED[name])


def error(found: Array, reference: Array) -> float:
    """Return the largest |y − ref| / (|ref| + 1e-3·max|ref| + 1e-8) over times and states of one patient.

    Both are [time, state] in published units; the largest |ref| is that of the state. Not finite counts as infinite.
    """
    size = np.abs(reference)
    relative = np.abs(found - reference) / (size + 1e-3 * size.max(axis=0) + 1e-8)
    worst = float(relative.max())
    return worst if math.isfinite(worst) else math.inf
