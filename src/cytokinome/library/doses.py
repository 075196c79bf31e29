"""Whether experiments of others, with the model of a shipped scenario, give doses that it was tested with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome import library
from cytokinome.diagnostics import Collector
from cytokinome.experiments.tested import untested_doses
from cytokinome.text import read_file

if TYPE_CHECKING:
    from cytokinome.experiments.study import CheckedStudy


def with_untested(checked: CheckedStudy) -> CheckedStudy:
    """Return what was found of an experiment, with a warning for each dose outside those tested.

    Nothing is added where its model is not, to the letter, that of the shipped scenario which it names.
    """
    study = checked.study
    scenario = library.find(study.experiment.model) if study is not None else None
    if study is None or scenario is None or study.texts["model"] != read_file(scenario.model, Collector()):
        return checked
    own = [question.path for question in scenario.experiments]
    report = untested_doses(study.experiment, study.model, scenario.id, own)
    return replace(checked, report=checked.report + report)
