"""The command ``cytokinome``: all commands in the order in which ``--help`` lists them."""

from __future__ import annotations

import io
import sys
import warnings

import typer

from cytokinome._version import __version__
from cytokinome.cli import exporting, files, fitting, importing, panels, records, running, stored, verifying
from cytokinome.cli.console import Screen, tell
from cytokinome.cli.guard import Guarded

app = typer.Typer(
    name="cytokinome",
    cls=Guarded,
    help="Write what one cell does with cytokines; run it for virtual people; hold it against measured numbers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (running.demo, files.new, files.validate, files.explain):
    app.command()(command)
app.command("format")(files.format_files)
for command in (running.run, fitting.fit, running.compare, verifying.verify, panels.panel):
    app.command()(command)
app.command("import")(importing.import_file)
app.command("open")(stored.open_run)
app.command()(exporting.export)
app.add_typer(records.app, name="catalogue")


def _version(is_asked: bool) -> None:
    if is_asked:
        Screen().line(f"cytokinome {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    del version


def _show(message: Warning | str, *_: object) -> None:
    """Show a warning of our own as a line without its place in the program."""
    tell(f"warning: {message}")


def main() -> None:
    """Run the command line and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows ?, and nothing is lost
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # of libraries, for their callers
        warnings.filterwarnings("default", module=r"cytokinome\.", category=UserWarning)
        warnings.showwarning = _show
    app(prog_name="cytokinome")
