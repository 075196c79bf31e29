"""The page of a panel: the figure, each analyte beside the levels of healthy and ill people, and what was assumed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytokinome.evidence import Source
from cytokinome.experiments.data import Censoring
from cytokinome.interchange.panel import summary
from cytokinome.report import words
from cytokinome.report.files import write
from cytokinome.report.page import POLICY, environment, inline
from cytokinome.report.panel_figure import is_over_time, plot_panel

if TYPE_CHECKING:
    from pathlib import Path

    from cytokinome.diagnostics import Report
    from cytokinome.interchange.panel.levels import Reference
    from cytokinome.interchange.panel.reading import Panel
    from cytokinome.interchange.panel.summary import Middle

SIGNS = {Censoring.NONE: "", Censoring.BELOW: "< ", Censoring.ABOVE: "> "}


def write_panel_page(panel: Panel, report: Report, path: str | Path, *, group: str = "") -> Path:
    """Write the page of a panel as one self-contained HTML file.

    Parameters
    ----------
    panel : Panel
    report : Report
        What was found when it was read; warnings and notes stand on the page.
    path : str or Path
        An existing file is replaced.
    group : str
        Column by which samples are told apart; by default the first that is called arm, group or so.

    Raises
    ------
    StoreError
        Where the file cannot be written.
    """
    return write(path, render(panel, report, group=group).encode("utf-8"))


def render(panel: Panel, report: Report, *, group: str = "") -> str:
    """Return the page as HTML text; equal panels give equal text."""
    by = summary.grouping(panel, group)
    rows, grouped = summary.rows(panel), summary.rows(panel, by)
    figure = plot_panel(panel, rows, group=by)
    pages = environment()
    pages.filters |= {"middle": middle, "level": level, "people": people, "cite": cited}
    described = f"{len(rows)} analytes, one small picture each"
    return pages.get_template("panel.html").render(
        policy=POLICY,
        panel=panel,
        rows=rows,
        grouped=[row for row in grouped if row.n],
        group=by,
        over_time=is_over_time(panel),
        figure=inline(figure, "panel", described),
        findings=[d for d in report.diagnostics if d.severity != "error"],
        name=panel.file.replace("\\", "/").rpartition("/")[2],
    )


def middle(value: Middle | None, unit: str = "") -> str:
    """Return a median or a fold in words: ``< 3.2``; a dash where there is none."""
    if value is None or not math.isfinite(value.value):
        side = value.censoring if value is not None else Censoring.NONE
        return {Censoring.BELOW: "below the limit", Censoring.ABOVE: "above the limit"}.get(side, words.NOTHING)
    return f"{SIGNS[value.censoring]}{words.number(value.value)}{unit}"


def level(reference: Reference | None) -> str:
    """Return a published level in words: ``1.6 (IQR 0.9 to 3.42)``."""
    if reference is None:
        return words.NOTHING
    sign = {"upper": "< ", "lower": "> "}.get(reference.bound, "")
    text = f"{sign}{words.number(reference.value)}"
    if math.isfinite(reference.low) and math.isfinite(reference.high):
        return (
            f"{text} ({reference.spread or 'interval'} {words.number(reference.low)} to {words.number(reference.high)})"
        )
    return f"{text} ± {words.number(reference.sd)}" if math.isfinite(reference.sd) else text


def people(reference: Reference) -> str:
    """Return what a level is of whom: ``median of 541``."""
    if not reference.statistic:
        return f"n = {reference.n}" if reference.n else ""
    return f"{reference.statistic} of {reference.n}" if reference.n else reference.statistic


def cited(reference: Reference) -> Source:
    """Return the source of a level as evidence, which has an address."""
    return Source(reference.source, reference.locator)
