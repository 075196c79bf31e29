"""The commands that simulate: demo, run, compare. `verifying` has the one about claims."""

from __future__ import annotations

import shlex
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cytokinome import library
from cytokinome.cli import options
from cytokinome.cli.console import Screen, tell

if TYPE_CHECKING:
    from collections.abc import Generator

    from cytokinome.cli.progress import Progress
    from cytokinome.experiments.result import Result
    from cytokinome.experiments.study import Study

RUNS = Path("runs")
MEMORY = "4GB"
REPORT, FIGURE = "report.html", "figure.png"

_WHAT = "A shipped scenario or experiment, an experiment file, or a model file."
What = Annotated[str, typer.Argument(metavar="WHAT", help=_WHAT)]


# ------------------------------------------------------------------------------------------------------------ commands
def demo(
    browser: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    out: options.Out = RUNS,
    patients: options.Patients = None,
    workers: options.Workers = 0,
    json: options.Json = "",
) -> None:
    """Simulate volunteers given LPS and hold them against measured cytokines."""
    from cytokinome.cli import findings

    screen = Screen(json)
    study = checked(library.DEMO)
    people = patients or study.experiment.patients.count
    screen.line(
        "Healthy volunteers were given LPS (bacterial endotoxin), 2 ng/kg at once or over four hours, and TNF,\n"
        f"IL-6, IL-8 and IL-10 were measured in their blood. cytokinome now simulates {people} virtual volunteers\n"
        "per arm with the model that was published with these data, and holds the curves against the means."
    )
    writable(out)
    result = simulate(study, library.DEMO, patients=patients, out=out, workers=workers)
    _finish(result, screen, has_report=True)
    screen.line(
        "\nR² is the squared correlation of the curve with the measured means; within 1 SD is the share of them\n"
        "that it meets. Claims of the kind `reproduces` hold this program against the published model."
    )
    screen.line("\nNext: `cytokinome new my-model` writes a small model of your own to begin with.")
    if browser and result.directory is not None and result.manifest.status == "complete":
        show_in_browser(result.directory / REPORT)
    screen.data(findings.as_data(result))
    _leave(result)


def run(
    what: Annotated[str, typer.Argument(metavar="WHAT", help=_WHAT)] = "",
    out: options.Out = RUNS,
    patients: options.Patients = None,
    seed: options.Seed = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write all curves as values.csv too.")] = False,
    report: Annotated[bool, typer.Option(help="Write report.html and figure.png too.")] = True,
    stream: Annotated[bool, typer.Option("--stream", help="Keep statistics, not patients: for large cohorts.")] = False,
    resume: Annotated[Path | None, typer.Option(metavar="RUN_DIR", help="Continue a run that was stopped.")] = None,
    workers: options.Workers = 0,
    rtol: options.Rtol = 1e-6,
    max_memory: options.MaxMemory = MEMORY,  # type: ignore[assignment]  # typer parses the default
    engine: options.Engine = "",
    target: options.Target = options.TARGET,
    film: Annotated[Path | None, typer.Option(metavar="FILE.gif", help="Write a film of a run in space.")] = None,
    json: options.Json = "",
) -> None:
    """Run an experiment, or a model for 72 h without treatment."""
    from cytokinome.cli import findings

    _check_target(target)
    _check_engine(engine)
    if film is not None and film.suffix.lower() != ".gif":
        raise typer.BadParameter(f"a film is written as an animated GIF, and {film} does not end in .gif")
    if bool(what) == (resume is not None):
        raise typer.BadParameter("name what to run, or a run to continue: WHAT or --resume RUN_DIR")
    screen = Screen(json)
    if resume is not None:
        result = _resumed(resume, csv=csv, workers=workers, max_memory=max_memory)
    else:
        study = checked(what)
        writable(out)
        result = simulate(
            study, what, patients=patients, seed=seed, out=out, csv=csv, workers=workers, rtol=rtol,
            max_memory=max_memory, target=target, stream=stream, engine=engine,
        )  # fmt: skip
    _finish(result, screen, has_report=report, film=film)
    screen.data(findings.as_data(result))
    _leave(result)


def compare(
    what: What,
    patients: options.Patients = None,
    seed: options.Seed = None,
    workers: options.Workers = 0,
    rtol: options.Rtol = 1e-6,
    max_memory: options.MaxMemory = MEMORY,  # type: ignore[assignment]
    target: options.Target = options.TARGET,
    json: options.Json = "",
) -> None:
    """Run an experiment and show only how it agrees with its measured data."""
    from cytokinome.cli import findings
    from cytokinome.errors import ExperimentError

    _check_target(target)
    screen = Screen(json)
    study = checked(what)
    if study.table is None:
        raise ExperimentError(f"{study.experiment.id} has no measured data: add `compare: {{data: table.csv}}`")
    result = simulate(
        study, what, patients=patients, seed=seed, workers=workers, rtol=rtol, max_memory=max_memory, target=target
    )
    findings.show_agreement(result, screen)
    rows = findings.agreements(result)
    content = result.to_json()
    screen.data({key: content[key] for key in ("experiment", "model", "status", "arms", "outcomes")})
    if any(not a.n for a in rows if any(p.arm == a.arm and p.analyte == a.analyte for p in study.table.points)):
        tell("error: a curve that has measured data could not be compared")
        raise typer.Exit(findings.exit_status(result) or findings.FAILED)
    status = findings.exit_status(result)
    if status != findings.FAILED:
        _leave(result)


# --------------------------------------------------------------------------------------------------------------- parts
def show_in_browser(path: Path) -> None:
    """Open a page in the browser; say where it is when there is no browser."""
    import webbrowser

    if not webbrowser.open(path.absolute().as_uri()):
        tell(f"no browser could be opened; the report is {path.absolute()}")


def write_report(result: Result, directory: Path) -> dict[str, Path]:
    """Write report and, where there is a curve, picture into a run directory; return what was written."""
    from cytokinome import api

    written = {"Report": api.write_report(result, directory / REPORT)}
    if any(arm.fates.counts.get("completed") for arm in result.arms.values()):
        written["Picture"] = directory / FIGURE
        api.plot(result, path=directory / FIGURE)
    return written


def checked(what: str) -> Study:
    """Return the checked study, its warnings told."""
    from cytokinome import api

    checked = api.check_experiment(what)
    for warning in checked.report.warnings:
        tell(warning.render(checked.report.texts))
    return checked.require()


def simulate(
    study: Study,
    what: str,
    *,
    patients: int | None = None,
    seed: int | None = None,
    out: Path | None = None,
    csv: bool = False,
    workers: int = 0,
    rtol: float = 1e-6,
    max_memory: float = 4e9,
    target: str = options.TARGET,
    stream: bool = False,
    engine: str = "",
) -> Result:
    """Run a study, showing how far it is; the options are those of `api.run`."""
    from cytokinome import api

    people = study.experiment.patients
    command = ["cytokinome", "run", what, "--patients", str(patients or people.count)]
    command += ["--seed", str(people.seed if seed is None else seed)]
    command += ["--rtol", f"{rtol:g}"] if rtol != 1e-6 else []
    command += ["--target", target] if target != options.TARGET else []
    command += ["--stream"] if stream else []
    command += ["--engine", engine] if engine else []
    with _watched() as progress:
        return api.run(
            study,
            patients=patients,
            seed=seed,
            out=out,
            csv=csv,
            workers=workers or options.cores(),
            rtol=rtol,
            max_memory=max_memory,
            on_progress=progress,
            command=shlex.join(command),
            target=target,
            stream=stream,
            engine=engine,
        )


def _resumed(directory: Path, *, csv: bool, workers: int, max_memory: float) -> Result:
    """The run in a directory, continued where it was stopped; a complete one as it is."""
    from cytokinome import api

    was_run: list[int] = []
    with _watched() as progress:

        def watch(done: int, total: int) -> None:
            was_run.append(done)
            progress(done, total)

        result = api.resume(
            directory, csv=csv, workers=workers or options.cores(), max_memory=max_memory, on_progress=watch
        )
    if result.manifest.status == "complete" and not was_run:
        tell(f"{directory} is complete: no patient was left to simulate")
    return result


@contextmanager
def _watched() -> Generator[Progress]:
    """Show how far a run is, and tell of the one time when the engine is compiled."""
    from cytokinome.cli.progress import Progress
    from cytokinome.engines.ode.compiling import announced

    with Progress() as progress, announced(tell_of_compiling):
        yield progress


def tell_of_compiling() -> None:
    """Say why nothing seems to happen."""
    tell("compiling the engine for this machine, once per installation: this takes up to a minute …")


def _finish(result: Result, screen: Screen, *, has_report: bool, film: Path | None = None) -> None:
    """Show what was found, where it is stored, and write the report and films."""
    from cytokinome import api
    from cytokinome.cli import findings

    findings.show(result, screen)
    if result.directory is None:
        return
    screen.line(f"\nRun directory: {result.directory.absolute()}")
    screen.line(f"Engine:        {result.manifest.engine}")
    screen.line(f"Digest:        {result.manifest.results}")
    if has_report and result.manifest.status == "complete":
        for what, path in write_report(result, result.directory).items():
            screen.line(f"{what + ':':14} {path.absolute()}")
    for path in api.write_films(result, film) if film is not None else ():
        screen.line(f"Film:          {path.absolute()}")


def _leave(result: Result) -> None:
    """End with the status that the result means."""
    from cytokinome.cli import findings

    status = findings.exit_status(result)
    if status == findings.STOPPED:
        tell("stopped: the patients finished so far are kept")
        if result.directory is not None:
            tell(f"continue with: cytokinome run --resume {shlex.quote(str(result.directory))}")
    raise typer.Exit(status)


def writable(folder: Path, option: str = "--out") -> None:
    """Know before a run, not after it, that its directory can be made; `option` is what named it.

    Raises
    ------
    StoreError
        ``STORE_UNWRITABLE``.
    """
    from cytokinome.experiments.disk import store_error

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        reason = "a file of this name is there" if folder.is_file() else reason
        hint = f"choose another folder with `{option}`"
        raise store_error("STORE_UNWRITABLE", f"{folder} cannot be written: {reason}", hint) from error


def _check_target(target: str) -> None:
    from cytokinome.compiler.lower import TARGETS

    if target not in TARGETS:
        from cytokinome.cli.refusals import unsupported

        raise unsupported(f"there is no target {target[:40]!r}", f"one of {', '.join(TARGETS)}")


def _check_engine(engine: str) -> None:
    from cytokinome.experiments.protocol import ENGINES

    if engine and engine not in ENGINES:
        from cytokinome.cli.refusals import unsupported

        raise unsupported(f"there is no engine {engine[:40]!r}", f"one of {', '.join(ENGINES)}")
