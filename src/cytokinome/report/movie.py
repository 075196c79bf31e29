"""A film of a tissue as an animated GIF: the panels of a snapshot with one scale of colours throughout."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from cytokinome.errors import ExperimentError, UserFileError
from cytokinome.report.figures import COLOURS
from cytokinome.report.files import write
from cytokinome.report.space import DEAD, MAPS, NOTHING, frames, measured, shown_units
from cytokinome.report.space_scene import scenes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from cytokinome.experiments.result import Result
    from cytokinome.report.space_scene import Scene

DPI = 100
ALL = 256  # colours of a GIF: one palette for the film, so that nothing flickers and every colour means the same
SHADES, EDGES = 44, 7  # of a map, and of a cell toward its white edge
SECONDS = 8.0  # of a film at the usual speed
FASTEST = 20.0  # frames per second
PAUSE = 1.5  # s on the last frame


def write_film(
    scenes: Sequence[Scene],
    path: str | Path,
    *,
    molecules: Sequence[str] | None = None,
    log: bool = False,
    seconds: float = SECONDS,
) -> Path:
    """Write scenes as an animated GIF that repeats.

    Parameters
    ----------
    scenes : sequence of Scene
        Of one run, in the order of time: one frame each.
    path : str or Path
        With the ending .gif.
    molecules : sequence of str, optional
        All by default.
    log : bool
        Whether the scales of colours are logarithmic, over three decades at most.
    seconds : float
        How long it lasts, but for a pause at the end.

    Returns
    -------
    Path

    Raises
    ------
    UserFileError
        For another ending.
    ExperimentError
        Where there is no scene or no such molecule.
    StoreError
        Where the file cannot be written.
    """
    if Path(path).suffix.lower() != ".gif":
        raise UserFileError(f"{path} does not end in .gif; a film is written as an animated GIF")
    images = [_image(figure) for figure in frames(scenes, molecules=molecules, log=log)]
    palette = _palette()
    flat = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    each = max(1000.0 * seconds / len(images), 1000.0 / FASTEST)
    durations = [round(each / 10.0) * 10] * (len(flat) - 1) + [round(1000 * PAUSE)]
    buffer = io.BytesIO()
    flat[0].save(buffer, "GIF", save_all=True, append_images=flat[1:], duration=durations, loop=0, optimize=False)
    return write(path, buffer.getvalue())


def write_films(result: Result, path: str | Path) -> list[Path]:
    """Write a film of the typical person per arm, with the name of the arm in that of the file where there are several.

    Parameters
    ----------
    result : Result
        Of a run in space.
    path : str or Path
        With the ending .gif.

    Returns
    -------
    list of Path

    Raises
    ------
    UserFileError
        For another ending.
    ExperimentError
        Where no arm has a snapshot.
    StoreError
        Where a file cannot be written.
    """
    target = Path(path)
    kept = {arm.id: found for arm in result.arms.values() if arm.space and (found := scenes_of(arm.space))}
    if not kept:
        raise ExperimentError(NOTHING)
    written = list[Path]()
    for arm, scenes in kept.items():
        name = target.with_name(f"{target.stem}-{arm}{target.suffix}") if len(kept) > 1 else target
        shown = [scene.within(shown_units(result, scene)) for scene in scenes]
        written.append(write_film(shown, name, molecules=measured(result, shown[0])))
    return written


def _image(figure: Figure) -> Image.Image:
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def _palette() -> Image.Image:
    """Return the colours that pictures of a tissue have: shades of the maps, cells and their paling edges, greys."""
    shades = [to_rgb(colour) for colours in MAPS for colour in colours(np.linspace(0.0, 1.0, SHADES))]
    cells = [np.array(to_rgb(colour)) for colour in (*COLOURS, DEAD)]
    edges = [tuple(pale + (1.0 - pale) * cell) for cell in cells for pale in np.linspace(0.0, 0.85, EDGES)]
    greys = [(grey,) * 3 for grey in np.linspace(0.0, 1.0, ALL - len(shades) - len(edges))]
    levels = np.rint(255.0 * np.array([*shades, *edges, *greys])).astype(np.uint8)
    palette = Image.new("P", (1, 1))
    palette.putpalette(levels.ravel().tolist())
    return palette
