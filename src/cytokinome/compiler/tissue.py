"""What one cell does: the network per agent, for engines with space.

The laws are those of every engine, built on the bench for single cells (`one_cell`). What follows is read off the
processes: what a cell gives to a molecule is the change of the molecule's amount; what becomes of it is the change of
the counts, and each cell that results has its part of the totals that change with it. The hazard that a killer is to
its target is the slope of the rate in both their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from cytokinome.compiler import modifiers
from cytokinome.compiler.equations import refuse_all
from cytokinome.compiler.network import ONE, Network, Process, over, plus
from cytokinome.compiler.one_cell import OneCell, bench_of, deviate, network_of, one, own
from cytokinome.compiler.receptors import dissociation
from cytokinome.compiler.system import Lowering
from cytokinome.diagnostics import Collector
from cytokinome.errors import UnsupportedFeature
from cytokinome.model import populations, scope
from cytokinome.model.components import Model, Rule, Verb
from cytokinome.model.dimensions import constant
from cytokinome.model.expressions import Binary, Expression, Ref, Unary
from cytokinome.model.spreads import spread_of
from cytokinome.units import Dimension

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.compiler.dag import Graph
    from cytokinome.diagnostics import Span
    from cytokinome.model.populations import Population
    from cytokinome.model.spreads import Spread

DIFFUSION = Dimension.of(length=2, time=-1)
SPEED = Dimension.of(length=1, time=-1)


@dataclass(frozen=True, slots=True)
class Act:
    """An event of a cell.

    Attributes
    ----------
    id, origin : str
        Of the process, and of its rule.
    population : int or None
        Whose cells it happens to; None: cells enter.
    hazard : int or None
        Node of the hazard [1/h] per cell, of the number per hour where cells enter; None where `killers` make it.
    killers : tuple of (int, int)
        Population and node: the volume that one of its cells clears per hour, over the volume of the whole [1/h].
    arrivals : tuple of (int, int)
        Populations and how many cells of each there are in place of the one; none: it is gone.
    inside : tuple of (int, str, int)
        Population, name and node: what each of the arrivals carries.
    releases : tuple of (int, int)
        Field and node: what it gives [pmol].
    """

    id: str
    origin: str
    population: int | None
    hazard: int | None
    killers: tuple[tuple[int, int], ...]
    arrivals: tuple[tuple[int, int], ...]
    inside: tuple[tuple[int, str, int], ...]
    releases: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Motion:
    """How cells of one population move: node of the speed [µm/h], and of the occupancy whose gradient they follow.

    `slopes` are pairs of a field and the node of the occupancy's slope in it [1/pM].
    """

    speed: int
    slopes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Agents:
    """What one cell of each population does, and what goes on between cells, as nodes of one graph.

    Nodes read the states of the kernel with those of single cells behind them, the kernel's slots, and the time.

    Attributes
    ----------
    volume : int
        Node of the volume of the whole [L].
    states : tuple of str
        Of the graph: the kernel's, then `one L` per population and `Y of one L` per what it carries.
    fields : tuple of int
        Per field its state.
    diffusion : tuple of (int or None)
        Per field the node of its diffusion coefficient [µm²/h]; None where the model has none.
    loss, sources : tuple of int
        Per field the node of the first-order rate of loss [1/h], and of the rest of what happens without cells [pM/h].
    source_slopes : tuple of int
        Per field the node of the slope of its source in itself [1/h].
    populations : tuple of Population
    ones : tuple of int
        Per population the state `one L`.
    carried : tuple of tuple of (str, int)
        Per population the names that its cells carry, with their states.
    exchange, exchange_slopes : tuple of tuple of (int, int)
        Per population field and node: what one cell gives [pmol/h], and its slope in the field [pmol/h/pM].
    inner, inner_slopes : tuple of tuple of int
        Per population and carried name the node of its rate per hour, and of that rate's slope in itself [1/h].
    acts : tuple of Act
    motions : tuple of (Motion or None)
    adhesion : tuple of (int, int, int)
        Populations that stick, and the node of the speed [µm/h].
    initial_inside : tuple of tuple of int
        Per population and carried name the node of the value at the start.
    deviates : tuple of tuple of (int, str, Spread)
        Per population the states that tell a new cell from others, with the name of what differs and how it does.
    """

    model_id: str
    graph: Graph
    volume: int
    states: tuple[str, ...]
    fields: tuple[int, ...]
    diffusion: tuple[int | None, ...]
    loss: tuple[int, ...]
    sources: tuple[int, ...]
    source_slopes: tuple[int, ...]
    populations: tuple[Population, ...]
    ones: tuple[int, ...]
    carried: tuple[tuple[tuple[str, int], ...], ...]
    exchange: tuple[tuple[tuple[int, int], ...], ...]
    exchange_slopes: tuple[tuple[tuple[int, int], ...], ...]
    inner: tuple[tuple[int, ...], ...]
    inner_slopes: tuple[tuple[int, ...], ...]
    acts: tuple[Act, ...]
    motions: tuple[Motion | None, ...]
    adhesion: tuple[tuple[int, int, int], ...]
    initial_inside: tuple[tuple[int, ...], ...]
    deviates: tuple[tuple[tuple[int, str, Spread], ...], ...]


@lru_cache(maxsize=16)
def agents_of(model: Model) -> Agents:
    """Return what one cell of each population of a checked model does.

    Raises
    ------
    UnsupportedFeature
        With every construct that has no place in the tissue, naming the sentence.
    """
    found = Collector()
    _refuse(model, found)
    found.report().raise_errors(UnsupportedFeature, model.id)
    bench = bench_of(model)
    agents = _Reading(bench, network_of(bench), found).read()
    found.report().raise_errors(UnsupportedFeature, model.id)
    return agents


def _refuse(model: Model, found: Collector) -> None:
    """Add what the tissue cannot honour."""

    def no(what: str, where: Span | None = None, hint: str = "use the ODE engine") -> None:
        found.error("UNSUPPORTED_FEATURE", f"the tissue engine has no {what}", where, hint=hint)

    refuse_all(model, "tissue", found)
    for compartment in model.compartments[1:]:
        no(f"place for the compartment {compartment.id}: the box is all there is", compartment.where)
    for reaction in model.reactions:
        if reaction.is_quasi_equilibrium:
            no(f"quasi-equilibrium for `{reaction.id}`", reaction.where, "state kon and koff instead")
    for molecule in model.molecules:
        if molecule.pk is not None:
            no(f"`pk` for {molecule.id}", molecule.where)
    for event in model.events:
        no(f"events, and `{event.id}` is one", event.where)
    if model.start != "given":
        no(f"`start: {model.start}`", None, "write `start: given` with the levels of the steady state")


# ------------------------------------------------------------------------------------------- the reading
class _Reading(Lowering):
    """Reads what single cells do off the processes of a bench."""

    def __init__(self, bench: OneCell, network: Network, found: Collector) -> None:
        super().__init__(network)
        self.bench, self.model, self.found = bench, bench.model, found
        self.populations = bench.populations
        self.labels = {bench.label(p): i for i, p in enumerate(self.populations)}
        self.fields = {s: i for i, s in enumerate(v.id for v in network.variables if v.kind == "molecule")}
        self.carried = [bench.carried(p) for p in self.populations]
        self.owner: dict[str, int] = {}  # a state of its own → the population
        self.inner_names: dict[str, tuple[int, str]] = {}
        for label, i in self.labels.items():
            self.owner[one(label)] = i
            for name in self.carried[i]:
                self.owner[own(name, label)] = i
                self.inner_names[own(name, label)] = (i, name)
        zero = self.graph.constant(0.0)
        n = len(self.populations)
        self.sources = [zero] * len(self.fields)
        self.loss = [zero] * len(self.fields)
        self.exchange: list[dict[int, int]] = [{} for _ in range(n)]
        self.inner = [dict.fromkeys(names, zero) for names in self.carried]
        self.acts: dict[str, Act] = {}
        self.motions: list[Motion | None] = [None] * n
        self.adhesion: list[tuple[int, int, int]] = []

    def read(self) -> Agents:
        network, graph = self.network, self.graph
        for process in network.processes:
            self._process(process)
        self._geometry()
        diffusion = [self._diffusion(name) for name in self.fields]
        volume = self._volume()
        exchange = [{f: graph.apply("mul", node, volume) for f, node in e.items()} for e in self.exchange]
        initial = {v.id: v.initial for v in network.variables}
        names = list(self.labels)
        return Agents(
            model_id=network.model_id,
            graph=graph,
            volume=volume,
            states=tuple(v.id for v in network.variables),
            fields=tuple(self.states[name] for name in self.fields),
            diffusion=tuple(diffusion),
            loss=tuple(self.loss),
            sources=tuple(self.sources),
            source_slopes=tuple(self._slope(s, self.states[f]) for s, f in zip(self.sources, self.fields, strict=True)),
            populations=self.populations,
            ones=tuple(self.states[one(label)] for label in names),
            carried=tuple(
                tuple((name, self.states[own(name, label)]) for name in self.carried[i])
                for i, label in enumerate(names)
            ),
            exchange=tuple(tuple(sorted(e.items())) for e in exchange),
            exchange_slopes=tuple(
                tuple((f, self._slope(node, self._field(f))) for f, node in sorted(e.items())) for e in exchange
            ),
            inner=tuple(tuple(rates.values()) for rates in self.inner),
            inner_slopes=tuple(
                tuple(self._slope(node, self.states[own(name, names[i])]) for name, node in rates.items())
                for i, rates in enumerate(self.inner)
            ),
            acts=tuple(self.acts.values()),
            motions=tuple(self.motions),
            adhesion=tuple(self.adhesion),
            initial_inside=tuple(
                tuple(self.node(initial[own(name, label)]) for name in self.carried[i]) for i, label in enumerate(names)
            ),
            deviates=tuple(tuple(self._deviates(population)) for population in self.populations),
        )  # fmt: skip

    def _deviates(self, population: Population) -> Iterator[tuple[int, str, Spread]]:
        for variable in scope.inside_variables(self.model, population.kind.cell):
            spread = spread_of(self.model, variable)
            if spread is not None and self.bench.deviate(variable, population) is not None:
                yield self.states[deviate(variable.name, self.bench.label(population))], variable.name, spread

    def _volume(self) -> int:
        return self.node(self.bench.volume(self.model.compartments[0].id))

    def _field(self, index: int) -> int:
        return self.states[list(self.fields)[index]]

    def _slope(self, node: int, state: int) -> int:
        return self.graph.derivatives([node], state).get(node, self.graph.constant(0.0))

    def _reads(self, node: int) -> set[str]:
        graph = self.graph
        indices = {int(graph.value[n]) for n in graph.needed([node]) if graph.operation[n] == "state"}
        return {self.network.variables[i].id for i in indices}

    # ----------------------------------------------------------------------------------------- processes
    def _process(self, process: Process) -> None:
        rate = self.node(Ref("process", process.id))
        death, amount = _upon(process)
        if death is not None:
            self._release(death, process, self.node(amount))
        elif any(target in self.labels for target, _ in process.changes):
            self._act(process, rate)
        else:
            owners = {self.owner[s] for s in self._reads(rate) if s in self.owner}
            owners |= {self.owner[target] for target, _ in process.changes if target in self.owner}
            for target, coefficient in process.changes:
                change = self.graph.apply("mul", rate, self.node(coefficient))
                self._change(process, target, change, owners)

    def _change(self, process: Process, target: str, change: int, owners: set[int]) -> None:
        """Add one term to what a cell gives, to what it carries, or to what happens without cells."""
        graph = self.graph
        if target in self.inner_names:
            population, name = self.inner_names[target]
            self.inner[population][name] = graph.apply("add", self.inner[population][name], change)
        elif owners:
            (population,) = owners
            given, field = self.exchange[population], self.fields[target]
            given[field] = graph.apply("add", given[field], change) if field in given else change
        else:
            field = self.fields[target]
            slope = graph.apply("neg", self._slope(change, self.states[target]))
            if len(process.changes) == 1 and self._reads(change) == {target} and not self._moves(slope):
                self.loss[field] = graph.apply("add", self.loss[field], slope)
            else:
                self.sources[field] = graph.apply("add", self.sources[field], change)

    def _moves(self, node: int) -> bool:
        return self.graph.depends_on_state_or_time()[node]

    # ---------------------------------------------------------------------------------------------- acts
    def _act(self, process: Process, rate: int) -> None:
        if self.graph.is_constant(rate, 0.0):
            return
        counts = _counts(process, self.labels)
        owners = {self.owner[s] for s in self._reads(rate) if s in self.owner}
        gone = [i for i, n in counts.items() if n < 0]
        rule = next((r for r in self.model.rules if r.id == process.origin), None)
        population = gone[0] if gone else next(iter(owners)) if rule and rule.verb is not Verb.ENTERS else None
        totals = dict(counts)
        if population is not None:
            totals[population] = totals.get(population, 0) + 1
        arrivals = {i: n for i, n in totals.items() if n > 0}
        kills = rule is not None and rule.verb in (Verb.KILLS, Verb.ENGULFS)
        self.acts[process.id] = Act(
            id=process.id,
            origin=process.origin,
            population=population,
            hazard=None if kills else rate,
            killers=self._killers(rate, rule, population) if kills and population is not None else (),
            arrivals=tuple(arrivals.items()),
            inside=tuple(self._brought(process, population, arrivals)),
            releases=tuple(self._released(process)),
        )

    def _brought(
        self, process: Process, population: int | None, arrivals: dict[int, int]
    ) -> Iterator[tuple[int, str, int]]:
        """Yield what each arrival carries: the totals that the process leaves, shared by those who are there."""
        graph, names = self.graph, list(self.labels)
        for target, n in arrivals.items():
            for name in self.carried[target]:
                id = own(name, names[target])
                total = self.node(Ref("state", id)) if target == population else graph.constant(0.0)
                for changed, coefficient in process.changes:
                    if changed == id:
                        total = graph.apply("add", total, self.node(coefficient))
                yield target, name, graph.apply("div", total, graph.constant(float(n)))

    def _released(self, process: Process) -> Iterator[tuple[int, int]]:
        for target, coefficient in process.changes:
            if target in self.fields:
                yield self.fields[target], self.graph.apply("mul", self.node(coefficient), self._volume())

    def _release(self, death: str, process: Process, amount: int) -> None:
        """Add what a death gives."""
        graph, act = self.graph, self.acts.get(death)
        if act is None:  # it never happens
            return
        given = tuple((f, graph.apply("mul", node, amount)) for f, node in self._released(process))
        self.acts[death] = replace(act, releases=act.releases + given)

    def _killers(self, rate: int, rule: Rule | None, victim: int) -> tuple[tuple[int, int], ...]:
        """Return per population of killers the slope of the rate in their number, for one victim."""
        if rule is None:
            return ()
        names, found = list(self.labels), list[tuple[int, int]]()
        each = self._slope(rate, self.states[one(names[victim])])
        for cells in self.bench.subjects(rule):
            killer = self.labels[self.bench.label(cells)]
            slope = self._slope(each if killer != victim else rate, self.states[one(names[killer])])
            if killer == victim:  # rate = c·n²: what it is for two is asked for, not its slope at one
                twice = self._slope(slope, self.states[one(names[killer])])
                slope = self.graph.apply("div", twice, self.graph.constant(2.0))
            found.append((killer, slope))
        return tuple(found)

    # ------------------------------------------------------------------------------------------ geometry
    def _geometry(self) -> None:
        for rule in self.model.rules:
            if rule.verb in (Verb.MOVES, Verb.ADHERES) and rule.rate is None:
                self._no(rule, f"`{rule.id}` does not say how fast", "state a speed: `at 3 um/min`")
            elif rule.verb is Verb.MOVES:
                self._motion(rule)
            elif rule.verb is Verb.ADHERES:
                self._sticks(rule)

    def _motion(self, rule: Rule) -> None:
        for cells in self.bench.subjects(rule):
            i = self.labels[self.bench.label(cells)]
            if self.motions[i] is not None:
                self._no(rule, f"`{rule.id}` moves {self.bench.label(cells)} a second time")
                continue
            speed = self.node(self._defined(modifiers.Modified(self.bench, rule, cells).rate(SPEED)))
            occupancy = [self._occupancy(rule, cells, n) for n in range(len(rule.toward))]
            total = self.node(self._defined(plus(*occupancy))) if occupancy else self.graph.constant(0.0)
            slopes = [(f, self._slope(total, self._field(f))) for f in range(len(self.fields))]
            self.motions[i] = Motion(speed, tuple((f, s) for f, s in slopes if not self.graph.is_constant(s, 0.0)))

    def _occupancy(self, rule: Rule, cells: Population, index: int) -> Expression:
        """Return X/(X + K): K is the half, else Kd at the receptor, which is the only one where none is named."""
        signal, place = rule.toward[index], cells.kind.compartment
        if signal.half is None and signal.receptor is None:
            known = [r.id for r in self.model.receptors if any(b.molecule == signal.name for b in r.ligands)]
            signal = replace(signal, receptor=known[0] if len(known) == 1 else None)
        if signal.density is not None or (signal.half is None and signal.receptor is None):
            hint = "name the receptor or the half level: `toward X at R (half …)`"
            self._no(rule, f"`{rule.id}` does not say how much of {signal.name or 'a density'} is felt", hint)
            return constant(0.0)
        level = modifiers.level(self.bench, signal, place, cells, ())
        if signal.half is not None:
            K = modifiers.half_of(self.bench, signal, place, cells)
        else:
            K = dissociation(self.bench, signal.receptor or "", signal.name)
        return over(level, plus(level, K))

    def _sticks(self, rule: Rule) -> None:
        if rule.target is None:
            return
        for cells in self.bench.subjects(rule):
            speed = self.node(self._defined(modifiers.Modified(self.bench, rule, cells).rate(SPEED)))
            if self._moves(speed):
                self._no(rule, f"the speed of `{rule.id}` changes in time", "state a constant speed")
                continue
            i = self.labels[self.bench.label(cells)]
            others = [j for j, p in enumerate(self.populations) if populations.matches(rule.target, p.kind)]
            self.adhesion += [(i, j, speed) for j in others]

    def _defined(self, expression: Expression) -> Expression:
        """Return an expression after its definitions are known to the lowering."""
        self._named["definition"] = dict(self.bench.definitions)
        return expression

    def _no(self, rule: Rule, message: str, hint: str = "") -> None:
        self.found.error("UNSUPPORTED_FEATURE", message, rule.where, hint=hint)

    def _diffusion(self, name: str) -> int | None:
        record = self.model.molecule(name)
        if record is None or record.diffusion is None:
            return None
        return self.node(self.bench.value(record.diffusion, DIFFUSION))


def _upon(process: Process) -> tuple[str | None, Expression]:
    """Return the process at whose every event this one happens, and how much of it; None where it stands alone."""
    match process.rate:
        case Ref(kind="process", id=id):
            return id, ONE
        case Binary(operator="*", left=Ref(kind="process", id=id), right=amount):
            return id, amount
        case _:
            return None, ONE


def _counts(process: Process, labels: dict[str, int]) -> dict[int, int]:
    """Return the change of the number of cells of each population in one event."""
    counts: dict[int, int] = {}
    for target, coefficient in process.changes:
        if target in labels:
            index = labels[target]
            counts[index] = counts.get(index, 0) + (-1 if isinstance(coefficient, Unary) else 1)
    return counts
