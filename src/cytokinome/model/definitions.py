"""Parameters and observables that build on each other: in which order, in which circles, how large they grow."""

from __future__ import annotations

from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from cytokinome.model.expressions import Name, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.model.components import Model, Observable, Parameter

MAX_LEVELS = 20  # observables are written out where they are used, so a tower of them must stay low
MAX_PARTS = 10_000  # of an observable that is written out


@lru_cache(maxsize=64)
def parameter_order(model: Model) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the ids of parameters, each behind those it uses, and the circles, which are left out."""
    return ordered(_uses(model.parameters))


@lru_cache(maxsize=64)
def observable_order(model: Model) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the ids of observables, each behind those it uses, and the circles, which are left out."""
    return ordered(_uses(model.observables))


@lru_cache(maxsize=64)
def towers(model: Model) -> frozenset[str]:
    """Return the ids of observables that are too large once the observables in them are written out."""
    uses, size, level = _uses(model.observables), dict[str, int](), dict[str, int]()
    for id in observable_order(model)[0]:
        observable = model.observable(id)
        if observable is not None:
            below = [u for u in uses[id] if u in size]
            size[id] = min(len(walk(observable.value)) + sum(size[u] for u in below), MAX_PARTS + 1)
            level[id] = 1 + max((level[u] for u in below), default=0)
    return frozenset(id for id in size if size[id] > MAX_PARTS or level[id] > MAX_LEVELS)


def _uses(items: Iterable[Parameter | Observable]) -> dict[str, tuple[str, ...]]:
    """Return which of the items each uses, once per use."""
    listed = {item.id: item for item in items}
    return {
        id: tuple(n.id for n in walk(item.value) if isinstance(n, Name) and n.id in listed and not n.compartment)
        for id, item in listed.items()
    }


def ordered(uses: dict[str, tuple[str, ...]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return what is used, each behind what it uses, and the circles, which are left out."""
    circles: list[tuple[str, ...]] = []
    while True:
        try:
            return tuple(TopologicalSorter(uses).static_order()), tuple(circles)
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]  # first uses second uses … uses first
            first = min(circle[:-1], key=list(uses).index)
            turn = circle.index(first)
            circles.append((*circle[turn:-1], *circle[:turn], first))
            uses = {i: tuple(u for u in used if u not in circle) for i, used in uses.items() if i not in circle}
