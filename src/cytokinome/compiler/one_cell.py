"""The bench for single cells: the laws of every engine, with the cells that a process speaks of counted by themselves.

The number of cells that a process speaks of is a variable of its own, `one L`, and what they carry another, so that a
rate can be asked for a single cell of a population L. Counts and densities that a sentence names stay those of the
whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.compiler import chemistry, laws
from cytokinome.compiler.lower import lower
from cytokinome.compiler.network import ONE, ZERO, Network, Variable, negative, times
from cytokinome.compiler.workshop import Workshop
from cytokinome.model import scope
from cytokinome.model.components import Verb
from cytokinome.model.dimensions import constant
from cytokinome.model.expressions import Expression, Ref
from cytokinome.units import CELL, DIMENSIONLESS

if TYPE_CHECKING:
    from cytokinome.model.components import InsideVariable, Model
    from cytokinome.model.populations import Population

LATE = (Verb.RELEASES,)  # needs the deaths that other rules add


class OneCell(Workshop):
    """A bench on which the cells that a process speaks of are counted apart from those of the whole."""

    def number(self, population: Population) -> Expression:
        """Return how many cells of a population are asked for."""
        return Ref("state", one(self.label(population)))

    def total(self, name: str, population: Population) -> str:
        """Return the id of what those cells carry."""
        return own(name, self.label(population))

    def deviate(self, variable: InsideVariable, population: Population) -> Expression | None:
        """Return the state that tells a new cell from others, where cells differ and are not told apart otherwise."""
        if variable.between_cells is None or population.representative:
            return None
        return Ref("state", deviate(variable.name, self.label(population)))


def one(label: str) -> str:
    """Return the name of the state that counts the cells asked for."""
    return f"one {label}"


def own(name: str, label: str) -> str:
    """Return the name of the state that holds what the cell asked for carries."""
    return f"{name} of one {label}"


def deviate(name: str, label: str) -> str:
    """Return the name of the state that tells a new cell from others: see `spreads.Spread.deviate`."""
    return f"deviate of {name} of one {label}"


def bench_of(model: Model) -> OneCell:
    """Return the bench of a checked model, with everything that happens in it."""
    network, bench = lower(model).network, OneCell(model)
    bench.slots.update({slot.name: slot for slot in network.slots})
    chemistry.add_molecules(bench)
    bench.variables = {v.id: v for v in network.variables}
    for cells in bench.populations:
        label = bench.label(cells)
        state = one(label)
        bench.variables[state] = Variable(state, "cells", CELL, ONE, (), ONE)
        variables = {v.name: v for v in scope.inside_variables(model, cells.kind.cell)}
        for name in bench.carried(cells):
            id = bench.total(name, cells)
            bench.variables[id] = Variable(id, "inside", DIMENSIONLESS, bench.initial(name, cells), (), ONE)
            if name in variables and bench.deviate(variables[name], cells) is not None:
                told = deviate(name, label)
                bench.variables[told] = Variable(told, "inside", DIMENSIONLESS, ZERO, (), ONE)
            bench.definitions[scope.inside_definition(name, label)] = Ref("state", id)
            for loss in variables[name].losses if name in variables else ():
                rate = times(chemistry.loss_rate(bench, loss, constant(1.0)), Ref("state", id))
                bench.process(f"{id} {loss.kind}", f"{name} {loss.kind}", rate, (id, negative(ONE)))
    for rule in sorted(model.rules, key=lambda r: r.verb in LATE):
        laws.add_rule(bench, rule)
    chemistry.add_losses(bench)
    for reaction in model.reactions:
        chemistry.add_reaction(bench, reaction)
    chemistry.add_baselines(bench)
    return bench


def network_of(bench: OneCell) -> Network:
    """Return the network of a bench: the variables of the whole first, those of single cells behind them."""
    whole = lower(bench.model).network
    return Network(
        model_id=whole.model_id,
        variables=tuple(bench.variables.values()),
        processes=tuple(bench.processes),
        slots=whole.slots,
        definitions=tuple(bench.definitions.items()),
        molecules=tuple(bench.molecules.items()),
        outputs=(),
        baselines=(),
        notes=bench.found.report(),
        means=whole.definitions,
    )
