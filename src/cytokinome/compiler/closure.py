"""Where the mean field is one: which sentences the average cell does not answer for.

The mean field carries the total A of what n cells hold and takes x = A/n for every cell. That is exact where no hazard
depends on a variable that differs between cells of one population, and every other rate is jointly affine in such
variables (language.md §4): then the average of the rates is the rate at the average. Other sentences get a note.

A variable differs between the cells of a population

- that begin or enter with different values: `between-cells` without representatives;
- of which some arrive with another value than those who are there have by then. None does where the value stands
  still, at the one value that all bring; nor where it moves by one and the same law here and there, from the same
  value at the start, and nobody comes later with a fresh one;
- of which some divide, since an amount is halved, unless it is nothing;
- where it follows another variable that differs.

Bound receptors are such variables too. `mean(cell.Y)`, counts and densities are numbers of the whole population, the
same for each of its cells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.compiler.one_cell import OneCell, bench_of, network_of, one, own
from cytokinome.compiler.system import Lowering
from cytokinome.diagnostics import Collector, Report
from cytokinome.model import populations, scope
from cytokinome.model.components import Model, Verb
from cytokinome.model.expressions import Ref, Unary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from cytokinome.compiler.network import Process
    from cytokinome.model.components import CellGroup

Carried = tuple[str, str]  # the label of a population, and the name of what its cells carry


@dataclass(frozen=True, slots=True)
class _Inlet:
    """How cells come to a population with one of the variables that they carry.

    They take it along from the population `origin`; where that is None, `value` is the node of what they begin with,
    at the start or, with `is_later`, whenever. Of a division they get half where `is_halved`.
    """

    origin: str | None = None
    value: int = -1
    is_later: bool = True
    is_halved: bool = False


def closure_report(model: Model, added: Iterable[CellGroup] = ()) -> Report:
    """Return a note ``MEAN_FIELD_CLOSURE`` for every sentence of a checked model that needs more than the average cell.

    Parameters
    ----------
    model : Model
        Its representatives are taken for what they are: populations of their own, each of equal cells.
    added : iterable of CellGroup
        Cells that an experiment adds some time, with their initial values.
    """
    found = Collector()
    if any(cell.inside for cell in model.cells) or any(rule.verb is Verb.BINDS for rule in model.rules):
        spread = {(c.id, v.name) for c in model.cells for v in c.inside if v.between_cells}
        reading = _Reading(bench_of(_of_equal_cells(model)), tuple(added))
        by_history = reading.differing(frozenset())
        differing = by_history if model.representatives else reading.differing(spread)
        for rule, is_hazard, keys in reading.dependent(differing):
            named = dict.fromkeys(f"{name} of {reading.labels[label]}" for label, name in keys)
            names, differ = " and ".join(named), "differs" if len(named) == 1 else "differ"
            how = "is a hazard that depends on" if is_hazard else "has a rate that is not affine in"
            known = model.rule(rule)
            found.note(
                "MEAN_FIELD_CLOSURE",
                f"`{rule}` {how} {names}, which {differ} from cell to cell; the mean field takes the average cell",
                known.where if known else None,
                hint="engines with single cells take each for itself: --engine stochastic or tissue"
                if any(key in by_history for key in keys)
                else "state `closure: {representatives: 8}` to carry eight cells in place of the average one",
            )
    return found.report()


def _of_equal_cells(model: Model) -> Model:
    """Return the model without differences between cells, and so without representatives."""
    cells = tuple(
        replace(cell, inside=tuple(replace(v, between_cells=None) for v in cell.inside)) for cell in model.cells
    )
    return replace(model, cells=cells, representatives=None)


class _Reading(Lowering):
    """What the processes of single cells say of the variables that these carry."""

    def __init__(self, bench: OneCell, added: tuple[CellGroup, ...]) -> None:
        super().__init__(network_of(bench))
        self.model = bench.model
        self.labels = {bench.label(p): p.kind.cell for p in bench.populations}
        self.owned = {own(n, bench.label(p)): (bench.label(p), n) for p in bench.populations for n in bench.carried(p)}
        self.inlets: dict[Carried, list[_Inlet]] = {key: [] for key in self.owned.values()}
        self.slopes: dict[Carried, int] = dict.fromkeys(self.owned.values(), self.graph.constant(0.0))
        brought = {bench.label(p) for p in bench.populations if any(populations.matches(g, p.kind) for g in added)}
        for id, key in self.owned.items():
            if key[0] in brought or not self.graph.is_constant(self.node(bench.variables[key[0]].initial), 0.0):
                value = self.node(bench.variables[id].initial)
                self.inlets[key].append(_Inlet(value=value, is_later=key[0] in brought))
        for process in self.network.processes:
            if not self._moves_cells(process):
                self._flow(process)
            elif not self.graph.is_constant(self._rate(process), 0.0):
                self._event(process)

    def _moves_cells(self, process: Process) -> bool:
        return any(target in self.labels for target, _ in process.changes)

    def _rate(self, process: Process) -> int:
        return self.node(Ref("process", process.id))

    def _flow(self, process: Process) -> None:
        """Add a process to the slopes of what cells carry."""
        for target, coefficient in process.changes:
            if target in self.owned:
                term = self.graph.apply("mul", self.node(coefficient), self._rate(process))
                self.slopes[self.owned[target]] = self.graph.apply("add", self.slopes[self.owned[target]], term)

    def _event(self, process: Process) -> None:
        """Add an event to how cells come to a population, and with what."""
        cells = [(t, isinstance(coefficient, Unary)) for t, coefficient in process.changes if t in self.labels]
        gained = [target for target, is_lost in cells if not is_lost]
        if process.subject is not None and 2 * len(gained) > len(cells):  # one cell becomes two
            for label, name in (key for key in self.inlets if key[0] in gained):
                is_halved = self._is_amount(label, name)
                self.inlets[label, name].append(_Inlet(process.subject, is_halved=is_halved))
            return
        for target, brought in process.changes:
            if target in self.owned and not isinstance(brought, Unary):
                name = self.owned[target][1]
                taken = process.subject and Ref("definition", scope.inside_definition(name, process.subject))
                inlet = _Inlet(process.subject) if brought == taken else _Inlet(value=self.node(brought))
                self.inlets[self.owned[target]].append(inlet)

    def _is_amount(self, label: str, name: str) -> bool:
        kinds = {v.name: v.kind for v in scope.inside_variables(self.model, self.labels[label])}
        return kinds.get(name, "amount") == "amount"

    # ------------------------------------------------------------------------------------------- what differs
    def differing(self, spread: AbstractSet[tuple[str, str]]) -> frozenset[Carried]:
        """Return what differs between cells of one population, of which these differ from the beginning on.

        Everything is taken to be equal at first; what then does not stay so is left out, round after round.
        """
        origins = self._origins()
        still = self._still({key: next(iter(values)) for key, values in origins.items() if len(values) == 1})
        equal = {
            key
            for key in self.inlets
            if len(origins[key]) < 2
            and not ((self.labels[key[0]], key[1]) in spread and any(i.origin is None for i in self.inlets[key]))
        }
        while unequal := {key for key in equal if not self._stays_equal(key, equal, still, origins)}:
            equal -= unequal
        return frozenset(self.inlets) - equal

    def _origins(self) -> dict[Carried, frozenset[int]]:
        """Return the values that the cells of a population can have begun with, wherever they did."""
        found = {key: frozenset(i.value for i in inlets if i.origin is None) for key, inlets in self.inlets.items()}
        while True:
            wider = {
                key: found[key].union(*(found[i.origin, key[1]] for i in inlets if i.origin is not None))
                for key, inlets in self.inlets.items()
            }
            if wider == found:
                return found
            found = wider

    def _still(self, origins: Mapping[Carried, int]) -> dict[Carried, int]:
        """Return the variables that stay where they begin, with that value: their slopes are zero there."""
        still = dict(origins)
        while True:
            moving = {k for k in still if not self.graph.is_constant(self._slope_at(k, still), 0.0)}
            if not moving:
                return still
            still = {key: value for key, value in still.items() if key not in moving}

    def _slope_at(self, key: Carried, values: Mapping[Carried, int]) -> int:
        """Return the slope of a variable where variables of its cell have these values."""
        known = {self.states[own(n, label)]: node for (label, n), node in values.items() if label == key[0]}
        return self._substituted(self.slopes[key], known)

    def _stays_equal(
        self, key: Carried, equal: set[Carried], still: Mapping[Carried, int], origins: Mapping[Carried, frozenset[int]]
    ) -> bool:
        """Whether those who arrive have the value of those who are there, given what else is equal."""
        followed = self._followed(key, still)
        if not {(key[0], name) for name in followed} <= equal:
            return False
        for inlet in self.inlets[key]:
            if inlet.origin is None:
                if inlet.is_later and not (key in still and self._is_fixed(inlet.value)):
                    return False
                continue
            source = (inlet.origin, key[1])
            if not origins[source]:  # nobody is ever there
                continue
            if source not in equal or (source in still) != (key in still):
                return False
            if inlet.is_halved and not (key in still and self.graph.is_constant(still[key], 0.0)):
                return False
            if key not in still and not self._obey_one_law(source, key, followed, equal, still):
                return False
        return True

    def _followed(self, key: Carried, still: Mapping[Carried, int]) -> tuple[str, ...]:
        """Return the other variables of the cell that the slope of one depends on, where it is."""
        slope = self._slope_at(key, {key: still[key]} if key in still else {})
        names = [self.owned[s][1] for s in self._reads(slope) if s in self.owned]
        return tuple(name for name in names if name != key[1])

    def _obey_one_law(
        self,
        source: Carried,
        key: Carried,
        followed: tuple[str, ...],
        equal: set[Carried],
        still: Mapping[Carried, int],
    ) -> bool:
        """Whether a variable moves in two populations alike: by one law, and so do the variables that it follows."""
        names = [name for label, name in self.inlets if label == source[0] and (key[0], name) in self.inlets]
        mapping = {self.states[own(n, source[0])]: self.state(self.states[own(n, key[0])]) for n in names}
        mapping[self.states[one(source[0])]] = self.state(self.states[one(key[0])])
        if self._substituted(self.slopes[source], mapping) != self.slopes[key]:
            return False
        pairs = [((source[0], name), (key[0], name)) for name in followed]
        return all(there in equal and still.get(there) == still.get(here) for there, here in pairs)

    def _is_fixed(self, node: int) -> bool:
        """Whether a value is the same whenever it is asked for."""
        targets = {target.id for event in self.model.events for target, _ in event.assignments}
        assigned = {slot for name, slot in self.slots.items() if name in targets}
        graph = self.graph
        reads = {int(graph.value[n]) for n in graph.needed([node]) if graph.operation[n] == "parameter"}
        return not graph.depends_on_state_or_time()[node] and not reads & assigned

    # -------------------------------------------------------------------------------------- what depends on it
    def dependent(self, differing: frozenset[Carried]) -> list[tuple[str, bool, tuple[Carried, ...]]]:
        """Return the rules that need more than the average cell, whether by a hazard, and what they depend on."""
        found: dict[tuple[str, bool], dict[Carried, None]] = {}
        for process in self.network.processes:
            is_hazard = self._moves_cells(process)
            rate = self._rate(process) if process.upon is None else self.node(process.upon[1])
            keys = [self.owned[s] for s in self._reads(rate) if s in self.owned and self.owned[s] in differing]
            if keys and (is_hazard or not self._is_affine(rate, keys)):
                found.setdefault((process.origin, is_hazard), {}).update(dict.fromkeys(keys))
        return [(rule, is_hazard, tuple(keys)) for (rule, is_hazard), keys in found.items()]

    def _is_affine(self, node: int, keys: list[Carried]) -> bool:
        """Whether a rate is jointly affine in these variables: no slope, and no condition, depends on any of them."""
        states = {own(name, label) for label, name in keys}
        slopes = [self.graph.derivatives([node], self.states[s]).get(node) for s in states]
        conditions = [self.turns[n] for n in self.graph.needed([node]) if n in self.turns]
        judged = [n for n in (*slopes, *conditions) if n is not None]
        return not any(states & set(self._reads(n)) for n in judged)

    # ------------------------------------------------------------------------------------------------- nodes
    def _reads(self, node: int) -> tuple[str, ...]:
        """Return the states that a node depends on, in their order."""
        graph = self.graph
        indices = {int(graph.value[n]) for n in graph.needed([node]) if graph.operation[n] == "state"}
        return tuple(self.network.variables[i].id for i in sorted(indices))

    def _substituted(self, node: int, states: Mapping[int, int]) -> int:
        """Return a node with other nodes in place of states."""
        graph, made = self.graph, dict[int, int]()
        for n in graph.needed([node]):
            if graph.operation[n] == "state":
                made[n] = states.get(int(graph.value[n]), n)
            elif graph.arguments[n]:
                made[n] = graph.apply(graph.operation[n], *(made[a] for a in graph.arguments[n]))
            else:
                made[n] = n
        return made[node]
