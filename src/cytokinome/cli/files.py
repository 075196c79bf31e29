"""The commands about texts: new, validate, explain, format."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cytokinome import library
from cytokinome.cli import options
from cytokinome.cli.console import Cell as Mark
from cytokinome.cli.console import Screen, tell

if TYPE_CHECKING:
    from cytokinome.diagnostics import Report
    from cytokinome.model.components import Model

FAULTS, WOULD_CHANGE = 2, 1
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*", re.ASCII)
_OF_EXPERIMENTS = frozenset({"experiment", "arms", "time", "measure", "claims", "patients", "compare"})

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Model or experiment files.")]


# ---------------------------------------------------------------------------------------------------------------- new
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the model: words joined by -.")],
    directory: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Folder to make; by default NAME.")
    ] = None,
    records: Annotated[
        str, typer.Option("--from", metavar="A,B,…", help="Cytokines, cells and drugs of the catalogue, or a disease.")
    ] = "",
    place: Annotated[str | None, typer.Option("--in", help="With --from: culture, plasma or tissue.")] = None,
    species: Annotated[str, typer.Option(help="With --from: whose cells they are.")] = "human",
) -> None:
    """Write a folder with a small model and an experiment, or with those that records of the catalogue make."""
    if not _NAME.fullmatch(name) or len(name) > 60:
        raise typer.BadParameter(f"{name[:80]!r} cannot name a model; use words of letters and digits joined by -")
    folder = directory or Path(name)
    model, experiment, assumed, left_out = _texts(name, records, place, species)
    texts = {"model.yaml": model, "experiment.yaml": experiment}
    for file in texts:
        if (folder / file).exists():
            raise FileExistsError(17, "exists already and is not overwritten; choose another name", str(folder / file))
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        with (folder / file).open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    screen = Screen()
    screen.line(f"{folder / 'model.yaml'}\n{folder / 'experiment.yaml'}")
    if assumed:
        screen.table(("assumed, because nothing was read",), [(Mark(line, "red"),) for line in assumed])
    if left_out:
        screen.table(("left out",), [(line,) for line in left_out])
    screen.line(f"\nNext: cytokinome run {folder / 'experiment.yaml'}")


def _texts(
    name: str, records: str, place: str | None, species: str
) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    """The texts of a model and an experiment, what was assumed for them, and what they leave out."""
    if not records:
        from cytokinome.cli.scaffold import experiment_text, model_text

        return model_text(name), experiment_text(name), (), ()
    from cytokinome.catalogue.registry import catalogue
    from cytokinome.model.assemble.draft import draft
    from cytokinome.model.assemble.gather import PLACES

    if place not in (None, *PLACES):
        raise typer.BadParameter(f"{place!r} is no place of a new model: write {', '.join(PLACES)}")

    made = draft(catalogue(), name, [part.strip() for part in records.split(",") if part.strip()], place, species)
    return made.model, made.experiment, made.assumed, made.left_out


# ----------------------------------------------------------------------------------------------------------- validate
def validate(files: Annotated[list[str], typer.Argument(metavar="FILE…")], json: options.Json = "") -> None:
    """Find every fault of model and experiment files."""
    screen = Screen(json)
    findings: list[dict[str, object]] = []
    faulty = False
    for name in files:
        report = _check(name)
        if report.diagnostics:
            tell(report.render() + "\n")
        findings += [finding.as_dict() for finding in report.diagnostics]
        if report.errors:
            faulty = True
        else:
            count = len(report.warnings)
            also = "" if not count else ", with 1 warning" if count == 1 else f", with {count} warnings"
            screen.line(f"{name}: fine{also}")
    screen.data(findings)
    if faulty:
        raise typer.Exit(FAULTS)


def _check(name: str) -> Report:
    """Check a shipped scenario with all its experiments, an experiment or a model, by what the file holds."""
    from cytokinome import api
    from cytokinome.diagnostics import Report

    shipped, own = library.find(name), library.question(name)
    if own is not None:
        questions = shipped.experiments if shipped else (own,)
        report = sum((api.check_experiment(q.id).report for q in questions), Report())
        return replace(report, diagnostics=tuple(dict.fromkeys(report.diagnostics)))  # two may share a model
    return (api.check_experiment(name) if _is_experiment(Path(name)) else api.check_model(Path(name))).report


def _is_experiment(path: Path) -> bool:
    """Whether a file means to be an experiment: it says so, or most of its keys are those of one."""
    from cytokinome.diagnostics import Collector
    from cytokinome.text import Mapping, parse_text, read_file

    quiet = Collector()
    text = read_file(path, quiet)
    tree = parse_text(text, str(path), quiet) if text is not None else None
    if not isinstance(tree, Mapping):
        return False
    keys = set(tree.keys())
    return "experiment" in keys or ("cytokinome" not in keys and len(keys & _OF_EXPERIMENTS) > 1)


# ------------------------------------------------------------------------------------------------------------ explain
def explain(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A shipped scenario, a model or an experiment file.")],
    stage: Annotated[str, typer.Option(help="sentences, model, network, latex, system or kernel.")] = "sentences",
    json: options.Json = "",
) -> None:
    """Show what a model means: each sentence beside its equation, or a stage of the compiler."""
    from cytokinome.compiler import explain as explaining

    if stage not in explaining.STAGES:
        raise typer.BadParameter(f"no stage {stage!r}: one of {', '.join(explaining.STAGES)}", param_hint="--stage")
    screen = Screen(json)
    model = _model(what)
    text = explaining.explain(model, stage)
    screen.line(text.rstrip("\n"))
    screen.data({"model": model.id, "stage": stage, "rules": explaining.explain_rules(model), "text": text})


def _model(what: str) -> Model:
    """The model of that name or file; that of an experiment where it is one."""
    from cytokinome import api

    if library.find(what) is None and (library.question(what) or _is_experiment(Path(what))):
        return api.load_experiment(what).model
    return api.load_model(what)


# ------------------------------------------------------------------------------------------------------------- format
def format_files(
    files: Files, check: Annotated[bool, typer.Option("--check", help="Only say what would change.")] = False
) -> None:
    """Lay out model and experiment files in the one way; comments are kept."""
    screen = Screen()
    faulty, changes = False, 0
    for path in files:
        text, laid_out = _formatted(path)
        if text is None or laid_out is None:
            faulty = True
        elif text == laid_out:
            screen.line(f"{path}: unchanged")
        else:
            changes += 1
            if not check:
                _replace(path, laid_out)
            screen.line(f"{path}: {'would change' if check else 'formatted'}")
    if faulty:
        raise typer.Exit(FAULTS)
    if check and changes:
        raise typer.Exit(WOULD_CHANGE)


def _formatted(path: Path) -> tuple[str | None, str | None]:
    """The bytes of a file as text, and its canonical layout; None, and findings told, where there is none."""
    from cytokinome.diagnostics import Collector
    from cytokinome.text import parse_text, plain_data, read_file
    from cytokinome.text.layout import format_text

    found = Collector()
    text = read_file(path, found)
    laid_out = format_text(text, str(path), found) if text is not None else None
    report = found.report()
    if report.diagnostics:
        tell(report.render() + "\n")
    if text is None or laid_out is None:
        if text is not None:
            tell(f"{path}: left as it is")
        return text, None
    before, after = (parse_text(t, str(path), Collector()) for t in (text, laid_out))
    if before is None or after is None or plain_data(before) != plain_data(after):
        raise RuntimeError(f"the layout of {path} would change what it says; the file is left as it is")
    return path.read_bytes().decode("utf-8"), laid_out


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of a file, at once; links, and the rights of the file, stay."""
    from cytokinome.report.files import write

    target = path.resolve()
    mode = target.stat().st_mode
    write(target, text.encode("utf-8"))
    target.chmod(mode)
