"""Symbolic sparse elimination: the order and the program of an LU factorisation whose pattern never changes.

Factorised is A = J − I/(hγ), the matrix of a Rosenbrock step with its sign turned, so that the entries of the Jacobian
go in as they are. The diagonal is always there; pivots are taken from it, in the order of smallest Markowitz count
(r − 1)(c − 1), the fill that a pivot can cause. The order is found once per model, the program runs without a search
and without a branch, as those of KPP and of NCAR's MICM do.

References
----------
H. M. Markowitz, The elimination form of the inverse and its application to linear programming, Management Science 3
(1957) 255-269. A. Sandu et al., Benchmarking stiff ODE solvers for atmospheric chemistry problems I, Atmospheric
Environment 31 (1997) 3151-3166.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Update:
    """One step of a row: m = a[entry]·s[pivot]; a[entry] = m; a[target] += m·a[source] for every pair."""

    entry: int
    pivot: int
    pairs: tuple[tuple[int, int], ...]  # target, source


@dataclass(frozen=True, slots=True)
class Row:
    """One row in the order of elimination. Entries are slots of the array of the factorisation."""

    state: int
    diagonal: int  # holds s = −1/pivot once the row is done
    given: tuple[int, ...]  # slots that the matrix fills, the diagonal among them
    products: tuple[tuple[int, int], ...]  # slots whose products were added to the diagonal
    updates: tuple[Update, ...]
    lower: tuple[tuple[int, int], ...]  # slot, state
    upper: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Elimination:
    """The program of a factorisation, row by row.

    ``slots`` [row, column] says where each entry lives: first those left of the diagonal, row by row, then the
    others from the last row up, the order in which a solution reads them. ``filled`` are entries that start at zero.
    """

    rows: tuple[Row, ...]
    slots: dict[tuple[int, int], int]
    filled: tuple[int, ...]

    @property
    def operations(self) -> int:
        """Multiplications of one factorisation."""
        return sum(1 + len(update.pairs) for row in self.rows for update in row.updates)


def eliminate(n: int, pattern: Iterable[tuple[int, int]]) -> Elimination:
    """Return the program that factorises a matrix of this pattern (row, column); the diagonal is added.

    Parameters
    ----------
    n : int
        Number of rows.
    pattern : iterable of (int, int)
        Places of the entries that may differ from zero.
    """
    given = set(pattern) | {(i, i) for i in range(n)}
    order, full = _markowitz(n, given)
    position = {state: i for i, state in enumerate(order)}
    slots = _slots(order, position, full)
    rows = _early_first([_row(i, order, position, full, slots, given) for i in range(n)])
    filled = tuple(sorted(slots[place] for place in slots if place not in given))
    return Elimination(rows, slots, filled)


def _markowitz(n: int, given: set[tuple[int, int]]) -> tuple[list[int], list[set[int]]]:
    """Return the order of the pivots, and the columns of every row with its fill."""
    full: list[set[int]] = [set() for _ in range(n)]
    for row, column in given:
        full[row].add(column)
    rows = [set(columns) - {i} for i, columns in enumerate(full)]  # of what is left, without the diagonal
    columns = [{row for row in range(n) if j in rows[row]} for j in range(n)]
    left, order = set(range(n)), list[int]()
    while left:
        pivot = min(left, key=lambda i: (len(rows[i]) * len(columns[i]), i))
        left.remove(pivot)
        order.append(pivot)
        for row in columns[pivot]:
            rows[row].discard(pivot)
            for column in rows[pivot]:
                full[row].add(column)
                if column != row:
                    rows[row].add(column)
                    columns[column].add(row)
        for column in rows[pivot]:
            columns[column].discard(pivot)
    return order, full


def _slots(order: list[int], position: dict[int, int], full: list[set[int]]) -> dict[tuple[int, int], int]:
    """Return where each entry lives: L by rows, then U by rows from the last."""
    places = [(i, j) for i in order for j in sorted(full[i], key=position.__getitem__)]
    lower = [(i, j) for i, j in places if position[j] < position[i]]
    upper = [(i, j) for i, j in places if position[j] >= position[i]]
    upper.sort(key=lambda place: -position[place[0]])
    return {place: slot for slot, place in enumerate([*lower, *upper])}


def _row(
    i: int,
    order: list[int],
    position: dict[int, int],
    full: list[set[int]],
    slots: dict[tuple[int, int], int],
    given: set[tuple[int, int]],
) -> Row:
    """Return what happens to the row that is `i`-th in the order."""
    state = order[i]
    columns = sorted(full[state], key=position.__getitem__)
    lower = [k for k in columns if position[k] < i]
    updates = list[Update]()
    for k in lower:
        behind = sorted((j for j in full[k] if position[j] > position[k]), key=position.__getitem__)
        pairs = tuple((slots[state, j], slots[k, j]) for j in behind)
        updates.append(Update(slots[state, k], slots[k, k], pairs))
    return Row(
        state=state,
        diagonal=slots[state, state],
        given=tuple(slots[state, j] for j in columns if (state, j) in given),
        products=tuple((slots[state, k], slots[k, state]) for k in lower if state in full[k]),
        updates=tuple(updates),
        lower=tuple((slots[state, k], k) for k in lower),
        upper=tuple((slots[state, j], j) for j in columns if position[j] > i),
    )


def _early_first(rows: list[Row]) -> tuple[Row, ...]:
    """Let the sums of a solution begin with what is known early: its time is that of the longest chain."""
    length = dict.fromkeys((row.state for row in rows), 0)  # of the chain to each state

    def sort(state: int, terms: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        by_length = tuple(sorted(terms, key=lambda term: length[term[1]]))
        for _, other in by_length:
            length[state] = max(length[state], length[other]) + 1
        return by_length

    forward = [replace(row, lower=sort(row.state, row.lower)) for row in rows]
    backward = [replace(row, upper=sort(row.state, row.upper)) for row in reversed(forward)]
    return tuple(reversed(backward))
