"""Sets of parameters that a fit leaves possible, kept beside its models: what is unknown of them is known together.

The file has a column for each parameter, ``name (unit)``, and a line for each set; all sets are equally probable.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng
from cytokinome.diagnostics import Span
from cytokinome.experiments.data import unit_factor
from cytokinome.model.expressions import Number
from cytokinome.text import read_file
from cytokinome.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cytokinome.diagnostics import Collector
    from cytokinome.model.components import Model

    Factors = Mapping[str, tuple[float, ...]]

FILE = "draws.csv"
MOST = 10_000  # sets
_COLUMN = re.compile(r"\s*(?P<name>[^(),]+?)\s*(?:\((?P<unit>[^,]*)\))?\s*")


def read_factors(path: Path, model: Model, found: Collector) -> dict[str, tuple[float, ...]]:
    """Return, for each parameter of the model that the file has, its values over that of the model.

    Parameters
    ----------
    path : Path
        Nothing is returned where it does not exist.
    model : Model
        Columns of what it does not have belong to another model of the fit.
    found : Collector
        Takes the faults of the file.
    """
    content = read_file(path, found) if path.is_file() else None
    if content is None:
        return {}
    head, *lines = content.splitlines() or [""]
    cells = [line.split(",") for line in lines if line.strip()]
    names = head.split(",")
    factors: dict[str, tuple[float, ...]] = {}
    for line, row in enumerate(cells, 2):
        if len(row) != len(names) or not all(_number(cell) > 0 for cell in row) or line > MOST:
            message = f"a set has {len(names)} numbers above 0, and there are at most {MOST} sets"
            found.error("BAD_DATA", message, Span(str(path), line, 1), hint="write the file anew with `fit --write`")
            return {}
    for column, name in enumerate(names):
        match = _COLUMN.fullmatch(name)
        parameter = model.parameter(match["name"]) if match else None
        if match is None or parameter is None or not isinstance(parameter.value, Number):
            continue
        try:
            factor = unit_factor(match["unit"] or "", parameter.value.unit) / parameter.value.value
        except (UnitError, ZeroDivisionError):
            message = f"{name} cannot be compared with {parameter.id}, which is {parameter.value}"
            found.error("BAD_DATA", message, Span(str(path), 1, 1), hint="write the file anew with `fit --write`")
            return {}
        factors[parameter.id] = tuple(_number(row[column]) * factor for row in cells)
    return factors


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def chosen(factors: Factors, seed: int, runs: int) -> dict[str, tuple[float, ...]]:
    """Return the factors of so many sets, the same sets for all parameters."""
    sets = len(next(iter(factors.values()), ()))
    if not sets:
        return {}
    rows = (rng.uniform(seed, run=np.arange(runs), entity=0, purpose="fitted") * sets).astype(int).tolist()
    return {id: tuple(values[row] for row in rows) for id, values in factors.items()}


def ends(values: Sequence[float]) -> tuple[float, float]:
    """Return both ends of the middle 95 % of the factors of a parameter."""
    low, high = np.quantile(np.array(values), [0.025, 0.975])
    return float(low), float(high)
