"""The right-hand side, Jacobian and start of a system as numba functions, for peers that call a function per step.

Source text is written into a module of its own in the temporary folder and imported from there.
"""

from __future__ import annotations

import importlib.util
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cytokinome.compiler.dag import Graph
    from cytokinome.compiler.system import System

_INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}
_TESTS = {"lt": "{} < {}", "le": "{} <= {}", "eq": "{} == {}", "and": "{} != 0.0 and {} != 0.0",
          "or": "{} != 0.0 or {} != 0.0", "not": "{} == 0.0"}  # fmt: skip
_CALLS = {"exp": "math.exp", "log": "math.log", "log10": "math.log10", "sqrt": "math.sqrt", "abs": "abs"}
_CALLS |= {"min": "min", "max": "max"}


@dataclass(frozen=True)
class Functions:
    """numba's functions of (t, y, p), compiled at the first call; [state] but for `jacobian` [state, state]."""

    rhs: Callable[..., Any]
    jacobian: Callable[..., Any]
    initial: Callable[..., Any]


def functions(system: System) -> Functions:
    """Return the compiled functions of a system."""
    n = len(system.states)
    rates = [(f"out[{row}]", node) for row, node in enumerate(system.rates)]
    initial = [(f"out[{row}]", node) for row, node in enumerate(system.initial)]
    slopes = [(f"out[{row}, {column}]", node) for row, column, node in system.jacobian]
    text = "\n".join([
        "import math",
        "import numba",
        "import numpy as np",
        *_function("rhs", system.graph, rates, f"np.empty({n})"),
        *_function("jacobian", system.graph, slopes, f"np.zeros(({n}, {n}))"),
        *_function("initial", system.graph, initial, f"np.empty({n})"),
    ])  # fmt: skip
    module = _imported(text, f"generated_{system.digest[:16]}")
    return Functions(module.rhs, module.jacobian, module.initial)


def _function(name: str, graph: Graph, wanted: Sequence[tuple[str, int]], result: str) -> list[str]:
    lines = ["", "", '@numba.njit(error_model="numpy")', f"def {name}(t, y, p):", f"    out = {result}"]
    for node in graph.needed([node for _, node in wanted]):
        lines.append(f"    v{node} = {_value(graph, node)}")
    return [*lines, *(f"    {place} = v{node}" for place, node in wanted), "    return out"]


def _value(graph: Graph, node: int) -> str:
    operation, args = graph.operation[node], [f"v{a}" for a in graph.arguments[node]]
    if operation == "constant":
        value = graph.value[node]
        return repr(value) if math.isfinite(value) else f"np.{value}"
    if operation in ("state", "parameter"):
        return f"{'y' if operation == 'state' else 'p'}[{int(graph.value[node])}]"
    if operation == "time":
        return "t"
    if operation in _INFIX:
        return f"{args[0]} {_INFIX[operation]} {args[1]}"
    if operation == "neg":
        return f"-{args[0]}"
    if operation == "select":
        return f"{args[1]} if {args[0]} != 0.0 else {args[2]}"
    if operation in _TESTS:
        return f"1.0 if {_TESTS[operation].format(*args)} else 0.0"
    return f"{_CALLS[operation]}({', '.join(args)})"


def _imported(text: str, name: str) -> Any:
    """The module of a source text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.py"
        path.write_text(text, "utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
