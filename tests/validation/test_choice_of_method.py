"""Which method a model gets, why, and that it is the right one where that can be counted."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from benchmarks import problems
from benchmarks.collection import suites
from cytokinome import api
from cytokinome.compiler.lower import compile_model, lower
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.ode import choose, lanes, stiffness
from cytokinome.engines.ode.methods import RODAS5P, TSIT5
from cytokinome.model.load import check_text
from tests.unit.engines.kernels import Fake, decay

HEADER = "cytokinome: 1\nmodel: chosen\ncompartments: {well: {kind: culture, volume: 1 mL}}\n"
BINDING = """
molecules:
  TNF: {initial: 10 pM, degrades: {rate: 0.1 /h, source: assumed}}
  drug: {initial: START}
  both: {initial: 0 pM}
reactions: [{equation: TNF + drug <-> both, kon: KON /pM/h, koff: 0.1 /h, source: assumed}]
"""


def kernel_of(text: str, target: str = "reference"):
    """The kernel of a model without its header."""
    return compile_model(check_text(HEADER + text, "chosen.yaml").require(), target)


def binding(kon: str, start: str = "0 pM", target: str = "reference"):
    """A molecule and a drug that binds it."""
    return kernel_of(BINDING.replace("KON", kon).replace("START", start), target)


@pytest.mark.parametrize(
    ("name", "method"),
    [("perelson", TSIT5), ("crauste", TSIT5), ("boehm", RODAS5P), ("raia", RODAS5P), ("bachmann", RODAS5P)],
)
def test_published_models(name, method):
    """Chosen as the steps say that each needs; a stiff one takes hundreds of times as many without its Jacobian."""
    collection = suites()
    if collection is None:
        pytest.skip("CYTOKINOME_SUITES names no folder with petab")
    problem = problems.load(name, collection)
    assert choose.method(problem.stages.kernel).method is method
    kernel = cast("lanes.CohortKernel", compile_model(problem.stages.model, "llvm"))
    p, times = problem.patients(1), problem.times / (1 if method is TSIT5 else 10)
    steps = {
        m: lanes.solve(kernel, p, Schedule(), times, select=problem.select, method=m).statistics.steps
        for m in (RODAS5P, TSIT5)
    }
    if method is TSIT5:
        assert steps[TSIT5] < 1.5 * steps[RODAS5P]
    else:
        assert steps[TSIT5] > 50 * steps[RODAS5P]


@pytest.mark.parametrize("id", ["tnf-il10-culture", "human-endotoxemia-published"])
def test_shipped_models_are_in_doubt(id):
    """One binds an antibody that only a dose brings; in the other the slowest rate is five hundred times slower."""
    kernel = lower(api.load_model(id)).kernel
    choice = choose.method(kernel)
    assert choice.method is RODAS5P
    assert ("infliximab" in choice.why) == (id == "tnf-il10-culture")


def test_the_rates_of_a_linear_model():
    """Two losses whose rates lie less or more than a hundredfold apart; the sentence states them."""
    text = """
molecules:
  X: {{initial: 1 pM, degrades: {{rate: {} /h, source: assumed}}}}
  Y: {{initial: 1 pM, degrades: {{rate: 0.5 /h, source: assumed}}}}
"""
    mild, stiff = (choose.method(kernel_of(text.format(rate))) for rate in (40, 60))
    assert mild.method is TSIT5
    assert str(mild) == "Tsit5: its rates span 80-fold for the typical person, from 0.5 to 40 /h"
    assert str(stiff) == "Rodas5P: its rates span 1.2e+02-fold for the typical person, from 0.5 to 60 /h"


def test_what_only_doses_bring_is_thought_of():
    """A drug that binds fast makes a model stiff although the typical person has none; a slow one does not."""
    found = choose.method(binding("0.1"))
    assert found.method is RODAS5P
    assert found.why == "a large dose of drug would make it stiff"
    assert choose.method(binding("1e-9")).method is TSIT5


def test_what_is_there_from_the_start_is_followed():
    """The same drug in the well: then its rates are those of the typical person."""
    assert choose.method(binding("1", "1e5 pM")).why.startswith("its rates span")
    assert choose.method(binding("0.01", "20 pM")).method is TSIT5


def test_a_stretch_that_is_stiff_later_counts():
    """A product that builds up and then reacts fast is not seen at the start."""
    text = """
molecules: {A: {initial: 1e4 pM}, B: {initial: 0 pM}, C: {initial: 1 pM, degrades: {rate: 0.1 /h, source: assumed}}}
reactions:
  - {equation: A -> B, k: 0.1 /h, source: assumed}
  - {equation: B + C -> B, k: 0.01 /pM/h, source: assumed}
"""
    kernel = kernel_of(text)
    y, p = kernel.initial(kernel.defaults()), kernel.defaults()
    assert np.abs(np.linalg.eigvals(kernel.jacobian(0.0, y, p))).max() <= 0.2
    assert choose.method(kernel).method is RODAS5P


def test_conserved_totals_are_no_slow_rates():
    """Two forms of one molecule: an eigenvalue is zero, and counts for nothing."""
    text = """
molecules: {A: {initial: 9 pM}, B: {initial: 0 pM}}
reactions: [{equation: A <-> B, kon: 3 /h, koff: 2 /h, source: assumed}]
"""
    choice = choose.method(kernel_of(text))
    assert choice.method is TSIT5
    assert "1-fold" in choice.why


def test_typical_persons_that_cannot_be_followed_are_in_doubt():
    """Growth without bound, a start or a slope that is not finite: the method that can do more, and no exception."""
    explodes = Fake(("X",), {}, lambda t, y, p: [y[0] ** 2 - 0.1 * y[0]], lambda p: [1.0])
    no_start = Fake(("X",), {}, lambda t, y, p: [-y[0]], lambda p: [np.nan])
    no_slope = Fake(("X",), {}, lambda t, y, p: [np.nan * y[0]], lambda p: [1.0])
    for kernel in (explodes, no_start, no_slope):
        choice = choose.method(kernel)
        assert choice.method is RODAS5P
        assert choice.why.startswith("the typical person cannot be followed: ")


def test_models_where_nothing_moves_are_mild():
    """Constant rates have no time scale."""
    assert (
        choose.method(Fake(("X",), {}, lambda t, y, p: [2.0], lambda p: [0.0])).why == "nothing in it moves by itself"
    )


def test_large_models_are_not_examined(monkeypatch):
    """Eigenvalues of hundreds of states would cost more than they save."""
    monkeypatch.setattr(stiffness, "STATES", 0)
    is_mild, why = stiffness.examine(decay())
    assert not is_mild
    assert why == "it has 1 states, and above 0 stiffness is assumed"


def test_the_solver_uses_the_choice():
    """What `solver` gives has the bits of the method chosen, and not those of the other."""
    kernel = cast("lanes.CohortKernel", binding("1e-9", "1 pM", "llvm"))
    p, times = kernel.defaults()[None], np.linspace(0.0, 100.0, 11)
    schedule = Schedule.of([Entry(9.0, Action.SCALE, 0, np.array([0.5]))])
    found = choose.solver(kernel)(kernel, p, schedule, times, select=[0])
    same, other = (lanes.solve(kernel, p, schedule, times, select=[0], method=m) for m in (TSIT5, RODAS5P))
    np.testing.assert_array_equal(found.values, same.values)
    assert (found.values != other.values).any()
    np.testing.assert_allclose(found.values, other.values, rtol=1e-4)


def test_a_patient_too_stiff_for_the_choice_is_carried_by_the_other():
    """One in eight loses X a million times as fast: they get the bits of Rodas5P, the others those of Tsit5."""
    text = """
molecules:
  X: {initial: 8 pM, degrades: {rate: k, source: assumed}}
  Y: {initial: 1 pM, degrades: {rate: 0.5 /h, source: assumed}}
parameters: {k: {value: 0.5 /h, source: assumed}}
"""
    kernel = cast("lanes.CohortKernel", kernel_of(text, "llvm"))
    assert choose.method(kernel).method is TSIT5
    p = np.repeat(kernel.defaults()[None], 64, axis=0)
    stiff = np.arange(64) % 8 == 3
    p[stiff, [slot.name for slot in kernel.parameters].index("k")] = 1e6
    times = np.linspace(0.0, 100.0, 11)
    found, mild, other = (
        lanes.solve(kernel, people, Schedule(), times, select=[0, 1], method=method)
        for people, method in ((p, TSIT5), (p[~stiff], TSIT5), (p[stiff], RODAS5P))
    )
    assert {outcome.status for outcome in found.outcomes} == {"completed"}
    np.testing.assert_array_equal(found.values[~stiff], mild.values)
    np.testing.assert_array_equal(found.values[stiff], other.values)
