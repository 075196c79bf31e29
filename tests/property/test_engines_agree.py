"""One statement at every scale: few cells and slow diffusion differ from the mean field, and by how much is a law.

Generated closed models and the shipped ones. Seeds are fixed; a bound of `SIGMAS` standard errors is passed by a right
engine in all but one of 10⁴ of such files.
"""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.property.closed import closed_models
from tests.property.engines import Question

SIGMAS = 5.0
RUNS = 3000
GRAIN = 602.214076  # molecules per pM in 1e-9 L: a cube of 100 µm
HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def examples(n: int) -> settings:
    """So many examples, always the same; a law is a statement on all of them, so none is made smaller."""
    phases = [Phase.explicit, Phase.generate]
    return settings(max_examples=n, deadline=None, derandomize=True, phases=phases, suppress_health_check=HEALTH)


def _of(text: str, times: tuple[float, ...], *names: str) -> Question:
    """Of these outputs those that the model has."""
    known = {output.name for output in Question(text, (), times).kernel.outputs}
    return Question(text, tuple(name for name in names if name in known), times)


def _rate(ratio: float, factor: float) -> float:
    """The power of a quantity that falls by this ratio when another grows by a factor."""
    return log(ratio) / log(factor)


# ------------------------------------------------------------------------------------------------- counted cells
class Bias:
    """How far the mean of runs is from the mean field, in the size of each curve, with its standard error."""

    def __init__(self, engine: str, question: Question, mean: np.ndarray, size: float, runs: int):
        values = question.ask(engine, size=size, runs=runs, seed=7)
        scale = np.maximum(mean.max(axis=0), 1.0)
        self.value = ((values.mean(axis=0) - mean) / scale)[1:]
        self.error = (values.std(axis=0) / np.sqrt(runs) / scale)[1:] + 1e-5  # that of the solver


def test_the_mean_of_few_cells_meets_the_mean_field_as_one_over_their_number():
    """With N and 4 N of everything the bias falls fourfold, so nothing is left for many.

    Of each model 4·bias(4 N) - bias(N) is nothing but noise and the next order; over models the rate is 1.
    """
    rates = list[float]()

    @examples(8)
    @given(closed_models())
    def compare(text: str) -> None:
        question = _of(text, (0.0, 1.0, 2.5), "X", "Y", "count(keen a)", "count(b)")
        mean = question.ask("ode")[0]
        one, four = (Bias("stochastic", question, mean, size, n) for size, n in ((1.0, RUNS), (4.0, 4 * RUNS)))
        left = np.abs(4 * four.value - one.value)
        noise = np.hypot(one.error, 4 * four.error)
        assert np.all(left < SIGMAS * noise + 0.6 * np.abs(one.value).max()), left / noise
        clear = np.abs(one.value) > 4 * one.error
        if clear.any():
            ratio = np.sum(one.value[clear] ** 2) / np.sum(one.value[clear] * four.value[clear])
            rates.append(_rate(ratio, 4.0))

    compare()
    assert len(rates) > 2
    assert np.mean(rates) == pytest.approx(1.0, abs=0.2), rates


def test_the_mean_of_many_cells_in_the_hybrid_is_the_mean_field():
    """With 64 times as many cells the mean of generated models is the mean field's but for noise and 1 %."""

    @examples(5)
    @given(closed_models())
    def compare(text: str) -> None:
        question = _of(text, (0.0, 1.0, 2.5), "X", "Y", "count(keen a)", "count(b)")
        bias = Bias("hybrid", question, question.ask("ode")[0], 64.0, 60)
        assert np.all(np.abs(bias.value) < SIGMAS * bias.error + 0.01)
        assert np.all(bias.error < 0.02)  # or this would say little

    compare()


def _culture(times: tuple[float, ...]) -> Question:
    """The shipped culture: what it secretes, and its active cells, whose mean is the mean field's."""
    return Question("tnf-il10-culture", ("TNF", "IL10", "count(active macrophage)", "LPS"), times)


def _regressed(values: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bias of TNF and IL10 and its standard error, with the number of active cells as the control variate.

    Activation depends on LPS alone, so the exact mean of that number is known, and most of the noise is its.
    """
    active = (values[:, 1:, 2] - mean[1:, 2]) / 1e6
    design = np.column_stack([np.ones(len(active)), active])
    curves = (values[:, 3::3, :2] / mean[3::3, :2] - 1.0).reshape(len(values), -1)
    inverse = np.linalg.inv(design.T @ design)
    weights = inverse @ design.T @ curves
    spread = np.sum((curves - design @ weights) ** 2, axis=0) / (len(values) - design.shape[1])
    return weights[0], np.sqrt(spread * inverse[0, 0])


def test_the_mean_of_the_hybrid_meets_the_mean_field_as_one_over_the_number_of_cells():
    """The shipped culture with two cells and with eight: cells jump, molecules flow."""
    question = _culture(tuple(np.linspace(0.0, 24.0, 13)))
    mean = question.ask("ode")[0]
    one, error = _regressed(question.ask("hybrid", size=2e-6, runs=2000, seed=3), mean)
    four, smaller = _regressed(question.ask("hybrid", size=8e-6, runs=2000, seed=3), mean)
    assert np.all(np.abs(4 * four - one) < SIGMAS * np.hypot(4 * smaller, error))
    clear = one > 3 * error
    assert clear.sum() >= 2
    assert _rate(one[clear].sum() / four[clear].sum(), 4.0) == pytest.approx(1.0, abs=0.25)


def test_the_published_model_ignites_by_chance_where_cells_are_few():
    """One monocyte in a thousand is active at first: the mean TNF of 10⁴ cells is far from the mean field's.

    With ten times as many cells the bias is at most a third.
    """
    question = Question("human-endotoxemia-published", ("TNF",), (0.0, 3.0), dose=("LPS", 2.25))
    mean, cells = question.ask("ode")[0, -1, 0], 28_200e3 * 4.9  # cells/L in 70 mL/kg · 70 kg
    found = [question.ask("hybrid", size=n / cells, runs=r, seed=1)[:, -1, 0] for n, r in ((1e4, 60), (1e5, 20))]
    few_cells, many = (values.mean() / mean - 1.0 for values in found)
    assert few_cells < -0.2
    assert abs(many) < abs(few_cells) / 3


# -------------------------------------------------------------------------------------------------------- agents
def test_the_tissue_meets_the_mean_field_as_diffusion_grows():
    """Without events: the field around each cell falls as 1/D, and with it the difference; nothing else is left."""
    rates = list[float]()

    @examples(4)
    @given(closed_models(GRAIN, True))
    def compare(text: str) -> None:
        question = _of(text, (0.0, 0.5, 1.0), "X", "Y", "mean(b.Z)")
        mean = question.ask("ode")[0]
        size = np.abs(mean).max(axis=0)
        slow, fast, fastest = (
            float(np.max(np.abs(question.ask("tissue", diffusion=D, step=0.25, rtol=3e-4)[0] - mean) / size))
            for D in (8e4, 3.2e5, 1e10)
        )
        assert fastest < 1e-3
        assert fast < slow
        if fast > 10 * fastest:  # or it is the error of the steps
            rates.append(_rate(slow / fast, 4.0))

    compare()
    assert len(rates) > 1
    assert np.mean(rates) == pytest.approx(1.0, abs=0.15), rates


def _spread(question: Question, mean: np.ndarray, size: float, runs: int, **how: float) -> float:
    """The root mean square of how far runs are from the mean field, over outputs and times, in their sizes."""
    gaps = (question.ask("tissue", size=size, runs=runs, seed=5, **how) - mean)[:, 1:]
    return float(np.sqrt(np.mean((gaps / np.maximum(mean.max(axis=0), 1.0)) ** 2)))


def test_the_tissue_meets_the_mean_field_as_cells_grow_in_number():
    """With events: runs with 16 times the cells, in 16 times the volume, are four times nearer."""
    rates = list[float]()

    @examples(2)
    @given(closed_models(GRAIN))
    def compare(text: str) -> None:
        question = _of(text, (0.0, 0.25, 0.5), "X", "Y", "count(keen a)", "count(b)")
        mean = question.ask("ode")[0]
        few_cells, many = (
            _spread(question, mean, size, runs, step=1 / 40, rtol=1e-2) for size, runs in ((1.0, 10), (16.0, 5))
        )
        rates.append(_rate(few_cells / many, 16.0))

    compare()
    assert np.mean(rates) == pytest.approx(0.5, abs=0.15), rates


def test_the_shipped_culture_is_nearer_in_the_tissue_with_more_cells():
    """30 cells, and 480."""
    culture = _culture((0.0, 1.0, 2.0))
    expected = culture.ask("ode")[0]
    few_cells, many = (_spread(culture, expected, size, runs, step=0.05) for size, runs in ((3e-5, 8), (4.8e-4, 3)))
    assert _rate(few_cells / many, 16.0) == pytest.approx(0.5, abs=0.3)
