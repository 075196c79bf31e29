"""Generated models of equations, written as SBML and read again, run as they did: every kind of motion, every event."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("libsbml")
pytest.importorskip("antimony")

import cytokinome
from cytokinome.compiler.lower import lower
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode import reference
from cytokinome.interchange.models import written
from cytokinome.interchange.sbml.write import Marks
from cytokinome.model.components import Model
from cytokinome.model.load import check_text

RTOL = 1e-8
FORMS = (
    "{0}", "{0} / (1 + {1} ^ 2)", "exp(-{0} ^ 2)", "log(1 + {0} ^ 2)", "log10(2 + abs({0}))", "sqrt(abs({0}))",
    "min({0}, {1})", "max({0}, -{1})", "sin({0}) * cos({1})", "tanh({0})", "atan({0} - {1})", "hill(abs({0}), 2, 1.5)",
    "if({0} > {1} and not ({0} > 3), 0.5, {1} / (2 + abs({0})))", "if({0} < 0.5 or {1} >= 2, 1, 0.25)",
)  # fmt: skip
CURVES = ("a", "b", "c", "d", "v", "z", "w", "r", "p", "n")


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A positive number, from small to large."""
    return f"{draw(st.integers(1, 24)) / 8:g}"


@st.composite
def terms(draw: st.DrawFn, names: tuple[str, ...] = ("a", "b", "c", "p", "k")) -> str:
    """A mild function of some names."""
    return draw(st.sampled_from(FORMS)).format(draw(st.sampled_from(names)), draw(st.sampled_from(names)))


@st.composite
def events(draw: st.DrawFn, number: int, is_drawn: bool) -> str:
    """An event on the clock or on a state, in some manner; priorities are computed where ties are drawn."""
    clock = draw(st.booleans())
    after = draw(numbers())
    condition = (
        f"time > {after}" if clock else draw(st.sampled_from([f"a < {after} / 3", f"b > {after} and time > 0.4"]))
    )
    do = draw(st.sampled_from(["p: p + 0.25", "a: 0.5 * a + 0.125 * b", "b: b / 2, p: a", "n: n + 1, c: 0.75 * c"]))
    parts = [f"id: e{number}", f"when: {condition}", f"do: {{{do}}}"]
    if draw(st.booleans()):
        parts.append(f"delay: {draw(st.sampled_from(['0.5', '0.2 * abs(a)', 'k / 8']))}")
    if draw(st.booleans()):
        priorities = ["10 - b", "n"] if is_drawn else ["2", "-1"]
        parts.append(f"priority: {draw(st.sampled_from(priorities))}")
    if is_drawn:
        parts.append("ties: drawn")
    for key in ("from-start: fires", "once-fired: lapses", "values: when fired"):
        if draw(st.booleans()):
            parts.append(key)
    return "    - {" + ", ".join(parts) + "}"


@st.composite
def models(draw: st.DrawFn) -> str:
    """A model with states of their own and shared ones, what follows, what is determined, and what looks back."""
    is_drawn = draw(st.booleans())
    term, number = lambda: draw(terms()), lambda: draw(numbers())
    return f"""\
cytokinome: 1
model: generated
source: assumed
parameters:
  k: {{value: {number()}, source: assumed}}
equations:
  time: {draw(st.sampled_from(["h", "min", "s", "d"]))}
  source: assumed
  quantities:
    a: {{initial: {number()}, unit: {draw(st.sampled_from(["nM", "1", "ng/mL"]))}, rate: "-{number()} * a + {term()}"}}
    b: {{initial: {number()} + k, unit: pM}}
    c: {{initial: {number()}}}
    d: {{initial: {number()}, rate: "-d + delayed({draw(st.sampled_from(["a", "b * v", "z"]))}, {number()})"}}
    n: {{initial: 0}}
    p: {{initial: {number()}}}
    v: {{value: "{term()} + 0.125 * time"}}
    z: {{such-that: "{number()} * z + w - {term()}"}}
    w: {{such-that: 3 * w - 0.5 * z - a}}
    r: {{value: rate_of({draw(st.sampled_from("abc"))})}}
  processes:
    forth: {{rate: {number()} * b / (1 + abs(v)), changes: {{b: -1, c: {number()}}}}}
    back: {{rate: 0.5 * c, changes: {{c: -0.5, b: 0.25 * k}}}}
  events:
{draw(events(1, is_drawn))}
{draw(events(2, is_drawn))}
  demands:
    - {{holds: a < 1000 * k, else: too much}}
"""


def curves(model: Model, end: float) -> dict[str, np.ndarray]:
    """All quantities over time, and how it ended."""
    kernel = lower(model).kernel
    times, select = np.linspace(0.0, end, 12), range(len(kernel.outputs))
    parameters = kernel.complete(kernel.defaults())
    solution = reference.solve(kernel, parameters[None], Schedule(), times, select=select, rtol=RTOL)
    slots = {s.name: np.full(len(times), value) for s, value in zip(kernel.parameters, parameters, strict=True)}
    return slots | dict(zip(solution.outputs, solution.values[0].T, strict=True))


@given(models(), st.sampled_from(["sbml", "antimony"]))
@settings(max_examples=25, deadline=None)
def test_generated_equations_are_passed_on(text: str, format: str):
    """The same curves, to some tolerances of the solver."""
    model = check_text(text, "generated.yaml").require()
    with TemporaryDirectory() as folder:
        path = Path(folder, "generated.ant" if format == "antimony" else "generated.xml")
        path.write_text(written(model, Marks(), format), encoding="utf-8")
        imported = cytokinome.import_model(path)
    assert model.equations is not None
    hours = {"h": 1.0, "min": 1 / 60, "s": 1 / 3600, "d": 24.0}[model.equations.time]
    wanted, found = curves(model, 4 * hours), curves(imported.model, 4 * hours)
    for name in CURVES:
        size = max(float(np.nanmax(np.abs(wanted[name]), initial=0.0)), 1.0)
        np.testing.assert_allclose(
            found[imported.reading(name)], wanted[name], rtol=1e-5, atol=1e-5 * size, err_msg=name
        )
