"""The figure of a panel: one small picture per analyte, over time or by group, on the band of healthy people.

Concentrations are on a logarithmic scale. A reading below or above the limits of its assay is an open triangle at that
limit, at the edge of the picture where no limit is stated; an extrapolated one is an open circle.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from cytokinome.experiments.data import Censoring
from cytokinome.report import words
from cytokinome.report.figures import COLOURS, DAYS_FROM, LETTER, MARKERS, STYLE
from cytokinome.report.files import save_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from cytokinome.interchange.panel.reading import Panel, Reading
    from cytokinome.interchange.panel.summary import Row

SMALL = (2.1, 1.75)  # inches of one picture
ACROSS = 4  # pictures in a row
MOST_GROUPS = 12  # that have a place on the axis, or a colour
HEALTHY = "#7A9E7E"
GREY = "#666666"


def plot_panel(panel: Panel, rows: Sequence[Row], *, group: str = "", path: str | Path | None = None) -> Figure:
    """Draw a panel.

    Parameters
    ----------
    panel : Panel
    rows : sequence of Row
        What `summary.rows` says of it, for the bands.
    group : str
        Column by which samples are told apart, such as `summary.grouping` finds.
    path : str or Path, optional
        Where to write the figure as well: .pdf, .png or .svg.

    Raises
    ------
    UserFileError, StoreError
        Where `path` has another ending or cannot be written.
    """
    drawn = [row for row in rows if row.n]
    names = list(dict.fromkeys(r.label(group) for r in panel.readings)) if group else [""]
    looks = {name: i for i, name in enumerate(names[:MOST_GROUPS])}
    columns = min(ACROSS, max(len(drawn), 1))
    lines = math.ceil(len(drawn) / columns) or 1
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(max(SMALL[0] * columns, 4.2), SMALL[1] * lines + 0.5), layout="constrained")
        panels = list(figure.subplots(lines, columns, squeeze=False).flat)
        for row, axes in zip(drawn, panels, strict=False):
            _picture(axes, row, panel, group, looks)
        for axes in panels[len(drawn) :]:
            axes.remove()
        _legend(figure, drawn, panel, looks)
    if path is not None:
        save_figure(figure, path)
    return figure


def is_over_time(panel: Panel) -> bool:
    """Whether samples were taken at two times or more."""
    return len({r.time for r in panel.readings if math.isfinite(r.time)}) > 1


def _picture(axes: Axes, row: Row, panel: Panel, group: str, looks: Mapping[str, int]) -> None:
    readings = panel.of(row.analyte)
    heights = [r.value for r in readings if math.isfinite(r.value) and r.value > 0]
    band = row.healthy.band if row.healthy is not None else None
    level = [row.healthy.value] if row.healthy is not None and row.healthy.value > 0 else []
    top = max([*heights, *level, *(b for b in band or () if b > 0)], default=1.0) * 2
    bottom = min([*heights, *level, *(b for b in band or () if b > 0)], default=0.1) / 2
    bottom = max(bottom, top * 1e-8)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=5))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(bottom, top)
    if band is not None:
        axes.axhspan(max(band[0], bottom), max(band[1], bottom), color=HEALTHY, alpha=0.25, linewidth=0, zorder=1)
    for value in level:
        axes.axhline(value, color=HEALTHY, linewidth=1, linestyle=":" if row.healthy and row.healthy.bound else "-")
    over_time = is_over_time(panel)
    times = [r.time for r in panel.readings if math.isfinite(r.time)]
    divisor = 24.0 if over_time and max(times) >= DAYS_FROM else 1.0
    for name, index in looks.items():
        mine = [r for r in readings if r.label(group) == name] if group else list(readings)
        if over_time:
            _lines(axes, mine, index, divisor, (bottom, top))
        else:
            _strip(axes, mine, index, (bottom, top))
    if over_time:
        axes.set_xlabel("time (d)" if divisor > 1 else "time (h)")
        first, last = min(times) / divisor, max(times) / divisor
        axes.set_xlim(first - 0.05 * (last - first), last + 0.05 * (last - first))
    else:
        axes.set_xticks(list(looks.values()), [name[:14] for name in looks], rotation=30 if len(looks) > 2 else 0)
        axes.set_xlim(-0.6, len(looks) - 0.4)
        for label in axes.get_xticklabels():
            label.set_parse_math(False)
    axes.set_title(f"{row.analyte} ({row.unit})", loc="left", parse_math=False)


def _tick(value: float, _position: int | None = None) -> str:
    return f"{value:g}" if 1e-4 < value < 1e5 else words.number(value)


def _lines(axes: Axes, readings: Sequence[Reading], index: int, divisor: float, edges: tuple[float, float]) -> None:
    """The readings of a group over time, those of one subject joined."""
    by_subject: dict[str, list[Reading]] = {}
    for reading in readings:
        if math.isfinite(reading.time):
            by_subject.setdefault(reading.subject, []).append(reading)
    for subject, mine in by_subject.items():
        mine.sort(key=lambda r: r.time)
        points = [(r.time / divisor, _height(r, edges), r) for r in mine]
        if subject:
            known = [(x, y) for x, y, r in points if math.isfinite(r.value)]
            xs, ys = [x for x, _ in known], [y for _, y in known]
            axes.plot(xs, ys, color=COLOURS[index % len(COLOURS)], linewidth=0.6, alpha=0.5, zorder=2)
        _marks(axes, points, index)


def _strip(axes: Axes, readings: Sequence[Reading], index: int, edges: tuple[float, float]) -> None:
    """The readings of a group side by side, and a line at their median where all are numbers."""
    n = len(readings)
    points = [(index + 0.5 * ((i + 0.5) / n - 0.5), _height(r, edges), r) for i, r in enumerate(readings)]
    _marks(axes, points, index)
    numbers = sorted(r.value for r in readings if r.censoring is Censoring.NONE)
    if n > 2 and len(numbers) == n:
        middle = (numbers[(n - 1) // 2] + numbers[n // 2]) / 2
        axes.plot([index - 0.3, index + 0.3], [middle, middle], color="#333333", linewidth=1.2, zorder=4)


def _height(reading: Reading, edges: tuple[float, float]) -> float:
    bottom, top = edges
    if math.isfinite(reading.value):
        return min(max(reading.value, bottom), top)
    return bottom if reading.censoring is Censoring.BELOW else top


def _marks(axes: Axes, points: Sequence[tuple[float, float, Reading]], index: int) -> None:
    colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
    for shape, chosen, is_open in (
        (marker, [p for p in points if p[2].censoring is Censoring.NONE and not p[2].is_extrapolated], False),
        (marker, [p for p in points if p[2].censoring is Censoring.NONE and p[2].is_extrapolated], True),
        ("v", [p for p in points if p[2].censoring is Censoring.BELOW], True),
        ("^", [p for p in points if p[2].censoring is Censoring.ABOVE], True),
    ):
        if chosen:
            style = {"markersize": 3.6, "markeredgewidth": 0.8, "markeredgecolor": colour, "clip_on": False}
            face = "white" if is_open else colour
            xs, ys = [x for x, _, _ in chosen], [y for _, y, _ in chosen]
            axes.plot(xs, ys, linestyle="none", marker=shape, markerfacecolor=face, zorder=5, **style)  # type: ignore[arg-type]


def _legend(figure: Figure, rows: Sequence[Row], panel: Panel, looks: Mapping[str, int]) -> None:
    """What colours, band and open marks mean; groups only where an axis does not name them."""
    entries: list[tuple[Artist, str]] = []
    if len(looks) > 1 and is_over_time(panel):
        n, m = len(COLOURS), len(MARKERS)
        entries += [
            (Line2D([], [], color=COLOURS[i % n], marker=MARKERS[i % m], markersize=4, linewidth=0.6), name or "–")
            for name, i in looks.items()
        ]
    if any(row.healthy is not None and row.healthy.band is not None for row in rows):
        entries += [(Patch(facecolor=HEALTHY, alpha=0.35), f"healthy people, {panel.matrix}")]
    if any(row.healthy is not None for row in rows):
        entries += [(Line2D([], [], color=HEALTHY), "their middle")]
    hollow = {"color": GREY, "markerfacecolor": "white", "linestyle": "none", "markersize": 4}
    signs = (
        ("v", "below the limit", "below"),
        ("^", "above the limit", "above"),
        ("o", "extrapolated", "extrapolated"),
    )
    for marker, label, count in signs:
        if any(getattr(row, count) for row in rows):
            entries += [(Line2D([], [], marker=marker, **hollow), label)]  # type: ignore[arg-type]
    if not entries:
        return
    widest = LETTER * max(len(label) for _, label in entries) + 0.65
    columns = max(1, min(len(entries), int(figure.get_figwidth() / widest)))
    placeholders = ["x" * len(label) for _, label in entries]
    handles = [handle for handle, _ in entries]
    legend = figure.legend(handles, placeholders, loc="outside upper left", ncols=columns, frameon=False, fontsize=8.5)
    for text, (_, label) in zip(legend.get_texts(), entries, strict=True):
        text.set_parse_math(False)  # a label is the user's text: neither "_" nor "$" has a meaning in it
        text.set_text(label)
