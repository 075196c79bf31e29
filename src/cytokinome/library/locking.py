"""The locks of shipped scenarios on disk: `experiments.locks` says what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector, Report
from cytokinome.errors import ExperimentError
from cytokinome.experiments.locks import HEADER, additions, check_lock, read_lock
from cytokinome.text import read_file
from cytokinome.text.layout import format_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.experiments.study import Study
    from cytokinome.library import Scenario


def check(scenario: Scenario, studies: Sequence[Study]) -> tuple[Report, frozenset[str]]:
    """Return what speaks against the claims of a scenario as it was locked, and the claims that stand as locked.

    Parameters
    ----------
    scenario : Scenario
    studies : sequence of Study
        All of its experiments.
    """
    found = Collector(
        {claim.where.file: s.texts["experiment"] for s in studies for claim in s.experiment.claims if claim.where}
    )
    locked = read_lock(_text(scenario), str(scenario.lock), found)
    kept = check_lock([s.experiment for s in studies], locked, found)
    return found.report(), kept


def add(scenario: Scenario, studies: Sequence[Study]) -> tuple[str, ...]:
    """Add the claims that the lock of a scenario lacks, and return their ids; what is there stays as it is.

    Raises
    ------
    ExperimentError
        The lock cannot be read.
    """
    found, text = Collector(), _text(scenario)
    locked = read_lock(text, str(scenario.lock), found)
    found.report().raise_errors(ExperimentError, f"nothing is added to the lock of {scenario.id}")
    known, added = {entry.id for entry in locked}, dict[str, str]()
    for study in studies:
        added |= additions(study.texts["experiment"], known | added.keys())
    if added:
        grown = format_text((text or HEADER) + "".join(added.values()), str(scenario.lock), found)
        found.report().raise_errors(ExperimentError, f"the lock of {scenario.id} would not be readable")
        scenario.lock.write_text(grown or "", encoding="utf-8", newline="\n")
    return tuple(added)


def _text(scenario: Scenario) -> str:
    """The text of the lock, empty where there is none."""
    return (read_file(scenario.lock, Collector()) or "") if scenario.lock.exists() else ""
