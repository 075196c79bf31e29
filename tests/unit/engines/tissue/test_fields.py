"""Fields: waves that fade exactly, amounts that are kept, walls, and steps of second order."""

import itertools

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.linalg import expm

from cytokinome.engines.base import Failure
from cytokinome.engines.tissue.fields import Field, Grid
from cytokinome.engines.tissue.fields_steps import State, Stepper, Tolerance, phi1, phi2
from cytokinome.engines.tissue.fields_waves import Waves
from cytokinome.errors import ResourceLimit

NOTHING = np.zeros(0)
LINE = Grid((24, 1), 10.0, 10.0)


class Sources:
    """A source and a sink per voxel, linear in the concentration or saturating."""

    def __init__(self, source: ArrayLike = 0.0, sink: ArrayLike = 0.0, half: float = np.inf):
        self.source, self.sink, self.half = np.asarray(source), np.asarray(sink), half

    def rates(self, t, state):
        """Source less sink."""
        return State(self.source - self.sink * state.fields / (1.0 + state.fields / self.half), NOTHING)

    def slopes(self, t, state):
        """The slope of the sink."""
        slope = self.sink / (1.0 + state.fields / self.half) ** 2
        return State(np.broadcast_to(slope, state.fields.shape), NOTHING)


def stepper(field, grid):
    """What steps one field."""
    return Stepper([Waves.of(field, grid)], field.from_walls(grid)[None])


def course(field, grid, start, span, steps, rest=None, shift=0.0):
    """One field after so many equal steps."""
    moving, rest = stepper(field, grid), rest or Sources()
    state = State(np.broadcast_to(start, (1, *grid.shape)).copy(), NOTHING)
    for i in range(steps):
        state, _ = moving.step(i * span / steps, state, rest, State(np.array([shift]), NOTHING), span / steps)
    return state.fields[0]


def laplacian(field, grid):
    """The matrix of diffusion and loss by finite volumes, written voxel by voxel."""
    matrix = -field.loss * np.eye(grid.voxels)
    k = field.diffusion / grid.spacing**2
    for at in itertools.product(*map(range, grid.shape)):
        i = np.ravel_multi_index(at, grid.shape)
        for axis, pair in enumerate(field.pairs(grid)):
            for step, wall in zip((-1, 1), pair, strict=True):
                to = list(at)
                to[axis] += step
                if 0 <= to[axis] < grid.shape[axis]:
                    matrix[i, np.ravel_multi_index(to, grid.shape)] += k
                    matrix[i, i] -= k
                elif wall is not None:
                    matrix[i, i] -= 2 * k
    return matrix


WALLS = [(None, None), (2.0, 3.0), (None, 3.0), (2.0, None)]


@pytest.mark.parametrize("walls", list(itertools.product(WALLS, WALLS)))
def test_steps_without_sources_are_the_matrix_exponential(walls):
    """Diffusion, loss and walls of any kind, in one step of any length, are exact to rounding."""
    grid, field = Grid((6, 5), 10.0, 10.0), Field("X", 400.0, 0.3, walls)
    start = np.random.default_rng(1).uniform(0.0, 5.0, grid.shape)
    A, b = laplacian(field, grid), field.from_walls(grid).ravel()
    rest = np.linalg.lstsq(A, -b, rcond=None)[0]
    exact = rest + expm(A * 0.7) @ (start.ravel() - rest)
    assert course(field, grid, start, 0.7, 1).ravel() == pytest.approx(exact, abs=1e-13)
    assert course(field, grid, start, 0.7, 3).ravel() == pytest.approx(exact, abs=1e-13)


@pytest.mark.parametrize("shape", [(16, 12), (8, 10, 12)])
def test_standing_waves_decay_exactly(shape):
    """A cosine between walls without flux fades with its own rate, in two dimensions and three."""
    grid = Grid(shape, 5.0, None if len(shape) == 3 else 10.0)
    field, start, rate = Field("X", 3.6e4, 0.5), np.ones(shape), 0.5
    for axis, (n, k) in enumerate(zip(shape, (1, 2, 3), strict=False)):
        angle = np.pi * k / n
        start = start * np.cos(angle * (np.arange(n) + 0.5)).reshape(
            [-1 if a == axis else 1 for a in range(len(shape))]
        )
        rate += 3.6e4 * 4 / 25.0 * np.sin(angle / 2) ** 2
    end = course(field, grid, start, 2.0 / rate, 1)
    assert end == pytest.approx(start * np.exp(-2.0), abs=1e-14)


def test_the_spacing_counts_to_second_order():
    """The slowest wave of a box fades as in the continuum, with an error that falls fourfold on half the spacing."""
    errors = []
    for n in (8, 16, 32):
        x = (np.arange(n) + 0.5) / n
        grid = Grid((n, 1), 160.0 / n, 10.0)
        end = course(Field("X", 1e3), grid, np.cos(np.pi * x)[:, None], 5.0, 1)[:, 0]
        errors.append(np.max(np.abs(end - np.cos(np.pi * x) * np.exp(-1e3 * (np.pi / 160.0) ** 2 * 5.0))))
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.05)
    assert errors[1] / errors[2] == pytest.approx(4.0, rel=0.02)


def test_nothing_is_lost_between_closed_walls():
    """Without loss the amount in the box is kept to rounding, over many steps and with a shift."""
    grid = Grid((12, 10, 8), 10.0)
    start = np.zeros(grid.shape)
    start[3, 4, 5] = 1000.0
    for shift in (0.0, 7.0):
        end = course(Field("X", 3.6e4), grid, start, 1.0, 50, shift=shift)
        assert end.sum() == pytest.approx(start.sum(), rel=1e-12)
        assert end.min() > 0.0


def test_fixed_walls_hold_the_closed_form():
    """Between walls at 0 and 100 with loss the profile is sinh(x/λ)/sinh(L/λ), to second order in the spacing."""
    errors = []
    for n in (20, 40):
        grid = Grid((n, 1), 200.0 / n, 10.0)
        field = Field("X", 3.6e4, 10.0, ((0.0, 100.0), (None, None)))
        x = (np.arange(n) + 0.5) * grid.spacing
        exact = 100.0 * np.sinh(x / 60.0) / np.sinh(200.0 / 60.0)
        errors.append(np.max(np.abs(course(field, grid, 0.0, 100.0, 1)[:, 0] - exact)))
    assert errors[0] < 0.4
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.1)


@pytest.mark.parametrize("shift", [0.0, 30.0])
def test_sources_and_sinks_in_single_voxels_are_of_second_order(shift):
    """Linear sources and sinks against the matrix exponential: half the step, a quarter of the error."""
    field, source, sink = Field("X", 3.6e3, 0.2), np.zeros(LINE.shape), np.zeros(LINE.shape)
    source[5], sink[15], sink[6] = 50.0, 30.0, 8.0
    A = laplacian(field, LINE) - np.diag(sink.ravel())
    rest = np.linalg.solve(A, -source.ravel())
    exact = rest - expm(A * 0.5) @ rest
    errors = []
    for steps in (32, 64, 128, 256):
        end = course(field, LINE, 0.0, 0.5, steps, Sources(source, sink), shift)
        errors.append(np.max(np.abs(end.ravel() - exact)))
    assert errors[-1] < 1e-3 * np.max(exact)
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders[-1] == pytest.approx(2.0, abs=0.15)


def test_a_saturating_sink_is_of_second_order():
    """Against the same with very small steps."""
    sink = np.zeros(LINE.shape)
    sink[15] = 30.0
    start, rest = np.full(LINE.shape, 20.0), Sources(5.0, sink, half=4.0)
    field = Field("X", 3.6e3, 0.2)
    fine = course(field, LINE, start, 0.5, 4096, rest, 30.0)
    errors = [np.max(np.abs(course(field, LINE, start, 0.5, n, rest, 30.0) - fine)) for n in (64, 128, 256)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.2)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2.0, abs=0.1)


def advance(rest, rtol, span=0.5):
    """One field from nothing with steps that the error chooses."""
    field = Field("X", 3.6e3, 0.2)
    state = State(np.zeros((1, *LINE.shape)), NOTHING)
    tolerance = Tolerance(("X",), np.array([1.0]), rtol)
    return stepper(field, LINE).advance(0.0, state, rest, span, tolerance)


def test_the_error_chooses_the_step():
    """The result is within the tolerance at every tolerance, and a smaller one takes more steps."""
    source, sink = np.zeros(LINE.shape), np.zeros(LINE.shape)
    source[5], sink[15] = 50.0, 300.0
    A = laplacian(Field("X", 3.6e3, 0.2), LINE) - np.diag(sink.ravel())
    rest = np.linalg.solve(A, -source.ravel())
    exact = (rest - expm(A * 0.5) @ rest).reshape(LINE.shape)
    taken = []
    for rtol in (1e-2, 1e-3, 1e-4):
        state, steps, _ = advance(Sources(source, sink), rtol)
        assert np.max(np.abs(state.fields[0] - exact)) < rtol * np.max(exact)
        taken.append(steps)
    assert taken == sorted(set(taken))


def test_a_step_that_cannot_reach_the_tolerance_ends_with_an_outcome():
    """A source that is not finite fails with the name of the field."""
    with pytest.raises(Failure, match="X") as caught:
        advance(Sources(np.nan), 1e-3)
    assert caught.value.outcome.status == "failed"


def test_phi_functions_are_exact_near_zero():
    """Against forty digits, from -700 to -1e-300 and at zero."""
    mpmath = pytest.importorskip("mpmath")
    mpmath.mp.dps = 60
    z = np.concatenate([-np.logspace(-300, 2.8, 400), [-1.0, -0.999999, 0.0]])
    for x, one, two in zip(z, phi1(z), phi2(z), strict=True):
        w = mpmath.mpf(float(x))
        first = mpmath.expm1(w) / w if x else mpmath.mpf(1)
        second = (first - 1) / w if x and abs(x) > 1e-20 else mpmath.mpf(1) / 2 + w / 6
        assert float(abs(one / first - 1)) < 1e-15
        assert float(abs(two / second - 1)) < 4e-15


def test_an_impossible_box_is_refused_with_its_voxels():
    """Before anything is allocated, with the number of voxels and what would fit."""
    grid = Grid.of((1e5, 1e5, 1e5), 1.0)
    with pytest.raises(ResourceLimit, match=r"1,000,000,000,000,000 voxels; 5 molecules need .* GB"):
        grid.require_memory(5)
    Grid.of((1000.0, 1000.0, 1000.0), 20.0).require_memory(5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Grid.of((105.0, 100.0), 10.0, 10.0), "105 µm is 10.5 voxels"),
        (lambda: Grid.of((100.0, 100.0), 0.0, 10.0), "spacing is 0.0"),
        (lambda: Grid((4, 4), 1.0), "thickness"),
        (lambda: Grid((4,), 1.0), "two or three"),
        (lambda: Field("X", -1.0), "diffusion of X is -1.0"),
        (lambda: Field("X", 1.0, walls=((None, 1.0),)).pairs(Grid((4, 4), 1.0, 1.0)), "1 axes, the box has 2"),
    ],
)
def test_what_is_no_box_is_refused(make, message):
    """With the number that is wrong."""
    with pytest.raises(ValueError, match=message):
        make()
