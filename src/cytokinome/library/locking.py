"""The locks of shipped scenarios on disk: `experiments.locks` says what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector, Report
from cytokinome.errors import ExperimentError
from cytokinome.experiments.locks import HEADER, additions, check_lock, read_lock, with_questions
from cytokinome.experiments.questions import Question, questions
from cytokinome.experiments.read import read_experiment
from cytokinome.text import read_file
from cytokinome.text.layout import format_text

if TYPE_CHECKING:
    from pathlib import Path

    from cytokinome.library import Scenario


def check(scenario: Scenario) -> tuple[Report, frozenset[str]]:
    """Return what speaks against the claims of a scenario as it was locked, and the claims that stand as locked."""
    found = Collector()
    locked = read_lock(_text(scenario.lock, found), str(scenario.lock), found)
    read = [(str(q.path), _text(q.path, found)) for q in scenario.experiments]
    for file, text in read:
        found.add_text(file, text)
    experiments = [read_experiment(text, file, found) for file, text in read]
    asked = {id: question for _, text in read for id, question in questions(text).items()}
    kept = check_lock([e for e in experiments if e is not None], locked, asked, found)
    return found.report(), kept


def add(scenario: Scenario) -> tuple[str, ...]:
    """Add the claims that the lock of a scenario lacks, and what claims ask to entries without it; return their ids.

    What is there stays as it is.

    Raises
    ------
    ExperimentError
        An experiment or the lock cannot be read.
    """
    found = Collector()
    text = _text(scenario.lock, found)
    known = {entry.id for entry in read_lock(text, str(scenario.lock), found)}
    added, asked = dict[str, str](), dict[str, Question]()
    for question in scenario.experiments:
        stated = _text(question.path, found)
        read_experiment(stated, str(question.path), found)
        added |= additions(stated, known | added.keys())
        asked |= questions(stated)
    found.report().raise_errors(ExperimentError, f"nothing is added to the lock of {scenario.id}")
    text, completed = with_questions(text, asked)
    if added or completed:
        grown = format_text((text or HEADER) + "".join(added.values()), str(scenario.lock), found)
        found.report().raise_errors(ExperimentError, f"the lock of {scenario.id} would not be readable")
        scenario.lock.write_text(grown or "", encoding="utf-8", newline="\n")
    return (*completed, *added)


def _text(path: Path, found: Collector) -> str:
    """The text of a file, empty where there is none."""
    return (read_file(path, found) or "") if path.exists() else ""
