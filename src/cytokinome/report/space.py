"""Pictures of a tissue: a snapshot, and a series of them as small multiples.

Concentrations are a map from white to dark, cells circles at their true size, coloured by their kind. Where cells are
so many that they would hide the map, they have panels of their own and are thin rings on the maps. All panels of a
molecule share one scale.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib import rc_context
from matplotlib.cm import ScalarMappable
from matplotlib.collections import EllipseCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cytokinome.diagnostics import did_you_mean
from cytokinome.errors import ExperimentError
from cytokinome.experiments.data import unit_factor
from cytokinome.model.scope import substance
from cytokinome.report.figures import COLOURS, INK, STYLE
from cytokinome.report.files import save_figure
from cytokinome.report.space_scene import layer, present, projected, readable, scenes_of, sliced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from cytokinome.experiments.result import Result
    from cytokinome.report.space_scene import Scene, Section

# From white to a dark that white and black marks still stand out on; lightness alone tells them, for every eye.
MAPS = (
    LinearSegmentedColormap.from_list("slate", ["#FFFFFF", "#B8BFCC", "#3F4A5E"]),
    LinearSegmentedColormap.from_list("plum", ["#FFFFFF", "#C8B4D6", "#5B3277"]),
    LinearSegmentedColormap.from_list("moss", ["#FFFFFF", "#B9CFA9", "#35602A"]),
    LinearSegmentedColormap.from_list("rust", ["#FFFFFF", "#E8BE9C", "#8A4313"]),
)
DEAD = "#8C8C8C"  # of cells that are called so
DENSE = 0.35  # of a layer covered by cells: from here on they get panels of their own
DECADES = 3.0  # of a logarithmic scale at most
NOTHING = "there is nothing to draw: the run kept no snapshot"
PIXELS = 120  # per inch, of maps and cells in pages and vector files
PANEL = 2.1  # inches
MARGIN = (0.35, 0.95)  # inches: left for names, right for the bar of colours
MINUTES_TO, DAYS_FROM = 2.0, 240.0  # h: shorter runs are told in minutes, longer ones in days
BAR = (1, 2, 5)  # a scale bar is one of these times a power of ten
SHARE = 0.36  # of the side of the box that a scale bar takes at most
MOST_DRAWN = 6  # snapshots of one series


class Row(NamedTuple):
    """A row of panels: a molecule or None for cells alone, how it is seen, and what stands beside it."""

    molecule: str | None
    view: str  # layer | slice | projection
    map: int
    rings: bool


class Look(NamedTuple):
    """What all panels of a figure or a film share: rows, scales of colours, kinds of cells, and the last time [h]."""

    rows: tuple[Row, ...]
    norms: dict[str, Normalize]
    groups: tuple[str, ...]
    last: float


def draw_snapshot(
    scene: Scene, *, molecules: Sequence[str] | None = None, log: bool = False, path: str | Path | None = None
) -> Figure:
    """Draw one scene: a panel per molecule, of three dimensions the middle plane and the view along the last axis.

    Parameters
    ----------
    scene : Scene
    molecules : sequence of str, optional
        All by default.
    log : bool
        Whether the scales of colours are logarithmic, over three decades at most.
    path : str or Path, optional
        Where to write the figure as well: .pdf, .png or .svg.

    Raises
    ------
    ExperimentError
        Where there is no such molecule.
    UserFileError, StoreError
        Where `path` has another ending or cannot be written.
    """
    figure = next(frames([scene], molecules=molecules, log=log))
    return _saved(figure, path)


def draw_series(
    scenes: Sequence[Scene],
    *,
    molecules: Sequence[str] | None = None,
    log: bool = False,
    path: str | Path | None = None,
) -> Figure:
    """Draw scenes side by side in time, a row per molecule; of many scenes six at even distances.

    Parameters
    ----------
    scenes : sequence of Scene
        Of one run, in the order of time.
    molecules, log, path
        As for `draw_snapshot`.

    Raises
    ------
    ExperimentError
        Where there is no scene or no such molecule.
    UserFileError, StoreError
        Where `path` has another ending or cannot be written.
    """
    if not scenes:
        raise ExperimentError(NOTHING)
    chosen = np.unique(np.linspace(0, len(scenes) - 1, min(len(scenes), MOST_DRAWN)).round().astype(int))
    shown, look = _prepared(scenes, molecules, ("slice",), log=log)
    columns = [(words_of(shown[i].time, look.last), shown[i]) for i in chosen]
    return _saved(_multiples(columns, look), path)


def draw_arms(result: Result, *, log: bool = False, path: str | Path | None = None) -> Figure:
    """Draw the last snapshot of the typical person in every arm side by side, a row per molecule.

    Parameters
    ----------
    result : Result
        Of a run in space.
    log, path
        As for `draw_snapshot`.

    Raises
    ------
    ExperimentError
        Where no arm has a snapshot.
    UserFileError, StoreError
        Where `path` has another ending or cannot be written.
    """
    last = [(arm.id, found[-1]) for arm in result.arms.values() if arm.space and (found := scenes_of(arm.space))]
    if not last:
        raise ExperimentError(NOTHING)
    scenes = [scene.within(shown_units(result, scene)) for _, scene in last]
    shown, look = _prepared(scenes, measured(result, scenes[0]), ("slice",), log=log)
    return _saved(_multiples([(arm, scene) for (arm, _), scene in zip(last, shown, strict=True)], look), path)


def shown_units(result: Result, scene: Scene) -> dict[str, tuple[str, float]]:
    """Return by molecule the unit that the experiment measures it in, and the factor from pM."""
    asked = {m.name: m.unit for m in result.experiment.measure if m.name in scene.fields and m.unit}
    agents = {name: substance(result.model, name.partition("@")[0]) for name in asked}
    return {name: (unit, unit_factor("pM", unit, agents[name])) for name, unit in asked.items()}


def measured(result: Result, scene: Scene) -> list[str]:
    """Return the molecules of a scene that the experiment measures, or all where it measures none of them."""
    asked = [m.name for m in result.experiment.measure if m.name in scene.fields]
    return asked or list(scene.fields)


def _multiples(columns: Sequence[tuple[str, Scene]], look: Look) -> Figure:
    """Draw scenes side by side with their titles, a row per molecule."""
    n, first = len(look.rows), columns[0][1]
    with rc_context(STYLE):  # type: ignore[arg-type]
        size = (PANEL * len(columns) + sum(MARGIN), (PANEL * _tall(first) + 0.1) * n + 0.85)
        figure = Figure(figsize=size, dpi=PIXELS, layout="constrained")
        panels = figure.subplots(n, len(columns), squeeze=False)
        for i, row in enumerate(look.rows):
            for axes, (title, scene) in zip(panels[i], columns, strict=True):
                draw_panel(axes, scene, row, look)
                axes.set_title(title if i == 0 else "", fontsize=9, parse_math=False)
            panels[i, 0].set_ylabel(_view_of(row), fontsize=9, parse_math=False)
            _bar(figure, list(panels[i]), row, look, first)
        _scale_bar(panels[0, 0], first)
        _legend(figure, look.groups)
    return figure


def frames(scenes: Sequence[Scene], *, molecules: Sequence[str] | None = None, log: bool = False) -> Iterator[Figure]:
    """Yield the picture of each scene, all with the same scales and places; it is one figure, drawn anew each time.

    Raises
    ------
    ExperimentError
        Where there is no scene or no such molecule.
    """
    scenes, look = _prepared(scenes, molecules, ("slice", "projection"), log=log)
    figure, panels = _panels_of(scenes[0], look)
    for scene in scenes:
        with rc_context(STYLE):  # type: ignore[arg-type]
            for axes, row in zip(panels, look.rows, strict=True):
                axes.clear()
                draw_panel(axes, scene, row, look)
                title = f"{_view_of(row)}, {words_of(scene.time, look.last)}"
                axes.set_title(title, fontsize=9, parse_math=False)
            _scale_bar(panels[0], scene)
            if figure.get_layout_engine() is not None:  # placed once: nothing moves from one picture to the next
                figure.draw_without_rendering()
                figure.set_layout_engine("none")
        yield figure


def _panels_of(scene: Scene, look: Look) -> tuple[Figure, list[Axes]]:
    """Return a figure with a panel per row side by side, still empty."""
    n = len(look.rows)
    each = 1.45 * PANEL if n < 3 else PANEL
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=((each + 0.8) * n, each * _tall(scene) + 0.95), dpi=PIXELS, layout="constrained")
        panels = list(figure.subplots(1, n, squeeze=False).flat)
        for axes, row in zip(panels, look.rows, strict=True):
            _bar(figure, [axes], row, look, scene)
        _legend(figure, look.groups)
    return figure, panels


def _saved(figure: Figure, path: str | Path | None) -> Figure:
    if path is not None:
        save_figure(figure, path)
    return figure


# ---------------------------------------------------------------------------------------------- what is drawn
def _prepared(
    scenes: Sequence[Scene], molecules: Sequence[str] | None, views: tuple[str, ...], *, log: bool
) -> tuple[list[Scene], Look]:
    """Return the scenes in readable units, and what their panels share."""
    if not scenes:
        raise ExperimentError(NOTHING)
    rows = tuple(_rows(scenes, molecules, views))
    shown = readable(scenes)
    return shown, Look(rows, scales(shown, rows, log=log), present(shown), max(scene.time for scene in shown))


def _rows(scenes: Sequence[Scene], molecules: Sequence[str] | None, views: tuple[str, ...]) -> list[Row]:
    known = list(scenes[0].fields)
    names = known if molecules is None else list(dict.fromkeys(molecules))
    for name in names:
        if name not in known:
            raise ExperimentError(f"no snapshot has a molecule {name}: {did_you_mean(name, known)}")
    if scenes[0].dimensions == 3:
        seen = [Row(name, view, 0, rings=False) for name in names for view in views]
        return seen or [Row(None, "projection", 0, rings=False)]
    if max(scene.cover for scene in scenes) < DENSE:
        return [Row(name, "layer", 0, rings=False) for name in names] or [Row(None, "layer", 0, rings=False)]
    maps = [Row(name, "layer", 1 + i % (len(MAPS) - 1), rings=True) for i, name in enumerate(names)]
    return [Row(None, "layer", 0, rings=False), *maps]


def scales(scenes: Sequence[Scene], rows: Sequence[Row], *, log: bool) -> dict[str, Normalize]:
    """Return per molecule the scale of colours that holds all scenes in all views."""
    found: dict[str, Normalize] = {}
    for name in dict.fromkeys(row.molecule for row in rows if row.molecule is not None):
        seen = [_section(s, row).field for s in scenes for row in rows if row.molecule == name]
        values = np.concatenate([f.ravel() for f in seen if f is not None] or [np.zeros(1)])
        values = values[np.isfinite(values) & (values > 0)]
        top = float(np.max(values, initial=0.0)) or 1.0
        least = max(float(np.min(values, initial=top)), top * 10**-DECADES)
        found[name] = LogNorm(min(least, 0.5 * top), top, clip=True) if log else Normalize(0.0, top, clip=True)
    return found


def _section(scene: Scene, row: Row) -> Section:
    if row.view == "layer":
        return layer(scene, row.molecule)
    if row.view == "slice":
        return sliced(scene, row.molecule, 0.5 * scene.size[2])
    return projected(scene, row.molecule)


# ----------------------------------------------------------------------------------------------- how it is drawn
def _tall(scene: Scene) -> float:
    """The height of a panel over its width."""
    return min(max(scene.size[1] / scene.size[0], 0.4), 2.0)


def _view_of(row: Row) -> str:
    if row.molecule is None:
        return "cells"
    return {
        "layer": row.molecule,
        "slice": f"{row.molecule}, middle plane",
        "projection": f"{row.molecule}, mean over depth",
    }[row.view]


def words_of(time: float, last: float) -> str:
    """Return a time [h] as people say it, in minutes, hours or days by the last of the times: ``12 min``, ``1.5 h``."""
    if last <= MINUTES_TO:
        return f"{60 * time:.3g} min"
    return f"{time / 24:.3g} d" if last >= DAYS_FROM else f"{time:.4g} h"


def draw_panel(axes: Axes, scene: Scene, row: Row, look: Look) -> None:
    """Draw one scene as a row says, with the scales and colours of the look."""
    seen = _section(scene, row)
    if seen.field is not None and row.molecule is not None:
        axes.imshow(
            seen.field.T, origin="lower", extent=(0.0, scene.size[0], 0.0, scene.size[1]), cmap=MAPS[row.map],
            norm=look.norms[row.molecule], interpolation="bilinear", zorder=1,
        )  # fmt: skip
    _cells(axes, scene, seen, look.groups, rings=row.rings)
    axes.set_xlim(0.0, scene.size[0])
    axes.set_ylim(0.0, scene.size[1])
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)


def colours_of(groups: tuple[str, ...]) -> dict[str, str]:
    """Return a colour per kind of cells; those that are dead are grey."""
    free = iter(COLOURS * (1 + len(groups) // len(COLOURS)))
    return {g: DEAD if g.split()[0] == "dead" else next(free) for g in groups}


def _cells(axes: Axes, scene: Scene, seen: Section, groups: tuple[str, ...], *, rings: bool) -> None:
    colours = colours_of(groups)
    faces = np.array([colours.get(name, INK) for name in scene.groups])[seen.group_of]
    size = 2.0 * seen.radii
    look: dict[str, object] = {"facecolors": faces, "edgecolors": "white", "linewidths": 0.4}
    if rings:
        look = {"facecolors": "none", "edgecolors": INK, "linewidths": 0.15, "alpha": 0.5}
    circles = EllipseCollection(
        size, size, np.zeros_like(size), units="xy", offsets=seen.places, offset_transform=axes.transData, zorder=2,
        rasterized=True, **look,
    )  # fmt: skip
    axes.add_collection(circles)


def _bar(figure: Figure, panels: list[Axes], row: Row, look: Look, scene: Scene) -> None:
    """Draw the scale of colours beside the panels of a molecule."""
    if row.molecule is None:
        return
    shown = ScalarMappable(look.norms[row.molecule], MAPS[row.map])
    bar = figure.colorbar(shown, ax=panels, shrink=0.85, aspect=14, pad=0.02, fraction=0.06)
    bar.outline.set_linewidth(0.5)  # type: ignore[operator]
    bar.ax.tick_params(labelsize=8)
    unit = scene.units[row.molecule].replace("uM", "µM")
    bar.ax.set_ylabel(f"{row.molecule} ({unit})", fontsize=8.5, parse_math=False)


def _scale_bar(axes: Axes, scene: Scene) -> None:
    """Draw a bar of a round length below a panel, where it hides no cell."""
    side = scene.size[0]
    power = 10.0 ** math.floor(math.log10(SHARE * side))
    length = max(b * power for b in BAR if b * power <= SHARE * side)
    below = axes.get_xaxis_transform()  # lengths in µm along the panel, parts of its height across it
    axes.plot(
        [0.0, length], [-0.035] * 2, color=INK, linewidth=2.2, solid_capstyle="butt", transform=below, clip_on=False
    )
    axes.text(length + 0.02 * side, -0.035, f"{length:g} µm", ha="left", va="center", fontsize=8, transform=below)


def _legend(figure: Figure, groups: tuple[str, ...]) -> None:
    colours = colours_of(groups)
    style = {"marker": "o", "linestyle": "none", "markersize": 6.5, "markeredgecolor": "white"}
    handles = [Line2D([], [], color=colours[name], **style) for name in groups]  # type: ignore[arg-type]
    if not handles:
        return
    columns = max(1, min(len(handles), int(figure.get_figwidth() / (0.066 * max(map(len, groups)) + 0.38))))
    legend = figure.legend(
        handles, ["x" * len(g) for g in groups], loc="outside upper left", ncols=columns, frameon=False, fontsize=8.5,
        handletextpad=0.2, columnspacing=1.2,
    )  # fmt: skip
    for text, name in zip(legend.get_texts(), groups, strict=True):
        text.set_parse_math(False)
        text.set_text(name)
