"""Virtual people."""

import numpy as np
import pytest

from cytokinome.diagnostics import Collector
from cytokinome.experiments.cohort import Spread, check_patients, redraw, sample, typical, uncertain_factors
from tests.unit.experiments.models import Patients, kernel_of, model, parse, varies


def draw(m, patients, **options):
    """Sample without faults."""
    found = Collector()
    values = sample(kernel_of(m), m, patients, found, **options)
    assert not found.report().diagnostics, found.report().render()
    return values


def column(values, m, name):
    """One parameter of everybody."""
    return values[:, [s.name for s in kernel_of(m).parameters].index(name)]


def faults(m, patients):
    """Codes of what is wrong."""
    found = Collector()
    check_patients(m, patients, found)
    if not found.has_errors:
        sample(kernel_of(m), m, patients, found)
    return [d.code for d in found.report().errors]


def test_lognormal_value_is_the_median_and_cv_the_spread():
    """Median 0.5 and log-SD sqrt(ln(1 + cv²)) of 4000 patients, within sampling error."""
    m = model(k=varies("lognormal", cv="0.4"))
    logs = np.log(column(draw(m, Patients(4000)), m, "k"))
    sd = np.sqrt(np.log(1.16))
    assert np.median(logs) == pytest.approx(np.log(0.5), abs=5 * sd / np.sqrt(4000))
    assert logs.std() == pytest.approx(sd, rel=0.05)


def test_normal_takes_sd_or_cv():
    """Both give the same when sd = cv · value."""
    by_sd, by_cv = model(k=varies("normal", sd="0.05 /h")), model(k=varies("normal", cv="10 %"))
    first, second = (column(draw(m, Patients(500)), m, "k") for m in (by_sd, by_cv))
    assert first == pytest.approx(second)
    assert first.std() == pytest.approx(0.05, rel=0.15)


def test_units_of_the_spread_are_converted():
    """A standard deviation per minute is 60 times larger per hour."""
    per_hour, per_minute = model(k=varies("normal", sd="0.06 /h")), model(k=varies("normal", sd="0.001 /min"))
    first, second = (column(draw(m, Patients(50)), m, "k") for m in (per_hour, per_minute))
    assert first == pytest.approx(second)


def test_uniform_fills_its_interval():
    """All values lie between low and high, and near both ends."""
    m = model(k=varies("uniform", low="1 /h", high="3 /h"))
    k = column(draw(m, Patients(1000)), m, "k")
    assert 1 <= k.min() < 1.02
    assert 2.98 < k.max() <= 3


@pytest.mark.parametrize("kind", [("lognormal", {"cv": "1"}), ("normal", {"cv": "1"})])
def test_truncation_keeps_the_shape_inside(kind):
    """Truncated values are the untruncated distribution given that it lies within: compare quantiles."""
    name, numbers = kind
    free, cut = (
        model(k=varies(name, within=("0.001 /h", "9 /h"), **numbers)),
        model(k=varies(name, within=("0.3 /h", "0.9 /h"), **numbers)),
    )
    loose, tight = (column(draw(m, Patients(20000)), m, "k") for m in (free, cut))
    inside = loose[(loose >= 0.3) & (loose <= 0.9)]
    assert tight.min() >= 0.3
    assert tight.max() <= 0.9
    assert np.quantile(tight, [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(inside, [0.1, 0.5, 0.9]), rel=0.03)


def test_patient_17_is_the_same_in_every_count_and_block():
    """Chunking and cohort size never reach a patient."""
    m = model(k=varies("lognormal", cv="0.4"), q=varies("normal", cv="0.1"))
    patients = Patients(100, weight=parse("70 kg"), weight_varies=varies("normal", sd="10 kg"))
    everybody = draw(m, patients)
    assert np.array_equal(draw(m, patients, first=17, count=1)[0], everybody[17])
    assert np.array_equal(draw(m, patients, first=10, count=20), everybody[10:30])
    assert np.array_equal(draw(m, Patients(18, 1, patients.weight, patients.weight_varies))[17], everybody[17])


def test_another_varying_parameter_changes_nobody_else():
    """Each parameter has a stream of its own."""
    one = model(k=varies("lognormal", cv="0.4"))
    two = model(k=varies("lognormal", cv="0.4"), q=varies("lognormal", cv="0.4"))
    first, second = draw(one, Patients(20)), draw(two, Patients(20))
    assert np.array_equal(column(first, one, "k"), column(second, two, "k"))
    assert np.corrcoef(column(second, two, "k"), column(second, two, "q"))[0, 1] != pytest.approx(1.0)


def test_seed_changes_everybody():
    """Two seeds share no value."""
    m = model(k=varies("lognormal", cv="0.4"))
    first, second = (column(draw(m, Patients(20, seed)), m, "k") for seed in (1, 2))
    assert not np.any(first == second)


def test_body_weight_is_in_kilograms_and_varies():
    """70 kg and 70000 g are one weight; a truncated normal stays inside."""
    m = model()
    assert column(draw(m, Patients(1, weight=parse("80 kg"))), m, "body-weight") == pytest.approx([80.0])
    people = Patients(300, 1, parse("70 kg"), varies("normal", within=("45 kg", "110 kg"), sd="30 kg"))
    weights = column(draw(m, people), m, "body-weight")
    assert 45 <= weights.min() < 55
    assert 100 < weights.max() <= 110


def test_dependent_parameter_follows_unless_it_varies_itself():
    """Kk = 2 k for every patient; where kk varies too, its median follows the patient's own k."""
    m = model(k=varies("lognormal", cv="0.4"))
    values = draw(m, Patients(50))
    assert column(values, m, "kk") == pytest.approx(2 * column(values, m, "k"))
    both = model(k=varies("lognormal", cv="0.4"), kk=varies("lognormal", cv="0.2"))
    ratios = column(draw(both, Patients(2000)), both, "kk") / (2 * column(draw(both, Patients(2000)), both, "k"))
    assert np.std(np.log(ratios)) == pytest.approx(np.sqrt(np.log(1.04)), rel=0.1)
    assert np.median(ratios) == pytest.approx(1.0, rel=0.03)


def test_value_set_by_an_arm_is_the_new_median():
    """The deviations of the patients stay: twice the median is twice everybody's value."""
    m = model(k=varies("lognormal", cv="0.4"))
    plain, doubled = draw(m, Patients(20)), draw(m, Patients(20), overrides={"k": 1.0})
    assert column(doubled, m, "k") == pytest.approx(2 * column(plain, m, "k"))
    assert column(doubled, m, "kk") == pytest.approx(2 * column(plain, m, "kk"))


def test_redraw_uses_the_same_deviation():
    """A change of a parameter in time keeps who is high and who is low."""
    m, found = model(k=varies("lognormal", cv="0.4")), Collector()
    before = column(draw(m, Patients(20)), m, "k")
    after = redraw(m, "k", np.full(20, 5.0), Patients(20), found)
    assert after == pytest.approx(10 * before)
    assert redraw(m, "k", np.full(1, 5.0), Patients(20), found, is_typical=True).tolist() == [5.0]


def test_typical_person_has_every_value_as_stated():
    """No variation, weights and arm values applied, dependents recomputed."""
    m = model(k=varies("lognormal", cv="0.4"))
    values = typical(kernel_of(m), m, Patients(weight=parse("60 kg")), Collector(), overrides={"k": 4.0})
    assert values[:4].tolist() == [8.0, 4.0, 1e-7, 60.0]


def test_uncertain_is_an_ensemble_of_its_own():
    """95 % within threefold; variation between people stays out of it."""
    m = model(q=varies("lognormal", cv="2"))
    factors = uncertain_factors(m, seed=3, runs=4000)
    assert list(factors) == ["k"]
    ensemble = draw(m, Patients(4000, scaled=tuple(factors.items())))
    k = column(ensemble, m, "k")
    assert np.mean((k > 0.5 / 3) & (k < 1.5)) == pytest.approx(0.95, abs=0.015)
    assert np.median(k) == pytest.approx(0.5, rel=0.05)
    assert column(ensemble, m, "kk") == pytest.approx(2 * k)
    assert np.ptp(column(ensemble, m, "q")) == 0


def test_what_is_uncertain_stays_so_around_the_value_of_an_arm():
    """A factor belongs to the person: it acts on what an arm sets, zero stays zero, blocks of patients are the same."""
    m = model()
    people = Patients(3, scaled=(("k", (1.0, 0.5, 4.0)),))
    assert column(draw(m, people, overrides={"k": 2.0}), m, "k").tolist() == [2.0, 1.0, 8.0]
    assert column(draw(m, people, overrides={"k": 2.0}), m, "kk").tolist() == [4.0, 2.0, 16.0]
    assert column(draw(m, people, overrides={"k": 0.0}), m, "k").tolist() == [0.0, 0.0, 0.0]
    assert column(draw(m, people, first=1, count=2), m, "k") == pytest.approx([0.25, 2.0])
    after = redraw(m, "k", np.full(2, 3.0), people, Collector(), first=1)
    assert after.tolist() == [1.5, 12.0]


def test_the_same_people_for_every_factor():
    """With `each` above one the people of a cohort follow each other for every factor, in any block, after a change."""
    m = model(k=varies("lognormal", cv="0.4"), q=varies("lognormal", cv="0.2"))
    cohort, both = Patients(3), Patients(6, scaled=(("k", (1.0, 4.0)),), each=3)
    k, q = (column(draw(m, cohort), m, name) for name in ("k", "q"))
    assert column(draw(m, both), m, "k") == pytest.approx([*k, *4 * k])
    assert column(draw(m, both), m, "kk") == pytest.approx([*2 * k, *8 * k])
    assert column(draw(m, both), m, "q").tolist() == [*q, *q]
    assert column(draw(m, both, first=2, count=3), m, "k") == pytest.approx([k[2], *4 * k[:2]])
    after = redraw(m, "k", np.full(4, 5.0), both, Collector(), first=2)
    assert after == pytest.approx([10 * k[2], *40 * k])
    flat = model(k=varies("uniform", low="1 /h", high="3 /h"))
    k = column(draw(flat, cohort), flat, "k")
    assert column(draw(flat, both), flat, "k") == pytest.approx([*k, *4 * k])


@pytest.mark.parametrize(
    ("distribution", "code"),
    [
        (varies("lognormal", cv="0.4 /h"), "DIMENSION_MISMATCH"),
        (varies("normal", sd="0.4 pM"), "DIMENSION_MISMATCH"),
        (varies("lognormal", cv="-1"), "BAD_VALUE"),
        (varies("lognormal", cv="q"), "DIMENSION_MISMATCH"),
        (varies("uniform", low="3 /h", high="1 /h"), "BAD_VALUE"),
        (varies("normal", within=("2 /h", "1 /h"), cv="0.1"), "BAD_VALUE"),
        (varies("normal", within=("50 /h", "51 /h"), cv="0.1"), "BAD_VALUE"),
        (varies("normal", cv="3"), "NEGATIVE_VALUE"),
        (varies("normal", sd="k"), "BAD_VALUE"),
    ],
)
def test_bad_distributions_are_refused(distribution, code):
    """Each fault has its code."""
    assert faults(model(k=distribution), Patients(50)) == [code]


@pytest.mark.parametrize(
    ("weight", "code"), [("0 kg", "NEGATIVE_VALUE"), ("-70 kg", "NEGATIVE_VALUE"), ("70 h", "DIMENSION_MISMATCH")]
)
def test_bad_weights_are_refused(weight, code):
    """A weight is a positive mass."""
    assert faults(model(), Patients(1, weight=parse(weight))) == [code]


def test_inverse_distribution_hits_known_quantiles():
    """U = 0.975 of a normal is mean + 1.96 SD, of a lognormal median · exp(1.96 s)."""
    u = np.array([0.5, 0.9750021048517795])
    assert Spread("normal", (2.0,)).draw(np.full(2, 10.0), u) == pytest.approx([10, 10 + 2 * 1.96])
    s = np.sqrt(np.log(2.0))
    assert Spread("lognormal", (1.0,)).draw(np.full(2, 10.0), u) == pytest.approx([10, 10 * np.exp(1.96 * s)])
