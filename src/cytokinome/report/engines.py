"""One experiment on several engines, in one figure: where single cells and their chance agree with the mean field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cytokinome.diagnostics import did_you_mean
from cytokinome.errors import ExperimentError
from cytokinome.report.figures import COLOURS, DASHES, PANEL, STYLE, band
from cytokinome.report.files import save_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.artist import Artist

    from cytokinome.experiments.result import Result


def plot_engines(
    results: Mapping[str, Result], arm: str, names: Sequence[str], *, path: str | Path | None = None
) -> Figure:
    """Draw one panel per curve: of each engine the median over runs, and where there are several their 90 % band.

    Parameters
    ----------
    results : mapping of str to Result
        By the words that the legend has for the engine; of the same experiment.
    arm : str
    names : sequence of str
        Of curves that all results have.
    path : str or Path, optional
        Where to write the figure as well: .pdf, .png or .svg.

    Raises
    ------
    ExperimentError
        A result has no such arm or curve.
    UserFileError, StoreError
        Where `path` has another ending or cannot be written.
    """
    arms = {words: result.arm(arm) for words, result in results.items()}
    for words, found in arms.items():
        for name in names:
            if name not in found.names:
                raise ExperimentError(f"{words} has no curve {name}: {did_you_mean(name, list(found.names))}")
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(PANEL[0] * len(names), PANEL[1] + 0.75), layout="constrained")
        panels = figure.subplots(1, len(names), squeeze=False)[0]
        for axes, name in zip(panels, names, strict=True):
            for i, (words, found) in enumerate(arms.items()):
                look = {"color": COLOURS[i % len(COLOURS)], "zorder": 3 + i}
                curves = band(found, name)
                if curves is None:
                    continue
                if found.fates.patients > 1:
                    axes.fill_between(found.times, curves[0], curves[2], alpha=0.2, linewidth=0, **look)
                axes.plot(found.times, curves[1], linestyle=DASHES[i % len(DASHES)], linewidth=1.5, label=words, **look)
            first = next(iter(arms.values()))
            unit, times = first.unit(name), first.times
            axes.set_title(name, parse_math=False)
            axes.set_ylabel(unit, parse_math=False)
            axes.set_xlabel("time (h)")
            axes.set_ylim(bottom=0.0)
            axes.set_xlim(times[0], times[-1])
        _legend(figure, arms)
    if path is not None:
        save_figure(figure, path)
    return figure


def _legend(figure: Figure, arms: Mapping[str, object]) -> None:
    entries: list[tuple[Artist, str]] = [
        (Line2D([], [], color=COLOURS[i % len(COLOURS)], linestyle=DASHES[i % len(DASHES)], linewidth=1.5), words)
        for i, words in enumerate(arms)
    ]
    entries.append((Patch(facecolor="#777777", alpha=0.3), "90 % of runs"))
    legend = figure.legend(
        [handle for handle, _ in entries], ["x" * len(words) for _, words in entries], loc="outside upper left",
        ncols=len(entries), frameon=False, fontsize=8.5,
    )  # fmt: skip
    for text, (_, words) in zip(legend.get_texts(), entries, strict=True):
        text.set_parse_math(False)
        text.set_text(words)
