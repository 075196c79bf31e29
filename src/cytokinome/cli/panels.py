"""The command panel: an export of a laboratory beside the levels of healthy and ill people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cytokinome.cli import options
from cytokinome.cli.console import Screen, tell

if TYPE_CHECKING:
    from cytokinome.diagnostics import Report
    from cytokinome.interchange.panel.reading import Panel
    from cytokinome.interchange.panel.summary import Row

REPORT, FIGURE = "panel.html", "figure.png"


def panel(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table of Luminex or MSD results, or a shipped panel.")],
    matrix: Annotated[
        str, typer.Option(help="The body fluid: plasma, serum, …; the levels are those of the same.")
    ] = "",
    unit: Annotated[str, typer.Option(help="Of values whose unit the file does not state, such as pg/mL.")] = "",
    to: Annotated[str, typer.Option(metavar="UNIT", help="Show all values in this unit.")] = "",
    time_unit: Annotated[str, typer.Option(metavar="UNIT", help="Of times whose unit the file does not state.")] = "",
    group: Annotated[str, typer.Option(metavar="COLUMN", help="Tell samples apart by this column.")] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help=f"Folder for {REPORT} and {FIGURE}, made if need be.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE.csv", help="Write the table that `compare:` reads.")
    ] = None,
    arm: Annotated[
        str,
        typer.Option(
            metavar="COLUMN[=TEXT:ARM,…]", help="With --write: the column that names the arm; `=ARM` for one arm."
        ),
    ] = "arm",
    experiment: Annotated[
        str, typer.Option("--for", metavar="WHAT", help="With --write: use this experiment's names, and check them.")
    ] = "",
    individual: Annotated[
        bool, typer.Option("--individual", help="With --write: a line per sample, no means.")
    ] = False,
    json: options.Json = "",
) -> None:
    """Read a panel of cytokines, and hold each analyte against known levels in the same body fluid."""
    from cytokinome import api
    from cytokinome.interchange.panel import summary

    screen = Screen(json)
    checked = api.check_panel(file, matrix=matrix, unit=unit, to=to, time_unit=time_unit)
    for finding in checked.report.diagnostics:
        if finding.severity != "error":
            tell(finding.render(checked.report.texts))
    read = checked.require()
    text = _table(read, arm, experiment, individual=individual) if write is not None else ""
    by = _grouping(read, group)
    _show(screen, read, by)
    if out is not None:
        for path in _write_pages(read, checked.report, out, by):
            screen.line(str(path))
    if write is not None:
        _write_table(write, text, screen)
    content = summary.as_data(read, by)
    screen.data(content | {"findings": [finding.as_dict() for finding in checked.report.diagnostics]})


def _grouping(read: Panel, group: str) -> str:
    from cytokinome.diagnostics import did_you_mean
    from cytokinome.interchange.panel.summary import grouping

    if group and group.casefold() not in [c.casefold() for c in read.columns]:
        message = f"the panel has no column {group!r}: {did_you_mean(group, read.columns)}"
        raise typer.BadParameter(message, param_hint="--group")
    return grouping(read, group)


def _table(read: Panel, arm: str, experiment: str, *, individual: bool) -> str:
    """The table of a panel, checked against an experiment where one is named."""
    from cytokinome import api
    from cytokinome.errors import UserFileError
    from cytokinome.interchange.panel import table

    arms = table.Arms.parse(arm)
    if not experiment:
        return table.table_text(read, arms, is_individual=individual)
    study = api.load_experiment(experiment)
    names = table.measured_names(m.name for m in study.experiment.measure)
    for id in read.analytes:
        if id not in names:
            tell(f"note: {id} is not measured in {study.experiment.id}, and is left out of the table")
    text = table.table_text(read, arms, names=names, is_individual=individual)
    report = table.checked(text, study)
    for finding in report.warnings:
        tell(finding.render(report.texts))
    report.raise_errors(UserFileError, f"the panel does not fit {study.experiment.id}")
    return text


def _write_table(path: Path, text: str, screen: Screen) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
    screen.line(f"Data: {path}")


def _write_pages(read: Panel, report: Report, folder: Path, group: str) -> tuple[Path, ...]:
    from cytokinome.interchange.panel import summary
    from cytokinome.report.panel_figure import plot_panel
    from cytokinome.report.panel_page import write_panel_page

    folder.mkdir(parents=True, exist_ok=True)
    plot_panel(read, summary.rows(read), group=group, path=folder / FIGURE)
    return folder / FIGURE, write_panel_page(read, report, folder / REPORT, group=group)


def _show(screen: Screen, read: Panel, group: str) -> None:
    from cytokinome.interchange.panel import summary

    rows = summary.rows(read)
    fluid = read.matrix or "a body fluid that nobody named"
    screen.line(f"{read.file}: {read.kind}, {len(rows)} analytes in {read.samples} samples of {fluid}")
    for remark in read.remarks:
        screen.line(remark)
    screen.line()
    over_time = any(row.course for row in rows)
    middles = ["first", "highest", "at"] if over_time else ["median"]
    columns = ["analyte", *([group] if group else []), "n", "<", ">", *middles, "unit", "healthy", "of", "fold"]
    columns += ["outside", "tier"]
    lines = [_line(row, over_time=over_time, grouped=bool(group)) for row in summary.rows(read, group) if row.n]
    screen.table(columns, lines, right=("n", "<", ">", *middles, "of", "fold"))
    named = {row.analyte: ", ".join(row.written) for row in rows}
    remarks = [f"{r.analyte} ({named[r.analyte]}): {'; '.join(r.remarks)}" for r in rows if r.remarks]
    screen.line("\n" + "\n".join(remarks) if remarks else "")
    if any(row.healthy is not None for row in rows):
        screen.line("\nSources of the levels: `cytokinome catalogue why NAME.levels`, or the page (`--out DIR`).")


def _line(row: Row, *, over_time: bool, grouped: bool) -> list[str]:
    """The cells of a row of the table."""
    from cytokinome.report.panel_page import level, middle
    from cytokinome.report.words import hours

    first, highest, known = row.first, row.highest, row.healthy
    if over_time:
        middles = [middle(first.median if first else None), middle(highest.median if highest else None)]
        middles += [hours(highest.time) if highest else ""]
    else:
        middles = [middle(row.median)]
    fold = highest.fold if over_time and highest else row.fold
    outside = f"{row.over} over, {row.under} under" if known is not None and known.holds_most else ""
    return [
        *(row.analyte, *([row.group] if grouped else []), str(row.n), str(row.below or ""), str(row.above or "")),
        *(*middles, row.unit, level(known), str(known.n or "") if known else ""),
        *(middle(fold) if fold else "", outside, known.tier if known else ""),
    ]
