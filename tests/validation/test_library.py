"""Every shipped scenario: clean files, met claims, and no sentence that changes nothing."""

from functools import cache

import numpy as np
import pytest

import cytokinome
from cytokinome import library
from cytokinome.diagnostics import Collector
from cytokinome.experiments.locks import read_lock
from cytokinome.experiments.protocol import Central, Kind
from cytokinome.experiments.result import Result
from cytokinome.library import locking
from cytokinome.text.layout import format_text

SCENARIOS = [scenario.id for scenario in library.scenarios()]
QUESTIONS = [question for scenario in library.scenarios() for question in scenario.experiments]
# those in space are run in test_scenarios_space
WELL_MIXED = [q.id for q in QUESTIONS if cytokinome.load_experiment(q.id).experiment.engine == "ode"]
LEAST = 0.01  # below one percent a rule or modifier of a shipped scenario has no place there (language.md §1)

# The published model as recomputed from the authors' files: the squared correlations with the measured means.
PUBLISHED_R2 = {
    "bolus": {"TNF": 0.948, "IL6": 0.956, "IL8": 0.947, "IL10": 0.952},
    "infusion": {"TNF": 0.901, "IL6": 0.806, "IL8": 0.961, "IL10": 0.978},
}


@cache
def ran(id: str) -> Result:
    """A run with a few people."""
    return cytokinome.run(id, patients=6)


def _missed(result: Result) -> list[str]:
    """Claims that fail without an explanation."""
    return [claim.id for claim in result.claims if not claim.passed and not claim.explanation]


@pytest.fixture(scope="module", params=WELL_MIXED)
def result(request: pytest.FixtureRequest) -> Result:
    """Each experiment, run."""
    return ran(request.param)


def test_there_are_scenarios():
    """The tests below run on something."""
    assert {"human-endotoxemia-published", "tnf-il10-culture"} <= set(WELL_MIXED)
    assert {"il2-niche", "neutrophil-chemotaxis", "virus-plaque"} <= set(SCENARIOS) - set(WELL_MIXED)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.id)
def test_experiments_are_clean_and_called_as_their_files(question: library.Question):
    """No error, no warning; the id follows from the name of the file, and so do those of the claims from its text."""
    checked = cytokinome.check_experiment(question.id)
    assert checked.report.diagnostics == (), checked.report.render()
    experiment = checked.require().experiment
    assert experiment.id == question.id
    assert question.claims == tuple(claim.id for claim in experiment.claims)


@pytest.mark.parametrize("scenario", library.scenarios(), ids=lambda s: s.id)
def test_files_are_in_layout(scenario: library.Scenario):
    """`cytokinome format` would change nothing."""
    for path in (*scenario.models, *(q.path for q in scenario.experiments), scenario.lock):
        text = path.read_text(encoding="utf-8")
        assert format_text(text, path.name, Collector()) == text, path


def test_ids_are_unique():
    """No scenario, experiment or claim is called as another one."""
    ids = [id for q in QUESTIONS for id in (q.id, *q.claims)]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("scenario", library.scenarios(), ids=lambda s: s.id)
def test_claims_stand_as_they_were_locked(scenario: library.Scenario):
    """No claim of a shipped scenario is loosened, gone or not locked, and its arms are as they were, or it says why."""
    report, kept = locking.check(scenario)
    assert report.diagnostics == (), report.render()
    claims = [c for q in scenario.experiments for c in cytokinome.load_experiment(q.id).experiment.claims]
    assert kept == {claim.id for claim in claims if not claim.amended}
    found = Collector()
    locked = read_lock(scenario.lock.read_text(encoding="utf-8"), "claims.lock", found)
    assert [entry.id for entry in locked if entry.question is None] == []


def test_every_model_of_a_folder_is_used():
    """A model that no experiment names would be shown to nobody."""
    for scenario in library.scenarios():
        used = {cytokinome.load_experiment(q.id).texts["model"] for q in scenario.experiments}
        assert used == {path.read_text(encoding="utf-8") for path in scenario.models}, scenario.id


def test_claims_are_met(result: Result):
    """All claims of the experiment hold that are not explained to fail, and there are some."""
    assert result.claims
    if _missed(result):  # a few people are too few for a mean or a share: ask all that the experiment states
        result = cytokinome.run(result.experiment.id)
    assert _missed(result) == []


def test_every_patient_comes_to_the_end(result: Result):
    """No virtual person fails."""
    for arm in result.arms.values():
        assert {outcome.status for outcome in arm.outcomes} == {"completed"}
        assert np.all(np.isfinite(arm.values))


@pytest.mark.parametrize("scenario", library.scenarios(), ids=lambda s: s.id)
def test_every_rule_changes_something(scenario: library.Scenario):
    """Without a rule its target changes by at least one percent, in some arm of some experiment with its model."""
    changes: dict[tuple[str, str], float] = {}
    for one in (ran(question.id) for question in scenario.experiments if question.id in WELL_MIXED):
        assert [effect.rule for effect in one.effects] == [rule.id for rule in one.model.rules]
        for effect in one.effects:
            key = (one.model.id, effect.rule)
            # Without some rules nobody has a start: such a rule changes everything.
            change = np.inf if np.isnan(effect.change) else abs(effect.change)
            changes[key] = max(changes.get(key, 0.0), change)
    assert [key for key, change in changes.items() if not change >= LEAST] == []


def test_every_modifier_is_used(result: Result):
    """The H of every modifier moves by at least one percent while its subject exists."""
    usage = next(iter(result.arms.values())).usage
    n_lists = sum(bool(r.driven) + bool(r.increased) + bool(r.decreased) for r in result.model.rules)
    assert len(usage) == n_lists
    assert [(u.rule, u.part) for u in usage if not u.high - u.low >= LEAST] == []


def test_the_published_model_is_reproduced():
    """Sixteen claims of the kind `reproduces`, and the squared correlations to the printed digits."""
    published = cytokinome.run("human-endotoxemia-published", patients=1)
    assert [claim.kind for claim in published.claims] == [Kind.REPRODUCES] * 16
    for arm, analytes in PUBLISHED_R2.items():
        for analyte, expected in analytes.items():
            agreement = published.agreement(arm, analyte, Central.TYPICAL)
            assert agreement is not None
            assert agreement.r2 == pytest.approx(expected, abs=6e-4), (arm, analyte)


def test_il10_brakes_tnf_in_culture():
    """Without the IL-10 receptor the area under TNF is at least 1.5-fold; the antibody keeps what it binds."""
    culture = cytokinome.run("tnf-il10-culture", patients=1)
    found = {claim.id: claim.found for claim in culture.claims}
    assert found["il10-brake-on-tnf"] >= 1.5
    treated, untreated = culture.arm("anti_TNF"), culture.arm("LPS")
    late = treated.times > 12
    free, bound = treated.typical[late, treated.index("TNF")], treated.typical[late, treated.index("bound_TNF")]
    assert np.all(free < 0.05 * untreated.typical[late, untreated.index("TNF")])
    assert np.all(np.diff(bound) > 0)
