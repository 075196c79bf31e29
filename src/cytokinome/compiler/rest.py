"""The system whose steady states a model starts from: some states held, and the clock standing still."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome.compiler.dag import Graph
from cytokinome.compiler.system import with_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.compiler.system import System


def at_rest(system: System, held: Sequence[int]) -> System:
    """Return a system in which the states `held` do not move and the time is always 0 h.

    It has the states and parameters of `system`, no events, and no switches but those that are left without time.
    """
    graph = Graph()
    node = _without_time(system.graph, graph)

    def of(nodes: Sequence[int]) -> tuple[int, ...]:
        return tuple(node[n] for n in nodes)

    nothing = graph.constant(0.0)
    return with_digest(
        replace(
            system,
            graph=graph,
            rates=tuple(nothing if i in held else node[n] for i, n in enumerate(system.rates)),
            jacobian=tuple((i, j, node[n]) for i, j, n in system.jacobian if i not in held),
            observed=of(system.observed),
            initial=of(system.initial),
            scales=of(system.scales),
            volumes=of(system.volumes),
            defaults=tuple(None if n is None else node[n] for n in system.defaults),
            switches=tuple(n for n in of(system.switches) if graph.operation[n] != "constant"),
            events=(),
        )
    )


def _without_time(old: Graph, new: Graph) -> list[int]:
    """Return the node in `new` of each node of `old`, with 0 in place of the time."""
    found = list[int]()
    for operation, arguments, value in zip(old.operation, old.arguments, old.value, strict=True):
        if operation in ("constant", "time"):
            found.append(new.constant(value if operation == "constant" else 0.0))
        elif operation in ("state", "parameter"):
            found.append(new.input(operation, int(value)))
        else:
            found.append(new.apply(operation, *(found[a] for a in arguments)))
    return found
