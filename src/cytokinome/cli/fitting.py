"""The command fit: parameters from measured data, and what the data do not know."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cytokinome.cli import options
from cytokinome.cli.console import Cell, Screen, tell
from cytokinome.cli.progress import INTERVAL

if TYPE_CHECKING:
    from cytokinome.experiments.fit.estimate import Estimate
    from cytokinome.experiments.fit.summary import Row

BAD = "bold red"
FAILED = 1
FEW = 1.0  # moves of a set of parameters


def fit(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A scenario, a folder with fit.yaml, or a fit file.")],
    check: Annotated[bool, typer.Option("--check", help="Fail if the models do not have what the fit finds.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Put the estimates into the model files.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Intervals by curvature, without profiles.")] = False,
    bootstraps: Annotated[
        int, typer.Option("--bootstrap", min=0, max=10_000, help="Draws are fits to this many tables of the model's.")
    ] = 0,
    starts: Annotated[int | None, typer.Option(min=1, max=4096, help="In place of those of the file.")] = None,
    seed: options.Seed = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for report.html and draws.csv.")] = None,
    workers: options.Workers = 0,
    json: options.Json = "",
) -> None:
    """Estimate parameters from measured data, and say what the data do not know."""
    from cytokinome import fitting
    from cytokinome.experiments.fit import summary

    screen = Screen(json)
    posed = fitting.load_fit(what, starts=starts, seed=seed)
    problem = posed.problem
    tell(
        f"{problem.fit.id}: {len(problem.axes)} free numbers, {len(problem.taken)} values, {problem.fit.starts} starts"
    )
    found = fitting.fit(
        posed, quick=quick, bootstraps=bootstraps, workers=workers or options.cores(), on_progress=_Told()
    )
    _show(found, screen)
    for path in fitting.write_fit(found, out) if out is not None else ():
        screen.line(str(path))
    for path in fitting.write_estimates(posed, found) if write else ():
        screen.line(f"{path} is written")
    screen.data(summary.as_dict(found))
    if check and not summary.stands(found):
        raise typer.Exit(FAILED)


class _Told:
    """Tells how far a fit is: a new part of it at once, rounds of one part now and then."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if not text.startswith("round ") or now - self._last >= INTERVAL:
            self._last = now
            tell(text)


def _show(found: Estimate, screen: Screen) -> None:
    """Estimates, how they agree with the data, and what remains unknown."""
    from cytokinome.experiments.fit import summary

    problem, rows = found.problem, summary.rows(found)
    columns = ["", "estimate", "95 % interval", "unit", "before", "uncertainty left", "in the model"]
    screen.table(columns, [_line(row) for row in rows], right=["estimate", "uncertainty left", "in the model"])
    _show_agreement(found, screen)
    screen.line(
        f"\n-2 log likelihood {2 * found.misfit:.2f}, AIC {found.aic:.2f}: {len(rows)} free numbers, "
        f"{len(problem.taken)} values, {problem.left_out} left out."
    )
    screen.line(f"{found.agreeing} of {len(found.starts)} starts came to this optimum.")
    for text in found.unknown():
        screen.line(text)
    for a, b, correlation in summary.together(found):
        screen.line(f"{a} and {b} go together: correlation {correlation:.2f}.")
    if found.draws.origin == "posterior" and found.draws.moves < FEW:
        screen.line("The sets of parameters in draws.csv hardly moved; take the intervals of the profiles.")
    screen.line(_standing(found))


def _show_agreement(found: Estimate, screen: Screen) -> None:
    """How curves lie to measured values, and what became of the claims that were aimed at."""
    from cytokinome.experiments.fit import summary
    from cytokinome.report.words import number

    values = [
        [a.experiment, a.arm, a.analyte, str(a.values), str(a.censored), number(a.distance)]
        for a in summary.agreements(found)
    ]
    if values:
        screen.line("\nValues and their curves")
        columns = ["experiment", "arm", "analyte", "values", "beyond limits", "mean square distance in errors"]
        screen.table(columns, values, right=columns[3:])
    claims = [
        [a.experiment, a.claim, Cell(number(a.found), "" if a.is_met else BAD), a.expected, a.unit]
        for a in summary.aims(found)
    ]
    if claims:
        screen.line("\nClaims that were aimed at")
        screen.table(["experiment", "claim", "found", "expected", "unit"], claims, right=["found"])


def _line(row: Row) -> list[str | Cell]:
    from cytokinome.report.words import number

    low, high = (number(row.low) if row.low is not None else "0"), (number(row.high) if row.high is not None else "∞")
    before = [number(end) if end is not None else "?" for end in row.before]
    stands = "" if row.stands is None else number(row.stands)
    return [
        row.name,
        number(row.value),
        f"{low} to {high}",
        row.unit,
        f"{before[0]} to {before[1]}",
        f"{row.share:.0%}",
        Cell(stands, "" if row.contains else BAD),
    ]


def _standing(found: Estimate) -> str:
    from cytokinome.experiments.fit import summary

    away = summary.distance(found)
    if summary.stands(found):
        return f"The models have what the fit finds (-2 log posterior {away:.2g} above the optimum)."
    outside = [row.name for row in summary.rows(found) if not row.contains]
    where = f", and {', '.join(outside)} outside the interval" if outside else ""
    return f"The models do not have what the fit finds: -2 log posterior {away:.3g} above the optimum{where}."
