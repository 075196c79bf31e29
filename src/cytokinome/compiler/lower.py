"""The compiler on one screen: Model → Network → System → Kernel.

Every arrow is a pure function on frozen values; each stage can be shown (`cytokinome explain --stage`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cytokinome.compiler.build import build_network
from cytokinome.compiler.system import arrange
from cytokinome.compiler.targets.reference import ReferenceKernel

if TYPE_CHECKING:
    from cytokinome.compiler.kernel import Kernel
    from cytokinome.compiler.network import Network
    from cytokinome.compiler.system import System
    from cytokinome.model.components import Model


@dataclass(frozen=True, slots=True)
class Stages:
    """All that lowering makes, in order."""

    model: Model
    network: Network
    system: System
    kernel: Kernel


@lru_cache(maxsize=64)
def lower(model: Model) -> Stages:
    """Lower a checked model through all stages."""
    network = build_network(model)  # what exists, what happens, and how fast
    system = arrange(network)  # dy/dt, Jacobian, outputs, switches: one graph
    kernel = ReferenceKernel(system)  # something that can be called
    return Stages(model, network, system, kernel)


TARGETS = ("reference", "llvm")


@lru_cache(maxsize=64)
def compile_model(model: Model, target: str = "reference") -> Kernel:
    """Return the kernel of a checked model.

    Parameters
    ----------
    model : Model
    target : str
        ``reference`` walks the graph, slow and obvious; ``llvm`` compiles it to machine code.

    Raises
    ------
    ValueError
        If there is no such target, or the model has not passed `model.rules.check`.
    """
    stages = lower(model)
    return compile_system(stages.system, stages.kernel, target)


def compile_system(system: System, once: Kernel, target: str) -> Kernel:
    """Return the kernel of a system on a target; `once` is that of the reference target.

    What machine code does not know, delays and conditions that are not linear, is left to the reference, and so is a
    system in which nothing moves but by events.

    Raises
    ------
    ValueError
        If there is no such target.
    """
    if target == "reference" or (target in TARGETS and is_for_reference(system)):
        return once
    if target == "llvm":
        from cytokinome.compiler.targets.llvm import LlvmKernel  # loads LLVM: only for those who ask

        return LlvmKernel(system, once)
    raise ValueError(f"no target {target!r}: one of {', '.join(TARGETS)}")


def is_for_reference(system: System) -> bool:
    """Whether only the reference target knows what a system has, or there is nothing to compile."""
    return bool(system.delays or system.determined or not system.states)
