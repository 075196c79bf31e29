"""Jumps: the network as events that change whole numbers. What the exact stochastic engine runs.

Every cell and every molecule is counted. A jump is an event with a hazard [1/h] and a whole change of some counts. The
rates are those of the network; they read canonical values, which are counts times a grain (the concentration that
one molecule makes). One jump of a reaction is one turnover of its equation; one jump of any other process is the
smallest change that it makes, one molecule or one cell.

With `sample` only that fraction of everything is simulated: volumes, counts, sources and clearances scale by it;
concentrations, densities and rates per cell do not. The grains alone know of it: canonical values stay those of the
whole.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.alone import Alone, alone_of
from cytokinome.compiler.counting import Counting
from cytokinome.compiler.equations import refuse_uncounted
from cytokinome.compiler.lower import lower
from cytokinome.compiler.network import Network, Process
from cytokinome.compiler.targets.reference import Program
from cytokinome.diagnostics import Collector
from cytokinome.errors import UnsupportedFeature
from cytokinome.model import populations, scope
from cytokinome.model.components import Verb
from cytokinome.model.expressions import Unary
from cytokinome.units import SUBSTANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.dag import Graph
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]

WHOLE = 1e-9  # of a change: what rounding may leave of it
BACK = ", back"  # behind the id of a process: its other direction
RELEASE = 1e-3  # of what a death releases: what is lost by releasing whole molecules


@dataclass(frozen=True, slots=True)
class Jump:
    """One kind of event: the node of its hazard [1/h], and of the change of each count that it changes.

    The changes are whole but for rounding, which `steps` removes. Where one reads counts, a cell takes along what it
    carries: it is the change at the counts of that cell alone.

    Attributes
    ----------
    subject : int, optional
        The population of the cell that it happens to.
    leaves : bool
        Whether that cell leaves its population.
    arrivals : tuple of int
        Populations that a cell arrives in.
    slopes : tuple of (int, int)
        What cells of the subject carry that the hazard depends on, with the node of its derivative per count.
    """

    id: str
    origin: str
    hazard: int
    changes: tuple[tuple[int, int], ...]
    subject: int | None = None
    leaves: bool = False
    arrivals: tuple[int, ...] = ()
    slopes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Jumps:
    """Everything that can happen to the counts of a model.

    Nodes of `graph` read counts as states, the slots of the kernel and behind them one infusion rate per entry of
    `infused` as parameters, and the time. Hazards depend on time through conditions only.

    Attributes
    ----------
    grains : tuple of int
        Per state the node of its canonical value (pM, pmol, cell) at a count of one.
    clocks : tuple of (int, int)
        Nodes of a difference that is linear in time and of its slope: where it is zero, a condition flips.
    infused : tuple of int
        States that an infusion can reach; their jumps stand last.
    carried : tuple of (int, str, int)
        States that are totals of what cells carry, with its name and the state of the population that carries it.
    is_marked : bool
        Whether every cell must be known: an event takes along what it carries, or cells begin different.
    alone : Alone, optional
        What is asked of single cells, where every cell is known.
    """

    model_id: str
    graph: Graph
    states: tuple[str, ...]
    n_slots: int
    grains: tuple[int, ...]
    jumps: tuple[Jump, ...]
    clocks: tuple[tuple[int, int], ...]
    infused: tuple[int, ...]
    sample: float
    digest: str
    carried: tuple[tuple[int, str, int], ...] = ()
    is_marked: bool = False
    alone: Alone | None = None

    def dependents(self) -> tuple[tuple[int, ...], ...]:
        """Return, per jump, the jumps whose hazard reads a count that it changes."""
        reads = [self.reads(jump.hazard) for jump in self.jumps]
        changed = [{state for state, _ in jump.changes} for jump in self.jumps]
        return tuple(tuple(i for i, read in enumerate(reads) if read & change) for change in changed)

    def moving(self, jump: Jump) -> frozenset[int]:
        """Return the states that a jump changes by what a cell carries."""
        return frozenset(state for state, node in jump.changes if self.reads(node))

    def reads(self, node: int) -> frozenset[int]:
        """Return the states that a node reads."""
        graph = self.graph
        return frozenset(int(graph.value[n]) for n in graph.needed([node]) if graph.operation[n] == "state")


def jumps_of(model: Model, *, sample: float = 1.0, infused: Sequence[int] = ()) -> Jumps:
    """Return the jumps of a checked model.

    Parameters
    ----------
    model : Model
    sample : float
        The fraction of everything that is simulated.
    infused : sequence of int
        States (of the kernel) that infusions reach.

    Raises
    ------
    UnsupportedFeature
        With every construct that cannot be run exactly, naming the sentence.
    ValueError
        If the sample is not a positive number.
    """
    if not (sample > 0 and np.isfinite(sample)):
        raise ValueError(f"the sample is {sample}; it must be a positive fraction of the whole")
    found = Collector()
    _refuse_what_is_not_counted(model, found)
    found.report().raise_errors(UnsupportedFeature, model.id)
    counting = _Jumping(model, lower(model).network, sample, found)
    jumps = counting.build(tuple(infused))
    found.report().raise_errors(UnsupportedFeature, model.id)
    return jumps


def _refuse_what_is_not_counted(model: Model, found: Collector) -> None:
    for reaction in model.reactions:
        if reaction.is_quasi_equilibrium:
            found.error(
                "UNSUPPORTED_FEATURE",
                f"the exact stochastic engine refuses the quasi-equilibrium `{reaction.id}`: its partners have no "
                "events of their own",
                reaction.where,
                hint="state kon and koff instead of quasi-equilibrium",
            )
    refuse_uncounted(model, "exact stochastic", found)
    network = lower(model).network
    for variable in network.variables:
        if variable.kind == "inside" and variable.dimension != SUBSTANCE:
            found.error(
                "UNSUPPORTED_FEATURE",
                f"`{variable.id}` is no number of molecules and cannot change by whole ones",
                hint="use the ODE engine, or make it an amount",
            )


def steps(jumps: Jumps, p: Array) -> tuple[tuple[tuple[int, float], ...], ...]:
    """Return, per jump, the states and whole changes of one event, for one person's parameters.

    Parameters
    ----------
    jumps : Jumps
    p : array
        The slots of the kernel; the infusion rates behind them may be missing.
    """
    nodes = [node for jump in jumps.jumps for _, node in jump.changes]
    p = np.concatenate([p[: jumps.n_slots], np.zeros(len(jumps.infused))])
    # a change that reads counts is nothing where there are none
    values = iter(np.rint(Program(jumps.graph, nodes).at(0.0, np.zeros(len(jumps.states)), p)).tolist())
    return tuple(tuple((state, next(values)) for state, _ in jump.changes) for jump in jumps.jumps)


class _Jumping(Counting):
    """Lowers a network on counts."""

    def __init__(self, model: Model, network: Network, sample: float, found: Collector) -> None:
        super().__init__(model, network, sample)
        self.found = found
        self._where = {x.id: x.where for x in (*model.reactions, *model.rules, *model.events)}

    def build(self, infused: tuple[int, ...]) -> Jumps:
        network, graph = self.network, self.graph
        jumps = [jump for process in network.processes if process.upon is None for jump in self._jumps(process)]
        n_slots = len(network.slots)
        for i, state in enumerate(infused):
            hazard = graph.apply("div", graph.input("parameter", n_slots + i), self.one(state))
            name = f"infusion of {network.variables[state].id}"
            jumps.append(Jump(name, name, hazard, ((state, graph.constant(1.0)),)))
        moving = graph.depends_on_state_or_time()
        is_marked = any(moving[node] for jump in jumps for _, node in jump.changes) or bool(self._drawn())
        self._check(jumps)
        unlinear = [(i, jump.id) for i, jump in enumerate(jumps) if self._needs_each(jump)] if is_marked else []
        if is_marked:
            self._check_cells(jumps)
        return Jumps(
            model_id=network.model_id,
            graph=graph,
            states=tuple(v.id for v in network.variables),
            n_slots=n_slots,
            grains=tuple(self.one(i) for i in range(len(network.variables))),
            jumps=tuple(jumps),
            clocks=self._clocks(jumps),
            infused=infused,
            sample=self.sample,
            digest=_digest(graph, jumps),
            carried=self.carried,
            is_marked=is_marked,
            alone=alone_of(self.model, self.sample, unlinear) if is_marked and not self.found.has_errors else None,
        )

    # --------------------------------------------------------------------------------------------- jumps
    def _jumps(self, process: Process) -> list[Jump]:
        rates = process.one_way or (process.rate,)
        together = [p for p in self.network.processes if p.upon is not None and p.upon[0] == process.id]
        size = self.size(process)
        found = list[Jump]()
        for rate, sign in zip(rates, (1.0, -1.0), strict=False):
            hazard = self.graph.apply("mul", self.node(rate), size)
            changes = self._changes(process, size, sign)
            for other in together:
                changes = self._with_release(changes, other)
            name = process.id if sign > 0 else process.id + BACK
            kept = tuple((i, node) for i, node in changes.items() if not self.graph.is_constant(node, 0.0))
            found.append(self._on_cells(Jump(name, process.origin, hazard, kept), process))
        return found

    def _on_cells(self, jump: Jump, process: Process) -> Jump:
        """Return the jump with the cell that it happens to, and where cells leave and arrive."""
        moved = [
            (self.states[target], isinstance(coefficient, Unary))
            for target, coefficient in process.changes
            if self.is_cells(target)
        ]
        subject = None if process.subject is None else self.states[process.subject]
        if subject is None and not moved:  # a loss inside a cell
            subject = next((p for i, _, p in self.carried for state, _ in jump.changes if i == state), None)
        slopes: list[tuple[int, int]] = []
        for total in (i for i, _, cells in self.carried if cells == subject):
            slope = self.graph.derivatives([jump.hazard], total).get(jump.hazard)
            slopes += [] if slope is None else [(total, slope)]
        arrivals = tuple(state for state, is_out in moved if not is_out)
        leaves = any(is_out for _, is_out in moved)
        return replace(jump, subject=subject, leaves=leaves, arrivals=arrivals, slopes=tuple(slopes))

    def _changes(self, process: Process, size: int, sign: float) -> dict[int, int]:
        graph, changes = self.graph, dict[int, int]()
        for target, coefficient in process.changes:
            index = self.states[target]
            change = graph.apply(
                "mul", graph.constant(sign), graph.apply("div", self.scaled(target, coefficient), size)
            )
            changes[index] = graph.apply("add", changes[index], change) if index in changes else change
        return changes

    def _with_release(self, changes: dict[int, int], process: Process) -> dict[int, int]:
        """Add what another process does at every event of this one."""
        graph, amount = self.graph, process.upon[1] if process.upon else None
        if amount is None:
            return changes
        for target, coefficient in process.changes:
            index = self.states[target]
            # per cell, so the fraction that is simulated does not enter
            whole = graph.apply("mul", self.scaled(target, coefficient), self.node(amount))
            released = graph.apply("div", whole, graph.constant(self.sample))
            changes[index] = graph.apply("add", changes[index], released) if index in changes else released
        return changes

    # -------------------------------------------------------------------------------------------- checks
    def _check(self, jumps: list[Jump]) -> None:
        """Refuse changes that differ from cell to cell or are not whole, and rates that follow the time."""
        kernel, moving = lower(self.model).kernel, self.graph.depends_on_state_or_time()
        p, drawn = np.concatenate([kernel.defaults(), np.zeros(len(jumps))]), self._drawn()
        for jump in jumps:
            # what differs between new cells is drawn, in whole molecules
            fixed = [(s, node) for s, node in jump.changes if not moving[node] and s not in drawn]
            names = [self.network.variables[state].id for state, node in jump.changes if moving[node]]
            if names and jump.subject is None:
                self._refuse(
                    jump.origin, f"one event of `{jump.origin}` changes {names[0]} by what a cell holds, which "
                    "differs from cell to cell", "the ODE engine runs cells that carry something inside",
                )  # fmt: skip
                continue
            values = Program(self.graph, [n for _, n in fixed]).at(0.0, np.zeros(len(self.states)), p)
            for (state, _), value in zip(fixed, values, strict=True):
                tolerance = RELEASE if self._is_released(jump, state) else WHOLE
                if not abs(value - np.rint(value)) <= tolerance * abs(value):
                    name = self.network.variables[state].id
                    self._refuse(
                        jump.origin, f"one event of `{jump.origin}` changes {name} by {value:.6g}, which is not whole",
                        "the exact stochastic engine counts cells and molecules",
                    )  # fmt: skip

    def _drawn(self) -> set[int]:
        """Return the totals of what cells begin with different values of."""
        represented = populations.represented(self.model)
        cells = [cell for cell in self.model.cells if cell.id not in represented]
        names = {(cell.id, v.name) for cell in cells for v in cell.inside if v.between_cells is not None}
        kinds = {populations.label(self.model, p): p.kind.cell for p in scope.all_populations(self.model)}
        label = {i: self.network.variables[cells].id for i, _, cells in self.carried}
        return {i for i, name, _ in self.carried if (kinds[label[i]], name) in names}

    def _needs_each(self, jump: Jump) -> bool:
        """Whether a hazard depends on what the cells of its subject carry in another way than linearly."""
        own = {i for i, _, cells in self.carried if cells == jump.subject}
        return self._is_bent(jump.hazard, own)

    def _is_bent(self, hazard: int, totals: set[int]) -> bool:
        """Whether a slope of a hazard by some of these totals, or a condition, depends on any of them."""
        graph = self.graph
        slopes = [graph.derivatives([hazard], total).get(hazard) for total in totals]
        conditions = [self.turns[n] for n in graph.needed([hazard]) if n in self.turns]
        judged = graph.needed([n for n in (*slopes, *conditions) if n is not None])
        return any(graph.operation[n] == "state" and graph.value[n] in totals for n in judged)

    def _check_cells(self, jumps: list[Jump]) -> None:
        """Refuse what is not known of single cells: their start at rest, and killers one by one."""
        verbs = {rule.id: rule.verb for rule in self.model.rules}
        totals = {i for i, _, _ in self.carried}
        for jump in (j for j in jumps if verbs.get(j.origin) in (Verb.KILLS, Verb.ENGULFS)):
            if self._is_bent(jump.hazard, totals):
                message = f"the rate of `{jump.origin}` is not linear in what killers carry, which differs between them"
                self._refuse(jump.origin, message, "the tissue engine takes each killer for itself")
            elif jump.slopes:  # it is the killer that carries them, and not the one that it happens to
                message = f"`{jump.origin}` kills cells of its own kind, at a rate that depends on what each carries"
                self._refuse(jump.origin, message, "the tissue engine takes each killer for itself")
        if self._drawn() and self.model.start != "given":
            message = f"the exact stochastic engine draws `between-cells` where it has no `start: {self.model.start}`"
            hint = "write `start: given` with the levels of the steady state"
            self.found.error("UNSUPPORTED_FEATURE", message, hint=hint)

    def _is_released(self, jump: Jump, state: int) -> bool:
        name = self.network.variables[state].id
        return any(
            p.upon is not None and p.upon[0] == jump.id and any(target == name for target, _ in p.changes)
            for p in self.network.processes
        )

    def _refuse(self, origin: str, message: str, hint: str) -> None:
        self.found.error("UNSUPPORTED_FEATURE", message, self._where.get(origin), hint=hint)

    def _clocks(self, jumps: list[Jump]) -> tuple[tuple[int, int], ...]:
        """Return the differences whose sign decides conditions on time, with their slopes."""
        graph = self.graph
        judged = [(jump.origin, jump.hazard) for jump in jumps]
        judged += [(event.id, self.node(event.condition)) for event in self.network.events]
        found = dict[int, int]()
        for origin, node in judged:
            for difference in (self.turns[n] for n in graph.needed([node]) if n in self.turns):
                if difference in found or not self._reads(difference, "time"):
                    continue
                found[difference] = graph.derivatives([difference], 0, "time").get(difference, graph.constant(0.0))
                if self._reads(found[difference], "time") or self._reads(difference, "state", "floor", "ceil"):
                    self._refuse(
                        origin, f"a condition of `{origin}` is not linear in time alone",
                        "compare `time` with a number or a parameter",
                    )  # fmt: skip
            if self._follows_time(node):
                self._refuse(
                    origin, f"the rate of `{origin}` changes continuously with time",
                    "the exact stochastic engine takes conditions on time, such as `only when time > 24 h`",
                )  # fmt: skip
        return tuple(found.items())

    def _reads(self, node: int, *kinds: str) -> bool:
        return any(self.graph.operation[n] in kinds for n in self.graph.needed([node]))

    def _follows_time(self, node: int) -> bool:
        """Whether a value depends on time other than through a comparison."""
        pending, seen = [node], set[int]()
        while pending:
            at = pending.pop()
            if at in seen or at in self.turns:
                continue
            seen.add(at)
            if self.graph.operation[at] == "time":
                return True
            pending.extend(self.graph.arguments[at])
        return False


def _digest(graph: Graph, jumps: Sequence[Jump]) -> str:
    nodes = (graph.operation, graph.arguments, [v.hex() for v in graph.value])
    return hashlib.sha256(repr((nodes, tuple(jumps))).encode()).hexdigest()
