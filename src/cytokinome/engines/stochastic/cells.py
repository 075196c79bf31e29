"""Single cells: what each of them carries, where an event takes it along or cells begin different.

Where a rate is linear in what is carried, the sum over the cells is the rate of the totals, and only the question whose
event it is needs the cells. Other hazards are summed over the cells (`compiler.alone`). Division gives every molecule
to either daughter with probability one half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cytokinome.compiler.targets.reference import Program
from cytokinome.engines.base import Action, Failure, Outcome
from cytokinome.errors import UnsupportedFeature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytokinome.compiler.jumps import Jump, Jumps
    from cytokinome.engines.draws import Draws
    from cytokinome.engines.stochastic.course import Stretch
    from cytokinome.engines.stochastic.runs import Runs

    Array = NDArray[np.float64]


class CellPrograms:
    """Per jump what is computed for single cells: its changes, which of them move, and slopes by what is carried.

    Of some jumps also the hazard of each cell, with the counts that it reads; and by total what new cells have of it.
    """

    def __init__(self, jumps: Jumps) -> None:
        graph, alone = jumps.graph, jumps.alone
        self.changes = [Program(graph, [node for _, node in jump.changes]) for jump in jumps.jumps]
        self.moving = [jumps.moving(jump) for jump in jumps.jumps]
        self.slopes = [Program(graph, [node for _, node in jump.slopes]) for jump in jumps.jumps]
        self.own = dict(alone.own) if alone else {}
        self.n_states = alone.n_states if alone else 0
        self.each: dict[int, Program] = {}
        self.reads: dict[int, list[int]] = {}
        self.fresh: dict[int, Program] = {}
        if alone is not None:
            graph = alone.graph
            for event, node in alone.hazards.items():
                reads = (int(graph.value[n]) for n in graph.needed([node]) if graph.operation[n] == "state")
                self.each[event] = Program(graph, [node])
                self.reads[event] = sorted(state for state in reads if state < len(jumps.states))
            self.fresh = {total: Program(graph, [fresh.value]) for total, fresh in alone.fresh.items()}


class Cells:
    """What every cell of every population carries: `held` [cell, total] by the state of the population.

    Cells start with whole numbers of molecules, equal ones unless the model says how they differ; `counts` is changed
    to the sums of those.
    """

    def __init__(self, jumps: Jumps, programs: CellPrograms, counts: Array, draws: Draws, p: Array) -> None:
        self._jumps, self._programs, self._draws = jumps, programs, draws
        self._totals: dict[int, dict[str, int]] = {}  # population → name → state of the total
        for total, name, cells in jumps.carried:
            self._totals.setdefault(cells, {})[name] = total
        self._known: dict[int, tuple[bytes, Array]] = {}  # per event: what its hazards were computed from, and they
        self._changes = 0  # of the numbers of cells from outside: the first brings those of the start
        self.held = {cells: np.empty((0, len(totals))) for cells, totals in self._totals.items()}
        self.obey(counts, p)

    def obey(self, counts: Array, p: Array) -> None:
        """Bring cells, or take some away by chance, until they are as many as are counted.

        New cells carry what their totals have more by now, each the same in whole molecules, but where cells begin
        different. The totals become the sums over the cells.
        """
        for cells, totals in self._totals.items():
            states, n, held = list(totals.values()), int(counts[cells]), self.held[cells]
            if n > len(held):
                each = np.maximum(np.rint((counts[states] - held.sum(axis=0)) / (n - len(held))), 0.0)
                new = np.tile(each, (n - len(held), 1))
                for column, (name, total) in enumerate(totals.items()):
                    if total in self._programs.fresh:
                        new[:, column] = self._fresh(total, self._shares(_purpose(name), cells, len(new)), p)
                self.held[cells] = np.vstack([held, new])
            elif n < len(held):
                order = np.argsort(self._shares("taken away", cells, len(held)), kind="stable")
                self.held[cells] = held[np.sort(order[:n])]
            counts[states] = self.held[cells].sum(axis=0)
        self._changes += 1

    def _shares(self, what: str, cells: int, number: int) -> Array:
        return self._draws.shares(f"{what} of {self._jumps.states[cells]}, change {self._changes}", number)

    def _fresh(self, total: int, shares: Array, p: Array) -> Array:
        """Return how many molecules new cells have, of which each is like a share of all."""
        if self._jumps.alone is None:
            return np.zeros(0)
        fresh = self._jumps.alone.fresh[total]
        y = np.zeros((self._programs.n_states, len(shares)))
        y[fresh.deviate] = [fresh.spread.deviate(share) for share in shares.tolist()]
        return np.rint(self._programs.fresh[total].along(np.zeros(len(shares)), y, p)[0])

    def hazards(self, hazards: list[float], counts: Array, stretch: Stretch) -> list[float]:
        """Return the hazards of all events, those that are sums over cells with these sums."""
        if not self._programs.each:
            return hazards
        hazards = list(hazards)
        for event in self._programs.each:
            hazards[event] = float(np.sum(self._each(event, counts, stretch)))
        return hazards

    def _each(self, event: int, counts: Array, stretch: Stretch) -> Array:
        """Return the hazard of every cell of the subject."""
        subject = self._jumps.jumps[event].subject or 0
        held, reads = self.held[subject], counts[self._programs.reads[event]]
        key = b"".join(part.tobytes() for part in (held, reads, stretch.parameters, np.array(stretch.clock)))
        if event not in self._known or self._known[event][0] != key:
            y = np.zeros((self._programs.n_states, len(held)))
            y[: len(counts)] = counts[:, None]
            for column, total in enumerate(self._totals[subject].values()):
                y[self._programs.own[total]] = held[:, column]
            times = np.full(len(held), stretch.clock)
            self._known[event] = key, self._programs.each[event].along(times, y, stretch.parameters)[0]
        return self._known[event][1]

    def event(self, event: int, hazard: float, counts: Array, stretch: Stretch, t: float) -> list[tuple[int, float]]:
        """Let an event happen to a cell; return the changes of the counts.

        Raises
        ------
        Failure
            The event takes more than the cell has.
        """
        jump, alone = self._jumps.jumps[event], counts
        cell = -1
        if jump.subject in self.held and self._is_of_a_cell(jump):
            cell = self._choose(event, jump, hazard, counts, stretch)
            alone = counts.copy()
            alone[jump.subject] = 1.0
            alone[list(self._totals[jump.subject].values())] = self.held[jump.subject][cell]
        values = np.rint(self._programs.changes[event].at(stretch.clock, alone, stretch.parameters)).tolist()
        changes = [(state, value) for (state, _), value in zip(jump.changes, values, strict=True)]
        if jump.leaves or jump.arrivals:
            changes = self._as_drawn(event, changes, stretch.parameters)
            self._move(event, cell, dict(changes))
        elif cell >= 0:
            row, states = self.held[jump.subject or 0][cell], list(self._totals[jump.subject or 0].values())
            for state, value in changes:
                if state in states:
                    row[states.index(state)] += value
            if (row < 0).any():
                raise Failure(Outcome.NEGATIVE_COUNT.of(t, jump.id))
        return changes

    def _is_of_a_cell(self, jump: Jump) -> bool:
        totals = self._totals[jump.subject or 0].values()
        return jump.leaves or bool(jump.arrivals) or any(state in totals for state, _ in jump.changes)

    def _as_drawn(self, event: int, changes: list[tuple[int, float]], p: Array) -> list[tuple[int, float]]:
        """Return the changes with what a new cell has in place of the mean, where cells begin different."""
        drawn = [t for t in self._programs.fresh if t not in self._programs.moving[event]]
        names = {total: name for total, name, _ in self._jumps.carried if total in drawn}
        return [
            (state, float(self._fresh(state, np.array([self._draws.share(_purpose(names[state]))]), p)[0]))
            if state in names
            else (state, value)
            for state, value in changes
        ]

    def _choose(self, event: int, jump: Jump, hazard: float, counts: Array, stretch: Stretch) -> int:
        """Return the cell that an event happens to, each with its part of the hazard."""
        if event in self._programs.each:
            return self._drawn(np.cumsum(self._each(event, counts, stretch)))
        held, n = self.held[jump.subject or 0], counts[jump.subject or 0]
        slopes = self._programs.slopes[event].at(stretch.clock, counts, stretch.parameters)
        states = list(self._totals[jump.subject or 0].values())
        weights = np.zeros(len(held))
        rest = hazard
        for (total, _), slope in zip(jump.slopes, slopes, strict=True):
            weights += slope * held[:, states.index(total)]
            rest -= slope * counts[total]
        return self._drawn(np.cumsum(np.maximum(weights + rest / n, 0.0)))

    def _drawn(self, sums: Array) -> int:
        """Return the cell whose part of these running sums chance falls into."""
        place = np.searchsorted(sums, self._draws.cell() * sums[-1], side="right")
        return int(min(place, len(sums) - 1))

    def _move(self, event: int, cell: int, changes: dict[int, float]) -> None:
        """Take a cell out of its population and put it, or two daughters, where cells arrive."""
        jump = self._jumps.jumps[event]
        origin = -1 if jump.subject is None or cell < 0 else jump.subject
        taken = (
            dict(zip(self._totals.get(origin, {}), self.held[origin][cell].tolist(), strict=True)) if cell >= 0 else {}
        )
        brought = [taken] * len(jump.arrivals)
        is_division = jump.subject is not None and len(jump.arrivals) == 1 + jump.leaves
        if is_division:
            half = {name: float(self._draws.half(int(value))) for name, value in taken.items()}
            rest = {name: value - half[name] for name, value in taken.items()}
            brought = [half, rest] if jump.leaves else [rest]
            if not jump.leaves and cell >= 0:
                self.held[origin][cell] = list(half.values())
        elif jump.arrivals:
            brought = [self._arriving(event, taken, changes)]
        if jump.leaves and cell >= 0:
            self.held[origin][cell] = self.held[origin][-1]
            self.held[origin] = self.held[origin][:-1]
        for place, carried in zip(jump.arrivals, brought, strict=True):
            if place in self._totals:
                row = [carried.get(name, 0.0) for name in self._totals[place]]
                self.held[place] = np.vstack([self.held[place], row])

    def _arriving(self, event: int, taken: dict[str, float], changes: dict[int, float]) -> dict[str, float]:
        """Return what a cell carries when it arrives: what it has taken along, the rest as the change of its total."""
        moving, place = self._programs.moving[event], self._jumps.jumps[event].arrivals[0]
        totals = self._totals.get(place, {})
        return {
            name: taken[name] if total in moving and name in taken else changes.get(total, 0.0)
            for name, total in totals.items()
        }


def _purpose(name: str) -> str:
    return f"between-cells:{name}"


def check_schedule(runs: Runs) -> None:
    """Refuse a schedule that changes what cells carry which are known one by one, and not their number.

    Raises
    ------
    UnsupportedFeature
        Naming the states.
    """
    if not runs.jumps.is_marked:
        return
    cells = {total: population for total, _, population in runs.jumps.carried}
    for _, entries in runs.schedule.groups():
        changed = {entry.slot for entry in entries if entry.action is not Action.PARAMETER}
        names = [runs.jumps.states[s] for s in sorted(changed) if s in cells and cells[s] not in changed]
        if names:
            raise UnsupportedFeature(
                f"{runs.jumps.model_id}: the schedule changes {', '.join(names)} and not the number of cells; the "
                "exact stochastic engine, which knows each of them, refuses it"
            )
