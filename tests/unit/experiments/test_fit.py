"""Fits held against closed forms: estimates, intervals, limits of assays, scales, priors, and what cannot be known."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from cytokinome import fitting, rng
from cytokinome.errors import ExperimentError
from cytokinome.experiments.fit import identify, summary
from cytokinome.experiments.fit.bootstrap import tables
from cytokinome.experiments.fit.descent import descend
from cytokinome.experiments.fit.estimate import estimate, starts
from cytokinome.experiments.fit.likelihood import Measured, Objective
from cytokinome.experiments.fit.profiles import deviations
from tests.unit.experiments.fits import EXPERIMENT, FIT, HEAD, MODEL, TIMES, decay, posed, table, write

NOISE = 0.1
PRIOR_SD = math.log(100) / 1.959963984540054


def noise(replicate: int, count: int = len(TIMES)):
    """Deviations of logarithms with the standard deviation 0.1, others for every replicate."""
    return NOISE * rng.normal(7, run=replicate, entity=np.arange(count), purpose="test:noise")


def closed_form(logs):
    """The optimum of (log X0, log k) and its covariance, from the straight line that a decay is."""
    t = np.array(TIMES, dtype=float)

    def cost(x):
        r = (x[0] - math.exp(x[1]) * t - logs) / NOISE
        prior = (np.array(x) - np.log([5.0, 0.2])) / PRIOR_SD
        return 0.5 * (r @ r) + 0.5 * (prior @ prior)

    best = minimize(cost, np.log([10.0, 0.3]), method="BFGS", options={"gtol": 1e-9})
    jacobian = np.stack([np.ones_like(t), -math.exp(best.x[1]) * t], axis=1) / NOISE
    return best.x, np.linalg.inv(jacobian.T @ jacobian + np.eye(2) / PRIOR_SD**2)


def test_a_decay_is_found_with_its_interval(tmp_path):
    """Optimum, covariance, profiles and draws are those of the closed form; every start comes there."""
    deviations_of = noise(0)
    found = estimate(posed(tmp_path, data=decay(noise=deviations_of)).problem)
    x, covariance = closed_form(np.log(10.0) - 0.3 * np.array(TIMES) + deviations_of)
    shown = [row.value for row in summary.rows(found)]
    assert shown == pytest.approx(np.exp(x), rel=1e-4)
    assert found.covariance == pytest.approx(covariance, rel=1e-3)
    assert found.agreeing == len(found.starts) == 32
    half = 1.959964 * np.sqrt(np.diag(covariance))
    for i in range(2):
        centre = math.log(shown[i]) - math.log(found.problem.axes[i].shown(0.0))
        low, high = found.interval(i)
        assert (low, high) == pytest.approx((centre - half[i], centre + half[i]), abs=0.1 * half[i])
        assert found.draws.x[:, i].std() == pytest.approx(half[i] / 1.96, rel=0.15)
    assert found.draws.moves > 2
    assert found.unknown() == ()


def test_intervals_cover_what_is_true(tmp_path):
    """Of 200 tables with known noise, 95 % of the intervals hold the true rate: between 184 and 197 of them.

    All are one descent, which is how a bootstrap goes as well.
    """
    objective = Objective(posed(tmp_path, data=decay()).problem)
    noises = np.array([noise(replicate) for replicate in range(200)])
    values = objective.measured.values + noises
    tables = Measured(values, np.zeros(values.shape, dtype=np.intp))
    at = descend(objective, np.repeat(objective.problem.stands[None], 200, axis=0), measured=tables)
    spread = np.array([deviations(objective, matrix)[1][1] for matrix in at.matrix])
    held = int((np.abs(at.x[:, 1] - math.log(0.3)) <= 1.959964 * spread).sum())
    assert 184 <= held <= 197  # the quantiles 0.05 % and 99.95 % of a binomial distribution
    x, _ = closed_form(values[17])
    shift = math.log(objective.problem.axes[0].factor)
    assert at.x[17] == pytest.approx(x + np.array([shift, 0.0]), abs=1e-4)


def test_a_bootstrap_scatters_as_the_noise_says(tmp_path):
    """Fits to tables of the model's scatter as the covariance says; what falls below a limit is censored again."""
    problem = posed(tmp_path, data=decay(noise=noise(0))).problem
    found = estimate(problem, is_quick=True, bootstraps=300)
    assert found.draws.origin == "bootstrap"
    assert found.draws.x.std(axis=0) == pytest.approx(found.deviations, rel=0.15)
    rows = [(t, "<1.5" if t > 6 else 10 * math.exp(-0.3 * t)) for t in TIMES]
    objective = Objective(posed(tmp_path, data=table(rows)).problem)
    made = tables(objective, objective.problem.stands, 1, 50)
    assert set(made.signs[:, :7].flat) == {0}
    below = made.signs[:, 7:] == -1
    assert 0 < below.sum() < below.size
    assert made.values[:, 7:].min() == pytest.approx(math.log(1.5))
    assert np.array_equal(made.values[:, 7:] == made.values[:, 7:].min(), below)


def test_values_beyond_limits_count_as_probabilities(tmp_path):
    """A constant with values below and above limits: the optimum is that of the censored normal distribution."""
    values = [("3.1", 0), ("4.2", 0), ("<2", -1), ("5.0", 0), (">6", 1), ("<2", -1), ("3.7", 0)]
    rows = [(time, value) for time, (value, _) in enumerate(values)]
    model = MODEL.replace(', degrades: {rate: k, source: "assumed: test"}', "")
    model = "\n".join(line for line in model.splitlines() if not line.startswith("  k:")) + "\n"
    fit = "fit: flat\nexperiments: decay\nparameters: {X0: {between: [0.01 ng/mL, 1e4 ng/mL]}}\n"
    fit += "error: {in: linear, sd: estimated}\nstarts: 4\n"
    found = estimate(posed(tmp_path, data=table(rows), model=model, fit=fit).problem)

    def cost(x):
        mean, sd = math.exp(x[0]), math.exp(x[1])
        numbers = [(float(text.strip("<>")), sign) for text, sign in values]
        return -sum(
            norm.logpdf(v, mean, sd) if not sign else norm.logcdf(-sign * (v - mean) / sd) for v, sign in numbers
        )

    best = minimize(cost, [math.log(4.0), 0.0], method="BFGS", options={"gtol": 1e-8})
    assert [row.value for row in summary.rows(found)] == pytest.approx(np.exp(best.x), rel=1e-3)
    assert found.misfit == pytest.approx(best.fun, abs=1e-5)
    assert sum(value.sign != 0 for value in found.problem.taken) == 3


def test_gradient_is_that_of_the_cost(tmp_path):
    """Central differences of the cost agree with the gradient along every axis: parameters, scale and error."""
    rows = [(t, f"{'<' if t > 9 else ''}{10 * math.exp(-0.3 * t):.6g}", "b" if t % 2 else "a") for t in TIMES]
    fit = FIT.replace("error: {sd: 0.1}", "scales: [{analytes: X, study: b, fold: 3}]\nerror: {sd: estimated, by: all}")
    for space in ("log", "linear"):
        text = fit.replace("{sd:", f"{{in: {space}, sd:")
        problem = posed(tmp_path, data=table(rows, head=HEAD + ",study"), fit=text).problem
        objective = Objective(problem)
        x = problem.stands[None] + np.array([[0.1, -0.1, 0.2, 0.3]])
        gradient, _ = objective.bend(x, objective.curves(x))
        steps = np.repeat(x, 8, axis=0)
        steps[np.arange(4), np.arange(4)] += 1e-4
        steps[4 + np.arange(4), np.arange(4)] -= 1e-4
        costs = objective.misfit(steps, objective.curves(steps))
        assert gradient[0] == pytest.approx((costs[:4] - costs[4:]) / 2e-4, rel=1e-3, abs=1e-3)


def test_a_scale_is_found(tmp_path):
    """What one of two laboratories measures twice as high becomes its factor; what the first says stays."""
    rows = [(t, 10 * math.exp(-0.3 * t) * (2 if t % 2 else 1), "b" if t % 2 else "a") for t in TIMES]
    fit = FIT + "scales: [{analytes: X, study: b, fold: 5}]\n"
    found = estimate(posed(tmp_path, data=table(rows, head=HEAD + ",study"), fit=fit).problem, is_quick=True)
    values = {row.name: row.value for row in summary.rows(found)}
    assert values == pytest.approx({"X0": 10.0, "k": 0.3, "scale of X in b": 2.0}, rel=1e-2)


def test_the_error_of_a_table_is_used(tmp_path):
    """Standard errors weigh the values: the mean of two is nearer to the surer one, as the weights have it."""
    model = MODEL.replace("initial: X0", "initial: X0 ").replace("rate: k", "rate: 1e-9 /h")
    model = "\n".join(line for line in model.splitlines() if not line.startswith("  k:")) + "\n"
    fit = "fit: mean\nexperiments: decay\nparameters: {X0: {between: [0.1 ng/mL, 100 ng/mL]}}\n"
    fit += "error: {in: linear, from: se}\nstarts: 2\n"
    rows = [(0, 4.0, 0.1, 0.4, 16), (1, 6.0, "", 1.2, 9)]
    data = table(rows, head=HEAD + ",se,sd,n")
    found = estimate(posed(tmp_path, data=data, model=model, fit=fit).problem, is_quick=True)
    weights = np.array([0.1**-2, 0.4**-2])
    assert summary.rows(found)[0].value == pytest.approx(weights @ [4.0, 6.0] / weights.sum(), rel=1e-5)


def test_two_that_act_as_one_are_told(tmp_path):
    """Where only a product is seen, the fit says so, and its profiles do not pretend to know either factor."""
    model = MODEL.replace("initial: X0", "initial: a * b")
    model = model.replace("  X0: {value: 5 ng/mL, as: X,", "  a: {value: 5 ng/mL, as: X,").replace(
        "  k: {", '  b: {value: 1, uncertain: {fold: 100}, source: "assumed: test"}\n  k: {'
    )
    found = estimate(posed(tmp_path, data=decay(), model=model, fit=FIT.replace("[X0, k]", "[a, b, k]")).problem)
    told = found.unknown()
    assert len(told) == 1
    assert "a and b only together, as a·b" in told[0]
    a, b, k = summary.rows(found)
    assert a.value * b.value == pytest.approx(10.0, rel=1e-2)
    for row in (a, b):
        assert row.low is None or row.low < row.value / 10
        assert row.high is None or row.high > row.value * 10
        assert row.share > 0.6
    assert k.share < 0.05
    assert {tuple(pair[:2]) for pair in summary.together(found)} == {("b", "a")}


def test_a_parameter_that_does_nothing_is_told(tmp_path):
    """A parameter that no curve feels is known as before, and the fit says that the data say nothing of it."""
    model = MODEL + '  z: {value: 1 /h, uncertain: {fold: 10}, source: "assumed: test"}\n'
    model += "observables:\n  rest: {value: X * z, unit: ng/mL/h, as: X}\n"
    found = estimate(posed(tmp_path, data=decay(), model=model, fit=FIT.replace("[X0, k]", "[X0, k, z]")).problem)
    assert found.unknown() == ("The data say nothing of z: what is known of it was known before.",)
    z = summary.rows(found)[2]
    assert z.value == pytest.approx(1.0, rel=1e-6)
    assert (z.low, z.high) == pytest.approx((0.1, 10.0), rel=1e-2)
    assert z.share == pytest.approx(1.0, rel=1e-6)


def test_bounds_hold(tmp_path):
    """An optimum beyond a bound is reported at the bound, with an interval that is open there."""
    fit = FIT.replace("[X0, k]", "{X0: {}, k: {between: [0.01 /h, 0.25 /h]}}")
    found = estimate(posed(tmp_path, data=decay(), fit=fit).problem)
    k = summary.rows(found)[1]
    assert k.value == pytest.approx(0.25, rel=1e-9)
    assert k.high is None
    assert k.low is not None
    assert k.low > 0.2


def test_an_arm_keeps_what_it_sets(tmp_path):
    """An arm with its own rate says nothing of the free one; one whose value follows from it does."""
    experiment = EXPERIMENT.replace("{control: {}}", "{control: {parameters: {k: 0.3 /h}}, other: {}}")
    with pytest.raises(ExperimentError, match="k acts in no arm that has data"):
        posed(tmp_path, data=decay(), experiment=experiment)
    model = MODEL.replace("rate: k,", "rate: slow,").replace(
        "  k: {", '  slow: {value: 1 /h, source: "assumed: test"}\n  k: {'
    )
    experiment = EXPERIMENT.replace("{control: {}}", "{control: {parameters: {slow: k / 2}}}")
    found = estimate(posed(tmp_path, data=decay(), model=model, experiment=experiment).problem, is_quick=True)
    assert summary.rows(found)[1].value == pytest.approx(0.6, rel=1e-2)


def test_a_knock_out_keeps_the_production_of_the_intact(tmp_path):
    """Without its loss by cells a molecule rises by the production that held its baseline before."""
    model = """cytokinome: 1
model: decay
compartments:
  well: {kind: culture, volume: 1 mL}
molecules:
  X: {in: well, baseline: 4 ng/mL, molar-mass: 10 kDa, degrades: {rate: 0.1 /h, source: "assumed: test"}}
cells:
  eater: {in: well, initial: 1e6 /mL}
receptors:
  R: {ligands: {X: 1 nM}, source: "assumed: test"}
parameters:
  rho: {value: 3e4 receptors/cell, uncertain: {fold: 30}, source: "assumed: test"}
rules:
  - {id: eats, rule: eater takes up X through R at rho with internalisation 1 /h, source: "assumed: test"}
"""
    rho, kd = 1e5, 1000.0
    x = 4e-6 / 1e4 * 1e12  # 4 ng/mL of 10 kDa, in pM
    eaten = 1e9 * rho * 1.0 * x / (x + kd) / 6.02214076e23 * 1e12  # pM/h
    made = 0.1 * x + eaten
    rows = [(t, (x * math.exp(-0.1 * t) + made / 0.1 * (1 - math.exp(-0.1 * t))) / 100) for t in TIMES]
    experiment = EXPERIMENT.replace("{control: {}}", "{control: {knock-out: [eats]}}")
    fit = FIT.replace("[X0, k]", "[rho]")
    found = estimate(
        posed(tmp_path, data=table(rows), model=model, experiment=experiment, fit=fit).problem, is_quick=True
    )
    assert summary.rows(found)[0].value == pytest.approx(rho, rel=1e-2)


def test_same_bits_for_any_workers(tmp_path):
    """Estimates, costs, profiles and draws are the same for one thread and for three."""
    problem = posed(tmp_path, data=decay(noise=noise(1)), fit=FIT + "starts: 200\n").problem
    one, three = (estimate(problem, workers=workers) for workers in (1, 3))
    assert np.array_equal(one.x, three.x)
    assert np.array_equal(one.starts, three.starts)
    assert np.array_equal(one.draws.x, three.draws.x)
    assert [p.rise.tobytes() for p in one.profiles] == [p.rise.tobytes() for p in three.profiles]


def test_starts_fill_the_prior(tmp_path):
    """The first start is where the model stands; the others lie one to each layer of the prior."""
    problem = posed(tmp_path, data=decay(), fit=FIT + "starts: 21\n").problem
    x = starts(problem)
    assert np.array_equal(x[0], problem.stands)
    shares = np.sort(norm.cdf((x[1:, 1] - problem.axes[1].centre) / problem.axes[1].sd))
    assert np.array_equal(np.floor(shares * 20), np.arange(20))


def test_what_is_left_out_does_not_count(tmp_path):
    """Times after `until` are not in the fit, and are counted as left out."""
    data = decay(noise=[0.0] * 7 + [3.0] * 6)
    problem = posed(tmp_path, data=data, fit=FIT.replace("[decay]", "[{experiment: decay, until: 6 h}]")).problem
    assert (len(problem.taken), problem.left_out) == (7, 6)
    assert summary.rows(estimate(problem, is_quick=True))[1].value == pytest.approx(0.3, rel=1e-2)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"fit": FIT.replace("[X0, k]", "[X0, kk]")}, "UNKNOWN_NAME", "did you mean k?"),
        ({"fit": FIT.replace("[decay]", "[decoy]")}, "FILE_UNREADABLE", "fit.yaml:2"),
        ({"fit": FIT.replace("[X0, k]", "[X0, X0]")}, "DUPLICATE_NAME", "fit.yaml:3"),
        ({"fit": FIT.replace("[X0, k]", "{k: {prior: 3 ng/mL, fold: 2}}")}, "DIMENSION_MISMATCH", "fit.yaml:3"),
        ({"fit": FIT.replace("[X0, k]", "{k: {between: [2 /h, 1 /h]}}")}, "BAD_VALUE", "lower bound first"),
        ({"fit": FIT.replace("[X0, k]", "{k: {between: [0 /h, 1 /h]}}")}, "BAD_FIT", "above 0"),
        ({"fit": FIT.replace("[decay]", "[{experiment: decay, arms: [contrl]}]")}, "UNKNOWN_NAME", "mean control?"),
        ({"fit": FIT.replace("[decay]", "[decay, decay]")}, "BAD_FIT", "taken twice"),
        ({"fit": FIT.replace("error: {sd: 0.1}", "")}, "BAD_FIT", "no standard error"),
        ({"fit": FIT + "scales: [{analytes: X, study: z}]\n"}, "BAD_FIT", "no value of X is left"),
        ({"fit": FIT + "scales: [{analytes: [X, X]}]\n"}, "BAD_FIT", "two scales act on X"),
        ({"experiment": EXPERIMENT.replace("data.csv", "date.csv")}, "FILE_UNREADABLE", "experiment.yaml:6"),
        ({"experiment": EXPERIMENT.replace("compare:", "# ")}, "BAD_FIT", "no measured data"),
        ({"data": decay().replace("ng/mL", "h")}, "DIMENSION_MISMATCH", "data.csv:2"),
        ({"data": table([(0, "<5"), (1, ">7")])}, "BAD_FIT", "nothing says how high"),
        ({"data": table([(0, 5.0), (1, 0.0)])}, "BAD_FIT", "has no logarithm"),
        ({"model": MODEL.replace("uncertain: {fold: 100}, source", "source")}, "BAD_FIT", "prior: 5 ng/mL, fold: 10"),
        ({"model": MODEL.replace('as: X, uncertain: {fold: 100}, source: "assumed',
                                 'as: X, uncertain: {fold: 2}, source: "fitted')}, "BAD_FIT", "data count twice"),
        ({"model": MODEL.replace("value: 0.2 /h, unc", "value: 1 / (5 h), unc")}, "BAD_FIT", "follows from other"),
    ],
)  # fmt: skip
def test_a_fault_is_told(tmp_path, changes, code, words):
    """Every fault of what a fit names is told before anything is searched, with its place and what to do."""
    with pytest.raises(ExperimentError) as told:
        posed(tmp_path, **{"data": decay(), **changes})
    report = told.value.report
    assert report is not None
    assert code in {d.code for d in report.errors}, str(told.value)
    assert words in str(told.value)


def test_open_directions_are_in_units_of_what_was_known(tmp_path):
    """Information counts where it exceeds that of the prior, whatever the unit of the axis."""
    axes = posed(tmp_path, data=decay()).problem.axes
    known = identify.before(axes[0])
    assert identify.open_directions(axes, np.diag([2 / known**2, 2 / known**2])) == ()
    (only,) = identify.open_directions(axes, np.diag([0.5 / known**2, 2 / known**2]))
    assert only.axes == (0,)


def test_estimates_go_into_the_model(tmp_path):
    """`write_estimates` changes value, source and fold of what was free, keeps the rest, and the model then stands."""
    fit = FIT.replace("[X0, k]", "{X0: {prior: 5 ng/mL, fold: 100}, k: {prior: 0.2 /h, fold: 100}}")
    model = MODEL.replace("title:", "# a remark stays\ntitle:")
    first = posed(tmp_path, data=decay(noise=noise(2)), model=model, fit=fit)
    found = estimate(first.problem)
    assert not summary.stands(found)
    path, draws = fitting.write_estimates(first, found)
    assert draws == tmp_path / "draws.csv"
    text = path.read_text("utf-8")
    assert path == tmp_path / "model.yaml"
    assert "# a remark stays" in text
    assert 'source: "fitted: decay (fit.yaml), 95 % interval' in text
    kept = [line for line in text.splitlines() if not line.startswith(("  X0:", "  k:"))]
    assert [line for line in kept if line in model.splitlines()] == [
        line for line in model.splitlines() if not line.startswith(("  X0:", "  k:"))
    ]
    again = estimate(fitting.load_fit(tmp_path).problem)
    study = again.problem.studies[0]
    drawn = np.log([study.fitted["X0"], study.fitted["k"]])
    assert np.cov(drawn) == pytest.approx(found.covariance, rel=0.4)  # of 200 draws
    assert drawn.mean(axis=1) == pytest.approx([0, 0], abs=0.01)
    assert summary.stands(again)
    assert again.x == pytest.approx(found.x, abs=1e-6)


def test_a_further_fit_has_its_own_sets(tmp_path):
    """The source names the file of the fit, and sets of `fit-more.yaml` leave those of `fit.yaml` alone."""
    fit = FIT.replace("[X0, k]", "{k: {prior: 0.2 /h, fold: 100}}")
    more = write(tmp_path, data=decay(), fit=fit) / "fit-more.yaml"
    (tmp_path / "fit.yaml").rename(more)
    (tmp_path / "draws.csv").write_text("X0 (ng/mL)\n5\n", encoding="utf-8")
    first = fitting.load_fit(more)
    model, draws = fitting.write_estimates(first, estimate(first.problem, is_quick=True))
    assert draws == tmp_path / "draws-more.csv"
    assert 'source: "fitted: decay (fit-more.yaml), 95 %' in model.read_text("utf-8")
    fitted = fitting.load_fit(more).problem.studies[0].fitted
    assert (fitted["X0"], len(fitted["k"])) == ((1.0,), 200)


def test_what_was_known_is_not_overwritten(tmp_path):
    """A prior that stands only in the model keeps the fit from writing, and the message says what to state."""
    first = posed(tmp_path, data=decay())
    with pytest.raises(ExperimentError, match=r"prior: 0\.2 /h, fold: 100"):
        fitting.write_estimates(first, estimate(first.problem, is_quick=True))
    assert (tmp_path / "model.yaml").read_text("utf-8") == MODEL
