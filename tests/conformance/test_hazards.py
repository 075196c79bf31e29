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
    "becoming-carries-bound-ligand": "naive-tcell-becomes-active",
    "becoming-carries-what-is-inside": "Z in resting macrophage",
    "resetting": "Z in resting macrophage",
    "differentiates": "monocyte-differentiates-into-macrophage",
    "divides": "Z in tcell",
    "divides-after-stages": "Z in tcell [1/3]",
    "dies": "tcell-dies",
    "dies-by-necrosis": "tcell-dies-by-necrosis",
    "kills-by-necrosis": "tcell-kills-tumour-by-necrosis",
    "engulfs": "macrophage-engulfs-tumour",
    "leaves": "tcell-in-blood-leaves",
    "leaves-to-a-compartment": "tcell-in-blood-leaves-to-joint",
    "leaves-from-elsewhere": "tcell-leaves-to-joint",
    "enters": "Z in tcell",
    "enters-from-a-compartment": "tcell-enters-from-blood",
    "produces-an-intensive": "Z in tcell",
    "produces-an-intensive-with-a-unit": "Z in tcell",
    "rate-expression": "A-to-B",
    "quasi-equilibrium": "X-D-to-C",
    "quasi-equilibrium-as-a-signal": "X-D-to-C",
    "quasi-equilibrium-and-transport": "X-D-to-C",
    "one-compartment-with-absorption": "drug pk",
}


def _what_is_refused(case):
    """The modifiers stand on the production of an intensive variable, which moves in no whole steps."""
    return REFUSED.get(case.id, "Z in cell" if "Z in cell" in stages_of(case.text).kernel.states else None)


@pytest.fixture(params=CASES, ids=lambda case: case.id)
def case(request):
    """A sentence with its law."""
    return request.param


def _model(case):
    return replace(check_text(whole_text(case.text), "case.yaml").require(), blockable=case.blockable)


def _drift(jumps, t, counts, p):
    """The expected change of every count per hour."""
    hazards = Program(jumps.graph, [j.hazard for j in jumps.jumps]).at(t, counts, p)
    drift = np.zeros(len(counts))
    for hazard, changes in zip(hazards, steps(jumps, p), strict=True):
        for state, change in changes:
            drift[state] += hazard * change
    return drift


@pytest.mark.parametrize("sample", [1.0, 1e-4])
def test_events_move_counts_as_the_law_does(case, sample):
    """Hazards times changes give the law's derivative, for the whole and for a sample of it.

    Ten digits: a molecule does not meet itself, which the law of many neglects.
    """
    named = _what_is_refused(case)
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
        np.testing.assert_allclose(drift, expected, rtol=1e-12 + 3 * grains.max() / y.min(), atol=loss)


def test_compiled_hazards_are_the_same(case):
    """Machine code gives every hazard as the graph does: the same bits, but for powers, which differ by rounding."""
    if _what_is_refused(case):
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
    if _what_is_refused(case):
        return
    jumps = jumps_of(_model(case))
    kernel = lower(_model(case)).kernel
    p, counts = parameters(kernel, case.slots), np.zeros(len(kernel.states))
    hazards = Program(jumps.graph, [j.hazard for j in jumps.jumps]).at(0.0, counts, p)
    for hazard, changes in zip(hazards, steps(jumps, p), strict=True):
        assert hazard == 0 or (hazard > 0 and all(change > 0 for _, change in changes))
