"""Every operator of SBML's mathematics, against Python's own."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("libsbml")

from cytokinome.model.expressions import height
from tests.unit.interchange.sbml_files import courses, imported, listed, parameter, species

if TYPE_CHECKING:
    from pathlib import Path

X, Y = 0.3, -2.5
SPACE = 'xmlns="http://www.w3.org/1998/Math/MathML"'


def _apply(operator: str, *operands: str) -> str:
    return f"<apply><{operator}/>{''.join(operands)}</apply>"


def _ci(name: str) -> str:
    return f"<ci>{name}</ci>"


def _cn(value: float) -> str:
    return f"<cn>{value!r}</cn>"


def _value(folder: Path, tree: str, more: str = "") -> float:
    """The value of mathematics in x and y, by way of an assignment rule."""
    body = more + listed("Parameters", parameter("x", X), parameter("y", Y), parameter("out", None, constant=False))
    rules = listed("Rules", f'<assignmentRule variable="out"><math {SPACE}>{tree}</math></assignmentRule>')
    return float(courses(imported(folder, body + rules), ["out"], [1.0])[0, 0])


OF_ONE = {
    "abs": abs, "exp": math.exp, "ln": math.log, "log": math.log10, "root": math.sqrt,
    "floor": math.floor, "ceiling": math.ceil, "minus": lambda x: -x, "plus": lambda x: x, "times": lambda x: x,
    "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "sec": lambda x: 1 / math.cos(x), "csc": lambda x: 1 / math.sin(x), "cot": lambda x: 1 / math.tan(x),
    "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh,
    "sech": lambda x: 1 / math.cosh(x), "csch": lambda x: 1 / math.sinh(x), "coth": lambda x: 1 / math.tanh(x),
    "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan, "arccot": lambda x: math.atan(1 / x),
    "arcsinh": math.asinh, "arctanh": math.atanh, "arcsech": lambda x: math.acosh(1 / x),
    "arccsch": lambda x: math.asinh(1 / x), "max": lambda x: x, "min": lambda x: x,
}  # fmt: skip
OF_LARGE = {
    "arcsec": lambda x: math.acos(1 / x), "arccsc": lambda x: math.asin(1 / x), "arccosh": math.acosh,
    "arccoth": lambda x: math.atanh(1 / x), "factorial": math.factorial,
}  # fmt: skip


@pytest.mark.parametrize("operator", OF_ONE)
def test_functions_of_one_number(tmp_path: Path, operator: str) -> None:
    """Functions of x."""
    assert _value(tmp_path, _apply(operator, _ci("x"))) == pytest.approx(OF_ONE[operator](X), rel=1e-14)


@pytest.mark.parametrize("operator", OF_LARGE)
def test_functions_of_a_number_above_one(tmp_path: Path, operator: str) -> None:
    """Functions that ask for more than one."""
    assert _value(tmp_path, _apply(operator, _cn(4))) == pytest.approx(OF_LARGE[operator](4), rel=1e-14)


@pytest.mark.parametrize("x", [-1e8, -3.0, -1e-3, 0.0, 1e-3, 1e8])
def test_area_functions_lose_no_digits(tmp_path: Path, x: float) -> None:
    """The arsinh of negative numbers is that of positive ones with its sign; near 0 it is within 1e-15 of it."""
    assert _value(tmp_path, _apply("arcsinh", _cn(x))) == pytest.approx(math.asinh(x), rel=1e-12, abs=1e-15)


OF_TWO = {
    ("divide", 7, 2): 3.5, ("power", 2, 10): 1024, ("power", 2, -0.5): 2**-0.5, ("minus", 7, 2): 5,
    ("quotient", 7, 2): 3, ("quotient", -7, 2): -3, ("quotient", 7, -2): -3, ("quotient", -7, -2): 3,
    ("rem", 7, 2): 1, ("rem", -7, 2): -1, ("rem", 7, -2): 1, ("rem", -7, -2): -1,
    ("max", 7, 2): 7, ("min", 7, 2): 2,
}  # fmt: skip


@pytest.mark.parametrize("case", OF_TWO)
def test_functions_of_two_numbers(tmp_path: Path, case: tuple[str, float, float]) -> None:
    """Whole division is cut towards zero, and what remains has the sign of the first number (MathML)."""
    operator, left, right = case
    assert _value(tmp_path, _apply(operator, _cn(left), _cn(right))) == pytest.approx(OF_TWO[case], rel=1e-14)


def test_root_and_logarithm_of_other_degrees(tmp_path: Path) -> None:
    """Degrees and bases stand before the number."""
    root = f"<apply><root/><degree>{_cn(3)}</degree>{_cn(27)}</apply>"
    log = f"<apply><log/><logbase>{_cn(2)}</logbase>{_cn(8)}</apply>"
    assert _value(tmp_path, root) == pytest.approx(3.0, rel=1e-14)
    assert _value(tmp_path, log) == pytest.approx(3.0, rel=1e-14)


CONSTANTS = {
    "<pi/>": math.pi, "<exponentiale/>": math.e, "<true/>": 1.0, "<false/>": 0.0, "<infinity/>": math.inf,
    '<cn type="e-notation">1.25<sep/>-7</cn>': 1.25e-7, '<cn type="rational">1<sep/>3</cn>': 1 / 3,
    '<cn type="integer">7</cn>': 7.0, "<cn>1e-310</cn>": 1e-310, "<cn>1.5e305</cn>": 1.5e305,
    '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/avogadro">N</csymbol>': 6.02214179e23,
    '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>': 1.0,
}  # fmt: skip


@pytest.mark.parametrize("tree", CONSTANTS)
def test_constants(tmp_path: Path, tree: str) -> None:
    """Numbers in every notation, of every size; Avogadro's constant is that of the specification of SBML."""
    assert _value(tmp_path, tree) == pytest.approx(CONSTANTS[tree], rel=1e-15)


def test_no_number(tmp_path: Path) -> None:
    """Not a number, and no piece of a piecewise function, are no number."""
    nothing = f"<piecewise><piece>{_cn(1)}{_apply('gt', _ci('y'), _cn(0))}</piece></piecewise>"
    assert math.isnan(_value(tmp_path, "<notanumber/>"))
    assert math.isnan(_value(tmp_path, nothing))


def test_operators_of_any_number_of_operands(tmp_path: Path) -> None:
    """Nothing, one and many operands; long sums stay low."""
    assert _value(tmp_path, _apply("plus")) == 0.0
    assert _value(tmp_path, _apply("times")) == 1.0
    assert _value(tmp_path, _apply("plus", *map(_cn, range(1, 1001)))) == 500500.0
    assert _value(tmp_path, _apply("times", *map(_cn, range(1, 11)))) == math.factorial(10)
    assert _value(tmp_path, _apply("max", *map(_cn, (3, 9, 4)))) == 9.0


CONDITIONS = {
    _apply("lt", _cn(1), _cn(2), _cn(3)): True, _apply("lt", _cn(1), _cn(3), _cn(3)): False,
    _apply("leq", _cn(1), _cn(3), _cn(3)): True, _apply("geq", _cn(2), _cn(3)): False,
    _apply("eq", _cn(3), _cn(3), _cn(3)): True, _apply("neq", _cn(3), _cn(4)): True,
    _apply("and"): True, _apply("or"): False, _apply("xor"): False,
    _apply("and", "<true/>", "<true/>", "<false/>"): False, _apply("or", "<false/>", "<true/>"): True,
    _apply("not", _apply("gt", _ci("x"), _cn(0))): False,
    _apply("xor", "<true/>", "<true/>", "<true/>"): True, _apply("xor", "<true/>", "<true/>"): False,
    _apply("implies", "<true/>", "<false/>"): False, _apply("implies", "<false/>", "<false/>"): True,
    _apply("eq", _apply("gt", _ci("x"), _cn(0)), "<true/>"): True,  # conditions are compared as numbers
    _apply("and", _cn(2.5), _ci("x")): True, _apply("not", _cn(0)): True,  # numbers stand for conditions
}  # fmt: skip


@pytest.mark.parametrize("tree", CONDITIONS)
def test_conditions(tmp_path: Path, tree: str) -> None:
    """Conditions, as numbers and as the choice of a piece."""
    piece = f"<piecewise><piece>{_cn(5)}{tree}</piece><otherwise>{_cn(7)}</otherwise></piecewise>"
    assert _value(tmp_path, tree) == float(CONDITIONS[tree])
    assert _value(tmp_path, piece) == (5.0 if CONDITIONS[tree] else 7.0)
    assert _value(tmp_path, _apply("plus", _cn(1), tree)) == 1.0 + CONDITIONS[tree]


def _function(id: str, arguments: str, body: str) -> str:
    bound = "".join(f"<bvar>{_ci(a)}</bvar>" for a in arguments)
    return f'<functionDefinition id="{id}"><math {SPACE}><lambda>{bound}{body}</lambda></math></functionDefinition>'


def test_functions_are_written_out(tmp_path: Path) -> None:
    """Functions in functions, arguments that are conditions, and names that mean the argument."""
    functions = listed(
        "FunctionDefinitions",
        _function("f", "xy", _apply("minus", _ci("x"), _apply("times", _cn(2), _ci("y")))),
        _function("g", "y", f"<apply>{_ci('f')}{_ci('y')}{_ci('y')}</apply>"),
        _function("h", "c", f"<piecewise><piece>{_cn(1)}{_ci('c')}</piece><otherwise>{_cn(2)}</otherwise></piecewise>"),
    )
    swapped = f"<apply>{_ci('f')}{_ci('y')}{_ci('x')}</apply>"
    assert _value(tmp_path, swapped, functions) == pytest.approx(Y - 2 * X)
    assert _value(tmp_path, f"<apply>{_ci('g')}{swapped}</apply>", functions) == pytest.approx(-(Y - 2 * X))
    chosen = f"<apply>{_ci('h')}{_apply('gt', _ci('x'), _ci('y'))}</apply>"
    assert _value(tmp_path, chosen, functions) == 1.0


def test_deep_mathematics_is_split(tmp_path: Path) -> None:
    """Some two hundred levels become quantities that build on each other, each low, with the same value."""
    tree = _ci("x")
    for _ in range(150):
        tree = _apply("plus", _cn(1), _apply("times", _cn(1), tree)) if _ % 2 else _apply("minus", _cn(0), tree)
    body = listed("Parameters", parameter("x", X), parameter("out", None, constant=False))
    rules = listed("Rules", f'<assignmentRule variable="out"><math {SPACE}>{tree}</math></assignmentRule>')
    made = imported(tmp_path, body + rules)
    expected = X
    for _ in range(150):
        expected = 1 + expected if _ % 2 else -expected
    assert courses(made, ["out"], [1.0])[0, 0] == pytest.approx(expected)
    assert made.model.equations is not None
    assert len(made.model.equations.quantities) > 1
    assert max(height(q.value) for q in made.model.equations.quantities if q.value) <= 41


def test_functions_that_double_stay_small(tmp_path: Path) -> None:
    """Twelve functions that each use their argument twice have 4 096 uses of x in sum, and a part for each level."""
    names = "abcdefghijkl"
    functions = [
        _function("a", "x", _apply("plus", _ci("x"), _ci("x"))),
        *(
            _function(id, "x", f"<apply>{_ci(before)}{_apply('plus', _ci('x'), _ci('x'))}</apply>")
            for before, id in pairwise(names)
        ),
    ]
    more = listed("FunctionDefinitions", *functions)
    assert _value(tmp_path, f"<apply>{_ci('l')}{_ci('x')}</apply>", more) == pytest.approx(4096 * X)


def test_rates_of_symbols(tmp_path: Path) -> None:
    """The rate is zero of a constant, that of a state, and the derivative of a concentration in a moving volume."""
    rate = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/rateOf">rateOf</csymbol>'
    rules = [
        *(
            f'<assignmentRule variable="{out}"><math {SPACE}><apply>{rate}{_ci(of)}</apply></math></assignmentRule>'
            for out, of in (("a", "k"), ("b", "V"), ("c", "S"))
        ),
        f'<rateRule variable="V"><math {SPACE}>{_cn(0.5)}</math></rateRule>',
    ]
    body = "".join((
        listed("Compartments", '<compartment id="V" size="1" spatialDimensions="3" constant="false"/>'),
        listed("Species", species("S", "V", 'initialAmount="3"')),
        listed("Parameters", parameter("k", 1.0), *(parameter(out, None, constant=False) for out in "abc")),
        listed("Rules", *rules),
    ))  # fmt: skip
    made = imported(tmp_path, body)
    # S = 3/(1 + t/2), so S' = −1.5/(1 + t/2)²
    assert courses(made, ["a", "b", "c"], [2.0])[:, 0] == pytest.approx([0.0, 0.5, -1.5 / 4], rel=1e-7)
