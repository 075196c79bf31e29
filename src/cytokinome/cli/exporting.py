"""The command export: models as files of other programs, and the snapshots of a stored run as folders of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cytokinome.cli import options
from cytokinome.cli.console import Screen
from cytokinome.cli.refusals import unsupported


def export(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="A model or experiment: id, file or folder; or a directory of a run.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file, or for a run the folder, that is made.")],
    to: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            help="sbml, antimony or cytokinome (equations), by default as the ending of OUT says: "
            ".xml .sbml .ant .txt .yaml; vtk or multicellds for a run.",
        ),
    ] = "",
    arm: Annotated[
        str, typer.Option(metavar="NAME", help="With what this arm of the experiment does, as events.")
    ] = "",
    json: options.Json = "",
) -> None:
    """Write a model for other programs, or the snapshots of a stored run for other viewers."""
    from cytokinome.experiments import store

    screen = Screen(json)
    if store.is_run(Path(what)):
        _run(Path(what), out, to, arm, screen)
    else:
        _model(what, out, to, arm, screen)


def _run(directory: Path, folder: Path, to: str, arm: str, screen: Screen) -> None:
    from cytokinome import api
    from cytokinome.interchange.snapshots import FORMATS

    if not to:
        raise typer.BadParameter(f"state a format: one of {', '.join(FORMATS)}", param_hint="--to")
    if arm:
        raise typer.BadParameter("all arms of a run are written", param_hint="--arm")
    _check_format(to, tuple(FORMATS), "a run")
    made = api.export(api.open(directory), folder, to=to)
    for path in made:
        screen.line(str(path))
    screen.data({"format": to, "folders": [str(path) for path in made]})


def _model(what: str, out: Path, to: str, arm: str, screen: Screen) -> None:
    from cytokinome import api
    from cytokinome.interchange.models import ENDINGS, FORMATS

    chosen = to or ENDINGS.get(out.suffix.lower(), "")
    if not chosen:
        known = ", ".join(f"{ending} is {format}" for ending, format in ENDINGS.items())
        raise typer.BadParameter(f"the ending of {out} names no format ({known}); state one", param_hint="--to")
    _check_format(chosen, tuple(FORMATS), "a model")
    path = api.export_model(what, out, to=chosen, arm=arm)
    screen.line(str(path))
    screen.data({"format": chosen, "file": str(path)})


def _check_format(to: str, known: tuple[str, ...], of: str) -> None:
    if to not in known:
        hint = f"nothing was written; known here: {', '.join(known)}"
        raise unsupported(f"`cytokinome export --to {to[:40]}` of {of} is not available", hint)
