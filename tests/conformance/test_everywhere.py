"""Laws of the language that every engine runs to the end: blockade of receptors, and amounts that are kept."""

import numpy as np
import pytest

from cytokinome.units import AVOGADRO
from tests.property.engines import ENGINES, Question

MOLECULES = AVOGADRO * 1e-12 * 1e-9  # per pM in the volume of these models
HEAD = """\
cytokinome: 1
model: law
compartments: {well: {kind: tissue, volume: 1e-9 L}}
"""


@pytest.fixture(params=ENGINES)
def engine(request):
    """An engine."""
    return request.param


def ask(engine, text, outputs, times, runs: int = 1):
    """The mean course of a model [time, output]."""
    how = {"step": 0.1, "rtol": 1e-4, "diffusion": 1e8} if engine == "tissue" else {}
    return Question(HEAD + text, outputs, times).ask(engine, seed=3, runs=runs, **how).mean(axis=0)


# ------------------------------------------------------------------------------------------------------- blockade
BLOCKADE = """
molecules:
  L: {{in: well, initial: 50 pM}}
  Y: {{in: well}}
  anti: {{in: well, initial: {level:g} pM}}
receptors:
  R: {{ligands: {{L: {{Kd: 30 pM, kon: 0.05 /pM/h, koff: 1.5 /h}}}}, antagonists: {{anti: 5 pM}}, source: assumed}}
cells: {{cell: {{in: well, initial: 20, inside: {{T: {{initial: 0}}}}}}}}
rules:
  - cell secretes L at 300 molecules/cell/h
  - {sentence}
"""
LEVELS = (0.0, 5.0, 500.0, 1e13)
SIGNALS = [
    "cell secretes Y at 4000 molecules/cell/h, driven by L at R (half 40 pM)",
    "cell secretes Y at 4000 molecules/cell/h, driven by L at R (half 40 pM, hill 2)",
    "cell secretes Y at 4000 molecules/cell/h, driven by L at R (half 40 pM) with L (half 9 pM)",
]


def blocked(engine, sentence, outputs):
    """The outputs after an hour, at each level of the antagonist."""
    texts = [BLOCKADE.format(level=level, sentence=sentence) for level in LEVELS]
    return np.array([ask(engine, text, outputs, (0.0, 0.5, 1.0))[-1] for text in texts])


@pytest.mark.parametrize("sentence", SIGNALS)
def test_a_signal_at_a_blocked_receptor_falls_to_nothing(engine, sentence):
    """What a signal drives is made less and less as the antagonist grows, and at last not at all."""
    made = blocked(engine, sentence, ("Y",))[:, 0]
    assert np.all(np.diff(made) < 0)
    assert made[0] > 20.0
    assert made[-1] < 1e-9 * made[0]


@pytest.mark.parametrize("verb", ["takes up", "binds"])
def test_a_blocked_receptor_takes_nothing_and_free_ligand_does_not_fall(engine, verb):
    """At equal secretion the free ligand rises with the antagonist, to all that was there and was secreted."""
    sentence = f"cell {verb} L through R at 2000 receptors/cell with internalisation 2 /h"
    free = blocked(engine, sentence, ("L",))[:, 0]
    everything = 50.0 + 300 * 20 / MOLECULES
    assert np.all(np.diff(free) > 0)
    assert free[0] < 0.75 * everything
    noise = 5 * np.sqrt(300 * 20) / MOLECULES if engine == "stochastic" else 1e-6 * everything
    assert free[-1] == pytest.approx(everything, abs=noise)


# --------------------------------------------------------------------------------------------------- conservation
CLOSED = """
molecules:
  X: {initial: 40 pM}
  Y: {initial: 30 pM}
  XY: {}
receptors: {R: {ligands: {X: {kon: 0.03 /pM/h, koff: 2 /h}}, source: assumed}}
cells: {a: {initial: 20}}
observables:
  all_X: {value: "X + XY + density(a) * mean(a.X.R)", unit: pM}
  all_Y: {value: "Y + XY", unit: pM}
rules:
  - a binds X through R at 600 receptors/cell with internalisation 0 /h
reactions:
  - {equation: X + Y <-> XY, kon: 0.02 /pM/h, koff: 1 /h, source: assumed}
"""


KEPT = {"ode": 1e-7, "stochastic": 1e-8, "hybrid": 1e-6}  # the mean over cells has an ε of 1e-9


def lost(engine, **how):
    """How much of either total is lost or won, as a part of it, while molecules bind and part again."""
    question = Question(HEAD + CLOSED, ("all_X", "all_Y", "X", "XY"), (0.0, 0.5, 1.0, 2.0))
    course = question.ask(engine, seed=3, runs=2, **how)
    first = course[:, :1, :2]
    # whole numbers of molecules are the nearest at the start
    assert first == pytest.approx(np.broadcast_to([40.0, 30.0], first.shape), abs=1.0 / MOLECULES)
    assert np.all(np.ptp(course[:, :, 2:], axis=1) > 2.0)
    return float(np.max(np.abs(course[:, :, :2] / first - 1.0)))


@pytest.mark.parametrize("engine", list(KEPT))
def test_free_and_bound_amounts_are_kept(engine):
    """Of what only binds, to receptors and to another molecule, the total stays."""
    assert lost(engine) < KEPT[engine]


@pytest.mark.parametrize("diffusion", [1e3, 1e8])
def test_free_and_bound_amounts_are_kept_by_agents(diffusion):
    """To a fifth of the tolerance of a step, at any diffusion: what a cell holds and what is around it differ in φ."""
    loose, tight = (lost("tissue", step=0.1, rtol=rtol, diffusion=diffusion) for rtol in (1e-2, 1e-4))
    assert loose < 2e-3
    assert tight < 2e-5


TAKEN = """
molecules: {X: {initial: 40 pM}}
receptors: {R: {ligands: {X: 30 pM}, source: assumed}}
cells: {a: {initial: 20, inside: {T: {initial: 0}}}}
observables:
  all_X: {value: "X + density(a) * mean(a.T)", unit: pM}
rules:
  - a secretes X at 200 molecules/cell/h
  - a takes up X through R at 600 receptors/cell with internalisation 1 /h
  - a produces T inside at 600 molecules/cell/h, driven by X at R (half 30 pM)
"""


def test_what_is_taken_up_is_what_was_there(engine):
    """A second sentence counts, in each cell and at its own surface, what uptake takes; free and taken are all."""
    course = ask(engine, TAKEN, ("all_X", "X"), (0.0, 1.0, 3.0), runs=40 if engine == "stochastic" else 1)
    expected = 40.0 + 200 * 20 / MOLECULES * np.array([0.0, 1.0, 3.0])
    events = 600 * 20 * 3
    noise = 5 * np.sqrt(3 * events / 40) / MOLECULES if engine == "stochastic" else 1e-4 * 40.0
    assert course[:, 0] == pytest.approx(expected, abs=noise)
    assert course[-1, 1] < 0.8 * expected[-1]
