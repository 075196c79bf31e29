"""Every shipped scenario: clean files, met claims, and no sentence that changes nothing."""

import numpy as np
import pytest

import cytokinome
from cytokinome import library
from cytokinome.diagnostics import Collector
from cytokinome.experiments.protocol import Central, Kind
from cytokinome.experiments.result import Result
from cytokinome.text.layout import format_text

SCENARIOS = [scenario.id for scenario in library.scenarios()]
# those in space are run in test_scenarios_space
WELL_MIXED = [id for id in SCENARIOS if cytokinome.load_experiment(id).experiment.engine == "ode"]
LEAST = 0.01  # below one percent a rule or modifier of a shipped scenario has no place there (language.md §1)

# The published model as recomputed from the authors' files: the squared correlations with the measured means.
PUBLISHED_R2 = {
    "bolus": {"TNF": 0.948, "IL6": 0.956, "IL8": 0.947, "IL10": 0.952},
    "infusion": {"TNF": 0.901, "IL6": 0.806, "IL8": 0.961, "IL10": 0.978},
}


@pytest.fixture(scope="module", params=WELL_MIXED)
def result(request: pytest.FixtureRequest) -> Result:
    """A run with a few people."""
    return cytokinome.run(request.param, patients=6)


def test_there_are_scenarios():
    """The tests below run on something."""
    assert {"human-endotoxemia-published", "tnf-il10-culture"} <= set(WELL_MIXED)
    assert {"il2-niche", "neutrophil-chemotaxis", "virus-plaque"} <= set(SCENARIOS) - set(WELL_MIXED)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_files_are_clean_and_in_layout(scenario: str):
    """No error, no warning, and `cytokinome format` would change nothing."""
    checked = cytokinome.check_experiment(scenario)
    assert checked.report.diagnostics == (), checked.report.render()
    shipped = library.find(scenario)
    assert shipped is not None
    for path in (shipped.model, shipped.experiment):
        text = path.read_text(encoding="utf-8")
        assert format_text(text, path.name, Collector()) == text, path


def test_claims_are_met(result: Result):
    """All claims of the scenario hold, and there are some."""
    assert result.claims
    assert [claim.id for claim in result.claims if not claim.passed] == []


def test_every_patient_comes_to_the_end(result: Result):
    """No virtual person fails."""
    for arm in result.arms.values():
        assert {outcome.status for outcome in arm.outcomes} == {"completed"}
        assert np.all(np.isfinite(arm.values))


def test_every_rule_changes_something(result: Result):
    """Without a rule its target changes by at least one percent in some arm."""
    rules = [rule.id for rule in result.model.rules]
    assert [effect.rule for effect in result.effects] == rules
    assert [e.rule for e in result.effects if not abs(e.change) >= LEAST] == []


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
