"""Results as datasets, tables and plain data."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from cytokinome.errors import ExperimentError
from cytokinome.experiments.protocol import Central
from tests.unit.experiments.samples import TEXT, result

CLAIMS = """claims:
  - {id: c, says: high, value: peak(bolus.TNF), expect: {above: 1}, kind: predicts, source: assumed}
"""


def test_xarray() -> None:
    """Curves keep their names, arms, patients and units."""
    data = result().to_xarray()
    assert data["values"].dims == ("arm", "patient", "time", "name")
    assert data.sizes == {"arm": 2, "patient": 4, "time": 289, "name": 2}
    peak = data["values"].sel(arm="bolus", patient=3, name="TNF").max().item()
    assert peak == pytest.approx(300, rel=1e-3)
    assert data["unit"].sel(name="TNF").item() == "pg/mL"
    assert data["typical"].sel(arm="bolus", name="IL8").max().item() == pytest.approx(200, rel=1e-3)


def test_xarray_of_different_curves() -> None:
    """A curve that one arm lacks is NaN there."""
    whole = result()
    poor = whole.arms["anti-TNF"]
    poor = replace(poor, names=("IL8",), units=("pg/mL",), values=poor.values[:, :, 1:], typical=poor.typical[:, 1:])
    data = replace(whole, arms={**whole.arms, "anti-TNF": poor}).to_xarray()
    assert np.isnan(data["values"].sel(arm="anti-TNF", name="TNF")).all()
    assert data["values"].sel(arm="anti-TNF", name="IL8", patient=1).max().item() == pytest.approx(100, rel=1e-3)


def test_pandas() -> None:
    """The long table holds every number once, in its place."""
    whole = result()
    table = whole.to_pandas()
    assert len(table) == 2 * 4 * 289 * 2
    row = table[(table.arm == "bolus") & (table.patient == 2) & (table.name == "IL8")]
    assert row.value.to_numpy() == pytest.approx(whole.arms["bolus"].values[1, :, 1])
    assert row.time_h.to_numpy() == pytest.approx(whole.arms["bolus"].times)
    assert set(table.unit) == {"pg/mL"}


def test_json() -> None:
    """The answer of ``run --json`` has the keys others read, and is JSON."""
    found = json.loads(json.dumps(result(TEXT + CLAIMS).to_json(), allow_nan=False))
    assert set(found) >= {"experiment", "arms", "claims", "outcomes"}
    assert [a["arm"] for a in found["arms"]] == ["bolus", "anti-TNF"]
    tnf = found["arms"][0]["analytes"][0]
    assert set(tnf) >= {"analyte", "unit", "r2", "r2_identity", "within_1sd", "peak", "peak_time"}
    assert (tnf["analyte"], tnf["central"], tnf["r2"]) == ("TNF", "mean", None)
    assert tnf["peak"] == pytest.approx(250, rel=1e-3)
    assert found["claims"][0]["pass"] is True
    assert found["outcomes"][1]["counts"] == {"completed": 3, "failed": 1}
    assert found["outcomes"][1]["others"][0]["patient"] == 3


def test_agreement() -> None:
    """The agreement of the experiment's own central curve is the default."""
    whole = result(TEXT + "compare: {data: d.csv, central: median}\n")
    chosen = whole.agreement("bolus", "TNF")
    assert chosen is not None
    assert chosen.central is Central.MEDIAN
    assert whole.agreement("bolus", "TNF", Central.MEAN) != chosen
    assert whole.agreement("bolus", "XYZ") is None


def test_names() -> None:
    """A wrong name comes with a suggestion."""
    whole = result()
    assert whole.arm("bolus").curves("TNF").shape == (4, 289)
    assert whole.arm("bolus").unit("IL8") == "pg/mL"
    with pytest.raises(ExperimentError, match="did you mean bolus"):
        whole.arm("bolos")
    with pytest.raises(ExperimentError, match="did you mean TNF"):
        whole.arm("bolus").curves("TFN")


def test_passed() -> None:
    """A result has passed when every claim is met."""
    assert result(TEXT + CLAIMS).passed
    assert not result(TEXT + CLAIMS.replace("above: 1", "below: 1")).passed
