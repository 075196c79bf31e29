"""The report on a fit: what was measured and what the fit makes of it, profiles, and where the starts came to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from cytokinome.experiments.cohort import NORMAL_97_5
from cytokinome.experiments.fit import summary
from cytokinome.experiments.fit.bands import Band, bands
from cytokinome.report.figures import COLOURS, INK, PANEL, STYLE
from cytokinome.report.files import write
from cytokinome.report.page import POLICY, environment, inline
from cytokinome.report.words import number

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from cytokinome.experiments.fit.estimate import Estimate

COLUMNS = 4
HIGHEST = 12.0  # rise of a profile that is shown


def write_fit(estimate: Estimate, folder: Path) -> list[Path]:
    """Write ``report.html`` and ``draws.csv`` into a folder, and return their paths.

    Raises
    ------
    StoreError
        Where a file cannot be written.
    """
    page = write(folder / "report.html", render(estimate).encode("utf-8"))
    return [page, write(folder / "draws.csv", summary.draws_table(estimate).encode("utf-8"))]


def render(estimate: Estimate) -> str:
    """Return the report as HTML text."""
    found = bands(estimate)
    curves = draw_bands(found, is_log=estimate.problem.is_log) if found else None
    return (
        environment()
        .get_template("fit.html")
        .render(
            policy=POLICY,
            fit=estimate.problem.fit,
            studies=estimate.problem.studies,
            estimate=estimate,
            rows=summary.rows(estimate),
            agreements=summary.agreements(estimate),
            together=summary.together(estimate),
            stands=summary.stands(estimate),
            away=summary.distance(estimate),
            censored=sum(value.sign != 0 for value in estimate.problem.taken),
            aims=summary.aims(estimate),
            curves=inline(curves, "curves", "Measured values and curves of the fit") if curves else None,
            profiles=inline(draw_profiles(estimate), "profiles", "Profiles") if estimate.profiles else None,
            waterfall=inline(draw_waterfall(estimate), "waterfall", "What each start came to"),
        )
    )


def _panels(count: int, columns: int) -> tuple[Figure, list[Axes]]:
    columns = min(count, columns)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(PANEL[0] * columns * 0.8, PANEL[1] * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in panels[count:]:
        axes.remove()
    return figure, panels[:count]


def _logarithmic(axes: Axes, which: Literal["x", "y"]) -> None:
    """A logarithmic scale whose numbers are plain text, so that no font for mathematics is asked for."""
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 2)))
    axis.set_minor_formatter(NullFormatter())


def draw_bands(found: tuple[Band, ...], *, is_log: bool) -> Figure:
    """Draw a panel for each arm and analyte: the best curve, the 95 % band of the draws, and the measured values."""
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure, panels = _panels(len(found), COLUMNS)
        for band, axes in zip(found, panels, strict=True):
            axes.fill_between(band.times, band.low, band.high, color=COLOURS[0], alpha=0.25, linewidth=0)
            axes.plot(band.times, band.best, color=COLOURS[0], linewidth=1.4)
            _marks(axes, band)
            axes.set_title(f"{band.arm}: {band.analyte}", parse_math=False)
            axes.set_ylabel(band.unit, parse_math=False)
            axes.set_xlabel("time (h)")
            if is_log:
                _logarithmic(axes, "y")
                least = min(mark.value for mark in band.marks)
                axes.set_ylim(bottom=least / 5)
    return figure


def _marks(axes: Axes, band: Band) -> None:
    """Known values with their errors; those beyond the limits of their assay as open triangles at the limit."""
    known = [mark for mark in band.marks if not mark.sign]
    if known:
        y = np.array([mark.value for mark in known])
        bars = np.array([[mark.value - mark.low for mark in known], [mark.high - mark.value for mark in known]])
        axes.errorbar([m.time for m in known], y, yerr=bars, fmt="o", color=INK, markersize=3, linewidth=0.8)
    for sign, marker in ((-1, "v"), (1, "^")):
        beyond = [mark for mark in band.marks if mark.sign == sign]
        if beyond:
            x, y = [mark.time for mark in beyond], [mark.value for mark in beyond]
            axes.plot(x, y, marker, markersize=5, markerfacecolor="none", markeredgecolor=INK)


def draw_profiles(estimate: Estimate) -> Figure:
    """Draw how -2 log posterior rises along each axis while all others make up for it."""
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure, panels = _panels(len(estimate.profiles), COLUMNS)
        for profile, axes in zip(estimate.profiles, panels, strict=True):
            axis = estimate.problem.axes[profile.axis]
            shown = [axis.shown(x) for x in profile.x]
            axes.plot(shown, profile.rise, "-", color=COLOURS[0], linewidth=1.2, marker=".", markersize=3)
            axes.plot([axis.shown(float(estimate.x[profile.axis]))], [0.0], "o", color=COLOURS[0], markersize=4)
            axes.axhline(NORMAL_97_5**2, color="#888888", linestyle=":", linewidth=0.8)
            if (
                math.isfinite(axis.stands)
                and axis.kind == "parameter"
                and shown[0] <= axis.shown(axis.stands) <= shown[-1]
            ):
                axes.axvline(axis.shown(axis.stands), color=COLOURS[1], linewidth=0.8)
            if shown[-1] > 10 * shown[0]:
                _logarithmic(axes, "x")
            axes.set_ylim(-0.3, HIGHEST)
            axes.set_xlabel(f"{axis.name} ({axis.unit})" if axis.unit else axis.name, parse_math=False)
    return figure


def draw_waterfall(estimate: Estimate) -> Figure:
    """Draw what each start came to, sorted, above the best."""
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure, (axes,) = _panels(1, 1)
        away = 2 * (estimate.starts - estimate.starts[0])
        away = np.maximum(away[np.isfinite(away)], 1e-6)
        axes.plot(np.arange(1, len(away) + 1), away, "o", color=COLOURS[0], markersize=3)
        _logarithmic(axes, "y")
        axes.set_xlabel("start, the best first")
        axes.set_ylabel("−2 log posterior\nabove the best")
    return figure
