"""Which populations of cells exist: reachable combinations of states, with the stages of dwell times.

A *kind* is a cell type in a compartment with one state per axis. Rules with ``after T (k stages)`` split every kind
they apply to into k stages (language.md §3, Stages); several such chains run independently. With ``closure:
{representatives: M}`` every population of a type whose cells differ is M populations, each of equal cells.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from cytokinome.model.components import Axis, Cell, CellGroup, Model, Rule, Verb

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Kind:
    """Cells of one type in one compartment in one combination of states (one per axis)."""

    cell: str
    compartment: str
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Population:
    """A kind at given stages of its chains; `stages` pairs rule id and stage (1-based).

    `representative` is the number (1-based) of the cell that stands for these; 0: the average cell does.
    """

    kind: Kind
    stages: tuple[tuple[str, int], ...] = ()
    representative: int = 0

    def stage(self, rule_id: str) -> int | None:
        """Return the stage in the chain of this rule, None when the chain does not apply."""
        return dict(self.stages).get(rule_id)


def matches(group: CellGroup, kind: Kind) -> bool:
    """Whether cells of this kind belong to the group."""
    return (
        group.cell == kind.cell
        and group.compartment in (None, kind.compartment)
        and all(state in kind.states for state in group.states)
    )


def applies(rule: Rule, kind: Kind) -> bool:
    """Whether the rule speaks of cells of this kind; a cell does not become what it is, nor leave to where it is."""
    is_there = rule.verb is Verb.LEAVES and rule.place == kind.compartment
    return (
        matches(rule.subject, kind) and not is_there and not (rule.verb is Verb.BECOMES and rule.object in kind.states)
    )


def axis_of(cell: Cell, state: str) -> int | None:
    """Return the index of the axis that has this state."""
    return next((i for i, axis in enumerate(cell.axes) if state in axis.states), None)


def with_states(cell: Cell, states: tuple[str, ...], changed: tuple[str, ...]) -> tuple[str, ...]:
    """Return `states` with each of `changed` put on its axis."""
    result = list(states)
    for state in changed:
        index = axis_of(cell, state)
        if index is not None:
            result[index] = state
    return tuple(result)


def initial_states(cell: Cell) -> tuple[str, ...]:
    """Return the initial state of every axis."""
    return tuple(axis.initial for axis in cell.axes)


def number_axis(cell: Cell) -> Axis | None:
    """Return the axis that carries the numbers."""
    return next((axis for axis in cell.axes if axis.numbers), None)


def entry_places(model: Model, rule: Rule) -> tuple[str, ...]:
    """Return the compartments that `enters` fills: those named, else all of the cell but the origin."""
    cell = model.cell(rule.subject.cell)
    if cell is None:
        return ()
    if rule.subject.compartment:
        return (rule.subject.compartment,)
    return tuple(c for c in cell.compartments if c != rule.place)


def successors(model: Model, rule: Rule, kind: Kind) -> tuple[Kind, ...]:
    """Return the kinds that cells of `kind` reach by this rule."""
    cell = model.cell(kind.cell)
    if cell is None:
        return ()
    if rule.verb is Verb.ENTERS and rule.place == kind.compartment and rule.subject.cell == kind.cell:
        if all(s in kind.states for s in rule.subject.states):
            return tuple(Kind(kind.cell, p, kind.states) for p in entry_places(model, rule))
        return ()
    if not applies(rule, kind):
        return ()
    if rule.verb is Verb.BECOMES:
        return (Kind(kind.cell, kind.compartment, with_states(cell, kind.states, (rule.object,))),)
    if rule.verb is Verb.LEAVES and rule.place:
        return (Kind(kind.cell, rule.place, kind.states),)
    if rule.verb is Verb.DIFFERENTIATES and rule.target:
        target = model.cell(rule.target.cell)
        if target is not None and kind.compartment in target.compartments:
            return (Kind(target.id, kind.compartment, with_states(target, initial_states(target), rule.target.states)),)
    return ()


def _first_kinds(model: Model) -> Iterator[Kind]:
    for cell in model.cells:
        axis = number_axis(cell)
        starts = (
            [with_states(cell, initial_states(cell), (s,)) for s in axis.states] if axis else [initial_states(cell)]
        )
        for place, states in product(cell.compartments, starts):
            yield Kind(cell.id, place, states)
    for rule in model.rules:
        cell = model.cell(rule.subject.cell)
        if rule.verb is Verb.ENTERS and not rule.place and cell:
            for place in entry_places(model, rule):
                yield Kind(cell.id, place, with_states(cell, initial_states(cell), rule.subject.states))


def _discovered(model: Model) -> Iterator[Kind]:
    """Yield every kind that can have cells, in order of discovery."""
    seen: set[Kind] = set()
    pending = deque(_first_kinds(model))
    while pending:
        kind = pending.popleft()
        if kind not in seen:
            seen.add(kind)
            yield kind
            pending.extend(reached for rule in model.rules for reached in successors(model, rule, kind))


def reachable_kinds(model: Model) -> tuple[Kind, ...]:
    """Return every kind that can have cells, in order of discovery."""
    order = {cell.id: i for i, cell in enumerate(model.cells)}
    return tuple(sorted(_discovered(model), key=lambda k: order[k.cell]))


def exceeds(model: Model, limit: int) -> bool:
    """Whether there are more populations than `limit`, without listing them all."""
    count = 0
    for kind in _discovered(model):
        count += prod(rule.stages for rule in chains(model, kind)) * len(representatives(model, kind.cell))
        if count > limit:
            return True
    return False


def chains(model: Model, kind: Kind) -> tuple[Rule, ...]:
    """Return the rules that split this kind into stages, in the order of axes whatever the order of rules."""
    cell = model.cell(kind.cell)
    found = [r for r in model.rules if r.after is not None and r.stages > 1 and applies(r, kind)]
    axes = {r.id: axis_of(cell, r.object) if cell and r.verb is Verb.BECOMES else None for r in found}
    return tuple(sorted(found, key=lambda r: (axes[r.id] is None, axes[r.id] or 0, r.id)))


def populations(model: Model) -> tuple[Population, ...]:
    """Return every population of the model."""
    found: list[Population] = []
    for kind in reachable_kinds(model):
        split = chains(model, kind)
        for stages in product(*(range(1, rule.stages + 1) for rule in split)):
            for number in representatives(model, kind.cell):
                found.append(Population(kind, tuple(zip((r.id for r in split), stages, strict=True)), number))
    return tuple(found)


def represented(model: Model) -> frozenset[str]:
    """Return the cell types that are carried as representatives.

    Those are the types with `between-cells`, and what such cells differentiate into and carry over to.
    """
    if not model.representatives:
        return frozenset()
    found = {cell.id for cell in model.cells if any(v.between_cells for v in cell.inside)}
    pending = list(found)
    while pending:
        origin = pending.pop()
        for rule in model.rules:
            target = rule.target.cell if rule.verb is Verb.DIFFERENTIATES and rule.target else origin
            takes_along = bool(_taken_along(model, origin, target, rule.resetting))
            if rule.subject.cell == origin and target not in found and takes_along:
                found.add(target)
                pending.append(target)
    return frozenset(found)


def _taken_along(model: Model, origin: str, target: str, resetting: tuple[str, ...]) -> set[str]:
    """Return the names of what cells of one type carry over into another, or into another state of their own."""
    first, second = model.cell(origin), model.cell(target)
    held = {v.name for v in first.inside} if first is not None else set[str]()
    known = {v.name for v in second.inside} if second is not None else set[str]()
    return held & known - set(resetting)


def representatives(model: Model, cell: str) -> tuple[int, ...]:
    """Return the numbers of the representatives of a cell type; (0,) where the average cell stands for all."""
    return tuple(range(1, (model.representatives or 0) + 1)) if cell in represented(model) else (0,)


def moved(
    model: Model, origin: Population, kind: Kind, *, completed: str = "", resetting: tuple[str, ...] = ()
) -> tuple[Population, ...]:
    """Return where cells of `origin` arrive in `kind`, in equal parts: chains that go on keep their stage.

    Other chains begin at 1. There are several places where cells begin anew and are any representative: they come from
    a type without any, or take along nothing that they carry.
    """
    kept = dict(origin.stages) if origin.kind.cell == kind.cell else {}
    kept.pop(completed, None)
    stages = tuple((rule.id, kept.get(rule.id, 1)) for rule in chains(model, kind))
    known = representatives(model, kind.cell)
    if origin.representative in known and _taken_along(model, origin.kind.cell, kind.cell, resetting):
        known = (origin.representative,)
    return tuple(Population(kind, stages, number) for number in known)


def entering(model: Model, kind: Kind) -> tuple[Population, ...]:
    """Return the populations that new cells of this kind join, in equal parts."""
    stages = tuple((rule.id, 1) for rule in chains(model, kind))
    return tuple(Population(kind, stages, number) for number in representatives(model, kind.cell))


def label(model: Model, population: Population) -> str:
    """Return the name of a population: ``active macrophage [2/4]``, with ``@blood`` where the cell lives in several.

    Of representatives it says which: ``active macrophage (3/8)``.
    """
    kind = population.kind
    name = kind_label(model, kind)
    totals = {rule.id: rule.stages for rule in chains(model, kind)}
    marks = "".join(f" [{stage}/{totals[rule]}]" for rule, stage in population.stages)
    which = f" ({population.representative}/{model.representatives})" if population.representative else ""
    return name + marks + which


def kind_label(model: Model, kind: Kind) -> str:
    """Return the name of a kind."""
    cell = model.cell(kind.cell)
    place = f"@{kind.compartment}" if cell and len(cell.compartments) > 1 else ""
    return " ".join((*kind.states, kind.cell)) + place
