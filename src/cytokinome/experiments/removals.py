"""Claims without the mechanisms that they name: each rule of a `because:` is taken away, and all claims judged again.

A claim that holds without any of them says nothing about them: it is vacuous. What is taken away are rules, reactions
and transports, one at a time and from the start; baseline productions stay those of the intact person. One kernel with
a switch for each serves all, but for what has no rate to switch off (equilibria): that is left out of the model.
The first `FEW` patients are asked, and everybody where a claim is about a fraction of them; and only in the arms that
the claims look at which name the rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.experiments import assemble, claims, execute, solvers
from cytokinome.experiments.grid import reading_times
from cytokinome.experiments.interventions import is_blockable, with_blockable
from cytokinome.experiments.protocol import Of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.experiments.execute import Job
    from cytokinome.experiments.prepare import PreparedArm
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.experiments.study import Options, Study
    from cytokinome.model.components import Model

FEW = 32  # patients: enough for a median, which either moves or does not


@dataclass(frozen=True, slots=True)
class Removal:
    """What a claim comes to without one rule: `found` in the claim's unit, NaN where there is no value."""

    rule: str
    found: float
    passed: bool


def removals(study: Study, options: Options, *, only: Iterable[str] = ()) -> dict[str, tuple[Removal, ...]]:
    """Return for each claim what it comes to without each rule that it names.

    Parameters
    ----------
    study : Study
    options : Options
        Engine, target, tolerance and workers of the runs; workers that are processes are not used.
    only : iterable of str
        Ids of claims; all without it.

    Raises
    ------
    ExperimentError, SimulationError, ResourceLimit
        As a run of the experiment.
    """
    chosen = frozenset(only) or frozenset(claim.id for claim in study.experiment.claims)
    asked = [claim for claim in study.experiment.claims if claim.id in chosen and claim.because]
    named = list(dict.fromkeys(rule for claim in asked for rule in claim.because))
    without: dict[str, dict[str, claims.ClaimResult]] = {}
    if not named:
        return {}
    study = study if any(claim.of is Of.FRACTION for claim in asked) else _with_few(study)
    switches = [rule for rule in named if is_blockable(study.model, rule)]
    switched = _planned(study, with_blockable(study.model, switches, Collector()), options)
    for rule in named:
        experiment = claims.asking(study.experiment, [claim for claim in asked if rule in claim.because])
        part = replace(study, experiment=experiment)
        slots = [f"block({rule})" in {slot.name for slot in item.kernel.parameters} for item in switched.prepared]
        if any(slots):
            job = _switched_off(switched, rule, frozenset(arm.id for arm in part.experiment.arms))
        else:
            job = _planned(part, _left_out(study.model, rule), options)
        without[rule] = _verdicts(job, part.experiment, options.workers)
    return {
        claim.id: tuple(Removal(rule, *_outcome(without[rule][claim.id])) for rule in claim.because) for claim in asked
    }


def _verdicts(job: Job, experiment: Experiment, workers: int) -> dict[str, claims.ClaimResult]:
    # Processes would prepare the job anew, with the rule in it.
    workers = workers if job.is_compiled else 1
    with_typical = any(claim.of is Of.TYPICAL for claim in experiment.claims)
    execution = execute.to_the_end(job, workers=workers, with_typical=with_typical)
    arms = assemble.arm_results(execution, experiment)
    return {verdict.id: verdict for verdict in claims.judge(experiment, arms)}


def _with_few(study: Study) -> Study:
    people = study.experiment.patients
    few = replace(people, count=min(people.count, FEW))
    return replace(study, experiment=replace(study.experiment, patients=few))


def _outcome(verdict: claims.ClaimResult) -> tuple[float, bool]:
    return verdict.found, verdict.passed


def _planned(study: Study, model: Model, options: Options) -> Job:
    experiment = study.experiment
    engine = options.engine or experiment.engine
    build = solvers.compiler(engine, options.target, experiment)
    carried, times = solvers.carried_by(engine, model), reading_times(experiment)
    job = execute.plan(carried, experiment, times=times, rtol=options.rtol, compile=build)
    execute.check_memory(job, options.max_memory)
    return job


def _switched_off(job: Job, rule: str, arms: frozenset[str]) -> Job:
    """Some arms of a job, in which a rule is blocked from before the start where they still have it."""
    return replace(job, prepared=tuple(_without(p, f"block({rule})") for p in job.prepared if p.arm.id in arms))


def _without(item: PreparedArm, switch: str) -> PreparedArm:
    if switch not in {slot.name for slot in item.kernel.parameters}:
        return item
    whole = (item.model, item.kernel) if item.kernel.baselines else None
    return replace(item, overrides={**item.overrides, switch: 1.0}, intact=item.intact or whole)


def _left_out(model: Model, rule: str) -> Model:
    """The model without the sentence of this id."""
    return replace(
        model,
        rules=tuple(r for r in model.rules if r.id != rule),
        reactions=tuple(r for r in model.reactions if r.id != rule),
        transports=tuple(t for t in model.transports if t.id != rule),
    )
