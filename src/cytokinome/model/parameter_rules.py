"""What makes parameters and distributions meaningful."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.model.checks import positive, quantity, unknown
from cytokinome.model.definitions import parameter_order
from cytokinome.model.expressions import Expression, Name, Number, place, walk
from cytokinome.model.scope import ModelScope, ParameterScope
from cytokinome.units import DIMENSIONLESS, Dimension

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector
    from cytokinome.model.components import Distribution, Model, Parameter


def check_parameters(model: Model, found: Collector) -> None:
    """Add every fault of the parameters of a model."""
    for parameter in model.parameters:
        _check_parameter(model, parameter, found)
    for circle in parameter_order(model)[1]:
        parameter = model.parameter(circle[0])
        uses = [n for n in walk(parameter.value) if isinstance(n, Name) and n.id == circle[1]] if parameter else []
        message = f"parameters depend on each other: {' → '.join(circle)}"
        hint = "state one of them as a number"
        found.error("CYCLIC_DEFINITION", message, uses[0].where if uses else None, hint=hint)


def _check_parameter(model: Model, parameter: Parameter, found: Collector) -> None:
    here = ParameterScope(model, found, (parameter.id,))
    typed = here.resolver().typed(parameter.value)
    if parameter.of and model.molecule(parameter.of) is None:
        message = f"`as: {parameter.of}` names no molecule"
        unknown(message, parameter.of, [m.id for m in model.molecules], parameter.where, found, after="as")
    if typed is None:
        return
    if parameter.varies:
        check_distribution(model, parameter.varies, typed.dimension or DIMENSIONLESS, parameter.id, found)
        if parameter.varies.kind == "lognormal":
            positive(model, parameter.value, found, f"{parameter.id}, the median of a lognormal,")
    if parameter.id in units_as_names():
        found.warning(
            "AMBIGUOUS_NAME", f"{parameter.id} is also a unit: `2 {parameter.id}` and `2/{parameter.id}` mean the unit",
            parameter.where, hint=f"write `2 * {parameter.id}` and `2 / {parameter.id}`, or choose a longer name",
        )  # fmt: skip


def units_as_names() -> frozenset[str]:
    """Return one-letter and other names that read as units behind a number."""
    return frozenset(w for w in ("h", "d", "s", "g", "m", "M", "K", "L", "l", "min", "cell") if units.is_unit_word(w))


def check_distribution(
    model: Model, d: Distribution, dimension: Dimension, what: str, found: Collector, bare: units.Unit | None = None
) -> None:
    """Check the numbers of a distribution of values of this dimension."""
    here = ModelScope(model, found)
    for name, value in d.numbers:
        expect = DIMENSIONLESS if name == "cv" else dimension
        if quantity(here, value, expect, f"`{name}` of {what}", bare=None if name == "cv" else bare):
            _not_a_name(value, found, f"`{name}` of {what}")
            if name in ("cv", "sd"):
                positive(model, value, found, f"`{name}` of {what}")
    limits = [*(v for n, v in d.numbers if n in ("low", "high")), *(d.within or ())]
    for value in d.within or ():
        quantity(here, value, dimension, f"`within` of {what}", bare=bare)
    ordered = limits[:2], limits[2:]
    for pair in ordered:
        numbers = [v.value for v in pair if isinstance(v, Number)]
        if len(numbers) == 2 and numbers[0] >= numbers[1] and len({v.unit for v in pair if isinstance(v, Number)}) == 1:
            message = f"the bounds of {what} are out of order: {pair[0]} and {pair[1]}"
            found.error("BAD_VALUE", message, place(pair[0]), hint="write the lower bound first")


def _not_a_name(value: Expression, found: Collector, what: str) -> None:
    if any(isinstance(e, Name) for e in walk(value)):
        found.error("BAD_VALUE", f"{what} is a number, not `{value}`", place(value))
