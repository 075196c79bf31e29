"""Every sentence and every shipped model, written as SBML and as Antimony: valid, and read again it does the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("libsbml")
pytest.importorskip("antimony")

import libsbml

import cytokinome
from cytokinome import library
from cytokinome.compiler.flatten import flattened, is_flat
from cytokinome.compiler.kernel import Kernel
from cytokinome.compiler.lower import lower
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import reference
from cytokinome.experiments.study import Study
from cytokinome.interchange.arms import Treated, treated, typical
from cytokinome.interchange.models import written
from cytokinome.interchange.sbml.export import equations_of, equations_of_arm
from cytokinome.interchange.sbml.importing import Imported
from cytokinome.interchange.sbml.write import Marks
from cytokinome.model.components import Model
from cytokinome.model.load import check_text
from cytokinome.units import parse_unit
from tests.conformance.harness import random_states, whole_text
from tests.conformance.test_sentences import CASES

RTOL = 1e-8  # to ten times of which two runs of one model agree
SOLVED = 1e-9
AGREED = 10 * RTOL
ENDINGS = {"sbml": "xml", "antimony": "ant"}
SHIPPED = [scenario.id for scenario in library.scenarios()]
STUDIES = {id: cytokinome.load_experiment(id) for id in SHIPPED}
ARMS = [(id, arm.id) for id, study in STUDIES.items() for arm in study.experiment.arms]
# Rules about units: that some are not declared, and what cannot be verified therefore.
ABOUT_UNITS = {libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_STRICT_UNITS_CONSISTENCY}
UNDECLARED = {80701, 99508, 99506}


def findings(text: str) -> list[str]:
    """What libSBML's validator says, but for units that are not declared."""
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    errors = [document.getError(i) for i in range(document.getNumErrors())]
    return [
        f"{e.getErrorId()} {e.getSeverityAsString()} {e.getMessage()}"
        for e in errors
        if e.getCategory() not in ABOUT_UNITS and e.getErrorId() not in UNDECLARED
    ]


def passed_on(equations: Model, marks: Marks, folder: Path, format: str) -> Imported:
    """What is read again from a file of a model."""
    assert findings(written(equations, marks, "sbml")) == []
    path = folder / f"model.{ENDINGS[format]}"
    path.write_text(written(equations, marks, format), encoding="utf-8")
    return cytokinome.import_model(path)


def curves(
    kernel: Kernel, times: np.ndarray, whom: Treated | None = None, scales: dict[str, float] | None = None
) -> dict[str, np.ndarray]:
    """Every output over time, and every parameter; of the typical person of an arm, or of any.

    A file knows no scales: states that begin at zero have those that are given.
    """
    slots, select = [slot.name for slot in kernel.parameters], range(len(kernel.outputs))
    p = kernel.complete(kernel.defaults()) if whom is None else np.array([whom.person.parameters[s] for s in slots])
    known = dict(zip(kernel.states, kernel.scale(p), strict=True)) | (scales or {})
    solution = reference.solve(
        kernel, p[None], whom.schedule if whom else Schedule(), times, select=select, rtol=SOLVED,
        productions=np.array([[p[slot] for slot, _ in kernel.baselines]]),
        atol=RTOL * np.array([known[state] for state in kernel.states]) if scales else None,
    )  # fmt: skip
    assert [outcome.status for outcome in solution.outcomes] == ["completed"]
    constant = {slot: np.full(len(times), value) for slot, value in zip(slots, p, strict=True)}
    return constant | dict(zip(solution.outputs, solution.values[0].T, strict=True))


def agree(found: np.ndarray, wanted: np.ndarray, scale: float = 1e-12) -> bool:
    """Whether two curves are one, of what is there at most or of the scale of it."""
    return np.allclose(found, wanted, rtol=AGREED, atol=AGREED * max(float(np.max(np.abs(wanted))), scale))


def bare(curve: np.ndarray, unit: str) -> np.ndarray:
    """A canonical curve in the unit that stands at its quantity, as bare as in the file."""
    return curve / (parse_unit(unit).factor if unit else 1.0)


def check_round_trip(model: Model, folder: Path, end: float, format: str) -> None:
    """The derivatives of a model at random states, and its curves, are those of the file that is read again."""
    equations, marks = equations_of(model)
    imported = passed_on(equations, marks, folder, format)
    kernel, person = lower(model).kernel, typical(model)
    names = {state: state for state in kernel.states} if is_flat(model) else flattened(model, person).names
    again = lower(imported.model).kernel
    p, slots = again.complete(again.defaults()), [slot.name for slot in again.parameters]
    values = np.array([person.parameters[slot.name] for slot in kernel.parameters])
    for time, y in random_states(kernel, values):
        z = np.zeros(len(again.states))
        for state, value in zip(kernel.states, y, strict=True):
            name = imported.reading(names[state])
            where, known = (z, again.states) if name in again.states else (p, slots)
            where[known.index(name)] = value
        derivatives = dict(zip(again.states, again.rhs(time, z, p), strict=True))
        found = np.array([derivatives.get(imported.reading(names[state]), 0.0) for state in kernel.states])
        wanted = kernel.rhs(time, y, values)
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-11 * np.max(np.abs(wanted), initial=0.0))
    times = np.linspace(0.0, end, 13)
    scales = {names[state]: person.scales[state] for state in kernel.states}
    before = curves(lower(equations).kernel, times, scales=scales)
    after = curves(again, times, scales={imported.reading(name): scale for name, scale in scales.items()})
    assert equations.equations is not None
    assert imported.model.equations is not None
    here = {q.id: q.unit for q in equations.equations.quantities}
    there = {q.id: q.unit for q in imported.model.equations.quantities}
    different: list[str] = []
    for id in [part.id for part in (*equations.parameters, *equations.equations.quantities)]:
        read_as = imported.reading(id)
        found, wanted = after[read_as], before[id]
        # A file has no word for some units, such as cells: then its numbers are those that stood there.
        if not agree(found, wanted) and not agree(bare(found, there.get(read_as, "")), bare(wanted, here.get(id, ""))):
            different.append(id)
    assert different == []


@pytest.mark.parametrize("format", ENDINGS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_sentence_is_passed_on(case, format: str, tmp_path: Path):
    """What a single sentence means survives being written and read."""
    model = check_text(whole_text(case.text), "case.yaml").require()
    check_round_trip(model, tmp_path, 6.0, format)


@pytest.mark.parametrize("format", ENDINGS)
@pytest.mark.parametrize("scenario", SHIPPED)
def test_a_shipped_model_is_passed_on(scenario: str, format: str, tmp_path: Path):
    """All that a shipped model says survives being written and read."""
    check_round_trip(STUDIES[scenario].model, tmp_path, STUDIES[scenario].experiment.times.end, format)


@pytest.mark.parametrize("format", ENDINGS)
@pytest.mark.parametrize(("scenario", "arm"), ARMS)
def test_an_arm_is_passed_on(scenario: str, arm: str, format: str, tmp_path: Path):
    """The typical person of an arm has the same states at all times in the file, whatever is done to them."""
    study = STUDIES[scenario]
    mean_field = replace(study.experiment, engine="ode")
    study = Study(mean_field, study.model, study.texts, study.table)
    whom = treated(study, arm)
    imported = passed_on(*equations_of_arm(study, arm), tmp_path, format)
    # Events come between these times: of the moment itself one may show what was, the other what is then.
    times = np.linspace(study.experiment.times.start, study.experiment.times.end, 38)
    names, scales = flattened(whom.model, whom.person).names, whom.person.scales
    there = {imported.reading(names[state]): scales[state] for state in whom.kernel.states}
    wanted = curves(whom.kernel, times, whom)
    found = curves(lower(imported.model).kernel, times - times[0], scales=there)
    states = [state for state in whom.kernel.states if state in wanted]
    assert states
    pairs = {state: (found[imported.reading(names[state])], wanted[state]) for state in states}
    assert [state for state, pair in pairs.items() if not agree(*pair, scales[state])] == []
