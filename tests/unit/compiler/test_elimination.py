"""The program of a sparse factorisation, replayed with plain numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cytokinome.compiler.elimination import Elimination, eliminate


def factorised(elimination: Elimination, matrix: np.ndarray) -> np.ndarray:
    """The array that the program makes of a matrix."""
    a = np.zeros(len(elimination.slots))
    for (row, column), slot in elimination.slots.items():
        a[slot] = matrix[row, column]
    for row in elimination.rows:
        for update in row.updates:
            a[update.entry] *= a[update.pivot]
            for target, source in update.pairs:
                a[target] += a[update.entry] * a[source]
        a[row.diagonal] = -1 / a[row.diagonal]
    return a


def solved(elimination: Elimination, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return x in −matrix·x = b."""
    x = b.copy()
    for row in elimination.rows:
        x[row.state] += sum(a[slot] * x[state] for slot, state in row.lower)
    for row in reversed(elimination.rows):
        x[row.state] = (x[row.state] + sum(a[slot] * x[state] for slot, state in row.upper)) * a[row.diagonal]
    return x


@st.composite
def patterns(draw):
    """A size, and places of entries."""
    n = draw(st.integers(1, 9))
    places = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    return n, draw(st.lists(places, max_size=3 * n))


@given(patterns(), st.integers(0, 2**32 - 1))
def test_solves_any_pattern(pattern, seed):
    """For a matrix of any pattern with a strong diagonal, the solution is that of the dense matrix."""
    n, places = pattern
    draw = np.random.default_rng(seed)
    matrix = np.diag(-draw.uniform(n, 2 * n, n))
    for row, column in places:
        if row != column:
            matrix[row, column] = draw.uniform(-1, 1)
    elimination = eliminate(n, places)
    b = draw.normal(size=n)
    x = solved(elimination, factorised(elimination, matrix), b)
    np.testing.assert_allclose(-matrix @ x, b, rtol=1e-12, atol=1e-12)


@given(patterns())
def test_every_slot_is_given_or_filled(pattern):
    """Slots are numbered without gaps; those not in the pattern are the fill, and no row gives another's."""
    n, places = pattern
    elimination = eliminate(n, places)
    given_slots = [slot for row in elimination.rows for slot in row.given]
    assert sorted([*given_slots, *elimination.filled]) == list(range(len(elimination.slots)))
    assert len(given_slots) == len(set(places) | {(i, i) for i in range(n)})


def test_an_arrow_fills_nothing_when_its_head_comes_last():
    """A state that acts on all others, and they on it, is eliminated last: no fill, where the order given fills all."""
    n = 20
    places = [(0, i) for i in range(n)] + [(i, 0) for i in range(n)]
    elimination = eliminate(n, places)
    assert elimination.filled == ()
    # Once one state is left beside the head, either may come first.
    assert 0 in [row.state for row in elimination.rows[-2:]]
    assert elimination.operations == 2 * (n - 1)


def test_a_chain_fills_nothing():
    """Each state drives the next: the program is a substitution."""
    elimination = eliminate(50, [(i + 1, i) for i in range(49)])
    assert elimination.filled == ()
    assert elimination.operations == 49


def test_a_ring_fills_one_column_at_most():
    """A chain that is closed has fill, which is counted."""
    n = 12
    elimination = eliminate(n, [((i + 1) % n, i) for i in range(n)])
    assert 0 < len(elimination.filled) <= n - 2
    assert len(elimination.slots) == 2 * n + len(elimination.filled)


def test_products_are_what_is_added_to_a_pivot():
    """For every row the pivot is the diagonal of the matrix plus the products named."""
    places = [(i, j) for i in range(6) for j in range(6)]
    elimination = eliminate(6, places)
    matrix = np.random.default_rng(1).uniform(-1, 1, (6, 6)) - 8 * np.eye(6)
    a = factorised(elimination, matrix)
    for row in elimination.rows:
        pivot = matrix[row.state, row.state] + sum(a[left] * a[right] for left, right in row.products)
        np.testing.assert_allclose(-1 / a[row.diagonal], pivot, rtol=1e-13)
