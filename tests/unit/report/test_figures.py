"""The curves: what is drawn, and that it is right."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from cytokinome.errors import ExperimentError, StoreError, UserFileError
from cytokinome.report import figures
from cytokinome.report.figures import band, measured_points, plot
from tests.unit.report.sample import ANALYTES, sample_arm, sample_result


def _lines(axes, colour):
    return [line for line in axes.get_lines() if line.get_color() == colour and line.get_linestyle() == "-"]


def _marks(line):
    return [(float(x), float(y)) for x, y in np.asarray(line.get_xydata(), dtype=float)]


def _texts(figure):
    return [t.get_text() for legend in figure.legends for t in legend.get_texts()]


def test_one_panel_per_analyte():
    """Each measured analyte has a panel whose label carries its unit."""
    figure = plot(sample_result())
    assert isinstance(figure, Figure)
    assert [axes.get_ylabel() for axes in figure.axes] == [f"{a} (pg/mL)" for a in ANALYTES]
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", "time (h)", "time (h)"]


def test_line_is_the_median():
    """The line of an arm is the median over those who came to the end."""
    result = sample_result()
    line = _lines(plot(result).axes[0], figures.COLOURS[0])[0]
    expected = np.median(result.arms["bolus"].values[1:, :, 0], axis=0)
    np.testing.assert_allclose(np.asarray(line.get_ydata(), dtype=float), expected)


def test_band_is_90_percent():
    """The band runs from the 5th to the 95th percentile and knows nothing of the patient who failed."""
    arm = sample_result().arms["bolus"]
    found = band(arm, "TNF")
    assert found is not None
    np.testing.assert_allclose(found[[0, 2]], np.percentile(arm.values[1:, :, 0], [5, 95], axis=0))


def test_nobody_came_to_the_end():
    """An arm in which all failed has no curve, and the panel says so."""
    arm = sample_arm("bolus")
    lost = replace(arm, values=np.full_like(arm.values, np.nan))
    assert band(lost, "TNF") is None
    figure = plot(sample_result(arms={"bolus": lost}))
    assert "no patient came to the end" in [t.get_text() for t in figure.axes[1].texts]


def test_one_patient_has_no_band():
    """The band of one patient would be a line: neither it nor its legend is drawn."""
    figure = plot(sample_result(arms={"bolus": sample_arm("bolus", n_patients=1)}))
    assert len(figure.axes[2].collections) == 0
    assert "90 % of virtual patients" not in _texts(figure)


def test_points_are_in_the_shown_unit():
    """A point in ng/mL is drawn in pg/mL, its SD as well."""
    point = next(p for p in measured_points(sample_result()) if (p.arm, p.time) == ("bolus", 2.0))
    assert (point.analyte, point.unit) == ("TNF", "pg/mL")
    assert (point.value, point.sd) == (pytest.approx(289), pytest.approx(172))


def test_below_the_limit():
    """A value below the LLOQ is an open triangle at the LLOQ, which is a dotted line."""
    axes = plot(sample_result()).axes[0]
    triangles = [line for line in axes.get_lines() if line.get_marker() == "v"]
    assert [_marks(t) for t in triangles] == [[(0.0, 10.0)]]
    assert triangles[0].get_markerfacecolor() == "white"
    assert [_marks(line)[0][1] for line in axes.get_lines() if line.get_linestyle() == ":"] == [10.0]


def test_no_data():
    """Without measured data no mark is drawn and the legend does not speak of any."""
    result = sample_result()
    texts = {k: v for k, v in result.manifest.texts.items() if k != "data"}
    figure = plot(replace(result, manifest=replace(result.manifest, texts=texts)))
    assert not any("measured" in t for t in _texts(figure))


def test_log_scale():
    """On a logarithmic scale the axis is positive."""
    axes = plot(sample_result(), log=True).axes[0]
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] > 0


def test_a_constant_does_not_lie_on_the_edge():
    """The margin is of the axis from zero, not of what rounding leaves of a constant."""
    arm = sample_arm("bolus")
    flat = replace(arm, values=8.0 + 1e-9 * np.sin(arm.values))
    result = sample_result(arms={"bolus": flat})
    unmeasured = replace(result.manifest, texts={k: v for k, v in result.manifest.texts.items() if k != "data"})
    experiment = replace(result.experiment, compare=None)
    for axes in plot(replace(result, manifest=unmeasured, experiment=experiment)).axes:
        highest = max(float(np.nanmax(line.get_ydata())) for line in axes.get_lines())
        assert axes.get_ylim()[0] == 0.0
        assert axes.get_ylim()[1] > 1.04 * highest


def test_linear_scale_begins_at_zero():
    """A concentration axis begins at zero even where an SD is larger than its mean."""
    result = sample_result()
    wide = result.manifest.texts["data"].replace("84.7", "85").replace("331,pg/mL,216", "331,pg/mL,900")
    manifest = replace(result.manifest, texts={**result.manifest.texts, "data": wide})
    assert [axes.get_ylim()[0] for axes in plot(replace(result, manifest=manifest)).axes] == [0.0] * 4


def test_negative_curves_are_shown():
    """A curve that goes below zero is not cut off."""
    arm = sample_arm("bolus")
    figure = plot(sample_result(arms={"bolus": replace(arm, values=-arm.values)}))
    assert all(axes.get_ylim()[0] < -10 for axes in figure.axes)


def test_chosen_analytes():
    """Only the asked-for analytes are drawn, in the order asked."""
    assert [a.get_ylabel() for a in plot(sample_result(), analytes=["IL10", "TNF"]).axes] == [
        "IL10 (pg/mL)",
        "TNF (pg/mL)",
    ]


def test_unknown_analyte():
    """An unknown name is refused with a suggestion."""
    with pytest.raises(ExperimentError, match="did you mean"):
        plot(sample_result(), analytes=["IL-10"])


def test_nothing_to_draw():
    """A run without a finished arm is refused in words."""
    with pytest.raises(ExperimentError, match="no curve to draw"):
        plot(sample_result(arms={}))


def test_days():
    """A long experiment is shown in days."""
    result = sample_result()
    times = replace(result.experiment.times, end=480.0)
    figure = plot(replace(result, experiment=replace(result.experiment, times=times)))
    assert figure.axes[-1].get_xlabel() == "time (d)"
    assert figure.axes[0].get_xlim() == (0.0, 20.0)


def test_titles_are_plain_text(tmp_path):
    """Dollars, underscores and braces in a title are shown, never read as mathematics."""
    result = sample_result()
    arms = tuple(replace(a, title=f"_$\\frac{{{a.id}$ <b>") for a in result.experiment.arms)
    figure = plot(replace(result, experiment=replace(result.experiment, arms=arms)), path=tmp_path / "a.svg")
    assert "_$\\frac{bolus$ <b>" in _texts(figure)
    assert "_$\\frac{bolus$ &lt;b&gt;" in (tmp_path / "a.svg").read_text("utf-8")


def test_long_curves_are_thinned():
    """A curve of very many points is drawn with fewer, and keeps its highest."""
    heights = np.zeros((3, 100_000))
    heights[1, 77_777] = 1.0
    shown = figures._thinned(heights)
    assert len(shown) <= figures.MAX_DRAWN + 6
    assert 77_777 in shown


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_written(tmp_path, ending, start):
    """The figure is written in the format of the ending, and no other file is left."""
    path = tmp_path / f"figure.{ending}"
    plot(sample_result(), path=path)
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_svg_is_the_same_each_time(tmp_path):
    """Equal results give equal files."""
    for name in ("a.svg", "b.svg"):
        plot(sample_result(), path=tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("name", ["figure.xls", "figure"])
def test_unknown_ending(tmp_path, name):
    """Another ending is refused with those that work."""
    with pytest.raises(UserFileError, match=r"\.pdf, \.png or \.svg"):
        plot(sample_result(), path=tmp_path / name)


def test_unwritable(tmp_path):
    """A directory that does not exist is an error with a code."""
    with pytest.raises(StoreError, match="STORE_UNWRITABLE") as caught:
        plot(sample_result(), path=tmp_path / "nowhere" / "a.png")
    assert caught.value.report is not None


def test_backend_is_left_alone():
    """Drawing loads no pyplot, so the user's backend is not chosen for them."""
    script = "import sys, cytokinome.report.page; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_many_arms_do_not_squeeze_the_panels():
    """The figure grows with its legend: twelve arms leave the panels as high as two do."""
    result = sample_result()
    arms = {f"arm-{i}": replace(result.arms["bolus"], id=f"arm-{i}") for i in range(12)}

    def height(figure: Figure) -> float:
        figure.draw_without_rendering()
        return figure.axes[0].get_position().height * figure.get_figheight()

    few, many = plot(sample_result(), analytes=["TNF"]), plot(sample_result(arms=arms), analytes=["TNF"])
    assert height(many) > 0.8 * height(few)
