"""What a result looks like as text: agreement with data, claims, outcomes, warnings; and the exit status it means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytokinome import library
from cytokinome.cli.console import Cell, Screen, tell
from cytokinome.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.experiments.claims import ClaimResult
    from cytokinome.experiments.compare import Agreement
    from cytokinome.experiments.result import Result

FAILED, SOLVER, STOPPED = 1, 4, 130
GOOD, BAD = "green", "bold red"


def exit_status(result: Result) -> int:
    """Return 130 for an interrupted run, 4 where every patient of an arm failed, 1 for an unmet claim, else 0.

    A claim that fails and explains why counts as unmet everywhere but here.
    """
    if result.manifest.status == "interrupted":
        return STOPPED
    fates = [arm.fates for arm in result.arms.values()]
    if any(f.patients and f.counts.get("failed") == f.patients for f in fates):
        return SOLVER
    return 0 if all(claim.passed or claim.explanation for claim in result.claims) else FAILED


def as_data(result: Result) -> dict[str, object]:
    """Return the answer of ``run --json``: each claim with its scenario, as ``verify --json`` has it."""
    scenario = library.scenario_of(result.experiment.id)
    return {**result.to_json(), "claims": [{**claim.as_dict(), "scenario": scenario} for claim in result.claims]}


def show(result: Result, screen: Screen) -> None:
    """Show everything that a run found."""
    show_agreement(result, screen)
    show_claims(result.claims, screen)
    show_outcomes(result, screen)
    show_snapshots(result, screen)
    for note in result.manifest.notes:
        tell(f"note {note}")
    tell_failures(result)
    tell_idle_rules(result)


def show_snapshots(result: Result, screen: Screen) -> None:
    """Say what is known of places, where the engine has them."""
    space = next((arm.space for arm in result.arms.values() if arm.space is not None), None)
    if space is None:
        return
    patients = sum(patient > 0 for patient in space.patients.tolist())
    people = f"the typical person and {patients} patient{'s' * (patients != 1)}" if patients else "the typical person"
    voxels = " x ".join(map(str, space.frame.shape))
    screen.line(f"\nIn space: {len(space.times)} snapshots of {people} in every arm, {voxels} voxels.")


def agreements(result: Result) -> list[Agreement]:
    """Return the agreement of every arm and analyte, for the curve that the experiment compares."""
    found = (result.agreement(arm, m.name) for arm in result.arms for m in result.experiment.measure)
    return [a for a in found if a is not None]


def show_agreement(result: Result, screen: Screen) -> None:
    """Show peaks, and how the curves meet the data where there are any."""
    from cytokinome.report.words import hours, number, percent

    rows = agreements(result)
    if not rows:
        return
    has_data = any(a.n for a in rows)
    columns = ["arm", "analyte", "unit", "peak", "at", *(["measured", "at ", "R²", "within 1 SD"] if has_data else [])]
    lines: list[list[str]] = []
    for a in rows:
        line = [a.arm, a.analyte, a.unit, number(a.peak), hours(a.peak_time)]
        if has_data:
            line += [number(a.data_peak), hours(a.data_peak_time), number(a.r2, 2), percent(a.within_1sd)]
        lines.append(line)
    curve = {"typical": "the typical person", "median": "the median", "mean": "the mean"}[str(rows[0].central)]
    screen.line(f"\nAgreement with the measured means, {curve}" if has_data else f"\nPeaks, {curve}")
    screen.table(columns, lines, right=columns[3:])


def show_claims(claims: Sequence[ClaimResult], screen: Screen, *, scenarios: Sequence[str] = ()) -> None:
    """Show every claim with what was found and expected, and how many are met; with the scenario of each if given."""
    if not claims:
        return
    met = sum(claim.passed for claim in claims)
    screen.line(f"\nClaims: {met} of {len(claims)} met")
    columns = ["", *(["scenario"] if scenarios else []), "claim", "found", "expected", "kind", "says"]
    screen.table(
        columns,
        [
            [
                Cell("met", GOOD) if c.passed else Cell("FAILED", BAD),
                *([scenario] if scenario else []),
                *(c.id, _found(c), c.expected, c.kind, _said(c)),
            ]
            for c, scenario in zip(claims, scenarios or [""] * len(claims), strict=True)
        ],
    )


def _said(claim: ClaimResult) -> str:
    """What a claim says, what must be known of its value and arms, and why it fails where it does."""
    note = f"{claim.says} ({claim.note})" if claim.note else claim.says
    note += f"; other arms than were locked: {claim.amended}" if claim.amended else ""
    return f"{note}; it fails: {claim.explanation}" if claim.explanation and not claim.passed else note


def _found(claim: ClaimResult) -> str:
    from cytokinome.report.words import number

    return f"{number(claim.found, 4)} {claim.unit}".strip() if math.isfinite(claim.found) else "no value"


def show_outcomes(result: Result, screen: Screen) -> None:
    """Say which patients did not come to the end, and why; one line when all did."""
    from cytokinome.report.tables import outcomes

    rows = outcomes(result)
    if rows and all(row.completed == row.patients for row in rows):
        counts = {row.patients for row in rows}
        many = f"all {rows[0].patients} patients" if counts != {1} else "the patient"
        screen.line(f"\nIn every arm {many} came to the end.")
        return
    screen.line()
    for row in rows:
        screen.line(f"{row.arm}: {row.completed} of {row.patients} patients came to the end")
        for other in row.others:
            screen.line(f"    {other}")


def tell_failures(result: Result) -> None:
    """Say which claims are not met, and where they are written."""
    places = {claim.id: claim.where for claim in result.experiment.claims}
    texts = {place.file: result.manifest.texts["experiment"] for place in places.values() if place}
    for claim in result.claims:
        if not claim.passed:
            message = f"claim {claim.id} is not met: found {_found(claim)}, expected {claim.expected}"
            failure = Diagnostic("CLAIM_FAILED", message, where=places.get(claim.id), hint=f"compare {claim.source}")
            tell(failure.render(texts))


def tell_idle_rules(result: Result) -> None:
    """Say which rules and modifiers did nothing in this experiment."""
    from cytokinome.report.tables import processes, rules

    for row in (*rules(result), *processes(result)):
        for warning in row.warnings:
            tell(Diagnostic("NO_EFFECT", f"{row.text}: {warning}", Severity.WARNING).render())
