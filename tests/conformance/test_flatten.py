"""Every sentence, written as equations of bare numbers, has the derivatives that it had."""

import numpy as np
import pytest

from cytokinome.compiler.flatten import Person, flattened
from cytokinome.compiler.lower import lower
from cytokinome.engines.ode.start import initialise
from cytokinome.model.load import check_text
from cytokinome.model.serialise import print_model
from tests.conformance.harness import parameters, random_states, stages_of
from tests.conformance.test_sentences import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_flattened_sentence_has_its_derivatives(case):
    """At random states; the text of the equations is printed and read again before."""
    stages = stages_of(case.text, case.blockable)
    kernel = stages.kernel
    states, values = initialise(kernel, kernel.complete(parameters(kernel, case.slots)))
    flat = flattened(stages.model, Person.of(kernel, states, values))
    again = lower(check_text(print_model(flat.model), "flat.yaml").require()).kernel
    p, slots = again.complete(again.defaults()), [slot.name for slot in again.parameters]
    for time, y in random_states(kernel, values):
        z = np.zeros(len(again.states))
        for name, value in zip(kernel.states, y, strict=True):  # what nothing changes is a parameter there
            where, names = (z, again.states) if flat.names[name] in again.states else (p, slots)
            where[names.index(flat.names[name])] = value
        derivatives = dict(zip(again.states, again.rhs(time, z, p), strict=True))
        found = np.array([derivatives.get(flat.names[name], 0.0) for name in kernel.states])
        wanted = kernel.rhs(time, y, values)
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12 * np.max(np.abs(wanted), initial=0.0))
