"""Cells added to or taken from a group at a time.

New cells join stage 1 of every chain and bring the initial amounts of their inside variables. A fraction is taken
from all members of a group alike, with what they hold; a number only where one population holds nothing else, because
how it would spread over several depends on their state at that time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.engines.base import Action, Entry
from cytokinome.experiments.protocol import CellAction
from cytokinome.experiments.quantities import Quantities, evaluate, named, plain_value
from cytokinome.model import populations
from cytokinome.model.expressions import Binary
from cytokinome.model.scope import (
    ModelScope,
    all_populations,
    check_group,
    inside_variables,
    volume_of,
)
from cytokinome.model.spreads import initial_inside
from cytokinome.units import CELL, DENSITY, DIMENSIONLESS, VOLUME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.diagnostics import Collector
    from cytokinome.experiments.protocol import CellChange
    from cytokinome.model.components import Model
    from cytokinome.model.expressions import Expression
    from cytokinome.model.populations import Kind, Population

    Array = NDArray[np.float64]


def check_cells(model: Model, change: CellChange, found: Collector) -> None:
    """Report what is wrong with a change of cells, without a kernel."""
    members = _members(model, change, found)
    if members and change.amount is not None:
        _kind(model, change, members, found)
        _number(model, change, members[0].kind.compartment, found)
    if change.fraction is not None and not 0 <= change.fraction <= 1:
        found.error("BAD_VALUE", f"the fraction of {change.of} must lie between 0 and 1", change.where)


def cell_entries(kernel: Kernel, model: Model, change: CellChange, parameters: Array, found: Collector) -> list[Entry]:
    """Return the entries of a change of cells; none after a finding."""
    members = _members(model, change, found)
    if not members:
        return []
    if change.fraction is not None:
        kept = np.full(len(parameters), 1.0 - change.fraction)
        labels = [populations.label(model, p) for p in members]
        slots = [i for i, state in enumerate(kernel.states) if any(_belongs(state, label) for label in labels)]
        return [Entry(change.at, Action.SCALE, slot, kept) for slot in slots]
    kind = _kind(model, change, members, found)
    number = _number(model, change, kind.compartment, found) if kind else None
    if kind is None or number is None:
        return []
    cells = np.array(np.broadcast_to(evaluate(number, named(kernel, parameters)), (len(parameters),)), dtype=float)
    if not np.all(np.isfinite(cells) & (cells >= 0)):
        found.error("NEGATIVE_VALUE", f"the number of {change.of} must be finite and not negative", change.where)
        return []
    joined = populations.entering(model, kind)
    if change.action is CellAction.REMOVE:
        (label,) = (populations.label(model, p) for p in joined)  # several hold something inside, and were refused
        return [Entry(change.at, Action.ADD, kernel.states.index(label), -cells)]
    entries: list[Entry] = []
    for population in joined:
        part, label = cells / len(joined), populations.label(model, population)
        entries.append(Entry(change.at, Action.ADD, kernel.states.index(label), part))
        entries += _contents(kernel, model, change, population, part, parameters, found)
    return entries


def _belongs(state: str, label: str) -> bool:
    """Whether a state is a population or something inside it: ``Y in active macrophage``."""
    return state == label or state.endswith(f" in {label}")


def _members(model: Model, change: CellChange, found: Collector) -> list[Population]:
    if not check_group(model, change.of, found):
        return []
    members = [p for p in all_populations(model) if populations.matches(change.of, p.kind)]
    if not members:
        found.error("UNREACHABLE_STATE", f"no cell can ever be {change.of}", change.of.where or change.where)
    return members


def _kind(model: Model, change: CellChange, members: list[Population], found: Collector) -> Kind | None:
    """The one kind that a number of cells is added to or taken from; axes not named are at their initial state."""
    kinds = list(dict.fromkeys(p.kind for p in members))
    cell = model.cell(change.of.cell)
    if change.action is CellAction.REMOVE:
        holds = inside_variables(model, change.of.cell)
        if len(members) > 1 or holds:
            message = (
                f"a number of {change.of} cannot be removed: they are in several stages or states, or hold amounts"
            )
            found.error("BAD_INTERVENTION", message, change.where, hint="state a fraction: `fraction: 50 %`")
            return None
        return kinds[0]
    if len(kinds) > 1 and cell is not None:
        start = populations.with_states(cell, populations.initial_states(cell), change.of.states)
        axis = populations.number_axis(cell)
        is_stated = axis is None or any(state in axis.states for state in change.of.states)
        kinds = [k for k in kinds if k.states == start and is_stated]
    if len(kinds) != 1:
        message = f"it is not clear to which {change.of} cells are added"
        found.error("AMBIGUOUS_NAME", message, change.where, hint="name the state and the compartment")
        return None
    return kinds[0]


def _number(model: Model, change: CellChange, compartment: str, found: Collector) -> Expression | None:
    """The number of cells as a canonical expression; a density is multiplied by the volume."""
    if change.amount is None:
        found.error("MISSING_KEY", f"the change of {change.of} has neither amount nor fraction", change.where)
        return None
    options = {"": CELL, "volume": DENSITY}
    written, what = change.amount, f"the amount of {change.of}"
    resolver = ModelScope(model, found).resolver()
    typed = resolver.typed(written)
    if typed is None:
        return None
    if typed.dimension in (DIMENSIONLESS, VOLUME.inverse()):  # a bare number or number/volume means cells
        expression, dimension = typed.expression, typed.dimension * CELL
    else:
        chosen = Quantities(model, found).choose(written, options, what)
        if chosen is None:
            return None
        expression, dimension = chosen
    value = plain_value(expression)
    if value is not None and value < 0:
        found.error("NEGATIVE_VALUE", f"{what} is negative", change.where)
        return None
    if dimension == CELL:
        return expression
    place = model.compartment(compartment)
    volume = volume_of(model, place, found) if place else None
    return Binary("*", expression, volume) if volume is not None else None


def _contents(
    kernel: Kernel,
    model: Model,
    change: CellChange,
    joined: Population,
    cells: Array,
    parameters: Array,
    found: Collector,
) -> list[Entry]:
    """What new cells bring along: n · initial of each inside variable."""
    entries: list[Entry] = []
    label, where = populations.label(model, joined), ModelScope(model, found, joined.kind.compartment)
    for variable in inside_variables(model, joined.kind.cell):
        state = f"{variable.name} in {label}"
        if state not in kernel.states:
            continue
        initial = initial_inside(where, variable, joined)
        if initial is not None:
            total = cells * evaluate(initial, named(kernel, parameters))
            entries.append(Entry(change.at, Action.ADD, kernel.states.index(state), np.asarray(total, dtype=float)))
    return entries
