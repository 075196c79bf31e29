"""Curves of a result: one panel per analyte, median and 90 % band per arm, measured means with their SD.

Draws on `matplotlib.figure.Figure` directly: no pyplot, so the user's backend stays as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullFormatter, ScalarFormatter

from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.errors import ExperimentError
from cytokinome.experiments.data import Censoring, parse_table, unit_factor
from cytokinome.model.scope import substance
from cytokinome.report.files import save_figure
from cytokinome.report.words import SUPERSCRIPT

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cytokinome.experiments.data import Point
    from cytokinome.experiments.result import ArmResult, Result

MAX_DRAWN = 2000  # points of a line; more cannot be told apart and make the page heavy
BAND = ("q05", "median", "q95")  # of the 90 % band
# Okabe and Ito's palette without yellow, which vanishes on white (Wong 2011, doi:10.1038/nmeth.1618).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
DASHES: tuple[Literal["-", "--", ":", "-."], ...] = (
    "-",
    "--",
    ":",
    "-.",
)  # tell arms apart once the colours are used up
INK = "#333333"
_PLAIN = (-4, 5)  # powers of ten between which an axis has plain numbers
_FEW_DECADES = 15.0  # times the smallest: a logarithmic axis that short has numbers between powers of ten, too
CROWDED = 4  # arms beyond which bands are drawn fainter
DAYS_FROM = 240.0  # experiments of ten days and more are shown in days [h]
PANEL = (2.9, 2.15)  # inches
LETTER = 0.062  # mean width of a letter of the legend [inch]
LINE = 0.18  # height of a line of the legend [inch]
STYLE: dict[str, object] = {
    "font.size": 9,
    "font.family": "sans-serif",
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 9,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "ytick.minor.size": 1.5,
    "ytick.minor.width": 0.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
}


@dataclass(frozen=True, slots=True)
class _Look:
    """How an arm is drawn."""

    colour: str
    marker: str
    dash: Literal["-", "--", ":", "-."]


def _looks(arms: Sequence[str]) -> dict[str, _Look]:
    n = len(COLOURS)
    return {arm: _Look(COLOURS[i % n], MARKERS[i % n], DASHES[i // n % len(DASHES)]) for i, arm in enumerate(arms)}


def plot(
    result: Result,
    *,
    analytes: Sequence[str] | None = None,
    path: str | Path | None = None,
    log: bool | Collection[str] = False,
) -> Figure:
    """Draw one panel per analyte: per arm the median, the 90 % band over patients, and what was measured.

    The band runs from the 5th to the 95th percentile of the patients who came to the end. Measured means carry their
    SD; a value below the limit of the assay (LLOQ, dotted) is an open triangle at that limit.

    Parameters
    ----------
    result : Result
    analytes : sequence of str, optional
        Names of curves; by default what the experiment measures, or else every molecule.
    path : str or Path, optional
        Where to write the figure as well: .pdf, .png or .svg.
    log : bool or collection of str
        Whether the concentrations are on a logarithmic scale, or which of them.

    Raises
    ------
    ExperimentError
        Where no arm has a curve of that name, or there is nothing to draw.
    UserFileError, StoreError
        Where `path` has another ending or cannot be written.
    """
    names = _chosen(result, analytes)
    points = measured_points(result)
    columns = 2 if len(names) in (2, 4) else min(len(names), 3)
    rows = math.ceil(len(names) / columns)
    with rc_context(STYLE):  # type: ignore[arg-type]
        size = (max(PANEL[0] * columns, 4.2), PANEL[1] * rows + 0.45)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).flat
        looks = _looks(list(result.arms))
        for name, axes in zip(names, panels, strict=False):
            is_log = log if isinstance(log, bool) else name in log
            _panel(axes, result, name, [p for p in points if p.analyte == name], looks, log=is_log)
        for axes in list(figure.axes)[len(names) :]:
            axes.remove()
        for axes in figure.axes[-columns:]:
            axes.set_xlabel(_time(result)[1])
        lines = _legend(figure, result, looks, points=[p for p in points if p.analyte in names])
        figure.set_figheight(size[1] + LINE * max(lines - 2, 0))  # there is room for two; panels keep their height
    if path is not None:
        save_figure(figure, path)
    return figure


def measured_points(result: Result) -> tuple[Point, ...]:
    """Return the points the result was compared with, in the unit that each analyte is shown in.

    Points of arms and analytes that did not run, or outside the time span, are left out.
    """
    content = result.manifest.texts.get("data")
    table = parse_table(content, "data", Collector()) if content else None
    if table is None:
        return ()
    return tuple(q for p in table.points if (q := _in_shown_unit(p, result)) is not None)


def _in_shown_unit(point: Point, result: Result) -> Point | None:
    from dataclasses import replace

    arm = result.arms.get(point.arm)
    if arm is None or point.analyte not in arm.names or not arm.times[0] <= point.time <= arm.times[-1]:
        return None
    unit = arm.unit(point.analyte)
    factor = unit_factor(point.unit, unit, substance(result.model, point.analyte.partition("@")[0]))
    numbers = {k: factor * getattr(point, k) for k in ("value", "sd", "se", "lloq", "uloq")}
    return replace(point, unit=unit, **numbers)


def band(arm: ArmResult, name: str) -> NDArray[np.float64] | None:
    """Return 5th percentile, median and 95th percentile [3, time] over the patients who came to the end."""
    found = np.stack([arm.statistic(name, statistic) for statistic in BAND])
    return found if np.isfinite(found).all() else None


def _chosen(result: Result, analytes: Sequence[str] | None) -> list[str]:
    known = list(dict.fromkeys(name for arm in result.arms.values() for name in arm.names))
    if analytes is None:
        names = [m.name for m in result.experiment.measure if m.name in known]
        names = names or [m.id for m in result.model.molecules if m.id in known]
    else:
        names = list(dict.fromkeys([analytes] if isinstance(analytes, str) else analytes))
    for name in names:
        if name not in known:
            raise ExperimentError(f"no arm has a curve {name}: {did_you_mean(name, known)}")
    if not names:
        raise ExperimentError("there is no curve to draw: no arm was run, or no analyte is named")
    return names


def _time(result: Result) -> tuple[float, str]:
    """Divisor of hours, and the label of the axis."""
    return (24.0, "time (d)") if result.experiment.times.end >= DAYS_FROM else (1.0, "time (h)")


def _panel(axes: Axes, result: Result, name: str, points: list[Point], looks: dict[str, _Look], *, log: bool) -> None:
    divisor, _ = _time(result)
    unit, drawn = "", False
    for arm in result.arms.values():
        if name not in arm.names:
            continue
        unit, look = arm.unit(name), looks[arm.id]
        drawn |= _curve(axes, arm, name, look, divisor, faint=len(looks) > CROWDED)
        _points(axes, [p for p in points if p.arm == arm.id], look, divisor)
    for limit in sorted({p.lloq for p in points if math.isfinite(p.lloq) and p.lloq > 0}):
        axes.axhline(limit, color="#888888", linestyle=":", linewidth=0.8, zorder=1)
    if not drawn:
        axes.text(0.5, 0.5, "no patient came to the end", transform=axes.transAxes, ha="center", va="center")
    axes.set_ylabel(label(name, unit), parse_math=False)
    axes.set_xlim(result.experiment.times.start / divisor, result.experiment.times.end / divisor)
    _scale(axes, log=log)


class _Plain(ScalarFormatter):
    """Numbers with the power of ten above the axis as text: mathematical fonts are not on every machine."""

    def get_offset(self) -> str:
        """Return that power, empty where there is none."""
        found = super().get_offset().replace("\N{MINUS SIGN}", "-")
        return f"×{_power(int(found[2:]))}" if found.startswith("1e") else found


def _decade(value: float, _position: object = None) -> str:
    """What a tick of a logarithmic axis is called."""
    return _power(round(math.log10(value))) if value > 0 else ""


def _power(exponent: int) -> str:
    return f"10{str(exponent).translate(SUPERSCRIPT)}"


def label(name: str, unit: str = "") -> str:
    """Return what an axis is called: the words of a name, and its unit where it has one."""
    words = name.replace("_", " ")
    return f"{words} ({unit})" if unit not in ("", "1") else words


def _scale(axes: Axes, *, log: bool) -> None:
    """Set the concentration axis: from zero, or logarithmic over at most six decades."""
    axes.margins(y=0.06)
    if not log:
        axes.update_datalim([(0.0, 0.0)], updatex=False)  # else a constant has no margin, and lies on the edge
        axes.autoscale_view(scalex=False)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]) if _has_negative(axes) else 0.0)
        plain = _Plain(useOffset=False)
        plain.set_powerlimits(_PLAIN)
        axes.yaxis.set_major_formatter(plain)
        return
    axes.set_yscale("log", nonpositive="clip")
    axes.yaxis.set_major_formatter(FuncFormatter(_decade))
    axes.yaxis.set_minor_formatter(NullFormatter())
    heights = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()] or [np.ones(1)])
    positive = heights[np.isfinite(heights) & (heights > 0)]
    if len(positive):
        top = float(positive.max())
        axes.set_ylim(max(float(positive.min()) / 1.5, top * 1e-6), max(axes.get_ylim()[1], top * 1.5))
    low, high = axes.get_ylim()
    if high < _FEW_DECADES * low:  # else there may be no tick with a number
        axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _has_negative(axes: Axes) -> bool:
    """Whether a curve itself goes below zero, as an observable may; SD bars and rounding do not count."""
    curves = [line for line in axes.get_lines() if line.get_linestyle() != "None"]  # marks and caps have no line
    heights = [np.asarray(line.get_ydata(), dtype=float) for line in curves]
    known = [h[np.isfinite(h)] for h in heights]
    return any(len(h) and h.min() < -1e-6 * max(abs(h).max(), 1e-300) for h in known)


def _curve(axes: Axes, arm: ArmResult, name: str, look: _Look, divisor: float, *, faint: bool) -> bool:
    found = band(arm, name)
    if found is None:
        return False
    shown = _thinned(found)
    times, found = arm.times[shown] / divisor, found[:, shown]
    if arm.fates.patients > 1:
        alpha = 0.08 if faint else 0.16
        axes.fill_between(times, found[0], found[2], color=look.colour, alpha=alpha, linewidth=0, zorder=2)
    axes.plot(times, found[1], color=look.colour, linestyle=look.dash, linewidth=1.4, zorder=3)
    return True


def _thinned(curves: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices of the times to draw: all, or an even choice with the extremes of each curve."""
    count = curves.shape[1]
    if count <= MAX_DRAWN:
        return np.arange(count)
    even = np.linspace(0, count - 1, MAX_DRAWN).round().astype(np.intp)
    return np.unique(np.concatenate([even, curves.argmax(axis=1), curves.argmin(axis=1)]))


def _points(axes: Axes, points: list[Point], look: _Look, divisor: float) -> None:
    sure = [p for p in points if not _is_below(p) and p.censoring is not Censoring.ABOVE]
    style = {"linestyle": "none", "color": look.colour, "markersize": 4, "zorder": 5}
    if sure:
        spread = [p.spread if math.isfinite(p.spread) else 0.0 for p in sure]
        times, values = [p.time / divisor for p in sure], [p.value for p in sure]
        bars = {"elinewidth": 0.8, "capsize": 2, "capthick": 0.8, "markeredgecolor": "white", "markeredgewidth": 0.5}
        marks = axes.errorbar(times, values, yerr=spread, marker=look.marker, **style, **bars)[0]  # type: ignore[arg-type]
        marks.set_clip_on(False)  # a mark at time 0 stands on the axis, whole
    for marker, chosen in (
        ("v", [p for p in points if _is_below(p)]),
        ("^", [p for p in points if p.censoring is Censoring.ABOVE]),
    ):
        if not chosen:
            continue
        at = [p.lloq if _is_below(p) and math.isfinite(p.lloq) else p.value for p in chosen]
        hollow = {"markerfacecolor": "white", "markeredgewidth": 0.9, "clip_on": False}
        axes.plot([p.time / divisor for p in chosen], at, marker=marker, **style, **hollow)  # type: ignore[arg-type]


def _is_below(point: Point) -> bool:
    return point.censoring is Censoring.BELOW or point.value < point.lloq


def _legend(figure: Figure, result: Result, looks: dict[str, _Look], *, points: list[Point]) -> int:
    """One entry per arm, then what line, band and marks mean; returns how many lines they take."""
    grey = "#777777"
    titles = {a.id: a.title for a in result.experiment.arms}
    entries: list[tuple[Artist, str]] = [
        (Line2D([], [], color=k.colour, linestyle=k.dash, marker=k.marker if points else "", markersize=4), arm)
        for arm, k in looks.items()
    ]
    entries = [(handle, titles.get(arm) or arm) for handle, arm in entries]
    if any(arm.fates.patients > 1 for arm in result.arms.values()):
        entries += [(Line2D([], [], color=grey, linewidth=1.4), "median")]
        entries += [(Patch(facecolor=grey, alpha=0.25), "90 % of virtual patients")]
    if any(not _is_below(p) for p in points):
        with_sd = any(math.isfinite(p.spread) for p in points)
        mark = Line2D([], [], color=grey, marker="o", markersize=4, linestyle="none")
        entries += [(mark, "measured mean ± SD" if with_sd else "measured mean")]
    if any(_is_below(p) for p in points):
        style = {"marker": "v", "markersize": 4, "markerfacecolor": "white", "linestyle": "none"}
        entries += [(Line2D([], [], color=grey, **style), "below the limit of the assay")]  # type: ignore[arg-type]
    handles = [handle for handle, _ in entries]
    # A label is the user's text: placeholders first, so that neither "_" nor "$" has a meaning in it.
    widest = LETTER * max([len(label) for _, label in entries], default=0) + 0.65
    columns = max(1, min(len(entries), int(figure.get_figwidth() / widest)))
    placeholders = ["x" * len(label) for _, label in entries]
    legend = figure.legend(handles, placeholders, loc="outside upper left", ncols=columns, frameon=False, fontsize=8.5)
    for text, (_, label) in zip(legend.get_texts(), entries, strict=True):
        text.set_parse_math(False)
        text.set_text(label)
    return math.ceil(len(entries) / columns)
