"""The command that holds claims against what the models do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cytokinome import library
from cytokinome.cli import options, running
from cytokinome.cli.console import Screen, tell

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector
    from cytokinome.experiments.claims import ClaimResult
    from cytokinome.experiments.result import Result
    from cytokinome.experiments.study import Study

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]…", help="Scenarios, experiments or claims; or experiment files."),
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An experiment to run, by id or file, the scenario that it is part of, and which claims of it; None is all."""

    name: str
    scenario: str = ""
    claims: frozenset[str] | None = None


def verify(
    ids: Ids = None,
    workers: options.Workers = 0,
    rtol: options.Rtol = 1e-6,
    lock: Annotated[bool, typer.Option("--lock", help="Add claims to the locks of their scenarios; run none.")] = False,
    json: options.Json = "",
) -> None:
    """Check the claims of the shipped scenarios, or of those named."""
    from cytokinome.cli import findings

    screen = Screen(json)
    wanted = _wanted(ids or [scenario.id for scenario in library.scenarios()])
    if lock:
        _add_to_locks(wanted, screen)
    are_kept = _locks_are_kept(wanted)
    if lock:
        raise typer.Exit(0 if are_kept else findings.FAILED)
    studies = [(item, running.checked(item.name)) for item in wanted]
    claims: list[ClaimResult] = []
    results: list[Result] = []
    for item, study in studies:
        tell(f"{item.name}: {study.experiment.patients.count} patients, {len(study.experiment.claims)} claims")
        results.append(running.simulate(study, item.name, workers=workers, rtol=rtol))
        claims += _chosen(item, results[-1])
        if results[-1].manifest.status == "interrupted":
            break
    findings.show_claims(claims, screen, scenario=True)
    if not claims:
        screen.line("there are no claims")
    for result in results:
        if any(arm.fates.counts.get("completed", 0) < arm.fates.patients for arm in result.arms.values()):
            screen.line(f"\n{result.experiment.id}")
            findings.show_outcomes(result, screen)
    screen.data([claim.as_dict() for claim in claims])
    is_good = are_kept and all(claim.passed or claim.explanation for claim in claims)
    statuses = (findings.exit_status(result) for result in results)
    worst = max((status for status in statuses if status != findings.FAILED), default=0)
    raise typer.Exit(worst or (0 if is_good else findings.FAILED))


def _wanted(names: list[str]) -> list[Wanted]:
    """What to run for these ids and files, each experiment once, in the order named.

    Raises
    ------
    ExperimentError
        With every name that is none of them.
    """
    from cytokinome.diagnostics import Collector
    from cytokinome.errors import ExperimentError

    asked: dict[str, Wanted] = {}
    found = Collector()
    for name in names:
        items = _meant(name)
        if not items:
            _report_unknown(name, found)
        for item in items:
            before = asked.get(item.name)
            both = before.claims | item.claims if before and before.claims and item.claims else None
            asked[item.name] = replace(item, claims=both) if before else item
    found.report().raise_errors(ExperimentError, "claims cannot be checked")
    return list(asked.values())


def _meant(name: str) -> list[Wanted]:
    """The experiments of a scenario, one of them, that of a claim, or a file."""
    for scenario in library.scenarios():
        if name == scenario.id:
            return [Wanted(q.id, scenario.id) for q in scenario.experiments]
        for question in scenario.experiments:
            if name == question.id:
                return [Wanted(name, scenario.id)]
            if name in question.claims:
                return [Wanted(question.id, scenario.id, frozenset({name}))]
    return [Wanted(name)] if Path(name).exists() else []


def _report_unknown(name: str, found: Collector) -> None:
    from cytokinome.diagnostics import did_you_mean

    known = [id for s in library.scenarios() for q in s.experiments for id in (q.id, *q.claims)]
    message = f"{name[:80]!r} is no scenario, experiment or claim, and no such file"
    found.error("UNKNOWN_NAME", message, hint=did_you_mean(name, known))


def _scenarios(wanted: list[Wanted]) -> list[library.Scenario]:
    """The shipped scenarios that these are part of."""
    named = {item.scenario for item in wanted}
    return [scenario for scenario in library.scenarios() if scenario.id in named]


def _studies(scenario: library.Scenario) -> list[Study]:
    from cytokinome import api

    return [api.load_experiment(question.id) for question in scenario.experiments]


def _add_to_locks(wanted: list[Wanted], screen: Screen) -> None:
    """Add to the locks what they lack, and say what that was."""
    from cytokinome.library import locking

    for scenario in _scenarios(wanted):
        for id in locking.add(scenario, _studies(scenario)):
            screen.line(f"{scenario.id}: {id} is locked")


def _locks_are_kept(wanted: list[Wanted]) -> bool:
    """Tell what differs from the locks of shipped scenarios; whether nothing does."""
    from cytokinome.library import locking

    reports = [locking.check(scenario, _studies(scenario))[0] for scenario in _scenarios(wanted)]
    for report in reports:
        if report.diagnostics:
            tell(report.render() + "\n")
    return not any(report.errors for report in reports)


def _chosen(item: Wanted, result: Result) -> list[ClaimResult]:
    """The verdicts asked for; those on shipped claims name the folder."""
    chosen = [c for c in result.claims if item.claims is None or c.id in item.claims]
    return [replace(c, scenario=item.scenario or c.scenario) for c in chosen]
