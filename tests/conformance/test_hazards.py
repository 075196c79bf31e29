"""Every sentence in the exact stochastic engine: events move counts as the law does, or it is refused by name."""

from dataclasses import replace

import numpy as np
import pytest

from cytokinome.compiler.jumps import jumps_of, steps
from cytokinome.compiler.lower import lower
from cytokinome.compiler.targets.counting import compile_jumps
from cytokinome.compiler.targets.reference import Program
from cytokinome.errors import UnsupportedFeature
from cytokinome.model.load import check_text
from tests.conformance.harness import by_hand, parameters, random_states, stages_of, whole_text
from tests.conformance.test_sentences import CASES

# Sentences whose changes are not whole numbers of molecules or cells, with what the refusal must speak of.
REFUSED = {
    "becoming-carries-what-is-inside": "Z in resting macrophage",
    "resetting": "Z in resting macrophage",
    "divides": "Z in tcell",
    "divides-after-stages": "Z in tcell [1/3]",
    "enters": "Z in tcell",
    "produces-an-intensive": "Z in tcell",
    "produces-an-intensive-with-a-unit": "Z in tcell",
    "rate-expression": "A-to-B",
    "quasi-equilibrium": "X-D-to-C",
    "quasi-equilibrium-as-a-signal": "X-D-to-C",
    "quasi-equilibrium-and-transport": "X-D-to-C",
    "one-compartment-with-absorption": "drug pk",
}


def what_is_refused(case):
    """The modifiers stand on the production of an intensive variable, which moves in no whole steps."""
    return REFUSED.get(case.id, "Z in cell" if "Z in cell" in stages_of(case.text).kernel.states else None)


@pytest.fixture(params=CASES, ids=lambda case: case.id)
def case(request):
    """A sentence with its law."""
    return request.param


def _model(case):
    return replace(check_text(whole_text(case.text), "case.yaml").require(), blockable=case.blockable)


def _drift(jumps, t, counts, p):
    """The expected change of every count per hour; what a cell takes along is the average."""
    hazards = Program(jumps.graph, [j.hazard for j in jumps.jumps]).at(t, counts, p)
    drift, whole = np.zeros(len(counts)), steps(jumps, p)
    for jump, hazard, changes in zip(jumps.jumps, hazards, whole, strict=True):
        moving = Program(jumps.graph, [node for _, node in jump.changes]).at(t, counts, p)
        for (state, change), moved in zip(changes, moving, strict=True):
            drift[state] += hazard * (moved if state in jumps.moving(jump) else change)
    return drift


@pytest.mark.parametrize("sample", [1.0, 1e-4])
def test_events_move_counts_as_the_law_does(case, sample):
    """Hazards times changes give the law's derivative, for the whole and for a sample of it.

    But for one molecule that does not meet itself, and the mean field's ε where there are no cells.
    """
    named = what_is_refused(case)
    if named:
        with pytest.raises(UnsupportedFeature) as error:
            jumps_of(_model(case), sample=sample)
        assert named in str(error.value)
        return
    kernel = stages_of(case.text, case.blockable).kernel
    p, jumps = parameters(kernel, case.slots), jumps_of(_model(case), sample=sample)
    grains = np.array(Program(jumps.graph, jumps.grains).at(0.0, np.zeros(len(kernel.states)), p))
    for t, y in random_states(kernel, p):
        drift = _drift(jumps, t, y / grains, p) * grains
        expected = by_hand(case, kernel, t, y)
        loss = 1e-13 * np.abs(expected).max(initial=0.0)
        near = 1e-6 if jumps.carried else 1e-12 + 3 * grains.max() / y.min()
        np.testing.assert_allclose(drift, expected, rtol=near, atol=loss)


def test_compiled_hazards_are_the_same(case):
    """Machine code gives every hazard as the graph does: the same bits, but for powers, which differ by rounding."""
    if what_is_refused(case):
        return
    jumps = jumps_of(_model(case))
    kernel = lower(_model(case)).kernel
    p = parameters(kernel, case.slots)
    compiled, program = compile_jumps(jumps), Program(jumps.graph, [j.hazard for j in jumps.jumps])
    grains = np.array(Program(jumps.graph, jumps.grains).at(0.0, np.zeros(len(kernel.states)), p))
    for t, y in random_states(kernel, p):
        counts = np.rint(y / grains)
        expected, found = program.at(t, counts, p), compiled.hazards(counts, compiled.kept(p, t))
        has_power = any(jumps.graph.operation[n] in ("pow", "exp", "log") for n in range(len(jumps.graph)))
        np.testing.assert_allclose(found, expected, rtol=1e-14 if has_power else 0)


def test_nothing_happens_where_nothing_is(case):
    """No hazard is negative at zero, and no event takes a count below zero."""
    if what_is_refused(case):
        return
    jumps = jumps_of(_model(case))
    kernel = lower(_model(case)).kernel
    p, counts = parameters(kernel, case.slots), np.zeros(len(kernel.states))
    hazards = Program(jumps.graph, [j.hazard for j in jumps.jumps]).at(0.0, counts, p)
    for hazard, changes in zip(hazards, steps(jumps, p), strict=True):
        assert hazard == 0 or (hazard > 0 and all(change > 0 for _, change in changes))
