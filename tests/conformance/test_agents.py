"""Every sentence in the tissue: what single cells do adds up to its law, or it is refused by name."""

import numpy as np
import pytest

from cytokinome.compiler.targets.reference import Program
from cytokinome.compiler.tissue import agents_of
from cytokinome.errors import UnsupportedFeature
from cytokinome.model.components import Verb
from tests.conformance.harness import by_hand, parameters, random_states, stages_of
from tests.conformance.test_hazards import what_is_refused as what_is_not_counted
from tests.conformance.test_sentences import CASES

# What the refusal of a sentence must speak of; the same for every case that has it.
REASONS = {
    "compartments": "compartment",
    "quasi-equilibrium": "quasi-equilibrium",
    "pk": "pk",
    "events": "events",
    "mean": "mean over cells",
    "between": "between-cells",
    "start": "start: steady state",
    "speed": "does not say how fast",
}


def _refused(model) -> str:
    """What a refusal speaks of; empty where the tissue honours the model."""
    found = {
        "compartments": len(model.compartments) > 1,
        "quasi-equilibrium": any(r.is_quasi_equilibrium for r in model.reactions),
        "pk": any(m.pk is not None for m in model.molecules),
        "events": bool(model.events),
        "mean": any(r.rate is not None and "mean(" in str(r.rate) for r in model.rules),
        "between": any(v.between_cells is not None for c in model.cells for v in c.inside),
        "start": model.start != "given",
        "speed": any(r.rate is None for r in model.rules if r.verb in (Verb.MOVES, Verb.ADHERES)),
    }
    return next((REASONS[name] for name, is_there in found.items() if is_there), "")


class Sum:
    """The change of every state that the agents of a box make together, at uniform concentrations."""

    def __init__(self, agents, kernel, p, t, y):
        self.agents, self.kernel, self.p, self.t, self.y = agents, kernel, p, t, y
        self.labels = [agents.states[i].removeprefix("one ") for i in agents.ones]
        self.rows = [kernel.states.index(label) for label in self.labels]
        self.whole = np.concatenate([y, np.zeros(len(agents.states) - len(y))])
        self.volume = self.values([agents.volume], self.whole)[0]
        self.change = np.zeros(len(y))

    def values(self, nodes, states):
        """Nodes of the graph at these states."""
        return np.array(Program(self.agents.graph, list(nodes)).at(self.t, states, self.p))

    def one_of(self, population):
        """The states as a cell of this population sees them: it carries its share of the total."""
        states = self.whole.copy()
        states[self.agents.ones[population]] = 1.0
        for name, state in self.agents.carried[population]:
            states[state] = self.carried(population, name)
        return states

    def number(self, population):
        """How many cells there are."""
        return self.y[self.rows[population]]

    def carried(self, population, name):
        """What each of them carries."""
        return self.y[self.kernel.states.index(f"{name} in {self.labels[population]}")] / self.number(population)

    def add(self, state, value):
        """Add to the change of a state of the kernel."""
        self.change[self.kernel.states.index(state) if isinstance(state, str) else state] += value

    def total(self):
        """All of it: molecules by themselves, what cells give, what goes on in them, what becomes of them."""
        agents = self.agents
        for field, source, loss in zip(
            agents.fields,
            self.values(agents.sources, self.whole),
            self.values(agents.loss, self.whole),
            strict=True,
        ):
            self.add(field, source - loss * self.y[field])
        for population in range(len(self.labels)):
            states, n = self.one_of(population), self.number(population)
            given = self.values([node for _, node in agents.exchange[population]], states)
            for (field, _), amount in zip(agents.exchange[population], given, strict=True):
                self.add(agents.fields[field], n * amount / self.volume)
            inner = self.values(agents.inner[population], states)
            for (name, _), rate in zip(agents.carried[population], inner, strict=True):
                self.add(f"{name} in {self.labels[population]}", n * rate)
        for act in agents.acts:
            self._act(act)
        return self.change

    def _act(self, act):
        """One event: its rate over all cells, times what it changes."""
        owner = act.population
        states = self.whole if owner is None else self.one_of(owner)
        if act.killers:
            each = sum(
                self.number(killer) * self.values([node], self.one_of(killer))[0] for killer, node in act.killers
            )
        else:
            each = self.values([act.hazard], states)[0]
        rate = each * (1.0 if owner is None else self.number(owner))
        if owner is not None:
            self.add(self.rows[owner], -rate)
            for name, _ in self.agents.carried[owner]:
                self.add(f"{name} in {self.labels[owner]}", -rate * self.carried(owner, name))
        for target, count in act.arrivals:
            self.add(self.rows[target], rate * count)
        counts = dict(act.arrivals)
        for (target, name, _), value in zip(act.inside, self.values([n for *_, n in act.inside], states), strict=True):
            self.add(f"{name} in {self.labels[target]}", rate * counts[target] * value)
        amounts = self.values([node for _, node in act.releases], states)
        for (field, _), amount in zip(act.releases, amounts, strict=True):
            self.add(self.agents.fields[field], rate * amount / self.volume)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_agents_add_up_to_the_law(case):
    """Exchange, inner rates and events of all cells give the law's derivative of every state."""
    stages = stages_of(case.text, case.blockable)
    reason = _refused(stages.model)
    if reason:
        with pytest.raises(UnsupportedFeature) as caught:
            agents_of(stages.model)
        assert caught.value.report is not None
        assert reason in caught.value.report.render()
        return
    agents, kernel = agents_of(stages.model), stages.kernel
    p = parameters(kernel, case.slots)
    for t, y in random_states(kernel, p):
        expected = by_hand(case, kernel, t, y)
        found = Sum(agents, kernel, p, t, y).total()
        # the mean field's ε where cells are counted, which agents do not need
        loss = 1e-12 * np.abs(expected).max(initial=0.0)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=loss, err_msg=str(kernel.states))


# ------------------------------------------------------------------------------------------ verbs and engines
def _verbs():
    """Per verb the cases that state it."""
    found: dict[Verb, list] = {verb: [] for verb in Verb}
    for case in CASES:
        for verb in {rule.verb for rule in stages_of(case.text, case.blockable).model.rules}:
            found[verb].append(case)
    return found


def engines_that_honour(case):
    """Which engines have a tested law for the sentences of a case; the others refuse it by name."""
    model = stages_of(case.text, case.blockable).model
    return {
        "ode": True,
        "stochastic": not what_is_not_counted(case),
        "hybrid": not model.events,
        "tissue": not _refused(model),
    }


@pytest.mark.parametrize("verb", list(Verb), ids=lambda verb: verb.value.replace(" ", "-"))
@pytest.mark.parametrize("engine", ["ode", "stochastic", "hybrid", "tissue"])
def test_every_verb_has_a_law_on_every_engine(verb, engine):
    """Some case of the verb is run by the engine's own test of the law, so not all of them are refused."""
    cases = _verbs()[verb]
    assert cases
    assert any(engines_that_honour(case)[engine] for case in cases), [case.id for case in cases]
