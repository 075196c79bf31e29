"""The command import: a model of another format becomes a folder with a model and a first experiment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cytokinome.cli import options
from cytokinome.cli.console import Screen

if TYPE_CHECKING:
    from cytokinome.interchange.sbml.importing import Imported
    from cytokinome.model.components import Model

MEASURED = 12  # quantities that a first experiment measures

EXPERIMENT = """\
# A first question to the model in model.yaml: how does it run from its initial values?
# The file it comes from says nothing of how long; set `time:` to what its paper shows.
experiment: {id}
model: model.yaml
time: 0 to 100 {time}, every 1 {time}
arms: {{as-written: {{title: as written}}}}
patients: {{count: 1, seed: 1}}
measure:
{measure}
"""


def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A model in SBML, level 2 or 3, or in Antimony (.ant, .txt).")
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where model.yaml and experiment.yaml go.")],
    time_unit: Annotated[str, typer.Option(metavar="UNIT", help="Unit of time, where the file states none.")] = "",
    json: options.Json = "",
) -> None:
    """Read a model from another format, rightly or not at all."""
    from cytokinome import api
    from cytokinome.model.load import check_text
    from cytokinome.model.serialise import print_model

    screen = Screen(json)
    made = api.import_model(file, time_unit=time_unit)
    texts = {"model.yaml": print_model(made.model), "experiment.yaml": experiment_text(made.model)}
    check_text(texts["model.yaml"], "model.yaml").require()
    for name in texts:
        if (folder / name).exists():
            raise FileExistsError(
                17, "exists already and is not overwritten; choose another folder", str(folder / name)
            )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        with (folder / name).open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    _show(screen, made, file, folder)
    screen.data(_data(made, folder))


def experiment_text(model: Model) -> str:
    """Return an experiment that runs a model of equations once, as it was written."""
    equations = model.equations
    if equations is None:
        raise ValueError(f"{model.id} has no equations")
    from cytokinome.model.quantities import states

    moving = [q for q in equations.quantities if q.id in states(equations)]
    shown = (moving or [q for q in equations.quantities if q.value is not None] or equations.quantities)[:MEASURED]
    measure = "\n".join(f"  {q.id}: {q.unit or 1}" for q in shown)
    return EXPERIMENT.format(id=model.id, time=equations.time, measure=measure)


def _show(screen: Screen, made: Imported, file: Path, folder: Path) -> None:
    summary, model = made.summary, made.model
    screen.line(f"{file}: {summary.format}" + (f", {model.title}" if model.title else ""))
    screen.line(f"source:  {model.source}")
    screen.line(f"read:    {_counted(summary.read)}")
    screen.line(f"written: {_counted(summary.written)}")
    if made.notes.diagnostics:
        rows = [(d.message, f"line {d.where.line}" if d.where else "") for d in made.notes.diagnostics]
        screen.line()
        screen.table(("to know", "where"), rows)
    screen.line(f"\n{folder / 'model.yaml'}\n{folder / 'experiment.yaml'}")
    screen.line(f"\nNext: cytokinome run {folder / 'experiment.yaml'}")


def _counted(counts: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{count} {what if count != 1 else _one(what)}" for what, count in counts) or "nothing"


def _one(what: str) -> str:
    """The singular of a kind of thing."""
    irregular = {"species": "species", "quantities": "quantity", "processes": "process"}
    return irregular.get(what, what.removesuffix("s"))


def _data(made: Imported, folder: Path) -> dict[str, object]:
    return {
        "model": made.model.id,
        "format": made.summary.format,
        "source": str(made.model.source),
        "read": dict(made.summary.read),
        "written": dict(made.summary.written),
        "notes": [finding.as_dict() for finding in made.notes.diagnostics],
        "files": [str(folder / "model.yaml"), str(folder / "experiment.yaml")],
    }
