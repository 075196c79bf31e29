"""Parameters and observables that build on each other: in which order, in which circles, how large they grow."""

from __future__ import annotations

from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, TypeVar

from cytokinome.model.expressions import Name, walk

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from cytokinome.model.components import Model, Observable, Parameter

Key = TypeVar("Key", bound="Hashable")

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


def ordered(uses: Mapping[Key, tuple[Key, ...]]) -> tuple[tuple[Key, ...], tuple[tuple[Key, ...], ...]]:
    """Return what is used, each behind what it uses, and the circles, which are left out."""
    position = {id: n for n, id in enumerate(uses)}
    circles: list[tuple[Key, ...]] = []
    for knot in _knots(uses):
        within = set(knot)
        inner = {id: tuple(u for u in uses[id] if u in within) for id in sorted(knot, key=position.__getitem__)}
        while circle := _circle(inner, position):
            circles.append(circle)
            gone = frozenset(circle)
            inner = {i: tuple(u for u in used if u not in gone) for i, used in inner.items() if i not in gone}
    lost = {id for circle in circles for id in circle}
    left = {id: tuple(u for u in used if u not in lost) for id, used in uses.items() if id not in lost}
    circles.sort(key=lambda circle: position[circle[0]])
    return tuple(TopologicalSorter(left).static_order()), tuple(circles)


def _circle(uses: Mapping[Key, tuple[Key, ...]], position: Mapping[Key, int]) -> tuple[Key, ...]:
    """Return a circle, from what stands first in it back to that, each before what it uses; empty if there is none."""
    try:
        TopologicalSorter(uses).prepare()
    except CycleError as error:
        circle: list[Key] = error.args[1][:0:-1]  # first uses second uses …
        turn = min(range(len(circle)), key=lambda n: position[circle[n]])
        return (*circle[turn:], *circle[: turn + 1])
    return ()


def _knots(uses: Mapping[Key, tuple[Key, ...]]) -> list[list[Key]]:
    """Return the groups in which each depends on every other (Tarjan 1972); a single one only if it uses itself."""
    number, low, knots = dict[Key, int](), dict[Key, int](), list[list[Key]]()
    stack, on_stack = list[Key](), set[Key]()
    for root in uses:
        path = [] if root in number else [(root, iter(uses[root]))]
        while path:
            id, rest = path[-1]
            if id not in number:
                number[id] = low[id] = len(number)
                stack.append(id)
                on_stack.add(id)
            for used in rest:
                if used not in number:
                    path.append((used, iter(uses[used])))
                    break
                if used in on_stack:
                    low[id] = min(low[id], number[used])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[id])
                if low[id] == number[id]:
                    knot = stack[stack.index(id) :] if stack[-1] != id else [id]
                    del stack[-len(knot) :]
                    on_stack.difference_update(knot)
                    if len(knot) > 1 or id in uses[id]:
                        knots.append(knot)
    return knots
