"""The linear algebra of a step in LLVM's text form: factorise A = J − I/(hγ), and solve (I/(hγ) − J)·x = b.

Small programs are straight-line code whose entries stay in registers. Large ones are loops over tables of indices:
they run slower, but compile in a time that does not grow with the model. Both do the same operations in the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cytokinome.compiler.targets.vectors import VECTOR, Block, splat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.compiler.elimination import Elimination, Row

STRAIGHT = 7300  # work of a factorisation and a solution up to which both are written out
_ONE, _ZERO, _MINUS_ONE = splat(1.0), splat(0.0), splat(-1.0)

Entry = Callable[[int], str]  # slot → value of the matrix there


class Pivots:
    """How much the pivots lose: the largest of (sum of the sizes of its terms)/|pivot| so far.

    The ratio does not change with the units of the states, as a pivot's part of its row would.
    """

    def __init__(self, code: Block) -> None:
        self.code = code
        self.worst, self.spoilt = _ZERO, _ZERO

    def size(self, diagonal: str) -> str:
        """Return |J_ii| + 1/(hγ) of a diagonal J_ii − 1/(hγ)."""
        shift = self.code.load("inv_hg", 0)
        return self.code.add(self.code.call("fabs", self.code.add(diagonal, shift)), shift)

    def product(self, size: str, a: str, b: str) -> str:
        """Return the size with that of a·b, which was added to the pivot."""
        return self.code.add(size, self.code.call("fabs", self.code.mul(a, b)))

    def add(self, size: str, inverse: str) -> None:
        """Take in one row: the sum of its sizes, and −1/pivot."""
        code = self.code
        ratio = code.mul(size, code.call("fabs", inverse))
        self.worst = code.select(code.compare("ogt", ratio, self.worst), ratio, self.worst)
        self.spoilt = code.fma(ratio, _ZERO, self.spoilt)  # NaN once a ratio was not finite

    def finish(self) -> None:
        """Write the smallest |pivot|/size, NaN where a pivot is zero or not finite."""
        code = self.code
        code.store(code.binary("fdiv", _ONE, code.add(self.worst, self.spoilt)), "info", 0)


# ---------------------------------------------------------------------------------------------- straight
def factor_straight(code: Block, elimination: Elimination, entry: Entry) -> None:
    """Write the factorisation row by row, each row in registers until it is done."""
    done: dict[int, str] = {}
    pivots = Pivots(code)
    for row in elimination.rows:
        values = {slot: entry(slot) for slot in row.given}
        size = pivots.size(values[row.diagonal])
        for update in row.updates:
            factor = values[update.entry] = code.mul(values[update.entry], done[update.pivot])
            for target, source in update.pairs:
                old = values.get(target)
                values[target] = code.fma(factor, done[source], old) if old else code.mul(factor, done[source])
        for left, right in row.products:
            size = pivots.product(size, values[left], done[right])
        values[row.diagonal] = code.binary("fdiv", _MINUS_ONE, values[row.diagonal])
        pivots.add(size, values[row.diagonal])
        for slot, value in values.items():
            code.store(value, "lu", slot)
        done.update(values)
    pivots.finish()


def solve_straight(code: Block, elimination: Elimination) -> None:
    """Write the solution with the factors of a straight or looped factorisation, in place."""
    b: dict[int, str] = {}
    for row in elimination.rows:
        value = code.load("b", row.state)
        for slot, state in row.lower:
            value = code.fma(code.load("lu", slot), b[state], value)
        b[row.state] = value
    for row in reversed(elimination.rows):
        value = b[row.state]
        for slot, state in row.upper:
            value = code.fma(code.load("lu", slot), b[state], value)
        b[row.state] = code.mul(value, code.load("lu", row.diagonal))
        code.store(b[row.state], "b", row.state)


# ------------------------------------------------------------------------------------------------- loops
def _table(name: str, values: Sequence[int]) -> str:
    listed = ", ".join(f"i32 {v}" for v in values) or "i32 0"
    return f"@{name} = private unnamed_addr constant [{max(len(values), 1)} x i32] [{listed}]"


def tables(elimination: Elimination) -> str:
    """Return the tables of indices that the loops read."""
    rows = elimination.rows
    updates = [u for row in rows for u in row.updates]
    backward = rows[::-1]
    return "\n".join(
        (
            _table("filled", elimination.filled),
            _table("states", [row.state for row in rows]),
            _table("diagonals", [row.diagonal for row in rows]),
            _table("product_from", _starts([len(row.products) for row in rows])),
            _table("lefts", [left for row in rows for left, _ in row.products]),
            _table("rights", [right for row in rows for _, right in row.products]),
            _table("update_from", _starts([len(row.updates) for row in rows])),
            _table("entries", [u.entry for u in updates]),
            _table("pivots", [u.pivot for u in updates]),
            _table("pair_from", _starts([len(u.pairs) for u in updates])),
            _table("targets", [t for u in updates for t, _ in u.pairs]),
            _table("sources", [s for u in updates for _, s in u.pairs]),
            *_solution_tables("lower", rows, [row.lower for row in rows]),
            *_solution_tables("upper", backward, [row.upper for row in backward]),
            _table("last_states", [row.state for row in backward]),
            _table("last_diagonals", [row.diagonal for row in backward]),
        )
    )


def _solution_tables(name: str, rows: Sequence[Row], parts: Sequence[Sequence[tuple[int, int]]]) -> tuple[str, ...]:
    flat = [pair for part in parts for pair in part]
    return (
        _table(f"{name}_from", _starts([len(part) for part in parts])),
        _table(f"{name}_slots", [slot for slot, _ in flat]),
        _table(f"{name}_states", [state for _, state in flat]),
    )


def _starts(lengths: Sequence[int]) -> list[int]:
    starts = [0]
    for length in lengths:
        starts.append(starts[-1] + length)
    return starts


class Loops:
    """Counted loops, and vectors that change within them. LLVM's mem2reg turns the latter into registers."""

    def __init__(self, code: Block) -> None:
        self.code = code

    def index(self, table: str, i: str) -> str:
        """Return an entry of a table."""
        code = self.code
        value = code.put(f"load i32, ptr {code.put(f'getelementptr i32, ptr @{table}, i64 {i}')}, align 4")
        return code.put(f"zext i32 {value} to i64")

    def over(self, start: str, stop: str, body: Callable[[str], None]) -> None:
        """Run the body for every i from start to stop."""
        code = self.code
        head, inside, behind, before = code.name("head"), code.name("body"), code.name("end"), code.label
        i, following = f"%{code.name('i')}", f"%{code.name('next')}"
        code.run(f"br label %{head}")
        code.begin(head)
        place = len(code.lines)
        code.run(f"%{head}.more = icmp ult i64 {i}, {stop}")
        code.run(f"br i1 %{head}.more, label %{inside}, label %{behind}")
        code.begin(inside)
        body(i)
        code.run(f"{following} = add nuw i64 {i}, 1")
        code.run(f"br label %{head}")
        code.lines.insert(place, f"  {i} = phi i64 [ {start}, %{before} ], [ {following}, %{code.label} ]")
        code.begin(behind)

    def part(self, table: str, i: str, body: Callable[[str], None]) -> None:
        """Run the body over the i-th part of what the table divides."""
        following = self.code.put(f"add nuw i64 {i}, 1")
        self.over(self.index(table, i), self.index(table, following), body)

    def variable(self, name: str, value: str) -> None:
        """Set a vector that changes."""
        self.code.run(f"store {VECTOR} {value}, ptr %{name}, align 32")

    def value(self, name: str) -> str:
        """Return a vector that changes."""
        return self.code.put(f"load {VECTOR}, ptr %{name}, align 32")

    def declare(self, *names: str) -> None:
        """Make room for vectors that change."""
        for name in names:
            self.code.run(f"%{name} = alloca {VECTOR}, align 32")


def factor_loops(code: Block, elimination: Elimination, entry: Entry) -> None:
    """Write the entries straight, then the elimination as loops."""
    loops, pivots = Loops(code), Pivots(code)
    loops.declare("size", "factor", "worst", "spoilt")
    for row in elimination.rows:
        for slot in row.given:
            code.store(entry(slot), "lu", slot)
    loops.over("0", str(len(elimination.filled)), lambda i: code.store(_ZERO, "lu", loops.index("filled", i)))
    loops.variable("worst", _ZERO)
    loops.variable("spoilt", _ZERO)

    def pair(i: str) -> None:
        target, source = loops.index("targets", i), code.load("lu", loops.index("sources", i))
        code.store(code.fma(loops.value("factor"), source, code.load("lu", target)), "lu", target)

    def update(i: str) -> None:
        slot = loops.index("entries", i)
        factor = code.mul(code.load("lu", slot), code.load("lu", loops.index("pivots", i)))
        code.store(factor, "lu", slot)
        loops.variable("factor", factor)
        loops.part("pair_from", i, pair)

    def product(i: str) -> None:
        left, right = code.load("lu", loops.index("lefts", i)), code.load("lu", loops.index("rights", i))
        loops.variable("size", pivots.product(loops.value("size"), left, right))

    def eliminate(i: str) -> None:
        diagonal = loops.index("diagonals", i)
        loops.variable("size", pivots.size(code.load("lu", diagonal)))
        loops.part("update_from", i, update)
        loops.part("product_from", i, product)
        inverse = code.binary("fdiv", _MINUS_ONE, code.load("lu", diagonal))
        code.store(inverse, "lu", diagonal)
        pivots.worst, pivots.spoilt = loops.value("worst"), loops.value("spoilt")
        pivots.add(loops.value("size"), inverse)
        loops.variable("worst", pivots.worst)
        loops.variable("spoilt", pivots.spoilt)

    loops.over("0", str(len(elimination.rows)), eliminate)
    pivots.worst, pivots.spoilt = loops.value("worst"), loops.value("spoilt")
    pivots.finish()


def solve_loops(code: Block, elimination: Elimination) -> None:
    """Write the solution as loops."""
    loops, n = Loops(code), str(len(elimination.rows))
    loops.declare("sum")

    def sweep(kind: str, states: str, finish: Callable[[str, str], str]) -> None:
        def term(i: str) -> None:
            known = code.load("b", loops.index(f"{kind}_states", i))
            factor = code.load("lu", loops.index(f"{kind}_slots", i))
            loops.variable("sum", code.fma(factor, known, loops.value("sum")))

        def substitute(i: str) -> None:
            state = loops.index(states, i)
            loops.variable("sum", code.load("b", state))
            loops.part(f"{kind}_from", i, term)
            code.store(finish(i, loops.value("sum")), "b", state)

        loops.over("0", n, substitute)

    sweep("lower", "states", lambda i, total: total)
    sweep("upper", "last_states", lambda i, total: code.mul(total, code.load("lu", loops.index("last_diagonals", i))))
