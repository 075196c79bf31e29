"""Verifying the library: which experiments are meant, and what becomes of their claims, on all cores at once.

An experiment is a piece of work for one process, because making ready takes as long as running a small one. What comes
back are verdicts and what is needed to draw the page of a scenario; trajectories stay behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cytokinome import library
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.errors import ExperimentError
from cytokinome.experiments import processes, removals, uncertainty
from cytokinome.experiments.restating import restated
from cytokinome.experiments.study import CheckedStudy, Options, Study, simulate
from cytokinome.experiments.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cytokinome.diagnostics import Report
    from cytokinome.experiments.claims import ClaimResult
    from cytokinome.experiments.protocol import Claim
    from cytokinome.experiments.removals import Removal
    from cytokinome.experiments.result import Result

Read = Callable[[str], CheckedStudy]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An experiment to run, by id or file, the scenario that it is part of, and which claims of it.

    No claims mean all; what is not shipped has no scenario. `curves`, and with `is_drawn` what is measured, are kept.
    """

    name: str
    scenario: str = ""
    claims: frozenset[str] = frozenset()
    curves: tuple[str, ...] = ()
    is_drawn: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked beside the verdicts: claims without their rules, and how many draws of what is not known."""

    mutants: bool = False
    draws: int = 0
    rtol: float = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What came of an experiment: the verdicts, and the result with the curves that were asked for."""

    wanted: Wanted
    verdicts: tuple[Verdict, ...]
    result: Result
    warnings: Report

    def locked(self, kept: frozenset[str]) -> Examined:
        """Return the same with what is known of locks: the claims that stand as they were locked."""
        if not self.wanted.scenario:
            return self
        return replace(self, verdicts=tuple(replace(v, is_locked=v.claim.id in kept) for v in self.verdicts))


# ---------------------------------------------------------------------------------------------------- what is meant
def wanted(names: Sequence[str]) -> tuple[Wanted, ...]:
    """Return what to run for ids of scenarios, experiments and claims, and for files: each experiment once.

    Without names that is all that is shipped.

    Raises
    ------
    ExperimentError
        With every name that is none of these.
    """
    asked: dict[str, Wanted] = {}
    found = Collector()
    for name in names or [scenario.id for scenario in library.scenarios()]:
        items = _meant(name)
        if not items:
            near = [id for s in library.scenarios() for q in s.experiments for id in (q.id, *q.claims)]
            hint = did_you_mean(name, near)
            known = [s.id for s in library.scenarios()]
            hint = hint if hint.startswith("did") else f"scenarios are {', '.join(known)}"
            message = f"{name[:80]!r} is no scenario, experiment or claim, and no such file"
            found.error("UNKNOWN_NAME", message, hint=hint)
        for item in items:
            before = asked.get(item.name, item)
            both = before.claims | item.claims if before.claims and item.claims else frozenset[str]()
            asked[item.name] = replace(item, claims=both)
    found.report().raise_errors(ExperimentError, "claims cannot be checked")
    return tuple(asked.values())


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
    return [Wanted(name)] if name and Path(name).exists() else []


# ----------------------------------------------------------------------------------------------------------- the work
@dataclass(frozen=True, slots=True)
class Work:
    """The examination of some experiments, one after the other or each in the process that is free."""

    items: tuple[Wanted, ...]
    asked: Asked
    read: Read
    workers: int = 1

    def block(self, index: int, first: int, count: int, should_stop: Callable[[], bool] | None = None) -> Examined:
        """Examine one experiment; the other arguments are those of any piece of work."""
        del first, count, should_stop
        return self.examine(self.items[index])

    def examine(self, item: Wanted) -> Examined:
        """Examine one experiment."""
        checked = self.read(item.name)
        study = checked.require()
        options = Options(rtol=self.asked.rtol, workers=self.workers, rules=False)
        result = simulate(study, options=options)
        chosen = item.claims or frozenset(claim.id for claim in study.experiment.claims)
        without = removals.removals(study, options, only=chosen) if self.asked.mutants else None
        robust = uncertainty.robustness(study, options, draws=self.asked.draws, only=chosen)
        stated = {claim.id: claim for claim in study.experiment.claims}
        verdicts = tuple(
            Verdict(
                claim=claim,
                scenario=item.scenario or claim.experiment,
                expect=stated[claim.id].expect,
                restates=_restated(stated[claim.id], study),
                removals=self._removed(claim, without),
                robustness=robust.get(claim.id),
            )
            for claim in result.claims
            if claim.id in chosen
        )
        names = (*item.curves, *(m.name for m in study.experiment.measure if item.is_drawn))
        kept = {id: arm.only(names) for id, arm in result.arms.items()}
        return Examined(item, verdicts, replace(result, arms=kept), checked.report)

    def _removed(
        self, claim: ClaimResult, without: Mapping[str, tuple[Removal, ...]] | None
    ) -> tuple[Removal, ...] | None:
        """What was found without the rules of a claim; one that names none was only asked about by draws."""
        if without is None or not (claim.because or self.asked.draws):
            return None
        return without.get(claim.id, ())


def _restated(claim: Claim, study: Study) -> str:
    return restated(claim, study.experiment, study.model)


def examined(items: Sequence[Wanted], asked: Asked, read: Read, *, workers: int) -> Iterator[Examined]:
    """Yield what came of each experiment as it is done; what came does not depend on the number of workers.

    Parameters
    ----------
    items : sequence of Wanted
    asked : Asked
    read : callable
        From the id or file of an experiment to the checked study; a function of a module.
    workers : int
        Processes, for more than one experiment; else threads.

    Raises
    ------
    CytokinomeError
        As reading and running each of them.
    """
    order = _longest_first(items)
    if workers == 1 or len(order) == 1:
        work = Work(order, asked, read, workers)
        yield from (work.examine(item) for item in order)
        return
    blocks = [(index, 0, 1) for index in range(len(order))]
    for _, done in processes.run_blocks(Work, (order, asked, read), blocks, workers):
        yield done


def _longest_first(items: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """Those on slow engines before the others, so that nobody waits for one of them at the end."""

    def is_slow(item: Wanted) -> bool:
        shipped = library.question(item.name)
        return shipped is not None and "\nengine: " in shipped.path.read_text(encoding="utf-8")

    return tuple(sorted(items, key=lambda item: not is_slow(item)))
