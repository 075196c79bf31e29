"""Sets of parameters that a fit leaves possible, kept beside its models: what is unknown of them is known together.

The file has a column for each parameter, ``name (unit)``, and a line for each set; all sets are equally probable. It is
read only where the fit that wrote it lies beside it: other files may be called so, too. What `fit-NAME.yaml` leaves
possible is in `draws-NAME.csv`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng
from cytokinome.diagnostics import Collector, Span
from cytokinome.experiments.data import unit_factor
from cytokinome.model.expressions import Number
from cytokinome.text import read_file
from cytokinome.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cytokinome.model.components import Model

    Factors = Mapping[str, tuple[float, ...]]

FILE = "draws.csv"
MOST = 10_000  # sets
_FIT = re.compile(r"^fit\s*:\s*\S", re.MULTILINE)
_HINT = (
    "write it anew with `cytokinome fit FIT --write`, or take it away: it lies beside a fit, whose sets it should hold"
)
_COLUMN = re.compile(r"\s*(?P<name>[^(),]+?)\s*(?:\((?P<unit>[^,]*)\))?\s*")


def file_of(fit: Path) -> Path:
    """Return the path of the sets that a fit file leaves possible."""
    return fit.with_name(f"draws-{fit.stem.removeprefix('fit-')}.csv" if fit.stem.startswith("fit-") else FILE)


def beside(folder: Path, model: Model, found: Collector) -> dict[str, tuple[float, ...]]:
    """Return the sets of all fits in a folder, as `read_factors` does those of one.

    Fits know nothing of each other, so sets of one are paired with those of another by lot.
    """
    factors: dict[str, tuple[float, ...]] = {}
    fits = sorted(fit for fit in folder.glob("fit-*.yaml") if file_of(fit).is_file())
    for path in (folder / FILE, *map(file_of, fits)):
        more = read_factors(path, model, found)
        for id in sorted(factors.keys() & more.keys()):
            hint = "let one fit estimate it, and hold it in others"
            message = f"{id} stands in two files of sets in this folder"
            found.error("BAD_DATA", message, Span(str(path), 1, 1), hint=hint)
        factors |= _shuffled(more, path.name) if factors else more
    return factors


def _shuffled(factors: Factors, purpose: str) -> dict[str, tuple[float, ...]]:
    """The same sets in another order."""
    sets = len(next(iter(factors.values()), ()))
    order = np.argsort(rng.uniform(0, run=np.arange(sets), entity=0, purpose=purpose)) if sets else ()
    return {id: tuple(values[row] for row in order) for id, values in factors.items()}


def read_factors(path: Path, model: Model, found: Collector) -> dict[str, tuple[float, ...]]:
    """Return, for each parameter of the model that the file has, its values over that of the model.

    Parameters
    ----------
    path : Path
        Nothing is returned where it does not exist, or no fit file lies beside it.
    model : Model
        Columns of what it does not have belong to another model of the fit.
    found : Collector
        Takes the faults of the file.
    """
    content = read_file(path, found) if path.is_file() and _is_of_a_fit(path.parent) else None
    if content is None:
        return {}
    head, *lines = content.splitlines() or [""]
    cells = [line.split(",") for line in lines if line.strip()]
    names = head.split(",")
    factors: dict[str, tuple[float, ...]] = {}
    for line, row in enumerate(cells, 2):
        fault = _fault(row, len(names), line)
        if fault:
            found.error("BAD_DATA", f"{path.name} is no list of sets: {fault}", Span(str(path), line, 1), hint=_HINT)
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
            found.error("BAD_DATA", message, Span(str(path), 1, 1), hint=_HINT)
            return {}
        factors[parameter.id] = tuple(_number(row[column]) * factor for row in cells)
    return factors


def _is_of_a_fit(folder: Path) -> bool:
    """Whether a fit file lies in a folder, whatever it is called."""
    return any(_FIT.search(read_file(path, Collector()) or "") for path in sorted(folder.glob("*.yaml")))


def _fault(row: list[str], columns: int, line: int) -> str:
    """What is wrong with a line, empty where nothing is."""
    if line - 1 > MOST:
        return f"there are more than {MOST}"
    if len(row) != columns:
        return f"this one has {len(row)} numbers, and there are {columns} columns"
    bad = next((cell for cell in row if not _number(cell) > 0), None)
    return "" if bad is None else f"{bad.strip()[:40]!r} is no number above 0"


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def chosen(factors: Factors, seed: int, runs: int) -> dict[str, tuple[float, ...]]:
    """Return the factors of so many sets, the same sets for all parameters of a fit."""
    shares = rng.uniform(seed, run=np.arange(runs), entity=0, purpose="fitted")
    return {id: tuple(values[int(share * len(values))] for share in shares) for id, values in factors.items()}


def ends(values: Sequence[float]) -> tuple[float, float]:
    """Return both ends of the middle 95 % of the factors of a parameter."""
    low, high = np.quantile(np.array(values), [0.025, 0.975])
    return float(low), float(high)
