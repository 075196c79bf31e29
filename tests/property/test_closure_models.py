"""The closure on generated models: sums over representatives, and what notes say of them.

Let every inside variable differ between cells. The derivative of all cells together, however these differ, is that of
the average cell where no sentence is noted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from cytokinome.compiler.closure import closure_report
from cytokinome.compiler.kernel import Kernel
from cytokinome.compiler.lower import lower
from cytokinome.model.components import Distribution, Model, Rule, Verb
from cytokinome.model.expressions import Number
from cytokinome.model.load import check_text
from cytokinome.model.populations import represented
from tests.property.generated import texts

NUMBER = 3
EXAMPLES = max(100, settings().max_examples)
# what cells hold per cell has a floor of a billionth of the scale of their number
SAME, EXACT = 1e-6, 1e-12
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    phases=(Phase.explicit, Phase.generate),
)


def with_spread(model: Model) -> Model:
    """The model with cells that differ in everything they carry, three of each."""
    spread = Distribution("normal", (("cv", Number("0.3")),))
    cells = tuple(
        replace(cell, inside=tuple(replace(v, between_cells=spread) for v in cell.inside)) for cell in model.cells
    )
    return replace(model, cells=cells, representatives=NUMBER)


def groups(plain: Kernel, parts: Kernel) -> np.ndarray:
    """Which state of the plain kernel each state of the other is a part of."""
    mark = f"/{NUMBER})"
    names = [s[: s.rindex(" (")] if s.endswith(mark) else s for s in parts.states]
    return np.array([plain.states.index(name) for name in names])


def split(kernel: Kernel, of: np.ndarray, y: np.ndarray, alike: bool, random: np.random.Generator) -> np.ndarray:
    """States of representatives that add up to y: of equal or of unequal cells, in unequal numbers."""
    shares = np.ones(len(of))
    for i in np.unique(of):
        mine = of == i
        is_number = " in " not in kernel.states[int(np.flatnonzero(mine)[0])]
        weights = random.uniform(0.2, 1.0, mine.sum()) if not (alike and not is_number) else np.ones(mine.sum())
        shares[mine] = weights / weights.sum()
    if alike:  # each cell holds the same: totals follow numbers
        for j, name in enumerate(kernel.states):
            if " in " in name:
                shares[j] = shares[kernel.states.index(name.partition(" in ")[2])]
    return shares * y[of]


def observed(model: Model, seed: int, *, alike: bool) -> tuple[float, dict[str, float]]:
    """By how much derivatives of all cells together, and rates of rules, differ from those of the average cell."""
    plain, parts = (lower(replace(model, representatives=n)).kernel for n in (None, NUMBER))
    random, p = np.random.default_rng(seed), plain.defaults()
    y = plain.scale(p) * random.lognormal(0.0, 0.7, len(plain.states))
    of = groups(plain, parts)
    z = split(parts, of, y, alike, random)
    one, other = plain.rhs(1.0, y, p), parts.rhs(1.0, z, p)
    total = np.bincount(of, weights=other, minlength=len(y))
    size = np.abs(one) + np.bincount(of, weights=np.abs(other), minlength=len(y)) + 1e-9 * plain.scale(p)
    rates = [rates_of(kernel, states, p) for kernel, states in ((plain, y), (parts, z))]
    differences = {id: abs(rates[1][id] - a) / max(abs(a), abs(rates[1][id]), 1e-300) for id, a in rates[0].items()}
    return float(np.max(np.abs(total - one) / size)), differences


def rates_of(kernel: Kernel, y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """The total rate of every rule."""
    select = [i for i, o in enumerate(kernel.outputs) if o.name.startswith("rate(")]
    values = kernel.observe(np.ones(1), y[:, None], p, select)[:, 0]
    return {kernel.outputs[i].name[5:-1]: float(v) for i, v in zip(select, values, strict=True)}


def has_cells(model: Model, rule: Rule) -> bool:
    """Whether anybody is ever in the second state, where the rule is about that: others begin in the first."""
    into = [r for r in model.rules if r.verb is Verb.BECOMES and r.subject.cell == rule.subject.cell]
    return "keen" not in rule.subject.states or any(r.object == "keen" for r in into)


@QUIET
@given(texts(), st.integers(0, 10_000))
def test_representatives_that_are_alike_add_up_to_the_average_cell(text: str, seed: int) -> None:
    """Every law sees each of the populations, and all of them where it counts cells."""
    model = with_spread(check_text(text, "trial.yaml").require())
    assume(represented(model))
    error, _ = observed(model, seed, alike=True)
    assert error < SAME


@QUIET
@given(texts(), st.integers(0, 10_000))
def test_the_average_cell_answers_for_what_is_not_noted(text: str, seed: int) -> None:
    """However cells differ, the rate of a rule without a note is the same; without any note, so is everything."""
    model = with_spread(check_text(text, "trial.yaml").require())
    assume(represented(model))
    noted = {d.message.split("`")[1] for d in closure_report(replace(model, representatives=None)).diagnostics}
    error, rates = observed(model, seed, alike=False)
    # a release follows the deaths, which have the note
    judged = [r for r in model.rules if r.verb is not Verb.RELEASES and has_cells(model, r) and r.id not in noted]
    assert all(rates.get(rule.id, 0.0) < EXACT for rule in judged)
    if not noted and all(has_cells(model, rule) for rule in model.rules):
        assert error < SAME
