"""Agreement with measured means, against numbers worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cytokinome.diagnostics import Collector
from cytokinome.experiments.compare import central_curve, compare, fold_error, identity_r2, squared_correlation
from cytokinome.experiments.data import Table, parse_table
from cytokinome.experiments.protocol import Central
from cytokinome.units import Substance
from tests.unit.experiments.samples import arm, good

NAN = float("nan")
ARM = arm("bolus", (100, 200, 600, NAN))


def table(*rows: str) -> Table:
    """Return a table of TNF in the arm bolus: time, value, SD, unit, LLOQ."""
    found = Collector()
    lines = ["arm,analyte,time_h,value,sd,unit,lloq", *(f"bolus,TNF,{row}" for row in rows)]
    result = parse_table("\n".join(lines), "d.csv", found)
    assert found.report().diagnostics == ()
    assert result is not None
    return result


def agreement(data: Table | None, central: Central = Central.MEAN, **substances: Substance):
    """Return the agreement of TNF."""
    return next(
        a for a in compare(good(), {"bolus": ARM}, data, substances) if (a.analyte, a.central) == ("TNF", central)
    )


@pytest.mark.parametrize(("central", "height"), [(Central.TYPICAL, 100), (Central.MEDIAN, 200), (Central.MEAN, 300)])
def test_central_curves(central: Central, height: float) -> None:
    """The curve is that of the typical person, the median or the mean; failed patients do not count."""
    assert central_curve(ARM, "TNF", central).max() == pytest.approx(height, rel=1e-3)
    found = agreement(None, central)
    assert (found.peak, found.peak_time) == (pytest.approx(height, rel=1e-4), pytest.approx(1.7, rel=1e-3))
    assert found.n == 0
    assert math.isnan(found.r2)


def test_perfect_data() -> None:
    """Data on the curve agree in every way."""
    curve = central_curve(ARM, "TNF", Central.MEAN)
    rows = [f"{ARM.times[i]!s},{curve[i]!s},1,pg/mL," for i in (6, 12, 24, 60)]
    found = agreement(table(*rows))
    assert (found.n, found.within_1sd) == (4, 1)
    assert (found.r2, found.r2_identity, found.fold_error) == pytest.approx((1, 1, 1))
    assert found.data_peak_time == pytest.approx(2)


def test_scaled_data() -> None:
    """Correlation forgives a factor of two, agreement with the line of identity does not."""
    curve = central_curve(ARM, "TNF", Central.MEAN)
    found = agreement(table(*[f"{ARM.times[i]!s},{curve[i] / 2!s},1,pg/mL," for i in (6, 12, 24, 60)]))
    assert found.r2 == pytest.approx(1)
    assert found.r2_identity < 0
    assert found.fold_error == pytest.approx(2)
    assert found.within_1sd == 0


def test_within_one_sd() -> None:
    """Points without an SD are not judged."""
    found = agreement(table("1.7,310,11,pg/mL,", "1.7,350,11,pg/mL,", "1.7,350,,pg/mL,"))
    assert found.within_1sd == 0.5


def test_units_of_data() -> None:
    """Data in other units are converted, through the molar mass where it is needed."""
    rows = ["1.7,0.3,0.01,ng/mL,", "1.7,6,0.5,pM,"]
    found = agreement(table(*rows), TNF=Substance("TNF", 50e-9))
    assert found.within_1sd == 1
    assert found.data_peak == pytest.approx(300)


def test_censored_points() -> None:
    """Below the LLOQ a point agrees when the curve is below it too, and enters no R²."""
    found = agreement(table("0,<5,,pg/mL,", "1.7,<5,,pg/mL,", "1.7,300,9,pg/mL,", "24,2,9,pg/mL,5"))
    assert (found.n, found.n_censored, found.within_1sd) == (4, 3, 0.75)
    assert math.isnan(found.r2)


def test_points_outside_the_span_do_not_count() -> None:
    """A point after the end is not compared."""
    assert agreement(table("1.7,300,9,pg/mL,", "48,300,9,pg/mL,")).n == 1


def test_nobody_finished() -> None:
    """When every patient failed there is no number, and no error."""
    lost = replace(ARM, values=np.full_like(ARM.values, NAN))
    found = compare(good(), {"bolus": lost}, table("1.7,300,9,pg/mL,"))
    assert all(math.isnan(a.r2) and math.isnan(a.within_1sd) for a in found if a.central is not Central.TYPICAL)
    assert found[1].as_dict()["peak"] is None


def test_numbers_by_hand() -> None:
    """Both R² and the fold error of three points."""
    model, data = np.array([1.0, 2.0, 4.0]), np.array([1.0, 4.0, 4.0])
    assert squared_correlation(model, data) == pytest.approx(4**2 / ((14 / 3) * 6))
    assert identity_r2(model, data) == pytest.approx(1 - 4 / 6)
    assert fold_error(model, data) == pytest.approx(2 ** (1 / 3))


def test_numbers_that_do_not_exist() -> None:
    """Constant or too few data have no R²; a curve at zero has an infinite fold error."""
    one, flat = np.array([1.0]), np.ones(4)
    assert math.isnan(squared_correlation(one, one))
    assert math.isnan(squared_correlation(np.arange(4.0), flat))
    assert math.isnan(identity_r2(np.arange(4.0), flat))
    assert math.isnan(fold_error(flat, 0 * flat))
    assert fold_error(0 * flat, flat) == math.inf
