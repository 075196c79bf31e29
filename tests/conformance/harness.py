"""What every conformance case is: a one-sentence model, and its right-hand side written by hand.

The law of a case is read off the language contract, in canonical units (h, L, pmol so pM, cell), never off the
compiler. It may be called with complex numbers, so its own derivative is exact to rounding (complex step).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType

import numpy as np

from cytokinome.compiler.kernel import Kernel
from cytokinome.compiler.lower import Stages, lower
from cytokinome.compiler.targets.llvm import LlvmKernel
from cytokinome.model.load import check_text

State = Mapping[str, complex]
Law = Callable[[float, State], Mapping[str, complex]]

# Targets of the compiler that must obey every sentence; a further target joins by its name here and in `kernel_of`.
TARGETS = ["reference", "llvm"]

V = 1e-3  # L: the well of every case that states no compartments
MOLECULE = 1e12 / 6.02214076e23  # pmol
PER_S, PER_MIN = 3600.0, 60.0  # /h
PER_M_PER_S = 1e-12 * 3600.0  # /pM/h
PER_ML = 1e3  # /L
EPSILON = 1e-9  # of the scale of n: x = (A + ε·x_initial)/(n + ε)

_HEADER = "cytokinome: 1\nmodel: case\n"
_WELL = "compartments: {well: {kind: culture, volume: 1 mL}}\n"


@dataclass(frozen=True)
class Case:
    """A model file and the law its right-hand side must follow."""

    id: str
    text: str
    law: Law
    slots: Mapping[str, float]
    blockable: tuple[str, ...] = ()


def case(
    text: str, *, slots: Mapping[str, float] | None = None, blockable: tuple[str, ...] = ()
) -> Callable[[Law], Case]:
    """Make a case of a law: `text` is the model without header, `slots` are parameters of the kernel to set."""

    def decorate(law: Law) -> Case:
        return Case(law.__name__.replace("_", "-"), text, law, slots or {}, blockable)

    return decorate


def cases_of(*modules: ModuleType) -> list[Case]:
    """Every case of these modules, in the order written."""
    return [value for module in modules for value in vars(module).values() if isinstance(value, Case)]


def whole_text(text: str) -> str:
    """The text of a case as a model file: with its header, and the well where no compartment is stated."""
    return _HEADER + ("" if "compartments:" in text else _WELL) + text.strip("\n") + "\n"


@cache
def stages_of(text: str, blockable: tuple[str, ...] = ()) -> Stages:
    """All stages of the compiler for the text of a case."""
    checked = check_text(whole_text(text), "case.yaml")
    return lower(replace(checked.require(), blockable=blockable))


@cache
def kernel_of(target: str, text: str, blockable: tuple[str, ...] = ()) -> Kernel:
    """The kernel of a model on a target."""
    stages = stages_of(text, blockable)
    return stages.kernel if target == "reference" else LlvmKernel(stages.system, stages.kernel)


def parameters(kernel: Kernel, slots: Mapping[str, float]) -> np.ndarray:
    """The values of a typical person, with these slots set."""
    p = kernel.defaults()
    names = [slot.name for slot in kernel.parameters]
    for name, value in slots.items():
        p[names.index(name)] = value
    return p


def random_states(kernel: Kernel, p: np.ndarray, count: int = 5) -> list[tuple[float, np.ndarray]]:
    """Times and positive states around the scale of each state, the same in every run."""
    draw = np.random.default_rng(20240501)
    scale = kernel.scale(p)
    return [(draw.uniform(0, 48), scale * draw.lognormal(0.0, 1.2, len(scale))) for _ in range(count)]


def by_hand(case: Case, kernel: Kernel, t: float, y: np.ndarray) -> np.ndarray:
    """The law's derivative of every state; a state that the law leaves out does not change."""
    changes = case.law(t, dict(zip(kernel.states, y.tolist(), strict=True)))
    unknown = set(changes) - set(kernel.states)
    if unknown:
        raise KeyError(f"{case.id}: no state {sorted(unknown)}; the kernel has {kernel.states}")
    return np.array([changes.get(name, 0.0) for name in kernel.states])


def slopes_by_hand(case: Case, kernel: Kernel, t: float, y: np.ndarray) -> np.ndarray:
    """The Jacobian of the law by complex step: no difference is taken, so nothing is lost."""
    columns = []
    for j in range(len(y)):
        step = 1e-30 * max(y[j], 1.0)
        shifted = y.astype(complex)
        shifted[j] += 1j * step
        columns.append(np.imag(by_hand(case, kernel, t, shifted)) / step)
    return np.array(columns).T


def output(kernel: Kernel, name: str, t: float, y: np.ndarray, p: np.ndarray) -> float:
    """One output of the kernel at one point."""
    index = [o.name for o in kernel.outputs].index(name)
    return float(kernel.observe(np.array([t]), y[:, None], p, [index])[0, 0])


def hill(x: complex, half: float, power: float = 1.0) -> complex:
    """H of one signal: odds (x/half)^hill, H = 1 − 1/(1 + odds)."""
    return 1 - 1 / (1 + (x / half) ** power)


def inside(y: State, name: str, cells: str, *, initial: float = 0.0, scale: float = 1.0) -> complex:
    """The value per cell, x = (A + ε·x_initial)/(n + ε)."""
    epsilon = EPSILON * scale
    return (y[f"{name} in {cells}"] + epsilon * initial) / (y[cells] + epsilon)
