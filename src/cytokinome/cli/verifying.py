"""The command that holds claims against what the models do."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cytokinome import library
from cytokinome.cli import options, running
from cytokinome.cli.console import Cell, Screen, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.experiments.verdicts import Verdict
    from cytokinome.library import Scenario
    from cytokinome.library.verification import Asked, Examined, Wanted
    from cytokinome.report.verified.told import Told

DRAWS = 64
SHOWN = 3  # parameters that move a claim most

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]…", help="Scenarios, experiments or claims; or experiment files."),
]
Mutants = Annotated[bool, typer.Option("--mutants", help="Judge each claim without each rule that it names, too.")]
Ensemble = Annotated[int, typer.Option("--ensemble", min=0, metavar="N", help="Draws of all that is uncertain.")]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FOLDER", help="Write an overview and a page per scenario.")
]
Influence = Annotated[
    bool, typer.Option("--influence", help="Show of each claim every parameter that moves it, not only the first ones.")
]
Lock = Annotated[bool, typer.Option("--lock", help="Add claims to the locks of their scenarios, and run nothing.")]


def verify(
    ids: Ids = None,
    mutants: Mutants = False,
    ensemble: Ensemble = DRAWS,
    influence: Influence = False,
    html: Html = None,
    lock: Lock = False,
    workers: options.Workers = 0,
    rtol: options.Rtol = 1e-6,
    json: options.Json = "",
) -> None:
    """Check the claims of the shipped scenarios, or of those named."""
    from cytokinome.cli import findings
    from cytokinome.library import verification
    from cytokinome.library.overview import shipped_overview
    from cytokinome.report.verified.pages import write_pages

    screen, overview = Screen(json), None
    items = verification.wanted(ids or ())
    if lock:
        _add_to_locks(items, screen)
    are_kept, kept = _locks(items)
    if lock:
        raise typer.Exit(0 if are_kept else findings.FAILED)
    asked = verification.Asked(mutants, ensemble, rtol)
    fitted = {scenario.id: _fitted(scenario) for scenario in _scenarios(items)}  # faults are told before anything runs
    if html is not None:
        running.writable(html, "--html")
        items, overview = _drawn(items), shipped_overview()
    examined = [one.locked(kept) for one in _examined(items, asked, workers or options.cores())]
    verdicts = [verdict for one in examined for verdict in one.verdicts]
    told = _told(examined, fitted)
    _show(verdicts, examined, told, screen, every_parameter=influence)
    if html is not None:
        paths = write_pages(html, told, overview)
        screen.line(f"\nPages: {paths[0].absolute()}")
    balances = {one.id: one.balance.as_dict() for one in told}
    screen.data([{**verdict.as_dict(), **balances[verdict.scenario]} for verdict in verdicts])
    statuses = [findings.exit_status(one.result) for one in examined]
    worst = max((status for status in statuses if status != findings.FAILED), default=0)
    is_good = are_kept and all(verdict.is_settled for verdict in verdicts)
    raise typer.Exit(worst or (0 if is_good else findings.FAILED))


def _examined(items: Sequence[Wanted], asked: Asked, workers: int) -> list[Examined]:
    """What came of each experiment, in the order asked for; a line for each that is done."""
    from cytokinome import api
    from cytokinome.engines.ode.compiling import announced
    from cytokinome.library import verification

    done: dict[str, Examined] = {}
    with announced(running.tell_of_compiling):
        for one in verification.examined(items, asked, api.check_experiment, workers=workers):
            done[one.wanted.name] = one
            met = sum(verdict.claim.passed for verdict in one.verdicts)
            tell(f"{len(done)} of {len(items)} experiments: {one.wanted.name}, {met} of {len(one.verdicts)} claims met")
            for warning in one.warnings.warnings:
                tell(warning.render(one.warnings.texts))
    return [done[item.name] for item in items]


# -------------------------------------------------------------------------------------------------------------- locks
def _scenarios(items: Sequence[Wanted]) -> list[Scenario]:
    """The shipped scenarios that these are part of."""
    named = {item.scenario for item in items}
    return [scenario for scenario in library.scenarios() if scenario.id in named]


def _add_to_locks(items: Sequence[Wanted], screen: Screen) -> None:
    """Add to the locks what they lack, and say what that was."""
    from cytokinome.library import locking

    added = 0
    for scenario in _scenarios(items):
        for id in locking.add(scenario):
            screen.line(f"{scenario.id}: {id} is locked")
            added += 1
    for item in items:
        if not item.scenario:
            tell(f"{item.name} is not part of a shipped scenario: only these have locks")
    if not added:
        screen.line("nothing was added to the locks")


def _locks(items: Sequence[Wanted]) -> tuple[bool, frozenset[str]]:
    """Tell what differs from the locks; return whether nothing does, and the claims that stand as locked."""
    from cytokinome.library import locking

    checks = [locking.check(scenario) for scenario in _scenarios(items)]
    for report, _ in checks:
        if report.diagnostics:
            tell(report.render() + "\n")
    return not any(report.errors for report, _ in checks), frozenset(id for _, kept in checks for id in kept)


# -------------------------------------------------------------------------------------------------------------- pages
def _drawn(items: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """The same experiments, asked for the curves that the pages of their scenarios show."""
    from cytokinome.report.verified.text import asked_figures

    asked = {s.id: asked_figures(s.page.read_text(encoding="utf-8")) for s in _scenarios(items) if s.page.exists()}

    def curves(item: Wanted) -> tuple[str, ...]:
        return tuple(name for one in asked.get(item.scenario, ()) for name in one.names if one.experiment == item.name)

    return tuple(replace(item, curves=curves(item), is_drawn=item.scenario not in asked) for item in items)


def _told(examined: Sequence[Examined], fitted: dict[str, tuple[int, int, int] | None]) -> list[Told]:
    """What came of each scenario; files that are not shipped are scenarios of their own."""
    from cytokinome.report.verified.told import Told

    shipped = {scenario.id: scenario for scenario in library.scenarios()}
    told: list[Told] = []
    for id in dict.fromkeys(_scenario(one) for one in examined):
        scenario = shipped.get(id) if id in fitted else None
        page = scenario.page.read_text(encoding="utf-8") if scenario and scenario.page.exists() else ""
        told.append(Told(id, page, tuple(one for one in examined if _scenario(one) == id), fitted.get(id)))
    return told


def _scenario(one: Examined) -> str:
    return one.wanted.scenario or one.result.experiment.id


def _fitted(scenario: Scenario) -> tuple[int, int, int] | None:
    """How many numbers a scenario has estimated, from how many values, and how many of these no claim states."""
    from cytokinome.fitting import load_fit

    problems = [load_fit(path).problem for path in scenario.fits]
    taken = [value for problem in problems for value in problem.taken]
    if not problems:
        return None
    return sum(len(p.axes) for p in problems), len(taken), sum(value.claim is None for value in taken)


# ------------------------------------------------------------------------------------------------------------- answers
def _show(
    verdicts: Sequence[Verdict], examined: Sequence[Examined], told: Sequence[Told], screen: Screen, *,
    every_parameter: bool,
) -> None:  # fmt: skip
    from cytokinome.cli import findings

    findings.show_claims([v.claim for v in verdicts], screen, scenarios=[v.scenario for v in verdicts])
    if not verdicts:
        screen.line("there are no claims")
    _show_removals(verdicts, screen)
    _show_robustness(verdicts, screen)
    if every_parameter:
        _show_influence(verdicts, screen)
    _show_balance(told, screen)
    _show_kinds(verdicts, screen)
    for one in examined:
        if any(arm.fates.counts.get("completed", 0) < arm.fates.patients for arm in one.result.arms.values()):
            screen.line(f"\n{one.result.experiment.id}")
            findings.show_outcomes(one.result, screen)
        _tell_faults(one)


def _show_removals(verdicts: Sequence[Verdict], screen: Screen) -> None:
    """What claims come to without the rules that they name."""
    rows = [
        [
            verdict.claim.id,
            removal.rule,
            _number(verdict.claim.found, verdict.claim.unit),
            _number(removal.found, verdict.claim.unit),
            verdict.claim.expected,
            Cell("still met", "bold red" if verdict.is_vacuous else "yellow")
            if removal.passed
            else Cell("fails", "green"),
        ]
        for verdict in verdicts
        for removal in verdict.removals or ()
    ]
    if rows:
        screen.line("\nWithout the rules that they name")
        screen.table(["claim", "without", "found with", "without", "expected", ""], rows, right=["found with"])


def _show_robustness(verdicts: Sequence[Verdict], screen: Screen) -> None:
    """In which share of what is possible claims hold, and what moves them."""
    from cytokinome.report.words import known_within, percent

    rows: list[list[str]] = []
    for verdict in verdicts:
        if verdict.robustness is not None:
            unit = verdict.claim.unit
            moved = [
                f"{i.parameter} ({known_within(i)}): {_number(i.low, '')} … {_number(i.high, unit)}"
                for i in verdict.robustness.influence[:SHOWN]
            ]
            rows.append([verdict.claim.id, percent(verdict.robustness.share), "; ".join(moved)])
    if not rows:
        return
    screen.line("\nWithin what is not known of the models: draws in which claims hold, and what moves them most")
    screen.table(["claim", "holds in", "found with a parameter at both ends of what is known of it"], rows)
    without = len(verdicts) - len(rows)
    if without:
        reason = "nothing of their models is stated as `uncertain:`, or they are run in space"
        screen.line(f"No share has {without} of {len(verdicts)} claims: {reason}.")


def _show_influence(verdicts: Sequence[Verdict], screen: Screen) -> None:
    """What claims come to with each parameter that moves them."""
    from cytokinome.report.words import known_within

    rows: list[list[str | Cell]] = []
    for verdict in verdicts:
        robust, expect = verdict.robustness, verdict.expect
        for i in robust.influence if robust is not None else ():
            both = [expect.is_met(end) for end in (i.low, i.high)]
            held = "at both ends" if all(both) else "nowhere" if not any(both) else "at one end"
            ends = [_number(i.low, ""), _number(i.high, verdict.claim.unit)]
            within = Cell(known_within(i), "yellow" if i.is_assumed else "")
            rows.append([verdict.claim.id, i.parameter, within, *ends, verdict.claim.expected, held])
    if rows:
        screen.line(
            "\nWhat claims come to with one parameter at both ends of what is known of it; others do not move them"
        )
        columns = ["claim", "parameter", "known within", "at the lower end", "at the upper end", "expected", "met"]
        screen.table(columns, rows)


def _show_balance(told: Sequence[Told], screen: Screen) -> None:
    """The numbers of each scenario that could be chosen, and what they are held against."""
    rows: list[list[str]] = []
    for one in told:
        b = one.balance
        counts = (b.numbers, b.estimated, b.assumed, b.fitted, b.calibrated, b.predicts)
        rows.append([one.id, *map(str, counts)])
    if rows:
        screen.line("\nNumbers that the models state, those of them that were chosen, and what they are held against")
        held = ["values in the fit", "calibrated claims", "predictions"]
        columns = ["scenario", "numbers", "estimated", "assumed", *held]
        screen.table(columns, rows, right=columns[1:])


def _show_kinds(verdicts: Sequence[Verdict], screen: Screen) -> None:
    """How many claims of each kind are met, what was predicted first."""
    made = Counter(verdict.claim.kind for verdict in verdicts)
    met = Counter(verdict.claim.kind for verdict in verdicts if verdict.claim.passed)
    order = ("predicts", "calibrated", "reproduces", "constructed")
    counts = [f"{kind} {met[kind]} of {made[kind]}" for kind in order if made[kind]]
    if counts:
        screen.line(f"\nMet: {', '.join(counts)}")


def _tell_faults(one: Examined) -> None:
    """Tell of claims that are worth less than they say, and where they are written."""
    from cytokinome.diagnostics import Diagnostic

    places = {claim.id: claim.where for claim in one.result.experiment.claims}
    texts = {place.file: one.result.manifest.texts["experiment"] for place in places.values() if place}
    for verdict in one.verdicts:
        id, found = verdict.claim.id, list[Diagnostic]()
        if verdict.restates:
            message = f"claim {id} follows from {verdict.restates} alone, whatever its numbers"
            hint = "call it `constructed`, or expect a number: {within: [1.5, 3]}"
            found.append(Diagnostic("CLAIM_RESTATES", message, where=places[id], hint=hint))
        if verdict.is_vacuous:
            named = "without any of the rules that it names" if verdict.claim.because else "whatever is drawn"
            hint = "name what it rests on in `because:`, or expect what would not be so without it"
            found.append(Diagnostic("CLAIM_VACUOUS", f"claim {id} holds {named}", where=places[id], hint=hint))
        for fault in found:
            tell(fault.render(texts))


def _number(value: float, unit: str) -> str:
    from cytokinome.report.words import number

    return f"{number(value, 4)} {unit}".strip() if math.isfinite(value) else "no value"
