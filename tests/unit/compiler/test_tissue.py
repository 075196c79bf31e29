"""What one cell does, read off the network: the same laws, per cell."""

from dataclasses import replace

import numpy as np
import pytest

from cytokinome.compiler.lower import compile_model, lower
from cytokinome.compiler.targets.reference import Program
from cytokinome.compiler.tissue import agents_of
from cytokinome.errors import UnsupportedFeature
from cytokinome.model.load import check_text
from tests.validation.test_language_example import MODEL

HEAD = """\
cytokinome: 1
model: tested
title: Tested
compartments:
  site: {kind: tissue, volume: 2 mL}
molecules:
  X: {in: site, initial: 50 pM, degrades: {rate: 0.3 /h, source: assumed}}
receptors:
  R: {ligands: {X: 100 pM}, source: assumed}
cells:
  k: {in: site, initial: 1000}
  a: {in: site, initial: 3000, inside: {Y: {initial: 8}, Z: {kind: intensive, initial: 2, unit: "1"}}}
rules:
"""


def model_of(*rules):
    """A model with these rules."""
    return check_text(HEAD + "".join(f"  - {r}\n" for r in rules), "tested.yaml").require()


def value(agents, node, p, **states):
    """A node with some states set, all others zero."""
    y = np.zeros(len(agents.states))
    for name, number in states.items():
        y[agents.states.index(name.replace("_", " "))] = number
    return Program(agents.graph, [node]).at(0.0, y, p)[0]


def test_single_cells_add_up_to_the_mean_field():
    """Exchange of all cells, loss and reactions together are the right-hand side, at any concentrations."""
    model = check_text(MODEL, "example.yaml").require()
    agents, kernel = agents_of(model), compile_model(model)
    p, rng = kernel.defaults(), np.random.default_rng(11)
    y = rng.uniform(1.0, 500.0, len(kernel.states))
    volume = Program(agents.graph, [agents.volume]).at(0.0, np.zeros(len(agents.states)), p)[0]
    whole = np.concatenate([y, np.zeros(len(agents.states) - len(y))])
    rhs = np.array(Program(agents.graph, agents.sources).at(0.0, whole, p))
    rhs -= np.array(Program(agents.graph, agents.loss).at(0.0, whole, p)) * y[list(agents.fields)]
    labels = [s.removeprefix("one ") for s in agents.states if s.startswith("one ")]
    for population, label in enumerate(labels):
        single = whole.copy()
        single[agents.ones[population]] = 1.0
        given = Program(agents.graph, [n for _, n in agents.exchange[population]]).at(0.0, single, p)
        for (field, _), amount in zip(agents.exchange[population], given, strict=True):
            rhs[field] += y[kernel.states.index(label)] * amount / volume
    assert rhs == pytest.approx(kernel.rhs(0.0, y, p)[list(agents.fields)], rel=1e-12)


def test_division_halves_amounts_and_copies_intensives():
    """Two cells in place of one, each with half of Y and all of Z."""
    model = model_of("a divides at 0.1 /h")
    agents, p = agents_of(model), compile_model(model).defaults()
    (act,) = agents.acts
    assert act.arrivals == ((1, 2),)
    shares = {name: value(agents, node, p, Y_of_one_a=8.0, Z_of_one_a=2.0) for _, name, node in act.inside}
    assert shares == {"Y": 4.0, "Z": 2.0}
    assert act.hazard is not None
    assert value(agents, act.hazard, p, one_a=1.0) == pytest.approx(0.1)


def test_a_killer_is_a_slope_of_the_hazard():
    """What a killer clears over the volume of the whole, less where `saturating`; for their own kind too."""
    model = model_of("k kills a at 6 uL/cell/h, saturating in a (half 500 /mL)", "a kills a at 2 uL/cell/h")
    agents, p = agents_of(model), compile_model(model).defaults()
    cleared = {act.origin: value(agents, act.killers[0][1], p, a=3000.0) for act in agents.acts}
    assert list(cleared.values()) == pytest.approx([6e-6 / 2e-3 / (1 + 1500 / 500), 2e-6 / 2e-3], rel=1e-12)
    assert [act.arrivals for act in agents.acts] == [(), ()]


def test_first_order_loss_is_told_from_reactions():
    """Degradation belongs to the waves; nothing else happens between cells here."""
    model = model_of("a takes up X through R at 500 receptors/cell with internalisation 0.1 /min")
    agents, p = agents_of(model), compile_model(model).defaults()
    assert value(agents, agents.loss[0], p) == pytest.approx(0.3)
    assert agents.graph.is_constant(agents.sources[0], 0.0)
    assert len(agents.states) == len(lower(model).network.variables) + 4


def test_a_movement_can_be_blocked():
    """A rule that only acts in space has the slot that takes it away."""
    model = model_of("{id: crawl, rule: a moves toward X (half 9 pM) at 4 um/min}")
    agents, kernel = (
        agents_of(replace(model, blockable=("crawl",))),
        compile_model(replace(model, blockable=("crawl",))),
    )
    slots = [slot.name for slot in kernel.parameters]
    motion = agents.motions[[one.kind.cell for one in agents.populations].index("a")]
    assert motion is not None
    p = kernel.defaults()
    assert value(agents, motion.speed, p) == pytest.approx(240)  # um/h
    p[slots.index("block(crawl)")] = 1.0
    assert value(agents, motion.speed, p) == 0.0


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (["a moves toward density(k) (half 1 /mL) at 1 um/min"], "does not say how much of a density"),
        (["a moves at 1 um/min", "a also moves at 2 um/min"], "a second time"),
    ],
)
def test_what_has_no_place_is_refused(rules, message):
    """Before anything runs, naming the sentence."""
    with pytest.raises(UnsupportedFeature) as caught:
        agents_of(model_of(*rules))
    assert caught.value.report is not None
    assert message in caught.value.report.render()
