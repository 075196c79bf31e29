"""Equations in LaTeX: balanced, and one line per variable and definition."""

import pytest

import cytokinome
from cytokinome.compiler.latex import latex
from cytokinome.compiler.lower import lower
from cytokinome.model.load import check_text

DECAY = """
cytokinome: 1
model: decay
compartments: {well: {kind: culture, volume: 1 mL}}
molecules:
  A_1: {initial: 1 pM, degrades: {rate: k, source: assumed}}
  B: {initial: 1 pM}
parameters: {k: {value: 0.5 /h, source: assumed}}
reactions:
  - {equation: A_1 -> B, rate: "k * (A_1 - B) * A_1 / (B + 2 pM)", source: assumed}
"""


def test_one_model_by_hand():
    """Products bind tighter than differences, names are escaped, fractions are fractions."""
    model = check_text(DECAY, "decay.yaml").require()
    lines = latex(lower(model).network).splitlines()
    assert lines[0] == r"\begin{align*}"
    rate = r"\frac{\mathrm{k} \, \left([\text{A\_1}] - [\text{B}]\right) \, [\text{A\_1}]}{[\text{B}] + 2}"
    assert lines[1] == (
        rf"\frac{{\mathrm{{d}} [\text{{A\_1}}]}}{{\mathrm{{d}} t}} &= - \mathrm{{k}} \, [\text{{A\_1}}] - {rate} \\"
    )
    assert lines[2] == rf"\frac{{\mathrm{{d}} [\text{{B}}]}}{{\mathrm{{d}} t}} &= {rate}"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("sin(1) + asin(0)", r"\sin\left(1\right) + \arcsin\left(0\right)"),
        ("floor(2.5) * ceil(1)", r"\lfloor 2.5 \rfloor \, \lceil 1 \rceil"),
        ("factorial(3) + factorial(1 + 2)", r"3! + \left(1 + 2\right)!"),
        ("if(xor(1 < 2, 2 < 1), 1, 2)", r"\left(\left(1 < 2\right) \oplus \left(2 < 1\right)\right)"),
    ],
)
def test_functions(text: str, printed: str):
    """Each as it is written in mathematics."""
    model = check_text(DECAY.replace("k * (A_1 - B)", f"k * A_1 * ({text})"), "decay.yaml").require()
    assert printed in latex(lower(model).network)


def test_conditions_and_delays():
    """A condition is a line of its own; what is delayed has its time at its foot."""
    text = """
cytokinome: 1
model: past
equations:
  source: assumed
  quantities:
    A: {initial: 1, rate: -A}
    z: {such-that: z ^ 3 - A}
    late: {value: "delayed(A + 1, 2)"}
"""
    printed = latex(lower(check_text(text, "past.yaml").require()).network)
    assert r"0 &= {[\text{z}]}^{3} - [\text{A}]" in printed
    assert r"[\text{late}] &= \left.\left([\text{A}] + 1\right)\right|_{t - 2 \, 1}" in printed


@pytest.mark.parametrize("scenario", [s.id for s in cytokinome.scenarios()])
def test_shipped_models_are_balanced(scenario):
    """Braces and brackets of every shipped model close."""
    text = cytokinome.explain(scenario, "latex")
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    model = cytokinome.load_model(scenario)
    network = lower(model).network
    assert text.count("&=") == len(network.variables) + len(network.definitions)
