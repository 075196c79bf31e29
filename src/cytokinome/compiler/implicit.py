"""What a quantity is that only a condition determines (`such-that: g`, with g = 0 at every time).

Conditions are grouped into blocks whose unknowns depend on each other. A block that is linear in its unknowns is
solved on the graph, by elimination with pivots from its structure: every engine then sees ordinary definitions, and
nothing drifts. What is not linear is left: its unknowns become states, which move so that g stays zero,

    z' = −(∂g/∂z)⁻¹ (∂g/∂y y' + ∂g/∂t),

and the engine finds them anew by Newton's method wherever it reads them (an index-1 system: ∂g/∂z is regular).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.errors import ModelError, UnsupportedFeature
from cytokinome.model.expressions import Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cytokinome.compiler.dag import Graph
    from cytokinome.compiler.network import Implicit, Network
    from cytokinome.compiler.system import Lowering

    Matrix = list[dict[int, int]]  # per row: column → node, without zeros

UNKNOWN = "unknown"  # the kind of input that stands for what is not solved yet


@dataclass(frozen=True, slots=True)
class Solved:
    """What has become of the conditions: `values` by name, and the unknowns of which no expression says the value."""

    values: dict[str, int]
    left: tuple[Implicit, ...]


class Singular(Exception):
    """The conditions for these unknowns [positions in the block] do not determine them, whatever the numbers are."""

    def __init__(self, unknowns: Sequence[int]) -> None:
        super().__init__(unknowns)
        self.unknowns = tuple(unknowns)


def settle(lowering: Lowering) -> Solved:
    """Solve the conditions of a network as far as they are linear; `lowering` gives their values from then on.

    Raises
    ------
    ModelError
        Conditions that cannot determine their quantities, whatever the numbers are.
    """
    graph, entries = lowering.graph, lowering.network.implicit
    unknowns = [graph.input(UNKNOWN, i) for i in range(len(entries))]
    residuals = [lowering.node(entry.residual) for entry in entries]
    by: dict[int, int] = {}
    left: list[Implicit] = []
    for block in _blocks(graph, residuals):
        rows = replaced(graph, [residuals[i] for i in block], by)
        columns = [unknowns[i] for i in block]
        try:
            if _is_linear(graph, rows, columns):
                by.update(zip(columns, _linear(graph, rows, columns), strict=True))
            else:
                _matched(graph, rows, columns)
                left += [entries[i] for i in block]
        except Singular as fault:
            raise _undetermined([entries[block[i]] for i in fault.unknowns]) from None
    values = {entry.id: by[node] for entry, node in zip(entries, unknowns, strict=True) if node in by}
    lowering.settle(values, by)
    return Solved(values, tuple(left))


def with_states(network: Network, left: Sequence[Implicit]) -> Network:
    """Return a network in which these unknowns are states, and where they begin the value that was guessed."""
    names = {entry.id for entry in left}
    return replace(
        network,
        variables=(*network.variables, *(entry.state for entry in left if entry.state is not None)),
        definitions=(*network.definitions, *((e.id, Ref("state", e.id) if e.state else e.guess) for e in left)),
        implicit=tuple(entry for entry in network.implicit if entry.id not in names),
        conditions=(*network.conditions, *((entry.id, entry.residual) for entry in left if entry.state is not None)),
    )


def check_starts(lowering: Lowering, left: Sequence[Implicit]) -> None:
    """Refuse initial values that build on what only iteration finds.

    Raises
    ------
    UnsupportedFeature
        Naming them.
    """
    graph, network = lowering.graph, lowering.network
    place = {entry.id: i for i, entry in enumerate(network.implicit)}
    found = Collector()
    for entry in left:
        guess = graph.input(UNKNOWN, place[entry.id])
        starts = {v.id: v.initial for v in network.variables}
        starts |= {s.name: s.value for s in network.slots if s.value is not None}
        for name in [n for n, e in starts.items() if entry.state is None and guess in graph.needed([lowering.node(e)])]:
            message = f"the start of {name} builds on the {entry.id}, which only iteration finds"
            hint = f"state the start of {name} as a number"
            found.error("UNSUPPORTED_FEATURE", message, entry.where, hint=hint)
    found.report().raise_errors(UnsupportedFeature, network.model_id)


def tangents(graph: Graph, residuals: Sequence[int], states: Sequence[int], rates: Sequence[int]) -> list[int]:
    """Return the nodes of the derivatives of `states` that keep the residuals at zero while the others move."""
    rows: Matrix = [{} for _ in residuals]
    moving = [graph.derivatives(list(residuals), 0, kind="time").get(r, graph.constant(0.0)) for r in residuals]
    position = {state: i for i, state in enumerate(states)}
    for state in range(len(rates)):
        slopes = graph.derivatives(list(residuals), state)
        for i, residual in enumerate(residuals):
            if residual in slopes and state in position:
                rows[i][position[state]] = slopes[residual]
            elif residual in slopes:
                moving[i] = graph.apply("add", moving[i], graph.apply("mul", slopes[residual], rates[state]))
    return _eliminated(graph, rows, moving)


def replaced(graph: Graph, outputs: Sequence[int], by: Mapping[int, int]) -> list[int]:
    """Return the nodes of the same values with some nodes replaced by others."""
    new = dict(by)
    for node in graph.needed(outputs) if by else ():
        if node not in new:
            arguments = tuple(new[a] for a in graph.arguments[node])
            is_same = arguments == graph.arguments[node]
            new[node] = node if is_same else graph.apply(graph.operation[node], *arguments)
    return [new.get(node, node) for node in outputs]


# ------------------------------------------------------------------------------------------------ structure
def _blocks(graph: Graph, residuals: Sequence[int]) -> list[list[int]]:
    """Return what must be solved together, each group behind those it builds on."""
    uses = [
        {int(graph.value[n]) for n in graph.needed([r]) if graph.operation[n] == UNKNOWN} | {i}
        for i, r in enumerate(residuals)
    ]
    reached = [_reached(uses, i) for i in range(len(uses))]
    blocks = {frozenset(j for j in reached[i] if i in reached[j]) for i in range(len(uses))}
    return [sorted(block) for block in sorted(blocks, key=lambda b: (len(reached[min(b)]), min(b)))]


def _reached(uses: Sequence[set[int]], start: int) -> set[int]:
    seen, pending = {start}, [start]
    while pending:
        new = uses[pending.pop()] - seen
        seen |= new
        pending += new
    return seen


def _is_linear(graph: Graph, rows: Sequence[int], columns: Sequence[int]) -> bool:
    """Whether the rows are linear in these inputs with coefficients that are free of them, by their form."""
    depends = set(columns)
    for node in graph.needed(rows):
        within = [a in depends for a in graph.arguments[node]]
        if not any(within):
            continue
        depends.add(node)
        match graph.operation[node]:
            case "add" | "sub" | "neg":
                pass
            case "mul" if not all(within):
                pass
            case "div" if not within[1]:
                pass
            case "select" if not within[0]:
                pass
            case _:
                return False
    return True


def _slopes(graph: Graph, rows: Sequence[int], columns: Sequence[int]) -> Matrix:
    matrix: Matrix = [{} for _ in rows]
    for j, column in enumerate(columns):
        slopes = graph.derivatives(list(rows), int(graph.value[column]), kind=UNKNOWN)
        for i, row in enumerate(rows):
            if row in slopes:
                matrix[i][j] = slopes[row]
    return matrix


def _linear(graph: Graph, rows: Sequence[int], columns: Sequence[int]) -> list[int]:
    constants = replaced(graph, rows, dict.fromkeys(columns, graph.constant(0.0)))
    return _eliminated(graph, _slopes(graph, rows, columns), constants)


def _matched(graph: Graph, rows: Sequence[int], columns: Sequence[int]) -> None:
    """Find a pivot for every unknown, without its value: what cannot be solved in principle is singular."""
    _eliminated(graph, _slopes(graph, rows, columns), list(rows))


def _undetermined(entries: Iterable[Implicit]) -> ModelError:
    found, entries = Collector(), list(entries)
    names = ", ".join(entry.id for entry in entries)
    message = f"the conditions `such-that:` do not determine {names}, whatever the numbers are"
    hint = "there must be as many conditions as quantities that they determine, and none may follow from others"
    found.error("NOT_DETERMINED", message, entries[0].where, hint=hint)
    report = found.report()
    return ModelError(report.render(), report)


# ---------------------------------------------------------------------------------------------- elimination
def _eliminated(graph: Graph, matrix: Matrix, constants: Sequence[int]) -> list[int]:
    """Return the nodes of x in A x + b = 0.

    Pivots are numbers that are written out where there are any, then those that cause least fill.

    Raises
    ------
    Singular
        With the columns for which no pivot is left.
    """
    rows, b = [dict(row) for row in matrix], list(constants)
    left, order = list(range(len(rows))), list[tuple[int, int]]()
    while left:
        places = [(i, j) for i in left for j in rows[i] if j not in {column for _, column in order}]
        if not places:
            raise Singular(sorted(set(range(len(rows))) - {column for _, column in order}))
        pivot = min(places, key=lambda place: _cost(graph, rows, left, *place))
        left.remove(pivot[0])
        order.append(pivot)
        for i in [i for i in left if pivot[1] in rows[i]]:
            _subtract(graph, rows, b, i, *pivot)
    found: dict[int, int] = {}
    for i, column in reversed(order):
        total = b[i]
        for j in sorted(set(rows[i]) & set(found)):
            total = graph.apply("add", total, graph.apply("mul", rows[i][j], found[j]))
        found[column] = graph.apply("div", graph.apply("neg", total), rows[i][column])
    return [found[j] for j in range(len(rows))]


def _cost(graph: Graph, rows: Matrix, left: Sequence[int], i: int, j: int) -> tuple[bool, int, int, int]:
    fill = (len(rows[i]) - 1) * (sum(j in rows[k] for k in left) - 1)
    return (graph.operation[rows[i][j]] != "constant", fill, i, j)


def _subtract(graph: Graph, rows: Matrix, b: list[int], i: int, pivot: int, column: int) -> None:
    """Take from row i what removes its entry in the column of the pivot."""
    factor = graph.apply("div", rows[i].pop(column), rows[pivot][column])
    zero = graph.constant(0.0)
    for j, entry in rows[pivot].items():
        if j == column:
            continue
        product = graph.apply("mul", factor, entry)
        before = rows[i].get(j, zero)
        after = zero if before == product else graph.apply("sub", before, product)
        rows[i].pop(j, None)
        if after != zero:
            rows[i][j] = after
    product = graph.apply("mul", factor, b[pivot])
    b[i] = zero if b[i] == product else graph.apply("sub", b[i], product)
