"""Likelihoods of measured data under published models, as the PEtab benchmark collection has them.

``CYTOKINOME_SUITES`` names the folder that holds `petab`; without it what needs the collection is skipped.
"""

import math

import pytest
from scipy import stats

from benchmarks import petab
from benchmarks.collection import suites


def problem(name):
    """The problem of a name; skips the test without the collection."""
    collection = suites()
    if collection is None:
        pytest.skip("CYTOKINOME_SUITES names no folder with petab")
    return petab.fit(collection / name)


@pytest.mark.parametrize("name", sorted(petab.EXPECTED))
def test_log_likelihood_at_the_nominal_parameters(name):
    """To 1e-4, what follows from another tool's solutions."""
    assert problem(name).log_likelihood() == pytest.approx(petab.EXPECTED[name], abs=petab.TOLERANCE)


@pytest.mark.parametrize("shape", ["normal", "laplace"])
@pytest.mark.parametrize("scale", ["lin", "log", "log10"])
def test_densities_are_those_of_the_format(shape, scale):
    """SciPy's distributions of the transformed measurement, with the derivative of the transformation."""
    transform, slope = {
        "lin": (float, 1.0),
        "log": (math.log, 1 / 3.0),
        "log10": (math.log10, 1 / (3.0 * math.log(10.0))),
    }[scale]
    distribution = {"normal": stats.norm, "laplace": stats.laplace}[shape]
    expected = distribution.logpdf(transform(3.0), transform(2.5), 0.4) + math.log(slope)
    row = {"observableId": "y", "observableTransformation": scale, "noiseDistribution": shape}
    assert petab.log_density(3.0, 2.5, 0.4, row) == pytest.approx(expected, rel=1e-13)


def test_what_cannot_be_read_is_refused():
    """A distribution that the format does not have, and values that have no logarithm or no noise."""
    row = {"observableId": "y", "observableTransformation": "log2"}
    with pytest.raises(ValueError, match="y: no noise is normal on a log2 scale"):
        petab.log_density(3.0, 2.5, 0.4, row)
    logarithmic = {"observableId": "y", "observableTransformation": "log"}
    assert math.isnan(petab.log_density(3.0, -1.0, 0.4, logarithmic))
    assert math.isnan(petab.log_density(3.0, 1.0, 0.0, {"observableId": "y"}))
