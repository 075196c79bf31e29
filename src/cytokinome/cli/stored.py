"""The command about stored runs: open shows one again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cytokinome.cli import options
from cytokinome.cli.console import Screen


def open_run(
    directory: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A directory that `run` has written.")],
    report: Annotated[bool, typer.Option("--report", help="Write the report and the picture again.")] = False,
    browser: Annotated[bool, typer.Option("--browser", help="Open the report in the browser.")] = False,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all curves as a table.")] = None,
    json: options.Json = "",
) -> None:
    """Show a stored run."""
    from cytokinome import api
    from cytokinome.cli import findings, running
    from cytokinome.experiments.store import write_csv

    screen = Screen(json)
    result = api.open(directory)
    screen.line(f"{result.experiment.id}, {result.manifest.status}, {result.manifest.provenance.created}")
    screen.line(f"repeat it with: {result.manifest.command}" if result.manifest.command else "")
    findings.show(result, screen)
    page = directory / running.REPORT
    if report or (browser and not page.is_file()):
        screen.line()
        for what, path in running.write_report(result, directory).items():
            screen.line(f"{what}: {path}")
    if csv is not None:
        write_csv(result, csv)
        screen.line(f"Table: {csv}")
    screen.data(findings.as_data(result))
    if browser:
        running.show_in_browser(page)
